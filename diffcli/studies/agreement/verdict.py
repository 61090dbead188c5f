"""A verdict on one partial derivative: is it right by every method, and if not, why?

The reference is the same tape in 50-digit arithmetic where the function is smooth, and the slopes on the two sides where it
is not: a kink is no disagreement. A number contradicts if its error is larger than it may be: than its own error bar, or for
the methods without one than `TOLERANCE`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from diffcli.methods.differences.precise import DIGITS, Number, precise_derivative
from diffcli.methods.nonsmooth.breaks import NOT_DIFFERENTIABLE, Break
from diffcli.methods.nonsmooth.one_sided import slopes_of
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.reverse import accumulate, activity
from diffcli.operations.arithmetic import precise
from diffcli.records.agreement import PartialCheck, Way
from diffcli.studies.agreement.disagreement import REASONS, Reason, explain_disagreement, find_extreme

TOLERANCE = 1e-9
"""The relative error up to which a method without an error bar agrees."""

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


def judge_partial(
    problem: Problem, variable: str, breaks: Sequence[Break], ways: list[Way], digits: int | None, floor: float
) -> tuple[PartialCheck, Reason]:
    """One partial derivative by every method, compared, with the verdict and its reason.

    Parameters
    ----------
    breaks
        Where the program is not differentiable (`diffcli.methods.nonsmooth.breaks.find_breaks`).
    ways
        The derivatives, not compared yet.
    digits
        How many digits of the exact derivative are wanted; None for as many as are sensible, 0 for none.
    floor
        From `floors`.
    """
    slot = problem.input_slot(variable)
    kinds = _kinds(problem, breaks, slot)
    if kinds == {"pole"} and find_extreme(problem, of_adjoints=False) is not None:
        kinds = set()  # the pole is one of floats, not of the function: log(exp(x)) at -800
    left = right = None
    exact: Number | None = None
    if kinds:
        exactly = slopes_of(problem, slot)
        by_differences = _sides(next(way for way in ways if way.name == "numeric"))
        left, right = (exact if exact is not None else seen for exact, seen in zip(exactly, by_differences, strict=True))
    wanted = digits is not None or problem.tape.slots <= MOST_JUDGED
    if wanted and digits != 0 and (not kinds or (left is not None and left == right)):
        exact = precise_derivative(problem.tape, problem.point, slot, digits=max(digits or DIGITS, DIGITS))
    interval = _interval(kinds, left, right, exact if exact is not None else _consensus(ways))
    judged = tuple(_compared(way, interval, floor) for way in ways)
    size = float(max(map(abs, interval))) if interval is not None else 0.0
    verdict, reason = _verdict(problem, kinds, judged, (left, right), size, floor, slot)
    return PartialCheck(variable, exact, left, right, judged, verdict, reason.name, reason.explanation), reason


def _sides(numeric: Way) -> tuple[float | None, float | None]:
    """The slopes on the two sides by differences; the derivative itself, if they find one with many digits."""
    if numeric.value is not None and numeric.bar is not None and numeric.bar <= SHARP * abs(numeric.value):
        return numeric.value, numeric.value
    return numeric.sides


def _kinds(problem: Problem, breaks: Sequence[Break], slot: int) -> set[str]:
    """The kinds of break that an input has a hand in."""
    moving = activity(problem.tape, [slot])
    return {
        found.kind for found in breaks
        if found.kind in NOT_DIFFERENTIABLE and any(moving[operand] for operand in problem.tape.operands_of(found.slot))
    }  # fmt: skip


def _interval(kinds: set[str], left: float | None, right: float | None, exact: Number | None) -> tuple[Number, Number] | None:
    """Where a derivative has to be: between the slopes where the function is not smooth; None where nobody knows."""
    if not kinds:
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
    if not size or way.name == "complex":
        allowed = max(allowed, NOTHING)
    if not size:
        allowed = max(allowed, floor)
    says_nothing = way.bar is not None and error <= allowed and way.bar >= size > 0
    return way._replace(error=error, agrees=None if says_nothing else error <= allowed)


def _verdict(
    problem: Problem,
    kinds: set[str],
    ways: Sequence[Way],
    sides: tuple[float | None, float | None],
    size: float,
    floor: float,
    slot: int,
) -> tuple[str, Reason]:
    off = [way.name for way in ways if way.agrees is False]
    silent = [way.name for way in ways[:2] if not way.has_number]
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
        reason = explain_disagreement(problem, slot, kinds, [*silent, *off])
        excused = all(way.error is not None and way.error <= floor for way in ways[:2])
        if reason.name == "unexplained" and not kinds and not silent and excused:
            reason = _lost_digits(ways, size)
        return "disagree", reason
    form = next(way for way in ways if way.name == "symbolic")
    if not form.has_number and not form.remark:
        return "agree", Reason("removable", REASONS["removable"])
    return "agree", _lost_digits(ways, size)


def _lost_digits(ways: Sequence[Way], size: float) -> Reason:
    """Whether the methods agree in few digits only, because the terms of the derivative all but cancel."""
    worst = max((way.error for way in ways[:3] if way.error is not None), default=0.0)
    if not size or worst <= TOLERANCE * size:
        return Reason("", "")
    left = max(0, math.floor(-math.log10(worst / size)))
    return Reason("terms", f"{REASONS['terms']}, which leaves {left} right digits")
