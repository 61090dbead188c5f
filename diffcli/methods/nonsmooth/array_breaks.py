"""Other rules than the table's at the kinks and ties of a tape with arrays, where ``--kink`` asks for them.

They hold for the elements that stand on a kink, and for no others.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from diffcli.methods.nonsmooth.breaks import Break
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.array_sweeps import BothWays
from diffcli.operations import OPERATIONS
from diffcli.operations.arithmetic import array_functions, arrays
from diffcli.tape.running.array_rules import NUMPY, array_term, fixed_names
from diffcli.tape.running.rules import Overrides, TermFunctions

_SIDES = {"norm": (-1.0, 1.0), "amax": (0.0, 1.0), "amin": (1.0, 0.0)}
"""The slopes on the left and on the right, by an element of a group that stands on a break, where it equals the result."""


def array_overrides(problem: Problem, breaks: Sequence[Break], policy: str) -> Overrides:
    """Term functions for the rows on a kink or tie, where the policy asks for others than the table's."""
    result: dict[int, Any] = {}
    with arrays.quiet():
        for slot in {found.slot for found in breaks if found.kind in ("kink", "tie")}:
            if problem.tape.operation(slot) in OPERATIONS:
                count = len(problem.tape.operands_of(slot))
                result[slot] = tuple(_elementwise_term(problem, slot, position, policy) for position in range(count))
            elif problem.tape.operation(slot) in _SIDES:
                result[slot] = (_reduction_term(problem, slot, policy),)
        boundary = [found.slot for found in breaks if found.kind == "branch"]
        if boundary and policy == "nan":
            result |= _undecided(problem, boundary)
    return result


def _chosen(left: Any, right: Any, policy: str) -> Any:
    return {"left": left, "right": right, "mean": (left + right) / 2, "nan": float("nan")}[policy]


def _broken(problem: Problem, slot: int, kinds: Sequence[str]) -> Any:
    """The elements of a row that stand on a break."""
    found = NUMPY.breaks_at(problem.tape, slot, problem.values)
    return reduce(or_, [arrays.as_truth(holds) for kind, holds in found if kind in kinds])


def _elementwise_term(problem: Problem, slot: int, position: int, policy: str) -> Any:
    """The term by one operand, by the policy where the slopes of its two sides differ; the table's own elsewhere."""
    name, row = problem.tape.operation(slot), problem.tape.operands_of(slot)
    function = NUMPY.terms(name, len(row))[position]
    if function is None:
        return None
    values = [arrays.as_array(problem.values[operand]) for operand in row]
    sides = []
    for side in (-1.0, 1.0):
        beside = list(values)
        beside[position] = arrays.next_after(values[position], side)
        sides.append(function(1.0, *beside, NUMPY.value(name)(*beside)))
    bent = _broken(problem, slot, ("kink", "tie")) & (sides[0] != sides[1])
    chosen = _chosen(sides[0], sides[1], policy)
    return lambda g, *rest: arrays.where(bent, g * chosen, function(g, *rest))


def _reduction_term(problem: Problem, slot: int, policy: str) -> BothWays:
    """The same of the norm of zeros, and of the largest of equal elements: by each of these elements."""
    tape, names = problem.tape, fixed_names(problem.tape, slot, 0)
    backward, onward = (array_term(tape, slot, 0, kind) for kind in ("adjoint", "tangent"))
    assert backward is not None and onward is not None
    reshaped, total = array_functions.FUNCTIONS["reshape"], array_functions.total
    kept = names["kept"]
    operand = problem.values[tape.operands_of(slot)[0]]
    broken = reshaped(_broken(problem, slot, ("kink", "tie")), kept)
    bent = broken & (operand == reshaped(problem.values[slot], kept))
    left, right = _SIDES[tape.operation(slot)]
    chosen = _chosen(left, right, policy)

    def adjoint(g: Any, *rest: Any) -> Any:
        return arrays.where(bent, reshaped(g, kept) * chosen, backward(g, *rest))

    def tangent(g: Any, *rest: Any) -> Any:
        own = total(arrays.where(bent & (g != 0), g * chosen, 0.0), names["axis"], names["keepdims"])
        return own + onward(arrays.where(bent, 0.0, g), *rest)

    return BothWays(adjoint, tangent)


def _undecided(problem: Problem, boundary: Sequence[int]) -> dict[int, TermFunctions]:
    """Choices that comparisons at their boundary decide: neither branch has a derivative there."""
    tape, values = problem.tape, problem.values
    there: dict[int, Any] = {slot: _broken(problem, slot, ("branch",)) for slot in boundary}
    result: dict[int, TermFunctions] = {}
    for slot in tape.rows():
        row = tape.operands_of(slot)
        if values[slot] is None:
            continue
        if tape.operation(slot) == "where" and row[0] in there:
            result[slot] = (None, *[_undefined_at(there[row[0]])] * 2)
        found = [there[operand] for operand in row if operand in there]
        if found and slot not in there:
            elementwise = tape.operation(slot) in OPERATIONS
            there[slot] = reduce(or_, found if elementwise else [arrays.any_true(holds) for holds in found])
    return result


def _undefined_at(there: Any) -> Any:
    return lambda g: arrays.where(there & (g != 0), float("nan"), g)
