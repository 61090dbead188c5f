"""Recorded functions do what NumPy does: writing in place, indices, every function and every option of it, or they are refused."""

from __future__ import annotations

import inspect
import itertools
import random
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from inside import FUNCTIONS_OF_NUMPY, MADE, quiet_arrays, record, row_named
from tiers import examples

import diffcli


def value_of(function, **at):
    """What a function gives while it is recorded."""
    recording = record(function, at)
    found = [recording.values[slot] for slot in recording.tape.results]
    return found if recording.tape.outputs else found[0]


def differences(function, x):
    quotients = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[place] = 1e-6
        quotients[place] = (function(x + step) - function(x - step)) / 2e-6
    return quotients


# -- in place ---------------------------------------------------------------------------------------------------------------


def heat(u):
    for _ in range(3):
        v = u[1:-1]
        v += 0.5 * (u[2:] - 2 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def through_a_transpose(u):
    v = u.reshape(5, 1).T
    v *= 2.0
    v[0, 1:3] = u[0]
    return (u * np.arange(5.0)).sum()


def into_an_array_of_zeros(u):
    out = np.zeros_like(u)
    for k in range(1, len(u)):
        out[k] = u[k] * u[k - 1] + out[k - 1]
    return out.sum()


def with_out(u):
    v = np.empty_like(u)
    np.multiply(u, u, out=v)
    np.add(v, 1.0, out=v, where=np.arange(5) > 2)
    return np.sum(v, axis=0) + np.divide(u, u - 1, out=np.zeros_like(u), where=np.arange(5) > 1).sum()


def another_name(u):
    v, w = u, u.copy()
    v -= 1.0
    w[[0, 0, 1]] = [3.0, 4.0, 5.0]
    u[u.ndim :: 2], u[0] = w[:2] * u[-1], u[-1]
    return (u * w).sum()


def several_views(u):
    first, rows = u[:3], u[:4].reshape(2, 2)
    rows[:, 0] **= 2
    first[1:] -= rows[1]
    np.copyto(rows[0], first[-1])
    rows.fill(rows.sum() / 4)
    return (first * u[-3:]).sum()


def steps(u):
    v = +u
    v //= 0.7
    u %= 1.5
    u @= np.eye(5) * 2
    return (u * v).sum()


def cholesky(a):
    lower = np.zeros_like(a)
    for i in range(3):
        for j in range(i + 1):
            rest = a[i, j] - np.dot(lower[i, :j], lower[j, :j])
            lower[i, j] = np.sqrt(rest) if i == j else rest / lower[j, j]
    return np.sum(np.log(np.diag(lower)))


def gauss(a):
    a, product = a.copy(), 1.0
    for k in range(3):
        for row in a[k + 1 :]:
            row[k:] -= a[k, k:] * (row[k] / a[k, k])
        product *= a[k, k]
    return np.log(product) / 2


@pytest.mark.parametrize("function", [cholesky, gauss])
def test_eliminations_in_place_have_the_derivative_of_a_log_determinant(function):
    a = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]])
    result = diffcli.grad(function, {"a": a})
    assert result.value == pytest.approx(np.linalg.slogdet(a)[1] / 2, rel=1e-14)
    gradient = result.gradient["a"] + result.gradient["a"].T  # Cholesky reads the lower half only
    assert gradient == pytest.approx(np.linalg.inv(a), rel=1e-12)


def the_order_in_memory_stays(u):
    a = np.outer(u[:2], u[1:3])
    a.T[...] = 2.0 * a
    flat = a.reshape(-1)  # a view, as before
    flat += u[0]
    return (a * a).sum()


def raveled(u):
    row, every_second = u[1:].ravel(), np.ravel(u[::2])  # the one is a view, the other a copy
    row *= 2.0
    every_second *= 3.0
    u += 0.5
    return (u * u).sum() + (row * u[:-1]).sum() + (every_second**2).sum()


def turned_by_a_view(u):
    flat = (u[1:] * 1.0).reshape(2, 2).reshape(-1)
    flat[:] = flat[::-1]  # what is read moves with what is written
    flat[::-1] *= u[1]
    return (flat * np.arange(4.0)).sum()


def turned_by_itself(u):
    v, w = u.copy(), u.copy()
    v[::-1] = v
    w[[0, -1, 2]] = w[1:4][...]
    return (v * u).sum() + (w * np.arange(5.0)).sum()


def with_axes_ahead(u):
    a = np.outer(u[:3], u[2:])
    a[0], a[:, 1], a[[2]] = a[1:2] * 2.0, a[None, :1, :], np.stack([a[:1]])
    u[...] = u[None] * 2.0
    return (a * a).sum() + u[0]


U = np.array([0.0, 1.0, 4.0, 2.0, 0.0])
IN_PLACE = [
    heat, through_a_transpose, into_an_array_of_zeros, with_out, another_name, several_views, steps, the_order_in_memory_stays, raveled,
    turned_by_a_view, turned_by_itself, with_axes_ahead,
]  # fmt: skip


@pytest.mark.parametrize("function", IN_PLACE)
@pytest.mark.parametrize("mode", ["reverse", "forward", "symbolic"])
def test_what_is_written_in_place_is_seen_by_every_name_of_it(function, mode):
    point = U + 0.3
    result = diffcli.grad(function, {"u": point}, mode=mode)
    assert result.value == pytest.approx(float(function(point.copy())), rel=1e-14)
    assert result.gradient["u"] == pytest.approx(differences(lambda u: function(u.copy()), point), rel=1e-6, abs=1e-7)
    assert point.tolist() == (U + 0.3).tolist()  # the caller's array is not written into


def test_explicit_steps_of_the_heat_equation():
    result = diffcli.grad(heat, {"u": U})
    assert (result.value, result.gradient["u"].tolist()) == (2.5625, [1.875, 0.375, 1.0, 0.375, 1.875])
    hessian = diffcli.hessian(heat, {"u": U}).matrix
    assert np.array(hessian) @ U == pytest.approx(result.gradient["u"])  # it is quadratic


def program_in_place(seed):
    """A random program that makes views and copies and writes into them."""

    def f(x):
        draw = random.Random(seed)
        names = [x, x * 1.0]
        for _ in range(draw.randint(3, 12)):
            a = draw.choice(names)
            made = draw.randrange(20)
            if made == 0:
                names.append(a[::-1] if draw.random() < 0.5 else a[1:])
            elif made == 1:
                names.append(a.T)
            elif made == 2:
                names.append(a.reshape(-1))
            elif made == 3 and a.ndim > 1:
                names.append(a[:, draw.choice([0, slice(None, None, 2)])])
            elif made == 4:
                names.append(a[None, ...])
            elif made == 5:
                names.append(draw.choice([a.copy, a.flatten, a.ravel])())
            elif made == 6:
                a += draw.choice([0.5, 2.0])
            elif made == 7:
                a *= a if draw.random() < 0.3 else 0.7
            elif made == 8 and len(a):
                a[draw.randrange(len(a))] = 0.3
            elif made == 9 and len(a):
                a[draw.randrange(len(a)) :] -= 0.25 * a[-1]
            elif made == 10:
                a[...] = a[::-1] * 1.5
            elif made == 11 and len(a):
                a[[0, 0, -1]] *= 1.1
            elif made == 12 and len(a):
                first = a[0:1]
                first += a[-1:] * 0.5
            elif made == 13:
                np.multiply(a, 0.9, out=a)
            elif made == 14:
                np.add(a, 1.0, out=a, where=np.arange(a.shape[-1]) % 2 == 0)
            elif made == 15:
                names.append(np.flipud(a) if draw.random() < 0.5 else np.swapaxes(a, 0, -1))
            elif made == 16:
                names.append(np.expand_dims(a, -1))
            elif made == 17:
                a[...] = a[::-1]
            elif made == 18:
                a[::-1] = a if draw.random() < 0.5 else a[...]
            elif made == 19 and len(a) and a.ndim > 1:
                a[-1] = a[:1]
        return sum((name * np.cos(np.arange(float(name.size))).reshape(name.shape)).sum() for name in names)

    return f


@pytest.mark.parametrize("seed", range(examples(240)))
def test_random_programs_in_place(seed):
    draw = random.Random(-seed - 1)
    shape = draw.choice([(3,), (4,), (2, 3), (3, 2), (2, 2)])
    x = np.array([draw.random() for _ in range(np.prod(shape))]).reshape(shape)
    function = program_in_place(seed)
    result = diffcli.grad(function, {"x": x})
    assert result.value == pytest.approx(float(function(x.copy())), rel=1e-12, abs=1e-12)
    assert result.gradient["x"] == pytest.approx(differences(lambda x: function(x.copy()), x), rel=1e-5, abs=1e-6)


def plain_array(x):
    out = np.zeros(3)
    out += x
    return out.sum()


def plain_part(x):
    out = np.zeros(3)
    out[:] = x
    return out.sum()


def plain_element(x):
    out = np.zeros(3)
    out[0] = x[0]
    return out.sum()


def larger(x):
    x += np.ones((2, 3))
    return x.sum()


def read_only(x):
    y = np.broadcast_to(x, (2, 3))
    y += 1.0
    return y.sum()


def too_many(x):
    x[:2] = np.ones(3)
    return x.sum()


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (plain_array, "a plain array cannot be written into with a traced value"),
        (plain_part, "an array that traced values are written into is made by np.zeros_like(x)"),
        (plain_element, "collect the values in a list"),
        (larger, "in place an array keeps its shape, and this is larger"),
        (read_only, "what np.broadcast_to gives cannot be written into"),
        (too_many, "shapes do not fit: 2 elements and 3 elements"),
        (lambda x: x.sort(), "sort() of a traced value is not recorded"),
        (lambda x: x.flat[0], "`flat` of a traced value is not recorded"),
        (lambda x: np.add(x, 1.0, where=x > 0).sum(), "np.add with where= and without out="),
        (lambda x: np.add.at(x, [0, 0], 1.0), "np.add.at of a traced number is not recorded"),
    ],
)
def test_what_cannot_be_written_is_refused(function, said):
    with pytest.raises(diffcli.ExpressionError) as caught:
        diffcli.grad(function, {"x": np.ones(3)})
    assert said in diffcli.explain(caught.value, 200)


# -- indices ----------------------------------------------------------------------------------------------------------------


def random_key(draw, shape):
    """A key of everything that NumPy takes, for an array of that shape."""
    parts, axis, dots = [], 0, False
    places = draw.choice([(2,), (3,), (2, 2), (1,), ()])
    while axis < len(shape):
        kind, length = draw.random(), shape[axis]
        axis += kind >= 0.22
        if kind < 0.15:
            parts.append(None)
        elif kind < 0.22 and not dots:
            parts.append(Ellipsis)
            dots, axis = True, axis + draw.randint(0, len(shape) - axis)
        elif kind < 0.4:
            parts.append(draw.randrange(-length, length))
        elif kind < 0.65:
            parts.append(slice(draw.choice([None, 0, 1, -1]), draw.choice([None, length, -1, 1]), draw.choice([None, 1, 2, -1, -2])))
        elif kind < 0.8:
            found = [draw.randrange(-length, length) for _ in range(int(np.prod(places)))]
            parts.append(np.array(found, dtype=int).reshape(places))
        elif kind < 0.86:
            parts.append([draw.randrange(-length, length) for _ in range(2)])
        elif kind < 0.93 and axis < len(shape):
            parts.append(np.array([[draw.random() < 0.5 for _ in range(shape[axis])] for _ in range(length)]))
            axis += 1
        elif kind < 0.97:
            parts.append(np.array([draw.random() < 0.5 for _ in range(length)]))
        else:
            break
    return tuple(parts) if len(parts) != 1 or draw.random() < 0.5 else parts[0]


NOT_RECORDED = "`...` between arrays of places that stands for no axis is not recorded"


@pytest.mark.parametrize("seed", range(examples(1200)))
def test_an_index_gives_and_takes_what_numpy_s_does(seed):
    draw = random.Random(seed)
    shape = tuple(draw.randint(1, 3) for _ in range(draw.randint(1, 4)))
    x = np.array([draw.random() for _ in range(np.prod(shape))]).reshape(shape)
    key = random_key(draw, shape)
    try:
        wanted = x[key]
    except IndexError:
        with pytest.raises(diffcli.ExpressionError):
            record(lambda x: x[key], {"x": x})
        return
    shapes = []
    try:
        value_of(lambda x: shapes.append(np.shape(x[key])) or x, x=x)
    except diffcli.ExpressionError as refused:
        assert str(refused).startswith(NOT_RECORDED.partition("\n")[0])
        return
    assert shapes == [np.shape(wanted)]
    if not np.size(wanted):
        return
    assert np.array_equal(value_of(lambda x: x[key], x=x), wanted)
    weights = np.reshape([draw.random() for _ in range(np.size(wanted))], np.shape(wanted))
    result = diffcli.grad(lambda x: np.sum(x[key] * weights), {"x": x}, mode=draw.choice(["reverse", "forward"]))
    gradient = np.zeros(shape)
    np.add.at(gradient, key, weights)
    assert result.gradient["x"] == pytest.approx(gradient, rel=1e-14)

    def written(x):
        y = x * 1.0
        y[key] = weights * x.sum()
        return y

    assert np.array_equal(value_of(written, x=x), written(x))
    slopes = differences(lambda x: float((written(x) ** 2).sum()), x)
    assert diffcli.grad(lambda x: np.sum(written(x) ** 2), {"x": x}).gradient["x"] == pytest.approx(slopes, rel=1e-5, abs=1e-6)


CUBE = np.arange(8.0).reshape(2, 2, 2)


@pytest.mark.parametrize(
    "key",
    [
        (slice(None), [0, 1], [1, 0]), ([0, 1], slice(None), [1, 0]), np.ix_([1, 0], [0], [0, 1]), (0, slice(None), [0, 1]),
        ([[0, 1], [1, 1]], 0), (CUBE > 3), ([True, False],), ([0, 1], None, [1, 0]), (None, [0], ..., None), (np.int64(1), -1),
    ],
)  # fmt: skip
def test_indices_of_a_cube(key):
    assert np.array_equal(value_of(lambda x: x[key], x=CUBE), CUBE[key])


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ([9], "index 9 is out of bounds for axis 0 with size 2"), ([True, False, True], "boolean index did not match"),
        (True, "an index is a whole number"), ((..., ...), "an index can only have a single ellipsis"), (([0, 1], [0, 1, 1]), "broadcast"),
        ((0, 0, 0, 0), "there are 4 indices for 3 axes"), ((0, 0, None, 0, 0), "there are 5 indices for 3 axes"), ("a", "an index is"),
    ],
)  # fmt: skip
def test_keys_that_are_none(key, said):
    with pytest.raises(diffcli.ExpressionError) as caught:
        record(lambda x: x[key], {"x": CUBE})
    assert said in str(caught.value)


# -- elementwise functions at the edges ----------------------------------------------------------------------------------------

EDGES = [0.0, -0.0, 1.0, -1.0, 2.5, -2.5, 0.5, -0.5, 1e308, -1e308, 5e-324, 3.0, 0.1, np.inf, -np.inf, np.nan]
UFUNCS = {
    function.__name__: function
    for function in map(vars(np).get, sorted(vars(np)))
    if isinstance(function, np.ufunc) and not function.signature and (row_named(function.__name__) or function.__name__ in MADE)
}
BITS = ("bitwise_and", "bitwise_or", "bitwise_xor", "invert")  # of truths only


@pytest.mark.parametrize("name", sorted(UFUNCS.keys() - set(BITS)))
def test_an_elementwise_function_has_numpy_s_values_at_every_edge(name):
    """Or none: where an operand is NaN, and at a pole, the house has NaN, and never another number."""
    function = UFUNCS[name]
    points = list(itertools.product(EDGES, repeat=function.nin))
    columns = {letter: np.array(column) for letter, column in zip("ab", zip(*points, strict=True), strict=False)}
    call = (lambda a: function(a)) if function.nin == 1 else (lambda a, b: function(a, b))
    with quiet_arrays():
        wanted = call(*columns.values())
    found = value_of(call, **columns)
    for one, other in zip(found, wanted, strict=True) if function.nout == 2 else [(found, wanted)]:
        for point, ours, numpys in zip(points, one, other, strict=True):
            undefined = any(map(np.isnan, point)) or (0.0 in point and not np.isfinite(numpys))
            assert ours == pytest.approx(float(numpys), rel=2e-15, abs=0, nan_ok=True) or (undefined and np.isnan(ours)), point
    for number, point in list(enumerate(points))[:: 256 // examples(64)]:
        alone = value_of(call, **dict(zip("ab", point, strict=False)))
        within = [part[number] for part in np.atleast_2d(found)]
        assert np.ravel(alone) == pytest.approx(within, rel=2e-15, abs=0, nan_ok=True), point


NAN = np.array([np.nan, 1.0, -2.0])


@pytest.mark.parametrize(
    ("function", "value", "gradient"),
    [
        (lambda x: np.fmax(x, [np.nan, 1, 5]).sum(), 10.0, [1, 1, 0]),
        (lambda x: np.fmin(NAN * 2, x).sum(), 2 + 2 - 4, [1, 0, 0]),
        (lambda x: np.where(np.isnan(x * NAN), 0.0, x * NAN).sum(), 3 - 2, [0, 1, -2]),
        (lambda x: x[~np.isnan(NAN * x)].mean(), 2.0, [0, 0.5, 0.5]),
        (lambda x: (np.logical_xor([2, 0, 1], [1, 1, 0]) * x).sum(), 3 + 1, [0, 1, 1]),
        (lambda x: (np.logical_xor(x, [1, 1, 0]) * x).sum(), 1.0, [0, 0, 1]),
        (lambda x: (((x > 1) ^ (x > 2)) * x).sum(), 2.0, [1, 0, 0]),
        (lambda x: (x % 0.1).sum(), 2 % 0.1 + 3 % 0.1 + 1 % 0.1, [1, 1, 1]),
        (lambda x: np.fmod(-x, 0.7).sum(), -(2 % 0.7 + 3 % 0.7 + 1 % 0.7), [-1, -1, -1]),
    ],
)
def test_what_passes_nan_over(function, value, gradient):
    result = diffcli.grad(function, {"x": np.array([2.0, 3.0, 1.0])})
    assert result.value == pytest.approx(value, rel=1e-15) and result.gradient["x"].tolist() == gradient


@pytest.mark.parametrize(("x", "y"), [(1.0, 0.1), (-1.0, 0.1), (1e17, 3.0), (-7.5, -2.0), (7.0, -2.5), (5e-324, 1.0), (-5e-324, 1.0)])
def test_remainders_are_python_s(x, y):
    for function in (lambda x, y: x % y, lambda x, y: (np.ones(2) * x % y)[0], lambda x, y: divmod(x, y)[1], lambda x, y: np.mod(x, y)):
        result = diffcli.grad(function, {"x": x, "y": y})
        assert (result.value, result.gradient) == (x % y, {"x": 1.0, "y": -(x // y)})
    assert value_of(lambda x, y: [x // y, np.floor_divide(x, y), np.fmod(x, y)], x=x, y=y) == [x // y, x // y, np.fmod(x, y)]


# -- every function and every option --------------------------------------------------------------------------------------------

V, M = np.array([0.3, -1.5, 2.0, 0.7]), np.array([[0.5, -1.5, 2.0], [1.25, 0.75, -0.5], [0.3, 1.1, 0.9]])
CALLS = {
    "take": [(M, [0, 2]), (M, [[0, 1], [1, 1]], 1), (V, -1)], "take_along_axis": [(M, np.argsort(M, axis=1), 1)],
    "repeat": [(M, 2), (M, [1, 0, 2], 1)], "tile": [(V, (2, 2))], "roll": [(M, 1), (M, (1, 2), (0, 1))], "delete": [(M, 1, 0)],
    "squeeze": [(M[None],), (M[None], 0)], "expand_dims": [(M, 0), (M, (0, -1))], "transpose": [(M,), (M[None], (2, 0, 1))],
    "moveaxis": [(M[None], 0, 2), (M[None], (0, 1), (2, 0))], "swapaxes": [(M[None], 0, -1)], "rollaxis": [(M[None], 2)],
    "matrix_transpose": [(M[None],)], "clip": [(M, 0.0, 1.0), (M, None, 1.0), (M, 1.0, 0.5)], "where": [(M > 0, M, -M)],
    "outer": [(V, V)], "broadcast_to": [(V, (2, 4))], "reshape": [(M, (9,)), (M, -1)], "average": [(M,), (M, None, M * M)],
    "concatenate": [([M, M],), ([M, V], None), ([M, M], 1)], "stack": [([V, V],), ([M, M], 2)], "vstack": [([V, V],)],
    "hstack": [([V, V],), ([M, M],)], "column_stack": [([V, V],)], "diff": [(V,), (M, 2), (M, 1, 0)], "flip": [(M,), (M, 0), (M, (0, 1))],
    "solve": [(M, V[:3])], "dot": [(M, M), (V, V)], "inner": [(V, V)], "vdot": [(V, V)], "full_like": [(M, 2.5)], "size": [(M,)],
    "argmax": [(V,), (M, 1)], "argmin": [(V,), (M, 0)], "norm": [(V,), (V, 1), (M, "fro"), (M, 2, 1)], "diag": [(V,), (M,)],
    "round": [(M,)], "tril": [(M,), (M, -1)], "triu": [(M,), (M, 1)], "shape": [(M,)], "ndim": [(M,)], "sinc": [(M,)], "fix": [(M,)],
    "copyto": [],
    "around": [],
    "empty_like": [],
}
"""Arguments of the functions that are not called with one matrix alone."""

OPTIONS = {
    "axis": 1, "keepdims": True, "ddof": 1, "dtype": np.float32, "out": None, "initial": 2.0, "where": M > 1, "order": "F", "casting": "no",
    "subok": False, "offset": 1, "k": 1, "decimals": 1, "mode": "wrap", "weights": M * M, "returned": True, "prepend": 0.0, "append": 0.0,
    "min": 0.2, "max": 0.9, "a_min": 0.2, "a_max": 0.9, "n": 2, "ord": 2, "correction": 1, "mean": M.mean(), "axes": (1, 0), "axis1": 1,
    "axis2": 0, "copy": False, "shape": (3, 3), "device": "cpu", "shift": 2, "start": 1, "newshape": (9,),
}  # fmt: skip
"""For every option of NumPy's functions something else than it is without."""


def numpy_named(name):
    return getattr(np.linalg, name) if name in ("det", "inv", "solve", "norm") else getattr(np, name, None)


NAMES = sorted(name for name in FUNCTIONS_OF_NUMPY if numpy_named(name) is not None)


def traced_call(function, arguments, options):
    """The function as it is recorded, with every array among its first argument traced, and as NumPy has it."""
    first, *others = arguments
    if isinstance(first, list):
        return value_of(lambda x, y: function([x, y], *others, **options), x=first[0], y=first[1])
    if first.dtype == bool:
        return value_of(lambda x: function(x > 0, x, -x, **options), x=others[0])
    return value_of(lambda x: function(x, *others, **options), x=first)


@pytest.mark.parametrize("name", NAMES)
def test_a_function_gives_what_numpy_gives(name):
    function = numpy_named(name)
    for arguments in CALLS.get(name, [(M,)]):
        found, wanted = traced_call(function, arguments, {}), function(*arguments)
        found = found if isinstance(wanted, np.ndarray) or not isinstance(wanted, tuple) else tuple(map(int, found))
        assert np.shape(found) == np.shape(wanted)
        assert np.asarray(found) == pytest.approx(np.asarray(wanted, float), rel=1e-13, abs=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_an_option_is_honoured_or_refused_and_never_dropped(name):
    function = numpy_named(name)
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except ValueError:
        pytest.skip("this version of NumPy does not tell the parameters")
    for arguments in CALLS.get(name, [(M,)])[:1]:
        for parameter in parameters[len(arguments) :]:
            if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL, parameter.POSITIONAL_ONLY) or parameter.name == "out":
                continue
            options = {parameter.name: OPTIONS[parameter.name]}
            try:
                wanted = function(*arguments, **options)
            except (TypeError, ValueError, np.exceptions.AxisError):
                continue
            try:
                found = traced_call(function, arguments, options)
            except diffcli.ExpressionError as refused:
                assert parameter.name in str(refused) or "axis" in str(refused), (parameter.name, str(refused))
                continue
            assert np.shape(found) == np.shape(wanted), options
            assert np.asarray(found) == pytest.approx(np.asarray(wanted), rel=1e-13, abs=1e-15), options


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.transpose(x, axes=(1, 0)).sum(axis=0)[1], lambda x: np.sum(a=x), lambda x: np.clip(x, a_min=0.1, a_max=1.0).sum(),
        lambda x: np.clip(x, max=1.0).sum(), lambda x: np.reshape(x, shape=(9,))[3], lambda x: x.sum(axis=1, keepdims=True)[0, 0],
        lambda x: x.sum(dtype=float), lambda x: np.sum(x, 0, None, None, True)[0, 1], lambda x: np.add.reduce(x, axis=None),
        lambda x: np.concatenate([x, x], axis=None)[11], lambda x: np.average(x, axis=0, keepdims=True)[0, 2],
        lambda x: np.linalg.norm(x=x, axis=(0, 1)), lambda x: np.var(x, ddof=1, axis=-1)[0], lambda x: np.dot(b=x, a=x)[0, 0],
        lambda x: np.sum(x, out=np.zeros_like(x[0]), axis=0)[1], lambda x: np.max(x, axis=(0, 1)), lambda x: x.take([0, 4])[1],
        lambda x: np.swapaxes(x, axis1=0, axis2=1)[0, 2], lambda x: np.linalg.solve(a=np.eye(3) * 2, b=x)[0, 0],
    ],
)  # fmt: skip
def test_arguments_have_numpy_s_names_and_places(function):
    try:
        function(M)
    except TypeError as unknown:
        pytest.skip(f"this version of NumPy has other names: {unknown}")
    result = diffcli.grad(function, {"x": M})
    assert result.value == pytest.approx(float(function(M)), rel=1e-14)
    assert result.gradient["x"] == pytest.approx(differences(lambda x: float(function(x)), M), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("name", ["sort", "any", "all", "pad", "median", "einsum", "cumprod", "nan_to_num", "linalg.eig", "fft.fft"])
def test_what_is_not_recorded_is_said_to_be_that_and_not_misspelt(name):
    function = np
    for part in name.split("."):
        function = getattr(function, part)
    with pytest.raises(diffcli.ExpressionError) as caught:
        record(lambda x: function("ij->i", x) if name == "einsum" else function(x, 1) if name == "pad" else function(x), {"x": M})
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.message == f"np.{name} of a traced number is not recorded"
    assert not any("did you mean" in help for help in diagnostic.help)


# -- what a traced value meets -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "constant",
    [
        2**53 + 1, 2**70, True, np.float32(0.1), np.float16(0.1), np.int8(-3), np.array(2.5), np.uint64(2**63), Fraction(1, 3), -0.0,
        np.bool_(True), [1, 2, 3], (0.5, 2, True), [Fraction(1, 3), 2, 1], np.array([2**70, 1, 2], dtype=object), np.arange(3),
        np.array([1.5, 2, 3], dtype=np.float32), np.array([[1.0], [2.0]]), [True, False, True], range(3), np.longdouble(0.1),
    ],
)  # fmt: skip
def test_a_constant_of_any_type_is_the_number_that_it_is(constant):
    x = np.array([0.3, 0.7, 1.1])
    for function in (lambda x: np.sum(x * constant), lambda x: np.sum(constant * x + np.multiply(constant, x))):
        result = diffcli.grad(function, {"x": x})
        assert result.value == pytest.approx(float(function(x)), rel=1e-15)
    exact = np.broadcast_to(np.asarray(constant, dtype=float), np.broadcast_shapes(np.shape(constant), (3,)))
    assert diffcli.grad(lambda x: np.sum(x * constant), {"x": x}).gradient["x"] == pytest.approx(np.atleast_2d(exact).sum(0), rel=1e-15)
    if not np.shape(constant):
        assert diffcli.grad(lambda x: x * constant, {"x": 2.0}).gradient["x"] == float(constant)


class Reversed(np.ndarray):
    """As a matrix of NumPy, it multiplies otherwise than an array."""

    def __mul__(self, other):
        return NotImplemented


@pytest.mark.parametrize(
    ("constant", "said"),
    [
        (None, "a `NoneType` is no real number and no array of real numbers"), ("3", "a `str` is no real number"), (["1", "2", "3"], "a `list` is no real number"),
        ([None, 1.0, 2.0], "a `list` is no real number"), (1j, "is no real number and no array of real numbers"), ([1j, 2, 3], "is no real number and no array of real numbers"),
        (np.array([1, 2, 3j], dtype=object), "is no real number"), ([[1, 2], [3]], "a `list` is no real number"),
        (np.ma.array([1.0, 2.0, 3.0], mask=[1, 0, 0]), "a `MaskedArray` is more than an array of numbers"),
        (np.ones(3).view(Reversed), "a `Reversed` is more than an array of numbers"), (Decimal("0.1"), "a `Decimal` is no real number"),
        (np.array(["2020-01-01"] * 3, dtype="M8[D]"), "a `ndarray` is no real number"), ({}, "a `dict` is no real number"),
    ],
)  # fmt: skip
def test_what_is_no_real_number_is_refused(constant, said):
    for function in (lambda x: (x * constant).sum(), lambda x: np.sum(np.multiply(x, constant)), lambda x: np.sum(x.__radd__(constant))):
        with pytest.raises(diffcli.ExpressionError) as caught:
            diffcli.grad(function, {"x": np.ones(3)})
        assert said in str(caught.value)


@pytest.mark.parametrize("constant", [np.str_("3"), "3", None, [1.0], np.array("3"), Decimal("0.1")])
def test_a_traced_number_takes_numbers_only(constant):
    with pytest.raises(diffcli.ExpressionError):
        diffcli.grad(lambda x: x + constant, {"x": 1.0})


@pytest.mark.parametrize(
    ("function", "shape"),
    [(lambda x: np.ones((2, 3)), (2, 3)), (lambda x: np.zeros_like(x), (3,)), (lambda x: 2.5, ()), (lambda x: np.full(2, np.nan), (2,))],
)
@pytest.mark.parametrize("of", ["jacobian", "jvp", "evaluate"])
def test_a_constant_of_any_shape_may_be_the_result(function, shape, of):
    point = {"x": np.ones(3)}
    found = getattr(diffcli, of)(function, *[point] * (2 if of == "jvp" else 1))
    derivative = found.jacobian["f"]["x"] if of == "jacobian" else found.product["f"] if of == "jvp" else np.zeros(())
    assert np.shape(derivative) == (() if of == "evaluate" else (*shape, 3) if of == "jacobian" else shape) and not np.any(derivative)
    assert np.shape(found if of == "evaluate" else found.values["f"]) == shape


@pytest.mark.parametrize("function", [lambda x: x[:0], lambda x: np.ones((0, 2)), lambda x: [x.sum(), x[:0]]])
def test_an_empty_array_is_no_result(function):
    with pytest.raises(diffcli.ExpressionError, match="returned an empty array"):
        diffcli.jacobian(function, {"x": np.ones(3)})
