"""Kinks inside smooth functions, operands that are not taken, branches for one point, comparisons that no move leaves."""

from __future__ import annotations

import json
import math
import shlex

import numpy as np
import pytest
from console import run
from inside import graph_of, sweep

import diffcli

nan = math.nan

# -- second derivatives at a kink --------------------------------------------------------------------------------------------

HESSIANS = {
    # the program, the point, and the second derivatives by hand; NaN where there are none
    "norm(x)^2": ({"x": [0, 0]}, [[2, 0], [0, 2]]),
    "abs(t)^2": ({"t": 0}, [[2]]),
    "abs(t)*abs(t)": ({"t": 0}, [[2]]),
    "abs(t)^3": ({"t": 0}, [[0]]),
    "hypot(x, y)^2": ({"x": 0, "y": 0}, [[2, 0], [0, 2]]),
    "hypot(x, y)^2*z": ({"x": 0, "y": 0, "z": 3}, [[6, 0, 0], [0, 6, 0], [0, 0, 0]]),
    "max(x, -x)^2": ({"x": 0}, [[2]]),
    "sqrt(x^2)^2": ({"x": 0}, [[2]]),
    "cbrt(x^3)^2": ({"x": 0}, [[2]]),
    "relu(x)^2 + relu(-x)^2": ({"x": 0}, [[2]]),
    "leaky_relu(x)*leaky_relu(-x)": ({"x": 0}, [[-0.02]]),
    "clip(x, 0, 1)*(x - 1) - relu(x)*(x - 1)": ({"x": 0}, [[0]]),
    "copysign(x, y)^2": ({"x": 0, "y": 1}, [[2, 0], [0, 0]]),
    "abs(x - y)^2*z": ({"x": 1, "y": 1, "z": 2}, [[4, -4, 0], [-4, 4, 0], [0, 0, 0]]),
    "exp(norm(x)^2)*y^2": ({"x": [0, 0], "y": 3}, [[18, 0, 0], [0, 18, 0], [0, 0, 2]]),
    "norm(x[1] - x[0])^2 + norm(x[2] - x[1])^2": ({"x": [1, 1, 3]}, [[2, -2, 0], [-2, 4, -2], [0, -2, 2]]),
    "max(abs(x))^2": ({"x": [0, 2]}, [[0, 0], [0, 2]]),
    "where(x > 0, x^2, x*x)": ({"x": 0}, [[2]]),
    "where(x == 0, 1, sin(x)/x)": ({"x": 0}, [[-1 / 3]]),
    "where(x == 1, 2, (x^3 - 1)/(x - 1) - 1)": ({"x": 1}, [[2]]),
    "atan2(abs(x), 1)^2": ({"x": 0}, [[2]]),
    "cos(abs(x))*sinc(abs(x))": ({"x": 0}, [[-1 - math.pi**2 / 3]]),
    "det([[abs(x), 0], [0, abs(x)]])": ({"x": 0}, [[2]]),
    "abs(x + y)*abs(x + y)": ({"x": 1, "y": -1}, [[2, 2], [2, 2]]),
    "sum(y^2) + g": ({"y": [1, 2], "g": 3}, [[2, 0, 0], [0, 2, 0], [0, 0, 0]]),
    # none
    "abs(x)": ({"x": 0}, [[nan]]),
    "abs(x)*x": ({"x": 0}, [[nan]]),
    "relu(x)^2": ({"x": 0}, [[nan]]),
    "elu(x)": ({"x": 0}, [[nan]]),
    "clip(x, 0, 1)^2": ({"x": 1}, [[nan]]),
    "max(x, y)^2": ({"x": 0, "y": 0}, [[nan, nan], [nan, nan]]),
    "abs(x*y)": ({"x": 0, "y": 0}, [[0, nan], [nan, 0]]),  # along an axis the function is 0
    "abs(x)*abs(y) + x^2": ({"x": 0, "y": 0}, [[2, nan], [nan, 0]]),
    "hypot(x, y)*x": ({"x": 0, "y": 0}, [[nan, nan], [nan, 0]]),
    "sum(abs(x))^2": ({"x": [0, 0]}, [[2, nan], [nan, 2]]),
    "norm(x)^2 + norm(x)": ({"x": [0, 0]}, [[nan, nan], [nan, nan]]),
    "hypot(x, y)*x*y/(1 + x)": ({"x": 0, "y": 0}, [[0, 0], [0, 0]]),
    "abs(x)*x + x*y + y^2": ({"x": 0, "y": 1}, [[nan, 1], [1, 2]]),
    "where(x >= 1, x^2, 2*x - 1)": ({"x": 1}, [[nan]]),
    # small beside other entries; jumps; a gradient that depends on the way to the point
    "1e10*x*y + abs(x)": ({"x": 0, "y": 3}, [[nan, 1e10], [1e10, 0]]),
    "1e-10*x*abs(x) + x*y": ({"x": 0, "y": 0}, [[nan, 1], [1, 0]]),
    "1e10*x*y + x*abs(x)": ({"x": 0, "y": 0}, [[nan, 1e10], [1e10, 0]]),
    "x^2 + where(x < 0, 0, 1)": ({"x": 0}, [[nan]]),
    "x*y + floor(y + 1)": ({"x": 0, "y": 0}, [[0, nan], [nan, nan]]),
    # what cancels close to an axis
    "min(y, sin(z + z)) - exp((z - x) - (z - y))": (
        {"y": 0, "z": 0, "x": 0}, [[nan, nan, 1], [nan, nan, 0], [1, 0, -1]]
    ),
    # a side that is narrow, or far from the axes
    "relu(4*y^2 - x^2)": ({"y": 0, "x": 0}, [[8, nan], [nan, 0]]),
    "relu(y - 1000*abs(x))^2": ({"y": 0, "x": 0}, [[nan, nan], [nan, 0]]),
    "max(x, -x, y/10^5)^2": ({"x": 0, "y": 0}, [[2, nan], [nan, nan]]),
    "relu(min(x, -y, z))^2": ({"x": 0, "y": 0, "z": 0}, [[0, nan, nan], [nan, 0, nan], [nan, nan, 0]]),
    "relu(amin(x))^2": ({"x": [0] * 7}, [[0 if row == column else nan for column in range(7)] for row in range(7)]),
    "relu(-amax(x))^2": ({"x": [0] * 3}, [[0 if row == column else nan for column in range(3)] for row in range(3)]),
}


@pytest.mark.parametrize("text", HESSIANS)
def test_second_derivatives_at_a_kink_are_those_of_all_sides_or_none(text: str) -> None:
    at, expected = HESSIANS[text]
    found = diffcli.hessian(text, at)
    assert [list(row) for row in found.matrix] == [pytest.approx(row, abs=1e-12, nan_ok=True) for row in expected]
    whole = not any(number != number for row in expected for number in row)
    said = [line for note in found.notes for line in note.notes if "second derivative" in line]
    assert all(("agree, and are given" in line) == whole for line in said)
    assert said or whole


@pytest.mark.parametrize("text", HESSIANS)
def test_the_product_with_a_direction_is_that_of_the_matrix(text: str) -> None:
    at, expected = HESSIANS[text]
    direction = {name: [1.0 + place for place in range(len(value))] if isinstance(value, list) else 1.5 for name, value in at.items()}
    steps = [step for value in direction.values() for step in (value if isinstance(value, list) else [value])]
    product = diffcli.hvp(text, at, direction).product
    found = [float(number) for name in at for number in getattr(product[name], "ravel", lambda name=name: [product[name]])()]
    assert found == pytest.approx([sum(a * b for a, b in zip(row, steps, strict=True)) for row in expected], abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("text", ["min(abs(y), x^2)", "where(x*y >= 0, x, 0)", "where(x*y >= 0, x^2, 0)"])
def test_entries_that_hold_along_the_axes_alone_are_said_to(text: str) -> None:
    found = diffcli.hessian(text, {"x": 0, "y": 0})
    said = {line for note in found.notes for line in note.notes if "second derivatives" in line}
    assert said == {"the second derivatives along the axes are given, and those along other directions do not fit them"}


@pytest.mark.parametrize(
    "text, at, direction, right",
    [
        ("sqrt(x^2)^2*y", {"x": 0, "y": 1}, {"x": 1}, {"x": 2, "y": 0}),
        ("cbrt(x)^3*y", {"x": 0, "y": 2}, {"x": 1}, {"x": 0, "y": 1}),
        ("cbrt(x)^3*y + z^2", {"x": 0, "y": 2, "z": 5}, {"x": 1, "z": 3}, {"x": 0, "y": 1, "z": 6}),
    ],
)
def test_a_product_that_follows_from_entries_is_given(text: str, at, direction, right) -> None:
    found = diffcli.hvp(text, at, direction)
    assert found.product == pytest.approx(right)
    assert any("agree, and are given" in line for note in found.notes for line in note.notes)


def test_beside_an_array_too() -> None:
    found = diffcli.hessian("sum(v)*abs(t)^2", {"t": 0, "v": [1, 2]}, wrt="t")
    assert found.matrix == ((6.0,),)


@pytest.mark.parametrize(
    "text, at",
    [
        ("where((y - 1)*abs(y) < 2*where(x == y, y, x), 4, hypot(x*y, y))", {"x": 0, "y": 1}),
        ("where(relu(y) == clip(abs(y), 0, 1), max(y, y) - 2, x^2 + abs(x))", {"x": 1, "y": 0}),
    ],
)
def test_a_comparison_in_a_branch_that_a_side_does_not_take(text, at) -> None:
    assert math.isnan(diffcli.hessian(text, at).hessian["y"]["y"])  # the value jumps


def test_the_reason_names_the_variables() -> None:
    (note,) = diffcli.hessian("abs(x)*y", {"x": 0, "y": 1}).notes
    assert note.notes[-1] == "there is no second derivative by `x` here: the sides of the point do not agree on one"


def test_what_is_smooth_is_no_error_under_strict_and_what_is_not_is_one() -> None:
    assert diffcli.hessian("hypot(x, y)", {"x": 8, "y": 1}, strict=True).notes == ()
    with pytest.raises(diffcli.NotDifferentiableError, match="corner"):
        diffcli.hessian("elu(x)", {"x": 0}, strict=True)


FUNCTIONS = [
    (lambda x: x * x if x > 0 else x**2, [2], [0, 0, 1, 0]),
    (lambda x: x * x if x > 0 else 0 * x, [nan], [0, 0, nan, nan]),
    (lambda x: x * x if x >= 0 else 0 * x, [nan], [0, 0, nan, nan]),
    (lambda x: 1.0 if x == 0 else diffcli.sin(x) / x, [-1 / 3], [1, 0, -1 / 6, 0]),
    (lambda x: abs(x) ** 2 * diffcli.exp(x), [2], [0, 0, 1, 1]),
]


@pytest.mark.parametrize("number", range(len(FUNCTIONS)))
def test_a_python_function_is_asked_itself(number: int) -> None:
    function, second, coefficients = FUNCTIONS[number]
    assert diffcli.hessian(function, {"x": 0.0}).matrix[0] == pytest.approx(second, nan_ok=True)
    assert diffcli.hvp(function, {"x": 0.0}, {"x": 1.0}).product["x"] == pytest.approx(second[0], nan_ok=True)
    assert list(diffcli.taylor(function, {"x": 0.0}, order=3).coefficients) == pytest.approx(coefficients, nan_ok=True)


def test_of_many_variables_too() -> None:
    def pieces(x):
        return sum(each**2 if each > 0 else 1.0 * each * each for each in x) + x[0] * x[1]

    found = diffcli.hessian(pieces, {"x": [0.0] * 8})
    assert found.matrix == tuple(tuple(2.0 * (i == j) + (i + j == 1) for i in range(8)) for j in range(8))
    assert diffcli.hvp(pieces, {"x": [0.0] * 8}, {"x": [1.0] * 8}).product["x"].tolist() == [3.0, 3.0, *[2.0] * 6]


def test_of_two_variables_too() -> None:
    found = diffcli.hessian(lambda x, y: (x - y) ** 2 * x if x > y else (y - x) ** 2 * x, {"x": 1.0, "y": 1.0})
    assert found.matrix == ((2.0, -2.0), (-2.0, 2.0))
    found = diffcli.hessian(lambda x, y: x * x * y if x > y else x * y * y, {"x": 1.0, "y": 1.0})
    assert all(number != number for row in found.matrix for number in row)


TAYLOR = {
    "abs(t)^2": [0, 0, 1, 0],
    "x^x": [1, nan, nan, nan],
    "abs(t)*t": [0, 0, nan, nan],
    "sqrt(t)*sqrt(t)": [0, 1, 0, 0],
    "sqrt(t)^4": [0, 0, 1, 0],
    "cbrt(t)^2*cbrt(t)": [0, 1, 0, 0],
    "cbrt(t)^3*exp(t)": [0, 1, 1, 1 / 2],
    "sqrt(t)*t + t^2": [0, 0, math.inf, nan],
    "(sqrt(t) + t)*sqrt(t)": [0, 1, nan, nan],
    "sqrt(t)*asin(sqrt(t))": [0, nan, nan, nan],
    "sqrt(t) - sin(sqrt(t))": [0, nan, nan, nan],
    "abs(t)^3*t": [0, 0, 0, 0],
    "sqrt(t^2)^2*exp(t)": [0, 0, 1, 1],
    "hypot(t, 2*t)^2": [0, 0, 5, 0],
    "norm([t, t])^2": [0, 0, 2, 0],
    "max(t, -t)^2": [0, 0, 1, 0],
    "where(t == 0, 1, sin(t)/t)": [1, 0, -1 / 6, 0],
    "where(t^2 > t^3, t, -t)": [0, 1, 0, 0],
    "relu(t)": [0, nan, nan, nan],
    "elu(t)": [0, 1, nan, nan],
    "t*floor(t + 1)": [0, nan, nan, nan],
}


@pytest.mark.parametrize("text", TAYLOR)
def test_taylor_coefficients_at_a_kink_end_where_the_sides_differ(text: str) -> None:
    found = diffcli.taylor(text, order=3)
    assert list(found.coefficients) == pytest.approx(TAYLOR[text], abs=1e-15, nan_ok=True)
    assert (found.polynomial is None) == any(number != number for number in TAYLOR[text])


# -- what is not taken is not there ------------------------------------------------------------------------------------------

NOT_TAKEN = {
    # the program, the point, the gradient
    "sqrt(max(0, x^2 - z^2))": ("x=1,z=2", {"x": 0, "z": 0}),
    "cbrt(relu(x))": ("x=-1", {"x": 0}),
    "log(1 + sqrt(relu(x)))": ("x=-1", {"x": 0}),
    "acos(min(1, u))": ("u=2", {"u": 0}),
    "sqrt(clip(u, 0, 1))": ("u=-1", {"u": 0}),
    "max(1, sqrt(x))": ("x=0", {"x": 0}),
    "min(x^0.5, -1)": ("x=0", {"x": 0}),
    "sqrt(relu6(x) - 6)*y": ("x=7,y=2", {"x": 0, "y": 0}),
    "sqrt(1 - hardtanh(x))": ("x=3", {"x": 0}),
    "asin(hardtanh(x))*hardtanh(x)": ("x=3", {"x": 0}),
    "leaky_relu(x, sqrt(b))": ("x=1,b=0", {"x": 1, "b": 0}),
    "clip(0.5, log(b), 1)": ("b=0", {"b": 0}),
    "sum(sqrt(relu(v)))": ("v=[-1,4]", {"v": [0, 0.25]}),
    "sum(max(1, sqrt(v)))": ("v=[0,4]", {"v": [0, 0.25]}),
    "sum(acos(min(1, v)))": ("v=[2,0]", {"v": [0, -1]}),
    "sqrt(max([0, x^2 - z^2]))": ("x=1,z=2", {"x": 0, "z": 0}),
    "max([1, sqrt(x)])": ("x=0", {"x": 0}),
    "sum(max([[1, 2], sqrt(v)], axis=0))": ("v=[0,9]", {"v": [0, 1 / 6]}),
    "sum(v)*sqrt(max(0, x))": ("x=-1,v=[1,2]", {"x": 0, "v": [0, 0]}),
}
ELSEWHERE = {
    "symbolic": {"sqrt(relu6(x) - 6)*y"},  # SymPy takes the root of -6 for the slope by y
    "numeric": {"clip(0.5, log(b), 1)"},  # for b < 0 the logarithm is undefined, whatever is taken
}


def numbers(found: object) -> list[float]:
    return [float(number) for value in found.values() for number in getattr(value, "ravel", lambda value=value: [value])()]  # type: ignore[attr-defined]


@pytest.mark.parametrize("mode", ["reverse", "forward", "numeric", "symbolic"])
@pytest.mark.parametrize("text", NOT_TAKEN)
def test_no_infinity_comes_through_an_operand_that_is_not_taken(text: str, mode: str) -> None:
    at, expected = NOT_TAKEN[text]
    if text in ELSEWHERE.get(mode, ()):
        pytest.skip(mode)
    found = diffcli.grad(text, at, mode=mode, strict=True)
    flat = [number for value in expected.values() for number in (value if isinstance(value, list) else [value])]
    assert numbers({name: found.gradient[name] for name in expected}) == pytest.approx(flat, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("text", NOT_TAKEN)
def test_nor_in_the_second_derivatives(text: str) -> None:
    found = diffcli.hessian(text, NOT_TAKEN[text][0])
    assert all(math.isfinite(number) for row in found.matrix for number in row)


def test_the_tape_of_the_derivative_asks_first() -> None:
    found = json.loads(run('grad "max(1, sqrt(x)) + x" --at x=0 --derivative-tape --json').stdout)
    assert found["gradient"] == {"x": 1.0}


def test_a_recorded_function_takes_what_numpy_takes() -> None:
    import numpy as np

    found = diffcli.grad(lambda v: np.sqrt(np.maximum(v, 0.0)).sum() + np.max(v), {"v": [-1.0, 4.0]})
    assert list(found.gradient["v"]) == [0.0, 1.25]


def test_where_it_is_taken_and_the_slope_is_0_an_infinity_is_said() -> None:
    found = diffcli.grad("sqrt(relu(x))", "x=0")
    assert found.gradient["x"] != found.gradient["x"]
    assert {"kink", "pole"} <= {note.code for note in found.notes}


# -- comparisons that no move leaves -----------------------------------------------------------------------------------------

STILL = [
    ("where(x + (1 - x) < 1, x, x^2)", "x=0.3", {"x": 0.6}),
    ("sum(where(v + (1 - v) < 1, v, v^2))", "v=[0.3,0.5]", {"v": [0.6, 1.0]}),
    ("sum(v)*where(x + (1 - x) < 1, x, x^2)", "x=0.5,v=[1]", {"x": 1.0, "v": [0.25]}),
    ("x if t + (1 - t) >= 1 else 2*x", "x=1,t=0.25", {"x": 1.0, "t": 0.0}),
    ("where(floor(x) == 0, x, 2*x)", "x=0.5", {"x": 1.0}),
    ("where(x - x == 0, x, 2*x)", "x=0.5", {"x": 1.0}),
    ("where(max(x, 1) == 1, x, 2*x)", "x=0.5", {"x": 1.0}),
]


@pytest.mark.parametrize("mode", ["reverse", "forward", "numeric", "symbolic"])
@pytest.mark.parametrize(("text", "at", "expected"), STILL, ids=[case[0] for case in STILL])
def test_a_comparison_that_no_move_leaves_is_no_boundary(text: str, at: str, expected: dict[str, object], mode: str) -> None:
    found = diffcli.grad(text, at, mode=mode, strict=True)
    flat = [number for value in expected.values() for number in (value if isinstance(value, list) else [value])]
    assert numbers({name: found.gradient[name] for name in expected}) == pytest.approx(flat, rel=1e-9, abs=1e-12)
    assert diffcli.check(text, at).passed


@pytest.mark.parametrize("remainder", ["mod(y, 1e-300)", "fmod(y, -1e-300)", "mod(-y, 5e-324)"])
def test_a_remainder_of_more_steps_than_a_float_can_say_is_unknown_beside_the_point(remainder: str) -> None:
    result = diffcli.grad(f"where(x > 0, {remainder}, 1) + x", {"x": 0, "y": 1e10})
    assert result.gradient == {"x": 1.0, "y": 0.0}
    assert [note.code for note in result.notes] == ["branch", "no-dependence"]


@pytest.mark.parametrize("text", ["where(x < 1, x, x^2)", "where(x^2 > 1, x, 2*x)", "where(x + (1 - x^2) < 1, x, x^3)"])
def test_one_that_a_move_leaves_is_one(text: str) -> None:
    with pytest.raises(diffcli.NotDifferentiableError):
        diffcli.grad(text, "x=1", strict=True)


def adaptive(k):
    """Steps of y' = k*y whose last one ends at 1."""
    t, y, h = 0.0, 1.0, 0.3
    while t < 1.0:
        if t + h > 1.0:
            h = 1.0 - t
        y = y + h * k * y + (h * k) ** 2 * y / 2
        t = t + h
        h = h * (1.0 + 0.1 * y * y)
    return y


@pytest.mark.parametrize("mode", ["reverse", "forward", "numeric"])
def test_the_last_step_of_a_solver_is_no_jump(mode: str) -> None:
    found = diffcli.grad(adaptive, {"k": -2.0}, mode=mode, strict=True)
    h = 1e-6
    assert found.gradient["k"] == pytest.approx((adaptive(-2.0 + h) - adaptive(-2.0 - h)) / (2 * h), rel=1e-8)
    (checked,) = diffcli.check(adaptive, {"k": -2.0}).checks
    assert checked.verdict == "agree"


# -- options beside an array -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "exit"),
    [
        ('grad "sum(v)*(x if c else 2*x)" --at "x=1,c=0,v=[1,2]" --strict', 5),
        ('grad "sum(v)*where(x > 0, x, y)" --at "x=0,y=2,v=[1,2]" --kink nan', 4),
        ('grad "sum(v)*where(x > 0, x, y)" --at "x=0,y=2,v=[1,2]" --strict', 5),
        ('grad "sum(v)*exp(1000*y)" --at "y=1,v=[1,2]"', 4),
        ('grad "sum(v)*sqrt(x^2 + c^2)" --at "x=0,c=0,v=[1,2]"', 4),
        ('hessian "sum(y^2) + g" --at "y=[1,2],g=3"', 0),
    ],
)
def test_an_array_beside_it_changes_no_exit_code(arguments: str, exit: int) -> None:
    outcome = run(arguments)
    assert outcome.exit == exit
    assert exit == 0 or outcome.stderr, "a reason"
    assert ("pole" in outcome.stderr) <= ("sqrt" in arguments)


# -- first derivatives behind a pole ---------------------------------------------------------------------------------------------

BEHIND_POLES = {
    # the program, the point, the gradient by hand: 0 times infinity by the rules, and smooth on all sides
    "cbrt(x)^6": ({"x": 0}, [0]),
    "cbrt(x)^3": ({"x": 0}, [1]),
    "cbrt(x)^3*y + y^2": ({"x": 0, "y": 2}, [2, 4]),
    "cbrt(x - y)^6 + x": ({"x": 1, "y": 1}, [1, 0]),
    "sqrt(x^2)^3*y": ({"x": 0, "y": 3}, [0, 0]),
    "sqrt(x^2 + y^2)^2": ({"x": 0, "y": 0}, [0, 0]),
    "sqrt(abs(x))^4": ({"x": 0}, [0]),
    "sum(cbrt(x)^3)": ({"x": [0, 2]}, [1, 1]),
    # the sides differ, or there is only one
    "sqrt(abs(x))^2": ({"x": 0}, [nan]),
    "sqrt(x)*sqrt(x)": ({"x": 0}, [nan]),
    "sqrt(x^2 + y^2)": ({"x": 0, "y": 0}, [nan, nan]),
    "cbrt(x)^3/cbrt(y)^3*cbrt(y)^3": ({"x": 0, "y": 1}, [1, 0]),
    "cbrt(x*y)^3 + cbrt(x^3*y^3)": ({"x": 0, "y": 0}, [0, 0]),
    "cbrt(x^3 + y^3)": ({"x": 0, "y": 0}, [nan, nan]),
}


@pytest.mark.parametrize("text", BEHIND_POLES)
@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_behind_a_pole_the_derivative_is_that_of_all_sides_or_none(text, mode):
    at, expected = BEHIND_POLES[text]
    found = diffcli.grad(text, at, mode=mode)
    assert [*flat(found.gradient.values())] == pytest.approx(expected, abs=1e-12, nan_ok=True)
    assert any(note.severity == "warning" for note in found.notes)
    matrix = diffcli.jacobian(f"[{text}, 1]", at, mode=mode).matrix
    assert list(matrix[0]) == pytest.approx(expected, abs=1e-12, nan_ok=True)
    named = [text for note in found.notes for text in note.notes if text == "the derivative is the slope on all sides of the point"]
    assert len(named) == (not any(map(math.isnan, expected)))


ON_ALL_SIDES = {
    # the program, the point, the gradient by hand: that of all sides, where the branch or the rules have another or none
    "where(x == 0, 1, (exp(x) - 1)/x)": ({"x": 0}, {"x": 0.5}),
    "where(x == 1, 1, log(x)/(x - 1))*y": ({"x": 1, "y": 4}, {"x": -2, "y": 1}),
    "cbrt(x)^6": ({"x": 0}, {"x": 0}),
    "cbrt(x)^3*y + y^2": ({"x": 0, "y": 2}, {"x": 2, "y": 4}),
    "where(x == 0, 1, (exp(x) - 1)/x)*sum(w)": ({"x": 0, "w": [1, 3]}, {"x": 2, "w": [1, 1]}),
    "sum(cbrt(x)^3)": ({"x": [0, 2]}, {"x": [1, 1]}),
}


@pytest.mark.parametrize("text", ON_ALL_SIDES)
def test_products_and_directions_take_the_slope_of_all_sides_as_the_gradient_does(text):
    at, gradient = ON_ALL_SIDES[text]
    step = {name: [2.0, -3.0] if isinstance(value, list) else 3.0 for name, value in at.items()}
    along = sum(np.dot(gradient[name], step[name]) for name in at)
    systems = {text: ([5], 5), f"[{text}, other^2]": ([5, 7], 5)}
    directional = diffcli.grad(text, at, mode="forward", direction=step)
    assert directional.directional == pytest.approx(along, abs=1e-12)
    for system, (weights, weight) in systems.items():
        point = at if system == text else {**at, "other": 3}
        jvp, vjp = diffcli.jvp(system, point, step), diffcli.vjp(system, point, weights)
        assert next(iter(jvp.product.values())) == pytest.approx(along, abs=1e-12)
        for name in at:
            assert vjp.product[name] == pytest.approx(weight * np.array(gradient[name]), abs=1e-12)
        assert system == text or vjp.product["other"] == 42
        for found in (jvp, vjp, directional):
            assert any("slope on all sides of the point" in line for note in found.notes for line in note.notes)


@pytest.mark.parametrize("command", ["vjp {}", "jvp {} --direction x=1", "grad {} --mode forward --direction x=1", "jacobian {} --mode forward"])
def test_the_commands_of_products_take_the_slope_of_all_sides(command):
    outcome = run(command.format('"where(x == 0, 1, (exp(x) - 1)/x)"') + " --at x=0 --format plain")
    assert outcome.exit == 0
    assert "0.5" in outcome.stdout.split()
    outcome = run(command.format('"sqrt(abs(x))^2"') + " --at x=0 --format plain")
    assert "nan" in outcome.stdout.split() and outcome.stderr, "where the sides differ there is none, with a reason"


def flat(values):
    return [float(number) for value in values for number in (value if hasattr(value, "shape") else [value])]


def test_a_policy_for_kinks_is_not_overruled_by_the_sides():
    assert math.isnan(diffcli.grad("abs(x)*x", {"x": 0}, kink="nan").gradient["x"])
    assert run('check "cbrt(x)^6" --at x=0').exit == 0
    assert run('grad "cbrt(x)^6" --at x=0 --strict').exit == 5


# -- arrays at a branch for one point ------------------------------------------------------------------------------------------


def python_arrays(x):
    return np.array([4.0, 8.0]) if x == 2 else np.array([x**2, x**3])


def python_elements(v):
    return np.where(v == 2, 4.0, v**2)


def python_list(x):
    return [4.0, x] if x == 2 else [x**2, x]


ROWS = {
    # the program, the point, the Jacobian by hand: that of the sides, where the branch or the rules have another or none
    "where(v == 2, 4, v^2)": ({"v": [0, 1, 2]}, [[0, 0, 0], [0, 2, 0], [0, 0, 4]]),
    "where(v != 0, (exp(v) - 1)/v, 1)": ({"v": [0, 1]}, [[0.5, 0], [0, 1]]),
    "where(x == 2, 4, [x^2, x^3 - 4])": ({"x": 2}, [[4], [12]]),
    "where(x == 2, [4, 6], [x^2, 3*x])*y": ({"x": 2, "y": 5}, [[20, 4], [15, 6]]),
    "w*where(v == 1, 0, log(v))": ({"w": [2, 3], "v": [1, 2]}, [[0, 0, 2, 0], [0, math.log(2), 0, 1.5]]),
    "cumsum(where(v == 2, 4, v^2))": ({"v": [2, 1]}, [[4, 0], [4, 2]]),
    "[where(v == 2, 4, v^2)[0], 3*v[1]]": ({"v": [2, 1]}, [[4, 0], [0, 3]]),
    "cbrt(v)^6": ({"v": [0, 1]}, [[0, 0], [0, 2]]),
    "sqrt(v^2)^3*[1, 2]": ({"v": [0, 1]}, [[0, 0], [0, 6]]),
    # one element jumps, and keeps the slope of its branch
    "where(v == 2, [4, 5], v^2)": ({"v": [2, 2]}, [[4, 0], [0, 0]]),
    "where(v == 2, 4, v^2 + [0, 1]*abs(v - 2))": ({"v": [2, 2]}, [[4, 0], [0, 0]]),
    python_arrays: ({"x": 2}, [[4], [12]]),
    python_elements: ({"v": [0, 2]}, [[0, 0], [0, 4]]),
    python_list: ({"x": 2}, [[4], [1]]),
}
ONE_SIDED = [text for text in ROWS if isinstance(text, str) and ("[4, 5]" in text or "abs" in text)]


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse", "symbolic", "numeric"])
@pytest.mark.parametrize("program", ROWS)
def test_a_row_at_a_branch_for_one_point_is_that_of_the_sides(program, mode):
    if (mode == "numeric" and program in ONE_SIDED) or (mode == "symbolic" and callable(program)):
        return
    at, expected = ROWS[program]
    found = diffcli.jacobian(program, at, mode=mode)
    assert np.array(found.matrix) == pytest.approx(np.array(expected), rel=1e-9, abs=1e-9)
    assert any(note.severity == "warning" for note in found.notes)


@pytest.mark.parametrize("program", ROWS)
def test_products_agree_with_the_rows_of_the_sides(program):
    at, expected = ROWS[program]
    step = {name: np.cos(np.arange(np.size(value)) + k).reshape(np.shape(value)) for k, (name, value) in enumerate(at.items())}
    along = np.array(expected) @ np.concatenate([np.ravel(each) for each in step.values()])
    for mode in ["forward"] + ["numeric"] * (program not in ONE_SIDED):
        found = diffcli.jvp(program, at, step, mode=mode)
        assert flat(found.product.values()) == pytest.approx(along, rel=1e-9, abs=1e-9)
    shapes = {name: np.shape(entry) for name, entry in found.product.items()}
    weights = np.sin(np.arange(len(expected)) + 1.0)
    parts = np.split(weights, np.cumsum([int(np.prod(shape)) for shape in shapes.values()])[:-1])
    named = {name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}
    assert flat(diffcli.vjp(program, at, named).product.values()) == pytest.approx(weights @ np.array(expected), rel=1e-9)


@pytest.mark.parametrize("program", ROWS)
def test_the_note_says_which_elements_are_those_of_the_sides(program):
    said = "the derivative is the slope on all sides of the point, and not that of its own branch"
    notes = [note for note in diffcli.jacobian(program, ROWS[program][0]).notes if note.code == "point-branch"]
    texts = [text for note in notes for text in note.notes]
    assert (f"of `f[0]` {said}" in texts) == (program in ONE_SIDED)
    assert (said in texts) == (bool(notes) and program not in ONE_SIDED)
    assert any("that of the branch taken" in text for text in texts) == (program in ONE_SIDED)


def test_only_results_that_a_branch_touches_are_asked():
    found = diffcli.jacobian("[where(x == 2, 5, x^2), x*y]", {"x": 2, "y": 3})
    (note,) = [note for note in found.notes if note.code == "point-branch"]
    assert found.matrix == ((0, 0), (3, 2))
    assert note.notes[-1] == "the derivative is that of the branch taken, at this point alone; the slopes beside it are the limit"


@pytest.mark.parametrize("x", [2.0, 1e-3, 1e8, -7.5])
def test_differences_along_a_direction_leave_the_point(x):
    for text, slope in ((f"where(x == {x}, {x}, x)", 1), (f"where(x == {x}, 1, exp(x/{x} - 1))", 1 / x)):
        found = diffcli.jvp(text, {"x": x}, {"x": 3}, mode="numeric")
        assert found.product["f"] == pytest.approx(3 * slope, rel=1e-6)


def test_small_taylor_coefficients_behind_a_kink_are_kept():
    found = diffcli.taylor("abs(t)^2*exp(t)", {"t": 0}, order=40)
    assert found.coefficients == pytest.approx([0, 0, *[1 / math.factorial(k) for k in range(39)]], rel=1e-12)


@pytest.mark.parametrize("mode", ["auto", "symbolic"])
def test_a_symbolic_hessian_is_that_of_the_sides_too(mode):
    for text in ("where(x == 0, 1, sin(x)/x)", "abs(t)^2", "where(x == 1, 2, (x^3 - 1)/(x - 1) - 1)"):
        at, expected = HESSIANS[text]
        assert np.array(diffcli.hessian(text, at, mode=mode).matrix) == pytest.approx(np.array(expected), abs=1e-9)


@pytest.mark.parametrize("text", ["norm([x, y])", "x^y"])
def test_a_symbolic_hessian_speaks_of_no_second_derivative_that_the_sides_do_not_have(text):
    at = {"x": 0, "y": 0}
    found = diffcli.hessian(text, at, mode="symbolic")
    known = sum(each == each for row in diffcli.hessian(text, at).matrix for each in row)
    assert [note.code for note in found.notes].count("symbolic-form") == known


def test_a_quotient_without_a_digit_says_so_at_a_branch_for_one_point_too():
    found = diffcli.grad("where(x == 1e-4, (1 - cos(x))/x^2, (1 - cos(x))/x^2)", {"x": 1e-4}, mode="numeric")
    assert [note.code for note in found.notes] == ["point-branch", "uncertain-difference"]


@pytest.mark.parametrize("mode", ["auto", "numeric"])
def test_second_derivatives_of_a_python_function_are_those_of_the_sides_in_every_mode(mode):
    found = diffcli.hessian(lambda x: x**2 if x != 1 else 1, {"x": 1}, mode=mode)
    assert (found.matrix, found.gradient) == (((2,),), {"x": 2})


def test_the_gradient_beside_second_differences_is_that_of_the_sides():
    found = diffcli.hessian("where(x != 1, x^2, 1)", {"x": 1}, mode="numeric")
    assert found.gradient == {"x": 2}
    assert found.matrix[0][0] == pytest.approx(2) or math.isnan(found.matrix[0][0])


# -- breaks behind jumps -----------------------------------------------------------------------------------------------------

BEHIND_JUMPS = [
    # the program, the point, and what is said; by the values beside the point
    ("floor(floor(x)/2)", {"x": 2}, ["jump", "jump"]),
    ("floor(floor(x)/2 + 0.25)", {"x": 2}, ["jump"]),
    ("sign(sign(x))", {"x": 0}, ["jump", "jump"]),
    ("floor(round(x)/2)*x", {"x": 1.5}, ["jump", "jump"]),
    ("sum(floor(floor(v)/2))", {"v": [2.5, 2]}, ["jump", "jump"]),
    ("where(floor(x) < 2, x, 3*x)", {"x": 2}, ["jump", "branch"]),
    ("(floor(x) >= 2)*x", {"x": 2}, ["jump", "jump"]),
    ("clip(where(x > 0, x + 3, -1), 0, 1)", {"x": 0}, ["branch"]),
    ("sum(clip(where(v > 0, v + 3, -1), 0, 1))", {"v": [0, 1]}, ["branch"]),
    ("hardtanh(where(x == 0, 4, x/2))", {"x": 0}, ["point-branch"]),
    ("relu(where(x, 3, -1))", {"x": 0}, ["point-branch"]),
    ("min(y, where(x == 0, 1, x))", {"x": 0, "y": 0}, ["point-branch"]),
    ("min(y, where(x == 0, 1, 0))", {"x": 0, "y": 0}, ["point-branch"]),
    ("max(y, ceil(x*y))", {"x": 2, "y": -1}, ["jump"]),
    ("max(sign(x), 0.5)", {"x": 0}, ["jump"]),
    ("max([sign(x), 0.5, -3])", {"x": 0}, ["jump"]),
    ("max(abs(y), where(x == 0, 1, -1))", {"x": 0, "y": 0}, ["kink", "point-branch"]),
    ("atan(max((x > 0)*2, 1))", {"x": 0}, ["jump"]),
    ("floor(mod(x, 1) + 0.5)", {"x": 2}, ["jump"]),
    ("floor_divide(trunc(x), 2)", {"x": 2}, ["jump", "jump"]),
    # none
    ("floor(floor(x)/2)", {"x": 3}, []),
    ("floor(floor(x)/2)", {"x": 2.5}, []),
    ("floor(ceil(x)/2)", {"x": 2}, []),
    ("ceil(floor(mod(x, 1)))", {"x": 3}, []),
    ("sum(floor(floor(v)/2))", {"v": [2.5, 3]}, []),
    ("abs(floor(x) + 0.5)", {"x": 0.5}, []),
    ("max(sign(x), 2)", {"x": 0}, []),
    ("max(floor(x), where(y == 0, 5, 4))*0 + relu6(trunc(x))", {"x": -1, "y": 1}, []),
    ("clip(round(x), -1, 1)", {"x": 1.5}, []),
    ("clip(where(x > 0, -2, -1), 0, 1)", {"x": 0}, []),
    ("max(where(y == 0.5, -1, y), y)", {"y": 0.5}, []),
    ("where(relu(x), x, 2*x)", {"x": -1}, []),
    ("max(x - floor(x), 1)", {"x": 0}, []),
    ("sum(max(floor(v), 1))", {"v": [0, -2]}, []),
]
IDS = [f"{text} {at}" for text, at, _ in BEHIND_JUMPS]
BREAKS = ("kink", "tie", "jump", "pole", "branch", "point-branch")


@pytest.mark.parametrize(("text", "at", "said"), BEHIND_JUMPS, ids=IDS)
def test_a_break_behind_a_jump_is_told_where_the_result_feels_it(text, at, said):
    found = diffcli.grad(text, at)
    assert [note.code for note in found.notes if note.code in BREAKS] == said
    if said:
        with pytest.raises(diffcli.NotDifferentiableError):
            diffcli.grad(text, at, strict=True)


@pytest.mark.parametrize(("text", "at", "said"), BEHIND_JUMPS, ids=IDS)
def test_what_is_told_or_not_is_what_the_values_beside_the_point_do(text, at, said):
    """By values alone: the slopes along many directions, both ways, are those of one linear function, or they are not."""
    numbers, ends = np.hstack([*at.values()]), np.cumsum([np.size(value) for value in at.values()])[:-1]

    def value(point):
        parts = zip(at.items(), np.split(point, ends), strict=True)
        return diffcli.evaluate(text, {name: part if np.ndim(own) else part[0] for (name, own), part in parts})

    steps = 1e-7 * np.random.default_rng(5).normal(size=(20, len(numbers)))
    steps = np.vstack([steps, -steps])
    changes = np.array([value(numbers + step) - value(numbers) for step in steps])
    left = changes - steps @ np.linalg.lstsq(steps, changes, rcond=None)[0]
    assert (abs(left).max() > 1e-9) == bool(said)


def test_a_recorded_function_too():
    assert [note.code for note in diffcli.grad(lambda x: 2 * x if math.floor(x) < 2 else x, {"x": 2.0}).notes if note.code in BREAKS] == ["jump", "branch"]
    found = diffcli.grad(lambda v: np.sum(np.clip(np.where(v > 0, v + 3, -1), 0, 1)), {"v": [0.0, 1.0]})
    assert [note.code for note in found.notes if note.code in BREAKS] == ["branch"]


JUMPING = [
    # the program, the point, and the slopes on the two sides: None where the value jumps
    ("1e6 + where(x < 0, 0, 1e-7)*1", {"x": 0}, (None, 0)),
    ("x^2 + where(x < 0, -1e-15, 1e-15)", {"x": 0}, (None, 0)),
    ("where(x == 0, 5e-15, 0) + x", {"x": 0}, (None, None)),
    ("where(x <= 1, 1, x + 1e-14)", {"x": 1}, (0, None)),
    ("1e-30*sign(x) + x", {"x": 0}, (None, None)),
    ("mod(x, 1)", {"x": 2}, (None, 1)),
    ("mod(-x, 2)", {"x": 2}, (-1, None)),
    ("mod(x, -1)", {"x": 2}, (1, None)),
    ("mod(4 - x, x)", {"x": 2}, (-2, None)),
    ("fmod(x, 1)", {"x": 2}, (None, 1)),
    ("fmod(-x, 1)", {"x": 2}, (None, -1)),
    ("sum(where(v < 0, 0, 1e-14) + v)", {"v": [0, 1]}, (None, 1)),
    # rounding alone
    ("where(x < 0.1, 3*x, 0.3)", {"x": 0.1}, (3, 0)),
    ("where(x < 0.7, x^2, 0.49)", {"x": 0.7}, (1.4, 0)),
    ("where(x == y, exp(x), (exp(x) - exp(y))/(x - y))", {"x": 1, "y": 1}, (math.e / 2, math.e / 2)),
    ("where(x < 2, sqrt(x)^2, x)", {"x": 2}, (1, 1)),
    ("where(x < 0.3, x^7, exp(7*log(x)))", {"x": 0.3}, (7 * 0.3**6, 7 * 0.3**6)),
    ("1e6 + where(x < 0, 0, 1e-12)", {"x": 0}, (0, 0)),  # what 1e6 does not hold
    ("cbrt(abs(x - 1) + 0.3)", {"x": 1}, (-1 / (3 * 0.3 ** (2 / 3)), 1 / (3 * 0.3 ** (2 / 3)))),
    ("elu(x) + abs(x + 0.3)", {"x": -0.3}, (math.exp(-0.3) - 1, math.exp(-0.3) + 1)),
]


@pytest.mark.parametrize(("text", "at", "slopes"), JUMPING, ids=[case[0] for case in JUMPING])
def test_a_jump_is_what_rounding_cannot_be(text, at, slopes):
    (found,) = [note.slopes for note in diffcli.grad(text, at).notes if note.slopes] or [((None, None, None),)]
    assert found[0][1:] == pytest.approx(slopes)


# -- everything that shows a gradient shows the same one ---------------------------------------------------------------------

SHOWN = {
    # the program and the point; the gradient by hand, and what `grad` says of it
    "x^2 if x != 1 else 1": ({"x": 1}, {"x": 2}, ["point-branch"]),
    "where(x == 0, 1, sin(x)/x) + 3*x": ({"x": 0}, {"x": 3}, ["point-branch"]),
    "where(x == 0, 1, exp(x))*y": ({"x": 0, "y": 2}, {"x": 2, "y": 1}, ["point-branch"]),
    "sqrt(x^2)^2 + x": ({"x": 0}, {"x": 1}, ["pole"]),
    "abs(x)^3 + x": ({"x": 0}, {"x": 1}, ["kink"]),
    "(1 - cos(x))/x^2": ({"x": 1e-5}, {"x": -0.008275703759863973}, ["lost-digits"]),
    "(x + 1e16) - 1e16": ({"x": 1}, {"x": 1}, ["lost-digits"]),  # its value is 0 in floats
    "sum(where(v == 1, 1, v^2))": ({"v": [1, 3]}, {"v": [2, 6]}, ["point-branch"]),
    "sum((1 - cos(v))/v^2)": ({"v": [1e-5]}, {"v": [-0.008275703745312057]}, ["lost-digits"]),
    "x; sqrt(y^2)^2": ({"x": 1, "y": 0}, {"x": 0, "y": 0}, ["unused-value", "pole"]),
    "x*y; 3*x": ({"x": 1, "y": 2}, {"x": 3, "y": 0}, ["unused-value", "no-dependence"]),
}


@pytest.mark.parametrize("program", SHOWN)
def test_whatever_shows_a_gradient_shows_that_of_grad(program: str) -> None:
    at, gradient, codes = SHOWN[program]
    found = diffcli.grad(program, at)
    graph, traced = graph_of(program, at), diffcli.trace(program, at)
    assert all(np.allclose(found.gradient[name], right, rtol=1e-7, atol=0) for name, right in gradient.items())
    assert [note.code for note in found.notes] == codes
    assert repr(graph.gradient) == repr(found.gradient)
    assert [(note.code, note.message, note.marks) for note in graph.notes] == [
        (note.code, note.message, note.marks) for note in found.notes
    ]  # fmt: skip
    adjoints = {node.name: dict(node.numbers).get("adjoint") for node in graph.graph.nodes if node.kind == "input"}
    assert all(adjoint is None or np.array_equal(adjoint, found.gradient[name]) for name, adjoint in adjoints.items())
    assert [(note.code, note.message) for note in traced.notes] == [(note.code, note.message) for note in found.notes]
    if len(at) == 1 and not np.ndim(*at.values()):
        swept = sweep(program, at)
        assert [swept.automatic] == [*found.gradient.values()]
        assert [note.message for note in swept.notes] == [note.message for note in found.notes]


@pytest.mark.parametrize(
    ("command", "exit"),
    [
        ('graph "(1 - cos(x))/x^2" --at x=1e-5 --strict', 5),
        ('graph "[1, (1 - cos(x))/x^2]" --at x=1e-5 --strict', 5),
        ('graph "x^2 if x != 1 else 1" --at x=1 --strict', 5),
        ('graph "[abs(x), x]" --at x=0 --strict', 5),
        ('graph "sqrt(x^2)^2 + x" --at x=0', 0),
        ('graph "[log(x), x]" --at x=-1', 4),
        ('graph "[exp(x), x]" --at x=1000', 4),
    ],
)
def test_a_graph_ends_as_a_gradient_does(command: str, exit: int) -> None:
    assert run(command).exit == exit


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ('graph "[1, (1 - cos(x))/x^2]" --at x=1e-5', "lost-digits"),
        ('graph "[abs(x), x]" --at x=0', "kink"),
        ('graph "[log(x), x]" --at x=-1', "domain"),
    ],
)
def test_a_graph_of_several_results_says_what_is_to_be_said(command: str, code: str) -> None:
    assert code in [note["code"] for note in json.loads(run([*shlex.split(command), "--json"]).stdout)["notes"]]


@pytest.mark.parametrize("options", ["", "--derivative-tape --no-trace", "--mode symbolic", "--no-trace", "-q", "--mode symbolic -q"])
def test_what_is_written_out_by_the_rules_says_so(options: str) -> None:
    outcome = run(f'grad "x^2 if x != 1 else 1" --at x=1 {options}')
    told = "its trace, tape or formula is by the rules of the table, and may show another"
    assert (told in " ".join(outcome.stderr.split())) == (options not in ("--no-trace", "-q"))


@pytest.mark.parametrize("command", ["jacobian", "jvp --direction x=1", "vjp --weights 1,1"])
def test_the_traces_of_several_results_say_so(command: str) -> None:
    name, *options = command.split()
    told = "its trace, tape or formula is by the rules of the table, and may show another"
    for traced in ([], ["--trace"]):
        outcome = run([name, "[x^2 if x != 1 else 1, x]", "--at", "x=1", *options, *traced])
        assert outcome.exit == 0
        assert (told in " ".join(outcome.stderr.split())) == bool(traced)


@pytest.mark.parametrize(
    "command",
    [
        "jacobian", "jacobian --mode numeric", "jacobian --mode symbolic", "jvp --direction v=[1,1]", "vjp --weights f=[1,1]", "graph",
    ],
)  # fmt: skip
def test_an_element_without_a_value_has_a_word(command: str) -> None:
    name, *options = command.split()
    outcome = run([name, "log(v)", "--at", "v=[-1,2]", *options, "--json"])
    (note,) = [note for note in json.loads(outcome.stdout)["notes"] if note["code"] == "domain"]
    assert (outcome.exit, note["severity"], note["message"]) == (4, "warning", "`log` is undefined here")
    assert note["notes"] == ["at 1 of 2 elements, the first [0]", "its domain: v > 0"]
