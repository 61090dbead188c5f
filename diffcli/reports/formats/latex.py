"""LaTeX: tables to paste into a document that loads amsmath."""

from __future__ import annotations

from diffcli.language.writing.printer import GREEK_LETTERS, Digits, latex_figure, latex_name
from diffcli.records import Number, is_array
from diffcli.records.blocks import MOST_SHOWN, Block, Document, Matrix, Table, Text, Value, Values
from diffcli.reports.arrays import latex_array, latex_matrix
from diffcli.reports.document import cells, hidden_text, number
from diffcli.reports.formats import Style

_ESCAPES = {letter: f"$\\{name}$" for letter, name in GREEK_LETTERS.items()} | {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    "∂": r"$\partial$", "·": r"$\cdot$", "±": r"$\pm$", "×": r"$\times$", "≤": r"$\le$", "′": "$'$", "…": r"\dots{}", "–": "--",
}  # fmt: skip
"""What LaTeX reads otherwise; a text has no way to a Greek letter but a formula."""


def render(document: Document, style: Style) -> str:
    parts = ["% needs \\usepackage{amsmath}", *[_block(block, style) for block in document.blocks]]
    return "\n\n".join(part for part in parts if part) + "\n"


def escape(text: str) -> str:
    """A text that LaTeX shows as it is."""
    return "".join(_ESCAPES.get(character, character) for character in text)


def _block(block: Block, style: Style) -> str:
    if isinstance(block, Text):
        return _text(block)
    if isinstance(block, Values):
        rows = [[_label(value), f"${_number(value.number, style.exact)}$", escape(value.remark)] for value in block.values]
        remarked = any(value.remark for value in block.values)
        return _tabular("lrl" if remarked else "lr", [], rows if remarked else [row[:2] for row in rows])
    if isinstance(block, Matrix):
        return _matrix(block, style)
    if not isinstance(block, Table):
        return ""  # a figure goes into a document as a file: -o figure.pdf
    rows = []
    for row, texts in zip(block.rows, cells(block, style), strict=True):
        parts = zip(texts, block.columns, row, strict=True)
        rows.append([
            f"${latex_array(cell, style.exact if column.full else style.rounded())}$" if is_array(cell)
            else _cell(text, column.math, isinstance(cell, float))
            for text, column, cell in parts
        ])  # fmt: skip
    if block.hidden:
        rows.insert(block.hidden_after, [rf"\multicolumn{{{len(block.columns)}}}{{l}}{{{escape(hidden_text(block))}}}"])
    spec = "".join("r" if column.numeric else "l" for column in block.columns)
    titles = [f"${column.title}$" if column.math else escape(column.title) for column in block.columns]
    return _tabular(spec, titles if any(column.title for column in block.columns) else [], rows)


def _matrix(block: Matrix, style: Style) -> str:
    """A matrix as a formula; of a large one the first rows and columns, with dots."""
    most = (len(block.rows), len(block.columns)) if style.full else MOST_SHOWN
    rows = [[_number(entry, style.rounded()) for entry in row[: most[1]]] for row in block.entries[: most[0]]]
    if len(block.columns) > most[1]:
        rows = [[*row, r"\cdots"] for row in rows]
    if len(block.rows) > most[0]:
        rows.append([r"\vdots"] * len(rows[0]))
    return rf"\[ {block.symbol} = {latex_matrix(rows)} \]"


def _number(value: Number, digits: Digits) -> str:
    """A number or an array as a formula, without dollar signs."""
    return latex_array(value, digits) if is_array(value) else latex_figure(number(value, digits))


def _text(block: Text) -> str:
    if block.role == "math":
        return f"\\[ {block.text} \\]"
    if block.role == "code":
        return ""  # what is drawn with characters has no place among formulas
    return escape(block.text)


def _label(value: Value) -> str:
    """What a value is called: a partial derivative, a change along a direction, a result, or words."""
    of = r"(w \cdot f)" if value.of == "w*f" else latex_name(value.of or value.name)
    if not value.of:
        return f"${of}$" if value.name == value.label else escape(value.label)
    quotient = rf"\dfrac{{\partial {of}}}{{\partial {latex_name(value.by)}}}" if value.by else of
    return f"$d {quotient}$" if value.along else f"${quotient}$"


def _cell(text: str, math: bool, is_number: bool) -> str:
    if not text:
        return ""
    if is_number:
        return f"${latex_figure(text)}$"
    return f"${text}$" if math else escape(text)


def _tabular(spec: str, titles: list[str], rows: list[list[str]]) -> str:
    lines = [rf"\begin{{tabular}}{{{spec}}}"]
    if titles:
        lines += [" & ".join(titles) + r" \\", r"\hline"]
    lines += [" & ".join(row) + r" \\" for row in rows]
    return "\n".join([*lines, r"\end{tabular}"])
