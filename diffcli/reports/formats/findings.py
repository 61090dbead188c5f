"""What a check found, for services that review code: GitHub's annotations, JUnit XML, SARIF."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from diffcli.errors import counted
from diffcli.records.blocks import Document
from diffcli.records.findings import RULES, Finding
from diffcli.reports.formats import Style
from diffcli.reports.formats.json import json_text

_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_MESSAGES, _IN_PROPERTIES = str.maketrans(_MESSAGE), str.maketrans(_MESSAGE | {":": "%3A", ",": "%2C"})


def github(document: Document, style: Style) -> str:
    """A workflow command of GitHub Actions for each finding that does not hold, in the form of ``actions/toolkit``.

    The line that counts them all is none, and stands in the log alone.
    """
    findings = document.findings or ()
    wrong = [_command(found) for found in findings if not found.passed]
    return "\n".join([*wrong, f"diffcli: {counted(len(findings), 'check')}, {len(wrong)} failed"])


def _command(found: Finding) -> str:
    properties = {"file": found.file, "line": found.line, "title": f"diffcli: {found.name}: {found.verdict}"}
    listed = ",".join(f"{name}={str(value).translate(_IN_PROPERTIES)}" for name, value in properties.items() if value)
    return f"::error {listed}::{found.message.translate(_IN_MESSAGES)}"


def junit(document: Document, style: Style) -> str:
    """A case for each finding, by the schema of Jenkins (``junit-10.xsd`` of its xUnit plugin).

    A case has no place in a file there: that stands in the text of a failure.
    """
    findings = document.findings or ()
    failures = str(sum(not found.passed for found in findings))
    suites = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(
        suites, "testsuite", name="diffcli check", tests=str(len(findings)), failures=failures, errors="0"
    )  # fmt: skip
    for found in findings:
        case = ElementTree.SubElement(suite, "testcase", classname=found.file or "diffcli", name=found.name)
        if not found.passed:
            failure = ElementTree.SubElement(case, "failure", type=found.rule, message=found.message)
            failure.text = f"{found.file}:{found.line}: {found.message}" if found.line else found.message
    ElementTree.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(suites, encoding="unicode")}'


def sarif(document: Document, style: Style) -> str:
    """The static analysis results interchange format (OASIS, 2020), with what does not hold alone.

    Services that show SARIF, GitHub's code scanning among them, take every result for a problem, whatever its ``kind``.
    """
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
