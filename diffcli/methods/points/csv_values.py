"""CSV as an array: lines of numbers, after a line of names if there is one."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from typing import Any

from diffcli.methods.points.bad_file import BadFile


def read_csv(text: str, path: str) -> Any:
    """One column as a vector, several as a matrix, in float64.

    Columns are separated by commas, semicolons, tabs or blanks. Empty lines and those that begin with ``#`` are passed
    over, and so is a first line that holds no number at all.

    Raises
    ------
    BadFile
        A line holds something else than finite numbers, or more or fewer of them than those before it.

    >>> read_csv("a,b\\n1,2\\n3,4\\n", "data.csv").tolist(), read_csv("1\\n\\n2\\n", "data.csv").tolist()
    ([[1.0, 2.0], [3.0, 4.0]], [1.0, 2.0])
    """
    from diffcli.operations.arithmetic.array_files import to_array

    lines = ["" if line.lstrip().startswith("#") else line.strip(" ") for line in text.splitlines()]
    separator = _separator([line for line in lines if line.strip()][:2])
    rows: list[list[float]] = []
    named = False
    for line, cells in _records(lines, separator, path):
        if not rows and not named and not any(map(_is_number, cells)):
            named = True
            continue
        try:
            row = list(map(float, cells))
        except ValueError:
            row = [math.nan]
        if not all(map(math.isfinite, row)):
            raise _bad_cell(path, line, cells, separator)
        if rows and len(row) != len(rows[0]):
            count = f"{len(row)} number{'s' * (len(row) != 1)}"
            raise BadFile("bad-data", f"line {line} of {path} has {count}, and there are {len(rows[0])} in those before it")
        rows.append(row)
    if not rows:
        raise BadFile("bad-data", f"{path} holds no numbers, only {'a line of names' if named else 'remarks'}")
    width = len(rows[0])
    shape = (len(rows),) if width == 1 else (len(rows), width)
    return to_array((number for row in rows for number in row), shape)


def _separator(lines: list[str]) -> str:
    """What separates the columns, from the first two lines, the first of which may hold names."""
    sample = lines[-1] if lines else ""
    return next((mark for mark in ("\t", ";", ",", " ") if mark in sample), ",")


def _records(lines: list[str], separator: str, path: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that are not empty, each with its number, as cells."""
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield reader.line_num, cells
    except csv.Error as failure:
        raise BadFile("bad-data", f"line {reader.line_num} of {path} is not CSV: {failure}") from None


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _bad_cell(path: str, line: int, cells: list[str], separator: str) -> BadFile:
    """The first cell of a line that is no finite number."""
    column = next(place for place, cell in enumerate(cells) if not _is_number(cell) or not math.isfinite(float(cell)))
    cell = cells[column].strip()
    where = f"line {line}, column {column + 1} of {path}"
    if not cell:
        return BadFile("bad-data", f"{where} is empty, where a number is needed")
    shown = cell if len(cell) <= 40 else f"{cell[:37]}..."
    finite = "a finite number" if _is_number(cell) else "a number"
    help = ["write numbers with a decimal point, as 1.5"] if _is_number(cell.replace(",", ".")) and "," in cell else []
    return BadFile("bad-data", f"{where} is `{shown}`, not {finite}", *help)
