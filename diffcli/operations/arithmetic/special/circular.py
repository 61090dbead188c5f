"""Sine and cotangent of pi times a number, and sums over its distances from whole numbers, which a reflection takes."""

from __future__ import annotations

import math
from functools import reduce

from diffcli.operations.arithmetic import approximations as fits
from diffcli.operations.arithmetic.special.formulas import Elementary, Value, quotient


def sine(a: Value, m: Elementary) -> Value:
    """sin(pi*a): t from a whole number, and from 1/4 on 1 - 2*sin(pi*u)^2 with u = (1/2 - t)/2."""
    whole = m.nearest(a)
    t = a - whole
    size = m.absolute(t)
    near = size <= 0.25
    u = m.choose(near, size, 0.25 - 0.5 * size)
    value = u * m.polynomial(fits.SINPI, u * u)
    value = m.choose(near, value, 1.0 - 2.0 * value * value)
    value = m.choose(t < 0, -value, value)
    half = 0.5 * whole
    return m.choose(m.absolute(m.nearest(half) - half) > 0.25, -value, value)


def cotangent(t: Value, m: Elementary) -> Value:
    """cot(pi*t) for 0 <= t <= 1/2, exactly 0 at the end."""
    near = t <= 0.25
    s = m.choose(near, t, 0.5 - t)
    above, below = 1.0 - s * s * quotient(fits.COTPI, s * s, m), math.pi * s
    return m.choose(near, above, below) / m.choose(near, below, above)


_SERIES_FROM = 10
"""Where the asymptotic series of polygamma begins, plus the order."""


def _over_power(factor: float, a: Value, rest: Value, power: int, m: Elementary) -> Value:
    """factor/(a + rest)^power, where the power alone may be beyond the range, and the rest is a rounding."""
    if power <= 4:
        return reduce(lambda value, _: value / a, range(power), factor)
    half = m.power(a, -0.5 * power)
    return half * factor * (1.0 - power * rest / a) * half


def _sum(a: Value, step: Value) -> tuple[Value, Value]:
    """a + step, and by how much it is rounded (Knuth 1969)."""
    total = a + step
    moved = total - a
    return total, (a - (total - moved)) + (step - moved)


def sum_of_powers(n: int, a: Value, first: int, m: Elementary) -> Value:
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
    total = leading + leading * w * (0.5 * n + w * m.polynomial(tuple(series[::-1]), w * w))
    factorial = float(math.factorial(n))
    for k in range(int(m.largest(count)) - 1, first - 1, -1):
        term = _over_power(factorial, *_sum(a, float(k)), n + 1, m)
        total += m.choose(count > k, term, 0.0)
    return total
