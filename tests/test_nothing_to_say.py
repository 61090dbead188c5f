"""The short way to a gradient: where it has a result, that is the long way's, to the last bit and note; elsewhere it has none."""

from __future__ import annotations

import copy
import math
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inside import Options, Problem, adjoint_errors, compute, plain_gradient, value_errors
from mpmath import mp, mpf
from oracle import derivative_of, value_of
from programs import given_point, plainly, points, programs
from tiers import often

import diffcli

SMOOTH = [(name, 1) for name in ("sin", "cos", "exp", "tanh", "atan", "sqrt", "log", "erf", "sigmoid", "abs", "sinh", "square")]
"""Rows of programs of which there is mostly nothing to say."""


def long_way(text: str, at: dict) -> object:
    """What is found, or raised, by a program that is read for it alone."""
    try:
        return compute(diffcli.parse(text), at, Options())
    except diffcli.DiffcliError as fault:
        return fault


def agrees(statements, point) -> None:
    text = plainly(statements)
    try:
        program = diffcli.parse(text)
    except diffcli.ExpressionError:
        return
    at = given_point(program, point)
    for _ in range(2):  # what is kept of the first time is used the second
        found = plain_gradient(program, at)
        assert found is None or repr(found) == repr(long_way(text, at)), (text, at)


@often(400)
@given(programs(), points)
def test_any_program(statements, point):
    agrees(statements, point)


@often(400)
@given(programs(SMOOTH, ("x", "y"), depth=4), points)
def test_smooth_programs(statements, point):
    agrees(statements, point)


SHORT = [
    ("ln(x1) + x1*x2 - sin(x2)", {"x1": 2.0, "x2": 5.0}, lambda x, y: mp.log(x) + x * y - mp.sin(y)),
    ("x^2 * y", {"x": 3, "y": np.float64(2.0)}, lambda x, y: x**2 * y),
    ("exp(x)/sqrt(sin(x)^3 + cos(x)^3)", {"x": 0.7}, lambda x: mp.exp(x) / mp.sqrt(mp.sin(x) ** 3 + mp.cos(x) ** 3)),
    ("u = x*y; v = sin(u)/u; u - v^2", {"x": 1.5, "y": 0.5}, lambda x, y: x * y - (mp.sin(x * y) / (x * y)) ** 2),
    ("max(x, y)*abs(x - 3)", {"x": 1.0, "y": 2.5}, lambda x, y: max(x, y) * abs(x - 3)),
    ("f(a, b) = a/b + b; f(x, 2) + f(2, x)", {"x": 0.3}, lambda x: x / 2 + 2 + 2 / x + x),
    ("pi*x + e^x", {"x": 1.0}, lambda x: mpf(math.pi) * x + mpf(math.e) ** x),
    ("x - x + tanh(x)", {"x": 0.4}, lambda x: mp.tanh(x)),
    ("x/x*sigmoid(x)", {"x": 0.4}, lambda x: 1 / (1 + mp.exp(-x))),
    ("x^1 + (x + 2)^y", {"x": 0.0, "y": 2.0}, lambda x, y: x + (x + 2) ** y),
    ("log2(x)*asinh(x)*atan(x)*cbrt(x)", {"x": 3.0}, lambda x: mp.log(x, 2) * mp.asinh(x) * mp.atan(x) * mp.cbrt(x)),
    ("softplus(x)*erf(y) - logcosh(x*y)", {"x": 1.0, "y": 0.6}, lambda x, y: mp.log1p(mp.exp(x)) * mp.erf(y) - mp.log(mp.cosh(x * y))),
    ("sin(1e5*x*y)", {"x": 0.3, "y": 0.7}, lambda x, y: mp.sin(100000 * x * y)),
    ("x^y*reciprocal(y)*xlogy(x, y)", {"x": 1.5, "y": 2.5}, lambda x, y: x**y / y * x * mp.log(y)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "at", "exact"), SHORT, ids=[text for text, *_ in SHORT])
def test_what_goes_the_short_way(text, at, exact):
    program = diffcli.parse(text)
    found = plain_gradient(program, at)
    assert found is not None and repr(found) == repr(long_way(text, at)) == repr(diffcli.grad(text, at)) == repr(diffcli.grad(program, at))
    assert [type(number) for number in (found.value, *found.at.values(), *found.gradient.values())] == [float] * (1 + 2 * len(at))
    point = [float(number) for number in at.values()]
    assert math.isclose(found.value, value_of(exact, point), rel_tol=1e-9)
    for place, name in enumerate(at):
        assert math.isclose(found.gradient[name], derivative_of(exact, point, place), rel_tol=1e-9)


LONG = [
    ("abs(x)", {"x": 0.0}), ("max(x, y)", {"x": 1.0, "y": 1.0}), ("sqrt(x)", {"x": 0.0}), ("x if x > 0 else 2*x", {"x": 1.0}),
    ("log(x)", {"x": -1.0}), ("1/x", {"x": 0.0}), ("exp(x)", {"x": 1000.0}), ("(1 - cos(x))/x^2", {"x": 1e-4}), ("10 + (1 - cos(x))/x^2", {"x": 1e-4}),
    ("1e200*(1e200*x)", {"x": 1e-150}),
    ("(x + 1) - 1", {"x": 1e-17}), ("x^2", {"x": math.nan}), ("x^2", {"x": 10**400}), ("x^2", {"x": "2"}), ("x^2", {"x": [1.0, 2.0]}), ("x^2", {"y": 1.0}),
    ("x^2", {"x": 1.0, "y": 2.0}), ("x^2", "x=2"), ("e*x", {"x": 1.0, "e": 2.0}), ("a = 2; x^2", {"x": 1.0}),
    ("[x, x^2]", {"x": 1.0}), ("sign(x)*x", {"x": 1.0}), ("x^2", {"x": 1 + 2j}), ("x^2", {"x": None}), ("max(" + ", ".join(["x", "y"] * 9) + ")", {"x": 1.0, "y": 2.0}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "at"), LONG)
def test_what_goes_the_long_way(text, at):
    program = diffcli.parse(text)
    assert plain_gradient(program, at) is None
    told = []
    for target in (text, program):
        try:
            told.append(repr(diffcli.grad(target, at)))
        except diffcli.DiffcliError as fault:
            told.append(repr(fault.diagnostics))
    assert told[0] == told[1]


@pytest.mark.parametrize("asked", [{"strict": True}, {"mode": "forward"}, {"wrt": "x"}, {"kink": "left"}, {"max_nodes": 3}, {"verify": False}], ids=str)
def test_whoever_asks_for_more_gets_it(asked):
    try:
        found = diffcli.grad("x^2*y", {"x": 2.0, "y": 3.0}, **asked)
    except diffcli.LimitError:
        assert asked == {"max_nodes": 3}
    else:
        assert found.mode == asked.get("mode", "reverse") and found.gradient["x"] == 12.0 and ("y" in found.gradient) != ("wrt" in asked)


def test_the_limit_of_another_call_does_not_count():
    program = diffcli.parse("x^2*y")
    for most in (3, 100, 3):
        if most == 3:
            with pytest.raises(diffcli.LimitError):
                diffcli.grad(program, "x=2, y=3", max_nodes=3)
        else:
            assert diffcli.grad(program, "x=2, y=3", max_nodes=most).value == 12.0


def test_a_program_with_numbers_and_with_arrays_in_turn():
    program = diffcli.parse("sum(x*y) if 1 > 0 else 0")
    for _ in range(2):
        assert diffcli.grad(program, {"x": 2.0, "y": 3.0}).gradient == {"x": 3.0, "y": 2.0}
        assert diffcli.grad(program, {"x": [2.0, 1.0], "y": 3.0}).gradient["y"] == 3.0
        assert diffcli.grad(program, {"x": [2.0, 1.0, 1.0], "y": 3.0}).gradient["x"].tolist() == [3.0, 3.0, 3.0]


def test_a_constant_that_is_given_and_is_not_in_turn():
    program = diffcli.parse("e*x")
    for _ in range(2):
        assert diffcli.grad(program, {"x": 3.0}).gradient == {"x": math.e}
        assert diffcli.grad(program, {"x": 3.0, "e": 2.0}).gradient == {"e": 3.0, "x": 2.0}


def test_results_are_their_callers_own():
    program, at = diffcli.parse("x*y"), {"x": 2.0, "y": 3.0}
    first = diffcli.grad(program, at)
    first.gradient["x"] = first.at["x"] = 0.0
    assert diffcli.grad(program, at).gradient == {"x": 3.0, "y": 2.0} and at == {"x": 2.0, "y": 3.0}


def test_copies_and_pickles_are_without_what_is_kept():
    program = diffcli.parse("f(a) = a^2; f(x) + y")
    before = diffcli.grad(program, {"x": 2.0, "y": 1.0})
    for twin in (copy.copy(program), copy.deepcopy(program), pickle.loads(pickle.dumps(program))):
        assert twin == program and not twin.kept and program.kept
        assert diffcli.grad(twin, {"x": 2.0, "y": 1.0}) == before


def test_threads_share_a_program():
    program = diffcli.parse("sin(x)*y + abs(x - y)/2 + exp(-x)")
    ats = [{"x": 0.01 * k, "y": 1.0 + 0.02 * k} for k in range(1, 400)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda at: diffcli.grad(program, at), ats))
    assert together == [long_way("sin(x)*y + abs(x - y)/2 + exp(-x)", at) for at in ats]


@often(200)
@given(st.sampled_from(SHORT), st.floats(0.1, 3.0), st.floats(0.1, 3.0))
def test_its_bounds_hold(case, x, y):
    """No adjoint is further off than its bound, which is no more than a first-order one."""
    text, at, exact = case
    problem = Problem(text, dict(zip(at, (x, y), strict=False)))
    tape, values, bars = problem.tape, problem.values, [None] * problem.tape.size
    bars[tape.output] = 1.0
    bounds = adjoint_errors(tape, values, value_errors(tape, values), bars, problem.active, {}, sweeping=True)
    assert bars == problem.adjoints
    for place in range(len(at)):
        truth = derivative_of(exact, [problem.at[name] for name in at], place)
        slot = problem.input_slot([*at][place])
        assert abs((bars[slot] or 0.0) - truth) <= 1.01 * bounds[slot], (text, problem.at)
