"""The graph of functions: a node for each recorded operation, which hands the result's adjoint on to its operands.

A node knows its place by its number. Operands have been made before the result, so their numbers are smaller: descending
numbers are a topological order, as the rows of a tape are (`diffcli.autograd.graph.backward`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, NoReturn
from weakref import ReferenceType

from diffcli.autograd.graph.core import Core, Counter, Edge, edge_of, new
from diffcli.autograd.modes import DEFAULT, mode
from diffcli.autograd.partial import plain
from diffcli.errors import AutogradError, fault
from diffcli.operations.array_row import Shape

numbers = count(1)
"""Counts all nodes."""


class Node:
    """A recorded operation: `name`, `next_functions`, what it `saved`."""

    __slots__ = ("number", "edges", "result", "counted", "keepers", "hooks", "__weakref__")

    number: int
    edges: tuple[Edge, ...]
    """Where the adjoints of its operands go."""
    result: Any
    """The value of its result, if its rule reads that."""
    counted: tuple[Counter, int] | None
    """The counter of the result's memory, and its count when it was saved."""
    keepers: list[ReferenceType[Any]] | None
    """The tensors that keep the gradient that arrives here."""
    hooks: dict[int, Any] | None

    def __init__(self, edges: tuple[Edge, ...]) -> None:
        self.number = next(numbers)
        self.edges = edges
        self.result = self.counted = self.keepers = self.hooks = None

    @property
    def name(self) -> str:
        """What it undoes: ``MulBackward``."""
        return type(self).__name__.removesuffix("Node") + "Backward"

    @property
    def operation(self) -> str:
        """The operation that it records, by its name in the tables."""
        return self.name.removesuffix("Backward").lower()

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """For each operand the node that gets its adjoint, and which of that node's results it is; None for a constant."""
        return tuple(_as_function(edge) for edge in self.edges)

    @property
    def saved(self) -> dict[str, Any]:
        """What it keeps for its backward, by the operands' names in the tables, and ``result``."""
        return {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("saved_"):
            try:
                known = self.saved
            except AutogradError as gone:
                raise AttributeError(str(gone)) from None
            if name.removeprefix("saved_") in known:
                return known[name.removeprefix("saved_")]
            raise AttributeError(f"{self.name} saved {', '.join(known) or 'nothing'}, and no {name.removeprefix('saved_')}")
        raise AttributeError(f"a node has no attribute {name!r}")

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def adjoints(self, g: Any) -> Sequence[Any]:
        """The adjoint of each operand that has an edge, from that of the result; anything for the others."""
        raise NotImplementedError

    def recorded_adjoints(self, g: Any) -> Sequence[Any]:
        """The same, of tensors, recorded themselves."""
        no_second(self)

    def release(self) -> None:
        """Forget what was saved."""
        self.result = None


class AccumulateGrad(Node):
    """Where the gradient of a leaf is added to its ``grad``: the end of the graph."""

    __slots__ = ("variable",)

    def __init__(self, variable: Core) -> None:
        super().__init__(())
        self.variable = variable

    @property
    def name(self) -> str:
        return "AccumulateGrad"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AccumulateGrad) and other.variable is self.variable

    def __hash__(self) -> int:
        return hash((AccumulateGrad, id(self.variable)))


def _as_function(edge: Edge) -> tuple[Node | None, int]:
    if isinstance(edge, Core):
        return AccumulateGrad(edge), 0
    if isinstance(edge, PartNode):
        return edge.whole, edge.part
    return edge, 0


class PartNode(Node):
    """One of several results of a node."""

    __slots__ = ("whole", "part")

    def __init__(self, whole: Node, part: int) -> None:
        super().__init__((whole,))
        self.whole, self.part = whole, part

    @property
    def name(self) -> str:
        return self.whole.name

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        return self.whole.next_functions

    @property
    def saved(self) -> dict[str, Any]:
        return self.whole.saved

    def adjoints(self, g: Any) -> Sequence[Any]:
        return ({self.part: plain(g)},)

    def recorded_adjoints(self, g: Any) -> Sequence[Any]:
        return ({self.part: g},)


def made_by(value: Any, given: Core, node: Callable[[Edge], Node]) -> Any:
    """A tensor that is computed of another one, with its node if that requires a gradient."""
    made = new(value)
    edge = edge_of(given)
    if edge is not None and mode.get() == DEFAULT:
        made._node = node(edge)
    return made


def summed_to(tensor: Any, shape: Shape) -> Any:
    """A tensor summed over the axes along which one of that shape is repeated; recorded."""
    from diffcli.autograd.graph.apply import apply

    return tensor if tensor.shape == shape else apply("sum_to", (tensor,), shape=shape)


def freed(node: Node | None) -> NoReturn:
    raise fault(
        "freed-graph",
        f"the graph has been gone through before, and what {node.name if node else 'it'} had saved for that is freed",
        help=[
            "call backward(retain_graph=True) the first time if you need it twice",
            "or compute the result again: that records a new graph",
        ],
    )


def changed(node: Node, what: str, counter: Counter | None, version: int) -> NoReturn:
    now, by = (counter.count, counter.by) if counter is not None else (0, "")
    last = f", last by {by}" if by else ""
    raise fault(
        "changed-in-place",
        f"{node.name} saved {what} at version {version}, and it has been changed in place since{last}: it is at version {now}",
        notes=["with the numbers it holds now the gradient would be wrong"],
        help=["use an operation that makes a new tensor (y = x + 1, not x += 1)", "or change a clone() of it"],
    )


def no_second(node: Node) -> NoReturn:
    raise fault(
        "no-second-derivative",
        f"{node.name} has no derivative of its own derivative: create_graph=True cannot go through it",
        help=["write it with operations that make new tensors"],
    )
