"""Long tapes: a loop over their rows, which is compiled once for all of them.

Each operation is a function over a block of points, made once in a process where it is first needed. A tape is a list of
records ``(function, length, result, operands ...)``, which a loop of four instructions goes through for each block; values stand
in memory, in as many places as are needed at a time. So a tape of any length is ready in the time that it takes to list it.
"""

from __future__ import annotations

import ctypes
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir

from diffcli._named import NamedTuple
from diffcli.kernels.machine.emission import allocated
from diffcli.kernels.machine.engine import BYTE, DOUBLE, INTEGER, POINTER, Code, repeated
from diffcli.kernels.machine.lanes import Lanes
from diffcli.kernels.machine.objects import CONTENT, address_of_numbers, array_of, word
from diffcli.kernels.numpy import as_late
from diffcli.tape import Tape

MEMORY, MOST = 2**20, 512
"""The bytes for the values of a block, which the nearer caches hold, and the most points of a block."""

VALUES, TABLE, START, COUNT, MARKS = range(5)
"""What functions know of a block: where its values stand, the table of arrays, its first point, how many vectors it has, and
where its marks stand."""

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


LOAD, SPREAD, CONSTANT, STORE, TEST = (Step(f"={name}", 0) for name in ("load", "spread", "constant", "store", "test"))
"""An input; one number for all points, from the table or from the record; a result, and one that is a truth."""

PRODUCTS = frozenset((-3.0, -2.0, -1.0, -0.5, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0))
"""Exponents for which a power has a function of its own."""


FUNCTIONS: dict[int, dict[Step, tuple[Code, int]]] = defaultdict(dict)
"""For vectors of a width, the functions that a process has: their code, and where they begin."""


@cache
def runner() -> tuple[Code, Any]:
    """The loop over records."""
    code = Code(RUN, 1)
    return code, CALL(code.address("run"))


def functions(width: int, steps: Iterable[Step]) -> dict[Step, tuple[Code, int]]:
    """Those of some steps among others; what is not there yet is made."""
    found = FUNCTIONS[width]
    if wanted := sorted(set(steps) - found.keys()):
        module = ir.Module("steps")
        lanes = Lanes(module, width)
        for place, step in enumerate(wanted):
            function_of(module, lanes, step, f"step{place}")
        code = Code(str(module), 1)
        found |= {step: (code, code.address(f"step{place}")) for place, step in enumerate(wanted)}
    return found


def function_of(module: ir.Module, lanes: Lanes, step: Step, name: str) -> None:
    """The function ``step(block, record)``: a loop over the vectors of a block."""
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [POINTER, POINTER]), name)
    block, record = function.args
    before, moves = ir.IRBuilder(function.append_basic_block()), step.name[0] == "="

    def read(pointer: ir.Value, place: int, typ: ir.Type = INTEGER) -> ir.Value:
        return before.load(before.gep(pointer, [INTEGER(place)], source_etype=INTEGER), typ=typ)

    values = [
        before.gep(read(block, VALUES, POINTER), [read(record, 2 + place)], source_etype=DOUBLE)
        for place in range(1 if moves else 1 + step.operands)
    ]
    start, marks = read(block, START), read(block, MARKS, POINTER)
    word = read(record, 3, DOUBLE if step == CONSTANT else INTEGER)
    array = array_of(before, read(block, TABLE, POINTER), word) if moves and step != CONSTANT else None
    number = before.load(array, typ=DOUBLE) if step == SPREAD else word
    with repeated(before, read(block, COUNT)) as (loop, index):
        point = loop.add(start, loop.mul(index, INTEGER(lanes.width)))
        lanes.builder, lanes.rescue = loop, None

        def value(place: int) -> ir.Value:
            return loop.load(loop.gep(values[place], [index], source_etype=lanes.double), typ=lanes.double)

        target, found, align = loop.gep(values[0], [index], source_etype=lanes.double), None, 8
        if step == LOAD:
            found = loop.load(loop.gep(array, [point], source_etype=DOUBLE), typ=lanes.double, align=8)
        elif step in (SPREAD, CONSTANT):
            found = lanes.spread(loop, number)
        elif step == STORE:
            found, target = value(0), loop.gep(array, [point], source_etype=DOUBLE)
        elif step == TEST:
            found = loop.zext(lanes.truth(value(0)), ir.VectorType(BYTE, lanes.width))
            target, align = loop.gep(array, [point], source_etype=BYTE), 1
        else:
            compute = (lanes.arithmetic.strict if step.strict else lanes.arithmetic.value)(step.name)
            known = [lanes.constant(step.exponent)] if step.exponent else []
            found = lanes.number(compute(*[value(1 + place) for place in range(step.operands)], *known))
        loop.store(found, target, align=align)
        lanes.note(loop, marks, index)
    before.ret_void()


class Loop:
    """A tape as records, with as many places for values as wait at a time."""

    def __init__(self, tape: Tape, truths: frozenset[int], same: frozenset[int], width: int) -> None:
        self.width, self.marks = width, tape.first_row + len(tape.results)
        steps, self.places = listed(tape, truths, same)
        made = functions(width, (step for step, *_ in steps))
        most = MOST if len(same) < tape.first_row else width  # else it is for one point
        self.block = max(1, min(most, MEMORY // (8 * max(1, self.places))) // width) * width
        words: list[int] = []
        for step, places, others in steps:
            words += [made[step][1], 2 + len(places) + len(others), *[place * self.block for place in places], *others]
        self.code = np.array([*words, 0], np.int64)

    def call(self, start: int, stop: int, table: int) -> None:
        """Compute the points between two, whole vectors of them, in memory of its own."""
        values = np.empty(self.places * self.block + 8)
        at = address_of_numbers(values)
        marks = word(word(table + 8 * self.marks) + CONTENT)
        block = np.array([at + -at % 64, table, 0, 0, 0], np.int64)
        where, code, run = address_of_numbers(block), address_of_numbers(self.code), runner()[1]
        for point in range(start, stop, self.block):
            block[START:] = point, min(self.block, stop - point) // self.width, marks + point // self.width
            run(where, code)


def listed(tape: Tape, truths: frozenset[int], same: frozenset[int]) -> tuple[list[tuple[Step, list[int], list[int]]], int]:
    """The steps of a tape, each with the places of its result and its operands and the words beside them; and how many places
    they need. What is no row comes to a place where it is first read."""
    first_row, results = tape.first_row, dict[int, list[int]]()
    for position, slot in enumerate(tape.results):
        results.setdefault(slot, []).append(position)
    steps: list[tuple[Step, list[int], Sequence[int], list[int]]] = []
    there = set[int]()

    def bring(slots: Iterable[int]) -> None:
        for slot in slots:
            if slot < first_row and slot not in there:
                there.add(slot)
                word = slot if slot >= 0 else int(np.float64(tape.constants[-1 - slot]).view(np.int64))
                steps.append((CONSTANT if slot < 0 else SPREAD if slot in same else LOAD, [slot], (), [word]))

    def give(slot: int) -> None:
        for position in results.pop(slot, ()):
            steps.append((TEST if position in truths else STORE, [], [slot], [first_row + position]))

    for row in as_late(tape):
        operands, exponent = tape.operands_of(row), 0.0
        if tape.operation(row) == "pow" and operands[1] < 0 and tape.constants[-1 - operands[1]] in PRODUCTS:
            operands, exponent = operands[:1], tape.constants[-1 - operands[1]]
        bring(operands)
        strict = tape.derived_from is None or row < tape.derived_from
        steps.append((Step(tape.operation(row), len(operands), strict, exponent), [row], operands, []))
        give(row)
    bring(results)
    for slot in [*results]:
        give(slot)
    places, size = allocated((made, read) for _, made, read, _ in steps)
    return [(step, [places[slot] for slot in (*made, *read)], words) for step, made, read, words in steps], size
