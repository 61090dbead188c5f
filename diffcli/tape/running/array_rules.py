"""The rules of both tables in NumPy's arithmetic: values, terms and conditions of the rows of a tape with arrays.

The texts are those that numbers use. A rule of an array operation also names what is fixed in its row; each text is
compiled once, with those names for keywords, and what a row has fixed is bound to it when the row is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

from diffcli.language import Program
from diffcli.language.parsing.rule_texts import parse_rule
from diffcli.language.syntax import NAME, NUMBER
from diffcli.language.writing.printer import to_text
from diffcli.operations import OPERATIONS, row_of
from diffcli.operations.arithmetic import array_functions, arrays
from diffcli.operations.array_row import ArrayOperation, Fixed
from diffcli.operations.arrays import ARRAYS
from diffcli.operations.custom_operations import OwnName
from diffcli.tape.running.rules import ABSENT, NAMESPACE, RESULT, SEED, TIES, Arithmetic, compile_rule, term_text, terms
from diffcli.tape.tape import Shape, Tape

Function = Callable[..., Any]
Functions = tuple[Function | None, ...]


@cache
def elementwise_function(name: str) -> Function:
    """How an elementwise operation is computed in the arithmetic of the rules, on arrays."""
    known = arrays.FUNCTIONS.get(name)
    if known is not None:
        return known
    if isinstance(name, OwnName):
        return arrays.each(name.function, len(name.row.operands))
    row = OPERATIONS[name]
    text = row.value or row.definition
    if row.domain:
        text = f"where({row.domain}, {text}, nan)"
    return compile_rule(parse_rule(text), [*row.parameters], arithmetic=NUMPY)


def _function(name: str) -> Function:
    return array_functions.FUNCTIONS.get(name) or elementwise_function(name)


_INLINE = {
    "add": "({} + {})", "sub": "({} - {})", "mul": "({} * {})", "neg": "(-{})", "square": "({0} * {0})",
    "and": "both({}, {})", "or": "either({}, {})", "not": "neither({})",
    "lt": "({} < {})", "le": "({} <= {})", "gt": "({} > {})", "ge": "({} >= {})", "eq": "({} == {})", "ne": "({} != {})",
}  # fmt: skip

NUMPY = Arithmetic(_function, _INLINE, {ABSENT: 0.0, "both": arrays.both, "either": arrays.either, "neither": arrays.neither})
"""NumPy's arrays. An element that is absent from a choice is 0; that it is absent is known to the sweep."""


@cache
def compiled(text: str, parameters: tuple[str, ...]) -> tuple[Function, tuple[str, ...]]:
    """A text as a function of ``parameters``, and of the other names that it mentions, as keywords."""
    program = parse_rule(text)
    names = free_names(program, parameters)
    return compile_rule(program, [*parameters, *["*"] * bool(names), *names], arithmetic=NUMPY), names


def free_names(program: Program, parameters: Sequence[str]) -> tuple[str, ...]:
    """The names of a rule that stand for what is fixed."""
    bound = {*parameters, *NAMESPACE, *(statement.name for statement in program.statements)}
    columns = zip(program.operations, program.arguments, strict=True)
    return tuple(dict.fromkeys(str(argument) for operation, argument in columns if operation == NAME and argument not in bound))


# -- rows of a tape --------------------------------------------------------------------------------------------------------


def value_functions(tape: Tape) -> list[Function]:
    """The function of every row."""
    names = set(tape.operations)
    known: dict[str, Function] = {}
    for name in names:
        known[name] = array_functions.FUNCTIONS.get(name) or arrays.STRICT.get(name) or elementwise_function(name)
    functions = [known[name] for name in tape.operations]
    first = tape.first_row
    if tape.derived_from is not None:  # a derivative: in the arithmetic of the rules
        for slot in range(tape.derived_from, tape.slots):
            name = tape.operation(slot)
            functions[slot - first] = array_functions.FUNCTIONS.get(name) or elementwise_function(name)
    if "where" in names:
        for slot in tape.rows():
            if tape.operation(slot) == "where" and not tape.shape(tape.operands_of(slot)[0]):
                functions[slot - first] = partial(_taken, tape.shape(slot))
    for slot, fixed in tape.parameters.items():
        if fixed:
            functions[slot - first] = partial(functions[slot - first], **fixed)
    return functions


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
    """What an array row adds by one operand, as a function ``(g, *operands, result)``; None if there is no dependence."""
    return row_term(ARRAYS[tape.operation(slot)], fixed_names(tape, slot, position), position, kind)


def row_term(row: ArrayOperation, names: Fixed, position: int, kind: str) -> Function | None:
    """The same, of a row of the table with everything that its rule may name."""
    text = rule_text(row, names, position, kind)
    if text == ABSENT:
        return None
    if row.variadic:
        function, wanted = compiled(text, (SEED,))
        bound = partial(function, **{name: names[name] for name in wanted})
        return lambda g, *_: bound(g)
    function, wanted = compiled(text, (SEED, *row.parameters, RESULT))
    return partial(function, **{name: names[name] for name in wanted}) if wanted else function


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
    function, wanted = compiled(reach_text(row, names, position, kind), (SEED, *parameters))
    ones = [] if row.variadic else [arrays.ones(shape) for shape in shapes]
    return function(arrays.as_array(there), *ones, **{name: names[name] for name in wanted}) != 0


def meeting(tape: Tape, slot: int, place: int, position: int, there: Any) -> Any:
    """Which elements of one operand of a product are multiplied by those of another that are there."""
    row, operands = ARRAYS[tape.operation(slot)], tape.operands_of(slot)
    names = fixed_names(tape, slot, place)
    function, wanted = compiled(rule_text(row, names, place, "adjoint"), (SEED, *row.parameters))
    factors = [arrays.ones(tape.shape(operand)) for operand in operands]
    factors[position] = arrays.as_array(there)
    return function(arrays.ones(tape.shape(slot)), *factors, **{name: names[name] for name in wanted}) != 0


def adjoint_reads(tape: Tape, slot: int, position: int) -> frozenset[int]:
    """Which operands of a row its adjoint rule by one operand reads, by position, and -1 for the result."""
    name = tape.operation(slot)
    if name in ARRAYS:
        return row_reads(ARRAYS[name], fixed_names(tape, slot, position), position)
    return elementwise_reads(name, len(tape.operands_of(slot)), position)


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
    mentioned = set(map(str, parse_rule(rule).arguments))
    return frozenset(position for position, name in enumerate((RESULT, *parameters), -1) if name in mentioned)


@cache
def elementwise_terms(name: str, count: int) -> Functions:
    """The terms of an elementwise operation, as functions ``(g, *operands, result)`` on arrays."""
    found: list[Function | None] = []
    for position, term in enumerate(terms(name, count)):
        if term is None:
            found.append(None)
        elif term.row.variadic:
            own = term.row.parameters[0]
            header = [f"{own} = operands[{position}]", f"{RESULT} = operands[-1]", f"{TIES} = ties_of(*operands)"]
            arithmetic = NUMPY._replace(constants={**NUMPY.constants, "ties_of": arrays.ties_of})
            program = _without_choice(term.row.partials[0]) or term.program
            found.append(compile_rule(program, [SEED, "*operands"], header, arithmetic))
        else:
            program = _without_choice(term.row.partials[position]) or term.program
            found.append(compile_rule(program, [SEED, *term.row.parameters, RESULT], arithmetic=NUMPY))
    return tuple(found)


def _without_choice(partial: str) -> Program | None:
    """The term of a partial that is 1, or 1/n, where a condition holds and else 0; None if it is another.

    That is the truth of the condition, and among elements a product is several times as quick as a choice.
    """
    program = parse_rule(partial)
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


@cache
def _array_conditions(name: str) -> tuple[tuple[str, Function, tuple[str, ...]], ...]:
    """The breaks of a row of either table: kind, condition, and the fixed names that it wants."""
    if name in ARRAYS:
        row = ARRAYS[name]
        return tuple((kind, *compiled(text, (*row.parameters, RESULT))) for kind, text in row.breaks)
    elementwise = OPERATIONS[name]
    if elementwise.variadic:
        return tuple((kind, _tied, ()) for kind, _ in elementwise.breaks)
    return tuple((kind, *compiled(text, (*elementwise.parameters, RESULT))) for kind, text in elementwise.breaks)


def _tied(*operands: Any) -> Any:
    """Where several operands of max or min equal the result."""
    return arrays.ties_of(*operands) > 1


def breaks_of(tape: Tape, slot: int, arguments: Sequence[Any], value: Any) -> list[tuple[str, Any]]:
    """The kinds of break on which some elements of a row stand, each with the elements that do."""
    found = []
    for kind, condition, wanted in _array_conditions(tape.operation(slot)):
        names = fixed_names(tape, slot, 0) if wanted else {}
        holds = condition(*arguments, value, **{name: names[name] for name in wanted})
        if arrays.any_true(holds):
            found.append((kind, holds))
    return found


def outside_domain(tape: Tape, slot: int, arguments: Sequence[Any]) -> Any:
    """Which elements of a row are outside of the domain of its operation; None if it has none, or none are."""
    name = tape.operation(slot)
    row = ARRAYS.get(name) or OPERATIONS[name]
    if not row.domain:
        return None
    function, wanted = compiled(row.domain, row.parameters)
    names = fixed_names(tape, slot, 0) if wanted else {}
    holds = function(*arguments, **{name: names[name] for name in wanted})
    outside = arrays.neither(holds * 1.0)
    return outside if arrays.any_true(outside) else None
