"""Rules of array operations put onto a tape, and what a derivative with arrays needs beside them.

Here too it is the text of the table that becomes rows. What is fixed becomes the parameters of the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import Span
from diffcli.operations import OPERATIONS
from diffcli.operations.arithmetic.arrays import as_array, as_truth
from diffcli.operations.array_row import broadcast_shapes
from diffcli.operations.arrays import ARRAYS
from diffcli.tape.building.building import Builder
from diffcli.tape.running.array_rules import parsed_rule, whole
from diffcli.tape.running.rules import fold
from diffcli.tape.tape import Shape


class _Fixed(NamedTuple):
    """A node of a rule that is no value: a number, a shape, a key."""

    value: Any


def lower_rule(build: Builder, text: str, names: Mapping[str, int], fixed: Mapping[str, Any], span: Span) -> int:
    """The slot of a rule's value, for slots of its operands and what is fixed."""
    known = {name: _Fixed(value) for name, value in fixed.items()} | dict(names)

    def leaf(argument: float | str) -> int | _Fixed:
        if not isinstance(argument, str):
            return _Fixed(whole(argument))
        return known[argument] if argument in known else build.named(argument)

    def slot(found: int | _Fixed) -> int:
        return build.constant(float(found.value)) if isinstance(found, _Fixed) else found

    def apply(operation: str, operands: list[int | _Fixed], keywords: dict[str, _Fixed]) -> int | _Fixed:
        if operation == "neg" and isinstance(operands[0], _Fixed):
            return _Fixed(-operands[0].value)
        row = tuple(map(slot, operands))
        if operation in OPERATIONS:
            return build.emit(operation, row, span)
        return emit_array(build, operation, row, {name: found.value for name, found in keywords.items()}, span)

    return slot(fold(parsed_rule(text), leaf, apply))


def either(build: Builder, one: int, other: int, span: Span) -> int | None:
    """The elements that are there in one of two arrays of truths; None for all of them."""
    if one < 0 and other < 0:
        there = as_truth(build.constants[-1 - one]) | as_truth(build.constants[-1 - other])
        return None if there.all() else build.constant(as_array(there))
    return build.emit("or", (one, other), span)


def emit_array(build: Builder, name: str, operands: tuple[int, ...], given: dict[str, Any], span: Span) -> int:
    """A row of an array operation; what it leaves as it is is no row."""
    row = ARRAYS[name]
    fixed = row.defaults | given
    shapes = [build.shape(operand) for operand in operands]
    shape = row.shape(shapes, fixed)
    if name in ("broadcast", "sum_to", "reshape") and shape == shapes[0]:
        return operands[0]
    return build.emit(name, operands, span, fixed, shape)


def fitted(build: Builder, slot: int, shape: Shape, span: Span) -> int:
    """A value summed over the axes along which an operand of that shape was repeated, or repeated to it."""
    name = "broadcast" if broadcast_shapes([build.shape(slot), shape]) == shape else "sum_to"
    return emit_array(build, name, (slot,), {"shape": shape}, span)
