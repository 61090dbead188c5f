"""NumPy's functions of arrays on traced ones, by their names: each is made of rows of the table.

They take what NumPy's take, as far as the rows can: an option that is not among the parameters here is refused by name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from diffcli.operations.arithmetic import arrays
from diffcli.operations.arithmetic.index_arrays import triangle
from diffcli.tape.recording.array_operations import apply_array, is_array, stack
from diffcli.tape.recording.recorder import Recorder
from diffcli.tape.recording.traced_array import TracedArray, as_axis
from diffcli.tape.recording.untraceable import refuse


def _shape(a: Any) -> tuple[int, ...]:
    return a.shape if isinstance(a, TracedArray) else () if not is_array(a) else arrays.shape_of(a)


def _array(recorder: Recorder, a: Any) -> Any:
    """A list of what is traced as an array."""
    return stack(recorder, a) if isinstance(a, list | tuple) else a


def _reduction(name: str) -> Callable[..., Any]:
    def reduce(recorder: Recorder, a: Any, axis: Any = None, keepdims: Any = False) -> Any:
        a = _array(recorder, a)
        if not is_array(a):
            return a
        return apply_array(recorder, name, (a,), axis=as_axis(axis), keepdims=int(keepdims))

    return reduce


def _method(name: str) -> Callable[..., Any]:
    """A function that is a method of the traced array."""

    def call(recorder: Recorder, a: Any, *arguments: Any, **options: Any) -> Any:
        a = _array(recorder, a)
        return getattr(a, name)(*arguments, **options)

    return call


def _row(name: str) -> Callable[..., Any]:
    return lambda recorder, *operands: apply_array(recorder, name, operands)


def norm(recorder: Recorder, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """np.linalg.norm: the root of the sum of squares; of a vector also the sum and the largest of absolute values."""
    vector = len(_shape(x)) == 1 or isinstance(axis, int)
    if ord is None or (ord == 2 and vector) or (ord == "fro" and not vector):
        return _reduction("norm")(recorder, x, axis, keepdims)
    if vector and ord in (1, float("inf")):
        return _reduction("sum" if ord == 1 else "amax")(recorder, abs(x), axis, keepdims)
    help = ["without ord= it is the root of the sum of squares"]
    return refuse(recorder, f"np.linalg.norm with ord={ord!r} is not recorded", help, _here())


def _here() -> Any:
    return sys._getframe(2)


def dot(recorder: Recorder, a: Any, b: Any) -> Any:
    """np.dot: a product of vectors or matrices, and of numbers."""
    if not _shape(a) or not _shape(b):
        return a * b
    if len(_shape(b)) > 2 or len(_shape(a)) > 2:
        refuse(recorder, "np.dot of more than two axes is not recorded", ["a @ b multiplies the matrices of a batch"], _here())
    return apply_array(recorder, "matmul", (a, b))


def inner(recorder: Recorder, a: Any, b: Any) -> Any:
    if len(_shape(a)) > 1 or len(_shape(b)) > 1:
        refuse(recorder, "np.inner of matrices is not recorded", ["write a @ b.T"], _here())
    return dot(recorder, a, b)


def outer(recorder: Recorder, a: Any, b: Any) -> Any:
    return apply_array(recorder, "outer", [one if len(_shape(one)) == 1 else reshape(recorder, one, (-1,)) for one in (a, b)])


def reshape(recorder: Recorder, a: Any, shape: Any) -> Any:
    wanted = (shape,) if isinstance(shape, int) else tuple(map(int, shape))
    return apply_array(recorder, "reshape", (_array(recorder, a),), shape=wanted)


def concatenate(recorder: Recorder, arrays: Sequence[Any], axis: Any = 0) -> Any:
    parts = [_array(recorder, part) for part in arrays]
    if axis is None:
        parts, axis = [reshape(recorder, part, (-1,)) for part in parts], 0
    return apply_array(recorder, "concat", parts, axis=int(axis))


def stack_arrays(recorder: Recorder, arrays: Sequence[Any], axis: int = 0) -> Any:
    return apply_array(recorder, "stack", [_array(recorder, part) for part in arrays], axis=int(axis))


def vstack(recorder: Recorder, tup: Sequence[Any]) -> Any:
    return concatenate(recorder, [_at_least(recorder, part, 2) for part in tup])


def hstack(recorder: Recorder, tup: Sequence[Any]) -> Any:
    parts = [_at_least(recorder, part, 1) for part in tup]
    return concatenate(recorder, parts, 0 if len(_shape(parts[0])) == 1 else 1)


def column_stack(recorder: Recorder, tup: Sequence[Any]) -> Any:
    parts = [_at_least(recorder, part, 1) for part in tup]
    return concatenate(recorder, [reshape(recorder, part, (-1, 1)) if len(_shape(part)) == 1 else part for part in parts], 1)


def _at_least(recorder: Recorder, a: Any, axes: int) -> Any:
    shape = _shape(_array(recorder, a))
    return a if len(shape) >= axes else reshape(recorder, a, (1,) * (axes - len(shape)) + shape)


def expand_dims(recorder: Recorder, a: Any, axis: int) -> Any:
    shape = list(_shape(a))
    place = axis % (len(shape) + 1)
    return reshape(recorder, a, (*shape[:place], 1, *shape[place:]))


def moveaxis(recorder: Recorder, a: Any, source: int, destination: int) -> Any:
    axes = list(range(a.ndim))
    axes.insert(destination % a.ndim, axes.pop(source))
    return a.transpose(axes)


def broadcast_to(recorder: Recorder, array: Any, shape: Any) -> Any:
    return apply_array(recorder, "broadcast", (array,), shape=(shape,) if isinstance(shape, int) else tuple(shape))


def where(recorder: Recorder, condition: Any, x: Any, y: Any) -> Any:
    return apply_array(recorder, "where", (condition, x, y))


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
    if weights is None:
        return _reduction("mean")(recorder, a, axis)
    total = _reduction("sum")
    return total(recorder, a * weights, axis) / total(recorder, a * 0.0 + weights, axis)


def _triangle(lower: bool) -> Callable[..., Any]:
    return lambda recorder, m, k=0: apply_array(recorder, "mul", (m, triangle(_shape(m)[-2:], k, lower)))


def _filled(value: float) -> Callable[..., Any]:
    """np.zeros_like and np.ones_like: plain arrays, which depend on nothing."""
    return lambda recorder, a: arrays.zeros(_shape(a)) + value


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sum": _reduction("sum"), "mean": _reduction("mean"), "prod": _reduction("prod"), "max": _reduction("amax"),
    "amax": _reduction("amax"), "min": _reduction("amin"), "amin": _reduction("amin"), "argmax": _reduction("argmax"),
    "argmin": _reduction("argmin"), "average": average, "var": _method("var"), "std": _method("std"),
    "cumsum": _method("cumsum"), "norm": norm, "dot": dot, "inner": inner, "vdot": inner, "outer": outer,
    "trace": _row("trace"), "diag": _row("diag"), "diagonal": _row("diag"), "det": _row("det"), "inv": _row("inv"),
    "solve": _row("solve"), "transpose": _method("transpose"), "matrix_transpose": _method("transpose"),
    "swapaxes": _method("swapaxes"), "moveaxis": moveaxis, "reshape": reshape, "ravel": _method("ravel"),
    "squeeze": _method("squeeze"), "expand_dims": expand_dims, "broadcast_to": broadcast_to, "concatenate": concatenate,
    "stack": stack_arrays, "vstack": vstack, "hstack": hstack, "column_stack": column_stack, "where": where,
    "round": _method("round"), "around": _method("round"), "flip": flip, "diff": diff, "tril": _triangle(True),
    "triu": _triangle(False), "zeros_like": _filled(0.0), "ones_like": _filled(1.0), "copy": _method("copy"),
    "shape": lambda recorder, a: _shape(a), "ndim": lambda recorder, a: len(_shape(a)), "real": _method("copy"),
    "size": lambda recorder, a: a.size, "atleast_1d": lambda recorder, a: _at_least(recorder, a, 1),
    "atleast_2d": lambda recorder, a: _at_least(recorder, a, 2),
}  # fmt: skip
"""NumPy's functions that are no elementwise ones, by their names."""

REDUCED = {"add": "sum", "multiply": "prod", "maximum": "amax", "minimum": "amin", "logaddexp": "logsumexp"}
"""What an elementwise function is a reduction of: np.add.reduce."""
