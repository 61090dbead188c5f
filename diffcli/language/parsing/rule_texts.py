"""The texts of the table of array operations: the language, and in it every row by its own name and with any keyword."""

from __future__ import annotations

from collections.abc import Collection

from diffcli.errors import Source
from diffcli.language.parsing.names import Functions
from diffcli.language.parsing.parser import Parser
from diffcli.language.syntax import CALL, Program
from diffcli.operations.arrays import ARRAYS


class _Rows(Functions):
    """Rules also call what serves rules alone, and give by keyword what a user gives as an argument."""

    def find(self, name: str, count: int) -> str:
        return name if name in ARRAYS else super().find(name, count)

    def fitting(self, row: str, count: int) -> str:
        return row if row in ARRAYS else CALL

    def reduction(self, name: str, keywords: Collection[str]) -> tuple[str, Collection[str]]:
        return name, keywords


def parse_rule(text: str) -> Program:
    """The syntax tree of a rule.

    >>> program = parse_rule("sum_to(g, shape=shape_a)")
    >>> program.operations, program.keywords
    (['name', 'name', 'sum_to'], {2: ('shape',)})
    """
    return Parser(Source(text), bool, _Rows()).run()
