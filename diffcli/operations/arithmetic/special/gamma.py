"""The gamma function and its logarithm: the pieces."""

from __future__ import annotations

import math

from diffcli.operations.arithmetic import approximations as fits
from diffcli.operations.arithmetic.special.circular import sine
from diffcli.operations.arithmetic.special.formulas import Elementary, Pieces, Value, exactly, quotient


def _gamma_of_1_and(z: Value, m: Elementary) -> Value:
    """gamma(1 + z) for 0 <= z <= 1."""
    return 1.0 + z * (z - 1.0) * quotient(fits.GAMMA, z, m)


_MOST_POWER = 140.0
"""Up to here a^(a - 1/2) is within the range of floats."""


def _gamma_rest(a: Value, m: Elementary, more: Value = 0.0) -> Value:
    """gamma(a)/a^(a - 1/2), and a little more of it: that share."""
    return m.exp(-a) * (fits.ROOT_OF_2_PI + (m.polynomial(fits.GAMMA_STIRLING, 1.0 / a) + fits.ROOT_OF_2_PI * more))


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


GAMMA_RIGHT: Pieces = (
    (1.0, lambda a, m: _gamma_of_1_and(a, m) / a),
    (2.0, lambda a, m: _gamma_of_1_and(a - 1.0, m)),
    (3.0, lambda a, m: (a - 1.0) * _gamma_of_1_and(a - 2.0, m)),
    (_MOST_POWER, _gamma_middle),
    (math.inf, _gamma_beyond),
)
GAMMA: Pieces = (
    (-185.0, lambda a, m: 0.0 * sine(a, m)),  # with its sign
    (-_MOST_POWER, lambda a, m: a * math.nan),
    (-3.0, _gamma_below),
    (-1.0, lambda a, m: math.pi / (sine(a, m) * (-a * m.in_pieces(-a, GAMMA_RIGHT[1:4])))),
    (0.0, lambda a, m: math.pi / (sine(a, m) * _gamma_of_1_and(-a, m))),
    *GAMMA_RIGHT,
)
gamma_unknown = exactly(lambda of, a: of["gamma"](a))


def _lgamma_below(a: Value, m: Elementary) -> Value:
    beyond = m.in_pieces(-a, LGAMMA_RIGHT)
    value = -m.log(m.absolute(sine(a, m) * a) / math.pi) - beyond
    return m.choose(m.absolute(value) < 0.7 * m.absolute(beyond), math.nan, value)


def _lgamma_between(a: Value, m: Elementary) -> Value:
    """log1p of what the gamma function's size is above 1, as that is a product with its two roots."""
    (r, r_rest), (s, s_rest) = fits.LGAMMA_ROOTS
    above = ((a - r) - r_rest) * ((a - s) - s_rest) * quotient(fits.LGAMMA_BELOW, a + 2.5, m)
    return m.log1p(-above / ((a + 2.0) * (a + 3.0)))


LGAMMA_RIGHT: Pieces = (
    (0.7, lambda a, m: a * (a - 1.0) * quotient(fits.LGAMMA, a, m) - m.log(m.absolute(a))),
    (2.75, lambda a, m: (a - 1.0) * (a - 2.0) * quotient(fits.LGAMMA, a - 1.0, m) + 0.0),  # -0 + 0 is 0
    (5.0, lambda a, m: (a - 1.0) * (a - 2.0) * quotient(fits.LGAMMA_BEYOND, a - 1.0, m)),
    (math.inf, lambda a, m: (a - 0.5) * (m.log(a) - 1.0) + m.polynomial(fits.LGAMMA_STIRLING, 1.0 / a)),
)
LGAMMA: Pieces = ((-3.0, _lgamma_below), (-2.0, _lgamma_between), (-0.25, _lgamma_below), *LGAMMA_RIGHT)
lgamma_unknown = exactly(lambda of, a: of["log"](of["abs"](of["gamma"](a))))
