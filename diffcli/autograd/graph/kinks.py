"""Kinks, jumps and poles under a pass that is recorded: second derivatives through them, where there are any.

What such a pass records reads values of the graph that it goes through, so its own derivative leads back into that graph.
There it is led to nodes beside the first ones, which hand on the same adjoints: at a kink those of a side of the point. A pass
for first derivatives never meets them, and where nothing stands on a kink there are none.

What a backward pass through a recorded one hands to the adjoint of an operand is the tangent of the operand along what the pass
started with. So one that starts with a direction finds on which side of each kink the point is, once it has started to move, and
a second derivative is there if those of all sides agree, as they do for ``norm(x)^2`` at 0. Where they do not, where a value
jumps, where a slope is infinite, and where nobody can tell, as at a kink of a kink, it is NaN, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any
from warnings import warn

from diffcli.autograd.graph.core import Core, Edge, Node, PartNode, edge_of, new, nodes_behind
from diffcli.autograd.graph.operands import boundary_of
from diffcli.autograd.graph.operation_nodes import ArrayNode, OperationNode
from diffcli.autograd.graph.recorded import recorded_adjoints
from diffcli.autograd.graph.sweep import Sweep
from diffcli.autograd.graph.view_nodes import WrittenNode
from diffcli.autograd.modes import DEFAULT, NO_GRAD, in_mode
from diffcli.autograd.partial import Mask, Partial, fitted, mask_of, plain, total
from diffcli.errors import SecondDerivativeWarning
from diffcli.operations.arithmetic import arrays, tensors
from diffcli.operations.arithmetic.array_functions import sum_to
from diffcli.tape.running.array_rules import NUMPY

NAN = float("nan")

BOUNDARY = "condition at its boundary"
"""What a choice is on where sides that are compared are equal."""

BENDS = ("kink", "tie", "corner in its slope")
"""The kinds of breaks at which a value goes on, in another direction."""

STEP = 1e-12
"""How far a point moves to a side, relative to its size."""


class BesideNode(Node):
    """What stands beside a node for second derivatives."""

    __slots__ = ("label", "node", "kind", "there", "apart", "g", "side", "sought")

    def __init__(self, node: Any, edges: tuple[Edge, ...], kind: str) -> None:
        super().__init__(edges)
        self.number = node.number + 0.5  # in the place of the node in the order
        self.label, self.node, self.kind = node.name, node, kind
        self.there: Any = None
        """Which elements of its result stand on a break of this kind; None if none does."""
        self.apart: Any = None
        """Those of them whose sides do not agree; None if there are none."""
        self.g: Any = None
        """The adjoint of the node in the pass that was recorded."""
        self.side: tuple[Any, Any, float] | None = None
        """The node and its adjoint on a side of the point, and how far that is away."""
        self.sought = False
        """Whether a side is looked for."""

    @property
    def bent(self) -> Any:
        """Where the value bends, and its adjoint is 0: there may be second derivatives all the same."""
        bends = self.kind in BENDS and isinstance(self.node, OperationNode) and self.g is not None
        return self.there & (self.g == 0) if bends else False

    def adjoints(self, g: Any) -> Any:
        node = self.node
        if self.side is not None:
            node, own, step = self.side
            if self.sought:
                self.side = node, own + step * arrays.masked(self.bent, plain(g)), step
        nan = self.undefined(g, mask_of(g))
        if nan is None:
            return node.adjoints(g)
        if isinstance(node, WrittenNode) or node.rule.row is not None:
            return node.adjoints(total(g, nan, False))
        # what is not there at the point may be there beside it: all operands are reached
        pairs = zip(node.adjoints(g), node.shapes, self.edges, strict=True)
        return [None if edge is None else total(term, fitted(nan, node.shape, shape), False) for term, shape, edge in pairs]

    def recorded_adjoints(self, g: Any) -> Sequence[Any]:
        there = self.there
        return recorded_adjoints(self.node, g if there is None else g + new(self.nan(there, None).value))

    def undefined(self, w: Any, mask: Mask | None) -> Partial | None:
        """NaN for the elements under a mask whose sides do not agree, and those at which an adjoint is NaN; None if none is."""
        if self.there is None:
            return None
        lost = self.there & (arrays.is_nan(plain(w)) != 0)
        apart = lost if self.apart is None else self.apart | lost
        return self.nan(apart, mask, self.apart is not None) if arrays.any_true(apart) else None

    def nan(self, there: Any, mask: Mask | None, told: bool = True) -> Partial:
        """An adjoint that is NaN for some elements under a mask, and absent for the others."""
        there = there if mask is None else there & mask()
        if told and arrays.any_true(there):
            message = (
                f"second derivatives through `{self.node.operation}` are NaN where that has a {self.kind}: write a smooth "
                "function (softplus(x) for relu(x), x*x for abs(x)^2, sum(x*x) for norm(x)^2), or keep off that point"
            )
            warn(message, SecondDerivativeWarning, stacklevel=1)
        whole = tensors.full(arrays.as_array(there).shape, NAN, tensors.kind_of(self.g))
        return Partial(tensors.plain(arrays.masked(there, whole)), Mask(lambda: there))

    def marked(self, terms: Sequence[Any], g: Any) -> Sequence[Any]:
        """The recorded terms of the node, from the adjoint of its result, with nodes that know of the break."""
        edges = [None if term is None else edge_of(term) for term in terms]
        slope = SlopeNode((*edges, edge_of(g), self, *self.edges), self)
        found = [None if term is None else new(term._value) for term in terms]
        for position, made in enumerate(found):
            if made is not None:
                made._node = PartNode(slope, position)
        return found

    def move(self, tangents: Mapping[int, Any]) -> None:
        """Take the side to which the operands start to move."""
        values = [None if one is None else tensors.as_kind(one, tensors.FLOAT64) for one in self.node.values()]
        step = STEP * (arrays.largest_size([one for one in values if one is not None]) or 1.0)
        for position, tangent in tangents.items():
            if values[position] is not None:
                there, away = self.reached(position, self.bent, "adjoint"), values[position] + step * plain(tangent)
                values[position] = tensors.plain(arrays.where(there, away, values[position]))
        self.side = self._at(values, self.node.edges), tensors.as_kind(self.g, tensors.FLOAT64), step

    def mix(self, first: Any, other: Any, chosen: Any) -> None:
        """Take one of two sides for some elements, and the other one for the rest."""
        pairs = zip(first[0].operands, other[0].operands, strict=True)
        values = [
            None if a is None else tensors.plain(arrays.where(self.reached(position, chosen, "adjoint"), a, b))
            for position, (a, b) in enumerate(pairs)
        ]
        self.side = self._at(values, self.node.edges), tensors.plain(arrays.where(chosen, first[1], other[1])), first[2]

    def _at(self, operands: Sequence[Any], edges: tuple[Edge, ...]) -> Any:
        """The node at other operands."""
        node, values = self.node, [one._value if isinstance(one, Core) else one for one in operands]
        result = None if node.result is None else tensors.plain((node.plan or node.rule).value(*values))
        made = type(node)(node.rule, edges, tuple(operands), result)
        if isinstance(node, ArrayNode):
            made.plan = node.plan
        return made

    def of_side(self, w: Mapping[int, Any]) -> Iterator[Any]:
        """The adjoints of the node's adjoint, and of its operands, from those of its terms, by the rules on the side."""
        assert self.side is not None
        made, own, _ = self.side
        with in_mode(DEFAULT):
            leaves = [new(0.0 if one is None else one) for one in (own, *made.operands)]
            for leaf in leaves:
                leaf._flag = True
            saved = [None if one is None else leaf for one, leaf in zip(made.operands, leaves[1:], strict=True)]
            edges = tuple([None if edge is None else leaf for edge, leaf in zip(made.edges, leaves[1:], strict=True)])
            terms = recorded_adjoints(self._at(saved, edges), leaves[0])
        found = leaves_from({edge_of(terms[position]): plain(one) for position, one in w.items()})
        for leaf, shape in zip(leaves, (self.node.shape, *self.node.shapes), strict=True):
            one = found.get(leaf)
            yield None if one is None else tensors.as_kind(tensors.plain(sum_to(plain(one), shape)), tensors.kind_of(self.g))

    def reached(self, position: int, there: Any, kind: str) -> Any:
        """The elements of an operand that some of the result depend on; the other way round for the ``kind`` tangent."""
        node = self.node
        if isinstance(node, WrittenNode):
            return True
        if node.rule.row is None:
            return arrays.full(node.shape, there)
        return node.plan.adjoint(position)[0].reachable(kind, there)


class SlopeNode(Node):
    """The recorded terms of an operation on a break: its edges are theirs, that of the adjoint, what is beside, the operands."""

    __slots__ = ("label", "beside")

    def __init__(self, edges: tuple[Edge, ...], beside: BesideNode) -> None:
        super().__init__(edges)
        self.label, self.beside = beside.label, beside

    def adjoints(self, w: Any) -> Sequence[Any]:
        beside, count = self.beside, len(self.beside.edges)
        if beside.sought:
            beside.move(w)
        terms, g = [w.get(position) for position in range(count)], None
        own: list[Any] = [None] * count
        if beside.side is not None:
            terms, (g, *own) = own, beside.of_side(w)
        mask = Mask(lambda: reduce(or_, [self._under(*one) for one in w.items()]))
        nan = beside.undefined(arrays.largest_size([plain(one) for one in w.values()]), mask)
        return *terms, g if nan is None else nan if g is None else total(g, nan, False), nan, *own

    def recorded_adjoints(self, w: Any) -> Sequence[Any]:
        beside, count = self.beside, len(self.beside.edges)
        nan = new(beside.nan(beside.there, None).value)
        return *[w.get(position) for position in range(count)], nan, nan, *[None] * count

    def _under(self, position: int, term: Any) -> Any:
        mask = mask_of(term)
        return True if mask is None else self.beside.reached(position, mask(), "tangent")


def leaves_from(starts: Mapping[Any, Any]) -> dict[Core, Any]:
    """The adjoints of leaves from those of some nodes, as nobody but the engine is to see them."""
    sweep = Sweep(False)
    sweep.watched = False
    for edge, adjoint in starts.items():
        if edge is not None:
            sweep.arrive(edge, adjoint)
    with in_mode(NO_GRAD):
        sweep.run(True)
    return sweep.leaves


def nodes_beside(graph: Iterable[Node], ends: Sequence[Core], adjoints: Sequence[Any]) -> dict[Any, BesideNode]:
    """What stands beside each node of the graph of some ends behind which an operation meets a break.

    The elements at breaks that the ends depend on are found as a pass that is not recorded finds them.
    """
    found: dict[Any, BesideNode] = {}
    breaks: dict[Any, Any] = {}
    for node in graph:
        kind, there = break_of(node)
        if there is not None or (found and any(edge in found for edge in node.edges)):
            found[node] = BesideNode(node, tuple([found.get(edge, edge) for edge in node.edges]), kind)
        if there is not None:
            breaks[found[node]] = there
    if not breaks:
        return found
    probe = Sweep(False)
    probe.needed, probe.kept = set(found.values()), dict.fromkeys(breaks)
    for end, adjoint in zip(ends, adjoints, strict=True):
        if edge_of(end) in found:
            probe.arrive(found[edge_of(end)], adjoint._value)
    probe.run(True)
    for node, seen in probe.kept.items():
        mask, there = mask_of(seen), breaks[node]
        node.there = None if seen is None else there if mask is None else there & mask()
        node.g = plain(seen)
    return found


def break_of(node: Any) -> tuple[str, Any]:
    """The kink, tie, jump or pole on which an operation stands, and which elements of its result do; None if none does."""
    if node.__class__ is WrittenNode:
        kind, there = break_of(node.inner)
        return kind, None if there is None else node.view.spread(arrays.as_array(there) * 1.0) != 0
    if not isinstance(node, OperationNode) or node.operands is None:
        return "", None
    boundary = boundary_of(node.rule, node.operands, node.shape, node.plan)
    if boundary is not None and arrays.any_true(boundary):
        return BOUNDARY, boundary
    if not node.rule.breaks:
        return "", None
    values = [one._value if isinstance(one, Core) else NAN if one is None else one for one in node.operands]
    name, row = node.rule.name, node.rule.row
    names = None if row is None else node.plan.adjoint(0)[0].names
    found = NUMPY.breaks(name, values, node.rule.value(*values) if node.rule.jumps else node.result, names)
    if row is None and node.rule.breaks[0] == "kink":  # the next derivative may have one where this has none
        reach = NUMPY.radius(name, len(values))[0]
        found.append(("corner in its slope", reach is not None and reach(*values, node.result) == 0))
    there = reduce(or_, [holds != 0 for _, holds in found], False)
    kind = next((kind for kind, _ in found if kind not in BENDS), found[0][0] if found else "")
    return (kind, arrays.full(node.shape, there)) if arrays.any_true(there) else ("", None)


def lead_beside(results: Iterable[Any], first: int, beside: dict[Any, BesideNode]) -> None:
    """Lead what a pass has recorded, the nodes from a number on, back to the nodes beside those of the graph."""
    for node in nodes_behind(map(edge_of, results), first):
        node.edges = tuple([beside.get(edge, edge) for edge in node.edges])
