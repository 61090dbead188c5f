"""The table of operations and the ways to find a row in it."""

from __future__ import annotations

from diffcli.operations.elementwise import ROWS
from diffcli.operations.row import Operation

__all__ = ["CONSTANTS", "FUNCTION_NAMES", "OPERATIONS", "Operation", "find_function"]

OPERATIONS: dict[str, Operation] = {row.name: row for row in ROWS}
"""Every operation by its name."""

CONSTANTS: dict[str, float] = {"pi": 3.141592653589793, "e": 2.718281828459045, "tau": 6.283185307179586}
"""The named constants of the language."""

_SPELLINGS: dict[str, list[Operation]] = {}
for _row in ROWS:
    if not _row.symbol or _row.name == "pow":
        for _name in (_row.spelling, *_row.aliases):
            _SPELLINGS.setdefault(_name, []).append(_row)

FUNCTION_NAMES: tuple[str, ...] = tuple(_SPELLINGS)
"""Every name, aliases included, that may stand before a parenthesis."""


def find_function(name: str) -> list[Operation]:
    """The rows that ``name(...)`` may mean, one for each arity; empty if there is no such function."""
    return _SPELLINGS.get(name, [])
