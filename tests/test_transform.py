"""The derivative as a tape, held against the sweeps that it writes out, against 50 digits, and against its price."""

from __future__ import annotations

import math
import re
import shlex
from pathlib import Path

import oracle
import pytest
import tiers
from console import run, transcript
from hypothesis import assume, given
from hypothesis import strategies as st
from inside import (
    OPERATIONS,
    Builder,
    LimitError,
    Options,
    Problem,
    ReverseTransform,
    Scope,
    Span,
    Tape,
    activity,
    adjoints,
    common,
    compute,
    evaluate,
    gradient_tape,
    lower,
    parse,
    reverse_cost,
    tangents,
)
from mpmath import mp
from programs import Apply, Choices, Statement, leaf, plainly, points, programs
from test_operations import Applied, at_points, judge
from test_sizes import SHAPES, X

often = tiers.often(400)
ROOT = Path(__file__).parents[1]


def near(one, two, scale=0.0):
    """Equal to some ulp of the numbers, or of what they are made of; NaN equals NaN."""
    if one != one or two != two:
        return one != one and two != two
    return one == two or abs(one - two) <= 1e-13 * max(abs(one), abs(two), scale)


def results(tape, point):
    values = evaluate(tape, point)
    return [values[slot] for slot in tape.outputs]


def derived(text, share=False, **options):
    tape = lower(parse(text), share=share)
    return gradient_tape(tape, range(tape.first_row), **options)


def rows(tape):
    """The rows of a tape, as in test_tape."""

    def operand(slot):
        if slot < 0:
            return tape.constant_names.get(slot) or f"{tape.constants[-1 - slot]:g}"
        return tape.inputs[slot] if slot < tape.first_row else f"v{slot - tape.first_row + 1}"

    lines = [" ".join((name, *map(operand, row))) for name, row in zip(tape.operations, tape.operands, strict=True)]
    return "; ".join(lines), [operand(slot if slot < tape.slots else slot - tape.size) for slot in tape.outputs]


# -- what is built -------------------------------------------------------------------------------------------------------

BUILT = {
    # text: the rows, and where the value and the gradient are
    "x*y": ("mul x y", ["v1", "y", "x"]),
    "ln(x1) + x1*x2 - sin(x2)": (
        "log x1; mul x1 x2; sin x2; add v1 v2; sub v4 v3; cos x2; sub x1 v6; div 1 x1; add x2 v8", ["v5", "v9", "v7"]),
    "x": ("", ["x", "1"]),
    "2": ("", ["2"]),
    "x - y": ("sub x y", ["v1", "1", "-1"]),
    "-x": ("neg x", ["v1", "-1"]),
    "3*x": ("mul 3 x", ["v1", "3"]),
    "x^2": ("pow x 2; mul 2 x", ["v1", "v2"]),
    "x^1": ("pow x 1; pow x 0", ["v1", "v2"]),  # which is undefined where x is
    # the two partials of a quotient share a factor
    "x/y*z": ("div x y; mul v1 z; div z y; mul v3 v1; neg v4", ["v2", "v3", "v5", "v1"]),
    # a row of f is used where a rule asks for the same
    "exp(x)*y": ("exp x; mul v1 y", ["v2", "v2", "v1"]),
    "sin(x) + cos(x)": ("sin x; cos x; add v1 v2; sub v2 v1", ["v3", "v4"]),
    # flat operations and stop_gradient: no dependence, and what only they need is gone from the gradient
    "floor(x)*x": ("floor x; mul v1 x", ["v2", "v1"]),
    "stop_gradient(x)*y": ("stop_gradient x; mul v1 y", ["v2", "0", "v1"]),
    "u = sin(x)*exp(y); x": ("", ["x", "1", "0"]),
    # choices
    "where(c, x, y)": ("where c x y; where c 1 0; where c 0 1", ["v1", "0", "v2", "v3"]),
    "where(x > 0, x*y, y)": (
        "gt x 0; mul x y; where v1 v2 y; where v1 y 0; where v1 x 1", ["v3", "v4", "v5"]),
    "where(c, sin(x), sin(x))": ("sin x; sin x; where c v1 v2; cos x; cos x; where c v5 v4", ["v3", "0", "v6"]),
    "where(1, sin(x), y)": ("sin x; where 1 v1 y; cos x", ["v2", "v3", "0"]),
    "relu(x)": ("relu x; gt x 0; where v2 1 0", ["v1", "v3"]),
    # ties are counted
    "max(x, y)": (
        "max x y; eq x v1; eq y v1; add v2 v3; div 1 v4; where v2 v5 0; div 1 v4; where v3 v7 0", ["v1", "v6", "v8"]),
}  # fmt: skip


@pytest.mark.parametrize("text", BUILT)
def test_what_is_built(text):
    assert rows(derived(text)) == BUILT[text]


def test_rows_of_a_derivative_stand_where_the_row_stands_that_they_come_from():
    tape = lower(parse("sin(x*y) + exp(x)"))
    found = gradient_tape(tape, [0, 1])
    text = tape.source.text
    shown = [f"{found.operation(slot)}: {text[slice(*found.span(slot))]}" for slot in found.rows()]
    assert shown == [
        "mul: x*y", "sin: sin(x*y)", "exp: exp(x)", "add: sin(x*y) + exp(x)",
        "cos: sin(x*y)", "mul: x*y", "add: x*y", "mul: x*y",
    ]  # fmt: skip
    assert found.derived_from == 6


def test_where_everything_stands():
    tape = lower(parse("u = x*y; v = sin(u); w = cos(x); v"))
    found = ReverseTransform(tape, [0, 1]).run()
    assert found.values == {0: 0, 1: 1, 2: 2, 3: 3}  # cos(x) is gone
    assert {slot: found.tape.operation(at) for slot, at in found.derivatives.items() if at >= found.tape.first_row} == {
        0: "mul", 1: "mul", 2: "cos",
    }  # fmt: skip
    assert found.tape.bindings == {"u": 2, "v": 3}


def test_constants_keep_their_names():
    tape = derived("pi*sin(x)/2")
    assert [tape.constant_names.get(-1 - place) for place in range(len(tape.constants))] == ["pi", None, None]
    assert tape.constants == [math.pi, 2.0, math.pi / 2]


def test_the_result_to_differentiate_can_be_chosen():
    tape = lower(parse("u = x*y; sin(u)"))
    assert rows(gradient_tape(tape, [0, 1], output=2)) == ("mul x y", ["v1", "y", "x"])
    assert rows(gradient_tape(tape, [1], output=0)) == ("", ["x", "0"])
    # a row of a branch, which need not be there
    tape = lower(parse("where(x > 0, log(x), x)"))
    found = gradient_tape(tape, [0], output=2)
    assert results(found, [2.0]) == [math.log(2.0), 0.5]
    assert results(found, [-2.0]) == [None, 0.0]
    assert results(gradient_tape(lower(parse("where(x > 0, floor(x), x)")), [0], output=2), [-2.0]) == [None, 0.0]


def test_the_inputs_can_be_chosen():
    tape = lower(parse("x*y*z"))
    assert rows(gradient_tape(tape, [2, 0])) == ("mul x y; mul v1 z; mul z y", ["v2", "v1", "v3"])


def test_a_limit_on_rows():
    with pytest.raises(LimitError, match="the tape of the derivative would have more than 5 rows"):
        derived("sin(x)*cos(x)*x", most_rows=5)


# -- the parts -----------------------------------------------------------------------------------------------------------


def built(text):
    """The rows of a text of the table, put on an empty tape by a builder."""
    program = parse(text)
    tape = Tape(program.source, [name for name in program.inputs if name != "absent"])
    build = Builder(tape)
    slot = build.lower(program, {name: slot for slot, name in enumerate(tape.inputs)}, Span(0, 1))
    if slot is None:
        return None
    lines, (output,) = rows(build.finished([slot]).tape)
    return lines, output


LOWERED = {
    # constants are computed, in the arithmetic of the rules
    "2 + 3": ("", "5"), "1/0": ("", "inf"), "0/0": ("", "nan"), "log(0)": ("", "-inf"), "exp(1000)": ("", "inf"),
    "x + (2 - 2)": ("", "x"), "2/sqrt(pi)*x": ("mul 1.12838 x", "v1"), "pi*x": ("mul pi x", "v1"),
    # identities
    "x*1": ("", "x"), "1*x": ("", "x"), "x + 0": ("", "x"), "0 + x": ("", "x"), "x - 0": ("", "x"), "0 - x": ("neg x", "v1"),
    "x/1": ("", "x"), "--x": ("", "x"), "-1*x": ("neg x", "v1"), "x*-1": ("neg x", "v1"), "x/-1": ("neg x", "v1"), "x^1": ("", "x"),
    "x + -y": ("sub x y", "v1"), "-x + y": ("sub y x", "v1"), "-x + -y": ("add x y; neg v1", "v2"), "x - -y": ("add x y", "v1"),
    "-x - y": ("add x y; neg v1", "v2"), "-x - -y": ("sub y x", "v1"), "-(x - y)": ("sub y x", "v1"),
    "-x*-y": ("mul x y", "v1"), "-x*y": ("mul x y; neg v1", "v2"), "-x/y": ("div x y; neg v1", "v2"),
    "y/x*z + z*(y/x)": ("div y x; mul v1 z; add v2 v2", "v3"),
    # what holds beside something known
    "x and 2 < 1": ("", "0"), "2 < 1 and log(x)": ("", "0"), "x > 0 and 2 > 1": ("gt x 0", "v1"), "2 > 1 and not x": ("not x", "v1"),
    "x and 2 > 1": ("and x 1", "v1"), "x or 2 < 1": ("or x 0", "v1"),
    # what may be infinite or undefined is not hidden
    "x*0": ("mul x 0", "v1"), "0*x": ("mul 0 x", "v1"), "x - x": ("sub x x", "v1"), "x/x": ("div x x", "v1"),
    "x^0": ("pow x 0", "v1"), "0/x": ("div 0 x", "v1"), "x == x": ("eq x x", "v1"), "x/-y": ("neg y; div x v1", "v2"),
    # one row for what is the same, whatever the order of a sum or product
    "x*y + y*x": ("mul x y; add v1 v1", "v2"), "x - y + (y - x)": ("sub y x; sub x y; add v2 v1", "v3"),
    # a/b*y, once a/b is there
    "g/b + g*(y/b)": ("div g b; mul v1 y; add v1 v2", "v3"), "g*(y/b)": ("div y b; mul g v1", "v2"),
    # bindings and choices
    "t = x^2; t*(1 + t)": ("pow x 2; add 1 v1; mul v1 v2", "v3"),
    "where(x > 0, x, y)": ("gt x 0; where v1 x y", "v2"), "where(2 > 1, x, y)": ("", "x"),
    "where(2 < 1, x, log(y))": ("log y", "v1"),
    "where(x > 0, y, y)": ("", "y"), "where(x > 0, where(x > 0, y, z), z)": ("gt x 0; where v1 y z", "v2"),
    "where(x > 0, z, where(x > 0, y, z))": ("", "z"),
    "where(x > 0, sin(x), y) + where(x > 0, sin(x), z)": ("gt x 0; sin x; where v1 v2 y; where v1 v2 z; add v3 v4", "v5"),
    "where(x > 0, absent, absent)": None, "where(x > 0, y, absent)": ("gt x 0; where v1 y 0", "v2"), "absent": None,
    "sin(where(x, where(y, 1, 2), 3)) + 1": ("where y 1 2; where x v1 3; sin v2; add v3 1", "v4"),
}  # fmt: skip


@pytest.mark.parametrize("text", LOWERED)
def test_a_text_of_the_table_as_rows(text):
    assert built(text) == LOWERED[text]


def test_the_tree_of_scopes():
    root = Scope()
    left, right = root.inside(1, True), root.inside(1, False)
    deep, chain = left, [left]
    for condition in range(2, 40):
        deep = deep.inside(condition, True)
        chain.append(deep)
    aside = chain[20].inside(99, False).inside(100, True)
    assert deep.inside(7, True) is deep and deep.inside(7, False) is None and left.inside(1, False) is None
    assert [scope.condition for scope in chain[2].chain()] == [3, 2, 1]
    assert [scope.condition for scope in chain[5].chain(4)] == [6, 5]
    for scope in chain:
        assert scope.holds(deep) and scope.holds(scope) and root.holds(scope) and not right.holds(scope)
        assert scope.holds(aside) == (scope.depth <= chain[20].depth)
        assert common([scope, deep]) is common([deep, scope]) is scope
        assert common([scope, aside]) is (scope if scope.depth <= 21 else chain[20])
    assert common([deep, right]) is common([deep, aside, root]) is root


# -- the same numbers as the sweeps --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("row", "point"), at_points())
def test_every_row_of_the_table(row, point):
    applied = Applied(row, point)
    value, *gradient = results(gradient_tape(applied.tape, range(len(point))), point)
    assert value == applied.value
    for actual, expected in zip(gradient, applied.partials, strict=True):
        expected = expected or 0.0
        assert actual == expected or (actual != actual and expected != expected) or abs(actual - expected) <= 4 * math.ulp(expected)


def sweep(tape, point):
    """The value, and the gradient by the reverse sweep; how large the adjoints were on the way."""
    values = evaluate(tape, point)
    found = adjoints(tape, values, activity(tape))
    sizes = [abs(one) for one in found if one is not None and math.isfinite(one)]
    return [values[tape.output], *[one or 0.0 for one in found[: tape.first_row]]], max(sizes, default=0.0)


def check_order(tape):
    """A tape is in order: operands come before, ranges are nested, and what a row needs is evaluated whenever it is."""
    for slot in tape.rows():
        assert all(-len(tape.constants) <= operand < slot for operand in tape.operands_of(slot))
        assert len(tape.source.text[slice(*tape.span(slot))]) > 0
    assert tape.skips == sorted(tape.skips, key=lambda skip: (skip.start, -skip.stop))
    for skip in tape.skips:
        assert skip.condition < skip.start < skip.stop <= tape.slots
    for skip, other in zip(tape.skips, tape.skips[1:], strict=False):
        assert other.start >= skip.stop or other.stop <= skip.stop
    assert tape.first_row <= tape.derived_from <= tape.slots


@often
@given(programs(), points, st.booleans())
def test_any_program(statements, point, share):
    tape = lower(parse(plainly(statements)), share=share)
    at = [point[name] for name in tape.inputs]
    values = evaluate(tape, at)
    powers = [tape.operands_of(slot)[1] for slot in tape.rows() if tape.operation(slot) == "pow"]
    assume(all(not value or value != value or 1e-100 < abs(value) < 1e100 for value in values))  # their products stay in range
    assume(all(b < 0 or not abs(values[b] or 0.0) > 2**53 for b in powers))  # nobody knows before that b - 1 is no float there
    found = gradient_tape(tape, range(tape.first_row))
    check_order(found)
    expected, size = sweep(tape, at)
    assert all(near(one, two, size) for one, two in zip(results(found, at), expected, strict=True))


@often
@given(programs(depth=3), points)
def test_derivatives_of_derivatives_of_any_program(statements, point):
    """The gradient of each entry of a gradient: by a sweep over the tape, and written out once more."""
    tape = lower(parse(plainly(statements)))
    at = [point[name] for name in tape.inputs]
    first = gradient_tape(tape, range(tape.first_row))
    for place in first.outputs[1:]:
        first.output = place
        expected, size = sweep(first, at)
        again = gradient_tape(first, range(tape.first_row))
        check_order(again)
        if size > 1e100 or any(0 < abs(number) < 1e-100 for number in at):
            continue  # where numbers, or squares of reciprocals, overflow, the two meet the infinities in another order
        assert all(near(one, two, size) for one, two in zip(results(again, at), expected, strict=True))


KINKS = [
    "abs(x)", "max(x, 0)", "max(x, y, 0)", "min(x, x)", "relu(x)*y", "clip(x, 0, y)", "hypot(x, y)", "sqrt(abs(x))", "cbrt(x)",
    "x^0.5", "sqrt(x)", "log1p(x - 1)", "copysign(x, y)", "leaky_relu(x)", "elu(x, 2)", "relu6(x)", "hardtanh(x - 1)", "atan2(x, y)",
    "where(x, y, 2*y)", "x if x > 0 else -x", "xlogy(x, 1 + y)", "max(x, y) - min(x, y)", "sign(x)*x", "x^y", "(x - 1)^0", "0^(x + 1)",
]  # fmt: skip


@pytest.mark.parametrize("text", KINKS)
@pytest.mark.parametrize("x", [0.0, -0.0, 1.0])
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_kinks_ties_and_poles(text, x, y):
    tape = lower(parse(text))
    at = [{"x": x, "y": y}[name] for name in tape.inputs]
    expected, _ = sweep(tape, at)
    assert all(near(one, two) for one, two in zip(results(gradient_tape(tape, range(tape.first_row)), at), expected, strict=True))


@pytest.mark.parametrize("exponent", [2.0**53 + 2, 2.0**53 + 4, -(2.0**53) - 2, 2.0**54, 1e300])
@pytest.mark.parametrize("x", [-1.0, 1.0, 0.0, 1.0 + 2.0**-52])
def test_the_sign_of_a_power_so_large_that_one_less_is_no_float(exponent, x):
    if not x and exponent < 0:
        return  # there is no value
    tape = lower(parse(f"x^{exponent!r}"))
    (_, slope), _ = sweep(tape, [x])
    assert near(results(gradient_tape(tape, [0]), [x])[1], slope)
    if x == -1:
        assert slope == -exponent  # an even power


LEAKS = [
    # text, x, gradient: what is not taken is infinite or undefined, in f or in its derivative
    ("where(x > 0, log(x), x)", -1.0, 1.0),
    ("where(x > 0, sqrt(x), 2*x)", 0.0, 2.0),
    ("where(x == 0, 1, sin(x)/x)", 0.0, 0.0),
    ("u = sqrt(x); where(x > 0, u, 3*x)", 0.0, 3.0),
    ("u = 1/x^2; where(x > 0, u, x)", 0.0, 1.0),
    ("u = sqrt(x); v = u^2; where(x > 0, v, 3*x) + where(x > 1, v, x)", 0.0, 4.0),
    ("u = sqrt(x); where(x > 0, where(x > 1, u, u^2), where(x < 0, u^3, 5*x))", 0.0, 5.0),
    ("u = log(x); x*where(x > 0, u, 7)", 0.0, 7.0),
    ("u = sqrt(x); where(x > 0, u*x if x > 1 else u, x if x < 1 else u)", 0.0, 1.0),
    ("u = sqrt(x); where(x > 0, where(x > 1, u, 1), where(x < -1, u, 1)) + x", 0.0, 1.0),
    ("x if x < 0 else log(x) if x > 1 else 4*x", 0.5, 4.0),
    ("f(u) = where(u > 0, u*log(u), u); f(x)*f(-x) + f(x - 1)", 0.0, 1.0),
    ("exp(where(x > 0, x*1e300*1e300, x))", 0.0, 1.0),
]


@pytest.mark.parametrize(("text", "x", "slope"), LEAKS)
@pytest.mark.parametrize("share", [False, True], ids=["as-written", "shared"])
def test_nothing_leaks_from_a_branch_that_is_not_taken(text, x, slope, share):
    tape = lower(parse(text), share=share)
    assert sweep(tape, [x])[0][1] == slope
    found = gradient_tape(tape, [0])
    assert results(found, [x])[1] == slope
    # nor in the derivative of that
    second = tangents(found, evaluate(found, [x]), [1.0])[found.outputs[1]]
    assert second is None or math.isfinite(second)
    assert all(map(math.isfinite, results(gradient_tape(found, [0], output=found.outputs[1]), [x])[1:]))


def test_rows_of_a_branch_that_is_not_taken_are_not_evaluated():
    tape = lower(parse("where(x > 0, sin(x)*exp(x), cos(x))"))
    found = gradient_tape(tape, [0])
    for x, names in ((1.0, "gt sin exp mul where cos mul add where"), (-1.0, "gt cos where sin neg where")):
        values = evaluate(found, [x])
        assert sorted(found.operation(slot) for slot in found.rows() if values[slot] is not None) == sorted(names.split())


@pytest.mark.parametrize("name", SHAPES)
def test_large_and_deep_programs(name):
    text, _, size = SHAPES[name]
    tape = lower(parse(text(size // 100)))
    at = [X] * tape.first_row
    expected, largest = sweep(tape, at)
    assert all(near(one, two, largest) for one, two in zip(results(gradient_tape(tape, range(tape.first_row)), at), expected, strict=True))


# -- higher derivatives --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("row", "point"), at_points())
def test_second_derivatives_of_every_row(row, point):
    """By a forward sweep over the gradient; and, to some ulp of that, by a reverse sweep, and written out once more."""
    applied = Applied(row, point)
    if row.name == "stop_gradient":
        return
    found = gradient_tape(applied.tape, range(len(point)))
    values = evaluate(found, point)
    for i in applied.operands:
        again = results(gradient_tape(found, range(len(point)), output=found.outputs[1 + i]), point)
        for j in applied.operands if applied.partials[i] is not None else ():
            swept = tangents(found, values, [1.0 if place == j else None for place in range(len(point))])[found.outputs[1 + i]]
            exact = lambda p, i=i, j=j: oracle.derivative(row.name, p, i, j)
            assert judge("second partial", row, point, swept or 0.0, exact, at_random=False) == ""
            assert judge("second partial", row, point, again[1 + j], exact, at_random=False) == ""


FOURTH = {
    "exp(x)*sin(x)": lambda x: mp.exp(x) * mp.sin(x),
    "x^5 - 3*x^2.5": lambda x: x**5 - 3 * x ** mp.mpf(2.5),
    "tanh(x)/x": lambda x: mp.tanh(x) / x,
    "sin(cos(x)^2)": lambda x: mp.sin(mp.cos(x) ** 2),
    "log(x)*sqrt(x)": lambda x: mp.log(x) * mp.sqrt(x),
    "1/(1 + x^2)": lambda x: 1 / (1 + x**2),
    "x^x": lambda x: x**x,
    "sigmoid(x)*gamma(x)": lambda x: mp.gamma(x) / (1 + mp.exp(-x)),
    "where(x > 1, erf(x), -atan(x))*x": lambda x: x * (mp.erf(x) if x > 1 else -mp.atan(x)),
}


@pytest.mark.parametrize("text", FOURTH)
@pytest.mark.parametrize("x", [0.7, 1.6])
def test_the_fourth_derivative(text, x):
    tape = lower(parse(text))
    for _ in range(4):
        tape = gradient_tape(tape, [0], output=tape.outputs[1] if tape.outputs else None)
    with mp.workdps(60):
        exact = mp.diff(FOURTH[text], mp.mpf(x), 4)
    assert results(tape, [x])[1] == pytest.approx(float(exact), rel=1e-11)


# -- the price -----------------------------------------------------------------------------------------------------------


def operations(tape, values):
    """Elementary operations, as `diffcli.methods.traces.cost` counts them: comparisons and choices are free."""
    free = {"where", "stop_gradient", *(row.name for row in OPERATIONS.values() if row.precedence in range(1, 6))}
    return sum(name not in free and values[slot] is not None for slot, name in enumerate(tape.operations, tape.first_row))


def programs_of_examples(arrays=False):
    for path in (*sorted(ROOT.glob("examples/*.dc")), ROOT / "README.md"):
        for command in re.findall(r"^(?:# )?\$ diffcli (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE):
            words = shlex.split(command)
            if words[0] not in ("grad", "check") or "--at" not in words or "2x" in words[1] or ".py:" in words[1]:
                continue
            if bool(set("[@") & set(words[words.index("--at") + 1])) != arrays or "x=[1,2,3]" in command:
                continue  # an operation on arrays is many; and one command of the README is wrong on purpose
            text = (ROOT / words[1][1:]).read_text(encoding="utf-8") if words[1].startswith("@") else words[1]
            wrt = words[words.index("--wrt") + 1] if "--wrt" in words else None
            yield pytest.param(text, words[words.index("--at") + 1], wrt, id=f"{path.stem}: {words[1]}")


@pytest.mark.parametrize("share", [False, True], ids=["as-written", "shared"])
@pytest.mark.parametrize(("text", "at", "wrt"), list(programs_of_examples()))
def test_value_and_gradient_of_examples_of_numbers_take_at_most_three_times_the_operations_of_the_value(text, at, wrt, share):
    problem = Problem(text, at, wrt=wrt, share=share)
    found = gradient_tape(problem.tape, list(map(problem.input_slot, problem.wrt)), problem.active)
    assert operations(found, evaluate(found, problem.point)) <= 3 * operations(problem.tape, problem.values)


@pytest.mark.parametrize(("text", "at", "wrt"), list(programs_of_examples(arrays=True)))
def test_value_and_gradient_of_examples_of_arrays_take_about_three_times_the_operations_of_the_value_at_most(text, at, wrt, monkeypatch):
    monkeypatch.chdir(ROOT)
    problem = Problem(text, at, wrt=wrt)
    found = reverse_cost(problem)
    assert found.ratio <= 3.2


def arithmetic(choices, names, depth):
    """A tree of sums, products, quotients, squares and signs."""
    kind = choices.number(16) if depth else 0
    if kind < 3:
        return leaf(choices, names)
    if kind < 6:
        return Apply(choices.pick(("neg", "neg", "square")), (arithmetic(choices, names, depth - 1),))
    return Apply(choices.pick(("add", "sub", "mul", "div")), tuple(arithmetic(choices, names, depth - 1) for _ in range(2)))


def arithmetic_program(content):
    choices = Choices(content)
    names = ["x", "y", "z"]
    statements = []
    for place in range(choices.number(4)):
        statements.append(Statement(f"v{place}", None, arithmetic(choices, names, 3)))
        names.insert(0, f"v{place}")
    return [*statements, Statement("", None, arithmetic(choices, names, 5))]


@often
@given(st.binary(min_size=10, max_size=120).map(arithmetic_program), st.booleans())
def test_arithmetic_takes_at_most_five_times_the_operations(statements, share):
    """Baur & Strassen (1983), quotients included."""
    tape = lower(parse(plainly(statements)), share=share)
    at = [0.7 + 0.3 * place for place in range(tape.first_row)]
    found = gradient_tape(tape, range(tape.first_row))
    assert operations(found, evaluate(found, at)) <= 5 * operations(tape, evaluate(tape, at))


# -- the report ----------------------------------------------------------------------------------------------------------

PRINTED = {
    "example": 'grad "ln(x1) + x1*x2 - sin(x2)" --at x1=2,x2=5 --derivative-tape',
    "quotient": 'grad "x/y" --at x=3,y=2 --derivative-tape --no-trace --format latex',
    "choice": 'grad "u = sqrt(x); where(x > 0, u, 3*x) + y" --at x=0,y=1 --derivative-tape --no-trace --wrt x',
    "json": 'grad "pi*x if y > 1 else x*y" --at x=2,y=5 --derivative-tape --no-trace --json',
    "no-row": 'grad "x - 2*y" --at x=2,y=5 --derivative-tape --no-trace',
    "nothing": 'grad "x" --at x=2 --derivative-tape --no-trace --format plain',
    "number-beside-array": 'grad "sum(y*x)" --at "x=2,y=[[1,2],[3,4]]" --derivative-tape --no-trace',
    "refused-mode": 'grad "x^2" --at x=2 --mode forward --derivative-tape',
    "refused-kink": 'grad "abs(x)" --at x=0 --kink left --derivative-tape',
    "too-large": 'grad "sin(x)*cos(x)*exp(x)" --at x=2 --derivative-tape --max-nodes 9',
}


@pytest.mark.parametrize("name", PRINTED)
def test_what_is_printed(name, golden):
    golden(f"derivative_tape/{name}.txt", transcript(PRINTED[name]))


NUMBERS_BESIDE_ARRAYS = (
    "sum(y*x^2)", "min(atan2(y, x^2))", "y[0] @ [x, 1]", "sum(y)*x", "norm(y - x)", "sum(max(x, y))", "sum(where(x > 1, y, x))",
    "det(x*y)", "logsumexp(y/x)", "sum(cumsum(y*x, axis=0))", "sum(reshape(x, [1])*y[0])", "sum(outer(y[0], [x]))", "prod([x]) + sum(y)",
)  # fmt: skip


@pytest.mark.parametrize("notation", ["table", "json", "latex", "csv", "markdown", "plain"])
@pytest.mark.parametrize("text", NUMBERS_BESIDE_ARRAYS)
def test_numbers_beside_arrays_are_shown_in_every_format(text, notation):
    found = run(["grad", text, "--at", "x=2,y=[[1,2],[3,4]]", "--derivative-tape", "--cost", "--format", notation])
    assert found.exit == 0 and "bug" not in found.stderr


def test_a_long_tape_is_cut_in_the_middle_and_whole_on_demand():
    text = " + ".join(f"sin(x)^{power}" for power in range(2, 90))
    short, full = (run(["grad", text, "--at", "x=1", "--derivative-tape", "--no-trace", *more]).stdout for more in ([], ["--full"]))
    assert "\n...\n" in short and "\n...\n" not in full
    assert len(full.splitlines()) > len(short.splitlines()) > 200


def test_shared_rows_are_counted_once():
    shown = [compute("sin(x)*y + sin(x)", {"x": 1, "y": 2}, Options(derivative_tape=True, share=share)) for share in (False, True)]
    assert [(found.derivative_tape.function, found.derivative_tape.together) for found in shown] == [(4, 7), (3, 6)]
