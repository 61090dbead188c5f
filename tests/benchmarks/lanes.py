"""Rows over vectors: nanoseconds for each element, and the largest error on many random points.

    python tests/benchmarks/lanes.py [points]

Times are of 4096 numbers in the cache, in one thread, the best of many rounds; errors are in units in the last place, against
mpmath, which takes some 100 microseconds a point: a million points of every row take an hour.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from test_kernels_lanes import WIDTHS, WORST, machine_of, worst_of

ELEMENTS = 4096


def nanoseconds(name, width):
    machine, source = machine_of(name, False, width), np.random.default_rng(1)
    inputs = [source.uniform(0.5, 1.5, ELEMENTS) for _ in range(machine.tape.first_row)]
    results, best = [np.empty(ELEMENTS)], float("inf")
    for _ in range(200):
        start = perf_counter()
        machine.batch(inputs, results)
        best = min(best, perf_counter() - start)
    return best / ELEMENTS * 1e9


def main(points):
    widths = [width for width in WIDTHS if width > 1]
    print(f"{'row':12}", *[f"{f'{width} lanes':>9}" for width in widths], f"{'error':>8}  at")
    for name in WORST:
        error, point = worst_of(name, machine_of(name, False, WIDTHS[-1]), WIDTHS[-1], points)
        times = [f"{nanoseconds(name, width):9.2f}" for width in widths]
        print(f"{name:12}", *times, f"{error:8.2f}  {', '.join(map(repr, point))}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
