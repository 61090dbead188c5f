"""The table of formats: a function each, and one line here. Adding a format is adding both.

What a report must know of a format stands in its row: no other place asks for a format's name. A format's function takes
``(document, style)`` and returns a ``str``, or ``bytes`` where the format is binary.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

from diffcli._named import NamedTuple
from diffcli.errors import did_you_mean, refusal, to_ascii, visible
from diffcli.language.writing.printer import Decimals, Digits
from diffcli.records.blocks import Block, Document

T = TypeVar("T")

PERSON, PROGRAM, PICTURE = "person", "program", "picture"
"""Who reads a format: a person, who is shown rounded numbers and the beginning of what is long; a program, which gets all of
both; or whoever looks at a picture, which is the figure or the graph of a report, and nothing else of it."""

UNICODE, ASCII, TEX = "unicode", "ascii", "latex"
"""The notations that formulas are written in."""

TREES, FIGURE, GRAPH, CHECK = "trees", "figure", "graph", "check"


class Format(NamedTuple):
    name: str
    renderer: str
    """The function that writes it: ``module.function``, in this folder."""
    suffixes: tuple[str, ...]
    summary: str
    audience: str = PERSON
    notation: str = UNICODE
    draws: str = ""
    """What it draws: trees, if it is a page of characters of one width; the figure or the graph of a report, if a picture; what a
    check found, if it is for services that review code."""
    whole: bool = False
    """Whether it carries the data of a report, its warnings and times among them, so that stderr does not, and no blocks."""
    binary: bool = False

    @property
    def needs(self) -> str:
        """What a report must have to be written in it; nothing, if any report will do."""
        return self.draws if self.draws != TREES else ""


FORMATS: dict[str, Format] = {
    row.name: row
    for row in (
        Format("table", "table.render", (".txt",), "tables for people", draws=TREES),
        Format("plain", "plain.render", (".tsv",), "tab-separated, all digits, no decoration", PROGRAM, ASCII),
        Format("json", "json.render", (".json",), "one JSON object with a schema", PROGRAM, ASCII, whole=True),
        Format("csv", "csv.render", (".csv",), "comma-separated, all digits", PROGRAM, ASCII),
        Format("markdown", "markdown.render", (".md", ".markdown"), "GitHub tables"),
        Format("latex", "latex.render", (".tex",), "LaTeX for amsmath", notation=TEX),
        Format("dot", "pictures.dot", (".dot", ".gv"), "a graph, for Graphviz", PICTURE, draws=GRAPH),
        Format("mermaid", "pictures.mermaid", (".mmd", ".mermaid"), "a graph, for Mermaid", PICTURE, draws=GRAPH),
        Format("svg", "pictures.svg", (".svg",), "the figure of a report, as a vector drawing", PICTURE, draws=FIGURE),
        Format("png", "pictures.png", (".png",), "the figure as an image; needs matplotlib", PICTURE, draws=FIGURE, binary=True),
        Format("pdf", "pictures.pdf", (".pdf",), "the figure as a PDF; needs matplotlib", PICTURE, draws=FIGURE, binary=True),
        Format("github", "findings.github", (), "what a check found, as annotations of GitHub Actions", PROGRAM, ASCII, CHECK),
        Format("junit", "findings.junit", (".xml",), "what a check found, as JUnit XML", PROGRAM, ASCII, CHECK),
        Format("sarif", "findings.sarif", (".sarif",), "what a check found to be wrong, as SARIF 2.1.0", PROGRAM, ASCII, CHECK),
    )
}

TABLE, PLAIN, JSON = (FORMATS[name] for name in ("table", "plain", "json"))
"""What is printed where no format is asked for, under ``--quiet``, and under ``--json``."""

ALIASES: dict[str, str] = {
    suffix[1:]: name for name, known in FORMATS.items() for suffix in known.suffixes if suffix[1:] not in FORMATS
}  # fmt: skip
"""Other names for formats: their suffixes."""

OFFERED = "; ".join(
    ", ".join(row.name for row in FORMATS.values() if row.needs == needed) + (f" for a {needed}" if needed else "")
    for needed in ("", FIGURE, GRAPH, CHECK)
)
"""The formats in a line of help."""


class Style(NamedTuple):
    """How a document is to look: its format, and how wide, exact, plain and long it is."""

    width: int = 80
    digits: int | None = 6
    """Significant digits in tables for people; None for all."""
    unicode: bool = True
    color: bool = False
    full: bool = False
    """Whether large arrays show all their elements."""
    table: str | None = None
    """The name of the one table that is shown, if not all are."""
    substituted: bool = False
    """Whether traces show formulas with the numbers in them."""
    format: Format = TABLE
    decimals: int | None = None
    """Fixed decimals of every number, in place of significant digits."""
    asked: bool = False
    """Whether digits or decimals were asked for. Then the result and the point have them too, and programs' formats but JSON."""

    @property
    def exact(self) -> Digits:
        """How the result and the point are shown: all digits, unless fewer were asked for."""
        return self.rounded() if self.asked else None

    def rounded(self, size: bool = False) -> Digits:
        """How other numbers are: rounded for people. A ``size``, such as an error, has significant digits in any case."""
        if self.format.audience == PROGRAM and not self.asked:
            return None
        return self.digits if size or self.decimals is None else Decimals(self.decimals)

    @property
    def notation(self) -> str:
        """The notation of formulas: that of the format, but ASCII where the stream carries nothing else."""
        return self.format.notation if self.unicode or self.format.notation != UNICODE else ASCII

    @property
    def partial(self) -> str:
        """The sign of a partial derivative in names of results."""
        return "∂" if self.unicode else "d"


def with_texts(part: Any, shown: Callable[[str], str] = visible) -> Any:
    """A document, or a part of it, with its texts as they are shown."""
    if isinstance(part, str):
        return shown(part)
    if not isinstance(part, tuple):
        return part  # a number, an array, or the data of a document
    parts = [with_texts(each, shown) for each in part]
    return type(part)(*parts) if hasattr(part, "_fields") else tuple(parts)


def render(document: Document, style: Style) -> str | bytes:
    """A document in the format of the style: a text that ends in a newline, or the bytes of a binary format."""
    if style.format.needs == CHECK:
        require(document.findings, "findings", style, "diffcli check finds out whether derivatives are right")
    if style.table is not None:
        document = document._replace(blocks=(_chosen(document, style),), findings=None)
    module, _, function = style.format.renderer.partition(".")
    write = getattr(import_module(f"diffcli.reports.formats.{module}"), function)
    if not style.unicode and style.format.name == "table":  # before it is laid out: an escape is wider than its letter
        document = with_texts(document, to_ascii)
    rendered: str | bytes = write(with_texts(document) if style.color else document, style)
    if isinstance(rendered, bytes):
        return rendered
    if not style.format.whole and not style.color and not rendered.replace("\n", "").replace("\t", "").isprintable():
        rendered = str(write(with_texts(document), style))  # with its own escapes about ours
    if not style.unicode:
        rendered = to_ascii(rendered, "xmlcharrefreplace" if style.format.name in ("svg", "junit") else "backslashreplace")
    return rendered if rendered.endswith("\n") else rendered + "\n"


def _chosen(document: Document, style: Style) -> Block:
    """The table of a report that was asked for, by its name or a part of it."""
    tables, wanted = document.tables(), style.table or ""
    if style.format.whole or style.format.draws not in ("", TREES):
        raise refusal("usage", f"{style.format.name} is not a format of one table", "add --format csv, or leave --table out")
    for name in sorted(tables, key=lambda name: name != wanted):
        if wanted and wanted in name:
            return tables[name]
    help = [*did_you_mean(wanted, tables), f"its tables: {', '.join(tables)}" if tables else "it has no tables"]
    raise refusal("unknown-choice", f"this report has no table `{wanted}`", *help)


def require(found: T | None, what: str, style: Style, help: str) -> T:
    """What a format needs of a report; a `UsageError`, if that does not have it."""
    if found is not None:
        return found
    *others, last = [row.name for row in FORMATS.values() if not row.needs]
    message = f"this report has no {what} to write as {style.format.name}"
    raise refusal("unknown-choice", message, help, f"{', '.join(others)} and {last} show any report")


def format_of(path: str) -> Format | None:
    """The format that a file's suffix means, if any."""
    return next((known for known in FORMATS.values() if path.lower().endswith(known.suffixes)), None)
