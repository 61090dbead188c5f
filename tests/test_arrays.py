"""Operations on arrays: each row of their table against differences, against itself written out in numbers, and at its edges."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
import tiers
from array_rows import PROGRAMS, cases, point_of, row_tape
from console import run
from hypothesis import given, settings
from hypothesis import strategies as st
from inside import (
    ARRAY_FUNCTIONS,
    ARRAY_SIGNATURES,
    ARRAYS,
    FLOAT,
    NUMPY,
    OPERATIONS,
    Options,
    ShapeError,
    Tape,
    activity,
    adjoints,
    array_functions,
    arrays,
    broadcast_shapes,
    compute,
    evaluate,
    gradient_tape,
    lower,
    parse,
    rule_at,
    tangents,
    write_out,
)

CLOSE = {"rtol": 1e-11, "atol": 1e-12}
NO_THIRD_DERIVATIVE = {"others_derivative", "cofactor_along"}
OF_SHARES = {"centred", "less_share"}
"""Rows for weights whose sum is 1, which no direction of a test keeps; softmax and the like show them."""


def lowered(text, point):
    tape = lower(parse(text), shapes={name: np.shape(value) for name, value in point.items()})
    return tape, [np.asarray(point[name], dtype=float) if np.shape(point[name]) else float(point[name]) for name in tape.inputs]


def directions(operands, seed=1):
    random = np.random.default_rng(seed)
    return [random.normal(size=np.shape(operand)) for operand in operands]


def moved(tape, operands, direction, step):
    point = [operand + step * along for operand, along in zip(operands, direction, strict=True)]
    return evaluate(tape, point)


def differences(of, operands, direction):
    """The derivative along a direction by extrapolated central differences of ``of(operands)``."""
    found = []
    for step in (2.0**-8, 2.0**-9, 2.0**-10):
        ahead = [operand + step * along for operand, along in zip(operands, direction, strict=True)]
        behind = [operand - step * along for operand, along in zip(operands, direction, strict=True)]
        found.append((of(ahead) - of(behind)) / (2 * step))
    first = [(4 * fine - coarse) / 3 for coarse, fine in pairwise(found)]
    return (16 * first[1] - first[0]) / 15


def scaled(found, expected, tolerance):
    assert np.allclose(found, expected, rtol=tolerance, atol=tolerance * max(1e-300, np.max(np.abs(expected), initial=0.0)))


# -- each row ------------------------------------------------------------------------------------------------------------------


def smooth(row, operands):
    """The operands along which a row may be moved: not labels."""
    return [place for place in range(len(operands)) if row.name not in ("cross_entropy", "one_hot") or place == 0]


def one_way(row, operands, seed=1):
    along = directions(operands, seed)
    kept = smooth(row, operands)
    return [direction if place in kept else np.zeros_like(direction) for place, direction in enumerate(along)]


@pytest.mark.parametrize(("row", "point"), cases())
def test_the_value_has_the_shape_that_was_told(row, point):
    tape, operands = row_tape(row, point)
    assert np.shape(evaluate(tape, operands)[tape.output]) == tape.shape(tape.output)


@pytest.mark.parametrize(("row", "point"), cases(inner=False))
def test_the_value_is_that_of_the_row_written_out(row, point):
    tape, operands = row_tape(row, point)
    values = evaluate(tape, operands)
    written = write_out(tape, values)
    numbers = evaluate(written.tape, [float(x) for operand in operands for x in operand.ravel()])
    scaled([numbers[slot] for slot in written.slots[tape.output]], np.ravel(values[tape.output]), 1e-13)


@pytest.mark.parametrize(("row", "point"), cases())
def test_tangents_are_differences_of_the_value(row, point):
    tape, operands = row_tape(row, point)
    direction = one_way(row, operands)
    if np.max([np.max(np.abs(operand), initial=0.0) for operand in operands]) > 1e100 or "e-200" in repr(operands):
        pytest.skip("no step is right for such sizes")
    found = tangents(tape, evaluate(tape, operands), direction)[tape.output]
    expected = differences(lambda at: evaluate(tape, at)[tape.output], operands, direction)
    assert np.allclose(0.0 if found is None else found, expected, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(("row", "point"), cases())
def test_adjoints_are_the_transpose_of_tangents(row, point):
    tape, operands = row_tape(row, point)
    values = evaluate(tape, operands)
    weight = np.random.default_rng(2).normal(size=tape.shape(tape.output))
    direction = one_way(row, operands)
    tangent = tangents(tape, values, direction)[tape.output]
    bars = adjoints(tape, values, activity(tape), seeds={tape.output: weight})
    forward = np.sum(weight * tangent) if tangent is not None else 0.0
    reverse = sum(np.sum(bar * along) for bar, along in zip(bars, direction, strict=False) if bar is not None)
    assert np.isclose(forward, reverse, **CLOSE)
    assert all(bar is None or np.shape(bar) == operand.shape for bar, operand in zip(bars, operands, strict=False))


@pytest.mark.parametrize(("row", "point"), cases(inner=False))
def test_adjoints_are_those_of_the_row_written_out(row, point):
    tape, operands = row_tape(row, point)
    values = evaluate(tape, operands)
    weight = np.random.default_rng(3).normal(size=tape.shape(tape.output))
    bars = adjoints(tape, values, activity(tape), seeds={tape.output: weight})
    written = write_out(tape, values)
    numbers = evaluate(written.tape, [float(x) for operand in operands for x in operand.ravel()])
    seeds = {}
    for slot, bar in zip(written.slots[tape.output], np.ravel(weight), strict=True):
        seeds[slot] = seeds.get(slot, 0.0) + bar
    seeds = {slot: bar for slot, bar in seeds.items() if slot >= 0}
    expected = adjoints(written.tape, numbers, activity(written.tape), seeds=seeds) if seeds else []
    for place in smooth(row, operands):
        found = np.zeros_like(operands[place]) if bars[place] is None else bars[place]
        right = [expected[slot] or 0.0 for slot in written.slots[place]] if expected else np.zeros(operands[place].size)
        scaled(np.ravel(found), right, 1e-11)


def weighted(tape, operands):
    """The tape of sum(w*f): one number, whose gradient has all the second derivatives of the row in it."""
    shape = tape.shape(tape.output)
    weight = np.random.default_rng(4).normal(size=shape)
    longer = Tape(tape.source, list(tape.inputs))
    longer.operations, longer.operands = [*tape.operations, "mul", "sum"], [*tape.operands]
    longer.constants = [weight if shape else float(weight)]
    longer.operands += [(tape.output, -1), (tape.output + 1,)]
    longer.shapes = [*tape.shapes, shape, ()]
    for column in (longer.starts, longer.stops):
        column.extend([0] * 3)
    longer.parameters = {**tape.parameters, tape.output + 2: {"axis": tuple(range(len(shape))), "keepdims": 0}}
    longer.output = tape.output + 2
    return longer


@pytest.mark.parametrize(("row", "point"), cases())
def test_the_gradient_as_a_tape_and_second_derivatives(row, point):
    tape, operands = row_tape(row, point)
    if row.name in NO_THIRD_DERIVATIVE | {"others", "cofactor"}:
        pytest.skip("its second derivatives are third ones of a product or a determinant")
    whole = weighted(tape, operands)
    kept = smooth(row, operands)
    derived = gradient_tape(whole, kept)
    values = evaluate(derived, operands)
    bars = adjoints(whole, evaluate(whole, operands), activity(whole, kept))
    for slot, place in zip(derived.outputs[1:], kept, strict=True):
        slot = slot if slot < derived.slots else slot - derived.size
        scaled(values[slot] + np.zeros_like(operands[place]), 0.0 if bars[place] is None else bars[place], 1e-13)
    if "e200" in repr(operands) or "e-200" in repr(operands):
        return
    direction = one_way(row, operands, 5)
    found = tangents(derived, values, direction)

    def gradient(at):
        there = evaluate(derived, at)
        slots = [slot if slot < derived.slots else slot - derived.size for slot in derived.outputs[1:]]
        return np.concatenate([np.ravel(there[slot] + np.zeros_like(operands[place])) for slot, place in zip(slots, kept, strict=True)])

    expected = differences(gradient, operands, direction)
    second = []
    for slot, place in zip(derived.outputs[1:], kept, strict=True):
        tangent = found[slot] if slot < derived.slots else None
        second.append(np.ravel(np.zeros_like(operands[place]) if tangent is None else tangent))
    assert np.allclose(np.concatenate(second), expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("row", "point"), cases())
def test_what_an_element_depends_on_is_known(row, point):
    """Which elements of an operand an element of the result is made of, and the other way round, holds what the tangents show."""
    tape, operands = row_tape(row, point)
    random = np.random.default_rng(8)
    if row.name in ("cross_entropy", "one_hot") or row.name in NO_THIRD_DERIVATIVE:
        pytest.skip("some of its partials are not there")
    operands = [random.normal(size=operand.shape) for operand in operands]
    values, size = evaluate(tape, operands), int(np.prod(tape.shape(tape.output)))
    for place, operand in enumerate(operands):
        shown = np.zeros((size, operand.size), dtype=bool)
        for column in range(operand.size):
            along = [np.zeros_like(other) for other in operands]
            along[place].flat[column] = 1.0
            shown[:, column] = np.ravel(tangents(tape, values, along)[tape.output] != 0)
            onward = np.ravel(rule_at(tape, tape.output, place).reachable("tangent", along[place]))
            assert np.all(onward | ~shown[:, column])
            assert not row.moves or np.array_equal(onward, shown[:, column])
        for line in range(size):
            mask = np.zeros(size)
            mask[line] = 1.0
            back = np.ravel(rule_at(tape, tape.output, place).reachable("adjoint", mask.reshape(tape.shape(tape.output))))
            assert np.all(back | ~shown[line])
            assert not row.moves or np.array_equal(back, shown[line])


def test_every_function_of_arrays_is_a_row_with_a_value_and_every_row_has_points():
    assert set(ARRAY_FUNCTIONS.values()) - {"len", "shape"} <= set(ARRAYS)
    assert set(ARRAY_SIGNATURES) - {"len", "shape"} <= set(ARRAYS)
    assert set(ARRAYS) == set(array_functions.FUNCTIONS)
    without = {row.name for row in ARRAYS.values() if not row.points} - NO_THIRD_DERIVATIVE - OF_SHARES
    assert all(ARRAYS[name].flat for name in without), without
    assert all(callable(row.cost) or row.cost >= 0 for row in ARRAYS.values())


# -- elementwise operations on arrays ------------------------------------------------------------------------------------------

INF = float("inf")
EDGES = (0.0, -0.0, 1.0, -1.0, 0.5, float("inf"), float("-inf"), float("nan"), 1e308, -1e308, 5e-324, 2.0, -3.0)
LOOSE = {"gamma": 1e-14, "coth": 1e-15, "logcosh": 1e-15, "pow": 1e-14, "tan": 1e-14, "sinpi": 1e-15, "cospi": 1e-15, "sinc": 1e-15, "log_base": 1e-14}


def at_edges(count):
    """Every edge, and of two operands every pair of them."""
    if count == 2:
        return [(a, b) for a in EDGES for b in EDGES]
    return [tuple(EDGES[(place + 3 * shift) % len(EDGES)] for shift in range(count)) for place in range(len(EDGES))]


def same(found, expected, tolerance):
    """Equal, or both undefined, or a rounding apart."""
    return found == expected or (found != found and expected != expected) or abs(found - expected) <= tolerance * abs(expected)


@pytest.mark.parametrize("row", [row for row in OPERATIONS.values() if row.name != "where"], ids=lambda row: row.name)
def test_an_elementwise_operation_on_arrays_is_that_on_numbers(row):
    count = 2 if row.variadic else len(row.operands)
    points = [point for point in row.points if len(point) == count]
    points = points if row.name == "polygamma" else [*points, *at_edges(count)]
    columns = [np.array(column) for column in zip(*points, strict=True)]
    with arrays.quiet():
        found = NUMPY.value(row.name)(*columns) + np.zeros(len(points))
    function = FLOAT.value(row.name)
    tolerance = LOOSE.get(row.name, 4e-16)
    for point, value in zip(points, found, strict=True):
        expected = float(function(*point))
        assert same(float(value), expected, tolerance), (row.name, point, value, expected)


@pytest.mark.parametrize("row", [row for row in OPERATIONS.values() if row.name != "where"], ids=lambda row: row.name)
def test_terms_and_breaks_on_arrays_are_those_on_numbers(row):
    points = [point for point in row.points if len(point) == len(row.points[0])]
    points += [(0.0,), (1.0,), (-1.0,)] if len(points[0]) == 1 else [(1.0, 1.0), (0.0, 0.0)] if len(points[0]) == 2 else []
    count = len(points[0])
    points = points if row.name == "polygamma" else [*points, *at_edges(count)]
    columns = [np.array(column) for column in zip(*points, strict=True)]
    values = [float(FLOAT.value(row.name)(*point)) for point in points]
    for position, function in enumerate(NUMPY.terms(row.name, count)):
        plain = FLOAT.terms(row.name, count)[position]
        assert (function is None) == (plain is None)
        for g in (1.5, 0.0, -0.0, INF, -INF, float("nan"), 1e308) if function is not None else ():
            with arrays.quiet():
                found = function(np.full(len(points), g), *columns, np.array(values)) + np.zeros(len(points))
                taken = NUMPY.present(row.name, position, [*columns, np.array(values)])
            present = np.broadcast_to(True if taken is None or row.name == "where" else taken, len(points))
            for point, value, term, there in zip(points, values, found, present, strict=True):
                expected = plain(g, *point, value)
                if row.name != "where":  # whose sweep asks the condition itself
                    assert there == (expected is not None), (row.name, position, point)
                if expected is None and not np.isfinite(g):
                    continue  # an absent element, which the sweep masks
                assert same(float(term), 0.0 if expected is None else expected, 1e-13), (row.name, g, point, term, expected)
    tape = Tape(None, ["a"] * count)  # type: ignore[arg-type]
    tape.operations, tape.operands, tape.shapes = [row.name], [tuple(range(count))], [(len(points),)] * (count + 1)
    broken = dict(NUMPY.breaks_at(tape, count, [*columns, np.array(values)]))
    for place, (point, value) in enumerate(zip(points, values, strict=True)):
        kinds = [*dict(FLOAT.breaks(row.name, point, value))]
        assert kinds == [kind for kind, holds in broken.items() if (holds + np.zeros(len(points)))[place]], (row.name, point)


shapes = st.lists(st.integers(1, 3), max_size=3).map(tuple)


@given(shapes, shapes)
def test_shapes_are_broadcast_as_numpy_does(one, other):
    try:
        expected = np.broadcast_shapes(one, other)
    except ValueError:
        with pytest.raises(ShapeError):
            broadcast_shapes([one, other])
        return
    assert broadcast_shapes([one, other]) == expected


@given(shapes, shapes, st.sampled_from(["a*b", "a - b/(1 + b^2)", "hypot(a, b)*b", "max(a, b)"]), st.integers(0, 99))
@settings(max_examples=tiers.examples(40))
def test_what_was_repeated_is_summed_on_the_way_back(one, other, text, seed):
    try:
        np.broadcast_shapes(one, other)
    except ValueError:
        return
    random = np.random.default_rng(seed)
    point = {"a": random.normal(size=one), "b": random.normal(size=other)}
    tape, operands = lowered(f"sum({text})", point)
    values = evaluate(tape, operands)
    bars = adjoints(tape, values, activity(tape))
    assert [np.shape(bar) for bar in bars[:2] if bar is not None] == [shape for shape, bar in zip((one, other), bars, strict=False) if bar is not None]
    bars = [0.0 if bar is None else bar for bar in bars]  # a number that max leaves aside
    along = directions(operands, seed)
    expected = differences(lambda at: np.asarray(evaluate(tape, at)[tape.output]), operands, along)
    assert np.isclose(sum(np.sum(bar * move) for bar, move in zip(bars, along, strict=False)), expected, rtol=1e-6, atol=1e-7)


# -- whole programs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_agree_with_themselves_written_out(name):
    text, _ = PROGRAMS[name]
    point = point_of(name)
    tape, operands = lowered(text, point)
    values = evaluate(tape, operands)
    bars = adjoints(tape, values, activity(tape))
    written = write_out(tape, values)
    numbers = evaluate(written.tape, [float(x) for operand in operands for x in np.ravel(operand)])
    assert np.isclose(numbers[written.tape.output], values[tape.output], rtol=1e-12)
    expected = adjoints(written.tape, numbers, activity(written.tape))
    for place in range(len(operands)):
        scaled(np.ravel(bars[place]), [expected[slot] or 0.0 for slot in written.slots[place]], 1e-10)
    along = directions(operands)
    tangent = tangents(tape, values, along)[tape.output]
    assert np.isclose(tangent, sum(np.sum(bar * move) for bar, move in zip(bars, along, strict=False)), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", PROGRAMS)
def test_second_derivatives_of_programs_are_symmetric_and_those_of_the_program_written_out(name):
    text, _ = PROGRAMS[name]
    tape, operands = lowered(text, point_of(name))
    inputs = list(range(tape.first_row))
    derived = gradient_tape(tape, inputs)
    values = evaluate(derived, operands)
    one, other = directions(operands, 6), directions(operands, 7)

    def product(direction):
        found = tangents(derived, values, direction)
        slots = [slot if slot < derived.slots else slot - derived.size for slot in derived.outputs[1:]]
        return [np.zeros_like(operands[place]) if found[slot] is None else found[slot] for place, slot in enumerate(slots)]

    first, second = product(one), product(other)
    left = sum(np.sum(a * b) for a, b in zip(first, other, strict=True))
    right = sum(np.sum(a * b) for a, b in zip(second, one, strict=True))
    assert np.isclose(left, right, rtol=1e-9, atol=1e-10)
    written = write_out(tape, evaluate(tape, operands))
    plain = gradient_tape(written.tape, list(range(written.tape.first_row)))
    numbers = evaluate(plain, [float(x) for operand in operands for x in np.ravel(operand)])
    swept = tangents(plain, numbers, [float(x) for along in one for x in np.ravel(along)])
    expected = [(swept[slot] or 0.0) if slot < plain.slots else 0.0 for slot in plain.outputs[1:]]
    scaled(np.concatenate([np.ravel(part) for part in first]), expected, 1e-9)


# -- edges: what others get wrong ----------------------------------------------------------------------------------------------

GRADIENTS = [
    ("prod(x)", [0, 2, 3], [6, 0, 0]),
    ("prod(x)", [0, 0, 3], [0, 0, 0]),
    ("norm(x)", [0, 0], [0, 0]),
    ("norm(x)", [3e200, 4e200], [0.6, 0.8]),
    ("norm(x)", [3e-200, 4e-200], [0.6, 0.8]),
    ("max(x)", [1, 1, 0], [0.5, 0.5, 0]),
    ("min(x)", [1, 1, 0], [0, 0, 1]),
    ("min(x)", [0, 0, 0, 1], [1 / 3, 1 / 3, 1 / 3, 0]),
    ("logsumexp(x)", [1000, 1000], [0.5, 0.5]),
    ("logsumexp(x)", [-1000, 0], [0, 1]),
    ("softmax(x)[0]", [1000, -1000], [0, 0]),
    ("softmax(x)[0]", [1000, 1000], [0.25, -0.25]),
    ("log_softmax(x)[0]", [-1000, 1000], [1, -1]),
    ("sum(where(x > 0, sqrt(x), 0))", [0, 4], [0, 0.25]),
    ("sum(where(x > 0, log(x), 0))", [-1, 0, 2], [0, 0, 0.5]),
    ("sum(where(x != 0, sin(x)/x, 1))", [0, 0], [0, 0]),
    ("sum(where(x > 0, where(x > 1, log(x - 1), x), 1/x))", [0.5, 3, -2], [1, 0.5, -0.25]),
    ("sum(where(x > 0, x, -x))", [0, 1], [-1, 1]),
    ("sum(clip(x, 0, 1))", [0, 0.5, 1], [0, 1, 0]),
    ("sum(relu(x))", [0, -1, 2], [0, 0, 1]),
    ("sum(abs(x))", [0, -2], [0, -1]),
    ("sum(max(x, 0))", [0, 1], [0.5, 1]),
    ("sum(stop_gradient(x)*x)", [2, 3], [2, 3]),
    ("sum(floor(x)*x)", [2.5, 3.5], [2, 3]),
    ("det([[x[0], x[1]], [x[2], x[3]]])", [1, 2, 2, 4], [4, -2, -2, 1]),
    ("det([[x[0], x[1]], [x[2], x[3]]])", [0, 0, 0, 0], [0, 0, 0, 0]),
    ("mean(x[1:])", [1, 2, 3], [0, 0.5, 0.5]),
    ("sum(x[3:]) + x[0]", [1, 2, 3], [1, 0, 0]),
    ("sum(x[::-2])", [1, 2, 3], [1, 0, 1]),
    ("cumsum(x)[1]", [1, 2, 3], [1, 1, 0]),
    ("x[argmax([3, 1]) - 0]", [1, 2], None),
    ("sum(xlogy(x, x))", [1, 2], [1, 1 + np.log(2)]),
]


@pytest.mark.parametrize(("text", "at", "gradient"), [case for case in GRADIENTS if case[2] is not None], ids=lambda value: str(value))
@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_edges_are_right_in_both_modes(text, at, gradient, mode):
    import diffcli

    found = diffcli.grad(text, {"x": at}, mode=mode).gradient["x"]
    assert np.allclose(found, gradient, rtol=1e-14, atol=1e-300), found


@pytest.mark.parametrize(("text", "at", "gradient"), [case for case in GRADIENTS if case[2] is not None], ids=lambda value: str(value))
def test_edges_are_right_as_a_derivative_tape_too(text, at, gradient):
    tape, operands = lowered(text, {"x": np.array(at, dtype=float)})
    derived = gradient_tape(tape, [0])
    slot = derived.outputs[1] if derived.outputs[1] < derived.slots else derived.outputs[1] - derived.size
    assert np.allclose(evaluate(derived, operands)[slot], gradient, rtol=1e-14, atol=1e-300)


def test_what_is_not_taken_leaks_into_no_derivative():
    """Infinities and NaN in elements that are not taken, through every sweep, the first and the second time."""
    text = "y = where(x > 0, log(x)*sqrt(x) + 1/x, x^2); sum(where(x < 5, y, log(5 - x))*w)"
    point = {"x": np.array([0.0, -1.0, 2.0, 4.0]), "w": np.array([1.0, 2.0, 3.0, 4.0])}
    tape, operands = lowered(text, point)
    values = evaluate(tape, operands)
    bars = adjoints(tape, values, activity(tape))
    derived = gradient_tape(tape, [0])
    again = evaluate(derived, operands)
    moved_once = tangents(derived, again, [np.ones(4), None])[derived.outputs[1]]
    x, w = point["x"], point["w"]
    slope = [2 * x[k] if x[k] <= 0 else (1 + np.log(x[k]) / 2) / np.sqrt(x[k]) - 1 / x[k] ** 2 for k in range(4)]
    bend = [2.0 if x[k] <= 0 else -np.log(x[k]) / (4 * x[k] ** 1.5) + 2 / x[k] ** 3 for k in range(4)]
    assert np.allclose(bars[0], slope * w, rtol=1e-13)
    assert np.allclose(again[derived.outputs[1]], slope * w, rtol=1e-13)
    assert np.allclose(moved_once, bend * w, rtol=1e-12)


ERRORS = {
    "matmul": 'grad "sum(W @ x)" --at W=[[1,2],[3,4]],x=[1,2,3]',
    "transposed would fit": 'grad "sum(X @ W)" --at X=[[1,2,3]],W=[[1,2,3],[4,5,6]]',
    "elementwise": 'grad "sum(x + y)" --at x=[1,2],y=[1,2,3]',
    "axis": 'grad "sum(sum(W, axis=2))" --at W=[[1,2],[3,4]]',
    "axis of a number": 'grad "sum(x, axis=0)" --at x=1',
    "no axis": 'grad "sum(cumsum(W))" --at W=[[1,2],[3,4]]',
    "index": 'grad "x[3]" --at x=[1,2,3]',
    "too many indices": 'grad "x[0, 1]" --at x=[1,2,3]',
    "index of a number": 'grad "x[0]" --at x=1',
    "index by a variable": 'grad "x[k]" --at x=[1,2],k=1',
    "reshape": 'grad "sum(reshape(x, [2, 2]))" --at x=[1,2,3]',
    "ragged": 'grad "sum([x, 1])" --at x=[1,2,3]',
    "concat": 'grad "sum(concat(W, x))" --at W=[[1,2]],x=[1,2]',
    "not square": 'grad "det(W)" --at W=[[1,2,3],[4,5,6]]',
    "outer": 'grad "sum(outer(W, W))" --at W=[[1,2]]',
    "conv1d": 'grad "sum(conv1d(x, y))" --at x=[1,2],y=[1,2,3]',
    "labels": 'grad "cross_entropy(x, y)" --at x=[1,2],y=[0,1]',
    "label out of range": 'grad "cross_entropy(x, 2)" --at x=[1,2]',
    "singular": 'grad "sum(inv(W))" --at W=[[1,2],[2,4]]',
    "domain of some elements": 'grad "sum(log(x))" --at x=[1,-2,0.5,-3]',
    "a vector": 'grad "x^2" --at x=[1,2]',
    "matrix times a number": 'grad "sum(W @ x)" --at W=[[1,2]],x=2',
    "solve": 'grad "sum(solve(W, x))" --at W=[[1,2],[3,4]],x=[1,2,3]',
    "empty": 'grad "max(x[3:])" --at x=[1,2,3]',
    "kinks of some elements": 'grad "sum(abs(x)) + norm(x[:2]) + max(x)" --at x=[0,0,1,1] --no-trace',
    "slopes of an element": 'grad "sum(relu(x))" --at x=[0,1] --no-trace --kink right',
    "infinite slopes of some": 'grad "sum(sqrt(x))" --at x=[0,1] --no-trace',
    "strict": 'grad "sum(abs(x))" --at x=[0,1] --strict',
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_and_notes_have_these_texts(name, golden):
    from console import transcript

    golden(f"arrays/{name.replace(' ', '-')}.txt", transcript(ERRORS[name]))


def test_a_traced_program_of_arrays_prints_this(golden):
    from console import transcript

    commands = (
        'grad "s = softmax(W @ x + b); -log(s[0]) + mean(x)^2 + prod(b)" --at W=[[1,0.5],[-1,0.25]],x=[1,2],b=[0,0.5]',
        'grad "sum(max(W, axis=1)*[1, 2]) + norm(W)" --at W=[[1,0.5],[-1,0.25]] --mode forward --width 120',
        'grad "sum(concat(x, y)[1:]*cumsum(stack(x[0], y[1], x[1]))) + det(outer(x, y) + diag(x))" --at x=[1,2],y=[3,4] -f latex',
    )
    golden("arrays/traces.txt", "\n".join(map(transcript, commands)))


def test_json_of_arrays_has_all_digits():
    found = json.loads(run('grad "sum(x^2/3)" --at x=[1,2] --json --no-trace').stdout)
    assert found["gradient"] == {"x": [0.6666666666666666, 1.3333333333333333]}


def test_a_program_of_numbers_stays_one():
    """What is about numbers alone leaves no row for NumPy, however it is written."""
    for text in ("max(x) + sum(x)", "[1, 2, 3][1]*x", "len([1, 2])*x", "mean(x)^2", "norm(x)"):
        assert lower(parse(text)).shapes is None, text
    assert FLOAT.row_functions(lower(parse("max(x)"))) == []


# -- determinants in numbers --------------------------------------------------------------------------------------------------

DIAGONALS = [[1, 1, 1, 0, 0], [1, 2, 3, 4, 0], [0.5, 0.5, 0, 0, 0], [1e-8, 1, 1, 1, 0], [1, 1, 1, 1, 0, 0], [2, 1, 1, 1, 1, 0]]


@pytest.mark.parametrize("step", [None, 1.0, 0.5])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("diagonal", DIAGONALS, ids=str)
def test_differences_of_a_determinant_go_past_pivots_that_become_0(diagonal, turned, step):
    matrix = np.diag(np.array(diagonal, float))
    right = np.zeros_like(matrix)
    for place in range(len(diagonal)):  # by cofactors: the product of all others
        right[place, place] = np.prod([each for other, each in enumerate(diagonal) if other != place])
    if turned:
        matrix, right = matrix[::-1].copy(), right[::-1] * (1 if len(diagonal) == 5 else -1)
    found = compute("det(A)", {"A": matrix}, Options(mode="numeric", step=step))
    assert found.value == 0
    np.testing.assert_allclose(found.gradient["A"], right, atol=1e-9 * max(1.0, np.abs(right).max()))
