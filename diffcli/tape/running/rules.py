"""The rules of the table, read and compiled on first use.

What an operand adds to a tangent, or to an adjoint, is one thing in both modes: ``g * partial``, where ``g`` is the
tangent of the operand in forward mode and the adjoint of the result in reverse mode. That product is a *term*. It is
written as one would write it by hand (``g/a`` and not ``g*(1/a)``), and the same text gives the number, the formula in
the trace, and the count of operations.

The only code that is compiled in diffcli is compiled here, from the table's own texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from diffcli.language import Program, parse
from diffcli.language.syntax import NAME, NUMBER
from diffcli.language.writing.printer import to_text
from diffcli.operations import OPERATIONS, Operation
from diffcli.operations.arithmetic.floats import FLOATS
from diffcli.tape.tape import Tape

ABSENT = "absent"
"""The partial of no dependence, in a rule's text."""

SEED, RESULT, TIES, GAP = "g", "y", "ties", "gap"
"""The names of the other factor, of the result, of the number of operands that equal it, and of an operand's distance to
the nearest other one, in a term's text."""

_INLINE = {
    "add": "({} + {})", "sub": "({} - {})", "mul": "({} * {})", "neg": "(-{})", "lt": "({} < {})", "le": "({} <= {})",
    "gt": "({} > {})", "ge": "({} >= {})", "eq": "({} == {})", "ne": "({} != {})", "and": "({} and {})",
    "or": "({} or {})", "not": "(not {})", "where": "({1} if {0} else {2})", "square": "({0} * {0})",
}  # fmt: skip
"""Operations that Python spells itself; the others are functions of the arithmetic."""


def _nearest(operand: float, others: Sequence[float]) -> float:
    """The distance to the nearest of some other operands."""
    return min((abs(operand - other) for other in others), default=float("inf"))


NAMESPACE: dict[str, Any] = {
    "nan": float("nan"), "pi": 3.141592653589793, ABSENT: None, "nearest": _nearest, "__builtins__": {},
}  # fmt: skip

class Arithmetic(NamedTuple):
    """What a rule is computed in: its functions by the names of rows, what Python spells itself, and constants."""

    function: Callable[[str], Callable[..., Any]]
    inline: Mapping[str, str]
    constants: Mapping[str, Any] = {}


TermFunctions = tuple[Callable[..., float | None] | None, ...]
"""One function ``(g, *operands, result)`` for each operand; None where there is no dependence."""

Overrides = dict[int, TermFunctions]
"""Term functions to use in place of the table's, by slot."""


class Term:
    """What one operand adds: its partial derivative times ``g``.

    ``function(g, *operands, result)`` computes it; ``program`` is its syntax tree.
    """

    __slots__ = ("row", "program", "function")

    def __init__(self, text: str, row: Operation, position: int) -> None:
        self.row = row
        self.program = parse(text)
        self.function = _compile_term(self.program, row, position)



def term_text(partial: str) -> str:
    """The text of ``g * partial``, as one would write it.

    >>> term_text("1"), term_text("-1"), term_text("cos(a)"), term_text("1/(2*y)"), term_text("-(y/a)")
    ('g', '-g', 'g*(cos(a))', 'g/(2*y)', '-g*(y/a)')
    """
    if partial in ("1", "-1", ABSENT):
        return partial.replace("1", SEED)
    *bindings, body = partial.split(";")
    program = parse(partial)
    root = program.result.root
    operation, children = program.operations[root], program.children(root)
    if operation == NUMBER and program.arguments[root] == 1:
        body = SEED
    elif operation == NAME and program.arguments[root] == ABSENT:
        body = ABSENT
    elif operation == "where":
        condition, then, otherwise = (to_text(program, child) for child in children)
        body = f"where({condition}, {term_text(then)}, {term_text(otherwise)})"
    elif operation == "neg":
        body = f"-{term_text(to_text(program, children[0]))}"  # (-g)*p for -(g*p): the same number
    elif operation == "div" and program.arguments[children[0]] == 1.0:
        body = f"{SEED}/({to_text(program, children[1])})"
    else:
        body = f"{SEED}*({body})"
    return "; ".join([*(binding.strip() for binding in bindings), body])


@cache
def terms(name: str, count: int) -> tuple[Term | None, ...]:
    """The terms of an operation with ``count`` operands, one each; None where there is no dependence."""
    row = OPERATIONS[name]
    partials = row.partials * count if row.variadic else row.partials
    return tuple(None if text == ABSENT else Term(term_text(text), row, position) for position, text in enumerate(partials))


@cache
def term_functions(name: str, count: int) -> TermFunctions:
    """The functions of `terms`."""
    return tuple(None if term is None else term.function for term in terms(name, count))


def terms_of(tape: Tape) -> dict[tuple[str, int], TermFunctions]:
    """The term functions of every operation on a tape, by its name and number of operands."""
    kinds = set(zip(tape.operations, map(len, tape.operands), strict=True))
    return {(name, count): term_functions(name, count) for name, count in kinds}


@cache
def value_function(row: Operation) -> Callable[..., Any]:
    """How a row without a function of its own in the arithmetic is computed: its ``value``, else its ``definition``."""
    text = row.value or row.definition
    if row.domain:
        text = f"where({row.domain}, {text}, nan)"
    return compile_rule(parse(text), [*row.parameters])


def definition_function(
    row: Operation, functions: Mapping[str, Callable[..., Any]], constants: Mapping[str, Any]
) -> Callable[..., Any]:
    """How a row's definition is computed in another arithmetic, from its ``functions`` by name, quotients included.

    Comparisons, sums and products are Python's own; ``where`` evaluates the taken branch only.
    """
    text = row.definition
    if row.domain:
        text = f"where({row.domain}, {text}, nan)"
    return compile_rule(parse(text), [*row.parameters], arithmetic=Arithmetic(functions.__getitem__, _INLINE, constants))


def rule_function(name: str) -> Callable[..., Any]:
    """How an operation is computed in the arithmetic of the rules: by its function there, else by its text.

    The name of an own operation (`diffcli.operations.custom_operations`) carries its function.
    """
    return FLOATS.get(name) or getattr(name, "function", None) or value_function(OPERATIONS[name])


FLOAT = Arithmetic(rule_function, _INLINE)
"""Python's floats."""


def breaks_at(name: str, arguments: Sequence[Any], value: Any) -> list[str]:
    """The kinds of break (kink, tie, jump, pole, ...) on which an operation stands at these operands and this result."""
    return [kind for kind, holds in _breaks(name) if holds(*arguments, value)]


@cache
def _breaks(name: str) -> tuple[tuple[str, Callable[..., bool]], ...]:
    row = OPERATIONS[name]
    return tuple((kind, condition_function(row, condition)) for kind, condition in row.breaks)


@cache
def condition_function(row: Operation, condition: str) -> Callable[..., bool]:
    """A condition of a row's domain or breaks, as a function of the operands and the result."""
    return _compile_term(parse(condition), row, 0, seed=False)


@cache
def reach_functions(name: str, count: int) -> tuple[Callable[..., float] | None, ...]:
    """How far each operand may move, as functions of the operands and the result; None where any distance will do."""
    row = OPERATIONS[name]
    if not row.reach:
        return (None,) * count
    texts = [row.reach] * count if row.variadic else [text.strip() for text in row.reach.split("|")]
    return tuple(_compile_term(parse(text), row, place, seed=False) if text else None for place, text in enumerate(texts))


def _compile_term(program: Program, row: Operation, position: int, seed: bool = True) -> Callable[..., Any]:
    first = [SEED] if seed else []
    if not row.variadic:
        return compile_rule(program, [*first, *row.parameters, RESULT])
    own = row.parameters[0]
    ties = f"{TIES} = operands.count({RESULT}) - 1 if {own} == {RESULT} else 1"
    header = [f"{own} = operands[{position}]", f"{RESULT} = operands[-1]", ties]
    if GAP in program.arguments:
        header.append(f"{GAP} = nearest({own}, operands[:{position}] + operands[{position + 1}:-1])")
    return compile_rule(program, [*first, "*operands"], header)


def compile_rule(
    program: Program, parameters: list[str], header: list[str] | None = None, arithmetic: Arithmetic | None = None
) -> Callable[..., Any]:
    """A Python function from the syntax tree of one of the table's texts, in floats if no other arithmetic is given."""
    arithmetic = arithmetic or FLOAT
    lines = [f"def rule({', '.join(parameters)}):", *[f"    {line}" for line in header or []]]
    for statement in program.statements:
        text = _python(program, statement.first, statement.root, arithmetic.inline)
        lines.append(f"    {statement.name} = {text}" if statement.name else f"    return {text}")
    namespace: dict[str, Any] = NAMESPACE | dict(arithmetic.constants)
    for operation in set(program.operations) - {NUMBER, NAME} - set(arithmetic.inline):
        namespace[operation] = arithmetic.function(operation)
    exec(compile("\n".join(lines), f"<rule {parameters}>", "exec"), namespace)
    return namespace["rule"]  # type: ignore[no-any-return]


def _python(program: Program, first: int, root: int, inline: Mapping[str, str]) -> str:
    """The expression of a rule as Python source."""
    texts: dict[int, str] = {}
    for node in range(first, root + 1):
        operation = program.operations[node]
        arguments = [texts[child] for child in program.children(node)]
        if operation in (NUMBER, NAME):
            texts[node] = str(program.arguments[node])
        elif operation in inline:
            texts[node] = inline[operation].format(*arguments)
        elif node in program.keywords:
            names = program.keywords[node]
            given = [f"{name}={value}" for name, value in zip(names, arguments[-len(names) :], strict=True)]
            texts[node] = f"{operation}({', '.join([*arguments[: -len(names)], *given])})"
        else:
            texts[node] = f"{operation}({', '.join(arguments)})"
    return texts[root]
