"""A tape of numbers as instructions: one value for every row, computed by a processor's lanes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from llvmlite import ir

from diffcli.kernels.machine.lanes import Lanes
from diffcli.tape import Tape

DOUBLE, BYTE, INTEGER, POINTER = ir.DoubleType(), ir.IntType(8), ir.IntType(64), ir.PointerType()


def live_rows(tape: Tape) -> list[int]:
    """The slots of the rows that a result depends on. A choice is a selection here: no condition of a skip is read."""
    wanted = bytearray(tape.size)
    for slot in tape.results:
        wanted[slot] = 1
    found = []
    for slot in reversed(tape.rows()):
        if wanted[slot]:
            found.append(slot)
            for operand in tape.operands_of(slot):
                wanted[operand] = 1
    return found[::-1]


def emit(tape: Tape, lanes: Lanes, inputs: Sequence[Any], place: Callable[[bool], None], uniform: Collection[int] = ()) -> list[Any]:
    """The instructions of a tape's live rows; returns its results.

    A row that depends on nothing but the inputs in ``uniform``, which are one number for all points, is the same for all of
    them: ``place`` is told before each row whether it is, and puts the lanes' builder where it belongs.
    """
    functions = lanes.arithmetic.row_functions(tape)
    values: list[Any] = [*inputs, *[None] * len(tape.operations), *map(lanes.constant, reversed(tape.constants))]
    same = bytearray(slot in uniform for slot in range(tape.first_row)) + bytearray(len(tape.operations))
    same += b"\1" * len(tape.constants)
    for slot in live_rows(tape):
        row = tape.operands_of(slot)
        same[slot] = all(same[operand] for operand in row)
        place(bool(same[slot]))
        values[slot] = functions[slot - tape.first_row](*[values[operand] for operand in row])
    place(False)
    return [values[slot] for slot in tape.results]
