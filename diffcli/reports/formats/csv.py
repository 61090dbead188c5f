"""CSV: one table with its header line, the result if no other is asked for."""

from __future__ import annotations

import csv
import io

from diffcli.records.blocks import Document, Matrix, Table, Text, Values, texts
from diffcli.reports.document import cells, number
from diffcli.reports.formats import Style


def render(document: Document, style: Style) -> str:
    stream = io.StringIO()
    lines = tuple((line,) for block in document.blocks if isinstance(block, Text) for line in block.text.splitlines())
    for block in [*document.tables().values(), Table("", texts("text"), lines)][:1]:  # a report without a table is its text
        if isinstance(block, Values):
            rows = [["name", "value"], *[[name, number(found, style.exact)] for name, found in block.numbers()]]
        else:
            table = block.as_table(full=True, names=True) if isinstance(block, Matrix) else block
            titles = [column.title for column in table.columns]
            rows = [*([titles] if any(titles) else []), *cells(table, style)]
        csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()
