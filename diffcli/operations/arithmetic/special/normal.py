"""The error function and what is computed from it: the pieces."""

from __future__ import annotations

import math

from diffcli.operations.arithmetic import approximations as fits
from diffcli.operations.arithmetic.special.formulas import Elementary, Pieces, Value


def _square_error(a: Value, square: Value) -> Value:
    """a^2 - square, exactly, where square is a^2 as rounded (Dekker 1971), by the upper 26 bits of a (Veltkamp 1968)."""
    scaled = 134217729.0 * a
    high = scaled - (scaled - a)
    low = a - high
    return (high * high - square) + 2.0 * high * low + low * low


def _erfcx(a: Value, m: Elementary) -> Value:
    """(1 + 2*a)*exp(a^2)*erfc(a) for 0.45 <= a <= 28.3."""
    return m.polynomial(fits.ERFCX, (a - 4.0) / (a + 4.0))


def _erf_centre(a: Value, m: Elementary) -> Value:
    return a + a * m.polynomial(fits.ERF, a * a)


def _erf_beyond(a: Value, m: Elementary) -> Value:
    x = m.least(a, 6.0)
    return 1.0 - m.exp(-x * x) * m.polynomial(fits.ERF_BEYOND, (x - 2.0) / (x + 2.0))


def _erfc_beyond(a: Value, m: Elementary) -> Value:
    """The exponential multiplies the rounding of the square by that square, so it is made good."""
    x = m.least(a, 28.0)
    square = x * x
    value = m.exp(-square) * _erfcx(x, m) / (1.0 + 2.0 * x)
    return value - value * _square_error(x, square)


ERF_OF_SIZE: Pieces = ((1.0, _erf_centre), (math.inf, _erf_beyond))

ERFC: Pieces = ((0.47, lambda a, m: 1.0 - m.erf(a)), (math.inf, _erfc_beyond))
"""From the one by erf of less than 1/2, so that no digit of it counts for more in the difference."""


def _gelu_tail(x: Value, m: Elementary, factors: int = 1) -> Value:
    """x*erfc(x/sqrt(2))/2; by factors of an exponential that alone may be too small for a float."""
    square = x * x
    raised = m.exp((-0.5 / factors) * square)
    value = 0.5 * x * _erfcx(x * math.sqrt(0.5), m) * raised / (1.0 + math.sqrt(2) * x)
    value = value - value * (0.5 * _square_error(x, square))
    return value if factors == 1 else value * raised


GELU: Pieces = (
    (-37.5, lambda a, m: -_gelu_tail(m.least(-a, 40.0), m, 2)),
    (-0.67, lambda a, m: -_gelu_tail(-a, m)),
    (math.inf, lambda a, m: a * (0.5 + 0.5 * m.erf(a * math.sqrt(0.5)))),
)
