"""A figure laid out on paper: paths, discs and words in points, which SVG and matplotlib draw alike.

The legend stands below the frame, where it covers nothing. Series differ in colour and in shape: the colours are those of
Okabe & Ito (2008), which people with any kind of colour vision tell apart. x grows to the right and y downwards.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

from diffcli._named import NamedTuple
from diffcli.records.figures import Figure, Series
from diffcli.reports.plots.axes import Frame, Place, frame
from diffcli.reports.plots.canvas import lettered, looks

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
INK, PALE, PAPER = "#222222", "#DDDDDD", "#FFFFFF"
DASHES: tuple[tuple[float, ...], ...] = ((6.0, 4.0), (2.0, 3.0), (10.0, 4.0), (10.0, 3.0, 2.0, 3.0), ())

WIDTH, HEIGHT = 760.0, 400.0
"""Of the paper, and of the frame."""

EDGE = 20.0
"""White around everything."""

SIZE, TITLE = 13.0, 16.0
"""Of letters."""

LETTER = 0.6
"""The width of a letter, as a part of its size: an estimate on the safe side."""

RADIUS = 3.6
"""Of a marker of the last series."""

RIM = 1.0
"""By how much the markers of each series before are larger, so that those beneath others are seen."""

MOST_RIMS = 2
"""Markers do not grow further."""

RING = 7.0
"""The radius of the ring about a mark's place."""

AWAY = 26.0
"""How far a mark's letter stands from its place."""

TURNS = (4.71, 1.57, 5.5, 2.36, 3.93, 0.79, 0.0, 3.14)
"""The directions in which it may stand, in radians, above first; the first that is free is taken."""


class Path(NamedTuple):
    """A line through corners, in the order given, perhaps closed and filled."""

    corners: tuple[Place, ...]
    color: str
    width: float = 1.0
    dash: tuple[float, ...] = ()
    fill: str = ""


class Disc(NamedTuple):
    x: float
    y: float
    radius: float
    color: str
    fill: str = ""
    """The colour inside; nothing if empty."""


class Words(NamedTuple):
    """A text with its baseline at y, which starts, ends or has its middle at x."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    size: float = SIZE
    bold: bool = False
    upright: bool = False
    """Written from below to above."""


Item = Path | Disc | Words


class Picture(NamedTuple):
    width: float
    height: float
    items: tuple[Item, ...]


def lay_out(figures: Sequence[Figure]) -> Picture:
    """The figures below each other."""
    items: list[Item] = []
    top = EDGE
    for figure in figures:
        page = _Page(figure, top)
        items += page.items
        top = page.bottom + EDGE
    return Picture(WIDTH, math.ceil(top), tuple(items))


class _Page:
    """One figure, from its title to the end of its legend."""

    def __init__(self, figure: Figure, top: float) -> None:
        self.figure, self.marks = figure, lettered(figure, COLORS, INK)
        self.items: list[Item] = []
        for line in textwrap.wrap(figure.title, int((WIDTH - 2 * EDGE) / TITLE / LETTER)):
            top += TITLE
            self.items.append(Words(EDGE, top, line, size=TITLE, bold=True))
            top += 6
        self.frame: Frame = frame(figure, 10, 12)
        widest = max(len(tick.label) for tick in self.frame.y.ticks)
        self.left, self.right = EDGE + SIZE + 16 + widest * SIZE * LETTER, WIDTH - EDGE
        self.top, self.bottom = top + 10, top + 10 + HEIGHT
        self._axes()
        signs = self._series()
        self._marks()
        self.bottom += 3 * SIZE + 16
        self._legend(signs)

    def _at(self, x: float, y: float) -> Place:
        return self.left + x * (self.right - self.left), self.top + (1 - y) * HEIGHT

    def _axes(self) -> None:
        for tick in self.frame.x.ticks:
            x, y = self._at(tick.place, 0)
            self.items += [Path(((x, self.top), (x, y)), PALE), Path(((x, y), (x, y + 5)), INK)]
            self.items.append(Words(x, y + 8 + SIZE, tick.label, "middle"))
        for tick in self.frame.y.ticks:
            x, y = self._at(0, tick.place)
            self.items += [Path(((x, y), (self.right, y)), PALE), Path(((x - 5, y), (x, y)), INK)]
            self.items.append(Words(x - 8, y + SIZE * 0.35, tick.label, "end"))
        corners = (self._at(0, 0), self._at(1, 0), self._at(1, 1), self._at(0, 1), self._at(0, 0))
        self.items.append(Path(corners, INK))
        self.items.append(Words((self.left + self.right) / 2, self.bottom + 2 * SIZE + 14, self.figure.x.label, "middle"))
        middle = (self.top + self.bottom) / 2
        self.items.append(Words(EDGE + SIZE, middle, self.figure.y.label, "middle", upright=True))

    def _series(self) -> list[tuple[Series, str, int]]:
        """Draw lines, and markers above them; each series with its colour and the number of its shape or dash."""
        signs = list(looks(self.figure, COLORS))
        for series, color, number in signs:
            if series.role != "data":
                for stroke in self.frame.strokes(series):
                    corners = tuple(self._at(*corner) for corner in stroke)
                    self.items.append(Path(corners, color, 1.5, DASHES[number % len(DASHES)]))
        for series, color, number in signs:
            if series.role == "data":
                for point in self.frame.points(series):  # one at the floor is hollow, for it says "at most"
                    fill = PAPER if point.at_most else color
                    self.items.append(marker(number, *self._at(point.x, point.y), color, fill, self._radius(number)))
        return signs

    def _radius(self, number: int) -> float:
        """That of the markers of the data series with a number."""
        last = sum(series.role == "data" for series in self.figure.series) - 1
        return RADIUS + RIM * min(last - number, MOST_RIMS)

    def _marks(self) -> None:
        """A ring about each mark, and its letter beside it where the least stands in the way."""
        taken = [self._at(point.x, point.y) for s in self.figure.series if s.role == "data" for point in self.frame.points(s)]
        for letter, ink, mark in self.marks:
            if (place := self.frame.spot(mark.x, mark.y)) is None:
                continue
            x, y = self._at(*place)
            spots = [(x + AWAY * math.cos(turn), y + AWAY * math.sin(turn)) for turn in TURNS]
            spot = min(spots, key=lambda spot: self._crowd(spot, taken))
            taken += [spot] * 9  # another letter stands in the way most of all
            ring, edge = [(x + (spot[0] - x) * part, y + (spot[1] - y) * part) for part in (RING / AWAY, 1 - 9 / AWAY)]
            self.items += [Disc(x, y, RING, ink), Path((ring, edge), ink), Disc(*spot, 9, ink, PAPER)]
            self.items.append(Words(spot[0], spot[1] + 4.5, letter, "middle", bold=True))

    def _crowd(self, spot: Place, taken: list[Place]) -> int:
        x, y = spot
        outside = not (self.left + 9 < x < self.right - 9 and self.top + 9 < y < self.top + HEIGHT - 9)
        return 99 * outside + sum(math.hypot(x - other_x, y - other_y) < 14 for other_x, other_y in taken)

    def _legend(self, signs: list[tuple[Series, str, int]]) -> None:
        wide = max([len(series.name) for series, _, _ in signs if series.note], default=0) * SIZE * LETTER
        for series, color, number in signs:
            y = self._entry(series.name, series.note, wide)
            if series.role == "data":
                self.items.append(marker(number, self.left + 12, y, color, color, self._radius(number)))
            else:
                self.items.append(Path(((self.left, y), (self.left + 26, y)), color, 1.5, DASHES[number % len(DASHES)]))
        for letter, ink, mark in self.marks:
            y = self._entry(mark.label, "", 0)
            self.items += [Disc(self.left + 12, y, 8, ink, PAPER), Words(self.left + 12, y + 4.5, letter, "middle", bold=True)]
        if not any(self.frame.points(s) if s.role == "data" else self.frame.strokes(s) for s, _, _ in signs):
            self._entry("there is nothing to draw: no value is a finite number", "", 0)
        self.bottom += 5 * bool(self.figure.notes)
        for note in self.figure.notes:
            self._lines(note, self.left)

    def _entry(self, name: str, note: str, wide: float) -> float:
        """Write an entry of the legend; returns the height of its sign."""
        left = self.left + 36
        first = self.bottom + 2
        if note:
            self.items.append(Words(left, first + SIZE * 0.35, name))
            left += wide + 14
        self._lines(note or name, left)
        return first

    def _lines(self, text: str, left: float) -> None:
        """Write a text in as many lines as it takes."""
        letters = max(int((self.right - left) / SIZE / LETTER), 20)
        for line in textwrap.wrap(text, letters, break_on_hyphens=False) or [""]:
            self.items.append(Words(left, self.bottom + 2 + SIZE * 0.35, line))
            self.bottom += SIZE + 7


_SHAPES: tuple[tuple[Place, ...], ...] = (
    (),  # a disc
    ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    ((0, -1.25), (1.15, 0.85), (-1.15, 0.85)),
    ((0, -1.3), (1.1, 0), (0, 1.3), (-1.1, 0)),
    ((0, 1.25), (1.15, -0.85), (-1.15, -0.85)),
    ((-0.4, -1.2), (0.4, -1.2), (0.4, -0.4), (1.2, -0.4), (1.2, 0.4), (0.4, 0.4), (0.4, 1.2), (-0.4, 1.2), (-0.4, 0.4),
     (-1.2, 0.4), (-1.2, -0.4), (-0.4, -0.4)),
)  # fmt: skip
"""Markers as corners about the place, in radii: disc, square, triangle, diamond, triangle upside down, plus."""


def marker(number: int, x: float, y: float, color: str, fill: str, radius: float) -> Item:
    """The marker of the data series with a number, centred on a place."""
    shape = _SHAPES[number % len(_SHAPES)]
    if not shape:
        return Disc(x, y, radius, color, fill)
    corners = tuple((x + across * radius, y + down * radius) for across, down in shape)
    return Path((*corners, corners[0]), color, 1.0, (), fill)
