"""The records of a function and its derivatives over a range of one variable."""

from __future__ import annotations

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic

Numbers = tuple[float, ...]
"""f, f' and so on, up to the order that was asked for; NaN where there is none."""


class Place(NamedTuple):
    """A place at which a function breaks, with what it is there and just beside it."""

    kind: str
    """``pole``, ``jump``, ``kink``, ``vertical tangent``, ``edge`` of the domain, ``hole`` in it, or a single ``point`` of it."""
    x: float
    values: Numbers
    left: Numbers
    right: Numbers


class Curve(NamedTuple):
    """One result: ``samples`` of x, f, f' and so on, with NaN where a line is interrupted, and the ``places`` where it breaks."""

    name: str
    samples: tuple[Numbers, ...]
    places: tuple[Place, ...]


class PlotResult(NamedTuple):
    expression: str
    variable: str
    at: dict[str, float]
    """The values of the other variables."""
    low: float
    high: float
    chosen: bool
    """Whether the range was not given."""
    order: int
    curves: tuple[Curve, ...]
    notes: tuple[Diagnostic, ...]
