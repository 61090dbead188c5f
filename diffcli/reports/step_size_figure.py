"""The picture of a sweep over steps: what was measured as markers, what theory predicts as lines, and both optima marked."""

from __future__ import annotations

import math
from fractions import Fraction

from diffcli.methods.stencils import STENCILS
from diffcli.reports.document import Style, number
from diffcli.reports.figure import Axis, Figure, Mark, Series
from diffcli.studies.quotients import MethodSweep
from diffcli.studies.step_size import StepSizeResult


def step_size_figure(result: StepSizeResult, style: Style) -> Figure:
    """Errors against steps; where there is no derivative, the quotients themselves."""
    if result.reference is None:
        return _quotients_figure(result)
    steps = [sample.step for sample in result.methods[0].samples]
    series = []
    if result.floor:
        ends = tuple((step, result.floor) for step in (steps[0], steps[-1]))
        series.append(Series("AD", ends, "line", "u |f'|: one rounding of the derivative"))
    marks = []
    for swept in result.methods:
        points = tuple((sample.step, sample.error) for sample in swept.samples if sample.error is not None)
        series.append(Series(swept.method, points, "data", _slopes_text(swept)))
        known = swept.theory
        if known is None:
            continue
        if formula := _formula(swept, style.unicode):
            curve = tuple((step, known.truncation(step) + known.rounding(step)) for step in steps)
            series.append(Series(f"{swept.method}, theory", curve, "line", formula))
        if swept.method != "complex" and math.isfinite(known.best_step) and steps[-1] <= known.best_step <= steps[0]:
            marks.append(Mark(known.best_step, known.best_error, f"{swept.method}: h* and E* of theory"))
        if swept.method != "complex" and swept.best is not None:
            marks.append(Mark(swept.best.step, swept.best.error, f"{swept.method}: the best that was measured (90 % envelope)"))
    title = f"error against step, f' = {number(result.reference, 6)}"
    return Figure(title, Axis("step h", log=True), Axis("absolute error", log=True), tuple(series), tuple(marks))


def _quotients_figure(result: StepSizeResult) -> Figure:
    """Where there is no derivative: the quotients, and the slopes of the two sides."""
    steps = [sample.step for sample in result.methods[0].samples]
    series = []
    for name in ("left", "right"):
        slope = getattr(result.slopes, name) if result.slopes else None
        if slope is not None and math.isfinite(slope):
            ends = tuple((step, slope) for step in (steps[0], steps[-1]))
            series.append(Series(f"slope on the {name}", ends, "line", number(slope, 6)))
    for swept in result.methods:
        points = tuple((sample.step, sample.estimate) for sample in swept.samples if sample.estimate is not None)
        if points:
            series.append(Series(swept.method, points))
    return Figure("quotients against step", Axis("step h", log=True), Axis("quotient"), tuple(series))


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


def _formula(swept: MethodSweep, unicode: bool) -> str:
    """The formula of the theory, with its own constants."""
    known = swept.theory
    if known is None:
        return ""
    parts = []
    if known.derivative:
        constant = Fraction(known.constant).limit_denominator(10**9)
        power = "h" if known.order == 1 else f"h^{known.order}"
        parts.append(f"{constant} {power} |{prime(known.order + 1)}|")
    delta = "δ" if unicode else "delta"
    if known.noise:
        weight = STENCILS[swept.method].rounding
        parts.append(f"{weight if weight != 1 else ''} {delta}/h".strip())
    if swept.method == "complex" and known.floor:
        parts.append("the rounding of AD")
    return " + ".join(parts)


def prime(kind: int) -> str:
    """The name of a derivative.

    >>> prime(2), prime(5)
    ("f''", 'f^(5)')
    """
    return "f" + "'" * kind if kind <= 3 else f"f^({kind})"
