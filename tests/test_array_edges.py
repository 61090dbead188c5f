"""Arrays at their edges: what is not there, infinities, choices of a rule at a kink, nothing at all, and whole numbers."""

from __future__ import annotations

from itertools import permutations
from math import prod

import numpy as np
import oracle
import pytest
from console import run, transcript
from inside import (
    FORMATS,
    Options,
    activity,
    adjoints,
    array_functions,
    compute,
    evaluate,
    gradient_tape,
    lower,
    parse,
    tangents,
    taylor,
    write_out,
)
from inside import quiet_arrays as quiet
from mpmath import mp

import diffcli
from diffcli import autograd as ad
from diffcli.nn import functional

INF, NAN = float("inf"), float("nan")
BOTH = pytest.mark.parametrize("mode", ["reverse", "forward"])

# -- what is not there ---------------------------------------------------------------------------------------------------------

NOT_THERE = {
    # text: point, gradient by x, diagonal of its second derivatives (None: there is none)
    "sqrt(x)[1]": ([0, 4], [0, 0.25], [0, -1 / 32]),
    "sum(sqrt(x)[1:])": ([0, 4], [0, 0.25], [0, -1 / 32]),
    "log(x)[::2] @ [1, 2]": ([1, 0, 2], [1, 0, 1], [-1, 0, -0.5]),
    "trace(log(diag(x) + [[0, 1], [0, 0]]))": ([1, 2], [1, 0.5], [-1, -0.25]),
    "sum(diag(log(outer(x, x) - [[0, 6], [6, 0]])))": ([2, 3], [1, 2 / 3], [-0.5, -2 / 9]),
    "sum(x^1.5)": ([0, 4], [0, 3], None),
    "sum(where(x > 0, log(x), 0))": ([0, 2], [0, 0.5], [0, -0.25]),
    "sum(where(x > 0, cumsum(log(x)), 0))": ([1, 0], [1, 0], [-1, 0]),
    "sum(where(x > 0, [[1, 2], [3, 4]] @ x + log(x), x))": ([-1, 2], [4, 4.5], [0, -0.25]),
    "sum(where([1, 0] > 0, log(stack(x, -x)) @ [1, 1], 7))": ([1, 2], [1, 0.5], [-1, -0.25]),
    "sum(where([1, 0] > 0, logsumexp(log(stack(x, -x)), axis=1), 7))": ([1, 3], [0.25, 0.25], None),
    "sum(where([1, 0] > 0, norm(log(stack(x, -x)), axis=1), 7))": ([1, np.e], [0, 1 / np.e], None),
    "sum(where([1, 0] > 0, prod(log(stack(x, -x)), axis=1), 7))": ([np.e, np.e], [1 / np.e, 1 / np.e], None),
    "sum(where([1, 0] > 0, max(log(stack(x, -x)), axis=1), 7))": ([1, 2], [0, 0.5], None),
    "sum(where([[1], [0]] > 0, softmax(log(stack(x, -x)), axis=1), 7)[:, 0])": ([1, 3], [3 / 16, -1 / 16], None),
    "sum(where(x > 2, det(log([[x[0] - 3, x[1]], [x[1], 1]])), x))": ([1, 2], [1, 1], [0, 0]),
    "sum(where(x > 2, 1/outer(x, x - x[0]), x))": ([1, 2], [2, 2], [0, 0]),
    "y = where(x > 0, where(x > 1, log(x - 1), x), 1/x); y[0]*y[1]": ([0.5, 3], [np.log(2), 0.25], None),
    "max(log([0, 1]) @ x, 7)": ([1, 2], [0, 0], None),  # what loses is not there
    "concat(log(x), sqrt(x))[2:] @ [1, 0]": ([4, 0], [0.25, NAN], None),  # 0 times an infinite slope, and it is there
}


@BOTH
@pytest.mark.parametrize("text", NOT_THERE)
def test_what_is_not_there_meets_no_infinity(text, mode):
    point, gradient, _ = NOT_THERE[text]
    found = diffcli.grad(text, {"x": np.array(point, dtype=float)}, mode=mode).gradient["x"]
    assert np.allclose(found, gradient, rtol=1e-12, atol=1e-15, equal_nan=True), found


@pytest.mark.parametrize("text", NOT_THERE)
def test_nor_does_it_in_the_tape_of_a_derivative(text):
    point, gradient, bends = NOT_THERE[text]
    point = np.array(point, dtype=float)
    tape = lower(parse(text), shapes={"x": point.shape})
    derived = gradient_tape(tape, [0])
    values = evaluate(derived, [point])
    slot = derived.outputs[1]
    assert np.allclose(values[slot], gradient, rtol=1e-12, atol=1e-15, equal_nan=True)
    if bends is not None:
        along = [np.array(direction) for direction in np.eye(len(point))]
        found = [tangents(derived, values, [direction])[slot] for direction in along]
        diagonal = [0.0 if column is None else column[place] for place, column in enumerate(found)]
        assert np.allclose(diagonal, bends, rtol=1e-12, atol=1e-15)


def test_data_that_is_missing_is_left_out_of_a_loss():
    """Rows of NaN that a mask leaves out, through a matrix product, in both modes and in second derivatives."""
    text = "sum(where(known > 0, (X @ w - y)^2, 0))"
    X = np.array([[1.0, 2.0], [NAN, 5.0], [3.0, -1.0], [NAN, NAN]])
    at = {"known": np.array([1.0, 0.0, 1.0, 0.0]), "X": X, "w": np.array([0.5, -1.0]), "y": np.array([1.0, NAN, 2.0, 0.0])}
    kept = X[[0, 2]]
    right = 2 * kept.T @ (kept @ at["w"] - at["y"][[0, 2]])
    tape = lower(parse(text), shapes={name: value.shape for name, value in at.items()})
    place, operands = tape.inputs.index("w"), [at[name] for name in tape.inputs]
    values = evaluate(tape, operands)
    assert np.allclose(adjoints(tape, values, activity(tape))[place], right)
    along = [np.array([1.0, 1.0]) if name == "w" else None for name in tape.inputs]
    assert np.isclose(tangents(tape, values, along)[tape.output], sum(right))
    derived = gradient_tape(tape, [place])
    values = evaluate(derived, operands)
    assert np.allclose(values[derived.outputs[1]], right)
    assert np.allclose(tangents(derived, values, along)[derived.outputs[1]], 2 * kept.T @ kept @ [1, 1])


def test_a_seed_that_is_0_is_not_there():
    tape = lower(parse("sqrt(x)"), shapes={"x": (2,)})
    x = [np.array([0.0, 4.0])]
    values = evaluate(tape, x)
    assert np.array_equal(adjoints(tape, values, activity(tape), seeds={1: np.array([0.0, 1.0])})[0], [0.0, 0.25])
    assert np.array_equal(tangents(tape, values, [np.array([0.0, 1.0])])[1], [0.0, 0.25])


# -- rules at kinks ------------------------------------------------------------------------------------------------------------

KINKS = {
    # text: point, slopes on the left, on the right, the mean of them, NaN
    "norm(x)": ([0, 0], [-1, -1], [1, 1], [0, 0], [NAN, NAN]),
    "max(x)": ([1, 1, 0], [0, 0, 0], [1, 1, 0], [0.5, 0.5, 0], [NAN, NAN, 0]),
    "min(x)": ([1, 1, 2], [1, 1, 0], [0, 0, 0], [0.5, 0.5, 0], [NAN, NAN, 0]),
    "sum(abs(x))": ([0, 2], [-1, 1], [1, 1], [0, 1], [NAN, 1]),
    "sum(hypot(x, [0, 4]))": ([0, 3], [-1, 0.6], [1, 0.6], [0, 0.6], [NAN, 0.6]),
    "sum(max(x, 1))": ([1, 3], [0, 1], [1, 1], [0.5, 1], [NAN, 1]),
    "sum(where(x > 0, 2*x, x))": ([0, 1], [1, 2], [1, 2], [1, 2], [NAN, 2]),
    "sum(where(max(x) > 1, 2*x, x))": ([0, 1], [1, 1], [1, 1], [1, 1], [NAN, NAN]),
}


@BOTH
@pytest.mark.parametrize("text", KINKS)
@pytest.mark.parametrize(("policy", "column"), [("left", 1), ("right", 2), ("mean", 3), ("nan", 4)])
def test_the_rule_that_is_asked_for_is_taken_at_kinks_alone(text, policy, column, mode):
    case = KINKS[text]
    found = diffcli.grad(text, {"x": np.array(case[0], dtype=float)}, kink=policy, mode=mode).gradient["x"]
    assert np.allclose(found, case[column], equal_nan=True), found


# -- infinities ----------------------------------------------------------------------------------------------------------------

VALUES = [
    ("softmax", [1000, -1000], [1, 0]),
    ("softmax", [INF, 0], [1, 0]),
    ("softmax", [-INF, 0], [0, 1]),
    ("softmax", [INF, INF], [NAN, NAN]),
    ("softmax", [-INF, -INF], [NAN, NAN]),
    ("softmax", [-INF], [1]),
    ("softmax", [NAN, 0], [NAN, NAN]),
    ("log_softmax", [1000, -1000], [0, -2000]),
    ("log_softmax", [INF, 0], [0, -INF]),
    ("log_softmax", [-INF, 0], [-INF, 0]),
    ("log_softmax", [INF, INF], [NAN, NAN]),
    ("logsumexp", [1000, -1000], 1000),
    ("logsumexp", [INF, 0], INF),
    ("logsumexp", [-INF, -INF], -INF),
    ("logsumexp", [INF, -INF], INF),
    ("logsumexp", [NAN, INF], NAN),
    ("norm", [INF, 1], INF),
    ("norm", [3e300, 4e300], 5e300),
    ("norm", [3e-320, 4e-320], 5e-320),
    ("norm", [NAN, 1], NAN),
    ("amax", [NAN, 1], NAN),
    ("amin", [-INF, 1], -INF),
    ("prod", [0, INF], NAN),
    ("argmax", [1, 3, 3], 1),
    ("argmin", [1, 0, 0], 1),
    ("cumsum", [1, INF, 1], [1, INF, INF]),
]


@pytest.mark.parametrize(("name", "operand", "value"), VALUES, ids=str)
def test_values_at_infinities(name, operand, value):
    with quiet():
        found = array_functions.FUNCTIONS[name](np.array(operand, dtype=float), axis=(0,))
    assert np.allclose(found, value, rtol=1e-15, equal_nan=True), found


def test_attention_with_a_mask_of_infinities():
    """Scores of -inf get no share, and give none of an adjoint."""
    text = "z = where(m > 0, q, least); softmax(z, axis=1)[0, 0] + sum(log_softmax(z, axis=1)[:, 0])"
    at = {"m": np.array([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]), "q": np.array([[1.0, 5.0, 2.0], [0.0, 1.0, 9.0]]), "least": -INF}
    tape = lower(parse(text), shapes={"m": (2, 3), "q": (2, 3), "least": ()})
    operands = [at[name] for name in tape.inputs]
    share = 1 / (1 + np.e)
    slope = share * (1 - share)
    right = [[slope + 1 - share, 0, -slope - (1 - share)], [1 - share, share - 1, 0]]
    values, place = evaluate(tape, operands), tape.inputs.index("q")
    assert np.allclose(adjoints(tape, values, activity(tape, [place]))[place], right)
    derived = gradient_tape(tape, [place])
    assert np.allclose(evaluate(derived, operands)[derived.outputs[1]], right)


# -- whole numbers -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3])
def test_determinants_of_whole_numbers_are_whole(size):
    random = np.random.default_rng(size)
    for _ in range(50):
        matrix = random.integers(-9, 10, size=(size, size)) * 1.0
        found = array_functions.determinant(matrix)
        assert found == round(np.linalg.det(matrix))
        cofactors = array_functions.cofactor(matrix)
        assert np.array_equal(cofactors, np.round(cofactors))
        assert np.array_equal(matrix @ cofactors.T, found * np.eye(size))


@pytest.mark.parametrize("size", range(1, 6))
def test_derivatives_of_cofactors(size):
    random = np.random.default_rng(size)
    matrix, along = random.normal(size=(2, size, size))
    step = 1e-5
    ahead, behind = (array_functions.cofactor(matrix + side * step * along) for side in (1, -1))
    assert np.allclose(array_functions.cofactor_along(matrix, along), (ahead - behind) / (2 * step), atol=1e-8)


@pytest.mark.parametrize("size", [4, 5])
def test_cofactors_of_larger_matrices(size):
    random = np.random.default_rng(size)
    matrix = random.normal(size=(size, size))
    matrix[0] = matrix[1]  # singular: the cofactors are there all the same
    minors = [[np.linalg.det(np.delete(np.delete(matrix, i, 0), j, 1)) * (-1) ** (i + j) for j in range(size)] for i in range(size)]
    assert np.allclose(array_functions.cofactor(matrix), minors, atol=1e-13)


# -- nothing, and one ----------------------------------------------------------------------------------------------------------

NOTHING = {
    "sum(x[3:]) + x[0]": (1, [1, 0, 0]),
    "prod(x[3:])*x[0]": (1, [1, 0, 0]),
    "norm(x[3:]) + x[0]": (1, [1, 0, 0]),
    "x[3:] @ x[3:] + x[0]": (1, [1, 0, 0]),
    "sum(concat(x[3:], x))": (6, [1, 1, 1]),
    "sum(cumsum(x[3:])) + x[1]": (2, [0, 1, 0]),
    "sum(outer(x[3:], x) @ x) + x[1]": (2, [0, 1, 0]),
    "det(outer(x, x)[3:, 3:])*x[0]": (1, [1, 0, 0]),
    "sum(inv(outer(x, x)[3:, 3:])) + x[0]": (1, [1, 0, 0]),
    "sum(softmax(x[2:])) + mean(x[:1])": (2, [1, 0, 0]),
    "sum(softmax(x[2:] - x[1]))*x[0]": (1, [1, 0, 0]),
    "prod(x[1:2]) + max(x[2:]) + logsumexp(x[:1])": (6, [1, 1, 1]),
    "det([[x[1]]]) + trace([[x[2]]]) + sum(inv([[x[0]]]))": (6, [-1, 1, 1]),
    "softmax(x[1])*x[0] + sum(x[2], keepdims=1)": (4, [1, 0, 1]),
    "argmax(x[1])*x[0] + cumsum(x[2])": (3, [0, 0, 1]),
    "sum(reshape(x, [len(x)/3, 3])[0])": (6, [1, 1, 1]),
    "sum(-[1, 2, 3]*x) + ([1, 2, 3] + 1)[-1]": (-10, [-1, -2, -3]),
}


@BOTH
@pytest.mark.parametrize("text", NOTHING)
def test_nothing_and_one_element(text, mode):
    value, gradient = NOTHING[text]
    found = diffcli.grad(text, {"x": np.array([1.0, 2.0, 3.0])}, mode=mode)
    assert found.value == value
    assert np.array_equal(found.gradient["x"], gradient)


@pytest.mark.parametrize("text", NOTHING)
def test_nothing_is_written_out_too(text):
    tape = lower(parse(text), shapes={"x": (3,)})
    values = evaluate(tape, [np.array([1.0, 2.0, 3.0])])
    written = write_out(tape, values).tape
    numbers = evaluate(written, [1.0, 2.0, 3.0])
    assert numbers[written.output] == NOTHING[text][0]
    bars = adjoints(written, numbers, activity(written))[:3]
    assert np.allclose([bar or 0.0 for bar in bars], NOTHING[text][1])


def test_a_norm_with_zeros_in_it_is_smooth_in_numbers_too():
    tape = lower(parse("norm(x)"), shapes={"x": (3,)})
    x = [0.0, 0.0, 2.0]
    written = write_out(tape, evaluate(tape, [np.array(x)])).tape
    derived = gradient_tape(written, range(3))
    swept = [tangents(derived, evaluate(derived, x), direction) for direction in np.eye(3).tolist()]
    assert np.array_equal([[column[slot] or 0.0 for slot in derived.outputs[1:]] for column in swept], np.diag([0.5, 0.5, 0.0]))


@pytest.mark.parametrize("text", [*NOTHING, "sum(reshape(x[3:], [0, 2, 2])) + x[0]"])
@pytest.mark.parametrize("format", [name for name, row in FORMATS.items() if not row.needs])
def test_nothing_is_shown_in_every_format(text, format):
    result = run(["grad", text, "--at", "x=[1,2,3]", "--format", format])
    assert result.exit == 0 and result.stdout, result.stderr


def test_every_way_agrees_on_nothing():
    result = run('check "sum(x[3:]) + norm(x[3:]) + x[0]*x[1]" --at x=[1,2,3]')
    assert result.exit == 0, result.stderr


# -- where neither branch of a choice has a derivative, and what is said of what is not finite --------------------------------------

UNDECIDED = {
    # text: point, gradient under the policy nan: NaN by what a branch at its boundary is made of, elsewhere that of the branch taken
    "where(x > 0, x, y)": ({"x": 0, "y": 1}, {"x": NAN, "y": NAN}),
    "where(x > 0, exp(x), y)": ({"x": 0, "y": 1}, {"x": NAN, "y": NAN}),
    "where(x > 0, where(y > 1, exp(x), x), y)": ({"x": 0, "y": 1}, {"x": NAN, "y": NAN}),
    "where(x > 0, exp(x), 3) + y": ({"x": 0, "y": 1}, {"x": NAN, "y": 1}),
    "where(x > 0, floor(x) + z, y)": ({"x": 0, "y": 1, "z": 2}, {"x": 0, "y": NAN, "z": NAN}),
    "where(x > 0, sum(exp(v))*x, y)": ({"x": 0, "y": 1, "v": [1, 2]}, {"x": NAN, "y": NAN, "v": [NAN, NAN]}),
    "where(x > 0, max(v)*x, y) + v[1]": ({"x": 0, "y": 1, "v": [1, 2]}, {"x": NAN, "y": NAN, "v": [NAN, NAN]}),
    "sum(where(v > 0, log(v), 2*v))": ({"v": [0, -1, 2]}, {"v": [NAN, 2, 0.5]}),
    "sum(where(v > 0, w, 2*v))": ({"v": [0, 1], "w": [3, 4]}, {"v": [NAN, 0], "w": [NAN, 1]}),
    "sum(where(v > 0, log(x), 2*v))": ({"v": [0, -1], "x": 2}, {"v": [NAN, 2], "x": NAN}),
}


@BOTH
@pytest.mark.parametrize("text", UNDECIDED)
def test_neither_branch_has_a_derivative_at_its_boundary(text, mode):
    point, wanted = UNDECIDED[text]
    found = diffcli.grad(text, point, mode=mode, kink="nan").gradient
    assert {name: np.array_equal(found[name], wanted[name], equal_nan=True) for name in wanted} == dict.fromkeys(wanted, True), found


@pytest.mark.parametrize("mode", ["reverse", "forward", "numeric", "symbolic"])
def test_a_constant_is_a_result_beside_arrays(mode):
    found = diffcli.grad("len(y)*1.0", {"y": [1, 2]}, mode=mode)
    assert found.value == 2 and found.gradient["y"].tolist() == [0, 0]
    found = diffcli.grad("where(sum(y) > 0, 3, y[0])", {"y": [1, 2]}, mode=mode)
    assert found.value == 3 and found.gradient["y"].tolist() == [0, 0]


@pytest.mark.parametrize("mode", ["auto", "numeric", "symbolic"])
def test_a_gradient_may_be_constant_beside_arrays(mode):
    found = diffcli.hessian("sum(y^2) + g", {"y": [1, 2], "g": 3}, mode=mode)
    assert found.matrix == ((2, 0, 0), (0, 2, 0), (0, 0, 0)) and found.gradient["g"] == 1
    assert diffcli.jacobian("[len(y)*1.0, y[0]]", {"y": [1, 2]}, mode=mode).matrix == ((0, 0), (1, 0))


@pytest.mark.parametrize("text", [
    "sum(where(x > 1, log(x), 3*x))", "sum(where(x > 1, abs(x), 2*x))", "sum(sqrt(x)[1:])", "sum(abs(x)[1:])",
    "[0, 1] @ where([0, 1] > 0, sqrt(x), x)", "sum(where([0, 1] > 0, max(x, 0), x))",
])  # fmt: skip
def test_a_break_of_an_element_that_is_not_there_touches_nothing(text):
    assert diffcli.grad(text, {"x": [0, 4]}, strict=True).notes == ()
    assert diffcli.grad(text, {"x": [0, 4]}, mode="forward", kink="error").notes == ()


def test_a_break_is_told_of_the_elements_that_are_there():
    (note,) = diffcli.grad("sum(where([1, 0, 1] > 0, abs(x), x))", {"x": [0, 0, 4]}).notes
    assert note.message == "`abs` has a kink here, at 1 of 3 elements, the first [0]"


SAID = {
    # text: point, codes and the first words of the notes on what is not finite
    "sum(v)*exp(1000*y)": ({"v": [1], "y": 1}, [("overflow", "")]),
    "sum(exp(v))": ({"v": [1, 1000]}, [("overflow", "at 1 of 2 elements, the first [1]")]),
    "sum(v)*sqrt(x^2 + c^2)": ({"v": [1], "x": 0, "c": 0}, [("pole", "along x"), ("indeterminate", ""), ("indeterminate", "")]),
    "sum(sqrt(v^2))": ({"v": [0, 1]}, [("pole", ""), ("indeterminate", "at 1 of 2 elements, the first [0]")]),
    "sum(0*sqrt(v))": ({"v": [4, 0]}, [("pole", ""), ("indeterminate", "at 1 of 2 elements, the first [1]")]),
}


@pytest.mark.parametrize("text", SAID)
def test_what_is_not_finite_has_its_reason(text):
    point, wanted = SAID[text]
    notes = [note for note in diffcli.grad(text, point).notes if note.severity == "warning"]
    assert [note.code for note in notes] == [code for code, _ in wanted]
    for note, (_, words) in zip(notes, wanted, strict=True):
        assert not words or any(each.startswith(words) for each in note.notes), note


def test_results_that_are_arrays_are_explained():
    overflow = [note for note in diffcli.jacobian("exp(v)*x", {"v": [1, 1000], "x": 2}).notes if note.code == "overflow"]
    assert [note.notes[:1] for note in overflow] == [("at 1 of 2 elements, the first [1]",)]


def test_a_product_that_is_infinite_is_explained():
    found = diffcli.jvp("sqrt(x)*y", {"x": 0, "y": 1}, {"x": 1})
    assert found.product == {"f": INF} and [note.code for note in found.notes] == ["pole"]
    assert [note.code for note in diffcli.jvp("exp(x)*y", {"x": 1000, "y": 1}, {"x": 1}).notes] == ["overflow"]


WRONG = {
    "argmax along two": 'grad "argmax(W, axis=[0, 1])" --at W=[[1,2],[3,4]]',
    "softmax without such an axis": 'grad "softmax(x, axis=1)[0]" --at x=[1,2]',
    "an axis twice": 'grad "sum(W, axis=[0, 0])" --at W=[[1,2],[3,4]]',
    "no examples": 'grad "cross_entropy(W[2:], [0][1:])" --at W=[[1,2],[3,4]]',
    "labels of a batch": 'grad "cross_entropy(W, [0, 2])" --at W=[[1,2],[3,4]]',
    "a label that is not whole": 'grad "cross_entropy(W, [0, 0.5])" --at W=[[1,2],[3,4]]',
    "singular to solve": 'grad "sum(solve(W, x))" --at W=[[1,2],[2,4]],x=[1,2]',
    "logarithms of a matrix": 'grad "sum(log(W @ x))" --at W=[[1,2],[-2,-4]],x=[1,2]',
    "a step of 0": 'grad "sum(x[::0])" --at x=[1,2]',
    "a mean of nothing": 'grad "mean(x[2:])" --at x=[1,2]',
    "a reshape that guesses twice": 'grad "sum(reshape(x, [-1, -1]))" --at x=[1,2]',
}


@pytest.mark.parametrize("name", WRONG)
def test_errors_have_these_texts(name, golden):
    golden(f"arrays/{name.replace(' ', '-')}.txt", transcript(WRONG[name]))


def cofactors(matrix):
    """The cofactors of a matrix of whole numbers, exactly, by Leibniz's formula for what is left without a row and a column."""
    size = len(matrix)
    left = [[[[x for k, x in enumerate(row) if k != j] for n, row in enumerate(matrix) if n != i] for j in range(size)] for i in range(size)]
    return [[(-1) ** (i + j) * leibniz(left[i][j]) for j in range(size)] for i in range(size)]


def leibniz(matrix):
    total = 0
    for order in permutations(range(len(matrix))):
        inversions = sum(order[j] > order[i] for i in range(len(order)) for j in range(i))
        total += (-1) ** inversions * prod(matrix[row][column] for row, column in enumerate(order))
    return total


def of_rank(size, rank):
    """Whole numbers: a product of two thin matrices."""
    draw = np.random.default_rng(10 * size + rank)
    left, right = (draw.integers(-2, 3, shape).astype(object) for shape in ((size, rank), (rank, size)))
    return (left @ right if rank else np.zeros((size, size), dtype=object)).tolist()


@pytest.mark.parametrize(("size", "rank"), [(size, rank) for size in (5, 6) for rank in range(size + 1)])
def test_a_determinant_in_numbers_divides_by_nothing_that_vanishes(size, rank):
    matrix = of_rank(size, rank)
    flat = [float(entry) for row in matrix for entry in row]
    tape = lower(parse("det(A)"), shapes={"A": (size, size)})
    written = write_out(tape, evaluate(tape, [np.array(matrix, dtype=float)])).tape
    values = evaluate(written, flat)
    scale = max(map(abs, flat)) ** (size - 1) or 1.0
    assert values[written.output] == pytest.approx(leibniz(matrix), abs=1e-12 * scale * max(map(abs, flat)))
    bars = adjoints(written, values, activity(written))[: size**2]
    assert np.allclose(np.reshape([bar or 0.0 for bar in bars], (size, size)), np.array(cofactors(matrix), float), rtol=1e-9, atol=1e-11 * scale)


def test_a_determinant_of_rank_n_less_2_by_differences():
    found = diffcli.grad("det(A)", {"A": np.diag([1.0, 1.0, 1.0, 0.0, 0.0])}, mode="numeric")
    assert found.value == 0 and not found.gradient["A"].any() and not found.notes


# -- tails of softmax and its relatives --------------------------------------------------------------------------------------


def log_share(z, place):
    return z[place] - mp.log(mp.fsum(map(mp.exp, z)))


TAILS = {
    "softmax(z)[0]": lambda *z: mp.exp(log_share(z, 0)),
    "softmax(z)[1]": lambda *z: mp.exp(log_share(z, 1)),
    "s = softmax(z); s[0] + s[2]": lambda *z: mp.exp(log_share(z, 0)) + mp.exp(log_share(z, 2)),
    "log_softmax(z)[0]": lambda *z: log_share(z, 0),
    "log_softmax(z)[2]": lambda *z: log_share(z, 2),
    "logsumexp(z)": lambda *z: mp.log(mp.fsum(map(mp.exp, z))),
    "cross_entropy(z, 0)": lambda *z: -log_share(z, 0),
    "cross_entropy(stack(z, [1, 2, 3]), [0, 2])": lambda *z: -(log_share(z, 0) + log_share((1, 2, 3), 2)) / 2,
}
LOGITS = [[40, 0, -3], [0, 0, -40], [-700, 30, 2], [500, 0, -100], [0.1, 0.1, 0.1], [1, 2, 3], [-5, -45, -46], [1e10, 0, 3]]
SINGLE = 2.0**-23
"""The relative distance of one number in single precision to the next."""


@pytest.mark.parametrize("z", LOGITS, ids=str)
@pytest.mark.parametrize("text", TAILS)
def test_softmax_and_its_relatives_keep_their_tails(text, z):
    z = list(map(float, z))
    exact = oracle.value_of(TAILS[text], z)
    slopes = [oracle.derivative_of(TAILS[text], z, place) for place in range(len(z))]
    modes = ("reverse", "forward") if "+" not in text else ("reverse",)  # forward mode adds the tangents of two shares
    for mode in modes:
        found = compute(text, {"z": z}, Options(mode=mode))
        assert oracle.ulps(found.value, exact) <= 4
        assert max(map(oracle.ulps, map(float, found.gradient["z"]), slopes)) <= 4
    written = taylor(f"z = [t, u, v]; {text}", dict(zip("tuv", z, strict=True)), wrt="t", order=1)
    assert oracle.ulps(written.coefficients[1], slopes[0]) <= 64  # written out in numbers


@pytest.mark.parametrize("z", LOGITS, ids=str)
@pytest.mark.parametrize("text", [text for text in TAILS if "stack" not in text and "+" not in text])
def test_the_engine_keeps_these_tails_in_single_and_double_precision(text, z):
    for kind, unit in (("float64", 2.0**-52), ("float32", SINGLE)):
        x = ad.tensor(z, dtype=kind, requires_grad=True)
        name, place = text.split("(")[0], int(text[-2]) if text[-2].isdigit() else None
        if name == "cross_entropy":
            y = functional.cross_entropy(x.reshape(1, -1), [place])
        else:
            y = getattr(ad, name)(x, dim=0)
            y = y if place is None else y[place]
        y.backward()
        assert x.grad.dtype == kind
        at = [float(one) for one in x.tolist()]
        exact = [oracle.value_of(TAILS[text], at), *[oracle.derivative_of(TAILS[text], at, place) for place in range(len(at))]]
        smallest = 2.0**-126 if kind == "float32" else 2.0**-1022
        for found, right in zip([y.item(), *x.grad.tolist()], exact, strict=True):
            assert abs(found - right) <= 4 * unit * max(abs(right), smallest), (kind, found, right)


AXES = {
    "sum(max(where(x > -9, where(x > 0, A, 1), 0), axis=1))": [("tie", "the operands of `max` are equal here, at 1 of 2 elements, the first [0]")],
    "sum(max(where(x < 0, A, 1), axis=1))": [("tie", "the operands of `max` are equal here, at 2 of 2 elements, the first [0]")],
    "sum(min(where(x > 0, A, 0), axis=0))": [],
    "sum(norm(where(x > 0, A, 0), axis=0))": [],
    "sum(norm(where(x > 0, A*0, 0), axis=1))": [("kink", "`norm` has a kink here, at 2 of 2 elements, the first [0]")],
    "sum(max(where(stack(x, x) < 0, sin(A), [[1], [2]]), axis=1))": [],
    "max(where(x > 0, A, 1))": [("tie", "the operands of `max` are equal here")],
    "sum(argmax(where(x > 0, A*2, 5), axis=1)*A[:, 0])": [("flat", "`argmax` is flat: its derivative is 0 almost everywhere")],
}  # fmt: skip
"""Breaks of results along an axis, of which only some elements are of what moves; those of constants alone are none."""


@pytest.mark.parametrize("text", AXES)
def test_breaks_along_an_axis_of_what_moves_in_part(text):
    at = {"x": [1.0, 0.5, -1.0], "A": [[1.0, 1.0, 1.0], [0.0, 0.0, 1.0]]}
    found = diffcli.grad(text, at, wrt="A")
    assert [(note.code, note.message) for note in found.notes if note.code in ("tie", "kink", "flat")] == AXES[text]
