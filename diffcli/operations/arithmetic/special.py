"""The polygamma functions in floats, which `math` does not have."""

from __future__ import annotations

import math

# B_2k, the Bernoulli numbers of even index, as far as the asymptotic series below needs them.
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330)


def digamma(a: float) -> float:
    """The logarithmic derivative of the gamma function; NaN at its poles 0, -1, -2, ...

    Reflection for a < 0, recurrence up to 10, then the asymptotic series (Abramowitz & Stegun 1964, 6.3.5-7, 6.3.18).
    The error is a few units of 1e-16 of the largest term, so relative digits are lost beside the zero at 1.4616...

    >>> digamma(1.0)
    -0.5772156649015329
    """
    if a != a or a == -math.inf or (a <= 0 and a == math.floor(a)):
        return math.nan
    if a == math.inf:
        return a
    if a < 0:
        # the cotangent of the fractional part: pi*a itself would carry the rounding of a large product
        return digamma(1 - a) - math.pi / math.tan(math.pi * math.fmod(a, 1.0))
    terms = []
    while a < 10:
        terms.append(-1 / a)
        a += 1
    square = 1 / (a * a)
    power = 1.0
    for index, bernoulli in enumerate(_BERNOULLI, 1):
        power *= square
        terms.append(-bernoulli * power / (2 * index))
    return math.fsum([math.log(a), -0.5 / a, *terms])


def polygamma(order: float, a: float) -> float:
    """The derivative of digamma of a whole order; NaN at its poles, and for an order that is not whole.

    Reflection, recurrence and asymptotic series of Abramowitz & Stegun (1964), 6.4.6, 6.4.7 and 6.4.11.

    >>> polygamma(1, 1.0)  # pi**2/6
    1.6449340668482264
    """
    if order != order or order < 0 or order != math.floor(order) or math.isinf(order):
        return math.nan
    n = int(order)
    if n == 0:
        return digamma(a)
    if a != a or a == -math.inf or (a <= 0 and a == math.floor(a)):
        return math.nan
    if n > 168:  # n! is beyond the range of a float
        return math.nan
    if a < 0:
        reflected = (-1) ** n * polygamma(order, 1 - a)
        return reflected - math.pi ** (n + 1) * _cotangent_derivative(n, math.fmod(a, 1.0))
    try:
        return (-1) ** (n + 1) * _positive_polygamma(n, a)
    except OverflowError:
        return (-1) ** (n + 1) * math.inf


def _positive_polygamma(n: int, a: float) -> float:
    """|polygamma(n, a)| for a > 0."""
    terms = []
    factorial = float(math.factorial(n))
    while a < 10 + n:
        terms.append(factorial / a ** (n + 1))
        a += 1
    leading = math.factorial(n - 1) / a**n
    terms += [leading, factorial / (2 * a ** (n + 1))]
    ratio = leading
    for index, bernoulli in enumerate(_BERNOULLI, 1):
        # (2k + n - 1)!/((2k)! a^(2k + n)), each from the one before
        ratio *= (2 * index + n - 2) * (2 * index + n - 1) / (2 * index * (2 * index - 1) * a * a)
        terms.append(bernoulli * ratio)
    return math.fsum(terms)


def _cotangent_derivative(n: int, a: float) -> float:
    """The n-th derivative of cot at pi*a: a polynomial in cot, because cot' = -(1 + cot^2)."""
    coefficients = [0.0, 1.0]
    for _ in range(n):
        derivative = [k * c for k, c in enumerate(coefficients)][1:]
        coefficients = [0.0] * (len(derivative) + 2)
        for k, c in enumerate(derivative):
            coefficients[k] -= c
            coefficients[k + 2] -= c
    cotangent = 1 / math.tan(math.pi * a)
    value = 0.0
    for coefficient in reversed(coefficients):
        value = value * cotangent + coefficient
    return value
