"""A derivative held against differences of the function: right, wrong, or nothing that differences can know."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from diffcli.autograd.gradcheck.record import AGREES, DISAGREES, JUMP, KINK, POLE, RIGHT, UNJUDGED, Judgement
from diffcli.methods.differences.automatic_difference import automatic_difference
from diffcli.methods.differences.sampling import CallableSampler, Sample
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


class SingleSampler(CallableSampler):
    """A function of a number in single precision: the point moves from one such number to another, and no shorter way."""

    def __init__(self, function: Along, x: float) -> None:
        self.function, self.x, self.evaluations = function, x, 0
        self.base = self.sample(x)

    def sample(self, x: float) -> Sample:
        nearest = float(tensors.as_kind(x, tensors.FLOAT32)) if abs(x) < 3e38 else x
        if nearest == self.x != x:
            return Sample(x, math.nan, ())
        return super().sample(nearest)

    def noise(self, one: Sample, other: Sample) -> float:
        """A few roundings of the values: those that are not seen are too coarse to be estimated."""
        return 4 * SINGLE.unit * (abs(one.value) + abs(other.value))


class Size(NamedTuple):
    """What else is known of how well an output can be known."""

    moves: float = 0.0
    """The sum of |x dy/dx| over the inputs: rounding of the inputs moves the output by that times the unit."""
    least: float = 0.0
    """How far a derivative is off because values are no finer than the least of floats."""


def judge(
    along: Along, x: float, gradient: float, precision: Precision = DOUBLE, reached: bool = True, moves: float = 0.0
) -> Judgement:
    """What differences of a function at a point say of its derivative there.

    They are taken in units in which the point and the value are near 1. The units are powers of two, so that nothing is rounded
    by them: what is said of 1e-200 is what is said of 1.

    Parameters
    ----------
    along
        The function.
    gradient
        The derivative by the graph; 0 where in the graph there is no way.
    precision
        Of the function and its argument.
    reached
        Whether the graph has a way from the argument to the result.
    moves
        See `Size`.
    """
    unit, size = _power_below(x), _power_below(_value(along, x))
    known = Size(moves / size, 4 * _rescaled(math.ulp(0.0), unit, size))
    scaled = _rescaled(gradient, unit, size)
    found = _judge(lambda u: _value(along, u * unit) / size, x / unit, scaled, precision, reached, known)
    back = (size, unit)
    error, left, right = (None if one is None else _rescaled(one, *back) for one in (found.error, found.left, found.right))
    difference = _rescaled(found.difference, *back)
    verdict = AGREES if math.isinf(difference) and difference == gradient else found.verdict  # both are beyond the floats
    return found._replace(verdict=verdict, difference=difference, error=error, left=left, right=right)


def _value(along: Along, x: float) -> float:
    """The value of a function; NaN outside of its domain."""
    try:
        return along(x)
    except (ArithmeticError, ValueError):
        return math.nan


def _power_below(size: float) -> float:
    """The power of two at or below the size of a number; 1 for 0 and what is not finite."""
    return math.ldexp(1.0, max(math.frexp(size)[1] - 1, -1000)) if size and math.isfinite(size) else 1.0


def _rescaled(number: float, factor: float, divisor: float) -> float:
    """A number times a power of two over another one; infinite where that is too large."""
    exponent = math.frexp(factor)[1] - math.frexp(divisor)[1]
    try:
        return math.ldexp(number, exponent)
    except OverflowError:
        return math.copysign(math.inf, number)


def _judge(along: Along, x: float, gradient: float, precision: Precision, reached: bool, known: Size) -> Judgement:
    """The same, in those units."""
    sampler = (CallableSampler if precision is DOUBLE else SingleSampler)(along, x)
    if not sampler.base.defined:
        return Judgement(UNJUDGED, math.nan, None, reason=f"the output is {sampler.base.value} here")
    found: list[Judgement] = []
    for share in SHARES:
        step = None if share == 1 else share * sampler.scale()
        record = automatic_difference(sampler, "x", step)
        sampler.evaluations = 0
        left, right = record.left, record.right
        if record.error is not None:
            one = _beside(gradient, record, sampler, precision, known)
        elif left is not None and right is not None:
            one = _at_kink(gradient, left, right, precision)
        else:
            one = _unsteady(sampler, gradient, precision) or Judgement(UNJUDGED, math.nan, None, reason=record.reason)
        found.append(one)
        doubted = gradient == 0 and one.verdict == AGREES and len(found) == 1  # 0 is also what steps too long or short see
        if one.verdict in RIGHT and not doubted:
            break
    return _last_word(found, reached)


def _last_word(found: list[Judgement], reached: bool) -> Judgement:
    """One judgement of those with different steps: right if the last is; wrong only if they do not contradict each other."""
    last = found[-1]
    if last.verdict in RIGHT:
        return last
    wrong = [one for one in found if one.verdict == DISAGREES]
    if not wrong:
        return last if last.reason else found[0]
    known = [one for one in found if one.error is not None]
    kinks = [one for one in wrong if one.error is None]
    if len(known) < 2 and kinks:
        return kinks[0]
    best = min(known, key=lambda one: one.error or 0.0)
    for one in known:
        if abs(one.difference - best.difference) > 2 * ((one.error or 0.0) + (best.error or 0.0)):
            return best._replace(verdict=UNJUDGED, reason="differences over other steps say otherwise")
    if best.verdict == DISAGREES and not reached:
        return best._replace(reason="the output depends on the input, and the graph has no way between them")
    return best


def _beside(gradient: float, record: Difference, sampler: CallableSampler, precision: Precision, known: Size) -> Judgement:
    """A derivative beside a number with an error bar."""
    difference, bar = record.estimate, record.error or 0.0
    length = sampler.scale() / 16
    beside = [sampler.sample(sampler.x + side * length).value for side in (-1.0, 0.0, 1.0)]
    values = [value for value in (*beside, *(value for _, value in record.samples)) if math.isfinite(value)]
    larger = max(abs(gradient), abs(difference))
    if not math.isfinite(gradient) or abs(gradient - difference) > 2 * bar + precision.tolerance * larger + known.least:
        return Judgement(DISAGREES, difference, bar)
    constant = min(values) == max(values)
    rounding = bar * length <= precision.nothing * max(
        known.moves, *map(abs, values)
    )  # no more than what the output is rounded by
    if bar <= precision.judging * larger or rounding or constant:
        return Judgement(AGREES, difference, bar)
    return Judgement(UNJUDGED, difference, bar, reason="the error bar is too large beside the derivative")


def _at_kink(gradient: float, left: float, right: float, precision: Precision) -> Judgement:
    """A derivative beside the slopes on the two sides: what lies between them is as right as they are."""
    slack = 100 * precision.tolerance * max(abs(left), abs(right))
    between = min(left, right) - slack <= gradient <= max(left, right) + slack
    told = f"a kink, and the gradient is {'' if between else 'not '}between the slopes"
    return Judgement(KINK if between else DISAGREES, math.nan, None, left, right, told)


# -- where there is no slope ---------------------------------------------------------------------------------------------------


def _unsteady(sampler: CallableSampler, gradient: float, precision: Precision) -> Judgement | None:
    """A jump or a pole of the slope; None where it is neither."""
    base, scale = sampler.base, sampler.scale()
    jumps, poles = [], []
    for side in (-1.0, 1.0):
        near = [sampler.sample(base.x + side * share * scale) for share in precision.ladder]
        if not all(sample.defined for sample in near):
            continue
        gaps = [abs(sample.value - base.value) for sample in near]
        if gaps[-1] > 0.5 * gaps[0] and gaps[-1] > 1e3 * precision.unit * abs(base.value):
            jumps.append(side)
            continue
        quotients = [(sample.value - base.value) / (sample.x - base.x) for sample in near]
        if all(abs(later) > 2 * abs(sooner) > 0 for sooner, later in pairwise(quotients)):
            poles.append(quotients[-1])
    if jumps:
        return _at_jump(sampler, gradient, precision)
    if poles and math.isinf(gradient) and any(pole * gradient > 0 for pole in poles):
        return Judgement(POLE, math.nan, None, reason="the slope grows without bound, and the gradient is infinite")
    if len(poles) == 2 and poles[0] * poles[1] < 0 and math.isnan(gradient):
        return Judgement(POLE, math.nan, None, reason="the slopes on the two sides are infinite and opposite: there is none")
    if poles:
        return Judgement(DISAGREES, math.nan, None, reason="the slope grows without bound")
    return None


def _at_jump(sampler: CallableSampler, gradient: float, precision: Precision) -> Judgement:
    """Where the function jumps there is no derivative; the slopes beside the point are the best that a gradient can be."""
    slopes = []
    for side in (-1.0, 1.0):
        near = []
        for share in (2.0**-4, 2.0**-5):
            other = type(sampler)(sampler.function, sampler.x + side * share * sampler.scale())
            beside = automatic_difference(other, "x", share * sampler.scale() * 0.47) if other.base.defined else None
            near.append(math.nan if beside is None else beside.estimate)
        slopes.append(2 * near[1] - near[0])
    left, right = slopes
    if math.isnan(left) or math.isnan(right):
        return Judgement(UNJUDGED, math.nan, None, reason="the function jumps here, and has no slopes beside it")
    slack = 0.01 * max(abs(left), abs(right))
    right_as_can_be = min(left, right) - slack <= gradient <= max(left, right) + slack
    told = "a jump: there is no derivative, and the gradient is " + (
        "that beside it" if right_as_can_be else "not that beside it"
    )
    return Judgement(JUMP if right_as_can_be else DISAGREES, math.nan, None, left, right, told)
