"""What a lesson is made of: paragraphs, tables, curves, what the lecture says otherwise, checks, and a thing to try."""

# Without `from __future__ import annotations`: the annotations of a NamedTuple would be texts, to be compiled at each start.

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from diffcli.studies.graph.record import Graph


class Said(NamedTuple):
    """A paragraph."""

    text: str


class Code(NamedTuple):
    """Lines that are shown as they are."""

    text: str


class Grid(NamedTuple):
    """A table. A cell is a text, a number, an array, or None where there is nothing."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    varies: tuple[str, ...] = ()
    """The columns whose numbers are not the same from run to run: seconds, bytes."""
    digits: int | None = None
    """How many significant digits people are shown, if not as many as elsewhere; data have them all."""


class Curves(NamedTuple):
    """Curves over one pair of axes, each a name with its x and its y."""

    title: str
    x_label: str
    y_label: str
    curves: tuple[tuple[str, tuple[float, ...], tuple[float, ...]], ...]
    log_x: bool = False
    log_y: bool = False
    lines: tuple[str, ...] = ()
    """The names of those that are drawn as a line: theory, as against points that were measured."""


class Tree(NamedTuple):
    """A graph, drawn with operands below what is made of them."""

    graph: "Graph"


class Erratum(NamedTuple):
    """Where the lecture, or another ``source``, slips: what it says, and what is computed."""

    said: str
    truth: str
    source: str = "The lecture"


class Check(NamedTuple):
    """What the lesson claims, what was found, and whether that bears it out."""

    claim: str
    found: str
    passed: bool


Part: TypeAlias = Said | Code | Grid | Curves | Tree | Erratum


class Lesson(NamedTuple):
    name: str
    title: str
    parts: tuple[Part, ...]
    checks: tuple[Check, ...]
    try_next: str
    """A command, or two lines of Python."""

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)


class Settings(NamedTuple):
    """What a lesson may be run with."""

    seed: int = 0
    size: int | None = None
    """None only for a lesson that has no size: `diffcli.studies.lessons.run_lesson` fills in the default of the table."""

    def sized(self) -> int:
        """The size, in a lesson that has one."""
        assert self.size is not None, "its row of LESSONS gives this lesson no Size"
        return self.size
