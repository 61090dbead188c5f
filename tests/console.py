"""Running the command line in this process, with streams of our own."""

from __future__ import annotations

import io
import json
import shlex
import subprocess
import sys
from functools import cache
from typing import Any, NamedTuple

from inside import Environment, main, schema_of

try:
    from jsonschema import Draft202012Validator
except ImportError:  # where the frameworks are, it need not be
    Draft202012Validator = None


class Outcome(NamedTuple):
    stdout: str
    stderr: str
    exit: int


def fresh(code: str, *arguments: str, env: dict[str, str] | None = None) -> str:
    """What some code prints in a Python of its own, where nothing is loaded yet."""
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True, env=env).stdout


def run(arguments: str | list[str], stdin: bytes = b"", encoding: str = "utf-8", **variables: str) -> Outcome:
    """``diffcli`` with arguments (as a shell would split them), in an environment of ``variables`` alone."""
    streams = [io.TextIOWrapper(io.BytesIO(content), encoding=encoding) for content in (stdin, b"", b"")]
    environment = Environment(*streams, variables)
    code = main(shlex.split(arguments) if isinstance(arguments, str) else arguments, environment)
    out, err = (stream.buffer.getvalue().decode(encoding) for stream in streams[1:])
    objects = [out] if out.startswith('{\n  "schema": ') else []
    for text in objects + [line for line in err.splitlines() if line.startswith('{"schema": ')]:
        check_json(text)
    return Outcome(out, err, int(code))


@cache
def validator(name: str) -> Any:
    return Draft202012Validator(schema_of(name))


def check_json(text: str) -> None:
    """Whatever JSON a test meets is that of its schema."""
    if Draft202012Validator is None or len(text) > 200_000:
        return
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)  # the sizes of swollen expressions
    try:
        data = json.loads(text)
    finally:
        sys.set_int_max_str_digits(limit)
    name = data["schema"].partition("/")[2].partition("@")[0]
    wrong = [f"{'.'.join(map(str, found.absolute_path))}: {found.message[:300]}" for found in validator(name).iter_errors(data)]
    assert not wrong, wrong


def plainly(error: Exception) -> str:
    """What an error says: its message, notes and help, a line each however long, without the place; the text of any other error."""
    lines = []
    for found in getattr(error, "diagnostics", ()):
        lines += [found.message, *[f"  note: {note}" for note in found.notes], *[f"  help: {help}" for help in found.help]]
    return "\n".join(lines) or str(error)


def transcript(command: str) -> str:
    """A command and everything that came of it, as kept in ``tests/golden``."""
    outcome = run(command)
    return f"$ diffcli {command}\n--- stdout\n{outcome.stdout}--- stderr\n{outcome.stderr}--- exit {outcome.exit}\n"
