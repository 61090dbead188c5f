"""The texts of data files as values: CSV and JSON, and what is wrong with a file of either kind."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from diffcli.errors import UsageError, counted
from diffcli.methods.points.file_text import bad_file

# A file may hold numbers only: what makes arrays is imported where one is met.


def finite_array(value: Any, path: str) -> Any:
    """The value, if all of its elements are finite."""
    from diffcli.methods.points.arrays import element
    from diffcli.operations.arithmetic.array_files import first_nonfinite

    number, place = value, None
    if not isinstance(value, float):
        place = first_nonfinite(value)
        if place is None:
            return value
        number = float(value[place])
    if math.isfinite(number):
        return value
    where = f" at {element('', place)}" if place else ""
    raise bad_file("bad-data", f"{path} holds {number}{where}, not a finite number", *["indices count from 0"] * bool(place))


# -- CSV ---------------------------------------------------------------------------------------------------------------


def read_csv(text: str, path: str) -> Any:
    """One column as a vector, several as a matrix, in float64; a first line that holds no number at all is passed over.

    Raises
    ------
    UsageError
        A line holds something else than finite numbers, or more or fewer of them than those before it.

    >>> read_csv("a,b\\n1,2\\n3,4\\n", "data.csv").tolist(), read_csv("1\\n\\n2\\n", "data.csv").tolist()
    ([[1.0, 2.0], [3.0, 4.0]], [1.0, 2.0])
    """
    from diffcli.operations.arithmetic.array_files import to_array

    rows: list[list[Any]] = []
    named = False
    for line, cells in csv_lines(text, path, "\t;, "):
        row = list(map(_number, cells))
        if not rows and not named and row.count(None) == len(row):
            named = True
            continue
        for column, (cell, number) in enumerate(zip(cells, row, strict=True), 1):
            if number is None or not math.isfinite(number):
                raise _bad_cell(f"line {line}, column {column} of {path}", cell.strip(), number)
        if rows and len(row) != len(rows[0]):
            count = counted(len(row), "number")
            raise bad_file("bad-data", f"line {line} of {path} has {count}, and there are {len(rows[0])} in those before it")
        rows.append(row)
    if not rows:
        raise bad_file("bad-data", f"{path} holds no numbers, only {'a line of names' if named else 'remarks'}")
    width = len(rows[0])
    shape = (len(rows),) if width == 1 else (len(rows), width)
    return to_array((number for row in rows for number in row), shape)


def csv_lines(text: str, path: str, separators: str = "\t;,") -> Iterator[tuple[int, list[str]]]:
    """The cells of each line, with its number. Empty lines and those that begin with ``#`` are passed over.

    The columns are separated by the first of ``separators`` that stands in both of the first two lines (the first may hold
    names), or else in the second; a blank between numbers counts only if nothing else does.

    Raises
    ------
    UsageError
        A quotation mark is not closed, or the like.
    """
    lines = ["" if line.lstrip().startswith("#") else line.strip(" ") for line in text.splitlines()]
    sample = [line for line in lines if line.strip()][:2] or [""]
    both = [mark for mark in separators if mark != " " and all(mark in line for line in sample)]
    separator = next((mark for mark in [*both, *separators] if mark in sample[-1]), ",")
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield reader.line_num, cells
    except csv.Error as failure:
        raise bad_file("bad-data", f"line {reader.line_num} of {path} is not CSV: {failure}") from None


def _number(cell: str) -> float | None:
    """The number of a cell; None if it is none."""
    try:
        return float(cell)
    except ValueError:
        return None


def _bad_cell(where: str, cell: str, number: float | None) -> UsageError:
    """The error about a cell that is no finite number."""
    if not cell:
        return bad_file("bad-data", f"{where} is empty, where a number is needed")
    shown = cell if len(cell) <= 40 else f"{cell[:37]}..."
    wanted = "a number" if number is None else "a finite number"
    help = ["write numbers with a decimal point, as 1.5"] if "," in cell and _number(cell.replace(",", ".")) is not None else []
    return bad_file("bad-data", f"{where} is `{shown}`, not {wanted}", *help)


# -- JSON --------------------------------------------------------------------------------------------------------------


def read_json(text: str, path: str, name: str) -> Any:
    """The value of one name: the number or the nested lists that a text holds, alone or under that name."""
    data = point_of(parse_json(text, path))
    if isinstance(data, dict):
        if name not in data:
            names = ", ".join(list(data)[:8])
            message = f"{path} holds an object without `{name}`"
            raise bad_file("bad-data", message, f"its names: {names}", f"a whole point is given alone, as @{path}")
        data = data[name]
    return json_value(data, name, path)


def parse_json(text: str, path: str) -> Any:
    """JSON as it is. A name that stands twice in an object is an error.

    Raises
    ------
    UsageError
        It is no JSON.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name in found:
                raise bad_file("bad-data", f"{path} gives the name `{name}` twice")
            found[name] = value
        return found

    try:
        return json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as failure:
        reason = f"{failure.msg[:1].lower()}{failure.msg[1:]}"
        raise bad_file("bad-data", f"line {failure.lineno}, column {failure.colno} of {path} is not JSON: {reason}") from None
    except RecursionError:
        raise bad_file("bad-data", f"{path} is nested too deep") from None
    except ValueError:
        raise bad_file("bad-data", f"{path} holds an integer of thousands of digits, beyond the range of a float") from None


def point_of(data: Any) -> Any:
    """The point at which a result of diffcli was made; what is no such result as it is."""
    if isinstance(data, dict) and str(data.get("schema", "")).startswith("diffcli/") and isinstance(data.get("at"), dict):
        return data["at"]
    return data


def json_value(data: Any, name: str, path: str) -> Any:
    """A number or nested lists, as a float or an array; what else there is, such as a text, as it is."""
    if isinstance(data, Mapping) or data is None:
        raise bad_file("bad-data", f"`{name}` in {path} is {kind_of(data)}, not a number or nested lists of numbers")
    if isinstance(data, str):
        return data
    if not isinstance(data, list):
        return _finite(data, name, path)
    from diffcli.methods.points.arrays import Ragged, nested_array

    try:
        array = nested_array(name, data, lambda element, number: _finite(number, element, path))
    except Ragged as found:
        raise bad_file("bad-data", f"the lists in {path} do not fit: {found.message}") from None
    return finite_array(array, path)


def _finite(number: Any, name: str, path: str) -> float:
    if not isinstance(number, int | float):
        raise bad_file("bad-data", f"`{name}` in {path} is {kind_of(number)}, not a number")
    try:
        found = float(number)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise bad_file("bad-data", f"`{name}` in {path} is {found}, not a finite number")
    return found


def kind_of(data: Any) -> str:
    if isinstance(data, str):
        return f"the text {data if len(data) <= 40 else data[:37] + '...'!r}"
    return {dict: "an object", list: "a list", type(None): "null"}.get(type(data), "a number")
