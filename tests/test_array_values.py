"""Arrays that come in, by texts, mappings and files, and go out, in every format: whole, refused in words, or summarised in figures."""

from __future__ import annotations

import csv
import io
import json
import re

import numpy as np
import pytest
from console import run, transcript
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from inside import (
    ARRAY_FUNCTIONS,
    FORMATS,
    MOST_SHOWN,
    AdjointStep,
    GradientResult,
    Operand,
    PrimalRow,
    Style,
    TangentRow,
    Text,
    Trace,
    Value,
    Values,
    array_lines,
    array_text,
    cell_text,
    check_mapping,
    corner_text,
    direction_text,
    exit_code,
    figures,
    gradient_report,
    heading,
    latex_array,
    machine,
    quiet,
    read_direction,
    read_point,
    render,
    summary_data,
    value_text,
)

import diffcli

# -- files: what they hold ---------------------------------------------------------------------------------------------

TEXTS = [
    ("column.csv", "y\n1\n2\n\n3.5\n", [1, 2, 3.5]),
    ("one.csv", "5", [5]),
    ("matrix.csv", "a,b\n1,2\n 3, 4\n", [[1, 2], [3, 4]]),
    ("quoted.csv", '"a, b",c\n"1","-2e3"\n', [[1, -2000]]),
    ("windows.csv", "﻿a,b\r\n1,2\r\n", [[1, 2]]),
    ("semicolons.csv", "a;b\n1;2\n3;4\n", [[1, 2], [3, 4]]),
    ("savetxt.csv", "# a b\n0.0e+00 1.0e+00\n2.0e+00 3.0e+00\n", [[0, 1], [2, 3]]),
    ("tabs.tsv", "1\t2\n3\t4\n", [[1, 2], [3, 4]]),
    ("number.json", "3", 3.0),
    ("negative.json", "-1e-3", -0.001),
    ("vector.json", "[1, 2.5, true]", [1, 2.5, 1]),
    ("cube.json", "[[[1], [2]], [[3], [4]]]", [[[1], [2]], [[3], [4]]]),
    ("p.json:x", '{"x": [1, 2]}', [1, 2]),
    ("under-its-name.json", '{"x": [1, 2], "y": {}}', [1, 2]),
    ("result.json", '{"schema": "diffcli/grad@1", "value": 7, "at": {"x": [[1.5]]}}', [[1.5]]),
    ("expression.json", '"pi/2"', np.pi / 2),
]


def same(value, expected):
    assert isinstance(value, float) == isinstance(expected, float)
    if not isinstance(value, float):
        assert value.dtype == np.float64
    np.testing.assert_array_equal(value, expected, strict=False)
    assert np.shape(value) == np.shape(expected)


@pytest.mark.parametrize(("name", "text", "expected"), TEXTS, ids=[name for name, *_ in TEXTS])
def test_files_of_text(tmp_path, monkeypatch, name, text, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name.partition(":")[0]).write_text(text, encoding="utf-8", newline="")
    same(read_point(f"x=@{name}")["x"], expected)
    same(check_mapping({"x": f"@{name}"})["x"], expected)
    same(read_point(f"y = 2, x = @ {name} , z=1")["x"], expected)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6).reshape(2, 3), np.float32([1.5, 2]), np.array([True, False]), np.float16(3.5), np.uint8([[255]]),
        np.asfortranarray([[1.0, 2], [3, 4]]), np.arange(3, dtype=">f8"), np.longdouble([1, 2]), np.array([1, -2], dtype=">i2"),
    ],
)  # fmt: skip
def test_files_of_numpy(tmp_path, array):
    np.save(tmp_path / "a.npy", array)
    np.savez(tmp_path / "only.npz", array)
    np.savez_compressed(tmp_path / "several.npz", x=array, other=[1, 2, 3])
    expected = array.astype(float) if array.ndim else float(array)
    for text in ("a.npy", "only.npz", "several.npz", "several.npz:x"):
        same(read_point(f"x=@{tmp_path}/{text}")["x"], expected)
    same(read_point(f"x=@{tmp_path}/several.npz:other")["x"], [1, 2, 3])


def test_a_path_with_commas_stands_in_quotation_marks(tmp_path):
    (tmp_path / "a, b; c.csv").write_text("1\n2\n")
    point = read_point(f'y=1, x=@"{tmp_path}/a, b; c.csv", z=2')
    same(point["x"], [1, 2])
    assert list(point) == ["x", "y", "z"]
    source, mark = point.place("x")
    span = mark.span
    assert source.text[span.start : span.stop] == f'@"{tmp_path}/a, b; c.csv"'


def test_a_whole_point_from_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.json").write_text('{"x": 2, "w": [1, 2], "t": "pi/4", "x₁": 5}', encoding="utf-8")
    point = read_point("@p.json")
    assert point.keys() == {"x", "w", "t", "x1"}
    assert (point["x"], point["t"], point["x1"]) == (2.0, np.pi / 4, 5.0)
    same(point["w"], [1, 2])
    assert read_point("@p.json, x=7")["x"] == 7.0, "what is given by itself counts"
    assert read_point("@p.json\ny = x*3")["y"] == 6.0, "values may refer to those of files"
    outcome = run("grad x*sin(t) --at @p.json --wrt x -q")
    assert "[unknown-variable]" in outcome.stderr and "`w`" in outcome.stderr
    (tmp_path / "q.json").write_text('{"x": 2, "t": "pi/2"}')
    assert run("grad x*sin(t) --at @q.json --wrt x -q").stdout == "f\t2\ndf/dx\t1\n"


def test_a_result_is_a_point(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("grad x^2*y --at x=1/3,y=2 -o r.json").exit == 0
    assert run("grad x^2*y --at @r.json -q") == run("grad x^2*y --at x=1/3,y=2 -q")


def test_a_scalar_point_from_a_file_stays_a_scalar_run(tmp_path):
    import subprocess
    import sys

    (tmp_path / "p.json").write_text('{"x": 2, "t": "pi/2"}')
    script = "import sys; from diffcli.cli.main import main; main(['grad', 'x*t', '--at', '@p.json']); sys.exit('numpy' in sys.modules)"
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr


# -- files: what they must not hold ------------------------------------------------------------------------------------

BAD = {
    "ragged.csv": "1,2\n3\n",
    "word.csv": "a,b\n1,2\n3,x\n",
    "half-a-header.csv": "1,x\n3,4\n",
    "infinite.csv": "1\ninf\n",
    "hole.csv": "1,2\n3,\n",
    "thousands.csv": "1,000;2\n3;4\n",
    "empty.csv": " \n\n",
    "names-only.csv": "a,b\n",
    "remarks-only.csv": "# nothing\n",
    "binary.csv": b"1\xff\n",
    "syntax.json": '{"x": 2,\n "y" 3}',
    "infinite.json": "[1, NaN]",
    "too-big.json": "1" + "0" * 400,
    "huge-integer.json": "1" * 5000,
    "ragged.json": "[[1, 2], [3]]",
    "mixed.json": "[[1, 2], 3]",
    "hollow.json": "[[], []]",
    "text.json": '["a"]',
    "null.json": "[1, null]",
    "object.json": '{"x": {"a": 1}}',
    "other-names.json": '{"a": 1, "b": 2}',
    "twice.json": '{"x": 1, "x": 2}',
    "deep.json": "[" * 100_000 + "]" * 100_000,
    "many-axes.json": "[" * 40 + "1" + "]" * 40,
    "empty.npy": b"",
    "not-numpy.npy": b"hello world",
    "not-a-zip.npz": b"hello world",
    "data.dat": "1",
    "data": "1",
}
ARRAYS = {
    "complex.npy": np.array([1j]), "objects.npy": np.array([{}, 1], dtype=object), "texts.npy": np.array(["a"]),
    "nan.npy": np.array([[1, 2], [3, np.nan]]), "no-elements.npy": np.zeros((0, 3)), "table.npy": np.zeros(2, dtype=[("a", "f8")]),
    "dates.npy": np.array(["2020-01-01"], dtype="datetime64[D]"),
}  # fmt: skip


@pytest.fixture
def bad_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in BAD.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    for name, array in ARRAYS.items():
        np.save(tmp_path / name, array, allow_pickle=True)
    whole = np.arange(8.0)
    np.save(tmp_path / "whole.npy", whole)
    (tmp_path / "cut-short.npy").write_bytes((tmp_path / "whole.npy").read_bytes()[:-8])
    huge = io.BytesIO()
    np.lib.format.write_array_header_1_0(huge, {"descr": "<f8", "fortran_order": False, "shape": (10**6, 10**6)})
    (tmp_path / "huge.npy").write_bytes(huge.getvalue())
    np.savez(tmp_path / "two.npz", a=whole, b=whole)
    np.savez(tmp_path / "pickled.npz", x=np.array([{}], dtype=object), allow_pickle=True)
    (tmp_path / "folder.csv").mkdir()


REFUSED = [
    *BAD, *ARRAYS, "cut-short.npy", "huge.npy", "two.npz", "two.npz:c", "pickled.npz", "folder.csv", "whole.npy:a",
    "whale.npy", "nowhere/w.npy", "", '""',
]  # fmt: skip


def test_each_file_that_is_refused_says_why(bad_files, golden):
    texts = []
    for name in REFUSED:
        outcome = run(["grad", "x*y", "--at", f"x=@{name},y=2"])
        assert (outcome.stdout, outcome.exit) == ("", 2), outcome
        texts.append(f"$ diffcli grad x*y --at x=@{name},y=2\n{outcome.stderr}")
    golden("array_values/files.txt", "\n".join(texts))


@pytest.mark.parametrize(
    "at", ["@whole.npy", "@text.json", "@syntax.json,x=@word.csv", "x=@whole.npy,x=@whole.npy", "x=1,x=@whole.npy", "y=@other-names.json:x", "@ ,x=1"]
)
def test_whole_texts_of_points_that_do_not_fit(bad_files, golden, at):
    golden(f"array_values/point-{re.sub('[^a-z]+', '-', at).strip('-')}.txt", transcript(f'grad x*y --at "{at}"'))


def test_a_pickle_is_never_run(tmp_path, monkeypatch):
    class Trap:
        def __reduce__(self):
            return pytest.fail, ("unpickled",)

    monkeypatch.chdir(tmp_path)
    np.save("trap.npy", np.array([Trap()], dtype=object), allow_pickle=True)
    (tmp_path / "plain.npy").write_bytes(__import__("pickle").dumps(Trap()))
    for name in ("trap.npy", "plain.npy"):
        assert run(f"grad x --at x=@{name}").exit == 2


# -- arrays in the text of a point ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x=[1, 2, 3]", [1, 2, 3]),
        ("x=[[1,2],[3,4]], y=2", [[1, 2], [3, 4]]),
        ("y=1, x=[-1, +2, 2e3]; z=3", [-1, 2, 2000]),
        ("x = [[[1]], [[2]]]", [[[1]], [[2]]]),
        ("x=[1]", [1]),
        ("x=[pi/2, 1/3]", [np.pi / 2, 1 / 3]),
        ("a=2, x=[a, a^2]", [2, 4]),
        ("a=[1,2], x=[a, 2*a]", [[1, 2], [2, 4]]),
        ("a=[[1,2],[3,4]], x=a.T[0]", [1, 3]),
        ("a=[1,2], x=max(a[1], len(a), 7)", 7.0),
        ("x=[1\n, 2]", [1, 2]),
    ],
)
def test_arrays_in_a_text(text, expected):
    same(read_point(text)["x"], expected)


NOT_ARRAYS = [
    "x=[[1, 2], [3], [4, 5]],y=1", "x=[[1, 2], 3],y=1", "x=[1, [2]],y=1", "x=[[[1], [2]], [[3], [4, 5]]],y=1", "x=[],y=1",
    "x=[1, 2,y=1", "x=[1, 1/0],y=1", "x=[1, z],y=1", "x=[1; 2],y=1", "[1, 2],y=1", "x=[1, 2] + [1, 2, 3],y=1",
]  # fmt: skip


def test_whole_texts_of_arrays_that_are_none(golden):
    texts = []
    for at in NOT_ARRAYS:
        outcome = run(["grad", "x*y", "--at", at])
        assert (outcome.stdout, outcome.exit) == ("", 3)
        texts.append(f"--at {at}\n{outcome.stderr}")
    golden("array_values/literals.txt", "\n".join(texts))


finite = st.floats(allow_nan=False, allow_infinity=False)
some_arrays = arrays(np.float64, array_shapes(min_dims=1, max_dims=3, max_side=5), elements=finite)


@given(some_arrays)
def test_what_is_printed_reads_back(array):
    same(read_point(f"x={array_text(array)}")["x"], array)
    same(check_mapping({"x": array.tolist()})["x"], array)
    lines = " ".join(array_lines(array, None, 40))
    same(read_point(f"x={lines}")["x"], array)


# -- several texts -----------------------------------------------------------------------------------------------------


def test_a_comment_in_one_text_leaves_the_next_alone():
    data = json.loads(run(["grad", "x*y", "--at", "x=3  # of two", "--at", " ", "--at", "y=x^2", "--json"]).stdout)
    assert data["value"] == 27.0 and data["gradient"] == {"x": 9.0, "y": 3.0}


@pytest.mark.parametrize(
    ("second", "shown"),
    [
        ("z=3, y=2", "the expression has no variable `z`\n  in --at\n  │ z=3, y=2\n  │ ^\n"),
        ("y=2, x=4", "the name `x` is bound twice\n  in --at\n  │ y=2, x=4\n  │      ^\n"),
        ("x=@none.csv", "the name `x` is bound twice\n  in --at\n  │ x=1\n  │ ^\n"),
        ("y=1/0", "the value of `y` is nan, not a finite number\n  in --at\n  │ y=1/0\n  │ ^^^^^\n"),
        ("y=[1", "this bracket is never closed\n  in --at\n  │ y=[1\n  │   ^"),
    ],
)
def test_an_error_points_into_its_own_text(tmp_path, monkeypatch, second, shown):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "none.csv").write_text("1\n")
    assert shown in run(["grad", "x*y", "--at", "x=1", "--at", second]).stderr


def test_a_whole_point_gives_way_to_what_any_text_gives(tmp_path):
    (tmp_path / "p.json").write_text('{"x": 1, "y": 2}')
    assert read_point(["x=5", f"@{tmp_path}/p.json"]) == {"x": 5.0, "y": 2.0}
    assert read_point([f"@{tmp_path}/p.json", "z=x+y", "x=7"]) == {"x": 7.0, "y": 2.0, "z": 3.0}
    assert read_point([]) == {}


# -- mappings ----------------------------------------------------------------------------------------------------------


class Foreign:
    """What other libraries' arrays look like."""

    shape = (2,)

    def __array__(self, dtype=None, copy=None):
        return np.array([1, 2])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([1, 2], [1, 2]), ((1, 2.5), [1, 2.5]), ([[1, "pi"], (3, "1/4")], [[1, np.pi], [3, 0.25]]), (np.eye(2), np.eye(2)),
        (np.float32([1, 2]), [1, 2]), ([np.ones(2), [1, 2]], [[1, 1], [1, 2]]), ([np.float64(1), np.int8(2)], [1, 2]),
        (Foreign(), [1, 2]), (np.array(3), 3.0), (np.float64(3), 3.0), (np.bool_(True), 1.0), (True, 1.0),
        (memoryview(np.ones(2)), [1, 1]),
    ],
)  # fmt: skip
def test_mappings(value, expected):
    same(check_mapping({"x": value})["x"], expected)


def test_an_array_that_is_given_is_not_held(tmp_path):
    array = np.ones(3)
    point = check_mapping({"x": array})
    array[0] = 7
    same(point["x"], [1, 1, 1])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1, [2]], "`x[1]` has 1 entry, and `x[0]` is a number"),
        ([[1], 2], "`x[1]` is a number, and `x[0]` has 1 entry"),
        ([[1, 2], [3, 4], [5]], "`x[2]` has 1 entry, and `x[0]` has 2"),
        ([[[1]], [[1, 2]]], "`x[1,0]` has 2 entries, and `x[0,0]` has 1"),
        ([], "`x` has no entries"),
        ([[], []], "`x[0]` has no entries"),
        ([1, None], "the value of `x[1]` is None, not a finite number"),
        ([1, float("nan")], "the value of `x[1]` is nan, not a finite number"),
        (np.array([[1, -np.inf]]), "the value of `x[0,1]` is -inf, not a finite number"),
        (np.array([1j]), "the value of `x` holds values of the type complex128, not real numbers"),
        (np.array([{}]), "the value of `x` holds Python objects, not numbers"),
        (np.array([]), "the value of `x` holds no numbers: its shape is (0,)"),
    ],
)
def test_mappings_that_are_refused(value, message):
    with pytest.raises(diffcli.ExpressionError) as caught:
        check_mapping({"x": value})
    assert caught.value.diagnostics[0].message == message


# -- directions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("direction", "message"),
    [
        ({"x": [1, 2]}, "`x` and its direction differ in shape: 3 elements and 2 elements"),
        ({"x": 1}, "`x` and its direction differ in shape: 3 elements and a number"),
        ({"y": [1]}, "`y` and its direction differ in shape: a number and 1 element"),
        ("y=1, z=2", "the expression has no variable `z`"),
        ({"x": [[1, 0, 0]]}, "`x` and its direction differ in shape: 3 elements and 1 × 3"),
    ],
)
def test_a_direction_has_the_shape_of_its_variable(direction, message):
    with pytest.raises(diffcli.ExpressionError) as caught:
        read_direction(direction, check_mapping({"x": [1, 2, 3], "y": 2}))
    assert caught.value.diagnostics[0].message == message


def test_directions():
    found = read_direction({"x": [0, 1, 0], "y": "1/2"}, check_mapping({"x": [1, 2, 3], "y": 2}))
    same(found["x"], [0, 1, 0])
    assert found["y"] == 0.5
    assert direction_text(found) == "x=[0, 1, 0], y=0.5"
    assert direction_text({"x": np.ones(100)}) == "x (100, norm 10)"


# -- texts -------------------------------------------------------------------------------------------------------------

@given(some_arrays)
def test_a_text_holds_every_element(array):
    assert json.loads(array_text(array)) == (array + 0.0).tolist()


@given(some_arrays, st.integers(10, 100))
def test_lines_hold_the_same_text_and_keep_the_width(array, width):
    lines = array_lines(array, None, width)
    assert "".join(lines).replace(" ", "") == array_text(array).replace(" ", "")
    longest = max(len(repr(number)) for number in array.ravel().tolist())
    assert all(len(line) <= max(width, longest + 2 * array.ndim + 2) for line in lines)


@given(some_arrays)
def test_elements_are_named_by_their_index(array):
    found = list(Values((Value("W", "W", array),)).numbers())
    assert len(found) == array.size
    for name, number in found:
        index = tuple(map(int, name[2:-1].split(",")))
        assert array[index] == number


@given(some_arrays)
def test_figures_tell_an_array_apart(array):
    norm, least, greatest = figures(array)
    assert (least, greatest) == (array.min(), array.max())
    largest = float(np.abs(array).max())
    exact = float(np.linalg.norm((array / largest if largest else array).ravel())) * largest
    assert norm == pytest.approx(exact, rel=1e-13) or not np.isfinite(exact)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        ([1.0, np.nan], (np.nan, np.nan, np.nan)), ([1.0, np.inf], (np.inf, 1, np.inf)), ([0.0, -0.0], (0, 0, 0)),
        ([3e300, 4e300], (5e300, 3e300, 4e300)), ([3e-320, 4e-320], (5e-320, 3e-320, 4e-320)),
    ],
)  # fmt: skip
def test_figures_at_the_ends_of_the_range(array, expected):
    np.testing.assert_allclose(figures(np.array(array)), expected, rtol=1e-4)


def test_cells_and_words():
    small, matrix, large = np.array([1, 2.5, 1 / 3]), np.eye(2), np.ones((10, 10))
    assert cell_text(small, 6) == "[1, 2.5, 0.333333]"
    assert cell_text(small, None) == "[1, 2.5, 0.3333333333333333]"
    assert cell_text(matrix, 6) == "[[1, 0], [0, 1]]"
    assert cell_text(large, 6) == "norm 10"
    assert cell_text(large, None) == "norm 10, from 1 to 1"
    assert corner_text(large) == "[[1, ..., 1], ..., [1, ..., 1]]"
    assert corner_text(np.arange(16.0).reshape(2, 2, 2, 2)) == array_text(np.arange(16.0).reshape(2, 2, 2, 2))
    assert value_text("x", 2.0) == "x = 2"
    assert value_text("W", matrix) == "W = [[1, 0], [0, 1]]"
    assert value_text("W", large) == "W (10 × 10): norm 10, from 1 to 1"
    assert latex_array(matrix) == r"\begin{bmatrix} 1 & 0 \\ 0 & 1 \end{bmatrix}"
    assert latex_array(np.arange(11.0)).startswith(r"\left[\begin{array}{rrrrrrrrrrr}")
    assert latex_array(large) == r"\text{norm } 10 \text{, from } 1 \text{ to } 1"


def test_data():
    assert machine(np.array([[1.0, np.nan], [-np.inf, -0.0]])) == [[1.0, "nan"], ["-inf", 0.0]]
    assert machine({"a": np.float64(2), "b": np.int64(3), "c": np.array(1.5), "d": np.bool_(True)}) == {"a": 2.0, "b": 3, "c": 1.5, "d": True}
    assert summary_data(2.0) == 2.0 and summary_data(np.ones(1000)).size == 1000
    assert summary_data(np.ones((40, 40))) == {"shape": [40, 40], "norm": 40.0, "min": 1.0, "max": 1.0}


def test_an_exit_code_looks_at_every_element():
    assert exit_code((), [1.0, None, np.ones((2, 2))]) == 0
    for bad in (np.nan, np.inf, -np.inf):
        assert exit_code((), [1.0, np.array([[1.0, bad]])]) == 4


# -- reports -----------------------------------------------------------------------------------------------------------


def result_of(x, matrix, mode="reverse"):
    """A result as the methods return it, of sum(matrix @ x)."""
    product = matrix @ x
    ones = np.ones(len(product))
    primal = (
        PrimalRow(-1, "input", (), "W", matrix, "W", None),
        PrimalRow(0, "input", (), "x", x, "x", None),
        PrimalRow(1, "matmul", (Operand(-1), Operand(0)), "v₋₁ @ v₀", product, "y", None),
        PrimalRow(2, "sum", (Operand(1),), "sum(v₁)", float(product.sum()), "", None),
    )
    adjoint = (
        AdjointStep(2, None, 0, "ȳ₁", 1.0, 1.0),
        AdjointStep(1, 2, 0, "broadcast(v̄₂)", ones, ones),
        AdjointStep(-1, 1, 0, "outer(v̄₁, v₀)", np.outer(ones, x), np.outer(ones, x)),
        AdjointStep(0, 1, 1, "v₋₁.T @ v̄₁", matrix.T @ ones, matrix.T @ ones),
    )
    tangent = tuple(TangentRow(row.v, "", (row.value, None)) for row in primal)
    trace = Trace(2, primal, 2, adjoint=adjoint)
    if mode == "forward":
        trace = Trace(2, primal, 2, ("W", "x"), tangent)
    gradient = {"W": np.outer(ones, x), "x": matrix.T @ ones}
    return GradientResult("y = W @ x; sum(y)", mode, {"W": matrix, "x": x}, float(product.sum()), gradient, trace=trace)


SMALL = result_of(np.array([1, -2.5, 1 / 3]), np.arange(6.0).reshape(2, 3))
LARGE = result_of(np.arange(-37, 38) / 32, np.arange(150.0).reshape(2, 75) / 8)  # exact: the order of sums does not matter


def report(format, result, **how):
    style = Style(format=FORMATS[format], **how)
    return str(render(gradient_report(result, style), style))


@pytest.mark.parametrize("format", [name for name, known in FORMATS.items() if not known.needs])
@pytest.mark.parametrize("size", ["small", "large"])
def test_reports_of_arrays(golden, format, size, monkeypatch):
    monkeypatch.setattr("diffcli.reports.derivatives.gradient.latex_heading", lambda *of: [])
    golden(f"array_values/report-{size}.{format}.txt", report(format, SMALL if size == "small" else LARGE))


@pytest.mark.parametrize("width", [20, 40, 60, 100])
@pytest.mark.parametrize("size", ["small", "large"])
@pytest.mark.parametrize("full", [False, True])
def test_no_digit_of_a_result_is_cut_at_any_width(width, size, full):
    result = SMALL if size == "small" else LARGE
    text = report("table", result, width=width, full=full)
    shown = {float(found) for found in re.findall(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?", text)}
    if full or size == "small":
        for array in result.gradient.values():
            assert set(array.ravel().tolist()) <= shown
    assert "…" not in text
    if not full:
        assert len(text.splitlines()) < 300
        assert all(len(line) <= max(width, 30) for line in text.splitlines()), max(text.splitlines(), key=len)


@pytest.mark.parametrize("size", range(1, 70))
def test_an_array_of_a_point_stands_in_the_heading_or_below_it(size):
    """Whole, with no digit left out, as long as it is not large."""
    array = np.arange(1, size + 1) / 7
    first, *below = heading("sum(x)", {"x": array}, "reverse mode")
    whole = f"x = {array_text(array)}"
    if size > MOST_SHOWN:
        assert f"x ({size})" in first.text and below[0].text.startswith(f"x ({size}): norm")
    else:
        assert (whole in first.text) != (below == [Text(whole, "dim")])
    assert len(first.text) < 150


def test_a_script_gets_every_element():
    style = Style(format=FORMATS["csv"])
    document = gradient_report(LARGE, style)
    lines = dict(line.split("\t") for line in quiet(document, style).splitlines())
    assert len(lines) == 1 + 150 + 75
    for index in ((0, 0), (1, 74), (1, 17)):
        assert float(lines[f"df/dW[{index[0]},{index[1]}]"]) == LARGE.gradient["W"][index]
    rows = list(csv.reader(io.StringIO(report("csv", LARGE))))
    assert [name for name, *_ in rows[1:227]] == list(lines)


def test_json_holds_every_element_and_reads_back(tmp_path):
    for result in (SMALL, LARGE):
        text = report("json", result)
        data = json.loads(text)
        for name, array in result.gradient.items():
            assert data["gradient"][name] == array.tolist()
        (tmp_path / "r.json").write_text(text)
        for name, array in read_point(f"@{tmp_path}/r.json").items():
            same(array, result.at[name])
    rows = data["trace"]["primal"]
    assert rows[0]["value"] == data["at"]["W"], "as many elements are given"
    larger = result_of(np.ones(50), np.ones((50, 50)))
    data = json.loads(report("json", larger))
    assert data["trace"]["primal"][0]["value"] == {"shape": [50, 50], "norm": 50.0, "min": 1.0, "max": 1.0}
    assert data["gradient"]["W"] == larger.gradient["W"].tolist()
    full = json.loads(report("json", larger, full=True))
    assert full["trace"]["primal"][0]["value"] == np.ones((50, 50)).tolist()


def test_non_finite_elements_are_texts_in_json():
    result = SMALL._replace(gradient={"x": np.array([np.nan, np.inf, -0.0])}, trace=None)
    text = report("json", result)
    assert '"x": ["nan", "inf", 0.0]' in text
    assert json.loads(text, parse_constant=pytest.fail)["gradient"]["x"] == ["nan", "inf", 0.0]


def test_the_largest_array_that_is_shown_whole():
    for size, whole in ((MOST_SHOWN, True), (MOST_SHOWN + 1, False)):
        result = GradientResult("sum(x)", "reverse", {"x": np.zeros(size)}, 0.0, {"x": np.full(size, 3.25)})
        text = report("table", result)
        assert (text.count("3.25") == size) == whole
        assert ("--full" in text) != whole


# -- whole runs ----------------------------------------------------------------------------------------------------------

LAYER = ["grad", "Y = X @ W; sum(Y * G)", "--at", "X=[[1,2],[3,4]],W=[[1,0,2],[0,1,-1]],G=[[1,1,0.5],[2,2,1]]"]
RUNS = {
    "layer-plain": [*LAYER, "-f", "plain"],
    "layer-latex": [*LAYER, "-f", "latex"],
    "layer-narrow": [*LAYER, "--width", "40"],
    "layer-forward": [*LAYER, "--mode", "forward", "--direction", "W=[[1,0,0],[0,0,0]],X=[[0,0],[0,1]]"],
    "many-elements": ["grad", "sum(x^3)", "--at", "x=[0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1.1,1.3,1/3]", "--width", "60"],
    "numeric": ["grad", "sum(x^2)*y", "--at", "x=[1,3],y=2", "--mode", "numeric", "--no-trace"],
    "symbolic": ["grad", "sum(x^2)*y", "--at", "x=[1,3],y=2", "--mode", "symbolic"],
    "not-finite": ["grad", "sum(sqrt(x))", "--at", "x=[1,0,4]", "--no-trace"],
    "seed-of-another-shape": ["grad", "sum(x)*y", "--at", "x=[1,3],y=2", "--mode", "forward", "--direction", "x=[1,0,3],y=1"],
    "missing-value": ["grad", "sum(x)*y", "--at", "x=[1,3]"],
    "an-array-for-a-number": ["grad", "sum(x)", "--at", "x=[1,3]", "--mode", "numeric", "--method", "central", "--step", "[1,2]"],
    "vjp-of-an-array": ["vjp", "W @ x", "--at", "x=[1,3],W=[[1,2],[3,4]]", "--weights", "[1,0]"],
    "check": ["check", "sum(x^2)*y", "--at", "x=[1,3],y=2", "--claim", "y: x @ x"],
    "swell": ["swell", "r*l*(1-l)", "--at", "x=[1,2]", "--wrt", "l"],
}


@pytest.mark.parametrize("name", RUNS)
def test_whole_runs(name, golden):
    outcome = run(RUNS[name])
    golden(f"array_values/run-{name}.txt", f"{outcome.stdout}--- stderr\n{outcome.stderr}--- exit {outcome.exit}\n")


def test_an_ascii_stream_gets_arrays_in_ascii():
    outcome = run(LAYER, encoding="ascii")
    assert outcome.stdout.isascii()
    assert "2 x 3" in outcome.stdout and "df/dX = [[2, 0.5],\n         [4,   1]]" in outcome.stdout


def test_the_linear_layer_of_the_lecture_is_exact_and_forms_no_jacobian(tmp_path, monkeypatch):
    """dL/dX = G Wᵀ and dL/dW = Xᵀ G at B = 64, H = 512; a Jacobian would be of 32768 by 32768 numbers."""
    import tracemalloc

    random = np.random.default_rng(0)
    x, w, g = (random.normal(size=size) for size in ((64, 512), (512, 512), (64, 512)))
    diffcli.grad("sum(x @ x)", {"x": [1, 2]})  # whatever is imported for the first time
    tracemalloc.start()
    result = diffcli.grad("Y = X @ W; sum(Y * G)", {"X": x, "W": w, "G": g})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(result.gradient["X"], g @ w.T)
    np.testing.assert_array_equal(result.gradient["W"], x.T @ g)
    assert peak < 12 * 8 * (x.size + w.size + g.size)

    monkeypatch.chdir(tmp_path)
    np.save("x.npy", x)
    np.savez("rest.npz", W=w, G=g)
    outcome = run(["grad", LAYER[1], "--at", "X=@x.npy,W=@rest.npz,G=@rest.npz", "--json"])
    data = json.loads(outcome.stdout)
    assert data["gradient"]["W"] == result.gradient["W"].tolist()
    assert [row["shape"] for row in data["trace"]["primal"]] == [[64, 512], [512, 512], [64, 512], [64, 512], [64, 512], []]
    assert set(data["trace"]["adjoint"][-1]["value"]) == {"shape", "norm", "min", "max"}
    table = run(["grad", LAYER[1], "--at", "X=@x.npy,W=@rest.npz,G=@rest.npz"]).stdout
    assert "512 × 512   norm" in table and len(table.splitlines()) < 50


def test_no_number_of_numpy_is_in_a_record():
    result = diffcli.grad("sum(x*b) + b", {"x": [1, 2], "b": 1 / 3})
    assert type(result.value) is type(result.gradient["b"]) is float
    trace = diffcli.trace("sum(x*b) + b", {"x": [1, 2], "b": 1 / 3})
    for value in [row.value for row in trace.primal] + [step.value for step in trace.adjoint]:
        assert type(value) in (float, np.ndarray)
    directional = diffcli.grad("sum(x*b)", {"x": [1, 2], "b": 1 / 3}, mode="forward", direction={"x": [0, 1]}).directional
    assert type(directional) is float and directional == 1 / 3
    nothing = diffcli.grad("stop_gradient(sum(x)*b)", {"x": [-1, 2], "b": -2})
    assert not np.signbit(nothing.gradient["x"]).any() and repr(nothing.gradient["b"]) == "0.0"


def test_arrays_by_library_and_by_text_are_the_same():
    by_text = diffcli.grad("sum(W @ x)", "W=[[1, 2], [3, 4]], x=[1, -1]")
    by_lists = diffcli.grad("sum(W @ x)", {"W": [[1, 2], [3, 4]], "x": "[1, -1]"})
    for name in ("W", "x"):
        same(by_text.gradient[name], by_lists.gradient[name].tolist())


# -- the table of operations ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*ARRAY_FUNCTIONS, "max", "min", "@", "index"])
def test_every_function_of_arrays_is_told_of(name):
    outcome = run(["functions", name])
    assert outcome.exit == 0
    assert "adjoint of a" in outcome.stdout and "kept" not in outcome.stdout
    listed = json.loads(run(["functions", name, "--json"]).stdout)["array_functions"]
    whole = json.loads(run(["functions", "--json"]).stdout)["array_functions"]
    assert len(listed) == 1 and listed[0] in whole


def test_the_list_of_functions_of_arrays(golden):
    text = run(["functions"]).stdout
    golden("array_values/functions.txt", text[text.index("operations on arrays") :])
    assert "did you mean `softmax`" in run(["functions", "softmx"]).stderr
    for inner in ("scatter", "cofactor", "sum_to"):
        assert f"{inner}(" not in text, f"{inner} is none that a user has a name for"


@pytest.mark.parametrize("at", [2.0, [1.0], np.ones(2), None, ["x=1", 2]])
@pytest.mark.parametrize("method", [diffcli.grad, diffcli.evaluate, diffcli.hessian, diffcli.jacobian, diffcli.check])
def test_what_is_no_point_is_refused(method, at):
    with pytest.raises(diffcli.UsageError, match=f"a point is a mapping of names to values, or text, not a `{type(at).__name__}`"):
        method("x^2", at)
