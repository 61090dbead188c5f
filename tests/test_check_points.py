"""``diffcli check --points``: what takes the short way comes to the same as a whole check of each point."""

from __future__ import annotations

import io
import json
import math
import sys
import time
from contextlib import contextmanager
from itertools import islice
from random import Random

import pytest
import tiers
from console import run
from inside import (
    DiffcliError,
    Environment,
    Problem,
    Stage,
    agreement_of,
    check_points,
    column_differences,
    lower,
    parse,
    random_points,
    shown_progress,
    time_limit,
)
from programs import ROWS, SMOOTH, plainly, program

SEVERITY = ("agree", "kink", "jump", "edge", "pole", "disagree")

SHORTCUT = "diffcli.studies.agreement.points.is_plain"
WHOLE = "diffcli.studies.agreement.points.agreement_of"


@contextmanager
def read_once():
    """SymPy's derivatives of a tape are the same expressions at each point: it is asked for them once, and they are evaluated anew."""
    from diffcli.methods.symbolic import formulas

    known, derivatives_of = {}, formulas.Derivatives

    def derivatives(problem):
        tape = problem.tape
        key = repr((tape.inputs, tape.constants, list(tape.operations), list(tape.operands), tape.parameters))
        return known.get(key) or known.setdefault(key, derivatives_of(problem))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(formulas, "Derivatives", derivatives)
        yield


@read_once()
def by_whole_checks(text, points):
    """The table as a check of each point alone makes it: counts, worst points, and the first note of each code."""
    counts, worst, notes = {}, {}, {}
    for number, point in enumerate(points, 1):
        problem = Problem(text, point)
        if math.isnan(problem.value):
            continue
        agreement = agreement_of(problem)
        for found in agreement.checks:
            verdicts = counts.setdefault(found.variable, {})
            verdicts[found.verdict] = verdicts.get(found.verdict, 0) + 1
            errors = [way.error for way in found.ways if way.error is not None and way.bar is None]
            error = max(errors) / (found.size or 1.0) if errors else None
            key = (SEVERITY.index(found.verdict), error or 0.0)
            if found.variable not in worst or key > worst[found.variable][0]:
                worst[found.variable] = (key, point, error, found.reason)
        for note in agreement.notes:
            notes.setdefault(note.code, (note.message, number))
    return counts, {name: found[1:] for name, found in worst.items()}, notes


def by_points(text, points):
    result = check_points(parse(text), points)
    worst = {name: (found.at, found.error, found.check.reason) for name, found in result.worst.items()}
    firsts = {note.code: (note.message, int(note.notes[-1].removeprefix("first at point "))) for note in result.notes}
    return result.counts, worst, firsts


def points_of(text, count, seed=1):
    return list(islice(random_points(parse(text).inputs, seed), count))


PROGRAMS = [
    # smooth, where nearly every point takes the short way
    "exp(-x^2)*sin(3*y) + x*log(y^2 + 1) - x/y",
    "x*sin(y) + 2",
    "x^3 - 2*x + 1",
    "sinh(x)*cos(y)/(1 + y^2)",
    "erf(x)*tanh(y) + logaddexp(x, y)",
    "gamma(x)*y",
    "f(u) = u^2 + 1; f(x)*f(f(y))",
    "a = x*y; b = a + x; a*b",
    # of some variables or none the result does not depend, always or here
    "x + 0*y",
    "where(x > 1, x*y, x)",
    "5 + y - y + x",
    "x*y^0",
    # digits are lost, at some points or at all
    "(1 - cos(x))/x^2*y",
    "(x + 1e9) - 1e9",
    "(x + 1e4) - 1e4",
    "log(1 - erf(x))",
    "exp(-1000*x)*y",
    "log(exp(300*x))",
    "(x^2 - y^2)/(x - y)",
    # kinks, poles, edges, choices
    "abs(x)*max(x, y)",
    "sqrt(x)*y",
    "1/(x - 1)",
    "floor(x)*y",
    "sign(x)*x",
    "x^y",
    "where(x < y, sin(x), x*y)",
    "where(x == 0, 0, sin(x)/x)",
    "clip(x*y, -1, 1)",
    "hypot(x, y)",
    # differences see it otherwise, or not at all
    "stop_gradient(x)*x",
    "sin(1000*x)",
    "sin(1/x)",
    "x + 1e-12*sin(1e12*x)",
    # arrays and names of their own
    "sum([x, y]*[y, 2])",
    "dot([x, 1], [y, x])",
    "pi*x",
    "inf*x",
]


@pytest.mark.parametrize("text", PROGRAMS)
def test_the_table_is_that_of_whole_checks(text):
    points = [*points_of(text, 26), *[dict.fromkeys(parse(text).inputs, value) for value in (0.0, 1.0, -1.0, 1e-5, 1e8)]]
    assert by_points(text, points) == by_whole_checks(text, points)


QUICK = [row for row in ROWS if "gamma" not in row[0]]
"""All but those that SymPy and mpmath may take minutes for."""


@pytest.mark.parametrize("seed", range(tiers.examples(120)))
def test_the_table_of_a_random_program_is_that_of_whole_checks(seed):
    text = plainly(program(Random(seed).randbytes(60), (SMOOTH, QUICK)[seed % 2], ("x", "y"), 3))
    points = points_of(text, 7, seed)
    try:
        expected = by_whole_checks(text, points)
    except DiffcliError:
        return
    assert by_points(text, points) == expected


@pytest.mark.parametrize("text", PROGRAMS[:8])
def test_smooth_programs_take_the_short_way(monkeypatch, text):
    whole = []
    monkeypatch.setattr(WHOLE, lambda *row, **named: whole.append(row) or agreement_of(*row, **named))
    check_points(parse(text), points_of(text, 300))
    assert len(whole) <= 60  # the worst so far among them


def test_sympy_is_asked_once_a_program(monkeypatch):
    from diffcli.methods.symbolic import formulas

    asked, gradient_of = [], formulas.gradient_of
    monkeypatch.setattr(formulas, "gradient_of", lambda *row: asked.append(row[0].expression()) or gradient_of(*row))
    points = [{"x": value} for value in (-2.0, -1.0, 1.0, 2.0, 3.0)]
    check_points(parse("abs(x)*x^2"), points)
    assert asked == ["abs(x)*x^2"]


def off(value):
    return value * (1 + 1e-6)


def spoil_sweep(monkeypatch):
    swept = Problem.swept_forward
    monkeypatch.setattr(Problem, "swept_forward", lambda *row: [move and off(move) for move in swept(*row)])


def spoil_reverse(monkeypatch):
    adjoints = Problem.adjoints.func
    monkeypatch.setattr(Problem, "adjoints", property(lambda self: [bar and off(bar) for bar in adjoints(self)]))


def spoil_form(monkeypatch):
    from diffcli.studies.agreement.forms import Forms

    values = Forms.values
    monkeypatch.setattr(Forms, "values", lambda *row: {name: off(value) for name, value in values(*row).items()})


def spoil_step(monkeypatch):
    from diffcli.methods.differences.complex_step import complex_difference

    def spoiled(*row):
        found = complex_difference(*row)
        return found._replace(estimate=off(found.estimate))

    for module in ("agreement", "points"):
        monkeypatch.setattr(f"diffcli.studies.agreement.{module}.complex_difference", spoiled)


@pytest.mark.parametrize("spoil", [spoil_sweep, spoil_reverse, spoil_step], ids=lambda spoil: spoil.__name__)
def test_a_method_that_is_off_is_seen_at_every_point(monkeypatch, spoil):
    spoil(monkeypatch)
    result = check_points(parse("x*sin(y)"), [{"x": 1.5 + k, "y": 0.5} for k in range(9)])
    assert result.counts == {"x": {"disagree": 9}, "y": {"disagree": 9}}


def test_a_form_that_is_off_is_asked_for_again(monkeypatch):
    spoil_form(monkeypatch)
    whole = []
    monkeypatch.setattr(WHOLE, lambda *row, **named: whole.append(row) or agreement_of(*row, **named))
    check_points(parse("x*sin(y)"), [{"x": 1.5 + k, "y": 0.5} for k in range(9)])
    assert len(whole) == 9


def test_differences_that_are_off_are_made_again(monkeypatch):
    monkeypatch.setattr("diffcli.studies.agreement.points.column_differences", lambda tape, columns, slot: [9.0] * len(columns[0]))
    whole = []
    monkeypatch.setattr(WHOLE, lambda *row, **named: whole.append(row) or agreement_of(*row, **named))
    result = check_points(parse("x*sin(y)"), [{"x": 1.5 + k, "y": 0.5} for k in range(9)])
    assert (len(whole), result.counts) == (9, {"x": {"agree": 9}, "y": {"agree": 9}})


def test_the_first_of_equally_bad_points_is_the_worst():
    result = check_points(parse("x^2"), [{"x": float(k)} for k in (3, 1, 2)])
    assert (result.worst["x"].at, result.worst["x"].error) == ({"x": 3.0}, 0.0)


def test_what_is_interrupted_keeps_the_points_that_are_done(monkeypatch):
    def interrupted(problem, *row):
        if problem.at["x"] == 7:
            raise KeyboardInterrupt
        return True

    monkeypatch.setattr(SHORTCUT, interrupted)
    result = check_points(parse("x^2"), [{"x": float(k)} for k in range(20)])
    assert (result.points, result.counts) == (7, {"x": {"agree": 7}})
    assert [(note.code, note.notes) for note in result.notes] == [("interrupted", ("checked until then: 7 points",))]


# -- differences in columns ----------------------------------------------------------------------------------------------------

SLOPES = [
    ("x^2", (3.0, -1.0, 1e-3, 1e6), lambda x: 2 * x),
    ("exp(x)", (0.0, 1.0, -20.0, 30.0), math.exp),
    ("log(x)", (1e-2, 1.0, 50.0), lambda x: 1 / x),
    ("sin(30*x)", (0.4, 1.0, -2.0), lambda x: 30 * math.cos(30 * x)),
    ("where(x > 0, x^3, -x)", (2.0, -2.0), lambda x: 3 * x * x if x > 0 else -1.0),
    ("abs(x) + max(x, 1)", (3.0, -3.0), lambda x: 2.0 if x > 0 else -1.0),
    ("gamma(x)", (4.0,), lambda x: 6 * (1 + 1 / 2 + 1 / 3 - 0.5772156649015329)),
    ("f(t) = t*t; f(f(x))", (1.5,), lambda x: 4 * x**3),
    ("7", (), None),
]


@pytest.mark.parametrize(("text", "places", "slope"), SLOPES)
def test_differences_in_columns_find_the_derivative(text, places, slope):
    import numpy as np

    if places:
        found = column_differences(lower(parse(text)), [np.array(places)], 0)
        assert found == pytest.approx([slope(x) for x in places], rel=1e-8)


def test_no_differences_where_none_settle():
    import numpy as np

    (found,) = column_differences(lower(parse("sqrt(x)")), [np.array([-1.0])], 0)
    assert math.isnan(found)


# -- the command ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("x\n" + "".join(f"{k}\n" for k in range(1, 1001)), encoding="utf-8")
    return path


@pytest.mark.parametrize(("options", "seconds"), [([], 90.0), (["--timeout", "60"], 60.0), (["--timeout", "0"], 0.0), (["--timeout", "5"], 5.0)])
def test_the_default_time_limit_grows_with_the_points(monkeypatch, file, options, seconds):
    limits = []
    monkeypatch.setattr("diffcli.cli.run.time_limit", lambda limit: limits.append(limit) or time_limit(limit))
    assert run(["check", "x^2", "--points", str(file), *options]).exit == 0
    assert limits[-1] == seconds


def test_a_thousand_points_are_counted_in_full(file):
    outcome = run(["check", "x*sin(x)", "--points", str(file)])
    assert "x    agree       1000" in outcome.stdout
    assert json.loads(run(["check", "x*sin(x)", "--points", str(file), "--json"]).stdout)["counts"] == {"x": {"agree": 1000}}


def test_progress_has_a_bar_where_the_total_is_known():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal, stage = Terminal(), Stage()
    stage("point 250 of 1000", 250, 1000)
    with shown_progress(Environment(sys.stdin, sys.stdout, terminal, {}), stage):
        time.sleep(0.7)
    assert "\rpoint 250 of 1000 [#####---------------] 0.5 s of about 2 s" in terminal.getvalue().replace("\x1b[K", "")
