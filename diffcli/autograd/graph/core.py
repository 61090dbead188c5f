"""What a tensor is made of, below its operations: a value, a place in the graph, and a count of its changes."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias
from weakref import ref

from diffcli.autograd.modes import INFERENCE, mode
from diffcli.errors import AutogradError, fault
from diffcli.operations.arithmetic import tensors
from diffcli.operations.array_row import shape_text

if TYPE_CHECKING:
    from diffcli.autograd.graph.nodes import Node
    from diffcli.autograd.tensor import Tensor

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

    kind: ClassVar[type[Tensor]]
    """The class of results, `diffcli.autograd.tensor.Tensor`, set where it is defined: above its operations."""

    _value: Any
    _node: Node | None = None
    """The node that made it, if it was recorded."""
    _flag: bool = False
    """Whether a leaf requires a gradient."""
    _grad: Tensor | None = None
    _counter: Counter | None = None
    """None until something asks for a version: most tensors are never changed."""
    _base: Core | None = None
    """The tensor whose memory this is a view of."""
    _views: tuple[Any, ...] = ()
    """How to see this in the memory of ``_base``: functions of arrays, one after the other."""
    _seen: int = 0
    """The version of the memory when ``_node`` was right for a view."""
    _made_in_inference: bool = False
    _made_without_grad: bool = False
    """Whether a view was made where nothing is recorded."""
    _hooks: dict[int, Any] | None = None
    _keeps: bool = False
    """Whether a tensor that is no leaf keeps its gradient."""
    name: str | None = None
    """A name for messages and drawings; modules give their parameters one."""


def new(value: Any) -> Tensor:
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
        counter = tensor._counter = Counter()
        node = tensor._node
        if node is not None and node.result is not None:
            node.counted = (counter, 0)  # what it saved is this memory
    return counter


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
    if edge is None or isinstance(edge, Core):
        return  # the change was not recorded
    from diffcli.autograd.graph.memory_nodes import ViewNode

    keepers = view._node.keepers if view._node is not None else None
    view._node = ViewNode(edge, tensors.shape_of(base._value), tensors.kind_of(base._value), view._views)
    view._node.keepers = keepers
    view._flag = False


def keep_gradient(tensor: Core, node: Node) -> None:
    node.keepers = [*(node.keepers or ()), ref(tensor)]


# -- words for messages ----------------------------------------------------------------------------------------------------


def words(tensor: Core) -> str:
    """A tensor in words, for messages: its name, else its shape and what made it."""
    if tensor.name:
        return f"`{tensor.name}`"
    shape = tensors.shape_of(tensor._value)
    what = f"a tensor of {shape_text(shape)}" if shape else "a tensor without axes"
    return f"{what} (made by {tensor._node.operation})" if tensor._node is not None else what


def refuse_inference(tensor: Core, operation: str) -> AutogradError:
    return fault(
        "inference-tensor",
        f"{operation} would save {words(tensor)} for its backward, but that was made in inference mode, "
        "where no versions are counted: nobody could tell later whether it has changed",
        help=["use its clone() in the graph, or make it under no_grad() instead of inference_mode()"],
    )


def counted(number: int, noun: str) -> str:
    """``1 gradient``, ``2 gradients``."""
    return f"{number} {noun}{'s' * (number != 1)}"
