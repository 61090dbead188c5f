"""The texts of JSON files as values, and what is wrong with them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from diffcli.errors import refusal
from diffcli.records import finite_float

# A file may hold numbers only: what makes arrays is imported where one is met.


def finite_array(value: Any, path: str) -> Any:
    """The value, if all of its elements are finite."""
    from diffcli.methods.points.arrays import element
    from diffcli.operations.arithmetic.array_files import first_nonfinite

    place = first_nonfinite(value) if not isinstance(value, float) else None if math.isfinite(value) else ()
    if place is None:
        return value
    number, where = (float(value[place]), f" at {element('', place)}") if place else (value, "")
    raise refusal("bad-data", f"{path} holds {number}{where}, not a finite number", *["indices count from 0"] * bool(place))


def read_json(text: str, path: str, name: str) -> Any:
    """The value of one name: the number or the nested lists that a text holds, alone or under that name."""
    data = point_of(parse_json(text, path))
    if isinstance(data, dict):
        if name not in data:
            names = ", ".join(list(data)[:8])
            message = f"{path} holds an object without `{name}`"
            raise refusal("bad-data", message, f"its names: {names}", f"a whole point is given alone, as @{path}")
        data = data[name]
    return json_value(data, name, path)


def parse_json(text: str, path: str) -> Any:
    """JSON as it is; a `UsageError` where it is none, or a name stands twice in an object."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name in found:
                raise refusal("bad-data", f"{path} gives the name `{name}` twice")
            found[name] = value
        return found

    if not text.strip():
        raise refusal("bad-data", f"{path} is empty")
    try:
        return json.loads(text, object_pairs_hook=once, parse_float=number_in_full)
    except json.JSONDecodeError as failure:
        reason = f"{failure.msg[:1].lower()}{failure.msg[1:]}"
        raise refusal("bad-data", f"line {failure.lineno}, column {failure.colno} of {path} is not JSON: {reason}") from None
    except RecursionError:
        raise refusal("bad-data", f"{path} is nested too deep") from None
    except ValueError:
        raise refusal("bad-data", f"{path} holds an integer of thousands of digits, beyond the range of a float") from None


def number_in_full(text: str) -> float | Decimal:
    """The float that a text is, or the number itself where that is 0 or infinite; `ValueError`, if the text is no number."""
    if not text.isascii():  # Python reads the digits of every script
        raise ValueError(text)
    number = float(text)
    if 0 < abs(number) < math.inf:
        return number
    try:
        return Decimal(text)
    except InvalidOperation:  # no Decimal has such an exponent: any that no float has is as good
        return Decimal("1e999" if number else "1e-999") if Decimal(text.lower().partition("e")[0]) else number


def point_of(data: Any) -> Any:
    """The point at which a result of diffcli was made; what is no such result as it is."""
    if isinstance(data, dict) and str(data.get("schema", "")).startswith("diffcli/") and isinstance(data.get("at"), dict):
        return data["at"]
    return data


def json_value(data: Any, name: str, path: str) -> Any:
    """A number or nested lists, as a float or an array; what else there is, such as a text, as it is."""
    if isinstance(data, Mapping) or data is None:
        raise refusal("bad-data", f"`{name}` in {path} is {kind_of(data)}, not a number or nested lists of numbers")
    if isinstance(data, str) and not data.lstrip().startswith("@"):  # data ask for no other file
        return data
    if not isinstance(data, list):
        return _finite(data, name, path)
    from diffcli.methods.points.arrays import Ragged, nested_array

    try:
        array = nested_array(name, data, lambda element, number: _finite(number, element, path))
    except Ragged as found:
        raise refusal("bad-data", f"the lists in {path} do not fit: {found.message}") from None
    return finite_array(array, path)


def _finite(number: Any, name: str, path: str) -> float:
    if not isinstance(number, int | float | Decimal):
        raise refusal("bad-data", f"`{name}` in {path} is {kind_of(number)}, not a number")
    try:
        return finite_float(number)
    except (OverflowError, ValueError) as fault:
        raise refusal("bad-data", f"`{name}` in {path} is {fault}") from None


def kind_of(data: Any) -> str:
    if isinstance(data, str):
        return f"the text {data if len(data) <= 40 else data[:37] + '...'!r}"
    return {dict: "an object", list: "a list", type(None): "null"}.get(type(data), "a number")
