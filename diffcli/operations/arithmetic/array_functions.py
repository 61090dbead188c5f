"""The array operations in NumPy, by the names of their rows; what is fixed in a row comes as keywords."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from math import prod
from typing import Any

import numpy as np

Array = Any
Axes = tuple[int, ...]


def reduction(function: Any) -> Callable[..., Array]:
    """A reduction by NumPy whose ``keepdims`` is a number, as rules write it."""

    def reduced(a: Array, axis: Axes | None = None, keepdims: float = 0) -> Array:
        return function(a, axis=axis, keepdims=bool(keepdims))

    return reduced


total_of = reduction(np.add.reduce)


def mean(a: Array, axis: Axes | None = None, keepdims: float = 0) -> Array:
    total = total_of(a, axis, keepdims)
    return total / (np.size(a) / np.size(total)) if np.size(total) else total


def place(function: Callable[..., Array]) -> Callable[..., Array]:
    """Of argmax and argmin: where the element is, as a number; that of a number is 0."""

    def found(a: Array, axis: Axes = (), keepdims: int = 0) -> Array:
        return function(a, axis=axis[0], keepdims=bool(keepdims)) * 1.0 if axis else 0.0

    return found


def norm(a: Array, axis: Axes = (), keepdims: int = 0) -> Array:
    """The root of the sum of squares, of elements that are made neither too large nor too small to be squared."""
    largest_of_all = np.max(np.abs(a), axis=axis, keepdims=True, initial=0.0) if axis else np.abs(a)
    scale = np.where((largest_of_all == 0) | ~np.isfinite(largest_of_all), 1.0, largest_of_all)
    scale = np.where((scale < 1e100) & (scale > 1e-100), 1.0, scale)  # no division, and no rounding, where none is needed
    kept = np.sqrt(np.sum(np.square(a / scale), axis=axis, keepdims=True)) * scale
    return kept if keepdims or not axis else np.squeeze(kept, axis=axis)


def logsumexp(a: Array, axis: Axes = (), keepdims: int = 0) -> Array:
    if not axis:
        return np.asarray(a)
    top = np.max(a, axis=axis, keepdims=True)
    moved = a - np.where(np.isinf(top), 0.0, top).astype(a.dtype)
    kept = np.where(np.isinf(top), top, top + _log_of_sum(moved, axis))
    return kept if keepdims else np.squeeze(kept, axis=axis)


def softmax(a: Array, axis: Axes = ()) -> Array:
    """Shares of the sum of exponentials; what is infinite gets all of it, if it is alone."""
    if not axis:
        return np.ones_like(a)
    raised = np.exp(_below_largest(a, axis))
    return raised / np.sum(raised, axis=axis, keepdims=True)


def log_softmax(a: Array, axis: Axes = ()) -> Array:
    if not axis:
        return np.zeros_like(a)
    moved = _below_largest(a, axis)
    return moved - _log_of_sum(moved, axis)


def _log_of_sum(moved: Array, axis: Axes) -> Array:
    """The log of a sum of exponentials whose largest is exp(0): log1p of the sum of the others, however small that is."""
    top = np.equal(moved, 0.0)
    raised = np.exp(moved)
    raised -= top
    return np.log1p(np.sum(raised, axis=axis, keepdims=True) + (np.sum(top, axis=axis, keepdims=True, dtype=moved.dtype) - 1))


def centred(a: Array, b: Array, axis: Axes = ()) -> Array:
    """a less its mean with weights b, whose sum is 1, seen from the element of most weight: beside that, 1 - b has no digits."""
    if not axis or not np.size(a):
        return a - a * b
    flat, back = last_axis(a, axis)
    weights, _ = last_axis(b, axis)
    moved = flat - np.take_along_axis(flat, np.argmax(weights, axis=-1)[..., None], axis=-1)
    moved -= np.sum(moved * weights, axis=-1, keepdims=True)
    return back(moved)


def less_share(a: Array, b: Array, axis: Axes = ()) -> Array:
    """a less weights b of its sum. What is left has the sum 0: so of an element with most of the weight it is the others'."""
    left = a - b * np.sum(a, axis=axis, keepdims=True)
    if axis and np.any(most := np.greater(b, 0.5)):
        np.subtract(left, np.sum(left, axis=axis, keepdims=True), out=left, where=most)
    return left


def _below_largest(a: Array, axis: Axes) -> Array:
    """Differences to the largest element along the axes; of infinities that are the same they are undefined."""
    top = np.max(a, axis=axis, keepdims=True, initial=-np.inf)
    moved = a - top
    if np.isfinite(top).all():
        return moved
    alone = np.equal(a, top) & (np.sum(np.equal(a, top), axis=axis, keepdims=True) == 1)
    return np.where(alone, 0.0, moved)


def cumsum(a: Array, axis: Axes = (), backwards: int = 0) -> Array:
    if not axis:
        return np.asarray(a)
    if not backwards:
        return np.cumsum(a, axis=axis[0])
    return np.flip(np.cumsum(np.flip(a, axis[0]), axis=axis[0]), axis[0])


def _labels(b: Array, classes: int) -> tuple[Array, Array]:
    """Labels as places, and which of them are."""
    known = np.equal(b, np.floor(b)) & np.greater_equal(b, 0) & np.less(b, classes)
    return np.where(known, b, 0.0).astype(np.int64), known


def one_hot(a: Array, classes: int = 1) -> Array:
    places, known = _labels(a, classes)
    result = np.zeros((*places.shape, classes))
    np.put_along_axis(result, places[..., None], 1.0, axis=-1)
    return np.where(known[..., None], result, np.nan) if not np.all(known) else result


def cross_entropy(a: Array, b: Array) -> Array:
    places, known = _labels(b, a.shape[-1])
    losses = -np.take_along_axis(log_softmax(a, (a.ndim - 1,)), places[..., None], axis=-1)[..., 0]
    return np.mean(np.where(known, losses, np.nan))


def conv1d(a: Array, b: Array) -> Array:
    return np.lib.stride_tricks.sliding_window_view(a, len(b)) @ b


def _patches(images: Array, kernel: Axes, window: Any) -> Array:
    """A view of images with all that is added: image, channel, row, column, and row and column in the kernel.

    The window is the strides, what is added before and behind, the distances within a kernel, and the number of groups.
    """
    strides, _, apart, _ = window
    spans = tuple(step * (length - 1) + 1 for step, length in zip(apart, kernel, strict=True))
    seen = np.lib.stride_tricks.sliding_window_view(images, spans, axis=(2, 3), writeable=True)
    return seen[:, :, :: strides[0], :: strides[1], :: apart[0], :: apart[1]]


def _columns(a: Array, kernel: Axes, window: Any) -> tuple[Array, tuple[int, ...]]:
    """The patches as groups × (channel, row and column in the kernel) × (image, row, column), and the last three lengths."""
    seen = _patches(np.pad(a, ((0, 0), (0, 0), *window[1])), kernel, window).transpose(1, 4, 5, 0, 2, 3)
    return seen.reshape(window[3], prod(seen.shape[:3]) // window[3], prod(seen.shape[3:])), seen.shape[3:]


def conv2d(a: Array, b: Array, window: Any = ()) -> Array:
    columns, places = _columns(a, b.shape[2:], window)
    made = b.reshape(window[3], len(b) // window[3], -1) @ columns
    return np.ascontiguousarray(made.reshape(len(b), *places).swapaxes(0, 1))


def conv2d_weight(a: Array, b: Array, window: Any = (), shape: Axes = ()) -> Array:
    columns, _ = _columns(a, shape[2:], window)
    return (b.swapaxes(0, 1).reshape(window[3], shape[0] // window[3], columns.shape[2]) @ columns.swapaxes(1, 2)).reshape(shape)


def conv2d_input(a: Array, b: Array, window: Any = (), shape: Axes = ()) -> Array:
    """Each number of a is multiplied by a kernel and added to the patch that it comes from."""
    _, ((above, below), (left, right)), _, groups = window
    whole = np.zeros((len(a), shape[1], above + shape[2] + below, left + shape[3] + right), np.result_type(a, b))
    of_groups = a.swapaxes(0, 1).reshape(groups, len(b) // groups, a[:, 0].size)
    parts = b.reshape(groups, len(b) // groups, -1).swapaxes(1, 2) @ of_groups
    parts = parts.reshape(shape[1], *b.shape[2:], len(a), *a.shape[2:]).swapaxes(0, 3)
    seen = _patches(whole, b.shape[2:], window)
    for row, column in np.ndindex(*b.shape[2:]):
        seen[..., row, column] += parts[:, row, column]
    return whole[:, :, above : above + shape[2], left : left + shape[3]]


# -- products of all others ------------------------------------------------------------------------------------------------


def leave_one_out_product(a: Array, axis: Axes = ()) -> Array:
    """For each element the product of all others along the axes: what stands before it times what stands behind."""
    flat, back = last_axis(a, axis)
    return back(_before(flat) * np.flip(_before(np.flip(flat, -1)), -1))


def leave_one_out_derivative(a: Array, b: Array, axis: Axes = ()) -> Array:
    """The derivative of `leave_one_out_product` along b: for each j the sum over i of b_i times the product of all but i and j.

    A product and its derivative are carried together, from either end; there is no division, so a 0 is as good as any.
    """
    flat, back = last_axis(a, axis)
    moved, _ = last_axis(b, axis)
    before, before_moved = _carried(flat, moved)
    behind, behind_moved = (np.flip(part, -1) for part in _carried(np.flip(flat, -1), np.flip(moved, -1)))
    return back(before_moved * behind + before * behind_moved)


def last_axis(a: Array, axis: Axes) -> tuple[Array, Callable[[Array], Array]]:
    """An array with the axes as its last, as one; and how to put a result of that shape back in place."""
    axis = axis or ()
    a = np.asarray(a)
    rest = tuple(k for k in range(a.ndim) if k not in axis)
    order = rest + tuple(axis)
    moved = np.transpose(a, order)
    flat = moved.reshape((*moved.shape[: len(rest)], prod(moved.shape[len(rest) :])))
    return flat, lambda result: np.transpose(result.reshape(moved.shape), np.argsort(order))


def _before(a: Array) -> Array:
    if not a.shape[-1]:
        return a
    products = np.cumprod(a, axis=-1)
    return np.concatenate([np.ones((*a.shape[:-1], 1)), products[..., :-1]], axis=-1)


def _carried(a: Array, b: Array) -> tuple[Array, Array]:
    """Products of what stands before each place, and their derivatives along b."""
    products, derivatives = np.ones_like(a), np.zeros_like(a)
    for k in range(1, a.shape[-1]):
        products[..., k] = products[..., k - 1] * a[..., k - 1]
        derivatives[..., k] = derivatives[..., k - 1] * a[..., k - 1] + products[..., k - 1] * b[..., k - 1]
    return products, derivatives


# -- linear algebra --------------------------------------------------------------------------------------------------------


def of_regular(function: Callable[..., Array]) -> Callable[..., Array]:
    """An inverse, or what it is multiplied by; NaN throughout for a singular matrix."""

    @wraps(function)
    def solved(*operands: Array) -> Array:
        try:
            return function(*operands)
        except np.linalg.LinAlgError:
            return np.full(np.shape(operands[-1]), np.nan)

    return solved


def eigenvalues(matrix: Any) -> Any:
    """Those of a symmetric matrix, in ascending order."""
    return np.linalg.eigvalsh(np.array(matrix)).tolist()


def determinant(a: Array) -> Array:
    """By cofactors if it is small, which rounds no whole numbers; else by elimination."""
    if not np.isfinite(a).all():
        return np.float64(np.nan)
    return a[0] @ cofactor(a)[0] if 0 < len(a) < 4 else np.linalg.det(a)


def _singular_values(a: Array) -> tuple[Array, Array, Array, float]:
    u, s, v = np.linalg.svd(a)
    return u, s, v, float(np.linalg.det(u) * np.linalg.det(v))


def cofactor(a: Array) -> Array:
    """The cofactors, by singular values, so that a singular matrix has them too (Stewart 1998, On the adjugate matrix).

    Those of a small matrix are determinants of what is left without a row and a column.
    """
    if not np.isfinite(a).all():
        return np.full(np.shape(a), np.nan)
    if len(a) < 3:
        return np.flip(a) * [[1.0, -1.0], [-1.0, 1.0]] if len(a) == 2 else np.ones_like(a)
    if len(a) == 3:
        return _minors(a, a)
    u, s, v, sign = _singular_values(a)
    return sign * (u * leave_one_out_product(s, (0,))) @ v


def _minors(a: Array, b: Array) -> Array:
    """The cofactors of a 3 by 3 matrix that has the next row from a, and the one after it from b.

    By rows and columns that follow each other, round and round, so that all signs are +.
    """
    one, two = np.roll(a, -1, 0), np.roll(b, -2, 0)
    return np.roll(one, -1, 1) * np.roll(two, -2, 1) - np.roll(one, -2, 1) * np.roll(two, -1, 1)


def cofactor_along(a: Array, b: Array) -> Array:
    """The derivative of the cofactors along b, in the basis of the singular vectors, where the matrix is diagonal."""
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return np.full(np.shape(a), np.nan)
    if len(a) < 3:
        return cofactor(b) if len(a) == 2 else np.zeros_like(a)
    if len(a) == 3:
        return _minors(a, b) + _minors(b, a)
    u, s, v, sign = _singular_values(a)
    moved = u.T @ b @ v.T
    size = len(s)
    without = np.ones((size, size))  # the product of all singular values but two
    for i in range(size):
        for j in range(size):
            without[i, j] = prod(s[k] for k in range(size) if k not in (i, j))
    result = -moved.T * without
    np.fill_diagonal(without, 0.0)
    np.fill_diagonal(result, without @ np.diag(moved))
    return sign * u @ result @ v


# -- places ----------------------------------------------------------------------------------------------------------------


def may_repeat(key: Any) -> bool:
    """Whether a key gathers places, and so may name one twice."""
    parts = key if isinstance(key, tuple) else (key,)
    return any(isinstance(part, tuple) or (isinstance(part, np.ndarray) and part.dtype != np.bool_) for part in parts)


def scatter(a: Array, key: Any = (), shape: Axes = (), kind: Any = np.float64) -> Array:
    """An array of zeros with the elements at their places; what has the same place is added."""
    result = np.zeros(shape, kind)
    if may_repeat(key):
        np.add.at(result, key, a)
    else:
        result[key] = a
    return result


def put(a: Array, b: Array, key: tuple[Any, ...] = ()) -> Array:
    """An array with the elements of b at their places, which are repeated to fit."""
    result = np.array(a)
    result[key] = np.asarray(b)[()]  # a single object is not put there as an array of one
    return result


def broadcast(a: Array, shape: Axes = ()) -> Array:
    """Repeated to a shape, in the memory that it has; one element without NumPy's detour."""
    a = np.asarray(a)
    if a.size != 1:
        return np.broadcast_to(a, shape)
    whole = np.ndarray(shape, a.dtype, a, strides=(0,) * len(shape))
    whole.flags.writeable = False
    return whole


@lru_cache(maxsize=4096)
def _repeated_axes(own: Axes, shape: Axes) -> Axes:
    ahead = len(own) - len(shape)
    return (*range(ahead), *(ahead + k for k, length in enumerate(shape) if length == 1 != own[ahead + k]))


def sum_to(a: Array, shape: Axes = ()) -> Array:
    """Summed over the axes along which an array of that shape is repeated."""
    axes = _repeated_axes(np.shape(a), tuple(shape))
    result = np.add.reduce(a, axis=axes) if axes else a
    return result if shape and result.shape == shape else np.reshape(result, shape)


def matmul_by_columns(a: Array, b: Array) -> Array:
    """A product of matrices whose columns stand in memory one after the other."""
    return np.matmul(a, b, order="F")


FUNCTIONS: dict[str, Callable[..., Array]] = {
    "sum": total_of, "mean": mean, "prod": reduction(np.prod), "amax": reduction(np.max),
    "amin": reduction(np.min), "argmax": place(np.argmax), "argmin": place(np.argmin), "norm": norm, "logsumexp": logsumexp,
    "softmax": softmax, "log_softmax": log_softmax, "cumsum": cumsum, "cross_entropy": cross_entropy, "one_hot": one_hot,
    "matmul": np.matmul, "outer": np.outer, "conv1d": conv1d, "transpose": np.transpose, "trace": np.trace, "diag": np.diag,
    "det": determinant, "inv": of_regular(np.linalg.inv), "solve": of_regular(np.linalg.solve),
    "reshape": lambda a, shape=(): a if a.__class__ is float and not shape else np.reshape(a, shape), "broadcast": broadcast,
    "concat": lambda *a, axis=0: np.concatenate(a, axis=axis), "stack": lambda *a, axis=0: np.stack(a, axis=axis),
    "index": lambda a, key=(): a[key], "scatter": scatter, "put": put, "sum_to": sum_to,
    "conv2d": conv2d, "conv2d_input": conv2d_input, "conv2d_weight": conv2d_weight, "others": leave_one_out_product,
    "centred": centred, "less_share": less_share, "others_derivative": leave_one_out_derivative,
    "cofactor": cofactor, "cofactor_along": cofactor_along,
}  # fmt: skip
"""The functions, by the names of their rows."""
