"""Indexing a traced array, as NumPy does it: whole numbers, slices, ``...``, None, arrays of places, masks."""

from __future__ import annotations

from typing import Any

from diffcli.operations.arithmetic.index_arrays import as_index_arrays, together
from diffcli.tape.recording.array_operations import apply_array
from diffcli.tape.recording.traced import TracedValue, is_array
from diffcli.tape.recording.untraceable import refuse

_PLAIN = "an index is a whole number, a slice, or an array of whole numbers or of yes and no"


def index(array: Any, key: Any) -> Any:
    """``array[key]``."""
    parts = list(key) if isinstance(key, tuple) else [key]
    parts = [_plain(array, part) for part in parts]
    parts = _written_out(array, parts)
    new_axes = [place for place, part in enumerate(part for part in parts if not isinstance(part, int)) if part is None]
    parts = [part for part in parts if part is not None]
    result = _places(array, parts) if any(isinstance(part, tuple) for part in parts) else _basic(array, parts)
    if not new_axes:
        return result
    shape = list(getattr(result, "shape", ()))
    for place in new_axes:
        shape.insert(place, 1)
    return apply_array(array._recorder, "reshape", (result,), shape=tuple(shape))


def _plain(array: Any, part: Any) -> Any:
    """One part of a key: a number, a slice of numbers, None, ..., or nested tuples of places."""
    if part is None or part is Ellipsis:
        return part
    if isinstance(part, slice):
        return slice(*[None if bound is None else _whole(array, bound) for bound in (part.start, part.stop, part.step)])
    if isinstance(part, TracedValue) and is_array(part):
        help = "choose with np.where(mask, x, 0), or index with a plain array of places"
        refuse(array._recorder, "indexing with a traced array decides by its values, and has no derivative", help)
    if isinstance(part, list | tuple) or (not isinstance(part, TracedValue) and hasattr(part, "nonzero")):
        places = as_index_arrays(part)
        if places is None:
            refuse(array._recorder, _PLAIN)
        return places
    return _whole(array, part)


def _whole(array: Any, number: Any) -> int:
    try:
        return int(number.__index__())
    except (AttributeError, TypeError):
        refuse(array._recorder, f"{_PLAIN}, not a `{type(number).__name__}`")


def _written_out(array: Any, parts: list[Any]) -> list[Any]:
    """The parts with masks as places, and ``...`` as the slices that it stands for."""
    spread: list[Any] = []
    for part in parts:
        spread += part if isinstance(part, list) else [part]
    taken = sum(part is not None and part is not Ellipsis for part in spread)
    result: list[Any] = []
    for part in spread:
        result += [slice(None)] * (array.ndim - taken) if part is Ellipsis else [part]
    return result


def _basic(array: Any, parts: list[Any]) -> Any:
    if all(part == slice(None) for part in parts):
        return array
    return apply_array(array._recorder, "index", (array,), key=tuple(parts))


def _places(array: Any, parts: list[Any]) -> Any:
    """A key with arrays of places: those axes are brought to the front, where the table looks them up, and back."""
    recorder = array._recorder
    looked_up = [k for k, part in enumerate(parts) if isinstance(part, tuple)]
    basic = [slice(None) if isinstance(part, tuple) else part for part in parts]
    if len(looked_up) > 1 and any(part != slice(None) for part in basic):
        message = "several arrays of places with numbers or slices between them are not recorded"
        refuse(recorder, message, "index in two steps: x[i][:, j]")
    rest = _basic(array, basic)
    moved = [k - sum(isinstance(part, int) for part in parts[:k]) for k in looked_up]
    others = [axis for axis in range(rest.ndim) if axis not in moved]
    front = [*moved, *others]
    if front != sorted(front):
        rest = rest.transpose(front)
    key = tuple(together([part for part in parts if isinstance(part, tuple)]))
    found = apply_array(recorder, "index", (rest,), key=key)
    new = getattr(found, "ndim", 0) - len(others)
    if front == sorted(front) or len(moved) > 1:
        return found
    back = [*range(new, new + moved[0]), *range(new), *range(new + moved[0], found.ndim)]
    return found.transpose(back)
