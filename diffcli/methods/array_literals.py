"""Arrays that are written out: ``[[1, 2], [3, pi/4]]`` in a point, and nested lists in a mapping."""

from __future__ import annotations

from functools import partial
from typing import Any

from diffcli.errors import ExpressionError, Mark, Source, error
from diffcli.language import Program
from diffcli.methods.nested import Ragged, element, flatten, unravel
from diffcli.operations.arithmetic.array_files import UnusableArray, as_floats, to_array
from diffcli.records import Number
from diffcli.tape import Tape, lower
from diffcli.tape.evaluation import float_functions, run


class Entries(list[Any]):
    """The entries of a list, and its row on the tape."""

    def __init__(self, slot: int, entries: tuple[Any, ...]) -> None:
        super().__init__(entries)
        self.slot = slot


def evaluate_arrays(program: Program, source: Source, known: dict[str, Number]) -> dict[str, Number]:
    """The values of the statements of a point, some of which are lists.

    Raises
    ------
    ExpressionError
        Lists at one depth are not of one length.
    """
    tape = lower(program, given=known)
    functions = _functions(tape)
    values = run(tape, [known[name] for name in tape.inputs], functions)
    return {name: _bound(name, values[slot], tape, source) for name, slot in tape.bindings.items()}


def _functions(tape: Tape) -> list[Any]:
    """The functions of the rows; that of a list makes a list, so that its shape is looked at where it is whole."""
    numbers = [("neg" if operation == "stack" else operation) for operation in tape.operations]
    bare = Tape(tape.source, [])
    bare.operations = numbers
    return [
        partial(_list_of, slot) if tape.operation(slot) == "stack" else function
        for slot, function in zip(tape.rows(), float_functions(bare), strict=True)
    ]  # fmt: skip


def _list_of(slot: int, *entries: Any) -> Entries:
    return Entries(slot, entries)


def _bound(name: str, value: Any, tape: Tape, source: Source) -> Number:
    if not isinstance(value, list):
        return float(value)
    try:
        shape, numbers = flatten(value, name)
    except Ragged as found:
        entry = found.entry
        for place in () if isinstance(entry, Entries) else found.index[:-1]:
            value = value[place]  # a number has no place: the list that it stands in has
        mark = Mark(tape.span(entry.slot if isinstance(entry, Entries) else value.slot))
        raise ExpressionError([ragged(found.message, source, mark)]) from None
    return to_array(numbers, shape)


def ragged(message: str, source: Source | None = None, *marks: Mark) -> Any:
    help = ["the lists at one depth are of one length: [[1, 2], [3, 4]]"]
    return error("ragged-array", message, source, *marks, help=help)


def as_array(name: str, value: Any) -> Number:
    """Nested lists of numbers and constant expressions, or what offers itself as an array, as an array of float64.

    Raises
    ------
    ExpressionError
        Its lists are of several lengths, or its elements are no numbers.
    """
    if isinstance(value, list | tuple):
        from diffcli.methods.points import to_float

        try:
            shape, entries = flatten(value, name)
        except Ragged as found:
            raise ExpressionError([ragged(found.message)]) from None
        for place, entry in enumerate(entries):
            if type(entry) is not float:
                entries[place] = to_float(element(name, unravel(place, shape)), entry)
        return to_array(entries, shape)
    try:
        return as_floats(value)
    except UnusableArray as found:
        reason = found.reason.replace(", which are never unpickled", ", not numbers")
        raise ExpressionError([error("bad-value", f"the value of `{name}` {reason}")]) from None
    except Exception as failure:  # whatever a foreign array raises
        raise ExpressionError([error("bad-value", f"the value of `{name}` cannot be read as an array: {failure}")]) from None
