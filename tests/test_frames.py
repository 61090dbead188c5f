"""`diffcli.batch` has the numbers and flags of the kernel in every row, and gives a table of the kind that it was given."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from console import plainly, run
from inside import BLOCK_ROWS, Flag

import diffcli

TEXT = "x*exp(-y) + max(x, 1)*abs(y) + sqrt(x + 3) + floor(x/7)"
POINTS = {
    "plain": (0.5, -1.25),
    "kink": (2.0, 0.0),
    "tie": (1.0, 2.0),
    "tie and kink": (1.0, -0.0),
    "jump": (7.0, 0.1),
    "pole": (-3.0, 1.0),
    "domain": (-4.0, 1.0),
    "minus zero": (-0.0, 3.0),
    "tiny": (5e-324, 2e-308),
    "overflow": (1e308, -5.0),
    "infinite": (np.inf, 1.0),
    "no number": (np.nan, 1.0),
    "thirds": (1 / 3, 2 / 3),
}
X, Y = np.array([*POINTS.values()]).T.copy()
RESULTS = ["f", "df/dx", "df/dy", "flags"]


def library(name):
    return pytest.importorskip(name, reason=f"tables of {name} need it")


def structured(columns):
    columns = {name: np.asarray(column) for name, column in columns.items()}
    table = np.empty(len(next(iter(columns.values()))), [(name, column.dtype) for name, column in columns.items()])
    for name, column in columns.items():
        table[name] = column
    return table


def of_matrix(found, names):
    return dict(zip(names, found.T, strict=True))


def dask_frame(columns):
    frames = library("dask.dataframe")
    return frames.from_pandas(library("pandas").DataFrame(columns), npartitions=3)


def dask_matrix(columns):
    return library("dask.array").from_array(np.stack([*columns.values()], axis=1), chunks=(4, 1))


class Holder(NamedTuple):
    make: Callable[[dict[str, Any]], Any]
    """A table of columns."""
    columns: Callable[[Any, list[str]], dict[str, Any]]
    """The columns of a table; it is told their names, which a matrix does not have."""


HOLDERS = {
    "mapping": Holder(dict, lambda found, _: found),
    "structured": Holder(structured, lambda found, _: {name: found[name] for name in found.dtype.names}),
    "matrix": Holder(lambda columns: np.stack([*columns.values()], axis=1), of_matrix),
    "pandas": Holder(
        lambda columns: library("pandas").DataFrame(columns), lambda found, _: {name: found[name].to_numpy() for name in found}
    ),
    "polars": Holder(
        lambda columns: library("polars").DataFrame(columns),
        lambda found, _: {name: found[name].to_numpy() for name in found.columns},
    ),
    "arrow": Holder(
        lambda columns: library("pyarrow").table(columns),
        lambda found, _: {name: found[name].to_numpy() for name in found.column_names},
    ),
    "dask frame": Holder(
        dask_frame, lambda found, names: HOLDERS["pandas"].columns(found.compute(scheduler="synchronous"), names)
    ),
    "dask matrix": Holder(dask_matrix, lambda found, names: of_matrix(found.compute(scheduler="synchronous"), names)),
}
"""What holds a table."""

NAMED = [name for name in HOLDERS if "matrix" not in name]
"""What has names for its columns, and columns of text."""


def same(found, wanted):
    """Whether all numbers are the same, bit for bit; NaN is as good as another one."""
    found, wanted = (np.ascontiguousarray(each, np.float64) for each in (found, wanted))
    return found.shape == wanted.shape and bool(
        np.all((found.view("i8") == wanted.view("i8")) | (np.isnan(found) & np.isnan(wanted)))
    )


def held(found, wanted):
    """Hold columns against others, by name and in their order."""
    assert [*found] == [*wanted]
    for name, column in wanted.items():
        assert same(found[name], column), (name, np.asarray(found[name]), column)


def row_by_row(kernel, *columns):
    """What a kernel says of one point after another."""
    points = [[np.array([number]) for number in row] for row in zip(*columns, strict=True)]
    found = [
        (value[0], *[slope[0] for slope in slopes], kernel.flags(*point)[0])
        for point in points
        for value, slopes in [kernel(*point)]
    ]
    return dict(zip(RESULTS, np.array(found).T, strict=True))


def test_the_points_have_every_flag():
    told = np.bitwise_or.reduce(diffcli.compile(TEXT).flags(X, Y))
    assert Flag(int(told)) == Flag.KINK | Flag.TIE | Flag.JUMP | Flag.POLE | Flag.DOMAIN | Flag.NONFINITE


@pytest.mark.parametrize("backend", ["python", "numpy", "llvm"])
@pytest.mark.parametrize("kind", HOLDERS)
def test_every_row_is_that_of_the_kernel(kind, backend):
    if backend == "llvm":
        pytest.importorskip("llvmlite", reason="machine code is made by llvmlite")
    frame = HOLDERS[kind].make({"x": X, "y": Y})
    kernel = diffcli.compile(TEXT, backend=backend)
    found = diffcli.batch(kernel, frame)
    assert type(found) is type(frame)
    held(HOLDERS[kind].columns(found, RESULTS), row_by_row(kernel, X, Y))


@pytest.mark.parametrize("kind", HOLDERS)
def test_a_file_of_the_same_rows_has_the_same_bits(kind, tmp_path):
    np.save(tmp_path / "in.npy", structured({"x": X, "y": Y}))
    assert run(["batch", TEXT, "--data", f"{tmp_path}/in.npy", "-o", f"{tmp_path}/out.npy"]).exit == 4
    found = diffcli.batch(TEXT, HOLDERS[kind].make({"x": X, "y": Y}))
    held(HOLDERS[kind].columns(found, RESULTS), HOLDERS["structured"].columns(np.load(tmp_path / "out.npy"), RESULTS))


def test_the_numbers_are_those_of_the_formula():
    """The one test here that asks nothing of kernels."""
    with np.errstate(all="ignore"):
        found = diffcli.batch("x*exp(-y) + x^2", {"x": X, "y": Y})
        wanted = X * np.exp(-Y) + X**2, np.exp(-Y) + 2 * X, -X * np.exp(-Y)
    for name, column in zip(RESULTS, wanted, strict=False):
        np.testing.assert_allclose(found[name], column, rtol=1e-14, err_msg=name)


@pytest.mark.parametrize("kind", HOLDERS)
def test_what_is_given_stays_as_it_was(kind):
    columns = {"x": X.copy(), "y": Y.copy()}
    for column in columns.values():
        column.flags.writeable = False
    frame = HOLDERS[kind].make(columns)
    if isinstance(frame, np.ndarray):
        frame.flags.writeable = False
    before = copy.deepcopy(frame)
    diffcli.batch(TEXT, frame)
    held(HOLDERS[kind].columns(frame, ["x", "y"]), {"x": X, "y": Y})
    for part in ("dtype", "dtypes", "schema", "index"):
        assert repr(getattr(frame, part, None)) == repr(getattr(before, part, None))


INDEXES = {
    "permuted": [2, 0, 1],
    "twice": [5, 5, 5],
    "texts": ["b", "a", "b"],
    "numbers": [0.5, np.nan, 0.5],
    "two levels": [("a", 1), ("a", 0), ("a", 1)],
}


@pytest.mark.parametrize("values", INDEXES.values(), ids=[*INDEXES])
def test_the_index_of_pandas_stays(values):
    pandas = library("pandas")
    make = pandas.MultiIndex.from_tuples if isinstance(values[0], tuple) else pandas.Index
    names = ["one", "two"][: np.ndim(values)]
    index = make(values, **({"names": names} if len(names) > 1 else {"name": "one"}))
    found = diffcli.batch(
        "x^2*y", pandas.DataFrame({"y": [1.0, 2.0, 3.0], "x": [4.0, 5.0, 6.0], "row": [0, 1, 2]}, index), keep="row"
    )
    wanted = {
        "row": [0, 1, 2],
        "f": [16.0, 50.0, 108.0],
        "df/dx": [8.0, 20.0, 36.0],
        "df/dy": [16.0, 25.0, 36.0],
        "flags": [0, 0, 0],
    }
    held(HOLDERS["pandas"].columns(found, []), wanted)
    pandas.testing.assert_index_equal(found.index, index)


def test_the_index_of_dask_stays():
    frames, pandas = library("dask.dataframe"), library("pandas")
    frame = pandas.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]}, index=pandas.Index([7, 7, 9, 11], name="place"))
    found = diffcli.batch("x^2", frames.from_pandas(frame, npartitions=2)).compute(scheduler="synchronous")
    pandas.testing.assert_index_equal(found.index, frame.index)
    held(HOLDERS["pandas"].columns(found, []), {"f": [1, 4, 9, 16], "df/dx": [2, 4, 6, 8], "flags": [0, 0, 0, 0]})


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        ("label", ["label"]),
        ("x", ["x"]),
        ("number, label", ["number", "label"]),
        (("label", "y", "x"), ["label", "y", "x"]),
        ([], []),
    ],
)
@pytest.mark.parametrize("kind", NAMED)
def test_columns_are_kept_as_they_are(kind, keep, kept):
    columns = {
        "label": np.array(["é", "", "a,b"]),
        "x": np.array([1, 2, 3]),
        "number": np.array([2**60 + 1, -1, 0]),
        "y": np.array([0.5, -0.0, 2.5]),
    }
    found = diffcli.batch("x*y", HOLDERS[kind].make(columns), keep=keep)
    found = HOLDERS[kind].columns(found, [])
    assert [*found] == [*kept, *RESULTS]
    for name in kept:
        assert found[name].tolist() == columns[name].tolist()
        assert name == "label" or found[name].dtype == columns[name].dtype
    assert found["f"].tolist() == [0.5, -0.0, 7.5]


def nullable(name):
    pandas = library("pandas")
    return lambda: pandas.DataFrame({"x": pandas.array([2, None, 0], name), "y": pandas.array([3, 3, None], name)})


NULLS = {
    "mapping": lambda: {"x": [2.0, np.nan, 0.0], "y": [3.0, 3.0, np.nan]},
    "pandas Int64": lambda: nullable("Int64")(),
    "pandas Float64": lambda: nullable("Float64")(),
    "pandas UInt8": lambda: nullable("UInt8")(),
    "pandas by Arrow": lambda: library("pyarrow") and nullable("int64[pyarrow]")(),
    "polars": lambda: library("polars").DataFrame({"x": [2, None, 0], "y": [3.0, 3.0, None]}),
    "arrow": lambda: library("pyarrow").table({"x": [2, None, 0], "y": [3.0, 3.0, None]}),
    "dask": lambda: library("dask.dataframe").from_pandas(nullable("Int64")(), npartitions=2),
}


@pytest.mark.parametrize("make", NULLS.values(), ids=[*NULLS])
def test_null_is_no_number(make):
    found = diffcli.batch("x^2*exp(y)", make())
    found = found.compute(scheduler="synchronous") if hasattr(found, "compute") else found
    columns = {name: np.asarray(found[name]) for name in RESULTS}
    wanted = diffcli.batch("x^2*exp(y)", {"x": np.array([2, np.nan, 0]), "y": np.array([3, 3, np.nan])})
    held(columns, wanted)
    assert columns["flags"].tolist() == [0, Flag.NONFINITE, Flag.NONFINITE]
    assert np.isnan(columns["f"]).tolist() == [False, True, True]


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("kind", HOLDERS)
def test_a_table_without_rows_has_all_columns(kind, order):
    names = ["f", *["df/dx", "df/dy"] * (order > 0), *["d2f/dxdx", "d2f/dxdy", "d2f/dydx", "d2f/dydy"] * (order > 1), "flags"]
    frame = HOLDERS[kind].make({"x": np.empty(0), "y": np.empty(0)})
    found = diffcli.batch("x^2*y", frame, order=order)
    assert type(found) is type(frame)
    columns = HOLDERS[kind].columns(found, names)
    assert {name: len(column) for name, column in columns.items()} == dict.fromkeys(names, 0)
    types = {name: np.asarray(column).dtype for name, column in columns.items()}
    assert types == dict.fromkeys(names, np.float64) | ({} if "matrix" in kind else {"flags": np.uint8})


def test_parts_of_dask_may_be_empty():
    frame = HOLDERS["dask frame"].make({"x": np.arange(9.0), "y": np.ones(9)})
    some = frame[(frame.x < 3) | (frame.x > 5)]
    assert diffcli.batch("x^2*y", some).compute(scheduler="synchronous")["f"].tolist() == [0, 1, 4, 36, 49, 64]


@pytest.mark.parametrize("kind", ["dask frame", "dask matrix"])
def test_dask_computes_when_it_is_asked(kind):
    def fail(part):
        if len(part) > 1:  # Dask asks how a part looks
            raise RuntimeError("asked")
        return part

    frame = HOLDERS[kind].make({"x": np.arange(12.0), "y": np.arange(12.0)})
    lazy = frame.map_partitions(fail, meta=frame._meta) if kind == "dask frame" else frame.map_blocks(fail, dtype=float)
    found = diffcli.batch("x*y", lazy)
    with pytest.raises(RuntimeError, match="asked"):
        found.compute(scheduler="synchronous")


# -- what is refused ---------------------------------------------------------------------------------------------------------


TEXTS = {"x": np.array(["1", "2"]), "y": np.array([1.0, 2.0])}
NUMBERS = {"x": np.array([1.0, 2.0]), "why": np.array([1.0, 2.0])}
DATES = {"x": np.array([1.0, 2.0]), "y": np.array(["2026-01-01", "2026-01-02"], "M8[s]")}


@pytest.mark.parametrize("kind", NAMED)
def test_a_column_of_text_is_refused(kind):
    with pytest.raises(diffcli.UsageError) as refusal:
        diffcli.batch("x*y", HOLDERS[kind].make(TEXTS))
    told = plainly(refusal.value).replace(" object ", " <U1 ")  # as the library turns texts into an array
    if kind == "dask frame":  # which is not known to have rows
        assert told.startswith("column `x` holds ")
    else:
        assert told == "column `x` holds <U1, not numbers"


@pytest.mark.parametrize("kind", NAMED)
def test_a_column_that_is_not_there_is_named(kind):
    with pytest.raises(diffcli.UsageError) as refusal:
        diffcli.batch("x*y", HOLDERS[kind].make(NUMBERS))
    assert (
        plainly(refusal.value)
        == 'the table has no column `y`\n  help: the columns are: x, why\n  help: or give it to all rows: at="y=..."'
    )


@pytest.mark.parametrize("kind", [name for name in NAMED if name != "structured"])
def test_a_column_to_keep_that_is_not_there_is_named(kind):
    with pytest.raises(diffcli.UsageError) as refusal:
        diffcli.batch("x^2", HOLDERS[kind].make(NUMBERS), keep=["why", "y"])
    assert plainly(refusal.value) == "the table has no column `y`\n  help: the columns are: x, why"


A_TABLE = "\n  help: give a mapping, an array, or a frame in memory of pandas, polars or Arrow"
REFUSED = {
    "bools": (lambda: {"x": [True, False], "y": [1.0, 2.0]}, "column `x` holds bool, not numbers"),
    "complex numbers": (lambda: {"x": [1.0, 2.0], "y": [1j, 2j]}, "column `y` holds complex128, not numbers"),
    "dates": (lambda: DATES, "column `y` holds datetime64[s], not numbers"),
    "two lengths": (lambda: {"x": [1.0, 2.0], "y": [1.0]}, "column `y` has the shape (1,), and others have 2 rows"),
    "two axes": (lambda: {"x": np.ones((2, 2)), "y": [1.0, 2.0]}, "column `x` holds arrays of the shape (2,), not numbers"),
    "a wide matrix": (lambda: np.ones((2, 3)), "a matrix is to have a column for each of: x, y; its shape is (2, 3)"),
    "a vector": (lambda: np.ones(2), "a matrix is to have a column for each of: x, y; its shape is (2,)"),
    "a matrix of text": (lambda: np.array([["1", "2"]]), "column `x` holds <U1, not numbers"),
    "a list": (lambda: [[1.0, 2.0]], f"a `list` is no table that is read{A_TABLE}"),
    "none": (lambda: None, f"a `NoneType` is no table that is read{A_TABLE}"),
    "a series": (lambda: library("pandas").Series([1.0, 2.0]), f"a `Series` is no table that is read{A_TABLE}"),
    "a lazy frame": (
        lambda: library("polars").LazyFrame({"x": [1.0], "y": [1.0]}),
        f"a `LazyFrame` is no table that is read{A_TABLE}",
    ),
}


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=[*REFUSED])
def test_what_is_no_table_of_numbers_is_refused(make, message):
    library("narwhals")
    with pytest.raises(diffcli.UsageError) as refusal:
        diffcli.batch("x*y", make())
    assert plainly(refusal.value) == message


@pytest.mark.parametrize("threads", [0, -1, 1.5, "two"])
def test_threads_are_a_whole_number(threads):
    with pytest.raises(diffcli.UsageError, match="threads"):
        diffcli.batch("x^2", {"x": [1.0]}, threads=threads)


# -- many rows ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", HOLDERS)
def test_a_row_has_the_same_bits_wherever_it_stands(kind):
    rows = BLOCK_ROWS * 2 + 3
    source = np.random.default_rng(8)
    columns = {"x": source.normal(1, 3, rows), "y": source.normal(0, 2, rows)}
    edges = [0, 1, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1, 2 * BLOCK_ROWS - 1, 2 * BLOCK_ROWS, rows - 1]
    columns["x"][edges], columns["y"][edges] = X[: len(edges)], Y[: len(edges)]
    if kind == "dask matrix":
        frame = library("dask.array").from_array(np.stack([*columns.values()], axis=1), chunks=(BLOCK_ROWS + 7, 2))
    else:
        frame = HOLDERS[kind].make(columns)
    kernel = diffcli.compile(TEXT)
    found = HOLDERS[kind].columns(diffcli.batch(kernel, frame, threads=3), RESULTS)
    for row in [*edges, *source.integers(0, rows, 40).tolist()]:
        alone = diffcli.batch(kernel, {"x": columns["x"][row : row + 1], "y": columns["y"][row : row + 1]})
        held({name: column[row : row + 1] for name, column in found.items()}, alone)
    held(found, diffcli.batch(kernel, columns))


# -- what is asked -----------------------------------------------------------------------------------------------------------


W = {"w[1]": [2.0, 5.0], "c": [3.0, -1.0], "other": [0.0, 0.0], "w[0]": [1.0, 4.0]}
OF_W = {"f": [15, -41], "df/dw[0]": [6, -8], "df/dw[1]": [12, -10], "df/dc": [5, 41]}
"""What is asked of a table, and the columns of the answer, which are whole numbers."""
XY = {"x": [2.0, 3.0], "y": [5.0, -1.0]}
SECOND = {
    "f": [20, -9],
    "df/dx": [20, -6],
    "df/dy": [4, 9],
    "d2f/dxdx": [10, -2],
    "d2f/dxdy": [4, 6],
    "d2f/dydx": [4, 6],
    "d2f/dydy": [0, 0],
}
ASKED = {
    "a vector": ("sum(w^2)*c", W, {}, OF_W),
    "a vector of a kernel": (
        lambda: diffcli.compile("sum(w^2)*c", at={"w": np.zeros(2), "c": 0.0}, batch=["w", "c"]),
        W,
        {},
        OF_W,
    ),
    "a matrix": (
        "sum(A @ v)",
        {f"A[{i},{j}]": [2.0 * i + j] for i in (0, 1) for j in (0, 1)} | {"v[0]": [1.0], "v[1]": [10.0]},
        {"wrt": "v"},
        {"f": [42], "df/dv[0]": [2], "df/dv[1]": [4]},
    ),
    "a vector for all rows": (
        "sum(w^2)*x",
        {"x": [1.0, -2.0]},
        {"at": {"w": [1, 2]}, "wrt": "w"},
        {"f": [5, -10], "df/dw[0]": [2, -4], "df/dw[1]": [4, -8]},
    ),
    "numbers for all rows": (
        "a*x + b",
        {"x": [1.0, 2.0]},
        {"at": "a=2, b=0.5"},
        {"f": [2.5, 4.5], "df/da": [1, 2], "df/dx": [2, 2], "df/db": [1, 1]},
    ),
    "a number before a column": ("x^2*y", XY, {"at": {"x": 1}, "wrt": "y"}, {"f": [5, -1], "df/dy": [1, 1]}),
    "a number for a kernel": (
        lambda: diffcli.compile("x^2*y"),
        XY,
        {"at": {"y": 3}},
        {"f": [12, 27], "df/dx": [12, 18], "df/dy": [4, 9]},
    ),
    "order 0": ("x^2*y", XY, {"order": 0}, {"f": [20, -9]}),
    "order 2": ("x^2*y", XY, {"order": 2}, SECOND),
    "some variables": (
        "x^2*y",
        XY,
        {"order": 2, "wrt": "y, x"},
        {
            "f": [20, -9],
            "df/dy": [4, 9],
            "df/dx": [20, -6],
            "d2f/dydy": [0, 0],
            "d2f/dydx": [4, 6],
            "d2f/dxdy": [4, 6],
            "d2f/dxdx": [10, -2],
        },
    ),
    "several results": (
        "[x*y, x]",
        XY,
        {},
        {"f1": [10, -3], "f2": [2, 3], "df1/dx": [5, -1], "df1/dy": [2, 3], "df2/dx": [1, 1], "df2/dy": [0, 0]},
    ),
    "a value by its name": ("u = x*y; u^2", XY, {"of": "u", "order": 0}, {"u": [10, -3]}),
    "all the same": ("2*x + 1", XY, {}, {"f": [5, 7], "df/dx": [2, 2]}),
}


@pytest.mark.parametrize(("target", "table", "options", "wanted"), ASKED.values(), ids=[*ASKED])
@pytest.mark.parametrize("kind", NAMED)
def test_what_is_asked(kind, target, table, options, wanted):
    target = target if isinstance(target, str) else target()
    frame = HOLDERS[kind].make({name: np.array(column) for name, column in table.items()})
    found = HOLDERS[kind].columns(diffcli.batch(target, frame, **options), [])
    flags = found.pop("flags")
    assert {name: column.tolist() for name, column in found.items()} == wanted
    assert flags.tolist() == [0] * len(flags)
    without = HOLDERS[kind].columns(diffcli.batch(target, frame, flags=False, **options), [])
    held(without, wanted)


@pytest.mark.parametrize("kind", ["mapping", "structured", "matrix", "pandas", "polars", "arrow", "dask matrix"])
def test_a_function_is_recorded_again_where_a_row_goes_another_way(kind):
    frame = HOLDERS[kind].make({"x": np.array([1.0, 2.0, 3.0]), "y": np.array([5.0, 5.0, 1.0])})
    found = diffcli.batch(lambda x, y: x * x * y if x > 1.5 else y, frame)
    held(HOLDERS[kind].columns(found, RESULTS), {"f": [5, 20, 9], "df/dx": [0, 20, 6], "df/dy": [1, 4, 9], "flags": [0, 0, 0]})


@pytest.mark.parametrize("kind", ["matrix", "dask matrix"])
def test_a_matrix_has_columns_for_what_is_not_held(kind):
    frame = HOLDERS[kind].make({"x": np.array([2.0, 3.0]), "y": np.array([5.0, -1.0])})
    found = HOLDERS[kind].columns(diffcli.batch("x^2*a*y", frame, at={"a": 10}, wrt="y", flags=False), ["f", "df/dy"])
    held(found, {"f": [200, -90], "df/dy": [40, 90]})


WAYS = {
    "big-endian": lambda column: column.astype(">f8"),
    "float32": lambda column: column.astype("f4"),
    "float16": lambda column: column.astype("f2"),
    "long": lambda column: column.astype(np.longdouble),
    "int8": lambda column: column.astype("i1"),
    "uint64": lambda column: column.astype("u8"),
    "every other": lambda column: np.repeat(column, 2)[::2],
    "backwards": lambda column: column[::-1].copy()[::-1],
    "one for all": lambda column: np.broadcast_to(column, (3, len(column))).T[:, 1],
    "a list": list,
    "unaligned": lambda column: np.frombuffer(b"." + column.tobytes(), np.uint8)[1:].view("f8"),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=[*WAYS])
@pytest.mark.parametrize("kind", ["mapping", "structured", "matrix", "pandas"])
def test_numbers_may_be_kept_in_any_way(kind, way):
    x, y = np.arange(1.0, 41.0), np.arange(40.0) % 7
    frame = HOLDERS[kind].make({"x": way(x), "y": way(y)})
    held(HOLDERS[kind].columns(diffcli.batch(TEXT, frame), RESULTS), diffcli.batch(TEXT, {"x": x, "y": y}))
    if kind == "matrix":
        held(of_matrix(diffcli.batch(TEXT, np.asfortranarray(frame)), RESULTS), diffcli.batch(TEXT, {"x": x, "y": y}))


TWO = [1.0, 2.0]


@pytest.mark.parametrize("name", ["f", "flags"])
@pytest.mark.parametrize("kind", ["mapping", "structured", "pandas", "polars", "arrow"])
def test_a_kept_column_is_none_of_the_results(kind, name):
    with pytest.raises(diffcli.UsageError, match=f"`{name}` is a column, and a result"):
        diffcli.batch("x^2", HOLDERS[kind].make({"x": TWO, name: [8.0, 9.0]}), keep=name)


def test_masked_elements_are_null():
    masked = np.ma.array([1.0, 7.0], mask=[0, 1])
    assert np.isnan(diffcli.batch("x^2", {"x": masked})["f"]).tolist() == [False, True]
    assert np.isnan(diffcli.batch("x^2", masked[:, None])[:, 0]).tolist() == [False, True]


def test_what_is_masked_and_kept_stays_masked():
    frame = np.ma.array([(1.0, 5.0), (2.0, 6.0)], mask=[(0, 1), (0, 0)], dtype=[("x", "f8"), ("n", "f8")])
    found = diffcli.batch("x^2", frame, keep="n")
    assert found["n"].mask.tolist() == [True, False]
    assert found["f"].tolist() == [1.0, 4.0]


def whole_numbers(kind):
    if kind == "arrow":
        return pytest.importorskip("pyarrow").table({"x": [2**53 + 1]})
    pytest.importorskip("pyarrow")
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame({"x": pandas.array([2**53 + 1, None], "int64[pyarrow]")})


@pytest.mark.parametrize("kind", ["arrow", "pandas"])
def test_whole_numbers_beyond_2_to_53_are_rounded(kind):
    found = np.asarray(diffcli.batch("x*1", whole_numbers(kind))["f"])
    assert float(found[0]) == 2.0**53
    assert np.isnan(found[1:]).all()


def test_names_that_are_no_texts_are_passed_over():
    assert diffcli.batch("x^2", {"x": TWO, 5: TWO})["f"].tolist() == [1, 4]
    pandas = pytest.importorskip("pandas")
    assert diffcli.batch("x^2", pandas.DataFrame({"x": TWO, 5: TWO}))["f"].tolist() == [1, 4]


NO_TABLES = {
    "a number": (lambda: {"x": 1.0}, {}, "column `x` has the shape (), and others have 0 rows"),
    "a row": (lambda: np.array((1.0,), [("x", "f8")]), {}, "is to have a column for each of: x; its shape is ()"),
    "a column to keep of another length": (
        lambda: {"x": TWO, "n": [1.0]}, {"keep": "n"}, "column `n` has the shape (1,), and others have 2 rows"
    ),
    "a column to keep that is not there": (
        lambda: np.array([(1.0,)], [("x", "f8")]), {"keep": "q"}, "the table has no column `q`"
    ),
    "a matrix with keep": (lambda: np.ones((2, 1)), {"keep": "x"}, "`keep` names columns, and those of a matrix have no names"),
    "an unknown name": (lambda: {"x": TWO}, {"at": {"q": 1}}, "the program has no variable `q`"),
    "a result called flags": (lambda: {"x": TWO}, {"of": "flags = x"}, "a result is called `flags`, as the column of flags is"),
}  # fmt: skip


@pytest.mark.parametrize("case", NO_TABLES)
def test_what_does_not_fit_is_refused(case):
    frame, options, message = NO_TABLES[case]
    with pytest.raises(diffcli.DiffcliError) as refusal:
        diffcli.batch("x^2", frame(), **options)
    assert message in str(refusal.value)


@pytest.mark.parametrize("case", ["twice in pandas", "twice in Arrow", "vector of Dask", "bag of Dask"])
def test_other_things_are_no_tables(case):
    library = pytest.importorskip({"pandas": "pandas", "Arrow": "pyarrow", "Dask": "dask"}[case.split()[-1]])
    if case == "twice in pandas":
        frame = library.DataFrame([[1.0, 2.0]], columns=["x", "x"])
    elif case == "twice in Arrow":
        frame = library.Table.from_arrays([library.array(TWO)] * 2, ["x", "x"])
    elif case == "vector of Dask":
        frame = pytest.importorskip("dask.array").ones(4)
    else:
        frame = pytest.importorskip("dask.bag").from_sequence([1])
    with pytest.raises(diffcli.DiffcliError):
        diffcli.batch("x^2", frame)


@pytest.mark.parametrize("options", [{"wrt": "x"}, {"order": 2}, {"of": "q"}, {"at": {"q": 1}}, {"at": {"y": [1, 2]}}], ids=str)
def test_no_argument_is_passed_over_with_a_kernel(options):
    with pytest.raises(diffcli.DiffcliError):
        diffcli.batch(diffcli.compile("x*y"), {"x": TWO, "y": TWO}, **options)


@pytest.mark.parametrize("width", [2, 3])
def test_a_matrix_for_a_vector_has_a_column_for_each_element(width):
    kernel = diffcli.compile("sum(w^2)*c", at={"w": np.zeros(2), "c": 0.0}, batch=["w", "c"])
    if width == 3:
        assert diffcli.batch(kernel, np.ones((2, 3)))[0, 0] == 2.0
        return
    with pytest.raises(diffcli.UsageError, match=r"w\[0\], w\[1\], c"):
        diffcli.batch(kernel, np.ones((2, 2)))


def test_a_function_over_a_frame_of_dask_with_an_empty_part():
    pandas, dask = pytest.importorskip("pandas"), pytest.importorskip("dask.dataframe")
    frame = dask.from_pandas(pandas.DataFrame({"x": [1.0, 2.0, 3.0]}), npartitions=3)
    frame = frame[frame.x != 2.0]
    assert diffcli.batch(lambda x: x * x, frame).compute(scheduler="synchronous")["f"].tolist() == [1, 9]


def test_a_column_of_null_alone_is_one_of_numbers():
    assert np.isnan(diffcli.batch("x^2", {"x": [None, 1.0]})["f"]).tolist() == [True, False]
    arrow = pytest.importorskip("pyarrow")
    assert np.isnan(np.asarray(diffcli.batch("x^2", arrow.table({"x": [None, None]}))["f"])).all()
