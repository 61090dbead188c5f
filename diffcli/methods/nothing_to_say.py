"""The gradient at a point where nothing is to be said of it: a short way to what `diffcli.methods.gradient` finds there.

It asks all that is asked there. Where one of the answers is a word, or anything is out of the ordinary, there is no result
here, and the long way begins again.
"""

from __future__ import annotations

from typing import Any

from diffcli.errors import DiffcliError
from diffcli.language import Program
from diffcli.language.syntax import once
from diffcli.methods.nonsmooth.breaks import watched_rows
from diffcli.methods.problem.problem import At, Target, as_program, one_line
from diffcli.methods.problem.remarks import unused
from diffcli.methods.sweeps.reverse import activity
from diffcli.methods.sweeps.rounding import ENOUGH, INFINITE, adjoint_errors, value_errors
from diffcli.records import GradientResult
from diffcli.tape import Tape, evaluate
from diffcli.tape.lowering import KEPT_NODES, lowered


@once
def _plan(program: Program) -> tuple[()] | tuple[Tape, bytearray]:
    """The tape of a program of numbers, and what is active on it; nothing if it chooses, or is to be spoken of everywhere."""
    if len(program) > KEPT_NODES or unused(program, True):
        return ()
    try:
        tape = lowered(program, dict.fromkeys(program.inputs, 0.0))
    except DiffcliError:
        return ()
    plain = tape.shapes is None and not tape.outputs and all(condition for *_, condition in watched_rows(tape))
    return (tape, activity(tape)) if plain else ()


def plain_gradient(target: Target, at: At) -> GradientResult | None:
    """What `diffcli.grad` returns where no option is given; None if there is more to it."""
    program: Any = as_program(target) if isinstance(target, str) else target
    plan = _plan(program) if type(program) is Program and type(at) is dict else ()
    if not plan or len(at) != plan[0].first_row:
        return None
    tape, active = plan
    point: dict[str, Any] = {}
    for name in tape.inputs:
        number = at.get(name)  # type: ignore[union-attr]
        if type(number) is not float:
            if not isinstance(number, int | float) or abs(number) > 1e300:
                return None
            number = float(number)
        if number - number != 0.0:
            return None
        point[name] = number
    values = evaluate(tape, [*point.values()])
    for _, arguments, _, condition in watched_rows(tape):
        if condition is None or condition(*arguments(values)):
            return None
    result = tape.output
    errors = value_errors(tape, values)
    if not errors[result] <= ENOUGH * abs(values[result]) < INFINITE:
        return None
    bars: list[float | None] = [None] * tape.size
    bars[result] = 1.0
    bounds = adjoint_errors(tape, values, errors, bars, active, {}, sweeping=True)
    gradient: dict[str, Any] = {}
    for slot, name in enumerate(tape.inputs):
        bar = bars[slot]
        if bar is None or not bounds[slot] <= ENOUGH * abs(bar) < INFINITE:
            return None
        gradient[name] = bar + 0.0
    return GradientResult(one_line(program), "reverse", point, values[result] + 0.0, gradient)
