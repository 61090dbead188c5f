"""SARIF 2.1.0 (OASIS, 2020), the static analysis results interchange format: what a check found to be wrong.

What holds is left out: services that show SARIF, GitHub's code scanning among them, take every result for a problem,
whatever its ``kind``.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from diffcli.records.blocks import Document
from diffcli.records.findings import RULES, Finding, Place
from diffcli.reports.formats import Style, findings_of
from diffcli.reports.formats.json import json_text


def render(document: Document, style: Style) -> str:
    from diffcli import __version__

    findings = findings_of(document, style)
    rules = [rule for rule in RULES if any(found.rule == rule for found in findings)]
    driver = {
        "name": "diffcli", "version": __version__,
        "rules": [{"id": rule, "shortDescription": {"text": RULES[rule]}} for rule in rules],
    }  # fmt: skip
    results = [_result(found, rules) for found in findings if not found.passed]
    return json_text({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    })  # fmt: skip


def _result(found: Finding, rules: list[str]) -> dict[str, Any]:
    locations = [{"physicalLocation": _location(found.place)}] if found.place.file else []
    text = f"{found.name}: {found.message}"
    return {
        "ruleId": found.rule, "ruleIndex": rules.index(found.rule), "level": "error", "message": {"text": text},
        "locations": locations,
    }  # fmt: skip


def _location(place: Place) -> dict[str, Any]:
    path = place.file.replace("\\", "/").removeprefix("./")
    location: dict[str, Any] = {"artifactLocation": {"uri": f"{'file://' * path.startswith('/')}{quote(path)}"}}
    if place.line:
        location["region"] = {"startLine": place.line}
    return location
