"""The graph of functions: a node for each recorded operation, which hands the result's adjoint on to its operands.

A node knows its place by its number. Operands have been made before the result, so their numbers are smaller: descending
numbers are a topological order, as the rows of a tape are (`diffcli.autograd.backward`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, NoReturn
from weakref import ReferenceType

from diffcli.autograd.core import Core, Counter, Edge, edge_of, new, version_of, words
from diffcli.autograd.modes import DEFAULT, mode
from diffcli.autograd.partial import Partial, only, partial, plain, with_value
from diffcli.autograd.rules import Rule
from diffcli.errors import AutogradError, fault
from diffcli.operations.arithmetic import arrays, tensors
from diffcli.operations.arithmetic.array_functions import sum_to
from diffcli.operations.array_row import Fixed, Shape, shape_text
from diffcli.tape.array_rules import leaves_out, row_reached, row_reads, row_term, rule_names, rule_text

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


class OperationNode(Node):
    """A row of one of the tables."""

    __slots__ = ("rule", "operands", "versions")

    rule: Rule
    operands: tuple[Any, ...]
    """Operands that are read: tensors, or numbers; None for the others. None once they are released."""
    versions: tuple[int, ...] | None
    """Their versions when they were saved; None if nothing has ever been changed."""
    shape: Shape
    """The shape of the result."""
    shapes: tuple[Shape, ...] | None
    """Those of the operands, if they differ."""
    fixed: Fixed | None
    """What is fixed in an array operation beside its operands."""

    @property
    def name(self) -> str:
        return self.rule.label

    @property
    def operation(self) -> str:
        return self.rule.name

    @property
    def saved(self) -> dict[str, Any]:
        if self.operands is None:
            freed(self)
        known = {name: one for name, one in zip(self.rule.operands, self.operands, strict=True) if isinstance(one, Core)}
        if self.result is not None:
            known["result"] = new(self.result)
        return known

    def release(self) -> None:
        if self.result is not None or any(operand is not None for operand in self.operands or ()):
            self.operands = None  # type: ignore[assignment]
        self.result = None

    def values(self) -> list[Any]:
        """What was saved of the operands, if it is as it was."""
        return [one._value if isinstance(one, Core) else one for one in self.unchanged()]

    def unchanged(self) -> tuple[Any, ...]:
        """What was saved: tensors and numbers.

        Raises
        ------
        AutogradError
            It is freed, or something has been changed in place since.
        """
        operands = self.operands
        if operands is None:
            freed(self)
        if (
            self.versions is not None
            or self.counted is not None
            or any(isinstance(one, Core) and one._counter for one in operands)
        ):
            versions = self.versions or (0,) * len(operands)
            for name, operand, version in zip(self.rule.operands, operands, versions, strict=True):
                if isinstance(operand, Core) and version_of(operand) != version:
                    changed(self, f"its operand {name}, {words(operand)},", operand._counter, version)
            if self.result is not None and self.counted is not None and self.counted[0].count != self.counted[1]:
                changed(self, f"its result, a tensor of {shape_text(self.shape)},", *self.counted)
        return operands

    def recorded_adjoints(self, g: Any) -> Sequence[Any]:
        from diffcli.autograd.recorded import recorded_term  # it applies operations, and so do these nodes not

        operands = self.unchanged()
        result = None
        if self.result is not None:
            result = new(self.result)
            result._node = self
        return [
            None if edge is None else recorded_term(self, position, g, operands, result)
            for position, edge in enumerate(self.edges)
        ]


class ArrayNode(OperationNode):
    """A row of one of the tables, on arrays."""

    __slots__ = ("fixed", "shapes", "shape")

    def __init__(
        self,
        rule: Rule,
        edges: tuple[Edge, ...],
        operands: tuple[Any, ...],
        result: Any,
        shape: Shape,
        shapes: tuple[Shape, ...] | None,
        fixed: Fixed | None,
    ) -> None:
        self.number = next(numbers)
        self.rule, self.edges, self.operands, self.result = rule, edges, operands, result
        self.shape, self.shapes, self.fixed = shape, shapes, fixed
        self.counted = self.keepers = self.hooks = None
        self.versions = versions_of(operands)

    def adjoints(self, g: Any) -> Sequence[Any]:
        return self._terms(plain(g), g.there if g.__class__ is Partial else None)

    def _terms(self, g: Any, there: Any) -> list[Any]:
        values = self.values()
        term = self._of_element if self.rule.row is None else self._of_array
        return [None if edge is None else term(place, g, there, values) for place, edge in enumerate(self.edges)]

    def _of_element(self, position: int, g: Any, there: Any, values: Sequence[Any]) -> Any:
        function = self.rule.terms[position]
        shape = self.shapes[position] if self.shapes is not None else self.shape
        term = function(g, *values, self.result) if function is not None else None
        if term is None:  # flat: no change of the operand changes the result
            return tensors.zeros(shape, tensors.kind_of(g))
        if self.rule.name == "where":
            taken = arrays.full(self.shape, arrays.as_truth(values[0]))
            taken = taken if position == 1 else ~taken
            there = taken if there is None else there & taken
        elif there is not None:
            term = only(term, there)
        if shape != self.shape:
            term = tensors.plain(sum_to(arrays.full(self.shape, term), shape))
            there = None if there is None else sum_to(there * 1.0, shape) != 0
        return term if there is None else partial(term, there)

    def _of_array(self, position: int, g: Any, there: Any, values: Sequence[Any]) -> Any:
        row = self.rule.row
        assert row is not None and self.shapes is not None and self.fixed is not None
        names = rule_names(row, self.shapes, self.shape, self.fixed, position)
        function = row_term(row, names, position, "adjoint")
        if function is None:
            return tensors.zeros(self.shapes[position], tensors.kind_of(g))
        if there is None and not leaves_out(rule_text(row, names, position, "adjoint")):
            return function(g, *values, self.result)
        reached = arrays.ones(self.shape) if there is None else there
        reached = row_reached(row, names, self.shapes, position, "adjoint", reached)
        known = [*values, self.result]
        for place in row_reads(row, names, position) if there is not None else ():
            # what nothing depends on that is there is 0, and so is what does not depend on what something there does
            needed = row_reached(row, names, self.shapes, max(place, 0), "adjoint", there)
            needed = needed if place >= 0 else row_reached(row, names, self.shapes, 0, "tangent", needed)
            known[place] = arrays.only(needed, known[place])
        return partial(arrays.only(reached, function(g, *known)), reached)


NOTHING, NEITHER = (None,), (None, None)
"""What a node of one and of two operands has saved, if it reads neither: these very tuples."""


class NumberNode(OperationNode):
    """A row of the elementwise table, on floats: the short way."""

    __slots__ = ()
    shape = ()
    shapes = fixed = None

    def __init__(self, rule: Rule, edges: tuple[Edge, ...], operands: tuple[Any, ...], result: Any) -> None:
        self.number = next(numbers)
        self.rule = rule
        self.edges = edges
        self.operands = operands
        self.result = result
        self.counted = self.keepers = self.hooks = self.versions = None

    def adjoints(self, g: Any) -> Sequence[Any]:
        operands = self.operands
        if operands is None or self.versions is not None or self.counted is not None or g.__class__ is Partial:
            return self._of_numbers(g)
        terms = self.rule.number_terms
        if len(terms) == 1:  # one and two operands without a loop: these are nearly all
            a = operands[0]
            if a.__class__ is not float and a is not None:
                if a._counter is not None:
                    return self._of_numbers(g)
                a = a._value
            first = terms[0]
            return (0.0 if first is None else first(g, a, self.result),)
        if len(terms) != 2:
            return self._of_numbers(g)
        a, b = operands
        if a.__class__ is not float and a is not None:
            if a._counter is not None:
                return self._of_numbers(g)
            a = a._value
        if b.__class__ is not float and b is not None:
            if b._counter is not None:
                return self._of_numbers(g)
            b = b._value
        first, second = terms
        own, other = self.edges
        return (
            None if own is None else 0.0 if first is None else first(g, a, b, self.result),
            None if other is None else 0.0 if second is None else second(g, a, b, self.result),
        )

    def release(self) -> None:
        if self.result is not None:
            self.operands = self.result = None  # type: ignore[assignment]
        elif self.operands is not NOTHING and self.operands is not NEITHER:
            self.operands = None  # type: ignore[assignment]

    def _of_numbers(self, g: Any) -> Sequence[Any]:
        """The long way, of any number of operands, some of which may have been changed."""
        values = self.values()
        found: list[Any] = []
        if g.__class__ is Partial:
            if not g.there:
                return [partial(0.0, g.there)] * len(self.edges)
            g = float(g.value)
        for edge, term in zip(self.edges, self.rule.number_terms, strict=True):
            adjoint = None if edge is None or term is None else term(g, *values, self.result)
            found.append(0.0 if adjoint is None else adjoint)
        return found


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


def seen(array: Any, views: tuple[Any, ...]) -> Any:
    """An array through the views, one after the other; memory stays that of the array."""
    for view in views:
        array = view(array)
    return array


def made_by(value: Any, given: Core, node: Callable[[Edge], Node]) -> Any:
    """A tensor that is computed of another one, with its node if that requires a gradient."""
    made = new(value)
    edge = edge_of(given)
    if edge is not None and mode.get() == DEFAULT:
        made._node = node(edge)
    return made


def summed_to(tensor: Any, shape: Shape) -> Any:
    """A tensor summed over the axes along which one of that shape is repeated; recorded."""
    from diffcli.autograd.apply import apply

    return tensor if tensor.shape == shape else apply("sum_to", (tensor,), shape=shape)


def versions_of(operands: Sequence[Any]) -> tuple[int, ...] | None:
    """The versions of what is saved; None if nothing has ever been changed."""
    for operand in operands:
        if isinstance(operand, Core) and operand._counter is not None:
            return tuple(version_of(one) if isinstance(one, Core) else 0 for one in operands)
    return None


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
