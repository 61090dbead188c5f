"""The records of functions and their derivatives over a range of one variable."""

from __future__ import annotations

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic

Jet = tuple[float, float]
"""A value and a derivative; NaN where there is none."""


class Place(NamedTuple):
    """A place at which a function breaks, with what it is there and just beside it.

    The kind is ``pole``, ``jump``, ``kink``, ``vertical tangent``, ``end of the domain``, ``hole`` or ``single point`` of it.
    """

    kind: str
    x: float
    at: Jet
    left: Jet
    right: Jet


class Curve(NamedTuple):
    """One result: ``samples`` of x, f and f', with NaN where a line is interrupted, and the ``places`` where it breaks."""

    name: str
    samples: tuple[tuple[float, float, float], ...]
    places: tuple[Place, ...]


class PlotResult(NamedTuple):
    """Results over a range; ``at`` are the other variables."""

    expression: str
    variable: str
    at: dict[str, float]
    low: float
    high: float
    curves: tuple[Curve, ...]
    notes: tuple[Diagnostic, ...]
