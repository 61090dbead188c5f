"""One-sided derivatives, exact through kinks.

At a kink the tangent of a row depends on the direction from which it is reached: |u| at u = 0 has the tangent |u'|. The
chain rule holds for such directional derivatives of continuous, piecewise differentiable functions (Griewank & Walther
2008, chapter 14), so one sweep that decides every tie by its tangents gives the slope on one side. Where tangents tie
too the answer lies in higher derivatives, and is not known here.

On the tape of a Python function only the way that was taken stands. Where a comparison that decided it is at its
boundary, the other way is the function's on one side: so the function is run again, as if the point had started to move,
with every tie decided by the tangents of what is compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING

from diffcli.errors import DiffcliError
from diffcli.methods.problem.problem import Problem
from diffcli.records import is_array
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import Values, start_values, taken_ranges
from diffcli.tape.running.rules import FLOAT

if TYPE_CHECKING:
    from diffcli.tape.recording.recorder import Recorder

COMPARISONS: dict[str, Callable[[float], bool]] = {
    "lt": lambda d: d < 0, "le": lambda d: d <= 0, "gt": lambda d: d > 0, "ge": lambda d: d >= 0,
    "eq": lambda d: d == 0, "ne": lambda d: d != 0,
}  # fmt: skip

_LOGICAL = frozenset((*COMPARISONS, "and", "or", "not"))

NUDGE = 2.0**-30
"""How far several operands are moved off a kink together, relative to their size, to ask a rule for its partials there."""

MOST_TIES = 20
"""How many conditions are decided by tangents in one run of a function; each asks for a sweep."""


class Undecided(Exception):
    """The slope on this side does not follow from first derivatives, or the function jumps there."""


def slopes_of(problem: Problem, variable: int) -> tuple[float | None, float | None]:
    """The slopes of the result to the left and to the right, along one input; None where they are not known.

    Of a problem with arrays this takes what `diffcli.methods.problem.scalarise` makes of it.
    """
    branched = problem.function is not None and (problem.whole or problem).tape.decisions
    derivative_along = _run_along if branched else _moved_along
    sides: list[float | None] = []
    for side in (-1.0, 1.0):
        try:
            slope, bent = derivative_along(problem, [side if slot == variable else 0.0 for slot in range(len(problem.at))])
        except Undecided:
            sides.append(None)
            continue
        sides.append(None if math.isnan(slope) else side * slope + 0.0)
        if not bent:
            return sides[0], sides[-1]  # nothing that moves tells one side from the other
    return sides[0], sides[1]


def _moved_along(problem: Problem, direction: Sequence[float]) -> tuple[float, bool]:
    """The derivative of the result when the point starts to move in a direction, and whether the other way bends.

    Raises `Undecided` where it does not follow from first derivatives.
    """
    primal, tangent, bent = moved(problem.tape, problem.point, direction)
    result = primal[problem.tape.output]
    if result == result and result != problem.values[problem.tape.output]:
        raise Undecided  # a comparison that goes the other way beside the point changes the value: a jump
    return tangent[problem.tape.output] or 0.0, bent


def moved(tape: Tape, point: Sequence[float], direction: Sequence[float]) -> tuple[Values, list[float | None], bool]:
    """The value and the tangent of every slot when the point starts to move in a direction, and whether it leaves a break.

    Raises `Undecided` where they do not follow from first derivatives.
    """
    functions = FLOAT.row_functions(tape)
    primal = start_values(tape, point)
    tangent: list[float | None] = [move or None for move in direction]
    tangent += [None] * (tape.size - len(tangent))
    bent = False
    for start, stop in taken_ranges(tape, primal):
        for slot in range(start, stop):
            row = slot - tape.first_row
            name, operands = tape.operations[row], tape.operands[row]
            arguments = [primal[operand] for operand in operands]
            moves = [tangent[operand] for operand in operands]
            if name in COMPARISONS and arguments[0] == arguments[1] and operands[0] != operands[1]:
                value: float = float(decide(name, moves))
                primal[slot] = value
                bent = True
            else:
                value = primal[slot] = functions[row](*arguments)
            if name in _LOGICAL:
                continue
            if name == "where" and arguments[0] == 0 and moves[0] is not None:
                raise Undecided  # a number that decides, and is 0 here alone
            kinds = [kind for kind, _ in FLOAT.breaks(name, arguments, value)]
            if kinds and any(move is not None for move in moves):
                arguments, value = _beside(functions[row], arguments, moves, value, kinds)
                bent = True
            total: float | None = None
            for function, move in zip(FLOAT.terms(name, len(operands)), moves, strict=True):
                term = function(move, *arguments, value) if function is not None and move is not None else None
                if term is not None:
                    total = term if total is None else total + term
            tangent[slot] = total
    return primal, tangent, bent


def decide(name: str, moves: Sequence[float | None]) -> bool:
    """A comparison of equal operands, by the way in which they start to differ."""
    first, second = moves
    if first is None and second is None:
        return name in ("le", "ge", "eq")
    difference = (first or 0.0) - (second or 0.0)
    if difference == 0:
        raise Undecided  # what comes next is a matter of higher derivatives
    return COMPARISONS[name](difference)


def _beside(
    function: Callable[..., float], arguments: list[float], moves: Sequence[float | None], value: float, kinds: Sequence[str]
) -> tuple[list[float], float]:
    """Operands a little way along their tangents, and the value there, which must not have jumped.

    At a pole the slope is infinite at the point itself, and only whether the function goes on there is asked.
    """
    steps = [move or 0.0 for move in moves]
    largest = max(map(abs, steps))
    if largest == 0:
        if "pole" in kinds:
            raise Undecided  # 0 times infinity
        return arguments, value
    moving = [position for position, step in enumerate(steps) if step]
    if len(moving) == 1:
        beside = list(arguments)
        beside[moving[0]] = math.nextafter(arguments[moving[0]], math.copysign(math.inf, steps[moving[0]]))
    else:  # far enough apart to tell which moves faster
        size = max([1.0, *[abs(arguments[position]) for position in moving]])
        beside = [argument + step / largest * NUDGE * size for argument, step in zip(arguments, steps, strict=True)]
    there = function(*beside)
    if "pole" in kinds and there == there:
        return arguments, value
    if "jump" in kinds and there != value:
        raise Undecided
    if not abs(there - value) <= 1e-3 * max(1.0, abs(value)):
        raise Undecided
    return beside, there


# -- Python functions -----------------------------------------------------------------------------------------------------


def _run_along(problem: Problem, direction: Sequence[float]) -> tuple[float, bool]:
    """The derivative along a direction of what a Python function computes beside the point; the other way may be another.

    Raises `Undecided` where it is not known.
    """
    from diffcli.tape.recording.footsteps import unheard  # a program does not wait for it

    assert problem.function is not None
    point = problem.point
    ties = 0

    def judge(recorder: Recorder, slot: int) -> float:
        nonlocal ties
        tape, value = recorder.tape(slot), float(recorder.values[slot])
        name, operands = tape.operation(slot), tape.operands_of(slot)
        if name not in COMPARISONS or operands[0] == operands[1] or value != value:
            return value
        a, b = (recorder.values[operand] if operand >= 0 else recorder.constants[-1 - operand] for operand in operands)
        if a != b:
            return value
        ties += 1
        if ties > MOST_TIES:
            raise Undecided
        numbers, places = _scalarised(tape, recorder.values)
        tangents = moved(numbers, point, direction)[1]
        return float(decide(name, [tangents[places(operand)[0]] if operand >= 0 else None for operand in operands]))

    try:
        with unheard():
            recording = problem.function.record((problem.whole or problem).at, judge=judge)
        result, element = _result(recording.tape, problem.flat_index)
        value = recording.values[result]
        if (value.ravel()[element] if is_array(value) else value) != problem.value:
            raise Undecided  # a jump
        tape, places = _scalarised(recording.tape, recording.values)
        output = places(result)[element] if result < recording.tape.slots else None
        return 0.0 if output is None else moved(tape, point, direction)[1][output] or 0.0, True
    except DiffcliError as fault:
        if fault.diagnostics[0].code == "timeout":
            raise
        raise Undecided from None


def _result(tape: Tape, place: int) -> tuple[int, int]:
    """The slot of a number among the results, counted through all of their elements, and which element it is of that."""
    for slot in tape.outputs or [tape.output]:
        size = prod(tape.shape(slot))
        if place < size:
            return slot, place
        place -= size
    raise Undecided  # beside the point the function returns fewer numbers


def _scalarised(tape: Tape, values: Values) -> tuple[Tape, Callable[[int], tuple[int, ...]]]:
    """A tape in numbers, and where the elements of a slot's value stand on it."""
    if tape.shapes is None:
        return tape, lambda slot: (slot,)
    from diffcli.tape.building.scalarising import write_out

    written = write_out(tape, values)
    return written.tape, written.slots.__getitem__
