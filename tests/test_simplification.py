"""Simplification for the eye: bounded wherever it is asked for, told where it stopped, and never in the way of a number."""

from __future__ import annotations

import math
import sys
import threading
from contextlib import suppress
from time import perf_counter

import mpmath
import pytest
from console import run
from inside import OutOfTime, simplification, within

import diffcli

LONG = "(cbrt(log((((log(cos(z)))-((y+3)-(x*2)))*sinh(x))^2 + 1)) * atan(x*y - z) + sigmoid(x/y))^3/hypot(x, y*z)"
"""SymPy's simplify takes minutes for its derivatives."""

AT = {"x": 1.3, "y": 0.7, "z": 5.9}


def spin(seconds):
    end = perf_counter() + seconds
    count = 0
    while perf_counter() < end:
        count += 1
    return count


def partial_by_differences(name):
    def value(x, y, z):
        u = ((math.log(math.cos(z))) - ((y + 3) - (x * 2))) * math.sinh(x)
        return (math.cbrt(math.log(u**2 + 1)) * math.atan(x * y - z) + 1 / (1 + math.exp(-x / y))) ** 3 / math.hypot(x, y * z)

    def along(t):
        return value(**(AT | {name: t}))

    h = 1e-3
    return (8 * (along(AT[name] + h) - along(AT[name] - h)) - (along(AT[name] + 2 * h) - along(AT[name] - 2 * h))) / (12 * h)


def test_a_large_derivative_has_its_numbers_and_says_that_it_is_not_simplified(monkeypatch):
    monkeypatch.setattr(simplification, "SECONDS", 0.3)
    result = diffcli.grad(LONG, AT, mode="symbolic")
    for name, slope in result.gradient.items():
        assert slope == pytest.approx(partial_by_differences(name), rel=1e-7)
    (note,) = result.notes
    assert (note.code, note.severity) == ("not-simplified", "note")
    assert note.message == "not simplified all the way: the derivative by `z`, `y`, `x`"
    assert note.notes == ("SymPy's simplify would take more than 0.3 s",)
    assert note.help == ('it may take its time with simplify="full"',)
    for found in result.symbolic:
        for text in filter(None, (found.simplified, found.unsimplified)):
            at = {name: value for name, value in AT.items() if name in diffcli.parse(text).inputs}
            assert diffcli.evaluate(text, at) == pytest.approx(result.gradient[found.variable], rel=1e-12)


@pytest.mark.parametrize("function", [diffcli.grad, diffcli.jacobian, diffcli.hessian])
def test_the_limit_holds_for_all_derivatives_of_a_request(function, monkeypatch):
    monkeypatch.setattr(simplification, "SECONDS", 0.2)
    short = "atan(sinh(x*y)/(1 + cos(z)^2))^3 * exp(sin(x*z))"
    result = function(short, AT, mode="symbolic")
    assert [note.code for note in result.notes] == ["not-simplified"]


def test_efforts():
    one = "sin(x)^2 + cos(x)^2*x"
    for effort, simplified in (("none", None), ("fast", "-x*sin(2*x) + sin(2*x) + cos(2*x)/2 + 1/2")):
        (found,) = diffcli.grad(one, "x=3", mode="symbolic", simplify=effort).symbolic
        assert found.simplified == simplified
    assert diffcli.grad(one, "x=3", mode="symbolic", simplify="full").symbolic == (found,)
    with pytest.raises(diffcli.UsageError, match="there is no simplify `quick`"):
        diffcli.grad(one, "x=3", mode="symbolic", simplify="quick")


@pytest.mark.parametrize("command", ["grad", "jacobian", "hessian"])
def test_the_option_is_for_symbolic_mode(command):
    result = run(f"{command} x^2 --at x=3 --simplify none")
    mode = "reverse" if command == "grad" else "auto"
    assert result.exit == 2
    assert result.stderr == (
        f"error[unknown-choice]: formulas are simplified in symbolic mode, and not in {mode}\n"
        "  = help: add --mode symbolic, or leave --simplify out\n"
    )
    result = run(f"{command} 'x^2*exp(-x)' --at x=3 --mode symbolic --simplify none --json")
    assert result.exit == 0 and '"simplified": null' in result.stdout


LARGE_EXPONENTS = {
    "(x+1)^1000": "1000*(x + 1)^999",
    "(x+1)^999": "999*(x + 1)^998",
    "sin(150*x)^101": "15150*sin(150*x)^100*cos(150*x)",
    "sin(1000*x)*cos(1000*x)": "1000*cos(2000*x)",
    "(2*x-3)^101/(2*x-3)^1200": "-2198/(2*x - 3)^1100",
    "(x+y)^500 + x^499": "499*x^498 + 500*(x + y)^499",
    "(x^2+x+1)^150*(x+3)^101": "(x + 3)^100*(x^2 + x + 1)^149*(401*x^2 + 1151*x + 551)",
}


@pytest.mark.parametrize("text", LARGE_EXPONENTS)
def test_large_exponents_are_not_written_out(text):
    result = diffcli.diff(text, wrt="x")
    assert [found.simplified for found in result.formulas] == [LARGE_EXPONENTS[text]] and not result.notes


def test_what_is_not_simplified_is_told_by_variables(monkeypatch):
    monkeypatch.setattr(simplification, "SECONDS", 0.01)
    (note,) = diffcli.diff("atan(sinh(x*y)/(1 + cos(x)^2))^3", wrt="x, x, x").notes
    assert note.message == "not simplified all the way: the derivative by `x` 3 times"


def test_numbers_alone_are_not_simplified_for(monkeypatch):
    monkeypatch.setattr(simplification.sympy, "simplify", None)  # calling it would fail, and be told
    result = run("grad 'x^2*exp(-x)' --at x=3 --mode symbolic -q")
    assert (result.exit, result.stderr) == (0, "")
    assert float(result.stdout.split()[-1]) == pytest.approx(float(-3 * mpmath.exp(-3)), rel=1e-15)


def test_what_fails_is_told(monkeypatch):
    def fails(raw):
        raise AttributeError

    monkeypatch.setattr(simplification.sympy, "simplify", fails)
    result = run("grad 'x^2*exp(-x)' --at x=3 --mode symbolic --simplify full")
    assert result.exit == 0
    assert result.stderr == (
        "note[not-simplified]: not simplified all the way: the derivative by `x`\n  = note: SymPy failed\n"
    )


# -- the limit of time -------------------------------------------------------------------------------------------------


def test_work_is_stopped_in_time_and_done_work_is_not():
    assert within(5.0, lambda: spin(0.01)) > 0
    start = perf_counter()
    with pytest.raises(OutOfTime):
        within(0.05, lambda: spin(20))
    assert perf_counter() - start < 10
    with pytest.raises(OutOfTime):
        within(0.0, lambda: 1)
    assert within(float("inf"), lambda: 1) == 1


def test_a_stop_that_is_swallowed_comes_again():
    def stubborn():
        for _ in range(2):
            with suppress(OutOfTime):
                spin(20)
        spin(20)

    with pytest.raises(OutOfTime):
        within(0.05, stubborn)


def test_a_stop_arrives_in_the_work_and_never_behind_it():
    behind = 0
    for _ in range(300):
        with suppress(OutOfTime):
            within(0.0005, lambda: spin(0.0005))
        try:
            spin(0.0002)
        except OutOfTime:
            behind += 1
    assert behind == 0


def test_any_thread_may_ask():
    found = []

    def work():
        try:
            within(0.05, lambda: spin(20))
        except OutOfTime:
            found.append("stopped")

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["stopped"] * 3


def test_a_trace_of_instructions_goes_on_after_a_stop():
    """What is left pending in the interpreter, and never arrives, makes Python 3.11 run in circles under such a trace."""
    steps = []

    def watch(frame, event, argument):
        frame.f_trace_opcodes = True
        steps.append(event)
        return watch

    for seconds in (0.02, 5.0):
        with suppress(OutOfTime):
            within(seconds, lambda: spin(0.1))
        before = sys.gettrace()
        sys.settrace(watch)
        try:
            (lambda: sum(range(3)))()
        finally:
            sys.settrace(before)
    assert "opcode" in steps


@pytest.mark.parametrize(
    "text",
    [
        "cbrt(sinh(hypot(hypot(x*min(x,x),sin(atan2(4.7,atan2(x,z))/y)-((y-y)*sinh(min(exp(min(max(x,x),3)),z)))),2)))",
        "hypot(x,max(cosh((4/(hypot(2,2)-sigmoid(sqrt(atan2(atan2(2,x),tan(z+y))))))^2)^0.5,2))+sigmoid(3-exp(z))*y",
        "max(sin(x*y)*exp(z)/(1 + x^2), min(cosh(x - z)*tanh(y), x*y*z + atan(x/y)))",
    ],
)
def test_large_operands_of_max_and_min_take_no_time(text):
    """SymPy is at the first two for minutes, if it is asked which operand is larger."""
    at = {"x": 1.3, "y": 0.7, "z": 2.1}
    result = within(60.0, lambda: diffcli.grad(text, at, mode="symbolic", simplify="none"))
    for name, slope in diffcli.grad(text, at).gradient.items():
        assert result.gradient[name] == pytest.approx(slope, rel=1e-10, abs=1e-14)
