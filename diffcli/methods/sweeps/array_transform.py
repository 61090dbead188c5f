"""What the derivative of a tape with arrays has beside that of one with numbers: rules of array operations, and shapes.

A contribution to an adjoint knows which of its elements are present, where not all of them are: see
`diffcli.tape.running.strong_zero`. A tape cannot look at its numbers first, so what is absent is 0 by a ``where``, and no
operand that nothing present depends on is read. Where an index has picked that is known now, and takes no row.
"""

from __future__ import annotations

from diffcli.errors import Span
from diffcli.operations import OPERATIONS
from diffcli.operations.arithmetic.arrays import as_array
from diffcli.operations.array_row import Shape
from diffcli.tape.building.array_building import emit_array, fitted, lower_rule
from diffcli.tape.building.building import Builder
from diffcli.tape.running.array_rules import ArrayRule, rule_at
from diffcli.tape.running.rules import ABSENT, RESULT, SEED
from diffcli.tape.running.strong_zero import StrongZero
from diffcli.tape.tape import Tape


class ArrayTerms(StrongZero):
    """The terms of the rows of a tape with arrays as rows after them: values and masks are slots."""

    def __init__(self, tape: Tape, build: Builder, present: dict[int, int]) -> None:
        self.tape, self.build = tape, build
        self.present = present
        """For a contribution of which only some elements are present, the slot of its mask."""
        self.span = Span(0, 0)
        """Where the rows to come stand in the source."""

    def term(self, slot: int, position: int, adjoint: int) -> int | None:
        """What a row hands on of its adjoint to one of its operands; None if there is no dependence."""
        there, self.span = self.present.get(adjoint), self.tape.span(slot)
        if self.tape.operation(slot) in OPERATIONS:
            term = self.build.term(slot, position, adjoint)
            return term if term is None or there is None else self.note(self.masked(there, term), there)
        rule, operands = rule_at(self.tape, slot, position), self.tape.operands_of(slot)
        text = rule.text("adjoint")
        if text == ABSENT:
            return None

        def apply(*row: int) -> int:
            own = row[position : position + 1] if rule.row.variadic else row[:-1]
            names = dict(zip(rule.row.parameters, own, strict=True)) | {RESULT: row[-1], SEED: adjoint}
            return lower_rule(self.build, text, names, rule.names, self.span)

        if there is None and operands[position] < self.tape.first_row:
            return apply(*operands, slot)
        return self.note(*self.of_array_row(rule, there, [*operands, slot], apply))

    def note(self, slot: int, mask: int | None) -> int:
        if mask is not None:
            self.present[slot] = fitted(self.build, mask, self.build.shape(slot), Span(0, 0))
        return slot

    # -- masks as slots ------------------------------------------------------------------------------------------------

    def masked(self, mask: int, value: int) -> int:
        return self.build.emit("where", (mask, value, self.build.constant(0.0)), self.span)

    def both(self, mask: int, other: int) -> int:
        return self.build.emit("and", (mask, other), self.span)

    def summed(self, value: int, own: Shape, shape: Shape) -> int:
        return fitted(self.build, value, shape, self.span)

    def summed_mask(self, mask: int, own: Shape, shape: Shape) -> int:
        return self.build.emit("gt", (self.summed(mask, own, shape), self.build.constant(0.0)), self.span)

    def picked(self, rule: ArrayRule, operands: list[int]) -> int:
        names = dict(zip((*rule.parameters, RESULT), operands, strict=True))
        return lower_rule(self.build, rule.row.present, names, rule.names, self.span)

    def reachable(self, rule: ArrayRule, kind: str, mask: int | None) -> int | None:
        build = self.build
        if mask is None or mask < 0:
            known = super().reachable(rule, kind, None if mask is None else build.constants[-1 - mask])
            return None if known is None else build.constant(as_array(known))
        names = {SEED: mask, **dict(zip(rule.parameters, map(self.ones, rule.shapes), strict=False))}
        found = lower_rule(build, rule.reach_text(kind), names, rule.names, self.span)
        return build.emit("ne", (found, build.constant(0.0)), self.span)

    def ones(self, shape: Shape) -> int:
        return emit_array(self.build, "broadcast", (self.build.constant(1.0),), {"shape": shape}, Span(0, 0))

    # -- terms of adjoints ---------------------------------------------------------------------------------------------

    def taken(self, condition: int, when: bool, adjoint: int, span: Span) -> int:
        """The elements of an adjoint whose condition is ``when``."""
        self.span = span
        if not self.build.shape(condition):
            return adjoint
        taken = condition if when else self.build.emit("not", (condition,), span)
        return self.note(*self.of_choice(taken, adjoint, self.present.get(adjoint)))

    def to_operand(self, slot: int, target: int, span: Span) -> int:
        """A contribution in the shape of what it goes to."""
        own, shape, self.span = self.build.shape(slot), self.tape.shape(target), span
        return slot if own == shape else self.note(*self.fitted(slot, self.present.get(slot), own, shape))
