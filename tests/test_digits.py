"""Lost digits: a number with fewer than 8 right digits says so, in every way to ask, and no other number does.

The truth is the same function written in mpmath (`oracle.py`, which reads none of diffcli's rules), with the point and the
constants as exact floats.
"""

from __future__ import annotations

import json
import math
from functools import partial

import numpy as np
import pytest
from console import run
from hypothesis import given
from hypothesis import strategies as st
from inside import (
    PRECISE,
    Again,
    NotDifferentiableError,
    Problem,
    Sweep,
    accumulate,
    adjoint_errors,
    tangent_errors,
    tangents,
    value_errors,
)
from mpmath import mp, mpf
from oracle import derivative_of, value_of

import diffcli

# -- programs, the same in mpmath, and where they are asked -------------------------------------------------------------------

ONE_WAY = ["(x*1e-200*1e-200*1e300 + y)^4", "-log(exp(a)/(exp(a) + exp(b) + exp(c)))"]
"""In reverse mode these have their digits: their factors meet in another order."""

LOST = [
    # nearly equal values are subtracted
    ("(1 - cos(x))/x^2", lambda x: (1 - mp.cos(x)) / x**2, {"x": 1e-4}),
    ("(exp(x) - 1 - x)/x^2", lambda x: (mp.exp(x) - 1 - x) / x**2, {"x": 1e-5}),
    ("sqrt(x + 1) - sqrt(x)", lambda x: mp.sqrt(x + 1) - mp.sqrt(x), {"x": 1e12}),
    ("log(x + sqrt(x^2 + 1))", lambda x: mp.log(x + mp.sqrt(x**2 + 1)), {"x": -1e6}),
    ("(x + y) - y", lambda x, y: (x + y) - y, {"x": 1e-3, "y": 1e9}),
    ("(x^2 - y^2)/(x - y)", lambda x, y: (x**2 - y**2) / (x - y), {"x": 1.0, "y": 1 + 1e-11}),
    ("x - tanh(x)", lambda x: x - mp.tanh(x), {"x": 1e-6}),
    ("(1 + x)^1e9", lambda x: (1 + x) ** 1000000000, {"x": 1e-9}),
    # the terms of the derivative cancel, and not those of the value
    ("2*(sin(x/2)/x)^2", lambda x: 2 * (mp.sin(x / 2) / x) ** 2, {"x": 1e-4}),
    # a large argument is rounded
    ("sin(1e10*x)", lambda x: mp.sin(10000000000 * x), {"x": 0.3}),
    ("cos(exp(x))", lambda x: mp.cos(mp.exp(x)), {"x": 25.0}),
    # a factor under- or overflows on the way
    ("h^10*x/h^9", lambda h, x: h**10 * x / h**9, {"h": 6.6e-34, "x": 2.0}),
    ("1e200*x*1e-300*x*1e200", lambda x: mpf(1e200) * x * mpf(1e-300) * x * mpf(1e200), {"x": 1e-200}),
    (ONE_WAY[0], lambda x, y: (x * mpf(1e-200) * mpf(1e-200) * mpf(1e300) + y) ** 4, {"x": 1.5, "y": 0.5}),
    ("1/(x*1e200*1e200)*1e300*1e90", lambda x: 1 / (x * mpf(1e200) * mpf(1e200)) * mpf(1e300) * mpf(1e90), {"x": 2.0}),
    (
        ONE_WAY[1],
        lambda a, b, c: -mp.log(mp.exp(a) / (mp.exp(a) + mp.exp(b) + mp.exp(c))),
        {"a": -300.0, "b": 300.0, "c": 10.0},
    ),
    ("exp(-x)*exp(y)", lambda x, y: mp.exp(-x) * mp.exp(y), {"x": 750.0, "y": 700.0}),
    # what is lost decides between two sides, or which plateau it is
    ("abs(x + 1e9 - 1e9 - 0.1)", lambda x: abs(x + 1000000000 - 1000000000 - mpf(0.1)), {"x": 0.1 + 1e-9}),
    ("tanh(((exp(s*y) - 1) - s*y)/s^2)", lambda s, y: mp.tanh(((mp.exp(s * y) - 1) - s * y) / s**2), {"s": 1.08e-9, "y": 0.2}),
    (
        "(74*(x - x)) + (1/(x + 1e7) - 1/1e7)/x",
        lambda x: 74 * (x - x) + (1 / (x + 10000000) - 1 / mpf(10000000)) / x,
        {"x": -2.2},
    ),
]
KEPT = [
    ("(1 - cos(x))/x^2", {"x": 0.015}),  # the bound leaves it in doubt, and it has 8 digits
    ("(1 - cos(x))/x^2", {"x": 1.0}),
    ("log(x1) + x1*x2 - sin(x2)", {"x1": 2.0, "x2": 5.0}),
    ("x - 0.3", {"x": 0.1 * 3}),  # exact: nothing has been rounded before
    ("(x + 1) - 1", {"x": 2.0**-30}),
    ("x - x", {"x": 0.1}),
    ("x + sin(x - x)", {"x": 0.0}),
    ("x*y", {"x": 0.0, "y": 3.0}),
    ("tanh(x) + erf(x)", {"x": 400.0}),  # the slope is 1e-347: 0 is the nearest float
    ("1/(1 + exp(x))", {"x": 1000.0}),
    ("exp(-x^2)", {"x": 40.0}),
    ("1/exp(exp(exp(x)))", {"x": 20.0}),  # 1 over a number that nobody can write down
    ("max(x - 0.1, y)*abs(x)", {"x": 0.3, "y": 0.2}),
    ("sinc(x/(2*pi))^2/2", {"x": 1e-4}),
    ("x^2 + y^2", {"x": 0.0, "y": 1e-160}),
    ("where(x > 0, sqrt(x), 1)", {"x": 1e-300}),
    ("1e154*x*1e154*y", {"x": 1e-154, "y": 1e-154}),
]
NAMES = [text for text, *_ in LOST]


def lost(found) -> list:
    return [note for note in found.notes if note.code == "lost-digits"]


def wrong(number: float, exact) -> bool:
    """Whether a number has fewer than 8 digits."""
    return abs(mpf(number) - exact) > 1e-8 * abs(exact)


# -- gradients -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize(("text", "function", "at"), LOST, ids=NAMES)
def test_a_gradient_that_has_lost_its_digits_says_so(text, function, at, mode):
    found, point = diffcli.grad(text, at, mode=mode), list(at.values())
    exact = {"the value": value_of(function, point)}
    exact |= {f"the derivative by `{name}`": derivative_of(function, point, place) for place, name in enumerate(at)}
    numbers = {"the value": found.value} | {f"the derivative by `{name}`": found.gradient[name] for name in at}
    off = [name for name, number in numbers.items() if wrong(number, exact[name])]
    if not off and text in ONE_WAY and mode == "reverse":
        return
    (note,) = lost(found)
    told = [note.message, *note.notes]
    assert off and all(any(line.startswith(name) for line in told) for name in off), (off, told)
    worst = next(name for name in numbers if note.message.startswith(name))
    assert math.isclose(float(note.message.split("and it is ")[1]), float(exact[worst]), rel_tol=1e-5)
    digits = 0 if not exact[worst] else max(0, math.floor(-mp.log10(abs(mpf(numbers[worst]) - exact[worst]) / abs(exact[worst]))))
    assert f" has {digits or 'no'} right digit{'s' * (digits > 1)}: " in note.message
    assert note.severity == "warning" and note.marks, "and where"


@pytest.mark.parametrize("mode", ["reverse", "forward", "symbolic"])
@pytest.mark.parametrize(("text", "at"), KEPT, ids=[f"{text} at {at}" for text, at in KEPT])
def test_a_gradient_that_has_its_digits_says_nothing(text, at, mode):
    if mode == "symbolic" and "sinc" in text:
        return  # SymPy's form of that does lose them
    assert not lost(diffcli.grad(text, at, mode=mode))


@pytest.mark.parametrize(("text", "function", "at"), LOST, ids=NAMES)
def test_it_says_the_same_with_an_array_beside(text, function, at):
    for mode in ("reverse", "forward"):
        alone = diffcli.grad(text, at, mode=mode)
        beside = diffcli.grad(f"sum(v)*({text})", {**at, "v": [1.0]}, mode=mode, wrt=list(at))
        one, other = ([note.message.partition(", and")[2] for note in lost(found)] for found in (alone, beside))
        assert one == other


@pytest.mark.parametrize(("text", "at"), KEPT, ids=[f"{text} at {at}" for text, at in KEPT])
def test_nor_does_it_with_an_array_beside(text, at):
    assert not lost(diffcli.grad(f"sum(v)*({text})", {**at, "v": [1.0]}))


@pytest.mark.parametrize(
    ("text", "at", "number"),
    [
        ("log(x*y*z)", {"x": 1e-150, "y": 1e-150, "z": 1e-150}, "-1036.16"),
        ("log(sigmoid(x))", {"x": -800.0}, "-800"),
        ("log((1 + x) - 1)", {"x": 1e-17}, "-39.1439"),
        ("log(prod(v))", {"v": [1e-200, 1e-200]}, "-921.034"),
        ("asin(sin(x))", {"x": 1.57079632}, "1"),
        ("log(x)", {"x": 0.0}, None),
        ("log(x^2)", {"x": 0.0}, None),
        ("sqrt(x)", {"x": 0.0}, None),
        ("exp(x)", {"x": 800.0}, None),
        # an overflow has a note of its own, which does not say what the value is
        ("log(1 + exp(x))", {"x": 800.0}, "800"),
        ("x*x*1e-200", {"x": 1e200}, "1e+200"),
        ("mean([x, y])", {"x": 1e308, "y": 1e308}, "1e+308"),
        ("sum(v)", {"v": [1e308, 1e308, -1e308]}, "1e+308"),
        ("prod(v)", {"v": [1e200, 1e200, 1e-300]}, "1e+100"),
        ("v @ w", {"v": [1e200, 1.0], "w": [1e200, 1.0]}, None),
        ("x*x*2", {"x": 1e200}, None),
    ],
)
def test_an_infinity_that_stands_for_a_number_says_so(text, at, number):
    told = [note.message.partition(", and it is ")[2] for note in lost(diffcli.grad(text, at))]
    assert told == ([] if number is None else [number])


@pytest.mark.parametrize(
    ("text", "at", "codes"),
    [
        ("1/(1 + exp(-x))", {"x": -800.0}, ["overflow", "indeterminate"]),
        ("1/(1/x + 1/y)", {"x": 1e308, "y": 1e308}, ["overflow", "indeterminate", "indeterminate"]),
        ("atan(1/x)", {"x": 1e-310}, ["overflow", "indeterminate"]),
        ("hypot(x, y)", {"x": 1e-310, "y": 1e-310}, ["symbolic-form", "symbolic-form"]),
        ("atan2(y, x)", {"y": 1e-200, "x": 1e-200}, ["symbolic-form", "symbolic-form"]),
        ("log(softplus(x))", {"x": -700.0}, ["symbolic-form"]),
        ("log(-expm1(x))", {"x": -1e-17}, ["symbolic-form"]),
        ("tanh(x)/x", {"x": 1e-200}, ["symbolic-form"]),
        ("log(x)", {"x": 1e-310}, ["overflow"]),
    ],
)
def test_a_form_of_sympy_that_has_no_number_says_so(text, at, codes):
    found = diffcli.grad(text, at, mode="symbolic")
    assert not any(map(math.isfinite, found.gradient.values()))
    assert [note.code for note in found.notes if note.code != "lost-digits"] == codes


# -- the other questions -------------------------------------------------------------------------------------------------------

COSINE, AT = "(1 - cos(x))/x^2", {"x": 1e-4}
WORST = "has no right digit: 4.4108e-05, and it is -8.33333e-06"
ASKED = {
    "directional": lambda: diffcli.grad(COSINE, AT, mode="forward", direction="x=1"),
    "jacobian": lambda: diffcli.jacobian(COSINE, AT),
    "jacobian, forward": lambda: diffcli.jacobian(f"[{COSINE}, y]", {**AT, "y": 1.0}, mode="forward"),
    "jacobian, reverse": lambda: diffcli.jacobian(f"[y, {COSINE}]", {**AT, "y": 1.0}, mode="reverse"),
    "jvp": lambda: diffcli.jvp(COSINE, AT, "x=1"),
    "vjp": lambda: diffcli.vjp(COSINE, AT, "1"),
    "hvp": lambda: diffcli.hvp(COSINE, AT, "x=1"),
    "hessian": lambda: diffcli.hessian(COSINE, AT),
    "taylor": lambda: diffcli.taylor(COSINE, AT, order=1),
    "an array": lambda: diffcli.grad("sum((1 - cos(x))/x^2)", {"x": [1.0, 1e-4]}),
    "an array, forward": lambda: diffcli.grad("sum((1 - cos(x))/x^2)", {"x": [1.0, 1e-4]}, mode="forward"),
    "rows of an array": lambda: diffcli.jacobian("(1 - cos(x))/x^2", {"x": [1.0, 1e-4]}),
    "jvp of an array": lambda: diffcli.jvp("(1 - cos(x))/x^2", {"x": [1.0, 1e-4]}, "x=[1, 1]"),
    "vjp of an array": lambda: diffcli.vjp("(1 - cos(x))/x^2", {"x": [1.0, 1e-4]}, ["[1, 1]"]),
}


@pytest.mark.parametrize("asked", ASKED)
def test_every_question_is_watched(asked):
    (note,) = lost(ASKED[asked]())
    told = [note.message, *note.notes]
    assert any(WORST.split(":")[0] in line for line in told), told


NEAR = [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]]
"""Nearly singular: what its elimination rounds is all that is left."""
INSIDE = [
    *[(partial(diffcli.grad, text, {"v": [0.1, 0.2, -0.3]}), True) for text in ("sum(v)", "mean(v)", "cumsum(v)[2]", "v @ [1, 1, 1]", "trace(diag(v))")],
    (lambda: diffcli.grad("logsumexp(v)", {"v": [-0.6931471805599453] * 2}), True),
    (lambda: diffcli.grad("sum(v)", {"v": [0.5, 0.25, -0.75]}), False),
    (lambda: diffcli.grad("sum(v)", {"v": [1.0, 2.0, -2.5]}), False),
    (lambda: diffcli.grad("det(A)", {"A": NEAR}), True),
    (lambda: diffcli.grad("det(A)", {"A": NEAR}, mode="forward"), True),
    (lambda: diffcli.grad("inv(A)[0, 0]", {"A": NEAR}), True),
    (lambda: diffcli.jacobian("solve(A, b)", {"A": NEAR, "b": [1.0, 2.0, 4.0]}, wrt="b"), True),
    (lambda: diffcli.grad("det(A)", {"A": [[1.0, 2.0], [2.0, 4.0]]}), False),
    (lambda: diffcli.grad("det(A)", {"A": [[float(row == column < 3) for row in range(5)] for column in range(5)]}), False),
    (lambda: diffcli.grad("sum(inv(A))", {"A": [[2.0, 1.0], [1.0, 3.0]]}), False),
    (lambda: diffcli.grad("solve(A, b)[0]", {"A": [[2.0, 0.0], [0.0, 3.0]], "b": [1.0, 2.0]}), False),
]


EVEN = [
    ("norm(y/y)", [2.39433, 2.10991, 1.69749]), ("mean((y/y)^3)", [3.36871, 4.462, 4.88508, 1.94215, 5.062]),
    ("logsumexp(sinh(y/y))", [-0.317391, -0.230091]), ("norm(y/y)", [2.0, 4.0]), ("norm(y - y + 1)", [2.39433, 2.10991]),
]  # fmt: skip


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize(("text", "y"), EVEN)
def test_what_is_constant_has_the_slope_0_or_a_note(text, y, mode):
    found = diffcli.grad(text, {"y": y}, mode=mode)
    assert bool(lost(found)) == bool(found.gradient["y"].any())


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_slopes_of_the_sides_are_not_taken_for_what_they_stand_in_for(mode):
    text = "sqrt(sqrt(exp(-3.35e3*x^2)))"
    found = diffcli.grad(text, {"x": -0.990386}, mode=mode)
    assert not lost(found) and found.gradient == {"x": 0.0}
    (note,) = lost(diffcli.grad(f"({text} + 1) - 1 + (1 + x*1e-12 - 1)", {"x": -0.990386}, mode=mode))
    assert note.message.startswith("the value has"), "what is not replaced is still said"


@pytest.mark.parametrize(("asked", "loses"), INSIDE)
def test_what_an_operation_rounds_inside_is_seen(asked, loses):
    assert bool(lost(asked())) == loses


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (lambda: diffcli.jacobian("[x*y, (x + y) - y]", {"x": 1e-3, "y": 1e9}), "the value of `f2` has 4 right digits: 0.00100005, and it is 0.001"),
        (lambda: diffcli.hessian("log(x + sqrt(x^2 + 1))", {"x": -1e6}), "the second derivative by `x` has 4 right digits: 1.00009e-12, and it is 1e-12"),
        (lambda: diffcli.hessian("sum((1 - cos(x))/x^2)", {"x": [1.0, 1e-3]}), "the second derivative by `x[1]` has 3 right digits: -0.0833803, and it is -0.0833333"),
        (lambda: diffcli.hessian("(x[1:]*x[:-1])[0] + (1 - cos(x[0]))/x[0]^2", {"x": [1e-3, 2.0]}), "the second derivative by `x[0]` has 3 right digits: -0.0833803, and it is -0.0833333"),
        (lambda: diffcli.hessian("sum(sqrt(1 + x) - 1)", {"x": [1e-13, 0.0]}), "the value has 3 right digits: 4.996e-14, and it is 5e-14"),
        (lambda: diffcli.hessian("sum(log(sigmoid(x)))", {"x": [-745.0]}), "the derivative by `x[0]` has no right digit: inf, and it is 1"),
        (lambda: diffcli.hessian("x^x", {"x": 1e-300}), "the second derivative by `x` has no right digit: -inf, and it is 1e+300"),
        (lambda: diffcli.hvp("sum(x^x)", {"x": [1e-300]}, {"x": [1]}), "the Hessian times the direction, by `x[0]`, has no right digit: -inf, and it is 1e+300"),
        (lambda: diffcli.hvp("2*(sin(x/2)/x)^2 + x*y", {"x": 1e-4, "y": 2.0}, "y=1"), None),  # the derivative by x is not printed
        (lambda: diffcli.hessian("(x + 1) - 1", {"x": 1e-12}, mode="numeric"), "the value has 4 right digits: 1.00009e-12, and it is 1e-12"),
        (lambda: diffcli.hessian("(x + 1) - 1", {"x": 1e-12}, mode="symbolic"), "the value has 4 right digits: 1.00009e-12, and it is 1e-12"),
        (lambda: diffcli.taylor("exp(x)*cos(x)", {"x": 0.0}, order=6), "the coefficient of order 6 has no right digit: 1.51788e-18, and it is 0"),
        (lambda: diffcli.taylor("log(sigmoid(x))", {"x": -745.0}, order=1), "the coefficient of order 1 has no right digit: inf, and it is 1"),
        (lambda: diffcli.taylor("(x^100)^0.01", {"x": 1e-5}, order=1), "the coefficient of order 1 has no right digit: nan, and it is 1"),
        (lambda: diffcli.taylor("expm1(x)/x", {"x": 1e-300}, order=2), "the coefficient of order 2 has no right digit: 5e+299, and it is 0.166667"),
        (lambda: diffcli.taylor("log1p(x)/x", {"x": 1e-250}, order=2), "the coefficient of order 2 has no right digit: -5e+249, and it is 0.333333"),
        (lambda: diffcli.grad("lgamma(x)", {"x": -2.4570247382208006}), None),
        (lambda: diffcli.grad("sum(digamma(x))", {"x": [1.4616321449683622]}), None),
        (lambda: diffcli.grad("logaddexp(x, y)", {"x": -1e-10, "y": -23.025850929}), "the value has 5 right digits: 9.90454e-20, and it is 9.90456e-20"),
        (lambda: diffcli.grad("lgamma(x) + digamma(x)", {"x": 1.0000000001}), None),
        (lambda: diffcli.grad(COSINE, AT, mode="symbolic"), "the derivative by `x` has no right digit: 4.4108e-05, and it is -8.33333e-06"),
        (lambda: diffcli.hessian("cos(x) + y", {"x": 1e-4, "y": 1.0}, mode="symbolic"), None),
        (lambda: diffcli.hessian(COSINE, {"x": 1e-3}, mode="symbolic"), "the second derivative by `x` has 3 right digits: -0.0833803, and it is -0.0833333"),
        (lambda: diffcli.hessian(COSINE, AT, mode="numeric"), "the derivative by `x` has no right digit: 4.4108e-05, and it is -8.33333e-06"),
        # the same from itself and over itself is exact; what it meets is not
        (lambda: diffcli.grad("y/(x - x + 1) + 1e7*(x/x)", {"x": 0.3, "y": 2.0}), None),
        (lambda: diffcli.grad("sum(y*(x - x)) + sum(cos(x/x))", {"x": [0.3, 0.7], "y": 2.0}), None),
        (lambda: diffcli.grad("1e3*(x - x) + 1e-10*x", {"x": 0.3}), "the derivative by `x` has 3 right digits: 1.00044e-10, and it is 1e-10"),
        (lambda: diffcli.grad("1e3*(x/x) + 1e-10*x", {"x": 0.25}), "the derivative by `x` has 3 right digits: 1.00044e-10, and it is 1e-10"),
        (lambda: diffcli.grad("sum(1e3*(x - x) + 1e-10*x)", {"x": [0.3, 0.25]}), "the derivative by `x[0]` has 3 right digits: 1.00044e-10, and it is 1e-10"),
        (lambda: diffcli.grad("exp(x) - 1", {"x": 1e-9}, mode="numeric"), "the value has 7 right digits: 1.0000001e-09, and it is 1e-09"),
        (lambda: diffcli.grad("abs(x)*((x + 1e9) - 1e9)", {"x": 0.0}, kink="right", mode="forward"), None),
        (lambda: diffcli.grad("abs(x)*y/((y + 1e9) - 1e9)", {"x": 0.0, "y": 1e-3}, kink="right"), "the derivative by `x` has 4 right digits: 0.999953, and it is 1"),
    ],
)  # fmt: skip
def test_what_is_said(asked, message):
    assert [note.message for note in lost(asked())] == ([] if message is None else [message])


@pytest.mark.parametrize(
    ("text", "at", "label"),
    [
        (COSINE, AT, "8 of 16 digits cancel here"),
        ("sin(1e10*x)", {"x": 0.3}, "its argument, 3000000000, is rounded: 8 of 16 digits are lost here"),
        ("h^10*x/h^9", {"h": 6.6e-34, "x": 2.0}, "underflows to 0 here: it is 1.57e-332"),
        ("1/(x*1e200*1e200)*1e300*1e90", {"x": 2.0}, "overflows here: it is 2.0e+400"),
        ("2*(sin(x/2)/x)^2", {"x": 1e-4}, "9 of 16 digits are lost where the terms by `x` are added up"),
    ],
)
def test_the_row_that_loses_most_is_shown(text, at, label):
    (note,) = lost(diffcli.grad(text, at))
    assert note.marks[0].label == label


@pytest.mark.parametrize(
    ("text", "at", "seed", "label"),
    [
        ("x*y", {"x": 0.1, "y": 0.3}, "x=1e15, y=-3e15", "the terms of its derivative cancel"),
        ("x*y*1e300", {"x": 1e-150, "y": 1e-150}, "x=1e-200, y=1e-200", "its tangent underflows to 0 here"),
        ("x*1e-200*1e300", {"x": 1.0}, "x=1e-200", "its tangent underflows to 0 here"),
        ("x*y*1e-300", {"x": 1e200, "y": 1.0}, "x=1, y=1e200", "its tangent overflows here"),
    ],
)
def test_the_row_of_a_tangent_that_loses_most_is_shown(text, at, seed, label):
    (note,) = lost(diffcli.jvp(text, at, seed))
    assert note.marks[0].label == label


A_STEP = "the derivative of `f` along the direction has no right digit: 0, and it is "
SEEDED = [
    # numbers: the truth by hand
    (lambda: diffcli.jvp("x + y + z", {"x": 3, "y": 5, "z": 7}, "x=1e16, y=1, z=-1e16"), A_STEP + "1"),
    (lambda: diffcli.grad("x + y + z", {"x": 3, "y": 5, "z": 7}, mode="forward", direction="x=1e16, y=1, z=-1e16"), "the derivative along the direction has no right digit: 0, and it is 1"),
    (lambda: diffcli.vjp("[x + y, x - y, x]", {"x": 3, "y": 5}, "1e16, 1, -1e16"), "the derivative by `x` has no right digit: 0, and it is 1"),
    (lambda: diffcli.hvp("x*y + x*z + x*w", {"x": 3, "y": 5, "z": 7, "w": 1}, "y=1e16, z=1, w=-1e16"), "the Hessian times the direction, by `x`, has no right digit: 0, and it is 1"),
    (lambda: diffcli.jvp("x + y", {"x": 3, "y": 5}, "x=1, y=-1"), None),
    # several results in one slot, beside others, and of arrays
    (lambda: diffcli.vjp("[x, x, x + y]", {"x": 3, "y": 1}, "1e16, 1, -1e16"), "the derivative by `x` has no right digit: 0, and it is 1"),
    (lambda: diffcli.vjp("[x, x, x*1]", {"x": 3}, "1e16, 1.5, -1e16"), "the derivative by `x` has no right digit: 2, and it is 1.5"),
    (lambda: diffcli.vjp("[x, x, sum(v)*x]", {"x": 3, "v": [1]}, "1e16, 1, -1e16"), "the derivative by `x` has no right digit: 0, and it is 1"),
    (lambda: diffcli.vjp("[v[0], v[0], sum(v)]", {"v": [3, 5]}, "1e16, 1, -1e16"), "the derivative by `v[0]` has no right digit: 0, and it is 1"),
    (lambda: diffcli.vjp("v", {"v": [3, 5]}, [[1e16, 1], [1, 2], [-1e16, 3]], of="v; v; v"), "the derivative by `v[0]` has no right digit: 0, and it is 1"),
    # sums inside one term, and of the seeds alone; the truth in fractions
    (lambda: diffcli.jvp("v @ w", {"v": [0.1], "w": [0.3]}, "v=[1e15], w=[-3e15]"), A_STEP + "-0.0277556"),
    (lambda: diffcli.jvp("sum(v*w)", {"v": [0.1], "w": [0.3]}, "v=[1e15], w=[-3e15]"), A_STEP + "-0.0277556"),
    (lambda: diffcli.jvp("A @ x", {"A": [[1, 1, 1]], "x": [3, 5, 7]}, "x=[1e16, 1, -1e16]"), A_STEP.replace("`f`", "`f[0]`") + "1"),
    (lambda: diffcli.jvp("sum(x)", {"x": [3, 5, 7]}, "x=[1e16, 1, -1e16]"), A_STEP + "1"),
    (lambda: diffcli.vjp("A @ x", {"A": [[0.1], [0.2], [-0.3]], "x": [7]}, ["[1, 1, 1]"], wrt="x"), "the derivative by `x[0]` has no right digit: 5.55112e-17, and it is 2.77556e-17"),
    (lambda: diffcli.vjp("s*v", {"s": 3, "v": [0.1, 0.2, -0.3]}, ["[1, 1, 1]"], wrt="s"), "the derivative by `s` has no right digit: 5.55112e-17, and it is 2.77556e-17"),
    (lambda: diffcli.vjp("A @ B", {"A": [[1, 1, 1]], "B": [[3], [5], [7]]}, ["[[1e16]]"], wrt="A"), None),
    (lambda: diffcli.hvp("sum(x)^2", {"x": [3, 5, 7]}, "x=[1e16, 1, -1e16]"), "the Hessian times the direction, by `x[0]`, has no right digit: 0, and it is 2"),
    (lambda: diffcli.jvp("v - w", {"v": [1.5], "w": [0.5]}, "v=[1], w=[1]"), None),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "message"), SEEDED)
def test_what_cancels_in_a_direction_or_in_weights_is_said(asked, message):
    assert [note.message for note in lost(asked())] == ([] if message is None else [message])


def test_weights_of_one_slot_add_up_as_if_rounded_once():
    assert diffcli.vjp("[x, x, x]", {"x": 3}, "1e16, 1, -1e16").product == {"x": 1.0}
    assert diffcli.vjp("[x, x]", {"x": 3}, "1.7e308, 1.7e308").product == {"x": math.inf}


ANOTHER_BRANCH = [
    (lambda: diffcli.grad("where(n^2 == 4, sum(v) + 1, sum(v))", {"n": 2, "v": [1, 2]}, wrt="v").gradient["v"], [1, 1]),
    (lambda: diffcli.grad("where(n/2 >= 1, sum(v^2) + 1, sum(v) - 1)", {"n": 2, "v": [1, 2]}, wrt="v").gradient["v"], [2, 4]),
    (lambda: diffcli.jacobian("where(n^2 == 4, v^2, n*v)", {"n": 2, "v": [1, 3]}, wrt="v").jacobian["f"]["v"], [[2, 0], [0, 6]]),
    (lambda: diffcli.hessian("where(n^2 == 4, sum(v^2), sum(v))", {"n": 2, "v": [1, 2]}, wrt="v").hessian["v"]["v"], [[2, 0], [0, 2]]),
    (lambda: diffcli.jvp("where(n^2 == 4, v^2, v)", {"n": 2, "v": [1, 3]}, "v=[1, 1]").product["f"], [2, 6]),
    (lambda: diffcli.vjp("where(n^2 == 4, v^2, v)", {"n": 2, "v": [1, 3]}, ["[1, 1]"]).product["v"], [2, 6]),
    (lambda: diffcli.taylor("where(y^2 == 4, x + 1, x)", {"y": 2}, "x", 1).coefficients, (1, 1)),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "right"), ANOTHER_BRANCH)
def test_where_shaking_takes_another_branch_the_numbers_are_those_of_the_branch(asked, right):
    found = asked()
    assert (found.tolist() if hasattr(found, "tolist") else found) == right


def exactly_solved(count: int) -> dict[str, list]:
    rows = [[float((7 * row + 3 * column) % 11 - 5) for column in range(count)] for row in range(count)]
    x = [float(place % 5) for place in range(count)]
    return {"A": rows, "x": x, "b": [sum(a * number for a, number in zip(row, x, strict=True)) for row in rows]}


@pytest.mark.parametrize(
    "asked",
    [
        lambda: diffcli.jacobian("abs(A @ x)", {"A": [[float(i == j) for j in range(55)] for i in range(55)], "x": [0.0] * 55}, wrt="x"),
        lambda: diffcli.jacobian("(A @ x - b)^2", exactly_solved(55), wrt="x"),
        lambda: diffcli.hessian("sum((A @ x - b)^4)", exactly_solved(52), wrt="x"),
    ],
)  # fmt: skip
def test_zeros_that_are_exact_are_no_doubt_however_many_sweeps_find_them(asked):
    assert not lost(asked())


def test_a_long_loop_that_keeps_its_digits_says_nothing():
    def settling(x):
        for _ in range(6000):
            x = x + 0.001 * (1 - x * x)
        return x

    assert not lost(diffcli.grad(settling, {"x": 0.3}))


@pytest.mark.parametrize("name", ["gamma", "lgamma", "digamma", "polygamma"])
@pytest.mark.parametrize("x", ["0.3", "150.3", "-151.7", "2.5", "1e30", "-2.4570247382208006"])
def test_many_digits_of_the_family_of_gamma_are_mpmaths(name, x):
    order = (3,) if name == "polygamma" else ()
    if name == "gamma" and x == "1e30":
        return
    with mp.workdps(300):
        own, digits = PRECISE[name](*order, mpf(x)), 290 - 20 * (name == "lgamma")
        exact = mp.re(mp.loggamma(mpf(x))) if name == "lgamma" else getattr(mp, name)(*order, mpf(x))
        assert abs(own - exact) <= abs(exact) * mpf(10) ** -digits


@pytest.mark.parametrize("order", ["-1e308", "-1", "169", "1e308"])
def test_an_order_of_polygamma_that_is_none_is_undefined_in_many_digits_too(order):
    assert PRECISE["polygamma"](mpf(order), mpf("0.7")) != PRECISE["polygamma"](mpf(order), mpf("0.7"))  # NaN, and soon


def test_strict_is_an_error_and_json_carries_the_warning():
    with pytest.raises(NotDifferentiableError, match="has no right digit"):
        diffcli.grad(COSINE, AT, strict=True)
    with pytest.raises(NotDifferentiableError, match="has no right digit"):
        diffcli.value_and_grad(lambda x: (1 - diffcli.cos(x)) / x**2, strict=True)(1e-4)
    refused = run('grad "(1 - cos(x))/x^2" --at x=1e-4 --strict')
    assert (refused.exit, refused.stdout) == (5, "")
    answer = run('grad "(1 - cos(x))/x^2" --at x=1e-4 --json')
    assert answer.exit == 0 and "lost-digits" in [note["code"] for note in json.loads(answer.stdout)["notes"]]


def test_where_the_truth_is_not_known_the_bound_speaks():
    @diffcli.custom_rule(partials="-sin(x)", at=[1.0])
    def unknown(x):
        return math.cos(x)

    (note,) = lost(diffcli.grad(lambda x: (1 - unknown(x)) / x**2, {"x": 1e-4}))
    assert note.message.startswith("the derivative by `x` may have no right digit: 4.4108e-05, with an error of up to ")
    long = "+".join(f"{k}*x" for k in range(51000)) + "+ (1 - cos(x))/x^2 - 1300474500*x"
    (note,) = lost(diffcli.grad(long, AT))
    assert "may have" in note.message
    ones = [[1.0] * 70] * 70  # written out, their product is too long
    (note,) = lost(diffcli.grad(f"sum(A @ A)*{COSINE}", {"A": ones, **AT}, wrt="x"))
    assert note.message.startswith("the derivative by `x` may have no right digit: 15.1291, with an error of up to ")
    assert not lost(diffcli.grad(f"sum(A @ A)*{COSINE}", {"A": ones, "x": 1.0}, wrt="x"))


# -- the bounds ----------------------------------------------------------------------------------------------------------------

UNARY = ("sin", "cos", "exp", "tanh", "atan", "sigmoid", "sinh", "erf", "softplus", "square", "asinh")


@st.composite
def expressions(draw, depth: int = 4) -> str:
    if not depth or draw(st.booleans()):
        return draw(st.sampled_from(["x", "y", "0.3", "1.7", "x", "y"]))
    kind = draw(st.integers(0, 2))
    if kind == 0:
        return f"{draw(st.sampled_from([name for name in UNARY if name != 'square']))}({draw(expressions(depth - 1))})"
    operator = draw(st.sampled_from(["+", "-", "*", "/"])) if kind == 1 else draw(st.sampled_from(["+", "*"]))
    return f"({draw(expressions(depth - 1))} {operator} {draw(expressions(depth - 1))})"


@given(expressions(), st.floats(-3, 3), st.floats(0.1, 3))
def test_the_bounds_hold(text, x, y):
    """Of values, adjoints and tangents: no row is further off than its bound, which is no more than a first-order one."""
    problem = Problem(f"{text} + 0*x*y", {"x": x, "y": y})
    tape, values, output = problem.tape, problem.values, problem.tape.output
    errors = value_errors(tape, values)
    if not math.isfinite(values[output]) or not errors[output] <= 1e-4:
        return
    bars = accumulate(tape, values, problem.active)[0]
    moves = tangents(tape, values, [1.0, None])
    back, along = Sweep({output: 1.0}), Sweep({0: 1.0}, True)
    for found, bounds, sweep, slots in (
        (values, errors, Sweep({}), [output]),
        (bars, adjoint_errors(tape, values, errors, bars, problem.active, {}), back, [0, 1]),
        (moves, tangent_errors(tape, values, errors, moves, {}), along, [output]),
    ):
        exact = Again(problem).read(sweep if sweep.seeds else None, slots).found
        for slot, truth in zip(slots, exact, strict=True):
            if truth is not None and found[slot] is not None and math.isfinite(found[slot]) and bounds[slot] < 1e-4:
                assert abs(mpf(found[slot]) - truth) <= 1.01 * bounds[slot] + mpf(2) ** -1074, (text, slot)


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize(("text", "x"), [
    ("cosh(asinh((1 - tanh(x*20)^2)^2))", 2.6453),
    ("209 + tanh((x*1e-200*1e-200*1e300)*(x*1e-200*1e-200*1e300))", -1.07209),
    ("erf(tanh(x^-2 - (x + 372)))", 0.574289),
    ("cos((1 - tanh(x)^2)*(1 - tanh(x)^2))", 30.0),
    ("1 + (exp(-x)*1e200)^2", 800.0),
    ("exp(log(sigmoid(-726*x))/x)", -0.607502),
])  # fmt: skip
def test_what_is_0_and_should_not_be_is_in_doubt_behind_a_square(text, x, mode):
    (note,) = [note for note in diffcli.grad(text, {"x": x}, mode=mode).notes if note.code == "lost-digits"]
    assert "the derivative by `x` has" in note.message


@pytest.mark.parametrize(
    ("text", "at", "culprit"),
    [
        ("x^1000/y^999", {"x": 1e-3, "y": 1e-3}, "y^999"),
        ("exp(-800)/exp(-x)", {"x": 800.0}, "exp(-x)"),
        ("sum(v)*x/(x^400*2)", {"x": 0.1, "v": [1.0, 2.0]}, "x^400"),
        ("(x^200)^-2", {"x": 1e-3}, "x^200"),
        ("reciprocal(square(x))", {"x": 1e-200}, "square(x)"),
        ("1/sin(x)", {"x": 0.0}, ""),
        ("x^-2", {"x": 0.0}, ""),
        ("1/(x - x)", {"x": 1.0}, ""),
        ("1/xlogy(x, 1)", {"x": 2.0}, ""),
        ("1/floor(x^2)", {"x": 0.5}, ""),
    ],
)
def test_a_divisor_that_underflows_is_told_from_0(text, at, culprit):
    with pytest.raises(diffcli.DomainError) as refused:
        diffcli.grad(text, at)
    (found,) = refused.value.diagnostics
    assert (found.code, found.message) == ("division-by-zero", "this divides by 0")
    said = f"`{culprit}` underflows to 0: it is below the range of a float" if culprit else None
    assert found.notes == (said or "the value and its derivative are undefined at this point",)


# -- where the sides of the point take a branch's place ------------------------------------------------------------------------

VALUE, LINE, QUOTIENT = "(1 - cos(1e-4))/1e-8", "(-8.333333327777778e-06)*(x - 1e-4)", "(1 - cos(x))/x^2"
OWN = f"where(x == 1e-4, {QUOTIENT}, {VALUE} + {LINE}) + y"
"""The branch for this point alone has lost its digits, and not the sides, which are a line."""
BESIDE = f"where(x == 1e-4, {VALUE} + {LINE}, {QUOTIENT}) + y"
"""The other way round."""
SLOPE, CURVE = "no right digit: {}, and it is -8.33333e-06", "no right digit: {}, and it is -0.0833333"
POINT = {"x": 1e-4, "y": 2.0}
OF_ARRAYS = {"x": [1e-4, 0.5], "y": [2.0, 3.0]}


def python_beside(x, y):
    return (1 - math.cos(1e-4)) / 1e-8 + y if x == 1e-4 else (1 - np.cos(x)) / x**2 + y


EVERY_WAY = {
    # the command, what it calls the number, and what the sides of BESIDE make of it, as mpmath has it
    "grad": (lambda text: diffcli.grad(text, POINT), "the derivative by `x` has", SLOPE),
    "grad of a Python function": (lambda text: diffcli.grad(python_beside, POINT), "the derivative by `x` has", SLOPE),
    "grad forward": (lambda text: diffcli.grad(text, POINT, mode="forward"), "the derivative by `x` has", SLOPE),
    "grad along": (
        lambda text: diffcli.grad(text, POINT, mode="forward", direction={"x": 1}), "the derivative along the direction has", SLOPE
    ),
    "grad of arrays": (lambda text: diffcli.grad(f"sum({text})", OF_ARRAYS), "the derivative by `x[0]` has", SLOPE),
    "jacobian": (lambda text: diffcli.jacobian(f"[y, {text}]", POINT), "the derivative of `f2` by `x` has", SLOPE),
    "jacobian forward": (
        lambda text: diffcli.jacobian(text, POINT, mode="forward"), "the derivative of `f` by `x` has", SLOPE
    ),
    "jacobian of arrays": (lambda text: diffcli.jacobian(text, OF_ARRAYS), "the derivative of `f[0]` by `x[0]` has", SLOPE),
    "jvp": (lambda text: diffcli.jvp(f"[y, {text}]", POINT, {"x": 1}), "the derivative of `f2` along the direction has", SLOPE),
    "jvp of arrays": (
        lambda text: diffcli.jvp(text, OF_ARRAYS, {"x": [1, 0]}), "the derivative of `f[0]` along the direction has", SLOPE
    ),
    "vjp": (lambda text: diffcli.vjp(text, POINT), "the derivative by `x` has", SLOPE),
    "vjp of several": (lambda text: diffcli.vjp(f"[{text}, x^2]", POINT, [1, 0]), "the derivative by `x` has", SLOPE),
    "vjp of arrays": (lambda text: diffcli.vjp(text, OF_ARRAYS, {"f": [1, 0]}), "the derivative by `x[0]` has", SLOPE),
    "hessian": (lambda text: diffcli.hessian(text, POINT), "the second derivative by `x` has", CURVE),
    "hessian symbolic": (lambda text: diffcli.hessian(text, POINT, mode="symbolic"), "the second derivative by `x` has", CURVE),
    "hvp": (lambda text: diffcli.hvp(text, POINT, {"x": 1}), "the Hessian times the direction, by `x`, has", CURVE),
    "taylor": (
        lambda text: diffcli.taylor(text, POINT, "x", 2), "the coefficient of order 2 has",
        "no right digit: {}, and it is -0.0416667"
    ),
}  # fmt: skip


def numbers_of(found) -> list[float]:
    """The derivatives that a result prints."""
    if hasattr(found, "coefficients"):
        return list(found.coefficients)
    if getattr(found, "directional", None) is not None:
        return [found.directional]
    whole = [*getattr(found, "matrix", ()), *getattr(found, "gradient", getattr(found, "product", {})).values()]
    return [float(number) for entry in whole for number in (entry if hasattr(entry, "__len__") else [entry])]


@pytest.mark.parametrize("way", EVERY_WAY)
def test_digits_beside_the_point_are_those_of_what_is_printed(way):
    asked, name, said = EVERY_WAY[way]
    found = asked(BESIDE)
    (note,) = lost(found)
    printed = note.message.partition(": ")[2].partition(",")[0]
    assert note.message == f"{name} {said.format(printed)}"
    assert any(f"{number:.6g}" == printed for number in numbers_of(found)), "the number that is told is one that is printed"


@pytest.mark.parametrize("way", [way for way in EVERY_WAY if "Python" not in way])
def test_what_the_sides_take_the_place_of_is_not_told(way):
    assert not lost(EVERY_WAY[way][0](OWN))


def test_of_a_product_with_several_results_each_part_is_told():
    found = diffcli.vjp(f"[{BESIDE}, (1 - cos(x))/x^2]", POINT, [1, 1])
    (note,) = lost(found)
    parts = {note.message.partition(" has ")[0], *[text.partition(" has ")[0] for text in note.notes]}
    assert {"the part beside the point of the derivative by `x`", "the rest of the derivative by `x`"} <= parts


@pytest.mark.parametrize("mode", ["symbolic", "numeric"])
@pytest.mark.parametrize("asked", [diffcli.grad, diffcli.jacobian])
def test_modes_in_numbers_speak_of_the_value_that_is_printed(asked, mode):
    found = asked("sum(v^2 - cbrt(v)^6)", {"v": [0.0, 0.7]}, mode=mode)
    printed = next(iter(found.values.values())) if hasattr(found, "values") else found.value
    told = [text.message for text in lost(found) if text.message.startswith("the value")]
    assert told == [f"the value has no right digit: {printed:.6g}, and it is 0"]


def test_what_the_sides_give_is_not_held_against_the_rules():
    found = diffcli.grad("where(x == 0, 1, 1 + 5*x) + ((y + 1) - 1)/y", {"x": 0, "y": 1e-12})
    (note,) = lost(found)
    assert found.gradient["x"] == 5
    assert note.message.startswith("the derivative by `y`") and not any("`x`" in text for text in note.notes)


def test_second_derivatives_beside_a_kink_are_told_as_they_are_printed():
    text = "norm(x)^2 + (1 - cos(x[0] + 1e-4))/(x[0] + 1e-4)^2"
    matrix = diffcli.hessian(text, {"x": [0, 0]})
    product = diffcli.hvp(text, {"x": [0, 0]}, {"x": [1, 0]})
    (of_matrix,), (of_product,) = lost(matrix), lost(product)
    printed = f"no right digit: {matrix.matrix[0][0]:.6g}, and it is 1.91667"
    assert any(printed.partition(":")[0] in text for text in (of_matrix.message, *of_matrix.notes))
    assert of_product.message == f"the Hessian times the direction, by `x[0]`, has {printed}"


def test_a_long_series_is_left_to_the_bound():
    text = " + ".join(f"(1 - cos(x*{i}e-9))/(x*{i}e-9)^2" for i in range(1, 800))
    (note,) = lost(diffcli.taylor(text, {"x": 1.0}, order=30))
    assert " may have no right digit: " in note.message
    (note,) = lost(diffcli.taylor(text, {"x": 1.0}, order=1))
    assert " has no right digit: " in note.message


@pytest.mark.parametrize("count", [20_001, 90_000])
def test_large_arrays_are_watched_and_the_bound_speaks(count):
    (note,) = lost(diffcli.grad("sum((1 - cos(x))/x^2)", {"x": [1e-5] * count}))
    assert note.message.startswith("the derivative by `x[0]` may have no right digit: -0.0082757, with an error of up to ")
    assert note.notes[-1] == f"{count - 9} more numbers may have fewer than 8 right digits"
    assert lost(diffcli.grad("sum(sin(x)/x)", {"x": [0.3, 0.7] * (count // 2)})) == []


@pytest.mark.parametrize(("size", "small", "lost"), [(100, 1.3e-9, True), (30_000, 1.3e-9, False), (30_000, 3e-11, True), (100, 3e-7, False)])
def test_of_very_many_numbers_those_count_as_lost_that_are_off_by_a_millionth(size: int, small: float, lost: bool) -> None:
    v = np.ones(size)
    v[7] = small
    found = diffcli.grad("sum(w*((v + 1) - 1))", {"w": np.ones(size), "v": v}, wrt="w")
    assert any("`w[7]`" in note.message for note in found.notes if note.code == "lost-digits") == lost
