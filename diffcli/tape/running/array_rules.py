"""The rules of both tables in NumPy's arithmetic: values, terms and conditions of the rows of a tape with arrays.

The texts are those that numbers use. A rule of an array operation also names what is fixed in its row; each text is
compiled once, with those names for keywords, and what a row has fixed is bound to it when the row is read.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache, partial
from typing import Any

from diffcli.errors import Source
from diffcli.language import Program
from diffcli.language.parsing.names import Functions
from diffcli.language.parsing.parser import Parser
from diffcli.language.syntax import CALL, NUMBER
from diffcli.language.writing.printer import to_text
from diffcli.operations import OPERATIONS, Operation, row_of
from diffcli.operations.arithmetic import array_functions, arrays, leading
from diffcli.operations.arithmetic.special.arrays import in_blocks
from diffcli.operations.array_row import ArrayOperation, Fixed
from diffcli.operations.arrays import ARRAYS
from diffcli.operations.custom_operations import OwnName
from diffcli.tape.running.rules import ABSENT, OPERATORS, RESULT, SEED, TIES, Arithmetic, Function, Term, parse_own, term_text
from diffcli.tape.tape import Shape, Tape


class _Rows(Functions):
    """Rules also call what serves rules alone, and give by keyword what a user gives as an argument."""

    def search(self, name: str, count: int) -> str:
        return name if name in ARRAYS else super().search(name, count)

    def fitting(self, row: str, count: int) -> str:
        return row if row in ARRAYS else CALL

    def reduction(self, name: str, keywords: Collection[str]) -> tuple[str, Collection[str]]:
        return name, keywords


@cache
def parsed_rule(text: str) -> Program:
    """The syntax tree of a rule.

    >>> program = parsed_rule("sum_to(g, shape=shape_a)")
    >>> program.operations, program.keywords
    (['name', 'name', 'sum_to'], {2: ('shape',)})
    """
    return parse_own(text, lambda text: Parser(Source(text), None, _Rows()).run())


def whole(number: float) -> float:
    """A number of a rule as what is fixed may hold it: whole, if it is."""
    return int(number) if number == int(number) else number


class ArrayArithmetic(Arithmetic):
    """Numbers of a kind that has arrays: the rules of both tables. An element that is absent from a choice is 0."""

    def fixed_at(self, tape: Tape, slot: int) -> Fixed | None:
        return rule_at(tape, slot).names if tape.operation(slot) in ARRAYS else None

    def program_of(self, term: Term) -> Program:
        return term.program

    def row_term(self, rule: ArrayRule, kind: str) -> Function | None:
        """What an array row adds by one operand, as a function ``(g, *operands, result)``; None if there is no dependence."""
        text = rule.text(kind)
        if text == ABSENT:
            return None
        if rule.row.variadic:
            bound = self.bound(text, (SEED,), rule.names)
            return lambda g, *_: bound(g)
        return self.bound(text, (SEED, *rule.row.parameters, RESULT), rule.names)


class _NumPy(ArrayArithmetic):
    """NumPy's arrays. That an element is absent is known to the sweep."""

    def of_own(self, function: Function, row: Operation) -> Function:
        return arrays.each(function, len(row.operands))

    def by_form(self, row: Operation) -> Function:
        return in_blocks(super().by_form(row))

    def program_of(self, term: Term) -> Program:
        return _without_choice(term.partial) or term.program

    def breaks(self, *row: Any) -> list[tuple[str, Any]]:
        with arrays.quiet():
            return super().breaks(*row)

    def outside(self, *row: Any) -> Any:
        return arrays.quietly(super().outside, *row)

    def row_functions(self, tape: Tape) -> list[Function]:
        functions, first = super().row_functions(tape), tape.first_row
        for slot in tape.rows() if "where" in tape.operations else ():
            if tape.operation(slot) == "where" and not tape.shape(tape.operands_of(slot)[0]):
                functions[slot - first] = partial(_taken, tape.shape(slot), slot < tape.program_stop)
        for slot, fixed in tape.parameters.items():
            if fixed:
                functions[slot - first] = partial(functions[slot - first], **fixed)
        return functions


_CONSTANTS = {ABSENT: 0.0, "ties_of": arrays.ties_of}

NUMPY, BY_COLUMNS = (_NumPy(
    arrays.FUNCTIONS | array_functions.FUNCTIONS | others, arrays.STRICT, arrays.SCALED,
    constants=_CONSTANTS, operators=OPERATORS | {"square": "({0} * {0})"}, numbers=arrays, read=parsed_rule, kind="NumPy",
) for others in ({}, {"matmul": array_functions.matmul_by_columns}))  # fmt: skip
"""NumPy's arrays; and with products of matrices whose columns stand in memory one after the other."""


class _Led(str):
    """The text of what stands along a leading axis, because it depends on the adjoint of a result."""


class _Leading(_NumPy):
    """The adjoints of many results at once, along a leading axis; the operands are those of one."""

    @staticmethod
    def leaf(leaf: Any) -> str:
        return _Led(leaf) if leaf == SEED else str(leaf)

    def called(self, operation: str, operands: Sequence[str], arguments: str, namespace: dict[str, Any]) -> str:
        many = tuple(isinstance(operand, _Led) for operand in operands)
        if not any(many):
            return super().called(operation, operands, arguments, namespace)
        name = f"_{operation}_{len(namespace)}"
        way = leading.elementwise if operation in OPERATIONS else leading.each
        namespace[name] = partial(leading.FUNCTIONS.get(operation) or partial(way, self.value(operation)), many)
        return _Led(f"{name}({arguments})")


LEADING = _Leading(NUMPY.functions, constants=_CONSTANTS, operators={}, numbers=arrays, read=parsed_rule)
"""The adjoints of many results, which stand along a leading axis."""

for _name in ARRAYS.keys() - array_functions.FUNCTIONS.keys():
    raise LookupError(f"row {_name} has no NumPy function")


# -- rows of a tape --------------------------------------------------------------------------------------------------------


def _taken(shape: Shape, strict: bool, condition: Any, a: Any, b: Any) -> Any:
    """What a number chooses, in the shape of both; the other one may never have been evaluated."""
    taken = float("nan") if strict and condition != condition else a if condition else b
    return arrays.full(shape, taken)


def reusable_operands(tape: Tape, functions: Sequence[Function], last_uses: Sequence[Sequence[int]]) -> list[int | None]:
    """For each row an operand that nothing reads after it, and in whose memory its result can be computed; None if none is.

    Nobody else has that memory: it was made by an elementwise operation, and elementwise operations alone read it, which
    return no view of it.
    """
    fresh = bytearray(tape.size)
    for slot in tape.rows():
        makes_new = tape.operation(slot) in OPERATIONS and tape.operation(slot) not in MAY_RETURN_OPERAND
        fresh[slot] = makes_new
        if not makes_new:
            for operand in tape.operands_of(slot):
                fresh[operand] = 0
    found: list[int | None] = []
    for slot, function, last in zip(tape.rows(), functions, last_uses, strict=True):
        shape = tape.shape(slot)
        reusable = arrays.takes_memory(function) and shape
        fitting = [operand for operand in last if operand < slot and fresh[operand] and tape.shape(operand) == shape]
        found.append(fitting[0] if reusable and fitting else None)
    return found


MAY_RETURN_OPERAND = frozenset(("stop_gradient", "max", "min", "where"))
"""Elementwise operations whose result may be an operand itself."""


class ArrayRule:
    """The rules of an array row about one of its operands, and between which elements of it and of the result they carry."""

    __slots__ = ("row", "shapes", "position", "names", "_given")

    def __init__(self, row: ArrayOperation, shapes: Sequence[Shape], shape: Shape, fixed: Fixed, position: int) -> None:
        self.row, self.shapes, self.position, self._given = row, shapes, position, (shape, fixed)
        own = shapes[position : position + 1] if row.variadic else shapes
        self.names = names = {**fixed, **row.names(shapes, fixed, position), "shape_y": shape}
        """Everything that the texts may name beside the operands and the result."""
        for letter, own_shape in zip(row.parameters, own, strict=True):
            names["shape_" + letter] = own_shape

    def about(self, position: int) -> ArrayRule:
        """The rules of the same row about another operand."""
        return self if position == self.position else ArrayRule(self.row, self.shapes, *self._given, position)

    def text(self, kind: str) -> str:
        """The text of the ``adjoint`` or ``tangent`` rule."""
        rules = self.row.adjoint if kind == "adjoint" else self.row.tangent
        texts = rules(self.names) if callable(rules) else rules
        return texts[0 if self.row.variadic else self.position]

    @property
    def leaves_out(self) -> bool:
        """Whether the adjoint rule gives an exact 0 to some elements of the operand, whatever the numbers."""
        text = self.text("adjoint")
        return "scatter(" in text or "diag(" in text

    def reads(self) -> frozenset[int]:
        """Which operands the adjoint rule reads, by position, and -1 for the result."""
        text = self.text("adjoint")
        return frozenset() if text == ABSENT or self.row.variadic else _reads(text, self.row.parameters)

    def reach_text(self, kind: str) -> str:
        """What depends on what: for ``g``, which is 1 for some elements and else 0, the elements that have to do with them.

        Of the operand for elements of the result, if ``kind`` is ``adjoint``; the other way round otherwise.
        """
        if self.row.moves:
            return self.text(kind)
        if self.row.reach:
            return self.row.reach[kind == "tangent"]
        return f"broadcast(sum(g), shape=shape_{self.row.parameters[self.position] if kind == 'adjoint' else RESULT})"

    def reachable(self, kind: str, there: Any = None) -> Any:
        """Which elements of the operand those of the result that are there depend on; or the other way round. None: all."""
        start = self._given[0] if kind == "adjoint" else self.shapes[self.position]
        given = arrays.ones(start) if there is None else arrays.as_array(there)
        operands = () if self.row.variadic else map(arrays.ones, self.shapes)
        return NUMPY.bound(self.reach_text(kind), (SEED, *self.parameters), self.names)(given, *operands) != 0

    @property
    def parameters(self) -> tuple[str, ...]:
        """The operands that the texts name."""
        return () if self.row.variadic else self.row.parameters

    def meeting(self, other: int, there: Any) -> Any:
        """Which elements of the operand of a product are multiplied by those of the other one that are there."""
        function = NUMPY.bound(self.text("adjoint"), (SEED, *self.row.parameters), self.names)
        factors = [arrays.as_array(there) if place == other else arrays.ones(shape) for place, shape in enumerate(self.shapes)]
        return function(arrays.ones(self._given[0]), *factors) != 0


def rule_at(tape: Tape, slot: int, position: int = 0) -> ArrayRule:
    """The rules of an array row of a tape about one of its operands."""
    shapes = [tape.shape(operand) for operand in tape.operands_of(slot)]
    return ArrayRule(ARRAYS[tape.operation(slot)], shapes, tape.shape(slot), tape.parameters.get(slot, {}), position)


def adjoint_reads(tape: Tape, slot: int, position: int) -> frozenset[int]:
    """Which operands of a row its adjoint rule by one operand reads, by position, and -1 for the result."""
    if tape.operation(slot) in ARRAYS:
        return rule_at(tape, slot, position).reads()
    return elementwise_reads(tape.operation(slot), len(tape.operands_of(slot)), position)


@cache
def elementwise_reads(name: str, count: int, position: int) -> frozenset[int]:
    """What the term by one operand of an elementwise operation with ``count`` of them reads, as `ArrayRule.reads` has it."""
    if name == "where":
        return frozenset((0,))
    row = OPERATIONS[name]
    if row.variadic or isinstance(name, OwnName):
        return frozenset(range(-1, count))
    return _reads(term_text(row.partials[position]), row.parameters)


@cache
def breaks_read_result(name: str) -> bool:
    """Whether the conditions of a row's breaks ask for its result."""
    row = row_of(name)
    return row.variadic or any(-1 in _reads(condition, ()) for _, condition in row.breaks)


@cache
def _reads(rule: str, parameters: tuple[str, ...]) -> frozenset[int]:
    """The positions of the parameters that a rule mentions, and -1 if it mentions the result."""
    mentioned = set(map(str, parsed_rule(rule).arguments))
    return frozenset(position for position, name in enumerate((RESULT, *parameters), -1) if name in mentioned)


def _without_choice(partial: str) -> Program | None:
    """The term of a partial that is 1, or 1/n, where a condition holds and else 0; None if it is another.

    That is the truth of the condition, and among elements a product is several times as quick as a choice.
    """
    program = parsed_rule(partial)
    choice = program.result.root
    if len(program.statements) > 1 or program.operations[choice] != "where":
        return None
    condition, then, otherwise = program.children(choice)
    if program.arguments[otherwise] != 0 or program.operations[otherwise] != NUMBER:
        return None
    truth, slope = f"({to_text(program, condition)})", to_text(program, then)
    if slope not in ("1", f"1/{TIES}"):
        return None
    return parsed_rule(term_text(truth + slope.removeprefix("1")))
