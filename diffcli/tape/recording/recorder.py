"""The tape while a function is recorded onto it, and as it stands then: columns that grow, and the branches that were taken."""

from __future__ import annotations

import operator
from array import array
from collections.abc import Callable, Sequence
from sys import _getframe
from types import CodeType, FrameType, ModuleType
from typing import Any

from diffcli.errors import DiffcliError, ExpressionError, LimitError, Span, error
from diffcli.records import finite_float
from diffcli.tape.recording.call_sites import NOWHERE, Call, CallSites
from diffcli.tape.tape import Tape

_MOST_KNOWN = 4096
"""How many constants are looked for before another is kept: a loop over data has a new one in every turn."""

_MOST_ARRAYS = 256
"""The same for arrays, which are kept alive for it."""

_RAISING: dict[str, Callable[..., Any]] = {
    "div": operator.truediv, "mod": operator.mod, "floor_divide": operator.floordiv, "pow": operator.pow,
}  # fmt: skip
"""Python's operators that raise where a row is undefined, or too large."""

Judge = Callable[["Recorder", int], float]
"""What decides a condition, the value in a slot, where Python branches on it."""


def _looked_up(bound: str) -> Any:
    """Where each row begins or ends in the source, as for a program; each place is looked up once, and nothing is kept."""

    def column(tape: RecordedTape) -> array[int]:
        return array("q", [getattr(span, bound) for span in map(tape.sites.span, tape.places)])

    return property(column, lambda tape, column: None)


class RecordedTape(Tape):
    """A `Tape` whose rows know the instruction that they come from; its text is looked up when it is asked for."""

    __slots__ = ("places", "sites")
    columns = (*[name for name in Tape.__slots__ if name not in ("starts", "stops")], *__slots__)  # where rows stand is looked up

    def __init__(self, sites: CallSites, inputs: list[str], places: array[int], decisions: Sequence[int]) -> None:
        super().__init__(sites.source, inputs)
        self.sites = sites
        self.places = places
        self.decisions = decisions

    def span(self, slot: int) -> Span:
        return self.sites.span(self.places[slot - len(self.inputs)])

    starts, stops = map(_looked_up, ("start", "stop"))


class Recorder:
    """What the traced numbers of one recording write to.

    Rows are appended by `diffcli.tape.recording.traced`, in whose hot path the columns stand open.
    """

    __slots__ = (
        "operations", "operands", "values", "places", "constants", "known", "sites", "code", "base", "most",
        "decisions", "branches", "names", "judge", "shapes", "parameters", "known_arrays", "arrays", "refusals", "longest",
        "raised", "texts",
    )  # fmt: skip

    def __init__(
        self, sites: CallSites, names: list[str], longest: int, arrays: Callable[[], ModuleType],
        judge: Judge | None = None, raising: bool = False,
    ) -> None:  # fmt: skip
        self.operations: list[str] = []
        self.operands: list[tuple[int, ...]] = []
        self.values: list[Any] = []
        """One for each slot, so its length is the next slot."""
        self.places: array[int] = array("q")
        self.constants: list[Any] = []
        self.known: dict[Any, int] = {}
        """The slots of constants, by their values."""
        self.arrays = arrays
        """How arrays are recorded: the module `numpy_calls`, which is loaded when it is first asked for."""
        self.known_arrays: dict[int, tuple[int, Any]] = {}
        """The slots of arrays that are constants, by their identity, with the arrays."""
        self.names = names
        """The inputs: the first slots are theirs."""
        self.sites = sites
        self.code: CodeType | None = None
        """The code object of the user's file that was at work last, and the place where it begins."""
        self.base = 0
        self.longest = longest
        self.most = 0 if raising else longest
        """From which slot on `stop` looks at each row."""
        self.shapes: dict[int, tuple[int, ...]] = {}
        """The shapes of arrays, by slot; empty as long as there are numbers only."""
        self.parameters: dict[int, dict[str, Any]] = {}
        """What is fixed in rows of array operations, by slot."""
        self.judge = judge
        """What decides conditions in place of their values."""
        self.decisions: array[int] = array("q")
        """The slots of the conditions that Python has branched on."""
        self.branches: dict[int, list[int]] = {}
        """How often they held, did not, and were undefined, by their place."""
        self.refusals: dict[Call | None, DiffcliError] = {}
        """What could not be recorded, by where it was; the user's own handlers may have swallowed it."""
        self.raised: dict[int, str] = {}
        """What rows have raised, by their place."""
        self.texts: set[int] = set()
        """The places where something traced was written into a text."""

    def array_constant(self, given: Any, value: Any) -> int:
        """The slot of an array that is not traced; the same one again, as long as nobody has written into it."""
        from diffcli.operations.arithmetic.index_arrays import equal

        kept = self.known_arrays.get(id(given))
        if kept is not None and equal(self.constants[-1 - kept[0]], value):
            return kept[0]
        if len(self.known_arrays) >= _MOST_ARRAYS:
            self.known_arrays.clear()
        self.constants.append(value.copy())
        slot = -len(self.constants)
        self.known_arrays[id(given)] = slot, given  # which lives as long as its identity is asked for
        return slot

    def find(self, frame: FrameType | None) -> int:
        """The place of the innermost code of the user's file that is at work in a frame; that of the frame itself is kept."""
        sites, inner = self.sites, frame
        while inner is not None and (code := inner.f_code) is not sites.boundary:
            if code.co_filename == sites.file:
                base = sites.base(code)
                if inner is frame:
                    self.code, self.base = code, base
                return base + inner.f_lasti
            inner = inner.f_back
        return NOWHERE

    def constant(self, value: Any) -> int:
        """The slot of a constant."""
        try:
            number = float(value) if isinstance(value, float) else finite_float(value)
        except OverflowError as beyond:
            help = ["write it as a float, or scale it"]
            raise self.refusal(ExpressionError([error("bad-value", f"a constant is {beyond}", help=help)])) from None
        except ValueError:
            number = float(value)  # NaN, or infinite
        key: object = number or repr(number)  # 0 and -0 are equal, and not the same
        slot = self.known.get(key)
        if slot is None:
            self.constants.append(number)
            slot = -len(self.constants)
            if len(self.known) < _MOST_KNOWN:
                self.known[key] = slot
        return slot

    def decide(self, slot: int, value: float, frame: FrameType | None) -> float:
        """Note that Python branches on a value, and say how the condition is decided."""
        if self.judge is not None:
            value = self.values[slot] = self.judge(self, slot)
        if frame is not None and frame.f_code is self.code:
            place = self.base + frame.f_lasti
        else:
            place = self.find(frame)
        counts = self.branches.get(place)
        if counts is None:
            counts = self.branches[place] = [0, 0, 0]
        counts[2 if value != value else 0 if value else 1] += 1
        self.decisions.append(slot)
        return value

    def tape(self, output: int) -> RecordedTape:
        """What stands on the tape so far, with a slot for its output; the columns are the recorder's own."""
        tape = RecordedTape(self.sites, self.names, self.places, self.decisions)
        tape.operations, tape.operands, tape.constants = self.operations, self.operands, self.constants
        tape.output = output
        if self.shapes or self.known_arrays:
            tape.shapes = [self.shapes.get(slot, ()) for slot in range(tape.slots)]
            tape.parameters = self.parameters
        return tape

    def stop(self) -> None:
        """Raise what plain Python raises of the last row, where that is asked for; and where the tape is as long as it may be."""
        if len(self.values) <= self.longest:
            name, operands = self.operations[-1], self.operands[-1]
            function = (_RAISING | (self.arrays().RAISING if self.shapes else {})).get(name)
            try:
                if function is not None:
                    function(*[self.values[slot] if slot >= 0 else self.constants[-1 - slot] for slot in operands])
            except Exception as raised:
                one, zero = self.constant(1.0), self.constant(0.0)
                divides = isinstance(raised, ZeroDivisionError)
                self.operations.append("eq")
                self.operands.append((operands[name != "pow"], zero) if divides else (one, one))
                self.places.append(self.places[-1])
                self.values.append(1.0)
                self.raised[self.places[-1]] = type(raised).__name__
                if self.decide(len(self.values) - 1, 1.0, _getframe(1)):  # a branch on whether the divisor is 0
                    raise
            return
        message = f"the function computes more than {self.longest} values"
        help = ["raise the limit with --max-nodes N, if memory allows"]
        raise self.refusal(LimitError([error("too-many-nodes", message, self.sites.source, help=help)]))

    def refusal(self, fault: DiffcliError, calls: Sequence[Call] = ()) -> DiffcliError:
        """An error that ends the recording, be it swallowed or not; ``calls`` are at work."""
        self.refusals.setdefault(calls[0] if calls else None, fault)
        return fault

    def close(self) -> None:
        """Make every further use of its traced numbers an error."""
        self.operations = self.operands = self.values = self.places = CLOSED  # type: ignore[assignment]


class _Closed:
    """In place of the columns of a recording that is over."""

    def __len__(self) -> int:
        raise self._error()

    def append(self, _: object) -> None:
        raise self._error()

    @staticmethod
    def _error() -> ExpressionError:
        message = "a traced number is used after the recording that it belongs to"
        help = ["return it from the function; what is kept elsewhere (a global, a cache) is no number any more"]
        return ExpressionError([error("untraceable", message, help=help)])


CLOSED = _Closed()
