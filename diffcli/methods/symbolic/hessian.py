"""SymPy's second derivatives of a tape, and their values in floats."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from diffcli.errors import Diagnostic
from diffcli.methods.problem.problem import Problem
from diffcli.methods.symbolic.formulas import Derivatives
from diffcli.methods.symbolic.simplification import Simplifier
from diffcli.methods.symbolic.symbolic import described, sympy_limits
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
    bent = any(note.severity == "warning" for note in notes)
    count = len(problem.wrt)
    with sympy_limits("auto"), Simplifier(simplify, count * (count + 1) // 2, notes) as simplifier:
        derivatives = Derivatives(problem)
        for row, first in enumerate(problem.wrt):
            progress(f"SymPy differentiates along {first} ({row + 1} of {count})")
            for column, second in enumerate(problem.wrt[: row + 1]):
                raw = derivatives.by(first, second)
                compared = math.nan if bent else by_rules[row][column]
                keep(row, column, described(problem, (second, first), raw, compared, notes, most_nodes, simplifier))
