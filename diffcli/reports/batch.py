"""The report of a table: how many points, what is to be said of them, and the range of each result."""

from __future__ import annotations

from typing import Any

from diffcli.errors import counted
from diffcli.records.blocks import Block, Cell, Document, Table, Text, numbers, texts


def batch_report(expression: str, data: str, path: str, summary: Any) -> Document:
    """The document of a run over a table, whose results are in a file."""
    blocks: list[Block] = [Text(f"f = {expression} at every row of {data}", "heading")]
    rows: list[tuple[Cell, ...]] = [("points", f"{summary.points:,}"), ("written to", path)]
    if summary.resumed or summary.anew:
        why = f"{summary.resumed:,} rows were there" if summary.resumed else f"began anew: {summary.anew}"
        rows.append(("resumed", why))
    if summary.bad:
        rows.append(("bad rows", f"{summary.bad:,}, the first: {summary.first_bad}"))
    blocks.append(Table("table", texts("", ""), tuple(rows)))
    if summary.flags:
        columns = (*texts("flag"), *numbers("rows", "first row"))
        blocks.append(Table("flags", columns, tuple((name, *pair) for name, pair in summary.flags.items())))
    ranges = [(name, *found) for name, found in summary.ranges.items() if found]
    if ranges:
        columns = (*texts("result"), *numbers("smallest", "in row", "largest", "in row"))
        blocks.append(Table("ranges", columns, tuple(ranges)))
    flags = {name: {"rows": count, "first_row": first} for name, (count, first) in summary.flags.items()}
    keys = ("smallest", "smallest_row", "largest", "largest_row")
    found = {name: dict(zip(keys, each, strict=True)) for name, *each in ranges}
    data_found = {
        "schema": "diffcli/batch@1", "expression": expression, "data": data, "output": path, "points": summary.points,
        "bad_rows": summary.bad, "resumed_rows": summary.resumed, "flags": flags, "ranges": found,
    }  # fmt: skip
    return Document(tuple(blocks), data_found)


def in_a_line(summary: Any) -> str:
    """The same in a line, where standard output has the results."""
    told = [counted(summary.points, "point")]
    if summary.bad:
        told.append(f"{counted(summary.bad, 'bad row')}, the first: {summary.first_bad}")
    told += [f"{name} at {counted(count, 'row')}, the first is {first}" for name, (count, first) in summary.flags.items()]
    return "; ".join(told)
