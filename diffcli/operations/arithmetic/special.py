"""Functions in floats that `math` does not have, or has with fewer digits."""

from __future__ import annotations

import math

# -- circles in half turns ---------------------------------------------------------------------------------------------


def sinpi(a: float) -> float:
    """sin(pi*a): the argument is reduced before it meets pi, so that the zeros are exactly at the integers."""
    if math.isinf(a):
        return math.nan
    reduced = math.remainder(a, 2.0)
    if abs(reduced) > 0.5:
        reduced = math.copysign(1 - abs(reduced), reduced)
    return math.sin(math.pi * reduced)


def cospi(a: float) -> float:
    """cos(pi*a), with its zeros exactly at the half-integers."""
    if math.isinf(a):
        return math.nan
    reduced = abs(math.remainder(a, 2.0))
    if reduced <= 0.25:
        return math.cos(math.pi * reduced)
    if reduced < 0.75:
        return math.sin(math.pi * (0.5 - reduced))
    return -math.cos(math.pi * (1 - reduced))


def sinc(a: float) -> float:
    """sin(pi*a)/(pi*a), 1 at 0 and 0 at infinity."""
    if math.isinf(a):
        return 0.0
    return sinpi(a) / (math.pi * a) if a else 1.0


# -- the normal distribution -------------------------------------------------------------------------------------------

_ROOT = math.sqrt(0.5)
_REST = -4.833646656726457e-17  # sqrt(1/2) - _ROOT


def gelu(a: float) -> float:
    """a times the normal distribution function, erfc(-a/sqrt(2))/2.

    Far below 0 erfc multiplies the rounding of its argument by a^2, so that rounding is found and made good.
    """
    if a > 40:
        return a
    if a < -40:
        return -0.0
    argument = a * _ROOT
    rounding = _product_error(a, _ROOT, argument) + a * _REST
    return a * (math.erfc(-argument) / 2 + math.exp(-argument * argument) / math.sqrt(math.pi) * rounding)


def _product_error(a: float, b: float, product: float) -> float:
    """a*b - product, exactly, where product is a*b as rounded (Dekker 1971)."""
    a_high = _upper_half(a)
    b_high = _upper_half(b)
    a_low, b_low = a - a_high, b - b_high
    return ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _upper_half(a: float) -> float:
    """The upper 26 bits of a float (Veltkamp 1968)."""
    scaled = 134217729.0 * a
    return scaled - (scaled - a)


# -- the gamma function's relatives ------------------------------------------------------------------------------------

# B_2k, the Bernoulli numbers of even index, as far as the asymptotic series below needs them.
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330)

_EULER = 0.5772156649015329
# zeta(k) - 1 from k = 2, which is about 2^-k.
_ZETA = (
    0.6449340668482264, 0.2020569031595943, 0.08232323371113819, 0.03692775514336993, 0.01734306198444914,
    0.008349277381922827, 0.00407735619794434, 0.0020083928260822143, 0.0009945751278180853, 0.0004941886041194645,
    0.0002460865533080483, 0.00012271334757848915, 6.124813505870483e-05, 3.058823630702049e-05, 1.528225940865187e-05,
    7.637197637899763e-06, 3.81729326499984e-06, 1.908212716553939e-06, 9.539620338727962e-07, 4.769329867878064e-07,
    2.38450502727733e-07, 1.1921992596531106e-07, 5.960818905125948e-08, 2.980350351465228e-08, 1.4901554828365043e-08,
    7.45071178983543e-09, 3.725334024788457e-09, 1.862659723513049e-09, 9.313274324196682e-10, 4.656629065033784e-10,
)  # fmt: skip


def lgamma(a: float) -> float:
    """The logarithm of the gamma function's absolute value; NaN at its poles 0, -1, -2, ...

    `math.lgamma` has a small absolute error only, which is all of the value beside the zeros at 1 and 2. There this is a
    Taylor series about 2 (Abramowitz & Stegun 1964, 6.1.33), elsewhere below 8 a recurrence to it. For a < -1/2 it is the
    reflection, and relative digits are lost beside the zeros that lie between the poles.

    >>> lgamma(1.0), lgamma(2.0), lgamma(-1.0)
    (0.0, 0.0, nan)
    """
    if a != a or a == -math.inf or (a <= 0 and a == math.floor(a)):
        return math.nan
    if a < -0.5:
        return math.log(math.pi) - math.log(abs(sinpi(a))) - lgamma(1 - a)
    if a < 0.5:
        return _lgamma_beside_2(a) - math.log1p(a) - math.log(abs(a))
    if a < 1.5:
        return _lgamma_beside_2(a - 1) - math.log1p(a - 1)
    if a < 8:
        product = 1.0
        while a >= 2.5:
            a -= 1
            product *= a
        return _lgamma_beside_2(a - 2) + math.log(product)
    try:
        return math.lgamma(a)
    except OverflowError:
        return math.inf


def _lgamma_beside_2(z: float) -> float:
    """lgamma(2 + z) for |z| <= 1/2."""
    terms = [(1 - _EULER) * z]
    power = -z
    for k, zeta in enumerate(_ZETA, 2):
        power *= -z
        terms.append(zeta * power / k)
    return math.fsum(terms)


def digamma(a: float) -> float:
    """The logarithmic derivative of the gamma function; NaN at its poles 0, -1, -2, ...

    Reflection for a < 0, recurrence to the Taylor series about 2 or up to 10, from there on the asymptotic series
    (Abramowitz & Stegun 1964, 6.3.5-7, 6.3.14, 6.3.18). The error is a few units of 1e-16 of the largest term, so
    relative digits are lost beside the zeros, the first of which is 1.4616...

    >>> round(digamma(1.0), 12)  # minus Euler's constant
    -0.577215664902
    """
    if a != a or a == -math.inf or (a <= 0 and a == math.floor(a)):
        return math.nan
    if a == math.inf:
        return a
    if a < 0:
        return digamma(1 - a) - math.pi * cospi(a) / sinpi(a)
    terms = []
    while a < 1.5 or 2.5 < a < 10:
        terms.append(-1 / a)
        a += 1
    if a <= 2.5:
        power = -1.0
        for zeta in _ZETA:
            power *= 2 - a
            terms.append(zeta * power)
        return math.fsum([1 - _EULER, *terms])
    square = 1 / (a * a)
    power = 1.0
    for index, bernoulli in enumerate(_BERNOULLI, 1):
        power *= square
        terms.append(-bernoulli * power / (2 * index))
    return math.fsum([math.log(a), -0.5 / a, *terms])


MOST_ORDER = 168
"""The largest order of polygamma: beyond it, n! is beyond the range of a float."""


def polygamma(order: float, a: float) -> float:
    """The derivative of digamma of a whole order up to 168; NaN at its poles, and for any other order.

    Reflection, recurrence and asymptotic series of Abramowitz & Stegun (1964), 6.4.6, 6.4.7 and 6.4.11.

    >>> polygamma(1, 1.0)  # pi**2/6
    1.6449340668482264
    """
    if not 0 <= order <= MOST_ORDER or order != math.floor(order):
        return math.nan
    n = int(order)
    if n == 0:
        return digamma(a)
    if a != a or a == -math.inf or (a <= 0 and a == math.floor(a)):
        return math.nan
    sign = -1.0 if n % 2 else 1.0
    if a < 0:
        reflected = sign * polygamma(order, 1 - a)
        return reflected - math.pi ** (n + 1) * _cotangent_derivative(n, a)
    return -sign * _positive_polygamma(n, a)


def _positive_polygamma(n: int, a: float) -> float:
    """|polygamma(n, a)| for a > 0."""
    terms = []
    factorial = float(math.factorial(n))
    while a < 10 + n:
        terms.append(_over_power(factorial, a, n + 1))
        a += 1
    leading = _over_power(math.factorial(n - 1), a, n)
    terms += [leading, leading * n / (2 * a)]
    ratio = leading
    for index, bernoulli in enumerate(_BERNOULLI, 1):
        # (2k + n - 1)!/((2k)! a^(2k + n)), each from the one before
        ratio *= (2 * index + n - 2) * (2 * index + n - 1) / (2 * index * (2 * index - 1) * a * a)
        terms.append(bernoulli * ratio)
    return math.fsum(terms)


def _over_power(numerator: float, a: float, n: int) -> float:
    """numerator/a^n, where the power alone may be beyond the range of a float."""
    mantissa, exponent = math.frexp(a)
    above, power = math.frexp(numerator)
    try:
        return math.ldexp(above / mantissa**n, power - n * exponent)
    except OverflowError:
        return math.inf


def _cotangent_derivative(n: int, a: float) -> float:
    """The n-th derivative of cot at pi*a: a polynomial in cot, because cot' = -(1 + cot^2)."""
    coefficients = [0.0, 1.0]
    for _ in range(n):
        derivative = [k * c for k, c in enumerate(coefficients)][1:]
        coefficients = [0.0] * (len(derivative) + 2)
        for k, c in enumerate(derivative):
            coefficients[k] -= c
            coefficients[k + 2] -= c
    cotangent = cospi(a) / sinpi(a)
    value = coefficients.pop()
    for coefficient in reversed(coefficients):
        value = value * cotangent + coefficient
    return value
