"""Digits that may be lost, on the tape: the running error analysis of `diffcli.methods.sweeps.rounding` as rows.

Beside each row stands a bound on its error: what rounding adds, and what the errors of its operands make of it, to first order
the partial times the error. The rows of a derivative are rows like others, so the bound of a derivative is that of its value.
It costs about as much as another gradient or two, but hardly any function of the C library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce

from diffcli.methods.sweeps.rounding import CANCELLING, CHOOSING, CLOSE, ENOUGH, SMALLEST, UNIT, WITH_ITSELF, roundings
from diffcli.operations import OPERATIONS
from diffcli.tape.building.building import Builder, parsed
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
        self.build, self.doubt, self.zero = build, doubt, build.constant(0.0)
        self.errors: dict[int, int] = {}
        """The slot of the bound on the error of each row that is not exact."""
        self.counts = {slot for slot in range(build.first_row, build.slots) if OPERATIONS[build.row(slot)[0]].flat}
        """Rows that are whole numbers, as truths and how many of them there are."""
        for slot in range(build.first_row, build.slots):
            self.slot, self.span, build.scope = slot, build.span(slot), build.scopes[slot]
            error = self.error(*build.row(slot))
            if error is not None:
                self.errors[slot] = error

    def rows(self, text: str, **names: int) -> int:
        """The slot of what a text comes to."""
        return self.build.lower(parsed(text), names, self.span)  # type: ignore[return-value]  # it has no `absent`

    def sum(self, slots: Iterable[int]) -> int:
        return reduce(lambda one, other: self.rows("a + b", a=one, b=other), slots)

    def error(self, name: str, operands: tuple[int, ...]) -> int | None:
        """The slot of the bound on the error of the row."""
        if name == "add" and self.counts.issuperset(operands):
            self.counts.add(self.slot)
            return None
        if name in WITH_ITSELF and operands[0] == operands[1]:
            return None
        errors = {place: self.errors[operand] for place, operand in enumerate(operands) if operand in self.errors}
        if errors and (name in CHOOSING or name not in (*_SUMS, "mul")):
            self.ask(name, operands, errors)
        if OPERATIONS[name].flat:
            return None
        if name == "where":
            found = [errors.get(place, self.zero) for place in (1, 2)]
            return self.build.emit("where", (operands[0], *found), self.span) if errors.keys() & {1, 2} else None
        parts = [*self.rounding(name, operands), *[self.carried(name, operands, *each) for each in errors.items()]]
        return self.sum(parts) if parts else None

    def rounding(self, name: str, operands: tuple[int, ...]) -> list[int]:
        """What the rounding of the row itself adds."""
        unit = UNIT * roundings(name)
        if not unit:
            return []
        if name == "div" and operands[1] in self.counts:  # the share of one operand of max alone is exact
            return [self.rows(f"{unit}*(n > 1)", n=operands[1])]
        size, least = "max(abs(y), 1)" if name in CANCELLING else "abs(y)", "" if name in ("add", "sub") else f" + {SMALLEST}"
        return [self.rows(f"{unit}*{size}{least}", y=self.slot)]

    def carried(self, name: str, operands: tuple[int, ...], place: int, error: int) -> int:
        """What the error of an operand makes of the row."""
        if name in _SUMS:
            return error
        if name == "mul":
            both = self.errors.get(operands[0], self.zero) if place else self.zero
            return self.rows("(abs(b) + both)*error", b=operands[1 - place], both=both, error=error)
        term = self.build.term(self.slot, place, error)
        return self.zero if term is None else self.rows("abs(t)", t=term)

    def ask(self, name: str, operands: tuple[int, ...], errors: dict[int, int]) -> None:
        """Doubt what an error may carry to another side of a break, or so far that the partial there is another."""
        row = OPERATIONS[name]
        if row.variadic:
            total = self.sum(errors.values())
            near = [self.rows("abs(y - a) <= 2*error", y=self.slot, a=operand, error=total) for operand in operands]
            self.doubt(self.rows("n > 1", n=self.sum(near)))
            return
        texts = [text.strip() for text in row.radius.split("|")] if row.radius else []
        names = dict(zip(row.parameters, operands, strict=False)) | {RESULT: self.slot}
        for place, error in errors.items():
            if name not in CHOOSING and (name != "div" or place):  # a quotient is linear in what is divided
                self.doubt(self.rows(f"error > {CLOSE}*abs(a)", error=error, a=operands[place]))
            elif name in CHOOSING and texts and texts[place]:
                self.doubt(self.rows("not (radius > error)", radius=self.rows(texts[place], **names), error=error))

    def of(self, slot: int) -> None:
        """Doubt a result whose bound leaves it too few digits."""
        if slot in self.errors:
            self.span, self.build.scope = self.build.span(slot), self.build.root
            self.doubt(self.rows(f"not (error <= {ENOUGH}*abs(y) + {NOTHING})", error=self.errors[slot], y=slot))
