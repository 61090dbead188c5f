"""The tape, held against the trees that it comes from: its rows, its branches, its calls, its values and its sweeps."""

from __future__ import annotations

import math

import pytest
import tiers
from hypothesis import given
from inside import (
    OPERATIONS,
    LimitError,
    Skip,
    Source,
    Span,
    Tape,
    accumulate,
    activity,
    adjoints,
    evaluate,
    lower,
    parse,
    tangents,
)
from programs import SMOOTH, VARIABLES, given_point, meaning, plainly, points, programs

often = tiers.often(500)


def rows(text, **options):
    """The rows of a program as ``operation operand operand``; inputs by name, rows as v1, v2, ..., constants as numbers."""
    tape = lower(parse(text), **options)

    def operand(slot):
        if slot < 0:
            return tape.constant_names.get(slot) or f"{tape.constants[-1 - slot]:g}"
        return tape.inputs[slot] if slot < tape.first_row else f"v{slot - tape.first_row + 1}"

    lines = [" ".join((name, *map(operand, row))) for name, row in zip(tape.operations, tape.operands, strict=True)]
    return "; ".join(lines), operand(tape.output if tape.output < tape.slots else tape.output - tape.size)


def value(text, _share=False, **point):
    tape = lower(parse(text), given=point, share=_share)
    return evaluate(tape, [point[name] for name in tape.inputs])[tape.output]


def same(one, two):
    """Equal, and NaN equals NaN."""
    return one == two or (one != one and two != two)


ROWS = {
    # text: the rows, and where the result is
    "ln(x1) + x1*x2 - sin(x2)": ("log x1; mul x1 x2; sin x2; add v1 v2; sub v4 v3", "v5"),
    "a*b + c*d": ("mul a b; mul c d; add v1 v2", "v3"),
    "(a + b) + c*d": ("add a b; mul c d; add v1 v2", "v3"),
    "a + b + c*d": ("mul c d; add a b; add v2 v1", "v3"),
    "a^b^c": ("pow b c; pow a v1", "v2"),
    "x": ("", "x"),
    "2": ("", "2"),
    "pi": ("", "pi"),
    "y = 2; y": ("", "2"),
    "y = x; y": ("", "x"),
    "2*x + 2": ("mul 2 x; add v1 2", "v2"),
    "-x": ("neg x", "v1"),
    # a negative number is a constant; a negated constant with a name is a row
    "-2*x": ("mul -2 x", "v1"),
    "x^-1": ("pow x -1", "v1"),
    "--2*x": ("mul 2 x", "v1"),
    "-pi*x": ("neg pi; mul v1 x", "v2"),
    "(-2)^2": ("pow -2 2", "v1"),
    "-2^2": ("pow 2 2; neg v1", "v2"),
    # what is left out stands on the row
    "leaky_relu(x)": ("leaky_relu x 0.01", "v1"),
    "elu(x) + elu(x, 2)": ("elu x 1; elu x 2; add v1 v2", "v3"),
    "max(x, 1, y)": ("max x 1 y", "v1"),
    # statements
    "u = x*y; v = sin(u); u + v": ("mul x y; sin v1; add v1 v2", "v3"),
    "x*y; sin(x)": ("mul x y; sin x", "v2"),
    # choices: the condition first, then what is taken if it holds, then the other
    "sin(x) if x > 0 else cos(x)": ("gt x 0; sin x; cos x; where v1 v2 v3", "v4"),
    "where(x > 0, sin(x), cos(x))": ("gt x 0; sin x; cos x; where v1 v2 v3", "v4"),
    "2*(x if c else y) + 1": ("where c x y; mul 2 v1; add v2 1", "v3"),
    # a chain puts its operands first, a choice among them too
    "x*y + where(c, sin(x), y)": ("mul x y; sin x; where c v2 y; add v1 v3", "v4"),
    # functions are written out
    "f(u, v) = u*v; f(x, 2) + f(y, x)": ("mul x 2; mul y x; add v1 v2", "v3"),
    "f(u) = u^2; f(f(x + 1))": ("add x 1; pow v1 2; pow v2 2", "v3"),
    "f() = sin(x); f()*f()": ("sin x; sin x; mul v1 v2", "v3"),
    "f(x) = x; f(y)": ("", "y"),
    "f(x) = 2; f(y)": ("", "2"),
    "f(u) = u if u > 0 else -u; f(x)": ("gt x 0; neg x; where v1 x v2", "v3"),
    "k = x^2; f(u) = k*u; f(y)": ("pow x 2; mul v1 y", "v2"),
}


@pytest.mark.parametrize("text", ROWS)
def test_rows_in_the_order_of_the_computation(text):
    assert rows(text) == ROWS[text]


SHARED = {
    "sin(x) + sin(x)": ("sin x; add v1 v1", "v2"),
    "sin(x) + cos(x) + sin(x)": ("sin x; cos x; add v1 v2; add v3 v1", "v4"),
    "x*y + y*x": ("mul x y; mul y x; add v1 v2", "v3"),
    "elu(x) + elu(x, 1)": ("elu x 1; add v1 v1", "v2"),
    "u = x*y; x*y - u": ("mul x y; sub v1 v1", "v2"),
    "f(u) = sin(u); f(x)*f(x)": ("sin x; mul v1 v1", "v2"),
    # a row of a branch is evaluated only there
    "where(x > 0, sin(x), 0) + sin(x)": ("gt x 0; sin x; where v1 v2 0; sin x; add v3 v4", "v5"),
    "where(x > 0, sin(x), -sin(x))": ("gt x 0; sin x; sin x; neg v3; where v1 v2 v4", "v5"),
    # but a row outside may be used in every branch below it, and twice in one branch
    "sin(x) + where(x > 0, sin(x), 0)": ("sin x; gt x 0; where v2 v1 0; add v1 v3", "v4"),
    "where(x > 0, where(y > 0, sin(x)*sin(x), sin(x)), 0)": (
        "gt x 0; gt y 0; sin x; mul v3 v3; sin x; where v2 v4 v5; where v1 v6 0", "v7"),
    "where(x > 0, sin(x) + where(y > 0, sin(x), 0), 0)": (
        "gt x 0; sin x; gt y 0; where v3 v2 0; add v2 v4; where v1 v5 0", "v6"),
    # the same condition is one row
    "where(x > 0, y, 0) + where(x > 0, y, 0)": ("gt x 0; where v1 y 0; add v2 v2", "v3"),
}  # fmt: skip


@pytest.mark.parametrize("text", SHARED)
def test_repeated_rows_are_merged_where_that_is_safe(text):
    assert rows(text, share=True) == SHARED[text]


def test_rows_stand_where_their_text_does():
    text = "u = ln(x1) + 2*x1; f(a) = a^2 ; f(u) if (u > 0) else -u"
    tape = lower(parse(text))
    shown = [f"{tape.operation(slot)}: {text[slice(*tape.span(slot))]}" for slot in tape.rows()]
    assert shown == [
        "log: ln(x1)", "mul: 2*x1", "add: ln(x1) + 2*x1", "gt: (u > 0)", "pow: a^2", "neg: -u",
        "where: f(u) if (u > 0) else -u",
    ]  # fmt: skip
    assert [tape.operands_of(slot) for slot in range(3)] == [(), (0,), (-1, 0)]
    assert (tape.index(0), tape.index(1), tape.index(tape.output)) == (0, 1, 7)


def test_constants_stand_once_and_at_the_end():
    tape = lower(parse("2*x + 2.0 + pi + 3*pi + -2"))
    assert tape.constants == [math.pi, 2.0, 3.0, -2.0]
    assert tape.constant_names == {-1: "pi"}
    values = evaluate(tape, [5.0])
    assert [values[slot] for slot in (-1, -2, -3, -4)] == tape.constants
    assert len(values) == tape.size


def test_zero_and_minus_zero_are_two_constants():
    assert math.copysign(1, value("-0*x", x=1.0)) == -1
    assert value("atan2(0, -x) + -0", x=1.0) == math.pi
    assert value("-0 + atan2(0, -x)", x=1.0) == math.pi
    assert value("atan2(-0, -x) + 0", x=1.0) == -math.pi


def test_what_a_program_binds_is_found_on_the_tape():
    tape = lower(parse("a = x; b = 2; c = a*b; d = where(c > 1, c^2, c); d + 1"))
    values = evaluate(tape, [3.0])
    assert {name: values[slot] for name, slot in tape.bindings.items()} == {"a": 3.0, "b": 2.0, "c": 6.0, "d": 36.0}


def test_a_constant_that_is_given_is_an_input():
    tape = lower(parse("pi*x + e"), given=["x", "pi"])
    assert (tape.inputs, tape.constants) == (["pi", "x"], [math.e])


# -- choices -------------------------------------------------------------------------------------------------------------

TAKEN = {
    # text: at x: the rows that are evaluated
    "where(x > 0, log(x), -x)": {1.0: "gt log where", -1.0: "gt neg where"},
    "log(x) if x > 0 else -x": {1.0: "gt log where", -1.0: "gt neg where"},
    "1 + 2*where(x > 0, log(x), -x)": {1.0: "gt log where mul add", -1.0: "gt neg where mul add"},
    "where(where(x > 0, x > 1, x < -1), sin(x), cos(x))": {
        2.0: "gt gt where sin where", 0.5: "gt gt where cos where", -2.0: "gt lt where sin where", -0.5: "gt lt where cos where"},
    "where(x > 0, where(x > 1, sin(x), cos(x)), exp(x))": {
        2.0: "gt gt sin where where", 0.5: "gt gt cos where where", -1.0: "gt exp where"},
    "sin(x) if x > 0 else cos(x) if x < -1 else exp(x)": {
        1.0: "gt sin where", -2.0: "gt lt cos where where", -0.5: "gt lt exp where where"},
    "where(x > 0, sin(x), 0) + where(x > 0, 0, cos(x))": {1.0: "gt sin where gt where add", -1.0: "gt where gt cos where add"},
    "max(where(x > 0, sin(x), 1), where(x < 0, cos(x), 2))": {1.0: "gt sin where lt where max", -1.0: "gt where lt cos where max"},
    "f(u) = sin(u) if u > 0 else cos(u); f(x) + f(-x)": {
        1.0: "gt sin where neg gt cos where add", -1.0: "gt cos where neg gt sin where add"},
    "f(u) = sin(u); g(u) = f(u) if u > 0 else f(f(u)); g(x)": {1.0: "gt sin where", -1.0: "gt sin sin where"},
    "g(u) = where(u > 0, exp(u), 0); where(x > 1, g(x), g(-x))": {
        2.0: "gt gt exp where where", 0.5: "gt neg gt where where", -1.0: "gt neg gt exp where where"},
    "where(x, sin(x), cos(x))": {1.0: "sin where", 0.0: "cos where"},
    "where(1, sin(x), cos(x))": {1.0: "sin where"},
    "where(x > 0 and x < 2, sin(x), cos(x))": {1.0: "gt lt and sin where", 3.0: "gt lt and cos where"},
    "y = where(x > 0, sin(x), 0); z = exp(x); y*z": {1.0: "gt sin where exp mul", -1.0: "gt where exp mul"},
}  # fmt: skip


@pytest.mark.parametrize(("text", "x"), [(text, x) for text, at in TAKEN.items() for x in at])
@pytest.mark.parametrize("share", [False, True], ids=["as-written", "shared"])
def test_only_the_branch_that_is_taken_is_evaluated(text, x, share):
    tape = lower(parse(text), share=share)
    values = evaluate(tape, [x])
    evaluated = [tape.operation(slot) for slot in tape.rows() if values[slot] is not None]
    if not share:
        assert " ".join(evaluated) == TAKEN[text][x]
    assert values[tape.output] is not None
    assert same(values[tape.output], value(text, x=x))


def test_the_ranges_to_skip_are_nested_and_in_order():
    tape = lower(parse("where(a, where(b, sin(x), cos(x)), where(c, x, exp(x)))"))
    # slots: a b x c, sin cos where exp where where
    assert tape.inputs == ["a", "b", "x", "c"]
    assert tape.skips == [
        Skip(4, 7, 0, True),
        Skip(4, 5, 1, True),
        Skip(5, 6, 1, False),
        Skip(7, 9, 0, False),
        Skip(7, 8, 3, False),
    ]


# -- functions -----------------------------------------------------------------------------------------------------------

CALLS = {
    # text at x = 3: value
    "f(u) = u + 1; f(f(f(x)))": 6,
    "f(u, v) = u - v; f(f(x, 1), f(1, x))": 4,
    "f(u) = 2*u; g(u) = f(u) + f(u + 1); g(x)": 14,
    "f(x) = x^2; f(2) + x": 7,
    "f(x) = x^2; g(x) = f(x + 1) + x; g(x*2) + x": 58,
    "f(u) = u*x; f(2)": 6,
    # a body sees its own parameters and the program's names, never those of its caller
    "a = 10; f(u) = u + a; g(a) = f(a); g(1)": 11,
    "a = 10; f(u) = u + a; g(a) = f(a) + a; g(1) + a": 22,
    "f(u) = u + x; g(x) = f(1) + x; g(100)": 104,
    "a = 10; f(a) = a; g(b) = f(b) + a; g(1)": 11,
    "f(a, b) = a - b; g(b, a) = f(b, a); g(5, 1)": 4,
    "f(a) = a + 1; g(a) = f(2*a) + a; h(a) = g(a - 1) + f(a) + a; h(x)": 14,
    "pi = 4; f(e) = e + pi; f(1)": 5,
    "f(pi) = pi; f(2) + f(x)": 5,
    "f() = x; g(x) = f(); g(7)": 3,
    "f(u) = where(u > 0, u, -u); g(u) = f(u) + f(-u); g(x)": 6,
}


@pytest.mark.parametrize("text", CALLS)
@pytest.mark.parametrize("share", [False, True], ids=["as-written", "shared"])
def test_functions_of_the_program(text, share):
    assert value(text, share, x=3.0) == CALLS[text]


# -- limits --------------------------------------------------------------------------------------------------------------


def doubling(body, count=40):
    lines = ["f1(x) = " + body.replace("f0(x)", "x")]
    lines += [f"f{index}(x) = " + body.replace("f0", f"f{index - 1}") for index in range(2, count + 1)]
    return "\n".join([*lines, f"f{count}(x)"])


EXPLOSIONS = ["f0(x) + f0(x)", "f0(x)*f0(x) + 1", "where(x > 0, f0(x), -f0(x))", "where(f0(x), f0(x), x)"]


@pytest.mark.parametrize("body", EXPLOSIONS)
@pytest.mark.parametrize("share", [False, True], ids=["as-written", "shared"])
def test_functions_that_explode_are_stopped(body, share):
    program = parse(doubling(body))
    with pytest.raises(LimitError) as caught:
        lower(program, share=share, most_rows=20_000)
    (found,) = caught.value.diagnostics
    assert found.code == "too-many-nodes"
    assert found.message == "the program has more than 20000 nodes, with its functions written out"
    assert found.help == ("raise the limit with --max-nodes N, if memory allows",)


def test_calls_that_make_no_rows_are_counted_too():
    lines = ["f1(x) = x", *(f"f{index}(x) = f{index - 1}(f{index - 1}(x))" for index in range(2, 41)), "f40(x)"]
    with pytest.raises(LimitError):
        lower(parse("\n".join(lines)), most_rows=20_000)


@pytest.mark.parametrize(
    ("text", "nodes"),
    [("x", 1), ("x + x + x", 5), ("sin(x)", 2), ("f(u) = u + 1; f(x)*f(2)", 11), ("where(x, x + 1, 2)", 6), ("f(u) = u; 3", 1)],
)
def test_the_limit_counts_nodes(text, nodes):
    program = parse(text)
    tape = lower(program, most_rows=nodes)
    assert len(tape.operations) <= nodes
    with pytest.raises(LimitError, match=f"the program has more than {nodes - 1} nodes?"):
        lower(program, most_rows=nodes - 1)


# -- properties ----------------------------------------------------------------------------------------------------------


@often
@given(programs(), points)
def test_values_are_those_of_plain_recursion(statements, point):
    program = parse(plainly(statements))
    tape = lower(program)
    at = given_point(program, point)
    expected = meaning(statements, at)
    assert same(evaluate(tape, list(at.values()))[tape.output], expected)
    # a constant that the point gives
    tape = lower(program, given=["e"])
    at = {name: point.get(name, 2.5) for name in tape.inputs}
    assert same(evaluate(tape, list(at.values()))[tape.output], meaning(statements, at))


@often
@given(programs(), points)
def test_shared_rows_change_no_value(statements, point):
    program = parse(plainly(statements))
    plain, shared = lower(program), lower(program, share=True)
    at = list(given_point(program, point).values())
    assert len(shared.operations) <= len(plain.operations)
    values = evaluate(shared, at)
    assert same(values[shared.output], evaluate(plain, at)[plain.output])
    for name, slot in shared.bindings.items():
        assert same(values[slot], evaluate(plain, at)[plain.bindings[name]])


@often
@given(programs())
def test_a_tape_is_in_order(statements):
    program = parse(plainly(statements))
    for share in (False, True):
        tape = lower(program, share=share)
        assert len(tape.operations) == len(tape.operands) == len(tape.starts) == len(tape.stops)
        for slot in tape.rows():
            row = OPERATIONS[tape.operation(slot)]
            assert all(-len(tape.constants) <= operand < slot for operand in tape.operands_of(slot))
            assert row.variadic or len(tape.operands_of(slot)) == len(row.operands)
            start, stop = tape.span(slot)
            assert 0 <= start < stop <= len(tape.source.text)
        assert tape.skips == sorted(tape.skips, key=lambda skip: (skip.start, -skip.stop))
        for skip in tape.skips:
            assert skip.condition < skip.start < skip.stop <= tape.slots
            for other in tape.skips:  # apart, or one inside the other
                assert other.stop <= skip.start or skip.stop <= other.start or (
                    (skip.start <= other.start and other.stop <= skip.stop)
                    or (other.start <= skip.start and skip.stop <= other.stop)
                )  # fmt: skip


def gradients(text, point, share):
    """The gradient by both reverse sweeps and by forward ones, and everything they computed."""
    program = parse(text)
    tape = lower(program, share=share)
    at = given_point(program, point)
    values = evaluate(tape, list(at.values()))
    active = activity(tape)
    quick = adjoints(tape, values, active)
    slow, steps = accumulate(tape, values, active)
    ahead = []
    for index in range(len(tape.inputs)):
        sweep = tangents(tape, values, [1.0 if index == other else None for other in range(len(tape.inputs))])
        ahead.append(sweep[tape.output])
    return tape, quick, slow, steps, ahead


@often
@given(programs(), points)
def test_the_two_reverse_sweeps_agree_to_the_last_bit(statements, point):
    tape, quick, slow, steps, _ = gradients(plainly(statements), point, False)
    assert len(quick) == len(slow) == tape.size
    assert all(same(one, two) for one, two in zip(quick, slow, strict=True))
    for step in steps:
        assert tape.operands_of(step.source)[step.position] == step.target


def close(one, two):
    if one is None or two is None or not (math.isfinite(one) and math.isfinite(two)):
        return True  # where infinities arise, the sweeps meet them in another order
    return math.isclose(one, two, rel_tol=1e-8, abs_tol=1e-8)


@often
@given(programs(rows=SMOOTH, depth=4), points)
def test_forward_and_reverse_sweeps_agree(statements, point):
    for share in (False, True):
        tape, quick, _, _, ahead = gradients(plainly(statements), point, share)
        largest = max((abs(one) for one in quick if one is not None and math.isfinite(one)), default=0.0)
        if largest > 1e6:
            continue  # sums of large terms that cancel have no digits to compare
        assert all(map(close, quick[: tape.first_row], ahead)), (quick[: tape.first_row], ahead)


@often
@given(programs(rows=SMOOTH, depth=4), points)
def test_no_dependence_is_the_same_in_both_directions(statements, point):
    tape, quick, _, _, ahead = gradients(plainly(statements), point, False)
    assert [one is None for one in quick[: tape.first_row]] == [one is None for one in ahead]


def test_the_names_of_the_strategy_are_inputs():
    program = parse(" + ".join(VARIABLES))
    assert program.inputs == list(VARIABLES)


def test_a_tape_is_written_row_by_row_and_then_finished() -> None:
    tape = Tape(Source("2*x"), ["x"])
    two = tape.constant(2.0)
    assert tape.constant(2.0) == two and tape.constant(3.141592653589793, "pi") != two
    row = tape.append("mul", (two, 0), Span(0, 3))
    assert tape.finish([row, two], several=True).results == [row, two]
    assert tape.outputs == [row, two + tape.size] and evaluate(tape, [3.0])[row] == 6.0
    with pytest.raises(AssertionError, match="changed in a copy"):
        tape.append("neg", (row,), Span(0, 3))
    with pytest.raises(AssertionError, match="changed in a copy"):
        tape.constant(1.0)
    other = tape.copy(constants=[5.0, *tape.constants[1:]])
    assert evaluate(other, [3.0])[row] == 15.0 and tape.constants[0] == 2.0
