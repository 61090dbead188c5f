"""Every row over vectors: the special values of floats, and the digits of mpmath."""

from __future__ import annotations

import math
import random
from itertools import product

import numpy as np
import pytest
from inside import FLOAT, OPERATIONS, lower, parse
from oracle import ulps, value

pytest.importorskip("llvmlite", reason="machine code is made by llvmlite")

import llvmlite.binding
from inside import MACHINE_WIDTH, Machine

WIDTHS = [width for width in (1, 4, 8) if width <= MACHINE_WIDTH]
ULPS = 4
MANY = 150
"""Random points of a range."""

EDGES = (
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 0.7, -0.3, 1.5, -1.5, 2.5, -2.5, 4.5, 20.0, -20.0, 1e5, math.inf, -math.inf, math.nan,
    5e-324, -5e-324, 1e-310, -1e-310, 2.0**-1022, -(2.0**-1022), math.nextafter(1.0, 0.0), math.nextafter(-1.0, 0.0),
    1.7976931348623157e308, -1.7976931348623157e308, 1e300, -1e300, 1e-300, 2.0**53, -(2.0**53) - 2, 1024.0, -1074.0, -1075.0,
    709.0, 709.79, 710.4, -709.0, -745.0, -745.2, -746.0, 171.5, 172.0, -171.5, 1e17, -1e17,
)  # fmt: skip
"""Numbers at which something happens, in one function or another."""
FEW = (0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, math.inf, -math.inf, math.nan, 5e-324, 1e300)

NAMES = list(OPERATIONS)


def uniform(low, high):
    return lambda source: source.uniform(low, high)


def sizes(low, high, signs=(-1, 1)):
    """Numbers of every size between two exponents of e."""
    return lambda source: source.choice(signs) * math.exp(source.uniform(low, high))


SMALL, POSITIVE, ANY = uniform(-1, 1), sizes(-700, 709, (1,)), sizes(-340, 340)
TO_1 = sizes(-700, -0.001)
WORST = {
    "exp": (1.01, [SMALL], [uniform(-745, 709)]), "expm1": (2.1, [SMALL], [uniform(-40, 709)], [TO_1]),
    "log": (0.9, [uniform(0.5, 2)], [uniform(0.99, 1.01)], [POSITIVE]), "log2": (1.7, [uniform(0.5, 2)], [POSITIVE]),
    "log10": (1.9, [uniform(0.5, 2)], [POSITIVE]), "log1p": (1.0, [SMALL], [POSITIVE], [TO_1]),
    "sinh": (2.9, [SMALL], [uniform(-20, 20)], [uniform(-710, 710)], [TO_1]), "cosh": (2.4, [SMALL], [uniform(-710, 710)]),
    "tanh": (2.6, [SMALL], [uniform(-20, 20)], [TO_1]), "asinh": (1.8, [SMALL], [ANY]), "atanh": (2.0, [SMALL], [uniform(0.99, 1)], [TO_1]),
    "acosh": (2.5, [uniform(1, 1.1)], [uniform(1, 100)], [sizes(0, 700, (1,))]),
    "sin": (1.5, [SMALL], [uniform(-10, 10)], [uniform(-1e5, 1e5)], [TO_1]), "cos": (1.5, [SMALL], [uniform(-10, 10)], [uniform(-1e5, 1e5)]),
    "tan": (2.6, [SMALL], [uniform(-10, 10)], [uniform(-1e5, 1e5)], [TO_1]), "atan": (1.5, [SMALL], [uniform(-5, 5)], [ANY]),
    "asin": (2.2, [SMALL], [uniform(0.99, 1)], [TO_1]), "acos": (1.9, [SMALL], [uniform(0.99, 1)], [uniform(-1, -0.99)]),
    "atan2": (1.6, [SMALL, SMALL], [ANY, ANY]), "hypot": (1.0, [SMALL, SMALL], [ANY, ANY]), "cbrt": (0.7, [SMALL], [ANY]),
    "pow": (1.2, [uniform(0, 3), uniform(-9, 9)], [POSITIVE, SMALL], [uniform(0.999, 1.001), uniform(-3e5, 3e5)]),
    "erf": (1.1, [SMALL], [uniform(-6, 6)], [TO_1]), "erfc": (3.9, [SMALL], [uniform(-6, 6)], [uniform(0, 26.5)]),
    "gelu": (4.0, [SMALL], [uniform(-37, 10)]), "gamma": (3.9, [uniform(0, 3)], [uniform(3, 171)], [sizes(-700, 0, (1,))]),
    "lgamma": (4.0, [uniform(0, 3)], [uniform(0.99, 1.01)], [uniform(3, 20)], [sizes(3, 300, (1,))]),
    "digamma": (3.9, [uniform(0, 3)], [uniform(1.46, 1.464)], [uniform(3, 9)], [sizes(3, 300, (1,))]),
    "div": (0.5, [ANY, ANY]), "mod": (0.0, [uniform(-99, 99), SMALL]), "fmod": (0.0, [uniform(-99, 99), SMALL]),
    "sigmoid": (4.0, [uniform(-40, 40)]), "softplus": (4.0, [uniform(-40, 40)]), "logcosh": (4.0, [uniform(-20, 20)]),
    "sinpi": (4.0, [uniform(-9, 9)]), "sech": (4.0, [uniform(-30, 30)]), "silu": (4.0, [uniform(-700, 40)]),
}  # fmt: skip
"""For each row the most units in the last place that it is wrong by, and where: numbers for each operand."""


def machine_of(name, relaxed, width, text=""):
    """One row as machine code, as it is in a program or in a derivative."""
    count = len(OPERATIONS[name].points[0])
    tape = lower(parse(text or ("", "abs(x)", "max(x, y)", "max(x, y, z)")[count]))
    tape = tape.copy(outputs=[tape.output], derived_from=tape.first_row if relaxed else None)
    return Machine(tape if text else tape.copy(operations=[name]), 0, frozenset(), width)


def computed(machine, points, width):
    if width == 1:
        entry = machine.entry(lambda *inputs: 1 / 0)
        return [entry(*point) for point in points]
    found = np.empty(len(points))
    machine.batch([np.array(column, dtype=np.float64) for column in zip(*points, strict=True)], [found])
    return found.tolist()


def same(found, want):
    """Within so many units in the last place; what is NaN, infinite or 0 is the same, with its sign."""
    if want != want or found != found:
        return want != want and found != found
    if math.isinf(want) or math.isinf(found) or found == want == 0:
        return found == want and math.copysign(1, found) == math.copysign(1, want)
    return abs(found - want) <= (ULPS + 1) * math.ulp(want)  # `math` is wrong by 1 at most


def check_edges(name, relaxed, width, text=""):
    row = OPERATIONS[name]
    count = 1 if text else len(row.points[0])
    points = [*(() if text else row.points), *product(FEW if count > 2 else EDGES, repeat=count)]
    points = [point for point in points if len(point) == count]
    tape = (machine := machine_of(name, relaxed, width, text)).tape
    function = FLOAT.row_functions(tape)[0]
    places = [operand if operand >= 0 else tape.constants[-1 - operand] for operand in tape.operands[0]]
    for point, found in zip(points, computed(machine, points, width), strict=True):
        want = function(*[point[place] if isinstance(place, int) else place for place in places])
        assert same(found, want), (name, point, found, want)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("relaxed", [False, True], ids=["program", "derivative"])
@pytest.mark.parametrize("name", NAMES)
def test_a_row_is_what_it_is_in_floats_at_its_points_and_edges(name, relaxed, width):
    check_edges(name, relaxed, width)


POWERS = (1.0, 2.0, 3.0, -1.0, -2.0, -3.0, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 4.0, 0.0, 1 / 3, -7.0, 1e300)


@pytest.mark.parametrize("relaxed", [False, True], ids=["program", "derivative"])
@pytest.mark.parametrize("exponent", POWERS)
def test_a_power_whose_exponent_is_known(exponent, relaxed):
    tape = lower(parse("x^y"))
    tape = tape.copy(constants=[exponent], inputs=tape.inputs[:1], operands=[(0, -1)], outputs=[1], output=1)
    tape = tape.copy(derived_from=1 if relaxed else None)
    points = [(x,) for x in EDGES]
    function = FLOAT.row_functions(tape)[0]
    for (x,), found in zip(points, computed(Machine(tape, 0, frozenset(), WIDTHS[-1]), points, WIDTHS[-1]), strict=True):
        assert same(found, function(x, exponent)), (x, exponent, found)


@pytest.mark.parametrize("order", [0, 1, 2, 3, 4, 5, 6, 12, 168])
def test_a_polygamma_whose_order_is_known(order):
    machine = Machine(lower(parse(f"polygamma({order}, x)")), 0, frozenset(), WIDTHS[-1])
    points = [(x,) for x in (1e-3, 0.3, 1.0, 2.5, 9.5, 30.0, 1e5, -0.5, -7.3, 0.0, -3.0, math.nan, math.inf)]
    for (x,), found in zip(points, computed(machine, points, WIDTHS[-1]), strict=True):
        want = FLOAT.value("polygamma")(float(order), x)
        assert found == want or (found != found and want != want) or ulps(found, value("polygamma", (order, x))) <= ULPS, (
            x,
            found,
            want,
        )


def worst_of(name, machine, width, count=MANY):
    """The largest error of a row in units in the last place, and where."""
    source = random.Random(name)
    points = [tuple(draw(source) for draw in draws) for draws in WORST[name][1:] for _ in range(count)]
    return max(
        (ulps(found, value(name, point)), point) for point, found in zip(points, computed(machine, points, width), strict=True)
    )


@pytest.mark.parametrize("name", WORST)
def test_a_row_is_wrong_by_so_many_units_at_most(name):
    error, point = worst_of(name, machine_of(name, False, WIDTHS[-1]), WIDTHS[-1])
    assert error <= WORST[name][0], (error, point)


@pytest.mark.parametrize("name", ["gamma", "lgamma", "digamma"])
def test_left_of_0_a_row_has_the_digits_that_it_has_in_arrays(name):
    source = random.Random(name)
    points = [(source.uniform(-20, 0),) for _ in range(MANY)]
    for point, found in zip(points, computed(machine_of(name, False, WIDTHS[-1]), points, WIDTHS[-1]), strict=True):
        assert ulps(found, value(name, point)) <= ULPS + 1, point


@pytest.mark.parametrize("name", ["sin", "tan", "exp", "log1p", "pow", "cbrt", "erfc", "gelu", "gamma", "fmod", "floor_divide"])
def test_a_row_without_the_instructions_of_avx512(name, monkeypatch):
    monkeypatch.setattr(llvmlite.binding, "get_host_cpu_features", dict)
    check_edges(name, False, WIDTHS[-1])
    if name in WORST:
        machine = machine_of(name, False, WIDTHS[-1])
        error, point = worst_of(name, machine, WIDTHS[-1], 40)
        assert error <= 5, (error, point)


LARGE = [
    ("sin", (1e22,)), ("cos", (2.0**1000,)), ("tan", (3e9,)), ("fmod", (1e300, 7.0)), ("mod", (-1e300, 7.0)),
    ("floor_divide", (1e300, 7e-5)), ("lgamma", (-2.4570247382208006,)), ("digamma", (-0.504083008264455,)), ("gamma", (-175.5,)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "point"), LARGE)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_point_that_vectors_cannot_work_out_is_what_it_is_in_floats(name, point, width):
    points = [point, *OPERATIONS[name].points, point]
    found = computed(machine_of(name, False, width), points, width)
    assert found[0] == found[-1] == FLOAT.value(name)(*point)


LOGIC = [
    ("where(x > y, 1, 2)", (2, 2, math.nan)), ("where(not (x > y), 1, 2)", (1, 1, math.nan)),
    ("where(x > y or x == x, 1, 2)", (1, 1, math.nan)), ("where(x > y or 2 > 1, 1, 2)", (1, 1, 1)),
    ("where(x > y and 1 > 2, 1, 2)", (2, 2, 2)), ("where(x > y and x == x, 1, 2)", (2, 2, math.nan)),
    ("(x > y) + 1", (1, 1, math.nan)), ("(x <= y) == (y >= x)", (1, 1, math.nan)), ("(x != y) * 2", (2, 0, math.nan)),
    ("not x", (0, 0, math.nan)), ("x and y", (1, 1, math.nan)), ("x or 0*y", (1, 1, math.nan)), ("where(x, 1, 2)", (1, 1, math.nan)),
]  # fmt: skip
"""At x = 1, y = 2, at x = y = 2, and at x = NaN."""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("text", "wanted"), LOGIC)
def test_a_condition_in_a_program_is_undefined_where_an_operand_is(text, wanted, width):
    points = [(1.0, 2.0)[: len(lower(parse(text)).inputs)], (2.0, 2.0), (math.nan, 2.0)]
    tape = lower(parse(text))
    points = [point[: tape.first_row] for point in points]
    found = computed(Machine(tape, 0, frozenset(), width), points, width)
    assert all(map(same, found, wanted)), found
