"""The rounding error in the values of a function that is no program, estimated from the values alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise


def ecnoise(values: Sequence[float]) -> float:
    """The noise in values at equally spaced points close together, from their difference table (Moré & Wild 2011).

    The k-th differences of a smooth function die away, and those of noise of variance s^2 keep the variance
    s^2 (2k)!/(k!)^2. A level is taken once three estimates in a row agree within a factor of 4 and its differences change
    sign.

    Parameters
    ----------
    values
        Seven or more values; the points' spacing should be small beside the scale of the function.

    Returns
    -------
    The standard deviation of the noise; NaN where no level shows itself, so that the spacing was too wide or too narrow;
    0 where the differences vanish.

    >>> from math import cos
    >>> 1e-17 < ecnoise([cos(1 + k * 1e-12) for k in range(8)]) < 1e-15
    True
    """
    largest = max(map(abs, values), default=0.0)
    if not largest:
        return 0.0
    differences = [value / largest for value in values]  # so that squares do not overflow
    levels: list[float] = []
    turns: list[bool] = []
    scale = 1.0
    for k in range(1, len(values)):
        differences = [right - left for left, right in pairwise(differences)]
        if not any(differences):
            return 0.0  # nothing, or a polynomial to the last digit
        scale *= k / (2 * (2 * k - 1))
        levels.append(math.sqrt(scale * math.fsum(d * d for d in differences) / len(differences)))
        turns.append(min(differences) * max(differences) < 0)
    for k in range(len(levels) - 2):
        three = levels[k : k + 3]
        if max(three) <= 4 * min(three) and turns[k]:
            return levels[k] * largest
    return math.nan


def callable_noise(function: Callable[[float], float], x: float, points: int = 8) -> float:
    """`ecnoise` of a function on one side of a point, as it may jump there; NaN if no spacing will do on either side."""
    for first in (0, 1 - points):
        spacing = max(abs(x), 2.0**-20) * 2.0**-34
        found = math.nan
        for _ in range(5):  # up to a thousandth of x: what is seen beyond that is the function
            values = [function(x + (first + k) * spacing) for k in range(points)]
            if not all(map(math.isfinite, values)):
                break
            found = ecnoise(values)
            if found > 0:
                return found
            # values that hardly differ lie on one step of their rounding; ones without a level show the function's shape
            spacing *= 2**6 if found == 0 or len(set(values)) < points // 2 else 1 / 16
        if found == 0:
            return found
    return math.nan
