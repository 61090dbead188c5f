"""What tensors need of NumPy beside the operations of the tables: kinds of numbers, memory, random numbers, text.

A tensor's value is a Python float (a number in float64 that shares its memory with nobody), a NumPy scalar, or an array.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from sys import getrefcount
from typing import Any

import numpy as np

from diffcli.errors import fault
from diffcli.operations.arithmetic.array_functions import may_repeat, scatter

Value = Any
"""A float, a NumPy scalar, or an array."""

Kind = Any
"""A NumPy dtype."""

KINDS = {name: np.dtype(name) for name in ("float64", "float32", "int64", "bool")}
"""The kinds of numbers that a tensor holds. The first two can be differentiated by."""

FLOAT64, FLOAT32, INT64, BOOL = KINDS.values()

_OTHER_NAMES = {"float": FLOAT64, "double": FLOAT64, "single": FLOAT32, "int": INT64, "long": INT64}


def kind_named(name: Any) -> Kind | None:
    """The kind of that name (or NumPy dtype, or Python type); None for what no tensor holds."""
    known = KINDS.get(name) or _OTHER_NAMES.get(name) if isinstance(name, str) else None
    if known is not None:
        return known
    try:
        return KINDS.get(np.dtype(name).name)
    except TypeError:
        return None


def kind_of(value: Value) -> Kind:
    return FLOAT64 if type(value) is float else value.dtype


def shape_of(value: Value) -> tuple[int, ...]:
    return () if type(value) is float else value.shape


def plain(value: Value) -> Value:
    """A value without axes as a float, if it is in double precision and nobody else has its memory."""
    if type(value) is float:
        return value
    if isinstance(value, np.ndarray):
        return value if value.ndim or value.base is not None else plain(value[()])
    return float(value) if isinstance(value, np.float64) else value if isinstance(value, np.generic) else np.asarray(value)[()]


def as_number(value: Value) -> Value:
    """An array in double precision without axes as a float."""
    return float(value) if isinstance(value, np.ndarray) and not value.ndim and value.dtype == FLOAT64 else value


def as_kind(value: Value, kind: Kind) -> Value:
    """The same numbers in another kind; itself where it has it already."""
    if type(value) is float:
        return value if kind == FLOAT64 else _converted(np.float64(value), kind)
    if value.dtype == kind:
        return value
    value = _converted(value, kind)
    return value if isinstance(value, np.ndarray) and value.ndim else plain(value)


def from_data(data: Any, kind: Kind | None = None) -> Value:
    """Numbers, nested lists, or an array as a value of its own memory. Whole numbers become float64, unless a kind is given.

    What is no number, or lists of different lengths, raises an exception; so does what floats would round.
    """
    array = np.array(data)
    if hasattr(data, "filled") and np.any(data.mask):
        raise TypeError("masked elements have no value")
    if array.dtype is FLOAT64 and kind is None and not (isinstance(data, list | tuple) and _may_be_large(array)):
        return array if array.ndim else float(array)
    numbers = all(isinstance(one, int | float) for one in array.flat) if array.dtype == np.object_ else array.dtype.kind in "fiub"
    if not numbers or array.dtype.itemsize > 8:
        raise TypeError(f"{array.dtype} is no kind of real number")
    made = _converted(array, kind or (array.dtype if array.dtype in (FLOAT64, FLOAT32, BOOL) else FLOAT64))
    if kind is None and (array.dtype.kind in "iuO" or isinstance(data, list | tuple)) and _may_be_large(made):
        pairs = zip(np.array(data, np.object_).flat, made.ravel().tolist(), strict=True)
        if any(isinstance(one, int | np.integer) and int(one) != found for one, found in pairs):
            raise OverflowError
    return made if made.ndim else plain(made[()])


def _may_be_large(array: Any) -> bool:
    """Whether some numbers may be beyond those up to which floats hold all whole numbers."""
    return not np.vdot(array, array) < 2.0**106


def _converted(array: Any, kind: Kind) -> Any:
    """Numbers in a kind that holds them; fractions are cut off."""
    if array.dtype == kind:
        return array
    most = 2**63 if array.dtype.kind == "u" else np.float64(2**63)
    try:
        if kind != INT64 or array.dtype.kind not in "uf" or np.all(abs(array) < most):
            return array.astype(kind, copy=False)
    except OverflowError:
        pass
    raise fault("not-numbers", f"{kind} does not hold every number that is given: one is too large, or NaN")


def exactly(whole: int) -> Value:
    """A whole number, of any size, that is compared as it is."""
    return np.array(whole, np.object_)


def beyond_whole(value: Value) -> bool:
    """Whether a number is beyond those up to which floats hold all whole numbers."""
    return bool(np.any(np.abs(value, dtype=np.float64) >= 2.0**53))


def is_array(value: Value) -> bool:
    """Whether a value has memory that can be written to and shared."""
    return isinstance(value, np.ndarray)


def array_of(value: Value) -> Any:
    """A value as an array: its own memory, if it has any."""
    return value if isinstance(value, np.ndarray) else np.asarray(value)


def copy(value: Value) -> Value:
    return value.copy() if isinstance(value, np.ndarray) else value


def shares(value: Value, other: Value) -> bool:
    """Whether a value is a view of another one's memory."""
    if not (isinstance(value, np.ndarray) and isinstance(other, np.ndarray)):
        return False
    if value is other or value.base is other:
        return True
    return value.base is not None and (value.base is other.base or np.may_share_memory(value, other))


def in_memory_of_its_own(value: Value, operands: Sequence[Value]) -> Value:
    """A result that no operand's memory shows through."""
    if value.__class__ is float or not isinstance(value, np.ndarray):
        return value
    for operand in operands:
        if value is operand:
            return value.copy()
    return value if value.base is None else value.copy()


def owns(value: Value) -> bool:
    """Whether a value is in memory that nobody else has, as far as one can see: its own, or that of which it is the only view."""
    if not isinstance(value, np.ndarray):
        return True
    alone = value.flags.owndata or (type(value.base) is np.ndarray and getrefcount(value.base) == 2)
    return alone and bool(value.flags.writeable) and (value.base is None or value.base.size == value.size)


def zeros(shape: tuple[int, ...], kind: Kind) -> Value:
    return np.zeros(shape, kind) if shape else plain(kind.type(0))


def full(shape: tuple[int, ...], fill: Any, kind: Kind) -> Value:
    return np.full(shape, fill, kind) if shape else plain(kind.type(fill))


def generator(seed: int | None = None) -> Any:
    """A source of random numbers."""
    return np.random.default_rng(seed)


def random(source: Any, shape: tuple[int, ...], kind: Kind, low: float | None = None, high: float = 1.0) -> Value:
    """Standard normal numbers; or uniform ones between two bounds."""
    drawn = source.standard_normal(shape) if low is None else source.uniform(low, high, shape)
    return as_kind(drawn if shape else float(drawn), kind)


def common_kind(values: Sequence[Value]) -> Kind:
    """The kind of a result: of the arrays among its operands, else of its numbers. Python's own numbers go with any kind.

    As in PyTorch, a number without axes never makes an array more precise.
    """
    kinds = [(bool(shape_of(value)), kind_of(value)) for value in values]
    found = [pair for pair in kinds if pair[1] in (FLOAT64, FLOAT32)]
    axes = any(has_axes for has_axes, _ in found)
    return FLOAT32 if found and (axes, FLOAT64) not in found else FLOAT64


def truth(value: Value) -> Value:
    return value.astype(np.bool_, copy=False) if isinstance(value, np.ndarray) and value.ndim else np.bool_(value)


def index_part(value: Value) -> Any:
    """A tensor's value as an index: a mask, or places; whole numbers in floating point are places too, others a `ValueError`."""
    array = np.array(value)  # a copy: what it was taken from may be changed before the backward pass
    if array.dtype.kind == "f":
        if not np.all((array == np.floor(array)) & (abs(array) < 2.0**63)):
            raise ValueError("an index is a whole number")
        array = array.astype(np.int64)
    return array if array.ndim else array[()]


def text(value: Value, before: str) -> str:
    """The numbers, as in a repr, continued under ``before``."""
    if not isinstance(value, np.ndarray):
        return repr(value.item() if isinstance(value, np.generic) else value)
    return np.array2string(value, separator=", ", prefix=before, precision=4, suppress_small=False, threshold=1000, edgeitems=3)


def no_label(labels: Value, classes: float) -> float | None:
    """The first of some numbers that is no class; None if all are."""
    known = np.equal(labels, np.floor(labels)) & np.greater_equal(labels, 0) & np.less(labels, classes)
    return None if known.all() else float(array_of(labels)[~known].flat[0])


def last_written(key: Any, shape: tuple[int, ...]) -> Any:
    """Which of the elements that are written to a key stay: the last one at each place; None for all of them."""
    if not may_repeat(key):
        return None
    owner = np.zeros(shape, np.int64)
    writers = np.arange(owner[key].size).reshape(owner[key].shape)
    owner[key] = writers
    return owner[key] == writers


def scattered(g: Value, key: Any, shape: tuple[int, ...], kind: Kind) -> Value:
    """Zeros, with elements added at the places of a key; of truths, True if one of those at a place is."""
    return plain(scatter(g, key, shape, kind))


def one_kind(values: Sequence[Value]) -> tuple[Kind | None, list[tuple[int, ...]] | None]:
    """The kind of floating-point numbers that all arrays among some values have, None for floats alone; and the shapes of all.

    No shapes where they are of several kinds, or of others.
    """
    kind: Kind | None = None
    shapes: list[tuple[int, ...]] = []
    for value in values:
        if value.__class__ is float:
            shapes.append(())
            continue
        if value.__class__ is not np.ndarray and value.__class__ is not np.float32:
            return None, None
        own = value.dtype
        if own is not kind:
            if kind is not None or (own is not FLOAT64 and own is not FLOAT32):
                return None, None
            kind = own
        shapes.append(value.shape)
    return kind, shapes


def numbered(shape: tuple[int, ...]) -> Any:
    """The number of each element, counted row by row, in an array of a shape."""
    return np.arange(prod(shape)).reshape(shape)


def replaced_at(value: Value, where: Any, other: Value) -> Value:
    """A copy, with other elements at some places."""
    whole = np.array(value).reshape(-1)
    whole[where] = other
    return plain(whole.reshape(shape_of(value)))
