"""Jacobians, Hessians and products of programs with arrays: against their programs in numbers, differences and SymPy."""

from __future__ import annotations

import random

import pytest
from inside import (
    HessianOptions,
    MatrixOptions,
    System,
    compute_hessian,
    compute_jacobian,
    hessian_of,
    jacobian_of,
    scalarised,
)
from jacobian_programs import ARRAYS

import diffcli


def near(one, other, scale, relative=1e-12):
    return all(
        abs(a - b) <= relative * max(abs(a), abs(b), scale)
        for left, right in zip(one, other, strict=True) for a, b in zip(left, right, strict=True)
    )  # fmt: skip


def size(matrix):
    return max((abs(entry) for row in matrix for entry in row), default=0.0)


@pytest.fixture(params=ARRAYS)
def system(request):
    return ARRAYS[request.param]


def test_forward_and_reverse_agree_and_with_the_program_in_numbers(system):
    forward, reverse = (diffcli.jacobian(system.text, system.at, mode=mode) for mode in ("forward", "reverse"))
    numbers = jacobian_of(scalarised(System(system.text, system.at)), MatrixOptions())
    assert forward.columns == reverse.columns == numbers.columns
    scale = size(numbers.matrix)
    assert near(forward.matrix, reverse.matrix, scale) and near(forward.matrix, numbers.matrix, scale)
    assert forward.pattern == numbers.pattern
    assert sum(len(row) for row in forward.matrix) == len(forward.rows) * len(forward.columns)


@pytest.mark.slow
def test_differences_and_sympy_agree(system):
    exact = diffcli.jacobian(system.text, system.at)
    numeric = diffcli.jacobian(system.text, system.at, mode="numeric")
    places = iter(numeric.differences)
    for row in exact.matrix:
        for entry in row:
            name, found = next(places)
            assert abs(found.estimate - entry) <= (found.error or 0.0) + 1e-13 * abs(entry), (name, found)
    symbolic = compute_jacobian(system.text, system.at, MatrixOptions(mode="symbolic", simplify="none"))
    assert near(exact.matrix, symbolic.matrix, size(exact.matrix), 1e-9)


@pytest.mark.slow
def test_hessians_agree(system):
    given = {"target": system.text, "at": system.at, "of": system.scalar or None}
    exact = diffcli.hessian(**given)
    n = len(exact.columns)
    assert all(exact.matrix[i][j] == exact.matrix[j][i] for i in range(n) for j in range(i))
    numbers = hessian_of(scalarised(System(system.text, system.at, of=system.scalar or None)), MatrixOptions())
    assert exact.columns == numbers.columns
    assert near(exact.matrix, numbers.matrix, size(exact.matrix), 1e-10)
    if n <= 8:
        options = HessianOptions(mode="symbolic", of=system.scalar or None, simplify="none")
        symbolic = compute_hessian(system.text, system.at, options)
        assert near(exact.matrix, symbolic.matrix, size(exact.matrix), 1e-8)
        for found in diffcli.hessian(**given, mode="numeric").differences:
            entry = exact.matrix[exact.columns.index(found.first)][exact.columns.index(found.second)]
            assert abs(found.estimate - entry) <= found.error + 1e-12 * abs(entry), found


def test_products_are_those_with_the_matrices(system):
    exact = diffcli.jacobian(system.text, system.at)
    draw = random.Random(system.text)

    def direction():
        numbers = {name: draw.uniform(-1, 1) for name in exact.columns}
        return numbers, shaped(numbers, system.at)

    v, arrays = direction()
    scale = size(exact.matrix) * len(v)
    product = flat(diffcli.jvp(system.text, system.at, arrays).product)
    assert near([[sum(a * b for a, b in zip(row, v.values(), strict=True)) for row in exact.matrix]], [product], scale)
    for (name, found), entry in zip(diffcli.jvp(system.text, system.at, arrays, mode="numeric").differences, product, strict=True):
        assert abs(found.estimate - entry) <= found.error + 1e-13 * abs(entry), (name, found)
    weights = {row: draw.uniform(-1, 1) for row in exact.rows}
    back = flat(diffcli.vjp(system.text, system.at, shaped(weights, exact.values)).product)
    columns = zip(*exact.matrix, strict=True)
    assert near([[sum(a * b for a, b in zip(column, weights.values(), strict=True)) for column in columns]], [back], scale)
    given = {"target": system.text, "at": system.at, "of": system.scalar or None}
    second = diffcli.hessian(**given)
    v, arrays = direction()
    product = flat(diffcli.hvp(**given, direction=arrays).product)
    expected = [sum(a * b for a, b in zip(row, v.values(), strict=True)) for row in second.matrix]
    assert near([expected], [product], size(second.matrix) * len(v))


def shaped(numbers, like):
    """Numbers by the names of elements, as arrays by the names of what is like them."""
    numpy = pytest.importorskip("numpy")
    found = {}
    for name, value in like.items():
        value = numpy.asarray(value, float)
        if not value.shape:
            found[name] = numbers[name]
            continue
        own = [numbers[f"{name}[{','.join(map(str, place))}]"] for place in numpy.ndindex(value.shape)]
        found[name] = numpy.array(own).reshape(value.shape)
    return found


def flat(product):
    numpy = pytest.importorskip("numpy")
    return [float(number) for value in product.values() for number in numpy.ravel(value)]


def test_rosenbrock_in_a_thousand_variables_takes_three_sweeps():
    numpy = pytest.importorskip("numpy")
    x = numpy.where(numpy.arange(1000) % 2, 1.0, -1.2)
    found = diffcli.hessian("sum(100*(x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2)", {"x": x})
    hessian = found.hessian["x"]["x"]
    expected = numpy.zeros((1000, 1000))
    place = numpy.arange(999)
    expected[place, place] += 1200 * x[:-1] ** 2 - 400 * x[1:] + 2
    expected[place + 1, place + 1] += 200
    expected[place, place + 1] = expected[place + 1, place] = -400 * x[:-1]
    assert numpy.abs(hessian - expected).max() <= 1e-12 * numpy.abs(expected).max()
    assert len(found.groups) == 3 and (hessian == hessian.T).all()
    product = diffcli.hvp("sum(100*(x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2)", {"x": x}, {"x": x}).product["x"]
    assert numpy.abs(product - expected @ x).max() <= 1e-12 * numpy.abs(expected @ x).max()
