"""Every lesson of the table: its checks pass, and it comes out in every format, wrapped, whole, and the same on every run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import click.shell_completion
import pytest
from console import fresh, run
from inside import (
    FORMATS,
    LESSONS,
    Check,
    Drawing,
    Entry,
    Erratum,
    Figure,
    Lesson,
    Question,
    Settings,
    Size,
    Table,
    Text,
    lessons,
    run_lesson,
    swell,
)
from rich.cells import cell_len

import diffcli

PARTS = {
    "said": ["kind", "text"], "code": ["kind", "text"], "grid": ["kind", "title", "columns", "rows", "varies", "digits"],
    "curves": ["kind", "title", "x_label", "y_label", "curves", "log_x", "log_y", "lines"],
    "tree": ["kind", "nodes", "edges", "results"], "erratum": ["kind", "said", "truth", "source"],
}  # fmt: skip
KEYS = ["schema", "lesson", "title", "seed", "size", "passed", "parts", "checks", "try_next", "question", "answer", "next"]
PLACEHOLDER = re.compile(r"\b(TODO|TBD|FIXME|XXX|lorem)\b|\{[a-z_.]*\}|<[a-z_. ]+ at 0x|\?\?")


remembered = cache(run_lesson)


@pytest.fixture
def once(monkeypatch):
    """A lesson is computed once, however often it is told: for tests of how it looks."""
    monkeypatch.setattr(lessons, "run_lesson", lambda name, settings=None: remembered(name, settings or Settings()))


def data_of(name, *options):
    outcome = run(["lesson", name, "--json", *options])
    assert (outcome.stderr, outcome.exit) == ("", 0)
    return json.loads(outcome.stdout)


def without_what_varies(data):
    """A lesson's data with the columns that say they vary left empty."""
    for part in data["parts"]:
        if part["kind"] == "grid":
            varying = [part["columns"].index(title) for title in part["varies"]]
            part["rows"] = [[None if place in varying else cell for place, cell in enumerate(row)] for row in part["rows"]]
    return data


# -- every lesson ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_passes_its_checks_and_says_so_in_json(name, once):
    data = data_of(name)
    assert list(data) == KEYS
    assert (data["question"], data["answer"]) == (remembered(name, Settings()).question, None), "an answer is for those who ask"
    assert data["next"] == dict(pairwise([*LESSONS, None]))[name]
    assert (data["schema"], data["lesson"], data["title"]) == ("diffcli/lesson@1", name, LESSONS[name].title)
    assert data["passed"] is True
    assert data["checks"], "a lesson without a check claims nothing"
    assert all(check["passed"] is True and check["claim"] and check["found"] for check in data["checks"])
    for part in data["parts"]:
        assert list(part) == PARTS[part["kind"]]
        if part["kind"] == "grid":
            assert {len(row) for row in part["rows"]} == {len(part["columns"])}
            assert set(part["varies"]) <= set(part["columns"])
        if part["kind"] == "curves":
            assert set(part["lines"]) <= {curve["name"] for curve in part["curves"]}
            assert all(len(curve["x"]) == len(curve["y"]) > 1 for curve in part["curves"])


@pytest.mark.slow
def test_the_same_seed_gives_the_same_lessons_whatever_the_order_of_hashes():
    code = (
        "import json; from diffcli.reports.document import machine; from diffcli.reports.lesson import lesson_report; "
        "from diffcli.studies.lessons import LESSONS, run_lesson; from diffcli.studies.lessons.record import Settings; "
        "settings = Settings(seed=3); "
        "print(json.dumps([machine(lesson_report(run_lesson(name, settings), settings).data) for name in LESSONS]))"
    )
    told = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        finished = fresh(code, env=environment)
        told.append([without_what_varies(data) for data in json.loads(finished)])
    assert told[0] == told[1]
    assert all((data["seed"], data["passed"]) == (3, True) for data in told[0])


@pytest.mark.slow
@pytest.mark.parametrize("name", LESSONS)
def test_checks_do_not_hang_on_the_seed(name):
    assert data_of(name, "--seed", "1")["passed"] is True


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, entry in LESSONS.items() if entry.size])
def test_a_lesson_passes_at_every_size_that_it_may_have(name):
    size = LESSONS[name].size
    for given in {size.least, size.most}:
        data = data_of(name, "--size", str(given))
        assert (data["size"], data["passed"]) == (given, True), given


@pytest.mark.parametrize("name", LESSONS)
@pytest.mark.parametrize("width", [80, 60])
def test_a_lesson_is_text_that_fits_and_is_whole(name, width, once):
    outcome = run(["lesson", name, "--width", str(width), "--more"])
    assert (outcome.stderr, outcome.exit) == ("", 0)
    lines = outcome.stdout.splitlines()
    lesson = remembered(name, Settings())
    code = {line for part in lesson.told() if isinstance(part, Text) and part.role == "code" for line in part.text.splitlines()}
    command = lesson.try_next.splitlines()
    wide = [line for line in lines if cell_len(line) > width and line not in code and line not in command]
    assert [line for line in wide if "─ v" not in line] == [], "but for the drawing of a graph"
    assert not wide or width < 80
    assert all(len(line) <= 80 for line in (*code, *command))
    assert PLACEHOLDER.findall(outcome.stdout) == []
    assert [line for line in lines if line != line.rstrip()] == []
    assert lines[0].startswith(f"{name}: ")
    assert lesson.try_next in outcome.stdout


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_fits_on_a_page_with_a_picture_a_question_and_the_next_lesson(name, once):
    lesson = remembered(name, Settings())
    outcome = run(["lesson", name, "--width", "80"])
    lines = outcome.stdout.splitlines()
    assert len(lines) <= 60
    words = " ".join(outcome.stdout.split())
    assert f"{len(lesson.checks)} checks passed." in words
    assert f"Question: {' '.join(lesson.question.split())}" in words
    assert lesson.question.strip().endswith("?")
    assert "try next, in the shell:" in lines or "try next, in Python:" in lines
    after = dict(pairwise([*LESSONS, None]))[name]
    assert lines[-2:] == [
        f"answer: diffcli lesson {name} --answer",
        f"next lesson: diffcli lesson {after}" if after else "This is the last lesson. All their checks at once: diffcli lesson all",
    ]  # fmt: skip
    pictures = [part for part in lesson.told(more=False) if isinstance(part, Figure | Drawing) or getattr(part, "title", "") in TABLES]
    assert len(pictures) == 1, "a lesson has one picture"
    assert "the lecture" not in words and "note 00" not in words


TABLES = (
    "primal and tangent trace", "adjoint trace, in order of execution", "dY/dX, 4 x 6", "what each switch changes",
    "without eval() predictions are random: p of class 1, and how many classes change",
)  # fmt: skip
"""Tables that are the picture of their lesson."""


@pytest.mark.parametrize("name", LESSONS)
def test_an_answer_is_told_alone_and_only_to_those_who_ask(name, once):
    lesson = remembered(name, Settings())
    question, answer = (" ".join(text.split()) for text in (lesson.question, lesson.answer))
    outcome = run(["lesson", name, "--answer"])
    assert (outcome.stderr, outcome.exit) == ("", 0)
    assert " ".join(outcome.stdout.split()) == f"Question: {question} Answer: {answer}"
    assert answer not in " ".join(run(["lesson", name, "--more"]).stdout.split())
    assert data_of(name, "--answer")["answer"] == answer


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_in_ascii_and_in_latex_spells_its_notation_out(name, once):
    outcome = run(["lesson", name], encoding="ascii")
    assert outcome.exit == 0
    assert "\\" not in outcome.stdout
    latex = run(["lesson", name, "-f", "latex"]).stdout
    assert sorted({character for character in latex if ord(character) > 127}) == []


@pytest.fixture(scope="session")
def on_path(tmp_path_factory):
    """An environment whose PATH begins with a ``diffcli``, and with this Python as ``python``."""
    folder = tmp_path_factory.mktemp("bin")
    for name, command in (("diffcli", f"{sys.executable} -m diffcli"), ("python", sys.executable)):
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        script.chmod(0o755)
    root = str(Path(diffcli.__file__).parent.parent)
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": root}


@pytest.mark.parametrize("name", LESSONS)
def test_what_a_lesson_says_to_try_runs_when_it_is_pasted(name, once, on_path, tmp_path):
    lesson = remembered(name, Settings())
    shell = "try next, in the shell:" in run(["lesson", name]).stdout
    command = ["bash", "-c", lesson.try_next] if shell else ["python", "-c", lesson.try_next]
    finished = subprocess.run(command, capture_output=True, text=True, env=on_path, cwd=tmp_path)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.strip()


@pytest.mark.parametrize("name", LESSONS)
@pytest.mark.parametrize("format", [name for name, known in FORMATS.items() if not known.needs])
def test_a_lesson_comes_in_every_format(name, format, once):
    outcome = run(["lesson", name, "-f", format])
    assert outcome.exit == 0
    assert outcome.stdout.strip()


@pytest.mark.parametrize("name", LESSONS)
def test_what_the_records_hold_is_what_they_say(name):
    lesson = remembered(name, Settings())
    for part in lesson.told():
        assert isinstance(part, Text | Table | Figure | Drawing | Erratum)
        for text in (part.text,) if isinstance(part, Text) else part[:2] if isinstance(part, Erratum) else ():
            assert text == text.strip()
            assert getattr(part, "role", "") == "code" or "\n" not in text
    assert all(isinstance(check.passed, bool) for check in lesson.checks)


def one_node_more(found):
    return found._replace(counts=tuple(row._replace(value_tree=row.value_tree + 1) for row in found.counts))


FAULTS = [
    ("numerical", "numerical.LOST", -40, "a step that is lost beside x gives 0"),
    ("numerical", "numerical._moved", lambda x, i, step: x, "half of the digits are right, or two thirds"),
    ("symbolic", "symbolic.SLIDE", {2: ("4*x*(1 - x)", "4*(1 - x) + 4*x", "4 - 8*x")}, "the survey's table is right in all columns"),
    ("symbolic", "symbolic.SLIDE", {2: ("4*x*(1 - x) + 1", "4*(1 - x) - 4*x", "4 - 8*x")}, "the survey's table is right in all columns"),
    ("symbolic", "symbolic.swell", lambda *asked: one_node_more(swell(*asked)), "trees: 6*2^(n-1) - 5, 9(n-1)*2^(n-1) + 1 nodes"),
    ("forward", "survey.TEXT", "ln(x1) + x1*x2 + sin(x2)", "seeds (1, 1): the sum of the columns"),
    ("forward", "survey.with_variables", lambda n: " + ".join(f"x{i}" for i in range(1, n + 1)), "256 variables cost more than 64 times f"),
    ("reverse", "reverse._overwritten", lambda trace: {"x1": 5.5, "x2": 2.0}, "overwriting them is wrong"),
    ("reverse", "reverse.BOUND", 2, "f and gradient take at most 2 times f"),
    ("jacobian", "jacobian.TRUNK", 0, "cheaper: forward if n < m, reverse if m < n"),
    ("jacobian", "jacobian.jvp", lambda text, at, seed: diffcli.jvp(text, at, dict.fromkeys(seed, 2)), "the columns make SymPy's matrix"),
    ("linear-layer", "linear_layer.X", ((1.0, 2.0, 3.0), (4.0, 5.0, 5.0)), None),
    ("linear-layer", "linear_layer._network", lambda width, seed: (1e-9, 0.0), "dL/dX = dL/dY W^T: sum of |differences|, diff1"),
    ("topological-order", "topological_order.ORDERS", "swapped", "topological order is right on all"),
]  # fmt: skip
"""A lesson, what in it is spoiled and how, and the check that fails of it; None if the lesson stays right all the same."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "place", "spoiled", "claim"), FAULTS, ids=[f"{fault[1]}-{number}" for number, fault in enumerate(FAULTS)]
)
def test_a_check_fails_when_what_it_is_about_is_spoiled(name, place, spoiled, claim, monkeypatch):
    run_lesson(name)  # it imports what it needs before any of it is spoiled
    module, _, attribute = place.partition(".")
    module = import_module(f"diffcli.studies.lessons.{module}")
    if spoiled == "swapped":
        spoiled = module.ORDERS | {"topological": module.depth_first}
    monkeypatch.setattr(module, attribute, spoiled)
    failed = [check.claim for check in run_lesson(name).checks if not check.passed]
    assert failed == ([] if claim is None else [claim])


# -- the command -----------------------------------------------------------------------------------------------------------------

PLANTED = Lesson(
    ("first", ["second"], Erratum("2 + 2 = 5", "2 + 2 = 4", "a note"), Erratum("3 = 4", "3 < 4", "slides")),
    (Check("2 + 2 = 4", "4", True), Check("2 + 2 = 5", "4", False)), "diffcli lesson", "What is 2 + 2?", "4.",
)  # fmt: skip


@pytest.fixture
def planted(monkeypatch):
    """A lesson whose second check fails, alone in the table."""
    module = ModuleType("diffcli.studies.lessons.planted")
    module.lesson = lambda settings: (*PLANTED.parts, *PLANTED.checks, Question(*PLANTED[2:5]))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    table = {"planted": Entry("planted", "a lesson with a fault", Size("things", 4, 2, 8))}
    for where in (lessons, import_module("diffcli.reports.lesson")):
        monkeypatch.setattr(where, "LESSONS", table)


def test_a_check_that_fails_exits_1_and_is_told_in_words(planted):
    outcome = run("lesson planted")
    assert outcome == (
        """\
planted: a lesson with a fault

first

Often said [1]: 2 + 2 = 5
In fact: 2 + 2 = 4
Often said [2]: 3 = 4
In fact: 3 < 4

[1] a note
[2] slides

checks
what is checked   found   verdict
─────────────────────────────────
2 + 2 = 4         4       pass
2 + 2 = 5         4       FAIL

try next, in the shell:

diffcli lesson

Question: What is 2 + 2?

answer: diffcli lesson planted --answer
This is the last lesson. All their checks at once: diffcli lesson all
""",
        "",
        1,
    )
    assert "\n\nsecond\n\n" in run("lesson planted --more").stdout
    assert "\n\n> Often said \\[1\\]: 2 + 2 = 5\n>\n> In fact: 2 + 2 = 4\n\n" in run("lesson planted -f markdown").stdout
    assert run("lesson planted --answer") == ("Question: What is 2 + 2?\n\nAnswer: 4.\n", "", 1)
    everything = run("lesson all")
    assert everything.exit == 1
    assert "planted   1 of 2   FAIL" in everything.stdout
    assert "planted   2 + 2 = 5         4" in everything.stdout
    data = json.loads(run("lesson all --json").stdout)
    assert (data["passed"], data["lessons"][0]["checks"][1]["passed"]) == (False, False)
    assert run("lesson planted --json").exit == 1


def test_a_size_that_there_is_not_is_refused(planted):
    assert run("lesson planted --size 9") == (
        "", "error[bad-value]: --size is 9, and the lesson planted takes 2 to 8 (things)\n  = help: diffcli lesson planted --size 8\n", 2
    )  # fmt: skip
    for line in ("all --size 4", "all --more", "--answer"):
        assert run(f"lesson {line}") == (
            "", "error[usage]: --size, --more and --answer are about one lesson\n  = help: diffcli lesson reverse --more\n", 2
        )  # fmt: skip
    lessons.LESSONS["planted"] = Entry("planted", PLANTED.title)
    assert run("lesson planted --size 4") == (
        "", "error[usage]: the lesson planted has one size only\n  = help: diffcli lesson planted\n", 2
    )  # fmt: skip
    assert run("lesson planted --size 0").exit == 2


def test_the_list_tells_every_lesson_and_what_its_size_is():
    outcome = run("lesson --width 100")
    assert outcome.exit == 0
    data = json.loads(run("lesson --json").stdout)
    assert [found["lesson"] for found in data["lessons"]] == list(LESSONS)
    for name, entry in LESSONS.items():
        assert f"{name} " in outcome.stdout
        assert entry.title in outcome.stdout
        assert len(entry.title) <= 44, "or the list takes two lines for it"
        assert "  " not in entry.title and entry.title == entry.title.strip(" .")


def test_an_unknown_name_gets_the_nearest():
    assert run("lesson numercal") == (
        "",
        "error[unknown-topic]: there is no lesson `numercal`\n  = help: did you mean `numerical`?\n"
        "  = help: `diffcli lesson` lists them all\n",
        2,
    )


def test_the_shell_completes_names():
    from inside import program

    complete = click.shell_completion.ShellComplete(program, {}, "diffcli", "_DIFFCLI_COMPLETE")
    assert [item.value for item in complete.get_completions(["lesson"], "nu")] == ["numerical"]
    everything = [item.value for item in complete.get_completions(["lesson"], "")]
    assert everything == [*LESSONS, "all"]


def test_the_list_imports_no_lesson():
    code = (
        "import sys; from diffcli.cli.main import main; main(['lesson']); "
        "print(*[name for name in sys.modules if name.startswith('diffcli.studies.lessons.') or name == 'numpy'], file=sys.stderr)"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert finished.stderr.split() == ["diffcli.studies.lessons.record"]
