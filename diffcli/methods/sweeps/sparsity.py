"""Which outputs depend on which inputs: the structure of a Jacobian, read off the tape.

A set of inputs is a Python integer with a bit for each of them, and the set of a row is the union of those of its operands,
so one sweep finds the whole pattern (Griewank & Walther 2008, section 7.1, on index domains). Or backwards, with a bit for
each output; whichever are fewer. What passes no derivative at this point does not count: a branch that is not taken,
``stop_gradient``, floor, a comparison, a constant, the operand that max leaves aside. A number that happens to be 0 does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from diffcli.records.matrices import Pattern
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import Values, last_uses
from diffcli.tape.running.rules import ABSENT, FLOAT, terms

Flow = list[tuple[int, ...]]
"""For each row, the positions of the operands through which a derivative passes."""


def flow_of(tape: Tape, values: Values) -> Flow:
    """Through which operands of each row a derivative passes at the point where the tape has these values.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import evaluate, lower
    >>> tape = lower(parse("x*floor(y) + where(x > 0, 2*x, y)"))
    >>> tape.operations, flow_of(tape, evaluate(tape, [3.0, 1.0]))
    (['floor', 'mul', 'gt', 'mul', 'where', 'add'], [(), (0, 1), (), (1,), (1,), (0, 1)])
    """
    kinds = {
        (name, count): (
            tuple(position for position, term in enumerate(terms(name, count)) if term is not None),
            reads_values(name, count),
        )
        for name, count in set(zip(tape.operations, map(len, tape.operands), strict=True))
    }
    flow: Flow = []
    for slot, (name, row) in enumerate(zip(tape.operations, tape.operands, strict=True), tape.first_row):
        if values[slot] is None:
            flow.append(())
            continue
        passing, depends = kinds[name, len(row)]
        if depends:  # on the values
            passing = tuple(_passing(tape, values, slot, passing))
        if min(row, default=0) < 0:
            passing = tuple(position for position in passing if row[position] >= 0)
        flow.append(passing)
    return flow


def reads_values(name: str, count: int) -> bool:
    """Whether it depends on the values of a row through which of its operands a derivative passes."""
    return any(term is not None and (term.present or ABSENT in term.program.arguments) for term in terms(name, count))


def _passing(tape: Tape, values: Values, slot: int, positions: Iterable[int]) -> Iterator[int]:
    row = tape.operands_of(slot)
    given = [*[values[operand] for operand in row], values[slot]]
    functions, arguments = FLOAT.of_taken(FLOAT.terms(tape.operation(slot), len(row)), given)
    for position in positions:
        term = functions[position]
        if term is not None and term(1.0, *arguments) is not None:
            yield position


def seeded(tape: Tape, slots: Sequence[int], groups: Iterable[Iterable[int]] | None = None) -> list[int]:
    """The sets to begin with: a bit for each group of some slots, by their places, or for each slot alone."""
    sets = [0] * tape.size
    for number, group in enumerate(((place,) for place in range(len(slots))) if groups is None else groups):
        for place in group:
            sets[slots[place]] |= 1 << number
    return sets


def sets_forward(tape: Tape, flow: Flow, sets: list[int], keep: Iterable[int]) -> list[int]:
    """The set of every slot, from those of the inputs; only the slots of ``keep`` have theirs in the end."""
    columns = zip(tape.operands, flow, last_uses(tape, [*keep]), strict=True)
    for slot, (row, passing, last) in enumerate(columns, tape.first_row):
        for position in passing:
            sets[slot] |= sets[row[position]]
        for unread in last:
            sets[unread] = 0
    return sets


def sets_backward(tape: Tape, flow: Flow, sets: list[int], keep: Iterable[int]) -> list[int]:
    """The set of every slot, from those of the outputs; only the slots of ``keep`` have theirs in the end."""
    kept = set(keep)
    for slot in reversed(tape.rows()):
        bits = sets[slot]
        if not bits:
            continue
        row = tape.operands_of(slot)
        for position in flow[slot - tape.first_row]:
            sets[row[position]] |= bits
        if slot not in kept:
            sets[slot] = 0
    return sets


def find_pattern(tape: Tape, flow: Flow, inputs: Sequence[int], outputs: Sequence[int]) -> Pattern:
    """The pattern of the Jacobian of some outputs by some inputs, all as slots.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import evaluate, lower
    >>> tape = lower(parse("u = x*y; v = u + z; v"))
    >>> flow = flow_of(tape, evaluate(tape, [1.0, 2.0, 3.0]))
    >>> find_pattern(tape, flow, [0, 1, 2], [tape.bindings["u"], tape.bindings["v"]]).rows
    ((0, 1), (0, 1, 2))
    """
    if len(inputs) <= len(outputs):
        sets = sets_forward(tape, flow, seeded(tape, inputs), outputs)
        return Pattern(len(inputs), tuple(tuple(_members(sets[slot])) for slot in outputs))
    sets = sets_backward(tape, flow, seeded(tape, outputs), inputs)
    return Pattern(len(outputs), tuple(tuple(_members(sets[slot])) for slot in inputs)).transposed()


def _members(bits: int) -> Iterator[int]:
    """The numbers in a set, in order."""
    offset = 0
    while bits:  # 64 at a time, so that a long set is not copied for each of its members
        word = bits & 0xFFFFFFFFFFFFFFFF
        while word:
            lowest = word & -word
            yield offset + lowest.bit_length() - 1
            word ^= lowest
        bits >>= 64
        offset += 64
