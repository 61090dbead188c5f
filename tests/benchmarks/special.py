"""The special functions on arrays: their time beside SciPy's, and the largest error that random points find.

python tests/benchmarks/special.py             # nanoseconds per element, and the ratio to SciPy's, of 100,000 elements
python tests/benchmarks/special.py worst 10000 # the largest error in ulp, of so many points in each range
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from mpmath import mp, mpf

sys.path.insert(0, str(Path(__file__).parents[1]))

import oracle
from inside import FLOATS, arrays

RANGES = {
    "erf": ((-6, 6), (0.8, 1.2)), "erfc": ((-6, 0), (0, 2), (0, 27.3)), "gelu": ((-38, 0), (-2, 2), (0, 38)),
    "gamma": ((0, 3), (3, 20), (20, 171.6), (-1, 0), (-3, -1), (-20, -3), (-170, -20)),
    "lgamma": ((0, 0.9), (0.9, 1.1), (1.1, 2.7), (2.5, 5.5), (5.5, 100), (-1, 0), (-2, -1), (-3, -2), (-5, -3), (-25, -5), (-300, -25)),
    "digamma": ((0, 1), (1, 2), (2, 5), (5, 1e4), (-1, 0), (-10, -1), (-300, -10)),
    "polygamma 1": ((0, 1), (1, 20), (-20, 0)), "polygamma 2": ((0, 1), (1, 20), (-20, 0)), "polygamma 3": ((0, 1), (1, 20), (-20, 0)),
}  # fmt: skip


def function_of(name: str) -> Callable[[Any], Any]:
    row, _, order = name.partition(" ")
    return (lambda a: arrays.FUNCTIONS[row](int(order), a)) if order else arrays.FUNCTIONS[row]


def worst(name: str, lower: float, upper: float, count: int) -> tuple[float, float, str]:
    row, _, order = name.partition(" ")
    operands = (int(order),) if order else ()
    points = np.random.default_rng().uniform(lower, upper, count)
    found = (0.0, 0.0, "")
    for point, element in zip(points.tolist(), function_of(name)(points).tolist(), strict=True):
        with mp.workdps(40):
            exact = oracle.ORACLE[row](*operands, mpf(point))
        for kind, value in (("array", element), ("number", FLOATS[row](*operands, point))):
            found = max(found, (oracle.ulps(value, exact), point, kind))
    return found


def best(function: Callable[[], Any], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return min(times)


def speed() -> None:
    from scipy import special

    peers: dict[str, Callable[[Any], Any]] = {
        "erf": special.erf, "erfc": special.erfc, "gelu": lambda a: a * special.ndtr(a), "gamma": special.gamma,
        "lgamma": special.gammaln, "digamma": special.digamma,
        **{f"polygamma {n}": lambda a, n=n: special.polygamma(n, a) for n in (1, 2, 3)},
    }  # fmt: skip
    source = np.random.default_rng(0)
    count = 100_000
    for name, peer in peers.items():
        cells = []
        for lower, upper in ((0.5, 3), (0.1, 10), (-3, 3), (-20, 0)):
            a = source.uniform(lower, upper, count)
            function = function_of(name)
            function(a)
            ours, theirs = (best(lambda: one(a), 5) for one in (function, peer))  # noqa: B023
            cells.append(f"[{lower}, {upper}] {ours / count * 1e9:6.1f} ns {ours / theirs:5.2f}")
        print(f"{name:12}", "   ".join(cells), flush=True)


def main() -> None:
    if len(sys.argv) < 2:
        speed()
        return
    for name, ranges in RANGES.items():
        for lower, upper in ranges:
            off, point, kind = worst(name, lower, upper, int(sys.argv[2]))
            print(f"{name:12} [{lower}, {upper}]: {off:.2f} ulp at {point!r}, a {kind}", flush=True)


if __name__ == "__main__":
    main()
