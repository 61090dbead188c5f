"""Exports do what kernels do, in every language that can be run here: at kinks, at poles, and in branches that are not taken."""

from __future__ import annotations

import shutil
import subprocess
import sys

import export_programs as exports
import numpy as np
import pytest
from console import run

import diffcli

COMPILERS = {
    "c": ("gcc", ".c", ["-O2", "-std=c99", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-Wno-unused-parameter", "-march=native"]),
    "cpp": ("g++", ".cpp", ["-O1", "-std=c++11", "-Wall", "-Werror", "-Wno-unused-function"]),
}


RUN_BY_CALLS = {"javascript": "node", "matlab": "octave-cli", "fortran": "gfortran", "rust": "rustc"}
OTHER_LIBRARIES = ("javascript", "rust")
"""Languages that round functions in a way of their own, and not in that of the C library that Python has."""


def found_by(language, items, folder):
    if language in RUN_BY_CALLS:
        if shutil.which(RUN_BY_CALLS[language]) is None:
            pytest.skip(f"{RUN_BY_CALLS[language]} is not installed")
        return exports.run_calls(items, folder, language)
    if language == "python":
        return exports.run_python(items)
    compiler, suffix, options = COMPILERS[language]
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    return exports.run_c(items, folder, [compiler, *options], suffix)


def slow_if_compiled(languages):
    return [pytest.param(name, marks=pytest.mark.slow) if name in ("fortran", "rust") else name for name in languages]


@pytest.mark.parametrize("language", slow_if_compiled(RUN_BY_CALLS))
def test_other_languages_do_every_operation_and_choice(language, tmp_path):
    kinds = (exports.operations(language), exports.programs(language, 60, seed=7), exports.programs(language, 20, seed=9, order=2))
    for place, items in enumerate(kinds):
        folder = tmp_path / str(place)
        folder.mkdir()
        found = found_by(language, items, folder)
        assert exports.disagreements(items, found, 4, rounding=language in OTHER_LIBRARIES) == []


GOLDEN = {
    "choice": ("max(x, 0)*Y + where(x > y, log(x), x^y)", None, {}),
    "arrays": ("sum((W @ x - 1)^2)", {"W": [[1, 2], [3, 4]], "x": [1, 1]}, {"order": 2, "wrt": "x"}),
    "special": ("erf(x)*round(x) + fmod(x, 2)", {"x": 0.3}, {}),
    "values": ("[x*end, sin(x)]", None, {"directions": True}),
}


@pytest.mark.parametrize("name", GOLDEN)
@pytest.mark.parametrize("language", ["julia", "matlab", "fortran", "latex"])
def test_sources_have_these_texts(language, name, golden):
    text, at, options = GOLDEN[name]
    source = diffcli.export(text, language, at=at, test=at is not None and language != "latex", **options)
    golden(f"exports/{language}-{name}.txt", source.replace(f"diffcli {diffcli.__version__}", "diffcli"))


MAINS = {
    "javascript": (".mjs", ["node", "{path}"]), "matlab": ("", ["octave-cli", "--norc", "--eval", "test_f"]),
    "rust": (".rs", ["rustc", "-o", "f", "{path}"]), "fortran": (".f90", ["gfortran", "-std=f2008", "-Wall", "-o", "f", "{path}"]),
}  # fmt: skip


@pytest.mark.parametrize("language", slow_if_compiled(MAINS))
@pytest.mark.parametrize("order", [0, 2])
def test_the_tests_of_other_languages_pass_and_fail(language, order, tmp_path):
    if shutil.which(RUN_BY_CALLS[language]) is None:
        pytest.skip(f"{RUN_BY_CALLS[language]} is not installed")
    suffix, command = MAINS[language]
    path = tmp_path / (f"f{suffix}" if suffix else "test_f.m")
    at = {"W": [[1, 2, 3], [3, 4, 5]], "x": [1, 1, 0.5], "y": 3.25}
    source = diffcli.export("sum((W @ x - 1)^2)*y", language, at=at, order=order, test=True)
    for text, code in ((source, 0), (source.replace("274.625", "274.626"), 1)):
        path.write_text(text)
        done = subprocess.run([word.format(path=path) for word in command], cwd=tmp_path, capture_output=True, text=True)
        if (tmp_path / "f").exists():
            done = subprocess.run([tmp_path / "f"], capture_output=True, text=True)
        assert (done.returncode, "all results are right" in done.stdout) == (code, not code), done.stderr


def test_letters_of_latex():
    assert r"v_{3} &= \theta \, x_{2}" in diffcli.export("θ*x2", "latex", order=0)


def test_what_is_asked_for_is_told():
    assert "// values: a\n" in diffcli.export("a = x*y; b = a^2", "c", of="a")


def test_a_function_needs_a_point():
    with pytest.raises(diffcli.UsageError, match="a Python function is recorded at a point"):
        diffcli.export(lambda x: x * x, "c")


def test_static_stands_once():
    text = diffcli.export("max(x, 0)", "c", qualifier="static inline")
    assert "static static" not in text
    assert "static inline double larger_of(" in text


def test_names_in_a_language_that_ignores_case():
    text = diffcli.export("x*X*V1*Nan*F", "fortran", order=0)
    assert "pure subroutine f(x, X_, V1_, Nan_, F_, value)" in text


def test_lines_of_fortran_are_not_too_long():
    text = diffcli.export("polygamma(3, x)*gamma(y) + " + "+".join(f"sin(x*{k})*exp(y)" for k in range(80)), "fortran", order=2)
    assert max(map(len, text.splitlines())) <= 132
    text = diffcli.export(f"max({', '.join(f'x{k}' for k in range(250))})", "fortran")
    assert max(map(len, text.splitlines())) <= 132


@pytest.mark.parametrize("language", sorted({"python", "julia", "matlab", "fortran", "rust", "javascript", "latex"}))
def test_a_qualifier_is_for_c(language):
    with pytest.raises(diffcli.UsageError, match="a qualifier stands before functions of C and C"):
        diffcli.export("x^2", language, qualifier="static")


def test_latex_has_no_test():
    with pytest.raises(diffcli.UsageError, match="LaTeX is not run, so that it has no test"):
        diffcli.export("x^2", "latex", at={"x": 1}, test=True)


@pytest.mark.parametrize("language", ["python", *COMPILERS])
def test_every_operation(language, tmp_path):
    items = exports.operations(language)
    assert exports.disagreements(items, found_by(language, items, tmp_path), 4) == []


@pytest.mark.parametrize("language", ["python", "c"])
def test_random_programs_with_choices(language, tmp_path):
    items = exports.programs(language, 120, seed=7)
    assert exports.disagreements(items, found_by(language, items, tmp_path), 4) == []


def test_second_derivatives(tmp_path):
    items = exports.programs("python", 60, seed=9, order=2)
    assert exports.disagreements(items, exports.run_python(items), 4) == []


def test_the_test_that_goes_with_it_passes_and_fails(tmp_path):
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    source = diffcli.export("max(x, 0)*y + gamma(z)", "c", at={"x": 0, "y": 2, "z": 2.5}, order=2, test=True)
    for text, code in ((source, 0), (source.replace("return v", "return 1.0000001*v").replace("] = ", "] = 1.001*", 1), 1)):
        (tmp_path / "f.c").write_text(text)
        subprocess.run(["gcc", "-o", tmp_path / "f", tmp_path / "f.c", "-lm"], check=True)
        assert subprocess.run([tmp_path / "f"], capture_output=True).returncode == code


@pytest.mark.parametrize("order", [0, 1, 2])
def test_the_test_of_python(order):
    text = diffcli.export("sum((W @ x - 1)^2)*y", "python", at={"W": [[1, 2], [3, 4]], "x": [1, 1], "y": 3}, order=order, test=True)
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "all results are right\n")


@pytest.mark.parametrize("language", ["python", "c", "javascript", "matlab"])
def test_an_infinity_that_is_expected_is_to_be_one(language, tmp_path):
    runner = {"python": sys.executable, "c": "gcc", "javascript": "node", "matlab": "octave-cli"}[language]
    if shutil.which(runner) is None:
        pytest.skip(f"{runner} is not installed")
    source = diffcli.export("exp(x)", language, at={"x": 1000.0}, test=True, order=0)
    call = {"python": "return total(math.exp, x)", "c": "return exp(x)", "javascript": "return Math.exp(x)", "matlab": "value = exp(x)"}
    altered = source.replace(call[language], call[language].partition("exp")[0].replace("total(math.", "").replace("Math.", "") + "-7.0")
    assert altered != source
    for text, code in ((source, 0), (altered, 1)):
        path = tmp_path / {"python": "f.py", "c": "f.c", "javascript": "f.mjs", "matlab": "test_f.m"}[language]
        path.write_text(text)
        command = [runner, path] if language != "matlab" else [runner, "--norc", "--eval", "test_f"]
        if language == "c":
            subprocess.run(["gcc", "-o", tmp_path / "f", path, "-lm"], check=True)
            command = [tmp_path / "f"]
        assert subprocess.run(command, capture_output=True, cwd=tmp_path).returncode == code


def test_a_zero_of_the_point_keeps_its_sign():
    assert "f((-0.0))" in diffcli.export("atan2(x, -1)", "python", at={"x": -0.0}, test=True, order=0)


@pytest.mark.parametrize("text", ["return ()", "return 9.0"])
def test_what_hands_back_too_little_is_wrong(text):
    source = diffcli.export("x^2", "python", at={"x": 3}, test=True)
    altered = source.replace("return v1, (", f"{text}\n    return v1, (")
    assert altered != source
    done = subprocess.run([sys.executable, "-c", altered], capture_output=True)
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("text", "x", "order"), [("exp(x)/(1+exp(x))", 40, 1), ("(1-cos(x))/x^2", 1e-8, 1), ("log(1+exp(x))", 40, 2)]
)
def test_a_test_where_digits_are_lost_is_refused(text, x, order):
    with pytest.raises(diffcli.UsageError, match="results lose digits at this point"):
        diffcli.export(text, "c", at={"x": x}, test=True, order=order)


@pytest.mark.parametrize("language", ["python", "c", "fortran", "latex"])
@pytest.mark.parametrize("name", ["rate_of_change", "limit_x", "given_x", "sum_of_x", "x_of", "polygamma_of_order_2", "larger_of", "v1"])
def test_names_like_those_of_what_is_brought_along(language, name):
    assert diffcli.export(f"{name}*2", language, order=0)


def test_what_latex_calls_a_variable_is_the_same_in_rows_and_slopes():
    text = diffcli.export("v1*f", "latex")
    assert r"\frac{\partial f}{\partial \mathrm{v1\_}} &= \mathrm{f\_}" in text


def test_arrays_have_the_shape_that_was_exported():
    space = {}
    exec(diffcli.export("sum((W @ x - y)^2)", "python", at={"W": [[1, 2], [3, 4]], "x": [1, 1], "y": [0, 0]}), space)
    assert space["f"]([[1, 2], [3, 4]], [1, 1], [0, 0])[0] == 58
    for wrong in (([[1, 2]], [1, 1], [0, 0]), ([[1, 2, 3], [4, 5, 6]], [1, 1], [0, 0]), ([[1, 2], [3, 4]], [1, 1, 1], [0, 0])):
        with pytest.raises(ValueError, match="elements are wanted, and"):
            space["f"](*wrong)


def test_python_computes_with_floats_of_64_bits():
    space = {}
    exec(diffcli.export("atan2(-x, -1)", "python", order=0), space)
    assert space["f"](0) == space["f"](0.0)
    exec(diffcli.export("x[0]*x[0] - x[1]", "python", at={"x": [1, 1]}, order=0), space)
    assert space["f"](np.array([200, 201], np.uint8)) == 39_799.0
    exec(diffcli.export("mean(x^2)", "python", at={"x": [1, 1]}, order=0), space)
    with pytest.raises(TypeError):
        space["f"]([[1, 2], [3, 4]])


def test_javascript_takes_numbers_and_arrays_of_the_shape(tmp_path):
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    source = diffcli.export("sum(W @ x) + y", "javascript", at={"W": [[1, 2], [3, 4]], "x": [1, 1], "y": 0}, order=0)
    for given, wanted in (("[[1, 2], [3, 4]], [1, 1], '5'", "15"), ("[[1, 2], [3, 4]], [1, 1, 1], 5", ""), ("[[1, 2]], [1, 1], 5", "")):
        (tmp_path / "f.mjs").write_text(f"{source}\nconsole.log(f({given}));\n")
        done = subprocess.run(["node", tmp_path / "f.mjs"], capture_output=True, text=True)
        assert done.stdout.strip() == wanted
        assert wanted or "elements are wanted" in done.stderr


@pytest.mark.parametrize("at", [[[[1], [2]], [[3], [4]]], [[[1]]], [5], [[1, 2]]])
def test_matlab_takes_arrays_of_every_shape(at, tmp_path):
    if shutil.which("octave-cli") is None:
        pytest.skip("octave-cli is not installed")
    (tmp_path / "test_f.m").write_text(diffcli.export("sum(x^2)", "matlab", at={"x": at}, test=True))
    done = subprocess.run(["octave-cli", "--norc", "--eval", "test_f"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "all results are right\n"), done.stderr


@pytest.mark.parametrize("given", ["f([1 2; 3 4], 1)", "f(1, [1 0; 0 1])", "f(int32(3), 0.5)", "f(single(3), 0.5)"])
def test_matlab_takes_numbers_of_64_bits(given, tmp_path):
    if shutil.which("octave-cli") is None:
        pytest.skip("octave-cli is not installed")
    (tmp_path / "f.m").write_text(diffcli.export("x*exp(y)", "matlab", order=0))
    command = ["octave-cli", "--norc", "--eval", f"printf('%.17g', {given})"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    if "[" in given:
        assert "is to be one number" in done.stderr
    else:
        assert abs(float(done.stdout) - 4.946163812100385) < 1e-14


@pytest.mark.parametrize("language", ["python", "c", "javascript"])
def test_the_largest_of_many(language, tmp_path):
    count = 120
    text = f"max({', '.join(f'x{k}' for k in range(1, count + 1))})^2"
    points = [[float(k) for k in range(count)], [1.0] * count, [float(k % 7) for k in range(count)]]
    items = [exports.exported(text, points, language, "program_0", 1)]
    assert exports.disagreements(items, found_by(language, items, tmp_path), 4) == []


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("c", "sin"), ("c", "fabs"), ("c", "remainder"), ("c", "fmaf"), ("cpp", "nextafterl"), ("c", "larger_of"), ("c", "M_PI"), ("cpp", "isnan"), ("python", "total"), ("python", "tuple"),
        ("python", "math"), ("numpy", "float64"), ("numpy", "root"), ("fortran", "MERGE"), ("fortran", "Gradient"),
        ("matlab", "chosen"), ("matlab", "double"), ("julia", "size"), ("matlab", "log"), ("javascript", "larger_of"), ("rust", "None"), ("julia", "atan"), ("c", "é"),
    ],
)  # fmt: skip
def test_a_function_is_not_called_as_what_it_calls(language, name):
    with pytest.raises(diffcli.UsageError, match="cannot be the name of a function there"):
        diffcli.export("x^2", language, name=name)


def test_directions():
    space = {}
    exec(diffcli.export("x^2*y", "python", order=2, directions=True), space)
    assert space["f"](3.0, 2.0, 1.0, 1.0) == diffcli.compile("x^2*y", order=2, directions=True)(3.0, 2.0, 1.0, 1.0)
    exec(diffcli.export("[x*y, sin(x)]", "python", directions=True), space)
    assert space["f"](0.0, 2.0, 1.0, 0.0) == ((0.0, 0.0), (2.0, 1.0))


def test_names_that_the_language_has_itself():
    text = diffcli.export("double*return + gradient*lambda", "c", name="area")
    assert "double area(double double_, double return_, double gradient_, double lambda, double gradient[4])" in text
    assert "arguments: double_ for double; return_ for return; gradient_ for gradient; lambda" in text


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["x^2", "--to", "cobol"], 2, "there is no language `cobol`"),
        (["x^2"], 2, "the language is not known"),
        (["x^2", "--to", "c", "--test"], 2, "a test needs a point"),
        (["polygamma(n, x)", "--to", "c"], 2, "polygamma is exported for whole orders from 0 to 20 that are numbers"),
        (["x^2", "--to", "c", "--name", "double"], 2, "`double` cannot be the name of a function there"),
        (["x*dx", "--to", "c", "--directions"], 2, "`dx` is a variable, and the direction of one"),
        (["x^^2", "--to", "c"], 3, ""),
        (["a = x*y; a^2", "--of", "q", "--to", "c"], 2, "the program has no `q`"),
        (["inv(W)", "--to", "c", "--at", "W=[[1,2],[3,5]]"], 2, "an operation of it reads values, as inv and solve do"),
    ],
)
def test_what_cannot_be_exported(arguments, code, message):
    found = run(["export", *arguments])
    assert (found.exit, found.stdout) == (code, "")
    assert message in found.stderr


def test_a_file_says_the_language(tmp_path):
    found = run(["export", "x^2", "-o", str(tmp_path / "f.c")])
    assert (found.exit, found.stdout, found.stderr) == (0, "", "")
    assert (tmp_path / "f.c").read_text() == diffcli.export("x^2", "c")
