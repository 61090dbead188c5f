"""NumPy's functions on traced values: each is the row of a table that computes the same, or is made of rows.

How they are called stands in `diffcli.tape.recording.numpy_calls`; their parameters have NumPy's names here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from diffcli.operations.arithmetic import arrays
from diffcli.operations.arithmetic.index_arrays import numpy_function, stand_in
from diffcli.operations.array_row import as_axes
from diffcli.tape.recording.array_operations import apply_array, as_traced, shape_of
from diffcli.tape.recording.functions import apply_row
from diffcli.tape.recording.recorder import Recorder
from diffcli.tape.recording.traced import is_array
from diffcli.tape.recording.traced_array import TracedArray
from diffcli.tape.recording.untraceable import refuse

# -- elementwise functions ---------------------------------------------------------------------------------------------

_DEGREE, _INFINITY = 0.017453292519943295, float("inf")


def _plain_or(of_number: Callable[[Any], Any], name: str) -> Callable[[Any], Any]:
    """What is asked of NaN and infinities: of arrays it has a plain answer, of numbers one that Python may branch on."""
    return lambda x: numpy_function(name)(x._value) if is_array(x) else of_number(x)


def _without_nan(one: Any, other: Any, filler: float) -> Any:
    """An operand with a filler where it is NaN and the other is not."""
    mine, its = (arrays.is_nan(getattr(operand, "_value", operand)) for operand in (one, other))
    missing = mine * (1.0 - its)
    return apply_row("where", missing, filler, one) if arrays.any_true(missing) else one


MADE: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("positive", "conjugate"), lambda x: +x),
    "divmod": lambda a, b: (apply_row("floor_divide", a, b), apply_row("mod", a, b)),
    "exp2": lambda x: 2.0**x,
    **dict.fromkeys(("deg2rad", "radians"), lambda x: x * _DEGREE),
    **dict.fromkeys(("rad2deg", "degrees"), lambda x: x / _DEGREE),
    "isnan": _plain_or(lambda x: x != x, "isnan"),
    "isfinite": _plain_or(lambda x: abs(x) < _INFINITY, "isfinite"),
    "isinf": _plain_or(lambda x: abs(x) == _INFINITY, "isinf"),
    "fmax": lambda a, b: apply_row("max", _without_nan(a, b, -_INFINITY), _without_nan(b, a, -_INFINITY)),
    "fmin": lambda a, b: apply_row("min", _without_nan(a, b, _INFINITY), _without_nan(b, a, _INFINITY)),
    "logical_xor": lambda a, b: apply_row("ne", apply_row("ne", a, 0.0), apply_row("ne", b, 0.0)),
}
"""Those that are made of several rows."""


def not_recorded(recorder: Recorder, what: str, *help: str) -> NoReturn:
    refuse(recorder, f"{what} of a traced number is not recorded", *help)


# -- functions of arrays: their parameters are called as NumPy calls them ---------------------------------------------------


def reduction(row: str) -> Callable[..., Any]:
    def reduced(recorder: Recorder, a: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return apply_array(recorder, row, (a,), axis=axis, keepdims=keepdims) if shape_of(a) else a

    return reduced


def _place(row: str) -> Callable[..., Any]:
    """Along no axis it is counted through the whole array."""

    def found(recorder: Recorder, a: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return reduction(row)(recorder, a if keepdims or axis is not None else reshape(recorder, a, -1), axis, keepdims)

    return found


def _centred(a: Any, axis: Any, ddof: float) -> tuple[Any, float]:
    """The distances to the mean, and by what the sum of their squares is divided."""
    mean = a.mean(axis, keepdims=True)
    return a - mean, a.size / max(mean.size, 1) - ddof


def var(recorder: Recorder, a: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False, correction: float = 0) -> Any:
    away, freedom = _centred(a, axis, ddof or correction)
    return (away * away).sum(axis, keepdims=keepdims) / freedom


def std(recorder: Recorder, a: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False, correction: float = 0) -> Any:
    """A norm, so that its derivative is 0, and no NaN, where all elements are equal."""
    away, freedom = _centred(a, axis, ddof or correction)
    return apply_array(recorder, "norm", (away,), axis=axis, keepdims=keepdims) / freedom**0.5


def cumsum(recorder: Recorder, a: Any, axis: Any = None) -> Any:
    return apply_array(recorder, "cumsum", (a.reshape(-1) if axis is None and a.ndim > 1 else a,), axis=axis)


def norm(recorder: Recorder, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """np.linalg.norm: the root of the sum of squares; of a vector also the sum and the largest of absolute values."""
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
        return apply_row("mul", a, b)
    if max(len(shape_of(a)), len(shape_of(b))) > 2:
        refuse(recorder, "np.dot of more than two axes is not recorded", "a @ b multiplies the matrices of a batch")
    return apply_array(recorder, "matmul", (a, b))


def inner(recorder: Recorder, a: Any, b: Any) -> Any:
    if len(shape_of(a)) > 1 or len(shape_of(b)) > 1:
        refuse(recorder, "np.inner of matrices is not recorded", "write a @ b.T")
    return dot(recorder, a, b)


def outer(recorder: Recorder, a: Any, b: Any) -> Any:
    return apply_array(recorder, "outer", [reshape(recorder, one, -1) if len(shape_of(one)) != 1 else one for one in (a, b)])


# -- shapes


def reshape(recorder: Recorder, a: Any, shape: Any) -> Any:
    return apply_array(recorder, "reshape", (a,), shape=tuple(shape) if isinstance(shape, list | tuple) else (shape,))


def ravel(recorder: Recorder, a: Any) -> Any:
    """A view of what lies in memory one after another, else a copy."""
    flat = reshape(recorder, a, -1)
    return flat.copy() if is_array(a) and not a._value.flags.c_contiguous else flat


def broadcast_to(recorder: Recorder, array: Any, shape: Any) -> Any:
    return apply_array(recorder, "broadcast", (array,), shape=(shape,) if isinstance(shape, int) else tuple(shape))


def flip(recorder: Recorder, m: Any, axis: Any = None) -> Any:
    axes = as_axes(axis, m.ndim)
    return m[tuple(slice(None, None, -1) if k in axes else slice(None) for k in range(m.ndim))]


def concatenate(recorder: Recorder, arrays: Sequence[Any], axis: Any = 0) -> Any:
    if axis is None:
        arrays, axis = [reshape(recorder, part, -1) for part in arrays], 0
    return apply_array(recorder, "concat", arrays, axis=axis)


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


# -- the rest


def diff(recorder: Recorder, a: Any, n: int = 1, axis: int = -1) -> Any:
    for _ in range(n):
        before = [slice(None)] * a.ndim
        behind = list(before)
        before[axis], behind[axis] = slice(None, -1), slice(1, None)
        a = a[tuple(behind)] - a[tuple(before)]
    return a


def average(recorder: Recorder, a: Any, axis: Any = None, weights: Any = None, keepdims: bool = False) -> Any:
    if weights is None:
        return a.mean(axis, keepdims=keepdims)
    weights = as_traced(recorder, weights)
    if shape_of(weights) != a.shape:
        help = "give each element its own: np.broadcast_to(weights[:, None], x.shape)"
        refuse(recorder, "an average with weights that have not its shape is not recorded", help)
    whole = reduction("sum")
    return whole(recorder, a * weights, axis, keepdims) / whole(recorder, weights, axis, keepdims)


def clip(recorder: Recorder, a: Any, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None) -> Any:
    """np.clip, which knows its bounds by two names, and None for no bound."""
    low, high = min if a_min is None else a_min, max if a_max is None else a_max
    if low is None and high is None:
        return +a
    if low is not None and high is not None:
        return apply_row("clip", a, low, high)
    return apply_row("max", a, low) if low is not None else apply_row("min", a, high)


def round(recorder: Recorder, a: Any, decimals: int = 0) -> Any:
    if decimals:
        not_recorded(recorder, "np.round to decimals", "diffcli.round(x) rounds to a whole number; its derivative is 0")
    return apply_row("round", a)


def where(recorder: Recorder, condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None or y is None:
        not_recorded(recorder, "np.where with a condition alone, which counts places,", "choose with np.where(condition, a, b)")
    return apply_row("where", condition, x, y)


def copyto(recorder: Recorder, dst: Any, src: Any, where: Any = True) -> None:
    into(recorder, dst, src, where)


def into(recorder: Recorder, out: Any, result: Any, where: Any = True) -> Any:
    """Write a result into an array, and give that back."""
    if isinstance(out, tuple):
        (out,) = out
    if not isinstance(out, TracedArray):
        help = "make the array by np.zeros_like(x), or give the result a name of its own"
        refuse(recorder, "a plain array cannot be written into with a traced value", help)
    out[...] = result if where is True else apply_row("where", where, result, out)
    return out


def _triangle(name: str) -> Callable[..., Any]:
    return lambda recorder, m, k=0: apply_row("where", numpy_function(name)(arrays.ones(shape_of(m)[-2:]), k), m, 0.0)


def full_like(recorder: Recorder, a: Any, fill_value: Any) -> Any:
    """An array that depends on nothing but that value, until something is written into it."""
    return +broadcast_to(recorder, fill_value, shape_of(a))


def _of_shape(name: str) -> tuple[str, Callable[..., Any]]:
    """What NumPy says of any array of real numbers of a shape."""
    return name, lambda recorder, a: numpy_function(name)(stand_in(shape_of(a)))


_ROWS = {"sum": "sum", "mean": "mean", "prod": "prod", "max": "amax", "amax": "amax", "min": "amin", "amin": "amin"}

FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: reduction(row) for name, row in _ROWS.items()}, "argmax": _place("argmax"), "argmin": _place("argmin"),
    "var": var, "std": std, "cumsum": cumsum, "average": average, "norm": norm, "dot": dot, "inner": inner,
    "vdot": inner, "outer": outer, "ravel": ravel, "reshape": reshape, "broadcast_to": broadcast_to, "concatenate": concatenate,
    "vstack": lambda recorder, tup: concatenate(recorder, [_at_least(recorder, part, 2) for part in tup]),
    "hstack": hstack, "flip": flip, "diff": diff,
    "stack": lambda recorder, arrays, axis=0: apply_array(recorder, "stack", arrays, axis=axis), "column_stack": column_stack,
    "flipud": lambda recorder, m: m[::-1], "fliplr": lambda recorder, m: m[:, ::-1],
    "around": round, "clip": clip, "round": round, "where": where, "copyto": copyto,
    "tril": _triangle("tril"), "triu": _triangle("triu"), "full_like": full_like,
    "zeros_like": lambda recorder, a: full_like(recorder, a, 0.0), "ones_like": lambda recorder, a: full_like(recorder, a, 1.0),
    "empty_like": lambda recorder, a: full_like(recorder, a, float("nan")),
    **dict(map(_of_shape, ("shape", "ndim", "size", "isreal", "iscomplex", "isrealobj", "iscomplexobj"))),
    "copy": lambda recorder, a: +a, "real": lambda recorder, val: val,
    "atleast_1d": lambda recorder, a: _at_least(recorder, a, 1), "atleast_2d": lambda recorder, a: _at_least(recorder, a, 2),
}  # fmt: skip
"""NumPy's functions that are no elementwise ones, by their names."""

LISTS = frozenset(("concatenate", "stack", "vstack", "hstack", "column_stack"))
"""Those of a list of arrays."""

LINEAR = {"diagonal": "diag", **{name: name for name in ("det", "inv", "solve", "trace", "diag")}}

ROW_NAMES = LINEAR | {
    "subtract": "sub", "multiply": "mul", "divide": "div", "negative": "neg", "power": "pow", "float_power": "pow",
    "absolute": "abs", "rint": "round", "around": "round", "less": "lt", "less_equal": "le", "greater": "gt",
    "greater_equal": "ge", "equal": "eq", "not_equal": "ne", "logical_and": "and", "logical_or": "or", "logical_not": "not",
    "bitwise_and": "and", "bitwise_or": "or", "invert": "not", "logical_xor": "ne", "add": "add", "matmul": "matmul",
}  # fmt: skip
"""The rows that NumPy's functions are, under names that are not those of elementwise functions of diffcli's language."""
