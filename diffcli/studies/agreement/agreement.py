"""Do the ways to a derivative agree? Each partial derivative by every way, side by side, with a verdict and a reason."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from diffcli.errors import Diagnostic, LimitError, as_stop
from diffcli.methods.differences.complex_step import complex_difference
from diffcli.methods.differences.finite_difference import difference
from diffcli.methods.nonsmooth.breaks import find_breaks
from diffcli.methods.nonsmooth.notes import describe
from diffcli.methods.problem.components import Elements
from diffcli.methods.problem.problem import Problem
from diffcli.methods.problem.scalarise import in_numbers
from diffcli.methods.sweeps import forward
from diffcli.records import Difference, SymbolicDerivative
from diffcli.studies.agreement.verdict import PartialCheck, Way, floors, judge

WAYS = ("reverse", "forward", "symbolic", "numeric", "complex")

Progress = Callable[[str], None]

Sweeps = dict[str, tuple[float, float]]
"""The derivatives by reverse and forward mode, by variable."""


class Agreement(NamedTuple):
    """All partial derivatives at a point."""

    expression: str
    at: dict[str, float]
    value: float
    checks: tuple[PartialCheck, ...]
    notes: tuple[Diagnostic, ...]
    name: str = "f"
    """What the result is called."""

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)


def check(
    problem: Problem, digits: int | None = None, progress: Progress = lambda stage: None, sweeps: Sweeps | None = None
) -> Agreement:
    """Every partial derivative of a problem by every way.

    Parameters
    ----------
    problem
        A program at a point where its value is defined.
    digits
        How many digits the judge is to know; 50, if not given, for tapes that are not too long. 0 for no judge.
    progress
        Told of each stage as it begins.
    sweeps
        What reverse and forward mode say, if that is known, as of the arrays of which this is one element.

    Returns
    -------
    The verdicts, and the notes of kinks, poles and the like that touch the result.

    >>> check(Problem("x*sin(x)", {"x": 2})).checks[0].verdict
    'agree'
    >>> check(Problem("(1 - cos(x))/x^2", {"x": 1e-5})).checks[0].reason
    'cancellation'
    """
    whole = problem
    notes = [*whole.notes(), *describe(whole, find_breaks(whole), "", False)]
    problem = in_numbers(whole)
    breaks = find_breaks(problem)
    found = _by_all_ways(problem, notes, progress)
    if whole is not problem:
        sweeps = _array_sweeps(whole)
    for variable, swept in (sweeps or {}).items():
        found[variable][:2] = [Way(name, value) for name, value in zip(WAYS, swept, strict=False)]
    checks = []
    known = floors(problem)
    for variable in problem.wrt:
        progress(f"judging along {variable}")
        try:
            judged, reason = judge(problem, variable, breaks, found[variable], digits, known[problem.input_slot(variable)])
        except LimitError as limit:  # without the judge, the ways are held against each other
            notes.append(limit.diagnostics[0]._replace(severity="warning", notes=("the exact derivative is not known",)))
            judged, reason = judge(problem, variable, breaks, found[variable], 0, known[problem.input_slot(variable)])
        checks.append(judged)
        if reason.note is not None and reason.note not in notes:
            notes.append(reason.note)
    return Agreement(problem.expression(), whole.at, problem.value, tuple(checks), tuple(notes))


# -- the ways ----------------------------------------------------------------------------------------------------------------


def _by_all_ways(problem: Problem, notes: list[Diagnostic], progress: Progress) -> dict[str, list[Way]]:
    """The derivatives, not judged yet, by variable."""
    symbolic, why = _symbolic(problem, notes, progress)
    found: dict[str, list[Way]] = {}
    for position, variable in enumerate(problem.wrt, 1):
        progress(f"differentiating along {variable} ({position} of {len(problem.wrt)})")
        slot = problem.input_slot(variable)
        seed = [1.0 if name == variable else None for name in problem.tape.inputs]
        tangent = forward.tangents(problem.tape, problem.values, seed)[problem.tape.output]
        numeric, imaginary = difference(problem, variable), complex_difference(problem, variable)
        lifted = imaginary.reason.partition("; ")[2]
        found[variable] = [
            Way("reverse", problem.adjoints[slot] or 0.0),
            Way("forward", tangent or 0.0),
            Way("symbolic", symbolic.get(variable), remark="" if variable in symbolic else why),
            Way("numeric", numeric.estimate, numeric.error, _why(numeric), sides=(numeric.left, numeric.right)),
            Way("complex", imaginary.estimate, imaginary.error, lifted),
        ]
    return found


def _array_sweeps(whole: Problem) -> Sweeps:
    """The sweeps over the arrays themselves, by element."""
    slots = {name: whole.input_slot(name) for name in whole.wrt}
    elements = Elements([(name, slot, whole.tape.shape(slot)) for name, slot in slots.items()])
    found = {}
    for place, (variable, adjoint) in enumerate(zip(elements.names, elements.numbers(whole.adjoints), strict=True)):
        seed = elements.seed([place])
        tangent = forward.tangents(whole.tape, whole.values, [seed.get(slot) for slot in range(whole.tape.first_row)])
        found[variable] = float(adjoint or 0.0), float(tangent[whole.tape.output] or 0.0)
    return found


def _why(numeric: Difference) -> str:
    """Why there is no number by differences."""
    return "" if math.isfinite(numeric.estimate) else numeric.reason


def _symbolic(problem: Problem, notes: list[Diagnostic], progress: Progress) -> tuple[dict[str, float], str]:
    """SymPy's values, and why there are no more of them."""
    from diffcli.methods.symbolic.symbolic import differentiate
    from diffcli.tape.lowering import MOST_ROWS

    found: list[SymbolicDerivative] = []
    why = ""
    told: list[Diagnostic] = list(notes)
    try:
        differentiate(problem, found.append, told, MOST_ROWS, False, progress)
    except (LimitError, KeyboardInterrupt) as stopped:  # the other ways are still worth having
        known = as_stop(stopped)
        why = known.message
        if known.code in ("timeout", "interrupted"):
            notes.append(known._replace(notes=("SymPy's derivatives are not known",)))
    notes += [note for note in told if note not in notes and note.code == "symbolic-form"]
    return {derivative.variable: derivative.value for derivative in found}, why
