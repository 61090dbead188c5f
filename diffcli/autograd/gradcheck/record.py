"""What a check of gradients found, as records and in words."""

from __future__ import annotations

import math

from diffcli._named import NamedTuple
from diffcli.errors import counted

Place = tuple[int, ...] | None
"""An index, or None for a combination of elements."""

AGREES, DISAGREES, UNJUDGED, KINK, JUMP, POLE = "agrees", "disagrees", "cannot be judged", "kink", "jump", "pole"
RIGHT = frozenset((AGREES, KINK, JUMP, POLE))
"""Verdicts with which a check passes."""

MOST_SHOWN = 8


class GradCheckEntry(NamedTuple):
    """A derivative by the graph and by differences."""

    output: str = ""
    output_index: Place = None
    """Which element; None for a weighted sum of all elements."""
    input: str = ""
    input_index: Place = None
    """Which element; None for a direction."""
    gradient: float | None = None
    """By the graph; None if the graph has no path from the output to the input."""
    difference: float = math.nan
    """By differences; NaN where there is none."""
    error: float | None = None
    """The error bar of that."""
    verdict: str = UNJUDGED
    """``agrees``, ``disagrees``, ``cannot be judged``; ``kink``, ``jump`` and ``pole`` are right as far as there is a right."""
    left: float | None = None
    """The slope on the left, at a kink or a jump."""
    right: float | None = None
    reason: str = ""
    """Why it cannot be judged, or what is the matter."""

    def __str__(self) -> str:
        output, input = _named(self.output, self.output_index, "weighted sum"), _named(self.input, self.input_index, "direction")
        if self.left is not None and self.right is not None:
            seen = f"slopes by differences {self.left:.9g} on the left and {self.right:.9g} on the right"
        elif self.error is not None:
            seen = f"differences {self.difference:.12g} ± {self.error:.1g}"
        else:
            seen = "differences give no number"
        text = f"d {output} / d {input}: {self.verdict}. Gradient {self.gradient}, {seen}"
        return f"{text} ({self.reason})" if self.reason else text


class GradCheck(NamedTuple):
    """What `gradcheck` found. It is true if the gradients are right, and its text is a report."""

    passed: bool
    entries: tuple[GradCheckEntry, ...]
    faults: tuple[str, ...]
    """What is wrong beside the numbers: results that change from run to run, shapes, changes in place."""
    how: tuple[str, ...]
    """What was compared with what."""
    order: int = 1

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        return "\n".join((self.summary, *self.lines()))

    @property
    def summary(self) -> str:
        what = "gradient" if self.order == 1 else "second derivative"
        bad = [entry for entry in self.entries if entry.verdict not in RIGHT]
        if self.passed:
            return f"gradcheck: every {what} is right ({counted(len(self.entries), 'derivative')} compared)"
        wrong = sum(entry.verdict == DISAGREES for entry in bad)
        parts = [f"{wrong} of {counted(len(self.entries), what)} wrong"] if wrong else []
        parts += [f"{len(bad) - wrong} that cannot be judged"] if len(bad) > wrong else []
        parts += [counted(len(self.faults), "other fault")] if self.faults else []
        return f"gradcheck: {', '.join(parts)}"

    def lines(self) -> tuple[str, ...]:
        """The report below its summary: faults, what is wrong, kinks and the like, and what was compared."""
        bad = sorted((one for one in self.entries if one.verdict not in RIGHT), key=lambda one: one.verdict != DISAGREES)
        special = [one for one in self.entries if one.verdict in RIGHT and one.verdict != AGREES]
        found = list(self.faults)
        for group, rest in ((bad, "of these"), (special, "at kinks, jumps or poles")):
            found += [str(entry) for entry in group[:MOST_SHOWN]]
            if len(group) > MOST_SHOWN:
                found.append(f"and {len(group) - MOST_SHOWN} more {rest}")
        return (*found, *self.how)


def _named(name: str, index: Place, combined: str) -> str:
    if index is None:
        return f"{name} ({combined})"
    return f"{name}[{','.join(map(str, index))}]" if index else name
