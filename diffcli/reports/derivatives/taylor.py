"""The report of a Taylor polynomial: its coefficients, the derivatives, and the polynomial as text."""

from __future__ import annotations

from collections.abc import Sequence

from diffcli.language import parse
from diffcli.language.writing.printer import LATEX, statement_text
from diffcli.methods.taylor import signed
from diffcli.records.blocks import Block, Cell, Column, Document, Table, Text, numbers
from diffcli.records.matrices import TaylorResult
from diffcli.reports.document import data_of, heading, number
from diffcli.reports.formats import TEX, Style

LONGEST = 2000
"""A longer polynomial is not shown in a table for people."""


def taylor_report(result: TaylorResult, style: Style) -> Document:
    """The document of a Taylor polynomial."""
    how = f"Taylor polynomial in {result.variable} to order {result.order}"
    blocks: list[Block] = [*heading(result.expression, result.at, how, style.exact)]
    latex = style.notation == TEX
    columns: dict[Column, Sequence[Cell]] = {}
    if result.exact:
        formulas = [_formula(text) if latex and text is not None else text for text in result.exact]
        columns[Column(r"\text{exact}" if latex else "exact", math=True)] = formulas
    ended = [None] * (len(result.coefficients) - len(result.derivatives))
    known = {"coefficient": result.coefficients, "derivative": (*result.derivatives, *ended)}
    sides = {"on the left": result.left, "on the right": result.right}
    if any(side not in (None, result.coefficients) for side in sides.values()):
        known |= {title: side for title, side in sides.items() if side is not None}
    columns |= {Column(title, numeric=True): side for title, side in known.items()}
    rows = tuple((k, *cells) for k, cells in enumerate(zip(*columns.values(), strict=True)))
    blocks.append(Table("", (*numbers("k"), *columns), rows, name="coefficients"))
    if ended:
        blocks.append(Text(f"derivatives end with order {len(result.derivatives) - 1}: k! is beyond the range of a float", "dim"))
    polynomial = result.exact_polynomial or result.polynomial
    if polynomial is not None and len(polynomial) <= LONGEST:
        blocks += [Text(line, "math") for line in _lines(polynomial)] if latex else [Text(polynomial, "code")]
    fields = "schema expression variable at order coefficients derivatives polynomial left right exact? exact_polynomial? notes"
    shown = [number(close, style.exact) for close in result.coefficients]
    shown = [text or close for text, close in zip(result.exact, shown, strict=True)] if result.exact else shown
    alone = [f"c{k}\t{text}\n" for k, text in enumerate(shown)]
    return Document(tuple(blocks), data_of(result, fields, schema="diffcli/taylor@1"), alone="".join(alone))


def _lines(text: str) -> list[str]:
    """The statements of a program as formulas."""
    program = parse(text)
    return [statement_text(program, statement, LATEX) for statement in program.statements]


def _formula(text: str) -> str:
    negative, size = signed(text)
    (line,) = _lines(size if negative else text)
    return "-" * negative + line
