"""Mermaid: the graph of a report, for a block of Markdown and whatever else draws it."""

from __future__ import annotations

from diffcli.reports.document import Document, Style
from diffcli.reports.figure import drawing_of
from diffcli.reports.graph.source import mermaid


def render(document: Document, style: Style) -> str:
    drawing = drawing_of(document, "mermaid")
    return mermaid(drawing.graph, drawing.title, style)
