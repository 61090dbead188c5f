"""The error function, the gamma function and their relatives over vectors: see `diffcli.operations.arithmetic.approximations`.

Left of 0, the lanes are marked in which a sum loses digits.
"""

from __future__ import annotations

from collections.abc import Callable
from math import factorial, inf, nan, pi, sqrt

from diffcli.kernels.machine.elementary import Pair, clamped, exponential, log
from diffcli.kernels.machine.powers import exact_product, exact_sum, long_log
from diffcli.kernels.machine.values import Value
from diffcli.operations.arithmetic.approximations import (
    BERNOULLI,
    COTPI,
    DIGAMMA,
    DIGAMMA_ROOT,
    DIGAMMA_SERIES,
    ERF,
    ERFCX,
    GAMMA,
    GAMMA_STIRLING,
    LGAMMA,
    LGAMMA_BEYOND,
    LGAMMA_STIRLING,
    SINPI,
)  # fmt: skip

# (1 + 2*x)*exp(x^2)*erfc(x) in (x - 3)/(x + 3) for 3/4 <= x <= 28 (Shepherd & Laframboise 1981), fitted at Chebyshev's nodes:
# 6e-17. A quotient of polynomials takes as long, and rounds more.
_ERFCX = (
    8.766267415378286e-08, -7.644425742027514e-08, -6.14480761990169e-07, 3.058458956006303e-07,
    3.4763196942191623e-06, -7.078929225294877e-07, -2.0103207964499365e-05, 4.942568388347594e-06,
    0.0001251001102399891, -0.00010515849725133421, -0.000779832385703572, 0.001888690204585511,
    0.0025293918247053433, -0.023770514907778192, 0.06830802734371229, -0.11927366341570589, 0.12964515870276083,
    -0.04756229435344505, -0.13562110612458111, 1.2530080582697296,
)  # fmt: skip

# -- the normal distribution -------------------------------------------------------------------------------------------


def _above_half(size: Value) -> Value:
    """erfc from 3/4 on: the rounding of the square is made good."""
    square = size * size
    rounding = -size.lanes.product_error(size, size, square)
    return exponential(-square, rest=rounding, factor=_erfcx(size))


def _erfcx(size: Value) -> Pair:
    """The polynomial over 1 + 2*x in two parts; the roundings of divisors and quotients are made good."""
    first, second = size + 3.0, 1.0 + 2.0 * size
    inverse = 1.0 / (first * second)
    t = sum(_quotient(size - 3.0, first, 3.0 - (first - size), second * inverse), start=size.lanes.constant(0.0))
    return _quotient(size.lanes.polynomial(t, _ERFCX), second, 1.0 - (second - 2.0 * size), first * inverse)


def _quotient(a: Value, b: Value, below: Value, inverse: Value) -> Pair:
    """a/(b + below) in two parts, from 1/b."""
    lanes, found = a.lanes, a * inverse
    product = found * b
    return found, (((a - product) - lanes.product_error(found, b, product)) - found * below) * inverse


def _ratio(factor: Value, above: Value, below: Value) -> Value:
    """factor*above/below; the quotient is not rounded."""
    found, rest = _quotient(above, below, 0.0 * below, 1.0 / below)
    return factor.lanes.fma(factor, found, factor * rest)


def erf(x: Value) -> Value:
    lanes, size = x.lanes, clamped(abs(x), 0.0, 28.0)
    near = lanes.fma(size, lanes.polynomial(size * size, ERF), size)
    far = 1.0 - exponential(-(size * size)) * (lanes.polynomial(size, ERFCX[0]) / lanes.polynomial(size, ERFCX[1]))
    return lanes.intrinsic("copysign", lanes.where(size < 1.0, near, far), x)


def erfc(x: Value) -> Value:
    lanes, size = x.lanes, clamped(abs(x), 0.0, 28.0)
    far = _above_half(size)
    near = 1.0 - lanes.fma(x, lanes.polynomial(x * x, ERF), x)
    return lanes.where(size < 0.75, near, lanes.where(x < 0.0, 2.0 - far, far))


def gelu(x: Value) -> Value:
    """x*erfc(-x/sqrt(2))/2, of which what x > 0 takes from x is gelu(-x); the rounding of x/sqrt(2) is made good."""
    lanes, size = x.lanes, clamped(abs(x), 0.0, 40.0)
    t = size * _ROOT_HALF[0]
    rounding = lanes.fma(size, _ROOT_HALF[1], lanes.product_error(size, lanes.constant(_ROOT_HALF[0]), t))
    square = t * t
    above, rest = _erfcx(t)
    half = exact_sum(0.5 * above, lanes.fma(rounding, -1 / sqrt(pi), 0.5 * rest))
    factor = exact_product((-size, lanes.constant(0.0)), half)
    far = exponential(-square, rest=-lanes.product_error(t, t, square), factor=factor)
    near = 0.5 * x * (1.0 + lanes.intrinsic("copysign", lanes.fma(t, lanes.polynomial(square, ERF), t), x))
    return lanes.where(t < 0.75, near, lanes.where(x > 0.0, x + far, far))


# -- the gamma function and its relatives ------------------------------------------------------------------------------

_ROOT_HALF = 0.7071067811865476, -4.833646656726457e-17
"""sqrt(1/2) in two parts."""
_ROOT_2_PI = 2.5066282746310007, -1.8328579980459167e-16
"""sqrt(2*pi) in two parts."""


def _sinpi(x: Value) -> Value:
    """|sin(pi*x)|."""
    rest = _from_whole(x)
    return abs(rest * x.lanes.horner(rest * rest, SINPI))


def _from_whole(x: Value) -> Value:
    """How far x is above the nearest whole number."""
    return x - x.lanes.intrinsic("rint", x)


def _without_poles(x: Value, found: Value) -> Value:
    pole = (x <= 0.0) & x.lanes.intrinsic("floor", x).equals(x)
    return x.lanes.where(pole, nan, found)


def gamma(x: Value) -> Value:
    """A quotient of polynomials between 1 and 2, beyond 3 Stirling's series, left of -1/2 the reflection to -x."""
    lanes = x.lanes
    left = x < -0.5
    u = lanes.where(left, -x, x)
    z = lanes.where(u < 0.0, 1.0 + u, lanes.where(u < 1.0, u, lanes.where(u < 2.0, u - 1.0, u - 2.0)))
    near = lanes.fma(z * (z - 1.0), lanes.rational(z, GAMMA), 1.0)
    near = near * lanes.where(u < 2.0, 1.0, u - 1.0) / lanes.where(u < 0.0, u * (1.0 + u), lanes.where(u < 1.0, u, 1.0))
    large = clamped(u, 3.0, 200.0)
    power = exact_product((large - 0.5, lanes.constant(0.0)), long_log(large))
    exponent, rest = exact_sum(power[0], -large)
    series = lanes.polynomial(1.0 / large, GAMMA_STIRLING)
    factor = _ROOT_2_PI[0] + lanes.fma(series, _ROOT_2_PI[0], _ROOT_2_PI[1])
    stirling = exponential(exponent, rest=rest + power[1], factor=(factor, lanes.constant(0.0)))
    found = lanes.where(u < 3.0, near, lanes.where(u > 172.0, inf, stirling))
    whole = lanes.intrinsic("rint", x) * 0.5
    sign = lanes.where(lanes.intrinsic("floor", whole).equals(whole), 1.0, -1.0) * lanes.intrinsic(
        "copysign", lanes.constant(1.0), _from_whole(x)
    )
    lanes.mark((x < -170.0) & (x > -inf))
    found = lanes.where(left, sign * pi / (u * _sinpi(u) * found), found)
    return _without_poles(x, found)


def lgamma(x: Value) -> Value:
    """Quotients of polynomials with the roots at 1 and 2 as factors, beyond 5 Stirling's series; left of -1/4 the reflection."""
    lanes = x.lanes
    left = x < -0.25
    u = lanes.where(left, -x, x)
    small = u < 0.8
    z = lanes.where(small, u, u - 1.0)
    near = z < 1.75
    above, below = (
        lanes.where(near, lanes.horner(z, first), lanes.horner(z, second))
        for first, second in zip(LGAMMA, LGAMMA_BEYOND, strict=True)
    )
    logarithm = log(abs(u))
    middle = _ratio(z * (z - 1.0), above, below) - lanes.where(small, logarithm, 0.0)
    far = lanes.fma(u - 0.5, logarithm - 1.0, lanes.polynomial(1.0 / u, LGAMMA_STIRLING))
    right = lanes.where(u < 5.0, middle, far)
    found = log(pi / (u * _sinpi(u))) - right
    lanes.mark(left & ((abs(found) < abs(right)) | (abs(found) < 1.0)))
    return _without_poles(x, lanes.where(left, found, right) + 0.0)


def digamma(x: Value) -> Value:
    """A quotient of polynomials that has the root as a factor between 1 and 4, beyond it the asymptotic series; left of 0
    the reflection."""
    lanes = x.lanes
    left = x < 0.0
    u = abs(x)
    shifted = u > 2.5  # there digamma(u) = digamma(u - 1) + 1/(u - 1) rounds less than the quotient
    z = lanes.where(u < 1.0, u, lanes.where(shifted, u - 2.0, u - 1.0))
    inverse = 1.0 / u
    near = _ratio((z - DIGAMMA_ROOT[0]) - DIGAMMA_ROOT[1], *(lanes.horner(z, part) for part in DIGAMMA))
    near = lanes.where(shifted, near + 1.0 / (u - 1.0), near)
    square = inverse * inverse
    far = log(u) - lanes.fma(square, lanes.polynomial(square, DIGAMMA_SERIES), 0.5 * inverse)
    core = lanes.where(u < 4.0, near, far)  # digamma(u), of u < 1 digamma(1 + u)
    right = lanes.where(u < 1.0, core - inverse, core)
    rest = _from_whole(x)
    cotangent = 1.0 / rest - rest * lanes.rational(rest * rest, COTPI)
    found = lanes.where(u < 1.0, core, core + inverse) - cotangent
    lanes.mark(left & (abs(found) < 0.5 * lanes.where(abs(core * rest) > 1.0, abs(core), abs(1.0 / rest))))
    return _without_poles(x, lanes.where(left, found, right))


_MOST_ORDER = 5
"""Beyond this order, and left of 0, polygamma is worked out one by one."""


def polygamma(order: float | None, x: Value) -> Value:
    """The recurrence up to 10 + order, and from there the asymptotic series (Abramowitz & Stegun 1964, 6.4.6, 6.4.11)."""
    lanes = x.lanes
    if order == 0:
        return digamma(x)
    if order is None or order > _MOST_ORDER or order < 0 or order % 1:
        lanes.mark(x.equals(x) | x.unordered(x))
        return x
    n = int(order)
    count = 10 + n
    small = x < count
    base = lanes.where(small, x + float(count), x)
    inverse = 1.0 / base
    square = inverse * inverse
    coefficients = [b * factorial(2 * k + n - 1) / factorial(2 * k) for k, b in enumerate(BERNOULLI, 1)]
    series = lanes.fma(
        square, lanes.polynomial(square, coefficients[::-1]), lanes.fma(inverse, factorial(n) / 2, factorial(n - 1))
    )
    power = _whole_power(base, n)
    total = series / power
    steps = lanes.constant(0.0)
    for step in reversed(range(count)):
        steps = steps + factorial(n) / _whole_power(x + float(step), n + 1)
    lanes.mark(power.equals(inf) & (x < inf))
    lanes.mark((x < 0.0) & ~lanes.intrinsic("floor", x).equals(x))
    found = lanes.where(small, total + steps, total)
    return _without_poles(x, found if n % 2 else -found)


def _whole_power(x: Value, count: int) -> Value:
    found = x
    for bit in bin(count)[3:]:
        found = found * found * x if bit == "1" else found * found
    return found


SPECIAL: dict[str, Callable[..., Value]] = {
    "erf": erf, "erfc": erfc, "gelu": gelu, "gamma": gamma, "lgamma": lgamma, "digamma": digamma,
}  # fmt: skip
