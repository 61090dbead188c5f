"""The records of checks: of the methods against each other, and of derivatives worked out by hand."""

from __future__ import annotations

import math
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic

SAME = 1e-12
"""Floats whose relative difference is less are taken as equal."""


class Way(NamedTuple):
    """One derivative by one method."""

    name: str
    value: float | None
    """None, or NaN, where the method has no number."""
    bar: float | None = None
    remark: str = ""
    """Why there is no number, or what else is worth saying."""
    error: float | None = None
    """The distance to the reference, or to the nearer slope; None without a reference."""
    agrees: bool | None = None
    """None for a method without a number, or with an error bar that leaves no digit of it."""
    sides: tuple[float | None, float | None] = (None, None)
    """Slopes on the left and on the right that it has instead."""

    @property
    def has_number(self) -> bool:
        return self.value is not None and math.isfinite(self.value)


class PartialCheck(NamedTuple):
    """One partial derivative by every method."""

    variable: str
    exact: Any
    """An mpmath number with many digits; None where the function is not smooth, or the digits do not settle."""
    left: float | None
    right: float | None
    """The slopes on the two sides, where something is not differentiable at the point."""
    ways: tuple[Way, ...]
    verdict: str
    """``agree``, ``disagree``, or where there is no derivative to agree on, ``kink``, ``jump``, ``pole`` or ``edge``."""
    reason: str
    """Why, for any verdict but plain agreement: a key of `diffcli.studies.agreement.verdict.REASONS`, or empty."""
    explanation: str

    @property
    def passed(self) -> bool:
        return self.verdict != "disagree"

    @property
    def known(self) -> float | None:
        """The derivative: exactly, or the slope that it has on both sides."""
        return float(self.exact) if self.exact is not None else self.left if self.left == self.right else None

    @property
    def size(self) -> float:
        """The size of the derivative, or of the larger slope; 0 if neither is known."""
        if self.exact is not None:
            return abs(float(self.exact))
        return max(abs(self.left or 0.0), abs(self.right or 0.0))


class Agreement(NamedTuple):
    """All partial derivatives at a point."""

    expression: str
    at: dict[str, float]
    value: float
    checks: tuple[PartialCheck, ...]
    notes: tuple[Diagnostic, ...]
    name: str = "f"
    text: str = ""
    """What it is, as it stands in the list whose entry it is."""

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)


class Worst(NamedTuple):
    """The worst point of one partial derivative."""

    at: dict[str, float]
    check: PartialCheck
    error: float | None
    """The largest relative error of any method there; None where there is nothing to compare with."""


class PointChecks(NamedTuple):
    expression: str
    points: int
    counts: dict[str, dict[str, int]]
    """By variable and verdict."""
    worst: dict[str, Worst]
    undefined: list[dict[str, float]]
    """The points at which the value is undefined."""
    notes: tuple[Diagnostic, ...] = ()
    """The first of each code, and what stopped the check, if something did."""

    @property
    def passed(self) -> bool:
        return not self.undefined and all("disagree" not in counts for counts in self.counts.values())


class Comparison(NamedTuple):
    """A claim and the derivative at one point."""

    at: dict[str, float]
    claimed: float
    right: float
    difference: float
    """Relative to the larger of the two."""

    @property
    def agrees(self) -> bool:
        return self.difference <= SAME


class ClaimVerdict(NamedTuple):
    """A claim and what it turned out to be."""

    variable: str
    claim: str
    """As it was written."""
    verdict: str
    """A key of `VERDICTS`."""
    claimed: float
    """Its value at the point; NaN where it has none."""
    value: float
    """The derivative there, as `diffcli.grad` has it."""
    counterexample: Comparison | None
    """A point (``at``) at which the ``claimed`` and the ``right`` value differ, for a claim that is not the derivative."""
    slip: str
    """What is probably wrong with it, as a sentence without its full stop; empty if nothing explains it."""
    right: str
    """The derivative in diffcli's language, simplified; empty if SymPy has none."""
    points: int
    """At how many points it agrees with the derivative."""
    digits: int
    """To how many digits it agrees there, at least."""
    notes: tuple[Diagnostic, ...] = ()
    """What is worth saying of its value, and of the derivative where no check says it."""
    line: int = 0
    """For a claim of a file, its line there, whose it is, and what it is about."""
    name: str = ""
    expression: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against it."""
        return self.verdict in ("proved", "not decided", "right at the point")
