"""A question ready to be answered: a program on its tape, at a point, for some of its variables."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, lru_cache
from math import nan, prod
from typing import TYPE_CHECKING, Any

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic, DiffcliError, ExpressionError, Mark, refusal
from diffcli.language import Program, parse
from diffcli.language.syntax import once
from diffcli.language.writing.printer import number_text, program_text
from diffcli.methods.points.points import GivenPoint, Point, as_point, unknown_name
from diffcli.methods.sweeps.forward import tangents
from diffcli.methods.sweeps.reverse import Adjoints, accumulate, activity, adjoints
from diffcli.operations import CONSTANTS
from diffcli.records import Number, is_array, is_finite
from diffcli.tape import Tape, evaluate, lower
from diffcli.tape.lowering import MOST_ROWS, lowered
from diffcli.tape.running.evaluation import Values, constant_values
from diffcli.tape.running.rules import Overrides
from diffcli.tape.tape import Shape

if TYPE_CHECKING:
    from diffcli.tape.recording.python_function import PythonFunction
    from diffcli.tape.recording.recording import Recording

At = str | Sequence[str] | Mapping[str, object]
"""A point: a text, several texts, or a mapping."""

ANYWHERE: Mapping[str, object] = {}
"""No point, for what is said of a program whatever its variables are."""

Target = str | Program | Callable[..., Any]
"""What can be differentiated: a program, as text or parsed, or a Python function."""


class Question:
    """What was asked, for words: the program as it was ``written``, and as the tape is made from it.

    There what was ``asked`` for stands behind it; ``of`` is the text of each result.
    """

    function: PythonFunction | None = None
    """The program, where it is a Python function."""
    recording: Recording | None = None
    """What that did at the point."""

    def __init__(self, written: Program, program: Program, asked: str = "", of: tuple[str, ...] = ()) -> None:
        self.written, self.program, self.asked, self.of = written, program, asked, of


class Output(NamedTuple):
    """A result: what it is called, where it stands on the tape, and its shape."""

    name: str
    slot: int
    shape: Shape = ()


class Problem:
    """A question, with the tape that answers it, its values at a point, and the inputs the derivative is wanted for.

    ``target``, ``at`` and ``wrt``, and what is raised, are as of `diffcli.grad`, ``share`` and ``most_rows`` as of
    `diffcli.tape.lower`.
    """

    tape: Tape
    at: Point
    wrt: list[str]
    outputs: tuple[Output, ...]
    """The results; the adjoints are those of their sum."""
    flat_index = 0
    """Which of the numbers that a Python function returns is differentiated, counted through all of them."""
    whole: Problem | None = None
    """The problem with arrays that this one is in numbers."""
    on_curve = False
    """Whether the result is 0 by an equation, whatever its digits."""
    known = True
    """Whether there is a point, at which everything has a value; without one a value is None unless it is a constant's."""

    def __init__(
        self,
        target: Target,
        at: At,
        *,
        wrt: str | Sequence[str] | None = None,
        share: bool = False,
        most_rows: int = MOST_ROWS,
    ) -> None:
        program = as_program(target)
        self._ask(Question(program, program), at, wrt, share, most_rows)

    def _ask(self, question: Question, at: At, wrt: str | Sequence[str] | None, share: bool, most_rows: int) -> None:
        if at is ANYWHERE:
            self._ask_anywhere(question, wrt, share, most_rows)
            return
        program, given, wrt = given_to(question.program, at, wrt)
        function: Any = None if type(program) is Program else program
        if function is not None:
            question.program, question.function = program, function
            question.recording = recorded(function, given, most_rows)
            tape: Tape = question.recording.tape
            if tape.shapes is not None:
                tape.find_kept()
        else:
            tape = lowered(program, given, share, most_rows)
        chosen = choose(wrt, tape.inputs, subject_of(program))
        self._settle(question, tape, {name: given[name] for name in tape.inputs}, chosen)

    def _ask_anywhere(self, question: Question, wrt: str | Sequence[str] | None, share: bool, most_rows: int) -> None:
        """What is asked without a point, for a formula."""
        from diffcli.methods.problem.remarks import needs_point  # a gradient does not wait for it

        fault = needs_point(question.program)
        if fault is not None:
            raise ExpressionError([fault])
        tape = lower(question.program, share=share, most_rows=most_rows)
        chosen = choose(names_in(wrt, "wrt"), tape.inputs, subject_of(question.program))
        self.known = False
        self._settle(question, tape, dict.fromkeys(tape.inputs, nan), chosen)

    def _settle(self, question: Question, tape: Tape, at: Point, wrt: list[str], active: bytearray | None = None) -> None:
        """What every problem has, whether it was asked or made from another."""
        self.question = question
        self.program, self.function, self.recording = question.program, question.function, question.recording
        self.tape, self.at, self.wrt = tape, at, wrt
        self.outputs = (Output("f", tape.output, tape.shape(tape.output)),)
        self.texts: dict[str, str] = {}
        """What each result is, as it stands in the list; empty where there is no list."""
        self._slots = dict(zip(tape.inputs, range(len(tape.inputs)), strict=True))
        self.active = activity(tape, [self.input_slot(name) for name in wrt]) if active is None else active
        """One flag a slot: whether it depends on a variable that the derivative is wanted for."""

    def view(self, output: Output) -> Linearisation:
        """The same problem for one of its results."""
        tape = self.tape.copy(output=output.slot, outputs=[])
        before = sum(prod(each.shape) for each in self.outputs[: self.outputs.index(output)])
        return Linearisation(self, tape, values=self.values, active=self.active, outputs=(output,), flat_index=before)

    # -- numbers ---------------------------------------------------------------------------------------------------------

    @cached_property
    def values(self) -> Values:
        """The value of every slot at the point, by the recording or evaluated when they are first asked for."""
        if not self.known:
            return constant_values(self.tape)
        return self.recording.values if self.recording is not None else evaluate(self.tape, self.point)

    @cached_property
    def adjoints(self) -> Adjoints:
        """The adjoint of every slot, by the conventions of the table: None where no result depends on it."""
        return adjoints(self.tape, self.values, self.active, dict.fromkeys([output.slot for output in self.outputs], 1.0))

    def swept_forward(self, seeds: Mapping[int, Any], overrides: Overrides | None = None) -> Sequence[Any]:
        """The tangent of every slot along a direction, which has a tangent for each input that moves, by slot."""
        if not self.known:
            return [None] * self.tape.size
        return tangents(self.tape, self.values, [seeds.get(slot) for slot in range(self.tape.first_row)], overrides)

    def swept_back(self, seeds: Mapping[int, Any], overrides: Overrides | None = None) -> Sequence[Any]:
        """The adjoint of every input, and whether rows are reached, for weights of results by slot."""
        if overrides:
            return accumulate(self.tape, self.values, self.active, seeds, overrides)[0]
        return adjoints(self.tape, self.values, self.active, seeds)

    @property
    def value(self) -> float:
        """The value of the result, which is a number; NaN where it is undefined."""
        return float(self.values[self.tape.output]) + 0.0  # 0 has no sign in a result

    def value_of(self, output: Output) -> Number:
        """The value of a result; NaN where it is undefined."""
        value = self.values[output.slot]
        return float(value) + 0.0 if not output.shape else value + 0.0

    @property
    def point(self) -> list[Number]:
        return list(self.at.values())

    def reached(self, slot: int) -> bool:
        """Whether the value in a slot touches the derivative: it depends on a variable, and the result on it."""
        return self.adjoints[slot] is not None and bool(self.active[slot])

    def input_slot(self, name: str) -> int:
        return self._slots[name]

    def require_number(self) -> None:
        """Refuse a result that is an array: an `ExpressionError` with what to ask instead."""
        if self.tape.outputs or self.tape.shape(self.tape.output):
            from diffcli.methods.problem.remarks import not_a_number

            shape, mark = self.tape.shape(self.tape.output), self.mark(self.tape.output)
            raise ExpressionError([not_a_number(shape, len(self.tape.outputs), self.tape.source, *mark)])

    # -- words -----------------------------------------------------------------------------------------------------------

    def operand_text(self, slot: int) -> str:
        """The user's own words for the value in a slot, on one line and not long."""
        tape = self.tape
        if slot < 0:
            return tape.constant_names.get(slot) or _value_text(tape.constants[-1 - slot])
        if slot < tape.first_row:
            return tape.inputs[slot]
        span = tape.span(slot)
        text = " ".join(tape.source.text[span.start : span.stop].split()) or f"v{tape.index(slot)}"
        if text.startswith("(") and text.endswith(")") and _balanced(text[1:-1]):
            text = text[1:-1]
        return text if len(text) <= 40 else f"{text[:24]} ... {text[-12:]}"

    def shown(self, slots: Sequence[int]) -> str:
        """Values with the user's words for them, as a label beside carets; constants speak for themselves."""
        return ", ".join(
            f"{self.operand_text(slot)} = {_value_text(self.values[slot])}"
            for slot in dict.fromkeys(slots) if slot >= 0 and self.values[slot] is not None
        )  # fmt: skip

    def mark(self, slot: int, label: str = "") -> tuple[Mark, ...]:
        """Where a row stands in the source; nothing for an input."""
        if not self.tape.first_row <= slot < self.tape.slots:
            return ()
        span = self.tape.span(slot)
        return (Mark(span, label),) if span.stop else ()  # a function without a file has no places

    def warning(
        self, code: str, message: str, slot: int, label: str = "", notes: Sequence[str] = (), help: Sequence[str] = ()
    ) -> Diagnostic:
        """A warning about a row."""
        return Diagnostic(code, "warning", message, self.tape.source, self.mark(slot, label), tuple(notes), tuple(help))

    def notes(self) -> list[Diagnostic]:
        """What is worth saying of the program at this point whatever is asked: constants shadowed, branches taken."""
        if self.recording is not None:
            return self.recording.notes()
        return [
            Diagnostic("shadowed-constant", "note", f"`{name}` is {_value_text(self.at[name])} here, as given, not the constant")
            for name in CONSTANTS if name in self.at
        ]  # fmt: skip

    def expression(self) -> str:
        """The program on one line, as diffcli reads it; a very long one as it was written."""
        return self.function.name if self.function is not None else one_line(self.question.written)

    def placed(self, found: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Diagnostics, of which those about what was asked for point there, and not behind the program."""
        return placed(self.question, found)

    @contextmanager
    def placing(self) -> Iterator[None]:
        """What is raised inside says `placed` where it is."""
        try:
            yield
        except DiffcliError as fault:
            raise type(fault)(self.placed(fault.diagnostics)) from None

    def unused(self) -> list[Diagnostic]:
        """A note for everything that the results do not use, and for names without values that look like formulas."""
        if len(self.program.statements) == 1 and self.known:
            return []
        from diffcli.methods.problem.remarks import unused

        return unused(self.program, self.known)


class Linearisation(Problem):
    """The question of another problem on a tape of its own: one result of several, the gradient, the program in numbers.

    What is not given is that of the other problem, and the values, what is active and the one result those of the tape.
    """

    def __init__(
        self,
        problem: Problem,
        tape: Tape,
        *,
        at: Point | None = None,
        wrt: list[str] | None = None,
        values: Values | None = None,
        active: bytearray | None = None,
        outputs: Sequence[Output] | None = None,
        whole: Problem | None = None,
        flat_index: int | None = None,
    ) -> None:
        self.whole = problem.whole if whole is None else whole
        self.flat_index = problem.flat_index if flat_index is None else flat_index
        self.known = problem.known
        self._settle(problem.question, tape, problem.at if at is None else at, problem.wrt if wrt is None else wrt, active)
        self.values = evaluate(tape, self.point) if values is None else values
        if outputs is not None:  # the gradient of a constant has none
            self.outputs = tuple(outputs)


@once
def one_line(program: Program) -> str:
    """A program on one line, as diffcli reads it; a very long one as it was written."""
    if len(program) > 100_000:
        return "; ".join(line.partition("#")[0].strip() for line in program.source.text.splitlines()).strip("; ")
    return program_text(program).replace("\n", "; ")


_read = lru_cache(64)(parse)
"""The texts that were read last: whoever asks for one again and again does not wait for it, nor for its tape."""

KEPT_TEXT = 5_000
"""The longest text that is kept, in characters: about half a megabyte with its tape."""


def as_program(target: Target, verify: bool = True) -> Program:
    """What is to be differentiated as a program: text is parsed, and a Python function stands in for one, to ``verify``."""
    if isinstance(target, str):
        return _read(target) if len(target) <= KEPT_TEXT else parse(target)
    if isinstance(target, Program):
        return target
    if not callable(target):
        raise refusal("usage", f"a program is text, what diffcli.parse returned, or a function, not a `{type(target).__name__}`")
    from diffcli.tape.recording.python_function import PythonFunction

    function = PythonFunction(target)
    function.verify = verify
    return function


def given_to(
    program: Program, at: At, wrt: str | Sequence[str] | None
) -> tuple[Program, GivenPoint, list[str] | None]:
    """A program with a point that gives it all it needs, and the names to differentiate by, if some were chosen.

    A Python function holds what the derivative is not wanted for, which may be anything. A name that is missing, or is one too
    many, is an `ExpressionError`.
    """
    function: Any = None if type(program) is Program else program
    places: Any = None
    wrt = names_in(wrt, "wrt")
    if function is not None and wrt is not None:
        if not isinstance(at, Mapping):
            read = as_point(at)  # an argument that is not traced may count something
            at = {name: int(one) if isinstance(one, float) and one.is_integer() else one for name, one in read.items()}
            places = read.places
        program, at = function.holding(at, choose(wrt, [*function.inputs, *function.constants], subject_of(function)))
    given = GivenPoint(as_point(at), places) if places else as_point(at)
    wanted = program.inputs
    if len(given) > len(wanted) or not given.keys() >= set(wanted):
        from diffcli.methods.problem.remarks import name_faults  # a right point does not wait for it

        faults = name_faults(program, given, subject_of(program))
        if faults:
            raise ExpressionError(faults)
    return program, given, wrt


def recorded(function: PythonFunction, at: GivenPoint, most_rows: int) -> Recording:
    """The recording of a Python function at a point, held against the function itself where it asks for that.

    Where it cannot be recorded, and plain Python runs it, the help of the error says what needs no recording.
    """
    try:
        recording = function.record(at, most_rows)
        way = None if function.verified is None else function.way(recording)
        lost = not is_finite(recording.values[recording.tape.output])
        if function.verify and (lost or way not in (function.verified or ())):
            from diffcli.methods.problem.verification import verified

            found = verified(function, recording, at)
            if function.verified is not None and found is recording:
                function.verified.add(way)
            return found
        return recording
    except DiffcliError as fault:
        from diffcli.methods.problem.verification import with_way_out

        raise with_way_out(function, at, fault) from fault.__cause__


def subject_of(program: Program) -> str:
    """What a program is called in a sentence."""
    return "the expression" if type(program) is Program else f"`{program.name}`"  # type: ignore[attr-defined]


def names_in(given: Any, option: str, once: bool = True) -> list[str] | None:
    """Names, each ``once``, from one text with commas or blanks between them or a list of texts; None where none are given."""
    names = given.strip(" []()").replace(",", " ").split() if isinstance(given, str) else given  # [x, y] is a list too
    if names is not None and not (isinstance(names, Collection) and all(isinstance(name, str) for name in names)):
        help = f'write "x, y", or ["x", "y"], with {option}='
        raise refusal("usage", f"names are a text or a list of texts, not {given!r}", help)
    return None if names is None else list(dict.fromkeys(names) if once else names)


def choose(wanted: list[str] | None, inputs: list[str], subject: str) -> list[str]:
    """The variables to differentiate by."""
    if wanted is None:
        return list(inputs)
    if inputs and not wanted:
        raise refusal("usage", "no variable is named to differentiate by", f"its variables: {', '.join(inputs)}")
    unknown = [name for name in wanted if name not in inputs]
    if unknown:
        raise ExpressionError([unknown_name(name, inputs, subject) for name in unknown])
    return wanted


def placed(question: Question, found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Diagnostics about what a question asks for beside its program, in the text of that."""
    if not question.asked:
        return list(found)
    from diffcli.methods.problem.remarks import moved

    source, before = question.written.source, len(question.written.source.text) + 1
    told = [moved(each, question.asked, before) for each in found]
    return [each._replace(source=source) if each.source == question.program.source else each for each in told]


def _value_text(value: Number) -> str:
    if not is_array(value):
        return number_text(float(value))
    from diffcli.language.writing.array_text import short_text  # few programs have arrays

    return short_text(value)


def _balanced(text: str) -> bool:
    """Whether no parenthesis of a text closes one outside it."""
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0
