"""Values: what `diffcli.evaluate` returns, and how few arrays it, and a gradient, hold on the way."""

from __future__ import annotations

import tracemalloc
from contextlib import contextmanager

import numpy as np
import pytest
from console import fresh
from inside import (
    MAY_RETURN_OPERAND,
    NUMPY,
    OPERATIONS,
    Evaluator,
    Problem,
    activity,
    arrays,
    evaluate,
    last_uses,
    live_values,
    lower,
)

import diffcli

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


@pytest.mark.parametrize(
    ("target", "at", "message"),  # what is right by hand: 1 - cos(x) is x^2/2 - x^4/24
    [
        ("(1 - cos(x))/x^2", "x=1e-5", "the value has 7 right digits: 0.50000004, and it is 0.5"),
        ("[1, (1 - cos(x))/x^2]", "x=1e-5", "the value of `f2` has 7 right digits: 0.50000004, and it is 0.5"),
        ("[1 - cos(v)]", "v=[1e-9,1]", "the value has no right digit: 0, and it is 5e-19"),
        (lambda x: (x + 1) - 1, {"x": 1e-17}, "the value has no right digit: 0, and it is 1e-17"),
        ("h^10*x/h^9", "h=6.6e-34,x=2", "the value has no right digit: 0, and it is 1.32e-33"),
    ],
)
def test_a_value_without_its_digits_is_an_error_where_that_is_asked_for(target, at, message):
    with pytest.raises(diffcli.NotDifferentiableError) as raised:
        diffcli.evaluate(target, at, strict=True)
    assert [fault.message for fault in raised.value.diagnostics] == [message]
    assert repr(diffcli.evaluate("[x, exp(x)]", "x=1", strict=True)) == repr(diffcli.evaluate("[x, exp(x)]", "x=1"))


def test_numbers_do_not_wait_for_numpy():
    code = "import sys, diffcli; print(diffcli.evaluate('[x, sin(x)]', 'x=0'), 'numpy' in sys.modules)"
    assert fresh(code) == "[0.0, 0.0] False\n"


def test_a_point_is_not_written_into():
    x = np.array([1.0, -0.0, 2.0])
    assert diffcli.evaluate("x", {"x": x}) is not x
    diffcli.evaluate("y = x; y + 1", {"x": x})
    assert str(x) == str(np.array([1.0, -0.0, 2.0]))


def test_what_a_result_holds_is_its_own():
    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    result = diffcli.grad("sum(x + y)", {"x": x, "y": y})
    x[0] = result.gradient["x"][1] = 7.0
    assert result.at["x"].tolist() == [1.0, 2.0]
    assert result.gradient["y"].tolist() == [1.0, 1.0]  # the sweep hands both of them the same array
    product = diffcli.grad("x @ y", {"x": x, "y": y})
    product.gradient["x"][0] = 8.0
    assert product.at["y"].tolist() == y.tolist() == [3.0, 4.0]


# -- memory ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["sin(y{})", "2*y{} + 1", "y{}/3", "tanh(y{})^2", "relu(y{} - 0.5)", "max(y{}, 0.5)", "-y{}"])
def test_a_chain_holds_two_arrays(step):
    x = np.linspace(0.1, 1, LARGE)
    text = "; ".join(["y0 = x", *(f"y{n + 1} = {step.format(n)}" for n in range(50)), "y50"])
    with traced() as peak:
        diffcli.evaluate(text, {"x": x})  # a value and the next one, beside x
        assert peak() < 2.2 * x.nbytes


def test_a_chain_that_is_reduced_gives_up_the_last_array_too():
    x = np.linspace(0.1, 1, LARGE)
    text = "y = " + "cos(" * 50 + "x" + ")" * 50 + "; s = sum(y); s + sum(x)"
    with traced() as peak:
        diffcli.evaluate(text, {"x": x})
        assert peak() < 2.2 * x.nbytes


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
    "y = X*2; z = y.T; w = sin(y); sum(z) + sum(w)", "y = stop_gradient(X*2); z = -y; y*z", "y = max(X*2); -y + sum(X)",
    "y = X*2; z = relu(y)/(3 + y^2); w = z^2; w*(w + 1)", "y = X*2; y*y", "y = X*2; z = stop_gradient(y); w = -y; z + w",
    "y = X[0, :]*s; z = X + y; z*y", "y = X*2; z = where(s > 0, y, X); w = -y; z + w", "y = X*s; z = y[0, :]; w = exp(y); sum(z)*w", "y = X*2; x = y/(y - y); x", "(X*2)^X[0, 0]",
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
        assert np.array_equal(found, every[tape.output], equal_nan=True)
    wanted = [slot for slot in tape.rows() if every[slot] is not None]
    for slot, found in zip(wanted, Evaluator(tape, wanted or [tape.output])(problem.point), strict=False):
        assert np.array_equal(found, every[slot], equal_nan=True)


@pytest.mark.parametrize("name", [name for name, row in OPERATIONS.items() if name not in MAY_RETURN_OPERAND])
def test_an_elementwise_result_shares_no_memory_with_its_operands(name):
    row = OPERATIONS[name]
    function = arrays.STRICT.get(name) or NUMPY.value(name)
    for other in (0.0, 0.5, 1.0, 2.0):
        operands = [np.array([0.25, 0.75, 1.0]), *[np.full(3, other) for _ in row.operands[1:]]]
        for numbers in (operands, [operands[0], *[other for _ in operands[1:]]]):
            with arrays.quiet():
                result = function(*numbers)
            assert not any(np.shares_memory(result, operand) for operand in numbers)
            assert result.dtype == np.float64


# -- what a gradient keeps ---------------------------------------------------------------------------------------------------

X, Y, W = (np.random.default_rng(3).standard_normal(shape) for shape in ((7, 9), (7, 9), (9, 4)))
GRADIENTS = (
    "sum(exp(-X*X) + 1)", "u = X*Y; sum(sin(u)*exp(-X*X) + log(1 + Y*Y)/(2 + u*u))", "sum(relu(X @ W))", "sum(abs(X - Y))",
    "sum(max(X, Y, 0.5))", "sum(where(X > 0, X*Y, Y/X))", "norm(X) + prod(Y) + max(X)", "logsumexp(X*Y)", "s*sum(X) + s^2",
    "cross_entropy(X @ W, [1, 3, 0, 0, 2, 1, 1])", "sum(softmax(X)*Y)", "det((X @ X.T))", "sum(inv(Y @ Y.T))", "sum(solve(Y @ Y.T, X))",
    "sum(outer(X[0, :], Y[1, :]))", "sum(clip(X, Y, 1))", "where(s > 0, sum(X), sum(Y*Y))", "where(s < 0, sum(X), sum(Y*X*Y))",
    "sum(floor(X)*Y)", "sum(hypot(X, Y)^3)", "sum(X^Y)", "sum(sqrt(X - X[0, 0]))", "sum(log(X))", "sum(X/(Y - Y[0, 1]))",
    "sum((X > Y)*X)", "sum(concat(X*Y, X/2))", "sum(stack(X*Y, sin(X))*2)", "sum(cumsum(X, axis=1)*Y)", "sum(tanh(X).T @ Y)",
    "sum(exp(X*1000))", "sum(sinc(X)*atan2(X, Y))", "sum(stop_gradient(X)*X)", "sum(leaky_relu(X, 0.1)*Y)", "0*sum(X)", "sum(X)",
)  # fmt: skip


def outcome(text, **options):
    program = diffcli.parse(text)
    at = {name: {"X": X, "Y": Y, "W": W, "s": 1.5}[name] for name in program.inputs}
    try:
        found = diffcli.grad(program, at, **options)
    except diffcli.DiffcliError as fault:
        return fault.diagnostics
    return found.value, {name: np.asarray(value).tolist() for name, value in found.gradient.items()}, found.notes


@pytest.mark.parametrize("text", GRADIENTS)
@pytest.mark.parametrize("options", [{}, {"wrt": "X"}, {"kink": "left"}, {"strict": True}], ids=str)
def test_a_gradient_and_its_notes_are_the_same_from_the_values_that_are_kept(text, options, monkeypatch):
    if "wrt" in options and "X" not in text:
        return
    expected = outcome(text, **options)
    monkeypatch.setattr(live_values, "LARGE", 0)
    assert repr(outcome(text, **options)) == repr(expected)


def test_about_half_of_the_values_are_kept():
    tape = lower(diffcli.parse(GRADIENTS[1]), shapes={"X": (2, 3), "Y": (2, 3)})
    rows = [slot for slot in live_values.live_slots(tape, activity(tape)) if slot >= tape.first_row]
    assert [tape.operation(slot) for slot in sorted(rows)] == ["mul", "sin", "neg", "exp", "add", "log", "add", "div", "sum"]


def test_a_gradient_holds_what_its_rules_read_and_little_more():
    x = np.linspace(0.1, 1, LARGE)
    text = "y0 = x; " + "; ".join(f"y{n + 1} = 2 + 0.5*(y{n} - 1)" for n in range(50)) + "; sum(y50)"  # a chain of nothing that is read
    with traced() as peak:
        assert diffcli.grad(text, {"x": x}).gradient["x"][0] == 0.5**50
        assert peak() < 4.2 * x.nbytes
