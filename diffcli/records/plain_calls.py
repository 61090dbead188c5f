"""What differences of plain calls of a Python function come to."""

from __future__ import annotations

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic
from diffcli.records import Difference, Number


class Differences(NamedTuple):
    """The derivatives of a Python function by every variable by differences; what has a shape, has that of the result and then
    of the variable."""

    at: dict[str, Number]
    value: Number
    """What the function returns; an array, where that is a list of numbers."""
    estimates: dict[str, Number]
    """The gradient, or the Jacobian, by variable; NaN where there is none."""
    bars: dict[str, Number]
    """How far each may be off, as far as values tell: an estimate, and no bound. NaN where there is no derivative."""
    evaluations: int
    """How often the function was called."""
    notes: tuple[Diagnostic, ...]
    differences: tuple[tuple[str, Difference], ...]
    """Each element of the result with a partial derivative of it; at a kink that has the slopes of the sides."""
