"""A derivative by differences, with a step and an error bar from the tape itself.

The tape tells what a black box cannot: how far rounding may move each value (`diffcli.methods.differences.rounding_bound`), and
how far x may
move before some operation on the way leaves the range in which its Taylor series describes it (``reach`` in the table of
operations). Within that range the quotients over h, h/2, h/4, ... converge fast when they are extrapolated, so h starts as
large as the range allows, where rounding hurts least. Each sample is held against the range afterwards, by how far the
operands have really moved, so that a step that only looked small at the point is found out.
"""

from __future__ import annotations

import math

from diffcli.methods.differences.extrapolated_slopes import STUCK, Estimate, one_sided, two_sided
from diffcli.methods.differences.sampling import Sampler
from diffcli.records import Difference

BENT = "the function has a corner at the point, or its derivative has one"
NOISY = "the values beside the point look like noise"


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
    both = two_sided(sampler, first, derivative)
    if isinstance(both, Estimate) and not sampler.bound:
        both = _doubted(sampler, both, derivative)
    if isinstance(both, Estimate):
        return _record(sampler, variable, "central", both)
    if derivative != 1:
        return _nothing(sampler, variable, both, None, None)
    left, right = (one_sided(sampler, side, first) for side in (-1.0, 1.0))
    if isinstance(left, Estimate) and isinstance(right, Estimate):
        return _from_both(sampler, variable, both, left, right)
    for side, method, here, beyond in ((-1.0, "backward", left, right), (1.0, "forward", right, left)):
        if isinstance(here, Estimate) and not isinstance(beyond, Estimate):
            if not sampler.sample(sampler.x - side * here.step).defined:
                reason = f"one-sided, because the domain ends at the point; {here.reason}"
                return _record(sampler, variable, method, here._replace(reason=reason))
            known, other = ("left", "right") if side < 0 else ("right", "left")
            reason = f"there is a slope on the {known}, and on the {other} {beyond}"
            slopes = (here.value, None) if side < 0 else (None, here.value)
            return _nothing(sampler, variable, reason, *slopes)
    return _nothing(sampler, variable, both if both not in (STUCK, BENT) else str(right), None, None)


def _from_both(sampler: Sampler, variable: str, why: str, left: Estimate, right: Estimate) -> Difference:
    """What the slopes on the two sides say together, where there was no way across the point."""
    gap = abs(left.value - right.value)
    if gap > left.bar + right.bar:
        return _nothing(sampler, variable, "the slopes on the two sides differ: a kink", left.value, right.value)
    worse = max(left, right, key=lambda estimate: estimate.bar)
    middle = (left.value + right.value) / 2
    reason = f"{why if why == STUCK else 'there is none across the point'}, but both sides agree; {worse.reason}"
    samples = tuple(sorted({*left.samples, *right.samples}))
    found = worse._replace(value=middle, bar=worse.bar + gap / 2, reason=reason, samples=samples)
    return _record(sampler, variable, "both sides", found)


def _doubted(sampler: Sampler, found: Estimate, derivative: int) -> Estimate | str:
    """An estimate for a function of which only values are known, unless they speak against it."""
    if _is_bent(sampler, found, derivative):
        return BENT
    largest = max(abs(sample.value) for sample in found.samples)
    return NOISY if sampler.noise(sampler.base, sampler.base) > largest / 100 else found


def _is_bent(sampler: Sampler, found: Estimate, derivative: int) -> bool:
    """Whether a function of which only values are known seems to have a corner at the point, or its derivative one.

    A central quotient is blind to it. The difference of the slopes on the two sides over a step halves with the step where
    there is a second derivative, and stays where there is a corner; likewise the third difference over the square of the
    step, for the second derivative.
    """
    gaps = []
    for step in (found.step, found.step / 2):
        right, left = sampler.sample(sampler.x + step).value, sampler.sample(sampler.x - step).value
        if derivative == 1:
            gaps.append(abs(right - 2 * sampler.base.value + left) / step)
        else:
            far = sampler.sample(sampler.x + 2 * step).value - sampler.sample(sampler.x - 2 * step).value
            gaps.append(abs(far - 2 * (right - left)) / step**2)
    noise = 4 * sampler.noise(sampler.base, sampler.base) / found.step**derivative
    return gaps[1] > 0.75 * gaps[0] and gaps[1] > 4 * noise


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
