"""Plain text for scripts: tab-separated, every digit, one record a line, a blank line between parts."""

from __future__ import annotations

from diffcli.records.blocks import Document, Matrix, Table, Text, Values
from diffcli.reports.document import cells, number
from diffcli.reports.formats import Style


def render(document: Document, style: Style) -> str:
    parts = []
    for block in document.results_first():
        if isinstance(block, Values | Matrix):
            parts.append("\n".join(f"{name}\t{number(found, style.exact)}" for name, found in block.numbers()))
        elif isinstance(block, Table):
            titles = [column.title for column in block.columns]
            lines = ["\t".join(titles)] if any(titles) else []
            parts.append("\n".join([*lines, *_lines(block, style)]))
        elif isinstance(block, Text) and block.role == "code":
            parts.append(block.text)
    return "\n\n".join(part for part in parts if part) + "\n"


def _lines(table: Table, style: Style) -> list[str]:
    return ["\t".join(" ".join(cell.split()) for cell in row) for row in cells(table, style)]


def quiet(document: Document, style: Style) -> str:
    """The result alone: a name and a number a line; of a check, a name and a verdict; else the rows of its tables."""
    if document.findings is not None:
        return "".join(f"{found.name}\t{found.verdict}\n" for found in document.findings)
    if found := document.alone or "".join(f"{name}\t{number(value, style.exact)}\n" for name, value in document.numbers()):
        return found
    tables = [block for name, block in document.tables().items() if isinstance(block, Table) and document.main in ("", name)]
    return "".join(f"{row}\n" for table in tables for row in _lines(table, style)) or render(document, style)
