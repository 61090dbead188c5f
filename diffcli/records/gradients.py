"""What a comparison of a claimed gradient, or Hessian, with the computed one comes to."""

from __future__ import annotations

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic
from diffcli.records import Number

RIGHT, UNDECIDED, WRONG = VERDICTS = "right", "not decided", "wrong"
"""What an entry can turn out to be, the worst last."""


class Entry(NamedTuple):
    """A number that is claimed, beside the computed one."""

    name: str
    claimed: float
    computed: float
    bar: float
    """How far the computed number may be off."""
    verdict: str
    why: str = ""
    """Why it is not decided, or right all the same."""
    difference: float | None = None
    """What differences of plain calls say of it, as a second opinion, and their bar; None where they were not asked."""
    difference_bar: float | None = None

    @property
    def error(self) -> float:
        """How far the two are apart, beside the larger of them.

        >>> Entry("x", 2.0, 1.0, 0.0, "wrong").error
        0.5
        """
        size = max(abs(self.claimed), abs(self.computed))
        error = abs(self.claimed - self.computed) / size if size else 0.0
        return error if error == error else float("inf")

    @property
    def badness(self) -> tuple[int, float, float]:
        """What the worst entry has most of."""
        return VERDICTS.index(self.verdict), self.error, abs(self.claimed - self.computed)


class GradientAtPoint(NamedTuple):
    """The comparison at one point."""

    at: dict[str, Number]
    entries: tuple[Entry, ...]
    recorded: bool
    """Whether the derivative is that of the recording, and not by differences of plain calls."""
    notes: tuple[Diagnostic, ...] = ()

    @property
    def worst(self) -> Entry:
        return max(self.entries, key=lambda entry: entry.badness)


class GradientCheck(NamedTuple):
    """The comparison at all points."""

    expression: str
    against: str
    """What makes the claim: the name of a function, a program, a file."""
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
