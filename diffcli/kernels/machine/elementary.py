"""Elementary functions over vectors: what `math` computes for one number, without a branch.

Each is a function of values. An error is a few units in the last place at most, and what is infinite, NaN or has a sign is
what it is in floats.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan

from diffcli.kernels.machine.values import Value

LOG_2 = 6.93147180369123816490e-01, 1.90821492927058770002e-10
"""log(2) in two parts: a whole number up to 2^20 times the first is exact (FDLIBM, Sun 1993)."""
TO_WHOLE = 1.5 * 2.0**52
"""A number to which this is added is rounded to a whole one, which its lowest bits are then."""
_SMALLEST = 2.0**-1022
_ONE, _MANTISSA, _THREE_QUARTERS = 0x3FF0000000000000, 0x000FFFFFFFFFFFFF, 0x3FE8000000000000
_SIGN = -(1 << 63)

HALF_PI = 1.5707963267948966, 6.123233995736766e-17
_THIRD_PART = -1.4973849048591698e-33
"""pi/2 in parts (Cody & Waite 1980): up to 1e9 a multiple that is taken off by them, with fused products, loses nothing."""

# What follows is fitted at Chebyshev's nodes; beside each the largest error relative to the function.
# (exp(r) - 1 - r)/r^2 for |r| <= log(2)/2: 4e-17
_EXP = (
    2.5100424157005067e-08, 2.7620138719733994e-07, 2.7557268378684192e-06, 2.480152119021773e-05,
    0.00019841269863105968, 0.0013888888917281794, 0.008333333333330051, 0.04166666666662399, 0.16666666666666669,
    0.5000000000000001,
)  # fmt: skip
# (2*atanh(s)/s - 2)/s^2 in s^2 for |s| <= 1/5: 1e-18
_LOG = (
    0.13604015707124079, 0.1321036048513262, 0.15388834677801916, 0.18181738454723026, 0.22222223037807243, 0.2857142856733919,
    0.400000000000078, 0.6666666666666666,
)  # fmt: skip
# (sin(r)/r - 1)/r^2 in r^2 for |r| <= pi/4: 2e-17
_SIN = (
    1.591810123027412e-10, -2.5051131455427946e-08, 2.755731610068303e-06, -0.0001984126983675497, 0.008333333333330946,
    -0.16666666666666666,
)  # fmt: skip
# (cos(r) - 1 + r^2/2)/r^4 in r^2: 9e-19
_COS = (
    -1.1382614868556325e-11, 2.0876146024689747e-09, -2.7557317270560326e-07, 2.4801587298763433e-05, -0.0013888888888887395,
    0.041666666666666664,
)  # fmt: skip
# (atan(t)/t - 1)/t^2 in t^2 for |t| <= tan(pi/8): 7e-18
_ATAN = (
    -0.019176426315546866, 0.039231282023743305, -0.050854367132677145, 0.058581464238093545, -0.06664511160859166,
    0.0769218317048485, -0.09090904577248296, 0.11111111015234812, -0.14285714284666276, 0.19999999999995519,
    -0.3333333333333333,
)  # fmt: skip


def clamped(x: Value, low: float, high: float) -> Value:
    """x held between two bounds; NaN stays."""
    x = x.lanes.where(x > high, high, x)
    return x.lanes.where(x < low, low, x)


def _exponent(x: Value, rest: Value | None = None) -> tuple[Value, Value]:
    """The whole number k nearest to x/log(2), and exp(r) - 1 with r = x - k*log(2) + rest."""
    lanes = x.lanes
    k = lanes.fma(x, 1.4426950408889634, TO_WHOLE) - TO_WHOLE
    r = lanes.fma(k, -LOG_2[1], lanes.fma(k, -LOG_2[0], x))
    r = r if rest is None else r + rest
    return k, lanes.fma(r * r, lanes.polynomial(r, _EXP), r)


def scaled(x: Value, k: Value) -> Value:
    """x*2^k for |k| < 2000: in two steps, because 2^k alone may be beyond the range, with one rounding."""
    lanes = x.lanes
    if lanes.wide:
        return lanes.avx512("scalef", x, k, x)
    half = lanes.fma(k, 0.5, TO_WHOLE)
    rest = (k - (half - TO_WHOLE)) + TO_WHOLE
    return (x.bits() + (half.bits() << 52)).as_number() * ((rest.bits() << 52) + _ONE).as_number()


def exp(x: Value, rest: Value | None = None) -> Value:
    """exp(x + rest), of which the rest is tiny."""
    k, near = _exponent(clamped(x, -800.0, 800.0), rest)
    return scaled(1.0 + near, k)


def expm1(x: Value) -> Value:
    """(exp(r) - 1)*2^k + (2^k - 1), both halved, because 2^k may be beyond the range."""
    lanes = x.lanes
    k, near = _exponent(clamped(x, -50.0, 710.0))
    power = (((k + (TO_WHOLE - 1.0)).bits() << 52) + _ONE).as_number()
    found = lanes.intrinsic("copysign", 2.0 * lanes.fma(near, power, power - 0.5), x)
    return lanes.where(abs(x) < 1e-300, x, found)  # of which half may be 0


def tanh(x: Value) -> Value:
    t = expm1(-2.0 * abs(x))
    return x.lanes.intrinsic("copysign", -t / (2.0 + t), x)


def log_parts(x: Value) -> tuple[Value, Value]:
    """The whole number k and m between 3/4 and 3/2, with x = m*2^k; of x > 0."""
    lanes = x.lanes
    if lanes.wide:
        m = lanes.avx512("getmant", x, 3, x)  # 3: between 3/4 and 3/2
        return lanes.avx512("getexp", x, x) - lanes.avx512("getexp", m, m), m
    subnormal = x < _SMALLEST
    bits = lanes.where(subnormal, x * 2.0**54, x).bits() + (_ONE - _THREE_QUARTERS)
    exponent = (bits >> 52 | 0x4330000000000000).as_number()  # 2^52 + what stands in the exponent's bits
    m = ((bits & _MANTISSA) + _THREE_QUARTERS).as_number()
    return exponent - lanes.where(subnormal, 2.0**52 + 1023 + 54, 2.0**52 + 1023), m


def _logarithm(of_2: tuple[float, float], of_e: float) -> Callable[[Value], Value]:
    """A logarithm by those of 2, in two parts, and of e."""

    def found(x: Value) -> Value:
        lanes = x.lanes
        k, m = log_parts(x)
        f = m - 1.0
        s = f / (2.0 + f)
        z = s * s
        taken = s * (f - z * lanes.polynomial(z, _LOG))
        return log_edges(x, lanes.fma(k, of_2[0], f * of_e - lanes.fma(k, -of_2[1], taken * of_e)))

    return found


def log_edges(x: Value, found: Value) -> Value:
    """A logarithm's values at 0, below it, and at infinity."""
    lanes = x.lanes
    if lanes.wide:  # for each class of numbers 0 is what was found, 2 the NaN itself, 3 NaN, 4 -inf, 5 inf
        return lanes.avx512("fixupimm", found, x, Value(lanes, lanes.everywhere(lanes.whole, 0x03530422)), 0)
    return lanes.where(x.equals(inf), inf, lanes.where(x > 0.0, found, lanes.where(x.equals(0.0), -inf, nan)))


log = _logarithm(LOG_2, 1.0)


def _wave(quarter: int) -> Callable[[Value], Value]:
    """The sine of x + quarter*pi/2."""

    def found(x: Value) -> Value:
        lanes, size = x.lanes, abs(x)
        lanes.mark((size > 1e9) & (size < inf))
        whole = lanes.fma(size, 0.6366197723675814, TO_WHOLE)
        k, r = whole - TO_WHOLE, size
        for part in (*HALF_PI, _THIRD_PART):
            r = lanes.fma(k, -part, r)
        z = r * r
        half = 0.5 * z
        near_1 = 1.0 - half
        cosine = near_1 + lanes.fma(z * z, lanes.polynomial(z, _COS), (1.0 - near_1) - half)
        sine = lanes.fma(r * z, lanes.polynomial(z, _SIN), r)
        place = whole.bits() + quarter
        turned = place << 62 if quarter else place << 62 ^ x.bits()  # the sine is odd, the cosine even
        size = lanes.where((place & 1).equals(1), cosine, sine)
        return (size.bits() ^ (turned & _SIGN)).as_number()

    return found


def atan2(a: Value, b: Value) -> Value:
    """From tan(pi/8) on pi/4 + atan((t - 1)/(t + 1)), from tan(3*pi/8) on pi/2 - atan(1/t), with t = |a/b|."""
    lanes, above, below = a.lanes, abs(a), abs(b)
    t = lanes.where(above.equals(below), lanes.where(above.equals(0.0), 0.0, 1.0), above / below)
    middle, far = t > 0.41421356237309503, t > 2.414213562373095
    q = lanes.where(far, -1.0, lanes.where(middle, t - 1.0, t)) / lanes.where(far, t, lanes.where(middle, t + 1.0, 1.0))
    z = q * q
    part = [lanes.where(far, value, lanes.where(middle, value / 2, 0.0)) for value in HALF_PI]
    angle = part[0] + (q + lanes.fma(q * z, lanes.polynomial(z, _ATAN), part[1]))
    left = 2 * HALF_PI[0] - (angle - 2 * HALF_PI[1])
    return lanes.intrinsic("copysign", lanes.where(b.bits() < 0, left, angle), a)


ELEMENTARY: dict[str, Callable[..., Value]] = {
    "exp": exp, "expm1": expm1, "tanh": tanh, "sin": _wave(0), "cos": _wave(1), "atan2": atan2,
    "log": log, "log2": _logarithm((1.0, 0.0), 1.4426950408889634),
    "log10": _logarithm((0.30102999560767785, 5.630334806675098e-11), 0.4342944819032518),
}  # fmt: skip
