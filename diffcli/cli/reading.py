"""The expression of a command: text, ``@file``, ``-`` for standard input, or a function of a Python file, ``FILE.py:NAME``."""

from __future__ import annotations

from diffcli.cli.environment import Environment
from diffcli.errors import UsageError, error
from diffcli.language import Program, parse


def read_program(given: str, environment: Environment, *, functions: bool = True) -> Program:
    """Parse what the command line gave as EXPR; or import a Python file, because it names one.

    Without ``functions`` a Python function will not do.

    Raises
    ------
    UsageError
        The file cannot be read, or a Python function will not do.
    ExpressionError
        The text is not a program, or the file has no such function.
    """
    if given == "-":
        if environment.stdin.isatty():
            environment.stderr.write("reading a program from the terminal; end it with Ctrl-D\n")
        from diffcli.methods.points.file_text import decode

        return parse(decode(_read_stdin(environment), "standard input"), "standard input")
    if given.startswith("@"):
        from diffcli.methods.points.file_text import read_text

        return parse(read_text(given[1:], "write @FILE for a file, and - for standard input"), given[1:])
    if ".py" in given:
        from diffcli.cli.python_file import as_python_target, read_function

        target = as_python_target(given)
        if target is not None and not functions:
            help = ["`diffcli grad`, `check` and `step-size` take FILE.py:NAME"]
            raise UsageError([error("usage", "a Python function has no text, which this command is about", help=help)])
        if target is not None:
            return read_function(*target, environment)
    return parse(given)


def _read_stdin(environment: Environment) -> bytes:
    buffer = getattr(environment.stdin, "buffer", None)
    return buffer.read() if buffer is not None else environment.stdin.read().encode()
