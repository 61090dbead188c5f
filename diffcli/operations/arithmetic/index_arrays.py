"""Arrays of places, and masks, as the tables have them: nested tuples of whole numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcli.operations.arithmetic.tensors import last_written

IndexArrays = Any
"""Nested tuples of whole numbers; a list of several for a mask, one for each of its axes."""


def as_index_arrays(given: Any) -> IndexArrays | None:
    """What an array or a list indexes with; None if it is no array of whole numbers or of yes and no.

    >>> as_index_arrays([2, 0]), as_index_arrays([[True, False], [True, True]]), as_index_arrays([0.5])
    ((2, 0), [(0, 1, 1), (0, 0, 1)], None)
    """
    array = np.asarray(given)
    if array.dtype.kind == "b" and array.ndim:
        return [tuple(map(int, axis)) for axis in array.nonzero()]
    if array.dtype.kind not in "iu" and (array.size or not array.ndim):
        return None
    if array.ndim > 1 and not array.size:
        return None  # nested tuples of nothing have no second axis
    return _nested(array.astype(np.int64).tolist())


def misfit(shape: tuple[int, ...], key: Any) -> str:
    """What NumPy has against a key of an array of that shape; empty if nothing."""
    try:
        np.broadcast_to(0.0, shape)[key]
    except IndexError as wrong:
        return str(wrong)
    return ""


def last_writes(shape: tuple[int, ...], key: tuple[Any, ...]) -> tuple[list[int], IndexArrays] | None:
    """Which of the elements that are written at a key stay, and where, counted through the array; None if all of them do.

    >>> last_writes((3,), ((0, 0, 1),))
    ([1, 2], (0, 1))
    """
    places = tuple(np.asarray(part, dtype=np.int64) if isinstance(part, tuple) else part for part in key)
    stay = last_written(places, shape)
    if stay is None or stay.all():
        return None
    return np.flatnonzero(stay).tolist(), tuple(_places(shape)[places][stay].tolist())


def moved(call: Callable[[Any], Any], shape: tuple[int, ...]) -> tuple[tuple[int, ...], list[int]]:
    """The shape that a function of NumPy gives an array whose elements it only moves, and the places they come from."""
    result = np.asarray(call(_places(shape)))
    return result.shape, result.reshape(-1).tolist()


def _places(shape: tuple[int, ...]) -> Any:
    return np.arange(np.prod(shape, dtype=np.int64)).reshape(shape)


def _nested(entries: Any) -> Any:
    return tuple(map(_nested, entries)) if isinstance(entries, list) else entries


def equal(one: Any, other: Any) -> bool:
    """Whether two arrays have the same elements, NaN among them."""
    return one.shape == other.shape and bool(np.array_equal(one, other, equal_nan=True))


def triangle(shape: tuple[int, ...], offset: int, lower: bool) -> Any:
    """1 in the lower (or upper) triangle of a matrix, 0 elsewhere."""
    return (np.tril if lower else np.triu)(np.ones(shape), offset)
