"""Why methods disagree on a derivative: what in the program is to blame, and where it stands."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from diffcli._named import NamedTuple
from diffcli.methods.digits.blame import culprit, relative_error
from diffcli.methods.digits.exact import NOTHING, Again
from diffcli.methods.digits.lost import Lost
from diffcli.methods.digits.watch import BY, UNKNOWN, Printed, Sweep
from diffcli.methods.problem.problem import Problem
from diffcli.operations.arithmetic import precise
from diffcli.records.agreement import Way
from diffcli.tape.running.precise import Number

REASONS = {
    "kink": "operations with a corner meet here",
    "jump": "the value jumps at the point",
    "pole": "the value or the slope is infinite at the point",
    "edge": "the function is undefined beside the point",
    "branch": "a comparison treats this point by itself, and the slopes beside it are others",
    "overflow": "an intermediate value is beyond the range of a float",
    "underflow": "an intermediate value is below the range of a float",
    "cancellation": "nearly equal values are subtracted, and their digits lost",
    "rounding": "the rounding of an intermediate value is magnified on the way to the derivative",
    "terms": "the terms of the derivative all but cancel",
    "removable": "SymPy's form of the derivative has no value at this point, where the function is smooth",
    "form": "SymPy's form of the derivative loses its digits at this point; the rules keep them",
    "difference": "the difference quotients are off by more than their bar",
    "complex": "the complex step goes wrong where an intermediate value leaves the range of a float",
    "recorded": "plain Python gives another slope: a recording keeps every branch as it was taken",
    "unexplained": "nothing that diffcli knows of explains it",
}
"""The reasons, by name. Those from ``overflow`` to ``terms`` are digits that are lost, and reported with the place."""

TOLERANCE = 1e-9
"""The relative error up to which a method without an error bar agrees."""

_OF_ONE = {"symbolic": "form", "numeric": "difference", "complex": "complex", "function": "recorded"}
"""What it means when a method is off and automatic differentiation is not."""


class Reason(NamedTuple):
    name: str
    explanation: str
    lost: Lost | None = None
    """The derivative by automatic differentiation, where it has lost digits."""


def explain_disagreement(problem: Problem, slot: int, kinds: Collection[str], off: Sequence[Way], exact: Number | None) -> Reason:
    """Why methods disagree on a partial derivative: those that are ``off``, or have no number although there is one.

    There are these ``kinds`` of break at the point; the derivative is None where it is not known.
    """
    names = [way.name for way in off]
    if names == ["function"]:
        return Reason("recorded", REASONS["recorded"])
    swept = next((way for way in off if way.name not in _OF_ONE), None)
    lost = lost_digits(problem, slot, swept, exact) if swept is not None and (exact is not None or not kinds) else None
    if lost is not None:
        return lost
    if "point-branch" in kinds or "branch" in kinds:
        return Reason("branch", REASONS["branch"])
    if kinds:
        return Reason("kink", f"{REASONS['kink']} in a function that is smooth all the same")
    if swept is not None:
        return Reason("unexplained", REASONS["unexplained"])
    alone = [_OF_ONE[name] for name in names]
    return Reason(alone[0], "; ".join(REASONS[name] for name in alone))


def lost_digits(problem: Problem, slot: int, way: Way, exact: Number | None) -> Reason | None:
    """What loses the digits of a sweep; None where the same sweep with digits enough does not give the derivative either."""
    assert way.value is not None
    sweep = Sweep({slot: 1.0}, forward=True) if way.name == "forward" else Sweep({problem.tape.output: 1.0})
    asked = problem.tape.output if sweep.forward else slot
    reading = Again(problem).read(sweep, [asked])
    found, least = reading.found[0], precise.power_of_ten(NOTHING)
    if found is not None and exact is not None and not abs(found - exact) <= max(TOLERANCE * abs(exact), least):
        return None
    row, label, kind = culprit(problem, asked, sweep, reading)
    if exact is None:
        return Reason(kind, f"`{problem.operand_text(row)}`: {label}") if label else None
    name = BY(problem.tape.inputs[slot]) + " in forward mode" * sweep.forward
    printed = Printed(name, way.value, UNKNOWN, asked, sweep)
    text = f"`{problem.operand_text(row)}`: {label}" if label else REASONS[kind]
    return Reason(kind, text, Lost(printed, exact, relative_error(way.value, exact), reading))
