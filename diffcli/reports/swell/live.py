"""The table of the study of expression swell as it fills, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from threading import Timer
from types import SimpleNamespace
from typing import TYPE_CHECKING, TextIO

from diffcli.records.swell import SwellResult
from diffcli.reports.swell.data import SIZES, big
from diffcli.studies.swell.swell import Progress, shown

if TYPE_CHECKING:
    from rich.console import RenderableType

PATIENCE = 0.5
"""Seconds after which something is shown."""


@contextmanager
def live(stream: TextIO, variables: Mapping[str, str]) -> Iterator[Progress]:
    """Show what is known so far, if the stream is a terminal and it takes a while; at the end it is gone."""
    if not stream.isatty() or variables.get("TERM") == "dumb":
        yield Progress(lambda stage: None, lambda result: None)
        return
    from rich.console import Console
    from rich.live import Live

    known = SimpleNamespace(stage="", result=None)
    console = Console(file=stream, markup=False, emoji=False, highlight=False)
    screen = Live(
        console=console, get_renderable=lambda: _drawn(known.stage, known.result), transient=True, refresh_per_second=5,
        redirect_stdout=False, redirect_stderr=False,
    )  # fmt: skip
    timer = Timer(PATIENCE, screen.start)
    timer.daemon = True
    timer.start()
    try:
        yield Progress(partial(setattr, known, "stage"), partial(setattr, known, "result"))
    finally:
        timer.cancel()
        timer.join()
        screen.stop()


def _drawn(stage: str, result: SwellResult | None) -> RenderableType:
    """The latest stage and result."""
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    if result is None:
        return Text(f"{stage} ...")
    names = ("operations", "simplified", "cse")
    table = Table(box=box.SIMPLE_HEAD)
    for title in ("n", "tree", "derivative", *[SIZES[name].title for name in names]):
        table.add_column(title, justify="right")
    visible = set(shown(result.request.n, full=False))
    for row in result.counts:
        if row.n in visible:
            cells = [_cell(result, row.n, name) for name in names]
            trees = ["" if size is None else big(size) for size in (row.value_tree, row.derivative_tree)]
            table.add_row(str(row.n), *trees, *cells)
    return Group(table, Text(f"{stage} ... (at most {result.request.budget:g} s in all; Ctrl-C keeps what is done)"))


def _cell(result: SwellResult, n: int, name: str) -> str:
    cell = result.cells.get((n, SIZES[name].step))
    return "" if cell is None else big(cell.sizes[name]) if cell.state == "done" else cell.state
