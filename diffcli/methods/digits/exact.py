"""A sweep made again with as many digits as it takes: what the numbers that it found really are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli._named import NamedTuple
from diffcli.methods.differences.precise import EXACT, Number, decades, with_exact_constants
from diffcli.methods.digits.printed import Sweep
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.forward import tangents
from diffcli.methods.sweeps.reverse import Step, accumulate
from diffcli.operations.arithmetic import precise
from diffcli.tape.running.evaluation import Values, run

DIGITS = 20
"""In how many digits two readings are to agree."""

FIRST, LAST = 60, 1000
"""The digits of the first reading, which are doubled from one to the next, and the most that are tried."""

NOTHING = -330
"""What is below this power of ten is 0 in floats."""


class Reading(NamedTuple):
    """What a sweep finds, in precise numbers: the value of every slot, its derivative, and the steps of a reverse sweep."""

    values: Values
    derivatives: Sequence[Any]
    steps: Sequence[Step]
    found: tuple[Number | None, ...]
    """What was asked for; None for what is undefined, or does not settle."""


def read_again(problem: Problem, sweep: Sweep, slots: Sequence[int], of_values: bool = False) -> Reading:
    """A sweep over a problem in numbers with more and more digits, until what it finds in some slots settles.

    Floats on the tape and in the point count as what they are, exactly. With ``of_values`` the values are asked for.

    >>> problem = Problem("(1 - cos(x))/x^2", {"x": 1e-4})
    >>> float(read_again(problem, Sweep({problem.tape.output: 1.0}), [0]).found[0])
    -8.333333327777778e-06
    """
    tape, spare = with_exact_constants(problem.tape), min(decades(problem.values), 700)
    functions = EXACT.row_functions(tape)
    before: list[Number] = []
    work = FIRST
    while True:
        with precise.working(work + spare):
            values = run(tape, [precise.number(float(x)) for x in problem.point], functions)
            derivatives, steps = _swept(problem, sweep, values) if sweep.seeds else ([], [])
            wanted = [(values if of_values else derivatives)[slot] for slot in slots]
            found = [precise.number(0.0 if number is None else number) for number in wanted]
            settled = [_settles(*pair, work) for pair in zip(before, found, strict=False)]
            if (before and all(settled)) or 2 * work > LAST:
                known = [each if fits else None for each, fits in zip(found, settled, strict=True)]
                return Reading(values, derivatives, steps, tuple(known))
        before, work = found, 2 * work


def _swept(problem: Problem, sweep: Sweep, values: Values) -> tuple[Sequence[Any], Sequence[Step]]:
    tape = problem.tape
    if sweep.forward:
        seed = [sweep.seeds.get(slot) for slot in range(tape.first_row)]
        return tangents(tape, values, seed, sweep.overrides, EXACT), []
    return accumulate(tape, values, problem.active, sweep.seeds, sweep.overrides, EXACT)


def _settles(before: Number, found: Number, work: int) -> bool:
    """Whether two readings agree; what is next to nothing has to be so in many digits."""
    if not precise.is_finite(found):
        return not precise.is_finite(before)
    if abs(found) < precise.power_of_ten(NOTHING):
        return work > -NOTHING
    return bool(abs(found - before) <= abs(found) * precise.power_of_ten(-DIGITS))
