"""Options: one set in every command and in the library, former names, other programs' names, and what numbers may be."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from functools import cache
from pathlib import Path

import click
import pytest
from console import run
from inside import COMMANDS, FORMER, GROUPS, OTHER_NAMES, PAGES, ROWS, Options, Range, program

import diffcli

HOUSE = Path(__file__).parent.parent

OPERANDS = {"grad": ["x"], "swell": [], "lesson": ["linear-layer"], "functions": ["sin"], "help": ["usage"]}
ABSURD = ("nan", "inf", "-inf", "-1e308", "1e400", "9" * 5000, "1/0", "x", "", " ", "²", "0x10", "1;y=2", "1,y=2", "@f.csv", "[1,2]", "None", "1e")


def numeric_options():
    for name in COMMANDS:
        command = program.get_command(click.Context(program), name)
        for option in command.params:
            if isinstance(getattr(option.type, "range", None), Range):
                yield name, option


NUMERIC = {f"{name} {option.opts[0]}": (name, option) for name, option in numeric_options()}


def test_every_option_that_is_a_number_has_a_range():
    assert len(NUMERIC) > 30
    for name in COMMANDS:
        for option in program.get_command(click.Context(program), name).params:
            assert option.type.name not in ("integer", "float", "integer range", "float range"), (name, option.name)


@pytest.mark.parametrize("key", NUMERIC)
def test_absurd_values_are_refused_with_the_range(key):
    name, option = NUMERIC[key]
    limits = option.type.range
    beyond = [str(limits.least - 1), str(limits.most * 2), "1" + "0" * 30] if limits.most < 1e300 else ["0", "-1"]
    if limits.least < 0:  # any number will do
        beyond = ["-1e309"]
    if key == "check --digits":  # more was --exact-digits
        beyond = [beyond[0], beyond[-1]]
    fractions = ["1.5", "1e-3"] if limits.whole else []
    for value in (*(value for value in ABSURD if limits.least >= 0 or value != "-1e308"), *beyond, *fractions):
        outcome = run([name, *OPERANDS.get(name, ["x"]), f"{option.opts[0]}={value}"])
        assert (outcome.stdout, outcome.exit) == ("", 2), (key, value, outcome)
        assert f"{option.opts[0]} is " in outcome.stderr and f", not {limits}" in " ".join(outcome.stderr.split()), outcome.stderr


@pytest.mark.parametrize("value", ["10^6", "1e6", "1000000", "1_000_000", "2*500000"])
def test_whole_numbers_are_constant_expressions_too(value):
    assert run(["grad", "x^2", "--at", "x=2", "-q", "--max-nodes", value]) == ("f\t4\ndf/dx\t4\n", "", 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("grad x --at x=1 --timeout inf", "--timeout is `inf`, not a number from 0 to 10000000"),
        ("grad x --at x=1 --timeout 1e10", "--timeout is 10000000000, not a number from 0 to 10000000"),
        ("grad x --at x=1 --timeout -1", "--timeout is -1, not a number from 0 to 10000000"),
        ("grad x --at x=1 --digits 18", "--digits is 18, not a whole number from 1 to 17"),
        ("check x --at x=1 --exact-digits 16", "--exact-digits is 16, not a whole number from 17 to 2000"),
        ("swell --budget inf", "--budget is `inf`, not a number from 0 to 10000000"),
        ("grad x --at x=1 --mode numeric --step 0", "--step is 0, not a positive number"),
        ("taylor x --order 1001", "--order is 1001, not a whole number from 0 to 1000"),
    ],
)
def test_what_is_said_of_them(arguments, message):
    outcome = run(arguments)
    assert (outcome.stdout, outcome.exit) == ("", 2)
    assert outcome.stderr.startswith(f"error[bad-value]: {message}\n")


NOTHING = {
    'grad "x*y" --at x=1,y=2 --wrt ""': (2, "usage", "no variable is named to differentiate by", "its variables: x, y"),
    'hessian "x*y" --at x=1,y=2 --wrt ","': (2, "usage", "no variable is named to differentiate by", "its variables: x, y"),
    'check "x*y" --at x=1,y=2 --wrt " "': (2, "usage", "no variable is named to differentiate by", "its variables: x, y"),
    'grad "x*y" --at x=1,y=2 --mode forward --direction ""': (3, "bad-value", "a direction moves one variable at least", "write what moves, as --direction x=1"),
    'jvp "x*y" --at x=1,y=2 --direction " "': (3, "bad-value", "a direction moves one variable at least", "write what moves, as --direction x=1"),
    'hvp "x*y" --at x=1,y=2 --direction ""': (3, "bad-value", "a direction moves one variable at least", "write what moves, as --direction x=1"),
    'vjp "[x, y]" --at x=1,y=2 --weights ""': (3, "bad-value", "there are 0 weights and 2 results: f1, f2", "give a number for each, in order, or some by name"),
    'check "x" --points ""': (2, "unreadable-file", "there is no name of a file", ""),
    'grad "@"': (2, "unreadable-file", "there is no name of a file", "write @FILE for a file, and - for standard input"),
}  # fmt: skip


@pytest.mark.parametrize("arguments", NOTHING)
def test_an_empty_text_is_refused_and_not_passed_over(arguments):
    code, kind, message, help = NOTHING[arguments]
    found = run(arguments)
    assert (found.exit, found.stdout) == (code, "")
    assert found.stderr.startswith(f"error[{kind}]: {message}\n") and found.stderr.endswith(f"  = help: {help}\n" if help else f"{message}\n")


BAD = (float("nan"), float("inf"), 0, -1, 1.5, "5", None, True, [1], 10**30)


@pytest.mark.parametrize(
    "call",
    [
        lambda value: diffcli.grad("x^2", {"x": 1}, max_nodes=value),
        lambda value: diffcli.jacobian("x^2", {"x": 1}, max_nodes=value),
        lambda value: diffcli.hessian("x^2", {"x": 1}, max_nodes=value),
        lambda value: diffcli.evaluate("x^2", {"x": 1}, max_nodes=value),
        lambda value: diffcli.check("x^2", {"x": 1}, max_nodes=value),
        lambda value: diffcli.taylor("x^2", max_nodes=value),
    ],
)
def test_the_library_refuses_them_too(call):
    for value in BAD:
        with pytest.raises(diffcli.UsageError, match=r"max_nodes is .*, not a whole number from 1 to 1000000000"):
            call(value)
    assert call(100) is not None


@pytest.mark.parametrize("step", [float("nan"), float("inf"), 0, 0.0, -1e-3, "a", True, [1e-3]])
def test_a_step_is_positive(step):
    with pytest.raises(diffcli.UsageError, match=r"step is .*, not a positive number"):
        diffcli.grad("x^2", {"x": 1}, mode="numeric", step=step)
    with pytest.raises(diffcli.UsageError):
        Options(mode="numeric", step=step)


@pytest.mark.parametrize("order", [float("nan"), -1, 1001, 1.5, "3", True, None])
def test_the_order_of_a_series(order):
    with pytest.raises(diffcli.UsageError, match=r"order is .*, not a whole number from 0 to 1000"):
        diffcli.taylor("exp(x)", order=order)


# -- one set of options ------------------------------------------------------------------------------------------------------


def command_of(name):
    return program.get_command(click.Context(program), name)


def options_of(name):
    return [option for option in command_of(name).params if isinstance(option, click.Option) and option.name != "help"]


EVERYWHERE = ("--digits", "--decimals", "--quiet", "--format", "--json", "--output", "--width", "--color")
OWN_PHRASES = {
    "at": {"check", "batch", "diff", "export", "graph", "plot", "swell", "taylor"}, "wrt": {"diff", "step-size", "swell", "taylor"}, "order": {"batch", "diff", "export", "taylor"},
    "mode": {"grad", "hessian", "jacobian", "jvp"}, "method": {"grad", "step-size"}, "direction": {"grad"},
    "hessian": {"check"}, "seed": {"check"}, "full": {"check"},
}  # fmt: skip
"""What an option says beside its row, and where: only where its meaning is not the same."""


def test_options_that_mean_the_same_have_the_same_name_metavar_and_help():
    phrases = defaultdict(set)
    found = defaultdict(list)
    for name in COMMANDS:
        for option in options_of(name):
            found[option.name].append((name, option))
    for meaning, options in found.items():
        assert len({tuple(option.opts + option.secondary_opts) for _, option in options}) == 1, meaning
        assert len({(option.metavar, option.group, option.is_flag, option.multiple) for _, option in options}) == 1, meaning
        rows = [row for key, row in ROWS.items() if f"--{key}" in options[0][1].opts]
        assert len(rows) == 1 if len(options) > 1 else len(rows) <= 1, f"--{meaning} stands in several commands, and has no row"
        for name, option in options if rows else ():
            always, _, usually = rows[0][2].partition("|")
            assert option.help.startswith(always.strip())
            if option.help != f"{always.strip()} {usually}".strip():
                phrases[meaning].add(name)
    assert phrases == OWN_PHRASES


def test_options_stand_in_the_same_order_everywhere():
    orders = {name: [option.name for option in options_of(name)] for name in COMMANDS}
    before = {(first, second) for order in orders.values() for place, first in enumerate(order) for second in order[place + 1 :]}
    assert len(before) > 200 and not {(first, second) for first, second in before if (second, first) in before}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_options_in_groups_and_takes_those_of_reports(name):
    options = options_of(name)
    names = [option for each in options for option in each.opts]
    assert not {*EVERYWHERE} - {*names}
    assert [option.group for option in options] == sorted((option.group for option in options), key=GROUPS.index)
    for width in (60, 80, 100):
        text = run([name, "--help"], COLUMNS=str(width)).stdout
        assert max(map(len, text.partition("Examples:")[0].splitlines())) <= width
        assert re.findall(r"^(\w[\w ]*):$", text, re.MULTILINE) == [*dict.fromkeys(option.group for option in options), "Examples"]
        assert all(re.search(rf"^ +(-\w, )?{option.opts[-1]}\b", text, re.MULTILINE) for option in options)
        assert ("[needed]" in text) == (name in ("batch", "grad", "jacobian", "hessian", "jvp", "vjp", "hvp", "step-size"))


@pytest.fixture
def beside_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "points.csv").write_text("x,y\n2,3\n0.5,-1\n", encoding="utf-8")


ASKED = (["-q"], ["--digits", "3"], ["--digits", "full"], ["--decimals", "2"], *[["--format", each] for each in ("table", "plain", "json", "csv", "markdown", "latex")])


@cache
def exit_of(name):
    """How the example of a command ends as it stands, the same beside every option."""
    return run(shlex.split(command_of(name).examples[0])[1:]).exit


@pytest.mark.parametrize("asked", ASKED, ids=" ".join)
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_works_with_each_of_them(name, asked, beside_files):
    words = shlex.split(command_of(name).examples[0])[1:]
    outcome = run([*words, *asked])
    assert (outcome.exit, bool(outcome.stdout)) == (exit_of(name), True), outcome.stderr
    assert "error" not in outcome.stderr
    both = run([*words, "--digits", "3", "--decimals", "2"])
    assert (both.exit, both.stdout) == (2, "")
    assert both.stderr == "error[usage]: --digits and --decimals contradict each other\n  = help: give one of them\n"


ALONE = {
    "grad x/3 --at x=1 -q": "f\t0.3333333333333333\ndf/dx\t0.3333333333333333\n",
    "grad x/3 --at x=1 -q --digits 3": "f\t0.333\ndf/dx\t0.333\n",
    "grad x/3 --at x=1 -q --decimals 1": "f\t0.3\ndf/dx\t0.3\n",
    "graph x*y --at x=1,y=2 -q --decimals 1": "f\t2.0\ndf/dx\t2.0\ndf/dy\t1.0\n",
    "graph -x -q": "v0\tinput\t\tx\t\t\t\nv1\tresult\tneg\t\t-x\t\t\n",
    "plot x --from 0 --to 1 -q --digits 2": ("0\t0\t1\n", "1\t1\t1\n"),
    "ast -x -q": "0\tname x\t\t1\t2\t\n1\tneg\t0\t0\t2\t\n",
    "swell --n 2 -q": "1\t1\t1\t2\t0\t0\t0\n2\t7\t19\t14\t3\t8\t7\n",
    "step-size x^2 --at x=3 -q --decimals 2": "df/dx\t6.00\n",
    "lesson -q": ("numerical\t", "\n"),
    "lesson forward -q": ("", "\tpass\n"),
    "functions -q": ("a + b\t1 | 1\t", "\n"),
    "functions tanh -q": ("function\ttanh(a)\n", "\n"),
    "help -q": ("syntax\t", "\n"),
    "help codes -q": ("empty-expression\terror\t", "\n"),
    "check x^2 --at x=1 -q": "df/dx\tagree\n",
    "diff x^2*y -q": "2*x*y\nx^2\n",
    "taylor 1/(1-x) --order 2 -q --decimals 1": "c0\t1.0\nc1\t1.0\nc2\t1.0\n",
}  # fmt: skip


@pytest.mark.parametrize("arguments", ALONE)
def test_the_result_alone(arguments):
    outcome, expected = run(arguments), ALONE[arguments]
    assert (outcome.exit, outcome.stderr) == (0, "")
    if isinstance(expected, str):
        assert outcome.stdout == expected
    else:
        assert outcome.stdout.startswith(expected[0]) and outcome.stdout.endswith(expected[1])
    assert not re.search(r"^ *[─=]{3}", outcome.stdout, re.MULTILINE)


# -- former names, and other programs' ---------------------------------------------------------------------------------------

WAS = [
    ("taylor x*y --at y=2 --var x -q", "--var", "--wrt"), ("taylor x*y --at y=2 --var=x -q", "--var", "--wrt"),
    ("swell r*l --var l --n 2 --budget 0", "--var", "--wrt"), ("step-size x*y --at x=1,y=2 --var y", "--var", "--wrt"),
    ("jvp [x*y,x] --at x=1,y=2 --seed x=1", "--seed", "--direction"), ("jvp [x*y,x] --at x=1,y=2 --seed=x=1", "--seed", "--direction"),
    ("vjp [x*y,x] --at x=1,y=2 --seed 1,2", "--seed", "--weights"),
    ("grad x*y --at x=1,y=2 --mode forward --seed x=1", "--seed", "--direction"),
    ("grad x^3 --at x=1 --mode numeric --order 4", "--order", "--accuracy"),
    ("check x^2 --at x=1 --digits 30", "--digits", "--exact-digits"), ("check x^2 --at x=1 --digits=2000", "--digits", "--exact-digits"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "former", "now"), WAS)
def test_a_former_name_is_read_with_one_line(arguments, former, now):
    outcome, meant = run(arguments), run(arguments.replace(former, now))
    assert meant.exit == 0 and outcome == meant._replace(stderr=f"note[former-spelling]: {former} is now {now}\n{meant.stderr}")
    assert run(f"{arguments} --json").stderr.startswith('{"schema": "diffcli/error@1", "code": "former-spelling", "severity": "note"')


def test_what_has_the_former_name_today_is_no_former_name():
    assert run("check x^2 --at x=1 --digits 17").stderr == run("lesson forward --seed 1").stderr == run("diff x^2 --order 2").stderr == ""
    assert run("check x^2*y --at x=1,y=2 --against [2*x*y,x^2] --random 3 --seed 1").stderr == ""


LIBRARY_WAS = [
    (lambda: diffcli.grad("x*y", "x=1,y=2", mode="forward", seed="x=1"), lambda: diffcli.grad("x*y", "x=1,y=2", mode="forward", direction="x=1"), "seed= is now direction="),
    (lambda: diffcli.grad("x^3", "x=1", mode="numeric", order=4), lambda: diffcli.grad("x^3", "x=1", mode="numeric", accuracy=4), "order= is now accuracy="),
    (lambda: diffcli.trace("[x, x*y]", "x=1,y=2", mode="forward", seed="x=1"), lambda: diffcli.trace("[x, x*y]", "x=1,y=2", mode="forward", direction="x=1"), "seed= is now direction="),
    (lambda: diffcli.jvp("x*y", "x=1,y=2", seed="x=1"), lambda: diffcli.jvp("x*y", "x=1,y=2", direction="x=1"), "seed= is now direction="),
    (lambda: diffcli.vjp("[x, y]", "x=1,y=2", seed=[1, 2]), lambda: diffcli.vjp("[x, y]", "x=1,y=2", weights=[1, 2]), "seed= is now weights="),
    (lambda: diffcli.taylor("x*y", "y=2", var="x"), lambda: diffcli.taylor("x*y", "y=2", wrt="x"), "var= is now wrt="),
    (lambda: diffcli.check("x^2", "x=1", digits=60), lambda: diffcli.check("x^2", "x=1", exact_digits=60), "digits= is now exact_digits="),
]  # fmt: skip


@pytest.mark.parametrize(("former", "now", "said"), LIBRARY_WAS)
def test_a_former_keyword_is_read_with_a_warning(former, now, said):
    with pytest.warns(DeprecationWarning) as told:
        assert repr(former()) == repr(now())
    assert [str(one.message) for one in told] == [said] and told[0].filename == __file__


def test_a_keyword_by_both_its_names_is_refused():
    with pytest.warns(DeprecationWarning), pytest.raises(TypeError, match="multiple values for keyword argument 'direction'"):
        diffcli.jvp("x", "x=1", seed="x=1", direction="x=2")


def test_no_text_of_the_project_uses_a_former_name():
    texts = [*HOUSE.glob("*.md"), *HOUSE.glob("docs/**/*.md"), *HOUSE.glob("examples/**/*"), *HOUSE.glob("diffcli/**/*.py"), *HOUSE.glob("diffcli/**/*.md")]
    spoken = "|".join(f"diffcli {name} [^`\n]*--{former}(?!-)" for name, given in FORMER.items() for former in given if name != "check")
    for path in texts:
        is_ours = path.is_file() and path.suffix in (".md", ".py", ".dc", ".yml") and "_generated" not in path.parts
        text = path.read_text(encoding="utf-8") if is_ours else ""
        assert path.name in ("CHANGELOG.md", "codes.py", "changelog.md") or not re.search(rf"--var\b|{spoken}", text), path
        assert not re.search(r"check [^\n`]*--digits (?:1[89]|[2-9]\d|\d{3})", text), path
    for name in COMMANDS:
        shown = run([name, "--help"]).stdout
        assert not [former for former in FORMER.get(name, {}) if re.search(rf"^ *--{former} ", shown, re.MULTILINE) and former != "digits"]


def test_other_names_are_no_names_of_ours_and_lead_to_ours():
    known = [(command, {name.strip("-") for option in options_of(command) for name in option.opts}) for command in COMMANDS]
    for ours, others in OTHER_NAMES.items():
        having = [(command, names) for command, names in known if ours in names]
        assert having and not [(command, ours) for command, names in having if names & {*others.split()} - {"seed", "order"}]
    outcome = run("grad h^2 --h 2 --variable h")
    assert 'help: diffcli grad "h^2" --at h=2 --wrt h\n' in outcome.stderr, "a variable is no option"


# -- the first page ----------------------------------------------------------------------------------------------------------


def test_nothing_asked_is_answered_in_ten_lines_whose_examples_run():
    outcome = run("")
    assert (outcome.exit, outcome.stderr) == (0, "") and len(outcome.stdout.splitlines()) <= 10
    examples = re.findall(r"^  diffcli (.*?)(?:  .*)?$", outcome.stdout, re.MULTILINE)
    assert len(examples) == 5 and all(run(example).exit == 0 for example in examples)


def test_the_first_page_has_every_command_in_a_group():
    text = run("--help").stdout
    assert text == run("-h").stdout and max(map(len, text.splitlines())) <= 80
    assert re.findall(r"^(\w[\w ]*):$", text, re.MULTILINE) == ["Options", *PAGES]
    assert re.findall(r"^  ([a-z-]+)  ", text.partition("Start here")[2].partition("Examples")[0], re.MULTILINE) == [*COMMANDS]


# -- an option that is given again ---------------------------------------------------------------------------------------------

AGAIN = {
    'grad "x*y" --at x=2,y=3 -q --wrt x --wrt y': ("f\t6\ndf/dx\t3\ndf/dy\t2\n", 0),
    'grad "x*y" --at x=2,y=3 -q --wrt "[y, x]"': ("f\t6\ndf/dy\t2\ndf/dx\t3\n", 0),
    'jvp "x*y" --at x=2,y=3 -q --direction x=1 --direction y=1': ("f\t6\ndf\t5\n", 0),
    'vjp "[x, 2*x]" --at x=1 -q --weights 1 --weights 10': ("f1\t1\nf2\t2\nd(w*f)/dx\t21\n", 0),
    'jacobian "u = x^2; v = u*x; [u, v]" --at x=2 -q --of u --of v': ("u\t4\nv\t8\ndu/dx\t4\ndv/dx\t12\n", 0),
    'grad "x^2" --at x=2 -q --digits 3 --digits 5': ("", 2),
    'grad "x^2" --at x=2 --mode forward --mode reverse': ("", 2),
    'plot "x^2" --from -1 --from -2': ("", 2),
    'jvp "x*y" --at x=2,y=3 --direction x=1 --direction x=2': ("", 3),
}


@pytest.mark.parametrize("arguments", AGAIN)
def test_an_option_that_is_given_again_adds_up_or_is_refused(arguments):
    found = run(arguments)
    assert (found.stdout, found.exit) == AGAIN[arguments], found.stderr
    assert (found.exit != 2) or "is given 2 times\n  = help: give it once\n" in found.stderr
