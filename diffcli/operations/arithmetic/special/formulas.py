"""How the formulas of special functions are written once, for numbers and for arrays.

A function of one operand is a tuple of pieces: below which operand, and the formula there. A formula is computed in what
`Elementary` names; its coefficients stand in `diffcli.operations.arithmetic.approximations`. Where terms cancel, it answers
NaN: it does not know.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from diffcli._named import NamedTuple
from diffcli.operations.arithmetic.approximations import Polynomial, Quotient

Value = Any
"""A float or a NumPy array of float64."""

Formula = Callable[[Value, "Elementary"], Value]
Pieces = tuple[tuple[float, Formula], ...]
Function = tuple[Pieces, Formula]


class Elementary(NamedTuple):
    """What formulas need beside the operators, of one kind of value."""

    polynomial: Callable[[Polynomial, Value], Value]
    exp: Callable[[Value], Value]
    log: Callable[[Value], Value]
    log1p: Callable[[Value], Value]
    erf: Callable[[Value], Value]
    power: Callable[[Value, Value], Value]
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


def quotient(coefficients: Quotient, x: Value, m: Elementary) -> Value:
    constant, above, below = coefficients
    return constant + m.polynomial(above, x) / m.polynomial(below, x)


def horner(coefficients: Polynomial, x: Value) -> Value:
    """By Horner's rule, in one array from the second coefficient on."""
    value = x * coefficients[0] + coefficients[1]
    for coefficient in coefficients[2:]:
        value *= x
        value += coefficient
    return value


def _power(a: float, b: float) -> float:
    """a^b for a > 0."""
    try:
        return math.pow(a, b)
    except OverflowError:
        return math.inf


def _in_pieces(a: float, pieces: Pieces) -> float:
    for upper, formula in pieces:  # noqa: B007  (the last of them goes on)
        if a < upper:
            break
    value: float = formula(a, NUMBERS)
    return value


NUMBERS = Elementary(
    horner, math.exp, math.log, math.log1p, math.erf, _power, abs, lambda a: float(round(a)), min,
    lambda c, a, b: a if c else b, float, _in_pieces, lambda function, a: function(a),
)  # fmt: skip


def exactly(row: Callable[[Mapping[str, Callable[..., Any]], float], Any]) -> Formula:
    """A formula in mpmath's functions, by the names of their rows: for the few operands where floats would lose digits."""

    def function(a: float) -> float:
        from diffcli.operations.arithmetic.precise import PRECISE, working

        with working(45):
            return float(row(PRECISE, a))

    return lambda a, m: m.each(function, a)
