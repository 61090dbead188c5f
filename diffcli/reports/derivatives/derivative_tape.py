"""The report of a derivative written out as a program: its rows, its results, and what it costs."""

from __future__ import annotations

from typing import Any

from diffcli.errors import counted
from diffcli.methods.traces.trace import ASCII, IN_LATEX, Notation
from diffcli.records import Operand
from diffcli.records.blocks import Block, Column, Table, Text, numbers
from diffcli.records.derivations import DerivativeTape
from diffcli.reports.derivatives.trace import operand_data, primal_formula, primal_value, trace_data
from diffcli.reports.document import data_of, number


def derivative_tape_blocks(found: DerivativeTape, notation: Notation) -> list[Block]:
    """The rows, the adjoint that each of them is, and the results."""
    latex = notation is IN_LATEX
    rows = []
    for row, adjoints in zip(found.trace.primal, found.adjoints, strict=True):
        words = ", ".join(map(notation.adjoint, adjoints))
        rows.append((notation.value(row.v), primal_formula(row, notation), primal_value(row), words))
    row_title, adjoint = (rf"\text{{{word}}}" if latex else word for word in ("row", "adjoint"))
    columns = (Column("v", math=True), Column(row_title, math=True), *numbers("value"), Column(adjoint, math=True))
    title = f"derivative tape: from {notation.value(found.first)} on, the rows of the gradient"
    if found.trace.primal and found.first > found.trace.primal[-1].v:
        title = "derivative tape: the gradient takes no row of its own"
    sign = "d" if notation is ASCII else "∂"
    names = tuple(
        (name.replace("df/d", f"{sign}f/{sign}", 1), _place(operand, notation), value) for name, operand, value in found.outputs
    )  # fmt: skip
    results = (Column("result"), Column("=", math=True), *numbers("value"))
    return [
        Table("derivative tape" if latex else title, columns, tuple(rows), len(rows) // 2, found.trace.hidden[0]),
        Table("results of the derivative tape", results, names),
        Text(_price(found)),
    ]


def _place(operand: Operand, notation: Notation) -> str:
    """Where a result stands: a constant stands for itself."""
    text = notation.operand(operand)
    return text[1:-1] if operand.v is None and text.startswith("(") else text


def _price(found: DerivativeTape) -> str:
    if not found.function:
        return "derivative tape: f takes no elementary operation"
    return (
        f"derivative tape: f takes {counted(found.function, 'elementary operation')}, value and gradient "
        f"{found.together}: {number(found.ratio, 3)} times f"
    )


def derivative_tape_data(found: DerivativeTape) -> dict[str, Any]:
    """Rows as in a trace, with ``adjoint_of``; where each result stands, and the operations."""
    rows = trace_data(found.trace)["primal"]
    pairs = zip(rows, found.adjoints, strict=True)
    return data_of(
        found, "rows first outputs function together ratio",
        rows=[{**row, "adjoint_of": [f"v[{index}]" for index in adjoints]} for row, adjoints in pairs], first=f"v[{found.first}]",
        outputs=[{"name": name, "at": operand_data(operand), "value": value} for name, operand, value in found.outputs],
        ratio=found.ratio if found.function else None,
    )  # fmt: skip
