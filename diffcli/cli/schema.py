"""``diffcli schema``: the JSON Schema of what a command prints under --json."""

from __future__ import annotations

import json
from pkgutil import get_data
from typing import Any

import click

from diffcli.cli.options import Choice, as_command
from diffcli.cli.run import Run
from diffcli.cli.summaries import COMMANDS
from diffcli.records.blocks import Document, Table, Text, texts

EXAMPLES = ("diffcli schema", "diffcli schema grad", "diffcli schema error")

NAMES = (*COMMANDS, "error")


@as_command(click.Argument(["name"], required=False, metavar="[COMMAND]", type=Choice("schema", NAMES)), examples=EXAMPLES, limits=False)
def command(run: Run, name: str | None) -> int:
    """The JSON Schema (draft 2020-12) of what COMMAND prints under --json; `error` is that of errors.

    Without COMMAND, the list of schemas.
    """
    if name is None:
        about = {known: schema_of(known)["title"] for known in NAMES}
        table = Table("schemas", texts("", ""), tuple(about.items()))
        document = Document((table,), {"schema": "diffcli/schema@1", "schemas": about})
    else:
        text = json.dumps(schema_of(name), indent=2, ensure_ascii=False)
        document = Document((Text(text, "code"),), schema_of(name))
    run.output.print(document)
    return 0


def schema_of(name: str) -> dict[str, Any]:
    """A schema with the parts that it shares with others, and no more of them."""
    text, common = ((get_data("diffcli.reports", f"schemas/{file}.json") or b"").decode() for file in (name, "common"))
    schema: dict[str, Any] = json.loads(text.replace("common.json", ""))
    for part, own in reversed(json.loads(common)["$defs"].items()):  # each stands behind those that it refers to
        if f"#/$defs/{part}" in json.dumps(schema):
            schema.setdefault("$defs", {})[part] = own
    return schema
