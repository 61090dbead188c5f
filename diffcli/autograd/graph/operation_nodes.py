"""The nodes of recorded operations: rows of the tables, on arrays and on floats."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial as bind
from itertools import repeat
from typing import Any

from diffcli.autograd.graph.core import Core, Edge, Node, check_version, describe, freed, new, numbers, version_of
from diffcli.autograd.partial import ABSENT_NUMBER, Mask, Partial, fitted, in_kind, masked
from diffcli.autograd.rules import Plan, Rule
from diffcli.operations.arithmetic import arrays, tensors
from diffcli.operations.array_row import Shape, shape_text
from diffcli.tape.running.array_rules import NUMPY
from diffcli.tape.running.strong_zero import IN_ARRAYS


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
    shapes: tuple[Shape, ...]
    """Those of the operands."""
    plan: Any
    """What is the same for all such operations; None for numbers."""

    def __init__(self, rule: Rule, edges: tuple[Edge, ...], operands: tuple[Any, ...], result: Any) -> None:
        self.number = next(numbers)
        self.rule = rule
        self.edges = edges
        self.operands = operands
        self.result = result
        self.counted = self.retained_by = self._hooks = self.versions = None

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

    @property
    def saved_as_pytorch(self) -> dict[str, Any]:
        others = {"where": ("condition",), "pow": ("self", "exponent"), "matmul": ("self", "mat2")}
        self.values()  # they are as they were
        names = others.get(self.rule.name, ("self", "other"))
        known = {name: one for name, one in zip(names, self.operands, strict=False) if one is not None}
        return known if self.result is None else known | {"result": new(self.result)}

    def __dir__(self) -> list[str]:
        names = (f"_saved_{name}" for name in ("condition", "self", "other", "exponent", "mat2", "result"))
        return [*super().__dir__(), *(name for name in names if hasattr(self, name))]

    def release(self) -> None:
        if self.result is None:
            for operand in self.operands or ():
                if operand is not None:
                    break
            else:
                return  # there is nothing to forget
        if self.operands is not None:
            flat = self.rule.jumps and not any(self.rule.reads)
            self.operands = (None,) * len(self.operands) if flat else None  # type: ignore[assignment]
        self.result = None

    def values(self) -> list[Any]:
        """What was saved of the operands; an error if it is freed, or has been changed in place since."""
        operands = self.operands
        if operands is None:
            freed(self)
        found = []
        for name, operand, version in zip(self.rule.operands, operands, self.versions or ZEROS):  # noqa: B905  (the hot path)
            if isinstance(operand, Core):
                if operand._counter is not None and operand._counter.count != version:
                    check_version(self, f"its operand {name}, {describe(operand)},", operand._counter, version)
                operand = operand._value
            found.append(operand)
        if self.result is not None and self.counted is not None:
            check_version(self, f"its result, a tensor of {shape_text(self.shape)},", *self.counted)
        return found


ZEROS = repeat(0)
"""The versions of operands that had never been changed."""


class ArrayNode(OperationNode):
    """A row of one of the tables, on arrays."""

    __slots__ = ("plan",)

    plan: Plan
    shape = property(lambda self: self.plan.shape)
    shapes = property(lambda self: self.plan.shapes)

    def adjoints(self, g: Any) -> Sequence[Any]:
        mask = None
        if g.__class__ is Partial:
            mask, g = g.mask, g.value
        values = self.values()
        term = self._of_element if self.rule.row is None else self._of_array
        kind = tensors.kind_of(g)
        terms = [None if edge is None else term(operand, g, mask, values) for operand, edge in enumerate(self.edges)]
        return terms if kind is tensors.FLOAT64 else [None if one is None else in_kind(one, kind) for one in terms]

    def _of_element(self, position: int, g: Any, mask: Mask | None, values: Sequence[Any]) -> Any:
        function = self.rule.terms[position]
        whole, shape = self.plan.shape, self.plan.shapes[position]
        term = function(g, *values, self.result) if function is not None else None
        if term is None:  # flat: no change of the operand changes the result
            return tensors.zeros(shape, tensors.kind_of(g))
        if self.rule.chooses[position]:
            name, known = self.rule.name, (*values, self.result)
            mask = Mask(lambda before: before & arrays.full(whole, NUMPY.present(name, position, known)), mask)
        if mask is not None:
            term = Partial(masked(term, mask), mask)
        return term if shape == whole else fitted(term, whole, shape)

    def _of_array(self, position: int, g: Any, mask: Mask | None, values: Sequence[Any]) -> Any:
        edge = self.edges[position]
        by_columns = edge.__class__ is ArrayNode and edge.rule.name == "transpose" and len(edge.shape) == 2
        rule, function, is_all = self.plan.adjoint(position, by_columns)
        if function is None:
            return tensors.zeros(self.plan.shapes[position], tensors.kind_of(g))
        known = [*values, self.result]
        term = function(g, *known)
        if mask is None and is_all:
            return term

        def under(before: Any, computed: Any) -> tuple[Any, Any]:
            term, there = IN_ARRAYS.of_array_row(rule, None if before is True else before, list(known), computed)
            return term, True if there is None else there

        if arrays.all_finite(term):
            return Partial(term, Mask(lambda before: under(before, lambda *_: 0.0)[1], mask))
        term, there = under(mask is None or mask(), bind(function, g))
        return Partial(term, Mask(lambda: there))


NOTHING, NEITHER = (None,), (None, None)
"""What a node of one and of two operands has saved, if it reads neither: these very tuples."""


class NumberNode(OperationNode):
    """A row of the elementwise table, on floats: the fast path."""

    __slots__ = ()
    shape, plan = (), None
    shapes = property(lambda self: ((),) * len(self.edges))

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
            term = 0.0 if first is None else first(g, a, self.result)
            return (ABSENT_NUMBER if term is None else term,)
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
        one = None if own is None else 0.0 if first is None else first(g, a, b, self.result)
        two = None if other is None else 0.0 if second is None else second(g, a, b, self.result)
        if one is None and own is not None:
            one = ABSENT_NUMBER
        return one, ABSENT_NUMBER if two is None and other is not None else two

    def release(self) -> None:
        if self.result is not None:
            self.operands = self.result = None  # type: ignore[assignment]
        elif self.operands is not NOTHING and self.operands is not NEITHER:
            self.operands = None  # type: ignore[assignment]

    def _of_numbers(self, g: Any) -> Sequence[Any]:
        """The general path, for any number of operands, some of which may have been changed."""
        values = list(map(tensors.as_number, self.values()))
        found: list[Any] = []
        if g.__class__ is Partial:
            if not g.mask():
                return [ABSENT_NUMBER] * len(self.edges)
            g = float(g.value)
        for edge, term in zip(self.edges, self.rule.number_terms, strict=True):
            adjoint = 0.0 if edge is None or term is None else term(g, *values, self.result)
            found.append(ABSENT_NUMBER if adjoint is None else adjoint)
        return found


def versions_of(operands: Sequence[Any]) -> tuple[int, ...]:
    """The versions of what is saved."""
    return tuple([version_of(one) if isinstance(one, Core) else 0 for one in operands])
