"""Where digits are lost: the row that is off by the most beside its operands, or where the terms of a derivative cancel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from diffcli.language.writing.printer import number_text
from diffcli.methods.digits.exact import Reading
from diffcli.methods.digits.watch import Sweep
from diffcli.methods.nonsmooth.breaks import rows_below
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.reverse import accumulate
from diffcli.methods.sweeps.rounding import TINY, UNIT
from diffcli.operations.arithmetic import precise

LOSS = 1e3
"""A row that is off by so much more than its operands has lost digits."""

ALL = 1 / UNIT

Culprit = tuple[int, str, str]
"""A row, what is to be said beside its carets, and in a word: what loses digits by the rounding of an argument, if not
``cancellation``, ``overflow`` or ``underflow`` of a value, is ``rounding``, and of the derivative's own ``terms``."""

NOBODY: Culprit = (-1, "", "rounding")


def culprit(problem: Problem, slot: int, sweep: Sweep | None, reading: Reading | None) -> Culprit:
    """The row to blame for the digits that a sweep has lost on the way to a slot.

    >>> from diffcli.methods.digits.exact import Again
    >>> problem = Problem("(1 - cos(x))/x^2", {"x": 1e-4})
    >>> sweep = Sweep({problem.tape.output: 1.0})
    >>> row, label, kind = culprit(problem, 0, sweep, Again(problem).read(sweep, [0]))
    >>> problem.operand_text(row), label, kind
    ('1 - cos(x)', '8 of 16 digits cancel here', 'cancellation')
    """
    if reading is None or (sweep and sweep.beside and sweep.beside.step):  # the floats are those of the point itself
        return NOBODY
    if sweep is not None and sweep.order is not None:
        slot = problem.tape.output
    results = [slot] if sweep is None or sweep.forward else list(sweep.seeds)
    worst = _worst_row(problem, results, problem.values, reading.values)
    if worst >= 0:
        return worst, *_row_label(problem, worst, reading)
    if sweep is not None and sweep.forward:
        return _worst_tangent(problem, slot, sweep, reading)
    return _worst_term(problem, sweep, reading) if sweep is not None and reading.steps else NOBODY


def relative_error(number: Any, exact: Any) -> float:
    """How far a float is off beside what it is, at most `ALL`; at least its own unit."""
    if exact is None or not precise.is_finite(exact):
        return UNIT
    if number != number:
        return ALL
    off = abs(precise.number(number) - exact)
    return min(ALL, max(UNIT, float(off / abs(exact)))) if exact else ALL if off else UNIT


def _worst_row(problem: Problem, results: list[int], found: Sequence[Any], exact: Sequence[Any]) -> int:
    """The row on the way to some results whose number is off the most beside those of its operands; -1 if none is far off."""
    worst, where = LOSS, -1
    for row in sorted(rows_below(problem, results)):
        before = [relative_error(found[each], exact[each]) for each in problem.tape.operands_of(row) if found[each] is not None]
        ratio = relative_error(found[row], exact[row]) / max(before, default=UNIT) if found[row] is not None else 0.0
        if ratio > worst:
            worst, where = ratio, row
    return where


def _row_label(problem: Problem, row: int, reading: Reading) -> tuple[str, str]:
    value, exact, name = problem.values[row], reading.values[row], problem.tape.operation(row)
    operands = problem.tape.operands_of(row)
    if math.isinf(value):
        return f"overflows here: it is {precise.text(exact, 3)}", "overflow"
    if name in ("add", "sub"):
        largest = max(abs(reading.values[operand]) for operand in operands)
        return f"{_digits(float(largest / abs(exact)) if exact else ALL)} of 16 digits cancel here", "cancellation"
    if value == 0 and 0 < abs(exact) < TINY:
        return f"underflows to 0 here: it is {precise.text(exact, 3)}", "underflow"
    lost = _digits(relative_error(value, exact) / UNIT)
    argument = next((problem.values[operand] for operand in operands if operand >= 0), 0.0)
    return f"its argument, {number_text(float(f'{argument:.12g}'))}, is rounded: {lost} of 16 digits are lost here", "rounding"


def _digits(factor: float) -> int:
    return round(math.log10(min(factor, ALL)) - 0.3) if factor > 1 else 0


def _worst_tangent(problem: Problem, slot: int, sweep: Sweep, reading: Reading) -> Culprit:
    """Where the terms of a tangent cancel, or are lost; of a series no more is known than that they do."""
    moves = problem.swept_forward(sweep.started(), sweep.overrides)
    row = _worst_row(problem, [slot], moves, reading.derivatives) if sweep.order is None else -1
    move = moves[row] if row >= 0 else 1.0
    if not move and (abs(reading.derivatives[row]) < TINY or len([a for a in problem.tape.operands_of(row) if moves[a]]) < 2):
        return row, "its tangent underflows to 0 here", "underflow"
    if move and not math.isfinite(move):
        return row, "its tangent overflows here", "overflow"
    return row if row >= 0 else slot, "the terms of its derivative cancel", "terms"


def _worst_term(problem: Problem, sweep: Sweep, reading: Reading) -> Culprit:
    """Where the terms of an adjoint cancel, or are lost."""
    bars = accumulate(problem.tape, problem.values, problem.active, sweep.started(), sweep.overrides)[0]
    off = [relative_error(bar or 0.0, exact) for bar, exact in zip(bars, reading.derivatives, strict=True)]
    before: dict[int, float] = {}
    for step in reading.steps:
        before[step.target] = max(off[step.source], before.get(step.target, 0.0))
    worst = max(reading.steps, key=lambda step: (off[step.target] / before[step.target], abs(step.term)))
    if off[worst.target] <= LOSS * before[worst.target]:
        return NOBODY
    bar, by = bars[worst.target], problem.operand_text(worst.target)
    if not bar and not worst.term:
        return worst.source, "a factor of the derivative underflows to 0 here", "underflow"
    if bar is not None and not math.isfinite(bar):
        return worst.source, f"the adjoint of `{by}` overflows here", "overflow"
    lost = _digits(off[worst.target] / UNIT)
    return worst.source, f"{lost} of 16 digits are lost where the terms by `{by}` are added up", "terms"
