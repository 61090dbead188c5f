"""The numbers that options take, of commands and of the library's functions, and a number as a text."""

from __future__ import annotations

from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import ExpressionError, UsageError, error

LARGEST = 1.7976931348623157e308


class Range(NamedTuple):
    """Numbers from ``least`` to ``most``: whole ones, or any."""

    least: float
    most: float = LARGEST
    whole: bool = True

    def require(self, name: str, value: Any) -> Any:
        """The value, if it is in range; else a `UsageError` that says what ``name`` is to be.

        >>> Range(1, 10).require("order", 2), TIMEOUT.require("timeout", 0.5)
        (2, 0.5)
        """
        if self.whole and hasattr(value, "__index__") and not isinstance(value, bool):
            value = value.__index__()  # NumPy's whole numbers are some too
        kinds = int if self.whole else (int, float)
        if isinstance(value, kinds) and not isinstance(value, bool) and self.least <= value <= self.most:
            return value
        shown = repr(value) if self.whole else f"{value:.12g}" if isinstance(value, float) else str(value)
        raise UsageError([error("bad-value", f"{name} is {shown[:40]}, not {self}")])

    def __str__(self) -> str:
        if self.most == LARGEST:
            return "a positive number" if self.least > 0 else "a number"
        return f"a {'whole ' * self.whole}number from {self.least:.12g} to {self.most if self.whole else f'{self.most:.20g}'}"


POSITIVE = Range(5e-324, whole=False)
MAX_NODES = Range(1, 10**9)
THREADS = Range(1, 1024)
TIMEOUT = Range(0, 10**7, whole=False)
"""Seconds: up to a season."""


def read_constant(text: str, label: str = "value") -> Any:
    """The number that a text is, a constant expression, in full: `diffcli.records.finite_float` makes a float of it.

    >>> read_constant("2^-10")
    0.0009765625
    """
    from diffcli.language import parse  # whoever gives no number does not wait for it
    from diffcli.methods.points.computed import computed
    from diffcli.tape import evaluate, lower

    program = parse(text, label)
    if not program.inputs and len(program.statements) == 1 and not program.statements[0].name:
        tape = lower(program)
        if not tape.shape(tape.output):
            return computed(tape, evaluate(tape, []), [tape.output])[0]
    raise ExpressionError([error("bad-value", f"`{text}` is not a finite number", program.source)])
