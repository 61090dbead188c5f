"""The rules of differentiation: their names, the letters that stand for the operands, and what decides on a rule.

An operation without a name of its own here is a function, to which the chain rule applies: adding a row to the table of
operations needs nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from diffcli._named import NamedTuple
from diffcli.language.writing.printer import Dialect, to_text
from diffcli.methods.problem.problem import Problem
from diffcli.methods.traces.expressions import Form, Forms
from diffcli.methods.traces.trace import formula_of
from diffcli.operations import OPERATIONS, Operation
from diffcli.tape.running.rules import terms

IDENTITY, CONSTANT, PIECEWISE, HELD, FLAT = "identity", "constant", "piecewise", "held constant", "zero almost everywhere"
TIE = "equal shares at a tie"

_NAMES: dict[str, tuple[str, ...]] = {
    # where every operand moves, the first alone, the second alone
    "add": ("sum", "sum", "sum"),
    "sub": ("difference", "difference", "difference"),
    "mul": ("product", "constant multiple", "constant multiple"),
    "div": ("quotient", "constant multiple", "reciprocal"),
    "pow": ("general power", "power", "exponential"),
    "neg": ("constant multiple",),
    "square": ("power",),
    "reciprocal": ("reciprocal",),
    "exp": ("exponential",),
    "log": ("logarithm",),
    "log2": ("logarithm",),
    "log10": ("logarithm",),
    "log_base": ("logarithm", "logarithm", "logarithm"),
    "where": (PIECEWISE,),
    "stop_gradient": (HELD,),
}

PIECES = frozenset(("abs", "relu", "leaky_relu", "relu6", "hardtanh", "elu", "max", "min", "clip", "copysign"))
"""Operations that are put together of pieces."""

TEXTBOOK: dict[str, tuple[str, ...]] = {
    "reciprocal": ("-1/a^2",),
    "hypot": ("where(y == 0, 0, a/y)", "where(y == 0, 0, b/y)"),
    "asin": ("1/sqrt(1 - a^2)",),
    "acos": ("-1/sqrt(1 - a^2)",),
    "atanh": ("1/(1 - a^2)",),
    "asinh": ("1/sqrt(1 + a^2)",),
    "atan": ("1/(1 + a^2)",),
    "atan2": ("b/(a^2 + b^2)", "-a/(a^2 + b^2)"),
    "sinc": ("where(a == 0, 0, (cospi(a) - y)/a)",),
    "sigmoid": ("y*(1 - y)",),
}
"""Partials for the eye, of rows whose own texts are branched or bent for the sake of floats: the same, as books have them."""


def rule_name(row: Operation, moves: Sequence[bool], direct: bool, ties: int = 1) -> str:
    """The name of the rule for an operation.

    ``moves`` says of each operand whether it depends on the variable, and ``direct`` that what moves is the variable itself, so
    that no chain is needed; so many operands of max or min as there are ``ties`` equal the result.

    >>> rule_name(OPERATIONS["mul"], (True, False), True), rule_name(OPERATIONS["sin"], (True,), False)
    ('constant multiple', 'chain rule, sin')
    """
    if row.flat:
        return FLAT
    if row.name in _NAMES:
        names = _NAMES[row.name]
        return names[0] if all(moves) or len(names) == 1 else names[1 if moves[0] else 2]
    if ties > 1:
        return f"{row.spelling}, {TIE}"
    if row.name in PIECES:
        return f"{PIECEWISE}, {row.spelling}"
    return f"{'derivative of' if direct else 'chain rule,'} {row.spelling}"


# -- letters -----------------------------------------------------------------------------------------------------------------


_MOVING = ("f", "g", "h")
_FIXED = ("c", "d", "e")
_EXPONENT = "n"
INNER = "u"
_ARITHMETIC = frozenset(("add", "sub", "mul", "div", "neg"))
"""Operations whose rules are about functions f and g, and not about an inner function u."""

IN_ANY_NUMBER = (*_ARITHMETIC, "pow")
"""Operations in whose rules c and n stand for any number."""

_OPPOSITE = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt", "eq": "ne", "ne": "eq"}


class Letters(NamedTuple):
    """What stands for each operand of a row and for its derivative in the row's rule."""

    values: list[Form]
    slopes: list[Form]
    inner: int | None
    """The operand that the rule calls u (or by the variable's name), if only one moves."""
    direct: bool
    """Whether that is the variable itself, whose derivative is 1."""


def letters_of(problem: Problem, forms: Forms, slot: int, depends: bytearray, variable: int) -> Letters:
    """The letters for a row: u where one operand moves, f, g, h where more do, c for what is constant.

    The variable itself keeps its name, unless that is one of the letters; operands of max, min and where keep their rows'.
    """
    tape = problem.tape
    row = tape.operands_of(slot)
    operation = OPERATIONS[tape.operation(slot)]
    moving = [position for position, operand in enumerate(row) if depends[operand]]
    inner = moving[0] if len(moving) == 1 else None
    name = tape.inputs[variable]
    direct = inner is not None and row[inner] == variable
    by_row = operation.variadic or operation.name == "where"
    alone = name if direct and name not in (*_MOVING, *_FIXED, _EXPONENT) else "f" if operation.name in _ARITHMETIC else INNER
    values, slopes = [], []
    moved, fixed = iter(_MOVING), iter(_FIXED)
    for position, operand in enumerate(row):
        if by_row and operand >= 0:
            letter = f"v[{tape.index(operand)}]"
        elif position == inner:
            letter = alone
        elif depends[operand]:
            letter = next(moved)
        elif operation.name == "pow" and position == 1:
            letter = _EXPONENT
        else:
            letter = next(fixed)
        number = operand < 0 and operation.name not in IN_ANY_NUMBER
        if number:
            values.append(forms.constant(tape.constant_names.get(operand, ""), tape.constants[-1 - operand]))
        else:
            values.append(forms.name(letter))
        plain = position == inner and letter == name
        slopes.append(forms.one if plain else forms.name(f"{letter}'") if depends[operand] else forms.zero)
    return Letters(values, slopes, inner if not by_row else None, direct and slopes[inner or 0] == forms.one)


def remark_of(problem: Problem, dialect: Dialect, slot: int, letters: Sequence[str], position: int) -> str:
    """What decided on the piece of a row that is derived; nothing where there is one formula for all.

    ``position`` is the first operand that moves: the conditions are those of its partial.
    """
    tape = problem.tape
    row = tape.operands_of(slot)
    operation = OPERATIONS[tape.operation(slot)]
    if not problem.known:
        return ""  # nothing is: the pieces stand in the rule
    if operation.name == "where":
        return f"as {letters[0]}" if problem.values[row[0]] else f"as {dialect.symbols['not']}({letters[0]})"
    if operation.name not in PIECES:
        return ""
    if operation.variadic:
        equal = [letter for letter, operand in zip(letters, row, strict=True) if problem.values[operand] == problem.values[slot]]
        others = [letter for letter in letters if letter not in equal]
        sign = dialect.symbols["gt" if operation.name == "max" else "lt"]
        return f"as {' = '.join(equal)}{sign * bool(others)}{', '.join(others)}" if len(row) > 1 else ""
    names = dict(zip(operation.parameters, letters, strict=True))
    conditions = " and ".join(_conditions(problem, dialect, slot, position, names))
    return f"for {conditions}" if conditions else ""


def _conditions(problem: Problem, dialect: Dialect, slot: int, position: int, names: Mapping[str, str]) -> list[str]:
    """The conditions on the way to the piece of a partial that is taken, as they hold."""
    term = terms(problem.tape.operation(slot), len(problem.tape.operands_of(slot)))[position]
    if term is None:
        return []  # the sign that copysign takes: its slope is 0 whatever it is
    program, instead = term.program, formula_of(problem, slot, position, term).instead

    def text(node: int) -> str:
        return to_text(program, node, dialect, lambda name: names.get(name, name))

    found = []
    node = program.result.root
    while program.operations[node] == "where":
        condition, then, otherwise = program.children(node)
        holds = instead[node] == instead.get(then, then)
        operation = program.operations[condition]
        if holds:
            found.append(text(condition))
        elif operation in _OPPOSITE:
            left, right = map(text, program.children(condition))
            found.append(left + dialect.symbols[_OPPOSITE[operation]] + right)
        else:
            found.append(f"{dialect.symbols['not']}({text(condition)})")
        node = then if holds else otherwise
    return found[-1:] if found and holds else found  # pieces do not overlap
