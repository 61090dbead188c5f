"""JSON: one object, documented keys in a fixed order, floats that read back as themselves."""

from __future__ import annotations

import json
from typing import Any

from diffcli.reports.document import Document, Style, machine

LARGE = 10_000
"""An object with a longer list in it is written on one line, which takes a tenth of the time."""


def render(document: Document, style: Style) -> str:
    data = machine(document.data)
    return json.dumps(data, allow_nan=False, indent=None if _is_large(data) else 2)


def _is_large(data: dict[str, Any]) -> bool:
    lists = [*data.values(), *data.get("trace", {}).values()]
    return any(len(item) > LARGE for item in lists if isinstance(item, list))
