"""Parameters: tensors that a module learns."""

from __future__ import annotations

from typing import Any

from diffcli.autograd.creation import tensor
from diffcli.autograd.graph.core import Core, counter_of
from diffcli.autograd.tensor import Tensor


class Parameter(Tensor):
    """A tensor that belongs to what a module learns: assigned to an attribute of one, it is found by ``parameters()``.

    It requires a gradient, even if it is made under `diffcli.autograd.no_grad`. The memory is that of ``data``, if that is a
    tensor.

    >>> from diffcli import nn
    >>> nn.Parameter([1.0, 2.0])
    Parameter containing:
    tensor([1., 2.], requires_grad=True)
    """

    def __init__(self, data: Any = (), requires_grad: bool = True) -> None:
        given: Any = data if isinstance(data, Core) else tensor(data)
        self._value = given._value
        self._made_in_inference = given._made_in_inference
        if given is data and given.shape:  # memory that is shared has one count of changes
            self._counter = None if given._made_in_inference else counter_of(given)
        self.requires_grad_(requires_grad)

    @property
    def name(self) -> str | None:  # type: ignore[override]
        """Its path from the outermost module that holds it, ``layers.0.weight``, for messages and drawings."""
        names: list[str] = []
        where = self.__dict__.get("_where")
        while where is not None:
            holder, name = where
            names.append(name)
            where = getattr(holder(), "__dict__", {}).get("_where")
        return ".".join(reversed(names)) or None

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()
