"""The sweep of a backward pass: adjoints from the ends of a graph to its leaves, each node once.

A node may hand its adjoint on only when all of it has arrived. The nodes are taken in descending order of their numbers:
whatever uses a result has a greater number than what made it, so all that is to arrive at a node has arrived when its turn
comes (Griewank & Walther 2008, section 3.2: the reverse of the order of evaluation). Nothing here is recursive: the depth
of a graph does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Any

from diffcli.autograd.graph.core import Core, Edge, Node, counter_of, new, set_value
from diffcli.autograd.graph.recorded import recorded_adjoints
from diffcli.autograd.partial import plain, total, with_value
from diffcli.errors import fault
from diffcli.operations.arithmetic import tensors
from diffcli.operations.array_row import shape_text


class Sweep:
    """The state of one backward pass: the adjoints that have arrived, by node, and those of leaves."""

    def __init__(self, recorded: bool) -> None:
        self.recorded = recorded
        """Whether the pass itself is recorded: adjoints are tensors then, else plain values."""
        self.needed: set[Any] | None = None
        """The nodes that something that is asked for lies behind; None for all."""
        self.kept: dict[Any, Any] = {}
        """The nodes that are asked for themselves, and their adjoints when they have come."""
        self.beside: dict[Any, Any] = {}
        """The nodes for second derivatives beside those that lead to a kink: `diffcli.autograd.graph.kinks`."""
        self.watched = True
        """Whether hooks are called, and tensors keep gradients."""
        self.waiting: dict[Node, Any] = {}
        self.queue: list[tuple[int, Node]] = []
        self.leaves: dict[Core, Any] = {}
        self.summed: set[Any] = set()
        """The nodes and leaves whose adjoint is a sum made here, in memory of its own."""

    def arrive(self, edge: Edge, term: Any) -> None:
        """A term of an adjoint arrives."""
        place: dict[Any, Any] = self.waiting
        if isinstance(edge, Core):
            place = self.leaves
        elif self.needed is not None and edge not in self.needed and edge not in self.kept:
            return
        before = place.get(edge)
        if before is None:
            place[edge] = term
            if place is self.waiting:
                heappush(self.queue, (-edge.number, edge))  # type: ignore[union-attr,misc]
        elif isinstance(term, dict):
            both = {part: total(before[part], own, False) for part, own in term.items() if part in before}
            place[edge] = before | term | both
        elif self.recorded:
            place[edge] = before + term
        else:
            place[edge] = total(before, term, edge in self.summed)
            self.summed.add(edge)

    def run(self, keep_graph: bool) -> None:
        """Take every node that waits, in order."""
        waiting, queue, recorded, needed, kept = self.waiting, self.queue, self.recorded, self.needed, self.kept
        while queue:
            node = heappop(queue)[1]
            adjoint = waiting.pop(node)
            if (node._hooks is not None or node.retained_by is not None) and self.watched:
                adjoint = self._watch(node, adjoint)
            if needed is not None and node in kept:
                kept[node] = adjoint
                if node not in needed:
                    continue
            terms = self._recorded(node, adjoint) if recorded else node.adjoints(adjoint)
            for edge, term in zip(node.edges, terms):  # noqa: B905  (the hot path)
                if edge is None or term is None:
                    continue
                place: dict[Any, Any] = self.leaves if isinstance(edge, Core) else waiting
                before = place.get(edge)
                if needed is not None or (before is not None and term.__class__ is not float):
                    self.arrive(edge, term)
                elif before is not None:
                    place[edge] = plain(before) + term
                else:
                    place[edge] = term
                    if place is waiting:
                        heappush(queue, (-edge.number, edge))  # type: ignore[union-attr,misc]
            if not keep_graph:
                node.release()

    def _recorded(self, node: Node, adjoint: Any) -> Sequence[Any]:
        terms, beside = recorded_adjoints(node, adjoint), self.beside.get(node)
        return terms if beside is None or beside.there is None else beside.marked(terms, adjoint)

    def _watch(self, node: Node, adjoint: Any) -> Any:
        """Hand the adjoint of a node to its hooks, and to the tensors that keep their gradient."""
        value = plain(adjoint)
        if node._hooks is not None:
            value = through_hooks(node._hooks, value, self.recorded)
        for reference in node.retained_by or ():
            tensor = reference()
            if tensor is not None and tensor._node is node:
                accumulate(tensor, value if self.recorded else tensors.copy(value), self.recorded)
        return with_value(adjoint, value) if value is plain(adjoint) else value


def through_hooks(hooks: dict[int, Any], adjoint: Any, recorded: bool) -> Any:
    """An adjoint as the hooks leave it: each may return another one."""
    given = adjoint if recorded else new(adjoint)
    for hook in list(hooks.values()):
        changed = hook(given)
        if changed is not None:
            shape = tensors.shape_of(changed._value) if isinstance(changed, Core) else None
            if shape != given.shape:
                found = f"a `{type(changed).__name__}`" if shape is None else f"a tensor of {shape_text(shape)}"
                message = f"a hook returned {found} in place of a gradient of {shape_text(given.shape)}"
                raise fault("bad-gradient", message, help=["return a tensor of the same shape, or None"])
            given = changed.to(given.dtype)
    return given if recorded else given._value


def accumulate(tensor: Core, adjoint: Any, recorded: bool) -> None:
    """Add to a tensor's ``grad``: in place, if there is one, unless the addition is recorded."""
    before = tensor._grad
    if recorded:
        tensor._grad = adjoint.clone() if before is None else before + adjoint
        return
    if before is None:
        tensor._grad = new(adjoint)
        return
    if tensors.is_array(before._value) and before._value.flags.writeable:
        before._value += adjoint
    else:
        set_value(before, before._value + adjoint)
    if not before._made_in_inference:
        counter = counter_of(before)
        counter.count += 1
        counter.by = "backward"
