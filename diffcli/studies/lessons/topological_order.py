"""The order of the backward pass: a node may pass its adjoint on when all of it has arrived, and what becomes of it if not."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import zip_longest

from diffcli.methods.library import grad
from diffcli.records.figures import Drawing
from diffcli.studies.graph.of_tape import graph_of
from diffcli.studies.lessons.record import Check, Question, Settings, Told, grid, listed

DIAMOND = "s = x^2; a = sin(s); b = exp(s); a*b"
SHORTCUT = "s = x^2; a = sin(s); b = exp(a); b*s"
SWAPPED = "s = x^2; a = sin(s); b = exp(a); s*b"
TITLES = {DIAMOND: "diamond", SHORTCUT: "b*s", SWAPPED: "s*b"}
X = 0.5

MOST_WALKED = 12
"""Diamonds in a row up to which all paths are really walked."""

PER_SECOND = 1e8
"""Visits a second, of a fast machine."""

CLOSE = 1e-12


def lesson(settings: Settings) -> Told:
    graphs = {text: _Graph(text) for text in TITLES}
    found = {text: {name: list(order(graph)) for name, order in ORDERS.items()} for text, graph in graphs.items()}
    yield from _visits(graphs[DIAMOND], found[DIAMOND]["depth first"], found[DIAMOND]["topological"])
    slopes = {name: [_slope(by[name]) for by in found.values()] for name in ORDERS}
    yield from _compared(slopes)
    yield from _paths(settings.sized())
    yield Question(
        f'diffcli grad "{SHORTCUT}" --at x={X}',
        "A tape of l operations is read once backwards. Why does this never meet the error that depth first makes?",
        """An operation stands on the tape behind its operands. Backwards, every operation that uses a value comes before the one
        that computed it, so its adjoint is complete when it is read.""",
    )


Visit = tuple[int, float]
"""A node, and what it passes on: what it has received since it last did."""


class _Graph:
    """The graph of a program: for each node the nodes it is made of, with the partial derivative along each edge."""

    def __init__(self, text: str) -> None:
        self.drawn = graph_of(text, {"x": X}, verify=False).graph
        (self.root,) = self.drawn.results
        self.names = [node.name for node in self.drawn.nodes]
        self.names[self.root] = "y"
        self.edges: list[list[tuple[int, float]]] = [
            [(edge.operand, float(edge.number)) for edge in row if edge.number is not None] for row in self.drawn.operands()
        ]


def _once(graph: _Graph, take: int, complete: bool = False) -> Iterator[Visit]:
    """Take each node once: from the list's end (depth first) or its beginning, as soon as something has arrived.

    Or when every node that uses it has been taken (Kahn 1962), which the order of evaluation, backwards, does.
    """
    adjoints = {graph.root: 1.0}
    waiting = [graph.root]
    missing = Counter(operand for edges in graph.edges for operand, _ in edges)
    while waiting:
        node = waiting.pop(take)
        yield node, adjoints[node]
        found = []
        for operand, partial in graph.edges[node]:
            missing[operand] -= 1
            if not missing[operand] if complete else operand not in adjoints:
                found.append(operand)
            adjoints[operand] = adjoints.get(operand, 0.0) + adjoints[node] * partial
        waiting += found[::-1] if take else found


depth_first, breadth_first = functools.partial(_once, take=-1), functools.partial(_once, take=0)
topological = functools.partial(_once, take=-1, complete=True)


def every_path(graph: _Graph) -> Iterator[Visit]:
    """Pass on each contribution by itself as it arrives, and visit a node again for the next."""
    waiting = [(graph.root, 1.0)]
    while waiting:
        node, passed = waiting.pop()
        yield node, passed
        waiting += [(operand, passed * partial) for operand, partial in reversed(graph.edges[node])]


ORDERS: dict[str, Callable[[_Graph], Iterator[Visit]]] = {
    "depth first": depth_first, "breadth first": breadth_first, "topological": topological, "every path": every_path,
}  # fmt: skip


def _slope(visits: list[Visit]) -> float:
    """What has been passed to x by the end: all visits to it, or the only one."""
    return sum(passed for node, passed in visits if node == 0)


def _visits(graph: _Graph, naive: list[Visit], right: list[Visit]) -> Told:
    named = [[(graph.names[node], passed) for node, passed in visits] for visits in (naive, right)]
    pairs = enumerate(zip_longest(*named, fillvalue=(None, None)), 1)
    columns = ("visit", "depth first", "passes on", "topological", "passes on")
    yield f"""In reverse mode each node of the graph receives its adjoint from the nodes that use it, and passes contributions on
    to its operands. In which order are the nodes to be visited? In this graph, at x = {X}, s is used by both a and b:"""
    yield Drawing("", graph_of(DIAMOND).graph)
    yield grid(f"order of visits: {DIAMOND}", columns, [(str(number), *left, *right) for number, (left, right) in pairs])
    yield """Depth first visits s and x before b. What b contributes to s comes too late and is lost. The columns on the right
    take a node only after all nodes that use it: a topological order, reversed. The order of evaluation is a topological order,
    so a tape is simply read backwards. Other graphs, and other orders:"""


def _compared(slopes: dict[str, list[float]]) -> Told:
    exact = [float(grad(text, {"x": X}, mode="symbolic").gradient["x"]) for text in TITLES]
    rows = [(name, *found) for name, found in [*slopes.items(), ("SymPy", exact)]]
    yield grid("", ("dy/dx by", *TITLES.values()), rows)
    yield f"""Here b*s is {SHORTCUT}, and s*b the same with the factors swapped. Each wrong order is right for some graphs, and
    gives a plausible number for the others, without an error."""
    for claim, name, expected in (
        ("topological order is right on all", "topological", [True, True, True]),
        ("depth first is right on b*s alone", "depth first", [False, True, False]),
        ("breadth first: on the diamond alone", "breadth first", [True, False, False]),
    ):
        right = [abs(slope / known - 1) < CLOSE for slope, known in zip(slopes[name], exact, strict=True)]
        yield Check(claim, listed(slopes[name], ".5g"), right == expected)


def _paths(last: int) -> Told:
    """Diamonds in a row, ever more of them."""
    chains = [_Chain(k) for k in sorted({1, 2, 4, 8, MOST_WALKED, last} & set(range(last + 1)))]
    longest = chains[-1]
    yield f"""The order "every path" visits a node again for each contribution. This is right, as the chain rule is a sum over
    paths, but slow: for {longest.k} diamonds in a row, s_{{i+1}} = sin(s_i) cos(s_i), there are {longest.by_paths:.2g} visits,
    which take {_time(longest.by_paths / PER_SECOND)} at {PER_SECOND / 1e6:g} million a second. In topological order there are
    {longest.visits}, one for each node."""
    yield Check("one visit a node", f"{longest.visits} for {longest.nodes}", all(of.visits == of.nodes for of in chains))
    walked = [of for of in chains if of.k <= MOST_WALKED]
    same = all(of.walked == of.by_paths and of.difference < CLOSE for of in walked)
    yield Check("every path: the same number", f"{walked[-1].walked} visits for {walked[-1].k} diamonds", same)


class _Chain:
    """So many diamonds in a row: its nodes, and the visits of a walk along every path, walked where that can be waited for."""

    def __init__(self, k: int) -> None:
        self.k = k
        lines = [f"s{i + 1} = sin(s{i})*cos(s{i})" for i in range(k)]
        graph = _Graph("; ".join(["s0 = x + 1", *lines, f"s{k}*1"]))
        once = list(topological(graph))
        self.nodes, self.visits, slope = sum(node.kind != "constant" for node in graph.drawn.nodes), len(once), _slope(once)
        paths = Counter({graph.root: 1})
        for node in reversed(range(len(graph.edges))):
            for operand, _ in graph.edges[node]:
                paths[operand] += paths[node]
        self.by_paths = sum(paths.values())
        walked = list(every_path(graph)) if k <= MOST_WALKED else once
        self.walked, self.difference = len(walked), abs(_slope(walked) - slope) / abs(slope)


def _time(seconds: float) -> str:
    for unit, length in (("years", 365.25 * 86400), ("days", 86400), ("hours", 3600)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}" if seconds < 1e9 * length else f"{seconds / length:.0e} {unit}"
    return f"{seconds:.2g} seconds"
