"""Arrays as blocks of a matrix: their elements one after another, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy

Array = Any


def basis(shape: tuple[int, ...], places: Iterable[int]) -> Array:
    """An array of a shape that is 1 at some places, counted through it row by row, and 0 elsewhere.

    >>> basis((2, 2), [1, 2]).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    array = numpy.zeros(shape)
    array.reshape(-1)[list(places)] = 1.0
    return array


def flat(array: Array) -> list[float]:
    """The elements of an array, row by row.

    >>> flat(basis((2, 2), [3]))
    [0.0, 0.0, 0.0, 1.0]
    """
    elements: list[float] = numpy.asarray(array, float).ravel().tolist()
    return elements


def shaped(elements: Sequence[float] | Sequence[Sequence[float]], shape: tuple[int, ...]) -> Array:
    """Elements, or rows of them, as an array of a shape.

    >>> shaped([[1.0, 2.0], [3.0, 4.0]], (4,)).tolist()
    [1.0, 2.0, 3.0, 4.0]
    """
    return numpy.array(elements, float).reshape(shape)
