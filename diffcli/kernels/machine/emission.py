"""A tape of numbers as instructions, in blocks of so many rows.

Within a block a value is a register of LLVM's, which finds a place for it in the processor; what a later block reads passes
through memory. So the time to compile grows with the number of rows and not faster: to allocate registers in one long
block takes more than linear time, and what is far away would be spilled to memory all the same. For many points a block is a
loop over a few vectors: the processor works on several of them at a time, because it sees no further than some hundred
instructions, of which one vector's wait for each other.

A choice is a selection here: both branches are computed, and a row is left out only if no result depends on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from llvmlite import ir

from diffcli.kernels.machine.engine import BYTE, DOUBLE, INTEGER, repeated
from diffcli.kernels.machine.lanes import WEIGHTS, Lanes
from diffcli.kernels.numpy import as_late
from diffcli.tape import Tape

VECTORS = 8
"""The most vectors that the loop of a block goes over."""
NEAR = 2**15
"""The bytes that values may take on their way between blocks: what the nearest cache holds."""
LENGTH, OF_ONE = 100, 400
"""The weight of the rows of a block, for many points and for one, as measured: of longer blocks less is done at a time, of
shorter ones more passes through memory."""


class Emission:
    """The instructions of a tape's live rows.

    Parameters
    ----------
    tape, lanes
        The tape, and what it is computed by.
    addresses
        Where the inputs stand, the results, and for many points the marks.
    truths
        The positions of the results that are truths, of one byte each.
    same
        The inputs that are one number for all points. Rows that depend on nothing else are for `before`.
    vectors
        The most vectors that a loop goes over.
    """

    def __init__(
        self, tape: Tape, lanes: Lanes, addresses: Sequence[ir.Value],
        truths: frozenset[int] = frozenset(), same: frozenset[int] = frozenset(), vectors: int = 1,
    ) -> None:  # fmt: skip
        self.tape, self.lanes, self.addresses, self.truths = tape, lanes, addresses, truths
        self.functions = lanes.arithmetic.row_functions(tape)
        self.fixed = bytearray(slot in same for slot in range(tape.slots)) + b"\1" * len(tape.constants)
        live = sorted(as_late(tape))
        for slot in live:
            self.fixed[slot] = all(self.fixed[operand] for operand in tape.operands_of(slot))
        self.once = [slot for slot in live if self.fixed[slot]]
        self.blocks = self.cut([slot for slot in live if not self.fixed[slot]], LENGTH if vectors > 1 else OF_ONE)
        self.quotients = Counter(map(self.divisor, live))
        self.results: dict[int, list[int]] = {}
        for position, slot in enumerate(tape.results):
            self.results.setdefault(slot, []).append(position)
        self.places, size = allocated((block, self.read_by(block)) for block in self.blocks)
        self.vectors = max(1, min(vectors, NEAR // (8 * lanes.width * max(1, size))))
        self.places = {slot: place * self.vectors for slot, place in self.places.items()}
        for slot in [*range(tape.first_row), *self.once]:  # these stay: the loops come by again
            if self.fixed[slot]:
                self.places[slot] = size * self.vectors + len(self.places)
        self.size = 1 + size * self.vectors + len(self.places)
        self.memory = self.crossing = None
        """Where what crosses from block to block stands, and where for a vector."""
        self.point: ir.Value = INTEGER(0)
        self.known: dict[int, Any] = {}

    def cut(self, rows: Sequence[int], length: int) -> list[list[int]]:
        """Rows in blocks of about one weight."""
        blocks, weight = [list[int]()], 0
        for slot in rows:
            more = 1 if self.tape.operands_of(slot)[-1] < 0 else WEIGHTS.get(self.tape.operation(slot), 30)
            if weight + more > length and weight:
                blocks.append([])
                weight = 0
            blocks[-1].append(slot)
            weight += more
        return blocks

    def read_by(self, block: Sequence[int]) -> list[int]:
        return [operand for slot in block for operand in self.tape.operands_of(slot) if not self.fixed[operand]]

    def before(self, builder: ir.IRBuilder) -> None:
        """What is done once: the rows that are the same for all points."""
        self.memory = builder.alloca(self.lanes.double, size=INTEGER(self.size))
        self.crossing = self.memory
        for slot in range(self.tape.first_row):
            if self.fixed[slot]:
                self.keep(builder, slot, self.load(builder, slot))
        self.rows(builder, self.once)

    def alone(self, builder: ir.IRBuilder) -> None:
        """What is done for the one point that there is."""
        for block in self.blocks:
            self.rows(builder, block)

    def each(self, builder: ir.IRBuilder, first: ir.Value, count: ir.Value) -> None:
        """What is done for each of so many vectors from one point on."""
        width = INTEGER(self.lanes.width)
        for block in self.blocks:
            with repeated(builder, count) as (inner, index):
                self.point = inner.add(first, inner.mul(index, width))
                self.crossing = inner.gep(self.memory, [index])
                self.rows(inner, block)
                self.lanes.note(inner, self.addresses[-1], inner.sdiv(self.point, width))
            self.lanes.rescue = None

    def rows(self, builder: ir.IRBuilder, rows: Sequence[int]) -> None:
        self.lanes.builder = builder
        self.known.clear()
        inverses: dict[int, Any] = {}
        for slot in rows:
            operands, divisor = [self.value(builder, operand) for operand in self.tape.operands_of(slot)], self.divisor(slot)
            if divisor is not None and self.quotients[divisor] > 1:
                if divisor not in inverses:
                    inverses[divisor] = self.lanes.inverse(operands[1])
                # not fused with a sum, as no quotient is: it may overflow on the way
                found = self.lanes.arithmetic.strict("mul")(operands[0], inverses[divisor])
            else:
                found = self.functions[slot - self.tape.first_row](*operands)
            self.known[slot] = found
            if slot in self.places:
                self.keep(builder, slot, self.lanes.number(found))
            if not self.fixed[slot]:
                self.give(builder, slot)
        if rows is self.blocks[-1]:
            for slot in self.results:
                if self.fixed[slot] or slot < self.tape.first_row:
                    self.give(builder, slot)

    def divisor(self, slot: int) -> int | None:
        """The divisor of a quotient in a rule, where others may share its reciprocal; in a program x/x is 1, and floor(49/49)."""
        rule = slot >= self.tape.program_stop
        return self.tape.operands_of(slot)[1] if rule and self.tape.operation(slot) == "div" else None

    def give(self, builder: ir.IRBuilder, slot: int) -> None:
        for position in self.results.get(slot, ()):
            self.store(builder, position, self.value(builder, slot))

    def load(self, builder: ir.IRBuilder, slot: int) -> ir.Value:
        """An input."""
        if self.fixed[slot]:
            return self.lanes.spread(builder, builder.load(self.addresses[slot], typ=DOUBLE))
        place = builder.gep(self.addresses[slot], [self.point], source_etype=DOUBLE)
        return builder.load(place, align=8, typ=self.lanes.double)

    def store(self, builder: ir.IRBuilder, position: int, value: Any) -> None:
        """A result."""
        kind, found = DOUBLE, self.lanes.number(value)
        if position in self.truths:
            kind, found = BYTE, builder.zext(self.lanes.truth(value), ir.VectorType(BYTE, self.lanes.width))
        place = builder.gep(self.addresses[self.tape.first_row + position], [self.point], source_etype=kind)
        builder.store(found, place, align=1 if kind is BYTE else 8)

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
        return builder.gep(self.memory if self.fixed[slot] else self.crossing, [INTEGER(self.places[slot])])


def in_order(access: Any) -> Any:
    """A load or store that LLVM leaves where it is: it would compare each with every other to find a better order."""
    plain = access.descr

    def descr(text: list[str]) -> None:
        plain(text)
        text[-1] = text[-1].replace(" ", " volatile ", 1)

    access.descr = descr
    return access


def allocated(blocks: Iterable[tuple[Sequence[int], Iterable[int]]]) -> tuple[dict[int, int], int]:
    """A place in memory for every value that another block reads than the one that makes it, and how many places there are.

    A block is what it makes and what it reads; a place is free for another value after the last block that reads it.

    >>> allocated([([5], []), ([6], [5]), ([7], [5, 6]), ([8], [7])])
    ({5: 0, 6: 1, 7: 1}, 2)
    """
    blocks = list(blocks)
    last = {slot: number for number, (_, read) in enumerate(blocks) for slot in read}
    places: dict[int, int] = {}
    free, size = list[int](), 0
    for number, (made, read) in enumerate(blocks):
        unread = [places[slot] for slot in dict.fromkeys(read) if slot in places and last[slot] == number]
        if len(made) == 1:  # it is written when all is read
            free += unread
            unread = []
        for slot in made:
            if last.get(slot, number) > number:
                if not free:
                    free.append(size)
                    size += 1
                places[slot] = free.pop()
        free += unread
    return places, size
