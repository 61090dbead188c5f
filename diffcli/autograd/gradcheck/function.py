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
from diffcli.operations.array_row import Shape, shape_text

Numbers = list[float]
"""The elements of a tensor, row by row."""


class Checked:
    """A function at a point.

    The function gets copies of the inputs, so that it can change nothing of the caller's. Tensors that it has of its own, such as
    the parameters of a module, get other numbers while it runs, and have theirs back afterwards. What is checked are its inputs
    that require a gradient, and the leaves ``held`` that it uses, by name; in a ``kind`` of numbers that is not theirs, if given.
    """

    def __init__(self, function: Callable[..., Any], inputs: Sequence[Any], held: dict[str, Any], kind: Any = None) -> None:
        self.function = function
        self.arguments = [_copied(one, kind) if isinstance(one, Core) else one for one in inputs]
        self.given = [
            (one.name or f"input {number}", one) for number, one in enumerate(self.arguments) if isinstance(one, Core)
        ]
        """The arguments that are tensors, with their names."""
        checked = [(name, one) for name, one in self.given if edge_of(one) is not None] + list(held.items())
        self.own = list(held.values())
        self.names: list[str] = [name for name, _ in checked]
        self.leaves: list[Any] = [leaf for _, leaf in checked]
        self.point = [tensors.as_kind(tensors.copy(leaf._value), kind or leaf.dtype) for leaf in self.leaves]
        self.returned: list[Shape] = []
        """The shapes of what the function returns at the point."""
        self.changes = False
        """Whether it returns others beside the point."""
        self.shapes = [tensors.shape_of(value) for value in self.point]

    def _at(self, values: Sequence[Any], computed: Callable[[], Any]) -> Any:
        """What is computed while the leaves have some values."""
        before = [leaf._value for leaf in self.own]
        for leaf, value in zip(self.leaves, values, strict=True):
            leaf._value = value
        try:
            return computed()
        finally:
            for leaf, value in zip(self.own, before, strict=True):
                leaf._value = value

    def outputs(self, moved: dict[int, Any] | None = None) -> list[Any]:
        """The tensors that the function returns, with other numbers for some of the leaves."""
        values = [tensors.copy((moved or {}).get(number, value)) for number, value in enumerate(self.point)]
        return outputs_of(self._at(values, lambda: self.function(*self.arguments)))

    def values(self, moved: dict[int, Any], number: int) -> Numbers:
        """The elements of an output at another point; none where the function is not defined, or of another shape, there."""
        try:
            with no_grad():
                outputs = self.outputs(moved)
        except (ArithmeticError, ValueError):
            return []
        if [tensors.shape_of(one._value) for one in outputs] != self.returned:
            self.changes = True
            return []
        return numbers_of(outputs[number]._value)

    def recorded(self) -> list[Any]:
        """The outputs with their graph."""
        with enable_grad():
            outputs = self.outputs()
        self.returned = [tensors.shape_of(one._value) for one in outputs]
        return outputs

    def of_element(self, output: Any, index: tuple[int, ...]) -> list[Numbers | None]:
        """The gradient of one element of an output. It is taken out first: other elements are not there, rather than 0."""
        with enable_grad():
            element = output[index] if index else output
        return self.gradients(element, [1.0])

    def gradients(self, output: Any, adjoint: Numbers) -> list[Numbers | None]:
        """The adjoint of each leaf for one of an output, by the graph."""
        if edge_of(output) is None:
            return [None] * len(self.leaves)
        weights = new(tensors.as_kind(array_like(adjoint, output.shape), output.dtype))
        found = self._at(  # what a saved leaf holds is read in the backward pass
            self.point, lambda: grad([output], self.leaves, [weights], retain_graph=True, allow_unused=True)
        )
        for name, leaf, one in zip(self.names, self.leaves, found, strict=True):
            if one is not None and one.shape != leaf.shape:
                message = f"the gradient by {name} is {shape_text(one.shape)}, and {name} is {shape_text(leaf.shape)}"
                raise fault("gradcheck", message, help=["a gradient has the shape of what it is by"])
        return [None if one is None else numbers_of(one._value) for one in found]

    def contents(self) -> list[tuple[str, str]]:
        """The arguments that are tensors, each with its numbers to the last bit."""
        return [(name, repr(numbers_of(one._value))) for name, one in self.given]


def outputs_of(found: Any) -> list[Any]:
    """The tensors in what a function returns: one, or several in a list or tuple."""
    return [one for one in (found if isinstance(found, list | tuple) else [found]) if isinstance(one, Core)]


def _copied(one: Core, kind: Any) -> Tensor:
    """A leaf with the same numbers, in another kind if that is given and it can be differentiated by."""
    made: Tensor = object.__new__(Tensor)
    made._value, made.name, made._flag = tensors.copy(one._value), one.name, edge_of(one) is not None
    if made.is_floating_point():
        made._value = tensors.as_kind(made._value, kind or made.dtype)
    return made


def numbers_of(value: Any) -> Numbers:
    found: Numbers = tensors.array_of(value).reshape(-1).tolist()
    return found


def array_like(numbers: Numbers, shape: tuple[int, ...]) -> Any:
    """Numbers as a value of a shape, in double precision."""
    return tensors.plain(tensors.array_of(tensors.from_data(numbers, tensors.FLOAT64)).reshape(shape))


def weighted(numbers: Numbers, weights: Numbers) -> float:
    """A weighted sum in one rounding; what is not finite is NaN."""
    terms = [number * weight for number, weight in zip(numbers, weights, strict=True)]
    return math.fsum(terms) if all(map(math.isfinite, terms)) else math.nan
