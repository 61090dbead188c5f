"""The formats of pictures: the figures or the graph of a report, and nothing else of it."""

from __future__ import annotations

from diffcli.records.blocks import Document
from diffcli.records.figures import Figure
from diffcli.reports.formats import Style, require
from diffcli.reports.plots.picture import Picture, lay_out

DRAWN_BY = ("plot", "step-size", "swell", "jacobian", "hessian", "lesson", "graph")
"""The commands whose reports have a figure."""


def dot(document: Document, style: Style) -> str:
    """The graph of a report as source for another program."""
    from diffcli.reports.graph import source  # few reports have a graph

    drawing = require(document.drawing, "graph", style, "diffcli graph draws the graph of an expression")
    written: str = getattr(source, style.format.name)(drawing.graph, drawing.title, style)
    return written


mermaid = dot
"""The same for Mermaid: both are functions of `source`, by the format's name."""


def svg(document: Document, style: Style) -> str:
    """A picture as text."""
    from diffcli.reports.plots.svg import picture_svg

    return picture_svg(*_laid_out(document, style))


def png(document: Document, style: Style) -> bytes:
    """A picture as an image, through matplotlib."""
    from diffcli.reports.plots.raster import picture_raster

    return picture_raster(_laid_out(document, style)[0], style.format.name)


pdf = png
"""A picture as a page, through matplotlib, which knows both by their names."""


def _laid_out(document: Document, style: Style) -> tuple[Picture, str]:
    """The picture of a document, and its title."""
    if document.drawing is not None:
        from diffcli.reports.graph.picture import picture  # few reports have a graph

        return picture(*document.drawing, style), document.drawing.title
    figures = [block for block in document.blocks if isinstance(block, Figure)]
    require(figures or None, "figure", style, f"commands that draw, where there are numbers to draw: {', '.join(DRAWN_BY)}")
    return lay_out(figures), "; ".join(figure.title for figure in figures)
