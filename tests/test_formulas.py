"""Derivatives as formulas: exercises of calculus beside SymPy and mpmath, what is printed of them, and what is refused."""

from __future__ import annotations

import mpmath
import pytest
import sympy
from console import run, transcript
from sympy.parsing.sympy_parser import convert_xor, parse_expr, standard_transformations

import diffcli

# -- exercises ---------------------------------------------------------------------------------------------------------

EXERCISES = [
    # powers and roots
    ("3*x^4 - 5*x^2 + 2", "x", "x=2; x=-0.3"),
    ("(x^3 + 1)^5", "x", "x=0.4; x=-1.2"),
    ("1/x^3 - 4/x", "x", "x=2; x=-0.7"),
    ("x*sqrt(x)", "x", "x=4; x=0.3"),
    ("x^pi + x^e", "x", "x=2; x=0.6"),
    # products and quotients
    ("x^2*sin(x)", "x", "x=1; x=-2"),
    ("exp(x)*cos(x)*x", "x", "x=0.5; x=-1"),
    ("x*log(x) - x", "x", "x=2; x=0.1"),
    ("(x^2 - 1)/(x^2 + 1)", "x", "x=2; x=-0.5"),
    ("sin(x)/(1 + cos(x))", "x", "x=1; x=-0.3"),
    ("exp(x)/(x*(1 + exp(x)))", "x", "x=1; x=-2"),
    # chains
    ("sin(x^2)^3", "x", "x=0.7; x=-1.1"),
    ("exp(-x^2/2)", "x", "x=1; x=-0.4"),
    ("sqrt(1 + sqrt(1 + x^2))", "x", "x=1; x=-2"),
    ("log(log(x))", "x", "x=3; x=20"),
    ("cos(exp(sin(x)))", "x", "x=1; x=-0.5"),
    ("tan(1/(1 + x^2))", "x", "x=0.5; x=-2"),
    # inverse functions
    ("atan(x) + atan(1/x)", "x", "x=2; x=-0.5"),
    ("asin(x/2)", "x", "x=0.5; x=-1.5"),
    ("acos(1 - x)", "x", "x=0.5; x=1.7"),
    ("asinh(x)*x", "x", "x=1; x=-3"),
    ("x*acosh(x) - sqrt(x^2 - 1)", "x", "x=2; x=5"),
    # logarithmic differentiation
    ("x^x", "x", "x=2; x=0.5"),
    ("sin(x)^cos(x)", "x", "x=1; x=0.4"),
    ("(1 + 1/x)^x", "x", "x=2; x=10"),
    ("x^2*sqrt(x + 1)/(x - 1)^3", "x", "x=3; x=0.5"),
    # pieces
    ("abs(x^2 - 1)", "x", "x=2; x=0.5"),
    ("where(x > 0, x^2, sin(x))", "x", "x=2; x=-1"),
    ("x*abs(x)", "x", "x=1.5; x=-2"),
    ("max(x, x^2)", "x", "x=0.5; x=3"),
    # several variables
    ("x^2*y + y^3", "x", "x=1,y=2; x=-1,y=0.5"),
    ("x^2*y + y^3", "y", "x=1,y=2; x=-1,y=0.5"),
    ("exp(x*y)*sin(y)", "y", "x=0.5,y=1; x=-1,y=2"),
    ("atan(y/x)", "x", "x=1,y=2; x=-2,y=0.5"),
    # the second order, and the third
    ("x^2*log(x)", "x,x", "x=2; x=0.3"),
    ("exp(-x)*sin(2*x)", "x,x", "x=1; x=-0.5"),
    ("x^3*y^2 + sin(x*y)", "x,y", "x=1,y=2; x=-0.5,y=1"),
    ("1/(1 + x^2)", "x,x,x", "x=0.5; x=-2"),
    ("x^3*y^2*exp(y)", "x,x,y", "x=1,y=0.5; x=-1,y=2"),
    ("sqrt(x)*log(x)", "x,x,x", "x=2; x=0.5"),
    ("log(x^2 + y^2)", "x,y,y", "x=1,y=2; x=-0.5,y=1"),
]  # fmt: skip

NAMES = {
    "where": lambda condition, then, otherwise: sympy.Piecewise((then, condition), (otherwise, True)),
    "abs": sympy.Abs, "max": sympy.Max, "min": sympy.Min, "e": sympy.E, "ln": sympy.log,
    "x": sympy.Symbol("x", real=True), "y": sympy.Symbol("y", real=True),
}  # fmt: skip


def as_sympy(text):
    return parse_expr(text.replace("==", "-0 ==") if False else text, NAMES, transformations=(*standard_transformations, convert_xor))


def formula_of(text, by, at=None):
    """The formula of one derivative: by ``x,y`` it is the mixed one."""
    names = by.split(",")
    return diffcli.diff(text, at, wrt=sorted(set(names)), order=len(names)).formula("f", *names)


def points_of(text):
    return [{name: float(value) for name, value in (part.split("=") for part in point.split(","))} for point in text.split("; ")]


@pytest.mark.parametrize(("text", "by", "points"), EXERCISES)
def test_the_exercises_of_calculus_are_proved(text, by, points):
    """Both forms of each formula, read back by SymPy's own parser, are the derivative that SymPy has of the text."""
    found = formula_of(text, by)
    expected = sympy.diff(as_sympy(text), *[NAMES[name] for name in by.split(",")])
    for form in (found.unsimplified, found.simplified):
        assert form is not None and found.value is None
        difference = as_sympy(form) - expected
        assert is_everywhere_zero(difference), form


def is_everywhere_zero(difference):
    """By proof: the difference simplifies to 0, perhaps for each sign of the variables alone, where it has steps at 0 and 1."""
    if sympy.simplify(difference) == 0:
        return True
    (x,) = difference.free_symbols  # what has pieces has one variable here
    p = sympy.Symbol("p", positive=True)
    pieces = (-p, -1 - p, 1 + p, 1 / (1 + p), -1 / (1 + p), p)  # the breaks are at -1, 0 and 1
    return all(sympy.simplify(sympy.piecewise_fold(difference.subs(x, piece)).rewrite(sympy.Piecewise)) == 0 for piece in pieces[1:5])


@pytest.mark.parametrize(("text", "by", "points"), EXERCISES)
def test_the_values_of_the_exercises_are_those_of_50_digits(text, by, points):
    names = by.split(",")
    symbols = sorted(as_sympy(text).free_symbols, key=str)
    function = sympy.lambdify(symbols, as_sympy(text), "mpmath")
    for at in points_of(points):
        with mpmath.workdps(60):
            place = [mpmath.mpf(at[symbol.name]) for symbol in symbols]
            exact = mpmath.diff(function, tuple(place), tuple(names.count(symbol.name) for symbol in symbols))
        assert formula_of(text, by, at).value == pytest.approx(float(exact), rel=1e-12, abs=1e-13)


@pytest.mark.parametrize(("text", "by", "points"), EXERCISES)
def test_a_formula_is_a_program(text, by, points):
    """What -q prints is the simplified form, and has the value that the derivative has."""
    names = by.split(",")
    order = ["--wrt", by] if len(set(names)) < len(names) else ["--wrt", by] if len(names) == 1 else ["--hessian"]
    lines = run(["diff", text, *order, "-q"]).stdout.splitlines()
    form = lines[1] if order == ["--hessian"] else lines[0]
    assert form == formula_of(text, by).simplified
    for at in points_of(points):
        used = {name: value for name, value in at.items() if name in diffcli.parse(form).inputs}
        assert diffcli.evaluate(form, used) == pytest.approx(formula_of(text, by, at).value, rel=1e-11, abs=1e-13)


LARGE = {
    # text: its derivative by x, as a text in which no number is beyond the range of a float
    "x/10^400": "1/10^400",
    "2^2000*x": "2^2000",
    "1e300*1e300*x": "10^600",
    "-3*x*10^400": "-10^400*3",
    "-x/10^400 + x*0": "-1/10^400",
    "x^2*3^-1000": "2*x/3^1000",
    "sin(x/10^400)": "cos(x/10^400)/10^400",
    "(x/10)^1000": "x^999/10^997",
    "x/(2^1000*3^1000)": "1/6^1000",
    "x^(10^400)": None,
    "x*(2^2000 + 1)": None,
    "x*2^3000*(2^1100 + 1)/7^500": None,
}  # fmt: skip


@pytest.mark.parametrize("text", LARGE)
def test_a_large_number_stays_what_it_is(text):
    """Read back by SymPy's parser it is the derivative; read by diffcli, it has no name of its own and is no infinity."""
    found = formula_of(text, "x")
    for form in (found.unsimplified, found.simplified):
        expected = sympy.diff(as_sympy(text.replace("1e300", "10^300")), NAMES["x"])
        assert sympy.simplify(as_sympy(form) - expected) == 0
        assert set(diffcli.parse(form).inputs) <= {"x"} and "0.0" not in form
    assert LARGE[text] in (None, found.simplified)


@pytest.mark.parametrize("text", ["2^1e6*x", "9^9^9*x", "10^3000*10^3000*x", "(x/10)^5000", "x/2^1e6"])
def test_a_number_too_long_to_write_is_refused(text):
    result = run(["diff", text])
    assert (result.exit, result.stdout) == (6, "")
    assert result.stderr == (
        "error[undecided-derivative]: SymPy cannot differentiate this: a number in it has more than 4300 digits\n"
        "  = help: use grad --mode reverse\n"
    )


HELD = {"digamma(1)*x": "digamma(1)", "x*exp(digamma(1))": "exp(digamma(1))", "polygamma(2, 1)*x": "polygamma(2, 1)"}


@pytest.mark.parametrize("text", HELD)
def test_constants_of_sympy_have_the_names_of_the_language(text):
    assert formula_of(text, "x").simplified == HELD[text]


@pytest.mark.parametrize(("order", "help"), [(1, "  = help: use grad --mode reverse\n"), (2, "  = help: use hessian --mode auto\n"), (3, "")])
def test_what_is_not_real_is_refused_with_what_else_to_use(order, help):
    result = run(["diff", "sqrt(-1)*x^4", "--order", str(order)])
    assert (result.exit, result.stdout) == (6, "")
    message = "error[undecided-derivative]: SymPy leaves a derivative undecided: it holds sqrt(-1), which is no real number\n"
    assert result.stderr == message + help


@pytest.mark.parametrize("text", ["(y^2)^x", "cbrt((y^2)^x)", "(y^2)^cos(x)", "sqrt(y^2)^x", "(y^4)^x", "abs(y)^x"])
def test_both_forms_hold_wherever_the_function_does(text):
    at = {"x": mpmath.mpf("0.3"), "y": mpmath.mpf("-1.2")}
    function = sympy.lambdify([NAMES["x"], NAMES["y"]], as_sympy(text.replace("cbrt", "")), "mpmath")
    root = (lambda value: mpmath.cbrt(value)) if "cbrt" in text else (lambda value: value)
    with mpmath.workdps(40):
        slope = float(mpmath.diff(lambda y: root(function(at["x"], y)), at["y"]))
    found = formula_of(text, "y")
    for form in (found.unsimplified, found.simplified):
        assert diffcli.evaluate(form, {"x": 0.3, "y": -1.2}) == pytest.approx(slope, rel=1e-12)


def test_the_derivative_of_a_derivative_by_the_shell():
    form = run(["diff", "x^2*sin(x)", "-q"]).stdout.strip()
    assert run(["grad", form, "--at", "x=1", "-q"]).stdout == "f\t2.2232442754839328\ndf/dx\t3.002680208280456\n"


# -- which derivatives -------------------------------------------------------------------------------------------------

WHICH = [
    ("x^2*y + z", {}, ["x", "y", "z"]),
    ("x^2*y + z", {"wrt": "z, x"}, ["z", "x"]),
    ("x^2*y", {"order": 2}, ["xx", "xy", "yy"]),
    ("x^2*y", {"order": 3}, ["xxx", "xxy", "xyy", "yyy"]),
    ("x^2*y", {"order": 3, "wrt": "y"}, ["yyy"]),
    ("x^2*y", {"order": 2, "wrt": ["y", "x"]}, ["yy", "yx", "xx"]),
    ("x^2*y", {"wrt": "x, x, y"}, ["xxy"]),
    ("x^2*y", {"wrt": "x, y, x", "order": 3}, ["xyx"]),
    ("x^2*y", {"hessian": True}, ["xx", "xy", "yy"]),
    ("x^2*y", {"hessian": True, "order": 2, "wrt": "y"}, ["yy"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "asked", "by"), WHICH)
def test_which_derivatives_are_found(text, asked, by):
    point = dict.fromkeys(diffcli.parse(text).inputs, 0.5)
    for at in (None, point):
        assert ["".join(each.by) for each in diffcli.diff(text, at, **asked).formulas] == by


def test_a_list_is_a_jacobian_row_by_row():
    found = diffcli.diff("u = x*y; [u, sin(u), 2]")
    assert found.results == ("f1", "f2", "f3") and found.wrt == ("x", "y")
    assert found.texts == {"f1": "u", "f2": "sin(u)", "f3": "2"}
    forms = ["y", "x", "y*cos(x*y)", "x*cos(x*y)", "0", "0"]
    assert [each.simplified for each in found.formulas] == forms
    assert run('diff "u = x*y; [u, sin(u), 2]" -q').stdout.splitlines() == forms
    assert run('diff "u = x*y; u + 1" --of "u^2; y" -q').stdout.splitlines() == ["2*x*y^2", "2*x^2*y", "0", "1"]


def test_a_hessian_is_printed_row_by_row():
    assert run('diff "x^2*y^3" --hessian -q').stdout.splitlines() == ["2*y^3", "6*x*y^2", "6*x*y^2", "6*x^2*y"]
    assert run('diff "[x*y, y^2]" --hessian -q').stdout.splitlines() == ["0", "1", "1", "0", "0", "0", "0", "2"]


def test_elements_of_arrays_are_variables():
    found = diffcli.diff("dot(w, w)*b", {"w": [1, 2], "b": 3}, order=2)
    assert [each.by for each in found.formulas][:3] == [("w[0]", "w[0]"), ("w[0]", "w[1]"), ("w[0]", "b")]
    assert [each.value for each in found.formulas] == [6.0, 0.0, 2.0, 6.0, 4.0, 0.0]
    assert diffcli.diff("dot(w, w)*b", {"w": [1, 2], "b": 3}, wrt="w, w, b").formula("f", "w[1]", "w[1]", "b").value == 2.0
    form = run('diff "dot(w, w)*b" --at w=[1,2],b=3 -q').stdout.splitlines()[0]
    assert run(["grad", form, "--at", "w=[1,2],b=3", "-q"]).stdout.startswith("f\t6\n")


def test_a_python_function_has_the_formula_of_the_branch_taken(tmp_path):
    def bent(x, y):
        return x * y if x > 0 else diffcli.sin(x)

    assert [diffcli.diff(bent, {"x": x, "y": 2}, wrt="x").formulas[0].simplified for x in (1, -1)] == ["2", "cos(x)"]
    assert [note.code for note in diffcli.diff(bent, {"x": 1, "y": 2}).notes] == ["python-branch"]
    with pytest.raises(diffcli.ExpressionError, match="a Python function is recorded at a point, and there is none"):
        diffcli.diff(bent)


# -- at a point --------------------------------------------------------------------------------------------------------

AT = [
    ("x^2*sin(x)", "x=1"), ("log(x)*y", "x=2,y=-1"), ("abs(x)", "x=0"), ("x*abs(x)", "x=0"), ("max(x, y)", "x=1,y=1"), ("sqrt(x)", "x=0"),
    ("floor(x)*x", "x=2"), ("where(x > 0, x, -x)", "x=0"), ("(1 - cos(x))/x^2", "x=1e-8"), ("hypot(x, y)", "x=0,y=0"), ("sum(x^2)*y", "x=[1,2],y=3"),
    ("relu(x) - relu(-x)", "x=0"), ("x^2; x", "x=2"), ("pi*x", "x=2,pi=3"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "at"), AT)
def test_values_and_notes_at_a_point_are_those_of_the_gradient(text, at):
    found, expected = diffcli.diff(text, at), diffcli.jacobian(text, at, mode="symbolic")
    assert [each.value for each in found.formulas] == pytest.approx(list(expected.matrix[0]), nan_ok=True, rel=0)
    assert found.notes == expected.notes
    assert found.values == {"f": diffcli.grad(text, at).value}


TANGENTS = [
    ("x^2", "x=3", {"f": "9 + 6*(x - 3)"}),
    ("x^2 - y", "x=-1,y=0", {"f": "1 - 2*(x + 1) - y"}),
    ("[x*y, 7]", "x=2,y=1", {"f1": "2 + (x - 2) + 2*(y - 1)", "f2": "7"}),
    ("dot(w, w)", "w=[1,0]", {"f": "1 + 2*(w[0] - 1)"}),
    ("sin(x)", "x=0", {"f": "x"}),
    ("abs(x)", "x=0", {}),
    ("x*abs(x)", "x=0", {"f": "0"}),
    ("sqrt(x)", "x=0", {}),
    ("floor(x)", "x=2", {}),
    ("where(x > 0, x, 2*x)", "x=0", {}),
    ("1", "", {}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "at", "expected"), TANGENTS)
def test_the_tangent(text, at, expected):
    found = diffcli.diff(text, at)
    assert found.tangents == expected
    for name, tangent in expected.items():
        if diffcli.parse(tangent).inputs and "w" not in tangent:
            used = {each: found.at[each] for each in diffcli.parse(tangent).inputs}
            assert diffcli.evaluate(tangent, used) == found.values[name]


HIGHER = [
    ("abs(x)^3", "x=0", "x,x,x", None), ("x^3*abs(x)", "x=0", "x,x,x", 0.0), ("x^3*abs(x)", "x=0", "x,x,x,x", None),
    ("x^2*abs(y)", "x=1,y=0", "x,x,y", None), ("x^2*abs(y)", "x=1,y=2", "x,x,y", 2.0), ("sin(x*y)", "x=0,y=1", "x,x,x", -1.0),
    ("max(x, 0)^4", "x=0", "x,x,x", 0.0), ("max(x, 0)^3", "x=0", "x,x,x", None), ("exp(x)", "x=0", ",".join("x" * 8), 1.0),
]  # fmt: skip


@pytest.mark.parametrize(("text", "at", "by", "expected"), HIGHER)
def test_a_higher_derivative_at_a_kink_is_what_its_sides_agree_on(text, at, by, expected):
    found = diffcli.diff(text, at, wrt=by)
    value = found.formulas[0].value
    assert value == expected if expected is not None else value != value
    assert expected is not None or {"kink", "tie"} & {note.code for note in found.notes}
    assert run(["diff", text, "--at", at, "--wrt", by]).exit == (0 if expected is not None else 4)


def test_a_higher_derivative_that_loses_its_digits_says_so():
    found = diffcli.diff("(1 - cos(x))/x^2", "x=1e-5", order=3)
    assert [note.code for note in found.notes] == ["lost-digits", "symbolic-form"]
    assert found.notes[1].message == "SymPy's form of the derivative by `x` 3 times loses its digits at this point"
    assert found.notes[1].notes[1].startswith("worked out with 50 digits it is 3.3333333333")


# -- what is printed ---------------------------------------------------------------------------------------------------

PRINTED = {
    "table": 'diff "x^2*sin(x)"', "several": 'diff "x^2*y + sin(y)"', "steps": 'diff "x^2*sin(x)" --steps', "order": 'diff "exp(-x^2)" --order 3',
    "mixed": 'diff "x^3*y^2" --wrt x,x,y --at x=1,y=2', "jacobian": 'diff "[x*y, sin(x)^2]" --at x=1,y=2', "hessian": 'diff "100*(y - x^2)^2 + (1 - x)^2" --hessian',
    "hessians": 'diff "[x*y, y^2]" --hessian', "hessian-of-a-variable": 'diff "[x*y, x]" --hessian', "values-of-a-variable": 'diff "u = x*y; u + x" --of "x; u" --at x=1,y=2', "point": 'diff "sqrt(x)*y" --at x=4,y=3', "kink": 'diff "abs(x)" --at x=0', "constant": 'diff "2*3"',
    "latex": 'diff "x^2*sin(x)" -f latex --at x=1', "latex-partial": 'diff "x^3*y^2" --order 2 -f latex', "latex-jacobian": 'diff "[x*y, sin(x)^2]" -f latex',
    "latex-hessian": 'diff "x^2*y" --hessian -f latex --at x=1,y=2', "json": 'diff "x^2*y" --wrt x --at x=1,y=2 --json', "json-anywhere": 'diff "sqrt(x)" --json',
    "plain": 'diff "x^2*y" --at x=1,y=2 -f plain', "csv": 'diff "[x, x^2]" -f csv', "markdown": 'diff "x^2*y" --order 2 -f markdown',
    "simplify-none": 'diff "sin(x)^2" --simplify none', "quiet-none": 'diff "sin(x)^2" --simplify none -q',
    "list-arrays": 'diff "[[x, y], [y, x]]"', "element": 'diff "x[0]^2"', "sum": 'diff "2*sum(x)"',
    "mixed-order": 'diff "x*y" --wrt x,x --order 3', "mixed-hessian": 'diff "x*y" --wrt x,x --hessian', "hessian-order": 'diff "x*y" --hessian --order 3',
    "nowhere": 'diff "[0^x*y, x]"', "undefined-partial": 'diff "x^y" --at x=-2,y=2', "undefined-partial-hessian": 'diff "x^y" --at x=-2,y=2 --hessian',
    "undefined-partial-order": 'diff "[x^y, x*y]" --at x=-2,y=2 --order 3 -q', "unknown": 'diff "x*y" --wrt z', "undefined": 'diff "log(x)" --at x=-1', "missing": 'diff "x*y" --at x=1',
}  # fmt: skip


@pytest.mark.parametrize("name", PRINTED)
def test_what_is_printed(name, golden):
    golden(f"formulas/{name}.txt", transcript(PRINTED[name]))


@pytest.mark.parametrize("name", ["table", "several", "steps"])
def test_an_ascii_stream_gets_its_formulas_in_ascii(name):
    assert run(PRINTED[name], encoding="ascii").stdout.isascii()


def test_a_matrix_of_many_columns_is_no_matrix_of_amsmath_which_has_ten():
    for count, environment in ((10, "pmatrix"), (11, "array")):
        names = [f"x{k}" for k in range(count)]
        lines = run(["diff", f"[{' + '.join(names)}, {'*'.join(names)}]", "-f", "latex"]).stdout.splitlines()
        (first,) = [line for line in lines if line.startswith(r"\[ J = ")]
        assert first == r"\[ J = " + r"\left(" * (count > 10) + rf"\begin{{{environment}}}" + f"{{{'r' * 11}}}" * (count > 10)
        closing = lines[lines.index(" & ".join(["1"] * count) + r" \\") + 2]
        assert closing == rf"\end{{{environment}}}" + r"\right)" * (count > 10) + r" \]"


@pytest.mark.parametrize("options", ["", "--json", "-q", "-f latex", "--steps", "--wrt y --simplify none"])
def test_a_symbolic_gradient_without_a_point_is_its_formulas(options):
    assert run(f'grad "x^2*y" --mode symbolic {options}') == run(f'diff "x^2*y" {options}')


# -- what to type instead ----------------------------------------------------------------------------------------------

INSTEAD = [
    ('grad "x^2 + y"', 'or, for a formula without a point: `diffcli diff "x^2 + y"`'),
    ('grad "-x^2" --mode forward', 'or, for a formula without a point: `diffcli diff "-x^2"`'),
    ('grad x --wrt x --mode numeric', "or, for a formula without a point: `diffcli diff x --wrt x`"),
    ('jacobian "[x*y, x]" --wrt x', 'or, for a formula without a point: `diffcli diff "[x*y, x]" --wrt x`'),
    ('jacobian "u = x^2; u*y" --of u', 'or, for a formula without a point: `diffcli diff "u = x^2; u*y" --of u`'),
    ('hessian "x^2*y"', 'or, for a formula without a point: `diffcli diff "x^2*y" --hessian`'),
    ('derivative "x^2" --wrt x', 'diffcli diff "x^2" --wrt x'),
    ('derive "x^2"', 'diffcli diff "x^2"'),
    ('differentiate "x^2" --order 2', 'diffcli diff "x^2" --order 2'),
    ('deriv "$x + 1"', 'diffcli diff "x + 1"'),
    ("d", "the command is diff"),
    ('derivate "x^2"', 'diffcli diff "x^2"'),
    ('Derivative "x^2"', 'diffcli diff "x^2"'),
    ('gradients "x^2" --at x=1', 'diffcli grad "x^2" --at x=1'),
    ('grad "sum(x)*y"', 'diffcli grad "sum(x)*y" --at x=...,y=...'),
    ("hessian examples/model.py:distance", "diffcli hessian examples/model.py:distance --at speed=...,angle=..."),
    ('steps "x^2"', 'diffcli diff "x^2" --steps'),
    ('gradient "x^2"', 'diffcli diff "x^2"'),
    ('gradient "x^2" --at x=1', 'diffcli grad "x^2" --at x=1'),
    ('"x^2"', 'diffcli diff "x^2"'),
    ('"3*x^4 - 5*x^2 + 2" --order 2', 'diffcli diff "3*x^4 - 5*x^2 + 2" --order 2'),
]  # fmt: skip


@pytest.mark.parametrize(("command", "help"), INSTEAD)
def test_the_message_has_the_line_to_type(command, help):
    outcome = run(command + (" --json" if " " in command else ""))
    told = run(command, COLUMNS="200").stderr
    assert outcome.stdout == "" and outcome.exit in (2, 3)
    assert f"= help: {help}" in " ".join(told.split())
    line = help.partition("diffcli ")[2].rstrip("`")
    assert not line or "$" in line or "..." in line or run(line).exit == 0


@pytest.mark.parametrize("command", ['grad "x*y" --at x=1', 'taylor "x*y"', 'jvp x', "gard x", "grads x", "foo", '"x^2 +"'])
def test_diff_is_not_named_where_it_does_not_answer(command):
    assert "diffcli diff" not in run(command, COLUMNS="200").stderr
