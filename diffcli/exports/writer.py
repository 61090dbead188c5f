"""A tape, written in another language: its rows in order, a choice as a choice.

A row that is used once is part of the expression that uses it; rows that only one side of a choice needs stand in a block of
that side. A comparison of a program is undefined where an operand is, so a choice asks it both ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from diffcli.exports.helpers import Helpers
from diffcli.exports.spelling import Language, Lines, bare
from diffcli.kernels.backends import Layout
from diffcli.kernels.python import Writer
from diffcli.operations import is_settled
from diffcli.tape import Tape
from diffcli.tape.building.scopes import Scope

NEGATED = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt", "ne": "eq", "eq": "ne"}
"""The comparison that holds where another one does not, and nothing is undefined."""

OPERANDS = ("\0a", "\0b", "\0c")
"""What stands for operands in a text that has braces of its own."""


class SourceWriter(Writer):
    """The lines of a tape in a language, and in ``results`` the text of each result."""

    def __init__(self, tape: Tape, language: Language, arguments: Sequence[str], helpers: Helpers) -> None:
        self.language, self.given, self.helpers = language, arguments, helpers
        self.relations: dict[int, tuple[str, str]] = {}
        """The texts of comparisons: whether one holds, and whether it does not."""
        self.results: list[str] = []
        self.long, self.closed = language.long, language.closed
        self.written = Lines(language.closed)
        super().__init__(tape, tuple(range(len(tape.results))))
        self.written.lines = self.lines
        self.lines, self.names = self.written.pruned(self.results)

    def row(self, slot: int) -> None:
        name = self.tape.operation(slot)
        if name not in self.language.signs or self.is_known(slot):
            super().row(slot)
            if self.language.eager and self.scopes[slot] is not self.root and "(" in self.texts[slot]:
                self.name(slot, self.scopes[slot])
            return
        for operand in self.tape.operands_of(slot):
            if operand >= self.tape.first_row and "(" in self.texts[operand]:
                self.name(operand, self.scopes[slot])
        language, strict = self.language, slot < self.tape.program_stop
        a, b = [self.texts[operand] for operand in self.tape.operands_of(slot)]

        def relation(kind: str) -> str:
            if strict and kind == "ne":
                return language.either(language.relation("lt", a, b), language.relation("gt", a, b))
            return language.relation(kind, a, b)

        holds = relation(name)
        fails = relation(NEGATED[name]) if strict else language.opposite.format(holds)
        self.relations[slot] = holds, fails
        one, zero = map(language.literal, (1.0, 0.0))
        self.texts[slot] = language.choose(holds, one, language.choose(fails, zero, language.nan) if strict else zero)

    def template(self, slot: int, numbers: Sequence[float | None]) -> str:
        strict, name = slot < self.tape.program_stop, self.tape.operation(slot)
        if name != "where":
            return self.helpers.template(name, numbers, strict)
        text = self.choice(self.tape.operands_of(slot)[0], strict, *OPERANDS).replace("{", "{{").replace("}", "}}")
        for place, operand in enumerate(OPERANDS):
            text = text.replace(operand, f"{{{place}}}")
        return text

    def choice(self, condition: int, strict: bool, asked: str, a: str, b: str) -> str:
        language, nan = self.language, self.language.nan
        if condition not in self.relations:
            text = language.choose(language.relation("ne", asked, language.literal(0.0)), a, b)
            return language.choose(language.relation("ne", asked, asked), nan, text) if strict else text
        holds, fails = self.relations[condition]
        if condition >= self.tape.program_stop:
            return language.choose(holds, a, b)
        return language.choose(holds, a, language.choose(fails, b, nan)) if strict else language.choose(fails, b, a)

    def is_known(self, slot: int) -> bool:
        """What rounds in a way of its own is computed as what it meets is: cos(1) - cos(x) is 0 at 1."""
        number = self.numbers[slot]
        if number is None or slot >= self.tape.program_stop:
            return number is not None
        return is_settled(self.tape.operation(slot)) or number - number != 0

    # -- how the language spells it --------------------------------------------------------------------------------------

    def literal(self, value: float) -> str:
        return self.language.literal(value)

    def arguments(self) -> Iterable[str]:
        return self.given

    def assigned(self, name: str, text: str) -> str:
        self.written.owners[len(self.lines)] = name
        return self.language.assigned(name, bare(text), self.block.depth > 0)

    def opened(self, guard: str) -> str:
        self.written.blocks.add(len(self.lines))
        return self.language.opened.format(guard)

    def decided(self, name: str, around: str, guard: str) -> str:
        return self.assigned(name, f"{around} {self.language.junction} {guard}")

    def truth(self, branch: Scope) -> str:
        language = self.language
        if branch.condition not in self.relations:
            return language.relation("ne" if branch.when else "eq", self.texts[branch.condition], language.literal(0.0))
        holds, fails = self.relations[branch.condition]
        if not branch.when:
            return fails
        return holds if branch.condition >= self.tape.program_stop else language.opposite.format(fails)

    def end(self, layout: Layout) -> None:
        self.results = [bare(self.texts[slot]) for slot in self.tape.results]
