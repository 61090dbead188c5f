"""The derivative of a program as a program: reverse mode, and forward mode, written out as tapes.

What a sweep computes row by row is emitted row by row here, from the same texts of the table, after the rows of f. So the
derivative can be evaluated, swept again, printed and counted like any other program; and transformed again, for the next
one. Reverse mode on a tape without choices takes at most 5 times the operations of f (Baur & Strassen 1983), quotients
included: their two partials share a factor here.

An adjoint is evaluated under the conditions under which it is there. A branch that is not taken adds nothing, not even 0
times an infinity: see `diffcli.tape.building.accumulation`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from diffcli._named import NamedTuple
from diffcli.errors import Span
from diffcli.methods.sweeps.reverse import activity
from diffcli.operations import row_of
from diffcli.tape import Tape
from diffcli.tape.building.accumulation import Accumulation
from diffcli.tape.building.building import Builder
from diffcli.tape.building.scopes import Scope
from diffcli.tape.lowering import MOST_ROWS

if TYPE_CHECKING:
    from diffcli.methods.sweeps.array_transform import ArrayTerms


class Transformed(NamedTuple):
    """The tape of a derivative, and where the values of f and their derivatives stand on it."""

    tape: Tape
    values: dict[int, int]
    """The new slot of each slot of f that is still there."""
    derivatives: dict[int, int]
    """The slot of the whole adjoint of each slot of f that has one."""


class Transform:
    """A tape that begins as another one, and grows by the rows of sweeps over that.

    Rows of f stay as they are, but for those that nothing needs in the end. What sweeps have in common is there once. Where
    no partial is infinite at numbers in range, what is absent may be a product with 0; ``strict_zeros`` says that no infinity
    may ever meet it.
    """

    def __init__(self, tape: Tape, most_rows: int = MOST_ROWS, strict_zeros: bool = False) -> None:
        self.tape = tape
        self.build = Builder(tape, most_rows)
        self.sums = Accumulation(self.build)
        self.arrays: ArrayTerms | None = None
        if tape.shapes is not None:
            from diffcli.methods.sweeps import array_transform

            self.arrays = array_transform.ArrayTerms(tape, self.build, self.sums.present)
        self.derivatives: dict[int, int] = {}
        self.below, self.above = bytearray(tape.size), bytearray(tape.size)
        """One flag a slot: whether a partial on the way to it, or from it, may be infinite, or undefined."""
        rows = map(row_of, set(tape.operations))
        limited = {row.name for row in rows if strict_zeros or row.domain or "pole" in dict(row.breaks)}
        for slot, row in enumerate(tape.operands, tape.first_row):
            self.below[slot] = tape.operation(slot) in limited or any(self.below[operand] for operand in row)
        for slot in reversed(tape.rows()):
            for operand in tape.operands_of(slot):
                self.above[operand] |= self.above[slot] or tape.operation(slot) in limited

    def handed(self, slot: int, position: int, given: int, scope: Scope) -> tuple[int, Scope] | None:
        """What an operand gets of a row's adjoint, or a row of its tangent, given in a scope; and the scope of that, if any."""
        chooses, part, span = self.tape.operation(slot) == "where", scope, self.tape.span(slot)
        if chooses and not position:
            return None
        condition = self.tape.operands_of(slot)[0] if chooses else self.present(slot, position, scope)
        if condition is not None:
            self.build.scope, when = scope, not chooses or position == 1
            inside = self.build.part(condition, when)
            if inside is None:
                return None
            part = inside
            given = given if self.arrays is None else self.arrays.taken(condition, when, given, span)
        if chooses:
            return given, part  # of a choice nothing is computed
        self.build.scope = part
        term = (self.arrays or self.build).term(slot, position, given)
        return None if term is None else (term, part)

    def present(self, slot: int, position: int, scope: Scope) -> int | None:
        """The slot that says where a row's term by an operand is there; None if it is everywhere, or nobody can tell."""
        if not (self.above[slot] or self.below[self.tape.operands_of(slot)[position]]):
            return None  # 0 is as good
        self.build.scope = scope
        return self.build.present(slot, position)

    def span(self, slot: int) -> Span:
        """Where a value stands in the source; an input stands where the result does."""
        tape = self.tape
        if tape.first_row <= slot < tape.slots:
            return tape.span(slot)
        return tape.span(tape.slots - 1) if tape.operations else Span(0, len(tape.source.text))

    def finish(self, outputs: Sequence[int]) -> Transformed:
        tape, slots = self.build.finished(outputs)
        values = {slot: slots[slot] for slot in range(self.tape.slots) if slot in slots}
        return Transformed(tape, values, {slot: slots[found] for slot, found in self.derivatives.items() if found in slots})


class ReverseTransform(Transform):
    """The making of a tape that computes the value of another one and its gradient, with where everything stands.

    ``wrt`` are the slots of the inputs to differentiate by, and ``active`` is what `diffcli.methods.sweeps.reverse.activity`
    says of them, if that is known already.

    `run` returns a tape whose ``outputs`` are the value and the derivative by each of ``wrt``, and whose ``output`` is the
    value. A derivative that is not there is the constant 0; of constants the place is counted from the front, as in ``output``.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import evaluate, lower
    >>> derived = ReverseTransform(lower(parse("x*y + sin(x)")), [0, 1]).run().tape
    >>> derived.operations, derived.operands[3:]
    (['mul', 'sin', 'add', 'cos', 'add'], [(0,), (5, 1)])
    >>> values = evaluate(derived, [0.0, 5.0])
    >>> [values[slot] for slot in derived.outputs]
    [0.0, 6.0, 0.0]
    """

    def __init__(
        self,
        tape: Tape,
        wrt: Sequence[int],
        active: bytearray | None = None,
        most_rows: int = MOST_ROWS,
        strict_zeros: bool = False,
    ) -> None:
        super().__init__(tape, most_rows, strict_zeros)
        self.wrt = wrt
        self.active = active or activity(tape, list(wrt))
        self.output = tape.output if tape.output < tape.slots else tape.output - tape.size

    def run(self) -> Transformed:
        self.sweep(self.output)
        return self.finish([self.output, *[self.derivatives[slot] for slot in self.wrt]])

    def sweep(self, output: int) -> list[int]:
        """The rows of one sweep from a result, and the slots of its derivatives; rows of sweeps before are used again.

        The result of a constant has its negative slot.
        """
        tape, sums = self.tape, self.sums
        if output >= 0:
            sums.add(output, self.build.scopes[output], self.build.constant(1.0), self.span(output))
        waiting, zero = sums.waiting, self.build.constant(0.0)
        for slot in reversed(tape.rows()):
            taken = sums.take(slot, self.span(slot)) if slot in waiting else None
            if taken is not None:
                self.derivatives[slot] = taken[0]
                self.hand_on(slot, *taken)
        for slot in range(tape.first_row):
            found = sums.take_number(slot, self.span(slot)) if slot in waiting else zero
            self.build.scope = self.build.root
            self.derivatives[slot] = found if self.arrays is None else self.arrays.to_operand(found, slot, self.span(slot))
        return [self.derivatives[slot] for slot in self.wrt]

    def hand_on(self, slot: int, adjoint: int, scope: Scope) -> None:
        """Give each operand of a row what it gets of the row's adjoint, which is there in a scope."""
        for position, operand in enumerate(self.tape.operands_of(slot)):
            found = self.handed(slot, position, adjoint, scope) if self.active[operand] else None
            if found is not None:
                span = self.tape.span(slot)
                term = found[0] if self.arrays is None else self.arrays.to_operand(found[0], operand, span)
                self.sums.add(operand, found[1], term, span)


class ForwardTransform(Transform):
    """The making of a tape of numbers that computes the values of another one, and their tangents along directions.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import evaluate, lower
    >>> forward = ForwardTransform(lower(parse("x*y + sin(x)")))
    >>> tangent, = forward.sweep({1: forward.build.constant(1.0)}, [4])
    >>> forward.build.finished([tangent]).tape.results
    [0]
    """

    def sweep(self, seeds: Mapping[int, int], outputs: Sequence[int]) -> list[int]:
        """The slots of the tangents of some slots, for those of the inputs that move; a tangent of 0 does not move anything."""
        build, found = self.build, dict[int, tuple[int, Scope]]()
        for slot, tangent in seeds.items():
            build.scope = build.root
            may_not = self.above[slot] and tangent >= 0
            moves = build.emit("ne", (tangent, build.constant(0.0)), self.span(slot)) if may_not else build.constant(1.0)
            found[slot] = tangent, build.part(moves, True) or build.root
        for slot in self.tape.rows():
            for position, operand in enumerate(self.tape.operands_of(slot)):
                if operand in found:
                    self.hand_on(slot, position, *found[operand])
            if slot in self.sums.waiting:
                taken = self.sums.take(slot, self.span(slot))
                assert taken is not None
                found[slot] = taken
        zero = build.constant(0.0), build.root
        return [self.sums.number(*found.get(slot, zero), self.span(slot)) for slot in outputs]

    def hand_on(self, slot: int, position: int, tangent: int, scope: Scope) -> None:
        """Give a row what it gets of the tangent of one of its operands, which is there in a scope."""
        part: Scope | None = self.build.scopes[slot]
        for around in [*scope.chain()][::-1]:
            part = part and part.inside(around.condition, around.when)
        found = part and self.handed(slot, position, tangent, part)
        if found:
            self.sums.add(slot, found[1], found[0], self.span(slot))
