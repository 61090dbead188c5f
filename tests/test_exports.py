"""Exports do what kernels do, in every language that can be run here: at kinks, at poles, and in branches that are not taken."""

from __future__ import annotations

import shutil
import subprocess
import sys

import export_programs as exports
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


def test_names_in_a_language_that_ignores_case():
    text = diffcli.export("x*X*V1*Nan*F", "fortran", order=0)
    assert "pure subroutine f(x, X_, V1_, Nan_, F_, value)" in text


def test_lines_of_fortran_are_not_too_long():
    text = diffcli.export("polygamma(3, x)*gamma(y) + " + "+".join(f"sin(x*{k})*exp(y)" for k in range(80)), "fortran", order=2)
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
