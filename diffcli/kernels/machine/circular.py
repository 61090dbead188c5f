"""Circular functions and their inverses over vectors, without a branch: see `diffcli.kernels.machine.elementary`."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from diffcli.kernels.machine.elementary import TO_WHOLE
from diffcli.kernels.machine.values import Value

_SIGN = -(1 << 63)

HALF_PI = 1.5707963267948966, 6.123233995736766e-17
_FUSED = (1e9, (*HALF_PI, -1.4973849048591698e-33))
_PLAIN = (1e6, (1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32))
"""pi/2 in parts (Cody & Waite 1980), and to where a multiple that is taken off by them loses nothing: with fused products, and
with parts of 33 bits, whose products with k are exact."""

# Fitted at Chebyshev's nodes; beside each the largest error relative to the function.
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
# (asin(t)/t - 1)/t^2 in t^2 for |t| <= 1/2: 5e-18
_ASIN = (
    0.028757851367421566, -0.014851887071247204, 0.01740087944269402, 0.005457506718640358, 0.01032281435018578,
    0.011479177415184906, 0.013971212973552933, 0.017352392720869973, 0.02237217294214989, 0.030381944138531247,
    0.04464285714635543, 0.07499999999998433, 0.16666666666666669,
)  # fmt: skip


def _circle(x: Value) -> tuple[Value, Value, Value]:
    """Of |x|: the nearest multiple of pi/2, as bits of which the lowest two count, and sine and cosine of what is left."""
    lanes, size = x.lanes, abs(x)
    most, parts = _FUSED if lanes.fused else _PLAIN
    lanes.mark((size > most) & (size < inf))
    whole = lanes.fma(size, 0.6366197723675814, TO_WHOLE)
    k, r = whole - TO_WHOLE, size
    for part in parts:
        r = lanes.fma(k, -part, r)
    z = r * r
    half = 0.5 * z
    near_1 = 1.0 - half
    cosine = near_1 + lanes.fma(z * z, lanes.polynomial(z, _COS), (1.0 - near_1) - half)
    return whole.bits(), lanes.fma(r * z, lanes.polynomial(z, _SIN), r), cosine


def sin(x: Value) -> Value:
    whole, sine, cosine = _circle(x)
    found = x.lanes.where((whole & 1).equals(1), cosine, sine)
    return (found.bits() ^ (((whole << 62) ^ x.bits()) & _SIGN)).as_number()


def cos(x: Value) -> Value:
    whole, sine, cosine = _circle(x)
    found = x.lanes.where((whole & 1).equals(1), sine, cosine)
    return (found.bits() ^ (((whole + 1) << 62) & _SIGN)).as_number()


def tan(x: Value) -> Value:
    lanes = x.lanes
    whole, sine, cosine = _circle(x)
    odd = (whole & 1).equals(1)
    found = lanes.where(odd, -cosine, sine) / lanes.where(odd, sine, cosine)
    return (found.bits() ^ (x.bits() & _SIGN)).as_number()


# -- inverses ----------------------------------------------------------------------------------------------------------


def _positive_atan(t: Value) -> Value:
    """From tan(pi/8) on pi/4 + atan((t - 1)/(t + 1)), from tan(3*pi/8) on pi/2 - atan(1/t)."""
    lanes = t.lanes
    middle, far = t > 0.41421356237309503, t > 2.414213562373095
    above = lanes.where(far, -1.0, lanes.where(middle, t - 1.0, t))
    q = above / lanes.where(far, t, lanes.where(middle, t + 1.0, 1.0))
    z = q * q
    part = [lanes.where(far, value, lanes.where(middle, value / 2, 0.0)) for value in HALF_PI]
    return part[0] + (q + lanes.fma(q * z, lanes.polynomial(z, _ATAN), part[1]))


def atan(x: Value) -> Value:
    return x.lanes.intrinsic("copysign", _positive_atan(abs(x)), x)


def atan2(a: Value, b: Value) -> Value:
    lanes, above, below = a.lanes, abs(a), abs(b)
    same = above.equals(below) & (above.equals(0.0) | above.equals(inf))  # whose quotient is undefined
    t = lanes.where(same, lanes.where(above.equals(0.0), 0.0, 1.0), above / below)
    angle = _positive_atan(t)
    left = 2 * HALF_PI[0] - (angle - 2 * HALF_PI[1])
    return lanes.intrinsic("copysign", lanes.where(b.bits() < 0, left, angle), a)


def _half_asin(x: Value) -> tuple[Value, Value]:
    """Where |x| > 1/2, and there asin(sqrt((1 - |x|)/2)), elsewhere asin(|x|)."""
    lanes, size = x.lanes, abs(x)
    far = size > 0.5
    z = lanes.where(far, (1.0 - size) * 0.5, size * size)
    s = lanes.where(far, lanes.intrinsic("sqrt", z), size)
    return far, lanes.fma(s * z, lanes.polynomial(z, _ASIN), s)


def asin(x: Value) -> Value:
    lanes = x.lanes
    far, angle = _half_asin(x)
    return lanes.intrinsic("copysign", lanes.where(far, HALF_PI[0] - (2.0 * angle - HALF_PI[1]), angle), x)


def acos(x: Value) -> Value:
    lanes = x.lanes
    far, angle = _half_asin(x)
    signed = lanes.intrinsic("copysign", angle, x)
    outer = lanes.where(x < 0.0, 2 * HALF_PI[0] - (2.0 * angle - 2 * HALF_PI[1]), 2.0 * angle)
    return lanes.where(far, outer, HALF_PI[0] - (signed - HALF_PI[1]))


CIRCULAR: dict[str, Callable[..., Value]] = {
    "sin": sin, "cos": cos, "tan": tan, "atan": atan, "atan2": atan2, "asin": asin, "acos": acos,
}  # fmt: skip
