"""Array operations on many arrays at once, which stand along a leading axis: on the adjoints of many results.

Each is told which of its operands are many. Those of the products are products of matrices one after the other, so that each
result is to the last bit what it is alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from diffcli.operations.arithmetic.array_functions import Array, Axes, may_repeat, scatter, sum_to

Many = tuple[bool, ...]
"""Which operands are many."""


def aligned(many: Many, operands: Sequence[Array], least: int = 0) -> list[Array]:
    """Operands of which those that are many have axes of length 1 behind the leading one, where others have more axes."""
    most = max(least, *[np.ndim(one) - leads for one, leads in zip(operands, many, strict=True)])
    return [
        one.reshape(len(one), *(1,) * (most + 1 - one.ndim), *one.shape[1:]) if leads and one.ndim <= most else one
        for one, leads in zip(operands, many, strict=True)
    ]


def elementwise(function: Callable[..., Array], many: Many, *operands: Array) -> Array:
    return function(*aligned(many, operands))


def each(function: Callable[..., Array], many: Many, *operands: Array, **fixed: Any) -> Array:
    """Any operation, of one after the other."""
    pairs = list(zip(operands, many, strict=True))
    count = next(len(one) for one, leads in pairs if leads)
    return np.stack([function(*[one[k] if leads else one for one, leads in pairs], **fixed) for k in range(count)])


def matmul(many: Many, a: Array, b: Array) -> Array:
    row, column = np.ndim(a) - many[0] == 1, np.ndim(b) - many[1] == 1
    a, b = aligned(many, (a[..., None, :] if row else a, b[..., None] if column else b))
    result = np.matmul(a, b)
    result = result[..., 0] if column else result
    return (result[..., 0] if column else result[..., 0, :]) if row else result


def outer(many: Many, a: Array, b: Array) -> Array:
    return np.multiply(*aligned(many, (a[..., None], b[..., None, :])))


def summed(a: Array, shape: Axes) -> Array:
    """Each summed over the axes along which an array of that shape is repeated."""
    kept = (1,) * (a.ndim - 1 - len(shape)) + tuple(shape)
    return sum_to(a, (len(a), *kept)).reshape(len(a), *shape)


def _broadcast(_: Many, a: Array, shape: Axes = ()) -> Array:
    return np.broadcast_to(aligned((True,), (a,), len(shape))[0], (len(a), *shape))


def _transpose(_: Many, a: Array, axes: Axes | None = None) -> Array:
    order = range(a.ndim - 2, -1, -1) if axes is None else axes
    return np.transpose(a, (0, *[k + 1 for k in order]))


def _index(_: Many, a: Array, key: tuple[Any, ...] = ()) -> Array:
    return np.stack([one[key] for one in a]) if may_repeat(key) else a[(slice(None), *key)]


def _scatter(_: Many, a: Array, key: tuple[Any, ...] = (), shape: Axes = ()) -> Array:
    if may_repeat(key):
        return np.stack([scatter(one, key, shape) for one in a])
    return scatter(a, (slice(None), *key), (len(a), *shape))


FUNCTIONS: dict[str, Callable[..., Array]] = {
    "matmul": matmul, "outer": outer, "broadcast": _broadcast, "transpose": _transpose, "index": _index, "scatter": _scatter,
    "sum_to": lambda _, a, shape=(): summed(a, shape), "reshape": lambda _, a, shape=(): np.reshape(a, (len(a), *shape)),
}  # fmt: skip
"""The functions, by the names of their rows."""


def placed(seeds: Mapping[int, Array], shape: Axes) -> Array:
    """An array of a shape with seeds at some places along its leading axis, and else 0."""
    result = np.zeros(shape)
    for place, seed in seeds.items():
        result[place] = seed
    return result
