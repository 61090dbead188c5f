"""A picture as PNG or PDF, through matplotlib: the same lines and words as in SVG, with matplotlib as the pen.

matplotlib is the extra ``plot``, and is loaded only here. Nothing of a user's own matplotlib settings is used, and no date
is written, so the same figure gives the same bytes with the same matplotlib.
"""

from __future__ import annotations

import io
import warnings
from typing import Any

from diffcli.errors import missing_extra
from diffcli.reports.plots.picture import INK, PAPER, Disc, Item, Picture, Words

POINTS = 72
"""To the inch."""

DENSITY = 144
"""Dots to the inch of a PNG."""

NO_DATES: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def picture_raster(picture: Picture, format: str) -> bytes:
    """The bytes of a PNG or PDF file with a picture."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        message = f"{format.upper()} needs matplotlib, which is not installed"
        raise missing_extra(message, "plot", "or write an SVG, which needs nothing: -f svg") from None
    settings = {name: value for name, value in matplotlib.rcParamsDefault.items() if not name.startswith("backend")}
    with warnings.catch_warnings(), matplotlib.rc_context({**settings, "pdf.fonttype": 42, "font.family": ["DejaVu Sans"]}):
        warnings.simplefilter("ignore")  # of letters that the font lacks: they are drawn as boxes
        sheet = Figure(figsize=(picture.width / POINTS, picture.height / POINTS), dpi=DENSITY, facecolor=PAPER)
        axes = sheet.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_axis_off()
        axes.set_xlim(0, picture.width)
        axes.set_ylim(picture.height, 0)
        for order, item in enumerate(picture.items):
            _draw(axes, item, order)
        stream = io.BytesIO()
        sheet.savefig(stream, format=format, metadata=NO_DATES[format])
    return stream.getvalue()


def _draw(axes: Any, item: Item, order: int) -> None:
    """Draw an item above those before it."""
    from matplotlib.patches import Circle, PathPatch
    from matplotlib.path import Path

    if isinstance(item, Words):
        anchors = {"start": "left", "middle": "center", "end": "right"}
        axes.text(
            item.x, item.y, item.text, color=INK, fontsize=item.size, fontweight="bold" if item.bold else "normal",
            horizontalalignment=anchors[item.anchor], verticalalignment="baseline", rotation=90 if item.upright else 0,
            rotation_mode="anchor", parse_math=False, zorder=order,
        )  # fmt: skip
        return
    look = {"edgecolor": item.color, "facecolor": item.fill or "none", "zorder": order}
    if isinstance(item, Disc):
        axes.add_patch(Circle((item.x, item.y), item.radius, linewidth=1, **look))
        return
    # matplotlib counts dashes in widths of the line
    dash: Any = (0, tuple(length / item.width for length in item.dash)) if item.dash else "solid"
    axes.add_patch(PathPatch(Path(item.corners), linewidth=item.width, linestyle=dash, **look))
