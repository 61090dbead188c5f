"""Tensors: arrays whose operations are recorded as they run, in a graph of functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partialmethod
from typing import Any

from diffcli.autograd import inplace, methods
from diffcli.autograd.graph import backward as passes
from diffcli.autograd.graph import core
from diffcli.autograd.graph.apply import FLOATING, apply, apply_rule, binary, reflected, unary
from diffcli.autograd.graph.core import Core, Handle, Node, counter_of, describe, edge_of, keep_gradient, made_by, new
from diffcli.autograd.graph.operands import set_boundary
from diffcli.autograd.graph.view_nodes import CastNode
from diffcli.autograd.indexing import index
from diffcli.autograd.modes import INFERENCE, mode
from diffcli.autograd.rules import rule
from diffcli.autograd.signatures import axis_of, device, wanted_kind
from diffcli.errors import fault
from diffcli.operations.arithmetic import arrays, tensors
from diffcli.operations.array_row import shape_text
from diffcli.operations.array_row import size as size_of

MATMUL = rule("matmul", 2)


def restored(kind: type[Tensor], state: dict[str, Any]) -> Tensor:
    """A tensor from what `Tensor.__reduce__` has written."""
    made = object.__new__(kind)
    made.__dict__.update(state)
    return made


class Tensor(Core):
    """A multi-dimensional array of numbers of one kind that records how it was computed.

    Made by `diffcli.autograd.tensor`. Operators, methods and the functions of `diffcli.autograd` apply rows of diffcli's
    tables of operations; if an operand requires a gradient, the result remembers the operation (`grad_fn`) and requires
    one too. `backward` goes through that graph, and adds the gradient of each leaf to its `grad`.

    >>> from diffcli.autograd import tensor
    >>> x = tensor([1.0, 2.0], requires_grad=True)
    >>> y = (x * x).sum()
    >>> y
    tensor(5.0, grad_fn=<SumBackward>)
    >>> y.backward()
    >>> x.grad
    tensor([2., 4.])
    """

    # -- what it holds ---------------------------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        return tensors.shape_of(self._value)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def dim(self) -> int:
        return len(self.shape)

    def size(self, dim: int | None = None) -> Any:
        return self.shape if dim is None else self.shape[axis_of(self, dim)]

    def numel(self) -> int:
        return size_of(self.shape)

    nelement = numel

    @property
    def dtype(self) -> Any:
        """The kind of its numbers, as a NumPy dtype: float64, float32, int64 or bool."""
        return tensors.kind_of(self._value)

    def is_floating_point(self) -> bool:
        return self.dtype in FLOATING

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a tensor without axes has no length")
        return self.shape[0]

    def __contains__(self, number: Any) -> bool:
        return bool((self == number).any())

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(len(self)))

    def item(self) -> Any:
        """The number of a tensor of one element, as a Python number."""
        if type(self._value) is float:
            return self._value
        if self.numel() != 1:
            message = f"item() is for one element, and {describe(self)} has {self.numel()}"
            raise fault("needs-one-element", message, help=["use tolist()"])
        return tensors.array_of(self._value).reshape(()).item()

    def tolist(self) -> Any:
        """The numbers as nested lists."""
        return tensors.array_of(self._value).tolist()

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        value = self.item()
        if isinstance(value, float) and not value.is_integer():
            raise TypeError("an index is a whole number")
        return int(value)

    def __bool__(self) -> bool:
        if self.numel() != 1:
            message = f"{describe(self)} is neither true nor false: it is not one element"
            raise fault("needs-one-element", message, help=["use .any() or .all()"])
        return bool(self.item())

    def numpy(self) -> Any:
        """The numbers as a NumPy array that shares the memory.

        Raises
        ------
        AutogradError
            It requires a gradient: what is done to the array would not be recorded. Use ``detach().numpy()``.
        """
        if self.requires_grad:
            message = f"{describe(self)} requires a gradient, and nothing that NumPy does with its numbers would be recorded"
            raise fault("leaves-the-graph", message, help=["use x.detach().numpy()"])
        return self._memory()

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        alone = copy is not False and not self.shape and not self.requires_grad  # a number stays one: its array is a copy
        value = tensors.array_of(self._value).copy() if alone else self.numpy()
        if copy is False and dtype is not None and value.dtype != dtype:
            raise ValueError(f"numbers of the kind {value.dtype} become {dtype} in other memory only")
        value = value if dtype is None else value.astype(dtype, copy=False)
        return value.copy() if copy else value

    def _memory(self) -> Any:
        """Its numbers in memory that can be shared: a float becomes an array."""
        if not tensors.is_array(self._value):
            core.set_value(self, tensors.array_of(self._value))
            counter_of(self)  # nodes that have saved a float are told that it is none now
        return self._value

    def _shown(self, family: object) -> Tensor:
        """The same memory, or number, in a tensor outside of the graph."""
        made: Tensor = new(self._value)
        if not tensors.is_array(self._value):
            core.show_number(made, self, family)
        made._made_in_inference = False
        return made

    def __repr__(self) -> str:
        parts = [tensors.text(self._value, "tensor(")]
        if self.dtype in (tensors.FLOAT32, tensors.INT64):
            parts.append(f"dtype={self.dtype}")
        edge = edge_of(self)
        if isinstance(edge, Node):
            parts.append(f"grad_fn=<{edge.name}>")
        elif edge is not None:
            parts.append("requires_grad=True")
        return f"tensor({', '.join(parts)})"

    def __format__(self, how: str) -> str:
        return format(self.item(), how) if not self.shape else object.__format__(self, how)

    __hash__ = object.__hash__

    # -- its place in the graph ------------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient by this tensor, or through it, is wanted. It can be set on a leaf."""
        return edge_of(self) is not None

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        self.requires_grad_(flag)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set whether a leaf requires a gradient; returns itself.

        Raises
        ------
        AutogradError
            It is no leaf, holds whole numbers, or was made in inference mode.
        """
        if not self.is_leaf:
            if requires_grad:
                return self
            message = f"{describe(self)} is no leaf: it requires a gradient because something that it was computed from does"
            help = ["use y.detach(), which is outside of the graph", "or compute it under no_grad()"]
            raise fault("not-a-leaf", message, help=help)
        if requires_grad and not self.is_floating_point():
            message = f"{describe(self)} holds numbers of the kind {self.dtype}, and nothing can be differentiated by those"
            raise fault("not-differentiable-kind", message, help=["make it with dtype='float64'"])
        if requires_grad and self._made_in_inference and mode.get() != INFERENCE:
            message = f"{describe(self)} was made in inference mode, and cannot require a gradient outside of it"
            raise fault("inference-tensor", message, help=["use its clone()"])
        self._flag = bool(requires_grad)
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made it."""
        return not isinstance(edge_of(self), Node)

    @property
    def grad_fn(self) -> Node | None:
        """The node of the operation that made it; None for a leaf."""
        edge = edge_of(self)
        return edge if isinstance(edge, Node) else None

    @property
    def grad(self) -> Tensor | None:
        """The gradient, added up over all backward passes; None if none has arrived.

        Raises
        ------
        AutogradError
            It is no leaf, and `retain_grad` has not been called.
        """
        if self._grad is None and not self._keeps and not self.is_leaf:
            message = f"{describe(self)} is no leaf, and its gradient is not kept: it is handed on to what it was computed from"
            raise fault("not-a-leaf", message, help=["call retain_grad() on it before backward()"])
        found: Tensor | None = self._grad
        return found

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None and not isinstance(value, Tensor):
            raise fault("bad-gradient", f"a gradient is a tensor or None, not a `{type(value).__name__}`")
        if value is not None and (value.shape != self.shape or value.dtype != self.dtype):
            given, own = (f"{shape_text(one.shape)}, {one.dtype}" for one in (value, self))
            help = ["it holds a number for each element, of the same kind"]
            raise fault("bad-gradient", f"a gradient ({given}) does not fit {describe(self)} ({own})", help=help)
        self._grad = value

    def retain_grad(self) -> None:
        """Keep the gradient of a tensor that is no leaf in its `grad`; a leaf keeps it anyway."""
        node = self._required_node("there is none to keep")
        if node is not None and not self._keeps:
            self._keeps = True
            keep_gradient(self, node)

    def _required_node(self, otherwise: str) -> Node | None:
        """The node that made it, None for a leaf; an error if it requires no gradient."""
        if not self.requires_grad:
            raise fault("no-graph", f"{describe(self)} does not require a gradient, so {otherwise}")
        return self.grad_fn

    @property
    def retains_grad(self) -> bool:
        return self._keeps

    def backward(
        self, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None
    ) -> None:
        """Add to the ``grad`` of each leaf the derivative of this tensor by it.

        Parameters
        ----------
        gradient
            The adjoint to start with, of the shape of this tensor: the result is its product with the Jacobian. Not needed
            for one element, where it is 1.
        retain_graph
            Whether what the graph has saved is kept, so that it can be gone through again.
        create_graph
            Whether the pass is recorded itself, for derivatives of derivatives.
        inputs
            The tensors whose ``grad`` is wanted; all leaves, if not given.

        Raises
        ------
        AutogradError
            There is no graph, it is freed, something that it saved has been changed in place, or ``gradient`` is missing or
            of another shape.

        >>> from diffcli.autograd import tensor
        >>> x = tensor(3.0, requires_grad=True)
        >>> (x**2).backward()
        >>> (x**2).backward()
        >>> x.grad
        tensor(12.0)
        """
        passes.backward([self], [gradient], retain_graph, create_graph, inputs)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> Handle:
        """Call a function with the gradient whenever it has arrived; what it returns, if anything, takes its place."""
        where: Any = self._required_node("no hook will ever be called") or self
        if where._hooks is None:
            where._hooks = {}
        return Handle(where._hooks, hook)

    def detach(self) -> Tensor:
        """The same memory outside of the graph: a leaf that requires no gradient. A change in place is seen by both."""
        made = self._shown(self._family)
        made._made_in_inference = self._made_in_inference
        if not self._made_in_inference:
            made._counter = counter_of(self) if tensors.is_array(self._value) else self._counter
        return made

    def detach_(self) -> Tensor:
        """Itself, taken out of the graph: a leaf that requires no gradient."""
        if self._base is not None:
            raise fault("view-in-place", f"{describe(self)} is a view, and shares its place in the graph", help=["use detach()"])
        self._node, self._flag, self._keeps = None, False, False
        return self

    @property
    def data(self) -> Tensor:
        """The same memory with versions of its own: a change of it is not noticed, and may make gradients wrong."""
        return self._shown(object())

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            message = f"data is a tensor, and a `{type(value).__name__}` is none"
            raise fault("not-numbers", message, help=["make one with tensor(...)"])
        if self._twins is not None:
            self._twins[:] = [twin for twin in self._twins if twin() is not self]
            self._twins = None
        self._value = value._value

    def __reduce__(self) -> Any:
        """What is written when it is pickled or copied by `copy`: the numbers, and of a leaf whether it requires a gradient."""
        if not self.is_leaf:
            message = f"{describe(self)} is no leaf: a copy of it would have to copy the graph"
            raise fault("not-a-leaf", message, help=["copy x.detach(), or use x.clone(), which is recorded"])
        state = {name: getattr(self, name) for name in ("_flag", "_grad", "_made_in_inference")}
        own = {name: value for name, value in self.__dict__.items() if not name.startswith("_")}  # what users have set on it
        return restored, (type(self), {"_value": tensors.copy(self._value)} | state | own)

    def clone(self) -> Tensor:
        """A copy, recorded."""
        made: Tensor = made_by(tensors.copy(self._value), self, lambda edge: CastNode(edge, self.dtype, "CloneBackward"))
        set_boundary(made, self._boundary)
        return made

    def to(self, *given: Any, dtype: Any = None, device: Any = None, non_blocking: bool = False, copy: bool = False) -> Tensor:
        """The same numbers in another kind, given by its name or as that of a tensor; itself where it has it already.

        The device may be the CPU only, and ``non_blocking`` has no effect. With ``copy`` the memory is another one in any case.
        """
        kind = wanted_kind(given, dtype, device)
        if kind is None or kind == self.dtype:
            return self.clone() if copy else self
        if kind == tensors.BOOL:
            return self != 0.0  # type: ignore[no-any-return]
        value = tensors.as_kind(self._value, kind)
        made: Tensor = made_by(value, self, lambda edge: CastNode(edge, self.dtype)) if kind in FLOATING else new(value)
        jumps = kind not in FLOATING and self.requires_grad
        set_boundary(made, arrays.meet(self._value, value) & (value != 0) if jumps else self._boundary)
        return made

    type = to

    cpu = to

    cuda = partialmethod(to, device="cuda")  # refused there
    device, is_cuda = device(), False

    @property
    def _version(self) -> int:
        """How often its memory has been changed in place."""
        if self._made_in_inference:
            message = f"no versions are counted for {describe(self)}, which was made in inference mode"
            raise fault("inference-tensor", message)
        return 0 if self._counter is None else self._counter.count

    def is_inference(self) -> Any:
        """Whether it was made in inference mode."""
        return self._made_in_inference

    # -- operators -------------------------------------------------------------------------------------------------------

    __add__, __radd__, __iadd__ = binary("add"), reflected("add"), methods.in_place("add")
    __sub__, __rsub__, __isub__ = binary("sub"), reflected("sub"), methods.in_place("sub")
    __mul__, __rmul__, __imul__ = binary("mul"), reflected("mul"), methods.in_place("mul")
    __truediv__, __rtruediv__, __itruediv__ = binary("div"), reflected("div"), methods.in_place("div")
    __pow__, __rpow__, __ipow__ = binary("pow"), reflected("pow"), methods.in_place("pow")
    __mod__, __rmod__ = binary("mod"), reflected("mod")
    __floordiv__, __rfloordiv__ = binary("floor_divide"), reflected("floor_divide")
    __matmul__, __rmatmul__ = (lambda a, b: apply_rule(MATMUL, (a, b), {})), reflected("matmul")
    __neg__, __abs__ = unary("neg"), unary("abs")
    __lt__, __le__ = binary("lt"), binary("le")
    __gt__, __ge__ = binary("gt"), binary("ge")
    __eq__, __ne__ = binary("eq"), binary("ne")
    __and__ = __rand__ = methods.of_truths("and")
    __or__ = __ror__ = methods.of_truths("or")
    __xor__ = __rxor__ = methods.of_truths("ne")
    __invert__ = methods.of_truths("not")

    def __pos__(self) -> Tensor:
        return self

    def __getitem__(self, key: Any) -> Any:
        return index(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        inplace.put(self, key, value, "SetItemBackward", "x[...] = ...")

    diffcli_apply = staticmethod(apply)
    """How ``diffcli.sin(x)``, and every other function there, is dispatched here."""
    __array_priority__ = 1000
    """NumPy leaves operators with a tensor on the right to the tensor."""
    __array_ufunc__ = None

    # -- every other operation of the tables is a method, set below ------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(methods.no_method(name))

    T = property(lambda self: apply("transpose", (self,)))


for _name in methods.method_names():
    if not hasattr(Tensor, _name):  # x.sin(), and in place x.sin_()
        setattr(Tensor, _name, methods.method(_name))
for _name, _kind in (("double", tensors.FLOAT64), ("float", tensors.FLOAT32), ("long", tensors.INT64), ("bool", tensors.BOOL)):
    setattr(Tensor, _name, partialmethod(Tensor.to, _kind))
Core.kind = Tensor
