"""The complex step: Im f(x + ih)/h, which has no cancellation (Squire & Trapp 1998; Lyness & Moler 1967)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli.methods.problem import Problem
from diffcli.operations.arithmetic.complexes import ANALYTIC
from diffcli.records import Difference
from diffcli.tape import Tape
from diffcli.tape.evaluation import Values, float_functions, start_values, taken_ranges
from diffcli.tape.rules import terms_of

STEP = 2.0**-100
"""Small enough that its square is lost in any value, and an exact power of two."""


def complex_difference(problem: Problem, variable: str, step: float | None = None) -> Difference:
    """The partial along a variable by a complex step; its error is that of evaluating f.

    Operations that are not analytic, or have no complex form in `cmath`, are carried by their own rule, and named in ``reason``.
    """
    step = step or STEP
    slot = problem.input_slot(variable)
    point: list[complex] = [complex(number) for number in problem.point]
    point[slot] += complex(0, step)
    values, lifted = evaluate_complex(problem.tape, point)
    result = complex(values[problem.tape.output])
    reason = "no cancellation, so any small step will do"
    if lifted:
        reason += f"; without a complex form, so carried by their own rules: {', '.join(sorted(lifted))}"
    sample = (problem.at[variable], result.real)
    return Difference(variable, "complex", step, (sample,), result.imag / step, None, reason)


def evaluate_complex(tape: Tape, point: Sequence[complex]) -> tuple[Values, set[str]]:
    """The values of a tape in complex numbers, and the operations that were lifted.

    A lifted operation of a + ib is f(a) + i times b f'(a): first-order Taylor, exact for an infinitesimal b.
    """
    functions = float_functions(tape)
    terms = terms_of(tape)
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
        whole = exponent.imag == 0 and exponent.real == int(exponent.real) and abs(exponent.real) <= 64
        return base != 0 and (whole or base.real > 0)
    return name in ANALYTIC
