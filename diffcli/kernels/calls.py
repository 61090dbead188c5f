"""Calls of kernels with arrays: what is given, read as columns of numbers, and what is computed, in the form of the result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, partial
from math import prod
from typing import Any, Protocol

import numpy as np

from diffcli.errors import refusal
from diffcli.kernels.backends import Runner
from diffcli.kernels.form import Form, Leaf, filled, leaves
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
    pick: Callable[[Sequence[Any]], Any] | None
    """What makes the tuples of the form; None where there are arrays in it."""
    count: int
    """How many results the tape has."""
    truths: frozenset[int]
    runner: Callable[[int], Runner] | None
    """What runs a tape of numbers for so many points."""
    evaluate: Callable[[Sequence[Any]], list[Any]] | None
    """What computes one point of a tape with arrays."""

    def point(self, numbers: Sequence[float]) -> Any: ...

    def told(self, columns: Sequence[Any], results: Sequence[Array]) -> Callable[[], Array]: ...


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
    places = dict[Leaf, Array]()
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
    if out is not None:
        places = matched(kernel.form, out, lead)
        arrays = [array.copy() if overlaps(array, places.values()) else array for array in arrays]
    columns = [
        column for array, own, shape in zip(arrays, leads, shapes, strict=True)
        for column in columns_of(array, own, shape, lead, points)
    ]  # fmt: skip
    if kernel.evaluate is not None:
        found, results = one_by_one(kernel, arrays, lead, places)
    else:
        results = _by_columns(kernel, columns, points, places, threads)
        found = handed_back(kernel, results, lead, places)
    if not flags and not isinstance(found, Results):
        return found
    told: Callable[[], Array] = partial(np.zeros, points, np.uint8)
    if not kernel.truths or results[-1].any():
        told = kernel.told(columns, results)
    if flags:
        return told().reshape(lead)
    found.told, found.lead = told, lead
    return found


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


def overlaps(array: Any, others: Iterable[Array]) -> bool:
    """Whether an array shares memory with one of some; two whose bounds meet may have no element in common."""
    return any(np.may_share_memory(array, other) and np.shares_memory(array, other) for other in others)


def _by_columns(kernel: Called, columns: Sequence[Any], points: int, places: dict[Leaf, Array], threads: int) -> list[Array]:
    """A column of numbers for each result of a tape of numbers."""
    results = [np.empty(points, bool if place in kernel.truths else np.float64) for place in range(kernel.count)]
    for leaf, target in places.items():
        if not leaf.shape and target.flags.c_contiguous:
            results[leaf.first] = target.reshape(points)
    if kernel.runner is not None and points:
        kernel.runner(points).batch(columns, results, threads)
    return results


def one_by_one(
    kernel: Called, arrays: Sequence[Array], lead: Shape, places: dict[Leaf, Array]
) -> tuple[Any, list[Array]]:
    """The results of a program with arrays at many points, one point after another, and a column for each of their numbers."""
    points, shapes = prod(lead), kernel.arguments.shapes
    stacks = [
        np.broadcast_to(array, (*lead, *shape)).reshape(points, *shape) for array, shape in zip(arrays, shapes, strict=True)
    ]  # fmt: skip
    found = {leaf: np.empty((points, *leaf.shape)) for leaf in leaves(kernel.form)}
    assert kernel.evaluate is not None
    for place in range(points):
        values = kernel.evaluate([stack[place] if stack.ndim > 1 else float(stack[place]) for stack in stacks])
        for leaf, column in found.items():
            column[place] = values[leaf.first]

    def value(leaf: Leaf) -> Array:
        result = found[leaf].reshape(*lead, *leaf.shape)
        if leaf in places:
            places[leaf][...] = result
        return places.get(leaf, result)

    return collected(kernel.form, value), [number for column in found.values() for number in column.reshape(points, -1).T]


def collected(form: Form, value: Callable[[Leaf], Array]) -> Any:
    found = filled(form, value)
    return Results(found) if isinstance(found, tuple) else found


def one_point(kernel: Called, arrays: Sequence[Array]) -> Any:
    """The results of one point, as numbers and arrays."""
    if kernel.evaluate is not None:
        values = kernel.evaluate([array if array.ndim else float(array) for array in arrays])
        return filled(kernel.form, lambda leaf: np.array(values[leaf.first]) if leaf.shape else float(values[leaf.first]))
    found = kernel.point([number for array in arrays for number in array.reshape(-1).tolist()])
    if all(not leaf.shape for leaf in leaves(kernel.form)):
        return found

    def value(leaf: Leaf) -> Any:
        if not leaf.shape:
            return found[leaf.first]
        return np.array(found[leaf.first : leaf.first + prod(leaf.shape)], np.float64).reshape(leaf.shape)

    return filled(kernel.form, value)


def handed_back(kernel: Called, results: Sequence[Array], lead: Shape, places: dict[Leaf, Array]) -> Any:
    """Columns of results in their form, in the arrays that were given for them."""
    if kernel.pick is not None and not places:
        found = kernel.pick(results if len(lead) == 1 else [result.reshape(lead) for result in results])
        return Results(found) if type(found) is tuple else found

    def value(leaf: Leaf) -> Array:
        size = prod(leaf.shape)
        target = places.get(leaf)
        if not leaf.shape:
            found = results[leaf.first].reshape(lead)
            if target is None:
                return found
            if not np.may_share_memory(found, target):
                target[...] = found
            return target
        target = np.empty((*lead, *leaf.shape)) if target is None else target
        columns = np.stack(results[leaf.first : leaf.first + size], axis=-1) if size else np.empty((prod(lead), 0))
        target[...] = columns.reshape(target.shape)
        return target

    return collected(kernel.form, value)


# -- arguments -------------------------------------------------------------------------------------------------------------


def read(name: str, value: Any) -> Array:
    """An argument as an array of float64, which may be the user's own; nothing is written to it."""
    if type(value) is np.ndarray and value.dtype == np.float64:
        return value
    try:
        found = np.asarray(value.filled(np.nan) if isinstance(value, np.ma.MaskedArray) else value)
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
    has = f"`{name}` has the shape {array.shape}"
    if split < 0 or array.shape[split:] != shape:
        many = ", or with axes of points before its own" if name in batch else ""
        raise refusal("bad-shape", f"{has}, and {shape} is wanted", f"give {_of_shape(shape)}{many}")
    if split and name not in batch:
        help = f'for many points compile with batch="{name}": then axes of points may stand before its own'
        raise refusal("bad-shape", f"{has}, and is the same for all points", f"give {_of_shape(shape)}", help)
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


def matched(form: Form, out: Any, lead: Shape) -> dict[Leaf, Array]:
    """The arrays of ``out``, which has the form of the result, by their places in it."""
    found: dict[Leaf, Array] = {}
    waiting: list[tuple[Form, Any, str]] = [(form, out, "out")]
    while waiting:
        part, given, place = waiting.pop()
        if isinstance(part, Leaf):
            target = target_of(given, (*lead, *part.shape), place)
            if overlaps(target, found.values()):
                raise refusal("usage", "two arrays of `out` share memory", _EACH)
            found[part] = target
        elif not isinstance(given, tuple | list) or len(given) != len(part):
            what = f"`{place}` is to be a tuple of {len(part)}, as the result is"
            raise refusal("usage", what, _EACH)
        else:
            waiting += [(one, each, f"{place}[{k}]") for k, (one, each) in enumerate(zip(part, given, strict=True))][::-1]
    return found


_EACH = "give an array of its own for each array of the result"


def target_of(given: Any, shape: Shape, place: str) -> Array:
    if type(given) is np.ndarray and given.dtype is FLOAT64 and given.shape == shape and given.flags.writeable:
        return given
    help = f"give an array of float64 for it: np.empty({shape})"
    if not isinstance(given, np.ndarray):
        raise refusal("usage", f"`{place}` is a `{type(given).__name__}`, and is to be an array", help)
    if given.dtype != np.float64 or given.shape != shape:
        raise refusal("bad-shape", f"`{place}` has the shape {given.shape} and holds {given.dtype}", help)
    if not given.flags.writeable:
        raise refusal("usage", f"`{place}` is read-only", help)
    return given


def _of_shape(shape: Shape) -> str:
    return f"an array of the shape {shape}" if shape else "a number"
