"""What the graph is made of: the state of a tensor, and the base of the nodes that recorded operations leave.

Nodes are numbered. Operands have been made before the result, so their numbers are smaller: descending
numbers are a topological order, as the rows of a tape are (`diffcli.autograd.graph.backward`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any, ClassVar, NoReturn, TypeAlias
from weakref import ReferenceType, ref

from diffcli.autograd.modes import DEFAULT, INFERENCE, mode
from diffcli.autograd.partial import plain
from diffcli.errors import AutogradError, fault
from diffcli.operations.arithmetic import tensors
from diffcli.operations.array_row import Shape, shape_text

Edge: TypeAlias = "Node | Core | None"
"""Where an adjoint goes: a node of the graph, a leaf, or nowhere."""


class Handle:
    """What registering a hook returns: ``remove()`` takes it away."""

    _keys = count()

    def __init__(self, hooks: dict[int, Any], hook: Any) -> None:
        self._hooks, self._key = hooks, next(self._keys)
        hooks[self._key] = hook

    def remove(self) -> None:
        self._hooks.pop(self._key, None)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


class Counter:
    """How often memory has been changed in place. A tensor, its views and what is detached from it have one together."""

    __slots__ = ("count", "by")

    def __init__(self) -> None:
        self.count = 0
        self.by = ""
        """The operation that changed it last."""


class Core:
    """The state of a tensor. What most tensors never have stands on the class, so that making one is quick."""

    kind: ClassVar[type[Any]]
    """The class of results, `diffcli.autograd.tensor.Tensor`, set where it is defined: above its operations."""

    _value: Any
    _node: Node | None = None
    """The node that made it, if it was recorded."""
    _flag: bool = False
    """Whether a leaf requires a gradient."""
    _grad: Any = None
    _counter: Counter | None = None
    """None until something asks for a version: most tensors are never changed."""
    _twins: list[ReferenceType[Core]] | None = None
    """The tensors that show the same number, which has no memory that they could share: each is written with the others."""
    _family: object = None
    """What twins have in common that count their versions together."""
    _base: Core | None = None
    """The tensor whose memory this is a view of."""
    _views: tuple[Any, ...] = ()
    """How to see this in the memory of ``_base``: functions of arrays, one after the other."""
    view_node: ClassVar[Callable[[Any, Edge], Any]]
    """How a view makes its node, set in `diffcli.autograd.graph.view_nodes`."""
    _seen: int = 0
    """The version of the memory when ``_node`` was right for a view."""
    _boundary: Any = None
    """Which elements of truths, in whatever kind of numbers, are at the boundary of a comparison; None if none is."""
    _made_in_inference: bool = False
    _made_without_grad: bool = False
    """Whether a view was made where nothing is recorded."""
    _hooks: dict[int, Any] | None = None
    _keeps: bool = False
    """Whether a tensor that is no leaf keeps its gradient."""
    name: str | None = None
    """A name for messages and drawings; modules give their parameters one."""

    def as_function(self) -> tuple[Node, int]:
        """The node that a graph ends with at this leaf."""
        return AccumulateGrad(self), 0


numbers = count(1)
"""Counts all nodes."""


class Node:
    """A recorded operation: `name`, `next_functions`, what it `saved`."""

    __slots__ = ("number", "edges", "result", "counted", "retained_by", "_hooks", "__weakref__")

    number: int
    edges: tuple[Edge, ...]
    """Where the adjoints of its operands go."""
    result: Any
    """The value of its result, if its rule reads that."""
    counted: tuple[Counter, int] | None
    """The counter of the result's memory, and its count when it was saved."""
    retained_by: list[ReferenceType[Any]] | None
    """The tensors that keep the gradient that arrives here."""
    _hooks: dict[int, Any] | None
    label = ""
    """Its name, if that is not of its class."""
    own_backward = False
    """Whether a backward that somebody else has written is called."""

    def __init__(self, edges: tuple[Edge, ...]) -> None:
        self.number = next(numbers)
        self.edges = edges
        self.result = self.counted = self.retained_by = self._hooks = None

    @property
    def name(self) -> str:
        """What it undoes: ``MulBackward``."""
        return self.label or type(self).__name__.removesuffix("Node") + "Backward"

    @property
    def operation(self) -> str:
        """The operation that it records, by its name in the tables."""
        return self.name.removesuffix("Backward").lower()

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """For each operand the node that gets its adjoint, and which of that node's results it is; None for a constant."""
        return tuple((None, 0) if edge is None else edge.as_function() for edge in self.edges)

    def as_function(self) -> tuple[Node, int]:
        """The node, and which of its results this is."""
        return self, 0

    @property
    def saved(self) -> dict[str, Any]:
        """What it keeps for its backward, by the operands' names in the tables, and ``result``."""
        return {}

    saved_as_pytorch = saved
    """The same by PyTorch's names, as in ``grad_fn._saved_self``."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("saved_", "_saved_")):
            try:
                known = self.saved if name.startswith("s") else self.saved_as_pytorch
            except AutogradError as gone:
                raise AttributeError(str(gone)) from None
            wanted = name.removeprefix("_").removeprefix("saved_")
            if wanted in known:
                return known[wanted]
            raise AttributeError(f"{self.name} saved {', '.join(known) or 'nothing'}, and no {wanted}")
        raise AttributeError(f"a node has no attribute {name!r}")

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def adjoints(self, g: Any) -> Sequence[Any]:
        """The adjoint of each operand that has an edge, from that of the result; anything for the others."""
        return [None if term is None else term._value for term in self.recorded_adjoints(new(plain(g)))]

    def recorded_adjoints(self, g: Any) -> Sequence[Any]:
        """The same, of tensors, recorded themselves."""
        message = f"{self.name} has no derivative of its own derivative: create_graph=True cannot go through it"
        raise fault("no-second-derivative", message, help=["write it with operations that make new tensors"])

    def release(self) -> None:
        """Forget what was saved."""
        self.result = None


class AccumulateGrad(Node):
    """Where the gradient of a leaf is added to its ``grad``: the end of the graph."""

    __slots__ = ("variable",)
    label = "AccumulateGrad"

    def __init__(self, variable: Core) -> None:
        super().__init__(())
        self.variable = variable

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AccumulateGrad) and other.variable is self.variable

    def __hash__(self) -> int:
        return hash((AccumulateGrad, id(self.variable)))


class PartNode(Node):
    """One of several results of a node."""

    __slots__ = ("label", "whole", "part")

    def __init__(self, whole: Node, part: int) -> None:
        super().__init__((whole,))
        self.label, self.whole, self.part = whole.name, whole, part

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        return self.whole.next_functions

    def as_function(self) -> tuple[Node, int]:
        return self.whole, self.part

    @property
    def saved(self) -> dict[str, Any]:
        return self.whole.saved

    def adjoints(self, g: Any) -> Sequence[Any]:
        return ({self.part: g},)

    recorded_adjoints = adjoints


def nodes_behind(ends: Iterable[Edge], first: int = 0) -> list[Node]:
    """The nodes of a graph from a number on, each after those that its edges lead to."""
    known: set[Node] = set()
    stack = list(ends)
    while stack:
        node = stack.pop()
        if isinstance(node, Node) and node.number >= first and node not in known:
            known.add(node)
            stack += node.edges
    return sorted(known, key=lambda node: node.number)


# -- a tensor and its place in the graph ----------------------------------------------------------------------------------


def new(value: Any) -> Any:
    """A tensor of a value, outside of any graph."""
    made = object.__new__(Core.kind)
    made._value = value
    if mode.get() == INFERENCE:
        made._made_in_inference = True
    return made


def counter_of(tensor: Core) -> Counter:
    """The counter of a tensor's memory, made when it is first asked for."""
    counter = tensor._counter
    if counter is None:
        counter = Counter()
        for one in twins_of(tensor):
            if one._family is tensor._family:
                one._counter, node = counter, one._node
                if node is not None and node.result is not None:
                    node.counted = (counter, 0)  # what it saved is this memory
    return counter


def twins_of(tensor: Core) -> list[Core]:
    """The tensors that show the number that a tensor shows; itself among them."""
    return [tensor] if tensor._twins is None else [one for twin in tensor._twins if (one := twin()) is not None]


def show_number(made: Core, given: Core, family: object) -> None:
    """Have a tensor show the number of another one, whose versions are its own if it is of the same family."""
    twins = given._twins
    if twins is None:
        twins = given._twins = [ref(given)]
    elif len(twins).bit_count() == 1:  # now and then those that are gone are left out
        twins[:] = map(ref, twins_of(given))
    twins.append(ref(made))
    made._twins, made._family = twins, family


def set_value(tensor: Core, value: Any) -> None:
    """Give a tensor another value, and all that show the same number."""
    for one in twins_of(tensor):
        one._value = value


def version_of(tensor: Core) -> int:
    return 0 if tensor._counter is None else tensor._counter.count


def edge_of(tensor: Core) -> Edge:
    """Where the adjoint of a tensor goes, now."""
    if tensor._base is not None:
        refresh(tensor)
    return tensor._node or (tensor if tensor._flag else None)


def refresh(view: Core) -> None:
    """Give a view a new place in the graph if its memory has been changed since it got the one it has."""
    base = view._base
    count = version_of(view)
    if base is None or view._seen == count or view._made_in_inference:
        return
    view._seen = count
    edge = edge_of(base)
    if edge is None:
        view._node = None  # the base has been taken out of the graph
    if edge is None or isinstance(edge, Core):
        return  # the change was not recorded
    retained_by = view._node.retained_by if view._node is not None else None
    view._node = node = view.view_node(edge)
    node.retained_by = retained_by
    view._flag = False


def keep_gradient(tensor: Core, node: Node) -> None:
    node.retained_by = [*(node.retained_by or ()), ref(tensor)]


def made_by(value: Any, given: Core, node: Callable[[Edge], Node]) -> Any:
    """A tensor that is computed of another one, with its node if that requires a gradient."""
    made = new(value)
    edge = edge_of(given)
    if edge is not None and mode.get() == DEFAULT:
        made._node = node(edge)
    return made


def summed_to(tensor: Any, shape: Shape) -> Any:
    """A tensor summed over the axes along which one of that shape is repeated; recorded."""
    return tensor if tensor.shape == shape else tensor.diffcli_apply("sum_to", (tensor,), shape=shape)


# -- words for messages ----------------------------------------------------------------------------------------------------


def describe(tensor: Core) -> str:
    """A tensor in words, for messages: its name, else its shape and what made it."""
    if tensor.name:
        return f"`{tensor.name}`"
    shape = tensors.shape_of(tensor._value)
    what = f"a tensor of {shape_text(shape)}" if shape else "a tensor without axes"
    return f"{what} (made by {tensor._node.operation})" if tensor._node is not None else what


def known_kind(dtype: Any) -> Any:
    """A kind of numbers by its name, or whatever NumPy knows it by."""
    kind = tensors.kind_named(dtype)
    if kind is None:
        message = f"a tensor does not hold numbers of the kind {dtype}"
        raise fault("not-numbers", message, help=[f"the kinds are {', '.join(tensors.KINDS)}"])
    return kind


def refuse_inference(tensor: Core, operation: str) -> AutogradError:
    return fault(
        "inference-tensor",
        f"{operation} would save {describe(tensor)} for its backward, but that was made in inference mode, "
        "where no versions are counted: nobody could tell later whether it has changed",
        help=["use its clone() in the graph, or make it under no_grad() instead of inference_mode()"],
    )


def freed(node: Node | None) -> NoReturn:
    raise fault(
        "freed-graph",
        f"the graph has been gone through before, and what {node.name if node else 'it'} had saved for that is freed",
        help=[
            "call backward(retain_graph=True) the first time if you need it twice",
            "or compute the result again: that records a new graph",
        ],
    )


def check_version(node: Node, what: str, counter: Counter | None, version: int) -> None:
    """Refuse what a node saved, if it has been changed in place since."""
    now, by = (counter.count, counter.by) if counter is not None else (0, "")
    if now == version:
        return
    last = f", last by {by}" if by else ""
    raise fault(
        "changed-in-place",
        f"{node.name} saved {what} at version {version}, and it has been changed in place since{last}: it is at version {now}",
        notes=["with the numbers it holds now the gradient would be wrong"],
        help=["use an operation that makes a new tensor (y = x + 1, not x += 1)", "or change a clone() of it"],
    )
