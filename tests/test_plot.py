"""``diffcli plot``: where functions break, what is drawn between, and the range that is chosen."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import xml.etree.ElementTree as ElementTree

import pytest
import tiers
from console import run
from hypothesis import given, settings
from hypothesis import strategies as st
from inside import DomainError, ExpressionError, Figure, Style, UsageError, frame, plot, plot_report

PI = math.pi

PLACES = {
    # poles: of both signs, of one, of even order, of a logarithm, of a value that is 0 on one side
    "1/x": (-3, 3, [("pole", 0)]),
    "1/x^2": (-3, 3, [("pole", 0)]),
    "1/(x - 1.234567)^3": (-3, 3, [("pole", 1.234567)]),
    "tan(x)": (-5, 5, [("pole", -1.5 * PI), ("pole", -PI / 2), ("pole", PI / 2), ("pole", 1.5 * PI)]),
    "sec(x)": (0, 5, [("pole", PI / 2), ("pole", 1.5 * PI)]),
    "cot(2*x)": (0.1, 4, [("pole", PI / 2), ("pole", PI)]),
    "log(abs(x))": (-1, 2, [("pole", 0)]),
    "log(x)": (-1, 2, [("pole", 0)]),
    "atanh(x)": (-2, 2, [("pole", -1), ("pole", 1)]),
    "exp(1/x)": (-3, 3, [("pole", 0)]),
    "gamma(x)": (-2.5, 3, [("pole", -2), ("pole", -1), ("pole", 0)]),
    "1/(x^2 - 2)": (-3, 3, [("pole", -math.sqrt(2)), ("pole", math.sqrt(2))]),
    "1/(1 - cos(x))": (-3, 3, [("pole", 0)]),
    "log(1 - exp(-x))": (-1, 3, [("pole", 0)]),
    "x^-0.5": (-1, 3, [("pole", 0)]),
    # jumps
    "floor(x)": (-1.5, 1.5, [("jump", -1), ("jump", 0), ("jump", 1)]),
    "round(x)": (-1, 2, [("jump", -0.5), ("jump", 0.5), ("jump", 1.5)]),
    "ceil(2*x)": (0.1, 1.1, [("jump", 0.5), ("jump", 1)]),
    "trunc(x)": (-1.5, 1.5, [("jump", -1), ("jump", 1)]),
    "mod(x, 1)": (0.5, 2.5, [("jump", 1), ("jump", 2)]),
    "sign(x)": (-1, 1, [("jump", 0)]),
    "abs(x)/x": (-1, 1, [("jump", 0)]),
    "atan(1/x)": (-1, 1, [("jump", 0)]),
    "where(x > 0.7, x, -x)": (-1, 1, [("jump", 0.7)]),
    "x if x^2 < 2 else 5": (-3, 3, [("jump", -math.sqrt(2)), ("jump", math.sqrt(2))]),
    # kinks
    "abs(x)": (-1, 1, [("kink", 0)]),
    "abs(x - 1/3)": (-1, 1, [("kink", 1 / 3)]),
    "abs(sin(x))": (-4, 4, [("kink", -PI), ("kink", 0), ("kink", PI)]),
    "abs(x^2 - 2)": (-3, 3, [("kink", -math.sqrt(2)), ("kink", math.sqrt(2))]),
    "max(x, x^2)": (-1, 2, [("kink", 0), ("kink", 1)]),
    "min(x, 1, 2 - x)": (-1, 2, [("kink", 1)]),
    "relu(x) + clip(x, -0.5, 0.25)": (-1, 1, [("kink", -0.5), ("kink", 0), ("kink", 0.25)]),
    "where(x > 1, x^2, 2 - x)": (-2, 2, [("kink", 1)]),
    "sqrt(x^2)": (-1, 1, [("kink", 0)]),
    "hypot(x, 0)": (-1, 1, [("kink", 0)]),
    "sum(abs(x*[1, 2] - 1))": (-1, 2, [("kink", 0.5), ("kink", 1)]),
    "acos(cos(x))": (-4, 4, [("kink", -PI), ("kink", 0), ("kink", PI)]),
    "max(x, abs(x))": (-1, 1, [("kink", 0)]),
    # slopes without bound
    "cbrt(x)": (-1, 1, [("vertical tangent", 0)]),
    "sqrt(abs(x - 0.3))": (-1, 1, [("kink", 0.3)]),
    "x^(1/3)": (-1, 1, [("end of the domain", 0)]),
    # the domain: its ends, what is missing in it, and where it is nothing else
    "sqrt(x)": (-1, 1, [("end of the domain", 0)]),
    "sqrt(x^2 - 4)": (-3, 3, [("end of the domain", -2), ("end of the domain", 2)]),
    "asin(x)": (-2, 2, [("end of the domain", -1), ("end of the domain", 1)]),
    "x*log(x)": (-1, 2, [("end of the domain", 0)]),
    "1/log(x)": (-1, 2, [("end of the domain", 0), ("pole", 1)]),
    "sin(x)/x": (-3, 3, [("hole", 0)]),
    "(x^2 - 1)/(x - 1)": (-3, 3, [("hole", 1)]),
    "x^2 if x != 1 else 3": (-3, 3, [("hole", 1)]),
    "sqrt(-x^2)": (-3, 3, [("single point", 0)]),
    # nothing to be seen
    "x^3 - 3*x": (-3, 3, []),
    "x*abs(x)": (-3, 3, []),
    "abs(x)^2": (-3, 3, []),
    "where(x > 1, x, x)": (-3, 3, []),
    "abs(x) - max(x, -x)": (-3, 3, []),
    "5 + 0*x": (-3, 3, []),
    "exp(-100*x^2)": (-3, 3, []),
    "softplus(x) + sinc(x) + logcosh(x) + gelu(x)": (-30, 30, []),
    "sin(x)": (-3, 3, []),
    "x^x": (0.1, 3, []),
    # ranges of any size, and places at their ends
    "abs(x - 1e-7)": (-3e-7, 3e-7, [("kink", 1e-7)]),
    "abs(x - 3e200)": (-1e201, 1e201, [("kink", 3e200)]),
    "abs(x - 1 - 2^-42)": (1, 1 + 1e-12, [("kink", 1 + 2**-42)]),
    "1/(x - 1e6)": (0, 2e6, [("pole", 1e6)]),
    "floor(x) - 0": (0, 1, [("jump", 0), ("jump", 1)]),
    "sqrt(x) - 0": (0, 1, [("end of the domain", 0)]),
}


def places(target, low, high, at=""):
    return [(place.kind, place.x) for curve in plot(target, at, low=low, high=high).curves for place in curve.places]


@pytest.mark.parametrize("text", PLACES)
def test_a_function_breaks_where_it_is_known_to(text):
    low, high, known = PLACES[text]
    found = places(text, low, high)
    assert [kind for kind, _ in found] == [kind for kind, _ in known]
    for (_, x), (_, exact) in zip(found, known, strict=True):
        assert x == pytest.approx(exact, rel=1e-14, abs=2e-8 if "cos(x))" in text else 1e-15)  # all is 1 so near to pi


def test_the_places_of_simple_numbers_are_exactly_these():
    assert places("abs(x) + abs(x - 0.1) + 1/(x - 0.7) + floor(x - 0.3)", -0.5, 1) == [
        ("kink", 0.0), ("kink", 0.1), ("jump", 0.3), ("pole", 0.7),
    ]  # fmt: skip


@settings(max_examples=tiers.examples(20), deadline=None)
@given(st.lists(st.integers(-40, 40), min_size=1, max_size=5, unique=True), st.sampled_from(["abs(x - {})", "1/(x - {})", "floor(x - {})*0 + sign(x - {})"]))
def test_breaks_at_random_places_are_all_found(numbers, form):
    exact = sorted(number / 16 for number in numbers)
    found = places(" + ".join(form.replace("{}", f"({number}/16)") for number in numbers), -3.01, 3.02)
    assert [x for _, x in found] == pytest.approx(exact, abs=1e-14)


def test_what_is_beside_a_place_is_told():
    (jump,) = plot("where(x < 1, x^2, 3*x)", "", low=0, high=2).curves[0].places
    assert (jump.kind, jump.x, jump.at) == ("jump", 1.0, (3.0, 3.0))
    assert jump.left == pytest.approx((1, 2), abs=1e-9) and jump.right == pytest.approx((3, 3), abs=1e-9)


# -- samples -----------------------------------------------------------------------------------------------------------

SLOPES = {
    "x^3": lambda x: 3 * x**2,
    "sin(x)*exp(x)": lambda x: (math.sin(x) + math.cos(x)) * math.exp(x),
    "where(x > 0, x^2, -x)": lambda x: 2 * x if x > 0 else -1.0,
    "sum([x, x^2]@[[1, 2], [3, 4]])": lambda x: 3 + 14 * x,
    "7": None,
}


@pytest.mark.parametrize("text", [text for text in SLOPES if SLOPES[text]])
def test_derivatives_are_those_by_hand(text):
    rows = plot(text, "", low=-2, high=1).curves[0].samples
    assert (rows[0][0], rows[-1][0]) == (-2, 1) and len(rows) >= 481
    assert [x for x, _, _ in rows] == sorted({x for x, _, _ in rows})
    for x, _, slope in rows:
        assert slope != slope or slope == pytest.approx(SLOPES[text](x), rel=1e-12, abs=1e-12)
    assert sum(slope != slope for _, _, slope in rows) == ("where" in text)


@pytest.mark.parametrize("text", ["1/x", "floor(x)", "tan(x)", "where(x > 1, x + 3, x)", "sqrt(x^2 - 1)", "[1/x, sign(x - 1)]", "log(abs(x))"])
def test_no_line_goes_through_a_pole_a_jump_or_a_gap(text):
    result = plot(text, "", low=-4, high=4)
    for drawn in [block for block in plot_report(result, Style()).blocks if isinstance(block, Figure)]:
        scales = frame(drawn, 8, 8)
        broken = [scales.x.place(place.x) for curve in result.curves for place in curve.places]
        own = [series for series in drawn.series if series.role != "data" and series.name != "pole"]
        for series in own:
            curve = next(curve for curve in result.curves if series.name.startswith(curve.name))
            mine = [scales.x.place(place.x) for place in curve.places]
            assert mine and set(mine) <= set(broken)
            for stroke in scales.strokes(series):
                assert not any(stroke[0][0] < x < stroke[-1][0] for x in mine)


def test_values_beside_a_pole_do_not_press_the_curve_flat():
    (drawn,) = plot_report(plot("1/x + sin(x)", "", low=-6, high=6), Style()).blocks
    low, high = drawn.y.ends
    assert -20 < low < -1 and 1 < high < 20
    (drawn,) = plot_report(plot("exp(x)", "", low=0, high=5), Style()).blocks
    assert drawn.y.ends[0] < 1 and drawn.y.ends[1] > math.exp(5), "without a pole, all of it is in sight"


def test_a_function_and_a_derivative_of_another_size_have_figures_of_their_own():
    assert [block.y.label for block in plot_report(plot("sin(100*x)", "", low=-0.1, high=0.1), Style()).blocks] == ["f", "f'"]
    assert [block.y.label for block in plot_report(plot("sin(x)", "", low=-4, high=4), Style()).blocks] == ["f, f'"]


def test_samples_that_do_not_follow_the_function_are_said_not_to():
    for text in ("sin(1000*x)", "floor(100*x)", "abs(sin(300*x))", "tan(500*x)"):
        assert [note.code for note in plot(text, "", low=-10, high=10).notes] == ["undersampled"], text
    for text in ("sin(10*x)", "floor(x)", "tan(x)", "1/x", "exp(50*x)", "7 + 0*x", "erf(x)"):
        assert plot(text, "", low=-10, high=10).notes == (), text


# -- the range ---------------------------------------------------------------------------------------------------------

RANGES = {
    ("x^2", ""): (-3, 3), ("exp(x)", ""): (-3, 3), ("x^4 - 5*x^2 + 2", ""): (-2, 2), ("sin(x)", ""): (-5, 5), ("sin(1000*x)", ""): (-0.005, 0.005),
    ("log(x)", ""): (-0.25, 3), ("asin(x)", ""): (-1.25, 1.25), ("x - 500", ""): (-900, 900), ("max(x, 20)", ""): (-30, 30), ("sin(1/x)", ""): (-9, 9),
    ("x^2", "x=100"): (-100, 300), ("exp(x)", "x=1"): (-2, 4), ("sin(x)", "x=1000"): (994, 1006), ("5 + 0*x", ""): (-3, 3), ("exp(10*x)", ""): (-3, 3), ("sqrt(-x^2)", ""): (-0.25, 0.25),
}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), [
    ("floor(x)", lambda x: math.floor(x)), ("ceil(x)", lambda x: math.ceil(x)), ("sign(x - 1)", lambda x: (x > 1) - (x < 1)),
    ("where(x < 1, x, 5 - x)", lambda x: x if x < 1 else 5 - x), ("sqrt(x)", lambda x: math.sqrt(x)),
])  # fmt: skip
def test_the_data_have_the_value_that_the_function_has_at_a_jump(text, value):
    (curve,) = plot(text, "", low=0, high=2).curves
    rows = {x: f for x, f, _ in curve.samples}
    assert {place.x for place in curve.places} <= rows.keys()
    assert [rows[x] for x in rows] == pytest.approx([value(x) for x in rows], rel=1e-12)


@pytest.mark.parametrize(("text", "at"), RANGES)
def test_the_range_is_where_something_happens(text, at):
    result = plot(text, at)
    low, high = RANGES[text, at]
    assert (result.low, result.high) == (low, high)
    middle = float(at.removeprefix("x=") or 0)
    assert result.low <= middle <= result.high


def test_one_end_may_be_given():
    assert [(result.low, result.high) for result in (plot("x^2", "", low=0), plot("x^2", "", high=10), plot("x", "", low=1e300))] == [
        (0, 6), (-30, 10), (1e300, 3e300),
    ]  # fmt: skip


# -- what is asked -----------------------------------------------------------------------------------------------------

FAULTS = {
    "x*y": ("there are several variables (x, y), and a plot is over one", "give the others values, as in --at y=1"),
    "x*y*z --at y=2": ("there are several variables (x, z), and a plot is over one", "give the others values, as in --at z=1"),
    "x*y --at x=1,y=2": ("there are several variables (x, y), and a plot is over one", "leave one of them out of --at"),
    "7": ("the expression has no variable to draw it over",),
    "x --from 1 --to 1": ("there is nothing between --from 1 and --to 1", "give --from below --to"),
    "x --from 2 --to -1": ("there is nothing between --from 2 and --to -1", "give --from below --to"),
    "x^2 --at x=[1,2]": ("a plot is over a number, and `x` is given as an array",),
    "x^2 --from 1e308 --to 1.1e308": (
        "the value is infinite at every sample from 1e+308 to 1.1e+308", "give another range, with --from and --to",
    ),
    "log(-1 - x^2)": ("the value is undefined at every sample from -3 to 3", "give another range, with --from and --to"),
    "x --from inf": ("--from is `inf`, not a number", "write a number, or an expression without variables such as 2^-10"),
}


@pytest.mark.parametrize("given", FAULTS)
def test_what_cannot_be_drawn_is_refused_with_what_to_do(given):
    outcome = run(f"plot {given}".replace("plot log(-1 - x^2)", 'plot "log(-1 - x^2)"'))
    message, *help = FAULTS[given]
    assert outcome.stdout == "" and outcome.exit in (2, 3, 4)
    assert re.sub(r"error\[[a-z-]+\]: ", "", outcome.stderr) == "".join([f"{message}\n", *[f"  = help: {text}\n" for text in help]])


def test_the_advice_that_is_given_works():
    assert run("plot x*y --at y=1").exit == run("plot x*y --at x=1").exit == 0


def test_the_library_refuses_the_same():
    for at, kind in (("", UsageError), ("y=1", None), ("q=1,y=1", ExpressionError), ("y=0", None)):
        if kind is None:
            assert plot("x*y", at).variable == "x"
        else:
            with pytest.raises(kind):
                plot("x*y", at)
    with pytest.raises(DomainError):
        plot("log(-1 - x^2)", "")


def test_a_python_function_breaks_where_its_text_does(tmp_path):
    path = tmp_path / "model.py"
    path.write_text(
        "import numpy as np\n"
        "def branches(x):\n    return np.sin(x) if x > 1 else abs(x) - 0.5\n"
        "def raises(x, a=2.0):\n    if x <= 0:\n        raise ValueError('no')\n    return a*np.log(x)\n",
        encoding="utf-8",
    )
    (of_function,) = json.loads(run(f"plot {path}:branches --from -2 --to 3 --json").stdout)["results"]
    (of_text,) = json.loads(run('plot "sin(x) if x > 1 else abs(x) - 0.5" --from -2 --to 3 --json').stdout)["results"]
    assert of_function["samples"] == of_text["samples"] and of_function["places"] == of_text["places"]
    assert [(place["kind"], place["x"]) for place in of_function["places"]] == [("kink", 0.0), ("jump", 1.0)]
    outcome = run(f"plot {path}:raises --at x=1 --json")
    (curve,) = json.loads(outcome.stdout)["results"]
    assert [(place["kind"], place["x"]) for place in curve["places"]] == [("pole", 0.0)]
    assert run(f"plot {path}:raises --at x=1,a=3").exit == 0


# -- formats -----------------------------------------------------------------------------------------------------------


def test_programs_get_the_samples():
    data = json.loads(run("plot a*abs(x) --at a=2 --from -1 --to 1 --json").stdout)
    assert list(data) == ["schema", "expression", "variable", "at", "from", "to", "results", "notes"]
    assert (data["schema"], data["variable"], data["at"], data["from"], data["to"]) == ("diffcli/plot@1", "x", {"a": 2.0}, -1.0, 1.0)
    (curve,) = data["results"]
    assert curve["columns"] == ["x", "f", "df/dx"] and curve["samples"][0] == [-1.0, 2.0, -2.0]
    assert [0.0, 0.0, "nan"] in curve["samples"], "there is no slope at a kink"
    assert [(place["kind"], place["x"], place["at"]) for place in curve["places"]] == [("kink", 0.0, [0.0, 0.0])]
    rows = list(csv.reader(io.StringIO(run("plot [u,v^2] --at v=3 --from 0 --to 1 -f csv").stdout)))
    assert rows[0] == ["result", "u", "value", "derivative"] and {row[0] for row in rows[1:]} == {"f1", "f2"}
    assert rows[1] == ["f1", "0", "0", "1"] and ["f2", "1", "9", "0"] in rows


@pytest.mark.parametrize("text", [*[text for text in PLACES if text != "sqrt(-x^2)"], "[x, x^2, 1/x]", "a*x --at a=1e-300"])
def test_every_figure_fits_the_terminal_and_is_well_formed_svg(text):
    given = ["plot", *text.split(" --at ")[:1], *(["--at", text.split(" --at ")[1]] if " --at " in text else [])]
    for width, encoding in ((20, "utf-8"), (40, "ascii"), (80, "utf-8")):
        outcome = run([*given, "--from", "-2", "--to", "2.5"], encoding=encoding, COLUMNS=str(width))
        assert (outcome.exit, outcome.stderr) == (0, "")
        assert max(map(len, outcome.stdout.splitlines())) <= max(width, 32)
    ElementTree.fromstring(run([*given, "-f", "svg"]).stdout)


@pytest.mark.parametrize("given", ["tan(x)", '"abs(x - 1)/x"', '"[sqrt(x), floor(x)/2]" --from -1 --to 3'])
def test_whole_figures(given, golden):
    name = "".join(character if character.isalnum() else "-" for character in given).strip("-")
    golden(f"plot/{name}.txt", run(f"plot {given} --width 60").stdout)
