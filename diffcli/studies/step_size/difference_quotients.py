"""One method measured at many steps: its quotients, their errors, and what follows from these.

A single error on the side of rounding may be small by luck, and at a round number it may be so at every power of two: where
f' = 100, the difference over such a step is a float, and hardly rounded. The *typical error* near a step is therefore the
90 % quantile of the errors at eleven steps within a sixth of it, odd multiples of the last place of x so that x + h is exact
all the same; and the best step is the one with the least typical error.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

from diffcli._named import NamedTuple
from diffcli.methods.differences.complex_step import evaluate_complex, part
from diffcli.methods.differences.stencils import STENCILS
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.rounding import UNIT
from diffcli.operations.arithmetic import float32 as singles
from diffcli.operations.arithmetic import precise
from diffcli.records.step_size import Choice, MethodSweep, QuotientSample, Theory
from diffcli.tape.running.evaluation import held_functions, run
from diffcli.tape.running.precise import DIGITS

UNITS = {"float64": UNIT, "float32": singles.UNIT}
"""The arithmetics, and the unit roundoff u of each."""

NEIGHBOURS = tuple(2 ** (j / 24) for j in range(-5, 6))
"""Steps about a step, as multiples of it, whose errors make its typical error."""

WIDEST = 5
"""The largest offset of a stencil, in steps."""

QUANTILE = 0.9

CLEAR = 30.0
"""How many times one kind of error must exceed the other where a slope is fitted to it."""

FITTED = 5
"""How many steps a slope is fitted to, at most: those nearest to where truncation and rounding meet."""


def distance(estimate: float, reference: precise.Number | None) -> float | None:
    """How far an estimate is from the reference, as far as that has digits; None where either is missing."""
    if reference is None or not math.isfinite(estimate):
        return None
    with precise.working(DIGITS + 10):
        found = abs(precise.number(estimate) - reference)
        return float(found) if found > abs(reference) * precise.power_of_ten(5 - DIGITS) else 0.0


class DifferenceQuotients:
    """The program as a function of the variable that is moved, in the arithmetic that is asked about."""

    def __init__(self, problem: Problem, name: str, dtype: str) -> None:
        self.problem, self.name = problem, name
        self.slot = problem.input_slot(name)
        self.x = problem.at[name]
        self.round: Callable[[float], float] = singles.rounded if dtype == "float32" else float
        functions = held_functions(problem.tape, problem.values)
        self.functions = [singles.single(function) for function in functions] if dtype == "float32" else functions
        self.known: dict[float, float] = {}
        self.lifted: set[str] = set()
        """Operations that the last complex step carried by their own rules: without a complex form, or beyond its range."""

    def __call__(self, x: float) -> float:
        if x not in self.known:
            point = self.problem.point
            point[self.slot] = x
            self.known[x] = float(run(self.problem.tape, point, self.functions)[self.problem.tape.output])
        return self.known[x]

    def quotient(self, method: str, step: float) -> tuple[float | None, str]:
        """The estimate of the derivative, or None and why there is none."""
        self.lifted = set()
        if method == "complex":
            return _finite(self._complex_quotient(step))
        stencil = STENCILS[method]
        points = [self.round(self.x + offset * step) for offset in stencil.offsets]
        for moved, offset in zip(points, stencil.offsets, strict=True):
            if abs(moved - self.x - offset * step) > 0.25 * abs(offset) * step:
                return None, "lost"
        values = [self(moved) for moved in points]
        if not all(map(math.isfinite, values)):
            return None, "undefined"
        width = (points[-1] - points[0]) / (stencil.offsets[-1] - stencil.offsets[0])  # the step as it came out
        # summed exactly: the errors of the values are what the sweep is about
        total = sum((weight * Fraction(value) for weight, value in zip(stencil.weights, values, strict=True)), Fraction(0))
        return _finite(self.round(self.round(float(total)) / width))

    def neighbours(self, step: float) -> list[float]:
        """Steps about a step: odd multiples of the last place of the points that a stencil reaches."""
        place = math.ulp(abs(self.x) + WIDEST * step) * (singles.UNIT / UNIT if self.round is singles.rounded else 1)
        return [place * (2 * math.floor(multiple * step / place / 2) + 1) for multiple in NEIGHBOURS]

    def _complex_quotient(self, step: float) -> float:
        point: list[complex] = [complex(number) for number in self.problem.point]
        point[self.slot] += complex(0, step)
        values, self.lifted = evaluate_complex(self.problem.tape, point)
        return part(values[self.problem.tape.output]) / step


def _finite(estimate: float) -> tuple[float | None, str]:
    return (estimate, "") if math.isfinite(estimate) else (None, "undefined")


class MethodSweeper(NamedTuple):
    """One method of a function, to be swept over steps."""

    function: DifferenceQuotients
    method: str
    reference: precise.Number | None
    predicted: Theory | None

    def over(self, steps: Sequence[float]) -> MethodSweep:
        samples = tuple(map(self.sample, steps))
        known = [Choice(of.step, of.error, of.typical_error) for of in samples if of.typical_error is not None]
        best = min(known, key=lambda choice: (choice.typical_error, -choice.step), default=None)
        self.function.quotient(self.method, steps[-1])
        lifted = tuple(sorted(self.function.lifted))
        swept = self if not lifted else self._replace(predicted=None)
        return MethodSweep(self.method, swept.predicted, samples, best, self._usual(), swept._slopes(samples), lifted)

    def sample(self, step: float) -> QuotientSample:
        estimate, fault = self.function.quotient(self.method, step)
        found = None if estimate is None else distance(estimate, self.reference)
        # theory knows nothing of a step that leaves the real numbers in parts of the program only
        known = None if self.function.lifted else self.predicted
        truncation, rounding = (None, None) if known is None else (known.truncation(step), known.rounding(step))
        typical = None if found is None else self.typical_error(step)
        return QuotientSample(step, estimate, found, truncation, rounding, typical, fault)

    def typical_error(self, step: float) -> float | None:
        """The 90 % quantile of the errors at steps about a step; None where most of them have none."""
        errors = []
        for neighbour in self.function.neighbours(step):
            estimate, _ = self.function.quotient(self.method, neighbour)
            if estimate is not None and (found := distance(estimate, self.reference)) is not None:
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
            size = max(1.0, abs(self.function.x))
            step = 2.0 ** round(math.log2(epsilon ** (1 / power) * size))
            rule = root if size == 1 else f"{root}*|{self.function.name}|"
        typical = self.typical_error(step) if self.reference is not None else None
        if typical is None:
            return None
        estimate, _ = self.function.quotient(self.method, step)
        return Choice(step, None if estimate is None else distance(estimate, self.reference), typical, rule)

    def _slopes(self, samples: Sequence[QuotientSample]) -> tuple[float | None, float | None]:
        """The slopes of log(typical error) against log(h) on either side of the optimum, as far as there are digits left."""
        known = self.predicted
        if known is None or not self.reference:
            return None, None
        truncated, rounded = [], []
        for sample in samples:  # the longest step first
            cancelled, truncation = known.noise / sample.step, known.truncation(sample.step)
            if sample.truncation is None:
                continue
            if sample.typical_error and truncation > CLEAR * (cancelled + known.floor):
                truncated.append(sample)
            elif sample.typical_error and abs(float(self.reference)) > cancelled > CLEAR * (truncation + known.floor):
                rounded.append(sample)
        return _slope(truncated[-FITTED:]), _slope(rounded)


def _slope(samples: Sequence[QuotientSample]) -> float | None:
    """The slope of the straight line through log(typical error) against log(h), by least squares; None through too few points."""
    if len(samples) < 4:
        return None
    across = [math.log(sample.step) for sample in samples]
    up = [math.log(sample.typical_error or 1.0) for sample in samples]
    middle, level = math.fsum(across) / len(across), math.fsum(up) / len(up)
    spread = math.fsum((x - middle) ** 2 for x in across)
    return math.fsum((x - middle) * (y - level) for x, y in zip(across, up, strict=True)) / spread
