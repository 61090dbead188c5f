"""A sweep made again with as many digits as it takes: what the numbers that it found really are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from diffcli._named import NamedTuple
from diffcli.methods.differences.precise import EXACT, MOST_SPARE, Number, decades, with_exact_constants
from diffcli.methods.digits.watch import Sweep
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.forward import tangents
from diffcli.methods.sweeps.reverse import Step, accumulate
from diffcli.methods.sweeps.series import power_series
from diffcli.operations.arithmetic import precise
from diffcli.tape import Tape
from diffcli.tape.lowering import MOST_ROWS
from diffcli.tape.running.evaluation import Values, run

DIGITS = 20
"""In how many digits two readings are to agree."""

PRINTED = 9
"""And in how many with the numbers that are printed, which have their digits then."""

FIRST, LAST = 60, 700
"""The digits of the first reading, which are doubled from one to the next, and the most that are tried."""

NOTHING = -330
"""What is below this power of ten is 0 in floats."""

VANISHED = DIGITS - NOTHING
"""The digits in which 0 is 0, and not what is left of numbers that cancel."""

VANISHING = frozenset(("add", "sub", "log", "log2", "log10", "log_base", "acos", "acosh", "lgamma"))
"""Operations that are 0 beside operands that are not."""


class Reading(NamedTuple):
    """What a sweep finds, in precise numbers: the value of every slot, its derivative, and the steps of a reverse sweep."""

    values: Values
    derivatives: Sequence[Any]
    steps: Sequence[Step]
    found: tuple[Number | None, ...]
    """What was asked for; None for what is undefined, or does not settle."""


def read_again(
    problem: Problem, sweep: Sweep | None, slots: Sequence[int], printed: Sequence[float] = ()
) -> Reading:
    """A sweep over a problem in numbers with more and more digits, until what it finds in some slots settles; None: its values.

    Floats on the tape and in the point count as what they are, exactly. The numbers that are ``printed``, if they are given,
    are the first reading.

    >>> problem = Problem("(1 - cos(x))/x^2", {"x": 1e-4})
    >>> float(read_again(problem, Sweep({problem.tape.output: 1.0}), [0]).found[0])
    -8.333333327777778e-06
    """
    tape, spare = with_exact_constants(problem.tape), min(decades(problem.values), 700)
    functions = EXACT.row_functions(tape)
    before: list[Number] = [precise.number(number) for number in printed]
    work, digits = FIRST if all(printed) else VANISHED, PRINTED
    while True:
        with precise.working(work + spare):
            values = run(tape, [precise.number(float(x)) for x in problem.point], functions)
            derivatives, steps = (values, []) if sweep is None else _swept(problem, sweep, values)
            found = [precise.number(derivatives[slot] or 0.0) for slot in slots]
            settled = [_settles(*pair, work, digits) for pair in zip(before, found, strict=False)]
            hides = _hides(tape, values)
            if (before and all(settled) and not (hides and work < -2 * NOTHING)) or work > LAST:
                known = [each if fits else None for each, fits in zip(found, settled, strict=True)]
                return Reading(values, derivatives, steps, tuple(known))
        # what vanishes beside the reading before is looked at again with more digits than any float is small
        least = [abs(old) * precise.power_of_ten(-DIGITS) for old in before]
        vanishes = hides or any(not least < abs(new) < math.inf for least, new in zip(least, found, strict=False))
        before, spare, digits = found, min(2 * spare, MOST_SPARE), DIGITS  # more than once
        work = max(2 * work, VANISHED if vanishes else 0)


def _swept(problem: Problem, sweep: Sweep, values: Values) -> tuple[Sequence[Any], Sequence[Step]]:
    tape = problem.tape
    if sweep.order is not None:
        (variable,) = sweep.seeds
        return power_series(with_exact_constants(tape), values, variable, sweep.order, MOST_ROWS, EXACT.value), []
    seeds = sweep.started(lambda seed: precise.number(float(seed)))  # a float would be added to floats as one
    if sweep.forward:
        return tangents(tape, values, [seeds.get(slot) for slot in range(tape.first_row)], sweep.overrides, EXACT), []
    return accumulate(tape, values, problem.active, seeds, sweep.overrides, EXACT)


def _hides(tape: Tape, values: Values) -> bool:
    """Whether a row is 0 because of digits that may be equal in so many places only: 1 - erf(20), log(sigmoid(400))."""
    return any(
        name in VANISHING and values[slot] == 0 and values[row[0]] != 0 and (len(row) == 1 or row[0] != row[1])
        for slot, (name, row) in enumerate(zip(tape.operations, tape.operands, strict=True), tape.first_row)
    )


def _settles(before: Number, found: Number, work: int, digits: int) -> bool:
    """Whether two readings agree; what is next to nothing has to be so in many digits."""
    if not precise.is_finite(found):
        return work > -NOTHING and not precise.is_finite(before)
    if abs(found) < precise.power_of_ten(NOTHING):
        return work > -NOTHING
    return bool(abs(found - before) <= abs(found) * precise.power_of_ten(-digits))
