"""A function and its derivative over a range of one variable: what `diffcli plot` draws."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

from diffcli.errors import Diagnostic, DomainError, UsageError, error
from diffcli.language import Program
from diffcli.methods.points.points import Point, as_point
from diffcli.methods.problem.problem import At, Target, as_program
from diffcli.records import is_array
from diffcli.records.plots import Curve, PlotResult
from diffcli.studies.plot.breaks import NEAREST, Sampler, breaking, find_places
from diffcli.tape.lowering import MOST_ROWS

SAMPLES = 481
"""Odd, so that the middle of a range is one of them."""

REACH, FEW = 3.0, 5
"""How far a range that is not given reaches, or as far as 0, unless so many things begin to happen elsewhere."""

HUGE = 1e100
"""Numbers that are larger, or smaller than 1 over it, may be on the way to an overflow or to 0."""


def plot(
    target: Target,
    at: At,
    *,
    low: float | None = None,
    high: float | None = None,
    most_rows: int = MOST_ROWS,
    progress: Callable[[str], None] = lambda stage: None,
) -> PlotResult:
    """Sample each result of a program and its derivative over a range, and find the places where it breaks.

    The variable is the one that ``at`` does not give, or the only one. If ``low`` and ``high`` are not given, the
    range is where f and f' change their signs, about the point that ``at`` gives, or 0.

    >>> result = plot("abs(x - 1)/x", "", low=-2, high=2)
    >>> [(place.kind, place.x) for place in result.curves[0].places]
    [('pole', 0.0), ('kink', 1.0)]
    """
    program, given = as_program(target), as_point(at)
    variable = _variable(program, given)
    middle = given.pop(variable, None)
    if is_array(middle):
        raise UsageError([error("usage", f"a plot is over a number, and `{variable}` is given as an array")])
    if type(program) is not Program:
        program.verified = set()  # type: ignore[attr-defined]
    start = next(float(x) for x in (middle, high, low, 0.0) if x is not None)
    problem = Sampler(program, given, variable, most_rows).problem(start)
    samplers = [Sampler(program, given, variable, most_rows, number) for number in range(len(problem.outputs))]
    progress("choosing the range")
    start, stop = _range(samplers, start, low, high)
    progress("sampling")
    curves, notes = [], []
    for output, sampler in zip(problem.outputs, samplers, strict=True):
        curve, follows = _curve(sampler, output.name, start, stop)
        curves.append(curve)
        if not follows:
            apart = f"{(stop - start) / (SAMPLES - 1):.3g}"
            message = f"`{output.name}` does more between its samples, which are {apart} apart, than is drawn"
            notes.append(Diagnostic("undersampled", "warning", message, help=("draw a shorter range, with --from and --to",)))
    values = [row[1] for curve in curves for row in curve.samples]
    if not any(map(math.isfinite, values)):
        kind = "undefined" if all(map(math.isnan, values)) else "infinite"
        message = f"the value is {kind} at every sample from {start:.6g} to {stop:.6g}"
        raise DomainError([error("domain", message, help=["give another range, with --from and --to"])])
    return PlotResult(problem.expression(), variable, dict(given), start, stop, tuple(curves), tuple(notes))


def _variable(program: Program, given: Point) -> str:
    """The variable to draw over."""
    free = [name for name in program.inputs if name not in given] or list(program.inputs)
    if len(free) == 1:
        return free[0]
    if not free:
        raise UsageError([error("usage", "the expression has no variable to draw it over")])
    message = f"there are several variables ({', '.join(free)}), and a plot is over one"
    values = f"give the others values, as in --at {','.join(f'{name}=1' for name in free[1:])}"
    raise UsageError([error("usage", message, help=["leave one of them out of --at" if free[0] in given else values])])


def _range(samplers: list[Sampler], middle: float, low: float | None, high: float | None) -> tuple[float, float]:
    """The range, as far as it is not given where something happens and not most of it is undefined."""
    if low is not None and high is not None:
        if not low < high:
            message = f"there is nothing between --from {low:.17g} and --to {high:.17g}"
            raise UsageError([error("bad-value", message, help=["give --from below --to"])])
        return low, high
    unit = max(REACH, abs(middle))
    reaches = [float(f"{unit * 10 ** (power / 4):.1g}") for power in range(-24, 11)]
    counts = {reach: _happening(samplers, middle, reach) for reach in reaches}
    busy = [reach for (_, before), (reach, count) in pairwise(counts.items()) if before < FEW <= count]
    near = sorted(counts, key=lambda reach: abs(math.log(reach / unit)))
    reach = busy[0] if busy else max(near, key=lambda reach: counts[reach] if counts[reach] < FEW else 0)
    if low is not None or high is not None:
        return (high or 0.0) - 2 * reach if low is None else low, (low or 0.0) + 2 * reach if high is None else high
    seen = [sampler.at(middle + reach * part / 24) for part in range(-24, 25) for sampler in samplers]
    defined = [sample.x for sample in seen if sample.jet[0] == sample.jet[0]] or [middle - reach, middle + reach]
    return max(middle - reach, defined[0] - reach / 12), min(middle + reach, defined[-1] + reach / 12)


def _happening(samplers: list[Sampler], middle: float, reach: float) -> int:
    """In how many intervals f or f' changes its sign."""
    places = [middle + reach * part / 40.5 for part in range(-40, 41)]  # not whole: x^x is defined at -1, and not beside it
    rows = [[number for sampler in samplers for number in sampler.at(x).jet] for x in places]
    return sum(any(map(_turns, row, next_row)) for row, next_row in pairwise(rows))


def _turns(one: float, other: float) -> bool:
    """Whether a number changes its sign."""
    known = all(number == 0 or 1 / HUGE < abs(number) < HUGE for number in (one, other))
    return known and (one > 0) - (one < 0) != (other > 0) - (other < 0)


def _curve(sampler: Sampler, name: str, start: float, stop: float) -> tuple[Curve, bool]:
    """A result over the range, and whether its samples follow it."""
    parts = [number / (SAMPLES - 1) for number in range(SAMPLES)]
    samples = [sampler.at(x) for x in sorted({start * (1 - part) + stop * part for part in parts})]
    width = (stop / 2 - start / 2) / (SAMPLES - 1) * 2
    found = find_places(sampler, breaking(samples), width)
    places = [place for place in found or () if start <= place.x <= stop]
    rows = {sample.x: sample.jet for sample in samples}
    beside = width * NEAREST
    for place in places:
        value = place.at[0] if math.isfinite(place.at[0]) else math.nan
        rows = {x: jet for x, jet in rows.items() if abs(x - place.x) > beside}
        rows |= {place.x - beside: place.left, place.x: (value, math.nan), place.x + beside: place.right}
    beyond = [sampler.at(sample.x + 0.382 * width) for sample in samples]  # no period is in step with both
    turns = sum(_turns(one.jet[1], other.jet[1]) for one, other in zip(samples, beyond, strict=True))
    curve = Curve(name, tuple((x, *rows[x]) for x in sorted(rows) if start <= x <= stop), tuple(places))
    return curve, found is not None and turns < SAMPLES / 20
