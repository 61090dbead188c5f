"""Operations with as many digits as one likes, by mpmath: what methods in floats are judged by.

Only what mpmath has to know stands here; every other operation is computed from its definition in the table. A value that
is not a real number, or not defined, is NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from mpmath import mp, mpf
from mpmath.libmp import NoConvergence

from diffcli.operations.arithmetic.approximations import MOST_ORDER
from diffcli.operations.elementwise import ROWS

Number = Any
"""An mpf; mpmath ships no types."""

NAN: Number = mpf("nan")
_UNDEFINED = NAN._mpf_


def number(value: float) -> Number:
    """A float, exactly."""
    return mpf(value)


def decimal(value: float) -> Number:
    """The decimal that a float was read from: the shortest that reads as it."""
    return mpf(repr(float(value)))


def working(digits: int) -> AbstractContextManager[Any]:
    """A context in which results have so many decimal digits."""
    context: AbstractContextManager[Any] = mp.workdps(digits)
    return context


def power_of_ten(exponent: int) -> Number:
    return mpf(10) ** exponent


def is_finite(value: Number) -> bool:
    return bool(mp.isfinite(value))


def text(value: Number, digits: int) -> str:
    """A number with significant digits, trailing zeros kept off.

    >>> with working(30): text(mpf(1)/3, 20)
    '0.33333333333333333333'
    """
    return str(mp.nstr(value, digits, strip_zeros=True, min_fixed=-5, max_fixed=17)).removesuffix(".0")


def _real(function: Callable[..., Any]) -> Callable[..., Number]:
    """The function where it is real and defined, else NaN."""

    def real(*operands: Any) -> Number:
        numbers = [operand if type(operand) is mpf else mpf(operand) for operand in operands]
        for each in numbers:
            if each._mpf_ == _UNDEFINED:  # what mp.isnan asks, in a tenth of the time
                return NAN
        try:
            value = function(*numbers)
        except (ZeroDivisionError, ValueError, OverflowError, NoConvergence):
            return NAN
        if isinstance(value, mpf):
            return value
        return NAN if mp.im(value) else mp.re(value)

    return real


def _bounded(function: Callable[..., Number]) -> Callable[..., Number]:
    """A function for which a number beyond any that matters is infinite: mpmath would write its digits out."""
    return lambda *row: function(*[a if mp.mag(a) < 10_000 else mp.sign(a) * mpf("inf") for a in row])


_UNBOUNDED = frozenset(("add", "sub", "mul", "div", "neg", "pow", "abs", "max", "min", "sqrt", "log", "asinh", "stop_gradient"))
"""Operations that take numbers of any size in their stride."""


def _power(a: Number, b: Number) -> Number:
    if not mp.isfinite(b) or b != mp.floor(b):
        return mp.power(a, b)
    return mp.power(a, int(b)) if abs(b) < 2**31 else _large_power(a, b)


def _large_power(a: Number, b: Number) -> Number:
    """``a^b`` for a whole ``b`` of many digits, which mpmath would write out and multiply by."""
    if not a:
        return 1 / a if b < 0 else a
    with mp.extraprec(min(mp.mag(b), 10_000)):
        logarithm = b * mp.log(abs(a))
        if mp.mag(logarithm) > 64:  # beyond any exponent that a computer holds
            size = mpf("inf") if logarithm > 0 else mpf(0)
        else:
            size = mp.exp(logarithm)
        odd = bool(a < 0 and mp.mag(b) < 10_000 and int(b) % 2)  # a number of more digits than it is written with is even
    return -size if odd else +size


def _near(a: Number) -> Number:
    """A number without its last ten digits, which tell ``(1/3)*3`` from 1."""
    with mp.workdps(max(mp.dps - 10, 1)):
        return +a


def _truth(relation: Callable[[Number, Number], bool]) -> Callable[[Any, Any], Number]:
    def truth(a: Any, b: Any) -> Number:
        return NAN if mp.isnan(a) or mp.isnan(b) else mpf(relation(_near(a), _near(b)))

    return truth


def _steps(a: Number) -> int:
    """How far to the right a function of the family of gamma is asked: there its series takes few Bernoulli numbers.

    In many digits nearly all of the time goes to these.
    """
    return 2 * mp.dps if mp.dps > 200 and a < 2 * mp.dps else 0


def _rising(a: Number) -> Number:
    """By how much gamma is larger there."""
    return mp.fprod(a + k for k in range(_steps(a)))


def _polygamma(order: int, a: Number) -> Number:
    if not 0 <= order <= MOST_ORDER:
        return NAN
    beside = abs(a - mp.nint(a))
    largest = mp.mag(mp.factorial(order) / beside ** (order + 1)) if a < 0 and beside else 0
    extra = 0
    while True:  # left of 0 as many digits more as cancel: of even orders most of them halfway between the poles
        with mp.extraprec(extra):
            passed = sum((a + k) ** (-1 - order) for k in range(_steps(a)))
            value = mp.polygamma(order, a + _steps(a)) - (-1) ** order * mp.factorial(order) * passed
        cancelled = largest - mp.mag(value) if largest and mp.isfinite(value) and value else 0
        if cancelled <= extra:
            return +value
        extra = cancelled + 20


@cache
def digamma_root(n: int) -> tuple[float, float, float]:
    """How far the root r of digamma between -n - 1 and -n is above -n - 1/2, what is left of that, and pi/cos(pi*r)."""
    with mp.workdps(50):
        root = -n - mpf(1) / 2 - mp.atan(mp.log(n + 1) / mp.pi) / mp.pi
        for _ in range(6):
            root -= mp.digamma(root) / mp.polygamma(1, root)
        above = root + n + mpf(1) / 2
        return float(above), float(above - mpf(float(above))), float(mp.pi / mp.cos(mp.pi * above))


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b,
    "neg": lambda a: -a, "pow": _power, "abs": abs, "max": lambda *a: max(a), "min": lambda *a: min(a),
    "stop_gradient": lambda a: a,
    **{row.name: getattr(mp, row.name) for row in ROWS if hasattr(mp, row.name) and not row.symbol and not row.definition},
    **{name: lambda a, to=to: to(_near(a)) for name, to in (("floor", mp.floor), ("ceil", mp.ceil), ("round", mp.nint))},
    "gamma": lambda a: mp.gamma(a + _steps(a)) / _rising(a), "digamma": lambda a: _polygamma(0, a),
    "lgamma": lambda a: mp.re(mp.loggamma(a + _steps(a)) - mp.log(_rising(a))), "polygamma": lambda a, b: _polygamma(int(a), b),
    "and": lambda a, b: mpf(bool(a and b)), "or": lambda a, b: mpf(bool(a or b)), "not": lambda a: mpf(not a),
}  # fmt: skip

PRECISE: dict[str, Callable[..., Number]] = {
    **{name: _real(function if name in _UNBOUNDED else _bounded(function)) for name, function in _FUNCTIONS.items()},
    "where": lambda a, b, c: NAN if mp.isnan(a) else (b if a else c),
    "lt": _truth(lambda a, b: a < b), "le": _truth(lambda a, b: a <= b), "gt": _truth(lambda a, b: a > b),
    "ge": _truth(lambda a, b: a >= b), "eq": _truth(lambda a, b: a == b), "ne": _truth(lambda a, b: a != b),
}  # fmt: skip
"""The functions, by the names of their rows."""


def _cancelling(function: Callable[..., Number]) -> Callable[..., Number]:
    """A function that is 0 where no more than its last ten digits would be left of its operands, as of ``0.1 + 0.2 - 0.3``."""

    def cancelling(*operands: Any) -> Number:
        value = function(*operands)
        return mpf(0) if abs(value) < power_of_ten(10 - mp.dps) * max(map(abs, operands)) else value

    return cancelling


def _at_whole(function: Callable[..., Number]) -> Callable[..., Number]:
    """A function whose domain ends at whole numbers, or that is 0 there: ``(1/3)*3`` is 1."""
    return lambda *row: function(*[near if mp.isint(near := _near(a)) else a for a in row])


MEANT: dict[str, Callable[..., Number]] = {
    **PRECISE,
    **{name: _cancelling(PRECISE[name]) for name in ("add", "sub", "sin", "cos", "tan")},
    **{name: _at_whole(PRECISE[name]) for name in ("pow", "log", "asin", "acos", "acosh", "atanh")},
}
"""The same for what is meant by a text: what is left of the rounding of its decimals is nothing."""


CONSTANTS: dict[str, Number] = {"pi": mp.pi, "e": mp.e, "nan": NAN}
"""The constants by name; pi and e have whatever digits are in force."""
