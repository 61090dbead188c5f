"""What is printed of numbers: digits and decimals, matrices, names of results, one table for scripts, formulas with numbers in them."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import subprocess
import sys
from random import Random

import pytest
from console import run
from inside import Decimals, figure_text, latex_figure
from test_terminal import EXAMPLES

import diffcli

SURVEY = 'grad "ln(x1) + x1*x2 - sin(x2)" --at x1=2,x2=5'

# -- a number ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (2 / 3, None, "0.6666666666666666"), (2 / 3, 3, "0.667"), (2 / 3, Decimals(3), "0.667"), (2.0, Decimals(2), "2.00"),
        (-0.0, None, "0"), (-0.0, 3, "0"), (-0.0, Decimals(1), "0.0"), (-0.004, Decimals(2), "0.00"), (-0.006, Decimals(2), "-0.01"),
        (0.5, Decimals(0), "0"), (1.5, Decimals(0), "2"), (1e-300, Decimals(4), "0.0000"), (1e-300, 4, "1e-300"),
        (1230.0, 3, "1230"), (1234.5, 3, "1230"), (651027.4, 2, "650000"), (999999.9, 3, "1000000"), (-1234.5, 2, "-1200"),
        (1e6, 3, "1e+06"), (1.5e6, 6, "1.5e+06"), (123456.7, 6, "123457"), (0.00012345, 3, "0.000123"), (0.000012345, 3, "1.23e-05"),
        (1230, 2, "1230"), (10**20, 3, "1" + "0" * 20), (7, Decimals(2), "7"),
        (1e15, Decimals(1), "1000000000000000.0"), (1e16, Decimals(2), "1.00e+16"), (-1.5e300, Decimals(3), "-1.500e+300"),
        (math.inf, Decimals(2), "inf"), (-math.inf, 3, "-inf"), (math.nan, Decimals(2), "nan"),
    ],
)  # fmt: skip
def test_a_number_as_text(value, digits, text):
    assert figure_text(value, digits) == text


def test_a_number_in_latex_has_the_digits_of_its_text():
    assert latex_figure("2.500") == "2.500"
    assert latex_figure("1.20e-07") == r"1.20 \times 10^{-7}"
    assert latex_figure("-inf") == r"-\infty"


# -- digits and decimals ---------------------------------------------------------------------------------------------------

SHOWN = {
    ("table", "--decimals 3"): ["x1 = 2.000", "0.693", "-0.959", "f      = 11.652", "∂f/∂x2 = 1.716"],
    ("table", "--digits 3"): ["x1 = 2", "0.693", "-0.959", "f      = 11.7", "∂f/∂x2 = 1.72"],
    ("table", ""): ["0.693147", "f      = 11.652071455223084"],
    ("table", "--digits full"): ["0.6931471805599453", "f      = 11.652071455223084"],
    ("plain", "--decimals 3"): ["f\t11.652", "v[1]\tln v[-1]\t0.693"],
    ("plain", ""): ["f\t11.652071455223084", "v[1]\tln v[-1]\t0.6931471805599453"],
    ("csv", "--decimals 1"): ["f,11.7", "df/dx1,5.5"],
    ("csv", "--digits 2"): ["f,12", "df/dx1,5.5"],
    ("csv", ""): ["f,11.652071455223084"],
    ("markdown", "--decimals 2"): ["| `f` | 11.65 |", "| v₃ | sin v₀ | -0.96 |"],
    ("markdown", ""): ["| `f` | 11.652071455223084 |"],
    ("latex", "--decimals 2"): ["x_{1} = 2.00", "$f$ & $11.65$", r"$\sin v_{0}$ & $-0.96$"],
    ("latex", "--digits 2"): ["x_{1} = 2,", "$f$ & $12$"],
    ("json", "--decimals 2"): ['"value": 11.652071455223084'],
    ("json", "--digits 2"): ['"value": 11.652071455223084'],
}


@pytest.mark.parametrize(("format", "option"), SHOWN)
def test_digits_and_decimals_in_every_format(format, option):
    outcome = run(f"{SURVEY} -f {format} {option}")
    assert (outcome.exit, outcome.stderr) == (0, "")
    for text in SHOWN[format, option]:
        assert text in outcome.stdout


QUIET = {
    'hessian "x*y + sin(x)" --at x=1/3,y=2': ["f\t0.99", "df/dx\t2.94", "d2f/dxdx\t-0.33", "d2f/dydy\t0.00"],
    'jacobian "[x*y, -x]" --at x=1/3,y=2': ["f1\t0.67", "f2\t-0.33", "df2/dy\t0.00"],
    'jvp "x*y" --at x=1/3,y=2 --direction x=1': ["f\t0.67", "df\t2.00"],
    'hvp "x^3" --at x=1/3 --direction x=1': ["f\t0.04", "d(df/dx)\t2.00"],
    'grad "sum(x^3)" --at x=[1/3,-0.1]': ["f\t0.04", "df/dx[0]\t0.33", "df/dx[1]\t0.03"],
    'taylor "exp(x)" --order 2': ["c0\t1.00", "c2\t0.50"],
}


@pytest.mark.parametrize("command", QUIET)
def test_decimals_reach_every_command(command):
    lines = run(f"{command} -q --decimals 2").stdout.splitlines()
    assert all(re.fullmatch(r"[^\t]+\t-?\d+\.\d\d", line) for line in lines)
    assert set(QUIET[command]) <= set(lines)
    exact = run(f"{command} -q").stdout.splitlines()
    assert [line.split("\t")[0] for line in exact] == [line.split("\t")[0] for line in lines]
    for one, other in zip(exact, lines, strict=True):
        assert abs(float(one.split("\t")[1]) - float(other.split("\t")[1])) <= 0.005000001


def test_an_error_keeps_its_magnitude_at_any_decimals():
    text = run('check "sin(x)" --at x=1 --decimals 2').stdout
    assert re.search(r"numeric +0\.54 +2\.\d*e-14 ", text)
    assert re.search(r"central +2\.\d+e-0?\d+|e-\d\d", run('step-size "sin(x)" --at x=1 --decimals 2').stdout)
    assert "e-1" in run('grad "sin(x)" --at x=1 --mode numeric --decimals 3').stdout


def test_counts_are_whole_numbers():
    every = " ".join(run(command).stdout for command in (
        'grad "sum(x^2)" --at x=[1,2] --cost', 'hessian "sum(x^2)" --at x=[1,2]', "swell --n 6 --budget 0 --sizes", 'check "x1*x2-sin(x2)" --at x1=2,x2=5',
    ))  # fmt: skip
    assert not re.search(r"\de\+0[1-5]\b(?! *$)", every)


# -- matrices --------------------------------------------------------------------------------------------------------------


def test_a_hessian_of_four_variables_is_a_matrix_at_80_columns():
    lines = run('hessian "x*y*z*w + sin(x*y) + exp(z*w)" --at x=1,y=2,z=3,w=4', COLUMNS="80").stdout.splitlines()
    (head,) = [line for line in lines if "gradient" in line and "∂/∂w" in line]
    assert head.split() == ["gradient", "∂/∂x", "∂/∂y", "∂/∂z", "∂/∂w"]
    assert next(line for line in lines if line.startswith("∂f/∂z")).split() == ["∂f/∂z", "651027", "8", "4", "2.60408e+06", "2.11581e+06"]


def test_all_digits_of_a_matrix_are_there_for_who_asks():
    text = run('jacobian "[sin(x)]" --at x=1 --digits full').stdout
    assert repr(math.cos(1)) in text and repr(math.sin(1)) in text
    assert repr(math.cos(1)) not in run('jacobian "[sin(x)]" --at x=1').stdout


# -- results of a list -------------------------------------------------------------------------------------------------------

LISTS = ["[x*y, sin(x), y]", "u = x*y; v = sin(x); [u, v, y]", "f(a) = sin(a); u = x*y; [u, f(x), y]"]


@pytest.mark.parametrize("program", LISTS)
def test_the_results_of_a_list_are_numbered_whatever_stands_in_it(program):
    names, text = ["f1", "f2", "f3"], f'"{program}" --at x=2,y=3'
    for command in (f"jacobian {text}", f"jvp {text} --direction x=1", f"vjp {text} --weights 1,2,3"):
        values = [line.split("\t")[0] for line in run(f"{command} -q").stdout.splitlines()]
        assert values[:3] == names
        data = json.loads(run(f"{command} --json").stdout)
        assert list(data["values"]) == names == list(data["texts"])
        assert [part.strip() for part in program.rpartition("[")[2][:-1].split(", ")] == list(data["texts"].values())
    assert [row[0] for row in csv.reader(run(f"jacobian {text} -f csv").stdout.splitlines())] == ["", *names]
    checks = json.loads(run(f"check {text} --json").stdout)["results"]
    assert [(each["name"], each["text"]) for each in checks] == list(data["texts"].items())
    formulas = json.loads(run(f"diff {text} --json").stdout)
    assert list(formulas["values"]) == names and formulas["texts"] == data["texts"]
    result = diffcli.jacobian(program, {"x": 2, "y": 3})
    assert list(result.jacobian) == names and result.jacobian["f1"] == {"x": 3.0, "y": 2.0} and result.texts == data["texts"]


def test_what_is_asked_for_by_name_keeps_its_name():
    assert run('jacobian "u = x*y; u^2" --at x=2,y=3 --of "u; x" -q').stdout.startswith("u\t6\nx\t2\n")
    assert json.loads(run('jacobian "u = x*y; u^2" --at x=2,y=3 --of "u; x" --json').stdout)["of"] == ["u", "x"]


def test_people_see_the_name_beside():
    assert re.search(r"^f1 = u +6 ", run('jacobian "u = x*y; [u, x + y]" --at x=2,y=3').stdout, re.MULTILINE)


def test_weights_go_by_number_or_by_name():
    for weights in ("f1=2,f2=5", "u=2,f2=5", "u=2,y=5", "2,5"):
        assert run(f'vjp "u = x*y; [u, y]" --at x=2,y=3 --weights {weights} -q').stdout.endswith("d(w*f)/dx\t6\nd(w*f)/dy\t9\n")


# -- one table ---------------------------------------------------------------------------------------------------------------

TABLES = {
    (SURVEY, ""): "name,value",
    (SURVEY, "values"): "name,value",
    (SURVEY, "trace"): "v,primal,value",
    (SURVEY, "adjoint"): "bar v,=,value",
    ("hessian x^2*y --at x=1,y=2", ""): ",gradient,x,y",
    ("hessian x^2*y --at x=1,y=2", "values"): "name,value",
    ("check x^2 --at x=1", ""): "name,verdict,message",
    ("check x^2 --at x=1", "ways"): "by,way,derivative,±,off by,verdict",
    ("diff x^2*y", ""): "derivative,unsimplified,simplified",
    ("diff x^2*y --at x=1,y=2", ""): "derivative,unsimplified,simplified,value",
    ("step-size", ""): "method,h,estimate,error,truncation,rounding,side,typical error,fault",
    ("step-size", "summary"): "method,h* theory,E* theory,h best,error best,typical best,h usual,error usual,typical usual,slope T,slope R",
    ("graph x*y --at x=1,y=2", ""): "node,kind,operation,name,text,value,adjoint",
    ("graph x*y --at x=1,y=2", "edges"): "from,to,operand,what,number",
    ("plot x^2 --to 1", ""): "x,f,df/dx",
    ("plot [x,x^2] --to 1", ""): "result,x,value,derivative",
    ("taylor exp(x)", ""): "k,coefficient,derivative",
}


@pytest.mark.parametrize(("command", "table"), TABLES)
def test_csv_is_one_table(command, table):
    outcome = run(f"{command} -f csv {f'--table {table}' if table else ''}")
    rows = list(csv.reader(io.StringIO(outcome.stdout)))
    assert (outcome.exit, ",".join(rows[0])) == (0, TABLES[command, table])
    assert len(rows) > 1 and {len(row) for row in rows} == {len(rows[0])}


@pytest.mark.parametrize("command", EXAMPLES)
def test_csv_of_every_report_reads_as_one_table(command):
    rows = list(csv.reader(io.StringIO(run(f"{command} -f csv").stdout)))
    assert len({len(row) for row in rows}) <= 1 and [] not in rows


def test_a_table_that_is_not_there():
    assert run(f"{SURVEY} -f csv --table edges").stderr == (
        "error[unknown-choice]: this report has no table `edges`\n  = help: its tables: values, forward-primal-trace, reverse-adjoint-trace\n"
    )
    assert run(f"{SURVEY} --json --table trace").exit == 2
    table = run(f"{SURVEY} --table adjoint").stdout
    assert table.startswith("reverse adjoint trace") and "∂f/∂x1" not in table


# -- formulas with numbers in them ---------------------------------------------------------------------------------------------

TANGENT = ["1.000/2.000", "1.000·5.000 + 0.000·2.000", "0.000·cos 5.000", "0.500 + 5.000", "5.500 - 0.000"]
"""Baydin et al. 2018, table 2, on the right."""


def rows_of(text, title):
    lines = text.split(f"{title}\n")[1].split("\n\n")[0].splitlines()[2:]
    return [re.split(r" {2,}", line.strip()) for line in lines]


def test_the_table_of_a_survey_forward():
    text = run(f"{SURVEY} --mode forward --direction x1=1 --substituted --decimals 3").stdout
    rows = rows_of(text, "forward tangent trace")
    assert [row[2] for row in rows[2:7]] == TANGENT
    assert rows[7] == ["y\u0307₁", "v\u0307₅", "5.500"]
    primal = rows_of(text, "forward primal trace")
    assert primal[2] == ["v₁", "ln v₋₁", "ln 2.000", "0.693"] and primal[7] == ["y₁", "v₅", "11.652"]
    assert "v₋₁, v₀: the inputs; v₁ and so on: the operations, in order" in text


def test_the_table_of_a_survey_in_reverse():
    rows = rows_of(run(f"{SURVEY} --substituted --digits 4").stdout, "reverse adjoint trace, in order of execution")
    assert rows[0] == ["v̄₅", "ȳ₁", "1"]
    assert ["v̄₀", "v̄₃·cos v₀", "(-1)·cos 5", "-0.2837"] in rows and ["v̄₋₁", "v̄₋₁ + v̄₁/v₋₁", "5 + 1/2", "5.5"] in rows
    assert rows[-2:] == [["x̄₁", "v̄₋₁", "5.5"], ["x̄₂", "v̄₀", "1.716"]]


@pytest.mark.parametrize(
    "arguments",
    [
        'grad "x*y + x*z + x*x - x" --at x=-2,y=0.5,z=3', 'grad "x*y/z - y^2 + x^3" --at x=-2,y=0.5,z=1e-7', 'grad "x*y - z/x" --at x=-2,y=0.5,z=3 --mode forward',
        'jacobian "[x*y, -x/y, x + y*y]" --at x=-2,y=3 --mode forward --trace', 'jacobian "[x*y, -x/y, y]" --at x=-2,y=3 --mode reverse --trace',
        'jvp "[x*y, x/y]" --at x=-2,y=3 --direction x=1,y=-2 --trace', 'vjp "[x*y, x/y]" --at x=-2,y=3 --weights=-1,2 --trace',
        'hvp "x^2*y" --at x=-2,y=3 --direction x=1 --trace',
    ],
)  # fmt: skip
def test_a_formula_with_its_numbers_comes_to_its_value(arguments):
    """Evaluated by diffcli's own language, and none is left with a name in it."""
    trace = json.loads(run(f"{arguments} --substituted --json").stdout)["trace"]
    pairs = [(row["substituted"], row["value"]) for row in trace["primal"]]
    pairs += [(row["substituted"], row["value"]) for row in trace.get("adjoint", ())]
    pairs += [(row["substituted"][seed], row["values"][seed] or 0.0) for row in trace.get("tangent", ()) for seed in trace["seeds"]]
    told = [(text, value) for text, value in pairs if text]
    assert len(told) > 3
    for text, value in told:
        assert diffcli.grad(text, {}).value == pytest.approx(value, rel=1e-15), text


NUMBERS = ("x", "y", "2", "0", "2.5", "x^2", "-y", "x*y", "{} + {}", "{}*{}", "sin({})", "max({}, {})", "floor({})", "clip({}, 0, 3)", "stop_gradient({})", "({} if x > y else {})", "where(x > 2, {}, {})", "abs({})")  # fmt: skip
"""Pieces of random programs; some have no derivative by x, or by anything."""

ARRAYS = ("x", "y", "2*x", "x*y", "{} + {}", "{}*{}", "exp(-{})", "maximum({}, {})", "where(x > 1, {}, {})", "stop_gradient({})", "floor({})")  # fmt: skip

EVERY_WAY = (
    "grad", "grad --mode forward", "grad --mode numeric", "grad --mode symbolic", "grad --wrt x", "grad --mode forward --wrt x",
    "jacobian --trace", "jacobian --trace --mode reverse", "jacobian --trace --mode forward", "jvp --trace --direction x={}",
    "vjp --trace", "hvp --trace --direction x={}",
)  # fmt: skip


def random_program(random, pieces, depth=3):
    piece = random.choice(pieces if depth else pieces[:3])
    return piece.format(*(random_program(random, pieces, depth - 1) for _ in range(piece.count("{}"))))


@pytest.mark.parametrize("way", EVERY_WAY)
@pytest.mark.parametrize(
    ("pieces", "form", "x", "y"), [(NUMBERS, "{} + 0*(x + y)", "3", "2"), (ARRAYS, "sum({} + 0*x*y)", "[1,2]", "[2,0.5]")], ids=("numbers", "arrays")
)
def test_every_random_program_has_its_numbers_in_every_way_and_format(pieces, form, x, y, way):
    random = Random(way)
    command, _, options = way.format(x).partition(" ")
    seen = 0
    for place in range(12):
        program = form.format(random_program(random, pieces))
        of = f"[{program}, x*y]" if command == "jvp" and "{}*{}" in pieces and x == "3" else program
        line = f'{command} "{of}" --at "x={x},y={y}" {options} --substituted'
        for format in ("table", "json", ("csv --table adjoint", "latex", "markdown", "plain")[place % 4]):
            outcome = run(f"{line} -f {format}")
            allowed = (0, 4, 2) if "--table" in format else (0, 4)  # there may be no derivative at a kink, and no such table
            assert outcome.exit in allowed, (line, format, outcome.stderr)
            seen += outcome.stdout.count("in numbers") + outcome.stdout.count('"substituted"')
    assert seen or "numeric" in way or "symbolic" in way


def test_an_input_that_no_sweep_reaches_has_no_row():
    rows = rows_of(run('grad "x*y" --at x=1,y=2 --wrt x --substituted').stdout, "reverse adjoint trace, in order of execution")
    assert rows == [["v̄₁", "ȳ₁", "1"], ["v̄₋₁", "v̄₁·v₀", "1·2", "2"], ["x̄₁", "v̄₋₁", "2"]]


def test_truths_and_arrays_stand_in_latex_as_they_do_alone():
    text = run('grad "x if x>0 else -x" --at x=1 --substituted -f latex').stdout
    assert r"\text{true}" in text
    text = run('grad "sum(x*x)" --at x=[1,1e-9] --mode forward --substituted -f latex').stdout
    assert text.count(r"\begin{bmatrix} 1 & 0 \end{bmatrix} \cdot \begin{bmatrix} 1 & 1 \times 10^{-9} \end{bmatrix}") == 2  # the product rule


def test_rows_that_are_left_out_lend_no_numbers():
    program = "*".join("x" * 160)  # the adjoint of x grows all the way
    text = run(f'grad "{program}" --at x=1 --substituted').stdout
    rows = rows_of(text, "reverse adjoint trace, in order of execution")
    gap = next(place for place, row in enumerate(rows) if row[0] == "...")
    after = next(row for row in rows[gap + 1 :] if row[0] == "v̄₀")
    assert after[1].startswith("v̄₀ + ") and after[2].startswith("v̄₀ + ") and "x̄₁" not in text


def test_latex_has_the_column_too():
    text = run(f"{SURVEY} --substituted -f latex").stdout
    assert r"\text{in numbers}" in text and r"5 + \dfrac{1}{2}" in text and r"$\bar{x}_{1}$ & $\bar{v}_{-1}$ &  & $5.5$" in text


# -- narrow terminals --------------------------------------------------------------------------------------------------------

LONG = re.compile(r"\d+\.\d{5,}(?:e[-+]?\d+)?")
PIECES = re.compile(r"[^*/^(),·]*[*/^(),·]|[^*/^(),·]+")
MARKS = re.compile("[\u0304\u0307]")
DRAWN = ("plot", "step-size", "graph", "ast", "lesson reverse", "swell")
"""What is drawn with characters, or shown in part where it is narrow."""


@pytest.mark.parametrize("command", [line for line in EXAMPLES if not line.startswith(DRAWN)])
def test_a_narrow_terminal_cuts_no_number_and_breaks_what_can_be_broken(command):
    wide = run(command, COLUMNS="200").stdout
    for width in (20, 27, 38, 53, 60, 80, 120):
        narrow = run(command, COLUMNS=str(width)).stdout
        assert sorted(LONG.findall(narrow)) == sorted(LONG.findall(wide))
        pasted = any(line in narrow.splitlines() for line in wide.splitlines() if len(line) > width)
        for line in narrow.splitlines():
            text = MARKS.sub("", line)
            if len(text) > width and not pasted and "=" not in text:
                words = text.strip().rpartition("  ")[2].split()
                assert len([piece for word in words for piece in PIECES.findall(word)]) == 1, (width, line)


def test_a_message_is_wrapped_on_a_terminal_and_stays_one_line_in_a_pipe():
    from inside import MessageLook, error, render_diagnostics

    found = [error("not-a-number", "a Hessian is of one number, and there are several results: f1, f2, f3")]
    assert render_diagnostics(found, MessageLook(60)).count("\n") == 1
    assert render_diagnostics(found, MessageLook(60, wrapped=True)) == (
        "error[not-a-number]: a Hessian is of one number, and there\n  are several results: f1, f2, f3\n"
    )


def test_an_interrupt_is_one_line(tmp_path):
    (tmp_path / "f.py").write_text("def f(x):\n    raise KeyboardInterrupt\n")
    command = [sys.executable, "-m", "diffcli", "grad", f"{tmp_path}/f.py:f", "--at", "x=1"]
    outcome = subprocess.run(command, capture_output=True, text=True)
    assert (outcome.stdout, outcome.stderr, outcome.returncode) == ("", "interrupted\n", 130)
