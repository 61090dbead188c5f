"""What all generated pages are made of: the output of diffcli, blocks, tables, lists of pages."""

from __future__ import annotations

import io
import os
import re
import shlex
from collections.abc import Iterable, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import NamedTuple

from diffcli.cli.environment import Environment
from diffcli.cli.main import main

ROOT = Path(__file__).parents[2]


class Outcome(NamedTuple):
    stdout: str
    stderr: str
    exit: int


def run(command: str) -> Outcome:
    """``diffcli`` with a command line, in this process: UTF-8, 80 columns, no colour."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(3)]
    with redirect_stdout(streams[1]):  # where click writes its help
        code = main(shlex.split(command), Environment(*streams, {}))
        streams[1].flush()
    out, err = (stream.buffer.getvalue().decode() for stream in streams[1:])
    return Outcome(out, err, int(code))


def console(*commands: str) -> str:
    """A block with commands and what they print."""
    parts = []
    for command in commands:
        found = run(command)
        parts.append(f"$ diffcli {command}\n{found.stdout}{found.stderr}")
    return block("console", "".join(parts))


def block(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```\n"


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; bars in cells are escaped."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |\n" for line in lines)


def code(text: str) -> str:
    """A formula or a name as code; nothing for nothing."""
    return f"`{text}`" if text else ""


def prose(text: str) -> str:
    """A text that is no Markdown, but for code between backticks, as Markdown."""
    return re.sub(r"(`[^`]+`)|([*<`\\\[]|(?<!\w)_|_(?!\w))", lambda match: match[1] or f"\\{match[2]}", text)


def contents(pages: Iterable[str], depth: int = 1, hidden: bool = False) -> str:
    """A list of pages, for the side bar and, if not hidden, for the page."""
    return f"```{{toctree}}\n:maxdepth: {depth}\n{':hidden:' * hidden}\n\n" + "\n".join(pages) + "\n```\n"


@contextmanager
def workshop():
    """A folder for commands that read the examples and may write files."""
    before = Path.cwd()
    with TemporaryDirectory() as folder:
        copytree(ROOT / "examples", Path(folder) / "examples")
        os.chdir(folder)
        try:
            yield Path(folder)
        finally:
            os.chdir(before)
