"""The expression of a command: text, ``@file``, or ``-`` for standard input."""

from __future__ import annotations

from diffcli.cli.environment import Environment
from diffcli.errors import UsageError, error
from diffcli.language import Program, parse


def read_program(given: str, environment: Environment) -> Program:
    """Parse what the command line gave as EXPR.

    Raises
    ------
    UsageError
        The file cannot be read.
    ExpressionError
        The text is not a program.
    """
    if given == "-":
        if environment.stdin.isatty():
            environment.stderr.write("reading a program from the terminal; end it with Ctrl-D\n")
        return parse(_decode(_read_stdin(environment), "standard input"), "standard input")
    if given.startswith("@"):
        path = given[1:]
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError as failure:
            reason = failure.strerror or str(failure)
            help = ["write @FILE for a file, and - for standard input"]
            raise UsageError([error("unreadable-file", f"cannot read {path}: {reason}", help=help)]) from None
        return parse(_decode(content, path), path)
    return parse(given)


def read_points(path: str) -> list[dict[str, str]]:
    """The points of a CSV file: a line of names, and a line of values for each point. Empty lines are passed over.

    Raises
    ------
    UsageError
        The file cannot be read, or a line has more or fewer values than there are names.
    """
    import csv

    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            lines = [(number, row) for number, row in enumerate(csv.reader(file), 1) if any(cell.strip() for cell in row)]
    except OSError as failure:
        raise UsageError([error("unreadable-file", f"cannot read {path}: {failure.strerror or failure}")]) from None
    except (UnicodeDecodeError, csv.Error) as failure:
        raise UsageError([error("unreadable-file", f"{path} is not a CSV file in UTF-8: {failure}")]) from None
    help = ["write the names in the first line, and a value for each of them in every other"]
    if len(lines) < 2:
        raise UsageError([error("unreadable-file", f"{path} holds no points", help=help)])
    (_, names), *points = lines
    for number, row in points:
        if len(row) != len(names):
            message = f"line {number} of {path} has {len(row)} values, and there are {len(names)} names"
            raise UsageError([error("unreadable-file", message, help=help)])
    return [{name.strip(): cell.strip() for name, cell in zip(names, row, strict=True)} for _, row in points]


def _read_stdin(environment: Environment) -> bytes:
    buffer = getattr(environment.stdin, "buffer", None)
    return buffer.read() if buffer is not None else environment.stdin.read().encode()


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        message = f"{name} is not UTF-8 text: byte {failure.start} is {content[failure.start]:#04x}"
        raise UsageError([error("unreadable-file", message, help=["save it as UTF-8"])]) from None
