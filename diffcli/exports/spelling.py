"""How a language spells what is asked of it: what its file fills in, with C's ways where languages agree with C."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import product
from math import inf, isinf, prod
from typing import Any

from diffcli._named import NamedTuple
from diffcli.tape.tape import Shape

OPERATORS = {
    "add": "({} + {})", "sub": "({} - {})", "mul": "({} * {})", "neg": "(-{})", "raw div": "({} / {})", "square": "({0} * {0})",
    "stop_gradient": "{}",
}  # fmt: skip
"""Operations that all these languages spell alike. What is *raw* follows IEEE 754 alone: 1/0 is infinite there."""

OWN_NAMES = re.compile(
    r"[vgta]\d+|\w+_of|(\w+_of|polygamma_of_order_\d+)_part\d+|polygamma_of_order_\d+|limit_quotient|limit_power|size_of_sign|quotient|"
    r"values?|gradient|hessian|jacobian|product|found|expected|tolerance"
)
"""Names that are given to what a program computes."""


COMPUTED = re.compile(r"\b[vgt]\d+\b")
"""The names of rows, of conditions, and of what functions compute on the way."""


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class Result(NamedTuple):
    """One thing that a function hands back: its name, its shape, and the text of each of its numbers, row by row."""

    name: str
    shape: Shape
    texts: Sequence[str]


class Program(NamedTuple):
    """A tape that is written: what a language puts into its form of a function."""

    name: str
    remarks: Sequence[str]
    """What stands in the comment above, line by line."""
    arguments: Sequence[tuple[str, Shape]]
    lines: Sequence[str]
    names: Sequence[str]
    """The names of numbers that the lines give a value to, and of truths, which begin with a g."""
    results: Sequence[Result]
    helpers: Sequence[Sequence[str]]
    """The functions that are brought along, each the lines of one."""
    test: Test | None = None
    by: Sequence[str] = ()
    """The names of what the derivatives are by."""


class Test(NamedTuple):
    """A point, a number for each element of the arguments; the results there; and how far each may be off.

    To a main program it comes as texts: one for each argument, and for each number of the others.
    """

    point: Sequence[Any]
    expected: Sequence[Any]
    tolerances: Sequence[Any]


class Language:
    """How a language spells things. A file of a language has one of its own, called ``LANGUAGE``."""

    comment = "//"
    accuracy: Sequence[str] = """\
Each row is within 4 units in the last place of the value of its function (6 between the poles of gamma
and its relatives, which lose digits beside their roots there), with the same infinities and NaN: NaN is
what is undefined. Sums lose the digits that cancel.""".splitlines()
    """What a comment says of how exact it is."""
    qualifier: str | None = None
    """What stands before functions; None where nothing may."""
    reserved: frozenset[str] = frozenset()
    ignores_case = False
    """Whether x and X are one name."""
    all_letters = False
    """Whether names may have letters that are not ASCII."""
    eager = False
    """Whether both sides of a choice are computed in an expression, so that rows of one side are to stand in a block."""
    writer: Any = None
    """What writes a tape, if not `diffcli.exports.writer.SourceWriter`."""
    nan, inf = "NAN", "INFINITY"
    long = 100
    """How long an expression may be that has no name."""
    signs = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
    junction, alternative, opposite = "&&", "||", "!({})"
    choice = "({} ? {} : {})"
    """One of two values, by a condition."""
    places, first = ("[", "][", "]"), 0
    """What stands about and between the places of an element of an array, which count from the first."""
    declared, end = ("", "", ""), ";"
    """What stands before the name of a number, of a truth, and of a number that gets its value later; and what ends a line."""
    opened, closed = "if ({}) {{", "}"
    takes: tuple[str, ...] = ("",)
    """The lines that make sure of an argument: a number, a list of a {size}, and an array of a {shape}, or of {sizes}. The last
    line serves what has none of its own."""
    returned: tuple[str, ...] = ("return {}",)
    """The lines that end a function of one result."""
    header, typed = "function {name}({given})", "{}"
    """How a function of numbers begins, and how its parameters stand there."""
    public, together, nests = "", "{}", "[]"
    """What stands before the function that is exported, and about several results, and about the parts of one."""
    arrays: tuple[str, ...] = ()
    """Numbers with no axis, one, and more, from their list, their sizes and their axes, both from the last on, and their sizes;
    where they are not lists of lists."""
    flattened = "{0}"
    """The numbers of a matrix row by row, from its name and how many they are."""
    begins = ""
    """What stands behind the comment."""
    apart = 1
    """How many empty lines stand between functions."""
    branches = True
    """Whether a condition is one truth; else of many points, and every row is computed for all."""
    remarks: tuple[str, ...] = ()
    """What else is to be known of what it computes; first of many points at once."""
    operations: dict[str, str] = {}
    """The functions that the language has, as templates, by the names of rows. What is missing is written out: see
    `diffcli.exports.helpers`."""
    sources: dict[str, str] = {}
    """Functions in the language itself that are brought along for templates that call them, by their names."""

    # -- expressions -----------------------------------------------------------------------------------------------------

    def literal(self, value: float) -> str:
        if value != value:
            return self.nan
        if isinf(value):
            return self.inf if value == inf else f"(-{self.inf})"
        return f"({self.number(value)})" if self.number(value).startswith("-") else self.number(value)

    exact = literal
    """A number in a main program."""

    def number(self, value: float) -> str:
        """A finite number."""
        return repr(value)

    def choose(self, condition: str, a: str, b: str) -> str:
        return self.choice.format(condition, a, b)

    def relation(self, name: str, a: str, b: str) -> str:
        return f"{a} {self.signs[name]} {b}"

    def either(self, one: str, other: str) -> str:
        return f"({one} {self.alternative} {other})"

    def elements(self, name: str, shape: Shape) -> list[str]:
        """The elements of an array, row by row; of a number, its name."""
        before, between, behind = self.places
        found = product(*[range(self.first, self.first + size) for size in shape])
        return [f"{name}{before}{between.join(map(str, place))}{behind}" for place in found] if shape else [name]

    # -- lines -----------------------------------------------------------------------------------------------------------

    def taken(self, arguments: Sequence[tuple[str, Shape]], many: bool) -> list[str]:
        """The lines that make sure of the arguments; ``many`` says that all is numbers on the tape."""
        lines = [(self.takes[min(len(shape), len(self.takes) - 1)], name, shape) for name, shape in arguments]
        sizes = [", ".join(map(str, shape)) for _, shape in arguments]
        found = zip(lines, sizes, strict=True)
        return [line.format(name=name, shape=shape, size=prod(shape), sizes=each) for (line, name, shape), each in found if line]

    def assigned(self, name: str, text: str, inside: bool) -> str:
        """A line that gives a name its value; one ``inside`` of a block is declared before."""
        return f"{'' if inside else self.declared[name[0] == 'g']}{name} = {text}{self.end}"

    def function(self, name: str, parameters: Iterable[str], lines: Sequence[str], names: Sequence[str]) -> list[str]:
        """A function of numbers with one result."""
        given = ", ".join(map(self.typed.format, parameters))
        return self.body(self.header.format(name=name, given=given, qualifier=self.qualifier), lines, names)

    def body(self, head: str, lines: Sequence[str], names: Sequence[str]) -> list[str]:
        """A function whose names that only lines in blocks give a value to begin as NaN."""
        waiting = [f"{self.declared[2]}{name} = {self.nan}{self.end}" for name in in_blocks(lines, names)]
        return [head + " {" * (self.closed == "}"), *indented([*waiting, *lines]), *[self.closed] * bool(self.closed)]

    def exported(self, program: Program) -> list[str]:
        """The function itself."""
        results = [*map(self.result, program.results)]
        last = f"return {self.together.format(', '.join(results)) if len(results) > 1 else results[0]}{self.end}"
        head, *lines = self.function(program.name, [name for name, _ in program.arguments], [*program.lines, last], program.names)
        return [self.public + head, *lines]

    def result(self, result: Result) -> str:
        """One of the results, as it is handed back."""
        return nested(result.shape, result.texts, *self.nests)

    def flat(self, result: Result) -> str:
        return self.flattened.format(result.name, prod(result.shape)) if len(result.shape) > 1 else result.name

    def tested(self, program: Program) -> list[str]:
        """What calls the function at the point of a test, and compares; nothing without a test."""
        if program.test is None:
            return []
        numbers, *columns = [[*map(self.exact, column)] for column in program.test]
        waiting = iter(numbers)
        given = [self.array(shape, [next(waiting) for _ in range(prod(shape))]) for _, shape in program.arguments]
        return self.main(program, Test(given, *columns))

    def array(self, shape: Shape, numbers: Sequence[str]) -> str:
        """An argument, from its numbers row by row."""
        if not self.arrays:
            return nested(shape, numbers, "[", "]")
        parts = numbers, shape[::-1], range(len(shape), 0, -1), shape
        return self.arrays[min(len(shape), 2)].format(*[", ".join(map(str, part)) for part in parts])

    def main(self, program: Program, test: Test) -> list[str]:
        """The main program of a test, which has texts."""
        raise NotImplementedError

    def program(self, program: Program) -> list[str]:
        """All the lines of an export."""
        return separated([self.commented(program), *program.helpers, self.exported(program), self.tested(program)], self.apart)

    def commented(self, program: Program) -> list[str]:
        return [*[f"{self.comment} {remark}".rstrip() for remark in program.remarks], *self.begins.splitlines()]


def identifiers(names: Iterable[str], language: Language, function: str = "f") -> dict[str, str]:
    """What names are called in a language: no words of it, no names of ours, none twice.

    >>> identifiers(["x", "lambda", "v1", "θ"], Language())
    {'x': 'x', 'lambda': 'lambda', 'v1': 'v1_', 'θ': 'u03b8'}
    """
    found: dict[str, str] = {}
    seen = str.lower if language.ignores_case else str
    called = re.findall(r"[A-Za-z_]\w*", " ".join(language.operations.values()))
    taken = {seen(function), *map(seen, (*language.reserved, *language.operations, *language.sources, *called))}
    for name in names:
        plain = "".join(letter if letter.isascii() or language.all_letters else f"u{ord(letter):04x}" for letter in name)
        plain = f"x{plain}" if plain[:1] == "_" else plain
        while seen(plain) in taken or OWN_NAMES.fullmatch(seen(plain)):
            plain += "_"
        found[name] = plain
        taken.add(seen(plain))
    return found


def bare(text: str) -> str:
    """An expression without parentheses about the whole of it.

    >>> bare("(a + b)"), bare("(a)*(b)")
    ('a + b', '(a)*(b)')
    """
    if text[:1] != "(" or text[-1:] != ")":
        return text
    depth = 0
    for letter in text[:-1]:
        depth += (letter == "(") - (letter == ")")
        if not depth:
            return text
    return text[1:-1]


class Lines:
    """The lines of a function as they come, with what each is for, so that those go again that nothing reads."""

    def __init__(self, closed: str) -> None:
        self.lines: list[str] = []
        self.owners: dict[int, str] = {}
        """The name that a line gives a value to, by the line's place."""
        self.blocks: set[int] = set()
        """The places of lines that begin a block."""
        self.closed = closed

    def pruned(self, results: Iterable[str] = ()) -> tuple[list[str], list[str]]:
        """The lines without those that neither others read nor results, and the names that are left."""
        kept: list[str] = []
        names: list[str] = []
        read = {word for text in results for word in COMPUTED.findall(text)}
        filled = False
        for place in reversed(range(len(self.lines))):
            line, owner = self.lines[place], self.owners.get(place, "")
            if place in self.blocks and not filled:
                kept = kept[:-1] if self.closed else kept
                continue
            if owner and owner not in read:
                continue
            names += [owner] if owner else []
            filled = place not in self.blocks and (filled or line[:1] == " ")
            kept.append(line)
            read |= {*COMPUTED.findall(line.partition("=")[2] if owner else line)}
        return kept[::-1], names[::-1]


def in_blocks(lines: Iterable[str], names: Iterable[str]) -> list[str]:
    """The names that only lines in blocks give a value to; comparisons of what is not computed ask for them."""
    known = {*names}
    return [*dict.fromkeys(line.split()[0] for line in lines if line[:4] == "    " and line.split()[0] in known)]


def separated(parts: Iterable[Sequence[str]], apart: int = 1) -> list[str]:
    """Lines with empty ones between the parts that are there."""
    return [line for part in parts if part for line in ("",) * apart + (*part,)][apart:]


def indented(lines: Iterable[str], by: str = "    ") -> list[str]:
    return [by + line if line else line for line in lines]


def nested(shape: Shape, texts: Sequence[Any], open: str, close: str) -> str:
    """Texts as nested lists of a shape, or tuples.

    >>> nested((2, 2), "abcd", "[", "]")
    '[[a, b], [c, d]]'
    """
    if not shape:
        return str(texts[0])
    size = len(texts) // shape[0] if shape[0] else 0
    comma = "," if open == "(" and shape[0] == 1 else ""
    parts = [nested(shape[1:], texts[k * size : (k + 1) * size], open, close) for k in range(shape[0])]
    return f"{open}{', '.join(parts)}{comma}{close}"
