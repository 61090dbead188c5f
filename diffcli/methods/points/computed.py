"""What is computed in the text of a point: the number that is meant, and not what a chain of roundings leaves of it.

A number in a text is the decimal that is written there, and pi and e are themselves. What is rounded once, as pi/4, has its
digits in floats; anything else is worked out with 50 digits, and rounded by whoever wants a float.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from sys import float_info
from typing import Any

from diffcli.errors import LimitError
from diffcli.operations.row import MOVES
from diffcli.records import is_array
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import Values

KEEPING = frozenset(("mul", "div", "sqrt"))
"""Operations whose result has as many digits as their operands."""

MOST_ELEMENTS = 20_000
"""How many elements are worked out; of more, what is computed stays as floats have it."""


def computed(tape: Tape, values: Values, slots: Sequence[int]) -> list[Any]:
    """The values in some slots of a tape whose inputs are known: floats and arrays, or what they are in full, in nested lists.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import evaluate, lower
    >>> tape = lower(parse("x = pi/4; y = 1e16 + 1 - 1e16"))
    >>> [float(value) for value in computed(tape, evaluate(tape, []), [*tape.bindings.values()])]
    [0.7853981633974483, 1.0]
    """
    roundings: dict[int, int] = {}
    for slot, (name, row) in enumerate(zip(tape.operations, tape.operands, strict=True), tape.first_row):
        before = max([roundings.get(operand, 0) for operand in row])
        if name not in MOVES and name != "neg":
            before = 2 if before or not _has_digits(name, values[slot], [values[operand] for operand in row]) else 1
        roundings[slot] = before
    doubtful = [slot for slot in slots if roundings.get(slot, 0) > 1]
    known = _in_full(tape, values, doubtful) if doubtful else {}
    return [known.get(slot, values[slot]) for slot in slots]


def _has_digits(name: str, value: Any, operands: Sequence[Any]) -> bool:
    """Whether a result of numbers as they are read has all of its digits; so has what is skipped."""
    if value is None or is_array(value) or not float_info.min <= abs(value) < inf:
        return value is None
    return name in KEEPING or all(isinstance(one, float) and one.is_integer() and abs(one) < 2**53 for one in operands)


def _in_full(tape: Tape, values: Values, slots: Sequence[int]) -> dict[int, Any]:
    """What is in some slots, with 50 digits, and NaN where it has no value; nothing, where that would take too long."""
    from diffcli.tape.running.precise import meant_values  # most points do not wait for mpmath

    if sum([getattr(value, "size", 1) for value in values]) > MOST_ELEMENTS:
        return {}
    if tape.shapes is None:
        return dict(zip(slots, meant_values(tape, values[: tape.first_row], slots), strict=True))
    from diffcli.operations.arithmetic import array_files, cells
    from diffcli.tape.building.scalarising import write_out

    try:
        written = write_out(tape, values, MOST_ELEMENTS)
    except LimitError:
        return {}
    point = [number for value in values[: tape.first_row] for number in array_files.flat(value)]
    found = [meant_values(written.tape, point, written.of(tape, slot)) for slot in slots]
    return {slot: cells.of(own, tape.shape(slot)).tolist() for slot, own in zip(slots, found, strict=True)}
