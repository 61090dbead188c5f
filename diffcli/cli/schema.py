"""``diffcli schema``: the JSON Schema of what a command prints under --json."""

from __future__ import annotations

import json
import re
from pkgutil import get_data
from typing import Any

import click

from diffcli.cli.flags import among
from diffcli.cli.options import as_command
from diffcli.cli.run import Run
from diffcli.cli.summaries import COMMANDS
from diffcli.errors import UsageError, did_you_mean, error
from diffcli.records.blocks import Document, Table, Text, texts

EXAMPLES = ("diffcli schema", "diffcli schema grad", "diffcli schema error")

NAMES = (*COMMANDS, "error")


@as_command(click.Argument(["name"], required=False, metavar="[COMMAND]", shell_complete=among(NAMES)), examples=EXAMPLES, limits=False)
def command(run: Run, name: str | None) -> int:
    """The JSON Schema (draft 2020-12) of what COMMAND prints under --json; `error` is that of errors.

    Without COMMAND, the list of schemas.
    """
    if name is None:
        about = {name: schema_of(name)["title"] for name in NAMES}
        table = Table("schemas", texts("", ""), tuple(about.items()))
        run.output.print(Document((table,), {"schema": "diffcli/schema@1", "schemas": about}, alone="".join(f"{name}\n" for name in NAMES)))
        return 0
    if name not in NAMES:
        help = [*did_you_mean(name, NAMES), "`diffcli schema` lists them"]
        raise UsageError([error("unknown-topic", f"there is no schema `{name}`", help=help)])
    schema = schema_of(name)
    text = json.dumps(schema, indent=2, ensure_ascii=False)
    run.output.print(Document((Text(text, "code"),), schema, alone=f"{text}\n"))
    return 0


def schema_of(name: str) -> dict[str, Any]:
    """A schema with the parts that it shares with others, and no more of them."""
    own, common = (
        json.loads((get_data("diffcli.reports", f"schemas/{file}.json") or b"").replace(b"common.json#", b"#"))
        for file in (name, "common")
    )
    needed: dict[str, Any] = {}
    found = _references(own)
    while found:
        needed |= {part: common["$defs"][part] for part in found}
        found = _references(needed) - needed.keys()
    shared = {"$defs": {part: needed[part] for part in common["$defs"] if part in needed}}
    return {**own, **(shared if needed else {})}


def _references(schema: Any) -> set[str]:
    return set(re.findall(r'"#/\$defs/(\w+)"', json.dumps(schema)))
