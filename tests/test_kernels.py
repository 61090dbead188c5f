"""Kernels as people call them: what they return, for one point and for many, and what they refuse."""

from __future__ import annotations

import copy
import gc
import importlib
import inspect
import math
import pickle
import sys
import threading
import weakref
from fractions import Fraction

import numpy as np
import pytest
from array_rows import PROGRAMS, cases, point_of, row_tape
from console import fresh
from inside import BACKENDS, Evaluator, PointNeededError, ReverseTransform, best, lower, module_of, parse, write_out
from mpmath import mp
from test_operations import Applied, at_points

import diffcli

X = np.linspace(0.5, 2.0, 12)


def there(name):
    try:
        module_of(name)
    except (diffcli.MissingExtraError, ModuleNotFoundError):
        return False
    return True


HERE = [pytest.param(name, marks=pytest.mark.skipif(not there(name), reason=f"{name} is not installed")) for name in BACKENDS]


def near(one, two, ulp=8.0):
    """Whether two results, nested alike, are equal but for some ulp, their infinities and NaN included."""
    if isinstance(one, tuple) or isinstance(two, tuple):
        return len(one) == len(two) and all(near(a, b, ulp) for a, b in zip(one, two, strict=True))
    one, two = np.asarray(one, float), np.asarray(two, float)
    if one.shape != two.shape:
        return False
    with np.errstate(all="ignore"):
        same = (one == two) | (np.isnan(one) & np.isnan(two)) | (np.abs(one - two) <= ulp * np.spacing(np.abs(two)))
    return bool(same.all())


# -- what is returned --------------------------------------------------------------------------------------------------

PROGRAM = "ln(x1) + x1*x2 - sin(x2)"


def survey(x1, x2):
    """The value, gradient and Hessian by hand, in 50 digits."""
    with mp.workdps(50):
        a, b = mp.mpf(x1), mp.mpf(x2)
        value, gradient = mp.log(a) + a * b - mp.sin(b), (1 / a + b, a - mp.cos(b))
        hessian = ((-1 / a**2, mp.mpf(1)), (mp.mpf(1), mp.sin(b)))
        return float(value), tuple(map(float, gradient)), tuple(tuple(map(float, row)) for row in hessian)


@pytest.mark.parametrize("backend", HERE)
@pytest.mark.parametrize("order", [0, 1, 2])
def test_a_program_by_hand(backend, order):
    k = diffcli.compile(PROGRAM, order=order, backend=backend)
    wanted = survey(2.0, 5.0)[: order + 1]
    found = k(2.0, 5.0)
    assert near(found, wanted if order else wanted[0])
    many = k(X, 5)
    columns = [survey(x, 5.0)[: order + 1] for x in X]
    assert near(many, stacked(columns if order else [column[0] for column in columns]))
    assert (k.inputs, k.wrt, k.order, k.backend) == (("x1", "x2"), ("x1", "x2"), order, backend)


def stacked(results):
    """The results of points as one, with an array for each number."""
    if isinstance(results[0], tuple):
        return tuple(stacked([result[place] for result in results]) for place in range(len(results[0])))
    return np.stack(results)


SYSTEMS = [
    ("x*y", {}, "x=2, y=3"),
    ("[x*y, sin(x), 3, y]", {}, "x=2, y=3"),
    ("[x]", {}, "x=2"),
    ("[x^2, x^3, exp(x), x*y, y^2]", {}, "x=0.5, y=0.25"),  # forward mode
    ("where(x > y, x^2, y^3)", {}, "x=2, y=3"),
    ("where(x > 0, log(x), 2*x)*y", {}, "x=-2, y=3"),
    ("u = x*y; v = u^2; u + v", {"of": "v"}, "x=2, y=3"),
    ("u = x*y; v = u^2; u + v", {"of": "u; v^2"}, "x=2, y=3"),
    ("u = x*y; v = u^2; u + v", {"of": ["v", "u"]}, "x=2, y=3"),
    ("x*y + z^2", {"wrt": "z, x"}, "x=2, y=3, z=4"),
    ("x*y + z^2", {"wrt": ["y"]}, "x=2, y=3, z=4"),
    ("e*x + pi", {}, "x=2"),
    ("max(x, y, z) + abs(x)", {}, "x=2, y=1, z=0"),
    ("f(a) = a^2 + sqrt(2*pi); f(x) + f(y)", {}, "x=2, y=3"),
    ("dot([x, y], [y, z]) + sum([x, 1, z])", {"at": "x=1"}, "x=2, y=3, z=4"),
]  # fmt: skip


def asked(options):
    """What the other functions of the library take of the options of `diffcli.compile`."""
    return {name: value for name, value in options.items() if name != "at"}


@pytest.mark.parametrize(("text", "options", "at"), SYSTEMS, ids=str)
def test_the_derivatives_of_the_library(text, options, at):
    wanted = diffcli.jacobian(text, at, **asked(options))
    point = wanted.at
    k = diffcli.compile(text, **options)
    value, jacobian = k(**point)
    rows = wanted.matrix
    if isinstance(value, tuple):
        assert near(value, tuple(wanted.values.values()))
        assert near(jacobian, tuple(map(tuple, rows)))
        assert len(wanted.values) > 1 or text == "[x]"
    else:
        assert near((value, jacobian), (*wanted.values.values(), rows[0]))
    assert k.wrt == wanted.columns
    assert near(diffcli.compile(text, order=0, **options)(**point), value)


SCALARS = [(text, options, at) for text, options, at in SYSTEMS if text[0] != "[" and options.get("of", "v") == "v"]


@pytest.mark.parametrize(("text", "options", "at"), SCALARS, ids=str)
def test_second_derivatives(text, options, at):
    wanted = diffcli.hessian(text, at, **asked(options))
    value, gradient, matrix = diffcli.compile(text, order=2, **options)(**wanted.at)
    assert near((value, gradient, matrix), (wanted.value, tuple(wanted.gradient.values()), wanted.matrix))
    assert all(matrix[i][j] == matrix[j][i] for i in range(len(matrix)) for j in range(i))


@pytest.mark.parametrize(("text", "options", "at"), SYSTEMS, ids=str)
def test_products_along_a_direction(text, options, at):
    """The last arguments are the direction, called by the names of the variables with a d before."""
    point = diffcli.jacobian(text, at, **asked(options)).at
    k = diffcli.compile(text, directions=True, **options)
    assert k.inputs == (*point, *(f"d{name}" for name in k.wrt))
    direction = {name: 0.5 + place for place, name in enumerate(k.wrt)}
    steps = {f"d{name}": step for name, step in direction.items()}
    of = {"of": options["of"]} if "of" in options else {}
    wanted = diffcli.jvp(text, point, direction, **of)
    values, products = k(**point, **steps)
    assert near(products, tuple(wanted.product.values()) if isinstance(values, tuple) else wanted.product.popitem()[1])
    if (text, options, at) in SCALARS:
        value, gradient, product = diffcli.compile(text, order=2, directions=True, **options)(**point, **steps)
        second = diffcli.hvp(text, point, direction, **asked(options))
        assert near((value, product), (values, tuple(second.product.values())))
        assert near(gradient, tuple(diffcli.hessian(text, point, **asked(options)).gradient.values()))


def test_what_does_not_move_meets_no_infinity():
    """A part of a direction that is 0 is no movement, also where the derivative by it is infinite."""
    k = diffcli.compile("sqrt(x) + y", directions=True)
    assert k(0.0, 1.0, 0.0, 2.0) == (1.0, 2.0)
    assert k(0.0, 1.0, 1.0, 2.0) == (1.0, math.inf)
    assert near(k(np.zeros(2), 1, [0, 1], 2), (np.ones(2), np.array([2.0, np.inf])))


def test_what_is_constant_or_there_already_takes_no_row():
    """And what is there under a condition is there only under it."""
    k = diffcli.compile("x*sqrt(2*pi) + sin(x)*sin(x)", order=0, backend="python", at="x=1")
    assert "sqrt" not in k.source and k.source.count("sin(") == 1
    k = diffcli.compile("where(x > 1, log(x), 1) + where(x > 0, log(x), 2)", at="x=1")
    assert near(k(0.5), (1 + math.log(0.5), (2.0,)))


def test_back_ends_are_chosen_by_rows_and_points():
    k = diffcli.compile("sin(x)*y")
    wanted = np.sin(2.0) * 3, (np.cos(2.0) * 3, np.sin(2.0))
    for points in (1, 10, 100, 100_000):
        value, slopes = k(np.full(points, 2.0), 3.0)
        assert near((value[-1], (slopes[0][-1], slopes[1][-1])), wanted)
    assert near(k(2.0, 3.0), wanted)
    assert [best(20, points) for points in (1, 32, 33, 10_000)] == ["python", "python", "numpy", "numpy"]
    assert best(100, 2_499) == "numpy" and best(100, 2_500) == ("llvm" if there("llvm") else "numpy")


def test_structural_zeros_take_no_rows():
    """The Hessian of a chain has a band: of a program twice as long it takes twice the work, and not four times."""
    lines = [
        len(diffcli.compile(" + ".join(f"(x{i} - x{i + 1}^2)^2" for i in range(n)), order=2, backend="python").source) for n in (20, 40)
    ]  # fmt: skip
    assert lines[1] < 2.6 * lines[0]  # the zeros of the matrix are written too


# -- how it is called --------------------------------------------------------------------------------------------------

KINDS = [
    2.0, 2, True + 1, Fraction(2), np.float64(2), np.float32(2), np.int8(2), np.array(2.0), np.array(2),
]  # fmt: skip


@pytest.mark.parametrize("backend", HERE)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{type(kind).__name__}-{getattr(kind, 'dtype', '')}")
def test_every_kind_of_number(kind, backend):
    k = diffcli.compile("x^y*0.25", backend=backend)
    found = k(kind, 3.0)
    assert near(found, (2.0, (3.0, 2.0 * math.log(2.0))))
    assert [type(found[0]), *map(type, found[1])] == [float] * 3
    assert k(y=3, x=kind) == k(kind, y=3.0) == found


COLUMNS = [
    [0.5, 1, 2], (0.5, 1, 2), np.array([0.5, 1, 2]), np.array([0.5, 1, 2], np.float32), np.array([0.5, 9, 1, 9, 2, 9])[::2],
    np.array([2, 1, 0.5])[::-1], np.array([0.5, 1, 2], object), np.array([0.5, 1, 2]).astype(">f8"),
    np.array([[0.5, 7], [1, 7], [2, 7]])[:, 0], np.array([0.5, 1, 2], np.longdouble),
]  # fmt: skip


@pytest.mark.parametrize("backend", HERE)
def test_what_is_masked_is_no_number(backend):
    k = diffcli.compile("x^2", backend=backend)
    for numbers in ([1.0, 2.0], [1, 2], [True, False]):
        assert near(k(np.ma.array(numbers, mask=[False, True]))[0], np.array([1.0, np.nan]))
    assert near(k(np.ma.array([1, 2]))[0], np.array([1.0, 4.0]))
    with pytest.raises(diffcli.UsageError, match="complex"):
        k(np.ma.array([1j, 2j], mask=[False, True]))


@pytest.mark.parametrize("backend", HERE)
@pytest.mark.parametrize("column", COLUMNS, ids=range(len(COLUMNS)))
def test_every_kind_of_array(column, backend):
    before = copy.deepcopy(column)
    value, (by_x, by_y) = diffcli.compile("x^2*y", backend=backend)(column, 3)
    assert np.array_equal(np.asarray(column), np.asarray(before))
    assert near((value, by_x, by_y), (np.array([0.75, 3, 12]), np.array([3.0, 6, 12]), np.array([0.25, 1, 4])))
    assert {each.dtype for each in (value, by_x, by_y)} == {np.dtype(np.float64)}
    assert not np.may_share_memory(np.asarray(column), by_y)


SHAPES = [
    ((), (3,)), ((2, 1), (3,)), ((2, 3), (3,)), ((2, 3), ()), ((1,), (1,)), ((0,), ()), ((0,), (1,)), ((2, 0), (2, 1)), ((4, 1, 2), (3, 1)),
]  # fmt: skip


@pytest.mark.parametrize("backend", HERE)
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_points_are_broadcast_together(shapes, backend):
    random = np.random.default_rng(1)
    x, y = (random.uniform(1, 2, shape) for shape in shapes)
    value, (by_x, by_y) = diffcli.compile("x*y + exp(x)", backend=backend)(x, y)
    one, other = np.broadcast_arrays(x, y)
    assert near((value, by_x, by_y), (one * other + np.exp(one), other + np.exp(one), one), 16)


@pytest.mark.parametrize("backend", HERE)
def test_results_go_into_arrays_that_are_given(backend):
    k = diffcli.compile("x*y", backend=backend)
    wide = np.full((12, 6), 7.0)
    out = wide[:, 0], (np.empty(12), wide[:, 2])
    found = k(X, 3.0, out=out)
    assert found[0] is out[0] and found[1][0] is out[1][0] and found[1][1] is out[1][1]
    assert near(found, (X * 3, (np.full(12, 3.0), X)))
    assert (wide[:, [1, 3, 4, 5]] == 7).all()
    square = diffcli.compile("x^2", order=0, backend=backend)
    x = X.copy()
    assert square(x, out=x) is x
    assert near(x, X**2)
    y = X.copy()
    k(y, 3.0, out=(y, (np.empty(12), z := np.empty(12))))  # what is overwritten is read before
    assert near(z, X)
    whole = np.empty(24)
    assert near(k(X, 3.0, out=(whole[:12], (np.empty(12), whole[12:]))), (X * 3, (np.full(12, 3.0), X)))
    with pytest.raises(diffcli.DiffcliError, match="two arrays of `out` share memory"):
        k(X, 3.0, out=(whole[:12], (np.empty(12), whole[11:23])))
    base = X.copy()
    assert near(square(base[:], out=base), X**2)  # one has memory of its own, and the other is a view of it
    shifted = np.linspace(1, 2, 40_001)
    wanted = shifted[:-1] ** 2
    assert near(square(shifted[:-1], out=shifted[1:]), wanted)
    assert near(square(2.0, out=np.empty(())), np.array(4.0))
    assert square([[1.0, 2.0]], out=(two := np.empty((1, 2)))) is two


@pytest.mark.parametrize("backend", HERE)
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_change_nothing(backend, threads):
    x = np.linspace(-3, 3, 40_001)
    k = diffcli.compile("where(x > 0, log(x)*y, exp(x) - y)", backend=backend)
    one, many = k(x, 0.5), k(x, 0.5, threads=threads)
    assert np.array_equal(one[0], many[0]) and np.array_equal(one[1][0], many[1][0])


@pytest.mark.parametrize("backend", HERE)
def test_calls_from_threads_do_not_meet(backend):
    k = diffcli.compile("sin(x)*y + x/y", backend=backend)
    found: dict[int, bool] = {}

    def run(number):
        x = np.linspace(1, 2, 5000) + number
        value, _ = k(x, 2.0)
        found[number] = all(k(float(each), 2.0)[0] == k(float(each), 2.0)[0] for each in x[:50]) and near(value, np.sin(x) * 2 + x / 2, 16)

    workers = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == dict.fromkeys(range(4), True)


@pytest.mark.parametrize("backend", HERE)
def test_a_signature_has_the_variables(backend):
    """Who looks for the parameters of a function finds them, before its first call and after it."""
    k = diffcli.compile("a*exp(-b*t) + lambda", order=0, backend=backend)
    for _ in range(2):
        assert str(inspect.signature(k)) == "(a, b, t, lambda_, *, out=None, threads=None)"
        k(1.0, 2.0, 3.0, 4.0)
    assert str(inspect.signature(diffcli.compile("out*x"))) == "(out, x, *, threads=None)"
    if (scipy := sys.modules.get("scipy") or pytest.importorskip("scipy")) and there(backend):
        t = np.linspace(0, 2, 20)
        fit = diffcli.compile("0*t + a*exp(-b*t)", order=0, backend=backend)
        found, _ = importlib.import_module(f"{scipy.__name__}.optimize").curve_fit(fit, t, 2 * np.exp(-0.5 * t))
        assert np.allclose(found, [2, 0.5])


@pytest.mark.parametrize("backend", HERE)
def test_a_variable_may_be_called_self(backend):
    k = diffcli.compile("self^2*y", backend=backend)
    assert k(self=3.0, y=2) == k(3.0, 2.0) == (18.0, (12.0, 9.0))
    assert near(k(self=np.full(2, 3.0), y=2.0)[0], np.array([18.0, 18.0]))
    assert k.flags(self=3.0, y=2.0) == 0


def test_a_kernel_shows_what_may_be_asked_of_it():
    k = diffcli.compile("x*y")
    assert k(X, X) is not None and k(1, 2) == (2.0, (2.0, 1.0))
    assert [name for name in dir(k) if not name.startswith("_")] == [
        "backend", "directions", "flags", "fun", "fun_and_jac", "hess", "inputs", "jac", "order", "outputs", "source", "text", "wrt"
    ]  # fmt: skip


def test_an_array_has_flags():
    k = diffcli.compile("abs(x)*s", at={"x": [0.0, 0, 0]}, batch="x")
    assert k.flags([1, 1, -1], 2.0) == 0
    assert k.flags([[1, 0, -1], [1, 2, 3]], 2.0).tolist() == [int(diffcli.Flag.KINK), 0]
    assert diffcli.compile("x*s", at={"x": [0.0, 0]}, order=0).flags([1.0, 2.0], math.inf) == diffcli.Flag.NONFINITE


def test_variables_may_be_called_as_options_are():
    k = diffcli.compile("x*out + threads")
    assert k(1, 2, 3) == k(out=2, x=1.0, threads=3) == (5.0, (2.0, 1.0, 1.0))
    assert near(k(1, threads=[1, 2], out=2)[0], np.array([3.0, 4.0]))


@pytest.mark.parametrize("backend", HERE)
def test_of_no_variables_there_is_one_point(backend):
    assert diffcli.compile("2^3", backend=backend)() == (8.0, ())
    assert diffcli.compile("2^3", order=2, backend=backend)() == (8.0, (), ())
    assert diffcli.compile("[1, 2]", order=0, backend=backend)() == (1.0, 2.0)


@pytest.mark.parametrize("backend", HERE)
def test_undefined_is_nan_and_no_error(backend):
    k = diffcli.compile("log(x)", backend=backend)
    assert math.isnan(k(-1.0)[0])
    with np.errstate(all="raise"):
        value, (slope,) = k(np.array([-1.0, 0.0, 1.0, np.inf, np.nan]))
    assert near(value, np.array([np.nan, -np.inf, 0.0, np.inf, np.nan]))
    assert near(slope[2:], np.array([1.0, 0.0, np.nan]))


# -- errors ------------------------------------------------------------------------------------------------------------

K = diffcli.compile("x*y")
W = diffcli.compile("sum((W @ x)^2)*s", at={"W": np.eye(2), "x": [1, 2]}, batch="x")
WRONG = [
    (lambda: K(1.0), "UsageError", "2 arguments wanted, and 1 given\n  = help: give a value for each of: x, y"),
    (lambda: K(1.0, 2.0, 3.0), "UsageError", "2 arguments wanted, and 3 given\n  = help: give a value for each of: x, y"),
    (lambda: K(), "UsageError", "2 arguments wanted, and 0 given\n  = help: give a value for each of: x, y"),
    (lambda: K(1.0, z=2.0), "ExpressionError", "the kernel has no argument `z`\n  = help: its arguments: x, y"),
    (lambda: K(1.0, 2.0, x=3.0), "UsageError", "`x` is given twice, by its place and by its name"
        "\n  = help: give a value for each of: x, y"),
    (lambda: K("1", 2.0), "UsageError", "`x` is '1', and a kernel takes numbers\n  = help: give a number, or an array of numbers"),
    (lambda: K(None, 2.0), "UsageError", "`x` is None, and a kernel takes numbers\n  = help: give a number, or an array of numbers"),
    (lambda: K(1j, 2.0), "UsageError", "`x` is 1j, and a kernel takes numbers\n  = help: give a number, or an array of numbers"),
    (lambda: K(np.array([1j]), 2.0), "UsageError", "`x` is an array of complex numbers, and a kernel takes numbers"
        "\n  = help: give a number, or an array of numbers"),
    (lambda: K(["1"], 2.0), "UsageError", "`x` is an array of texts, and a kernel takes numbers"
        "\n  = help: give a number, or an array of numbers"),
    (lambda: K(10**400, 2.0), "UsageError", "`x` is no number: int too large to convert to float"
        "\n  = help: give a number, or an array of numbers"),
    (lambda: K(X, X[:5]), "UsageError", "the points of the arguments do not fit each other: x: (12,), y: (5,)"
        "\n  = help: their axes are to be of equal lengths, or of length 1, counted from\n          the last"),
    (lambda: K(X, 1.0, threads=0), "UsageError", "threads is 0, not a whole number from 1 to 1024"),
    (lambda: K(1.0, 1.0, threads=1.5), "UsageError", "threads is 1.5, not a whole number from 1 to 1024"),
    (lambda: K(X, 1.0, out=X), "UsageError", "`out` is not nested as the result is"
        "\n  = help: give an array for each array: (array, (array, array))"),
    (lambda: K(X, 1.0, out=(np.empty(12), (np.empty(12), np.empty(5)))), "UsageError",
        "`out` has float64 of the shape (5,) where float64 of the shape (12,) is wanted"
        "\n  = help: give an array of float64 that may be written to: np.empty((12,))"),
    (lambda: K(X, 1.0, out=(np.empty(12), (np.empty(12), np.empty(12, int)))), "UsageError",
        "`out` has int64 of the shape (12,) where float64 of the shape (12,) is wanted"
        "\n  = help: give an array of float64 that may be written to: np.empty((12,))"),
    (lambda: K(X, 1.0, out=(y := np.empty(12), (y, np.empty(12)))), "UsageError",
        "two arrays of `out` share memory\n  = help: give an array of its own for each array of the result"),
    (lambda: K.hess([1, 2]), "UsageError", "the kernel has no Hessian of a vector alone"
        "\n  = help: compile the program with order=2"),
    (lambda: K.fun([1, 2, 3]), "UsageError", "`x` is to be one vector of 2, and has the shape (3,)"
        "\n  = help: its numbers are those of x, y, one after another"),
    (lambda: K.fun([1, 2], 3), "UsageError", "1 argument after `x`, and 0 wanted\n  = help: `x` holds all of them"),
    (lambda: K.fun([1, 2], y=3), "UsageError", "`y` is given twice\n  = help: `x` holds x, y; by name come others"),
    (lambda: W(np.eye(3), [1, 2], 1), "UsageError", "`W` has the shape (3, 3), and is to be an array of the shape (2, 2)"
        "\n  = help: give an array of the shape (2, 2)"),
    (lambda: W(np.eye(2), [1, 2, 3], 1), "UsageError", "`x` has the shape (3,), and is to be an array of the shape (2,)"
        "\n  = help: give an array of the shape (2,), or with axes of points before its own"),
    (lambda: W(np.eye(2), [1, 2], X), "UsageError", "`s` has the shape (12,), and is to be a number"
        '\n  = help: give a number\n  = help: for many points compile with batch="s": then axes of points may stand'
        "\n          before its own"),
    (lambda: diffcli.compile("x", order=3), "UsageError", "there is no kernel of order 3\n  = help: one of: 0, 1, 2"),
    (lambda: diffcli.compile("x", order=0, directions=True), "UsageError", "there is no kernel of order 0"
        "\n  = help: jvp, with directions=, takes order 1, hvp order 2"),
    (lambda: diffcli.compile("x*dx", directions=True), "UsageError", "`dx` is a variable, and the direction of one"
        '\n  = help: choose what the directions of variables are called: directions="d_"'),
    (lambda: diffcli.compile("x", directions="1"), "UsageError", "'1' begins no name"
        '\n  = help: write directions=True, or what stands before the names of variables:\n          directions="v_"'),
    (lambda: diffcli.compile("x", directions=2), "UsageError", "2 begins no name"
        '\n  = help: write directions=True, or what stands before the names of variables:\n          directions="v_"'),
    (lambda: diffcli.compile("x", max_nodes="many"), "UsageError", "max_nodes is 'many', not a whole number from 1 to 1000000000"),
    (lambda: diffcli.compile("x^2 + 1", max_nodes=2), "LimitError", "the program has more than 2 nodes"
        "\n  = help: raise the limit with max_nodes=N, if memory allows"),
    (lambda: diffcli.compile("x", backend="nmpy"), "UsageError", "there is no back end `nmpy`\n  = help: did you mean `numpy`?"),
    (lambda: diffcli.compile("x", wrt="y"), "ExpressionError", "the expression has no variable `y`\n  = help: its variables: x"),
    (lambda: diffcli.compile("x", batch="y"), "ExpressionError", "the expression has no variable `y`\n  = help: its variables: x"),
    (lambda: diffcli.compile("[x, y]", order=2), "ExpressionError", "a Hessian is of one number, and there are several results: f1, f2"
        '\n  = help: choose one of them: of="x"'),
    (lambda: diffcli.compile("W @ x"), "ExpressionError", "arrays have no shape without a point\n  │ W @ x\n  │ ^^^^^"
        "\n  = note: a point says which variables are arrays, and the formula is in their\n          elements"
        '\n  = help: add at="W=...,x=..."'),
    (lambda: diffcli.compile("argmax(x)*x", at="x=[1, 2]"), "UsageError", "the program cannot be written out in numbers: an operation of it"
        " reads values, or it has more than 20000 rows in numbers\n  = help: array by array there are values, and gradients of numbers: order=1 of"
        "\n          sum(...), or order=0"),
    (lambda: diffcli.compile("sum(inv(A))", at={"A": np.eye(2)}, backend="python"), "UsageError", "the program cannot be written out in numbers:"
        " an operation of it reads values, or it has more than 20000 rows in numbers\n  = help: array by array there are values, and gradients of"
        ' numbers: order=1 of\n          sum(...), or order=0\n  = help: leave backend="python" out for that'),
    (lambda: diffcli.compile(3), "UsageError", "a program is text, what diffcli.parse returned, or a function, not a `int`"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "text"), WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_and_what_to_do(call, kind, text):
    with pytest.raises(diffcli.DiffcliError) as fault:
        call()
    assert (type(fault.value).__name__, str(fault.value)) == (kind, text)


@pytest.mark.parametrize(("name", "needs"), [(row.name, row.needs) for row in BACKENDS.values() if row.needs])
def test_a_back_end_that_is_not_installed(name, needs, monkeypatch):
    monkeypatch.setitem(sys.modules, needs, None)
    with pytest.raises(diffcli.MissingExtraError) as fault:
        diffcli.compile("x", backend=name)
    assert fault.value.exit_code == 7
    assert str(fault.value) == (
        f"the back end `{name}` needs {needs}, which is not installed\n"
        f'  = help: pip install "diffcli[{BACKENDS[name].extra}]"\n  = help: backend="numpy" needs nothing else'
    )


FAILING = [
    ("", "cannot import name 'ir' from 'llvmlite' ("),
    ("raise OSError('libLLVM.so: no such file')", "libLLVM.so: no such file\n"),
    ("raise ImportError('DLL load failed')", "DLL load failed\n"),
    ("import llvmlite.binding", "No module named 'llvmlite.binding'\n"),
]


@pytest.mark.parametrize(("line", "reason"), FAILING)
def test_a_back_end_that_does_not_load_is_not_chosen_and_says_why(line, reason, tmp_path):
    (tmp_path / "llvmlite").mkdir()
    (tmp_path / "llvmlite" / "__init__.py").write_text(line)
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import diffcli, numpy as np\n"
        "k = diffcli.compile('+'.join(f'sin({n}*x)' for n in range(1, 101)))\n"
        "assert abs(k(np.ones(5000))[0][4999] - sum(map(np.sin, range(1, 101)))) < 1e-12\n"
        "try: diffcli.compile('x', backend='llvm')\n"
        "except diffcli.MissingExtraError as fault: print(fault)"
    )
    found = fresh(script, str(tmp_path))
    assert found.startswith(f"the back end `llvm` needs llvmlite, which does not load: {reason}")


# -- arrays ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_with_arrays(name):
    text, shapes = PROGRAMS[name]
    point = point_of(name)
    wanted = diffcli.grad(text, point)
    k = diffcli.compile(text, at=point, batch=list(shapes))
    assert dict(zip(k.inputs, k._made.shapes, strict=True)) == shapes
    order = [wanted.gradient[variable] for variable in k.inputs]
    value, gradient = k(**point)
    assert np.isclose(value, wanted.value, rtol=1e-13)
    assert all(np.allclose(one, other, rtol=1e-11, atol=1e-13) for one, other in zip(gradient, order, strict=True))
    two = {variable: np.stack([number, number * 1.5]) for variable, number in point.items()}
    values, gradients = k(**two)
    other = diffcli.grad(text, {variable: number * 1.5 for variable, number in point.items()})
    assert np.allclose(values, [wanted.value, other.value], rtol=1e-12)
    for variable, one in zip(k.inputs, gradients, strict=True):
        assert one.shape == (2, *shapes[variable])
        assert np.allclose(one[0], wanted.gradient[variable], rtol=1e-11, atol=1e-13)
        assert np.allclose(one[1], other.gradient[variable], rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(("row", "point"), cases(inner=False))
def test_rows_of_arrays_in_numbers_hold_at_every_point(row, point):
    """What is written out without a point is right at each; what cannot be is refused, and not frozen."""
    tape, operands = row_tape(row, point)
    try:
        written = write_out(tape, None)
    except PointNeededError:
        assert row.flat or row.name in READ_VALUES
        return
    assert row.name not in {"argmax", "argmin", "solve", "inv"}
    random = np.random.default_rng(0)
    for moved in (operands, [operand + random.uniform(0, 0.25, operand.shape) for operand in operands]):
        wanted = np.asarray(Evaluator(tape)(moved)[0], float).reshape(-1)
        flat = [number for operand in moved for number in operand.reshape(-1).tolist()]
        found = Evaluator(written.tape, written.of(tape, tape.output))(flat) if wanted.size else []
        assert np.allclose(found, wanted, rtol=1e-11, atol=1e-14, equal_nan=True)


READ_VALUES = {"cross_entropy", "det", "inv", "solve"}
"""Rows that are written out by labels, or by what is largest in a column."""


def test_large_arrays_are_computed_as_they_are():
    """A gradient needs no numbers for its elements; a Hessian does, and says when there are too many."""
    random = np.random.default_rng(3)
    point = {"W": random.normal(size=(80, 80)), "x": random.normal(size=80)}
    k = diffcli.compile("sum(tanh(W @ x)^2)", at=point, batch="x")
    assert (k.backend, k.source) == ("arrays", "")
    wanted = diffcli.grad("sum(tanh(W @ x)^2)", point)
    value, slopes = k(**point)
    assert near(value, wanted.value) and all(np.allclose(a, b, rtol=1e-12) for a, b in zip(slopes, wanted.gradient.values(), strict=True))
    assert near(k(point["W"], np.stack([point["x"]] * 3))[0], np.full(3, value))
    assert near(k.fun(np.concatenate([point["W"].reshape(-1), point["x"]])), value)
    assert diffcli.compile("sum(tanh(W[0] @ x)^2)", at=point, order=2, wrt="x").backend == "auto"


def test_matrices_of_arrays():
    """An array among the results, or the variables, has its axes where a Jacobian of the library has them."""
    point = {"W": np.array([[1.0, 2, 3], [4, 5, 6]]), "x": np.array([1.0, -1, 2]), "s": 0.5}
    for text, options in [("tanh(W @ x)*s", {}), ("[sum(x)*s, s^2]", {}), ("x*s", {"wrt": "x"})]:
        used = {name: value for name, value in point.items() if name in text.replace("sum", "")}
        wanted = diffcli.jacobian(text, used, **options)
        value, jacobian = diffcli.compile(text, at=used, **options)(**used)
        listed = isinstance(value, tuple)
        values, rows = (value, jacobian) if listed else ((value,), (jacobian,))
        for one, row, (name, result) in zip(values, rows, wanted.values.items(), strict=True):
            assert np.allclose(one, result, rtol=1e-14)
            for block, (variable, other) in zip(row, wanted.jacobian[name].items(), strict=True):
                assert np.shape(block) == np.shape(other), (text, name, variable)
                assert np.allclose(block, other, rtol=1e-13)
    k = diffcli.compile("sum((W @ x)^2)*s", at=point, order=2)
    wanted = diffcli.hessian("sum((W @ x)^2)*s", point)
    value, gradient, hessian = k(**point)
    for one, a in enumerate(k.inputs):
        assert np.allclose(gradient[one], wanted.gradient[a], rtol=1e-13)
        for other, b in enumerate(k.inputs):
            assert np.shape(hessian[one][other]) == np.shape(wanted.hessian[a][b])
            assert np.allclose(hessian[one][other], wanted.hessian[a][b], rtol=1e-13)
    along = diffcli.compile("sum((W @ x)^2)*s", at=point, wrt="x", directions=True, order=2)
    assert along.inputs == ("W", "x", "s", "dx")
    product = along(*point.values(), [1.0, 0, 2])[2][0]
    assert np.allclose(product, diffcli.hvp("sum((W @ x)^2)*s", point, {"x": [1.0, 0, 2]}, wrt="x").product["x"])


@pytest.mark.parametrize("text", ["logsumexp(x)", "softmax(x)", "log_softmax(x)", "cross_entropy(stack(x, 2*x), [0, 2])", "norm(x)"])
@pytest.mark.parametrize("x", [[1.0, 2, 0.5], [800.0, 1, 800], [-1000.0, -1001, -1002], [0.0, 0, 0], [1e-200, 2e-200, 0]], ids=str)
def test_sums_of_exponentials_hold_everywhere(text, x):
    wanted = diffcli.jacobian(text, {"x": x})
    k = diffcli.compile(text, at={"x": [0.0, 1, 5]}, batch="x")
    value, jacobian = k(x)
    assert np.allclose(value, wanted.values["f"], rtol=1e-13, atol=1e-15)
    if text != "norm(x)" or any(x):
        assert np.allclose(jacobian[0], wanted.jacobian["f"]["x"], rtol=1e-12, atol=1e-15)
    assert near(k([x, x])[0][1], value)


def test_sums_of_exponentials_of_infinities():
    k = diffcli.compile("logsumexp(x)", at={"x": [0.0, 1, 5]}, order=0, batch="x")
    rows = [[-math.inf] * 3, [-math.inf, 1, -math.inf], [math.inf, 1, -math.inf], [math.nan, 1, 2]]
    assert near(k(rows), np.array([-np.inf, 1, np.inf, np.nan]))


def test_data_decide_anew_at_every_point():
    """Labels and pivots are those of each point, and not of the one that gave the shapes."""
    text, logits = "cross_entropy(X, labels)", np.array([[1.0, 2, 0.5]])
    k = diffcli.compile(text, at={"X": logits, "labels": [0]}, wrt="X", batch="labels")
    found = k(logits, [[0], [1], [2]])
    wanted = [diffcli.grad(text, {"X": logits, "labels": [label]}, wrt="X") for label in range(3)]
    assert np.allclose(found[0], [each.value for each in wanted])
    assert np.allclose(found[1][0], [each.gradient["X"] for each in wanted])
    matrices = np.array([[[0.0, 1], [2, 3]], [[5.0, 1], [2, 3]], [[1e-9, 1], [2, 3]]])
    k = diffcli.compile("sum(inv(A))", at={"A": np.eye(2)}, batch="A")
    assert np.allclose(k(matrices)[0], np.linalg.inv(matrices).sum(axis=(1, 2)))
    out = np.empty(3), (np.empty((3, 2, 2)),)
    assert k(matrices, out=out)[1][0] is out[1][0]
    assert np.allclose(out[1][0][0], diffcli.grad("sum(inv(A))", {"A": matrices[0]}).gradient["A"])


# -- rows ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", [param for param in HERE if param.values[0] != "jax"])
@pytest.mark.parametrize(("row", "point"), at_points())
def test_every_row_at_its_points(row, point, backend):
    """Value and gradient, of one point and of several, are what the interpreter has."""
    text = Applied(row, point).text
    asked, tape = diffcli.compile(text, backend=backend), lower(parse(text))
    wanted = Evaluator(ReverseTransform(tape, range(tape.first_row)).run().tape)(list(map(float, point)))
    value, gradient = asked(*map(float, point))
    assert near((value, *gradient), tuple(wanted), 4)
    values, gradients = asked(*[np.full(5, number) for number in map(float, point)])
    assert all(near(column, np.full(5, number), 4) for column, number in zip((values, *gradients), wanted, strict=True))


# -- one flat vector -----------------------------------------------------------------------------------------------------


def test_one_vector_for_all_variables():
    k = diffcli.compile("a*exp(-b*t) + c*t", wrt="a, b, c", order=2)
    x, t = [2.0, 0.5, 0.1], np.array([0.0, 1.0, 3.0])
    wanted = diffcli.hessian("a*exp(-b*t) + c*t", "a=2, b=0.5, c=0.1, t=3", wrt="a, b, c")
    assert near(k.fun(x, 3.0), wanted.value)
    assert type(k.fun(x, 3.0)) is float
    assert near(k.jac(x, t=3.0), np.array(list(wanted.gradient.values())))
    assert near(k.hess(np.array(x), 3.0), np.array(wanted.matrix))
    values, rows = k.fun_and_jac(x, t)
    assert values.shape == (3,) and rows.shape == (3, 3)
    assert near(values[2], wanted.value) and near(rows[2], k.jac(x, 3.0)) and near(k.hess(x, t)[2], k.hess(x, 3.0))


def test_one_vector_of_arrays():
    point = {"W": np.array([[1.0, 2], [3, 4], [5, 6]]), "x": np.array([1.0, -2])}
    k = diffcli.compile("W @ x", at=point, of="W @ x; x")
    flat = np.concatenate([point["W"].reshape(-1), point["x"]])
    values, rows = k.fun_and_jac(flat)
    assert near(values, np.array([-3.0, -5, -7, 1, -2]))
    block = np.kron(np.eye(3), point["x"])
    assert near(rows, np.block([[block, point["W"]], [np.zeros((2, 6)), np.eye(2)]]))
    square = diffcli.compile("sum((W @ x)^2)", at=point, order=2)
    hessian = diffcli.hessian("sum((W @ x)^2)", point)
    assert np.allclose(square.hess(flat), hessian.matrix)


# -- what is kept, sent, and freed -----------------------------------------------------------------------------------------


SENT = [
    ("x*y", {}), ("sum((W @ x)^2)*s", {"at": {"W": np.eye(2), "x": [1, 2]}, "batch": "x"}), ("sum(inv(A))", {"at": {"A": np.eye(2)}}),
    ("[x, y^2]", {"wrt": "y", "directions": "v_", "backend": "python"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "options"), SENT)
def test_kernels_are_sent_by_their_text(text, options):
    k = diffcli.compile(text, **options)
    sent = pickle.dumps(k)
    assert len(sent) < 600
    script = f"import pickle; k = pickle.loads({sent!r}); print(k.inputs, k.wrt, k.order, k.backend, k._made.shapes, repr(k))"
    found = fresh(script)
    assert found == f"{k.inputs} {k.wrt} {k.order} {k.backend} {k._made.shapes} {k!r}\n"
    assert copy.copy(k) is k and copy.deepcopy(k) is k and pickle.loads(sent) is k


def test_a_program_is_compiled_once():
    assert diffcli.compile("x*y*1.25") is diffcli.compile(diffcli.parse("x*y*1.25"), wrt=None)
    others = [
        diffcli.compile("x*y*1.25", order=2), diffcli.compile("x*y*1.25", wrt="x"), diffcli.compile("x*y*1.25", of="x"),
        diffcli.compile("x*y*1.25", backend="python"), diffcli.compile("x*y*1.25", at={"x": [1, 2]}), diffcli.compile("x*y*1.25", directions=True),
    ]  # fmt: skip
    assert len({*map(id, others), id(diffcli.compile("x*y*1.25"))}) == 7


@pytest.mark.parametrize("backend", HERE)
def test_what_nobody_holds_is_freed(backend):
    k = diffcli.compile("x*y*1.75", backend=backend)
    k(1.0, 2.0), k(X, 2.0)
    gone = weakref.ref(k)
    del k
    for number in range(70):
        diffcli.compile(f"x + {number}")
    gc.collect()
    assert gone() is None


def test_numbers_do_not_load_numpy():
    script = (
        "import sys, diffcli; k = diffcli.compile('log(x)*y', order=2); k(2.0, 3.0), k(2, y=3); k.source, repr(k); "
        "print(k(2.0, 3.0)[0], 'numpy' in sys.modules)"
    )
    found = fresh(script)
    assert found == f"{math.log(2) * 3!r} False\n"


def test_a_kernel_says_what_it_is():
    k = diffcli.compile("x*y", backend="python")
    assert repr(k) == "<Kernel of x*y: x, y; order 1, python>"
    assert "def kernel(" in k.source
    assert isinstance(k, diffcli.Kernel)


CANCELLING = (
    "abs(x*x - y*y)", "relu(x*x - y*y)", "max(x*x - y*y, 0)*3", "sign(x*x - y*y)", "floor(x*y - y*x)", "1/(x*x - y*y)",
    "sqrt(x*x - y*y)", "where(x*x - y*y == 0, sin(x), y)", "atan2(x*y - y*x, -1)", "abs(x*y + x*x - (y*x + x*x))",
)  # fmt: skip


@pytest.mark.parametrize("text", CANCELLING)
@pytest.mark.parametrize("backend", HERE)
def test_what_cancels_to_a_kink_is_no_kink_missed(text, backend):
    """A fused product would leave its own rounding in place of 0, and hide what stands there."""
    places = np.random.default_rng(7).uniform(0.5, 3.0, 300)
    exact, kernel = diffcli.compile(text, backend="python"), diffcli.compile(text, backend=backend)
    want, found = exact(places, places), kernel(places, places)
    assert np.array_equal(found.flags, want.flags) and found.flags.all()
    for one, other in zip((want[0], *want[1]), (found[0], *found[1]), strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-15, atol=0, equal_nan=True)
    assert repr(kernel(float(places[0]), float(places[0]))) == repr(exact(float(places[0]), float(places[0])))


ABSENT_BESIDE_INFINITY = (
    ("cbrt(relu(x))", (-1.0,)), ("cbrt(max(x, 0))*y", (-1.0, 2.0)), ("exp(relu(x) + y)", (-1.0, 1e3)),
    ("exp(max(x, 0) + y)", (-1.0, 1e3)), ("exp(max(x, z) + y)", (-1.0, 1.0, 1e3)), ("exp(clip(x, 0, 1) + y)", (-1.0, 1e3)),
    ("exp(clip(3, x, 2) + y)", (0.0, 1e3)), ("exp(hardtanh(x) + y)", (-2.0, 1e3)), ("exp(leaky_relu(x, z) + y)", (1.0, 0.1, 1e3)),
    ("abs(relu(x))*y*y", (-1.0, 1e300)), ("where(x > 0, x, y)*exp(z)", (1.0, 2.0, 1e3)),
)  # fmt: skip


@pytest.mark.parametrize(("text", "point"), ABSENT_BESIDE_INFINITY)
@pytest.mark.parametrize("backend", HERE)
def test_what_is_absent_meets_no_infinity(text, point, backend):
    kernel = diffcli.compile(text, backend=backend)
    result = diffcli.grad(text, dict(zip(kernel.inputs, point, strict=True)))
    want = [result.value, *result.gradient.values()]
    value, gradient = kernel(*point)
    assert [value, *gradient] == pytest.approx(want, rel=1e-14, nan_ok=True)
    values, gradients = kernel(*map(np.atleast_1d, point))
    assert [values[0], *[column[0] for column in gradients]] == pytest.approx(want, rel=1e-14, nan_ok=True)


@pytest.mark.parametrize("backend", HERE)
@pytest.mark.parametrize(("text", "point"), [("log(x)", (-1.0,)), ("log(x)*y", (-1.0, 2.0)), ("sqrt(x) + y", (-1.0, 1.0)), ("x/y", (1.0, 0.0))])
def test_what_is_undefined_has_no_derivatives(text, point, backend):
    arguments = {"backend": backend}
    value, gradient = diffcli.compile(text, **arguments)(*point)
    assert math.isnan(value) and all(map(math.isnan, gradient))
    kernel = diffcli.compile(text, order=2, **arguments)
    values, gradients, hessian = kernel(*[np.array([own, 1.0, own]) for own in point])
    for column in (values, *gradients, *[entry for row in hessian for entry in row]):
        assert np.isnan(column).tolist() == [True, False, True]
    rows = diffcli.compile(f"[{text}, x]", **arguments)(*point)[1]
    assert all(map(math.isnan, rows[0])) and rows[1][0] == 1.0


def test_points_that_vectors_cannot_do_are_computed_together():
    pytest.importorskip("llvmlite", reason="machine code is made by llvmlite")
    points = np.linspace(-40.75, -40.25, 3001)
    for name in ("lgamma", "gamma"):
        found = diffcli.compile(f"{name}(x)", order=0, backend="llvm")(points)
        np.testing.assert_allclose(found[::50], [diffcli.evaluate(f"{name}(x)", {"x": x}) for x in points[::50]], rtol=2e-15)


# -- one number beside arrays ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", [each for each in HERE if each.values[0] not in ("python", "jax")])
@pytest.mark.parametrize(
    "text",
    [
        "x^y", "max(y, 0)*x", "clip(y, 0, 1)*x", "where(y > 1, sin(x), x^2)", "log(y)*x", "x*abs(y - 1)", "hypot(x, y)", "mod(x, y)",
        "atan2(y, x)", "copysign(x, y)", "relu(y)*x", "where(y > 1 and x > 1, x, y)", "(not y) + x", "max(x, y, 2)", "y*sqrt(x)",
    ],
)  # fmt: skip
def test_a_number_beside_arrays_is_that_number_at_every_point(text, backend):
    x = np.linspace(0.1, 2.0, 50)
    for order, directions in ((1, False), (1, True), (2, True)):
        options = {"order": order, "directions": directions}
        kernel, python = (diffcli.compile(text, backend=name, **options) for name in (backend, "python"))
        for y in (2.0, 0.0, -1.0, 1.0):
            at = {"x": x, "y": y} | ({"dx": 1.0, "dy": 0.5} if directions else {})
            found, wanted = kernel(**at), python(**at)
            for one, other in zip(*[flat(results) for results in (found, wanted)], strict=True):
                assert np.allclose(one, other, rtol=1e-13, atol=1e-15, equal_nan=True), (order, y)
            assert (found.flags == wanted.flags).all()


def flat(results):
    return [results] if isinstance(results, np.ndarray) else [array for part in results for array in flat(part)]


def test_results_leave_a_worker_with_their_flags():
    kernel = diffcli.compile("abs(x)*y")
    for x in (np.array([0.0, 1.0]), np.ones(2)):
        found = kernel(x, 2.0)
        again = pickle.loads(pickle.dumps(found))
        assert again.flags.tolist() == found.flags.tolist() and again[0].tolist() == found[0].tolist()
