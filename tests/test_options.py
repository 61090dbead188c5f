"""Options that are numbers: what each may be, in every command and in the library."""

from __future__ import annotations

import click
import pytest
from console import run
from inside import COMMANDS, Options, Range, program

import diffcli

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
