"""The functions that an exported program of arrays brings along, as far as it calls them: nothing of diffcli calls them.

They are written in what NumPy, jax.numpy and torch have in common. The axes of a reduction are a tuple that is not empty.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any
Axes = tuple[int, ...]


def float64(a: Array) -> Array:
    return np.asarray(a, dtype=np.float64)


def shaped(a: Array, shape: Axes, many: Any) -> Array:
    """An array of a shape, or of ``many`` points that each have it."""
    a = float64(a)
    own = tuple(a.shape)
    if own[len(own) - len(shape) if many else 0 :] != shape:
        raise ValueError(f"an array of the shape {shape} is wanted, and one of {own} was given")
    return a


def root(a: Array) -> Array:
    """a^(1/2)."""
    return np.where((a == 0) | np.isinf(a), np.abs(a), np.sqrt(a))


def cosh(a: Array) -> Array:
    half = np.exp(0.5 * np.abs(a))
    return 0.5 * half * half + 0.5 / half / half


def sinh(a: Array) -> Array:
    half = np.exp(0.5 * np.abs(a))
    return np.where(np.abs(a) > 1, np.copysign(0.5 * half * half - 0.5 / half / half, a), np.sinh(a))


def norm(a: Array, axis: Axes) -> Array:
    """The root of the sum of squares, of elements that are made neither too large nor too small to be squared."""
    largest = np.amax(np.abs(a), axis=axis, keepdims=True)
    scale = np.where((largest < 1e100) & (largest > 1e-100) | (largest == 0) | ~np.isfinite(largest), 1.0, largest)
    return np.sqrt(np.sum(np.square(a / scale), axis=axis, keepdims=True)) * scale


def below_largest(a: Array, axis: Axes) -> Array:
    """The differences to the largest element, which is 0 there if it is infinite and alone."""
    top = np.amax(a, axis=axis, keepdims=True)
    alone = (a == top) & np.isinf(top) & (np.sum(float64(a == top), axis=axis, keepdims=True) == 1)
    return np.where(alone, 0.0, a - top)


def log_of_sum(moved: Array, axis: Axes) -> Array:
    """The log of a sum of exponentials whose largest is exp(0): log1p of the sum of the others, however small that is."""
    top = float64(moved == 0)
    others = np.sum(np.exp(moved) - top, axis=axis, keepdims=True)
    return np.log1p(others + (np.sum(top, axis=axis, keepdims=True) - 1))


def logsumexp(a: Array, axis: Axes) -> Array:
    top = np.amax(a, axis=axis, keepdims=True)
    return np.where(np.isinf(top), top, top + log_of_sum(a - np.where(np.isinf(top), 0.0, top), axis))


def softmax(a: Array, axis: Axes) -> Array:
    raised = np.exp(below_largest(a, axis))
    return raised / np.sum(raised, axis=axis, keepdims=True)


def log_softmax(a: Array, axis: Axes) -> Array:
    moved = below_largest(a, axis)
    return moved - log_of_sum(moved, axis)


def centred(a: Array, b: Array, axis: Axes) -> Array:
    """a less its mean with weights b, seen from the elements of most weight: beside that, 1 - b has no digits."""
    most = b == np.amax(b, axis=axis, keepdims=True)
    seen_from = np.sum(np.where(most, a, 0.0), axis=axis, keepdims=True) / np.sum(float64(most), axis=axis, keepdims=True)
    return a - seen_from - np.sum((a - seen_from) * b, axis=axis, keepdims=True)


def less_share(a: Array, b: Array, axis: Axes) -> Array:
    """a less weights b of its sum. What is left has the sum 0: so of an element with most of the weight it is the others'."""
    left = a - b * np.sum(a, axis=axis, keepdims=True)
    return np.where(b > 0.5, left - np.sum(left, axis=axis, keepdims=True), left)


def inv(a: Array) -> Array:
    return solve(a, np.diag(np.ones_like(a[0])))


def solve(a: Array, b: Array) -> Array:
    """NaN for a singular matrix."""
    singular = np.linalg.slogdet(a)[0] == 0
    regular = np.where(singular, np.diag(np.ones_like(a[0])), a)
    return np.where(singular, np.nan, np.linalg.solve(regular, b))


def scatter(a: Array, key: Any, shape: Axes) -> Array:
    """Zeros with the elements of a at their places; what has the same place is added."""
    result = np.zeros(shape)
    np.add.at(result, key, a)
    return result
