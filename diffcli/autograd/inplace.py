"""Changes in place: the memory is written to, its version counted, and the tensor gets a new place in the graph.

A change of a view changes the tensor that it is a view of, and all other views of that; each finds its new place in the
graph when it is next asked for (`diffcli.autograd.graph.core.refresh`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli.autograd.graph.apply import FLOATING, apply, compute, record
from diffcli.autograd.graph.core import Core, Edge, Node, counter_of, describe, edge_of, keep_gradient, new, set_value, version_of
from diffcli.autograd.graph.operands import boundary_of, edges_of, marked, operand_value, set_boundary
from diffcli.autograd.graph.view_nodes import PutNode, WrittenNode
from diffcli.autograd.indexing import canonical_key, is_whole, taken
from diffcli.autograd.modes import DEFAULT, INFERENCE, mode
from diffcli.autograd.rules import rule, shapes_do_not_fit
from diffcli.errors import fault
from diffcli.operations.arithmetic import arrays, tensors
from diffcli.operations.array_row import ShapeError, shape_text, size
from diffcli.operations.array_shapes import written as shape_written


def change(tensor: Any, name: str, others: Sequence[Any]) -> Any:
    """An elementwise operation whose result takes the place of its first operand."""
    call = f"{name}_()"
    given: Sequence[Any] = [tensor, *others]
    known, now = rule(name, len(given)), mode.get()
    recorded = _edges(tensor, given, call) is not None
    values = [operand_value(one) for one in given]
    value, plan, given = compute(known, given, values, {}, not recorded)
    if value is not tensor._value:
        _check_kind(tensor, given[1:], value, call)
    shape = tensors.shape_of(tensor._value)
    if tensors.shape_of(value) != shape:
        grown = shape_text(tensors.shape_of(value))
        message = f"{call} would make {describe(tensor)} {grown}: in place the shape stays as it is"
        raise fault("shape-mismatch", message, help=[f"make a new tensor: use {name}() without the underscore"])
    node: Node | None = None
    edges = edges_of(given) if recorded and not known.passive else None
    if edges is not None:
        node = record(known, plan, _before(list(given), values), edges, values, value)
    elif known.passive and now == DEFAULT and (edge := edge_of(tensor)) is not None:  # its past no longer matters
        node = PutNode(known.label, (edge, None), Ellipsis, shape, tensors.kind_of(tensor._value))
    there = boundary_of(known, given, shape, plan) if node is None and known.leads and now == DEFAULT else None
    write(tensor, value, call)
    set_boundary(tensor, there)
    if node is not None:
        settle(tensor, node)
        if node.result is not None:  # it saved this memory, in its new version
            node.result = tensor._value
            node.counted = (counter_of(tensor), version_of(tensor))
    return tensor


def _check_kind(tensor: Core, others: Sequence[Any], value: Any, call: str) -> None:
    """Numbers with fractions do not go into a tensor of whole numbers."""
    kind = tensors.kind_of(tensor._value)
    if kind in FLOATING or tensors.kind_of(value) == kind:
        return
    whole = [
        type(one) in (int, bool) or (isinstance(one, Core) and tensors.kind_of(one._value) not in FLOATING) for one in others
    ]
    if not all(whole) or call.startswith("div"):
        message = f"{call} would put floating-point numbers into {describe(tensor)}, which holds {kind}"
        raise fault("kind-in-place", message, help=["make a new tensor, or x.double() first"])


def _before(given: list[Any], values: list[Any]) -> list[Any]:
    """The operands as a node may save them: what is about to be overwritten by a copy of its memory."""
    first = given[0]
    kept = []
    for k, one in enumerate(given):
        if isinstance(one, Core) and (one is first or tensors.shares(one._value, first._value)):
            edge = edge_of(one)
            copied = new(tensors.copy(one._value))
            copied._made_in_inference, copied.name, copied._boundary = one._made_in_inference, one.name, one._boundary
            copied._node = edge if isinstance(edge, Node) else None
            if tensors.kind_of(copied._value) == tensors.kind_of(values[k]):
                values[k] = copied._value
            one = copied
        kept.append(one)
    return kept


def put(tensor: Any, key: Any, value: Any, label: str, call: str) -> Any:
    """``tensor[key] = value``."""
    if not tensors.is_array(tensor._value) and not is_whole(key):
        raise fault("bad-index", f"{describe(tensor)} has no elements to write to", help=["use fill_(value)"])
    key = canonical_key(tensor, key)
    shape, written = tensors.shape_of(taken(tensor, key)), operand_value(value)
    own = tensors.shape_of(written)
    if len(own) > len(shape) and size(own[: len(own) - len(shape)]) == 1:  # axes of length 1 in front do not count
        value = apply("reshape", (value,), shape=own[len(own) - len(shape) :])
        written = value._value
    edges = _edges(tensor, [tensor, value], call)
    try:
        shape_written([shape, tensors.shape_of(written)], {"key": ()})
    except ShapeError as misfit:
        raise shapes_do_not_fit(call, misfit) from None
    node = None
    if edges is not None:
        node = PutNode(label, edges, key, tensors.shape_of(written), tensors.kind_of(written))
    if not tensors.is_array(tensor._value):
        written = tensors.plain(tensors.array_of(written).reshape(()))
    elif tensors.shares(written, tensor._value):
        written = tensors.copy(written)
    write(tensor, written, call, key)
    if node is not None:
        settle(tensor, node)
    if marked((tensor, value)):
        marks = tensor._boundary is not None and tensor._boundary
        there = tensors.array_of(arrays.full(tensors.shape_of(tensor._value), marks)).copy()
        there[key] = value._boundary if marked((value,)) else False
        set_boundary(tensor, there)
    return tensor


def _edges(tensor: Core, given: Sequence[Any], call: str) -> tuple[Edge, ...] | None:
    """Where the adjoints of the operands of a change go; None if it is not recorded. Raises where it may not be made."""
    now = mode.get()
    if tensor._made_in_inference and now != INFERENCE:
        what = f"{describe(tensor)} in place, which was made in inference mode: no versions are counted for it"
        help = ["change its clone(), or do it under inference_mode()"]
        raise fault("inference-tensor", f"{call} would change {what}", help=help)
    if now != DEFAULT:
        return None
    edges = edges_of(given)
    own = tensor._flag and tensor._node is None
    base = tensor._base
    if own or (base is not None and base._flag and base._node is None):
        what = describe(tensor) if own else f"{describe(tensor)}, a view of {describe(base)},"  # type: ignore[arg-type]
        leaf = "a leaf that requires a gradient" if own else "and that is a leaf that requires a gradient"
        raise fault(
            "leaf-in-place",
            f"{call} would change {what} in place, {leaf}: the gradient would no longer be by what it was",
            help=["update it under no_grad(): with no_grad(): w -= 0.1 * w.grad", "or make a new tensor from it: y = w + 1"],
        )
    if base is not None and tensor._made_without_grad and (edges is not None or edge_of(base) is not None):
        what = f"{describe(tensor)} in place, a view that was made where nothing is recorded, and record it"
        help = ["make the view outside of no_grad(), or change it inside"]
        raise fault("view-in-place", f"{call} would change {what}", help=help)
    return edges


def write(tensor: Core, value: Any, call: str, key: Any = ...) -> None:
    """New numbers in a tensor's memory, and one more version."""
    before = tensor._value
    if not tensors.is_array(before):
        set_value(tensor, tensors.as_kind(value, tensors.kind_of(before)))
    elif value is before:
        pass  # it has been computed there
    elif before.flags.writeable:
        before[key] = tensors.as_kind(value, before.dtype)
    else:
        message = f"{call} would write to {describe(tensor)}, whose elements share a place in memory, or cannot be written"
        raise fault("shared-elements", message, help=["change its clone()"])
    if not tensor._made_in_inference:
        counter = counter_of(tensor)
        counter.count += 1
        counter.by = call


def settle(tensor: Core, node: Node) -> None:
    """Give a changed tensor its new place in the graph: as what the node made, or as a view of what that has changed."""
    base = tensor._base
    if base is None:
        tensor._node = node
        if tensor._keeps:
            keep_gradient(tensor, node)
        return
    base_node = WrittenNode(base._node or (base if base._flag else None), tensor.view_node(None), node)
    base._node = base_node
    if base._keeps:
        keep_gradient(base, base_node)
    tensor._seen = -1  # its place is found when it is asked for
    edge_of(tensor)
