"""The functions that `math` does not have, or has with fewer digits, written once for numbers and for arrays.

A function of one operand is a tuple of pieces: below which operand, and the formula there. A formula is computed in what
`Elementary` names, so that numbers and arrays have the same; the coefficients stand in
`diffcli.operations.arithmetic.approximations`. Every value is within 4 units in its last place, beside the roots too. Where the
difference of two terms cancels, between the poles on the negative axis, a formula answers NaN: it does not know; then the few
operands there are computed by mpmath. At a pole the value is NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from diffcli._named import NamedTuple
from diffcli.operations.arithmetic import approximations as fits

Value = Any
"""A float or a NumPy array of float64."""

Formula = Callable[[Value, "Elementary"], Value]
Pieces = tuple[tuple[float, Formula], ...]


class Elementary(NamedTuple):
    """What formulas need beside the operators, of one kind of value."""

    exp: Callable[[Value], Value]
    log: Callable[[Value], Value]
    log1p: Callable[[Value], Value]
    power: Callable[[Value, Value], Value]
    over_power: Callable[[float, Value, int], Value]
    """A number over a power from 1 to 4."""
    absolute: Callable[[Value], Value]
    nearest: Callable[[Value], Value]
    """The nearest whole number."""
    least: Callable[[Value, float], Value]
    choose: Callable[[Value, Value, Value], Value]
    largest: Callable[[Value], float]
    """The largest of the elements."""
    in_pieces: Callable[[Value, Pieces], Value]
    each: Callable[[Callable[[float], float], Value], Value]
    """A function of numbers for each element."""


def polynomial(coefficients: fits.Polynomial, x: Value) -> Value:
    """By Horner's rule, in one array from the second coefficient on."""
    value = x * coefficients[0] + coefficients[1]
    for coefficient in coefficients[2:]:
        value *= x
        value += coefficient
    return value


def quotient(coefficients: fits.Quotient, x: Value) -> Value:
    constant, above, below = coefficients
    value = polynomial(above, x)
    value /= polynomial(below, x)
    value += constant
    return value


# -- the normal distribution -------------------------------------------------------------------------------------------


def _square_error(a: Value, square: Value) -> Value:
    """a^2 - square, exactly, where square is a^2 as rounded (Dekker 1971), by the upper 26 bits of a (Veltkamp 1968)."""
    scaled = 134217729.0 * a
    high = scaled - (scaled - a)
    low = a - high
    return (high * high - square) + 2.0 * high * low + low * low


def _erfcx(a: Value) -> Value:
    """(1 + 2*a)*exp(a^2)*erfc(a) for 1/2 <= a <= 28.3."""
    return polynomial(fits.ERFCX, (a - 4.0) / (a + 4.0))


def _erf_centre(a: Value, m: Elementary) -> Value:
    return a + a * polynomial(fits.ERF, a * a)


def _erf_beyond(a: Value, m: Elementary) -> Value:
    x = m.least(a, 6.0)
    return 1.0 - m.exp(-x * x) * polynomial(fits.ERF_BEYOND, (x - 2.0) / (x + 2.0))


def _erfc_beyond(a: Value, m: Elementary) -> Value:
    """The exponential multiplies the rounding of the square by that square, so it is made good."""
    x = m.least(a, 28.0)
    square = x * x
    value = m.exp(-square) * _erfcx(x) / (1.0 + 2.0 * x)
    return value - value * _square_error(x, square)


ERF_OF_SIZE: Pieces = ((1.0, _erf_centre), (math.inf, _erf_beyond))

ERFC: Pieces = (
    (-1.0, lambda a, m: 1.0 + _erf_beyond(-a, m)),
    (0.75, lambda a, m: 1.0 - _erf_centre(a, m)),
    (math.inf, _erfc_beyond),
)


def _gelu_tail(x: Value, m: Elementary, factors: int = 1) -> Value:
    """x*erfc(x/sqrt(2))/2; by factors of an exponential that alone may be too small for a float."""
    square = x * x
    raised = m.exp((-0.5 / factors) * square)
    value = 0.5 * x * _erfcx(x * math.sqrt(0.5)) * raised / (1.0 + math.sqrt(2) * x)
    value = value - value * (0.5 * _square_error(x, square))
    return value if factors == 1 else value * raised


GELU: Pieces = (
    (-37.0, lambda a, m: -_gelu_tail(m.least(-a, 40.0), m, 2)),
    (-0.9, lambda a, m: -_gelu_tail(-a, m)),
    (0.9, lambda a, m: 0.5 * (a + a * _erf_centre(a * math.sqrt(0.5), m))),
    (math.inf, lambda a, m: a - _gelu_tail(m.least(a, 37.0), m)),
)


# -- the gamma function and its relatives ------------------------------------------------------------------------------


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


def _sine(a: Value, m: Elementary) -> Value:
    """sin(pi*a): t from a whole number, and from 1/4 on 1 - 2*sin(pi*u)^2 with u = (1/2 - t)/2."""
    whole = m.nearest(a)
    t = a - whole
    size = m.absolute(t)
    near = size <= 0.25
    u = m.choose(near, size, 0.25 - 0.5 * size)
    sine = u * polynomial(fits.SINPI, u * u)
    sine = m.choose(near, sine, 1.0 - 2.0 * sine * sine)
    half = 0.5 * whole
    return m.choose((m.nearest(half) == half) == (t >= 0), sine, -sine)


# The reflection, gamma(a) = pi/(sin(pi*a)*gamma(1 - a)), as 1 - a would be rounded: gamma(1 + x) = x*gamma(x) with x = -a.


def _gamma_below(a: Value, m: Elementary) -> Value:
    """With x^(x + 1/2) for x*x^(x - 1/2): what the rounding of that exponent makes is made good."""
    x = -a
    exponent = x + 0.5
    rounding = x - (exponent - 0.5)
    return math.pi / (_sine(a, m) * _gamma_rest(x, m, rounding * m.log(x)) * m.power(x, exponent))


GAMMA: Pieces = (
    (-185.0, lambda a, m: 0.0 * _sine(a, m)),  # with its sign
    (-_MOST_POWER, lambda a, m: a * math.nan),
    (-3.0, _gamma_below),
    (-1.0, lambda a, m: math.pi / (_sine(a, m) * (-a * m.in_pieces(-a, GAMMA)))),
    (0.0, lambda a, m: math.pi / (_sine(a, m) * _gamma_of_1_and(-a))),
    (1.0, lambda a, m: _gamma_of_1_and(a) / a),
    (2.0, lambda a, m: _gamma_of_1_and(a - 1.0)),
    (3.0, lambda a, m: (a - 1.0) * _gamma_of_1_and(a - 2.0)),
    (_MOST_POWER, _gamma_middle),
    (math.inf, _gamma_beyond),
)


def _lgamma_below(a: Value, m: Elementary) -> Value:
    beyond = m.in_pieces(-a, LGAMMA)
    value = -m.log(m.absolute(_sine(a, m) * a) / math.pi) - beyond
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
    (2.75, lambda a, m: (a - 1.0) * (a - 2.0) * quotient(fits.LGAMMA, a - 1.0)),
    (5.0, lambda a, m: (a - 1.0) * (a - 2.0) * quotient(fits.LGAMMA_BEYOND, a - 1.0)),
    (math.inf, lambda a, m: (a - 0.5) * (m.log(a) - 1.0) + polynomial(fits.LGAMMA_STIRLING, 1.0 / a)),
)


def _digamma_of_1_and(z: Value, m: Elementary) -> Value:
    root, rest = fits.DIGAMMA_ROOT
    return ((z - root) - rest) * quotient(fits.DIGAMMA, z)


def _digamma_beyond(a: Value, m: Elementary) -> Value:
    w = 1.0 / a
    square = w * w
    return m.log(a) - 0.5 * w - square * polynomial(fits.DIGAMMA_SERIES, square)


def _cotangent(t: Value, m: Elementary) -> Value:
    """cot(pi*t) for 0 <= t <= 1/2, exactly 0 at the end."""
    near = t <= 0.25
    s = m.choose(near, t, 0.5 - t)
    above, below = 1.0 - s * s * quotient(fits.COTPI, s * s), math.pi * s
    return m.choose(near, above, below) / m.choose(near, below, above)


def _digamma_below(a: Value, m: Elementary) -> Value:
    beyond, t = m.in_pieces(-a, DIGAMMA_OF_1_AND), a - m.nearest(a)
    cotangent = math.pi * _cotangent(m.absolute(t), m)
    value = beyond - m.choose(t < 0, -cotangent, cotangent)
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
        slope = slope + weight * _sum_of_powers(1, x - moved * place, 1, m)
    return _sine(moved, m) * factor / _sine(0.5 - m.absolute(offset), m) - moved * slope


DIGAMMA_OF_1_AND: Pieces = ((3.0, _digamma_of_1_and), (math.inf, lambda z, m: _digamma_beyond(1.0 + z, m)))

DIGAMMA: Pieces = (
    (0.0, _digamma_below),
    (1.0, lambda a, m: _digamma_of_1_and(a, m) - 1.0 / a),
    (4.0, lambda a, m: _digamma_of_1_and(a - 1.0, m)),
    (math.inf, _digamma_beyond),
)


# -- the derivatives of digamma ----------------------------------------------------------------------------------------

MOST_ORDER = 168
"""The largest order of polygamma: beyond it, n! is beyond the range of a float."""

_SERIES_FROM = 10
"""Where the asymptotic series of polygamma begins, plus the order."""


def _over_power(factor: float, a: Value, rest: Value, power: int, m: Elementary) -> Value:
    """factor/(a + rest)^power, where the power alone may be beyond the range, and the rest is a rounding."""
    if power <= 4:
        return m.over_power(factor, a, power)
    half = m.power(a, -0.5 * power)
    return half * factor * (1.0 - power * rest / a) * half


def _sum(a: Value, step: Value) -> tuple[Value, Value]:
    """a + step, and by how much it is rounded (Knuth 1969)."""
    total = a + step
    moved = total - a
    return total, (a - (total - moved)) + (step - moved)


def _sum_of_powers(n: int, a: Value, first: int, m: Elementary) -> Value:
    """The sum of n!/(a + k)^(n + 1) over k = first, first + 1, ... for a > 0, the smallest first.

    The asymptotic series of Abramowitz & Stegun (1964), 6.4.11, after as many terms as lead to where it holds.
    """
    count = m.nearest(-m.least(a - (_SERIES_FROM + n + 0.5), -float(first)))
    y, rest = _sum(a, count)
    leading = _over_power(math.factorial(n - 1), y, rest, n, m)
    products = [1.0]
    for k in range(1, len(fits.BERNOULLI) + 1):
        products.append(products[-1] * (2 * k + n - 2) * (2 * k + n - 1) / (2 * k * (2 * k - 1)))
    series = [b * product for b, product in zip(fits.BERNOULLI, products[1:], strict=True)]
    w = 1.0 / y
    total = leading + leading * w * (0.5 * n + w * polynomial(tuple(series[::-1]), w * w))
    factorial = float(math.factorial(n))
    for k in range(int(m.largest(count)) - 1, first - 1, -1):
        term = _over_power(factorial, *_sum(a, float(k)), n + 1, m)
        total += m.choose(count > k, term, 0.0)
    return total


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
        right, left = _sum_of_powers(n, t, 0, m), _sum_of_powers(n, -t, 1, m)
        return right + left if n % 2 else m.choose(left > 0.5 * right, math.nan, right - left)

    def by_cotangent(t: Value, m: Elementary) -> Value:
        return math.pi ** (n + 1) * polynomial(derivative, _cotangent(t, m))

    derivative = _cotangent_derivative(n) if n in (1, 2, 4) else ()
    beside: Pieces = ((0.4 if n > 1 else 0.0, halves),)
    return (*beside, (math.inf, by_cotangent if derivative else halves))


def polygamma_pieces(n: int) -> Pieces:
    """The pieces of polygamma of a whole order from 1 to `MOST_ORDER`."""
    sign, around = (1.0 if n % 2 else -1.0), _around(n)

    def below(a: Value, m: Elementary) -> Value:
        """The sum over all whole numbers less what is behind a."""
        behind, t = _sum_of_powers(n, -a, 1, m), a - m.nearest(a)
        whole = m.in_pieces(m.absolute(t), around)
        value = (whole if n % 2 else m.choose(t < 0, -whole, whole)) - sign * behind
        return m.choose(m.absolute(value) < 0.7 * behind, math.nan, sign * value)

    return (0.0, below), (math.inf, lambda a, m: sign * _sum_of_powers(n, a, 0, m))


# -- numbers -----------------------------------------------------------------------------------------------------------


def _power(a: float, b: float) -> float:
    """a^b for a > 0."""
    try:
        return math.pow(a, b)
    except OverflowError:
        return math.inf


def _in_pieces(a: float, pieces: Pieces) -> float:
    formula = next((formula for upper, formula in pieces if a < upper), pieces[-1][1])
    value: float = formula(a, NUMBERS)
    return value


NUMBERS = Elementary(
    math.exp, math.log, math.log1p, _power, lambda factor, a, power: factor * _power(a, -power),
    abs, lambda a: float(round(a)), min, lambda c, a, b: a if c else b, float, _in_pieces, lambda function, a: function(a),
)  # fmt: skip


def exactly(name: str, *operands: float) -> float:
    """The row of that name at a point, by mpmath: for the few where floats would lose digits."""
    from diffcli.operations.arithmetic.precise import PRECISE, working

    with working(60):
        return float(PRECISE[name](*operands))


# What is computed where the pieces do not know.


def gamma_unknown(a: Value, m: Elementary) -> Value:
    return m.each(lambda x: exactly("gamma", x), a)


def digamma_unknown(a: Value, m: Elementary) -> Value:
    far: Formula = lambda a, m: m.each(lambda x: exactly("digamma", x), a)
    return m.in_pieces(a, ((-_MOST_ROOT, far), (0.0, _digamma_beside_root)))


def polygamma_unknown(n: int) -> Formula:
    return lambda a, m: m.each(lambda x: exactly("polygamma", n, x), a)


def is_pole(a: float) -> bool:
    return a <= 0 and (a == -math.inf or a == math.floor(a))


def of_number(a: float, pieces: Pieces, unknown: Formula) -> float:
    if is_pole(a) or a != a:
        return math.nan
    value = _in_pieces(a, pieces)
    if value != value:
        value = unknown(a, NUMBERS)
    return value


def lgamma(a: float) -> float:
    """The logarithm of the gamma function's absolute value; NaN at its poles 0, -1, -2, ...

    >>> lgamma(1.0), lgamma(2.0), lgamma(-1.0)
    (0.0, 0.0, nan)
    """
    return of_number(a, LGAMMA, lgamma_beside_root)


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
    return _in_pieces(a, GELU)


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
