"""What is worth saying of a program with several results: undefined values, kinks, and entries that are not finite."""

from __future__ import annotations

import math
from collections.abc import Sequence

from diffcli.errors import Diagnostic
from diffcli.methods.nonsmooth.breaks import NOT_DIFFERENTIABLE
from diffcli.methods.problem.problem import Problem
from diffcli.records import is_finite
from diffcli.tape.running.rules import Overrides

MOST_EXPLAINED = 5
"""How many results are asked why an entry is not finite."""


def require_values(system: Problem) -> None:
    """Refuse a point at which a result is undefined.

    Raises
    ------
    DomainError
        With the row where an undefined value first arises.
    """
    for output in system.outputs:
        value = system.value_of(output)
        if not output.shape and value != value:
            from diffcli.methods.nonsmooth.nonfinite import require_value

            require_value(system.view(output))


def about_second(notes: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The notes of kinks and the like with what they mean for a second derivative."""
    return [
        note._replace(notes=(*note.notes, _NO_SECOND), help=(*note.help, _STRICT)) if note.code in NOT_DIFFERENTIABLE else note
        for note in notes
    ]


_NO_SECOND = "there may be no second derivative here; what is given follows the rules that the gradient takes"
_STRICT = "--strict makes this an error (exit code 5)"


def explain_rows(
    system: Problem,
    rows: Sequence[Sequence[float]],
    replaced: Overrides,
    known: Sequence[Diagnostic],
    variables: Sequence[str] = (),
) -> list[Diagnostic]:
    """Why results or their derivatives are not finite, for the derivatives of each result, which may be by ``variables``."""
    found: list[Diagnostic] = []
    asked = 0
    for output, row in zip(system.outputs, rows, strict=True):
        if is_finite(system.value_of(output)) and all(map(math.isfinite, row)):
            continue
        asked += 1
        if asked > MOST_EXPLAINED:
            break
        from diffcli.methods.nonsmooth.nonfinite import explain

        gradient = dict(zip(variables, row, strict=True)) if len(row) == len(variables) else {}
        found += explain(system.view(output), gradient, replaced, [*known, *found])
    return found
