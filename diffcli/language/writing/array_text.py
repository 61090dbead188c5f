"""Arrays as text: ``[[1, 2], [3, 4]]`` as the language reads it; a large one by a few figures.

NumPy is never imported here: an array brings its own methods.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from diffcli._named import NamedTuple
from diffcli.language.writing.printer import Digits, figure_text
from diffcli.records import is_large


class Figures(NamedTuple):
    """The figures of a large array: its Euclidean norm, its least and its greatest element."""

    norm: float
    least: float
    greatest: float


def figures(array: Any) -> Figures:
    """The norm is scaled, so that it overflows only if it is itself beyond the range of a float."""
    least, greatest = float(array.min()), float(array.max())
    largest = max(abs(least), abs(greatest)) if least == least else math.nan
    if largest in (0.0, math.inf) or largest != largest:
        return Figures(largest, least, greatest)
    scaled = (array / largest).ravel()
    return Figures(largest * math.sqrt(float(scaled.dot(scaled))), least + 0.0, greatest + 0.0)


def shape_text(shape: tuple[int, ...]) -> str:
    """``2 × 3``; nothing for a number."""
    return " × ".join(map(str, shape))


def array_text(array: Any, digits: Digits = None) -> str:
    """Every element on one line, as the language reads it.

    >>> from diffcli.operations.arithmetic.array_files import to_array
    >>> array_text(to_array([1, 2.5, -0.0, 1e20], (2, 2)))
    '[[1, 2.5], [0, 1e+20]]'
    """
    return joined([figure_text(number, digits) for number in array.ravel().tolist()], array.shape)


def joined(texts: list[str], shape: tuple[int, ...], cut: Sequence[bool] = ()) -> str:
    """The texts of elements, in nested brackets; the middle of an axis that is ``cut`` shows dots.

    >>> joined([], (2, 0)), joined(["1", "2"], (1, 2)), joined(["1", "9"], (2,), cut=[True])
    ('[[], []]', '[[1, 2]]', '[1, ..., 9]')
    """
    for axis in reversed(range(len(shape))):
        length = shape[axis]
        groups = [texts[place * length : (place + 1) * length] for place in range(math.prod(shape[:axis]))]
        if cut and cut[axis]:
            groups = [[*group[: length // 2], "...", *group[length // 2 :]] for group in groups]
        texts = [f"[{', '.join(group)}]" for group in groups]
    return texts[0]


def summary_text(array: Any, digits: Digits = 6) -> str:
    """A large array in words: ``norm 22.6274, from -3.1 to 3``."""
    norm, least, greatest = (figure_text(figure, digits) for figure in figures(array))
    return f"norm {norm}, from {least} to {greatest}"


def corner_text(array: Any, digits: Digits = 6) -> str:
    """The ends of each axis, with dots for what is between them.

    >>> from diffcli.operations.arithmetic.array_files import to_array
    >>> corner_text(to_array(range(1, 101), (10, 10))), corner_text(to_array(range(10), (10,)))
    ('[[1, ..., 10], ..., [91, ..., 100]]', '[0, 1, 2, ..., 7, 8, 9]')
    """
    ends = 3 if array.ndim == 1 else 1
    cut = [length > 2 * ends + 1 for length in array.shape]
    for axis, length in enumerate(array.shape):
        if cut[axis]:
            array = array.take([*range(ends), *range(length - ends, length)], axis=axis)
    texts = [figure_text(number, digits) for number in array.ravel().tolist()]
    return joined(texts, array.shape, cut)


def value_text(name: str, value: Any, digits: Digits = None) -> str:
    """A named value in a sentence: ``x = 2``, ``x = [1, 2, 3]``, ``W (512 × 512): norm 22.6274, from -3.1 to 3``."""
    if not getattr(value, "shape", ()):
        return f"{name} = {figure_text(float(value), digits)}"
    if is_large(value):
        return f"{name} ({shape_text(value.shape)}): {summary_text(value)}"
    return f"{name} = {array_text(value, digits)}"


def short_text(array: Any) -> str:
    """An array in passing: whole if it is small, else by its shape."""
    return f"an array of {shape_text(array.shape)}" if is_large(array) else array_text(array)


def direction_text(direction: Mapping[str, Any], digits: Digits = None) -> str:
    """A direction in words: ``x=1, w=[0, 1]``; a large array by its shape and norm.

    >>> direction_text({"x": 1.0, "y": 0.5})
    'x=1, y=0.5'
    """
    return ", ".join(_component(name, value, digits) for name, value in direction.items())


def _component(name: str, value: Any, digits: Digits) -> str:
    if not getattr(value, "shape", ()):
        return f"{name}={figure_text(float(value), digits)}"
    if is_large(value):
        return f"{name} ({shape_text(value.shape)}, norm {figure_text(figures(value).norm, digits or 6)})"
    return f"{name}={array_text(value, digits)}"
