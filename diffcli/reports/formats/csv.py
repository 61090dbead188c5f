"""CSV: the result and each table, with a header line each and a blank line between them."""

from __future__ import annotations

import csv
import io

from diffcli.records.blocks import Document, Matrix, Table, Values
from diffcli.reports.document import cells, number
from diffcli.reports.formats import Style


def render(document: Document, style: Style) -> str:
    parts = []
    for block in document.results_first():
        rows: list[list[str]] = []
        if isinstance(block, Values):
            rows = [["name", "value"], *[[name, number(found, style.exact)] for name, found in block.numbers()]]
        elif isinstance(block, Table | Matrix):
            block = block.as_table(full=True, names=True) if isinstance(block, Matrix) else block
            titles = [column.title for column in block.columns]
            rows = [*([titles] if any(titles) else []), *cells(block, style)]
        if rows:
            stream = io.StringIO()
            csv.writer(stream, lineterminator="\n").writerows(rows)
            parts.append(stream.getvalue())
    return "\n".join(parts)
