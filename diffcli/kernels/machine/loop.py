"""Long tapes: a loop over their rows, which is compiled once for all of them.

Each operation is a function over a block of points, made once in a process where it is first needed. A tape is a list of
records ``(function, length, result, operands ...)``, which a loop of four instructions goes through for each block. Values
stand in memory, in as many places as are needed at a time; what is one number for all points, in one vector. So a tape of any
length is ready in the time that it takes to list it.
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
from diffcli.kernels.machine.engine import DOUBLE, INTEGER, POINTER, Code, repeated
from diffcli.kernels.machine.lanes import Lanes
from diffcli.kernels.machine.objects import address_of_numbers
from diffcli.kernels.machine.powers import is_simple
from diffcli.kernels.numpy import as_late
from diffcli.tape import Tape

MEMORY, MOST = 2**20, 512
"""The bytes for the values of a block, which the nearer caches hold, and the most points of a block."""

RUN = """
define void @run(ptr %values, i64 %count, ptr %marks, ptr %code) {
start:
  br label %row
row:
  %record = phi ptr [ %code, %start ], [ %next, %step ]
  %function = load ptr, ptr %record
  %last = icmp eq ptr %function, null
  br i1 %last, label %end, label %step
step:
  call void %function(ptr %values, i64 %count, ptr %marks, ptr %record)
  %place = getelementptr i64, ptr %record, i64 1
  %length = load i64, ptr %place
  %next = getelementptr i64, ptr %record, i64 %length
  br label %row
end:
  ret void
}
"""
CALL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)


class Step(NamedTuple):
    """What a record does: an operation, in a program or a rule."""

    name: str
    fixed: tuple[bool, ...]
    """For each operand whether it is one number for all points."""
    strict: bool
    exponent: float = 0.0
    """Of a power: one that is known, because some are products; 0 if it is an operand."""


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
    """The function ``step(values, count, marks, record)``: a loop over the vectors of a block."""
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [POINTER, INTEGER, POINTER, POINTER]), name)
    values, count, marks, record = function.args
    before = ir.IRBuilder(function.append_basic_block())

    def read(place: int) -> ir.Value:
        return before.load(before.gep(record, [INTEGER(place)], source_etype=INTEGER), typ=INTEGER)

    fixed = (False, *step.fixed)
    starts = [before.gep(values, [read(2 + place)], source_etype=DOUBLE) for place in range(len(fixed))]
    compute = (lanes.arithmetic.strict if step.strict else lanes.arithmetic.value)(step.name)
    known = [lanes.constant(step.exponent)] if step.exponent else []
    with repeated(before, count) as (loop, index):
        lanes.builder, lanes.rescue = loop, None
        pairs = zip(starts, fixed, strict=True)
        target, *others = [start if one else loop.gep(start, [index], source_etype=lanes.double) for start, one in pairs]
        found = compute(*[loop.load(other, typ=lanes.double) for other in others], *known)
        loop.store(lanes.number(found), target)
        lanes.note(loop, marks, index)
    before.ret_void()


class Loop:
    """A tape as records, with as many places for values as wait at a time. Inputs and results have places for a whole block."""

    def __init__(self, tape: Tape, same: frozenset[int], width: int) -> None:
        self.tape, self.same, self.width = tape, sorted(same), width
        steps = [step_of(tape, row, same) for row in as_late(tape)]
        inputs = [slot for slot in range(tape.first_row) if slot not in same]
        made = functions(width, (step for step, _ in steps))
        places, self.size = allocated([(inputs, ()), *((slots[:1], slots[1:]) for _, slots in steps), ((), tape.results)])
        self.inputs = [slot for slot in inputs if slot in places]
        self.block = max(1, min(MOST if inputs else width, MEMORY // (8 * max(1, self.size))) // width) * width
        self.places = {slot: place * self.block for slot, place in places.items()}
        fixed = [*self.same, *range(-1, -1 - len(tape.constants), -1)]
        self.places |= {slot: self.size * self.block + place * width for place, slot in enumerate(fixed)}
        self.constants = np.array(tape.constants, np.float64)
        words: list[int] = []
        for step, slots in steps:
            words += [made[step][1], 2 + len(slots), *[self.places[slot] for slot in slots]]
        self.code = np.array([*words, 0], np.int64)

    def call(self, held: Sequence[Any], start: int, stop: int) -> None:
        """Compute the points between two, whole vectors of them, in memory of its own."""
        numbers = np.append([float(held[slot]) for slot in self.same], self.constants)
        values = np.empty(self.size * self.block + len(numbers) * self.width + 8)
        values = values[-address_of_numbers(values) % 64 // 8 :]
        fixed = values[self.size * self.block :][: len(numbers) * self.width]
        fixed.reshape(-1, self.width)[:] = numbers[:, None]
        results = list(zip(self.tape.results, held[self.tape.first_row :], strict=False))
        where, code, run = address_of_numbers(values), address_of_numbers(self.code), runner()[1]
        for point in range(start, stop, self.block):
            part = slice(point, min(point + self.block, stop))
            count = part.stop - point
            for slot in self.inputs:
                values[self.places[slot] :][:count] = held[slot][part]
            run(where, count // self.width, address_of_numbers(held[-1]) + point // self.width, code)
            for slot, result in results:
                place = self.places[slot]
                result[part] = values[place : place + (count if place < self.size * self.block else 1)]


def step_of(tape: Tape, row: int, same: frozenset[int]) -> tuple[Step, tuple[int, ...]]:
    """The step of a row, and the slots of its result and its operands: little for Python's collector of garbage to visit."""
    operands, exponent = tape.operands_of(row), 0.0
    if tape.operation(row) == "pow" and operands[1] < 0 and is_simple(tape.constants[-1 - operands[1]]):
        operands, exponent = operands[:1], tape.constants[-1 - operands[1]]
    fixed = tuple([operand < 0 or operand in same for operand in operands])
    return one_step(tape.operation(row), fixed, row < tape.program_stop, exponent), (row, *operands)


one_step = cache(Step)
"""A step, once for all the rows that are the same."""
