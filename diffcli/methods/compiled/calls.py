"""Calls of kernels with arrays: what is given, read as columns of numbers, and what is computed, in the form of the result; and
as functions of one flat vector, as optimisers call them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import count, islice
from math import prod
from typing import Any

import numpy as np

from diffcli.errors import counted, refusal
from diffcli.kernels.backends import picker
from diffcli.methods.compiled.form import Form, Made, numbered, paired, shapes_in
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

    def __reduce__(self) -> tuple[Callable[..., Results], tuple[Any, ...]]:
        """The numbers and the flags, for another process."""
        return with_flags, (tuple(self), self.flags)


def with_flags(found: Sequence[Any], flags: Array) -> Results:
    """Results whose flags are known."""
    results = Results(found)
    results.flags = flags
    return results


class Calls:
    """What calls a kernel with arrays."""

    def __init__(self, made: Made, entry: Callable[..., Any]) -> None:
        self.entry, self.made, self.results, self.pick = entry, made, shapes_in(made.form), picker(numbered(made.form, count()))
        self.nowhere = [None] * sum(map(prod, self.results))
        """The memory for each number of the results where none is given."""
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
        targets, memory = None, self.nowhere
        if out is not None:
            targets = self.matched(out, lead)
            columns = apart(columns, targets)
            if self.plain:
                memory = [in_a_row(target, points) for target in targets]
        if self.made.evaluate is not None:
            parts = self.by_arrays(arrays, lead)
            numbers = [column for part in parts for column in part.reshape(points, prod(part.shape[len(lead) :])).T]
        else:
            numbers = [np.empty(points) if each is None else each for each in memory]
            numbers.append(np.empty(points, bool))
            if points:
                self.made.runner(points).batch(columns, numbers, threads)
            waiting, parts = iter(numbers), numbers
            if not self.plain or len(lead) != 1:
                own = [list(islice(waiting, prod(shape))) for shape in self.results]
                parts = [
                    np.ascontiguousarray(np.array(columns).T).reshape(*lead, *shape) if shape else columns[0].reshape(lead)
                    for columns, shape in zip(own, self.results, strict=True)
                ]
        told = None
        if not self.said.ways or (points and numbers[-1][numbers[-1].argmax()]):
            told = self.said.told(columns, numbers)
        if flags:
            return np.zeros(lead, np.uint8) if told is None else told().reshape(lead)
        if targets is not None:
            for target, part in zip(targets, parts, strict=False):
                if part is not target and not np.may_share_memory(part, target):
                    target[...] = part
            parts = targets
        found = self.pick(parts)
        if type(found) is tuple:
            found = Results(found)
            found.lead, found.told = lead, told
        return found

    def one_point(self, arrays: Sequence[Array]) -> Any:
        """The results of one point, as numbers and arrays."""
        if self.made.evaluate is not None:
            parts = self.by_arrays(arrays, ())
        else:
            numbers = self.entry(*[number for array in arrays for number in array.reshape(-1).tolist()])
            if not any(self.results):
                return numbers
            waiting = iter(numbers)
            parts = [np.array(list(islice(waiting, prod(shape)))).reshape(shape) for shape in self.results]
        return self.pick([part if shape else float(part) for part, shape in zip(parts, self.results, strict=True)])

    def by_arrays(self, arrays: Sequence[Array], lead: Shape) -> list[Array]:
        """The results of a tape with arrays, which is evaluated at one point after another."""
        whole = [np.broadcast_to(array, (*lead, *shape)) for array, shape in zip(arrays, self.made.shapes, strict=True)]
        parts = [np.empty((*lead, *shape)) for shape in self.results]
        for index in np.ndindex(lead):
            for part, value in zip(parts, self.made.evaluate([array[index] for array in whole]), strict=True):
                part[index] = value
        return parts

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
            shape = (*lead, *shape) if shape else lead
            if type(given) is not np.ndarray or given.dtype != FLOAT64 or given.shape != shape or not given.flags.writeable:
                what = f"a `{type(given).__name__}`"
                if isinstance(given, np.ndarray):
                    what = f"{'' if given.flags.writeable else 'read-only '}{given.dtype} of the shape {given.shape}"
                help = f"give an array of float64 that may be written to: np.empty({shape})"
                raise refusal("bad-shape", f"`out` has {what} where float64 of the shape {shape} is wanted", help)
            found.append(given)
        return found


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


def in_a_row(target: Array, points: int) -> Array | None:
    """The memory of an array as a vector; None if its numbers do not stand one beside another."""
    if target.strides == CONTIGUOUS:
        return target
    return target.reshape(points) if target.flags.c_contiguous else None


def apart(columns: Sequence[Any], targets: Sequence[Array]) -> Sequence[Any]:
    """Columns, copied where they share memory with a target. No target may share any with another."""
    arrays = [*targets, *[column for column in columns if type(column) is not float]]
    owners = [array if array.base is None else array.base for array in arrays]
    known = [id(owner) for owner in owners if type(owner) is np.ndarray and owner.base is None]
    own = {*known[: len(targets)]}
    if len(known) == len(arrays) and len(own) == len(targets) and own.isdisjoint(known[len(targets) :]):
        return columns  # the memory of each target is its own
    for place, target in enumerate(targets):
        if overlaps(target, targets[:place]):
            help = "give an array of its own for each array of the result"
            raise refusal("usage", "two arrays of `out` share memory", help)
    return [column.copy() if type(column) is not float and overlaps(column, targets) else column for column in columns]


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
        what = "array of numbers" if hasattr(value, "__len__") else "number"
        raise refusal("bad-value", f"`{name}` is no {what}: {fault}", "give a number, or an array of numbers") from None
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


# -- one flat vector ---------------------------------------------------------------------------------------------------------


def answers(kernel: Any, order: int, x: Any, others: Sequence[Any], named: dict[str, Any]) -> list[Any]:
    """What a kernel returns for the variables in ``wrt`` as one vector, and the other arguments after it or by name.

    A number, or a vector of all values, those of one point after those of another; then up to an order their derivatives: of
    a number a vector for each point, of others a matrix with a row for each number of each; last the Hessian.
    """
    if order > kernel.order or kernel.directions:
        help = f"compile the program with order={order}{', and without directions=' * bool(kernel.directions)}"
        raise refusal("usage", f"the kernel has no {('values', 'gradient', 'Hessian')[order]} of a vector alone", help)
    kernel = kernel if order == kernel.order else kernel._made.lower(order)
    made = kernel._made
    shapes = dict(zip(made.names, made.shapes, strict=True))
    vector, size = read("x", x), sum([prod(shapes[name]) for name in kernel.wrt])
    if vector.shape != (size,):
        help = f"its numbers are those of {', '.join(kernel.wrt) or 'no variable'}, one after another"
        raise refusal("bad-shape", f"`x` is to be one vector of {size}, and has the shape {vector.shape}", help)
    given, stop = dict[str, Any](), 0
    for name in kernel.wrt:
        start, stop = stop, stop + prod(shapes[name])
        given[name] = vector[start:stop].reshape(shapes[name]) if shapes[name] else float(vector[start])
    rest = [name for name in made.names if name not in given]
    if len(others) > len(rest):
        wanted = f"after `x` come: {', '.join(rest)}" if rest else "`x` holds all of them"
        raise refusal("usage", f"{counted(len(others), 'argument')} after `x`, and {len(rest)} wanted", wanted)
    given |= zip(rest, others, strict=False)
    twice = [name for name in named if name in given]
    if twice:
        raise refusal("usage", f"`{twice[0]}` is given twice", f"`x` holds {', '.join(kernel.wrt)}; by name come others")
    form: Any = [made.form] if order == 0 else made.form
    found = kernel(**given, **named)
    value, *slopes = [found] if order == 0 else found
    if form[0] != ():
        numbers = [with_axes(part, shape, (prod(shape),)) for shape, part in paired(form[0], value)]
        value = np.concatenate(numbers, axis=-1).reshape(-1)
    answers = [value]
    if order:
        whole = matrix(form[1], slopes[0], form[0])
        answers.append(whole[..., 0, :] if form[0] == () else whole.reshape(-1, size))
    return [*answers, matrix(form[2], slopes[1], form[1])] if order == 2 else answers


def matrix(form: Any, found: Any, rows: Form) -> Array:
    """Derivatives of ``rows``, a result or a list of them, by one vector: a matrix for each point, with a row for each number."""
    bands = zip(form, found, strict=True) if isinstance(rows, list) else [(form, found)]
    made = []
    for (band, part), row in zip(bands, shapes_in(rows), strict=True):
        size, blocks = prod(row), paired(band, part)
        columns = [with_axes(block, shape, (size, prod(shape[len(row) :]))) for shape, block in blocks]
        made.append(np.concatenate(columns, axis=-1) if columns else np.empty((size, 0)))
    return np.concatenate(made, axis=-2)


def with_axes(part: Any, shape: Shape, own: Shape) -> Array:
    """A result with its own axes, which are its last, in another shape."""
    array = np.asarray(part)
    return array.reshape(*array.shape[: array.ndim - len(shape)], *own)
