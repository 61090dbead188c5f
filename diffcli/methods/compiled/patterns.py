"""Flags of many points: the interpreter is asked once for all marked ones with one *pattern*, the signs of all values of a tape.

What it says depends on which branches are taken, which operands are equal, and what is 0 or not finite, and on nothing else, but
for comparisons at their boundary and jumps, where it looks at the sides of the point: there it is asked more often.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from math import isfinite
from typing import Any

import numpy as np

from diffcli.errors import Diagnostic, DomainError
from diffcli.methods.compiled.flags import Flag, Marked, flags_of
from diffcli.methods.compiled.ways import Way
from diffcli.records import Array
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

MOST_KNOWN = 100_000
"""Of how many patterns it is kept what they mean."""


class Said:
    """What is to be said of points, each with the mark of its way; where there are no ways, every point is looked at."""

    def __init__(self, ways: Sequence[Way], ask: Callable[[Sequence[float]], Iterable[Diagnostic]]) -> None:
        self.ways, self.ask = ways, ask
        self.known: dict[int, int] = {}
        """What the patterns mean that have been asked for."""

    def told(self, inputs: Sequence[Any], results: Sequence[Array]) -> Callable[[], Array]:
        """What gives the flags of all points of a call, when it is asked for them: the arrays may have changed by then.

        An input is an array, or one number for all points; the last result is the mark, where there are marks.
        """
        *numbers, mark = results if self.ways else [*results, np.ones(len(results[0]), bool)]
        places = np.flatnonzero(mark)
        columns = [np.full(len(places), column) if isinstance(column, float) else column[places] for column in inputs]
        infinite = np.zeros(len(places), bool)
        for column in numbers:
            infinite |= ~np.isfinite(column[places])

        def of_all() -> Array:
            found = np.zeros(len(mark), np.uint8)
            if len(places):
                found[places] = self.flags(columns, infinite)
            return found

        return of_all

    def flags(self, columns: Sequence[Array], infinite: Array) -> Array:
        """The flags of marked points. Where it is asked about some with a pattern, the others may be what any of these is."""
        exact, keys, sampled, doubted = self.patterns(columns, len(infinite))
        exact, keys = (_mixed(key, infinite.astype(np.uint64)) for key in (exact, keys))
        names = np.where(sampled, exact, keys)

        def asked(chosen: Array) -> Array:
            if len(self.known) + len(chosen) > MOST_KNOWN:
                self.known = {}
            known, keys = self.known, names[chosen].tolist()  # another thread may begin a new one
            for key, place in zip(keys, chosen.tolist(), strict=True):
                if key not in known:
                    point = [float(column[place]) for column in columns]
                    known[key] = self.flag(point, infinite[place], doubted[place])
            return np.array([known[key] for key in keys], np.uint8)

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

    def flag(self, point: Sequence[float], infinite: bool, doubted: bool) -> Flag:
        """The flags of a point; one that is not finite has none but what its results have.

        Where it is ``doubted`` it is not worked out whether it has lost digits: it may have.
        """
        finite = all(map(isfinite, point))
        try:
            notes = self.ask(point) if finite else ()
        except DomainError as fault:
            notes = fault.diagnostics
        return flags_of(notes) | Flag.NONFINITE * bool(infinite) | Flag.DIGITS * bool(doubted and finite and not infinite)

    def patterns(self, columns: Sequence[Array], count: int) -> tuple[Array, ...]:
        """The `patterns` of points, of each by its own way; those that take none stand for themselves."""
        exact, none = reduce(_with_number, columns, np.zeros(count, np.uint64)), np.zeros(count, bool)
        found, left = (exact, exact.copy(), none, none.copy()), np.arange(count)
        for place, way in enumerate(self.ways):
            own, left = way.split(left, columns)
            if len(own):
                keys, *more = patterns(way.marked, [column[own] for column in columns], exact[own])
                for whole, part in zip(found[1:], [_mixed(keys, np.uint64(place)), *more], strict=True):
                    whole[own] = part
        return found


def _spread(group: Array, most: int) -> Array:
    return group[np.linspace(0, len(group) - 1, min(most, len(group))).astype(int)]


def patterns(marked: Marked, inputs: Sequence[Array], exact: Array) -> tuple[Array, Array, Array]:
    """A number of 64 bits of the pattern of each point, as ``exact`` has one of the point: hardly ever do two have the same.

    Then the points at jumps of whose pattern only some are asked about, and those that count as doubted. Every row is computed
    for every point, those of branches that are not taken too.
    """
    count, none = len(exact), np.zeros(len(exact), bool)
    if not inputs:
        return exact, none, none
    blocks = [[column[start : start + BLOCK] for column in inputs] for start in range(0, count, BLOCK)]
    signs, beside, jumping, doubted = map(np.concatenate, zip(*[_of_block(marked, block) for block in blocks], strict=True))
    keys = next((keys for keys in (exact, beside) if _fewer(keys[jumping], MOST_EXACT)), signs)
    sampled = jumping if keys is signs else none
    keys = np.where(jumping, keys, signs)
    if _fewer(exact[doubted], MOST_DOUBTS):
        return np.where(doubted, exact, keys), sampled & ~doubted, none
    return keys, sampled, doubted


def _fewer(keys: Array, most: int) -> bool:
    return len(keys) <= most or len(np.unique(keys)) <= most


def _of_block(marked: Marked, inputs: Sequence[Array]) -> tuple[Array, Array, Array, Array]:
    """A number made of the signs of all values, another that has the inputs of jumps too; where there are jumps, and doubts."""
    tape, jumps, doubt = marked
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
