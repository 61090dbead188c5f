"""The functions of the table for Python code: ``diffcli.sin(x)`` of a number, or of a number that is traced.

Each is made from its row when it is first asked for, under each of its names. Of a number the value is the one that a
program would have: NaN outside the domain, where `math` would raise.

    >>> from diffcli.tape.functions import function
    >>> function("softplus")(0.0), function("log")(8.0, 2.0), function("sqrt")(-1.0)
    (0.6931471805599453, 3.0, nan)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from diffcli.language.later import complaints
from diffcli.operations import FUNCTION_NAMES, Operation, find_function
from diffcli.tape.traced import Traced, apply, function_of, record_row


@cache
def function(name: str) -> Callable[..., Any]:
    """The function of that name.

    Raises
    ------
    AttributeError
        There is none.
    """
    rows = find_function(name)
    if not rows:
        near = complaints.nearest(name, FUNCTION_NAMES)
        raise AttributeError(f"there is no function {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    made = _of_one(rows[0]) if len(rows) == 1 and rows[0].arity == (1, 1) else _of_several(name, rows)
    made.__name__ = made.__qualname__ = name
    made.__module__ = "diffcli"
    made.__doc__ = f"{rows[0].meaning[:1].upper()}{rows[0].meaning[1:]}. See ``diffcli functions {name}``."
    return made


def _of_one(row: Operation) -> Callable[..., Any]:
    name = row.name
    value = function_of(name)

    def call(a: Any, /) -> Any:
        if type(a) is Traced:
            return record_row(a.recorder, name, (a.slot,), value(a.value), Traced)
        return apply_row(name, (a,))

    return call


def _of_several(spelled: str, rows: list[Operation]) -> Callable[..., Any]:
    def call(*operands: Any) -> Any:
        for row in rows:
            least, most = row.arity
            if least <= len(operands) and (most is None or len(operands) <= most):
                missing = 0 if row.variadic else len(row.operands) - len(operands)
                return apply_row(row.name, (*operands, *row.defaults[len(row.defaults) - missing :][:missing]))
        ways = " or ".join(f"{spelled}({', '.join(row.operands)})" for row in rows)
        raise TypeError(f"{spelled}() takes other arguments than {len(operands)}: {ways}")

    return call


def apply_row(name: str, operands: tuple[Any, ...]) -> Any:
    """A row of the table applied to numbers, traced or not."""
    if any(isinstance(operand, Traced) for operand in operands):
        result = apply(name, *operands)
        if result is NotImplemented:
            kinds = ", ".join(type(operand).__name__ for operand in operands)
            raise TypeError(f"{name}() is not for operands of the types {kinds}")
        return result
    return function_of(name)(*map(float, operands))
