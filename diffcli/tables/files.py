"""The table of kinds of files that hold tables. Adding a kind is a row, and what reads and writes it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from importlib import import_module
from typing import IO, Any

from diffcli._named import NamedTuple
from diffcli.errors import did_you_mean, missing_extra, refusal
from diffcli.methods.points.file_text import open_file
from diffcli.tables.block import Reader, Writer


class Kind(NamedTuple):
    name: str
    suffixes: tuple[str, ...]
    reader: str
    """The module in this folder, and the name of what reads it, ..."""
    writer: str
    """... and of what writes it; empty, if it is only read."""
    streams: bool = False
    """Whether it can come from standard input, and go to standard output."""
    keeps_text: bool = False
    """Whether a number that is kept stands in it as it is written elsewhere."""


KINDS = {
    kind.name: kind
    for kind in (
        Kind("csv", (".csv", ".txt"), "text_files.CsvReader", "text_files.CsvWriter", streams=True, keeps_text=True),
        Kind("tsv", (".tsv",), "text_files.CsvReader", "text_files.TsvWriter", streams=True, keeps_text=True),
        Kind("ndjson", (".ndjson", ".jsonl"), "text_files.JsonReader", "text_files.JsonWriter", streams=True),
        Kind("npy", (".npy",), "array_files.ArrayReader", "array_files.ArrayWriter"),
        Kind("npz", (".npz",), "array_files.ArrayReader", ""),
        Kind("parquet", (".parquet", ".pq"), "arrow_files.ParquetReader", "arrow_files.ParquetWriter"),
        Kind("feather", (".feather", ".arrow", ".ipc"), "arrow_files.FeatherReader", "arrow_files.FeatherWriter"),
    )
}


def kind_by_name(path: str) -> Kind | None:
    """The kind that the suffix of a file says, if it says one."""
    suffix = os.path.splitext(path)[1].lower()
    return next((kind for kind in KINDS.values() if suffix in kind.suffixes), None)


def kind_of(path: str, asked: str | None, writes: bool = False) -> Kind:
    """The kind of a file: the one that is asked for, or that its name says."""
    if asked is None and path == "-":
        asked = "csv"
    if asked is None:
        found = kind_by_name(path)
        if found is None:
            known = f"its suffix is to be one of: {', '.join(suffix for kind in KINDS.values() for suffix in kind.suffixes)}"
            raise refusal("unreadable-file", f"the name {path} does not say what kind of table it is", known)
    elif asked in KINDS:
        found = KINDS[asked]
    else:
        help = [*did_you_mean(asked, KINDS), f"one of: {', '.join(KINDS)}"]
        raise refusal("unknown-choice", f"there is no kind of table `{asked}`", *help)
    if writes and not found.writer:
        raise refusal("unwritable-file", f"{found.name} tables are read, and not written", "write .npy, .csv or .parquet")
    if path == "-" and not found.streams:
        how = "written to standard output" if writes else "read from standard input"
        raise refusal("usage", f"{found.name} cannot be {how}", "name a file")
    return found


def made_by(where: str) -> Any:
    """What reads or writes a kind of file; an error that names the extra where it is not installed."""
    module, _, name = where.partition(".")
    try:
        return getattr(import_module(f"diffcli.tables.{module}"), name)
    except ImportError as fault:
        if (fault.name or "").partition(".")[0] != "pyarrow":
            raise
        message = "Parquet and Feather need pyarrow, which is not installed"
        raise missing_extra(message, "data", "CSV, NDJSON and .npy need nothing else") from None


def file_system(path: str) -> tuple[Any, str]:
    """What a path stands in, and its name there, by fsspec; without a scheme it is this machine's."""
    try:
        import fsspec
    except ImportError:
        raise missing_extra("data sets of several files need fsspec, which is not installed", "scale") from None
    try:
        found: tuple[Any, str] = fsspec.core.url_to_fs(path)
    except (ImportError, ValueError) as failure:
        raise refusal("unreadable-file", f"cannot open {path}: {failure}") from None
    return found


def open_reader(path: str, kind: str | None = None, stdin: IO[bytes] | None = None) -> Reader:
    """A table to read, by the name of its file, or ``-`` for a stream."""
    found = kind_of(path, kind)
    reader = made_by(found.reader)
    if path == "-" and stdin is not None:
        return reader(stdin, "standard input")  # type: ignore[no-any-return]
    if "://" in path:
        system, name = file_system(path)
        return reader(path, system.open(name))  # type: ignore[no-any-return]
    with ExitStack() as stack:
        file = stack.enter_context(open_file(path, large=True))
        if not found.streams:
            return reader(path)  # type: ignore[no-any-return]
        made: Reader = reader(file, path)
        stack.pop_all()  # the reader closes it
        return made


def open_writer(
    stream: IO[bytes], kind: Kind, names: Sequence[str], types: Mapping[str, Any], position: int | None = None
) -> Writer:
    """What writes a table of a kind to a stream, from a position on if it was begun before."""
    return made_by(kind.writer)(stream, names, position, types)  # type: ignore[no-any-return]
