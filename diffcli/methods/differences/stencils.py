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
from typing import NamedTuple


class Stencil(NamedTuple):
    """Offsets in steps, and the weights of the values there, for a derivative over the step to that power."""

    offsets: tuple[int, ...]
    weights: tuple[Fraction, ...]
    derivative: int
    order: int
    """The power p of the step in the truncation error."""
    truncation: Fraction
    """C: the truncation error over h^p and the derivative of the next kind that the stencil sees."""
    rounding: Fraction
    """S: the sum of the weights' sizes."""

    def best_step(self, rounding: float, higher: float) -> float:
        """The step h* at which truncation and rounding together are least; inf where there is no truncation.

        ``rounding`` bounds the error of one value, ``higher`` is the derivative of kind p + d for a stencil of the d-th.

        >>> round(STENCILS["central"].best_step(2.0**-53, 1.0), 10)
        6.9318e-06
        """
        p, d = self.order, self.derivative
        size = p * float(self.truncation) * abs(higher)
        if not size:
            return math.inf
        return float((d * float(self.rounding) * rounding / size) ** (1 / (p + d)))

    def rounding_error(self, step: float, rounding: float) -> float:
        return float(self.rounding) * rounding / step**self.derivative


def stencil(offsets: Sequence[int], derivative: int = 1) -> Stencil:
    """The weights on a set of offsets, exact (Fornberg 1988): derivatives at 0 of the offsets' Lagrange polynomials.

    >>> stencil([-1, 1]).weights
    (Fraction(-1, 2), Fraction(1, 2))
    >>> stencil([-1, 0, 1], derivative=2).weights
    (Fraction(1, 1), Fraction(-2, 1), Fraction(1, 1))
    """
    if derivative >= len(set(offsets)) or len(set(offsets)) != len(offsets):
        raise ValueError("a derivative of kind d takes at least d + 1 different offsets")
    weights = tuple(math.factorial(derivative) * _lagrange(own, offsets)[derivative] for own in offsets)
    order = 1
    while not (moment := sum(weight * offset ** (derivative + order) for weight, offset in zip(weights, offsets, strict=True))):
        order += 1
    constant = abs(Fraction(moment)) / math.factorial(derivative + order)
    return Stencil(tuple(offsets), weights, derivative, order, constant, sum(map(abs, weights), Fraction(0)))


def _lagrange(own: int, offsets: Sequence[int]) -> list[Fraction]:
    """The coefficients, lowest power first, of the polynomial that is 1 at one offset and 0 at the others."""
    coefficients = [Fraction(1)]
    for other in offsets:
        if other != own:
            raised, kept = [Fraction(0), *coefficients], [*coefficients, Fraction(0)]
            coefficients = [(up - other * stay) / (own - other) for up, stay in zip(raised, kept, strict=True)]
    return coefficients


def _central(order: int) -> Stencil:
    return stencil([offset for offset in range(-order // 2, order // 2 + 1) if offset])


STENCILS: dict[str, Stencil] = {
    "forward": stencil((0, 1)),
    "backward": stencil((-1, 0)),
    "forward2": stencil((0, 1, 2)),
    "backward2": stencil((-2, -1, 0)),
    "central": _central(2),
    "central4": _central(4),
    "central6": _central(6),
    "central8": _central(8),
    "central10": _central(10),
}
"""The stencils of the first derivative, by name; a figure is the order, if it is not the lowest of its kind."""
