"""Derivatives as formulas: exercises of calculus beside SymPy and mpmath, what is printed of them, and what is refused."""

from __future__ import annotations

import mpmath
import pytest
import sympy
from console import run
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


def test_the_derivative_of_a_derivative_by_the_shell():
    form = run(["diff", "x^2*sin(x)", "-q"]).stdout.strip()
    assert run(["grad", form, "--at", "x=1", "-q"]).stdout == "f\t2.2232442754839328\ndf/dx\t3.002680208280456\n"
