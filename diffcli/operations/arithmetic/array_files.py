"""Arrays of float64 from what holds numbers: nested lists that were flattened, other arrays, files of NumPy.

A file is data and nothing else: what is pickled in it is refused, never unpickled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import IO, Any

import numpy as np

from diffcli.operations.arithmetic.arrays import all_finite, first_true
from diffcli.records import beyond_range

MOST_ELEMENTS = 100_000_000
"""The largest array that is read: 800 megabytes."""

NUMERIC = "biuf"
"""The kinds of NumPy's types that are numbers: truths, integers, floats."""


SAVE = "save numbers: numpy.save(file, array.astype(float))"


class UnusableArray(ValueError):
    """What was to be an array of numbers is none. ``reason`` completes "it ...", ``help`` says what to do."""

    def __init__(self, reason: str, help: str = "") -> None:
        super().__init__(reason)
        self.reason, self.help = reason, help


def to_array(numbers: Iterable[float] | Iterable[Sequence[float]], shape: tuple[int, ...]) -> Any:
    """Numbers in order, or rows of them, the last axis running fastest, as an array of that shape.

    >>> to_array([1, 2, 3, 4], (2, 2)).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    return np.array(list(numbers), dtype=np.float64).reshape(shape)


def basis(shape: tuple[int, ...], places: Iterable[int]) -> Any:
    """An array of a shape that is 1 at some places, counted through it row by row, and 0 elsewhere.

    >>> basis((2, 2), [1, 2]).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    array = np.zeros(shape)
    array.reshape(-1)[list(places)] = 1.0
    return array


def flat(array: Any) -> list[float]:
    """The elements of an array, row by row.

    >>> flat(basis((2, 2), [3]))
    [0.0, 0.0, 0.0, 1.0]
    """
    elements: list[float] = np.asarray(array, float).ravel().tolist()
    return elements


def is_foreign(value: Any) -> bool:
    """Whether a value is none of NumPy's: as a tensor that may not become an array of NumPy's."""
    return not isinstance(value, np.ndarray | np.generic)


def as_floats(value: Any, copy: bool = True) -> Any:
    """An array, or what offers itself as one, as an array of float64; a float where it has no axes.

    It is an own array, or without ``copy`` may be the very one; or an `UnusableArray` of no real numbers, none, or too many.
    """
    if hasattr(value, "filled") and np.any(value.mask):
        raise UnusableArray("has masked elements, which have no value")
    array = np.asarray(value)
    _check(array.dtype, array.shape)
    with np.errstate(all="ignore"):  # a longer float may be beyond the range
        floats = array.astype(np.float64, order="C", copy=copy)
    if array.dtype.itemsize > 8 and (lost := floats[((floats == 0) | np.isinf(floats)) & (floats != array)]).size:
        raise UnusableArray(f"holds a number {beyond_range(lost[0])}")
    return floats if floats.ndim else float(floats)


def _check(dtype: Any, shape: tuple[int, ...]) -> None:
    """Refuse, by its type and shape alone, what is no array of numbers."""
    if dtype.hasobject:
        raise UnusableArray("holds Python objects, which are never unpickled", SAVE)
    if dtype.names:
        raise UnusableArray("holds a table with named fields, not an array of numbers", SAVE)
    if dtype.kind not in NUMERIC:
        help = "save its real and imaginary parts apart" if dtype.kind == "c" else SAVE
        raise UnusableArray(f"holds values of the type {dtype}, not real numbers", help)
    count = prod(shape)
    if not count:
        raise UnusableArray(f"holds no numbers: its shape is {shape}")
    if count > MOST_ELEMENTS:
        raise UnusableArray(f"holds {count} numbers, and at most {MOST_ELEMENTS} are read")


def read_npy(file: IO[bytes], keep: bool = False) -> Any:
    """The array of an ``.npy`` file, as float64, or to ``keep`` in its own floats.

    Its header is read first, and decides whether the rest is.
    """
    try:
        version = np.lib.format.read_magic(file)
        if version not in ((1, 0), (2, 0)):  # a later one is written for names of fields only
            raise UnusableArray("holds a table with named fields, not an array of numbers", SAVE)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(file)
    except UnusableArray:
        raise
    except Exception:  # a header is text in Python's notation, and fails in many ways
        raise UnusableArray("is not an .npy file, or is damaged") from None
    _check(dtype, shape)
    file.seek(0)
    try:
        array = np.lib.format.read_array(file, allow_pickle=False)
    except ValueError:
        raise UnusableArray("is cut short: it holds fewer numbers than it says") from None
    except MemoryError as failure:
        raise UnusableArray(f"cannot be read: {failure}") from None
    return array if keep and dtype.kind == "f" else as_floats(array, copy=False)


def read_npz(file: IO[bytes], name: str, likely: str = "") -> Any:
    """One array of an ``.npz`` file, which is a ZIP archive of ``.npy`` files.

    Without a name it is the one that is ``likely`` meant, or the only one.
    """
    import io
    import zipfile

    try:
        with zipfile.ZipFile(file) as archive:
            names = [entry.removesuffix(".npy") for entry in archive.namelist()]
            if not name:
                name = likely if likely in names else names[0] if len(names) == 1 else ""
            if name not in names:
                given = f"has no array `{name}`" if name else f"holds {len(names)} arrays"
                known = ", ".join(names[:8]) or "there are none"
                raise UnusableArray(given, f"write FILE.npz:NAME with one of its names: {known}")
            entry = archive.getinfo(archive.namelist()[names.index(name)])
            if entry.file_size > 8 * MOST_ELEMENTS + 10_000:
                raise UnusableArray(f"holds more than the {MOST_ELEMENTS} numbers that are read at most")
            content = archive.read(entry)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        raise UnusableArray("is not an .npz file, or is damaged") from None
    return read_npy(io.BytesIO(content))


def first_nonfinite(array: Any) -> tuple[int, ...] | None:
    """The index of the first element that is infinite or NaN.

    >>> first_nonfinite(to_array([1, float("nan")], (1, 2))), first_nonfinite(to_array([1], (1,)))
    ((0, 1), None)
    """
    return None if all_finite(array) else first_true(~np.isfinite(array))
