"""Where digits are lost: the row that is off by the most beside its operands, or where the terms of a derivative cancel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from diffcli.language.writing.printer import number_text
from diffcli.methods.digits.exact import Reading
from diffcli.methods.digits.printed import Sweep
from diffcli.methods.nonsmooth.breaks import rows_below
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.reverse import Step, accumulate
from diffcli.methods.sweeps.rounding import UNIT
from diffcli.operations.arithmetic import precise

LOSS = 1e3
"""A row that is off by so much more than its operands has lost digits."""

ALL = 1 / UNIT

Culprit = tuple[int, str, Sequence[str]]
"""A row, what is to be said beside its carets, and the help."""

FORMS = (
    ("sub", (1.0, "cos"), "2*sin({a}/2)^2 is 1 - cos({0})"),
    ("sub", ("cosh", 1.0), "2*sinh({a}/2)^2 is cosh({0}) - 1"),
    ("sub", ("exp", 1.0), "expm1({0}) is exp({0}) - 1"),
    ("sub", (1.0, "erf"), "erfc({0}) is 1 - erf({0})"),
    ("sub", (1.0, "sigmoid"), "sigmoid(-{a}) is 1 - sigmoid({0})"),
    ("sub", (1.0, "tanh"), "2/(1 + exp(2*{a})) is 1 - tanh({0})"),
    ("sub", ("sqrt", "sqrt"), "(a - b)/(sqrt(a) + sqrt(b)), with a - b worked out by hand, is sqrt(a) - sqrt(b)"),
    ("sub", ("log", "log"), "log1p(({0} - {b})/{b}) is log({0}) - log({1})"),
    ("log", ("add",), "log1p(a) is log(1 + a)"),
)
"""Well-known forms that lose digits: a row, what its operands are, and a form that keeps them, of what stands in those."""


def culprit(problem: Problem, slot: int, sweep: Sweep | None, reading: Reading | None) -> Culprit:
    """The row to blame for the digits that a sweep has lost on the way to a slot.

    >>> from diffcli.methods.digits.exact import read_again
    >>> problem = Problem("(1 - cos(x))/x^2", {"x": 1e-4})
    >>> sweep = Sweep({problem.tape.output: 1.0})
    >>> row, label, help = culprit(problem, 0, sweep, read_again(problem, sweep, [0]))
    >>> problem.operand_text(row), label
    ('1 - cos(x)', '8 of 16 digits cancel here')
    """
    if reading is None:
        return -1, "", ()
    worst = _worst_row(problem, slot, sweep, reading)
    if worst >= 0:
        return worst, _row_label(problem, worst, reading), _help(problem, worst)
    if sweep is not None and sweep.forward:
        return slot, "the terms of its derivative cancel", ()
    return _worst_term(problem, slot, sweep, reading) if sweep is not None else (-1, "", ())


def relative_error(number: Any, exact: Any) -> float:
    """How far a float is off beside what it is, at most `ALL`; at least its own unit."""
    if exact is None or not precise.is_finite(exact):
        return UNIT
    off = abs(precise.number(number) - exact)
    if not off:
        return UNIT
    return max(UNIT, min(ALL, float(off / abs(exact)))) if exact and precise.is_finite(off) else ALL if off else UNIT


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
    value, exact = problem.values[row], reading.values[row]
    operands = problem.tape.operands_of(row)
    if math.isinf(value):
        return f"overflows here: it is {precise.text(exact, 3)}"
    if value == 0 and exact and problem.tape.operation(row) not in ("add", "sub"):
        return f"underflows to 0 here: it is {precise.text(exact, 3)}"
    if problem.tape.operation(row) in ("add", "sub"):
        largest = max(abs(reading.values[operand]) for operand in operands)
        return f"{_digits(float(largest / abs(exact)) if exact else ALL)} of 16 digits cancel here"
    lost = _digits(relative_error(value, exact) / UNIT)
    argument = next((problem.values[operand] for operand in operands if operand >= 0), 0.0)
    return f"its argument, {number_text(float(f'{argument:.12g}'))}, is rounded: {lost} of 16 digits are lost here"


def _digits(factor: float) -> int:
    return min(16, round(math.log10(factor) - 0.3)) if factor > 1 else 0


def _worst_term(problem: Problem, slot: int, sweep: Sweep, reading: Reading) -> Culprit:
    """Where the terms of an adjoint cancel, or are lost."""
    bars, steps = accumulate(problem.tape, problem.values, problem.active, sweep.seeds, sweep.overrides)
    into: dict[int, list[tuple[Step, Step | None]]] = {}
    ours = {(step.source, step.position): step for step in steps}
    for step in reading.steps:
        into.setdefault(step.target, []).append((step, ours.get((step.source, step.position))))
    worst, found = LOSS, -1
    for target, terms in into.items():
        off = relative_error(bars[target] or 0.0, reading.derivatives[target])
        before = max([relative_error(bars[step.source] or 0.0, reading.derivatives[step.source]) for step, _ in terms])
        if off / before > worst:
            worst, found = off / before, target
    if found < 0:
        return -1, "", ()
    largest, own = max(into[found], key=lambda pair: abs(pair[0].term))
    exact = reading.derivatives[found]
    if own is None or (own.term == 0 and largest.term):
        return largest.source, "a factor of the derivative underflows to 0 here", ()
    cancelled = float(abs(largest.term) / abs(exact)) if exact else ALL
    digits = _digits(cancelled if cancelled > LOSS else relative_error(bars[found] or 0.0, exact) / UNIT)
    return largest.source, f"{digits} of 16 digits cancel where the terms by `{problem.operand_text(found)}` are added up", ()


def _help(problem: Problem, row: int) -> list[str]:
    """A form that keeps the digits, if what a row does is well known."""
    tape = problem.tape
    operands = tape.operands_of(row)
    for operation, wanted, text in FORMS:
        if operation != tape.operation(row) or len(wanted) != len(operands):
            continue
        inner = []
        for operand, form in zip(operands, wanted, strict=True):
            if isinstance(form, float):
                fits = operand < 0 and tape.constants[-1 - operand] == form
            else:
                fits = operand >= tape.first_row and tape.operation(operand) == form
                inner += [problem.operand_text(each) for each in tape.operands_of(operand)] if fits else []
            if not fits:
                break
        else:
            bare = [each if each.isalnum() else f"({each})" for each in inner]
            return [f"{text.format(*inner, **dict(zip('ab', bare, strict=False)))}, and keeps the digits of the value"]
    return []
