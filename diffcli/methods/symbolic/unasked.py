"""SymPy's Max, Min and Heaviside, without its questions which of their operands is larger, or of which sign.

SymPy asks whenever one of them is built, and may be at it for minutes where operands are large.
"""

from __future__ import annotations

from typing import Any

import sympy

from diffcli.methods.symbolic.text import Expression
from diffcli.methods.symbolic.zero_test import node_count

MOST_ASKED = 12
"""Operands with fewer nodes are SymPy's to compare."""


class Heaviside(sympy.Function):  # type: ignore[misc]
    """SymPy's, whose sign is looked at for numbers only; it is constant, as steps are by the table."""

    @classmethod
    def eval(cls, distance: Expression) -> Expression | None:
        return sympy.Heaviside(distance) if distance.is_number and distance.is_comparable else None

    @property
    def pargs(self) -> tuple[Expression, ...]:
        return tuple(self.args)

    def fdiff(self, position: int = 1) -> Expression:
        return sympy.Integer(0)


STEPS = (sympy.Heaviside, Heaviside)


class _Unasked:
    """A maximum or minimum that is decided for numbers only."""

    def __new__(cls, *operands: Expression, evaluate: bool = True) -> Expression:
        decided = evaluate and all(each.is_number and each.is_comparable for each in operands)
        return super().__new__(cls, *operands, evaluate=decided)  # type: ignore[call-arg]

    def fdiff(self: Any, position: int) -> Expression:
        """The share that an operand has in the derivative, as SymPy has it."""
        others = self.func(*self.args[: position - 1], *self.args[position:])
        ahead = self.args[position - 1] - others
        return Heaviside(ahead if isinstance(self, Max) else -ahead)


class Max(_Unasked, sympy.Max):  # type: ignore[misc]
    pass


class Min(_Unasked, sympy.Min):  # type: ignore[misc]
    pass


def operation(name: str, operands: list[Expression]) -> Expression:
    """What SymPy calls ``name``, of operands."""
    if name in ("Max", "Min") and any(node_count(each, MOST_ASKED) == MOST_ASKED for each in operands):
        return (Max if name == "Max" else Min)(*operands)
    return getattr(sympy, name)(*operands)
