"""A syntax tree back to text: the fewest parentheses that keep its meaning, in one of several dialects.

A dialect is a small table of spellings. The walk is one loop over an explicit stack of pieces still to be written, so
depth costs nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from diffcli._named import NamedTuple
from diffcli.language.syntax import ATOM, CALL, CHOICE, COMPARISON, NAME, NEGATION, NUMBER, POWER, PRODUCT, Program, Statement
from diffcli.operations import ARRAY_NAMES, OPERATIONS, REDUCED

Namer = Callable[[str], str]


class Dialect(NamedTuple):
    """How a tree is spelled."""

    symbols: Mapping[str, str]
    """Infix and prefix spellings, blanks included, of the operations that have one."""
    number: Callable[[float], str]
    name: Namer
    functions: Mapping[str, str] = {}
    """Other names for functions."""
    juxtaposed: bool = False
    """Whether a function stands before an operand that needs no parentheses with a blank: ``cos v0``."""
    templates: Mapping[str, str] = {}
    """Spellings with ``#1``, ``#2``, ``#3`` for the operands, which need no parentheses in them."""
    brackets: tuple[str, str] = ("(", ")")
    square: tuple[str, str] = ("[", "]")
    """What encloses the entries of an array, and an index."""
    transposed: str = ".T"
    """What follows a matrix that is transposed."""
    matrix_product: tuple[str, int] = (" @ ", PRODUCT)
    """The sign of the product of matrices, and how tightly its first factor must bind to need no parentheses."""


def step_text(step: float) -> str:
    """A step as the power of two that it is, where it is one.

    >>> step_text(2.0**-20), step_text(0.1)
    ('2^-20', '0.1')
    """
    mantissa, exponent = math.frexp(step)
    return f"2^{exponent - 1}" if mantissa == 0.5 and exponent != 1 else number_text(step)


def number_text(value: float) -> str:
    """The shortest text that reads back as the same float: ``2``, ``0.1``, ``1e+30``, ``nan``."""
    if -1e16 < value < 1e16 and value == (whole := int(value)):
        return str(whole)
    return repr(value)


class Decimals(NamedTuple):
    """So many digits behind the point, as slides have them."""

    places: int


Digits: TypeAlias = "int | Decimals | None"
"""How many digits of a number are shown: significant ones, or a fixed number of decimals; None for all."""


def figure_text(value: float, digits: Digits = None) -> str:
    """A number as text: the shortest that reads back as itself, or rounded. A count is whole, and 0 has no sign.

    >>> figure_text(2 / 3, 3), figure_text(2 / 3, Decimals(2)), figure_text(-0.001, Decimals(2)), figure_text(1230, 3)
    ('0.667', '0.67', '0.00', '1230')
    """
    if isinstance(value, int):
        return str(value)
    value = float(value) + 0.0
    if digits is None:
        return number_text(value)
    if not isinstance(digits, Decimals):
        text = f"{value:.{digits}g}"
        return text if "e+" not in text or abs(value) >= 1e6 else str(int(float(text)))  # 1230, and not 1.23e+03
    if abs(value) < 1e16:
        return f"{value:z.{digits.places}f}"
    return f"{value:.{digits.places}e}"  # further digits before the point would be made up


def shorten(text: str, width: int = 200) -> str:
    """A text on one line, with its middle left out where it is long."""
    text = " ".join(text.split())
    return text if len(text) <= width else f"{text[: width // 2 - 2]} ... {text[-(width // 2 - 3) :]}"


def _symbols(**other: str) -> dict[str, str]:
    """The infix and prefix spellings of the table, with some replaced."""
    spelled = {row.name: f" {row.symbol} " for row in OPERATIONS.values() if row.symbol}
    return spelled | {"mul": "*", "div": "/", "pow": "^", "neg": "-", "not": "not "} | other


_REDUCTIONS = {row: name for name, row in REDUCED.items()}
"""Rows that are called by another name: ``amax`` is ``max`` of one array."""

BARE = frozenset(("log", "sin", "cos", "tan", "sec", "csc", "cot", "asin", "acos", "atan", "sinh", "cosh", "tanh", "exp"))
"""Functions that mathematics writes before a single letter without parentheses: ``cos v``."""

LANGUAGE = Dialect(_symbols(), number_text, lambda name: name)
"""diffcli's own language."""

MATHEMATICS = Dialect(_symbols(mul="·"), number_text, lambda name: name, {"log": "ln"}, juxtaposed=True, transposed="ᵀ")
"""The formulas of the traces: ``v̄₃·cos v₀``."""

PLAIN_MATHEMATICS = MATHEMATICS._replace(symbols=_symbols(), transposed=".T")
"""The same in ASCII."""


_GREEK = (  # noqa: SIM905
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega "
    "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
).split()


GREEK_LETTERS = dict(zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", _GREEK, strict=False))
"""The names of the letters, which LaTeX knows by them alone."""


def latex_name(name: str) -> str:
    r"""A name in LaTeX: ``x_{1}``, ``\alpha``, ``\mathrm{rate}``; and one of an element.

    >>> latex_name("x1"), latex_name("alpha_2"), latex_name("rate"), latex_name("w[0,1]")
    ('x_{1}', '\\alpha_{2}', '\\mathrm{rate}', 'w\\left[0,1\\right]')
    """
    if name.endswith("]"):
        array, _, place = name[:-1].partition("[")
        return rf"{latex_name(array)}\left[{place}\right]"
    found = re.fullmatch(r"(.*?)(?:_?(\d+))?", name)
    assert found is not None
    stem, index = found[1] or "_", found[2]
    stem = GREEK_LETTERS.get(stem, stem)
    if stem in _GREEK:
        stem = "\\" + stem
    else:
        escaped = stem.replace("_", r"\_")
        stem = rf"\mathrm{{{escaped}}}" if len(stem) > 1 else escaped
    return f"{stem}_{{{index}}}" if index else stem


def latex_number(value: float) -> str:
    r"""A number in LaTeX: ``1e-3`` is ``10^{-3}`` times 1, nan is text."""
    return latex_figure(number_text(value))


def latex_figure(text: str) -> str:
    """The text of a number in LaTeX."""
    if "e" in text:
        mantissa, exponent = text.split("e")
        return rf"{mantissa} \times 10^{{{int(exponent)}}}"
    return {"inf": r"\infty", "-inf": r"-\infty", "nan": r"\mathrm{NaN}"}.get(text, text)


def _latex_functions() -> dict[str, str]:
    plain = [row for row in OPERATIONS.values() if "#" not in row.latex and not row.symbol]
    named = {row: rf"\operatorname{{{row}}}".replace("_", r"\_") for row in ARRAY_NAMES} | {"det": r"\det"}
    return named | {row.spelling: row.latex or rf"\operatorname{{{row.spelling}}}".replace("_", r"\_") for row in plain}


LATEX = Dialect(
    _symbols(mul=r" \cdot ", **{"and": r" \land ", "or": r" \lor ", "not": r"\lnot ", "eq": " = "}),
    latex_number, latex_name, _latex_functions(), juxtaposed=True,
    templates={row.name: row.latex for row in OPERATIONS.values() if "#" in row.latex and row.precedence not in range(1, 5)},
    brackets=(r"\left(", r"\right)"), square=(r"\left[", r"\right]"), transposed=r"^{\top}", matrix_product=(r" {\,} ", POWER),
)  # fmt: skip
"""LaTeX, for math mode."""


def to_text(
    program: Program,
    root: int | None = None,
    dialect: Dialect = LANGUAGE,
    name: Namer | None = None,
    instead: Mapping[int, int | float] | None = None,
) -> str:
    """The expression under ``root`` (the last statement's, if not given) as text.

    ``name`` spells names in place of the dialect; ``instead`` gives what stands in for nodes: other nodes, such as
    the branch that is taken in place of a choice.

    >>> from diffcli.language import parse
    >>> to_text(parse("((a - (b + c)) - -d)^(2)"))
    '(a - (b + c) - -d)^2'
    """
    parts_of = partial(node_parts, program, dialect, name or dialect.name, instead or {})
    return "".join(pieces(program.result.root if root is None else root, parts_of, dialect.brackets))


Parts = list["str | tuple[Any, int]"]
"""Texts, and what else is to be written, with how tightly each must bind not to be parenthesised."""


def pieces(
    root: Any, parts_of: Callable[[Any], tuple[Parts | str, int]], brackets: tuple[str, str] = ("(", ")")
) -> Iterator[str]:
    """What stands under a root, as pieces of text.

    ``parts_of`` gives what anything is written with, which may be one text, and how tightly the whole binds.
    """
    waiting: Parts = [(root, 0)]
    while waiting:
        piece = waiting.pop()
        if isinstance(piece, str):
            yield piece
            continue
        parts, binds = parts_of(piece[0])
        if binds < piece[1]:
            yield brackets[0]
            waiting.append(brackets[1])
        if isinstance(parts, str):
            yield parts
        else:
            waiting += parts[::-1]


def node_parts(
    program: Program, dialect: Dialect, name: Namer, instead: Mapping[int, int | float], node: int
) -> tuple[Parts | str, int]:
    """What a node is written with, and how tightly the whole binds."""
    if instead and node in instead:
        shown = instead[node]
        if isinstance(shown, float):
            return _number_parts(dialect, shown)
        node = shown
    operation, arguments = program.operations[node], program.arguments[node]
    if operation == NAME:
        return name(arguments), ATOM  # type: ignore[arg-type]
    if operation == NUMBER:
        return _number_parts(dialect, arguments)  # type: ignore[arg-type]
    children: tuple[int, ...] = arguments  # type: ignore[assignment]
    if operation in dialect.templates:
        return _template_parts(dialect.templates[operation], operation, children)
    try:
        row = OPERATIONS[operation]
    except KeyError:
        row = None
        if operation != CALL:
            return _array_parts(program, node, dialect, name, instead)
    if row is not None and row.symbol:
        parts, binds = operator_parts(row.precedence, dialect.symbols[operation], children)
        first = children[0]
        if binds == PRODUCT and (dialect.juxtaposed or instead or program.operations[first] == "matmul"):
            parts[0] = (first, ATOM) if _reads_on(program, instead.get(first, first), dialect) else parts[0]
        return parts, binds
    if operation == "where" and program.branches[node].then < program.branches[node].condition:
        condition, then, otherwise = children
        return [(then, CHOICE + 1), " if ", (condition, CHOICE + 1), " else ", (otherwise, CHOICE)], CHOICE
    function = program.callees[node] if operation == CALL or row is None else row.spelling
    function = dialect.functions.get(function, function)
    if dialect.juxtaposed and operation in BARE:
        inner = instead.get(children[0], children[0])
        if isinstance(inner, float) or program.operations[inner] in (NAME, NUMBER):
            return [function + " ", (children[0], ATOM)], NEGATION
    return call_parts(function, children, dialect.brackets), ATOM


def _number_parts(dialect: Dialect, value: float) -> tuple[str, int]:
    text = dialect.number(value)
    binds = ATOM if value >= 0 else NEGATION
    return text, PRODUCT if r"\times" in text else binds  # 3 \times 10^{20} is a product as it stands


def _template_parts(template: str, operation: str, children: tuple[int, ...]) -> tuple[Parts, int]:
    precedence = OPERATIONS[operation].precedence
    parts: Parts = []
    for position, piece in enumerate(re.split("#([1-3])", template)):
        if position % 2 == 0:
            parts.append(piece)
        elif precedence and operation != "div":  # a power's base, or the sides of a relation
            inside = operation == "pow" and piece == "2"
            parts.append((children[int(piece) - 1], 0 if inside else precedence + 1))
        else:
            parts.append((children[int(piece) - 1], 0))
    return parts, precedence if precedence and operation != "div" else ATOM


def operator_parts(precedence: int, symbol: str, children: Sequence[Any]) -> tuple[Parts, int]:
    """What an operator and its operands are written with, and how tightly the whole binds."""
    if len(children) == 1:
        return [symbol, (children[0], precedence)], precedence
    left, right = children
    if precedence == POWER:  # binds to the right, and a sign may follow it
        return [(left, POWER + 1), symbol, (right, NEGATION)], precedence
    # a chain of comparisons is not in the language, so both sides of one need a tighter operand
    return [(left, precedence + (precedence == COMPARISON)), symbol, (right, precedence + 1)], precedence


def call_parts(
    function: str, children: Sequence[Any], brackets: tuple[str, str] = ("(", ")"), labels: Sequence[str] = ()
) -> Parts:
    """What a call is written with; the last arguments have ``labels``, as in ``sum(x, axis=0)``."""
    parts: Parts = []
    before = function + brackets[0]
    for place, child in enumerate(children, len(labels) - len(children)):
        parts += [before + labels[place] if place >= 0 else before, (child, CHOICE)]
        before = ", "
    return [*parts, brackets[1]] if parts else [before, brackets[1]]


def _reads_on(program: Program, node: int | float, dialect: Dialect) -> bool:
    """Whether a first factor needs parentheses for the reader's sake.

    ``cos a*b`` would read as cos(a*b), ``a @ b*c`` as a @ (b*c).
    """
    if isinstance(node, float):
        return False
    operation = program.operations[node]
    if operation == "matmul":
        return dialect.matrix_product[1] == PRODUCT
    row = OPERATIONS.get(operation)
    return dialect.juxtaposed and row is not None and not row.symbol and row.precedence == 0


# -- arrays: entries, indices, the transpose, the matrix product, calls with keywords -----------------------------------


def _array_parts(
    program: Program, node: int, dialect: Dialect, name: Namer, instead: Mapping[int, int | float]
) -> tuple[Parts, int]:
    """What a node of an operation on arrays is written with, and how tightly the whole binds."""
    operation, children = program.operations[node], program.children(node)
    keywords = program.keywords.get(node, ())
    if operation == "stack" and not keywords:
        return call_parts("", children, dialect.square), ATOM
    if operation == "transpose" or node in program.keys:
        shown = instead.get(children[0], children[0])
        tight = isinstance(shown, int) and program.operations[shown] in dialect.templates
        array = children[0], ATOM + tight  # a power or a fraction of LaTeX, which binds as it stands, is put in parentheses
        if operation == "index":
            return _index_parts(program, node, array, dialect), ATOM
        return _transpose_parts(program, array, shown, dialect), ATOM
    if operation == "index" and keywords == ("key",):  # of a rule, whose key has a name
        key = name(str(program.arguments[children[1]]))
        if key.startswith("["):
            return [(children[0], ATOM), key], ATOM
    if operation == "matmul":
        return _product_parts(program, children, dialect, instead), PRODUCT
    called = _REDUCTIONS.get(operation, operation)
    labels = [dialect.name(keyword) + "=" for keyword in keywords]
    return call_parts(dialect.functions.get(called, called), children, dialect.brackets, labels), ATOM


def _index_parts(program: Program, node: int, array: tuple[int, int], dialect: Dialect) -> Parts:
    pieces: list[Parts] = [[(child, CHOICE)] for child in reversed(program.children(node)[1:])]  # the next one is the last
    parts: Parts = [array, dialect.square[0]]
    for place, part in enumerate(program.keys[node]):
        parts += [", "] * (place > 0)
        if isinstance(part, str):
            parts += pieces.pop()
            continue
        start, stop, step = part
        parts += [*(pieces.pop() if start else ()), ":", *(pieces.pop() if stop else ())]
        parts += [":", *pieces.pop()] if step else []
    return [*parts, dialect.square[1]]


def _transpose_parts(program: Program, array: tuple[int, int], shown: int | float, dialect: Dialect) -> Parts:
    r"""``W.T``, in LaTeX ``W^{\top}``; ``shown`` is what stands in for the array."""
    if isinstance(shown, float) or program.operations[shown] == NUMBER:
        array = array[0], ATOM + 1  # 2.T would be 2. and T
    if dialect.transposed.startswith("^") and (isinstance(shown, float) or program.operations[shown] != NAME):
        return ["{", array, "}", dialect.transposed]
    return [array, dialect.transposed]


def _product_parts(program: Program, children: tuple[int, ...], dialect: Dialect, instead: Mapping[int, int | float]) -> Parts:
    """A matrix product; where its factors stand side by side, as in LaTeX, each must hold together."""
    sign, binds = dialect.matrix_product
    left, right = children
    first = instead.get(left, left)
    if isinstance(first, int) and program.operations[first] == "matmul":
        needed = PRODUCT
    else:
        needed = ATOM if _reads_on(program, first, dialect) else binds
    return [(left, needed), sign, (right, max(binds, PRODUCT + 1))]


def program_text(program: Program) -> str:
    """A whole program, one statement a line."""
    return "\n".join(statement_text(program, statement) for statement in program.statements)


def statement_text(program: Program, statement: Statement, dialect: Dialect = LANGUAGE) -> str:
    """``f(x) = x^2``: what a statement binds, if anything, and its expression."""
    parameters = "" if statement.parameters is None else f"({', '.join(map(dialect.name, statement.parameters))})"
    head = f"{dialect.name(statement.name)}{parameters} = " if statement.name else ""
    return head + to_text(program, statement.root, dialect)
