"""What passes between files and kernels: blocks of rows, and what cannot be read in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic
from diffcli.records import Array

BLOCK_ROWS = 65_536
"""How many rows a block has, all but the last of a file: the same wherever they are computed, so that results do not depend on
that."""


class Block(NamedTuple):
    """Some rows of a table, one after another."""

    start: int
    """The place of the first row in the table."""
    rows: int
    columns: Mapping[str, Array]
    """Columns of numbers; NaN where there is none."""
    kept: Mapping[str, Any]
    """Columns that go through as they are."""
    bad: Sequence[tuple[int, Diagnostic]] = ()
    """The places of rows that cannot be used, in the block, and what is wrong with them."""


class Reader(Protocol):
    """A table that is open."""

    path: str
    """What it is called in errors."""
    names: Sequence[str]
    """The names of the columns; empty, if they have none, until they are given some."""
    width: int
    """How many columns there are."""
    rows: int | None
    """How many rows there are, if that is known."""

    def blocks(self, columns: Sequence[str], keep: Sequence[str]) -> Iterator[Block]:
        """All rows, with some columns as numbers, and some as they are."""

    def fraction(self) -> float | None:
        """How much has been read, from 0 to 1, if that is known."""

    def close(self) -> None:
        """Let the file go."""

    def kinds(self, names: Sequence[str]) -> dict[str, Any]:
        """The types of some columns, those of numbers as NumPy has them; none of a file of text."""


class Writer(Protocol):
    """A table that is being written."""

    def write(self, columns: Mapping[str, Any]) -> None:
        """Append rows."""

    def position(self) -> int | None:
        """Where to go on should this end now; None if it cannot end here."""

    def close(self) -> None:
        """Make it whole."""


def rechunked(parts: Iterable[tuple[int, Any]], rows: int, join: Any) -> Iterator[Any]:
    """Parts, with their lengths, as parts of one length but for the last; ``join`` puts some together."""
    waiting: list[Any] = []
    count = 0
    for length, part in parts:
        waiting.append(part)
        count += length
        while count >= rows:
            whole = join(waiting)
            yield whole[:rows]
            waiting, count = [whole[rows:]], count - rows
    if count:
        yield join(waiting)

