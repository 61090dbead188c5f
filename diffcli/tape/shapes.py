"""The shapes of a tape's values, found before anything is computed.

What a text leaves open until the shapes of its inputs are known is settled here: which arguments are fixed, where an axis
counted from the end is, what ``len(x)`` and ``shape(x)`` are, and that a list of numbers is a constant. What turns out to
be about numbers alone (an element of a list of numbers, the sum of one number) is no operation at all; a tape on which
nothing else is left has no shapes, and needs no NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from diffcli.errors import ExpressionError, Mark, Span, error
from diffcli.operations import OPERATIONS
from diffcli.operations.array_row import ArrayOperation, Fixed, Shape, ShapeError, broadcast_shapes, shape_text
from diffcli.operations.arrays import ARRAYS
from diffcli.tape.tape import Skip, Tape

_IDENTITIES = frozenset((
    "sum", "mean", "prod", "amax", "amin", "logsumexp", "cumsum", "transpose", "broadcast", "reshape", "sum_to",
))  # fmt: skip
"""Operations that leave a number as it is."""

_STATIC: dict[str, Callable[..., Any]] = {
    "neg": lambda a: -a, "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
    "div": lambda a, b: a // b if b and not a % b else None,
}  # fmt: skip
"""What is computed at once where all operands are whole numbers that are known, and the result is one."""


def with_shapes(tape: Tape, inputs: Sequence[Shape]) -> Tape:
    """A tape as it is for inputs of such shapes; an `ExpressionError` with the operation whose operands do not fit each other.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> shaped = lower(parse("sum(W @ x)"), shapes={"W": (2, 3), "x": (3,)})  # with_shapes, after lowering
    >>> shaped.operations, shaped.shapes
    (['matmul', 'sum'], [(2, 3), (3,), (2,), ()])
    >>> lower(parse("max(x) + [1, 2, 3][1]")).operations
    ['add']
    """
    return _Shaping(tape, inputs).run()


class _Shaping:
    def __init__(self, tape: Tape, inputs: Sequence[Shape]) -> None:
        self.old = tape
        self.new = new = Tape(tape.source, tape.inputs)
        new.take_constants(tape)
        new.shapes = list(inputs)
        self.slots = [*range(tape.first_row), *[0] * len(tape.operations)]
        """The new slot of every old one."""
        self.known: dict[int, Any] = {}
        """Whole numbers, and tuples of them, that are known here: by new slot."""
        for place, value in enumerate(tape.constants):
            if value == int(value) if abs(value) < 1e15 else False:
                self.known[-1 - place] = int(value)

    def run(self) -> Tape:
        old, new = self.old, self.new
        starts = []
        """The new slot at which each old row begins."""
        for slot in old.rows():
            starts.append(new.slots)
            self.slots[slot] = self.row(slot)
        starts.append(new.slots)
        first = old.first_row
        for skip in old.skips:
            condition = self.slot(skip.condition)
            start, stop = starts[skip.start - first], starts[skip.stop - first]
            if start < stop and not new.shape(condition):  # an array decides for each element: both parts are evaluated
                new.skips.append(Skip(start, stop, condition, skip.when))
        new.bindings = {name: self.slot(slot) for name, slot in old.bindings.items()}
        results = list(map(self.slot, old.results))
        used = {operand for row in new.operands for operand in row if operand < 0} | {*results}
        if not any(new.shapes or ()) and OPERATIONS.keys() >= set(new.operations) and not any(map(new.shape, used)):
            new.shapes, new.parameters = None, {}
        return new.finish(results, several=bool(old.outputs))

    def slot(self, old: int) -> int:
        return self.slots[old] if old >= 0 else old

    def row(self, slot: int) -> int:
        """Put a row on the new tape, or find what it is."""
        name = self.old.operation(slot)
        operands = tuple([self.slot(operand) for operand in self.old.operands_of(slot)])
        if name in OPERATIONS:
            numbers = [self.known.get(operand) for operand in operands]
            if name in _STATIC and all(isinstance(number, int) for number in numbers):
                value = _STATIC[name](*numbers)
                if value is not None:
                    return self.constant(value)
            shape = self.checked(slot, operands, lambda: broadcast_shapes([self.new.shape(operand) for operand in operands]))
            return self.emit(slot, name, operands, shape)
        return self.array_row(slot, name, operands)

    def array_row(self, slot: int, name: str, operands: tuple[int, ...]) -> int:
        if name in ("len", "shape"):
            return self.length(slot, name, operands[0])
        if name == "stack" and slot not in self.old.parameters and max(operands) < 0:
            return self.literal(slot, operands)
        row = ARRAYS[name]
        operands, fixed = self.fixed(slot, row, operands)
        if name == "index" and (element := self.element(operands[0], fixed["key"])) is not None:
            return element
        shapes = [self.new.shape(operand) for operand in operands]
        shape = self.checked(slot, operands, lambda: row.shape(shapes, fixed))
        if not any(shapes) and name in _IDENTITIES and not shape:
            return operands[0]
        if not any(shapes) and name == "norm":
            return self.emit(slot, "abs", operands, ())
        return self.emit(slot, name, operands, shape, fixed)

    def emit(self, slot: int, name: str, operands: tuple[int, ...], shape: Shape, fixed: Fixed | None = None) -> int:
        return self.new.append(name, operands, self.old.span(slot), shape, fixed)

    # -- what is known before anything is computed ----------------------------------------------------------------------

    def constant(self, value: Any) -> int:
        """The slot of a constant: a whole number, or an array."""
        slot = self.new.constant(float(value) if isinstance(value, int) else value)
        if isinstance(value, int):
            self.known[slot] = value
        return slot

    def length(self, slot: int, name: str, operand: int) -> int:
        shape = self.new.shape(operand)
        if not shape:
            self.fail(slot, (operand,), ShapeError(f"a number has no {'shape to list' if name == 'shape' else 'length'}"))
        if name == "len":
            return self.constant(shape[0])
        found = self.constant(_array([float(length) for length in shape]))
        self.known[found] = shape
        return found

    def literal(self, slot: int, operands: tuple[int, ...]) -> int:
        """A list of constants is a constant."""
        values = [self.new.constants[-1 - operand] for operand in operands]
        fixed: Fixed = {"axis": 0}
        self.checked(slot, operands, lambda: ARRAYS["stack"].shape([self.new.shape(operand) for operand in operands], fixed))
        found = self.constant(_array(values))
        if all(operand in self.known for operand in operands):
            self.known[found] = tuple(self.known[operand] for operand in operands)
        return found

    def element(self, operand: int, key: tuple[Any, ...]) -> int | None:
        """The entry of a list that an index means, where the list was just written down."""
        if len(key) != 1 or not isinstance(key[0], int):
            return None
        (place,), entries, row = key, self.known.get(operand), operand - self.new.first_row
        if isinstance(entries, tuple) and -len(entries) <= place < len(entries) and isinstance(entries[place], int):
            return self.constant(entries[place])
        if row < 0 or self.new.operations[row] != "stack":
            return None
        slots = self.new.operands[row]
        fits = -len(slots) <= place < len(slots) and not self.new.shape(slots[0])
        return slots[place] if fits and self.new.parameters.get(operand, {}).get("axis", 0) == 0 else None

    def fixed(self, slot: int, row: ArrayOperation, operands: tuple[int, ...]) -> tuple[tuple[int, ...], Fixed]:
        """The operands that are values, and what is fixed."""
        given: Fixed = dict(self.old.parameters.get(slot, {}))
        if row.name == "index" and "key" in given:
            return operands[:1], {"key": self.key(slot, given["key"], operands[1:])}
        names = given.pop("keywords", ())
        found = row.defaults | given
        if names:
            keyworded = operands[len(operands) - len(names) :]
            operands = operands[: len(operands) - len(names)]
            found |= {name: self.whole(slot, operand, name) for name, operand in zip(names, keyworded, strict=True)}
        if not row.variadic:
            rest = [name.partition("=")[0] for name in row.fixed]
            for name, operand in zip(rest, operands[len(row.operands) :], strict=False):
                found[name] = self.whole(slot, operand, name)
            operands = operands[: len(row.operands)]
        return operands, found

    def key(self, slot: int, form: tuple[Any, ...], parts: tuple[int, ...]) -> tuple[Any, ...]:
        """The key of ``a[...]`` from its form in the text and the slots of its numbers."""
        waiting = iter(parts)

        def number() -> Any:
            return self.whole(slot, next(waiting), "index")

        return tuple(
            number() if part == "i" else slice(*[number() if present else None for present in part]) for part in form
        )

    def whole(self, slot: int, operand: int, what: str) -> Any:
        """A whole number, or a tuple of them, that stands in a slot."""
        if operand in self.known:
            return self.known[operand]
        code = "bad-axis" if what == "axis" else "bad-index"
        what = {"axis": "an axis", "index": "an index", "shape": "a shape", "classes": "a number of classes"}.get(what, what)
        help = "it is fixed before anything is computed: write a number, or len(x)"
        raise ExpressionError([error(code, f"{what} is a whole number", self.old.source, self.mark(slot), help=[help])])

    # -- complaints ------------------------------------------------------------------------------------------------------

    def checked(self, slot: int, operands: tuple[int, ...], shape: Any) -> Shape:
        try:
            return shape()  # type: ignore[no-any-return]
        except ShapeError as fault:
            return self.fail(slot, operands, fault)

    def fail(self, slot: int, operands: tuple[int, ...], fault: ShapeError) -> Shape:
        label = ", ".join(dict.fromkeys(f"{self.words(operand)}: {shape_text(self.new.shape(operand))}" for operand in operands))
        mark = self.mark(slot, label if len(operands) < 5 else "")
        raise ExpressionError([error(fault.code, fault.message, self.old.source, mark, help=fault.help)])

    def mark(self, slot: int, label: str = "") -> Mark:
        return Mark(self.old.span(slot), label)

    def words(self, operand: int) -> str:
        """The user's words for an operand."""
        if operand < 0:
            return self.new.constant_names.get(operand, "a constant")
        if operand < self.new.first_row:
            return self.new.inputs[operand]
        row = operand - self.new.first_row
        span = Span(self.new.starts[row], self.new.stops[row])
        text = " ".join(self.old.source.text[span.start : span.stop].split())
        return text if len(text) <= 30 else f"{text[:14]} ... {text[-12:]}"


def _array(values: Any) -> Any:
    from diffcli.operations.arithmetic.arrays import as_array  # a program of numbers never gets here

    return as_array(values)
