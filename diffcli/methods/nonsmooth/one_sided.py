"""One-sided derivatives, exact through kinks.

At a kink the tangent of a row depends on the direction from which it is reached: |u| at u = 0 has the tangent |u'|. The
chain rule holds for such directional derivatives of continuous, piecewise differentiable functions (Griewank & Walther
2008, chapter 14), so one sweep that decides every tie by its tangents gives the slope on one side; where tangents tie too,
by higher coefficients: see `diffcli.methods.sweeps.one_sided_series`.

On the tape of a Python function only the way that was taken stands. Where a comparison that decided it is at its
boundary, the other way is the function's on one side: so the function is run again, as if the point had started to move,
with every tie decided by how what is compared starts to differ.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from diffcli._named import NamedTuple
from diffcli.errors import DiffcliError
from diffcli.methods.problem.problem import Problem
from diffcli.methods.problem.still_rows import written_out
from diffcli.methods.sweeps.one_sided_series import LENGTH, Undecided, along, coefficient, compared, truth
from diffcli.methods.sweeps.point_rows import COMPARISONS
from diffcli.methods.sweeps.reverse import adjoints
from diffcli.methods.sweeps.rounding import UNIT, roundings
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import Values

if TYPE_CHECKING:
    from diffcli.tape.recording.recorder import Recorder

MOST_TIES = 20
"""How many conditions are decided by tangents in one run of a function; each asks for a sweep."""


def slopes_of(problem: Problem, variable: int) -> tuple[float | None, float | None]:
    """The slopes of the result to the left and to the right, along one input; None where they are not known.

    Of a problem with arrays this takes what `diffcli.methods.problem.scalarise` makes of it.
    """
    (left,), (right,) = (slopes_along(problem, {variable: side}) for side in (-1.0, 1.0))
    return None if left is None else 0.0 - left, right


def slopes_along(problem: Problem, direction: Mapping[int, float]) -> list[float | None]:
    """The derivative of each result when the point starts to move in a direction; None if it is not known, or the value jumps."""
    slopes: list[float | None] = [None] * len(problem.outputs)
    for length in (2, LENGTH):  # most follow from first derivatives
        try:
            side = side_along(problem, direction, length)
            found = [coefficient(side.values[slot], 1) for slot in side.results]
            slopes = [slope + 0.0 if slope == slope and not side.jumps(k) else None for k, slope in enumerate(found)]
        except Undecided:
            continue
        if all(slope == slope for slope in found):
            break
    return slopes


class Side(NamedTuple):
    """What is computed when the point of a problem starts to move in a direction."""

    problem: Problem
    tape: Tape
    values: Values
    """Series, or numbers where they do not move."""
    results: Sequence[int]
    """The slots of the results."""

    def jumps(self, result: int = 0) -> bool:
        """Whether the value of a result is another than at the point, by more than rounding can do at both.

        >>> problem = Problem("where(x < 0.1, 3*x, 0.3) + where(x < y, 0, 1e-14)", {"x": 0.1, "y": 0.1})
        >>> [side_along(problem, {slot: -1.0}, LENGTH).jumps() for slot in (0, 1)]
        [True, False]
        """
        problem, here, slot = self.problem, self.problem.outputs[result].slot, self.results[result]
        value, there = problem.values[here], coefficient(self.values[slot], 0)
        if value == there:
            return False
        beside = [each if each is None else coefficient(each, 0) for each in self.values]
        for name, row in zip(self.tape.operations, self.tape.operands, strict=True):
            if name == "where" and self.values[row[0]] is not None:
                beside[row[0]] = float(truth(self.values[row[0]]))
        bound = _rounding(problem.tape, problem.values, here) + _rounding(self.tape, beside, slot)
        if not bound < math.inf:  # a pole on the way that cancels, as in 0/0
            bound = 1e-12 * abs(value)
        return not abs(value - there) <= bound


def _rounding(tape: Tape, values: Values, result: int) -> float:
    """To first order, how far the rounding of each row, and of each number that is given, may move a result."""
    bars = adjoints(tape, values, bytearray(b"\1" * tape.size), {result: 1.0})
    units = [1.0] * tape.first_row + [max(1.0, roundings(name)) for name in tape.operations] + [1.0] * len(tape.constants)
    known = zip(units, bars, values, strict=True)
    return UNIT * float(sum([unit * abs(bar * value) for unit, bar, value in known if bar and value]))


def side_along(problem: Problem, direction: Mapping[int, float], length: int) -> Side:
    """What is computed when the point starts to move in a direction; it raises `Undecided` where that is not known."""
    tape = tape_along(problem, direction, length)
    results = tape.results if tape is not problem.tape else [output.slot for output in problem.outputs]
    return Side(problem, tape, along(tape, problem.point, direction, length), results)


def is_branched(problem: Problem) -> bool:
    """Whether the tape is one way through a Python function of several."""
    return problem.function is not None and bool((problem.whole or problem).tape.decisions)


def tape_along(problem: Problem, direction: Mapping[int, float], length: int = LENGTH) -> Tape:
    """The tape of that: a Python function may go another way there, or one that is not known, `Undecided`."""
    if problem.function is None or not is_branched(problem):
        return problem.tape
    point = problem.point
    ties = 0

    def judge(recorder: Recorder, slot: int) -> float:
        nonlocal ties
        tape, value = recorder.tape(slot), float(recorder.values[slot])
        name, operands = tape.operation(slot), tape.operands_of(slot)
        if name not in COMPARISONS or operands[0] == operands[1] or value != value:
            return value
        sides = [recorder.values[operand] if operand >= 0 else recorder.constants[-1 - operand] for operand in operands]
        if sides[0] != sides[1]:
            return value
        ties += 1
        if ties > MOST_TIES:
            raise Undecided
        numbers, places = written_out(tape, recorder.values)
        known = along(numbers, point, direction, length)
        a, b = (known[places(slot)[0]] if slot >= 0 else side for slot, side in zip(operands, sides, strict=True))
        return compared(name, a, b)

    try:
        recording = problem.function.record((problem.whole or problem).at, judge=judge, heard=False)
        tape, places = written_out(recording.tape, recording.values)
        slots = [place for slot in recording.tape.results for place in places(slot)][problem.flat_index :][: len(problem.outputs)]
        if len(slots) < len(problem.outputs):
            raise Undecided  # beside the point the function returns fewer numbers
        return tape.copy(output=slots[0], outputs=slots)
    except DiffcliError as fault:
        if fault.diagnostics[0].code == "timeout":
            raise
        raise Undecided from None
