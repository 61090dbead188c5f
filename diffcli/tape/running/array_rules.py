"""The rules of both tables in NumPy's arithmetic: values, terms and conditions of the rows of a tape with arrays.

The texts are those that numbers use. A rule of an array operation also names what is fixed in its row; each text is
compiled once, with those names for keywords, and what a row has fixed is bound to it when the row is read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache, partial
from typing import Any

from diffcli.errors import Source
from diffcli.language import Program
from diffcli.language.parsing.names import Functions
from diffcli.language.parsing.parser import Parser
from diffcli.language.syntax import CALL, NUMBER
from diffcli.language.writing.printer import to_text
from diffcli.operations import OPERATIONS, Operation, row_of
from diffcli.operations.arithmetic import array_functions, arrays
from diffcli.operations.array_row import ArrayOperation, Fixed
from diffcli.operations.arrays import ARRAYS
from diffcli.operations.custom_operations import OwnName
from diffcli.tape.running.rules import ABSENT, OPERATORS, RESULT, SEED, TIES, Arithmetic, Function, Term, term_text
from diffcli.tape.tape import Shape, Tape


class _Rows(Functions):
    """Rules also call what serves rules alone, and give by keyword what a user gives as an argument."""

    def find(self, name: str, count: int) -> str:
        return name if name in ARRAYS else super().find(name, count)

    def fitting(self, row: str, count: int) -> str:
        return row if row in ARRAYS else CALL

    def reduction(self, name: str, keywords: Collection[str]) -> tuple[str, Collection[str]]:
        return name, keywords


def parse_rule(text: str) -> Program:
    """The syntax tree of a rule.

    >>> program = parse_rule("sum_to(g, shape=shape_a)")
    >>> program.operations, program.keywords
    (['name', 'name', 'sum_to'], {2: ('shape',)})
    """
    return Parser(Source(text), bool, _Rows()).run()


parsed_rule = cache(parse_rule)


def whole(number: float) -> float:
    """A number of a rule as what is fixed may hold it: whole, if it is.

    >>> whole(2.0), whole(0.5)
    (2, 0.5)
    """
    return int(number) if number == int(number) else number


class ArrayArithmetic(Arithmetic):
    """Numbers of a kind that has arrays: the rules of both tables. An element that is absent from a choice is 0."""

    def row(self, name: str) -> Operation | ArrayOperation:
        return row_of(name)

    def fixed_at(self, tape: Tape, slot: int) -> Fixed | None:
        return fixed_names(tape, slot, 0) if tape.operation(slot) in ARRAYS else None

    def row_term(self, row: ArrayOperation, names: Fixed, position: int, kind: str) -> Function | None:
        """What an array row adds by one operand, as a function ``(g, *operands, result)``; None if there is no dependence.

        ``names`` is everything that its rule may name.
        """
        text = rule_text(row, names, position, kind)
        if text == ABSENT:
            return None
        if row.variadic:
            bound = self.bound(text, (SEED,), names)
            return lambda g, *_: bound(g)
        return self.bound(text, (SEED, *row.parameters, RESULT), names)


class _NumPy(ArrayArithmetic):
    """NumPy's arrays. That an element is absent is known to the sweep."""

    def of_own(self, function: Function, row: Operation) -> Function:
        return arrays.each(function, len(row.operands))

    def program_of(self, term: Term) -> Program:
        return _without_choice(term.partial) or term.program

    def breaks(self, *row: Any) -> list[tuple[str, Any]]:
        with arrays.quiet():
            return super().breaks(*row)

    def outside(self, *row: Any) -> Any:
        with arrays.quiet():
            return super().outside(*row)

    def row_functions(self, tape: Tape) -> list[Function]:
        functions, first = super().row_functions(tape), tape.first_row
        for slot in tape.rows() if "where" in tape.operations else ():
            if tape.operation(slot) == "where" and not tape.shape(tape.operands_of(slot)[0]):
                functions[slot - first] = partial(_taken, tape.shape(slot))
        for slot, fixed in tape.parameters.items():
            if fixed:
                functions[slot - first] = partial(functions[slot - first], **fixed)
        return functions


NUMPY = _NumPy(
    arrays.FUNCTIONS | array_functions.FUNCTIONS, arrays.STRICT, constants={ABSENT: 0.0, "ties_of": arrays.ties_of},
    operators=OPERATORS | {"square": "({0} * {0})"}, numbers=arrays, read=parsed_rule, kind="NumPy",
)  # fmt: skip

for _name in ARRAYS.keys() - array_functions.FUNCTIONS.keys():
    raise LookupError(f"row {_name} has no NumPy function")


# -- rows of a tape --------------------------------------------------------------------------------------------------------


def _taken(shape: Shape, condition: Any, a: Any, b: Any) -> Any:
    """What a number chooses, in the shape of both; the other one may never have been evaluated."""
    taken = float("nan") if condition != condition else a if condition else b
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


def fixed_names(tape: Tape, slot: int, position: int) -> Fixed:
    """Everything that the rules of an array row may name beside its operands, when asked about one of them."""
    shapes = [tape.shape(operand) for operand in tape.operands_of(slot)]
    return rule_names(ARRAYS[tape.operation(slot)], shapes, tape.shape(slot), tape.parameters.get(slot, {}), position)


def rule_names(row: ArrayOperation, shapes: Sequence[Shape], shape: Shape, fixed: Fixed, position: int) -> Fixed:
    """The same, of a row whose operands and result have these shapes."""
    names = {**fixed, **row.names(shapes, fixed, position), "shape_y": shape}
    own = shapes[position : position + 1] if row.variadic else shapes
    return names | {f"shape_{letter}": own_shape for letter, own_shape in zip(row.parameters, own, strict=True)}


def rule_text(row: ArrayOperation, names: Fixed, position: int, kind: str) -> str:
    """The text of a row's ``adjoint`` or ``tangent`` rule for one operand."""
    rules = row.adjoint if kind == "adjoint" else row.tangent
    texts = rules(names) if callable(rules) else rules
    return texts[0 if row.variadic else position]


def array_term(tape: Tape, slot: int, position: int, kind: str) -> Function | None:
    """`ArrayArithmetic.row_term` of a row of a tape."""
    return NUMPY.row_term(ARRAYS[tape.operation(slot)], fixed_names(tape, slot, position), position, kind)


def reach_text(row: ArrayOperation, names: Fixed, position: int, kind: str) -> str:
    """What depends on what, as text: for ``g``, which is 1 for some elements and else 0, the elements that have to do with them.

    Of an operand for elements of the result, if ``kind`` is ``adjoint``; of the result for elements of an operand otherwise.
    """
    if row.moves:
        return rule_text(row, names, position, kind)
    if row.reach:
        return row.reach[kind == "tangent"]
    return f"broadcast(sum(g), shape=shape_{row.parameters[position] if kind == 'adjoint' else RESULT})"


def leaves_out(rule: str) -> bool:
    """Whether an adjoint rule gives nothing to some elements of an operand, whatever the numbers."""
    return "scatter(" in rule or "diag(" in rule


def reached(tape: Tape, slot: int, position: int, kind: str, there: Any) -> Any:
    """Which elements of an operand those of an array row depend on that are there; or the other way round."""
    shapes = [tape.shape(operand) for operand in tape.operands_of(slot)]
    return row_reached(ARRAYS[tape.operation(slot)], fixed_names(tape, slot, position), shapes, position, kind, there)


def row_reached(row: ArrayOperation, names: Fixed, shapes: Sequence[Shape], position: int, kind: str, there: Any) -> Any:
    """The same, of a row whose operands have these shapes."""
    parameters = () if row.variadic else row.parameters
    function = NUMPY.bound(reach_text(row, names, position, kind), (SEED, *parameters), names)
    return function(arrays.as_array(there), *([] if row.variadic else map(arrays.ones, shapes))) != 0


def meeting(tape: Tape, slot: int, place: int, position: int, there: Any) -> Any:
    """Which elements of one operand of a product are multiplied by those of another that are there."""
    row, operands = ARRAYS[tape.operation(slot)], tape.operands_of(slot)
    names = fixed_names(tape, slot, place)
    function = NUMPY.bound(rule_text(row, names, place, "adjoint"), (SEED, *row.parameters), names)
    factors = [arrays.ones(tape.shape(operand)) for operand in operands]
    factors[position] = arrays.as_array(there)
    return function(arrays.ones(tape.shape(slot)), *factors) != 0


def adjoint_reads(tape: Tape, slot: int, position: int) -> frozenset[int]:
    """Which operands of a row its adjoint rule by one operand reads, by position, and -1 for the result."""
    name = tape.operation(slot)
    if name in ARRAYS:
        return row_reads(ARRAYS[name], fixed_names(tape, slot, position), position)
    return elementwise_reads(name, len(tape.operands_of(slot)), position)


def needed_reads(
    tape: Tape, slot: int, position: int, reached: Callable[[int, int, str, Any], Any], there: Any
) -> Iterator[tuple[int, Any]]:
    """What the adjoint rule of an array row reads, as in `adjoint_reads`, and which elements of it matter.

    No other element is read, so that the absence of a dependence never meets an infinity: of an operand those that something
    depends on that is ``there``, of the result those that depend on such elements. ``reached`` is `reached` of this tape, in
    arrays or in slots; where it is None all elements matter.
    """
    for place in adjoint_reads(tape, slot, position):
        needed = reached(slot, max(place, 0), "adjoint", there)
        yield place, needed if place >= 0 or needed is None else reached(slot, 0, "tangent", needed)


def row_reads(row: ArrayOperation, names: Fixed, position: int) -> frozenset[int]:
    """The same, of an array operation with everything that its rule may name."""
    text = rule_text(row, names, position, "adjoint")
    return frozenset() if text == ABSENT or row.variadic else _reads(text, row.parameters)


@cache
def elementwise_reads(name: str, count: int, position: int) -> frozenset[int]:
    """The same, of an elementwise operation with ``count`` operands."""
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
    return parse_rule(term_text(truth + slope.removeprefix("1")))
