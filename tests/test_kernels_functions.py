"""Kernels of Python functions: what decided on a recording is guarded, and a point that takes another way has its own."""

from __future__ import annotations

import contextlib
import copy
import functools
import math
import pickle
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from threading import Barrier, Lock

import numpy as np
import pytest
from inside import MOST_WAYS, flags_of_notes

import diffcli

BACKENDS = ["python", "numpy", *(["llvm"] if find_spec("llvmlite") else []), "auto"]


def halvings(x, y):
    total = 0.0
    while x > 1:
        x = x / 2
        total = total + y
    return total * x if y > 0 else x


def sides(x, y):
    return x * y if x < y else x / (y + 4) if x > y else x + 3 * y


def sorted_sum(x, y):
    small, large = sorted([x, y])
    return small - 2 * large


def either(x, y):
    return x if (x > 0 and y > 0) or x < -2 else y * y


def truthy(x, y):
    return x * y if x else y


def counted(x, y):
    return sum(y * k for k in range(5) if x > k)


def clamped(x, y):
    return min(max(x, -1.0), 1.0) * y


FUNCTIONS = [halvings, sides, sorted_sum, either, truthy, counted, clamped]
POINTS = [(x, y) for x in (-3.0, -1.0, 0.0, 0.5, 1.0, 2.0, 9.5, 100.0) for y in (-1.5, 0.0, 0.5, 2.0)]


def by_grad(function, x, y):
    found = diffcli.grad(function, {"x": x, "y": y}, kink="min-norm")
    return found.value, tuple(found.gradient.values())


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_way_is_taken_where_the_function_takes_it(function, backend):
    kernel = diffcli.compile(function, at={"x": 2.0, "y": 0.5}, backend=backend)
    wanted = [by_grad(function, *point) for point in POINTS]
    assert [value for value, _ in wanted] == [function(*point) for point in POINTS]
    for point, (value, gradient) in zip(POINTS, wanted, strict=True):
        found, slopes = kernel(*point)
        assert (found, *slopes) == pytest.approx((value, *gradient), rel=1e-15)
    again = diffcli.compile(function, at={"x": 2.0, "y": 0.5}, backend=backend)
    values, gradients = again(*np.array(POINTS).T)
    assert values == pytest.approx([value for value, _ in wanted], rel=1e-15)
    assert [*zip(*gradients, strict=True)] == [pytest.approx(slopes, rel=1e-15) for _, slopes in wanted]


def test_each_way_is_recorded_once():
    calls = []

    def function(x):
        calls.append(x)
        return x * x if x > 0 else -x

    kernel = diffcli.compile(function, at={"x": 1.0})
    before = len(calls)
    assert kernel(np.array([1.0, -2.0, 3.0, -4.0]))[0].tolist() == [1, 2, 9, 4]
    after = len(calls)
    assert before < after
    assert [kernel(5.0), kernel(-5.0), kernel(2)] == [(25.0, (10.0,)), (5.0, (-1.0,)), (4.0, (4.0,))]
    kernel(np.linspace(-1, 1, 1000))
    assert len(calls) == after


def test_numbers_without_branches_have_no_guard():
    kernel = diffcli.compile(lambda x, y: diffcli.log(x) + x * y - diffcli.sin(y), at="x=1,y=1", backend="python")
    assert kernel(2.0, 5.0) == diffcli.compile("ln(x1) + x1*x2 - sin(x2)", backend="python")(2.0, 5.0)
    assert kernel.source.count("def kernel") == 1


def test_other_arguments_are_held():
    def power(x, n, scale=2.0, names=("a",)):
        return scale * x**n + len(names)

    kernel = diffcli.compile(power, at={"x": 1.0, "n": 3, "names": ["a", "b"]}, wrt="x")
    assert kernel.inputs == ("x",)
    assert diffcli.compile(lambda x, n: sum(x for _ in range(n)), at="x=1,n=3", wrt="x")(2.0) == (6.0, (3.0,))
    assert kernel(2.0) == (18.0, (24.0,))
    with pytest.raises(diffcli.ExpressionError) as caught:
        kernel(2.0, n=4)
    assert caught.value.diagnostics[0].message == "the kernel has no argument `n`"


def test_second_order_directions_and_lists():
    def function(x, y):
        return x**3 * y if x > y else y**2

    kernel = diffcli.compile(function, at={"x": 2.0, "y": 1.0}, order=2)
    assert kernel(2.0, 1.0) == (8.0, (12.0, 8.0), ((12.0, 12.0), (12.0, 0.0)))
    assert kernel(1.0, 2.0) == (4.0, (0.0, 4.0), ((0.0, 0.0), (0.0, 2.0)))
    along = diffcli.compile(function, at={"x": 2.0, "y": 1.0}, directions=True)
    assert (along(2.0, 1.0, 1.0, 0.0), along(1.0, 2.0, 0.0, 1.0)) == ((8.0, 12.0), (4.0, 4.0))
    pair = diffcli.compile(lambda x, y: [x * y, x] if x > y else [y, y * y], at={"x": 2.0, "y": 1.0})
    assert pair(1.0, 3.0) == ((3.0, 9.0), ((0.0, 1.0), (0.0, 6.0)))


def test_arrays():
    def function(w, x):
        return np.sum((w @ x) ** 2) if x[0] > 0 else np.sum(x)

    kernel = diffcli.compile(function, at={"w": np.eye(2), "x": np.array([1.0, 2.0])}, wrt=["w", "x"], batch="x")
    value, (_, slopes) = kernel(np.eye(2), np.array([3.0, 4.0]))
    assert (value, slopes.tolist()) == (25.0, [6, 8])
    values, (_, slopes) = kernel(np.eye(2), np.array([[3.0, 4.0], [-1.0, 5.0]]))
    assert (values.tolist(), slopes.tolist()) == ([25, 4], [[6, 8], [1, 1]])


@pytest.mark.parametrize("undefined", [math.nan, math.inf, -math.inf])
def test_where_a_function_branches_it_is_undefined_at_a_point_that_is_not_finite(undefined):
    kernel = diffcli.compile(lambda x: x * 2 if x > 0 else x, at={"x": 1.0})
    assert str(kernel(undefined)) == "(nan, (nan,))"
    values, (slopes,) = kernel(np.array([undefined, 3.0]))
    assert str((values.tolist(), slopes.tolist())) == "([nan, 6.0], [nan, 2.0])"
    assert str(diffcli.compile(lambda x: x * 2, at={"x": 1.0})(undefined)) == f"({undefined}, (2.0,))"


def test_more_ways_than_are_kept_are_refused():
    def steps(x):
        n = 0
        while x > n:
            n += 1
        return x * n

    kernel = diffcli.compile(steps, at={"x": 0.5})
    assert kernel(np.arange(MOST_WAYS) + 0.5)[0].tolist() == [(n + 0.5) * (n + 1) for n in range(MOST_WAYS)]
    with pytest.raises(diffcli.LimitError) as caught:
        kernel(99.5)
    assert str(caught.value) == (
        "the function takes more than 32 ways through its branches, and each is compiled by itself\n"
        "  = help: write a choice between values in place of a branch:\n"
        "          diffcli.where(condition, a, b)"
    )


@pytest.mark.parametrize("many", [False, True])
def test_threads_record_each_way_once(many):
    def steps(x):
        n = 0
        while x > 1:
            x, n = x / 2, n + 1
        return x * n

    points = [2.0**k + 0.5 for k in range(20)]
    kernel, together = diffcli.compile(steps, at={"x": 3.0}), Barrier(4)

    def run(_):
        together.wait()
        return kernel(np.array(points))[0].tolist() if many else [kernel(x)[0] for x in points]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, range(4))) == [[steps(x) for x in points]] * 4
    assert len(kernel._made.ways) == 20


def test_what_cannot_be_guarded_is_refused():
    def longer(x):
        return [x, x] if x > 0 else [x]

    cases = [
        (lambda: diffcli.compile(lambda x: [1, 2, 3][int(x)] * x, at={"x": 1.0}),
         "`int(...)` needs a plain number, and would take this one out of the recording"),
        (lambda: diffcli.compile(longer, at={"x": 1.0})(-1.0),
         "`longer` returns results of another number or shape at other points"),
        (lambda: diffcli.compile(lambda x: 3 * x if type(x) is float else 7 * x, at={"x": 1.0}),
         "`<lambda>` gives 3 in plain Python, and 7 as it is recorded"),
        (lambda: diffcli.compile(lambda x: x), "a Python function is recorded at a point, and there is none"),
    ]  # fmt: skip
    for call, message in cases:
        with pytest.raises(diffcli.DiffcliError) as caught:
            call()
        assert caught.value.diagnostics[0].message.endswith(message)


def divided(x):
    try:
        return 1 / x
    except ZeroDivisionError:
        return 0.0 * x + 7


def through_another(x):
    return divided(x) * 2


def suppressed(x):
    with contextlib.suppress(ZeroDivisionError):
        return 1 / x
    return x


def beside_a_lock(x):
    with Lock():
        return divided(x) if x < 5 else x


def at_last(x):
    try:
        return 1 / x
    finally:
        pass


@pytest.mark.parametrize("function", [divided, through_another, suppressed, beside_a_lock, functools.partial(divided)])
def test_where_a_function_catches_an_exception_there_is_no_answer_in_silence(function):
    message = "the function catches an exception here, and its recording knows of none"
    kernel = diffcli.compile(function, at={"x": 1.0})
    assert kernel(2.0) == by_one(function, 2.0)
    for call in (lambda: kernel(0.0), lambda: kernel(np.array([1.0, 0.0, 2.0]))):
        with pytest.raises(diffcli.UsageError) as caught:
            call()
        assert str(caught.value) == f"{message}\n  = help: write a condition in place of the handler: if x == 0: ..."


def by_one(function, x):
    found = diffcli.grad(function, {"x": x})
    return found.value, tuple(found.gradient.values())


def test_what_raises_is_undefined():
    kernel = diffcli.compile(at_last, at={"x": 1.0})
    assert str(kernel(0.0)) == str(diffcli.compile("1/x")(0.0))
    assert str(kernel(np.array([0.0, 2.0]))[0].tolist()) == "[nan, 0.5]"


def test_results_do_not_depend_on_what_was_called_before():
    def function(x, y):
        return x if x > y else y * 2

    def fresh():
        return diffcli.compile(function, at={"x": 1.0, "y": 0.0})

    for point in ((1.0, math.inf), (math.inf, 1.0), (math.nan, 0.0), (-math.inf, 0.0)):
        kernel = fresh()
        before = str(kernel(*point))
        kernel(0.0, 1.0)
        assert str(kernel(*point)) == before == "(nan, (nan, nan))"
        assert str(fresh()(np.array([point[0], 0.0]), np.array([point[1], 1.0]))[0].tolist()) == "[nan, 2.0]"


def test_lower_orders_are_made_once_and_from_the_same_recording():
    calls, factor = [], [2.0]

    def function(x):
        calls.append(x)
        return factor[0] * x * x

    kernel = diffcli.compile(function, at={"x": 1.0}, order=2)
    factor[0], before = 7.0, len(calls)
    assert [kernel.fun([3.0]), kernel.jac([3.0]).tolist(), kernel.hess([3.0]).tolist()] == [18.0, [12.0], [[4.0]]]
    assert (kernel.fun([1.0]), len(calls)) == (2.0, before)


def test_what_is_held_is_copied():
    weights = {"W": np.array([1.0, 2.0]), "more": [np.array([4.0])], "named": {"b": np.array([8.0])}, "mode": "sum"}

    def function(x, W, more, named, mode):
        return (W[0] if x > 0 else W[1]) * x * more[0][0] * named["b"][0] * len(mode)

    kernel = diffcli.compile(function, at={"x": 1.0, **weights}, wrt="x")
    for array in (weights["W"], weights["more"][0], weights["named"]["b"]):
        array[:] = 100.0
    for one in (kernel, copy.copy(kernel), copy.deepcopy(kernel)):
        assert [one(1.0), one(-1.0), one.fun([-1.0])] == [(96.0, (96.0,)), (-192.0, (192.0,)), -192.0]
        assert one is kernel


@pytest.mark.parametrize("many", [False, True])
def test_a_further_way_of_a_function_that_has_changed_is_refused(many):
    factor = [2.0]

    def function(x):
        return x * factor[0] if x > 0 else -x * factor[0] if x > -5 else 0 * x

    kernel = diffcli.compile(function, at={"x": 1.0})
    assert kernel(-1.0) == (2.0, (-2.0,))
    factor[0] = 7.0
    assert (kernel(3.0), kernel(-3.0)) == ((6.0, (2.0,)), (6.0, (-2.0,)))
    with pytest.raises(diffcli.DiffcliError) as caught:
        kernel(np.array([1.0, -6.0]) if many else -6.0)
    assert " ".join(str(caught.value).split()) == (
        "`function` has another value now than when it was compiled, and is to take another way "
        "= help: compile it again, or make an argument of what changes"
    )
    factor[0] = 2.0
    assert kernel(-6.0) == (0.0, (0.0,))


def inverse(x):
    return x * x if 1 / x > 0.25 else 1 / (x + 1) if x < 8 else x * unknown  # noqa: F821


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_point_where_the_function_raises_is_undefined(backend):
    kernel = diffcli.compile(inverse, at={"x": 2.0}, backend=backend)
    values, (slopes,) = kernel(np.array([0.0, 2.0, 0.0, -1.0, 5.0]))
    assert str(kernel(0.0)) == str(kernel(-1.0)) == "(nan, (nan,))"
    assert values == pytest.approx([math.nan, 4.0, math.nan, math.nan, 1 / 6], nan_ok=True)
    assert slopes == pytest.approx([math.nan, 4.0, math.nan, math.nan, -1 / 36], nan_ok=True)
    for call in (lambda: kernel(9.0), lambda: kernel(np.array([2.0, 9.0]))):
        with pytest.raises(diffcli.ExpressionError, match="name 'unknown' is not defined") as caught:
            call()
        assert "verify" not in str(caught.value)


def test_what_is_not_as_recorded_is_said_in_the_words_of_the_library():
    kernel = diffcli.compile(lambda x: x if x > 0 else 3 * x if type(x) is float else 7 * x, at={"x": 1.0})
    with pytest.raises(diffcli.ExpressionError) as caught:
        kernel(-1.0)
    assert "`<lambda>` gives -3 in plain Python, and -7 as it is recorded" in str(caught.value)
    assert not any("verify" in help or "--" in help for each in caught.value.diagnostics for help in each.help)


def test_a_kernel_pickles_by_the_name_of_its_function():
    kernel = diffcli.compile(halvings, at={"x": 3.0, "y": 2.0})
    kernel(0.5, 2.0)
    again = pickle.loads(pickle.dumps(kernel))
    assert [again(*point) for point in POINTS] == [kernel(*point) for point in POINTS]


def test_flags_are_those_of_the_way_that_a_point_takes():
    kernel = diffcli.compile(lambda x, y: abs(x) if y > 0 else 1 / x, at={"x": 1.0, "y": 1.0})
    results = kernel(np.array([0.0, 1.0, 0.0, 2.0]), np.array([1.0, 1.0, -1.0, -1.0]))
    assert [diffcli.Flag(bits) for bits in results.flags.tolist()] == [
        kernel.flags(x, y) for x, y in [(0.0, 1.0), (1.0, 1.0), (0.0, -1.0), (2.0, -1.0)]
    ]
    assert diffcli.Flag.KINK in diffcli.Flag(int(results.flags[0]))
    assert results.flags[1] == results.flags[3] == 0


def rooted(x, y):
    return diffcli.sqrt(x - 1) * y if x < y else abs(x - 2) * y


def rounded(x, y):
    return x * y if diffcli.floor(x) > y else max(x, y)


def notes_of(derivative, function, point):
    try:
        return flags_of_notes(derivative(function, at=dict(zip("xy", point, strict=True))).notes)
    except diffcli.DomainError as fault:
        return flags_of_notes(fault.diagnostics)


@pytest.mark.parametrize("function", [*FUNCTIONS, rooted, rounded])
@pytest.mark.parametrize("order", [0, 1, 2])
def test_flags_of_functions_are_the_notes_of_the_interpreter(function, order):
    kernel, derivative = diffcli.compile(function, at={"x": 1.5, "y": 2.0}, order=order), [diffcli.grad, diffcli.hessian][order == 2]
    points = POINTS if order == 1 else POINTS[::3]
    found = kernel.flags(*np.array(points).T) & 31  # neither what is not finite nor digits
    assert [diffcli.Flag(bits) for bits in found.tolist()] == [
        notes_of(derivative, function, point) & ~diffcli.Flag.DIGITS for point in points
    ]


def test_of_a_function_each_way_has_marks_of_its_own(monkeypatch):
    kernel = diffcli.compile(lambda x, y: abs(x) * y if y > 0 else x / y, at={"x": 1.0, "y": 1.0})
    asked, said = [], kernel._calls.said
    ask = said.ask
    monkeypatch.setattr(said, "ask", lambda point: asked.append(point) or ask(point))
    x, y = np.random.default_rng(1).normal(size=(2, 70_000))
    found = kernel(x, y)
    assert not found.flags.any()
    assert np.allclose(found[0], np.where(y > 0, abs(x) * y, x / y), rtol=1e-14)
    assert not asked  # nothing is to be said of any
    x[::3], y[::5], y[1::5] = 0.0, 0.0, 1.0
    flags = kernel(x, y).flags
    assert (flags[::5] & 16 != 0).all()
    assert (flags[(x == 0) & (y > 0)] == 1).all()
    assert not flags[(x != 0) & (y != 0)].any()
    assert len(asked) < 12  # one for each pattern of each way, and those at which the function is undefined


def test_where_the_function_raises_outside_of_its_domain_the_kernel_is_undefined():
    kernel = diffcli.compile(lambda x, y: x / y if x > 0 else math.nan * x, at={"x": 1.0, "y": 2.0})
    assert str(kernel(1.0, 0.0)) == "(nan, (nan, nan))"
    assert str(kernel(-1.0, 0.0)) == "(nan, (nan, 0.0))"
