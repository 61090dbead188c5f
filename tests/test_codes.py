"""Every code of the table: its example brings it about with the whole text in ``tests/golden``, its mended twin does not."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from console import run, transcript
from inside import CODES, EXITS, REASONS, ExitCode

import diffcli

EXAMPLES = [name for name, code in CODES.items() if code.wrong]
UNREACHED = {
    "bad-data",
    "missing-extra",
    "more-notes",
    "not-measured",
    "not-simplified",
    "timeout",
    "undecided-derivative",
    "interrupted",
    "lost-workers",
    "bug",
}
UNREACHED |= {"untraceable", "python-error", "not-as-recorded", "bad-result", "python-branch", "wrong-rule", "raised-beside", "plain-calls"}  # they need a file
UNREACHED |= {
    "no-graph",
    "freed-graph",
    "changed-in-place",
    "leaf-in-place",
    "view-in-place",
    "shared-elements",
    "inference-tensor",
    "needs-gradient",
    "bad-gradient",
    "unused-input",
    "not-a-leaf",
    "leaves-the-graph",
    "not-differentiable-kind",
    "needs-one-element",
    "not-numbers",
    "no-device",
    "no-second-derivative",
    "bad-function", "bad-module", "bad-optimiser", "kind-in-place", "not-a-view",
    "gradcheck",
}  # of tensors, in Python
"""Codes without an example that always brings them about; each has a test of its own elsewhere."""


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_of_a_code_prints_its_whole_text(name, golden):
    golden(f"codes/{name}.txt", transcript(CODES[name].wrong))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_brings_the_code_about_and_the_mended_one_does_not(name):
    code = CODES[name]
    outcome = run(code.wrong)
    assert f"{code.kind}[{name}]" in outcome.stderr
    assert outcome.exit == code.exit
    assert bool(outcome.stdout) == (code.kind != "error"), "on an error stdout is empty"
    if code.right:
        mended = run(code.right)
        assert f"[{name}]" not in mended.stderr
        assert mended.exit == 0


def test_every_code_without_an_example_is_known_to_be_so():
    assert set(CODES) - set(EXAMPLES) == UNREACHED


def test_every_code_in_the_source_stands_in_the_table():
    """Codes are the first argument of ``error``, ``fault``, ``warning`` and ``Diagnostic``, or stand in the table of operations."""
    found = set()
    for path in Path(diffcli.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("error", "fault", "warning", "Diagnostic"):
                found.add(node.args[0].value)
    assert found - set(CODES) == set(), "add these to diffcli/errors/codes.py"


def test_codes_are_kebab_case_and_meanings_are_sentences():
    for name, code in CODES.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert code.meaning.endswith("."), name
        assert code.exit in EXITS


def test_every_exit_code_is_explained():
    assert set(EXITS) == {int(code) for code in ExitCode}


@pytest.mark.parametrize("name", CODES)
def test_help_explains_every_code(name):
    outcome = run(f"help {name}")
    assert outcome.exit == 0
    assert outcome.stdout.startswith(f"{name}\n")
    assert CODES[name].kind in outcome.stdout


@pytest.mark.parametrize("name", REASONS)
def test_help_explains_every_reason(name):
    outcome = run(f"help {name}")
    assert outcome.exit == 0 and outcome.stdout.startswith(f"{name}\n")
    assert name in CODES or " ".join(outcome.stdout.split()).endswith(f"says why ways disagree: {REASONS[name]}. kind reason")
    assert "did you mean `cancellation`?" in run("help cancelation").stderr
