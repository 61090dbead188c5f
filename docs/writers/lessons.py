"""The lessons as pages, in the order of the course, as ``diffcli lesson NAME --more -f markdown`` writes them."""

from __future__ import annotations

import re
from pathlib import Path

from diffcli.studies.lessons import LESSONS
from writers.pages import contents, run, table

INTRODUCTION = """\
# Lessons

A course on how derivatives are computed, from difference quotients to the engine of a deep-learning framework. Each lesson computes
every number that it shows, and checks every claim. `diffcli lesson NAME` runs one in your terminal; `--size` and `--seed` change
its example.

"""


def write(folder: Path) -> None:
    for name in LESSONS:
        found = run(f"lesson {name} --more -f markdown")
        assert found.exit == 0, name
        (folder / f"{name}.md").write_text(page(found.stdout), encoding="utf-8")
    rows = [(f"[{name}]({name}.md)", entry.title) for name, entry in LESSONS.items()]
    (folder / "index.md").write_text(INTRODUCTION + table(("lesson", "about"), rows) + "\n" + contents(LESSONS, hidden=True), encoding="utf-8")


def page(text: str) -> str:
    """The title becomes that of the page, and no heading skips a level."""
    depth = 0
    lines = []
    for line in text.splitlines():
        if heading := re.match(r"(#+) (.*)", line):
            depth = min(max(len(heading[1]) - 1, 2), depth + 1)
            line = f"{'#' * depth} {heading[2]}"
        lines.append(line)
    return "\n".join(lines) + "\n"
