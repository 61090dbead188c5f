"""The program among others: Ctrl-C at any moment, time limits, streams that cannot be written, control characters, ASCII."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from console import run
from hypothesis import given
from hypothesis import strategies as st
from inside import (
    COMMANDS,
    FORMATS,
    Diagnostic,
    Environment,
    Mark,
    MessageLook,
    Source,
    Span,
    Stage,
    program,
    render_diagnostics,
    shown_progress,
    time_limit,
    visible,
)
from tiers import often

import diffcli

POSIX = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs POSIX signals")
SLOW = "sin(x^2)*exp(x)*log(x+cos(x)^2)*atan(x)*cbrt(x+1)*sinh(x)*tanh(x)*asinh(x)/(1 + x^4)"


def shell(line, **options):
    return subprocess.run(["bash", "-c", line.replace("diffcli", f"{sys.executable} -m diffcli")], capture_output=True, text=True, **options)


# -- Ctrl-C --------------------------------------------------------------------------------------------------------------


@POSIX
@pytest.mark.parametrize(
    "arguments",
    [["grad", SLOW, "--at", "x=2", "--mode", "symbolic"], ["grad", "sum(x^2)", "--at", "x=[1,2]"], ["swell", "--n", "40", "--budget", "9"], ["--help"]],
)
@pytest.mark.parametrize("delay", [0, 10, 30, 60, 100, 180, 400])
def test_an_interrupt_at_any_moment_is_one_line(arguments, delay):
    """From the first line of ours on: before it Python says what it says."""
    start = "import sys; print(flush=True); sys.argv = ['diffcli', *sys.argv[1:]]; from diffcli.__main__ import run; run()"
    guarded = f"try:\n import diffcli.__main__\nexcept KeyboardInterrupt:\n import os; os._exit(99)\n{start}"
    with subprocess.Popen([sys.executable, "-c", guarded, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay / 1000 + 0.002)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    if process.returncode == 0:
        assert out, "it was over before"
    else:
        assert process.returncode == 130
        assert err.splitlines()[-1] == "interrupted" or (out and "warning[interrupted]" in err), "what is known by then is kept"
        assert "Traceback" not in err and "Exception ignored" not in err


@POSIX
def test_an_interrupt_that_an_import_swallows_is_the_end_all_the_same(tmp_path):
    (tmp_path / "other.py").write_text("import os, signal\ntry:\n    os.kill(os.getpid(), signal.SIGINT)\n    sum(range(99))\nexcept BaseException:\n    pass\n")
    (tmp_path / "f.py").write_text("import other\ndef f(x):\n    return x*x\n")
    finished = shell("diffcli grad f.py:f --at x=2 -q", cwd=tmp_path)
    assert (finished.returncode, finished.stdout, finished.stderr) == (130, "", "interrupted\n")


@POSIX
def test_a_time_limit_leaves_no_half_of_a_module(tmp_path):
    (tmp_path / "other.py").write_text("import time\nfor _ in range(60):\n    time.sleep(0.01)\nwhole = 1\n")
    (tmp_path / "f.py").write_text("try:\n    import other\nexcept Exception:\n    pass\nimport other\ndef f(x):\n    return x*other.whole\n")
    finished = shell("diffcli grad f.py:f --at x=2 -q --timeout 0.3", cwd=tmp_path)
    assert (finished.returncode, finished.stdout) in ((6, ""), (0, "f\t2\ndf/dx\t1\n")) and "AttributeError" not in finished.stderr


# -- time limits ---------------------------------------------------------------------------------------------------------


def swallowing(kind):
    """Work that takes no error of a kind for an answer."""
    total = 0
    while True:
        try:
            while True:
                total += sum(range(10))
        except kind:
            continue


@POSIX
@pytest.mark.parametrize(("kind", "most"), [(ZeroDivisionError, 0.4), (Exception, 4.0)])
def test_a_time_limit_holds_whatever_swallows_it(kind, most):
    start = time.monotonic()
    with pytest.raises(diffcli.LimitError, match=r"stopped after 0\.1 s"), time_limit(0.1):
        swallowing(kind)
    assert time.monotonic() - start < 0.1 + most
    time.sleep(0.7)  # and strikes no more


@POSIX
def test_an_error_that_something_makes_of_a_limit_is_the_limit():
    with pytest.raises(diffcli.LimitError, match=r"stopped after 0\.05 s"), time_limit(0.05):
        try:
            time.sleep(5)
        except diffcli.LimitError:
            raise LookupError("something else") from None


@POSIX
def test_what_came_about_after_the_limit_is_not_believed():
    told = Diagnostic("timeout", "warning", "stopped after 0.1 s")
    for notes in ((), (told,)):
        struck = False
        try:
            with time_limit(0.05) as lift:
                try:
                    time.sleep(5)
                except diffcli.LimitError:
                    struck = True
                lift(notes)
        except diffcli.LimitError:
            assert not notes
        else:
            assert notes
        assert struck


@POSIX
@pytest.mark.parametrize("seconds", ["1e-6", "1e-300", "0.001"])
@pytest.mark.parametrize("command", ["grad x^2 --at x=2", "check x^2 --at x=2", "graph x^2", "ast x", "taylor x", "step-size", "swell", "lesson reverse"])
def test_a_limit_that_is_over_at_once(command, seconds):
    outcome = run(f"{command} --timeout {seconds}")
    if seconds == "0.001" and outcome.exit == 0:
        return  # it was quicker
    assert outcome.exit == 6
    if outcome.stdout:
        assert "warning[timeout]" in outcome.stderr, "what is known by then is kept"
        return
    assert outcome.stderr.startswith(f"error[timeout]: stopped after {float(seconds):g} s\n")


@POSIX
@pytest.mark.parametrize("arguments", [["--mode", "symbolic"], ["--mode", "symbolic", "--json"]])
def test_a_limit_counts_once(arguments, tmp_path):
    """In a Python function, SymPy's derivative, its simplification and the report: not once for each."""
    file = tmp_path / "f.py"
    file.write_text("def f(x, y, z):\n    for _ in range(9):\n        x = 4*x*(1 - x) + y*z\n    return x\n")
    start = time.monotonic()
    outcome = run(["grad", f"{file}:f", "--at", "x=0.3,y=0.1,z=0.2", "--timeout", "3", *arguments])
    assert time.monotonic() - start < 3 + 2.5
    assert outcome.exit == 6


def test_nothing_is_simplified_that_is_not_shown():
    start = time.monotonic()
    quiet = run(["grad", SLOW, "--at", "x=2", "--mode", "symbolic", "-q"])
    assert time.monotonic() - start < 10, "simplified it takes minutes"
    reverse = run(["grad", SLOW, "--at", "x=2", "-q"])
    assert quiet.exit == 0 and quiet.stdout.split("\t")[0] == "f"
    values = [[float(line.split("\t")[1]) for line in outcome.stdout.splitlines()] for outcome in (quiet, reverse)]
    assert values[0] == pytest.approx(values[1], rel=1e-12)


# -- streams -------------------------------------------------------------------------------------------------------------

FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")


@FULL
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("diffcli grad 'abs(x)' --at x=0 2>/dev/full", 0),
        ("diffcli grad 'log(x)' --at x=-1 2>/dev/full", 4),
        ("diffcli grad 'abs(x)' --at x=0 --strict 2>/dev/full", 5),
        ("diffcli grad 2x --at x=0 2>/dev/full", 3),
        ("diffcli grad x --nix 2>/dev/full", 2),
        ("diffcli grad 2x --at x=0 --json 2>/dev/full", 3),
        ("diffcli grad 'x^2' --at x=2 --timeout 1e-6 2>/dev/full", 6),
        ("diffcli grad 'abs(x)' --at x=0 --time 2>/dev/full", 0),
        ("diffcli check 'x*y' --at x=1,y=2 --claim 'x: x' 2>/dev/full", 1),
        ("diffcli grad 2x --at x=0 2>&-", 3),
        ("diffcli grad 'abs(x)' --at x=0 2> >(head -c0)", 0),
    ],
)
def test_a_full_stderr_changes_no_exit_code(line, code):
    assert shell(line).returncode == code


@FULL
@pytest.mark.parametrize("line", ["diffcli grad 'x^2' --at x=2", "diffcli --help", "diffcli help", "diffcli lesson"])
def test_a_full_stdout_is_an_error(line):
    finished = shell(f"{line} >/dev/full")
    assert (finished.returncode, finished.stderr) == (2, "error[unwritable-file]: cannot write the result: No space left on device\n")


# -- control characters --------------------------------------------------------------------------------------------------

HOSTILE = ("\x1b[31m", "\x1b]0;title\x07", "\x9b31m", "\u202e", "\u2066", "\u200b", "\x7f", "\x85", "\b", "\r", "\x00", "\udc80", "\ufeff", "\U000e0001")
OWN = re.compile(r"\x1b\[[\d;]*m")


def assert_tame(*texts):
    for text in texts:
        for line in text.replace("\t", " ").split("\n"):
            assert line.isprintable(), repr(line)


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize(
    "arguments",
    [
        ["grad", "x + HERE 2x", "--at", "x=1"], ["grad", "x", "--at", "xHERE=1"], ["grad", "x", "--at", "x=@HERE.csv"], ["grad", "@HERE.dc"],
        ["grad", "x", "--at", "x=1", "-o", "HERE/a.json"], ["grad", "x", "--at", "x=1", "--mode", "HERE"], ["grad", "x", "--wrt", "HERE", "--at", "x=1"],
        ["HERE"], ["grad", "x", "--HERE"], ["help", "HERE"], ["functions", "HERE"], ["lesson", "HERE"], ["check", "x", "--at", "x=1", "--claim", "HERE"],
        ["check", "x", "--points", "HERE.csv"], ["grad", "x", "--at", "x=1", "--digits", "HERE"], ["grad", "x # HERE", "--at", "x=1"],
        ["grad", "HERE.py:f", "--at", "x=1"], ["jvp", "x", "--at", "x=1", "--direction", "HERE"], ["grad", "x", "extra HERE", "--at", "x=1"],
    ],
)  # fmt: skip
def test_control_characters_of_a_command_line_are_escaped(arguments, hostile):
    outcome = run([part.replace("HERE", hostile) for part in arguments])
    assert_tame(outcome.stdout, outcome.stderr)
    assert outcome.exit in (0, 2, 3)


@pytest.mark.parametrize("hostile", [found for found in HOSTILE if found not in "\x00\r\udc80"])
def test_control_characters_of_files_are_escaped(hostile, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = {
        "name.csv": f"x,a{hostile}b\n1,2\n", "cell.csv": f"x,y\n1,a{hostile}\n", "key.json": f'{{"a{hostile}": 1}}',
        "f.py": f"def f(x):\n    raise ValueError({hostile!r})\ndef g(x):\n    return x\ng.__name__ = {hostile!r}\n", f"a{hostile}.py": "def f(x):\n    return x*x\n",
    }  # fmt: skip
    for name, content in files.items():
        (tmp_path / name).write_bytes(content.encode("utf-8"))
    (tmp_path / "escaped.json").write_text(f'{{"x": "{"".join(f"{chr(92)}u{ord(c):04x}" for c in hostile if ord(c) < 65536)}"}}')
    for line in (
        ["grad", "x", "--at", "x=@name.csv:nix"], ["check", "x", "--points", "name.csv"], ["grad", "x*y", "--at", "x=@cell.csv:y,y=1"],
        ["check", "x*y", "--points", "cell.csv"], ["grad", "x", "--at", "@key.json"], ["grad", "x", "--at", "@escaped.json"], ["grad", "f.py:f", "--at", "x=1"],
        ["grad", "f.py:g", "--at", "x=1"], *[["grad", f"a{hostile}.py:f", "--at", "x=1", "-f", format] for format in ("table", "plain", "csv", "markdown", "latex")],
        ["graph", f"a{hostile}.py:f", "--at", "x=1", "-f", "svg"], ["graph", f"a{hostile}.py:f", "--at", "x=1", "-f", "dot"], ["graph", f"a{hostile}.py:f", "-f", "mermaid"],
        ["grad", f"a{hostile}.py:f", "--at", "x=1", "--json"],
    ):  # fmt: skip
        outcome = run(line)
        assert_tame(outcome.stdout, outcome.stderr)
    for at in ("x=@cell.csv:y", "x=@name.csv:nix", "@key.json"):
        with pytest.raises(diffcli.DiffcliError) as caught:
            diffcli.grad("x", at)
        assert_tame(str(caught.value), diffcli.explain(caught.value))
    colored = run(["grad", f"a{hostile}.py:f", "--at", "x=1", "--color", "always"])
    assert_tame(OWN.sub("", colored.stdout))


@often(400)
@given(st.text(max_size=40))
def test_what_is_visible_is_printable(text):
    shown = visible(text)
    assert_tame(shown)
    assert all(character in shown for character in text if character.isprintable())


@often(400)
@given(st.text(min_size=1, max_size=60), st.integers(0, 59), st.integers(1, 9), st.sampled_from((24, 40, 80)))
def test_carets_stand_under_what_is_escaped(text, start, length, width):
    start = min(start, len(text) - 1)
    found = Diagnostic("usage", "error", text, Source(text), (Mark(Span(start, min(start + length, len(text)))),), (text,), (text,))
    lines = render_diagnostics([found], MessageLook(width))
    assert_tame(lines)


def test_a_caret_under_an_escape():
    found = Diagnostic("usage", "error", "m", Source("a\x1b + b"), (Mark(Span(1, 2)), Mark(Span(5, 6))))
    assert render_diagnostics([found], MessageLook()) == "error[usage]: m\n  │ a\\x1b + b\n  │  ^^^^   ^\n"


# -- ASCII ---------------------------------------------------------------------------------------------------------------

EXAMPLES = [
    'grad "ln(x1) + x1*x2 - sin(x2)" --at x1=2,x2=5', "grad x*sin(x^2) --at x=2 --mode symbolic --steps", "grad abs(x) --at x=0 --derivative-tape",
    "grad sum(x^2) --at x=[1,2,3]", 'jacobian "[x*y, x + y]" --at x=1,y=2 --sparsity', "hessian x^2*y --at x=1,y=2", "jvp x^2 --at x=1 --direction x=1",
    "vjp x^2 --at x=1", "hvp x^3 --at x=1 --direction x=1", "step-size", "check x*exp(-x^2) --at x=0.5 --exact-digits 50", 'graph "ln(x1) + x1*x2" --at x1=2,x2=5',
    "ast x+y*2", "swell --n 4 --budget 0", "taylor exp(x)", "lesson reverse", "lesson", "plot abs(x)/x --to 2", "functions", "functions log", "help", "help kink", "schema", "schema grad", "completion bash", "grad 2x --at x=1",
    f"batch x*y --data {Path(__file__).parents[1]}/examples/points.csv", "export x*y --to c",
    "grad 1e-8×x --at x=1", "grad x --at y=1", "diff x^2*sin(x*y) --order 2", 'diff "[x*y, sin(x)^2]" --at x=1,y=2',
]  # fmt: skip


ESCAPED = re.compile(r"\\u[0-9a-f]{4}|\\x[0-9a-f]{2}")


@pytest.mark.parametrize("command", EXAMPLES)
def test_an_ascii_stream_gets_ascii_everywhere(command):
    formats = ["", *(f"-f {name}" for name, row in FORMATS.items() if not row.binary)]
    for format in formats:
        outcome = run(f"{command} {format}", encoding="ascii")
        assert outcome.stdout.isascii() and outcome.stderr.isascii()
        assert outcome.exit in range(8)
        if "json" not in format and "×" not in command:
            found = ESCAPED.findall(outcome.stdout + outcome.stderr)
            assert not found, outcome.stdout + outcome.stderr


@pytest.mark.parametrize("command", [*EXAMPLES[:9], "grad θ^2*αβ --at θ=1,αβ=2", "check θ*abs(θ) --at θ=1", "hessian θ*ψ --at θ=1,ψ=2"])
def test_columns_stand_below_each_other_in_ascii_too(command):
    """Where a letter is written as an escape, and ± as two characters."""
    tables: list[set[tuple[int, ...]]] = [set()]
    for line in run(command, encoding="ascii").stdout.splitlines():
        places = tuple(place for place, character in enumerate(line) if character in "|+" and line[place - 1 : place + 2] in (" | ", " |", "-+-"))
        if places:
            tables[-1].add(places)
        elif tables[-1]:
            tables.append(set())
    assert all(len(table) <= 1 for table in tables)


def test_progress_on_an_ascii_terminal_is_ascii():
    class Terminal(io.TextIOWrapper):
        def isatty(self):
            return True

    terminal, stage = Terminal(io.BytesIO(), encoding="ascii"), Stage()
    stage("SymPy differentiates along θ")
    with shown_progress(Environment(sys.stdin, sys.stdout, terminal, {}), stage):
        time.sleep(0.9)
    assert b"along \\u03b8 ... 0.5 s" in terminal.buffer.getvalue()


def test_every_command_is_there():
    assert {line.split()[0] for line in EXAMPLES} >= set(COMMANDS)


@pytest.mark.parametrize("columns", ["²", "9" * 30, "0", "-1", "x", "1"])
def test_any_width_of_a_terminal(columns):
    assert run("grad x^2 --at x=2", COLUMNS=columns).exit == 0
    assert program is not None
