"""The derivative that a claim is compared with: by the tape where there is one, else by differences of plain calls."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from itertools import count
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic, ExpressionError, Slopes, error
from diffcli.language import Program
from diffcli.methods.differences.plain_calls import SECOND, PlainCalls, in_place_of_recording
from diffcli.methods.digits.shake import ROUNDED, SHAKE, shake, shaking
from diffcli.methods.gradient import of_problem
from diffcli.methods.matrices.hessian import hessian_of
from diffcli.methods.matrices.second_difference import polarised
from diffcli.methods.options import HessianOptions, Options
from diffcli.methods.points.points import Point
from diffcli.methods.problem.components import Components
from diffcli.methods.problem.problem import Problem
from diffcli.methods.problem.scalarise import variables_of
from diffcli.methods.problem.system import System
from diffcli.methods.sweeps.array_sweeps import ArraySweep
from diffcli.methods.sweeps.reverse import accumulate
from diffcli.methods.sweeps.rounding import UNIT, adjoint_errors, value_errors
from diffcli.operations import EXACT, OPERATIONS
from diffcli.operations.array_row import Shape, shape_text
from diffcli.records import Difference
from diffcli.studies.gradients.claim import arranged, by_pairs, parts_of
from diffcli.tape.running.array_rules import NUMPY
from diffcli.tape.running.evaluation import arithmetic_of, run
from diffcli.tape.running.rules import FLOAT, Function, Overrides

_STRAIGHT = EXACT | {"add", "sub", "mul"}
"""Operations whose partials are operands, or constant."""


class Computed(NamedTuple):
    """Derivatives in order, and how far each may be off."""

    numbers: list[float]
    bars: list[float]
    sides: dict[str, Slopes]
    """The slopes on the two sides, where there is no derivative, by the names of elements."""
    value: float
    notes: tuple[Diagnostic, ...]
    problem: Problem | None = None
    """The tape at the point; without one the bars are estimates."""
    missing: str = "there is no derivative here"
    """Why a number that is not finite is not, where no slopes on two sides are known."""


def computed(program: Program, at: Point, names: list[str], parts: Components, hessian: bool, most_rows: int) -> Computed:
    """The gradient or Hessian of a program at a point, in the order of some ``parts``: the variables, or pairs of them."""
    try:
        problem = System(program, at, wrt=names, most_rows=most_rows)
        _require_one([output.shape for output in problem.outputs])
    except ExpressionError as fault:
        return _by_calls(in_place_of_recording(program, at, names, fault), hessian)
    if hessian:
        found: Any = hessian_of(problem, HessianOptions(watch=False))
        numbers = arranged(by_pairs(found.hessian, parts_of(at, names)), parts, "Hessian")
        bars = _of_seconds([abs(number or 0.0) for number in numbers], parts_of(at, names))
    else:
        found = of_problem(problem, Options(watch=False), asks_rules=False)
        numbers, bars = arranged(found.gradient, parts, "gradient"), _rounding(problem)
    sides = {slopes.variable: slopes for note in found.notes for slopes in note.slopes if not hessian}
    result = Computed([number or 0.0 for number in numbers], bars, sides, found.value, found.notes, problem)
    overflows = any(note.code == "overflow" for note in found.notes)
    return result._replace(missing="it is beyond the range of floats") if overflows else result


def _require_one(shapes: list[Shape]) -> None:
    if shapes != [()]:
        message = f"a gradient is of one number, and the function returns {', '.join(map(shape_text, shapes))}"
        raise ExpressionError([error("not-a-number", message, help=["return the number that it is the gradient of"])])


def _rounding(problem: Problem) -> list[float]:
    """How far the rounding of the tape may move each derivative of its result: in numbers by bounds, in arrays by shaking."""
    tape, values, variables = problem.tape, problem.values, variables_of(problem)
    if tape.shapes is None:
        errors = adjoint_errors(tape, values, value_errors(tape, values), problem.adjoints, problem.active, {})
        return [errors[slot] for slot in variables.slots]
    places = count()
    with arithmetic_of(tape).numbers.quiet():
        moved = run(tape, problem.point, shaking(tape, places))
        sweep = ArraySweep(False, tape, moved, problem.active, moving=lambda term: shake(places, term), whole=False)
        beside = sweep.found({tape.output: 1.0})
    pairs = zip(variables.numbers(problem.adjoints), variables.numbers(beside), strict=True)
    return [abs((one or 0.0) - (other or 0.0)) * ROUNDED for one, other in pairs]


def _pairs(variables: Components) -> list[tuple[int, int]]:
    """The pairs of elements in the order of the pairs of variables."""
    bands = variables.bands(range(len(variables)))
    return [(row, column) for rows in bands for columns in bands for row in rows for column in columns]


def _of_seconds(sizes: list[float], variables: Components) -> list[float]:
    """How far rounding may move second derivatives: beside their own size, and that of the two on the diagonal."""
    pairs = _pairs(variables)
    diagonal = {row: math.sqrt(size) for (row, column), size in zip(pairs, sizes, strict=True) if row == column}
    return [64 * UNIT * max(size, diagonal[row] * diagonal[column]) for (row, column), size in zip(pairs, sizes, strict=True)]


def floors_of(problem: Problem, point: Sequence[float], variables: Components, hessian: bool) -> list[float]:
    """How far formulas of rounded values may be off, for each derivative: 1 - tanh(x)^2 by units of tanh(x)/x.

    Each operation that bends hands on a unit of its result, beside its operand, too much; so does a sum of such that bends.
    """
    tape, own = problem.tape, variables_of(problem)
    terms, overrides = (FLOAT if tape.shapes is None else NUMPY).terms, Overrides()
    names = dict(zip(tape.rows(), tape.operations, strict=True))
    bending = {slot for slot, name in names.items() if name in OPERATIONS and name not in _STRAIGHT}
    bent = {operand for slot in bending for operand in tape.operands_of(slot)[names[slot] == "div" :]}
    for slot, name in names.items():
        row = tape.operands_of(slot)
        moving = row if slot in bending else bending.intersection(row) if slot in bent and name in ("add", "sub") else ()
        if moving:
            functions = enumerate(zip(terms(name, len(row)), row, strict=True))
            overrides[slot] = tuple(one and partial(_moved, one, k) if of in moving else one for k, (one, of) in functions)
    beside = accumulate(tape, problem.values, problem.active, {tape.output: 1.0}, overrides)[0]
    pairs = zip(own.numbers(problem.adjoints), own.numbers(beside), strict=True)
    floors = [abs((one or 0.0) - (other or 0.0)) * ROUNDED for one, other in pairs]
    if not hessian:
        return floors
    along = [abs(x) or 1.0 for x in point]
    return [64 * min(floors[row] / along[column], floors[column] / along[row]) for row, column in _pairs(variables)]


def _moved(function: Function, place: int, bar: Any, *arguments: Any) -> Any:
    term, operand = function(bar, *arguments), arguments[place]
    return None if term is None else term + SHAKE * bar * arguments[-1] / (abs(operand) + (operand == 0))


def _by_calls(calls: PlainCalls, hessian: bool) -> Computed:
    _require_one(calls.shapes)
    (value,) = calls.base
    (found,) = [_second(calls)] if hessian else calls.jacobian()
    sides = {one.variable: Slopes(one.variable, one.left, one.right) for one in found if one.left is not one.right}
    bars = [math.inf if one.error is None else one.error for one in found]
    notes = tuple(calls.notes([found]))
    return Computed([one.estimate for one in found], bars, sides, value, notes, missing="differences do not reach it")


def _second(calls: PlainCalls) -> list[Difference]:
    """The second derivatives by pairs, the mixed ones from those along the sum and the difference of two axes."""
    columns = calls.columns
    sizes = [abs(x or 0.0) or 1.0 for x in columns.numbers([calls.at[name] for name, _, _ in columns.parts])]

    def along(first: int, second: int, sign: float) -> Difference:
        step = [0.0] * len(sizes)
        step[first], step[second] = sizes[first], sign * sizes[second]
        return calls.differences(calls.along(columns.of(step)), columns.names[first], SECOND)[0]

    def by_pair(first: int, second: int) -> Difference:
        if first == second:
            return calls.differences(calls.line(first), columns.names[first], SECOND)[0]
        one, other = along(first, second, 1.0), along(first, second, -1.0)
        estimate, bar = polarised(one, other, sizes[first] * sizes[second])
        return one._replace(estimate=estimate, error=bar, left=None, right=None)

    return [by_pair(row, column) for row, column in _pairs(columns)]
