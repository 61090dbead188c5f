"""Arrays of places, and masks, as the tables have them: nested tuples of whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

IndexArrays = Any
"""Nested tuples of whole numbers; a list of several for a mask, one for each of its axes."""


def as_index_arrays(given: Any) -> IndexArrays | None:
    """What an array or a list indexes with; None if it is no array of whole numbers or of yes and no.

    >>> as_index_arrays([2, 0]), as_index_arrays([[True, False], [True, True]]), as_index_arrays([0.5])
    ((2, 0), [(0, 1, 1), (0, 0, 1)], None)
    """
    array = np.asarray(given)
    if array.dtype.kind == "b":
        return [tuple(map(int, axis)) for axis in array.nonzero()]
    if array.dtype.kind not in "iu" and array.size:
        return None
    return _nested(array.astype(np.int64).tolist())


def together(places: Sequence[IndexArrays]) -> list[IndexArrays]:
    """Several arrays of places, broadcast to one shape."""
    return [_nested(array.tolist()) for array in np.broadcast_arrays(*map(np.asarray, places))]


def _nested(entries: Any) -> Any:
    return tuple(map(_nested, entries)) if isinstance(entries, list) else entries


def equal(one: Any, other: Any) -> bool:
    """Whether two arrays have the same elements, NaN among them."""
    return one.shape == other.shape and bool(np.array_equal(one, other, equal_nan=True))


def triangle(shape: tuple[int, ...], offset: int, lower: bool) -> Any:
    """1 in the lower (or upper) triangle of a matrix, 0 elsewhere."""
    return (np.tril if lower else np.triu)(np.ones(shape), offset)
