"""Rows that are evaluated as they are built: what a derivative is made of at one point, in which nothing is left to choose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from diffcli.errors import Span
from diffcli.operations import OPERATIONS
from diffcli.tape import Tape
from diffcli.tape.building.building import Builder
from diffcli.tape.building.scopes import Scope
from diffcli.tape.running.evaluation import Values
from diffcli.tape.running.rules import FLOAT, Arithmetic


class PointRows(Builder):
    """A builder that knows the value of every row at a point, by which it decides choices.

    Parameters
    ----------
    tape, values
        A tape, and its values at the point.
    variable
        The input that moves.
    most_rows
        The most rows to build.
    beside
        The values at a point beside it on one side, by which choices go instead, and flat operations such as sign: so what is
        built is right on that side of a kink.
    arithmetic
        What the values are.
    """

    def __init__(
        self,
        tape: Tape,
        values: Values,
        variable: int,
        most_rows: int,
        beside: Values | None = None,
        arithmetic: Arithmetic = FLOAT,
    ) -> None:
        super().__init__(tape, most_rows)
        self.arithmetic = arithmetic
        self.values: list[Any] = list(values[: tape.slots])
        self.beside = self.values if beside is None else list(beside[: tape.slots])
        if beside is not None:
            _carry_over(tape, values, beside, self.values)
        self.on_boundary = False
        """Whether a comparison in a rule is at its boundary, so that derivatives of some order may differ on the two sides."""
        aside = Scope(self.root)  # of what is not evaluated
        self.scopes = [self.root if value is not None else aside for value in self.beside]
        self.moving = [slot == variable for slot in range(tape.first_row)]
        """One flag a slot: whether its value changes with the variable."""
        for slot in tape.rows():
            self.moving.append(self._carries(tape.operation(slot), tape.operands_of(slot)))

    def moves(self, slot: int) -> bool:
        """Whether a value changes with the variable; a constant does not."""
        return slot >= 0 and self.moving[slot]

    def _carries(self, operation: str, operands: Sequence[int]) -> bool:
        """Whether a row moves with its operands."""
        return not _is_flat(operation) and any(map(self.moves, operands))

    def value(self, slot: int) -> Any:
        return self.values[slot] if slot >= 0 else self.constants[-1 - slot]

    def deciding_value(self, slot: int) -> Any:
        """The value by which a choice goes."""
        return self.beside[slot] if slot >= 0 else self.constants[-1 - slot]

    def emit(self, operation: str, operands: tuple[int, ...], span: Span, *more: Any, **named: Any) -> int:
        slot = super().emit(operation, operands, span, *more, **named)
        if slot >= len(self.moving):
            name, row = self.row(slot)
            function = self.arithmetic.value(name)
            self.moving.append(self._carries(name, row))
            if self.beside is not self.values:
                self.beside.append(function(*map(self.deciding_value, row)))
                held = self.beside[slot]
                self.values.append(held if _is_flat(name) else _signed(function(*map(self.value, row)), held))
            else:
                self.values.append(function(*map(self.value, row)))
            if name in _COMPARISONS and self.value(row[0]) == self.value(row[1]):
                self.on_boundary |= any(map(self.moves, row))
        return slot

    def ties(self, slot: int) -> int:
        operands = self.row(slot)[1]
        return self.constant(float(sum(self.deciding_value(operand) == self.deciding_value(slot) for operand in operands)))

    def part(self, condition: int, when: bool) -> Scope | None:
        return self.scope if bool(self.deciding_value(condition)) == when else None


_COMPARISONS = frozenset(("lt", "le", "gt", "ge", "eq", "ne"))


def _signed(value: Any, beside: Any) -> Any:
    """A zero with the sign that the value has beside it, by which atan2 and copysign go."""
    return math.copysign(0.0, beside) if value == 0 else value


def _is_flat(operation: str) -> bool:
    return OPERATIONS[operation].flat or operation == "stop_gradient"


def _carry_over(tape: Tape, values: Values, beside: Values, found: list[Any]) -> None:
    """The values at the point of the rows that are evaluated beside it, with the flat ones as they are there."""
    functions = FLOAT.row_functions(tape)
    found[: tape.first_row] = map(_signed, found[: tape.first_row], beside)
    for slot in tape.rows():
        operation, row = tape.operation(slot), tape.operands_of(slot)
        if beside[slot] is None or _is_flat(operation):
            found[slot] = beside[slot] if operation != "stop_gradient" or values[slot] is None else values[slot]
            continue
        operands = [found[operand] if operand >= 0 else tape.constants[-1 - operand] for operand in row]
        if operation == "where":
            taken = beside[row[0]] if row[0] >= 0 else operands[0]
            found[slot] = operands[1] if taken else operands[2]
        else:
            found[slot] = _signed(functions[slot - tape.first_row](*operands), beside[slot])
