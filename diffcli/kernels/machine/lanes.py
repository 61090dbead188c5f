"""The table's arithmetic in the lanes of a vector, as LLVM IR.

What takes more than a few instructions is a function of IR, made once for a module where it is first asked for; rows call it,
and LLVM puts it in line. `Value` says how it is written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir

from diffcli.kernels.machine.elementary import ELEMENTARY
from diffcli.kernels.machine.powers import fmod
from diffcli.kernels.machine.rows import LOGIC, ROWS, STRICT
from diffcli.kernels.machine.special import SPECIAL
from diffcli.kernels.machine.values import Function, Value, Vectors
from diffcli.tape.running.rules import FLOAT, Arithmetic

TEXTS = {
    "log1p": "u = 1 + a; t = log(u); copysign(where(abs(t) < 1/0, t - ((u - 1) - a)/u, t), a)",
    "cbrt": "t = abs(a); y = exp(log(t)*(1/3)); copysign(where(t > 0 and t < 1/0, y - (y - t/(y*y))/3, t), a)",
    "hypot": "t = max(abs(a), abs(b)); s = where(t > 2^500, 2^-600, where(t < 2^-400, 2^600, 1)); "
    "sqrt((a*s)*(a*s) + (b*s)*(b*s))/s",
    "tan": "sin(a)/cos(a)",
    "atan": "atan2(a, 1)",
    "asin": "atan2(a, sqrt((1 - a)*(1 + a)))",
    "acos": "atan2(sqrt((1 - a)*(1 + a)), a)",
    # for small ones the series
    "sinh": "t = abs(a); z = t*t; h = exp(t/2); half = h/2*h; rest = 1 + z*(1/156)*(1 + z*(1/210)*(1 + z*(1/272))); "
    "series = z*(1/6)*(1 + z*(1/20)*(1 + z*(1/42)*(1 + z*(1/72)*(1 + z*(1/110)*rest)))); "
    "copysign(where(t < 1, t + t*series, half - 0.25/half), a)",
    "cosh": "h = exp(abs(a)/2); t = h/2*h; t + 0.25/t",
    "asinh": "t = abs(a); copysign(where(t < 1e8, log1p(t + t*t/(1 + sqrt(1 + t*t))), log(t) + log(2)), a)",
    "acosh": "where(a < 1e8, log1p(a - 1 + sqrt((a - 1)*(a + 1))), log(a) + log(2))",
    "atanh": "copysign(log1p(2*abs(a)/(1 - abs(a)))/2, a)",
    "mod": "r = fmod(a, b); where(r == 0, copysign(r, b), where((r < 0) == (b < 0), r, r + b))",
    # the quotient is whole but for its rounding
    "floor_divide": "r = fmod(a, b); q = round((a - r)/b) - (r != 0 and (r < 0) != (b < 0)); where(q == 0, copysign(q, a/b), q)",
    "clip": "min(max(a, b), c)",
    "sign": "where(a > 0, 1, where(a < 0, -1, a + 0))",
}
"""Rows that are computed by a text, in the language of the table's own."""


def _called(name: str, function: Function) -> Function:
    """A row that is a function of IR."""
    return lambda lanes, *operands: lanes.call(name, function, *operands)


CALLED = {name: _called(name, function) for name, function in (ELEMENTARY | SPECIAL | {"fmod": fmod}).items()}


WEIGHTS = dict.fromkeys(ROWS, 1) | dict.fromkeys([*SPECIAL, "pow", "polygamma"], 100)
"""About how many instructions a row is; most of the others are 30."""


class LaneArithmetic(Arithmetic):
    """Rows as functions of what they are given. A row without a function of its own is computed by its text, as one of IR."""

    def __init__(self, lanes: Lanes) -> None:
        self.lanes = lanes
        super().__init__(
            {name: self.row(name, function, FLOAT.value) for name, function in (CALLED | ROWS).items()},
            {name: self.row(name, function, FLOAT.strict) for name, function in STRICT.items()},
            operators={},
            form=lambda row: TEXTS.get(row.name) or row.value or row.definition,
        )

    def row(self, name: str, function: Function, plain: Callable[[str], Function]) -> Function:
        """A row; of plain numbers what it is in floats."""
        lanes = self.lanes
        convert = lanes.value if name in LOGIC else lanes.as_number

        def row(*operands: Any) -> Any:
            if all(isinstance(operand, (int, float)) for operand in operands):
                return plain(name)(*operands)
            return function(lanes, *map(convert, operands))

        return row

    def by_form(self, row: Any) -> Function:
        return self.row(row.name, _called(row.name, super().by_form(row)), FLOAT.value)


class Lanes(Vectors):
    """Vectors with the arithmetic of the table.

    The functions of ``arithmetic`` emit where ``builder`` stands. They take values as they return them, floats, or IR; what they
    return may be numbers or truths: `number` and `truth` make IR of it.
    """

    def __init__(self, module: ir.Module, width: int) -> None:
        super().__init__(module, width)
        self.arithmetic = LaneArithmetic(self)

    def inverse(self, divisor: Any) -> Value:
        """A reciprocal that quotients share; that of the smallest numbers is beyond the range, and their quotients may not be."""
        divisor = self.as_number(divisor) + 0.0
        found: Value = 1.0 / divisor
        self.mark(found * divisor > 2.0)
        return found
