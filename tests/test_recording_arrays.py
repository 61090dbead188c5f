"""Python functions of arrays on the tape: NumPy's numbers, derivatives against differences, shapes and refusals at their line."""

from __future__ import annotations

import math
import textwrap

import numpy as np
import pytest
from console import fresh, run
from inside import ARRAY_FUNCTIONS, ARRAYS, evaluate, record

import diffcli

POINT = np.array([0.91, 0.4, 0.7, 0.16])
MATRIX = np.array([[0.5, -1.5, 2.0], [1.25, 0.75, -0.5]])

OF_VECTORS = {
    "elements": lambda x: x[0] * x[-1] + x[1:3].sum() + x[::-1][0] + x[np.int64(2)],
    "iteration": lambda x: sum(x) * len(x) + x.size + x.ndim,
    "reductions": lambda x: np.prod(x) + x.mean() + x.std() + x.var(ddof=1) + x.max() * x.min() + np.average(x, weights=[1, 2, 3, 4]),
    "joining": lambda x: np.concatenate([x[:2], [x[0] * 2], x[2:]]) @ np.arange(5.0) + np.stack([x, x * x]).T.reshape(-1)[3],
    "stacks": lambda x: np.vstack([x, x * x])[1, 2] + np.hstack([x, x])[5] + np.column_stack([x, x])[3, 1],
    "outer": lambda x: np.outer(x, x).trace() + np.diag(np.diag(x)).sum() + (x[:, None] * x[None, :]).sum(),
    "places": lambda x: x[[0, 0, 2]].sum() + x[np.array([True, False, True, False])].prod(),
    "places of matrices": lambda x: x.reshape(2, 2)[:, [1, 0]][0, 1] + x.reshape(2, 2)[[0, 1], [1, 0]].prod(),
    "ellipsis": lambda x: x.reshape(2, 2)[..., 1].sum() + x[None, ...].shape[0] * x[0],
    "cumsum": lambda x: np.cumsum(x)[2] * np.diff(x).prod() + np.flip(x)[0],
    "choices": lambda x: np.where(x > 0.5, x, 2 * x).sum() + np.clip(x, 0.2, 0.8).sum() + x.clip(None, 0.5).sum(),
    "masks": lambda x: np.where((x > 0.5) & ~(x > 0.8) | (x < 0.2), x, 0.0).sum(),
    "products": lambda x: np.dot(x, x) + x @ np.ones(4) + np.ones(4) @ x + np.vdot(x, x) + np.inner(x, [1, 2, 3, 4]),
    "linear algebra": lambda x: np.linalg.det(np.outer(x, x) + np.eye(4)) + np.linalg.inv(np.eye(4) * 2 + np.outer(x, x))[0, 1],
    "solve": lambda x: np.linalg.solve(np.eye(4) * 2 + np.outer(x, x), x).sum(),
    "elementwise": lambda x: (np.exp(x) * np.sin(x) / (1 + x**2) - np.sqrt(x) + 2.0**x + np.hypot(x, 1.0)).sum(),
    "remainders": lambda x: (x % 0.3).sum() + (x // 0.3).sum() + np.remainder(x, 0.25).sum() + (1 % x).sum(),
    "norms": lambda x: np.linalg.norm(x) + np.linalg.norm(x, 1) + np.linalg.norm(x, np.inf),
    "axes": lambda x: np.mean(x[None], axis=(0, 1)) + np.sum(x, axis=0, keepdims=True)[0] + np.expand_dims(x, 0).T[1, 0],
    "moving axes": lambda x: np.moveaxis(x.reshape(2, 1, 2), 0, 2)[0, 1, 0] + x.reshape(2, 2).swapaxes(0, 1)[0, 1] + x.reshape(1, 4).squeeze()[1],
    "reduce": lambda x: np.add.reduce(x) + np.multiply.reduce(x) + np.logaddexp.reduce(x) + np.maximum.reduce(x),
    "triangles": lambda x: np.tril(np.outer(x, x)).sum() * np.triu(np.outer(x, x), 1).sum() + np.zeros_like(x).sum(),
    "objects": lambda x: np.sum(np.array([x[0], x[1]]) * x[:2]) + (np.array([x[0], 2.0], dtype=object) * x[2:]).sum(),
    "numbers and arrays": lambda x: (x[0] * x).sum() + (np.array([1.0, 2.0]) * x[0]).sum() + (x - x[1]).prod(),
    "own functions": lambda x: diffcli.softmax(x)[0] + diffcli.logsumexp(x) + diffcli.sum(diffcli.sin(x)) + diffcli.norm(x),
    "largest": lambda x: diffcli.max(x) + diffcli.max(x, 0.5).sum() + diffcli.min(x.reshape(2, 2), axis=0).sum(),
    "branch": lambda x: x[0] if x.sum() > 0 and x[:1] > 0 else -x[0],
    "constant": lambda x: x.sum() * 0 + np.pi,
}  # fmt: skip


def plain_softmax(x):
    return np.exp(x) / np.exp(x).sum()


@pytest.mark.parametrize("name", OF_VECTORS)
def test_values_are_numpy_s_and_derivatives_those_of_differences(name):
    function = OF_VECTORS[name]
    result = diffcli.grad(function, {"x": POINT})
    assert result.value == pytest.approx(float(function(POINT)), rel=1e-13)
    steps = 1e-6 * np.eye(4)
    quotients = [(float(function(POINT + step)) - float(function(POINT - step))) / 2e-6 for step in steps]
    assert result.gradient["x"] == pytest.approx(quotients, rel=1e-6, abs=1e-8)
    forward = diffcli.grad(function, {"x": POINT}, mode="forward")
    assert forward.gradient["x"] == pytest.approx(result.gradient["x"], rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("name", OF_VECTORS)
def test_values_while_recording_are_those_of_the_tape(name):
    recording = record(OF_VECTORS[name], {"x": POINT})
    for one, other in zip(evaluate(recording.tape, [POINT]), recording.values, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("name", ["products", "choices", "numbers and arrays", "places", "branch"])
def test_every_way_agrees(name):
    assert diffcli.check(OF_VECTORS[name], {"x": POINT}).passed


def test_functions_of_arrays_on_plain_arrays_are_those_on_traced_ones():
    for name in ("sum", "softmax", "logsumexp", "amax", "prod", "cumsum", "norm"):
        function = getattr(diffcli, name)
        traced = record(lambda x, function=function: function(x), {"x": POINT})
        assert np.array_equal(function(POINT), traced.values[traced.tape.output])
    assert diffcli.reshape(POINT, (2, 2)).shape == diffcli.reshape(POINT, [2, -1]).shape == (2, 2)
    assert diffcli.one_hot([1, 0], 3).tolist() == [[0, 1, 0], [1, 0, 0]]
    assert diffcli.max([1.0, 3.0]) == 3.0 and diffcli.sin(np.zeros(2)).tolist() == [0.0, 0.0]
    assert diffcli.stack([POINT, POINT]).shape == (2, 4)
    with pytest.raises(TypeError, match="has no argument 'axes'"):
        diffcli.softmax(POINT, axes=0)


def test_every_function_of_arrays_is_a_function_of_the_library():
    for name, row in ARRAY_FUNCTIONS.items():
        if name in ("len", "shape", "trace"):
            continue
        others = {"one_hot": [[0.0, 1.0], {"classes": 2}]}
        *operands, fixed = [*ARRAYS[row].points[0], {}] if ARRAYS[row].points else others.get(row, [[0.0, 3.0, 1.0], {}])
        if isinstance(operands[-1], dict):
            fixed = operands.pop()
        operands = [np.array(operand, dtype=float) for operand in operands]
        names = [f"x{k}" for k in range(len(operands))]
        function = getattr(diffcli, name)
        wanted = function(*operands, **fixed)
        one = record(_named(function, len(names), fixed), dict(zip(names, operands, strict=True)))
        assert np.array_equal(one.values[one.tape.output], wanted), name


def _named(function, count, fixed):
    return [lambda x0: function(x0, **fixed), lambda x0, x1: function(x0, x1, **fixed)][count - 1]


def test_a_layer_is_exact_and_its_data_stands_on_the_tape_once():
    data = np.arange(12.0).reshape(4, 3)

    def layer(w):
        return (data @ w * (data @ w)).sum() + (data @ w).sum()

    recording = record(layer, {"w": np.ones((3, 2))})
    assert sum(hasattr(constant, "shape") for constant in recording.tape.constants) == 1
    exact = 2 * data.T @ data @ np.ones((3, 2)) + data.T @ np.ones((4, 2))
    assert np.array_equal(diffcli.grad(layer, {"w": np.ones((3, 2))}).gradient["w"], exact)


def test_data_that_is_written_into_between_two_uses_is_two_constants():
    def f(x):
        buffer = np.ones(2)
        total = (x * buffer).sum()
        buffer[0] = 5.0
        return total + (x * buffer).sum()

    assert diffcli.grad(f, {"x": np.ones(2)}).gradient["x"].tolist() == [6.0, 2.0]


def test_several_results_and_arrays_as_results():
    recording = record(lambda x: [x.sum(), x * 2, np.ones(2), [x[0], 1.0][0]], {"x": POINT})
    assert [recording.tape.shape(slot) if slot < recording.tape.slots else "constant" for slot in recording.tape.outputs] == [
        (), (4,), "constant", (),
    ]  # fmt: skip
    value, gradient = diffcli.value_and_grad(lambda x, scale: (x * scale).sum())(POINT, 3.0)
    assert gradient["x"].tolist() == [3.0] * 4 and gradient["scale"] == pytest.approx(POINT.sum())
    assert value == pytest.approx(3 * POINT.sum())


def test_a_boundary_in_a_function_of_arrays_has_both_slopes():
    (_, note) = diffcli.grad(lambda x: x.sum() if x[0] > 0 else -x.sum(), {"x": np.array([0.0, 0.0])}).notes
    assert (note.code, note.slopes) == ("branch", (("x[0]", -1.0, 1.0),))
    (note,) = diffcli.grad(lambda x: np.abs(x).sum(), {"x": np.array([0.0, -1.0])}).notes
    assert (note.code, note.slopes) == ("kink", (("x[0]", -1.0, 1.0),))


# -- what is refused --------------------------------------------------------------------------------------------------------


def refused(function, **at):
    with pytest.raises(diffcli.DiffcliError) as caught:
        diffcli.grad(function, at or {"x": POINT})
    lines = diffcli.explain(caught.value, 200).splitlines()
    return "\n".join(line.partition("│ ")[2].rstrip() if "│" in line else line for line in lines if " in test_rec" not in line)


def test_shapes_that_do_not_fit():
    def f(x, W):
        return (W @ x).sum()

    assert refused(f, x=POINT, W=MATRIX) == textwrap.dedent("""\
        error[shape-mismatch]: the shapes of a matrix product do not fit: 2 × 3 and 4 elements
                return (W @ x).sum()
                        ^^^^^ 2 × 3, 4 elements
          = help: each row of the first has 3 and each column of the second 4""")


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x: x + np.ones(3), "error[shape-mismatch]: shapes do not fit: 4 elements and 3 elements"),
        (lambda x: x.sum(axis=1), "error[bad-axis]: there is no axis 1: it has 1 axis"),
        (lambda x: x[7], "error[bad-index]: index 7 is out of range: there are 4 elements"),
        (lambda x: x[0, 0], "error[bad-index]"),
        (lambda x: x[1.5], "an index is a whole number, a slice, or an array of whole numbers or of yes and no, not a `float`"),
        (lambda x: x[x > 0.5].sum(), "indexing with a traced array decides by its values, and has no derivative"),
        (lambda x: x[x[0]], "error[untraceable]"),
        (lambda x: 1 if x > 0 else 2, "an array of 4 elements is neither true nor false"),
        (lambda x: np.asarray(x).sum(), "leave np.asarray(...) out"),
        (lambda x: np.sin(x, out=np.zeros(4)), "a plain array cannot be written into with a traced value"),
        (lambda x: np.sort(x)[0], "np.sort of a traced number is not recorded"),
        (lambda x: np.softmax(x), "AttributeError: module 'numpy' has no attribute 'softmax'"),
        (lambda x: np.einsum("i,i", x, x), "np.einsum of a traced number is not recorded"),
        (lambda x: np.sum(x, where=x > 0), "np.sum with where= of a traced number is not recorded"),
        (lambda x: x.astype(int).sum(), "leave astype(...) out"),
        (lambda x: x.round(2).sum(), "x.round() rounds to whole numbers"),
        (lambda x: float(x), "leave float(...) out"),
        (lambda x: x * "text", "a `str` is no real number and no array of real numbers"),
        (lambda x: x * np.array([1j]), "a `ndarray` is no real number and no array of real numbers"),
        (lambda x: {"a": x}, "returned a `dict`, not a number"),
        (lambda x: x, "a gradient is of a number, and the result has 4 elements"),
        (lambda x: math.exp(x[0]), "write diffcli.exp(...), or NumPy's function"),
        (lambda x: np.linalg.norm(x, 3), "np.linalg.norm with ord=3 is not recorded"),
        (lambda x: diffcli.grad("sum(x)", {"x": x}).value, "error[untraceable]: this makes a plain array of a traced one"),
    ],
)  # fmt: skip
def test_what_cannot_be_traced_is_refused_with_what_to_write(function, said):
    assert said in refused(function)


def test_elements_that_are_picked_stand_in_a_trace():
    trace = diffcli.trace(lambda v: np.sum(np.roll(v, 1) * v[[0, 2, 1]]), {"v": np.array([1.0, 2.0, 3.0])})
    assert [step.formula for step in trace.primal if "index" in step.formula] == ["index(v₁)", "index(v₀)"]
    assert trace.adjoint[-1].value.tolist() == [6.0, 4.0, 2.0]


def test_a_file_with_arrays(tmp_path, monkeypatch):
    (tmp_path / "net.py").write_text(
        "import numpy as np\n\n\ndef loss(x, w):\n    hidden = np.maximum(w @ x, 0)\n    return (hidden**2).sum()\n", encoding="utf-8"
    )
    np.save(tmp_path / "w.npy", np.array([[1.0, 2.0], [3.0, -4.0]]))
    monkeypatch.chdir(tmp_path)
    outcome = run("grad net.py:loss --at x=[1,2],w=@w.npy -q")
    assert (outcome.exit, outcome.stderr) == (0, "")
    assert outcome.stdout == "f\t25\ndf/dx[0]\t10\ndf/dx[1]\t20\ndf/dw[0,0]\t10\ndf/dw[0,1]\t20\ndf/dw[1,0]\t0\ndf/dw[1,1]\t0\n"


def test_functions_of_numbers_do_not_load_numpy():

    script = (
        "import sys, diffcli\n"
        "def f(x):\n    while x > 1:\n        x = diffcli.sin(x)*x/2\n    return x\n"
        "diffcli.grad(f, {'x': 3.0}); diffcli.value_and_grad(f)(2.0)\n"
        "print(*[name for name in ('numpy', 'sympy', 'rich', 'click') if name in sys.modules])"
    )
    assert fresh(script).strip() == ""


# -- an array and its elements give the same -----------------------------------------------------------------------------


@pytest.mark.parametrize("divisor", [0.1, 0.2, 0.3, -0.7, 0.0])
def test_a_quotient_that_is_rounded_up_to_a_whole_number_has_the_floor_of_the_exact_one(divisor):
    x = np.array([1.0, 0.6, 0.9, -1.4, 2.1, 3.0, 0.0])
    with np.errstate(all="ignore"):
        floors, remainders = x // divisor, x % divisor
    for function in (lambda x: x // divisor, lambda x: np.floor_divide(x, divisor), lambda x: divmod(x, divisor)[0]):
        found = diffcli.evaluate(function, {"x": x})
        assert [float(one) for one in found] == pytest.approx(floors, nan_ok=True, abs=0) if divisor else np.isnan(found).all()
    if divisor:
        assert diffcli.evaluate(lambda x: np.remainder(x, divisor), {"x": x}) == pytest.approx(remainders, abs=1e-15)


@pytest.mark.parametrize(
    "function",
    [np.linalg.norm, lambda x: np.dot(x, 3.0), lambda x: np.sum(x), lambda x: np.squeeze(x), lambda x: np.expand_dims(x, 0)[0]],
)
def test_a_number_is_an_array_without_axes(function):
    result = diffcli.grad(function, {"x": -2.0})
    assert result.value == float(function(np.float64(-2.0)))
    assert result.gradient["x"] == pytest.approx(float(function(np.float64(-1.0))) - float(function(np.float64(-2.0))))


@pytest.mark.parametrize("name", ["argmax", "var", "flip"])
def test_what_is_not_recorded_of_a_number_is_refused(name):
    with pytest.raises(diffcli.ExpressionError, match=f"np.{name} of a traced number is not recorded"):
        diffcli.grad(lambda x: getattr(np, name)(x) * x, {"x": 5.0})


def test_an_option_that_a_method_lacks_is_named():
    with pytest.raises(diffcli.ExpressionError, match=r"np.var with where= of a traced number is not recorded"):
        diffcli.grad(lambda x: np.var(x, where=[True, False]), {"x": [1.0, 2.0]})


def test_the_deviation_of_equal_elements_has_the_derivative_of_a_norm_at_0():
    result = diffcli.grad(lambda x: x.std() + np.std(x, ddof=1), {"x": [2.0, 2.0, 2.0]})
    assert result.value == 0.0 and result.gradient["x"].tolist() == [0.0, 0.0, 0.0]
    assert [note.code for note in result.notes] == ["kink", "kink"]
    x = np.array([[1.0, 2.0, 5.0], [4.0, 8.0, 9.0]])
    found = diffcli.evaluate(lambda x: np.std(x, axis=1, ddof=1, keepdims=True), {"x": x})
    assert found == pytest.approx(x.std(axis=1, ddof=1, keepdims=True), rel=1e-15)


def test_the_slopes_at_a_branch_are_those_of_the_result_that_it_decides():
    def f(x):
        smooth = x[0] * 0.0 + 0.0 * x[1]
        return [smooth, 2 * x[1] if x[1] > 0 else -x[1]]

    (note,) = [note for note in diffcli.jacobian(f, {"x": [2.0, 0.0]}).notes if note.code == "branch"]
    assert note.notes[0] == "it touches f2"
    assert [tuple(side) for side in note.slopes] == [("x[1]", -1.0, 2.0)]
