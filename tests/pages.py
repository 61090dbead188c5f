"""The pages of the documentation, executed: a page's text with what its blocks really print in place of what they say."""

from __future__ import annotations

import doctest
import linecache
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

from console import run

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"\$ ((?:.*\\\n)*.*)\n")
SHELL = re.compile(r"""(?:[^'"|;&<>$`\\]|'[^']*'|"[^"$`\\]*")*""")
"""A command line in which a shell would do nothing but split words."""
NUMBERS = count()
STACK = re.compile(r"(Traceback \(most recent call last\):\n)(?: .*\n)+")
OPTIONAL = ("scipy", "torch", "jax", "matplotlib")
"""A block that imports one of these runs where it is installed."""


def pages() -> list[Path]:
    """Every page that a person wrote."""
    written = [path for path in sorted(ROOT.glob("docs/**/*.md")) if "_generated" not in path.parts]
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "examples" / "README.md", *written]


def executed(text: str, apart: bool = False) -> str:
    """The page with the output of every block as it is now. Python blocks go on from each other, if they do not stand ``apart``."""
    names: dict[str, Any] = {}

    def block(match: re.Match[str]) -> str:
        kind, body = match.groups()
        if kind == "console":
            return f"```console\n{''.join(_console(body))}```"
        if any(re.search(rf"^(>>> )?(import|from) {module}\b", body, re.MULTILINE) and not find_spec(module) for module in OPTIONAL):
            return match[0]
        return f"```python\n{_python(body, {} if apart else names)}```"

    return BLOCK.sub(block, text)


def _console(body: str) -> Iterator[str]:
    """Each command and what it prints. ``cat`` of a file that is not there yet makes it."""
    for part in re.split(r"^(?=\$ )", body, flags=re.MULTILINE):
        if not part:
            continue
        match = COMMAND.match(part)
        assert match, f"a console block begins with a command: {part!r}"
        command, said = match[1], part[match.end() :]
        if (shown := re.fullmatch(r"cat (\S+)", command)) and not Path(shown[1]).exists():
            Path(shown[1]).write_text(said, encoding="utf-8")
        printed = _printed(command).rstrip("\n")
        yield f"$ {command}\n{printed}\n" if printed else f"$ {command}\n"


def _printed(command: str) -> str:
    if command.startswith("diffcli ") and SHELL.fullmatch(command):
        outcome = run(command.removeprefix("diffcli "))
        return outcome.stdout + outcome.stderr
    beside = Path(sys.executable).parent
    define = f'diffcli() {{ "{sys.executable}" -m diffcli "$@"; }}; python() {{ "{sys.executable}" "$@"; }}; exec 2>&1\n'
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "PATH": f"{beside}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", define + command], stdout=subprocess.PIPE, env=variables, check=False, encoding="utf-8")
    return done.stdout


class _Runner(doctest.DocTestRunner):
    """Keeps what examples print that say otherwise."""

    def __init__(self) -> None:
        super().__init__(verbose=False)
        self.got: dict[int, str] = {}

    def report_failure(self, out: Any, test: Any, example: doctest.Example, got: str) -> None:
        self.got[example.lineno] = STACK.sub(r"\1    ...\n", got)

    def report_unexpected_exception(self, out: Any, test: Any, example: doctest.Example, exc_info: Any) -> None:
        self.got[example.lineno] = f"Traceback (most recent call last):\n    ...\n{exc_info[0].__name__}: {exc_info[1]}\n"


def _python(body: str, names: dict[str, Any]) -> str:
    if ">>> " not in body:
        exec(compile(body, "<page>", "exec"), names)
        return body
    test = doctest.DocTestParser().get_doctest(body, {}, f"block {next(NUMBERS)}", None, 0)
    test.globs = names
    for number, example in enumerate(test.examples):  # a later block may look for the source of a function
        linecache.cache[f"<doctest {test.name}[{number}]>"] = (0, None, example.source.splitlines(keepends=True), test.name)
    runner = _Runner()
    runner.run(test, clear_globs=False)
    lines = body.splitlines(keepends=True)
    for example in reversed(test.examples):
        if (got := runner.got.get(example.lineno)) is not None:
            start = example.lineno + example.source.count("\n")
            lines[start : start + example.want.count("\n")] = [got]
    return "".join(lines)
