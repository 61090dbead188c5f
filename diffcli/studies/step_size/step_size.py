"""How the error of a difference quotient depends on its step: the sweep behind every rule for choosing one.

Steps are powers of two, so that ``x + h`` is exact and nothing but truncation and rounding is seen. The error is taken from
a reference with fifty digits. Beside each measured error stands what theory predicts (`diffcli.studies.step_size.error_theory`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache

from diffcli.errors import Slopes, did_you_mean, refusal
from diffcli.language import Program
from diffcli.methods.differences.rounding_bound import value_rounding
from diffcli.methods.gradient import of_problem
from diffcli.methods.nonsmooth.breaks import NOT_DIFFERENTIABLE, find_breaks
from diffcli.methods.nonsmooth.nonfinite import require_value
from diffcli.methods.options import Options
from diffcli.methods.problem.problem import At, Linearisation, Problem, names_in
from diffcli.operations.arithmetic import float32 as singles
from diffcli.operations.arithmetic import precise
from diffcli.records.step_size import StepSizeResult
from diffcli.studies.step_size.difference_quotients import UNITS, DifferenceQuotients, MethodSweeper, distance
from diffcli.studies.step_size.error_theory import derivative_rounding, theory
from diffcli.tape.lowering import MOST_ROWS
from diffcli.tape.running.evaluation import replay
from diffcli.tape.running.precise import DIGITS, higher_derivative, precise_derivative

DEFAULT = "64*x*(1 - x)*(1 - 2*x)^2*(1 - 8*x + 8*x^2)^2"
"""The logistic map l4 in the factored form of Baydin et al. 2018, figure 3, which draws this sweep at x = 0.2."""

DEFAULT_AT = "x=0.2"

METHODS = ("forward", "backward", "central", "central4", "central6", "central8", "central10", "complex")
"""The methods that can be swept: stencils, with their order where it is not the lowest, and the complex step."""

DEFAULT_METHODS = ("forward", "central", "complex")

MOST_NODES = 20_000
"""The largest tree that SymPy is asked to differentiate."""


def sweep(
    target: str | Program = DEFAULT,
    at: At = DEFAULT_AT,
    *,
    wrt: str | None = None,
    methods: str | Sequence[str] | None = None,
    per_decade: float = 4,
    largest: float | None = None,
    smallest: float | None = None,
    dtype: str = "float64",
    most_rows: int = MOST_ROWS,
    progress: Callable[[str], None] = lambda stage: None,
) -> StepSizeResult:
    """Measure the error of difference quotients over a range of steps, and predict it.

    The variable ``wrt`` is moved, by ``methods`` of `METHODS`: if they are not given, by forward, central and (in double
    precision) complex. Steps reach from the ``largest``, max(1, |x|), down to the ``smallest``, the unit roundoff of it. All
    powers of two in the range are tried, so that what is best does not depend on how many are shown ``per_decade``.

    >>> result = sweep("exp(x)", "x=1", methods=["central"])
    >>> f"{result.methods[0].theory.best_step:.1e}", f"{result.methods[0].best.step:.1e}"
    ('8.7e-06', '7.6e-06')
    """
    chosen = _checked(methods, dtype)
    problem, name = _problem(target, at, wrt, dtype, most_rows)
    function, truth = DifferenceQuotients(problem, name, dtype), _Truth(problem, name, progress)
    unit, exact = UNITS[dtype], truth.finite
    noise = value_rounding(problem.tape, problem.values, problem.active, unit)
    floor = derivative_rounding(problem, function.slot, unit) if exact is not None else 0.0
    swept = []
    steps = _steps(function.x, largest, smallest, unit)
    for method in chosen:
        progress(f"sweeping {method}")
        predicted = theory(method, noise, floor, truth.higher) if exact is not None else None
        swept.append(MethodSweeper(function, method, exact, predicted).over(steps))
    automatic = truth.found.gradient[name]
    digits = "" if truth.reference is None else precise.text(truth.reference, 20)
    return StepSizeResult(
        problem.expression(), name, problem.at, dtype, function(function.x), truth.rounded, digits, truth.source,
        _spread(steps, per_decade), automatic, distance(automatic, exact), noise, unit * abs(truth.rounded or 0.0), truth.sides,
        tuple(swept), truth.found.notes,
    )  # fmt: skip


def _checked(given: str | Sequence[str] | None, dtype: str) -> Sequence[str]:
    methods, single = names_in(given, "methods"), dtype == "float32"
    if methods is None:
        return [method for method in DEFAULT_METHODS if not (single and method == "complex")]
    known = f"one of: {', '.join(METHODS)}"
    if not methods:
        raise refusal("usage", "no method is named", known)
    if unknown := [name for name in methods if name not in METHODS]:
        raise refusal("unknown-choice", f"there is no method `{unknown[0]}`", *did_you_mean(unknown[0], METHODS), known)
    if single and "complex" in methods:
        raise refusal("usage", "the complex step is computed in double precision only", "leave it out, or leave --dtype out")
    return methods


def _problem(target: str | Program, at: At, wrt: str | None, dtype: str, most_rows: int) -> tuple[Problem, str]:
    """The question, in single precision with all its numbers rounded to that; and the variable that is moved."""
    problem = Problem(target, at, wrt=None if wrt is None else [wrt], most_rows=most_rows)
    if problem.tape.shapes is not None:
        from diffcli.methods.problem.scalarise import scalarised  # numbers do not wait for it

        if dtype == "float32":
            raise refusal("usage", "arrays are in double precision only", "leave --dtype out")
        problem.require_number()
        whole = [name for slot, name in enumerate(problem.tape.inputs) if problem.tape.shape(slot)]
        if whole:
            help = [f"give its elements names, as in {whole[0]} = [a, b]; ..., and move one of them"]
            raise refusal("usage", f"one number is moved, and `{whole[0]}` is an array", *help)
        problem = scalarised(problem)
    if not problem.wrt:
        raise refusal("usage", "the expression has no variable, so there is no step to take")
    if len(problem.wrt) > 1:
        names = ", ".join(problem.wrt)
        raise refusal("usage", f"there are several variables ({names}), and one of them is moved", f"add --wrt {problem.wrt[0]}")
    if dtype == "float32":
        nearest = {name: singles.rounded(value) for name, value in problem.at.items()}
        problem = Problem(problem.program, nearest, wrt=problem.wrt, most_rows=most_rows)
        tape = problem.tape.copy(constants=[singles.rounded(value) for value in problem.tape.constants])
        problem = Linearisation(problem, tape)
    require_value(problem)
    return problem, problem.wrt[0]


def _steps(x: float, largest: float | None, smallest: float | None, unit: float) -> list[float]:
    """The powers of two in the range, the longest first."""
    top = math.ldexp(1.0, min(max(0, round(math.log2(abs(x) or 1.0))), 1023)) if largest is None else largest
    bottom = top * unit if smallest is None else smallest
    if not 0 < bottom <= top < math.inf:
        message = f"steps from {top:g} down to {bottom:g} are no range of positive steps"
        raise refusal("bad-value", message, "give --smallest above 0 and below --largest")
    first, last = (min(max(round(math.log2(end)), -1074), 1023) for end in (top, bottom))
    return [math.ldexp(1.0, power) for power in range(first, last - 1, -1)]


def _spread(steps: Sequence[float], per_decade: float) -> tuple[float, ...]:
    """Of powers of two, those nearest to evenly spaced ones, each once."""
    apart = math.log2(10) / per_decade
    places = dict.fromkeys(round(k * apart) for k in range(math.ceil(len(steps) / apart) + 1))
    return tuple(steps[place] for place in places if place < len(steps))


class _Truth:
    """The derivatives at the point, from arithmetic with many digits.

    Where the function is broken but smooth, its derivative is known and higher ones are not: they may jump.
    """

    def __init__(self, problem: Problem, name: str, progress: Callable[[str], None]) -> None:
        self.problem, self.slot, self.progress = problem, problem.input_slot(name), progress
        self.found = of_problem(problem, Options(), asks_rules=False)
        """The gradient by reverse mode."""
        self.sides: Slopes | None = None
        """The one-sided slopes, at a break."""
        if any(found.kind in NOT_DIFFERENTIABLE for found in find_breaks(problem)):
            from diffcli.methods.nonsmooth.one_sided import slopes_of

            self.sides = Slopes(name, *slopes_of(problem, self.slot))
        progress("working out the reference")
        left, right = self.sides[1:] if self.sides else (0.0, 0.0)
        smooth = left is not None and left == right and math.isfinite(left)
        self.reference, self.source = _reference(problem, self.slot) if smooth else (None, "")
        self.rounded = None if self.reference is None else float(self.reference) + 0.0
        self.finite = self.reference if self.rounded is not None and math.isfinite(self.rounded) else None
        """The derivative; None where it is not known, or beyond the range of a float."""
        self.higher = cache(self._higher)

    def _higher(self, kind: int) -> float | None:
        """A higher derivative, None where it is not known."""
        self.progress(f"working out the derivative of kind {kind}")
        return None if self.sides else higher_derivative(self.problem.tape, self.problem.point, self.slot, kind)


def _reference(problem: Problem, slot: int) -> tuple[precise.Number | None, str]:
    """The derivative with fifty digits, by SymPy where it can and the tape in mpmath confirms it; and its source in words."""
    from diffcli.methods.symbolic.symbolic import symbolic_derivative

    tape = problem.tape  # SymPy walks the expression as a tree, in which nothing is shared
    nodes = replay(tape, [1] * tape.first_row, lambda name, value: 1, lambda name, below: 1 + sum(below))[tape.output]
    symbolic = symbolic_derivative(problem, problem.wrt[0]) if nodes <= MOST_NODES else None
    exact = precise_derivative(problem.tape, problem.point, slot, 1, DIGITS)
    if symbolic is None and exact is None:
        return None, "there is none: neither SymPy nor the tape in mpmath gives a number at this point"
    if symbolic is None:
        why = "has no value here" if nodes <= MOST_NODES else f"would be of a tree of {nodes} nodes"
        return exact, f"the tape itself in mpmath, {DIGITS} digits (SymPy's derivative {why})"
    if exact is None:
        return symbolic, f"SymPy's derivative, {DIGITS} digits"
    with precise.working(DIGITS + 10):
        if abs(symbolic - exact) <= abs(exact) * precise.power_of_ten(10 - DIGITS) + precise.power_of_ten(-300):
            return symbolic, f"SymPy's derivative, {DIGITS} digits; the tape itself in mpmath agrees"
    return exact, f"the tape itself in mpmath, {DIGITS} digits (SymPy's derivative differs)"
