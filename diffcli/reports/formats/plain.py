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
            lines += ["\t".join(" ".join(cell.split()) for cell in row) for row in cells(block, style)]
            parts.append("\n".join(lines))
        elif isinstance(block, Text) and block.role == "code":
            parts.append(block.text)
    return "\n\n".join(part for part in parts if part) + "\n"


def quiet(document: Document, style: Style) -> str:
    """The result alone: a name and a number a line; of a check, a name and a verdict."""
    if document.findings is not None:
        return "".join(f"{found.name}\t{found.verdict}\n" for found in document.findings)
    return document.alone or "".join(f"{name}\t{number(found, style.exact)}\n" for name, found in document.numbers())
