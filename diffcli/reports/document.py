"""From results to the texts and data of a document: numbers, the cells of tables, points, headings, objects for JSON.

What the keys of these are stands in ``schemas/``, which `diffcli schema` prints.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from diffcli.errors import Diagnostic, Span, as_written
from diffcli.language.writing.printer import Digits, figure_text, shorten
from diffcli.records import Number, is_array, is_finite, is_large
from diffcli.records.blocks import Block, Table, Text, Value

if TYPE_CHECKING:
    from diffcli.reports.formats import Style

LONGEST = 400
"""A longer expression is shown with its middle left out."""

LONGEST_ARRAY = 100
"""An array that is longer as text stands below the heading."""


def heading(expression: str, at: Mapping[str, Number], how: str, digits: Digits = None, anywhere: bool = False) -> list[Block]:
    """``f(x) = x^2 at x = 3, reverse mode``; and a line below it for each large array of the point.

    What holds ``anywhere`` does not show the point.

    >>> heading("x^2", {"x": 3.0}, "reverse mode")
    [Text(text='f(x) = x^2 at x = 3, reverse mode', role='heading')]
    """
    head = f"f({shorten(', '.join(at), LONGEST)})" if at else "f"
    sign = ":" if "; " in expression else " ="
    point = f" at {shorten(point_text(at, digits), LONGEST)}" if at and not anywhere else ""
    text = f"{head}{sign} {shorten(expression, LONGEST)}{point}"
    return [Text(f"{text}, {how}" if how else text, "heading"), *([] if anywhere else large_arrays(at, digits))]


def point_text(at: Mapping[str, Number], digits: Digits = None) -> str:
    """The values of a point on one line; large arrays by their shapes.

    >>> point_text({"x": 1 / 3, "y": 2.0})
    'x = 0.3333333333333333, y = 2'
    """
    return ", ".join(_named(name, value, digits) for name, value in at.items())


def _named(name: str, value: Any, digits: Digits) -> str:
    if not is_array(value):
        return f"{name} = {number(value, digits)}"
    from diffcli.language.writing.array_text import array_text, shape_text  # few points have one

    return f"{name} ({shape_text(value.shape)})" if _has_no_room(value, digits) else f"{name} = {array_text(value, digits)}"


def _has_no_room(array: Any, digits: Digits) -> bool:
    from diffcli.language.writing.array_text import array_text

    return is_large(array) or len(array_text(array, digits)) > LONGEST_ARRAY


def large_arrays(at: Mapping[str, Number], digits: Digits = None) -> list[Text]:
    """A line for each array that has no room in the heading: whole, or by its shape, norm, range and corners."""
    arrays = {name: value for name, value in at.items() if is_array(value)}
    if not arrays:
        return []
    from diffcli.language.writing.array_text import corner_text, value_text

    below = [(array, value_text(name, array, digits)) for name, array in arrays.items() if _has_no_room(array, digits)]
    return [Text(f"{text}, {corner_text(array, digits or 6)}" if is_large(array) else text, "dim") for array, text in below]


def partial(of: str, by: str, value: Number, sign: str, remark: str = "") -> Value:
    """The derivative of a result by a variable, as a value of the document.

    >>> partial("f", "x", 2.0, "∂")[:3]
    ('df/dx', '∂f/∂x', 2.0)
    """
    return Value(f"d{of}/d{by}", f"{sign}{of}/{sign}{by}", value, remark, of, by)


def number(value: Number | None, digits: Digits = None, widest: int = 44) -> str:
    """A number as text: as `figure_text` has it; an array as in a cell.

    >>> number(11.652071455223084), number(11.652071455223084, 6), number(10.0), number(-0.0), number(1e-20, 3)
    ('11.652071455223084', '11.6521', '10', '0', '1e-20')
    """
    if value is None:
        return ""
    if is_array(value):
        from diffcli.reports.arrays import cell_text  # few reports have one

        return cell_text(value, digits, widest)
    return figure_text(value, digits)


def cells(table: Table, style: Style, absent: str = "", widest: int = 44) -> list[list[str]]:
    """The cells of a table as texts; an array that would be wider than ``widest`` by its norm."""
    digits = [style.exact if column.full else style.rounded(column.size) for column in table.columns]
    return [
        [
            (absent if column.numeric else "") if cell is None
            else cell if isinstance(cell, str)
            else number(cell, shown, widest)
            for column, cell, shown in zip(table.columns, row, digits, strict=True)
        ]
        for row in table.rows
    ]  # fmt: skip


def hidden_text(table: Table) -> str:
    return f"... {table.hidden} rows are not shown; --full shows all"


def machine(value: Any) -> Any:
    """A value for JSON: non-finite numbers as the texts ``nan``, ``inf`` and ``-inf``; 0 without a sign.

    Arrays, and numbers of NumPy, become lists and numbers by their own ``tolist``; a record becomes an object with its
    fields, but for a `Span`, which is a list of its ends, and a `Diagnostic`, whose source is shown by its label.
    """
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return repr(value)
        return value + 0.0
    if isinstance(value, Mapping):
        return {key: machine(item) for key, item in value.items()}
    if hasattr(value, "_asdict") and not isinstance(value, Span):
        return machine(diagnostic_data(value) if isinstance(value, Diagnostic) else value._asdict())
    if isinstance(value, Sequence):
        return [machine(item) for item in value]
    if is_array(value) and is_finite(value):
        return (value + 0.0).tolist()
    if hasattr(value, "tolist"):
        return machine(value.tolist())
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def data_of(record: Any, fields: str, **instead: Any) -> dict[str, Any]:
    """Some fields of a record in the order that JSON has them; a value of ``instead`` stands for the field of its name.

    One whose name ends in a question mark is left out where it is empty.

    >>> data_of(Text("x", ""), "text role? size", size=[2])
    {'text': 'x', 'size': [2]}
    """
    data = {}
    for field in fields.split():
        name = field.rstrip("?")
        value = instead[name] if name in instead else getattr(record, name)
        if name == field or value:
            data[name] = value
    return data


def diagnostic_data(found: Diagnostic) -> dict[str, Any]:
    """A diagnostic for JSON. Spans are half-open ranges of code points of the expression."""
    found = as_written(found)
    data = data_of(found, "code severity message span source notes help", source=found.source.label if found.source else None)
    if found.slopes:
        data["left"] = {slope.variable: slope.left for slope in found.slopes}
        data["right"] = {slope.variable: slope.right for slope in found.slopes}
    return data
