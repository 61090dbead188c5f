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
"""About how many points on jumps it is asked; of more about those with other inputs of the conditions, if not more than this."""

SAMPLE = 8
"""About how many with one pattern it is asked else; where these do not agree, about more."""

MOST_DOUBTS = 2000
"""About how many points whose digits are in doubt it is asked; of more the doubt is the flag."""

Marked = tuple[Tape, Sequence[tuple[int, Sequence[int]]], int | None]
"""The tape, and the slots of the conditions at which sides are looked at, with the inputs on which each depends, and of doubt."""

Asked = Callable[[Sequence[int], Sequence[Sequence[float]], Sequence[bool], Sequence[bool]], Sequence[int]]
"""What patterns mean, from a point with each, whether a result is infinite or NaN there, and whether digits count as lost."""


def told(
    marked: Marked | None,
    of: Asked,
    inputs: Sequence[Any],
    results: Sequence[Array],
) -> Callable[[], Array]:
    """What gives the flags of all points of a call, when it is asked for them: the arrays may have changed by then.

    An input is an array, or one number for all points; the last result is the mark. If nothing is ``marked``, every point is
    looked at.
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
            found[places] = _flags(marked, of, columns, infinite)
        return found

    return of_all


def _flags(marked: Marked | None, of: Asked, columns: Sequence[Array], infinite: Array) -> Array:
    """The flags of marked points. Where it is asked about some with a pattern, the others may be what any of these is."""
    exact, keys, sampled, doubted = patterns(marked, columns)
    exact, keys = (_mixed(key, infinite.astype(np.uint64)) for key in (exact, keys))
    names = np.where(sampled, exact, keys)

    def asked(chosen: Array) -> Array:
        points = np.stack([column[chosen] for column in columns], axis=1).tolist() if columns else [[]]
        flags = of(names[chosen].tolist(), points, infinite[chosen].tolist(), doubted[chosen].tolist())
        return np.array(flags, np.uint8)

    _, first, every = np.unique(keys, return_index=True, return_inverse=True)
    found = asked(first)[every]
    among = np.flatnonzero(sampled)
    among = among[np.lexsort((exact[among], keys[among]))]  # as good as by chance, and the same each time
    groups = np.split(among, np.flatnonzero(np.diff(keys[among])) + 1) if len(among) else []
    for group in groups:
        flags = asked(some := _spread(group, SAMPLE))
        if (flags != flags[0]).any():
            flags = asked(some := _spread(group, max(SAMPLE, MOST_EXACT // len(groups))))
        found[group] = np.bitwise_or.reduce(flags)
        found[some] = flags
    return found


def _spread(group: Array, most: int) -> Array:
    return group[np.linspace(0, len(group) - 1, min(most, len(group))).astype(int)]


def patterns(marked: Marked | None, inputs: Sequence[Array]) -> tuple[Array, Array, Array, Array]:
    """Numbers of 64 bits of each point and of its pattern: two different ones are hardly ever given the same.

    Then the points at jumps of whose pattern only some are asked about, and those that count as doubted. Every row is computed
    for every point, those of branches that are not taken too.
    """
    count = len(inputs[0]) if inputs else 1
    exact, none = reduce(_with_number, inputs, np.zeros(count, np.uint64)), np.zeros(count, bool)
    if marked is None or not inputs:
        return exact, exact, none, none
    blocks = [[column[start : start + BLOCK] for column in inputs] for start in range(0, count, BLOCK)]
    signs, beside, jumping, doubted = map(np.concatenate, zip(*[_of_block(*marked, block) for block in blocks], strict=True))
    keys = next((keys for keys in (exact, beside) if _fewer(keys[jumping], MOST_EXACT)), signs)
    sampled = jumping if keys is signs else none
    keys = np.where(jumping, keys, signs)
    if _fewer(exact[doubted], MOST_DOUBTS):
        return exact, np.where(doubted, exact, keys), sampled & ~doubted, none
    return exact, keys, sampled, doubted


def _fewer(keys: Array, most: int) -> bool:
    return len(keys) <= most or len(np.unique(keys)) <= most


def _of_block(
    tape: Tape, jumps: Sequence[tuple[int, Sequence[int]]], doubt: int | None, inputs: Sequence[Array]
) -> tuple[Array, Array, Array, Array]:
    """A number made of the signs of all values, another that has the inputs of jumps too; where there are jumps, and doubts."""
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
    doubted = np.zeros(len(jumping), bool) if doubt is None else values[doubt] != 0
    return signs, _mixed(signs, beside), jumping, doubted


def _with_number(found: Array, column: Array) -> Array:
    return _mixed(found, np.ascontiguousarray(column + 0.0).view(np.uint64))


def _mixed(found: Array, more: Array) -> Array:
    found = (found ^ more) * FACTOR
    return found ^ (found >> np.uint64(29))
