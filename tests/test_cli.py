"""The command line as scripts and people meet it: arguments, streams, widths, encodings, interruption, exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from console import run
from inside import COMMANDS, json_text

SURVEY = '"ln(x1) + x1*x2 - sin(x2)" --at x1=2,x2=5'
NUMBERS = [11.652071455223084, 5.5, 1.7163378145367738]


# -- arguments ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        (["grad", "-x^2", "--at", "x=3", "-q"], "-9"),
        (["grad", "--at", "x=3", "-x^2", "-q"], "-9"),
        (["grad", "-q", "--at", "x=3", "-x"], "-3"),
        (["grad", "--at", "x=3", "-q", "--", "-x"], "-3"),
        (["grad", "-q*x", "--at", "x=3,q=2", "-q"], "-6"),
        (["grad", "-o/2", "--at", "o=3", "-q"], "-1.5"),
        (["grad", "-(x)", "--at", "x=3", "-q"], "-3"),
        (["grad", "--x", "--at", "x=3", "-q"], None),
        (["grad", "--(x)", "--at", "x=3", "-q"], "3"),
        (["grad", "x*y", "--at", "x=3", "--at", "y=2", "-q"], "6"),
        (["grad", "x*y", "--at=x=-3, y=2", "-q"], "-6"),
        (["grad", "x", "--at", "x=pi/4", "-q"], "0.7853981633974483"),
        (["grad", "x", "--at", "x=atan2(1, 2)", "-q"], "0.4636476090008061"),
        (["grad", "x", "--at", "x=-1e-3", "-q"], "-0.001"),
    ],
)
def test_expressions_that_begin_with_a_minus_sign_and_points(arguments, value):
    outcome = run(arguments)
    if value is None:  # an option, or taken for one
        assert outcome.exit != 0 or outcome.stdout == ""
    else:
        assert outcome.stdout.split("\n")[0] == f"f\t{value}", outcome


def test_an_expression_from_standard_input_and_from_a_file(tmp_path):
    text = "﻿# a comment\r\na = x^2\r\na*y\r\n".encode()
    path = tmp_path / "program.dc"
    path.write_bytes(text)
    expected = "f\t12\ndf/dx\t12\ndf/dy\t4\n"
    assert run("grad - --at x=2,y=3 -q", stdin=text).stdout == expected
    assert run(["grad", f"@{path}", "--at", "x=2,y=3", "-q"]).stdout == expected


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x + \x80"])
def test_a_file_that_is_no_text_is_an_error(tmp_path, content):
    path = tmp_path / "program.dc"
    path.write_bytes(content)
    outcome = run(["grad", f"@{path}", "--at", "x=2"])
    assert outcome.exit == 2
    assert "error[unreadable-file]" in outcome.stderr and "is not UTF-8 text: byte" in outcome.stderr


def test_an_error_in_a_file_names_the_file_and_the_line(tmp_path):
    path = tmp_path / "program.dc"
    path.write_text("a = x^2\nb = sinn(a)\na*b\n", encoding="utf-8")
    outcome = run(["grad", f"@{path}", "--at", "x=2"])
    assert f"in {path}" in outcome.stderr
    assert "2 │ b = sinn(a)\n  │     ^^^^\n" in outcome.stderr


@pytest.mark.parametrize("arguments", ["--version", "--help", "grad --help", "ast --help", "functions --help", "help --help"])
def test_help_is_help(arguments):
    outcome = run(arguments)
    assert (outcome.exit, outcome.stderr) == (0, "")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_examples_in_help_run(name, monkeypatch, tmp_path):
    from importlib import import_module

    (tmp_path / "model.dc").write_text("x*sin(y)\n", encoding="utf-8")
    (tmp_path / "model.py").write_text("def loss(x, y):\n    return x*y\n\n\ndef gradient(x, y):\n    return y, x\n", encoding="utf-8")
    (tmp_path / "points.csv").write_text("x,y\n2,3\n0.5,-1\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for example in import_module(f"diffcli.cli.{COMMANDS[name][0]}").EXAMPLES:
        assert run(example.removeprefix("diffcli ")).exit == 0, example


def test_each_summary_is_the_first_sentence_of_its_commands_help():
    from inside import program

    for name in COMMANDS:
        assert program.get_command(None, name).help


# -- formats -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        {}, [], [[]], {"a": {}, "b": [None, True, False]}, [1, -(10**30), 0.1, 1e300, 5e-324, 1.0], {"é": "é", "q": 'a"b\\c', "": "\n\x7f"},
        {"a": [[1, 2.5], ["nan", "-inf"], ["x"], [{"y": []}, [True, 1]]]},
    ],
)  # fmt: skip
def test_json_is_written_as_pythons_own_module_writes_it(value):
    assert json_text(value, "\n", rows=False) == json.dumps(value, allow_nan=False, indent=2)
    assert json.loads(json_text(value, "\n", rows=True)) == value
    assert json_text([[1, 2.5], ["nan", "-inf"], ["x"]], "\n", rows=True) == '[\n  [1, 2.5],\n  ["nan", "-inf"],\n  [\n    "x"\n  ]\n]'


def test_json_has_the_documented_keys_in_order():
    outcome = run(f"grad {SURVEY} --json --cost")
    data = json.loads(outcome.stdout)
    assert list(data) == ["schema", "expression", "mode", "at", "value", "gradient", "notes", "trace", "cost"]
    assert data["schema"] == "diffcli/grad@1"
    assert [data["value"], *data["gradient"].values()] == NUMBERS
    assert [row["v"] for row in data["trace"]["primal"]] == [f"v[{index}]" for index in range(-1, 6)]
    assert data["trace"]["adjoint"][-1] == {
        "v": "v[-1]", "from": "v[1]", "formula": "bar v[-1] + bar v[1]/v[-1]", "term": 0.5, "value": 5.5,
    }  # fmt: skip
    assert "trace" not in json.loads(run(f"grad {SURVEY} --json --no-trace").stdout)


def test_json_writes_non_finite_numbers_as_texts():
    data = json.loads(run('grad "sqrt(x) + 0*y" --at x=0,y=1 --json').stdout, parse_constant=pytest.fail)
    assert data["gradient"] == {"x": "inf", "y": 0.0}
    note = data["notes"][0]
    assert (note["code"], note["severity"], note["span"], note["right"]) == ("pole", "warning", [0, 7], {"x": "inf"})


def test_an_error_under_json_is_json():
    outcome = run('grad "sinn(x)" --at x=1 --json')
    assert outcome.stdout == ""
    data = json.loads(outcome.stderr)
    assert (data["schema"], data["code"], data["span"]) == ("diffcli/error@1", "unknown-function", [0, 4])


@pytest.mark.parametrize("mode", ["reverse", "forward", "numeric", "symbolic"])
@pytest.mark.parametrize("format", ["table", "plain", "json", "csv", "markdown", "latex"])
def test_every_format_of_every_mode_holds_the_result(format, mode):
    outcome = run(f"grad {SURVEY} --mode {mode} -f {format} --cost")
    assert (outcome.exit, outcome.stderr) == (0, "")
    assert "11.652071455223084" in outcome.stdout
    if mode != "numeric":
        assert "1.7163378145367738" in outcome.stdout
    assert outcome.stdout.endswith("\n") and not outcome.stdout.endswith("\n\n")
    assert not re.search(r"[ \t]+$", outcome.stdout, re.MULTILINE) or format in ("plain", "csv")


def test_csv_reads_back():
    import csv

    rows = list(csv.reader(run(f"grad {SURVEY} -f csv").stdout.splitlines()))
    assert rows == [["name", "value"], *[[name, repr(value)] for name, value in zip(("f", "df/dx1", "df/dx2"), NUMBERS, strict=True)]]
    rows = list(csv.reader(run(f"grad {SURVEY} -f csv --table adjoint").stdout.splitlines()))
    assert rows[0] == ["bar v", "=", "value"] and ["bar v[0]", "bar v[0] + bar v[2]*v[-1]", "1.7163378145367738"] in rows


def test_markdown_escapes_what_is_not_markup():
    text = run('grad "a*b_1" --at a=2,b_1=3 -f markdown').stdout
    assert r"a\*b\_1" in text
    tables = re.findall(r"(?:^\|.*\|$\n?)+", text, re.MULTILINE)
    assert len(tables) == 3
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_the_suffix_of_a_file_says_its_format(tmp_path):
    for suffix, begins in ((".json", "{"), (".csv", "name,value"), (".md", "## f"), (".tex", "% needs"), (".tsv", "f\t"), (".txt", "f(x")):
        path = tmp_path / f"result{suffix}"
        outcome = run(["grad", "x^2", "--at", "x=2", "-o", str(path)])
        assert (outcome.exit, outcome.stdout, outcome.stderr) == (0, "", "")
        assert path.read_text(encoding="utf-8").startswith(begins)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".csv", ".json", ".md", ".tex", ".tsv", ".txt"], "nothing is left over"
    assert run(["grad", "x^2", "--at", "x=2", "-o", str(tmp_path / "result.odt")]).exit == 2


def test_a_failed_run_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "result.json"
    path.write_text("precious", encoding="utf-8")
    assert run(["grad", "log(x)", "--at", "x=-2", "-o", str(path)]).exit == 4
    assert path.read_text(encoding="utf-8") == "precious"


def test_digits():
    assert "0.693147 " not in run(f"grad {SURVEY} --digits 3").stdout
    assert "0.6931471805599453" in run(f"grad {SURVEY} --digits full").stdout
    assert run(f"grad {SURVEY} --digits 0").exit == 2


def test_quiet_is_names_and_numbers_in_every_command_with_a_result():
    assert run(f"grad {SURVEY} -q").stdout == "f\t11.652071455223084\ndf/dx1\t5.5\ndf/dx2\t1.7163378145367738\n"


# -- the terminal ------------------------------------------------------------------------------------------------------

WIDE = '"sin(a)*exp(b)/sqrt(c) + log(a*b*c)" --at a=1.2345678,b=2.3456789,c=3.4567891 --digits full'


@pytest.mark.parametrize("width", [20, 30, 40, 60, 80, 100, 200])
@pytest.mark.parametrize("mode", ["reverse", "forward", "numeric"])
def test_no_digit_is_cut_at_any_width(width, mode):
    """Every number of the JSON stands whole in the table."""
    data = json.loads(run(f"grad {WIDE} --mode {mode} --json").stdout)
    text = run(f"grad {WIDE} --mode {mode} --width {width}").stdout
    numbers = [data["value"], *data["gradient"].values()]
    for row in data.get("trace", {}).get("primal", []):
        numbers.append(row["value"])
    for row in data.get("trace", {}).get("adjoint", []):
        numbers.append(row["value"])
    shown = {float(found) for found in re.findall(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?", text)}
    assert set(numbers) <= shown
    assert "…" not in text
    assert all(len(line) <= max(width, 48) for line in text.splitlines() if "=" not in line)


def test_columns_is_honoured():
    assert run(f"grad {SURVEY}", COLUMNS="40") == run(f"grad {SURVEY} --width 40")


@pytest.mark.parametrize(
    ("variables", "option", "colored"),
    [
        ({}, "", False),
        ({"FORCE_COLOR": "1"}, "", True),
        ({"FORCE_COLOR": ""}, "", False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, "", False),
        ({"NO_COLOR": "1"}, "--color always", True),
        ({"FORCE_COLOR": "1"}, "--color never", False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, "", True),
    ],
)
def test_color(variables, option, colored):
    assert ("\x1b[" in run(f"grad {SURVEY} {option}", **variables).stdout) == colored


@pytest.mark.parametrize("command", [f"grad {SURVEY}", f"grad {SURVEY} --mode forward", "grad \"abs(x)\" --at x=0", "grad \"2x\"", "ast \"x₁^2\"", "functions", "grad \"α + x\" --at α=1,x=2"])
def test_an_ascii_stream_gets_ascii(command):
    outcome = run(command, encoding="ascii")
    assert outcome.stdout.isascii() and outcome.stderr.isascii()
    assert "bug" not in outcome.stderr


def test_ascii_formulas():
    text = run(f"grad {SURVEY}", encoding="ascii").stdout
    assert "bar v[0] + bar v[2]*v[-1]" in text
    assert "df/dx2 = 1.7163378145367738" in text


@pytest.mark.parametrize("name", ["[bold]", ":smile:"])
def test_nothing_in_a_users_text_is_markup(name):
    outcome = run(["grad", f"x # {name}", "--at", "x=1"])
    assert outcome.exit == 0
    assert run(["grad", f"x {name}", "--at", "x=1"]).exit == 3


def test_long_traces_are_windowed_in_tables_only():
    expression = "+".join(["x"] * 1001)
    text = run(["grad", expression, "--at", "x=1"]).stdout
    assert "801 rows are not shown; --full shows all" in text
    assert len(text.splitlines()) < 500
    assert len(run(["grad", expression, "--at", "x=1", "--full"]).stdout.splitlines()) > 3000
    data = json.loads(run(["grad", expression, "--at", "x=1", "--json"]).stdout)
    assert len(data["trace"]["primal"]) == 1001 and len(data["trace"]["adjoint"]) == 2001


def test_a_caret_stands_under_its_place_in_a_long_line_and_under_wide_characters():
    expression = "x + " * 1000 + "sinn(x)" + " + x" * 1000
    outcome = run(["grad", expression, "--at", "x=1"])
    line, caret = outcome.stderr.splitlines()[1:3]
    assert len(line) <= 80
    assert line[caret.index("^") : caret.rindex("^") + 1] == "sinn"
    outcome = run(["grad", "変数 + sinn(x)", "--at", "x=1"])
    assert "  │ 変数 + sinn(x)\n  │        ^^^^\n" in outcome.stderr


# -- determinism, time, processes ------------------------------------------------------------------------------------------


def diffcli(*arguments, **options):
    return subprocess.run([sys.executable, "-m", "diffcli", *arguments], capture_output=True, **options)


def test_the_same_input_gives_the_same_bytes_whatever_the_hash_seed():
    arguments = ("grad", "max(x, y)*gamma(z) + where(x > y, z, x)^2", "--at", "x=1,y=1,z=2", "--mode", "symbolic", "--json")
    printed = {diffcli(*arguments, env={**os.environ, "PYTHONHASHSEED": seed}).stdout for seed in ("0", "1", "2")}
    assert len(printed) == 1


def test_time_is_told_when_asked_for():
    outcome = run(f"grad {SURVEY} --time")
    assert re.fullmatch(r"time: parse \S+ ms, compute \S+ ms\n", outcome.stderr)
    assert set(json.loads(run(f"grad {SURVEY} --time --json").stdout)["timing"]) == {"parse", "compute"}


def test_a_closed_pipe_is_no_error():
    script = f"{sys.executable} -m diffcli grad '{'+'.join(['x'] * 3000)}' --at x=1 --full | head -1"
    finished = subprocess.run(["bash", "-o", "pipefail", "-c", script], capture_output=True, text=True)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.startswith("f(x) = ")


SWELLING = "f(l) = 4*l*(1 - l); " + "; ".join(f"l{i} = f({'x' if i == 1 else f'l{i - 1}'})" for i in range(1, 26)) + "; l25"


def test_a_time_limit_is_kept_and_said():
    start = time.monotonic()
    finished = diffcli("grad", SWELLING, "--at", "x=0.2", "--mode", "symbolic", "--timeout", "2", text=True)
    assert time.monotonic() - start < 20
    assert finished.returncode == 6
    assert "[timeout]: stopped after 2 s" in finished.stderr


@pytest.mark.skipif(not hasattr(signal, "SIGINT") or os.name == "nt", reason="needs POSIX signals")
def test_an_interrupted_run_exits_with_130():
    command = [sys.executable, "-m", "diffcli", "grad", SWELLING, "--at", "x=0.2", "--mode", "symbolic"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            time.sleep(2)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
        finally:
            process.kill()  # a test that fails leaves no child behind; one that has ended takes no notice
    assert (process.returncode, out) == (130, "")
    assert err.strip() == "interrupted"


def test_a_bug_is_one_sentence_and_exit_code_70(monkeypatch):
    import diffcli.cli.grad as grad

    def fail(*_):
        raise RuntimeError("out of luck")

    monkeypatch.setattr(grad, "compute", fail)
    outcome = run(f"grad {SURVEY}")
    assert (outcome.exit, outcome.stdout) == (70, "")
    assert outcome.stderr == (
        "error[bug]: a bug in diffcli: RuntimeError: out of luck\n"
        "  = help: put --debug before the command for the traceback, and report it with\n"
        "          that\n"
    )
    with pytest.raises(RuntimeError):
        run(f"--debug grad {SURVEY}")


LATEX_COMMANDS = [
    'grad "leaky_relu(x^2, 0.1)" --at x=2 --mode symbolic --steps -f latex',
    'grad "abs(λ)*x_1" --at λ=0,x_1=2 -f latex',
    'grad "x*sin(y)" --at x=2,y=1 --mode numeric -f latex',
    "step-size -f latex",
    'check "abs(x)*y" --at x=0,y=2 -f latex',
    'check "x^2" --claim "3*x" -f latex',
    "swell --n 4 -f latex --budget 30",
    "functions log -f latex",
]


@pytest.mark.parametrize("command", LATEX_COMMANDS)
def test_latex_speaks_of_greek_letters_as_formulas(command):
    text = run(command).stdout
    assert text.startswith("% needs \\usepackage{amsmath}")
    assert not [character for character in text if ord(character) > 127]
    outside = re.sub(r"\\\[.*?\\\]|\$[^$]*\$|\\_", "", text, flags=re.DOTALL)
    assert "_" not in re.sub(r"\\begin\{tabular\}\{.*?\}", "", outside)


@pytest.mark.parametrize("command", ["grad x*y --at x=1,y=2", "grad x*y --at x=1,y=2 --json", "grad [x,y] --at x=1,y=2 --mode forward"])
def test_traces_that_are_shown_anyway_may_be_asked_for(command):
    assert run(f"{command} --trace") == run(command)
    assert run(f"{command} --no-trace --trace") == run(command)
    assert "--no-trace" in run(f"{command} --no-trase").stderr


@pytest.mark.parametrize(("typed", "meant"), [("--stric", "--strict"), ("--ful", "--full"), ("--zzzz", "")])
def test_an_option_that_is_not_there_is_not_said_to_mean_help(typed, meant):
    said = run(f"graph x {typed}").stderr
    assert ("= help: diffcli graph x --" in said) == bool(meant)
    assert f"= help: diffcli graph x {meant}\n" in said or "`diffcli graph --help` lists the options" in said


def test_files_that_the_shell_has_put_in_the_place_of_a_star_are_the_star(tmp_path, monkeypatch):
    for name in ("b.csv", "a.txt", ".hidden"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    assert '= help: diffcli grad "x * y" --at x=1,y=2\n' in run(["grad", "x", "a.txt", "b.csv", "y", "--at", "x=1,y=2"]).stderr


def test_a_file_in_a_package_is_imported_as_a_part_of_it(monkeypatch):
    monkeypatch.chdir(Path(__file__).parent / "golden" / "messages" / "files")
    for target in ("pkg/sub/net.py:energy", "pkg.sub.net:energy", "pkg/sub/net:energy"):
        assert run(f"grad {target} --at x=2 -q").stdout == "f\t28\ndf/dx\t28\n"
    assert run("grad model:Model.loss --at x=2 -q").stdout == "f\t6\ndf/dx\t3\n"
    assert run("grad model.py:scaled.loss --at x=2 -q").stdout == "f\t10\ndf/dx\t5\n"
