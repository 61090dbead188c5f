"""Markdown: GitHub tables, with everything that a cell could be mistaken for escaped."""

from __future__ import annotations

import re
from typing import Any

from diffcli.records import is_array, is_large
from diffcli.records.blocks import Block, Document, Matrix, Table, Text, Values
from diffcli.reports.document import cells, hidden_text, number
from diffcli.reports.formats import Style


def render(document: Document, style: Style) -> str:
    return "\n\n".join(part for part in (_block(block, style) for block in document.blocks) if part) + "\n"


def _block(block: Block, style: Style) -> str:
    if isinstance(block, Text):
        return _text(block)
    if isinstance(block, Values):
        rows = []
        for value in block.values:
            shown = _array(value.number, style) if is_array(value.number) else number(value.number, style.exact)
            rows.append([f"`{value.label}`", shown + f" ({escape(value.remark)})" * bool(value.remark)])
        return _table(["", "value"], [False, True], rows)
    if isinstance(block, Matrix):
        return _full_table(block.as_table(style.full), style)
    if not isinstance(block, Table):
        from diffcli.reports.plots.canvas import as_text  # few reports have a figure

        title = f"### {escape(block.title)}\n\n" if block.title else ""
        return f"{title}```\n{as_text(block, style.width, style.unicode)}\n```"
    return f"### {escape(block.title)}\n\n{_full_table(block, style)}" if block.title else _full_table(block, style)


def _array(array: Any, style: Style) -> str:
    from diffcli.language.writing.array_text import array_text, shape_text, summary_text  # few reports have one

    if is_large(array) and not style.full:
        return escape(f"{shape_text(array.shape)}, {summary_text(array, style.rounded())}")
    return escape(array_text(array, style.exact))


def _text(block: Text) -> str:
    if block.role == "math":
        return f"$$\n{block.text}\n$$"
    if block.role == "code":
        return f"```\n{block.text}\n```"
    if block.role == "erratum":
        return "\n>\n".join(f"> {escape(line)}" for line in block.text.splitlines())
    return ("## " if block.role == "heading" else "") + escape(block.text)


def _full_table(table: Table, style: Style) -> str:
    rows = [[escape(cell) for cell in row] for row in cells(table, style)]
    if table.hidden:
        rows.insert(table.hidden_after, [escape(hidden_text(table)), *[""] * (len(table.columns) - 1)])
    return _table([escape(column.title) for column in table.columns], [column.numeric for column in table.columns], rows)


def _table(titles: list[str], numeric: list[bool], rows: list[list[str]]) -> str:
    lines = [titles, ["---:" if right else ":---" for right in numeric], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def escape(text: str) -> str:
    """A text that Markdown shows as it is."""
    return re.sub(r"([\\`*_{}\[\]<>|#~$])", r"\\\1", " ".join(text.split()))
