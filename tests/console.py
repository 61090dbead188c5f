"""Running the command line in this process, with streams of our own."""

from __future__ import annotations

import io
import shlex
from typing import NamedTuple

from inside import Environment, main


class Outcome(NamedTuple):
    stdout: str
    stderr: str
    exit: int


def run(arguments: str | list[str], stdin: bytes = b"", encoding: str = "utf-8", **variables: str) -> Outcome:
    """``diffcli`` with arguments (as a shell would split them), in an environment of ``variables`` alone."""
    streams = [io.TextIOWrapper(io.BytesIO(content), encoding=encoding) for content in (stdin, b"", b"")]
    environment = Environment(*streams, variables)
    code = main(shlex.split(arguments) if isinstance(arguments, str) else arguments, environment)
    out, err = (stream.buffer.getvalue().decode(encoding) for stream in streams[1:])
    return Outcome(out, err, int(code))


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
