"""SymPy's derivative with as many digits as one likes: a judge that shares no rule with diffcli's own sweeps.

Numbers that SymPy would read as short decimals, or as pi, stand in its expression as symbols, and take the exact value of
the float on the tape when the derivative is evaluated. So what is judged is the program that the methods ran.
"""

from __future__ import annotations

from typing import Any

import sympy

from diffcli.errors import LimitError
from diffcli.language import parse
from diffcli.methods.differences.precise import DIGITS, precise_value, with_exact_names
from diffcli.methods.problem.problem import Problem
from diffcli.methods.symbolic.symbolic import Builder
from diffcli.methods.symbolic.text import Undecided, to_program_text
from diffcli.tape.lowering import MOST_ROWS, lower


def symbolic_derivative(problem: Problem, variable: str, digits: int = DIGITS) -> Any | None:
    """SymPy's derivative along a variable, with so many digits (an mpf).

    Returns
    -------
    None where SymPy has no derivative, or its form has no value at the point.

    >>> from diffcli.operations.arithmetic.precise import text
    >>> text(symbolic_derivative(Problem("sin(x)", {"x": 1}), "x"), 20)
    '0.5403023058681397174'
    """
    builder = Builder()
    tape = problem.tape
    try:
        expression, symbols = builder.read(tape, stored=True)
        derivative = builder.release(sympy.diff(expression, symbols[problem.input_slot(variable)]))
        text = to_program_text(derivative, MOST_ROWS, problem.at)
    except (Undecided, LimitError, RecursionError, TypeError, ValueError, NotImplementedError, ZeroDivisionError):
        return None
    known = problem.at | {symbol.name: value for symbol, value in builder.stored.items()}
    program = parse(text)
    form = with_exact_names(lower(program, given=known))  # what is still named pi comes from SymPy
    return precise_value(form, [known[name] for name in form.inputs], digits)
