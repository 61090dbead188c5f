"""The report of a Taylor polynomial: its coefficients, the derivatives, and the polynomial as text."""

from __future__ import annotations

from diffcli.language import parse
from diffcli.language.writing.printer import LATEX, statement_text
from diffcli.records.blocks import Block, Document, Table, Text, numbers
from diffcli.records.matrices import TaylorResult
from diffcli.reports.document import data_of, heading
from diffcli.reports.formats import TEX, Style

LONGEST = 2000
"""A longer polynomial is not shown in a table for people."""


def taylor_report(result: TaylorResult, style: Style) -> Document:
    """The document of a Taylor polynomial."""
    how = f"Taylor polynomial in {result.variable} to order {result.order}"
    blocks: list[Block] = [*heading(result.expression, result.at, how)]
    columns = {"coefficient": result.coefficients, "derivative": result.derivatives}
    sides = {"on the left": result.left, "on the right": result.right}
    if any(side not in (None, result.coefficients) for side in sides.values()):
        columns |= {title: side for title, side in sides.items() if side is not None}
    rows = tuple((k, *numbers) for k, numbers in enumerate(zip(*columns.values(), strict=True)))
    blocks.append(Table("", numbers("k", *columns), rows))
    if result.polynomial is not None and len(result.polynomial) <= LONGEST:
        if style.notation == TEX:
            program = parse(result.polynomial)
            blocks += [Text(statement_text(program, statement, LATEX), "math") for statement in program.statements]
        else:
            blocks.append(Text(result.polynomial, "code"))
    fields = "schema expression variable at order coefficients derivatives polynomial left right notes"
    return Document(tuple(blocks), data_of(result, fields, schema="diffcli/taylor@1"))
