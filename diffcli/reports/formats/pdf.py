"""PDF: the figures of a report, through matplotlib."""

from __future__ import annotations

from diffcli.reports.document import Document, Style
from diffcli.reports.figure import figures_of
from diffcli.reports.plots.raster import raster


def render(document: Document, style: Style) -> bytes:
    return raster(figures_of(document, "pdf"), "pdf")
