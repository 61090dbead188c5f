"""The functions of the table for Python code: ``diffcli.sin(x)`` of a number, or of a number that is traced.

Each is made from its row when it is first asked for, under each of its names. Of a number the value is the one that a
program would have: NaN outside the domain, where `math` would raise.

    >>> from diffcli.tape.recording.functions import function
    >>> function("softplus")(0.0), function("log")(8.0, 2.0), function("sqrt")(-1.0)
    (0.6931471805599453, 3.0, nan)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from diffcli.errors.foreign_names import missing
from diffcli.operations import (
    ARRAY_FUNCTIONS,
    ARRAY_NAMES,
    ARRAY_SIGNATURES,
    FUNCTION_NAMES,
    REDUCED,
    Operation,
    find_function,
    row_of,
)
from diffcli.tape.recording.traced import Traced, apply, is_array, own_application, record_row
from diffcli.tape.running.rules import FLOAT


@cache
def function(name: str) -> Callable[..., Any]:
    """The function of that name; an `AttributeError` if there is none."""
    rows = find_function(name)
    if not rows and name not in _OF_ARRAYS:
        raise AttributeError(missing(f"there is no function {name!r}", name, NAMES))
    if not rows:
        made = _of_arrays(ARRAY_FUNCTIONS[name])
    elif len(rows) == 1 and rows[0].arity == (1, 1):
        made = _of_one(rows[0])
    else:
        made = _of_several(name, rows)
    meaning = row_of(rows[0].name if rows else ARRAY_FUNCTIONS[name]).meaning
    made.__name__ = made.__qualname__ = name
    made.__module__ = "diffcli"
    made.__doc__ = f"{meaning[:1].upper()}{meaning[1:]}. See ``diffcli functions {name}``."
    return made


_OF_ARRAYS = [name for name in ARRAY_NAMES if name not in ("len", "shape", "trace")]
"""The functions of arrays that are here: a shape is Python's own, and ``diffcli.trace`` is the trace of an evaluation."""

NAMES = [*FUNCTION_NAMES, *_OF_ARRAYS]


def _of_one(row: Operation) -> Callable[..., Any]:
    name = row.name
    value = FLOAT.strict(name)

    def call(a: Any, /) -> Any:
        if type(a) is Traced:
            return record_row(a._recorder, name, (a._slot,), value(a._value), Traced)
        return value(a) if type(a) is float else apply_row(name, a)

    return call


def _of_several(spelled: str, rows: list[Operation]) -> Callable[..., Any]:
    def call(*operands: Any, **fixed: Any) -> Any:
        if spelled in REDUCED and (fixed or (len(operands) == 1 and is_array(operands[0]))):
            return _of_arrays(REDUCED[spelled])(*operands, **fixed)
        for row in rows:
            least, most = row.arity
            if least <= len(operands) and (most is None or len(operands) <= most) and not fixed:
                missing = 0 if row.variadic else len(row.operands) - len(operands)
                return apply_row(row.name, *operands, *row.defaults[len(row.defaults) - missing :][:missing])
        ways = " or ".join(f"{spelled}({', '.join(row.operands)})" for row in rows)
        raise TypeError(f"{spelled}() takes other arguments than {len(operands)}: {ways}")

    return call


def _of_arrays(name: str) -> Callable[..., Any]:
    """A function of the table of array operations; what is fixed in it comes by name, or after the operands."""
    _, most, _ = ARRAY_SIGNATURES[name]

    def call(*operands: Any, **fixed: Any) -> Any:
        from diffcli.tape.recording.array_operations import apply_fixed

        if most is None and len(operands) == 1 and isinstance(operands[0], list | tuple):
            operands = tuple(operands[0])  # a list of parts, as NumPy takes it
        return apply_fixed(name, operands, fixed)

    return call


def apply_row(name: str, *operands: Any) -> Any:
    """A row of the elementwise table applied to numbers or arrays, traced or not, or to tensors."""
    applied = own_application(operands)
    if applied is not None:
        return applied(name, operands)
    if any(map(is_array, operands)):
        from diffcli.tape.recording.array_operations import apply_fixed

        return apply_fixed(name, operands, {})
    if any(isinstance(operand, Traced) for operand in operands):
        result = apply(name, *operands)
        if result is NotImplemented:
            kinds = ", ".join(type(operand).__name__ for operand in operands)
            raise TypeError(f"{name}() is not for operands of the types {kinds}")
        return result
    return FLOAT.strict(name)(*map(float, operands))
