"""Random programs for the property tests: trees of our own, ways to spell them, and what they mean.

The trees are plain tuples, made without the parser, so that a test can hold the parser, the printer and the tape against
them. ``spelled`` writes one with the parentheses that the grammar needs and as many more as are asked for; ``meaning``
computes one by recursion, in the most direct way there is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st
from inside import CALL as USER_CALL
from inside import CONSTANTS, FLOAT, NUMBER, OPERATIONS, REDUCED, Program
from inside import NAME as NAME_NODE


class Number(NamedTuple):
    text: str


class Name(NamedTuple):
    text: str


class Apply(NamedTuple):
    """A row of the table of operations, by its name."""

    operation: str
    operands: tuple[Any, ...]


class Choice(NamedTuple):
    """``then if condition else otherwise``, or ``where(condition, then, otherwise)``."""

    condition: Any
    then: Any
    otherwise: Any
    ternary: bool


class Call(NamedTuple):
    """A function of the program."""

    function: str
    operands: tuple[Any, ...]


Tree = Number | Name | Apply | Choice | Call


class Statement(NamedTuple):
    """``name(parameters) = body``, ``name = body`` (parameters None) or ``body`` (no name)."""

    name: str
    parameters: tuple[str, ...] | None
    body: Tree


# -- the grammar, once more ----------------------------------------------------------------------------------------------

CHOICE, OR, AND, NOT, COMPARISON, SUM, PRODUCT, SIGN, POWER, ATOM = range(10)
INFIX = {
    "or": ("or", OR), "and": ("and", AND), "lt": ("<", COMPARISON), "le": ("<=", COMPARISON), "gt": (">", COMPARISON),
    "ge": (">=", COMPARISON), "eq": ("==", COMPARISON), "ne": ("!=", COMPARISON), "add": ("+", SUM), "sub": ("-", SUM),
    "mul": ("*", PRODUCT), "div": ("/", PRODUCT), "pow": ("^", POWER),
}  # fmt: skip
PREFIX = {"neg": ("-", SIGN), "not": ("not ", NOT)}


def binds(tree: Tree) -> int:
    """How tightly the spelling of a tree holds together."""
    if isinstance(tree, Apply):
        return (INFIX | PREFIX).get(tree.operation, ("", ATOM))[1]
    return CHOICE if isinstance(tree, Choice) and tree.ternary else ATOM


def needs(tree: Tree) -> list[int]:
    """How tightly each operand must hold together to stand without parentheses."""
    if isinstance(tree, Choice) and tree.ternary:
        return [CHOICE + 1, CHOICE + 1, CHOICE]  # condition, then, otherwise
    if not isinstance(tree, Apply) or binds(tree) == ATOM:
        return [CHOICE] * len(children(tree))
    own = binds(tree)
    if tree.operation in PREFIX:
        return [own]
    if tree.operation == "pow":
        return [POWER + 1, SIGN]
    return [own + (own == COMPARISON), own + 1]


def children(tree: Tree) -> tuple[Tree, ...]:
    if isinstance(tree, Choice):
        return tree.condition, tree.then, tree.otherwise
    return tree.operands if isinstance(tree, Apply | Call) else ()


def spelled(tree: Tree, extra: Iterator[int], blanks: Iterator[str]) -> str:
    """The text of a tree; ``extra`` says how many parentheses too many each node gets."""

    def write(tree: Tree, needed: int) -> str:
        inner = [write(child, need) for child, need in zip(children(tree), needs(tree), strict=True)]
        blank = next(blanks)
        if isinstance(tree, Number | Name):
            text = tree.text
        elif isinstance(tree, Choice) and tree.ternary:
            condition, then, otherwise = inner
            text = f"{then} if {condition} else {otherwise}"
        elif isinstance(tree, Apply) and tree.operation in INFIX:
            symbol = INFIX[tree.operation][0]
            text = f"{inner[0]} {symbol} {inner[1]}" if symbol.isalpha() else blank.join((inner[0], symbol, inner[1]))
        elif isinstance(tree, Apply) and tree.operation in PREFIX:
            text = PREFIX[tree.operation][0] + inner[0]
        else:
            text = f"{function_name(tree)}({blank}{f',{blank}'.join(inner)})"
        count = next(extra) + (binds(tree) < needed)
        return "(" * count + text + ")" * count

    return write(tree, CHOICE)


def function_name(tree: Tree) -> str:
    if isinstance(tree, Call):
        return tree.function
    return OPERATIONS[tree.operation].spelling if isinstance(tree, Apply) else "where"


def program_spelled(statements: Sequence[Statement], extra: Iterator[int], blanks: Iterator[str], separator: str = "\n") -> str:
    lines = []
    for name, parameters, body in statements:
        target = name + (f"({', '.join(parameters)})" if parameters is not None else "")
        lines.append(f"{target} = " * bool(name) + spelled(body, extra, blanks))
    return separator.join(lines)


def plainly(statements: Sequence[Statement]) -> str:
    """The text with no parenthesis too many."""
    return program_spelled(statements, iter(lambda: 0, 1), iter(lambda: " ", ""))


def tree_of(program: Program, root: int) -> Tree:
    """What the parser made of a text, as a tree of ours."""
    operation, argument = program.operations[root], program.arguments[root]
    if operation == NUMBER:
        return Number(repr(argument))
    if operation == NAME_NODE:
        return Name(str(argument))
    operands = tuple(tree_of(program, child) for child in program.children(root))
    if operation == "where":
        branches = program.branches[root]
        return Choice(*operands, ternary=branches.then < branches.condition)
    return Call(program.callees[root], operands) if operation == USER_CALL else Apply(operation, operands)


def with_numbers(tree: Tree) -> Tree:
    """A tree with its numbers as `tree_of` writes them."""
    if isinstance(tree, Number):
        return Number(repr(float(tree.text)))
    if isinstance(tree, Choice):
        return Choice(*map(with_numbers, children(tree)), ternary=tree.ternary)
    return tree._replace(operands=tuple(map(with_numbers, tree.operands))) if isinstance(tree, Apply | Call) else tree


# -- what it means -------------------------------------------------------------------------------------------------------


def meaning(statements: Sequence[Statement], point: Mapping[str, float]) -> float:
    """The value of a program: recursion, one dictionary of names for each call, and only the taken branch of a choice."""
    functions: dict[str, Statement] = {}
    names: dict[str, float] = {**CONSTANTS, **point}
    value = math.nan
    for statement in statements:
        if statement.parameters is not None:
            functions[statement.name] = statement
            continue
        value = _value(statement.body, names, functions, names)
        if statement.name:
            names[statement.name] = value
    return value


def _value(tree: Tree, names: Mapping[str, float], functions: Mapping[str, Statement], outside: Mapping[str, float]) -> Any:
    if isinstance(tree, Number):
        return float(tree.text)
    if isinstance(tree, Name):
        return names[tree.text]
    if isinstance(tree, Choice):
        condition = _value(tree.condition, names, functions, outside)
        if condition != condition:
            return math.nan  # an undefined condition chooses nothing
        taken = tree.then if condition else tree.otherwise
        return _value(taken, names, functions, outside)
    values = [_value(operand, names, functions, outside) for operand in tree.operands]
    if isinstance(tree, Call):
        function = functions[tree.function]
        return _value(function.body, {**outside, **dict(zip(function.parameters or (), values, strict=True))}, functions, outside)
    row = OPERATIONS[tree.operation]
    left_out = 0 if row.variadic else len(row.operands) - len(values)
    values += row.defaults[len(row.defaults) - left_out :] if left_out else ()
    function_of_row = FLOAT.strict(row.name)
    return function_of_row(*values)


# -- strategies ----------------------------------------------------------------------------------------------------------

NUMBERS = ("1", "0", "2", ".5", "3.", "0.1", "1e-3", "2.5E+2", "1_000", "10", "7", "1e16", "12345678901234567890", "5e-324")
VARIABLES = ("x", "y", "x1", "β", "S", "sin", "lambda", "rate_2")
FUNCTIONS = ("f", "g", "shift", "ζ")

Shapes = Sequence[tuple[str, int]]
ROWS: Shapes = [
    (row.name, count)
    for row in OPERATIONS.values()
    if row.name != "where" and (not row.symbol or row.name == "pow")
    for count in range(row.arity[0], (row.arity[1] or 4) + 1)
    if count > 1 or row.name not in REDUCED  # max(x) is that of an array
]
"""Every function of the table with every number of operands (up to four) that it takes."""
SMOOTH: Shapes = [(name, len(OPERATIONS[name].operands)) for name in ("sin", "cos", "exp", "tanh", "atan", "sigmoid", "hypot")]
"""Functions that are finite and smooth nearly everywhere, for programs whose derivatives are to be compared."""

ARITHMETIC = ("add", "sub", "mul", "div", "pow")
CONDITIONS = ("lt", "le", "gt", "ge", "eq", "ne", "and", "or")


class Choices:
    """Bytes as choices. When there are none left, the first of the options is chosen: the simplest.

    A whole program from one string of bytes is quick to draw, and a shorter string is a smaller program.
    """

    def __init__(self, content: bytes) -> None:
        self.content = iter(content)

    def number(self, below: int) -> int:
        return next(self.content, 0) % below

    def pick(self, options: Sequence[Any]) -> Any:
        return options[self.number(len(options))]


def leaf(choices: Choices, names: Sequence[str]) -> Tree:
    if names and choices.number(3) < 2:
        return Name(choices.pick(names))
    return Number(choices.pick(NUMBERS))


def tree(choices: Choices, names: Sequence[str], functions: Shapes = (), rows: Shapes = ROWS, depth: int = 5) -> Tree:
    """An expression over names, the program's own functions and the given rows of the table."""

    def smaller(count: int) -> tuple[Tree, ...]:
        return tuple([tree(choices, names, functions, rows, depth - 1) for _ in range(count)])

    kind = choices.number(16) if depth else 0
    if kind < 4:
        return leaf(choices, names)
    if kind < 8:
        return Apply(choices.pick(ARITHMETIC), smaller(2))
    if kind < 10:
        return Apply(choices.pick(("neg", "neg", "not")), smaller(1))
    if kind < 11:
        return Apply(choices.pick(CONDITIONS), smaller(2))
    if kind < 13:
        return Choice(*smaller(3), ternary=bool(choices.number(2)))
    if kind < 14 and functions:
        name, count = choices.pick(functions)
        return Call(name, smaller(count))
    name, count = choices.pick(rows)
    return Apply(name, smaller(count))


def program(content: bytes, rows: Shapes = ROWS, variables: Sequence[str] = VARIABLES, depth: int = 5) -> list[Statement]:
    """A program of a few statements: functions, some with parameters that shadow names outside, bindings, expressions."""
    choices = Choices(content)
    reach = list(variables)
    functions: list[tuple[str, int]] = []
    statements = []
    fresh = [f"v{index}" for index in range(5)]
    for _ in range(choices.number(5)):
        kind = choices.pick(("bare", "binding", "binding", "function", "function"))
        if kind == "function" and len(functions) < len(FUNCTIONS):
            name = FUNCTIONS[len(functions)]
            possible = [*variables, "u", "e", *fresh]
            parameters = tuple(dict.fromkeys(choices.pick(possible) for _ in range(choices.number(4))))
            # nothing that is bound further on may be named in a body
            inside = list(dict.fromkeys([*parameters, *reach]))
            statements.append(Statement(name, parameters, tree(choices, inside, functions, rows, depth)))
            functions.append((name, len(parameters)))
        else:
            body = tree(choices, reach, functions, rows, depth)
            name = fresh.pop(0) if kind == "binding" else ""
            statements.append(Statement(name, None, body))
            reach = [name, *reach] if name else reach
    statements.append(Statement("", None, tree(choices, reach, functions, rows, depth)))
    return statements


def programs(rows: Shapes = ROWS, variables: Sequence[str] = VARIABLES, depth: int = 5) -> st.SearchStrategy[list[Statement]]:
    return st.binary(min_size=40, max_size=240).map(lambda content: program(content, rows, variables, depth))


COORDINATES = (1.0, 0.0, -1.0, 0.5, -0.5, 2.0, 3.0, 1e-8, 0.1, -2.5, 1e10, 700.0)

points = st.fixed_dictionaries({name: st.sampled_from(COORDINATES) | st.floats(-5, 5) for name in VARIABLES})
"""A value for every variable."""


def given_point(program: Program, point: Mapping[str, float]) -> dict[str, float]:
    """The part of a point that a program asks for."""
    return {name: point[name] for name in program.inputs}
