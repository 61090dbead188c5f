"""NumPy's functions on traced values: each is the row of a table that computes the same, or is made of rows.

NumPy hands a call with an argument of ours over to us (NEP 13 for its elementwise functions, NEP 18 for the others). What
no row computes is an error that names the function, and so is an option that the function here has no parameter for; it is
never computed behind the tape's back.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NoReturn

from diffcli.operations import ARRAY_FUNCTIONS
from diffcli.operations.arithmetic import arrays
from diffcli.operations.arithmetic.index_arrays import moved, triangle
from diffcli.tape.recording.array_operations import apply_array, as_traced, operand, shape_of
from diffcli.tape.recording.recorder import ArrayRecording, Recorder
from diffcli.tape.recording.traced import Traced, TracedValue, apply, is_array, row_named
from diffcli.tape.recording.traced_array import TracedArray, View, view_of
from diffcli.tape.recording.untraceable import refuse

# -- elementwise functions ---------------------------------------------------------------------------------------------

_DEGREE = 0.017453292519943295


def _plain_or(of_number: Callable[[Any], Any], name: str) -> Callable[[Any], Any]:
    """What is asked of NaN and infinities: of arrays it has a plain answer, of numbers one that Python may branch on."""
    return lambda x: arrays.numpy_function(name)(x._value) if is_array(x) else of_number(x)


def _ignoring_nan(row: str, filler: float) -> Callable[[Any, Any], Any]:
    """np.fmax and np.fmin: the other operand where one is NaN."""

    def made(a: Any, b: Any) -> Any:
        empty = [arrays.is_nan(getattr(one, "_value", one)) for one in (a, b)]
        kept = [
            _where(this * (1.0 - other), filler, one) if arrays.any_true(this) else one
            for one, this, other in ((a, *empty), (b, *reversed(empty)))
        ]
        return _applied(row, *kept)

    return made


MADE: dict[str, Callable[..., Any]] = {
    "positive": lambda x: +x,
    "conjugate": lambda x: +x,
    "divmod": lambda a, b: (_applied("floor_divide", a, b), _applied("mod", a, b)),
    "exp2": lambda x: 2.0**x,
    "deg2rad": lambda x: x * _DEGREE,
    "radians": lambda x: x * _DEGREE,
    "rad2deg": lambda x: x / _DEGREE,
    "degrees": lambda x: x / _DEGREE,
    "isnan": _plain_or(lambda x: x != x, "isnan"),
    "isfinite": _plain_or(lambda x: abs(x) < float("inf"), "isfinite"),
    "isinf": _plain_or(lambda x: abs(x) == float("inf"), "isinf"),
    "fmax": _ignoring_nan("max", float("-inf")),
    "fmin": _ignoring_nan("min", float("inf")),
    "logical_xor": lambda a, b: _applied("ne", _applied("ne", a, 0.0), _applied("ne", b, 0.0)),
    "heaviside": lambda x, h0: _where(_applied("eq", x, 0.0), h0, _applied("gt", x, 0.0)),
}
"""Those that are made of several rows."""

REDUCED = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min", "logaddexp": "logsumexp"}
"""What an elementwise function is a reduction of: np.add.reduce."""


def _applied(row: str, *operands: Any) -> Any:
    """A row of numbers applied to what may be traced or not, arrays or numbers; NotImplemented if one is no number."""
    traced = next((one for one in operands if isinstance(one, TracedValue)), None)
    if traced is None:
        return arrays.FUNCTIONS[row](*operands)
    if row == "matmul" or any(map(is_array, operands)):
        return apply_array(traced._recorder, row, operands)
    return apply(row, *operands)


def _where(condition: Any, x: Any, y: Any) -> Any:
    return _applied("where", condition, x, y)


# -- functions of arrays: their parameters are called as NumPy calls them ---------------------------------------------------


def _reduction(row: str) -> Callable[..., Any]:
    def reduced(recorder: Recorder, a: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return apply_array(recorder, row, (a,), axis=axis, keepdims=keepdims) if shape_of(a) else a

    return reduced


def _place(row: str) -> Callable[..., Any]:
    def found(recorder: Recorder, a: Any, axis: Any = None, keepdims: bool = False) -> Any:
        if axis is not None or a.ndim == 1:
            return apply_array(recorder, row, (a,), axis=axis, keepdims=keepdims)
        place = apply_array(recorder, row, (a.reshape(-1),))
        return reshape(recorder, place, (1,) * a.ndim) if keepdims else place

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
        return a * b
    if max(len(shape_of(a)), len(shape_of(b))) > 2:
        refuse(recorder, "np.dot of more than two axes is not recorded", "a @ b multiplies the matrices of a batch")
    return apply_array(recorder, "matmul", (a, b))


def inner(recorder: Recorder, a: Any, b: Any) -> Any:
    if len(shape_of(a)) > 1 or len(shape_of(b)) > 1:
        refuse(recorder, "np.inner of matrices is not recorded", "write a @ b.T")
    return dot(recorder, a, b)


def outer(recorder: Recorder, a: Any, b: Any) -> Any:
    return apply_array(recorder, "outer", [reshape(recorder, one, -1) if len(shape_of(one)) != 1 else one for one in (a, b)])


def diag(recorder: Recorder, v: Any, k: int = 0) -> Any:
    if k:
        _refuse(recorder, "np.diag with k=", "np.diagonal(x, k) is the diagonal of a matrix")
    return apply_array(recorder, "diag", (v,))


def diagonal(recorder: Recorder, a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """A view, which reads along two axes that stand in front: what is read there stands behind the others."""
    ends = {axis1 % a.ndim, axis2 % a.ndim}
    a = a.transpose([axis1, axis2, *(k for k in range(a.ndim) if k not in ends)])
    rows = range(max(-offset, 0), max(min(a.shape[0], a.shape[1] - offset), 0))
    key = (tuple(rows), tuple(row + offset for row in rows))
    found = view_of(apply_array(recorder, "index", (a,), key=key), a, "index", {"key": key})
    return found.transpose([*range(1, found.ndim), 0]) if found.ndim > 1 else found


# -- shapes


def reshape(recorder: Recorder, a: Any, shape: Any, order: str = "C") -> Any:
    """In Fortran's order the last axis is the slow one: of the transpose it is the first."""
    wanted = tuple(shape) if isinstance(shape, list | tuple) else (shape,)
    if order == "F":
        return reshape(recorder, a.transpose(), wanted[::-1]).transpose()
    if order != "C":
        _refuse(recorder, f"an order={order!r} of elements", 'it is "C", or "F"')
    return apply_array(recorder, "reshape", (a,), shape=wanted)


def broadcast_to(recorder: Recorder, array: Any, shape: Any) -> Any:
    return apply_array(recorder, "broadcast", (array,), shape=(shape,) if isinstance(shape, int) else tuple(shape))


def flip(recorder: Recorder, m: Any, axis: Any = None) -> Any:
    axes = range(m.ndim) if axis is None else [k % m.ndim for k in (axis if isinstance(axis, tuple) else (axis,))]
    return m[tuple(slice(None, None, -1) if k in axes else slice(None) for k in range(m.ndim))]


def concatenate(recorder: Recorder, arrays: Sequence[Any], axis: Any = 0) -> Any:
    if axis is None:
        arrays, axis = [reshape(recorder, part, -1) for part in arrays], 0
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
    if len(shape_of(weights)) == 1 != a.ndim and isinstance(axis, int):  # along that axis
        weights = reshape(recorder, weights, [-1 if k == axis % a.ndim else 1 for k in range(a.ndim)])
    elif shape_of(weights) != a.shape:
        refuse(recorder, "the weights of an average have the shape of the array, or go along its axis=", code="shape-mismatch")
    spread = broadcast_to(recorder, weights, a.shape)
    return (a * spread).sum(axis, keepdims=keepdims) / spread.sum(axis, keepdims=keepdims)


def clip(recorder: Recorder, a: Any, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None) -> Any:
    """np.clip, which knows its bounds by two names, and None for no bound."""
    low, high = min if a_min is None else a_min, max if a_max is None else a_max
    if low is None and high is None:
        return +a
    if low is not None and high is not None:
        return _applied("clip", a, low, high)
    return _applied("max", a, low) if low is not None else _applied("min", a, high)


def round(recorder: Recorder, a: Any, decimals: int = 0) -> Any:
    if decimals:
        _refuse(recorder, "np.round to decimals", "diffcli.round(x) rounds to a whole number; its derivative is 0")
    return _applied("round", a)


def where(recorder: Recorder, condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None or y is None:
        _refuse(recorder, "np.where with a condition alone, which counts places,", "choose with np.where(condition, a, b)")
    return _where(condition, x, y)


def nan_to_num(recorder: Recorder, x: Any, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    largest = 1.7976931348623157e308
    value, result = x._value, x
    for mask, new in (
        (arrays.is_nan(value), nan),
        (arrays.is_infinite(value) * (value > 0), largest if posinf is None else posinf),
        (arrays.is_infinite(value) * (value < 0), -largest if neginf is None else neginf),
    ):
        result = _where(mask, new, result) if arrays.any_true(mask) else result
    return +result


def copyto(recorder: Recorder, dst: Any, src: Any, where: Any = True) -> None:
    _into(recorder, dst, src, where)


def _into(recorder: Recorder, out: Any, result: Any, where: Any = True) -> Any:
    """Write a result into an array, and give that back."""
    if isinstance(out, tuple):
        (out,) = out
    if not isinstance(out, TracedArray):
        help = "make the array by np.zeros_like(x), or give the result a name of its own"
        refuse(recorder, "a plain array cannot be written into with a traced value", help)
    out[...] = result if where is True else _where(where, result, out)
    return out


def _triangle(lower: bool) -> Callable[..., Any]:
    return lambda recorder, m, k=0: _where(triangle(shape_of(m)[-2:], k, lower), m, 0.0)


def _filled(value: float) -> Callable[..., Any]:
    """np.zeros_like and its like: arrays that depend on nothing, until something is written into them."""
    return lambda recorder, a, order="K": full_like(recorder, a, value)


def full_like(recorder: Recorder, a: Any, fill_value: Any, order: str = "K") -> Any:
    if isinstance(fill_value, TracedValue):
        return broadcast_to(recorder, fill_value, shape_of(a))
    plain = arrays.zeros(shape_of(a)) + fill_value
    if not is_array(a):
        return plain
    made = a.copy()
    made._slot, made._value = operand(recorder, plain)
    return made


_ROWS = {"sum": "sum", "mean": "mean", "prod": "prod", "max": "amax", "amax": "amax", "min": "amin", "amin": "amin"}

FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: _reduction(row) for name, row in _ROWS.items()},
    "argmax": _place("argmax"), "argmin": _place("argmin"), "var": var, "std": std, "cumsum": cumsum,
    "average": average, "norm": norm, "dot": dot, "inner": inner, "vdot": inner, "outer": outer,
    "ravel": lambda recorder, a, order="C": reshape(recorder, a, -1, order), "reshape": reshape, "broadcast_to": broadcast_to,
    "append": lambda recorder, arr, values, axis=None: concatenate(recorder, [arr, values], axis), "concatenate": concatenate,
    "stack": stack_arrays, "vstack": vstack, "hstack": hstack, "column_stack": column_stack, "flip": flip, "diff": diff,
    "clip": clip, "round": round, "where": where, "nan_to_num": nan_to_num, "copyto": copyto,
    "tril": _triangle(True), "triu": _triangle(False), "full_like": full_like,
    "zeros_like": _filled(0.0), "ones_like": _filled(1.0), "empty_like": _filled(float("nan")),
    "shape": lambda recorder, a: shape_of(a), "ndim": lambda recorder, a: len(shape_of(a)),
    "size": lambda recorder, a: a.size, "copy": lambda recorder, a, order="K": +a, "real": lambda recorder, val: val,
    "atleast_1d": lambda recorder, a: _at_least(recorder, a, 1), "atleast_2d": lambda recorder, a: _at_least(recorder, a, 2),
    "det": lambda recorder, a: apply_array(recorder, "det", (a,)),
    "inv": lambda recorder, a: apply_array(recorder, "inv", (a,)),
    "solve": lambda recorder, a, b: apply_array(recorder, "solve", (a, b)),
    "trace": lambda recorder, a: apply_array(recorder, "trace", (a,)), "diag": diag, "around": round,
    "flipud": lambda recorder, m: m[::-1], "fliplr": lambda recorder, m: m[:, ::-1], "diagonal": diagonal,
}  # fmt: skip
"""NumPy's functions that are no elementwise ones, by their names."""

# -- functions that NumPy itself applies, to what stands in for an array ------------------------------------------------------

SHAPES = frozenset(("squeeze", "expand_dims"))
ORDERS = frozenset(("transpose", "moveaxis", "swapaxes", "rollaxis", "matrix_transpose"))
MOVES = frozenset((
    "take", "take_along_axis", "repeat", "tile", "roll", "delete", "split", "array_split", "hsplit", "vsplit",
))  # fmt: skip
"""Those that change the shape, the order of the axes, or the places of elements, and nothing else."""


def _by_numpy(recorder: Recorder, name: str, call: Callable[[Any], Any], a: Any, axis: int) -> Any:
    """One of these functions: NumPy says what becomes of an array of that shape, whatever its options are."""
    shape = shape_of(a)
    if name in SHAPES:
        return reshape(recorder, a, call(arrays.stand_in(shape)).shape)
    if name in ORDERS:
        lengths = call(arrays.stand_in(range(2, len(shape) + 2))).shape  # each tells its axis
        return apply_array(recorder, "transpose", (a,), axes=[length - 2 for length in lengths]) if shape else a
    if name.endswith("split"):
        return _parts(a, call, 0 if name == "vsplit" or len(shape) < 2 else 1 if name == "hsplit" else axis)
    found = moved(call, shape)
    return reshape(recorder, reshape(recorder, a, -1)[found[1]], found[0])


def _parts(a: Any, call: Callable[[Any], Any], axis: int) -> list[Any]:
    """An array in parts along an axis, which are views of it."""
    lengths = [part.shape[axis] for part in call(arrays.stand_in(a.shape))]
    stops = [sum(lengths[: k + 1]) for k in range(len(lengths))]
    along = [slice(None)] * (axis % a.ndim)
    return [a[(*along, slice(stop - length, stop))] for stop, length in zip(stops, lengths, strict=True)]


ARRAYS_ONLY = frozenset((
    "argmax", "argmin", "var", "std", "cumsum", "average", "flip", "diff", "tril", "triu", "trace", "diag", "size", "det",
    "inv", "solve",
))  # fmt: skip
LISTS = frozenset(("concatenate", "stack", "vstack", "hstack", "column_stack"))
"""What is not of a number, and what is of a list of arrays."""

INSTEAD = {
    "any": "np.max(mask) > 0 asks whether one holds", "all": "np.min(mask) > 0 asks whether all hold",
    "sort": "the order decides by the values: x[order] with an order that is known", "einsum": "write it with @, np.sum and axes",
    "pad": "join the parts: np.concatenate([np.zeros(1), x])", "cumprod": "a loop of products, joined by np.stack([...])",
    "median": "the middle decides by the values; np.mean(x) is the mean",
}  # fmt: skip
"""What to write for functions that are often asked for and not recorded."""


# -- what NumPy calls --------------------------------------------------------------------------------------------------


def apply_ufunc(recorder: Recorder, function: Any, method: str, inputs: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """An elementwise function of NumPy on traced values."""
    name = function.__name__
    if method == "__call__" and not options:
        return _elementwise(recorder, name, inputs)
    given = {option: value for option, value in options.items() if not _is_default(option, value, _UFUNC.get(option))}
    out, mask = given.pop("out", None), given.pop("where", True)
    if method == "__call__":
        _refuse_options(recorder, f"np.{name}", given)
        result = _elementwise(recorder, name, inputs)
    else:
        result = _of_a_method(recorder, name, method, inputs, given)
    if out is None and mask is not True:
        _refuse(recorder, f"np.{name} with where= and without out=", "choose with np.where(condition, a, b)")
    return result if out is None else _into(recorder, out, result, mask)


_UFUNC = {"where": True, "casting": "same_kind", "order": "K", "subok": True, "keepdims": False, "axis": 0}
"""What NumPy's elementwise functions and their methods take an option for, if it is not given; None for the others."""


def _of_a_method(recorder: Recorder, name: str, method: str, inputs: Sequence[Any], given: dict[str, Any]) -> Any:
    """A reduction, running sums, or all pairs, by an elementwise function."""
    label = f"np.{name}.{method}"
    if method == "reduce" and name in REDUCED and is_array(inputs[0]):
        reduced = _reduction("logsumexp") if name == "logaddexp" else FUNCTIONS[REDUCED[name]]
        _refuse_options(recorder, label, given, ("axis", "keepdims"))
        return reduced(recorder, *inputs, **({"axis": 0} if len(inputs) == 1 else {}) | given)
    if method == "accumulate" and name == "add" and len(inputs) == 1:
        _refuse_options(recorder, label, given, ("axis",))
        return apply_array(recorder, "cumsum", inputs, **{"axis": 0} | given)
    if method == "outer" and not given:
        a, b = (as_traced(recorder, one) for one in inputs)
        axes = [1] * len(shape_of(b))
        return _elementwise(recorder, name, (reshape(recorder, a, (*shape_of(a), *axes)) if axes else a, b))
    return _refuse(recorder, label, "write a loop, or NumPy's function of that purpose (np.sum, np.prod)")


def apply_function(recorder: Recorder, function: Any, inputs: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """Any other function of NumPy with a traced value among its arguments."""
    name, home = function.__name__, function.__module__
    label = f"{home.replace('numpy', 'np')}.{name}"
    if home != "numpy" and not (home == "numpy.linalg" and name in ("det", "inv", "solve", "norm", "matrix_transpose")):
        _refuse(recorder, label)
    known = FUNCTIONS.get(name)
    if known is not None and len(inputs) == 1 and not options and name not in LISTS:
        return known(recorder, _first(recorder, name, label, inputs[0]))  # most calls are of one argument
    bound = _bound(function, known, inputs, options)
    out = bound.arguments.pop("out", None)
    first_name, first = next(iter(bound.arguments.items()))
    first = first if name in LISTS else _first(recorder, name, label, first)
    given = {option: value for option, value in bound.arguments.items() if option != first_name}
    if name in SHAPES | ORDERS | MOVES:

        def call(stand_in: Any) -> Any:
            bound.arguments[first_name] = stand_in
            return function(*bound.args, **bound.kwargs)

        result = _by_numpy(recorder, name, call, first, given.get("axis", 0))
    elif known is None:
        if row_named(name):
            _refuse_options(recorder, label, given)
        result = _elementwise(recorder, name, (first,))
    else:
        _refuse_options(recorder, label, given, _parameters(known))
        result = known(recorder, first, **given)
    return result if out is None else _into(recorder, out, result)


def _first(recorder: Recorder, name: str, label: str, a: Any) -> Any:
    """The first argument, as an array if it is a list."""
    a = as_traced(recorder, a)
    if name in ARRAYS_ONLY and not is_array(a):
        _refuse(recorder, label)
    return arrays.as_array(a) if isinstance(a, list | tuple) else a


@cache
def _signature(function: Any, known: Any) -> inspect.Signature:
    """The parameters as NumPy calls them; those of the function here, where NumPy does not tell."""
    try:
        return inspect.signature(function)
    except ValueError:
        own = inspect.signature(known) if known is not None else inspect.signature(lambda recorder, *given, **options: None)
        return own.replace(parameters=list(own.parameters.values())[1:])


def _bound(function: Any, known: Any, inputs: Sequence[Any], options: Mapping[str, Any]) -> inspect.BoundArguments:
    """The arguments by the names of NumPy's parameters, without those that say what NumPy would do anyway."""
    signature = _signature(function, known)
    bound = signature.bind(*inputs, **options)
    arguments = bound.arguments
    for option, value in list(arguments.items()):
        if _is_default(option, value, signature.parameters[option].default):
            del arguments[option]
    if "newshape" in arguments:  # before NumPy 2.1
        arguments["shape"] = arguments.pop("newshape")
    return bound


def _is_default(option: str, value: Any, default: Any) -> bool:
    """Whether an option says nothing: it has its default, or the dtype is the one of all arrays here."""
    same = value is default or (isinstance(value, bool | int | float | str) and type(value) is type(default) and value == default)
    return same or "_NoValue" in repr(type(value)) or (option == "dtype" and (value is None or arrays.is_float64(value)))


def _parameters(function: Any) -> tuple[str, ...]:
    return function.__code__.co_varnames[: function.__code__.co_argcount]  # type: ignore[no-any-return]


def _refuse_options(recorder: Recorder, label: str, given: Mapping[str, Any], known: Sequence[str] = ()) -> None:
    for option in given:
        if option not in known:
            _refuse(recorder, f"{label} with {option}=", "leave the option out")


def _elementwise(recorder: Recorder, name: str, inputs: Sequence[Any]) -> Any:
    if name in MADE:
        return MADE[name](*inputs)
    row = row_named(name)
    if not row:
        own = f"diffcli.{name} does that" if name in ARRAY_FUNCTIONS else INSTEAD.get(name)
        general = "write it with operators and the functions that `diffcli functions` lists"
        _refuse(recorder, f"np.{name}", own or general)
    result = _applied(row, *inputs)
    if result is NotImplemented:
        kinds = [type(given).__name__ for given in inputs if not isinstance(given, Traced)]
        _refuse(recorder, f"np.{name} with an operand of type {kinds[0] if kinds else 'number'}")
    return result


def _refuse(recorder: Recorder, what: str, *help: str) -> NoReturn:
    refuse(recorder, f"{what} of a traced number is not recorded", *help)


ARRAYS = ArrayRecording(TracedArray, View, operand, apply_ufunc, apply_function)
"""How arrays are recorded, for the recorder."""
