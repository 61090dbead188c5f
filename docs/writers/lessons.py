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
        told, answered = run(f"lesson {name} --more -f markdown"), run(f"lesson {name} --answer -f markdown")
        assert told.exit == answered.exit == 0, name
        (folder / f"{name}.md").write_text(page(told.stdout, answered.stdout), encoding="utf-8")
    rows = [(f"[{name}]({name}.md)", entry.title) for name, entry in LESSONS.items()]
    (folder / "index.md").write_text(INTRODUCTION + table(("lesson", "about"), rows) + "\n" + contents(LESSONS, hidden=True), encoding="utf-8")


def page(text: str, answer: str = "") -> str:
    """The title becomes that of the page, no heading skips a level, times are left out, and the answer unfolds."""
    depth = 0
    lines = []
    for line in _without_times(text.splitlines()):
        if heading := re.match(r"(#+) (.*)", line):
            depth = min(max(len(heading[1]) - 1, 2), depth + 1)
            line = f"{'#' * depth} {heading[2]}"
        if following := re.fullmatch(r"next lesson: .*diffcli lesson (\S+)", line):
            line = f"Next lesson: [{following[1]}]({following[1]}.md)"
        if line.startswith("answer: "):
            shown = "\n".join(part for part in answer.splitlines() if not part.startswith(("#", "Question: ")))
            shown = shown.strip().removeprefix("Answer: ")
            line = f"<details>\n<summary>Answer</summary>\n\n{shown}\n\n</details>"
        lines.append(line)
    return "\n".join(lines) + "\n"


def _without_times(lines: list[str]) -> list[str]:
    """Without the columns of tables that hold times, which are others on each machine."""
    found: list[str] = []
    dropped: set[int] = set()
    for line in lines:
        cells = re.split(r"(?<!\\)\|", line)[1:-1] if line.startswith("|") else []
        if cells and not (found and found[-1].startswith("|")):
            dropped = {place for place, title in enumerate(cells) if title.strip().endswith(", ms")}
        kept = [cell for place, cell in enumerate(cells) if place not in dropped]
        found.append(f"|{'|'.join(kept)}|" if kept else line)
    return found
