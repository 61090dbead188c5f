"""A tape as the source of a Python function of one point, which returns, bit for bit, what `evaluate` computes there.

The source says ``log(x0)`` and ``x0/x1`` and lets Python raise where `math` does: at a pole, outside of a domain, beyond the
range of floats. A point at which it raises is left to `evaluate` itself, so that an ordinary point pays nothing for it. A row
that is used once is part of the expression that uses it, and of a choice Python computes one side.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property, partial
from itertools import repeat, takewhile
from typing import Any

from diffcli.kernels.backends import Layout, picker, places
from diffcli.operations import OPERATIONS
from diffcli.operations.arithmetic.floats import FLOATS
from diffcli.operations.custom_operations import OwnName
from diffcli.tape import Tape
from diffcli.tape.building.building import Builder
from diffcli.tape.building.scopes import Scope
from diffcli.tape.running.evaluation import constant_values, evaluate
from diffcli.tape.running.rules import FLOAT, OPERATORS, fold, parse_own

FUNCTIONS = (
    "exp", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "sin", "cos", "tan", "asin", "acos", "atan", "atan2",
    "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc",
)  # fmt: skip
"""Functions of `math` that raise wherever the total ones of their names return something else."""

COMPARISONS = {
    "lt": ("<", ">="), "le": ("<=", ">"), "gt": (">", "<="), "ge": (">=", "<"),
    "eq": ("==", "< {1} or {0} >"), "ne": ("!=", "=="),
}  # fmt: skip
"""The signs of comparisons, and those that hold where these do not and nothing is undefined."""

FAST = OPERATORS | {name: f"{name}({{}})" for name in FUNCTIONS} | {
    "where": "({1} if {0} else {2})", "atan2": "atan2({}, {})", "div": "({} / {})", "abs": "abs({})", "stop_gradient": "{}",
    "floor": "float(floor({}))", "ceil": "float(ceil({}))", "round": "float(round({}))", "trunc": "float(trunc({}))",
    "mod": "({} % {})", "floor_divide": "({} // {})", "fmod": "copysign(abs({0}) % abs({1}), {0})",
    "copysign": "(copysign({0}, {1}) if {1} == {1} else nan)", "hypot": "(hypot({0}, {1}) if {0} == {0} and {1} == {1} else nan)",
    "sign": "(1.0 if {0} > 0.0 else -1.0 if {0} < 0.0 else 0.0 if {0} == 0.0 else nan)",
    "clip": "({0} if {1} <= {0} <= {2} else total_clip({0}, {1}, {2}))",
    **{name: f"(1.0 if {{}} {sign} {{}} else 0.0)" for name, (sign, _) in COMPARISONS.items()},
    "and": "(1.0 if {0} and {1} and {0} == {0} and {1} == {1} else total_and({0}, {1}))",
    "or": "(0.0 if not {0} and not {1} else total_or({0}, {1}))",
    "not": "(0.0 if {0} and {0} == {0} else total_not({0}))",
}  # fmt: skip
"""Rows as expressions that raise, or return the very bits that the total functions of their names do."""

STRICT_ROWS = {
    name: f"(1.0 if {{0}} {sign} {{1}} else 0.0 if {{0}} {other} {{1}} else 1/0)"
    for name, (sign, other) in COMPARISONS.items()
} | {
    "where": "(nan if {0} != {0} else {1} if {0} else {2})",
    "ne": "(0.0 if {0} == {1} else 1.0 if {0} < {1} or {0} > {1} else 1/0)",
}
"""Of them those of a program. A comparison raises where it is undefined, so that no choice has to ask that."""

OF_TWO = {
    "max": "({0} if {0} >= {1} else {1} if {0} < {1} else nan)", "min": "({0} if {0} <= {1} else {1} if {0} > {1} else nan)",
}  # fmt: skip
"""Rows of any number of operands, if there are two."""


BESIDE_A_NUMBER: tuple[tuple[str, int, Callable[[float], bool], str], ...] = (
    ("pow", 1, lambda b: b != 0 and b.is_integer(), "({} ** {})"),
    ("pow", 1, bool, "pow({}, {})"),
    ("pow", 0, lambda a: a not in (0.0, 1.0), "pow({}, {})"),
)
"""Rows whose special cases a finite number for one operand rules out: the operand's place, what the number must be, and the
expression."""

LONG = 300
"""An expression of so many characters has a name: nests have a limit in Python's own parser."""


BLOCK = 4096
"""How many points of a batch are in memory as Python's numbers at a time."""


def literal(value: float) -> str:
    return f"({value!r})" if repr(value).startswith("-") else repr(value)


NAMES: dict[str, Any] = vars(math) | {f"total_{name}": function for name, function in FLOATS.items()}
NAMES |= {"abs": abs, "round": round, "float": float, "type": type}
NAMES |= {"missing": object(), "RAISED": (ZeroDivisionError, ValueError, OverflowError), "__builtins__": {}}
"""What the names in a source stand for."""


def template_of(name: str, numbers: Sequence[float | None]) -> str | None:
    """How an operation is written, where some operands may be numbers; None if by a call."""
    for operation, place, condition, template in BESIDE_A_NUMBER:
        if operation == name:
            number = numbers[place]
            if number is not None and number - number == 0 and condition(number):
                return template
    return FAST.get(name) or (OF_TWO.get(name) if len(numbers) == 2 else None) or formula(name)


@cache
def formula(name: str) -> str | None:
    """The text of the table by which a row without a function of its own is computed, as a template.

    >>> formula("reciprocal")
    '((1.0 / {0}) if ({0} != 0.0) else nan)'
    """
    if name in FLOATS or isinstance(name, OwnName):
        return None
    row = OPERATIONS[name]
    program = parse_own(FLOAT.form_of(row))
    numbers: dict[str, float] = {}
    """The numbers among the expressions."""

    def leaf(argument: Any) -> str:
        if argument in row.parameters:
            return f"{{{row.parameters.index(argument)}}}"
        value = FLOAT.constants.get(argument, argument)
        numbers[literal(value)] = value
        return literal(value)

    def apply(operation: str, operands: list[str], _: Any) -> str:
        values = [numbers.get(operand) for operand in operands]
        if operation in FLOATS and None not in values:
            return leaf(FLOATS[operation](*values))
        template = FLOAT.operators.get(operation) or template_of(operation, values)
        if template is None:
            template = call(f"total_{operation}", len(values))
            NAMES[f"total_{operation}"] = FLOAT.value(operation)
        return template.format(*operands)

    return fold(program, leaf, apply) if len(program.statements) == 1 else None


def call(name: str, count: int) -> str:
    return f"{name}({', '.join(['{}'] * count)})"


@cache
def mentioned_often(template: str) -> list[int]:
    """The places that a template mentions more than once: what stands there needs a name."""
    return [place for place in range(3) if template.count(f"{{{place}}}") > 1]


class Writer:
    """The lines that compute the results of a tape that a layout asks for.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> Writer(lower(parse("where(x > 1, log(x), x^2)")), 0).lines
    ['v1 = (1.0 if x0 > 1.0 else 0.0 if x0 <= 1.0 else 1/0)', 'return (log(x0) if v1 else (x0 ** 2.0))']
    """

    def __init__(self, tape: Tape, layout: Layout) -> None:
        self.tape, build = tape, Builder(tape)
        self.functions: dict[str, Any] = {}
        """What is called by a name that is not among `NAMES`."""
        self.lines: list[str] = []
        self.scopes, self.guards = build.scopes, dict[Scope, str]()
        """The branch in which each slot stands, and what asks for a branch and for all those around it."""
        self.root = self.block = build.root
        """The branch in whose block the last line stands."""
        self.texts = [*self.arguments()] + [""] * len(tape.operations)
        self.texts += map(self.literal, reversed(tape.constants))
        self.numbers = self.known()
        """The values that no input changes."""
        results = [tape.results[place] for place in places(layout)]
        live, asked = build.live(results)
        rows = [slot for slot in tape.rows() if live[slot]]
        self.uses = Counter([*results, *[operand for slot in rows for operand in tape.operands_of(slot)]])
        """How often the value of each slot is needed."""
        for branch in asked:
            self.uses[branch.condition] += 2  # a block asks a name
        for slot in rows:
            self.row(slot)
        self.stand(self.root)
        self.end(layout)

    # -- rows ----------------------------------------------------------------------------------------------------------

    def row(self, slot: int) -> None:
        """Write a row: as part of the one that uses it, if there is one alone, else as a line."""
        tape = self.tape
        branch, operands = self.scopes[slot], tape.operands_of(slot)
        if self.is_known(slot):
            self.texts[slot] = self.literal(self.numbers[slot])
            return
        template = self.template(slot, [self.numbers[operand] for operand in operands])
        for place in mentioned_often(template):
            operand = operands[place]
            if operand >= tape.first_row and "(" in self.texts[operand]:
                self.name(operand, branch)
        self.texts[slot] = template.format(*[self.texts[operand] for operand in operands])
        if self.uses[slot] > 1 or len(self.texts[slot]) > self.long:
            self.name(slot, branch)

    def name(self, slot: int, branch: Scope) -> None:
        """Give the value of a row a name, in a line of a branch."""
        self.stand(branch)
        self.write(self.assigned(f"v{slot}", self.texts[slot]))
        self.texts[slot] = f"v{slot}"

    def template(self, slot: int, numbers: Sequence[float | None]) -> str:
        """How a row is written, with places for its operands."""
        tape = self.tape
        name, strict = tape.operation(slot), slot < tape.program_stop
        written: str | None
        if name == "where":
            condition = tape.operands_of(slot)[0]
            computed = condition >= tape.first_row and self.numbers[condition] is None  # else it has no line that raises
            defined = computed and tape.operation(condition) in COMPARISONS
            written = STRICT_ROWS[name] if strict and not defined else FAST[name]
        else:
            written = (STRICT_ROWS.get(name) if strict else None) or template_of(name, numbers)
        if written is None:
            label = f"own_{slot}" if isinstance(name, OwnName) else f"{'strict' if strict else 'total'}_{name}"
            self.functions[label] = FLOAT.strict(name) if strict else FLOAT.value(name)
            written = call(label, len(numbers))
        return written

    def known(self) -> list[Any]:
        """The value of each slot that is a number whatever the inputs are."""
        return constant_values(self.tape)

    def is_known(self, slot: int) -> bool:
        """Whether the value of a row is written in its place."""
        return self.numbers[slot] is not None

    # -- how Python spells it --------------------------------------------------------------------------------------------

    long, closed = LONG, ""
    """How long an expression may be that has no name; and what ends a block."""
    literal = staticmethod(literal)

    def arguments(self) -> Iterable[str]:
        """The text of each input."""
        return [f"x{slot}" for slot in range(self.tape.first_row)]

    def assigned(self, name: str, text: str) -> str:
        return f"{name} = {text}"

    def opened(self, guard: str) -> str:
        """The line that begins a block."""
        return f"if {guard}:"

    def decided(self, name: str, around: str, guard: str) -> str:
        """The line that names what asks for a branch in another one."""
        return f"{name} = {around} and {guard}"

    def truth(self, branch: Scope) -> str:
        """What asks for a branch in the one around it."""
        return f"{'' if branch.when else 'not '}{self.texts[branch.condition]}"

    def end(self, layout: Layout) -> None:
        """Write what hands the results back."""
        self.write(f"return {self.result(layout)}")

    # -- lines ---------------------------------------------------------------------------------------------------------

    def write(self, line: str) -> None:
        self.lines.append("    " * (self.block.depth > 0) + line)

    def stand(self, branch: Scope) -> None:
        """Let the next line stand in a branch: in a block that asks for it. Blocks never stand in one another."""
        if branch is not self.block:
            closes, self.block = self.closed * (self.block.depth > 0), self.root
            if closes:
                self.write(closes)
            if branch.depth:
                self.write(self.opened(self.guard(branch)))
                self.block = branch

    def guard(self, branch: Scope) -> str:
        """What asks for a branch: a name, in lines that are written now, where it stands in others."""
        for inner in reversed(list(takewhile(lambda around: around not in self.guards, branch.chain()))):
            guard = self.truth(inner)
            if inner.parent in self.guards:
                name = f"g{len(self.guards)}"
                self.write(self.decided(name, self.guards[inner.parent], guard))
                guard = name
            self.guards[inner] = guard
        return self.guards[branch]

    def result(self, layout: Layout) -> str:
        if isinstance(layout, int):
            return self.texts[self.tape.results[layout]]
        return f"({''.join(f'{self.result(part)}, ' for part in layout)})"


def carefully(tape: Tape, layout: Layout, *point: float) -> Any:
    """The results at a point as the interpreter computes them."""
    values = evaluate(tape, point)
    return picker(layout)([values[slot] for slot in tape.results])


def inputs(tape: Tape, default: str = "") -> str:
    return ", ".join([f"x{slot}{default}" for slot in range(tape.first_row)])


class PythonRunner:
    """A tape as a Python function.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> kernel = make(lower(parse("log(x)")), 0).entry(dict)
    >>> kernel(1.0), kernel(-1.0), kernel(x=1)
    (0.0, nan, {'x': 1})
    """

    def __init__(self, tape: Tape, layout: Layout, truths: frozenset[int] = frozenset()) -> None:
        self.tape, self.layout = tape, layout
        self.careful = partial(carefully, tape, layout)
        writer = Writer(tape, layout)
        self.functions = writer.functions
        given = inputs(tape)
        check = " and ".join([*[f"type(x{slot}) is float" for slot in range(tape.first_row)], "not rest and not names"])
        head = f"def kernel({inputs(tape, '=missing')}{', /, ' if given else ''}*rest, **names):"
        lines = [
            head,
            f"    if {check}:",
            "        try:",
            *[f"            {line}" for line in writer.lines],
            "        except RAISED:",
            f"            return careful({given})",
            f"    return otherwise(*[x for x in ({given}{',' if given else ''}) if x is not missing], *rest, **names)",
        ]
        self.source = "\n".join(lines)

    def entry(self, otherwise: Callable[..., Any]) -> Callable[..., Any]:
        """See `diffcli.kernels.backends.Runner`."""
        namespace = NAMES | self.functions | {"careful": self.careful, "otherwise": otherwise}
        exec(compile(self.source, "<kernel>", "exec"), namespace)
        return namespace.pop("kernel")  # type: ignore[no-any-return]

    @cached_property
    def every(self) -> Callable[..., Any]:
        """The function of all the results of the tape."""
        layout = tuple(range(len(self.tape.results)))
        return (self if self.layout == layout else PythonRunner(self.tape, layout)).entry(self.careful)

    def batch(self, inputs: Sequence[Any], results: Sequence[Any], threads: int = 1) -> None:
        """See `diffcli.kernels.backends.Runner`; a point after the other, in one thread."""
        function = self.every
        for start in range(0, len(results[0]), BLOCK):
            found = [result[start : start + BLOCK] for result in results]
            points = [repeat(x, len(found[0])) if isinstance(x, float) else x[start : start + BLOCK].tolist() for x in inputs]
            values = map(function, *points) if points else repeat(function(), len(found[0]))
            for column, numbers in zip(found, zip(*values, strict=True), strict=True):
                column[:] = numbers


make = PythonRunner
"""See `diffcli.kernels.backends`."""
