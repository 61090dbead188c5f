"""Rules of array operations put onto a tape, and what a derivative with arrays needs beside them.

Here too it is the text of the table that becomes rows. What is fixed becomes the parameters of the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from diffcli.errors import Span
from diffcli.language.parsing.rule_texts import parse_rule
from diffcli.language.syntax import NAME, NUMBER
from diffcli.operations import OPERATIONS
from diffcli.operations.arithmetic.arrays import all_true, as_array, as_truth
from diffcli.operations.array_row import broadcast_shapes
from diffcli.operations.arrays import ARRAYS
from diffcli.tape.building.building import Builder
from diffcli.tape.tape import Shape

_parsed = cache(parse_rule)


class _Fixed(NamedTuple):
    """A node of a rule that is no value: a number, a shape, a key."""

    value: Any


def lower_rule(build: Builder, text: str, names: Mapping[str, int], fixed: Mapping[str, Any], span: Span) -> int:
    """The slot of a rule's value, for slots of its operands and what is fixed."""
    program = _parsed(text)
    known: dict[str, int | _Fixed] = {name: _Fixed(value) for name, value in fixed.items()}
    known |= names
    nodes: dict[int, int | _Fixed] = {}

    def slot(node: int) -> int:
        found = nodes[node]
        return build.constant(float(found.value)) if isinstance(found, _Fixed) else found

    for statement in program.statements:
        for node in range(statement.first, statement.root + 1):
            operation, children = program.operations[node], program.children(node)
            if operation == NUMBER:
                number: Any = program.arguments[node]
                nodes[node] = _Fixed(int(number) if number == int(number) else number)
            elif operation == NAME:
                name = str(program.arguments[node])
                nodes[node] = known[name] if name in known else build.named(name)
            elif operation == "neg" and isinstance(nodes[children[0]], _Fixed):
                nodes[node] = _Fixed(-nodes[children[0]].value)  # type: ignore[union-attr]
            elif operation in OPERATIONS:
                nodes[node] = build.emit(operation, tuple([slot(child) for child in children]), span)
            else:
                keywords = program.keywords.get(node, ())
                count = len(children) - len(keywords)
                given = {name: _value(nodes[child]) for name, child in zip(keywords, children[count:], strict=True)}
                nodes[node] = emit_array(build, operation, tuple([slot(child) for child in children[:count]]), given, span)
        known[statement.name] = nodes[statement.root]
    return slot(program.result.root)


def _value(found: int | _Fixed) -> Any:
    assert isinstance(found, _Fixed), "a keyword of a rule is fixed"
    return found.value


def array_constant(build: Builder, value: Any) -> int:
    """The slot of an array that is known."""
    return build.constant(as_array(value))


def either(build: Builder, one: int, other: int, span: Span) -> int | None:
    """The elements that are there in one of two arrays of truths; None for all of them."""
    if one < 0 and other < 0:
        there = as_truth(build.constants[-1 - one]) | as_truth(build.constants[-1 - other])
        return None if all_true(there) else array_constant(build, there)
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
    own = build.shape(slot)
    if own == shape:
        return slot
    if broadcast_shapes([own, shape]) == shape:
        return emit_array(build, "broadcast", (slot,), {"shape": shape}, span)
    return emit_array(build, "sum_to", (slot,), {"shape": shape}, span)
