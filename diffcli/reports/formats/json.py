"""JSON: one object, documented keys in a fixed order, floats that read back as themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from diffcli.records import is_array
from diffcli.reports.document import Document, machine
from diffcli.reports.formats import Style

LARGE = 10_000
"""An object with a longer list in it, or as many elements of arrays, is written on one line, in a tenth of the time."""

_ROW = re.compile(r'\[\n\s+((?:(?:-?[\d.]+(?:e[-+]?\d+)?|"nan"|"-?inf")(?:,\s+|\s+(?=\])))+)\]')
"""A list of numbers over several lines. No text in JSON has the end of a line in it, so none is taken for one."""


def render(document: Document, style: Style) -> str:
    data = machine(document.data)
    elements = _elements(document.data)
    if elements > LARGE or _is_large(data):
        return json.dumps(data, allow_nan=False)
    text = json.dumps(data, allow_nan=False, indent=2)
    return _ROW.sub(lambda found: f"[{' '.join(found[1].split())}]", text) if elements else text


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
