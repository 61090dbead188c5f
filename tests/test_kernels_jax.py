"""A tape as a JAX function: the interpreter's infinities and NaN, and JAX's digits."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from inside import OPERATIONS, evaluate, lower, parse, record
from kernel_programs import derivative_tape, expected
from test_kernels_numpy import differ, of_one_row

import diffcli

jax = pytest.importorskip("jax", reason="JAX is not installed")

LEAST = 2.3e-308
"""What is smaller, JAX takes for 0 on a CPU."""

FEWER_DIGITS = {"sinh": 1e3, "cosh": 1e3, "gamma": 1e3, "digamma": 1e3, "lgamma": 1e3, "gelu": 1e2}
"""Units in the last place by which JAX's own function may be off; 4 if not given."""


def make(tape, layout=0, truths=frozenset()):
    from diffcli.kernels.jax import make

    return make(tape, layout, truths)


def batch(tape, columns, truths=frozenset()):
    count = max(np.size(column) for column in columns)
    results = [np.empty(count, bool if place in truths else float) for place in range(len(tape.results))]
    make(tape, 0, truths).batch(columns, results)
    return results


@pytest.mark.parametrize("relaxed", [False, True], ids=["in a program", "in a rule"])
@pytest.mark.parametrize("name", sorted({*OPERATIONS} - {"polygamma"}))
def test_every_row_at_its_points_and_edges(name, relaxed):
    tape, points = of_one_row(OPERATIONS[name], relaxed)
    points = [point for point in points if not any(0 < abs(x) < LEAST for x in point) and (name != "lgamma" or abs(point[0] - 1) > 1e-9)]
    (found,) = batch(tape, [np.array(column) for column in zip(*points, strict=True)])
    wanted = np.array([evaluate(tape, point)[tape.output] for point in points])
    far = differ(found, wanted, FEWER_DIGITS.get(name, 4))
    far &= ~((np.abs(wanted) < LEAST) & (np.abs(found) < LEAST)) & ~((found == 0) & (name in ("sech", "csch")) & (np.abs(wanted) < 1e-307))
    assert not far.any(), [(points[place], found[place], wanted[place]) for place in np.flatnonzero(far)]


def test_derivatives_at_edges():
    edges = [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -3.0, 1e17, np.inf, -np.inf, np.nan]
    points = [list(point) for point in itertools.product(edges, repeat=2)]
    columns = [np.array(column) for column in zip(*points, strict=True)]
    for text in ("where(x > 0, log(x)*y, x*y^2)", "max(x, y)*abs(y)", "x^y", "x^3/y", "clip(x, -1, y)", "xlogy(x, y)", "sigmoid(x)*relu(y)"):
        tape = derivative_tape(text)
        wanted = np.array([expected(tape, point) for point in points]).T
        assert not differ(np.array(batch(tape, columns)), wanted, 64).any(), text


def test_one_number_for_all_points_and_truths():
    tape = lower(parse("x > y"))
    (found,) = batch(tape, [np.array([0.0, 2.0, np.nan]), 1.0], frozenset((0,)))
    assert found.dtype == bool
    assert found.tolist() == [False, True, True]


def test_the_precision_of_jax_is_left_as_it_is():
    before = jax.config.jax_enable_x64
    (found,) = batch(lower(parse("x/3")), [np.array([1.0, 2.0])])
    assert found.tolist() == [1 / 3, 2 / 3]
    assert jax.config.jax_enable_x64 == before
    assert jax.numpy.ones(1).dtype == (np.float64 if before else np.float32)


def test_the_source_is_what_jax_compiles():
    source = make(lower(parse("sin(x)*2"))).source
    assert [part in source for part in ("a:f64[]", "= sin a", "mul b 2.0:f64[]")] == [True] * 3


def test_what_jax_does_not_have_is_refused():
    @diffcli.custom_rule(partials="2*a", at=[1.0, 2.0])
    def own(a):
        return float(a) ** 2

    for tape, name in ((record(lambda x: own(x) + 1, {"x": 1.0}).tape, "own"), (derivative_tape("digamma(x)"), "polygamma")):
        with pytest.raises(diffcli.UsageError) as caught:
            batch(tape, [np.array([2.0, -3.0])])
        assert str(caught.value) == f"JAX has nothing for the operation `{name}`\n  = help: backend=\"numpy\" has"


def test_a_point_alone_is_computed_by_the_python_source():
    kernel = make(derivative_tape("log(x)*y"), (0, (1, 2))).entry(lambda *given, **named: (given, named))
    assert kernel(1.0, 3.0) == (0.0, (3.0, 0.0))
    assert kernel(1.0, y=3) == ((1.0,), {"y": 3})
