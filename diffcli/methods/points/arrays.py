"""Arrays as values: nested lists, ``[[1, 2], [3, pi/4]]`` in the text of a point, and what offers itself as an array.

Every nested list is read in one way: as a shape and the entries in order, where the lists at one depth are of one length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from diffcli.errors import Diagnostic, DiffcliError, ExpressionError, Mark, Source, error
from diffcli.language import Program
from diffcli.language.syntax import NAME
from diffcli.operations.arithmetic.array_files import UnusableArray, as_floats, is_foreign, to_array
from diffcli.records import Number, element_names, is_array

MOST_AXES = 32
"""As many axes as every NumPy has."""


class Ragged(Exception):
    """Lists of one depth that differ: an ``entry`` is not like the first one at its depth."""

    def __init__(self, message: str, entry: Any) -> None:
        super().__init__(message)
        self.message, self.entry = message, entry


def flatten(nested: Sequence[Any], name: str) -> tuple[tuple[int, ...], list[Any]]:
    """The shape of nested lists, and their innermost entries; ``name`` stands for the whole if they are `Ragged`.

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
            raise Ragged(f"`{name}` has more than {MOST_AXES} lists in each other", nested)
        length = len(level[0])
        if not length:
            raise Ragged(f"`{element_names(name, shape)[0]}` has no entries", level[0])
        for place, entry in enumerate(level):
            if not isinstance(entry, list | tuple) or len(entry) != length:
                raise _ragged(name, shape, place, level)
        shape += (length,)
        level = [_as_lists(inner) if is_array(inner) else inner for entry in level for inner in entry]
    for place, entry in enumerate(level):
        if isinstance(entry, list | tuple):
            raise _ragged(name, shape, place, level)
    return shape, level


def _as_lists(array: Any) -> Any:
    return (array if is_foreign(array) and hasattr(array, "tolist") else as_floats(array)).tolist()


def _ragged(name: str, shape: tuple[int, ...], place: int, level: list[Any]) -> Ragged:
    names = element_names(name, shape)
    found, first = (f"`{names[k]}` {_said(level[k])}" for k in (place, 0))
    if isinstance(level[0], list | tuple) and isinstance(level[place], list | tuple):
        first = first.rpartition(" ")[0]
    return Ragged(f"{found}, and {first}", level[place])


def _said(entry: Any) -> str:
    if not isinstance(entry, list | tuple):
        return "is a number"
    return f"has {len(entry)} {'entry' if len(entry) == 1 else 'entries'}"


def element(name: str, index: Sequence[int]) -> str:
    """The name of an element: ``W[1,2]``; of the whole, where there is no index."""
    return f"{name}[{','.join(map(str, index))}]" if index else name


def nested_array(name: str, nested: Sequence[Any], convert: Callable[[str, Any], float]) -> Any:
    """Nested lists as an array of float64, if not `Ragged`; ``convert`` makes a float of an entry, given its element's name."""
    shape, entries = flatten(nested, name)
    if any(type(entry) is not float for entry in entries):
        names = zip(element_names(name, shape), entries, strict=True)
        entries = [entry if type(entry) is float else convert(own, entry) for own, entry in names]
    return to_array(entries, shape)


def as_array(name: str, value: Any, convert: Callable[[str, Any], float], copy: bool = True) -> Number:
    """Nested lists, or what offers itself as an array, as an array of float64; ``convert`` makes a float of an entry.

    Without ``copy`` an array that is one already is that one. What cannot be read as an array is an `ExpressionError`.
    """
    try:
        return nested_array(name, value, convert) if isinstance(value, list | tuple) else as_floats(value, copy)
    except Ragged as found:
        raise ExpressionError([_ragged_error(found.message)]) from None
    except UnusableArray as found:
        reason = found.reason.replace(", which are never unpickled", ", not numbers")
        raise ExpressionError([error("bad-value", f"the value of `{name}` {reason}")]) from None
    except DiffcliError:
        raise  # a traced array says itself what is wrong
    except Exception as failure:  # whatever a foreign array raises
        raise ExpressionError([error("bad-value", f"the value of `{name}` cannot be read as an array: {failure}")]) from None


# -- arrays that are written out in a text -------------------------------------------------------------------------------


def require_even(program: Program, source: Source) -> None:
    """Raise an error where the lists that are written out for a name do not fit each other."""
    for statement in program.statements:
        lists: dict[int, list[Any]] = {}
        for node in range(statement.first, statement.root + 1):
            if program.operations[node] == "stack":
                lists[node] = [lists.get(child, child) for child in program.children(node)]
        leaves = {program.operations[child] for entries in lists.values() for child in entries if isinstance(child, int)}
        if statement.root not in lists or NAME in leaves or "index" in leaves:
            continue  # a name may be an array: the tape looks at shapes too
        try:
            flatten(lists[statement.root], statement.name)
        except Ragged as found:
            node = next((node for node, entries in lists.items() if entries is found.entry), found.entry)
            raise ExpressionError([_ragged_error(found.message, source, program.mark(node))]) from None


def _ragged_error(message: str, source: Source | None = None, *marks: Mark) -> Diagnostic:
    help = ["the lists at one depth are of one length: [[1, 2], [3, 4]]"]
    return error("ragged-array", message, source, *marks, help=help)
