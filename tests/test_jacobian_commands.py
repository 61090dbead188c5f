"""jacobian, hessian, jvp, vjp and hvp as people and scripts meet them: results, notes, formats, errors, exit codes."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys

import pytest
from console import run, transcript
from inside import MatrixOptions, compute_jacobian

import diffcli

THREE = '"[x*y, sin(x), exp(y)]" --at x=2,y=3'
VALLEY = '"100*(y - x^2)^2 + (1 - x)^2" --at x=-1.2,y=1'

# -- results ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (f"jacobian {THREE}", "f1\t6 f2\t0.9092974268256817 f3\t20.085536923187668 df1/dx\t3 df1/dy\t2 df2/dx\t-0.4161468365471424 df2/dy\t0 df3/dx\t0 df3/dy\t20.085536923187668"),
        ('jacobian "u = x*y; [u, x, u^2]" --at x=2,y=3 --wrt y', "f1\t6 f2\t2 f3\t36 df1/dy\t2 df2/dy\t0 df3/dy\t24"),
        ('jacobian "u = x*y; v = u^2; v" --at x=2,y=3 --of "u, w = v + x"', "u\t6 w\t38 du/dx\t3 du/dy\t2 dw/dx\t37 dw/dy\t24"),
        ('jacobian "x^2" --at x=3', "f\t9 df/dx\t6"),
        ('vjp "u = x*y; [u, x + y]" --at x=2,y=3 --weights u=2,f2=1', "f1\t6 f2\t5 d(w*f)/dx\t7 d(w*f)/dy\t5"),
        ('jacobian "[f1, f1*f2]" --at f1=2,f2=3', "y1\t2 y2\t6 dy1/df1\t1 dy1/df2\t0 dy2/df1\t3 dy2/df2\t2"),
        ('jacobian "W @ x" --at "W=[[1,2],[3,4]],x=[5,6]" --wrt x', "f[0]\t17 f[1]\t39 df[0]/dx[0]\t1 df[0]/dx[1]\t2 df[1]/dx[0]\t3 df[1]/dx[1]\t4"),
        ('jacobian "[7, 8]" --at ""', "f1\t7 f2\t8"),
        ('hessian "x^2*y" --at x=3,y=2', "f\t18 df/dx\t12 df/dy\t9 d2f/dxdx\t4 d2f/dxdy\t6 d2f/dydx\t6 d2f/dydy\t0"),
        ('hessian "u = x*y; v = x + y; [u, v]" --at x=3,y=2 --of u*v --wrt x', "f\t30 df/dx\t16 d2f/dxdx\t4"),
        ('hessian "2*pi" --at ""', "f\t6.283185307179586"),
        ('hessian "sum(x^3)" --at x=[1,2]', "f\t9 df/dx[0]\t3 df/dx[1]\t12 d2f/dx[0]dx[0]\t6 d2f/dx[0]dx[1]\t0 d2f/dx[1]dx[0]\t0 d2f/dx[1]dx[1]\t12"),
        ('jvp "[x*y, x + y]" --at x=2,y=3 --direction x=1,y=0.5', "f1\t6 f2\t5 df1\t4 df2\t1.5"),
        ('vjp "[x*y, x + y]" --at x=2,y=3 --weights "1, 10"', "f1\t6 f2\t5 d(w*f)/dx\t13 d(w*f)/dy\t12"),
        ('vjp "u = x*y; [u, x + y]" --at x=2,y=3 --weights u=2', "f1\t6 f2\t5 d(w*f)/dx\t6 d(w*f)/dy\t4"),
        ('vjp "x*y" --at x=2,y=3', "f\t6 df/dx\t3 df/dy\t2"),
        ('hvp "x^2*y" --at x=3,y=2 --direction x=1,y=1', "f\t18 d(df/dx)\t10 d(df/dy)\t6"),
    ],
)  # fmt: skip
def test_results_line_by_line(arguments, lines):
    outcome = run(f"{arguments} -q")
    assert (outcome.stderr, outcome.exit) == ("", 0)
    assert outcome.stdout.split("\n")[:-1] == lines.split(" ")


def test_a_direction_along_one_variable_shows_the_slopes_on_the_two_sides_of_a_point_without_one():
    # sqrt(relu(x)) is 0 on the left, and sqrt(x) on the right
    outcome = run('jvp "sqrt(relu(x))" --at x=0 --direction x=1', COLUMNS="200")
    assert outcome.exit == 4
    assert "along x the slope is 0 on the left, inf on the right" in outcome.stderr


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse", "numeric", "symbolic"])
@pytest.mark.parametrize("format", ["table", "plain", "json", "csv", "markdown", "latex"])
def test_every_format_of_every_mode_holds_the_matrix(format, mode):
    outcome = run(f"jacobian {THREE} --mode {mode} -f {format} --sparsity --digits full")
    assert (outcome.exit, outcome.stderr) == (0, "")
    for number in ["3", "2", "20.085536923187"] + ["-0.4161468365471424"] * (mode != "numeric"):
        assert number in outcome.stdout
    second = run(f"hessian {VALLEY} -f {format} --sparsity")
    assert (second.exit, second.stderr) == (0, "")
    assert all(number in second.stdout for number in ("1330", "480", "200"))


@pytest.mark.parametrize("width", [20, 34, 50, 80])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_no_digit_is_lost_at_any_width(width, encoding):
    outcome = run(f"jacobian {THREE} --sparsity --digits full --width {width}", encoding=encoding)
    assert outcome.exit == 0
    for number in ("0.9092974268256817", "-0.4161468365471424", "20.085536923187668"):
        assert number in outcome.stdout
    table = outcome.stdout.split("\n\n")[1]
    assert width < 60 or all(len(line) <= width for line in table.split("\n"))


def test_csv_is_the_matrix_with_its_names():
    rows = list(csv.reader(run(f"jacobian {THREE} -f csv").stdout.splitlines()))
    assert rows == [
        ["", "value", "x", "y"], ["f1", "6", "3", "2"], ["f2", "0.9092974268256817", "-0.4161468365471424", "0"],
        ["f3", "20.085536923187668", "0", "20.085536923187668"],
    ]  # fmt: skip


def test_json_has_the_documented_keys_in_order():
    data = json.loads(run(f'jacobian {THREE} --of "x*y; sin(x)" --json').stdout)
    assert list(data) == ["schema", "expression", "of", "mode", "at", "values", "jacobian", "notes", "sparsity", "cost"]
    assert (data["schema"], data["of"], data["mode"]) == ("diffcli/jacobian@1", ["x*y", "sin(x)"], "forward")
    assert data["jacobian"] == {"f1": {"x": 3.0, "y": 2.0}, "f2": {"x": -0.4161468365471424, "y": 0.0}}
    assert list(data["sparsity"]) == ["nonzeros", "density", "groups"]
    assert data["cost"]["forward"]["sweeps"] == len(data["sparsity"]["groups"])
    whole = json.loads(run(f"jacobian {THREE} --sparsity --json").stdout)["sparsity"]
    assert whole["pattern"] == [[0, 1], [0], [1]]
    data = json.loads(run(f"hessian {VALLEY} --json").stdout)
    assert list(data) == ["schema", "expression", "mode", "at", "value", "gradient", "hessian", "notes", "sparsity", "cost", "eigenvalues", "definiteness"]
    assert (data["schema"], data["mode"]) == ("diffcli/hessian@1", "forward-over-reverse")
    for kind, more, key in (("jvp", "--direction x=1", "seed"), ("vjp", "--weights 1", "seed"), ("hvp", "--direction x=1", "direction")):
        data = json.loads(run(f"{kind} {VALLEY} {more} --json").stdout)
        assert list(data) == ["schema", "expression", "mode", "at", "values", key, "product", "notes"]
        assert data["schema"] == f"diffcli/{kind}@1"


@pytest.mark.parametrize("mode", ["numeric", "symbolic"])
@pytest.mark.parametrize("command", ["jacobian", "hessian"])
def test_json_of_the_other_modes(command, mode):
    data = json.loads(run(f"{command} {VALLEY} --mode {mode} --json").stdout)
    key = "differences" if mode == "numeric" else "symbolic"
    assert len(data[key]) == (2 if command == "jacobian" else 3)
    names = ["result", "variable"] if command == "jacobian" else ["first", "second"]
    assert list(data[key][0])[:2] == names


def test_latex_is_a_matrix():
    text = run(f"hessian {VALLEY} -f latex").stdout
    assert "\\[ H = \\begin{pmatrix}\n200 & 480 \\\\\n480 & 1330\n\\end{pmatrix} \\]" in text
    wide = "[" + ", ".join(["x"] * 2) + "]"
    at = ",".join(f"x{k}=1" for k in range(12))
    text = run(["jacobian", " + ".join(f"x{k}" for k in range(12)), "--at", at, "-f", "latex"]).stdout
    assert "\\left(\\begin{array}{rrrrrrrrrrrr}" in text, wide


def test_a_large_matrix_is_shown_in_part_and_told_whole():
    n = 30
    text = f"[{', '.join(f'x{k}^2' for k in range(n))}]"
    at = ",".join(f"x{k}={k + 1}" for k in range(n))
    part, whole = (run(["jacobian", text, "--at", at, "--width", "300", *more]).stdout for more in ([], ["--full"]))
    assert "the first 20 rows and 12 columns of 30 × 30; --full shows all, and --json holds all" in part
    assert "∂/∂x11" in part and "∂/∂x12" not in part and "f20" in part and "f21" not in part
    assert "∂/∂x29" in whole and "f30" in whole and "--full" not in whole
    assert len(run(["jacobian", text, "--at", at, "-q"]).stdout.splitlines()) == n + n * n
    assert r"\cdots" in run(["jacobian", text, "--at", at, "-f", "latex"]).stdout
    data = json.loads(run(["jacobian", text, "--at", at, "--json"]).stdout)
    assert data["jacobian"]["f30"]["x29"] == 60.0
    assert data["sparsity"]["groups"] == [list(range(n))]


@pytest.mark.parametrize("name", ["jacobian", "hessian", "jvp", "vjp", "hvp"])
def test_whole_runs_are_kept(name, golden):
    from importlib import import_module

    examples = import_module(f"diffcli.cli.{name}").EXAMPLES
    golden(f"matrices/{name}.txt", "\n".join(transcript(example.removeprefix("diffcli ")) for example in examples))


# -- notes -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "codes", "exit"),
    [
        ('jacobian "[abs(x), max(x, y), x*y]" --at x=0,y=0', ["kink", "tie"], 0),
        ('jacobian "[abs(x), abs(x)]" --at x=0', ["kink", "kink"], 0),
        ('jacobian "u = abs(x); [u, 2*u]" --at x=0', ["kink"], 0),
        ('jacobian "[abs(x), y]" --at x=0,y=1 --wrt y', [], 0),
        ('jacobian "[x, stop_gradient(y)]" --at x=0,y=1', ["no-dependence"], 0),
        ('jacobian "[sqrt(x), x]" --at x=0', ["pole"], 4),
        ('jacobian "[x*floor(x), x]" --at x=2.5', ["flat"], 0),
        ('jacobian "[x/y, x]" --at x=1e300,y=1e-300', ["overflow"], 4),
        ('jacobian "u = x; [x, 2*x]" --at x=1', ["unused-name"], 0),
        ('jacobian "x; x^2" --at x=1 --of "x"', [], 0),
        ('jacobian "[pi*x, x]" --at x=1,pi=3', ["shadowed-constant"], 0),
        ('jacobian "[abs(x), x]" --at x=0 --strict', ["kink"], 5),
        ('jacobian "[abs(x), x]" --at x=0 --kink error', ["kink"], 5),
        ('jacobian "[abs(x), x]" --at x=0 --mode numeric', ["kink", "no-difference"], 4),
        ('jacobian "[x, log(x)]" --at x=-1', ["domain"], 4),
        ('jacobian "[x, 1/x]" --at x=0', ["division-by-zero"], 4),
        ('hessian "x*abs(x)" --at x=0', ["kink"], 4),
        ('hessian "x*abs(x)*abs(x)" --at x=0', ["kink", "kink"], 0),
        ('hessian "hypot(x, y)" --at x=8,y=1 --strict', [], 0),
        ('hessian "relu(x)^2" --at x=0', ["kink"], 4),
        ('hessian "elu(x)" --at x=0', ["second-kink"], 4),
        ('hessian "elu(x) + elu(y)" --at x=0,y=0', ["second-kink", "second-kink"], 4),
        ('hessian "elu(x)" --at x=0 --strict', ["second-kink"], 5),
        ('hessian "x^1.5" --at x=0', ["second-kink"], 4),
        ('hessian "x^2 + x^3 + x*y" --at x=0,y=0', [], 0),
        ('hessian "max(x, y)^2" --at x=1,y=1 --strict', ["tie"], 5),
        ('hessian "x^1.5" --at x=0 --mode numeric', ["second-kink", "no-difference"], 4),
        ('hessian "exp(x)^2" --at x=400', ["overflow", "overflow"], 4),
        ('hvp "x^1.5" --at x=0 --direction x=1', ["second-kink"], 4),
        ('hvp "elu(x)" --at x=0 --direction x=1 --strict', ["second-kink"], 5),
        ('jvp "[abs(x), x]" --at x=0 --direction x=1', ["kink"], 0),
        ('jvp "[sqrt(x), x]" --at x=0 --direction x=1', ["pole"], 4),
        ('vjp "[sqrt(x), x]" --at x=0 --weights 1,1', ["pole"], 4),
        ('vjp "[abs(x), x]" --at x=0 --weights 1,1 --strict', ["kink"], 5),
    ],
)  # fmt: skip
def test_what_is_told_and_how_it_ends(arguments, codes, exit):
    outcome = run(f"{arguments} -q")
    assert re.findall(r"^\w+\[([a-z-]+)\]", outcome.stderr, re.MULTILINE) == codes
    assert outcome.exit == exit
    assert bool(outcome.stdout) == ("error[" not in outcome.stderr)


@pytest.mark.parametrize(("policy", "slope"), [("min-norm", 0.0), ("left", -1.0), ("right", 1.0), ("mean", 0.0)])
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_policy_for_kinks_holds_in_every_mode(policy, slope, mode):
    given = {"target": "[abs(x)*y, max(x, y - 3), x]", "at": "x=0,y=3", "kink": policy}
    first = diffcli.jacobian(**given, mode=mode).jacobian
    tie = {"left": 0.0, "right": 1.0}.get(policy, 0.5)
    assert (first["f1"], first["f2"]["x"]) == ({"x": 3 * slope, "y": 0.0}, tie)
    assert diffcli.vjp(**given, weights=[1, 0, 0]).product["x"] == 3 * slope
    assert diffcli.jvp(**given, direction="x=1").product["f1"] == 3 * slope


def test_a_kink_names_the_result_that_it_touches_and_has_its_slopes():
    notes = diffcli.jacobian("[x, abs(x) + 2*x]", "x=0").notes
    assert [note.code for note in notes] == ["kink"]
    assert notes[0].notes[:2] == ("it touches f2", "along x the slope is 1 on the left, 3 on the right")
    assert notes[0].slopes == (("x", 1.0, 3.0),)


def test_many_results_with_kinks_are_not_all_looked_at():
    text = f"[{', '.join(f'abs(x{k})' for k in range(60))}]"
    notes = diffcli.jacobian(text, {f"x{k}": 0.0 for k in range(60)}).notes
    assert [note.code for note in notes] == ["kink"] * 20 + ["more-notes"]


# -- errors ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            'jacobian "u = x" --at x=1 --of "uu"',
            "error[missing-value]: no value for `uu`\n  in --of\n  │ uu\n  │ ^^\n  = help: the names of the program: x, u\n",
        ),
        (
            'jacobian "x" --at x=1 --of "x; x +"',
            "error[missing-operand]: the text ends where a number, a name or a parenthesis is needed\n  in --of\n  │ x; x +\n  │       ^\n",
        ),
        (
            'jacobian "x" --at x=3 --of "x; log(x - 4)"',
            "error[domain]: `log` is undefined here\n  in --of\n  │ x; log(x - 4)\n  │    ^^^^^^^^^^ x - 4 = -1\n  = note: its domain: x - 4 > 0\n",
        ),
        (
            'hessian "[x, x^2]" --at x=1',
            "error[not-a-number]: a Hessian is of one number, and there are several results: f1, f2\n  = help: choose one of them: --of \"x\"\n",
        ),
        (
            'vjp "[x, 2*x]" --at x=1',
            "error[missing-value]: no weights for the results f1, f2\n  = help: give a number for each, in order, or by name: --weights f1=1\n",
        ),
        (
            'vjp "[x, 2*x]" --at x=1 --weights 1',
            "error[bad-value]: there is 1 weight and 2 results: f1, f2\n  = help: give a number for each, in order, or some by name\n",
        ),
        (
            'vjp "[x, 2*x]" --at x=1 --weights f3=1',
            "error[unknown-variable]: the program has no result `f3`\n  in --weights\n  │ f3=1\n  │ ^^\n  = help: its results: f1, f2, x\n",
        ),
        (
            'vjp "[x, 2*x]" --at x=1 --weights x=1,f1=2',
            "error[usage]: a result has two weights, by its name and by its text\n  = help: give it one\n",
        ),
        (
            'jvp "x" --at x=1 --direction y=1',
            "error[unknown-variable]: the expression has no variable `y`\n  in --direction\n  │ y=1\n  │ ^\n  = help: its variables: x\n",
        ),
        (
            'jacobian "x*y" --at x=1,y=2 --mode backward',
            "error[unknown-choice]: there is no mode `backward`\n  = help: diffcli jacobian \"x*y\" --at x=1,y=2 --mode reverse\n  = help: one of: auto, forward, reverse, numeric, symbolic\n",
        ),
        (
            'jacobian "x*y" --at x=1,y=2 --mode numeric --kink left',
            "error[unknown-choice]: a rule for kinks is for automatic differentiation, not for numeric\n  = help: leave --kink or --mode out\n",
        ),
        (
            'jacobian "x" --at x=1 --of ""',
            'error[bad-value]: --of asks for nothing\n  = help: write names of the program, or expressions in them: --of "u; v^2"\n',
        ),
    ],
)  # fmt: skip
def test_error_texts(arguments, text):
    outcome = run(arguments)
    assert outcome.stdout == ""
    assert outcome.stderr == text


def test_a_matrix_that_is_too_large_is_refused_and_products_are_not():
    at = {f"x{k}": 1.0 for k in range(40)}
    text = f"[{', '.join(f'x{k}' for k in range(40))}]"
    with pytest.raises(diffcli.LimitError, match="the matrix would have 40 × 40 entries, more than 1000"):
        diffcli.jacobian(text, at, max_nodes=1000)
    with pytest.raises(diffcli.LimitError):
        diffcli.hessian(" + ".join(f"x{k}^2" for k in range(40)), at, max_nodes=1000)
    assert diffcli.jvp(text, at, {"x7": 1.0}).product["f8"] == 1.0


@pytest.mark.parametrize(
    "arguments",
    [
        {"target": "x", "at": "x=1", "mode": "sideways"},
        {"target": "x", "at": "x=1", "kink": "sideways"},
        {"target": lambda x: [x], "at": "x=1", "of": "x"},
    ],
)
def test_words_that_are_none_of_the_known_are_refused(arguments):
    with pytest.raises(diffcli.UsageError):
        diffcli.jacobian(**arguments)


# -- Python functions and arrays -------------------------------------------------------------------------------------------------


def test_a_function_that_returns_a_list_has_several_results():
    def f(x, y):
        return [x * y, diffcli.sin(x)]

    assert diffcli.jacobian(f, {"x": 2, "y": 3}).jacobian == diffcli.jacobian("[x*y, sin(x)]", {"x": 2, "y": 3}).jacobian
    assert diffcli.jacobian(lambda x: [x * x], {"x": 3}).jacobian == {"f1": {"x": 6.0}}
    assert diffcli.jacobian(lambda x: x * x, {"x": 3}).jacobian == {"f": {"x": 6.0}}
    with pytest.raises(diffcli.ExpressionError, match="there are several results, 2 of them"):
        diffcli.grad(f, {"x": 2, "y": 3})


def test_the_sides_of_a_branch_are_those_of_the_result_that_it_touches():
    def f(x):
        return [3 * x, x if x > 1 else 2 * x - 1]

    notes = [note for note in diffcli.jacobian(f, {"x": 1.0}).notes if note.code == "branch"]
    assert [(note.notes[0], note.slopes) for note in notes] == [("it touches f2", (("x", 2.0, 1.0),))]


def test_blocks_of_arrays_have_the_shape_of_result_and_variable():
    found = diffcli.jacobian("W @ x", {"W": [[1, 2, 3], [4, 5, 6]], "x": [1, 2, 3]})
    assert found.jacobian["f"]["W"].shape == (2, 2, 3)
    assert found.jacobian["f"]["x"].tolist() == [[1, 2, 3], [4, 5, 6]]
    second = diffcli.hessian("sum(x^2)*y", {"x": [1, 2], "y": 3})
    assert second.hessian["x"]["y"].tolist() == second.hessian["y"]["x"].tolist() == [2, 4]
    assert second.hessian["x"]["x"].tolist() == [[6, 0], [0, 6]]
    assert second.hessian["y"]["y"] == 0.0


@pytest.mark.parametrize(
    "code",
    [
        "diffcli.jacobian('[x*y, sin(x)]', {'x': 2, 'y': 3})", "diffcli.hessian('x*y^2', {'x': 2, 'y': 3})",
        "diffcli.hvp('x*y^2', {'x': 2, 'y': 3}, {'x': 1})", "diffcli.vjp('[x*y, x]', {'x': 2, 'y': 3}, [1, 2])",
        "diffcli.jvp('[x*y, x]', {'x': 2, 'y': 3}, 'x=1')",
        "from diffcli.cli.main import main; main(['jacobian', '[x^2, x]', '--at', 'x=2', '--json'])",
    ],
)  # fmt: skip
def test_numbers_need_no_numpy(code):
    script = f"import sys, diffcli; {code}; print(*[name for name in ('numpy', 'sympy', 'mpmath') if name in sys.modules], file=sys.stderr)"
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert finished.stderr.strip() == ""

# -- traces ----------------------------------------------------------------------------------------------------------------------


ROWS = [
    ("[x*y, sin(x), exp(y)]", {"x": 2.0, "y": 3.0}),
    ("u = x*y; [u, u^2, u + x]", {"x": 2.0, "y": -1.0}),
    ("[abs(x)*y, where(x > 1, x^2, y)]", {"x": 0.0, "y": 3.0}),
    ("[a*b, b*c, c*d]", {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0}),
    ("x^2*y", {"x": 2.0, "y": 3.0}),
    (lambda x, y: [x * y, x - y], {"x": 2.0, "y": 3.0}),
]


@pytest.mark.parametrize(("program", "at"), ROWS)
def test_the_rows_of_the_sweeps_end_in_the_matrix(program, at):
    """The last tangents are sums of its columns, one for each sweep; and the adjoints of the inputs those of its rows."""
    found = compute_jacobian(program, at, MatrixOptions(mode="forward", trace=True))
    by_name = {row.name: tangent.tangents for row, tangent in zip(found.trace.primal, found.trace.tangent, strict=True)}
    for name, row in zip(found.rows, found.matrix, strict=True):
        if name in by_name:
            assert [number or 0.0 for number in by_name[name]] == [sum(row[column] for column in group) for group in found.groups]
    found = compute_jacobian(program, at, MatrixOptions(mode="reverse", trace=True))
    sweeps: list[dict[int, float]] = []
    for step in found.trace.adjoint:
        if step.source is None and (not sweeps or any(place <= 0 for place in sweeps[-1])):
            sweeps.append({})
        sweeps[-1][step.target] = step.value
    inputs = [row.v for row in found.trace.primal if row.operation == "input"]
    expected = [[sum(found.matrix[row][column] for row in group) for column in range(len(inputs))] for group in found.groups]
    assert [[sweep.get(place, 0.0) for place in inputs] for sweep in sweeps] == expected


def test_the_trace_of_a_function_with_one_result_is_that_of_its_gradient():
    for mode in ("forward", "reverse"):
        assert compute_jacobian("x^2*y", {"x": 2, "y": 3}, MatrixOptions(mode=mode, trace=True)).trace == diffcli.trace("x^2*y", {"x": 2, "y": 3}, mode=mode)


def test_the_library_traces_several_results():
    at = {"x": 2, "y": 3}
    adjoint = [(step.target, step.formula, step.value) for step in diffcli.trace("[x*y, x + y]", at).adjoint]
    assert adjoint == [(1, "ȳ₁", 1.0), (-1, "v̄₁·v₀", 3.0), (0, "v̄₁·v₋₁", 2.0), (2, "ȳ₂", 1.0), (-1, "v̄₂", 1.0), (0, "v̄₂", 1.0)]
    assert [row.tangents for row in diffcli.trace("[x*y, x + y]", at, mode="forward").tangent] == [(1.0, None), (None, 1.0), (3.0, 2.0), (1.0, 1.0)]
    assert diffcli.trace("[x*y, x + y]", at, mode="forward", direction="x=1,y=0.5").tangent[-1].tangents == (1.5,)
    with pytest.raises(diffcli.ExpressionError, match="no value for `y`"):
        diffcli.trace("[x*y, x + y]", "x=2")


TRACED = {
    "trace-forward": 'jacobian "u = x*y; [u, sin(x), u^2]" --at x=2,y=3 --mode forward --trace --width 100',
    "trace-reverse": 'jacobian "u = x*y; [u, sin(x), u^2]" --at x=2,y=3 --mode reverse --trace',
    "trace-colours": 'jacobian "[a*b, b*c, c*d]" --at a=1,b=2,c=3,d=4 --trace --width 100',
    "trace-arrays": 'jacobian "[x @ x, x[0]*y]" --at x=[1,2],y=3 --mode reverse --trace -f latex',
    "trace-jvp": 'jvp "[x*y, sin(x)]" --at x=2,y=3 --direction x=1,y=0.5 --trace -f markdown',
    "trace-vjp": 'vjp "[x*y, x, x*y]" --at x=2,y=3 --weights "1, 2, 4" --trace',
    "trace-hvp": 'hvp "x*exp(y)" --at x=2,y=3 --direction y=1 --trace',
    "trace-kink": 'jacobian "[sqrt(x^2), x]" --at x=0 --mode reverse --trace',
    "trace-numeric": 'jacobian "[x^2, x]" --at x=2 --mode numeric --trace',
    "trace-instead": 'grad "[x*y, x + y]" --at x=2 --at y=3 --mode forward --wrt x',
    "trace-instead-seed": 'grad "[x*y, x + y]" --at x=2,y=3 --mode forward --direction x=1',
}


@pytest.mark.parametrize("name", TRACED)
def test_traces_as_they_are_printed(name, golden):
    golden(f"matrices/{name}.txt", transcript(TRACED[name]))


def test_traces_for_machines():
    data = json.loads(run(f"jacobian {THREE} --mode reverse --trace --json").stdout)
    assert list(data)[-1] == "trace" and list(data["trace"]) == ["primal", "adjoint"]
    assert [step["v"] for step in data["trace"]["adjoint"] if step["from"] is None] == ["v[1]", "v[2]", "v[3]"]
    data = json.loads(run('hvp "x*exp(y)" --at x=2,y=3 --direction y=1 --trace --json').stdout)
    assert data["trace"]["seeds"] == ["y=1"] and [row["name"] for row in data["trace"]["primal"]] == ["x", "y", "df/dx", "df/dy"]
    assert "trace" not in json.loads(run(f"jacobian {THREE} --json").stdout)
    assert run(f"jacobian {THREE} --mode reverse --trace -q").stdout == run(f"jacobian {THREE} -q").stdout


def test_the_line_that_an_error_gives_runs():
    outcome = run('grad "[x*y, x + y]" --at x=2 --at y=3 --mode forward --width 200')
    line = " ".join(outcome.stderr.split()).partition("its rows: `diffcli ")[2].rstrip("`")
    assert line.endswith("--trace") and run(line).exit == 0
    assert "its rows" not in run('grad "[x*y, x + y]" --at x=2,y=3 --mode numeric').stderr


def test_the_sweeps_of_a_trace_stand_in_the_order_of_the_matrix():
    shown = run('jacobian "[x*y,y]" --at x=1,y=2 --mode forward --trace').stdout
    assert shown.index("along x") < shown.index("along y")
    data = json.loads(run('jacobian "[z*y,y*x,x]" --at x=1,y=2,z=3 --mode forward --trace --json').stdout)
    assert data["trace"]["seeds"] == ["z, x", "y"]


@pytest.mark.parametrize(("text", "parts"), [("[x*y,y]", [3, 1]), ("[x*y,y,x]", [3, 2]), ("[x*y,x+y,y*x*x]", [3, 3, 5])])
def test_the_reverse_sweeps_of_a_trace_stand_apart(text, parts):
    """So many steps of each sweep: its seeds, and an operand each of what they reach."""
    lines = run(f'jacobian "{text}" --at x=1,y=2 --mode reverse --trace').stdout.partition("reverse adjoint")[2].splitlines()[3:]
    blocks = "\n".join(line.strip() for line in lines).split("\n\n")
    assert [len(block.splitlines()) for block in blocks[: len(parts)]] == parts


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        ('jacobian "[x^2, abs(x), x*y]" --at x=2,y=3 -q --of "f3; f1"', "f3\t6\nf1\t4\ndf3/dx\t3\ndf3/dy\t2\ndf1/dx\t4\ndf1/dy\t0\n"),
        ('vjp "[x^2, x*y]" --at x=2,y=3 --of f2 -q --weights f2=2', "f2\t6\nd(w*f)/dx\t6\nd(w*f)/dy\t4\n"),
        ('jvp "u = x*y; [x, u]" --at x=2,y=3 --of f2 --direction x=1 -q', "f2\t6\ndf2\t3\n"),
        ('jacobian "f1 = y; [x^2, 2*f1]" --at x=2,y=3 --wrt y --of f1 -q', "f1\t3\ndf1/dy\t1\n"),  # a name of the program is that
    ],
)
def test_results_are_asked_for_by_their_names_in_data(arguments, printed):
    assert run(arguments).stdout == printed
