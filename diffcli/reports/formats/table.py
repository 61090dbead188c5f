"""Tables for people, by rich: as wide as the terminal, and never at the cost of a digit.

A table that is too wide first wraps its texts; if its numbers still do not fit, its rows are printed as records, a line
for each cell. Cells are rich `Text`, so that nothing in a user's text is taken for markup.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text as RichText

from diffcli.records import is_array, is_large
from diffcli.records.blocks import Block, Document, Matrix, Table, Text, Values
from diffcli.reports.document import cells, hidden_text, number
from diffcli.reports.formats import Style

if TYPE_CHECKING:
    from diffcli.records.figures import Figure

NARROWEST = 14
"""A text column is not wrapped into less."""

WIDEST = 0.55
"""The part of the width that the numbers of an array may take in a cell."""

PADDING = 2
"""Blanks between columns."""


def render(document: Document, style: Style) -> str:
    stream = io.StringIO()
    console = Console(
        file=stream, width=max(style.width, 20), color_system="standard" if style.color else None, force_terminal=style.color,
        markup=False, emoji=False, highlight=False, legacy_windows=False, no_color=not style.color, _environ={},
    )  # fmt: skip
    previous: Block | None = None
    for block in document.blocks:
        if previous is not None and not _go_together(previous, block):
            console.print()
        _print(console, block, style)
        previous = block
    return "\n".join(line.rstrip() for line in stream.getvalue().split("\n"))


def _go_together(one: Block, other: Block) -> bool:
    """Whether two blocks are texts of one kind, with no white between them."""
    return isinstance(one, Text) and isinstance(other, Text) and one.role == other.role != "paragraph"


def _print(console: Console, block: Block, style: Style) -> None:
    if isinstance(block, Text):
        _print_text(console, block)
    elif isinstance(block, Values):
        _print_values(console, block, style)
    elif isinstance(block, Table):
        _print_table(console, block, style)
    elif isinstance(block, Matrix):
        _print_table(console, block.as_table(style.full), style)
    else:
        _print_figure(console, block, style)


def _print_text(console: Console, block: Text) -> None:
    role = {"heading": "bold", "dim": "dim", "erratum": "yellow"}.get(block.role, "")
    if block.role == "code":
        console.print(RichText(block.text), soft_wrap=True)
        return
    lines = [line for part in block.text.split("\n") for line in _wrap(part, console.width)]
    console.print(RichText("\n".join(lines), style=role), soft_wrap=True)


def _print_values(console: Console, block: Values, style: Style) -> None:
    width = max((cell_len(value.label) for value in block.values), default=0)
    for value in block.values:
        line = RichText(f"{value.label}{' ' * (width - cell_len(value.label))} = ")
        if is_array(value.number):
            _append_array(line, value.number, console.width, style)
        else:
            line.append(number(value.number, style.exact), style="bold")
        if value.remark:
            _append_remark(line, f"({value.remark})", console.width)
        console.print(line, soft_wrap=True)


def _append_array(line: RichText, array: Any, width: int, style: Style) -> None:
    """Write an array behind its name, over as many lines as it takes; a large one by its corners, shape, norm and range."""
    from diffcli.language.writing.array_text import corner_text, shape_text, summary_text  # few reports have one
    from diffcli.reports.arrays import array_lines

    left = line.cell_len
    if width - left < 2 * NARROWEST:  # too little room behind the name: below it
        left = 2
        line.append("\n" + " " * left)
    newline = "\n" + " " * left
    if style.full or not is_large(array):
        line.append(newline.join(array_lines(array, style.exact, width - left)), style="bold")
        return
    remark = f"{shape_text(array.shape)}, {summary_text(array, style.rounded())}"
    corners, figures = (_wrap(text, max(width - left, NARROWEST)) for text in (corner_text(array, style.rounded()), remark))
    line.append(newline.join(corners), style="bold")
    line.append(newline + newline.join(figures), style="dim")


def _append_remark(line: RichText, remark: str, width: int) -> None:
    """Write a remark beside a number: where it does not fit, in lines below each other, broken between words only."""
    left = line.cell_len + 2
    if left + cell_len(remark) <= width:
        line.append(f"  {remark}", style="yellow")
        return
    if width - left < 2 * NARROWEST:  # too little room beside the number: below it
        left = 4
        line.append("\n" + " " * (left - 2))
    parts = _wrap(remark, max(width - left, NARROWEST))
    line.append("  " + ("\n" + " " * left).join(parts), style="yellow")


def _print_figure(console: Console, block: Figure, style: Style) -> None:
    from diffcli.reports.plots.canvas import draw  # few reports have a figure

    if block.title:
        _print_text(console, Text(block.title, "heading"))
    for line in draw(block, console.width, style.unicode):
        console.print(RichText.assemble(*line), soft_wrap=True)


def _print_table(console: Console, block: Table, style: Style) -> None:
    if block.title:
        _print_text(console, Text(block.title, "heading"))
    absent = "–" if style.unicode else "-"
    texts = cells(block, style, absent, max(int(WIDEST * console.width), NARROWEST))
    widths = _widths(block, texts, console.width)
    if widths is None:
        _print_records(console, block, cells(block, style, absent))
        return
    lines = box.SIMPLE_HEAD if style.unicode else box.ASCII2
    table = RichTable(
        box=lines, padding=(0, 1), pad_edge=False, show_edge=False, header_style="dim",
        show_header=any(column.title for column in block.columns),
    )  # fmt: skip
    for column, width in zip(block.columns, widths, strict=True):
        justify = "right" if column.numeric else "left"
        title = RichText(column.title)
        table.add_column(title, justify=justify, width=width, no_wrap=column.numeric, overflow="fold")  # type: ignore[arg-type]
    for position, row in enumerate(texts):
        if block.hidden and position == block.hidden_after:
            table.add_row("...")
        cells_of = zip(row, block.columns, widths, strict=True)
        table.add_row(*[RichText(text if column.numeric else "\n".join(_wrap(text, width))) for text, column, width in cells_of])
    console.print(table)
    if block.hidden:
        console.print(RichText(hidden_text(block), style="dim"), soft_wrap=True)


def _widths(block: Table, texts: list[list[str]], available: int) -> list[int] | None:
    """The width of each column, or None where the numbers do not fit."""
    natural = [
        max([cell_len(column.title), *[cell_len(row[position]) for row in texts]])
        for position, column in enumerate(block.columns)
    ]  # fmt: skip
    room = available - (PADDING + 1) * (len(natural) - 1) - 1
    if sum(natural) <= room:
        return natural
    texts_at = [position for position, column in enumerate(block.columns) if not column.numeric]
    excess = sum(natural) - room
    widths = list(natural)
    for position in sorted(texts_at, key=lambda position: -natural[position]):
        pieces = [piece for row in texts for word in row[position].split() for piece in _PIECES.findall(word)]
        least = max([NARROWEST, cell_len(block.columns[position].title), *map(cell_len, pieces)])
        less = min(excess, max(widths[position] - least, 0))
        widths[position] -= less
        excess -= less
    return widths if excess <= 0 else None


def _print_records(console: Console, block: Table, texts: list[list[str]]) -> None:
    """A table too wide for the terminal: a record for each row, a line for each cell."""
    width = max(cell_len(column.title) for column in block.columns)
    room = console.width - width - 2
    for position, row in enumerate(texts):
        if block.hidden and position == block.hidden_after:
            console.print(RichText(hidden_text(block), style="dim"), soft_wrap=True)
        if position:
            console.print()
        for column, text in zip(block.columns, row, strict=True):
            if text:
                title, below = column.title, room < min(cell_len(text), NARROWEST)  # too little room beside the title
                left = 2 if below else width + 2
                lines = [text] if column.numeric and text[0] != "[" else _wrap(text, console.width - left)  # an array breaks
                first = "\n".join([*_wrap(title, console.width), "  "]) if below else title + " " * (left - cell_len(title))
                console.print(RichText.assemble((first, "dim"), ("\n" + " " * left).join(lines)), soft_wrap=True)


_PIECES = re.compile(r"[^*/^(),·]*[*/^(),·]|[^*/^(),·]+")
"""Where a formula that is too long for a line is broken: behind an operator, so that no number is cut."""


def _wrap(text: str, width: int) -> list[str]:
    """A text in lines, broken between words, and within one that is longer than a line where a formula may be."""
    lines = [" " * (len(text) - len(text.lstrip(" ")))]
    for word in text.split():
        for place, part in enumerate([word] if cell_len(word) <= width else _PIECES.findall(word)):
            blank = " " * (not place and bool(lines[-1].strip()))
            if lines[-1].strip() and cell_len(lines[-1] + blank + part) > width:
                lines.append(part)
            else:
                lines[-1] += blank + part
    return lines
