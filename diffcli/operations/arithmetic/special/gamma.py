"""The gamma function, its logarithm and their derivatives: the pieces."""

from __future__ import annotations

import math

from diffcli.operations.arithmetic import approximations as fits
from diffcli.operations.arithmetic.special.formulas import Elementary, Function, Pieces, Value, exactly, quotient


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


def _cotangent(t: Value, m: Elementary) -> Value:
    """cot(pi*t) for |t| <= 1/2."""
    return sine(0.5 - m.absolute(t), m) / sine(t, m)


def _gamma_of_1_and(z: Value, m: Elementary) -> Value:
    """gamma(1 + z) for 0 <= z <= 1."""
    return 1.0 + z * (z - 1.0) * quotient(fits.GAMMA, z, m)


_MOST_POWER = 140.0
"""Up to here a^(a - 1/2) is within the range of floats."""


def _stirling(a: Value, m: Elementary, more: Value = 0.0) -> Value:
    """gamma(a)/(a^(a - 1/2)*exp(-a)), and a little more of it: that share."""
    return fits.ROOT_OF_2_PI + (m.polynomial(fits.GAMMA_STIRLING, 1.0 / a) + fits.ROOT_OF_2_PI * more)


def _gamma_middle(a: Value, m: Elementary) -> Value:
    return m.exp(-a) * _stirling(a, m) * m.power(a, a - 0.5)


def _gamma_beyond(a: Value, m: Elementary) -> Value:
    a = m.least(a, 200.0)
    half = m.power(a, 0.5 * a - 0.25)
    return m.exp(-a) * _stirling(a, m) * half * half


# The reflection, gamma(a) = pi/(sin(pi*a)*gamma(1 - a)), as 1 - a would be rounded: gamma(1 + x) = x*gamma(x) with x = -a.


def _gamma_below(a: Value, m: Elementary) -> Value:
    """With x^(x + 1/2) for x*x^(x - 1/2): what the rounding of that exponent makes is made good."""
    x = -a
    exponent = x + 0.5
    rounding = (x - (exponent - 0.5)) * m.log(x)
    return math.pi / (sine(a, m) * (m.exp(-x) * _stirling(x, m, rounding)) * m.power(x, exponent))


GAMMA_RIGHT: Pieces = (
    (1.0, lambda a, m: _gamma_of_1_and(a, m) / a),
    (2.0, lambda a, m: _gamma_of_1_and(a - 1.0, m)),
    (3.0, lambda a, m: (a - 1.0) * _gamma_of_1_and(a - 2.0, m)),
    (_MOST_POWER, _gamma_middle),
    (math.inf, _gamma_beyond),
)
GAMMA: Pieces = (
    (-185.0, lambda a, m: 0.0 * sine(a, m)),  # with its sign
    (-_MOST_POWER, lambda a, m: a * math.nan),
    (-3.0, _gamma_below),
    (-1.0, lambda a, m: math.pi / (sine(a, m) * (-a * m.in_pieces(-a, GAMMA_RIGHT[1:4])))),
    (0.0, lambda a, m: math.pi / (sine(a, m) * _gamma_of_1_and(-a, m))),
    *GAMMA_RIGHT,
)


def _lgamma_below(a: Value, m: Elementary) -> Value:
    beyond = m.in_pieces(-a, LGAMMA_RIGHT)
    value = -m.log(m.absolute(sine(a, m) * a) / math.pi) - beyond
    return m.choose(m.absolute(value) < 0.7 * m.absolute(beyond), math.nan, value)


def _lgamma_between(a: Value, m: Elementary) -> Value:
    """log1p of what the gamma function's size is above 1, as that is a product with its two roots."""
    (r, r_rest), (s, s_rest) = fits.LGAMMA_ROOTS
    above = ((a - r) - r_rest) * ((a - s) - s_rest) * quotient(fits.LGAMMA_BELOW, a + 2.5, m)
    return m.log1p(-above / ((a + 2.0) * (a + 3.0)))


LGAMMA_RIGHT: Pieces = (
    (0.7, lambda a, m: a * (a - 1.0) * quotient(fits.LGAMMA, a, m) - m.log(m.absolute(a))),
    (5.0, lambda a, m: (a - 1.0) * (a - 2.0) * quotient(fits.LGAMMA, a - 1.0, m) + 0.0),  # -0 + 0 is 0
    (math.inf, lambda a, m: (a - 0.5) * (m.log(a) - 1.0) + (m.log(_stirling(a, m)) - 0.5)),
)
LGAMMA: Pieces = ((-3.0, _lgamma_below), (-2.0, _lgamma_between), (-0.25, _lgamma_below), *LGAMMA_RIGHT)


# -- the derivatives of the logarithm --------------------------------------------------------------------------------------


def _digamma_of_1_and(z: Value, m: Elementary) -> Value:
    root, rest = fits.DIGAMMA_ROOT
    return ((z - root) - rest) * quotient(fits.DIGAMMA, z, m)


def _digamma_beyond(a: Value, m: Elementary) -> Value:
    w = 1.0 / a
    square = w * w
    return m.log(a) - 0.5 * w - square * m.polynomial(fits.DIGAMMA_SERIES, square)


def _digamma_below(a: Value, m: Elementary) -> Value:
    beyond, t = m.in_pieces(-a, DIGAMMA_OF_1_AND), a - m.nearest(a)
    value = beyond - math.pi * _cotangent(t, m)
    return m.choose(m.absolute(value) < 1.3 * m.absolute(beyond), math.nan, value)


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
    return sine(moved, m) * factor / sine(0.5 - m.absolute(offset), m) - moved * slope


DIGAMMA_OF_1_AND: Pieces = ((3.0, _digamma_of_1_and), (math.inf, lambda z, m: _digamma_beyond(1.0 + z, m)))

DIGAMMA: Pieces = (
    (0.0, _digamma_below),
    (1.0, lambda a, m: _digamma_of_1_and(a, m) - 1.0 / a),
    (4.0, lambda a, m: _digamma_of_1_and(a - 1.0, m)),
    (math.inf, _digamma_beyond),
)

FUNCTIONS: dict[str, Function] = {
    "gamma": (GAMMA, exactly(lambda of, a: of["gamma"](a))),
    "lgamma": (LGAMMA, exactly(lambda of, a: of["log"](of["abs"](of["gamma"](a))))),
    "digamma": (
        DIGAMMA,
        lambda a, m: m.in_pieces(a, ((-_MOST_ROOT, exactly(lambda of, a: of["digamma"](a))), (0.0, _digamma_beside_root))),
    ),
}
"""The pieces of each, and what is computed where they do not know."""


_SERIES_FROM = 10
"""Where the asymptotic series of polygamma begins, plus the order."""


def _over_power(factor: Value, a: Value, step: Value, power: int, m: Elementary) -> Value:
    """factor/(a + step)^power, where the power alone may be beyond the range.

    A large power multiplies the rounding of the sum (Knuth 1969), so that is made good.
    """
    total = a + step
    if power <= 4:
        for _ in range(power):
            factor = factor / total
        return factor
    moved = total - a
    rounding = (a - (total - moved)) + (step - moved)
    half = m.power(total, -0.5 * power)
    return half * factor * (1.0 - power * rounding / total) * half


def _sum_of_powers(n: int, a: Value, first: int, m: Elementary) -> Value:
    """The sum of n!/(a + k)^(n + 1) over k = first, first + 1, ... for a > 0, the smallest first.

    The asymptotic series of Abramowitz & Stegun (1964), 6.4.11, after as many terms as lead to where it holds.
    """
    count = m.nearest(-m.least(a - (_SERIES_FROM + n + 0.5), -float(first)))
    leading, factorial = _over_power(math.factorial(n - 1), a, count, n, m), float(math.factorial(n))
    series = [number * math.comb(2 * k + n - 1, 2 * k) for k, number in enumerate(fits.BERNOULLI, 1)]
    w = 1.0 / (a + count)
    total = leading + leading * w * (0.5 * n + w * m.polynomial(tuple(series[::-1]), w * w))
    for k in range(int(m.largest(count)) - 1, first - 1, -1):
        total += m.choose(count > k, _over_power(factorial, a, float(k), n + 1, m), 0.0)
    return total


_COTANGENT_DERIVATIVES = {2: (2.0, 0.0, 2.0, 0.0), 4: (24.0, 0.0, 40.0, 0.0, 16.0, 0.0)}
"""Even derivatives of the cotangent, as polynomials in it, because cot' = -(1 + cot^2)."""


def polygamma(n: int) -> Function:
    """Polygamma of a whole order from 1 on."""
    sign = 1.0 if n % 2 else -1.0

    def halves(t: Value, m: Elementary) -> Value:
        """The sum over all whole numbers, that to the right and that to the left of t."""
        right, left = _sum_of_powers(n, t, 0, m), _sum_of_powers(n, -t, 1, m)
        return m.choose(left > 0.5 * right, math.nan, right - left) if n % 2 == 0 else right + left

    def by_cotangent(t: Value, m: Elementary) -> Value:
        return math.pi ** (n + 1) * m.polynomial(_COTANGENT_DERIVATIVES[n], _cotangent(t, m))

    def below(a: Value, m: Elementary) -> Value:
        behind, t = _sum_of_powers(n, -a, 1, m), a - m.nearest(a)
        around = m.in_pieces(m.absolute(t), ((0.35, halves), (math.inf, by_cotangent if n in (2, 4) else halves)))
        value = (around if n % 2 else m.choose(t < 0, -around, around)) - sign * behind
        return m.choose(m.absolute(value) < 0.7 * behind, math.nan, sign * value)

    def far(a: Value, m: Elementary) -> Value:
        return (sign if n == 1 else sign * 0.0) / a

    pieces: Pieces = ((0.0, below), (1e300, lambda a, m: sign * _sum_of_powers(n, a, 0, m)), (math.inf, far))
    return pieces, exactly(lambda of, a: of["polygamma"](n, a))
