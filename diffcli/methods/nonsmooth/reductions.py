"""Other rules than the table's for the norm of zeros, and for the largest of equal elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.array_sweeps import BothWays
from diffcli.operations.arithmetic import array_functions, arrays
from diffcli.tape.running.array_rules import NUMPY, rule_at

_SIDES = {"norm": (-1.0, 1.0), "amax": (0.0, 1.0), "amin": (1.0, 0.0)}
"""The slopes on the left and on the right, by an element of a group that stands on a break, where it equals the result."""


def reduction_term(problem: Problem, slot: int, holds: Any, choose: Callable[[float, float], float]) -> BothWays:
    """The term by the operand: by what is chosen of the slopes on the two sides for the elements that make the result."""
    tape, rule = problem.tape, rule_at(problem.tape, slot)
    names = rule.names
    backward, onward = (NUMPY.row_term(rule, kind) for kind in ("adjoint", "tangent"))
    assert backward is not None and onward is not None
    reshaped, total = array_functions.FUNCTIONS["reshape"], array_functions.FUNCTIONS["sum"]
    kept = names["kept"]
    operand = problem.values[tape.operands_of(slot)[0]]
    bent = reshaped(holds, kept) & (operand == reshaped(problem.values[slot], kept))
    chosen = choose(*_SIDES[tape.operation(slot)])

    def adjoint(g: Any, *rest: Any) -> Any:
        return arrays.where(bent, reshaped(g, kept) * chosen, backward(g, *rest))

    def tangent(g: Any, *rest: Any) -> Any:
        own = total(arrays.where(bent & (g != 0), g * chosen, 0.0), axis=names["axis"], keepdims=names["keepdims"])
        return own + onward(arrays.where(bent, 0.0, g), *rest)

    return BothWays(adjoint, tangent)
