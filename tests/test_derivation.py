"""Derivations: their whole texts, their numbers against forward mode, their formulas and results read back and evaluated."""

from __future__ import annotations

import itertools
import json
import math
import re

import pytest
import sympy
import tiers
from console import run, transcript
from hypothesis import given, settings
from hypothesis import strategies as st
from inside import (
    ANYWHERE,
    ASCII,
    CONSTANT,
    FLAT,
    FLOAT,
    HELD,
    IDENTITY,
    IN_LATEX,
    OPERATIONS,
    PIECES,
    REFERENCE,
    TEXTBOOK,
    Derivation,
    Problem,
    Term,
    UsageError,
    compare,
    derive,
    domain_of,
    is_zero,
    lower,
    matching_digits,
    parse,
    symbolic_equality,
    tangents,
    witness,
)
from inside import run as run_tape
from programs import given_point, plainly, points, programs

import diffcli

STEPS = "--mode symbolic --steps"

# -- whole texts -----------------------------------------------------------------------------------------------------------

TEXTS = {
    "product-and-chain": '"x*sin(x^2)" --at x=2',
    "quotient-and-reciprocal": '"sin(x)/(1 + x^2) - y/x" --at x=2,y=3',
    "powers": '"x^3 + x^n + 2^x + x^x + (1 + x)^0.5" --at x=2,n=3 --wrt x',
    "exponential-and-logarithm": '"exp(-x^2/2)*ln(3*x) + log(x, 2)" --at x=2',
    "constant-multiples": '"2*x - x/4 + pi*(x - 1) - 3" --at x=2',
    "pieces": '"abs(x - 3) + relu(x - 3) + clip(x, 0, 5) + leaky_relu(-x)" --at x=2',
    "branch": '"where(x > y, x^2, y^3)*where(x < 0, 1, x)" --at x=2,y=1',
    "ties": '"max(x, y, 2) + min(x, y)" --at x=2,y=3',
    "tie": '"max(x, y)" --at x=2,y=2',
    "flat": '"x*floor(x) + stop_gradient(x)*x + sign(x)" --at x=2.5',
    "shared": '"x^2 + sin(x^2)" --at x=2 --share',
    "named": '"a = x^2; b = a*sin(a); b + cos(b)/a" --at x=2',
    "swollen": '"a = 4*x*(1 - x); b = 4*a*(1 - a); c = 4*b*(1 - b); 4*c*(1 - c)" --at x=0.2',
    "every-variable": '"ln(x1) + x1*x2 - sin(x2)" --at x1=2,x2=5',
    "no-variable": '"y^2 + 1" --at y=2 --wrt y --no-trace',
    "differs": '"leaky_relu(x, 2)" --at x=0',
    "undecided": '"polygamma(x, 2) + x^2" --at x=2',
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_whole_text_of_a_derivation(name, golden):
    golden(f"derivation/{name}.txt", transcript(f"grad {TEXTS[name]} {STEPS}"))


@pytest.mark.parametrize("form", ["markdown", "latex", "plain", "csv", "json"])
def test_the_whole_text_in_other_formats(form, golden):
    golden(f"derivation/format-{form}.txt", transcript(f'grad "x*relu(2*x) + x" --at x=2 {STEPS} --format {form}'))


def test_the_whole_text_in_a_narrow_terminal_and_in_ascii(golden):
    command = f'grad "exp(-x^2/2)*cos(3*x)/(1 + x^2)" --at x=2 {STEPS}'
    narrow = run(command, COLUMNS="60").stdout
    assert max(map(len, narrow.splitlines())) <= 60
    plain = run(command, encoding="ascii").stdout
    assert plain.isascii() and "\\u" not in plain
    golden("derivation/narrow-and-ascii.txt", f"{narrow}\n{plain}")


def test_steps_are_refused_without_symbolic_mode():
    outcome = run('grad "x^2" --at x=2 --steps')
    assert outcome == (
        "",
        "error[unknown-choice]: a derivation in steps is for symbolic mode, not for reverse\n"
        "  = help: add --mode symbolic, or leave --steps out\n",
        2,
    )
    with pytest.raises(UsageError):
        diffcli.grad("x^2", "x=2", steps=True)


def test_a_quiet_run_prints_the_numbers_alone():
    assert run(f'grad "x^2" --at x=2 {STEPS} -q').stdout == "f\t4\ndf/dx\t4\n"


def test_a_long_derivation_is_windowed_unless_all_is_asked_for():
    program = "a0 = x; " + "; ".join(f"a{i} = sin(a{i - 1})" for i in range(1, 301)) + "; a300"
    command = ["grad", program, "--at", "x=2", *STEPS.split()]
    short, full = run(command).stdout, run([*command, "--full"]).stdout
    assert "... 101 steps are not shown; --full shows all" in short
    assert "v₁₀₀ =" not in short and "v₁₀₀ =" in full and "not shown" not in full
    steps = json.loads(run([*command, "--json"]).stdout)["derivations"][0]["steps"]
    assert len(steps) == 301


# -- texts read back ---------------------------------------------------------------------------------------------------------


def value_of(text: str, names: dict[str, float]) -> tuple[float, float]:
    """The value of a text in the arithmetic of the rules, and the largest number on the way to it.

    That is inf too where a square or product underflows: 0/x^2 is 0/0 then, which the rule itself, 0/x/x, is not.
    """
    text = re.sub(r"v\[(-?\d+)\]('?)", lambda found: f"row{'_' * (found[1][0] == '-')}{found[1].strip('-')}{found[2]}", text)
    text = text.replace("'", "_prime")
    program = parse(text)
    known = {name: value for name, value in names.items() if name in program.inputs or name in program.constants}
    tape = lower(program, given=known)
    values = run_tape(tape, [known[name] for name in tape.inputs], list(map(FLOAT.value, tape.operations)))
    for slot in tape.rows():
        if tape.operation(slot) in ("pow", "mul") and values[slot] == 0 and all(values[one] for one in tape.operands_of(slot)):
            return float(values[tape.output]), math.inf
    return float(values[tape.output]), max([abs(value) for value in values if value is not None], default=0.0)


def rows_of(problem: Problem, variable: str) -> tuple[dict[str, float], list[float | None]]:
    """Every name that a result may speak of, with its number; and the tangents."""
    tape = problem.tape
    slopes = tangents(tape, problem.values, [1.0 if name == variable else None for name in tape.inputs])
    names = dict(problem.at)
    for slot in range(tape.slots):
        name = f"row{tape.index(slot)}".replace("-", "_")
        names |= {name: problem.values[slot], f"{name}_prime": slopes[slot] or 0.0}
    return names, slopes


def check_results(problem: Problem, found: Derivation) -> None:
    """The number of each step is the tangent of its row, and its result is a text with that value."""
    names, slopes = rows_of(problem, found.variable)
    for step in found.steps:
        if step.v is None:
            assert step.value == 0 and step.rule == CONSTANT
            continue
        tangent = slopes[step.v + len(problem.tape.inputs) - 1] or 0.0
        assert step.value == tangent or (math.isnan(step.value) and math.isnan(tangent))
        check_text(step.result, names, tangent)
    if found.derivative:
        check_text(found.derivative, names, found.value)


def check_text(text: str, names: dict[str, float], expected: float) -> None:
    if "nan" in text or not math.isfinite(expected):
        return
    value, largest = value_of(text, names)
    if math.isfinite(largest):
        assert value == pytest.approx(expected, rel=1e-7, abs=1e-9 * largest), text


def check_shape(found: Derivation) -> None:
    """Every row is derived once and referred to afterwards, and every child stands under its parent or above."""
    derived: set[int | None] = set()
    for step in found.steps:
        assert bool(step.rule) and (step.formula or step.rule == REFERENCE)
        if step.rule == REFERENCE:
            assert step.refers_to == step.v and step.v in derived
        else:
            assert step.v not in derived and step.refers_to is None
            derived.add(step.v)
    for step in found.steps:
        assert set(step.children) <= derived


@given(programs(), points)
@settings(max_examples=tiers.examples(200))
def test_numbers_and_texts_of_random_programs(statements, point):
    program = parse(plainly(statements))
    problem = Problem(program, given_point(program, point))
    for variable in problem.wrt:
        found = derive(problem, variable, ASCII)
        check_shape(found)
        check_results(problem, found)


@given(programs(), points)
@settings(max_examples=tiers.examples(50))
def test_every_step_has_a_formula_in_latex_and_in_unicode(statements, point):
    program = parse(plainly(statements))
    problem = Problem(program, given_point(program, point), share=True)
    for variable in problem.wrt[:1]:
        plain, latex, drawn = (derive(problem, variable, *notation) for notation in ((ASCII,), (IN_LATEX,), ()))
        assert [step.v for step in plain.steps] == [step.v for step in latex.steps] == [step.v for step in drawn.steps]
        assert [step.rule for step in plain.steps] == [step.rule for step in latex.steps]
        for step in latex.steps:
            assert step.result.count("{") == step.result.count("}")


# -- the table of operations ---------------------------------------------------------------------------------------------------

CASES = [(name, position) for name, row in OPERATIONS.items() for position in range(max(1, len(row.operands)))]


def applied(name: str, operands: list[str]) -> str:
    row = OPERATIONS[name]
    if not row.symbol:
        return f"{row.spelling}({', '.join(operands)})"
    return f" {row.symbol} ".join(operands) if len(operands) == 2 else f"{row.symbol} {operands[0]}"


@pytest.mark.parametrize(("name", "moving"), CASES, ids=[f"{name}-{position}" for name, position in CASES])
@pytest.mark.parametrize("inner", ["{}", "2*{}/2"], ids=["direct", "chain"])
def test_every_operation_has_a_rule_and_its_formula_is_true(name, moving, inner):
    row = OPERATIONS[name]
    for point in row.points:
        if row.name == "polygamma" and moving == 0:
            return  # it is no function of its order
        letters = ["x" if position == moving else f"k{position}" for position in range(len(point))]
        text = applied(name, [f"({inner.format(letter)})" if letter == "x" else letter for letter in letters])
        problem = Problem(text, dict(zip(letters, point, strict=True)))
        found = derive(problem, "x", ASCII)
        check_shape(found)
        check_results(problem, found)
        step = found.steps[0]
        assert step.rule not in (REFERENCE, CONSTANT, IDENTITY)
        assert (step.rule == FLAT) == row.flat
        check_formula(problem, found, letters, point)


def check_formula(problem: Problem, found: Derivation, letters: list[str], point: tuple[float, ...]) -> None:
    """The right side of a rule, with its letters for numbers, is the number of the step."""
    step = found.steps[0]
    names, slopes = rows_of(problem, "x")
    row = problem.tape.operands_of(problem.tape.output)
    x = names["x"]
    inner = slopes[row[letters.index("x")]]
    moving = {"x": x, **dict.fromkeys("uf", x), **{f"{letter}_prime": inner for letter in "uf"}}
    fixed = [value for letter, value in zip(letters, point, strict=True) if letter != "x"]
    others = {**dict(zip("cde", fixed, strict=False)), **({"n": fixed[0]} if fixed else {})}
    left, right = step.formula.split(" = ")
    assert left.endswith("'")
    check_text(right, {**names, **moving, **others}, step.value)


def test_pieces_are_the_rows_with_a_kink_or_tie():
    bent = {name for name, row in OPERATIONS.items() if any(kind in ("kink", "tie") for kind, _ in row.breaks)}
    assert bent - PIECES == {"hypot"}  # one formula everywhere but at 0
    assert bent >= PIECES


@pytest.mark.parametrize(("name", "position"), [(name, position) for name in TEXTBOOK for position in range(len(TEXTBOOK[name]))])
def test_partials_for_the_eye_are_those_of_the_table(name, position):
    row = OPERATIONS[name]
    shown, own = Term(row, TEXTBOOK[name][position]), FLOAT.terms(name, len(row.parameters))[position]
    assert own is not None
    for point in row.points:
        operands = (*point, FLOAT.value(name)(*point))
        if all(1e-3 < abs(value) < 1e10 for value in point):
            assert FLOAT.rule(shown.program, ["g", *row.parameters, "y"])(1.0, *operands) == pytest.approx(own(1.0, *operands), rel=1e-6)


@pytest.mark.parametrize(
    ("program", "rule"),
    [
        ("x", IDENTITY), ("y", CONSTANT), ("3", CONSTANT), ("x + y", "sum"), ("x - y", "difference"), ("-x", "constant multiple"),
        ("3*x", "constant multiple"), ("x/y", "constant multiple"), ("y/x", "reciprocal"), ("x*x", "product"),
        ("sin(x)/x", "quotient"), ("x^y", "power"), ("y^x", "exponential"), ("x^x", "general power"), ("exp(2*x)", "exponential"),
        ("ln(x)", "logarithm"), ("log10(x)", "logarithm"), ("log(3, x)", "logarithm"), ("sin(x)", "derivative of sin"),
        ("sin(2*x)", "chain rule, sin"), ("atan2(x, 2*x)", "chain rule, atan2"), ("erf(x^2)", "chain rule, erf"),
        ("tanh(x*x)", "chain rule, tanh"), ("abs(x)", "piecewise, abs"), ("max(x, y)", "piecewise, max"),
        ("max(x, x)", "max, equal shares at a tie"), ("where(x > 0, x, y)", "piecewise, branch taken"), ("floor(x)", FLAT),
        ("x > y", FLAT), ("stop_gradient(x)", HELD),
    ],
)  # fmt: skip
def test_the_name_of_a_rule(program, rule):
    at = {name: value for name, value in {"x": 2.0, "y": 1.5}.items() if name == "x" or name in parse(program).inputs}
    problem = Problem(f"x; {program}" if "x" not in program else program, at)
    assert derive(problem, "x").steps[0].rule == rule


# -- rows, references, SymPy -----------------------------------------------------------------------------------------------------


def test_steps_and_traces_speak_of_the_same_rows():
    text, at = "a = x^2; b = a*sin(a); b + cos(b)/a - y", {"x": 2.0, "y": 1.0}
    derivation = diffcli.grad(text, at, mode="symbolic", steps=True).derivations[0]
    trace = diffcli.trace(text, at, mode="forward")
    slopes = {row.v: row.tangents[0] or 0.0 for row in trace.tangent}
    formulas = {row.v: (row.operation, row.name) for row in trace.primal}
    assert {step.v for step in derivation.steps} == set(formulas)
    for step in derivation.steps:
        assert step.value == slopes[step.v]
        assert step.name == formulas[step.v][1] or step.rule in (IDENTITY, CONSTANT)


@pytest.mark.parametrize("share", [True, False])
def test_a_shared_row_is_derived_once(share):
    found = derive(Problem("x^2 + sin(x^2)", "x=2", share=share), "x")
    powers = [step for step in found.steps if step.rule == "power"]
    references = [step for step in found.steps if step.rule == REFERENCE]
    assert (len(powers), [step.refers_to for step in references]) == ((1, [1]) if share else (2, []))


def test_a_long_derivative_speaks_of_rows():
    found = derive(Problem("a = 4*x*(1 - x); b = 4*a*(1 - a); c = 4*b*(1 - b); 4*c*(1 - c)", "x=0.2"), "x")
    assert "′" in found.steps[0].result
    assert all(len(step.result) <= 90 for step in found.steps)


@pytest.mark.parametrize("at", ["x=0.9", None], ids=["at-a-point", "anywhere"])
def test_a_derivative_that_doubles_with_every_row_is_written_with_names_for_what_it_repeats(at):
    text = "a0 = x; " + "; ".join(f"a{i} = a{i - 1}*sin(a{i - 1})" for i in range(1, 200)) + "; a199"
    found = derive(Problem(text, at) if at else Problem(parse(text), ANYWHERE, share=True), "x")
    assert max(len(step.result) for step in found.steps) < 100
    assert len(found.derivative) < 20_000 and found.derivative.startswith("v1 = sin(x); v2 = x*v1; v3 = sin(v2); ")
    assert diffcli.grad(found.derivative, "x=0.9").value == pytest.approx(diffcli.grad(text, "x=0.9").gradient["x"], rel=1e-12)


def test_the_names_in_a_long_derivative_are_none_of_the_programs():
    found = derive(Problem(parse("a = sin(v1*x); b = a*sin(a)*t2; c = b*sin(b); d = c*sin(c); d*cos(d)"), ANYWHERE, share=True), "x")
    assert found.derivative.startswith("v_2 = sin(v1*x); v_3 = sin(v_2); ")
    assert set(parse(found.derivative).inputs) == {"x", "v1", "t2"}


# -- at no point ---------------------------------------------------------------------------------------------------------------

PIECES_OF = {
    "abs(x - 3)": "sign(x - 3)",
    "abs(x^2)": "sign(x^2)*(2*x)",
    "relu(2*x)": "where(2*x > 0, 2, 0)",
    "leaky_relu(x)": "where(x > 0, 1, 0.01)",
    "leaky_relu(-x, 2)": "where(-x > 0, -1, -2)",
    "elu(2*x)": "where(2*x > 0, 2, exp(2*x)*2)",
    "relu6(x)": "where(x > 0 and x < 6, 1, 0)",
    "hardtanh(x)": "where(abs(x) < 1, 1, 0)",
    "clip(x^2, 1, 4)": "where(x^2 > 1 and x^2 < 4, 2*x, 0)",
    "max(x, x^2)": "where(x > x^2, 1, 2*x)",
    "min(x, 3)": "where(x < 3, 1, 0)",
    "max(x, 2*x, 3)": "where(x >= max(x, 2*x, 3), 1, where(2*x >= max(x, 2*x, 3), 2, 0))",
    "max(x, x)": "1",
    "where(x > 0, x^2, sin(x))": "where(x > 0, 2*x, cos(x))",
    "where(x > 0, x, x + 1)": "1",
    "x^2 if x < 1 else 3": "where(x < 1, 2*x, 0)",
    "where(x > 0, log(x), 0)*x": "where(x > 0, 1/x, 0)*x + where(x > 0, log(x), 0)",
    "hypot(x, 3)": "x/hypot(x, 3)",
    "atan2(x, 3)": "3/(x^2 + 9)",
    "atan(x)": "1/(1 + x^2)",
    "copysign(x, 3)": "copysign(x, 3)/x",
    "sinc(x)": "(cospi(x) - sinc(x))/x",
    "floor(x)*x": "floor(x)",
    "mod(x^2, 3)": "2*x",
    "x^n": "n*x^(n - 1)",
    "n^x": "n^x*log(n)",
    "x^x": "x*x^(x - 1) + x^x*log(x)",
    "stop_gradient(x)*x": "stop_gradient(x)",
    "pi*x + e": "pi",
    "x": "1",
    "3": "0",
}  # fmt: skip


@pytest.mark.parametrize("text", PIECES_OF)
def test_without_a_point_pieces_stay_pieces(text):
    found = derive(Problem(parse(text if "x" in text else f"x; {text}"), ANYWHERE, share=True), "x")
    assert found.derivative == PIECES_OF[text]
    assert found.value is None and all(step.value is None for step in found.steps)
    assert not any(step.remark or "tie" in step.rule for step in found.steps)
    check_shape(found)


@pytest.mark.parametrize(("name", "moving"), CASES, ids=[f"{name}-{position}" for name, position in CASES])
def test_the_derivative_of_every_operation_without_a_point_is_that_at_each_of_its_points(name, moving):
    row = OPERATIONS[name]
    for point in row.points:
        if row.name == "polygamma" and moving == 0:
            return
        letters = ["x" if position == moving else f"k{position}" for position in range(len(point))]
        at = dict(zip(letters, point, strict=True))
        text = applied(name, ["(2*x/2)" if letter == "x" else letter for letter in letters])
        found = derive(Problem(parse(text), ANYWHERE, share=True), "x")
        check_text(found.derivative, at, diffcli.grad(text, at, mode="forward").gradient["x"])


def on_an_edge(problem: Problem) -> bool:
    """Whether a row stands where pieces meet, or where a power has a convention of its own."""
    tape, values = problem.tape, problem.values
    conventions = [slot for slot in tape.rows() if tape.operation(slot) in ("pow", "hypot", "copysign")]
    zeros = any(values[operand] == 0 for slot in conventions for operand in tape.operands_of(slot)[:2])
    return zeros or any(values[slot] is not None and FLOAT.breaks_at(tape, slot, values) for slot in tape.rows())


@given(programs(), points)
@settings(max_examples=tiers.examples(100))
def test_derivatives_of_random_programs_without_a_point(statements, point):
    program = parse(plainly(statements))
    problem = Problem(program, given_point(program, point))
    if on_an_edge(problem) or math.isnan(problem.value):
        return  # asin(max(x, 2)) has no value, and no derivative
    for variable in problem.wrt:
        found = derive(Problem(program, ANYWHERE, share=True), variable, ASCII)
        check_shape(found)
        tangent = tangents(problem.tape, problem.values, [float(name == variable) for name in problem.tape.inputs])
        check_text(found.derivative, problem.at, tangent[problem.tape.output] or 0.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "program",
    ["a0 = x; " + "; ".join(f"a{i} = sin(a{i - 1})" for i in range(1, 20_001)) + "; a20000", "+".join(["x"] * 20_000),
     "(" * 5_000 + "x" + ")" * 5_000, "-" * 20_000 + "x"],
    ids=["chain", "sum", "nested", "signs"],
)  # fmt: skip
def test_depth_does_not_matter(program):
    found = derive(Problem(program, "x=0.5"), "x", most=100)
    assert len(found.steps) <= 100
    assert len(found.steps) + found.hidden <= 20_001


@pytest.mark.parametrize(
    "program",
    ["x*sin(x^2)", "exp(-x^2/2)*cos(3*x)/(1 + x^2)", "tan(x)/x", "x^x + 2^x", "asin(x/3)*acosh(x + 2)", "sigmoid(x)^2 + gelu(x)",
     "erf(x)*lgamma(x)", "hypot(x, 2) + atan2(x, 3)", "sinh(x)*tanh(x)", "floor(x)*x + sign(x)", "stop_gradient(x)*x", "cbrt(x)"],
)  # fmt: skip
def test_a_derivation_is_proved_equal_to_sympys_derivative(program):
    (found,) = diffcli.grad(program, "x=1.3", mode="symbolic", steps=True).derivations
    assert found.agreement.verdict == "proved"
    assert found.agreement.digits >= 14


@pytest.mark.parametrize(
    ("program", "at", "verdict", "elsewhere"),
    [
        ("relu(x)*max(x, 1)", "x=2", "at the point", True),
        ("where(x > 0, x^2, x)", "x=2", "at the point", True),
        ("leaky_relu(x, 2)", "x=0", "differs", True),
        ("polygamma(x, 2)", "x=1", "not compared", False),
    ],
)
def test_what_is_said_where_it_is_not_proved(program, at, verdict, elsewhere):
    (found,) = diffcli.grad(program, at, mode="symbolic", steps=True).derivations
    assert (found.agreement.verdict, found.agreement.elsewhere) == (verdict, elsewhere)


def test_a_derivation_is_kept_where_sympy_gives_up():
    program = "a0 = x; " + "; ".join(f"a{i} = sin(a{i - 1})" for i in range(1, 3_000)) + "; a2999"
    outcome = run(["grad", program, "--at", "x=2", *STEPS.split()])
    assert outcome.exit == 6
    assert "v₂₉₉₉" in outcome.stdout and "not compared" in outcome.stdout


# -- whether two expressions are equal -------------------------------------------------------------------------------------------

x, y = sympy.symbols("x y", real=True)


@pytest.mark.parametrize(
    ("difference", "verdict"),
    [
        (sympy.sin(x) ** 2 + sympy.cos(x) ** 2 - 1, True),
        ((x + y) ** 3 - x**3 - 3 * x**2 * y - 3 * x * y**2 - y**3, True),
        (sympy.gamma(x + 1) - x * sympy.gamma(x), True),
        (sympy.tanh(x) - (sympy.exp(2 * x) - 1) / (sympy.exp(2 * x) + 1), True),
        (sympy.sqrt(x**2) - x, False),
        (sympy.atan(x) + sympy.atan(1 / x) - sympy.pi / 2, False),
        (x / sympy.Integer(10) ** 25, False),
        (sympy.Piecewise((0, x > 8), (0, x < -8), (x - x, True)), True),
        (sympy.log(x**2) - 2 * sympy.log(x), None),
        (sympy.floor(x) - x, False),
        (sympy.Integer(0), True),
        (sympy.Integer(3), False),
        (x**x**x**x**x**x - x**x**x**x**x**y, False),
    ],
    ids=str,
)
def test_the_judgement_of_a_difference(difference, verdict):
    assert is_zero(difference) is verdict
    found = witness(difference)
    assert (found is not None) == (verdict is False)
    if found:
        at = {sympy.Symbol(name, real=True): sympy.Float(repr(value), 30) for name, value in found.items()}
        assert abs(difference.xreplace(at).evalf(30)) > 0


@pytest.mark.parametrize(
    ("function", "others"), [(sympy.tanh, sympy.exp), (sympy.coth, sympy.exp), (sympy.sech, sympy.exp), (sympy.tan, sympy.cos)], ids=str
)
def test_identities_of_functions_are_proved_without_simplification(function, others, monkeypatch):
    monkeypatch.setattr(symbolic_equality, "_PROOFS", ())
    z = sympy.Symbol("z", real=True)
    zero = function(x * y + 1).diff(x) / y - function(z).diff(z).rewrite(others).xreplace({z: x * y + 1})
    assert is_zero(zero) is True
    assert is_zero(zero + sympy.Rational(1, 10**9)) is False


@pytest.mark.parametrize(
    ("text", "raw", "simplified"),
    [
        ("sin(1e10*x)", "10000000000*cos(10000000000*x)", None),
        ("tan(-4567*x)", "-4567*tan(4567*x)^2 - 4567", "-4567/cos(4567*x)^2"),
        ("(1 + x)^1e9", "1000000000*(x + 1)^999999999", None),
        ("cos(x)^(-5000)", "5000*sin(x)/cos(x)^5001", None),
        ("3000*x^2 - 6000*x*2000", "6000*x - 12000000", None),
    ],
)  # fmt: skip
def test_large_multiples_and_exponents_are_not_written_out(text, raw, simplified):
    (found,) = diffcli.grad(text, "x=0.001", mode="symbolic").symbolic
    assert found.unsimplified == raw and (found.simplified or raw) == (simplified or raw)


def test_each_proof_is_told():
    problem, stages = Problem("x*y", "x=1,y=2"), []
    derivations = [derive(problem, name) for name in "xy"]
    found = diffcli.grad("x*y", "x=1,y=2", mode="symbolic").symbolic
    compare(problem, derivations, found, [], stages.append)
    assert stages == ["proving the derivation along x (1 of 2)", "proving the derivation along y (2 of 2)"]


def test_the_judgement_of_something_very_deep_is_left_open():
    deep = x
    for _ in range(3_000):
        deep = sympy.sin(deep, evaluate=False)
    assert is_zero(deep) is None


@pytest.mark.parametrize(
    ("one", "other", "digits"), [(1.0, 1.0, 16), (1.0, 1.1, 1), (1.0, 1 + 1e-9, 9), (0.5, 0.0, 0), (1.0, math.inf, None), (math.nan, 1.0, None)]
)
def test_how_many_digits_agree(one, other, digits):
    assert matching_digits(one, other) == digits


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_digits_that_agree_are_symmetric_and_bounded(one, other):
    assert matching_digits(one, other) == matching_digits(other, one)
    assert 0 <= (matching_digits(one, other) or 0) <= 16




def test_an_operand_that_is_not_taken_is_not_derived():
    (found,) = diffcli.grad("max(S^x, x)", {"x": 1, "S": -1}, wrt="x", mode="symbolic", steps=True).derivations
    assert found.derivative == "1" and [step.rule for step in found.steps] == ["piecewise, max", "identity"]


@pytest.mark.parametrize("text", ["erfc(1e300)*x", "gelu(-1e300)*x", "erfc(1e200*x)*erfc(1e300)"])
def test_numbers_too_large_for_sympy_are_a_limit(text):
    with pytest.raises(diffcli.LimitError, match="cannot differentiate this"):
        diffcli.grad(text, {"x": 0.7}, mode="symbolic")


# -- derivatives of any order ------------------------------------------------------------------------------------------------------

ORDERS = [
    ("x^2*sin(x)", {"order": 2}, [("x",), ("x", "x")]),
    ("x^4", {"order": 4}, [("x",) * count for count in (1, 2, 3, 4)]),
    ("x^2*y^3", {"wrt": "x,y,y"}, [("x",), ("x", "y"), ("x", "y", "y")]),
    ("exp(x*y)", {"order": 2}, [("x",), ("y",), ("x", "x"), ("x", "y"), ("y", "y")]),
    ("3*x + pi", {"order": 2}, [("x",), ("x", "x")]),
    ("where(x > 0, x^3, sin(x))", {"order": 2}, [("x",), ("x", "x")]),
    ("ln(x)/x", {"order": 3}, [("x",) * count for count in (1, 2, 3)]),
]


@pytest.mark.parametrize(("text", "asked", "by"), ORDERS, ids=[text for text, *_ in ORDERS])
@pytest.mark.parametrize("at", [None, {"x": 1.25, "y": 0.5}], ids=["anywhere", "at-a-point"])
def test_each_derivative_is_derived_from_the_one_before_it(text, asked, by, at):
    at = at and {name: value for name, value in at.items() if name in parse(text).inputs}
    found = diffcli.diff(text, at, steps=True, **asked)
    assert [each.by for each in found.derivations] == by
    known = {each.by: each for each in found.derivations}
    for each in found.derivations:
        check_shape(each)
        assert each.agreement.verdict in ("proved", "at the point") and each.result == "f"
        assert bool(each.of) == (len(each.by) > 1) and each.variable == each.by[-1]
        if each.of:
            symbols = {name: sympy.Symbol(name, real=True) for name in ("x", "y")}
            of, before = (sympy.sympify(one.replace("^", "**").replace("where(", "F("), symbols) for one in (each.of, known[each.by[:-1]].derivative))
            assert "where" in each.of or sympy.simplify(of - before) == 0
        if at:
            assert each.value == pytest.approx(diffcli.diff(text, at, order=len(each.by)).formula("f", *each.by).value, rel=1e-12)


def test_the_whole_text_of_second_derivatives(golden):
    commands = ['diff "x^2*sin(x)" --order 2 --steps', 'diff "x^2*y" --wrt x,y --steps --order 2 -f latex', 'diff "[x^3, y]" --wrt x --steps',
                'diff "x^3" --wrt x,x --at x=2 --steps -f csv', 'diff "abs(x)^3" --order 2 --steps --json']  # fmt: skip
    golden("derivation/second.txt", "\n".join(map(transcript, commands)))


def test_a_large_derivative_is_told_in_a_few_hundred_lines():
    text = "x"
    for number in range(20):
        text = f"sin({text})*x + {number}/({text} + y)" if number % 2 else f"exp({text}/(1 + x^2))"
        if len(text) > 500:
            break
    outcome = run(["diff", text, "--wrt", "x,y", "--steps", "--order", "1", "--simplify", "fast"])
    assert outcome.exit == 0 and len(outcome.stdout.splitlines()) < 1_000
    assert "derived above" in outcome.stdout and "  where v" in outcome.stdout


# -- where a function is defined, and the rules for its derivatives apply ---------------------------------------------------------

DOMAINS = {
    # the program: where it is defined, and the rules for df/dx apply; None: not told
    "x^2 + 1": ("", ""),
    "sqrt(x)": ("x >= 0", "x > 0"),
    "sqrt(x)*y": ("x >= 0", "x > 0"),
    "sqrt(-x)": ("x <= 0", "x < 0"),
    "sqrt(sqrt(x))": ("x >= 0", "x > 0"),
    "sqrt(x^2 + 1)": ("", ""),
    "sqrt(x^2 - 2)": ("x^2 >= 2", "x^2 > 2"),
    "sqrt(1 - x^2)": ("abs(x) <= 1", "abs(x) < 1"),
    "sqrt(exp(x) - 1)": ("exp(x) >= 1", "exp(x) > 1"),
    "sqrt(sin(x))": ("sin(x) >= 0", "sin(x) > 0"),
    "sqrt(x - 1) + sqrt(x - 2) + log(5 - x)": ("x >= 2 and x < 5", "x > 2 and x < 5"),
    "1/(x^2 - 1)": ("abs(x) != 1", "abs(x) != 1"),
    "1/(x^2 + 1) + 1/(2 + sin(x))": ("", ""),
    "1/(x*(x - 1))": ("x != 0 and x != 1", "x != 0 and x != 1"),
    "1/(1 - 2*x)": ("x != 0.5", "x != 0.5"),
    "sqrt(3 - (x + 1))": ("x <= 2", "x < 2"),
    "1/(x^2 - y)": ("x^2 != y", "x^2 != y"),
    "1/floor(x)": ("floor(x) != 0", "x != floor(x) and floor(x) != 0"),
    "1/sin(x)": ("sin(x) != 0", "sin(x) != 0"),
    "x/y": ("y != 0", "y != 0"),
    "exp(x)/cosh(x)": ("", ""),
    "log(x - 3)": ("x > 3", "x > 3"),
    "log(x^2)": ("x != 0", "x != 0"),
    "log(log(x))": ("x > 0 and log(x) > 0", "x > 0 and log(x) > 0"),
    "log(x)/sqrt(x - 2)": ("x > 2", "x > 2"),
    "log(3, x)": ("x > 0 and x != 1", "x > 0 and x != 1"),
    "log1p(x)": ("x > -1", "x > -1"),
    "asin(2*x)": ("abs(2*x) <= 1", "abs(2*x) < 1"),
    "acosh(x)": ("x >= 1", "x > 1"),
    "atanh(x/2)": ("abs(x/2) < 1", "abs(x/2) < 1"),
    "tan(x)": ("cos(x) != 0", "cos(x) != 0"),
    "cbrt(x)": ("", "x != 0"),
    "x^0.5": ("x >= 0", "x > 0"),
    "x^(1/3)": ("x >= 0", "x > 0"),
    "x^1.5": ("x >= 0", "x >= 0"),
    "x^(-2)": ("x != 0", "x != 0"),
    "x^(-0.5)": ("x > 0", "x > 0"),
    "2^x": ("", ""),
    "abs(x)": ("", "x != 0"),
    "abs(y)*x": ("", ""),
    "max(x, y)": ("", "x != y"),
    "max(x + 3, 1e-17)": ("", "x + 3 != 1e-17"),
    "log(3*x - 0.3)": ("3*x > 0.3", "3*x > 0.3"),
    "relu(x) + clip(x, 0, 5)": ("", "x != 0 and x != 5"),
    "floor(x)": ("", "x != floor(x)"),
    "mod(x, 2)": ("", "mod(x, 2) != 0"),
    "where(x > 0, x^2, x^3)": ("", "x != 0"),
    "where(x > 0, log(x), 0)": (None, None),
    "hypot(x, y)": ("", "hypot(x, y) != 0"),
    "stop_gradient(abs(x))*x": ("", ""),
    "x^y": (None, None),
    "max(x, y, 2)": ("", None),
    "log(-1) + x": (None, None),
    "gamma(x)": (None, None),
}
GRID = [-7.25, -3.0, -2.0, -1.5, -1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 5.0, 7.25]


@pytest.mark.parametrize("text", DOMAINS)
def test_where_a_function_and_its_derivative_are_defined(text):
    (found,) = diffcli.diff(text, wrt="x", simplify="none").domains
    assert (found.condition, found.derivatives[("x",)]) == DOMAINS[text]
    names = parse(text).inputs
    for values in itertools.product(GRID, repeat=len(names)):
        at = dict(zip(names, values, strict=True))
        check_domain(text, at, found.condition, found.derivatives[("x",)])


def holds(condition: str, at: dict[str, float]) -> bool:
    """Whether a condition holds at a point; one that is itself undefined there does not."""
    try:
        used = {name: value for name, value in at.items() if name in parse(condition).inputs}
        return not condition or bool(diffcli.evaluate(condition, used))
    except diffcli.DomainError:
        return False


def check_domain(text: str, at: dict[str, float], condition: str | None, rules: str | None) -> None:
    try:
        found = diffcli.grad(text, at, wrt="x", mode="forward")
    except diffcli.DomainError:
        assert not (condition is not None and (not condition or holds(condition, at))), (at, condition)
        assert not (rules is not None and (not rules or holds(rules, at))), (at, rules)
        return
    if condition:
        assert holds(condition, at) or not math.isfinite(found.value), (at, condition)
    bent = [note.code for note in found.notes if note.code in ("kink", "tie", "jump", "pole", "branch", "flat")]
    if rules is not None and (not rules or holds(rules, at)):
        assert math.isfinite(found.gradient["x"]) and not {"kink", "tie", "jump", "pole", "branch"} & set(bent), (at, rules)
    elif rules:
        assert bent or not math.isfinite(found.gradient["x"]) or found.gradient["x"] == 0, (at, rules)


@pytest.mark.parametrize(
    ("text", "condition"),
    [("x^1.5", "x > 0"), ("sqrt(x)", "x > 0"), ("1/(x^2 - 1)", "abs(x) != 1"), ("abs(x)", "x != 0"), ("log(x^2 + 1)", "")],
)
def test_where_a_second_derivative_is_defined(text, condition):
    (found,) = diffcli.diff(text, order=2).domains
    assert found.derivatives == {("x", "x"): condition}


@given(programs(), points)
@settings(max_examples=tiers.examples(100))
def test_domains_of_random_programs_are_true(statements, point):
    program = parse(plainly(statements))
    at = given_point(program, point)
    for name in program.inputs[:1]:
        found = domain_of(Problem(program, ANYWHERE, share=True), "f", [(name,)])
        try:
            value = diffcli.evaluate(program, at)
        except diffcli.DomainError:
            assert found.condition != "" and not (found.condition and holds(found.condition, at))
            continue
        if found.condition:
            assert holds(found.condition, at) or not math.isfinite(value)
        if found.derivatives[(name,)] == "" and math.isfinite(value):
            assert math.isfinite(diffcli.grad(program, at, wrt=name, mode="forward").gradient[name]) or abs(value) > 1e100
