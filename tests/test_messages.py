"""What is said of wrong usages: the whole text of each, in ``tests/golden/messages/*.txt``, and that following it does what was meant.

A file holds the usages of a group, separated by empty lines. One of the command line, with its stderr and exit code:

    # means: sin(x)**2 at x=1
    $ diffcli grad "sin^2(x)" --at x=1
    error[...]: ...
    [exit 3]

One of the library, with what is raised:

    >>> diffcli.grad("sin^2(x)", at="x=1")
    ExpressionError: ...

Comments are free, but for ``# means: PYTHON at POINT``: what was typed means that Python expression, and what one is told to
write has its value at the point. Where the meaning is open there is such a line for each reading, and each is told.
Files named in a command are looked for in ``tests/golden/messages``. ``--update-golden`` writes what is said.
"""

from __future__ import annotations

import ast
import math
import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest
from console import run
from inside import COMMANDS, parse

import diffcli

FOLDER = Path(__file__).parent / "golden" / "messages"
USAGE_OR_SYNTAX = (2, 3)


class Entry(NamedTuple):
    comments: tuple[str, ...]
    typed: tuple[str, ...]
    """Its lines, without prompts."""
    of_library: bool
    said: str

    @property
    def meanings(self) -> list[tuple[str, str]]:
        """Pairs of a Python expression and a point."""
        lines = [line.removeprefix("# means:") for line in self.comments if line.startswith("# means:")]
        return [tuple(part.strip() for part in line.rpartition(" at ")[::2]) for line in lines]  # type: ignore[misc]


def entries(path: Path) -> list[Entry]:
    found = []
    for block in re.split(r"\n{2,}", path.read_text(encoding="utf-8").strip("\n")):
        lines = block.split("\n")
        count = next((place for place, line in enumerate(lines) if not line.startswith("#")), len(lines))
        comments, lines = lines[:count], lines[count:]
        count = next((place for place, line in enumerate(lines) if not line.startswith(("$ ", ">>> ", "... "))), len(lines))
        typed = tuple(line.partition(" ")[2] for line in lines[:count])
        found.append(Entry(tuple(comments), typed, lines[:1] != [] and lines[0].startswith(">>> "), "\n".join(lines[count:])))
    return found


FILES = sorted(FOLDER.glob("*.txt"))
ALL = [(path.stem, entry) for path in FILES for entry in entries(path)]
WITH_MEANING = [(group, entry) for group, entry in ALL if entry.meanings]
IDS = [f"{group}: {' '.join(entry.typed)}" for group, entry in ALL]


def outcome(typed: str, width: int = 80):
    words = shlex.split(typed)
    assert words[0] == "diffcli", typed
    return run(words[1:], COLUMNS=str(width), PYTHONPATH="")


def raised(lines: tuple[str, ...]) -> diffcli.DiffcliError | Exception:
    """What some lines of Python raise."""
    names = {"diffcli": diffcli}
    try:
        exec("\n".join(lines), names)
    except Exception as error:
        return error
    raise AssertionError(f"nothing is raised by {lines}")


def said(entry: Entry, width: int = 80) -> str:
    if entry.of_library:
        error = raised(entry.typed)
        return f"{type(error).__name__}: {error}"
    ended = outcome(entry.typed[0], width)
    return f"{ended.stderr}[exit {ended.exit}]"


def written(entry: Entry, said: str) -> str:
    prompts = ["$ " if not entry.of_library else "... " if line[:1] in " )" else ">>> " for line in entry.typed]
    return "\n".join([*entry.comments, *map(str.__add__, prompts, entry.typed), said])


@pytest.fixture(autouse=True)
def beside_the_files(monkeypatch):
    monkeypatch.chdir(FOLDER)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_whole_text_of_every_wrong_usage(path, golden):
    golden(f"messages/{path.name}", "\n\n".join(written(entry, said(entry)) for entry in entries(path)) + "\n")


@pytest.mark.parametrize(("group", "entry"), ALL, ids=IDS)
def test_an_error_prints_no_result(group, entry):
    if not entry.of_library:
        ended = outcome(entry.typed[0])
        assert not (ended.exit in USAGE_OR_SYNTAX and ended.stdout)


# -- what one is told to do ----------------------------------------------------------------------------------------------------


def helps(entry: Entry) -> list[str]:
    """The lines of help, unwrapped."""
    if entry.of_library:
        error = raised(entry.typed)
        found = error.diagnostics if isinstance(error, diffcli.DiffcliError) else ()
        return [help for diagnostic in found for help in diagnostic.help]
    return re.findall(r"^  = help: (.*)$", outcome(entry.typed[0], 10_000).stderr, re.MULTILINE)


def commands(help: str) -> list[str]:
    """The whole command lines in a help: in backquotes, or from ``diffcli`` to the end."""
    quoted = re.findall(r"`diffcli ([^`]*)`", help)
    bare = re.search(r"^(?:[^`]*: |or )?diffcli (.*)$", help)
    return quoted or ([bare[1]] if bare and bare[1].split()[0] in COMMANDS else [])


def texts(help: str) -> list[str]:
    """The texts that one is told to write."""
    told = re.match(r"(?:or )?write (.*)$", help)
    if not told or re.search(r"\.\.\.|expression|\b(?:as|by|the|your|names)\b|command|\ba\b.*\bb\b|[@`]", told[1]):
        return []
    return [told[1]]


def expression_of(command: str) -> str | None:
    """The expression of a command line, if it has one that is no file and no placeholder."""
    words = shlex.split(command)
    parsed = [word for word in words[1:] if not word.startswith(("-", "@")) and ".py" not in word]
    return parsed[0] if parsed and "..." not in parsed[0] and parsed[0] not in ("EXPR", "FILE") else None


@pytest.mark.parametrize(("group", "entry"), ALL, ids=IDS)
def test_what_one_is_told_to_write_can_be_read(group, entry):
    for help in helps(entry):
        for text in texts(help):
            parse(text)
        for command in commands(help):
            if re.search(r"\b[A-Z]{3,}\b|\.\.\.(?!,|$| )", command) and "=..." not in command:
                continue  # a form with something to fill in
            ended = outcome("diffcli " + command.replace("=...", "=0.5"), 10_000)
            assert ended.exit not in USAGE_OR_SYNTAX or "error[missing-value]" in ended.stderr, (command, ended.stderr)


def as_mapping(point: str) -> dict[str, float]:
    return {name.strip(): ast.literal_eval(value) for name, _, value in (each.partition("=") for each in point.split(",")) if name}


def in_python(text: str, point: str) -> float:
    """The value of a Python expression at a point."""
    names = {name: getattr(math, name) for name in dir(math) if not name.startswith("_")}
    names |= {"abs": abs, "int": int, "round": round, "min": min, "max": max}
    return float(eval(text, {"__builtins__": {}}, names | as_mapping(point)))


def in_diffcli(text: str, point: str) -> float:
    return float(diffcli.evaluate(text, {name: value for name, value in as_mapping(point).items() if name in parse(text).inputs}))


@pytest.mark.parametrize(("group", "entry"), WITH_MEANING, ids=[" ".join(entry.typed) for _, entry in WITH_MEANING])
def test_what_one_is_told_to_write_means_what_was_typed(group, entry):
    said = helps(entry)
    told = [text for help in said for text in texts(help)]
    told += [text for help in said for command in commands(help) if (text := expression_of(command)) is not None and "--implicit" not in command]
    told = list(dict.fromkeys(told))
    note = re.search(r"note\[mended\]: read as (.*)", "" if entry.of_library else outcome(entry.typed[0], 10_000).stderr)
    told += [note[1]] if note else []
    assert told, "nothing is told"
    point = entry.meanings[0][1]
    values = sorted(in_diffcli(text, point) for text in told)
    assert values == pytest.approx(sorted(in_python(*meaning) for meaning in entry.meanings), rel=1e-12)


# -- the runner itself ---------------------------------------------------------------------------------------------------------


def test_the_forms_of_help_that_can_be_followed():
    assert commands("the command is grad: `diffcli grad x --at x=1`") == ["grad x --at x=1"]
    assert commands('diffcli grad "2*x" --at x=...') == ['grad "2*x" --at x=...']
    assert commands("`diffcli functions` lists them all") == ["functions"]
    assert texts("write 2*x") == ["2*x"] and texts("write numbers as 1, .5") != ["1"]
    assert expression_of('grad "2*x" --at x=1') == "2*x" and expression_of("grad EXPR --at x=1") is None


def test_entries_are_told_apart(tmp_path):
    path = tmp_path / "some.txt"
    path.write_text("# one\n# means: 2*x at x=1\n$ diffcli grad 2x\nerror\nmore\n[exit 3]\n\n>>> f = 1\n>>> diffcli.grad(f)\nTypeError: no\n")
    first, second = entries(path)
    assert first == (("# one", "# means: 2*x at x=1"), ("diffcli grad 2x",), False, "error\nmore\n[exit 3]")
    assert first.meanings == [("2*x", "x=1")]
    assert second == ((), ("f = 1", "diffcli.grad(f)"), True, "TypeError: no")
