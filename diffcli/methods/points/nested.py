"""Nested lists as a shape and the entries in order: every list at one depth is as long as the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

MOST_AXES = 32
"""As many axes as every NumPy has."""


class Ragged(Exception):
    """Lists of one depth that differ: ``entry`` stands at ``index``, and is not like the first one at its depth."""

    def __init__(self, message: str, index: tuple[int, ...], entry: Any) -> None:
        super().__init__(message)
        self.message, self.index, self.entry = message, index, entry


def flatten(nested: Sequence[Any], name: str) -> tuple[tuple[int, ...], list[Any]]:
    """The shape of nested lists, and their innermost entries; ``name`` stands for the whole in a complaint.

    Raises
    ------
    Ragged
        Two lists at one depth are not of one length, an entry beside a list is none, or a list is empty.

    >>> flatten([[1, 2, 3], [4, 5, 6]], "W")
    ((2, 3), [1, 2, 3, 4, 5, 6])
    >>> try:
    ...     flatten([[1, 2], [3]], "W")
    ... except Ragged as found:
    ...     print(found)
    `W[1]` has 1 entry, and `W[0]` has 2
    """
    shape: tuple[int, ...] = ()
    level: list[Any] = [nested]
    while isinstance(level[0], list | tuple):
        if len(shape) == MOST_AXES:
            raise Ragged(f"`{name}` has more than {MOST_AXES} lists in each other", (), nested)
        length = len(level[0])
        if not length:
            index = unravel(0, shape)
            raise Ragged(f"`{element(name, index)}` has no entries", index, level[0])
        for place, entry in enumerate(level):
            if not isinstance(entry, list | tuple) or len(entry) != length:
                raise _ragged(name, shape, place, level)
        shape += (length,)
        level = [inner.tolist() if hasattr(inner, "tolist") else inner for entry in level for inner in entry]
    for place, entry in enumerate(level):
        if isinstance(entry, list | tuple):
            raise _ragged(name, shape, place, level)
    return shape, level


def _ragged(name: str, shape: tuple[int, ...], place: int, level: list[Any]) -> Ragged:
    index = unravel(place, shape)
    found = f"`{element(name, index)}` {_said(level[place])}"
    first = f"`{element(name, unravel(0, shape))}` {_said(level[0])}"
    if isinstance(level[0], list | tuple) and isinstance(level[place], list | tuple):
        first = first.rpartition(" ")[0]
    return Ragged(f"{found}, and {first}", index, level[place])


def _said(entry: Any) -> str:
    if not isinstance(entry, list | tuple):
        return "is a number"
    return f"has {len(entry)} {'entry' if len(entry) == 1 else 'entries'}"


def unravel(place: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The index of the entry at a place in order.

    >>> unravel(4, (2, 3))
    (1, 1)
    """
    index: list[int] = []
    for length in reversed(shape):
        place, within = divmod(place, length)
        index.insert(0, within)
    return tuple(index)


def element(name: str, index: Sequence[int]) -> str:
    """The name of an element: ``W[1,2]``; of the whole, where there is no index."""
    return f"{name}[{','.join(map(str, index))}]" if index else name
