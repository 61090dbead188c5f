"""Digamma and its derivatives: the pieces."""

from __future__ import annotations

import math

from diffcli.operations.arithmetic import approximations as fits
from diffcli.operations.arithmetic.special.circular import cotangent, sine, sum_of_powers
from diffcli.operations.arithmetic.special.formulas import Elementary, Formula, Pieces, Value, exactly, quotient


def _digamma_of_1_and(z: Value, m: Elementary) -> Value:
    root, rest = fits.DIGAMMA_ROOT
    return ((z - root) - rest) * quotient(fits.DIGAMMA, z, m)


def _digamma_beyond(a: Value, m: Elementary) -> Value:
    w = 1.0 / a
    square = w * w
    return m.log(a) - 0.5 * w - square * m.polynomial(fits.DIGAMMA_SERIES, square)


def _digamma_below(a: Value, m: Elementary) -> Value:
    beyond, t = m.in_pieces(-a, DIGAMMA_OF_1_AND), a - m.nearest(a)
    size = math.pi * cotangent(m.absolute(t), m)
    value = beyond - m.choose(t < 0, -size, size)
    return m.choose(m.absolute(value) < 1.1 * m.absolute(beyond), math.nan, value)


_MOST_ROOT = 2000
"""Up to which whole number a root of digamma is computed once."""


def _digamma_beside_root(a: Value, m: Elementary) -> Value:
    """pi*(cot(pi*r) - cot(pi*a)) for a root r, and the integral of the trigamma function over what the rest of it moves."""
    from diffcli.operations.arithmetic.precise import digamma_root

    n = m.nearest(-a - 0.5)
    offset = a + (n + 0.5)
    root, rest, factor = (m.each(lambda n: digamma_root(int(n))[part], n) for part in range(3))  # noqa: B023
    moved = (offset - root) - rest
    x = n + 0.5 - root
    slope = 0.0
    for place, weight in fits.GAUSS:
        slope = slope + weight * sum_of_powers(1, x - moved * place, 1, m)
    return sine(moved, m) * factor / sine(0.5 - m.absolute(offset), m) - moved * slope


DIGAMMA_OF_1_AND: Pieces = ((3.0, _digamma_of_1_and), (math.inf, lambda z, m: _digamma_beyond(1.0 + z, m)))

DIGAMMA: Pieces = (
    (0.0, _digamma_below),
    (1.0, lambda a, m: _digamma_of_1_and(a, m) - 1.0 / a),
    (4.0, lambda a, m: _digamma_of_1_and(a - 1.0, m)),
    (math.inf, _digamma_beyond),
)
digamma_unknown: Formula = lambda a, m: m.in_pieces(
    a, ((-_MOST_ROOT, exactly(lambda of, a: of["digamma"](a))), (0.0, _digamma_beside_root))
)


# -- the derivatives -----------------------------------------------------------------------------------------------------


def _cotangent_derivative(n: int) -> fits.Polynomial:
    """The n-th derivative of cot, less its sign, as a polynomial in cot, because cot' = -(1 + cot^2)."""
    coefficients = [0.0, 1.0]
    for _ in range(n):
        derivative = [*(k * c for k, c in enumerate(coefficients) if k), 0.0, 0.0]
        coefficients = [a + b for a, b in zip(derivative, [0.0, 0.0, *derivative], strict=False)]
    return tuple(coefficients[::-1])


def _around(n: int) -> Pieces:
    """The sum of n!/(t + k)^(n + 1) over all whole k, for 0 <= t <= 1/2; NaN where the two halves of it cancel.

    It is a derivative of the cotangent, whose powers multiply the rounding of it.
    """

    def halves(t: Value, m: Elementary) -> Value:
        right, left = sum_of_powers(n, t, 0, m), sum_of_powers(n, -t, 1, m)
        return right + left if n % 2 else m.choose(left > 0.5 * right, math.nan, right - left)

    def by_cotangent(t: Value, m: Elementary) -> Value:
        return math.pi ** (n + 1) * m.polynomial(derivative, cotangent(t, m))

    derivative = _cotangent_derivative(n) if n in (1, 2, 4) else ()
    beside: Pieces = ((0.4 if n > 1 else 0.0, halves),)
    return (*beside, (math.inf, by_cotangent if derivative else halves))


def polygamma_pieces(n: int) -> Pieces:
    """The pieces of polygamma of a whole order from 1 on."""
    sign, around = (1.0 if n % 2 else -1.0), _around(n)

    def below(a: Value, m: Elementary) -> Value:
        """The sum over all whole numbers less what is behind a."""
        behind, t = sum_of_powers(n, -a, 1, m), a - m.nearest(a)
        whole = m.in_pieces(m.absolute(t), around)
        value = (whole if n % 2 else m.choose(t < 0, -whole, whole)) - sign * behind
        return m.choose(m.absolute(value) < 0.7 * behind, math.nan, sign * value)

    def far(a: Value, m: Elementary) -> Value:
        return (sign if n == 1 else sign * 0.0) / a

    return (0.0, below), (1e300, lambda a, m: sign * sum_of_powers(n, a, 0, m)), (math.inf, far)


def polygamma_unknown(n: int) -> Formula:
    return exactly(lambda of, a: of["polygamma"](n, a))
