"""JSON as values: a number, nested lists of numbers, or an object from names to such values."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from diffcli.methods.points.bad_file import BadFile, require_finite
from diffcli.methods.points.nested import Ragged, element, flatten, unravel


def read_json(text: str, path: str, name: str) -> Any:
    """The value of one name: the number or the nested lists that a text holds, alone or under that name."""
    data = point_of(parse_json(text, path))
    if isinstance(data, dict):
        if name not in data:
            names = ", ".join(list(data)[:8])
            message = f"{path} holds an object without `{name}`"
            raise BadFile("bad-data", message, f"its names: {names}", f"a whole point is given alone, as @{path}")
        data = data[name]
    return json_value(data, name, path)


def parse_json(text: str, path: str) -> Any:
    """JSON as it is. A name that stands twice in an object is an error.

    Raises
    ------
    BadFile
        It is no JSON.
    """
    try:
        return json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as failure:
        reason = f"{failure.msg[:1].lower()}{failure.msg[1:]}"
        raise BadFile("bad-data", f"line {failure.lineno}, column {failure.colno} of {path} is not JSON: {reason}") from None
    except _Twice as failure:
        raise BadFile("bad-data", f"{path} gives the name `{failure}` twice") from None
    except RecursionError:
        raise BadFile("bad-data", f"{path} is nested too deep") from None
    except ValueError:
        raise BadFile("bad-data", f"{path} holds an integer of thousands of digits, beyond the range of a float") from None


def point_of(data: Any) -> Any:
    """The point at which a result of diffcli was made; what is no such result as it is."""
    if isinstance(data, dict) and str(data.get("schema", "")).startswith("diffcli/") and isinstance(data.get("at"), dict):
        return data["at"]
    return data


class _Twice(Exception):
    """A name that stands twice in an object."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Twice(name)
        found[name] = value
    return found


def json_value(data: Any, name: str, path: str) -> Any:
    """A number or nested lists, as a float or an array; what else there is, such as a text, as it is."""
    if isinstance(data, Mapping) or data is None:
        raise BadFile("bad-data", f"`{name}` in {path} is {kind_of(data)}, not a number or nested lists of numbers")
    if isinstance(data, str):
        return data
    if not isinstance(data, list):
        return _finite(data, name, path)
    try:
        shape, numbers = flatten(data, name)
    except Ragged as found:
        raise BadFile("bad-data", f"the lists in {path} do not fit: {found.message}") from None
    from diffcli.operations.arithmetic.array_files import to_array

    for place, number in enumerate(numbers):
        if type(number) is not float:
            numbers[place] = _finite(number, element(name, unravel(place, shape)), path)
    array = to_array(numbers, shape)
    return require_finite(array, path)


def _finite(number: Any, name: str, path: str) -> float:
    if not isinstance(number, int | float):
        raise BadFile("bad-data", f"`{name}` in {path} is {kind_of(number)}, not a number")
    try:
        found = float(number)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise BadFile("bad-data", f"`{name}` in {path} is {found}, not a finite number")
    return found


def kind_of(data: Any) -> str:
    if isinstance(data, str):
        return f"the text {data if len(data) <= 40 else data[:37] + '...'!r}"
    return {dict: "an object", list: "a list", type(None): "null"}.get(type(data), "a number")
