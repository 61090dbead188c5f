"""How arrays are shown: in a cell, over several lines, element by element, in LaTeX, in JSON.

A small array is shown whole, everywhere and with all the digits that a number there would have. A large one is shown by
its norm and range where people read, and goes whole to whoever computes with it.
"""

from __future__ import annotations

from typing import Any

from diffcli.language.writing.array_text import array_text, figures, joined, summary_text
from diffcli.language.writing.printer import Digits, figure_text, latex_figure
from diffcli.records import is_large

MOST_IN_CELL = 12
"""The elements of the largest array that a cell of a table shows whole, if it is not wide."""

WIDEST_CELL = 44

MOST_IN_DATA = 1000
"""The elements of the largest array that a trace gives whole in JSON."""

MOST_COLUMNS = 10
"""As many columns as amsmath's matrices have."""


def cell_text(array: Any, digits: Digits, widest: int = WIDEST_CELL) -> str:
    """An array in a cell: ``[1, 2, 3]``, or ``norm 22.6274``. With all digits, larger ones are shown.

    >>> from diffcli.operations.arithmetic.array_files import to_array
    >>> cell_text(to_array([1, 2, 3], (3,)), 6), cell_text(to_array([1] * 16, (4, 4)), 6)
    ('[1, 2, 3]', 'norm 4')
    """
    if digits is None:
        return summary_text(array, None) if is_large(array) else array_text(array)
    if array.size <= MOST_IN_CELL:
        text = array_text(array, digits)
        if len(text) <= widest:
            return text
    return f"norm {figure_text(figures(array).norm, digits)}"


def array_lines(array: Any, digits: Digits, width: int) -> list[str]:
    """An array over lines no wider than ``width``, if its numbers allow: a row a line, columns under each other.

    >>> from diffcli.operations.arithmetic.array_files import to_array
    >>> print("\\n".join(array_lines(to_array([1, 2.5, 10, -3], (2, 2)), None, 40)))
    [[ 1, 2.5],
     [10,  -3]]
    """
    texts = [figure_text(number, digits) for number in array.ravel().tolist()]
    whole = joined(texts, array.shape)
    if not texts or (array.ndim == 1 and len(whole) <= width):
        return [whole]
    length = array.shape[-1]
    rows = [texts[start : start + length] for start in range(0, len(texts), length)]
    if array.ndim > 1:
        widths = [max(len(row[column]) for row in rows) for column in range(length)]
    else:
        widths = [0] * length  # a vector over several lines has no columns
    lines: list[str] = []
    for place, row in enumerate(rows):
        opened, closed = _brackets(place, len(rows), array.shape)
        depth = array.ndim
        begin = " " * (depth - opened) + "[" * opened
        end = "]" * closed + ("," if place < len(rows) - 1 else "")
        parts = [text.rjust(width_) for text, width_ in zip(row, widths, strict=True)]
        lines += _filled(begin, parts, end, " " * depth, width)
    return lines


def _brackets(row: int, rows: int, shape: tuple[int, ...]) -> tuple[int, int]:
    """How many brackets open before a row, and close after it."""
    opened = closed = 1
    size = 1
    for length in reversed(shape[:-1]):
        size *= length
        opened += row % size == 0
        closed += (row + 1) % size == 0
    return opened, closed


def _filled(begin: str, parts: list[str], end: str, indent: str, width: int) -> list[str]:
    """Parts with commas between them, broken into lines between parts only."""
    lines = []
    line = begin
    for place, part in enumerate(parts):
        mark = end if place == len(parts) - 1 else ","
        blank = "" if line in (begin, indent) else " "
        if blank and len(line) + 1 + len(part) + len(mark) > width:
            lines.append(line)
            line, blank = indent, ""
        line += blank + part + mark
    return [*lines, line]


def latex_array(array: Any, digits: Digits = None) -> str:
    r"""An array as a formula: a vector as a row, a matrix as a matrix; a large one, and one with more axes, in words.

    >>> from diffcli.operations.arithmetic.array_files import to_array
    >>> latex_array(to_array([1, 2.5], (2,)))
    '\\begin{bmatrix} 1 & 2.5 \\end{bmatrix}'
    """
    if not array.size:
        return r"\begin{bmatrix} \end{bmatrix}"
    if is_large(array) or array.ndim > 2:
        norm, least, greatest = (latex_figure(figure_text(figure, digits or 6)) for figure in figures(array))
        return rf"\text{{norm }} {norm} \text{{, from }} {least} \text{{ to }} {greatest}"
    texts = [latex_figure(figure_text(number, digits)) for number in array.ravel().tolist()]
    length = array.shape[-1]
    return latex_matrix([texts[start : start + length] for start in range(0, len(texts), length)], "b", " ")


def latex_matrix(rows: list[list[str]], kind: str = "p", between: str = "\n") -> str:
    """A matrix of formulas in brackets (``b``) or parentheses (``p``), with a blank or a new line ``between`` its rows."""
    width = len(rows[0]) if rows else 0
    body = between + f" \\\\{between}".join(" & ".join(row) for row in rows) + between
    if width <= MOST_COLUMNS:
        return rf"\begin{{{kind}matrix}}{body}\end{{{kind}matrix}}"
    opening, closing = "[]" if kind == "b" else "()"
    return rf"\left{opening}\begin{{array}}{{{'r' * width}}}{body}\end{{array}}\right{closing}"


def summary_data(value: Any) -> Any:
    """A value of a trace for JSON; a large array as its shape and figures."""
    if getattr(value, "size", 1) <= MOST_IN_DATA:
        return value
    norm, least, greatest = figures(value)
    return {"shape": list(value.shape), "norm": norm, "min": least, "max": greatest}
