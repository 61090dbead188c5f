"""Other rules than the table's at kinks and ties, where ``--kink`` asks for them.

Of an array they hold for the elements that stand on a kink, and for no others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from diffcli.methods.nonsmooth.breaks import Break
from diffcli.methods.problem.problem import Problem
from diffcli.operations import OPERATIONS
from diffcli.tape.running.evaluation import arithmetic_of
from diffcli.tape.running.rules import Function, Overrides


def overrides(problem: Problem, breaks: Sequence[Break], policy: str) -> Overrides:
    """Term functions for the rows on a kink or tie, where the policy asks for others than the table's."""
    if policy in ("min-norm", "error"):
        return {}
    tape = problem.tape
    result: dict[int, Any] = {}
    with arithmetic_of(tape).numbers.quiet():
        for slot in {found.slot for found in breaks if found.kind in ("kink", "tie")}:
            if tape.operation(slot) in OPERATIONS:
                positions = range(len(tape.operands_of(slot)))
                result[slot] = tuple(_term_at_kink(problem, slot, position, policy) for position in positions)
            else:
                result[slot] = (_reduction_term(problem, slot, policy),)
        boundary = [found.slot for found in breaks if found.kind == "branch"]
        if boundary and policy == "nan":
            result |= _undecided(problem, boundary)
    return result


def _chosen(left: Any, right: Any, policy: str) -> Any:
    return {"left": left, "right": right, "mean": (left + right) / 2, "nan": math.nan}[policy]


def _broken(problem: Problem, slot: int, kinds: Sequence[str]) -> Any:
    """Where a row stands on a break: a truth, or one for each element."""
    found = arithmetic_of(problem.tape).breaks_at(problem.tape, slot, problem.values)
    return reduce(or_, [holds != 0 for kind, holds in found if kind in kinds])


def _term_at_kink(problem: Problem, slot: int, position: int, policy: str) -> Function | None:
    """The term by one operand, by the policy where the slopes of its two sides differ; the table's own elsewhere."""
    arithmetic, name, row = arithmetic_of(problem.tape), problem.tape.operation(slot), problem.tape.operands_of(slot)
    function = arithmetic.terms(name, len(row))[position]
    if function is None:
        return None
    values = [problem.values[operand] for operand in row]
    sides: list[Any] = []
    for side in (-1.0, 1.0):
        beside = list(values)
        beside[position] = arithmetic.numbers.next_after(values[position], side)
        slope = function(1.0, *beside, arithmetic.value(name)(*beside))
        sides.append(0.0 if slope is None else slope)
    bent, chosen = _broken(problem, slot, ("kink", "tie")) & (sides[0] != sides[1]), _chosen(sides[0], sides[1], policy)
    present = arithmetic.present(name, position, [*values, problem.values[slot]])
    if present is not None and not arithmetic.numbers.any_true(present | bent):
        return None
    where = arithmetic.value("where")
    return lambda g, *rest: where(bent, g * chosen, function(g, *rest))


_SIDES = {"norm": (-1.0, 1.0), "amax": (0.0, 1.0), "amin": (1.0, 0.0)}
"""The slopes on the left and on the right, by an element of a group that stands on a break, where it equals the result."""


def _reduction_term(problem: Problem, slot: int, policy: str) -> Any:
    """The term by the operand: by what is chosen of the slopes on the two sides for the elements that make the result."""
    from diffcli.methods.sweeps.array_sweeps import BothWays  # numbers do not wait for NumPy
    from diffcli.operations.arithmetic import array_functions, arrays
    from diffcli.tape.running.array_rules import NUMPY, rule_at

    tape, rule = problem.tape, rule_at(problem.tape, slot)
    names = rule.names
    backward, onward = (NUMPY.row_term(rule, kind) for kind in ("adjoint", "tangent"))
    assert backward is not None and onward is not None
    reshaped, total = array_functions.FUNCTIONS["reshape"], array_functions.FUNCTIONS["sum"]
    kept = names["kept"]
    operand = problem.values[tape.operands_of(slot)[0]]
    bent = reshaped(_broken(problem, slot, ("kink", "tie")), kept) & (operand == reshaped(problem.values[slot], kept))
    chosen = _chosen(*_SIDES[tape.operation(slot)], policy)

    def adjoint(g: Any, *rest: Any) -> Any:
        return arrays.where(bent, reshaped(g, kept) * chosen, backward(g, *rest))

    def tangent(g: Any, *rest: Any) -> Any:
        own = total(arrays.where(bent & (g != 0), g * chosen, 0.0), axis=names["axis"], keepdims=names["keepdims"])
        return own + onward(arrays.where(bent, 0.0, g), *rest)

    return BothWays(adjoint, tangent)


class Undefined:
    """The term of a choice that is undecided somewhere: NaN there, whatever arrives."""

    def __init__(self, where: Function, holds: Any) -> None:
        self.where, self.holds = where, holds

    def __call__(self, g: Any, *_: Any) -> Any:
        return self.where(self.holds, g * math.nan, g)


def _undecided(problem: Problem, boundary: Sequence[int]) -> Overrides:
    """Choices that comparisons at their boundary decide: neither branch has a derivative there, nor has what leads to it."""
    tape, values, arithmetic = problem.tape, problem.values, arithmetic_of(problem.tape)
    there: dict[int, Any] = {slot: _broken(problem, slot, ("branch",)) for slot in boundary}
    result: Overrides = {}
    for slot in tape.rows():
        row = tape.operands_of(slot)
        if values[slot] is None:
            continue
        if tape.operation(slot) == "where" and row[0] in there:
            result[slot] = (None, *[Undefined(arithmetic.value("where"), there[row[0]])] * 2)
        found = [there[operand] for operand in row if operand in there]
        if found and slot not in there:
            elementwise = tape.operation(slot) in OPERATIONS
            there[slot] = reduce(or_, found if elementwise else map(arithmetic.numbers.any_true, found))
    branches = {operand for slot in result for operand in tape.operands_of(slot)[1:]}
    for slot in reversed(tape.rows()):
        if slot in branches and values[slot] is None:
            row = tape.operands_of(slot)
            branches.update(row)
            elementwise = tape.operation(slot) in OPERATIONS
            known = arithmetic.terms(tape.operation(slot), len(row)) if elementwise else row
            undefined = Undefined(arithmetic.value("where"), True)
            result[slot] = tuple(None if term is None else undefined for term in known)
    return result
