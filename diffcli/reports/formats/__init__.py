"""The table of formats: one file each, one line here. Adding a format is adding both.

A format's module has ``render(document, style) -> str``, or ``bytes`` where the format is binary.
"""

# Without `from __future__ import annotations`: the annotations of a NamedTuple would be texts, to be compiled at each start.

from importlib import import_module
from typing import NamedTuple

from diffcli.reports.document import Document, Style


class Format(NamedTuple):
    module: str
    suffixes: tuple[str, ...]
    summary: str
    diagnostics: bool
    """Whether the warnings of a result also go to stderr; not so where the result itself carries them."""
    binary: bool = False
    figure: bool = False
    """Whether it draws the figure of a report, and leaves the rest out."""


FORMATS: dict[str, Format] = {
    "table": Format("table", (".txt",), "tables for people", True),
    "plain": Format("plain", (".tsv",), "tab-separated, all digits, no decoration", True),
    "json": Format("json", (".json",), "one JSON object with a schema", False),
    "csv": Format("csv", (".csv",), "comma-separated, all digits", True),
    "markdown": Format("markdown", (".md", ".markdown"), "GitHub tables", True),
    "latex": Format("latex", (".tex",), "LaTeX for amsmath", True),
    "dot": Format("dot", (".dot", ".gv"), "a graph, for Graphviz", True, figure=True),
    "mermaid": Format("mermaid", (".mmd", ".mermaid"), "a graph, for Mermaid", True, figure=True),
    "svg": Format("svg", (".svg",), "the figure of a report, as a vector drawing", True, figure=True),
    "png": Format("png", (".png",), "the figure as an image; needs matplotlib", True, True, True),
    "pdf": Format("pdf", (".pdf",), "the figure as a PDF; needs matplotlib", True, True, True),
}

ALIASES: dict[str, str] = {
    suffix[1:]: name for name, known in FORMATS.items() for suffix in known.suffixes if suffix[1:] not in FORMATS
}  # fmt: skip
"""Other names for formats: their suffixes."""


def render(name: str, document: Document, style: Style) -> str | bytes:
    """A document in a format: a text that ends in a newline, or the bytes of a binary format."""
    module = import_module(f"diffcli.reports.formats.{FORMATS[name].module}")
    rendered: str | bytes = module.render(document, style)
    if isinstance(rendered, bytes):
        return rendered
    return rendered if rendered.endswith("\n") else rendered + "\n"


def format_of(path: str) -> str | None:
    """The format that a file's suffix means, if any."""
    for name, known in FORMATS.items():
        if path.lower().endswith(known.suffixes):
            return name
    return None
