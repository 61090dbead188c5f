"""The schemas of the JSON that commands print: valid, strict, told, and nothing in them that never occurs.

`console.run` holds whatever JSON any test prints against its schema.
"""

from __future__ import annotations

import copy
import json
import re
import shlex
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path

import pytest
from console import check_json, run, validator
from inside import CODES, COMMANDS, SCHEMAS, schema_of

jsonschema = pytest.importorskip("jsonschema")
GOLDEN = Path(__file__).parent / "golden"


def keys_of(schema, path=""):
    """Every key that a schema describes: where it stands, and its own schema."""
    if isinstance(schema, dict):
        for name, own in schema.get("properties", {}).items():
            yield f"{path}.{name}", own
        for word, part in schema.items():
            for name, own in part.items() if word in ("properties", "$defs") else [("", part)]:
                yield from keys_of(own, f"{path}.{name}" if name else path)
    elif isinstance(schema, list):
        for each in schema:
            yield from keys_of(each, path)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_a_schema_and_says_what_each_key_is(name):
    schema = json.loads(run(f"schema {name}").stdout)
    assert schema == schema_of(name) == json.loads(run(f"schema {name} --json").stdout) == json.loads(run(f"schema {name} -q").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"diffcli/{name}@1" and schema["$schema"].endswith("2020-12/schema")
    keys = dict(keys_of(schema))
    assert keys[".schema"]["const"] == f"diffcli/{name}@1"
    for place, own in keys.items():
        assert re.fullmatch(r"[^\n]{3,120}\.", own["description"]), place


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_strict_and_whole(name):
    """Where keys are fixed no other is allowed, and every part is that which the schema refers to."""
    schema = schema_of(name)
    text = json.dumps(schema)
    assert "common.json" not in text
    assert set(re.findall(r"#/\$defs/(\w+)", text)) == set(schema.get("$defs", ()))
    for place, part in keys_of({"properties": {"": schema}}):
        for one in (part, *part.get("anyOf", ())):
            if "properties" in one:
                assert one["additionalProperties"] is False and set(one["required"]) <= set(one["properties"]), place


def test_the_list_names_every_schema_and_files_are_no_more():
    listed = json.loads(run("schema --json").stdout)["schemas"]
    assert list(listed) == list(SCHEMAS) == [*COMMANDS, "error"]
    assert [line.partition("\t")[0] for line in run("schema -q").stdout.splitlines()] == list(SCHEMAS)
    names = {path.name for path in (files("diffcli.reports") / "schemas").iterdir()}
    assert names == {f"{name}.json" for name in (*SCHEMAS, "common")}


# -- goldens and examples ------------------------------------------------------------------------------------------------


def without_format(words):
    """A command line without what says how its result is to be written."""
    kept, skip = [], False
    for word in words:
        if not skip and not re.fullmatch(r"-q|--quiet|--json|--full|-[of].+|--(format|output)=.*|--color|--color=.*", word):
            skip = word in ("-f", "--format", "-o", "--output", "--color")
            kept += [] if skip else [word]
        else:
            skip = False
    return kept


@cache
def command_lines():
    """Those of the goldens, of the examples in help, and those that bring codes about."""
    found = [line for path in sorted(GOLDEN.rglob("*.txt")) for line in re.findall(r"^\$ diffcli (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)]
    found += [example.removeprefix("diffcli ") for name, _ in COMMANDS.values() for example in import_module(f"diffcli.cli.{name}").EXAMPLES]
    return list(dict.fromkeys([*found, *[code.wrong for code in CODES.values() if code.wrong], *MORE]))


MORE = (
    "lesson reverse --more --answer", "lesson graph --more", "lesson topological-order --more", 'grad "x*sin(y)" --at x=1,y=2 --substituted', 'grad "x*sin(y)" --at x=1,y=2 --mode forward --substituted',
    "lesson all --json", "help codes", "help exit-codes", "check \"[x*y, x]\" --at x=1,y=2",
    'grad "x*y" --at x=1,y=2 --mode forward --direction x=1 --time', 'grad "sum(x^2)" --at x=@large.npy', 'ast "f(t) = t^2; f(x)"',
    'jacobian "[x*y, x]" --at x=1,y=2 --mode numeric', 'hessian "u = x^2; u*x" --of u --at x=1', 'jvp "u = x^2; u*x" --of u --at x=1 --direction x=1',
    'vjp "u = x^2; u*x" --of u --at x=1 --weights u=1', 'hvp "u = x^2; u*x" --of u --at x=1 --direction x=1', "check --claims claims.csv",
    'batch "[x, sqrt(-x^2 - 1)]" --data points.csv -o slopes.csv',
    'step-size "abs(x)" --at x=0', 'hessian "x^2 + y^2" --at x=0,y=0 --mode numeric', 'swell --n 6 --at x=0.9 --budget 2 --time',
)  # fmt: skip


def occurring(schema, data, path=""):
    """The keys of a schema that occur in an object."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from occurring(ROOT["$defs"][name], data, f".{name}")
    for one in schema.get("anyOf", ()):
        if jsonschema.Draft202012Validator({**one, "$defs": ROOT.get("$defs", {})}).is_valid(data):
            yield from occurring(one, data, path)
    if isinstance(data, dict):
        for name, value in data.items():
            if name in schema.get("properties", {}):
                yield f"{path}.{name}"
                yield from occurring(schema["properties"][name], value, f"{path}.{name}")
            elif isinstance(schema.get("additionalProperties"), dict):
                yield from occurring(schema["additionalProperties"], value, path)
    elif isinstance(data, list) and "items" in schema:
        for value in data[:200]:
            yield from occurring(schema["items"], value, path)


ROOT = {}


@pytest.mark.slow
def test_every_golden_and_every_example_is_that_of_its_schema_and_every_key_occurs(tmp_path, monkeypatch):
    from test_help import write_files

    write_files(tmp_path)
    monkeypatch.chdir(Path(__file__).parents[1])
    met = {name: set() for name in SCHEMAS}
    for line in command_lines():
        if "$" in line or "|" in line:
            continue
        for folder in (Path(__file__).parents[1], tmp_path):
            monkeypatch.chdir(folder)
            words = shlex.split(line)
            outcome = run([*(words if words[:1] == ["batch"] else without_format(words)), "--json"])  # which holds it against its schema
            for text in [outcome.stdout] if outcome.stdout.startswith("{\n") else outcome.stderr.splitlines():
                if len(text) < 200_000 and text.startswith(("{\n  \"schema\"", "{\"schema\"")):
                    data = json.loads(text)
                    name = data["schema"].partition("/")[2].partition("@")[0]
                    ROOT.clear()
                    ROOT.update(schema_of(name))
                    met[name].update(occurring(ROOT, data))
            if outcome.exit != 2:
                break
    described = {name: {place for place, _ in keys_of(schema_of(name))} for name in SCHEMAS}
    shared = {place for name, places in met.items() for place in places if place.split(".")[1] in schema_of(name).get("$defs", ())}
    missing = [f"{name}{place}" for name in SCHEMAS for place in sorted(described[name] - met[name] - shared)]
    assert not missing, "\n".join(missing)


def test_a_key_that_no_schema_has_is_found():
    data = json.loads(run('grad "x^2" --at x=2 --json').stdout)
    check_json(json.dumps(data))
    for change in ({"more": 1}, {"value": None}, {"gradient": {"x": "much"}}, {"notes": [{}]}, {"schema": "diffcli/grad@1", "mode": 3}):
        with pytest.raises(AssertionError):
            check_json(json.dumps(copy.deepcopy(data) | change))
    del data["at"]
    assert not validator("grad").is_valid(data)
