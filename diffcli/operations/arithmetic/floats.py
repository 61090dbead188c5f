"""Operations in Python floats, through `math`: total functions that never raise.

Two kinds of answer stand for "no finite number": the limit, where there is one from within the domain (``log(0)`` is
``-inf``, ``exp(1000)`` is ``inf``), and NaN where there is none. `math` raises in both cases, which would stop a sweep
at the first bad row and could not tell which of the others depend on it.

``FLOATS`` is the arithmetic in which the rules of the table are computed; there a quotient by zero is its limit from
above, so that the slope of ``sqrt`` at 0 is ``inf``. ``STRICT`` replaces the functions whose *value* is undefined at
such a point when they stand in a user's program: ``1/0`` is NaN, a domain error.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext

inf, nan = math.inf, math.nan


def quotient(a: float, b: float) -> float:
    """a/b, and at b = 0 the limit from above: a*inf, or NaN for 0/0."""
    try:
        return a / b
    except ZeroDivisionError:
        return nan if a != a or a == 0 else signed_infinity(a)


def strict_quotient(a: float, b: float) -> float:
    try:
        return a / b
    except ZeroDivisionError:
        return nan


def power(a: float, b: float) -> float:
    """a^b in the reals: NaN for a negative base and a fractional exponent, inf at 0^-b.

    An undefined operand makes an undefined result, also in NaN^0, which C calls 1.
    """
    if a != a or b != b:
        return nan
    try:
        return math.pow(a, b)
    except OverflowError:
        return -inf if a < 0 and b % 2 else inf
    except ValueError:
        return nan if a else inf


def strict_power(a: float, b: float) -> float:
    return nan if a == 0 and b < 0 else power(a, b)


Function = Callable[[float], float]


def _total(function: Function, beyond: Function = lambda a: inf) -> Function:
    """A function of `math` that never raises: NaN where it has no limit, and ``beyond`` the range of floats its limit."""

    def total(a: float) -> float:
        try:
            return function(a)
        except ValueError:
            return nan
        except OverflowError:
            return beyond(a)

    total.__name__ = function.__name__
    return total


def _logarithm(function: Function, pole: float = 0.0) -> Function:
    def total(a: float) -> float:
        return function(a) if a > pole else -inf if a == pole else nan

    total.__name__ = function.__name__
    return total


def signed_infinity(a: float) -> float:
    return math.copysign(inf, a)


log, log2, log10 = map(_logarithm, (math.log, math.log2, math.log10))


def sqrt(a: float) -> float:
    return math.sqrt(a) if a >= 0 else nan


def atanh(a: float) -> float:
    return math.atanh(a) if -1 < a < 1 else signed_infinity(a) if abs(a) == 1 else nan


def hypot(a: float, b: float) -> float:
    """The root of a^2 + b^2; `math` lets an infinite operand win over one that is undefined."""
    return nan if a != a or b != b else math.hypot(a, b)


def sign(a: float) -> float:
    return 1.0 if a > 0 else -1.0 if a < 0 else 0.0 if a == 0 else nan


def copysign(a: float, b: float) -> float:
    return nan if b != b else math.copysign(a, b)


def _rounded(function: Callable[[float], float]) -> Callable[[float], float]:
    """A rounding as a float; infinities and NaN are their own rounding."""

    def total(a: float) -> float:
        return float(function(a)) if math.isfinite(a) else a

    return total


def largest(*operands: float) -> float:
    return nan if any(a != a for a in operands) else max(operands)


def smallest(*operands: float) -> float:
    return nan if any(a != a for a in operands) else min(operands)


def clip(a: float, b: float, c: float) -> float:
    return nan if a != a or b != b or c != c else min(max(a, b), c)


def _divided(function: Callable[[float, float], float]) -> Callable[[float, float], float]:
    """A quotient or remainder that is undefined where the divisor is 0."""
    return lambda a, b: function(a, b) if b else nan


def where(condition: float, a: float, b: float) -> float:
    return a if condition else b


def identity(a: float) -> float:
    return a


def _truth(relation: Callable[[float, float], bool]) -> Callable[[float, float], float]:
    """A comparison as a number: 1 where it holds, else 0."""
    return lambda a, b: 1.0 if relation(a, b) else 0.0


def _strict_truth(relation: Callable[[float, float], bool]) -> Callable[[float, float], float]:
    """A comparison that is undefined where an operand is."""
    return lambda a, b: nan if a != a or b != b else 1.0 if relation(a, b) else 0.0


def both(a: float, b: float) -> float:
    """1 if both hold, and 0 as soon as one does not, whatever the other is."""
    return 0.0 if a == 0 or b == 0 else nan if a != a or b != b else 1.0


def either(a: float, b: float) -> float:
    """1 as soon as one holds, whatever the other is."""
    return 1.0 if (a and a == a) or (b and b == b) else nan if a != a or b != b else 0.0


def neither(a: float) -> float:
    return nan if a != a else 0.0 if a else 1.0


def strict_where(condition: float, a: float, b: float) -> float:
    return nan if condition != condition else a if condition else b


def _special(name: str) -> Callable[..., float]:
    """A function of `diffcli.operations.arithmetic.special.numbers`, which is loaded when the first of them is called."""

    found: Callable[..., float] | None = None

    def function(*operands: float) -> float:
        nonlocal found
        if found is None:
            from diffcli.operations.arithmetic.special import numbers

            found = numbers.FUNCTIONS[name]
        value: float = found(*operands)
        return value

    function.__name__ = name
    return function


FLOATS: dict[str, Callable[..., float]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": quotient, "neg": operator.neg, "pow": power,
    "exp": _total(math.exp), "expm1": _total(math.expm1),
    "log": log, "log2": log2, "log10": log10, "log1p": _logarithm(math.log1p, -1.0),
    "sqrt": sqrt, "cbrt": math.cbrt, "hypot": hypot,
    "sin": _total(math.sin), "cos": _total(math.cos), "tan": _total(math.tan),
    "asin": _total(math.asin), "acos": _total(math.acos), "atan": math.atan, "atan2": math.atan2,
    "sinh": _total(math.sinh, signed_infinity), "cosh": _total(math.cosh),
    "tanh": math.tanh, "asinh": math.asinh, "acosh": _total(math.acosh), "atanh": atanh,
    "erf": math.erf, "erfc": math.erfc,
    **{name: _special(name) for name in ("gamma", "lgamma", "digamma", "polygamma", "gelu")},
    "abs": abs, "max": largest, "min": smallest, "clip": clip, "sign": sign, "copysign": copysign,
    "floor": _rounded(math.floor), "ceil": _rounded(math.ceil), "round": _rounded(round), "trunc": _rounded(math.trunc),
    "mod": _divided(operator.mod), "floor_divide": _divided(operator.floordiv),
    "fmod": _divided(lambda a, b: math.copysign(abs(a) % abs(b), a)),
    "where": where, "stop_gradient": identity,
    "lt": _truth(operator.lt), "le": _truth(operator.le), "gt": _truth(operator.gt), "ge": _truth(operator.ge),
    "eq": _truth(operator.eq), "ne": _truth(operator.ne), "and": both, "or": either, "not": neither,
}  # fmt: skip
"""The functions in which the rules of the table are computed, by the names of their rows."""

STRICT: dict[str, Callable[..., float]] = {
    "div": strict_quotient, "pow": strict_power, "where": strict_where,
    "lt": _strict_truth(operator.lt), "le": _strict_truth(operator.le), "gt": _strict_truth(operator.gt),
    "ge": _strict_truth(operator.ge), "eq": _strict_truth(operator.eq), "ne": _strict_truth(operator.ne),
}  # fmt: skip
"""What replaces them in a program: the value at a pole is undefined, and so is a comparison of what is undefined."""


LARGE = 1e100
"""An adjoint or tangent up to this makes nothing that counts of a partial that is too small for a float."""


def times_quotient(g: float, a: float, b: float) -> float:
    """g*(a/b), also where a/b alone is beyond the range of floats."""
    if b and -1e100 < g < 1e100:
        product = g * (a / b)
        if product - product == 0:
            return product
    if not (a and b) or a - a or b - b or g - g:
        return g * quotient(a, b)
    (g, i), (a, j), (b, k) = math.frexp(g), math.frexp(a), math.frexp(b)
    try:
        return math.ldexp(g * a / b, i + j - k)
    except OverflowError:
        return signed_infinity(g * a / b)


def times_power(g: float, b: float, a: float, exponent: float) -> float:
    """g*(b*a^(b - 1)), also where the power alone is beyond the range of floats, or b - 1, the ``exponent``, is rounded."""
    rounded = (a > 0 and -0.25 < b < 0.25) or (a and not -(2.0**53) < b < 2.0**53)
    product = g * (b * (power(a, b) / a if rounded else power(a, exponent)))
    if (-1e100 < g < 1e100 and product - product == 0) or rounded or not a or a - a or b - b or g - g:
        return product
    root, parity = power(abs(a), exponent / 2), exponent % 2 if a < 0 else 0.0
    return g * root * b * (root if parity == 0 else -root if parity == 1 else nan)


SCALED: dict[str, Callable[..., float]] = {"div": times_quotient, "pow": times_power}
"""Products of g that are taken as a whole, by the operation that the other factor ends with."""


# -- what is asked of numbers beside the operations, as `diffcli.operations.arithmetic.arrays` is asked of arrays
# (``where`` and ``both`` are above)

any_true, is_nan, is_infinite, all_finite, quiet = bool, math.isnan, math.isinf, math.isfinite, nullcontext


def next_after(value: float, side: float) -> float:
    """The next number to the left (-1) or the right (1)."""
    return math.nextafter(value, side * inf)


def largest_size(values: Sequence[float]) -> float:
    """The largest size of some values; NaN if one of them is."""
    return largest(*map(abs, values)) if values else 0.0


def within(pairs: Iterable[Sequence[float]], factor: float, nothing: float = 0.0) -> bool:
    """Whether no number is further from another than a multiple of its size, or if it is 0 than ``nothing``, in any of some
    pairs; NaN and what is infinite are nowhere near."""
    return all(abs(other - found) <= (factor * abs(found) if found else nothing) < math.inf for found, other in pairs)
