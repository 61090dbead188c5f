"""DOT: the graph of a report, for Graphviz."""

from __future__ import annotations

from diffcli.reports.document import Document, Style
from diffcli.reports.figure import drawing_of
from diffcli.reports.graph.source import dot


def render(document: Document, style: Style) -> str:
    drawing = drawing_of(document, "dot")
    return dot(drawing.graph, drawing.title, style)
