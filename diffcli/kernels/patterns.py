"""Flags of many points: the marked ones by their patterns, which are numbers made of the signs of all values of a tape."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from diffcli.records import Array
from diffcli.tape import Tape
from diffcli.tape.running.array_rules import NUMPY
from diffcli.tape.running.evaluation import start_values

BLOCK = 16_384
"""How many points are looked at together."""

FACTOR = np.uint64(0x9E3779B97F4A7C15)
"""An odd number whose bits are those of the golden ratio (Knuth, volume 3, section 6.4)."""


MOST_EXACT = 256
"""At how many points on jumps the pattern is the point itself; of more it has the inputs of the conditions that hold."""


class Flags(Protocol):
    """What is to be said of points."""

    NONFINITE: int
    """The bit of a point with a result that is not finite."""

    @property
    def marked(self) -> Marked | None:
        """A tape whose last result is the mark; None if every point is looked at."""

    def of(self, keys: Sequence[int], points: Sequence[Sequence[float]]) -> Sequence[int]: ...


Marked = tuple[Tape, Sequence[tuple[int, Sequence[int]]]]
"""The tape, and the slots of the conditions at which sides are looked at, with the inputs on which each depends."""


def told(flags: Flags, inputs: Sequence[Any], results: Sequence[Array]) -> Callable[[], Array]:
    """What gives the flags of all points of a call, when it is asked for them: the arrays may have changed by then.

    An input is an array, or one number for all points; the last result is the mark, if the flags have one.
    """
    *numbers, mark = results if flags.marked is not None else [*results, np.ones(len(results[0]), bool)]
    places = np.flatnonzero(mark)
    columns = [np.full(len(places), column) if isinstance(column, float) else column[places] for column in inputs]
    infinite = np.zeros(len(places), bool)
    for column in numbers:
        infinite |= ~np.isfinite(column[places])

    def of_all() -> Array:
        found = np.zeros(len(mark), np.uint8)
        if len(places):
            keys, first, every = np.unique(patterns(flags.marked, columns), return_index=True, return_inverse=True)
            points = np.stack(columns, axis=1)[first].tolist() if columns else [[]]
            known = np.array(flags.of(keys.tolist(), points), np.uint8)
            found[places] = known[every] | infinite * np.uint8(flags.NONFINITE)
        return found

    return of_all


def patterns(marked: Marked | None, inputs: Sequence[Array]) -> Array:
    """The pattern of each point, as a number of 64 bits: two points with different ones are hardly ever given the same.

    Every row is computed for every point, those of branches that are not taken too.
    """
    if not inputs:
        return np.zeros(1, np.uint64)
    exact = np.zeros(len(inputs[0]), np.uint64)
    for column in inputs:
        exact = _with_number(exact, column)
    if marked is None:
        return exact
    blocks = [[column[start : start + BLOCK] for column in inputs] for start in range(0, len(exact), BLOCK)]
    signs, beside, jumping = map(np.concatenate, zip(*[_of_block(*marked, block) for block in blocks], strict=True))
    return np.where(jumping, beside if np.count_nonzero(jumping) > MOST_EXACT else exact, signs)


def _of_block(tape: Tape, jumps: Sequence[tuple[int, Sequence[int]]], inputs: Sequence[Array]) -> tuple[Array, Array, Array]:
    """A number made of the signs of all values, another that has the inputs of jumps too, and where there are jumps."""
    holds, signs, beside = dict(jumps), np.zeros(len(inputs[0]), np.uint64), np.zeros(len(inputs[0]), np.uint64)
    jumping = np.zeros(len(inputs[0]), bool)
    for slot, value in _values(tape, inputs):
        kinds = (value > 0) + 2 * (value < 0) + 4 * np.isinf(value)  # NaN is none of these
        signs = _mixed(signs, np.where(np.isnan(value), 3, kinds).astype(np.uint64))
        if slot in holds:
            jumping |= value != 0
            for place in holds[slot]:
                beside = np.where(value != 0, _with_number(beside, inputs[place]), beside)
    return signs, _mixed(signs, beside), jumping


def _with_number(found: Array, column: Array) -> Array:
    return _mixed(found, np.ascontiguousarray(column + 0.0).view(np.uint64))


def _values(tape: Tape, inputs: Sequence[Array]) -> Iterator[tuple[int, Array]]:
    """The values of all inputs and rows, one after another."""
    tape = tape.copy(shapes=[inputs[0].shape] * tape.slots)
    values = start_values(tape, inputs)
    yield from enumerate(inputs)
    with NUMPY.numbers.quiet():
        for slot, function in zip(tape.rows(), NUMPY.row_functions(tape), strict=True):
            values[slot] = function(*[values[operand] for operand in tape.operands_of(slot)])
            yield slot, np.broadcast_to(values[slot], inputs[0].shape)


def _mixed(found: Array, more: Array) -> Array:
    found = (found ^ more) * FACTOR
    return found ^ (found >> np.uint64(29))
