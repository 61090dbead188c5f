"""NumPy's functions on traced values: each is the row of a table that computes the same.

NumPy hands a call with an argument of ours over to us (NEP 13 for its elementwise functions, NEP 18 for the others). What
no row computes is an error that names the function; it is never computed behind the tape's back.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from diffcli.errors import nearest
from diffcli.operations import ARRAY_FUNCTIONS, FUNCTION_NAMES, find_function
from diffcli.tape.recording.array_operations import apply_array, is_array
from diffcli.tape.recording.numpy_arrays import FUNCTIONS, REDUCED
from diffcli.tape.recording.recorder import Recorder
from diffcli.tape.recording.traced import Traced, apply, floor_division
from diffcli.tape.recording.untraceable import refuse

ROWS = {
    "subtract": "sub", "multiply": "mul", "divide": "div", "negative": "neg", "power": "pow", "float_power": "pow",
    "absolute": "abs", "arctan2": "atan2", "rint": "round", "around": "round", "less": "lt", "less_equal": "le",
    "greater": "gt", "greater_equal": "ge", "equal": "eq", "not_equal": "ne", "logical_and": "and", "logical_or": "or",
    "logical_not": "not", "bitwise_and": "and", "bitwise_or": "or", "invert": "not", "logical_xor": "ne", "add": "add",
    "matmul": "matmul",
}  # fmt: skip
"""The rows of NumPy's elementwise functions whose names are not those of diffcli's language."""

_DEGREE = 0.017453292519943295


def _floor_quotient(a: Any, b: Any) -> Any:
    return a.__floordiv__(b) if hasattr(a, "recorder") else b.__rfloordiv__(a)


def _remainder(a: Any, b: Any) -> Any:
    return a.__mod__(b) if hasattr(a, "recorder") else b.__rmod__(a)


MADE: dict[str, Callable[..., Any]] = {
    "positive": lambda x: x,
    "conjugate": lambda x: x,
    "floor_divide": _floor_quotient,
    "remainder": _remainder,
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

_KNOWN = {*ROWS, *MADE, *FUNCTIONS, *FUNCTION_NAMES}


def row_of(name: str) -> str:
    """The name of the row of an elementwise NumPy function; empty if there is none."""
    if name in ROWS:
        return ROWS[name]
    rows = find_function(name)
    return rows[0].name if rows else ""


def apply_ufunc(recorder: Recorder, function: Any, method: str, inputs: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """An elementwise function of NumPy on traced values."""
    name = function.__name__
    if method == "reduce" and name in REDUCED and is_array(inputs[0]):
        if name == "logaddexp":
            return apply_array(recorder, "logsumexp", inputs[:1], axis=options.get("axis", 0))
        return FUNCTIONS[REDUCED[name]](recorder, *inputs, **{"axis": 0, **_options(recorder, name, options)})
    if method != "__call__":
        _refuse(recorder, f"np.{name}.{method}", ["write a loop, or NumPy's function of that purpose (np.sum, np.prod)"])
    for option in _options(recorder, name, options):
        _refuse(recorder, f"np.{name} with {option}=", ["leave the option out"])
    return _apply(recorder, name, inputs)


def apply_function(recorder: Recorder, function: Any, inputs: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """Any other function of NumPy with a traced value among its arguments."""
    name = function.__name__
    given = _options(recorder, name, options)
    if name == "clip":
        return _clip(recorder, inputs, given)
    if name in FUNCTIONS and any(map(is_array, inputs)):
        made = FUNCTIONS[name]
        known = made.__code__.co_varnames[: made.__code__.co_argcount]
        for option in given:
            if option not in known and not made.__code__.co_flags & 8:  # **options
                _refuse(recorder, f"np.{name} with {option}=", ["leave the option out"])
        return made(recorder, *inputs, **given)
    if name in ("round", "around") and len(inputs) > 1:
        _refuse(recorder, "np.round to decimals", ["diffcli.round(x) rounds to a whole number"])
    for option in given:
        if option not in ("axis", "keepdims"):
            _refuse(recorder, f"np.{name} with {option}=", ["leave the option out"])
    if name in FUNCTIONS and len(inputs) == 1 and not row_of(name):
        return FUNCTIONS[name](recorder, *inputs, **given)
    return _apply(recorder, name, inputs)


def _options(recorder: Recorder, name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that say something: not those that have NumPy's own defaults."""
    given = {option: value for option, value in options.items() if value is not None and "_NoValue" not in repr(type(value))}
    if "out" in given:
        _refuse(recorder, f"np.{name} with out=, which overwrites a value,", ["give the result a name of its own"])
    return given


def _clip(recorder: Recorder, inputs: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """np.clip(a, a_min, a_max), which knows its bounds by several names, and None for no bound."""
    given = dict(zip(("a", "min", "max"), inputs, strict=False))
    given |= {name.removeprefix("a_"): value for name, value in options.items()}
    for option in given.keys() - {"a", "min", "max"}:
        _refuse(recorder, f"np.clip with {option}=", ["leave the option out"])
    a, low, high = given["a"], given.get("min"), given.get("max")
    if low is not None and high is not None:
        return _apply(recorder, "clip", (a, low, high))
    return _apply(recorder, "maximum", (a, low)) if low is not None else _apply(recorder, "minimum", (a, high))


def _apply(recorder: Recorder, name: str, inputs: Sequence[Any]) -> Any:
    if name in MADE:
        return MADE[name](*inputs)
    row = row_of(name)
    if not row:
        near = [f"did you mean np.{known}?" for known in nearest(name, sorted(_KNOWN))[:1]]
        own = [f"diffcli.{name} does that"] if name in ARRAY_FUNCTIONS else near
        help = [*own, "write it with operators and the functions that `diffcli functions` lists"]
        _refuse(recorder, f"np.{name}", help)
    if any(map(is_array, inputs)) or row == "matmul":
        return apply_array(recorder, row, inputs)
    result = apply(row, *inputs)
    if result is NotImplemented:
        kinds = [type(given).__name__ for given in inputs if not isinstance(given, Traced)]
        _refuse(recorder, f"np.{name} with an operand of type {kinds[0] if kinds else 'number'}", [])
    return result


def _refuse(recorder: Recorder, what: str, help: Sequence[str]) -> NoReturn:
    refuse(recorder, f"{what} of a traced number is not recorded", help, sys._getframe(1))
