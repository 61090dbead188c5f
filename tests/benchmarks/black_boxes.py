"""How often the estimated bars of `diffcli.difference` hold for black boxes from arrays to numbers, and how many calls they take.

    python tests/benchmarks/black_boxes.py [how many of each kind] [seed]

Each kind is one way to make a function harder; the exact gradient is known by hand. A bar that covers the whole derivative holds
too, and says nothing: ``no digit`` counts those.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Iterator

import numpy as np

import diffcli

Case = tuple[Callable[[np.ndarray], float], np.ndarray, np.ndarray]

ONES: list[tuple[Callable[[float], float], Callable[[float], float]]] = [
    (math.sin, math.cos), (math.exp, math.exp), (math.atan, lambda x: 1 / (1 + x * x)), (math.tanh, lambda x: 1 - math.tanh(x) ** 2),
    (math.erf, lambda x: 2 / math.sqrt(math.pi) * math.exp(-x * x)), (lambda x: x**3, lambda x: 3 * x * x),
    (lambda x: math.log(x * x + 0.1), lambda x: 2 * x / (x * x + 0.1)), (lambda x: 1 / (x * x + 2), lambda x: -2 * x / (x * x + 2) ** 2),
    (lambda x: math.sqrt(x * x + 0.01), lambda x: x / math.sqrt(x * x + 0.01)), (math.cosh, math.sinh),
]  # fmt: skip


def summed(source: random.Random, scale: Callable[[], float], noise: float = 0.0, kink: float = 0.0) -> Case:
    """sum of a_i g_i(x_i/s_i + b_i) g_j(...) for a chain of neighbours, with noise, or with kinks at a distance from the point."""
    n = source.randint(1, 8)
    chosen = [source.choice(ONES) for _ in range(n)]
    sizes, shifts = [scale() for _ in range(n)], [source.uniform(-1, 1) for _ in range(n)]
    x = np.array([size * source.uniform(0.1, 2) for size in sizes])
    corners = [float(at) * (1 + kink) for at in x] if kink else []

    def function(w: np.ndarray) -> float:
        total = math.fsum(g(float(one) / size + shift) for (g, _), one, size, shift in zip(chosen, w, sizes, shifts, strict=True))
        total += math.fsum(abs(float(one) - corner) / size for one, corner, size in zip(w, corners, sizes, strict=False))
        return total + noise * source.gauss(0, 1)

    slopes = [slope(float(one) / size + shift) / size for (_, slope), one, size, shift in zip(chosen, x, sizes, shifts, strict=True)]
    exact = np.array(slopes) + np.array([math.copysign(1 / size, -kink) if kink else 0.0 for size in sizes])
    return function, x, exact


def by_numpy(source: random.Random) -> Case:
    """log sum exp, a norm, a quadratic form, or a softened maximum of an array, computed by NumPy or SciPy."""
    n = source.randint(2, 30)
    state = np.random.default_rng(source.randrange(10**6))
    x, matrix = state.normal(size=n), state.normal(size=(n, n))
    kind = source.randrange(4)
    if kind == 0:
        return lambda w: float(np.log(np.exp(w).sum())), x, np.exp(x) / np.exp(x).sum()
    if kind == 1:
        return lambda w: float(np.linalg.norm(w)), x, x / np.linalg.norm(x)
    if kind == 2:
        solid = matrix @ matrix.T + n * np.eye(n)
        return lambda w: float(w @ np.linalg.solve(solid, w)), x, 2 * np.linalg.solve(solid, x)
    return lambda w: float(np.float32(np.tanh(w.astype(np.float32)).sum())), x, 1 - np.tanh(x.astype(np.float32).astype(float)) ** 2


def by_scipy(source: random.Random) -> Case:
    special = __import__("scipy.special").special
    x = np.array([source.uniform(0.2, 5) for _ in range(source.randint(1, 6))])
    if source.random() < 0.5:
        return lambda w: float(special.j0(w).sum()), x, -special.j1(x)
    return lambda w: float(special.gammaln(w).sum()), x, special.digamma(x)


KINDS: dict[str, Callable[[random.Random], Case]] = {
    "math": lambda source: summed(source, lambda: 1.0),
    "noise of 1e-8": lambda source: summed(source, lambda: 1.0, noise=1e-8),
    "near a kink": lambda source: summed(source, lambda: 1.0, kink=10 ** source.uniform(-4, -1) * source.choice((-1, 1))),
    "all scaled by 1e-8 to 1e8": lambda source: (lambda size: summed(source, lambda: size))(10 ** source.uniform(-8, 8)),
    "each scaled by 1e-8 to 1e8": lambda source: summed(source, lambda: 10 ** source.uniform(-8, 8)),
    "NumPy": by_numpy,
    "SciPy": by_scipy,
}


def outcomes(make: Callable[[random.Random], Case], count: int, seed: int) -> Iterator[tuple[bool | None, bool, float, float]]:
    """For each element whether the bar holds, whether it says nothing, the relative error, and the calls an element takes."""
    source = random.Random(seed)
    for _ in range(count):
        function, x, exact = make(source)
        found = diffcli.difference(function, x)
        (estimates,), (bars,) = found.estimates.values(), found.bars.values()
        for estimate, bar, right in zip(estimates, bars, exact, strict=True):
            known = not math.isnan(estimate)
            error = abs(estimate - right)
            yield (bool(error <= bar + 1e-15 * abs(right)) if known else None), bool(bar >= abs(right)), error / abs(right), found.evaluations / x.size


def main(count: int = 200, seed: int = 1) -> None:
    print(f"{'':28}{'elements':>9}{'holds':>9}{'none':>8}{'no digit':>10}{'digits':>8}{'calls':>7}")
    for name, make in KINDS.items():
        try:
            found = list(outcomes(make, count, seed))
        except ModuleNotFoundError:
            continue
        known = [row for row in found if row[0] is not None]
        digits = sorted(-math.log10(max(row[2], 1e-17)) for row in known)
        shares = (sum(row[0] is True for row in known) / len(known), 1 - len(known) / len(found), sum(row[1] for row in known) / len(known))
        calls = sorted(row[3] for row in found)[len(found) // 2]
        print(f"{name:28}{len(found):9}{shares[0]:9.2%}{shares[1]:8.1%}{shares[2]:10.1%}{digits[len(digits) // 2]:8.1f}{calls:7.0f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
