"""Reading a tape forwards: the value of every row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

from diffcli.language.syntax import once
from diffcli.tape.running.rules import FLOAT, Arithmetic
from diffcli.tape.tape import Tape

T = TypeVar("T")

Values = list[Any]
"""One value a slot, None for a row that is skipped, and the constants at the end."""

GIVEN_UP: Any = object()
"""What stands in place of a value that was computed and is not kept."""


def evaluate(tape: Tape, point: Sequence[float]) -> Values:
    """The value of every slot at a point, in floats.

    Rows of a branch that is not taken stay None. A value that is undefined is NaN, and nothing is raised.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> evaluate(lower(parse("where(x > 0, log(x), 2*x)")), [-3.0])
    [-3.0, 0.0, None, -6.0, -6.0, 2.0, 0.0]
    """
    arithmetic = arithmetic_of(tape)
    if arithmetic is FLOAT:
        return run(tape, point, _float_functions(tape))
    with arithmetic.numbers.quiet():
        return run(tape, point, arithmetic.row_functions(tape))


_float_functions = once(FLOAT.row_functions)


def constant_values(tape: Tape) -> Values:
    """The value of every slot of a tape of numbers without a point: None where it depends on a variable.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> constant_values(lower(parse("x^(1/2)")))
    [None, 0.5, None, 2.0, 1.0]
    """
    values = start_values(tape, [None] * tape.first_row)
    for slot, function in zip(tape.rows(), FLOAT.row_functions(tape), strict=True):
        operands = [values[operand] for operand in tape.operands_of(slot)]
        values[slot] = None if None in operands else function(*operands)
    return values


def arithmetic_of(tape: Tape) -> Arithmetic:
    """What the values of a tape are computed in: Python's floats, or NumPy's arrays."""
    if tape.shapes is None:
        return FLOAT
    from diffcli.tape.running.array_rules import NUMPY  # numbers do not wait for NumPy

    return NUMPY


def held_functions(
    tape: Tape, values: Values, functions: Sequence[Callable[..., Any]] | None = None
) -> list[Callable[..., Any]]:
    """The functions of every row, in floats if not given, with ``stop_gradient`` held at the values that it has there.

    So differences do not see through it. One in a branch that is not taken there has no value to be held at, and is what it is.
    """
    functions = list(FLOAT.row_functions(tape) if functions is None else functions)
    for slot in tape.rows():
        if tape.operation(slot) == "stop_gradient" and values[slot] is not None:
            functions[slot - tape.first_row] = partial(constant, values[slot])
    return functions


def constant(value: Any, *_: Any) -> Any:
    """A function of a row that is held at its value."""
    return value


def run(tape: Tape, point: Sequence[Any], functions: Sequence[Callable[..., Any]]) -> Values:
    """Evaluate with the given function of each row, whatever kind of number they work on."""
    values = start_values(tape, point)
    for start, stop in taken_ranges(tape, values) if tape.skips else [(tape.first_row, tape.slots)]:
        _straight(tape, functions, values, start, stop)
    return values


class Evaluator:
    """A tape made ready to be evaluated for some of its values alone, any number of times.

    Arrays that no later row reads are given up at once, so that a long program on large arrays holds a few of them at a time.
    Of a tape of numbers nothing is given up: they are small. If not given, the tape's results are wanted.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> Evaluator(lower(parse("sin(x)^2 + 1")))([0.0])
    [1.0]
    """

    def __init__(self, tape: Tape, wanted: Sequence[int] | None = None) -> None:
        self.tape = tape
        self.wanted = list(wanted or tape.outputs or [tape.output])
        self.arithmetic = arithmetic_of(tape)
        self.functions = self.arithmetic.row_functions(tape)
        if self.arithmetic is not FLOAT:
            from diffcli.tape.running.array_rules import reusable_operands  # numbers do not wait for NumPy

            self.last_uses = last_uses(tape, self.wanted)
            self.reused = reusable_operands(tape, self.functions, self.last_uses)

    def __call__(self, point: Sequence[Any]) -> list[Any]:
        """What is wanted at a point, in order."""
        values = self.values(point)
        return [values[slot] for slot in self.wanted]

    def values(self, point: Sequence[Any]) -> Values:
        """The value of every slot at a point, as `evaluate` returns them; `GIVEN_UP` for what is not wanted."""
        if self.arithmetic is FLOAT:
            return run(self.tape, point, self.functions)
        with self.arithmetic.numbers.quiet():
            return self._forgetful(point)

    def _forgetful(self, point: Sequence[Any]) -> Values:
        first, operands, values = self.tape.first_row, self.tape.operands, start_values(self.tape, point)
        for start, stop in taken_ranges(self.tape, values):
            for row in range(start - first, stop - first):
                arguments = [values[operand] for operand in operands[row]]
                reused = self.reused[row]
                if reused is None:
                    values[first + row] = self.functions[row](*arguments)
                else:
                    values[first + row] = self.functions[row](*arguments, out=values[reused])
                for slot in self.last_uses[row]:
                    values[slot] = GIVEN_UP
        return values


def last_uses(tape: Tape, kept: Sequence[int]) -> list[list[int]]:
    """For each row the slots that nothing reads after it: what it reads last, and itself where nothing reads it.

    What is kept is not among them, nor constants, nor the numbers that decide on branches.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> last_uses(lower(parse("y = x*x; y + x")), [2])
    [[], [1, 0]]
    """
    wanted = bytearray(tape.size)
    for slot in [*kept, *[skip.condition for skip in tape.skips], *range(-len(tape.constants), 0)]:
        wanted[slot] = 1
    found: list[list[int]] = []
    for slot in reversed(tape.rows()):
        last = [unread for unread in dict.fromkeys((slot, *tape.operands_of(slot))) if not wanted[unread]]
        for unread in last:
            wanted[unread] = 1
        found.append(last)
    found.reverse()
    return found


def start_values(tape: Tape, point: Sequence[Any]) -> Values:
    """The inputs, a place for each row, and the constants in reverse, where their negative slots find them."""
    return [*point, *[None] * len(tape.operations), *reversed(tape.constants)]


def taken_ranges(tape: Tape, values: Values) -> Iterator[tuple[int, int]]:
    """The ranges of slots to evaluate, in order; ``values`` is looked at for a condition when its branch is reached."""
    position = tape.first_row
    for skip in tape.skips:
        if skip.start < position:
            continue  # inside a range that is skipped itself
        yield position, skip.start
        position = skip.start
        if bool(values[skip.condition].real) != skip.when:  # a complex step beside 0 does not make it true
            position = skip.stop
    yield position, tape.slots


def _straight(tape: Tape, functions: Sequence[Callable[..., Any]], values: Values, start: int, stop: int) -> None:
    first = tape.first_row
    operands = tape.operands
    if (start, stop) != (first, tape.slots):
        functions, operands = functions[start - first : stop - first], operands[start - first : stop - first]
    slot = start
    for function, row in zip(functions, operands):  # noqa: B905 (hot loop, equal by construction)
        if len(row) == 2:
            a, b = row
            values[slot] = function(values[a], values[b])
        elif len(row) == 1:
            values[slot] = function(values[row[0]])
        else:
            values[slot] = function(*[values[operand] for operand in row])
        slot += 1


def replay(
    tape: Tape, inputs: Iterable[T], constant: Callable[[str, float], T], apply: Callable[[str, list[T]], T]
) -> list[T]:
    """What every slot is in any algebra: as SymPy objects, polynomials, nodes of a graph, or counts.

    Constants stand at the end, where their negative slots find them; all branches are replayed. ``inputs`` are what the inputs
    are, ``constant`` says what a constant is by its name (empty if it has none) and its value, and ``apply`` what a row is by
    its operation and what its operands are.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> replay(lower(parse("x*x + pi")), ["x"], lambda name, value: name, lambda name, row: f"{name}({', '.join(row)})")
    ['x', 'mul(x, x)', 'add(mul(x, x), pi)', 'pi']
    """
    constants = [constant(tape.constant_names.get(-1 - index, ""), value) for index, value in enumerate(tape.constants)]
    known: list[Any] = [*inputs, *[None] * len(tape.operations), *reversed(constants)]
    for slot, (operation, row) in enumerate(zip(tape.operations, tape.operands, strict=True), tape.first_row):
        known[slot] = apply(operation, [known[operand] for operand in row])
    return known
