"""The picture of a sweep over steps: what was measured as markers, what theory predicts as lines, and both optima marked."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

from diffcli.methods.differences.stencils import STENCILS
from diffcli.records.figures import Axis, Figure, Mark, Series
from diffcli.records.step_size import MethodSweep, StepSizeResult, Theory
from diffcli.reports.document import number
from diffcli.reports.formats import Style
from diffcli.reports.step_size.text import definitions, has_errors, luck, prime, question

LONGEST = 60
"""A longer expression is shown in the title with its middle left out."""

WIDE = 100.0
"""Quotients that grow without bound and span more than this are drawn on a logarithmic axis."""

STRAIGHT = 0.05
"""By how much the slopes between the points of a straight line may differ."""


def step_size_figure(result: StepSizeResult, style: Style) -> Figure:
    """Errors against steps; where there is no derivative, the quotients themselves."""
    moved = f", moved along {result.variable}," if len(result.at) > 1 else ""
    title = f"{question(result, LONGEST)}{moved} in {result.dtype}"
    if not has_errors(result):
        return _quotients_figure(result, title)
    steps = [sample.step for sample in result.methods[0].samples]
    series = []
    if result.floor:
        ends = tuple((step, result.floor) for step in (steps[0], steps[-1]))
        series.append(Series("AD", ends, "line", "u |f'|: one rounding of the derivative"))
    marks = []
    for swept in result.methods:
        best = swept.best
        shown = {*result.shown, best.step if best else 0.0}
        points = tuple((of.step, of.error) for of in swept.samples if of.error is not None and of.step in shown)
        series.append(Series(swept.method, points, "data", _slopes_text(swept)))
        known = swept.theory
        if known is None:
            continue
        if formula := _formula(known, swept.method, style.unicode):
            curve = tuple((step, known.truncation(step) + known.rounding(step)) for step in steps)
            series.append(Series(f"{swept.method}, theory", curve, "line", formula))
        if swept.method != "complex" and math.isfinite(known.best_step) and steps[-1] <= known.best_step <= steps[0]:
            marks.append(Mark(known.best_step, known.best_error, f"{swept.method}: h* and E* of theory", swept.method))
        if swept.method != "complex" and best is not None and best.error is not None:
            label = f"{swept.method}: the step with the least typical error"
            marks.append(Mark(best.step, best.error, label, swept.method))
    title += f": error against step, f' = {number(result.reference, 6)}"
    axes = Axis("step h", log=True), Axis("absolute error", log=True)
    notes = *luck(result), *definitions(result, style.unicode)
    return Figure(title, *axes, tuple(series), tuple(marks), notes)


def _quotients_figure(result: StepSizeResult, title: str) -> Figure:
    """Where there is no derivative: the quotients, and the slopes of the two sides."""
    swept = {
        of.method: [(at.step, at.estimate) for at in of.samples if at.estimate is not None and at.step in result.shown]
        for of in result.methods
    }
    sides = () if result.slopes is None else (("left", result.slopes.left), ("right", result.slopes.right))
    slopes = {name: slope for name, slope in sides if slope is not None and math.isfinite(slope)}
    sizes = [abs(value) for points in swept.values() for _, value in points if value]
    title, step = f"{title}: quotients against step", Axis("step h", log=True)
    if len(slopes) < 2 and sizes and max(sizes) / WIDE > min(sizes):  # they grow without bound: a power law is a straight line
        sign = "|" * any(value < 0 for points in swept.values() for _, value in points)
        by_size = [
            Series(method, tuple((step, abs(value)) for step, value in points), "data", _law(points))
            for method, points in swept.items() if points
        ]  # fmt: skip
        return Figure(title, step, Axis(f"{sign}quotient{sign}", log=True), tuple(by_size))
    ends = result.shown[0], result.shown[-1]
    series = [
        Series(f"slope on the {name}", tuple((step, slope) for step in ends), "line", number(slope, 6))
        for name, slope in slopes.items()
    ]  # fmt: skip
    series += [Series(method, tuple(points)) for method, points in swept.items() if points]
    return Figure(title, step, Axis("quotient"), tuple(series))


def _law(points: list[tuple[float, float]]) -> str:
    """The slope of the points, if they are on a straight line in logarithms."""
    places = [(math.log(step), math.log(abs(value))) for step, value in points if value]
    if len(places) < max(len(points), 3):
        return ""
    slopes = [(up - below) / (right - left) for (left, below), (right, up) in pairwise(places)]
    return f"slope {math.fsum(slopes) / len(slopes):.2f}" if max(slopes) - min(slopes) < STRAIGHT else ""


def _slopes_text(swept: MethodSweep) -> str:
    if swept.theory is None:
        return ""
    truncated, rounded = swept.slopes
    parts = []
    if truncated is not None:
        parts.append(f"slope {truncated:.2f}, theory {swept.theory.order}")
    if rounded is not None and swept.theory.noise:
        parts.append(f"on the left {rounded:.2f}, theory -1")
    return "; ".join(parts)


def _formula(known: Theory, method: str, unicode: bool) -> str:
    """The formula of the theory, with its own constants."""
    parts = []
    if known.derivative:
        constant = Fraction(known.constant).limit_denominator(10**9)
        power = "h" if known.order == 1 else f"h^{known.order}"
        parts.append(f"{constant} {power} |{prime(known.order + 1)}|")
    delta = "δ" if unicode else "delta"
    if known.noise:
        weight = STENCILS[method].rounding
        parts.append(f"{weight if weight != 1 else ''} {delta}/h".strip())
    if method == "complex" and known.floor:
        parts.append("the rounding of AD")
    return " + ".join(parts)
