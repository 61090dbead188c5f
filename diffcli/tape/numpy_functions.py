"""NumPy's functions on traced numbers: each is the row of the table that computes the same.

NumPy hands a call with an argument of ours over to us (NEP 13 for its elementwise functions, NEP 18 for the others). What
no row computes is an error that names the function; it is never computed behind the tape's back.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from diffcli.language.later import complaints
from diffcli.operations import FUNCTION_NAMES, find_function
from diffcli.tape.recorder import Recorder
from diffcli.tape.traced import Traced, apply, floor_division
from diffcli.tape.untraceable import refuse

ROWS = {
    "subtract": "sub", "multiply": "mul", "divide": "div", "negative": "neg", "power": "pow", "float_power": "pow",
    "absolute": "abs", "arctan2": "atan2", "rint": "round", "around": "round", "less": "lt", "less_equal": "le",
    "greater": "gt", "greater_equal": "ge", "equal": "eq", "not_equal": "ne", "logical_and": "and", "logical_or": "or",
    "logical_not": "not", "bitwise_and": "and", "bitwise_or": "or", "invert": "not", "logical_xor": "ne", "add": "add",
}  # fmt: skip
"""The rows of NumPy's functions whose names are not those of diffcli's language."""

_DEGREE = 0.017453292519943295

MADE: dict[str, Callable[..., Any]] = {
    "positive": lambda x: x,
    "conjugate": lambda x: x,
    "floor_divide": lambda a, b: floor_division(a, b)[0],
    "remainder": lambda a, b: floor_division(a, b)[1],
    "divmod": floor_division,
    "exp2": lambda x: 2.0**x,
    "deg2rad": lambda x: x * _DEGREE,
    "radians": lambda x: x * _DEGREE,
    "rad2deg": lambda x: x / _DEGREE,
    "degrees": lambda x: x / _DEGREE,
    "isnan": lambda x: x != x,
    "isfinite": lambda x: abs(x) < float("inf"),
    "isinf": lambda x: abs(x) == float("inf"),
}
"""Those that are made of several."""

_KNOWN = {*ROWS, *MADE, *FUNCTION_NAMES}


def row_of(name: str) -> str:
    """The name of the row of a NumPy function; empty if there is none."""
    if name in ROWS:
        return ROWS[name]
    rows = find_function(name)
    return rows[0].name if rows else ""


def apply_ufunc(recorder: Recorder, function: Any, method: str, inputs: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """An elementwise function of NumPy on traced numbers."""
    name = function.__name__
    if method != "__call__":
        _refuse(recorder, f"np.{name}.{method}", ["write a loop, or NumPy's function of that purpose (np.sum, np.prod)"])
    _check_options(recorder, name, options)
    return _apply(recorder, name, inputs)


def apply_function(recorder: Recorder, function: Any, inputs: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """Any other function of NumPy with a traced number among its arguments."""
    name = function.__name__
    if name == "round" and (len(inputs) > 1 or options):
        _refuse(recorder, "np.round to decimals", ["diffcli.round(x) rounds to a whole number"])
    if name == "clip":
        return _clip(recorder, inputs, options)
    _check_options(recorder, name, options)
    return _apply(recorder, name, inputs)


def _clip(recorder: Recorder, inputs: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """np.clip(a, a_min, a_max), which knows its bounds by several names, and None for no bound."""
    given = dict(zip(("a", "min", "max"), inputs, strict=False))
    given |= {name.removeprefix("a_"): value for name, value in options.items() if name.removeprefix("a_") in ("a", "min", "max")}
    _check_options(recorder, "clip", {name: value for name, value in options.items() if name.removeprefix("a_") not in given})
    a, low, high = given["a"], given.get("min"), given.get("max")
    if low is not None and high is not None:
        return _apply(recorder, "clip", (a, low, high))
    return _apply(recorder, "maximum", (a, low)) if low is not None else _apply(recorder, "minimum", (a, high))


def _apply(recorder: Recorder, name: str, inputs: Sequence[Any]) -> Any:
    if name in MADE:
        return MADE[name](*inputs)
    row = row_of(name)
    if not row:
        near = [f"did you mean np.{known}?" for known in complaints.nearest(name, sorted(_KNOWN))[:1]]
        help = [*near, "write it with Python's operators and the functions that `diffcli functions` lists"]
        _refuse(recorder, f"np.{name}", help)
    result = apply(row, *inputs)
    if result is NotImplemented:
        kinds = [type(given).__name__ for given in inputs if not isinstance(given, Traced)]
        _refuse(recorder, f"np.{name} with an operand of type {kinds[0] if kinds else 'number'}", [])
    return result


def _check_options(recorder: Recorder, name: str, options: Mapping[str, Any]) -> None:
    for option, value in options.items():
        if option == "out" and value is not None:
            _refuse(recorder, f"np.{name} with out=, which overwrites a value,", ["give the result a name of its own"])
        if value is not None:
            _refuse(recorder, f"np.{name} with {option}=", ["leave the option out"])


def _refuse(recorder: Recorder, what: str, help: Sequence[str]) -> NoReturn:
    refuse(recorder, f"{what} of a traced number is not recorded", help, sys._getframe(1))
