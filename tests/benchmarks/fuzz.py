"""Random command lines: every command, with expressions and files well and ill formed, options with absurd values.

    python tests/benchmarks/fuzz.py --size 100000 --seed 1 [--first 0] [--only N]

Each command line is made of its seed and number alone, and runs in this process. What counts is a bug (exit code 70), a
traceback, a warning of Python's, an error with something on stdout, a raw control character, and whatever takes more than ``LIMIT`` seconds of
this process: after five times as many on the clock a thread of C ends it, and another goes on behind it. ``--only`` runs one again, and shows all of it.
"""

from __future__ import annotations

import argparse
import faulthandler
import io
import os
import re
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from time import monotonic, process_time
from typing import Any

import click

sys.path.insert(0, str(Path(__file__).parents[1]))

from console import Outcome
from inside import CODES, COMMANDS, FUNCTION_NAMES, OPERATIONS, Environment, main, program

LIMIT = 20.0
"""Seconds that no command line may take."""

NUMBERS = (
    "0", "1", "2", "3", "4", "7", "17", "-1", "0.5", "-0.25", "1e-3", "pi/4", "2^-10", "nan", "inf", "-inf", "1e308", "1e400",
    "1e-400", "-0", "99999999999999999999", "1e10", "²", "٣", "0x10", "1_000", "1,5", "", " ", "x", "1/0", "full", "1;y=2",
    "@data.csv", "[1,2]", "9" * 5000, "1e-6", "--", "None", "true",
)  # fmt: skip
VALUES = (
    *("1", "2", "0", "-1.5", "0.3", "pi/4", "1e-5", "3", "0.7", "2.5"), "1e300", "1e-300", "1/0", "nan", "", "y", "[1,2]",
    "[[1,2],[3,4]]", "[1,[2]]", "[]", "[0.5,-1,2]", "@data.csv", "@data.csv:x", "@matrix.csv", '@"matrix.csv:a,b"', "@bad.csv",
    "@w.npy", "@w.npz:w", "@point.json", "@none.csv", "@", "@data.csv:nix", "1e400", "x=2", "'", "\x1b[31m", "@decimal.csv",
)  # fmt: skip
NAMES = ("x", "y", "z", "x1", "W", "e", "pi", "θ", "x", "y", "x", "x")
STRANGE = (
    "\x1b]0;t\x07", "\u202e", "\u200b", "\x7f", "\x9b31m", "\udc80", "²", "½", "𝑥", "日", "\x00", "\r", "\n", "\t", "'", '"', "\\",
    "$", "#", "`", "{", "}", "|", "&", "<", ">", ":", "@", "::", "//", "%", "!", "~", "1e5", ".5", "5.", "1__0", ",", ";", "..",
)  # fmt: skip
FILES = {
    "data.csv": "x,y\n1,2\n3,4\n", "matrix.csv": "a,b,c\n1,2,3\n4,5,6\n7,8,10\n", "bad.csv": "v\n0,5\n1,5\n",
    "decimal.csv": "x;y\n0,5;1,25\n2;3\n", "ragged.csv": "x,y\n1,2\n3\n", "empty.csv": "", "strange.csv": "x\x1b[31m,y\n1,\u202e\n",
    "point.json": '{"x": 2, "y": 3, "W": [[1, 2], [3, 4]]}', "bad.json": '{"x": [1, [2]], "\\u001b[31m": 1}', "expr.dc": "a = x^2\na*y",
    "f.py": "import math\ndef f(x, y=2.0):\n    return math.sin(x)*y if x > 0 else x\ndef g(x):\n    return [x[0]*x[1], x[0]]\n"
            "def h(x):\n    raise ValueError('\\x1b[31m')\ndef n(x):\n    return float('nan')\ndef s(x):\n    return 'text'\n",
    "w.npy": b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }" + b" " * 58 + b"\n" + b"\x00" * 6 + b"\xf0?" * 2,
    "cut.npy": b"\x93NUMPY\x01\x00v\x00{'descr': '<f8'", "w.npz": b"PK\x03\x04nothing",
}  # fmt: skip
PROGRAMS = ("@expr.dc", "@none.dc", "f.py:f", "f.py:g", "f.py:h", "f.py:n", "f.py:s", "f.py", "f.py:nix", "-", "@data.csv", "@")
ARRAYS = ("sum", "norm", "mean", "prod", "max", "softmax", "det", "inv", "trace", "cumsum", "logsumexp", "transpose", "dot", "relu")
ROWS = [row for row in OPERATIONS.values() if not row.symbol]
INFIX = (" + ", " - ", "*", "/", "^", "**", " @ ", " < ", " == ", " and ", " or ", " % ")
ENCODINGS = ("utf-8", "utf-8", "utf-8", "ascii", "latin-1", "cp1252")


def expression(draw: Random, depth: int = 4) -> str:
    """An expression: most are well formed, and some of the others nearly so."""
    if depth <= 0 or draw.random() < 0.2:
        return draw.choice((*NAMES, "1", "2", "0.5", "3", "1e-8", "1e300", "x[0]", "[x, y]", "[1, 2]"))
    part: Callable[[], str] = lambda: expression(draw, depth - draw.randint(1, 2))
    kind = draw.random()
    if kind < 0.4:
        return f"{part()}{draw.choice(INFIX)}{part()}"
    if kind < 0.65:
        row = draw.choice(ROWS)
        return f"{row.spelling}({', '.join(part() for _ in range(len(row.parameters) if draw.random() < 0.97 else draw.randint(0, 4)))})"
    if kind < 0.75:
        return f"{draw.choice(ARRAYS)}({part()}{draw.choice(('',) * 12 + (', axis=0', ', axis=0', ', keepdims=1', ', axis=x'))})"
    if kind < 0.85:
        return f"({part()})"
    if kind < 0.9:
        return f"({part()} if {part()} else {part()})"
    return f"-{part()}" if kind < 0.95 else f"{part()}^2"


def text(draw: Random) -> str:
    """A program: an expression, several statements, or something that strange characters have got into."""
    kind = draw.random()
    if kind < 0.06:
        return draw.choice(PROGRAMS)
    written = expression(draw, draw.randint(0, 6))
    if kind < 0.2:
        written = f"a = {expression(draw, 2)}; f(t) = t*{expression(draw, 1)}; {written}"
    while draw.random() < 0.08:
        place = draw.randint(0, len(written))
        written = written[:place] + draw.choice(STRANGE) + written[place + draw.randint(0, 1):]
    return written


def assignments(draw: Random, names: list[str]) -> str:
    wanted = [name for name in names if draw.random() < 0.99]
    if draw.random() < 0.02:
        wanted.append(draw.choice(NAMES))
    if draw.random() < 0.04:
        return draw.choice(("@point.json", "@bad.json", "@data.csv", "x", "x:2", "", "x==2", "x=1 y=2", "@strange.csv"))
    usual = draw.random() < 0.88
    arrays = draw.random() < 0.3
    values = VALUES[10:] if not usual else ("[1,2]", "[0.5,-1]", "[[1,2],[3,4]]", "2") if arrays else VALUES[:10]
    return draw.choice((",", ", ", ";", ",")).join(f"{name}={draw.choice(values)}" for name in wanted)


def option(draw: Random, found: click.Option, names: list[str]) -> list[str]:
    """An option of a command with a value: by its kind, or anything at all."""
    flag, kind = draw.choice(found.opts), found.type
    if found.is_flag:
        return [flag]
    if isinstance(kind, click.Choice) and draw.random() < 0.97:
        return [flag, draw.choice([known for known in kind.choices if known not in ("png", "pdf")])]
    name = found.name or ""
    if name in ("at", "start", "seed", "direction"):
        value = assignments(draw, names)
    elif name in ("wrt", "of", "var", "variable", "state", "methods"):
        value = ",".join(draw.choices([*names, *names, *names, *names, "u", "central", "2*x", "", "x[0]"], k=draw.randint(1, 2)))
    elif name == "claims":
        value = draw.choice((f"x: {expression(draw, 2)}", expression(draw, 2), "x: 2*x, y: 1", ":", "x:"))
    elif name == "points":
        value = draw.choice((*FILES, "none.csv", "-", ""))
    elif name == "output":
        value = draw.choice(("out.json", "out.txt", "out", "", ".", "none/out.csv", "out\x1b[31m.md", "-", "/dev/null", "out.tex"))
    else:
        value = draw.choice(NUMBERS[:7] if draw.random() < 0.75 else NUMBERS)
    return [f"{flag}={value}"] if flag.startswith("--") and draw.random() < 0.3 else [flag, value]


def command_line(seed: int, number: int) -> tuple[list[str], dict[str, Any]]:
    """The arguments, and the environment: encoding, variables, standard input."""
    draw = Random(f"{seed}/{number}")
    command = draw.choice((*COMMANDS, "grad", "grad", "jacobian", "check", "hessian"))
    known = program.get_command(click.Context(program), command)
    assert known is not None
    arguments = [command]
    written = text(draw)
    names = sorted({name for name in re.findall(r"[^\W\d]\w*", written) if name in NAMES}) or ["x"][: draw.randint(0, 1)]
    for found in known.params:
        if isinstance(found, click.Argument):
            if draw.random() < 0.97:
                arguments.append(_operand(draw, command, written))
        elif isinstance(found, click.Option) and found.expose_value:
            likely = 0.97 if found.name == "at" or found.required else 0.6 if found.name == "budget" else 0.06
            if draw.random() < likely:
                arguments += option(draw, found, names)
    if "--timeout" not in arguments and draw.random() < 0.9 and any(found.name == "timeout" for found in known.params):
        arguments += ["--timeout", draw.choice(("0.3", "0.3", "0.3", "1"))]
    if draw.random() < 0.02:
        arguments.insert(draw.randint(0, len(arguments)), draw.choice((*STRANGE, "--nix", "-q", "--json", "-x", "--help")))
    variables = {"COLUMNS": draw.choice(("80", "20", "1", "0", "x", "²", "9" * 30))} if draw.random() < 0.2 else {}
    return arguments, {"encoding": draw.choice(ENCODINGS), "stdin": written.encode("utf-8", "replace"), **variables}


def _operand(draw: Random, command: str, written: str) -> str:
    if command == "lesson":
        return draw.choice(("reverse", "forward", "numerical", "nix", "graph", "symbolic", written))
    if command == "functions":
        return draw.choice((*FUNCTION_NAMES, *ARRAYS, written))
    if command == "help":
        return draw.choice((*CODES, "exit-codes", written))
    return written


def run(arguments: list[str], encoding: str, stdin: bytes, **variables: str) -> Outcome:
    """One command line in this process, with streams of our own that carry whatever there is."""
    streams = [io.TextIOWrapper(io.BytesIO(content), encoding=encoding, errors="strict") for content in (stdin, b"", b"")]
    code = main(arguments, Environment(*streams, variables))
    out, err = (stream.buffer.getvalue().decode(encoding, "replace") for stream in streams[1:])
    return Outcome(out, err, int(code))


def fault(found: Outcome) -> str:
    """What is wrong with an outcome; nothing, if it may be so."""
    if found.exit == 70 or "[bug]" in found.stderr:
        return "bug"
    if "Traceback (most recent" in found.stderr + found.stdout:
        return "traceback"
    if found.exit in (2, 3, 7) and found.stdout:
        return "error with a result"
    if not re.sub(r"\x1b\[[\d;]*m|[\t\n]", "", found.stdout + found.stderr).isprintable():
        return "control character"
    return "" if found.exit in (0, 1, 2, 3, 4, 5, 6, 7) else f"exit code {found.exit}"


def work(seed: int, first: int, size: int, show: bool) -> None:
    """Run command lines one after the other, and say what is wrong with each that is."""
    counts: Counter[int] = Counter()
    began = monotonic()
    for number in range(first, first + size):
        arguments, given = command_line(seed, number)
        (Path("..") / "now").write_text(str(number))
        faulthandler.dump_traceback_later(5 * LIMIT, exit=True)
        start = process_time()
        try:
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                warnings.simplefilter("ignore", ResourceWarning)  # of a process that is ended with its pipes
                outcome = run(arguments, **given)
            wrong = fault(outcome) or "; ".join({f"warning: {each.message} ({each.filename}:{each.lineno})" for each in said})
        except BaseException as failure:  # what gets out of main is as bad as what it reports
            outcome, wrong = Outcome("", "", -1), f"{type(failure).__name__}: {failure}"
        if show:
            print(arguments, given, outcome.stdout, outcome.stderr, f"exit {outcome.exit}", f"{process_time() - start:.2f} s", sep="\n")
        counts[outcome.exit] += 1
        if wrong:
            print(f"{number}: {wrong}: {arguments} {given['encoding']}\n    {outcome.stderr[:600]!r}", flush=True)
        elif (taken := process_time() - start) > LIMIT / 4:
            print(f"{number}: {'hang' if taken > LIMIT else 'slow'}, {taken:.1f} s: {arguments}", flush=True)
        if number % 2000 == 0:
            print(f"# {number}: {monotonic() - began:.0f} s, exit codes {dict(sorted(counts.items()))}", flush=True)
    faulthandler.cancel_dump_traceback_later()
    print(f"# done: {size} command lines from {first}, seed {seed}, {monotonic() - began:.0f} s, exit codes {dict(sorted(counts.items()))}")


def prepare(folder: Path) -> None:
    """The files that command lines speak of."""
    for name, content in FILES.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def supervise(seed: int, first: int, size: int) -> None:
    """Run all in another process, and go on behind whatever ends it."""
    with tempfile.TemporaryDirectory() as folder:
        inner = Path(folder) / "in"
        inner.mkdir()
        prepare(inner)
        end = first + size
        while first < end:
            own = [sys.executable, str(Path(__file__).resolve()), "--work", "--seed", str(seed), "--first", str(first), "--size", str(end - first)]
            done = subprocess.run(own, cwd=inner, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])})
            if done.returncode == 0:
                return
            first = int((Path(folder) / "now").read_text())
            print(f"{first}: ended the process ({done.returncode}): {command_line(seed, first)[0]}", flush=True)
            first += 1


if __name__ == "__main__":
    reader = argparse.ArgumentParser()
    for name in ("size", "seed", "first", "only"):
        reader.add_argument(f"--{name}", type=int, default={"size": 1000, "only": -1}.get(name, 0))
    reader.add_argument("--work", action="store_true")
    asked = reader.parse_args()
    if asked.only >= 0:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "in").mkdir()
            prepare(Path(folder) / "in")
            os.chdir(Path(folder) / "in")
            work(asked.seed, asked.only, 1, show=True)
    elif asked.work:
        work(asked.seed, asked.first, asked.size, show=False)
    else:
        supervise(asked.seed, asked.first, asked.size)
