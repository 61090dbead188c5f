"""Powers, roots and remainders over vectors, without a branch: see `diffcli.kernels.machine.elementary`."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from math import inf, nan
from operator import mul

from diffcli.kernels.machine.elementary import LOG_2, clamped, exp, log_edges, log_parts
from diffcli.kernels.machine.values import Value

# (2*atanh(s)/s - 2 - 2/3*s^2)/s^4 in s^2 for |s| <= 1/5, fitted at Chebyshev's nodes: 3e-20
_LOG = (
    0.1219181334216037, 0.11653325572378419, 0.13337155343891088, 0.15384543159505473, 0.18181818920691084, 0.22222222218517385,
    0.28571428571435636, 0.39999999999999997,
)  # fmt: skip
_TWO_THIRDS = 2 / 3, 3.700743415417188e-17

Pair = tuple[Value, Value]
"""A number in two parts, the second far below the first."""


def exact_sum(large: Value, small: Value) -> Pair:
    """The sum of two numbers exactly, the first of which is the larger one (Dekker 1971)."""
    total = large + small
    return total, (large - total) + small


def exact_product(a: Pair, b: Pair) -> Pair:
    """The product of two numbers in two parts, to some 100 bits."""
    lanes = a[0].lanes
    high = a[0] * b[0]
    return high, lanes.fma(a[0], b[0], -high) + lanes.fma(a[0], b[1], a[1] * b[0])


def long_log(x: Value) -> Pair:
    """log(x) to some 65 bits, which is what a power needs: the errors of a logarithm are multiplied by it. Of x > 0."""
    lanes = x.lanes
    k, m = log_parts(x)
    f, divisor = m - 1.0, m + 1.0
    below = m - (divisor - 1.0)
    inverse = 1.0 / divisor
    s = f * inverse
    taken = s * divisor
    s_low = (((f - taken) - lanes.fma(s, divisor, -taken)) - s * below) * inverse
    z = exact_product((s, s_low), (s, s_low))
    cubic = exact_sum(lanes.constant(_TWO_THIRDS[0]), z[0] * lanes.polynomial(z[0], _LOG))
    series = exact_product(z, (cubic[0], cubic[1] + _TWO_THIRDS[1]))
    whole = exact_sum(lanes.constant(2.0), series[0])
    high, low = exact_product((s, s_low), (whole[0], whole[1] + series[1]))
    total, rest = exact_sum(k * LOG_2[0], high)
    found, rest = lanes.where(k.equals(0.0), high, total), lanes.where(k.equals(0.0), 0.0, rest)
    return found, rest + lanes.fma(k, LOG_2[1], low)


def power(a: Value, b: Value) -> Value:
    """exp(b*log(|a|)) in two parts, with the sign of an odd power; NaN for a negative base and a fractional exponent."""
    lanes, size = a.lanes, abs(a)
    high, low = long_log(size)
    exponent = clamped(b, -1e22, 1e22)  # the same power, and a product with it is exact
    product = exponent * log_edges(size, high)
    rest = lanes.fma(exponent, low, lanes.fma(exponent, high, -product))
    found = exp(product, lanes.where(abs(product) < 800.0, rest, 0.0))
    whole = lanes.intrinsic("floor", b).equals(b)
    odd = whole & ~lanes.intrinsic("floor", 0.5 * b).equals(0.5 * b)
    signed = odd & ~(a.equals(0.0) & (b < 0.0))
    found = lanes.where(signed, lanes.intrinsic("copysign", found, a), found)
    found = lanes.where((a < 0.0) & (a > -inf) & ~whole, nan, lanes.where(b.equals(0.0), 1.0, found))
    return lanes.where(a.unordered(b), nan, found)


def is_simple(exponent: float) -> bool:
    """Whether a power is computed by products and a root."""
    return 0 < abs(exponent) <= 3 and 2 * exponent % 1 == 0


def simple_power(a: Value, exponent: float, over: Callable[[Value], Value]) -> Value:
    """a^exponent where that is simple; ``over`` is 1/a."""
    lanes, base = a.lanes, over(a) if exponent < 0 else a
    bases = [base] * int(abs(exponent))
    if exponent % 1 == 0:
        return reduce(mul, bases)
    root = lanes.intrinsic("sqrt", a + 0.0)  # -0 + 0 is 0
    found = reduce(mul, bases, over(root) if exponent < 0 else root) + 0.0
    return lanes.where(a.equals(-inf), inf if exponent > 0 else 0.0, found)


def fmod(a: Value, b: Value) -> Value:
    """|a| - q*|b|, which is exact for the truncated quotient q, or the next whole number where that was rounded up."""
    lanes, x, y = a.lanes, abs(a), abs(b)
    q = lanes.intrinsic("trunc", x / y)
    beside = (y >= 2.0**960) | (y <= 2.0**-960)  # where the error of the product may be none
    lanes.mark(((q >= 2.0**53) | beside) & (y > 0.0) & (x < inf) & (y <= x))
    product = q * y
    rest = (x - product) - lanes.fma(q, y, -product)
    rest = lanes.where(x < y, x, lanes.where(rest < 0.0, rest + y, rest))
    return lanes.intrinsic("copysign", rest, a)
