"""A derivative held against differences of the function: right, wrong, or nothing that differences can know."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from diffcli._named import NamedTuple
from diffcli.autograd.gradcheck.record import AGREES, DISAGREES, JUMP, KINK, POLE, RIGHT, UNJUDGED
from diffcli.autograd.gradcheck.record import GradCheckEntry as Entry
from diffcli.methods.differences.automatic_difference import automatic_difference
from diffcli.methods.differences.sampling import Sample, Sampler
from diffcli.operations.arithmetic import tensors
from diffcli.records import Difference

Along = Callable[[float], float]
"""A function of one number."""

SHARES = (1.0, 0.03125 * 1.03, 0.0009765625 * 0.97)
"""Multiples of the first step of the differences, tried while they do not agree with the gradient. No powers of two: a function
with a period of one would look constant at every step."""


class Precision(NamedTuple):
    """What numbers of a kind can know."""

    unit: float
    """Half the distance of 1 from the next number."""
    tolerance: float
    """How far two right derivatives may be apart, relative to their size, beside the error bar."""
    judging: float
    """An error bar beyond this share of the derivative judges nothing."""
    nothing: float
    """A change of the output of this share, over a length of the input, is no more than its rounding."""
    ladder: tuple[float, ...]
    """Distances beside a point, each much shorter than the one before, that tell a jump from a slope."""


DOUBLE = Precision(2.0**-53, 1e-8, 1e-3, 1e-9, (2.0**-20, 2.0**-30, 2.0**-40))
SINGLE = Precision(2.0**-24, 1e-3, 0.1, 1e-3, (2.0**-6, 2.0**-11, 2.0**-16))


class SingleSampler(Sampler):
    """A function of a number in single precision: the point moves from one such number to another, and no shorter way."""

    def __init__(self, function: Along, x: float) -> None:
        self.function, self.x, self.evaluations = function, x, 0
        self.base = self.sample(x)

    def sample(self, x: float) -> Sample:
        nearest = float(tensors.as_kind(x, tensors.FLOAT32)) if abs(x) < 3e38 else x
        return Sample(x, math.nan, ()) if nearest == self.x != x else super().sample(nearest)

    def rounding(self, one: Sample, other: Sample) -> float:
        """A few roundings of the values: those that are not seen are too coarse to be estimated."""
        return 4 * SINGLE.unit * (abs(one.value) + abs(other.value))


class Case(NamedTuple):
    """A derivative to be judged, in units in which the point and the value are near 1."""

    sampler: Sampler
    gradient: float
    precision: Precision
    moves: float
    """The sum of |x dy/dx| over the inputs: rounding of the inputs moves the output by that times the unit."""
    least: float
    """The error of a derivative because values are no finer than the least of floats."""


def judge(
    along: Along, x: float, gradient: float, precision: Precision = DOUBLE, reached: bool = True, moves: float = 0.0
) -> Entry:
    """What differences of a function at a point say of its derivative there.

    They are taken in units in which the point and the value are near 1. The units are powers of two, so that nothing is rounded
    by them: what is said of 1e-200 is what is said of 1. The function is NaN where it is not defined; the gradient, by the graph,
    is 0 where that has no path from the argument to the result, and so does not reach it.
    """
    kind = Sampler if precision is DOUBLE else SingleSampler
    unit = _power_below(x)
    size = _power_below(along(x))
    sampler = kind(lambda u: along(u * unit) / size, x / unit)
    least = 4 * _rescaled(math.ulp(0.0), unit, size)
    found = _judge(Case(sampler, _rescaled(gradient, unit, size), precision, moves / size, least), reached)
    error, left, right = (None if one is None else _rescaled(one, size, unit) for one in (found.error, found.left, found.right))
    difference = _rescaled(found.difference, size, unit)
    verdict = AGREES if math.isinf(difference) and difference == gradient else found.verdict  # both are beyond the floats
    return found._replace(difference=difference, error=error, verdict=verdict, left=left, right=right)


def _power_below(size: float) -> float:
    """The power of two at or below the size of a number; 1 for 0 and what is not finite."""
    return math.ldexp(1.0, max(math.frexp(size)[1] - 1, -1000)) if size and math.isfinite(size) else 1.0


def _rescaled(number: float, factor: float, divisor: float) -> float:
    """A number times a power of two over another one; infinite where that is too large."""
    try:
        return math.ldexp(number, math.frexp(factor)[1] - math.frexp(divisor)[1])
    except OverflowError:
        return math.copysign(math.inf, number)


def _judge(case: Case, reached: bool) -> Entry:
    sampler = case.sampler
    if not sampler.base.defined:
        return Entry(reason=f"the output is {sampler.base.value} here")
    found: list[Entry] = []
    for factor in SHARES:
        record = automatic_difference(sampler, "x", None if factor == 1 else factor * sampler.scale())
        sampler.evaluations = 0
        if record.error is not None:
            found.append(_beside(case, record))
        elif record.left is not None and record.right is not None:
            slopes, share = (record.left, record.right), 100 * case.precision.tolerance
            found.append(_between(case, slopes, share, KINK, "a kink, and the gradient {} between the slopes"))
        else:
            found.append(_unsteady(case) or Entry(reason=record.reason))
        doubted = case.gradient == 0 and found[0].verdict == AGREES  # 0 is also what steps too long or short see
        if found[-1].verdict in RIGHT and not (doubted and len(found) == 1):
            break
    return _last_word(found, reached)


def _last_word(found: list[Entry], reached: bool) -> Entry:
    """One judgement of those with different steps: right if the last is; wrong only if they do not contradict each other."""
    last = found[-1]
    if last.verdict in RIGHT:
        return last
    wrong = [one for one in found if one.verdict == DISAGREES]
    if not wrong:
        return last if last.reason else found[0]
    known = [(one.error, one) for one in found if one.error is not None]
    kinks = [one for one in wrong if one.error is None]
    if len(known) < 2 and kinks:
        return kinks[0]
    bar, best = min(known, key=lambda pair: pair[0])
    if any(abs(one.difference - best.difference) > 2 * (error + bar) for error, one in known):
        return best._replace(verdict=UNJUDGED, reason="differences over other steps say otherwise")
    if best.verdict == DISAGREES and not reached:
        return best._replace(reason="the output depends on the input, and the graph has no path between them")
    return best


def _beside(case: Case, record: Difference) -> Entry:
    """A derivative beside a number with an error bar."""
    gradient, precision, sampler = case.gradient, case.precision, case.sampler
    difference, bar = record.estimate, record.error or 0.0
    larger = max(abs(gradient), abs(difference))
    if not math.isfinite(gradient) or abs(gradient - difference) > 2 * bar + precision.tolerance * larger + case.least:
        return Entry(difference=difference, error=bar, verdict=DISAGREES)
    length = sampler.scale() / 16
    beside = [sampler.sample(sampler.x + side * length).value for side in (-1.0, 0.0, 1.0)]
    values = [value for value in (*beside, *(value for _, value in record.samples)) if math.isfinite(value)]
    rounded = bar * length <= precision.nothing * max(case.moves, *map(abs, values))  # no more than the output is rounded by
    if bar <= precision.judging * larger or rounded or min(values) == max(values):
        return Entry(difference=difference, error=bar, verdict=AGREES)
    return Entry(difference=difference, error=bar, reason="the error bar is too large beside the derivative")


def _between(case: Case, slopes: Sequence[float], share: float, kind: str, text: str) -> Entry:
    """A derivative beside the slopes on the two sides, as far as they are known: what lies between is as right as they are."""
    left, right = slopes
    slack = share * max(abs(left), abs(right))
    if min(left, right) - slack <= case.gradient <= max(left, right) + slack:
        return Entry(verdict=kind, left=left, right=right, reason=text.format("is"))
    return Entry(verdict=DISAGREES, left=left, right=right, reason=text.format("is not"))


def _unsteady(case: Case) -> Entry | None:
    """A jump or a pole of the slope; None where it is neither."""
    sampler, gradient, precision = case.sampler, case.gradient, case.precision
    base, poles = sampler.base, []
    for side in (-1.0, 1.0):
        near = [sampler.sample(base.x + side * share * sampler.scale()) for share in precision.ladder]
        if not all(sample.defined for sample in near):
            continue
        gaps = [abs(sample.value - base.value) for sample in near]
        if gaps[-1] > 0.5 * gaps[0] and gaps[-1] > 1e3 * precision.unit * abs(base.value):
            return _at_jump(case)
        quotients = [(sample.value - base.value) / (sample.x - base.x) for sample in near]
        if all(abs(later) > 2 * abs(sooner) > 0 for sooner, later in pairwise(quotients)):
            poles.append(quotients[-1])
    if math.isinf(gradient) and any(pole * gradient > 0 for pole in poles):
        return Entry(verdict=POLE, reason="the slope grows without bound, and the gradient is infinite")
    if len(poles) == 2 and poles[0] * poles[1] < 0 and math.isnan(gradient):
        return Entry(verdict=POLE, reason="the slopes on the two sides are infinite and opposite: there is none")
    return Entry(verdict=DISAGREES, reason="the slope grows without bound") if poles else None


def _at_jump(case: Case) -> Entry:
    """Where the function jumps there is no derivative; the slopes beside the point are the best that a gradient can be."""
    sampler, slopes = case.sampler, []
    for side in (-1.0, 1.0):
        near = []
        for distance in (sampler.scale() / 16, sampler.scale() / 32):
            other = type(sampler)(sampler.function, sampler.x + side * distance)
            near.append(automatic_difference(other, "x", distance * 0.47).estimate if other.base.defined else math.nan)
        slopes.append(2 * near[1] - near[0])
    if any(map(math.isnan, slopes)):
        return Entry(reason="the function jumps here, and has no slopes beside it")
    return _between(case, slopes, 0.01, JUMP, "a jump: there is no derivative, and the gradient {} that beside it")
