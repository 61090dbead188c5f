"""``diffcli help``: a page about a command or a topic, or what a code means, with an example of it and one that is none."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pkgutil import get_data

import click

from diffcli.cli.exit_codes import ExitCode
from diffcli.cli.flags import among
from diffcli.cli.options import Command, as_command
from diffcli.cli.run import Run
from diffcli.cli.summaries import COMMANDS
from diffcli.errors import UsageError, did_you_mean, error
from diffcli.errors.codes import CODES, Code
from diffcli.records.blocks import Block, Column, Document, Table, Text, texts
from diffcli.reports.formats import FORMATS

EXITS: dict[int, str] = {code.value: code.meaning for code in ExitCode}

EXAMPLES = ("diffcli help", "diffcli help syntax", "diffcli help implicit-multiplication")


def _codes() -> Table:
    rows = tuple((name, code.kind, code.meaning) for name, code in CODES.items())
    return Table("codes", texts("code", "kind", "meaning"), rows)


def _exit_codes() -> Table:
    return Table("exit codes", (Column("exit code", numeric=True), Column("meaning")), tuple(EXITS.items()))


def _formats() -> Table:
    rows = tuple((row.name, ", ".join(row.suffixes), row.summary) for row in FORMATS.values())
    return Table("formats", texts("format", "suffixes", "what it is"), rows)


TOPICS: dict[str, tuple[str, Callable[[], Table] | None]] = {
    "syntax": ("The language: numbers, names, operators, arrays, statements.", None),
    "functions": ("Every function by kind.", None),
    "points": ("Every form of --at, files included.", None),
    "formats": ("Tables, JSON, CSV, pictures; where results go.", _formats),
    "json": ("What --json prints.", None),
    "exit-codes": ("What the end of a command says to a script.", _exit_codes),
    "codes": ("The codes of errors, warnings and notes.", _codes),
}
"""What each topic is about, and the table below its text, which is the file of its name in ``topics/``."""


@as_command(click.Argument(["topic"], required=False, shell_complete=among([*TOPICS, *COMMANDS, *CODES])), examples=EXAMPLES, limits=False)
def command(run: Run, topic: str | None) -> int:
    """A page about TOPIC: a command, the language, the point, formats; or what an error code means, with an example.

    Without TOPIC, the list of topics.
    """
    if topic is None:
        document = _list()
    elif topic in TOPICS:
        document = _page(topic)
    elif topic in COMMANDS:
        document = _command_page(topic)
    elif topic in (codes := CODES | _reasons(topic)):
        document = _explain(topic, codes[topic])
    else:
        help = [*did_you_mean(topic, [*TOPICS, *COMMANDS, *codes]), "`diffcli help` lists the topics, `diffcli help codes` the codes"]
        raise UsageError([error("unknown-topic", f"there is no topic, command or code `{topic}`", help=help)])
    run.output.print(document)
    return 0


def _reasons(topic: str) -> dict[str, Code]:
    """Why ways disagree, where that has no code of its own."""
    if topic in CODES:
        return {}
    from diffcli.studies.agreement.disagreement import REASONS  # which a code does not wait for

    return {name: Code("reason", 0, f"diffcli check says why ways disagree: {text}.") for name, text in REASONS.items()}


def _list() -> Document:
    topics = {name: about for name, (about, _) in TOPICS.items()}
    commands = {name: about for name, (_, about) in COMMANDS.items()}
    tables = [Table(title, texts("", ""), tuple(rows.items())) for title, rows in (("topics", topics), ("commands", commands))]
    hint = Text("diffcli help TOPIC shows a page, as diffcli help syntax; diffcli help codes lists the codes of errors.", "dim")
    data = {"schema": "diffcli/help@1", "topics": topics | commands, "codes": _codes_data()}
    return Document((*tables, hint), data, alone="".join(f"{name}\n" for name in topics | commands))


def _codes_data() -> dict[str, dict[str, object]]:
    return {name: code._asdict() for name, code in CODES.items()}


def _page(topic: str) -> Document:
    text = (get_data("diffcli.cli", f"topics/{topic}.md") or b"").decode()
    table = TOPICS[topic][1]
    data: dict[str, object] = {"schema": "diffcli/help@1", "topic": topic, "text": text}
    if topic == "codes":
        data["codes"] = _codes_data()
    elif topic == "exit-codes":
        data["exit_codes"] = {str(code): meaning for code, meaning in EXITS.items()}
    return Document((*_blocks(text), *([table()] if table else [])), data, alone=text)


def _command_page(name: str) -> Document:
    from diffcli.cli.main import program  # the page of a topic needs no other command

    command = program.get_command(click.get_current_context(), name)
    assert isinstance(command, Command)
    examples = "".join(f"    {example}\n" for example in command.examples[:2])
    about = inspect.cleandoc(command.help or "")
    takes_point = any(option.name == "at" for option in command.params)
    further = f"`diffcli {name} --help` lists its options." + " More: `diffcli help syntax`, `points`, `formats`." * takes_point
    text = f"# diffcli {name}\n\n{about}\n\nExamples:\n\n{examples}\n{further}\n"
    return Document(tuple(_blocks(text)), {"schema": "diffcli/help@1", "topic": name, "text": text}, alone=text)


def _blocks(text: str) -> Iterator[Block]:
    """The blocks of a page in Markdown, of which it has headings, paragraphs, and code that is indented by four blanks."""
    for part in filter(None, text.strip("\n").split("\n\n")):
        if part.startswith("# "):
            yield Text(part[2:], "heading")
        elif part.startswith("    "):
            yield Text(part.replace("\n  ", "\n")[2:], "code")
        else:
            yield Text(" ".join(part.split()), "paragraph")


def _explain(name: str, code: Code) -> Document:
    rows = [("meaning", code.meaning), ("kind", code.kind)]
    if code.exit:
        rows.append(("exit code", f"{code.exit}: {EXITS[code.exit]}"))
    if code.wrong:
        rows.append(("brought about by", f"diffcli {code.wrong}"))
    if code.right:
        rows.append(("but not by", f"diffcli {code.right}"))
    data = {"schema": "diffcli/help@1", "code": name, **code._asdict()}
    return Document((Table(name, texts("", ""), tuple(rows)),), data, alone=f"{code.meaning}\n")
