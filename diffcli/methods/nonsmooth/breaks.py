"""Where a tape is not differentiable, what was chosen there, and what else could be.

Every row that touches the derivative is asked whether it stands on one of the breaks that the table knows for its
operation: a kink, a tie, a jump, a pole; a comparison at its boundary that decides which branch is taken. What is found
becomes a note, with the one-sided slopes of the whole function where they are known.
"""

# Without `from __future__ import annotations`: the annotations of a NamedTuple would be texts, to be compiled at each start.

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from diffcli.errors import Diagnostic, LimitError, NotDifferentiableError, Slopes
from diffcli.language.writing.printer import number_text
from diffcli.methods.problem.problem import Problem
from diffcli.operations import OPERATIONS, row_of
from diffcli.tape.running.rules import FLOAT, Overrides

POLICIES = {
    "min-norm": "the subgradient of least norm: 0 for abs, equal shares at a tie",
    "mean": "the mean of its slopes on the two sides",
    "left": "its slope on the left of the operand",
    "right": "its slope on the right of the operand",
    "nan": "NaN: no number where there is no derivative",
    "error": "an error, with exit code 5",
}
"""What to do at a kink or tie, for ``--kink``."""

NOT_DIFFERENTIABLE = frozenset(("kink", "tie", "jump", "pole", "branch", "point-branch"))
"""Codes of notes that `strict` turns into errors."""

MOST_NOTES = 20

MOST_WRITTEN = 5_000
"""The rows of a program with arrays, written out in numbers, up to which one-sided slopes are looked for."""

MOST_BENT = 50
"""Along how many variables one-sided slopes are looked for."""

MOST_SIDES = 8
"""How many variables' one-sided slopes a note tells in words."""


class Break(NamedTuple):
    """A row that stands where its operation is not differentiable."""

    slot: int
    kind: str
    elements: str = ""
    """Of an array, which elements stand there, in words."""


def find_breaks(problem: Problem) -> list[Break]:
    """The breaks among the rows that touch the derivative, in evaluation order."""
    tape, values = problem.tape, problem.values
    if tape.shapes is not None:
        from diffcli.methods.nonsmooth.array_notes import find_array_breaks  # numbers do not wait for NumPy

        return find_array_breaks(problem)
    present = set(tape.operations)
    watched = {name: OPERATIONS[name] for name in present if OPERATIONS[name].breaks or OPERATIONS[name].flat or name == "where"}
    if not watched:
        return []
    deciding = deciding_rows(problem)
    found = []
    for slot, name in enumerate(tape.operations, tape.first_row):
        if name not in watched or values[slot] is None:
            continue
        row = watched[name]
        if name == "where":
            if _decided_by_zero(problem, slot):
                found.append(Break(slot, "point-branch"))
            continue
        decides = slot in deciding
        if not (problem.reached(slot) or decides):
            continue
        arguments = [values[operand] for operand in tape.operands_of(slot)]
        kinds = [*dict(FLOAT.breaks(name, arguments, values[slot]))]
        if decides and not problem.reached(slot):
            kinds = [kind for kind in kinds if kind in ("jump", "branch", "point-branch")]  # slopes do not matter there
        elif not decides:
            # a comparison that is used as a number is a step function
            kinds = ["jump" if "branch" in kind else kind for kind in kinds]
            kinds = kinds or ["flat"] * row.flat
        found += [Break(slot, kind) for kind in kinds]
    return found


def _decided_by_zero(problem: Problem, slot: int) -> bool:
    """Whether a choice is decided by a number, and not a comparison, that is just 0."""
    condition = problem.tape.operands_of(slot)[0]
    if problem.adjoints[slot] is None or not problem.active[condition] or problem.values[condition] != 0:
        return False
    return condition < problem.tape.first_row or not OPERATIONS[problem.tape.operation(condition)].flat


def deciding_rows(problem: Problem) -> set[int]:
    """The rows that decide, directly or through others, which branch the result takes."""
    tape, values = problem.tape, problem.values
    conditions = [
        row[0] for slot, row in enumerate(tape.operands, tape.first_row)
        if tape.operation(slot) == "where" and values[slot] is not None and problem.adjoints[slot] is not None
    ]  # fmt: skip
    conditions += tape.decisions
    return {slot for slot in rows_below(problem, conditions) if problem.active[slot]}


def rows_below(problem: Problem, slots: Sequence[int]) -> set[int]:
    """Rows, and all the rows that they are made of."""
    found: set[int] = set()
    waiting = list(slots)
    while waiting:
        slot = waiting.pop()
        if slot >= problem.tape.first_row and slot not in found and problem.values[slot] is not None:
            found.add(slot)
            waiting += problem.tape.operands_of(slot)
    return found


def describe(problem: Problem, breaks: Sequence[Break], policy: str, strict: bool) -> list[Diagnostic]:
    """A note for each break; an empty policy is that of a method that asks no rules of the table.

    Raises
    ------
    NotDifferentiableError
        With all of them, under ``strict``, or at a kink or tie under the policy ``error``.
    """
    refuse = refused(breaks, policy, strict)
    sides = _slopes(problem) if any(found.kind in NOT_DIFFERENTIABLE for found in breaks) else ()
    notes: list[Diagnostic] = []
    for found in breaks[:MOST_NOTES]:
        # the slopes are those of the whole function, so one note is enough for them
        told = sides if found.kind in NOT_DIFFERENTIABLE and not any(note.slopes for note in notes) else ()
        notes.append(_note(problem, found, None if refuse else policy, told))
    if refuse:
        raise NotDifferentiableError([note._replace(severity="error") for note in notes if note.code in NOT_DIFFERENTIABLE])
    if len(breaks) > MOST_NOTES:
        more = f"{len(breaks) - MOST_NOTES} more rows stand on a break and are not listed"
        notes.append(Diagnostic("more-notes", "note", more))
    return notes


def refused(breaks: Sequence[Break], policy: str, strict: bool) -> bool:
    """Whether what was found is to be an error."""
    return any(
        (strict and found.kind in NOT_DIFFERENTIABLE) or (policy == "error" and found.kind in ("kink", "tie", "branch"))
        for found in breaks
    )  # fmt: skip


def _slopes(problem: Problem) -> tuple[Slopes, ...]:
    """The one-sided slopes of the result along each variable that a break bends; along all, if it bends none."""
    if problem.tape.shapes is not None:
        if problem.tape.output < problem.tape.slots and problem.tape.shape(problem.tape.output):
            return ()  # each element of the result has slopes of its own
        problem = _small(problem)
    if len(problem.wrt) > MOST_BENT or problem.tape.shapes is not None:
        return ()
    from diffcli.methods.nonsmooth.recorded_sides import slopes_of

    found, bent = [], []
    for name in problem.wrt:
        slot = problem.input_slot(name)
        left, right = slopes_of(problem, slot)
        if left is None and right is None:
            continue
        found.append(Slopes(name, left, right))
        if not left == right == (problem.adjoints[slot] or 0.0):
            bent.append(found[-1])
    return tuple(bent or found)


def _small(problem: Problem) -> Problem:
    """A problem with arrays in numbers, if there are few."""
    from diffcli.methods.problem.live_values import elements
    from diffcli.methods.problem.scalarise import in_numbers  # numbers do not wait for it
    from diffcli.operations.array_row import size

    bent = sum(size(problem.tape.shape(problem.input_slot(name))) for name in problem.wrt)
    if bent > MOST_BENT or elements(problem.tape) > 10 * MOST_WRITTEN:  # few of them might be written
        return problem
    try:
        return in_numbers(problem, MOST_WRITTEN)
    except LimitError:
        return problem


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
        notes.append("the derivative is that of the branch taken, at this point alone; the slopes beside it are the limit")
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


def overrides(problem: Problem, breaks: Sequence[Break], policy: str) -> Overrides:
    """Term functions for the rows on a kink or tie, where the policy asks for others than the table's."""
    if policy in ("min-norm", "error"):
        return {}
    if problem.tape.shapes is not None:
        from diffcli.methods.nonsmooth.array_breaks import array_overrides

        return array_overrides(problem, breaks, policy)
    result: Overrides = {}
    tied = {slot for slot, kind, _ in breaks if kind == "branch"}
    for slot, kind, _ in breaks:
        if kind in ("kink", "tie"):
            count = len(problem.tape.operands_of(slot))
            result[slot] = tuple(_term_at_kink(problem, slot, position, policy) for position in range(count))
    if tied and policy == "nan":
        for slot, row in enumerate(problem.tape.operands, problem.tape.first_row):
            is_choice = problem.tape.operation(slot) == "where" and problem.values[slot] is not None
            if is_choice and tied & rows_below(problem, [row[0]]):
                result[slot] = (None, _constant(math.nan), _constant(math.nan))
    return result


def _constant(partial: float) -> Callable[..., float | None]:
    return lambda g, *_: g * partial


def _term_at_kink(problem: Problem, slot: int, position: int, policy: str) -> Callable[..., float | None] | None:
    """The term of a row on a kink by one operand, by the policy; the table's own where both sides agree."""
    name = problem.tape.operation(slot)
    row = problem.tape.operands_of(slot)
    values = [problem.values[operand] for operand in row]
    function = FLOAT.terms(name, len(row))[position]
    if function is None:
        return None
    value_of = FLOAT.value(name)
    sides = []
    for side in (-1.0, 1.0):
        beside = list(values)
        beside[position] = math.nextafter(values[position], side * math.inf)
        sides.append(function(1.0, *beside, value_of(*beside)) or 0.0)
    left, right = sides
    if left == right:
        return function
    return _constant({"left": left, "right": right, "mean": (left + right) / 2, "nan": math.nan}[policy])
