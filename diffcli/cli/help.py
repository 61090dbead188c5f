"""``diffcli help``: a page about a topic or a command, or what a code means, with an example of it and one that is none."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pkgutil import get_data

import click

from diffcli.cli.exit_codes import ExitCode
from diffcli.cli.flags import among
from diffcli.cli.options import as_command
from diffcli.cli.run import Run
from diffcli.cli.summaries import ALIASES, COMMANDS, command_of, options_of
from diffcli.errors import did_you_mean, refusal
from diffcli.errors.codes import CODES, Code
from diffcli.operations import is_function
from diffcli.records.blocks import Block, Document, Table, Text, texts

EXITS: dict[int, str] = {code.value: code.meaning for code in ExitCode}

EXAMPLES = ("diffcli help", "diffcli help syntax", "diffcli help implicit-multiplication")

TOPICS = {
    "syntax": "The language: numbers, names, operators, arrays, statements.",
    "functions": "Every function by kind.",
    "points": "Every form of --at, files included.",
    "formats": "Tables, JSON, CSV, pictures; where results go.",
    "json": "What --json prints.",
    "kernels": "A derivative compiled in Python, for many points.",
    "batch": "A derivative at every row of a table: files, flags, clusters.",
    "export": "A derivative as code in another language.",
    "exit-codes": "What the end of a command says to a script.",
    "codes": "The codes of errors, warnings and notes.",
}
"""What each topic is about; its page is the file of its name in ``topics/``."""


@as_command(click.Argument(["words"], nargs=-1, metavar="[TOPIC]", shell_complete=among([*TOPICS, *COMMANDS, *CODES])), examples=EXAMPLES, limits=False)
def command(run: Run, words: tuple[str, ...]) -> int:
    """A page about TOPIC: a command, the language, the point, formats; or what an error code means, with an example.

    Without TOPIC, the list of topics.
    """
    topic = "-".join(words).rpartition("[")[2].rstrip("]:")  # a code as it is printed: error[kink]
    topic = "exit-codes" if topic.isdecimal() else ALIASES.get(topic, topic).partition(" ")[0]
    if not topic:
        document = _list()
    elif topic in TOPICS:
        document = _page(topic, (get_data("diffcli.cli", f"topics/{topic}.md") or b"").decode())
    elif topic in COMMANDS:
        document = _page(topic, _of_command(topic))
    elif topic in (codes := CODES | _reasons(topic)):
        document = _explain(topic, codes[topic])
    else:
        near = did_you_mean(topic, [*TOPICS, *COMMANDS]) or did_you_mean(topic, codes)
        help = [*near, "`diffcli help` lists the topics, `diffcli help codes` the codes"]
        if is_function(topic):
            help = [f"`diffcli functions {topic}` says everything about the function"]
        owners = [each for each in COMMANDS if f"--{topic.lstrip('-')}" in options_of(command_of(each))]
        help = [f"`diffcli {each} --help` says what --{topic.lstrip('-')} does" for each in owners[:1]] or help
        raise refusal("unknown-topic", f"there is no topic, command or code `{topic}`", *help)
    run.output.print(document)
    return 0


def _reasons(topic: str) -> dict[str, Code]:
    """Why ways disagree, where that has no code of its own."""
    if topic in CODES:
        return {}
    from diffcli.studies.agreement.verdict import REASONS  # which a code does not wait for

    return {name: Code("reason", 0, f"diffcli check says why ways disagree: {text}.") for name, text in REASONS.items()}


def _list() -> Document:
    commands = {name: about for name, (_, about) in COMMANDS.items()}
    tables = [Table(title, texts("", ""), tuple(rows.items())) for title, rows in (("topics", TOPICS), ("commands", commands))]
    hint = Text("diffcli help TOPIC shows a page, as diffcli help syntax; diffcli help codes lists the codes of errors.", "dim")
    data = {"schema": "diffcli/help@1", "topics": TOPICS | commands, "codes": {name: code._asdict() for name, code in CODES.items()}}
    return Document((*tables, hint), data)


def _page(topic: str, text: str) -> Document:
    """The document of a page; that of the codes has their table, for which no text would do."""
    data: dict[str, object] = {"schema": "diffcli/help@1", "topic": topic, "text": text}
    blocks = list(_blocks(text))
    if topic == "codes":
        rows = tuple((name, code.kind, code.meaning) for name, code in CODES.items())
        blocks.append(Table("", texts("code", "kind", "meaning"), rows))
    elif topic == "exit-codes":
        data["exit_codes"] = {str(code): meaning for code, meaning in EXITS.items()}
        text = "".join(f"{code}\t{meaning}\n" for code, meaning in EXITS.items())
    return Document(tuple(blocks), data, alone=text if topic != "codes" else "")


def _of_command(name: str) -> str:
    """The page of a command: what its help says of it, two examples, and where its options are."""
    command = command_of(name)
    about = inspect.cleandoc(command.help or "").strip()
    examples = "".join(f"    {example}\n" for example in command.examples[:2])
    more = " More: `diffcli help syntax`, `points`, `formats`." * any(option.name == "at" for option in command.params)
    return f"# diffcli {name}\n\n{about}\n\nExamples:\n\n{examples}\n`diffcli {name} --help` lists its options.{more}\n"


def _blocks(text: str) -> Iterator[Block]:
    """The blocks of a page in Markdown, of which it has headings, paragraphs, and code that is indented by four blanks."""
    for part in filter(None, text.strip("\n").split("\n\n")):
        if part.startswith("    "):
            yield Text(part.replace("\n  ", "\n")[2:], "code")
        else:
            yield Text(" ".join(part.split()).removeprefix("# "), "heading" if part.startswith("# ") else "paragraph")


def _explain(name: str, code: Code) -> Document:
    rows = {
        "meaning": code.meaning,
        "kind": code.kind,
        "exit code": code.exit and f"{code.exit}: {EXITS[code.exit]}",
        "brought about by": code.wrong and f"diffcli {code.wrong}",
        "but not by": code.right and f"diffcli {code.right}",
    }
    data = {"schema": "diffcli/help@1", "code": name, **code._asdict()}
    return Document((Table(name, texts("", ""), tuple(row for row in rows.items() if row[1])),), data)
