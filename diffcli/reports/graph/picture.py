"""A graph laid out on paper, in the shapes that SVG and matplotlib draw alike.

Kinds are told apart by shape and by colour: inputs have round ends and are blue, constants are grey and dashed, results have
a double, orange border. The colours are those of Okabe & Ito (2008). The paper is white, so that a dark page changes nothing.
"""

from __future__ import annotations

import math
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise

from diffcli._named import NamedTuple
from diffcli.records.graph import Graph, Node
from diffcli.reports.formats import Style
from diffcli.reports.graph.layout import PORT, Point, lay_out, port_height
from diffcli.reports.graph.text import edge_text, head_text, number_lines
from diffcli.reports.plots.picture import EDGE, INK, PAPER, Item, Path, Picture, Words

SIZE, SMALL = 12.0, 10.5
"""Of the letters in a box, and of those on a line and below all."""

LINE = 16.0
"""From one line of a box to the next."""

PAD = 10.0
"""White at the sides of a box."""

ARROW = 8.0
CORNERS = 9
"""Of a bend, and of each round end."""


class Look(NamedTuple):
    """How a kind of node is drawn, in every format."""

    stroke: str
    fill: str
    words: str


LOOKS: dict[str, Look] = {
    "input": Look("#0072B2", "#DCEBF5", "input: round ends, blue"),
    "constant": Look("#777777", "#F0F0F0", "constant: dashed, grey"),
    "operation": Look("#222222", "#FFFFFF", "operation: plain"),
    "result": Look("#D55E00", "#FBE8D9", "result: double border, orange"),
    "folded": Look("#777777", "#FFFFFF", "not shown: dotted"),
}
"""By kind; a result by what it is."""


def picture(title: str, graph: Graph, notes: Sequence[str], style: Style) -> Picture:
    """The graph on paper, with its title above, and what the shapes and numbers mean below."""
    kinds = graph.kinds()
    counts = list(map(len, graph.operands()))
    texts = [node_lines(node, style, kind) for node, kind in zip(graph.nodes, kinds, strict=True)]
    sizes = [
        (_widest(lines) + 2 * PAD + 6 * (node.kind == "input"), max(len(lines) * LINE + 12, port_height(count) + 8))
        for lines, node, count in zip(texts, graph.nodes, counts, strict=True)
    ]
    labels = [edge_text(edge, style) for edge in graph.edges]
    widths = [text_width(label, SMALL) + ARROW + 12 if label else ARROW + 6 for label in labels]
    layout = lay_out(graph, sizes, widths)
    width = max(layout.width + 2 * EDGE, 480.0)
    items: list[Item] = []
    top = EDGE
    for line in _wrapped(title, width - 2 * EDGE, 15.0):
        top += 15
        items.append(Words(EDGE, top, line, size=15.0, bold=True))
        top += 5
    top += 12

    def moved(points: Iterable[Point]) -> list[Point]:
        return [(x + EDGE, y + top) for x, y in points]

    items += [Path(tuple(_bent(moved(trunk))), "#555555") for trunk in layout.trunks]
    for edge, corners, label in zip(graph.edges, layout.lines, labels, strict=True):
        items += _edge(moved(corners), label, edge.depends)
    for node, kind, box, lines in zip(graph.nodes, kinds, layout.boxes, texts, strict=True):
        items += _box(node, LOOKS[kind], kind == "result", box.x + EDGE, box.y + top, box.width, box.height)
        y = box.y + top + (box.height - len(lines) * LINE) / 2 + SIZE
        x = box.x + EDGE + box.width / 2
        items += [Words(x, y + place * LINE, line, "middle", SIZE, not place) for place, line in enumerate(lines)]
    top += layout.height + 14
    legend = "; ".join(LOOKS[kind].words for kind in LOOKS if kind in kinds)
    for note in (legend, *notes):
        for line in _wrapped(note, width - 2 * EDGE, SMALL):
            top += SMALL + 4
            items.append(Words(EDGE, top, line, size=SMALL))
    return Picture(math.ceil(width), math.ceil(top + EDGE), tuple(items))


def node_lines(node: Node, style: Style, kind: str) -> list[str]:
    """The lines of a node's box; the first says what it is."""
    return [head_text(node, style, kind == "result"), *[node.text] * bool(node.text), *number_lines(node, style)]


def _widest(lines: Sequence[str]) -> float:
    return max(text_width(line, SIZE, bold=not position) for position, line in enumerate(lines))


def text_width(text: str, size: float, bold: bool = False) -> float:
    """An estimate on the safe side: letters of the East are square, marks above others have no width."""
    units = 0.0
    for letter in text:
        if unicodedata.combining(letter):
            continue
        wide = unicodedata.east_asian_width(letter) in "WF" or ord(letter) > 0x1F000
        units += 1.1 if wide else 0.95 if letter in "MW@mw%—" else 0.62
    return units * size * (1.06 if bold else 1.0)


def _wrapped(text: str, width: float, size: float) -> list[str]:
    return textwrap.wrap(text, max(int(width / size / 0.62), 20))


def _bent(corners: Sequence[Point]) -> list[Point]:
    """The corners of a line, with every slanting piece as a bend that leaves and arrives level."""
    points = [corners[0]]
    for (x, y), (to_x, to_y) in pairwise(corners):
        if abs(to_y - y) > 0.5:
            for step in range(1, CORNERS):
                part = step / CORNERS
                points.append((x + (to_x - x) * part, y + (to_y - y) * part * part * (3 - 2 * part)))
        points.append((to_x, to_y))
    return points


def _edge(corners: list[Point], label: str, depends: bool) -> list[Item]:
    color = INK if depends else "#777777"
    x, y = corners[-1]
    corners[-1] = (x - ARROW + 1, y)
    items: list[Item] = [Path(tuple(_bent(corners)), color, dash=() if depends else (3.0, 3.0))]
    items.append(Path(((x, y), (x - ARROW, y - 3.5), (x - ARROW, y + 3.5), (x, y)), color, fill=color))
    if label:
        width = text_width(label, SMALL)
        middle = x - ARROW - 4 - width / 2
        items.append(_rectangle(middle - width / 2, y - PORT / 2 + 1.5, width, PORT - 3, PAPER, PAPER))
        items.append(Words(middle, y + SMALL * 0.36, label, "middle", SMALL))
    return items


def _box(node: Node, look: Look, result: bool, x: float, y: float, width: float, height: float) -> list[Item]:
    if node.kind == "input":
        radius = min(height, 36.0) / 2
        items: list[Item] = [_rounded(x, y, width, height, radius, look)]
        return items + [_rounded(x + 3, y + 3, width - 6, height - 6, radius - 3, look)] * result
    dash = {"constant": (5.0, 3.0), "folded": (1.5, 3.0)}.get(node.kind, ())
    items = [_rectangle(x, y, width, height, look.stroke, look.fill, dash)]
    return items + [_rectangle(x + 3, y + 3, width - 6, height - 6, look.stroke, look.fill)] * result


def _rectangle(x: float, y: float, width: float, height: float, stroke: str, fill: str, dash: tuple[float, ...] = ()) -> Path:
    corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y))
    return Path(corners, stroke, 1.0, dash, fill)


def _rounded(x: float, y: float, width: float, height: float, radius: float, look: Look) -> Path:
    """A rectangle with round corners, as a line through many."""
    left, right, top, bottom = x + radius, x + width - radius, y + radius, y + height - radius
    centres = ((right, top), (right, bottom), (left, bottom), (left, top))
    corners = [
        (cx + radius * math.cos(angle), cy + radius * math.sin(angle))
        for quarter, (cx, cy) in enumerate(centres)
        for angle in [math.pi / 2 * (quarter - 1 + step / CORNERS) for step in range(CORNERS + 1)]
    ]
    return Path((*corners, corners[0]), look.stroke, 1.0, (), look.fill)
