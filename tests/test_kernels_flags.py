"""Flags: what a kernel says of each point is what the notes of the interpreter say there."""

from __future__ import annotations

import itertools
import math
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from console import fresh
from inside import (
    MOST_DOUBTS,
    MOST_EXACT,
    NOT_DIFFERENTIABLE,
    OF_CODES,
    Flag,
    Options,
    Said,
    Way,
    compute,
    flags_of_notes,
    lower,
    marked,
    parse,
    patterns,
)
from kernel_programs import EDGES, cases, expected

import diffcli

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
from silence import random_expression  # the benchmarks are no package

KINK, TIE, JUMP, POLE, DOMAIN, NONFINITE, DIGITS = Flag
NOTHING = Flag(0)

POINTS = [
    # smooth
    ("ln(x1) + x1*x2 - sin(x2)", (2.0, 5.0), NOTHING),
    # kinks, and where they do not touch the result
    ("abs(x)", (0.0,), KINK), ("abs(x)", (-0.0,), KINK), ("abs(x)", (5e-324,), NOTHING),
    ("abs(x)*y", (0.0, 2.0), KINK), ("relu(x - y)", (1.5, 1.5), KINK), ("clip(x, 0, 1)", (1.0,), KINK),
    ("where(y > 0, abs(x), x)", (-1.0, 0.0), NOTHING), ("where(y > 0, abs(x), x)", (1.0, 0.0), KINK),
    ("hypot(x, y)", (0.0, 0.0), KINK), ("abs(stop_gradient(x))*y", (0.0, 1.0), NOTHING), ("leaky_relu(x, 1)", (0.0,), NOTHING),
    # ties
    ("max(x, y)", (2.0, 2.0), TIE), ("max(x, y, 2)", (2.0, 1.0), TIE), ("max(x, y, 3)", (2.0, 2.0), NOTHING),
    ("min(x, x*y)", (3.0, 1.0), TIE),
    # jumps and comparisons at their boundary
    ("floor(x) + y", (2.0, 1.0), JUMP), ("floor(x) + y", (2.5, 1.0), NOTHING), ("sign(x)", (0.0,), JUMP),
    ("where(x > 1, x, 2*x)", (1.0,), JUMP), ("where(x > 1, x, 2*x)", (1.0 + 2**-52,), NOTHING), ("where(x, 1, x^2)", (0.0,), JUMP),
    ("where(x == 1, 0, x)", (1.0,), JUMP), ("mod(x, 2)", (4.0,), JUMP), ("copysign(x, y)", (1.0, 0.0), JUMP),
    # a comparison whose sides no move of the point takes apart
    ("where(x + (1 - x) < 1, x, x^2)", (2.0,), NOTHING),
    # of a kink that is behind a jump
    ("floor(abs(x))*y", (0.0, 1.0), JUMP), ("abs(floor(x))", (0.0,), JUMP), ("abs(floor(x)) + abs(x)", (0.0,), KINK | JUMP),
    # poles
    ("sqrt(x)", (0.0,), POLE | NONFINITE), ("log(x)", (0.0,), POLE | NONFINITE), ("x^0.5*0 + y", (0.0, 1.0), POLE | NONFINITE),
    # outside of a domain, and indeterminate
    ("log(x)", (-1.0,), DOMAIN | NONFINITE), ("1/x", (0.0,), DOMAIN | NONFINITE), ("x/x", (0.0,), DOMAIN | NONFINITE),
    ("where(y > 0, log(x), x)", (0.5, -1.0), DOMAIN | NONFINITE), ("where(y > 0, log(x), x)", (-0.5, -1.0), NOTHING),
    # beyond the range of floats
    ("exp(x)", (1000.0,), NONFINITE), ("x^2", (1e200,), NONFINITE), ("atan(exp(x))", (1000.0,), NONFINITE), ("atan(x)", (1e200,), NOTHING),
    # a point that is none: what comes out tells
    ("abs(x)", (math.nan,), NONFINITE), ("atan(x)", (math.inf,), NOTHING),
    # several
    ("abs(x) + max(y, 1) + floor(x)", (0.0, 1.0), KINK | TIE | JUMP),
]  # fmt: skip


@pytest.mark.parametrize(("text", "point", "flags"), POINTS)
def test_the_flags_of_a_point(text, point, flags):
    k = diffcli.compile(text)
    assert k.flags(*point) == flags
    assert isinstance(k.flags(*point), Flag)
    assert k.flags(**dict(zip(k.inputs, point, strict=True))) == flags


@pytest.mark.parametrize("text", dict.fromkeys(text for text, *_ in POINTS))
def test_the_flags_of_many_points_are_those_of_each(text):
    k = diffcli.compile(text)
    table = list(itertools.product((0.0, 1.0, -1.0, 0.5, 2.0, 1e200, math.nan), repeat=len(k.inputs)))
    columns = [np.array(column) for column in zip(*table, strict=True)]
    results = k(*columns)
    assert results.flags.dtype == np.uint8
    assert results.flags.tolist() == k.flags(*columns).tolist() == [int(k.flags(*point)) for point in table]


def said_at(text, names, point):
    """What the notes of a gradient stand for."""
    if not all(map(math.isfinite, point)):
        return NOTHING
    try:
        return flags_of_notes(compute(text, dict(zip(names, point, strict=True)), Options(watch=False)).notes)
    except diffcli.DiffcliError as fault:
        return flags_of_notes(fault.diagnostics)


def test_random_programs_with_choices_kinks_infinities_and_nan():
    seen = NOTHING
    for text, tape, points in cases(200, seed=11, points=10):
        k = diffcli.compile(text)
        results = k(*[np.array(column) for column in zip(*points, strict=True)])
        for place, point in enumerate(points):
            numbers = [results[0][place], *[column[place] for column in results[1]]]
            flags = said_at(text, tape.inputs, point) | (NOTHING if np.isfinite(numbers).all() else NONFINITE)
            assert Flag(int(results.flags[place])) == flags, (text, point)
            seen |= flags
    assert seen == KINK | TIE | JUMP | POLE | DOMAIN | NONFINITE


def test_every_code_of_a_break_has_a_flag():
    assert set(OF_CODES) >= NOT_DIFFERENTIABLE


# -- results and shapes ------------------------------------------------------------------------------------------------------


def test_flags_have_the_axes_of_the_points():
    k = diffcli.compile("abs(x)*y")
    results = k(np.array([[0.0], [1.0]]), np.array([1.0, 2.0, 3.0]))
    assert results.flags.tolist() == [[1, 1, 1], [0, 0, 0]]
    assert k(np.empty(0), 1.0).flags.shape == (0,)
    assert k.flags(np.empty((2, 0)), 1.0).shape == (2, 0)


def test_of_several_results_any_may_be_meant():
    k = diffcli.compile("[x*y, abs(x), max(y, 1)]")
    x, y = np.array([0.0, 1.0, 2.0, 0.0]), np.array([2.0, 1.0, 3.0, 1.0])
    assert k(x, y).flags.tolist() == [KINK, TIE, 0, KINK | TIE]
    assert k.flags(0.0, 2.0) == KINK


@pytest.mark.parametrize(("order", "flags"), [(0, [KINK, JUMP, 0]), (1, [KINK, JUMP, 0]), (2, [KINK, JUMP, 0])])
def test_every_order_has_flags(order, flags):
    k = diffcli.compile("abs(x)*x^2 + floor(x/2)", order=order)
    x = np.array([0.5, 2.0, 3.0])
    assert k.flags(x).tolist() == [0, JUMP, 0]
    assert diffcli.compile("abs(x) + where(x > 2, x, x^2)", order=order).flags(np.array([0.0, 2.0, 3.0])).tolist() == flags


def test_a_kink_of_the_gradient_is_one_of_second_derivatives():
    assert diffcli.compile("abs(x)*x", order=2).flags(0.0) == KINK
    assert diffcli.compile("x^3*abs(x)", order=2).flags(1.0) == NOTHING


SECOND = [
    "z^y", "z^y*x", "x^y*y", "leaky_relu(x, y)", "elu(x, y)", "abs(x)*x", "abs(x)^3", "x*relu(x)", "max(x, 0)^2", "min(x, y)^2",
    "hypot(x, y)^2", "cbrt(x)^6", "clip(x, 0, 1)^2*y", "sqrt(x)^3*y", "where(x > 1, x^2, 2*x - 1)", "sign(x)*x^2", "sinc(x)*y",
]  # fmt: skip


@pytest.mark.parametrize("text", SECOND)
def test_the_flags_of_second_derivatives_are_the_notes_of_the_hessian(text):
    k = diffcli.compile(text, order=2)
    for point in itertools.product((0.0, 1.0, 2.0, -1.0, 0.5), repeat=len(k.inputs)):
        try:
            notes = diffcli.hessian(text, at=dict(zip(k.inputs, point, strict=True))).notes
        except diffcli.DiffcliError as fault:
            notes = fault.diagnostics
        assert k.flags(*point) & ~NONFINITE == flags_of_notes(notes) & ~DIGITS, point


def test_variables_that_are_held_have_no_kinks():
    k = diffcli.compile("abs(x)*y", wrt="y")
    assert k.flags(0.0, 1.0) == NOTHING
    assert diffcli.compile("abs(x)*y").flags(0.0, 1.0) == KINK


def test_programs_with_arrays():
    k = diffcli.compile("sum(abs(A)*b)", at={"A": np.zeros((2, 2)), "b": np.zeros(2)}, batch="A")
    matrices = np.arange(12.0).reshape(3, 2, 2)
    assert k(matrices, np.ones(2)).flags.tolist() == [KINK, 0, 0]
    assert k.flags(np.ones((2, 2)), np.array([1.0, math.inf])) == NONFINITE


def test_flags_are_those_of_the_call_whatever_becomes_of_its_arrays():
    k = diffcli.compile("abs(x)")
    x = np.array([0.0, 1.0])
    results = k(x)
    x[:] = 5.0
    results[0][:] = math.nan
    assert results.flags.tolist() == [KINK, 0]
    out = (np.empty(2), (np.empty(2),))
    assert k(np.array([1.0, 0.0]), out=out).flags.tolist() == [0, KINK]


def test_an_unknown_word_for_flags():
    with pytest.raises(diffcli.UsageError) as caught:
        diffcli.compile("x", flags="all")
    assert str(caught.value) == "there is no flag 'all' to ask for\n  = help: flags=\"digits\" looks for lost digits too"


# -- marks and patterns --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "operations"), [
    ("x*y", ["mul", "mul"]),  # 0 times the result
    ("abs(x)", ["abs", "eq", "mul", "add"]),
    ("max(x, y)", ["max", "eq", "eq", "add", "gt", "mul", "add"]),
    ("where(x > y, x, y)", ["gt", "where", "eq", "mul", "add"]),
    ("where(x > y, abs(x), y)", ["gt", "abs", "eq", "where", "eq", "where", "add", "mul", "add"]),
    ("abs(stop_gradient(2))*x", ["stop_gradient", "abs", "mul", "mul"]),
])
def test_what_marks_are_made_of(text, operations):
    tape = lower(parse(text))
    found = marked(tape, range(tape.first_row)).tape
    assert sorted(found.operations) == sorted(operations)


def test_points_that_are_alike_are_asked_for_once(monkeypatch):
    asked = []
    k = diffcli.compile("relu(x)*y + exp(z)")
    ask = k._calls.said.ask
    monkeypatch.setattr(k._calls.said, "ask", lambda point: asked.append(point) or ask(point))
    source = np.random.default_rng(1)
    x, y, z = source.normal(size=(3, 10_000))
    x[::3], y = 0.0, abs(y)
    assert np.bincount(k(x, y, z).flags).tolist() == [6666, 3334]
    assert len(asked) == 2  # exp(z) is above 1 or not: no, but z is above 0 or not
    k(x, y, z).flags  # noqa: B018 (asked for once more)
    assert len(asked) == 2


def test_at_jumps_the_inputs_of_the_condition_count():
    tape = lower(parse("where(x^3 - 4*x^2 + 5*x - 2 > 0, y, 2*y)"))
    found = marked(tape, [0, 1])
    assert [inputs for _, inputs in found.jumps] == [(0,)]
    x, y = np.array([1.0, 2.0, 1.0, 3.0, 3.0]), np.array([1.0, 1.0, 2.0, 1.0, 2.0])
    few, sampled, _ = patterns(found, [x, y], np.arange(5, dtype=np.uint64))
    assert len(set(few.tolist())) == 4  # points on the boundary one by one, the others by signs
    assert not sampled.any()
    others = np.repeat(np.arange(1.0, 1.0 + MOST_EXACT), 5)
    x = np.tile(x, MOST_EXACT)
    many, sampled, _ = patterns(found, [x, others], np.arange(len(x), dtype=np.uint64))
    assert not sampled.any()
    assert len(set(many.tolist())) == 3  # x = 1, where the sides touch; x = 2, where they cross; and beside
    k = diffcli.compile("where(x^3 - 4*x^2 + 5*x - 2 > 0, y, 2*y)")
    assert set(k(x, others).flags.tolist()) == {0, JUMP}


@pytest.mark.parametrize(("text", "flags", "most"), [
    ("where(x > y, x, y)", JUMP, 9), ("where(x > y, x, 2*y)", JUMP, 9), ("mod(x, 1)*y", JUMP, 9), ("floor(x)*y", JUMP, 9),
    ("sign(x - y)*x", JUMP, 9), ("floor(x)*abs(x - y)", KINK | JUMP, 9), ("where(x > y, x, y) + max(x, y)", TIE | JUMP, 9),
])  # fmt: skip
def test_of_many_jumps_with_one_pattern_a_few_are_asked_about(text, flags, most, monkeypatch):
    asked = []
    k = diffcli.compile(text)
    ask = k._calls.said.ask
    monkeypatch.setattr(k._calls.said, "ask", lambda point: asked.append(point) or ask(point))
    x = np.arange(1.0, 100_001.0)
    found = k(x, x).flags
    assert set(found.tolist()) == {flags}
    assert len(asked) <= most
    each = [0, 6, 4999, 99_999]
    assert found[each].tolist() == [k.flags(number, number) for number in x[each]]
    assert (k(x[::-1], x[::-1]).flags[::-1] == found).all()


def test_where_samples_of_a_pattern_do_not_agree_more_are_asked_about():
    count, asked = 4096, []

    class Recorded(Said):
        def flag(self, point, infinite, doubted):
            assert not infinite and not doubted
            asked.append(point)
            return JUMP | KINK * (point[0] % 4 == 1) | TIE * (point[0] % 4 == 3)

    x = np.arange(1.0, 1.0 + count)
    y = np.where(x % 2, x, -x)  # of those that are equal one of two is a kink, which the signs do not show, or a tie
    tape = lower(parse("where(x > y, x, 2*y)"))
    said = Recorded([Way(None, marked(tape, [0, 1]), 0, "python")], None)
    flags = said.told([x, y], [x, np.ones(count, bool)])()
    assert len(asked) == 2 + 8 + 256 - 2  # one with each pattern, a sample, and more of it, with the same ends
    assert (flags[x != y] == JUMP).all()
    assert (flags[x == y] & JUMP).all()
    several = np.bincount(flags[x == y])[JUMP | KINK | TIE]
    assert several == count // 2 - 256  # those that were not asked about


def test_of_very_many_doubts_none_is_asked_about(monkeypatch):
    k = diffcli.compile("(x + 1) - 1 + abs(y)", flags="digits")
    asked = []
    ask = k._calls.said.ask
    monkeypatch.setattr(k._calls.said, "ask", lambda point: asked.append(point) or ask(point))
    x = np.linspace(1e-12, 2e-12, MOST_DOUBTS + 1)
    y = np.where(np.arange(len(x)) % 2, 1e-13, 0.0)
    x[-1] = y[-1] = 0.5
    assert k(x, y).flags.tolist() == [*np.where(y[:-1] == 0, KINK | DIGITS, DIGITS).tolist(), NOTHING]
    assert len(asked) == MOST_DOUBTS
    asked.clear()
    x = np.linspace(1e-12, 2e-12, 30_000)
    y = np.where(np.arange(len(x)) % 2, 1e-13, 0.0)
    x[-2:], y[-2:] = [0.5, math.nan], 0.5
    assert k(x, y).flags.tolist() == [*np.where(y[:-2] == 0, KINK | DIGITS, DIGITS).tolist(), NOTHING, NONFINITE]
    assert len(asked) <= 4


def test_lost_digits_are_told_of_only_where_they_are_asked_for():
    k = diffcli.compile("mod(lgamma(z), x/z)", order=2)
    assert k.flags(z=-0.5, x=5e-324) == JUMP | NONFINITE


def test_what_lost_digits_are_judged_by_is_loaded_only_where_they_are_asked_for():
    code = (
        "import sys, diffcli, numpy as np\n"
        "for flags in ('on', 'digits'):\n"
        "    k = diffcli.compile('abs((x + 1e9) - 1e9 - y)*y', wrt='x,y', **({'flags': flags} if flags == 'digits' else {}))\n"
        "    print(k(np.array([0.1, 0.0]), np.array([0.1, 0.0])).flags.tolist(), 'mpmath' in sys.modules)"
    )
    told = fresh(code)
    assert told == "[0, 1] False\n[64, 1] True\n"


@pytest.mark.parametrize("backend", ["python", "numpy", "llvm"])
@pytest.mark.parametrize("name", ["cos", "tanh", "cbrt", "softplus", "asin", "log", "sin", "lgamma", "atan", "exp", "gamma", "log1p"])
def test_what_a_constant_cancels_to_a_kink_is_one(name, backend):
    """The constant and what varies are computed by one arithmetic."""
    if backend == "llvm":
        pytest.importorskip("llvmlite", reason="machine code is made by llvmlite")
    for number in (0.263, 0.71, 0.1234, 0.9):
        kernel = diffcli.compile(f"abs({name}(x) - {name}({number}))", backend=backend)
        found = kernel(np.full(40, number))
        assert not found[0].any()
        assert found.flags.tolist() == [Flag.KINK] * 40
        assert kernel.flags(number) == Flag.KINK


def raises_below(x):
    if x < 0:
        raise ValueError("below 0")
    return x * x


@pytest.mark.parametrize(("function", "point"), [(raises_below, -1.0), (lambda x: 1 / x, 0.0), (lambda x: x / (x + 2), -2.0)])
def test_where_a_function_raises_it_is_undefined(function, point):
    kernel = diffcli.compile(function, at={"x": 1.0})
    undefined = Flag.DOMAIN | Flag.NONFINITE
    assert kernel(np.array([point, 1.0])).flags.tolist() == [undefined, 0]
    assert (kernel.flags(point), kernel.flags(1.0)) == (undefined, 0)


def test_what_is_known_of_patterns_is_forgotten_while_others_ask(monkeypatch):
    monkeypatch.setattr("diffcli.methods.compiled.patterns.MOST_KNOWN", 20)
    kernel = diffcli.compile("abs(x)*abs(y) + floor(x*y)")
    grid = np.array(list(itertools.product([-1.0, 0.0, 0.5, 2.0], repeat=2)) * 2).T
    wanted = kernel.flags(*grid).tolist()
    with ThreadPoolExecutor(4) as pool:
        assert all(found.tolist() == wanted for found in pool.map(lambda _: kernel.flags(*grid), range(12)))


def test_patterns_tell_points_apart_by_every_sign():
    tape = lower(parse("x*y"))
    found = marked(tape, [0, 1])
    grid = list(itertools.product([edge for edge in EDGES if edge == edge], repeat=2))
    columns = [np.array(column) for column in zip(*grid, strict=True)]
    known = {}
    for key, (x, y) in zip(patterns(found, columns, np.arange(len(grid), dtype=np.uint64))[0].tolist(), grid, strict=True):
        kinds = [(number > 0) - (number < 0) + 3 * math.isinf(number) + 9 * (number != number) for number in (x, y, x * y)]
        assert known.setdefault(key, kinds) == kinds
    assert len(known) == len({tuple(kinds) for kinds in known.values()})


# -- lost digits ---------------------------------------------------------------------------------------------------------------

LOSING = [
    ("(1 - cos(x))/x^2", (1e-9,), DIGITS), ("(1 - cos(x))/x^2", (1.0,), NOTHING), ("(x + 1) - 1", (1e-12,), DIGITS),
    ("(x + 1) - 1", (0.5,), NOTHING), ("sin(1e10*x)", (0.3,), DIGITS), ("log(1 + x)/x", (1e-10,), DIGITS),
    ("exp(-x)*1e300", (800.0,), DIGITS), ("exp(-x)", (700.0,), NOTHING), ("x*y", (0.0, 3.0), NOTHING), ("x - y", (1.0, 1.0), NOTHING),
    ("where(x > 1, x, (x + 1e9) - 1e9)", (0.1,), DIGITS), ("where(x > 1, x, (x + 1e9) - 1e9)", (2.0,), NOTHING),
    ("tan(exp(532)) + x", (1.0,), DIGITS), ("floor((x + 1e9) - 1e9)", (1.0 - 1e-10,), JUMP | DIGITS), ("abs(x)", (0.0,), KINK),
    ("max(x, y) + abs(z - y)", (-0.5, 0.75, -0.25), NOTHING), ("log(-x)", (1.0,), DOMAIN | NONFINITE), ("exp(x)/exp(x)", (1000.0,), DOMAIN | NONFINITE),
]  # fmt: skip


@pytest.mark.parametrize(("text", "point", "flags"), LOSING)
def test_lost_digits_are_looked_for_on_demand(text, point, flags):
    k = diffcli.compile(text, flags="digits")
    assert k.flags(*point) == flags
    assert diffcli.compile(text).flags(*point) == flags & ~DIGITS
    assert k(*map(np.array, [[number, number] for number in point])).flags.tolist() == [flags, flags]


def test_numbers_are_the_same_whether_digits_are_looked_for_or_not():
    text = "(1 - cos(x*y))/x^2 + max(x, y)*tan(exp(2))"
    points = np.random.default_rng(3).normal(size=(2, 100))
    for one, other in zip(diffcli.compile(text)(*points)[1], diffcli.compile(text, flags="digits")(*points)[1], strict=True):
        assert (one == other).all()


def test_no_point_whose_digits_are_lost_goes_unmarked():
    source, lost, tame = random.Random(5), 0, 0
    while lost < 60:
        text = random_expression(source, source.randrange(1, 4), ("x", "y", "z")).replace("1e310", "1e300")
        k = diffcli.compile(text, flags="digits")
        points = [[source.choice((1, -1)) * 10 ** source.uniform(-3, 2) for _ in k.inputs] for _ in range(4)] if k.inputs else []
        for point in points:
            try:
                notes = diffcli.grad(text, at=dict(zip(k.inputs, point, strict=True))).notes
            except diffcli.DiffcliError:
                continue
            mark = expected(k._made.ways[0].marked.tape, point)[-1]
            if flags_of_notes(notes) & DIGITS:
                assert mark != 0, (text, point)
                lost += 1
            tame += mark == 0
    assert tame > 4 * lost
