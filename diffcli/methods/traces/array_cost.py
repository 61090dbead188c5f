"""Counting on a tape with arrays: the elementary operations of its rows, as if they were written out in numbers."""

from __future__ import annotations

from diffcli.methods.problem.problem import Linearisation, Problem
from diffcli.methods.problem.scalarise import in_numbers
from diffcli.methods.sweeps import forward
from diffcli.methods.sweeps.transform import transform_reverse
from diffcli.methods.traces.cost import FREE, forward_cost, function_cost
from diffcli.operations import OPERATIONS
from diffcli.operations.array_row import size
from diffcli.operations.arrays import ARRAYS
from diffcli.records import Cost


def array_function_cost(problem: Problem) -> int:
    """The operations of the rows that are evaluated."""
    return sum(_row_cost(problem, slot) for slot in problem.tape.rows() if problem.values[slot] is not None)


def _row_cost(problem: Problem, slot: int) -> int:
    tape = problem.tape
    name = tape.operation(slot)
    if name in OPERATIONS:
        return 0 if name in FREE or OPERATIONS[name].precedence in range(1, 6) else size(tape.shape(slot))
    return ARRAYS[name].elementary_operations([tape.shape(operand) for operand in tape.operands_of(slot)], tape.shape(slot))


def array_reverse_cost(problem: Problem) -> Cost:
    """The cost of one reverse sweep: what the gradient takes as a program, beside f."""
    found = transform_reverse(problem.tape, list(map(problem.input_slot, problem.wrt)), problem.active)
    derived = Linearisation(problem, found.tape)
    function = function_cost(problem)
    return Cost(function, function_cost(derived) - function, 1, "at most 5 times for sums, products and quotients")


def array_forward_cost(problem: Problem) -> Cost:
    """The cost of the tangent sweeps, one for each element, over the program written out in numbers."""
    numbers = in_numbers(problem)
    seeds = [[1.0 if name == wanted else None for name in numbers.tape.inputs] for wanted in numbers.wrt]
    return forward_cost(numbers, [forward.tangents(numbers.tape, numbers.values, seed) for seed in seeds])
