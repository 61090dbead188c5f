"""SVG: the figures or the graph of a report, and nothing else of it."""

from __future__ import annotations

from diffcli.reports.document import Document, Style
from diffcli.reports.figure import figures_of
from diffcli.reports.plots.svg import picture_svg, svg


def render(document: Document, style: Style) -> str:
    if document.drawing is not None:
        from diffcli.reports.graph.picture import picture  # few reports have a graph

        return picture_svg(picture(*document.drawing, style), document.drawing.title)
    return svg(figures_of(document, "svg"))
