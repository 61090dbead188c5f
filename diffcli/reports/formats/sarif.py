"""SARIF 2.1.0 (OASIS, 2020), the static analysis results interchange format: what a check found to be wrong.

What holds is left out: services that show SARIF, GitHub's code scanning among them, take every result for a problem,
whatever its ``kind``.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from diffcli.records.blocks import Document
from diffcli.records.findings import RULES, Finding
from diffcli.reports.formats import Style, findings_of
from diffcli.reports.formats.json import json_text


def render(document: Document, style: Style) -> str:
    from diffcli import __version__

    findings = findings_of(document, style)
    rules = [rule for rule in RULES if any(found.rule == rule for found in findings)]
    driver = {"name": "diffcli", "version": __version__, "rules": [_rule(rule) for rule in rules]}
    results = [_result(found, rules) for found in findings if not found.passed]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json_text({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]})


def _rule(rule: str) -> dict[str, Any]:
    """A rule, with all that GitHub's code scanning asks for."""
    text = {"text": RULES[rule]}
    return {"id": rule, "shortDescription": text, "fullDescription": text, "help": {"text": "diffcli check --help says more."}}


def _result(found: Finding, rules: list[str]) -> dict[str, Any]:
    """A finding; what stands in no file has no location."""
    text = f"{found.name}: {found.message}"
    path = found.file.replace("\\", "/")
    place: dict[str, Any] = {"artifactLocation": {"uri": f"{'file://' * path.startswith('/')}{quote(path)}"}}
    if found.line:
        place["region"] = {"startLine": found.line}
    return {
        "ruleId": found.rule, "ruleIndex": rules.index(found.rule), "level": "error", "message": {"text": text},
        "locations": [{"physicalLocation": place}] if path else [],
    }  # fmt: skip
