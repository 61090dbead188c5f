"""`diffcli help`: its pages are complete, fit on 80 columns, and what they show runs."""

from __future__ import annotations

import json
import re
from importlib import import_module
from importlib.resources import files

import numpy
import pytest
from console import run
from inside import ARRAY_NAMES, COMMANDS, CONSTANTS, EXITS, FORMATS, FUNCTION_NAMES, INFIX, KEYWORD_WORDS, TOPICS

import diffcli

PAGES = [*TOPICS, *[name for name in COMMANDS if name not in TOPICS]]


def page(name):
    outcome = run(f"help {name}")
    assert (outcome.exit, outcome.stderr) == (0, "")
    return outcome.stdout


def write_files(tmp_path):
    """What examples in pages name: programs, and values in every kind of file."""
    (tmp_path / "model.dc").write_text("x*sin(y)\n", encoding="utf-8")
    (tmp_path / "model.py").write_text("def loss(x, y):\n    return x*y\n\n\ndef gradient(x, y):\n    return y, x\n", encoding="utf-8")
    (tmp_path / "points.csv").write_text("x,y\n2,3\n0.5,-1\n", encoding="utf-8")
    (tmp_path / "data.csv").write_text("speed,a,b\n2,3,4\n0.5,-1,1\n", encoding="utf-8")
    (tmp_path / "x.json").write_text("[1, 2]", encoding="utf-8")
    (tmp_path / "point.json").write_text('{"x": 1, "y": [2, 3]}', encoding="utf-8")
    (tmp_path / "claims.csv").write_text("name,expression,variable,claim\nanna,x^3,x,3*x^2\nben,cos(x),x,sin(x)\n", encoding="utf-8")
    numpy.save(tmp_path / "large.npy", numpy.ones((40, 40)))
    numpy.save(tmp_path / "weights.npy", numpy.eye(2))
    numpy.savez(tmp_path / "weights.npz", W=numpy.eye(2))


@pytest.fixture
def files_at_hand(tmp_path, monkeypatch):
    write_files(tmp_path)
    monkeypatch.chdir(tmp_path)


def test_the_list_names_every_topic_and_every_command():
    text = page("")
    for name in [*TOPICS, *COMMANDS]:
        assert re.search(rf"^{name} ", text, re.MULTILINE), name
    assert "diffcli help codes lists" in " ".join(text.split())
    data = json.loads(run("help --json").stdout)
    assert list(data["topics"]) == PAGES and data["codes"]["kink"]["kind"] == "warning"


def test_every_topic_has_a_page_and_every_page_a_topic():
    assert {path.name for path in (files("diffcli.cli") / "topics").iterdir()} == {f"{name}.md" for name in TOPICS}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_on_eighty_columns_and_what_it_shows_runs(name, files_at_hand):
    text = page(name)
    assert all(len(line) <= 80 for line in text.splitlines())
    examples = re.findall(r"^  (diffcli .*)$", text, re.MULTILINE)
    assert len(examples) >= 2 or name == "codes"
    for example in examples:
        outcome = run(example.removeprefix("diffcli "))
        assert (outcome.exit, "error[" in outcome.stderr) == (0, False), example


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in TOPICS])
def test_the_page_of_a_command_shows_two_of_its_examples_and_leads_to_its_options(name):
    text = page(name)
    assert text.startswith(f"diffcli {name}\n")
    for example in import_module(f"diffcli.cli.{COMMANDS[name][0]}").EXAMPLES[:2]:
        assert f"  {example}\n" in text
    assert f"`diffcli {name} --help` lists its options." in text
    data = json.loads(run(f"help {name} --json").stdout)
    assert (data["topic"], data["text"].startswith(f"# diffcli {name}\n")) == (name, True)


def test_the_page_of_functions_names_them_all():
    words = set(re.findall(r"\w+", page("functions")))
    assert set(FUNCTION_NAMES) | set(ARRAY_NAMES) <= words


def test_the_page_of_the_language_names_every_operator_word_and_constant():
    text = page("syntax")
    for sign in INFIX:
        assert sign in text or sign in "−–‐×·⋅∙∗÷∕≤≥≠", sign
    assert set(KEYWORD_WORDS) | set(CONSTANTS) <= set(re.findall(r"\w+", text))


@pytest.mark.parametrize(
    ("looser", "value"),
    [
        ("2^3^x", 2.0**9), ("-x^2", -4.0), ("2^-x", 0.25), ("-x*3 + 1", -5.0), ("8/x/2", 2.0), ("1 - x - 1", -2.0), ("1 + x < 4", 1.0),
        ("not x > 1 and 0", 0.0), ("x or 0 and 0", 1.0), ("5 if 0 else x + 1", 3.0), ("1_000*x", 2000.0), (".5*x + 1e-3", 1.001),
    ],
)  # fmt: skip
def test_the_order_of_the_page_is_that_of_the_parser(looser, value):
    """By Python's own values, and by hand where Python has another order or spelling."""
    assert diffcli.evaluate(looser, {"x": 2}) == value


FORMS = re.findall(r"^    (--at .*?)(?:   |$)", (files("diffcli.cli") / "topics" / "points.md").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_point_is_read(form, files_at_hand):
    names = sorted(set(re.findall(r'(?:--at |,)["\']?(\w+)=', form)) or {"x", "y"})
    outcome = run(f'grad "{" + ".join(f"sum({name})" for name in names)}" {form} --no-trace')
    assert (outcome.exit, outcome.stderr) == (0, ""), outcome.stderr


def test_the_page_of_formats_has_a_line_for_each():
    text = page("formats")
    for row in FORMATS.values():
        assert f"  {row.name:<10}{' '.join(row.suffixes):<16}{row.summary}\n" in text


def test_the_page_of_exit_codes_has_a_line_for_each():
    text = page("exit-codes")
    assert re.findall(r"^  (\d+) +(.*)$", text, re.MULTILINE) == [(str(code), meaning) for code, meaning in EXITS.items()]
    assert json.loads(run("help exit-codes --json").stdout)["exit_codes"]["130"] == "interrupted"


def test_a_page_alone_is_its_text():
    for name in ("syntax", "grad"):
        assert run(f"help {name} -q").stdout == json.loads(run(f"help {name} --json").stdout)["text"]
    assert run("help codes -f markdown").stdout.startswith("## Codes of errors, warnings and notes\n")


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("gradient", "grad"), ("derivative", "diff"), ("exit codes", "exit-codes"), ("3", "exit-codes"), ("error[kink]", "kink"),
        ("warning[lost-digits]:", "lost-digits"),
    ],
)  # fmt: skip
def test_a_topic_is_found_by_other_words_for_it(asked, meant):
    assert run(f"help {asked}") == run(f"help {meant}")
