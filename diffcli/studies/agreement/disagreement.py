"""Why methods disagree on a derivative: what in the program is to blame, and where it stands."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic
from diffcli.language.writing.printer import number_text
from diffcli.methods.nonsmooth.breaks import rows_below
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.rounding import underflowed

REASONS = {
    "kink": "operations with a corner meet here",
    "jump": "the value jumps at the point",
    "pole": "the value or the slope is infinite at the point",
    "edge": "the function is undefined beside the point",
    "branch": "a comparison treats this point by itself, and the slopes beside it are others",
    "overflow": "an intermediate value is beyond the range of a float",
    "underflow": "an intermediate value is below the range of a float",
    "cancellation": "nearly equal values are subtracted, and their digits lost",
    "rounding": "the rounding of an intermediate value is magnified on the way to the derivative",
    "terms": "the terms of the derivative all but cancel",
    "removable": "SymPy's form of the derivative has no value at this point, where the function is smooth",
    "form": "SymPy's form of the derivative loses its digits at this point; the rules keep them",
    "difference": "the difference quotients are off by more than their bar",
    "complex": "the complex step goes wrong where an intermediate value leaves the range of a float",
    "recorded": "plain Python gives another slope: a recording keeps every branch as it was taken",
    "unexplained": "nothing that diffcli knows of explains it",
}
"""The reasons, by name. Those from ``overflow`` to ``cancellation`` are reported with the place in the program."""

LOSS = 1e4
"""A sum that is smaller than its operands by this factor has lost four digits."""


class Reason(NamedTuple):
    name: str
    explanation: str
    note: Diagnostic | None = None


def explain_disagreement(problem: Problem, kinds: Collection[str], off: Sequence[str]) -> Reason:
    """Why methods disagree on a partial derivative of a problem.

    Parameters
    ----------
    kinds
        The kinds of break (`diffcli.methods.nonsmooth.breaks`) at the point.
    off
        The methods whose error is too large, or that have no number although there is one.
    """
    if [*off] == ["function"]:
        return Reason("recorded", REASONS["recorded"])
    if "point-branch" in kinds or "branch" in kinds:
        return Reason("branch", REASONS["branch"])
    if kinds:
        return Reason("kink", f"{REASONS['kink']} in a function that is smooth all the same")
    if any(way in ("reverse", "forward") for way in off):
        known = find_extreme(problem) or _cancellation(problem)
        if known is not None:
            return known
    name = _ALONE.get(tuple(off), "unexplained")
    return Reason(name, REASONS[name])


_ALONE: dict[tuple[str, ...], str] = {("symbolic",): "form", ("numeric",): "difference", ("complex",): "complex"}
"""What it means when the error of one method alone is too large."""


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
        if underflowed(tape, values, slot):
            return Reason("underflow", f"`{shown}` is below the range of a float, and 0")
        if of_adjoints and bar is not None and not math.isfinite(bar):
            return Reason("overflow", f"the adjoint of `{shown}` is {number_text(bar)}, beyond the range of a float")
    return None


def _cancellation(problem: Problem) -> Reason | None:
    """The sum or difference that loses the most digits."""
    tape, values = problem.tape, problem.values
    worst, where = LOSS, None
    for slot in sorted(rows_below(problem, [tape.output])):
        operands = tape.operands_of(slot)
        if tape.operation(slot) not in ("add", "sub") or operands[0] == operands[1]:
            continue
        size, value = max(abs(values[operand]) for operand in tape.operands_of(slot)), abs(values[slot])
        loss = size / value if value else math.inf if size else 0.0
        if loss > worst and math.isfinite(size):
            worst, where = loss, slot
    if where is None:
        return None
    digits = f"{math.floor(math.log10(worst))} digits" if math.isfinite(worst) else "all its digits"
    text = f"`{problem.operand_text(where)}` loses {digits}: its operands are nearly equal"
    label = problem.shown(tape.operands_of(where))
    return Reason("cancellation", text, problem.warning("cancellation", text, where, label))
