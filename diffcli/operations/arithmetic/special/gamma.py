"""The gamma function and its logarithm: the pieces."""

from __future__ import annotations

import math

from diffcli.operations.arithmetic import approximations as fits
from diffcli.operations.arithmetic.special.circular import sine
from diffcli.operations.arithmetic.special.digamma import DIGAMMA_OF_1_AND
from diffcli.operations.arithmetic.special.formulas import Elementary, Pieces, Value, exactly, polynomial, quotient


def _gamma_of_1_and(z: Value) -> Value:
    """gamma(1 + z) for 0 <= z <= 1."""
    return 1.0 + z * (z - 1.0) * quotient(fits.GAMMA, z)


_MOST_POWER = 140.0
"""Up to here a^(a - 1/2) is within the range of floats."""


def _gamma_rest(a: Value, m: Elementary, more: Value = 0.0) -> Value:
    """gamma(a)/a^(a - 1/2), and a little more of it: that share."""
    return m.exp(-a) * (fits.ROOT_OF_2_PI + (polynomial(fits.GAMMA_STIRLING, 1.0 / a) + fits.ROOT_OF_2_PI * more))


def _gamma_middle(a: Value, m: Elementary) -> Value:
    return _gamma_rest(a, m) * m.power(a, a - 0.5)


def _gamma_beyond(a: Value, m: Elementary) -> Value:
    a = m.least(a, 200.0)
    half = m.power(a, 0.5 * a - 0.25)
    return _gamma_rest(a, m) * half * half


# The reflection, gamma(a) = pi/(sin(pi*a)*gamma(1 - a)), as 1 - a would be rounded: gamma(1 + x) = x*gamma(x) with x = -a.


def _gamma_below(a: Value, m: Elementary) -> Value:
    """With x^(x + 1/2) for x*x^(x - 1/2): what the rounding of that exponent makes is made good."""
    x = -a
    exponent = x + 0.5
    rounding = x - (exponent - 0.5)
    return math.pi / (sine(a, m) * _gamma_rest(x, m, rounding * m.log(x)) * m.power(x, exponent))


GAMMA: Pieces = (
    (-185.0, lambda a, m: 0.0 * sine(a, m)),  # with its sign
    (-_MOST_POWER, lambda a, m: a * math.nan),
    (-3.0, _gamma_below),
    (-1.0, lambda a, m: math.pi / (sine(a, m) * (-a * m.in_pieces(-a, GAMMA)))),
    (0.0, lambda a, m: math.pi / (sine(a, m) * _gamma_of_1_and(-a))),
    (1.0, lambda a, m: _gamma_of_1_and(a) / a),
    (2.0, lambda a, m: _gamma_of_1_and(a - 1.0)),
    (3.0, lambda a, m: (a - 1.0) * _gamma_of_1_and(a - 2.0)),
    (_MOST_POWER, _gamma_middle),
    (math.inf, _gamma_beyond),
)


def gamma_unknown(a: Value, m: Elementary) -> Value:
    return m.each(lambda x: exactly("gamma", x), a)


def _lgamma_below(a: Value, m: Elementary) -> Value:
    beyond = m.in_pieces(-a, LGAMMA)
    value = -m.log(m.absolute(sine(a, m) * a) / math.pi) - beyond
    return m.choose(m.absolute(value) < 0.7 * m.absolute(beyond), math.nan, value)


def _lgamma_root(pole: float, part: int) -> float:
    """How far the root of lgamma is to the left of the negative of a whole number, or to the right if that is below 0."""
    n, roots = (int(pole), fits.LGAMMA_ROOTS_LEFT) if pole > 0 else (-int(pole), fits.LGAMMA_ROOTS_RIGHT)
    return roots[n - 3][part] if n < 18 else 0.0 if part else math.copysign(1 / math.factorial(n), -pole)


def lgamma_beside_root(a: Value, m: Elementary) -> Value:
    """With a = -n + e and a root at e = r: -log(e/r) and the integral from r to e of digamma(1 + n - e) + 1/e - pi*cot(pi*e)."""
    n = -m.nearest(a)
    e = a + n
    pole = m.choose(e < 0, n, -n)
    root = m.each(lambda n: _lgamma_root(n, 0), pole)
    moved = (e - root) - m.each(lambda n: _lgamma_root(n, 1), pole)
    slope = 0.0
    for place, weight in fits.GAUSS:
        x = root + moved * place
        slope = slope + weight * (m.in_pieces(n - x, DIGAMMA_OF_1_AND) + x * quotient(fits.COTPI, x * x))
    return moved * slope - m.log1p(moved / root)


def _lgamma_between(a: Value, m: Elementary) -> Value:
    """log1p of what the gamma function's size is above 1, as that is a product with its two roots."""
    (r, r_rest), (s, s_rest) = fits.LGAMMA_ROOTS
    above = ((a - r) - r_rest) * ((a - s) - s_rest) * quotient(fits.LGAMMA_BELOW, a + 2.5)
    return m.log1p(-above / ((a + 2.0) * (a + 3.0)))


LGAMMA: Pieces = (
    (-3.0, _lgamma_below),
    (-2.0, _lgamma_between),
    (-0.25, _lgamma_below),
    (0.7, lambda a, m: a * (a - 1.0) * quotient(fits.LGAMMA, a) - m.log(m.absolute(a))),
    (2.75, lambda a, m: (a - 1.0) * (a - 2.0) * quotient(fits.LGAMMA, a - 1.0) + 0.0),  # -0 + 0 is 0
    (5.0, lambda a, m: (a - 1.0) * (a - 2.0) * quotient(fits.LGAMMA_BEYOND, a - 1.0)),
    (math.inf, lambda a, m: (a - 0.5) * (m.log(a) - 1.0) + polynomial(fits.LGAMMA_STIRLING, 1.0 / a)),
)
