"""A function of tensors as `gradcheck` sees it: its values at points beside the point, its gradients, and how it behaves."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from diffcli.autograd.graph.backward import grad
from diffcli.autograd.graph.core import Core, edge_of, new
from diffcli.autograd.modes import enable_grad, no_grad
from diffcli.autograd.tensor import Tensor
from diffcli.errors import fault
from diffcli.operations.arithmetic import tensors
from diffcli.operations.array_row import shape_text

Numbers = list[float]
"""The elements of a tensor, row by row."""


class Checked:
    """A function at a point.

    The function gets copies of the inputs, so that it can change nothing of the caller's. Tensors that it has of its own, such as
    the parameters of a module, get other numbers while it runs, and have theirs back afterwards.

    Parameters
    ----------
    function
        What is checked.
    inputs
        Its arguments. Those that require a gradient are checked.
    held
        Leaves that it uses and that are checked, too, with their names.
    kind
        The kind of numbers that those are given in; their own, if None.
    """

    def __init__(self, function: Callable[..., Any], inputs: Sequence[Any], held: dict[str, Any], kind: Any = None) -> None:
        self.function, self.kind = function, kind
        self.arguments = [_copied(one, kind) for one in inputs]
        self.names: list[str] = []
        self.leaves: list[Any] = []
        for number, one in enumerate(self.arguments):
            if isinstance(one, Core) and edge_of(one) is not None:
                self.names.append(one.name or f"input {number}")
                self.leaves.append(one)
        self.names += held
        self.own = list(held.values())
        self.leaves += self.own
        self.point = [_in_kind(leaf._value, kind) for leaf in self.leaves]
        self.shapes = [tensors.shape_of(value) for value in self.point]

    def outputs(self, moved: dict[int, Any] | None = None) -> list[Any]:
        """The tensors that the function returns, with other numbers for some of the leaves."""
        before = [leaf._value for leaf in self.own]
        for number, leaf in enumerate(self.leaves):
            leaf._value = tensors.copy(self.point[number] if moved is None else moved.get(number, self.point[number]))
        try:
            found = self.function(*self.arguments)
        finally:
            for leaf, value in zip(self.own, before, strict=True):
                leaf._value = value
        return outputs_of(found)

    def values(self, moved: dict[int, Any]) -> list[Numbers]:
        """The elements of the outputs at another point; NaN where the function is not defined there."""
        with no_grad():
            return [numbers_of(one) for one in self.outputs(moved)]

    def recorded(self) -> list[Any]:
        """The outputs with their graph."""
        with enable_grad():
            return self.outputs()

    def of_element(self, output: Any, index: tuple[int, ...]) -> list[Numbers | None]:
        """The gradient of one element of an output. It is taken out first: other elements are not there, rather than 0."""
        with enable_grad():
            element = output[index] if index else output
        return self.gradients(element, [1.0])

    def gradients(self, output: Any, adjoint: Numbers) -> list[Numbers | None]:
        """The adjoint of each leaf for one of an output, by the graph."""
        if edge_of(output) is None:
            return [None] * len(self.leaves)
        shape, kind = tensors.shape_of(output._value), tensors.kind_of(output._value)
        weights = new(tensors.as_kind(array_like(adjoint, shape), kind))
        held = [leaf._value for leaf in self.own]
        try:
            for leaf, value in zip(self.leaves, self.point, strict=True):
                leaf._value = value  # what a saved leaf holds is read in the backward pass
            found = grad([output], self.leaves, [weights], retain_graph=True, allow_unused=True)
        finally:
            for leaf, value in zip(self.own, held, strict=True):
                leaf._value = value
        for name, leaf, one in zip(self.names, self.leaves, found, strict=True):
            if one is not None and one.shape != leaf.shape:
                message = f"the gradient by {name} is {shape_text(one.shape)}, and {name} is {shape_text(leaf.shape)}"
                raise fault("gradcheck", message, help=["a gradient has the shape of what it is by"])
        return [None if one is None else numbers_of(one) for one in found]

    def changed(self, before: Sequence[Any]) -> list[str]:
        """Which arguments are no longer as they were: their names."""
        return [
            one.name or f"input {number}"
            for number, (one, old) in enumerate(zip(self.arguments, before, strict=True))
            if isinstance(one, Core) and not same(numbers_of(one), old)
        ]

    def contents(self) -> list[Any]:
        return [numbers_of(one) if isinstance(one, Core) else None for one in self.arguments]


def outputs_of(found: Any) -> list[Any]:
    """The tensors in what a function returns: one, or several in a list or tuple."""
    return [one for one in (found if isinstance(found, list | tuple) else [found]) if isinstance(one, Core)]


def _copied(one: Any, kind: Any) -> Any:
    if not isinstance(one, Core):
        return one
    made: Any = object.__new__(Tensor)
    made._value = tensors.copy(one._value)
    made.name = one.name
    if edge_of(one) is not None:
        made._flag = True
    if kind is not None and made.is_floating_point():
        made._value = _in_kind(made._value, kind)
    return made


def _in_kind(value: Any, kind: Any) -> Any:
    return tensors.copy(value) if kind is None else tensors.as_kind(tensors.copy(value), kind)


def numbers_of(tensor: Any) -> Numbers:
    value = tensor._value
    return [value] if type(value) is float else tensors.to_list(tensors.array_of(value).reshape(-1))


def array_like(numbers: Numbers, shape: tuple[int, ...]) -> Any:
    """Numbers as a value of a shape, in double precision."""
    return tensors.plain(tensors.array_of(tensors.from_data(numbers, tensors.FLOAT64)).reshape(shape))


def same(one: Numbers | None, other: Numbers | None) -> bool:
    """Whether numbers are the same to the last bit, NaN included."""
    if one is None or other is None:
        return one is other
    return len(one) == len(other) and all(a == b or (a != a and b != b) for a, b in zip(one, other, strict=True))


def weighted(numbers: Numbers, weights: Numbers) -> float:
    """A weighted sum in one rounding; what is not finite is NaN."""
    terms = [number * weight for number, weight in zip(numbers, weights, strict=True)]
    return math.fsum(terms) if all(map(math.isfinite, terms)) else math.nan
