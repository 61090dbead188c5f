"""Calls of kernels with arrays: what is given, read as columns of numbers, and what is computed, in the form of the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import islice, repeat
from math import prod
from operator import is_
from typing import Any

import numpy as np

from diffcli.errors import refusal
from diffcli.methods.compiled.form import Made, paired, picker, shapes_in
from diffcli.methods.compiled.patterns import Said
from diffcli.records import Array
from diffcli.tape.tape import Shape

FLOAT64 = np.dtype(np.float64)
CONTIGUOUS = (FLOAT64.itemsize,)
"""The strides of a vector whose numbers stand one beside another."""

NUMBERS = "biuf"
"""The kinds of NumPy's numbers that are read: truths, whole numbers, and floats of any width."""


class Results(tuple[Any, ...]):
    """The results of many points: a tuple of arrays."""

    lead: Shape
    told: Callable[[], Array] | None = None
    """What gives the flags of all points; None if nothing is to be said of any."""

    @cached_property
    def flags(self) -> Array:
        """What is to be said of each point, as the bits of `diffcli.Flag`; it is worked out when it is first asked for."""
        return np.zeros(self.lead, np.uint8) if self.told is None else self.told().reshape(self.lead)


class Calls:
    """What calls a kernel with arrays."""

    def __init__(self, made: Made, entry: Callable[..., Any]) -> None:
        self.entry, self.made, self.results, self.pick = entry, made, shapes_in(made.form), picker(made.form)
        self.said = Said(made.ways, made.ask)
        self.plain = made.runner is not None and not any(made.shapes) and not any(self.results)
        """Whether a point is numbers alone, and its results."""

    def __call__(self, values: Sequence[Any], out: Any, threads: int, flags: bool = False) -> Any:
        """What a kernel returns for arguments of which some are arrays, or the flags of the points."""
        points = length(values) if self.plain else -1
        lead: Shape = (points,)
        arrays = columns = values
        if points < 0:
            arrays, leads, lead = self.read(values)
            if not lead and out is None and not flags:
                return self.one_point(arrays)
            points = prod(lead)
            each = zip(arrays, leads, self.made.shapes, strict=True)
            columns = [column for array, own, shape in each for column in columns_of(array, own, shape, lead, points)]
        targets = None if out is None else self.matched(out, lead)
        if targets is not None:
            columns = [column if type(column) is float or not overlaps(column, targets) else column.copy() for column in columns]
        numbers = self.computed(arrays, columns, lead, points, targets, threads)
        told = None
        if not self.said.ways or np.count_nonzero(numbers[-1]):
            told = self.said.told(columns, numbers)
        if flags:
            return np.zeros(lead, np.uint8) if told is None else told().reshape(lead)
        parts = numbers
        if not self.plain or len(lead) != 1 or (targets is not None and not all(map(is_, targets, numbers))):
            waiting, others = iter(numbers), targets or repeat(None)
            parts = [
                handed_back(list(islice(waiting, prod(shape))), lead, shape, target)
                for shape, target in zip(self.results, others, strict=False)
            ]
        found = self.pick(parts)
        if type(found) is tuple:
            found = Results(found)
            found.lead, found.told = lead, told
        return found

    def one_point(self, arrays: Sequence[Array]) -> Any:
        """The results of one point, as numbers and arrays."""
        if self.made.evaluate is None:
            numbers = self.entry(*[number for array in arrays for number in array.reshape(-1).tolist()])
            if not any(self.results):
                return numbers
        else:
            numbers = row_of(self.made.evaluate([array[()] for array in arrays]))
        waiting = iter(numbers)
        parts = [[next(waiting) for _ in range(prod(shape))] for shape in self.results]
        return self.pick([
            np.array(part).reshape(shape) if shape else float(*part) for part, shape in zip(parts, self.results, strict=True)
        ])  # fmt: skip

    def computed(
        self, arrays: Sequence[Any], columns: Sequence[Any], lead: Shape, points: int, targets: Any, threads: int
    ) -> list[Array]:
        """A column for each number of the results; where it can be, in the memory of its target. The last may be the mark."""
        numbers: list[Array] = []
        for shape, target in zip(self.results, targets or repeat(None), strict=False):
            if shape or target is None or not target.flags.c_contiguous:
                numbers += [np.empty(points) for _ in range(prod(shape))]
            else:
                numbers.append(target if len(lead) == 1 else target.reshape(points))
        if self.made.evaluate is not None:
            whole = [np.broadcast_to(array, (*lead, *shape)) for array, shape in zip(arrays, self.made.shapes, strict=True)]
            for place, index in enumerate(np.ndindex(lead)):
                for column, number in zip(numbers, row_of(self.made.evaluate([array[index] for array in whole])), strict=True):
                    column[place] = number
            return numbers
        numbers.append(np.empty(points, bool))
        if points:
            self.made.runner(points).batch(columns, numbers, threads)
        return numbers

    def read(self, values: Sequence[Any]) -> tuple[list[Array], list[Shape], Shape]:
        """The arguments as arrays, the axes of points of each, and those of all together."""
        names, shapes, batch, *_ = self.made
        arrays = [read(name, value) for name, value in zip(names, values, strict=True)]
        leads = [points_of(*each, batch) for each in zip(names, arrays, shapes, strict=True)]
        return arrays, leads, together(names, leads)

    def matched(self, out: Any, lead: Shape) -> list[Array]:
        """The arrays of ``out``, which is nested as the result is."""
        found: list[Array] = []
        try:
            pairs = paired(self.made.form, out)
        except (TypeError, ValueError):
            nested = str(self.pick(["array"] * len(self.results))).replace("'", "")
            raise refusal("usage", "`out` is not nested as the result is", f"give an array for each array: {nested}") from None
        for shape, given in pairs:
            shape = (*lead, *shape)
            if type(given) is not np.ndarray or given.dtype != FLOAT64 or given.shape != shape or not given.flags.writeable:
                what = f"a `{type(given).__name__}`"
                if isinstance(given, np.ndarray):
                    what = f"{'' if given.flags.writeable else 'read-only '}{given.dtype} of the shape {given.shape}"
                help = f"give an array of float64 that may be written to: np.empty({shape})"
                raise refusal("bad-shape", f"`out` has {what} where float64 of the shape {shape} is wanted", help)
            if overlaps(given, found):
                help = "give an array of its own for each array of the result"
                raise refusal("usage", "two arrays of `out` share memory", help)
            found.append(given)
        return found


def row_of(values: Sequence[Any]) -> Array:
    """Numbers and arrays as one row of numbers."""
    return np.concatenate([np.ravel(value) for value in values])


def handed_back(columns: Sequence[Array], lead: Shape, shape: Shape, target: Any) -> Array:
    """The columns of a result as one array: its target, if there is one."""
    if shape:
        found = (np.stack(columns, axis=-1) if columns else np.empty(0)).reshape(*lead, *shape)
    else:
        found = columns[0].reshape(lead)
    if target is None:
        return found
    if shape or not np.may_share_memory(found, target):
        target[...] = found
    return target


def length(values: Sequence[Any]) -> int:
    """The length of values that are contiguous vectors of float64, all as long, or floats; -1 for others."""
    found = -1
    for value in values:
        if type(value) is np.ndarray and value.strides == CONTIGUOUS and value.dtype is FLOAT64:
            if found < 0:
                found = len(value)
            elif found != len(value):
                return -1
        elif type(value) is not float:
            return -1
    return found


def overlaps(array: Any, others: Sequence[Any]) -> bool:
    """Whether an array shares memory with one of some; two whose bounds meet may have no element in common."""
    return any(
        (array is other or array.base is not None or other.base is not None)  # two that have memory of their own
        and np.may_share_memory(array, other) and np.shares_memory(array, other) for other in others
    )  # fmt: skip


# -- arguments -------------------------------------------------------------------------------------------------------------


def read(name: str, value: Any) -> Array:
    """An argument as an array of float64, which may be the user's own; nothing is written to it."""
    if type(value) is np.ndarray and value.dtype == np.float64:
        return value
    try:
        if isinstance(value, np.ma.MaskedArray) and value.dtype.kind in NUMBERS:
            value = np.ma.filled(value.astype(np.float64), np.nan)
        found = np.asarray(value)
        if found.dtype.kind == "O" and None not in found.reshape(-1).tolist():
            found = found.astype(np.float64)
    except (TypeError, ValueError, OverflowError, RuntimeError) as fault:
        raise refusal("bad-value", f"`{name}` is no array of numbers: {fault}", "give a number, or an array of numbers") from None
    if found.dtype.kind not in NUMBERS:
        what = "complex numbers" if found.dtype.kind == "c" else "texts" if found.dtype.kind in "US" else f"{found.dtype}"
        held = repr(value) if not found.shape else f"an array of {what}"
        raise refusal("bad-value", f"`{name}` is {held}, and a kernel takes numbers", "give a number, or an array of numbers")
    return found.astype(np.float64, copy=False)


def points_of(name: str, array: Array, shape: Shape, batch: frozenset[str]) -> Shape:
    """The axes of points of an argument: those before its own."""
    split = array.ndim - len(shape)
    fits = split >= 0 and array.shape[split:] == shape
    if not fits or (split and name not in batch):
        wanted = f"an array of the shape {shape}" if shape else "a number"
        help = [f"give {wanted}{', or with axes of points before its own' if name in batch else ''}"]
        if fits:
            help.append(f'for many points compile with batch="{name}": then axes of points may stand before its own')
        raise refusal("bad-shape", f"`{name}` has the shape {array.shape}, and is to be {wanted}", *help)
    return array.shape[:split]  # type: ignore[no-any-return]


def together(names: Sequence[str], leads: Sequence[Shape]) -> Shape:
    """The axes of points of all arguments, broadcast together as NumPy does."""
    if len(found := {*leads} - {()}) < 2:
        return found.pop() if found else ()
    try:
        return np.broadcast_shapes(*leads)
    except ValueError:
        told = ", ".join(f"{name}: {lead}" for name, lead in zip(names, leads, strict=True) if lead)
        help = "their axes are to be of equal lengths, or of length 1, counted from the last"
        raise refusal("bad-shape", f"the points of the arguments do not fit each other: {told}", help) from None


def columns_of(array: Array, own: Shape, shape: Shape, lead: Shape, points: int) -> list[Any]:
    """For each element of an argument its numbers, one for each point, or one number for all of them."""
    if own == lead and not shape:
        return [np.ascontiguousarray(array).reshape(points)]
    size = prod(shape)
    if prod(own) == 1 and points != 0:
        return array.reshape(-1).tolist()  # type: ignore[no-any-return]
    table = np.broadcast_to(array, (*lead, *shape)).reshape(points, size)
    return [np.ascontiguousarray(table[:, place]) for place in range(size)]
