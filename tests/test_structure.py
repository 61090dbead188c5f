"""Structure of matrices: what depends on what, and which columns one sweep can find together."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inside import MOST_PICTURE_ROWS as MOST_ROWS
from inside import (
    ModeCost,
    Pattern,
    Style,
    SweepCount,
    System,
    colour_columns,
    colour_symmetric,
    flow_of,
    pattern_figure,
    recovery_table,
    seeded,
    sets_backward,
    sets_forward,
    sweep_text,
)
from inside import pattern_picture as picture
from jacobian_programs import SYSTEMS

import diffcli

# -- what depends on what --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize(
    ("text", "v", "apart"),
    [
        ("sum(relu(v))", [-1.0, -2.0], True), ("sum(relu(v))", [-1.0, 2.0], False), ("sum(where(v > 0, v, 1)*u)", [-1.0, -2.0], True),
        ("sum(v*u)*0", [1.0, 2.0], False), ("sum(abs(v))*sum(u)*0 + sum(v*v)", [0.0, 0.0], False),
        ("sum(floor(v)*u)", [1.5, 2.5], True), ("sum(relu(v))", -1.0, True), ("sum(clip(v*u, -1, 1))", 5.0, True), ("sum(v*u)*0", 5.0, False),
    ],
)  # fmt: skip
def test_an_array_on_none_of_whose_elements_the_result_depends_is_told(text, v, apart, mode):
    at = {"v": v, "u": [1.0, 3.0]} if "u" in diffcli.parse(text).inputs else {"v": v}
    told = ["no-dependence"] if apart else []
    for found in (diffcli.grad(text, at, mode=mode), diffcli.trace(text, at, mode=mode)):
        assert [note.message for note in found.notes if note.code == "no-dependence" and "`u`" not in note.message] == [
            "the result does not depend on `v` here, so the derivative is 0" for _ in told
        ]


@pytest.mark.parametrize(
    ("text", "at", "rows"),
    [
        ("[x, y]", "x=1,y=2", ((0,), (1,))),
        ("[x*y, x, 3]", "x=1,y=2", ((0, 1), (0,), ())),
        ("[0*x, x - x, x^0]", "x=1", ((0,), (0,), (0,))),  # numbers that happen to be 0
        ("[floor(x), sign(x), x > 0, stop_gradient(x)]", "x=1.5", ((), (), (), ())),
        ("[where(x > 0, y, x), where(x < 0, y, x)]", "x=1,y=2", ((1,), (0,))),
        ("[x if y > x else y*z]", "x=1,y=2,z=3", ((0,),)),
        ("[max(x, y), min(x, y)]", "x=1,y=2", ((1,), (0,))),
        ("[copysign(x, y), round(x)*y]", "x=1,y=2", ((0,), (1,))),
        ("f(a, b) = a*b; [f(x, y), f(y, 2), f(1, 2)]", "x=1,y=2", ((0, 1), (1,), ())),
        ("u = x*y; v = u + z; [u, u, v]", "x=1,y=2,z=3", ((0, 1), (0, 1), (0, 1, 2))),
        ("[pi*x, e, tau*y]", "x=1,y=2", ((0,), (), (1,))),
        ("x^2 + y", "x=1,y=2", ((0, 1),)),
    ],
)  # fmt: skip
def test_what_a_result_depends_on(text, at, rows):
    found = diffcli.jacobian(text, at)
    assert found.pattern.rows == rows
    system = System(text, at)
    flow = flow_of(system.tape, system.values)
    inputs, outputs = range(len(system.at)), [output.slot for output in system.outputs]
    forward = sets_forward(system.tape, flow, seeded(system.tape, inputs), outputs)
    reached = sets_backward(system.tape, flow, seeded(system.tape, outputs), inputs)
    for (row, slot), column in itertools.product(enumerate(outputs), inputs):
        expected = column in rows[row]
        assert bool(forward[slot] >> column & 1) == bool(reached[column] >> row & 1) == expected


@pytest.mark.parametrize("name", [name for name, system in SYSTEMS.items() if len(system.at) <= 300])
def test_no_entry_outside_the_structure_differs_from_0(name):
    system = SYSTEMS[name]
    found = diffcli.jacobian(system.text, system.at)
    plain = [diffcli.jvp(system.text, system.at, {column: 1.0}).product for column in found.columns[:20]]
    for column, product in enumerate(plain):
        for row, entry in zip(found.pattern.rows, product.values(), strict=True):
            assert entry == 0 or column in row


def test_variables_left_out_by_wrt_are_no_columns():
    found = diffcli.jacobian("[x*y, y*z]", "x=1,y=2,z=3", wrt="z, x")
    assert (found.columns, found.pattern.rows, found.matrix) == (("z", "x"), ((1,), (0,)), ((0.0, 2.0), (2.0, 0.0)))


def test_sets_longer_than_a_machine_word():
    n = 200
    text = f"[{', '.join(f'x{k}*x{(k + 77) % n}' for k in range(n))}]"
    found = diffcli.jacobian(text, {f"x{k}": 1.0 + k for k in range(n)})
    names = {name: column for column, name in enumerate(found.columns)}
    expected = tuple(tuple(sorted((names[f"x{k}"], names[f"x{(k + 77) % n}"]))) for k in range(n))
    assert found.pattern.rows == expected
    assert len(found.groups) == 3 or len(found.groups) == 2


def test_the_hessian_of_a_sum_of_parts_is_as_sparse_as_they_are():
    found = diffcli.hessian("a*b + sin(c) + 3*d + e1^2*a", "a=1,b=2,c=3,d=4,e1=5")
    names = found.columns
    pairs = {(names[row], names[column]) for row, columns in enumerate(found.pattern.rows) for column in columns}
    assert pairs == {("a", "b"), ("b", "a"), ("c", "c"), ("e1", "e1"), ("e1", "a"), ("a", "e1")}


# -- colours ---------------------------------------------------------------------------------------------------------------------


@st.composite
def patterns(draw, square=False):
    columns = draw(st.integers(1, 9))
    height = columns if square else draw(st.integers(1, 9))
    cells = [[draw(st.booleans()) for _ in range(columns)] for _ in range(height)]
    if square:
        diagonal = draw(st.booleans())
        cells = [[(i != j or diagonal) and cells[max(i, j)][min(i, j)] for j in range(columns)] for i in range(columns)]
    return Pattern(columns, tuple(tuple(j for j, there in enumerate(row) if there) for row in cells))


@given(patterns())
def test_columns_of_one_colour_share_no_row(pattern):
    groups = colour_columns(pattern)
    assert sorted(column for group in groups for column in group) == sorted({column for row in pattern.rows for column in row})
    for group, row in itertools.product(groups, pattern.rows):
        assert len(set(group) & set(row)) <= 1
    assert pattern.transposed().transposed() == pattern


@given(patterns(square=True))
def test_every_entry_of_a_symmetric_matrix_is_told_from_the_sums_of_its_colours(pattern):
    groups = colour_symmetric(pattern)
    entries = {(i, j): float(1 << min(i, j)) + max(i, j) / 7 for i, row in enumerate(pattern.rows) for j in row}
    sums = [[sum(entries.get((i, j), 0.0) for j in group) for i in range(pattern.columns)] for group in groups]
    known = recovery_table(pattern, groups)
    alone = {(i, j): place for i, row in enumerate(pattern.rows) for j, place in zip(row, known[i], strict=True)}
    for (i, j), entry in entries.items():
        assert alone[i, j] >= 0 or alone[j, i] >= 0, "neither of the two places stands alone"
        if alone[i, j] >= 0:
            assert sums[alone[i, j]][i] == entry


@pytest.mark.parametrize(("name", "colours"), [("tridiagonal, a hundred", 3), ("arrow, two hundred", 2), ("rosenbrock, a thousand", 3)])
def test_colours_of_known_structures(name, colours):
    system = SYSTEMS[name]
    if system.scalar:
        assert len(diffcli.jacobian(system.text, system.at).groups) == colours
    else:
        assert len(diffcli.hessian(system.text, system.at).groups) == colours


def test_a_dense_matrix_has_a_colour_for_each_column():
    pattern = Pattern(5, (tuple(range(5)),) * 5)
    assert len(colour_columns(pattern)) == len(colour_symmetric(pattern)) == 5
    assert colour_columns(Pattern(3, ((), ()))) == colour_symmetric(Pattern(2, ((), ()))) == ()


# -- counts ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at", "function", "forward", "reverse"),
    [
        ("[x*y, sin(x), exp(y)]", "x=2,y=3", 3, (2, 5), (2, 5)),  # x: y', cos, *; y: x', *y
        ("x*y*z", "x=1,y=2,z=3", 2, (3, 5), (1, 4)),  # z': y*z, x*z each through xy; z: xy
        ("[x, x^2, x^3]", "x=2", 2, (1, 5), (3, 5)),  # 2*x, 3*x^2, each times the tangent
        ("[x + y, x - y]", "x=1,y=2", 2, (2, 1), (2, 1)),  # sums are free but for the sign
        ("[1, 2]", "x=1", 0, (0, 0), (0, 0)),
    ],
)  # fmt: skip
def test_operations_are_those_of_the_sweeps(text, at, function, forward, reverse):
    at = {} if "x" not in text else at
    count = diffcli.jacobian(text, at).sweeps
    assert (count.function, tuple(count.forward), tuple(count.reverse)) == (function, forward, reverse)


@pytest.mark.parametrize("name", [name for name, system in SYSTEMS.items() if len(system.at) <= 16])
def test_the_count_is_that_of_sweeps_counted_one_by_one(name):
    """Here a sweep is counted by going through it, step by step."""
    from inside import accumulate, count_sweeps, formula_of, forward_cost, reverse_cost, tangents, terms

    system = System(SYSTEMS[name].text, SYSTEMS[name].at)
    tape = system.tape

    def taken(slot, position, joins):
        formula = formula_of(system, slot, position, terms(tape.operation(slot), len(tape.operands_of(slot)))[position])
        return formula.cost + (joins and not formula.negative)

    def forward(sweep):
        for slot in tape.rows():
            moving = [position for position, operand in enumerate(tape.operands_of(slot)) if sweep[operand] is not None]
            passing = [position for position in moving if position in flow[slot - tape.first_row]]
            yield sum(taken(slot, position, position != passing[0]) for position in passing)

    flow = flow_of(system.tape, system.values)
    inputs, outputs = list(range(len(system.at))), [output.slot for output in system.outputs]
    alone = [tuple((place,) for place in range(len(slots))) for slots in (inputs, outputs)]
    count = count_sweeps(system, flow, inputs, outputs, *alone)
    sweeps = [tangents(system.tape, system.values, [float(place == slot) for place in inputs]) for slot in inputs]
    costs = [sum(forward(sweep)) for sweep in sweeps]
    together = forward_cost(system, [(slot,) for slot in inputs])
    assert count.forward.operations == together.sweep == sum(costs)
    assert [forward_cost(system, [(slot,)]).sweep for slot in inputs] == costs
    steps = [accumulate(system.tape, system.values, system.active, {slot: 1.0})[1] for slot in outputs]
    costs = [sum(taken(step.source, step.position, not step.first) for step in each) for each in steps]
    assert count.reverse.operations == sum(costs)
    assert [reverse_cost(system.view(output)).sweep for output in system.outputs] == costs
    assert count.function == together.function


def test_of_two_modes_alike_the_one_with_fewer_sweeps_is_taken():
    assert SweepCount(3, 1, 5, ModeCost(3, 9), ModeCost(1, 9)).cheaper == "reverse"
    assert SweepCount(2, 2, 5, ModeCost(2, 9), ModeCost(2, 9)).cheaper == "forward"
    assert sweep_text(SweepCount(1, 1, 0, ModeCost(1, 0), ModeCost(1, 0))).startswith("n = 1 input, m = 1 output: 1 forward sweep,")


# -- pictures --------------------------------------------------------------------------------------------------------------------


def test_a_picture_has_a_sign_for_each_entry():
    pattern = Pattern(3, ((0, 2), (), (1,)))
    assert picture(pattern, ["u", "v", "long_name_here"], ["x", "y", "z"], Style()) == (
        "              x y z\nu             ■ · ■\nv             · · ·\nlong_name_h~  · ■ ·"
    )
    assert picture(pattern, ["u"] * 3, ["wide"] * 3, Style(width=12, unicode=False)) == "u  x . x\nu  . . .\nu  . x ."


@pytest.mark.parametrize("width", [20, 47, 80, 200])
@pytest.mark.parametrize("size", [MOST_ROWS + 1, 97, 1000])
def test_a_large_picture_fits_and_loses_no_entry(width, size):
    pattern = Pattern(size, tuple((row,) for row in range(size)))
    lines = picture(pattern, ["r"] * size, ["c"] * size, Style(width=width)).split("\n")
    assert len(lines) <= MOST_ROWS and all(len(line) <= width for line in lines)
    assert all(set(line) - {"·"} for line in lines), "each block of rows has an entry"
    full = Pattern(size, (tuple(range(size)),) * size)
    assert set(picture(full, ["r"] * size, ["c"] * size, Style(width=width, unicode=False))) <= {"#", "\n"}


def test_a_figure_of_many_entries_has_fewer_markers():
    size = 300
    figure = pattern_figure(Pattern(size, (tuple(range(size)),) * size))
    assert len(figure.series[0].points) <= 128 * 128
    assert "3 × 3 entries" in figure.series[0].note
