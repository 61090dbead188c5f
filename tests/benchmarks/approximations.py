"""Where the coefficients of `diffcli.operations.arithmetic.approximations` come from: fits by mpmath, printed as Python.

    python tests/benchmarks/approximations.py [name]

Each is a rational function whose largest relative error on its range is as small as its degrees allow, or nearly: least
squares at Chebyshev's points, whose weights are raised where the error is large (Lawson 1961) and divided by the denominator
of the round before (Sanathanan & Koerner 1963), with 60 digits.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable
from typing import Any, NamedTuple

from mpmath import mp, mpf

Number = Any

mp.dps = 60


class Fit(NamedTuple):
    """What is fitted, over which range, with which degrees above and below."""

    function: Callable[[Number], Number]
    lower: Number
    upper: Number
    above: int
    below: int
    constant: Number = 0
    """What the quotient is added to: most of the function, so that its own rounding counts little."""
    size: Callable[[Number], Number] = lambda _: mpf(1)
    """What an error of the fit, relative to the fit, is multiplied by."""


def fitted(fit: Fit, rounds: int = 24) -> tuple[list[Number], list[Number], Number]:
    """Coefficients above and below, highest first, the last below 1; and the largest error."""
    count = 6 * (fit.above + fit.below + 2)
    middle, half = (fit.upper + fit.lower) / mpf(2), (fit.upper - fit.lower) / mpf(2)
    points = [middle + half * mp.cos(mp.pi * (2 * k + 1) / (2 * count)) for k in range(count)]
    whole = [fit.function(x) for x in points]
    sizes = [fit.size(x) / abs(y) for x, y in zip(points, whole, strict=True)]
    values = [y - fit.constant for y in whole]
    weights, below = [mpf(1)] * count, [mpf(0)] * fit.below + [mpf(1)]
    best: tuple[list[Number], list[Number], Number] = ([], [], mp.inf)
    for _ in range(rounds):
        above, below = _least_squares(fit, points, values, sizes, weights, below)
        errors = [
            abs(mp.polyval(above, x) / mp.polyval(below, x) - y) * size
            for x, y, size in zip(points, values, sizes, strict=True)
        ]  # fmt: skip
        worst = max(errors)
        if worst < best[2]:
            best = above, below, worst
        weights = [w * mp.sqrt(error / worst + mpf("1e-9")) for w, error in zip(weights, errors, strict=True)]
        total = sum(weights)
        weights = [w * count / total for w in weights]
    return best


def _least_squares(
    fit: Fit, points: list[Number], values: list[Number], sizes: list[Number], weights: list[Number], below: list[Number]
) -> tuple[list[Number], list[Number]]:
    """The coefficients for which above - value*below is least, in the weights and over the former ``below``."""
    rows, right = [], []
    for x, y, size, weight in zip(points, values, sizes, weights, strict=True):
        scale = mp.sqrt(weight) * size / abs(mp.polyval(below, x))
        rows.append([scale * x**k for k in range(fit.above, -1, -1)] + [-scale * y * x**k for k in range(fit.below, 0, -1)])
        right.append(scale * y)
    width = fit.above + fit.below + 1
    normal = mp.matrix(width, width)
    sums = mp.matrix(width, 1)
    for i in range(width):
        sums[i] = mp.fdot((row[i], value) for row, value in zip(rows, right, strict=True))
        for j in range(i, width):
            normal[i, j] = normal[j, i] = mp.fdot((row[i], row[j]) for row in rows)
    found = list(mp.lu_solve(normal, sums))
    return found[: fit.above + 1], [*found[fit.above + 1 :], mpf(1)]


def _lgamma_over_roots(z: Number) -> Number:
    return mp.loggamma(1 + z) / (z * (z - 1))


def _stirling(a: Number) -> Number:
    """The gamma function by what Stirling's formula multiplies the root of 2*pi with."""
    return mp.gamma(a) / (a ** (a - mpf(1) / 2) * mp.exp(-a))


def _digamma_rest(w: Number) -> Number:
    a = 1 / mp.sqrt(w)
    return (mp.log(a) - 1 / (2 * a) - mp.digamma(a)) / w


def _lgamma(a: Number) -> Number:
    return mp.re(mp.loggamma(a))


DIGAMMA_ROOT = mp.findroot(mp.digamma, mpf("1.4616"))
LGAMMA_ROOTS = mp.findroot(_lgamma, mpf("-2.457")), mp.findroot(_lgamma, mpf("-2.747"))


def _gamma_below(y: Number) -> Number:
    """By how much the gamma function's size is above 1 between -3 and -2, times (a + 2)*(a + 3), and without the two roots."""
    a = y - mpf(5) / 2
    return (mp.gamma(a + 4) + a * (a + 1) * (a + 2) * (a + 3)) / ((a - LGAMMA_ROOTS[0]) * (a - LGAMMA_ROOTS[1]) * a * (a + 1))


def _erf_rest(t: Number) -> Number:
    return mp.erf(mp.sqrt(t)) / mp.sqrt(t) - 1


def _erfcx(q: Number) -> Number:
    a = 4 * (1 + q) / (1 - q)
    return (1 + 2 * a) * mp.exp(a * a) * mp.erfc(a)


def _erfcx_alone(q: Number) -> Number:
    a = 2 * (1 + q) / (1 - q)
    return mp.exp(a * a) * mp.erfc(a)


def _erfc_share(q: Number) -> Number:
    a = 2 * (1 + q) / (1 - q)
    return mp.erfc(a) / mp.erf(a)


def _erf_by_tanh(t: Number) -> Number:
    """By what share more than a the inverse hyperbolic tangent of erf(a) is."""
    a = mp.sqrt(t)
    return mp.log((1 + mp.erf(a)) / mp.erfc(a)) / (2 * a) - 1


def _erf_slope(t: Number) -> Number:
    """By what share the hyperbolic tangent changes with that."""
    a = mp.sqrt(t)
    return mp.erfc(a) * (1 + mp.erf(a)) * a * _erf_by_tanh(t) / mp.erf(a)


def _gamma_between(z: Number) -> Number:
    return (mp.gamma(1 + z) - 1) / (z * (z - 1))


NEARLY_0 = mpf("1e-18")

FITS = {
    "ERF": Fit(_erf_rest, NEARLY_0, 1, 11, 0, size=lambda t: abs(_erf_rest(t)) / (1 + _erf_rest(t))),
    "ERF_BY_TANH": Fit(_erf_by_tanh, NEARLY_0, 36, 9, 9, size=_erf_slope),
    "ERFCX": Fit(_erfcx, -mpf(71) / 89, mpf("24.3") / mpf("32.3"), 20, 0),
    "ERF_BEYOND": Fit(_erfcx_alone, -mpf(1) / 3, mpf(1) / 2, 11, 0, size=_erfc_share),
    "GAMMA": Fit(_gamma_between, NEARLY_0, 1, 6, 6, mpf("0.5"), lambda z: abs(z * (z - 1) * _gamma_between(z)) / mp.gamma(1 + z)),
    "GAMMA_STIRLING": Fit(lambda w: _stirling(1 / w), mpf("1e-9"), mpf(1) / 3, 12, 0, mpf(float(mp.sqrt(2 * mp.pi)))),
    "LGAMMA": Fit(_lgamma_over_roots, -mpf("0.3"), 4, 9, 9, mpf("0.375")),
    "LGAMMA_BELOW": Fit(_gamma_below, -mpf(1) / 2, mpf(1) / 2, 7, 6, mpf("1.25")),
    "DIGAMMA": Fit(lambda z: mp.digamma(1 + z) / (z + 1 - DIGAMMA_ROOT), 0, 3, 7, 7, mpf("0.75")),
    "DIGAMMA_SERIES": Fit(
        _digamma_rest, NEARLY_0, mpf(1) / 16, 7, 0, size=lambda w: abs(_digamma_rest(w) * w / mp.digamma(1 / mp.sqrt(w)))
    ),
    "SINPI": Fit(lambda t: mp.sin(mp.pi * mp.sqrt(t)) / mp.sqrt(t), NEARLY_0, mpf(1) / 4, 8, 0),
}
"""The fits, by the names of their coefficients."""


def _tuple(numbers: list[Number], indent: str) -> str:
    """A tuple as Python, as many numbers to a line as fit."""
    return textwrap.fill(f"({', '.join(repr(float(c)) for c in numbers)})", 126, subsequent_indent=indent + " ")


def main() -> None:
    for name in sys.argv[1:] or FITS:
        above, below, error = fitted(FITS[name])
        print(f"# largest relative error {mp.nstr(error, 2)}")
        if len(below) == 1:
            print(f"{name} = (\n    {_tuple(above, '   ')[1:-1]},\n)\n")
        else:
            parts = (repr(float(FITS[name].constant)), *(_tuple(part, "    ") for part in (above, below)))
            print(f"{name} = (" + "".join(f"\n    {part}," for part in parts) + "\n)\n")
    print(f"DIGAMMA_ROOT = {_two_floats(DIGAMMA_ROOT - 1)}")
    print(f"LGAMMA_ROOTS = {_two_floats(LGAMMA_ROOTS[0]), _two_floats(LGAMMA_ROOTS[1])}")
    nodes = [(1 + x) / 2 for x in mp.polyroots(mp.taylor(lambda x: mp.legendre(6, x), 0, 6)[::-1])]
    weights = [1 / ((1 - (2 * x - 1) ** 2) * mp.diff(lambda y: mp.legendre(6, y), 2 * x - 1) ** 2) for x in nodes]
    print(f"GAUSS = {tuple((float(x), float(w)) for x, w in zip(nodes, weights, strict=True))}")


def _two_floats(number: Number) -> tuple[float, float]:
    return float(number), float(number - mpf(float(number)))


if __name__ == "__main__":
    main()
