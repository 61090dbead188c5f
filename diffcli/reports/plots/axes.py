"""Scales, ticks and what lies in the frame: where every rendering of a figure puts its points.

Places are fractions of the frame, from 0 at the left or bottom edge to 1 at the right or top edge. The data, the marks
and level lines set the range; other lines are cut at the frame, so that a theory far below what was measured does not
press the data together. A logarithmic axis spans whole decades. A value of 0 or less has no place on it: it is put on
a floor a decade below the least positive value, and said to be *at most* that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from diffcli._named import NamedTuple
from diffcli.methods.points.ranges import LARGEST
from diffcli.records.figures import Axis, Figure, Series

Place = tuple[float, float]
"""Fractions of the frame, across and up."""

DECADES = (1, 2, 3, 4, 5, 10, 20, 30, 50, 100, 200)
"""How many decades may lie between two ticks."""

SPARE = 1e-9
"""How far outside the frame a place may be by rounding."""


class Tick(NamedTuple):
    place: float
    label: str


class Scale(NamedTuple):
    """An axis with its range; ``low`` and ``high`` are decimal logarithms where ``log``."""

    low: float
    high: float
    log: bool
    ticks: tuple[Tick, ...]
    down: bool = False
    """Whether the least value is at the far end."""

    def place(self, value: float) -> float | None:
        """The fraction at which a value stands, perhaps outside the frame; None for a NaN or an infinity.

        >>> Scale(-2, 2, True, ()).place(1.0), Scale(0, 10, False, ()).place(math.inf)
        (0.5, None)
        """
        if not math.isfinite(value):
            return None
        if self.log:
            return 0.0 if value <= 0 else (math.log10(value) - self.low) / (self.high - self.low)
        place = (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2)  # halves: the range may be beyond a float
        return 1 - place if self.down else place


class Point(NamedTuple):
    """A marker of a data series."""

    x: float
    y: float
    at_most: bool
    """Whether it is drawn on the floor, as "at most this"."""


class Frame(NamedTuple):
    """The two scales of a figure."""

    x: Scale
    y: Scale

    def spot(self, x: float, y: float) -> Place | None:
        """Where a marker stands; None where it is not finite, or outside the frame."""
        across, up = self.x.place(x), self.y.place(y)
        if across is None or up is None or not all(-SPARE < place < 1 + SPARE for place in (across, up)):
            return None
        return across, up

    def points(self, series: Series) -> list[Point]:
        """The markers of a data series that stand in the frame."""
        places = [(self.spot(x, y), self.y.log and y <= 0) for x, y in series.points]
        return [Point(*spot, at_most) for spot, at_most in places if spot is not None]

    def strokes(self, series: Series) -> list[list[Place]]:
        """The parts of a line that lie in the frame, each as its corners."""
        parts: list[list[Place]] = []
        previous: Place | None = None
        for x, y in series.points:
            across, up = self.x.place(x), self.y.place(y)
            corner = None if across is None or up is None else (_near(across), _near(up))
            if previous is not None and corner is not None and (inside := _clip(previous, corner)):
                start, stop = inside
                if parts and parts[-1][-1] == start:
                    parts[-1].append(stop)
                else:
                    parts.append([start, stop])
            previous = corner
        return parts


def frame(figure: Figure, most_x: int, most_y: int) -> Frame:
    """The scales of a figure, with at most so many ticks on either axis."""
    data = [series.points for series in figure.series if series.role == "data"]
    lines = [series.points for series in figure.series if series.role != "data"]
    drawn = [point for points in data for point in points if all(map(math.isfinite, point))]
    drawn += [(mark.x, mark.y) for mark in figure.marks]
    level = [points[0] for points in lines if points and len({y for _, y in points}) == 1]
    edges = [point for points in lines for point in points]
    return Frame(
        _scale(figure.x, [x for x, _ in [*drawn, *edges]], most_x, 0.0),
        _scale(figure.y, [y for _, y in [*drawn, *level]] if drawn else [y for _, y in edges], most_y, 0.02),
    )


def _scale(axis: Axis, values: Iterable[float], most: int, margin: float) -> Scale:
    """An axis for values; none of them is nearer to its ends than the margin, a part of the range, but at the floor."""
    known = [value for value in values if math.isfinite(value)]
    return _decades(known, most, margin, axis.start) if axis.log else _linear(known, most, margin, axis.down, axis.ends)


def _decades(values: Sequence[float], most: int, margin: float, start: float | None = None) -> Scale:
    positive = [math.log10(value) for value in values if value > 0] or [0.0]
    floored = any(value <= 0 for value in values)
    room = margin * (max(positive) - min(positive))
    low, high = math.floor(min(positive) - room * (not floored)), math.ceil(max(positive) + room)
    low -= floored
    if start is not None and start > 0 and math.log10(start) <= min(positive):
        low = math.floor(math.log10(start))
    if low == high:
        low, high = low - (start is None), high + 1
    fitting = [step for step in DECADES if (high - low) // step < most] or [DECADES[-1]]
    step = next((step for step in fitting if (high - low) % step == 0 and step <= 2 * fitting[0]), fitting[0])
    first = low if floored else math.ceil(low / step) * step
    exponents = range(first, high + 1, step)
    ticks = [Tick((exponent - low) / (high - low), f"1e{exponent}") for exponent in exponents]
    if floored:
        ticks[0] = ticks[0]._replace(label=f"≤{ticks[0].label}")
    return Scale(low, high, True, tuple(ticks))


def _linear(values: Sequence[float], most: int, margin: float, down: bool, ends: Place | None) -> Scale:
    if ends is not None and not -LARGEST <= ends[0] < ends[1] <= LARGEST:
        ends = None
    low, high = ends or ((min(values), max(values)) if values else (0.0, 1.0))
    largest = max(abs(low), abs(high))
    if ends is None and high / 2 - low / 2 <= 1e-12 * largest:  # one value, or as good as one
        low, high = low - (largest / 2 or 1), high + (largest / 2 or 1)
        low, high = max(low, -LARGEST), min(high, LARGEST)
    step = min(_nice(min((high / 2 - low / 2) / max(most - 1, 1 if ends is None else 3) * 2, 1e308)), 1e308)
    room = margin * (high / 2 - low / 2) / step * 2
    first, last = math.floor(low / step - room), math.ceil(high / step + room)
    if ends is None:
        low, high = max(first * step, -LARGEST), min(last * step, LARGEST)
    scale = Scale(low, high, False, (), down=down)
    counted = [number * step for number in range(first, last + 1) if math.isfinite(number * step)]
    places = [(value, place) for value in counted if (place := scale.place(value)) is not None]
    ticks = [Tick(place, _label(value, step)) for value, place in places if ends is None or -SPARE < place < 1 + SPARE]
    return scale._replace(ticks=tuple(reversed(ticks) if down else ticks))


def _nice(step: float) -> float:
    """The least of 1, 2, 5 times a power of ten that is not below a step.

    >>> [_nice(step) for step in (0.9, 1.1, 30, 0.07)]
    [1.0, 2.0, 50.0, 0.1]
    """
    exponent = math.floor(math.log10(step)) if step > 0 else -307
    return next(nice for nice in (float(f"{digit}e{exponent}") for digit in (1, 2, 5, 10)) if nice >= step * (1 - 1e-9))


def _label(value: float, step: float) -> str:
    """A tick's number, with the digits that tell it from its neighbours."""
    if value == 0:
        return "0"
    if step >= 10 and abs(value) < 1e5:
        return f"{value:.0f}"  # 20, not 2e+01
    digits = math.floor(math.log10(abs(value))) - math.floor(math.log10(step)) + 1
    return f"{value:.{min(max(digits, 1), 17)}g}"


def _near(place: float) -> float:
    """A place at most a million frames away, from where a line comes in no other way than from further off."""
    return max(-1e6, min(1e6, place))


def _clip(start: Place, stop: Place) -> tuple[Place, Place] | None:
    """The part of a segment that lies in the frame, if any (Liang & Barsky 1984)."""
    (x, y), (dx, dy) = start, (stop[0] - start[0], stop[1] - start[1])
    enter, leave = 0.0, 1.0
    for move, room in ((-dx, x), (dx, 1 - x), (-dy, y), (dy, 1 - y)):
        if move == 0:
            if room < 0:
                return None
        elif move < 0:
            enter = max(enter, room / move)
        else:
            leave = min(leave, room / move)
    if enter > leave:
        return None
    first = start if enter == 0 else (x + enter * dx, y + enter * dy)
    last = stop if leave == 1 else (x + leave * dx, y + leave * dy)
    return first, last
