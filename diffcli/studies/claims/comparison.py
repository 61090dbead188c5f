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


class Sample:
    """A tape at a point."""

    def __init__(self, function: Function, values: Values) -> None:
        self.function, self.values = function, values
        self.value = float(values[function.tape.output])

    @cached_property
    def adjoints(self) -> Adjoints:
        return adjoints(self.function.tape, self.values, self.function.active)

    @cached_property
    def is_smooth(self) -> bool:
        """Whether it is defined, and stands on no break, such as a kink."""
        tape, values = self.function.tape, self.values
        broken = any(values[slot] is not None and FLOAT.breaks_at(tape, slot, values) for slot in self.function.watched)
        return math.isfinite(self.value) and not broken

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
        self._known: dict[tuple[float, ...], Sample] = {}

    def sample(self, at: Point) -> Sample:
        """The function at a point."""
        key = tuple([at[name] for name in self.tape.inputs])
        if key not in self._known:
            self._known[key] = Sample(self, evaluate(self.tape, key))
        return self._known[key]


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


def compared(claim: Function, right: float | None, at: Point) -> Comparison | None:
    """A claim beside the derivative at a point, as floats; None where either is undefined."""
    sample = claim.sample(at)
    claimed = sample.value
    if right is None or not (math.isfinite(claimed) and math.isfinite(right)):
        return None
    difference = abs(claimed - right) / (max(abs(claimed), abs(right)) or 1.0)
    if right == 0 and abs(claimed) <= value_rounding(claim.tape, sample.values) < math.inf:
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
