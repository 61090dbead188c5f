"""What languages lack, or have with other special cases, and the special functions: written once, as functions of `Value`.

The special cases are those of `diffcli.operations.arithmetic.floats`, the special functions the pieces of
`diffcli.operations.arithmetic.special`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial, reduce
from operator import or_
from typing import Any

from diffcli.exports.values import Body, Value
from diffcli.operations.arithmetic.special.formulas import Elementary, Pieces
from diffcli.operations.arithmetic.special.gamma import DIGAMMA, GAMMA, GAMMA_RIGHT, LGAMMA, sine
from diffcli.operations.arithmetic.special.normal import ERF_OF_SIZE, ERFC, GELU

LARGE = 2.0**28
"""From here on a^2 + 1 is a^2."""


def asinh(m: Body, a: Value) -> Value:
    """This one and the next two are fdlibm's (Sun Microsystems, 1993), which keep their digits beside 0 and 1."""
    t = m.value(abs(a).text, 0)
    root = m.apply("sqrt", t * t + 1.0)
    middle, small = m.apply("log", 2.0 * t + 1.0 / (root + t)), m.apply("log1p", t + t * t / (1.0 + root))
    size = m.choose(t > LARGE, m.apply("log", t) + math.log(2), m.choose(t > 2.0, middle, small))
    return m.apply("raw copysign", size, a)


def acosh(m: Body, a: Value) -> Value:
    m.when(a < 1.0, lambda: math.nan)
    t = m.value((a - 1.0).text, 0)
    middle = m.apply("log", 2.0 * a - 1.0 / (a + m.apply("sqrt", a * a - 1.0)))
    small = m.apply("log1p", t + m.apply("sqrt", 2.0 * t + t * t))
    return m.choose(a > LARGE, m.apply("log", a) + math.log(2), m.choose(a > 2.0, middle, small))


def atanh(m: Body, a: Value) -> Value:
    t = m.value(abs(a).text, 0)
    twice = m.choose(t < 0.5, 2.0 * t + 2.0 * t * t / (1.0 - t), 2.0 * t / (1.0 - t))
    return m.apply("raw copysign", 0.5 * m.apply("log1p", twice), a)


def nearest(m: Body, a: Value) -> Value:
    """Halves to even."""
    below = m.value(m.apply("floor", a).text, 0)
    rest, half = m.value((a - below).text, 0), 0.5 * below
    m.when(rest.differs(rest), lambda: a)
    even = m.choose(m.apply("floor", half).equals(half), below, below + 1.0)
    return m.choose(rest < 0.5, below, m.choose(rest > 0.5, below + 1.0, even))


def signed_power(m: Body, a: Value, b: Value) -> Value:
    """As C's, in a language that has other powers of numbers below 0 and to the infinite."""
    whole, half = m.value(m.apply("floor", b).text, 0), 0.5 * b
    m.when(abs(a).equals(1.0) & abs(b).equals(math.inf), lambda: 1.0)
    m.when((a < 0.0) & abs(a).differs(math.inf) & whole.differs(b), lambda: math.nan)
    size = m.apply("power of size", abs(a), b)
    odd = whole.equals(b) & m.apply("floor", half).differs(half)
    return m.choose(((a < 0.0) | (1.0 / a < 0.0)) & odd, -size, size)


def undefined(*values: Value) -> Value:
    return reduce(or_, [value.differs(value) for value in values])


def power(m: Body, a: Value, b: Value, pole: float = math.inf) -> Value:
    m.when(undefined(a, b), lambda: math.nan)
    m.when(a.equals(0.0) & (b < 0.0), lambda: pole)
    return m.apply("raw pow", a, b)


def signs_differ(m: Body, a: Value, b: Value) -> Value:
    return m.compare("ne", m.choose(a < 0.0, 1.0, 0.0), m.choose(b < 0.0, 1.0, 0.0))


def remainder(m: Body, a: Value, b: Value) -> Value:
    """With the sign of the divisor, as Python's; 0 too."""
    m.when(b.equals(0.0), lambda: math.nan)
    rest = m.value(m.apply("raw fmod", a, b).text, 0)
    m.when(rest.equals(0.0), lambda: m.apply("raw copysign", 0.0, b))
    return m.choose(signs_differ(m, rest, b), rest + b, rest)


def floor_quotient(m: Body, a: Value, b: Value) -> Value:
    """As Python's: of what is left when the remainder is taken off, so that it is a whole number."""
    m.when(b.equals(0.0), lambda: math.nan)
    rest = m.value(m.apply("raw fmod", a, b).text, 0)
    whole = m.value(((a - rest) / b).text, 0)
    beyond = signs_differ(m, rest, b)
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


def of_gamma_family(m: Body, a: Value, pieces: Pieces, largest: int = 0) -> Any:
    """A function with poles at 0, -1, -2, ..., by its pieces, which lose digits beside its roots left of 0."""
    m.when(undefined(a), lambda: math.nan)
    m.when((a <= 0.0) & m.apply("floor", a).equals(a), lambda: math.nan)
    return m.pieces(a, pieces, m.elementary(largest))


def odd(m: Body, a: Value) -> Value:
    size = m.value(abs(a).text, 0)
    return m.apply("raw copysign", m.elementary().in_pieces(size, ERF_OF_SIZE), a)


def far_below(a: Any, m: Elementary) -> Any:
    """The gamma function where mpmath is asked elsewhere: its reflection, in quotients, as a product may be beyond the range."""
    return math.pi / (sine(a, m) * -a) / m.in_pieces(-a, GAMMA_RIGHT)


WHOLE_GAMMA: Pieces = (GAMMA[0], (GAMMA[1][0], far_below), *GAMMA[2:])

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
    "asinh": asinh, "acosh": acosh, "atanh": atanh, "round": nearest, "raw pow": signed_power,
    "raw copysign": lambda m, a, b: m.choose((b < 0.0) | (1.0 / b < 0.0), -abs(a), abs(a)),
    "erf": odd, "erfc": lambda m, a: m.pieces(a, ERFC, m.elementary()), "gelu": lambda m, a: m.pieces(a, GELU, m.elementary()),
    "gamma": partial(of_gamma_family, pieces=WHOLE_GAMMA), "lgamma": partial(of_gamma_family, pieces=LGAMMA),
    "digamma": partial(of_gamma_family, pieces=DIGAMMA),
}  # fmt: skip

CALLED = {
    "raw pow": "signed_power_of", "raw copysign": "size_of_sign",
    "div": "limit_quotient", "strict div": "quotient", "pow": "limit_power", "strict pow": "power_of", "max": "larger_of",
    "min": "smaller_of", "and": "both_of", "or": "either_of",
}  # fmt: skip
"""What functions are called that are brought along, if not by the row and ``_of``: no language has one of such a name itself."""
