"""What a program computes beside its point, on sides of it: which rows leave a break there, and which of these the result feels.

A comparison whose sides no move of the point takes apart is at no boundary that it could cross: as ``t < 1`` where t is
``s + (1 - s)``, the end of a last step. A row behind a jump, as floor in ``floor(floor(x)/2)``, may be none by its derivatives.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from typing import Any

from diffcli.methods.problem.components import Components, inputs_of
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.forward import tangents
from diffcli.methods.sweeps.one_sided_series import Series, Undecided, along, coefficient, compared, truth
from diffcli.methods.sweeps.point_rows import COMPARISONS
from diffcli.methods.sweeps.sparsity import flow_of, seeded, sets_backward
from diffcli.operations import OPERATIONS
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import Values, evaluate

MOST_WRITTEN = 20_000
"""How many numbers a program may compute for that they are looked for."""

MOST_AXES = 8
"""Along how many variables alone the sides are looked at."""

MOST_DIRECTIONS = 25
"""Along how many directions, of a program with few rows."""


def still_rows(problem: Problem) -> set[int]:
    """The comparisons of equal sides, in numbers, that do not leave their boundary.

    >>> still_rows(Problem("where(x + (1 - x) < 1, x, x^2) + where(x < 2, x, 3)", {"x": 2}))
    {3}
    """
    tape, values = problem.tape, problem.values
    asked = [
        slot for slot in tape.rows() if tape.operation(slot) in COMPARISONS and problem.active[slot] and values[slot] is not None
        and values[tape.operands_of(slot)[0]] == values[tape.operands_of(slot)[1]]
    ]  # fmt: skip
    sides = sides_of(problem) if asked else None
    return {slot for slot in asked if sides is not None and not sides.leaves(slot)}


def _is_still(tape: Tape, slot: int, ways: Sequence[Values]) -> bool:
    if tape.operation(slot) not in COMPARISONS:
        return False
    a, b = tape.operands_of(slot)
    known = [(way[a], way[b]) for way in ways if way[a] is not None is not way[b]]  # a branch may not be taken on a side
    try:
        return all(compared("eq", *sides) for sides in known)
    except Undecided:  # it begins to move in a higher order than is known
        return False


def _is_straight(series: Any, slope: float | None) -> bool:
    """Whether a value moves on a side as the tangent at the point says, and no more is known of how."""
    if not isinstance(series, Series):
        return not slope
    return coefficient(series, 1) == (slope or 0.0) and not any(series.coefficients[max(0, round(2 - series.low)) :])


def sides_of(problem: Problem) -> Surroundings | None:
    """A program on the sides of its point; None if it is too long for that, or has rows that cannot be written out."""
    tape = problem.tape
    if tape.elements > MOST_WRITTEN or (tape.shapes is not None and tape.derived_from is not None):
        return None
    return Surroundings(problem)


class Surroundings:
    """A program in numbers on sides of its point: both ways along a direction in general position, the axes, and some more."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.tape, self.places = written_out(problem.tape, problem.values)
        inputs = inputs_of(problem.tape)
        self.point = [float(number or 0.0) for number in inputs.numbers(problem.values)]
        self.values = evaluate(self.tape, self.point)
        moving = [k for k, slot in enumerate(inputs.slots) if problem.active[slot]]
        steps = [{k: math.cos(turn * (k + 1) ** 0.7) for k in moving} for turn in range(1, MOST_DIRECTIONS - MOST_AXES)]
        steps[1:] = [*[{k: 1.0} for k in moving[:MOST_AXES]], *steps[1:]] if len(moving) > 1 else []
        steps = steps[: max(1, MOST_WRITTEN // self.tape.size)]
        self.sides = [{k: side * step for k, step in each.items()} for each in steps for side in (1.0, -1.0)]
        self.ends = [place for output in problem.outputs for place in self.places(output.slot)]
        self.way, self._bent = cache(self._way), cache(self._bent_on)

    def _way(self, which: int) -> Values | None:
        """The values on a side, as series; None where they are not known."""
        try:
            return along(self.tape, self.point, self.sides[which])
        except Undecided:
            return None

    def elements(self, slot: int, holds: Callable[[int], bool]) -> Any:
        """Whether something holds of a value: a truth, or one for each element, by its place in numbers."""
        found = [float(holds(place)) for place in self.places(slot)]
        return Components([("", 0, self.problem.tape.shape(slot))]).of(found)[""] != 0

    def leaves(self, slot: int) -> Any:
        """Whether a comparison of equal sides leaves its boundary: a direction in general position tells, if the way is known."""
        ways = [way for way in map(self.way, (0, 1)) if way is not None]
        return self.elements(slot, lambda place: len(ways) < 2 or not _is_still(self.tape, place, ways))

    def bends(self, slot: int, jumps: bool) -> Any:
        """Whether a row on a break bends the result on some side: it jumps, or it has a kink there and moves."""
        sides, taken = range(len(self.sides)), self.taken
        return self.elements(slot, lambda place: place in taken and any(place in self._bent(which)[jumps] for which in sides))

    @cached_property
    def taken(self) -> set[int]:
        """The rows that the point asks for: not those of a branch that is not taken, which stand nowhere."""
        found = {*self.ends, *[place for slot in self.problem.tape.decisions for place in self.places(slot)]}
        for slot in reversed(self.tape.rows()):
            if slot in found:
                row = self.tape.operands_of(slot)
                chooses = self.tape.operation(slot) == "where"
                found.update((row[0], row[2 - bool(self.values[row[0]])]) if chooses else row)
        return found

    def _bent_on(self, which: int) -> tuple[set[int], set[int]]:
        """The rows that move on a side, and those that jump or choose anew there, as far as the result feels it."""
        way, tape = self.way(which), self.tape
        if way is None:
            return set(), set()
        plain = tangents(tape, self.values, [self.sides[which].get(slot) for slot in range(tape.first_row)])
        known = [each if each is None else coefficient(each, 0) for each in way]
        jumped = [one is not None and one != other for one, other in zip(known, self.values, strict=True)]
        bent = [off or not _is_straight(*pair) for off, *pair in zip(jumped, way, plain, strict=True)]
        turned, flow = set(), []
        for slot, here, there in zip(tape.rows(), flow_of(tape, self.values), flow_of(tape, known), strict=True):
            name, row, passing = tape.operation(slot), tape.operands_of(slot), {*here, *there}
            if name == "where" and known[slot] is not None:
                taken = truth(way[row[0]])
                if taken != bool(self.values[row[0]]):
                    turned.add(slot)
                passing = {2 - taken, 0} if slot in turned else {2 - taken}
            elif jumped[slot] and not OPERATIONS[name].variadic:  # of many operands one is the result
                passing = {*range(len(row))}
            flow.append(tuple([place for place in passing if bent[row[place]]]) if bent[slot] else ())
        decisions = [place for slot in self.problem.tape.decisions for place in self.places(slot) if jumped[place]]
        ends = [*self.ends, *decisions]
        felt = sets_backward(tape, flow, seeded(tape, ends, [range(len(ends))]), tape.rows())
        jumping = {slot for slot in tape.rows() if felt[slot] and (jumped[slot] or slot in turned)}
        fixed = [slot for slot in tape.rows() if felt[slot] and not any(jumped[operand] for operand in tape.operands_of(slot))]
        return {slot for slot in fixed if any(isinstance(way[operand], Series) for operand in tape.operands_of(slot))}, jumping


def written_out(tape: Tape, values: Values) -> tuple[Tape, Callable[[int], Sequence[int]]]:
    """A tape in numbers, and where the elements of a slot's value stand on it."""
    if tape.shapes is None:
        return tape, lambda slot: (slot,)
    from diffcli.tape.building.scalarising import write_out

    written = write_out(tape, values)
    return written.tape, lambda slot: written.of(tape, slot)
