"""The structure of a matrix as a picture: which entries may differ from 0."""

from __future__ import annotations

from collections.abc import Sequence

from diffcli.records.figures import Axis, Figure, Series
from diffcli.records.matrices import Pattern
from diffcli.reports.formats import Style

MOST_ROWS = 40
"""A taller picture is drawn smaller."""

WIDEST_NAME = 12

_MARKS, _PLAIN_MARKS = ("■", "·"), ("x", ".")
_SHADES, _PLAIN_SHADES = "·░▒▓█", ".:+*#"
"""Nothing, some, more, most, nearly all of the entries that one character stands for."""


def picture(pattern: Pattern, rows: Sequence[str], columns: Sequence[str], style: Style) -> str:
    """A pattern in characters: one for each entry, or where it is large, one for a block of them by how full it is.

    >>> print(picture(Pattern(3, ((0, 1), (1, 2))), ["u", "v"], ["x", "y", "z"], Style(unicode=False)))
       x y z
    u  x x .
    v  . x x
    """
    names = [name if len(name) <= WIDEST_NAME else f"{name[: WIDEST_NAME - 1]}~" for name in rows]
    margin = max(map(len, names), default=0) + 2
    cell = max(map(len, columns), default=0) + 1
    if len(rows) > MOST_ROWS or margin + 2 * pattern.columns > style.width:
        return _shaded(pattern, style)
    filled, empty = _MARKS if style.unicode else _PLAIN_MARKS
    headed = margin + cell * pattern.columns <= style.width
    cell = cell if headed else 2
    lines = [" " * margin + "".join(name.ljust(cell) for name in columns)] if headed else []
    for name, found in zip(names, pattern.rows, strict=True):
        marks = set(found)
        line = "".join((filled if column in marks else empty).ljust(cell) for column in range(pattern.columns))
        lines.append(name.ljust(margin) + line)
    return "\n".join(line.rstrip() for line in lines)


MOST_MARKERS = 20_000
"""A figure with more of them stands for blocks of entries."""

BLOCKS = 128
"""How many blocks there are then along either side."""


def pattern_figure(pattern: Pattern) -> Figure:
    """A pattern as a figure with a marker for each entry, rows from the top; for each block of entries, if there are many.

    >>> pattern_figure(Pattern(2, ((0,), (0, 1)))).series[0].points
    ((0.0, 0.0), (0.0, 1.0), (1.0, 1.0))
    """
    high = wide = 1
    if pattern.nonzeros > MOST_MARKERS:
        high, wide = -(-len(pattern.rows) // BLOCKS), -(-pattern.columns // BLOCKS)
    places = {(column // wide * wide, row // high * high) for row, found in enumerate(pattern.rows) for column in found}
    points = tuple((float(column), float(row)) for column, row in sorted(places, key=lambda place: place[::-1]))
    blocks = f"each marker: {high} × {wide} entries, one of which may" if high * wide > 1 else "entries that may"
    series = Series("structure", points, note=f"{blocks} differ from 0")
    return Figure("structure", Axis("column"), Axis("row", down=True), (series,))


def _shaded(pattern: Pattern, style: Style) -> str:
    """Each character stands for a block of entries, as wide and as high as it takes for the picture to fit."""
    shades = _SHADES if style.unicode else _PLAIN_SHADES
    height, width = len(pattern.rows), pattern.columns
    high, wide = min(height, MOST_ROWS), min(width, max(style.width - 1, 1))
    counts = [[0] * wide for _ in range(high)]
    for row, found in enumerate(pattern.rows):
        line = counts[row * high // height]
        for column in found:
            line[column * wide // width] += 1
    tall = [_size(place, high, height) for place in range(high)]
    broad = [_size(place, wide, width) for place in range(wide)]
    return "\n".join(
        "".join(shades[1 + 3 * count // (tall[line] * broad[place]) if count else 0] for place, count in enumerate(row))
        for line, row in enumerate(counts)
    )  # fmt: skip


def _size(place: int, blocks: int, entries: int) -> int:
    """How many of some entries are in a block, for entries that are spread as evenly as they can be."""
    return -(-(place + 1) * entries // blocks) - -(-place * entries // blocks)
