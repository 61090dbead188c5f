"""Indexing of tensors, as NumPy does it: numbers, slices, ``...``, None, tensors and arrays of indices, masks.

Where the key is of numbers and slices the result is a view: it shows the tensor's memory.
"""

from __future__ import annotations

from operator import index as as_index
from operator import itemgetter
from typing import Any

from diffcli.autograd.graph.apply import share_memory
from diffcli.autograd.graph.core import Core, describe, made_by
from diffcli.autograd.graph.operands import set_boundary
from diffcli.autograd.graph.view_nodes import IndexNode
from diffcli.errors import fault
from diffcli.operations.arithmetic import tensors


def index(tensor: Any, key: Any) -> Any:
    """``tensor[key]``."""
    canonical = canonical_key(tensor, key)
    parts = canonical if isinstance(canonical, tuple) else (canonical,)
    basic = all(part is None or part is Ellipsis or isinstance(part, slice) or type(part) is int for part in parts)
    is_number = not tensors.is_array(tensor._value)
    whole = is_number and is_whole(canonical)
    if basic and is_number and not whole:
        tensor._memory()  # x[None] of a number is a view of it
    value = tensor._value if whole else taken(tensor, canonical)
    if basic and not tensors.is_array(value) and not is_number:  # NumPy gives a copy of one element; a view of it keeps its place
        canonical = (*canonical, Ellipsis) if isinstance(canonical, tuple) else (canonical, Ellipsis)
        value = tensors.array_of(tensor._value)[canonical]
    value = value if basic else tensors.plain(value)
    made = made_by(value, tensor, lambda edge: IndexNode(edge, tensor.shape, tensor.dtype, canonical))
    if basic:
        share_memory(made, tensor, tensor._value, itemgetter(canonical))
    if tensor._boundary is not None:
        set_boundary(made, tensors.array_of(tensor._boundary)[canonical])
    return made


def taken(tensor: Core, key: Any) -> Any:
    """The value at a key in NumPy's terms."""
    try:
        return tensors.array_of(tensor._value)[key]
    except IndexError as wrong:
        raise fault("bad-index", f"{describe(tensor)}: {wrong}") from None


def is_whole(key: Any) -> bool:
    """Whether a key is of all elements, as a number has it: ``...`` or none."""
    return key is Ellipsis or (isinstance(key, tuple) and not key)


def canonical_key(tensor: Core, key: Any) -> Any:
    """A key in NumPy's terms."""
    if type(key) is int:
        return key
    if isinstance(key, tuple):
        return tuple([_canonical(tensor, part) for part in key])
    return _canonical(tensor, key)


def _canonical(tensor: Core, part: Any) -> Any:
    if part is None or part is Ellipsis or type(part) is int:
        return part
    if isinstance(part, slice):
        return slice(*[bound if bound is None else _whole(tensor, bound) for bound in (part.start, part.stop, part.step)])
    try:
        if isinstance(part, Core):
            found = tensors.index_part(part._value)
        else:
            found = tensors.index_part(tensors.from_data(part))
        return int(found) if not tensors.is_array(found) and found.dtype != tensors.BOOL else found
    except (TypeError, ValueError, OverflowError):
        what = describe(part) if isinstance(part, Core) else f"a `{type(part).__name__}`"
        message = f"{describe(tensor)} is indexed with {what}: "
        message += "an index is a whole number, a slice, or a tensor of whole numbers or of yes and no"
        raise fault("bad-index", message) from None


def _whole(tensor: Core, bound: Any) -> int:
    """A bound of a slice."""
    try:
        return as_index(bound)
    except TypeError:
        message = f"{describe(tensor)} is indexed with a slice of {bound!r}: its bounds are whole numbers"
        raise fault("bad-index", message) from None
