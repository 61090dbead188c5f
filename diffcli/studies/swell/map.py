"""The recurrence whose expressions swell: a program l ↦ f(l, …), iterated from l₁ = x; its points; and the known ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from diffcli._named import NamedTuple
from diffcli.errors import ExpressionError, UsageError, error
from diffcli.language import Program, parse
from diffcli.language.syntax import CALL, NAME, NUMBER
from diffcli.language.writing.printer import number_text
from diffcli.methods.points.points import check_mapping, only_numbers, unknown_name
from diffcli.methods.problem.problem import one_line
from diffcli.operations import OPERATIONS
from diffcli.records import Number
from diffcli.tape import Tape, lower
from diffcli.tape.tape import Skip

MOST_ITERATIONS = 10_000
"""The largest n: its sizes are numbers of three thousand digits."""


class Recurrence(NamedTuple):
    """A map in one state variable, and what the first state is called."""

    program: Program
    state: str
    start: str
    """The name of l_1, by which the derivative is taken."""
    fresh: str = ""
    """A variable of the map that is a new one, x2, x3, ..., at each step (``start`` is x1 then); empty if there is none."""
    caption: str = ""
    at: Mapping[str, float] = {}
    """The point at which errors are compared if none is given."""

    @property
    def text(self) -> str:
        return one_line(self.program)

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
        mine, other = self.step(), DEMOS["logistic"].step()
        same = (mine.operations, mine.operands, mine.constants, mine.output) == (
            other.operations, other.operands, other.constants, other.output,
        )  # fmt: skip
        return same and len(mine.inputs) == 1


DEMOS: dict[str, Recurrence] = {
    "logistic": Recurrence(parse("4*l*(1 - l)"), "l", "x", "", "the logistic map", {"x": 0.9}),
    "newton": Recurrence(
        parse("(x + a/x)/2"), "x", "x", "", "Newton's iteration for the square root of a", {"x": 1.0, "a": 2.0}
    ),
    "nested": Recurrence(parse("sin(l)"), "l", "x", "", "nested functions, sin(sin(...sin(x)))", {"x": 0.9}),
    "speelpenning": Recurrence(parse("l*y"), "l", "x1", "y", "the product x1*x2*...*xn and its gradient (Speelpenning 1980)"),
}  # fmt: skip
"""The known swells by name. Adding one is adding a row."""


def of_program(program: Program, state: str | None = None) -> Recurrence:
    """The recurrence of a program in the variable ``state``, which need not be given if there is only one.

    >>> of_program(parse("r*l*(1 - l)"), "l").names(1)
    ['x', 'r']
    """
    for node, operation in enumerate(program.operations):
        if operation not in OPERATIONS and operation not in (NUMBER, NAME, CALL):
            message = "the map is one of numbers, and this is an operation on arrays"
            raise ExpressionError([error("not-a-number", message, program.source, program.mark(node))])
    variables = program.inputs
    if state is None and len(variables) == 1:
        state = variables[0]
    if state is None and variables:
        message = f"the map has several variables ({', '.join(variables)}): which of them is iterated?"
        raise UsageError([error("usage", message, program.source, help=["add --wrt " + " or --wrt ".join(variables[:3])])])
    if state is None:
        help = ["write the next value in terms of the last, as 4*l*(1 - l)"]
        raise ExpressionError([error("unknown-variable", "the map has no variable to iterate", program.source, help=help)])
    if state not in [*variables, *program.constants]:
        raise ExpressionError([unknown_name(state, variables, "the map")._replace(source=program.source)])
    others = {name for name in program.free if name != state}
    return Recurrence(program, state, state if "x" in others else "x")


def iterated(recurrence: Recurrence, n: int) -> tuple[Tape, list[int]]:
    """The tape of l_n, and the slot of each of l_1 … l_n on it (negative for a constant).

    >>> tape, slots = iterated(DEMOS["logistic"], 3)
    >>> tape.operations, slots
    (['sub', 'mul', 'mul', 'sub', 'mul', 'mul'], [0, 3, 6])
    """
    step = recurrence.step()
    tape = Tape(step.source, recurrence.names(n))
    tape.take_constants(step)
    states = [0]
    for index in range(1, n):
        own = {recurrence.state: states[-1], recurrence.fresh: index}
        given = [own[name] if name in own else tape.inputs.index(name) for name in step.inputs]
        base = tape.slots - step.first_row
        moved = [*given, *range(base + step.first_row, base + step.slots), *range(-len(step.constants), 0)]
        for slot in step.rows():
            tape.append(step.operation(slot), tuple([moved[operand] for operand in step.operands_of(slot)]), step.span(slot))
        tape.skips += [Skip(base + start, base + stop, moved[condition], when) for start, stop, condition, when in step.skips]
        states.append(moved[step.output])
    return tape.finish(states[-1:]), states


def check_point(recurrence: Recurrence, given: Mapping[str, Number]) -> dict[str, float]:
    """The point of ``--at``, with a value for x and for every parameter."""
    given = only_numbers(given)
    known = recurrence.names(1)
    faults = []
    for name, value in given.items():
        if name not in known:
            start = f"write {recurrence.start}={number_text(value)}, the starting value {name}_1"
            fault = unknown_name(name, known, recurrence.iterate)
            faults.append(fault._replace(help=(start,)) if name == recurrence.state else fault)
    missing = [name for name in known if name not in given]
    if missing and not faults:
        known = [*[f"{name}={number_text(value)}" for name, value in given.items()], *[f"{name}=..." for name in missing]]
        names = " and ".join(f"`{name}`" for name in missing)
        faults.append(error("missing-value", f"no value for {names}", help=[f"add --at {','.join(known)}"]))
    if faults:
        raise ExpressionError(faults)
    return check_mapping(given)


def default_point(recurrence: Recurrence) -> dict[str, float]:
    """The point of a known swell; none for a map of one's own."""
    is_known = recurrence.is_logistic() and recurrence.start == "x"
    return dict(DEMOS["logistic"].at if is_known else recurrence.at)


LAWS: dict[str, tuple[int, Callable[[int], int]]] = {
    "tree": (3, lambda n: (5 * n * n + 5 * n - 18) * 2**n // 8 + 2),
    "operations": (3, lambda n: (5 * n * n + 5 * n - 18) * 2**n // 16),
    "distinct": (3, lambda n: (n * n + 11 * n - 8) // 2),
    "cse": (5, lambda n: 2 * n * n - 5),
    "simplified": (2, lambda n: 3 * 2 ** (n - 1) - 4),
}
"""For each measured size of SymPy's l_n' of the logistic map, from which n on its law holds, and the law.

The form that is multiplied out has N = 2^(n-1) terms, none of them 0, and so 3N - 4 operations. The other laws are fitted to
measurements: they hold for every n that was measured (tree and distinct nodes from 3 to 19, operations from 3 to 12, after
CSE from 5 to 18), and are not proved; so a number from them is marked as predicted.
"""


def law(name: str, n: int) -> int | None:
    """The size that a law gives, where there is one that holds.

    >>> law("operations", 19), law("cse", 4)
    (61669376, None)
    """
    first, formula = LAWS[name]
    return formula(n) if n >= first else None
