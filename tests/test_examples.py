"""The examples and the README, executed: each must print what it says, or what is kept in ``tests/golden``."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pages
import pytest
from console import run

ROOT = Path(__file__).parents[1]
PROGRAMS = sorted(ROOT.glob("examples/*.dc"))
SCRIPTS = sorted(ROOT.glob("examples/*.py"))


def commands(text):
    return re.findall(r"^# \$ diffcli (.*)$", text, re.MULTILINE)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_example_programs(path, golden, monkeypatch):
    monkeypatch.chdir(ROOT)
    found = commands(path.read_text(encoding="utf-8"))
    assert found, f"{path.name} says no command"
    printed = []
    for command in found:
        outcome = run(command)
        assert outcome.exit == 0
        printed.append(f"$ diffcli {command}\n{outcome.stdout}{outcome.stderr}")
    golden(f"examples/{path.stem}.txt", "\n".join(printed))


@pytest.mark.parametrize("path", [path for path in SCRIPTS if path.stem != "classifier"], ids=lambda path: path.stem)
def test_example_scripts(path, golden):
    if "from scipy" in path.read_text(encoding="utf-8"):
        pytest.importorskip("scipy")
    if path.stem == "cluster":
        pytest.importorskip("dask.distributed", reason="clusters are Dask's")
        pytest.importorskip("pyarrow", reason="data sets are Parquet")
    finished = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=True, cwd=ROOT)
    golden(f"examples/{path.stem}.txt", finished.stdout)


def test_the_classifier_learns_to_tell_what_it_has_not_seen(tmp_path):
    """What it prints depends on the last bits of matrix products, which are not the same on every machine."""
    script = [sys.executable, str(ROOT / "examples" / "classifier.py"), "--svg", str(tmp_path / "loss.svg")]
    finished = subprocess.run(script, capture_output=True, text=True, check=True, cwd=ROOT)
    assert "training" in finished.stdout, "the loss is drawn"
    share = re.search(r"([\d.]+)% of points that it has not seen are told rightly", finished.stdout)
    assert float(share.group(1)) > 95
    assert (tmp_path / "loss.svg").read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.skipif(not shutil.which("make") or not shutil.which("cc"), reason="no compiler of C is installed")
def test_the_exported_program_in_c(tmp_path):
    shutil.copytree(ROOT / "examples" / "export", tmp_path / "export")
    made = ["make", "-s", "-C", str(tmp_path / "export"), f"DIFFCLI={sys.executable} -m diffcli"]
    subprocess.run(made, check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    found = subprocess.run([tmp_path / "export" / "root"], capture_output=True, text=True, check=True).stdout
    assert found.splitlines()[-1].startswith("x = 0.450183611295, f =")
    assert subprocess.run([*made, "test"], check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}).returncode == 0


CI = ROOT / "examples" / "ci"
WORKFLOW = re.findall(r"^ +(?:- )?run: (.*)$", (CI / "workflow.yml").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.fixture
def ci(tmp_path, monkeypatch):
    for path in CI.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def outcomes():
    """The exit code and what is printed of each command of the workflow but the one that installs."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for command in WORKFLOW:
        if command.startswith("diffcli "):
            outcome = run(command.removeprefix("diffcli "))
            yield outcome.exit, outcome.stdout + outcome.stderr
        elif command.startswith("python -m pytest "):
            words = [sys.executable, *command.split()[1:], "-p", "no:cacheprovider"]
            finished = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
            yield finished.returncode, finished.stdout + finished.stderr


def test_the_workflow_finds_nothing_wrong_with_the_model(ci):
    assert WORKFLOW[0].startswith("python -m pip install diffcli ") and len(WORKFLOW) == 6
    found = list(outcomes())
    assert [exit for exit, _ in found] == [0] * 5
    assert [printed for _, printed in found[:2]] == ["diffcli: 2 checks, 0 failed\n", "diffcli: 4 checks, 0 failed\n"]
    assert 'failures="0"' in (ci / "ways.xml").read_text() and '"results": []' in (ci / "gradients.sarif").read_text()


def test_the_workflow_finds_what_is_wrong_with_the_model(ci):
    text = (ci / "model.py").read_text(encoding="utf-8").replace("+ DECAY * w", "+ DECAY / 2 * w")
    (ci / "model.py").write_text(text, encoding="utf-8")
    (exit, printed), formulas, (tested, failures), ways, scanned = outcomes()
    line = text.splitlines().index("def gradient(w, b):") + 1
    assert (exit, formulas[0], tested, ways[0], scanned[0]) == (1, 0, 1, 0, 1)
    assert printed.startswith(f"::error file=model.py,line={line},title=diffcli%3A df/dw%3A wrong::model.gradient: 40 of 40 wrong, ")
    assert printed.endswith("\ndiffcli: 2 checks, 1 failed\n")
    assert "wrong" in failures and "2 failed, 3 passed" in failures  # at w = 0 nothing decays
    assert f'"startLine": {line}' in (ci / "gradients.sarif").read_text()


@pytest.mark.parametrize("page", pages.pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_shows_what_happens(page, tmp_path, monkeypatch, request):
    """Every console and Python block; those of the README and the tutorials stand alone, as a reader pastes them."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    text = page.read_text(encoding="utf-8")
    now = pages.executed(text, apart=page.name == "README.md" or page.parent.name == "tutorials")
    if request.config.getoption("--update-golden"):
        page.write_text(now, encoding="utf-8")
    else:
        assert now == text


@pytest.mark.parametrize(
    ("says", "is_so"),
    [
        ("```console\n$ diffcli grad x^2 --at x=3 -q\nf\t9\n```\n", "```console\n$ diffcli grad x^2 --at x=3 -q\nf\t9\ndf/dx\t6\n```\n"),
        ("```console\n$ cat a.txt\nx^2\n$ diffcli grad @a.txt --at x=3 -q | tail -1\n```\n", "```console\n$ cat a.txt\nx^2\n$ diffcli grad @a.txt --at x=3 -q | tail -1\ndf/dx\t6\n```\n"),
        ("```python\n>>> 1 + 1\n3\n>>> 2\n2\n```\n", "```python\n>>> 1 + 1\n2\n>>> 2\n2\n```\n"),
        ("```python\n>>> 1/0\n```\n", "```python\n>>> 1/0\nTraceback (most recent call last):\n    ...\nZeroDivisionError: division by zero\n```\n"),
        ("```python\nx = 1\n```\n```python\n>>> x\n2\n```\n", "```python\nx = 1\n```\n```python\n>>> x\n1\n```\n"),
    ],
)
def test_a_page_that_says_otherwise_is_found_out(says, is_so, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert pages.executed(says) == is_so
    assert pages.executed(is_so) == is_so


def test_the_picture_of_the_first_page_is_drawn_by_the_program(tmp_path):
    drawn = tmp_path / "graph.svg"
    assert run(f'graph "ln(x1) + x1*x2 - sin(x2)" --at x1=2,x2=5 -o {drawn}').exit == 0
    assert drawn.read_bytes() == (ROOT / "docs/pictures/graph.svg").read_bytes()
