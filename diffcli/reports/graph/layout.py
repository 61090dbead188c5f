"""Where the boxes of a graph stand and its lines run: columns from left to right, each operand left of what is made of it.

The steps are those of Sugiyama, Tagawa & Toda (1981): a column for each node; places in the columns between for a line that
spans several; an order in each column with few crossings, by the barycentres of neighbours; and heights that are as near to
the neighbours' as the order and the gaps allow, which is isotonic regression and done exactly by pooling. The lines of one
operand run together until they part. No two boxes or passing lines share a place in a column, whatever the graph.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from itertools import pairwise

from diffcli._named import NamedTuple
from diffcli.records.graph import Graph

GAP = 18.0
"""Between boxes of a column."""

LANE = 10.0
"""The height that a line takes where it passes a column."""

TURN = 44.0
"""The width between columns in which lines go up and down."""

PORT = 18.0
"""Between the ends of lines at a box."""

MOST_PLACES = 400_000
"""With more places for passing lines than this, lines run straight across."""

ROUNDS = 12
"""How often the columns are put in order."""

Size = tuple[float, float]
Point = tuple[float, float]
Neighbours = list[list[tuple[int, float]]]


class Box(NamedTuple):
    """A node's box, by its upper left corner."""

    x: float
    y: float
    width: float
    height: float


class Layout(NamedTuple):
    """Boxes by node; lines that no edge ends in; the last line of each edge; and the right end and height of each edge."""

    boxes: tuple[Box, ...]
    trunks: tuple[tuple[Point, ...], ...]
    """Lines of an operand on its way past columns: corners, to be joined."""
    lines: tuple[tuple[Point, ...], ...]
    """For each edge, the line from where it parts to its port."""
    width: float
    height: float


class _Places:
    """Everything that stands in a column: the nodes, and behind them the places of passing lines."""

    def __init__(self, graph: Graph, heights: Sequence[float]) -> None:
        self.layers = _layers(graph)
        self.heights = list(heights)
        self.links: list[tuple[int, int, float]] = []
        """From a place to one in the next column, and how far above the middle of that it arrives."""
        self.last: list[int] = []
        """For each edge, the place in the column before its user."""
        self.chains: list[tuple[int, int]] = []
        """From place to place of one operand's lines."""
        reach: dict[int, list[int]] = {}
        counts = list(map(len, graph.operands()))
        spans = [0] * len(graph.nodes)
        for edge in graph.edges:
            spans[edge.operand] = max(spans[edge.operand], self.layers[edge.user] - self.layers[edge.operand] - 1)
        straight = sum(spans) > MOST_PLACES
        self.ports: list[float] = []
        met = [0] * len(graph.nodes)
        for edge in graph.edges:
            chain = reach.setdefault(edge.operand, [edge.operand])
            need = 0 if straight else self.layers[edge.user] - self.layers[edge.operand] - 1
            while len(chain) <= need:
                self.layers.append(self.layers[chain[-1]] + 1)
                self.heights.append(LANE)
                self.chains.append((chain[-1], len(self.layers) - 1))
                self.links.append((chain[-1], len(self.layers) - 1, 0.0))
                chain.append(len(self.layers) - 1)
            port = (met[edge.user] - (counts[edge.user] - 1) / 2) * PORT
            met[edge.user] += 1
            self.ports.append(port)
            self.last.append(chain[need])
            if self.layers[chain[need]] + 1 == self.layers[edge.user]:
                self.links.append((chain[need], edge.user, port))

    def columns(self, order: Sequence[int]) -> list[list[int]]:
        found: list[list[int]] = [[] for _ in range(max(self.layers, default=-1) + 1)]
        for place in order:
            found[self.layers[place]].append(place)
        return found

    def neighbours(self, to_before: float, to_behind: float) -> tuple[Neighbours, Neighbours]:
        """For each place those before and behind it, each with so many times the height at which the line arrives."""
        before: Neighbours = [[] for _ in self.layers]
        behind: Neighbours = [[] for _ in self.layers]
        for one, other, port in self.links:
            before[other].append((one, to_before * port))
            behind[one].append((other, to_behind * port))
        return before, behind


def _layers(graph: Graph) -> list[int]:
    """The column of each node: inputs in the first, every other behind its operands; what has none stands before its user."""
    layers = [0] * len(graph.nodes)
    has_operands = bytearray(len(graph.nodes))
    for edge in graph.edges:  # in order of users, whose operands stand before them
        has_operands[edge.user] = 1
        layers[edge.user] = max(layers[edge.user], layers[edge.operand] + 1)
    nearest: dict[int, int] = {}
    for edge in graph.edges:
        if not has_operands[edge.operand] and graph.nodes[edge.operand].kind != "input":
            nearest[edge.operand] = min(nearest.get(edge.operand, layers[edge.user]), layers[edge.user])
    for place, layer in nearest.items():
        layers[place] = layer - 1
    return layers


def lay_out(graph: Graph, sizes: Sequence[Size], labels: Sequence[float]) -> Layout:
    """The layout of a graph whose nodes have boxes of these sizes, and whose edges have labels of these widths.

    A box must be as high as `port_height` of the number of its operands. The label of an edge has its room at the end of
    the edge's line.
    """
    places = _Places(graph, [height for _, height in sizes])
    columns = _ordered(places, graph)
    middles = _middles(places, columns)
    lefts, rights, starts = _widths(places, graph, columns, sizes, labels)
    top = min((middles[place] - places.heights[place] / 2 for place in range(len(middles))), default=0.0)
    middles = [middle - top for middle in middles]
    boxes = [
        Box(lefts[places.layers[node]], middles[node] - height / 2, width, height) for node, (width, height) in enumerate(sizes)
    ]
    nodes = len(graph.nodes)

    def leave(place: int) -> list[Point]:
        """From a box, or the left of a column that is passed, to the right of the column."""
        layer = places.layers[place]
        start = boxes[place].x + boxes[place].width if place < nodes else lefts[layer]
        return list(dict.fromkeys([(start, middles[place]), (rights[layer], middles[place])]))

    trunks = [(*leave(one), (lefts[places.layers[other]], middles[other])) for one, other in places.chains]
    lines = []
    for number, edge in enumerate(graph.edges):
        layer = places.layers[edge.user]
        y = middles[edge.user] + places.ports[number]
        lines.append((*leave(places.last[number]), (starts[layer], y), (lefts[layer], y)))
    bottom = max((middles[place] + places.heights[place] / 2 for place in range(len(middles))), default=0.0)
    return Layout(tuple(boxes), tuple(trunks), tuple(lines), rights[-1] if rights else 0.0, bottom)


def port_height(operands: int) -> float:
    """The least height of a box with so many operands."""
    return operands * PORT


def _widths(
    places: _Places, graph: Graph, columns: list[list[int]], sizes: Sequence[Size], labels: Sequence[float]
) -> tuple[list[float], list[float], list[float]]:
    """The left and right of each column, and where labels before it start."""
    room = [0.0] * len(columns)
    for edge, width in zip(graph.edges, labels, strict=True):
        room[places.layers[edge.user]] = max(room[places.layers[edge.user]], width)
    lefts, rights, starts = [], [], []
    x = 0.0
    for layer, column in enumerate(columns):
        if layer:
            x += TURN
        starts.append(x)
        x += room[layer]
        lefts.append(x)
        x += max((sizes[place][0] for place in column if place < len(sizes)), default=0.0)
        rights.append(x)
    return lefts, rights, starts


# -- order ---------------------------------------------------------------------------------------------------------------


def _ordered(places: _Places, graph: Graph) -> list[list[int]]:
    """The columns, each from top to bottom: the best of several rounds."""
    before, behind = places.neighbours(0.0, 1 / 1e4 / PORT)
    columns = places.columns(_first_order(before, graph))
    rank = [0.0] * len(places.layers)
    for column in columns:
        _number(column, rank)
    best, fewest = [list(column) for column in columns], _crossings(places, columns, rank)
    for turn in range(ROUNDS if len(places.layers) < 20_000 else 2):
        if not fewest:
            break
        beside = before if turn % 2 else behind
        for column in columns if turn % 2 else reversed(columns):
            _sort(column, beside, rank)
        crossings = _crossings(places, columns, rank)
        if crossings < fewest:
            best, fewest = [list(column) for column in columns], crossings
    return best


def _first_order(before: Neighbours, graph: Graph) -> list[int]:
    """From the results backwards, operands from first to last."""
    order: list[int] = []
    seen = bytearray(len(before))
    waiting = [*reversed(graph.roots())]
    while waiting:
        place = waiting.pop()
        if seen[place]:
            continue
        seen[place] = 1
        order.append(place)
        waiting.extend(one for one, _ in reversed(before[place]))
    return order + [place for place in range(len(before)) if not seen[place]]


def _number(column: list[int], rank: list[float]) -> None:
    for position, place in enumerate(column):
        rank[place] = float(position)


def _sort(column: list[int], beside: Neighbours, rank: list[float]) -> None:
    """Put a column in the order of the mean rank of each place's neighbours; one that has none keeps its rank."""
    wanted = {
        place: sum(rank[other] + port for other, port in beside[place]) / len(beside[place]) if beside[place] else rank[place]
        for place in column
    }  # fmt: skip
    column.sort(key=wanted.__getitem__)
    _number(column, rank)


def _crossings(places: _Places, columns: list[list[int]], rank: list[float]) -> int:
    """How many pairs of lines cross."""
    between: list[list[tuple[float, float]]] = [[] for _ in columns]
    for one, other, port in places.links:
        between[places.layers[one]].append((rank[one], rank[other] + port / 1e4 / PORT))
    found = 0
    for links in between:
        links.sort()
        ends: list[float] = []
        for _, end in links:
            found += len(ends) - bisect_right(ends, end)
            insort(ends, end)
    return found


# -- heights -------------------------------------------------------------------------------------------------------------


def _middles(places: _Places, columns: list[list[int]]) -> list[float]:
    """The height of the middle of every place: near its neighbours', and no two in each other's way."""
    before, behind = places.neighbours(-1.0, 1.0)
    middles = [0.0] * len(places.layers)
    for column in columns:
        _settle(column, places.heights, middles)
    for turn in range(8 if len(places.layers) < 20_000 else 2):
        for column in columns if turn % 2 == 0 else reversed(columns):
            for place in column:
                beside = (before if turn % 2 == 0 else behind)[place] or before[place] or behind[place]
                if beside:
                    middles[place] = sum(middles[other] + port for other, port in beside) / len(beside)
            _settle(column, places.heights, middles)
    return middles


def _settle(column: list[int], heights: list[float], middles: list[float]) -> None:
    """Move the places of a column apart, each as little as can be: isotonic regression, by pooling neighbours."""
    offsets = [0.0]
    for one, other in pairwise(column):
        offsets.append(offsets[-1] + (heights[one] + heights[other]) / 2 + GAP)
    pools: list[tuple[float, int]] = []
    for place, offset in zip(column, offsets, strict=False):
        total, count = middles[place] - offset, 1
        while pools and pools[-1][0] / pools[-1][1] >= total / count:
            before, many = pools.pop()
            total, count = total + before, count + many
        pools.append((total, count))
    settled = [total / count for total, count in pools for _ in range(count)]
    for place, offset, base in zip(column, offsets, settled, strict=False):
        middles[place] = base + offset
