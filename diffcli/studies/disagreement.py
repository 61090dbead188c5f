"""Why ways to a derivative disagree: what in the program is to blame, and where it stands."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

from diffcli.errors import Diagnostic
from diffcli.language.printer import number_text
from diffcli.methods.problem import Problem

REASONS = {
    "kink": "an operation has a corner at the point",
    "jump": "the value jumps at the point",
    "branch": "a comparison treats the point differently from what is beside it",
    "pole": "the value or the slope is infinite at the point",
    "overflow": "an intermediate value is beyond the range of a float",
    "underflow": "an intermediate value is below the range of a float",
    "cancellation": "nearly equal values are subtracted, and their digits lost",
    "terms": "the terms of the derivative all but cancel",
    "removable": "SymPy's form of the derivative is 0/0 or the like where the function is smooth",
    "form": "SymPy's form of the derivative loses its digits at the point",
    "difference": "a difference quotient is off by more than its bar",
    "complex": "the complex step is off alone",
    "unexplained": "nothing that diffcli knows of explains it",
}
"""The reasons, by name."""

LOSS = 1e4
"""A sum that is smaller than its operands by this factor has lost four digits."""


class Reason(NamedTuple):
    name: str
    explanation: str
    note: Diagnostic | None = None


def explain_disagreement(problem: Problem, kinds: Collection[str], off: Sequence[str]) -> Reason:
    """Why ways disagree on a partial derivative of a problem.

    Parameters
    ----------
    kinds
        The kinds of break (`diffcli.methods.kinks`) at the point.
    off
        The ways that are off, or have no number although there is one.
    """
    if "point-branch" in kinds or "branch" in kinds:
        return Reason("branch", "a comparison treats this point by itself, and the slopes beside it are others")
    if kinds:
        return Reason("kink", "operations with a corner meet here in a function that is smooth all the same")
    if any(way in ("reverse", "forward") for way in off):
        known = find_extreme(problem) or _cancellation(problem)
        if known is not None:
            return known
    return _ALONE.get(tuple(off), Reason("unexplained", "nothing that diffcli knows of explains it"))


_ALONE: dict[tuple[str, ...], Reason] = {
    ("symbolic",): Reason("form", "SymPy's form of the derivative loses its digits at this point; the rules keep them"),
    ("numeric",): Reason("difference", "the difference quotients are off by more than their bar"),
    ("complex",): Reason("complex", "the complex step goes wrong where an intermediate value leaves the range of a float"),
}
"""What it means when one way is off alone."""


def find_extreme(problem: Problem, of_adjoints: bool = True) -> Reason | None:
    """The first row whose value, or adjoint, has left the range of a float."""
    tape, values = problem.tape, problem.values
    for slot in tape.rows():
        value, bar = values[slot], problem.adjoints[slot]
        if value is None or not problem.active[slot]:
            continue
        shown = problem.operand_text(slot)
        if not math.isfinite(value) and all(math.isfinite(values[operand]) for operand in tape.operands_of(slot)):
            text = f"`{shown}` is {number_text(float(value))}, beyond the range of a float"
            return Reason("overflow", text, problem.warning("overflow", text, slot))
        if value == 0 and tape.operation(slot) in ("exp", "pow", "mul", "div", "square") and _came_from_something(problem, slot):
            return Reason("underflow", f"`{shown}` is below the range of a float, and 0")
        if of_adjoints and bar is not None and not math.isfinite(bar):
            return Reason("overflow", f"the adjoint of `{shown}` is {number_text(bar)}, beyond the range of a float")
    return None


def _came_from_something(problem: Problem, slot: int) -> bool:
    """Whether a row that is 0 has no operand that explains it."""
    operands = problem.tape.operands_of(slot)
    return problem.tape.operation(slot) == "exp" or all(problem.values[operand] != 0 for operand in operands)


def _cancellation(problem: Problem) -> Reason | None:
    """The sum or difference that loses the most digits."""
    tape, values = problem.tape, problem.values
    worst, where = LOSS, None
    for slot in tape.rows():
        if tape.operation(slot) not in ("add", "sub") or not problem.reached(slot):
            continue
        size, value = max(abs(values[operand]) for operand in tape.operands_of(slot)), abs(values[slot])
        loss = size / value if value else math.inf if size else 0.0
        if loss > worst and math.isfinite(size):
            worst, where = loss, slot
    if where is None:
        return None
    digits = f"{math.floor(math.log10(worst))} digits" if math.isfinite(worst) else "all its digits"
    text = f"`{problem.operand_text(where)}` loses {digits}: its operands are nearly equal"
    operands = problem.shown(tape.operands_of(where))
    return Reason("cancellation", text, problem.warning("cancellation", text, where, operands))
