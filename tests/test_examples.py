"""The examples and the README, executed: each must print what it says, or what is kept in ``tests/golden``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

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


def console_blocks():
    for name in ("README.md", "CONTRIBUTING.md", *[f"docs/{path.name}" for path in sorted(ROOT.glob("docs/*.md"))]):
        text = (ROOT / name).read_text(encoding="utf-8")
        for block in re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            for part in re.split(r"^(?=\$ )", block, flags=re.MULTILINE):
                if part.strip():
                    command, _, output = part.partition("\n")
                    yield pytest.param(command, output.rstrip("\n"), id=f"{name}: {command}")


@pytest.mark.parametrize(("command", "printed"), list(console_blocks()))
def test_console_blocks_are_what_the_program_prints(command, printed, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert command.startswith("$ diffcli ")
    outcome = run(command.removeprefix("$ diffcli "))
    assert (outcome.stdout + outcome.stderr).rstrip("\n") == printed


def python_blocks():
    for name in ("README.md", "docs/gradients.md"):
        blocks = re.findall(r"^```python\n(.*?)^```$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        yield from blocks if name == "README.md" else ["".join(blocks)]  # those of a page go on from each other


@pytest.mark.parametrize("block", list(python_blocks()))
def test_python_blocks_run_as_doctests(block):
    import doctest

    test = doctest.DocTestParser().get_doctest(block, {}, "README.md", None, 0)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0
