"""SymPy expressions as text in diffcli's own language, so that they can be read, pasted and evaluated."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sympy

from diffcli.errors import LimitError, error
from diffcli.language.syntax import ATOM, COMPARISON, NEGATION, POWER, PRODUCT, SUM
from diffcli.language.writing.printer import latex_name
from diffcli.operations import OPERATIONS

Expression = Any


class Undecided(Exception):
    """SymPy's answer holds something that is no function: a Derivative, a DiracDelta, an unevaluated Subs."""


_FUNCTIONS = {row.sympy: row.spelling for row in OPERATIONS.values() if row.sympy and not row.symbol and row.name != "where"}
_FUNCTIONS |= {"loggamma": "lgamma", "sqrt": "sqrt"}
_RELATIONS = {
    "StrictLessThan": "<", "LessThan": "<=", "StrictGreaterThan": ">", "GreaterThan": ">=", "Equality": "==",
    "Unequality": "!=",
}  # fmt: skip
_CONSTANTS = {sympy.true: "(1 == 1)", sympy.false: "(1 == 0)", sympy.nan: "(0/0)"}

Parts = list["str | tuple[Expression, int]"]


def to_latex(expression: Expression) -> str:
    """An expression in LaTeX, with names spelled as everywhere else: SymPy takes what follows underscores for scripts.

    >>> to_latex(sympy.Symbol("a_b_c") ** 2)
    '\\\\mathrm{a\\\\_b\\\\_c}^{2}'
    """
    names = {symbol: latex_name(symbol.name) for symbol in expression.free_symbols if symbol.name.isidentifier()}
    return str(sympy.latex(expression, symbol_names=names))


def to_program_text(expression: Expression, most_nodes: int, variables: Collection[str] = ()) -> str:
    """An expression in diffcli's language; ``variables`` are the names that stand for no constant in it.

    Raises
    ------
    Undecided
        With the part that is not a function of the language.
    LimitError
        The text would have more than ``most_nodes`` parts.
    """
    pieces: list[str] = []
    waiting: Parts = [(expression, 0)]
    nodes = 0
    while waiting:
        piece = waiting.pop()
        if isinstance(piece, str):
            pieces.append(piece)
            continue
        nodes += 1
        if nodes > most_nodes:
            message = f"the derivative has more than {most_nodes} nodes"
            raise LimitError([error("too-many-nodes", message, help=["raise it with --max-nodes N", "use --mode reverse"])])
        part, needed = piece
        if part is sympy.pi or part is sympy.E:
            constant, instead = ("pi", "4*atan(1)") if part is sympy.pi else ("e", "exp(1)")
            pieces.append(f"({instead})" if constant in variables else constant)
            continue
        parts, binds = _parts(part)
        if binds < needed:
            parts = ["(", *parts, ")"]
        waiting.extend(reversed(parts))
    return "".join(pieces)


def _parts(part: Expression) -> tuple[Parts, int]:
    """What an expression is written with, and how tightly the whole binds."""
    if part in _CONSTANTS:
        return [_CONSTANTS[part]], ATOM
    if part.is_Symbol:
        return [part.name], ATOM
    if part.is_Rational and max(abs(part.p), part.q).bit_length() > 1000:  # beyond what a float can hold
        return [repr(float(part))], ATOM if part >= 0 else NEGATION
    if part.is_Rational:
        text = str(abs(part.p)) if part.q == 1 else f"{abs(part.p)}/{part.q}"
        binds = ATOM if part.q == 1 else PRODUCT
        return (["-", text], NEGATION if part.q == 1 else PRODUCT) if part.p < 0 else ([text], binds)
    if part.is_Float:
        return [repr(float(part))], ATOM if part >= 0 else NEGATION
    if part.is_Add:
        return _sum(part), SUM
    if part.is_Mul:
        return _product(part)
    if part.is_Pow:
        return _power(part.base, part.exp)
    return _call(part)


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
        parts, _ = _parts(-part)
        # -(a*b) reads as (-a)*b, which is the same number
        return ["-", *(parts if not (-part).is_Add else ["(", *parts, ")"])], PRODUCT
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
    parts = _joined(above or [sympy.Integer(1)])
    if below:
        parts.append("/")
        parts += _joined(below) if len(below) == 1 else ["(", *_joined(below), ")"]
    return parts, PRODUCT


def _joined(factors: list[Expression]) -> Parts:
    parts: Parts = []
    for position, factor in enumerate(factors):
        parts += ["*"] * (position > 0) + [(factor, NEGATION if len(factors) > 1 or position else NEGATION + 1)]
    return parts


def _power(base: Expression, exponent: Expression) -> tuple[Parts, int]:
    if base is sympy.E:
        return ["exp(", (exponent, 0), ")"], ATOM
    if exponent == sympy.Rational(1, 2):
        return ["sqrt(", (base, 0), ")"], ATOM
    if exponent.could_extract_minus_sign():
        return ["1/", (base if exponent == -1 else sympy.Pow(base, -exponent, evaluate=False), NEGATION + 1)], PRODUCT
    return [(base, POWER + 1), "^", (exponent, NEGATION)], POWER


def _call(part: Expression) -> tuple[Parts, int]:
    name = type(part).__name__
    if name in _RELATIONS:
        left, right = part.args
        return [(left, COMPARISON + 1), f" {_RELATIONS[name]} ", (right, COMPARISON + 1)], COMPARISON
    if name in ("And", "Or"):
        parts: Parts = []
        for position, condition in enumerate(sorted(part.args, key=sympy.default_sort_key)):
            parts += [f" {name.lower()} "] * (position > 0) + [(condition, COMPARISON)]
        return parts, COMPARISON - 3
    if name == "Not":
        return ["not ", (part.args[0], COMPARISON)], COMPARISON - 1
    if name == "Piecewise":
        return _piecewise(part), ATOM
    if name == "Heaviside":  # from max and min: equal shares at a tie
        u = part.args[0]
        return ["where(", (u, COMPARISON + 1), " > 0, 1, where(", (u, COMPARISON + 1), " < 0, 0, 1/2))"], ATOM
    if name == "exp":
        return ["exp(", (part.args[0], 0), ")"], ATOM
    if name not in _FUNCTIONS:
        raise Undecided(str(part))
    parts = [f"{_FUNCTIONS[name]}("]
    for position, argument in enumerate(part.args):
        parts += [", "] * (position > 0) + [(argument, 0)]
    return [*parts, ")"], ATOM


def _piecewise(part: Expression) -> Parts:
    parts: Parts = []
    closing = 0
    for value, condition in part.args:
        if condition is sympy.true:
            return [*parts, (value, 0), ")" * closing]
        parts += ["where(", (condition, 0), ", ", (value, 0), ", "]
        closing += 1
    return [*parts, "(0/0)", ")" * closing]
