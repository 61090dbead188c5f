"""Which coefficients of a Taylor series may have lost digits: every value and every partial in it is shaken."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import count

from diffcli.errors import Diagnostic
from diffcli.methods.digits.lost import lost_digits
from diffcli.methods.digits.shake import is_extreme, moved, shake, shaking, shaking_function
from diffcli.methods.digits.watch import Printed, Sweep
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.series import power_series
from diffcli.tape.running.evaluation import run
from diffcli.tape.running.rules import FLOAT


def watch_series(problem: Problem, slot: int, coefficients: Sequence[float], most_rows: int) -> list[Diagnostic]:
    """What is to be said of the Taylor coefficients along an input that have lost digits."""
    order, places = len(coefficients) - 1, count()
    values = run(problem.tape, problem.point, shaking(problem.tape, places))
    beside = power_series(
        problem.tape, values, slot, order, most_rows, lambda name: shaking_function(FLOAT.value(name), name, places),
        partial(shake, places),
    )  # fmt: skip
    sweep = Sweep({slot: 1.0}, True, order=order)
    doubts = []
    extreme = is_extreme(problem.tape, problem.values, values)
    for k, (number, other) in enumerate(zip(coefficients, beside, strict=True)):
        error = moved(number, other, extreme)
        if error is not None:
            doubts.append(Printed(f"the coefficient of order {k}" if k else "the value", number, error, k, sweep))
    note = lost_digits(problem, doubts) if doubts else None
    return [] if note is None else [note]
