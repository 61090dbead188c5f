"""The nodes of what happens to memory: views of what has been changed, changes of a part, other kinds of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli.autograd.graph.core import Core, Edge, Node, made_by, new, summed_to
from diffcli.autograd.partial import Mask, Partial, in_kind, mask_of, plain
from diffcli.operations.arithmetic import arrays, tensors
from diffcli.operations.arithmetic.array_functions import sum_to
from diffcli.operations.array_row import Shape, size


class IndexNode(Node):
    """Elements that a key picks of a tensor of a ``shape`` and ``kind``: their adjoints go back to their places, and are added
    up where one was picked several times.
    """

    __slots__ = ("shape", "kind", "by")

    def __init__(self, edge: Edge, shape: Shape, kind: Any, by: Any) -> None:
        super().__init__((edge,))
        self.shape, self.kind, self.by = shape, kind, by

    def of(self, whole: Any) -> Any:
        """These elements of a value."""
        return tensors.plain(tensors.copy(tensors.array_of(whole)[self.by]))

    def spread(self, part: Any) -> Any:
        """Zeros, with a part at these elements: the transpose."""
        return tensors.scattered(part, self.by, self.shape, self.kind)

    def adjoints(self, g: Any) -> Sequence[Any]:
        there = Mask(lambda before: tensors.scattered(before, self.by, self.shape, tensors.BOOL), mask_of(g))
        return (Partial(self.spread(plain(g)), there),)

    def recorded_of(self, whole: Any) -> Any:
        return made_by(self.of(whole._value), whole, lambda edge: type(self)(edge, self.shape, self.kind, self.by))

    def recorded_spread(self, part: Any) -> Any:
        return made_by(self.spread(part._value), part, lambda edge: SpreadNode(edge, self))

    def recorded_adjoints(self, g: Any) -> Sequence[Any]:
        return (self.recorded_spread(g),)


class SpreadNode(Node):
    """Zeros, with a tensor at some elements: the transpose."""

    __slots__ = ("pick",)

    def __init__(self, edge: Edge, pick: IndexNode) -> None:
        super().__init__((edge,))
        self.pick = pick

    def recorded_adjoints(self, g: Any) -> Sequence[Any]:
        return (self.pick.recorded_of(g),)


class ViewNode(IndexNode):
    """What a view shows of the memory of its base after a change in place: by functions of arrays, one after the other.

    Which elements those are is found by looking at their numbers through the view: in an adjoint, whose memory may be laid out
    in another order, a reshape need not be a view.
    """

    __slots__ = ()
    adjoints = Node.adjoints

    def indices(self) -> Any:
        """The numbers of the elements, counted row by row."""
        found = tensors.numbered(self.shape)
        for view in self.by:
            found = view(found)
        return found

    def of(self, whole: Any) -> Any:
        return tensors.plain(tensors.array_of(whole).reshape(-1)[self.indices()])

    def spread(self, part: Any) -> Any:
        flat = tensors.scattered(part, self.indices(), (size(self.shape),), self.kind)
        return tensors.plain(flat.reshape(self.shape))


Core.view_node = lambda view, edge: ViewNode(edge, view._base.shape, view._base.dtype, view._views)


class WrittenNode(Node):
    """A tensor of which a part has been changed in place by another operation: what is not the part stays as it was."""

    __slots__ = ("view", "inner")
    label = "CopySlicesBackward"

    def __init__(self, edge: Edge, view: ViewNode, inner: Node) -> None:
        super().__init__((edge, *inner.edges[1:]))
        self.view, self.inner = view, inner

    @property
    def operation(self) -> str:
        return self.inner.operation

    @property
    def saved(self) -> dict[str, Any]:
        return self.inner.saved

    def adjoints(self, g: Any) -> Sequence[Any]:
        g = plain(g)
        before, *others = self.inner.adjoints(self.view.of(g))
        return (tensors.replaced_at(g, self.view.indices(), 0.0 if before is None else plain(before)), *others)

    def release(self) -> None:
        self.inner.release()


class PutNode(Node):
    """``x[key] = value``, ``fill_`` and ``copy_``: what was there before no longer matters, and the value does."""

    __slots__ = ("label", "key", "shape", "kind")

    def __init__(self, label: str, edges: tuple[Edge, ...], key: Any, shape: Shape, kind: Any) -> None:
        super().__init__(edges)
        self.label, self.key, self.shape, self.kind = label, key, shape, kind

    def adjoints(self, g: Any) -> Sequence[Any]:
        g = plain(g)
        before = tensors.array_of(g).copy()
        before[self.key] = 0.0
        value = None
        if self.edges[1] is not None:
            value = tensors.array_of(g)[self.key]
            last = tensors.last_written(self.key, tensors.shape_of(g))
            value = sum_to(tensors.array_of(value if last is None else arrays.masked(last, value)), self.shape)
            value = tensors.in_memory_of_its_own(tensors.as_kind(tensors.plain(value), self.kind), (g,))
        return tensors.plain(before), value

    def recorded_adjoints(self, g: Any) -> Sequence[Any]:
        before = g.clone()
        before[self.key] = 0.0
        if self.edges[1] is None:
            return before, None
        value, last = g[self.key], tensors.last_written(self.key, g.shape)
        if last is not None:  # what has been written over is not there
            value = g.diffcli_apply("where", (new(last), value, 0.0))
        return before, summed_to(value, self.shape).to(self.kind)


class CastNode(Node):
    """Another kind of number."""

    __slots__ = ("kind", "label")

    def __init__(self, edge: Edge, kind: Any, label: str = "ToBackward") -> None:
        super().__init__((edge,))
        self.kind, self.label = kind, label

    def adjoints(self, g: Any) -> Sequence[Any]:
        return (in_kind(g, self.kind),)

    def recorded_adjoints(self, g: Any) -> Sequence[Any]:
        return (g.to(self.kind),)
