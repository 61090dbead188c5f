"""Tables as text: CSV, by the reading of `diffcli.methods.points.csv_table`, and JSON, an object a line."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import IO, Any

import numpy as np

from diffcli.errors import Diagnostic, UsageError, error, refusal
from diffcli.methods.points.csv_table import SAMPLE, CsvTable, Layout, laid_out, line_of
from diffcli.records import Array, finite_float
from diffcli.tables.block import BLOCK_ROWS, Block

Rows = list[tuple[int, list[str]]]


class TextReader:
    """A file of lines: what CSV and JSON have in common."""

    rows = None

    def __init__(self, stream: IO[bytes], path: str) -> None:
        self.stream, self.path = stream, path
        self.size = 0
        with suppress(OSError):  # a stream that is no file has no end that is known
            self.size = os.fstat(stream.fileno()).st_size if stream.seekable() else 0

    def fraction(self) -> float | None:
        return self.stream.tell() / self.size if self.size else None

    def close(self) -> None:
        self.stream.close()

    def kinds(self, names: Sequence[str]) -> dict[str, Any]:
        return {}

    def lines(self) -> Iterator[str]:
        """The lines, without their ends."""
        self.text = io.TextIOWrapper(self.stream, "utf-8-sig")
        try:
            for line in self.text:
                yield line.removesuffix("\n")
        except UnicodeDecodeError:
            raise refusal("unreadable-file", f"{self.path} is not UTF-8 text{self.where()}", "save it as UTF-8") from None

    def where(self) -> str:
        """In which line of a file there is no UTF-8."""
        if self.size:
            self.stream.seek(0)
            for count, line in enumerate(self.stream, 1):
                try:
                    line.decode()
                except UnicodeDecodeError as failure:
                    return f": line {count}, byte {failure.start + 1} of it is {line[failure.start]:#04x}"
        return ""


class CsvReader(TextReader):
    """CSV: separated by what separates the first lines, with a line of names or without."""

    def __init__(self, stream: IO[bytes], path: str) -> None:
        super().__init__(stream, path)
        self.waiting = self.lines()
        self.head: list[str] = []
        filled = quotes = 0
        for line in self.waiting:
            self.head.append(line)
            filled += bool(line_of(line))
            quotes += line.count('"')
            if filled >= SAMPLE and (quotes % 2 == 0 or len(self.head) > 10 * SAMPLE):  # a cell may go on in the next lines
                break
        self.layout, _ = laid_out([*map(line_of, self.head)], path)
        self.names: Sequence[str] = tuple(self.layout.names)
        self.width = self.layout.width
        if not self.layout.width:
            raise refusal("bad-data", f"{path} {'holds no numbers, only remarks' if self.head else 'is empty'}")

    def blocks(self, columns: Sequence[str], keep: Sequence[str]) -> Iterator[Block]:
        places = [self.place(name) for name in columns]
        kept = [self.place(name) for name in keep]
        start, decimal = 0, None
        for rows in self.chunks():
            if decimal is None:
                fitting = [(line, [*map(str.strip, row)]) for line, row in rows if len(row) == self.layout.width]
                decimal = CsvTable(self.path, [], fitting).has_decimal_commas(places)
            found, bad = numbers_of(self.layout, rows, places, decimal)
            pairs = zip(keep, kept, strict=True)
            beside = {name: [row[place] if place < len(row) else "" for _, row in rows] for name, place in pairs}
            yield Block(start, len(rows), dict(zip(columns, found, strict=True)), beside, bad)
            start += len(rows)

    def place(self, name: str) -> int:
        """The place of a column."""
        return CsvTable(self.path, [*self.names], []).columns(name)[0]

    def chunks(self) -> Iterator[Rows]:
        """The cells of the rows, so many at a time."""
        inside = False

        def lines() -> Iterator[str]:
            """The lines but for remarks; a line that is asked for before there is a row is in quotation marks, and as it is."""
            nonlocal inside
            for line in chain(self.head, self.waiting):
                whole = line if inside or (self.layout.separator != " " and line_of(line)) else line_of(line)
                inside = True
                yield whole + "\n"

        reader = csv.reader(lines(), delimiter=self.layout.separator, skipinitialspace=True, strict=True)
        rows: Rows = []
        skip = bool(self.layout.names)
        try:
            for row in reader:
                inside = False
                if not row or skip:
                    skip = skip and not any(map(str.strip, row))
                    continue
                rows.append((reader.line_num, row))
                if len(rows) == BLOCK_ROWS:
                    yield rows
                    rows = []
        except csv.Error as failure:
            raise refusal("bad-data", f"line {reader.line_num} of {self.path} is not CSV: {failure}") from None
        if rows:
            yield rows


def numbers_of(
    layout: Layout, rows: Rows, places: Sequence[int], decimal: bool
) -> tuple[list[Array], list[tuple[int, Diagnostic]]]:
    """Columns of numbers, NaN where there is none, and what is wrong with rows."""
    if not decimal and all(len(row) == layout.width for _, row in rows):
        cells = [[row[place] for place in places] for _, row in rows]
        try:
            table = np.array([list(map(float, row)) for row in cells]).reshape(len(rows), len(places))
        except ValueError:
            table = np.full((1, 1), np.nan)
        zeros = zip(*np.nonzero(table == 0), strict=True)
        if np.isfinite(table).all() and all(not cells[row][place].strip("+-0. ") for row, place in zeros):
            doubtful = any(not cell.isascii() or (cell[:1] == "0" and cell[1:2].isdigit()) for row in cells for cell in row)
            if not doubtful:  # plain numbers, as in most tables
                return list(np.ascontiguousarray(table.T)), []
    table = np.full((len(rows), len(places)), np.nan)
    bad: list[tuple[int, Diagnostic]] = []
    for place, (line, raw) in enumerate(rows):
        row = [cell.strip() for cell in raw]
        fault = layout.misfit(line, row)
        if fault is None:
            for column, where in enumerate(places):
                try:
                    table[place, column] = CsvTable(layout.path, [], [(line, row)]).numbers([where], decimal)[0][0]
                except UsageError as found_fault:
                    fault = fault or found_fault
        if fault is not None:
            bad.append((place, fault.diagnostics[0]))
    return list(np.ascontiguousarray(table.T)), bad


class JsonReader(TextReader):
    """JSON, an object from names to values a line."""

    def __init__(self, stream: IO[bytes], path: str) -> None:
        super().__init__(stream, path)
        self.waiting = enumerate(self.lines(), 1)
        self.first = next(((line, text) for line, text in self.waiting if text.strip()), None)
        if self.first is None:
            raise refusal("bad-data", f"{path} is empty")
        found = self.object(*self.first)
        if not isinstance(found, dict):
            raise UsageError([found])
        self.names: Sequence[str] = tuple(found)
        self.width = len(found)

    def object(self, line: int, text: str) -> dict[str, Any] | Diagnostic:
        """What a line holds, or what is wrong with it."""
        twice: list[str] = []

        def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            names = [name for name, _ in pairs]
            twice.extend(name for name in names if names.count(name) > 1)
            return dict(pairs)

        try:
            found = json.loads(text, object_pairs_hook=unique)
        except (ValueError, RecursionError) as failure:
            place = f", column {failure.colno}" if isinstance(failure, json.JSONDecodeError) else ""
            why = failure.msg if isinstance(failure, json.JSONDecodeError) else str(failure)
            return error("bad-data", f"line {line}{place} of {self.path} is not JSON: {why}")
        if not isinstance(found, dict):
            return error("bad-data", f"line {line} of {self.path} is no object", help=['a row is {"x": 1, "y": 2}'])
        if twice:
            return error("bad-data", f"line {line} of {self.path} has `{twice[0]}` twice")
        return found

    def blocks(self, columns: Sequence[str], keep: Sequence[str]) -> Iterator[Block]:
        def lines() -> Iterator[tuple[int, str]]:
            if self.first is not None:
                yield self.first
            yield from ((line, text) for line, text in self.waiting if text.strip())

        waiting, start = lines(), 0
        while rows := list(islice(waiting, BLOCK_ROWS)):
            table = np.full((len(rows), len(columns)), np.nan)
            bad: list[tuple[int, Diagnostic]] = []
            kept: dict[str, list[Any]] = {name: [] for name in keep}
            for place, (line, text) in enumerate(rows):
                found = self.object(line, text)
                faults: list[Diagnostic] = []
                if isinstance(found, Diagnostic):
                    faults, found = [found], {}
                else:
                    for column, name in enumerate(columns):
                        try:
                            table[place, column] = self.number(line, name, found)
                        except UsageError as fault:
                            faults += fault.diagnostics
                bad += [(place, fault) for fault in faults[:1]]
                for name in keep:
                    kept[name].append(found.get(name))
            yield Block(start, len(rows), dict(zip(columns, np.ascontiguousarray(table.T), strict=True)), kept, bad)
            start += len(rows)

    def number(self, line: int, name: str, found: Mapping[str, Any]) -> float:
        where = f"line {line} of {self.path}"
        if name not in found:
            raise refusal("bad-data", f"{where} has no `{name}`")
        value = found[name]
        try:
            if not isinstance(value, bool) and isinstance(value, (int, float)):
                return finite_float(value)
            why = f"is {json.dumps(value)[:40]}, not a number"
        except (OverflowError, ValueError) as beyond:
            why = f"is {beyond}"
        raise refusal("bad-data", f"`{name}` in {where} {why}")


def listed(column: Any) -> list[Any]:
    """A column, of NumPy's, of Arrow's, or a list, as a list."""
    if isinstance(column, list):
        return column
    if getattr(column, "dtype", None) is not None and column.dtype.kind in "Mm":
        return list(column.astype("U").tolist())
    if (kind := str(getattr(column, "type", ""))).startswith(("time", "date", "duration")):  # Python's have a shorter range
        return list(column.cast("int64" if kind[:2] == "du" else "string").to_pylist())
    return list(column.tolist() if hasattr(column, "tolist") else column.to_pylist())


class TextWriter:
    """Rows of text, in a file or in a stream."""

    def __init__(self, stream: IO[bytes], names: Sequence[str], position: int | None, _: Any = None) -> None:
        self.stream, self.names = stream, names
        if position is not None:
            stream.seek(position)
            stream.truncate()
        else:
            self.begin()

    def begin(self) -> None:
        """Write what stands before all rows."""

    def write(self, columns: Mapping[str, Any]) -> None:
        texts = [self.texts(columns[name]) for name in self.names]
        self.stream.write("".join([self.row(row) for row in zip(*texts, strict=True)]).encode("utf-8", "backslashreplace"))

    def texts(self, column: Any) -> Iterable[str]:
        raise NotImplementedError

    def row(self, cells: Sequence[str]) -> str:
        raise NotImplementedError

    def position(self) -> int | None:
        self.stream.flush()
        return self.stream.tell() if self.stream.seekable() else None

    def close(self) -> None:
        self.stream.flush()


def decoded(value: Any) -> Any:
    """Bytes as the text that they are; what else there is as it is."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value


def cell(value: Any) -> str:
    """A text as a cell of CSV, in quotation marks where it needs them."""
    text = "" if value is None else json_text(value) if isinstance(value, list | dict) else str(decoded(value))
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n\r\t#') or text != text.strip() else text


PLAIN = "efdbBhHiIlLqQ"
"""The types of numbers that Python prints as they are."""


class CsvWriter(TextWriter):
    separator = ","

    def begin(self) -> None:
        self.stream.write((self.separator.join(map(cell, self.names)) + "\n").encode())

    def texts(self, column: Any) -> Iterable[str]:
        plain = listed(column)
        return map(repr, plain) if isinstance(column, np.ndarray) and column.dtype.char in PLAIN else map(cell, plain)

    def row(self, cells: Sequence[str]) -> str:
        return self.separator.join(cells) + "\n"


class TsvWriter(CsvWriter):
    separator = "\t"


QUOTED = {"nan": '"nan"', "inf": '"inf"', "-inf": '"-inf"'}


def json_text(value: Any) -> str:
    """A value as JSON has it."""
    if isinstance(value, float):
        return QUOTED.get(text := repr(value), text)
    if isinstance(value, list | dict):
        return json.dumps(with_texts(value), ensure_ascii=False, default=str)
    return repr(value) if type(value) is int else json.dumps(decoded(value), ensure_ascii=False, default=str)


def with_texts(value: Any) -> Any:
    """What a column of lists has, with texts for numbers that JSON does not have."""
    if isinstance(value, list):
        return [*map(with_texts, value)]
    if isinstance(value, dict):
        return {name: with_texts(each) for name, each in value.items()}
    return str(value) if isinstance(value, float) and value - value != 0 else value


class JsonWriter(TextWriter):
    def __init__(self, stream: IO[bytes], names: Sequence[str], position: int | None, _: Any = None) -> None:
        super().__init__(stream, names, position)
        self.heads = [f"{json.dumps(name, ensure_ascii=False)}: " for name in names]

    def texts(self, column: Any) -> Iterable[str]:
        return map(json_text, listed(column))

    def row(self, cells: Sequence[str]) -> str:
        return "{" + ", ".join([head + text for head, text in zip(self.heads, cells, strict=True)]) + "}\n"
