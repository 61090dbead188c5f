"""Differences at many points at once: central quotients over shorter and shorter steps, extrapolated, in columns of NumPy's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli.operations.arithmetic.arrays import quiet, where
from diffcli.tape import Tape
from diffcli.tape.running.array_rules import NUMPY
from diffcli.tape.running.evaluation import run

STEPS = tuple(2.0**-power for power in range(3, 17, 2))
"""Steps beside the size of the variable: each is a quarter of the one before."""

LEAST = 2.0**-7
"""A variable that is smaller is taken to be of this size."""


def column_differences(tape: Tape, columns: Sequence[Any], position: int) -> list[float]:
    """The derivative of a tape of numbers along one of its inputs at many points; NaN where no quotients settle.

    ``columns`` are the values of each input at all of the points. The estimate is what lies closest to those that
    Richardson's extrapolation makes it from (Ridders 1982). It has no bar: this is to confirm a derivative that is known.
    """
    x = columns[position]
    tape = tape.copy(skips=[], shapes=[x.shape] * tape.slots)  # both branches are evaluated, and one is chosen by a mask
    functions, size = NUMPY.row_functions(tape), where(abs(x) > LEAST, abs(x), LEAST)

    def values(moved: Any) -> Any:
        return run(tape, [*columns[:position], moved, *columns[position + 1 :]], functions)[tape.output]

    found, doubt = x * float("nan"), x * 0.0 + float("inf")
    row: list[Any] = []
    with quiet():
        for step in STEPS:
            right, left = x + step * size, x - step * size
            before, row, shrunk = row, [(values(right) - values(left)) / (right - left)], 1.0
            for beside in before:
                shrunk *= 16
                row.append(row[-1] + (row[-1] - beside) / (shrunk - 1))
                gap = abs(row[-1] - row[-2]) + abs(row[-1] - beside)
                found, doubt = where(gap < doubt, row[-1], found), where(gap < doubt, gap, doubt)
    return [float(slope) for slope in found]
