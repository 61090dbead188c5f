"""Counting: elementary operations of f, and of a sweep beside it.

One for each elementary function, sum, product, quotient and change of sign, in the formulas as the traces print them; a
product with a partial that is 1 is free, and so is the seed. The bounds are those of Griewank & Walther (2008), section
4.5, for a sweep in their cost model: at most 5/2 times f for a tangent, 4 (5 with f counted apart) for all adjoints.
"""

from __future__ import annotations

from collections.abc import Sequence

from diffcli.methods.forward import Tangents
from diffcli.methods.problem import Problem
from diffcli.methods.reverse import Step
from diffcli.operations import OPERATIONS
from diffcli.records import Cost
from diffcli.tape.rules import terms

FREE = frozenset(("where", "stop_gradient"))


def function_cost(problem: Problem) -> int:
    """The rows that are evaluated, choices left out."""
    tape = problem.tape
    return sum(
        name not in FREE and OPERATIONS[name].precedence not in range(1, 6) and problem.values[slot] is not None
        for slot, name in enumerate(tape.operations, tape.first_row)
    )


def reverse_cost(problem: Problem, steps: Sequence[Step]) -> Cost:
    """The cost of one reverse sweep: each step its term, and a sum where something was there before."""
    sweep = sum(_term_cost(problem, step.source, step.position) + (not step.first) for step in steps)
    return Cost(function_cost(problem), sweep, 1, "at most 5 times f for the value and the whole gradient")


def forward_cost(problem: Problem, sweeps: Sequence[Tangents]) -> Cost:
    """The cost of the tangent sweeps, one for each seed."""
    tape = problem.tape
    total = 0
    for sweep in sweeps:
        for slot in tape.rows():
            if sweep[slot] is None:
                continue
            row = tape.operands_of(slot)
            known = terms(tape.operation(slot), len(row))
            moving = [position for position, operand in enumerate(row) if sweep[operand] is not None and known[position]]
            total += sum(_term_cost(problem, slot, position) for position in moving) + max(len(moving) - 1, 0)
    bound = f"at most {1 + 1.5 * len(sweeps):g} times f for the value and {len(sweeps)} tangent{'s' * (len(sweeps) != 1)}"
    return Cost(function_cost(problem), total, len(sweeps), bound)


def _term_cost(problem: Problem, slot: int, position: int) -> int:
    term = terms(problem.tape.operation(slot), len(problem.tape.operands_of(slot)))[position]
    return term.cost if term is not None else 0
