"""Arrays of cells: NumPy's own functions, on arrays whose elements are no numbers but places on a tape.

NumPy moves and combines Python objects as it does numbers; each sum and product that it asks of two cells is a row. So an
array operation is written out in numbers by the very function that computes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from diffcli.operations.arithmetic import array_functions
from diffcli.operations.arithmetic.arrays import shape_of as shape_of

Cells = Any
"""A NumPy array of objects."""


class Cell:
    """A place on a tape that is being written; its operators write rows."""

    __slots__ = ("slot", "emit")

    def __init__(self, slot: int, emit: Callable[..., Cell]) -> None:
        self.slot = slot
        self.emit = emit

    def __add__(self, other: Cell) -> Cell:
        return self.emit("add", self, other)

    def __sub__(self, other: Cell) -> Cell:
        return self.emit("sub", self, other)

    def __mul__(self, other: Cell) -> Cell:
        return self.emit("mul", self, other)

    def __truediv__(self, other: Cell) -> Cell:
        return self.emit("div", self, other)

    def __neg__(self) -> Cell:
        return self.emit("neg", self)


def of(values: Sequence[Any], shape: tuple[int, ...]) -> Cells:
    """Objects, row by row, as an array of a shape."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array.reshape(shape)


def listed(cells: Cells) -> list[Any]:
    """The elements, row by row."""
    return list(np.asarray(cells, dtype=object).reshape(-1))


def applied(function: Callable[..., Any], operands: Sequence[Cells]) -> Cells:
    """A function of cells for each element of operands that are repeated to fit each other."""
    whole = np.broadcast_arrays(*[np.asarray(operand, dtype=object) for operand in operands])
    return of([function(*cells) for cells in zip(*[part.reshape(-1) for part in whole], strict=True)], whole[0].shape)


def grouped(cells: Cells, function: Callable[[list[Any]], Any], axis: tuple[int, ...], keepdims: int) -> Cells:
    """A function of all the cells along the axes, for each place beside them."""
    cells = np.asarray(cells, dtype=object)
    flat, _ = array_functions.last_axis(cells, axis)
    groups = flat.reshape((prod(flat.shape[:-1]), flat.shape[-1]))
    shape = [1 if k in axis else length for k, length in enumerate(cells.shape) if keepdims or k not in axis]
    return of([function(list(group)) for group in groups], tuple(shape))


def along(cells: Cells, function: Callable[[list[Any]], list[Any]], axis: tuple[int, ...]) -> Cells:
    """A function of all the cells along the axes that gives as many."""
    flat, back = array_functions.last_axis(np.asarray(cells, dtype=object), axis)
    groups = flat.reshape((-1, flat.shape[-1]))
    return back(of([cell for group in groups for cell in function(list(group))], flat.shape))


def computed(name: str, operands: Sequence[Cells], fixed: dict[str, Any], constant: Callable[[float], Cell]) -> Cells:
    """An array operation by NumPy's function for it; a sum of nothing is a constant."""
    with np.errstate(all="ignore"):  # of numbers in the cells: what is undefined is reported elsewhere
        result = np.asarray(array_functions.FUNCTIONS[name](*operands, **fixed), dtype=object)
    return applied(lambda cell: cell if isinstance(cell, Cell) else constant(float(cell)), [result])


WRITTEN = frozenset((
    "sum", "prod", "cumsum", "matmul", "outer", "transpose", "reshape", "concat", "stack", "index", "broadcast", "diag", "put",
))  # fmt: skip
"""Operations whose functions work on cells as they are."""
