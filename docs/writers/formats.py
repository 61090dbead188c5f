"""The formats of output, from their table."""

from __future__ import annotations

from pathlib import Path

from diffcli.reports.formats import CHECK, FIGURE, FORMATS, GRAPH
from writers.pages import code, console, table

NEEDS = {"": "any", FIGURE: "with a figure", GRAPH: "with a graph", CHECK: "of `diffcli check`"}
EXAMPLE = 'grad "x*y" --at x=2,y=5 -f '
INTRODUCTION = """\
# Formats

`--format NAME` (short `-f`) chooses how a result is written. `-o FILE` writes it to a file, whose suffix chooses the format if
`--format` does not. `-q` prints the result alone: a name, a tab and a number on each line. `--json` is short for `-f json`.

Formats for people round their numbers (`--digits`, 6 if not given). Formats for programs carry every digit.

"""


def write(folder: Path) -> None:
    rows = [
        (code(row.name), ", ".join(map(code, row.suffixes)), row.summary, row.audience, NEEDS[row.needs]) for row in FORMATS.values()
    ]
    text = INTRODUCTION + table(("format", "suffixes", "what it is", "for a", "reports"), rows)
    for row in FORMATS.values():
        if not row.needs:
            text += f"\n## {row.name}\n\n{console(EXAMPLE + row.name)}"
    (folder / "index.md").write_text(text, encoding="utf-8")
