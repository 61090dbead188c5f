"""Random points at which functions are compared, the same on every run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random

RANGES = ((0.1, 0.9), (1.1, 3.0), (-0.9, -0.1), (0.2, 5.0), (-3.0, 3.0), (3.0, 12.0), (-12.0, -3.0))
"""Where values are drawn: between the usual ends of domains (0 and 1), and beyond them."""


def random_points(names: Iterable[str], seed: int) -> Iterator[dict[str, float]]:
    """Points without end; the ranges take turns.

    >>> points = random_points("xy", 1)
    >>> [0.1 < value < 0.9 for value in next(points).values()], 1.1 < next(points)["y"] < 3
    ([True, True], True)
    """
    draw, names = Random(seed), list(names)
    while True:
        for low, high in RANGES:
            yield {name: draw.uniform(low, high) for name in names}
