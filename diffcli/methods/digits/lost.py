"""Numbers that have lost their digits: those that a bound leaves in doubt are worked out exactly, and what is wrong is said.

The bound (`diffcli.methods.sweeps.rounding`) is cheap and of the worst case: it only says for which numbers that is worth while.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import groupby

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic
from diffcli.methods.digits.blame import culprit
from diffcli.methods.digits.exact import Again, Reading
from diffcli.methods.digits.shake import NOTHING
from diffcli.methods.digits.watch import UNKNOWN, Printed, Sweep
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.rounding import SMALLEST
from diffcli.operations.arithmetic import precise
from diffcli.tape.running.precise import Number

LOST = 1e-8
"""A number whose relative error is larger has lost digits that somebody may count on."""

MOST_READ = 100_000
"""The longest tape that is read again."""

MOST_SWEPT = 1_500_000
"""The rows of all the sweeps that are made again; the numbers of others are left to the bound."""

MOST_NAMED = 8
"""How many numbers a note names."""


class Lost(NamedTuple):
    """A number with too few right digits, and what it is: None where that is not known, and the bound speaks."""

    printed: Printed
    exact: Number | None
    error: float
    """Its relative error, or the bound on it."""
    reading: Reading | None

    @property
    def says(self) -> str:
        """``the value has 3 right digits``."""
        digits = max(0, math.floor(-math.log10(self.error))) if self.error < math.inf else 0
        may = "may have" if self.exact is None else "has"
        return f"{self.printed.name} {may} {digits or 'no'} right digit{'s' * (digits > 1)}"

    @property
    def numbers(self) -> str:
        """Both numbers, with as many digits as tell them apart."""
        number = self.printed.number + 0.0  # 0 has no sign in a result
        if self.exact is None:
            return f"{number:.6g}, with an error of up to {self.printed.error:.2g}"
        truth = float(self.exact) + 0.0
        if math.isinf(truth):
            return f"{number:.6g}, and it is {precise.text(self.exact, 6)}"
        digits = next((digits for digits in range(6, 17) if f"{number:.{digits}g}" != f"{truth:.{digits}g}"), 17)
        return f"{number:.{digits}g}, and it is {truth:.{digits}g}"


def lost_digits(problem: Problem, doubts: Iterable[Printed]) -> Diagnostic | None:
    """The note on the numbers in doubt that have lost digits indeed, the worst of them first; None if there are none.

    >>> problem = Problem("(x + 1) - 1", {"x": 1e-12})
    >>> value = Printed("the value", problem.value, 0.0, problem.tape.output, None)
    >>> lost_digits(problem, [value]).message
    'the value has 4 right digits: 1.00009e-12, and it is 1e-12'
    """
    lost = [each for each in judged(problem, doubts) if math.isfinite(each.printed.number) or not _overflows(problem, each)]
    return note_of(problem, lost) if lost else None


def _overflows(problem: Problem, lost: Lost) -> bool:
    """Whether a number is not finite because a value on the way is infinite, which has its own note, and is no known value."""
    if lost.printed.sweep is None and lost.exact is not None and math.isfinite(float(lost.exact)):
        return False
    there = _home(problem, lost.printed.sweep)
    row = culprit(there, lost.printed.slot, lost.printed.sweep, lost.reading)[0]
    return row >= 0 and math.isinf(there.values[row])


def _home(problem: Problem, sweep: Sweep | None) -> Problem:
    """The problem that a sweep is of."""
    return sweep.beside.problem if sweep and sweep.beside else problem


def note_of(problem: Problem, lost: Sequence[Lost]) -> Diagnostic:
    """The note on some numbers that have lost digits, of which there is one at least."""
    worst, *_ = lost = sorted(lost, key=lambda each: -each.error)
    notes = [each.says for each in lost[1 : MOST_NAMED + 1]]
    if (more := len(lost) - MOST_NAMED - 1) > 0:
        have = "may have" if worst.exact is None else "have" if more > 1 else "has"
        notes.append(f"{more} more number{'s' * (more > 1)} {have} fewer than 8 right digits")
    problem = _home(problem, worst.printed.sweep)
    slot, label, _ = culprit(problem, worst.printed.slot, worst.printed.sweep, worst.reading)
    return problem.warning("lost-digits", f"{worst.says}: {worst.numbers}", slot, label, notes)


def judged(problem: Problem, doubts: Iterable[Printed]) -> list[Lost]:
    """Those of the numbers in doubt that have lost digits; where the truth is not known, those that the bound says may have."""
    lost, again, rows = list[Lost](), dict[int, Again](), 0
    for _, group in groupby(doubts, lambda each: id(each.sweep)):
        asked = list(group)
        sweep, reading = asked[0].sweep, None
        there, known = _home(problem, sweep), id(sweep and sweep.beside)
        order = sweep.order if sweep and sweep.order else 1
        rows += there.tape.slots * (1 + order * (order - 1) // 2)  # each coefficient of a product is a sum of products
        if there.tape.shapes is None and there.tape.slots <= MOST_READ and rows <= MOST_SWEPT:
            if known not in again:
                again[known] = Again(there, sweep.beside.step if sweep and sweep.beside else {})
            slots, numbers = [each.slot for each in asked], [each.number for each in asked]
            reading = again[known].read(sweep, slots, numbers)
        for each, exact in zip(asked, reading.found if reading is not None else [None] * len(asked), strict=True):
            if exact is not None and precise.is_finite(exact):
                off = abs(precise.number(each.number) - exact)
                if not off <= max(LOST * abs(exact), SMALLEST) and float(exact) != each.number:
                    finite = exact and math.isfinite(each.number)
                    lost.append(Lost(each, exact, float(off / abs(exact)) if finite else math.inf, reading))
            elif each.error is not UNKNOWN and math.isfinite(each.number):
                size = abs(each.number)
                if not each.error <= (LOST * size if size else NOTHING):
                    bound = each.error / size if size else math.inf
                    lost.append(Lost(each, None, bound if bound == bound else math.inf, None))
    return lost
