"""Shaking, in place of a bound that would cost more than the numbers themselves: on arrays, and in series.

Every row and every term is computed once more, and moved a little, each differently. What moves by much more is in doubt.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from diffcli.methods.sweeps.rounding import UNIT, doubtful, roundings
from diffcli.operations import OPERATIONS, row_of
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import Values, arithmetic_of

SHAKE = 2.0**-36
"""By how much results are moved at most, relative to their size."""

ROUNDED = 8 * UNIT / SHAKE
"""How far rounding may move a number that the shaking moves by 1."""

FAR = 1e140
"""Numbers are near the ends of the range of floats from here on, and from one over it down."""

UNSTEADY = 2.0**14 * SHAKE
"""A sum that moves by more, relative to its size, has lost so many digits that a function of it may be anything."""

_SUMS = frozenset(("add", "sub", "sum", "mean", "dot", "matmul", "cumsum"))

_VANISHING = frozenset(("exp", "pow", "sigmoid", "tanh", "sech", "csch", "erfc", "gelu", "silu", "softplus", "softmax"))
"""Operations that may underflow to 0 from operands in the middle of the range."""


def factor(place: int) -> float:
    """A number beside 1 for each place, spread evenly by the golden ratio: the same in every run."""
    return 1 + SHAKE * (2 * (place * 0.6180339887498949 % 1) - 1)


def is_rounded(name: str) -> bool:
    """Whether an operation rounds, and does not only choose or move numbers."""
    return bool(roundings(name) if name in OPERATIONS else getattr(row_of(name), "cost", True))


def moved(number: float, other: float, extreme: bool) -> float | None:
    """How far a number may be off that the shaking has made another; None where it has its digits."""
    if not math.isfinite(number):
        return None
    error = abs(float(other) - float(number)) * ROUNDED
    return error if extreme or doubtful(number, error) else None


def is_extreme(tape: Tape, values: Values, beside: Values) -> bool:
    """Whether a value is near the ends of the range of floats, or off by so much that no shaking shows what that does."""
    all_of: Callable[[Any], Any] = getattr(arithmetic_of(tape).numbers, "all_true", bool)
    for slot, value in enumerate(values[: tape.slots]):
        if value is None:
            continue
        size, name = abs(value), tape.operation(slot) if slot >= tape.first_row else ""
        inside = (size < FAR) & (size > 1 / FAR)
        if not all_of(inside) and (name in _VANISHING or not all_of(inside | (size == 0))):
            return True
        if name in _SUMS and not all_of(abs(beside[slot] - value) <= UNSTEADY * size):
            return True
    return False
