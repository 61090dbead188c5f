"""The same check at many points: how often each verdict came, and where it was worst."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from diffcli.errors import Diagnostic, LimitError, as_stop
from diffcli.language import Program
from diffcli.methods.problem.problem import Problem
from diffcli.records.agreement import PartialCheck, PointChecks, Worst
from diffcli.studies.agreement.agreement import agreement_of
from diffcli.studies.agreement.forms import Forms

SEVERITY = ("agree", "kink", "jump", "edge", "pole", "disagree")
"""The verdicts, the worst last."""

TOGETHER = 200
"""How many points of a program are looked at together."""


def check_points(
    program: Program,
    points: Sequence[Mapping[str, object]],
    wrt: str | Sequence[str] | None = None,
    digits: int | None = None,
    max_nodes: int = 10_000_000,
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> PointChecks:
    """`diffcli.studies.agreement.agreement.agreement_of` at each of some points; at those that are done when it is stopped.

    Points at which nothing is in doubt are counted after a fraction of the work. Of the notes, the first of each code is kept.
    """
    from diffcli.studies.agreement.shortcut import differences_of  # a check at one point does not wait for NumPy

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
    from diffcli.studies.agreement.shortcut import is_plain

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
