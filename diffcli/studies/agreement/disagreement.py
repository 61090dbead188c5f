"""Why methods disagree on a derivative: what in the program is to blame, and where it stands."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic
from diffcli.language.writing.printer import number_text
from diffcli.methods.digits.blame import culprit
from diffcli.methods.digits.exact import read_again
from diffcli.methods.digits.watch import Sweep
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.forward import tangents
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


class Reason(NamedTuple):
    name: str
    explanation: str
    note: Diagnostic | None = None


def explain_disagreement(problem: Problem, slot: int, kinds: Collection[str], off: Sequence[str]) -> Reason:
    """Why methods disagree on a partial derivative of a problem.

    Parameters
    ----------
    slot
        The input.
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
        known = _lost_digits(problem, slot) or find_extreme(problem)
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


def _lost_digits(problem: Problem, slot: int) -> Reason | None:
    """The row that loses the most digits on the way to the derivative by an input, or what is too small for a float there."""
    tape = problem.tape
    seed = [1.0 if each == slot else None for each in range(tape.first_row)]
    for sweep, found in (
        (Sweep({tape.output: 1.0}), problem.adjoints),
        (Sweep({slot: 1.0}, forward=True), tangents(tape, problem.values, seed)),
    ):
        reading = read_again(problem, sweep, [tape.output if sweep.forward else slot])
        where, label = culprit(problem, slot, sweep, reading)
        kind = next((kind for word, kind in _SAID.items() if word in label), None)
        if kind is not None and where in tape.rows():
            text = f"`{problem.operand_text(where)}`: {label}"
            return Reason(kind, text, problem.warning(kind, text, where) if kind in ("cancellation", "overflow") else None)
        arriving = Counter(step.target for step in reading.steps)
        for row in range(tape.slots):
            if row in tape.rows() and sweep.forward:
                arriving[row] = sum(found[operand] is not None for operand in tape.operands_of(row))
            if found[row] == 0 and reading.derivatives[row] and arriving[row] == 1:  # of more terms, they may have cancelled
                name = "tangent" if sweep.forward else "adjoint"
                return Reason("underflow", f"the {name} of `{problem.operand_text(row)}` is below the range of a float, and 0")
    return None


_SAID = {"digits cancel": "cancellation", "overflows": "overflow", "underflows to 0 here:": "underflow", "is rounded": "rounding"}
"""The reason that stands behind what is said of a row."""
