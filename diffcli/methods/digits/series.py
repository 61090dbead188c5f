"""Which coefficients of a Taylor series may have lost digits: every value and every partial in it is shaken."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from diffcli.errors import Diagnostic
from diffcli.methods.digits.lost import lost_digits
from diffcli.methods.digits.shake import NUDGE, factor, is_extreme, is_rounded, moved
from diffcli.methods.digits.watch import Printed, Sweep
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.point_rows import PointRows
from diffcli.methods.sweeps.series import expand
from diffcli.tape.running.evaluation import run
from diffcli.tape.running.rules import FLOAT, Arithmetic, Function


class _Shaken(Arithmetic):
    """Floats whose operations move their results."""

    def __init__(self) -> None:
        super().__init__(FLOAT.functions)
        self.place = count()

    def value(self, name: str) -> Function:
        return self.moving(super().value(name), name)

    def strict(self, name: str) -> Function:
        return self.moving(FLOAT.strict(name), name)

    def moving(self, function: Function, name: str) -> Function:
        if not is_rounded(name):
            return function
        return lambda *operands: function(*operands) * factor(next(self.place)) + NUDGE


def watch_series(problem: Problem, slot: int, coefficients: Sequence[float], most_rows: int) -> list[Diagnostic]:
    """What is to be said of the Taylor coefficients along an input that have lost digits."""
    order, shaken = len(coefficients) - 1, _Shaken()
    values = run(problem.tape, problem.point, shaken.row_functions(problem.tape))
    given = {slot: [values[slot], 1.0]}
    rows = PointRows(problem.tape, values, given, most_rows, arithmetic=shaken)
    beside = expand(rows, problem.tape, given, order, lambda number: number * factor(next(shaken.place)) + NUDGE)
    sweep = Sweep({slot: 1.0}, True, order=order)
    doubts = []
    extreme = is_extreme(problem.tape, problem.values, values)
    for k, (number, other) in enumerate(zip(coefficients, beside, strict=True)):
        error = moved(number, other, extreme)
        if error is not None:
            doubts.append(Printed(f"the coefficient of order {k}" if k else "the value", number, error, k, sweep))
    note = lost_digits(problem, doubts) if doubts else None
    return [] if note is None else [note]
