"""Power series on one side: what a tape computes at the point plus t times a direction, for every t > 0 that is small enough.

A value is a Laurent series in t, so that poles on the way may cancel. What decides (the sign of the operand of abs, which operand
max takes, a comparison) is the lowest coefficient that is not 0: it outweighs all others beside the point (Griewank & Walther
2008, chapter 14, where the tangents decide alone). Sums, products, quotients and powers have formulas of their own; any
other y = phi(a, b) has y' = phi_a*a' + phi_b*b', of partials that the table's texts give in the same arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial, reduce
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import Source, Span
from diffcli.language import parse
from diffcli.methods.sweeps.point_rows import COMPARISONS, PointRows
from diffcli.methods.sweeps.series import expand, following_power, following_quotient, product
from diffcli.operations import OPERATIONS
from diffcli.tape import Tape
from diffcli.tape.lowering import MOST_ROWS
from diffcli.tape.running.evaluation import Values, run
from diffcli.tape.running.rules import FLOAT, Arithmetic

ENOUGH = 5
"""A series without a coefficient below this power does not move, as far as a choice is concerned."""

LENGTH = 8
"""How many coefficients a direction begins with, for those that quotients lose on the way."""

MOST = 256
"""Of what begins beyond, such as x^1e9, nothing is known but that it vanishes up to here."""

nan = math.nan


class Undecided(Exception):
    """What a choice depends on is undefined, or begins to move in a higher order than is known."""


class Series(NamedTuple):
    """The coefficients from the power ``low`` on, of which the first is not 0; those after the last are not known.

    That of a root begins at a fraction.
    """

    low: float
    coefficients: tuple[float, ...]

    @property
    def end(self) -> float:
        return self.low + len(self.coefficients)

    @property
    def is_sharp(self) -> bool:
        """Whether it begins with the power that it says, or else a root of it may."""
        return bool(self.coefficients) and math.isfinite(self.coefficients[0])

    @property
    def real(self) -> bool:
        """Whether it is true where it decides on a branch."""
        return truth(self)

    def at(self, power: int) -> float:
        """A coefficient; NaN if it is not known."""
        if not is_whole(self.low):
            return _of_whole_powers(self).at(power)  # type: ignore[no-any-return]
        if self.low < 0 == power and self.coefficients:  # beside a pole
            return math.copysign(math.inf, self.coefficients[0])
        if power >= self.end or self.low < 0:
            return nan
        return _lower(self, power)


def _lower(value: Series, power: float) -> float:
    return value.coefficients[round(power - value.low)] if power >= value.low else 0.0


def series(low: float, coefficients: Iterable[float]) -> Any:
    """A series from coefficients up to the first that is undefined; one that is infinite is the last that is known."""
    found: list[float] = []
    for each in coefficients:
        if each != each:
            break
        if found or each:
            found.append(each)
        else:
            low += 1
        if math.isinf(each):
            break
    if low >= MOST:
        return Series(MOST, ())
    if is_whole(low):
        return Series(round(low), tuple(found))
    root = Series(low, tuple(found))
    return root if root.is_sharp else Series(math.floor(low), ())


def is_whole(power: float) -> bool:
    return abs(power - round(power)) < 1e-9


def coefficient(value: Any, power: int) -> float:
    """A coefficient of what a tape computes; NaN if it is not known."""
    return value.at(power) if isinstance(value, Series) else nan if value != value else value * (power == 0)


def alike(one: float, other: float, among: Iterable[float]) -> bool:
    """Whether two coefficients are equal but for rounding, beside the largest of some."""
    return abs(one - other) <= 1e-12 * max([abs(each) for each in among if math.isfinite(each)], default=0.0)


def along(tape: Tape, point: Sequence[float], direction: Mapping[int, float], length: int = LENGTH) -> Values:
    """The value of every slot when a point starts to move in a direction: a number where it does not move, else a series.

    Raises `Undecided` where a choice is.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> tape = lower(parse("where(x == 0, 1, sin(x)/x) + abs(x)*x"))
    >>> [round(coefficient(along(tape, [0.0], {0: side})[tape.output], 2), 6) for side in (1.0, -1.0)]
    [0.833333, -1.166667]
    """
    rest = [0.0] * (length - 2)
    moving = [series(0, [x, direction[slot], *rest]) if direction.get(slot) else x for slot, x in enumerate(point)]
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
        return nan
    return float(FLOAT.value(name)(*sides))


def _flat(name: str, *operands: Any) -> float:
    function, numbers = FLOAT.value(name), [0.0 if _vanishes(each) else beside(each) for each in operands]
    if any(number != number for number in numbers):
        return nan
    pairs = zip(operands, numbers, strict=True)
    unknown = [isinstance(each, Series) and each.at(0) == n and each.end < ENOUGH for each, n in pairs]  # in an order not known
    for towards in (-math.inf, math.inf):  # where it jumps, the way has to be known
        moved = [math.nextafter(n, towards) if moves else n for moves, n in zip(unknown, numbers, strict=True)]
        if function(*moved) != function(*numbers):
            raise Undecided
    return float(function(*numbers))


def _vanishes(value: Any) -> bool:
    return isinstance(value, Series) and not value.coefficients and value.low > 0


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
    end = math.ceil(other.end)
    return Series(0, (a, *[0.0] * (end - 1))) if a and end > 0 else Series(end, ())


def _of_whole_powers(a: Any) -> Any:
    """A root as a series whose first coefficient, its slope, is infinite."""
    if not isinstance(a, Series) or is_whole(a.low):
        return a
    return series(math.ceil(a.low), [each * math.inf for each in a.coefficients[:1]])


def _on_series(formula: Callable[..., Any], name: str) -> Callable[..., Any]:
    """A function of series as one of numbers too."""

    def function(*operands: Any) -> Any:
        moving = [operand for operand in operands if isinstance(operand, Series)]
        if any(operand != operand for operand in operands):
            return nan
        return _as_computed(name, formula(*operands), operands) if moving else FLOAT.value(name)(*operands)

    return function


def _as_computed(name: str, found: Any, operands: Sequence[Any]) -> Any:
    """A series that begins with the value as the program itself computes it, so that only a jump can tell the two apart."""
    if not isinstance(found, Series) or found.low or not found.coefficients:
        return found
    ats = [coefficient(each, 0) for each in operands]
    value = float(FLOAT.value(name)(*ats))
    is_side = not alike(value, found.coefficients[0], [value, *ats]) and "jump" in dict(OPERATIONS[name].breaks)
    return Series(0, (value, *found.coefficients[1:])) if value and math.isfinite(value) and not is_side else found


def _add(a: Any, b: Any) -> Any:
    first, second = sorted((_lifted(a, b), _lifted(b, a)))
    apart = second.low - first.low
    if not is_whole(apart):
        if not is_whole(first.low) and second.is_sharp:  # the root outweighs the other one
            return series(first.low, first.coefficients[: math.ceil(apart)])
        first, second = _of_whole_powers(first), _of_whole_powers(second)
    powers = [first.low + k for k in range(round(min(first.end, second.end) - first.low))]
    pairs = [(k, _lower(first, k), _lower(second, k)) for k in powers]
    # what cancels to rounding is 0, but for the value, by which the program itself goes
    return series(first.low, [0.0 if k and abs(x + y) < 1e-15 * max(abs(x), abs(y)) else x + y for k, x, y in pairs])


def _neg(a: Any) -> Any:
    return Series(a.low, tuple([-each for each in a.coefficients])) if isinstance(a, Series) else -a


def _mul(a: Any, b: Any) -> Any:
    for one, other in ((a, b), (b, a)):
        if not isinstance(one, Series):
            return series(other.low, [one * each for each in other.coefficients]) if one and math.isfinite(one) else 0.0 * one
    one, other = a.coefficients, b.coefficients
    if not (a.is_sharp or b.is_sharp):
        return Series(a.low + b.low - 1, ())
    return series(a.low + b.low, [product(one, other, k) for k in range(min(len(one), len(other)))])


def _div(a: Any, b: Any) -> Any:
    divisor = _lifted(b, a)
    if not divisor.coefficients or math.isinf(divisor.coefficients[0]):
        return nan
    above = a if isinstance(a, Series) else Series(0, (a, *[0.0] * (len(divisor.coefficients) - 1)))
    found: list[float] = []
    following = following_quotient(found, above.coefficients, divisor.coefficients)
    for k in range(min(len(above.coefficients), len(divisor.coefficients))):
        found.append(following(k))
    return series(above.low - divisor.low, found)


def _power(a: Any, exponent: Any) -> Any:
    """From a*y' = exponent*a'*y, with the lowest power of a drawn out; of an exponent that moves, exp(exponent*log(a))."""
    if isinstance(exponent, Series):
        return _ONE_SIDED.value("exp")(_mul(exponent, _ONE_SIDED.value("log")(a)))
    if not isinstance(a, Series):
        return FLOAT.value("pow")(a, exponent)
    if exponent in range(8):  # as a product, which does not divide by a
        return reduce(_mul, [a] * int(exponent), 1.0)
    low = a.low * exponent
    if low >= MOST:
        return Series(MOST, ())
    if not low > -MOST:  # an exponent that is undefined, or without end
        return nan
    if not a.coefficients:
        return Series(math.floor((a.low - 1) * exponent) + 1, ()) if exponent > 0 else nan
    first = FLOAT.value("pow")(a.coefficients[0], exponent)
    if not math.isfinite(first) or not a.is_sharp:
        return nan
    found = [first]
    following = following_power(found, a.coefficients, exponent)
    for k in range(1, len(a.coefficients)):
        found.append(following(k))
    return series(low, found)


def _hypot(a: Any, b: Any) -> Any:
    """Of two operands that vanish, by squares."""
    if coefficient(a, 0) or coefficient(b, 0):
        return _smooth("hypot", a, b)
    return _power(_add(_mul(a, a), _mul(b, b)), 0.5)


def _atan2(a: Any, b: Any) -> Any:
    """Of two operands that vanish, what remains without their common power."""
    a, b = _lifted(a, b), _lifted(b, a)
    low = min(a.low, b.low)
    return _smooth("atan2", series(a.low - low, a.coefficients), series(b.low - low, b.coefficients))


def _remainder(name: str, a: Any, b: Any) -> Any:
    """What is left of a after as many b as the program takes away, and one less where the sign would be wrong on this side."""
    ats = coefficient(a, 0), coefficient(b, 0)
    left = FLOAT.value(name)(*ats)
    if not math.isfinite(left) or math.isinf(count := (ats[0] - left) / ats[1]):
        return nan
    add, mul = map(_ONE_SIDED.value, ("add", "mul"))
    rest = add(a, mul(-float(round(count)), b))
    is_below = beside(rest) * beside(b if name == "mod" else a) < 0
    return add(rest, mul(math.copysign(1.0, -ats[1] * beside(rest)), b)) if is_below else rest


@lru_cache(2**14)
def _smooth(name: str, *operands: Any) -> Any:
    operands = tuple(map(_of_whole_powers, operands))
    moving = [operand for operand in operands if isinstance(operand, Series)]
    if any(operand != operand for operand in operands) or any(operand.low < 0 for operand in moving):
        return nan
    ats = [coefficient(each, 0) for each in operands]
    if name == "atan2" and ats[0] == 0 and ats[1] < 0:  # pi or -pi
        ats[0] = math.copysign(0.0, beside(operands[0]))
    value = float(FLOAT.value(name)(*ats))
    if not moving or not math.isfinite(value):
        return value if not moving else nan
    end = math.floor(min(operand.end for operand in moving))
    known = {slot: [coefficient(each, k) for k in range(end)] for slot, each in enumerate(operands) if isinstance(each, Series)}
    near = [*map(beside, operands)]
    slope = _slope(name, operands, ats, value)
    if math.isinf(slope):  # a pole, if there is a value on this side
        return series(0, [value, slope]) if FLOAT.value(name)(*near) == FLOAT.value(name)(*near) else nan
    for numbers in (ats, near):
        tape = Tape(Source(""), [f"a{place}" for place in range(len(operands))])
        tape.append(name, tuple(range(len(operands))), Span(0, 0))
        tape.finish([tape.slots - 1])
        rows = PointRows(tape, [*numbers, FLOAT.value(name)(*numbers)], known, MOST_ROWS)
        found = expand(rows, tape, known, end - 1)
        if not rows.on_boundary:
            break
    return series(0, [value, *found[1:]])


def _slope(name: str, operands: Sequence[Any], numbers: Sequence[float], value: float) -> float:
    """The first coefficient, by the partials at some numbers."""
    pairs = zip(FLOAT.terms(name, len(operands)), operands, strict=True)
    terms = [term(coefficient(each, 1), *numbers, value) for term, each in pairs if term is not None and isinstance(each, Series)]
    return float(sum([term for term in terms if term is not None]))


class _OneSided(Arithmetic):
    """Numbers and series on one side."""

    def _made(self, name: str) -> Callable[..., Any]:
        row = OPERATIONS[name]
        defined = row.definition and ("kink" in dict(row.breaks) or name == "cbrt")
        known = self.rule(parse(row.definition), row.parameters) if defined else None
        by_definition = known and _on_series(known, name)
        found = self.functions[name] = by_definition or (partial(_flat, name) if row.flat else partial(_smooth, name))
        return found


_FORMULAS: dict[str, Callable[..., Any]] = {
    "add": _add, "sub": lambda a, b: _add(a, _neg(b)), "mul": _mul, "div": _div, "pow": _power, "square": lambda a: _mul(a, a),
    "reciprocal": lambda a: _div(1.0, a), "sqrt": lambda a: _power(a, 0.5), "atan2": _atan2, "hypot": _hypot,
    "mod": partial(_remainder, "mod"), "fmod": partial(_remainder, "fmod"),
}  # fmt: skip

_ONE_SIDED = _OneSided(
    {name: _on_series(formula, name) for name, formula in _FORMULAS.items()}
    | {name: partial(compared, name) for name in COMPARISONS}
    | {"neg": _neg, "abs": _abs, "where": lambda c, a, b: a if truth(c) else b,
       "max": partial(_extreme, "lt"), "min": partial(_extreme, "gt"), "stop_gradient": lambda a: coefficient(a, 0)},
    operators={"where": "({1} if truth({0}) else {2})"}, constants={"truth": truth},
)  # fmt: skip
