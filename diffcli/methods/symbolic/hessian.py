"""SymPy's second derivatives of a tape, and their values in floats."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import sympy

from diffcli.errors import Diagnostic
from diffcli.methods.problem.problem import Problem
from diffcli.methods.symbolic.simplification import Simplifier
from diffcli.methods.symbolic.symbolic import SympyBuilder, described, sympy_limits
from diffcli.methods.symbolic.text import Expression
from diffcli.records import SymbolicDerivative


def second_derivatives(
    problem: Problem,
    by_rules: Sequence[Sequence[float]],
    keep: Callable[[int, int, SymbolicDerivative], None],
    notes: list[Diagnostic],
    most_nodes: int,
    simplify: str,
    progress: Callable[[str], None],
) -> None:
    """The second derivatives on and below the diagonal, handed to ``keep`` with their row and column as they are done.

    ``by_rules`` are those by the rules of the table, with which the values are compared, unless there is a warning already
    because of which they may well differ.
    """
    builder = SympyBuilder()
    bent = any(note.severity == "warning" for note in notes)
    count = len(problem.wrt)
    with sympy_limits("auto"), Simplifier(simplify, count * (count + 1) // 2, notes) as simplifier:
        expression, symbols = builder.read(problem.tape)
        for row, first in enumerate(problem.wrt):
            progress(f"SymPy differentiates along {first} ({row + 1} of {count})")
            once = _held(builder, sympy.diff(expression, symbols[problem.input_slot(first)]))
            for column, second in enumerate(problem.wrt[: row + 1]):
                raw = builder.release(sympy.diff(once, symbols[problem.input_slot(second)]))
                compared = math.nan if bent else by_rules[row][column]
                keep(row, column, described(problem, (second, first), raw, compared, notes, most_nodes, simplifier))


def _held(builder: SympyBuilder, derivative: Expression) -> Expression:
    """A derivative with its steps held constant, as those of the table are: the next one is to have no Dirac deltas."""
    for step in (sympy.sign, sympy.Heaviside):
        derivative = derivative.replace(step, lambda *operands, step=step: builder.hold(step(*operands)))
    return derivative
