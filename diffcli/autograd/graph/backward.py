"""The backward pass: adjoints from the roots of a graph to its leaves, each node once.

A node may hand its adjoint on only when all of it has arrived. The nodes are taken in descending order of their numbers:
whatever uses a result has a greater number than what made it, so all that is to arrive at a node has arrived when its turn
comes (Griewank & Walther 2008, section 3.2: the reverse of the order of evaluation). Nothing here is recursive: the depth
of a graph does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from typing import Any

from diffcli.autograd.graph.core import Core, Edge, Node, counter_of, describe, edge_of, new, nodes_behind, numbers, set_value
from diffcli.autograd.graph.kinks import BesideNode, lead_beside, nodes_beside
from diffcli.autograd.graph.recorded import recorded_adjoints
from diffcli.autograd.modes import DEFAULT, NO_GRAD, in_mode
from diffcli.autograd.partial import mask_of, plain, total, with_value
from diffcli.errors import counted, fault
from diffcli.operations.arithmetic import arrays, tensors
from diffcli.operations.array_row import shape_text, size


class Sweep:
    """The state of one backward pass: the adjoints that have arrived, by node, and those of leaves."""

    def __init__(self, recorded: bool) -> None:
        self.recorded = recorded
        """Whether the pass itself is recorded: adjoints are tensors then, else plain values."""
        self.wanted: frozenset[int] | None = None
        """The nodes that lie on a path to what is asked for, or are asked for, by their numbers; None for all."""
        self.needed: frozenset[int] = frozenset()
        """Those of them that something that is asked for lies behind."""
        self.beside: dict[Any, BesideNode] = {}
        """The nodes for second derivatives beside those that lead to a kink."""
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
        elif self.wanted is not None and edge.number not in self.wanted:  # type: ignore[union-attr]
            return
        before = place.get(edge)
        if before is None:
            place[edge] = term
            if place is self.waiting:
                heappush(self.queue, (-edge.number, edge))  # type: ignore[union-attr,misc]
        elif isinstance(term, dict):
            place[edge] = before | {part: before[part] + own if part in before else own for part, own in term.items()}
        elif self.recorded:
            place[edge] = before + term
        else:
            place[edge] = total(before, term, edge in self.summed)
            self.summed.add(edge)

    def run(self, keep_graph: bool, keep: dict[Node, Any]) -> None:
        """Take every node that waits, in order; ``keep`` receives the adjoints of some."""
        waiting, queue, recorded, wanted = self.waiting, self.queue, self.recorded, self.wanted
        while queue:
            node = heappop(queue)[1]
            adjoint = waiting.pop(node)
            if node._hooks is not None or node.retained_by is not None:
                adjoint = self._watch(node, adjoint)
            if keep and node in keep:
                keep[node] = adjoint
                if node.number not in self.needed:
                    continue  # nothing that is wanted lies behind it
            terms = self._recorded(node, adjoint) if recorded else node.adjoints(adjoint)
            for edge, term in zip(node.edges, terms):  # noqa: B905  (the hot path)
                if edge is None or term is None:
                    continue
                if term.__class__ is float and wanted is None:  # the fast path of what `arrive` does
                    place: dict[Any, Any] = self.leaves if isinstance(edge, Core) else waiting
                    before = place.get(edge)
                    if before is not None:
                        place[edge] = plain(before) + term
                        continue
                    place[edge] = term
                    if place is waiting:
                        heappush(queue, (-edge.number, edge))  # type: ignore[union-attr,misc]
                else:
                    self.arrive(edge, term)
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
                _accumulate(tensor, value if self.recorded else tensors.copy(value), self.recorded)
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


def _accumulate(tensor: Core, adjoint: Any, recorded: bool) -> None:
    """Add to a tensor's ``grad``: in place, if there is one, unless the addition is recorded."""
    before = tensor._grad
    if recorded:
        tensor._grad = adjoint.clone() if before is None else before + adjoint
        return
    if before is None:
        tensor._grad = new(adjoint)
        return
    if tensors.writable(before._value):
        before._value += adjoint
    else:
        set_value(before, before._value + adjoint)
    if not before._made_in_inference:
        counter = counter_of(before)
        counter.count += 1
        counter.by = "backward"


def _swept(
    ends: Sequence[Core], adjoints: Sequence[Any], keep_graph: bool, recorded: bool, wanted: Sequence[Core] | None
) -> tuple[Sweep, dict[Node, Any]]:
    """Run a backward pass from some tensors, each with its adjoint; the adjoints of what is wanted are kept."""
    kept: dict[Node, Any] = {}
    sweep = Sweep(recorded)
    if wanted is not None:
        targets = {edge_of(tensor) for tensor in wanted}
        kept = {edge: None for edge in targets if isinstance(edge, Node)}
        sweep.needed = _on_the_way([edge_of(end) for end in ends], targets)
        sweep.wanted = sweep.needed | {node.number for node in kept}
    for end, adjoint in zip(ends, adjoints, strict=True):
        sweep.arrive(edge_of(end), adjoint)
    sweep.summed.clear()  # what the caller gave is the caller's
    first = next(numbers)
    with arrays.quiet():
        if recorded:
            sweep.beside = _beside(ends, adjoints)
        sweep.run(keep_graph, kept)
    if sweep.beside:
        lead_beside([one for one in (*sweep.leaves.values(), *kept.values()) if one is not None], first, sweep.beside)
    return sweep, kept


def _beside(ends: Sequence[Core], adjoints: Sequence[Any]) -> dict[Any, BesideNode]:
    """`nodes_beside`, with the elements at breaks that the ends depend on, as a pass that is not recorded knows them."""
    beside, breaks = nodes_beside(map(edge_of, ends))
    if not breaks:
        return beside
    probe, seen = Sweep(False), dict.fromkeys(breaks)
    probe.wanted = probe.needed = frozenset([node.number for node in beside.values()])
    for end, adjoint in zip(ends, adjoints, strict=True):
        if edge_of(end) in beside:
            probe.arrive(beside[edge_of(end)], adjoint._value)
    probe.run(True, seen)
    for node, there in breaks.items():
        mask = mask_of(seen[node])
        node.there = None if seen[node] is None else there if mask is None else there & mask()
    return beside


def _on_the_way(roots: Sequence[Edge], targets: set[Any]) -> frozenset[int]:
    """The numbers of the nodes behind which a target lies: those that a pass for some inputs only needs to run."""
    reaching = set(targets) - {None}
    found: set[int] = set()
    for node in nodes_behind(roots):
        if any(edge in reaching for edge in node.edges):
            reaching.add(node)
            found.add(node.number)
    return frozenset(found)


# -- the entries -----------------------------------------------------------------------------------------------------------


def backward(
    tensors: Any, grad_tensors: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None
) -> None:
    """Add to the ``grad`` of each leaf the derivative of some tensors by it: `Tensor.backward`, of several at once.

    >>> from diffcli.autograd import backward, tensor
    >>> x = tensor(3.0, requires_grad=True)
    >>> backward([x**2, 5 * x])
    >>> x.grad
    tensor(11.0)
    """
    ends = _listed(tensors)
    wanted = None if inputs is None else _listed(inputs)
    if wanted is not None and not wanted:
        raise fault("unused-input", "inputs=[] asks for the gradient of nothing", help=["leave inputs out for all leaves"])
    with in_mode(DEFAULT if create_graph else NO_GRAD):
        adjoints = _starting_adjoints(ends, grad_tensors, "grad_tensors", wanted or (), create_graph)
        sweep, kept = _swept(ends, adjoints, create_graph if retain_graph is None else retain_graph, create_graph, wanted)
        chosen = None if wanted is None else set(wanted)
        held = set(map(id, adjoints))  # what the caller has, and then what others have been given
        for leaf, adjoint in sweep.leaves.items():
            if (chosen is None or leaf in chosen) and leaf._flag:
                _finish(leaf, adjoint, create_graph, held)
        for one in dict.fromkeys(wanted or ()):
            node = edge_of(one)
            if isinstance(node, Node) and kept.get(node) is not None and not one._keeps:
                _finish(one, kept[node], create_graph, held)


def _listed(given: Any) -> list[Any]:
    return [given] if isinstance(given, Core) else list(given)


def _starting_adjoints(ends: Sequence[Core], given: Any, name: str, wanted: Iterable[Core], recorded: bool) -> list[Any]:
    """The adjoints that a pass starts with, once it is known that there is a graph from each end and to all that is wanted."""
    weights = [None] * len(ends) if given is None else list(given) if isinstance(given, list | tuple) else [given]
    if len(weights) != len(ends):
        message = f"there are {counted(len(ends), 'output')} and {counted(len(weights), 'adjoint')} in {name}"
        raise fault("bad-gradient", message, help=["give one for each, or None"])
    for one in wanted:
        if edge_of(one) is None:
            message = f"{describe(one)} is asked for its gradient, and does not require one"
            raise fault("no-graph", message, help=["call requires_grad_() on it before it is used"])
    for end in ends:
        if edge_of(end) is None:
            raise fault(
                "no-graph",
                f"{describe(end)} does not require a gradient, and nothing that it was computed from does: "
                "there is no graph to go through",
                help=[
                    "make what you differentiate by with requires_grad=True",
                    "operations under no_grad() and inference_mode() are not recorded",
                ],
            )
    return [_starting_adjoint(end, weight, recorded) for end, weight in zip(ends, weights, strict=True)]


def _starting_adjoint(root: Core, gradient: Any, recorded: bool) -> Any:
    """The adjoint of a root: what is given, or 1 for a tensor of one element."""
    shape, kind = tensors.shape_of(root._value), tensors.kind_of(root._value)
    if gradient is None:
        if size(shape) != 1:
            raise fault(
                "needs-gradient",
                f"backward starts from one number, and {describe(root)} has {size(shape)} elements",
                help=[
                    "reduce it first: y.sum().backward(), y.mean().backward()",
                    "or say what to multiply the Jacobian by: y.backward(gradient=v), v of the shape of y",
                ],
            )
        value = tensors.full(shape, 1.0, kind)
        return new(value) if recorded else value
    given = gradient if isinstance(gradient, Core) else new(tensors.from_data(gradient, kind))
    if tensors.shape_of(given._value) != shape:
        raise fault(
            "bad-gradient",
            f"the gradient has another shape, {shape_text(tensors.shape_of(given._value))}, than {describe(root)}",
            help=["it holds the adjoint of each element, so it has the same shape"],
        )
    return given if recorded else tensors.as_kind(given._value, kind)


def _finish(leaf: Core, adjoint: Any, recorded: bool, held: set[int]) -> None:
    """The gradient of a leaf has arrived: through its hooks, and added, in memory that nobody else has."""
    adjoint = plain(adjoint)
    if leaf._hooks is not None and leaf._node is None:
        adjoint = through_hooks(leaf._hooks, adjoint, recorded)
        held.add(id(adjoint))  # a hook may have kept it
    if recorded:
        adjoint = adjoint.to(tensors.kind_of(leaf._value))
    else:
        adjoint = tensors.as_kind(adjoint, tensors.kind_of(leaf._value))
        if leaf._grad is None and (id(adjoint) in held or not tensors.owns(adjoint)):
            adjoint = tensors.copy(adjoint)
        held.add(id(adjoint))
    _accumulate(leaf, adjoint, recorded)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Any, ...]:
    """The gradients of outputs by inputs, as tensors; nothing is added to any ``grad``.

    Parameters
    ----------
    outputs, inputs
        Tensors, or sequences of them.
    grad_outputs
        The adjoint of each output; 1 for an output of one element.
    retain_graph
        Whether the graph may be gone through again; as ``create_graph``, if not given.
    create_graph
        Whether the gradients are recorded themselves, so that they can be differentiated.
    allow_unused
        Whether an input that no output depends on is no error; its gradient is None.

    >>> from diffcli.autograd import grad, tensor
    >>> x = tensor(2.0, requires_grad=True)
    >>> (first,) = grad(x**3, x, create_graph=True)
    >>> (second,) = grad(first, x)
    >>> first.item(), second.item()
    (12.0, 12.0)
    """
    ends, wanted = _listed(outputs), _listed(inputs)
    with in_mode(DEFAULT if create_graph else NO_GRAD):
        adjoints = _starting_adjoints(ends, grad_outputs, "grad_outputs", wanted, create_graph)
        sweep, kept = _swept(ends, adjoints, create_graph if retain_graph is None else retain_graph, create_graph, wanted)
        return tuple([_found(one, sweep, kept, allow_unused) for one in wanted])


def _found(one: Core, sweep: Sweep, kept: dict[Node, Any], allow_unused: bool) -> Any:
    """The gradient by an input as a tensor; None if no output depends on it."""
    edge = edge_of(one)
    adjoint = plain(kept.get(edge) if isinstance(edge, Node) else sweep.leaves.get(one))
    if adjoint is None:
        if allow_unused:
            return None
        message = f"no output depends on {describe(one)}: the graph has no path between them"
        help = ["allow_unused=True gives None for it, which is no dependence, and not a gradient of 0"]
        raise fault("unused-input", message, help=help)
    if one._node is None and one._hooks is not None:
        adjoint = through_hooks(one._hooks, adjoint, sweep.recorded)
    return adjoint if sweep.recorded else new(tensors.copy(adjoint))
