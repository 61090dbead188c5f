"""NumPy's functions on traced values: each is the row of a table that computes the same, or is made of rows.

NumPy hands a call with an argument of ours over to us (NEP 13 for its elementwise functions, NEP 18 for the others). What
no row computes is an error that names the function, and so is an option that the function here has no parameter for; it is
never computed behind the tape's back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from diffcli.errors import nearest
from diffcli.operations import ARRAY_FUNCTIONS, FUNCTION_NAMES
from diffcli.operations.arithmetic import arrays
from diffcli.operations.arithmetic.index_arrays import triangle
from diffcli.tape.recording.array_operations import apply_array, operand, stack
from diffcli.tape.recording.recorder import ArrayRecording, Recorder
from diffcli.tape.recording.traced import NUMPY_NAMES, Traced, apply, is_array, row_named
from diffcli.tape.recording.traced_array import TracedArray, shape_of
from diffcli.tape.recording.untraceable import refuse

# -- elementwise functions ---------------------------------------------------------------------------------------------

_DEGREE = 0.017453292519943295

MADE: dict[str, Callable[..., Any]] = {
    "positive": lambda x: x,
    "conjugate": lambda x: x,
    "divmod": divmod,
    "exp2": lambda x: 2.0**x,
    "deg2rad": lambda x: x * _DEGREE,
    "radians": lambda x: x * _DEGREE,
    "rad2deg": lambda x: x / _DEGREE,
    "degrees": lambda x: x / _DEGREE,
    "isnan": lambda x: x != x,
    "isfinite": lambda x: abs(x) < float("inf"),
    "isinf": lambda x: abs(x) == float("inf"),
}
"""Those that are made of several rows."""

REDUCED = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min", "logaddexp": "logsumexp"}
"""What an elementwise function is a reduction of: np.add.reduce."""

# -- functions of arrays -----------------------------------------------------------------------------------------------


def as_traced(recorder: Recorder, a: Any) -> Any:
    """A list of what is traced as an array."""
    return stack(recorder, a) if isinstance(a, list | tuple) else a


def norm(recorder: Recorder, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """np.linalg.norm: the root of the sum of squares; of a vector also the sum and the largest of absolute values."""
    x = as_traced(recorder, x)
    vector = len(shape_of(x)) == 1 or isinstance(axis, int)
    if ord is None or (ord == 2 and vector) or (ord == "fro" and not vector):
        return apply_array(recorder, "norm", (x,), axis=axis, keepdims=keepdims)
    if vector and ord in (1, float("inf")):
        return apply_array(recorder, "sum" if ord == 1 else "amax", (abs(x),), axis=axis, keepdims=keepdims)
    help = "without ord= it is the root of the sum of squares"
    return refuse(recorder, f"np.linalg.norm with ord={ord!r} is not recorded", help)


def dot(recorder: Recorder, a: Any, b: Any) -> Any:
    """np.dot: a product of vectors or matrices, and of numbers."""
    if not shape_of(a) or not shape_of(b):
        return a * b
    if max(len(shape_of(a)), len(shape_of(b))) > 2:
        refuse(recorder, "np.dot of more than two axes is not recorded", "a @ b multiplies the matrices of a batch")
    return apply_array(recorder, "matmul", (a, b))


def inner(recorder: Recorder, a: Any, b: Any) -> Any:
    if len(shape_of(a)) > 1 or len(shape_of(b)) > 1:
        refuse(recorder, "np.inner of matrices is not recorded", "write a @ b.T")
    return dot(recorder, a, b)


def outer(recorder: Recorder, a: Any, b: Any) -> Any:
    return apply_array(recorder, "outer", [reshape(recorder, one, (-1,)) if len(shape_of(one)) != 1 else one for one in (a, b)])


def reshape(recorder: Recorder, a: Any, shape: Any) -> Any:
    return apply_array(recorder, "reshape", (a,), shape=(shape,) if isinstance(shape, int) else tuple(shape))


def concatenate(recorder: Recorder, arrays: Sequence[Any], axis: Any = 0) -> Any:
    if axis is None:
        arrays, axis = [reshape(recorder, part, (-1,)) for part in arrays], 0
    return apply_array(recorder, "concat", arrays, axis=axis)


def stack_arrays(recorder: Recorder, arrays: Sequence[Any], axis: int = 0) -> Any:
    return apply_array(recorder, "stack", arrays, axis=axis)


def vstack(recorder: Recorder, tup: Sequence[Any]) -> Any:
    return concatenate(recorder, [_at_least(recorder, part, 2) for part in tup])


def hstack(recorder: Recorder, tup: Sequence[Any]) -> Any:
    parts = [_at_least(recorder, part, 1) for part in tup]
    return concatenate(recorder, parts, 0 if len(shape_of(parts[0])) == 1 else 1)


def column_stack(recorder: Recorder, tup: Sequence[Any]) -> Any:
    parts = [_at_least(recorder, part, 1) for part in tup]
    return concatenate(recorder, [reshape(recorder, part, (-1, 1)) if len(shape_of(part)) == 1 else part for part in parts], 1)


def _at_least(recorder: Recorder, a: Any, axes: int) -> Any:
    a = as_traced(recorder, a)
    shape = shape_of(a)
    return a if len(shape) >= axes else reshape(recorder, a, (1,) * (axes - len(shape)) + shape)


def expand_dims(recorder: Recorder, a: Any, axis: int) -> Any:
    shape = list(shape_of(a))
    place = axis % (len(shape) + 1)
    return reshape(recorder, a, (*shape[:place], 1, *shape[place:]))


def moveaxis(recorder: Recorder, a: Any, source: int, destination: int) -> Any:
    axes = list(range(a.ndim))
    axes.insert(destination % a.ndim, axes.pop(source))
    return a.transpose(axes)


def broadcast_to(recorder: Recorder, array: Any, shape: Any) -> Any:
    return apply_array(recorder, "broadcast", (array,), shape=(shape,) if isinstance(shape, int) else tuple(shape))


def flip(recorder: Recorder, m: Any, axis: Any = None) -> Any:
    axes = range(m.ndim) if axis is None else [k % m.ndim for k in (axis if isinstance(axis, tuple) else (axis,))]
    return m[tuple(slice(None, None, -1) if k in axes else slice(None) for k in range(m.ndim))]


def diff(recorder: Recorder, a: Any, n: int = 1, axis: int = -1) -> Any:
    for _ in range(n):
        before = [slice(None)] * a.ndim
        behind = list(before)
        before[axis], behind[axis] = slice(None, -1), slice(1, None)
        a = a[tuple(behind)] - a[tuple(before)]
    return a


def average(recorder: Recorder, a: Any, axis: Any = None, weights: Any = None) -> Any:
    a = as_traced(recorder, a)
    if weights is None:
        return a.mean(axis)
    return (a * weights).sum(axis) / (a * 0.0 + weights).sum(axis)


def clip(recorder: Recorder, a: Any, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None) -> Any:
    """np.clip, which knows its bounds by two names, and None for no bound."""
    low, high = min if a_min is None else a_min, max if a_max is None else a_max
    if low is not None and high is not None:
        return _apply(recorder, "clip", (a, low, high))
    return _apply(recorder, "maximum", (a, low)) if low is not None else _apply(recorder, "minimum", (a, high))


def _triangle(lower: bool) -> Callable[..., Any]:
    return lambda recorder, m, k=0: apply_array(recorder, "mul", (m, triangle(shape_of(m)[-2:], k, lower)))


def _filled(value: float) -> Callable[..., Any]:
    """np.zeros_like and np.ones_like: plain arrays, which depend on nothing."""
    return lambda recorder, a: arrays.zeros(shape_of(a)) + value


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "average": average, "norm": norm, "dot": dot, "inner": inner, "vdot": inner, "outer": outer, "moveaxis": moveaxis,
    "reshape": reshape, "expand_dims": expand_dims, "broadcast_to": broadcast_to, "concatenate": concatenate,
    "stack": stack_arrays, "vstack": vstack, "hstack": hstack, "column_stack": column_stack, "flip": flip, "diff": diff,
    "clip": clip, "tril": _triangle(True), "triu": _triangle(False), "zeros_like": _filled(0.0), "ones_like": _filled(1.0),
    "shape": lambda recorder, a: shape_of(a), "ndim": lambda recorder, a: len(shape_of(a)),
    "size": lambda recorder, a: a.size, "atleast_1d": lambda recorder, a: _at_least(recorder, a, 1),
    "atleast_2d": lambda recorder, a: _at_least(recorder, a, 2),
    "det": lambda recorder, a: apply_array(recorder, "det", (a,)),
    "inv": lambda recorder, a: apply_array(recorder, "inv", (a,)),
    "solve": lambda recorder, a, b: apply_array(recorder, "solve", (a, b)),
    "diag": lambda recorder, v: apply_array(recorder, "diag", (v,)),
}  # fmt: skip
"""NumPy's functions that are no elementwise ones, by their names."""

METHODS = {
    **{name: name for name in (
        "sum", "mean", "prod", "max", "min", "argmax", "argmin", "var", "std", "cumsum", "trace", "diagonal", "transpose",
        "swapaxes", "ravel", "squeeze", "round", "copy",
    )},
    "amax": "max", "amin": "min", "around": "round", "real": "copy", "matrix_transpose": "transpose",
}  # fmt: skip
"""Those that are methods of an array."""

OF_A_NUMBER = frozenset(("sum", "mean", "prod", "amax", "amin", "real", "copy", "squeeze", "transpose"))
"""Those that give a number back as it is."""

_KNOWN = {*NUMPY_NAMES, *MADE, *FUNCTIONS, *METHODS, *FUNCTION_NAMES}


# -- what NumPy calls --------------------------------------------------------------------------------------------------


def apply_ufunc(recorder: Recorder, function: Any, method: str, inputs: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """An elementwise function of NumPy on traced values."""
    name = function.__name__
    if method == "reduce" and name in REDUCED and is_array(inputs[0]):
        if name == "logaddexp":
            return apply_array(recorder, "logsumexp", inputs[:1], axis=options.get("axis", 0))
        return getattr(inputs[0], REDUCED[name])(*inputs[1:], **{"axis": 0, **_options(recorder, name, options)})
    if method != "__call__":
        help = "write a loop, or NumPy's function of that purpose (np.sum, np.prod)"
        _refuse(recorder, f"np.{name}.{method}", help)
    _refuse_options(recorder, name, _options(recorder, name, options))
    return _apply(recorder, name, inputs)


def apply_function(recorder: Recorder, function: Any, inputs: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """Any other function of NumPy with a traced value among its arguments."""
    name = function.__name__
    given = _options(recorder, name, options)
    if name in FUNCTIONS:
        _refuse_options(recorder, name, given, _parameters(FUNCTIONS[name]))
        return FUNCTIONS[name](recorder, *inputs, **given)
    if name in METHODS and any(map(is_array, inputs)):
        method = getattr(TracedArray, METHODS[name])
        _refuse_options(recorder, name, given, _parameters(method))
        return method(as_traced(recorder, inputs[0]), *inputs[1:], **given)
    if name in ("round", "around") and len(inputs) > 1:
        _refuse(recorder, "np.round to decimals", "diffcli.round(x) rounds to a whole number")
    _refuse_options(recorder, name, given, ("axis", "keepdims"))
    return inputs[0] if name in OF_A_NUMBER else _apply(recorder, name, inputs)


def _parameters(function: Any) -> tuple[str, ...]:
    return function.__code__.co_varnames[: function.__code__.co_argcount]  # type: ignore[no-any-return]


def _options(recorder: Recorder, name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that say something: not those that have NumPy's own defaults."""
    given = {option: value for option, value in options.items() if value is not None and "_NoValue" not in repr(type(value))}
    if "out" in given:
        _refuse(recorder, f"np.{name} with out=, which overwrites a value,", "give the result a name of its own")
    return given


def _refuse_options(recorder: Recorder, name: str, given: Mapping[str, Any], known: Sequence[str] = ()) -> None:
    for option in given:
        if option not in known:
            _refuse(recorder, f"np.{name} with {option}=", "leave the option out")


def _apply(recorder: Recorder, name: str, inputs: Sequence[Any]) -> Any:
    if name in MADE:
        return MADE[name](*inputs)
    row = row_named(name)
    if not row:
        near = [f"did you mean np.{known}?" for known in nearest(name, sorted(_KNOWN))[:1]]
        own = [f"diffcli.{name} does that"] if name in ARRAY_FUNCTIONS else near
        _refuse(recorder, f"np.{name}", *own, "write it with operators and the functions that `diffcli functions` lists")
    if any(map(is_array, inputs)) or row == "matmul":
        return apply_array(recorder, row, inputs)
    result = apply(row, *inputs)
    if result is NotImplemented:
        kinds = [type(given).__name__ for given in inputs if not isinstance(given, Traced)]
        _refuse(recorder, f"np.{name} with an operand of type {kinds[0] if kinds else 'number'}")
    return result


def _refuse(recorder: Recorder, what: str, *help: str) -> NoReturn:
    refuse(recorder, f"{what} of a traced number is not recorded", *help)


ARRAYS = ArrayRecording(TracedArray, operand, apply_ufunc, apply_function)
"""How arrays are recorded, for the recorder."""
