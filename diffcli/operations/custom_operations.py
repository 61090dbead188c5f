"""Operations of the user's own, which stand in no table.

Everything finds the row of an operation by its name. The name of an own operation is a text that carries its row, and is
equal to itself alone: so two operations may have the same name, none hides a row of the table, nothing is registered
anywhere, and what is compiled of the row's rules is kept for this operation and no other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcli.operations.row import Operation


class OwnName(str):
    """The name of an operation, with its row and how it is computed.

    >>> one, two = OwnName("swish"), OwnName("swish")
    >>> one == two, one == "swish", str(one), len({one, two, "swish"})
    (False, False, 'swish', 3)
    """

    __slots__ = ("row", "function")

    row: Operation
    function: Callable[..., float]

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    __hash__ = object.__hash__


class Table(dict[str, Operation]):
    """Rows by their names; the name of an own operation finds the row that it carries."""

    def __missing__(self, name: str) -> Operation:
        if isinstance(name, OwnName):
            return name.row
        raise KeyError(name)

    def get(self, name: str, default: Any = None) -> Any:
        return name.row if isinstance(name, OwnName) else super().get(name, default)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, OwnName) or super().__contains__(name)
