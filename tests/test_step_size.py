"""The sweep over steps: the surveys' numbers come out, theory bounds what is measured, and every hard case is said in words."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from fractions import Fraction
from itertools import pairwise

import mpmath
import numpy
import pytest
import tiers
from console import run, transcript
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from inside import (
    DEFAULT,
    NEIGHBOURS,
    UNIT,
    DifferenceQuotients,
    DomainError,
    ExpressionError,
    Problem,
    Style,
    UsageError,
    derivative_rounding,
    higher_derivative,
    step_size_figure,
    sweep,
    theory,
    value_rounding,
)
from inside import STUDY_METHODS as METHODS

SLOPE = 9.0660864
L4 = Problem(DEFAULT, {"x": 0.2})
STENCILS = [method for method in METHODS if method != "complex"]
LOGISTIC = "g(t) = 4*t*(1 - t); " + "g(" * 9 + "x" + ")" * 9


def l4_error(method, step):
    estimate, fault = DifferenceQuotients(L4, "x", "float64").quotient(method, step)
    assert fault == ""
    return abs(Fraction(estimate) - exact_slope(L4_COEFFICIENTS, Fraction(0.2)))


def exact_slope(coefficients, x):
    return sum(k * Fraction(a) * x ** (k - 1) for k, a in enumerate(coefficients) if k)


L4_COEFFICIENTS = (0, 64, -1344, 10752, -42240, 90112, -106496, 65536, -16384)


def higher_of(problem, name="x"):
    return lambda kind: higher_derivative(problem.tape, problem.point, problem.input_slot(name), kind)


# -- the surveys' numbers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "forward", "central", "digits"),
    [
        (1e-2, 2.717e-1, 6.571e-2, True), (1e-4, 3.363e-3, 6.581e-6, True), (1e-6, 3.370e-5, 5.826e-10, False),
        (1e-8, 3.313e-7, 4.496e-9, False), (1e-10, 3.702e-7, 6.478e-7, False), (1e-12, 6.069e-5, 6.069e-5, False),
        (1e-14, 6.667e-3, 6.667e-3, False),
    ],
)  # fmt: skip
def test_the_errors_of_the_figure_in_the_survey(step, forward, central, digits):
    """Truncation to the printed digits; rounding depends on the order of evaluation, and is known by magnitude only."""
    for method, printed in (("forward", forward), ("central", central)):
        if digits or (method, step) == ("forward", 1e-6):
            assert float(l4_error(method, step)) == pytest.approx(printed, rel=5e-4)
        else:
            assert float(l4_error(method, step)) < 30 * printed


def test_the_sample_errors_of_the_notes():
    assert float(l4_error("forward", 1e-4)) == pytest.approx(3.4e-3, rel=0.02)
    assert float(l4_error("central", 1e-4)) == pytest.approx(6.6e-6, rel=0.01)
    assert 3e-12 < float(l4_error("central4", 1e-4)) < 1e-11
    assert DifferenceQuotients(L4, "x", "float64").quotient("complex", 1e-20)[0] == 9.066086400000001
    for exponent in range(-9, -300, -7):
        assert float(l4_error("complex", 10.0**exponent)) <= 5e-15
        assert float(l4_error("complex", 2.0 ** (3 * exponent - 10))) <= 2.5e-15


@pytest.mark.parametrize(
    ("method", "step", "error"),
    [("forward", 3.1e-9, 2.1e-7), ("central", 5.0e-7, 4.9e-10), ("central4", 6.8e-5, 4.4e-12), ("central6", 6.2e-4, 5.6e-13)],
)
def test_the_theory_of_the_notes(method, step, error):
    """With the noise of the notes, 5 u|f|, their digits; with the bound read off the tape, that much on the safe side."""
    known = theory(method, 5 * UNIT * L4.value, 0.0, higher_of(L4))
    assert known.best_step == pytest.approx(step, rel=0.03)
    assert known.best_error == pytest.approx(error, rel=0.03)
    bounded = theory(method, value_rounding(L4.tape, L4.values, L4.active), derivative_rounding(L4, 0, UNIT), higher_of(L4))
    assert step < bounded.best_step < 3 * step
    assert error < bounded.best_error < 6 * error


def test_the_derivatives_of_the_notes():
    assert higher_of(L4)(2) == pytest.approx(67.395584, rel=1e-7)
    assert higher_of(L4)(3) == pytest.approx(-3948.87168, rel=1e-7)
    assert higher_of(L4)(5) == pytest.approx(1203241, rel=1e-6)
    assert theory("central8", 1e-16, 0.0, higher_of(L4)).derivative == 0, "f9 = 0: a polynomial of degree 8"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("expression", "at", "expected"),
    [
        ("exp(x)", 1.0, {"forward": (1.3e-8, 1.1e-8), "central": (5.4e-6, 1.3e-11), "central4": (8.2e-4, 8.7e-14),
                         "central6": (9.3e-3, 1.2e-14), "central8": (2.6e-2, 3.8e-15), "central10": (6.2e-2, 1.9e-15)}),
        ("sin(x)", 1.0, {"forward": (1.1e-8, 1.2e-8), "central": (5.4e-6, 1.2e-11), "central4": (9.8e-4, 1.1e-13),
                         "central6": (7.8e-3, 1.3e-14), "central8": (3.1e-2, 4.2e-15), "central10": (6.2e-2, 2.1e-15)}),
        (LOGISTIC, 0.2, {"forward": (2.0e-10, 4.4e-7), "central": (3.0e-8, 7.0e-10), "central4": (2.3e-6, 1.6e-11)}),
    ],
    ids=["exp", "sin", "l10"],
)  # fmt: skip
def test_the_best_steps_that_were_measured(expression, at, expected):
    """Numeric notes, 2.3: the best step and its relative error, measured at 61 points; ours at one point and powers of two."""
    result = sweep(expression, {"x": at}, methods=list(expected))
    for swept in result.methods:
        step, error = expected[swept.method]
        assert step / 4 < swept.best.step < 4 * step
        assert error / 6 < swept.best.typical_error / abs(result.reference) < 4 * error


# -- theory bounds what is measured ------------------------------------------------------------------------------------

SMOOTH = [
    ("exp(x)", 1.0), ("sin(x)", 1.0), ("log(x)", 3.0), ("x^4.5", 1.5), ("exp(x)/(sin(x)^3 + cos(x)^3)", 1.5), ("sqrt(x)", 2.0),
    ("atan(x)/(1 + exp(-x^2))", 2.0), ("tanh(x)", 0.5), ("1/x", 0.3), (DEFAULT, 0.2), ("log(x)", 0.01), ("sin(x)", 0.0),
    ("sin(x)", math.pi), ("exp(-x^2)", 0.0), ("cos(x)", 1e3), ("log(x)", 1e6), ("x^2", 3.0), ("x", 3.0), ("1e10 + x^2", 0.7),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("expression", "at"), SMOOTH)
def test_errors_are_never_far_above_theory_and_slopes_are_those_of_theory(expression, at):
    result = sweep(expression, {"x": at}, methods=METHODS)
    length = {"1/x": 0.3, "log(x)": at, DEFAULT: 0.05}.get(expression, 1.0)
    for swept in result.methods:
        for sample in swept.samples:
            if sample.truncation is not None and sample.error is not None and sample.step < length / 16:
                assert sample.error <= 1.5 * (sample.truncation + sample.rounding), (swept.method, sample)
        truncated, rounded = swept.slopes
        # where the order is high, steps whose truncation is seen at all are not short beside the scale of the function
        assert truncated is None or truncated == pytest.approx(swept.theory.order, abs=0.1 if swept.theory.order <= 4 else 4)
        assert rounded is None or rounded == pytest.approx(-1, abs=0.1)
        if swept.method != "complex" and 0 < swept.theory.best_step < length / 8:
            assert swept.best.typical_error <= 1.5 * swept.theory.best_error


def test_slopes_are_known_where_both_sides_can_be_seen():
    result = sweep(methods=["forward", "backward", "central", "central4", "complex"])
    for swept in result.methods:
        assert swept.slopes[0] == pytest.approx(swept.theory.order, abs=0.1)
        assert (swept.slopes[1] is None) == (swept.method == "complex")


@settings(max_examples=tiers.examples(40), deadline=None)
@given(st.lists(st.integers(-1000, 1000), min_size=3, max_size=3), st.integers(1, 5000), st.integers(0, 50))
def test_the_bound_holds_for_any_quadratic_and_cubic_at_any_step(coefficients, numerator, exponent):
    """There truncation is one term exactly, and the derivative is exact in fractions: an oracle of its own."""
    x = numerator / 1024
    step = 2.0**-exponent
    assume(step <= x / 4)
    for method, cubic in (("forward", 0), ("central", 3)):
        a = [*coefficients, cubic]
        problem = Problem(f"(({a[3]}*x + {a[2]})*x + {a[1]})*x + {a[0]}".replace("+ -", "- "), {"x": x})
        noise = 2 * max(value_rounding(problem.tape, problem.values, problem.active), UNIT * max(map(abs, a)))
        known = theory(method, noise, derivative_rounding(problem, 0, UNIT), higher_of(problem))
        estimate, fault = DifferenceQuotients(problem, "x", "float64").quotient(method, step)
        assert fault == ""
        error = abs(Fraction(estimate) - exact_slope(a, Fraction(x)))
        assert error <= known.truncation(step) * (1 + 1e-9) + known.rounding(step) + 4 * UNIT * abs(estimate)


# -- the sweep itself --------------------------------------------------------------------------------------------------


def test_steps_are_powers_of_two_each_once_and_reach_over_sixteen_decades():
    steps = [sample.step for sample in sweep("x^2", {"x": 3}, methods=["central"]).methods[0].samples]
    assert steps == [2.0**k for k in range(2, -52, -1)]
    few = sweep(methods=["central"], per_decade=1).shown
    assert len(few) == 17
    for k, step in enumerate(few[:-1]):
        assert math.frexp(step)[0] == 0.5 and abs(math.log2(step) - k * math.log2(0.1)) <= 0.5
    chosen = sweep(methods=["central"], largest=1e-2, smallest=1e-4).methods[0].samples
    assert [sample.step for sample in chosen] == [2.0**-k for k in range(7, 14)]


def test_errors_are_distances_to_the_derivative_with_fifty_digits():
    result = sweep("exp(x)/(sin(x)^3 + cos(x)^3)", {"x": 1.5})
    with mpmath.workdps(40):
        exact = mpmath.diff(lambda x: mpmath.exp(x) / (mpmath.sin(x) ** 3 + mpmath.cos(x) ** 3), mpmath.mpf(1.5))
        assert result.digits == mpmath.nstr(exact, 20)
        for sample in result.methods[1].samples:
            assert sample.error == pytest.approx(float(abs(mpmath.mpf(sample.estimate) - exact)), rel=1e-9, abs=1e-25)
    assert result.source == "SymPy's derivative, 50 digits; the tape itself in mpmath agrees"


def test_the_reference_is_that_of_the_floats_on_the_tape():
    """The derivative of 0.1*x in floats is the float 0.1, which is not a tenth."""
    assert sweep("0.1*x", {"x": 3}, methods=["forward"]).digits == "0.10000000000000000555"
    assert sweep("0.1*x", {"x": 3}, methods=["forward"], dtype="float32").digits == "0.10000000149011611938"


def test_steps_at_the_ends_of_the_range_of_floats():
    assert sweep("x", {"x": 1}, largest=1.7e308, smallest=1.7e308).methods[0].samples[0].step == 2.0**1023
    assert sweep("x", {"x": 0}, largest=5e-324, smallest=5e-324).methods[0].samples[0].step == 5e-324


def test_differences_hold_what_is_cut_constant():
    result = sweep("x*stop_gradient(x)", {"x": 3}, methods=["forward", "complex"])
    assert result.reference == 3
    assert all(swept.best.error < 1e-12 for swept in result.methods)
    assert result.notes == ()


def test_where_sympy_is_not_asked_the_tape_is_the_reference_and_that_is_said():
    result = sweep(LOGISTIC.replace("g(x)", "g(g(g(g(g(x)))))"), {"x": 0.3}, methods=["central"])
    assert re.fullmatch(r"the tape itself in mpmath, 50 digits \(SymPy's derivative would be of a tree of \d+ nodes\)", result.source)
    with mpmath.workdps(50):
        x, slope = mpmath.mpf(0.3), mpmath.mpf(1)
        for _ in range(13):
            x, slope = 4 * x * (1 - x), slope * (4 - 8 * x)
        assert result.digits == mpmath.nstr(slope, 20)


def test_a_typical_error_is_no_lucky_minimum():
    """At f' = 100 differences over powers of two are floats: their rounding errors vanish, those beside them do not."""
    swept = sweep("log(x)", {"x": 0.01}, methods=["central"]).methods[0]
    lucky = [sample for sample in swept.samples if sample.side == "R" and sample.error < sample.typical_error / 1e5]
    assert len(lucky) > 20
    assert swept.best.typical_error > swept.theory.best_error / 10
    problem = Problem("log(x)", {"x": 0.01})
    for step in (2.0**-10, 2.0**-40):
        neighbours = DifferenceQuotients(problem, "x", "float64").neighbours(step)
        assert len(set(neighbours)) == len(NEIGHBOURS)
        assert all(abs(neighbour / step - 1) < 0.16 and (0.01 + neighbour) - 0.01 == neighbour for neighbour in neighbours)


def test_single_precision_is_that_of_numpy():
    """A product of sums, products and squares, which IEEE arithmetic decides to the bit."""
    x = numpy.float32(0.2)
    one, two, eight, sixty_four = (numpy.float32(value) for value in (1, 2, 8, 64))

    def f(x):
        a, b = one - two * x, one - eight * x + eight * (x * x)
        return sixty_four * x * (one - x) * (a * a) * (b * b)

    swept = sweep(methods=["forward"], dtype="float32").methods[0]
    assert [sample.fault for sample in swept.samples[:24]] == [""] * 24
    for sample in swept.samples[:24]:
        beside = x + numpy.float32(sample.step)
        assert sample.estimate == float((f(beside) - f(x)) / (beside - x))
    result = sweep(methods=["central"], dtype="float32")
    assert result.at == {"x": float(x)}
    assert result.methods[0].theory.best_step == pytest.approx(2 ** (29 / 3) * 9.65e-7, rel=0.05), "u is 2^29 times as large"


# -- hard cases --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ('"abs(x)" --at x=0', ["slope is -1 on the left and 1 on the right", "central ones to the mean of both", "the quotients themselves"]),
        ('"sqrt(x)" --at x=0 --method forward', ["slope is inf on the right, and unknown on the other side"]),
        ('"x*floor(x)" --at x=2', ["has no derivative at x = 2"]),
        ('"x^2" --at x=3 --method central', ["there is no truncation error here, so that the longer the step the better"]),
        ('"sin(x)" --at x=0 --method forward', ["f'' is as good as 0 here, so it is of order 2"]),
        ('"exp(x)" --at x=2 --method central', ["lost: x + h is rounded so far that the step is lost"]),
        ('"log(x)" --at x=0.01 --method central', ["undefined: a value beside the point is undefined", "f' h is a round number"]),
        ('"relu(x) - relu(-x)" --at x=0 --method central', ["theory needs derivatives that are not known here"]),
        ('"gamma(x)" --at x=2.5', ["complex: carried by its own rule, as in AD, for want of a complex form: gamma"]),
        ('"sin(x)" --at x=1e30 --method central', ["a step that is lost beside x"]),
        ('"3 + 0*x" --at x=1 --method central', ["Measured, the best step is 1.0e+00, with a typical error of 0"]),
        ('"sin(x)" --at x=1 --method central', ["the best step is 7.6e-06, with a typical error of 8.0e-12 (1.9e-13 at the step itself)"]),
        ('"x^2" --at x=0 --method forward', ["sqrt(eps), as a power of two 1.5e-08, has a typical error of 1.7e-08 (1.5e-08 at the step itself)"]),
        ('"3*x" --at x=1 --method forward', ["a typical error of 1.7e-08 (0 at the step itself), where none is needed"]),
        ('"sin(y)*x" --at x=1,y=100 --wrt y --method central', ["The usual rule cbrt(eps)*|y|, as a power of two 4.9e-04,", "y = 100, x = 1, moved along y, in float64: error"]),
    ],
)
def test_what_is_said_of_hard_cases(arguments, says):
    outcome = run(f"step-size {arguments}", COLUMNS="400")
    for words in says:
        assert words in outcome.stdout
    assert outcome.exit == (4 if "sqrt" in arguments else 0)


def test_zeros_are_drawn_as_at_most_and_never_dropped():
    swept = sweep("x", {"x": 3}, methods=["central"])
    assert all(sample.error == 0 for sample in swept.methods[0].samples)
    outcome = run('step-size "x" --at x=3 --method central')
    floor = next(line for line in outcome.stdout.split("\n") if "≤" in line)
    assert floor.count("●") + floor.count("A") >= 50


def test_a_lost_step_is_not_called_an_estimate():
    samples = sweep("exp(x)", {"x": 2.0}, methods=["forward", "central", "complex"], smallest=2.0**-60).methods
    for swept in samples[:2]:
        lost = [sample.step for sample in swept.samples if sample.fault == "lost"]
        assert lost == [2.0**-k for k in range(52, 61)]
        assert all(sample.estimate is None and sample.side == "" for sample in swept.samples if sample.step in lost)
    assert not any(sample.fault for sample in samples[2].samples), "a complex step is never lost"


def test_points_outside_the_domain_have_no_estimate():
    forward, backward = sweep("log(x)", {"x": 0.1}, methods=["forward", "backward"]).methods
    assert not any(sample.fault for sample in forward.samples)
    assert [sample.step for sample in backward.samples if sample.fault == "undefined"] == [2.0**-k for k in range(4)]


@pytest.mark.parametrize(
    ("expression", "at", "exit"),
    [
        ("exp(x)", "1000", 4), ("1/x", "1e-320", 4), ("x^2", "1e200", 4), ("x^2", "1e100", 0), ("exp(-x)", "800", 0), ("x^2", "1e-300", 0),
        ("sin(x)", "1e300", 0), ("x", "1.7e308", 0), ("x", "5e-324", 0), ("x - x", "1", 0), ("1e-320*x", "1", 0), ("x^0.5", "1e-300", 0),
        ("sqrt(x^4)", "0", 0), ("abs(x)^3", "0", 0), ("x*abs(x)", "0", 0), ("cbrt(x)", "0", 4), ("sign(x)", "0", 0),
    ],
)  # fmt: skip
def test_no_size_of_number_and_no_break_is_too_much(expression, at, exit):
    for extra in ("--method forward,central,central4,complex", "--dtype float32", "--json"):
        if extra == "--dtype float32" and not 1e-30 < abs(float(at)) < 1e30:
            continue
        outcome = run(["step-size", expression, "--at", f"x={at}", *extra.split()])
        assert outcome.exit == exit, outcome.stderr
        assert outcome.stdout


@pytest.mark.parametrize(
    ("arguments", "exit", "code"),
    [
        ('"x*y" --at x=1,y=2', 2, "usage"),
        ('"x*y" --at x=1,y=2 --wrt z', 3, "unknown-variable"),
        ('"x*y" --at x=1', 3, "missing-value"),
        ('"2 + 3"', 2, "usage"),
        ('"log(x)" --at x=-1', 4, "domain"),
        ('"x" --at x=1 --method centra', 2, "unknown-choice"),
        ('"x" --at x=1 --method ""', 2, "usage"),
        ('"x" --at x=1 --method " , "', 2, "usage"),
        ('"x" --at x=1 --method central,4', 2, "unknown-choice"),
        ('"x" --at x=1 --dtype float16', 2, "unknown-choice"),
        ('"x" --at x=1 --dtype float32 --method complex', 2, "usage"),
        ('"x" --at x=1 --largest 1e-9 --smallest 1', 2, "bad-value"),
        ('"x" --at x=1 --smallest 0', 2, "bad-value"),
        ('"x" --at x=1 --per-decade 0', 2, "bad-value"),
        ('"x +" --at x=1', 3, "missing-operand"),
        ('"x" --at x=1 --max-nodes 0', 2, "bad-value"),
    ],
)
def test_what_cannot_be_swept_is_refused(arguments, exit, code):
    outcome = run(f"step-size {arguments}")
    assert (outcome.stdout, outcome.exit) == ("", exit)
    assert f"error[{code}]" in outcome.stderr


def test_methods_are_named_in_full_wherever_they_are_listed():
    words = re.split(r"[\s,;]+", run("step-size --help").stdout)
    refused = [run(["step-size", "x", "--at", "x=1", "--method", text]) for text in ("", "4")]
    for method in METHODS:
        assert method in words
        assert all(method in re.split(r"[\s,]+", outcome.stderr) for outcome in refused)
    assert run('step-size "x" --at x=1 --method forward,') == run('step-size "x" --at x=1 --method forward')


def test_errors_of_the_library():
    for methods in ([], ["4"]):
        with pytest.raises(UsageError):
            sweep("x", {"x": 1}, methods=methods)
    with pytest.raises(UsageError, match="several variables"):
        sweep("x*y", {"x": 1, "y": 2})
    with pytest.raises(ExpressionError):
        sweep("x", {"x": 1}, wrt="y")
    with pytest.raises(DomainError):
        sweep("log(x)", {"x": -1})


def test_one_of_several_variables_is_moved():
    result = sweep("x^2*y", {"x": 3, "y": 2}, wrt="y", methods=["forward"])
    assert (result.variable, result.reference) == ("y", 9.0)


# -- reports -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("default", ""),
        ("full", "--full --method central --per-decade 1"),
        ("kink", '"abs(x - 1) + x^2" --at x=1 --method forward,backward,central'),
        ("polynomial", '"x^3 - 2*x" --at x=1.5 --method central,central4,central6'),
        ("single", "--dtype float32"),
        ("csv", "--method forward,central --per-decade 1 -f csv"),
        ("json", "--method central --per-decade 0.5 --json"),
        ("markdown", "--method central -f markdown"),
        ("svg", "-f svg"),
    ],
)
def test_whole_reports(name, arguments, golden):
    golden(f"step_size/{name}.txt", transcript(f"step-size {arguments}".strip()))


@pytest.mark.parametrize("arguments", ["", '"abs(x)" --at x=0', '"x" --at x=1 --full', '"exp(x)" --at x=1 --dtype float32'])
@pytest.mark.parametrize("width", [60, 80])
def test_reports_fit_the_terminal(arguments, width):
    lines = run(f"step-size {arguments}", COLUMNS=str(width)).stdout.split("\n")
    assert max(map(len, lines)) <= width


def test_no_word_is_cut():
    """Whatever the width, the words are those of a line without end."""
    words = [run("step-size --method central --dtype float32", COLUMNS=width).stdout.split("u = ")[1].split() for width in ("60", "40", "500")]
    assert words[0] == words[1] == words[2]


def verdict_of(arguments):
    return run(f"step-size {arguments}", COLUMNS="400").stdout.split("∂f/∂x")[1]


@pytest.mark.parametrize("arguments", ["", '"sin(x)" --at x=1', '"log(x)" --at x=0.01 --method forward,central6', "--dtype float32"])
def test_the_verdict_does_not_depend_on_what_is_shown(arguments):
    assert verdict_of(arguments) == verdict_of(f"{arguments} --per-decade 0.3") == verdict_of(f"{arguments} --full --per-decade 1")


@pytest.mark.parametrize(("expression", "at"), [("sin(x)", "1"), ("x^2", "0"), ("3*x", "1"), ("log(x)", "0.01"), ("exp(x)", "1")])
def test_the_verdict_says_the_errors_of_the_table(expression, at):
    """Each error that the verdict has for a step is in the row of that step."""
    outcome = run(f'step-size "{expression}" --at x={at} --full --digits 2 --method forward', COLUMNS="400").stdout
    rows = {row[0]: row[2] for line in outcome.split("\n") if len(row := line.split()) >= 5 and re.fullmatch(r"\d\.\de[-+]\d+", row[0])}
    said = re.findall(r"(?:step is|power of two) (\S+), (?:with|has) a typical error of (0|\S*\d)(?: \((\S+) at the step itself\))?", outcome)
    assert said
    for step, typical, measured in said:
        assert (measured or typical) == rows[step]


def test_the_typical_error_is_what_nine_of_ten_steps_about_keep_to():
    swept = sweep("sin(x)", {"x": 1}, methods=["central"]).methods[0]
    problem, exact = Problem("sin(x)", {"x": 1}), mpmath.cos(1)
    f = DifferenceQuotients(problem, "x", "float64")
    for sample in swept.samples[5:40]:
        errors = sorted(float(abs(mpmath.mpf(f.quotient("central", step)[0]) - exact)) for step in f.neighbours(sample.step))
        assert sum(error <= sample.typical_error * (1 + 1e-3) for error in errors) == 10


# -- the picture -------------------------------------------------------------------------------------------------------


def figure_of(expression, at, **options):
    return step_size_figure(sweep(expression, {"x": at}, **options), Style())


@pytest.mark.parametrize("per_decade", [4, 0.5])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_mark_stands_on_a_marker_or_on_the_line_of_theory(per_decade, dtype):
    for expression, at in ((DEFAULT, 0.2), ("sin(x)", 1.0), ("log(x)", 0.01), ("x", 3.0)):
        drawn = figure_of(expression, at, per_decade=per_decade, dtype=dtype)
        series = {one.name: one for one in drawn.series}
        assert drawn.marks
        for mark in drawn.marks:
            if "theory" not in mark.label:
                assert (mark.x, mark.y) in series[mark.series].points
                continue
            line = series[f"{mark.series}, theory"].points
            (right, above), (left, below) = next(pair for pair in pairwise(line) if pair[1][0] <= mark.x <= pair[0][0])
            assert left <= mark.x <= right and mark.y <= max(above, below) and mark.y > min(above, below) / 2.5


def test_the_title_says_what_is_drawn_and_the_notes_what_letters_mean():
    drawn = figure_of("sin(x) + " + " + ".join(f"{k}*x" for k in range(50)), 1.0)
    assert re.fullmatch(r"f\(x\) = sin\(x\).{4,50} \.\.\. .{4,50}49\*x at x = 1 in float64: error against step, f' = 1225\.54", drawn.title)
    result = sweep(dtype="float32")
    notes = "\n".join(step_size_figure(result, Style()).notes)
    assert f"u = 6.0e-08: the unit roundoff of float32; eps = 2 u.\nδ = {result.noise:.1e}: a bound" in notes
    assert figure_of("log(x)", 0.01).notes[0].endswith("f' h is a round number.")
    assert "h*, E*:" in notes and "nine of ten steps" in notes
    text = run("step-size --dtype float32").stdout
    for note in step_size_figure(result, Style()).notes:
        assert note in text and note.replace("δ", "&#948;") in run("step-size --dtype float32 -f svg").stdout


def test_quotients_without_a_bound_are_drawn_on_logarithmic_axes():
    root = figure_of("sqrt(x)", 0.0, methods=["forward"])
    assert root.y.log and root.y.label == "quotient" and root.series[0].note == "slope -0.50"
    both = figure_of("cbrt(abs(x))", 0.0, methods=["forward", "backward"])
    assert both.y.log and both.y.label == "|quotient|" and [one.note for one in both.series] == ["slope -0.67"] * 2
    assert not figure_of("abs(x) + x^2", 0.0, methods=["forward", "central"]).y.log
    assert figure_of("abs(x) + x^2", 0.0).series[0].name == "slope on the left"


@pytest.mark.parametrize(("expression", "at"), [("1e300*x^3", "1e5"), ("exp(1e5*x)", "0.00709")])
def test_a_derivative_beyond_floats_is_called_that_and_nothing_is_drawn(expression, at):
    outcome = run(["step-size", expression, "--at", f"x={at}"])
    assert outcome.exit == 4 and "is beyond the range of a float" in outcome.stdout
    assert "step h" not in outcome.stdout and "absolute error" not in outcome.stdout
    assert run(["step-size", expression, "--at", f"x={at}", "-f", "svg"]).exit == 2


def test_digits_are_those_that_were_asked_for():
    assert " 6.276e-04 T" in run("step-size --digits 4 --method central").stdout
    assert " 0.0006276471304833368 T" in run("step-size --digits full --method central").stdout


def test_an_ascii_stream_gets_ascii():
    for arguments in ("", '"abs(x)" --at x=0', '"x^2" --at x=3 --method central'):
        outcome = run(f"step-size {arguments}", encoding="ascii")
        assert outcome.exit == 0 and "\\u" not in outcome.stdout


def test_json_holds_everything_and_csv_the_same():
    data = json.loads(run("step-size --json").stdout)
    assert data["schema"] == "diffcli/step-size@1"
    assert data["reference"]["value"] == 9.066086400000001
    assert [swept["method"] for swept in data["methods"]] == ["forward", "central", "complex"]
    samples = [(swept["method"], of) for swept in data["methods"] for of in swept["samples"]]
    rows = list(csv.reader(io.StringIO(run("step-size -f csv").stdout)))
    table = rows[rows.index(["method", "h", "estimate", "error", "truncation", "rounding", "side", "typical error", "fault"]) + 1 :]
    assert len(table) == len(samples) == 3 * 54
    for row, (method, of) in zip(table, samples, strict=True):
        assert row[0] == method and row[6] == of["side"]
        assert [float(cell) for cell in row[1:6]] == [of[name] for name in ("step", "estimate", "error", "truncation", "rounding")]


def test_json_of_what_is_not_finite():
    data = json.loads(run('step-size "sqrt(x)" --at x=0 --json').stdout)
    assert data["slopes"] == {"left": None, "right": "inf"} and data["reference"] is None
    assert data["notes"][0]["code"] == "pole"


def test_the_same_run_prints_the_same_bytes():
    for arguments in ("--json", "-f svg", "--method central4,complex"):
        assert run(f"step-size {arguments}") == run(f"step-size {arguments}")


def test_without_an_expression_a_point_may_be_given():
    assert json.loads(run("step-size --at x=0.3 --json --method central").stdout)["at"] == {"x": 0.3}


def test_docstrings():
    import doctest

    from inside import axes, step_size, step_size_text, svg

    for module in (axes, svg, step_size, step_size_text):
        outcome = doctest.testmod(module)
        assert outcome.failed == 0 and outcome.attempted
