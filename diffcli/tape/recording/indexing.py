"""Indexing a traced array, and writing into it, as NumPy does both.

A key is of whole numbers, slices, ``...``, None, arrays of places and masks. On the tape it has numbers, slices and places:
what None asks for is an axis that the array gets before it is indexed, and a mask is the places at which it holds.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from diffcli.operations.arithmetic.index_arrays import as_index_arrays, last_writes, misfit
from diffcli.operations.array_row import ShapeError
from diffcli.operations.array_shapes import indexed
from diffcli.tape.recording.array_operations import apply_array, as_traced, shape_of
from diffcli.tape.recording.traced import TracedValue, Truth, is_array
from diffcli.tape.recording.untraceable import Refusal, refuse

Key = tuple[Any, ...]

_PLAIN = "an index is a whole number, a slice, or an array of whole numbers or of yes and no"
_ALL = slice(None)


def index(array: Any, key: Any) -> Any:
    """``array[key]``."""
    array, parts = _resolved(array, key)
    return array if is_everything(parts) else apply_array(array._recorder, "index", (array,), key=parts)


def assign(array: Any, key: Any, value: Any) -> None:
    """``array[key] = value``, in place: whatever shows these elements shows the new ones."""
    array, parts = _resolved(array, key)
    if not array._shows(value, parts):  # after x[1:] += 1, which has been written
        array._become(_written(array, parts, value))


def _written(array: Any, parts: Key, value: Any) -> Any:
    """The array with a value in place of the elements at a key; of those that are named twice the last one stays."""
    recorder, whole = array._recorder, array.shape
    given = shape_of(value := as_traced(recorder, value))
    if given[:1] == (1,):
        with suppress(ShapeError):  # which is refused below
            ahead = len(given) - len(indexed([whole], {"key": parts}))
            if ahead > 0 and set(given[:ahead]) == {1}:  # NumPy leaves such axes out
                value = apply_array(recorder, "reshape", (value,), shape=given[ahead:])
    if is_everything(parts):
        return apply_array(recorder, "broadcast", (value,), shape=whole)
    found = last_writes(whole, parts)
    if found is None:
        return apply_array(recorder, "put", (array, value), key=parts)
    kept, places = found
    each = apply_array(recorder, "broadcast", (value,), shape=indexed([whole], {"key": parts})).reshape(-1)
    return apply_array(recorder, "put", (array.reshape(-1), index(each, kept)), key=(places,)).reshape(whole)


def is_everything(parts: Key) -> bool:
    return all(part == _ALL for part in parts)


def _resolved(array: Any, key: Any) -> tuple[Any, Key]:
    """An array with the axes that a key adds to it, and the key as it stands on the tape."""
    if type(key) is int:
        return array, (key,)
    given = key if isinstance(key, tuple) else (key,)
    parts = [part for one in given for part in _plain(array, one)]
    taken = sum(part is not None and part is not Ellipsis for part in parts)
    spread: list[Any] = []
    for part in parts:
        spread += [_ALL] * (array.ndim - taken) if part is Ellipsis else [part]
    if parts.count(Ellipsis) > 1 or any(isinstance(part, tuple) for part in parts):
        fault = misfit(array.shape, given)
        if fault:
            refuse(array._recorder, fault, code="bad-index")
        beside = [part is Ellipsis or isinstance(part, tuple | int) for part in parts]
        if taken == array.ndim and Ellipsis in parts[1:-1] and all(beside[(k := parts.index(Ellipsis)) - 1 : k + 2]):
            help = "without it the places keep their own place; with it NumPy puts them in front: x.transpose(...)"
            refuse(array._recorder, "`...` between arrays of places that stands for no axis is not recorded", help)
    if None in spread and taken <= array.ndim:
        lengths = iter(array.shape)
        array = array.reshape([*[1 if part is None else next(lengths) for part in spread], *lengths])
    return array, tuple([_ALL if part is None else part for part in spread])


def _plain(array: Any, part: Any) -> list[Any]:
    """One part of a key: a number, a slice of numbers, None, ..., or nested tuples of places, one for each axis of a mask."""
    if part is None or part is Ellipsis:
        return [part]
    if isinstance(part, slice):
        return [slice(*[None if bound is None else _whole(array, bound) for bound in (part.start, part.stop, part.step)])]
    if isinstance(part, TracedValue) and (is_array(part) or isinstance(part, Truth)):
        help = "choose with np.where(mask, x, 0), or index with a plain array of places"
        refuse(array._recorder, "indexing with a traced array decides by its values, and has no derivative", help)
    if isinstance(part, list | tuple | bool) or (not isinstance(part, TracedValue) and hasattr(part, "nonzero")):
        places = as_index_arrays(part)
        if places is None:
            refuse(array._recorder, _PLAIN)
        return places if isinstance(places, list) else [places]
    return [_whole(array, part)]


def _whole(array: Any, number: Any) -> int:
    try:
        return int(number.__index__())
    except Refusal:
        raise
    except (AttributeError, TypeError):
        refuse(array._recorder, f"{_PLAIN}, not a `{type(number).__name__}`")
