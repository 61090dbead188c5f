"""SymPy expressions as text in diffcli's own language, so that they can be read, pasted and evaluated."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import Any, TypeAlias, TypeVar

import sympy

from diffcli.errors import LimitError, counted, error
from diffcli.language.syntax import ATOM, COMPARISON, NEGATION, POWER, PRODUCT, SUM
from diffcli.language.writing.printer import Parts, call_parts, latex_name, operator_parts, pieces
from diffcli.operations import OPERATIONS
from diffcli.tape.lowering import MOST_ROWS

Expression: TypeAlias = Any
"""A SymPy expression; SymPy ships no types."""


T = TypeVar("T")


class Undecided(Exception):
    """SymPy's answer holds something that is no function: a Derivative, a DiracDelta, an unevaluated Subs."""


MOST_BITS, DIGITS = 1000, 300
"""A whole number of more bits is written as a product, or in groups of so many digits: the language reads those of a float."""

MOST_DIGITS = 4300
"""A number of more digits is refused: Python does not write it out."""

LARGEST_FACTOR = 1000
"""The largest factor that is looked for in it."""

_FUNCTIONS = {row.sympy: row.spelling for row in OPERATIONS.values() if row.sympy and not row.symbol and row.name != "where"}
_FUNCTIONS |= {"loggamma": "lgamma", "sqrt": "sqrt"}
_RELATIONS = {row.sympy: row.symbol for row in OPERATIONS.values() if row.precedence == COMPARISON}
_CONSTANTS = {sympy.true: "(1 == 1)", sympy.false: "(1 == 0)", sympy.nan: "(0/0)", sympy.zoo: "(0/0)"}


def is_nowhere(expression: Expression) -> bool:
    """Whether an expression has no value, whatever its variables are; a choice may have one."""
    return expression.has(sympy.nan, sympy.zoo) and not expression.has(sympy.Piecewise)


def attempted(work: Callable[[], T]) -> T | None:
    """What some work of SymPy's comes to; None where it fails, as SymPy may in many forms, but for a limit of the caller's."""
    try:
        return work()
    except LimitError:
        raise
    except Exception:
        return None


def to_latex(expression: Expression) -> str:
    """An expression in LaTeX, with names spelled as everywhere else: SymPy takes what follows underscores for scripts.

    >>> to_latex(sympy.Symbol("a_b_c") ** 2)
    '\\\\mathrm{a\\\\_b\\\\_c}^{2}'
    """
    names = {
        symbol: latex_name(symbol.name) for symbol in expression.free_symbols
        if symbol.name.isidentifier() or symbol.name.endswith("]")
    }  # fmt: skip
    return str(sympy.latex(expression, symbol_names=names))


def to_program_text(expression: Expression, most_nodes: int, variables: Collection[str] = ()) -> str:
    """An expression in diffcli's language; ``variables`` are the names that stand for no constant in it."""
    nodes = 0

    def parts_of(part: Expression) -> tuple[Parts, int]:
        nonlocal nodes
        nodes += 1
        if nodes > most_nodes:
            message = f"the derivative has more than {counted(most_nodes, 'node')}"
            raise LimitError([error("too-many-nodes", message, help=["raise it with --max-nodes N"])])
        if part is sympy.pi or part is sympy.E:
            constant, instead = ("pi", "4*atan(1)") if part is sympy.pi else ("e", "exp(1)")
            return [f"({instead})" if constant in variables else constant], ATOM
        return _parts(part)

    constants = expression.atoms(sympy.zeta) | {sympy.EulerGamma}
    return "".join(pieces(expression.xreplace({each: _called(each) for each in constants}), parts_of))


def shortest_text(forms: Iterable[Expression | None], variables: Collection[str]) -> str:
    """The shortest text of some forms of an expression; empty if none can be written."""
    texts = [attempted(partial(to_program_text, form, MOST_ROWS, variables)) for form in forms if form is not None]
    return min(filter(None, texts), key=len, default="")


def _called(constant: Expression) -> Expression:
    """Euler's constant, and zeta at 2, 3, ..., by the names that they have in the language: they are values of polygamma at 1."""
    if constant is sympy.EulerGamma:
        return -sympy.Symbol("digamma(1)", real=True)
    order = constant.args[0] - 1
    return (-1) ** (order + 1) * sympy.Symbol(f"polygamma({order}, 1)", real=True) / sympy.factorial(order)


def _parts(part: Expression) -> tuple[Parts, int]:
    """What an expression is written with, and how tightly the whole binds."""
    if part in _CONSTANTS:
        return [_CONSTANTS[part]], ATOM
    if part.is_Symbol:
        return [part.name], ATOM
    if part is sympy.I:
        raise Undecided("it holds sqrt(-1), which is no real number")
    if part.is_Integer and part >= 0:
        return _large(part) if part.p.bit_length() > MOST_BITS else ([str(part)], ATOM)
    if part.is_Rational and part < 0:
        return ["-", (-part, PRODUCT)], NEGATION if part.q == 1 else PRODUCT
    if part.is_Rational:
        return _joined("/", [(sympy.Integer(part.p), PRODUCT), (sympy.Integer(part.q), POWER)]), PRODUCT
    if part.is_Float:
        return [repr(float(part))], ATOM if part >= 0 else NEGATION
    if part.is_Add:
        return _sum(part), SUM
    if part.is_Mul:
        return _product(part)
    if part.is_Pow:
        return _power(part.base, part.exp)
    return _call(part)


def require_digits(number: Expression, power: Expression = 1) -> None:
    """A power of a rational number that would be too long to write out is an error, before it is worked out."""
    if max(abs(number.p), number.q).bit_length() * abs(power) > MOST_DIGITS * 3.33:
        raise OverflowError(f"a number in it has more than {counted(MOST_DIGITS, 'digit')}")


def _large(number: Expression) -> tuple[Parts, int]:
    """A whole number of too many digits as a product of powers, or where its factors are large too in groups of digits."""
    require_digits(number)
    powers: dict[int, int] = {}
    for factor, count in sympy.factorint(number, limit=LARGEST_FACTOR, use_rho=False, use_pm1=False, use_ecm=False).items():
        powers[count] = powers.get(count, 1) * factor
    if any(base.bit_length() > MOST_BITS for base in powers.values()):
        high, low = divmod(number, 10**DIGITS)
        return ([(number - low, SUM), " + ", (low, SUM)], SUM) if low else ([(high, PRODUCT), f"*10^{DIGITS}"], PRODUCT)
    factors = [f"{base}^{count}" if count > 1 else str(base) for count, base in sorted(powers.items(), reverse=True)]
    return ["*".join(factors)], PRODUCT if len(powers) > 1 else POWER


def _sum(part: Expression) -> Parts:
    parts: Parts = []
    for position, term in enumerate(part.as_ordered_terms()):
        negative = term.could_extract_minus_sign() and (term.is_Mul or term.is_Rational)
        if position:
            parts.append(" - " if negative else " + ")
        parts.append((-term, PRODUCT) if negative and position else (term, PRODUCT if position else SUM))
    return parts


def _product(part: Expression) -> tuple[Parts, int]:
    coefficient = part.as_coeff_Mul()[0]
    if coefficient.is_negative and coefficient.is_Rational:
        return ["-", (-part, PRODUCT)], PRODUCT  # -(a*b) reads as (-a)*b, which is the same number
    above: list[Expression] = []
    below: list[Expression] = []
    for factor in part.as_ordered_factors():
        if factor.is_Rational and factor.q != 1:
            above += [sympy.Integer(factor.p)] if factor.p != 1 else []
            below.append(sympy.Integer(factor.q))
        elif factor.is_Pow and factor.exp.could_extract_minus_sign() and factor.base is not sympy.E:
            below.append(sympy.Pow(factor.base, -factor.exp, evaluate=False) if factor.exp != -1 else factor.base)
        else:
            above.append(factor)
    parts = _factors(above or [sympy.Integer(1)])
    if below:
        parts += ["/", *_factors(below)] if len(below) == 1 else ["/(", *_factors(below), ")"]
    return parts, PRODUCT


def _factors(factors: list[Expression]) -> Parts:
    return _joined("*", [(factor, NEGATION if len(factors) > 1 else NEGATION + 1) for factor in factors])


def _joined(sign: str, parts: Parts) -> Parts:
    return [piece for part in parts for piece in (sign, part)][1:]


def _power(base: Expression, exponent: Expression) -> tuple[Parts, int]:
    if base is sympy.E:
        return call_parts("exp", [exponent]), ATOM
    if exponent == sympy.Rational(1, 2):
        return call_parts("sqrt", [base]), ATOM
    if exponent.could_extract_minus_sign():
        return ["1/", (base if exponent == -1 else sympy.Pow(base, -exponent, evaluate=False), NEGATION + 1)], PRODUCT
    return operator_parts(POWER, "^", (base, exponent))


def _call(part: Expression) -> tuple[Parts, int]:
    name = type(part).__name__
    if name in _RELATIONS:
        return operator_parts(COMPARISON, f" {_RELATIONS[name]} ", part.args)
    if name in ("And", "Or"):
        conditions = sorted(part.args, key=sympy.default_sort_key)
        return _joined(f" {name.lower()} ", [(condition, COMPARISON) for condition in conditions]), COMPARISON - 3
    if name == "Not":
        return ["not ", (part.args[0], COMPARISON)], COMPARISON - 1
    if name == "ITE":  # a choice of conditions
        return call_parts("where", part.args), ATOM
    if name == "Piecewise":
        return _piecewise(part), ATOM
    if name == "Heaviside":  # from max and min: equal shares at a tie
        u = part.args[0]
        return ["where(", (u, COMPARISON + 1), " > 0, 1, where(", (u, COMPARISON + 1), " < 0, 0, 1/2))"], ATOM
    if name not in _FUNCTIONS:
        raise Undecided(str(part))
    return call_parts(_FUNCTIONS[name], part.args), ATOM


def _piecewise(part: Expression) -> Parts:
    parts: Parts = []
    for closing, (value, condition) in enumerate(part.args):
        if condition is sympy.true:
            return [*parts, (value, 0), ")" * closing]
        parts += ["where(", (condition, 0), ", ", (value, 0), ", "]
    return [*parts, "(0/0)", ")" * len(part.args)]
