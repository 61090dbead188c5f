"""The same check at many points: how often each verdict came, and where it was worst."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from diffcli.language import Program
from diffcli.methods.problem import Problem
from diffcli.studies.agreement import PartialCheck, check

SEVERITY = ("agree", "kink", "jump", "pole", "disagree")
"""The verdicts, the worst last."""


class Worst(NamedTuple):
    """The worst point of one partial derivative."""

    at: dict[str, float]
    check: PartialCheck
    error: float | None
    """The largest relative error of any way there; None where there is nothing to compare with."""


class PointChecks(NamedTuple):
    expression: str
    points: int
    counts: dict[str, dict[str, int]]
    """By variable and verdict."""
    worst: dict[str, Worst]
    undefined: list[dict[str, float]]
    """The points at which the value is undefined."""

    @property
    def passed(self) -> bool:
        return not self.undefined and all("disagree" not in counts for counts in self.counts.values())


def check_points(
    program: Program,
    points: Iterable[Mapping[str, object]],
    wrt: list[str] | None = None,
    digits: int | None = None,
    max_nodes: int = 10_000_000,
    progress: Callable[[str], None] = lambda stage: None,
) -> PointChecks:
    """`diffcli.studies.agreement.check` at each of some points.

    Raises
    ------
    ExpressionError
        A point does not fit the program.
    """
    counts: dict[str, dict[str, int]] = {}
    worst: dict[str, Worst] = {}
    undefined: list[dict[str, float]] = []
    done, expression = 0, ""
    for done, point in enumerate(points, 1):
        progress(f"point {done}")
        problem = Problem(program, point, wrt=wrt, most_rows=max_nodes)
        expression = expression or problem.expression()
        if problem.value != problem.value:
            undefined.append(problem.at)
            continue
        for found in check(problem, digits).checks:
            tally = counts.setdefault(found.variable, {})
            tally[found.verdict] = tally.get(found.verdict, 0) + 1
            candidate = Worst(problem.at, found, _largest_error(found))
            if found.variable not in worst or _key(candidate) > _key(worst[found.variable]):
                worst[found.variable] = candidate
    return PointChecks(expression, done, counts, worst, undefined)


def _largest_error(found: PartialCheck) -> float | None:
    """The largest relative error of a way without an error bar."""
    size = abs(float(found.exact)) if found.exact is not None else max(abs(found.left or 0.0), abs(found.right or 0.0))
    errors = [way.error for way in found.ways if way.error is not None and way.bar is None]
    return max(errors) / (size or 1.0) if errors else None


def _key(found: Worst) -> tuple[int, float]:
    return SEVERITY.index(found.check.verdict), found.error or 0.0
