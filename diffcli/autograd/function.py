"""Custom functions: a forward and a backward of one's own, as a node of the graph.

>>> from diffcli.autograd import Function, tensor
>>> class Cube(Function):
...     @staticmethod
...     def forward(ctx, x):
...         ctx.save_for_backward(x)
...         return x**3
...     @staticmethod
...     def backward(ctx, grad):
...         (x,) = ctx.saved_tensors
...         return grad * 3 * x**2
>>> x = tensor(2.0, requires_grad=True)
>>> y = Cube.apply(x)
>>> y
tensor(8.0, grad_fn=<CubeBackward>)
>>> y.backward(); x.grad
tensor(12.0)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from weakref import ref

from diffcli.autograd.graph.core import (
    Core,
    Edge,
    Node,
    PartNode,
    check_version,
    counter_of,
    describe,
    edge_of,
    freed,
    new,
    refuse_inference,
    summed_to,
    version_of,
)
from diffcli.autograd.inplace import settle
from diffcli.autograd.modes import DEFAULT, NO_GRAD, in_mode, mode
from diffcli.autograd.partial import plain
from diffcli.errors import counted, fault
from diffcli.operations.arithmetic import tensors
from diffcli.operations.array_row import Shape, ShapeError, broadcast_shapes, shape_text


class Context:
    """What a function's forward leaves for its backward: ``save_for_backward``, and any attributes."""

    def __init__(self, needs: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs
        """For each argument of forward, whether a gradient by it is wanted."""
        self._wanted: tuple[Any, ...] = ()
        self._saved: list[tuple[Any, int]] | None = []
        self._node: Callable[[], FunctionNode | None] = lambda: None
        """Its node, which holds it: so by a weak reference."""
        self._passive: set[int] = set()
        self._dirty: set[int] = set()
        self._fill = True

    def save_for_backward(self, *saved: Any) -> None:
        """Keep tensors (or None) for the backward; a change of one in place in the meantime is noticed then."""
        for one in saved:
            if one is not None and not isinstance(one, Core):
                message = f"save_for_backward keeps tensors, and this is a `{type(one).__name__}`"
                raise fault("bad-function", message, help=["keep it as an attribute: ctx.scale = scale"])
        self._wanted = saved

    def mark_non_differentiable(self, *results: Any) -> None:
        """Mark results through which no gradient goes."""
        self._passive |= {id(one) for one in results}

    def mark_dirty(self, *changed: Any) -> None:
        """Mark arguments that forward has changed in place."""
        self._dirty |= {id(one) for one in changed}

    def set_materialize_grads(self, flag: bool) -> None:
        """Whether the adjoint of a result that nothing depends on comes as zeros (the default), or as None."""
        self._fill = bool(flag)

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What was saved, if it is as it was.

        Raises
        ------
        AutogradError
            The graph has been gone through before, or a tensor has been changed in place since.
        """
        if self._saved is None:
            freed(self._node())
        found = []
        for number, (one, version) in enumerate(self._saved):
            if isinstance(one, Core):
                check_version(self._node(), f"saved_tensors[{number}], {describe(one)},", one._counter, version)  # type: ignore[arg-type]
            found.append(one.tensor(self._node()) if isinstance(one, _Result) else one)
        return tuple(found)

    def _keep(self, results: Sequence[Any], node: FunctionNode | None, name: str) -> None:
        """Save what was asked for, once it is known which of it are results: those the node must not hold itself."""
        if node is None:
            self._saved = [(one, 0) for one in self._wanted]
            return
        self._node = ref(node)
        kept: list[tuple[Any, int]] = []
        for one in self._wanted:
            if isinstance(one, Core) and one._made_in_inference:
                raise refuse_inference(one, name)
            part = next((part for part, result in enumerate(results) if result is one), None)
            saved = one if part is None else _Result(one, part, len(results))
            kept.append((saved, 0 if one is None else version_of(one)))
        self._saved = kept
        self._wanted = ()


class _Result(Core):
    """A result of the function as it saves it: the same memory and versions, without the path back to its node."""

    def __init__(self, result: Core, part: int, parts: int) -> None:
        self._value, self._counter = result._value, counter_of(result)
        self.name = result.name
        self.part, self.parts = part, parts

    def tensor(self, node: Node | None) -> Any:
        made = new(self._value)
        made._counter = self._counter
        if node is not None and mode.get() == DEFAULT:
            made._node = node if self.parts == 1 else PartNode(node, self.part)
        return made


def _form(one: Any) -> tuple[Shape, Any] | None:
    """The shape and the kind of a tensor."""
    return (tensors.shape_of(one._value), tensors.kind_of(one._value)) if isinstance(one, Core) else None


class FunctionNode(Node):
    """A custom function in the graph."""

    __slots__ = ("label", "function", "context", "forms", "parts")
    own_backward = True

    def __init__(self, function: type[Function], context: Context, edges: tuple[Edge, ...], given: Sequence[Any]) -> None:
        super().__init__(edges)
        self.label, self.function, self.context = function.__name__ + "Backward", function, context
        self.forms = [_form(one) for one in given]
        """Shapes and kinds of the arguments; None for what is no tensor."""
        self.parts: list[tuple[Shape, Any]] = []
        """Those of the results."""

    @property
    def operation(self) -> str:
        return self.function.__name__

    @property
    def saved(self) -> dict[str, Any]:
        return {f"tensor{number}": one for number, one in enumerate(self.context.saved_tensors)}

    def release(self) -> None:
        if self.context._saved:
            self.context._saved = None

    def adjoints(self, g: Any) -> Sequence[Any]:
        given = g if isinstance(g, dict) else {0: g}
        found = self.recorded_adjoints({part: new(plain(one)) for part, one in given.items()})
        return [None if term is None else tensors.copy(term._value) for term in found]

    def recorded_adjoints(self, g: Any) -> Sequence[Any]:
        """What the backward returns, in the shapes of the arguments."""
        given, results = g if isinstance(g, dict) else {0: g}, []
        for part, (shape, kind) in enumerate(self.parts):
            zeros = new(tensors.zeros(shape, kind)) if part not in given and self.context._fill else None
            results.append(given.get(part, zeros))
        found = self.function.backward(self.context, *results)
        terms = list(found) if isinstance(found, tuple | list) else [found]
        count = len(self.edges)
        if len(terms) > count and all(term is None for term in terms[count:]):
            terms = terms[:count]
        if len(terms) != count:
            returned, took = counted(len(terms), "gradient"), counted(count, "argument")
            message = f"{self.function.__name__}.backward returned {returned}, and forward took {took}"
            help = ["return one for each argument of forward after ctx, None for what has none"]
            raise fault("bad-function", message, help=help)
        return [self._fitting(place, term) for place, term in enumerate(terms)]

    def _fitting(self, place: int, term: Any) -> Any:
        """A gradient in the shape of its argument."""
        if term is None:
            return None
        where = f"{self.function.__name__}.backward returned for argument {place}"
        if not isinstance(term, Core):
            raise fault("bad-function", f"{where} a `{type(term).__name__}`", help=["return a tensor, or None"])
        form = self.forms[place]
        if form is None:
            raise fault("bad-function", f"{where} a gradient, and that argument is no tensor", help=["return None for it"])
        shape, (wanted, kind) = tensors.shape_of(term._value), form
        if shape != wanted:
            try:
                fits = broadcast_shapes([shape, wanted]) == shape
            except ShapeError:
                fits = False
            if not fits:
                message = f"{where} a gradient of {shape_text(shape)}, and the argument is {shape_text(wanted)}"
                raise fault("bad-function", message, help=["a gradient has the shape of what it is by"])
            term = summed_to(term, wanted)
        return term if tensors.kind_of(term._value) == kind or self.edges[place] is None else term.to(kind)


class Function:
    """The base of custom functions. A subclass has two static methods; ``apply`` calls it.

    ``forward(ctx, *arguments)`` computes a tensor, or a tuple of them, and is not recorded. ``backward(ctx, *adjoints)`` gets
    the adjoint of each result, and returns the gradient by each argument of forward: None for what is no tensor. Instead of
    ``ctx``, forward may leave what is to be saved to ``setup_context(ctx, arguments, result)``.
    """

    @staticmethod
    def forward(*arguments: Any) -> Any:
        """The result."""
        raise NotImplementedError("a Function needs a static method forward(ctx, ...)")

    @staticmethod
    def backward(ctx: Any, *adjoints: Any) -> Any:
        """The gradient by each argument of forward."""
        raise NotImplementedError("a Function needs a static method backward(ctx, grad) to be differentiated")

    setup_context: Any = None

    @classmethod
    def apply(cls, *arguments: Any) -> Any:
        """Compute the result, and record it if a gradient by an argument is wanted."""
        edges: tuple[Edge, ...] = tuple(edge_of(one) if isinstance(one, Core) else None for one in arguments)
        now = mode.get()
        context = Context(tuple(edge is not None for edge in edges))
        with in_mode(min(now, NO_GRAD)):
            if cls.setup_context is None:
                found = cls.forward(context, *arguments)
            else:
                found = cls.forward(*arguments)
                cls.setup_context(context, arguments, found)
        results = list(found) if isinstance(found, tuple | list) else [found]
        if not all(isinstance(one, Core) or isinstance(found, tuple | list) for one in results):
            message = f"{cls.__name__}.forward returned a `{type(found).__name__}`"
            raise fault("bad-function", message, help=["return a tensor, or a tuple of them"])
        if now != DEFAULT or all(edge is None for edge in edges):
            context._keep((), None, cls.__name__)
            return found
        node = FunctionNode(cls, context, edges, arguments)
        results = [_own(one, arguments, context) for one in results]
        context._keep(results, node, cls.__name__)
        for part, one in enumerate(results):
            _enter(one, node, part, len(results), context)
        return tuple(results) if isinstance(found, tuple | list) else results[0]


def _own(result: Any, arguments: Sequence[Any], context: Context) -> Any:
    """A result with a place in the graph of its own: a copy of an argument that is returned, and of a view."""
    if not isinstance(result, Core) or id(result) in context._dirty:
        return result
    if result._base is None and not any(result is one for one in arguments):
        return result
    made = new(tensors.copy(result._value))
    if id(result) in context._passive:
        context._passive.add(id(made))
    return made


def _enter(result: Any, node: FunctionNode, part: int, parts: int, context: Context) -> None:
    """Give a result its place in the graph."""
    node.parts.append(_form(result) or ((), tensors.FLOAT64))
    if not isinstance(result, Core) or id(result) in context._passive or not result.is_floating_point():  # type: ignore[attr-defined]
        return
    own: Node = node if parts == 1 else PartNode(node, part)
    if id(result) in context._dirty:
        if result._flag:
            message = f"{node.operation}.forward changes {describe(result)} in place, a leaf that requires a gradient"
            raise fault("leaf-in-place", message, help=["give it a tensor that is computed from the leaf: w.clone()"])
        settle(result, own)
    else:
        result._node = own
        result._flag = False
