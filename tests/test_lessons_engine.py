"""The lessons on the engine: the code that they show does what they say, and each check fails when what it is about is spoiled."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace

import pytest
from inside import Drawing, Erratum, Table, Text, engine, listing, run_lesson

import diffcli
import diffcli.autograd as ad


def module(name):
    return import_module(f"diffcli.studies.lessons.{name}")


def ran(code, **names):
    """The names that a shown piece of code leaves."""
    exec(code, names := {"ad": ad, **names})
    return names


# -- the code that is shown ------------------------------------------------------------------------------------------------------


def test_the_code_of_the_lesson_on_graphs_runs():
    graph = module("graph")
    f = ran(graph.LOOP)["f"]
    for start in graph.STARTS:
        x = ad.tensor(start, requires_grad=True)
        assert f(x).item() == graph._f(x).item()
    x = ad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    for line in graph.SAVED.splitlines():
        assert eval(line, {"x": x, "y": x**2}) is True


def test_the_network_of_the_lesson_on_requires_grad_gives_its_numbers():
    lesson = module("requires_grad")
    given = {name: ad.tensor(value, requires_grad=True) for name, value in lesson.FIRST.items()}
    ran(lesson.NETWORK, **given)
    assert given["x"].grad.tolist() == pytest.approx([-2.3221, -1.4480, 6.6543, -0.2342], abs=1e-4)
    assert [one for (one,) in given["w1"].grad.tolist()] == pytest.approx([0, 0.2575, 3.1635], abs=1e-4)


def descended(lesson, clear):
    return engine.descent(lambda w: (w - lesson.GOAL) ** 2, lesson.START, lesson.RATE, lesson.STEPS, clear)


def test_the_descent_of_the_lesson_on_accumulation_is_the_one_that_is_shown():
    lesson = module("accumulation")
    cleared = [line for line in lesson.DESCENT.splitlines() if "leave this line out" in line]
    assert len(cleared) == 1
    for clear in (True, False):
        w = ad.tensor(lesson.START, requires_grad=True)
        code = lesson.DESCENT if clear else lesson.DESCENT.replace(cleared[0] + "\n", "")
        ran(code, w=w)
        assert w.item() == descended(lesson, clear)[-1]


def test_the_sum_of_gradients_swings_without_end():
    lesson = module("accumulation")
    path = descended(lesson, clear=False)
    turns = [step for step in range(1, len(path) - 1) if (path[step] - path[step - 1]) * (path[step + 1] - path[step]) < 0]
    assert len(turns) >= 6
    assert all(abs(path[turn] - lesson.GOAL) > 0.9 for turn in turns)


def test_the_setting_of_the_lesson_on_versions_ends_with_the_error_that_is_shown():
    lesson = module("version_counters")
    with pytest.raises(ad.AutogradError) as raised:
        ran(lesson.SETTING)
    shown = [part for part in run_lesson("version-counters").told() if isinstance(part, Text) and part.role == "code"][1]
    assert shown == engine.quoted(raised.value)


def test_the_function_of_the_lesson_on_functions_is_the_one_that_it_uses():
    lesson = module("custom_function")
    shown = ran(lesson.FUNCTION)["LegendrePolynomial"]
    for x in lesson.POINTS:
        assert lesson._slope(shown.apply, x) == lesson._slope(lesson.LegendrePolynomial.apply, x)


# -- what they tell ----------------------------------------------------------------------------------------------------------------


def grids(name):
    return [part for part in run_lesson(name).told() if isinstance(part, Table)]


def test_who_counts_what():
    counts = {row[0]: row[2:] for row in grids("version-counters")[-1].rows}
    assert counts["detached.sub_(1)"] == (4, 4, 4, 0, 0)
    assert counts["no_grad: x.add_(1)"] == (5, 5, 5, 1, 0)
    assert counts["inference_mode: x.add_(1)"] == (6, 6, 6, 1, 0)
    assert counts["x.data.zero_()"] == (6, 6, 6, 1, 1)


def test_which_operations_mind_what():
    minds = {row[0]: row[2:] for row in grids("version-counters")[0].rows}
    assert minds == {
        "p + 1": ("nothing", "fine", "fine"), "3*p": ("nothing", "fine", "fine"), "p*p": ("p", "error", "fine"),
        "sin(p)": ("p", "error", "fine"), "exp(p)": ("y", "fine", "error"), "sqrt(p)": ("y", "fine", "error"),
        "1/p": ("p, y", "error", "error"),
    }  # fmt: skip


def test_what_freezing_saves():
    rows = {row[0]: row[1:] for row in grids("requires-grad")[-1].rows}
    assert rows == {
        "x, w0, w1": (3, 25, "4", "4 x 3", "3 x 1"), "x, w0": (3, 22, "4", "4 x 3", "None"),
        "w0": (3, 10, "None", "4 x 3", "None"), "w1": (1, 3, "None", "None", "3 x 1"),
        "nothing": (0, 0, "None", "None", "None"),
    }  # fmt: skip


def test_the_lesson_on_graphs_draws_its_last_one_with_shared_nodes_once():
    first, last = (part.graph for part in run_lesson("graph").told() if isinstance(part, Drawing))
    assert (len(first.nodes), len(first.edges)) == (7, 8)
    assert (len(last.nodes), len(last.edges)) == (4, 6)


@pytest.mark.parametrize(("name", "count"), [
    ("forward", 2), ("reverse", 1), ("linear-layer", 2), ("requires-grad", 3), ("grad-modes", 2), ("version-counters", 1), ("modules", 3), ("train-eval", 1),
])
def test_errata_stand_where_they_occur(name, count):
    assert sum(isinstance(part, Erratum) for part in run_lesson(name).told()) == count


# -- checks that fail --------------------------------------------------------------------------------------------------------------

FAULTS = [
    ("graph", "graph._f", lambda x: x * x * x, ["k nodes in a row have 2^k paths"]),
    ("graph", "graph._saved", lambda: (False, True), ["x**2 saves x itself"]),
    ("graph", "graph._twice_through_a_sum", lambda: 1.0, ["and goes through where nothing was saved"]),
    ("requires-grad", "requires_grad._same", lambda net, other: False, ["and leaves dw0 and dx as they are"]),
    ("accumulation", "accumulation.RATE", 0.01, ["cleared, the descent arrives"]),
    ("accumulation", "accumulation._squared", lambda: (w := ad.tensor(3.0, requires_grad=True), w + 1), ["gradient=v: the gradient of sum(v*y)", "a second pass, and nothing retained"]),
    ("requires-grad", "requires_grad.nn", SimpleNamespace(Linear=lambda *sizes: SimpleNamespace(requires_grad=print, requires_grad_=print)), [
        "requires_grad_() is a module's, requires_grad() is not",
    ]),
    ("linear-layer", "linear_layer.grad", lambda text, at: SimpleNamespace(gradient={"b": [4.0, 2.0]}) if "b" in at else diffcli.grad(text, at), [
        "dL/db = the sum of the rows of dL/dY",
    ]),
    ("version-counters", "version_counters._silent", lambda: 0.5403, ["uncounted, the derivative is that of cos(2)"]),
    ("version-counters", "version_counters.CHANGED", "freed-graph", ["an error where something saved has changed", "an older tensor changed in inference mode"]),
    ("custom-function", "custom_function.Forgetful", "Mistyped", ["though alone it is right"]),
    ("custom-function", "custom_function.Mistyped", "LegendrePolynomial", ["the mistyped one is refused"]),
    ("custom-function", "custom_function.StraightThrough", "Round", ["by round w stays, straight-through it arrives", "straight-through is no derivative"]),
    ("custom-function", "custom_function.RATE", 0.01, ["by round w stays, straight-through it arrives"]),
]  # fmt: skip
"""A lesson, what in it is spoiled and how, and the checks that fail of it."""


class Round:
    apply = staticmethod(lambda x: x.round())


@pytest.mark.parametrize(
    ("name", "place", "spoiled", "claims"), FAULTS, ids=[f"{fault[1]}-{number}" for number, fault in enumerate(FAULTS)]
)
def test_a_check_fails_when_what_it_is_about_is_spoiled(name, place, spoiled, claims, monkeypatch):
    spoils, _, attribute = place.partition(".")
    target = module(spoils)
    if isinstance(spoiled, str) and name == "custom-function":
        spoiled = Round if spoiled == "Round" else getattr(target, spoiled)
    monkeypatch.setattr(target, attribute, spoiled)
    assert [check.claim for check in run_lesson(name).checks if not check.passed] == claims


def test_an_error_that_does_not_come_is_said_so():
    assert engine.refusal(lambda: None) is None
    assert engine.quoted(None) == listing("nothing was raised")
    assert engine.refused("it is refused", None, "no-graph") == ("it is refused", "nothing was raised", False)
