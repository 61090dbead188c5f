"""The records of figures and drawings: two more blocks of a document.

A figure says what is drawn, never how: the terminal, SVG and matplotlib each read the same record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from diffcli._named import NamedTuple

if TYPE_CHECKING:
    from diffcli.records.graph import Graph


class Axis(NamedTuple):
    """An axis: its label, whether its scale is logarithmic, and where it starts if that is known of what it shows.

    One that goes ``down`` has its least value at the top, as the rows of a matrix; it is not logarithmic.
    """

    label: str
    log: bool = False
    start: float | None = None
    down: bool = False
    ends: tuple[float, float] | None = None
    """Where it begins and ends, if that does not follow from what is drawn; it is not logarithmic then."""


class Series(NamedTuple):
    """Points that belong together: ``data`` are drawn as markers, a ``line`` connects its points in their order, dashed,
    and a ``curve`` without a break.

    On a logarithmic axis a value that is 0 or less is drawn at the axis' floor, as "at most this"; a NaN or an infinity
    is left out, and interrupts a line.
    """

    name: str
    points: tuple[tuple[float, float], ...]
    role: str = "data"
    note: str = ""
    """What the legend says beside the name."""


class Mark(NamedTuple):
    """A place in a figure with a few words to it."""

    x: float
    y: float
    label: str
    series: str = ""
    """The name of the series whose colour it has, if any: markers of others may stand at the same place."""


class Figure(NamedTuple):
    """A titled figure with one pair of axes."""

    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    marks: tuple[Mark, ...] = ()
    notes: tuple[str, ...] = ()
    """What a picture on its own must say below its legend; in a report, the text around the figure says so."""
    rows: int | None = None
    """How many lines its plane takes where it is drawn with characters, if not what follows from the width."""


class Drawing(NamedTuple):
    """A graph with its title, and what a picture on its own must say below it."""

    title: str
    graph: Graph
    notes: tuple[str, ...] = ()
