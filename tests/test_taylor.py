"""Taylor coefficients against 50 digits, against SymPy, against themselves on the two sides of a kink, and as they are printed."""

from __future__ import annotations

import json
import math

import numpy as np
import oracle
import pytest
import sympy
import tiers
from console import run, transcript
from hypothesis import given
from inside import (
    Again,
    TaylorResult,
    evaluate,
    gradient_tape,
    lower,
    parse,
    polynomial_text,
    power_series,
    precise_value,
    taylor,
)
from mpmath import mp, mpf
from programs import SMOOTH, plainly, points, programs
from test_operations import TRUTHS, UNKNOWN, at_points, call

import diffcli

nan = math.nan

often = tiers.often(200)
ORDER = 8


def exact(function, x, order):
    """Taylor coefficients by an interpolating polynomial whose nodes are 1e-20 apart, with 600 digits."""
    with mp.workdps(400 + order * (40 + int(abs(math.log10(abs(x) or 1))))):
        step = mpf(10) ** -20 * (abs(x) or 1)
        nodes = [mpf(node) - mpf(order) / 2 for node in range(order + 1)]
        values = mp.matrix([function(mpf(x) + node * step) for node in nodes])
        powers = mp.matrix(order + 1, order + 1)
        for row, node in enumerate(nodes):
            for column in range(order + 1):
                powers[row, column] = node**column
        return [found / step**k for k, found in enumerate(mp.lu_solve(powers, values))]


def disagreements(found, expected, tolerance=2e-13):
    """Coefficients that are off by more than a few ulp of their own size and that of their neighbours."""
    wrong = []
    for k, number in enumerate(found):
        if abs(expected[k]) > mpf("1e308"):
            break  # what follows would be made of it
        beside = max(abs(expected[j]) for j in range(max(0, k - 1), min(len(expected) - 1, k + 1) + 1))
        scale = max(abs(expected[k]), beside / 1000)
        below = mpf("1e-300")  # the range of a float
        if not (abs(number - expected[k]) <= tolerance * scale or abs(number) + abs(expected[k]) < below):
            wrong.append((k, number, mp.nstr(expected[k], 20)))
    return wrong


@pytest.mark.parametrize(("row", "point"), at_points())
def test_every_row_of_the_table(row, point):
    """Along each operand, the others held: the partials of the table, differentiated again and again by one another."""
    tape = lower(parse(call(row, len(point))))
    values = evaluate(tape, point)
    texts = row.partials * len(point) if row.variadic else row.partials
    for position in range(len(point)):
        if texts[position] == UNKNOWN or (row.name, position) in TRUTHS or row.name == "stop_gradient":
            continue

        def function(moved, position=position):
            operands = [moved if place == position else mpf(operand) for place, operand in enumerate(point)]
            return oracle.ORACLE[row.name](*operands)

        found = power_series(tape, values, position, ORDER, 10_000)
        assert len(found) == ORDER + 1
        assert disagreements(found, exact(function, point[position], ORDER)) == []


AT_ZERO = {
    # text: coefficients at 0, exactly
    "x^3": [0, 0, 0, 1, 0, 0, 0],
    "x^2.0 + x^1": [0, 1, 1, 0, 0, 0, 0],
    "(x + x^2)^3": [0, 0, 0, 1, 3, 3, 1],
    "(1 + x)^-2": [1, -2, 3, -4, 5, -6, 7],
    "x^0": [1, 0, 0, 0, 0, 0, 0],
    "1/(1 - x)": [1] * 7,
    "x/(1 + x^2)": [0, 1, 0, -1, 0, 1, 0],
    "(1 + x)^0.5*(1 + x)^0.5": [1, 1, 0, 0, 0, 0, 0],
    "1/(1 - x - x^2)": [1, 1, 2, 3, 5, 8, 13],
    "square(x)*reciprocal(1 + x)": [0, 0, 1, -1, 1, -1, 1],
    "exp(x)": [1, 1, 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720],
    "sin(x)": [0, 1, 0, -1 / 6, 0, 1 / 120, 0],
    "log1p(x)": [0, 1, -1 / 2, 1 / 3, -1 / 4, 1 / 5, -1 / 6],
    "atan(x)": [0, 1, 0, -1 / 3, 0, 1 / 5, 0],
    "tan(x)": [0, 1, 0, 1 / 3, 0, 2 / 15, 0],
    "sinc(x)": [1, 0, -math.pi**2 / 6, 0, math.pi**4 / 120, 0, -math.pi**6 / 5040],
    "stop_gradient(x)*x": [0] * 7,
    "x*stop_gradient(x + 1)": [0, 1, 0, 0, 0, 0, 0],
    "(x - 1)^7": [-1, 7, -21, 35, -35, 21, -7],
    "x^2.5*x^0.5/x^2 + 1 if x > 1 else (2*x)^3": [0, 0, 0, 8, 0, 0, 0],
    "x^3*abs(x - 1)": [0, 0, 0, 1, -1, 0, 0],
    "where(x < 1, x*x, log(x))": [0, 0, 1, 0, 0, 0, 0],
    "u = x + 1; f(a) = a*u; f(f(x))": [0, 1, 2, 1, 0, 0, 0],
    "2": [2, 0, 0, 0, 0, 0, 0],
}


@pytest.mark.parametrize("text", AT_ZERO)
def test_series_at_zero(text):
    found = taylor(f"{text} + 0*x" if text == "2" else text, None, "x")
    assert found.coefficients == pytest.approx(AT_ZERO[text], rel=1e-14, abs=1e-16)
    if all(number == int(number) for number in AT_ZERO[text]):
        assert list(found.coefficients) == AT_ZERO[text]
    assert [found.derivatives[k] for k in range(7)] == [math.factorial(k) * found.coefficients[k] for k in range(7)]


@pytest.mark.parametrize("order", [0, 1, 23, 40])
def test_high_orders_of_sinc_do_not_end_where_the_series_of_its_rule_does(order):
    found = taylor("sinc(x)", None, order=order).coefficients
    expected = [(-1) ** (k // 2) * math.pi**k / math.factorial(k + 1) * (k % 2 == 0) for k in range(order + 1)]
    assert found == pytest.approx(expected, rel=1e-13)


SYMPY = [
    "exp(x)*cos(x)", "log(x)/x", "sqrt(1 + x^2)", "x^x", "tanh(x)^2", "exp(-x^2)*erf(x)", "atan(x)/(1 + exp(-x^2))", "x^(9/2)",
    "exp(x)/sqrt(sin(x)^3 + cos(x)^3)", "gamma(x)*x", "1/(1 + sin(x)^2)", "asin(x/4)*acosh(1 + x)", "(1 - cos(x))/(1 + x^2)",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("text", SYMPY)
@pytest.mark.parametrize("at", ["1/2", "3/2"])
def test_sympy_agrees(text, at):
    x = sympy.Symbol("x")
    form = sympy.sympify(text.replace("^", "**"))
    expected = [mpf(str(sympy.N(form.diff(x, k).subs(x, sympy.Rational(at)) / sympy.factorial(k), 30))) for k in range(7)]
    found = taylor(text, f"x={at}", order=6)
    assert disagreements(found.coefficients, expected, 1e-11) == []


@often
@given(programs(rows=SMOOTH, depth=3), points)
def test_the_first_two_derivatives_are_those_of_the_sweeps(statements, point):
    tape = lower(parse(plainly(statements)))
    at = [point[name] for name in tape.inputs]
    values = evaluate(tape, at)
    if not at or not math.isfinite(values[tape.output]):
        return
    first = gradient_tape(tape, [0])
    second = gradient_tape(first, [0], output=first.outputs[1])
    computed = evaluate(second, at)
    slopes = [computed[slot] for slot in second.outputs]
    largest = max([abs(number) for number in computed if isinstance(number, float) and math.isfinite(number)], default=0.0)
    found = power_series(tape, values, 0, 2, 100_000)
    if largest < 1e6 and all(map(math.isfinite, slopes)):
        for number, slope in zip(found[1:], (slopes[0], slopes[1] / 2), strict=True):
            assert not math.isfinite(number) or number == pytest.approx(slope, rel=1e-8, abs=1e-8 * max(1.0, largest))


READ_BACK = ["exp(x)*cos(x)", "sqrt(x + y)", "1/(x + 3)", "x - x", "x^3 - y", "-x", "gamma(x + 3)", "1e20*x^2 + 1e-20*x"]


@pytest.mark.parametrize("text", READ_BACK)
@pytest.mark.parametrize("x", [0.0, 2.0, -0.375])
def test_the_polynomial_is_a_program_with_the_same_coefficients(text, x):
    at = {"x": x, "y": 1.0} if "y" in text else {"x": x}
    found = taylor(text, at, "x", 5)
    program = parse(found.polynomial)
    again = taylor(program, {"x": x} if program.inputs else {}, "x", 5).coefficients if program.inputs else [float(found.polynomial)]
    assert again == pytest.approx([*found.coefficients][: len(again)], rel=1e-15)


def test_the_letter_of_the_polynomial_is_none_of_the_program():
    assert taylor("h^2", "h=1", order=2).polynomial == "t = h - 1; 1 + 2*t + t^2"
    assert polynomial_text([0.0, -1.0, 0.5], "x", -2.0) == "h = x + 2; -h + 0.5*h^2"


SIDES = {
    # text: the point, and the coefficients of order 0 to 3 on the left and on the right
    "abs(x)^3": (0, [0, 0, 0, -1], [0, 0, 0, 1]),
    "x*abs(x)": (0, [0, 0, -1, 0], [0, 0, 1, 0]),
    "max(x, x^2)": (0, [0, 0, 1, 0], [0, 1, 0, 0]),
    "min(x, x, 2*x)": (0, [0, 2, 0, 0], [0, 1, 0, 0]),
    "x*floor(x)": (1, [0, 0, 0, 0], [1, 1, 0, 0]),
    "where(x > 0, exp(x), 1 + x)": (0, [1, 1, 0, 0], [1, 1, 1 / 2, 1 / 6]),
    "where(x, 2*x, 1 - x)": (0, [0, 2, 0, 0], [0, 2, 0, 0]),
    "where(x == 0, 5, x)": (0, [0, 1, 0, 0], [0, 1, 0, 0]),
    "clip(x, 0, 1)^2": (1, [1, 2, 1, 0], [1, 0, 0, 0]),
    "relu(x)*x": (0, [0, 0, 0, 0], [0, 0, 1, 0]),
    "elu(x)": (0, [0, 1, 1 / 2, 1 / 6], [0, 1, 0, 0]),
    "copysign(2, x)*x": (0, [0, -2, 0, 0], [0, 2, 0, 0]),
    "x if x >= 1 else log(x) if x > 0 else 0": (1, [0, 1, -1 / 2, 1 / 3], [1, 1, 0, 0]),
    "atan2(x, x - 1)": (0, [-math.pi, -1, -1, -2 / 3], [math.pi, -1, -1, -2 / 3]),
    "sqrt(relu(x))": (0, [0, 0, 0, 0], None),
    "where(x > 0, 1/x, 1)": (0, [1, 0, 0, 0], None),
}


@pytest.mark.parametrize("text", SIDES)
def test_both_sides_of_a_break(text):
    x, left, right = SIDES[text]
    found = taylor(text, {"x": x}, order=3)
    assert {note.code for note in found.notes} & {"kink", "tie", "jump", "branch", "point-branch"}
    for side, expected in ((found.left, left), (found.right, right)):
        if expected is not None and (side is not None or text not in ("sqrt(relu(x))",)):
            assert side == pytest.approx(expected, abs=1e-15)
    if right is None:
        assert found.right is None


LARGE = [
    # the program, the point and the variable, and the coefficients on which both sides agree: NaN from the first that differs
    ("1e10 + abs(x)", {"x": 0}, "x", [1e10, nan]),
    ("1e10*x + abs(x)", {"x": 0}, "x", [0, nan]),
    ("1e12*x^5 + x*abs(x)", {"x": 0}, "x", [0, 0, nan, nan, nan, nan]),
    ("1e15*x^3 + max(x, x^2)", {"x": 0}, "x", [0, nan, nan, nan]),
    ("1e10*x^2 + 1e-10*abs(x)", {"x": 0}, "x", [0, nan, nan]),
    ("1e10*exp(x) + where(x < 0, x^2, 0)", {"x": 0}, "x", [1e10, 1e10, nan, nan]),
    ("1e10 + sum(abs(v))", {"v": [0, 1]}, "v[0]", [1e10 + 1, nan]),
    ("1e6 + where(x < 0, 0, 1e-7)", {"x": 0}, "x", [1e6 + 1e-7, nan, nan]),
    ("where(x < 0, -1e-15, 1e-15) + x", {"x": 0}, "x", [1e-15, nan]),
    ("clip(where(x > 0, x + 3, -1), 0, 1)", {"x": 0}, "x", [0, nan]),
    ("mod(x, 1)", {"x": 2}, "x", [0, nan]),
    (lambda x: 1e10 + (x if x > 0 else -x), {"x": 0}, "x", [1e10, nan]),
    (lambda v: 1e12 * v[0] ** 3 + np.abs(v[0]) * v[0] * v[1], {"v": [0, 2]}, "v[0]", [0, 0, nan, nan]),
    # they agree
    ("1e10 + abs(x)^2", {"x": 0}, "x", [1e10, 0, 1]),
    ("1e12*x^5 + abs(x)*abs(x)", {"x": 0}, "x", [0, 0, 1, 0, 0, 1e12]),
    ("1e-10*sqrt(x^2)^2*exp(x) + 1e10", {"x": 0}, "x", [1e10, 0, 1e-10, 1e-10]),
    ("where(x < 0.1, 3*x, 0.3 + 3*(x - 0.1))", {"x": 0.1}, "x", [3 * 0.1, 3, 0]),
    ("1e10 + norm(v)^2", {"v": [0, 0]}, "v[1]", [1e10, 0, 1]),
    (lambda x: 1e10 + (x * x if x > 0 else x**2), {"x": 0}, "x", [1e10, 0, 1]),
]


@pytest.mark.parametrize(("program", "at", "variable", "expected"), LARGE)
def test_the_coefficients_of_an_order_are_compared_with_each_other(program, at, variable, expected):
    found = taylor(program, at, variable, len(expected) - 1)
    assert found.coefficients == pytest.approx(expected, rel=1e-9, abs=1e-25, nan_ok=True)
    assert (found.left is None) == (found.right is None) == all(number == number for number in expected)


QUOTIENT = "(1 - cos(x + 1e-4))/(x + 1e-4)^2"
LOST = "the coefficient of order 2 has no right digit: -0.828287, and it is -0.0416667"


@pytest.mark.parametrize(
    ("program", "at", "variable"),
    [
        (f"max(x - 5, {QUOTIENT})", {"x": 0}, "x"),
        (f"min({QUOTIENT}, 3)", {"x": 0}, "x"),
        (f"clip({QUOTIENT}, 0, 1)", {"x": 0}, "x"),
        (f"abs(x)^2*0 + {QUOTIENT}", {"x": 0}, "x"),
        (f"relu(x)*relu(-x) + {QUOTIENT}", {"x": 0}, "x"),
        (f"where(x > 0, 0, 0) + {QUOTIENT}", {"x": 0}, "x"),
        (f"max([0, {QUOTIENT}])", {"x": 0}, "x"),
        ("max((1 - cos(v + 1e-4))/(v + 1e-4)^2)", {"v": [0, -1]}, "v[0]"),
        (lambda x: max((1 - np.cos(x + 1e-4)) / (x + 1e-4) ** 2, x - 5), {"x": 0}, "x"),
        (lambda x: (0 if x > 0 else 0 * x) + (1 - np.cos(x + 1e-4)) / (x + 1e-4) ** 2, {"x": 0}, "x"),
    ],
)
def test_lost_digits_are_told_at_a_kink_too(program, at, variable):
    notes = taylor(program, at, variable, 2).notes
    assert [note.message for note in notes if note.code == "lost-digits"] == [LOST]


def test_away_from_breaks_there_are_no_sides():
    found = taylor("abs(x)*max(x, 1)", "x=3")
    assert (found.left, found.right, found.notes) == (None, None, ())


def test_what_is_not_finite_is_told():
    found = taylor("x^2.5", order=4)
    assert found.coefficients[:4] == (0.0, 0.0, 0.0, math.inf)
    assert found.polynomial is None
    assert [note.code for note in found.notes] == ["no-coefficient"]
    assert "of order 3" in found.notes[0].message
    assert [note.code for note in taylor("sqrt(x)").notes] == ["pole", "no-coefficient"]


def test_a_python_function():
    def iterate(x):
        for _ in range(3):
            x = x * (2 - x)
        return x

    found = diffcli.taylor(iterate, {"x": 0.0}, order=8)
    assert found.coefficients == (0, 8, -28, 56, -70, 56, -28, 8, -1)  # 1 - (1 - x)^8


def test_an_own_operation_expands_by_its_own_rule():
    @diffcli.custom_rule(partials="y*(1 - y)", at=[-1.0, 0.5])
    def logistic(x):
        return 1 / (1 + math.exp(-x))

    assert diffcli.taylor(lambda x: logistic(x), {"x": 0.5}).coefficients == pytest.approx(taylor("sigmoid(x)", "x=0.5").coefficients)


def test_the_library():
    found = diffcli.taylor("x*y^2", {"y": 3}, "x", 2)
    assert isinstance(found, TaylorResult) and isinstance(found, diffcli.TaylorResult)
    assert found[:7] == ("x*y^2", "x", {"x": 0.0, "y": 3.0}, 2, (0.0, 9.0, 0.0), (0.0, 9.0, 0.0), "9*x")


@pytest.mark.parametrize(
    ("text", "at", "coefficients", "code"),
    [
        ("t*1e300*1e300 + t^2", "t=0", (0, math.inf, 1, 0), "overflow"),
        ("t^2*1e300*1e300 + t^3", "t=0", (0, 0, math.inf, 1), "overflow"),
        ("t*1e300*1e300 - t*1e300*1e300 + t^2", "t=0", (0, math.nan, 1, 0), "overflow"),
        ("sqrt(t) + t^2", "t=0", (0, math.inf, math.nan, math.nan), "no-coefficient"),
        ("cbrt(t)*1e300", "t=0", (0, math.inf, math.nan, math.nan), "no-coefficient"),
        ("t*1e300*1e300 + abs(t)", "t=0", (0, math.inf, math.nan, math.nan), "no-coefficient"),
        ("t^t", "t=0", (1, math.nan, math.nan, math.nan), "no-coefficient"),
    ],
)
def test_what_overflows_leaves_the_higher_orders_as_they_are(text, at, coefficients, code):
    found = diffcli.taylor(text, at, order=3)
    assert found.coefficients == pytest.approx(coefficients, nan_ok=True)
    assert code in [note.code for note in found.notes] and found.polynomial is None


def test_what_overflows_is_not_worked_out_in_full_behind_the_last_number(monkeypatch):
    swept, orders = Again._swept, set()
    monkeypatch.setattr(Again, "_swept", lambda self, sweep, values: orders.add(sweep.order) or swept(self, sweep, values))
    found = diffcli.taylor("gamma(x)", "x=300", order=60)
    assert (found.notes[0].code, orders) == ("overflow", {0})


EXACTLY = {
    # text: the point, and the coefficients of order 0, 1, ... by hand or from a table of series
    "exp(x)": ("", "1 1 1/2 1/6 1/24 1/120 1/720"),
    "exp(x)*cos(x)": ("", "1 1 0 -1/3 -1/6 -1/30 0"),
    "tan(x)": ("x=pi/4", "1 2 2 8/3 10/3 64/15 244/45"),
    "sin(x)": ("x=pi/4", "sqrt(2)/2 sqrt(2)/2 -sqrt(2)/4 -sqrt(2)/12"),
    "cos(x)": ("x=1", "cos(1) -sin(1) -cos(1)/2 sin(1)/6 cos(1)/24"),
    "sinc(x)": ("", "1 0 -pi^2/6 0 pi^4/120 0 -pi^6/5040"),
    "sinc(2*x)": ("x=1/4", "2/pi -8/pi"),
    "sqrt(x)": ("x=2", "sqrt(2) sqrt(2)/4 -sqrt(2)/32 sqrt(2)/128"),
    "0.1*x^2 + x^0.3": ("x=1", "11/10 1/2 -1/200 119/2000"),
    "log(x)": ("x=3", "log(3) 1/3 -1/18 1/81 -1/324"),
    "erf(x)": ("", "0 2/sqrt(pi) 0 -2/(3*sqrt(pi)) 0 1/(5*sqrt(pi))"),
    "gamma(x)": ("x=1", "1 digamma(1)"),
    "lgamma(1 + x)": ("", "0 digamma(1) pi^2/12 polygamma(2,·1)/6 pi^4/360"),
    "x^x": ("x=1", "1 1 1 1/2 1/3 1/12 3/40"),
    "x/(exp(1) - 1)": ("x=e-1", "1 1/(-1·+·e) 0"),
    "1/(1 - x - x^2)": ("x=1/3", "9/5 27/5 486/25"),
    "where(x < 1, x*x, log(x))": ("x=1/2", "1/4 1 1 0"),
    "max(x, 2)^2": ("x=3", "9 6 1 0"),
    "abs(x)^3": ("x=-2", "8 -12 6 -1 0"),
    "e*x + pi": ("e=2, x=1", "2·+·pi 2 0"),
    "exp(e)": ("e=1", "(exp(1)) (exp(1)) (exp(1))/2"),
    "exp(e - 2)*e": ("e=1/3", "exp(-5/3)/3 4*exp(-5/3)/3 7*exp(-5/3)/6"),
    "sum(v^2)*v[1]": ("v=[0, 1/2]", "1/8 0 1/2 0"),
    "1/(0.1 + 0.2 - 0.3 + 2*x)": ("x=1/4", "2 -8 32 -128"),
    "asinh(x)": ("", "0 1 0 -1/6 0 3/40"),
    "sigmoid(x)": ("", "1/2 1/4 0 -1/48 0 1/480"),
    "1/(sqrt(2) + x)": ("x=1", "-1·+·sqrt(2)"),
    "floor(x)*x": ("x=2.5", "5 2 0"),
    "stop_gradient(x)*x": ("x=1/3", "1/9 1/3 0"),
}


@pytest.mark.parametrize("text", EXACTLY)
def test_coefficients_as_exact_numbers(text):
    at, expected = EXACTLY[text]
    wanted = [each.replace("·", " ") for each in expected.split()]
    variable = {"e*x + pi": "x", "sum(v^2)*v[1]": "v[0]", "exp(e - 2)*e": "e", "exp(e)": "e"}.get(text)
    found = taylor(text, at, variable, len(wanted) - 1, exact=True)
    assert list(found.exact) == wanted and not [note for note in found.notes if note.code == "not-exact"]
    assert found.coefficients == pytest.approx(taylor(text, at, variable, len(wanted) - 1).coefficients, rel=0)


POINTS_EXACTLY = [
    # whatever is given, and the center of the polynomial
    ("x=1/3", "h = x - 1/3; 1/9 + 2/3*h"), (["x=3*(1/7)"], "h = x - 3/7; 9/49 + 6/7*h"), ({"x": "pi"}, "h = x - pi; pi^2 + 2*pi*h"),
    ({"x": 0.1}, "h = x - 1/10; 1/100 + 1/5*h"), ({"x": 2}, "h = x - 2; 4 + 4*h"), ({"x": "-1 - sqrt(2)"}, None), ("x=-e", "h = x + e; exp(2) - 2*e*h"),
    ({"x": np.float64(0.5)}, "h = x - 1/2; 1/4 + h"), ({"x": "1/3"}, "h = x - 1/3; 1/9 + 2/3*h"), (None, "0"),
]  # fmt: skip


@pytest.mark.parametrize(("at", "polynomial"), POINTS_EXACTLY)
def test_the_point_is_what_its_text_says(at, polynomial):
    found = taylor("x^2", at, "x", 1, exact=True)
    assert found.exact_polynomial == (polynomial or "h = x - (-sqrt(2) - 1); (2*sqrt(2) + 3) + (-2*sqrt(2) - 2)*h")


@pytest.mark.parametrize(("text", "order", "coefficient"), [
    ("exp(x)", 200, lambda k: sympy.Rational(1, sympy.factorial(k))),
    ("exp(x/10^200)", 3, lambda k: sympy.Rational(1, sympy.factorial(k) * 10 ** (200 * k))),
    ("3*log(1 - x*1e-200)", 3, lambda k: -sympy.Rational(3, max(k, 1) * 10 ** (200 * k)) * int(k > 0)),
])  # fmt: skip
def test_exact_numbers_have_no_range(text, order, coefficient):
    found = taylor(text, "x=0", order=order, exact=True)
    for k, exactly in enumerate(found.exact):
        read = sympy.sympify(exactly.replace("^", "**"))  # SymPy's reader of numbers
        assert read == coefficient(k) and not read.has(sympy.Float)


MANY = ["exp(sin(x))", "atan(x)/(1 + exp(-x^2))", "log(x)/x", "x^x", "tanh(x)^2", "sqrt(1 + x^2)", "gamma(x)", "1/(1 + sqrt(x))", "softplus(x)",
        "gelu(x)", "erf(x)*x", "log1p(x)*cosh(x)", "asin(x/9)", "acosh(1 + x)", "hypot(x, 3)", "logsumexp([x, 1, 2])", "x^(9/2)", "sinc(x)"]  # fmt: skip


@pytest.mark.parametrize("text", MANY)
@pytest.mark.parametrize("at", ["1/2", "3", "pi/4"])
def test_exact_numbers_are_the_coefficients(text, at):
    """In 40 digits each is the coefficient that an interpolating polynomial has, where there is an oracle; else that in floats."""
    found = taylor(text, f"x={at}", order=4, exact=True)
    program = lower(parse(found.exact_polynomial or "0"))
    for text, close in zip(found.exact, found.coefficients, strict=True):
        if text is not None:
            with mp.workdps(40):
                value = precise_value(lower(parse(text)), [])
            assert float(value) == pytest.approx(close, rel=1e-9, abs=1e-13)
    assert found.exact[0] is not None and program


def test_what_is_no_exact_number_is_told_and_the_float_stands():
    def told(text, at="", **more):
        found = taylor(text, at, exact=True, **more)
        return found.exact, [note.message for note in found.notes if note.code == "not-exact"]

    assert told("x*abs(x)", order=2) == (("0", "0", None), ["no short exact number is known for the coefficients of order 2"])
    assert told("abs(x)^2", order=2)[0] == ("0", "0", None)  # 1 on both sides, and no number at the point
    assert told("x^2.5", order=3)[0] == ("0", "0", "0", None)
    exact, message = told("exp(sin(x))/(1 + tan(x) + sqrt(x))", "x=1/3", order=11)
    assert exact[0] == "exp(sin(1/3))/(tan(1/3) + sqrt(3)/3 + 1)" and exact[11] is None
    assert message == ["no short exact number is known for the coefficients of order 2, 3, 4, 5, 6, 7, 8, 9, ..."]
    assert told("x/(sin(1)^2 + cos(1)^2 - 1 + x)", "x=1e-3", order=2)[0] == ("1", None, None)  # never a sum that is 0 unseen


def test_sympy_knows_nothing_of_an_own_operation():
    @diffcli.custom_rule(partials="y*(1 - y)", at=[-1.0, 0.5])
    def logistic(x):
        return 1 / (1 + math.exp(-x))

    found = diffcli.taylor(lambda x: logistic(x), {"x": 0.5}, order=1, exact=True)
    assert found.exact == (None, None) and found.coefficients[0] == pytest.approx(1 / (1 + math.exp(-0.5)))
    assert [note.message for note in found.notes] == ["SymPy knows nothing of `logistic`"]


def test_a_limit_keeps_the_floats():
    found = taylor("gamma(x)*sin(x)", "x=1", order=3, max_nodes=60, exact=True)
    assert found.coefficients[0] == pytest.approx(math.sin(1))


@pytest.mark.parametrize(
    ("text", "at", "order", "last"),
    [("1/(1 - x)", "", 1000, 1.0), ("exp(x)", "", 175, 1 / math.factorial(170) / (171 * 172 * 173 * 174 * 175)), ("(1 + x)^200", "", 200, 1.0),
     ("1/(2 - x)", "", 1000, 2.0**-1001), ("log(x)", "x=1/2", 900, -(2.0**900) / 900), ("sin(x)", "", 300, 0.0), ("abs(x - 1)", "", 400, 0.0),
     ("x^400", "", 400, 1.0), ("max(x, 0*x)*0 + 1/(1 - x)", "x=-1", 300, 2.0**-301)],
)  # fmt: skip
def test_orders_beyond_the_range_of_factorials(text, at, order, last):
    found = taylor(text, at, "x", order)
    assert found.coefficients[order] == pytest.approx(last, rel=1e-4 if text == "exp(x)" else 1e-12)
    assert len(found.coefficients) == order + 1 and len(found.derivatives) == 171


@pytest.mark.parametrize("order", [-1, 1001, 2.0, True, "3"])
def test_an_order_that_is_none(order):
    with pytest.raises(diffcli.UsageError, match="not a whole number from 0 to 1000"):
        taylor("x", order=order)


@pytest.mark.parametrize(
    ("arguments", "family", "message"),
    [
        (("x*y",), diffcli.UsageError, "there are several variables"),
        (("2",), diffcli.UsageError, "no variable to expand it in"),
        (("x*y", None, "x"), diffcli.ExpressionError, "no value for `y`"),
        (("x", "x=1", "z"), diffcli.ExpressionError, "no variable `z`"),
        (("log(x)", "x=-1"), diffcli.DomainError, "undefined"),
        (("1/x",), diffcli.DomainError, "divides by 0"),
        (("x +",), diffcli.ExpressionError, "the text ends"),
    ],
)
def test_errors(arguments, family, message):
    with pytest.raises(family, match=message):
        taylor(*arguments)


def test_the_longest_tape():
    with pytest.raises(diffcli.LimitError):
        taylor("gamma(x)*sin(x)", "x=1", order=30, max_nodes=20)


def test_long_tapes_and_deep_ones():
    assert taylor(" + ".join(["x*x"] * 2000), order=3).coefficients == (0, 0, 2000, 0)
    assert taylor("sin(" * 2000 + "x" + ")" * 2000, order=3).coefficients == pytest.approx((0, 1, 0, -2000 / 6))
    assert taylor("*".join(["(1 + x)"] * 64), order=2).coefficients == (1, 64, 64 * 63 / 2)


PRINTED = {
    "zero": 'taylor "exp(x)*cos(x)"',
    "several": 'taylor "sqrt(x + y)" --wrt x --at x=1,y=3 --order 4 --digits full',
    "kink": 'taylor "max(x, x^2) + abs(x)^3" --order 3',
    "json": 'taylor "abs(x)" --order 2 --json',
    "csv": 'taylor "1/(1 - x)" --order 3 --format csv',
    "plain": 'taylor "1/(1 - x)" --order 3 --format plain',
    "latex": 'taylor "gamma(x)" --at x=1 --order 3 --format latex',
    "markdown": 'taylor "sin(β)" --at β=1 --order 2 --format markdown',
    "not-finite": 'taylor "x^2.5" --order 4',
    "exact": 'taylor "sin(x)" --at x=pi/4 --order 3 --exact',
    "exact-latex": 'taylor "1/(1 + x)^2*exp(1)" --at x=1 --order 3 --exact -f latex',
    "exact-json": 'taylor "sin(x)" --at x=1 --order 2 --exact --json',
    "exact-quiet": 'taylor "tan(x)" --order 5 --exact -q',
    "exact-plain": 'taylor "tan(x)" --order 3 --exact -f plain',
    "not-exact": 'taylor "x*abs(x) + 1/3" --order 2 --exact',
    "quiet": 'taylor "tan(x)" --order 3 -q',
    "beyond": 'taylor "1/(1 - x)" --order 172 -f markdown',
    "which": 'taylor "x*y"',
    "order": 'taylor "x" --order 1001',
}


@pytest.mark.parametrize("name", PRINTED)
def test_what_is_printed(name, golden):
    golden(f"taylor/{name}.txt", transcript(PRINTED[name]))


def test_json_has_every_digit():
    data = json.loads(run('taylor "exp(x)" --at x=1 --order 5 --json').stdout)
    assert data["schema"] == "diffcli/taylor@1"
    assert data["coefficients"] == list(taylor("exp(x)", "x=1", order=5).coefficients)


def test_a_name_too_many_stands_at_its_place_and_the_point_stays_as_it_was():
    outcome = run('taylor "z^2" --at y=1 --at x=2')
    assert outcome.exit == 3
    assert outcome.stderr.count("in --at") == 2
    assert "  │ x=2\n  │ ^\n" in outcome.stderr
    at = {"y": 2.0}
    assert diffcli.taylor("x*y", at, wrt="x", order=2).coefficients == (0.0, 2.0, 0.0)
    assert at == {"y": 2.0}
