"""Many sweeps at once, along a leading axis, are those that are made one by one; and what is kept of a tape is of it."""

from __future__ import annotations

import random

import numpy as np
import pytest
from array_programs import SHAPES, point_for, program_of
from array_rows import PROGRAMS, cases, point_of, row_tape
from inside import (
    ARRAYS,
    LEADING,
    NUMPY,
    ArraySweep,
    Problem,
    System,
    activity,
    evaluate,
    rule_at,
)

import diffcli


def draws(shape, count, seed):
    return np.random.default_rng(seed).normal(size=(count, *shape))


def same(tape, values, seeds):
    """Each adjoint of an input to the last bit as it is alone, where 0 stands for no dependence; each tangent up to the order in
    which NumPy adds up, which goes by where elements stand in memory."""
    active, inputs = activity(tape), range(tape.first_row)
    back = ArraySweep(False, tape, values, active, whole=False)
    for seed, found in zip(seeds, back.together(seeds, inputs), strict=True):
        equal(tape, found, back.found(seed), inputs)
    moves = [{slot: draws(tape.shape(slot), 1, slot + 7 * k)[0] for slot in inputs if (slot + k) % 3} for k in range(len(seeds))]
    forward = ArraySweep(True, tape, values)
    for move, found in zip(moves, forward.together(moves, tape.rows()), strict=True):
        equal(tape, found, forward.found(move), tape.rows(), 1e-14)


def equal(tape, found, alone, slots, tolerance=0.0):
    for slot in slots:
        expected = np.zeros(tape.shape(slot)) if alone[slot] is None else np.asarray(alone[slot])
        got = np.zeros(tape.shape(slot)) if found[slot] is None else np.asarray(found[slot])
        assert got.shape == tape.shape(slot)
        np.testing.assert_allclose(got, expected, rtol=tolerance, atol=0)


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize(("row", "point"), cases())
def test_every_row_of_the_table(row, point, count):
    tape, operands = row_tape(row, point)
    values = evaluate(tape, operands)
    same(tape, values, [{tape.output: seed} for seed in draws(tape.shape(tape.output), count, count)])


@pytest.mark.parametrize(("row", "point"), cases())
def test_a_rule_for_many_is_that_of_one_where_it_is_known(row, point):
    tape, operands = row_tape(row, point)
    values, shape = evaluate(tape, operands), tape.shape(tape.output)
    for position in range(len(operands)):
        rule = rule_at(tape, tape.output, position)
        one, many = NUMPY.row_term(rule, "adjoint"), LEADING.row_term(rule, "adjoint")
        if one is None or many is NotImplemented:
            assert (one is None) == (many is None)
            continue
        seeds = draws(shape, 3, position)
        known = [*operands, values[tape.output]]
        for seed, found in zip(seeds, many(seeds, *known), strict=True):
            np.testing.assert_array_equal(found, one(seed if shape else float(seed), *known))


def test_the_rules_of_what_networks_are_made_of_are_known_for_many():
    unknown = {
        row.name
        for row, point in (case.values for case in cases(inner=False))
        for tape, operands in [row_tape(row, point)]
        for position in range(len(operands))
        if LEADING.row_term(rule_at(tape, tape.output, position), "adjoint") is NotImplemented
    }
    assert unknown.isdisjoint({"sum", "mean", "matmul", "outer", "transpose", "reshape", "index", "stack", "concat", "broadcast"})
    assert unknown < ARRAYS.keys()


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name):
    text, _ = PROGRAMS[name]
    at = point_of(name)
    problem = Problem(text, at)
    weights = np.random.default_rng(3).normal(size=4)
    same(problem.tape, problem.values, [{problem.tape.output: float(weight)} for weight in weights])


@pytest.mark.parametrize("kind", ["anywhere", "ties", "zeros"])
def test_random_programs_with_choices_infinities_and_nan(kind):
    chance = random.Random(kind)
    for number in range(150):
        text = program_of(chance.randbytes(80))
        program = diffcli.parse(text)
        problem = Problem(program, point_for([name for name in SHAPES if name in program.inputs], kind, number))
        if problem.tape.shapes is not None:
            same(problem.tape, problem.values, [{problem.tape.output: seed} for seed in (1.0, -0.5, 3.0)])


@pytest.mark.parametrize(
    "text",
    [
        "where(x > 0, sqrt(x), 0)",  # an infinity that is not there
        "x - x",
        "x[[0, 0, 2]]*x[1]",
        "cbrt(x)*[1, 0, 1]",
        "max(x, 0.5)*x[0]",
        "(x @ x)*x",
        "x[0]*[1, 2, 3] if x[0] > 0 else x",
    ],
)
@pytest.mark.parametrize("at", [[1.0, 2.0, 3.0], [0.0, -1.0, 2.0], [0.0, 0.0, 0.0]])
def test_a_row_of_the_jacobian_is_the_gradient_of_its_result(text, at):
    result = diffcli.jacobian(text, {"x": at}, mode="reverse")
    for place, row in enumerate(result.matrix):
        alone = diffcli.jacobian(f"y = {text}; y[{place}]", {"x": at}, mode="reverse").matrix[0]
        np.testing.assert_array_equal(row, alone)


def scaling(factor):
    def scale(a):
        return a * factor

    return diffcli.custom_rule(partials=str(factor), at=[1.0])(scale)


def test_rules_of_the_users_own_under_one_name_are_each_their_own():
    for factor, scale in ((factor, scaling(factor)) for factor in (2.0, 5.0)):
        at = {"x": np.array([1.0, 2.0, 3.0])}
        system = System(lambda x, scale=scale: scale(x) * x[0], at, wrt="x")
        np.testing.assert_array_equal(system.adjoints[0], [7 * factor, factor, factor])
        found = diffcli.jacobian(lambda x, scale=scale: scale(x) * x[0], at, wrt="x", mode="reverse")
        np.testing.assert_array_equal(found.matrix, [[2 * factor, 0, 0], [2 * factor, factor, 0], [3 * factor, 0, factor]])


# -- what is kept of a tape ------------------------------------------------------------------------------------------------


def scaled(factor):
    return lambda x: x * factor + x[0]


def test_a_function_met_again_has_its_own_point_and_its_own_constants():
    for factor in (2.0, 3.0, 0.5):
        for at in ([1.0, 2.0], [4.0, -1.0]):
            found = diffcli.jacobian(scaled(np.array([factor, 1.0])), {"x": at})
            assert found.matrix == ((factor + 1.0, 0.0), (1.0, 1.0))


def test_the_counts_of_a_power_are_those_of_its_own_exponent():
    counts = []
    for exponent in (3.0, 1.0, 2.0):
        found = diffcli.jacobian(lambda x, exponent=exponent: x**exponent * x[0], {"x": [1.0, 2.0]}, wrt="x")
        assert found.sweeps == diffcli.jacobian(f"x^{exponent:g}*x[0]", {"x": [1.0, 2.0]}).sweeps
        counts.append(found.sweeps)
    assert len(set(counts)) > 1


def test_the_pattern_of_a_choice_is_that_of_its_point():
    def chosen(x):
        return np.where(x > 0, x * x[0], x * x[1])

    cases = (([1, 2], ((0,), (0, 1))), ([-1, -2], ((0, 1), (1,))), ([1, -2], ((0,), (1,))), ([1, 2], ((0,), (0, 1))))
    for at, rows in cases:
        assert diffcli.jacobian(chosen, {"x": at}).pattern.rows == rows


def test_structures_of_equal_tapes_with_other_results_and_variables():
    def both(x, y):
        return [x * y, x + 1.0]

    at = {"x": np.array([1.0, 2.0]), "y": np.array([3.0, 4.0])}
    for _ in range(2):
        assert diffcli.jacobian(both, at).pattern.rows == ((0, 2), (1, 3), (0,), (1,))
        assert diffcli.jacobian(both, at, wrt="y").pattern.rows == ((0,), (1,), (), ())
        assert diffcli.jacobian(both, at, wrt="x").pattern.rows == ((0,), (1,), (0,), (1,))


def test_a_kept_structure_is_that_of_the_first_time():
    def layered(x, w):
        for _ in range(3):
            x = np.tanh(w @ x) + x * x.sum()
        return [x, x[0]]

    at = {"x": [0.1, 0.2, 0.3], "w": np.eye(3) + 0.1}
    first, again = diffcli.jacobian(layered, at), diffcli.jacobian(layered, at)
    assert (first.pattern, first.groups, first.sweeps, first.mode) == (again.pattern, again.groups, again.sweeps, again.mode)
    assert first.matrix == again.matrix
    system = System(layered, at)
    assert system.tape.kept and system.tape.kept is System(layered, at).tape.kept
