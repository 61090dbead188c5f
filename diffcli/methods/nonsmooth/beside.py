"""The derivative where a branch is for one point alone, or the rules of the table give none: that of the sides, if all agree."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from operator import mul

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic
from diffcli.methods.nonsmooth.breaks import NOT_DIFFERENTIABLE, find_breaks, rows_below
from diffcli.methods.nonsmooth.notes import BRANCH_TAKEN, MOST_LOOKED_AT, MOST_SIDES, scalarised_if_small
from diffcli.methods.problem.problem import Linearisation, Problem
from diffcli.records import is_finite
from diffcli.tape.running.rules import Overrides


class Beside(NamedTuple):
    """Results of which the derivatives are those of the sides of the point; most often there are none."""

    problem: Problem
    """The problem in numbers, as it is there; without a ``step`` that is the point itself."""
    rows: Mapping[str, list[float]] = {}
    """The rows of their Jacobian, by element of a result."""
    step: Mapping[int, float] = {}
    """A direction in general position, by slot."""

    def seeds(self, steps: Sequence[float | None]) -> dict[int, float]:
        """What a sweep begins with along a direction, which has a step for each element of the variables."""
        return {slot: step for slot, step in zip(self.step, steps, strict=True) if step}


ABOUT_THE_RULES = ("no-dependence", "indeterminate", "undefined-partial")
"""Codes of notes that are beside the point where the rules of the table do not decide."""

SIDES_TAKEN = "the derivative is the slope on all sides of the point"
OTHER_TAKEN = f"{SIDES_TAKEN}, and not that of its own branch"


def beside(system: Problem, replaced: Overrides, notes: list[Diagnostic], mode: str = "") -> Beside:
    """The derivatives on which all sides agree, of results with a branch for this point alone; the notes on that follow.

    And of those for which the rules of the table, if none are ``replaced``, give no derivative. Numeric mode sees the sides
    itself, but for those of a Python function.
    """
    if mode == "numeric" and not (system.function is not None and system.tape.decisions):
        return Beside(system)
    singled = any(note.code == "point-branch" for note in notes)
    lost = not replaced and any(note.code in NOT_DIFFERENTIABLE for note in notes) and not all(
        is_finite(adjoint) for adjoint in [system.adjoints[system.input_slot(name)] for name in system.wrt] if adjoint is not None
    )
    numbers = scalarised_if_small(system) if singled or lost else None
    if numbers is None:
        return Beside(system)
    asked = _asked(numbers, notes, lost)
    if not any(asked.values()):
        return Beside(system)
    from diffcli.methods.nonsmooth.one_sided import is_branched, tape_along

    step = {numbers.input_slot(name): math.cos(k + 1) for k, name in enumerate(numbers.wrt)}
    agreed = _agreed(numbers, step)
    rows: dict[str, list[float]] = {}
    for place, names in asked.items():
        there = {name: agreed[name] for name in names if name in agreed}
        rows |= there
        note, said = notes[place], OTHER_TAKEN if notes[place].code == "point-branch" else SIDES_TAKEN
        if len(there) < len(names):
            said = f"of {', '.join(f'`{name}`' for name in [*there][:MOST_SIDES])} {said}"
        kept = [text for text in note.notes if text != BRANCH_TAKEN or len(there) < len(names)]
        notes[place] = note._replace(notes=(*kept, said)) if there else note
    if rows and is_branched(numbers):
        tape = tape_along(numbers, step)
        outputs = [output._replace(slot=slot) for output, slot in zip(numbers.outputs, tape.results, strict=True)]
        numbers = Linearisation(numbers, tape, outputs=outputs)
    return Beside(numbers, rows, step)


def _asked(numbers: Problem, notes: Sequence[Diagnostic], lost: bool) -> dict[int, list[str]]:
    """Which results the sides are asked about, by the place of the note on a break that they depend on."""
    tape, breaks, asked = numbers.tape, find_breaks(numbers), set[str]()
    decisions, found = rows_below(numbers, tape.decisions), dict[int, list[str]]()
    for place in sorted(range(len(notes)), key=lambda place: notes[place].code != "point-branch"):
        note, singled = notes[place], notes[place].code == "point-branch"
        if not (singled or (lost and note.code in NOT_DIFFERENTIABLE)):
            continue
        spans = [mark.span for mark in note.marks]
        slots = {each.slot for each in breaks if [mark.span for mark in numbers.mark(each.slot)] == spans}
        decides = bool(slots & decisions)
        for slot in tape.rows():
            if not slots.isdisjoint(tape.operands_of(slot)):
                slots.add(slot)
        outputs = [each for each in numbers.outputs if each.slot in slots or decides][:MOST_LOOKED_AT]
        if not singled:
            rows = {each.name: numbers.swept_back({each.slot: 1.0}) for each in outputs if each.name not in asked}
            outputs = [each for each in outputs if each.name in rows and not all(
                is_finite(rows[each.name][numbers.input_slot(name)] or 0.0) for name in numbers.wrt
            )]
        found[place] = [each.name for each in outputs]
        asked.update(found[place])
    return found


def _agreed(numbers: Problem, step: Mapping[int, float]) -> dict[str, list[float]]:
    """The slopes along each variable, for results where they are the same on both sides and fit those along a step."""
    from diffcli.methods.nonsmooth.one_sided import slopes_along
    from diffcli.methods.sweeps.one_sided_series import alike, nan

    sides = [[slopes_along(numbers, {slot: side}) for side in (-1.0, 1.0)] for slot in step]
    found: dict[str, list[float]] = {}
    for place, (output, along) in enumerate(zip(numbers.outputs, slopes_along(numbers, step), strict=True)):
        pairs = [[nan if one[place] is None else one[place] or 0.0 for one in both] for both in sides]
        fits, slopes = all(math.isclose(-left, right, rel_tol=1e-9) for left, right in pairs), [right for _, right in pairs]
        if along is not None and fits and alike(along, sum(map(mul, slopes, step.values())), slopes):
            found[output.name] = [slope + 0.0 for slope in slopes]
    return found
