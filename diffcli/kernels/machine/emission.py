"""A tape of numbers as instructions, in blocks of so many rows.

Within a block a value is a register of LLVM's, which finds a place for it in the processor; what a later block reads passes
through memory. So the time to compile grows with the number of rows and not faster: to allocate registers in one long
block takes more than linear time, and what is far away would be spilled to memory all the same.

A choice is a selection here: both branches are computed, and a row is left out only if no result depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir

from diffcli.kernels.machine.engine import INTEGER
from diffcli.kernels.machine.lanes import Lanes
from diffcli.kernels.numpy import as_late
from diffcli.tape import Tape

LENGTH = 192
"""Rows of a block, as measured: with half as many code is 10 % slower, with twice as many it is compiled no sooner."""

Load = Callable[[ir.IRBuilder, int], ir.Value]
Store = Callable[[ir.IRBuilder, int, Any], None]


class Emission:
    """The instructions of a tape's live rows.

    Parameters
    ----------
    tape, lanes
        The tape, and what it is computed by.
    load
        The instructions that read an input, by its slot.
    store
        Those that write a result, by its position.
    same
        The inputs that are one number for all points. Rows that depend on nothing else are for `before`.
    """

    def __init__(self, tape: Tape, lanes: Lanes, load: Load, store: Store, same: frozenset[int] = frozenset()) -> None:
        self.tape, self.lanes, self.load, self.store = tape, lanes, load, store
        self.functions = lanes.arithmetic.row_functions(tape)
        self.fixed = bytearray(slot in same for slot in range(tape.slots)) + b"\1" * len(tape.constants)
        live = sorted(as_late(tape))
        for slot in live:
            self.fixed[slot] = all(self.fixed[operand] for operand in tape.operands_of(slot))
        varying = [slot for slot in live if not self.fixed[slot]]
        self.once = [slot for slot in live if self.fixed[slot]]
        self.blocks = [varying[start : start + LENGTH] for start in range(0, len(varying), LENGTH)] or [[]]
        self.results: dict[int, list[int]] = {}
        for position, slot in enumerate(tape.results):
            self.results.setdefault(slot, []).append(position)
        self.places, self.size = self.placed()
        self.memory: ir.Value = None
        self.known: dict[int, Any] = {}

    def placed(self) -> tuple[dict[int, int], int]:
        """The place in memory of every value that another block reads, and how many places there are."""
        home = {slot: number for number, block in enumerate(self.blocks) for slot in block}
        read = ((slot, operand) for slot in home for operand in self.tape.operands_of(slot) if operand >= 0)
        last = {operand: home[slot] for slot, operand in read if home.get(operand) != home[slot]}
        places: dict[int, int] = {}
        for slot in [*range(self.tape.first_row), *self.once]:  # these stay: the loop comes by again
            if self.fixed[slot]:
                places[slot] = len(places)
        size, free = len(places), list[int]()
        ends: list[list[int]] = [[] for _ in self.blocks]
        for number, block in enumerate(self.blocks):
            for slot in block:
                if slot in last:
                    if not free:
                        free.append(size)
                        size += 1
                    places[slot] = free.pop()
                    ends[last[slot]].append(places[slot])
            free += ends[number]
        return places, size

    def before(self, builder: ir.IRBuilder) -> None:
        """What is done once: the rows that are the same for all points."""
        if self.size:
            self.memory = builder.alloca(self.lanes.double, size=INTEGER(self.size))
        for slot in range(self.tape.first_row):
            if self.fixed[slot]:
                self.keep(builder, slot, self.load(builder, slot))
        self.rows(builder, self.once)

    def each(self, builder: ir.IRBuilder) -> ir.IRBuilder:
        """What is done for each point, or vector of points; returns the builder of the last block."""
        for number, block in enumerate(self.blocks):
            if number:
                following = ir.IRBuilder(builder.append_basic_block("rows"))
                builder.branch(following.block)
                builder = following
            self.known.clear()
            self.rows(builder, block)
        for slot, positions in self.results.items():
            if self.fixed[slot] or slot < self.tape.first_row:
                for position in positions:
                    self.store(builder, position, self.value(builder, slot))
        return builder

    def rows(self, builder: ir.IRBuilder, rows: Sequence[int]) -> None:
        self.lanes.builder = builder
        for slot in rows:
            operands = [self.value(builder, operand) for operand in self.tape.operands_of(slot)]
            found = self.known[slot] = self.functions[slot - self.tape.first_row](*operands)
            if slot in self.places:
                self.keep(builder, slot, self.lanes.number(found))
            if not self.fixed[slot]:
                for position in self.results.get(slot, ()):
                    self.store(builder, position, found)

    def value(self, builder: ir.IRBuilder, slot: int) -> Any:
        """A value where a row of this block wants it."""
        if slot not in self.known:
            if slot < 0:
                self.known[slot] = self.lanes.constant(self.tape.constants[-1 - slot])
            elif slot in self.places:
                self.known[slot] = in_order(builder.load(self.place(builder, slot)))
            else:
                self.known[slot] = self.load(builder, slot)
        return self.known[slot]

    def keep(self, builder: ir.IRBuilder, slot: int, value: ir.Value) -> None:
        in_order(builder.store(value, self.place(builder, slot)))

    def place(self, builder: ir.IRBuilder, slot: int) -> ir.Value:
        return builder.gep(self.memory, [INTEGER(self.places[slot])])


def in_order(access: Any) -> Any:
    """A load or store that LLVM leaves where it is: it would compare each with every other to find a better order."""
    plain = access.descr

    def descr(text: list[str]) -> None:
        plain(text)
        text[-1] = text[-1].replace(" ", " volatile ", 1)

    access.descr = descr
    return access
