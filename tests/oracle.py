"""What every operation *is*, in mpmath: the judge of the table, written apart from it.

Each function here says in mpmath's words, at whatever precision is in force, what the operation of that name is. None of
the table's own texts is read. Derivatives are difference quotients of these functions with steps of 1e-60 and less, so that
they owe nothing to anybody's rule of differentiation.

`value` and `derivative` repeat the computation with more digits until two results agree in `DIGITS` of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from mpmath import mp, mpf

DIGITS = 50
"""How many digits of a value or derivative are known."""

_MOST = 2000
"""How many digits are worked with at most."""

_FAR = mpf(10) ** 4
"""Where exp(-a) adds nothing that 4000 digits could show; mpmath would take its time to write it out."""

_NOTHING = mpf("1e-330")
"""What is below this is 0 in floats, subnormal ones included."""

Number = Any
"""An mpf; mpmath ships no types."""


def _real_root(a: Number) -> Number:
    return mp.sign(a) * mp.root(abs(a), 3)


def _sinc(a: Number) -> Number:
    return mp.sin(mp.pi * a) / (mp.pi * a) if a else mpf(1)


def _clip(a: Number, b: Number, c: Number) -> Number:
    return min(max(a, b), c)


def _sigmoid(a: Number) -> Number:
    return 1 / (1 + mp.exp(-a))


ORACLE: dict[str, Callable[..., Number]] = {
    # arithmetic
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "pow": lambda a, b: mp.power(a, b),
    "square": lambda a: a * a,
    "reciprocal": lambda a: 1 / a,
    # exponentials and logarithms
    "exp": lambda a: mp.exp(a),
    "expm1": lambda a: mp.exp(a) - 1,
    "log": lambda a: mp.log(a),
    "log_base": lambda a, b: mp.log(a) / mp.log(b),
    "log2": lambda a: mp.log(a) / mp.log(2),
    "log10": lambda a: mp.log(a) / mp.log(10),
    "log1p": lambda a: mp.log(1 + a),
    "logaddexp": lambda a, b: mp.log(mp.exp(a) + mp.exp(b)) if abs(a - b) < _FAR else max(a, b),
    "xlogy": lambda a, b: a * mp.log(b) if a else mpf(0),
    # roots
    "sqrt": lambda a: mp.sqrt(a),
    "cbrt": _real_root,
    "hypot": lambda a, b: mp.sqrt(a * a + b * b),
    # trigonometric
    "sin": lambda a: mp.sin(a),
    "cos": lambda a: mp.cos(a),
    "tan": lambda a: mp.tan(a),
    "sec": lambda a: 1 / mp.cos(a),
    "csc": lambda a: 1 / mp.sin(a),
    "cot": lambda a: mp.cos(a) / mp.sin(a),
    "asin": lambda a: mp.asin(a),
    "acos": lambda a: mp.acos(a),
    "atan": lambda a: mp.atan(a),
    "atan2": lambda a, b: mp.atan2(a, b),
    "sinpi": lambda a: mp.sin(mp.pi * a),
    "cospi": lambda a: mp.cos(mp.pi * a),
    "sinc": _sinc,
    # hyperbolic
    "sinh": lambda a: (mp.exp(a) - mp.exp(-a)) / 2,
    "cosh": lambda a: (mp.exp(a) + mp.exp(-a)) / 2,
    "tanh": lambda a: mp.tanh(a),
    "sech": lambda a: 2 / (mp.exp(a) + mp.exp(-a)),
    "csch": lambda a: 2 / (mp.exp(a) - mp.exp(-a)),
    "coth": lambda a: (mp.exp(a) + mp.exp(-a)) / (mp.exp(a) - mp.exp(-a)),
    "asinh": lambda a: mp.sign(a) * mp.log(abs(a) + mp.sqrt(a * a + 1)),
    "acosh": lambda a: mp.log(a + mp.sqrt(a * a - 1)),
    "atanh": lambda a: (mp.log(1 + a) - mp.log(1 - a)) / 2,
    "logcosh": lambda a: mp.log(mp.cosh(a)),
    # special functions
    "erf": lambda a: mp.erf(a),
    "erfc": lambda a: mp.erfc(a),
    "gamma": lambda a: mp.gamma(a),
    "lgamma": lambda a: mp.re(mp.loggamma(a)),
    "digamma": lambda a: mp.digamma(a),
    "polygamma": lambda a, b: mp.polygamma(int(a), b),
    # activations
    "sigmoid": _sigmoid,
    "softplus": lambda a: mp.log(1 + mp.exp(a)),
    "relu": lambda a: max(a, mpf(0)),
    "leaky_relu": lambda a, b: a if a > 0 else b * a,
    "relu6": lambda a: _clip(a, mpf(0), mpf(6)),
    "hardtanh": lambda a: _clip(a, mpf(-1), mpf(1)),
    "elu": lambda a, b: a if a > 0 else b * (mp.exp(a) - 1),
    "gelu": lambda a: a * mp.ncdf(a),
    "silu": lambda a: a * _sigmoid(a),
    # pieces
    "abs": lambda a: abs(a),
    "max": lambda *a: max(a),
    "min": lambda *a: min(a),
    "clip": _clip,
    "sign": lambda a: mp.sign(a),
    "copysign": lambda a, b: abs(a) if b > 0 else -abs(a),
    "floor": lambda a: mp.floor(a),
    "ceil": lambda a: mp.ceil(a),
    "round": lambda a: mp.nint(a),
    "trunc": lambda a: mpf(int(a)),
    # remainders
    "mod": lambda a, b: a - b * mp.floor(a / b),
    "fmod": lambda a, b: a - b * int(a / b),
    "floor_divide": lambda a, b: mp.floor(a / b),
    # choices, cuts and comparisons
    "where": lambda a, b, c: b if a else c,
    "stop_gradient": lambda a: a,
    "lt": lambda a, b: mpf(a < b),
    "le": lambda a, b: mpf(a <= b),
    "gt": lambda a, b: mpf(a > b),
    "ge": lambda a, b: mpf(a >= b),
    "eq": lambda a, b: mpf(a == b),
    "ne": lambda a, b: mpf(a != b),
    "and": lambda a, b: mpf(bool(a and b)),
    "or": lambda a, b: mpf(bool(a or b)),
    "not": lambda a: mpf(not a),
}
"""The operations, by the names of their rows."""


def value(name: str, point: Sequence[float]) -> Number:
    """The value of an operation at a point of floats, which are taken as exact."""
    return value_of(ORACLE[name], point)


def value_of(function: Callable[..., Number], point: Sequence[float]) -> Number:
    """The value of a function written in mpmath."""
    return _settled(lambda arguments: function(*arguments), point, 1)


def derivative(name: str, point: Sequence[float], *by: int) -> Number:
    """The first or second partial derivative of an operation, by the operands at the given positions."""
    return derivative_of(ORACLE[name], point, *by)


def derivative_of(function: Callable[..., Number], point: Sequence[float], *by: int) -> Number:
    """The first or second partial derivative of a function written in mpmath."""

    def quotient(arguments: list[Number]) -> Number:
        digits = mp.dps // 4
        steps = [abs(argument) * mpf(10) ** -digits if argument else mpf(10) ** -digits for argument in arguments]

        def moved(*signs: int) -> Number:
            beside = list(arguments)
            for position, sign in zip(by, signs, strict=True):
                beside[position] += sign * steps[position]
            return function(*beside)

        if len(by) == 1:
            return (moved(1) - moved(-1)) / (2 * steps[by[0]])
        first, second = by  # for first == second: the same three points, twice as far apart
        corners = moved(1, 1) - moved(1, -1) - moved(-1, 1) + moved(-1, -1)
        return corners / (4 * steps[first] * steps[second])

    return _settled(quotient, point, 4)


def ulps(actual: float, exact: Number) -> float:
    """How far a float is from an exact number, in units in the last place of the float nearest to that number."""
    if mp.isnan(exact) or actual != actual:
        return 0.0 if mp.isnan(exact) and actual != actual else math.inf
    nearest = float(exact)
    if math.isinf(nearest) or math.isinf(actual):
        return 0.0 if nearest == actual else math.inf
    return float(abs(mpf(actual) - exact) / mpf(math.ulp(nearest)))


def _settled(compute: Callable[[list[Number]], Number], point: Sequence[float], effort: int) -> Number:
    """A result with more and more digits, until two in a row agree."""
    digits, before = DIGITS + 10, None
    while effort * digits <= _MOST:
        with mp.workdps(effort * digits):
            result = compute([mpf(argument) for argument in point])
            if before is not None and result != 0 and abs(result - before) <= abs(result) * mpf(10) ** -DIGITS:
                return result
        before, digits = result, 2 * digits
    if abs(before) > _NOTHING:
        raise ArithmeticError(f"no {DIGITS} digits at {point}: {before}")
    return mpf(0)
