"""A claimed derivative beside the right one, at points where both are defined, and the function is smooth."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from random import Random

from diffcli.methods.differences.rounding_bound import value_rounding
from diffcli.methods.points.many_points import random_points
from diffcli.methods.sweeps.reverse import Adjoints, activity, adjoints
from diffcli.operations import OPERATIONS
from diffcli.records.agreement import SAME, Comparison
from diffcli.tape import Tape, evaluate
from diffcli.tape.running.evaluation import Values
from diffcli.tape.running.precise import precise_derivative, precise_value
from diffcli.tape.running.rules import FLOAT

NICE = (2.0, 1.0, 3.0, -1.0, 0.5, -2.0, 0.0, 4.0, -3.0, 0.25, -0.5, 5.0)
"""Values that make a counterexample easy to follow, the easiest first."""

DIGITS = 20
"""Floats that are not taken as equal are computed again with so many."""

MOST_PRECISE = 5_000
"""With more rows than this, that takes too long."""

CLEAR = 1e-4
"""There, a relative difference of floats that is less does not count as one."""

LITERALS = 1e-13
"""The relative difference that the rounding of a program's numbers, 0.1 for 1/10, can make in either."""

Point = Mapping[str, float]


class SmoothPoint:
    """A tape at a point where it is defined and smooth."""

    def __init__(self, function: Function, values: Values) -> None:
        self.function, self.values = function, values

    @cached_property
    def adjoints(self) -> Adjoints:
        return adjoints(self.function.tape, self.values, self.function.active)

    def derivative(self, name: str) -> float:
        """The derivative along an input, 0 for a name that is none."""
        inputs = self.function.tape.inputs
        return (self.adjoints[inputs.index(name)] or 0.0) if name in inputs else 0.0


class Function:
    """A tape, sampled at points; what is known of a point is kept."""

    def __init__(self, tape: Tape) -> None:
        self.tape, self.active = tape, activity(tape)
        self.watched = [slot for slot in tape.rows() if OPERATIONS[tape.operation(slot)].breaks]
        """The rows whose operation has breaks."""
        self._values: dict[tuple[float, ...], Values] = {}
        self._smooth: dict[tuple[float, ...], SmoothPoint | None] = {}

    def values(self, at: Point) -> Values:
        """The value of every slot at a point."""
        key = tuple([at[name] for name in self.tape.inputs])
        if key not in self._values:
            self._values[key] = evaluate(self.tape, key)
        return self._values[key]

    def sample(self, at: Point) -> SmoothPoint | None:
        """The function at a point; None where it is undefined or on a break, such as a kink."""
        key = tuple([at[name] for name in self.tape.inputs])
        if key not in self._smooth:
            values = self.values(at)
            broken = any(values[slot] is not None and FLOAT.breaks_at(self.tape, slot, values) for slot in self.watched)
            smooth = math.isfinite(values[self.tape.output]) and not broken
            self._smooth[key] = SmoothPoint(self, values) if smooth else None
        return self._smooth[key]


def nice_points(names: Iterable[str]) -> Iterator[Point]:
    """Points of small whole numbers and fractions: all variables differ, and each takes every value."""
    names, count = list(names), len(NICE)
    for turn in range(count):
        yield {name: NICE[(turn + position) % count] for position, name in enumerate(names)}


def points_about(at: Point, seed: int) -> Iterator[Point]:
    """Points between the usual ends of domains, and, each other time, near the given point; without end."""
    draw = Random(seed)
    for point in random_points(at, seed):
        yield point
        yield {name: x * draw.uniform(0.7, 1.4) if x else draw.uniform(-0.1, 0.1) for name, x in at.items()}


def compare_floats(function: Function, variable: str, claim: Function, at: Point) -> Comparison | None:
    """A claim beside the derivative along a variable, as floats; None where that is not smooth, or either is undefined."""
    sample = function.sample(at)
    return None if sample is None else compared(claim, sample.derivative(variable), at)


def compared(claim: Function, right: float, at: Point) -> Comparison | None:
    """A claim beside the derivative at a point, as floats; None where either is undefined."""
    values = claim.values(at)
    claimed = float(values[claim.tape.output])
    if not (math.isfinite(claimed) and math.isfinite(right)):
        return None
    difference = abs(claimed - right) / (max(abs(claimed), abs(right)) or 1.0)
    if right == 0 and abs(claimed) <= value_rounding(claim.tape, values) < math.inf:
        difference = 0.0
    return Comparison(dict(at), claimed, right, difference)


def judged(function: Tape, variable: str, claim: Tape, found: Comparison | None) -> Comparison | None:
    """A comparison of floats that differ with more digits, which tell whether that is their rounding; None if they do not."""
    if found is None or found.agrees:
        return found
    at = found.at
    if len(function.operations) + len(claim.operations) > MOST_PRECISE:
        return found if found.difference > CLEAR else None
    exact_claim = precise_value(claim, [at[name] for name in claim.inputs], DIGITS)
    exact = precise_derivative(function, [*at.values()], function.inputs.index(variable), 1, DIGITS)
    if exact_claim is None or exact is None:
        return None
    distance = float(abs(exact_claim - exact) / (max(abs(exact_claim), abs(exact)) or 1))
    return Comparison(at, float(exact_claim), float(exact), 0.0 if distance <= LITERALS else max(distance, 2 * SAME))
