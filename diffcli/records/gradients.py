"""What a comparison of a claimed gradient, or Hessian, with the computed one comes to."""

from __future__ import annotations

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic
from diffcli.records import Number

RIGHT, UNDECIDED, WRONG = VERDICTS = "right", "not decided", "wrong"
"""What an entry can turn out to be, the worst last."""


class Entry(NamedTuple):
    """A number that is claimed, beside the computed one and how far that may be off."""

    name: str
    claimed: float
    computed: float
    bar: float
    verdict: str
    why: str = ""
    """Why it is not decided, or right all the same."""
    difference: float | None = None
    """What differences of plain calls say of it, as a second opinion, and their bar; None where they were not asked."""
    difference_bar: float | None = None

    @property
    def badness(self) -> tuple[int, float, float]:
        """What the worst entry has most of: its verdict, how far the two numbers are apart beside the larger one, and at all."""
        off, size = abs(self.claimed - self.computed), max(abs(self.claimed), abs(self.computed))
        return VERDICTS.index(self.verdict), off / size if size and off == off else off or 0.0, off


class GradientAtPoint(NamedTuple):
    """The comparison at one point."""

    at: dict[str, Number]
    entries: tuple[Entry, ...]
    recorded: bool
    """Whether the derivative is that of the recording, and not by differences of plain calls."""

    @property
    def worst(self) -> Entry:
        return max(self.entries, key=lambda entry: entry.badness)


class GradientCheck(NamedTuple):
    """The comparison at all points of a function with what makes the claim: a function, a program, a file."""

    expression: str
    against: str
    kind: str
    """``gradient`` or ``hessian``."""
    points: tuple[GradientAtPoint, ...]
    undefined: tuple[dict[str, Number], ...]
    """The points at which the function has no value."""
    slip: str
    """What is probably wrong, as a sentence without its full stop; empty if nothing explains it."""
    notes: tuple[Diagnostic, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many entries of all points have each verdict."""
        verdicts = [entry.verdict for point in self.points for entry in point.entries]
        return {verdict: verdicts.count(verdict) for verdict in VERDICTS}

    @property
    def worst(self) -> GradientAtPoint:
        """The point of the worst entry."""
        return max(self.points, key=lambda point: point.worst.badness)

    @property
    def passed(self) -> bool:
        """Whether no entry is wrong, and one at least is known to be right."""
        counts = self.counts
        return not counts[WRONG] and bool(counts[RIGHT])
