"""Numbers that others have printed, reproduced: the slides' traces, and the examples of the literature.

The slides' function (Baydin, Pearlmutter, Radul & Siskind 2018, Tables 2 and 3) is held row by row: primal, tangents,
adjoints, the order in which adjoints accumulate, the count of operations; and what slides have wrong is held
as it should be. Then the logistic map (their Table 1) in exact fractions, the functions that the complex step is shown
with (Squire & Trapp 1998; Martins, Sturdza & Alonso 2003; Moler 2013), Rosenbrock's valley, Speelpenning's product (1980),
and the Helmholtz energy of Griewank (1989) on an instance of our own. Decimals were computed with 60 digits.
"""

from __future__ import annotations

import math
from fractions import Fraction

import oracle
import pytest
from inside import METHODS, GradientResult, Options, Trace, compute
from mpmath import mpf

EXAMPLE = "ln(x1) + x1*x2 - sin(x2)"
AT = {"x1": 2.0, "x2": 5.0}

ALL_MODES = pytest.mark.parametrize("mode", ["forward", "reverse", "symbolic", "numeric"])


def near(actual: float | None, decimal: str, ulps: float = 1.0) -> bool:
    """Whether a float is the number that a decimal says, to so many units in the last place."""
    return actual is not None and oracle.ulps(actual, mpf(decimal)) <= ulps


def derivatives(text: str, at: dict[str, float], mode: str) -> GradientResult:
    """By a mode; numerical ones by the complex step."""
    way = {"numeric": {"method": "complex"}, "symbolic": {"simplify": "none"}}.get(mode, {})
    return compute(text, at, Options(mode=mode, **way))


def trace(mode: str) -> Trace:
    found = compute(EXAMPLE, AT, Options(mode=mode, trace=True)).trace
    assert found is not None
    return found


# -- the slides' function --------------------------------------------------------------------------------------------

ROWS: list[tuple[int, str, str, str | None, str | None, str]] = [
    # v     formula        primal                      by x1   by x2                      adjoint
    (-1, "x1",          "2",                       "1",    None,                      "5.5"),
    (0,  "x2",          "5",                       None,   "1",                       "1.7163378145367737355"),
    (1,  "ln v₋₁",      "0.69314718055994530942",  "0.5",  None,                      "1"),
    (2,  "v₋₁·v₀",      "10",                      "5",    "2",                       "1"),
    (3,  "sin v₀",      "-0.95892427466313846889", None,   "0.28366218546322626447",  "-1"),
    (4,  "v₁ + v₂",     "10.693147180559945309",   "5.5",  "2",                       "1"),
    (5,  "v₄ - v₃",     "11.652071455223083778",   "5.5",  "1.7163378145367737355",   "1"),
]  # fmt: skip

ROW_IDS = [f"v{index}" for index, *_ in ROWS]


def test_the_lecture_has_these_rows() -> None:
    primal = trace("reverse").primal
    assert [(row.v, row.formula) for row in primal] == [(index, formula) for index, formula, *_ in ROWS]


@pytest.mark.parametrize(("index", "formula", "value", "by_x1", "by_x2", "adjoint"), ROWS, ids=ROW_IDS)
class TestRow:
    def test_primal(self, index: int, formula: str, value: str, by_x1: str | None, by_x2: str | None, adjoint: str) -> None:
        for mode in ("forward", "reverse"):
            (row,) = [row for row in trace(mode).primal if row.v == index]
            assert near(row.value, value)

    def test_tangents(self, index: int, formula: str, value: str, by_x1: str | None, by_x2: str | None, adjoint: str) -> None:
        swept = trace("forward")
        assert swept.seeds == ("x1", "x2")
        (row,) = [row for row in swept.tangent if row.v == index]
        for tangent, expected in zip(row.tangents, (by_x1, by_x2), strict=True):
            assert tangent is None if expected is None else near(tangent, expected)

    def test_adjoint(self, index: int, formula: str, value: str, by_x1: str | None, by_x2: str | None, adjoint: str) -> None:
        arrived = [step.value for step in trace("reverse").adjoint if step.target == index]
        assert near(arrived[-1], adjoint)


STEPS: list[tuple[int, int | None, str, str, str]] = [
    # to   from  formula            term                       adjoint after it
    (5,  None, "ȳ₁",               "1",                       "1"),
    (4,  5,    "v̄₅",               "1",                       "1"),
    (3,  5,    "-v̄₅",              "-1",                      "-1"),
    (1,  4,    "v̄₄",               "1",                       "1"),
    (2,  4,    "v̄₄",               "1",                       "1"),
    (0,  3,    "v̄₃·cos v₀",        "-0.28366218546322626447", "-0.28366218546322626447"),
    (-1, 2,    "v̄₂·v₀",            "5",                       "5"),
    (0,  2,    "v̄₀ + v̄₂·v₋₁",      "2",                       "1.7163378145367737355"),
    (-1, 1,    "v̄₋₁ + v̄₁/v₋₁",     "0.5",                     "5.5"),
]  # fmt: skip
"""The reverse sweep, in its order: the last row first, each row's operands from left to right."""


def test_adjoints_accumulate_in_this_order() -> None:
    steps = trace("reverse").adjoint
    assert [(step.target, step.source, step.formula) for step in steps] == [step[:3] for step in STEPS]
    for step, (*_, term, value) in zip(steps, STEPS, strict=True):
        assert near(step.term, term)
        assert near(step.value, value)


@ALL_MODES
def test_the_lecture_in_all_modes(mode: str) -> None:
    result = derivatives(EXAMPLE, AT, mode)
    assert result.value == 11.652071455223084
    assert result.gradient == {"x1": 5.5, "x2": pytest.approx(1.7163378145367738, rel=3e-16)}


def test_the_lecture_counts_5_operations_and_13_with_the_gradient() -> None:
    cost = compute(EXAMPLE, AT, Options(cost=True)).cost
    assert cost is not None
    assert (cost.function, cost.function + cost.sweep, cost.ratio) == (5, 13, 2.6)


class TestErrata:
    """What slides print, and what is right."""

    def test_sin_5_is_negative(self) -> None:
        """The primal trace prints v3 = 0.959, then goes on with the right sum: with that v3, it would be 9.734."""
        rows = {row.v: row.value for row in trace("forward").primal}
        assert near(rows[3], "-0.95892427466313846889")
        assert rows[5] == rows[4] - rows[3]
        assert round(rows[4] + abs(rows[3]), 3) == 11.652
        assert round(rows[4] - abs(rows[3]), 3) == 9.734

    def test_the_product_hands_v0_its_partial_by_v0(self) -> None:
        """The adjoint trace writes the partial of v2 by v-1 (which is v0) where that by v0 (which is v-1) belongs."""
        steps = [step for step in trace("reverse").adjoint if step.source == 2]
        left, right = steps
        assert (left.target, left.operand, left.formula, left.term) == (-1, 0, "v̄₂·v₀", 5.0)
        assert (right.target, right.operand, right.formula, right.term) == (0, 1, "v̄₀ + v̄₂·v₋₁", 2.0)
        assert near(right.value, "1.7163378145367737355")
        with_the_slip = steps[1].value - 2.0 + 5.0
        assert round(with_the_slip, 3) == 4.716


# -- the logistic map --------------------------------------------------------------------------------------------------

LOGISTIC = [
    # n   l_n at 1/5                  its derivative there
    (1, Fraction(1, 5),               Fraction(1)),
    (2, Fraction(16, 25),             Fraction(12, 5)),
    (3, Fraction(576, 625),           Fraction(-336, 125)),
    (4, Fraction(112896, 390625),     Fraction(708288, 78125)),
    (5, None,                         Fraction(466996943616, 30517578125)),
]  # fmt: skip

PRINTED = {
    2: "4 - 8*x",
    3: "16*(1 - 10*x + 24*x^2 - 16*x^3)",
    4: "64*(1 - 42*x + 504*x^2 - 2640*x^3 + 7040*x^4 - 9984*x^5 + 7168*x^6 - 2048*x^7)",
}
"""The derivatives of the paper's table, simplified."""


def logistic(n: int) -> str:
    """l_1 = x, and l_(k+1) = 4*l_k*(1 - l_k)."""
    return "; ".join(["l1 = x", *(f"l{k + 1} = 4*l{k}*(1 - l{k})" for k in range(1, n)), f"l{n}"])


@ALL_MODES
@pytest.mark.parametrize(("n", "value", "slope"), LOGISTIC, ids=[f"l{case[0]}" for case in LOGISTIC])
def test_logistic_map(n: int, value: Fraction | None, slope: Fraction, mode: str) -> None:
    result = derivatives(logistic(n), {"x": 0.2}, mode)
    if value is not None:
        assert result.value == pytest.approx(float(value), rel=1e-15)
    assert result.gradient["x"] == pytest.approx(float(slope), rel=4e-15)


@pytest.mark.parametrize("n", PRINTED, ids=[f"l{n}" for n in PRINTED])
@pytest.mark.parametrize("x", [0.2, 0.5, -0.7, 1.0])
def test_logistic_map_against_the_printed_derivatives(n: int, x: float) -> None:
    printed = compute(PRINTED[n], {"x": x}, Options()).value
    scale = 4.0**n * max(1, abs(x)) ** (2**n)
    assert compute(logistic(n), {"x": x}, Options()).gradient["x"] == pytest.approx(printed, abs=1e-13 * scale)


@pytest.mark.parametrize("n", range(2, 11))
def test_the_tape_of_the_logistic_map_is_linear(n: int) -> None:
    """3 operations a step, 4 more for its derivative: what swells is the tree, not the derivative."""
    cost = compute(logistic(n), {"x": 0.2}, Options(cost=True)).cost
    assert cost is not None
    assert (cost.function, cost.sweep) == (3 * (n - 1), 4 * (n - 1))


# -- the complex step's examples ---------------------------------------------------------------------------------------

EXAMPLES = [
    # attribution              program                                 x        value                    derivative
    ("Squire & Trapp, 1",      "x^(9/2)",                              "1.5",   None,                    "18.600812734259758683"),
    ("Squire & Trapp, 2",      "exp(x)/(sin(x)^3 + cos(x)^3)",         "1.5",   "4.5139288103603178",    "3.6220337007163260426"),
    ("Squire & Trapp, at pi/4", "exp(x)/(sin(x)^3 + cos(x)^3)",        "pi/4",  "3.1017663938360514952", "3.1017663938360514952"),
    ("Martins et al.",         "exp(x)/sqrt(sin(x)^3 + cos(x)^3)",     "1.5",   "4.4977800539461620",    "4.0534278938986206577"),
    ("Moler",                  "atan(x)/(1 + exp(-x^2))",              "2",     None,                    "0.27462372815485758902"),
]  # fmt: skip


@ALL_MODES
@pytest.mark.parametrize(("name", "text", "x", "value", "slope"), EXAMPLES, ids=[case[0] for case in EXAMPLES])
def test_examples_of_the_complex_step(name: str, text: str, x: str, value: str | None, slope: str, mode: str) -> None:
    result = derivatives(text, {"x": x}, mode)
    assert value is None or near(result.value, value, 4)
    assert near(result.gradient["x"], slope, 8)


@pytest.mark.parametrize("step", [1e-20, 1e-200])
@pytest.mark.parametrize(("name", "text", "x", "value", "slope"), EXAMPLES[:3], ids=[case[0] for case in EXAMPLES[:3]])
def test_any_small_complex_step_will_do(name: str, text: str, x: str, value: str | None, slope: str, step: float) -> None:
    result = compute(text, {"x": x}, Options(mode="numeric", method="complex", step=step))
    assert near(result.gradient["x"], slope, 8)


def test_a_forward_difference_has_half_of_the_digits() -> None:
    result = compute("exp(x)/(sin(x)^3 + cos(x)^3)", {"x": 1.5}, Options(mode="numeric", method="forward", step=1e-8))
    assert 1e-9 < abs(result.gradient["x"] - 3.6220337007163260426) < 1e-6


# -- many variables ----------------------------------------------------------------------------------------------------


@ALL_MODES
def test_rosenbrock(mode: str) -> None:
    result = derivatives("(1 - x)^2 + 100*(y - x^2)^2", {"x": -1.2, "y": 1.0}, mode)
    assert result.value == pytest.approx(24.2, rel=1e-15)
    assert result.gradient == {"x": pytest.approx(-215.6, rel=1e-15), "y": pytest.approx(-88.0, rel=1e-15)}


def product(n: int) -> str:
    return "*".join(f"x{i}" for i in range(1, n + 1))


@ALL_MODES
def test_speelpenning(mode: str) -> None:
    result = derivatives(product(5), {f"x{i}": i for i in range(1, 6)}, mode)
    assert result.value == 120
    assert list(result.gradient.values()) == [120, 60, 40, 30, 24]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("zeros", [(1,), (3,), (5,), (2, 4)], ids=str)
def test_speelpenning_with_zeros(zeros: tuple[int, ...], mode: str) -> None:
    """No quotient of the product by a factor is ever taken."""
    at = {f"x{i}": 0.0 if i in zeros else float(i) for i in range(1, 6)}
    expected = [math.prod(value for other, value in at.items() if other != name) for name in at]
    assert list(derivatives(product(5), at, mode).gradient.values()) == expected


@pytest.mark.parametrize("n", [2, 3, 5, 10, 20, 100])
def test_speelpenning_costs_three_times_the_product(n: int) -> None:
    """n - 1 products for the value and 2(n - 1) for all n derivatives, where n separate products would take n(n - 2)."""
    cost = compute(product(n), {f"x{i}": 1.0 for i in range(1, n + 1)}, Options(cost=True)).cost
    assert cost is not None
    assert (cost.function, cost.sweep, cost.ratio) == (n - 1, 2 * (n - 1), 3.0)


HELMHOLTZ = {
    # n   f                         gradient
    1: ("-0.23024363943757807", ["-1.3021402671064207"]),
    2: ("-0.37972225058049418", ["-1.2993583529434457", "-1.9886526413381131"]),
    3: ("-0.49279153536393590", ["-1.2969713419023106", "-1.9874435054358352", "-2.3915966842271903"]),
}


def helmholtz(n: int) -> str:
    """The Peng-Robinson energy with R = T = 1, b_i = 1/(10 i), A_ij = 1/(10 (i + j - 1))."""
    indices = range(1, n + 1)
    return "; ".join([
        f"bx = {' + '.join(f'x{i}/{10 * i}' for i in indices)}",
        f"ideal = {' + '.join(f'x{i}*log(x{i}/(1 - bx))' for i in indices)}",
        f"quadratic = {' + '.join(f'x{i}*x{j}/{10 * (i + j - 1)}' for i in indices for j in indices)}",
        "ideal - quadratic/(sqrt(8)*bx)*log((1 + (1 + sqrt(2))*bx)/(1 + (1 - sqrt(2))*bx))",
    ])  # fmt: skip


@ALL_MODES
@pytest.mark.parametrize("n", HELMHOLTZ)
def test_helmholtz(n: int, mode: str) -> None:
    value, gradient = HELMHOLTZ[n]
    result = derivatives(helmholtz(n), {f"x{i}": 1 / (10 * i) for i in range(1, n + 1)}, mode)
    assert result.value == pytest.approx(float(value), rel=1e-14)
    assert list(result.gradient.values()) == pytest.approx(list(map(float, gradient)), rel=1e-14)


@pytest.mark.parametrize("n", HELMHOLTZ)
def test_the_gradient_of_helmholtz_costs_less_than_five_times_its_value(n: int) -> None:
    cost = compute(helmholtz(n), {f"x{i}": 1 / (10 * i) for i in range(1, n + 1)}, Options(cost=True)).cost
    assert cost is not None
    assert 2 < cost.ratio <= 5


# -- cheap gradients ---------------------------------------------------------------------------------------------------

ARITHMETIC = [
    "x*y", "x/y", "x - y", "x + y", "(x + y)*(x - y)/(x*y)", "-x*-y", "1/(x*x + y*y)", "x*y*x*y*x*y", "x/(x + y)*y - y/x",
    "x/y/x/y/x", "x/(y/(x/(y/x)))", "x*x*x - y*x*x*y",
]  # fmt: skip


@pytest.mark.parametrize("text", ARITHMETIC)
def test_a_gradient_costs_at_most_five_times_the_value_in_arithmetic(text: str) -> None:
    """Baur & Strassen (1983); 6 with quotients, whose two partials do not share their factor here."""
    cost = compute(text, {"x": 2.0, "y": 3.0}, Options(cost=True)).cost
    assert cost is not None
    assert cost.ratio <= (6 if "/" in text else 5)


# -- numerical derivatives that cannot be trusted are told ---------------------------------------------------------------

HARD = [("exp(-(1e6*(x - 1))^2)", 1.000001), ("sin(1e7*x)", 0.3), ("sin(1e6*x)", 1.0)]


@pytest.mark.parametrize(("text", "x"), HARD)
def test_a_quotient_that_errs_by_more_than_it_says_comes_with_a_warning(text: str, x: float) -> None:
    assert [note.code for note in compute(text, {"x": x}, Options(mode="numeric", rule="eps")).notes] == ["difference-off"]
    assert compute(text, {"x": x}, Options(mode="numeric")).notes == ()  # the automatic step finds the scale


@pytest.mark.parametrize("x", [1e-300, 1e-30, 0.5, 3.0, 1e30, 1e300])
@pytest.mark.parametrize("text", ["sqrt(x)", "log(x)", "1/x", "cbrt(x)", "x^2", "x^0.5"])
def test_the_complex_step_is_exact_at_any_size(text: str, x: float) -> None:
    exact = compute(text, {"x": x}, Options()).gradient["x"]
    assert compute(text, {"x": x}, Options(mode="numeric", method="complex")).gradient["x"] == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("text", ["sqrt(x)", "log(x)", "x^0.5"])
def test_the_complex_step_has_no_finite_slope_at_a_pole(text: str) -> None:
    assert compute(text, {"x": 0.0}, Options(mode="numeric", method="complex")).gradient == {"x": math.inf}


@pytest.mark.parametrize(("text", "x"), [("x^2", 1e-320), ("x", 5e-324), ("sqrt(x)*1e305 + 1.7e308", 0.0), ("x^exp(1000)", 0.5)])
@pytest.mark.parametrize("method", METHODS)
def test_differences_at_the_ends_of_the_range_do_not_fail(text: str, x: float, method: str) -> None:
    compute(text, {"x": x}, Options(mode="numeric", method=method))
