"""The Python source of a tape: bit for bit what the interpreter computes, at every point and special case."""

from __future__ import annotations

import itertools
import math
import weakref

import numpy as np
import pytest
from inside import (
    BESIDE_A_NUMBER,
    EXPRESSION_NAMES,
    FAST,
    FLOAT,
    MOST_CHARACTERS,
    OF_TWO,
    OPERATIONS,
    STRICT_ROWS,
    ReverseTransform,
    formula,
    lower,
    make_python,
    parse,
    record,
)
from kernel_programs import EDGES, bits, cases, derivative_tape, expected

import diffcli

RAISED = (ZeroDivisionError, ValueError, OverflowError)
FEW = (0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -3.0, math.inf, -math.inf, math.nan, 5e-324, 1e308, 1e17)
"""For operations of three operands."""


def compared(template, function, count, numbers=None):
    """Hold an expression against a total function on a grid of edges; returns how often it raised."""
    numbers = numbers or {}
    places = [repr(numbers[place]) if place in numbers else f"x{place}" for place in range(count)]
    free = [place for place in range(count) if place not in numbers]
    names = {**EXPRESSION_NAMES, "isnan": math.isnan}
    code = eval(f"lambda {', '.join(f'x{place}' for place in free)}: {template.format(*places)}", names)  # our own table
    raised = 0
    for point in itertools.product(EDGES if count < 3 else FEW, repeat=len(free)):
        operands = [numbers.get(place) for place in range(count)]
        for place, value in zip(free, point, strict=True):
            operands[place] = value
        want = function(*operands)
        try:
            found = code(*point)
        except RAISED:
            raised += 1
        else:
            assert bits(found) == bits(want), (template, operands, found, want)
    return raised


def arity(name):
    return len(OPERATIONS[name].operands)


@pytest.mark.parametrize("name", FAST)
def test_an_expression_raises_or_is_the_value_in_a_rule(name):
    compared(FAST[name], FLOAT.value(name), arity(name))


@pytest.mark.parametrize("name", STRICT_ROWS)
def test_an_expression_raises_or_is_the_value_in_a_program(name):
    compared(STRICT_ROWS[name], FLOAT.strict(name), arity(name))


@pytest.mark.parametrize("name", [name for name in FAST if name not in STRICT_ROWS])
def test_what_is_no_row_of_its_own_in_a_program_raises_or_is_its_value_there_too(name):
    compared(FAST[name], FLOAT.strict(name), arity(name))


@pytest.mark.parametrize("name", OF_TWO)
def test_an_expression_of_two_operands(name):
    assert compared(OF_TWO[name], FLOAT.value(name), 2) == 0


@pytest.mark.parametrize(("name", "place", "condition", "template"), BESIDE_A_NUMBER)
def test_an_expression_beside_a_number(name, place, condition, template):
    numbers = [number for number in EDGES if math.isfinite(number) and condition(number)]
    assert len(numbers) > 3
    for number in numbers:
        for function in (FLOAT.value(name), FLOAT.strict(name)):
            compared(template, function, 2, {place: number})


FORMULAS = [name for name in OPERATIONS if formula(name)]


def test_which_rows_are_written_by_their_texts():
    assert {"silu", "relu", "log_base", "reciprocal", "softplus", "square"} <= set(FORMULAS)
    assert not {"sinpi", "cospi", "sigmoid", "exp", "max"} & set(FORMULAS)  # of several statements, or with a function


@pytest.mark.parametrize("name", FORMULAS)
def test_a_text_of_the_table_raises_or_is_the_value(name):
    compared(formula(name), FLOAT.value(name), arity(name))


# -- whole tapes ---------------------------------------------------------------------------------------------------------


def kernel(tape, layout=None):
    return make_python(tape, tuple(range(len(tape.results))) if layout is None else layout).entry(refused)


def refused(*given, **named):
    return given, named


def same(tape, point):
    assert [*map(bits, kernel(tape)(*point))] == [*map(bits, expected(tape, point))], point


def test_random_programs_with_choices_kinks_infinities_and_nan():
    careful = other = 0
    for text, tape, points in cases(400, seed=1):
        runner, left = make_python(tape, tuple(range(len(tape.results)))), []
        runner.careful = lambda *point, left=left, careful=runner.careful: left.append(point) or careful(*point)
        function = runner.entry(refused)
        for point in points:
            assert [*map(bits, function(*point))] == [*map(bits, expected(tape, point))], (text, point)
        careful += bool(left)
        other += any(map(math.isfinite, expected(tape, points[0])))
    assert careful > 100
    assert other > 200


@pytest.mark.parametrize("row", OPERATIONS.values(), ids=lambda row: row.name)
def test_every_row_and_its_derivatives_at_its_points_and_at_edges(row):
    count = len(row.operands)
    text = f"{row.spelling}({', '.join('abc'[:count])})" if not row.symbol or row.name == "pow" else ""
    if row.name == "neg" or row.name == "not":
        text = f"{row.symbol} a"
    text = text or f"a {row.symbol} b"
    if row.name == "pow":
        text = "a^b"
    if row.variadic:
        count, text = 2, f"{row.spelling}(a, b)"
    tape = derivative_tape(text)
    for point in [point for point in row.points if len(point) == tape.first_row]:
        same(tape, [float(number) for number in point])
    for point in itertools.product(FEW, repeat=tape.first_row):
        same(tape, point)


POINTS = ([0.3], [0.0], [-1.0], [5.0], [math.nan], [math.inf], [-math.inf], [2.0], [98.5], [1e300])
DEEP = {
    "branches deeper than blocks may be": "".join(f"where(x < {place}, x*{place}, " for place in range(150)) + "x^2" + ")" * 150,
    "branches that are asked for from the end": "x^2" + "".join(f" + where(x > {n}, log(x - {n}), 0)" for n in range(150)),
    "choices in conditions": "where(" * 60 + "x > 1" + "".join(f", x > {n}, x < {-n})" for n in range(60)) + "*x",
    "functions of functions": "sin(" * 3000 + "x" + ")" * 3000,
    "a sum of many terms": " + ".join(f"{n}.5*x" for n in range(3000)),
    "parentheses of many kinds": "where(x > 0, exp(-abs(" * 80 + "x" + ")), 1/x)" * 80,
}


@pytest.mark.parametrize("name", DEEP)
def test_no_nest_is_too_deep_for_the_parser_of_python(name):
    tape = derivative_tape(DEEP[name])
    for point in POINTS:
        same(tape, point)
    assert max(map(len, make_python(tape, 0).source.splitlines())) < 8 * MOST_CHARACTERS


def test_a_hundred_thousand_rows_are_as_many_lines_at_most():
    tape = derivative_tape(" + ".join(f"sin({n}.5*x)*x" for n in range(20_000)))
    runner = make_python(tape, (0, 1))
    assert len(tape.operations) > 100_000
    assert len(runner.source.splitlines()) < len(tape.operations)
    assert runner.entry(refused)(0.3) == tuple(expected(tape, [0.3]))


def test_second_derivatives_are_tapes_of_tapes():
    tape = derivative_tape("where(x > y, x*log(x), sinc(x)*y)^2/hypot(x, y)")
    twice = ReverseTransform(tape.copy(output=tape.outputs[1]), [0, 1]).run().tape
    for point in itertools.product(FEW, repeat=2):
        same(twice, point)


# -- what is written -------------------------------------------------------------------------------------------------------

SOURCES = [
    # a row that is used once is part of what uses it
    ("ln(x1) + x1*x2 - sin(x2)", (0, (1, 2)), ["return (((log(x0) + (x0 * x1)) - sin(x1)), ((x1 + (1.0 / x0)), (x0 - cos(x1)), ), )"]),
    # what the layout does not ask for is not computed
    ("ln(x1) + x1*x2 - sin(x2)", 0, ["return ((log(x0) + (x0 * x1)) - sin(x1))"]),
    ("ln(x1) + x1*x2 - sin(x2)", (2,), ["return ((x0 - cos(x1)), )"]),
    ("x*x*0 + 3", (0, (1,)), ["v4 = (0.0 * x0)", "return ((((x0 * x0) * 0.0) + 3.0), ((v4 + v4), ), )"]),
    # of a choice one branch is computed
    ("where(x > 1, log(x), x^2)", 0, ["v1 = (1.0 if x0 > 1.0 else 0.0 if x0 <= 1.0 else 1/0)", "return (log(x0) if v1 else (x0 ** 2.0))"]),
    ("where(x > 1, tan(x), 0)", (0, 1), [
        "v1 = (1.0 if x0 > 1.0 else 0.0 if x0 <= 1.0 else 1/0)", "if v1:", "    v2 = tan(x0)",
        "return ((v2 if v1 else 0.0), ((1.0 + (v2 ** 2.0)) if v1 else 0.0), )",
    ]),
    # a condition that is no comparison may be undefined
    ("where(x, 1, x^2)", 0, ["return (nan if x0 != x0 else 1.0 if x0 else (x0 ** 2.0))"]),
    # names of the user's are none of the source's
    ("sin_*lambda^0.5", 0, ["return (x0 * pow(x1, 0.5))"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "layout", "lines"), SOURCES)
def test_the_source(text, layout, lines):
    source = make_python(derivative_tape(text), layout).source.splitlines()
    assert [line[12:] for line in source if line.startswith(" " * 12) and "careful" not in line] == lines


# -- the function ----------------------------------------------------------------------------------------------------------


def test_floats_are_computed_and_everything_else_is_handed_on():
    function = kernel(derivative_tape("x*y"), (0, (1, 2)))
    assert function(2.0, 5.0) == (10.0, (5.0, 2.0))
    array = np.arange(3.0)
    for given in ((2, 5.0), (True, 5.0), (2.0, np.float64(5)), (array, "5"), (2.0,), (None, 1.0), (), (1.0, 2.0, 3.0), (1.0, 2.0, 3.0, 4)):
        assert function(*given) == (given, {})
        assert function(*given, out=array) == (given, {"out": array})
    assert function(y=5.0, x=2.0) == ((), {"x": 2.0, "y": 5.0})
    assert function(2.0, y=5.0) == ((2.0,), {"y": 5.0})
    assert function(2.0, 5.0, x0=1.0) == ((2.0, 5.0), {"x0": 1.0})


def test_inputs_may_have_any_name():
    names = ("lambda", "v1", "x1", "x0", "β", "careful", "log", "missing")
    function = kernel(derivative_tape("log(" + " + ".join(names) + ") + lambda*x0"), 0)
    assert function(*[1.0] * 8) == math.log(8.0) + 1.0


def test_a_condition_that_is_undefined_whatever_the_inputs_are():
    """It is folded to a number, and no line is left that could raise."""
    value, slopes = diffcli.compile("where(log(-1) > 0, x, y)", backend="python")(1.0, 2.0)
    assert all(map(math.isnan, (value, *slopes)))


def test_a_program_without_inputs():
    tape = lower(parse("2 + 3"))
    assert kernel(tape, 0)() == 5.0
    assert kernel(tape, 0)(1) == ((1,), {})


def own(partial, function):
    """An operation of the user's own; all of them have one name."""

    def squared(v):
        return function(v)

    return diffcli.custom_rule(partials=partial, at=[2.0])(squared)


def test_own_operations_are_called_whatever_their_names_are():
    squared, cubed = own("2*v", lambda v: v * v), own("3*v^2", lambda v: v * v * v)
    tape = record(lambda x, y: squared(x) * cubed(y), {"x": 2.0, "y": 3.0}).tape
    derived = ReverseTransform(tape, [0, 1]).run().tape
    same(derived, [2.0, 3.0])
    assert kernel(derived)(2.0, 3.0) == (108.0, 108.0, 108.0)


def test_a_batch_is_point_after_point():
    tape = derivative_tape("where(x > y, log(x), x/y)")
    x, y = np.array([2.0, 0.0, -1.0, np.nan, np.inf]), np.array([1.0, 0.0, -2.0, 1.0, 0.0])
    results = [np.empty(5) for _ in tape.results]
    make_python(tape, 0).batch([x, y], results)
    for place in range(5):
        want = expected(tape, [x[place].item(), y[place].item()])
        assert [bits(result[place].item()) for result in results] == [*map(bits, want)]


def test_a_batch_of_one_number_for_all_points_of_truths_and_of_more_points_than_a_block():
    tape = lower(parse("x > y"))
    x = np.arange(10_000.0)
    truth = np.empty(10_000, bool)
    make_python(tape, 0, frozenset([0])).batch([x, 4999.5], [truth], threads=2)
    assert (truth == (x > 4999.5)).all()
    make_python(tape, 0, frozenset([0])).batch([x, math.nan], [truth])
    assert truth.all()  # what is undefined is to be looked at


def test_a_kernel_is_freed_with_its_last_user():
    runner = make_python(derivative_tape("log(x)"), 0)
    function = runner.entry(refused)
    function(-1.0)
    seen = weakref.ref(runner.careful)
    del runner, function
    assert seen() is None

