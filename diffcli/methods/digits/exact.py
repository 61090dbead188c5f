"""A sweep made again with as many digits as it takes: what the numbers that it found really are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from diffcli._named import NamedTuple
from diffcli.methods.digits.watch import Sweep
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.forward import tangents
from diffcli.methods.sweeps.reverse import Step, accumulate
from diffcli.methods.sweeps.rounding import VANISHING
from diffcli.methods.sweeps.series import power_series
from diffcli.operations.arithmetic import precise
from diffcli.tape import Tape
from diffcli.tape.lowering import MOST_ROWS
from diffcli.tape.running.evaluation import Values, run
from diffcli.tape.running.precise import EXACT, MOST_SPARE, NOTHING, Number, decades, with_exact_constants

DIGITS = 20
"""In how many digits two readings are to agree."""

PRINTED = 9
"""And in how many with the numbers that are printed, which have their digits then."""

FIRST, LAST = 60, 700
"""The digits of the first reading, which are doubled from one to the next, and the most that are tried."""

VANISHED = DIGITS - NOTHING
"""The digits in which 0 is 0, and not what is left of numbers that cancel."""


class Reading(NamedTuple):
    """What a sweep finds, in precise numbers: the value of every slot, its derivative, and the steps of a reverse sweep."""

    values: Values
    derivatives: Sequence[Any]
    steps: Sequence[Step]
    found: tuple[Number | None, ...]
    """What was asked for; None for what is undefined, or does not settle."""


Known = tuple[Values, list[int]]
"""The values in so many digits, and the rows that vanish there."""


class Again:
    """A problem in numbers with more and more digits; its values in so many are the same for every sweep.

    Floats on the tape and in the point count as what they are, exactly. With a ``step`` it is that beside the point.

    >>> problem = Problem("(1 - cos(x))/x^2", {"x": 1e-4})
    >>> float(Again(problem).read(Sweep({problem.tape.output: 1.0}), [0]).found[0])
    -8.333333327777778e-06
    """

    def __init__(self, problem: Problem, step: Mapping[int, float] | None = None) -> None:
        self.problem, self.tape, self.step = problem, with_exact_constants(problem.tape), step or {}
        self.spare = min(decades(problem.values), 700)
        self.known: dict[int, Known] = {}

    def working(self, work: int) -> AbstractContextManager[Any]:
        """A context with so many digits, and those that the sizes on the tape may swallow, more than once."""
        times = 1 + (work > FIRST) + 2 * (work > VANISHED)
        most = 4 * work if self.step else work  # what cancels beside the point does so more than once
        return precise.working(most + min(times * self.spare, MOST_SPARE))

    def values(self, work: int) -> Known:
        if work not in self.known:
            with self.working(work):
                point = [_moved(float(x), self.step.get(slot, 0.0), work) for slot, x in enumerate(self.problem.point)]
                values = run(self.tape, point, EXACT.row_functions(self.tape))
                self.known[work] = values, _vanishing(self.tape, values)
        return self.known[work]

    def read(self, sweep: Sweep | None, slots: Sequence[int], printed: Sequence[float] = ()) -> Reading:
        """A sweep again and again, until what it finds in some slots settles; None: the values.

        The numbers that are ``printed``, if they are given, are the first reading.
        """
        before: list[Number] = [precise.number(number) for number in printed]
        work, digits = FIRST if all(printed) or self.step else VANISHED, PRINTED
        while True:
            values, hides = self.values(work)
            with self.working(work):
                derivatives, steps = (values, []) if sweep is None else self._swept(sweep, values)
                found = [precise.number(derivatives[slot] or 0.0) for slot in slots]
                numbers = zip(slots, before, found, strict=False)
                settled = [derivatives[slot] is None or _settles(old, new, work, digits) for slot, old, new in numbers]
            more = max(2 * work, VANISHED)
            if before and all(settled) and hides:
                hides = [slot for slot in hides if work < -2 * NOTHING and self.values(more)[0][slot] != 0]
            if (before and all(settled) and not hides) or work > LAST:
                known = [each if fits else None for each, fits in zip(found, settled, strict=True)]
                return Reading(values, derivatives, steps, tuple(known))
            # what vanishes beside the reading before is looked at again with more digits than any float is small
            least = [abs(old) * precise.power_of_ten(-DIGITS) for old in before]
            vanishes = hides or any(not least < abs(new) < math.inf for least, new in zip(least, found, strict=False))
            before, digits = found, DIGITS
            work = more if vanishes else 2 * work

    def _swept(self, sweep: Sweep, values: Values) -> tuple[Sequence[Any], Sequence[Step]]:
        tape = self.problem.tape
        if sweep.order is not None:
            (variable,) = sweep.seeds
            return power_series(self.tape, values, variable, sweep.order, MOST_ROWS, EXACT.value), []
        seeds = sweep.started(lambda seed: precise.number(float(seed)))  # a float would be added to floats as one
        if sweep.forward:
            return tangents(tape, values, [seeds.get(slot) for slot in range(tape.first_row)], sweep.overrides, EXACT), []
        return accumulate(tape, values, self.problem.active, seeds, sweep.overrides, EXACT)


def _moved(x: float, step: float, work: int) -> Number:
    """A number, or one that is beside it by half of the digits in work."""
    number = precise.number(x)
    return number + precise.power_of_ten(-work // 2) * precise.number(step * (abs(x) or 1.0)) if step else number


def _vanishing(tape: Tape, values: Values) -> list[int]:
    """The rows that are 0, maybe because of digits that are equal in so many places only: 1 - erf(20), log(sigmoid(400))."""
    return [
        slot
        for slot, (name, row) in enumerate(zip(tape.operations, tape.operands, strict=True), tape.first_row)
        if name in VANISHING and values[slot] == 0 and values[row[0]] != 0 and (len(row) == 1 or row[0] != row[1])
    ]


def _settles(before: Number, found: Number, work: int, digits: int) -> bool:
    """Whether two readings agree; what is next to nothing has to be so in many digits."""
    if not precise.is_finite(found):
        return work > -NOTHING and not precise.is_finite(before)
    if abs(found) < precise.power_of_ten(NOTHING):
        return work > -NOTHING
    return bool(abs(found - before) <= abs(found) * precise.power_of_ten(-digits))
