"""CSV: a table of numbers, with a line of names or without; one reading of it for ``x=@data.csv`` and for ``--points``.

The columns are separated by the first of tab, semicolon, comma and blanks that splits all lines alike. A cell is a number or
a constant expression; ``0,5`` is read as 0.5 where it cannot be taken for thousands. Empty lines and those that begin with
``#`` are passed over. What does not fit is refused by its line, with the readings that it may have.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import ExpressionError, UsageError, counted, did_you_mean, refusal
from diffcli.language.parsing.tokens import is_name, plain_name
from diffcli.methods.points.data_texts import number_in_full
from diffcli.methods.points.ranges import read_constant
from diffcli.records import finite_float

_EVERY = "every line has a value for each column"
_QUOTED = 'put quotation marks about what has a comma in it, as "max(x, y)"'

SAMPLE = 20
"""So many lines say what separates the columns."""

_DECIMAL = re.compile(r"[+-]?(\d+,\d*|,\d+)([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}([, ]\d{3})+")
_PADDED = re.compile(r"[+-]?(0|[1-9]\d*),0\d+")
"""What two whole numbers never are: nobody writes 5 as 05."""

_BOTH = re.compile(r"([+-]?\d{1,3}(?:[,.]\d{3})*)[,.](\d+)")
_DATA = re.compile(r"[\W_]*\d.*|[\W_]+|[+-]?(nan|inf|infinity)|na|n/a|null|none", re.IGNORECASE | re.DOTALL)
"""What stands for a value, or for a missing one, and not for a name."""

_DATE = re.compile(r"\d+-\d+.*|\d+/\d+/.*")
"""What could be computed, and is no number: 2025-01-31 is a date, 10-20 a range."""


class CsvTable(NamedTuple):
    """The cells of a file: each row with the number of its line, and as wide as the first."""

    path: str
    names: list[str]
    """Empty, if there is no line of names."""
    rows: list[tuple[int, list[str]]]

    def columns(self, asked: str) -> list[int]:
        """The places of the columns that are asked for, a name or several with commas; of all, if none is."""
        if not asked and "" not in self.names:
            return list(range(len(self.rows[0][1])))
        if not asked:
            message = f"column {self.names.index('') + 1} of {self.path} has no name"
            raise refusal("bad-data", message, f"choose columns by their names, as {self.path}:NAME")
        wanted = [asked] if asked in self.names else [plain_name(name.strip()) for name in asked.split(",")]
        for name in wanted:
            if (count := self.names.count(name)) != 1:
                message = f"{self.path} has {f'{count} columns' if count else 'no column'} `{name}`"
                known = f"its columns: {', '.join(self.names[:8])}" if self.names else "its first line holds no names"
                raise refusal("bad-data", message, *([] if count else did_you_mean(name, self.names)), known)
        return [self.names.index(name) for name in wanted]

    def has_decimal_commas(self, columns: Sequence[int]) -> bool:
        """Whether a cell is a number with a comma in it that cannot be taken for thousands."""
        commas = [cell for _, row in self.rows for place in columns if "," in (cell := row[place]) and _DECIMAL.fullmatch(cell)]
        return not all(map(_THOUSANDS.fullmatch, commas))

    def numbers(self, columns: Sequence[int], decimal: bool | None = None) -> list[list[float]]:
        """The numbers in some columns, row by row; a cell that is none, or can be read as two, is a `UsageError`.

        Whether there are ``decimal`` commas is seen from the cells, if it is not given.
        """
        decimal = self.has_decimal_commas(columns) if decimal is None else decimal
        rows = []
        for line, row in self.rows:
            cells, found = [row[place] for place in columns], [0.0]
            with suppress(ValueError):
                found = [*map(float, cells)] if "".join(cells).isascii() else found
            if decimal or 0.0 in found or not math.isfinite(sum(found)):  # most rows are plain numbers
                found = [self._number(line, place, row[place], decimal) for place in columns]
            rows.append(found)
        return rows

    def _number(self, line: int, place: int, cell: str, decimal: bool) -> float:
        """The number of a cell, in a table that has decimal commas or has none."""
        shown = f"`{cell if len(cell) <= 40 else cell[:37] + '...'}`"
        fault, help = f"{shown}, not a number", ["put # before a line that is to be passed over"]
        mixed = decimal and "." in cell
        try:
            number = _value(cell.replace(",", ".") if decimal and _DECIMAL.fullmatch(cell) else cell)
            if number is not None and not mixed:
                return finite_float(number)
        except OverflowError as beyond:
            fault, help = f"{shown}, {beyond}", []
        except ValueError:
            fault, help = f"{shown}, not a finite number", []
        if not cell:
            fault = "empty, where a number is needed"
        elif "," in cell and (parts := _BOTH.fullmatch(cell)) and "." in cell:
            fault, help = f"{shown}, with a comma and a point", [f"write {re.sub('[,.]', '', parts[1])}.{parts[2]}"]
        elif _THOUSANDS.fullmatch(cell):
            fault, help = f"{shown}, which can be read in two ways", _readings(cell)
        elif mixed:
            fault, help = f"{shown}, where other cells have decimal commas", ["write all numbers with a point"]
        raise refusal("bad-data", f"line {line}, column {place + 1} of {self.path} is {fault}", *help)


def read_csv(text: str, path: str, columns: str = "") -> Any:
    """A column as a vector, several as a matrix, in float64: all, or those whose names are given; see `CsvTable`.

    >>> read_csv("a,b\\n1,2\\n3,4\\n", "data.csv").tolist(), read_csv("a,b\\n1,2\\n3,4\\n", "data.csv", "b").tolist()
    ([[1.0, 2.0], [3.0, 4.0]], [2.0, 4.0])
    """
    from diffcli.operations.arithmetic.array_files import to_array

    table = read_table(text, path)
    rows = table.numbers(places := table.columns(columns))
    return to_array(rows, (len(rows), len(places)) if len(places) > 1 else (len(rows),))


def read_table(text: str, path: str) -> CsvTable:
    """The table that a text is; where a line has more or fewer cells than the first, a `UsageError`.

    >>> table = read_table("speed;time\\n0,5;1\\n1,25;2\\n", "data.csv")
    >>> table.names, table.numbers([0])
    (['speed', 'time'], [[0.5], [1.25]])
    """
    lines = [line_of(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    layout, rows = laid_out(lines, path)
    named = bool(layout.names)
    if len(rows) == named:
        what = f"holds no numbers, only {'a line of names' if named else 'remarks'}" if text.strip() else "is empty"
        raise refusal("bad-data", f"{path} {what}")
    for line, row in rows:
        if (fault := layout.misfit(line, row)) is not None:
            raise fault
    return CsvTable(path, list(layout.names), rows[named:])


def line_of(text: str) -> str:
    """A line as it is read: a remark is none."""
    text = text.strip(" ")
    return "" if text.lstrip().startswith("#") else text


class Layout(NamedTuple):
    """What the first lines of a file say of all of them."""

    path: str
    separator: str
    names: Sequence[str]
    """Empty, if there is no line of names."""
    start: int
    """The number of the first line that has cells, ..."""
    width: int
    """... and of these."""

    def misfit(self, line: int, row: Sequence[str]) -> UsageError | None:
        """What is wrong with a row that has not as many cells as the first one, or a number that may be two."""
        path, width, separator = self.path, self.width, self.separator
        if len(row) != width:
            other = counted(width, "name") if self.names else str(width)
            message = f"line {line} of {path} has {counted(len(row), 'value')}, and line {self.start} has {other}"
            whole, half = ",".join(row), ",".join(row[:2])
            split = half if len(row) == 2 * width and _DECIMAL.fullmatch(half) else ""
            one = "" if separator != "," else whole if _THOUSANDS.fullmatch(whole) else split
            return refusal("bad-data", message, *(_readings(one, width) if one else [_EVERY, *[_QUOTED] * ("(" in whole)]))
        for before, after in pairwise(row) if separator in ", " else ():
            if after[:1] == "0" and _PADDED.fullmatch(f"{before},{after}") and (separator == "," or len(after) == 3):
                one = before + separator + after
                return refusal("bad-data", f"line {line} of {path} has `{one}`, which is one number, or two", *_readings(one))
        return None


def laid_out(lines: list[str], path: str) -> tuple[Layout, list[tuple[int, list[str]]]]:
    """The layout of a file by its lines, or the first of them, and their cells."""
    separator = _separator([line for line in lines if line.strip()][:SAMPLE] or [""], path)
    rows = split_lines(lines, separator, path)
    start, first = rows[0] if rows else (0, [])
    values = [_DATA.fullmatch(cell) or (not is_name(cell) and _value(cell) is not None) for cell in first]
    names = [] if any(values) else [plain_name(name) for name in first]
    return Layout(path, separator, names, start, len(first)), rows


def _separator(sample: list[str], path: str) -> str:
    """What splits all lines alike; else what splits some, and has the others refused."""
    for mark in "\t;, ":
        widths = {len(row) for _, row in split_lines(sample, mark, path, strict=False)}
        if len(widths) == 1 and widths != {1}:
            return mark
    return next((mark for mark in "\t;," if any(mark in line for line in sample)), ",")


def split_lines(
    lines: Iterable[str], separator: str, path: str, strict: bool = True, before: int = 0
) -> list[tuple[int, list[str]]]:
    """The cells of each line that has any, with its number; some lines stand ``before``."""
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=strict)
    try:
        return [(before + reader.line_num, [cell.strip() for cell in row]) for row in reader if any(map(str.strip, row))]
    except csv.Error as failure:
        raise refusal("bad-data", f"line {before + reader.line_num} of {path} is not CSV: {failure}") from None


def _value(text: str) -> Any:
    """The value of a number or a constant expression, in full; None, if a text is neither."""
    with suppress(ValueError):
        return number_in_full(text)
    with suppress(ExpressionError):
        return None if not text or _DATE.fullmatch(text) else read_constant(text)
    return None


def _readings(cell: str, columns: int = 1) -> list[str]:
    """How a number with a comma, or a blank, in it is written without."""
    plain, point = re.sub("[, ]", "", cell), re.sub("[, ]", ".", cell, count=1)
    if not _THOUSANDS.match(cell):
        return [f"if that is a decimal comma, write {point}{', or separate the columns by semicolons' * (columns > 1)}"]
    return [f"if that is one number, write {plain}"] + [f"if that is a decimal comma, write {point}"] * (cell.count(",") == 1)
