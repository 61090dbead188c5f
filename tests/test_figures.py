"""Figures: scales and ticks, and what each rendering makes of them, down to figures with nothing in them."""

from __future__ import annotations

import importlib.util
import io
import math
import re
import xml.etree.ElementTree as ElementTree

import pytest
import tiers
from console import Outcome, run
from hypothesis import given, settings
from hypothesis import strategies as st
from inside import (
    COLORS,
    COMMANDS,
    DRAWN_BY,
    FORMATS,
    INK,
    RADIUS,
    RING,
    Axis,
    Document,
    Environment,
    Figure,
    MissingExtraError,
    Series,
    Style,
    Text,
    UsageError,
    as_text,
    colors,
    frame,
    lettered,
    main,
    marker,
    render,
)
from inside import FigureMark as Mark
from inside import lay_out_figure as lay_out

HAS_MATPLOTLIB = importlib.util.find_spec("matplotlib") is not None
DRAWN = ("svg", "png", "pdf")


def svg(figures):
    return render(Document(tuple(figures), {}), Style(format=FORMATS["svg"]))


def figure(*series, x_log=True, y_log=True, marks=(), title="error against step"):
    return Figure(title, Axis("step h", x_log), Axis("absolute error", y_log), series, marks)


V = figure(
    Series("AD", ((1.0, 1e-16), (1e-16, 1e-16)), "line", "u |f'|"),
    Series("forward", tuple((2.0**-k, 2.0**-k + 2.0 ** (k - 52)) for k in range(0, 53, 2)), "data", "slope 1.00, theory 1"),
    Series("forward, theory", tuple((2.0**-k, 2.0**-k + 2.0 ** (k - 52)) for k in range(53)), "line", "h |f''|/2 + 2 δ/h"),
    Series("exact", tuple((2.0**-k, 0.0) for k in range(0, 53, 4))),
    marks=(Mark(2.0**-26, 2.0**-25, "the best"),),
)
LINEAR = figure(
    Series("measured", ((1, 3.0), (2, 5.5), (3, 7.0), (4, math.nan), (5, 11.0))),
    Series("2n + 1", tuple((n, 2.0 * n + 1) for n in range(1, 6)), "line"),
    x_log=False, y_log=False, title="linear",
)  # fmt: skip
ODD = {
    "empty": figure(),
    "a series without points": figure(Series("none", ())),
    "not finite": figure(Series("none", ((1.0, math.nan), (math.inf, 2.0), (2.0, -math.inf)))),
    "one point": figure(Series("one", ((1e-3, 1e-5),))),
    "one zero": figure(Series("one", ((1.0, 0.0),))),
    "one point, linear": figure(Series("one", ((3.0, -2.0),)), x_log=False, y_log=False),
    "zeros, linear": figure(Series("one", ((0.0, 0.0),)), x_log=False, y_log=False),
    "all floats": figure(Series("wide", ((5e-324, 1.7e308), (1.7e308, 5e-324)))),
    "all floats, linear": figure(Series("wide", ((-1.7e308, 1.7e308), (1.7e308, -1.7e308))), x_log=False, y_log=False),
    "nearly equal": figure(Series("same", ((1.0, 1.0), (2.0, 1 + 2**-52))), x_log=False, y_log=False),
    "line alone": figure(Series("only", ((1.0, 1.0), (10.0, 1e-3)), "line")),
    "line with a gap": figure(Series("gap", ((1.0, 1.0), (2.0, math.nan), (4.0, 3.0), (8.0, 1.0)), "line")),
    "level": figure(Series("level", ((1.0, 2.0), (10.0, 2.0)), "line")),
    "mark far off": figure(Series("one", ((1.0, 1.0),)), marks=(Mark(1e9, 1e-9, "there"), Mark(math.inf, 1.0, "nowhere"))),
    "strange names": figure(Series("<&\"'>$_$\x07", ((1.0, 2.0),), note="∂ < 1 & $\\frac$")),
    "many": figure(*[Series(f"s{k}", ((1.0, 10.0**k),)) for k in range(20)], marks=tuple(Mark(1, 1, "m") for _ in range(30))),
}
words = st.sampled_from(["", "x", "<&'\"", "∂ of ü", "\x00\ud800", "long " * 40])
values = st.one_of(st.floats(), st.sampled_from([0.0, -0.0, 1.0, 1e-300, 5e-324, 1.7976931348623157e308]))
series = st.builds(
    Series, words, st.lists(st.tuples(values, values), max_size=6).map(tuple), st.sampled_from(["data", "line"]), words
)
figures = st.builds(
    Figure, words, st.builds(Axis, words, st.booleans()), st.builds(Axis, words, st.booleans()),
    st.lists(series, max_size=3).map(tuple), st.lists(st.builds(Mark, values, values, words), max_size=3).map(tuple),
    rows=st.none() | st.integers(2, 30),
)  # fmt: skip


# -- scales ------------------------------------------------------------------------------------------------------------


@settings(max_examples=tiers.examples(60), deadline=None)
@given(figures)
def test_every_finite_point_has_a_place_in_the_frame_and_ticks_are_few_and_in_order(drawn):
    drawn = drawn._replace(x=drawn.x._replace(ends=None), y=drawn.y._replace(ends=None))
    for most in (2, 8):
        places = frame(drawn, most, most)
        for scale in places:
            assert scale.low < scale.high
            assert 1 <= len(scale.ticks) <= most + 3
            assert [tick.place for tick in scale.ticks] == sorted({tick.place for tick in scale.ticks})
            assert len({tick.label for tick in scale.ticks}) == len(scale.ticks), "ticks are told apart by their labels"
        for one in drawn.series:
            if one.role == "data":
                points = places.points(one)
                assert len(points) == sum(math.isfinite(x) and math.isfinite(y) for x, y in one.points)
                assert all(-1e-9 <= x <= 1 + 1e-9 and -1e-9 <= y <= 1 + 1e-9 for x, y, _ in points)
            for stroke in places.strokes(one):
                assert len(stroke) > 1
                assert all(-1e-9 <= x <= 1 + 1e-9 and -1e-9 <= y <= 1 + 1e-9 for x, y in stroke)


def test_a_tick_stands_where_its_label_says():
    for drawn in (V, LINEAR):
        for scale in frame(drawn, 8, 8):
            for tick in scale.ticks:
                assert scale.place(float(tick.label.removeprefix("≤"))) == pytest.approx(tick.place, abs=1e-9)


def test_logarithmic_axes_span_whole_decades_and_zeros_stand_a_decade_below():
    x, y = frame(V, 9, 9)
    assert (x.low, x.high) == (-16, 0)
    assert y.ticks[0].label == "≤1e-17" and y.place(0.0) == 0
    assert [point.at_most for point in frame(V, 9, 9).points(V.series[3])] == [True] * 14


def test_a_line_is_cut_at_the_frame_and_does_not_stretch_it():
    deep = Series("theory", ((1.0, 1.0), (1e-16, 1e-64)), "line")
    places = frame(figure(Series("data", ((1.0, 1.0), (1e-16, 1e-8))), deep), 8, 8)
    assert places.y.low >= -9
    ((start, stop),) = places.strokes(deep)
    assert start == pytest.approx((1, places.y.place(1.0))) and stop[1] == pytest.approx(0)
    assert stop[0] == pytest.approx(1 + places.y.low / 64), "cut where the line leaves the frame, not bent"


@pytest.mark.parametrize("ends", [(-3.0, 3.0), (1.0, 1 + 1e-12), (-math.pi, math.pi), (0.3, 0.9), (-1.7e308, 1.7e308), (0.0, 5e-300), (1e300, 7e300)])
def test_an_axis_that_says_where_it_ends_ends_there(ends):
    drawn = LINEAR._replace(x=Axis("x", ends=ends))
    for most in (2, 3, 8):
        scale = frame(drawn, most, 8).x
        assert (scale.low, scale.high) == ends and scale.place(ends[0]) == 0 and scale.place(ends[1]) == 1
        assert 1 <= len(scale.ticks) <= 12 and all(-1e-9 <= tick.place <= 1 + 1e-9 for tick in scale.ticks)


def test_a_curve_is_drawn_without_dashes():
    line = Series("f", ((0.0, 0.0), (1.0, 1.0)), "line")
    solid, dashed = (figure(line._replace(role=role), x_log=False, y_log=False) for role in ("curve", "line"))
    assert "stroke-dasharray" in svg([dashed]) and "stroke-dasharray" not in svg([solid])
    assert as_text(solid, 60).splitlines()[-1].split()[0] == "⠒⠒⠒" != as_text(dashed, 60).splitlines()[-1].split()[0]
    assert colors(figure(line._replace(role="curve"), line, Series("marks", ()))) == [0, 1, 2]


def test_a_level_line_is_always_in_sight():
    level = Series("floor", ((1.0, 1e-30), (1e-16, 1e-30)), "line")
    assert frame(figure(Series("data", ((1.0, 1.0), (1e-16, 1e-8))), level), 8, 8).y.low < -30


def test_a_line_has_the_colour_of_the_data_before_it():
    assert colors(V) == [0, 1, 1, 2]
    assert colors(figure(*[Series(str(k), (), "line") for k in range(3)])) == [0, 1, 2]


# -- the terminal ------------------------------------------------------------------------------------------------------


def test_the_canvas_of_a_v(golden):
    golden("figures/v80.txt", as_text(V, 80) + "\n")


def test_the_canvas_of_a_linear_figure(golden):
    golden("figures/linear60.txt", as_text(LINEAR, 60) + "\n")


def test_the_canvas_in_ascii(golden):
    text = as_text(V._replace(series=tuple(s._replace(note=s.note.replace("δ", "d")) for s in V.series)), 60, unicode=False)
    assert text.isascii()
    golden("figures/v60-ascii.txt", text + "\n")


@pytest.mark.parametrize("width", [20, 30, 60, 80, 200])
@pytest.mark.parametrize("name", ODD)
def test_no_line_is_wider_than_the_terminal_and_labels_are_there(name, width):
    lines = as_text(ODD[name], width).split("\n")
    assert max(map(len, lines)) <= width
    assert lines[0].strip() == "absolute error"
    assert any(line.strip() == "step h" for line in lines)


@settings(max_examples=tiers.examples(60), deadline=None)
@given(figures, st.integers(20, 120), st.booleans())
def test_any_figure_is_drawn(drawn, width, unicode):
    as_text(drawn, width, unicode)


@pytest.mark.parametrize("x", [2.0, -1.0, 1.5e307, -1e308])
@pytest.mark.parametrize("unicode", [True, False])
def test_marks_and_points_outside_of_given_ends_are_not_drawn(x, unicode):
    inside = Figure("", Axis("x", False, ends=(0.0, 1.0)), Axis("y", False), (Series("s", ((0.5, 0.5),)),), ())
    outside = inside._replace(
        series=(inside.series[0]._replace(points=((0.5, 0.5), (x, 0.5))),), marks=(Mark(x, 0.5, "far"),)
    )
    drawn, same = (as_text(figure, 40, unicode).split("\n")[:12] for figure in (outside, inside))
    assert drawn == same


def test_nothing_to_draw_is_said():
    for name in ("empty", "a series without points", "not finite"):
        assert "nothing to draw" in as_text(ODD[name], 60)
        assert "nothing to draw" in svg([ODD[name]])
    assert "nothing to draw" not in as_text(ODD["one point"], 60)


def test_a_data_point_stands_in_its_row_and_column():
    drawn = figure(Series("low", ((1.0, 1.0),)), Series("high", ((100.0, 1e4),)), Series("both", ((10.0, 1e2),)), Series("too", ((10.0, 1e2),)))
    rows = as_text(drawn, 60).split("\n")
    found = {glyph: next((row, line.index(glyph)) for row, line in enumerate(rows) if glyph in line) for glyph in "●○*"}
    assert found["○"][0] < found["*"][0] < found["●"][0]
    assert found["●"][1] < found["*"][1] < found["○"][1]
    assert "several of these in one place" in rows[-1]


def test_a_report_in_ascii_shows_its_figure_in_ascii():
    text = render(Document((V,), {}), Style(60, 6, unicode=False))
    assert isinstance(text, str) and text.isascii() and "<=1e-17" in text


# -- SVG ---------------------------------------------------------------------------------------------------------------


def test_the_svg_of_a_v(golden):
    golden("figures/v.svg", svg([V]))


@pytest.mark.parametrize("name", ODD)
def test_svg_is_well_formed_ascii_and_stays_on_the_paper(name):
    text = svg([ODD[name], V])
    assert text.isascii() and "nan" not in re.sub(r">[^<]*<", "><", text) and "inf" not in re.sub(r">[^<]*<", "><", text)
    root = ElementTree.fromstring(text)
    width, height = float(root.get("width")), float(root.get("height"))
    for element in root.iter():
        place = element.get("x") or element.get("cx"), element.get("y") or element.get("cy")
        if None not in place and "%" not in str(place):
            assert 0 <= float(place[0]) <= width and 0 <= float(place[1]) <= height


@settings(max_examples=tiers.examples(60), deadline=None)
@given(figures)
def test_any_figure_is_written_as_well_formed_svg(drawn):
    ElementTree.fromstring(svg([drawn]))


def test_names_come_back_from_svg_as_they_were():
    names = {element.text for element in ElementTree.fromstring(svg([ODD["strange names"]])).iter()}
    assert "<&\"'>$_$\ufffd" in names and "∂ < 1 & $\\frac$" in names


def test_a_mark_has_the_colour_of_its_series_and_notes_stand_below_everything():
    drawn = V._replace(marks=(Mark(1e-8, 1e-4, "of a series", "forward"), Mark(1e-8, 1e-4, "of none")), notes=("δ " + " ".join(f"small{k}" for k in range(40)), "last"))
    assert [mark[:2] for mark in lettered(drawn, "abc", "-")] == [("A", "b"), ("B", "-")]
    items = lay_out([drawn]).items
    rings = [item.color for item in items if type(item).__name__ == "Disc" and item.radius == RING]
    assert rings == [COLORS[1], INK]
    below = {item.text: item.y for item in items if type(item).__name__ == "Words"}
    assert below["last"] == max(below.values()) and sum("small" in text for text in below) > 2
    assert "last" not in as_text(drawn, 80), "a report says it in its own words"


def test_a_marker_beneath_another_is_seen():
    items = lay_out([figure(*[Series(name, ((1.0, 1.0),)) for name in "ab"])]).items
    first = next(item for item in items if type(item).__name__ == "Disc")
    assert marker(1, first.x, first.y, COLORS[1], COLORS[1], RADIUS) in items
    assert first.radius > 0.9 * math.hypot(RADIUS, RADIUS), "a disc shows beyond the edges of a square"


def test_the_legend_covers_no_data():
    picture = lay_out([V])
    frame_bottom = next(item.corners[0][1] for item in picture.items if type(item).__name__ == "Path" and len(item.corners) == 5)
    words = {item.text: item.y for item in picture.items if type(item).__name__ == "Words"}
    assert words["forward"] > words["step h"] > frame_bottom > words["absolute error"]


def test_series_differ_in_shape_as_well_as_in_colour():
    text = svg([figure(*[Series(f"s{k}", ((1.0, 10.0**k),)) for k in range(4)])])
    shapes = re.findall(r"<(circle|path) [^>]*fill=\"#(?!FFFFFF)", text)
    assert shapes.count("circle") == 2, "one marker and its legend: every other series has another shape"


# -- formats -----------------------------------------------------------------------------------------------------------


def test_the_other_formats_leave_a_figure_out_and_markdown_keeps_its_drawing():
    document = Document((Text("before"), V, Text("after")), {})
    style = Style(80, 6)
    assert "```\nabsolute error\n" in render(document, style._replace(format=FORMATS["markdown"]))
    for name in ("latex", "plain", "csv"):
        assert "step h" not in render(document, style._replace(format=FORMATS[name]))


@pytest.mark.parametrize("name", DRAWN)
def test_a_report_without_a_figure_is_refused_and_says_which_commands_draw(name):
    with pytest.raises(UsageError, match="no figure") as refusal:
        render(Document((Text("words"),), {}), Style(format=FORMATS[name]))
    assert set(DRAWN_BY) <= set(COMMANDS)
    assert refusal.value.diagnostics[0].help[0].endswith(f": {', '.join(DRAWN_BY)}")


def test_a_command_without_a_figure_leaves_stdout_empty():
    outcome = run('grad "x^2" --at x=2 -f svg')
    assert (outcome.stdout, outcome.exit) == ("", 2)


def test_png_and_pdf_are_no_texts_for_a_terminal():
    class Terminal(io.TextIOWrapper):
        def isatty(self):
            return True

    streams = [io.TextIOWrapper(io.BytesIO()), Terminal(io.BytesIO(), encoding="utf-8"), io.TextIOWrapper(io.BytesIO(), encoding="utf-8")]
    assert main(["grad", "x^2", "--at", "x=2", "-f", "png"], Environment(*streams, {})) == 2
    assert streams[1].buffer.getvalue() == b""
    assert b"-o FILE.png" in streams[2].buffer.getvalue()


@pytest.mark.skipif(HAS_MATPLOTLIB, reason="matplotlib is installed")
@pytest.mark.parametrize("name", ["png", "pdf"])
def test_without_matplotlib_the_extra_is_named(name):
    with pytest.raises(MissingExtraError) as missing:
        render(Document((V,), {}), Style(format=FORMATS[name]))
    assert missing.value.diagnostics[0].help[0] == 'pip install "diffcli[plot]"'
    assert missing.value.exit_code == 7


@pytest.mark.skipif(not HAS_MATPLOTLIB, reason="matplotlib is not installed: the extra `plot`")
@pytest.mark.parametrize(("name", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_matplotlib_draws_the_same_bytes_twice(name, magic, tmp_path):
    for drawn in ((V, V), *[(each,) for each in ODD.values()]):
        first = render(Document(drawn, {}), Style(format=FORMATS[name]))
        assert isinstance(first, bytes) and first.startswith(magic)
        assert first == render(Document(drawn, {}), Style(format=FORMATS[name]))


@pytest.mark.skipif(not HAS_MATPLOTLIB, reason="matplotlib is not installed: the extra `plot`")
def test_matplotlib_writes_into_files_and_pipes(tmp_path):
    path = tmp_path / "plot.png"
    assert run(["step-size", "-o", str(path)]) == Outcome("", "", 0)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_drawing_is_loaded_only_to_draw():
    import subprocess
    import sys

    code = "import sys; from diffcli.cli.main import main; main(['grad', 'x^2', '--at', 'x=2', *sys.argv[1:]]); "
    code += "print(*[name for name in sys.modules if 'plots' in name or 'figure' in name or 'matplotlib' in name], file=sys.stderr)"
    for options in (["--json"], ["-f", "table"], ["-f", "markdown"]):
        finished = subprocess.run([sys.executable, "-c", code, *options], capture_output=True, text=True, check=True)
        assert finished.stderr.strip() == ""


def test_formats_that_are_binary_say_so():
    assert [name for name, known in FORMATS.items() if known.binary] == ["png", "pdf"]


@pytest.mark.parametrize("command", DRAWN_BY)
def test_the_commands_that_are_said_to_draw_do(command):
    given = {"jacobian": '"[x*y, x]" --at x=1,y=2', "hessian": '"x*y" --at x=1,y=2', "lesson": "numerical", "graph": "x*y", "plot": "x"}.get(command, "")
    outcome = run(f"{command} {given} -f svg")
    assert outcome.exit == 0
    ElementTree.fromstring(outcome.stdout)
