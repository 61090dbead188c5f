"""Calls of kernels with arrays: what is given, read as columns of numbers, and what is computed, in the form of the result."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, Protocol

import numpy as np

from diffcli.errors import refusal
from diffcli.kernels.backends import Runner
from diffcli.kernels.form import Form, Leaf, filled, leaves
from diffcli.records import Array
from diffcli.tape.tape import Shape

NUMBERS = "biuf"
"""The kinds of NumPy's numbers that are read: truths, whole numbers, and floats of any width."""


class Called(Protocol):
    """What a call needs to know of a kernel."""

    arguments: tuple[str, ...]
    shapes: tuple[Shape, ...]
    """The shape of each argument for one point."""
    batch: frozenset[str]
    """The arguments that may have leading axes of points."""
    form: Form
    count: int
    """How many results the tape has."""
    truths: frozenset[int]

    def point(self, numbers: Sequence[float]) -> Any: ...

    def runner(self, points: int) -> Runner: ...


class Results(tuple[Any, ...]):
    """The results of many points: a tuple of arrays."""

    __slots__ = ()


def called(kernel: Called, values: Sequence[Any], out: Any, threads: int) -> Any:
    """What a kernel returns for arguments of which some are arrays."""
    arrays = [read(name, value) for name, value in zip(kernel.arguments, values, strict=True)]
    leads = [points_of(*each, kernel.batch) for each in zip(kernel.arguments, arrays, kernel.shapes, strict=True)]
    lead = together(kernel.arguments, leads)
    if not lead and out is None:
        return one_point(kernel, arrays)
    wanted = [(leaf, (*lead, *leaf.shape)) for leaf in leaves(kernel.form)]
    given = None if out is None else matched(kernel.form, out, dict(wanted), arrays)
    if given is not None:
        arrays = [array.copy() if any(np.may_share_memory(array, each) for each in given) else array for array in arrays]
    points = prod(lead)
    columns = [
        column for array, own, shape in zip(arrays, leads, kernel.shapes, strict=True)
        for column in columns_of(array, own, shape, lead, points)
    ]  # fmt: skip
    results = [np.empty(points, bool if place in kernel.truths else np.float64) for place in range(kernel.count)]
    places = {} if given is None else dict(zip((leaf for leaf, _ in wanted), given, strict=True))
    for leaf, target in places.items():
        if not leaf.shape and target.flags.c_contiguous:
            results[leaf.first] = target.reshape(points)
    kernel.runner(points).batch(columns, results, threads)
    return handed_back(kernel.form, results, lead, places)


def one_point(kernel: Called, arrays: Sequence[Array]) -> Any:
    """The results of one point, as numbers and arrays."""
    found = kernel.point([number for array in arrays for number in array.reshape(-1).tolist()])
    if all(not leaf.shape for leaf in leaves(kernel.form)):
        return found

    def value(leaf: Leaf) -> Any:
        if not leaf.shape:
            return found[leaf.first]
        return np.array(found[leaf.first : leaf.first + prod(leaf.shape)], np.float64).reshape(leaf.shape)

    return filled(kernel.form, value)


def handed_back(form: Form, results: Sequence[Array], lead: Shape, places: dict[Leaf, Array]) -> Any:
    """Columns of results in their form, in the arrays that were given for them."""

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

    found = filled(form, value)
    return Results(found) if isinstance(found, tuple) else found


# -- arguments -------------------------------------------------------------------------------------------------------------


def read(name: str, value: Any) -> Array:
    """An argument as an array of float64, which may be the user's own; nothing is written to it."""
    try:
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
    try:
        return np.broadcast_shapes(*leads)
    except ValueError:
        told = ", ".join(f"{name}: {lead}" for name, lead in zip(names, leads, strict=True) if lead)
        help = "their axes are to be of equal lengths, or of length 1, counted from the last"
        raise refusal("bad-shape", f"the points of the arguments do not fit each other: {told}", help) from None


def columns_of(array: Array, own: Shape, shape: Shape, lead: Shape, points: int) -> list[Any]:
    """For each element of an argument its numbers, one for each point, or one number for all of them."""
    size = prod(shape)
    if prod(own) == 1 and points != 0:
        return array.reshape(-1).tolist()  # type: ignore[no-any-return]
    table = np.broadcast_to(array, (*lead, *shape)).reshape(points, size)
    return [np.ascontiguousarray(table[:, place]) for place in range(size)]


def matched(form: Form, out: Any, shapes: dict[Leaf, Shape], arrays: Sequence[Array]) -> list[Array]:
    """The arrays of ``out``, which has the form of the result."""
    found: list[Array] = []
    waiting: list[tuple[Form, Any, str]] = [(form, out, "out")]
    while waiting:
        part, given, place = waiting.pop()
        if isinstance(part, Leaf):
            found.append(target_of(given, shapes[part], place))
        elif not isinstance(given, tuple | list) or len(given) != len(part):
            what = f"`{place}` is to be a tuple of {len(part)}, as the result is"
            raise refusal("usage", what, "give an array for each array of the result")
        else:
            waiting += [(one, each, f"{place}[{k}]") for k, (one, each) in enumerate(zip(part, given, strict=True))][::-1]
    for k, one in enumerate(found):
        if any(np.may_share_memory(one, other) and np.shares_memory(one, other) for other in found[:k]):
            raise refusal("usage", "two arrays of `out` share memory", "give an array of its own for each array of the result")
    return found


def target_of(given: Any, shape: Shape, place: str) -> Array:
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
