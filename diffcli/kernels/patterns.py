"""Flags of many points: the marked ones by their patterns, which are numbers made of the signs of all values of a tape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from diffcli.records import Array
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import evaluate

BLOCK = 16_384
"""How many points are looked at together."""

FACTOR = np.uint64(0x9E3779B97F4A7C15)
"""An odd number whose bits are those of the golden ratio (Knuth, volume 3, section 6.4)."""


MOST_EXACT = 256
"""At how many points on jumps the pattern is the point itself; of more it has the inputs of the conditions that hold."""


Marked = tuple[Tape, Sequence[tuple[int, Sequence[int]]]]
"""The tape, and the slots of the conditions at which sides are looked at, with the inputs on which each depends."""


def told(
    marked: Marked | None,
    of: Callable[[Sequence[int], Sequence[Sequence[float]], Sequence[bool]], Sequence[int]],
    inputs: Sequence[Any],
    results: Sequence[Array],
) -> Callable[[], Array]:
    """What gives the flags of all points of a call, when it is asked for them: the arrays may have changed by then.

    ``of`` says what patterns mean, from a point with each, and whether a result is infinite or NaN there. An input is an array,
    or one number for all points; the last result is the mark. If nothing is ``marked``, every point is looked at.
    """
    *numbers, mark = results if marked is not None else [*results, np.ones(len(results[0]), bool)]
    places = np.flatnonzero(mark)
    columns = [np.full(len(places), column) if isinstance(column, float) else column[places] for column in inputs]
    infinite = np.zeros(len(places), bool)
    for column in numbers:
        infinite |= ~np.isfinite(column[places])

    def of_all() -> Array:
        found = np.zeros(len(mark), np.uint8)
        if len(places):
            keys = _mixed(patterns(marked, columns), infinite.astype(np.uint64))
            keys, first, every = np.unique(keys, return_index=True, return_inverse=True)
            points = np.stack(columns, axis=1)[first].tolist() if columns else [[]]
            found[places] = np.array(of(keys.tolist(), points, infinite[first].tolist()), np.uint8)[every]
        return found

    return of_all


def patterns(marked: Marked | None, inputs: Sequence[Array]) -> Array:
    """The pattern of each point, as a number of 64 bits: two points with different ones are hardly ever given the same.

    Every row is computed for every point, those of branches that are not taken too.
    """
    if not inputs:
        return np.zeros(1, np.uint64)
    exact = reduce(_with_number, inputs, np.zeros(len(inputs[0]), np.uint64))
    if marked is None:
        return exact
    blocks = [[column[start : start + BLOCK] for column in inputs] for start in range(0, len(exact), BLOCK)]
    signs, beside, jumping = map(np.concatenate, zip(*[_of_block(*marked, block) for block in blocks], strict=True))
    return np.where(jumping, beside if np.count_nonzero(jumping) > MOST_EXACT else exact, signs)


def _of_block(tape: Tape, jumps: Sequence[tuple[int, Sequence[int]]], inputs: Sequence[Array]) -> tuple[Array, Array, Array]:
    """A number made of the signs of all values, another that has the inputs of jumps too, and where there are jumps."""
    holds, signs, beside = dict(jumps), np.zeros(len(inputs[0]), np.uint64), np.zeros(len(inputs[0]), np.uint64)
    jumping = np.zeros(len(inputs[0]), bool)
    values = evaluate(tape.copy(shapes=[inputs[0].shape] * tape.slots, skips=[]), inputs)
    for slot, value in enumerate(values[: tape.slots]):
        kinds = (value > 0) + 2 * (value < 0) + 4 * np.isinf(value)  # NaN is none of these
        signs = _mixed(signs, np.where(np.isnan(value), 3, kinds).astype(np.uint64))
        if slot in holds:
            jumping |= value != 0
            for place in holds[slot]:
                beside = np.where(value != 0, _with_number(beside, inputs[place]), beside)
    return signs, _mixed(signs, beside), jumping


def _with_number(found: Array, column: Array) -> Array:
    return _mixed(found, np.ascontiguousarray(column + 0.0).view(np.uint64))


def _mixed(found: Array, more: Array) -> Array:
    found = (found ^ more) * FACTOR
    return found ^ (found >> np.uint64(29))
