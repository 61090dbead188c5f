"""Long tapes: a loop over their rows, which is compiled once for all of them.

Each operation is a function over a block of points, made once in a process where it is first needed. A tape is a list of
records ``(function, length, result, operands ...)``, which a loop of four instructions goes through for each block; values stand
in memory, in as many places as are needed at a time. So a tape of any length is ready in the time that it takes to list it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir

from diffcli._named import NamedTuple
from diffcli.kernels.machine.engine import BYTE, DOUBLE, INTEGER, POINTER, Code
from diffcli.kernels.machine.lanes import Lanes
from diffcli.kernels.machine.objects import CONTENT, address_of_numbers, array_of, word
from diffcli.kernels.numpy import as_late
from diffcli.tape import Tape

MEMORY, MOST = 2**20, 512
"""The bytes for the values of a block, which the nearer caches hold, and the most points of a block."""

VALUES, TABLE, START, COUNT, VECTORS, MARKS = range(6)
"""What functions know of a block: where its values stand, the table of arrays, its first point, how many there are, and in how
many vectors, and where its marks stand."""

RUN = """
define void @run(ptr %block, ptr %code) {
start:
  br label %row
row:
  %record = phi ptr [ %code, %start ], [ %next, %step ]
  %function = load ptr, ptr %record
  %last = icmp eq ptr %function, null
  br i1 %last, label %end, label %step
step:
  call void %function(ptr %block, ptr %record)
  %place = getelementptr i64, ptr %record, i64 1
  %length = load i64, ptr %place
  %next = getelementptr i64, ptr %record, i64 %length
  br label %row
end:
  ret void
}
"""
CALL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)


class Step(NamedTuple):
    """What a record does: an operation of so many operands in a program or a rule, or moving numbers."""

    name: str
    operands: int
    strict: bool = False
    exponent: float = 0.0
    """Of a power: one that is known, because some are products; 0 if it is an operand."""


LOAD, SPREAD, CONSTANT, STORE, TEST = (Step(f"={name}", 1) for name in ("load", "spread", "constant", "store", "test"))
"""An input; one number for all points, from the table or from the record; a result, and one that is a truth."""
ONE_BY_ONE = (LOAD, STORE, TEST)
"""Steps that touch the arrays of a call, and nothing beside them."""


PRODUCTS = frozenset((-3.0, -2.0, -1.0, -0.5, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0))
"""Exponents for which a power has a function of its own."""


Made = tuple[Code, int, bool]
"""Where the function of a step begins, in which code, and whether it marks points."""


@cache
def known(_width: int) -> dict[Step, Made]:
    """The functions that a process has for vectors of a width."""
    return {}


@cache
def runner() -> tuple[Code, Any]:
    """The loop over records."""
    code = Code(RUN, 1)
    return code, CALL(code.address("run"))


def functions(width: int, steps: Iterable[Step]) -> dict[Step, Made]:
    """Those of some steps among others; what is not there yet is made."""
    found = known(width)
    if wanted := sorted(set(steps) - found.keys()):
        module = ir.Module("steps")
        lanes = Lanes(module, width)
        marks = [function_of(module, lanes, step, f"step{place}") for place, step in enumerate(wanted)]
        code = Code(str(module), 1)
        found |= {step: (code, code.address(f"step{place}"), marks[place]) for place, step in enumerate(wanted)}
    return found


def function_of(module: ir.Module, lanes: Lanes, step: Step, name: str) -> bool:
    """The function ``step(block, record)``: a loop over its vectors, or its points; returns whether it marks any."""
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [POINTER, POINTER]), name)
    block, record = function.args
    before, loop, after = (ir.IRBuilder(function.append_basic_block(each)) for each in ("before", "loop", "after"))
    kind = DOUBLE if step in ONE_BY_ONE else lanes.double

    def read(pointer: ir.Value, place: int, typ: ir.Type = INTEGER) -> ir.Value:
        return before.load(before.gep(pointer, [INTEGER(place)], source_etype=INTEGER), typ=typ)

    def given(place: int) -> ir.Value:
        """An array of the table."""
        return array_of(before, read(block, TABLE, POINTER), read(record, place))

    values = [
        before.gep(read(block, VALUES, POINTER), [read(record, 2 + place)], source_etype=DOUBLE)
        for place in range(1 if step.name[0] == "=" else 1 + step.operands)
    ]
    index = loop.phi(INTEGER)
    point = loop.add(index, read(block, START))

    def value(place: int) -> ir.Value:
        return loop.load(loop.gep(values[place], [index], source_etype=kind), align=8, typ=kind)

    target, lanes.builder, lanes.rescue = loop.gep(values[0], [index], source_etype=kind), loop, None
    found: Any
    if step == LOAD:
        found = loop.load(loop.gep(given(3), [point], source_etype=DOUBLE), typ=DOUBLE)
    elif step in (SPREAD, CONSTANT):
        found = spread(loop, before.load(given(3), typ=DOUBLE) if step == SPREAD else read(record, 3, DOUBLE), kind)
    elif step == STORE:
        found, target = value(0), loop.gep(given(3), [point], source_etype=DOUBLE)
    elif step == TEST:
        found = loop.zext(loop.fcmp_unordered("!=", value(0), DOUBLE(0.0)), BYTE)
        target = loop.gep(given(3), [point], source_etype=BYTE)
    else:
        compute = (lanes.arithmetic.strict if step.strict else lanes.arithmetic.value)(step.name)
        known = [lanes.constant(step.exponent)] if step.exponent else []
        found = lanes.number(compute(*[value(1 + place) for place in range(step.operands)], *known))
    loop.store(found, target, align=1 if step == TEST else 8)
    if lanes.rescue is not None:
        mark = loop.gep(read(block, MARKS, POINTER), [index], source_etype=BYTE)
        bits = loop.zext(loop.bitcast(lanes.rescue, ir.IntType(lanes.width)), BYTE)
        loop.store(loop.or_(loop.load(mark, typ=BYTE), bits), mark)
    following = loop.add(index, INTEGER(1))
    index.add_incoming(INTEGER(0), before.block)
    index.add_incoming(following, loop.block)
    limit = read(block, COUNT if step in ONE_BY_ONE else VECTORS)
    before.branch(loop.block)
    loop.cbranch(loop.icmp_signed("<", following, limit), loop.block, after.block)
    after.ret_void()
    return lanes.rescue is not None


def spread(builder: ir.IRBuilder, number: ir.Value, vector: ir.Type) -> ir.Value:
    """A number in every lane."""
    nothing = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(nothing, number, INTEGER(0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(ir.IntType(32), vector.count), None))


class Loop:
    """A tape as records, with as many places for values as wait at a time."""

    def __init__(self, tape: Tape, truths: frozenset[int], same: frozenset[int], width: int) -> None:
        self.tape, self.width = tape, width
        steps, self.places = listed(tape, truths, same)
        made = functions(width, (step for step, *_ in steps))
        self.rescues = any(made[step][2] for step, *_ in steps)
        most = MOST if len(same) < tape.first_row else width  # else it is for one point
        vectors = max(1, min(most, MEMORY // (8 * max(1, self.places))) // width)
        self.block = vectors * width
        words: list[int] = []
        for step, result, *others in steps:
            moved = others if step.name[0] == "=" else [other * self.block for other in others]
            words += [made[step][1], 3 + len(others), result * self.block, *moved]
        self.code = np.array([*words, 0], np.int64)

    def call(self, start: int, stop: int, table: int) -> None:
        """Compute the points between two, in memory of its own."""
        values = np.empty(self.places * self.block + 8)
        at = address_of_numbers(values)
        marks = word(word(table + 8 * (self.tape.first_row + len(self.tape.results))) + CONTENT)
        block = np.array([at + -at % 64, table, 0, 0, 0, 0], np.int64)
        where, code, run = address_of_numbers(block), address_of_numbers(self.code), runner()[1]
        for point in range(start, stop, self.block):
            count = min(self.block, stop - point)
            block[START:] = point, count, -(-count // self.width), marks + point // self.width
            run(where, code)


def listed(tape: Tape, truths: frozenset[int], same: frozenset[int]) -> tuple[list[tuple[Any, ...]], int]:
    """The steps of a tape, each ``(step, place of the result, operands ...)``, and how many places they need.

    A number comes to its place where it is first read, and gives the place up where it is last read.
    """
    rows, results = as_late(tape), dict[int, list[int]]()
    for position, slot in enumerate(tape.results):
        results.setdefault(slot, []).append(position)
    last = {operand: row for row in rows for operand in (row, *tape.operands_of(row))}
    first_row = tape.first_row
    steps: list[tuple[Any, ...]] = []
    places: dict[int, int] = {}
    free, size = list[int](), 0

    def placed(slot: int) -> int:
        nonlocal size
        if not free:
            free.append(size)
            size += 1
        places[slot] = free.pop()
        return places[slot]

    def read(slot: int) -> int:
        """The place of a value, which comes there first if it is no row."""
        if slot in places:
            return places[slot]
        if slot < 0:
            bits = np.float64(tape.constants[-1 - slot]).view(np.int64)
            steps.append((CONSTANT, placed(slot), int(bits)))
        else:
            steps.append((SPREAD if slot in same else LOAD, placed(slot), slot))
        return places[slot]

    def give(slot: int) -> None:
        for position in results.pop(slot, ()):
            steps.append((TEST if position in truths else STORE, read(slot), first_row + position))

    for row in rows:
        operands, exponent = tape.operands_of(row), 0.0
        if tape.operation(row) == "pow" and operands[1] < 0 and tape.constants[-1 - operands[1]] in PRODUCTS:
            operands, exponent = operands[:1], tape.constants[-1 - operands[1]]
        read_from = [read(operand) for operand in operands]
        strict = tape.derived_from is None or row < tape.derived_from
        for operand in set(operands):
            if last[operand] == row:
                free.append(places.pop(operand))
        steps.append((Step(tape.operation(row), len(operands), strict, exponent), placed(row), *read_from))
        give(row)
        if last[row] == row:
            free.append(places.pop(row))
    for slot in [*results]:
        give(slot)
    return steps, size
