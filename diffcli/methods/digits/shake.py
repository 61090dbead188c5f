"""Shaking, in place of a bound that would cost more than the numbers themselves: on arrays, and in series.

Every row and every term is computed once more, and moved a little, each differently. What moves by much more is in doubt.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache, lru_cache
from math import prod
from typing import Any

from diffcli.methods.sweeps.rounding import CANCELLING, ENOUGH, SMALLEST, UNIT, doubtful, is_with_itself, roundings
from diffcli.operations import OPERATIONS, row_of
from diffcli.records import is_array
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import Values, arithmetic_of
from diffcli.tape.running.rules import Function
from diffcli.tape.tape import Shape

SHAKE = 2.0**-36
"""By how much results are moved at most, relative to their size."""

ROUNDED = 8 * UNIT / SHAKE
"""How far rounding may move a number that the shaking moves by 1."""

NUDGE = SMALLEST / ROUNDED
"""What is added besides, so that it shows what underflow does."""

NOTHING = 1e-300
"""A 0 that moves by less has not moved."""

FAR = 1e140
"""Numbers from here on may overflow on the way, which no shaking shows."""

MOST_ELEMENTS, MOST_WRITTEN = 1_000_000, 20_000
"""How many elements the arrays of a program have together, up to which it is watched, and is written out in numbers."""

UNREAD = 1e-6
"""The relative error from which a number counts as lost that is not read again: of so many a few are always next to 0."""

PERIOD = 20_000
"""After so many elements the factors come again."""

UNSTEADY = 2.0**14 * SHAKE
"""A sum that moves by more, relative to its size, has lost so many digits that a function of it may be anything."""

ADDING = CANCELLING | {
    "sum", "mean", "dot", "matmul", "cumsum", "trace", "conv1d", "conv2d", "logsumexp", "det", "inv", "solve", "cofactor"
}
"""Operations that add up inside, so that they are as far off as if the elements of their operands were (Wilkinson 1963)."""

_SUMS = ADDING | {"add", "sub"}


def _factor(place: int) -> float:
    """A number beside 1 for each place, spread evenly by the golden ratio: the same in every run."""
    return 1 + SHAKE * (2 * (place * 0.6180339887498949 % 1) - 1)


@cache
def _factors(times: int) -> Any:
    from diffcli.operations.arithmetic.array_files import to_array  # numbers do not wait for NumPy

    return to_array(map(_factor, range(PERIOD)), (1, PERIOD)).repeat(times, 0).reshape(-1)


@lru_cache(2**14)
def _factors_at(start: int, shape: Shape) -> Any:
    size = prod(shape)
    return _factors(2 + size // PERIOD)[start : start + size].reshape(shape)


def shake(places: Iterator[int], value: Any) -> Any:
    """A number or an array with each of its elements moved, differently at each place."""
    place = next(places)
    if not is_array(value):
        return value * _factor(place) + NUDGE
    moved = value * _factors_at(place * 7919 % PERIOD, value.shape)
    moved += NUDGE
    return moved


def shaking_function(function: Function, name: str, places: Iterator[int]) -> Function:
    """The function of an operation, with what it computes shaken if that is rounded; and its operands, if it adds them up."""
    if name in ADDING:
        return lambda *operands: shake(places, function(*[shake(places, operand) for operand in operands]))
    return (lambda *operands: shake(places, function(*operands))) if _is_rounded(name) else function


@cache
def _is_rounded(name: str) -> bool:
    """Whether an operation does more than choose, or move numbers."""
    return bool(roundings(name) if name in OPERATIONS else getattr(row_of(name), "cost", True))


def shaking(tape: Tape, places: Iterator[int]) -> list[Function]:
    """The same of every row of a tape."""
    functions = arithmetic_of(tape).row_functions(tape)
    return [
        function if is_with_itself(tape, slot) else shaking_function(function, name, places)
        for slot, (function, name) in enumerate(zip(functions, tape.operations, strict=True), tape.first_row)
    ]


def moved(number: float, other: float, extreme: bool, enough: float = ENOUGH) -> float | None:
    """How far a number may be off that the shaking has made another; None where it has its digits."""
    if not math.isfinite(number):
        return math.inf
    error = abs(float(other) - float(number)) * ROUNDED
    return error if extreme or (doubtful(number, error, enough) and (number or not error < NOTHING)) else None


def is_extreme(tape: Tape, values: Values, beside: Values) -> bool:
    """Whether a value may overflow, or is off by so much, or by another branch, that no shaking shows what that does."""
    numbers = arithmetic_of(tape).numbers
    if not numbers.largest_size([value for value in values[: tape.slots] if value is not None]) < FAR:
        return True
    sums = [slot for slot, name in enumerate(tape.operations, tape.first_row) if name in _SUMS and values[slot] is not None]
    pairs = [(values[slot], beside[slot]) for slot in sums]
    return any(other is None for _, other in pairs) or not numbers.within(pairs, UNSTEADY, NOTHING)
