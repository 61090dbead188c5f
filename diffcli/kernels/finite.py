"""What the rows of a tape come to in NumPy as long as all values are finite: calls, and texts in place of some."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial, reduce
from math import isfinite
from timeit import repeat
from typing import Any

import numpy as np

from diffcli.errors import Span
from diffcli.operations import OPERATIONS, is_settled
from diffcli.operations.arithmetic import arrays
from diffcli.operations.custom_operations import OwnName
from diffcli.tape import Tape
from diffcli.tape.running.array_rules import NUMPY
from diffcli.tape.running.rules import FLOAT, fold, parse_own

TRUTHS = {
    "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal, "ne": np.not_equal,
    "and": np.logical_and, "or": np.logical_or, "not": np.logical_not,
}  # fmt: skip
"""Rows whose values are truths where nothing is undefined."""


ROUNDINGS = {"floor": np.floor, "ceil": np.ceil, "round": np.rint, "trunc": np.trunc}
"""Rows whose 0 has no sign, but in NumPy."""


def halved(angle: Any, out: Any = None) -> Any:
    """Half of an angle; where that is no float, the block is left to care."""
    with np.errstate(under="raise"):
        return np.multiply(angle, 0.5, out=out)


CALLS: dict[str, Callable[..., Any]] = {
    **{name: function for name, function in arrays.FUNCTIONS.items() if arrays.takes_memory(function) and name != "logaddexp"},
    **TRUTHS, **ROUNDINGS, "div": np.divide, "pow": np.power, "hypot": np.hypot, "copysign": np.copysign, "max": np.maximum,
    "min": np.minimum, "floor_divide": np.floor_divide, "halved": halved,
}  # fmt: skip
"""Rows that NumPy computes into an array that it is given, right as long as everything is finite."""

HONEST = frozenset((
    *TRUTHS, "add", "sub", "mul", "div", "neg", "square", "sqrt", "exp", "log", "abs", "sign", "floor", "ceil", "round", "trunc",
    "max", "min", "sin", "cos", "tan", "atan", "tanh", "asinh", "cbrt", "copysign", "where", "halved", "erf", "erfc", "gelu",
))  # fmt: skip
"""Rows that make nothing infinite or undefined of finite operands without a word of NumPy's; others are looked at."""


def finite(column: Any) -> None:
    """Stop a block in which a value may be infinite or undefined."""
    if not isfinite(np.vdot(column, column)):
        raise FloatingPointError


CALLED = {name: function.__name__ if isinstance(function, np.ufunc) else name for name, function in CALLS.items()}
"""What a row is called in a source."""

NAMES: dict[str, Any] = {CALLED[name]: function for name, function in CALLS.items()}
NAMES |= {function.__name__: function for function in (np.array, np.copyto, np.putmask, np.where, finite)}
NAMES |= {"nan": np.nan, "inf": np.inf}
"""What the names in a source stand for, but for constants and functions that NumPy does not have."""


def first(function: Callable[..., Any]) -> Callable[..., Any]:
    """The largest or smallest operand, and of 0 and -0 the one that stands first."""
    return lambda *operands: reduce(lambda a, b: np.where(np.equal(a, b), a, function(a, b)), operands)


SIGNED = {"max": first(np.maximum), "min": first(np.minimum)}
SIGNED["clip"] = lambda a, b, c: SIGNED["min"](SIGNED["max"](a, b), c)
"""How rows are computed in a program that can see the sign of a 0, which NumPy makes another one."""

SEES_SIGNS = frozenset(("copysign", "atan2"))
"""Rows that see it."""

FORMS = {
    "clip": "min(max(a, b), c)", "relu": "max(a, 0)",
    "sin": "t = tan(half); (t + t)/(1 + square(t))", "cos": "t = tan(a); copysign(1/sqrt(1 + square(t)), sin(a)*t)",
}  # fmt: skip
"""Rows by texts that are quicker and right where all is finite: sines by the tangent of ``half`` the angle."""

POWERS = {
    0.5: "sqrt(a + 0)", 1.0: "a", 1.5: "a*sqrt(a + 0)", 2.0: "square(a)", 3.0: "square(a)*a", 4.0: "square(square(a))",
}  # fmt: skip
"""Powers by the size of their exponents; a + 0 is not -0."""


@cache
def tangent_is_quick() -> bool:
    """Whether NumPy computes the tangent with the processor's vectors, and sines one by one."""
    angles = np.linspace(-3.0, 3.0, 2048)
    tangents, sines = (min(repeat(lambda: function(angles), number=1)) for function in (np.tan, np.sin))  # noqa: B023
    return 3 * tangents < sines


class Plain(Tape):
    """The calls that the rows of another tape come to as long as all is finite: each a row, and only once."""

    __slots__ = ("known", "functions", "decided", "signless", "holds", "assumed")

    def __init__(self, tape: Tape, names: list[str]) -> None:
        super().__init__(tape.source, names)
        self.known: dict[tuple[str, tuple[int, ...]], int] = {}
        self.functions: dict[str, Callable[..., Any]] = {}
        """What NumPy does not have, by the name that it is called by."""
        self.decided = True
        """Whether nothing but a choice reads what is undefined everywhere."""
        self.assumed: list[int] = []
        """What is to be finite though no result may be computed from it: something is settled by that."""
        self.signless = SEES_SIGNS.isdisjoint(tape.operations)
        self.holds: dict[int, int] = {}
        """The truths of numbers that count them, as marks do: few are ever counted."""

    def number(self, slot: int) -> float | None:
        return self.constants[-1 - slot] if slot < 0 else None

    def row(self, name: str, *operands: int) -> int:
        key = name, operands
        if key not in self.known:
            self.known[key] = self.append(name, operands, Span(0, 0))
        return self.known[key]

    def is_truth(self, slot: int) -> bool:
        return slot >= self.first_row and self.operation(slot) in TRUTHS

    def truth(self, slot: int) -> int:
        if self.is_truth(slot):
            return slot
        return self.holds[slot] if slot in self.holds else self.row("ne", slot, self.constant(0.0))

    def value(self, slot: int) -> int:
        if not self.is_truth(slot):
            return slot
        number = self.row("where", slot, self.constant(1.0), self.constant(0.0))
        self.holds[number] = slot
        return number

    def emit(self, name: str, operands: Sequence[int]) -> int:
        """The slot of an operation applied to some slots."""
        numbers = [self.number(operand) for operand in operands]
        if None not in numbers and is_settled(name):  # else NumPy computes it, as it does what varies
            return self.constant(float(FLOAT.value(name)(*numbers)))
        self.decided &= all(number == number for number in (numbers[:1] if name == "where" else numbers))
        if name in ("and", "or", "not"):
            return self.row(name, *map(self.truth, operands))
        if name == "where":
            condition, then, otherwise = operands
            if numbers[0] is not None:
                return then if numbers[0] else otherwise
            return self.row(name, self.truth(condition), self.value(then), self.value(otherwise))
        operands = list(map(self.value, operands))
        if name == "stop_gradient" or (name == "add" and self.signless and 0.0 in numbers):
            return operands[numbers[0] == 0]
        same = name in TRUTHS and operands[0] == operands[1]
        if same or (self.signless and name == "mul" and 0.0 in numbers):
            self.assumed += operands
            return self.constant(float(same and TRUTHS[name](0.0, 0.0)))
        if name == "add" and all(operand in self.holds for operand in operands):
            found = self.row(name, *operands)
            self.holds[found] = self.row("or", *[self.holds[operand] for operand in operands])
            return found
        text = self.form(name, numbers)
        if text:
            return self.by_text(text, dict(zip(OPERATIONS[name].parameters, operands, strict=False)))
        if name not in CALLS:
            label = f"own{len(self.functions)}" if isinstance(name, OwnName) else name
            self.functions[label] = NUMPY.value(name)
            return self.row(label, *operands)
        if name in ROUNDINGS:
            return self.row("add", self.row(name, *operands), self.constant(0.0))
        return reduce(partial(self.row, name), operands) if name in ("max", "min") else self.row(name, *operands)

    def form(self, name: str, numbers: Sequence[float | None]) -> str:
        """The text by which a row is computed; empty if by a call."""
        if name == "pow" and (exponent := numbers[1]) is not None and abs(exponent) in POWERS:
            return f"1/({POWERS[-exponent]})" if exponent < 0 else POWERS[exponent]
        if name in FORMS:
            return FORMS[name] if name not in ("sin", "cos") or tangent_is_quick() else ""
        return "" if name in CALLS or name in arrays.FUNCTIONS or isinstance(name, OwnName) else FLOAT.form_of(OPERATIONS[name])

    def by_text(self, text: str, places: dict[str, int]) -> int:
        def leaf(argument: Any) -> int:
            if argument == "half":
                return self.row("halved", places["a"])
            return places[argument] if argument in places else self.constant(FLOAT.constants.get(argument, argument))

        return fold(parse_own(text), leaf, lambda name, operands, _: self.emit(name, operands))  # type: ignore[no-any-return]
