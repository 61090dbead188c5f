"""Whether two SymPy expressions are the same function of their real variables: proved, disproved, or left open.

A sample that differs disproves, and comes first because it is cheap; only what survives it is worth a proof: by algebra
(`diffcli.methods.symbolic.zero_test`), else by SymPy's simplification, which may take a hundred times as long. Zero is not
decidable for expressions of this kind (Richardson 1968), so the effort is bounded and "not decided" is an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice

import sympy

from diffcli.methods.points.many_points import RANGES, random_points
from diffcli.methods.symbolic.text import Expression, attempted
from diffcli.methods.symbolic.zero_test import node_count, vanishes

MOST_NODES = 400
"""Larger expressions are expanded, and not simplified: SymPy's effort grows much faster than their size."""

MOST_SAMPLED = 2_000
"""As many nodes are too many to ask anything about."""

MOST_POWER = 12
"""Sums to a higher power are not multiplied out."""

ENOUGH = 6
"""How many points at which the expression is defined are looked at."""

_TRIES = 8 * len(RANGES)
"""How many points are drawn for them."""

_DIGITS = 40

_GROWING = (sympy.Pow, sympy.exp, sympy.sinh, sympy.cosh, sympy.gamma)
_MOST_GROWTH = 10_000
"""Logarithms of powers are not taken beyond this."""

_PROOFS: tuple[Callable[[Expression], Expression], ...] = (
    sympy.simplify,
    lambda zero: sympy.simplify(sympy.expand(zero, trig=True, func=True)),
    lambda zero: sympy.simplify(sympy.expand(zero.rewrite(sympy.exp))),
    lambda zero: sympy.simplify(sympy.piecewise_fold(zero)),
    lambda zero: sympy.Integer(zero.equals(0) is not True),
)
"""Ways to bring a zero to 0, where multiplying out does not, in the order of their cost."""


def is_zero(difference: Expression) -> bool | None:
    """Whether an expression is zero wherever it is defined over the reals.

    True if SymPy proves it; False if SymPy, at one of a fixed set of random points, finds a number other than 0, the
    same with 40 digits and with 80; None if neither is done within a bounded effort.
    """
    if difference == 0:
        return True
    try:
        nodes = node_count(difference, MOST_SAMPLED)
        if nodes == MOST_SAMPLED:
            return None
        if witness(difference) is not None:
            return False
        return _is_proved(difference, _PROOFS if nodes < MOST_NODES else ()) or None
    except RecursionError:  # nested too deeply for SymPy's walks
        return None


def witness(difference: Expression) -> dict[str, float] | None:
    """A point at which an expression is a real number other than 0; None if none of the points drawn is one."""
    parts = list(dict.fromkeys(sympy.postorder_traversal(difference)))
    defined = 0
    named = {symbol.name: symbol for symbol in sorted(difference.free_symbols, key=sympy.default_sort_key)}
    for found in islice(random_points(named, 1), _TRIES):  # the same on every run
        point = {named[name]: value for name, value in found.items()}
        number = attempted(partial(_value, parts, point, _DIGITS))
        if number is None:
            continue
        # what rounding leaves of a zero is another number with more digits
        closer = attempted(partial(_value, parts, point, 2 * _DIGITS)) if number else None
        if closer is not None and abs(number - closer) <= abs(closer) / 1000:
            return found
        defined += 1
        if defined == ENOUGH:
            break
    return None


def _value(parts: list[Expression], point: dict[Expression, float], digits: int) -> Expression | None:
    """The last of some expressions at a point, each made of those before it; None where it is no real number."""
    values: dict[Expression, Expression] = {}
    for part in parts:
        if part in point:
            value = sympy.Float(repr(point[part]), digits)
        elif not part.args:
            value = part
        else:
            arguments = [values[argument] for argument in part.args]
            if isinstance(part, _GROWING) and not _is_moderate(part, arguments):
                return None
            value = part.func(*arguments)
        if value.is_number and not value.is_Rational and not value.is_Float:
            value = value.evalf(digits)
        values[part] = value
    return value if value.is_number and value.is_real and value.is_finite else None


def _is_moderate(part: Expression, arguments: list[Expression]) -> bool:
    """Whether a power is no tower of them, with an exponent that would fill the memory."""
    size = abs(arguments[-1])
    if part.is_Pow and len(arguments) == 2:
        size *= abs(sympy.log(abs(arguments[0].evalf(15)))) if arguments[0] else 0
    return bool(size < _MOST_GROWTH)


def _is_proved(difference: Expression, proofs: Sequence[Callable[[Expression], Expression]]) -> bool:
    powers = [power.exp for power in difference.atoms(sympy.Pow) if power.base.is_Add and power.exp.is_Integer]
    if all(abs(exponent) <= MOST_POWER for exponent in powers):
        proofs = (sympy.expand, *proofs)
    proofs = (lambda zero: sympy.Integer(not vanishes(zero)), *proofs)
    return any(attempted(partial(proof, difference)) == 0 for proof in proofs)
