"""Digits that may be lost, on the tape: the running error analysis of `diffcli.methods.sweeps.rounding` as rows.

Beside each row stands a bound on its error: what rounding adds, and what the errors of its operands make of it, to first order
the partial times the error. The rows of a derivative are rows like others, so the bound of a derivative is that of its value.
It costs about as much as another gradient or two, but hardly any function of the C library.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from diffcli.language import parse
from diffcli.methods.sweeps.rounding import (
    CANCELLING,
    CHOOSING,
    CLOSE,
    ENOUGH,
    SMALLEST,
    UNIT,
    WITH_ITSELF,
    roundings,
)
from diffcli.operations import OPERATIONS
from diffcli.tape.building.building import Builder
from diffcli.tape.running.rules import RESULT

NOTHING = 1e-315
"""An error that is none: every product may be off by the smallest float, also one that is 0 because a factor is."""

_SUMS = ("add", "sub", "neg", "where")
"""Operations that hand an error on as it is."""


class Doubts:
    """The rows that bound the errors of the rows of a builder, and the conditions under which digits are in doubt.

    ``doubt`` is called with the slot of each condition, in the scope in which it is computed.
    """

    def __init__(self, build: Builder, doubt: Callable[[int], None]) -> None:
        self.build, self.doubt = build, doubt
        self.errors: dict[int, int] = {}
        """The slot of the bound on the error of each row that is not exact."""
        self.counts = {slot for slot in range(build.first_row, build.slots) if OPERATIONS[build.row(slot)[0]].flat}
        """Rows that are whole numbers, as truths and how many of them there are."""
        for slot in range(build.first_row, build.slots):
            self.slot, self.span, build.scope = slot, build.span(slot), build.scopes[slot]
            error = self.error(*build.row(slot))
            if error is not None:
                self.errors[slot] = error

    def emit(self, name: str, *operands: int) -> int:
        return self.build.emit(name, operands, self.span)

    def number(self, value: float) -> int:
        return self.build.constant(value)

    def size(self, slot: int) -> int:
        return self.emit("abs", slot)

    def sum(self, slots: list[int]) -> int | None:
        return reduce(lambda one, other: self.emit("add", one, other), slots) if slots else None

    def error(self, name: str, operands: tuple[int, ...]) -> int | None:
        """The slot of the bound on the error of the row."""
        if name == "add" and self.counts.issuperset(operands):
            self.counts.add(self.slot)
        if (self.slot in self.counts and name == "add") or (name in WITH_ITSELF and operands[0] == operands[1]):
            return None
        errors = {place: self.errors[operand] for place, operand in enumerate(operands) if operand in self.errors}
        if errors and (name in CHOOSING or name not in (*_SUMS, "mul")):
            self.ask(name, operands, errors)
        if OPERATIONS[name].flat:
            return None
        if name == "where":
            found = [errors.get(place, self.number(0.0)) for place in (1, 2)]
            return self.emit("where", operands[0], *found) if errors.keys() & {1, 2} else None
        return self.sum([*self.rounding(name, operands), *[self.carried(name, operands, *each) for each in errors.items()]])

    def rounding(self, name: str, operands: tuple[int, ...]) -> list[int]:
        """What the rounding of the row itself adds."""
        unit = UNIT * roundings(name)
        if not unit:
            return []
        size = self.size(self.slot)
        if name == "div" and operands[1] in self.counts:  # the share of one operand of max alone is exact
            return [self.emit("mul", self.number(unit), self.emit("gt", operands[1], self.number(1.0)))]
        found = self.emit("mul", self.number(unit), self.emit("max", size, self.number(1.0)) if name in CANCELLING else size)
        return [found if name in ("add", "sub") else self.emit("add", found, self.number(SMALLEST))]

    def carried(self, name: str, operands: tuple[int, ...], place: int, error: int) -> int:
        """What the error of an operand makes of the row."""
        if name in _SUMS:
            return error
        if name == "mul":
            other = self.size(operands[1 - place])
            if place and operands[0] in self.errors:
                other = self.emit("add", other, self.errors[operands[0]])
            return self.emit("mul", other, error)
        term = self.build.term(self.slot, place, error)
        return self.number(0.0) if term is None else self.size(term)

    def ask(self, name: str, operands: tuple[int, ...], errors: dict[int, int]) -> None:
        """Doubt what an error may carry to another side of a break, or so far that the partial there is another."""
        row = OPERATIONS[name]
        if row.variadic:
            reach = self.emit("mul", self.number(2.0), self.sum([*errors.values()]) or 0)
            near = [self.emit("le", self.size(self.emit("sub", self.slot, operand)), reach) for operand in operands]
            self.doubt(self.emit("gt", self.sum(near) or 0, self.number(1.0)))
            return
        texts = [text.strip() for text in row.radius.split("|")] if row.radius else []
        names = dict(zip(row.parameters, operands, strict=False)) | {RESULT: self.slot}
        for place, error in errors.items():
            if name not in CHOOSING and (name != "div" or place):  # a quotient is linear in what is divided
                self.doubt(self.emit("gt", error, self.emit("mul", self.number(CLOSE), self.size(operands[place]))))
            elif name in CHOOSING and texts and texts[place]:
                radius = self.build.lower(parse(texts[place]), names, self.span)
                self.doubt(self.emit("not", self.emit("gt", radius or 0, error)))

    def of(self, slot: int) -> None:
        """Doubt a result whose bound leaves it too few digits."""
        if slot in self.errors:
            self.span, self.build.scope = self.build.span(slot), self.build.root
            enough = self.emit("add", self.emit("mul", self.number(ENOUGH), self.size(slot)), self.number(NOTHING))
            self.doubt(self.emit("not", self.emit("le", self.errors[slot], enough)))
