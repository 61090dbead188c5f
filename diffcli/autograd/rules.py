"""What the engine takes from a row of the tables of operations, read and compiled on first use.

The values and the terms (what an operand receives of the result's adjoint) are those that every other part of diffcli
uses. Numbers are computed in Python's floats, everything else in NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from diffcli.operations import OPERATIONS
from diffcli.operations.arithmetic import arrays
from diffcli.operations.array_row import ArrayOperation, Fixed
from diffcli.operations.arrays import ARRAYS
from diffcli.tape.recording.traced import TRUTHS
from diffcli.tape.running.array_rules import NUMPY, elementwise_reads
from diffcli.tape.running.rules import ABSENT, FLOAT

Terms = tuple[Callable[..., Any] | None, ...]

VIEWS = frozenset(("index", "reshape", "transpose", "broadcast"))
"""Operations whose result may show the operand's memory: a view, which shares its version counter."""

PLACES = frozenset(("argmax", "argmin"))
"""Operations whose result is whole numbers, to index with."""

MOVES = VIEWS | {"stack", "concat", "diag"}
"""Operations that keep the kind of their operands, yes and no or whole numbers too."""


@dataclass(frozen=True, eq=False, slots=True)
class Rule:
    """An operation as the engine uses it, for one number of operands."""

    name: str
    label: str
    """The name of its node: ``MulBackward``."""
    operands: tuple[str, ...]
    """The names of its operands, as the table has them."""
    number: Callable[..., Any] | None
    """Its value, of floats; None for an array operation."""
    value: Callable[..., Any]
    """Its value, of arrays."""
    number_terms: Terms
    """What each operand receives: functions ``(g, *operands, result)`` of floats; None where that is 0."""
    terms: Terms
    """The same of arrays, for an elementwise operation."""
    reads: tuple[frozenset[int], ...]
    """Which operands the term of each reads, by position, and -1 for the result; for an elementwise operation."""
    row: ArrayOperation | None
    """The row of an array operation."""
    defaults: Fixed
    """What is fixed in it where nothing is given."""
    passive: bool
    """Whether no derivative goes through it at all."""
    truth: bool
    """Whether the result is yes or no."""
    view: bool
    moves: bool


def label_of(name: str) -> str:
    """The name of a node.

    >>> label_of("mul"), label_of("log_softmax"), label_of("log1p")
    ('MulBackward', 'LogSoftmaxBackward', 'Log1pBackward')
    """
    return "".join(part[:1].upper() + part[1:] for part in name.split("_")) + "Backward"


_TRUTHS = {
    **{name: arrays.FUNCTIONS[name] for name in TRUTHS},
    "eq": lambda a, b: a == b, "ne": lambda a, b: a != b, "lt": lambda a, b: a < b, "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b, "ge": lambda a, b: a >= b,
}  # fmt: skip
"""Comparisons whose result is yes or no: what is NaN equals nothing, as in Python."""


@cache
def rule(name: str, count: int, strict: bool = True) -> Rule:
    """The rule of an operation of either table, for so many operands.

    ``strict`` is how a program computes it, where a quotient by 0 is undefined; else as the rules of the tables do, where it is
    the limit from above.
    """
    if name in ARRAYS:
        row = ARRAYS[name]
        passive = row.adjoint == (ABSENT,)
        names = row.parameters if not row.variadic else _numbered(row.parameters[0], count)
        value = NUMPY.strict(name)
        view, moves = name in VIEWS, name in MOVES
        return Rule(name, label_of(name), names, None, value, (), (), (), row, row.defaults, passive, False, view, moves)
    operation = OPERATIONS[name]
    names = operation.parameters if not operation.variadic else _numbered(operation.parameters[0], count)
    truth = name in TRUTHS
    value = _TRUTHS[name] if truth else NUMPY.strict(name) if strict else NUMPY.value(name)
    passive = truth or name == "stop_gradient"
    reads = () if passive else tuple(elementwise_reads(name, count, position) for position in range(count))
    numbers = () if passive else FLOAT.terms(name, count)
    on_arrays = () if passive else NUMPY.terms(name, count)
    number = None if name == "where" else FLOAT.strict(name) if strict else FLOAT.value(name)  # both have been evaluated
    return Rule(name, label_of(name), names, number, value, numbers, on_arrays, reads, None, {}, passive, truth, False, False)


def _numbered(name: str, count: int) -> tuple[str, ...]:
    """Names for the operands of an operation that takes any number of them."""
    return (name,) if count == 1 else tuple(f"{name}{number}" for number in range(count))
