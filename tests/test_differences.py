"""Numerical differentiation: the stencils, the noise, the reach of operations, and error bars that hold."""

from __future__ import annotations

import importlib.util
import itertools
import math
import random
from fractions import Fraction
from pathlib import Path

import pytest
from console import run
from inside import (
    EXACT,
    FLOAT,
    METHODS,
    OPERATIONS,
    RULES,
    STENCILS,
    STEP_RULES,
    Options,
    Problem,
    TapeSampler,
    UsageError,
    automatic_difference,
    compute,
    difference,
    ecnoise,
    evaluate,
    higher_derivative,
    lower,
    parse,
    precise_derivative,
    precise_value,
    stencil,
    symbolic_derivative,
    value_rounding,
)
from inside import run as evaluation_run
from mpmath import mp, mpf
from oracle import ORACLE, value

import diffcli

BENCHMARK = Path(__file__).parent / "benchmarks" / "honesty.py"


def run_precisely(tape, x):
    """The value of a tape of one input in mpmath, with the digits in force."""
    return mpf(0) + evaluation_run(tape, [x], EXACT.row_functions(tape))[tape.output]


@pytest.fixture(scope="module")
def cases():
    """The random expressions of the benchmark, with their exact derivatives."""
    specification = importlib.util.spec_from_file_location("honesty", BENCHMARK)
    honesty = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(honesty)
    return list(honesty.random_cases(400, seed=2))


# -- stencils ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STENCILS)
def test_a_stencil_is_exact_for_polynomials_up_to_its_order(name):
    chosen = STENCILS[name]
    for power in range(chosen.order + 1):
        total = sum(weight * offset**power for weight, offset in zip(chosen.weights, chosen.offsets, strict=True))
        assert total == (1 if power == 1 else 0)
    beyond = sum(weight * offset ** (chosen.order + 1) for weight, offset in zip(chosen.weights, chosen.offsets, strict=True))
    assert abs(beyond) == chosen.truncation * math.factorial(chosen.order + 1) != 0


@pytest.mark.parametrize("m", range(1, 6))
def test_central_stencils_have_the_constants_of_theory(m):
    chosen = STENCILS["central" if m == 1 else f"central{2 * m}"]
    assert chosen.order == 2 * m
    assert chosen.truncation == Fraction(math.factorial(m) ** 2, math.factorial(2 * m + 1))
    assert chosen.rounding == sum(Fraction(1, k) for k in range(1, m + 1))  # the harmonic number


def test_one_sided_stencils():
    assert (STENCILS["forward"].truncation, STENCILS["forward"].rounding) == (Fraction(1, 2), 2)
    assert (STENCILS["forward2"].truncation, STENCILS["forward2"].rounding) == (Fraction(1, 3), 4)
    assert stencil(0, 1, 2).weights == (Fraction(-3, 2), 2, Fraction(-1, 2))


def test_the_best_step_is_the_least_of_the_sum_of_both_errors():
    for chosen in STENCILS.values():
        best = chosen.best_step(1e-16, 3.0)
        steps = (best / 1.05, best, best * 1.05)
        errors = [float(chosen.truncation) * h**chosen.order * 3.0 + chosen.rounding_error(h, 1e-16) for h in steps]
        assert errors[1] == min(errors)
    assert STENCILS["central"].best_step(1e-16, 0.0) == math.inf


# -- the tape in many digits -------------------------------------------------------------------------------------------------

POINTS = [(name, point) for name, row in OPERATIONS.items() for point in row.points]


@pytest.mark.parametrize(("name", "point"), POINTS, ids=lambda part: str(part))
def test_every_operation_in_many_digits(name, point):
    row, names = OPERATIONS[name], "abc"[: len(point)]
    if row.symbol:
        text = f" {row.symbol} ".join(names) if len(names) == 2 else f"{row.symbol} {names}"
    else:
        text = f"{row.spelling}({', '.join(names)})"
    tape = lower(parse(text))
    known = precise_value(tape, [point["abc".index(variable)] for variable in tape.inputs])
    exact = value(name, point)
    assert known is not None
    with mp.workdps(60):
        assert abs(known - exact) <= abs(exact) * mpf(10) ** -48


def test_derivatives_in_many_digits():
    survey = lower(parse("64*x*(1 - x)*(1 - 2*x)^2*(1 - 8*x + 8*x^2)^2"))
    found = [higher_derivative(survey, [0.2], 0, kind) for kind in (1, 2, 3, 5, 9)]
    assert found == pytest.approx([9.0660864, 67.395584, -3948.87168, 1203240.96, 0.0], rel=1e-15)
    assert float(precise_derivative(lower(parse("stop_gradient(x)*x")), [3.0], 0)) == 3
    assert precise_derivative(lower(parse("log(x)")), [-1.0], 0) is None
    assert float(precise_derivative(lower(parse("x")), [1e308], 0)) == 1


@pytest.mark.parametrize("text", ["sin(0.1*x)*x^0.3 + pi", "abs(x)*erf(x)", "max(x, 2)^x", "gamma(x)/x", "where(x > 1, x^x, 3)"])
def test_sympy_and_the_tape_are_the_same_in_many_digits(text):
    problem = Problem(text, {"x": 2.7})
    ours = precise_derivative(problem.tape, problem.point, 0)
    theirs = symbolic_derivative(problem, "x")
    with mp.workdps(60):
        assert abs(ours - theirs) <= abs(ours) * mpf(10) ** -45


# -- noise -------------------------------------------------------------------------------------------------------------------


def test_the_noise_bounds_the_rounding_of_values(cases):
    for case in cases:
        tape = lower(parse(case.text))
        values = evaluate(tape, [case.point])
        exact = precise_value(tape, [case.point], 30)
        bound = value_rounding(tape, values, bytearray(b"\1" * tape.size))
        assert abs(mpf(values[tape.output]) - exact) <= 1.01 * bound + mpf(5e-324), case


def test_ecnoise_finds_the_level_of_a_known_noise():
    source = __import__("random").Random(3)
    for level in (1e-12, 1e-8, 1e-4):
        values = [math.sin(1 + k * level / 10) + source.uniform(-1, 1) * level * math.sqrt(3) for k in range(12)]
        assert level / 4 <= ecnoise(values) <= 4 * level
    assert ecnoise([2.0] * 8) == 0.0


# -- the reach of operations -------------------------------------------------------------------------------------------------


NEAR = (-2.501, -1.001, -0.5, -1e-3, 1e-3, 0.499, 0.999, 1.001, 2.499, 3.2, 6.001)
"""Values beside the kinks, jumps and ends of domains of all operations, and between them."""

GRID = 48


@pytest.mark.parametrize("name", [name for name, row in OPERATIONS.items() if row.radius])
def test_within_its_reach_an_operation_is_defined_and_smooth(name):
    """On a grid over the reach, second differences stay far below what a corner or a jump would make of them."""
    function, row = FLOAT.value(name), OPERATIONS[name]
    count = 2 if row.variadic else len(row.operands)
    tried = 0
    for point in itertools.product(NEAR, repeat=count):
        result = function(*point)
        if not math.isfinite(result) or FLOAT.breaks(name, point, result):
            continue
        for position, radius in enumerate(FLOAT.radius(name, count)):
            far = radius(*point, result) if radius is not None else math.nan
            if not 0 < far < math.inf:
                assert not far < 0
                continue
            tried += 1
            shares = [k / GRID * 0.999 for k in range(-GRID, GRID + 1)]
            values = [function(*point[:position], point[position] + share * far, *point[position + 1 :]) for share in shares]
            assert all(map(math.isfinite, values)), (point, position)
            seconds = [abs(a - 2 * b + c) for a, b, c in zip(values, values[1:], values[2:], strict=False)]
            size = max(values) - min(values)
            assert max(seconds) <= size / 100 + 1e-13 * max(map(abs, values)), (point, position)
    assert tried or name == "polygamma"  # whose first operand is a whole number


def test_every_operation_with_a_break_or_a_domain_has_a_reach():
    without = {name for name, row in OPERATIONS.items() if (row.breaks or row.domain or row.definition) and not row.radius}
    assert without == {"square", "stop_gradient"}


# -- error bars --------------------------------------------------------------------------------------------------------------


def test_error_bars_hold(cases):
    outside, evaluations, poor = [], 0, 0
    for case in cases:
        problem = Problem(case.text, {"x": case.point})
        found = difference(problem, "x")
        evaluations += found.evaluations
        if found.error is None:
            poor += 1
            continue
        error = abs(mpf(found.estimate) - case.truth)
        if error > found.error + math.ulp(float(case.truth)):
            outside.append(case)
        assert error <= 100 * found.error + math.ulp(float(case.truth)), case
    assert len(outside) <= len(cases) / 100
    assert poor <= len(cases) / 50
    assert evaluations <= 16 * len(cases)


def test_error_bars_of_second_derivatives_hold(cases):
    outside = answered = 0
    for case in cases:
        problem = Problem(case.text, {"x": case.point})
        found = automatic_difference(TapeSampler(problem, "x"), "x", derivative=2)
        if found.error is None:
            continue
        exact = precise_derivative(problem.tape, [case.point], 0, 2, 30)
        error = abs(mpf(found.estimate) - exact)
        answered += 1
        outside += bool(error > found.error + math.ulp(float(exact)))
        assert error <= 100 * found.error + math.ulp(float(exact)), case
    assert outside <= answered / 100
    assert answered >= 0.9 * len(cases)


HARD = [
    ("exp(-(1e6*(x - 1))^2)", 1 + 1e-9),
    ("exp(-(1e3*(x - 0.3))^2)", 0.3005),
    ("sin(1000*x)", 0.0),
    ("sin(x)", 1e6),
    ("log(x)", 1e6),
    ("max(x, -x)", -1.7e308),
    ("log(x)", 1e-300),
    ("1/x", 1e-5),
    ("1e8 + sin(x)", 1.0),
    ("(1 - cos(x))/x^2", 1e-4),
    ("abs(x - 1e-3)", 0.0),
    ("max(x, 0.999)", 1.0),
    ("floor(x)*x", 1.999),
    ("where(x < 1.0001, x^2, 5)", 1.0),
    ("x*stop_gradient(x)", 3.0),
    ("log(exp(0.0168))^5*x", 1e-5),
    ("x*1e300", 1.0),
    ("1e-300*sin(x)", 1.0),
    ("x^100", 1.5),
    ("gamma(x)", -2.5),
    ("x/1e300", 1e-30),
    ("(x - 3)^2", 1e-17),
    ("1 + x", 1e-250),
    ("1e8 + x^2", 1e-4),
    ("(1 + 1e6*x)^9", 0.0),
    ("exp(x^2)", 1e-12),
    ("sinh(x^3)", 1e-6),
    ("gelu(x)", 1e9),
    ("softplus(x)", 1e17),
    ("lgamma(x)", 1e300),
    ("clip(-1e5, 0, x)", -0.05),
    ("atan2(x, -1)", 1e-6),
    ("max(x, abs(x))", 2.0),
    ("x*log1p(1e-10)", 2.0),
    ("x*stop_gradient((1 - cos(x))/x^2)", 1e-5),
]


@pytest.mark.parametrize(("text", "point"), HARD)
def test_error_bars_hold_where_differences_are_hard(text, point):
    problem = Problem(text, {"x": point})
    found = difference(problem, "x")
    exact = precise_derivative(problem.tape, [point], 0)
    assert abs(mpf(found.estimate) - exact) <= found.error + math.ulp(float(exact))
    assert found.bound


# program, point, estimate or None, slopes on the two sides where there is no estimate
EDGES = [
    ("abs(x)", 0.0, None, (-1.0, 1.0)),
    ("relu(x)", 0.0, None, (0.0, 1.0)),
    ("max(x, 1)", 1.0, None, (0.0, 1.0)),
    ("clip(x, 0, 0.3)*exp(x)", 0.0, None, (0.0, 1.0)),
    ("sqrt(x^2)", 0.0, None, (-1.0, 1.0)),
    ("floor(x)*x", 2.0, None, (None, 2.0)),
    ("sign(x)", 0.0, None, (None, None)),
    ("sqrt(x)", 0.0, None, (None, None)),
    ("cbrt(x)", 0.0, None, (None, None)),
    ("x^1.3", 0.0, None, (None, None)),
    ("x*abs(x)", 0.0, 0.0, None),
    ("elu(x)", 0.0, 1.0, None),
    ("where(x > 0, x^2, -x^2)", 0.0, 0.0, None),
    ("relu(x) - relu(-x)", 0.0, 1.0, None),
    ("x*sqrt(x)", 0.0, 0.0, None),
    ("(1 - x^2)^1.5*exp(x)", 1.0, 0.0, None),
    ("3", 1.0, 0.0, None),
    # what rounding, overflow or the language leaves no number of
    ("exp(x)*1e300*1e300", -760.0, None, (None, None)),
    ("1e300/exp(x)", 710.0, None, (None, None)),
    ("cospi(x + 1e17)", 0.25, None, (None, None)),
    ("abs((x + 1e16) - 1e16)", 0.3, None, (None, None)),
    ("hardtanh(1 - x)", 1e-18, None, (None, None)),
    ("(-2)^x", 64.0, None, (None, None)),
    ("atan2(x, -1)", 0.0, None, (None, -1.0)),
    ("where(x == 1, 5, x)", 1.0, None, (None, None)),
    ("where(x <= 0, max(x, -5), 2*x)", 0.0, None, (1.0, 2.0)),
]


@pytest.mark.parametrize(("text", "point", "estimate", "sides"), EDGES)
def test_kinks_and_edges(text, point, estimate, sides):
    found = difference(Problem(f"{text} + 0*x", {"x": point}), "x")
    if estimate is None:
        assert math.isnan(found.estimate)
        assert found.error is None
        for known, expected in zip((found.left, found.right), sides, strict=True):
            assert known == (None if expected is None else pytest.approx(expected, abs=1e-9))
    else:
        assert abs(found.estimate - estimate) <= found.error <= 1e-6


def test_no_step_leaves_the_range_of_floats():
    found = diffcli.grad("logsumexp(z)", {"z": [1e308, -1e308]}, mode="numeric")
    assert [*found.gradient["z"]] == [1.0, 0.0]


def test_the_point_is_never_left_far_behind():
    """Samples stay where every operation can be followed."""
    problem = Problem("log(x)*tan(x)", {"x": 1.0})
    found = difference(problem, "x")
    assert all(0.25 < x < math.pi / 2 for x, _ in found.samples)


# -- methods and rules -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_every_method(method):
    found = compute("sin(x)*exp(x)", "x=1", Options(mode="numeric", method=method)).differences[0]
    exact = math.exp(1) * (math.sin(1) + math.cos(1))
    assert abs(found.estimate - exact) <= (found.error or 1e-15)
    assert found.evaluations > 0


@pytest.mark.parametrize("order", [2, 4, 6, 8, 10])
def test_every_order(order):
    found = compute("sin(x)*exp(x)", "x=1", Options(mode="numeric", accuracy=order)).differences[0]
    assert found.order == order
    assert abs(found.estimate - math.exp(1) * (math.sin(1) + math.cos(1))) <= found.error


def test_the_table_of_rules_is_that_of_the_options():
    assert tuple(STEP_RULES) == RULES


SCALED = [("sin(x)", 1.0), ("exp(x)", 30.0), ("1e-20*sin(x)", 1.0), ("sin(x)", 1e6), ("exp(1e4*x)", 1e-4), ("log(x)", 1e-3), ("x^2.5", 4.0)]


def chosen_step(rule, stencil, text, point):
    sampler = TapeSampler(Problem(text, {"x": point}), "x")
    return sampler, STEP_RULES[rule](sampler, STENCILS[stencil])[0]


@pytest.mark.parametrize(("text", "point"), SCALED)
def test_the_rule_of_shi_meets_its_own_test(text, point):
    sampler, step = chosen_step("shi", "forward", text, point)
    noise = sampler.rounding(sampler.base, sampler.base) / 2
    with mp.workdps(60):
        tape, x, h = sampler.tape, mpf(point), mpf(step)
        f = [run_precisely(tape, at) for at in (x, x + h, x + 4 * h)]
        ratio = abs(f[2] - 4 * f[1] + 3 * f[0]) / (8 * noise)
    assert 1 <= ratio <= 8


@pytest.mark.parametrize(("text", "point"), SCALED)
def test_the_rule_of_curtis_and_reid_meets_its_own_test(text, point):
    sampler, step = chosen_step("curtis-reid", "forward", text, point)
    values = [sampler.sample(point + k * step).value for k in (-1, 0, 1)]
    ratio = abs(values[2] - 2 * values[1] + values[0]) / (2 * 2.0**-52 * max(map(abs, values)))
    assert 10 <= ratio <= 1000


@pytest.mark.parametrize(("text", "point"), [case for case in SCALED if case[1] < 1e6 and "1e4" not in case[0]])
def test_the_rule_of_dumontet_and_vignes_is_near_the_best_step(text, point):
    """For noise of one rounding; its first step has to be of the scale of f, so that it is left out where that is not 1."""
    sampler, step = chosen_step("dumontet-vignes", "central", text, point)
    third = float(precise_derivative(sampler.tape, [point], 0, 3, 20))
    best = (3 * 2.0**-53 * abs(sampler.base.value / third)) ** (1 / 3)
    assert best / 5 <= step <= 5 * best


@pytest.mark.parametrize(("rule", "factor"), [("eps", 1e6), ("relative", 1e6), ("absolute", 1.0)])
def test_the_plain_rules_are_roots_of_the_machine_epsilon(rule, factor):
    for name, power in (("forward", 2), ("central", 3), ("central4", 5), ("forward2", 3)):
        assert chosen_step(rule, name, "sin(x)", 1e6)[1] == pytest.approx(factor * 2.0 ** (-52 / power), rel=1e-12)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("text", "point"), [("x*3", 0.0), ("x^3", 0.0), ("3 + 0*x", 1.0), ("cos(x)", 0.0), ("exp(x)", 709.0), ("x*1e-300", 1.0)])
def test_rules_give_up_in_words(rule, text, point):
    sampler = TapeSampler(Problem(text, {"x": point}), "x")
    step, why = STEP_RULES[rule](sampler, STENCILS["central"])
    assert 0 < step <= 1e3 * max(1.0, abs(point))
    assert why
    assert "nan" not in why


def test_rules_that_know_the_tape_find_the_best_step():
    for text, point in (("sin(x)", 1.0), ("exp(30*x)", 0.1), ("log(x)", 1e-3)):
        sampler = TapeSampler(Problem(text, {"x": point}), "x")
        chosen = STENCILS["central"]
        theory = STEP_RULES["theory"](sampler, chosen)[0]
        assert theory / 4 <= STEP_RULES["tape"](sampler, chosen)[0] <= 4 * theory


REFUSED = {
    "accuracy": {"accuracy": 5},
    "rule-of-automatic": {"method": "automatic", "rule": "eps"},
    "step-of-automatic": {"method": "automatic", "step": 0.1},
    "step-and-rule": {"step": 0.1, "rule": "eps"},
    "mode": {"mode": "reverse", "accuracy": 4},
    "unknown-rule": {"rule": "epsilon"},
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused(golden, name):
    with pytest.raises(UsageError) as caught:
        compute("sin(x)", "x=1", Options(**{"mode": "numeric", **REFUSED[name]}))
    golden(f"differences/refused-{name}.txt", diffcli.explain(caught.value))


# -- functions that are no programs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "x", "exact"),
    [
        (math.sin, 1.0, math.cos(1)),
        (math.exp, -20.0, math.exp(-20)),
        (lambda x: x**3, 0.0, 0.0),
        (math.log, 1e-3, 1e3),
        (lambda x: round(math.sin(x), 6), 1.0, math.cos(1)),
        (lambda x: 4.0, 1.0, 0.0),
        (lambda x: 1e6 + x, 2.0, 1.0),
    ],
)
def test_callables_have_an_estimated_bar(function, x, exact):
    found = diffcli.difference(function, x)
    assert not found.bound
    assert abs(found.estimate - exact) <= found.error


def test_second_derivatives_of_callables():
    found = diffcli.difference(math.exp, 1.0, derivative=2)
    assert abs(found.estimate - math.e) <= found.error < 1e-9
    assert math.isnan(diffcli.difference(abs, 0.0, derivative=2).estimate)
    with pytest.raises(UsageError, match="kind 3"):
        diffcli.difference(math.exp, 1.0, derivative=3)


@pytest.mark.parametrize("function", [lambda x: float(x >= 0), lambda x: math.copysign(1, x), math.cbrt], ids=["step", "sign", "cbrt"])
def test_callables_that_have_no_derivative(function):
    assert math.isnan(diffcli.difference(function, 0.0).estimate)


def test_a_period_of_a_power_of_two_does_not_look_constant():
    found = diffcli.difference(lambda x: math.sin(128 * math.pi * x), 1.0)
    assert abs(found.estimate - 128 * math.pi) <= found.error


CANCELLING = {
    "cos": lambda m, x: (1 - m.cos(x)) / x**2,
    "exp": lambda m, x: (m.exp(x) - 1) / x,
    "sin": lambda m, x: (x - m.sin(x)) / x**3,
    "sqrt": lambda m, x: (m.sqrt(1 + x * x) - 1) / x**2,
    "log": lambda m, x: m.log(1 + x) / x,
    "sum": lambda m, x: (1 + x) - 1,
    "tan": lambda m, x: (m.tan(x) - m.sin(x)) / x**3,
}


@pytest.mark.parametrize("name", CANCELLING)
def test_bars_of_callables_hold_where_their_values_cancel(name):
    function = CANCELLING[name]
    for x in [float(f"{first}e{power}") for first in (1, 1.1, 1.7, 2.3, 3.14159, 4.7, 7.7) for power in range(-6, 1)]:
        found = diffcli.difference(lambda at: function(math, at), x)
        with mp.workdps(60):
            exact = mp.diff(lambda at: function(mp, at), mpf(x), h=mpf(x) * mpf(10) ** -15)
        assert "kink" not in found.reason, x
        assert found.error is None or abs(found.estimate - exact) <= 2 * found.error, x


@pytest.mark.parametrize("x", [0.00031, 0.01, 0.1, 1.0, 2.3, 7.7])
def test_a_ripple_that_no_first_step_sees_is_found(x):
    found = diffcli.difference(lambda at: math.sin(1e8 * at) * 1e-8 + at, x)
    with mp.workdps(60):
        assert abs(found.estimate - (1 + mp.cos(10**8 * mpf(x)))) <= found.error + 1e8 * math.ulp(x)


@pytest.mark.parametrize("amplitude", [1e-5, 1.0])
@pytest.mark.parametrize("frequency", [30.0, 300.0, 3000.0, 1e5])
def test_a_ripple_of_which_halved_steps_are_multiples_is_found(amplitude, frequency):
    """Over steps that are all whole multiples of its period, quotients converge to the derivative of what lies below it."""
    source, outside, unknown = random.Random(5), 0, 0
    for _ in range(100):
        x = source.uniform(0.1, 3.0)
        found = diffcli.difference(lambda at: math.sin(at) + amplitude * math.sin(frequency * at), x)
        right = math.cos(x) + amplitude * frequency * math.cos(frequency * x)
        unknown += found.error is None
        error = abs(found.estimate - right)
        outside += found.error is not None and error > found.error + 1e-14 * abs(right)
        assert not error > 10 * (found.error or 0.0) + 1e-14 * abs(right), x
    assert outside <= 2 and unknown <= 1


def ripple(x):
    return math.sin(x) + 1e-5 * math.sin(300 * x)


@pytest.mark.parametrize(("function", "options", "right"), [
    (ripple, {}, math.cos(1.9) + 3e-3 * math.cos(570)),
    (ripple, {"step": 0.25}, math.cos(1.9) + 3e-3 * math.cos(570)),
    (ripple, {"derivative": 2}, -math.sin(1.9) - 0.9 * math.sin(570)),
    (lambda x: ripple(x) if x >= 1.9 else math.nan, {}, math.cos(1.9) + 3e-3 * math.cos(570)),
    (lambda x: math.sin(x) + 1e-5 * abs((300 * x / math.pi) % 2 - 1), {}, math.cos(1.9) + 3e-3 / math.pi),
])  # fmt: skip
def test_a_ripple_is_found_on_every_way(function, options, right):
    found = diffcli.difference(function, 1.9, **options)
    assert abs(found.estimate - right) <= found.error <= 0.02 * abs(right)


def test_a_function_in_steps_has_the_slope_of_a_step_or_of_what_was_rounded():
    for x in [1.20996, *(0.2 + 0.0937 * k for k in range(30))]:
        found = diffcli.difference(lambda at: round(math.atan(100 * at), 4), x)
        assert found.estimate == 0 or abs(found.estimate - 100 / (1 + 1e4 * x * x)) <= found.error, x


@pytest.mark.parametrize(("x", "options"), [(math.inf, {}), (math.nan, {}), (1.0, {"step": -1.0}), (1.0, {"step": math.nan}), (1.0, {"derivative": 0})])
def test_callables_are_asked_sensibly(x, options):
    with pytest.raises(UsageError):
        diffcli.difference(math.sin, x, **options)


def test_callables_that_are_undefined_at_the_point():
    with pytest.raises(diffcli.DomainError):
        diffcli.difference(math.log, -1.0)
    with pytest.raises(diffcli.DomainError):
        diffcli.difference(lambda x: 10**400, 1.0)


def test_callables_with_kinks_and_edges():
    assert (diffcli.difference(abs, 0.0).left, diffcli.difference(abs, 0.0).right) == (-1.0, 1.0)
    assert math.isnan(diffcli.difference(math.sqrt, 0.0).estimate)
    assert abs(diffcli.difference(lambda x: x**1.5, 0.0).estimate) < 1e-12


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("automatic", 'grad "x*exp(-x^2) + y" --at x=0.5,y=1 --mode numeric'),
        ("kink", 'grad "abs(x) + y" --at x=0,y=1 --mode numeric --no-trace'),
        ("no-value", 'grad "x^1.3" --at x=0 --mode numeric --no-trace'),
        ("no-digit", 'grad "(1 - cos(x))/x^2" --at x=1e-5 --mode numeric --no-trace'),
        ("stencil", 'grad "x^3" --at x=2 --mode numeric --accuracy 4 --no-trace'),
        ("rule", 'grad "x^3" --at x=2 --mode numeric --method forward --rule eps --no-trace'),
        ("json", 'grad "x^2" --at x=2 --mode numeric --json'),
    ],
)
def test_what_is_printed(golden, name, command):
    outcome = run(command)
    golden(f"differences/{name}.txt", f"$ diffcli {command}\n--- stdout\n{outcome.stdout}--- stderr\n{outcome.stderr}--- exit {outcome.exit}\n")


def test_the_oracle_knows_every_operation():
    assert ORACLE.keys() == OPERATIONS.keys()


def test_a_cut_in_a_branch_that_a_step_reaches_has_a_value_of_its_own():
    result = diffcli.grad("max(0.5, stop_gradient(x)) if x > 1 else x", {"x": 1 - 1e-9}, mode="numeric")
    assert result.value == 1 - 1e-9
    for method in ("central", "ridders", "richardson"):
        diffcli.grad("where(x > 1, max(0.5, stop_gradient(x), x^2), x)", {"x": 1 - 1e-9}, mode="numeric", method=method)


BLURRED = "(1 - cos(x))/x^2"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (lambda: diffcli.grad(BLURRED, {"x": 1e-5}, mode="numeric"), ["derivative along `x`"]),
        (lambda: diffcli.grad(f"{BLURRED} + y", {"x": 1e-5, "y": 1.0}, mode="numeric"), ["derivative along `x`"]),
        (lambda: diffcli.grad("sum((1 - cos(x))/x^2)", {"x": [1.0, 1e-5]}, mode="numeric"), ["derivative along `x[1]`"]),
        (lambda: diffcli.jacobian(f"[{BLURRED}, x]", {"x": 1e-5}, mode="numeric"), ["derivative along `x`"]),
        (lambda: diffcli.hessian(BLURRED, {"x": 1e-5}, mode="numeric"), ["second derivative by `x` and `x`"]),
        (lambda: diffcli.jvp(BLURRED, {"x": 1e-5}, "x=1", mode="numeric"), ["derivative along `t, of f`"]),
        (lambda: diffcli.hessian("prod(w)", {"w": [0, 1e-300]}, mode="numeric"), ["second derivative by `w[0]` and `w[1]`"]),  # it is 1
        (lambda: diffcli.hessian("logaddexp(x, y)", {"x": 1, "y": 1e200}, mode="numeric"), []),
        (lambda: diffcli.grad(BLURRED, {"x": 1.0}, mode="numeric"), []),
        (lambda: diffcli.grad("cos(x) + x^4", {"x": 0.0}, mode="numeric"), []),
        (lambda: diffcli.hessian("x^3", {"x": 0.0}, mode="numeric"), []),
        # 0 is a number like any other: in doubt, but where the bar is no more than the rounding of what moves or should not
        (lambda: diffcli.grad("(x + 1e16) - 1e16 - x", {"x": 1.0}, mode="numeric"), ["derivative along `x`"]),
        (lambda: diffcli.grad("1e17 + abs(x)", {"x": 1.0}, mode="numeric"), ["derivative along `x`"]),
        (lambda: diffcli.grad("sum(1e17 + abs(v))", {"v": [1.0]}, mode="numeric"), ["derivative along `v[0]`"]),
        (lambda: diffcli.jacobian("[x + y, tanh(x)]", {"x": 30.0, "y": 2.0}, mode="numeric"), ["derivative along `x`"]),
        (lambda: diffcli.hessian("1e40 + abs(x)^3", {"x": 1.0}, mode="numeric"), ["second derivative by `x` and `x`"]),
        (lambda: diffcli.jvp("exp(1e17*(x - 1)) + y", {"x": 1.0, "y": 0.0}, "x=1, y=1", mode="numeric"), ["derivative along `t, of f`"]),
        (lambda: diffcli.grad("cos(x)", {"x": 0.0}, mode="numeric", method="central"), []),
        (lambda: diffcli.grad("x/x + 0*x + floor(x)", {"x": 2.5}, mode="numeric"), []),
        (lambda: diffcli.hessian("x^2 + y^2", {"x": 3.0, "y": 2.0}, mode="numeric"), []),
        (lambda: diffcli.hessian("v@W@v", {"v": [1, 2], "W": [[2, 1], [1, 3]]}, mode="numeric"), []),
        (lambda: diffcli.hessian("relu(x) + floor(x) + 0*x + y^2", {"x": -1.5, "y": 2}, mode="numeric"), []),
        (lambda: diffcli.jvp("x^2 + 1", {"x": 0.0}, "x=1", mode="numeric"), []),
    ],
)
def test_a_number_no_larger_than_its_error_bar_is_said_to_have_no_certain_digit(asked, told):
    notes = [note.message for note in asked().notes if note.code == "uncertain-difference"]
    assert [note.partition(" by differences is certain: ")[0] for note in notes] == [f"no digit of the {each}" for each in told]


@pytest.mark.parametrize(
    ("text", "at", "direction", "exact"),
    [
        ("exp(1e17*(x - 1))", {"x": 1.0}, "x=1", None),
        ("sin(1e18*x)", {"x": 1.0}, "x=1", None),
        ("sum(sin(1e18*v))", {"v": [1.0, 1.0]}, "v=[1, 1]", None),
        ("x^2 if x != 1 else 1", {"x": 1.0}, "x=1", 2.0),
        ("(x^2 if x != 1 else 1) + y", {"x": 1.0, "y": 0.0}, "x=1, y=1", 3.0),
        ("where(x == 3, 9, x^2)*y", {"x": 3.0, "y": 1e-9}, "x=1, y=-1", 6e-9 - 9),
        ("abs(x - 1)", {"x": 1.0}, "x=1", None),
        ("abs(x - 1) + y", {"x": 1.0, "y": 0.0}, "x=1, y=1", None),
        ("x*y", {"x": 1e20, "y": 1.0}, "x=1, y=1", 1e20),
        ("x", {"x": 1e20}, "x=1e-9", 1e-9),
    ],
)
def test_no_step_along_a_direction_is_lost_beside_the_point(text, at, direction, exact):
    result = diffcli.jvp(text, at, direction, mode="numeric")
    ((_, found),) = result.differences
    if exact is None:
        assert math.isnan(found.estimate)
        assert "no-difference" in [note.code for note in result.notes]
    else:
        assert abs(found.estimate - exact) <= found.error <= 1e-6 * abs(exact)


@pytest.mark.parametrize("method", ["central", "forward", "ridders", "richardson"])
@pytest.mark.parametrize("step", [1e-17, 1e-30])
def test_a_step_that_is_given_and_lost_gives_no_number(method, step):
    result = diffcli.grad("x^2", {"x": 1.0}, mode="numeric", method=method, step=step)
    assert math.isnan(result.gradient["x"])
    assert "no-difference" in [note.code for note in result.notes]
