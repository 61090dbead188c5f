"""How the formulas of special functions are written once, for numbers and for arrays.

A function of one operand is a tuple of pieces: below which operand, and the formula there. A formula is computed in what
`Elementary` names; its coefficients stand in `diffcli.operations.arithmetic.approximations`. Where terms cancel, it answers
NaN: it does not know.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from diffcli._named import NamedTuple
from diffcli.operations.arithmetic.approximations import Polynomial, Quotient

Value = Any
"""A float or a NumPy array of float64."""

Formula = Callable[[Value, "Elementary"], Value]
Pieces = tuple[tuple[float, Formula], ...]


class Elementary(NamedTuple):
    """What formulas need beside the operators, of one kind of value."""

    exp: Callable[[Value], Value]
    log: Callable[[Value], Value]
    log1p: Callable[[Value], Value]
    power: Callable[[Value, Value], Value]
    over_power: Callable[[float, Value, int], Value]
    """A number over a power from 1 to 4."""
    absolute: Callable[[Value], Value]
    nearest: Callable[[Value], Value]
    """The nearest whole number."""
    least: Callable[[Value, float], Value]
    choose: Callable[[Value, Value, Value], Value]
    largest: Callable[[Value], float]
    """The largest of the elements."""
    in_pieces: Callable[[Value, Pieces], Value]
    each: Callable[[Callable[[float], float], Value], Value]
    """A function of numbers for each element."""


def polynomial(coefficients: Polynomial, x: Value) -> Value:
    """By Horner's rule, in one array from the second coefficient on."""
    value = x * coefficients[0] + coefficients[1]
    for coefficient in coefficients[2:]:
        value *= x
        value += coefficient
    return value


def quotient(coefficients: Quotient, x: Value) -> Value:
    constant, above, below = coefficients
    value = polynomial(above, x)
    value /= polynomial(below, x)
    value += constant
    return value


def _power(a: float, b: float) -> float:
    """a^b for a > 0."""
    try:
        return math.pow(a, b)
    except OverflowError:
        return math.inf


def _in_pieces(a: float, pieces: Pieces) -> float:
    formula = next((formula for upper, formula in pieces if a < upper), pieces[-1][1])
    value: float = formula(a, NUMBERS)
    return value


NUMBERS = Elementary(
    math.exp, math.log, math.log1p, _power, lambda factor, a, power: factor * _power(a, -power),
    abs, lambda a: float(round(a)), min, lambda c, a, b: a if c else b, float, _in_pieces, lambda function, a: function(a),
)  # fmt: skip


def exactly(name: str, *operands: float) -> float:
    """The row of that name at a point, by mpmath: for the few where floats would lose digits."""
    from diffcli.operations.arithmetic.precise import PRECISE, working

    with working(60):
        return float(PRECISE[name](*operands))
