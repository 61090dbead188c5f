"""Tables as NumPy keeps them: a matrix, a structured array, or a file of arrays with names."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any
from zipfile import BadZipFile

import numpy as np

from diffcli.errors import refusal
from diffcli.tables.block import BLOCK_ROWS, Block

NUMBERS = "iuf"
ROOM = 10**18
"""A number of rows that is as long as any: it is replaced when it is known."""


class ArrayReader:
    """A file that NumPy saved: nothing in it is unpickled, and of an .npy file the rows are read as they are needed."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.matrix: Any = None
        try:
            with open(path, "rb") as file:
                arrays: Any = None
                if file.read(2) == b"PK":  # a file of several
                    file.seek(0)
                    found = np.load(file, allow_pickle=False)
                    arrays = {name: found[name] for name in found.files}
            arrays = np.load(path, mmap_mode="r", allow_pickle=False) if arrays is None else arrays
        except (OSError, ValueError, EOFError, KeyError, BadZipFile) as failure:
            raise refusal("bad-data", f"{path} is no file of NumPy's, or not whole: {failure}") from None
        if isinstance(arrays, dict):
            if not arrays:
                raise refusal("bad-data", f"{path} is empty")
            lengths = {name: array.shape for name, array in arrays.items()}
            if len({*lengths.values()}) > 1 or any(len(shape) != 1 for shape in lengths.values()):
                told = ", ".join(f"`{name}` {shape}" for name, shape in lengths.items())
                raise refusal("bad-data", f"the arrays in {path} are no columns of one length: {told}")
            self.names: Sequence[str] = tuple(arrays)
            self.columns: Any = arrays
        elif arrays.dtype.names and arrays.ndim == 1:
            self.names, self.columns = arrays.dtype.names, arrays
        else:
            if arrays.ndim not in (1, 2):
                raise refusal("bad-data", f"{path} has {arrays.ndim} axes, and a table has rows and columns")
            self.names = ()
            matrix = arrays if arrays.ndim == 2 else arrays[:, None]
            self.matrix = matrix
        self.pages: Any = getattr(arrays, "_mmap", None)
        self.width = len(self.names) or self.matrix.shape[1]
        first = self.matrix if not self.names else self.columns[self.names[0]]
        self.rows: int | None = len(first)

    def close(self) -> None:
        self.columns = self.matrix = None

    def fraction(self) -> float | None:
        return None

    def kinds(self, names: Sequence[str]) -> dict[str, Any]:
        return {name: (self.columns[name] if self.matrix is None else self.matrix).dtype for name in names}

    def blocks(self, columns: Sequence[str], keep: Sequence[str]) -> Iterator[Block]:
        if self.matrix is not None:
            self.columns = {name: self.matrix[:, place] for place, name in enumerate(self.names)}
        for name in dict.fromkeys([*columns, *keep]):
            column = self.columns[name]
            if column.ndim > 1 or (name in columns and column.dtype.kind not in NUMBERS):
                what = f"arrays of the shape {column.shape[1:]}" if column.ndim > 1 else column.dtype
                raise refusal("bad-data", f"column `{name}` of {self.path} holds {what}, not numbers")
        for start in range(0, self.rows or 0, BLOCK_ROWS):
            part = slice(start, start + BLOCK_ROWS)
            found = {name: np.ascontiguousarray(self.columns[name][part], np.float64) for name in columns}
            kept = {name: np.asarray(self.columns[name][part]) for name in keep}
            yield Block(start, min(BLOCK_ROWS, (self.rows or 0) - start), found, kept)
            if hasattr(self.pages, "madvise"):  # what has been read need not stay in memory
                self.pages.madvise(mmap.MADV_DONTNEED)


class ArrayWriter:
    """A structured array, a field for each column, whose number of rows is written in when it is known."""

    def __init__(self, stream: IO[bytes], names: Sequence[str], position: int | None, types: Mapping[str, Any]) -> None:
        self.stream = stream
        for name in names:
            if not isinstance(types.get(name), np.dtype) or types[name].kind not in "biufUS":
                what = f"column `{name}` has no numbers, and an .npy file is to have them"
                raise refusal("bad-data", what, "write CSV or Parquet")
        if not stream.seekable():
            raise refusal("usage", "an .npy file has the number of its rows first, so that it cannot go to a pipe", "write CSV")
        self.type = np.dtype([(name, types[name]) for name in names])
        self.head = len(self.header(ROOM))
        if position is None:
            stream.write(self.header(ROOM))
        else:
            stream.seek(position)
            stream.truncate()

    def header(self, rows: int) -> bytes:
        """What stands before the rows, as long for any number of them."""
        fields = {"descr": np.lib.format.dtype_to_descr(self.type), "fortran_order": False, "shape": (rows,)}
        text = repr(fields).ljust(len(repr(fields | {"shape": (ROOM,)})))
        coded = text.encode()
        coded += b" " * (-(len(coded) + 13) % np.lib.format.ARRAY_ALIGN) + b"\n"
        version = (2, 0) if text.isascii() else (3, 0)
        return np.lib.format.magic(*version) + len(coded).to_bytes(4, "little") + coded

    def write(self, columns: Mapping[str, Any]) -> None:
        table = np.empty(len(next(iter(columns.values()))), self.type)
        for name in self.type.names or ():
            if getattr(columns[name], "null_count", 0) and self.type[name].kind != "f":
                raise refusal("bad-data", f"column `{name}` has nulls, and an .npy file cannot have them", "write CSV or Parquet")
            table[name] = columns[name]
        self.stream.write(table.tobytes())

    def position(self) -> int | None:
        self.stream.flush()
        return self.stream.tell()

    def close(self) -> None:
        rows = (self.stream.tell() - self.head) // self.type.itemsize
        self.stream.seek(0)
        self.stream.write(self.header(rows))
        self.stream.flush()
