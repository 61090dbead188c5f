"""A tape as the source of a Python function of one point, which returns, bit for bit, what `evaluate` computes there.

The source is written twice by one writer. The *fast* one says ``log(x0)`` and ``x0/x1`` and lets Python raise where `math`
does: at a pole, outside of a domain, beyond the range of floats. A point at which it raises is computed by the *careful* one,
which calls the total functions of the arithmetic by name, and which is made when it is first needed. So an ordinary point pays
nothing for the others. A row that is used once is part of the expression that uses it, and of a choice Python computes one side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from itertools import repeat
from typing import Any

from diffcli._named import NamedTuple
from diffcli.kernels.backends import Layout
from diffcli.operations import OPERATIONS
from diffcli.operations.arithmetic.floats import FLOATS
from diffcli.operations.custom_operations import OwnName
from diffcli.tape import Tape
from diffcli.tape.running.rules import FLOAT, OPERATORS, fold, parse_own

FUNCTIONS = (
    "exp", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "sin", "cos", "tan", "asin", "acos", "atan", "atan2",
    "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "gamma",
)  # fmt: skip
"""Functions of `math` that raise wherever the total ones of their names return something else."""

FAST = OPERATORS | {name: f"{name}({{}})" for name in FUNCTIONS} | {
    "where": "({1} if {0} else {2})", "atan2": "atan2({}, {})", "div": "({} / {})", "abs": "abs({})", "stop_gradient": "{}",
    "floor": "float(floor({}))", "ceil": "float(ceil({}))", "round": "float(round({}))", "trunc": "float(trunc({}))",
    "mod": "({} % {})", "floor_divide": "({} // {})", "fmod": "copysign(abs({0}) % abs({1}), {0})",
    "copysign": "(copysign({0}, {1}) if {1} == {1} else nan)",
    "sign": "(1.0 if {0} > 0.0 else -1.0 if {0} < 0.0 else 0.0 if {0} == 0.0 else nan)",
    "clip": "({0} if {1} <= {0} <= {2} else total_clip({0}, {1}, {2}))",
    "lt": "(1.0 if {} < {} else 0.0)", "le": "(1.0 if {} <= {} else 0.0)", "gt": "(1.0 if {} > {} else 0.0)",
    "ge": "(1.0 if {} >= {} else 0.0)", "eq": "(1.0 if {} == {} else 0.0)", "ne": "(1.0 if {} != {} else 0.0)",
    "and": "(1.0 if {0} and {1} and {0} == {0} and {1} == {1} else total_and({0}, {1}))",
    "or": "(0.0 if not {0} and not {1} else total_or({0}, {1}))",
    "not": "(0.0 if {0} and {0} == {0} else total_not({0}))",
}  # fmt: skip
"""Rows as expressions that raise, or return the very bits that the total functions of their names do."""

STRICT_ROWS = {
    "where": "(nan if {0} != {0} else {1} if {0} else {2})",
    "lt": "(1.0 if {0} < {1} else 0.0 if {0} >= {1} else undefined())",
    "le": "(1.0 if {0} <= {1} else 0.0 if {0} > {1} else undefined())",
    "gt": "(1.0 if {0} > {1} else 0.0 if {0} <= {1} else undefined())",
    "ge": "(1.0 if {0} >= {1} else 0.0 if {0} < {1} else undefined())",
    "eq": "(1.0 if {0} == {1} else 0.0 if {0} < {1} or {0} > {1} else undefined())",
    "ne": "(0.0 if {0} == {1} else 1.0 if {0} < {1} or {0} > {1} else undefined())",
}  # fmt: skip
"""Of them those of a program. A comparison raises where it is undefined, so that no choice has to ask that."""

OF_TWO = {
    "max": "({0} if {0} >= {1} else {1} if {0} < {1} else nan)", "min": "({0} if {0} <= {1} else {1} if {0} > {1} else nan)",
}  # fmt: skip
"""Rows of any number of operands, if there are two."""


def _any(number: float) -> bool:
    return True


BESIDE_A_NUMBER: tuple[tuple[str, int, Callable[[float], bool], str], ...] = (
    ("pow", 1, lambda b: b != 0 and b.is_integer(), "({} ** {})"),
    ("pow", 1, bool, "pow({}, {})"),
    ("pow", 0, lambda a: a not in (0.0, 1.0), "pow({}, {})"),
    ("hypot", 0, _any, "hypot({}, {})"),
    ("hypot", 1, _any, "hypot({}, {})"),
    ("copysign", 1, _any, "copysign({}, {})"),
)
"""Rows whose special cases a finite number for one operand rules out: the operand's place, what the number must be, and the
expression."""

COMPARISONS = frozenset(("lt", "le", "gt", "ge", "eq", "ne"))

DEPTH = 16
"""How deep an expression may be, and how deep branches may stand in one another: Python's own parser has its limits."""


def undefined() -> float:
    """The truth of what is undefined, which the fast source leaves to the careful one."""
    raise ValueError


BLOCK = 4096
"""How many points of a batch are in memory as Python's numbers at a time."""


class Text(NamedTuple):
    """An expression in a source."""

    text: str
    depth: int = 0
    """0 for a name or a number, which may be mentioned more than once."""
    number: float | None = None
    """The value of a constant."""


def number_text(value: float) -> Text:
    text = repr(value) if value - value == 0 else "nan" if value != value else "inf" if value > 0 else "-inf"
    return Text(f"({text})" if text.startswith("-") else text, 0, value)


NAMES: dict[str, Any] = {name: getattr(math, name) for name in (*FUNCTIONS, "pow", "hypot", "copysign", "floor", "ceil", "trunc")}
NAMES |= {f"total_{name}": function for name, function in FLOATS.items()}
NAMES |= {"abs": abs, "round": round, "float": float, "type": type, "inf": math.inf, "nan": math.nan, "undefined": undefined}
NAMES |= {"missing": object(), "RAISED": (ZeroDivisionError, ValueError, OverflowError), "__builtins__": {}}
"""What the names in a source stand for."""


def template_of(name: str, numbers: Sequence[float | None]) -> str | None:
    """How an operation is written in a fast source, where some operands may be numbers; None if by a call."""
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

    def leaf(argument: Any) -> Text:
        if argument in row.parameters:
            return Text(f"{{{row.parameters.index(argument)}}}")
        return number_text(FLOAT.constants.get(argument, argument))

    def apply(operation: str, operands: list[Text], _: Any) -> Text:
        numbers = [operand.number for operand in operands]
        if operation in FLOATS and None not in numbers:
            return number_text(FLOATS[operation](*numbers))
        template = FLOAT.operators.get(operation) or template_of(operation, numbers)
        if template is None:
            template = call(f"total_{operation}", len(numbers))
            NAMES[f"total_{operation}"] = FLOAT.value(operation)
        return Text(template.format(*[operand.text for operand in operands]), 1)

    return fold(program, leaf, apply).text if len(program.statements) == 1 else None


def call(name: str, count: int) -> str:
    return f"{name}({', '.join(['{}'] * count)})"


@cache
def shape(template: str) -> tuple[tuple[int, ...], int]:
    """The places that a template mentions more than once, and how deep its parentheses are."""
    depth = deepest = 0
    for sign in template:
        depth += (sign == "(") - (sign == ")")
        deepest = max(deepest, depth)
    return tuple(place for place in range(3) if template.count(f"{{{place}}}") > 1), max(deepest, 1)


def places(layout: Layout) -> list[int]:
    """The positions in a layout, from left to right."""
    return [layout] if isinstance(layout, int) else [place for part in layout for place in places(part)]


class Writer:
    """The lines that compute the results of a tape that a layout asks for.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> Writer(lower(parse("where(x > 1, log(x), x^2)")), 0, fast=True).lines
    ['v1 = (1.0 if x0 > 1.0 else 0.0 if x0 <= 1.0 else undefined())', 'return (log(x0) if v1 else (x0 ** 2.0))']
    """

    def __init__(self, tape: Tape, layout: Layout, fast: bool) -> None:
        self.tape, self.fast = tape, fast
        self.functions: dict[str, Any] = {}
        """What is called by a name that is not among `NAMES`."""
        self.lines: list[str] = []
        self.around: list[int] = []
        """The branch around each branch, which is a place in ``tape.skips``; -1 for none."""
        self.depths: list[int] = []
        self.shallow: list[int] = []
        """The innermost branch around each one, or itself, that has a block of its own."""
        self.blocks: list[int] = []
        """The branches in whose blocks the last line stands, the outermost first."""
        self.guards: set[int] = set()
        """Deeper branches whose condition has a name already."""
        self.inside = self._branches()
        self.texts: list[Any] = [Text(f"x{slot}") for slot in range(tape.first_row)] + [None] * len(tape.operations)
        self.texts += [number_text(value) for value in reversed(tape.constants)]
        self.uses = self._uses([tape.results[place] for place in places(layout)])
        for slot in tape.rows():
            if self.uses[slot]:
                self.row(slot)
        self.stand(-1)
        self.write(f"return {self.result(layout)}")

    def _branches(self) -> list[int]:
        """The innermost branch in which each row stands."""
        skips, inside, innermost = self.tape.skips, [], -1
        for slot in self.tape.rows():
            while innermost >= 0 and skips[innermost].stop <= slot:
                innermost = self.around[innermost]
            while len(self.around) < len(skips) and skips[len(self.around)].start == slot:
                around, innermost = innermost, len(self.around)
                self.around.append(around)
                self.depths.append(1 + (self.depths[around] if around >= 0 else 0))
                self.shallow.append(innermost if self.depths[-1] <= DEPTH else self.shallow[around])
            inside.append(innermost)
        return inside

    def _uses(self, results: Sequence[int]) -> list[int]:
        """How often the value of each slot is needed."""
        tape, uses = self.tape, [0] * self.tape.size
        for slot in results:
            uses[slot] += 1
        asked = {-1}
        for slot in reversed(tape.rows()):
            if uses[slot]:
                for operand in tape.operands_of(slot):
                    uses[operand] += 1
                branch = self.inside[slot - tape.first_row]
                while branch not in asked:
                    asked.add(branch)
                    uses[tape.skips[branch].condition] += 2  # a block asks a name
                    branch = self.around[branch]
        return uses

    # -- rows ----------------------------------------------------------------------------------------------------------

    def row(self, slot: int) -> None:
        """Write a row: as part of the one that uses it, if there is one alone, else as a line."""
        tape = self.tape
        branch, operands = self.inside[slot - tape.first_row], tape.operands_of(slot)
        template = self.template(slot, [self.texts[operand].number for operand in operands])
        often, depth = shape(template)
        for place in often:
            if self.texts[operands[place]].depth:
                self.name(operands[place], branch)
        texts = [self.texts[operand] for operand in operands]
        depth += max([text.depth for text in texts], default=0)
        self.texts[slot] = Text(template.format(*[text.text for text in texts]), depth)
        if self.uses[slot] > 1 or depth >= DEPTH:
            self.name(slot, branch)

    def name(self, slot: int, branch: int) -> None:
        """Give the value of a row a name, in a line of a branch."""
        self.stand(branch)
        self.write(f"v{slot} = {self.texts[slot].text}")
        self.texts[slot] = Text(f"v{slot}")

    def template(self, slot: int, numbers: Sequence[float | None]) -> str:
        """How a row is written, with places for its operands."""
        tape = self.tape
        name, strict = tape.operation(slot), tape.derived_from is None or slot < tape.derived_from
        found: str | None = None
        if name == "where":
            condition = tape.operands_of(slot)[0]
            defined = self.fast and condition >= tape.first_row and tape.operation(condition) in COMPARISONS
            found = STRICT_ROWS[name] if strict and not defined else FAST[name]
        elif self.fast:
            found = (STRICT_ROWS.get(name) if strict else None) or template_of(name, numbers)
        elif name in OPERATORS and name not in COMPARISONS:
            found = OPERATORS[name]
        if found is None:
            kind = "own" if isinstance(name, OwnName) else name
            label = f"{'strict' if strict else 'total'}_{kind}" if kind == name else f"own_{slot}"
            self.functions[label] = FLOAT.strict(name) if strict else FLOAT.value(name)
            found = call(label, len(numbers))
        return found

    # -- lines ---------------------------------------------------------------------------------------------------------

    def write(self, line: str) -> None:
        self.lines.append("    " * len(self.blocks) + line)

    def stand(self, branch: int) -> None:
        """Open the blocks of the branches in which the next line stands, and close others.

        Blocks stand no deeper in one another than `DEPTH`; a branch that does has a name for its condition and all those around
        it, and its lines a block that asks for that.
        """
        if branch >= 0 and self.blocks[-1:] == [branch]:
            return
        chain, around = [], self.shallow[branch] if branch >= 0 else -1
        while around >= 0:
            chain.append(around)
            around = self.around[around]
        chain.reverse()
        self.open(chain)
        deep, around = [], branch
        while around >= 0 and self.depths[around] > DEPTH and around not in self.guards:
            deep.append(around)
            around = self.around[around]
        for inner in reversed(deep):
            outer = f"g{self.around[inner]} and " if self.around[inner] in self.guards else ""
            self.write(f"g{inner} = {outer}{self.condition(inner)}")
            self.guards.add(inner)
        if branch in self.guards:
            self.open([*chain, branch])

    def open(self, chain: list[int]) -> None:
        """Let the next line stand in the blocks of some branches and no others."""
        same = 0
        while same < len(self.blocks) and self.blocks[same : same + 1] == chain[same : same + 1]:
            same += 1
        del self.blocks[same:]
        for branch in chain[same:]:
            self.write(f"if {f'g{branch}' if branch in self.guards else self.condition(branch)}:")
            self.blocks.append(branch)

    def condition(self, branch: int) -> str:
        skip = self.tape.skips[branch]
        return f"{'' if skip.when else 'not '}{self.texts[skip.condition].text}"

    def result(self, layout: Layout) -> str:
        if isinstance(layout, int):
            return self.texts[self.tape.results[layout]].text  # type: ignore[no-any-return]
        return f"({''.join(f'{self.result(part)}, ' for part in layout)})"


class Careful:
    """What computes the points that a fast source leaves: a careful one, compiled when it is first called."""

    def __init__(self, tape: Tape, layout: Layout) -> None:
        self.tape, self.layout = tape, layout
        self.function: Callable[..., Any] | None = None

    def __call__(self, *point: float) -> Any:
        if self.function is None:
            writer = Writer(self.tape, self.layout, fast=False)
            head = f"def kernel({inputs(self.tape)}):"
            self.function = compiled("\n    ".join([head, *writer.lines]), writer.functions)
        return self.function(*point)


def inputs(tape: Tape, default: str = "") -> str:
    return ", ".join([f"x{slot}{default}" for slot in range(tape.first_row)])


def compiled(source: str, names: dict[str, Any]) -> Callable[..., Any]:
    namespace = NAMES | names
    exec(compile(source, "<kernel>", "exec"), namespace)
    return namespace.pop("kernel")  # type: ignore[no-any-return]


class PythonRunner:
    """A tape as a Python function.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> kernel = make(lower(parse("log(x)")), 0).entry(dict)
    >>> kernel(1.0), kernel(-1.0), kernel(1)
    (0.0, nan, {'x': 1})
    """

    def __init__(self, tape: Tape, layout: Layout) -> None:
        self.tape, self.layout = tape, layout
        self.careful = Careful(tape, layout)
        self.writer = Writer(tape, layout, fast=True)
        check = " and ".join([f"type(x{slot}) is float" for slot in range(tape.first_row)]) or "True"
        lines = [
            f"def kernel({inputs(tape, '=missing')}):",
            f"    if {check}:",
            "        try:",
            *[f"            {line}" for line in self.writer.lines],
            "        except RAISED:",
            f"            return careful({inputs(tape)})",
            f"    return otherwise({inputs(tape)})",
        ]
        self.source = "\n".join(lines)

    def entry(self, otherwise: Callable[..., Any]) -> Callable[..., Any]:
        """See `diffcli.kernels.backends.Runner`. Its parameters are the inputs: Python refuses others, and too many."""
        names = self.tape.inputs

        def named(*given: Any) -> Any:
            there = NAMES["missing"]
            return otherwise(**{name: value for name, value in zip(names, given, strict=True) if value is not there})

        function = compiled(self.source, self.writer.functions | {"careful": self.careful, "otherwise": named})
        code = function.__code__
        function.__code__ = code.replace(co_varnames=(*names, *code.co_varnames[len(names) :]))
        return function

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


def make(tape: Tape, layout: Layout, truths: frozenset[int] = frozenset()) -> PythonRunner:
    """Compile a finished tape of numbers: see `diffcli.kernels.backends`."""
    return PythonRunner(tape, layout)
