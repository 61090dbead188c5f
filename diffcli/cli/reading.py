"""The expression of a command: text, ``@file``, ``-`` for standard input, or a function of a Python file, ``FILE.py:NAME``."""

from __future__ import annotations

from diffcli.cli.environment import Environment
from diffcli.errors import Diagnostic, ExpressionError, UsageError, error
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
    if ".py" in given:
        from diffcli.cli.python_file import as_python_target, read_function

        target = as_python_target(given)
        if target is not None and not functions:
            help = ["`diffcli grad`, `check` and `step-size` take FILE.py:NAME"]
            raise UsageError([error("usage", "a Python function has no text, which this command is about", help=help)])
        if target is not None:
            return read_function(*target, environment)
    return parse(given)


def read_points(path: str, program: Program) -> tuple[list[dict[str, float]], list[Diagnostic]]:
    """The points of a CSV file: a line of names, and a line of values for each point. Empty lines are passed over.

    Returns
    -------
    The values of the program's variables, and a note for columns that are none of them.

    Raises
    ------
    UsageError
        The file cannot be read, has no column for a variable, or a line has more or fewer values than there are names.
    ExpressionError
        A value is no finite number or constant expression.
    """
    lines = _csv_lines(path)
    (_, header), *rows = lines
    names = [name.strip() for name in header]
    for position, name in enumerate(names):
        if not name or name in names[:position]:
            fault = f"the name `{name}` twice" if name else "a column without a name"
            raise _unusable(f"the first line of {path} has {fault}")
    missing = [name for name in program.inputs if name not in names]
    if missing:
        separated = any(";" in name or "\t" in name for name in names)
        raise _unusable(f"{path} has no column for `{missing[0]}`", "separate the columns by commas" if separated else _LAYOUT)
    known = {*program.inputs, *program.constants}
    points = []
    for number, row in rows:
        if len(row) != len(names):
            raise _unusable(f"line {number} of {path} has {len(row)} value{'s' * (len(row) != 1)}, and there are {len(names)} names")
        points.append({
            name: _csv_value(name, cell, f"line {number} of {path}")
            for name, cell in zip(names, row, strict=True) if name in known
        })  # fmt: skip
    surplus = [f"`{name}`" for name in names if name not in known]
    message = f"no variable of the expression, and passed over: {', '.join(surplus)}"
    return points, [Diagnostic("unused-name", "note", message)] if surplus else []


_LAYOUT = "write the names in the first line, and a value for each of them in every other"


def _csv_lines(path: str) -> list[tuple[int, list[str]]]:
    import csv

    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            lines = [(number, row) for number, row in enumerate(csv.reader(file), 1) if any(cell.strip() for cell in row)]
    except OSError as failure:
        raise UsageError([error("unreadable-file", f"cannot read `{path}`: {failure.strerror or failure}")]) from None
    except (UnicodeDecodeError, csv.Error) as failure:
        raise UsageError([error("unreadable-file", f"{path} is not a CSV file in UTF-8: {failure}")]) from None
    if len(lines) < 2:
        raise _unusable(f"{path} holds no points")
    return lines


def _csv_value(name: str, cell: str, where: str) -> float:
    from diffcli.methods.points.points import read_point

    try:
        return read_point(f"{name}={cell}", where)[0][name]
    except ExpressionError:
        message = f"{where}: the value of `{name}` is `{cell.strip()}`, not a finite number"
        raise ExpressionError([error("bad-value", message, help=["write a number, or an expression such as pi/4"])]) from None


def _unusable(message: str, help: str = _LAYOUT) -> UsageError:
    return UsageError([error("unreadable-file", message, help=[help])])


def _read_stdin(environment: Environment) -> bytes:
    buffer = getattr(environment.stdin, "buffer", None)
    return buffer.read() if buffer is not None else environment.stdin.read().encode()


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        message = f"{name} is not UTF-8 text: byte {failure.start} is {content[failure.start]:#04x}"
        raise UsageError([error("unreadable-file", message, help=["save it as UTF-8"])]) from None
