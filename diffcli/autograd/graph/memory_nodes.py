"""The nodes of what happens to memory: views of what has been changed, changes of a part, other kinds of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli.autograd.graph.core import Edge
from diffcli.autograd.graph.nodes import Node, made_by, summed_to
from diffcli.autograd.partial import plain, with_value
from diffcli.operations.arithmetic import tensors
from diffcli.operations.arithmetic.array_functions import sum_to
from diffcli.operations.array_row import Shape


class ViewNode(Node):
    """A view of memory that has been changed in place: what it shows now.

    Which elements those are is found by looking at their places through the view: in an adjoint, whose memory may be laid out
    in another order, a reshape need not be a view.
    """

    __slots__ = ("shape", "kind", "views")

    def __init__(self, edge: Edge, shape: Shape, kind: Any, views: tuple[Any, ...]) -> None:
        super().__init__((edge,))
        self.shape, self.kind, self.views = shape, kind, views

    def places(self) -> Any:
        """Where the elements that it shows stand, counted row by row."""
        return seen(tensors.places(self.shape), self.views)

    def adjoints(self, g: Any) -> Sequence[Any]:
        return (tensors.added_at(self.shape, self.kind, self.places(), plain(g)),)

    def recorded_adjoints(self, g: Any) -> Sequence[Any]:
        return (self.spread(g),)

    def spread(self, g: Any) -> Any:
        """Zeros, with a tensor where the view looks; recorded."""
        (whole,) = self.adjoints(g._value)
        return made_by(whole, g, lambda edge: SpreadNode(edge, self))


class SpreadNode(Node):
    """Zeros, with a tensor where a view looks: the other way round."""

    __slots__ = ("view",)

    def __init__(self, edge: Edge, view: ViewNode) -> None:
        super().__init__((edge,))
        self.view = view

    def adjoints(self, g: Any) -> Sequence[Any]:
        return (tensors.taken_at(plain(g), self.view.places()),)

    def recorded_adjoints(self, g: Any) -> Sequence[Any]:
        view = self.view
        (part,) = self.adjoints(g._value)
        return (made_by(part, g, lambda edge: ViewNode(edge, view.shape, view.kind, view.views)),)


class WrittenNode(Node):
    """A tensor of which a part has been changed in place by another operation: what is not the part stays as it was."""

    __slots__ = ("view", "inner")

    def __init__(self, edge: Edge, view: ViewNode, inner: Node) -> None:
        super().__init__((edge, *inner.edges[1:]))
        self.view, self.inner = view, inner

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
        g, places = plain(g), self.view.places()
        before, *others = self.inner.adjoints(tensors.taken_at(g, places))
        return (tensors.replaced_at(g, places, 0.0 if before is None else plain(before)), *others)

    def recorded_adjoints(self, g: Any) -> Sequence[Any]:
        (part,) = SpreadNode(None, self.view).recorded_adjoints(g)
        before, *others = self.inner.recorded_adjoints(part)
        rest = g - self.view.spread(part)
        return (rest if before is None else rest + self.view.spread(before), *others)

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


def seen(array: Any, views: tuple[Any, ...]) -> Any:
    """An array through the views, one after the other; memory stays that of the array."""
    for view in views:
        array = view(array)
    return array
