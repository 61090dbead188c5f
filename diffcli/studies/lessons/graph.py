"""The graph that operations leave behind: its shape, what it saves, that each run makes another, and when it is freed."""

from __future__ import annotations

from typing import Any

import diffcli.autograd as ad
from diffcli.records.figures import Drawing
from diffcli.records.graph import Graph
from diffcli.studies.graph.of_tensor import graph_of_tensor
from diffcli.studies.lessons.engine import quoted, refusal, refused
from diffcli.studies.lessons.record import Check, Question, Settings, Told, grid, listed, listing
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


def lesson(settings: Settings) -> Told:
    x1, x2 = (_leaf(value, name) for name, value in AT.items())
    y = ad.log(x1) + x1 * x2 - ad.sin(x2)
    yield from _recorded(y, {"x1": x1, "x2": x2})
    yield from _loop()
    again, harmless = refusal(y.backward), _twice_through_a_sum()
    yield """A backward pass frees what was saved as it goes, so a second y.backward() is refused, unless the first was called
    with retain_graph=True."""
    yield [
        quoted(again),
        f"""A node that saves nothing has nothing to miss: the backward pass of x + 1 may run twice, and then x.grad is
        {harmless:g}.""",
    ]
    yield refused("a second pass is refused", again, "freed-graph")
    yield Check("and goes through where nothing was saved", f"{harmless:g}", harmless == 2)
    cube = _leaf(3.0, "x")
    power = graph_of_tensor(cube * cube * cube)
    yield Question(
        TRY, "y = x*x*x is computed as (x*x)*x. How many nodes has its graph, and how many paths lead from y to x?",
        f"{_nodes(power)} nodes, one for each product, and {_paths(power)} paths, one for each factor x, of x^2 each.",
    )  # fmt: skip


def _recorded(y: Any, inputs: dict[str, Any]) -> Told:
    graph = graph_of_tensor(y)
    y.backward()
    saved = _saved()
    yield f"""Tensors run their operations at once. An operation on a tensor that requires a gradient leaves a node behind, the
    grad_fn of its result, which knows how to compute the adjoints of its operands. For y = {TEXT} at (2, 5):"""
    yield Drawing("", graph)
    yield """From the root, y.grad_fn, the backward pass goes to the leaves x1 and x2, and adds their gradients to x.grad. Both
    are used twice and stand in the graph once: it is a directed acyclic graph, not a tree. A node saves what its partial
    derivatives read: a product saves both factors, a sum saves nothing."""
    yield ["It saves the tensors themselves. With y = x**2:", listing(SAVED.format(*saved))]
    gradient = {name: x.grad.item() for name, x in inputs.items()}
    yield agreement(gradient, "the backward pass gives SymPy's derivatives", ".6g")
    leaves = [place for place, node in enumerate(graph.nodes) if node.kind == "input"]
    uses = [sum(edge.operand == place for edge in graph.edges) for place in leaves]
    yield Check("x1 and x2 are there once, and used twice", listed(uses), uses == [2, 2])
    yield Check("x**2 saves x itself", " and ".join(map(str, saved)), all(saved))


def _loop() -> Told:
    first, below, at = runs = [_Run(start) for start in STARTS]
    yield "The graph is made by running, so there is no loop in it. This function squares x until it is 100 or more:"
    yield listing(LOOP)
    rows = [(of.start, of.nodes, f"x^{of.paths}", of.value, of.slope) for of in runs]
    yield grid("", ("x", "nodes", "f was", "f(x)", "slope"), rows, digits=6)
    yield f"""Each slope is right for the power that ran. But between x = {below.start:g} and {at.start:g} f jumps from
    {below.value:.0f} to {at.value:.0f}, and no warning says so: a graph holds what was run, not what would run elsewhere."""
    yield [
        f"The graph of f({first.start:g}), where each node is used twice by the next:",
        Drawing("", first.graph),
        f"""It has {first.nodes} nodes, and {first.paths} paths lead from the root to x. The backward pass visits each node
        once.""",
    ]
    off = max(abs(of.slope / (of.paths * of.start ** (of.paths - 1)) - 1) for of in runs)
    yield Check("each slope is that of the power that ran", f"off by {off:.1g} at most", off < CLOSE)
    doubled = all(of.paths == 2**of.nodes for of in runs)
    yield Check("k nodes in a row have 2^k paths", f"{first.nodes} and {first.paths}", doubled)


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
        self.nodes, self.paths = _nodes(self.graph), _paths(self.graph)
        y.backward()
        self.value, self.slope = y.item(), x.grad.item()


def _nodes(graph: Graph) -> int:
    return sum(node.kind == "operation" for node in graph.nodes)


def _paths(graph: Graph) -> int:
    """How many ways lead from the result to leaves; the operands of a node stand before it."""
    counts: list[int] = []
    for operands in graph.operands():
        counts.append(sum(counts[edge.operand] for edge in operands) if operands else 1)
    return counts[graph.results[0]]
