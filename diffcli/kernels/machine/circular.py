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


def _wave(quarter: int) -> Callable[[Value], Value]:
    """The sine of x + quarter*pi/2."""

    def found(x: Value) -> Value:
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
        sine = lanes.fma(r * z, lanes.polynomial(z, _SIN), r)
        place = whole.bits() + quarter
        turned = place << 62 if quarter else place << 62 ^ x.bits()  # the sine is odd, the cosine even
        found = lanes.where((place & 1).equals(1), cosine, sine)
        return (found.bits() ^ (turned & _SIGN)).as_number()

    return found


def atan2(a: Value, b: Value) -> Value:
    """From tan(pi/8) on pi/4 + atan((t - 1)/(t + 1)), from tan(3*pi/8) on pi/2 - atan(1/t), with t = |a/b|."""
    lanes, above, below = a.lanes, abs(a), abs(b)
    same = above.equals(below) & (above.equals(0.0) | above.equals(inf))  # whose quotient is undefined
    t = lanes.where(same, lanes.where(above.equals(0.0), 0.0, 1.0), above / below)
    middle, far = t > 0.41421356237309503, t > 2.414213562373095
    q = lanes.where(far, -1.0, lanes.where(middle, t - 1.0, t)) / lanes.where(far, t, lanes.where(middle, t + 1.0, 1.0))
    z = q * q
    part = [lanes.where(far, value, lanes.where(middle, value / 2, 0.0)) for value in HALF_PI]
    angle = part[0] + (q + lanes.fma(q * z, lanes.polynomial(z, _ATAN), part[1]))
    left = 2 * HALF_PI[0] - (angle - 2 * HALF_PI[1])
    return lanes.intrinsic("copysign", lanes.where(b.bits() < 0, left, angle), a)


CIRCULAR: dict[str, Callable[..., Value]] = {"sin": _wave(0), "cos": _wave(1), "atan2": atan2}
