"""The same check at many points: how often each verdict came, and where it was worst."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from diffcli.errors import Diagnostic, LimitError, as_stop
from diffcli.language import Program
from diffcli.methods.problem.problem import Problem
from diffcli.records.agreement import PartialCheck, PointChecks, Worst
from diffcli.studies.agreement.agreement import agreement_of

SEVERITY = ("agree", "kink", "jump", "edge", "pole", "disagree")
"""The verdicts, the worst last."""


def check_points(
    program: Program,
    points: Iterable[Mapping[str, object]],
    wrt: str | Sequence[str] | None = None,
    digits: int | None = None,
    max_nodes: int = 10_000_000,
    progress: Callable[[str], None] = lambda stage: None,
) -> PointChecks:
    """`diffcli.studies.agreement.agreement.agreement_of` at each of some points; at those that are done when it is stopped.

    Of the notes, the first of each code is kept.
    """
    result, told = PointChecks("", 0, {}, {}, []), dict[str, Diagnostic]()
    try:
        for number, point in enumerate(points, 1):
            progress(f"point {number}")
            result, notes = _with_point(result, Problem(program, point, wrt=wrt, most_rows=max_nodes), digits)
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


def _with_point(result: PointChecks, problem: Problem, digits: int | None) -> tuple[PointChecks, Sequence[Diagnostic]]:
    """The result with one more point, and the notes of the check there."""
    problem.require_number()
    result = result._replace(expression=result.expression or problem.expression(), points=result.points + 1)
    if problem.value != problem.value:
        result.undefined.append(problem.at)
        return result, ()
    agreement = agreement_of(problem, digits)
    for found in agreement.checks:
        counts = result.counts.setdefault(found.variable, {})
        counts[found.verdict] = counts.get(found.verdict, 0) + 1
        candidate = Worst(problem.at, found, _largest_error(found))
        if found.variable not in result.worst or _key(candidate) > _key(result.worst[found.variable]):
            result.worst[found.variable] = candidate
    return result, agreement.notes


def _largest_error(found: PartialCheck) -> float | None:
    """The largest relative error of a method without an error bar."""
    errors = [way.error for way in found.ways if way.error is not None and way.bar is None]
    return max(errors) / (found.size or 1.0) if errors else None


def _key(found: Worst) -> tuple[int, float]:
    return SEVERITY.index(found.check.verdict), found.error or 0.0
