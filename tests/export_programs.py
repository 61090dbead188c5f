"""Exports that are compiled and run: many programs in one file of a language, each at its points, in one run."""

from __future__ import annotations

import math
import random
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from inside import OPERATIONS, OwnName, evaluate
from kernel_programs import EDGES, cases, coordinate

import diffcli

NO_OPERATORS = ("add", "sub", "mul", "div", "neg", "pow", "lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not")
SIGNS = {
    "add": "x + y", "sub": "x - y", "mul": "x*y", "div": "x/y", "neg": "-x", "pow": "x^y", "lt": "where(x < y, 2, 3)",
    "le": "where(x <= y, 2, 3)", "gt": "where(x > y, 2, 3)", "ge": "where(x >= y, 2, 3)", "eq": "where(x == y, 2, 3)",
    "ne": "where(x != y, 2, 3)", "and": "where(x > 0 and y > 0, 2, 3)", "or": "where(x > 0 or y > 0, 2, 3)", "not": "where(not x, 2, 3)",
}  # fmt: skip


class Exported(NamedTuple):
    """A program, its points, and the source of it in some language, under a name of its own."""

    name: str
    text: str
    points: list[list[float]]
    expected: list[list[float]]
    source: str
    inputs: int
    results: int


def call_of(name: str) -> str:
    """A program that is one operation."""
    row = OPERATIONS[name]
    if name in SIGNS:
        return SIGNS[name]
    if name == "polygamma":
        return "polygamma(1, x)"
    if name == "where":
        return "where(x, y, z)"
    count = 3 if name == "clip" else 2 if row.variadic else len(row.parameters)
    return f"{row.spelled or name}({', '.join('xyz'[:count])})"


def exported(text: str, points: list[list[float]], language: str, name: str, order: int = 1) -> Exported:
    kernel = diffcli.compile(text, order=order, backend="python")
    tape = kernel._made.ways[0].marked.tape
    count = len(tape.results) - 1
    wanted = []
    for point in points:
        values = evaluate(tape, point)
        wanted.append([values[slot] for slot in tape.results[:count]])
    return Exported(name, text, points, wanted, diffcli.export(text, language, name=name, order=order), tape.first_row, count)


def operations(language: str, order: int = 1) -> list[Exported]:
    """Every operation of the table, at its sample points and at numbers where something happens."""
    found = []
    for place, name in enumerate(OPERATIONS):
        if isinstance(name, OwnName):
            continue
        text, source = call_of(name), random.Random(place)
        inputs = len(diffcli.parse(text).inputs)
        points = [list(point[-inputs:]) for point in OPERATIONS[name].points if len(point[-inputs:]) == inputs]
        if inputs == 1:
            points += [[edge] for edge in EDGES]
        points += [[source.choice(EDGES) if source.random() < 0.7 else coordinate(source) for _ in range(inputs)] for _ in range(60)]
        found.append(exported(text, points, language, f"program_{place}", order))
    return found


def programs(language: str, count: int, seed: int, order: int = 1) -> list[Exported]:
    """Random programs with choices at points that meet them."""
    found = []
    for k, case in enumerate(cases(count, seed)):
        with suppress(diffcli.UsageError):  # polygamma of an order that is no number
            found.append(exported(case.text, case.points, language, f"program_{k}", order))
    return found


def near(found: float, wanted: float, ulps: float) -> bool:
    if found == wanted or (math.isnan(found) and math.isnan(wanted)):
        return True
    return abs(found - wanted) <= ulps * math.ulp(wanted) if math.isfinite(wanted) else False


def disagreements(items: Sequence[Exported], found: Sequence[Sequence[float]], ulps: float) -> list[str]:
    """What a run found that is something else, in the order of items and their points."""
    waiting, told = iter(found), []
    for item in items:
        for point, wanted in zip(item.points, item.expected, strict=True):
            got = next(waiting)
            wrong = [k for k, (a, b) in enumerate(zip(got, wanted, strict=True)) if not near(a, b, ulps)]
            told += [f"{item.text} at {point}: result {k} is {got[k]!r}, and not {wanted[k]!r}" for k in wrong]
    return told


# -- what runs them --------------------------------------------------------------------------------------------------------


def run_c(items: Sequence[Exported], folder: Path, compiler: Sequence[str], suffix: str = ".c") -> list[list[float]]:
    """Every function at all its points, from one program."""
    seen: dict[str, None] = {}
    parts, mains = [], []
    for item in items:
        head, _, rest = item.source.partition("#include <math.h>\n")
        seen[head.partition("#if")[2]] = None
        for block in rest.strip("\n").split("\n\n"):
            parts.append(block)
    helpers = dict.fromkeys(parts)
    for k, item in enumerate(items):
        name = item.name
        single = f"double {name}(" in item.source
        rows = ", ".join("{" + ", ".join(c_number(x) for x in point) + "}" for point in item.points)
        given = ", ".join(f"points_{k}[p][{i}]" for i in range(item.inputs))
        call = f"{'out[0] = ' if single else ''}{name}({given}"
        offset = int(single)
        for size in result_sizes(item, single):
            call += f", out + {offset}"
            offset += size
        call += ");"
        mains.append(f"static const double points_{k}[][{max(item.inputs, 1)}] = {{{rows}}};\nstatic void run_{k}(void) {{ double out[{max(item.results, 1)}]; for (int p = 0; p < {len(item.points)}; ++p) {{ {call} for (int i = 0; i < {item.results}; ++i) printf(\"%a \", out[i]); printf(\"\\n\"); }} }}")
    heads = "#include <math.h>\n#include <stdio.h>\n"
    text = heads + "\n\n".join([*helpers, *mains]) + "\nint main(void) { " + " ".join(f"run_{k}();" for k in range(len(items))) + " return 0; }\n"
    path = folder / f"programs{suffix}"
    path.write_text(text)
    binary = folder / "programs"
    made = subprocess.run([*compiler, str(path), "-o", str(binary), "-lm"], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    out = subprocess.run([str(binary)], check=True, capture_output=True, text=True).stdout
    return [[number(word) for word in line.split()] for line in out.splitlines()]


def result_sizes(item: Exported, single: bool) -> list[int]:
    """The sizes of the arrays that a function fills."""
    sizes = [item.inputs, item.inputs**2]
    found, left = [], item.results - int(single)
    for size in sizes:
        if left > 0:
            found.append(size)
            left -= size
    return found


def c_number(value: float) -> str:
    return "NAN" if value != value else f"{'-' * (value < 0)}INFINITY" if math.isinf(value) else repr(value)


def number(word: str) -> float:
    return float.fromhex(word.replace("-nan", "nan"))


def run_python(items: Sequence[Exported]) -> list[list[float]]:
    found = []
    for item in items:
        space: dict[str, object] = {}
        exec(item.source, space)
        function: Callable[..., object] = space[item.name]
        for point in item.points:
            found.append(flat(function(*point)))
    return found


def flat(value: object) -> list[float]:
    if isinstance(value, (tuple, list)):
        return [number for part in value for number in flat(part)]
    return [float(value)]
