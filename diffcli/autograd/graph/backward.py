"""The backward pass: what it starts with, the sweep (`diffcli.autograd.graph.sweep`), and where gradients go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from diffcli.autograd.graph.core import Core, Node, describe, edge_of, new, nodes_behind, numbers
from diffcli.autograd.graph.kinks import lead_beside, nodes_beside
from diffcli.autograd.graph.operands import value_of
from diffcli.autograd.graph.sides import decide_sides
from diffcli.autograd.graph.sweep import Sweep, accumulate, through_hooks
from diffcli.autograd.modes import DEFAULT, NO_GRAD, in_mode
from diffcli.autograd.partial import plain
from diffcli.errors import counted, fault
from diffcli.operations.arithmetic import arrays, tensors
from diffcli.operations.array_row import shape_text, size


def _swept(
    ends: Sequence[Core], adjoints: Sequence[Any], keep_graph: bool, recorded: bool, wanted: Sequence[Core] | None, breaks: bool
) -> Sweep:
    """Run a backward pass from some tensors, each with its adjoint; the adjoints of what is wanted are kept."""
    sweep = Sweep(recorded)
    graph = nodes_behind(map(edge_of, ends)) if breaks or wanted is not None else []
    if wanted is not None:
        targets = {edge_of(tensor) for tensor in wanted}
        sweep.kept = {edge: None for edge in targets if isinstance(edge, Node)}
        sweep.needed = _on_the_way(graph, targets)
    for end, adjoint in zip(ends, adjoints, strict=True):
        sweep.arrive(edge_of(end), adjoint)
    sweep.summed.clear()  # what the caller gave is the caller's
    first = next(numbers)
    with arrays.quiet():
        if breaks:
            sweep.beside = nodes_beside(graph, ends, adjoints)
        sweep.run(keep_graph)
        if sweep.beside:
            results = [one for one in (*sweep.leaves.values(), *sweep.kept.values()) if one is not None]
            lead_beside(results, first, sweep.beside)
            decide_sides(results, list(sweep.beside.values()))
    return sweep


def _on_the_way(graph: Sequence[Node], targets: set[Any]) -> set[Node]:
    """The nodes behind which a target lies: those that a pass for some inputs only needs to run."""
    reaching = set(targets) - {None}
    found: set[Node] = set()
    for node in graph:
        if not reaching.isdisjoint(node.edges):
            reaching.add(node)
            found.add(node)
    return found


# -- the entries -----------------------------------------------------------------------------------------------------------


def backward(
    tensors: Any, grad_tensors: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None
) -> None:
    """Add to the ``grad`` of each leaf the derivative of some tensors by it: `Tensor.backward`, of several at once.

    >>> from diffcli.autograd import backward, tensor
    >>> x = tensor(3.0, requires_grad=True)
    >>> backward([x**2, 5 * x])
    >>> x.grad
    tensor(11.0)
    """
    ends = _listed(tensors)
    wanted = None if inputs is None else _listed(inputs)
    if wanted is not None and not wanted:
        raise fault("unused-input", "inputs=[] asks for the gradient of nothing", help=["leave inputs out for all leaves"])
    with in_mode(DEFAULT if create_graph else NO_GRAD):
        adjoints = _starting_adjoints(ends, grad_tensors, "grad_tensors", wanted or (), create_graph)
        keep_graph = create_graph if retain_graph is None else retain_graph
        sweep = _swept(ends, adjoints, keep_graph, create_graph, wanted, create_graph)
        chosen = None if wanted is None else set(wanted)
        held = set(map(id, adjoints))  # what the caller has, and then what others have been given
        for leaf, adjoint in sweep.leaves.items():
            if (chosen is None or leaf in chosen) and leaf._flag:
                _finish(leaf, adjoint, create_graph, held)
        for one in dict.fromkeys(wanted or ()):
            node = edge_of(one)
            if isinstance(node, Node) and sweep.kept.get(node) is not None and not one._keeps:
                _finish(one, sweep.kept[node], create_graph, held)


def _listed(given: Any) -> list[Any]:
    return [given] if isinstance(given, Core) else list(given)


def _starting_adjoints(ends: Sequence[Core], given: Any, name: str, wanted: Iterable[Core], recorded: bool) -> list[Any]:
    """The adjoints that a pass starts with, once it is known that there is a graph from each end and to all that is wanted."""
    weights = [None] * len(ends) if given is None else list(given) if isinstance(given, list | tuple) else [given]
    if len(weights) != len(ends):
        message = f"there are {counted(len(ends), 'output')} and {counted(len(weights), 'adjoint')} in {name}"
        raise fault("bad-gradient", message, help=["give one for each, or None"])
    for one in wanted:
        if edge_of(one) is None:
            message = f"{describe(one)} is asked for its gradient, and does not require one"
            raise fault("no-graph", message, help=["call requires_grad_() on it before it is used"])
    for end in ends:
        if edge_of(end) is None:
            raise fault(
                "no-graph",
                f"{describe(end)} does not require a gradient, and nothing that it was computed from does: "
                "there is no graph to go through",
                help=[
                    "make what you differentiate by with requires_grad=True",
                    "operations under no_grad() and inference_mode() are not recorded",
                ],
            )
    return [_starting_adjoint(end, weight, recorded) for end, weight in zip(ends, weights, strict=True)]


def _starting_adjoint(root: Core, gradient: Any, recorded: bool) -> Any:
    """The adjoint of a root: what is given, or 1 for a tensor of one element."""
    shape, kind = tensors.shape_of(root._value), tensors.kind_of(root._value)
    if gradient is None:
        if size(shape) != 1:
            raise fault(
                "needs-gradient",
                f"backward starts from one number, and {describe(root)} has {size(shape)} elements",
                help=[
                    "reduce it first: y.sum().backward(), y.mean().backward()",
                    "or say what to multiply the Jacobian by: y.backward(gradient=v), v of the shape of y",
                ],
            )
        value = tensors.full(shape, 1.0, kind)
        return new(value) if recorded else value
    given = gradient if isinstance(gradient, Core) else new(value_of(gradient, kind))
    if tensors.shape_of(given._value) != shape:
        message = f"the gradient has another shape, {shape_text(tensors.shape_of(given._value))}, than {describe(root)}"
        raise fault("bad-gradient", message, help=["it holds the adjoint of each element, so it has the same shape"])
    return given if recorded else tensors.as_kind(given._value, kind)


def _finish(leaf: Core, adjoint: Any, recorded: bool, held: set[int]) -> None:
    """The gradient of a leaf has arrived: through its hooks, and added, in memory that nobody else has."""
    adjoint = plain(adjoint)
    if leaf._hooks is not None and leaf._node is None:
        adjoint = through_hooks(leaf._hooks, adjoint, recorded)
        held.add(id(adjoint))  # a hook may have kept it
    if recorded:
        adjoint = adjoint.to(tensors.kind_of(leaf._value))
    else:
        adjoint = tensors.as_kind(adjoint, tensors.kind_of(leaf._value))
        if leaf._grad is None and (id(adjoint) in held or not tensors.owns(adjoint)):
            adjoint = tensors.copy(adjoint)
        held.add(id(adjoint))
    accumulate(leaf, adjoint, recorded)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Any, ...]:
    """The gradients of outputs by inputs, as tensors; nothing is added to any ``grad``.

    Parameters
    ----------
    outputs, inputs
        Tensors, or sequences of them.
    grad_outputs
        The adjoint of each output; 1 for an output of one element.
    retain_graph
        Whether the graph may be gone through again; as ``create_graph``, if not given.
    create_graph
        Whether the gradients are recorded themselves, so that they can be differentiated.
    allow_unused
        Whether an input that no output depends on is no error; its gradient is None.

    >>> from diffcli.autograd import grad, tensor
    >>> x = tensor(2.0, requires_grad=True)
    >>> (first,) = grad(x**3, x, create_graph=True)
    >>> (second,) = grad(first, x)
    >>> first.item(), second.item()
    (12.0, 12.0)
    """
    return gradients(outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused, create_graph)


def gradients(
    outputs: Any, inputs: Any, grad_outputs: Any, retain_graph: bool | None, create_graph: bool, allow_unused: bool, breaks: bool
) -> tuple[Any, ...]:
    """The same; unless ``breaks`` are looked for, a recorded pass takes the slope that a rule gives at one for any other."""
    ends, wanted = _listed(outputs), _listed(inputs)
    with in_mode(DEFAULT if create_graph else NO_GRAD):
        adjoints = _starting_adjoints(ends, grad_outputs, "grad_outputs", wanted, create_graph)
        sweep = _swept(ends, adjoints, create_graph if retain_graph is None else retain_graph, create_graph, wanted, breaks)
        return tuple([_found(one, sweep, allow_unused) for one in wanted])


def _found(one: Core, sweep: Sweep, allow_unused: bool) -> Any:
    """The gradient by an input as a tensor; None if no output depends on it."""
    edge = edge_of(one)
    adjoint = plain(sweep.kept.get(edge) if isinstance(edge, Node) else sweep.leaves.get(one))
    if adjoint is None:
        if allow_unused:
            return None
        message = f"no output depends on {describe(one)}: the graph has no path between them"
        help = ["allow_unused=True gives None for it, which is no dependence, and not a gradient of 0"]
        raise fault("unused-input", message, help=help)
    if one._node is None and one._hooks is not None:
        adjoint = through_hooks(one._hooks, adjoint, sweep.recorded)
    return adjoint if sweep.recorded else new(tensors.copy(adjoint))
