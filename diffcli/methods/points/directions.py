"""Directions: a number for each variable that moves, or an array of its shape."""

from __future__ import annotations

from collections.abc import Mapping

from diffcli.errors import Diagnostic, ExpressionError, error
from diffcli.methods.points.points import GivenPoint, as_point, unknown_name
from diffcli.records import Number


def read_direction(
    given: str | Mapping[str, object], at: Mapping[str, Number], label: str = "--direction", kind: str = "variable"
) -> GivenPoint:
    """A direction at a point, as text such as ``x=1, w=[0, 1]``, or a mapping. Variables left out do not move.

    ``kind`` is what moves, in words: a variable, or a result that has a weight. Beside what `read_point` refuses, an
    `ExpressionError` where a name is no variable, or a component has another shape than its variable.

    >>> read_direction("x=1", {"x": 2.0, "y": 3.0})
    {'x': 1.0}
    """
    direction = as_point(given, label)
    faults: list[Diagnostic] = []
    if not direction and isinstance(given, str):
        what = f"write what moves, as {label} {next(iter(at))}=1" if at else ""
        faults.append(error("bad-value", "a direction moves one variable at least", help=[what]))
    for name, component in direction.items():
        if name not in at:
            subject = f"the {'expression' if kind == 'variable' else 'program'}"
            faults.append(unknown_name(name, at, subject, direction.place(name), kind))
            continue
        wanted, found = (getattr(value, "shape", ()) for value in (at[name], component))
        if wanted != found:
            from diffcli.operations.array_row import shape_text

            message = f"`{name}` and its direction differ in shape: {shape_text(wanted)} and {shape_text(found)}"
            help = [f"a direction has a number for each element: {label} {name}={'[...]' if wanted else '1'}"]
            faults.append(error("shape-mismatch", message, *direction.place(name), help=help))
    if faults:
        raise ExpressionError(faults)
    return direction
