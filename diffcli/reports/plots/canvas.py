"""A figure drawn with characters: lines in dots of braille, a glyph for each data series, letters for marks.

Where the stream carries ASCII only, lines are drawn with characters too. What each sign means stands in the legend below.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from diffcli.records.figures import Figure, Mark, Series
from diffcli.reports.plots.axes import Frame, Place, Tick, frame

Line = list[tuple[str, str]]
"""One line of the drawing: texts, each with the name of its colour."""

GLYPHS = "●○▲△■□◆◇"
PLAIN_GLYPHS = "ox+#@%&="
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SHARED = "*"
"""Where several series meet in one cell."""

COLORS = ("blue", "red", "green", "magenta", "yellow", "cyan")
DASHES = ((4, 2), (1, 2), (8, 2), (1, 0))
"""Dots drawn and dots left out, for the first line, the second, ..."""

SOLID = -1
"""The number of a line without dashes."""

PLAIN_LINES = ".:-'"

_BRAILLE = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The dots of a braille cell, by row and column; Unicode 4.0, U+2800."""

NARROWEST, LEAST = 20, 10
"""A figure is not drawn narrower, nor its frame."""


def draw(figure: Figure, width: int, unicode: bool = True) -> list[Line]:
    """The lines of a figure, without its title, for a terminal of a width; ``unicode``: with braille and geometric shapes."""
    return _Canvas(figure, max(width, NARROWEST), unicode).lines()


def as_text(figure: Figure, width: int, unicode: bool = True) -> str:
    """The same as one text without colours."""
    return "\n".join("".join(text for text, _ in line).rstrip() for line in draw(figure, width, unicode))


def lettered(figure: Figure, palette: Sequence[str], plain: str) -> list[tuple[str, str, Mark]]:
    """Each mark with its letter, and its colour in a palette: that of its series, if it names one, else a plain one."""
    known = {series.name: color for series, color, _ in looks(figure, palette)} | {"": plain}
    return [(letter, known.get(mark.series, plain), mark) for letter, mark in zip(LETTERS, figure.marks, strict=False)]


def looks(figure: Figure, palette: Sequence[str]) -> Iterator[tuple[Series, str, int]]:
    """Each series with its colour in a palette, and the number of its shape or dashes; a curve has none."""
    drawn = Counter[str]()
    for series, hue in zip(figure.series, colors(figure), strict=True):
        yield series, palette[hue % len(palette)], SOLID if series.role == "curve" else drawn[series.role]
        drawn[series.role] += 1


def colors(figure: Figure) -> list[int]:
    """The number of each series' colour: a line has that of the data before it, and one of its own where there is none."""
    numbers: list[int] = []
    follows = False
    for series in figure.series:
        follows = follows or series.role == "data"
        numbers.append((numbers[-1] if numbers else -1) + (series.role == "data" or not follows))
    return numbers


class _Canvas:
    """Cells of characters, and dots of lines beneath them."""

    def __init__(self, figure: Figure, width: int, unicode: bool) -> None:
        self.figure, self.width, self.unicode = figure, width, unicode
        self.rows = figure.rows or min(max(width // 4, 12), 22)
        labels = [self._label(tick) for tick in frame(figure, 8, self.rows // 2).y.ticks]
        self.margin = max(map(len, labels)) + 1
        self.columns = max(width - self.margin - 2, LEAST)
        self.frame: Frame = frame(figure, max(self.columns // 9, 2), self.rows // 2)
        self.dots: dict[tuple[int, int], tuple[int, str]] = {}
        self.cells: dict[tuple[int, int], tuple[str, str]] = {}
        self.shared, self.marks = False, lettered(figure, COLORS, "")

    def lines(self) -> list[Line]:
        signs = self._draw_series()
        for letter, ink, mark in self.marks:
            if (spot := self.frame.spot(mark.x, mark.y)) is not None:
                self.cells[self._cell(*spot)] = (letter, ink)
        return [*self._box(), *self._legend(signs)]

    def _label(self, tick: Tick) -> str:
        return tick.label if self.unicode else tick.label.replace("≤", "<=")

    def _draw_series(self) -> list[tuple[str, str]]:
        """Draw every series; its sign and colour, for the legend."""
        signs: list[tuple[str, str]] = []
        glyphs = GLYPHS if self.unicode else PLAIN_GLYPHS
        owners: dict[tuple[int, int], int] = {}
        for series, color, number in looks(self.figure, COLORS):
            if series.role == "data":
                glyph = glyphs[number % len(glyphs)]
                signs.append((glyph, color))
                self._scatter(series, number, glyph, color, owners)
            else:
                signs.append((self._sample(number), color))
                for stroke in self.frame.strokes(series):
                    self._stroke(stroke, number, color)
        return signs

    def _scatter(self, series: Series, number: int, glyph: str, color: str, owners: dict[tuple[int, int], int]) -> None:
        for point in self.frame.points(series):
            cell = self._cell(point.x, point.y)
            if owners.setdefault(cell, number) == number:
                self.cells[cell] = (glyph, color)
            else:
                self.cells[cell] = (SHARED, "")
                self.shared = True

    def _cell(self, x: float, y: float) -> tuple[int, int]:
        return round((1 - y) * (self.rows - 1)), round(x * (self.columns - 1))

    def _stroke(self, stroke: list[Place], line: int, color: str) -> None:
        """Draw the dots of a line, dashed along the way."""
        across, up = (self.columns * 2 - 1, self.rows * 4 - 1) if self.unicode else (self.columns - 1, self.rows - 1)
        drawn, left_out = DASHES[line % len(DASHES)]
        walked, dot = 0, (-1, -1)
        for (x, y), (to_x, to_y) in pairwise(stroke):
            steps = max(round(abs(to_x - x) * across), round(abs(to_y - y) * up), 1)
            for step in range(steps):
                part = step / steps
                column, row = round((x + (to_x - x) * part) * across), round((1 - y - (to_y - y) * part) * up)
                walked += (row, column) != dot  # points may lie closer together than dots
                dot = row, column
                if not self.unicode:
                    self.dots[row, column] = (ord(PLAIN_LINES[line % len(PLAIN_LINES)]), color)
                elif (walked - 1) % (drawn + left_out) < drawn:
                    cell = row // 4, column // 2
                    self.dots[cell] = (self.dots.get(cell, (0x2800, ""))[0] | _BRAILLE[row % 4][column % 2], color)

    def _sample(self, line: int) -> str:
        """A line as the legend shows it."""
        if not self.unicode:
            return PLAIN_LINES[line % len(PLAIN_LINES)] * 3
        drawn, left_out = DASHES[line % len(DASHES)]
        dots = [position % (drawn + left_out) < drawn for position in range(6)]
        return "".join(chr(0x2800 + 0x02 * left + 0x10 * right) for left, right in zip(dots[::2], dots[1::2], strict=True))

    def _box(self) -> list[Line]:
        """The frame with its ticks and labels around the drawing."""
        corner, side, bottom, left_tick, bottom_tick = "└│─┤┬" if self.unicode else "+|-++"
        lines: list[Line] = [[(self.figure.y.label, "")]]
        labels = {self._cell(0, tick.place)[0]: self._label(tick) for tick in self.frame.y.ticks}
        for row in range(self.rows):
            label = labels.get(row, "")
            line: Line = [(f"{label:>{self.margin}}{left_tick if label else side}", "")]
            for column in range(self.columns):
                dot, color = self.dots.get((row, column), (ord(" "), ""))
                line.append(self.cells.get((row, column), (chr(dot), color)))
            lines.append(line)
        ticks = [(self._cell(tick.place, 0)[1], self._label(tick)) for tick in self.frame.x.ticks]
        edge = [bottom] * self.columns
        for column, _ in ticks:
            edge[column] = bottom_tick
        lines.append([(" " * self.margin + corner + "".join(edge), "")])
        lines.append([(self._tick_labels(ticks), "")])
        lines.append([(f"{self.figure.x.label:>{self.width - 1}}", "")])
        return lines

    def _tick_labels(self, ticks: list[tuple[int, str]]) -> str:
        """The labels under the frame, each centred on its tick; one that would touch its neighbour is left out."""
        text = ""
        for column, label in ticks:
            start = max(min(self.margin + 1 + column - len(label) // 2, self.width - len(label)), 0)
            if start > len(text) or not text:
                text += " " * (start - len(text)) + label
        return text

    def _legend(self, signs: list[tuple[str, str]]) -> list[Line]:
        entries = [
            (sign, color, series.name, series.note)
            for (sign, color), series in zip(signs, self.figure.series, strict=True)
        ]  # fmt: skip
        entries += [(letter, ink, mark.label, "") for letter, ink, mark in self.marks]
        if self.shared:
            entries.append((SHARED, "", "several of these in one place", ""))
        if not any(self.frame.points(s) if s.role == "data" else self.frame.strokes(s) for s in self.figure.series):
            entries.append(("", "", "there is nothing to draw: no value is a finite number", ""))
        wide = max([len(name) for _, _, name, note in entries if note], default=0)
        lines: list[Line] = []
        for sign, color, name, note in entries:
            text = f"{name:<{wide}}  {note}" if note else name
            first, *rest = textwrap.wrap(text, self.width - 6, break_on_hyphens=False) or [""]
            lines.append([(f"  {sign:<4}", color), (first, "")])
            lines += [[(" " * 6 + more, "")] for more in rest]
        return lines
