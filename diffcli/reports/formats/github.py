"""Workflow commands of GitHub Actions, which show each finding that does not hold beside its line of the user's file.

Their form is that of ``actions/toolkit``: ``::error file=NAME,line=N,title=TITLE::MESSAGE``, in which a percent sign and the ends
of lines are written as %25, %0D and %0A, and in a property a colon and a comma as %3A and %2C.
"""

from __future__ import annotations

from diffcli.errors import counted
from diffcli.records.blocks import Document
from diffcli.records.findings import Finding
from diffcli.reports.formats import Style, findings_of

_IN_MESSAGES = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_IN_PROPERTIES = (*_IN_MESSAGES, (":", "%3A"), (",", "%2C"))


def render(document: Document, style: Style) -> str:
    """A command for each finding that does not hold; a line that counts them all is none, and stands in the log alone."""
    findings = findings_of(document, style)
    wrong = [found for found in findings if not found.passed]
    summary = f"diffcli: {counted(len(findings), 'check')}, {len(wrong)} failed"
    return "\n".join([*map(_command, wrong), summary])


def _command(found: Finding) -> str:
    properties = {"file": found.place.file, "line": found.place.line, "title": f"diffcli: {found.name}: {found.verdict}"}
    listed = ",".join(f"{name}={_escaped(str(value), _IN_PROPERTIES)}" for name, value in properties.items() if value)
    return f"::error {listed}::{_escaped(found.message, _IN_MESSAGES)}"


def _escaped(text: str, escapes: tuple[tuple[str, str], ...]) -> str:
    for sign, escape in escapes:
        text = text.replace(sign, escape)
    return text
