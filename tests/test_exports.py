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


def found_by(language, items, folder):
    if language == "python":
        return exports.run_python(items)
    compiler, suffix, options = COMPILERS[language]
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    return exports.run_c(items, folder, [compiler, *options], suffix)


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
