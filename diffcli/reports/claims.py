"""The report of the claims of a file: a verdict and the likely slip for each, and how often each came."""

from __future__ import annotations

from diffcli.errors import counted
from diffcli.records.agreement import ClaimRow, ManyClaims
from diffcli.records.blocks import Block, Document, Table, Text, numbers, texts
from diffcli.records.findings import Finding, Place
from diffcli.reports.check import claim_data
from diffcli.reports.document import data_of
from diffcli.reports.findings import claim_sentence


def claims_report(result: ManyClaims) -> Document:
    """The document of the claims of a file.

    The keys of its data: ``passed``; ``claims``, each with ``line``, ``name``, ``expression``, and the keys of a claim of a
    check, or where it cannot be read, ``variable``, ``claim``, ``verdict`` and ``fault``; ``counts`` of each verdict;
    ``slips``, how often each was made; ``notes``.
    """
    right = sum(row.passed for row in result.rows)
    rows = tuple((row.name or f"line {row.line}", row.variable, row.claim, row.verdict, _why(row)) for row in result.rows)
    blocks: list[Block] = [
        Text(f"{counted(len(rows), 'claim')}, {right} of them right", "heading"),
        Table("", texts("name", "by", "claim", "verdict", "why"), rows),
        Table("", (*texts("verdict"), *numbers("claims")), tuple(result.counts.items())),
    ]
    if result.slips:
        blocks.append(Table("", (*texts("likely slip"), *numbers("claims")), tuple(result.slips.items())))
    data = data_of(
        result, "schema passed claims counts slips notes", schema="diffcli/check@1", claims=[_data(row) for row in result.rows]
    )
    return Document(tuple(blocks), data, findings=tuple(_finding(row, result.path) for row in result.rows))


def _why(row: ClaimRow) -> str:
    if row.found is None:
        return row.fault.message if row.fault else ""
    return row.found.slip or ("" if row.passed else f"the derivative is {row.found.right}" if row.found.right else "")


def _data(row: ClaimRow) -> dict[str, object]:
    own = data_of(row, "line name expression")
    return own | (claim_data(row.found) if row.found else data_of(row, "variable claim verdict fault"))


def _finding(row: ClaimRow, path: str) -> Finding:
    name = ", ".join(filter(None, [row.name or f"line {row.line}", row.variable]))
    message = claim_sentence(row.found) if row.found else _why(row)
    return Finding("claim-is-derivative", name, row.passed, row.verdict, f"{row.claim}: {message}", Place(path, row.line))
