"""Tables that are no good are named with line and column, and leave nothing behind; what is good is read as it was written."""

from __future__ import annotations

import csv
import io
import json
import os
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from console import run
from hypothesis import given, settings
from hypothesis import strategies as st
from inside import BLOCK_ROWS, CsvTable, Layout, numbers_of
from test_batch import needs


def npy(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def arrow(kind, **columns):
    import pyarrow as pa
    import pyarrow.feather
    import pyarrow.parquet

    file = io.BytesIO()
    if kind == "parquet":
        pa.parquet.write_table(pa.table(columns), file)
    else:
        pa.feather.write_feather(pa.table(columns), file)
    return file.getvalue()


BEYOND = "beyond the range of a float, which ends at 1.8e308"
TEXTS = {
    "csv": {
        b"": "{} is empty", b"# only\n": "{} holds no numbers, only remarks",
        "x,y\n1,\u0662\n".encode(): "line 2, column 2 of {} is `\u0662`, not a number",
        b"x,y\n1,\n": "line 2, column 2 of {} is empty, where a number is needed",
        b"x,y\n1,two\n": "line 2, column 2 of {} is `two`, not a number",
        b"x,y\n1\n": "line 2 of {} has 1 value, and line 1 has 2 names",
        b"x,y\n1,2,3\n": "line 2 of {} has 3 values, and line 1 has 2 names",
        b"x,y\n1,nan\n": "line 2, column 2 of {} is `nan`, not a finite number",
        b"x,y\n1,inf\n": "line 2, column 2 of {} is `inf`, not a finite number",
        b"x,y\n1,1e999\n": f"line 2, column 2 of {{}} is `1e999`, {BEYOND}",
        b"x,y\n1,1e-400\n": "line 2, column 2 of {} is `1e-400`, beyond the range of a float, which begins at 4.9e-324",
        b"x,y\n1,2025-01-31\n": "line 2, column 2 of {} is `2025-01-31`, not a number",
        b'x,y\n1,"2\n': "line 2 of {} is not CSV: unexpected end of data",
        b"x,x\n1,2\n": "{} has no column `y`", b"x,x,y\n1,2,3\n": "{} has 2 columns `x`",
        b"a,b\n1,2\n": "{} has no column `x`", b"x,y\n1,\xff\n": "{} is not UTF-8 text: line 2, byte 3 of it is 0xff",
        b"x;y\n1;1,234\n": "line 2, column 2 of {} is `1,234`, which can be read in two ways",
        b"x;y\n0,5;1.5\n": "line 2, column 2 of {} is `1.5`, where other cells have decimal commas",
        b"1,2,3\n": "{} has 3 columns without names, and the variables are x, y",
        b"x,y\n1,2\n\n\n3,\n": "line 5, column 2 of {} is empty, where a number is needed",
        b"\xef\xbb\xbfx,y\r\n1,2\r\n3,q\r\n": "line 3, column 2 of {} is `q`, not a number",
        b"x,y\n1,True\n": "line 2, column 2 of {} is `True`, not a number",
        b"x,y\n1,05\n": "line 2 of {} has `1,05`, which is one number, or two",
        b"x\ty\n1\t2\t3\n": "line 2 of {} has 3 values, and line 1 has 2 names",
        b"x,y\n1,0x10\n": "line 2, column 2 of {} is `0x10`, not a number",
    },
    "ndjson": {
        b"": "{} is empty", b"[1,2]\n": "line 1 of {} is no object", b'{"x": 1, "y": 2}\n3\n': "line 2 of {} is no object",
        b'{"x": 1, "y": 2}\n{"x": 1,\n': "line 2, column 9 of {} is not JSON: Expecting property name enclosed in double quotes",
        b'{"x": 1, "y": 2}\n{"x": 1}\n': "line 2 of {} has no `y`", b'{"x": 1, "y": "2"}\n': '`y` in line 1 of {} is "2", not a number',
        b'{"x": 1, "y": null}\n': "`y` in line 1 of {} is null, not a number",
        b'{"x": 1, "y": NaN}\n': "`y` in line 1 of {} is nan, not a finite number",
        b'{"x": 1, "y": true}\n': "`y` in line 1 of {} is true, not a number",
        b'{"x": 1, "y": [2]}\n': "`y` in line 1 of {} is [2], not a number",
        b'{"x": 1, "x": 3, "y": 2}\n': "line 1 of {} has `x` twice",
        b'{"x": 1, "y": ' + b"9" * 400 + b"}\n": f"`y` in line 1 of {{}} is {BEYOND}",
    },
    "npy": {
        b"": "{} is no file of NumPy's, or not whole: ", b"nonsense": "{} is no file of NumPy's, or not whole: ",
        npy(np.ones((3, 2)))[:-4]: "{} is no file of NumPy's, or not whole: ",
        npy(np.array([1, "a", None], object)): "{} is no file of NumPy's, or not whole: ",
        npy(np.ones((2, 2, 2))): "{} has 3 axes, and a table has rows and columns",
        npy(np.ones((2, 3))): "{} has 3 columns without names, and the variables are x, y",
        npy(np.array([("a", 1.0)], [("x", "U1"), ("y", "f8")])): "column `x` of {} holds <U1, not numbers",
        npy(np.ones((2, 2), complex)): "column `x` of {} holds complex128, not numbers",
    },
    "npz": {
        npz(x=np.ones(3), y=np.ones(2)): "the arrays in {} are no columns of one length: `x` (3,), `y` (2,)",
        npz(x=np.ones(3)): "{} has no column `y`",
        npz(x=np.ones(3), y=np.ones(3))[:50]: "{} is no file of NumPy's, or not whole: ",
    },
}  # fmt: skip
"""What files hold, and what is said of them, or how that begins."""

COLUMNS = (
    ({"x": ["a"], "y": [2.0]}, "column `x` of {} holds string, not numbers"),
    ({"x": [1.0, None], "y": [2.0, 3.0]}, "row 2, column `x` of {} is null, where a number is needed"),
    ({"x": [True], "y": [2.0]}, "column `x` of {} holds bool, not numbers"),
    ({"x": [[1.0]], "y": [2.0]}, "column `x` of {} holds list<"),
    ({"a": [1.0]}, "{} has no column `x`"),
)


def refused(kind, content, message, folder):
    path = folder / f"in.{kind}"
    path.write_bytes(content)
    (folder / "out.csv").write_text("what was there before")
    found = run(["batch", "x*y", "--data", str(path), "-o", f"{folder}/out.csv"])
    assert (found.exit, found.stdout) == (2, "")
    first = " ".join(found.stderr.split("\n  = help")[0].split())
    wanted = message.format(path)
    assert first.startswith(("error[bad-data]: " + wanted, "error[unreadable-file]: " + wanted))
    assert (folder / "out.csv").read_text() == "what was there before"
    assert sorted(file.name for file in folder.iterdir()) == sorted([f"in.{kind}", "out.csv"])


@pytest.mark.parametrize("kind", TEXTS)
def test_what_is_wrong_is_named(kind, tmp_path):
    for content, message in TEXTS[kind].items():
        refused(kind, content, message, tmp_path)


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_what_is_wrong_in_files_of_arrow(kind, tmp_path):
    needs(kind)
    name = kind.capitalize()
    whole = arrow(kind, x=[1.0], y=[2.0])
    for content in (b"", b"PAR1nonsense", whole[:-8], whole[: len(whole) // 2]):
        refused(kind, content, f"{{}} is no {name} file, or not whole: ", tmp_path)
    for columns, message in COLUMNS:
        refused(kind, arrow(kind, **columns), message, tmp_path)


def test_bad_rows_are_left_out_or_have_no_numbers(tmp_path):
    (tmp_path / "in.csv").write_text("id,x,y\na,1,2\nb,,3\nc,zz,1\nd,5\n", encoding="utf-8")
    asked = ["batch", "x*y", "--data", f"{tmp_path}/in.csv", "--keep", "id"]
    skipped, as_nan = run([*asked, "--bad", "skip"]), run([*asked, "--bad", "nan"])
    assert skipped.stdout == "id,f,df/dx,df/dy,flags\na,2.0,2.0,1.0,0\n"
    assert skipped.stderr.startswith(f"1 point; 3 bad rows, the first: line 3, column 2 of {tmp_path}/in.csv is empty")
    rows = "".join(f"{name},nan,nan,nan,32\n" for name in "bcd")
    assert as_nan.stdout == skipped.stdout + rows
    assert (skipped.exit, as_nan.exit) == (0, 4)


@pytest.mark.parametrize("kind", ["ndjson", "npy", "parquet", "feather"])
def test_variables_of_a_text_are_kept_as_numbers(kind, tmp_path):
    needs(kind)
    (tmp_path / "in.csv").write_text("id,x,y\na,1,2\nb,,3\n", encoding="utf-8")
    asked = ["batch", "x*y", "--data", f"{tmp_path}/in.csv", "-o", f"{tmp_path}/out.{kind}", "--bad", "skip"]
    assert run([*asked, "--keep", "x"]).exit == 0
    assert run(["batch", "x^2", "--data", f"{tmp_path}/out.{kind}"]).stdout == "f,df/dx,flags\n1.0,2.0,0\n"
    text = run([*asked, "--keep", "id"])
    assert text.exit == (2 if kind == "npy" else 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", f"out.{kind}"]


def test_a_bad_row_has_no_constant_slope(tmp_path):
    (tmp_path / "in.csv").write_text("x,y\n1,2\n,3\n", encoding="utf-8")
    found = run(["batch", "x + abs(y)", "--data", f"{tmp_path}/in.csv", "--bad", "nan"])
    assert found.stdout == "f,df/dx,df/dy,flags\n3.0,1.0,1.0,0\nnan,nan,nan,32\n"


def test_a_table_without_rows_has_names(tmp_path):
    np.save(tmp_path / "in.npy", np.zeros((0, 2)))
    (tmp_path / "in.csv").write_text("x,y\n")
    for name in ("in.npy", "in.csv"):
        found = run(["batch", "x*y", "--data", f"{tmp_path}/{name}"])
        assert (found.exit, found.stdout, found.stderr) == (0, "f,df/dx,df/dy,flags\n", "0 points\n")


FRAMES = {"n": [1, None, 2**53 + 1], "b": [True, None, False], "v": [1.5, None, 2.0]}


def test_nulls_that_are_kept_stay_nulls(tmp_path):
    needs("parquet")
    (tmp_path / "in.parquet").write_bytes(arrow("parquet", x=[1.0, 2.0, 3.0], **FRAMES))
    for name in "nb":
        told = run(["batch", "x^2", "--data", f"{tmp_path}/in.parquet", "-o", f"{tmp_path}/out.npy", "--keep", name]).stderr
        assert f"column `{name}` has nulls, and an .npy file cannot have them" in told
        assert not (tmp_path / "out.npy").exists()
    assert run(["batch", "x^2", "--data", f"{tmp_path}/in.parquet", "-o", f"{tmp_path}/out.npy", "--keep", "v"]).exit == 0
    assert np.load(tmp_path / "out.npy")["v"].tolist()[::2] == [1.5, 2.0]
    found = run(["batch", "x^2", "--data", f"{tmp_path}/in.parquet", "--to", "ndjson", "--keep", "n,b,v,n", "--order", "0"]).stdout
    rows = [list(json.loads(line).values())[:3] for line in found.splitlines()]
    assert rows == [[1, True, 1.5], [None, None, None], [2**53 + 1, False, 2.0]]


def test_times_are_kept_where_there_are_such(tmp_path):
    needs("parquet")
    import pyarrow as pa

    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    kinds = (pa.timestamp("us", tz="UTC"), pa.time32("ms"), pa.date32(), pa.duration("s"), pa.decimal128(9, 2))
    values = (moment, moment.time(), moment.date(), timedelta(seconds=5), Decimal("1.25"))
    columns = {f"t{k}": pa.array([value], kind) for k, (kind, value) in enumerate(zip(kinds, values, strict=True))}
    (tmp_path / "in.parquet").write_bytes(arrow("parquet", x=[2.0], **columns))
    asked = ["batch", "x^2", "--data", f"{tmp_path}/in.parquet", "--keep", "all", "-o"]
    for name in ("out.parquet", "out.feather", "out.csv", "out.ndjson"):
        assert run([*asked, f"{tmp_path}/{name}"]).exit == 0
    assert pa.parquet.read_table(tmp_path / "out.parquet").schema.types[1:6] == [*kinds]
    told = run([*asked, f"{tmp_path}/out.npy", "--keep", "t0"]).stderr
    assert "column `t0` has no numbers, and an .npy file is to have them" in told


@pytest.mark.parametrize("kind", ["ndjson", "npy"])
def test_what_is_right_in_a_bad_row_is_kept(kind, tmp_path):
    (tmp_path / "in.csv").write_text("x,y\n3,\n")
    (tmp_path / "in.ndjson").write_text('{"x": 3, "y": null}\n')
    for name in ("in.csv", "in.ndjson"):
        out = tmp_path / f"out.{kind}"
        assert run(["batch", "x*y", "--data", f"{tmp_path}/{name}", "-o", str(out), "--keep", "x", "--bad", "nan"]).exit == 4
        assert (np.load(out)["x"][0] if kind == "npy" else json.loads(out.read_text())["x"]) == 3.0
        assert "nan" in (str(np.load(out)["f"][0]) if kind == "npy" else json.loads(out.read_text())["f"])


def test_a_row_of_empty_cells_is_a_bad_row(tmp_path):
    for text, rows in (("x,y\n1,2\n,\n3,4\n", 3), ('x\n1\n""\n3\n', 3), ("x\n1\n\n3\n", 2), ("x\ty\n1\t2\n\t\n", 2)):
        (tmp_path / "in.csv").write_text(text)
        expression = "x*y" if "y" in text else "x^2"
        found = run(["batch", expression, "--data", f"{tmp_path}/in.csv", "--bad", "nan"])
        assert len(found.stdout.splitlines()) == rows + 1, text
        assert ("bad row" in found.stderr) == (rows == 3 or "\t" in text)


def test_texts_that_are_kept_are_as_they_were(tmp_path):
    texts = ["two\nlines", "a\n# b\nc", " blank ", 'a "word"', "1,5", "", "#x"]
    with open(tmp_path / "in.csv", "w", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["t", "x"], *[[text, place] for place, text in enumerate(texts)]])
    asked = ["batch", "x", "--data", f"{tmp_path}/in.csv", "--keep", "t", "--order", "0"]
    found = run([*asked, "--to", "ndjson"])
    assert [json.loads(line)["t"] for line in found.stdout.splitlines()] == texts
    assert [row[0] for row in csv.reader(io.StringIO(run(asked).stdout, newline=""))][1:] == texts


def test_quotation_marks_in_cells_without_them(tmp_path):
    """They begin no quotation: remarks stay remarks, and the first lines are some."""
    rows = "".join(f"{place},{place}\n" for place in range(30_000))
    (tmp_path / "in.csv").write_text(f's,x\n5" pipe,1\n# 9 old,100\nb,2\n{rows}')
    found = run(["batch", "x*2", "--data", f"{tmp_path}/in.csv", "--keep", "s", "--order", "0"])
    assert found.exit == 0, found.stderr
    assert found.stdout.splitlines()[:4] == ["s,f,flags", '"5"" pipe",2.0,0', "b,4.0,0", "0,0.0,0"]


def test_empty_cells_before_the_names_are_passed_over():
    found = run(["batch", "x*y", "--data", "-", "--order", "0"], stdin=b",\nx,y\n1,2\n")
    assert (found.exit, found.stdout) == (0, "f,flags\n2.0,0\n")


def test_parts_of_microseconds_are_kept_as_text(tmp_path):
    needs("parquet")
    import pyarrow as pa

    columns = {"a": pa.array([1], pa.time64("ns")), "b": pa.array([1], pa.timestamp("ns"))}
    (tmp_path / "in.parquet").write_bytes(arrow("parquet", x=[1.0], **columns))
    found = run(["batch", "x", "--data", f"{tmp_path}/in.parquet", "--keep", "a,b", "--order", "0"])
    assert found.stdout.splitlines()[1].startswith("00:00:00.000000001,1970-01-01 00:00:00.000000001,"), found.stderr


def test_a_function_reads_a_pipe_with_a_name_in_whole(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("there are no pipes with names")
    (tmp_path / "model.py").write_text("def f(x):\n    return x*x\n")
    os.mkfifo(tmp_path / "in.csv")
    text = "x\n" + "".join(f"{x}\n" for x in range(BLOCK_ROWS + 10))
    writer = threading.Thread(target=lambda: (tmp_path / "in.csv").write_text(text))
    writer.start()
    found = run(["batch", f"{tmp_path}/model.py:f", "--data", f"{tmp_path}/in.csv", "--order", "0"])
    writer.join()
    assert (found.exit, len(found.stdout.splitlines())) == (0, BLOCK_ROWS + 11), found.stderr


def test_json_is_kept_as_it_is(tmp_path):
    lines = '{"x": 9007199254740993, "n": 1, "t": "a"}\n{"x": 2, "n": null, "t": [1, {"a": 0.5}]}\n'
    (tmp_path / "in.ndjson").write_text(lines)
    found = run(["batch", "0*x", "--data", f"{tmp_path}/in.ndjson", "--keep", "all", "--order", "0", "--to", "ndjson"])
    assert [line.partition(', "f"')[0] + "}" for line in found.stdout.splitlines()] == lines.splitlines()


def test_lists_and_bytes_of_arrow_in_text(tmp_path):
    needs("parquet")
    import pyarrow as pa

    columns = {"a": [[1.0, float("nan")]], "b": [b"a\xff"], "c": pa.array([5], pa.duration("ns"))}
    (tmp_path / "in.parquet").write_bytes(arrow("parquet", x=[1.0], **columns))
    asked = ["batch", "x", "--data", f"{tmp_path}/in.parquet", "--keep", "a,b,c", "--order", "0", "--to"]
    found = json.loads(run([*asked, "ndjson"]).stdout, parse_constant=pytest.fail)
    assert (found["a"], found["b"], found["c"]) == ([1.0, "nan"], "a\\xff", 5)
    assert run([*asked, "csv"]).stdout.splitlines()[1] == '"[1.0, ""nan""]",a\\xff,5,1.0,0'


def test_infinities_that_are_kept_are_json(tmp_path):
    table = np.array([(np.inf, 1.0), (np.nan, 2.0)], [("a", "f8"), ("x", "f8")])
    np.save(tmp_path / "in.npy", table)
    found = run(["batch", "x", "--data", f"{tmp_path}/in.npy", "--keep", "a", "--to", "ndjson", "--order", "0"]).stdout
    assert [json.loads(line, parse_constant=pytest.fail)["a"] for line in found.splitlines()] == ["inf", "nan"]


def test_a_result_is_not_called_as_the_flags_are():
    found = run(["batch", "flags = x*y; flags", "--of", "flags", "--data", "-"], stdin=b"x,y\n1,2\n")
    assert (found.exit, found.stdout) == (2, "")
    assert "a result is called `flags`, as the column of flags is" in found.stderr


def test_a_function_reads_standard_input_once_more(tmp_path):
    (tmp_path / "model.py").write_text("def f(x, y):\n    return x*y\n")
    rows = "".join(f"{x},{x + 1}\n" for x in range(BLOCK_ROWS + 10))
    found = run(["batch", f"{tmp_path}/model.py:f", "--data", "-", "--order", "0"], stdin=f"x,y\n{rows}".encode())
    assert found.exit == 0
    assert len(found.stdout.splitlines()) == BLOCK_ROWS + 11
    assert found.stdout.splitlines()[3] == "6.0,0"


def test_what_is_given_to_all_rows_is_a_variable_of_the_program(tmp_path):
    (tmp_path / "in.csv").write_text("x\n1\n2\n")
    unknown = run(["batch", "x^2", "--data", f"{tmp_path}/in.csv", "--at", "q=1"])
    assert (unknown.exit, unknown.stdout) == (3, "")
    assert "the program has no variable `q`" in unknown.stderr


@pytest.mark.parametrize("kind", ["csv", "ndjson", "npy", "parquet", "feather"])
def test_there_is_a_row_for_each_where_no_column_is_asked_for(kind, tmp_path):
    needs(kind)
    np.save(tmp_path / "in.npy", np.ones((3, 1)))
    if kind != "npy":
        assert run(["batch", "x", "--data", f"{tmp_path}/in.npy", "--order", "0", "-o", f"{tmp_path}/in.{kind}"]).exit == 0
    found = run(["batch", "a*2 + 0*b" if kind == "npy" else "a*2", "--data", f"{tmp_path}/in.{kind}", "--at", "a=1", "--order", "0"])
    assert found.stdout == "f,flags\n" + "2.0,0\n" * 3, found.stderr


def test_names_of_all_letters_are_written_and_read(tmp_path):
    (tmp_path / "in.csv").write_text("α,y\n2,3\n", encoding="utf-8")
    assert run(["batch", "α*y", "--data", f"{tmp_path}/in.csv", "-o", f"{tmp_path}/out.npy", "--keep", "α"]).exit == 0
    assert np.load(tmp_path / "out.npy").dtype.names == ("α", "f", "df/dα", "df/dy", "flags")


def test_tabs_are_written_to_tsv(tmp_path):
    (tmp_path / "in.csv").write_text("t,x\na,2\n")
    assert run(["batch", "x^2", "--data", f"{tmp_path}/in.csv", "-o", f"{tmp_path}/out.tsv", "--keep", "t"]).exit == 0
    assert (tmp_path / "out.tsv").read_text() == "t\tf\tdf/dx\tflags\na\t4.0\t4.0\t0\n"


ODD = {
    "other bytes": (np.array([(1.5, 2.0)], [("a", ">f8"), ("x", "f8")]), "parquet", None),
    "bytes": (np.array([(b"ab", 2.0)], [("a", "S2"), ("x", "f8")]), "ndjson", '{"a": "ab", "f": 2.0, "flags": 0}\n'),
    "times": (np.array([("2026-03-01", 2.0)], [("a", "M8[D]"), ("x", "f8")]), "csv", "a,f,flags\n2026-03-01,2.0,0\n"),
    "long": (np.array([(1.5, 2.0)], [("a", "g"), ("x", "f8")]), "csv", "a,f,flags\n1.5,2.0,0\n"),
    "complex": (np.array([(1j, 2.0)], [("a", "c16"), ("x", "f8")]), "parquet", "a column that is kept holds complex128"),
    "arrays": (np.array([([1, 2], 2.0)], [("a", "f8", 2), ("x", "f8")]), "csv", "column `a` of"),
    "a row": (np.array((1.0, 2.0), [("a", "f8"), ("x", "f8")]), "csv", "has 0 axes, and a table has rows and columns"),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_arrays_are_kept_or_refused(case, tmp_path):
    table, kind, wanted = ODD[case]
    needs(kind)
    np.save(tmp_path / "in.npy", table)
    found = run(["batch", "x", "--data", f"{tmp_path}/in.npy", "-o", f"{tmp_path}/out.{kind}", "--keep", "a", "--order", "0"])
    if wanted is None:
        assert found.exit == 0, found.stderr
    elif (tmp_path / f"out.{kind}").exists():
        assert (tmp_path / f"out.{kind}").read_text() == wanted
    else:
        assert found.exit == 2
        assert wanted in found.stderr


def test_categories_that_differ_from_block_to_block(tmp_path):
    needs("parquet")
    import pyarrow as pa
    import pyarrow.feather
    import pyarrow.parquet

    texts = ["a"] * BLOCK_ROWS + ["b"] * 3
    with pa.parquet.ParquetWriter(tmp_path / "in.parquet", pa.schema([("x", pa.float64()), ("t", pa.dictionary(pa.int32(), pa.string()))])) as writer:
        for part in (texts[:BLOCK_ROWS], texts[BLOCK_ROWS:]):
            writer.write_table(pa.table({"x": np.ones(len(part)), "t": pa.array(part).dictionary_encode()}))
    for kind in ("parquet", "feather"):
        found = run(["batch", "x", "--data", f"{tmp_path}/in.parquet", "-o", f"{tmp_path}/out.{kind}", "--keep", "t", "--order", "0"])
        assert found.exit == 0, found.stderr
        read = pa.parquet.read_table if kind == "parquet" else pa.feather.read_table
        assert read(tmp_path / f"out.{kind}")["t"].to_pylist() == texts


def test_two_columns_of_one_name_are_told(tmp_path):
    needs("parquet")
    import pyarrow as pa

    pa.parquet.write_table(pa.Table.from_arrays([pa.array([1.0])] * 2, ["x", "x"]), tmp_path / "in.parquet")
    assert "has 2 columns `x`" in run(["batch", "x", "--data", f"{tmp_path}/in.parquet"]).stderr


def test_what_is_written_is_not_what_is_read(tmp_path):
    (tmp_path / "link.csv").symlink_to(tmp_path / "o.csv")
    for name in ("o.csv", "o.csv.part", "o.csv.part.json"):
        (tmp_path / name).write_text("x\n1\n")
        assert run(["batch", "x", "--data", f"{tmp_path}/{name}", "--from", "csv", "-o", f"{tmp_path}/link.csv"]).exit == 2
        found = run(["batch", "x", "--data", f"{tmp_path}/{name}", "--from", "csv", "-o", f"{tmp_path}/o.csv"])
        assert found.exit == 2
        assert (tmp_path / name).read_text() == "x\n1\n"


def test_a_name_like_a_pattern_is_that_of_a_file(tmp_path):
    (tmp_path / "d[1].csv").write_text("x\n1\n")
    assert run(["batch", "x", "--data", f"{tmp_path}/d[1].csv", "--order", "0"]).stdout == "f,flags\n1.0,0\n"


def test_ten_bad_rows_are_named(tmp_path):
    (tmp_path / "in.csv").write_text("x,y\n" + "1,\n" * 30)
    told = run(["batch", "x*y", "--data", f"{tmp_path}/in.csv"]).stderr
    assert told.count("error[bad-data]") == 10
    assert "and 20 more rows of this block" in told


CELLS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["0", "-0.0", "1e-400", "05", "1_0", " 2", "+3", "nan", "", "abc", "1e5", "0x1", "2*3", "pi", "1.5.2", ".5", "5.", "-"]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6))
def test_blocks_of_plain_numbers_are_read_as_others_are(rows):
    layout = Layout("t.csv", ";", ["x", "y"], 1, 2)
    cells = [(line, list(row)) for line, row in enumerate(rows, 2)]
    found, bad = numbers_of(layout, cells, [0, 1], False)
    wrong = {place for place, _ in bad}
    for place, row in enumerate(cells):
        try:
            wanted = CsvTable("t.csv", [], [row]).numbers([0, 1], False)[0]
        except Exception:
            assert place in wrong
            continue
        assert place not in wrong
        assert [float(column[place]).hex() for column in found] == [float(number).hex() for number in wanted]


def test_lines_are_counted_through_quotations_and_blocks(tmp_path):
    rows = ['"a\nb",1,2'] + ["c,1,2"] * (BLOCK_ROWS + 5) + ["d,1,q"]
    (tmp_path / "in.csv").write_text("id,x,y\n" + "\n".join(rows), encoding="utf-8")
    found = run(["batch", "x*y", "--data", f"{tmp_path}/in.csv", "-o", f"{tmp_path}/out.csv"])
    assert f"line {BLOCK_ROWS + 9}, column 3 of" in found.stderr
