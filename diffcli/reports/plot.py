"""The report of a function over a range: figures for people, samples for programs."""

from __future__ import annotations

import math

from diffcli.language.writing.printer import shorten
from diffcli.methods.points.ranges import LARGEST
from diffcli.records.blocks import Document, Table, numbers, texts
from diffcli.records.figures import Axis, Figure, Series
from diffcli.records.plots import Curve, Place, PlotResult
from diffcli.reports.document import data_of, number, point_text
from diffcli.reports.formats import PROGRAM, Style

APART = 12.0
"""A function and its derivative are drawn in two figures if together they span so many times more than one of them."""

FENCE = 2.0
"""Values are in sight beside a pole up to so many times the distance between their quartiles beyond these, after Tukey (1977)."""


def plot_report(result: PlotResult, style: Style) -> Document:
    """The document of a function over a range."""
    if style.format.audience == PROGRAM:
        x = result.variable
        titles = [[x, curve.name, f"d{curve.name}/d{x}"] for curve in result.curves]
        pairs = list(zip(titles, result.curves, strict=True))
        results = [data_of(curve, "name columns samples places", columns=names) for names, curve in pairs]
        ends = {"from": result.low, "to": result.high, "results": results}
        data = data_of(result, "schema expression variable at from to results notes", schema="diffcli/plot@1", **ends)
        if len(pairs) == 1:
            return Document((Table("", numbers(*titles[0]), result.curves[0].samples, name="samples"),), data)
        rows = tuple((curve.name, *row) for curve in result.curves for row in curve.samples)
        return Document((Table("", (*texts("result"), *numbers(x, "value", "derivative")), rows, name="samples"),), data)
    low, high = _sight(result, (0, 1))
    spans = [stop / 2 - start / 2 for start, stop in (_sight(result, (0,)), _sight(result, (1,)))]
    apart = any(0 < span * APART < high / 2 - low / 2 for span in spans)
    return Document(tuple(_figure(result, orders, style) for orders in (((0,), (1,)) if apart else ((0, 1),))), {})


def _figure(result: PlotResult, orders: tuple[int, ...], style: Style) -> Figure:
    """Results, their derivatives, or both, over the range, and what breaks them."""
    lines = [
        Series(curve.name + "'" * order, tuple(_line(curve, order)), "line" if order else "curve")
        for curve in result.curves for order in orders
    ]  # fmt: skip
    label = ", ".join(series.name for series in lines)
    low, high = _sight(result, orders)
    room = (high / 2 - low / 2) / 10 or abs(low) / 2 or 1.0
    sight = max(low - room, -LARGEST), min(high + room, LARGEST)
    broken = [place for curve in result.curves for place in curve.places]
    for kind in dict.fromkeys(place.kind for place in broken):
        places = [place for place in broken if place.kind == kind]
        points = tuple(point for place in places for point in _shown(place, orders[0], sight))
        note = shorten(", ".join(dict.fromkeys(number(place.x, style.rounded()) for place in places)))
        lines.append(Series(kind, points, "line" if kind == "pole" else "data", f"at {result.variable} = {note}"))
    head = f"{', '.join(f'{curve.name}({result.variable})' for curve in result.curves)} = {shorten(result.expression)}"
    title = f"{head}{' at ' * bool(result.at)}{point_text(result.at, style.exact)}" if 0 in orders else label
    return Figure(title, Axis(result.variable, ends=(result.low, result.high)), Axis(label, ends=sight), tuple(lines))


def _line(curve: Curve, order: int) -> list[tuple[float, float]]:
    """The points of a line, which is interrupted where the function is not continuous."""
    apart = {place.x for place in curve.places if place.kind not in ("kink", "vertical tangent", "single point")}
    return [(row[0], math.nan if row[0] in apart else row[1 + order]) for row in curve.samples]


def _sight(result: PlotResult, orders: tuple[int, ...]) -> tuple[float, float]:
    """The least and the largest number in sight: all of a line, but for what is far out beside a pole."""
    unbounded = {place.kind for curve in result.curves for place in curve.places} - {"jump", "kink", "hole", "single point"}
    ends = []
    for values in [[y for _, y in _line(curve, order)] for curve in result.curves for order in orders]:
        known = sorted(filter(math.isfinite, values)) or [0.0]
        first, third = known[len(known) // 4], known[-1 - len(known) // 4]
        reach = FENCE * (third - first) if unbounded and first < third else math.inf
        ends += [max(known[0], first - reach), min(known[-1], third + reach)]
    return min(ends), max(ends)


def _shown(place: Place, order: int, sight: tuple[float, float]) -> list[tuple[float, float]]:
    """The points that mark a place: a line where there is a pole, else the value there, or those beside it."""
    if place.kind == "pole":
        return [(place.x, sight[0]), (place.x, sight[1]), (place.x, math.nan)]
    if place.kind == "single point" or (place.kind in ("kink", "vertical tangent") and not order):
        return [(place.x, place.at[order])]
    return [(place.x, side[order]) for side in (place.left, place.right) if math.isfinite(side[order])]
