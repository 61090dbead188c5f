"""``diffcli check``: the verdict and its reason, on designed cases, and the shape of what it prints."""

from __future__ import annotations

import json
from importlib import import_module
from itertools import islice
from pathlib import Path

import pytest
import tiers
from console import run
from inside import REASONS, WAYS, LimitError, Problem, agreement_of, error, explain_disagreement
from mpmath import mp, mpf

import diffcli


def bisection(a):
    low, high = 0.0, a + 1
    for _ in range(60):
        middle = (low + high) / 2
        if middle * middle < a:
            low = middle
        else:
            high = middle
    return low


# program, point, then for each variable: verdict, reason
CASES = [
    # agreeing
    ("ln(x1) + x1*x2 - sin(x2)", "x1=2,x2=5", [("agree", ""), ("agree", "")]),
    ("x*sin(x)", "x=2", [("agree", "")]),
    ("x^y", "x=2,y=3", [("agree", ""), ("agree", "")]),
    ("erf(x)*gamma(x)", "x=1.5", [("agree", "")]),
    ("atan2(y, x)", "x=-1,y=2", [("agree", ""), ("agree", "")]),
    ("max(x, y, 3)", "x=4,y=5", [("agree", ""), ("agree", "")]),
    ("64*x*(1 - x)*(1 - 2*x)^2*(1 - 8*x + 8*x^2)^2", "x=0.2", [("agree", "")]),
    ("sinc(x)", "x=0", [("agree", "")]),
    ("(x - 1)^7", "x=1", [("agree", "")]),
    ("x^2 - 4*x", "x=2", [("agree", "")]),
    ("x*stop_gradient(x)", "x=2", [("agree", "")]),
    ("floor(x)*x", "x=2.5", [("agree", "")]),
    ("x", "x=1e308", [("agree", "")]),
    ("x*log(x)", "x=1e-300", [("agree", "")]),
    ("sin(1e7*x)", "x=0.3", [("agree", "")]),
    ("exp(-(1e6*(x - 1))^2)*x", "x=1", [("agree", "")]),
    ("exp(x)", "x=-800", [("agree", "")]),
    ("x^1.5", "x=0", [("agree", "")]),
    ("stop_gradient(x) + y", "x=1,y=1", [("agree", ""), ("agree", "")]),
    # kinks whose two sides agree
    ("where(x > 0, x^2, -x^2)", "x=0", [("agree", "")]),
    ("x*abs(x)", "x=0", [("agree", "")]),
    ("elu(x)", "x=0", [("agree", "")]),
    # kinks, jumps and poles: no derivative, and no disagreement
    ("abs(x)", "x=0", [("kink", "kink")]),
    ("abs(x) + y", "x=0,y=1", [("kink", "kink"), ("agree", "")]),
    ("max(x, y)", "x=1,y=1", [("kink", "kink"), ("kink", "kink")]),
    ("relu(x - 3)*x", "x=3", [("kink", "kink")]),
    ("clip(x, 0, 1)", "x=1", [("kink", "kink")]),
    ("hypot(x, y)", "x=0,y=0", [("kink", "kink"), ("kink", "kink")]),
    ("sqrt(x^2)", "x=0", [("kink", "kink")]),
    ("x if x < 1 else 2 - x", "x=1", [("kink", "kink")]),
    ("floor(x)*x", "x=2", [("jump", "jump")]),
    ("sqrt(x)", "x=0", [("pole", "pole")]),
    ("cbrt(x)", "x=0", [("pole", "pole")]),
    ("asin(x)", "x=1", [("pole", "pole")]),
    # disagreeing
    ("relu(x) - relu(-x)", "x=0", [("disagree", "kink")]),
    ("x^2 if x != 1 else 1", "x=1", [("agree", "")]),
    ("x*abs(x) + (1 - cos(x + 1e-4))/(x + 1e-4)^2", "x=0", [("disagree", "cancellation")]),
    ("where(x == 0, 2*x, 2*x) + (1 - cos(x + 1e-4))/(x + 1e-4)^2", "x=0", [("disagree", "cancellation")]),
    ("where(x == 0, 1, sin(x)/x)", "x=0", [("agree", "")]),
    ("(1 - cos(x))/x^2", "x=1e-5", [("disagree", "cancellation")]),
    ("((x + 1e8) - 1e8)^2", "x=0.3", [("disagree", "cancellation")]),
    ("(sqrt(x + 1) - sqrt(x))^2", "x=1e14", [("disagree", "cancellation")]),
    ("log(x + sqrt(x^2 + 1))", "x=-1e8", [("disagree", "cancellation")]),
    ("sin(1e10*x)", "x=0.3", [("disagree", "rounding")]),
    ("cos(1e9*x^2)", "x=0.7", [("disagree", "rounding")]),
    ("h^10*x/h^9", "h=6.6e-34,x=2", [("disagree", "underflow"), ("disagree", "underflow")]),
    ("-log(exp(x)/(exp(x) + exp(y) + exp(z)))", "x=-300,y=300,z=10", [("agree", ""), ("agree", ""), ("disagree", "underflow")]),
    ("log(1 + exp(x))", "x=1000", [("disagree", "overflow")]),
    ("exp(x)/exp(x)*x", "x=800", [("disagree", "overflow")]),
    ("x/(x^2 + 1e-320)", "x=1e-200", [("disagree", "underflow")]),
    ("log(exp(x)*1e300)", "x=-760", [("disagree", "underflow")]),
    ("exp(-(1e6*(x - 1))^2)", "x=1.000000001", [("disagree", "form")]),
    ("x*stop_gradient((1 - cos(x))/x^2)", "x=1e-5", [("disagree", "cancellation")]),
    ("(x + 1e250) - 1e250", "x=3", [("agree", "")]),
    ("clip(-10, x, 0.1)", "x=0.1", [("kink", "kink")]),
    ("sqrt(abs(x))", "x=0", [("pole", "pole")]),
    # undefined beside the point
    ("x^y", "x=-8,y=3", [("agree", ""), ("edge", "edge")]),
    ("x*1e-300*1e300", "x=1", [("disagree", "complex")]),
    ("erf(-0.1499/x - x^1.5)", "x=0.269091", [("disagree", "difference")]),
    ("logaddexp(x, 1)", "x=800", [("agree", "removable")]),
    ("sin(x)/x", "x=1e-200", [("disagree", "terms")]),
    ("sin(x)/x", "x=1e-320", [("disagree", "overflow")]),
    ("expm1(x)/x", "x=1e-300", [("disagree", "terms")]),
    ("cosh(x)", "x=1e-158", [("agree", "")]),
    ("1/x", "x=1e-200", [("agree", "overflow")]),
    ("sin(exp(x))", "x=700", [("disagree", "rounding")]),
    ("clip(x, x, x)", "x=1", [("agree", "")]),
    ("where(x == x, x^2, x)", "x=3", [("agree", "")]),
    ("where(x == 1, 5, x)", "x=1", [("jump", "branch")]),
    ("where(x == 1, 1, log(x)/(x - 1))", "x=1", [("agree", "")]),
    ("where(x == y, exp(x), (exp(x) - exp(y))/(x - y))", "x=1,y=1", [("agree", ""), ("agree", "")]),
    ("where(x <= 0, max(x, -5), 2*x)", "x=0", [("kink", "kink")]),
    ("copysign(y, relu6(x))", "x=-1,y=2", [("agree", ""), ("agree", "")]),
    ("x*log1p(1e-10)", "x=2", [("disagree", "form")]),
    ("min(x)", "x=1", [("agree", "")]),
    ("1 + x", "x=1e-250", [("agree", "")]),
    ("round(x)", "x=1e200", [("agree", "")]),
    ("max(x, abs(x))", "x=2", [("agree", "")]),
    ("abs(x)*0 + y", "x=0,y=1", [("agree", ""), ("agree", "")]),
    # what a recording holds, and plain Python moves
    (bisection, {"a": 3.0}, [("disagree", "recorded")]),
    # few digits, by no fault of any way
    ("2*sin(x/2)^2/x^2", "x=1e-5", [("agree", "terms")]),
]


@pytest.mark.parametrize(("text", "point", "expected"), CASES, ids=[f"{getattr(text, '__name__', text)} at {point}" for text, point, _ in CASES])
def test_verdicts_and_reasons(text, point, expected):
    agreement = agreement_of(Problem(text, point))
    assert [(found.verdict, found.reason) for found in agreement.checks] == expected
    assert agreement.passed == all(verdict != "disagree" for verdict, _ in expected)
    for found in agreement.checks:
        assert tuple(way.name for way in found.ways) == WAYS + ("function",) * callable(text)
        assert found.reason in ("", *REASONS)
        assert bool(found.explanation) == bool(found.reason)


def test_the_judge_knows_the_derivative():
    (found,) = agreement_of(Problem("sin(x)", "x=1"), digits=60).checks
    with mp.workdps(70):
        assert abs(found.exact - mp.cos(1)) <= mpf(10) ** -60


def test_every_reason_but_the_unknown_one_has_a_case():
    assert {reason for *_, expected in CASES for _, reason in expected} == {"", *REASONS} - {"unexplained"}


def test_a_limit_keeps_the_points_that_are_done(tmp_path):
    file = tmp_path / "points.csv"
    file.write_text("x\n" + "".join(f"{k}\n" for k in range(1, 5000)), encoding="utf-8")
    outcome = run(["check", "x*sin(x)", "--points", str(file), "--timeout", "1", "--json"])
    assert outcome.exit == 6
    data = json.loads(outcome.stdout)
    assert 0 < data["points"] < 4999
    assert [note["code"] for note in data["notes"]] == ["timeout"]


def test_a_kink_is_no_disagreement_with_central_differences():
    (found,) = agreement_of(Problem("relu(x)", "x=0")).checks
    assert (found.left, found.right) == (0.0, 1.0)
    assert all(way.agrees for way in found.ways if way.has_number)


@pytest.mark.parametrize(
    ("stop", "code", "exit"), [(KeyboardInterrupt(), "interrupted", 130), (LimitError([error("timeout", "stopped after 1 s")]), "timeout", 6)]
)
def test_what_is_stopped_in_sympy_keeps_the_other_ways(monkeypatch, stop, code, exit):
    def stopped(*_):
        raise stop

    monkeypatch.setattr("diffcli.methods.symbolic.formulas.gradient_of", stopped)
    outcome = run('check "x*y" --at x=2,y=3')
    assert outcome.exit == exit
    assert "the ways with a number agree" in outcome.stdout
    assert f"[{code}]" in outcome.stderr


@pytest.mark.parametrize(
    ("name", "command", "exit"),
    [
        ("survey", 'check "ln(x1) + x1*x2 - sin(x2)" --at x1=2,x2=5', 0),
        ("digits", 'check "x*exp(-x^2)" --at x=0.5 --exact-digits 40', 0),
        ("kink", 'check "abs(x - 1)*y" --at x=1,y=2', 0),
        ("cancellation", 'check "(1 - cos(x))/x^2" --at x=1e-4', 1),
        ("claim", 'check "x*y - sin(y)" --at x=2,y=5 --claim "x: y, y: x + cos(y)"', 1),
        ("claim-alone", 'check "x^2" --claim 2*x', 0),
        ("claim-syntax", 'check "x^2" --claim "x: 2*x +"', 3),
        ("json", 'check "x^2" --at x=3 --json', 0),
        ("domain", 'check "log(x)" --at x=-1', 4),
        ("missing", 'check "log(x)"', 3),
        ("both", 'check "log(x)" --at x=1 --points x.csv', 2),
        ("no-file", 'check "log(x)" --points missing.csv', 2),
    ],
)
def test_what_is_printed(golden, name, command, exit):
    outcome = run(command)
    assert outcome.exit == exit
    golden(f"check/{name}.txt", f"$ diffcli {command}\n--- stdout\n{outcome.stdout}--- stderr\n{outcome.stderr}--- exit {exit}\n")


def test_many_points(tmp_path, golden):
    file = tmp_path / "points.csv"
    file.write_text("x, y\n2, 3\n0.5, pi\n\n1, 0\n1e-5,1\n", encoding="utf-8")
    outcome = run(["check", "(1 - cos(x))/x^2*y", "--points", str(file)])
    assert outcome.exit == 1
    golden("check/points.txt", outcome.stdout)
    data = json.loads(run(["check", "(1 - cos(x))/x^2*y", "--points", str(file), "--json"]).stdout)
    assert data["points"] == 4
    assert data["counts"]["x"] == {"agree": 3, "disagree": 1}
    assert data["worst"]["x"]["at"] == {"x": 1e-5, "y": 1.0}


def test_many_points_give_the_first_note_of_each_kind(tmp_path):
    file = tmp_path / "points.csv"
    file.write_text("x,pi\n2,3\n0,3\n1e-5,4\n0,5\n", encoding="utf-8")
    outcome = run(["check", "where(x == 0, 0, (1 - cos(x))/x^2) + abs(x)*pi", "--points", str(file), "--json"])
    notes = json.loads(outcome.stdout)["notes"]
    assert [(note["code"], note["notes"][-1]) for note in notes] == [
        ("shadowed-constant", "first at point 1"), ("point-branch", "first at point 2"), ("kink", "first at point 2"),
        ("lost-digits", "first at point 3"),
    ]  # fmt: skip
    assert notes[0]["message"] == "`pi` is 3 here, as given, not the constant"


@pytest.mark.parametrize(
    ("content", "exit", "words"),
    [
        ("", 2, "is empty"),
        ("x\n", 2, "holds no numbers"),
        ("x\n1,2\n", 2, "line 2 of"),
        ("y\n1\n", 2, "has no column `x`"),
        ("x;y\n1;2\n", 0, "passed over: `y`"),
        ("x,y\n# a remark\n1\t,2\n", 0, "passed over: `y`"),
        ("x,x\n1,2\n", 2, "has 2 columns `x`"),
        (",x\n0,1\n", 0, ""),
        ("x\nabc\n", 2, "column 1 of FILE is `abc`, not a number"),
        ("x\n1/0\n", 2, "column 1 of FILE is `1/0`, not a finite number"),
        ("x,label\n1,a\n", 0, "passed over: `label`"),
        ("x\n1\n-1\n", 1, ""),
    ],
)
def test_points_that_do_not_fit(tmp_path, content, exit, words):
    file = tmp_path / "points.csv"
    file.write_text(content, encoding="utf-8")
    outcome = run(["check", "log(x)", "--points", str(file)])
    assert outcome.exit == exit
    assert words in outcome.stderr.replace(str(file), "FILE")
    assert bool(outcome.stdout) == (exit < 2)
    if exit == 1:
        assert "undefined at 1 point:" in outcome.stdout


@pytest.mark.parametrize("command", ["'[x, y]*x' --claim 'x: 1'", "'asinh([1, 2])*x' --claim x"])
def test_a_claim_anywhere_is_about_one_result(command):
    outcome = run(f"check {command}")
    assert (outcome.stdout, outcome.exit) == ("", 3) and "error[not-a-number]" in outcome.stderr


def test_an_array_that_nothing_uses_is_no_matter():
    outcome = run("check 'a = [1, 2]; W^2' --at W=1 --json")
    assert outcome.exit == 0 and json.loads(outcome.stdout)["passed"]


@pytest.mark.parametrize("text", ["[x, y]", "[1, 2]", "[x]*y"])
def test_many_points_are_for_one_result(tmp_path, text):
    (tmp_path / "points.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    outcome = run(["check", text, "--points", str(tmp_path / "points.csv")])
    assert (outcome.stdout, outcome.exit) == ("", 3)
    assert "error[not-a-number]" in outcome.stderr


# -- arrays and several results ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        'check "[x*y, abs(x), sin(y)]" --at x=1,y=2',
        'check "W @ x" --at W=[[1,2],[3,4]],x=[1,-1]',
        'check "softmax(x*y)" --at x=[0.5,-1,2],y=0.25',
        'check "sum(where(x > 0, log(x), x^2))" --at x=[1,-2,0.5]',
        'check "det(A) + sum(inv(A)) + sum(solve(A, b))" --at "A=[[2,0.5],[1,-1]],b=[1,3]"',
        'check "cross_entropy(x, labels) + max(x) + norm(x)" --at "x=[0.5,-1,2],labels=1" --wrt x',
        'check "prod(x)" --at x=[0,2,3]',
    ],
)
def test_all_ways_agree_on_arrays(command):
    outcome = run(command)
    assert outcome.exit == 0, outcome
    assert "disagree" not in outcome.stdout


def test_a_wrong_rule_of_an_array_operation_is_found_by_the_other_ways(monkeypatch):
    from inside import ARRAYS

    wrong = ARRAYS["logsumexp"]._replace(adjoint=("2*softmax(a, axis=axis)*reshape(g, shape=kept)",))
    monkeypatch.setitem(ARRAYS, "logsumexp", wrong)
    outcome = run('check "logsumexp(x)" --at x=[1,2]')
    assert outcome.exit == 1
    assert "x[0]   reverse" in outcome.stdout and "off" in outcome.stdout


@pytest.mark.parametrize(
    ("command", "verdicts"),
    [
        ('check "sum(x^2)*y" --at x=[1,2],y=3 --claim "x: 2*x*y, y: sum(x^2)"', ["proved", "proved", "proved"]),
        ('check "sum(x^2)" --at x=[1,2] --claim "x[1]: 3*x[1]"', ["wrong"]),
        ('check "log_softmax(x)[0]" --at x=[1,2] --claim "x: one_hot(0, 2) - softmax(x)"', ["proved", "proved"]),
    ],
)
def test_claims_of_arrays_are_judged_for_each_element(command, verdicts):
    outcome = run(f"{command} --json")
    found = json.loads(outcome.stdout)["claims"]
    assert [claim["verdict"] for claim in found] == verdicts
    assert outcome.exit == (0 if "wrong" not in verdicts else 1)


def test_several_results_are_checked_one_by_one():
    found = json.loads(run('check "[x*y, abs(x)]" --at x=0,y=2 --json').stdout)
    assert [(result["name"], [check["verdict"] for check in result["checks"]]) for result in found["results"]] == [
        ("f1", ["agree", "agree"]), ("f2", ["kink", "agree"]),
    ]  # fmt: skip
    assert found["passed"]


def test_a_claim_has_the_shape_of_its_variable():
    outcome = run('check "sum(x^2)" --at x=[1,2] --claim "x: 3"')
    assert outcome.exit == 3
    assert "error[shape-mismatch]: the derivative by `x` is 2 elements, and the claim a number" in outcome.stderr


# -- lost digits ----------------------------------------------------------------------------------------------------------------

# program, point, the variable: the reason, the row that is blamed, and what is said of it
LOST = [
    ("log(x + sqrt(x^2 + 1))", "x=-1e8", "cancellation", "x + sqrt(x^2 + 1)", "16 of 16 digits cancel here"),
    ("(1 - cos(x))/x^2", "x=1e-4", "cancellation", "1 - cos(x)", "8 of 16 digits cancel here"),
    ("((x + 1e8) - 1e8)^2", "x=0.3", "cancellation", "(x + 1e8) - 1e8", "8 of 16 digits cancel here"),
    ("sin(1e10*x)", "x=0.3", "rounding", "sin(1e10*x)", "its argument, 3000000000, is rounded: 8 of 16 digits are lost here"),
    ("tan(1e12*x)", "x=0.3", "rounding", "tan(1e12*x)", "its argument, 300000000000, is rounded: 11 of 16 digits are lost here"),
    ("tan(x)", "x=1.5707963267948966", "", "", ""),
    ("h^10*x/h^9", "x=2,h=6.6e-34", "underflow", "h^10", "underflows to 0 here: it is 1.57e-332"),
    ("1/(1 + exp(1e3*x)*1e-300)", "x=1.1", "overflow", "exp(1e3*x)", "overflows here: it is 5.3e+477"),
    ("log(1 + exp(x))", "x=1000", "overflow", "exp(x)", "overflows here: it is 1.97e+434"),
    ("sin(x)/x", "x=1e-200", "terms", "sin(x)/x", "16 of 16 digits are lost where the terms by `x` are added up"),
    ("((tanh(x) + y) - y)^2", "x=0.3,y=1e9", "cancellation", "(tanh(x) + y) - y", "9 of 16 digits cancel here"),
    ("log(log(sigmoid(1.26*x)))", "x=151.215", "rounding", "log(sigmoid(1.26*x))", "its argument, 1, is rounded: 16 of 16 digits are lost here"),
    # in floats it stands at a pole, and 550 digits further on it does not
    ("sqrt(1 - sigmoid(939*z))*sigmoid(x)", "x=0.001,z=1.35063", "cancellation", "1 - sigmoid(939*z)", "16 of 16 digits cancel here"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "point", "reason", "row", "said"), LOST)
def test_lost_digits_are_the_reason_and_the_note_is_that_of_a_gradient(text, point, reason, row, said):
    agreement = agreement_of(Problem(text, point, wrt="x"))
    (found,) = agreement.checks
    assert (found.reason, found.explanation) == (reason, f"`{row}`: {said}" if row else "")
    notes = [note for note in agreement.notes if note.code == "lost-digits" and not note.message.startswith("the value")]
    reverse = found.ways[0]
    few = not reverse.has_number or reverse.error > 1e-8 * found.size
    assert len(notes) == (few and found.exact is not None)
    for note in notes:
        assert note.marks[0].label == said
        for each in diffcli.grad(text, point, wrt="x").notes:
            if each.message.startswith("the derivative by `x` has"):
                assert (each.message, each.marks) == (note.message, note.marks)


def test_a_value_that_has_lost_its_digits_says_so():
    told = [note.message for note in agreement_of(Problem("erf(x) - 1", {"x": 5.0})).notes]
    assert told == ["the value has 4 right digits: -1.53744e-12, and it is -1.53746e-12"]


def singled_out(x):
    return 1.0 if x == 1 else x * x


def test_a_branch_that_singles_out_a_point_tells_one_slope_everywhere(tmp_path):
    """The tape of a Python function has the one branch: what stands beside the number and what it is off by are one slope."""
    (found,) = agreement_of(Problem(singled_out, {"x": 1.0})).checks
    assert (found.verdict, found.exact, found.known, found.ways[0].error) == ("agree", None, 2.0, 0.0)
    (tmp_path / "f.py").write_text("def f(x):\n    return 1.0 if x == 1 else x*x\n", encoding="utf-8")
    printed = run(["check", f"{tmp_path / 'f.py'}:f", "--at", "x=1"]).stdout
    assert "∂f/∂x = 2\n" in printed
    assert [line.split()[-2:] for line in printed.splitlines() if line.startswith("x    reverse")] == [["0", "agrees"]]


def test_a_claim_is_checked_with_its_notes(tmp_path):
    """Beside a check and alone, in words and as data: a claim, and a derivative that nobody else speaks of."""
    message = "the claim for `x` has no right digit: 0, and it is 1e-09"
    command = ["check", "2*sin(x/2)^2", "--claim", "x: (1-cos(2*x))/(2*sin(x))"]
    outcome = run([*command, "--at", "x=1e-9"])
    assert (outcome.exit, message in outcome.stderr, "proved" in outcome.stdout) == (0, True, True)
    assert [note["message"] for note in json.loads(run([*command, "--at", "x=1e-9", "--json"]).stdout)["notes"]] == [message]
    assert "notes" not in json.loads(run([*command, "--json"]).stdout)
    alone = run(["check", "(1 - cos(1e-8*x))/x^2", "--claim", "1", "--json"])
    assert [note["code"] for note in json.loads(alone.stdout)["notes"]] == ["lost-digits"]


def test_what_is_off_is_named_with_its_reason_by_sixty_digits(monkeypatch):
    """Random programs that lose digits: who is said to be off is off, and the reason is known."""

    def unasked(*_):  # SymPy would take its time
        raise LimitError([error("too-many-nodes", "not asked")])

    monkeypatch.setattr("diffcli.methods.symbolic.formulas.gradient_of", unasked)
    monkeypatch.syspath_prepend(Path(__file__).parent / "benchmarks")
    silence = import_module("silence")
    for case in islice(silence.cases(5, 0, 10_000), tiers.size(240)):
        if case.asked == "taylor":
            continue
        agreement = diffcli.check(case.text, case.at)
        for found, truth in zip(agreement.checks, case.truths[1:], strict=False):
            assert found.reason != "unexplained", case
            for way in found.ways:
                distance = silence.relative_error(way.value, truth) if way.has_number else 0.0
                assert not way.has_number or distance > 1e-9 or way.agrees is not False or way.bar is not None, (case, way)
                excused = found.reason == "terms" or truth == 0 or way.name == "complex"
                assert distance < 1e-3 or way.agrees is not True or way.bar is not None or excused, (case, way)


def test_a_fault_in_a_rule_is_no_lost_digit(monkeypatch):
    """The same sweep with digits enough gives the same wrong number: that is not explained by rounding."""
    problem = Problem("x*sin(x)", "x=2")
    wrong = problem.adjoints[0] * 2
    (found,) = agreement_of(problem).checks
    off = found.ways[0]._replace(value=wrong, agrees=False)
    assert explain_disagreement(problem, 0, (), [off], 2 * found.exact).name == "unexplained"
