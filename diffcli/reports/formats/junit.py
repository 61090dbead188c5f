"""JUnit XML, which services of continuous integration show as tests: one case for each finding.

It keeps to the schema of Jenkins (``junit-10.xsd`` of its xUnit plugin), in which a case has no place in a file: that stands in
the text of a failure.
"""

from __future__ import annotations

from xml.etree import ElementTree

from diffcli.records.blocks import Document
from diffcli.reports.formats import Style


def render(document: Document, style: Style) -> str:
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
