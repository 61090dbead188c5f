"""Functions of which nothing is known but what they return: differences of plain calls, from numbers and arrays to the same."""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest
from console import run

import diffcli

W = np.array([0.3, -1.2, 2.0])
A = np.array([[2.0, 1.0], [1.0, 3.0]])
BUFFER = np.zeros(2)
NORM = float(np.sqrt(0.09 + 1.44 + 4.0))


def adaptive(x):
    """sqrt(x) by Newton's method, as often as it takes."""
    y = x
    while abs(y * y - x) > 1e-15 * x:
        y = (y + x / y) / 2
        if abs(y * y - x) <= 4e-16 * x:
            break
    return float(y)


def scribbling(w):
    w *= 2
    return float(w[0] * w[1])


def reused(w):
    """It returns the same array at every call."""
    BUFFER[:] = w[0] * w[1], math.sin(w[0])
    return BUFFER


GRADIENTS = {
    "math": (lambda x, y: math.hypot(x, y), {"x": 3.0, "y": 4.0}, {"x": 0.6, "y": 0.8}),
    "norm": (lambda w: float(np.linalg.norm(w)), {"w": W}, {"w": W / NORM}),
    "an array": (lambda w: float(np.linalg.norm(w)), W, {"w": W / NORM}),
    "nested lists": (lambda m: float(np.linalg.det(m)), [[2.0, 1.0], [1.0, 3.0]], {"m": [[3.0, -1.0], [-1.0, 2.0]]}),
    "whole numbers": (lambda m: math.prod(map(float, m)), np.array([2, 3, 4]), {"m": [12.0, 8.0, 6.0]}),
    "solve": (lambda A, b: np.linalg.solve(A, b), {"A": A, "b": [1.0, 2.0]},
              {"A": [[[-0.12, -0.36], [0.04, 0.12]], [[0.04, 0.12], [-0.08, -0.24]]], "b": [[0.6, -0.2], [-0.2, 0.4]]}),
    "an adaptive loop": (adaptive, {"x": 2.0}, {"x": 0.5 / math.sqrt(2)}),
    "by text": (lambda x: float(f"{x:.17g}") ** 3, {"x": 2.0}, {"x": 12.0}),
    "single precision": (lambda w: np.float32(np.sin(w.astype(np.float32))).sum(), {"w": W}, {"w": np.cos(W)}),
    "it writes into its argument": (scribbling, np.array([3.0, 5.0]), {"w": [20.0, 12.0]}),
    "it returns the same array": (reused, {"w": [2.0, 3.0]}, {"w": [[3.0, 2.0], [math.cos(2), 0.0]]}),
    "a list of numbers": (lambda x, y: [x * y, math.exp(y)], {"x": 2.0, "y": 0.5}, {"x": [0.5, 0.0], "y": [2.0, math.exp(0.5)]}),
    "a list of one": (lambda x: [math.sin(x)], {"x": 0.5}, {"x": [math.cos(0.5)]}),
    "a list of arrays": (lambda x: [np.array([x, x * x]), np.array([1.0, x])], {"x": 3.0}, {"x": [[1.0, 6.0], [0.0, 1.0]]}),
    "a matrix": (lambda w: np.outer(w, w), np.array([2.0, 5.0]),
                 {"w": [[[4.0, 0.0], [5.0, 2.0]], [[5.0, 2.0], [0.0, 10.0]]]}),
    "nothing moves it": (lambda w: 4.0, W, {"w": [0.0, 0.0, 0.0]}),
    "by place": (math.atan2, {"y": 1.0, "x": 2.0}, {"y": 0.4, "x": -0.2}),
    "ill-scaled": (lambda w: float(math.sin(w[0] * 1e8) + math.log(w[1] * 1e-8)), [1e-8, 3e8], {"w": [1e8 * math.cos(1), 1 / 3e8]}),
    "a default": (lambda x, y=3.0: math.sin(x) * y, {"x": 0.5}, {"x": 3 * math.cos(0.5)}),
}  # fmt: skip
"""By hand."""


@pytest.mark.parametrize("name", GRADIENTS)
def test_derivatives_of_black_boxes_lie_within_their_bars(name):
    function, at, exact = GRADIENTS[name]
    found = diffcli.difference(function, at)
    assert found.estimates.keys() == exact.keys()
    for variable, right in exact.items():
        estimate, bar = np.asarray(found.estimates[variable]), np.asarray(found.bars[variable])
        assert estimate.shape == bar.shape == np.shape(right)
        assert np.all(np.abs(estimate - right) <= bar + 1e-15 * np.abs(right))
        assert np.all(bar <= (1e-2 if name == "single precision" else 1e-6) * max(1.0, np.max(np.abs(right))))
    elements = sum(np.size(value) for value in found.at.values())
    assert found.evaluations <= 60 + 40 * elements


def test_numbers_and_arrays_of_numbers_take_the_shape_of_what_is_given():
    found = diffcli.difference(lambda x, w: x * w[0] + w[1], {"x": 2.0, "w": [3.0, 4.0]})
    assert isinstance(found.value, float) and isinstance(found.estimates["x"], float)
    assert found.estimates["w"].shape == (2,)
    assert found.at["w"].tolist() == [3.0, 4.0]


def test_only_what_is_asked_for_is_moved_and_the_rest_may_be_anything():
    seen = []
    found = diffcli.difference(lambda x, n, kind: seen.append((n, kind)) or math.sin(x) ** n, {"x": 0.5, "n": 2, "kind": "a"}, wrt="x")
    assert found.estimates == {"x": pytest.approx(math.sin(1.0), rel=1e-10)}
    assert set(seen) == {(2, "a")}


def test_the_calls_of_an_element_serve_every_result():
    def one(w):
        return float(np.sum(np.sin(w)))

    def many(w):
        return np.sin(w).sum() * np.arange(1.0, 6.0)

    w = np.linspace(0.1, 2, 50)
    assert diffcli.difference(many, w).evaluations <= 1.1 * diffcli.difference(one, w).evaluations
    assert diffcli.difference(one, w).evaluations <= 20 * 50


def test_every_call_is_counted():
    calls = []
    found = diffcli.difference(lambda w: calls.append(1) or float(w @ w), W)
    assert found.evaluations == len(calls)


def test_second_derivatives_are_those_of_each_element():
    found = diffcli.difference(lambda w: float(w[0] ** 3 * w[1] + math.exp(w[1])), [2.0, 0.5], derivative=2)
    assert np.all(np.abs(found.estimates["w"] - [6.0, math.exp(0.5)]) <= found.bars["w"])


# -- where there is no derivative -----------------------------------------------------------------------------------------------


def test_at_a_kink_there_are_the_slopes_of_the_sides():
    found = diffcli.difference(lambda w: abs(w[0]) + 2 * w[1], [0.0, 1.0])
    assert np.isnan(found.estimates["w"][0]) and np.isnan(found.bars["w"][0])
    assert abs(found.estimates["w"][1] - 2) <= found.bars["w"][1]
    ((_, corner), (_, smooth)) = found.differences
    assert (corner.left, corner.right) == (pytest.approx(-1), pytest.approx(1))
    assert (smooth.left, smooth.right) == (None, None)
    (note,) = found.notes
    assert (note.code, note.slopes[0].variable, note.notes) == ("no-difference", "w[0]", ("the slopes on the two sides differ: a kink",))


@pytest.mark.parametrize("function", [
    lambda w: w[0] ** 1.5 + w[1] if w[0] >= 0 else math.nan,
    lambda w: math.sqrt(w[0]) ** 3 + w[1],
    lambda w: {True: w[0] ** 1.5 + w[1]}[bool(w[0] >= 0)],
], ids=["nan", "ValueError", "KeyError"])  # fmt: skip
def test_at_the_edge_of_a_domain_it_is_one_sided(function):
    found = diffcli.difference(function, [0.0, 1.0])
    assert np.all(np.abs(found.estimates["w"] - [0.0, 1.0]) <= found.bars["w"])
    assert found.differences[0][1].reason.startswith("one-sided, because the domain ends at the point")


def test_an_exception_beside_the_point_is_told():
    found = diffcli.difference(lambda w: math.sqrt(w[0]) ** 3 + w[1], [0.0, 1.0])
    assert [note.message for note in found.notes if note.code == "raised-beside"] == [
        "beside the point the function raises ValueError: math domain error; its values there count as undefined"
    ]


def test_results_that_are_undefined_have_no_derivative_and_leave_the_others():
    found = diffcli.difference(lambda w: np.array([w[0] ** 2, np.nan * w[1]]), [3.0, 1.0])
    assert found.estimates["w"][0] == pytest.approx([6.0, 0.0])
    assert np.all(np.isnan(found.estimates["w"][1]))
    assert "the value at the point is undefined" in found.notes[0].notes


def text_of(call):
    with pytest.raises(diffcli.DiffcliError) as caught:
        call()
    return diffcli.explain(caught.value)


def changes(w):
    return np.zeros(2 if w[0] == 1 else 3)


REFUSED = {
    "an exception at the point": (lambda: diffcli.difference(lambda w: math.log(-w[0]), [1.0]), "error[python-error]: ValueError:"),
    "undefined at the point": (
        lambda: diffcli.difference(lambda w: math.nan, [1.0]), "error[domain]: the function is undefined at the point: its value is nan\n",
    ),
    "one of several undefined": (
        lambda: diffcli.difference(lambda w: [1.0, math.nan], [1.0]),
        "error[domain]: the function is undefined at the point: its value is nan\n  = note: that of f2\n",
    ),
    "None": (lambda: diffcli.difference(lambda w: None, [1.0]), "error[bad-result]: `<lambda>` returned None, not a number\n"),
    "a text": (lambda: diffcli.difference(lambda w: "1", [1.0]), "error[bad-result]: `<lambda>` returned a `str`, not a number\n"),
    "a text in a list": (
        lambda: diffcli.difference(lambda w: [1.0, "1"], [1.0]), "error[bad-result]: `<lambda>` returned a `str` among its results, not a number\n",
    ),
    "complex numbers": (
        lambda: diffcli.difference(lambda w: w * 1j, [1.0]), "error[bad-result]: `<lambda>` returned an array of `complex128`, not a number\n",
    ),
    "a complex number": (
        lambda: diffcli.difference(lambda w: cmath.sqrt(-w[0]), [1.0]), "error[domain]: the function is undefined at the point: its value is complex\n",
    ),
    "a complex number at a number": (
        lambda: diffcli.difference(lambda x: cmath.sqrt(-x), 1.0), "error[domain]: the function is undefined at the point: its value is complex\n",
    ),
    "a complex number in a list": (
        lambda: diffcli.difference(lambda x: [x, cmath.sqrt(-x)], {"x": 1.0}),
        "error[domain]: the function is undefined at the point: its value is complex\n  = note: that of f2\n",
    ),
    "a complex number in a list of one": (
        lambda: diffcli.difference(lambda w: [complex(w[0])], [1.0]), "error[domain]: the function is undefined at the point: its value is complex\n",
    ),
    "an exception at a number": (
        lambda: diffcli.difference(lambda x: math.sqrt(-x), 1.0),
        "error[domain]: the function is undefined at the point: it raises ValueError: math domain error\n",
    ),
    "a quotient by 0": (
        lambda: diffcli.difference(lambda x: 1 / (x - 1), 1.0),
        "error[domain]: the function is undefined at the point: it raises ZeroDivisionError: ",
    ),
    "infinite": (lambda: diffcli.difference(lambda x: x * math.inf, 1.0), "error[domain]: the function is undefined at the point: its value is inf\n"),
    "beyond floats": (lambda: diffcli.difference(lambda x: 10**5000, 1.0), "error[domain]: the function is undefined at the point: its value is nan\n"),
    "nothing": (lambda: diffcli.difference(lambda w: [], [1.0]), "error[bad-result]: `<lambda>` returned no numbers\n"),
    "an empty array": (lambda: diffcli.difference(lambda w: w[:0], [1.0]), "error[bad-result]: `<lambda>` returned an empty array, not a number\n"),
    "other shapes beside": (
        lambda: diffcli.difference(changes, [1.0]),
        "error[bad-result]: `changes` returns results of the shapes (2,) at the point, and (3,) beside it\n",
    ),
    "shapes that make no array": (
        lambda: diffcli.difference(lambda w: [w, 1.0], [1.0, 2.0]),
        "error[bad-result]: the results have the shapes (2,), (), and make no array\n"
        '  = help: diffcli.jacobian(function, at, mode="numeric") takes several shapes\n',
    ),
    "a name too few": (
        lambda: diffcli.difference(math.sin, {"t": 1.0}),
        'error[missing-value]: no value for `x`\n  = note: at= gives `t`, which `sin` does not use\n  = help: add at="x=..."\n',
    ),
    "no such name": (
        lambda: diffcli.difference(math.sin, {"x": 1.0}, wrt="y"), "error[unknown-variable]: `sin` has no variable `y`\n  = help: its variables: x\n",
    ),
    "no numbers": (lambda: diffcli.difference(math.sin, {"x": "a"}), "error[bad-value]: `a` has no value here\n"),
    "not finite": (lambda: diffcli.difference(np.sum, np.array([1.0, np.inf])), "error[bad-value]: the value of `a[1]` is inf, not a finite number\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_differences_is_refused(name):
    call, said = REFUSED[name]
    assert text_of(call).startswith(said)


# -- numeric mode of what cannot be recorded --------------------------------------------------------------------------------------


FILE = '''\
import math
import numpy as np

def f(x, y=2.0):
    return math.sin(x)*y

def several(x, w):
    return [math.sin(x)*w[1], float(np.linalg.norm(w))]

def corner(x):
    return math.fabs(x)

def mistake(x):
    return math.sin(x) + unknown

def recorded(x):
    return x**3
'''


@pytest.fixture
def file(tmp_path, monkeypatch):
    (tmp_path / "model.py").write_text(FILE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)


SAID = """\
  in model.py
5 │     return math.sin(x)*y
  │            ^^^^^^^^^^^
"""


@pytest.mark.usefixtures("file")
def test_numeric_mode_says_that_it_calls_what_cannot_be_recorded_and_why():
    found = run("grad model.py:f --at x=1,y=3 --mode numeric -q")
    assert found.exit == 0
    numbers = {name: float(value) for name, value in (line.split("\t") for line in found.stdout.splitlines())}
    assert numbers == pytest.approx({"f": 3 * math.sin(1), "df/dx": 3 * math.cos(1), "df/dy": math.sin(1)}, rel=1e-10)
    assert found.stderr.startswith("note[plain-calls]: `model.f` cannot be recorded: these are differences of ")
    assert found.stderr.endswith(f"""\
 plain calls, with estimated bars
{SAID}\
  = note: `math.sin(...)` needs a plain number, and would take this one out of
          the recording
""")


@pytest.mark.usefixtures("file")
@pytest.mark.parametrize("mode", ["reverse", "forward", "symbolic"])
def test_the_other_modes_name_the_command_that_works(mode):
    found = run(f"grad model.py:f --at x=1 --at y=3 --wrt x --mode {mode}")
    assert (found.exit, found.stdout, found.stderr) == (3, "", f"""\
error[untraceable]: `math.sin(...)` needs a plain number, and would take this one out of the recording
{SAID}\
  = help: write diffcli.sin(...), or NumPy's function
  = help: differences of plain calls need no recording: diffcli grad model.py:f
          --at x=1 --at y=3 --wrt x --mode numeric
""")
    assert run("grad model.py:f --at x=1 --at y=3 --wrt x --mode numeric").exit == 0


@pytest.mark.usefixtures("file")
@pytest.mark.parametrize(("arguments", "works"), [
    ("check model.py:f --at x=1", "grad model.py:f --at x=1"),
    ('check model.py:f --at "x = 1/3, y = 2"', "grad model.py:f --at 'x = 1/3, y = 2'"),
    ("check model.py:f --points points.csv", "grad model.py:f --at x=1.5,y=2"),
    ("check model.py:f --points points.csv --wrt x", "grad model.py:f --at y=2,x=1.5 --wrt x"),
    ("jvp model.py:f --at x=1,y=2 --direction x=1 --mode numeric", "grad model.py:f --at x=1,y=2"),
    ('vjp model.py:several --at "x=1,w=[3,4]" --weights f1=1', "jacobian model.py:several --at 'x=1,w=[3,4]'"),
    ("hessian 'a folder/my.model.py:f' --at x=1", "grad 'a folder/my.model.py:f' --at x=1"),
    ("plot model.py:f --at y=2", "grad model.py:f --at y=2,x=0 --wrt x"),
])  # fmt: skip
def test_what_needs_no_recording_is_named_as_a_whole_line_that_works(arguments, works, tmp_path):
    (tmp_path / "points.csv").write_text("x,y\n1.5,2\n3,4\n", encoding="utf-8")
    (tmp_path / "a folder").mkdir()
    (tmp_path / "a folder" / "my.model.py").write_text(FILE, encoding="utf-8")
    found = run(arguments)
    assert found.exit == 3
    assert f"need no recording: diffcli {works} --mode numeric\n" in " ".join(found.stderr.split()) + "\n"
    assert run(f"{works} --mode numeric").exit == 0


@pytest.mark.usefixtures("file")
@pytest.mark.parametrize(("arguments", "code", "said"), [
    ("grad model.py:corner --at x=0 --mode numeric", 4, "no-difference: -1 on the left, 1 on the right"),
    ("grad model.py:corner --at x=0 --mode numeric --strict", 5, "the slopes on the two sides differ: a kink"),
    ("grad model.py:f --at x=1 --mode numeric --method central --step 1e-3", 0, "the step is as given"),
    ("grad model.py:f --at x=1 --mode numeric --method ridders", 0, "Ridders' tableau"),
    ("grad model.py:f --at x=1 --mode numeric --rule shi", 0, "(Shi et al. 2022)"),
    ("grad model.py:f --at x=1 --mode numeric --method complex", 2, "the complex step needs the tape of a function"),
    ("grad model.py:f --at x=1 --mode numeric --rule theory", 2, "the rule theory needs the tape of a function"),
    ("grad model.py:several --at x=1,w=[3,4] --mode numeric", 3, "a gradient is of a number, and there are several results"),
    ("grad model.py:mistake --at x=1 --mode numeric", 3, "error[python-error]: NameError: name 'unknown' is not defined"),
    ("grad model.py:mistake --at x=1", 3, "write diffcli.sin(...), or NumPy's function\n"),
    ("check model.py:f --at x=1", 3, "no recording: diffcli grad model.py:f\n          --at x=1 --mode numeric\n"),
])  # fmt: skip
def test_command_lines_with_what_cannot_be_recorded(arguments, code, said):
    found = run(arguments)
    assert found.exit == code
    assert said in found.stdout + found.stderr
    assert "need no recording" not in found.stderr or "mistake" not in arguments


def several(x, w):
    return [math.sin(x) * w[1], float(np.linalg.norm(w))]


JACOBIAN = [[4 * math.cos(1), 0.0, math.sin(1)], [0.0, 0.6, 0.8]]


def test_a_jacobian_of_plain_calls():
    found = diffcli.jacobian(several, {"x": 1.0, "w": [3.0, 4.0]}, mode="numeric")
    assert (found.rows, found.columns) == (("f1", "f2"), ("x", "w[0]", "w[1]"))
    assert np.allclose(found.matrix, JACOBIAN, rtol=0, atol=1e-11)
    assert found.jacobian["f2"]["w"] == pytest.approx([0.6, 0.8])
    assert found.values == {"f1": pytest.approx(4 * math.sin(1)), "f2": 5.0}
    bars = [each.error for _, each in found.differences]
    assert np.all(np.abs(np.ravel(found.matrix) - np.ravel(JACOBIAN)) <= bars)
    assert [note.code for note in found.notes] == ["plain-calls"]


def test_a_product_with_a_direction_names_the_jacobian():
    said = text_of(lambda: diffcli.jvp(several, {"x": 1.0, "w": [3.0, 4.0]}, {"x": 2.0, "w": [0.0, 5.0]}, mode="numeric"))
    assert 'plain calls need no recording: diffcli.jacobian(several, at, mode="numeric")' in " ".join(said.split())


def test_what_can_be_recorded_is_recorded():
    found = diffcli.grad(lambda x: x**3, {"x": 2.0}, mode="numeric")
    assert found.differences[0].bound
    assert found.notes == ()


def test_a_derivative_inside_a_function_has_its_own_refusal():
    with pytest.raises(diffcli.DiffcliError, match="a number of one recording meets a number of another"):
        diffcli.grad(lambda x: diffcli.grad(lambda z: z * x, {"z": 2.0}).value, {"x": 1.0})
    found = diffcli.grad(lambda x: diffcli.grad(lambda z: z**2 * x, {"z": 2.0}).gradient["z"], {"x": 1.0}, mode="numeric")
    assert abs(found.gradient["x"] - 4) <= found.differences[0].error
