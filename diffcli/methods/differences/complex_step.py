"""The complex step: Im f(x + ih)/h, which has no cancellation (Squire & Trapp 1998; Lyness & Moler 1967)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from diffcli.methods.problem.problem import Problem
from diffcli.operations.arithmetic.complex_step import ANALYTIC
from diffcli.records import Difference
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import Values, start_values, taken_ranges
from diffcli.tape.running.rules import FLOAT

STEP = 2.0**-100
"""The step beside a variable of size 1 or more: its square is lost in any value, and it is an exact power of two."""


def complex_difference(problem: Problem, variable: str, step: float | None = None) -> Difference:
    """The partial along a variable by a complex step (2^-100 of the size of the point, if not given).

    Its error is that of evaluating f. Operations that are not analytic, or have no complex form in `cmath`, are carried by
    their own rule, and named in ``reason``.
    """
    x = problem.at[variable]
    step = step or _step(x)
    slot = problem.input_slot(variable)
    point: list[complex] = [complex(number) for number in problem.point]
    point[slot] += complex(0, step)
    values, lifted = evaluate_complex(problem.tape, point)
    result = complex(values[problem.tape.output])
    reason = "no cancellation, so any small step will do"
    if lifted:
        reason += f"; without a complex form, so carried by their own rules: {', '.join(sorted(lifted))}"
    sample = (problem.at[variable], result.real)
    return Difference(variable, "complex", step, (sample,), result.imag / step, None, reason, evaluations=1)


def _step(x: float) -> float:
    """A step that is small beside the variable too, and no power of two that a float cannot hold."""
    size = 2.0 ** math.floor(math.log2(abs(x))) if 0 < abs(x) < 1 else 1.0
    return size * (STEP if size > 2.0**-900 else 2.0**-40) or math.ulp(0.0)


def evaluate_complex(tape: Tape, point: Sequence[complex]) -> tuple[Values, set[str]]:
    """The values of a tape in complex numbers, and the operations that were lifted.

    A lifted operation of a + ib is f(a) + i times b f'(a): first-order Taylor, exact for an infinitesimal b.
    """
    functions = FLOAT.row_functions(tape)
    terms = FLOAT.terms_of(tape)
    values = start_values(tape, point)
    lifted: set[str] = set()
    for start, stop in taken_ranges(tape, values):
        for slot in range(start, stop):
            name = tape.operation(slot)
            arguments = [values[operand] for operand in tape.operands_of(slot)]
            imaginary = [part(argument) for argument in arguments]
            if _is_analytic(name, arguments):
                try:
                    values[slot] = ANALYTIC[name](*arguments) if name in ANALYTIC else arguments[0] ** arguments[1]
                    continue
                except (ValueError, OverflowError, ZeroDivisionError):
                    pass  # at the edge of the domain: as its rule says
            real = [argument.real if isinstance(argument, complex) else argument for argument in arguments]
            value = functions[slot - tape.first_row](*real)
            if not any(imaginary):
                values[slot] = value
                continue
            moved = 0.0
            for function, move in zip(terms[name, len(real)], imaginary, strict=True):
                term = function(move, *real, value) if function is not None and move else None
                moved += term or 0.0
            if name != "where" and any(function is not None for function in terms[name, len(real)]):
                lifted.add(name)
            values[slot] = complex(value, moved)
    return values, lifted


def part(argument: Any) -> float:
    """The imaginary part; 0 for a number that is real, and for what is not evaluated."""
    return argument.imag if isinstance(argument, complex) else 0.0


def _is_analytic(name: str, arguments: Sequence[Any]) -> bool:
    if name == "pow":  # by repeated multiplication, or off the branch cut
        base, exponent = (complex(argument) for argument in arguments)
        whole = exponent.imag == 0 and exponent.real in range(-64, 65)
        return base != 0 and (whole or base.real > 0)
    # at a pole a complex function has a finite slope to show
    return name in ANALYTIC and "pole" not in dict(FLOAT.breaks(name, [argument.real for argument in arguments], 0.0))
