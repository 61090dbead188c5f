"""Power series on one side: what a tape computes at the point plus t times a direction, for every t > 0 that is small enough.

A value is a Laurent series in t, so that poles on the way may cancel. What decides (the sign of the operand of abs, which operand
max takes, a comparison) is the lowest coefficient that is not 0: it outweighs all others beside the point (Griewank & Walther
2008, chapter 14, where the tangents decide alone). Sums, products, quotients and powers have formulas of their own; any
other y = phi(a, b) has y' = phi_a*a' + phi_b*b', of partials that the table's texts give in the same arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from typing import Any

from diffcli._named import NamedTuple
from diffcli.language import parse
from diffcli.operations import OPERATIONS
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import Values, run
from diffcli.tape.running.rules import FLOAT, Arithmetic

ENOUGH = 5
"""A series without a coefficient below this power does not move, as far as a choice is concerned."""

LENGTH = 8
"""How many coefficients a direction begins with, for those that quotients lose on the way."""

nan = math.nan


class Undecided(Exception):
    """What a choice depends on is undefined, or begins to move in a higher order than is known."""


class Series(NamedTuple):
    """The coefficients from the power ``low`` on, of which the first is not 0; those after the last are not known."""

    low: int
    coefficients: tuple[float, ...]

    @property
    def end(self) -> int:
        return self.low + len(self.coefficients)

    @property
    def real(self) -> bool:
        """Whether it is true where it decides on a branch."""
        return truth(self)

    def at(self, power: int) -> float:
        """A coefficient; NaN if it is not known."""
        if power >= self.end or self.low < 0 <= power:
            return nan  # not known, or beside a pole
        return _lower(self, power)


def _lower(value: Series, power: int) -> float:
    return value.coefficients[power - value.low] if power >= value.low else 0.0


def series(low: int, coefficients: Iterable[float]) -> Any:
    """A series from coefficients up to the first that is undefined; one that is infinite is the last that is known."""
    found: list[float] = []
    for coefficient in coefficients:
        if coefficient != coefficient:
            break
        if found or coefficient:
            found.append(coefficient)
        else:
            low += 1
        if math.isinf(coefficient):
            break
    return Series(low, tuple(found))


def coefficient(value: Any, power: int) -> float:
    """A coefficient of what a tape computes; NaN if it is not known."""
    return value.at(power) if isinstance(value, Series) else nan if value != value else value * (power == 0)


def along(tape: Tape, point: Sequence[float], direction: Sequence[float], length: int = LENGTH) -> Values:
    """The value of every slot on one side of a point: a number where it does not move, else a series.

    Raises
    ------
    Undecided
        A choice is.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> tape = lower(parse("where(x == 0, 1, sin(x)/x) + abs(x)*x"))
    >>> [round(coefficient(along(tape, [0.0], [side])[tape.output], 2), 6) for side in (1.0, -1.0)]
    [0.833333, -1.166667]
    """
    moving = [series(0, [x, move, *[0.0] * (length - 2)]) if move else x for x, move in zip(point, direction, strict=True)]
    return run(tape, moving, _ONE_SIDED.row_functions(tape))


# -- choices ------------------------------------------------------------------------------------------------------------------


def beside(value: Any) -> float:
    """A number beside a value, on the side to which it moves."""
    if not isinstance(value, Series):
        return float(value)
    if not value.coefficients and value.low < ENOUGH:
        raise Undecided
    if value.low or not value.coefficients:
        return math.copysign(5e-324 if value.low > 0 else math.inf, value.coefficients[0]) if value.coefficients else 0.0
    first, *others = value.coefficients
    step = next(filter(None, others), 0.0)
    return math.nextafter(first, math.copysign(math.inf, step)) if step else first


def truth(value: Any) -> bool:
    number = beside(value)
    if number != number:
        raise Undecided
    return bool(number)


def compared(name: str, a: Any, b: Any) -> float:
    difference = _add(a, _neg(b)) if isinstance(a, Series) or isinstance(b, Series) else None
    sides = (a, b) if difference is None else (beside(difference), 0.0)
    if sides[0] != sides[0] or sides[1] != sides[1]:
        raise Undecided
    return float(FLOAT.value(name)(*sides))


def _flat(name: str, *operands: Any) -> float:
    numbers = [*map(beside, operands)]
    if any(isinstance(each, Series) and each.at(0) == number and each.end < ENOUGH for each, number in zip(operands, numbers, strict=True)):
        raise Undecided  # it may stand where it jumps
    return float(FLOAT.value(name)(*numbers))


def _abs(a: Any) -> Any:
    return a if isinstance(a, Series) and not a.coefficients else _neg(a) if beside(a) < 0 else a


def _extreme(relation: str, *operands: Any) -> Any:
    taken = operands[0]
    for other in operands[1:]:
        taken = other if compared(relation, taken, other) else taken
    return taken


# -- formulas -----------------------------------------------------------------------------------------------------------------


def _lifted(a: Any, other: Any) -> Series:
    """A number as a series that is known as far as another."""
    if isinstance(a, Series):
        return a
    return Series(0, (a, *[0.0] * (other.end - 1))) if a and other.end > 0 else Series(other.end, ())


def _on_series(formula: Callable[..., Any], name: str) -> Callable[..., Any]:
    """A function of series as one of numbers too."""

    def function(*operands: Any) -> Any:
        moving = [operand for operand in operands if isinstance(operand, Series)]
        if any(operand != operand for operand in operands):
            return nan
        return formula(*operands) if moving else FLOAT.value(name)(*operands)

    return function


def _add(a: Any, b: Any) -> Any:
    if not (isinstance(a, Series) or isinstance(b, Series)) or a != a or b != b:
        return a + b if a == a and b == b else nan
    a, b = _lifted(a, b), _lifted(b, a)
    low = min(a.low, b.low)
    pairs = [(k, _lower(a, k), _lower(b, k)) for k in range(low, min(a.end, b.end))]
    # what cancels to rounding is 0, but for the value, by which the program itself goes
    return series(low, [x + y if not k or abs(x + y) >= 1e-15 * max(abs(x), abs(y)) else 0.0 for k, x, y in pairs])


def _neg(a: Any) -> Any:
    return Series(a.low, tuple([-each for each in a.coefficients])) if isinstance(a, Series) else -a


def _mul(a: Any, b: Any) -> Any:
    for one, other in ((a, b), (b, a)):
        if not isinstance(one, Series):
            return series(other.low, [one * each for each in other.coefficients]) if one and math.isfinite(one) else 0.0 * one
    count = range(min(len(a.coefficients), len(b.coefficients)))
    return series(a.low + b.low, [sum(map(lambda x, y: x * y, a.coefficients[: k + 1], b.coefficients[k::-1])) for k in count])


def _div(a: Any, b: Any) -> Any:
    divisor = _lifted(b, a)
    if not divisor.coefficients or math.isinf(divisor.coefficients[0]):
        return nan
    above = a if isinstance(a, Series) else Series(0, (a, *[0.0] * (len(divisor.coefficients) - 1)))
    found: list[float] = []
    for k in range(min(len(above.coefficients), len(divisor.coefficients))):
        known = sum(divisor.coefficients[j] * found[k - j] for j in range(1, k + 1))
        found.append((above.coefficients[k] - known) / divisor.coefficients[0])
    return series(above.low - divisor.low, found)


def _power(a: Any, exponent: Any) -> Any:
    """From a*y' = exponent*a'*y, with the lowest power of a drawn out; of an exponent that moves, exp(exponent*log(a))."""
    if isinstance(exponent, Series):
        return _ONE_SIDED.value("exp")(_mul(exponent, _ONE_SIDED.value("log")(a)))
    if not isinstance(a, Series):
        return FLOAT.value("pow")(a, exponent)
    if exponent == 0:
        return 1.0
    low = a.low * exponent
    if not a.coefficients:
        return Series(math.ceil(low), ()) if exponent > 0 else nan
    first = FLOAT.value("pow")(a.coefficients[0], exponent)
    if low != int(low) and low > 1 and first == first:
        return Series(math.ceil(low), ())
    if low != int(low) or not math.isfinite(first):
        return _pole("pow", a, exponent)
    found = [first]
    for k in range(1, len(a.coefficients)):
        known = sum((exponent * j - (k - j)) * a.coefficients[j] * found[k - j] for j in range(1, k + 1))
        found.append(known / (k * a.coefficients[0]))
    return series(int(low), found)


def _cbrt(a: Any) -> Any:
    root = _pole("cbrt", a) if a.low % 3 else _power(Series(0, _abs(a).coefficients), 1 / 3)
    if a.low % 3 or not isinstance(root, Series):
        return root
    return _mul(math.copysign(1.0, beside(a)), Series(root.low + a.low // 3, root.coefficients))


def _atan2(a: Any, b: Any) -> Any:
    """Of two operands that vanish, what remains without their common power."""
    a, b = _lifted(a, b), _lifted(b, a)
    low = min(a.low, b.low)
    return _smooth("atan2", Series(a.low - low, a.coefficients), Series(b.low - low, b.coefficients))


@lru_cache(2**14)
def _smooth(name: str, *operands: Any) -> Any:
    moving = [operand for operand in operands if isinstance(operand, Series)]
    if any(operand != operand for operand in operands) or any(operand.low < 0 for operand in moving):
        return nan
    ats = [beside(each) if name == "atan2" and not coefficient(each, 0) else coefficient(each, 0) for each in operands]
    value = float(FLOAT.value(name)(*ats))
    if not moving or not math.isfinite(value):
        return value if not moving else nan
    found = [value]
    for k in range(1, min(operand.end for operand in moving)):
        shorter = [_shortened(operand, k) for operand in operands]
        total: Any = 0.0
        for term, whole in zip(_ONE_SIDED.terms(name, len(operands)), operands, strict=True):
            slope = series(0, [j * coefficient(whole, j) for j in range(1, k + 1)]) if isinstance(whole, Series) else None
            part = None if slope is None or term is None else term(slope, *shorter, series(0, found))
            total = total if part is None else _add(total, part)
        if total != total or (isinstance(total, Series) and total.low < 0):
            return _pole(name, *operands)
        found.append(coefficient(total, k - 1) / k)
    return series(0, found)


def _shortened(operand: Any, end: int) -> Any:
    if not isinstance(operand, Series):
        return operand
    return Series(operand.low, operand.coefficients[: end - operand.low]) if operand.low < end else Series(end, ())


def _pole(name: str, *operands: Any) -> Any:
    """At a pole the slope is infinite at the point itself, if there is a value on that side; further coefficients are not known."""
    values = [coefficient(each, 0) for each in operands]
    there, at = (float(FLOAT.value(name)(*each)) for each in (map(beside, operands), values))
    terms = [term(coefficient(each, 1), *values, at) if term is not None else None
             for term, each in zip(FLOAT.terms(name, len(operands)), operands, strict=True)]  # fmt: skip
    slope = sum([term for term in terms if term is not None])
    return series(0, [at, slope]) if there == there and math.isinf(slope) else nan


class _OneSided(Arithmetic):
    """Numbers and series on one side."""

    def _made(self, name: str) -> Callable[..., Any]:
        row = OPERATIONS[name]
        known = self.rule(parse(row.definition), row.parameters) if row.definition and "kink" in dict(row.breaks) else None
        found = self.functions[name] = known or (partial(_flat, name) if row.flat else partial(_smooth, name))
        return found


_FORMULAS = {"mul": _mul, "div": _div, "pow": _power, "square": lambda a: _mul(a, a), "reciprocal": lambda a: _div(1.0, a),
             "sqrt": lambda a: _power(a, 0.5), "cbrt": _cbrt, "atan2": _atan2}  # fmt: skip

_ONE_SIDED = _OneSided(
    {name: _on_series(formula, name) for name, formula in _FORMULAS.items()}
    | {name: partial(compared, name) for name in ("lt", "le", "gt", "ge", "eq", "ne")}
    | {"add": _add, "neg": _neg, "sub": lambda a, b: _add(a, _neg(b)), "abs": _abs, "where": lambda c, a, b: a if truth(c) else b,
       "max": partial(_extreme, "lt"), "min": partial(_extreme, "gt"), "stop_gradient": lambda a: coefficient(a, 0)},
    operators={"where": "({1} if truth({0}) else {2})"}, constants={"truth": truth},
)  # fmt: skip
