"""Operations in Python complex numbers, through `cmath`, for the complex step.

Only operations that are analytic on their real domain stand here. Every other one (abs, max, erf, ...) is left to its
rule in the table, because a complex version of it would be silently wrong or does not exist.
"""

from __future__ import annotations

import cmath
import operator
from collections.abc import Callable

ANALYTIC: dict[str, Callable[..., complex]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "neg": operator.neg,
    "square": lambda a: a * a, "reciprocal": lambda a: 1 / a,
    "exp": cmath.exp, "log": cmath.log, "sqrt": cmath.sqrt, "sin": cmath.sin, "cos": cmath.cos, "tan": cmath.tan,
    "asin": cmath.asin, "acos": cmath.acos, "atan": cmath.atan, "sinh": cmath.sinh, "cosh": cmath.cosh,
    "tanh": cmath.tanh, "asinh": cmath.asinh, "acosh": cmath.acosh, "atanh": cmath.atanh,
}  # fmt: skip
"""The functions, by the names of their rows."""
