"""The report of the claims of a file: a verdict and the likely slip for each, and how often each came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from diffcli.errors import Diagnostic, counted
from diffcli.records.agreement import ClaimRow, ClaimVerdict
from diffcli.records.blocks import Block, Document, Table, Text, numbers, texts
from diffcli.reports.check import claim_data, claim_finding
from diffcli.reports.document import data_of


def claims_report(rows: Sequence[ClaimRow], path: str, notes: Sequence[Diagnostic]) -> Document:
    """The document of the claims of a file, with the notes of all.

    The keys of its data: ``passed``; ``claims``, each with ``line``, ``name``, ``expression`` and the keys of a claim of a
    check, and ``why``; ``counts`` of each verdict; ``slips``, how often each was made, the most frequent first; ``notes``.
    """
    found = [row.found for row in rows]
    right = sum(claim.passed for claim in found)
    names = [row.name or f"line {row.line}" for row in rows]
    verdicts, slips = Counter(claim.verdict for claim in found), Counter(claim.slip for claim in found if claim.slip)
    shown = tuple((name, one.variable, one.claim, one.verdict, _why(one)) for name, one in zip(names, found, strict=True))
    blocks: list[Block] = [
        Text(f"{counted(len(rows), 'claim')}, {right} of them right", "heading"),
        Table("", texts("name", "by", "claim", "verdict", "why"), shown),
    ]
    for what, counts in (("verdict", verdicts), ("likely slip", slips)):
        if counts:
            blocks.append(Table("", (*texts(what), *numbers("claims")), tuple(counts.most_common())))
    claims = [data_of(row, "line name expression") | claim_data(row.found) | {"why": _why(row.found)} for row in rows]
    data = {
        "schema": "diffcli/check@1", "passed": right == len(rows), "claims": claims, "counts": dict(verdicts.most_common()),
        "slips": dict(slips.most_common()), "notes": notes,
    }  # fmt: skip
    findings = [
        claim_finding(row.found, ", ".join(filter(None, [name, row.found.variable])), path, row.line)
        for name, row in zip(names, rows, strict=True)
    ]
    return Document(tuple(blocks), data, findings=tuple(findings))


def _why(claim: ClaimVerdict) -> str:
    if claim.verdict == "not readable":
        return claim.notes[0].message
    return claim.slip or (f"the derivative is {claim.right}" if claim.right and not claim.passed else "")
