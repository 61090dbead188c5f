"""What is worth saying of a program with several results: undefined values, kinks, and entries that are not finite."""

from __future__ import annotations

from collections.abc import Sequence

from diffcli.errors import Diagnostic, NotDifferentiableError
from diffcli.methods.nonsmooth.breaks import MOST_NOTES, NOT_DIFFERENTIABLE, Break, describe, find_breaks, overrides, refused
from diffcli.methods.problem.problem import Problem
from diffcli.records import Number, is_finite
from diffcli.tape.running.rules import Overrides

MOST_LOOKED_AT = 50
"""How many results are asked one by one which kinks touch them, and with what slopes on the two sides."""

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


def tell_breaks(system: Problem, policy: str, strict: bool) -> tuple[list[Diagnostic], Overrides]:
    """The notes of the kinks and the like that touch a result, and the terms to use there.

    Raises
    ------
    NotDifferentiableError
        There are some, and they are to be errors.
    """
    breaks = find_breaks(system)
    if not breaks:
        return [], {}
    if len(system.outputs) == 1:
        view = system.view(system.outputs[0])
        return describe(view, breaks, policy, strict), overrides(view, breaks, policy or "min-norm")
    notes = _by_result(system, breaks, policy)
    if refused(breaks, policy, strict):
        raise NotDifferentiableError([_as_error(note) for note in notes if note.severity == "warning"])
    return notes, overrides(system, breaks, policy or "min-norm")


def _by_result(system: Problem, breaks: Sequence[Break], policy: str) -> list[Diagnostic]:
    """A note for each break, about the first result that it bends; one that bends none is told of the first it touches."""
    bent: dict[Break, Diagnostic] = {}
    smooth: dict[Break, Diagnostic] = {}
    for output in system.outputs[:MOST_LOOKED_AT]:
        view = system.view(output)
        found = [each for each in find_breaks(view) if each not in bent]
        described = describe(view, found, policy, False)
        into = smooth if any(map(_is_smooth, described)) else bent
        for each, note in zip(found, described, strict=False):
            into.setdefault(each, note._replace(notes=(f"it touches {output.name}", *note.notes)))
    told = smooth | bent
    notes = [told[each] for each in sorted(told)][:MOST_NOTES]
    left = len({*breaks, *told}) - len(notes)
    if left:
        more = f"{left} more rows stand on a break and are not listed"
        notes.append(Diagnostic("more-notes", "note", more))
    return notes


def about_second(notes: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The notes of kinks and the like with what they mean for a second derivative."""
    return [
        note._replace(notes=(*note.notes, _NO_SECOND), help=(*note.help, _STRICT)) if note.code in NOT_DIFFERENTIABLE else note
        for note in notes
    ]


_NO_SECOND = "there may be no second derivative here; what is given follows the rules that the gradient takes"
_STRICT = "--strict makes this an error (exit code 5)"


def _is_smooth(note: Diagnostic) -> bool:
    """Whether a break bends the result along no variable, as far as the slopes on its two sides tell."""
    return bool(note.slopes) and all(side.left == side.right for side in note.slopes)


def _as_error(note: Diagnostic) -> Diagnostic:
    return note._replace(severity="error", help=())


def explain_rows(
    system: Problem, rows: Sequence[Sequence[Number]], replaced: Overrides, known: Sequence[Diagnostic]
) -> list[Diagnostic]:
    """Why results or their derivatives are not finite, for the derivatives of each result."""
    found: list[Diagnostic] = []
    asked = 0
    for output, row in zip(system.outputs, rows, strict=True):
        if is_finite(system.value_of(output)) and all(map(is_finite, row)):
            continue
        asked += 1
        if asked > MOST_EXPLAINED:
            break
        from diffcli.methods.nonsmooth.nonfinite import explain

        gradient = dict(zip(system.wrt, row, strict=True)) if len(row) == len(system.wrt) else {}
        found += explain(system.view(output), gradient, replaced, [*known, *found])
    return found
