"""What is worth saying of a program with several results: undefined values, kinks, and entries that are not finite."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from diffcli.errors import Diagnostic, NotDifferentiableError
from diffcli.methods.nonsmooth.breaks import NOT_DIFFERENTIABLE
from diffcli.methods.problem.problem import Problem
from diffcli.records import Number, is_finite
from diffcli.tape.running.rules import Overrides

MOST_EXPLAINED = 5
"""How many results are asked why an entry is not finite."""


def require_values(system: Problem) -> None:
    """Refuse a point at which a result is undefined, as `require_value` does."""
    for output in system.outputs:
        value = system.value_of(output)
        if not output.shape and value != value:
            from diffcli.methods.nonsmooth.nonfinite import require_value

            require_value(system.view(output))


def about_second(notes: Sequence[Diagnostic], meaning: str, strict: bool) -> list[Diagnostic]:
    """The notes of kinks of the function and its gradient with what they mean for a second derivative.

    Those of the gradient alone are dropped where all sides agree; else they are a `NotDifferentiableError` under ``strict``.
    """
    kept = [note for note in notes if meaning != AGREE or note.code != SECOND]
    if strict and any(note.code == SECOND for note in kept):
        raise NotDifferentiableError([note._replace(severity="error", notes=(), help=()) for note in kept if note.code == SECOND])
    return [
        note._replace(notes=(*note.notes, meaning), help=(*note.help, _STRICT)) if note.code in BROKEN else note for note in kept
    ]  # fmt: skip


SECOND = "second-kink"
BROKEN = NOT_DIFFERENTIABLE | {SECOND}
MAYBE = "there may be no second derivative here"
AGREE = "the second derivatives on all sides of the point agree, and are given"
_STRICT = "--strict makes this an error (exit code 5)"


def explain_rows(
    system: Problem,
    rows: Sequence[Collection[Number]],
    replaced: Overrides,
    known: Sequence[Diagnostic],
) -> list[Diagnostic]:
    """Why results or their derivatives are not finite, for the derivatives of each result."""
    found: list[Diagnostic] = []
    pairs = zip(system.outputs, rows, strict=True)
    asked = [output for output, row in pairs if not (is_finite(system.value_of(output)) and all(map(is_finite, row)))]
    for output in asked[:MOST_EXPLAINED]:
        from diffcli.methods.nonsmooth.nonfinite import explain

        found += explain(system.view(output), replaced, [*known, *found])
    return found
