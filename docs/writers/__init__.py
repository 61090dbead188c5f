"""The pages that repeat what a table of diffcli says, written from that table: a module for each kind of page.

``write(folder)`` of a module returns nothing and writes Markdown below ``folder``; what it writes depends on the tables alone.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from pathlib import Path
from shutil import rmtree

KINDS = ("commands", "lessons", "functions", "codes", "schemas", "formats", "conventions", "names", "api")
"""Those that take longest first."""


def write_all(folder: Path) -> None:
    """Every generated page, in place of those of an earlier build."""
    rmtree(folder, ignore_errors=True)
    with ProcessPoolExecutor() as processes:
        list(processes.map(_write, KINDS, [folder] * len(KINDS)))


def _write(kind: str, folder: Path) -> None:
    into = folder / kind
    into.mkdir(parents=True)
    import_module(f"writers.{kind}").write(into)
