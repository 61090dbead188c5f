"""The gradient at a point where nothing is to be said of it: a short way to what `diffcli.methods.gradient` finds there.

It asks all that is asked there. Where one of the answers is a word, or anything is out of the ordinary, there is no result
here, and the long way begins again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import DiffcliError
from diffcli.language import Program
from diffcli.language.syntax import once
from diffcli.methods.nonsmooth.breaks import watched_rows
from diffcli.methods.problem.problem import At, one_line
from diffcli.methods.problem.remarks import unused
from diffcli.methods.sweeps.bounded_adjoints import bounded_adjoints
from diffcli.methods.sweeps.reverse import activity
from diffcli.methods.sweeps.rounding import ENOUGH, INFINITE, value_errors
from diffcli.records import GradientResult
from diffcli.tape import Tape, evaluate
from diffcli.tape.lowering import KEPT_NODES, lowered


class _Plan(NamedTuple):
    """What a program of numbers needs to be differentiated, on the tape that it has at every point."""

    tape: Tape
    inputs: list[str]
    active: bytearray
    breaks: Sequence[tuple[int, Callable[..., Any], Callable[..., Any]]]
    """The rows that may stand on a break: the slot, and on which values what condition says that it does."""


@once
def _plan(program: Program) -> _Plan | tuple[()]:
    """Nothing for a program that has arrays, chooses, or is to be spoken of wherever it stands."""
    if len(program) > KEPT_NODES or unused(program, True):
        return ()
    try:
        tape = lowered(program, dict.fromkeys(program.inputs, 0.0))
    except DiffcliError:
        return ()
    watched = watched_rows(tape)
    if tape.shapes is not None or tape.outputs or not all(condition for *_, condition in watched):
        return ()
    breaks = [(slot, arguments, condition) for slot, _, arguments, condition in watched if condition]
    return _Plan(tape, tape.inputs, activity(tape), breaks)


def plain_gradient(program: Program, at: At) -> GradientResult | None:
    """The gradient by reverse mode, with everything else as `diffcli.grad` has it by default; None if there is more to it."""
    plan = _plan(program) if type(program) is Program and type(at) is dict else ()
    if not plan or len(at) != len(plan.inputs):
        return None
    tape, inputs, active, breaks = plan
    point: dict[str, Any] = {}
    for name in inputs:
        number = at.get(name)  # type: ignore[union-attr]
        if type(number) is not float or number - number != 0.0:
            return None
        point[name] = number
    values = evaluate(tape, [*point.values()])
    for slot, arguments, condition in breaks:
        if values[slot] is None or condition(*arguments(values)):
            return None
    result = tape.output
    errors = value_errors(tape, values)
    if not errors[result] <= ENOUGH * abs(values[result]) < INFINITE:
        return None
    swept = bounded_adjoints(tape, values, errors, active)
    if swept is None:
        return None
    bars, bounds = swept
    gradient: dict[str, Any] = {}
    for slot, name in enumerate(inputs):
        bar = bars[slot]
        if bar is None or not bounds[slot] <= ENOUGH * abs(bar) < INFINITE:
            return None
        gradient[name] = bar + 0.0
    return GradientResult(one_line(program), "reverse", point, values[result] + 0.0, gradient)
