"""Many points from a CSV file: a line of names, and a line of values for each point."""

from __future__ import annotations

from diffcli.errors import Diagnostic, ExpressionError, UsageError, error
from diffcli.language import Program
from diffcli.methods.points.data_texts import BadFile, csv_lines
from diffcli.methods.points.files import read_text
from diffcli.methods.points.points import only_numbers, read_point

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
    try:
        lines = list(csv_lines(read_text(path), path))
    except BadFile as found:
        raise UsageError([error(found.code, found.message, help=found.help)]) from None
    if len(lines) < 2:
        raise _unusable(f"{path} holds no points")
    (_, header), *rows = lines
    names = [name.strip() for name in header]
    for position, name in enumerate(names):
        if not name or name in names[:position]:
            fault = f"the name `{name}` twice" if name else "a column without a name"
            raise _unusable(f"the first line of {path} has {fault}")
    for name in program.inputs:
        if name not in names:
            raise _unusable(f"{path} has no column for `{name}`")
    known = {*program.inputs, *program.constants}
    points = []
    for number, row in rows:
        if len(row) != len(names):
            count = f"{len(row)} value{'s' * (len(row) != 1)}"
            raise _unusable(f"line {number} of {path} has {count}, and there are {len(names)} names")
        cells = zip(names, row, strict=True)
        points.append({name: _value(name, cell, f"line {number} of {path}") for name, cell in cells if name in known})
    surplus = [f"`{name}`" for name in names if name not in known]
    message = f"no variable of the expression, and passed over: {', '.join(surplus)}"
    return points, [Diagnostic("unused-name", "note", message)] if surplus else []


def _value(name: str, cell: str, where: str) -> float:
    try:
        return only_numbers(read_point(f"{name}={cell}", where))[name]
    except ExpressionError:
        message = f"{where}: the value of `{name}` is `{cell.strip()}`, not a finite number"
        raise ExpressionError([error("bad-value", message, help=["write a number, or an expression such as pi/4"])]) from None


def _unusable(message: str) -> UsageError:
    return UsageError([error("unreadable-file", message, help=[_LAYOUT])])
