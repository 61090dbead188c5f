"""SARIF 2.1.0 (OASIS, 2020), the static analysis results interchange format: what a check found to be wrong.

What holds is left out: services that show SARIF, GitHub's code scanning among them, take every result for a problem,
whatever its ``kind``.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from diffcli.records.blocks import Document
from diffcli.records.findings import RULES, Finding
from diffcli.reports.formats import Style
from diffcli.reports.formats.json import json_text


def render(document: Document, style: Style) -> str:
    from diffcli import __version__

    findings = document.findings or ()
    known = [rule for rule in RULES if any(found.rule == rule for found in findings)]
    described = ("shortDescription", "fullDescription", "help")  # all of which GitHub asks for
    rules = [{"id": rule, **{name: {"text": RULES[rule]} for name in described}} for rule in known]
    run = {
        "tool": {"driver": {"name": "diffcli", "version": __version__, "rules": rules}}, "columnKind": "unicodeCodePoints",
        "results": [_result(found, known.index(found.rule)) for found in findings if not found.passed],
    }  # fmt: skip
    return json_text({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]})


def _result(found: Finding, rule: int) -> dict[str, Any]:
    """A finding; what stands in no file has no location."""
    path = found.file.replace("\\", "/")
    place: dict[str, Any] = {"artifactLocation": {"uri": f"{'file://' * path.startswith('/')}{quote(path)}"}}
    if found.line:
        place["region"] = {"startLine": found.line}
    return {
        "ruleId": found.rule, "ruleIndex": rule, "level": "error", "message": {"text": f"{found.name}: {found.message}"},
        "locations": [{"physicalLocation": place}] if path else [],
    }  # fmt: skip
