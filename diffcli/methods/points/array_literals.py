"""Arrays that are written out: ``[[1, 2], [3, pi/4]]`` in a point, and nested lists in a mapping."""

from __future__ import annotations

from typing import Any

from diffcli.errors import DiffcliError, ExpressionError, Mark, Source, error
from diffcli.language import Program
from diffcli.language.syntax import NAME, Statement
from diffcli.methods.points.nested import Ragged, element, flatten, unravel
from diffcli.operations.arithmetic.array_files import UnusableArray, as_floats, to_array
from diffcli.records import Number, is_array
from diffcli.tape import evaluate, lower


class _Entries(list[Any]):
    """The entries of a list, and its node."""

    def __init__(self, node: int, entries: list[Any]) -> None:
        super().__init__(entries)
        self.node = node


def evaluate_arrays(program: Program, source: Source, known: dict[str, Number]) -> dict[str, Number]:
    """The values of the statements of a point, some of which are arrays.

    Raises
    ------
    ExpressionError
        Lists at one depth are not of one length, or shapes do not fit otherwise.
    """
    for statement in program.statements:
        _require_even(program, statement, source)
    shapes = {name: getattr(known[name], "shape", ()) for name in program.free if name in known}
    try:
        tape = lower(program, given=known, shapes=shapes)
    except ExpressionError as fault:
        raise ExpressionError([found._replace(source=source) for found in fault.diagnostics]) from None
    values = evaluate(tape, [known[name] for name in tape.inputs])
    return {name: _as_number(values[slot]) for name, slot in tape.bindings.items()}


def _as_number(value: Any) -> Number:
    return value if is_array(value) else float(value)


def _require_even(program: Program, statement: Statement, source: Source) -> None:
    """Raise an error where the lists that are written out for a name do not fit each other."""
    if program.operations[statement.root] != "stack":
        return
    lists: dict[int, _Entries] = {}
    for node in range(statement.first, statement.root + 1):
        if program.operations[node] == "stack":
            lists[node] = _Entries(node, [lists.get(child, child) for child in program.children(node)])
    leaves = {program.operations[child] for entries in lists.values() for child in entries if isinstance(child, int)}
    if NAME in leaves or "index" in leaves:
        return  # a name may be an array: the tape looks at shapes too
    try:
        flatten(lists[statement.root], statement.name)
    except Ragged as found:
        node = found.entry.node if isinstance(found.entry, _Entries) else found.entry
        raise ExpressionError([ragged(found.message, source, program.mark(node))]) from None


def ragged(message: str, source: Source | None = None, *marks: Mark) -> Any:
    help = ["the lists at one depth are of one length: [[1, 2], [3, 4]]"]
    return error("ragged-array", message, source, *marks, help=help)


def as_array(name: str, value: Any, copy: bool = True) -> Number:
    """Nested lists of numbers and constant expressions, or what offers itself as an array, as an array of float64.

    Without ``copy`` an array that is one already is that one.

    Raises
    ------
    ExpressionError
        Its lists are of several lengths, or its elements are no numbers.
    """
    if isinstance(value, list | tuple):
        from diffcli.methods.points.points import to_float

        try:
            shape, entries = flatten(value, name)
        except Ragged as found:
            raise ExpressionError([ragged(found.message)]) from None
        for place, entry in enumerate(entries):
            if type(entry) is not float:
                entries[place] = to_float(element(name, unravel(place, shape)), entry)
        return to_array(entries, shape)
    try:
        return as_floats(value, copy)
    except UnusableArray as found:
        reason = found.reason.replace(", which are never unpickled", ", not numbers")
        raise ExpressionError([error("bad-value", f"the value of `{name}` {reason}")]) from None
    except DiffcliError:
        raise  # a traced array says itself what is wrong
    except Exception as failure:  # whatever a foreign array raises
        raise ExpressionError([error("bad-value", f"the value of `{name}` cannot be read as an array: {failure}")]) from None
