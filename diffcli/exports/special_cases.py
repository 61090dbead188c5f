"""What languages have with other special cases, and the special functions: written once, as functions of `Value`.

The special cases are those of `diffcli.operations.arithmetic.floats`, the special functions the pieces of
`diffcli.operations.arithmetic.special`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from diffcli.exports.lacking import LACKING
from diffcli.exports.values import Body, Value
from diffcli.operations.arithmetic.special.formulas import Elementary, Pieces
from diffcli.operations.arithmetic.special.gamma import DIGAMMA, GAMMA, GAMMA_RIGHT, LGAMMA, sine
from diffcli.operations.arithmetic.special.normal import ERF_OF_SIZE, ERFC, GELU


def undefined(*values: Value) -> Value:
    found = values[0].differs(values[0])
    for value in values[1:]:
        found = found | value.differs(value)
    return found


def power(m: Body, a: Value, b: Value, pole: float = math.inf) -> Value:
    m.when(undefined(a, b), lambda: math.nan)
    m.when(a.equals(0.0) & (b < 0.0), lambda: pole)
    return m.apply("raw pow", a, b)


def remainder(m: Body, a: Value, b: Value) -> Value:
    """With the sign of the divisor, as Python's; 0 too."""
    m.when(b.equals(0.0), lambda: math.nan)
    rest = m.value(m.apply("raw fmod", a, b).text, 0)
    m.when(rest.equals(0.0), lambda: m.apply("raw copysign", 0.0, b))
    return m.choose(m.compare("ne", m.choose(rest < 0.0, 1.0, 0.0), m.choose(b < 0.0, 1.0, 0.0)), rest + b, rest)


def floor_quotient(m: Body, a: Value, b: Value) -> Value:
    """As Python's: of what is left when the remainder is taken off, so that it is a whole number."""
    m.when(b.equals(0.0), lambda: math.nan)
    rest = m.value(m.apply("raw fmod", a, b).text, 0)
    whole = m.value(((a - rest) / b).text, 0)
    beyond = m.compare("ne", m.choose(rest < 0.0, 1.0, 0.0), m.choose(b < 0.0, 1.0, 0.0))
    whole = m.choose(rest.equals(0.0), whole, m.choose(beyond, whole - 1.0, whole))
    m.when(whole.equals(0.0), lambda: m.apply("raw copysign", 0.0, a / b))
    floor = m.value(m.apply("floor", whole).text, 0)
    return m.choose(whole - floor > 0.5, floor + 1.0, floor)


def both(m: Body, a: Value, b: Value) -> Value:
    return m.choose(a.equals(0.0) | b.equals(0.0), 0.0, m.choose(undefined(a, b), math.nan, 1.0))


def either(m: Body, a: Value, b: Value) -> Value:
    holds = (a.differs(0.0) & a.equals(a)) | (b.differs(0.0) & b.equals(b))
    return m.choose(holds, 1.0, m.choose(undefined(a, b), math.nan, 0.0))


def clipped(m: Body, a: Value, b: Value, c: Value) -> Value:
    m.when(undefined(a, b, c), lambda: math.nan)
    above = m.choose(b > a, b, a)
    return m.choose(c < above, c, above)


FORMS: dict[str, Callable[..., Any]] = {
    "div": lambda m, a, b: a / m.choose(b.equals(0.0), 0.0, b),
    "strict div": lambda m, a, b: m.choose(b.equals(0.0), math.nan, a / b),
    "pow": power, "strict pow": lambda m, a, b: power(m, a, b, math.nan),
    "hypot": lambda m, a, b: m.choose(undefined(a, b), math.nan, m.apply("raw hypot", a, b)),
    "copysign": lambda m, a, b: m.choose(undefined(b), math.nan, m.apply("raw copysign", a, b)),
    "sign": lambda m, a: m.choose(a > 0.0, 1.0, m.choose(a < 0.0, -1.0, m.choose(a.equals(0.0), 0.0, math.nan))),
    "max": lambda m, a, b: m.choose(a >= b, a, m.choose(a < b, b, math.nan)),
    "min": lambda m, a, b: m.choose(a <= b, a, m.choose(a > b, b, math.nan)),
    "clip": clipped, "mod": remainder, "floor_divide": floor_quotient,
    "fmod": lambda m, a, b: m.choose(b.equals(0.0), math.nan, m.apply("raw fmod", a, b)),
    "and": both, "or": either,
    "not": lambda m, a: m.choose(undefined(a), math.nan, m.choose(a.equals(0.0), 1.0, 0.0)),
}  # fmt: skip
FORMS |= LACKING

CALLED = {
    "raw pow": "signed_power_of", "raw copysign": "size_of_sign",
    "div": "limit_quotient", "strict div": "quotient", "pow": "limit_power", "strict pow": "power_of", "max": "larger_of",
    "min": "smaller_of", "and": "both_of", "or": "either_of",
}  # fmt: skip
"""What functions are called that are brought along, if not by the row and ``_of``: no language has one of such a name itself."""


def of_gamma_family(m: Body, a: Value, pieces: Pieces, largest: int = 0) -> None:
    """A function with poles at 0, -1, -2, ..., by its pieces, which lose digits beside its roots left of 0."""
    m.when(undefined(a), lambda: math.nan)
    m.when((a <= 0.0) & m.apply("floor", a).equals(a), lambda: math.nan)
    m.pieces(a, pieces, m.elementary(largest))


def odd(m: Body, a: Value) -> None:
    size = m.value(abs(a).text, 0)
    name = m.helpers.bring_pieces(m, ERF_OF_SIZE)
    m.give(m.apply("raw copysign", m.value(f"{name}({size.text})"), a))


def far_below(a: Any, m: Elementary) -> Any:
    """The gamma function where mpmath is asked elsewhere: its reflection, in quotients, as a product may be beyond the range."""
    return math.pi / (sine(a, m) * -a) / m.in_pieces(-a, GAMMA_RIGHT)


WHOLE_GAMMA: Pieces = (GAMMA[0], (GAMMA[1][0], far_below), *GAMMA[2:])

SPECIAL: dict[str, Callable[..., None]] = {
    "erf": odd, "erfc": lambda m, a: m.pieces(a, ERFC, m.elementary()), "gelu": lambda m, a: m.pieces(a, GELU, m.elementary()),
    "gamma": lambda m, a: of_gamma_family(m, a, WHOLE_GAMMA), "lgamma": lambda m, a: of_gamma_family(m, a, LGAMMA),
    "digamma": lambda m, a: of_gamma_family(m, a, DIGAMMA),
}  # fmt: skip
