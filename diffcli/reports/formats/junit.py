"""JUnit XML, which services of continuous integration show as tests: one case for each finding.

It keeps to the schema of Jenkins (``junit-10.xsd`` of its xUnit plugin), in which a case has no place in a file: that stands in
the text of a failure.
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from diffcli.records.blocks import Document
from diffcli.reports.formats import Style, findings_of


def render(document: Document, style: Style) -> str:
    findings = findings_of(document, style)
    failed = sum(not found.passed for found in findings)
    counts: dict[str, Any] = {"tests": str(len(findings)), "failures": str(failed), "errors": "0"}
    suites = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(suites, "testsuite", name="diffcli check", **counts)
    for found in findings:
        case = ElementTree.SubElement(suite, "testcase", classname=found.file or "diffcli", name=found.name)
        if not found.passed:
            failure = ElementTree.SubElement(case, "failure", type=found.rule, message=found.message)
            failure.text = f"{found.file}:{found.line}: {found.message}" if found.line else found.message
    ElementTree.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(suites, encoding="unicode")}'
