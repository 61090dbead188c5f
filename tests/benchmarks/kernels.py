"""Kernels against the interpreter, on random programs with choices, kinks, infinities and NaN.

    python tests/benchmarks/kernels.py [--backend NAME] [--size N] [--seed S] [--points P] [--show K]

The value and the gradient of each program are computed at random points and edges of the range of floats, by a back end and by
`diffcli.tape.evaluate`, and what the kernel says of each point is held against the notes of `diffcli.grad`. What is counted:

    other numbers    another infinity, NaN or sign of a zero; or a number further off than the back end promises, and than rounding
                     may carry it
    other flags      a point whose flags are not those of the notes
"""

from __future__ import annotations

import argparse
import math
import sys
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import diffcli

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the tests are no package
from inside import Flag, Options, Tape, compile_kernel, compute, evaluate, flags_of_notes, value_errors
from kernel_programs import cases, expected

ULPS = {"python": 0, "numpy": 2**20, "llvm": 2**20, "jax": 2**20}
"""How far off a result may be: where a row may be off by 4, what others make of that is not known."""


def differs(one: float, other: float, ulps: int) -> bool:
    """Whether a number is another than it should be."""
    if one != one or other != other:
        return (one != one) != (other != other)
    if math.isinf(one) or math.isinf(other) or not ulps:
        return one != other or math.copysign(1.0, one) != math.copysign(1.0, other)
    return abs(one - other) > ulps * math.ulp(other)


def rounded(tape: Tape, point: Sequence[float], got: Sequence[float], want: Sequence[float]) -> bool:
    """Whether numbers are no further from each other than the rounding of all rows may carry them."""
    errors = value_errors(tape, evaluate(tape, point))
    triples = zip(got, want, [errors[slot] for slot in tape.results], strict=False)
    return all(
        not abs(one - other) > 16 * error if math.isfinite(one) and math.isfinite(other) else not differs(one, other, 0)
        for one, other, error in triples
    )


def told(text: str, names: Sequence[str], point: Sequence[float]) -> Flag:
    """The flags that the notes of a gradient stand for; a point that is not finite has none."""
    if not all(map(math.isfinite, point)):
        return Flag(0)
    try:
        return flags_of_notes(compute(text, dict(zip(names, point, strict=True)), Options(watch=False)).notes)
    except diffcli.DiffcliError as fault:
        return flags_of_notes(fault.diagnostics)


def compared(size: int, seed: int, points: int, backend: str, show: int) -> Counter[str]:
    """Compare so many programs, and count."""
    found: Counter[str] = Counter()
    for case in cases(size, seed, points):
        kernel = compile_kernel(case.text, backend=backend)
        tape = kernel._made.ways[0].marked.tape
        columns = [np.array(column) for column in zip(*case.points, strict=True)]
        values, gradient = results = kernel(*columns)
        for place, point in enumerate(case.points):
            want = expected(tape, point)[:-1]  # the last is the mark
            got = [values[place].item(), *[column[place].item() for column in gradient]]
            flags = Flag(int(results.flags[place]))
            notes = told(case.text, case.tape.inputs, point)
            if not all(map(math.isfinite, got)):
                notes |= Flag.NONFINITE
            found.update(points=1, flagged=flags != 0, **{"not finite": bool(flags & Flag.NONFINITE)})
            other = any(differs(one, other, ULPS[backend]) for one, other in zip(got, want, strict=True))
            for what, wrong in (
                ("other numbers", other and not (ULPS[backend] and rounded(tape, point, got, want))),
                ("other flags", flags != notes),
            ):
                found[what] += wrong
                if wrong and found[what] <= show:
                    print(what, repr(case.text), point, got, want, repr(flags), repr(notes), sep="\n    ")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", default="python", choices=ULPS)
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--points", type=int, default=8)
    parser.add_argument("--show", type=int, default=3)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    start = time.perf_counter()
    found = compared(asked.size, asked.seed, asked.points, asked.backend, asked.show)
    print(f"{asked.size} programs, {time.perf_counter() - start:.0f} s", *[f"{what}: {found[what]}" for what in found], sep="\n    ")
    sys.exit(bool(found["other numbers"] or found["other flags"]))


if __name__ == "__main__":
    main()
