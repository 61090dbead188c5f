"""The JSON Schemas as tables of keys, a page for each command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from diffcli.cli.schema import NAMES, schema_of
from writers.pages import block, code, contents, prose, table

INTRODUCTION = """\
# JSON

`--json` prints one JSON object. Its key `schema` names the command and the version of the form, such as `diffcli/grad@1`. Within a
version keys are only added. Numbers carry all digits; where JSON has no number, the text `"nan"`, `"inf"` or `"-inf"` stands.
`diffcli schema COMMAND` prints the schema (JSON Schema, draft 2020-12) for your own tools.

"""


def write(folder: Path) -> None:
    for name in NAMES:
        (folder / f"{name}.md").write_text(_page(name), encoding="utf-8")
    rows = [(f"[{name}]({name}.md)", prose(schema_of(name)["title"])) for name in NAMES]
    (folder / "index.md").write_text(INTRODUCTION + table(("schema", "what it describes"), rows) + "\n" + contents(NAMES, hidden=True), encoding="utf-8")


def _page(name: str) -> str:
    schema = schema_of(name)
    text = f"# {name}\n\n{prose(schema['title'])}.\n\n{_table(schema)}"
    for part, own in schema.get("$defs", {}).items():
        text += f"\n({name}-{part})=\n## {part}\n\n{prose(own['description'])}\n\n" + (_table(own) if "properties" in own else f"{kind(own)}\n")
    raw = block("json", json.dumps(schema, indent=2, ensure_ascii=False))
    return text.replace("](#", f"](#{name}-") + f"\n<details>\n<summary>The schema itself</summary>\n\n{raw}\n</details>\n"


def _table(schema: dict[str, Any]) -> str:
    return table(("key", "type", "what it is"), keys(schema))


def keys(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, str, str]]:
    """A row for each key, those of objects inside it below it; a key that is not always there is marked."""
    for name, part in schema.get("properties", {}).items():
        optional = "" if name in schema.get("required", ()) else ", optional"
        yield code(f"{path}{name}"), kind(part) + optional, prose(part.get("description", ""))
        within, dots = part, "."
        while within.get("type") == "array" and isinstance(within.get("items"), dict):
            within, dots = within["items"], f"[]{dots}"
        yield from keys(within, f"{path}{name}{dots}")


def kind(part: dict[str, Any]) -> str:
    """The type of a part of a schema, in words."""
    match part:
        case {"$ref": target}:
            name = target.rpartition("/")[2]
            return f"[{name}](#{name})"
        case {"const": value}:
            return code(json.dumps(value))
        case {"enum": values}:
            return " or ".join(code(json.dumps(value)) for value in values)
        case {"anyOf": parts} | {"oneOf": parts}:
            return " or ".join(dict.fromkeys(map(kind, parts)))
        case {"type": "array", "items": dict(items)}:
            return f"array of {kind(items)}"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"object: name to {kind(values)}"
        case {"type": str(name)}:
            return name
        case {"type": list(names)}:
            return " or ".join(names)
    return "anything"
