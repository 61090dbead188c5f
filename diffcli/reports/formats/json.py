"""JSON: one object, documented keys in a fixed order, floats that read back as themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diffcli.records import is_array
from diffcli.records.blocks import Document
from diffcli.reports.document import machine
from diffcli.reports.formats import Style

LARGE = 10_000
"""An object with a longer list in it, or as many elements of arrays, is written on one line, in a tenth of the time."""


def render(document: Document, style: Style) -> str:
    data = machine(document.data)
    elements = _elements(document.data)
    if elements > LARGE or _is_large(data):
        import json

        return json.dumps(data, allow_nan=False)
    return json_text(data, "\n", rows=elements > 0)


def json_text(value: Any, line: str = "\n", rows: bool = False) -> str:
    """A value over several lines, as `json.dumps` writes it; under ``rows`` a list of numbers stands on one.

    (The modules of `json` would take longer to import than most gradients to compute; they are for texts with escapes.)
    """
    if isinstance(value, str):
        if value.isascii() and value.isprintable() and '"' not in value and "\\" not in value:
            return f'"{value}"'
        import json

        return json.dumps(value)
    if isinstance(value, dict):
        parts = [f"{json_text(str(key), '', rows)}: {json_text(item, line + '  ', rows)}" for key, item in value.items()]
        return _over_lines("{}", parts, line)
    if isinstance(value, list):
        parts = [json_text(item, line + "  ", rows) for item in value]
        return f"[{', '.join(parts)}]" if rows and all(map(_is_number, value)) else _over_lines("[]", parts, line)
    if isinstance(value, float):
        return float.__repr__(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return int.__repr__(value)


def _over_lines(brackets: str, parts: list[str], line: str) -> str:
    return f"{brackets[0]}{line}  {f',{line}  '.join(parts)}{line}{brackets[1]}" if parts else brackets


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return value in ("nan", "inf", "-inf")
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_large(data: dict[str, Any]) -> bool:
    lists = [*data.values(), *data.get("trace", {}).values()]
    return any(len(item) > LARGE for item in lists if isinstance(item, list))


def _elements(data: Any) -> int:
    """How many elements the arrays in an object have together."""
    waiting, found = [data], 0
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            waiting.extend(item)
        elif is_array(item):
            found += item.size
    return found
