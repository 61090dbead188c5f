"""``diffcli help``: what a code means, with an input that brings it about and one that does not."""

from __future__ import annotations

import click

from diffcli.cli.exit_codes import ExitCode
from diffcli.cli.options import as_command
from diffcli.cli.run import Run
from diffcli.cli.summaries import COMMANDS
from diffcli.errors import UsageError, did_you_mean, error
from diffcli.errors.codes import CODES, Code
from diffcli.records.blocks import Column, Document, Table, Text

EXITS: dict[int, str] = {code.value: code.meaning for code in ExitCode}

EXAMPLES = ("diffcli help", "diffcli help implicit-multiplication", "diffcli help exit-codes")


@as_command(click.Argument(["topic"], required=False), examples=EXAMPLES, limits=False)
def command(run: Run, topic: str | None) -> int:
    """What the error code TOPIC means, with an example. Without TOPIC, the list of them."""
    if topic is None:
        document = _list()
    elif topic == "exit-codes":
        document = _exit_codes()
    elif topic in (codes := CODES | _reasons(topic)):
        document = _explain(topic, codes[topic])
    else:
        help = [*did_you_mean(topic, [*codes, "exit-codes"]), "`diffcli help` lists them all"]
        if topic in COMMANDS:
            help = [f"`diffcli {topic} --help` describes the command"]
        raise UsageError([error("unknown-topic", f"there is no code `{topic}`", help=help)])
    run.output.print(document)
    return 0


def _reasons(topic: str) -> dict[str, Code]:
    """Why ways disagree, where that has no code of its own."""
    if topic in CODES:
        return {}
    from diffcli.studies.agreement.disagreement import REASONS  # which a code does not wait for

    return {name: Code("reason", 0, f"diffcli check says why ways disagree: {text}.") for name, text in REASONS.items()}


def _list() -> Document:
    columns = (Column("code"), Column("kind"), Column("meaning"))
    rows = tuple((name, code.kind, code.meaning) for name, code in CODES.items())
    data = {"schema": "diffcli/help@1", "codes": {name: code._asdict() for name, code in CODES.items()}}
    hint = Text("diffcli help CODE shows an example; diffcli help exit-codes lists the exit codes.", "dim")
    return Document((Table("codes", columns, rows), hint), data)


def _exit_codes() -> Document:
    columns = (Column("exit code", numeric=True), Column("meaning"))
    data = {"schema": "diffcli/help@1", "exit_codes": {str(code): meaning for code, meaning in EXITS.items()}}
    return Document((Table("exit codes", columns, tuple(EXITS.items())),), data)


def _explain(name: str, code: Code) -> Document:
    rows = [("meaning", code.meaning), ("kind", code.kind)]
    if code.exit:
        rows.append(("exit code", f"{code.exit}: {EXITS[code.exit]}"))
    if code.wrong:
        rows.append(("brought about by", f"diffcli {code.wrong}"))
    if code.right:
        rows.append(("but not by", f"diffcli {code.right}"))
    table = Table(name, (Column(""), Column("")), tuple(rows))
    return Document((table,), {"schema": "diffcli/help@1", "code": name, **code._asdict()})
