"""The nodes of what happens to memory: views of what has been changed, changes of a part, other kinds of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from diffcli.autograd.graph.core import Core, Edge, Node, made_by, summed_to
from diffcli.autograd.partial import plain, with_value
from diffcli.operations.arithmetic import tensors
from diffcli.operations.arithmetic.array_functions import sum_to
from diffcli.operations.array_row import Shape


class Window(NamedTuple):
    """What a view shows of the memory of its base.

    Which elements those are is found by looking at their numbers through the view: in an adjoint, whose memory may be laid out
    in another order, a reshape need not be a view.
    """

    shape: Shape
    """Of the base, as is ``kind``."""
    kind: Any
    views: tuple[Any, ...]
    """Functions of arrays, one after the other."""

    def indices(self) -> Any:
        """The numbers of the elements that it shows, counted row by row."""
        found = tensors.places(self.shape)
        for view in self.views:
            found = view(found)
        return found

    def spread(self, g: Any) -> Any:
        """Zeros, with the elements of a value where the view looks."""
        return tensors.added_at(self.shape, self.kind, self.indices(), g)

    def picked(self, g: Any) -> Any:
        """The elements of a value where the view looks."""
        return tensors.taken_at(g, self.indices())

    def recorded_spread(self, g: Any) -> Any:
        return made_by(self.spread(g._value), g, lambda edge: SpreadNode(edge, self))

    def recorded_picked(self, g: Any) -> Any:
        return made_by(self.picked(g._value), g, lambda edge: ViewNode(edge, self))


def window_of(view: Core) -> Window:
    assert view._base is not None
    base = view._base._value
    return Window(tensors.shape_of(base), tensors.kind_of(base), view._views)


def view_node(view: Core, edge: Edge) -> Node:
    """The node of a view whose base has its place in the graph at an edge."""
    return ViewNode(edge, window_of(view))


class ViewNode(Node):
    """A view of memory that has been changed in place: what it shows now."""

    __slots__ = ("window",)

    def __init__(self, edge: Edge, window: Window) -> None:
        super().__init__((edge,))
        self.window = window

    def adjoints(self, g: Any) -> Sequence[Any]:
        return (self.window.spread(plain(g)),)

    def recorded_adjoints(self, g: Any) -> Sequence[Any]:
        return (self.window.recorded_spread(g),)


class SpreadNode(ViewNode):
    """Zeros, with a tensor where a view looks: the transpose."""

    __slots__ = ()

    def adjoints(self, g: Any) -> Sequence[Any]:
        return (self.window.picked(plain(g)),)

    def recorded_adjoints(self, g: Any) -> Sequence[Any]:
        return (self.window.recorded_picked(g),)


class WrittenNode(Node):
    """A tensor of which a part has been changed in place by another operation: what is not the part stays as it was."""

    __slots__ = ("window", "inner")

    def __init__(self, edge: Edge, window: Window, inner: Node) -> None:
        super().__init__((edge, *inner.edges[1:]))
        self.window, self.inner = window, inner

    @property
    def name(self) -> str:
        return "CopySlicesBackward"

    @property
    def operation(self) -> str:
        return self.inner.operation

    @property
    def saved(self) -> dict[str, Any]:
        return self.inner.saved

    def adjoints(self, g: Any) -> Sequence[Any]:
        g, indices = plain(g), self.window.indices()
        before, *others = self.inner.adjoints(tensors.taken_at(g, indices))
        return (tensors.replaced_at(g, indices, 0.0 if before is None else plain(before)), *others)

    def release(self) -> None:
        self.inner.release()


class PutNode(Node):
    """``x[key] = value``, ``fill_`` and ``copy_``: what was there before no longer matters, and the value does."""

    __slots__ = ("label", "key", "shape", "kind")

    def __init__(self, label: str, edges: tuple[Edge, ...], key: Any, shape: Shape, kind: Any) -> None:
        super().__init__(edges)
        self.label, self.key, self.shape, self.kind = label, key, shape, kind

    @property
    def name(self) -> str:
        return self.label

    def adjoints(self, g: Any) -> Sequence[Any]:
        g = plain(g)
        before = tensors.mutable(g)
        tensors.write_at(before, self.key, 0.0)
        value = None
        if len(self.edges) > 1 and self.edges[1] is not None:
            there = tensors.taken(g, self.key)
            value = tensors.as_kind(tensors.plain(sum_to(tensors.array_of(there), self.shape)), self.kind)
            value = tensors.in_memory_of_its_own(value, (g,))
        return tensors.plain(before), value

    def recorded_adjoints(self, g: Any) -> Sequence[Any]:
        before = g.clone()
        before[self.key] = 0.0
        value = None
        if len(self.edges) > 1 and self.edges[1] is not None:
            value = summed_to(g[self.key], self.shape).to(self.kind)
        return before, value


class CastNode(Node):
    """Another kind of number."""

    __slots__ = ("kind", "label")

    def __init__(self, edge: Edge, kind: Any, label: str = "ToBackward") -> None:
        super().__init__((edge,))
        self.kind, self.label = kind, label

    @property
    def name(self) -> str:
        return self.label

    def adjoints(self, g: Any) -> Sequence[Any]:
        return (with_value(g, tensors.as_kind(plain(g), self.kind)),)

    def recorded_adjoints(self, g: Any) -> Sequence[Any]:
        return (g.to(self.kind),)
