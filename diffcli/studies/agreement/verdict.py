"""A verdict on one partial derivative: is it right by every method, and if not, why, and where does that stand in the program?

The reference is the same tape in 50-digit arithmetic where the function is smooth, and the slopes on the two sides where it
is not: a kink is no disagreement. A number contradicts if its error is larger than it may be: than its own error bar, or for
the methods without one than `TOLERANCE`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from diffcli._named import NamedTuple
from diffcli.methods.digits.blame import culprit, relative_error
from diffcli.methods.digits.exact import Again
from diffcli.methods.digits.lost import LOST, Lost
from diffcli.methods.digits.watch import BY, UNKNOWN, Printed, Sweep
from diffcli.methods.nonsmooth.breaks import NOT_DIFFERENTIABLE, Break
from diffcli.methods.nonsmooth.one_sided import slopes_of
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.reverse import accumulate, activity
from diffcli.operations.arithmetic import precise
from diffcli.records.agreement import PartialCheck, Way
from diffcli.tape.running.precise import DIGITS, Number, precise_derivative
from diffcli.tape.running.precise import NOTHING as LEAST_DECADE

ROUNDING = 2.0**-48
"""How far a derivative may be off beside the terms that it is the sum of, however small the sum."""

FEW_DIGITS = 1e-3
"""The relative error that cancelling terms excuse at most."""

NOTHING = 1e-60
"""An error below this is none: it is what a complex step leaves of a derivative that is 0."""

SHARP = 1e-12
"""The relative error bar up to which differences give a slope that nothing else gives."""

KNOWN = 40
"""A number that agrees with the reference in so many digits has no error."""

MOST_JUDGED = 20_000
"""The longest tape that is worked out with 50 digits unless that is asked for."""

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


def judge_partial(
    problem: Problem, variable: str, breaks: Sequence[Break], ways: list[Way], digits: int | None, floor: float
) -> tuple[PartialCheck, Reason]:
    """One partial derivative by every method, compared, with the verdict and its reason.

    The ``ways`` are not compared yet. Of ``digits`` of the exact derivative None are as many as are sensible, and 0 none. The
    ``floor`` is from `floors`, and the breaks from `diffcli.methods.nonsmooth.breaks.find_breaks`.
    """
    slot = problem.input_slot(variable)
    met = _met(problem, breaks, slot)
    kinds = {found.kind for found in met}
    if "pole" in kinds and _are_of_floats(problem, met, slot):
        kinds = set()  # and not of the function: log(exp(x)) at -800
    left = right = None
    exact: Number | None = None
    if kinds:
        exactly = slopes_of(problem, slot)
        by_differences = _sides(next(way for way in ways if way.name == "numeric"))
        left, right = (exact if exact is not None else seen for exact, seen in zip(exactly, by_differences, strict=True))
    branched = problem.function is not None and (problem.whole or problem).tape.decisions  # and the tape has what was taken
    wanted = (digits is not None or problem.tape.slots <= MOST_JUDGED) and not (kinds and branched)
    if wanted and digits != 0 and (not kinds or (left is not None and left == right)):
        exact = precise_derivative(problem.tape, problem.point, slot, digits=max(digits or DIGITS, DIGITS))
    interval = _interval(kinds, left, right, exact if exact is not None or kinds else _consensus(ways))
    judged = tuple(_compared(way, interval, floor) for way in ways)
    size = float(max(map(abs, interval))) if interval is not None else 0.0
    verdict, reason = _verdict(problem, kinds, judged, (left, right), exact, size, slot)
    return PartialCheck(variable, exact, left, right, judged, verdict, reason.name, reason.explanation), reason


def _sides(numeric: Way) -> tuple[float | None, float | None]:
    """The slopes on the two sides by differences; the derivative itself, if they find one with many digits."""
    if numeric.value is not None and numeric.bar is not None and numeric.bar <= SHARP * abs(numeric.value):
        return numeric.value, numeric.value
    return numeric.sides


def _met(problem: Problem, breaks: Sequence[Break], slot: int) -> list[Break]:
    """The breaks that an input has a hand in."""
    moving = activity(problem.tape, [slot])
    return [
        found for found in breaks
        if found.kind in NOT_DIFFERENTIABLE and any(moving[operand] for operand in problem.tape.operands_of(found.slot))
    ]  # fmt: skip


def _are_of_floats(problem: Problem, met: Sequence[Break], slot: int) -> bool:
    """Whether it is rounding that brings operations to their breaks, and with digits enough there is a derivative."""
    values, *_, (exact,) = Again(problem).read(Sweep({problem.tape.output: 1.0}), [slot])
    operands = [problem.tape.operands_of(found.slot) for found in met]
    rounded = [any(relative_error(problem.values[each], values[each]) > LOST for each in row) for row in operands]
    return all(rounded) and exact is not None and precise.is_finite(exact)


def _interval(kinds: set[str], left: float | None, right: float | None, exact: Number | None) -> tuple[Number, Number] | None:
    """Where a derivative has to be: between the slopes where the function is not smooth; None where nobody knows."""
    if exact is not None or not kinds:
        return None if exact is None else (exact, exact)
    if left is None or right is None or not (math.isfinite(left) and math.isfinite(right)):
        return None
    return precise.number(min(left, right)), precise.number(max(left, right))


def _consensus(ways: Sequence[Way]) -> Number | None:
    """The derivative by automatic differentiation, where there is no reference."""
    return next((precise.number(way.value) for way in ways[:2] if way.value is not None and way.has_number), None)


def floors(problem: Problem) -> list[float]:
    """For each input, the rounding of a derivative that is a sum of terms which may cancel."""
    totals = [0.0] * problem.tape.first_row
    for step in accumulate(problem.tape, problem.values, problem.active)[1]:
        if step.target < len(totals) and math.isfinite(step.term):
            totals[step.target] += ROUNDING * abs(step.term)
    return totals


def _compared(way: Way, sides: tuple[Number, Number] | None, floor: float) -> Way:
    if way.value is None or not way.has_number or sides is None:
        return way
    low, high = sides
    value = precise.number(way.value)
    beside = max(low - value, value - high, precise.number(0))
    error = float(beside) if beside > max(abs(low), abs(high)) * precise.power_of_ten(-KNOWN) else 0.0
    size = float(max(abs(low), abs(high)))
    allowed = max(way.bar if way.bar is not None else TOLERANCE * size, math.ulp(size), min(floor, FEW_DIGITS * size))
    if not size:
        allowed = max(allowed, floor, NOTHING)
    in_bar = way.bar is not None and error <= allowed and way.bar >= size > 0
    says_nothing = in_bar or (way.name == "complex" and allowed < error <= NOTHING)
    return way._replace(error=error, agrees=None if says_nothing else error <= allowed)


def _verdict(
    problem: Problem,
    kinds: set[str],
    ways: Sequence[Way],
    sides: tuple[float | None, float | None],
    exact: Number | None,
    size: float,
    slot: int,
) -> tuple[str, Reason]:
    off = [way for way in ways if way.agrees is False]
    silent = [way for way in ways[:2] if not way.has_number]
    left, right = sides
    if kinds and not off and (None in sides or left != right or silent):
        if left is not None and right is not None and left != right and math.isfinite(left) and math.isfinite(right):
            return "kink", Reason("kink", "no derivative here; every way with a number is between the slopes on the two sides")
        infinite = any(side is not None and math.isinf(side) for side in sides)
        verdict = "jump" if "jump" in kinds else "pole" if infinite or "pole" in kinds else "kink"
        name = verdict
        if kinds <= {"branch", "point-branch"}:
            verdict, name = "jump", "branch"
        return verdict, Reason(name, f"no derivative here, because {REASONS[name]}")
    if math.isinf(size) and all(way.value is not None and math.isinf(way.value) for way in ways[:2]):
        return "agree", Reason("overflow", "the derivative itself is beyond the range of a float")
    if not size and not off and not any(way.has_number for way in ways):
        return "edge", Reason("edge", f"no derivative here, because {REASONS['edge']}")
    if off or silent:
        return "disagree", explain_disagreement(problem, slot, kinds, [*silent, *off], exact)
    form = next(way for way in ways if way.name == "symbolic")
    if not form.has_number and not form.remark:
        return "agree", Reason("removable", REASONS["removable"])
    worst = max((way.error for way in ways[:3] if way.error is not None), default=0.0)
    if worst <= TOLERANCE * size:
        return "agree", Reason("", "")
    left = math.floor(-math.log10(worst / size)) if size else 0
    known = lost_digits(problem, slot, ways[0], exact)
    return "agree", Reason("terms", f"{REASONS['terms']}, which leaves {left or 'no'} right digits", known and known.lost)


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
    found, least = reading.found[0], precise.power_of_ten(LEAST_DECADE)
    if found is not None and exact is not None and not abs(found - exact) <= max(TOLERANCE * abs(exact), least):
        return None
    row, label, kind = culprit(problem, asked, sweep, reading)
    if exact is None:
        return Reason(kind, f"`{problem.operand_text(row)}`: {label}") if label else None
    name = BY(problem.tape.inputs[slot]) + " in forward mode" * sweep.forward
    printed = Printed(name, way.value, UNKNOWN, asked, sweep)
    text = f"`{problem.operand_text(row)}`: {label}" if label else REASONS[kind]
    return Reason(kind, text, Lost(printed, exact, relative_error(way.value, exact), reading))
