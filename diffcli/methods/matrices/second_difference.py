"""Second derivatives by differences, with error bars.

Along one variable from the second difference over the square of the step. A mixed derivative by polarisation, from those
along two directions: (D₊ - D₋)/4 is the second derivative by a and b, where D± is the one along a ± b.
"""

from __future__ import annotations

import math

from diffcli.methods.differences.automatic_difference import automatic_difference
from diffcli.methods.differences.sampling import DirectionSampler, TapeSampler
from diffcli.methods.problem.problem import Problem
from diffcli.records import Difference
from diffcli.records.matrices import SecondDifference


def second_difference(problem: Problem, first: str, second: str) -> SecondDifference:
    """The second derivative by two variables, which may be the same.

    >>> problem = Problem("x^2*y", {"x": 3.0, "y": 2.0})
    >>> [second_difference(problem, *pair).estimate for pair in (("x", "x"), ("x", "y"), ("y", "y"))]
    [4.0, 6.0, 0.0]
    """
    if first == second:
        found = automatic_difference(TapeSampler(problem, first), first, None, 2)
        return SecondDifference(first, first, found.estimate, found.error, found.evaluations, found.reason, (found,))
    one, other = _length(problem, first), _length(problem, second)
    along, against = parts = tuple(
        automatic_difference(DirectionSampler(problem, {first: one, second: sign * other}), f"{first} {word} {second}", None, 2)
        for sign, word in ((1.0, "and"), (-1.0, "against"))
    )
    estimate, error = polarised(along, against, one * other)
    evaluations = along.evaluations + against.evaluations
    reason = "from the second differences along both diagonals"
    reason = next((part.reason for part in parts if not math.isfinite(part.estimate)), reason)
    return SecondDifference(first, second, estimate + 0.0, error, evaluations, reason, parts)


def polarised(along: Difference, against: Difference, area: float) -> tuple[float, float | None]:
    """The mixed derivative, and its bar, from the second derivatives along the sum and the difference of steps of an area."""
    error = None
    if along.error is not None and against.error is not None:
        rounding = math.ulp(along.estimate) + math.ulp(against.estimate)
        error = (along.error + against.error + rounding) / (4 * area)
    return (along.estimate - against.estimate) / (4 * area), error


def _length(problem: Problem, variable: str) -> float:
    """How far a variable may be expected to move, as a power of two: it is to move as fast as the other one, so measured."""
    sampler = TapeSampler(problem, variable)
    reach, _ = sampler.radius()
    length = reach if math.isfinite(reach) else sampler.scale()
    return 2.0 ** round(math.log2(min(max(length, 2.0**-300), 2.0**300)))
