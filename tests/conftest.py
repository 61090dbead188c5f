"""Shared options of the tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what the program prints into tests/golden")


@pytest.fixture
def golden(request: pytest.FixtureRequest):
    """Compare a text with the file of that name in ``tests/golden``."""

    def compare(name: str, text: str) -> None:
        path = Path(__file__).parent / "golden" / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"no {path.name} in tests/golden: look at the output, then run with --update-golden"
        assert text == path.read_text(encoding="utf-8")

    return compare
