"""Calls of kernels with arrays: what is given, read as columns of numbers, and what is computed, in the form of the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from itertools import pairwise
from math import prod
from typing import Any, Protocol

import numpy as np

from diffcli.errors import refusal
from diffcli.kernels.backends import Runner
from diffcli.kernels.form import Form, paired
from diffcli.kernels.patterns import told as told_of
from diffcli.records import Array
from diffcli.tape.tape import Shape

FLOAT64 = np.dtype(np.float64)
NUMBERS = "biuf"
"""The kinds of NumPy's numbers that are read: truths, whole numbers, and floats of any width."""


class Called(Protocol):
    """What a call needs to know of a kernel."""

    arguments: Any
    """The names of the arguments, the shape of each for one point, and which may have axes of points before their own."""
    form: Form
    results: list[Shape]
    """The shapes in the form."""
    starts: list[int]
    """Which number is the first of each result, and at the end how many there are."""
    pick: Callable[[Sequence[Any]], Any]
    """What makes the tuples of a result from a list of all results."""
    truths: frozenset[int]
    runner: Callable[[int], Runner] | None
    """What runs a tape of numbers for so many points."""
    evaluate: Callable[[Sequence[Any]], list[Any]] | None
    """What computes one point of a tape with arrays."""

    said: Any
    """What is to be said of points: ``marked`` and ``of``, as `diffcli.kernels.patterns.told` takes them."""

    @property
    def entry(self) -> Callable[..., Any]:
        """The compiled function of one point, of the numbers of all arguments."""


class Results(tuple[Any, ...]):
    """The results of many points: a tuple of arrays."""

    told: Callable[[], Array]
    lead: Shape

    @cached_property
    def flags(self) -> Array:
        """What is to be said of each point, as the bits of `diffcli.Flag`; it is worked out when it is first asked for."""
        return self.told().reshape(self.lead)


def called(kernel: Called, values: Sequence[Any], out: Any, threads: int, flags: bool = False) -> Any:
    """What a kernel returns for arguments of which some are arrays, or the flags of the points."""
    names, shapes, batch = kernel.arguments
    if (points := length(values)) >= 0 and not any(shapes):  # nothing is to be read, or broadcast
        arrays: Sequence[Any] = values
        lead: Shape = (points,)
        leads = [lead] * len(values)
    else:
        arrays = [read(name, value) for name, value in zip(names, values, strict=True)]
        leads = [points_of(*each, batch) for each in zip(names, arrays, shapes, strict=True)]
        lead = together(names, leads)
        if not lead and out is None and not flags:
            return one_point(kernel, arrays)
        points = prod(lead)
    targets = [None] * len(kernel.results) if out is None else matched(kernel, out, lead)
    if out is not None:
        arrays = [array.copy() if overlaps(array, targets) else array for array in arrays]
    columns = [
        column for array, own, shape in zip(arrays, leads, shapes, strict=True)
        for column in columns_of(array, own, shape, lead, points)
    ]  # fmt: skip
    numbers = computed(kernel, arrays, columns, lead, targets, threads)
    told: Callable[[], Array] = partial(np.zeros, points, np.uint8)
    if not kernel.truths or numbers[-1].any():
        told = told_of(kernel.said.marked, kernel.said.of, columns, numbers)
    if flags:
        return told().reshape(lead)
    found = kernel.pick([
        handed_back(numbers[start:stop], lead, shape, target)
        for (start, stop), shape, target in zip(pairwise(kernel.starts), kernel.results, targets, strict=True)
    ])  # fmt: skip
    if type(found) is tuple:
        found = Results(found)
        found.told, found.lead = told, lead
    return found


def one_point(kernel: Called, arrays: Sequence[Array]) -> Any:
    """The results of one point, as numbers and arrays."""
    if kernel.evaluate is None:
        numbers = kernel.entry(*[number for array in arrays for number in array.reshape(-1).tolist()])
        if not any(kernel.results):
            return numbers
    else:
        numbers = row_of(kernel.evaluate([array[()] for array in arrays]))
    return kernel.pick([
        np.array(numbers[start:stop]).reshape(shape) if shape else float(numbers[start])
        for (start, stop), shape in zip(pairwise(kernel.starts), kernel.results, strict=True)
    ])  # fmt: skip


def row_of(values: Sequence[Any]) -> Array:
    """Numbers and arrays as one row of numbers."""
    return np.concatenate([np.ravel(value) for value in values])


def computed(
    kernel: Called, arrays: Sequence[Any], columns: Sequence[Any], lead: Shape, targets: Sequence[Any], threads: int
) -> list[Array]:
    """A column for each number of the results; where it can be, in the memory of its target. The last may be the mark."""
    points = prod(lead)
    if kernel.evaluate is not None:
        table = np.empty((kernel.starts[-1], points))
        shapes = kernel.arguments.shapes
        whole = [np.broadcast_to(array, (*lead, *shape)) for array, shape in zip(arrays, shapes, strict=True)]
        for place, index in enumerate(np.ndindex(lead)):
            table[:, place] = row_of(kernel.evaluate([array[index] for array in whole]))
        return list(table)
    numbers = [np.empty(points) for _ in range(kernel.starts[-1])] + [np.empty(points, bool) for _ in kernel.truths]
    for start, shape, target in zip(kernel.starts, kernel.results, targets, strict=False):
        if target is not None and not shape and target.flags.c_contiguous:
            numbers[start] = target.reshape(points)
    if kernel.runner is not None and points:
        kernel.runner(points).batch(columns, numbers, threads)
    return numbers


def handed_back(columns: Sequence[Array], lead: Shape, shape: Shape, target: Any) -> Array:
    """The columns of a result as one array: its target, if there is one."""
    if shape:
        found = (np.stack(columns, axis=-1) if columns else np.empty(0)).reshape(*lead, *shape)
    else:
        found = columns[0].reshape(lead)
    if target is None:
        return found
    if not np.may_share_memory(found, target):
        target[...] = found
    return target


def length(values: Sequence[Any]) -> int:
    """The length of values that are contiguous vectors of float64, all as long, or floats; -1 for others."""
    found = -1
    for value in values:
        if type(value) is np.ndarray and value.ndim == 1 and value.dtype is FLOAT64 and value.flags.c_contiguous:
            if found < 0:
                found = len(value)
            elif found != len(value):
                return -1
        elif type(value) is not float:
            return -1
    return found


def overlaps(array: Any, others: Sequence[Any]) -> bool:
    """Whether an array shares memory with one of some; two whose bounds meet may have no element in common."""
    return any(np.may_share_memory(array, other) and np.shares_memory(array, other) for other in others)


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
    if type(array) is float:
        return [array]
    if own == lead and not shape:
        return [np.ascontiguousarray(array).reshape(points)]
    size = prod(shape)
    if prod(own) == 1 and points != 0:
        return array.reshape(-1).tolist()  # type: ignore[no-any-return]
    table = np.broadcast_to(array, (*lead, *shape)).reshape(points, size)
    return [np.ascontiguousarray(table[:, place]) for place in range(size)]


def matched(kernel: Called, out: Any, lead: Shape) -> list[Array]:
    """The arrays of ``out``, which is nested as the result is."""
    found: list[Array] = []
    try:
        pairs = paired(kernel.form, out)
    except (TypeError, ValueError):
        nested = str(kernel.pick(["array"] * len(kernel.results))).replace("'", "")
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
            raise refusal("usage", "two arrays of `out` share memory", "give an array of its own for each array of the result")
        found.append(given)
    return found
