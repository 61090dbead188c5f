"""The derivative that a claim is compared with: by the tape, where the function can be recorded, else by differences.

The number of the tape comes with a bound on its rounding, and is worked out again with more digits where that has lost some.
Differences of plain calls come with an estimated bar (Moré & Wild 2011). They are all that there is of a function that cannot be
recorded, and the second opinion on one that can be.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic, ExpressionError, Slopes
from diffcli.methods.differences.automatic_difference import automatic_difference
from diffcli.methods.differences.sampling import CallableSampler
from diffcli.methods.digits.exact import Again
from diffcli.methods.digits.shake import MOST_WRITTEN, ROUNDED, shake, shaking
from diffcli.methods.digits.watch import Sweep
from diffcli.methods.gradient import of_problem
from diffcli.methods.matrices.hessian import hessian_of
from diffcli.methods.options import HessianOptions, Options
from diffcli.methods.problem.components import Components
from diffcli.methods.problem.live_values import elements
from diffcli.methods.problem.problem import Problem
from diffcli.methods.problem.scalarise import scalarised, variables_of
from diffcli.methods.problem.system import System
from diffcli.methods.sweeps.array_sweeps import array_adjoints
from diffcli.methods.sweeps.rounding import adjoint_errors, value_errors
from diffcli.records import Difference, is_array
from diffcli.studies.gradients.claimed import UNIT, pair_name
from diffcli.tape.recording.python_function import PythonFunction
from diffcli.tape.running.evaluation import arithmetic_of, run

DOUBTFUL = 1e-10
"""From this relative rounding on, a number of the tape is worked out again."""

NOT_RECORDED = ("untraceable", "not-as-recorded", "python-error", "bad-result", "too-many-nodes")
"""What stops a recording; plain Python may compute the function all the same."""


class Computed(NamedTuple):
    """Derivatives by the names of elements, or of pairs of them, with how far each may be off."""

    numbers: dict[str, float]
    bars: dict[str, float]
    value: float
    way: str
    sides: dict[str, Slopes]
    """The slopes on the two sides, where there is no derivative."""
    notes: tuple[Diagnostic, ...]
    problem: Problem | None
    """The tape at the point, if there is one."""
    exact: bool = True
    """Whether the bars are bounds, and no estimates."""


class Function:
    """The user's function, asked for values by plain Python, and for its tape."""

    def __init__(self, program: Any, at: Mapping[str, Any], wrt: Sequence[str] | None, most_rows: int) -> None:
        self.program, self.wrt, self.most_rows, self.evaluations = program, wrt, most_rows, 0
        self.at = dict(at)

    def value(self, at: Mapping[str, Any]) -> float:
        """One number at a point, by plain Python."""
        self.evaluations += 1
        if isinstance(self.program, PythonFunction):
            (found,) = self.program.plain(at)
            return found if not is_array(found) else math.nan
        return Problem(self.program, at, most_rows=self.most_rows).value

    def along(self, at: Mapping[str, Any], direction: Mapping[str, float]) -> CallableSampler:
        """Its values along a direction, which names the elements that move; along one alone, as a function of that element."""
        (first, *more) = direction
        origin = 0.0 if more else number_at(at, first)
        return CallableSampler(lambda t: self._moved(at, {name: (t - origin) * step for name, step in direction.items()}), origin)

    def _moved(self, at: Mapping[str, Any], steps: Mapping[str, float]) -> float:
        moved = dict(at)
        for element, step in steps.items():
            name, index = _place(element)
            if index is None:
                moved[name] = moved[name] + step
            else:
                moved[name] = moved[name].copy() if moved[name] is at[name] else moved[name]
                moved[name][index] += step
        try:
            return self.value(moved)
        except ExpressionError as fault:
            if isinstance(fault.__cause__, ArithmeticError | ValueError):
                return math.nan  # outside of its domain
            raise

    # -- the derivative --------------------------------------------------------------------------------------------------

    def derivative(self, at: Mapping[str, Any], names: Sequence[str], hessian: bool) -> Computed:
        """What the claim about the elements of some names is compared with."""
        try:
            problem = System(self.program, at, wrt=self.wrt, most_rows=self.most_rows)
            problem.require_number()
        except ExpressionError as fault:
            if not isinstance(self.program, PythonFunction) or fault.diagnostics[0].code not in NOT_RECORDED:
                raise
            return self._by_differences(at, names, hessian, fault)
        return _hessian(problem) if hessian else _gradient(problem)

    def difference(self, at: Mapping[str, Any], name: str) -> Difference:
        """The derivative by one element, by differences of plain calls."""
        return automatic_difference(self.along(at, {name: 1.0}), name, None, 1)

    def _by_differences(self, at: Mapping[str, Any], names: Sequence[str], hessian: bool, fault: ExpressionError) -> Computed:
        try:
            value = self.value(at)
        except ExpressionError:
            raise fault from None  # plain Python has none either
        found = [self._second(at, *_pair(name)) if hessian else _known(self.difference(at, name)) for name in names]
        numbers, bars, sides = ({name: one[k] for name, one in zip(names, found, strict=True)} for k in range(3))
        (why,) = fault.diagnostics[:1]
        message = f"differences of plain calls, as it cannot be recorded: {why.message}"
        note = why._replace(severity="note", message=message, notes=("their bars are estimates",), help=())
        known = {name: Slopes(name, pair[0], pair[1]) for name, pair in sides.items() if pair is not None}
        return Computed(numbers, bars, value, "differences", known, (note,), None, exact=False)

    def _second(self, at: Mapping[str, Any], first: str, second: str) -> tuple[float, float, Any]:
        """A second derivative; a mixed one from those along the sum and the difference of two directions."""
        if first == second:
            return _known(automatic_difference(self.along(at, {first: 1.0}), first, None, 2))
        signs = (1.0, -1.0)
        along = [automatic_difference(self.along(at, {first: 1.0, second: sign}), "t", None, 2) for sign in signs]
        plus, minus = map(_known, along)
        return (plus[0] - minus[0]) / 4, (plus[1] + minus[1]) / 4, None


def _known(found: Difference) -> tuple[float, float, Any]:
    """An estimate, its bar, and the slopes on the sides where there is none."""
    bar = math.inf if found.error is None else found.error
    return found.estimate, bar, None if found.left is found.right is None else (found.left, found.right)


def _place(element: str) -> tuple[str, tuple[int, ...] | None]:
    name, bracket, index = element.partition("[")
    return name, tuple(map(int, index[:-1].split(","))) if bracket else None


def _pair(name: str) -> tuple[str, str]:
    """The two elements of a second derivative."""
    first, comma, second = name.partition("]," if "]," in name else ",")
    return first + "]" * (comma == "],"), second


def number_at(at: Mapping[str, Any], element: str) -> float:
    """The number of an element at a point."""
    name, index = _place(element)
    return float(at[name] if index is None else at[name][index])


# -- by the tape -----------------------------------------------------------------------------------------------------------


def _gradient(problem: Problem) -> Computed:
    found = of_problem(problem, Options(watch=False), asks_rules=False)
    variables = variables_of(problem)
    parts = Components([(name, place, shape) for place, (name, _, shape) in enumerate(variables.parts)])
    numbers, bars = parts.numbers([*found.gradient.values()]), _rounding(problem)
    sides = {slopes.variable: slopes for note in found.notes for slopes in note.slopes}
    pairs = {name: [number or 0.0, bar] for name, number, bar in zip(variables.names, numbers, bars, strict=True)}
    lost = [name for name, (number, bar) in pairs.items() if bar > DOUBTFUL * abs(number) and name not in sides]
    if lost and elements(problem.tape) <= MOST_WRITTEN:
        written = scalarised(problem)
        reading = Again(written).read(Sweep({written.tape.output: 1.0}), [written.input_slot(name) for name in lost]).found
        pairs |= {name: [float(exact), 0.0] for name, exact in zip(lost, reading, strict=True) if exact is not None}
    known, off = ({name: pair[k] for name, pair in pairs.items()} for k in range(2))
    return Computed(known, off, found.value, "recording", sides, found.notes, problem)


def _rounding(problem: Problem) -> list[float]:
    """How far the rounding of the tape may move each derivative of its result: in numbers by bounds, in arrays by shaking."""
    tape, values, variables = problem.tape, problem.values, variables_of(problem)
    if tape.shapes is None:
        errors = adjoint_errors(tape, values, value_errors(tape, values), problem.adjoints, problem.active, {})
        return [errors[slot] for slot in variables.slots]
    places = count()
    seeds = {tape.output: 1.0}
    with arithmetic_of(tape).numbers.quiet():
        moved = run(tape, problem.point, shaking(tape, places))
        beside = array_adjoints(tape, moved, problem.active, seeds, whole=False, moving=lambda term: shake(places, term))
    pairs = zip(variables.numbers(problem.adjoints), variables.numbers(beside), strict=True)
    return [abs((one or 0.0) - (other or 0.0)) * ROUNDED for one, other in pairs]


def _hessian(problem: System) -> Computed:
    found = hessian_of(problem, HessianOptions(watch=False))
    names = [pair_name(a, b) for a in found.columns for b in found.columns]
    numbers = [entry for row in found.matrix for entry in row]
    largest = max((abs(entry) for entry in numbers if entry == entry), default=0.0)
    bars = dict.fromkeys(names, 64 * UNIT * largest)
    return Computed(dict(zip(names, numbers, strict=True)), bars, found.value, "recording", {}, found.notes, problem)

