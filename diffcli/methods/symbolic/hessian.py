"""SymPy's second derivatives of a tape, and their values in floats."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import sympy

from diffcli.errors import Diagnostic
from diffcli.language.writing.printer import number_text, shorten
from diffcli.methods.problem.problem import Problem
from diffcli.methods.symbolic.symbolic import LOST, Builder, Expression, simplest, sympy_limits, text_value
from diffcli.methods.symbolic.text import to_latex, to_program_text
from diffcli.records import SymbolicDerivative

Keep = Callable[[int, int, SymbolicDerivative], None]


def second_derivatives(
    problem: Problem,
    exact: Sequence[Sequence[float]],
    keep: Keep,
    notes: list[Diagnostic],
    most_nodes: int,
    simplify: bool,
    progress: Callable[[str], None],
) -> None:
    """The second derivatives on and below the diagonal, handed to ``keep`` with their row and column as they are done.

    ``exact`` are those by the rules of the table, with which the values are compared, unless something has been told already
    because of which they may well differ.

    Raises
    ------
    LimitError
        A limit struck, or SymPy cannot differentiate the expression.
    """
    builder = Builder()
    bent = any(note.severity == "warning" for note in notes)
    with sympy_limits("auto"):
        expression, symbols = builder.read(problem.tape)
        for row, first in enumerate(problem.wrt):
            progress(f"SymPy differentiates along {first} ({row + 1} of {len(problem.wrt)})")
            once = _held(builder, sympy.diff(expression, symbols[problem.input_slot(first)]))
            for column, second in enumerate(problem.wrt[: row + 1]):
                raw = builder.release(sympy.diff(once, symbols[problem.input_slot(second)]))
                short = simplest(raw, notes) if simplify else None
                simplify = simplify and short is not None
                text = to_program_text(raw, most_nodes, problem.at)
                brief = None if short is None else to_program_text(short, most_nodes, problem.at)
                value = text_value(problem, f"{second} and {first}", text, notes)
                if not bent:
                    _compare(value, exact[row][column], f"`{second}` and `{first}`", text, notes)
                latex = to_latex(raw if short is None else short)
                keep(row, column, SymbolicDerivative(first, text, brief, latex, value))


def _held(builder: Builder, derivative: Expression) -> Expression:
    """A derivative with its steps held constant, as those of the table are: the next one is to have no Dirac deltas."""
    for step in (sympy.sign, sympy.Heaviside):
        derivative = derivative.replace(step, lambda *operands, step=step: builder.hold(step(*operands)))
    return derivative


def _compare(value: float, exact: float, by: str, text: str, notes: list[Diagnostic]) -> None:
    """A warning where SymPy's form has no value, or loses its digits."""
    if not math.isfinite(exact):
        return
    if math.isnan(value):
        problem = "has no value"
    elif abs(value - exact) > LOST * max(abs(value), abs(exact)):
        problem = "loses its digits"
    else:
        return
    message = f"SymPy's form of the second derivative by {by} {problem} at this point"
    rule = f"by the rules of the table it is {number_text(exact + 0.0)} (--mode auto)"
    notes.append(Diagnostic("symbolic-form", "warning", message, notes=(f"its form: {shorten(text)}", rule)))
