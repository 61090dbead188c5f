"""A recording is held against its function: what plain Python computes, and what a handler of the user's swallows."""

from __future__ import annotations

import ast
import contextlib
import decimal
import fractions
import io
import json
import logging
import math
import numbers
import random
import re
import string
import textwrap
import warnings

import numpy as np
import pytest
from console import run
from inside import Problem, record

import diffcli


def text_of(call):
    with pytest.raises(diffcli.DiffcliError) as caught:
        call()
    return diffcli.explain(caught.value, 200)


# -- the plain run ---------------------------------------------------------------------------------------------------------


def typed(x):
    return x * 3 if type(x) in (int, float) else x * 7


def test_a_function_that_asks_for_the_type_is_not_what_was_recorded():
    line = typed.__code__.co_firstlineno + 1
    assert text_of(lambda: diffcli.grad(typed, {"x": 3.0})) == textwrap.dedent(f"""\
        error[not-as-recorded]: `typed` gives 9 in plain Python, and 21 as it is recorded
          in test_recording_verified.py
        {line} │     return x * 3 if type(x) in (int, float) else x * 7
           │                     ^^^^^^^^^^^^^^^^^^^^^^^
          = note: here the two take different ways: on the kind of a value (`type`, an attribute), or on a value that differs by then
          = help: verify=False takes what is recorded for the function
          = help: differences of plain calls need no recording: diffcli.grad(typed, at, mode="numeric")
    """)
    assert diffcli.grad(typed, {"x": 3.0}, verify=False).gradient == {"x": 7.0}


def counting():
    calls = []

    def count(x):
        calls.append(x)
        return x * len(calls)

    return count


def remembering():
    known = {}

    def once(x):
        return x * known.setdefault("factor", 3.0 if type(x) is float else 7.0) + (x if "again" in known else known.update(again=1) or 0)

    return once


def scaled(x, data):
    data *= 2
    return (data * x).sum()


def probed(x):
    return x * 3 if hasattr(x, "_slot") else x * 7


def drawn(x):
    print(x)
    return x * random.random()


def by_length(x):
    return [x] * (2 if type(x) is float else 3)


DIFFERENT = [
    (typed, {"x": 3.0}, "return x * 3 if type(x) in (int, float) else x * 7"),
    (lambda x: x.sum() if type(x) is np.ndarray else 5 * x[0], {"x": [1.0, 2.0]}, "gives 3 in plain Python, and 5 as"),
    (lambda x: np.sqrt(x) if type(x) is np.ndarray else 5 * x, {"x": [1.0, 4.0]}, "gives f[1] = 2 in plain Python, and 20 as"),
    (probed, {"x": 1.0}, "hasattr(x, \"_slot\")"),
    (by_length, {"x": 1.0}, "gives results of the shapes (), () in plain Python, and results of the shapes (), (), () as"),
    (lambda x: [x, x * 2 if type(x) is float else x], {"x": 1.0}, "gives f2 = 2 in plain Python, and 1 as"),
    (lambda x: {float: x}.get(type(x), 2 * x), {"x": 1.0}, "something that it calls takes a traced number for another"),
    (lambda x: x * random.random(), {"x": 1.0}, "random numbers are drawn, or something is kept from call to call"),
    (drawn, {"x": 1.0}, "random numbers are drawn, or something is kept from call to call"),
    (lambda x: x * np.random.rand(), {"x": 1.0}, "random numbers are drawn, or something is kept from call to call"),
    (lambda x: (x * np.random.default_rng().normal(size=2)).sum(), {"x": [1.0, 2.0]}, "random numbers are drawn"),
    (counting(), {"x": 2.0}, "random numbers are drawn, or something is kept from call to call"),
    (lambda x: x * 3 if type(x) is not float else {}["lost"], {"x": 1.0}, "plain Python raises this, and the recording does not"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "at", "said"), DIFFERENT)
@pytest.mark.parametrize("ask", [
    diffcli.jacobian, diffcli.evaluate, lambda f, at: diffcli.jvp(f, at, at), lambda f, at: diffcli.vjp(f, at, [1.0] * 3),
    lambda f, at: diffcli.jacobian(f, at, mode="symbolic"),
])  # fmt: skip
def test_what_is_not_as_recorded_is_refused_with_its_reason(function, at, said, ask):
    assert said in text_of(lambda: ask(function, at))


@pytest.mark.parametrize(("function", "at", "said"), DIFFERENT)
def test_numeric_mode_takes_what_plain_python_gives_and_refuses_what_differs_from_call_to_call(function, at, said):
    if "random" in said or "plain Python raises" in said:
        assert (said if "random" in said else "KeyError: 'lost'") in text_of(lambda: diffcli.jacobian(function, at, mode="numeric"))
    else:
        (note,) = (note for note in diffcli.jacobian(function, at, mode="numeric").notes if note.code == "plain-calls")
        assert said in diffcli.explain([note], width=200)


def test_every_question_about_one_number_is_held_against_the_function():
    at = {"x": 3.0}
    asked = [diffcli.grad, diffcli.hessian, diffcli.check, diffcli.trace, lambda f, at: diffcli.hvp(f, at, at), diffcli.taylor,
             lambda f, at: diffcli.grad(f, at, mode="forward"), lambda f, at: diffcli.value_and_grad(f)(**at)]  # fmt: skip
    for ask in asked:
        assert "gives 9 in plain Python, and 21 as" in text_of(lambda ask=ask: ask(typed, at))
    for ask in (diffcli.grad, diffcli.hessian, diffcli.trace, diffcli.check, diffcli.evaluate, diffcli.jacobian, diffcli.vjp):
        ask(typed, at, verify=False)
    diffcli.jvp(typed, at, at, verify=False)
    diffcli.hvp(typed, at, at, verify=False)
    diffcli.taylor(typed, at, verify=False)


def test_an_argument_that_is_written_into_is_named():
    text = text_of(lambda: diffcli.grad(scaled, {"x": 2.0, "data": np.ones(3)}, wrt="x"))
    assert "`scaled` gives 24 in plain Python, and 12 as it is recorded" in text
    assert "it writes into its argument `data`, so that a second run is given other numbers" in text


def noisy(x):
    print("heard once")
    return np.exp(x) * x


@pytest.mark.parametrize(("function", "at"), [
    (lambda x: 1 / (x - 1), {"x": 1.0}),
    (lambda x: (-x) ** 0.5, {"x": 8.0}),
    (lambda x: np.arctan(x / (x - 1)), {"x": 1.0}),
    (lambda x: np.log(-x).sum(), {"x": [1.0, 2.0]}),
    (lambda x: math.nan * x, {"x": 1.0}),
    (lambda x: float("nan"), {"x": 1.0}),
    (lambda x: float("nan"), {"x": [1.0, 2.0]}),
    (lambda x: np.float64("nan"), {"x": 1.0}),
])  # fmt: skip
def test_what_has_no_value_is_told_as_such(function, at):
    for ask in (diffcli.grad, diffcli.jacobian, diffcli.hessian, diffcli.evaluate, diffcli.check):
        with pytest.raises(diffcli.DomainError):
            ask(function, at)


def test_a_constant_without_a_value_is_blamed():
    assert text_of(lambda: diffcli.grad(lambda x: float("nan"), {"x": 1.0})) == (
        "error[domain]: the result is nan, whatever the variables are\n"
    )
    assert text_of(lambda: diffcli.grad(lambda x: 2 + math.nan * x, {"x": 1.0})).startswith(
        "error[domain]: a number of the function itself is nan\n  in test_recording_verified.py\n"
    )


@pytest.mark.parametrize(("function", "value"), [
    (lambda x: 3.0, 3.0), (lambda x: True, 1.0), (lambda x: np.int64(3), 3.0), (lambda x: [1.0, 2.0], [1.0, 2.0]),
    (lambda x: np.array([1.0, 2.0]), [1.0, 2.0]), (lambda x: (x.sum() if np.ndim(x) else x) * 0 + 1, 1.0),
])  # fmt: skip
@pytest.mark.parametrize("x", [2.0, [1.0, 2.0]])
def test_constants_are_results(function, value, x):
    assert np.asarray(diffcli.evaluate(function, {"x": x})).tolist() == value
    found = diffcli.jacobian(function, {"x": x})
    assert all(not np.any(block["x"]) for block in found.jacobian.values())


@pytest.mark.parametrize(("result", "said"), [
    (None, "returned None, not a number"), ("text", "returned a `str`, not a number"), ({"a": 1}, "returned a `dict`, not a number"),
    (1j, "returned a `complex`, not a number"), ([1.0, "a"], "returned a `str` among its results, not a number"),
    (np.complex128(1j), "complex"), (np.array(["a"]), "a `ndarray` is no "), (np.array([1j]), "real number"), ([], "returned no numbers"),
    (np.zeros(0), "returned an empty array"), ([1.0, np.zeros((2, 0))], "returned an empty array among its results"),
    (iter([1.0]), "returned a `list_iterator`, not a number"), (10**400, "beyond the range of a float"), (float, "returned a `type`"),
])  # fmt: skip
def test_results_that_are_no_numbers_are_refused(result, said):
    for x in (1.0, [1.0, 2.0]):
        for ask in (diffcli.grad, diffcli.jacobian, diffcli.evaluate):
            assert said in text_of(lambda ask=ask, x=x: ask(lambda x: result, {"x": x}))


def test_the_plain_run_is_not_heard_and_gets_its_own_arrays(capsys):
    given = np.array([1.0, 2.0])
    seen = []

    def f(x, label, count):
        seen.append((type(x), label, count))
        print("heard once")
        return (x * count).sum()

    assert diffcli.grad(f, {"x": given, "label": "a", "count": 3}, wrt="x").gradient["x"].tolist() == [3.0, 3.0]
    assert capsys.readouterr().out == "heard once\n"
    assert seen[1] == (np.ndarray, "a", 3) and given.tolist() == [1.0, 2.0]
    assert diffcli.grad(noisy, {"x": 1.0}).value == pytest.approx(math.e)


def test_other_threads_are_heard_while_the_plain_run_is_not(capsys):
    from threading import Thread

    def f(x):
        thread = Thread(target=lambda: print("from a thread"))
        thread.start()
        thread.join()
        print("from here")
        return x * x

    diffcli.grad(f, {"x": 1.0})
    assert capsys.readouterr().out == "from a thread\nfrom here\nfrom a thread\n"
    threads = [Thread(target=lambda: [diffcli.grad(lambda x: x * x, {"x": 1.0}) for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("still heard")
    assert capsys.readouterr().out == "still heard\n"


def test_the_plain_run_writes_into_copies():
    given = np.array([1.0, 2.0])
    weights = np.ones(2)

    def f(x, w):
        x += 1
        return (x * w).sum() + (x * x).sum()

    result = diffcli.grad(f, {"x": given, "w": weights})
    assert (result.value, result.gradient["x"].tolist()) == (18.0, [5.0, 7.0])
    assert (given.tolist(), result.at["x"].tolist()) == ([1.0, 2.0], [1.0, 2.0])
    problem = Problem(f, {"x": given, "w": weights}, wrt="x")
    assert problem.at["x"].tolist() == [1.0, 2.0] and weights.tolist() == [1.0, 1.0]


def test_values_that_rounding_alone_moves_are_the_same():
    def lost(x):  # sums in another order, and a cancellation that enlarges their rounding
        return (diffcli.exp(x) + 1e10 - 1e10) * 1e10 if type(x) is not float else (math.exp(x) * (1 + 2**-52) + 1e10 - 1e10) * 1e10

    assert diffcli.grad(lost, {"x": 1.0}).value == pytest.approx(math.e * 1e10, rel=1e-5)
    with pytest.raises(diffcli.ExpressionError, match="in plain Python"):
        diffcli.grad(lambda x: x * (1 + 1e-13 * (type(x) is float)), {"x": 1.0})


def test_value_and_grad_runs_the_function_once_more_for_each_set_of_branches():
    plain = []

    def f(x, kind):
        plain.append(type(x) is float)
        return x * x if x > 0 else (-x if kind == "a" else x)

    g = diffcli.value_and_grad(f, wrt="x")
    for x, kind, runs in ((1.0, "a", 1), (2.0, "a", 1), (-1.0, "a", 2), (-2.0, "a", 2), (3.0, "a", 2), (-1.0, "b", 3), (-1.0, "b", 3)):
        g(x, kind)
        assert sum(plain) == runs
    never = diffcli.value_and_grad(f, wrt="x", verify=False)
    never(1.0, "a")
    assert sum(plain) == 3


# -- refusals that a handler swallows ----------------------------------------------------------------------------------------


def bare(x):
    try:
        y = math.exp(x)
    except:  # noqa: E722
        y = 1e300
    return x * x + min(y, 10)


def suppressed(x):
    y = 1e300
    with contextlib.suppress(Exception):
        y = math.exp(x)
    return x * y


def replaced(x):
    try:
        return math.exp(x)
    except Exception as failure:
        raise RuntimeError("no exponential") from failure


def in_a_library(x):
    from functools import reduce

    def careful(total, function):
        try:
            return total * function(x)
        except Exception:
            return total

    return reduce(careful, [math.exp, math.cos], x)


def in_a_loop(x):
    total = x
    for k in range(3):
        try:
            total = total + [1.0, 2.0, 3.0][x]
        except Exception:
            total = total + k
        try:
            total = total * math.cosh(x)
        except Exception:
            total = total * 2
    return total


def enough(x):
    for _ in range(5000):
        with contextlib.suppress(Exception):
            x = x + 1
    return x


SWALLOWED = [
    (bare, "`math.exp(...)` needs a plain number", "y = math.exp(x)"),
    (suppressed, "`math.exp(...)` needs a plain number", "y = math.exp(x)"),
    (replaced, "`math.exp(...)` needs a plain number", "return math.exp(x)"),
    (in_a_library, "needs a plain number", "return total * function(x)"),
    (in_a_loop, "`math.cosh(...)` needs a plain number", "total = total * math.cosh(x)"),
]


@pytest.mark.parametrize(("function", "said", "line"), SWALLOWED)
def test_a_refusal_that_is_swallowed_comes_back(function, said, line):
    for ask in (diffcli.grad, diffcli.jacobian, lambda f, at: diffcli.grad(f, at, verify=False), record):
        text = text_of(lambda ask=ask: ask(function, {"x": 1.0}))
        assert text.startswith("error[untraceable]") and said in text and line in text


def test_a_limit_that_is_swallowed_comes_back():
    with pytest.raises(diffcli.LimitError, match="more than 1000 values"):
        diffcli.grad(enough, {"x": 1.0}, max_nodes=1000)


def own(x):
    try:
        if x > 0:
            raise ValueError("mine")
    except ValueError:
        return 3 * x * x
    return x


def keyed(x):
    try:
        return {}[x]
    except Exception:  # plain Python raises a KeyError here
        return 3 * x * x


def indexed(x):
    with contextlib.suppress(Exception):
        x = [1.0, 2.0][x]  # plain Python raises a TypeError here
    return 3 * x * x


@pytest.mark.parametrize("function", [own, keyed, indexed])
def test_handlers_of_what_plain_python_raises_too_work(function):
    result = diffcli.grad(function, {"x": 2.0})
    assert (result.value, result.gradient) == (12.0, {"x": 12.0})


def test_a_handler_of_what_plain_python_raises_too_may_write_into_its_argument():
    """Each run is given an array of its own, and finds the line by where it stands: Python makes other instructions of it."""

    def outside(x):
        x[0] += 1.0
        try:
            y = math.sqrt(x[1])  # plain Python raises a ValueError here
        except Exception:
            y = 2.0
        return (x * x).sum() + y

    point = np.array([1.0, -2.0])
    for verify in (True, False) * 3:
        result = diffcli.grad(outside, {"x": point}, verify=verify)
        assert (result.value, result.gradient["x"].tolist()) == (10.0, [4.0, -4.0])
    assert point.tolist() == [1.0, -2.0]


# -- what a traced value shows -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "function, said",
    [
        (lambda x: np.sum(x).item(), "AttributeError: a traced value stands for a `float`, which has no attribute 'item'"),
        (lambda x: np.max(x).reshape(-1)[0], "AttributeError: a traced value stands for a `float`, which has no attribute 'reshape'"),
        (lambda x: x.flops, "AttributeError: a traced value stands for a `ndarray`, which has no attribute 'flops'"),
    ],
)
def test_an_attribute_that_is_not_there_is_told_with_what_the_value_stands_for(function, said):
    with pytest.raises(diffcli.ExpressionError) as raised:
        diffcli.grad(function, {"x": np.ones(2)})
    assert raised.value.diagnostics[0].message == said


def test_a_traced_value_has_the_public_attributes_of_a_plain_one():
    kept = []
    f = lambda x, a: [kept.extend([x, a, x > 0]), x * a.sum()][1]
    diffcli.grad(f, {"x": 1.0, "a": np.ones(2)}, verify=False)
    for traced, plain in zip(kept, (1.0, np.ones(2), 1.0), strict=True):
        assert dir(traced) == dir(plain)
        own = {name for kind in type(traced).__mro__ for name in vars(kind) if not name.startswith("_")}
        assert own <= {name for name in dir(plain) if not name.startswith("_")}


@pytest.mark.parametrize("name", ["value", "slot", "recorder", "apply", "lacking", "exp", "sin", "shape", "sum"])
def test_a_number_is_asked_in_vain_for_what_a_float_has_not(name):
    assert diffcli.grad(lambda x: x * 3 + getattr(x, name, x) ** 2, {"x": 3.0}).gradient == {"x": 9.0}
    assert diffcli.grad(lambda x: x * 3 if hasattr(x, name) else x * 7, {"x": 3.0}).gradient == {"x": 7.0}


@pytest.mark.parametrize(("function", "at", "slope"), [
    (lambda x: x * 3 if isinstance(x, float) else x * 7, {"x": 1.0}, 3.0),
    (lambda x: x * 3 if isinstance(x, (int, float, np.floating)) else x * 7, {"x": 1.0}, 3.0),
    (lambda x: x * 3 if isinstance(x, numbers.Number) else x * 7, {"x": 1.0}, 3.0),
    (lambda x: x * 3 if isinstance(x, int) else x * 7, {"x": 1.0}, 7.0),
    (lambda x: x * 3 if np.isscalar(x) else x * 7, {"x": 1.0}, 3.0),
    (lambda x: x * 3 if callable(x) else x * 7, {"x": 1.0}, 7.0),
    (lambda x: x * 3 if isinstance(x > 0, bool) else x * 7, {"x": 1.0}, 3.0),
    (lambda x: x * 3 if x.is_integer() else x * 7, {"x": 1.0}, 3.0),
    (lambda x: x.real * 3 + x.imag + x.conjugate(), {"x": 1.0}, 4.0),
    (lambda x: x.sum() if isinstance(x, np.ndarray) else 5 * x[0], {"x": [1.0, 2.0]}, [1.0, 1.0]),
    (lambda x: x.sum() if hasattr(x, "shape") else 5 * x[0], {"x": [1.0, 2.0]}, [1.0, 1.0]),
    (lambda x: x.sum() if not isinstance(x, (list, tuple, float)) else 5 * x[0], {"x": [1.0, 2.0]}, [1.0, 1.0]),
    (lambda x: x.sum() if not np.isscalar(x) else 5 * x[0], {"x": [1.0, 2.0]}, [1.0, 1.0]),
])  # fmt: skip
def test_a_traced_value_is_an_instance_of_what_the_plain_one_is(function, at, slope):
    assert np.asarray(diffcli.grad(function, at).gradient["x"]).tolist() == slope


@pytest.mark.parametrize(("function", "at", "said"), [
    (lambda x: x * len(x.hex()), {"x": 1.0}, "hex() of a traced value is not recorded"),
    (lambda x: x.as_integer_ratio()[0], {"x": 1.0}, "as_integer_ratio() of a traced value is not recorded"),
    (lambda x: x.strides[0] * x.sum(), {"x": [1.0]}, "`strides` of a traced value is not recorded"),
])  # fmt: skip
def test_what_a_plain_value_has_and_a_tape_cannot_follow_is_refused(function, at, said):
    assert said in text_of(lambda: diffcli.grad(function, at))


# -- in other files -----------------------------------------------------------------------------------------------------------

MODEL = '''\
import functools
import statistics

import other


def called(x):
    return 2*other.exponential(x)


class Model:
    @classmethod
    def of(cls, x):
        return other.exponential(x)


def decorate(function):
    @functools.wraps(function)
    def inner(*given, **named):
        return function(*given, **named)

    return inner


@decorate
def decorated(x):
    return other.wave(x)


part = functools.partial(lambda a, x: a*other.wave(x), 2.0)
wave = lambda x: other.wave(x)
raises = lambda x: other.raises(x)
mean = lambda x: statistics.mean([x, 2*x])
swallows = lambda x: other.swallows(x)
typed = lambda x: other.typed(x)
'''

OTHER = '''\
import math


def exponential(x):
    return math.exp(x) + 1


wave = lambda x: math.sin(x)


def raises(x):
    return x*{}["key"]


def swallows(x):
    try:
        return math.exp(x)
    except Exception:
        return x


def typed(x):
    return x if type(x) is float else 2*x
'''

EXPONENTIAL = "  in other.py\n5 │     return math.exp(x) + 1\n  │            ^^^^^^^^^^^\n"
WAVE = "  in other.py\n8 │ wave = lambda x: math.sin(x)\n  │                  ^^^^^^^^^^^\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    import sys

    (tmp_path / "model.py").write_text(MODEL, encoding="utf-8")
    (tmp_path / "other.py").write_text(OTHER, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    sys.modules.pop("other", None)  # another test may have one of that name
    yield tmp_path
    sys.modules.pop("other", None)


@pytest.mark.parametrize(("name", "said"), [
    ("called", f"{EXPONENTIAL}  = note: called in `called` of model.py, line 8\n"),
    ("Model.of", f"{EXPONENTIAL}  = note: called in `of` of model.py, line 14\n"),
    ("decorated", f"{WAVE}  = note: called in `decorated` of model.py, line 27\n"),
    ("part", f"{WAVE}  = note: called in `<lambda>` of model.py, line 30\n"),
    ("wave", f"{WAVE}  = note: called in `<lambda>` of model.py, line 31\n"),
    ("raises", "KeyError: 'key'\n  in other.py\n12 │     return x*{}[\"key\"]\n   │              ^^^^^^^^^\n  = note: called in `<lambda>` of model.py, line 32\n"),
    ("mean", "  in model.py\n33 │ mean = lambda x: statistics.mean([x, 2*x])\n   │                  ^^^^^^^^^^^^^^^^^^^^^^^^^\n  = note: raised in `"),
    ("swallows", "  in other.py\n17 │         return math.exp(x)\n   │                ^^^^^^^^^^^\n  = note: called in `<lambda>` of model.py, line 34\n"),
    ("typed", "as it is recorded\n  in other.py\n23 │     return x if type(x) is float else 2*x\n   │                 ^^^^^^^^^^^^^^^^\n"),
])  # fmt: skip
def test_the_caret_is_in_the_file_of_the_culprit(folder, name, said):
    outcome = run(f"grad model.py:{name} --at x=1 -q")
    assert (outcome.exit, outcome.stdout) == (3, "")
    assert said in outcome.stderr


def test_a_recording_may_be_taken_unseen(folder):
    assert run("grad model.py:typed --at x=1 -q --no-verify").stdout == "f\t2\ndf/dx\t2\n"
    assert "--no-verify takes what is recorded for the function" in run("hessian model.py:typed --at x=1").stderr
    assert run("check model.py:typed --at x=1 --no-verify").exit == 1


# -- the function itself, as one more way -----------------------------------------------------------------------------------------


def newton(a):
    x = a
    while abs(x * x - a) > 1e-3:
        x = (x + a / x) / 2
    return x


def table(x):
    known = [0.0, 1.0, 4.0, 9.0]
    k = 0
    while k < 2 and x > k + 1:
        k += 1
    return known[k] + (x - k) * (known[k + 1] - known[k])


def entry(a):
    from test_check import bisection

    return [a[1] * 2, bisection(a[0]) * a]


@pytest.mark.parametrize(("function", "at", "slopes"), [
    (lambda x, y: x**3 * y + diffcli.sin(x * y), {"x": 1.2, "y": 0.7}, [3.491223978088916, 2.5289553910095695]),
    (lambda w: np.sum(np.tanh(w) ** 2), {"w": [0.1, 0.2]}, [2 * math.tanh(x) / math.cosh(x) ** 2 for x in (0.1, 0.2)]),
    (newton, {"a": 3.0}, [0.2889030612244898]),
    (table, {"x": 1.5}, [3.0]),
    (lambda x: diffcli.cos(diffcli.sin(x)), {"x": 543.1910616336198}, None),
    (lambda x: abs(x), {"x": 0.0}, [math.nan]),
    (lambda x: 3.0, {"x": 1.0}, [0.0]),
])  # fmt: skip
def test_check_has_the_function_itself(function, at, slopes):
    agreement = diffcli.check(function, at)
    assert agreement.passed
    ways = [found.ways[-1] for found in agreement.checks]
    assert [way.name for way in ways] == ["function"] * len(ways)
    found = [math.nan if way.value is None else way.value for way in ways]
    assert slopes is None or found == pytest.approx(slopes, rel=1e-9, nan_ok=True)


def test_check_of_an_iteration_whose_branches_move_disagrees():
    from test_check import bisection

    (found,) = diffcli.check(bisection, {"a": 3.0}).checks
    assert (found.verdict, found.reason) == ("disagree", "recorded")
    assert found.ways[-1].value == pytest.approx(1 / (2 * math.sqrt(3)), rel=1e-9)
    assert [way.agrees for way in found.ways] == [True] * 5 + [False]


def test_what_a_function_holds_on_purpose_is_no_disagreement():
    assert diffcli.check(lambda x: x * diffcli.stop_gradient(x), {"x": 2.0}).passed


def test_elements_of_results_are_checked_against_the_function():
    from inside import System, agreements_of

    found = agreements_of(System(entry, {"a": [3.0, 2.0]}))
    assert [agreement.passed for agreement in found] == [True, False, False]
    assert [[check.verdict for check in agreement.checks] for agreement in found] == [["agree"] * 2, ["disagree", "agree"], ["disagree", "agree"]]


# -- what is given amiss ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("call", "said"), [
    (lambda: diffcli.difference(math.sin, {"t": 1.0}), 'error[missing-value]: no value for `x`\n  = note: at= gives `t`, which `sin` does not use\n  = help: add at="x=..."\n'),
    (lambda: diffcli.difference(math.sin, None), "error[bad-value]: the point is None, not a finite number\n"),
    (lambda: diffcli.difference("x", 1.0), "error[bad-value]: a difference is of a Python function, not of a `str`\n"),
    (lambda: diffcli.difference(math.sin, 1.0, step="a"), "error[bad-value]: the step is a, not a positive number\n"),
    (lambda: diffcli.difference(lambda x: None, 1.0), "error[bad-result]: the function returned a `NoneType`, not a number\n"),
    (lambda: diffcli.difference(lambda x: [x], 1.0), "error[bad-result]: the function returned a `list`, not a number\n"),
    (lambda: diffcli.difference(lambda x: "a", 1.0), "error[bad-result]: the function returned a `str`, not a number\n"),
    (lambda: diffcli.jvp("x", "x=1", [1]), 'error[usage]: a direction is a mapping of names to values, or text, not a `list`\n  = help: write {"x": 2.0}, or "x=2"\n'),
    (lambda: diffcli.grad("x", [1]), 'error[usage]: a point is a mapping of names to values, or text, not a `list`\n  = help: write {"x": 2.0}, or "x=2"\n'),
    (lambda: diffcli.grad("x", {"x": 1.0, 2: 1.0}), "error[unknown-variable]: the expression has no variable `2`\n  = help: its variables: x\n"),
    (lambda: diffcli.grad("x", {"x": 1.0, None: 1.0}), "error[unknown-variable]: the expression has no variable `None`\n  = help: its variables: x\n"),
    (lambda: diffcli.grad(lambda x: x, {"x": 1.0, 2: 1.0}), "error[unknown-variable]: `<lambda>` has no variable `2`\n  = help: its variables: x\n"),
    (lambda: diffcli.grad("x", {"x": 1.0}, wrt=0), 'error[usage]: names are a text or a list of texts, not 0\n  = help: write "x, y", or ["x", "y"], with wrt=\n'),
    (lambda: diffcli.grad("x", {"x": 1.0}, wrt=[0]), 'error[usage]: names are a text or a list of texts, not [0]\n  = help: write "x, y", or ["x", "y"], with wrt=\n'),
    (lambda: diffcli.grad(lambda x: x, {"x": 1.0}, wrt=0), 'error[usage]: names are a text or a list of texts, not 0\n  = help: write "x, y", or ["x", "y"], with wrt=\n'),
    (lambda: diffcli.grad(lambda x, y=1.0: x, {"x": 1.0}, wrt="z"), "error[unknown-variable]: `<lambda>` has no variable `z`\n  = help: its variables: x, y\n"),
    (lambda: diffcli.value_and_grad(lambda x: x, wrt=0)(1.0), 'error[usage]: names are a text or a list of texts, not 0\n  = help: write "x, y", or ["x", "y"], with wrt=\n'),
    (lambda: diffcli.jacobian("x", {"x": 1.0}, of=0), 'error[usage]: names are a text or a list of texts, not 0\n  = help: write "x, y", or ["x", "y"], with of=\n'),
    (lambda: diffcli.vjp("x", {"x": 1.0}, 5), "error[usage]: weights are numbers in a list, a mapping or a text, not a `int`\n"),
    (lambda: diffcli.taylor("x", {"x": 1.0}, wrt=0), "error[usage]: the variable is a name, not 0\n"),
    (lambda: diffcli.grad("x", {"x": 1.0}, kink=[]), "error[unknown-choice]: there is no kink `[]`\n  = help: one of: min-norm, mean, left, right, nan, error\n"),
])  # fmt: skip
def test_what_is_no_name_no_number_or_no_function_is_told(call, said):
    assert text_of(call) == said


def test_numbers_of_other_kinds_are_points_of_a_difference():
    from fractions import Fraction

    for x in (Fraction(1, 2), np.float32(0.5), np.array(0.5), 1, True):
        assert diffcli.difference(lambda x: x * x, x).estimate == pytest.approx(2 * float(x), rel=1e-9)


@pytest.mark.parametrize("function", [
    lambda x: diffcli.sqrt(x) + (3 if type(x) is float else 7),
    lambda x: (x * 3 if type(x) is float else x * 7 + 1) * 1e300 * 1e10,
    lambda x: np.log(x + 1) / 1e-320 * (1 if type(x) is float else 2) + (1 if type(x) is float else math.inf),
])  # fmt: skip
def test_a_pole_or_an_overflow_on_the_way_excuses_no_other_value(function):
    assert "in plain Python, and" in text_of(lambda: diffcli.evaluate(function, {"x": 0.0}))


# -- exceptions that the function catches, in plain Python and as it is recorded -----------------------------------------------


def caught(compute, kind, otherwise):
    def function(x):
        try:
            return compute(x)
        except kind:
            return otherwise(x)

    return function


def by_index_to_the_end(x):
    total, k = 0.0, 0
    while True:
        try:
            total = total + x[k] ** 2
        except IndexError:
            return total
        k += 1


def suppressed(x):
    with contextlib.suppress(IndexError):
        return x[9]
    return (x**2).sum()


def squares(x):
    return (x**2).sum()


MISFITS = [
    (lambda x: x[7], IndexError), (lambda x: x[-5], LookupError), (lambda x: x["a"], IndexError), (lambda x: x[1.5], IndexError),
    (lambda x: x + np.ones(3), ValueError), (lambda x: x @ np.ones(3), ValueError), (lambda x: x.reshape(3, 3), ValueError),
    (lambda x: np.stack([x, x[:2]]), ValueError), (lambda x: np.concatenate([x, x.reshape(2, 2)]), ValueError),
    (lambda x: x.sum(axis=3), np.exceptions.AxisError), (lambda x: x.sum(axis=3), IndexError),
    (lambda x: np.linalg.det(x), np.linalg.LinAlgError), (lambda x: np.linalg.inv(x.reshape(1, 4)), np.linalg.LinAlgError),
    (lambda x: float(x), TypeError), (lambda x: {x: 1}, TypeError), (lambda x: 1 if x else 2, ValueError),
    (lambda x: x.__setitem__(9, 1.0), IndexError), (lambda x: x.__setitem__(slice(2), np.ones(3)), ValueError),
    (lambda x: x.resize(9), ValueError), (lambda x: x[7], Exception),
]  # fmt: skip


@pytest.mark.parametrize("function", [caught(*misfit, squares) for misfit in MISFITS] + [by_index_to_the_end, suppressed])
def test_what_plain_python_raises_is_caught_where_it_is_recorded(function):
    x = np.array([0.7, 1.3, -0.4, 2.2])
    assert diffcli.grad(function, {"x": x}).gradient["x"] == pytest.approx(2 * x, rel=1e-15)
    assert diffcli.value_and_grad(function)(x)[1]["x"] == pytest.approx(2 * x, rel=1e-15)


def test_a_refusal_of_a_kind_that_is_caught_and_that_plain_python_does_not_raise_comes_back():
    for kind in (TypeError, ValueError, IndexError, Exception):
        with pytest.raises(diffcli.ExpressionError, match=r"`compute\(...\)` needs a plain number"):
            diffcli.grad(caught(math.sin, kind, lambda x: x), {"x": 1.0})
        with pytest.raises(diffcli.ExpressionError, match=r"np\.sort of a traced number is not recorded"):
            diffcli.grad(caught(lambda x: np.sort(x).sum(), kind, squares), {"x": [2.0, 1.0]})


@pytest.mark.parametrize(("function", "said"), [
    (lambda x: x[x[0]], "an index decides by the value, and has no derivative; branch on the value instead"),
    (lambda x: x[: x[0]].sum(), "an index decides by the value, and has no derivative; branch on the value instead"),
    (lambda x: np.zeros(x[0]).sum(), "`np.zeros(...)` needs a plain number, and would take this one out of the recording"),
    (lambda x: np.array([[x[0]], [x[1]]], dtype=float).sum(), "`np.array(...)` needs a plain number, and would take this one out"),
])  # fmt: skip
def test_a_refusal_keeps_its_words_where_others_catch_it(function, said):
    assert said in text_of(lambda: diffcli.grad(function, {"x": [2.0, 1.0]}))


RAISED = [  # what is computed, what plain Python raises, what is computed in its place, the point, and the slope of the function
    (lambda x: 1 / (x - x), ZeroDivisionError, lambda x: x**2, 3.0, 6.0),
    (lambda x: x % (x - x), ZeroDivisionError, lambda x: x**2, 3.0, 6.0),
    (lambda x: x // (x - x), ArithmeticError, lambda x: x**2, 3.0, 6.0),
    (lambda x: (x - x) ** -1, ZeroDivisionError, lambda x: x**2, 3.0, 6.0),
    (lambda x: (1000 * x) ** 1000, OverflowError, lambda x: x**2, 3.0, 6.0),
    (lambda x: diffcli.sin(x) / x, ZeroDivisionError, lambda x: 1.0, 0.0, 0.0),
    (lambda x: (1 - diffcli.cos(x)) / x, ZeroDivisionError, lambda x: 0.0, 0.0, 0.5),
    (lambda x: diffcli.expm1(2 * x) / x, Exception, lambda x: 2.0, 0.0, 2.0),
    (lambda x: np.linalg.inv(x * np.ones((2, 2))).sum(), np.linalg.LinAlgError, lambda x: x**2, 3.0, 6.0),
    (lambda x: np.linalg.solve(x * np.ones((2, 2)), [x, 1.0]).sum(), ValueError, lambda x: x**2, 3.0, 6.0),
]  # fmt: skip


@pytest.mark.parametrize(("compute", "kind", "otherwise", "at", "slope"), RAISED)
def test_what_plain_python_raises_of_an_operation_is_a_branch(compute, kind, otherwise, at, slope):
    function = caught(compute, kind, otherwise)
    result = diffcli.grad(function, {"x": at})
    assert result.gradient == {"x": pytest.approx(slope, abs=1e-15)}
    assert result.value == function(at)
    branch = next(note for note in result.notes if note.code == "python-branch")
    assert branch.message.split("` ")[-1].startswith("raises ")
    assert at != 0 or any(note.code == "point-branch" for note in result.notes)
    step = diffcli.value_and_grad(function)
    step(1.25)
    assert step(at) == (function(at), {"x": pytest.approx(slope, abs=1e-15)})
    assert diffcli.check(function, {"x": at}).checks[0].verdict == "agree"


def test_what_plain_python_raises_has_its_words():
    function = caught(RAISED[6][0], ZeroDivisionError, RAISED[6][2])
    first, second = diffcli.grad(function, {"x": 0.0}).notes
    assert first.message.endswith("`(1 - diffcli.cos(x)) / x` raises ZeroDivisionError")
    assert second.message == "this condition singles out one point"
    with pytest.raises(diffcli.DomainError, match="this divides by 0"):
        diffcli.grad(function, {"x": 0.0}, verify=False)


# -- texts of traced numbers --------------------------------------------------------------------------------------------------

READ = "error[untraceable]: a number is read out of a text that a traced one was written into, which takes it out of the recording\n"

TEXTS = [
    str, "{}".format, "{:.17g}".format, "{:12.4f}".format, lambda x: f"{x}", lambda x: f"{x!s}", lambda x: f"{x} ", lambda x: f"{x:>30}",
    lambda x: "%s" % x, lambda x: "%f" % x, lambda x: b"%.9f" % x, lambda x: "%(x).5e" % {"x": x}, lambda x: f"{x!r}".strip("<traced >"),  # noqa: UP031
    lambda x: str([x]).strip("[<traced >]"), lambda x: "{x}".format_map({"x": x}), lambda x: string.Template("$x").substitute(x=x),
    lambda x: "".join([str(x), "0"]), lambda x: str(x) + "", lambda x: str(x).encode(), lambda x: np.str_(x), lambda x: str(ValueError(x)),
    lambda x: (lambda file: print(x, file=file) or file.getvalue())(io.StringIO()), lambda x: re.match("[0-9.]+", f"{x}")[0],
    lambda x: np.array2string(np.stack([x])).strip("[]"), lambda x: np.array_repr(np.stack([x])).strip("ary([])"), lambda x: str(np.stack([x, x]))[1:].split()[0],
    lambda x: (lambda file: np.savetxt(file, np.stack([x])) or file.getvalue())(io.StringIO()),
]  # fmt: skip

READERS = [
    float, json.loads, ast.literal_eval, lambda text: complex(text).real, lambda text: float(decimal.Decimal(text)),
    lambda text: float(fractions.Fraction(text)), lambda text: np.float64(text), lambda text: np.array([text]).astype(float)[0],
    lambda text: np.loadtxt([text]), len, lambda text: sum(map(int, filter(str.isdigit, text))), lambda text: hash(text) % 1000,
    lambda text: {"1.75": 2.0}[text], lambda text: {"1.75": 2.0}.get(text, 3.0), lambda text: 2.0 if text == "1.75" else 3.0,
]  # fmt: skip


def read_of(ask, function, at):
    text = text_of(lambda: ask(function, at))
    assert text.startswith(READ) and "= help: compute with the number itself, and leave its text to what is shown\n" in text, text


@pytest.mark.parametrize("write", TEXTS)
def test_a_number_that_is_read_out_of_a_text_is_refused(write, capsys):
    assert float(write(1.75)) == 1.75
    read_of(diffcli.grad, lambda x: float(write(x)) * x, {"x": 1.75})
    assert diffcli.grad(lambda x: print(write(x)) or x * x, {"x": 1.75}).gradient == {"x": 3.5}
    assert float(capsys.readouterr().out.strip("b'<traced >\n")) == 1.75


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("ask", [diffcli.grad, diffcli.jacobian, diffcli.hessian, diffcli.check, lambda f, at: diffcli.value_and_grad(f)(**at)])
def test_however_a_text_is_read_it_is_refused(read, ask):
    read_of(ask, lambda x: x * x + x * read(str(x)), {"x": 1.75})


@pytest.mark.parametrize(("function", "at"), [
    (lambda x: (x - 1) * float(f"{x} "), {"x": 1.0}),
    (lambda x: float(f"{x} "), {"x": 1.75}),
    (lambda x, y: x * float(f"{x - y} ") + y, {"x": 1.0, "y": 1.0}),
    (lambda x: x * float(f"{x[0] / x[1]} ").real, {"x": np.ones(2)}),
    (lambda x: np.array([float(f"{one:.6f}") for one in x]) @ x, {"x": np.zeros(3)}),
    (lambda x: np.loadtxt(str(x).strip("[]").split()) @ x, {"x": np.array([1.0, 2.0], np.float32)}),
    (lambda x: [x[0], x[1] * float(f"{x.sum()} ")], {"x": [1.0, 2.0]}),
    (lambda x: x[: len(f"{x[0]}")] * x[0], {"x": np.linspace(0.1, 2.0, 20)}),
    (lambda x, n: x * n * float(f"{x} "), {"x": 2.0, "n": 3}),
    (lambda x: math.sqrt(float(f"{x} ") - 2.0) * x if x > 2 else x, {"x": 3.0}),
    (lambda x: np.arcsin(x) * float(f"{x} "), {"x": 0.999}),
    (lambda x: max(float(f"{x} "), 1.0) * x, {"x": 1.0}),
    (lambda x: x * {"1.75": 2.0}[str(x)], {"x": 1.75}),
])  # fmt: skip
def test_a_text_is_found_wherever_the_point_is(function, at):
    read_of(diffcli.jacobian, function, at)


def labelled(x):
    print(f"at {x:.3f}")
    label = f"{x:.6f}"
    y = json.loads(label)
    return y * x + 1


def test_the_caret_is_where_the_number_comes_back():
    line = labelled.__code__.co_firstlineno
    assert text_of(lambda: diffcli.grad(labelled, {"x": 1.75})) == READ + textwrap.dedent(f"""\
          in test_recording_verified.py
        {line + 4} │     return y * x + 1
            │            ^^^^^
          = note: line {line + 1}: `f"at {{x:.3f}}"` writes one into a text
          = note: line {line + 2}: `f"{{x:.6f}}"` writes one into a text
          = help: compute with the number itself, and leave its text to what is shown
          = help: verify=False takes what is recorded for the function
          = help: differences of plain calls need no recording: diffcli.grad(labelled, at, mode="numeric")
    """).replace("    │", " " * len(str(line)) + " │")
    assert diffcli.grad(labelled, {"x": 1.75}, verify=False).gradient == {"x": 1.75}


def shown(x):
    logging.getLogger("shown").warning("at %s, %.3f, %d", x, x, x)
    print(f"{x:.3f}", x, [x], x * x > 0)
    warnings.warn(f"at {x}", stacklevel=1)
    return x * x


def test_what_is_shown_is_shown_once_and_as_it_is(capsys, caplog):
    with pytest.warns(UserWarning, match="at 1.75") as warned:
        result = diffcli.grad(shown, {"x": 1.75})
    assert (result.gradient, capsys.readouterr().out, len(warned)) == ({"x": 3.5}, "1.750 1.75 [<traced 1.75>] True\n", 1)
    assert caplog.messages == ["at 1.75, 1.750, 1"]


def newton_shown(x):
    root = x
    for k in range(50):
        if abs(root * root - x) < 1e-12:
            break
        root = (root + x / root) / 2
        print(f"{k}: {root:.6f}")
    return root


def kept_by_text(x, known={}):  # noqa: B006
    return known.setdefault(f"{x:.3f}", 3.0) * x


def padded(x):
    print(" " * (20 - len(f"{x:.2f}")), f"{x:.2f}", f"{x:.2f}".split(".")[1], float(f"{x:.2f}") * x - x * x)
    return x * x


@pytest.mark.parametrize(("function", "x", "slope"), [
    (newton_shown, 2.0, 0.5 / math.sqrt(2)), (kept_by_text, 2.0, 3.0), (padded, 2.0, 4.0), (padded, 0.0, 0.0),
    (lambda x: print(f"{np.log(x)}") or x * x, -1.0, -2.0),
    (lambda x: print(x) or (x * x if x == 2 else 0.0), 2.0, 4.0),
    (lambda x: print(x) or math.floor(x) * x, 2.5, 2.0),
    (lambda x: print(x) or np.isfinite(np.log(np.stack([2.02 - x]))).any() * x * x, 2.0, 4.0),
    (lambda x: print(x, random.random()) or x * x, 2.0, 4.0),
    (caught(lambda x: print(x) or 1 / (x - x), ZeroDivisionError, lambda x: x * x), 2.0, 4.0),
    (caught(lambda x: print(x) or diffcli.sin(x) / x, ZeroDivisionError, lambda x: 1.0), 0.0, 0.0),
])  # fmt: skip
def test_a_function_that_only_shows_is_not_refused(function, x, slope):
    assert diffcli.grad(function, {"x": x}).gradient == {"x": pytest.approx(slope, rel=1e-12)}
    step = diffcli.value_and_grad(function)
    assert [step(x)[1] for _ in range(2)] == [{"x": pytest.approx(slope, rel=1e-12)}] * 2


def test_an_array_is_shown_as_it_is(capsys):
    x = np.array([1.0, 2.5])

    def function(x):
        print(x, f"{x}", np.array2string(x, precision=3), np.array_str(x), np.array_repr(x), f"{x[0]:.2f}")
        return x @ x

    assert diffcli.grad(function, {"x": x}).gradient["x"].tolist() == [2.0, 5.0]
    function(x)
    first, second = capsys.readouterr().out.splitlines()
    assert first == second


def test_a_text_that_a_later_call_writes_is_looked_at():
    calls = []

    def f(x):
        calls.append(str(x))
        return x * (float(f"{x} ") if len(calls) > 6 else 1.0)

    step = diffcli.value_and_grad(f)
    assert [step(2.0) for _ in range(2)] == [(2.0, {"x": 1.0})] * 2 and len(calls) == 4
    calls += calls
    read_of(lambda f, at: step(**at), f, {"x": 2.0})


def test_the_text_of_a_condition_is_a_branch():
    for write in (str, "{}".format, repr, lambda x: f"{x}", lambda x: "%s" % x):  # noqa: UP031
        result = diffcli.grad(lambda x, write=write: x * x if write(x > 1).endswith(("True", "True>")) else -x, {"x": 1.75}, wrt="x")
        assert result.gradient == {"x": 3.5}
        assert [note.code for note in result.notes] == ["python-branch"]


def test_a_file_on_the_command_line_shows_once(folder):
    (folder / "texts.py").write_text("def shows(x):\n    print(f'at {x}')\n    return abs(x)\n\n\ndef reads(x):\n    return float(f'{x} ')*x\n", encoding="utf-8")
    outcome = run("grad texts.py:shows --at x=0 -q")
    assert (outcome.exit, outcome.stdout, outcome.stderr.count("at 0.0\n")) == (0, "f\t0\ndf/dx\t0\n", 1)
    outcome = run("jacobian texts.py:reads --at x=1")
    assert (outcome.exit, outcome.stdout) == (3, "") and outcome.stderr.startswith(READ)
    assert run("grad texts.py:reads --at x=2 -q --no-verify").stdout == "f\t4\ndf/dx\t2\n"


# -- arrays of objects --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["exp", "exp2", "deg2rad", "degrees", "square", "reciprocal", "sqrt", "log1p", "rint", "arctan"])
def test_an_elementwise_function_of_an_array_of_objects_is_recorded(name):
    function = getattr(np, name)
    x = np.array([0.7, 1.3])
    recorded = diffcli.grad(lambda x: (function(np.array([x[0], x[1]])) * [2, 3]).sum(), {"x": x}).gradient["x"]
    whole = diffcli.grad(lambda x: (function(x) * [2, 3]).sum(), {"x": x}).gradient["x"]
    assert recorded == pytest.approx(whole, rel=1e-15, abs=1e-300)


@pytest.mark.parametrize("function", [
    lambda x: np.exp(np.array([x[0], 1.0])).sum(), lambda x: np.exp([1, x[0]]).sum(), lambda x: np.isnan(np.array([x[0]])).sum(),
    lambda x: np.linalg.inv(np.array([[x[0], 1.0], [0.0, 2.0]])).sum(), lambda x: np.logaddexp(np.array([x[0], x[1]]), 1.0).sum(),
])  # fmt: skip
def test_what_numpy_does_not_compute_of_objects_is_told_with_the_way_out(function):
    text = text_of(lambda: diffcli.grad(function, {"x": [0.7, 1.3]}))
    assert "error[untraceable]: NumPy computes this of arrays of plain numbers, and has one of objects here" in text
    assert "help: np.stack([a, b]) makes an array of traced numbers, and np.stack([np.stack(row) for row in rows]) a matrix" in text


def test_the_way_out_of_objects_leads_out():
    def determinant(x, y):
        return np.linalg.det(np.stack([np.stack(row) for row in [[x, 1.0], [2.0, y]]])) + np.exp(np.stack([x, 1.0])).sum()

    assert diffcli.grad(determinant, {"x": 3.0, "y": 5.0}).gradient == {"x": pytest.approx(5 + math.exp(3)), "y": pytest.approx(3.0)}


def test_what_is_asked_of_a_shape_has_a_plain_answer():
    def function(x, a):
        assert (np.size(x), np.ndim(x), np.shape(x)) == (1, 0, ())
        assert (np.size(a), np.ndim(a), np.shape(a)) == (6, 2, (2, 3))
        assert np.isrealobj(x) and np.isreal(a).all() and not np.iscomplexobj(a) and not np.iscomplex(x)
        return [np.array(x * a[1, 2]), a.item((0, 1)), a[1, 1] if a.argmax() == 5 else 0]

    at = {"x": 2.0, "a": np.arange(6.0).reshape(2, 3)}
    assert list(diffcli.jacobian(function, at).values.values()) == [10.0, 1.0, 4.0]
