"""Jacobians, Hessians and products with them: every mode against every other, structure, colours, counts, reports."""

from __future__ import annotations

import math
import random

import pytest
from inside import (
    Components,
    HessianOptions,
    MatrixOptions,
    System,
    colour_columns,
    compute_hessian,
    compute_jacobian,
    find_pattern,
    flow_of,
    sweep_groups,
    variables_of,
)
from jacobian_programs import SYSTEMS

import diffcli

SMALL = [name for name, system in SYSTEMS.items() if len(system.at) <= 16]


def near(one, other, scale=0.0, relative=1e-12):
    return one == other or abs(one - other) <= relative * max(abs(one), abs(other), scale)


def size(matrix):
    return max((abs(entry) for row in matrix for entry in row), default=0.0)


def scalar_of(system):
    return {"target": system.text, "at": system.at, "of": system.scalar or None}


def silent(*_):
    pass


QUIET = MatrixOptions()


# -- modes against each other --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SYSTEMS)
def test_forward_reverse_and_auto_give_the_same_jacobian(name):
    system = SYSTEMS[name]
    if len(system.at) > 300:
        pytest.skip("a thousand sweeps take long; the products are held against each other")
    forward, reverse, auto = (diffcli.jacobian(system.text, system.at, mode=mode) for mode in ("forward", "reverse", "auto"))
    assert forward.rows == reverse.rows and forward.columns == reverse.columns
    scale = size(forward.matrix)
    for one, other in zip(forward.matrix, reverse.matrix, strict=True):
        assert all(near(a, b, 1e-4 * scale) for a, b in zip(one, other, strict=True))
    assert auto.mode == auto.sweeps.cheaper
    assert auto.matrix == {"forward": forward, "reverse": reverse}[auto.mode].matrix
    assert [note for note in auto.notes if note.severity != "note"] == []


@pytest.mark.parametrize("name", SYSTEMS)
def test_coloured_sweeps_find_every_entry_to_the_last_bit(name):
    given = SYSTEMS[name]
    system = System(given.text, given.at)
    rows, columns = Components(system.outputs), variables_of(system)
    if max(len(rows), len(columns)) > 300:
        pytest.skip("one by one it takes long")
    flow = flow_of(system.tape, system.values)
    pattern = find_pattern(system.tape, flow, columns.slots, rows.slots)
    alone = [(column,) for column in range(len(columns))]
    plain = sweep_groups(system, rows, columns, "forward", alone, None, {}, QUIET, silent)
    assert sweep_groups(system, rows, columns, "forward", colour_columns(pattern), pattern, {}, QUIET, silent) == plain
    alone = [(row,) for row in range(len(rows))]
    plain = sweep_groups(system, rows, columns, "reverse", alone, None, {}, QUIET, silent)
    assert sweep_groups(system, rows, columns, "reverse", colour_columns(pattern.transposed()), pattern, {}, QUIET, silent) == plain


@pytest.mark.parametrize("name", SMALL)
def test_differences_lie_within_their_bars(name):
    system = SYSTEMS[name]
    exact = diffcli.jacobian(system.text, system.at)
    numeric = diffcli.jacobian(system.text, system.at, mode="numeric")
    assert len(numeric.differences) == len(exact.rows) * len(exact.columns)
    for row, (one, other) in enumerate(zip(exact.matrix, numeric.matrix, strict=True)):
        for column, (a, b) in enumerate(zip(one, other, strict=True)):
            found = numeric.differences[row * len(exact.columns) + column][1]
            assert found.variable == exact.columns[column]
            if name == "cut" and (row, column) in ((1, 1),):
                continue  # floor has no slope, and its value none that differences could miss
            assert abs(a - b) <= (found.error or 0.0) + 1e-14 * abs(a), (exact.rows[row], found)


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_sympy_gives_the_same_jacobian(name):
    system = SYSTEMS[name]
    exact = diffcli.jacobian(system.text, system.at)
    symbolic = compute_jacobian(system.text, system.at, MatrixOptions(mode="symbolic", simplify="none"))
    for one, other in zip(exact.matrix, symbolic.matrix, strict=True):
        assert all(near(a, b, 1e-6, 1e-9) for a, b in zip(one, other, strict=True))
    assert [result for result, _ in symbolic.symbolic] == [row for row in exact.rows for _ in exact.columns]


@pytest.mark.parametrize("name", SYSTEMS)
def test_products_are_those_with_the_matrix(name):
    system = SYSTEMS[name]
    exact = diffcli.jacobian(system.text, system.at)
    draw = random.Random(name)
    v = {column: draw.uniform(-1, 1) for column in exact.columns}
    w = [draw.uniform(-1, 1) for _ in exact.rows]
    along = diffcli.jvp(system.text, system.at, v)
    back = diffcli.vjp(system.text, system.at, w)
    scale = size(exact.matrix)
    for row, entry in zip(exact.matrix, along.product.values(), strict=True):
        assert near(sum(a * b for a, b in zip(row, v.values(), strict=True)), entry, scale)
    for column, (variable, entry) in enumerate(back.product.items()):
        assert variable == exact.columns[column]
        assert near(sum(weight * row[column] for weight, row in zip(w, exact.matrix, strict=True)), entry, scale * len(w))
    both = sum(weight * entry for weight, entry in zip(w, along.product.values(), strict=True))
    assert near(both, sum(v[variable] * entry for variable, entry in back.product.items()), scale * len(v))


@pytest.mark.parametrize("name", SMALL)
def test_a_product_by_differences_lies_within_its_bar(name):
    system = SYSTEMS[name]
    draw = random.Random(name)
    v = {variable: draw.uniform(-1, 1) * (abs(value) or 1.0) for variable, value in system.at.items()}
    exact, numeric = (diffcli.jvp(system.text, system.at, v, mode=mode) for mode in ("forward", "numeric"))
    for (result, found), entry in zip(numeric.differences, exact.product.values(), strict=True):
        if name == "cut" and result == "f2":
            continue
        assert abs(found.estimate - entry) <= found.error + 1e-14 * abs(entry), (result, found)


# -- second derivatives ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_hessian_is_symmetric_and_that_of_single_sweeps(name):
    given = scalar_of(SYSTEMS[name])
    found = diffcli.hessian(**given)
    n = len(found.columns)
    assert all(found.matrix[i][j] == found.matrix[j][i] for i in range(n) for j in range(i))
    scale = size(found.matrix)
    for column in sorted({0, n // 2, n - 1}):  # each by a sweep of its own, without colours
        product = diffcli.hvp(**given, direction={found.columns[column]: 1.0}).product
        assert all(near(row[column], entry, scale) for row, entry in zip(found.matrix, product.values(), strict=True))
    assert found.gradient == diffcli.hessian(**given).gradient
    gradient = diffcli.jacobian(**given).matrix[0]
    assert all(near(a, b, 1e-4 * max(map(abs, gradient))) for a, b in zip(found.gradient.values(), gradient, strict=True))


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_hessian_times_a_vector_is_that_with_the_matrix(name):
    given = scalar_of(SYSTEMS[name])
    found = diffcli.hessian(**given)
    draw = random.Random(name)
    v = {column: draw.uniform(-1, 1) for column in found.columns}
    product = diffcli.hvp(**given, direction=v).product
    scale = size(found.matrix)
    for row, entry in zip(found.matrix, product.values(), strict=True):
        assert near(math.fsum(a * b for a, b in zip(row, v.values(), strict=True)), entry, scale)


@pytest.mark.parametrize("name", [name for name in SMALL if len(SYSTEMS[name].at) <= 9])
def test_second_differences_lie_within_their_bars(name):
    given = scalar_of(SYSTEMS[name])
    exact = diffcli.hessian(**given)
    numeric = diffcli.hessian(**given, mode="numeric")
    for found in numeric.differences:
        entry = exact.hessian[found.first][found.second]
        assert abs(found.estimate - entry) <= found.error + 1e-13 * abs(entry), (found.first, found.second, entry, found)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SMALL if len(SYSTEMS[name].at) <= 9])
def test_sympy_gives_the_same_hessian(name):
    system = SYSTEMS[name]
    exact = diffcli.hessian(**scalar_of(system))
    options = HessianOptions(mode="symbolic", of=system.scalar or None, simplify="none")
    symbolic = compute_hessian(system.text, system.at, options)
    scale = size(exact.matrix)
    for one, other in zip(exact.matrix, symbolic.matrix, strict=True):
        assert all(near(a, b, 1e-6 * scale, 1e-8) for a, b in zip(one, other, strict=True))
    assert len(symbolic.symbolic) == len(exact.columns) * (len(exact.columns) + 1) // 2


@pytest.mark.parametrize("shift", [0.3, 0.37, 0.44, 0.51])
@pytest.mark.parametrize("direction", [{"x": 0.1, "y": 0.3}, {"x": 0.7, "y": -0.3}])
def test_what_rounding_takes_from_a_step_counts_in_the_bar(shift, direction):
    x = 1e8 + shift
    u, (a, b) = x - 1e8, direction.values()
    ((_, found),) = diffcli.jvp("sin(x - 1e8)*y", {"x": x, "y": 0.1}, direction, mode="numeric").differences
    assert abs(found.estimate - (a * math.cos(u) * 0.1 + b * math.sin(u))) <= found.error < 1e-6
    numeric = diffcli.hessian("sin(x - 1e8)*y", {"x": x, "y": 0.1}, mode="numeric").differences
    for second, exact in zip(numeric, (-math.sin(u) * 0.1, math.cos(u), 0.0), strict=True):
        assert abs(second.estimate - exact) <= second.error
