"""The graph of functions behind a tensor, in the record that the graph of a program has too."""

from __future__ import annotations

from typing import Any

from diffcli.autograd import AccumulateGrad, AutogradError, Tensor
from diffcli.autograd import Node as Function
from diffcli.errors import fault
from diffcli.records.graph import Edge, Graph, Node


def graph_of_tensor(result: Tensor) -> Graph:
    """The nodes that the backward pass of a tensor goes through, and the leaves where it ends.

    Nodes are numbered as in the traces: leaves up to ``v0``, in the order in which they are met, and operations from ``v1`` on,
    in the order in which they ran. What takes no part in the derivative is not in the graph, and so not here.

    >>> from diffcli.autograd import tensor
    >>> x = tensor(3.0, requires_grad=True)
    >>> x.name = "x"
    >>> found = graph_of_tensor(x * x + 1)
    >>> [(node.id, node.operation or node.name, node.remark) for node in found.nodes]
    [('v0', 'x', ''), ('v1', 'mul', 'saves a = x, b = x'), ('v2', 'add', 'saves nothing')]
    >>> [(edge.operand, edge.user, edge.position) for edge in found.edges]
    [(0, 1, 0), (0, 1, 1), (1, 2, 0)]
    """
    if not result.requires_grad:
        raise fault(
            "no-graph",
            "nothing that the tensor was computed from requires a gradient: there is no graph to draw",
            help=["make what you differentiate by with requires_grad=True"],
        )
    root: Any = result.grad_fn or AccumulateGrad(result)
    leaves, functions = nodes_behind(root)
    order = [*leaves, *functions]
    places = {node: place for place, node in enumerate(order)}
    names = {id(leaf.variable): leaf.variable.name or f"leaf {number + 1}" for number, leaf in enumerate(leaves)}
    nodes = [_leaf(leaf, number - len(leaves) + 1, names) for number, leaf in enumerate(leaves)]
    nodes += [
        Node(f"v{number + 1}", "operation", function.operation, text=function.name, remark=_saved(function, names))
        for number, function in enumerate(functions)
    ]
    edges = [
        Edge(places[operand], places[function], position)
        for function in functions
        for position, (operand, _) in enumerate(function.next_functions)
        if operand is not None
    ]
    return Graph(tuple(nodes), tuple(edges), (places[root],))


def nodes_behind(root: Any) -> tuple[list[AccumulateGrad], list[Function]]:
    """The ends at leaves, in the order in which they are met from the left, and the functions, in the order of their numbers."""
    leaves: dict[AccumulateGrad, None] = {}
    functions: dict[Function, None] = {}
    waiting: list[Any] = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, AccumulateGrad):
            leaves[node] = None
        elif node is not None and node not in functions:
            functions[node] = None
            waiting += [operand for operand, _ in reversed(node.next_functions)]
    return list(leaves), sorted(functions, key=lambda node: node.number)


def _leaf(end: AccumulateGrad, number: int, names: dict[int, str]) -> Node:
    """A leaf with its number, or the lengths of its array, and the gradient that it has so far."""
    leaf: Any = end.variable
    numbers = [("value", leaf)] if leaf.grad is None else [("value", leaf), ("grad", leaf.grad)]
    known = tuple((label, one.detach().numpy() if one.shape else one.item()) for label, one in numbers)
    return Node(f"v{number}", "input", name=names[id(leaf)], text=end.name, numbers=known, shape=leaf.shape or None)


def _saved(function: Function, names: dict[int, str]) -> str:
    """What a function keeps, each by the operand's name in its row; a leaf by its own name too."""
    try:
        saved = function.saved
    except AutogradError:
        return "freed"
    words = [f"{name} = {names[id(one)]}" if id(one) in names else name for name, one in saved.items()]
    return f"saves {', '.join(words) or 'nothing'}"
