"""The special functions in floats that `math` does not have, or has with fewer digits: within 4 units in the last place."""

from __future__ import annotations

import math

from diffcli.operations.arithmetic.approximations import MOST_ORDER
from diffcli.operations.arithmetic.special.digamma import DIGAMMA, digamma_unknown, polygamma_pieces, polygamma_unknown
from diffcli.operations.arithmetic.special.formulas import NUMBERS, Formula, Pieces
from diffcli.operations.arithmetic.special.gamma import GAMMA, LGAMMA, gamma_unknown, lgamma_unknown
from diffcli.operations.arithmetic.special.normal import GELU


def is_pole(a: float) -> bool:
    return a <= 0 and (a == -math.inf or a == math.floor(a))


def of_number(a: float, pieces: Pieces, unknown: Formula) -> float:
    if is_pole(a) or a != a:
        return math.nan
    value: float = NUMBERS.in_pieces(a, pieces)
    if value != value:
        value = unknown(a, NUMBERS)
    return value


def lgamma(a: float) -> float:
    """The logarithm of the gamma function's absolute value; NaN at its poles 0, -1, -2, ...

    >>> lgamma(1.0), lgamma(2.0), lgamma(-1.0)
    (0.0, 0.0, nan)
    """
    return of_number(a, LGAMMA, lgamma_unknown)


def digamma(a: float) -> float:
    """The logarithmic derivative of the gamma function; NaN at its poles 0, -1, -2, ...

    >>> digamma(1.0)  # minus Euler's constant
    -0.5772156649015329
    """
    return of_number(a, DIGAMMA, digamma_unknown)


def gamma(a: float) -> float:
    """The gamma function; of a whole number the factorial, as near as a float is.

    >>> gamma(5.0), gamma(-1.0)
    (24.0, nan)
    """
    if 1 <= a <= 171 and a == math.floor(a):
        return float(math.factorial(int(a) - 1))
    return of_number(a, GAMMA, gamma_unknown)


def gelu(a: float) -> float:
    """a times the normal distribution function."""
    value: float = NUMBERS.in_pieces(a, GELU)
    return value


def is_order(order: float) -> bool:
    return 0 <= order <= MOST_ORDER and order == math.floor(order)


def polygamma(order: float, a: float) -> float:
    """The derivative of digamma of a whole order up to 168; NaN at its poles, and for any other order.

    >>> polygamma(1, 1.0)  # pi**2/6
    1.6449340668482264
    """
    if not is_order(order):
        return math.nan
    n = int(order)
    return of_number(a, polygamma_pieces(n), polygamma_unknown(n)) if n else digamma(a)
