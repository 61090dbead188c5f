"""Samples of a function and its derivatives, by the sweeps, and the places between them at which it breaks.

An operation is smooth within its ``radius`` about an operand, which the table knows. An interval is halved until no operand
moves that far from one of its ends to the other. About a break the radius shrinks as the distance to it does: there the halving
ends with neighbouring floats. What it is follows from values and slopes on the two sides.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, lru_cache
from itertools import pairwise

from diffcli._named import NamedTuple
from diffcli.errors import ExpressionError
from diffcli.language import Program
from diffcli.methods.differences.sampling import TYING
from diffcli.methods.points.points import Point
from diffcli.methods.problem.problem import Problem
from diffcli.methods.problem.scalarise import scalarised
from diffcli.methods.problem.system import System
from diffcli.methods.sweeps.forward import Tangents, tangents
from diffcli.operations import row_of
from diffcli.records.plots import Jet, Place
from diffcli.tape import Tape, evaluate
from diffcli.tape.running.evaluation import Values
from diffcli.tape.running.rules import FLOAT

MOST = 1000
"""More intervals than this are not looked into: what is in them would not be told apart in a picture."""

FARTHEST, NEAREST = 2.0**-10, 2.0**-30
"""How far beside a place its sides are looked at, in distances between samples; breaks that are closer together are one."""


class Sample(NamedTuple):
    """A result and its derivative at one place, and the tape there with all values and tangents; None where a function raises."""

    x: float
    jet: Jet
    values: Values
    tangents: Tangents
    tape: Tape | None


class Sampler:
    """One of the results of a program along a variable. A Python function is recorded at each place."""

    def __init__(self, program: Program, point: Point, variable: str, most_rows: int, number: int = 0) -> None:
        self.program, self.point, self.variable, self.most_rows, self.number = program, point, variable, most_rows, number
        self.at, self.problem = cache(self._at), cache(self._problem)

    def _problem(self, x: float) -> Problem:
        """The program in numbers."""
        at = {**self.point, self.variable: x}
        return scalarised(System(self.program, at, wrt=[self.variable], most_rows=self.most_rows), self.most_rows)

    def _at(self, x: float) -> Sample:
        try:
            problem = self.problem(0.0 if type(self.program) is Program else x)
        except ExpressionError as fault:
            if fault.diagnostics[0].code != "python-error":
                raise
            return Sample(x, (math.nan, math.nan), [], [], None)
        tape, result, moved = problem.tape, problem.outputs[self.number].slot, problem.input_slot(self.variable)
        values = evaluate(tape, [x if slot == moved else value for slot, value in enumerate(problem.point)])
        swept = tangents(tape, values, [float(slot == moved) for slot in range(tape.first_row)])
        value = float(values[result]) + 0.0
        return Sample(x, (value, (swept[result] or 0.0) + 0.0 if value == value else math.nan), values, swept, tape)


@lru_cache(maxsize=8)
def _limits(tape: Tape) -> list[tuple[int, int, Callable[..., float]]]:
    """The rows that may break, each with an operand, and how far that may move before they do."""
    found = []
    for slot, name, row in zip(tape.rows(), tape.operations, tape.operands, strict=True):
        if row_of(name).breaks or name in ("where", "tan", "sec"):
            radii = zip(row, FLOAT.radius(name, len(row)), strict=True)
            found += [(slot, operand, radius) for operand, radius in radii if radius is not None]
    return found


def _may_break(one: Sample, other: Sample) -> bool:
    """Whether some operand moves so far between two places that its operation may break, as seen from both."""
    if one.tape is None or other.tape is None or one.tape.operations != other.tape.operations:
        return one.tape is not other.tape
    if one.jet[0] != one.jet[0] and other.jet[0] != other.jet[0]:
        return False
    for slot, operand, radius in _limits(one.tape):
        before, after = one.values[operand], other.values[operand]
        if None in (before, after, one.values[slot], other.values[slot]):
            continue
        slopes = [abs(sample.tangents[operand] or 0.0) for sample in (one, other)]
        moved = max(abs(after - before), max(slopes) * (other.x - one.x))  # it may go and come back
        row = one.tape.operands_of(slot)
        allowed = [radius(*[sample.values[each] for each in row], sample.values[slot]) for sample in (one, other)]
        tied = allowed == [0, 0] and one.tape.operation(slot) in TYING
        if moved != 0 and not (tied or moved < max(allowed)):
            return True
    return False


def breaking(samples: list[Sample]) -> list[tuple[Sample, Sample]]:
    """The intervals between neighbours in which the function may break."""
    return [pair for pair in pairwise(samples) if pair[0].x < pair[1].x and _may_break(*pair)]


def find_places(sampler: Sampler, intervals: list[tuple[Sample, Sample]], width: float) -> list[Place] | None:
    """The places in intervals at which the function breaks, samples being a ``width`` apart; None if they are too many."""
    for level in range(48):  # to neighbouring floats, unless it is about 0
        if len(intervals) > MOST:
            if level < 10:
                return None
            break  # rounding is all that is left of some operand
        halved = [[one, sampler.at(one.x / 2 + other.x / 2), other] for one, other in intervals]
        intervals = [pair for samples in halved for pair in breaking(samples)]
    clusters: list[tuple[float, float]] = []
    for one, other in intervals:
        joins = clusters and one.x - clusters[-1][1] < width * FARTHEST
        clusters[-1:] = [(clusters[-1][0], other.x)] if joins else [*clusters[-1:], (one.x, other.x)]
    return [place for ends in clusters if (place := _place(sampler, *ends, width)).kind]


def _place(sampler: Sampler, low: float, high: float, width: float) -> Place:
    """What the function does at a place between two numbers; of no kind if nothing is to be seen."""
    rounded = (float(f"{low / 2 + high / 2:.{digits}g}") for digits in range(1, 16))
    x = 0.0 if low <= 0 <= high else next((number for number in rounded if low <= number <= high), low / 2 + high / 2)
    nearest = max(width * NEAREST, 4 * math.ulp(x), 4 * (high - low))
    farthest = max(width * FARTHEST, nearest)
    sides = [_side(sampler, x, side * farthest, nearest / farthest) for side in (-1, 1)]
    (far_left, left, falls), (far_right, right, rises) = sides
    there, kind = sampler.at(x).jet, ""
    defined = sum(side[0] == side[0] for side in (left, right))
    reach = 8 * nearest * (abs(left[1]) + abs(right[1])) + 1e-9 * max(abs(left[0]), abs(right[0]))
    if falls or rises:
        kind = "pole"
    elif defined < 2:
        kind = "end of the domain" if defined else "single point" * (there[0] == there[0])
    elif abs(left[0] - right[0]) > reach:
        kind = "jump"
    elif not abs(there[0] - right[0]) <= reach:
        kind = "hole"
    elif abs(left[1] - right[1]) > 1e-6 * (abs(left[1]) + abs(right[1])) + 1e-3 * abs(far_left[1] - far_right[1]):
        kind = "kink"
    elif not math.isfinite(there[1]):
        kind = "vertical tangent"
    return Place(kind, x, there, left, right)


def _side(sampler: Sampler, x: float, farthest: float, ratio: float) -> tuple[Jet, Jet, bool]:
    """What is on one side of a place, far and near, and whether f has a pole: it grows, and f' times the distance stays."""
    steps = [farthest * ratio ** (stop / 4) for stop in range(5)]
    way = [sampler.at(x + step).jet for step in steps]
    grows = all(abs(one[0]) < abs(other[0]) for one, other in pairwise(way))
    lasts = abs(way[-1][1] * ratio) > abs(way[0][1]) / 10
    return way[0], way[-1], math.isinf(way[-1][0]) or (grows and lasts)
