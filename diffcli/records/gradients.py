"""What a comparison of a claimed gradient, or Hessian, with the computed one comes to."""

from __future__ import annotations

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic
from diffcli.records import Number

RIGHT, WRONG, UNDECIDED = VERDICTS = "right", "wrong", "not decided"
"""What an entry can turn out to be."""


class Entry(NamedTuple):
    """One number that is claimed, beside the computed one."""

    name: str
    claimed: float
    computed: float
    bar: float
    """How far the computed number may be off."""
    verdict: str
    why: str = ""
    """Why it is not decided, or right all the same."""
    difference: float | None = None
    """What differences say of it, where the computed number is not their own; None where they were not asked."""
    difference_bar: float | None = None

    @property
    def error(self) -> float:
        """How far the two are apart, beside the larger of them; infinite if one of them is no number.

        >>> Entry("x", 2.0, 1.0, 0.0, "wrong").error
        0.5
        """
        size = max(abs(self.claimed), abs(self.computed))
        error = abs(self.claimed - self.computed) / size if size else 0.0
        return error if error == error else float("inf")


class GradientAtPoint(NamedTuple):
    """The comparison at one point."""

    at: dict[str, Number]
    entries: tuple[Entry, ...]
    way: str
    """How the derivative was computed: ``recording``, or ``differences`` of plain calls."""
    notes: tuple[Diagnostic, ...] = ()

    @property
    def worst(self) -> Entry:
        """The entry that is furthest off, of those of the worst verdict."""
        return max(self.entries, key=lambda entry: (_SEVERITY[entry.verdict], entry.error, abs(entry.claimed - entry.computed)))


_SEVERITY = {RIGHT: 0, UNDECIDED: 1, WRONG: 2}


class GradientCheck(NamedTuple):
    """The comparison at all points."""

    expression: str
    against: str
    """What makes the claim: the name of a function, a program, a file."""
    kind: str
    """``gradient`` or ``hessian``."""
    points: tuple[GradientAtPoint, ...]
    undefined: tuple[dict[str, Number], ...] = ()
    """The points at which the function has no value."""
    slip: str = ""
    """What is probably wrong, as a sentence without its full stop; empty if nothing explains it."""
    notes: tuple[Diagnostic, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many entries of all points have each verdict."""
        verdicts = [entry.verdict for point in self.points for entry in point.entries]
        return {verdict: verdicts.count(verdict) for verdict in VERDICTS}

    @property
    def worst(self) -> GradientAtPoint:
        """The point of the entry that is furthest off."""
        return max(self.points, key=lambda point: (_SEVERITY[point.worst.verdict], point.worst.error))

    @property
    def passed(self) -> bool:
        """Whether no entry is wrong, and at least one is known to be right."""
        counts = self.counts
        return not counts[WRONG] and bool(counts[RIGHT])
