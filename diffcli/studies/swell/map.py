"""The recurrence whose expressions swell: a program l ↦ f(l, …), iterated from l₁ = x; and the table of known ones."""

from __future__ import annotations

from typing import NamedTuple

from diffcli.errors import Diagnostic, ExpressionError, UsageError, did_you_mean, error
from diffcli.language import Program, parse
from diffcli.language.syntax import CALL, NAME, NUMBER
from diffcli.language.writing.printer import program_text
from diffcli.operations import OPERATIONS
from diffcli.tape import Tape, lower
from diffcli.tape.tape import Skip

MOST_ITERATIONS = 10_000
"""The largest n: its sizes are numbers of three thousand digits."""


class Demo(NamedTuple):
    """A known swell. ``fresh`` is a variable of the map that is another one, x2, x3, ..., at each step."""

    text: str
    state: str
    at: dict[str, float]
    caption: str
    fresh: str = ""


DEMOS: dict[str, Demo] = {
    "logistic": Demo("4*l*(1 - l)", "l", {"x": 0.9}, "the logistic map"),
    "newton": Demo("(x + a/x)/2", "x", {"x": 1.0, "a": 2.0}, "Newton's iteration for the square root of a"),
    "nested": Demo("sin(l)", "l", {"x": 0.9}, "nested functions, sin(sin(...sin(x)))"),
    "speelpenning": Demo("l*y", "l", {}, "the product x1*x2*...*xn and its gradient (Speelpenning 1980)", "y"),
}
"""The known swells by name. Adding one is adding a row."""


class Recurrence(NamedTuple):
    """A map in one state variable, and what the first state is called."""

    program: Program
    state: str
    start: str
    """The name of l_1, by which the derivative is taken."""
    fresh: str
    """A variable of the map that is a new one at each step (``start`` is x1 then); empty if there is none."""
    caption: str

    @property
    def text(self) -> str:
        return program_text(self.program).replace("\n", "; ")

    @property
    def iterate(self) -> str:
        """What its iterates are called, after the state variable: l_n."""
        return f"{self.state}_n"

    @property
    def parameters(self) -> list[str]:
        """The variables of the map that stay the same from step to step."""
        return [name for name in self.program.inputs if name not in (self.state, self.fresh)]

    def names(self, n: int) -> list[str]:
        """The variables of l_n: those the derivative is taken by first, then the parameters."""
        return [*self.wanted(n), *self.parameters]

    def wanted(self, n: int) -> list[str]:
        """The variables the derivative of l_n is taken by: x, or x1 to xn."""
        return [f"x{index}" for index in range(1, n + 1)] if self.fresh else [self.start]

    def step(self) -> Tape:
        """The map itself on a tape."""
        return lower(self.program, given=[self.state])

    def is_logistic(self) -> bool:
        """Whether it is the logistic map, for which the laws hold, however its variable is called."""
        mine, other = self.step(), lower(parse(DEMOS["logistic"].text))
        same = (mine.operations, mine.operands, mine.constants, mine.output) == (
            other.operations, other.operands, other.constants, other.output,
        )  # fmt: skip
        return same and len(mine.inputs) == 1


def of_demo(name: str) -> Recurrence:
    """A known swell."""
    demo = DEMOS[name]
    program = parse(demo.text)
    start = "x1" if demo.fresh else "x"
    return Recurrence(program, demo.state, start, demo.fresh, demo.caption)


def of_program(program: Program, state: str | None = None) -> Recurrence:
    """The recurrence of a program in the variable ``state``, which need not be given if there is only one.

    Raises
    ------
    ExpressionError
        The program does not have the variable, or has none.
    UsageError
        It has several, and none is given.

    >>> of_program(parse("r*l*(1 - l)"), "l").names(1)
    ['x', 'r']
    """
    _require_numbers(program)
    variables = program.inputs
    if state is None and len(variables) == 1:
        state = variables[0]
    if state is None and variables:
        message = f"the map has several variables ({', '.join(variables)}): which of them is iterated?"
        raise UsageError([error("usage", message, program.source, help=["add --var " + " or --var ".join(variables[:3])])])
    if state is None or state not in [*variables, *program.constants]:
        raise ExpressionError([_no_variable(program, state)])
    others = {name for name in program.free if name != state}
    return Recurrence(program, state, state if "x" in others else "x", "", "")


def _require_numbers(program: Program) -> None:
    for node, operation in enumerate(program.operations):
        if operation not in OPERATIONS and operation not in (NUMBER, NAME, CALL):
            message = "the map is one of numbers, and this is an operation on arrays"
            raise ExpressionError([error("not-a-number", message, program.source, program.mark(node))])


def _no_variable(program: Program, state: str | None) -> Diagnostic:
    if state is None:
        help = ["write the next value in terms of the last, as 4*l*(1 - l)"]
        return error("unknown-variable", "the map has no variable to iterate", program.source, help=help)
    variables = ", ".join(program.inputs) or "none"
    help = [*did_you_mean(state, program.inputs), f"its variables: {variables}"]
    return error("unknown-variable", f"the map has no variable `{state}`", program.source, help=help[:1])


def iterated(recurrence: Recurrence, n: int) -> tuple[Tape, list[int]]:
    """The tape of l_n, and the slot of each of l_1 … l_n on it (negative for a constant).

    >>> tape, slots = iterated(of_demo("logistic"), 3)
    >>> tape.operations, slots
    (['sub', 'mul', 'mul', 'sub', 'mul', 'mul'], [0, 3, 6])
    """
    step = recurrence.step()
    tape = Tape(step.source, recurrence.names(n))
    tape.constants, tape.constant_names = step.constants, step.constant_names
    states = [0]
    for index in range(1, n):
        states.append(_append(tape, step, recurrence, states[-1], index))
    last = states[-1]
    tape.output = last if last >= 0 else last + tape.size
    return tape, states


def _append(tape: Tape, step: Tape, recurrence: Recurrence, state: int, index: int) -> int:
    """Put the rows of one more step on the tape; returns the slot of the next state."""
    own = {recurrence.state: state, recurrence.fresh: index}
    given = [own.get(name, -1) if name in own else tape.inputs.index(name) for name in step.inputs]
    base = tape.slots - step.first_row

    def place(slot: int) -> int:
        return slot if slot < 0 else given[slot] if slot < step.first_row else base + slot

    for operation, row in zip(step.operations, step.operands, strict=True):
        tape.operations.append(operation)
        tape.operands.append(tuple([place(operand) for operand in row]))
    tape.starts.extend(step.starts)
    tape.stops.extend(step.stops)
    tape.skips += [
        Skip(base + skip.start, base + skip.stop, place(skip.condition), skip.when) for skip in step.skips
    ]  # fmt: skip
    return place(step.output if step.output < step.slots else step.output - step.size)
