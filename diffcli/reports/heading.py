"""The heading of a report: what is differentiated, where, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diffcli.language.writing.printer import shorten
from diffcli.records import Number, is_array
from diffcli.reports.document import Block, Text, number

LONGEST = 400
"""A longer expression is shown with its middle left out."""


LONGEST_ARRAY = 100
"""An array that is longer as text stands below the heading."""


def heading(expression: str, at: Mapping[str, Number], how: str, name: str = "f", anywhere: bool = False) -> list[Block]:
    """``f(x) = x^2 at x = 3, reverse mode``; and a line below it for each large array of the point.

    What holds ``anywhere`` does not tell the point.

    >>> heading("x^2", {"x": 3.0}, "reverse mode")
    [Text(text='f(x) = x^2 at x = 3, reverse mode', role='heading')]
    """
    names = ", ".join(at)
    head = f"{name}({shorten(names, LONGEST)})" if names else name
    sign = ":" if "; " in expression else " ="
    point = f" at {shorten(point_text(at), LONGEST)}" if at and not anywhere else ""
    text = f"{head}{sign} {shorten(expression, LONGEST)}{point}"
    return [Text(f"{text}, {how}" if how else text, "heading"), *([] if anywhere else large_arrays(at))]


def point_text(at: Mapping[str, Number]) -> str:
    """The values of a point on one line; large arrays by their shapes.

    >>> point_text({"x": 1 / 3, "y": 2.0})
    'x = 0.3333333333333333, y = 2'
    """
    return ", ".join(_named(name, value) for name, value in at.items())


def _named(name: str, value: Any) -> str:
    if not is_array(value):
        return f"{name} = {number(value)}"
    from diffcli.language.writing.array_text import array_text, shape_text  # few points have one

    return f"{name} ({shape_text(value.shape)})" if _has_no_room(value) else f"{name} = {array_text(value)}"


def _has_no_room(array: Any) -> bool:
    from diffcli.language.writing.array_text import array_text, is_large

    return is_large(array) or len(array_text(array)) > LONGEST_ARRAY


def large_arrays(at: Mapping[str, Number]) -> list[Text]:
    """A line for each array that has no room in the heading: whole, or by its shape, norm, range and corners."""
    arrays = {name: value for name, value in at.items() if is_array(value)}
    if not arrays:
        return []
    from diffcli.language.writing.array_text import corner_text, is_large, value_text

    below = [(array, value_text(name, array)) for name, array in arrays.items() if _has_no_room(array)]
    return [Text(f"{text}, {corner_text(array)}" if is_large(array) else text, "dim") for array, text in below]
