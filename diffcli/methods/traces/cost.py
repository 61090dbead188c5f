"""Counting: elementary operations of f, and of a sweep beside it.

One for each elementary function, sum, product, quotient and change of sign, in the formulas as the traces print them; a
product with a partial that is 1 is free, and so is the seed. For programs of sums, products and quotients the value and
the whole gradient take at most 5 times the operations of f (Baur & Strassen 1983), 6 here with quotients, whose two
partials do not share a factor; the value and a tangent take at most 5 times (a quotient: two quotients, a product and a
difference beside its own). A function such as erf adds what its own rule takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli.methods.problem.problem import Linearisation, Problem
from diffcli.methods.problem.scalarise import scalarised
from diffcli.methods.sweeps.reverse import Step
from diffcli.methods.sweeps.sparsity import flow_of
from diffcli.methods.traces.trace import formula_of
from diffcli.operations import OPERATIONS
from diffcli.operations.array_row import size
from diffcli.records import Cost
from diffcli.tape import Tape
from diffcli.tape.running.rules import terms

FREE = frozenset(("where", "stop_gradient", *[row.name for row in OPERATIONS.values() if row.precedence in range(1, 6)]))
"""Choices and conditions take no operation."""


def function_cost(problem: Problem) -> int:
    """The operations of the rows that are evaluated, choices left out; of arrays, as if they were written out in numbers."""
    tape, values = problem.tape, problem.values
    counted = [slot for slot, name in enumerate(tape.operations, tape.first_row) if name not in FREE and values[slot] is not None]
    return len(counted) if tape.shapes is None else sum(_row_cost(tape, slot) for slot in counted)


def _row_cost(tape: Tape, slot: int) -> int:
    if tape.operation(slot) in OPERATIONS:
        return size(tape.shape(slot))
    from diffcli.operations.arrays import ARRAYS  # numbers do not wait for it

    row = ARRAYS[tape.operation(slot)]
    return row.elementary_operations([tape.shape(operand) for operand in tape.operands_of(slot)], tape.shape(slot))


def reverse_cost(problem: Problem, steps: Sequence[Step]) -> Cost:
    """The cost of one reverse sweep: each step its term, and a sum where something was there before.

    With arrays, what the gradient takes as a program beside f.
    """
    function = function_cost(problem)
    if problem.tape.shapes is None:
        sweep = sum(_term_cost(problem, step.source, step.position, joins=not step.first) for step in steps)
        return Cost(function, sweep, 1, "at most 5 times for sums and products, 6 with quotients")
    from diffcli.methods.sweeps.transform import ReverseTransform

    found = ReverseTransform(problem.tape, list(map(problem.input_slot, problem.wrt)), problem.active).run()
    together = function_cost(Linearisation(problem, found.tape))
    return Cost(function, together - function, 1, "at most 5 times for sums, products and quotients")


def forward_cost(problem: Problem, sweeps: Sequence[Sequence[Any]]) -> Cost:
    """The cost of the tangent sweeps, one for each seed; with arrays one for each element, over the program in numbers."""
    numbers = scalarised(problem)
    if numbers is not problem:
        problem, sweeps = numbers, [numbers.swept_forward({numbers.input_slot(name): 1.0}) for name in numbers.wrt]
    tape = problem.tape
    flow = flow_of(tape, problem.values)
    total = 0
    for sweep in sweeps:
        for slot, passing in zip(tape.rows(), flow, strict=True):
            moving = [position for position in passing if sweep[tape.operands_of(slot)[position]] is not None]
            total += sum(_term_cost(problem, slot, position, joins=position != moving[0]) for position in moving)
    bound = f"at most {1 + 4 * len(sweeps)} times for sums, products and quotients"
    return Cost(function_cost(problem), total, len(sweeps), bound)


def _term_cost(problem: Problem, slot: int, position: int, joins: bool) -> int:
    """The operations of a term; one that joins a sum takes one more, which is also its change of sign if it has one."""
    term = terms(problem.tape.operation(slot), len(problem.tape.operands_of(slot)))[position]
    if term is None:
        return 0
    formula = formula_of(problem, slot, position, term)
    return formula.cost + (joins and not formula.negative)
