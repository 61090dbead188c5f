"""What a report is made of, before it has a format: the blocks of a document.

A *document* is a list of blocks: values (the result), tables, texts, figures. Cells are numbers or texts; how many digits a
number shows is the format's business. A document also carries its data, the object that JSON prints.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from diffcli._named import NamedTuple
from diffcli.records import Number, element_names, is_array

if TYPE_CHECKING:
    from diffcli.records.figures import Drawing, Figure
    from diffcli.records.findings import Finding

Cell = str | float | int | Any | None
"""A text, a number, an array of numbers, or nothing."""


class Column(NamedTuple):
    """A column of a table. ``math`` cells are formulas in the notation that the report was asked for."""

    title: str
    numeric: bool = False
    math: bool = False
    full: bool = False
    """Whether numbers show all their digits even in a table for people, unless they ask for fewer."""
    size: bool = False
    """Whether numbers are sizes, such as errors: known by their magnitude, in significant digits at any --decimals."""


def texts(*titles: str) -> tuple[Column, ...]:
    """Columns of texts."""
    return tuple(map(Column, titles))


def numbers(*titles: str, full: bool = False, size: bool = False) -> tuple[Column, ...]:
    """Columns of numbers."""
    return tuple(Column(title, numeric=True, full=full, size=size) for title in titles)


class Table(NamedTuple):
    """A titled table. ``hidden_after`` and ``hidden`` say where rows are left out, and how many."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    hidden_after: int = 0
    hidden: int = 0
    varies: tuple[str, ...] = ()
    """The columns whose numbers are not the same from run to run: seconds, bytes."""
    digits: int | None = None
    """How many significant digits people are shown, if not as many as elsewhere; data have them all."""
    name: str = ""
    """What ``--table`` calls it, if not by its title."""


class Value(NamedTuple):
    """One named number of the result, or array, with a remark; ``label`` is for people, ``name`` for machines."""

    name: str
    label: str
    number: Number
    remark: str = ""
    of: str = ""
    """Of a derivative: the name of what is differentiated, ..."""
    by: str = ""
    """... and of the variable; none where it is the change of a result along a direction."""
    along: bool = False


class Values(NamedTuple):
    """The result itself."""

    values: tuple[Value, ...]

    def numbers(self) -> Iterator[tuple[str, float]]:
        """Every number with its name for machines: those of an array one after the other."""
        for value in self.values:
            array: Any = value.number
            if is_array(array):
                yield from zip(element_names(value.name, array.shape), array.ravel().tolist(), strict=True)
            else:
                yield value.name, array


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
    texts: Mapping[str, str] = {}
    """What else people call a row."""

    def numbers(self) -> Iterator[tuple[str, float]]:
        """Every number with its name for machines."""
        for name, value in zip(self.rows, self.beside, strict=False):
            yield self.beside_form.format(name), value
        for name, row in zip(self.rows, self.entries, strict=True):
            for column, entry in zip(self.columns, row, strict=True):
                yield self.form.format(name, column), entry

    def hidden_text(self, full: bool) -> list[Text]:
        """What is left out where people read; nothing, if all is shown."""
        count = len(self.rows), len(self.columns)
        shown = [f"{most} {noun}s" for most, all, noun in zip(MOST_SHOWN, count, ("row", "column"), strict=True) if all > most]
        text = f"the first {' and '.join(shown)} of {count[0]} × {count[1]}; --full shows all, and --json holds all"
        return [Text(text, "dim")] if shown and not full else []

    def as_table(self, full: bool, names: bool = False) -> Table:
        """The matrix as a table, of its first rows and columns unless it is to be ``full``; labels are names for a machine."""
        most = (len(self.rows), len(self.columns)) if full else MOST_SHOWN
        label, head = ("{}", "{}") if names else (self.row_label, self.column_label)
        also = {} if names else {name: f" = {text}" for name, text in self.texts.items()}
        columns = [Column(""), *[Column(head.format(name), numeric=True) for name in self.columns[: most[1]]]]
        if self.beside:
            columns.insert(1, Column(self.beside_label, numeric=True))
        rows = [
            (label.format(name) + also.get(name, ""), *self.beside[place : place + 1], *self.entries[place][: most[1]])
            for place, name in enumerate(self.rows[: most[0]])
        ]
        return Table("", tuple(columns), tuple(rows))


class Text(NamedTuple):
    """A ``heading``, plain ``text``, a ``paragraph`` (text with white about it), ``code`` (kept as it is), ``dim`` small print,
    an ``erratum``, or a formula in LaTeX (``math``)."""

    text: str
    role: str = "text"


Block: TypeAlias = "Values | Matrix | Table | Text | Figure"
"""A part of a document. The record of a figure is not loaded here: few reports have one."""


class Document(NamedTuple):
    blocks: tuple[Block, ...]
    data: Mapping[str, Any]
    drawing: Drawing | None = None
    """What the formats of pictures draw in place of figures."""
    findings: tuple[Finding, ...] | None = None
    """What a check found, for the formats of services that review code; None for a report that checks nothing."""
    alone: str = ""
    """The result where it is asked for alone, if it is no numbers."""
    main: str = ""
    """The name of the table that is the result, if it is one; where there is neither this nor numbers, all tables are."""

    def numbers(self) -> Iterator[tuple[str, float]]:
        """Every number of the result, with its name."""
        for block in self.blocks:
            if isinstance(block, Values | Matrix):
                yield from block.numbers()

    def tables(self) -> dict[str, Values | Matrix | Table]:
        """The tables as ``--table`` calls them; the result first: what was found, the main table, a matrix, or numbers."""
        named: dict[str, Values | Matrix | Table] = {}
        if self.findings is not None:
            rows = tuple((each.name, each.verdict, each.message) for each in self.findings)
            named["verdicts"] = Table("", texts("name", "verdict", "message"), rows)
        for block in self.results_first():
            if isinstance(block, Table):
                name = block.name or re.split("[,:(]", block.title)[0].strip().replace(" ", "-") or "table"
            elif isinstance(block, Values | Matrix):
                name = "matrix" if isinstance(block, Matrix) else "values"
            else:
                continue
            same = sum(known.rstrip("-0123456789") == name for known in named)
            named[f"{name}-{same + 1}" if same else name] = block
        first = ("verdicts", self.main, "matrix")
        return dict(sorted(named.items(), key=lambda each: first.index(each[0]) if each[0] in first else len(first)))

    def results_first(self) -> list[Block]:
        """The blocks as a script wants them: what it came for stands first."""
        return sorted(self.blocks, key=lambda block: not isinstance(block, Values | Matrix))
