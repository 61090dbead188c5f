"""The order of the backward pass: a node may pass its adjoint on when all of it has arrived, and what becomes of it if not."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any

from diffcli._named import NamedTuple
from diffcli.language import parse
from diffcli.methods.library import grad
from diffcli.records.blocks import Table
from diffcli.records.figures import Drawing
from diffcli.studies.graph.of_tape import graph_of
from diffcli.studies.lessons.record import Check, Lesson, Parts, Settings, grid, listed
from diffcli.tape import Tape, evaluate, lower
from diffcli.tape.running.rules import FLOAT

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


def lesson(settings: Settings) -> Lesson:
    graphs = {text: _Graph(text) for text in TITLES}
    found = {text: {name: list(order(graph)) for name, order in ORDERS.items()} for text, graph in graphs.items()}
    slopes = {text: {name: _slope(graphs[text], visits) for name, visits in by.items()} for text, by in found.items()}
    exact = {text: float(grad(text, {"x": X}, mode="symbolic").gradient["x"]) for text in graphs}
    last = settings.sized()
    chains = [_Chain(k) for k in sorted({1, 2, 4, 8, MOST_WALKED, last} & set(range(last + 1)))]
    parts: Parts = (
        f"""In reverse mode each node of the graph receives its adjoint from the nodes that use it, and passes contributions on
        to its operands. In which order are the nodes to be visited? In this graph, at x = {X}, s is used by both a and b:""",
        Drawing("", graph_of(DIAMOND).graph),
        _visits(graphs[DIAMOND], found[DIAMOND]["depth first"], found[DIAMOND]["topological"]),
        """Depth first visits s and x before b. What b contributes to s comes too late and is lost. The columns on the right
        take a node only after all nodes that use it: a topological order, reversed. The order of evaluation is a topological
        order, so a tape is simply read backwards. Other graphs, and other orders:""",
        grid(
            "", ("dy/dx by", *TITLES.values()),
            [*((name, *[by[name] for by in slopes.values()]) for name in ORDERS), ("SymPy", *exact.values())],
        ),
        f"""Here b*s is {SHORTCUT}, and s*b the same with the factors swapped. Each wrong order is right for some graphs, and
        gives a plausible number for the others, without an error.""",
        f"""The order "every path" visits a node again for each contribution. This is right, as the chain rule is a sum over
        paths, but slow: for {chains[-1].k} diamonds in a row, s_{{i+1}} = sin(s_i) cos(s_i), there are
        {chains[-1].by_paths:.2g} visits, which take {_time(chains[-1].by_paths / PER_SECOND)} at {PER_SECOND / 1e6:g} million a
        second. In topological order there are {chains[-1].visits}, one for each node.""",
    )
    return Lesson(
        parts, _checks(slopes, exact, chains), f'diffcli grad "{SHORTCUT}" --at x={X}',
        "A tape of l operations is read once backwards. Why does this never meet the error that depth first makes?",
        """An operation stands on the tape behind its operands. Backwards, every operation that uses a value comes before the
        one that computed it, so its adjoint is complete when it is read.""",
    )  # fmt: skip


class Visit(NamedTuple):
    """A node passes on what it has received since it last did."""

    node: int
    passed: float


class _Graph:
    """A tape as a graph: for each node the nodes it is made of, with the partial derivative along each edge."""

    def __init__(self, text: str) -> None:
        self.tape: Tape = lower(parse(text))
        values: Any = evaluate(self.tape, [X])
        names = {slot: name for name, slot in self.tape.bindings.items()}
        self.output = self.tape.output
        self.names = {0: "x"} | {slot: names.get(slot, "") for slot in self.tape.rows()} | {self.output: "y"}
        self.edges: dict[int, list[tuple[int, float]]] = {0: []}
        for slot in self.tape.rows():
            row = self.tape.operands_of(slot)
            functions = FLOAT.terms(self.tape.operation(slot), len(row))
            operands = [values[operand] for operand in row]
            partials = [function(1.0, *operands, values[slot]) if function else None for function in functions]
            terms = zip(row, partials, strict=True)
            self.edges[slot] = [(operand, partial) for operand, partial in terms if partial is not None and operand >= 0]


def _once(graph: _Graph, take: int, complete: bool = False) -> Iterator[Visit]:
    """Take each node once: from the list's end (depth first) or its beginning, as soon as something has arrived.

    Or when every node that uses it has been taken (Kahn 1962), which the order of evaluation, backwards, does.
    """
    adjoints = {graph.output: 1.0}
    waiting = [graph.output]
    missing = Counter(operand for edges in graph.edges.values() for operand, _ in edges)
    while waiting:
        node = waiting.pop(take)
        yield Visit(node, adjoints[node])
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
    waiting = [Visit(graph.output, 1.0)]
    while waiting:
        visit = waiting.pop()
        yield visit
        waiting += [Visit(operand, visit.passed * partial) for operand, partial in reversed(graph.edges[visit.node])]


ORDERS: dict[str, Callable[[_Graph], Iterator[Visit]]] = {
    "depth first": depth_first, "breadth first": breadth_first, "topological": topological, "every path": every_path,
}  # fmt: skip


def _slope(graph: _Graph, visits: list[Visit]) -> float:
    """What has been passed to x by the end: all visits to it, or the only one."""
    return sum(visit.passed for visit in visits if visit.node == 0)


class _Chain:
    """So many diamonds in a row: its nodes, and the visits of a walk along every path, walked where that can be waited for."""

    def __init__(self, k: int) -> None:
        self.k = k
        lines = [f"s{i + 1} = sin(s{i})*cos(s{i})" for i in range(k)]
        graph = _Graph("; ".join(["s0 = x + 1", *lines, f"s{k}*1"]))
        once = list(topological(graph))
        self.nodes, self.visits, self.slope = len(graph.edges), len(once), _slope(graph, once)
        paths = {graph.output: 1}
        for node in sorted(graph.edges, reverse=True):
            for operand, _ in graph.edges[node]:
                paths[operand] = paths.get(operand, 0) + paths[node]
        self.by_paths = sum(paths.values())
        walked = list(every_path(graph)) if k <= MOST_WALKED else None
        self.walked = None if walked is None else len(walked)
        self.difference = None if walked is None else abs(_slope(graph, walked) - self.slope) / abs(self.slope)


def _visits(graph: _Graph, naive: list[Visit], right: list[Visit]) -> Table:
    named = [[(graph.names[visit.node], visit.passed) for visit in visits] for visits in (naive, right)]
    pairs = enumerate(zip_longest(*named, fillvalue=(None, None)), 1)
    columns = ("visit", "depth first", "passes on", "topological", "passes on")
    return grid(f"order of visits: {DIAMOND}", columns, [(str(number), *left, *right) for number, (left, right) in pairs])


def _time(seconds: float) -> str:
    for unit, length in (("years", 365.25 * 86400), ("days", 86400), ("hours", 3600)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}" if seconds < 1e9 * length else f"{seconds / length:.0e} {unit}"
    return f"{seconds:.2g} seconds"


def _checks(slopes: dict[str, dict[str, float]], exact: dict[str, float], chains: list[_Chain]) -> tuple[Check, ...]:
    def right(name: str) -> list[bool]:
        return [abs(slopes[text][name] / exact[text] - 1) < CLOSE for text in slopes]

    found = {name: listed((of[name] for of in slopes.values()), ".5g") for name in ORDERS}
    walked = [of for of in chains if of.walked is not None]
    largest = max(of.difference or 0.0 for of in walked)
    return (
        Check("topological order is right on all", found["topological"], all(right("topological"))),
        Check("depth first is right on b*s alone", found["depth first"], right("depth first") == [False, True, False]),
        Check(
            "breadth first: on the diamond alone", found["breadth first"],
            right("breadth first") == [True, False, False],
        ),
        Check("one visit a node", f"{chains[-1].visits} for {chains[-1].nodes}", all(of.visits == of.nodes for of in chains)),
        Check(
            "every path: the same number",
            f"{walked[-1].walked} visits for {walked[-1].k} diamonds",
            largest < CLOSE and all(of.walked == of.by_paths for of in walked),
        ),
    )  # fmt: skip
