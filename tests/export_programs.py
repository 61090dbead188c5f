"""Exports that are compiled and run: many programs in one file of a language, each at its points, in one run."""

from __future__ import annotations

import math
import random
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from inside import FORTRAN_CONSTANTS, FORTRAN_USED, LANGUAGES, OPERATIONS, OwnName, Tape, evaluate, value_errors
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
    tape: Tape


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
    return Exported(name, text, points, wanted, diffcli.export(text, language, name=name, order=order), tape.first_row, count, tape)


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


def disagreements(items: Sequence[Exported], found: Sequence[Sequence[float]], ulps: float, *, rounding: bool = False) -> list[str]:
    """What a run found that is something else, in the order of items and their points. With ``rounding`` a language rounds its
    functions in its own way, and what rows make of that is forgiven."""
    waiting, told = iter(found), []
    for item in items:
        for point, wanted in zip(item.points, item.expected, strict=True):
            got = next(waiting)
            wrong = [k for k, (a, b) in enumerate(zip(got, wanted, strict=True)) if not near(a, b, ulps)]
            wrong = [k for k in wrong if not (rounding and abs(got[k] - wanted[k]) <= amplified(item.tape, point)[k])]
            told += [f"{item.text} at {point}: result {k} is {got[k]!r}, and not {wanted[k]!r}" for k in wrong]
    return told


def amplified(tape: Tape, point: list[float]) -> list[float]:
    """How far results may be off if each row is by a few units."""
    values = evaluate(tape, point)
    bounds = value_errors(tape, values)
    found = []
    for slot in tape.results:
        while slot >= tape.first_row and tape.operation(slot) == "where":
            condition, then, otherwise = tape.operands_of(slot)
            slot = then if values[condition] else otherwise
        found.append(8 * bounds[slot] if slot < tape.slots and math.isfinite(bounds[slot]) else 0.0)
    return found


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


# -- languages that are driven by a file of calls ----------------------------------------------------------------------------

JAVASCRIPT = """
function show(found) { console.log([found].flat(Infinity).map(a => Object.is(a, -0) ? "-0" : String(a)).join(" ")); }
"""
RUST = """
trait Show { fn show(&self); }
impl Show for f64 { fn show(&self) { print!("{:?} ", self); } }
impl<T: Show, const N: usize> Show for [T; N] { fn show(&self) { for one in self { one.show(); } } }
impl<A: Show, B: Show> Show for (A, B) { fn show(&self) { self.0.show(); self.1.show(); } }
impl<A: Show, B: Show, C: Show> Show for (A, B, C) { fn show(&self) { self.0.show(); self.1.show(); self.2.show(); } }
"""


def run_calls(items: Sequence[Exported], folder: Path, language: str) -> list[list[float]]:
    """Every function at all its points, in one run of a language of this table."""
    spelled = LANGUAGES[language].language.literal
    parts: dict[str, None] = {}
    calls = []
    for k, item in enumerate(items):
        parts |= dict.fromkeys([item.source.strip("\n")] if language == "fortran" else item.source.strip("\n").split("\n\n")[1:])
        rows = [[spelled(x) for x in point] for point in item.points]
        calls.append(CALLS[language](k, item, rows))
    path, command = folder / f"programs{SUFFIXES[language]}", COMMANDS[language]
    path.write_text(FRAMES[language]("\n\n".join(parts), calls))
    binary = folder / "programs"
    words = [word.format(path=path, binary=binary) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr[:4000]
    if binary.exists():
        done = subprocess.run([str(binary)], capture_output=True, text=True, check=True)
    return [[float(word) for word in line.split()] for line in done.stdout.splitlines()]


def javascript_calls(k: int, item: Exported, rows: list[list[str]]) -> str:
    return f"for (const p of [{', '.join(f'[{chr(44).join(row)}]' for row in rows)}]) show({item.name}(...p));"


def rust_calls(k: int, item: Exported, rows: list[list[str]]) -> str:
    given = ", ".join(f"p[{i}]" for i in range(item.inputs))
    listed = ", ".join(f"[{', '.join(row)}]" for row in rows)
    body = f"for p in points {{ {item.name}({given}).show(); println!(); }}"
    return f"fn run_{k}() {{ let points: [[f64; {item.inputs}]; {len(rows)}] = [{listed}]; {body} }}"


def fortran_calls(k: int, item: Exported, rows: list[list[str]]) -> str:
    single = len(item.expected[0])
    sizes = result_sizes(item, True)
    results = "".join(f", r{place}" for place in range(len(sizes)))
    declared = "".join(f"\nreal(real64) :: r{place}({size if place == 0 else f'{item.inputs},{item.inputs}'})" for place, size in enumerate(sizes))
    fills = "\n".join(f"points(:, {p}) = [{', '.join(row)}]" for p, row in enumerate(rows, 1))
    given = ", ".join(f"points({i}, p)" for i in range(1, item.inputs + 1))
    return "\n".join([f"subroutine run_{k}()", *FORTRAN_USED, *FORTRAN_CONSTANTS, f"real(real64) :: points({item.inputs}, {len(rows)}), v{declared}",
                      "integer :: p", fills, f"do p = 1, {len(rows)}", f"call {item.name}({given}, v{results})",
                      f"write (*, '({single}es26.17e3)') v{results}", "end do", "end subroutine"])  # fmt: skip


def octave_calls(k: int, item: Exported, rows: list[list[str]]) -> str:
    names = ["v", *[f"r{place}" for place in range(len(result_sizes(item, True)))]]
    given = ", ".join(f"p({i})" for i in range(1, item.inputs + 1))
    matrix = "; ".join(", ".join(row) for row in rows)
    return f"for p = [{matrix}].', [{', '.join(names)}] = {item.name}({given}); printf('%.17g ', {', '.join(names)}); printf('\\n'); end"


def wrapped_main(runs: str) -> Callable[[str, list[str]], str]:
    return lambda parts, calls: parts + runs + "\n".join(calls)


CALLS: dict[str, Callable[[int, Exported, list[list[str]]], str]] = {
    "javascript": javascript_calls, "rust": rust_calls, "fortran": fortran_calls, "matlab": octave_calls,
}  # fmt: skip
FRAMES: dict[str, Callable[[str, list[str]], str]] = {
    "javascript": wrapped_main(JAVASCRIPT),
    "rust": lambda parts, calls: parts + RUST + "\n".join(calls) + "\nfn main() { " + " ".join(f"run_{k}();" for k in range(len(calls))) + " }\n",
    "fortran": lambda parts, calls: "\n".join([parts, *calls, "program runs", *[f"call run_{k}()" for k in range(len(calls))], "end program\n"]),
    "matlab": lambda parts, calls: "1;\n" + parts + "\n" + "\n".join(calls) + "\n",
}
SUFFIXES = {"javascript": ".mjs", "rust": ".rs", "fortran": ".f90", "matlab": ".m"}
COMMANDS = {
    "javascript": ["node", "{path}"], "matlab": ["octave-cli", "--norc", "{path}"],
    "rust": ["rustc", "-C", "opt-level=1", "-A", "warnings", "--edition=2021", "-o", "{binary}", "{path}"],
    "fortran": ["gfortran", "-O1", "-std=f2008", "-ffp-contract=off", "-o", "{binary}", "{path}"],
}  # fmt: skip
