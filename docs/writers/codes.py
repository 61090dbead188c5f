"""The index of errors, warnings and notes: what each code means, an input that brings it about, and the same mended."""

from __future__ import annotations

from html import escape
from pathlib import Path

from diffcli.cli.exit_codes import ExitCode
from diffcli.errors.codes import CODES, Code
from writers.pages import code, console, contents, prose, table, workshop

LONGEST = 40
"""So many lines of output are shown of a mended example."""
PAGES = {
    "errors-usage": ("Errors of the command line and files", lambda row: row.kind == "error" and row.exit == 2),
    "errors-text": ("Errors in an expression", lambda row: row.kind == "error" and row.exit == 3),
    "errors-domain": ("Values that are undefined", lambda row: row.kind == "error" and row.exit in (4, 5)),
    "errors-other": ("Other errors", lambda row: row.kind == "error" and row.exit not in (2, 3, 4, 5)),
    "warnings": ("Warnings", lambda row: row.kind == "warning"),
    "notes": ("Notes", lambda row: row.kind not in ("error", "warning")),
}
INTRODUCTION = """\
# Errors, warnings and notes

Each message has a code, which stands in brackets at its beginning: `error[shape-mismatch]`. `diffcli help CODE` explains it in your
terminal. An error ends the command with an exit code other than 0 and prints no result. Warnings and notes are part of the result,
in JSON too.

"""


def write(folder: Path) -> None:
    index = INTRODUCTION
    with workshop():
        for page, (title, belongs) in PAGES.items():
            rows = {name: row for name, row in CODES.items() if belongs(row)}
            text = f"# {title}\n\n" + "\n".join(section(name, row) for name, row in rows.items())
            (folder / f"{page}.md").write_text(text, encoding="utf-8")
            index += f"## {title}\n\n"
            index += table(("code", "meaning"), [(f"[{code(name)}]({page}.md#{name})", prose(row.meaning)) for name, row in rows.items()]) + "\n"
    assert all(any(belongs(row) for _, belongs in PAGES.values()) for row in CODES.values())
    (folder / "index.md").write_text(index + contents(PAGES, hidden=True), encoding="utf-8")


def page_of(name: str) -> str:
    """The page on which a code is explained."""
    return next(page for page, (_, belongs) in PAGES.items() if belongs(CODES[name]))


def section(name: str, row: Code) -> str:
    text = f"({name})=\n## {name}\n\n{prose(row.meaning)}\n\n"
    if row.exit:
        text += f"Exit code {row.exit}: {ExitCode(row.exit).meaning}.\n\n"
    if row.wrong:
        text += console(row.wrong)
    if row.right:
        lines = console(row.right).splitlines()
        shown = [*lines[:LONGEST], "...", "```"] if len(lines) > LONGEST else lines
        text += "\n".join(["", "<details>", f"<summary>Mended: <code>diffcli {escape(row.right)}</code></summary>", "", *shown, "", "</details>", ""])
    return text
