"""Values alone: what `diffcli.evaluate` returns, and how few arrays it holds on the way."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from contextlib import contextmanager

import numpy as np
import pytest

import diffcli
from diffcli.methods.problem import Problem
from diffcli.tape import evaluate, lower
from diffcli.tape.evaluation import Evaluator, last_uses

LARGE = 1_000_000


@contextmanager
def traced():
    """Gives a function that tells how many bytes were held at most so far."""
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("target", "at", "value"),
    [
        ("3", {}, 3.0),
        ("x^2*y", "x=3, y=2", 18.0),
        ("f(x) = x^2; f(3)", {}, 9.0),
        ("[x]", "x=2", [2.0]),
        ("[x, 2]", "x=2", [2.0, 2.0]),
        ("-x", "x=0", 0.0),
        (lambda x: x * x, {"x": 3}, 9.0),
        (lambda x: [x, 2 * x], {"x": 3}, [3.0, 6.0]),
        ("where(x > 0, log(x), 2*x)", "x=-3", -6.0),
        ("where(s > 0, sum(log(x)), sum(x*x))", "s=-1, x=[1, 2]", 5.0),
    ],
)
def test_numbers(target, at, value):
    found = diffcli.evaluate(target, at)
    assert found == value
    assert type(found) is type(value)
    assert str(found) == str(value)  # no -0


@pytest.mark.parametrize(
    ("target", "at", "value"),
    [
        ("x", "x=[1, 2]", [1.0, 2.0]),
        ("u = [x, y]; u*2", "x=1, y=2", [2.0, 4.0]),
        ("[[x, y], [1, 2]]", "x=1, y=2", [[1.0, 2.0], [1.0, 2.0]]),
        ("W @ x", {"W": [[1, 2], [3, 4]], "x": [1, -1]}, [-1.0, -1.0]),
        ("log(x)", "x=[1, -1]", [0.0, float("nan")]),
        (lambda x: x * 2, {"x": [1.0, 2.0]}, [2.0, 4.0]),
        ("y = x*2; z = y + x; y*z", "x=[1, 2]", [6.0, 24.0]),
    ],
)
def test_arrays(target, at, value):
    found = diffcli.evaluate(target, at)
    assert found.dtype == np.float64
    assert np.array_equal(found, np.array(value), equal_nan=True)


@pytest.mark.parametrize("target", ["1/x", "[2, 1/x]", "[2, 1/x]; log(x - 1)", "sum(log(a*x - 1))"])
def test_an_undefined_number_is_an_error_with_its_place(target):
    with pytest.raises(diffcli.DomainError) as raised:
        diffcli.evaluate(target, {"x": 0, "a": [1.0, 2.0]} if "a" in target else {"x": 0})
    assert raised.value.diagnostics[0].marks


def test_numbers_do_not_wait_for_numpy():
    code = "import sys, diffcli; print(diffcli.evaluate('[x, sin(x)]', 'x=0'), 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[0.0, 0.0] False\n"


def test_a_point_is_not_written_into():
    x = np.array([1.0, -0.0, 2.0])
    assert diffcli.evaluate("x", {"x": x}) is not x
    diffcli.evaluate("y = x; y + 1", {"x": x})
    assert str(x) == str(np.array([1.0, -0.0, 2.0]))


# -- memory ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["sin(y{})", "2*y{} + 1", "y{}/3", "tanh(y{})^2", "relu(y{} - 0.5)", "max(y{}, 0.5)", "-y{}"])
def test_a_chain_holds_three_arrays(step):
    x = np.linspace(0.1, 1, LARGE)
    text = "; ".join(["y0 = x", *(f"y{n + 1} = {step.format(n)}" for n in range(50)), "y50"])
    with traced() as peak:
        diffcli.evaluate(text, {"x": x})  # a copy of x, a value, and the next one
        assert peak() < 3.2 * x.nbytes


def test_a_chain_that_is_reduced_gives_up_the_last_array_too():
    x = np.linspace(0.1, 1, LARGE)
    text = "y = " + "cos(" * 50 + "x" + ")" * 50 + "; s = sum(y); s + sum(x)"
    with traced() as peak:
        diffcli.evaluate(text, {"x": x})
        assert peak() < 3.2 * x.nbytes


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("y = x*x; y + x", [[], [1, 0]]),
        ("y = x*x; z = sin(x); x + 1", [[1], [2], [0]]),  # what is not used is given up at once
        ("x*x*x", [[], [1, 0]]),
        ("y = x*2; y*y; y", [[0], [2]]),
        ("where(x > 0, x*2, x*3)", [[], [], [0], [2, 3]]),  # the condition is a number that decides, and stays
    ],
)
def test_last_uses(text, kept):
    tape = lower(diffcli.parse(text))
    assert [sorted(last) for last in last_uses(tape, [tape.output])] == [sorted(last) for last in kept]


PROGRAMS = (
    "Y = X @ W; sum(tanh(Y)*Y)", "softmax(X[0, :])", "u = X*X; v = u + X; w = u*v; [sum(u), sum(w)]", "where(X > 0, X, -X)",
    "where(s > 0, X*2, where(s < 5, X*3, X*4)) + s", "where(s < 0, where(s < -5, X, X*7), X*4)", "norm(X) + sum(X*s)", "2", "X",
)  # fmt: skip


@pytest.mark.parametrize("text", PROGRAMS)
@pytest.mark.parametrize("s", [-9.0, -1.0, 1.0])
def test_what_is_given_up_is_not_missed(text, s):
    at = {"X": np.arange(6.0).reshape(2, 3) - 2, "W": np.ones((3, 2)), "s": s}
    program = diffcli.parse(text)
    problem = Problem(program, {name: at[name] for name in program.inputs})
    tape = problem.tape
    every = evaluate(tape, problem.point)
    for _ in range(2):
        (found,) = Evaluator(tape)(problem.point)
        assert np.array_equal(found, every[tape.output])
    wanted = [slot for slot in tape.rows() if every[slot] is not None]
    for slot, found in zip(wanted, Evaluator(tape, wanted or [tape.output])(problem.point), strict=False):
        assert np.array_equal(found, every[slot])
