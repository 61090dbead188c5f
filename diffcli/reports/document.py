"""What a report is made of, before it has a format.

A *document* is a list of blocks: values (the result), tables, texts. Cells are numbers or texts; how many digits a
number shows is the format's business. A document also carries its data, the object that JSON prints.
"""

# Without `from __future__ import annotations`: the annotations of a NamedTuple would be texts, to be compiled at each start.

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from diffcli.language.writing.printer import number_text
from diffcli.records import Number, is_array

if TYPE_CHECKING:
    from diffcli.reports.figure import Drawing, Figure

Cell = str | float | int | Any | None
"""A text, a number, an array of numbers, or nothing."""


class Column(NamedTuple):
    """A column of a table. ``math`` cells are formulas in the notation that the report was asked for."""

    title: str
    numeric: bool = False
    math: bool = False
    full: bool = False
    """Whether numbers show all their digits even in a table for people."""


class Table(NamedTuple):
    """A titled table. ``hidden_after`` and ``hidden`` say where rows are left out, and how many."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    hidden_after: int = 0
    hidden: int = 0


class Value(NamedTuple):
    """One named number of the result, or array, with a remark; ``label`` is for people, ``name`` for machines."""

    name: str
    label: str
    number: Number
    remark: str = ""


class Values(NamedTuple):
    """The result itself."""

    values: tuple[Value, ...]

    def numbers(self) -> Iterator[tuple[str, float]]:
        """Every number with its name for machines: those of an array one after the other."""
        for value in self.values:
            if is_array(value.number):
                from diffcli.reports.arrays import elements  # few reports have one

                yield from elements(value.name, value.number)
            else:
                yield value.name, value.number


MOST_SHOWN = (20, 12)
"""The rows and columns of a matrix that are shown to people, unless they ask for all."""


class Matrix(NamedTuple):
    """A matrix with names for its rows and columns, and perhaps a number beside each row, such as the value of a result.

    Names for machines are made by ``form`` from the names of row and column, those beside rows by ``beside_form``.
    """

    symbol: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    entries: tuple[tuple[float, ...], ...]
    form: str
    beside: tuple[float, ...] = ()
    beside_form: str = "{}"
    row_label: str = "{}"
    column_label: str = "{}"
    beside_label: str = "value"

    def numbers(self) -> Iterator[tuple[str, float]]:
        """Every number with its name for machines."""
        for name, value in zip(self.rows, self.beside, strict=False):
            yield self.beside_form.format(name), value
        for name, row in zip(self.rows, self.entries, strict=True):
            for column, entry in zip(self.columns, row, strict=True):
                yield self.form.format(name, column), entry

    def hidden_text(self) -> str:
        """What is left out where people read; nothing, if all is shown."""
        count = len(self.rows), len(self.columns)
        if count[0] <= MOST_SHOWN[0] and count[1] <= MOST_SHOWN[1]:
            return ""
        shown = [f"{most} {noun}s" for most, all, noun in zip(MOST_SHOWN, count, ("row", "column"), strict=True) if all > most]
        return f"the first {' and '.join(shown)} of {count[0]} × {count[1]}; --full shows all, and --json holds all"

    def as_table(self, full: bool, names: bool = False) -> Table:
        """The matrix as a table, of its first rows and columns unless it is to be ``full``; labels are names for a machine."""
        most = (len(self.rows), len(self.columns)) if full else MOST_SHOWN
        label, head = ("{}", "{}") if names else (self.row_label, self.column_label)
        columns = [Column(""), *[Column(head.format(name), numeric=True, full=True) for name in self.columns[: most[1]]]]
        if self.beside:
            columns.insert(1, Column(self.beside_label, numeric=True, full=True))
        rows = [
            (label.format(name), *self.beside[place : place + 1], *self.entries[place][: most[1]])
            for place, name in enumerate(self.rows[: most[0]])
        ]
        return Table("", tuple(columns), tuple(rows))


class Text(NamedTuple):
    """A paragraph: a ``heading``, plain ``text``, ``code`` (kept as it is), ``dim`` small print, or an ``erratum``."""

    text: str
    role: str = "text"


Block: TypeAlias = "Values | Matrix | Table | Text | Figure"
"""A part of a document. The record of a figure is not loaded here: few reports have one."""


class Document(NamedTuple):
    blocks: tuple[Block, ...]
    data: Mapping[str, Any]
    drawing: "Drawing | None" = None
    """What the formats of pictures draw in place of figures."""

    def numbers(self) -> Iterator[tuple[str, float]]:
        """Every number of the result, with its name."""
        for block in self.blocks:
            if isinstance(block, Values | Matrix):
                yield from block.numbers()

    def results_first(self) -> list[Block]:
        """The blocks as a script wants them: what it came for stands first."""
        return sorted(self.blocks, key=lambda block: not isinstance(block, Values | Matrix))


def number(value: float | int | None, digits: int | None = None) -> str:
    """A number as text: the shortest that reads back as itself, or rounded to significant digits.

    >>> number(11.652071455223084), number(11.652071455223084, 6), number(10.0), number(-0.0), number(1e-20, 3)
    ('11.652071455223084', '11.6521', '10', '0', '1e-20')
    """
    if value is None:
        return ""
    value = float(value) + 0.0  # 0 without a sign
    return number_text(value) if digits is None else f"{value:.{digits}g}"


def cells(table: Table, digits: int | None, absent: str, widest: int = 44) -> list[list[str]]:
    """The cells of a table as texts; an array that would be wider than ``widest`` by its norm."""
    return [
        [
            (absent if column.numeric else "") if cell is None
            else cell if isinstance(cell, str)
            else _array_cell(cell, None if column.full else digits, widest) if is_array(cell)
            else number(cell, None if column.full else digits)
            for column, cell in zip(table.columns, row, strict=True)
        ]
        for row in table.rows
    ]  # fmt: skip


def _array_cell(array: Any, digits: int | None, widest: int) -> str:
    from diffcli.reports.arrays import cell_text  # few reports have one

    return cell_text(array, digits, widest)


def hidden_text(table: Table) -> str:
    return f"... {table.hidden} rows are not shown; --full shows all"


def machine(value: Any) -> Any:
    """A value for JSON: non-finite numbers as the texts ``nan``, ``inf`` and ``-inf``; 0 without a sign.

    Arrays, and numbers of NumPy, become lists and numbers by their own ``tolist``.
    """
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return repr(value)
        return value + 0.0
    if isinstance(value, Mapping):
        return {key: machine(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [machine(item) for item in value]
    if is_array(value) and abs(value).max() < float("inf"):
        return (value + 0.0).tolist()
    if hasattr(value, "tolist"):
        return machine(value.tolist())
    raise TypeError(f"{type(value).__name__} has no form in JSON")
