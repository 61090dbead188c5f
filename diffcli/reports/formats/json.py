"""JSON: one object, documented keys in a fixed order, floats that read back as themselves."""

from __future__ import annotations

import json

from diffcli.reports.document import Document, Style, machine


def render(document: Document, style: Style) -> str:
    return json.dumps(machine(document.data), allow_nan=False, indent=None if style.width < 0 else 2)
