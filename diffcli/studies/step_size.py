"""How the error of a difference quotient depends on its step: the sweep behind every rule for choosing one.

Steps are powers of two, so that ``x + h`` is exact and nothing but truncation and rounding is seen. The error is taken from
a reference with fifty digits. Beside each measured error stands what theory predicts (`diffcli.studies.error_theory`).

A single error on the side of rounding may be small by luck, and at a round number it may be so at every power of two: where
f' = 100, the difference over such a step is a float, and hardly rounded. The *envelope* at a step is therefore the 90 %
quantile of the errors at eleven steps within a sixth of it, odd multiples of the last place of x so that x + h is exact all
the same; and the best step is the one with the least envelope.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from diffcli.errors import Diagnostic, Slopes, UsageError, error
from diffcli.language import Program
from diffcli.methods.complex_step import evaluate_complex, part
from diffcli.methods.faults import require_value
from diffcli.methods.kinks import NOT_DIFFERENTIABLE, describe, find_breaks
from diffcli.methods.noise import UNIT, value_noise
from diffcli.methods.precise import DIGITS, higher_derivatives, precise_derivative
from diffcli.methods.problem import At, Problem
from diffcli.methods.stencils import STENCILS
from diffcli.operations.arithmetic import precise, singles
from diffcli.studies.error_theory import Theory, derivative_noise, theory
from diffcli.tape import evaluate
from diffcli.tape.evaluation import float_functions, run
from diffcli.tape.lowering import MOST_ROWS

DEFAULT = "64*x*(1 - x)*(1 - 2*x)^2*(1 - 8*x + 8*x^2)^2"
"""The logistic map l4 in the factored form of Baydin et al. 2018, figure 3, which draws this sweep at x = 0.2."""

DEFAULT_AT = "x=0.2"

METHODS = ("forward", "backward", "central", "central4", "central6", "central8", "central10", "complex")
"""The methods that can be swept: stencils, with their order where it is not the lowest, and the complex step."""

DEFAULT_METHODS = ("forward", "central", "complex")

UNITS = {"float64": UNIT, "float32": singles.UNIT}
"""The arithmetics, and the unit roundoff u of each."""

NEIGHBOURS = tuple(2 ** (j / 24) for j in range(-5, 6))
"""Steps about a step, as multiples of it, whose errors make its envelope."""

WIDEST = 5
"""The largest offset of a stencil, in steps."""

QUANTILE = 0.9

MOST_NODES = 20_000
"""The largest tree that SymPy is asked to differentiate."""

CLEAR = 30.0
"""How many times one kind of error must exceed the other where a slope is fitted to it."""

FITTED = 8
"""How many steps a slope is fitted to, at most: those nearest to where truncation and rounding meet."""


class Sample(NamedTuple):
    """One method at one step."""

    step: float
    estimate: float | None
    """None where there is no quotient: see ``fault``."""
    error: float | None
    """Its distance to the reference; None where there is no reference."""
    truncation: float | None
    rounding: float | None
    """What theory predicts; None where it says nothing."""
    envelope: float | None
    """The 90 % quantile of the errors at steps about this one."""
    fault: str = ""
    """``lost``: the step is lost beside x; ``undefined``: a value beside x is not finite."""

    @property
    def side(self) -> str:
        """Which error prevails in theory: ``T`` for truncation, ``R`` for rounding."""
        if self.truncation is None or self.rounding is None or self.fault:
            return ""
        return "T" if self.truncation > self.rounding else "R" if self.rounding else ""


class Choice(NamedTuple):
    """A step, and the envelope of the errors there; ``rule`` says where the step is from."""

    step: float
    error: float
    rule: str = ""


class MethodSweep(NamedTuple):
    """One method at all steps."""

    method: str
    theory: Theory | None
    samples: tuple[Sample, ...]
    best: Choice | None
    """The step with the least envelope."""
    usual: Choice | None
    """The step that is usually taken without knowing f."""
    slopes: tuple[float | None, float | None]
    """d log(error) / d log(h) where truncation prevails, and where rounding does."""


class StepSizeResult(NamedTuple):
    """A sweep over steps, for each of several methods."""

    expression: str
    variable: str
    at: dict[str, float]
    dtype: str
    value: float
    reference: float | None
    """The derivative, rounded; None at a kink, jump or pole."""
    digits: str
    """The derivative with twenty digits, in words of digits."""
    source: str
    """Where the reference is from, in words."""
    automatic: float
    """The derivative by reverse mode in floats."""
    automatic_error: float | None
    noise: float
    """A bound on the rounding error of one value."""
    floor: float
    """u |f'|: half a unit in the last place of the derivative."""
    slopes: Slopes | None
    """The one-sided slopes, at a kink, jump or pole."""
    methods: tuple[MethodSweep, ...]
    notes: tuple[Diagnostic, ...]


def sweep(
    target: str | Program = DEFAULT,
    at: At = DEFAULT_AT,
    *,
    variable: str | None = None,
    methods: Sequence[str] | None = None,
    per_decade: float = 4,
    largest: float | None = None,
    smallest: float | None = None,
    dtype: str = "float64",
    most_rows: int = MOST_ROWS,
    progress: Callable[[str], None] = lambda stage: None,
) -> StepSizeResult:
    """Measure the error of difference quotients over a range of steps, and predict it.

    Parameters
    ----------
    target, at
        A program, and the point.
    variable
        Which variable is moved, if the program has several.
    methods
        Names from `METHODS`; forward, central and complex (in single precision forward and central), if not given.
    per_decade
        Steps in a decade. Each is rounded to a power of two, and taken once: 3.3 of them make a decade.
    largest, smallest
        The range of steps: from max(1, |x|) down to the unit roundoff of it, if not given.
    dtype
        ``float64`` or ``float32``.

    Raises
    ------
    UsageError
        The variable is not given and there are several, or the options contradict each other.
    ExpressionError, DomainError, LimitError
        As `diffcli.grad`.

    >>> result = sweep("exp(x)", "x=1", methods=["central"])
    >>> f"{result.methods[0].theory.best_step:.1e}", f"{result.methods[0].best.step:.1e}"
    ('8.7e-06', '7.6e-06')
    """
    methods = _checked(methods, dtype)
    problem, name = _problem(target, at, variable, dtype, most_rows)
    require_value(problem)
    function = _Function(problem, name, dtype)
    breaks = find_breaks(problem)
    notes = [*problem.shadowed_constants(), *describe(problem, breaks, "", strict=False)]
    bent = any(found.kind in NOT_DIFFERENTIABLE for found in breaks)
    sides = _sides(problem, name) if bent else None
    smooth = sides is None or (sides.left == sides.right and sides.left is not None and math.isfinite(sides.left))
    progress("working out the reference")
    reference, source = _reference(problem, function.slot) if smooth else (None, "")
    kinds: dict[int, float | None] = {}

    def higher(kind: int) -> float | None:
        if kind not in kinds:
            progress(f"working out the derivative of kind {kind}")
            kinds[kind] = None if bent else higher_derivatives(problem.tape, problem.point, function.slot, [kind])[0]
        return kinds[kind]

    noise = value_noise(problem.tape, problem.values, problem.active, UNITS[dtype])
    floor = derivative_noise(problem, function.slot, UNITS[dtype]) if smooth else 0.0
    steps = _steps(function.x, per_decade, largest, smallest, UNITS[dtype])
    swept = []
    for method in methods:
        progress(f"sweeping {method}")
        predicted = theory(method, noise, floor, higher) if smooth else None
        swept.append(_Sweep(function, method, reference, predicted).over(steps))
    automatic = (problem.adjoints[function.slot] or 0.0) + 0.0
    exact = None if reference is None else float(reference) + 0.0
    return StepSizeResult(
        problem.expression(), name, problem.at, dtype, function(function.x), exact,
        "" if reference is None else precise.text(reference, 20), source,
        automatic, _distance(automatic, reference), noise,
        UNITS[dtype] * abs(exact or 0.0), sides, tuple(swept), tuple(notes),
    )  # fmt: skip


# -- what is asked -----------------------------------------------------------------------------------------------------


def _checked(methods: Sequence[str] | None, dtype: str) -> Sequence[str]:
    single = dtype == "float32"
    if methods is None:
        return [method for method in DEFAULT_METHODS if not (single and method == "complex")]
    if single and "complex" in methods:
        help = ["leave it out, or leave --dtype out"]
        raise UsageError([error("usage", "the complex step is computed in double precision only", help=help)])
    return list(dict.fromkeys(methods))


def _problem(target: str | Program, at: At, variable: str | None, dtype: str, most_rows: int) -> tuple[Problem, str]:
    """The question, in single precision with all its numbers rounded to that; and the variable that is moved."""
    problem = Problem(target, at, wrt=None if variable is None else [variable], most_rows=most_rows)
    if not problem.wrt:
        raise UsageError([error("usage", "the expression has no variable, so there is no step to take")])
    if len(problem.wrt) > 1:
        names = ", ".join(problem.wrt)
        help = [f"add --var {problem.wrt[0]}"]
        raise UsageError([error("usage", f"there are several variables ({names}), and one of them is moved", help=help)])
    if dtype == "float32":
        nearest = {name: singles.rounded(value) for name, value in problem.at.items()}
        problem = Problem(problem.program, nearest, wrt=problem.wrt, most_rows=most_rows)
        problem.tape.constants = [singles.rounded(value) for value in problem.tape.constants]
        problem.values = evaluate(problem.tape, problem.point)
    return problem, problem.wrt[0]


def _steps(x: float, per_decade: float, largest: float | None, smallest: float | None, unit: float) -> list[float]:
    """Powers of two nearest to evenly spaced steps, the longest first, each once."""
    top = largest or max(1.0, 2.0 ** round(math.log2(abs(x) or 1.0)))
    bottom = smallest or top * unit
    if not bottom <= top:
        message = f"the smallest step is {bottom:g} and the largest {top:g}"
        raise UsageError([error("bad-value", message, help=["give --smallest below --largest"])])
    first, last = math.log2(top), max(math.log2(bottom), -1074.0)
    apart = math.log2(10) / per_decade
    exponents = dict.fromkeys(round(first - k * apart) for k in range(math.ceil((first - last) / apart) + 1))
    return [math.ldexp(1.0, exponent) for exponent in exponents if last - 0.5 <= exponent <= first + 0.5]


def _sides(problem: Problem, name: str) -> Slopes:
    from diffcli.methods.one_sided import slopes

    return Slopes(name, *slopes(problem.tape, problem.values, problem.point, problem.input_slot(name)))


# -- the reference -----------------------------------------------------------------------------------------------------


def _reference(problem: Problem, slot: int) -> tuple[precise.Number | None, str]:
    """The derivative with fifty digits, by SymPy where it can and the tape in mpmath confirms it; and its source in words."""
    from diffcli.methods.symbolic_reference import symbolic_derivative

    nodes = _tree_nodes(problem)
    symbolic = symbolic_derivative(problem, problem.wrt[0], DIGITS) if nodes <= MOST_NODES else None
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


def _tree_nodes(problem: Problem) -> int:
    """How many nodes the expression has when nothing is shared, as SymPy walks it."""
    tape = problem.tape
    nodes = [1] * tape.size
    for slot in tape.rows():
        nodes[slot] = 1 + sum(nodes[operand] for operand in tape.operands_of(slot))
    return nodes[tape.output]


def _distance(estimate: float, reference: precise.Number | None) -> float | None:
    if reference is None or not math.isfinite(estimate):
        return None
    with precise.working(DIGITS + 10):
        return float(abs(precise.number(estimate) - reference))


# -- measuring ---------------------------------------------------------------------------------------------------------


class _Function:
    """The program as a function of the variable that is moved, in the arithmetic that is asked about."""

    def __init__(self, problem: Problem, name: str, dtype: str) -> None:
        self.problem = problem
        self.slot = problem.input_slot(name)
        self.x = problem.at[name]
        self.round: Callable[[float], float] = singles.rounded if dtype == "float32" else float
        functions = float_functions(problem.tape)
        self.functions = [singles.single(function) for function in functions] if dtype == "float32" else functions
        self.known: dict[float, float] = {}

    def __call__(self, x: float) -> float:
        if x not in self.known:
            point = self.problem.point
            point[self.slot] = x
            self.known[x] = float(run(self.problem.tape, point, self.functions)[self.problem.tape.output])
        return self.known[x]

    def quotient(self, method: str, step: float) -> tuple[float | None, str]:
        """The estimate of the derivative, or None and why there is none."""
        if method == "complex":
            return self._complex_quotient(step)
        stencil = STENCILS[method]
        points = [self.round(self.x + offset * step) for offset in stencil.offsets]
        for moved, offset in zip(points, stencil.offsets, strict=True):
            if abs(moved - self.x - offset * step) > 0.25 * abs(offset) * step:
                return None, "lost"
        values = [self(moved) for moved in points]
        if not all(map(math.isfinite, values)):
            return None, "undefined"
        width = (points[-1] - points[0]) / (stencil.offsets[-1] - stencil.offsets[0])  # the step as it came out
        total = self.round(math.fsum(float(weight) * value for weight, value in zip(stencil.weights, values, strict=True)))
        estimate = self.round(total / width)
        return (estimate, "") if math.isfinite(estimate) else (None, "undefined")

    def neighbours(self, step: float) -> list[float]:
        """Steps about a step: odd multiples of the last place of the points that a stencil reaches."""
        place = math.ulp(abs(self.x) + WIDEST * step) * (singles.UNIT / UNIT if self.round is singles.rounded else 1)
        return [place * (2 * math.floor(multiple * step / place / 2) + 1) for multiple in NEIGHBOURS]

    def _complex_quotient(self, step: float) -> tuple[float | None, str]:
        point: list[complex] = [complex(number) for number in self.problem.point]
        point[self.slot] += complex(0, step)
        values, _ = evaluate_complex(self.problem.tape, point)
        estimate = part(values[self.problem.tape.output]) / step
        return (estimate, "") if math.isfinite(estimate) else (None, "undefined")


class _Sweep:
    """One method, swept over steps."""

    def __init__(self, function: _Function, method: str, reference: precise.Number | None, predicted: Theory | None) -> None:
        self.function, self.method, self.reference, self.predicted = function, method, reference, predicted

    def over(self, steps: Sequence[float]) -> MethodSweep:
        samples = tuple(map(self.sample, steps))
        known = [sample for sample in samples if sample.envelope is not None]
        best = min(known, key=lambda sample: (sample.envelope, -sample.step), default=None)
        chosen = None if best is None or best.envelope is None else Choice(best.step, best.envelope)
        return MethodSweep(self.method, self.predicted, samples, chosen, self._usual(), self._slopes(samples))

    def sample(self, step: float) -> Sample:
        estimate, fault = self.function.quotient(self.method, step)
        found = None if estimate is None else _distance(estimate, self.reference)
        expected = (None, None) if self.predicted is None else (self.predicted.truncation(step), self.predicted.rounding(step))
        return Sample(step, estimate, found, *expected, None if found is None else self.envelope(step), fault)

    def envelope(self, step: float) -> float | None:
        """The 90 % quantile of the errors at steps about a step; None where most of them have none."""
        errors = []
        for neighbour in self.function.neighbours(step):
            estimate, _ = self.function.quotient(self.method, neighbour)
            if estimate is not None and (found := _distance(estimate, self.reference)) is not None:
                errors.append(found)
        rank = math.ceil(QUANTILE * len(NEIGHBOURS))
        return sorted(errors)[rank - 1] if len(errors) >= rank else None

    def _usual(self) -> Choice | None:
        """The rule that knows nothing of f: a root of the machine epsilon, times the size of x if that is above 1."""
        if self.method == "complex":
            step, rule = 2.0**-100, "2^-100"
        else:
            power = STENCILS[self.method].order + 1
            root = {2: "sqrt(eps)", 3: "cbrt(eps)"}.get(power, f"eps^(1/{power})")
            epsilon = 2 * UNITS["float32" if self.function.round is singles.rounded else "float64"]
            wanted = epsilon ** (1 / power) * max(1.0, abs(self.function.x))
            step, rule = 2.0 ** round(math.log2(wanted)), f"{root}*max(1, |x|)"
        found = self.envelope(step) if self.reference is not None else None
        return None if found is None else Choice(step, found, rule)

    def _slopes(self, samples: Sequence[Sample]) -> tuple[float | None, float | None]:
        """The slopes of log(error) against log(h) on either side of the optimum."""
        truncated, rounded = [], []
        for sample in samples:  # the longest step first
            if sample.envelope and sample.truncation is not None and sample.rounding is not None:
                if sample.truncation > CLEAR * sample.rounding:
                    truncated.append(sample)
                elif sample.rounding > CLEAR * sample.truncation and self.method != "complex":
                    rounded.append(sample)
        return _slope(truncated[-FITTED:]), _slope(rounded)


def _slope(samples: Sequence[Sample]) -> float | None:
    """The slope of the straight line through log(envelope) against log(h), by least squares; None through too few points."""
    if len(samples) < 4:
        return None
    across = [math.log(sample.step) for sample in samples]
    up = [math.log(sample.envelope or 1.0) for sample in samples]
    middle, level = math.fsum(across) / len(across), math.fsum(up) / len(up)
    spread = math.fsum((x - middle) ** 2 for x in across)
    return math.fsum((x - middle) * (y - level) for x, y in zip(across, up, strict=True)) / spread
