"""What a recording asks of NumPy beside the operations: numbers, memory, and arrays of places and masks as the tables have them.

Those are nested tuples of whole numbers there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from numbers import Real
from typing import Any

import numpy as np
from numpy.exceptions import AxisError as AxisError
from numpy.linalg import LinAlgError as LinAlgError

from diffcli.operations.arithmetic.tensors import last_written, numbered


def as_numbers(given: Any) -> Any:
    """A number, nested lists or an array as float64; what stands against it, if something does.

    None would be NaN, "3" would be 3, and a mask or a matrix's own product would be lost, without a word.
    """
    if type(given) is np.ndarray and given.dtype == np.float64:
        return given
    what = f"a `{type(given).__name__}`"
    if isinstance(given, np.ndarray) and type(given).__mul__ is not np.ndarray.__mul__:
        return f"{what} is more than an array of numbers: np.asarray(...), or its filled(...), makes one of it"
    try:
        array = np.asarray(given)
        if array.dtype.kind in "biuf" or (array.dtype.kind == "O" and all(isinstance(one, Real) for one in array.flat)):
            return array.astype(np.float64)
    except (ValueError, OverflowError):
        pass
    return f"{what} is no real number and no array of real numbers"


def numpy_function(name: str) -> Callable[..., Any]:
    """NumPy's function of that name."""
    return getattr(np, name)  # type: ignore[no-any-return]


def stand_in(shape: Iterable[int]) -> Any:
    """An array of a shape that takes no memory."""
    return np.broadcast_to(0.0, tuple(shape))


def laid_out_as(value: Any, like: Any) -> Any:
    """The elements of a value in memory as another array of its shape has them: that decides what is a view."""
    if value.strides == like.strides:
        return value
    result = np.empty_like(like)
    result[...] = value
    return result


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
        stand_in(shape)[key]
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
    return np.flatnonzero(stay).tolist(), tuple(numbered(shape)[places][stay].tolist())


def moved(call: Callable[[Any], Any], shape: tuple[int, ...]) -> tuple[tuple[int, ...], list[int]]:
    """The shape that a function of NumPy gives an array whose elements it only moves, and the places they come from."""
    result = np.asarray(call(numbered(shape)))
    return result.shape, result.reshape(-1).tolist()


def _nested(entries: Any) -> Any:
    return tuple(map(_nested, entries)) if isinstance(entries, list) else entries


def equal(one: Any, other: Any) -> bool:
    """Whether two arrays have the same elements, NaN among them."""
    return bool(np.array_equal(one, other, equal_nan=True))
