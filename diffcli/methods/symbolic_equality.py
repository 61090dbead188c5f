"""Whether two SymPy expressions are the same function of their real variables: proved, disproved, or left open.

A sample that differs disproves, and comes first because it is cheap; only what survives it is worth a proof. Zero is
not decidable for expressions of this kind (Richardson 1968), so the effort is bounded and "not decided" is an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from random import Random
from typing import Any

import sympy

from diffcli.errors import LimitError

Expression = Any
"""A SymPy expression; SymPy ships no types."""

MOST_NODES = 400
"""Larger expressions are not simplified: SymPy's effort grows much faster than their size."""

MOST_SAMPLED = 2_000
"""Larger expressions are not evaluated at random points either."""

ENOUGH = 6
"""How many points at which the expression is defined are looked at."""

_RANGES = ((0.1, 0.9), (1.1, 3.0), (-0.9, -0.1), (0.2, 5.0), (-3.0, 3.0), (3.0, 12.0), (-12.0, -3.0))
"""Where points are drawn: between the usual ends of domains (0 and 1), and beyond them."""

_TRIES = 8
"""How many points are drawn in each range."""

_DIGITS = 30

_GROWING = (sympy.Pow, sympy.exp, sympy.sinh, sympy.cosh, sympy.gamma)
_MOST_GROWTH = 10_000
"""Logarithms of powers are not taken beyond this."""

_PROOFS: tuple[Callable[[Expression], Expression], ...] = (
    sympy.expand,
    sympy.simplify,
    lambda zero: sympy.simplify(sympy.expand(zero, trig=True, func=True)),
    lambda zero: sympy.simplify(sympy.expand(zero.rewrite(sympy.exp))),
    lambda zero: sympy.simplify(sympy.piecewise_fold(zero)),
)
"""Ways to bring a zero to 0, in the order of their cost."""


def judge(difference: Expression) -> bool | None:
    """Whether an expression is zero wherever it is defined over the reals.

    Returns
    -------
    True if SymPy proves it; False if SymPy, at one of a fixed set of random points, finds a number of 30 digits that is
    not 0; None if neither is done within a bounded effort.

    Raises
    ------
    LimitError
        A limit of the caller's struck.

    >>> x = sympy.Symbol("x", real=True)
    >>> judge(sympy.sin(x) ** 2 + sympy.cos(x) ** 2 - 1), judge(sympy.sqrt(x**2) - x), judge(sympy.log(x**2) - 2 * sympy.log(x))
    (True, False, None)
    """
    if difference == 0:
        return True
    try:
        size = _size(difference, MOST_SAMPLED)
        if size < MOST_SAMPLED and witness(difference) is not None:
            return False
        return True if size < MOST_NODES and _is_proved(difference) else None
    except RecursionError:  # nested too deeply for SymPy's walks
        return None


def witness(difference: Expression) -> dict[str, float] | None:
    """A point at which an expression is a real number other than 0; None if none of the points drawn is one.

    >>> x = sympy.Symbol("x", real=True)
    >>> witness(sympy.sqrt(x**2) - x)["x"] < 0
    True
    """
    defined = 0
    growing = list(dict.fromkeys(part for part in sympy.preorder_traversal(difference) if isinstance(part, _GROWING)))[::-1]
    for point in _points(sorted(difference.free_symbols, key=sympy.default_sort_key)):
        number = _value(difference, point) if all(_is_moderate(part, point) for part in growing) else None
        if number is None:
            continue
        if number:
            return {symbol.name: float(value) for symbol, value in point.items()}
        defined += 1
        if defined == ENOUGH:
            break
    return None


def _points(symbols: list[Expression]) -> Iterator[dict[Expression, Expression]]:
    """Points for the variables, the same on every run; the ranges take turns."""
    draw = Random(1)
    for _ in range(_TRIES):
        for low, high in _RANGES:
            yield {symbol: sympy.Float(repr(draw.uniform(low, high)), 2 * _DIGITS) for symbol in symbols}


def _is_moderate(part: Expression, point: dict[Expression, Expression]) -> bool:
    """Whether a power or exponential is no tower of them, whose exponents would not fit into memory.

    Inner ones are asked first, so that what is evaluated here is moderate itself.
    """
    try:
        base, exponent = part.as_base_exp() if not isinstance(part, sympy.Function) or part.is_Pow else (sympy.E, part.args[0])
        size = sympy.log(abs(base.evalf(15, subs=point))) * exponent.evalf(15, subs=point)
        return bool(abs(size) < _MOST_GROWTH)
    except LimitError:
        raise
    except Exception:  # a base of 0, or a relation that SymPy leaves open: as harmless as undefined
        return True


def _value(expression: Expression, point: dict[Expression, Expression]) -> bool | None:
    """Whether an expression is other than 0 at a point; None where it is no real number, or the digits do not tell."""
    try:
        # with the values given to evalf, which keeps count of the digits that cancel, and never takes exact powers
        number = expression.evalf(_DIGITS, subs=point)
        if not number.is_number or not number.is_real or not number.is_finite:
            return None
        # SymPy leaves one bit of precision to a sum that cancels to the last of its digits
        return bool(number != 0) and (not number.is_Float or number._prec > 1)
    except LimitError:
        raise
    except Exception:  # beyond SymPy's domain or depth: this point says nothing
        return None


def _is_proved(difference: Expression) -> bool:
    for proof in _PROOFS:
        try:
            if proof(difference) == 0:
                return True
        except LimitError:
            raise
        except Exception:  # SymPy's rewriting can fail in ways of its own; the next way may do
            continue
    try:
        return difference.equals(0) is True
    except LimitError:
        raise
    except Exception:
        return False


def _size(expression: Expression, most: int) -> int:
    """How many nodes an expression has, counted up to ``most``."""
    return sum(1 for _ in islice(sympy.preorder_traversal(expression), most))
