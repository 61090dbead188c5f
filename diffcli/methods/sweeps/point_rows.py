"""Rows that are evaluated as they are built: what a derivative is made of at one point, in which nothing is left to choose."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from diffcli.errors import Span
from diffcli.operations import OPERATIONS
from diffcli.tape import Tape
from diffcli.tape.building.building import Builder
from diffcli.tape.building.scopes import Scope
from diffcli.tape.running.evaluation import Values
from diffcli.tape.running.rules import FLOAT, Function


class PointRows(Builder):
    """A builder that knows the value of every row at a point, by which it decides choices; some inputs are ``moving``.

    The ``function`` of an operation's name computes it.
    """

    about_zero = 2.0
    """How close to 0 an operand is where a series about 0 is taken in place of a quotient of two that vanish there."""

    def __init__(
        self,
        tape: Tape,
        values: Values,
        moving: Collection[int],
        most_rows: int,
        function: Callable[[str], Function] = FLOAT.value,
    ) -> None:
        super().__init__(tape, most_rows)
        self.function = function
        self.values: list[Any] = list(values[: tape.slots])
        self.on_boundary = False
        """Whether a comparison in a rule is at its boundary, so that derivatives of some order may differ on the two sides."""
        aside = Scope(self.root)  # of what is not evaluated
        self.scopes = [self.root if value is not None else aside for value in self.values]
        self.moving = [slot in moving for slot in range(tape.first_row)]
        """One flag a slot: whether its value changes with them."""
        for slot in tape.rows():
            self.moving.append(self._carries(tape.operation(slot), tape.operands_of(slot)))

    def moves(self, slot: int) -> bool:
        """Whether a value changes with what moves; a constant does not."""
        return slot >= 0 and self.moving[slot]

    def _carries(self, operation: str, operands: Sequence[int]) -> bool:
        """Whether a row moves with its operands."""
        return not OPERATIONS[operation].flat and operation != "stop_gradient" and any(map(self.moves, operands))

    def value(self, slot: int) -> Any:
        return self.values[slot] if slot >= 0 else self.constants[-1 - slot]

    def emit(self, operation: str, operands: tuple[int, ...], span: Span, *more: Any, **named: Any) -> int:
        slot = super().emit(operation, operands, span, *more, **named)
        if slot >= len(self.moving):
            name, row = self.row(slot)
            self.moving.append(self._carries(name, row))
            self.values.append(self.function(name)(*map(self.value, row)))
            if name in COMPARISONS and self.value(row[0]) == self.value(row[1]):
                self.on_boundary |= any(map(self.moves, row))
        return slot

    def ties(self, slot: int) -> int:
        operands = self.row(slot)[1]
        return self.constant(float(sum(self.value(operand) == self.value(slot) for operand in operands)))

    def part(self, condition: int, when: bool) -> Scope | None:
        return self.scope if bool(self.value(condition)) == when else None


COMPARISONS = frozenset(("lt", "le", "gt", "ge", "eq", "ne"))

