"""The slopes on the two sides of a point, for programs and for Python functions.

On the tape of a Python function only the way that was taken stands. Where a comparison that decided it is at its
boundary, the other way is the function's on one side: so the function is run again, as if the point had started to move,
with every tie decided by the tangents of what is compared.
"""

from __future__ import annotations

import io
from contextlib import redirect_stdout

from diffcli.errors import DiffcliError
from diffcli.methods.one_sided import COMPARISONS, Undecided, decide, derivative_along, moved, slopes
from diffcli.methods.problem import Problem
from diffcli.tape.recorder import Recorder

MOST_TIES = 20
"""How many conditions are decided by tangents in one run; each asks for a sweep."""


def slopes_of(problem: Problem, variable: int) -> tuple[float | None, float | None]:
    """The slopes of the result to the left and to the right, along one input; None where they are not known."""
    if problem.tape.shapes is not None and problem.tape.decisions:
        return None, None  # the slopes of arrays on either side are not followed
    if problem.function is None or not problem.tape.decisions:
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
        row = slot - len(point)
        name, operands = recorder.operations[row], recorder.operands[row]
        value: float = recorder.values[slot]
        if name not in COMPARISONS or operands[0] == operands[1] or value != value:
            return value
        a, b = (recorder.values[operand] if operand >= 0 else recorder.constants[-1 - operand] for operand in operands)
        if a != b:
            return value
        ties += 1
        if ties > MOST_TIES:
            raise Undecided
        _, tangents = moved(recorder.tape(slot), point, direction)
        return float(decide(name, [tangents[operand] for operand in operands]))

    try:
        with redirect_stdout(io.StringIO()):  # it has been heard already
            recording = problem.function.record(problem.at, judge=judge)
        tape = recording.tape
        if problem.place >= len(tape.outputs or [tape.output]):
            return None  # beside the point it has fewer results
        tape.output = (tape.outputs or [tape.output])[problem.place]
        if recording.values[tape.output] != problem.value:
            return None  # a jump
        slope = derivative_along(tape, recording.values, point, direction)
    except (Undecided, DiffcliError):
        return None
    return None if slope != slope else slope + 0.0
