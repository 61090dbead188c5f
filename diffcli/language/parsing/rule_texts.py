"""The texts of the table of array operations: the language, and in it every row by its own name and with any keyword."""

from __future__ import annotations

from diffcli.errors import Source
from diffcli.language.parsing.expression import Call, Expression
from diffcli.language.parsing.parser import Parser
from diffcli.language.parsing.tokens import Keyword
from diffcli.language.syntax import Program
from diffcli.operations.arrays import ARRAYS


class _Rule(Expression):
    """Rules also call what serves rules alone, and give by keyword what a user gives as an argument."""

    __slots__ = ()

    def find_operation(self, name: str, count: int) -> str:
        return name if name in ARRAYS else super().find_operation(name, count)

    def with_keywords(self, call: Call, keywords: list[Keyword], arguments: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        self.program.keywords[len(self.program)] = tuple([keyword.name for keyword in keywords])
        return call.name, arguments


def parse_rule(text: str) -> Program:
    """The syntax tree of a rule.

    >>> program = parse_rule("sum_to(g, shape=shape_a)")
    >>> program.operations, program.keywords
    (['name', 'name', 'sum_to'], {2: ('shape',)})
    """
    return Parser(Source(text), bool, _Rule).run()
