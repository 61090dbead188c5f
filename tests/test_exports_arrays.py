"""Exports to NumPy, JAX and torch do what kernels do, at many points at once, and of arrays as they are."""

from __future__ import annotations

import importlib.util
import math
import random
import subprocess
import sys
import warnings

import array_programs
import export_programs as exports
import numpy as np
import pytest
from tiers import examples

import diffcli

LANGUAGES = ("numpy", "jax", "torch")
ULPS = {"numpy": 4, "jax": 12, "torch": 6}
"""How far the slope of one operation may be off: it is made from some, each within 4 units, and JAX fuses products and sums."""


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request):
    if importlib.util.find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    if request.param == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)
    return request.param


def function_of(source, language, name="f"):
    space = {}
    exec(source, space)
    if language != "jax":
        return space[name]
    import jax

    return jax.jit(space[name])


def flat(found):
    return [part for one in found for part in flat(one)] if isinstance(found, tuple) else [np.asarray(found)]


def run(items, language):
    """What every function finds at all its points at once, without a warning, a row for each point."""
    rows = []
    for item in items:
        columns = [np.array(column) for column in zip(*item.points, strict=True)]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = flat(function_of(item.source, language, item.name)(*columns))
        assert all(one.shape == (len(item.points),) and one.dtype == np.float64 for one in found)
        rows += np.stack(found, axis=-1).tolist()
    return rows


def is_within_reach(language, item, point, expected):
    """JAX takes numbers that are too small for all bits for 0; torch has no remainder of a quotient beyond the range."""
    if language == "jax":
        return not any(0 < abs(x) < 1e-300 for x in (*point, *expected))
    return language != "torch" or "mod(" not in item.source or len(point) < 2 or np.isfinite(np.float64(point[0]) / np.float64(point[1]))


def within_reach(language, items):
    kept = []
    for item in items:
        with np.errstate(all="ignore"):
            pairs = [pair for pair in zip(item.points, item.expected, strict=True) if is_within_reach(language, item, *pair)]
        if pairs:
            points, expected = map(list, zip(*pairs, strict=True))
            kept.append(item._replace(points=points, expected=expected))
    return kept


def test_every_operation(language):
    items = within_reach(language, exports.operations(language))
    assert exports.disagreements(items, run(items, language), ULPS[language]) == []


def test_random_programs_with_choices(language):
    """Roundings add up along a program, where every language has its own."""
    items = within_reach(language, exports.programs(language, examples(80) if language != "jax" else 12, seed=7))
    assert exports.disagreements(items, run(items, language), 64) == []


def close(found, wanted):
    """Sums are in an order of their own: a few roundings of the largest, and the same infinities and NaN."""
    top = np.abs(np.where(np.isfinite(wanted), wanted, 0.0)).max(initial=1.0)
    with np.errstate(invalid="ignore"):
        near = np.abs(found - wanted) <= 1e-13 * np.abs(wanted) + 1e-14 * top
    return found.shape == wanted.shape and bool((near | (found == wanted) | (np.isnan(found) & np.isnan(wanted))).all())


def test_random_programs_of_arrays(language):
    source, wrong = random.Random(5), []
    for place in range(examples(200) if language != "jax" else 25):
        text = array_programs.program_of(source.randbytes(source.randrange(10, 80)))
        at = array_programs.point_for([*array_programs.SHAPES], source.choice(["anywhere", "ties", "positive", "zeros"]), place)
        names = diffcli.parse(text).inputs
        if not names:
            continue
        at = {name: at[name] for name in names}
        wanted = flat(diffcli.compile(text, at=at)(*at.values()))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = flat(function_of(diffcli.export(text, language, at=at), language)(*at.values()))
        pairs = list(zip(found, wanted, strict=True))
        if not all(close(a, b) for a, b in pairs[: None if math.isfinite(wanted[0]) else 1]):
            wrong.append((text, at))
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ("sum(tanh(W @ x))", {"W": [[1.0, -2.0], [0.5, 3.0]], "x": [1.0, 0.5]}, "(W @ x)"),
        ("norm(x[1:])*mean(x)", {"x": [3.0, 4.0, 12.0]}, "x[1:]"),
        ("sum(x[::-1]*[1, 2, 3])", {"x": [3.0, 4.0, 12.0]}, "x["),
        ("sum(x[[0, 0, 2]]*[1, 2, 3])", {"x": [3.0, 4.0, 12.0]}, "scatter("),
        ("sum(softmax(A, axis=1)*A)", {"A": [[1.0, 2.0], [3.0, -4.0]]}, "softmax(A, (1,))"),
        ("logsumexp(x) - log_softmax(x)[0]", {"x": [1.0, 2.0, 800.0]}, "logsumexp(x, (0,))"),
        ("sum(solve(A, x))", {"A": [[1.0, 2.0], [3.0, -4.0]], "x": [1.0, 2.0]}, "solve(A, x)"),
        ("sum(inv(A))", {"A": [[1.0, 2.0], [2.0, 4.0]]}, "inv(A)"),  # which is singular
    ],
)
def test_operations_of_arrays_stay_what_they_are(language, text, at, said):
    source = diffcli.export(text, language, at=at)
    assert said in source
    found = flat(function_of(source, language)(*at.values()))
    wanted = flat(diffcli.compile(text, at=at)(*at.values()))
    assert all(close(a, b) for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize(
    "text", ["prod(x)*x[0]", "det(outer(x, x) + [[1, 0, 2], [0, 3, 0], [1, 0, 1]])", "cross_entropy(x, 2)", "sum(conv1d(x, [1, 2]))"]
)
def test_what_cannot_be_said_of_arrays_is_written_out_in_numbers(language, text):
    at = {"x": [0.0, 2.0, 3.0]}
    found = flat(function_of(diffcli.export(text, language, at=at), language)(at["x"]))
    assert all(close(a, b) for a, b in zip(found, flat(diffcli.compile(text, at=at)(at["x"])), strict=True))


@pytest.mark.parametrize("text", ["x^2*sin(y)", "x + 2", "exp(sum(w^2))*x"])
@pytest.mark.parametrize(("order", "directions"), [(0, False), (1, False), (2, False), (1, True), (2, True)])
def test_results_have_the_form_of_a_kernel(language, text, order, directions):
    at = {"w": [0.5, -0.25], "x": 0.5} if "w" in text else dict.fromkeys(diffcli.parse(text).inputs, 0.5)
    kernel = diffcli.compile(text, at=at, order=order, directions=directions)
    given = [at[name[-1:]] for name in kernel.inputs]
    found = function_of(diffcli.export(text, language, at=at, order=order, directions=directions), language)(*given)
    wanted = kernel(*given)

    def shape(part):
        return [shape(one) for one in part] if isinstance(part, tuple) else np.shape(part)

    assert shape(found) == shape(wanted)
    assert all(close(a, b) for a, b in zip(flat(found), flat(wanted), strict=True))


def test_points_are_broadcast(language):
    function = function_of(diffcli.export("x*y + z", language), language)
    value, slopes = function(np.ones((2, 1)), np.arange(3.0), 2.0)
    assert [np.shape(one) for one in (value, *slopes)] == [(2, 3)] * 4
    assert np.asarray(value).tolist() == [[2.0, 3.0, 4.0]] * 2
    assert np.asarray(slopes[2]).tolist() == [[1.0] * 3] * 2


def test_rounded_zeros_have_no_sign(language):
    function = function_of(diffcli.export("atan2(ceil(x), -1) + copysign(1, round(x))", language, order=0), language)
    assert float(function(-0.25)) == math.pi + 1


def test_a_power_that_others_have_by_the_root(language):
    function, kernel = function_of(diffcli.export("x^0.5", language), language), diffcli.compile("x^0.5")
    for x in (-math.inf, -0.0, 0.0, 4.0, math.inf, -4.0, math.nan):
        assert [*map(repr, map(float, flat(function(x))))] == [*map(repr, map(float, flat(kernel(x))))], x


@pytest.mark.parametrize("text", ["abs(x*x - y*y)", "abs(x^2 - y*y)", "abs(x*y + -(y*x))", "max(x*y - y*x, 0)"])
def test_products_are_rounded_before_they_cancel_to_a_kink(language, text):
    points = np.random.default_rng(0).normal(size=100)
    value, slopes = function_of(diffcli.export(text, language), language)(points, points)
    assert not np.asarray(value).any()
    assert not any(np.asarray(slope).any() for slope in slopes)


@pytest.mark.parametrize("at", [{"W": [[1, 2], [3, 4]], "x": [1, 1], "y": 3}])
@pytest.mark.parametrize("order", [0, 1, 2])
def test_the_test_passes_and_fails(language, at, order):
    text = diffcli.export("sum((W @ x - 1)^2)*y", language, at=at, order=order, test=True)
    for source, code in ((text, 0), (text.replace("expected = [", "expected = [0.5 + "), 1)):
        assert subprocess.run([sys.executable, "-c", source], capture_output=True).returncode == code


def test_jax_without_64_bits_is_told():
    pytest.importorskip("jax")
    text = diffcli.export("x^2", "jax")
    done = subprocess.run([sys.executable, "-c", f"{text}\nf(1.0)"], capture_output=True, text=True)
    assert "AssertionError: jax.config.update(\"jax_enable_x64\", True) comes first" in done.stderr


def test_one_result_has_second_derivatives(language):
    with pytest.raises(diffcli.DiffcliError, match="Hessian"):
        diffcli.export("[x*y, x]", language, order=2)


def test_what_cannot_be_said_at_all_is_named():
    with pytest.raises(diffcli.UsageError, match="`cross_entropy` of arrays cannot be exported"):
        diffcli.export("cross_entropy(x, y)", "numpy", at={"x": [1.0, 2.0], "y": 1.0}, wrt="x")


def test_arrays_of_another_shape_are_refused(language):
    source = diffcli.export("sum((W @ x - y)^2)", language, at={"W": [[1, 2], [3, 4]], "x": [1, 1], "y": [0, 0]})
    space = {}
    exec(source, space)
    W, x, y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones(2), np.zeros(2)
    assert float(space["f"](W, x, y)[0]) == 58
    for wrong in ((W, x, y[:, None]), (W, np.ones((2, 2)), y), (W[None], x, y), (W, np.ones(1), y)):
        with pytest.raises(ValueError, match="an array of the shape"):
            space["f"](*wrong)


def test_many_points_of_an_array_have_its_shape_last(language):
    space = {}
    exec(diffcli.export("x[0]*x[1]*y", language, at={"x": [1, 2], "y": 3}, order=2), space)
    points = np.arange(6.0).reshape(3, 2)
    assert np.asarray(space["f"](points, 3.0)[0]).tolist() == [0.0, 18.0, 60.0]
    with pytest.raises(ValueError, match="an array of the shape"):
        space["f"](np.ones((2, 3)), 3.0)
