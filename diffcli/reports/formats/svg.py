"""SVG: the figures of a report, and nothing else of it."""

from __future__ import annotations

from diffcli.reports.document import Document, Style
from diffcli.reports.figure import figures_of
from diffcli.reports.plots.svg import svg


def render(document: Document, style: Style) -> str:
    return svg(figures_of(document, "svg"))
