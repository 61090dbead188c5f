"""gamma, its relatives and the error function, for numbers and arrays, against mpmath: within 4 ulp wherever they are asked, between poles within 6.

Points are data: the ends of ranges, poles, and the floats beside every root that matters, where a value is known to all its
digits only if the root is. Random ones come on top, by a seed.
"""

from __future__ import annotations

import math

import numpy as np
import oracle
import pytest
import tiers
from console import fresh
from inside import FLOATS, arrays
from mpmath import mp, mpf

import diffcli

INF, NAN, TINY, SUBNORMAL = math.inf, math.nan, 5e-324, 3e-310
UNARY = ("erf", "erfc", "gamma", "lgamma", "digamma", "gelu")

EDGES = {
    "erf": ((0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0), (6.0, 1.0), (-30.0, -1.0), (TINY, TINY)),
    "erfc": ((0.0, 1.0), (INF, 0.0), (-INF, 2.0), (28.0, 0.0), (1e300, 0.0), (-30.0, 2.0), (TINY, 1.0)),
    "gelu": ((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -0.0), (1e300, 1e300), (-1e300, -0.0), (40.0, 40.0), (-50.0, -0.0)),
    "gamma": (
        (0.0, NAN), (-0.0, NAN), (-1.0, NAN), (-1e300, NAN), (INF, INF), (-INF, NAN), (TINY, INF), (-TINY, -INF),
        (171.0, 7.257415615307999e306), (172.0, INF), (1e300, INF), (1.0, 1.0), (2.0, 1.0), (23.0, 1.1240007277776077e21), (-190.5, -0.0), (-191.5, 0.0),
        (-1000.5, -0.0),
    ),
    "lgamma": ((0.0, NAN), (-0.0, NAN), (-3.0, NAN), (-1e300, NAN), (INF, INF), (-INF, NAN), (1.0, 0.0), (2.0, 0.0), (1e306, INF)),
    "digamma": (
        (0.0, NAN), (-0.0, NAN), (-7.0, NAN), (-1e300, NAN), (INF, INF), (-INF, NAN), (TINY, -INF), (-TINY, INF),
        (1e300, math.log(1e300)),
    ),
}  # fmt: skip

RANGES = {
    "erf": ((-1.0, 1.0), (-6.5, 6.5), (0.9, 1.1)),
    "erfc": ((-7.0, 1.0), (0.4, 2.0), (0.0, 27.3), (26.5, 27.3)),
    "gelu": ((-2.0, 2.0), (-38.6, -0.5), (-38.6, -36.9), (0.0, 10.0)),
    "gamma": ((0.0, 1.0), (1.0, 3.1), (2.9, 20.0), (20.0, 171.7), (139.0, 141.0), (-1.0, 0.0), (-3.2, -0.9), (-20.0, -3.0),
              (-184.0, -20.0)),
    "lgamma": ((0.0, 1.0), (0.95, 1.05), (0.6, 3.0), (1.95, 2.05), (2.7, 5.2), (5.0, 10.0), (10.0, 1e3), (1e3, 1e300), (-1.0, 0.0),
               (-2.0, -1.0), (-3.0, -2.0), (-4.1, -2.9), (-6.0, -4.0), (-20.0, -3.0), (-200.0, -20.0)),
    "digamma": ((0.0, 1.0), (1.0, 2.0), (1.461, 1.462), (0.9, 4.1), (4.0, 10.0), (10.0, 1e6), (1e6, 1e300), (-1.0, 0.0), (-10.0, 0.0),
                (-300.0, 0.0), (-2100.0, -1990.0)),
}  # fmt: skip
"""Where random points are."""

BETWEEN_POLES = 6.0
"""Left of 0 a reflection rounds more; millions of random points find 5.3."""

ORDERS = {1: (0.0, -60.0), 2: (0.0, -60.0), 3: (0.0, -60.0), 4: (0.0, -20.0), 7: (0.0, -5.0), 50: (0.0, -5.0), 168: (0.0, -3.0)}
"""Orders of polygamma, and how far down they are asked."""


def beside(root: mpf) -> list[float]:
    """The float nearest to a root, and its neighbours."""
    nearest = float(root)
    return [math.nextafter(nearest, -INF), nearest, math.nextafter(nearest, INF)]


def digamma_roots(count: int) -> list[float]:
    with mp.workdps(40):
        found = [mp.findroot(mp.digamma, mpf("1.4616"))]
        for n in range(count):
            start = -n - mpf(1) / 2 - mp.atan(mp.log(n + 1) / mp.pi) / mp.pi
            found.append(mp.findroot(mp.digamma, start))
        return [point for root in found for point in beside(root)]


def lgamma_roots(count: int) -> list[float]:
    """Those at 1 and 2, and of those beside the poles the ones that a float is near to."""
    points = [*beside(mpf(1)), *beside(mpf(2))]
    with mp.workdps(60):
        for n in range(2, count):
            for side in (-1, 1):
                root = mpf(side) / mp.factorial(n)
                for _ in range(100):
                    root = side * mp.gamma(1 + root) / mp.fprod(k - root for k in range(1, n + 1))
                    if abs(root) > 0.9:
                        break
                else:
                    points += beside(root - n)
    return [point for point in points if point != math.floor(point) or point > 0]


def far_off(name: str, *rows: tuple[float, ...], most: float = 4.0) -> list[tuple[str, tuple[float, ...], float]]:
    """The rows at which numbers or arrays are off by more than so many ulp."""
    *order, column = (np.array(column) for column in zip(*rows, strict=True))
    on_arrays = arrays.FUNCTIONS[name](*(known[0] for known in order), column)
    found = []
    for row, element in zip(rows, on_arrays.tolist(), strict=True):
        with mp.workdps(60):
            exact = oracle.ORACLE[name](*map(mpf, row))
        for kind, value in (("number", FLOATS[name](*row)), ("array", element)):
            if (off := oracle.ulps(value, exact)) > most:
                found.append((kind, row, off))
    return found


def random_points(lower: float, upper: float, count: int) -> list[tuple[float]]:
    source = np.random.default_rng(7)
    if upper > 1e3 * abs(lower or 1):
        return [(float(x),) for x in np.exp(source.uniform(math.log(max(lower, 1e-300)), math.log(upper), count))]
    return [(float(x),) for x in source.uniform(lower, upper, count)]


def same(found: float, expected: float) -> bool:
    return repr(float(found)) == repr(expected)


@pytest.mark.parametrize("name", EDGES)
def test_edges(name):
    rows = (*EDGES[name], (NAN, NAN))
    elements = arrays.FUNCTIONS[name](np.array([point for point, _ in rows]))
    for (point, expected), element in zip(rows, elements.tolist(), strict=True):
        assert same(FLOATS[name](point), expected), point
        assert same(element, expected), point
        assert same(arrays.FUNCTIONS[name](np.array([point]))[0], expected), "alone"
        assert same(arrays.FUNCTIONS[name](point), expected), "a number"


@pytest.mark.parametrize(
    ("order", "point", "expected"),
    [
        (1, 0.0, NAN), (1, -3.0, NAN), (2, -INF, NAN), (1, NAN, NAN), (1, INF, 0.0), (2, INF, -0.0), (7, INF, 0.0), (168, INF, -0.0),
        (1, TINY, INF), (2, TINY, -INF), (2, -TINY, INF), (1, -TINY, INF), (168, 1e-3, -INF), (168, 1e300, -0.0), (1, 1e308, 1e-308), (2, 1e155, -1e-310),
        (-1, 2.0, NAN), (0.5, 2.0, NAN), (169, 2.0, NAN), (NAN, 2.0, NAN), (0, 1.0, -0.5772156649015329),
    ],
)  # fmt: skip
def test_edges_of_polygamma(order, point, expected):
    assert same(FLOATS["polygamma"](order, point), expected)
    assert same(arrays.FUNCTIONS["polygamma"](order, np.array([point, 2.0]))[0], expected)
    assert same(arrays.FUNCTIONS["polygamma"](np.array([order, 1.0]), point)[0], expected)


@pytest.mark.parametrize(("name", "lower", "upper"), [(name, *bounds) for name in RANGES for bounds in RANGES[name]])
def test_random_points(name, lower, upper):
    assert not far_off(
        name, *random_points(lower, upper, tiers.examples(400)), most=5.0 if name == "gamma" and lower < 0 else 4.0
    )


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("size", [SUBNORMAL, 1e-300, 1e-17, 1e-8])
def test_tiny_points(name, size):
    assert not far_off(name, (size,), (-size,))


@pytest.mark.parametrize("order", ORDERS)
def test_orders_of_polygamma(order):
    source = np.random.default_rng(order)
    upper, lower = ORDERS[order]
    points = [*source.uniform(0, 1, 20), *source.uniform(1, 300, 40), *source.uniform(lower, upper, 30), 1e-3, 1e5, 1e12]
    for most, right in ((4.0, True), (BETWEEN_POLES, False)):
        assert not far_off("polygamma", *[(float(order), float(point)) for point in points if (point > 0) == right], most=most)


def test_beside_the_roots_of_digamma():
    assert not far_off("digamma", *[(point,) for point in digamma_roots(tiers.size(400))])


def test_beside_the_roots_of_lgamma():
    assert not far_off("lgamma", *[(point,) for point in lgamma_roots(26)])


@pytest.mark.parametrize("name", ["lgamma", "digamma", "gamma"])
def test_beside_the_poles(name):
    points = [math.nextafter(-float(n), side) for n in (0, 1, 2, 3, 4, 9, 17, 18, 19, 40, 100, 170) for side in (-INF, INF)]
    assert not far_off(name, *[(point,) for point in points if point != -TINY])


def test_factorials():
    whole = [float(n) for n in range(1, 172)]
    exact = [float(math.factorial(n - 1)) for n in range(1, 172)]
    assert [FLOATS["gamma"](n) for n in whole] == exact
    assert arrays.FUNCTIONS["gamma"](np.array(whole)).tolist() == exact


@pytest.mark.parametrize("name", UNARY)
def test_arrays_of_any_kind(name):
    function = arrays.FUNCTIONS[name]
    flat = np.random.default_rng(3).uniform(-5, 8, 30_000)
    flat[[0, 9_999, 10_000, 29_999]] = NAN, 2.5, -0.5, -INF
    whole = function(flat)
    numbers = np.array([FLOATS[name](x) for x in flat[:200].tolist()])
    assert np.array_equal(np.isnan(whole[:200]), np.isnan(numbers))
    assert np.allclose(whole[:200], numbers, rtol=2e-15, atol=0, equal_nan=True)
    assert np.array_equal(function(flat.reshape(150, 200)), whole.reshape(150, 200), equal_nan=True)
    assert np.array_equal(function(flat[::2]), whole[::2], equal_nan=True)
    assert np.array_equal(function(flat.reshape(150, 200).T), whole.reshape(150, 200).T, equal_nan=True)
    assert function(np.zeros((0, 3))).shape == (0, 3)
    assert function(np.float32([0.5])).dtype == np.float64
    into = np.empty((150, 200))
    assert function(flat.reshape(150, 200), out=into) is into
    assert np.array_equal(into.reshape(-1), whole, equal_nan=True)
    assert np.array_equal(function(flat, out=flat), whole, equal_nan=True)
    backwards = np.empty(30_000)[::-1]
    function(into.reshape(-1), out=backwards)
    assert np.array_equal(backwards, function(into.reshape(-1)), equal_nan=True)


def test_orders_beside_each_other():
    orders, points = np.array([[1.0], [2.0], [0.0]]), np.array([0.5, 2.5, -1.25])
    found = arrays.FUNCTIONS["polygamma"](orders, points)
    assert np.allclose(found, [[FLOATS["polygamma"](n, x) for x in points] for n in orders[:, 0]], rtol=2e-15, atol=0)


@pytest.mark.parametrize(
    "text", ["sigmoid(x)", "softplus(x)*x", "silu(x)", "logcosh(x)", "elu(x, y)", "elu(x, 2)", "leaky_relu(x, y)"]
)
def test_rows_without_a_function_are_the_same_in_blocks(text):
    x, y = np.random.default_rng(5).normal(0, 30, (2, 30_000))
    at = {"x": x, "y": y} if "y" in text else {"x": x}
    whole = diffcli.evaluate(text, at)
    parts = [diffcli.evaluate(text, {name: part[k : k + 4000] for name, part in at.items()}) for k in range(0, 30_000, 4000)]
    assert np.array_equal(whole, np.concatenate(parts))
    assert np.array_equal(diffcli.evaluate(text, {name: part.reshape(2, -1) for name, part in at.items()}).ravel(), whole)


def test_nothing_warns():
    with np.errstate(all="raise"):
        for name in UNARY:
            arrays.FUNCTIONS[name](np.array([-1e308, -200.5, -2.0, 0.0, TINY, 1e308, INF, NAN]))


def test_numbers_load_nothing_large():
    """Neither NumPy nor mpmath, but for mpmath beside a root between the poles."""
    code = (
        "import sys; from diffcli.operations.arithmetic.floats import FLOATS as f\n"
        "[f[name](x) for name in ('gamma', 'lgamma', 'gelu') for x in (0.3, 1.4616, 30.0, -0.3, -2.9, -25.7)]\n"
        "f['digamma'](1.4616), f['digamma'](-2.1), f['polygamma'](2, -0.3)\n"
        "print(sorted({'numpy', 'mpmath'} & {*sys.modules}))\n"
        "f['digamma'](-1.5734); print(sorted({'numpy', 'mpmath'} & {*sys.modules}))"
    )
    told = fresh(code)
    assert told == "[]\n['mpmath']\n"


HALFWAY = ((20, -170.5), (20, -100.5), (100, -35.5), (40, -59.5), (30, -38.5), (12, -0.5), (168, -2.5))


@pytest.mark.parametrize(("order", "point"), HALFWAY)
def test_polygamma_halfway_between_poles(order, point):
    """Of an even order the terms of the poles on both sides cancel, to a hundred digits and more."""
    with mp.workdps(700):
        exact = float(mp.polygamma(order, mp.mpf(point)))
    assert FLOATS["polygamma"](order, point) == pytest.approx(exact, rel=1e-15, abs=0)
    assert arrays.FUNCTIONS["polygamma"](order, np.array([point, 1.0]))[0] == pytest.approx(exact, rel=1e-15, abs=0)
