"""Workflow commands of GitHub Actions, which show each finding that does not hold beside its line of the user's file.

Their form is that of ``actions/toolkit``: ``::error file=NAME,line=N,title=TITLE::MESSAGE``, in which a percent sign and the ends
of lines are written as %25, %0D and %0A, and in a property a colon and a comma as %3A and %2C.
"""

from __future__ import annotations

from diffcli.errors import counted
from diffcli.records.blocks import Document
from diffcli.records.findings import Finding
from diffcli.reports.formats import Style

_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_MESSAGES, _IN_PROPERTIES = str.maketrans(_MESSAGE), str.maketrans(_MESSAGE | {":": "%3A", ",": "%2C"})


def render(document: Document, style: Style) -> str:
    """A command for each finding that does not hold; a line that counts them all is none, and stands in the log alone."""
    findings = document.findings or ()
    wrong = [_command(found) for found in findings if not found.passed]
    return "\n".join([*wrong, f"diffcli: {counted(len(findings), 'check')}, {len(wrong)} failed"])


def _command(found: Finding) -> str:
    properties = {"file": found.file, "line": found.line, "title": f"diffcli: {found.name}: {found.verdict}"}
    listed = ",".join(f"{name}={str(value).translate(_IN_PROPERTIES)}" for name, value in properties.items() if value)
    return f"::error {listed}::{found.message.translate(_IN_MESSAGES)}"
