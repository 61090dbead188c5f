"""Many points: of a CSV file, with a line of names and a line of values for each; or random, the same on every run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random

from diffcli.errors import Diagnostic
from diffcli.language import Program
from diffcli.methods.points.csv_table import read_table
from diffcli.methods.points.file_text import read_text


def read_points(path: str, program: Program) -> tuple[list[dict[str, float]], list[Diagnostic]]:
    """The points of a CSV file, which has the names in its first line; see `diffcli.methods.points.csv_table`.

    Returns
    -------
    The values of the program's variables, and a note for columns that are none of them.

    Raises
    ------
    UsageError
        The file cannot be read, has no column for a variable, or does not fit together.
    """
    table = read_table(read_text(path), path)
    wanted = [*program.inputs, *(name for name in program.constants if name in table.names)]
    places = [place for name in wanted for place in table.columns(name)]
    points = [dict(zip(wanted, row, strict=True)) for row in table.numbers(places)]
    surplus = [f"`{name}`" for name in table.names if name and name not in wanted]
    message = f"no variable of the expression, and passed over: {', '.join(surplus)}"
    return points, [Diagnostic("unused-name", "note", message)] if surplus else []


# -- random points -----------------------------------------------------------------------------------------------------------

RANGES = ((0.1, 0.9), (1.1, 3.0), (-0.9, -0.1), (0.2, 5.0), (-3.0, 3.0), (3.0, 12.0), (-12.0, -3.0))
"""Where values are drawn: between the usual ends of domains (0 and 1), and beyond them."""


def random_points(names: Iterable[str], seed: int) -> Iterator[dict[str, float]]:
    """Points without end; the ranges take turns.

    >>> points = random_points("xy", 1)
    >>> [0.1 < value < 0.9 for value in next(points).values()], 1.1 < next(points)["y"] < 3
    ([True, True], True)
    """
    draw, names = Random(seed), list(names)
    while True:
        for low, high in RANGES:
            yield {name: draw.uniform(low, high) for name in names}
