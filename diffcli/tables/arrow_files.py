"""Tables in Apache's formats, by pyarrow: Parquet, and Feather, which is Arrow's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from diffcli.errors import Diagnostic, error, refusal
from diffcli.tables.block import BLOCK_ROWS, Block, rechunked


class ArrowReader:
    """A Parquet file, or one of Arrow's, of which a few blocks are in memory."""

    def __init__(self, path: str, stream: Any = None) -> None:
        self.path = path
        self.is_parquet = not path.lower().endswith((".feather", ".arrow", ".ipc"))
        try:
            if self.is_parquet:
                self.file: Any = pq.ParquetFile(stream or path, memory_map=stream is None)
                self.schema, self.rows = self.file.schema_arrow, self.file.metadata.num_rows
            else:
                self.file = pa.ipc.open_file(pa.memory_map(path))
                self.schema = self.file.schema
                self.rows = sum(self.file.get_batch(k).num_rows for k in range(self.file.num_record_batches))
        except (pa.ArrowException, OSError) as failure:
            raise refusal("bad-data", f"{path} is no {self.kind} file, or not whole: {first_line(failure)}") from None
        self.names: Sequence[str] = tuple(self.schema.names)
        self.width = len(self.names)

    @property
    def kind(self) -> str:
        return "Parquet" if self.is_parquet else "Feather"

    def close(self) -> None:
        if self.is_parquet:
            self.file.close()

    def fraction(self) -> float | None:
        return None

    def kinds(self, names: Sequence[str]) -> dict[str, Any]:
        """The types of columns of numbers, as NumPy has them."""
        kinds = {name: self.schema.field(name).type for name in names}
        return {name: np.dtype(kind.to_pandas_dtype()) for name, kind in kinds.items() if pa.types.is_primitive(kind)}

    def blocks(self, columns: Sequence[str], keep: Sequence[str]) -> Iterator[Block]:
        for name in columns:
            kind = self.schema.field(name).type
            if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
                raise refusal("bad-data", f"column `{name}` of {self.path} holds {kind}, not numbers")
        wanted = list(dict.fromkeys([*columns, *keep]))
        start = 0
        try:
            for table in rechunked(self.parts(wanted), BLOCK_ROWS, pa.concat_tables):
                found, bad = {}, dict[int, Diagnostic]()
                for name in columns:
                    column = table[name].combine_chunks()
                    found[name] = as_floats(column)
                    empty = np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False)) if column.null_count else np.empty(0)
                    for place in map(int, empty):
                        message = f"row {start + place + 1}, column `{name}` of {self.path} is null, where a number is needed"
                        bad.setdefault(place, error("bad-data", message))
                yield Block(start, table.num_rows, found, {name: table[name] for name in keep}, sorted(bad.items()))
                start += table.num_rows
        except (pa.ArrowException, OSError) as failure:
            message = f"{self.path} cannot be read from row {start + 1} on: {first_line(failure)}"
            raise refusal("bad-data", message) from None

    def parts(self, names: Sequence[str]) -> Iterator[tuple[int, Any]]:
        if self.is_parquet:
            batches = self.file.iter_batches(BLOCK_ROWS, columns=list(names), use_threads=False)
        else:
            batches = (self.file.get_batch(k).select(list(names)) for k in range(self.file.num_record_batches))
        return ((batch.num_rows, pa.Table.from_batches([batch])) for batch in batches)


def as_floats(column: Any) -> Any:
    """A column of numbers in float64, NaN for null; whole numbers beyond 2^53 are rounded."""
    if not pa.types.is_float64(column.type):
        column = column.cast(pa.float64(), safe=False)
    found = column.to_numpy(zero_copy_only=False)
    return found if found.flags.aligned else np.array(found)


def first_line(failure: BaseException) -> str:
    return str(failure).partition("\n")[0]


class ArrowWriter:
    """Parquet, a row group a block, or Arrow's, a batch a block."""

    def __init__(
        self, stream: IO[bytes], names: Sequence[str], _: int | None, types: Mapping[str, Any], kind: str = "parquet"
    ) -> None:
        self.stream, self.names, self.kind, self.types = stream, names, kind, types
        self.writer: Any = None

    def write(self, columns: Mapping[str, Any]) -> None:
        self.append(pa.table({name: as_arrow(columns[name]) for name in self.names}))

    def append(self, table: Any) -> None:
        if self.writer is None:
            self.begin(table.schema)
        if self.kind == "parquet":
            self.writer.write_table(table, row_group_size=max(table.num_rows, 1))
        else:
            self.writer.write_table(table.combine_chunks())

    def begin(self, schema: Any) -> None:
        if self.kind == "parquet":
            repeated = [name for name in schema.names if name == "flags" or not pa.types.is_floating(schema.field(name).type)]
            self.writer = pq.ParquetWriter(self.stream, schema, compression="snappy", use_dictionary=repeated)
        else:
            self.writer = pa.ipc.new_file(self.stream, schema)

    def position(self) -> int | None:
        return None

    def close(self) -> None:
        if self.writer is None:
            fields = [(name, pa.from_numpy_dtype(self.types[name]) if name in self.types else pa.string()) for name in self.names]
            self.begin(pa.schema(fields))
        self.writer.close()
        self.stream.flush()

    def take(self, path: str, wanted: int) -> int:
        """Begin with the first rows of another file, block by block; how many rows these have, -1 if it was not closed."""
        rows, is_parquet = 0, self.kind == "parquet"
        try:
            file: Any = pq.ParquetFile(path) if is_parquet else pa.ipc.open_file(pa.memory_map(path))
        except (pa.ArrowException, OSError):
            return -1
        for place in range(file.num_row_groups if is_parquet else file.num_record_batches):
            if rows >= wanted:
                break
            table = file.read_row_group(place) if is_parquet else pa.Table.from_batches([file.get_batch(place)])
            self.append(table)
            rows += table.num_rows
        return rows


def as_arrow(column: Any) -> Any:
    """A column as Arrow has it; what is kept from a file of text is text."""
    if isinstance(column, pa.ChunkedArray | np.ndarray):
        return column
    return pa.array([None if value is None else str(value) for value in column], pa.string())
