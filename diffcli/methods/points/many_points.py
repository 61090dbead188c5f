"""Many points: of a CSV file, with a line of names and a line of values for each; or random, the same on every run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random

from diffcli.errors import Diagnostic, ExpressionError, counted, error
from diffcli.language import Program
from diffcli.methods.points.data_texts import csv_lines
from diffcli.methods.points.file_text import bad_file, read_text
from diffcli.methods.points.points import read_number

_LAYOUT = "write the names in the first line, and a value for each of them in every other"


def read_points(path: str, program: Program) -> tuple[list[dict[str, float]], list[Diagnostic]]:
    """The points of a CSV file. Empty lines are passed over, and values may be constant expressions.

    Returns
    -------
    The values of the program's variables, and a note for columns that are none of them.

    Raises
    ------
    UsageError
        The file cannot be read, has no column for a variable, or a line has more or fewer values than there are names.
    ExpressionError
        A value is no finite number or constant expression.
    """
    lines = list(csv_lines(read_text(path), path))
    if len(lines) < 2:
        raise bad_file("unreadable-file", f"{path} holds no points", _LAYOUT)
    (_, header), *rows = lines
    names = [name.strip() for name in header]
    for position, name in enumerate(names):
        if not name or name in names[:position]:
            fault = f"the name `{name}` twice" if name else "a column without a name"
            raise bad_file("unreadable-file", f"the first line of {path} has {fault}", _LAYOUT)
    for name in program.inputs:
        if name not in names:
            raise bad_file("unreadable-file", f"{path} has no column for `{name}`", _LAYOUT)
    known = {*program.inputs, *program.constants}
    points = []
    for number, row in rows:
        if len(row) != len(names):
            count = counted(len(row), "value")
            raise bad_file("unreadable-file", f"line {number} of {path} has {count}, and there are {len(names)} names", _LAYOUT)
        cells = zip(names, row, strict=True)
        points.append({name: _value(name, cell, f"line {number} of {path}") for name, cell in cells if name in known})
    surplus = [f"`{name}`" for name in names if name not in known]
    message = f"no variable of the expression, and passed over: {', '.join(surplus)}"
    return points, [Diagnostic("unused-name", "note", message)] if surplus else []


def _value(name: str, cell: str, where: str) -> float:
    try:
        return read_number(cell, where)
    except ExpressionError:
        message = f"{where}: the value of `{name}` is `{cell.strip()}`, not a finite number"
        raise ExpressionError([error("bad-value", message, help=["write a number, or an expression such as pi/4"])]) from None


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
