"""Slopes by extrapolated quotients: on both sides of a point, or on one.

The quotients over h, h/2, h/4, ... are extrapolated (`diffcli.methods.differences.extrapolation`). The first step is as long as
the
operations can be followed, or where nobody knows that, a guess which is taken back while no digit of the estimate is certain.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from diffcli.language.writing.printer import step_text
from diffcli.methods.differences.extrapolation import Extrapolation
from diffcli.methods.differences.sampling import Sample, Sampler

MOST_ROWS = 16
"""How many steps are tried at most."""

MOST_SHORTENINGS = 80

MOST_EVALUATIONS = 150
"""After so many no other first step is looked for."""

FAR = 2.0**10
"""By how much a step is shortened that is longer than x, and leads where the function is undefined."""

MOST_STUCK = 8
"""How often a step may be shortened, by much, without anything changing."""

RETREATS = (1.0, 2.0**-10, 2.0**-20)
"""Multiples of the first step to begin again from, while no digit of the estimate is certain."""

UNBOUNDED = (1.0, 2.0**10, *RETREATS[1:])
"""The same where any step is within reach."""

FEW = 1e-6
"""A bar that is smaller than this beside f/x needs no better first step, even if it covers the whole derivative."""

STUCK = "an operation stands on its kink at the point"
LOST = "steps short enough for the operations are lost beside the point"
UNDEFINED = "values beside the point are undefined, however short the step"
DISAGREE = "no quotients agree, however short the step"

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


class Scheme(NamedTuple):
    """How samples beside the point make a derivative."""

    ends: Ends
    movement: Callable[[Sample, Sample], float]
    """How far the operands move on the way to them, in units of how far they may."""
    quotient: Quotient
    ratio: float
    """By how much the error of the quotient shrinks when the step is halved."""


def two_sided(sampler: Sampler, first: float | None = None, derivative: int = 1) -> Estimate | str:
    """By central quotients; the reason in words where the function is not smooth and defined on both sides."""
    base = sampler.base

    def ends(step: float) -> tuple[Sample, Sample] | None:
        right, left = sampler.sample(base.x + step), sampler.sample(base.x - step)
        return (right, left) if right.defined and left.defined else None

    def movement(right: Sample, left: Sample) -> float:
        return max(sampler.movement(base, right), sampler.movement(base, left))

    return _extrapolated(sampler, Scheme(ends, movement, _quotient if derivative == 1 else _second_quotient, 4.0), first)


def one_sided(sampler: Sampler, side: float, first: float | None = None) -> Estimate | str:
    """By quotients on the right (side 1) or the left (side -1); the reason in words where there is none."""
    base = sampler.base

    def ends(step: float) -> tuple[Sample, Sample] | None:
        beside = sampler.sample(base.x + side * step)
        return (beside, base) if beside.defined else None

    def movement(beside: Sample, _: Sample) -> float:
        # an operation may stand on its kink, or at the edge of its domain: then what counts is the way from there on
        inside = sampler.sample(base.x + (beside.x - base.x) * 0.9375)
        return max(sampler.movement(base, beside, past_kinks=True), sampler.movement(inside, beside))

    scheme = Scheme(ends, movement, _quotient, 2.0)
    found = _extrapolated(sampler, scheme, first)
    if isinstance(found, Estimate):
        return found
    # at the edge of a domain there may be half powers of the step in the error, as of x*sqrt(x) at 0
    return _extrapolated(sampler, scheme._replace(ratio=math.sqrt(2.0)), first)


def _extrapolated(sampler: Sampler, scheme: Scheme, first: float | None) -> Estimate | str:
    """The best estimate of a few first steps, the longest first, as soon as one has a digit."""
    size = abs(sampler.x)
    reach, where = sampler.reach()
    wanted = first or (reach if math.isfinite(reach) else sampler.scale() / 2)
    if sampler.bound and first is None:
        wanted = _power_of_two(wanted)
    best: Estimate | str = DISAGREE
    for share in UNBOUNDED if math.isinf(reach) and sampler.bound and first is None else RETREATS:
        found = _extrapolate(sampler, scheme, wanted * share, _beginning(sampler, wanted, first, where, share))
        if isinstance(found, str):
            return found if isinstance(best, str) else best
        best = found if isinstance(best, str) or found.bar < best.bar else best
        if best.bar < abs(best.value) or (math.isfinite(reach) and best.bar * (size or 1.0) <= FEW * abs(sampler.base.value)):
            break
    return best


def _extrapolate(sampler: Sampler, scheme: Scheme, wanted: float, begin: Callable[[float], str]) -> Estimate | str:
    x = sampler.x
    least = 8 * math.ulp(x)  # a shorter step says more about the spacing of floats than about the function
    step, pair = _admissible(sampler, wanted, least, scheme)
    if isinstance(pair, str):
        return pair
    start = step
    # of a bare function nobody knows that it has a second derivative, which even powers of the step would need
    table = Extrapolation(scheme.ratio, doubtful=scheme.ratio < 4 or not sampler.bound)
    pairs: list[tuple[Sample, Sample]] = []
    rest: tuple[Sample, Sample] | None = pair
    while rest is not None and len(table.rows) < MOST_ROWS and not table.finished:  # at most two evaluations each
        table.add(step, *scheme.quotient(sampler, *rest))
        pairs.append(rest)
        step /= 2
        rest = scheme.ends(step) if step >= least else None
    best = table.best
    if best is None or not table.converged:
        return DISAGREE
    last = [row[0].step for row in table.rows].index(best.step)
    used = {sample._replace(rows=()) for pair in pairs[last - best.column : last + 1] for sample in pair}
    halvings = round(math.log2(start / best.step))
    reason = f"{begin(start)} halved {'once' if halvings == 1 else f'{halvings} times'} and extrapolated"
    order = round(best.terms * math.log2(scheme.ratio))
    return Estimate(best.value, best.bar, best.step, order, tuple(sorted(used)), reason)


def _admissible(sampler: Sampler, step: float, least: float, scheme: Scheme) -> tuple[float, tuple[Sample, Sample] | str]:
    """The first step at which the values are defined and the operands stay within their reach; or why there is none."""
    stuck = 0
    why = LOST
    for _ in range(MOST_SHORTENINGS):
        if step < least or stuck > MOST_STUCK or sampler.evaluations > MOST_EVALUATIONS:
            break
        pair = scheme.ends(step)
        excess = scheme.movement(*pair) if pair else 8.0
        if pair is not None and excess < 1:
            return step, pair
        why = UNDEFINED if pair is None else STUCK if math.isinf(excess) else LOST
        if pair is None and step > max(abs(sampler.x), 1.0):
            excess = FAR  # the slopes at x say little of what happens that far away
        else:
            stuck = stuck + 1 if why != LOST else 0  # on a kink or an edge no step is short enough
        step /= 2 ** math.ceil(math.log2(min(max(excess, 2.0), 2.0**20)))
    return step, why


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


def _beginning(sampler: Sampler, wanted: float, first: float | None, where: str, share: float) -> Callable[[float], str]:
    """Why the extrapolation begins at its first step, once that is known."""

    def begin(start: float) -> str:
        beginning = f"from {step_text(start)}"
        if first is not None and start == wanted:
            return "from the step that was given,"
        if share != 1:
            return f"{beginning}, as {'longer' if share < 1 else 'shorter'} steps left no certain digit,"
        if start < wanted:
            return f"{beginning}, which keeps every operation within its reach,"
        if where:
            return f"{beginning}, the reach of `{where}`,"
        return f"{beginning}, as any step is within reach," if sampler.bound else f"{beginning},"

    return begin


def _power_of_two(size: float) -> float:
    """The largest power of two that is not above a size."""
    return float(2.0 ** max(math.floor(math.log2(size)), -1000))
