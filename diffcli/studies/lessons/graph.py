"""The graph that operations leave behind: its shape, what it saves, that each run makes another, and when it is freed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import diffcli.autograd as ad
from diffcli.records.figures import Drawing
from diffcli.records.graph import Graph
from diffcli.studies.graph.of_tensor import graph_of_tensor
from diffcli.studies.lessons.engine import quoted, refusal, refused
from diffcli.studies.lessons.record import Check, Lesson, Parts, Settings, grid, listed, listing
from diffcli.studies.lessons.survey import AT, CLOSE, TEXT, agreement

LIMIT = 100.0
STARTS = (3.0, 9.99, 10.0)

SAVED = """\
x is y.grad_fn.saved["a"]        # {}: the tensor itself, and no copy
x.equal(y.grad_fn.saved_a)       # {}: PyTorch's y.grad_fn._saved_self"""

LOOP = """\
def f(x):
    while x < 100:
        x = x * x
    return x"""

TRY = """\
import diffcli.autograd as ad; x = ad.tensor(0.5, requires_grad=True)
y = ad.exp(x) * ad.sin(x); print(y.grad_fn.next_functions)
print(y.grad_fn.saved)"""


def lesson(settings: Settings) -> Lesson:
    x1, x2 = (_leaf(value, name) for name, value in AT.items())
    y = ad.log(x1) + x1 * x2 - ad.sin(x2)
    graph = graph_of_tensor(y)
    y.backward()
    saved = _saved()
    runs = [_Run(start) for start in STARTS]
    again = refusal(y.backward)
    harmless = _twice_through_a_sum()
    cube = _leaf(3.0, "x")
    power = graph_of_tensor(cube * cube * cube)
    operations = sum(node.kind == "operation" for node in power.nodes)
    parts: Parts = (
        f"""Tensors run their operations at once. An operation on a tensor that requires a gradient leaves a node behind, the
        grad_fn of its result, which knows how to compute the adjoints of its operands. For y = {TEXT} at (2, 5):""",
        Drawing("", graph),
        """From the root, y.grad_fn, the backward pass goes to the leaves x1 and x2, and adds their gradients to x.grad. Both
        are used twice and stand in the graph once: it is a directed acyclic graph, not a tree. A node saves what its partial
        derivatives read: a product saves both factors, a sum saves nothing.""",
        ["It saves the tensors themselves. With y = x**2:", listing(SAVED.format(*saved))],
        "The graph is made by running, so there is no loop in it. This function squares x until it is 100 or more:",
        listing(LOOP),
        grid(
            "", ("x", "nodes", "f was", "f(x)", "slope"),
            [(of.start, of.nodes, f"x^{of.paths}", of.value, of.slope) for of in runs], digits=6,
        ),
        _edge(runs),
        [
            f"The graph of f({runs[0].start:g}), where each node is used twice by the next:",
            Drawing("", runs[0].graph),
            f"""It has {runs[0].nodes} nodes, and {runs[0].paths} paths lead from the root to x. The backward pass visits each
            node once.""",
        ],
        """A backward pass frees what was saved as it goes, so a second y.backward() is refused, unless the first was called with
        retain_graph=True.""",
        [
            quoted(again),
            f"""A node that saves nothing has nothing to miss: the backward pass of x + 1 may run twice, and then x.grad is
            {harmless:g}.""",
        ],
    )
    gradient = {"x1": x1.grad.item(), "x2": x2.grad.item()}
    return Lesson(
        parts, _checks(graph, gradient, saved, runs, again, harmless), TRY,
        "y = x*x*x is computed as (x*x)*x. How many nodes has its graph, and how many paths lead from y to x?",
        f"{operations} nodes, one for each product, and {_paths(power)} paths, one for each factor x, of x^2 each.",
    )  # fmt: skip


def _leaf(value: float, name: str) -> Any:
    leaf = ad.tensor(value, requires_grad=True)
    leaf.name = name
    return leaf


def _saved() -> tuple[bool, bool]:
    x = ad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    node: Any = (x**2).grad_fn
    return x is node.saved["a"], bool(x.equal(node.saved_a))


def _twice_through_a_sum() -> float:
    x = _leaf(3.0, "x")
    y = x + 1
    y.backward()
    y.backward()
    return float(x.grad.item())


def _f(x: Any) -> Any:
    while x < LIMIT:
        x = x * x
    return x


class _Run:
    """The loop from one x: its value, its graph, and its slope."""

    def __init__(self, start: float) -> None:
        self.start, x = start, _leaf(start, "x")
        y = _f(x)
        self.graph = graph_of_tensor(y)
        self.nodes = sum(node.kind == "operation" for node in self.graph.nodes)
        self.paths = _paths(self.graph)
        y.backward()
        self.value, self.slope = y.item(), x.grad.item()


def _paths(graph: Graph) -> int:
    """How many ways lead from the result to leaves; the operands of a node stand before it."""
    counts: list[int] = []
    for operands in graph.operands():
        counts.append(sum(counts[edge.operand] for edge in operands) if operands else 1)
    return counts[graph.results[0]]


def _edge(runs: Sequence[_Run]) -> str:
    """Where the loop runs once more or not."""
    below, at = max(pairwise(runs), key=lambda pair: pair[0].value - pair[1].value)
    return (
        f"Each slope is right for the power that ran. But between x = {below.start:g} and {at.start:g} f jumps from "
        f"{below.value:.0f} to {at.value:.0f}, and no warning says so: a graph holds what was run, not what would run elsewhere."
    )


def _checks(
    graph: Graph, gradient: dict[str, float], saved: tuple[bool, bool], runs: Sequence[_Run], again: Any, harmless: float
) -> tuple[Check, ...]:
    leaves = [place for place, node in enumerate(graph.nodes) if node.kind == "input"]
    uses = [sum(edge.operand == place for edge in graph.edges) for place in leaves]
    slopes = [abs(of.slope / (of.paths * of.start ** (of.paths - 1)) - 1) for of in runs]
    doubled = all(of.paths == 2**of.nodes for of in runs)
    return (
        agreement(gradient, "the backward pass gives SymPy's derivatives", ".6g"),
        Check("x1 and x2 are there once, and used twice", listed(uses), uses == [2, 2]),
        Check("x**2 saves x itself", " and ".join(map(str, saved)), all(saved)),
        Check("each slope is that of the power that ran", f"off by {max(slopes):.1g} at most", max(slopes) < CLOSE),
        Check("k nodes in a row have 2^k paths", f"{runs[0].nodes} and {runs[0].paths}", doubled),
        refused("a second pass is refused", again, "freed-graph"),
        Check("and goes through where nothing was saved", f"{harmless:g}", harmless == 2),
    )  # fmt: skip
