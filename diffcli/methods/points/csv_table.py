"""CSV: a table of numbers, with a line of names or without; one reading of it for ``x=@data.csv`` and for ``--points``.

The columns are separated by the first of tab, semicolon, comma and blanks that splits all lines alike. A cell is a number or
a constant expression; ``0,5`` is read as 0.5 where it cannot be taken for thousands. Empty lines and those that begin with
``#`` are passed over. What does not fit is refused, with its line and, where two readings are possible, with both.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise

from diffcli._named import NamedTuple
from diffcli.errors import ExpressionError, counted, did_you_mean
from diffcli.language.parsing.tokens import is_name, plain_name
from diffcli.methods.points.file_text import bad_file
from diffcli.methods.points.points import read_number

SAMPLE = 20
"""So many lines say what separates the columns."""

_DECIMAL = re.compile(r"[+-]?(\d+,\d*|,\d+)([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")
_CUT = re.compile(r"[+-]?[1-9]\d{0,2}[, ]0\d\d")
"""Two cells that are one number with its thousands apart: nobody writes 5 as 005."""

_BOTH = re.compile(r"([+-]?\d[\d,.]*)[,.](\d+)")
_DATE = re.compile(r"\d+-\d+.*|\d+/\d+/.*")
"""What could be computed, and is no number: 2025-01-31 is a date, 10-20 a range."""


class CsvTable(NamedTuple):
    """The cells of a file: each row with the number of its line, as wide as the first one."""

    path: str
    names: list[str]
    """Empty, if there is no line of names."""
    rows: list[tuple[int, list[str]]]
    width: int

    def columns(self, asked: str) -> list[int]:
        """The places of the columns that are asked for: a name, or several with commas; all, if none is.

        Raises
        ------
        UsageError
            There is no such column, there are two, or none has a name.
        """
        if not asked and "" not in self.names:
            return list(range(self.width))
        if not asked:
            place = self.names.index("") + 1
            raise bad_file("bad-data", f"column {place} of {self.path} has no name", f"choose columns by their names, as {self.path}:NAME")
        if not self.names:
            raise bad_file("bad-data", f"{self.path} has no line of names, and its column `{asked}` is asked for")
        wanted = [asked] if asked in self.names else [plain_name(name.strip()) for name in asked.split(",")]
        for name in wanted:
            if name not in self.names:
                help = (*did_you_mean(name, self.names), f"its columns: {', '.join(self.names[:8])}")
                raise bad_file("bad-data", f"{self.path} has no column `{name}`", *help)
            if self.names.count(name) > 1:
                raise bad_file("bad-data", f"{self.path} has the column `{name}` twice")
        return [self.names.index(name) for name in wanted]

    def numbers(self, columns: Sequence[int]) -> list[list[float]]:
        """The numbers in some columns, row by row.

        Raises
        ------
        UsageError
            A cell is no finite number, or can be read as two.
        """
        commas = [cell for _, row in self.rows for place in columns if "," in (cell := row[place]) and _DECIMAL.fullmatch(cell)]
        decimal = not all(map(_THOUSANDS.fullmatch, commas))
        return [self._numbers(line, row, columns, decimal) for line, row in self.rows]

    def _numbers(self, line: int, row: list[str], columns: Sequence[int], decimal: bool) -> list[float]:
        with suppress(ValueError):  # most rows are plain numbers, in a third of the time
            found = [float(row[place]) for place in columns]
            if not decimal and math.isfinite(sum(found)) and 0.0 not in found:
                return found
        return [self._number(line, place, row[place], decimal) for place in columns]

    def _number(self, line: int, place: int, cell: str, decimal: bool) -> float:
        """The number of a cell, in a table that has decimal commas or has none."""
        is_decimal = decimal and _DECIMAL.fullmatch(cell)
        number = _value(cell.replace(",", ".") if is_decimal else cell)
        if number and math.isfinite(number) and not (decimal and "." in cell):
            return number
        shown = cell if len(cell) <= 40 else f"{cell[:37]}..."
        fault, help = f"`{shown}`, not a number", ["put # before a line that is to be passed over"]
        if not cell:
            fault, help = "empty, where a number is needed", []
        elif "," in cell and "." in cell and (parts := _BOTH.fullmatch(cell)):
            fault, help = f"`{shown}`, with a comma and a point", [f"write {re.sub('[,.]', '', parts[1])}.{parts[2]}"]
        elif _THOUSANDS.fullmatch(cell):
            fault, help = f"`{shown}`, which can be read in two ways", _readings(cell)
        elif decimal and "." in cell:
            fault, help = f"`{shown}`, where other cells have decimal commas", ["write all numbers with a point"]
        elif number == 0:
            if not cell.lower().partition("e")[0].strip("+-0.,_") or not _is_plain(cell):
                return number
            fault, help = f"`{shown}`, which is below the range of a float", ["write 0"]
        elif number is not None:
            fault, help = f"`{shown}`, not a finite number", []
        raise bad_file("bad-data", f"line {line}, column {place + 1} of {self.path} is {fault}", *help)


def read_table(text: str, path: str) -> CsvTable:
    """The table that a text is.

    Raises
    ------
    UsageError
        It holds no numbers, a line has more or fewer cells than the first, or is not CSV.

    >>> table = read_table("speed;time\\n0,5;1\\n1,25;2\\n", "data.csv")
    >>> table.names, table.numbers([0])
    (['speed', 'time'], [[0.5], [1.25]])
    """
    lines = [line.strip(" ") for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    lines = ["" if line.lstrip().startswith("#") else line for line in lines]
    separator = _separator([line for line in lines if line.strip()][:SAMPLE] or [""], path)
    rows = _split(lines, separator, path)
    if not rows:
        raise bad_file("bad-data", f"{path} holds no numbers, only remarks")
    start, first = rows[0]
    named = not any(map(_is_value, first))
    for line, row in rows:
        if len(row) != len(first):
            other = counted(len(first), "name") if named else str(len(first))
            message = f"line {line} of {path} has {counted(len(row), 'value')}, and line {start} has {other}"
            joined = whole if _THOUSANDS.fullmatch(whole := ",".join(row)) else ",".join(row[:2])
            split = separator == "," and len(row) > len(first) and _DECIMAL.match(joined)
            raise bad_file("bad-data", message, *(_readings(joined) if split else ["every line has a value for each column"]))
        for one, other in pairwise(row) if separator in ", " else ():
            if len(other) == 3 and _CUT.fullmatch(both := f"{one}{separator}{other}"):
                raise bad_file("bad-data", f"line {line} of {path} has `{both}`, which is one number, or two", *_readings(both))
    if named and len(rows) == 1:
        raise bad_file("bad-data", f"{path} holds no numbers, only a line of names")
    return CsvTable(path, [plain_name(name) for name in first] if named else [], rows[named:], len(first))


def _separator(sample: list[str], path: str) -> str:
    """What splits all lines alike; else what some are split by, and the others refused for."""
    for mark in "\t;, ":
        widths = {len(row) for _, row in _split(sample, mark, path, strict=False)}
        if len(widths) == 1 and widths != {1}:
            return mark
    marks = [mark for mark in "\t;," if mark in sample[0]] or [mark for mark in "\t;," if any(mark in line for line in sample)]
    return (marks or [" " if len(sample) > 1 and all(" " in line for line in sample[1:]) else ","])[0]


def _split(lines: list[str], separator: str, path: str, strict: bool = True) -> list[tuple[int, list[str]]]:
    """The cells of each line that has any, with its number."""
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=strict)
    try:
        return [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(map(str.strip, row))]
    except csv.Error as failure:
        raise bad_file("bad-data", f"line {reader.line_num} of {path} is not CSV: {failure}") from None


def _is_value(cell: str) -> bool:
    """Whether a cell of the first line is a value rather than a name; pi and e are names there."""
    return not is_name(cell) and bool(_DECIMAL.fullmatch(cell) or _value(cell) is not None)


def _is_plain(cell: str) -> bool:
    """Whether a cell is a number rather than an expression such as ``sin(0)``."""
    return all(character in "0123456789.,+-_eE" for character in cell)


def _value(text: str) -> float | None:
    """The value of a number or a constant expression; None, if a text is neither."""
    with suppress(ValueError):
        return float(text)
    try:
        return read_number(text, "value") if text and not _DATE.fullmatch(text) else None
    except ExpressionError:
        return None


def _readings(cell: str) -> list[str]:
    """How a number with a comma, or a blank, in it is written without."""
    plain, point = re.sub("[, ]", "", cell), re.sub("[, ]", ".", cell, count=1)
    if not _THOUSANDS.match(cell.replace(" ", ",")):
        return [f"if that is a decimal comma, write {point}, or separate the columns by semicolons"]
    return [f"if that is one number, write {plain}"] + [f"if that is a decimal comma, write {point}"] * (cell.count(",") == 1)
