"""The slopes on the two sides of a point, for programs and for Python functions.

On the tape of a Python function only the way that was taken stands. Where a comparison that decided it is at its
boundary, the other way is the function's on one side: so the function is run again, as if the point had started to move,
with every tie decided by the tangents of what is compared.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import redirect_stdout
from math import prod

from diffcli.errors import DiffcliError
from diffcli.methods.nonsmooth.one_sided import COMPARISONS, Undecided, decide, moved, slopes
from diffcli.methods.problem.problem import Problem
from diffcli.records import is_array
from diffcli.tape import Tape
from diffcli.tape.recording.recorder import Recorder
from diffcli.tape.running.evaluation import Values

MOST_TIES = 20
"""How many conditions are decided by tangents in one run; each asks for a sweep."""


def slopes_of(problem: Problem, variable: int) -> tuple[float | None, float | None]:
    """The slopes of the result to the left and to the right, along one input; None where they are not known.

    Of a problem with arrays this takes what `diffcli.methods.problem.scalarise` makes of it.
    """
    decisions = (problem.whole or problem).tape.decisions
    if problem.function is None or not decisions:
        return slopes(problem.tape, problem.values, problem.point, variable)
    count = len(problem.point)
    left, right = (_slope(problem, [side * (slot == variable) for slot in range(count)]) for side in (-1.0, 1.0))
    return None if left is None else -left + 0.0, right


def _slope(problem: Problem, direction: list[float]) -> float | None:
    """The derivative along a direction of what the function computes beside the point; None where it is not known."""
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
        numbers, places = _in_numbers(tape, recorder.values)
        tangents = moved(numbers, point, direction)[1]
        return float(decide(name, [tangents[places(operand)[0]] if operand >= 0 else None for operand in operands]))

    try:
        with redirect_stdout(io.StringIO()):  # it has been heard already
            recording = problem.function.record((problem.whole or problem).at, judge=judge)
        found = _result(recording.tape, problem.place)
        if found is None:
            return None  # beside the point it returns fewer numbers
        result, element = found
        value = recording.values[result]
        if (value.ravel()[element] if is_array(value) else value) != problem.value:
            return None  # a jump
        tape, places = _in_numbers(recording.tape, recording.values)
        output = places(result)[element] if result < recording.tape.slots else None
        slope = 0.0 if output is None else moved(tape, point, direction)[1][output] or 0.0
    except (Undecided, DiffcliError):
        return None
    return None if slope != slope else slope + 0.0


def _result(tape: Tape, place: int) -> tuple[int, int] | None:
    """The slot of a number among the results, counted through all of their elements, and which element it is of that."""
    for slot in tape.outputs or [tape.output]:
        size = prod(tape.shape(slot)) if slot < tape.slots else 1
        if place < size:
            return slot, place
        place -= size
    return None


def _in_numbers(tape: Tape, values: Values) -> tuple[Tape, Callable[[int], tuple[int, ...]]]:
    """A tape in numbers, and where the elements of a slot's value stand on it."""
    if tape.shapes is None:
        return tape, lambda slot: (slot,)
    from diffcli.tape.building.scalarising import write_out

    written = write_out(tape, values)
    return written.tape, written.slots.__getitem__
