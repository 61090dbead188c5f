"""A page for each command: its help, and its examples with what they print."""

from __future__ import annotations

import re
import shlex
from importlib import import_module
from pathlib import Path

from diffcli.cli.summaries import COMMANDS, GROUPS
from writers.pages import code, console, contents, run, table, workshop

INTRODUCTION = """\
# Command line

`diffcli COMMAND --help` shows what a command does, its options and examples. `diffcli help TOPIC` explains the language, points, formats
and exit codes. The same options mean the same in every command.

"""
LONGEST = 70
"""Longer output of an example is not shown."""


def write(folder: Path) -> None:
    with workshop():
        for name, (module, summary) in COMMANDS.items():
            (folder / f"{name}.md").write_text(_page(name, module, summary), encoding="utf-8")
    text = INTRODUCTION
    for title, group in GROUPS.items():
        rows = [(f"[{code(f'diffcli {name}')}]({name}.md)", summary) for name, (_, summary) in group.items()]
        text += f"## {title}\n\n{table(('command', 'what it does'), rows)}\n"
    (folder / "index.md").write_text(text + contents(COMMANDS, hidden=True), encoding="utf-8")


def _page(name: str, module: str, summary: str) -> str:
    text = f"# diffcli {name}\n\n{summary}\n\n## Help\n\n{console(f'{name} --help')}"
    examples = import_module(f"diffcli.cli.{module}").EXAMPLES
    shown = [part for example in examples if (part := _example(example.removeprefix("diffcli ")))]
    return text + ("\n## Examples\n\n" + "\n".join(shown) if shown else "")


def _example(command: str) -> str:
    """An example with its output; nothing if it needs a file of the reader's, measures time, or prints too much."""
    try:
        words = shlex.split(command)
    except ValueError:
        return ""
    if "--time" in words or any(re.search(r"[|<>&]$|^[|<>&]", word) for word in words):
        return ""
    found = run(command)
    if found.exit not in (0, 1) or not found.stdout or found.stdout.count("\n") > LONGEST:
        return ""
    return console(command)
