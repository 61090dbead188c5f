"""A graph of computations as a record: nodes, edges from each operand to what is made of it, and the results.

The record knows nothing of what it was made from. `diffcli.studies.graph.of_tape` makes one of a program; anything else whose
nodes have operands can be put in the same record, and is then drawn by the same reports.
"""

from __future__ import annotations

from collections import deque

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic, Span, counted
from diffcli.records import Number


class Node(NamedTuple):
    """A value, or what makes it."""

    id: str
    """A short text that no other node has, such as ``v1``."""
    kind: str
    """``input`` for one that is asked for, ``constant`` for what no such input reaches, ``operation`` for what is made of inputs,
    and ``folded`` for a place where nodes are left out."""
    operation: str = ""
    """What makes it; empty for an input and for a constant that is written down."""
    name: str = ""
    """What the program calls it, if it has a name."""
    text: str = ""
    """The user's own words for it, if they are short."""
    numbers: tuple[tuple[str, Number], ...] = ()
    """What is known of it, in the order to be shown: ``value`` and ``adjoint``."""
    remark: str = ""
    span: Span | None = None
    shape: tuple[int, ...] | None = None
    """The lengths of an array; None for a number."""


class Edge(NamedTuple):
    """A node is an operand of another: both by their places in the graph."""

    operand: int
    user: int
    position: int = 0
    """Which operand it is, counted from 0."""
    label: str = ""
    """What stands before the number: nothing for a partial derivative."""
    number: Number | None = None
    depends: bool = True
    """Whether a change of the operand goes on along the edge."""


class Graph(NamedTuple):
    """Nodes, each behind its operands; the edges, ordered by user and position; and which nodes are results."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    results: tuple[int, ...]
    hidden: int = 0
    """How many nodes are left out."""

    def operands(self) -> list[list[Edge]]:
        """For every node, the edges from its operands, in order."""
        found: list[list[Edge]] = [[] for _ in self.nodes]
        for edge in self.edges:
            found[edge.user].append(edge)
        return found

    def kinds(self) -> list[str]:
        """What each node is drawn as: a ``result``, or its kind."""
        results = set(self.results)
        return ["result" if place in results else node.kind for place, node in enumerate(self.nodes)]

    def roots(self) -> list[int]:
        """The results, and behind them whatever no other node uses."""
        used = bytearray(len(self.nodes))
        for edge in self.edges:
            used[edge.operand] = 1
        first = dict.fromkeys(self.results)
        return [*first, *[place for place in range(len(self.nodes)) if not used[place] and place not in first]]


class GraphResult(NamedTuple):
    """The graph of a program; at a point, its value and gradient too."""

    expression: str
    at: dict[str, Number] | None
    """None where only the structure was asked for."""
    graph: Graph
    value: Number | None = None
    """Of the result; None without a point, and where there are several results."""
    gradient: dict[str, Number] = {}  # noqa: RUF012 (read only)
    notes: tuple[Diagnostic, ...] = ()
    remark: str = ""
    """Why there are no adjoints, though there is a point."""


EDGES_EACH = 4
"""How many edges are kept for each node that is, on average: a sum may use one operand a thousand times."""


def fold_graph(graph: Graph, most: int | None) -> Graph:
    """The ``most`` nodes that are nearest to the results; where operands are left out, a folded node says so.

    >>> chain = Graph(tuple(Node(f"v{k}", "operation") for k in range(5)), tuple(Edge(k, k + 1) for k in range(4)), (4,))
    >>> small = fold_graph(chain, 2)
    >>> [node.id for node in small.nodes], small.edges[0][:2], small.hidden
    (['...v3', 'v3', 'v4'], (0, 1), 3)
    """
    if most is None or (len(graph.nodes) <= most and len(graph.edges) <= EDGES_EACH * most):
        return graph
    operands = graph.operands()
    seen = bytearray(len(graph.nodes))
    kept: list[int] = []
    waiting = deque(graph.roots())
    while waiting and len(kept) < most:
        place = waiting.popleft()
        if not seen[place]:
            seen[place] = 1
            kept.append(place)
            waiting.extend(edge.operand for edge in operands[place])
    return _part(graph, operands, sorted(kept), EDGES_EACH * most)


def _part(graph: Graph, operands: list[list[Edge]], kept: list[int], room: int) -> Graph:
    """The kept nodes, with at most ``room`` of the edges between them."""
    nodes: list[Node] = []
    edges: list[Edge] = []
    places: dict[int, int] = {}
    for place in kept:
        known = [edge for edge in operands[place] if edge.operand in places][: max(room, 0)]
        room -= len(known)
        lost = len(operands[place]) - len(known)
        if lost:
            nodes.append(Node(f"...{graph.nodes[place].id}", "folded", remark=f"{counted(lost, 'operand')} not shown"))
        user = places[place] = len(nodes)
        nodes.append(graph.nodes[place])
        edges += [edge._replace(operand=places[edge.operand], user=user) for edge in known]
        if lost:
            edges.append(Edge(user - 1, user, operands[place][-1].position))
    results = tuple(places[place] for place in graph.results if place in places)
    return Graph(tuple(nodes), tuple(edges), results, len(graph.nodes) - len(kept))
