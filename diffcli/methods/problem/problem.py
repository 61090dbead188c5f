"""A question ready to be answered: a program on its tape, at a point, for some of its variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from diffcli.errors import Diagnostic, ExpressionError, Mark, Source, UsageError, error
from diffcli.language import Program, parse
from diffcli.language.complaints.lazy import complaints
from diffcli.language.writing.printer import number_text, program_text
from diffcli.methods.points.points import check_mapping, read_point
from diffcli.methods.sweeps.reverse import Adjoints, activity, adjoints
from diffcli.operations import CONSTANTS, FUNCTION_NAMES
from diffcli.records import Number, is_array
from diffcli.tape import Tape, evaluate, lower
from diffcli.tape.lowering import MOST_ROWS
from diffcli.tape.running.evaluation import Values

if TYPE_CHECKING:
    from diffcli.tape.recording.python_function import PythonFunction
    from diffcli.tape.recording.recording import Recording

At = str | Mapping[str, object]

Target = str | Program | Callable[..., Any]
"""What can be differentiated: a program, as text or parsed, or a Python function."""


MOST_NAMES = 8
"""How many names a complaint lists."""


def _reading(name: str, given: Mapping[str, float]) -> str:
    """What a name without a value may have been meant for: a function, or a product of variables."""
    if name in FUNCTION_NAMES:
        return f"`{name}` is a function, to be followed by its operand in parentheses"
    for function in sorted(FUNCTION_NAMES, key=len, reverse=True):
        rest = name[len(function) :]
        if name.startswith(function) and rest and (len(rest) == 1 or rest in given):
            return f"`{name}` is a variable of that name; the function is written {function}({rest})"
    for cut in range(1, len(name)):
        if name[:cut] in given and name[cut:] in given:
            return f"`{name}` is a variable of that name; a product is written {name[:cut]}*{name[cut:]}"
    return ""


class Problem:
    """A tape, its values at a point, and which inputs the derivative is wanted for.

    Parameters
    ----------
    target
        A program, as text or parsed, or a Python function, which is recorded at the point.
    at
        The point: text such as ``"x=2, y=pi/4"``, or a mapping from names to numbers or constant expressions.
    wrt
        The variables to differentiate by; all of them, in order of appearance, if not given.
    share
        Merge repeated subexpressions into one row.
    most_rows
        The longest tape to build.

    Raises
    ------
    ExpressionError
        The text is not a program, or names and values do not fit it.
    LimitError
        The tape would be longer than ``most_rows``.
    """

    place = 0
    """Which of the numbers that a Python function returns is differentiated, counted through all of them."""

    def __init__(
        self,
        target: Target,
        at: At,
        *,
        wrt: str | Sequence[str] | None = None,
        share: bool = False,
        most_rows: int = MOST_ROWS,
    ) -> None:
        self.program = as_program(target)
        self.function: PythonFunction | None = None if type(self.program) is Program else self.program  # type: ignore[assignment]
        """The program, where it is a Python function."""
        marks: Mapping[str, Mark] = {}
        at_source: Source | None = None
        if self.function is not None and wrt is not None:
            if isinstance(at, str):
                given, marks, at_source = read_point(at)
                at = dict(zip(given, map(_as_written, given.values()), strict=True))
            self.function, at = self.function.holding(at, wrt)
            self.program = self.function
        if isinstance(at, str):
            given, marks, at_source = read_point(at)
        else:
            given = check_mapping(at)
        self._check_names(given, marks, at_source)
        self.recording: Recording | None = None
        """What a Python function did at the point."""
        if self.function is not None:
            self.recording = self.function.record(given, most_rows)
            self.tape: Tape = self.recording.tape
        else:
            shapes = {name: getattr(value, "shape", ()) for name, value in given.items()}
            self.tape = lower(self.program, given=given, share=share, most_rows=most_rows, shapes=shapes)
        self.at = {name: given[name] for name in self.tape.inputs}
        self.wrt = self._choose(wrt)
        self.active = activity(self.tape, [self.input_slot(name) for name in self.wrt])
        self._adjoints: Adjoints | None = None

    def _check_names(self, given: Mapping[str, float], marks: Mapping[str, Mark], at_source: Source | None) -> None:
        program = self.program
        known = [*program.inputs, *program.constants]
        bound = {statement.name for statement in program.statements}
        faults: list[Diagnostic] = []
        missing = [name for name in program.inputs if name not in given]
        surplus = [name for name in given if name not in known]
        if missing:
            faults.append(self._missing_value(missing, surplus, given))
        else:
            for name in surplus:
                message = f"{self._subject} has no variable `{name}`"
                help = list(complaints.did_you_mean(name, known))
                if name in bound:
                    message, help = f"`{name}` is computed by the program; a value for it would be lost", []
                elif not help:
                    variables = ", ".join(known) or "none"
                    help = [f"its variables: {variables}"]
                where = [marks[name]] if name in marks else []
                faults.append(error("unknown-variable", message, at_source, *where, help=help))
        if faults:
            raise ExpressionError(faults)

    def _missing_value(self, missing: list[str], surplus: list[str], given: Mapping[str, float]) -> Diagnostic:
        program = self.program
        nodes = {argument: node for node, argument in reversed(list(enumerate(program.arguments))) if argument in missing}
        shown = [f"`{name}`" for name in missing[:MOST_NAMES]]
        shown += [f"{len(missing) - MOST_NAMES} more"] * (len(missing) > MOST_NAMES)
        names = " and ".join([", ".join(shown[:-1])] * (len(shown) > 1) + [shown[-1]])
        notes = []
        for name in surplus[:MOST_NAMES]:
            near = complaints.nearest(name, missing)
            hint = f"; did you mean `{near[0]}`?" if near else ""
            notes.append(f"--at gives `{name}`, which {self._subject} does not use{hint}")
        notes += [hint for name in missing[:MOST_NAMES] if (hint := _reading(name, given))]
        kept = [f"{name}={_value_text(value).replace(' ', '')}" for name, value in given.items() if name in program.inputs]
        point = ",".join([*kept, *[f"{name}=..." for name in missing]][:MOST_NAMES])
        marks = [program.mark(nodes[name]) for name in missing[:MOST_NAMES] if name in nodes]
        return error("missing-value", f"no value for {names}", program.source, *marks, notes=notes, help=[f"add --at {point}"])

    def _choose(self, wrt: str | Sequence[str] | None) -> list[str]:
        inputs = self.tape.inputs
        if isinstance(wrt, str):
            wrt = [name.strip() for name in wrt.split(",")]
        if wrt is None:
            return list(inputs)
        faults = []
        for name in wrt:
            if name not in inputs:
                help = complaints.did_you_mean(name, inputs) or [f"its variables: {', '.join(inputs) or 'none'}"]
                faults.append(error("unknown-variable", f"{self._subject} has no variable `{name}`", help=help))
        if faults:
            raise ExpressionError(faults)
        return list(dict.fromkeys(wrt))

    @property
    def _subject(self) -> str:
        """What is differentiated, in words."""
        return f"`{self.function.name}`" if self.function is not None else "the expression"

    @cached_property
    def values(self) -> Values:
        """The value of every slot at the point, by the recording or evaluated when they are first asked for."""
        return self.recording.values if self.recording is not None else evaluate(self.tape, self.point)

    @property
    def value(self) -> float:
        """The value of the result, which is a number; NaN where it is undefined."""
        return float(self.values[self.tape.output]) + 0.0  # 0 has no sign in a result

    def require_number(self) -> None:
        """Refuse a result that is an array.

        Raises
        ------
        ExpressionError
            With what to ask instead.
        """
        shape = self.tape.shape(self.tape.output) if self.tape.output < self.tape.slots else ()
        if not shape and not self.tape.outputs:
            return
        if shape:
            from diffcli.operations.array_row import shape_text

            message = f"a gradient is of a number, and the result has {shape_text(shape)}"
            help = ["sum(...) makes a number of it; diffcli jacobian differentiates each of its elements"]
        else:
            message = f"a gradient is of a number, and there are several results, {len(self.tape.outputs)} of them"
            help = ["diffcli jacobian differentiates each of them"]
        raise ExpressionError([error("not-a-number", message, self.tape.source, *self.mark(self.tape.output), help=help)])

    @property
    def point(self) -> list[float]:
        return list(self.at.values())

    @property
    def adjoints(self) -> Adjoints:
        """The adjoint of every slot, by the conventions of the table."""
        if self._adjoints is None:
            self._adjoints = adjoints(self.tape, self.values, self.active)
        return self._adjoints

    def reached(self, slot: int) -> bool:
        """Whether the value in a slot touches the derivative: it depends on a variable, and the result on it."""
        return self.adjoints[slot] is not None and bool(self.active[slot])

    def input_slot(self, name: str) -> int:
        return self.tape.inputs.index(name)

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
        return self._shadowed_constants() + (self.recording.notes() if self.recording is not None else [])

    def _shadowed_constants(self) -> list[Diagnostic]:
        """A note for every constant that the point, or the program, gives another value."""
        names = [name for name in CONSTANTS if name in self.at and self.recording is None]
        return [
            Diagnostic("shadowed-constant", "note", f"`{name}` is {_value_text(self.at[name])} here, as given, not the constant")
            for name in names
        ]

    def expression(self) -> str:
        """The program on one line, as diffcli reads it; a very long one as it was written."""
        return self.function.name if self.function is not None else one_line(self.program)


def one_line(program: Program) -> str:
    """A program on one line, as diffcli reads it; a very long one as it was written."""
    if len(program) > 100_000:
        return "; ".join(line.partition("#")[0].strip() for line in program.source.text.splitlines()).strip("; ")
    return program_text(program).replace("\n", "; ")


def as_program(target: Target) -> Program:
    """What is to be differentiated as a program: text is parsed, and a Python function stands in for one."""
    if isinstance(target, str):
        return parse(target)
    if isinstance(target, Program):
        return target
    if not callable(target):
        message = f"a program is text, what diffcli.parse returned, or a function, not a `{type(target).__name__}`"
        raise UsageError([error("usage", message)])
    from diffcli.tape.recording.python_function import PythonFunction

    return PythonFunction(target)


def _as_written(value: Number) -> Number | int:
    """A number as a text gives it: an argument of a function that is not traced may count something."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


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
