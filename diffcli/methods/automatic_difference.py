"""A derivative by differences, with a step and an error bar from the tape itself.

The tape tells what a black box cannot: how far rounding may move each value (`diffcli.methods.noise`), and how far x may
move before some operation on the way leaves the range in which its Taylor series describes it (``reach`` in the table of
operations). Within that range the quotients over h, h/2, h/4, ... converge fast when they are extrapolated, so h starts as
large as the range allows, where rounding hurts least. Each sample is held against the range afterwards, by how far the
operands have really moved, so that a step that only looked small at the point is found out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from diffcli.language.printer import step_text
from diffcli.methods.extrapolation import Extrapolation
from diffcli.methods.sampling import Sample, Sampler
from diffcli.records import Difference

MOST_ROWS = 16
"""How many steps are tried at most."""

MOST_SHORTENINGS = 80

MOST_STUCK = 8
"""How often a step may be shortened, by much, without anything changing."""

Ends = Callable[[float], tuple[Sample, Sample] | None]
"""The two samples of a quotient over a step; None where one of them is undefined."""

Quotient = Callable[[Sampler, Sample, Sample], tuple[float, float]]
"""A quotient of two samples and the value at the point, and the bound on its rounding."""


class Estimate(NamedTuple):
    """A derivative by extrapolation from one side or both, with a bar."""

    value: float
    bar: float
    step: float
    """The smallest step that it is made of."""
    order: int
    """Of its truncation error in the step."""
    samples: tuple[Sample, ...]
    reason: str


def automatic_difference(sampler: Sampler, variable: str, first: float | None = None, derivative: int = 1) -> Difference:
    """The first or second derivative of a function at a point, with its error bar.

    Parameters
    ----------
    sampler
        The function and the point.
    variable
        The name of what is moved.
    first
        The first step to try, if the tape is not to choose it.
    derivative
        1, or 2 for the second derivative.

    Returns
    -------
    From both sides where the function is smooth there. Else a first derivative from one side, if the function is defined on
    one side only, or if both agree; and if they do not, NaN with the slope on each side.
    """
    base = sampler.base
    both = two_sided(sampler, base, first, derivative)
    if both is not None and (sampler.bound or not _is_bent(sampler, both)):
        return _record(sampler, variable, "central", both)
    if derivative != 1:
        return _nothing(sampler, variable, "no quotients over both sides agree, however short the step", None, None)
    left, right = (one_sided(sampler, base, side, first) for side in (-1.0, 1.0))
    if left is not None and right is not None:
        gap = abs(left.value - right.value)
        worse = max(left, right, key=lambda estimate: estimate.bar)
        if gap <= left.bar + right.bar:
            reason = f"an operation has its kink at the point, but both sides agree; {worse.reason}"
            middle = worse._replace(value=(left.value + right.value) / 2, bar=worse.bar + gap / 2, reason=reason)
            return _record(sampler, variable, "both sides", middle)
        return _nothing(sampler, variable, "the slopes on the two sides differ: a kink", left.value, right.value)
    for side, estimate in (("backward", left), ("forward", right)):
        if estimate is not None:
            step = estimate.step if side == "forward" else -estimate.step
            if not sampler.sample(base.x - step).defined:
                reason = f"one-sided, because the domain ends at the point; {estimate.reason}"
                return _record(sampler, variable, side, estimate._replace(reason=reason))
    if left is right is None:
        return _nothing(sampler, variable, "no quotients agree, however short the step", None, None)
    known, other = ("left", "right") if left is not None else ("right", "left")
    slopes = [estimate.value if estimate is not None else None for estimate in (left, right)]
    return _nothing(sampler, variable, f"there is a slope on the {known}, and none on the {other}", *slopes)


def _is_bent(sampler: Sampler, found: Estimate) -> bool:
    """Whether a function of which only values are known seems to have a corner at the point.

    A central quotient is blind to it. The difference of the slopes on the two sides, over a step, halves with the step
    where there is a second derivative, and stays where there is a corner.
    """
    gaps = []
    for step in (found.step, found.step / 2):
        right, left = sampler.sample(sampler.x + step), sampler.sample(sampler.x - step)
        gaps.append(abs(right.value - 2 * sampler.base.value + left.value) / step)
    return gaps[1] > 0.75 * gaps[0] and gaps[1] > 4 * sampler.noise(sampler.base, sampler.base) / found.step


def two_sided(sampler: Sampler, base: Sample, first: float | None = None, derivative: int = 1) -> Estimate | None:
    """By central quotients; None where the function is not smooth and defined on both sides of the point."""

    def ends(step: float) -> tuple[Sample, Sample] | None:
        right, left = sampler.sample(base.x + step), sampler.sample(base.x - step)
        return (right, left) if right.defined and left.defined else None

    def movement(right: Sample, left: Sample) -> float:
        return max(sampler.movement(base, right), sampler.movement(base, left))

    return _extrapolate(sampler, ends, movement, 4.0, first, _quotient if derivative == 1 else _second_quotient)


def one_sided(sampler: Sampler, base: Sample, side: float, first: float | None = None) -> Estimate | None:
    """By quotients on the right (side 1) or the left (side -1); None where there is no value, or no agreement."""

    def ends(step: float) -> tuple[Sample, Sample] | None:
        beside = sampler.sample(base.x + side * step)
        return (beside, base) if beside.defined else None

    def movement(beside: Sample, _: Sample) -> float:
        # an operation may stand on its kink, or at the edge of its domain: then what counts is the way from there on
        inside = sampler.sample(base.x + (beside.x - base.x) * 0.9375)
        return max(sampler.movement(base, beside, past_kinks=True), sampler.movement(inside, beside))

    found = _extrapolate(sampler, ends, movement, 2.0, first, _quotient)
    # at the edge of a domain there may be half powers of the step in the error, as of x*sqrt(x) at 0
    return found or _extrapolate(sampler, ends, movement, math.sqrt(2.0), first, _quotient)


def _extrapolate(
    sampler: Sampler,
    ends: Ends,
    movement: Callable[[Sample, Sample], float],
    ratio: float,
    first: float | None,
    quotient: Quotient,
) -> Estimate | None:
    x = sampler.base.x
    least = 8 * math.ulp(x)  # a shorter step says more about the spacing of floats than about the function
    reach, where = sampler.reach()
    wanted = first or _power_of_two(reach if math.isfinite(reach) else abs(x) / 2 or 1.0)
    step, pair = _admissible(wanted, least, ends, movement)
    if pair is None:
        return None
    start = step
    table = Extrapolation(ratio, doubtful=ratio < 4)
    taken: set[Sample] = set()
    while pair is not None and len(table.rows) < MOST_ROWS and not table.finished:
        table.add(step, *quotient(sampler, *pair))
        taken |= {sample._replace(rows=()) for sample in pair}
        step /= 2
        pair = ends(step) if step >= least else None
    best = table.best
    if best is None or not table.converged:
        return None
    order = max(1, round(best.order * math.log2(ratio)))
    used = tuple(sorted(sample for sample in taken if abs(sample.x - x) >= best.step))
    begin = _beginning(sampler, start, wanted, first, where)
    halvings = round(math.log2(start / best.step))
    reason = f"{begin} halved {'once' if halvings == 1 else f'{halvings} times'} and extrapolated"
    return Estimate(best.value, best.bar, best.step, order, used, reason)


def _admissible(
    step: float, least: float, ends: Ends, movement: Callable[[Sample, Sample], float]
) -> tuple[float, tuple[Sample, Sample] | None]:
    """The first step at which the values are defined and the operands stay within their reach."""
    stuck = 0
    for _ in range(MOST_SHORTENINGS):
        if step < least or stuck > MOST_STUCK:
            break
        pair = ends(step)
        excess = movement(*pair) if pair else 8.0
        stuck = stuck + 1 if math.isinf(excess) or pair is None else 0  # on a kink or an edge no step is short enough
        if pair is not None and excess < 1:
            return step, pair
        step /= 2 ** math.ceil(math.log2(min(max(excess, 2.0), 2.0**20)))
    return step, None


def _quotient(sampler: Sampler, one: Sample, other: Sample) -> tuple[float, float]:
    """The quotient of two values over their distance, and the bound on its rounding."""
    base = sampler.base
    distance = one.x - other.x
    quotient = (one.value - other.value) / distance
    rounding = sampler.noise(one, other) / abs(distance)
    if other is not base:  # points that are not quite symmetric see some of the second derivative
        skew = abs((one.x - base.x) - (base.x - other.x))
        rounding += abs(one.value - 2 * base.value + other.value) / distance * (skew / distance)
    return quotient, rounding


def _second_quotient(sampler: Sampler, right: Sample, left: Sample) -> tuple[float, float]:
    """The second difference over the square of the step, and the bound on its rounding."""
    base = sampler.base
    step = (right.x - left.x) / 2
    quotient = ((right.value - base.value) - (base.value - left.value)) / step / step
    skew = abs((right.x - base.x) - (base.x - left.x))
    slope = abs(right.value - left.value) / (2 * step)
    return quotient, (sampler.noise(right, base) + sampler.noise(left, base) + skew * slope) / step / step


def _beginning(sampler: Sampler, start: float, wanted: float, first: float | None, where: str) -> str:
    """Why the extrapolation begins at its first step."""
    begin = f"from {step_text(start)}"
    if first is not None and start == wanted:
        return "from the step that was given,"
    if start < wanted:
        return f"{begin}, as far as the operations can be followed,"
    if where:
        return f"{begin}, as far as `{where}` can be followed,"
    return f"{begin}, half the size of the point," if sampler.x else f"{begin},"


def _record(sampler: Sampler, variable: str, method: str, found: Estimate) -> Difference:
    samples = tuple((sample.x, sample.value) for sample in found.samples)
    return Difference(
        variable, method, found.step, samples, found.value + 0.0, found.bar, found.reason,
        order=found.order, evaluations=sampler.evaluations, bound=sampler.bound, extrapolated=True,
    )  # fmt: skip


def _nothing(sampler: Sampler, variable: str, reason: str, left: float | None, right: float | None) -> Difference:
    return Difference(
        variable, "both sides", 0.0, (), math.nan, None, reason, evaluations=sampler.evaluations, bound=sampler.bound,
        extrapolated=True, left=left, right=right,
    )  # fmt: skip


def _power_of_two(size: float) -> float:
    """The largest power of two that is not above a size."""
    return float(2.0 ** max(math.floor(math.log2(size)), -1000)) if size > 0 else 0.0
