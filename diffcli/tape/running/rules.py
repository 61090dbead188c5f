"""The rules of the table, read and compiled on first use.

What an operand adds to a tangent, or to an adjoint, is one thing in both modes: ``g * partial``, where ``g`` is the
tangent of the operand in forward mode and the adjoint of the result in reverse mode. That product is a *term*. It is
written as one would write it by hand (``g/a`` and not ``g*(1/a)``), and the same text gives the number, the formula in
the trace, and the count of operations.

The only code that is compiled in diffcli is compiled here, from the table's own texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from diffcli.errors import ExpressionError
from diffcli.language import Program, parse
from diffcli.language.syntax import NAME, NUMBER
from diffcli.language.writing.printer import to_text
from diffcli.operations import OPERATIONS, Operation, row_of
from diffcli.operations.arithmetic import floats
from diffcli.tape.tape import Tape

ABSENT = "absent"
"""The partial of no dependence, in a rule's text."""

SEED, RESULT, TIES, GAP = "g", "y", "ties", "gap"
"""The names of the other factor, of the result, of the number of operands that equal it, and of an operand's distance to
the nearest other one, in a term's text."""

Function = Callable[..., Any]

TermFunctions = tuple[Function | None, ...]
"""One function ``(g, *operands, result)`` for each operand; None where there is no dependence."""

Overrides = dict[int, TermFunctions]
"""Term functions to use in place of the table's, by slot."""

Rule = tuple[Function, tuple[str, ...]]
"""A compiled text, and the names that it takes as keywords: what is fixed in a row of arrays."""

OPERATORS = {
    "add": "({} + {})", "sub": "({} - {})", "mul": "({} * {})", "neg": "(-{})", "lt": "({} < {})", "le": "({} <= {})",
    "gt": "({} > {})", "ge": "({} >= {})", "eq": "({} == {})", "ne": "({} != {})",
}  # fmt: skip
"""Operations that Python spells itself, for numbers of every kind."""

_OF_ONE_NUMBER = {
    "and": "({} and {})", "or": "({} or {})", "not": "(not {})", "where": "({1} if {0} else {2})", "square": "({0} * {0})",
}  # fmt: skip
"""And those whose operands have one truth, which Python can ask: a choice evaluates one branch alone."""


_PARTIALS = {"div": "_div(", "pow": "(b * _pow("}
"""How partials begin whose product with the other factor is taken as a whole, as Python's expressions."""


NAMESPACE: dict[str, Any] = {
    "nan": float("nan"), "pi": 3.141592653589793, ABSENT: None, "__builtins__": {},
    "nearest": lambda operand, others: min((abs(operand - other) for other in others), default=float("inf")),
}  # fmt: skip


MANY = 16
"""So many operands are looked at one by one."""


def parse_own(text: str, read: Callable[[str], Program] = parse) -> Program:
    """A text of the tables. What is wrong with it is no fault of the user's.

    >>> parse_own("log1q(a)")
    Traceback (most recent call last):
        ...
    LookupError: the tables say log1q(a): there is no function `log1q`
    """
    try:
        return read(text)
    except ExpressionError as wrong:
        raise LookupError(f"the tables say {text}: {wrong.diagnostics[0].message}") from None


class Term:
    """What one operand adds: its ``partial`` derivative times ``g``; ``program`` is its syntax tree."""

    __slots__ = ("row", "partial", "present", "program")

    def __init__(self, row: Operation, partial: str, present: str = "") -> None:
        self.row, self.partial, self.present = row, partial, present
        """``present`` is where it is there; empty if it is everywhere."""
        self.program = parse_own(term_text(partial))


def term_text(partial: str) -> str:
    """The text of ``g * partial``, as one would write it.

    >>> term_text("1"), term_text("-1"), term_text("cos(a)"), term_text("1/(2*y)"), term_text("-(y/a)")
    ('g', '-g', 'g*(cos(a))', 'g/(2*y)', '-g*(y/a)')
    """
    if partial in ("1", "-1", ABSENT):
        return partial.replace("1", SEED)
    *bindings, body = partial.split(";")
    program = parse_own(partial)
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
    if row.variadic:
        return (Term(row, row.partials[0], row.present),) * count
    present = row.present.split("|") if row.present else [""] * len(row.partials)
    pairs = zip(row.partials, present, strict=True)
    return tuple(None if text == ABSENT else Term(row, text, there.strip()) for text, there in pairs)


def fold(
    program: Program,
    leaf: Callable[[Any], Any],
    apply: Callable[[str, list[Any], dict[str, Any]], Any],
    bind: Callable[[str, Any], Any] = lambda name, value: value,
    instead: Mapping[int, int | float] | None = None,
) -> Any:
    """What a text of the tables comes to, from its leaves up; of a choice both branches.

    Parameters
    ----------
    program
        The text.
    leaf
        What a number comes to, or a name that the text does not bind.
    apply
        What an operation comes to, from its name, what its operands come to, and its keywords.
    bind
        What a name that the text binds stands for, if not for what it is bound to.
    instead
        What stands in for some nodes: a node before them, or a number.

    >>> fold(parse("t = a + 1; t*t"), str, lambda name, operands, _: f"{name}({', '.join(operands)})")
    'mul(add(a, 1.0), add(a, 1.0))'
    """
    operations, keywords = program.operations, program.keywords
    arguments: Sequence[Any] = program.arguments
    found: list[Any] = []
    bound: dict[Any, Any] = {}
    for statement in program.statements:
        for node in range(statement.first, statement.root + 1):
            operation, argument = operations[node], arguments[node]
            if instead and node in instead:
                other = instead[node]
                found.append(found[other] if isinstance(other, int) else leaf(other))
            elif operation in (NAME, NUMBER):
                found.append(bound[argument] if argument in bound else leaf(argument))
            elif node in keywords:
                operands, names = [found[child] for child in argument], keywords[node]
                count = len(operands) - len(names)
                found.append(apply(operation, operands[:count], dict(zip(names, operands[count:], strict=True))))
            else:
                found.append(apply(operation, [found[child] for child in argument], {}))
        if statement.name:
            bound[statement.name] = bind(statement.name, found[-1])
    return found[-1]


class Arithmetic:
    """Numbers of one kind: how the rows and the rules of the tables are computed in them.

    What is compiled is kept: an arithmetic lives as long as the program.

    Parameters
    ----------
    functions
        The functions of rows by their names: total functions, which never raise. A row that has none is computed by its
        ``value`` or ``definition``.
    strict
        What replaces some of them in a program, where the value at a pole is undefined and not its limit.
    scaled
        Products of the other factor and a partial that are taken as a whole, because the partial may be beyond the range.
    constants
        What names stand for in rules, where it is not what it is for floats; ``ties_of`` counts ties of
        what is no single number.
    operators
        Operations as Python's expressions.
    form
        The text by which a row is computed.
    numbers
        The module of what is asked of numbers beside the operations: ``any_true``, ``is_nan`` and the like.
    read
        The parser of texts.

    Raises
    ------
    LookupError
        A row of the table can be computed by nothing.
    """

    def __init__(
        self,
        functions: Mapping[str, Function],
        strict: Mapping[str, Function] | None = None,
        scaled: Mapping[str, Function] | None = None,
        *,
        constants: Mapping[str, Any] | None = None,
        operators: Mapping[str, str] = OPERATORS | _OF_ONE_NUMBER,
        form: Callable[[Operation], str] = lambda row: row.value or row.definition,
        numbers: Any = floats,
        read: Callable[[str], Program] = parse_own,
        kind: str = "",
    ) -> None:
        self.functions = dict(functions)
        self._strict, self._scaled = strict or {}, scaled or {}
        self.constants = NAMESPACE | dict(constants or {})
        counted = f"operands.count({RESULT}) - 1 if {RESULT} == {RESULT} else 1"
        self.ties = "ties_of(*operands)" if "ties_of" in self.constants else counted
        self.operators, self.form, self.numbers, self.read = operators, form, numbers, read
        missing = [name for name, row in OPERATIONS.items() if name not in self.functions and not form(row)] if kind else []
        if missing:
            raise LookupError(f"row {missing[0]} has no {kind} function")

    # -- values --------------------------------------------------------------------------------------------------------

    def value(self, name: str) -> Function:
        """How an operation is computed in a rule: where a quotient by zero is its limit from above."""
        return self.functions.get(name) or self._made(name)

    def _made(self, name: str) -> Function:
        row = OPERATIONS[name]
        own = getattr(name, "function", None)  # the name of a user's own operation carries its function
        found = self.functions[name] = self.of_own(own, row) if own else self.by_form(row)
        return found

    def of_own(self, function: Function, row: Operation) -> Function:
        """How a user's own operation is computed."""
        return function

    def by_form(self, row: Operation) -> Function:
        """How a row without a function of its own is computed."""
        return self.rule(self.read(self.form_of(row)), row.parameters)

    def form_of(self, row: Operation) -> str:
        """The text by which a row is computed: NaN outside of its domain."""
        bindings, semicolon, body = self.form(row).rpartition(";")
        return f"{bindings}{semicolon}where({row.domain}, {body}, nan)" if row.domain else self.form(row)

    def strict(self, name: str) -> Function:
        """How an operation is computed in a program."""
        return self._strict.get(name) or self.value(name)

    def row_functions(self, tape: Tape) -> list[Function]:
        """The function of every row of a tape; rows of a derivative are computed as rules are."""
        known = {name: self.strict(name) for name in set(tape.operations)}
        functions = list(map(known.__getitem__, tape.operations))
        if tape.derived_from is not None:
            first = tape.derived_from - tape.first_row
            functions[first:] = map(self.value, tape.operations[first:])
        return functions

    # -- terms ---------------------------------------------------------------------------------------------------------

    @cache  # noqa: B019
    def terms(self, name: str, count: int) -> TermFunctions:
        """The terms of an elementwise operation with ``count`` operands as functions ``(g, *operands, result)``."""
        return tuple(
            None if term is None else self._at_operands(term, term.row, position, SEED)
            for position, term in enumerate(terms(name, count))
        )

    def present(self, name: str, position: int, operands: Sequence[Any]) -> Any | None:
        """Where the term of an elementwise row by one operand is there, from its operands and its result; None: everywhere."""
        function = self._presence(name, len(operands) - 1, position)
        return None if function is None else function(*operands) != 0

    @cache  # noqa: B019
    def _presence(self, name: str, count: int, position: int) -> Function | None:
        term = terms(name, count)[position]
        return self._at_operands(term.present, term.row, position) if term is not None and term.present else None

    def program_of(self, term: Term) -> Program:
        """The text by which a term is computed: of numbers None where it is absent."""
        if not term.present or ABSENT in term.partial:  # which says so itself
            return term.program
        return parse(f"where({term.present}, {term_text(term.partial)}, {ABSENT})")

    def terms_of(self, tape: Tape) -> dict[tuple[str, int], TermFunctions]:
        """The terms of every elementwise operation on a tape, by its name and number of operands."""
        kinds = set(zip(tape.operations, map(len, tape.operands), strict=True))
        return {(name, count): self.terms(name, count) for name, count in kinds}

    def _at_operands(self, source: Term | str, row: Operation, position: int, *first: str) -> Function:
        """A term or a text as a function of what stands in ``first``, of the operands, and of the result."""
        if row.variadic:
            return partial(self._of_several(source, row.parameters[0], *first), position)
        return self.rule(self._program(source), [*first, *row.parameters, RESULT])

    def _program(self, source: Term | str) -> Program:
        return self.program_of(source) if isinstance(source, Term) else self.read(source)

    @cache  # noqa: B019
    def _of_several(self, source: Term | str, own: str, *first: str) -> Function:
        """The same in a variadic row, as a function of the operand's position and of these."""
        program = self._program(source)
        header = [f"{own} = operands[position]", f"{RESULT} = operands[-1]"]
        if TIES in program.arguments:
            header.append(f"{TIES} = {self.ties}")
        if GAP in program.arguments:  # of the operand that is taken
            others = "operands[:position] + operands[position + 1:-1]"
            header.append(f"{GAP} = nearest({own}, {others}) if {own} == {RESULT} else nan")
        return self.rule(program, ["position", *first, "*operands"], header)

    @staticmethod
    def of_taken(functions: TermFunctions, arguments: list[Any]) -> tuple[TermFunctions, list[Any]]:
        """Of a row of many operands (max, min) the terms by those that equal its result, and what they are computed from.

        No other operand has any. Equal ones have equal shares: as many as there are, they are counted once.
        """
        if len(functions) <= MANY:
            return functions, arguments
        *operands, value = arguments
        ties, alone = operands.count(value), functions[0]
        share = alone and (lambda g, *_: alone(g / ties, value, value))
        return tuple([share if operand == value else None for operand in operands]), [value]

    # -- conditions ----------------------------------------------------------------------------------------------------

    def breaks_at(self, tape: Tape, slot: int, values: Sequence[Any]) -> list[tuple[str, Any]]:
        """The breaks on which a row of a tape stands where the tape has these values: see `breaks`."""
        arguments = [values[operand] for operand in tape.operands_of(slot)]
        return self.breaks(tape.operation(slot), arguments, values[slot], self.fixed_at(tape, slot))

    def fixed_at(self, tape: Tape, slot: int) -> Mapping[str, Any] | None:
        """What the conditions of a row may name beside its operands and its result."""
        return None

    def breaks(
        self, name: str, arguments: Sequence[Any], value: Any, names: Mapping[str, Any] | None = None
    ) -> list[tuple[str, Any]]:
        """The kinds of break (kink, tie, jump, pole, ...) on which an operation stands at these operands and this result.

        Each comes with where it stands there: a truth, or one for each element. ``names`` is what is fixed in a row of arrays.
        """
        found = []
        for kind, (condition, wanted) in self.breaks_of(name):
            holds = condition(*arguments, value, **{name: names[name] for name in wanted} if names else {})
            if self.numbers.any_true(holds):
                found.append((kind, holds))
        return found

    @cache  # noqa: B019
    def breaks_of(self, name: str) -> tuple[tuple[str, Rule], ...]:
        """The breaks of a row as functions of the operands and the result."""
        row = row_of(name)
        return tuple((kind, self.condition(row, text)) for kind, text in row.breaks)

    def condition(self, row: Any, text: str) -> Rule:
        """A condition of a row's domain or breaks, as a function of the operands and the result."""
        if row.variadic:
            return self._at_operands(text, row, 0), ()
        return self.compiled(text, (*row.parameters, RESULT))

    def outside(self, name: str, arguments: Sequence[Any], names: Mapping[str, Any] | None = None) -> Any:
        """Where operands are outside of the domain of an operation; None if they are nowhere."""
        row = row_of(name)
        if not row.domain:
            return None
        condition, wanted = self.condition(row, row.domain)
        holds = condition(*arguments, None, **{name: names[name] for name in wanted} if names else {})
        outside = self.value("not")(holds)
        return outside if self.numbers.any_true(outside) else None

    @cache  # noqa: B019
    def radius(self, name: str, count: int) -> TermFunctions:
        """How far each operand may move, as functions of the operands and the result; None where any distance will do."""
        row = OPERATIONS[name]
        texts = [row.radius] * count if row.variadic or not row.radius else [text.strip() for text in row.radius.split("|")]
        return tuple(self._at_operands(text, row, place) if text else None for place, text in enumerate(texts))

    # -- texts ---------------------------------------------------------------------------------------------------------

    @cache  # noqa: B019
    def compiled(self, text: str, parameters: tuple[str, ...]) -> Rule:
        """A text as a function of ``parameters``, and of the other names that it mentions, as keywords."""
        program = self.read(text)
        bound = {*parameters, *self.constants, *(statement.name for statement in program.statements)}
        pairs = zip(program.operations, program.arguments, strict=True)
        names = dict.fromkeys(str(argument) for operation, argument in pairs if operation == NAME and argument not in bound)
        return self.rule(program, [*parameters, *["*"] * bool(names), *names]), tuple(names)

    def bound(self, text: str, parameters: tuple[str, ...], names: Mapping[str, Any]) -> Function:
        """The same with the other names bound to what they stand for."""
        function, wanted = self.compiled(text, parameters)
        return partial(function, **{name: names[name] for name in wanted}) if wanted else function

    def rule(self, program: Program, parameters: Sequence[str], header: Sequence[str] = ()) -> Function:
        """A Python function from the syntax tree of one of the tables' texts."""
        lines = [f"def rule({', '.join(parameters)}):", *header]
        namespace = dict(self.constants)

        def apply(operation: str, operands: list[str], keywords: dict[str, str]) -> str:
            if operation == "mul" and operands[0] in (SEED, f"(-{SEED})"):
                for name, begins in _PARTIALS.items():
                    if name in self._scaled and operands[1].startswith(begins):
                        namespace[f"_times_{name}"] = self._scaled[name]
                        first = "b, " if name == "pow" else ""
                        return f"_times_{name}({operands[0]}, {first}{operands[1][len(begins):].removesuffix(')' * bool(first))}"
            if operation in self.operators:
                return self.operators[operation].format(*operands)
            return self.called(operation, operands, ", ".join([*operands, *map("=".join, keywords.items())]), namespace)

        def bind(name: str, text: str) -> str:
            lines.append(f"{name} = {text}")
            return type(text)(name)

        lines.append(f"return {fold(program, self.leaf, apply, bind)}")
        exec(compile("\n    ".join(lines), f"<rule {[*parameters]}>", "exec"), namespace)
        return namespace["rule"]  # type: ignore[no-any-return]

    leaf: Callable[[Any], str] = staticmethod(str)

    def called(self, operation: str, operands: Sequence[str], arguments: str, namespace: dict[str, Any]) -> str:
        """The call of an operation in a rule that knows some names."""
        namespace[f"_{operation}"] = self.value(operation)
        return f"_{operation}({arguments})"


FLOAT = Arithmetic(floats.FLOATS, floats.STRICT, floats.SCALED, kind="Python")
"""Python's floats."""
