"""Functions that few languages lack, in terms of `diffcli.exports.helpers.Value`.

The inverse hyperbolic functions are fdlibm's (Sun Microsystems, 1993), which keep their digits beside 0 and 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

LARGE = 2.0**28
"""From here on a^2 + 1 is a^2."""


def asinh(m: Any, a: Any) -> Any:
    t = m.value(abs(a).text, 0)
    root = m.apply("sqrt", t * t + 1.0)
    middle, small = m.apply("log", 2.0 * t + 1.0 / (root + t)), m.apply("log1p", t + t * t / (1.0 + root))
    size = m.choose(t > LARGE, m.apply("log", t) + math.log(2), m.choose(t > 2.0, middle, small))
    return m.apply("raw copysign", size, a)


def acosh(m: Any, a: Any) -> Any:
    m.when(a < 1.0, lambda: math.nan)
    t = m.value((a - 1.0).text, 0)
    middle = m.apply("log", 2.0 * a - 1.0 / (a + m.apply("sqrt", a * a - 1.0)))
    small = m.apply("log1p", t + m.apply("sqrt", 2.0 * t + t * t))
    return m.choose(a > LARGE, m.apply("log", a) + math.log(2), m.choose(a > 2.0, middle, small))


def atanh(m: Any, a: Any) -> Any:
    t = m.value(abs(a).text, 0)
    twice = m.choose(t < 0.5, 2.0 * t + 2.0 * t * t / (1.0 - t), 2.0 * t / (1.0 - t))
    return m.apply("raw copysign", 0.5 * m.apply("log1p", twice), a)


def nearest(m: Any, a: Any) -> Any:
    """Halves to even."""
    below = m.value(m.apply("floor", a).text, 0)
    rest, half = m.value((a - below).text, 0), 0.5 * below
    m.when(rest.differs(rest), lambda: a)
    even = m.choose(m.apply("floor", half).equals(half), below, below + 1.0)
    return m.choose(rest < 0.5, below, m.choose(rest > 0.5, below + 1.0, even))


def power(m: Any, a: Any, b: Any) -> Any:
    """As C's, in a language that has other powers of numbers below 0 and to the infinite."""
    whole, half = m.value(m.apply("floor", b).text, 0), 0.5 * b
    m.when(abs(a).equals(1.0) & abs(b).equals(math.inf), lambda: 1.0)
    m.when((a < 0.0) & abs(a).differs(math.inf) & whole.differs(b), lambda: math.nan)
    size = m.apply("power of size", abs(a), b)
    odd = whole.equals(b) & m.apply("floor", half).differs(half)
    return m.choose(((a < 0.0) | (1.0 / a < 0.0)) & odd, -size, size)


LACKING: dict[str, Callable[..., Any]] = {
    "asinh": asinh, "acosh": acosh, "atanh": atanh, "round": nearest, "raw pow": power,
    "raw copysign": lambda m, a, b: m.choose((b < 0.0) | (1.0 / b < 0.0), -abs(a), abs(a)),
}  # fmt: skip
