"""What is said of the places where a tape is not differentiable: what was chosen there, and what else could be.

Each break becomes a note, with the one-sided slopes of the whole function where they are known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from diffcli.errors import Diagnostic, NotDifferentiableError, Slopes
from diffcli.language.writing.printer import number_text
from diffcli.methods.nonsmooth.breaks import NOT_DIFFERENTIABLE, POLICIES, Break, find_breaks
from diffcli.methods.nonsmooth.policies import overrides
from diffcli.methods.problem.problem import Problem
from diffcli.operations import row_of
from diffcli.tape.running.rules import Overrides

MOST_NOTES = 20

MOST_WRITTEN = 5_000
"""The rows of a program with arrays, written out in numbers, up to which one-sided slopes are looked for."""

MOST_BENT = 50
"""Along how many variables one-sided slopes are looked for."""

MOST_LOOKED_AT = 50
"""How many results are asked one by one which kinks touch them, and with what slopes on the two sides."""

MOST_SIDES = 8
"""How many variables' one-sided slopes a note gives in words."""


def describe_breaks(problem: Problem, breaks: Sequence[Break], policy: str, strict: bool) -> tuple[list[Diagnostic], Overrides]:
    """The notes of the breaks that touch a result (`describe_results`), and the terms to use there."""
    if not breaks:
        return [], {}
    describing = describe_results if len(problem.outputs) > 1 else describe
    return describing(problem, breaks, policy, strict), overrides(problem, breaks, policy or "min-norm")


def describe(problem: Problem, breaks: Sequence[Break], policy: str, strict: bool) -> list[Diagnostic]:
    """A note for each break; an empty policy is that of a method that asks no rules of the table.

    All of them are one `NotDifferentiableError` under ``strict``, or at a kink or tie under the policy ``error``.
    """
    refuse = _refused(breaks, policy, strict)
    sides = _slopes(problem) if any(found.kind in NOT_DIFFERENTIABLE for found in breaks) else ()
    notes: list[Diagnostic] = []
    for found in breaks[:MOST_NOTES]:
        # the slopes are those of the whole function, so one note is enough for them
        shown = sides if found.kind in NOT_DIFFERENTIABLE and not any(note.slopes for note in notes) else ()
        notes.append(_note(problem, found, None if refuse else policy, shown))
    if refuse:
        raise NotDifferentiableError([note._replace(severity="error") for note in notes if note.code in NOT_DIFFERENTIABLE])
    if len(breaks) > MOST_NOTES:
        more = f"{len(breaks) - MOST_NOTES} more rows stand on a break and are not listed"
        notes.append(Diagnostic("more-notes", "note", more))
    return notes


def describe_results(system: Problem, breaks: Sequence[Break], policy: str, strict: bool) -> list[Diagnostic]:
    """What `describe` says of each break, about the first result that it bends; if it bends none, the first that it touches."""
    bent: dict[Break, Diagnostic] = {}
    smooth: dict[Break, Diagnostic] = {}
    for output in system.outputs[:MOST_LOOKED_AT]:
        view = system.view(output)
        found = [each for each in find_breaks(view) if each not in bent]
        described = describe(view, found, policy, False)
        into = smooth if any(map(is_smooth, described)) else bent
        for each, note in zip(found, described, strict=False):
            into.setdefault(each, note._replace(notes=(f"it touches {output.name}", *note.notes)))
    either = smooth | bent
    notes = [either[each] for each in sorted(either)][:MOST_NOTES]
    left = len({*breaks, *either}) - len(notes)
    if left:
        more = f"{left} more rows stand on a break and are not listed"
        notes.append(Diagnostic("more-notes", "note", more))
    if _refused(breaks, policy, strict):
        raise NotDifferentiableError([note._replace(severity="error", help=()) for note in notes if note.severity == "warning"])
    return notes


def is_smooth(note: Diagnostic) -> bool:
    """Whether a break bends the result along no variable, as far as the slopes on its two sides show."""
    return bool(note.slopes) and all(side.left == side.right for side in note.slopes)


def _refused(breaks: Sequence[Break], policy: str, strict: bool) -> bool:
    """Whether what was found is to be an error."""
    return any(
        (strict and found.kind in NOT_DIFFERENTIABLE) or (policy == "error" and found.kind in ("kink", "tie", "branch"))
        for found in breaks
    )  # fmt: skip


def _slopes(problem: Problem) -> tuple[Slopes, ...]:
    """The one-sided slopes of the result along each variable that a break bends; along all, if it bends none."""
    if problem.tape.shape(problem.tape.output):
        return ()  # each element of the result has slopes of its own
    numbers = scalarised_if_small(problem)
    if numbers is None:
        return ()
    from diffcli.methods.nonsmooth.one_sided import slopes_of

    found, bent = [], []
    for name in numbers.wrt:
        slot = numbers.input_slot(name)
        left, right = slopes_of(numbers, slot)
        if left is None and right is None:
            continue
        found.append(Slopes(name, left, right))
        if not left == right == (numbers.adjoints[slot] or 0.0):
            bent.append(found[-1])
    return tuple(bent or found)


def scalarised_if_small(problem: Problem) -> Problem | None:
    """A problem in numbers, if there are few variables to look along, and few rows to write out."""
    if problem.tape.shapes is None:
        return problem if len(problem.wrt) <= MOST_BENT else None
    from diffcli.methods.problem.scalarise import structure, variables_of  # most programs do not wait for it

    if len(variables_of(problem)) > MOST_BENT or problem.tape.elements > problem.tape.slots + 10 * MOST_WRITTEN:
        return None
    return structure(problem, MOST_WRITTEN)


BRANCH_TAKEN = "the derivative is that of the branch taken, at this point alone; the slopes beside it are the limit"

_SAYS = {
    "kink": "`{name}` has a kink here",
    "tie": "the operands of `{name}` are equal here",
    "jump": "`{name}` jumps here",
    "pole": "`{name}` has a pole here",
    "branch": "this comparison is at its boundary",
    "point-branch": "this condition singles out one point",
    "flat": "`{name}` is flat: its derivative is 0 almost everywhere",
}


def _note(problem: Problem, found: Break, policy: str | None, sides: tuple[Slopes, ...]) -> Diagnostic:
    """The note of a break; without a policy it is about to be an error."""
    slot, kind, elements = found
    row = row_of(problem.tape.operation(slot))
    label = problem.shown(problem.tape.operands_of(slot))
    message = _SAYS[kind].format(name=row.symbol or row.spelling)
    if elements:
        message = f"{message}, {elements}"
    if kind == "flat":
        note = problem.warning("flat", message, slot, label, ["the gradient cannot see how the result moves through it"])
        return note._replace(severity="note")
    notes = [text for text in map(_side_text, sides[:MOST_SIDES]) if text]
    if policy is None:
        return problem.warning(kind, message, slot, label, notes)._replace(slopes=sides)
    help = ["--strict makes this an error (exit code 5)"]
    if not policy:
        help = []  # a method that asks no rules of the table
    elif kind in ("kink", "tie"):
        notes.append(f"the rule taken for this operation: {POLICIES[policy]} (--kink {policy})")
    elif kind == "branch":
        notes.append("the derivative is that of the branch taken")
    elif kind == "point-branch":
        notes.append(BRANCH_TAKEN)
    return problem.warning(kind, message, slot, label, notes, help)._replace(slopes=sides)


def _side_text(side: Slopes) -> str:
    if side.left is None and side.right is None:
        return ""
    if side.left == side.right and side.left is not None:
        if not math.isfinite(side.left):
            return f"along {side.variable} the slopes on both sides are {number_text(side.left)}"
        return f"along {side.variable} the function is smooth all the same, with the slope {number_text(side.left)}"
    left, right = ("unknown" if slope is None else number_text(slope) for slope in side[1:])
    return f"along {side.variable} the slope is {left} on the left, {right} on the right"


# -- what that means for second derivatives ------------------------------------------------------------------------------------


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
