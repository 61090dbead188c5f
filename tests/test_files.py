"""Files of numbers: what each is read as, alone and as points, and what is refused, by its line and with the way out."""

from __future__ import annotations

import numpy as np
import pytest
from console import run
from inside import DiffcliError, parse, read_csv, read_point, read_points

import diffcli

READ = {
    "a column": ("1\n2\n", [1, 2]),
    "a named column": ("speed\n1\n2\n", [1, 2]),
    "a name of two words": ("my speed\n1\n2\n", [1, 2]),
    "columns": ("x,y\n1,2\n3,4\n", [[1, 2], [3, 4]]),
    "names that are constants": ("pi,e\n1,2\n", [[1, 2]]),
    "names with units": ("v (m/s);t [s]\n1;2\n", [[1, 2]]),
    "semicolons": ("1;2\n3;4\n", [[1, 2], [3, 4]]),
    "tabs": ("1\t2\n3\t4\n", [[1, 2], [3, 4]]),
    "blanks": ("1 2\n3   4\n", [[1, 2], [3, 4]]),
    "names and blanks": ("t x\n0 1\n1 2\n", [[0, 1], [1, 2]]),
    "decimal commas": ("0,5;1,25\n2;3\n", [[0.5, 1.25], [2, 3]]),
    "decimal commas with names": ("a;b\n0,5;-1,25e3\n,5;3,\n", [[0.5, -1250], [0.5, 3]]),
    "decimal commas with tabs": ("0,5\t1,25\n", [[0.5, 1.25]]),
    "decimal commas in quotes": ('"0,5","1,25"\n"2","3"\n', [[0.5, 1.25], [2, 3]]),
    "decimal commas that look like thousands, beside others": ("1,000;2,5\n", [[1, 2.5]]),
    "a byte-order mark and Windows": ("\ufeffa,b\r\n1,2\r\n", [[1, 2]]),
    "carriage returns": ("a\r1\r2\r", [1, 2]),
    "remarks and empty lines": ("# a\n\n1\n  # b\n \n2\n", [1, 2]),
    "expressions": ("pi/2,1/3\n2^-10,sqrt(4)\n", [[np.pi / 2, 1 / 3], [2**-10, 2]]),
    "an underscore": ("1_000\n", [1000]),
    "zeros": ("0,-0.0\n0e5,.0\n0e-400,0e%s\n" % ("9" * 21), [[0, 0]] * 3),
    "the smallest and the largest": ("5e-324,1.7976931348623157e308\n", [[5e-324, 1.7976931348623157e308]]),
    "three digits that are a number": ("1,500\n2,250\n", [[1, 500], [2, 250]]),
    "a comma in quotes in a name": ('"a, b",c\n1,2\n', [[1, 2]]),
}


@pytest.mark.parametrize("name", READ)
def test_what_a_table_is_read_as(name, tmp_path):
    text, expected = READ[name]
    file = tmp_path / "f.csv"
    file.write_bytes(text.encode())
    np.testing.assert_array_equal(read_point(f"x=@{file}")["x"], np.array(expected, float))


COLUMNS = {
    "x": ("x,y\n1,2\n3,4\n", [1, 3]),
    "y, x": ("x,y,z\n1,2,5\n3,4,6\n", [[2, 1], [4, 3]]),
    "speed (m/s)": ("speed (m/s),label\n1,north\n2,south\n", [1, 2]),
    "a, b": ('"a, b",c\n1,2\n', [1]),
    "x1": ("x₁;y\n0,5;word\n", [0.5]),
    "a": (",a\n0,5\n1,6\n", [5, 6]),
    "t:s": ("t:s,b\n1,2\n", [1]),
}


@pytest.mark.parametrize("column", COLUMNS)
def test_columns_by_name(column, tmp_path):
    text, expected = COLUMNS[column]
    (tmp_path / "f.csv").write_text(text, encoding="utf-8")
    np.testing.assert_array_equal(read_point(f'v=@"{tmp_path}/f.csv:{column}"')["v"], expected)


REFUSED = {
    "v\n0,5\n1,5\n": ("line 2 of F has 2 values, and line 1 has 1 name", "if that is a decimal comma, write 0.5"),
    "a,b\n0,5,1,5\n": ("line 2 of F has 4 values, and line 1 has 2 names", "if that is a decimal comma, write 0.5, or separate the columns by semicolons"),
    "v\n1,000\n2,500\n": ("line 2 of F has 2 values, and line 1 has 1 name", "if that is one number, write 1000", "if that is a decimal comma, write 1.000"),
    "v\n1,234,567\n": ("line 2 of F has 3 values, and line 1 has 1 name", "if that is one number, write 1234567"),
    "1,000\n2,500\n": ("line 1 of F has `1,000`, which is one number, or two", "if that is one number, write 1000", "if that is a decimal comma, write 1.000"),
    "1,05\n2,50\n": ("line 1 of F has `1,05`, which is one number, or two", "if that is a decimal comma, write 1.05"),
    "v,w\n3,1\n0,005\n": ("line 3 of F has `0,005`, which is one number, or two", "if that is a decimal comma, write 0.005"),
    "1 000\n2 500\n": ("line 1 of F has `1 000`, which is one number, or two", "if that is one number, write 1000"),
    "a,b,c\n1,2\n3,4\n": ("line 2 of F has 2 values, and line 1 has 3 names", "every line has a value for each column"),
    "1,2\n3\n": ("line 2 of F has 1 value, and line 1 has 2", "every line has a value for each column"),
    "1,2\n\n# r\n3,4,\n": ("line 4 of F has 3 values, and line 1 has 2", "every line has a value for each column"),
    "x,y\n1;2\n3;4\n": ("line 2 of F has 2 values, and line 1 has 1 name", "every line has a value for each column"),
    "1;1,000\n": ("line 1, column 2 of F is `1,000`, which can be read in two ways", "if that is one number, write 1000", "if that is a decimal comma, write 1.000"),
    "1.000,5;2\n": ("line 1, column 1 of F is `1.000,5`, with a comma and a point", "write 1000.5"),
    "1,234.5;2\n": ("line 1, column 1 of F is `1,234.5`, with a comma and a point", "write 1234.5"),
    "x;y\n1.5,2;3\n": ("line 2, column 1 of F is `1.5,2`, not a number", "put # before a line that is to be passed over"),
    "a;b\n1.5;2,5\n": ("line 2, column 1 of F is `1.5`, where other cells have decimal commas", "write all numbers with a point"),
    "x,y\nm/s,kg\n1,2\n": ("line 2, column 1 of F is `m/s`, not a number", "put # before a line that is to be passed over"),
    "a,b\n1,\n": ("line 2, column 2 of F is empty, where a number is needed", "put # before a line that is to be passed over"),
    "x\nnan\n": ("line 2, column 1 of F is `nan`, not a finite number",),
    "nan\n1\n": ("line 1, column 1 of F is `nan`, not a finite number",),
    "NA\n1\n": ("line 1, column 1 of F is `NA`, not a number", "put # before a line that is to be passed over"),
    "x\n-inf\n": ("line 2, column 1 of F is `-inf`, not a finite number",),
    "1e400\n": ("line 1, column 1 of F is `1e400`, beyond the range of a float, which ends at 1.8e308",),
    "1e-400\n": ("line 1, column 1 of F is `1e-400`, beyond the range of a float, which begins at 4.9e-324",),
    f"1e{'9' * 21}\n": (f"line 1, column 1 of F is `1e{'9' * 21}`, beyond the range of a float, which ends at 1.8e308",),
    f"1e-{'9' * 21}\n": (f"line 1, column 1 of F is `1e-{'9' * 21}`, beyond the range of a float, which begins at 4.9e-324",),
    "1__0\n1\n": ("line 1, column 1 of F is `1__0`, not a number", "put # before a line that is to be passed over"),
    "1\n_1\n": ("line 2, column 1 of F is `_1`, not a number", "put # before a line that is to be passed over"),
    "1\n1_\n": ("line 2, column 1 of F is `1_`, not a number", "put # before a line that is to be passed over"),
    "0x10\n1\n": ("line 1, column 1 of F is `0x10`, not a number", "put # before a line that is to be passed over"),
    "5%\n6%\n": ("line 1, column 1 of F is `5%`, not a number", "put # before a line that is to be passed over"),
    "day,v\n2025-01-31,2\n": ("line 2, column 1 of F is `2025-01-31`, not a number", "put # before a line that is to be passed over"),
    "v\n10-20\n": ("line 2, column 1 of F is `10-20`, not a number", "put # before a line that is to be passed over"),
    "v\n31/1/2025\n": ("line 2, column 1 of F is `31/1/2025`, not a number", "put # before a line that is to be passed over"),
    "v\n@f.csv\n": ("line 2, column 1 of F is `@f.csv`, not a number", "put # before a line that is to be passed over"),
    "v\n1;y=2\n": ("line 2 of F has 2 values, and line 1 has 1 name", "every line has a value for each column"),
    "v\nx\n": ("line 2, column 1 of F is `x`, not a number", "put # before a line that is to be passed over"),
    ",a\n0,5\n": ("column 1 of F has no name", "choose columns by their names, as F:NAME"),
    'a,"b\n1,2\n': ("line 3 of F is not CSV: unexpected end of data",),
    "a,b\n": ("F holds no numbers, only a line of names",),
    "": ("F is empty",),
    " \n\t\n": ("F is empty",),
    "# a\n": ("F holds no numbers, only remarks",),
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_what_a_table_must_not_be(text):
    with pytest.raises(DiffcliError) as caught:
        read_csv(text, "F")
    (found,) = caught.value.diagnostics
    assert (found.code, caught.value.exit_code) == ("bad-data", 2)
    assert (found.message, *found.help) == REFUSED[text]


@pytest.mark.parametrize(
    ("text", "column", "message", "help"),
    [
        ("speed,time\n1,2\n", "sped", "F has no column `sped`", ("did you mean `speed`?", "its columns: speed, time")),
        ("x,x\n1,2\n", "x", "F has 2 columns `x`", ("its columns: x, x",)),
        ("1,2\n", "x", "F has no column `x`", ("its first line holds no names",)),
        ("x,y\n1,2\n", "x,,y", "F has no column ``", ("its columns: x, y",)),
    ],
)
def test_columns_that_are_not_there(text, column, message, help):
    with pytest.raises(DiffcliError) as caught:
        read_csv(text, "F", column)
    assert (caught.value.diagnostics[0].message, caught.value.diagnostics[0].help) == (message, help)


NAMED = {
    "x;y\n0,5;1,25\n2;3\n": [{"x": 0.5, "y": 1.25}, {"x": 2, "y": 3}],
    "x,y\n1,2\n3,4\n": [{"x": 1, "y": 2}, {"x": 3, "y": 4}],
    "y\tx\tname\npi/2\t1e-3\tnorth\n": [{"x": 0.001, "y": np.pi / 2}],
    "# made by hand\r\nx y\r\n1 2\r\n": [{"x": 1, "y": 2}],
    ",x,y\n0,5,6\n": [{"x": 5, "y": 6}],
}


@pytest.mark.parametrize("text", NAMED)
def test_points_are_read_as_values_are(text, tmp_path):
    file = tmp_path / "f.csv"
    file.write_bytes(text.encode())
    points, _ = read_points(str(file), parse("x + y"))
    assert points == NAMED[text]
    for name in "xy":
        assert read_csv(text, "F", name).tolist() == [point[name] for point in points]


COLUMNS_OF_OTHER_NAMES = {
    "x=@f.csv:speed, y=@f.csv:my mass": [(1.0, 2.0), (3.0, 4.0)],
    "y=@f.csv:speed; x=@g.tsv": [(5.0, 1.0), (6.0, 3.0)],
    "x=@f.csv:speed, y=pi/2": [(1.0, np.pi / 2), (3.0, np.pi / 2)],
    "x=@one.json, y=2": [(7.0, 2.0)],
    "x=@f.csv:speed, y=[8, 9], z=0": [(1.0, 8.0), (3.0, 9.0)],
}

LACKING = {
    "x=@f.csv:speed": "--points has no column for `y`\n  = help: add y=@FILE:NAME to it\n",
    "x=@f.csv:speed, y=[1, 2, 3]": "--points has columns that do not fit: `x` has 2, `y` has 3\n  = help: each is to be one column, of one length\n",
    "x=@f.csv, y=1": "--points has columns that do not fit: `x` has 2 by 2\n  = help: each is to be one column, of one length\n",
    "x=@f.csv:nix, y=1": "f.csv has no column `nix`\n  in --points\n  │ x=@f.csv:nix, y=1\n  │   ^^^^^^^^^^\n  = help: its columns: speed, my mass\n",
}


@pytest.fixture
def columns(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in {"f.csv": "speed,my mass\n1,2\n3,4\n", "g.tsv": "5\n6\n", "one.json": "7"}.items():
        (tmp_path / name).write_text(text)


@pytest.mark.parametrize("given", COLUMNS_OF_OTHER_NAMES)
def test_points_by_columns_of_other_names(given, columns):
    points, notes = read_points(given, parse("x*y"))
    assert [(point["x"], point["y"]) for point in points] == COLUMNS_OF_OTHER_NAMES[given]
    assert [note.message for note in notes] == ["no variable of the expression, and passed over: `z`"] * ("z" in given)
    found = run(["check", "x*y", "--points", given])
    assert found.exit == 0 and f"checked at {len(points)} point" in found.stdout


@pytest.mark.parametrize("given", LACKING)
def test_columns_that_make_no_points(given, columns):
    found = run(["check", "x*y", "--points", given])
    assert (found.exit, found.stdout, found.stderr) == (2, "", f"error[bad-data]: {LACKING[given]}")


@pytest.mark.parametrize("text", [text for text in REFUSED if text[:1] in tuple("vabx")])
def test_points_refuse_what_values_refuse(text, tmp_path, monkeypatch):
    """The same file, the same words."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "F").write_text(text)
    names = [name for name in text.split("\n")[0].split(",") if name.isidentifier()]
    outcome = run(["check", " + ".join(names) or "v", "--points", "F"])
    assert outcome.exit == 2 and outcome.stdout == ""
    if names and REFUSED[text][0].startswith("line"):
        assert " ".join(outcome.stderr.split()).startswith(f"error[bad-data]: {REFUSED[text][0]}")


@pytest.mark.parametrize(
    ("name", "content", "at", "message"),
    [
        ("f.json", '{"x": "@f.json"}', "@f.json", "`x` in f.json is the text '@f.json', not a number"),
        ("f.json", '{"x": "@f.json"}', "x=@f.json", "`x` in f.json is the text '@f.json', not a number"),
        ("f.json", '{"x": [1, "2"]}', "x=@f.json", "`x[1]` in f.json is the text '2', not a number"),
        ("f.json", '{"x": [[1, [2]], [3, 4]]}', "x=@f.json", "the lists in f.json do not fit: `x[0,1]` has 1 entry, and `x[0,0]` is a number"),
        ("f.json", '{"y": 1}', "x=@f.json", "f.json holds an object without `x`"),
        ("f.json", '{"x": -Infinity}', "x=@f.json", "`x` in f.json is -inf, not a finite number"),
        ("f.npy", "", "x=@f.npy:x", "f.npy has no names for what it holds, and `x` is asked of it"),
    ],
)
def test_other_files_that_are_refused(name, content, at, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(content)
    outcome = run(["grad", "x", "--at", at])
    assert (outcome.exit, outcome.stdout) == (2, "")
    assert " ".join(outcome.stderr.split()).startswith(f"error[{'unreadable-file' if name == 'f.npy' else 'bad-data'}]: {message}")


def test_a_column_wants_a_name_for_its_value(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text("x,y\n1,2\n3,4\n")
    outcome = run("grad sum(x) --at @data.csv:x")
    assert outcome.exit == 2 and "= help: write x=@data.csv:x for one value" in outcome.stderr
    assert run("grad sum(x^2) --at x=@data.csv:x -q").stdout == "f\t10\ndf/dx[0]\t2\ndf/dx[1]\t6\n"
    assert run("grad sum(x*y) --at x=@data.csv:x,y=@data.csv:y -q").stdout.startswith("f\t14\n")


def test_a_text_for_a_value_is_one_value():
    for text in ("1, y=2", "1; y=2"):
        with pytest.raises(diffcli.DiffcliError, match="not one value"):
            diffcli.grad("x", {"x": text})
