"""The report of the table of operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli.operations import Operation
from diffcli.reports.document import Column, Document, Table, Text

LEGEND = (
    "a, b, c are the operands, y the result; ties is the number of operands that equal y; absent is no dependence. "
    "At a kink the rule is the subgradient of least norm."
)


def functions_report(rows: Sequence[Operation], detailed: bool, compact: bool) -> Document:
    """All rows as one table (``compact`` leaves out what a terminal has no room for), or some in detail."""
    data = {"schema": "diffcli/functions@1", "functions": [_data(row) for row in rows]}
    if detailed:
        pair = (Column(""), Column(""))
        tables = tuple(Table(_signature(row), pair, tuple(_details(row))) for row in rows)
        return Document((*tables, Text(LEGEND, "dim")), data)
    titles = ["function", "derivative", "domain", "not differentiable where", *([] if compact else ["aliases", "meaning"])]
    columns = tuple(map(Column, titles))
    cells = []
    for row in rows:
        names = ", ".join([_signature(row), *(row.aliases if compact else ())])
        cell = (names, _partials(row), row.domain, _breaks(row), ", ".join(row.aliases), row.meaning)
        cells.append(cell[: len(titles)])
    return Document((Table("operations", columns, tuple(cells)), Text(LEGEND, "dim")), data)


def _signature(row: Operation) -> str:
    if not row.symbol:
        return f"{row.spelling}({', '.join(row.operands)})"
    return f"a {row.symbol} b" if len(row.operands) == 2 else f"{row.symbol} a"


def _partials(row: Operation) -> str:
    if len(set(row.partials)) == 1 and row.partials[0] == "absent":
        return "0" if row.flat else "absent"
    return " | ".join(part if ";" not in part else "a series near 0, else (cos(pi*a) - y)/a" for part in row.partials)


def _breaks(row: Operation) -> str:
    return ", ".join(f"{kind}: {condition}" for kind, condition in row.breaks)


def _details(row: Operation) -> list[tuple[str, str]]:
    lines = [("function", _signature(row)), ("meaning", row.meaning)]
    if row.aliases:
        lines.append(("also", ", ".join(row.aliases)))
    if row.definition:
        lines.append(("definition", row.definition))
    if row.value:
        lines.append(("computed as", row.value))
    for parameter, partial in zip(row.parameters, row.partials, strict=True):
        lines.append((f"derivative by {parameter}", partial))
    if row.domain:
        lines.append(("domain", row.domain))
    lines += [(kind, condition) for kind, condition in row.breaks]
    if row.flat:
        lines.append(("flat", "its derivative is 0 almost everywhere"))
    return lines


def _data(row: Operation) -> dict[str, Any]:
    return {
        "name": row.spelling, "row": row.name, "operands": list(row.operands), "aliases": list(row.aliases),
        "symbol": row.symbol or None, "meaning": row.meaning, "definition": row.definition or None,
        "partials": [None if partial == "absent" else partial for partial in row.partials],
        "domain": row.domain or None, "breaks": [{"kind": kind, "where": where} for kind, where in row.breaks],
        "flat": row.flat,
    }  # fmt: skip
