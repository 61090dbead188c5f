"""A derivative by extrapolated differences, with a step and an error bar from the tape itself.

The tape shows what a black box cannot: how far rounding may move each value (`diffcli.methods.differences.rounding_bound`), and
how far x may move before some operation on the way leaves the range in which its Taylor series describes it (``radius`` in the
table of operations). Within that range the quotients over h, h/2, h/4, ... converge fast when they are extrapolated
(`diffcli.methods.differences.extrapolation`), so h starts as large as the range allows, where rounding hurts least. Where nobody
knows the range, the first step is a guess, which is taken back while no digit of the estimate is certain. Each sample is held
against the range afterwards, by how far the operands have really moved, so that a step that only looked small at the point is
found out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from diffcli._named import NamedTuple
from diffcli.language.writing.printer import step_text
from diffcli.methods.differences.extrapolation import Extrapolation
from diffcli.methods.differences.sampling import Sample, Sampler
from diffcli.records import Difference

MOST_ROWS = 16
"""How many steps are tried at most."""

MOST_SHORTENINGS = 80

GOLDEN = (math.sqrt(5) - 1) / 2
"""No number is farther from every ratio of small whole numbers: its multiples share no pattern with what is halved."""

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
ALIASED = "a quotient over an unrelated step contradicts those over halved steps"
BENT = "the function has a corner at the point, or its derivative has one"
NOISY = "the values beside the point look like noise"

BOTH, RIGHT, LEFT = 0.0, 1.0, -1.0
SIDES = {BOTH: "central", RIGHT: "forward", LEFT: "backward"}
"""On which side of the point the samples lie, and what such quotients are called."""


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

    side: float
    derivative: int
    ratio: float
    """By how much the error of the quotient shrinks when the step is halved."""


def automatic_difference(sampler: Sampler, variable: str, first: float | None = None, derivative: int = 1) -> Difference:
    """The first or second derivative of a sampler's function at its point, with its error bar; ``first`` is the first step.

    From both sides where the function is smooth there. Else a first derivative from one side, if the function is defined on
    one side only, or if both agree; and if they do not, NaN with the slope on each side.
    """
    both = _extrapolated(sampler, Scheme(BOTH, derivative, 4.0), first)
    if isinstance(both, Estimate) and not sampler.bound:
        both = _doubted(sampler, both, derivative)
    if isinstance(both, Estimate):
        return _record(sampler, variable, SIDES[BOTH], both)
    if derivative != 1:
        return _nothing(sampler, variable, both)
    left, right = _one_sided(sampler, LEFT, first), _one_sided(sampler, RIGHT, first)
    if isinstance(left, Estimate) and isinstance(right, Estimate):
        return _from_both(sampler, variable, both, left, right)
    for side, here, beyond in ((LEFT, left, right), (RIGHT, right, left)):
        if isinstance(here, Estimate) and not isinstance(beyond, Estimate):
            if not sampler.sample(sampler.x - side * here.step).defined:
                reason = f"one-sided, because the domain ends at the point; {here.reason}"
                return _record(sampler, variable, SIDES[side], here._replace(reason=reason))
            known, other = ("left", "right") if side < 0 else ("right", "left")
            nothing = _nothing(sampler, variable, f"there is a slope on the {known}, and on the {other} {beyond}")
            return nothing._replace(left=here.value) if side < 0 else nothing._replace(right=here.value)
    return _nothing(sampler, variable, both if both not in (STUCK, BENT) else str(right))


def _from_both(sampler: Sampler, variable: str, why: str, left: Estimate, right: Estimate) -> Difference:
    """What the slopes on the two sides say together, where there was none across the point."""
    gap = abs(left.value - right.value)
    if gap > left.bar + right.bar:
        reason = "the slopes on the two sides differ: a kink"
        return _nothing(sampler, variable, reason)._replace(left=left.value, right=right.value)
    worse = max(left, right, key=lambda estimate: estimate.bar)
    middle = (left.value + right.value) / 2
    reason = f"{why if why == STUCK else 'there is none across the point'}, but both sides agree; {worse.reason}"
    samples = tuple(sorted({*left.samples, *right.samples}))
    found = worse._replace(value=middle, bar=worse.bar + gap / 2, reason=reason, samples=samples)
    return _record(sampler, variable, "both sides", found)


def _record(sampler: Sampler, variable: str, method: str, found: Estimate) -> Difference:
    samples = tuple((sample.x, sample.value) for sample in found.samples)
    return Difference(
        variable, method, found.step, samples, found.value + 0.0, found.bar, found.reason,
        order=found.order, evaluations=sampler.evaluations, bound=sampler.bound, extrapolated=True,
    )  # fmt: skip


def _nothing(sampler: Sampler, variable: str, reason: str) -> Difference:
    missing = Estimate(math.nan, math.nan, 0.0, 0, (), reason)
    return _record(sampler, variable, "both sides", missing)._replace(error=None)


# -- doubts: what a function of which only values are known may hide ------------------------------------------------------


def _doubted(sampler: Sampler, found: Estimate, derivative: int) -> Estimate | str:
    """An estimate for a function of which only values are known, unless they contradict it."""
    if _is_bent(sampler, found, derivative):
        return BENT
    largest = max(abs(sample.value) for sample in found.samples)
    return NOISY if sampler.rounding(sampler.base, sampler.base) > largest / 100 else found


def _is_bent(sampler: Sampler, found: Estimate, derivative: int) -> bool:
    """Whether a function of which only values are known seems to have a corner at the point, or its derivative one.

    A central quotient is blind to it. The difference of the slopes on the two sides over a step halves with the step where
    there is a second derivative, and stays where there is a corner; likewise the third difference over the square of the
    step, for the second derivative.
    """
    gaps = []
    for step in (found.step, found.step / 2):
        right, left = (sample.value for sample in sampler.beside(step))
        if derivative == 1:
            gaps.append(abs(right - 2 * sampler.base.value + left) / step)
        else:
            far, near = (sample.value for sample in sampler.beside(2 * step))
            gaps.append(abs(far - near - 2 * (right - left)) / step**2)
    rounding = 4 * sampler.rounding(sampler.base, sampler.base) / found.step**derivative
    return gaps[1] > 0.75 * gaps[0] and gaps[1] > 4 * rounding


# -- extrapolation over halved steps --------------------------------------------------------------------------------------


def _one_sided(sampler: Sampler, side: float, first: float | None) -> Estimate | str:
    """By quotients on one side; the reason in words where there is none."""
    found = _extrapolated(sampler, Scheme(side, 1, 2.0), first)
    if isinstance(found, Estimate):
        return found
    # at the edge of a domain there may be half powers of the step in the error, as of x*sqrt(x) at 0
    return _extrapolated(sampler, Scheme(side, 1, math.sqrt(2.0)), first)


def _extrapolated(sampler: Sampler, scheme: Scheme, first: float | None) -> Estimate | str:
    """The best estimate of a few first steps, the longest first, as soon as one has a digit; the reason where there is none."""
    size = abs(sampler.x)
    radius, where = sampler.radius()
    far = max(sampler.scale() / 2, 2.0**20 * sampler.least())  # the samples' own digits tell the step
    wanted = first or (radius if math.isfinite(radius) else far)
    if sampler.bound and first is None:
        wanted = float(2.0 ** max(math.floor(math.log2(wanted)), -1000))
    best: Estimate | str = DISAGREE
    for share in UNBOUNDED if math.isinf(radius) and sampler.bound and first is None else RETREATS:
        begin = partial(_beginning, sampler, wanted, first, where, share)
        found = _extrapolate(sampler, scheme, wanted * share, begin)
        if found == ALIASED:
            continue  # shorter steps may see what these do not
        if isinstance(found, str):
            return found if isinstance(best, str) else best
        best = found if isinstance(best, str) or found.bar < best.bar else best
        if best.bar < abs(best.value) or (math.isfinite(radius) and best.bar * (size or 1.0) <= FEW * abs(sampler.base.value)):
            break
    return best


def _beginning(sampler: Sampler, wanted: float, first: float | None, where: str, share: float, start: float) -> str:
    """Why the extrapolation begins at a step."""
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


def _extrapolate(sampler: Sampler, scheme: Scheme, wanted: float, begin: Callable[[float], str]) -> Estimate | str:
    least = sampler.least()
    start, pair = _admissible(sampler, wanted, least, scheme)
    if isinstance(pair, str):
        return pair
    # of a bare function nobody knows that it has a second derivative, which even powers of the step would need
    table = Extrapolation(scheme.ratio, doubtful=scheme.side != BOTH or not sampler.bound)
    step = start
    pairs: list[tuple[Sample, Sample]] = []
    rest: tuple[Sample, Sample] | None = pair
    while rest is not None and len(table.rows) < MOST_ROWS and not table.finished:  # at most two evaluations each
        table.add(step, *_quotient(sampler, scheme, *rest))
        pairs.append(rest)
        step /= 2
        rest = _ends(sampler, scheme.side, step) if step >= least else None
    best = table.best
    if best is None or not table.converged:
        return DISAGREE
    if not sampler.bound and not _is_borne_out(sampler, scheme, table, GOLDEN * best.step):
        return ALIASED
    halvings = round(math.log2(start / best.step))
    used = {sample._replace(rows=()) for pair in pairs[halvings - best.column : halvings + 1] for sample in pair}
    reason = f"{begin(start)} halved {'once' if halvings == 1 else f'{halvings} times'} and extrapolated"
    order = round((best.column + 1) * math.log2(scheme.ratio))  # each column removes one term of the error
    return Estimate(best.value, best.bar, best.step, order, tuple(sorted(used)), reason)


def _is_borne_out(sampler: Sampler, scheme: Scheme, table: Extrapolation, step: float) -> bool:
    """Whether a quotient over a step that no power of two relates to the others says the same.

    Halved steps may all be multiples of a period that the function has beside its course, which none of them sees then.
    """
    pair = _ends(sampler, scheme.side, step)
    if pair is None:
        return False
    quotient, rounding = _quotient(sampler, scheme, *pair)
    expected, bar = table.expects(step)
    return abs(quotient - expected) <= bar + rounding


def _admissible(sampler: Sampler, step: float, least: float, scheme: Scheme) -> tuple[float, tuple[Sample, Sample] | str]:
    """The first step at which the values are defined and the operands stay within their reach; or why there is none."""
    stuck = 0
    why = LOST
    for _ in range(MOST_SHORTENINGS):
        if step < least or stuck > MOST_STUCK or sampler.evaluations - sampler.begun > MOST_EVALUATIONS:
            break
        pair = _ends(sampler, scheme.side, step)
        excess = _movement(sampler, scheme.side, *pair) if pair else 8.0
        if pair is not None and excess < 1:
            return step, pair
        why = UNDEFINED if pair is None else STUCK if math.isinf(excess) else LOST
        if pair is None and step > max(abs(sampler.x), 1.0):
            excess = FAR  # the slopes at x say little of what happens that far away
        else:
            stuck = stuck + 1 if why != LOST else 0  # on a kink or an edge no step is short enough
        step /= 2 ** math.ceil(math.log2(min(max(excess, 2.0), 2.0**20)))
    return step, why


# -- quotients ------------------------------------------------------------------------------------------------------------


def _ends(sampler: Sampler, side: float, step: float) -> tuple[Sample, Sample] | None:
    """The two samples of a quotient over a step; None where one beside the point is undefined."""
    if side != BOTH:
        beside = sampler.sample(sampler.x + side * step)
        return (beside, sampler.base) if beside.defined else None
    right, left = sampler.beside(step)
    return (right, left) if right.defined and left.defined else None


def _movement(sampler: Sampler, side: float, one: Sample, other: Sample) -> float:
    """How far the operands move on the way to the samples, in units of how far they may."""
    base = sampler.base
    if side == BOTH:
        return max(sampler.movement(base, one), sampler.movement(base, other))
    # an operation may stand on its kink, or at the edge of its domain: then what counts is the movement from there on
    inside = sampler.sample(base.x + (one.x - base.x) * 0.9375)
    return max(sampler.movement(base, one, past_kinks=True), sampler.movement(inside, one))


def _quotient(sampler: Sampler, scheme: Scheme, one: Sample, other: Sample) -> tuple[float, float]:
    """The quotient of two values over their distance, or the second one, and the bound on its rounding."""
    if scheme.derivative == 2:
        return _second_quotient(sampler, one, other)
    base = sampler.base
    distance = one.x - other.x
    quotient = (one.value - other.value) / distance
    rounding = sampler.rounding(one, other) / abs(distance)
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
    return quotient, (sampler.rounding(right, base) + sampler.rounding(left, base) + skew * slope) / step / step
