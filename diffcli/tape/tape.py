"""The tape: a Wengert list, in compact columns.

A *slot* is the place of a value. The inputs come first, then one slot for each row, in evaluation order; so slot ``s``
of a tape with ``n`` inputs is v with the index ``s - n + 1``: inputs v₋ₙ₊₁ … v₀, intermediates v₁ … vₗ.

A constant is an operand with a negative slot. A list of values ends with the constants in reverse, so that Python's own
indexing finds them, and a list of tangents or adjoints that is as long holds nothing there: a constant is no dependence.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any, TypeAlias

from diffcli._named import NamedTuple
from diffcli.errors import Source, Span

Shape: TypeAlias = tuple[int, ...]
"""The lengths of an array along its axes; ``()`` for a number."""


MOST_COMPARED = 10_000
"""How many elements constants have at most where tapes are compared by them."""


class Skip(NamedTuple):
    """Rows ``start`` to ``stop`` (slots) are evaluated only if the condition's truth is ``when``."""

    start: int
    stop: int
    condition: int
    when: bool


class Tape:
    """Rows in evaluation order, each an operation, its operands' slots, and where it stands in the source.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> tape = lower(parse("ln(x) + 2*x"))
    >>> tape.operations, tape.operands, tape.constants
    (['log', 'mul', 'add'], [(0,), (-1, 0), (1, 2)], [2.0])
    """

    __slots__ = (
        "source", "inputs", "operations", "operands", "starts", "stops", "constants", "constant_names", "bindings", "skips",
        "output", "outputs", "shapes", "parameters", "derived_from", "decisions", "numbering", "kept",
    )  # fmt: skip
    columns: tuple[str, ...] = __slots__
    """What a copy has of it."""

    def __init__(self, source: Source, inputs: list[str]) -> None:
        self.source = source
        self.inputs = inputs
        self.operations: list[str] = []
        self.operands: list[tuple[int, ...]] = []
        self.starts: array[int] = array("q")
        self.stops: array[int] = array("q")
        self.constants: list[Any] = []
        """Numbers; and, on a tape with arrays, arrays."""
        self.constant_names: dict[int, str] = {}
        """Constants that have a name, by slot."""
        self.bindings: dict[str, int] = {}
        """The slot, or the constant's negative slot, of each name that the program binds."""
        self.skips: list[Skip] = []
        """In order of start; one inside another comes after it."""
        self.output = 0
        """The slot of the result; the first of them, if there are several."""
        self.outputs: list[int] = []
        """The slots of the results of a program that has several; empty for one that has one."""
        self.shapes: list[Shape] | None = None
        """The shape of every input and row; None where all of them are numbers, and nothing needs NumPy."""
        self.parameters: dict[int, dict[str, Any]] = {}
        """What is fixed in a row beside its operands, such as an axis, by slot."""
        self.decisions: Sequence[int] = ()
        """Slots of conditions that decided what stands on the tape at all: of a Python function's branches."""
        self.derived_from: int | None = None
        """The slot from which on rows are those of a derivative, computed in the arithmetic of the rules, where a quotient by
        zero is its limit and not undefined; None if there are none."""
        self.numbering: dict[str, int] | None = {}
        """The slots of constants by their names or shortest decimals; None once the tape is finished."""
        self.kept: dict[Any, Any] = {}
        """What has been worked out of it `once`."""

    # -- while it is written -------------------------------------------------------------------------------------------

    def append(
        self, operation: str, operands: tuple[int, ...], span: Span, shape: Shape = (), parameters: dict[str, Any] | None = None
    ) -> int:
        """Put a row at the end, with its shape if the tape has arrays and what is fixed in it; returns its slot."""
        assert self.numbering is not None, "a finished tape is changed in a copy"
        slot = len(self.inputs) + len(self.operations)
        self.operations.append(operation)
        self.operands.append(operands)
        self.starts.append(span.start)
        self.stops.append(span.stop)
        if self.shapes is not None:
            self.shapes.append(shape)
        if parameters is not None:
            self.parameters[slot] = parameters
        return slot

    def constant(self, value: Any, name: str = "") -> int:
        """The slot of a constant: the same for the same name, or the same number; arrays have one each."""
        assert self.numbering is not None, "a finished tape is changed in a copy"
        key = name or repr(value) if isinstance(value, float) else ""
        slot = self.numbering.get(key) if key else None
        if slot is None:
            self.constants.append(value)
            slot = -len(self.constants)
            if key:
                self.numbering[key] = slot
            if name:
                self.constant_names[slot] = name
        return slot

    def take_constants(self, other: Tape) -> None:
        """Begin with the constants of another tape, in the same slots."""
        assert self.numbering is not None and not self.constants
        self.constants += other.constants
        self.constant_names |= other.constant_names
        for slot, value in zip(range(-1, -1 - len(self.constants), -1), self.constants, strict=True):
            if isinstance(value, float):
                self.numbering.setdefault(self.constant_names.get(slot) or repr(value), slot)

    def finish(self, results: Sequence[int], several: bool = False) -> Tape:
        """Say where the results are, and whether there are ``several``; nothing is put on the tape any more."""
        places = [slot if slot >= 0 else slot + self.size for slot in results]
        self.output, self.outputs = places[0], places if several else []
        self.numbering = None
        return self

    def copy(self, **changed: Any) -> Tape:
        """The same tape with other columns in place of some."""
        twin = object.__new__(type(self))  # what the `copy` of the standard library would do, in half the time
        for name in self.columns:
            setattr(twin, name, getattr(self, name))
        twin.kept = {}
        for name, column in changed.items():
            setattr(twin, name, column)
        return twin

    def find_kept(self) -> None:
        """Have what has been worked out of a tape that was like it: functions are recorded again and again."""
        if sum(getattr(constant, "size", 1) for constant in self.constants) <= MOST_COMPARED:
            constants = [(one.shape, one.tobytes()) if hasattr(one, "tobytes") else repr(one) for one in self.constants]
            columns = map(tuple, (self.inputs, self.operations, self.operands, self.shapes or (), self.results, constants))
            self.kept = _kept_of((*columns, repr((self.parameters, self.skips, self.decisions, self.bindings))))

    # -- reading it ----------------------------------------------------------------------------------------------------

    @property
    def results(self) -> list[int]:
        """The slots of the results: of a constant its negative slot, and not its place from the front as in ``outputs``."""
        return [slot if slot < self.slots else slot - self.size for slot in self.outputs or [self.output]]

    @property
    def first_row(self) -> int:
        """The slot of the first row: the number of inputs."""
        return len(self.inputs)

    @property
    def slots(self) -> int:
        """How many slots are inputs or rows."""
        return len(self.inputs) + len(self.operations)

    @property
    def program_stop(self) -> int:
        """The slot behind the last row of the program; rows from there on are those of a derivative."""
        return self.slots if self.derived_from is None else self.derived_from

    @property
    def elements(self) -> int:
        """How many numbers the values of inputs and rows have together."""
        return self.slots if self.shapes is None else sum(map(prod, self.shapes))

    @property
    def size(self) -> int:
        """The length of a list with a place for every slot and every constant."""
        return self.slots + len(self.constants)

    def rows(self) -> range:
        return range(self.first_row, self.slots)

    def operation(self, slot: int) -> str:
        return self.operations[slot - len(self.inputs)]

    def operands_of(self, slot: int) -> tuple[int, ...]:
        """The operands of a row; none for an input."""
        return self.operands[slot - len(self.inputs)] if slot >= len(self.inputs) else ()

    def shape(self, slot: int) -> Shape:
        """The shape of a slot's value, or of a constant, whose slot may also be counted from the front."""
        shapes = self.shapes
        if shapes is None:
            return ()
        if 0 <= slot < len(shapes):
            return shapes[slot]
        return getattr(self.constants[-1 - slot if slot < 0 else self.size - 1 - slot], "shape", ())

    def span(self, slot: int) -> Span:
        row = slot - len(self.inputs)
        return Span(self.starts[row], self.stops[row])

    def index(self, slot: int) -> int:
        """The index of a slot: 0 for the last input, 1 for the first row."""
        return slot - len(self.inputs) + 1


@lru_cache(maxsize=64)
def _kept_of(_: Any) -> dict[Any, Any]:
    """What has been worked out of tapes with the same columns."""
    return {}
