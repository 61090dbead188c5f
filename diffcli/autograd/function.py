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

from diffcli.autograd.graph import core
from diffcli.autograd.graph.core import Core, Edge, Node, PartNode, counter_of, describe, edge_of, new, summed_to, version_of
from diffcli.autograd.inplace import settle
from diffcli.autograd.modes import DEFAULT, NO_GRAD, in_mode, mode
from diffcli.autograd.partial import plain
from diffcli.autograd.tensor import Tensor
from diffcli.errors import counted, fault
from diffcli.operations.arithmetic import tensors
from diffcli.operations.array_row import Shape, ShapeError, broadcast_shapes, shape_text


class Context:
    """What a function's forward leaves for its backward: ``save_for_backward``, and any attributes."""

    def __init__(self, needs: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs
        """For each argument of forward, whether a gradient by it is wanted."""
        self._wanted: tuple[Any, ...] = ()
        self._saved: list[tuple[Any, int, int | None]] | None = []
        """Each with its version, and which of the results it is, if it is one."""
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
            core.freed(self._node())
        found = []
        node: Any = self._node()
        for number, (one, version, part) in enumerate(self._saved):
            if one is not None:
                core.check_version(node, f"saved_tensors[{number}], {describe(one)},", one._counter, version)
            if part is not None:
                one = _shown(one)
                if node is not None and mode.get() == DEFAULT:
                    one._node = node.end(part)
            found.append(one)
        return tuple(found)

    def _keep(self, results: Sequence[Any], node: FunctionNode | None, name: str) -> None:
        """Save what was asked for, once it is known which of it are results: those the node must not hold itself."""
        if node is None:
            self._saved = [(one, 0, None) for one in self._wanted]
            return
        self._node = ref(node)
        self._saved = []
        for one in self._wanted:
            if isinstance(one, Core) and one._made_in_inference:
                raise core.refuse_inference(one, name)
            part = next((part for part, result in enumerate(results) if result is one), None)
            self._saved.append((one if part is None else _shown(one), 0 if one is None else version_of(one), part))
        self._wanted = ()


def _shown(result: Core) -> Any:
    """A result of the function as it saves it: the same memory and versions, without the path back to its node."""
    made = new(result._value)
    made._counter, made.name = counter_of(result), result.name
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

    def end(self, part: int) -> Node:
        """The node of one of the results."""
        return self if len(self.parts) == 1 else PartNode(self, part)

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
        node.parts = [_form(one) or ((), tensors.FLOAT64) for one in results]
        for part, one in enumerate(results):
            if isinstance(one, Tensor) and id(one) not in context._passive and one.is_floating_point():
                _enter(one, node.end(part), context)
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


def _enter(result: Core, own: Node, context: Context) -> None:
    """Give a result its place in the graph."""
    if id(result) in context._dirty:
        if result._flag:
            name = own.as_function()[0].operation
            message = f"{name}.forward changes {describe(result)} in place, a leaf that requires a gradient"
            raise fault("leaf-in-place", message, help=["give it a tensor that is computed from the leaf: w.clone()"])
        settle(result, own)
    else:
        result._node = own
        result._flag = False
