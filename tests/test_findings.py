"""What a check found, in the formats of services that review code: GitHub's workflow commands, JUnit XML and SARIF."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest
from console import run
from inside import FINDING_RULES, FORMATS, Document, Finding, Style, render

FOR_CHECKS = [name for name, row in FORMATS.items() if row.needs == "check"]


def written(format, *findings):
    return render(Document((), {}, findings=findings), Style(format=FORMATS[format]))


HERE = ("model.py", 3)


def finding(message="it is not", name="df/dx", verdict="wrong", place=HERE, passed=False):
    return Finding("claim-is-derivative", name, passed, verdict, message, *place)


# -- where a finding stands ----------------------------------------------------------------------------------------------------

MODEL = '''\
import functools
import numpy as np
from other import elsewhere

def square(x):
    return x**2

@functools.lru_cache(
    maxsize=2,
)
def decorated(x):
    return x**2 + x

shortest = lambda x: 3*x

class Model:
    def loss(self, x):
        return np.sum(x**2)

loss = Model().loss
'''
PROGRAM = """\
# a program
a = x^2
# its result
a + y
"""
PLACES = [
    # what is checked, the point, and the file and line of its findings
    ("x^2 + y", "x=1,y=2", None, None),
    ("@program.dc", "x=1,y=2", "program.dc", 4),
    ("model.py:square", "x=1", "model.py", 5),
    ("model.py:decorated", "x=1", "model.py", 11),
    ("model.py:shortest", "x=1", "model.py", 14),
    ("model.py:loss", "x=[1,2]", "model.py", 17),
    ("model.py:elsewhere", "x=1", "model.py", None),
]


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "other.py").write_text("def elsewhere(x):\n    return x\n")
    (tmp_path / "program.dc").write_text(PROGRAM)
    return tmp_path


@pytest.mark.parametrize(("given", "at", "file", "line"), PLACES)
def test_a_finding_names_the_file_and_the_line_of_what_is_checked(given, at, file, line, model):
    outcome = run(["check", given, "--at", at, "--claim", "x: 77*x + 1", "-f", "github"])
    assert outcome.exit == 1
    for command in outcome.stdout.splitlines()[:-1]:
        properties = dict(part.split("=") for part in re.match("::error (.*?)::", command)[1].split(","))
        properties.pop("title")
        assert properties == {key: str(value) for key, value in (("file", file), ("line", line)) if value}


# -- what is found -------------------------------------------------------------------------------------------------------------

POINTS = "x,y\n1e-5,1\n1,2\n3,4\n"
COMMANDS = [
    # arguments of check, the exit code, and each finding's name and verdict
    ("x*y --at x=2,y=3", 0, ["df/dx\tagree", "df/dy\tagree"]),
    ("abs(x) --at x=0", 0, ["df/dx\tkink"]),
    ('"(1 - cos(x))/x^2" --at x=1e-5', 1, ["df/dx\tdisagree"]),
    ('"(1 - cos(x))/x^2*y" --points points.csv', 1, ["df/dx\tdisagree", "df/dy\tdisagree"]),
    ('"log(x)*y" --points points.csv', 0, ["df/dx\tagree", "df/dy\tagree"]),
    ('"log(x - 0.5)*y" --points points.csv', 1, ["df/dx\tagree", "df/dy\tagree", "f\tundefined"]),
    ('"[x^2, x*y]" --at x=2,y=3', 0, ["df1/dx\tagree", "df1/dy\tagree", "df2/dx\tagree", "df2/dy\tagree"]),
    ('"sum(v^2)" --at v=[1,2]', 0, ["df/dv[0]\tagree", "df/dv[1]\tagree"]),
    ('x^2*y --claim "x: 2*x*y, y: x"', 1, ["claim for x\tproved", "claim for y\twrong"]),
    ('x^2 --at x=2 --claim 2*x', 0, ["df/dx\tagree", "claim for x\tproved"]),
    ("3 --at x=1", 3, None),
    ("3", 0, []),
]


@pytest.mark.parametrize(("arguments", "exit", "verdicts"), COMMANDS)
def test_every_report_of_a_check_has_its_findings(arguments, exit, verdicts, model):
    (model / "points.csv").write_text(POINTS)
    quiet = run(f"check {arguments} -q")
    assert quiet.exit == exit
    if verdicts is None:
        return
    assert quiet.stdout.splitlines() == verdicts
    github, junit, sarif = (run(f"check {arguments} -f {name}") for name in FOR_CHECKS)
    assert (github.exit, junit.exit, sarif.exit) == (exit,) * 3
    wrong = [line for line in verdicts if line.partition("\t")[2] in ("disagree", "undefined", "wrong", "not readable")]
    assert len(github.stdout.splitlines()) == len(wrong) + 1
    plural = "s" * (len(verdicts) != 1)
    assert github.stdout.splitlines()[-1] == f"diffcli: {len(verdicts)} check{plural}, {len(wrong)} failed"
    suite = ElementTree.fromstring(junit.stdout.encode()).find("testsuite")
    assert (suite.get("tests"), suite.get("failures")) == (str(len(verdicts)), str(len(wrong)))
    assert [case.get("name") for case in suite] == [line.partition("\t")[0] for line in verdicts]
    results = json.loads(sarif.stdout)["runs"][0]["results"]
    assert [result["message"]["text"].partition(": ")[0] for result in results] == [line.partition("\t")[0] for line in wrong]
    assert (github, junit, sarif) == tuple(run(f"check {arguments} -f {name}") for name in FOR_CHECKS), "the same bytes again"


def test_messages_say_what_and_why(model):
    (model / "points.csv").write_text(POINTS)
    assert run('check x^3 --claim "3*x^3" -f github').stdout.splitlines()[0] == (
        "::error title=diffcli%3A claim for x%3A wrong::claimed: 3*x^3; verdict: wrong: it is not the derivative; counterexample: "
        "at x = 2 it is 24, the derivative 12; likely slip: power rule: the exponent of x^3 is to be reduced by 1; "
        "the derivative: 3*x^2"
    )
    assert run('check "log(x - 0.5)*y" --points points.csv -f github').stdout.splitlines() == [
        "::error title=diffcli%3A f%3A undefined::the value is undefined at x = 1e-05, y = 1", "diffcli: 3 checks, 1 failed",
    ]  # fmt: skip
    (one, _) = run('check "(1 - cos(x))/x^2" --at x=1e-5 -f github').stdout.splitlines()
    assert one.startswith("::error title=diffcli%3A df/dx%3A disagree::disagree: cancellation; `1 - cos(x)`: ")
    assert "; reverse " in one and ", forward " in one


def test_files_say_their_format_by_their_names(tmp_path):
    for name, begins in (("found.xml", "<?xml"), ("found.sarif", "{")):
        assert run(["check", "x^2", "--at", "x=1", "-o", str(tmp_path / name)]).exit == 0
        assert (tmp_path / name).read_text().startswith(begins)


@pytest.mark.parametrize("name", FOR_CHECKS)
@pytest.mark.parametrize("command", ["grad x^2 --at x=2", "functions", "taylor exp(x)"])
def test_other_commands_have_no_findings(name, command):
    outcome = run(f"{command} -f {name}")
    assert (outcome.stdout, outcome.exit) == ("", 2)
    assert outcome.stderr == (
        f"error[unknown-choice]: this report has no findings to write as {name}\n"
        "  = help: diffcli check finds out whether derivatives are right\n"
        "  = help: table, plain, json, csv, markdown and latex show any report\n"
    )


# -- GitHub --------------------------------------------------------------------------------------------------------------------

ESCAPES = [
    # the file, the name, the message, and the command by the rules of actions/toolkit (packages/core/src/command.ts)
    ("model.py", "df/dx", "it is not", "::error file=model.py,line=3,title=diffcli%3A df/dx%3A wrong::it is not"),
    ("a,b:c.py", "df/dx", "it is", "::error file=a%2Cb%3Ac.py,line=3,title=diffcli%3A df/dx%3A wrong::it is"),
    ("50%.py", "f", "50% off\r\n::error::no, it is: not", "::error file=50%25.py,line=3,title=diffcli%3A f%3A wrong::50%25 off%0D%0A::error::no, it is: not"),
    ("m.py", "a\nb", "%0A", "::error file=m.py,line=3,title=diffcli%3A a%0Ab%3A wrong::%250A"),
    ("m.py", "θ", "\x1b[31mred", "::error file=m.py,line=3,title=diffcli%3A θ%3A wrong::\\x1b[31mred"),
]


@pytest.mark.parametrize(("file", "name", "message", "command"), ESCAPES)
def test_workflow_commands_are_escaped(file, name, message, command):
    assert written("github", finding(message, name, place=(file, 3))) == f"{command}\ndiffcli: 1 check, 1 failed\n"


def test_what_holds_is_counted_and_annotates_nothing():
    assert written("github", finding(passed=True), finding(passed=True)) == "diffcli: 2 checks, 0 failed\n"


# -- JUnit ---------------------------------------------------------------------------------------------------------------------

JUNIT = {
    # of junit-10.xsd, the schema of Jenkins' xUnit plugin: what an element must have, may have, and holds
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url", "version"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": ({"name"}, {"time", "classname", "group"}, {"skipped", "error", "failure", "system-out", "system-err"}),
    "failure": (set(), {"message", "type"}, set()),
}  # fmt: skip
AWKWARD = ["a < b & \"c\" > 'd' ]]>", "tab\tand\nline", "\x00\x1b[31m\x0b", "\ufffe\uffff", "\ud800", "𝛛f/𝛛θ", "\u202e", "a\r\nb"]


def held_by(schema, element):
    must, may, children = schema[element.tag]
    assert must <= set(element.keys()) <= must | may, element.attrib
    assert {child.tag for child in element} <= children
    for child in element:
        held_by(schema, child)


@pytest.mark.parametrize("awkward", AWKWARD, ids=ascii)
@pytest.mark.parametrize("unicode", [True, False])
def test_junit_is_xml_of_its_schema(awkward, unicode):
    found = finding(awkward, awkward, place=(awkward, 2))
    style = Style(format=FORMATS["junit"], unicode=unicode)
    text = render(Document((), {}, findings=(found, found._replace(passed=True))), style)
    suites = ElementTree.fromstring(text.encode("utf-8", "backslashreplace"))
    held_by(JUNIT, suites)
    if awkward.isprintable():
        (failure,) = suites.iter("failure")
        assert (failure.get("message"), failure.text) == (awkward, f"{awkward}:2: {awkward}")


# -- SARIF ---------------------------------------------------------------------------------------------------------------------

TEXT = {"text": str}
SARIF = {
    # the part of OASIS's sarif-schema-2.1.0.json that is written: all of it is required here, as by GitHub's code scanning
    "$schema": str, "version": str,
    "runs": [{
        "tool": {"driver": {
            "name": str, "version": str,
            "rules": [{"id": str, "shortDescription": TEXT, "fullDescription": TEXT, "help": TEXT}],
        }},
        "columnKind": str,
        "results": [{
            "ruleId": str, "ruleIndex": int, "level": str, "message": TEXT,
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": str}, "region": {"startLine": int}}}],
        }],
    }],
}  # fmt: skip


def fits(schema, value):
    if isinstance(schema, dict):
        return isinstance(value, dict) and value.keys() == schema.keys() and all(fits(schema[key], value[key]) for key in schema)
    if isinstance(schema, list):
        return isinstance(value, list) and all(fits(schema[0], item) for item in value)
    return type(value) is schema


@pytest.mark.parametrize("awkward", AWKWARD, ids=ascii)
def test_sarif_is_json_of_its_schema(awkward):
    data = json.loads(written("sarif", finding(awkward), finding("right", passed=True), finding("off", verdict="disagree")._replace(rule="ways-agree")))
    assert fits(SARIF, data)
    assert data["version"] == "2.1.0" and data["runs"][0]["columnKind"] == "unicodeCodePoints"
    driver, results = data["runs"][0]["tool"]["driver"], data["runs"][0]["results"]
    assert [result["level"] for result in results] == ["error", "error"], "what holds is no alert"
    for result in results:
        rule = driver["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"] and rule["fullDescription"]["text"] == FINDING_RULES[rule["id"]]


URIS = [
    ("model.py", "model.py"), ("src/a model.py", "src/a%20model.py"), ("/home/a/m.py", "file:///home/a/m.py"), ("50%:x.py", "50%25%3Ax.py"),
    ("modèle.py", "mod%C3%A8le.py"), ("src\\model.py", "src/model.py"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "uri"), URIS)
def test_paths_are_references_by_rfc_3986(path, uri):
    (result,) = json.loads(written("sarif", finding(place=(path, 7))))["runs"][0]["results"]
    assert result["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": 7}}}]


def test_what_stands_in_no_file_has_no_location():
    (result,) = json.loads(written("sarif", finding(place=())))["runs"][0]["results"]
    assert result["locations"] == []
    (whole,) = json.loads(written("sarif", finding(place=("model.py",))))["runs"][0]["results"]
    assert whole["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "model.py"}}}]
