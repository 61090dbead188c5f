"""Stencils: the weights of values beside a point that make a derivative, exact.

A stencil of order p estimates f' by D = (1/h) times the sum of weight times f(x + offset h). Two numbers say all about its
error (Fornberg 1988; the second sum of a central stencil of order 2m is the harmonic number H_m):

    |D - f'| is about  C h^p |f^(p+1)|  +  S delta/h,

where C is ``truncation``, S is ``rounding``, and delta bounds the error of one value. The sum is least at the step

    h* = (S delta / (p C |f^(p+1)|))^(1/(p+1)),  where it is  E* = (1 + 1/p) S delta/h*.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from diffcli._named import NamedTuple


class Stencil(NamedTuple):
    """Offsets in steps, and the weights of the values there, for the first derivative times the step."""

    offsets: tuple[int, ...]
    weights: tuple[Fraction, ...]
    order: int
    """The power p of the step in the truncation error."""
    truncation: Fraction
    """C: the truncation error over h^p and f^(p+1)."""
    rounding: Fraction
    """S: the sum of the weights' sizes."""

    def best_step(self, rounding: float, higher: float) -> float:
        """The step h* at which truncation and rounding together are least; inf where there is no truncation.

        ``rounding`` bounds the error of one value, ``higher`` is f^(p+1).
        """
        size = self.order * float(self.truncation) * abs(higher)
        return float((float(self.rounding) * rounding / size) ** (1 / (self.order + 1))) if size else math.inf

    def rounding_error(self, step: float, rounding: float) -> float:
        return float(self.rounding) * rounding / step


def stencil(*offsets: int) -> Stencil:
    """The weights on a set of different offsets, exact (Fornberg 1988): the slopes at 0 of the offsets' Lagrange polynomials."""
    weights = tuple(_slope(own, [other for other in offsets if other != own]) for own in offsets)
    order = 1
    while not (moment := sum(weight * offset ** (1 + order) for weight, offset in zip(weights, offsets, strict=True))):
        order += 1
    constant = abs(Fraction(moment)) / math.factorial(1 + order)
    return Stencil(offsets, weights, order, constant, sum(map(abs, weights), Fraction(0)))


def _slope(own: int, others: Sequence[int]) -> Fraction:
    """The slope at 0 of the polynomial that is 1 at one offset and 0 at the others."""
    value, slope = Fraction(1), Fraction(0)
    for other in others:
        value, slope = value * Fraction(-other, own - other), (value - slope * other) / (own - other)
    return slope


STENCILS: dict[str, Stencil] = {
    "forward": stencil(0, 1),
    "backward": stencil(-1, 0),
    "forward2": stencil(0, 1, 2),
    "backward2": stencil(-2, -1, 0),
    **{
        "central" if order == 2 else f"central{order}": stencil(*[k for k in range(-order // 2, order // 2 + 1) if k])
        for order in (2, 4, 6, 8, 10)
    },
}
"""The stencils of the first derivative, by name; a figure is the order, if it is not the lowest of its kind."""
