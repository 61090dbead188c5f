"""Tables in Apache's formats, by pyarrow: Parquet, a row group a block, and Feather, which is Arrow's own, a batch a block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from diffcli.errors import Diagnostic, UsageError, error, refusal
from diffcli.tables.block import BLOCK_ROWS, Block, rechunked
from diffcli.tables.text_files import json_text

BUFFER = 2**20
"""So many bytes of a column are read at a time: else all of a group of rows are, of which a file may be one."""


class ArrowReader:
    """A file of which a few blocks are in memory."""

    kind: str

    def __init__(self, path: str, stream: Any = None) -> None:
        self.path = path
        try:
            self.source = pa.OSFile(path) if stream is None else stream
            self.file: Any = self.opened(self.source)
            self.schema: Any = self.file.schema
            self.rows: int | None = self.counted()
        except (pa.ArrowException, OSError) as failure:
            raise refusal("bad-data", f"{path} is no {self.kind} file, or not whole: {first_line(failure)}") from None
        self.names: Sequence[str] = tuple(self.schema.names)
        self.width = len(self.names)

    @staticmethod
    def opened(source: Any) -> Any:
        """The file, if it is whole."""

    def counted(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def parts(self, names: Sequence[str]) -> Iterator[tuple[int, Any]]:
        """Some columns, as tables with the number of their rows."""
        raise NotImplementedError

    def pieces(self) -> Iterator[Any]:
        """All columns, as tables, each as it was written."""
        raise NotImplementedError

    def close(self) -> None:
        self.file = None

    def fraction(self) -> float | None:
        return None

    def kinds(self, names: Sequence[str]) -> dict[str, Any]:
        kinds = {name: self.schema.field(name).type for name in names}
        return {name: np.dtype(kind.to_pandas_dtype()) if is_number(kind) else kind for name, kind in kinds.items()}

    def blocks(self, columns: Sequence[str], keep: Sequence[str]) -> Iterator[Block]:
        for name in columns:
            kind = self.schema.field(name).type
            if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
                raise refusal("bad-data", f"column `{name}` of {self.path} holds {kind}, not numbers")
        wanted = list(dict.fromkeys([*columns, *keep])) or [*self.names[:1]]  # there are as many rows as in a column
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


class ParquetReader(ArrowReader):
    kind = "Parquet"

    @staticmethod
    def opened(source: Any) -> Any:
        return pq.ParquetFile(source, pre_buffer=False, buffer_size=BUFFER)

    def counted(self) -> int:
        self.schema = self.file.schema_arrow
        return int(self.file.metadata.num_rows)

    def parts(self, names: Sequence[str]) -> Iterator[tuple[int, Any]]:
        batches = self.file.iter_batches(BLOCK_ROWS, columns=list(names), use_threads=False)
        return ((batch.num_rows, pa.Table.from_batches([batch])) for batch in batches)

    def pieces(self) -> Iterator[Any]:
        return map(self.file.read_row_group, range(self.file.num_row_groups))


class FeatherReader(ArrowReader):
    kind = "Feather"

    @staticmethod
    def opened(source: Any) -> Any:
        return pa.ipc.open_file(source)

    def counted(self) -> int:
        return sum(table.num_rows for table in self.pieces(self.schema.names[:1]))

    def pieces(self, names: Sequence[str] | None = None) -> Iterator[Any]:
        """Tables, each as it was written, of which only the columns with some names are read."""
        places = [place for place, name in enumerate(self.schema.names) if names is None or name in names]
        file = pa.ipc.open_file(self.source, options=pa.ipc.IpcReadOptions(included_fields=places))
        return (pa.Table.from_batches([file.get_batch(place)]) for place in range(file.num_record_batches))

    def parts(self, names: Sequence[str]) -> Iterator[tuple[int, Any]]:
        return ((table.num_rows, table.select(list(names))) for table in self.pieces(names))


def is_number(kind: Any) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind))


def as_floats(column: Any) -> Any:
    """A column of numbers in float64, NaN for null; whole numbers beyond 2^53 are rounded."""
    if not pa.types.is_float64(column.type):
        column = column.cast(pa.float64(), safe=False)
    found = column.to_numpy(zero_copy_only=False)
    return found if found.flags.aligned else np.array(found)


def first_line(failure: BaseException) -> str:
    return str(failure).partition("\n")[0]


class ArrowWriter:
    """A table, a part of the file a block."""

    reader: type[ArrowReader]

    def __init__(self, stream: IO[bytes], names: Sequence[str], _: int | None, types: Mapping[str, Any]) -> None:
        self.stream, self.names, self.types = stream, names, types
        self.writer: Any = None

    def write(self, columns: Mapping[str, Any]) -> None:
        self.append(pa.table({name: as_arrow(columns[name]) for name in self.names}))

    def append(self, table: Any) -> None:
        table = self.fitting(table.combine_chunks())
        if self.writer is None:
            self.writer = self.made(table.schema)
        self.writer.write_table(table, max(table.num_rows, 1))

    def fitting(self, table: Any) -> Any:
        """A table as the format can have it."""
        return table

    def made(self, schema: Any) -> Any:
        """What writes tables to the stream."""

    def position(self) -> int | None:
        return None

    def close(self) -> None:
        if self.writer is None:
            kinds = [(name, self.types.get(name, pa.string())) for name in self.names]
            fields = [(name, pa.from_numpy_dtype(kind) if isinstance(kind, np.dtype) else kind) for name, kind in kinds]
            self.writer = self.made(pa.schema(fields))
        self.writer.close()
        self.stream.flush()

    def take(self, path: str, wanted: int) -> int:
        """Begin with the first rows of another file, block by block; how many rows these have, -1 if it was not closed."""
        try:
            reader = self.reader(path)
        except UsageError:
            return -1
        rows = 0
        for table in reader.pieces():
            if rows >= wanted:
                break
            self.append(table)
            rows += table.num_rows
        return rows


class ParquetWriter(ArrowWriter):
    reader = ParquetReader

    def made(self, schema: Any) -> Any:
        repeated = [name for name in schema.names if name == "flags" or not pa.types.is_floating(schema.field(name).type)]
        return pq.ParquetWriter(self.stream, schema, compression="snappy", use_dictionary=repeated)


class FeatherWriter(ArrowWriter):
    reader = FeatherReader

    def fitting(self, table: Any) -> Any:
        """The words of categories are to be the same in all blocks, so that they are written out."""
        for place, field in enumerate(table.schema):
            if pa.types.is_dictionary(field.type):
                table = table.set_column(place, field.name, table[place].cast(field.type.value_type))
        return table

    def made(self, schema: Any) -> Any:
        return pa.ipc.new_file(self.stream, schema)


def as_arrow(column: Any) -> Any:
    """A column as Arrow has it; what is kept from a file of text is text."""
    if isinstance(column, np.ndarray):
        try:
            return pa.array(column.astype(column.dtype.newbyteorder("=")))
        except (pa.ArrowException, ValueError):
            what = f"a column that is kept holds {column.dtype}, which these files cannot have"
            raise refusal("bad-data", what, "write .npy") from None
    if isinstance(column, pa.ChunkedArray):
        return column
    texts = [value if value is None or isinstance(value, str) else json_text(value) for value in column]
    return pa.array(texts, pa.string())
