"""The claims of a file, as of a class: each is judged, whatever is wrong with the others."""

from __future__ import annotations

import json

import pytest
import sympy
from console import run
from inside import Problem, judge_rows, parse

import diffcli

CLASS = """\
Name,variable,claim,mark
Ann,x,y,1
Ben,y,x + cos(y),2
Cem,x,y +,
Dana,z,1,
Eva,,"x: y, y: x - cos(y)",
,x,2*y,
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(text, name="claims.csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")

    return write


def verdicts(arguments):
    outcome = run(f"check {arguments} --claims claims.csv --json")
    data = json.loads(outcome.stdout)
    assert outcome.exit == (0 if data["passed"] else 1)
    return [(one["line"], one["name"], one["variable"], one["verdict"]) for one in data["claims"]]


def test_the_table_and_what_is_said_of_claims_that_cannot_be_read(file):
    file(CLASS)
    outcome = run('check "x*y - sin(y)" --claims claims.csv --width 110')
    assert outcome.exit == 1
    assert outcome.stdout == """\
7 claims, 3 of them right

name     by   claim        verdict        why
──────────────────────────────────────────────────────────────────────────────────────────────────────────
Ann      x    y            proved
Ben      y    x + cos(y)   wrong          the sign of the term through sin(y) is wrong
Cem      x    y +          not readable   the claim ends where a number, a name or a parenthesis is needed
Dana     z    1            not readable   the expression has no variable `z`
Eva      x    y            proved
Eva      y    x - cos(y)   proved
line 7   x    2*y          wrong          the factor 2 is too much

verdict        claims
─────────────────────
proved              3
wrong               2
not readable        2

likely slip                                    claims
─────────────────────────────────────────────────────
the sign of the term through sin(y) is wrong        1
the factor 2 is too much                            1
"""
    assert outcome.stderr == """\
note[unused-name]: no column for claims, and passed over: `mark`
warning[missing-operand]: the claim ends where a number, a name or a parenthesis is needed
  in line 4 of claims.csv
  │ x: y +
  │       ^
warning[unknown-variable]: the expression has no variable `z`
  in line 5 of claims.csv
  │ z: 1
  │ ^
  = help: its variables: x, y
"""


def test_the_data_and_the_findings(file):
    file(CLASS)
    data = json.loads(run('check "x*y - sin(y)" --claims claims.csv --json').stdout)
    assert [*data] == ["schema", "passed", "claims", "counts", "slips", "notes"]
    assert data["counts"] == {"proved": 3, "wrong": 2, "not readable": 2}
    assert data["slips"] == {"the sign of the term through sin(y) is wrong": 1, "the factor 2 is too much": 1}
    assert [*data["claims"][1]] == [
        "line", "name", "expression", "variable", "claim", "verdict", "claimed", "derivative", "counterexample", "slip", "right",
        "points", "digits", "why",
    ]  # fmt: skip
    assert data["claims"][2]["why"] == "the claim ends where a number, a name or a parenthesis is needed"
    assert {one["expression"] for one in data["claims"]} == {"x*y - sin(y)"}
    lines = run('check "x*y - sin(y)" --claims claims.csv -f github').stdout.splitlines()
    assert [line[: line.index("::", 8)] for line in lines[:-1]] == [
        "::error file=claims.csv,line=3,title=diffcli%3A Ben%2C y%3A wrong", "::error file=claims.csv,line=4,title=diffcli%3A Cem%2C x%3A not readable",
        "::error file=claims.csv,line=5,title=diffcli%3A Dana%2C z%3A not readable", "::error file=claims.csv,line=7,title=diffcli%3A line 7%2C x%3A wrong",
    ]  # fmt: skip
    assert lines[-1] == "diffcli: 7 checks, 4 failed"
    assert run('check "x*y - sin(y)" --claims claims.csv -q').stdout.splitlines()[:2] == ["Ann, x\tproved", "Ben, y\twrong"]


FILES = [
    # the file, the other arguments, and the line, name, variable and verdict of each claim
    ("claim\n2*x\n3*x\n", "x^2", [(2, "", "x", "proved"), (3, "", "x", "wrong")]),
    ("claim\nx: 2*x\n", "x^2", [(2, "", "x", "proved")]),
    ("name;variable;claim\nAnn;x;atan2(y, x) - x*y/(x^2 + y^2)\n", '"x*atan2(y, x)"', [(2, "Ann", "x", "proved")]),
    ("name\tclaim\nAnn\ta = 2; a*x\n", "x^2", [(2, "Ann", "x", "proved")]),
    ('name,claim\nAnn,"max(2*x, 2*x)"\n# a remark\n\nBen,2*x\n', "x^2", [(2, "Ann", "x", "proved"), (5, "Ben", "x", "proved")]),
    ("\ufeffCLAIM,NAME\n2*x,Ann\n", "x^2", [(2, "Ann", "x", "proved")]),
    ("name,claim,expression\nAnn,2*x,\nBen,3*x^2,x^3\nCem,2*x,x^3\nDana,2*x,\n", "x^2",
     [(2, "Ann", "x", "proved"), (3, "Ben", "x", "proved"), (4, "Cem", "x", "wrong"), (5, "Dana", "x", "proved")]),
    ("claim,expression\n2*x,x^2\ncos(t),sin(t)\n1,2x\n1,\n1,[x; x^2]\n", "",
     [(2, "", "x", "proved"), (3, "", "t", "proved"), (4, "", "", "not readable"), (5, "", "", "not readable"), (6, "", "", "not readable")]),
    ("claim,variable\n2*v,v\n2,v[0]\n4,v[1]\n4,v\n", '"sum(v^2)" --at v=[1,2]',
     [(2, "", "v[0]", "proved"), (2, "", "v[1]", "proved"), (3, "", "v[0]", "right at the point"), (4, "", "v[1]", "right at the point"),
      (5, "", "v", "not readable")]),
    ("claim\n2*x\n6\n7\nx+3\n", "x^2 --at x=3", [(2, "", "x", "proved"), (3, "", "x", "right at the point"), (4, "", "x", "wrong"), (5, "", "x", "at the point only")]),
    ("claim\ny\n", "x*y --wrt x", [(2, "", "x", "proved")]),
    ("variable,claim\nx,2*x*y\ny,x^2\n", "model.py:f", [(2, "", "x", "proved"), (3, "", "y", "proved")]),
    ("variable,claim\nx,1 = 2\nx,\n", "x^2", [(2, "", "x", "not readable"), (3, "", "x", "not readable")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "arguments", "expected"), FILES)
def test_files_of_claims(text, arguments, expected, file):
    file(text)
    file("def f(x, y):\n    return x**2*y\n", "model.py")
    assert verdicts(arguments) == expected


ALONE = "--claims goes with --at, --wrt and --rtol alone\n  = help: leave the other options out\n"
REFUSED = [
    # the file, the other arguments, the exit code and the whole message
    ("claim\n1\n", "x --claim 1", 2, f"error[usage]: {ALONE}"),
    ("claim\n1\n", "x --exact-digits 20", 2, f"error[usage]: {ALONE}"),
    ("claim\n1\n", "x --points claims.csv", 2, f"error[usage]: {ALONE}"),
    ("claim\n1\n", "x --against 1", 2, f"error[usage]: {ALONE}"),
    ("claim\n1\n", "log(x) --at x=-1", 4, "error[domain]: `log` is undefined here\n  │ log(x)\n  │ ^^^^^^ x = -1\n  = note: its domain: x > 0\n"),
    ("claim\n1\n", "[x,x^2] --at x=1", 2, "error[usage]: a claim is about one result, and there are several\n"
     "  = help: leave the others out: a claim is about the last statement of a program\n"),
    ("name,derivative\nAnn,1\n", "x", 2, "error[bad-data]: claims.csv has no column `claim`\n  = help: its columns: name, derivative\n"),
    ("name,claim\nAnn,max(x, y)\n", "x*y", 2, "error[bad-data]: line 2 of claims.csv has 3 values, and line 1 has 2 names\n"
     '  = help: every line has a value for each column\n  = help: put quotation marks about what has a comma in it, as "max(x, y)"\n'),
    ("", "x", 2, "error[bad-data]: claims.csv is empty\n"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "arguments", "exit", "message"), REFUSED)
def test_files_and_options_that_are_refused(text, arguments, exit, message, file):
    file(text)
    outcome = run(f"check {arguments} --claims claims.csv")
    assert outcome == ("", message, exit)


def test_an_expression_is_needed_by_everything_else():
    outcome = run("check")
    assert outcome == ("", "error[usage]: the expression is missing\n  = help: for example: diffcli check \"ln(x1) + x1*x2 - sin(x2)\" --at x1=2,x2=5\n  = help: `diffcli check --help` lists the options\n", 2)


def of(expression):
    return Problem(parse(expression), {"x": 1.37, "y": 0.63}), True


def test_sympy_is_asked_once_for_each_variable(file, monkeypatch):
    file("variable,claim\n" + "x,y - sin(x*y)*y\ny,x - x*sin(x*y)\nx,y + sin(x*y)*y\n" * 5)
    asked, diff = [], sympy.diff
    monkeypatch.setattr(sympy, "diff", lambda *given: asked.append(given) or diff(*given))
    rows, _ = judge_rows("claims.csv", of("x*y + cos(x*y)"), lambda *_: None, lambda *stage: None)
    assert [row.verdict for row in rows] == ["proved", "proved", "wrong"] * 5
    assert [str(by) for expression, by in asked if expression.is_Add] == ["x", "y"]


def test_what_is_judged_is_kept_when_it_is_stopped(file):
    file("claim\n" + "x: y\n" * 9)

    def stop(stage, done, total):
        if stage == "claim 3 of 9":
            raise KeyboardInterrupt

    rows, notes = judge_rows("claims.csv", of("x*y"), lambda *_: None, stop)
    assert len(rows) == 3
    assert [(note.code, note.notes) for note in notes] == [("interrupted", ("judged until then: 3 of 9 claims",))]


def test_a_limit_ends_the_run_and_is_the_exit_code(file, monkeypatch):
    file("claim\n" + "x: y\ny: x\n" * 9)
    diff = sympy.diff

    def strike(expression, by):
        if str(by) == "y":
            raise diffcli.LimitError([diffcli.Diagnostic("timeout", "error", "stopped after 1 s")])
        return diff(expression, by)

    monkeypatch.setattr(sympy, "diff", strike)
    outcome = run("check x*y --claims claims.csv")
    assert outcome.exit == 6
    assert outcome.stdout.startswith("1 claim, 1 of them right\n")
    assert "judged until then: 1 of 18 claims" in outcome.stderr
