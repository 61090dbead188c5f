"""The report of the tables of operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli.operations import Operation
from diffcli.operations.array_row import ArrayOperation
from diffcli.records.blocks import Column, Document, Table, Text
from diffcli.reports.array_functions import LEGEND as ARRAY_LEGEND
from diffcli.reports.array_functions import array_data, array_table, array_tables

LEGEND = (
    "a, b, c are the operands, y the result; ties is the number of operands that equal y; absent is no dependence. "
    "At a kink the rule is the subgradient of least norm."
)


def functions_report(
    rows: Sequence[Operation], detailed: bool, compact: bool, of_arrays: Sequence[ArrayOperation] = ()
) -> Document:
    """All rows as two tables (``compact`` leaves out what a terminal has no room for), or some in detail."""
    data = {
        "schema": "diffcli/functions@1",
        "functions": [_data(row) for row in rows],
        "array_functions": [array_data(row) for row in of_arrays],
    }
    if detailed:
        pair = (Column(""), Column(""))
        tables = tuple(Table(_signature(row), pair, tuple(_details(row))) for row in rows)
        legends = [Text(LEGEND, "dim")] * bool(rows) + [Text(ARRAY_LEGEND, "dim")] * bool(of_arrays)
        return Document((*tables, *array_tables(of_arrays), *legends), data)
    titles = ["function", "derivative", "domain", "not differentiable where", *([] if compact else ["aliases", "meaning"])]
    columns = tuple(map(Column, titles))
    cells = []
    for row in rows:
        names = ", ".join([_signature(row), *(row.aliases if compact else ())])
        cell = (names, _partials(row), row.domain, _breaks(row), ", ".join(row.aliases), row.meaning)
        cells.append(cell[: len(titles)])
    table = Table("operations on numbers, and on each element of arrays", columns, tuple(cells))
    return Document((table, Text(LEGEND, "dim"), array_table(compact), Text(ARRAY_LEGEND, "dim")), data)


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
