"""Richardson extrapolation of difference quotients over halved steps, with a bar that is meant to hold.

A row of the table is a step h, h/2, h/4, ...; column m removes the first m powers of the step from the error (Richardson
1911; Romberg 1955). The bar of an entry has two parts. What is left of the truncation is taken as the whole of the last
correction, although that is the error of the entry before it, many times as large; and as more where the corrections do not
shrink as they should, or by accident too much. What rounding makes of the values is carried through the same sums, by
absolute values.
"""

from __future__ import annotations

import math

from diffcli._named import NamedTuple
from diffcli.methods.differences.sampling import Sampler
from diffcli.methods.sweeps.rounding import UNIT
from diffcli.records import Difference

MOST_COLUMNS = 7

SHRINKING = 1.4
"""By how much a step of Ridders' method is shorter than the one before."""

MOST_RIDDERS = 10
"""How many steps it tries."""


class Entry(NamedTuple):
    """An extrapolated quotient: ``bar`` is truncation and rounding together."""

    step: float
    column: int
    value: float
    truncation: float
    rounding: float

    @property
    def bar(self) -> float:
        return self.truncation + self.rounding


class Extrapolation:
    """The table, one row after the other.

    The first error term shrinks by a ``ratio`` when the step is halved, 4 for a central quotient, 2 for a one-sided one, and each
    further term by as much again. Where that is ``doubtful``, each row has to show that the error has no other powers in it.
    """

    def __init__(self, ratio: float, doubtful: bool = False) -> None:
        self.ratio, self.doubtful = ratio, doubtful
        self.rows: list[list[Entry]] = []
        self.best: Entry | None = None

    def add(self, step: float, quotient: float, rounding: float) -> None:
        """The next row: a quotient at half the step before, and the bound on its rounding."""
        row = [Entry(step, 0, quotient, math.inf, rounding)]
        above = self.rows[-1] if self.rows else []
        factor = 1.0
        correction = math.inf
        for column, old in enumerate(above[: MOST_COLUMNS - 1], 1):
            factor *= self.ratio
            new = row[-1]
            before, correction = correction, (new.value - old.value) / (factor - 1)
            value = new.value + correction
            rounding = (factor * new.rounding + old.rounding) / (factor - 1)
            # a correction that is small by accident is no better than the one before it lets expect
            truncation = max(abs(correction), abs(before) / factor if math.isfinite(before) else 0.0)
            if abs(correction) > abs(before) / 2:  # it does not converge yet
                truncation = max(truncation, abs(new.value - old.value))
            row.append(Entry(step, column, value, truncation, rounding + 2 * UNIT * abs(value)))
        self.rows.append(row)
        remainder = self._remainder() if self.doubtful else 0.0
        if remainder:  # the corrections do not explain that of the plain quotient
            doubts = [remainder + abs(entry.value - quotient) for entry in row[1:]]
            row[1:] = [
                entry._replace(truncation=max(entry.truncation, doubt)) for entry, doubt in zip(row[1:], doubts, strict=True)
            ]
        for entry in row[1:]:
            if math.isfinite(entry.bar) and (self.best is None or entry.bar < self.best.bar):
                self.best = entry

    def _remainder(self) -> float:
        """The error that the plain quotients may still have, if they do not approach their limit as the ratio says; else 0."""
        if len(self.rows) < 3:
            return math.inf
        first, second, third = (row[0] for row in self.rows[-3:])
        before, last = abs(second.value - first.value), abs(third.value - second.value)
        if last <= before * 1.1 / self.ratio or last <= 2 * third.rounding:
            return 0.0
        return last * last / (before - last) if last < before else math.inf  # the rest of a geometric series

    def expects(self, step: float) -> tuple[float, float]:
        """What the plain quotient over another step should be if the best entry is right, and how far it may be off.

        It lies on the polynomial in powers of the step through the quotients that are used, of which that entry is the value
        at 0. At a shorter step its truncation is less than it is there.
        """
        assert self.best is not None
        last = [row[0].step for row in self.rows].index(self.best.step)
        used, power = [row[0] for row in self.rows[last - self.best.column : last + 1]], math.log2(self.ratio)
        value, bar = 0.0, self.best.truncation
        for one in used:
            others = [(other.step / one.step) ** power for other in used if other is not one]
            weight = math.prod(((step / one.step) ** power - other) / (1 - other) for other in others)
            value += weight * one.value
            bar += abs(weight) * one.rounding
        return value, bar

    @property
    def converged(self) -> bool:
        """Whether the best entry is a value: its bar is rounding, or small beside the quotient that it corrects."""
        if self.best is None:
            return False
        plain = next(row[0] for row in self.rows if row[0].step == self.best.step)
        size = max(abs(self.best.value), abs(plain.value))
        return self.best.truncation <= self.best.rounding or self.best.bar <= size / 10

    @property
    def finished(self) -> bool:
        """Whether another row can hardly better the best entry: rounding is all that its bar holds, or is on the rise."""
        if self.best is None or len(self.rows) < 3:
            return False
        return self.best.truncation <= self.best.rounding or self.rows[-1][0].rounding > 50 * self.best.bar


def ridders(sampler: Sampler, variable: str, first: float | None = None) -> Difference:
    """Central quotients over steps that shrink by 1.4, extrapolated until the error grows (Ridders 1982).

    It sees values only, and takes the difference of neighbouring entries for the error. That is an estimate, which a function
    that is narrower than the first step deceives. The first step is a tenth of |x|, if not given.
    """
    step = first or 0.1 * (abs(sampler.x) or 1.0)
    reason = f"Ridders' tableau from the step {'that was given' if first else f'{step:.3g}, a tenth of the size of the point'}"
    above: list[float] = []
    best, bar, best_step, order = math.nan, math.inf, step, 2
    samples: dict[float, float] = {}
    for _ in range(MOST_RIDDERS):
        right, left = sampler.beside(step)
        samples |= {left.x: left.value, right.x: right.value}
        distance = right.x - left.x
        apart = left.x < sampler.x < right.x
        row = [(right.value - left.value) / distance if apart and right.defined and left.defined else math.nan]
        factor = 1.0
        for column, old in enumerate(above, 1):
            factor *= SHRINKING**2
            row.append(row[-1] + (row[-1] - old) / (factor - 1))
            error = max(abs(row[-1] - row[-2]), abs(row[-1] - old))
            if error <= bar:
                best, bar, best_step, order = row[-1], error, step, 2 * (column + 1)
        if above and abs(row[-1] - above[-1]) >= 2 * bar:
            break
        above = row if math.isfinite(row[0]) else []
        step /= SHRINKING
    known = bar if math.isfinite(bar) else None
    return Difference(
        variable, "ridders", best_step, tuple(sorted(samples.items())), best, known, reason,
        order=order, evaluations=sampler.evaluations, extrapolated=True,
    )  # fmt: skip
