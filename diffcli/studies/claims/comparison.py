"""A claimed derivative beside the right one, at points where both are defined and smooth."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from random import Random
from typing import NamedTuple

from diffcli.methods.differences.precise import precise_derivative, precise_value
from diffcli.methods.differences.random_points import random_points
from diffcli.methods.differences.rounding_bound import value_noise
from diffcli.methods.sweeps.reverse import activity, adjoints
from diffcli.operations import OPERATIONS
from diffcli.tape import Tape, evaluate
from diffcli.tape.running.evaluation import Values
from diffcli.tape.running.rules import FLOAT

NICE = (2.0, 1.0, 3.0, -1.0, 0.5, -2.0, 0.0, 4.0, -3.0, 0.25, -0.5, 5.0)
"""Values that make a counterexample easy to follow, the easiest first."""

SAME = 1e-12
"""Floats whose relative difference is less are taken as equal; others are computed again with more digits."""

DIGITS = 20
"""So many."""

MOST_PRECISE = 5_000
"""With more rows than this, that takes too long."""

CLEAR = 1e-4
"""There, a relative difference of floats that is less does not count as one."""

LITERALS = 1e-13
"""The relative difference that the rounding of a program's numbers, 0.1 for 1/10, can make in either."""

Point = dict[str, float]


class Comparison(NamedTuple):
    """A claim and the derivative at one point."""

    at: Point
    claimed: float
    right: float
    difference: float
    """Relative to the larger of the two."""

    @property
    def agrees(self) -> bool:
        return self.difference <= SAME


class Sample(NamedTuple):
    """The function at a point where it is defined and smooth."""

    at: Point
    values: Values
    adjoints: list[float | None]


class Function:
    """A tape, sampled at points; what is known of a point is kept."""

    def __init__(self, tape: Tape, at: Mapping[str, float]) -> None:
        self.tape = tape
        self.at = dict(at)
        self.active = activity(tape)
        self.watched = _watched(tape)
        self._samples: dict[tuple[float, ...], Sample | None] = {}

    def sample(self, at: Mapping[str, float]) -> Sample | None:
        """The function at a point; None where it is undefined or on a break, such as a kink."""
        key = tuple(at.values())
        if key not in self._samples:
            self._samples[key] = self._sample(dict(at))
        return self._samples[key]

    def _sample(self, at: Point) -> Sample | None:
        values = evaluate(self.tape, list(at.values()))
        if not math.isfinite(values[self.tape.output]) or _breaks(self.tape, values, self.watched):
            return None
        return Sample(at, values, adjoints(self.tape, values, self.active))

    @cached_property
    def nice_points(self) -> list[Point]:
        """Points of small whole numbers and fractions: all variables differ, and each takes every value."""
        count = len(NICE)
        return [
            {name: NICE[(turn + position) % count] for position, name in enumerate(self.at)}
            for turn in range(count)
        ]  # fmt: skip

    def random_points(self, seed: int) -> Iterator[Point]:
        """Points between the usual ends of domains, and, each other time, near the given point; without end."""
        draw = Random(seed)
        for point in random_points(self.at, seed):
            yield point
            yield {name: x * draw.uniform(0.7, 1.4) if x else draw.uniform(-0.1, 0.1) for name, x in self.at.items()}


def compare_claim_floats(function: Function, variable: str, claim: Tape, at: Mapping[str, float]) -> Comparison | None:
    """A claim beside the derivative along a variable, as floats; None where either is undefined or on a break."""
    sample = function.sample(at)
    if sample is None:
        return None
    right = sample.adjoints[function.tape.inputs.index(variable)] or 0.0
    values = evaluate(claim, [at[name] for name in claim.inputs])
    claimed = float(values[claim.output])
    if not (math.isfinite(right) and math.isfinite(claimed)) or _breaks(claim, values, _watched(claim)):
        return None
    difference = abs(claimed - right) / (max(abs(claimed), abs(right)) or 1.0)
    if right == 0 and abs(claimed) <= value_noise(claim, values) < math.inf:
        difference = 0.0
    return Comparison(dict(at), claimed, right, difference)


def compare_claim(function: Function, variable: str, claim: Tape, at: Mapping[str, float]) -> Comparison | None:
    """A claim beside the derivative along a variable; None where either is undefined or on a break.

    Where the floats differ, more digits tell whether that is their rounding; None too if they do not.
    """
    found = compare_claim_floats(function, variable, claim, at)
    if found is None or found.agrees:
        return found
    tape = function.tape
    if len(tape.operations) + len(claim.operations) > MOST_PRECISE:
        return found if found.difference > CLEAR else None
    exact_claim = precise_value(claim, [at[name] for name in claim.inputs], DIGITS)
    exact = precise_derivative(tape, [*at.values()], tape.inputs.index(variable), 1, DIGITS)
    if exact_claim is None or exact is None:
        return None
    distance = float(abs(exact_claim - exact) / (max(abs(exact_claim), abs(exact)) or 1))
    return Comparison(dict(at), float(exact_claim), float(exact), 0.0 if distance <= LITERALS else max(distance, 2 * SAME))


def _watched(tape: Tape) -> list[int]:
    """The rows whose operation has breaks."""
    return [slot for slot in tape.rows() if OPERATIONS[tape.operation(slot)].breaks]


def _breaks(tape: Tape, values: Values, watched: list[int]) -> bool:
    """Whether any row stands on a kink, tie, jump, pole or the boundary of a branch."""
    return any(
        values[slot] is not None
        and FLOAT.breaks_at(tape, slot, values)
        for slot in watched
    )
