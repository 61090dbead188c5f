"""Gradients by other code, held against the computed ones: wrong ones are caught with the slip, right ones pass."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from console import run
from inside import DomainError, ExpressionError, UsageError, check_gradient
from planted import PLANTED, RIGHT

from diffcli.testing import assert_agree, assert_gradient

MODEL = '''\
"""A model in NumPy, and one that cannot be recorded."""
import math

import numpy as np

X = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.0]])
Y = np.array([1.0, -2.0, 0.5])


def loss(w, b):
    return np.mean((X @ w + b - Y) ** 2)


def gradient(w, b):
    r = X @ w + b - Y
    return 2 * X.T @ r / 3, 2 * np.mean(r)


def forgetful(w, b):
    r = X @ w + b - Y
    return {"w": X.T @ r / 3, "b": 2 * np.mean(r)}


def both(w, b):
    return loss(w, b), gradient(w, b)


def off(w, b):
    return loss(w, b) + 1, gradient(w, b)


def second(w, b):
    n = len(Y)
    return {"w": {"w": 2 * X.T @ X / n, "b": 2 * X.sum(0) / n}, "b": {"w": 2 * X.sum(0) / n, "b": 2.0}}


def box(x, y):
    return math.exp(math.sin(x)) * y


def box_gradient(x, y):
    value = math.exp(math.sin(x))
    return math.cos(x) * value * y, value


def broken(w, b):
    return X @ w @ Y, undefined


def root(x):
    return np.sqrt(x)


def pair(x):
    return math.sin(x), math.cos(x)


def vector(x):
    return 2 * x


def none(x):
    return None


def power(x, n):
    return np.sum(x[:n] ** 2)


def power_gradient(x, n):
    return 2 * x * (np.arange(len(x)) < n)
'''


@pytest.fixture
def model(tmp_path, monkeypatch):
    (tmp_path / "model.py").write_text(MODEL, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(check, verdict):
    return {entry.name.partition("[")[0] for point in check.points for entry in point.entries if entry.verdict == verdict}


# -- planted ones --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", PLANTED, ids=lambda case: case.name)
def test_a_wrong_gradient_is_caught_with_its_slip(case):
    check = check_gradient(case.function, case.gradient, [case.at])
    assert not check.passed
    assert case.wrong in names(check, "wrong")
    assert case.slip in check.slip


def test_most_slips_are_named():
    assert len(PLANTED) >= 30
    assert sum(bool(case.slip) for case in PLANTED) >= 20


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.name)
def test_a_right_gradient_passes(case):
    with np.errstate(all="ignore"):
        check = check_gradient(case.function, case.gradient, [case.at])
    assert check.passed
    assert check.slip == ""
    assert check.counts["not decided"] == 0


# -- functions of which only values are known ----------------------------------------------------------------------------------


def lambert(x):
    """The solution w of w*exp(w) = x, by Newton's method, whose steps depend on the number."""
    w = 1.0
    while abs(w * math.exp(w) - x) > 1e-15 * x:
        w -= (w * math.exp(w) - x) / (math.exp(w) * (1 + w))
    return w


BOXES = [
    (lambda x, y: math.sin(x) * y, lambda x, y: (math.cos(x) * y, math.sin(x)), {"x": 1.0, "y": 2.0}, ""),
    (lambda x, y: math.sin(x) * y, lambda x, y: (math.cos(x) * y, -math.sin(x)), {"x": 1.0, "y": 2.0}, "by `y`: the sign of the whole is wrong"),
    (lambda x: math.gamma(x), lambda x: math.gamma(x) * -0.5772156649015329, {"x": 1.0}, ""),
    (lambda x: math.gamma(x), lambda x: 0.5772156649015329 * 2, {"x": 1.0}, ""),
    (lambda a: np.linalg.svd(a, compute_uv=False)[0], lambda a: np.outer(*[v[k] for v, k in zip((np.linalg.svd(a)[0].T, np.linalg.svd(a)[2]), (0, 0), strict=True)]),
     {"a": np.array([[2.0, 1.0], [0.0, 1.0], [1.0, -1.0]])}, ""),
    (lambda x: float(abs(x)), lambda x: 0.3, {"x": 0.0}, ""),
    (lambda x: math.exp(float(x[0])) + math.exp(float(x[1])) + math.exp(float(x[2])), lambda x: np.exp(x) + 0.5 * x, {"x": np.array([0.1, 0.2, 0.3])},
     "a term is too much: 0.5 times `x`"),
]  # fmt: skip
RIGHT_BOXES = {0: True, 1: False, 2: True, 3: False, 4: True, 5: True, 6: False}


@pytest.mark.parametrize("number", range(len(BOXES)))
def test_functions_that_cannot_be_recorded(number):
    function, gradient, at, slip = BOXES[number]
    check = check_gradient(function, gradient, [at])
    assert check.passed is RIGHT_BOXES[number]
    assert check.slip == slip or not slip
    assert not check.points[0].recorded
    assert check.notes[0].code == "plain-calls"


def test_a_loop_that_depends_on_the_number():
    assert_gradient(lambert, lambda x: lambert(x) / (x * (1 + lambert(x))), {"x": 2.5})
    with pytest.raises(AssertionError):
        assert_gradient(lambert, lambda x: 1.001 * lambert(x) / (x * (1 + lambert(x))), {"x": 2.5})


# -- the forms of a claim ------------------------------------------------------------------------------------------------------

W, B = np.array([1.0, 2.0]), 0.5


def value(w, b):
    return np.sum(w**2) * b


FORMS = [
    lambda w, b: (2 * w * b, np.sum(w**2)),
    lambda w, b: [2 * w * b, np.sum(w**2)],
    lambda w, b: {"b": np.sum(w**2), "w": (2 * w * b).tolist()},
    lambda w, b: np.append(2 * w * b, np.sum(w**2)),
    lambda w, b: {"w[1]": 2 * w[1] * b},
    lambda weights, scale: (2 * weights * scale, np.sum(weights**2)),
    lambda b, w: {"w": 2 * w * b, "b": np.array([np.sum(w**2)])},
    lambda *args: (2 * args[0] * args[1], np.sum(args[0] ** 2)),
    "[2*w[0]*b, 2*w[1]*b, sum(w^2)]",
    "w: 2*w*b, b: sum(w^2)",
    {"w": [1.0, 2.0], "b": 5},
    ([1.0, 2.0], 5.0),
    np.array([1.0, 2.0, 5.0]),
]


@pytest.mark.parametrize("form", FORMS)
def test_a_gradient_comes_in_many_forms(form):
    assert assert_gradient(value, form, {"w": W, "b": B}) is None


def test_numbers_come_from_files(model):
    np.save("w.npy", np.array([1.0, 2.0]))
    (model / "all.json").write_text('{"w": [1, 2], "b": 5}')
    (model / "right.txt").write_text("w: 2*w*b\nb: sum(w^2)  # the squares\n")
    (model / "result.json").write_text(run('grad "sum(w^2)*b" --at w=[1,2],b=0.5 --json').stdout)
    for against in ("@all.json", "all.json", "@right.txt", "result.json", "w=@w.npy, b=5"):
        assert run(["check", "sum(w^2)*b", "--at", "w=[1,2],b=0.5", "--against", against, "-q"]).stdout == "df/dw\tright\ndf/db\tright\n"
    np.save("third.npy", np.float32(1 / 3))
    np.save("double.npy", np.float64(np.float32(1 / 3)))
    assert run(["check", "x/3", "--against", "third.npy", "--at", "x=1", "-q"]).stdout == "df/dx\tright\n"
    assert run(["check", "x/3", "--against", "double.npy", "--at", "x=1", "-q"]).stdout == "df/dx\twrong\n"
    assert run(["check", "sum(w^2)/2", "--at", "w=[1,2]", "--against", "w.npy", "-q"]).exit == 0


HESSIANS = [
    (lambda x, y: x**2 * y, lambda x, y: [[2 * y, 2 * x], [2 * x, 0]], {"x": 3.0, "y": 2.0}, True),
    (lambda x, y: x**2 * y, lambda x, y: [[2 * y, x], [2 * x, 0]], {"x": 3.0, "y": 2.0}, False),
    (lambda x, y: x**2 * y, {"x": {"x": 4, "y": 6}, "y": {"x": 6, "y": 0}}, {"x": 3.0, "y": 2.0}, True),
    ("x^2*y", "[[2*y, 2*x], [2*x, 0]]", "x=3, y=2", True),
    (lambda x: np.sum(x**3), lambda x: np.diag(6 * x), {"x": np.array([1.0, 2.0, 3.0])}, True),
    (lambda x: math.exp(x[0] * x[1]), lambda x: math.exp(x[0] * x[1]) * np.array([[x[1] ** 2, 1 + x[0] * x[1]], [1 + x[0] * x[1], x[0] ** 2]]),
     {"x": np.array([0.3, 0.7])}, True),
    (lambda x: math.exp(x[0] * x[1]), lambda x: math.exp(x[0] * x[1]) * np.array([[x[1] ** 2, x[0] * x[1]], [x[0] * x[1], x[0] ** 2]]),
     {"x": np.array([0.3, 0.7])}, False),
    (lambda x, y: math.sin(1e3 * x) * y, lambda x, y: [[-1e6 * math.sin(1e3 * x) * y, 1e3 * math.cos(1e3 * x)], [1e3 * math.cos(1e3 * x), 0]],
     {"x": 1e-3, "y": 1e3}, True),
    (lambda w, b: np.sum(w**3) * b, lambda w, b: np.block([[np.diag(6 * w) * b, (3 * w**2)[:, None]], [3 * w**2, np.zeros((1, 1))]]),
     {"w": np.array([1.0, 2.0]), "b": 3.0}, True),
    (lambda w, b: np.sum(w**3) * b, lambda w, b: np.block([[np.diag(6 * w) * b, (w**2)[:, None]], [3 * w**2, np.zeros((1, 1))]]),
     {"w": np.array([1.0, 2.0]), "b": 3.0}, False),
    (lambda w, b: np.sum(w**3) * b, lambda w, b: [[np.diag(6 * w) * b, 3 * w**2], [3 * w**2, 0]], {"w": np.array([1.0, 2.0]), "b": 3.0}, True),
    (lambda u, v: np.sum(u * v), np.block([[np.zeros((2, 2)), np.eye(2)], [np.eye(2), np.zeros((2, 2))]]).tolist(),
     {"u": np.array([1.0, 2.0]), "v": np.array([3.0, 4.0])}, True),
    (lambda w: np.sum(w) ** 2, lambda w: np.full((4, 4), 2.0), {"w": np.array([[1.0, 2.0], [3.0, 4.0]])}, True),
    ("x^3", "12", "x=2", True),
    ("x^3", {"x": 12}, "x=2", True),
    ("1e9*x^2 + 1e-9*y^2", [[2e9, 0], [0, 2e-9]], "x=1, y=1", True),
    ("1e9*x^2 + 1e-9*y^2", [[2e9, 0], [0, 4e-9]], "x=1, y=1", False),
    ("1e9*x^2 + 1e-9*y^2", [[2e9, 1e-6], [1e-6, 2e-9]], "x=1, y=1", False),
]  # fmt: skip


@pytest.mark.parametrize(("function", "claim", "at", "right"), HESSIANS)
def test_second_derivatives(function, claim, at, right):
    assert check_gradient(function, claim, [at], hessian=True).passed is right


MISFITS = [
    (lambda w, b: np.zeros((2, 2)), "the gradient by `w` is 2 elements, and should be 3 elements"),
    (lambda w, b: np.zeros(3), "the gradient has 3 parts, and there are 2 variables: w, b"),
    (lambda w, b: (w, w), "the gradient by `b` is 3 elements, and should be a number"),
    (lambda w, b: {"v": w}, "the gradient has no variable `v`"),
    (lambda w, b: {"w": w, "b": "five"}, "the gradient by `b` is a `str`, not a number"),
    (lambda w, b: {"w": w, "b": None}, "the gradient by `b` is a `NoneType`, not a number"),
    (lambda x, y, z: w, "`<lambda>` takes x, y, z, and the point has w, b"),  # noqa: F821
    ("w: 2*w", None),
    ({}, "the gradient is empty"),
    (lambda w, b: {}, "the gradient is empty"),
]


@pytest.mark.parametrize(("claim", "message"), MISFITS)
def test_a_claim_that_does_not_fit_is_an_error(claim, message):
    at = {"w": np.array([1.0, 2.0, 3.0]), "b": 0.5}
    if message is None:
        assert not check_gradient(lambda w, b: np.sum(w) * b, claim, [at]).passed
        return
    with pytest.raises((ExpressionError, UsageError)) as raised:
        check_gradient(lambda w, b: np.sum(w) * b, claim, [at])
    assert raised.value.diagnostics[0].message == message


NO_HESSIANS = [
    (5.0, "the Hessian has 1 part, and there are 2 variables: x, y"),
    (None, None),
    ([1.0, 2.0], "the Hessian by `x` has 1 part, and there are 2 variables: x, y"),
    ([[4.0, 6.0], [6.0]], "the Hessian by `y` has 1 part, and there are 2 variables: x, y"),
    ([[4.0, None], [6.0, 0.0]], "the Hessian is a `NoneType`, not a number"),
    (lambda x, y: None, "the Hessian has 1 part, and there are 2 variables: x, y"),
    ({"x": 12.0, "y": 9.0}, "the Hessian by `x` has 1 part, and there are 2 variables: x, y"),
    ({"x": {"x": 4.0, "z": 1.0}}, "the Hessian has no variable `x,z`"),
    ("x: 2*x*y, y: x^2", "the Hessian by `x` has 1 part, and there are 2 variables: x, y"),
    ({}, "the Hessian is empty"),
]


@pytest.mark.parametrize(("claim", "message"), NO_HESSIANS)
def test_what_is_no_hessian_is_an_error(claim, message):
    with pytest.raises((ExpressionError, UsageError)) as raised:
        check_gradient("x^2*y", claim, ["x=3, y=2"], hessian=True)
    assert raised.value.diagnostics[0].message == (message or "--value-and-grad is for a Python function, which gives (value, gradient)")


def test_a_transposed_matrix_that_does_not_fit():
    with pytest.raises(ExpressionError) as raised:
        check_gradient(lambda W: np.sum(W**2), lambda W: 2 * W.T, [{"W": np.ones((2, 3))}])
    assert raised.value.diagnostics[0].message == "the gradient by `W` is 3 × 2, and should be 2 × 3 (it is transposed)"


# -- verdicts ------------------------------------------------------------------------------------------------------------------

VERDICTS = [
    ("abs(x)", "x=0", 0.5, "right", "between the slopes of a kink"),
    ("abs(x)", "x=0", 1.0, "right", "between the slopes of a kink"),
    ("abs(x)", "x=0", 1.5, "wrong", "not between the slopes -1 and 1"),
    ("max(x, y)", "x=1,y=1", {"x": 0.25, "y": 0.75}, "right", "between the slopes of a kink"),
    ("x^2", "x=3", math.nan, "wrong", "no finite number"),
    ("x^2", "x=3", 6 * (1 + 1e-9), "right", ""),
    ("x^2", "x=3", 6 * (1 + 1e-7), "wrong", ""),
    ("1e-12*x", "x=3", 2e-12, "wrong", ""),
    ("sqrt(x)", "x=0", 7.0, "not decided", "there is no derivative here"),
    ("exp(500*x)", "x=1.415", 3.0, "not decided", "it is beyond the range of floats"),
    (lambda x: math.fabs(x - 1) * 3, "x=1.000000001", 3.0, "not decided", "differences do not reach it"),
    (lambda x: math.tanh(1e5 * (x - 1)), "x=1.000001", 99e3, "not decided", "differences do not reach it"),
    (lambda x: math.exp(x), "x=709.782", 1e308, "not decided", "differences do not reach it"),
    (lambda x: math.fabs(x), "x=0", 0.5, "right", "between the slopes of a kink"),
    ("sign(x)", "x=0", 0.0, "right", ""),
    ("x", "x=3", 1, "right", ""),
    ("0*x", "x=3", 0.0, "right", ""),
    ("0*x", "x=3", 1e-300, "wrong", ""),
    ("x*abs(x)", "x=0", 0.0, "right", ""),
    ("x*abs(x)", "x=0", 1.0, "wrong", ""),
    ("x^2", "x=3", lambda x: 2 * x if x else 0 / 0, "right", ""),
    ("1e9*x^2 + 1e-9*y^2", "x=1, y=1", {"y": 4e-9}, "wrong", ""),
]


@pytest.mark.parametrize(("text", "at", "claim", "verdict", "why"), VERDICTS)
def test_the_verdict_on_an_entry(text, at, claim, verdict, why):
    worst = check_gradient(text, claim, [at]).points[0].worst
    assert (worst.verdict, worst.why) == (verdict, why)


def squashed(x):
    return 1 / (1 + np.exp(-x))


def swollen(x):
    return 1 - 1 / (1 + np.exp(x))


SATURATED = [
    (lambda x: np.tanh(x), lambda x: 1 - np.tanh(x) ** 2, 17.7),
    (lambda x: np.tanh(x), lambda x: 1 - np.tanh(x) ** 2, 25.0),
    (lambda x: np.tanh(x), lambda x: 1 - np.tanh(x) ** 2, -25.0),
    (lambda x: 1 - np.tanh(x), lambda x: np.tanh(x) ** 2 - 1, 20.0),
    (lambda x: np.tanh(2 * x), lambda x: 2 - 2 * np.tanh(2 * x) ** 2, 11.9),
    (squashed, lambda x: squashed(x) * (1 - squashed(x)), 40.0),
    (swollen, lambda x: swollen(x) * (1 - swollen(x)), -40.0),
    (lambda x: 1e6 * np.tanh(x), lambda x: 1e6 * (1 - np.tanh(x) ** 2), 25.0),
]


@pytest.mark.parametrize(("function", "gradient", "x"), SATURATED)
def test_what_no_formula_of_rounded_values_can_tell_is_not_decided(function, gradient, x):
    (entry,) = check_gradient(function, gradient, [{"x": x}]).points[0].entries
    assert (entry.verdict, entry.why) == ("not decided", "its own rounding is too large")
    (entry,) = check_gradient(function, lambda x: gradient(x) + 1e-9, [{"x": x}]).points[0].entries
    assert entry.verdict == "wrong"


def layer(W, x):
    return np.sum(np.tanh(W @ x))


def layer_gradient(W, x):
    t = np.tanh(W @ x)
    return np.outer(1 - t**2, x), W.T @ (1 - t**2)


def test_a_saturated_layer_is_never_wrong():
    draw = np.random.default_rng(0)
    points = [{"W": 10 * draw.normal(size=(2, 2)), "x": 10 * draw.normal(size=2)} for _ in range(50)]
    check = check_gradient(layer, layer_gradient, points)
    assert check.passed
    assert check.counts["wrong"] == 0
    assert check.counts["not decided"] > 100
    assert not check_gradient(layer, lambda W, x: layer_gradient(W, 1.001 * x), points).passed


def layer_hessian(W, x):
    t = np.tanh(W @ x)
    return np.einsum("i,ik,j,l->ijkl", -2 * t * (1 - t**2), np.eye(2), x, x)


def test_second_derivatives_of_a_saturated_layer_are_never_wrong():
    draw = np.random.default_rng(0)
    points = [{"W": 5 * draw.normal(size=(2, 2)), "x": 5 * draw.normal(size=2)} for _ in range(50)]
    check = check_gradient(layer, layer_hessian, points, wrt="W", hessian=True)
    assert check.passed
    assert check.counts["wrong"] == 0
    assert not check_gradient(layer, lambda W, x: 1.001 * layer_hessian(W, x), points, wrt="W", hessian=True).passed


def test_a_gradient_that_is_another_at_each_call_is_wrong():
    draw = np.random.default_rng(0)
    check = check_gradient("a^2*b", lambda a, b: (2 * a * b * (1 + 1e-3 * draw.random()), a**2), ["a=1, b=2"])
    first, second = check.points[0].entries
    assert (first.verdict, first.why) == ("wrong", "another call at the same point gives another number")
    assert (second.verdict, second.why) == ("right", "")
    assert check_gradient("a^2*b", lambda a, b: (2 * a * b * (1 + 1e-12 * draw.random()), a**2), ["a=1, b=2"]).passed


def test_the_tolerance_is_that_of_the_floats_or_what_was_asked_for():
    def claim(x):
        return np.float32(6) * (1 + np.float32(1e-4))

    assert check_gradient("x^2", claim, ["x=3"]).passed
    assert not check_gradient("x^2", 6.0006, ["x=3"]).passed
    assert check_gradient("x^2", 6.0006, ["x=3"], rtol=1e-3).passed
    assert not check_gradient("x^2", claim, ["x=3"], rtol=1e-6).passed
    assert check_gradient("x^2", lambda x: np.float16(6.02), ["x=3"]).passed
    assert check_gradient("x^2", "2.001*x", ["x=3"], rtol=0.01).passed
    assert not check_gradient("x^2", "2.1*x", ["x=3"], rtol=0.01).passed


@pytest.mark.parametrize("rtol", [-1.0, 10.0, math.nan])
def test_a_tolerance_is_a_part(rtol):
    with pytest.raises(UsageError, match=f"rtol is a number from 0 to 1, not {rtol:g}"):
        assert_gradient("x^2", "2*x", "x=3", rtol=rtol)


def test_no_point_is_no_check():
    with pytest.raises(UsageError, match="there is no point to check at"):
        assert_gradient("x^2", "2*x", [])


def test_the_rounding_of_the_claim_itself_counts():
    def cancelling(x):  # right, but for the digits that x + 1e8 has lost
        return ((x + 1e8) - 1e8) * 2

    assert check_gradient("x^2", cancelling, ["x=0.3"]).counts["wrong"] == 0
    assert not check_gradient("x^2", lambda x: 2.1 * x, ["x=0.3"]).passed


def test_nothing_that_is_decided_is_no_pass():
    assert not check_gradient("sqrt(x)", 0.0, ["x=0"]).passed


def test_a_function_that_gives_value_and_gradient():
    assert_gradient(lambda x, y: (x * y, (y, x)), None, {"x": 2.0, "y": 3.0})
    assert_gradient("x*y", lambda x, y: (x * y, (y, x)), {"x": 2.0, "y": 3.0}, value_and_grad=True)
    check = check_gradient("x*y", lambda x, y: (x * y + 1, (y, x)), ["x=2,y=3"], value_and_grad=True)
    assert [(entry.name, entry.verdict) for entry in check.points[0].entries] == [("x", "right"), ("y", "right"), ("value", "wrong")]


def test_what_is_not_differentiated_is_passed_on_as_it_is():
    def power(x, n, name):
        assert isinstance(n, int)
        return x**n if name == "power" else None

    assert_gradient(power, lambda x, n, name: n * x ** (n - 1), {"x": 2.0, "n": 3, "name": "power"}, wrt="x")


def test_arguments_that_are_written_into_do_no_harm():
    def claim(x):
        x *= 2
        return x

    assert_gradient(lambda x: np.sum(x**2), claim, {"x": np.array([1.0, 2.0])})


def test_many_points_and_those_without_a_value():
    check = check_gradient("sqrt(x)", "[0.5/sqrt(x)]", [{"x": 1.0}, {"x": -1.0}, {"x": 4.0}])
    assert check.passed
    assert check.undefined == ({"x": -1.0},)
    assert check_gradient("sqrt(x)", "[0.25*x]", [{"x": 4.0 ** (1 / 3)}, {"x": 9.0}]).worst.at == {"x": 9.0}
    with pytest.raises(DomainError, match="the function has no value at any of the points"):
        check_gradient("sqrt(x)", "[x]", [{"x": -1.0}, {"x": -2.0}])


def root_of(x):
    return math.sqrt(x)


def test_code_that_raises_at_some_points():
    check = check_gradient(root_of, lambda x: 0.5 / math.sqrt(x), [{"x": 4.0}, {"x": -1.0}])
    assert (check.passed, check.undefined) == (True, ({"x": -1.0},))
    assert check.notes[-1].message == "ValueError: math domain error"
    check = check_gradient("x^2", lambda x: 2 * math.sqrt(x) ** 2, ["x=4", "x=-1"])
    assert [point.worst.verdict for point in check.points] == ["right", "wrong"]
    assert check.notes[-1].message == "ValueError: math domain error"
    for function, gradient in ((root_of, "x"), ("x^2", root_of)):
        with pytest.raises(ExpressionError, match="ValueError: math domain error"):
            check_gradient(function, gradient, ["x=-1", "x=-2"])


def test_a_slip_is_one_at_every_point_that_is_right_too():
    check = check_gradient("x^2", lambda x: 2 * x if x < 2 else -2 * x, ["x=1", "x=1.5", "x=3"])
    assert (check.passed, check.slip) == (False, "")
    assert check_gradient("x^2", lambda x: -2 * x, ["x=1", "x=1.5", "x=3"]).slip == "the sign of the whole is wrong"


def test_numbers_in_a_text_are_not_stale():
    assert "stale" not in check_gradient("x^3", "24", ["x=2"]).slip
    assert "same at every point" not in check_gradient("x^2*y", "[12, 8]", ["x=3, y=2"]).slip


def test_what_is_claimed_beside_the_chosen_variables():
    both = {"w": 2 * W * B, "b": np.sum(W**2)}
    check = check_gradient(value, both, [{"w": W, "b": B}], wrt="w")
    assert check.passed
    assert {entry.name for entry in check.points[0].entries} == {"w[0]", "w[1]"}
    blocks = {"w": {"w": np.diag([1.0, 1.0]), "b": 2 * W}, "b": {"w": 2 * W, "b": 0.0}}
    assert check_gradient(value, blocks, [{"w": W, "b": B}], wrt="w", hessian=True).counts == {"right": 4, "not decided": 0, "wrong": 0}
    check = check_gradient(value, {"w": both["w"]}, [{"w": W, "b": B}])
    assert check.passed
    assert check.notes[-1].message == "nothing is claimed of the derivative by `b`"


# -- the command line ----------------------------------------------------------------------------------------------------------

AT = "--at w=[1,2],b=0.5"


def test_a_right_gradient_exits_with_0(model):
    found = run(f"check model.py:loss --against model.py:gradient {AT} -q")
    assert found == ("df/dw\tright\ndf/db\tright\n", "", 0)


def test_the_table_of_a_wrong_gradient(model, golden):
    found = run(f"check model.py:loss --against model.py:forgetful {AT}")
    assert found.exit == 1
    golden("check/against.txt", found.stdout)


def test_the_data_of_a_check(model):
    found = json.loads(run(f"check model.py:loss --against model.py:forgetful {AT} --json").stdout)
    assert list(found) == ["schema", "expression", "against", "kind", "passed", "counts", "slip", "worst", "points", "undefined", "notes"]
    assert found["schema"] == "diffcli/check@1"
    assert (found["passed"], found["counts"]) == (False, {"right": 1, "not decided": 0, "wrong": 2})
    assert found["slip"] == "by `w`: the factor 2 is missing"
    assert list(found["points"][0]) == ["at", "recorded", "entries"]
    entry = found["points"][0]["entries"][2]
    assert list(entry) == ["name", "claimed", "computed", "bar", "verdict", "why", "difference", "difference_bar"]
    assert found["worst"]["name"] == "w[0]"
    assert abs(found["worst"]["difference"] - found["worst"]["computed"]) <= found["worst"]["difference_bar"]


def test_an_annotation_names_the_line_of_the_gradient(model):
    found = run(f"check model.py:loss --against model.py:forgetful {AT} -f github")
    line = MODEL.splitlines().index("def forgetful(w, b):") + 1
    assert f"::error file=model.py,line={line},title=" in found.stdout
    assert "the likely slip: by `w`: the factor 2 is missing" in found.stdout


COMMANDS = [
    (f"check model.py:both --value-and-grad {AT} -q", "df/dw\tright\ndf/db\tright\nvalue\tright\n", 0),
    (f"check model.py:loss --against model.py:off --value-and-grad {AT} -q", "df/dw\tright\ndf/db\tright\nvalue\twrong\n", 1),
    (f"check model.py:loss --against model.py:second --hessian {AT} -q", "hessian\tright\n", 0),
    (f"check model.py:loss --against model.py:gradient {AT} --random 20 --scale 10 -q", "df/dw\tright\ndf/db\tright\n", 0),
    (f"check model.py:loss --against model.py:forgetful {AT} --random 3 -q", "df/dw\twrong\ndf/db\tright\n", 1),
    ("check model.py:box --against model.py:box_gradient --at x=1,y=2 -q", "df/dx\tright\ndf/dy\tright\n", 0),
    ('check "x^2*y" --against "[2*x*y, x^2]" --random 10 --seed 3 -q', "df/dx\tright\ndf/dy\tright\n", 0),
    ('check "x^2*y" --against "y: x" --at x=3,y=2 -q', "df/dy\twrong\n", 1),
    ('check "x^2*y" --against "[2*x*y]" --wrt x --at x=3,y=2 -q', "df/dx\tright\n", 0),
    ("check model.py:power --against model.py:power_gradient --wrt x --at x=[1,2,3],n=2 --random 4 -q", "df/dx\tright\n", 0),
    ('check "x^2*y" --against "[2*x*y, x^2]" --points points.csv -q', "df/dx\tright\ndf/dy\tright\n", 0),
    ('check "a*x^2*y" --against "x: 2*a*x*y, y: a*x^2" --points points.csv --at a=3 -q', "df/dx\tright\ndf/dy\tright\n", 0),
    ("check model.py:loss --against model.py:gradient --points rows.csv -q", "df/dw\tright\ndf/db\tright\n", 0),
    ("check model.py:loss --against model.py:forgetful --points rows.csv -q", "df/dw\twrong\ndf/db\tright\n", 1),
    ("check model.py:power --against model.py:power_gradient --wrt x --points vectors.csv --at n=2 -q", "df/dx\tright\n", 0),
    ('check "x^2*y" --against @formulas.txt --at x=3,y=2 -q', "df/dx\tright\ndf/dy\tright\n", 0),
    ('check "x^2*y" --against formulas.txt --at x=3,y=2 -q', "df/dx\tright\ndf/dy\tright\n", 0),
    ('check "x^2*y" --against "x=12, y=9" --at x=3,y=2 -q', "df/dx\tright\ndf/dy\tright\n", 0),
    ('check "x^2*y" --against "y=3^2" --wrt y --at x=3,y=2 -q', "df/dy\tright\n", 0),
    ("check model.py:loss --against model.py:both --value-and-grad --at w=[1,2],b=0.5 -q", "df/dw\tright\ndf/db\tright\nvalue\tright\n", 0),
]  # fmt: skip


@pytest.mark.parametrize(("command", "printed", "code"), COMMANDS)
def test_commands(model, command, printed, code):
    (model / "points.csv").write_text("x,y\n1,2\n-3,0.5\n")
    (model / "vectors.csv").write_text("x[0],x[1],x[2]\n1,2,3\n4,5,6\n")
    (model / "rows.csv").write_text("w[0],w[1],b\n1,2,0.5\n-3,0.5,1\n")
    (model / "formulas.txt").write_text("# mine\nx: 2*x*y  # by the product rule\n\n# by y\ny: x^2\n")
    found = run(command)
    assert (found.stdout, found.exit) == (printed, code)


REFUSED = [
    (f"check model.py:loss --against model.py:broken {AT}", 3, "error[python-error]: NameError: name 'undefined' is not defined"),
    (f"check model.py:loss --against model.py:nothing {AT}", 3, "error[unknown-function]: model.py has no function `nothing`"),
    (f"check model.py:loss --against missing.npy {AT}", 2, "error[unreadable-file]: cannot read missing.npy"),
    ('check "x^2" --value-and-grad --at x=1', 2, "error[usage]: --value-and-grad is for a Python function, which gives (value, gradient)"),
    ('check "x^2" --hessian --at x=1', 2, "error[usage]: --hessian is for --against"),
    ('check "x^2" --random 5', 2, "error[usage]: --random is for --against"),
    ('check "x^2" --at x=1 --full', 2, "error[usage]: --full is for --against"),
    ('check "x^2" --at x=1 --rtol 0.1', 2, "error[usage]: --rtol is for --against or --claim"),
    ('check "x^2" --at x=1 --against 2*x --seed 3', 2, "error[usage]: --seed is for --random"),
    ('check "x^2" --at x=1 --scale 3', 2, "error[usage]: --scale is for --random"),
    ('check "x^2" --claims points.csv --seed 3', 2, "error[usage]: --seed is for --random"),
    ('check "x^2" --claims points.csv --full', 2, "error[usage]: --full is for --against"),
    ('check "x^2" --against 2*x --random 3 --points points.csv', 2, "error[usage]: --points cannot be combined with --random"),
    ('check "x^2" --against G.json --hessian --at x=1', 2, "error[bad-data]: G.json is a result of diffcli without a hessian"),
    ('check "x^2" --against @bad.txt --at x=1', 3, "\n  in bad.txt\n2 │ x: 2*x +\n"),
    ('check "x^2" --against bad.txt --at x=1', 3, "\n  in bad.txt\n2 │ x: 2*x +\n"),
    ("check model.py:none --value-and-grad --at x=1", 3, "error[bad-result]: "),
    ("check model.py:root --value-and-grad --at x=1", 3, "error[bad-result]: `model.root` returned a `float64`, not a pair (value, gradient)"),
    ("check model.py:second --value-and-grad --at w=[1,2],b=1", 3, "error[bad-result]: "),
    ("check --claims claims.csv", 2, "error[usage]: it is not said what the claims of claims.csv are about"),
    ('check "x^2" --against "[2*y]" --at x=1', 3, "error[unknown-variable]: the function has no variable `y`"),
    ('check "x^2" --against "2*x" --at x=1 --claim 2*x', 2, "error[usage]: --against cannot be combined with --claim, --claims or --exact-digits"),
    ("check model.py:root --against [1] --at x=-1", 4, "error[domain]: "),
    ('check "x^2" --against "" --at x=1', 3, "error[empty-expression]: "),
    ('check "[x, y]" --against "[1, 1]" --at x=1,y=2', 3, "error[not-a-number]: a gradient is of one number, and the function returns a number, a number"),
    ("check model.py:pair --against [1] --at x=1", 3, "error[not-a-number]: a gradient is of one number, and the function returns a number, a number"),
    ("check model.py:vector --against [1,1] --at x=[1,2]", 3, "error[not-a-number]: a gradient is of one number, and the function returns 2 elements"),
    ("check model.py:none --against model.py:none --at x=1", 3, "error[bad-result]: "),
    ('check "x^2" --against model.py:none --at x=1', 3, "error[bad-result]: the gradient by `x` is a `NoneType`, not a number"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "code", "begins"), REFUSED)
def test_what_cannot_be_checked(model, command, code, begins):
    (model / "G.json").write_text(run('grad "x^2" --at x=1 --json').stdout)
    (model / "bad.txt").write_text("# mine\nx: 2*x +\n")
    (model / "claims.csv").write_text("variable,claim\nx,2*x\n")
    found = run(command)
    assert (found.stdout, found.exit) == ("", code)
    assert begins in found.stderr


# -- numbers as claims ---------------------------------------------------------------------------------------------------------

NUMBERS = [
    ('check "x^2" --claim 6 --at x=3', "right at the point", 0, ""),
    ('check "x^2" --claim "x: 2*3" --at x=3', "right at the point", 0, ""),
    ('check "x^2" --claim 3 --at x=3', "wrong", 1, ""),
    ('check "x^2" --claim 2 --at x=3', "wrong", 1, "the factor x is missing"),
    ('check "x^2" --claim 0 --at x=3', "wrong", 1, "the expression depends on x, so its derivative is not 0"),
    ('check "x^2" --claim 0 --at x=0', "right at the point", 0, ""),
    ('check "2*x" --claim 2 --at x=3', "proved", 0, ""),
    ('check "sin(x)" --claim 0.5403 --at x=1', "wrong", 1, "it agrees to 5 digits; --rtol says how far it may be off"),
    ('check "sin(x)" --claim 0.5403 --at x=1 --rtol 1e-4', "right at the point", 0, ""),
    ('check "abs(x)" --claim 0.5 --at x=0', "right at the point", 0, ""),
    ('check "abs(x)" --claim 2 --at x=0', "wrong", 1, ""),
    ('check "x^2" --claim 6', "wrong", 1, ""),
]


@pytest.mark.parametrize(("command", "verdict", "code", "slip"), NUMBERS)
def test_a_number_is_a_claim_about_the_point(command, verdict, code, slip):
    found = run(f"{command} --json")
    (claim,) = json.loads(found.stdout)["claims"]
    assert (claim["verdict"], found.exit) == (verdict, code)
    assert not slip or claim["slip"] == slip


# -- assertions ----------------------------------------------------------------------------------------------------------------


def test_the_text_of_a_failed_assertion_is_the_table():
    with pytest.raises(AssertionError) as raised:
        assert_gradient(lambda x, y: x**2 * y, lambda x, y: (x * y, x**2), {"x": 3.0, "y": 2.0})
    lines = str(raised.value).splitlines()
    assert lines[0].startswith("f(x, y) = ")
    assert lines[4].split() == ["x", "6", "12", "7.99e-15", "wrong"]
    assert lines[-1] == "likely slip   by `x`: power rule: the factor 2, the exponent of x**2, is missing"
    assert "\x1b" not in str(raised.value)
    assert [frame.name for frame in raised.traceback if "diffcli" in str(frame.path)] == ["assert_gradient"]


def test_ways_that_agree():
    assert assert_agree("x*sin(x)", "x=2") is None
    assert assert_agree(lambda x: np.sum(np.tanh(x)), {"x": [0.5, 1.0]}) is None
    with pytest.raises(AssertionError, match="disagree"):
        assert_agree("((x + 1e8) - 1e8)^2", "x=0.3")


SMALL_FAULTS = [
    ("x^2 + 0*y", {"x": 6.0, "y": 1e-3}, ""),
    ("x^2 + 0*y", {"x": math.inf, "y": 0.0}, ""),
    ("sum(x^2)", {"x": [2 * (1 + 1e-6), 4, 6]}, "one entry alone is wrong, x[0]"),
    ("sum(x^2)", {"x": [2 * (1 + 1e-6), 4 * (1 - 1e-6), 6]}, "it agrees to 5 digits: is one of its numbers rounded?"),
]


@pytest.mark.parametrize(("text", "claim", "slip"), SMALL_FAULTS)
def test_what_is_off_by_little_or_by_everything(text, claim, slip):
    at = {"x": [1.0, 2.0, 3.0]} if "sum" in text else {"x": 3.0, "y": 1.0}
    check = check_gradient(text, claim, [at])
    assert not check.passed
    assert check.slip == slip


def kinked(w):
    return np.sum(np.where(w > 0, w, 0.01 * w))


W3 = np.array([1.0, -2.0, 3.0])
SLIPS = [
    # infinity is like everything: exp(50^2) is no 2*x/(x^2 + 1)
    ("log(x^2 + 1) + x", "2*x/(x^2 + 1) + 1.37", [{"x": 50.0}], "in the term through x it is 137/100 times the derivative"),
    # what is right at other points of the same variable is no slip of the whole
    ("x^2", lambda x: 2 * x if x < 2 else -2 * x, [{"x": x} for x in (0.5, 1.0, 3.0)], ""),
    ("x^2", lambda x: 2 * x if x < 2 else -2 * x, [{"x": x} for x in (3.0, 0.5, 1.0)], ""),
    ("x^3", lambda x: (6 if x < 0 else 3) * x**2, [{"x": x} for x in (1.0, 2.0, -1.0, 3.0)], ""),
    ("x^2", lambda x: 2 * x if x < 2.5 else 7.0, [{"x": x} for x in (1.0, 2.0, 3.0)], ""),
    ("x^2", lambda x: -2 * x, [{"x": x} for x in (1.0, 2.0, 3.0)], "the sign of the whole is wrong"),
    # numbers that are written as a text are no values that were not renewed
    ("x^3", "24", [{"x": 2.0}], "the factor 2 is too much"),
    ("x^2*y", "[12, -9]", [{"x": 3.0, "y": 2.0}], "by `y`: the sign of the whole is wrong"),
    ("x^2*y", "x: 12, y: -9", [{"x": 3.0, "y": 2.0}], "by `y`: the sign of the whole is wrong"),
    # two of three entries fit a shift
    (kinked, lambda w: np.where(w > 0, 0.01, 1.0), [{"w": W3}], "the wrong branch of np.where(w > 0, w, 0.01 * w) is taken"),
    (lambda w: np.sum(w * np.tanh(w)), lambda w: np.tanh(w) + w, [{"w": W3}], "chain rule: the outer derivative of np.tanh(w) is missing"),
    # the factor of a power is no number of elements
    (lambda w: np.sum(w**3), lambda w: w**2, [{"w": W3}], "the factor 3 is missing"),
    (lambda w: np.mean(w**2), lambda w: 2 * w, [{"w": W3}], "the factor 3 is too much (`w` is 3 elements: a sum for a mean?)"),
    # at one point it is one entry, at others another one
    (lambda w: np.sum(w**2), lambda w: 2 * w * (1 + 0.5 * (np.arange(3) == (w[0] > 1.05))), [{"w": W3}], ""),
]  # fmt: skip


@pytest.mark.parametrize(("function", "claim", "points", "slip"), SLIPS)
def test_a_slip_explains_all_that_is_claimed(function, claim, points, slip):
    check = check_gradient(function, claim, points)
    assert not check.passed
    assert check.slip == slip
