"""What the derivative of a tape with arrays has beside that of one with numbers: rules of array operations, and shapes.

A contribution to an adjoint knows which of its elements are there, where not all of them are: see
`diffcli.methods.sweeps.array_sweeps`. A tape cannot look at its numbers first, so what is not there is 0 by a ``where``, and
no operand that nothing there depends on is read. Where an index has picked that is known now, and takes no row.
"""

from __future__ import annotations

from typing import Any

from diffcli.errors import Span
from diffcli.operations import OPERATIONS
from diffcli.operations.arithmetic import arrays
from diffcli.operations.arrays import ARRAYS
from diffcli.tape.building.array_building import array_constant, emit_array, fitted, lower_rule
from diffcli.tape.building.building import Builder
from diffcli.tape.running.array_rules import fixed_names, leaves_out, needed_reads, reach_text, reached, rule_text
from diffcli.tape.running.rules import ABSENT, RESULT, SEED
from diffcli.tape.tape import Tape


class ArrayTerms:
    """The terms of the rows of a tape with arrays as rows after them, and which of their elements are there."""

    def __init__(self, tape: Tape, build: Builder, present: dict[int, int]) -> None:
        self.tape, self.build = tape, build
        self.present = present
        """For a contribution that only some elements of an array have, the slot that tells which."""

    def term(self, slot: int, position: int, kind: str, other: int) -> int | None:
        """What an array row adds by one of its operands, for its adjoint or the operand's tangent in ``other``."""
        row, operands, span = ARRAYS[self.tape.operation(slot)], self.tape.operands_of(slot), self.tape.span(slot)
        fixed = fixed_names(self.tape, slot, position)
        text = rule_text(row, fixed, position, kind)
        if text == ABSENT:
            return None
        own = operands[position : position + 1] if row.variadic else operands
        names = dict(zip(row.parameters, own, strict=True)) | {RESULT: slot, SEED: other}
        there = self.present.get(other)
        if there is None:
            term = lower_rule(self.build, text, names, fixed, span)
            if kind == "adjoint" and leaves_out(text) and operands[position] >= self.tape.first_row:
                everything = array_constant(self.build, arrays.ones(self.tape.shape(slot)))
                self.note(term, self.reached(slot, position, "adjoint", everything))
            return term
        for place, needed in needed_reads(self.tape, slot, position, self.reached, there):
            read = RESULT if place < 0 else row.parameters[place]
            names[read] = names[read] if needed is None else self.only(needed, names[read], span)
        return self.kept(lower_rule(self.build, text, names, fixed, span), self.reached(slot, position, "adjoint", there), span)

    def reached(self, slot: int, position: int, kind: str, there: int) -> int | None:
        """`diffcli.tape.running.array_rules.reached` as a slot; None for all elements."""
        build, row, span = self.build, ARRAYS[self.tape.operation(slot)], self.tape.span(slot)
        if there < 0:
            known = reached(self.tape, slot, position, kind, build.constants[-1 - there])
            return None if arrays.all_true(known) else array_constant(build, known)
        names = {} if row.variadic else dict(zip(row.parameters, map(self.ones, self.tape.operands_of(slot)), strict=True))
        fixed = fixed_names(self.tape, slot, position)
        found = lower_rule(build, reach_text(row, fixed, position, kind), {SEED: there, **names}, fixed, span)
        return build.emit("ne", (found, build.constant(0.0)), span)

    def ones(self, like: int) -> int:
        shape = self.tape.shape(like)
        return emit_array(self.build, "broadcast", (self.build.constant(1.0),), {"shape": shape}, Span(0, 0))

    # -- what is there --------------------------------------------------------------------------------------------------

    def kept(self, slot: int, there: int | None, span: Span) -> int:
        """A contribution of which some elements are there; what is not there is 0, whatever it was computed as."""
        return slot if there is None else self.note(self.only(there, slot, span), there)

    def note(self, slot: int, there: int | None) -> int:
        if there is not None:
            self.present[slot] = fitted(self.build, there, self.build.shape(slot), Span(0, 0))
        return slot

    def only(self, there: int, slot: int, span: Span) -> int:
        return self.build.emit("where", (there, slot, self.build.constant(0.0)), span)

    def after(self, slot: int, term: int, adjoint: int) -> int:
        """A term of an elementwise row, whose elements are there as those of the row's adjoint are."""
        there = self.present.get(adjoint) if self.tape.operation(slot) in OPERATIONS else None
        return self.kept(term, there, self.tape.span(slot))

    def taken(self, condition: int, when: bool, adjoint: int, span: Span) -> int:
        """The elements of an adjoint whose condition is ``when``."""
        if not self.tape.shape(condition):
            return adjoint
        taken = condition if when else self.build.emit("not", (condition,), span)
        there = self.present.get(adjoint)
        return self.kept(adjoint, taken if there is None else self.build.emit("and", (there, taken), span), span)

    def fitted(self, slot: int, target: int, span: Span) -> int:
        """A contribution in the shape of what it goes to."""
        shape: Any = self.tape.shape(target)
        if self.build.shape(slot) == shape:
            return slot
        summed, there = fitted(self.build, slot, shape, span), self.present.get(slot)
        if there is not None:
            there = self.build.emit("gt", (fitted(self.build, there, shape, span), self.build.constant(0.0)), span)
            self.present[summed] = there
        return summed
