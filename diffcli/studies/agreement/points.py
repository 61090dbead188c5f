"""The same check at many points: how often each verdict came, and where it was worst.

Points at which nothing is in doubt are told from the others by a fraction of the work of a whole check.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from diffcli.errors import Diagnostic, LimitError, as_stop
from diffcli.language import Program
from diffcli.methods.differences.complex_step import complex_difference
from diffcli.methods.digits.exact import Again
from diffcli.methods.digits.lost import LOST
from diffcli.methods.digits.watch import Sweep
from diffcli.methods.nonsmooth.breaks import find_breaks
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.rounding import adjoint_errors, value_errors
from diffcli.operations.arithmetic.arrays import as_array, quiet, where
from diffcli.records.agreement import PartialCheck, PointChecks, Worst
from diffcli.studies.agreement.agreement import agreement_of
from diffcli.studies.agreement.forms import Forms
from diffcli.studies.agreement.verdict import TOLERANCE
from diffcli.tape import Tape
from diffcli.tape.running.array_rules import NUMPY
from diffcli.tape.running.evaluation import run
from diffcli.tape.running.precise import Number

SEVERITY = ("agree", "kink", "jump", "edge", "pole", "disagree")
"""The verdicts, the worst last."""

TOGETHER = 200
"""How many points of a program are looked at together."""

MOST_SLOTS = 2000
"""The longest tape that is looked at this way."""

CONFIRMED = 1e-7
"""The relative error up to which differences confirm a derivative."""

STEPS = tuple(2.0**-power for power in range(3, 17, 2))
"""Steps of differences beside the size of the variable: each is a quarter of the one before."""

LEAST = 2.0**-7
"""A variable that is smaller is taken to be of this size."""

DUST = 1e-40
"""A relative error below it is what is left of the digits of what is right."""


def check_points(
    program: Program,
    points: Sequence[Mapping[str, object]],
    wrt: str | Sequence[str] | None = None,
    digits: int | None = None,
    max_nodes: int = 10_000_000,
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> PointChecks:
    """`diffcli.studies.agreement.agreement.agreement_of` at each of some points; at those that are done when it is stopped.

    Of the notes, the first of each code is kept.
    """
    result, told, forms = PointChecks("", 0, {}, {}, []), dict[str, Diagnostic](), Forms()
    together = TOGETHER if type(program) is Program else 1
    try:
        for start in range(0, len(points), together):
            problems = [Problem(program, point, wrt=wrt, most_rows=max_nodes) for point in points[start : start + together]]
            problems[0].require_number()
            for number, (problem, differences) in enumerate(zip(problems, differences_of(problems), strict=True), start + 1):
                progress(f"point {number} of {len(points)}", number - 1, len(points))
                result, notes = _with_point(result, problem, digits, forms, differences)
                for note in notes:
                    if note.code == "timeout":
                        raise LimitError([note])
                    if note.code == "interrupted":
                        raise KeyboardInterrupt
                    told.setdefault(note.code, note._replace(notes=(*note.notes, f"first at point {number}")))
    except (LimitError, KeyboardInterrupt) as stopped:
        if not result.points:
            raise
        until = as_stop(stopped)._replace(notes=(f"checked until then: {result.points} points",))
        return result._replace(notes=(*told.values(), until))
    return result._replace(notes=tuple(told.values()))


def _with_point(
    result: PointChecks, problem: Problem, digits: int | None, forms: Forms, differences: Mapping[str, float]
) -> tuple[PointChecks, Sequence[Diagnostic]]:
    """The result with one more point, and the notes of the check there."""
    result = result._replace(expression=result.expression or problem.expression(), points=result.points + 1)
    if problem.value != problem.value:
        result.undefined.append(problem.at)
        return result, ()
    worst = {name: found.error or 0.0 if found.check.verdict == "agree" else math.inf for name, found in result.worst.items()}
    plain = differences and is_plain(problem, differences, forms, worst)
    agreement = None if plain else agreement_of(problem, digits, forms=forms)
    checks = agreement.checks if agreement is not None else ()
    for name, verdict in ({found.variable: found.verdict for found in checks} or dict.fromkeys(problem.wrt, "agree")).items():
        counts = result.counts.setdefault(name, {})
        counts[verdict] = counts.get(verdict, 0) + 1
    for found in checks:
        candidate = Worst(problem.at, found, _largest_error(found))
        if found.variable not in result.worst or _key(candidate) > _key(result.worst[found.variable]):
            result.worst[found.variable] = candidate
    return result, problem.notes() if agreement is None else agreement.notes


def _largest_error(found: PartialCheck) -> float | None:
    """The largest relative error of a method without an error bar."""
    errors = [way.error for way in found.ways if way.error is not None and way.bar is None]
    return max(errors) / (found.size or 1.0) if errors else None


def _key(found: Worst) -> tuple[int, float]:
    return SEVERITY.index(found.check.verdict), found.error or 0.0


def differences_of(problems: Sequence[Problem]) -> list[dict[str, float]]:
    """The derivatives by differences of one program at many points; none where they do not see it as it is."""
    first, tape = problems[0], problems[0].tape
    if first.function or tape.shapes or tape.slots > MOST_SLOTS or "stop_gradient" in tape.operations or not first.wrt:
        return [{}] * len(problems)
    columns = [as_array(list(column)) for column in zip(*[problem.point for problem in problems], strict=True)]
    found = [column_differences(tape, columns, first.input_slot(name)) for name in first.wrt]
    return [dict(zip(first.wrt, slopes, strict=True)) for slopes in zip(*found, strict=True)]


def column_differences(tape: Tape, columns: Sequence[Any], position: int) -> list[float]:
    """The derivative of a tape of numbers along one of its inputs at many points at once; NaN where no quotients settle.

    ``columns`` are the values of each input at all of the points. The estimate is what lies closest to those that
    Richardson's extrapolation makes it from (Ridders 1982). It has no bar: this is to confirm a derivative that is known.
    """
    x = columns[position]
    tape = tape.copy(skips=[], shapes=[x.shape] * tape.slots)  # both branches are evaluated, and one is chosen by a mask
    functions, size = NUMPY.row_functions(tape), where(abs(x) > LEAST, abs(x), LEAST)

    def values(moved: Any) -> Any:
        return run(tape, [*columns[:position], moved, *columns[position + 1 :]], functions)[tape.output]

    found, doubt = x * float("nan"), x * 0.0 + float("inf")
    row: list[Any] = []
    with quiet():
        for step in STEPS:
            right, left = x + step * size, x - step * size
            before, row, shrunk = row, [(values(right) - values(left)) / (right - left)], 1.0
            for beside in before:
                shrunk *= 16
                row.append(row[-1] + (row[-1] - beside) / (shrunk - 1))
                gap = abs(row[-1] - row[-2]) + abs(row[-1] - beside)
                found, doubt = where(gap < doubt, row[-1], found), where(gap < doubt, gap, doubt)
    return [float(slope) for slope in found]


def is_plain(problem: Problem, differences: Mapping[str, float], forms: Forms, worst: Mapping[str, float]) -> bool:
    """Whether nothing breaks at the point, every method agrees, and none is off by more than the ``worst`` that is known.

    That is plain from the bounds on rounding, or from the same sweep with more digits.
    """
    slots, output = [problem.input_slot(name) for name in problem.wrt], problem.tape.output
    reverse = [problem.adjoints[slot] or 0.0 for slot in slots]
    confirmed = zip([differences.get(name, math.nan) for name in problem.wrt], reverse, strict=True)
    if not all(abs(slope - right) <= CONFIRMED * abs(right) for slope, right in confirmed) or find_breaks(problem):
        return False
    symbolic, ways = forms.values(problem), [([problem.value], LOST)]
    for name, slot, back in zip(problem.wrt, slots, reverse, strict=True):
        forward, step = problem.swept_forward({slot: 1.0})[output] or 0.0, complex_difference(problem, name).estimate
        ways.append(([back, forward, symbolic.get(name, math.nan), step], min(TOLERANCE, worst.get(name, -1.0))))
    of_values = value_errors(problem.tape, problem.values)
    bounds = adjoint_errors(problem.tape, problem.values, of_values, problem.adjoints, problem.active, {})
    if _are_near(ways, [problem.value, *reverse], [of_values[output], *[bounds[slot] for slot in slots]]):
        return True
    exact = Again(problem).read(Sweep({output: 1.0}), slots, reverse)
    return None not in exact.found and _are_near(ways, [exact.values[output], *exact.found], [0.0] * len(ways))


def _are_near(ways: Sequence[tuple[list[float], float]], right: Sequence[Number], bounds: Sequence[float]) -> bool:
    """Whether each number is by every way as near as it has to be to what is right, which is known within bounds."""
    return all(
        _distance(value, *known) <= most
        for (values, most), *known in zip(ways, right, bounds, strict=True) for value in values
    )  # fmt: skip


def _distance(value: float, right: Number, bound: float) -> float:
    """How far a float may be from a number that is known within a bound, relative to it; anything is infinitely far from 0."""
    size, low = abs(float(right)), float(right - float(right))
    error = abs(value - float(right) - low) + bound  # the first difference is exact where the two are close
    if error <= DUST * size:
        return 0.0
    return error / size if size else math.inf
