"""What is claimed of a derivative at a point, beside the right one, and what single rows of the tape bring to that."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from diffcli._named import NamedTuple
from diffcli.methods.problem.problem import Problem
from diffcli.methods.problem.scalarise import variables_of
from diffcli.methods.sweeps.array_sweeps import BothWays
from diffcli.methods.sweeps.reverse import adjoints
from diffcli.operations import OPERATIONS
from diffcli.studies.claims.slip_text import Place
from diffcli.tape.running.array_rules import NUMPY, rule_at

Numbers = list[float]
"""Derivatives by the elements of a variable."""


class Observation(NamedTuple):
    """Everything at one point that a slip may speak of."""

    at: Numbers
    """The elements of the variable."""
    value: float
    claimed: Numbers
    right: Numbers
    bars: Numbers
    """How far each of the right ones may be off."""
    others: Sequence[tuple[str, str, Numbers]]
    """What may have been taken for the right ones: derivatives by another ``variable`` of the same shape, entries in another
    ``order``, or with one wrong ``entry``; each with its name."""
    tape: Any = None
    """The tape there, if there is one: its `values` and `adjoints`, and of one of arrays the whole problem."""
    slope: float = math.nan
    """The claim's own derivative."""

    def is_like(self, wrong: float, own: float, k: int, like: float, size: float = 0.0) -> bool:
        """Whether what comes of a slip is what is claimed; what cancels in it, of some size, leaves its rounding."""
        off, most = abs(wrong - own), max(abs(wrong), abs(own), 1e-3 * abs(self.right[k]))
        return off <= like * most + 1e-13 * size + self.bars[k] and math.isfinite(off)  # infinity is like everything


def off_by_most(seen: Sequence[Observation]) -> float:
    """The largest relative difference of what is claimed."""
    pairs = [pair for one in seen for pair in zip(one.claimed, one.right, strict=True)]
    return max((abs(own - right) / abs(right) if right else math.inf for own, right in pairs if own != right), default=0.0)


def brought(at: Problem, variable: str, right: Numbers, place: Place) -> tuple[Numbers, Numbers]:
    """What a row of arrays brings to a derivative through an operand, and would bring with 1 in place of its partial derivative.

    Of a choice it is what the branch that is taken brings more than the other one.
    """
    assert place.row is not None
    without = passed = _swept(at, variable, place.row, place.operand)
    if at.tape.operation(place.row) in OPERATIONS.keys() - {"where"}:
        passed = _swept(at, variable, place.row, place.operand, lambda bar, *_: bar)
    pairs = zip(right, without, passed, strict=True)
    terms, instead = zip(*[(known - rest, made - rest) for known, rest, made in pairs], strict=True)
    return [*terms], [*instead]


def _swept(at: Problem, variable: str, slot: int, operand: int | None, instead: Callable[..., Any] | None = None) -> Numbers:
    """The derivative if a row handed something else on to one operand, or nothing; or if a choice took the other branch."""
    tape, row, name = at.tape, at.tape.operands_of(slot), at.tape.operation(slot)
    functions: Sequence[Any] = NUMPY.terms(name, len(row)) if name in OPERATIONS else ()
    if name == "where":
        flipped = [*at.values]
        flipped[row[0]] = (flipped[row[0]] == 0) * 1.0
        found: Any = adjoints(tape, flipped, at.active, {tape.output: 1.0})
    else:
        functions = functions or [NUMPY.row_term(rule_at(tape, slot, k), "adjoint") for k in range(len(row))]
        functions = [instead if each == operand else own for each, own in zip(row, functions, strict=True)]
        functions = functions if name in OPERATIONS else [BothWays(own, own) for own in functions]
        found = at.swept_back({tape.output: 1.0}, {slot: tuple(functions)})
    variables = variables_of(at)
    bands = variables.bands([number or 0.0 for number in variables.numbers(found)])
    return [*bands[at.wrt.index(variable)]]
