"""What NumPy hands over to us: a call of one of its functions with something traced among its arguments.

That is NEP 13 for its elementwise functions, and NEP 18 for the others. The arguments get their names from NumPy's own
signature. What no row computes is an error that names the function, and so is an option that the function here has no
parameter for; it is never computed behind the tape's back.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Any

from diffcli.operations import ARRAY_FUNCTIONS, find_function
from diffcli.operations.arithmetic import array_functions, arrays
from diffcli.operations.arithmetic.index_arrays import moved, stand_in
from diffcli.operations.arithmetic.tensors import FLOAT64, kind_named
from diffcli.tape.recording.array_operations import apply_array, as_traced, shape_of
from diffcli.tape.recording.array_operations import operand as operand
from diffcli.tape.recording.numpy_functions import (
    FUNCTIONS,
    LINEAR,
    LISTS,
    MADE,
    ROW_NAMES,
    into,
    not_recorded,
    reduction,
    reshape,
)
from diffcli.tape.recording.recorder import Recorder
from diffcli.tape.recording.traced import Traced, apply, is_array
from diffcli.tape.recording.traced_array import TracedArray
from diffcli.tape.recording.traced_array import View as View
from diffcli.tape.recording.untraceable import INSTEAD

REDUCED = {"add": "sum", "multiply": "prod", "maximum": "amax", "minimum": "amin", "logaddexp": "logsumexp"}
"""What an elementwise function is a reduction of: np.add.reduce."""


# -- functions that NumPy itself applies, to what stands in for an array ------------------------------------------------------

SHAPES = frozenset(("squeeze", "expand_dims"))
ORDERS = frozenset(("transpose", "moveaxis", "swapaxes", "rollaxis", "matrix_transpose"))
MOVES = frozenset(("take", "take_along_axis", "repeat", "tile", "roll", "delete"))
BY_NUMPY = SHAPES | ORDERS | MOVES
"""Those that change the shape, the order of the axes, or the places of elements, and nothing else."""


def _by_numpy(recorder: Recorder, name: str, call: Callable[[Any], Any], a: Any) -> Any:
    """One of these functions: NumPy says what becomes of an array of that shape, whatever its options are."""
    shape = shape_of(a)
    if name in SHAPES:
        return reshape(recorder, a, call(stand_in(shape)).shape)
    if name in ORDERS:
        lengths = call(stand_in(range(2, len(shape) + 2))).shape  # each tells its axis
        return apply_array(recorder, "transpose", (a,), axes=[length - 2 for length in lengths]) if shape else a
    found = moved(call, shape)
    return reshape(recorder, reshape(recorder, a, -1)[found[1]], found[0])


ARRAYS_ONLY = LINEAR.keys() | frozenset(("argmax", "argmin", "var", "std", "cumsum", "average", "flip", "diff", "tril", "triu"))
"""What is not of a number."""

TEXTS = frozenset(("array2string", "array_repr", "array_str", "savetxt"))
"""What writes an array into a text."""

OF_LINALG = frozenset(("det", "inv", "solve", "norm", "matrix_transpose"))
"""What is recorded of np.linalg; others there have the names of functions that differ."""

# -- what NumPy calls --------------------------------------------------------------------------------------------------


def apply_ufunc(recorder: Recorder, function: Any, method: str, inputs: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """An elementwise function of NumPy on traced values, or a reduction by one."""
    name = function.__name__
    if method == "__call__" and not options:
        return elementwise(recorder, name, inputs)
    given = {option: value for option, value in options.items() if not _is_default(option, value, _UFUNC.get(option))}
    out, mask = given.pop("out", None), given.pop("where", True)
    if method == "__call__":
        _refuse_options(recorder, f"np.{name}", given)
        result = elementwise(recorder, name, inputs)
    elif method == "reduce" and name in REDUCED and is_array(inputs[0]):
        _refuse_options(recorder, f"np.{name}.reduce", given, ("axis", "keepdims"))
        result = reduction(REDUCED[name])(recorder, *inputs, **({"axis": 0} if len(inputs) == 1 else {}) | given)
    else:
        not_recorded(recorder, f"np.{name}.{method}", "write a loop, or NumPy's function of that purpose (np.sum, np.prod)")
    if out is None and mask is not True:
        not_recorded(recorder, f"np.{name} with where= and without out=", "choose with np.where(condition, a, b)")
    return result if out is None else into(recorder, out, result, mask)


_UFUNC = {"where": True, "casting": "same_kind", "order": "K", "subok": True, "keepdims": False, "axis": 0}
"""What NumPy's elementwise functions and their methods take an option for, if it is not given; None for the others."""


def apply_function(recorder: Recorder, function: Any, inputs: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """Any other function of NumPy with a traced value among its arguments."""
    name, known = function.__name__, FUNCTIONS.get(function.__name__)
    if name in TEXTS:
        return function(*[one._shown() if isinstance(one, TracedArray) else one for one in inputs], **options)
    label = f"{function.__module__.replace('numpy', 'np')}.{name}"
    if not _is_recorded(name, function.__module__):
        usual = "write it with operators and the functions that `diffcli functions` lists"
        not_recorded(recorder, label, f"diffcli.{name} does that" if name in ARRAY_FUNCTIONS else INSTEAD.get(name, usual))
    if known is not None and len(inputs) == 1 and not options:
        return known(recorder, _first(recorder, name, label, inputs[0]))  # most calls are of one argument
    given = _given(recorder, function, label, inputs, options)
    out = given.pop("out", None)
    first = _first(recorder, name, label, given.pop(next(iter(_defaults(function)))))
    if name in BY_NUMPY:
        result = _by_numpy(recorder, name, lambda stand_in: function(stand_in, **given), first)
    elif known is None:
        _refuse_options(recorder, label, given, ("b",) if name == "solve" else ())
        result = elementwise(recorder, name, (first, *given.values()))
    else:
        _refuse_options(recorder, label, given, _defaults(known))
        result = known(recorder, first, **given)
    return result if out is None else into(recorder, out, result)


@cache
def _is_recorded(name: str, home: str) -> bool:
    here = name in FUNCTIONS or name in BY_NUMPY or bool(_row(name))
    return here and (home == "numpy" or (home == "numpy.linalg" and name in OF_LINALG))


def _first(recorder: Recorder, name: str, label: str, a: Any) -> Any:
    """The first argument, as an array if it is a list of what is traced."""
    if name in LISTS or isinstance(a, TracedArray):
        return a
    a = as_traced(recorder, a)
    if name in ARRAYS_ONLY and not is_array(a):
        not_recorded(recorder, label)
    return arrays.as_array(a) if isinstance(a, list | tuple) else a


@cache
def _defaults(function: Any) -> dict[str, Any]:
    """The defaults of a function's parameters, by NumPy's names; by the names here, where NumPy does not tell."""
    try:
        parameters = inspect.signature(function).parameters
    except ValueError:
        parameters = inspect.signature(FUNCTIONS.get(function.__name__, reshape)).parameters
    return {name: one.default for name, one in parameters.items() if name != "recorder"}


def _given(recorder: Recorder, function: Any, label: str, inputs: Sequence[Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments by the names of NumPy's parameters, without those that say what NumPy would do anyway."""
    defaults = _defaults(function)
    given = {**dict(zip(defaults, inputs, strict=False)), **options}
    if len(given) < len(inputs) + len(options) or not given.keys() <= defaults.keys() or next(iter(defaults)) not in given:
        inspect.signature(function).bind(*inputs, **options)  # which says what does not fit
        not_recorded(recorder, f"{label} with these arguments")
    given = {option: value for option, value in given.items() if not _is_default(option, value, defaults[option])}
    if "newshape" in given:  # before NumPy 2.1
        given["shape"] = given.pop("newshape")
    return given


def _is_default(option: str, value: Any, default: Any) -> bool:
    """Whether an option says nothing: it has its default, or the dtype is the one of all arrays here."""
    if value is default or type(value).__name__ == "_NoValueType":
        return True
    same = isinstance(value, bool | int | float | str) and type(value) is type(default) and value == default
    return same or (option == "dtype" and (value is None or kind_named(value) is FLOAT64))


def _refuse_options(recorder: Recorder, label: str, given: Mapping[str, Any], known: Collection[str] = ()) -> None:
    for option in given:
        if option not in known:
            not_recorded(recorder, f"{label} with {option}=", "leave the option out")


@cache
def _row(name: str) -> str:
    """The row of NumPy's function of that name, if one row is all that it is."""
    return ROW_NAMES.get(name) or next((row.name for row in find_function(name)), "")


def is_elementwise(name: str) -> bool:
    return name in MADE or bool(_row(name))


def elementwise(recorder: Recorder, name: str, inputs: Sequence[Any]) -> Any:
    if name in MADE:
        return MADE[name](*inputs)
    row = _row(name)
    if not row:
        not_recorded(recorder, f"np.{name}", "write it with operators and the functions that `diffcli functions` lists")
    if any(map(is_array, inputs)) or row == "matmul":
        return apply_array(recorder, row, inputs)
    result = apply(row, *inputs)
    if result is NotImplemented:
        kinds = [type(given).__name__ for given in inputs if not isinstance(given, Traced)]
        not_recorded(recorder, f"np.{name} with an operand of type {kinds[0] if kinds else 'number'}")
    return result


RAISING = {name: getattr(array_functions.FUNCTIONS[name], "__wrapped__") for name in ("inv", "solve")}  # noqa: B009
"""NumPy's functions that raise where a row is undefined, by its name."""
