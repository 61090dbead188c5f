"""Shared options of the tests."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import tiers


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what the program prints into tests/golden")
    parser.addoption("--all", action="store_true", help="the slow tests too, at full size, as continuous integration runs them")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: what takes long and finds little that the fast tests do not find (--all)")
    tiers.whole = config.getoption("--all")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    slow = [] if tiers.whole else [item for item in items if item.get_closest_marker("slow")]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if item not in set(slow)]


def pytest_collectstart() -> None:
    """Nothing of the collection is garbage before it ends."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Tens of thousands of tests are there to the end: no search for garbage looks through them."""
    gc.collect()
    gc.freeze()
    gc.enable()


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
