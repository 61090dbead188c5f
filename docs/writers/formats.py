"""The formats of output, from their table."""

from __future__ import annotations

from pathlib import Path

from diffcli.reports.formats import CHECK, FIGURE, FORMATS, GRAPH, PERSON, PICTURE, PROGRAM
from writers.pages import code, console, table

FOR = {PERSON: "people", PROGRAM: "programs", PICTURE: "pictures"}
NEEDS = {"": "any", FIGURE: "with a figure", GRAPH: "with a graph", CHECK: "of `diffcli check`"}
EXAMPLE = 'grad "x*y" --at x=2,y=5 -f '
MORE = {"csv": [f"{EXAMPLE}csv --table trace"], "table": ['grad "exp(x)" --at x=2 --decimals 3 --no-trace', 'grad "exp(x)" --at x=2 --digits full --no-trace']}
INTRODUCTION = """\
# Formats

`--format NAME` (short `-f`) chooses how a result is written. `-o FILE` writes it to a file, whose suffix chooses the format if
`--format` does not. `-q` prints the result alone: a name, a tab and a number on each line. `--json` is short for `-f json`.

- Formats for people round numbers to 6 significant digits. `--digits N` rounds to N digits, `--digits full` shows all of them, and
  `--decimals N` shows N digits after the point, as slides do.
- Formats for programs carry every digit, unless you give one of these options.
- CSV holds one table: the result, or the table that `--table NAME` names.
- The results of a list are called f1, f2, ... in data, whatever their text is.

"""


def write(folder: Path) -> None:
    rows = [
        (code(row.name), ", ".join(map(code, row.suffixes)), row.summary, FOR[row.audience], NEEDS[row.needs]) for row in FORMATS.values()
    ]
    text = INTRODUCTION + table(("format", "suffixes", "what it is", "for", "reports"), rows)
    for row in FORMATS.values():
        if not row.needs:
            text += f"\n## {row.name}\n\n{console(EXAMPLE + row.name, *MORE.get(row.name, ()))}"
    (folder / "index.md").write_text(text, encoding="utf-8")
