"""PDF: the figures of a report, through matplotlib."""

from __future__ import annotations

from diffcli.reports.document import Document, Style
from diffcli.reports.figure import figures_of
from diffcli.reports.plots.raster import picture_raster, raster


def render(document: Document, style: Style) -> bytes:
    if document.drawing is not None:
        from diffcli.reports.graph.picture import picture  # few reports have a graph

        return picture_raster(picture(*document.drawing, style), "pdf")
    return raster(figures_of(document, "pdf"), "pdf")
