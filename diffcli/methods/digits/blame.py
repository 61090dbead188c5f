"""Where digits are lost: the row that is off by the most beside its operands, or where the terms of a derivative cancel."""

from __future__ import annotations

import math
from typing import Any

from diffcli.language.writing.printer import number_text
from diffcli.methods.digits.exact import Reading
from diffcli.methods.digits.watch import Sweep
from diffcli.methods.nonsmooth.breaks import rows_below
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.reverse import accumulate
from diffcli.methods.sweeps.rounding import UNIT
from diffcli.operations.arithmetic import precise

LOSS = 1e3
"""A row that is off by so much more than its operands has lost digits."""

ALL = 1 / UNIT

Culprit = tuple[int, str]
"""A row, and what is to be said beside its carets."""

NOBODY: Culprit = (-1, "")


def culprit(problem: Problem, slot: int, sweep: Sweep | None, reading: Reading | None) -> Culprit:
    """The row to blame for the digits that a sweep has lost on the way to a slot.

    >>> from diffcli.methods.digits.exact import read_again
    >>> problem = Problem("(1 - cos(x))/x^2", {"x": 1e-4})
    >>> sweep = Sweep({problem.tape.output: 1.0})
    >>> row, label = culprit(problem, 0, sweep, read_again(problem, sweep, [0]))
    >>> problem.operand_text(row), label
    ('1 - cos(x)', '8 of 16 digits cancel here')
    """
    if reading is None:
        return NOBODY
    if sweep is not None and sweep.order is not None:
        slot = problem.tape.output
    worst = _worst_row(problem, slot, sweep, reading)
    if worst >= 0:
        return worst, _row_label(problem, worst, reading)
    if sweep is not None and sweep.forward:
        return slot, "the terms of its derivative cancel"
    return _worst_term(problem, sweep, reading) if sweep is not None and reading.steps else NOBODY


def relative_error(number: Any, exact: Any) -> float:
    """How far a float is off beside what it is, at most `ALL`; at least its own unit."""
    if exact is None or not precise.is_finite(exact):
        return UNIT
    off = abs(precise.number(number) - exact)
    return min(ALL, max(UNIT, float(off / abs(exact)))) if exact else ALL if off else UNIT


def _worst_row(problem: Problem, slot: int, sweep: Sweep | None, reading: Reading) -> int:
    """The row on the way to a result whose own error is the largest beside those of its operands; -1 if none is large."""
    tape, worst, found = problem.tape, LOSS, -1
    results = [slot] if sweep is None or sweep.forward else list(sweep.seeds)
    for row in sorted(rows_below(problem, results)):
        off = relative_error(problem.values[row], reading.values[row])
        operands = [operand for operand in tape.operands_of(row) if problem.values[operand] is not None]
        before = max([relative_error(problem.values[operand], reading.values[operand]) for operand in operands])
        if off / before > worst:
            worst, found = off / before, row
    return found


def _row_label(problem: Problem, row: int, reading: Reading) -> str:
    value, exact, name = problem.values[row], reading.values[row], problem.tape.operation(row)
    operands = problem.tape.operands_of(row)
    if math.isinf(value):
        return f"overflows here: it is {precise.text(exact, 3)}"
    if name in ("add", "sub"):
        largest = max(abs(reading.values[operand]) for operand in operands)
        return f"{_digits(float(largest / abs(exact)) if exact else ALL)} of 16 digits cancel here"
    if value == 0 and exact:
        return f"underflows to 0 here: it is {precise.text(exact, 3)}"
    lost = _digits(relative_error(value, exact) / UNIT)
    argument = next((problem.values[operand] for operand in operands if operand >= 0), 0.0)
    return f"its argument, {number_text(float(f'{argument:.12g}'))}, is rounded: {lost} of 16 digits are lost here"


def _digits(factor: float) -> int:
    return round(math.log10(min(factor, ALL)) - 0.3) if factor > 1 else 0


def _worst_term(problem: Problem, sweep: Sweep, reading: Reading) -> Culprit:
    """Where the terms of an adjoint cancel, or are lost."""
    bars = accumulate(problem.tape, problem.values, problem.active, sweep.seeds, sweep.overrides)[0]
    off = [relative_error(bar or 0.0, exact) for bar, exact in zip(bars, reading.derivatives, strict=True)]
    before: dict[int, float] = {}
    for step in reading.steps:
        before[step.target] = max(off[step.source], before.get(step.target, 0.0))
    worst = max(reading.steps, key=lambda step: (off[step.target] / before[step.target], abs(step.term)))
    if off[worst.target] <= LOSS * before[worst.target]:
        return NOBODY
    if not bars[worst.target]:
        return worst.source, "a factor of the derivative underflows to 0 here"
    by = problem.operand_text(worst.target)
    return worst.source, f"{_digits(off[worst.target] / UNIT)} of 16 digits are lost where the terms by `{by}` are added up"
