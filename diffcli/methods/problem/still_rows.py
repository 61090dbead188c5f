"""Comparisons of equal sides that no move of the point takes apart, so that they are at no boundary that it could cross.

As ``t < 1`` where t is ``s + (1 - s)``, the end of a last step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from diffcli.methods.problem.components import Components, inputs_of
from diffcli.methods.problem.live_values import elements
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.one_sided_series import Undecided, along, compared
from diffcli.methods.sweeps.point_rows import COMPARISONS
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import Values, arithmetic_of

MOST_WRITTEN = 20_000
"""How many numbers a program may compute for that they are looked for."""


def leaving_rows(problem: Problem) -> dict[int, Any]:
    """Which comparisons of equal sides leave their boundary: a truth, or one for each element.

    A direction in general position tells, followed both ways.

    >>> leaving_rows(Problem("where(x + (1 - x) < 1, x, x^2) + where(x < 2, x, 3)", {"x": 2}))
    {3: False, 6: True}
    """
    tape, values = problem.tape, problem.values
    if elements(tape) > MOST_WRITTEN or (tape.shapes is not None and tape.derived_from is not None):
        return {}  # too many, or rows that cannot be written out
    any_true = arithmetic_of(tape).numbers.any_true
    asked = [
        slot for slot in tape.rows() if tape.operation(slot) in COMPARISONS and problem.active[slot] and values[slot] is not None
        and any_true(values[tape.operands_of(slot)[0]] == values[tape.operands_of(slot)[1]])
    ]  # fmt: skip
    if not asked:
        return {}
    numbers, places = written_out(tape, values)
    inputs = inputs_of(tape)
    point = [float(number or 0.0) for number in inputs.numbers(values)]
    step = {k: math.cos(k + 1) for k, slot in enumerate(inputs.slots) if problem.active[slot]}
    found = {}
    try:
        ways = [along(numbers, point, {k: side * each for k, each in step.items()}) for side in (1.0, -1.0)]
        for slot in asked:
            leaves = [float(not _is_still(numbers, place, ways)) for place in places(slot)]
            found[slot] = Components([("", 0, tape.shape(slot))]).of(leaves)[""] != 0
    except Undecided:
        return {}
    return found


def _is_still(tape: Tape, slot: int, ways: Sequence[Values]) -> bool:
    if tape.operation(slot) not in COMPARISONS:
        return False
    a, b = tape.operands_of(slot)
    known = [(way[a], way[b]) for way in ways if way[a] is not None is not way[b]]  # a branch may not be taken on a side
    return all(compared("eq", *sides) for sides in known)


def written_out(tape: Tape, values: Values) -> tuple[Tape, Callable[[int], Sequence[int]]]:
    """A tape in numbers, and where the elements of a slot's value stand on it."""
    if tape.shapes is None:
        return tape, lambda slot: (slot,)
    from diffcli.tape.building.scalarising import write_out

    written = write_out(tape, values)
    return written.tape, lambda slot: written.of(tape, slot)
