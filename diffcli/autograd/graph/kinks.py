"""Kinks and poles under a pass that is recorded: second derivatives through them are NaN, and say so.

What such a pass records reads values of the graph that it goes through, so its own derivative leads back into that graph.
There it is led to nodes beside the first ones, which hand on the same adjoints, and NaN where an operation has no slope. A pass
for first derivatives never meets them, and where nothing stands on a kink there are none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any
from warnings import warn

from diffcli.autograd.graph.core import Core, Edge, Node, edge_of, new, nodes_behind
from diffcli.autograd.graph.operation_nodes import OperationNode
from diffcli.autograd.graph.recorded import recorded_adjoints
from diffcli.autograd.graph.view_nodes import WrittenNode
from diffcli.autograd.partial import Mask, Partial, mask_of, plain, total
from diffcli.errors import SecondDerivativeWarning
from diffcli.operations import row_of
from diffcli.operations.arithmetic import arrays, tensors
from diffcli.tape.running.array_rules import NUMPY, ArrayRule

NAN = float("nan")


class BesideNode(Node):
    """What stands beside a node for second derivatives."""

    __slots__ = ("label", "node", "kind", "there")

    def __init__(self, node: Any, edges: tuple[Edge, ...], kind: str) -> None:
        super().__init__(edges)
        self.number = node.number + 0.5  # in the place of the node in the order
        self.label, self.node, self.kind = node.name, node, kind
        self.there: Any = None
        """Which elements of its result stand on a break of this kind; None if none does."""

    def adjoints(self, g: Any) -> Any:
        return self.node.adjoints(g if self.there is None else total(g, self.undefined(mask_of(g), plain(g)), False))

    def recorded_adjoints(self, g: Any) -> Sequence[Any]:
        return recorded_adjoints(self.node, g if self.there is None else g + new(self.undefined(None, g._value).value))

    def undefined(self, mask: Mask | None, like: Any) -> Partial:
        """An adjoint that is NaN for the elements on the break under a mask, and absent for the others."""
        there = self.there if mask is None else self.there & mask()
        if arrays.any_true(there):
            message = (
                f"second derivatives through `{self.node.operation}` are NaN where that has a {self.kind}: write a smooth "
                "function (softplus(x) for relu(x), x*x for abs(x)^2, sum(x*x) for norm(x)^2), or keep off that point"
            )
            warn(message, SecondDerivativeWarning, stacklevel=1)
        nan = tensors.full(arrays.as_array(there).shape, NAN, tensors.kind_of(like))
        return Partial(tensors.plain(arrays.masked(there, nan)), Mask(lambda: there))

    def marked(self, terms: Sequence[Any], g: Any) -> Sequence[Any]:
        """The recorded terms of the node, from the adjoint of its result, with nodes that know of the break."""
        found = [None if term is None else new(term._value) for term in terms]
        for position, (made, term) in enumerate(zip(found, terms, strict=True)):
            if made is not None:
                made._node = SlopeNode((edge_of(term), edge_of(g), self), self, position)
        return found


class SlopeNode(Node):
    """A recorded term of an operation on a break: its edges are those of the term and of its adjoint, and what is beside."""

    __slots__ = ("label", "beside", "position")

    def __init__(self, edges: tuple[Edge, ...], beside: BesideNode, position: int) -> None:
        super().__init__(edges)
        self.label, self.beside, self.position = beside.label, beside, position

    def adjoints(self, w: Any) -> Sequence[Any]:
        nan = self.beside.undefined(Mask(lambda: self._reached(mask_of(w))), plain(w))
        return w, nan, nan

    def recorded_adjoints(self, w: Any) -> Sequence[Any]:
        nan = new(self.beside.undefined(None, w._value).value)
        return w, nan, nan

    def _reached(self, mask: Mask | None) -> Any:
        """Which elements of the result those of the operand under a mask have to do with."""
        node: Any = self.beside.node
        if mask is None or isinstance(node, WrittenNode):
            return True
        if node.rule.row is None:
            return arrays.full(node.shape, mask())
        return ArrayRule(node.rule.row, node.shapes, node.shape, node.fixed, self.position).reachable("tangent", mask())


def nodes_beside(ends: Iterable[Edge]) -> tuple[dict[Any, BesideNode], dict[Any, Any]]:
    """What stands beside each node of a graph behind which an operation meets a break, and the elements at those breaks."""
    found: dict[Any, BesideNode] = {}
    breaks: dict[Any, Any] = {}
    for node in nodes_behind(ends):
        kind, there = _break_of(node)
        if there is not None or any(edge in found for edge in node.edges):
            found[node] = BesideNode(node, tuple([found.get(edge, edge) for edge in node.edges]), kind)
        if there is not None:
            breaks[found[node]] = there
    return found, breaks


def _break_of(node: Any) -> tuple[str, Any]:
    """The kink, tie or pole on which an operation stands, and which elements of its result do; None if none does."""
    if isinstance(node, WrittenNode):
        kind, there = _break_of(node.inner)
        return kind, None if there is None else node.view.spread(arrays.as_array(there) * 1.0) != 0
    if not isinstance(node, OperationNode) or node.operands is None or not row_of(node.rule.name).breaks:
        return "", None
    values = [one._value if isinstance(one, Core) else NAN if one is None else one for one in node.operands]
    name, row = node.rule.name, node.rule.row
    names = None if row is None else ArrayRule(row, node.shapes or (), node.shape, node.fixed or {}, 0).names
    found = [each for each in NUMPY.breaks(name, values, node.result, names) if each[0] != "jump"]
    if row is None and row_of(name).breaks[0][0] == "kink":  # the next derivative may have one where this has none
        reach = NUMPY.radius(name, len(values))[0]
        found.append(("corner in its slope", reach is not None and reach(*values, node.result) == 0))
    there = reduce(or_, [holds != 0 for _, holds in found], False)
    return (found[0][0], arrays.full(node.shape, there)) if arrays.any_true(there) else ("", None)


def lead_beside(results: Iterable[Any], first: int, beside: dict[Any, BesideNode]) -> None:
    """Lead what a pass has recorded, the nodes from a number on, back to the nodes beside those of the graph."""
    for node in nodes_behind(map(edge_of, results), first):
        node.edges = tuple([beside.get(edge, edge) for edge in node.edges])
