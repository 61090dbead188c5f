"""The records of the study of expression swell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic


class TapeCost(NamedTuple):
    """Operations of l_n; of the tangent sweeps beside it, one a variable; of one reverse sweep."""

    function: int
    forward: int
    reverse: int


class Counts(NamedTuple):
    """Exact sizes at one n. Of several derivatives, as of a product by its factors, the sizes are of all of them.

    None stands for what was not counted: the gradient of a product of many factors.
    """

    n: int
    value_tree: int
    """Nodes of l_n, written out."""
    derivative_tree: int | None
    """Nodes of l_n' by the rules as they stand, (4*l)' = 0*l + 4*l'."""
    folded_tree: int | None
    """The same without products with 0 and 1."""
    graph: int | None
    """Distinct nodes of l_n and l_n'."""
    folded_graph: int | None
    """The same without products with 0 and 1."""
    tape: TapeCost


class WrittenForm(NamedTuple):
    """One expression at one n, as text: its beginning, and how many characters it has."""

    n: int
    kind: str
    """``value``, ``derivative`` or ``simplified``."""
    text: str
    length: int
    nested: bool = False
    """Whether it is nested as it was computed, and not factored."""


class Accuracy(NamedTuple):
    """The derivative of l_n at a point, and relative errors of two methods.

    ``expanded`` is None where there is no such form, both where the derivative is 0 or beyond a float; all three where it
    is not known to enough digits, as at an end of the domain.
    """

    n: int
    exact: float | None
    expanded: float | None
    tape: float | None


class Cell(NamedTuple):
    """What became of one task: for l_n, a step of `diffcli.methods.symbolic.swell`."""

    n: int
    step: str
    state: str
    """``done``, ``stopped`` (its time was over) or ``failed``."""
    seconds: float | None = None
    """What SymPy took, or how long was waited for it."""
    sizes: Mapping[str, int] = MappingProxyType({})
    texts: Mapping[str, tuple[str, int]] = MappingProxyType({})
    """Texts, cut, with their whole lengths."""
    reason: str = ""


Task: TypeAlias = tuple[int, str]
"""An n, and a step of `diffcli.methods.symbolic.swell`."""


class Request(NamedTuple):
    """What is asked for."""

    recurrence: Any
    """A `diffcli.studies.swell.map.Recurrence`."""
    n: int
    at: Mapping[str, float]
    """The point for the accuracy; empty for none."""
    budget: float
    most_nodes: int
    forms: bool = True
    full: bool = False
    """Whether every n is a row."""
    whole: bool = False
    """Whether every gradient is counted, however large."""


class SwellResult(NamedTuple):
    """Everything that was counted and measured, up to where it was stopped."""

    request: Request
    counts: tuple[Counts, ...]
    forms: tuple[WrittenForm, ...]
    cells: dict[Task, Cell]
    accuracy: tuple[Accuracy, ...]
    undefined_from: int | None
    """The first n whose l_n has no finite value at the point."""
    logistic: bool
    """Whether the map is the logistic map, whose sizes are predicted where they were not measured."""
    notes: tuple[Diagnostic, ...]

    def swells(self, size: Callable[[Counts], int | None], since: int = 2) -> bool | None:
        """Whether a size grows faster than linearly over the last three rows, from ``since`` on; None if they are too few.

        The derivative of l_1 is no iterate's, so its size is left out.
        """
        points = [(row.n, value) for row in self.counts if row.n >= since and (value := size(row)) is not None]
        if len(points) < 3:
            return None
        (n1, first), (n2, second), (n3, third) = points[-3:]
        return (third - second) * (n2 - n1) > (second - first) * (n3 - n2)
