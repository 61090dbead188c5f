"""A tape along a direction in the space of its inputs, for differences."""

from __future__ import annotations

import math
from collections.abc import Mapping

from diffcli.methods.differences.sampling import Sample, TapeSampler
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.forward import Tangents, tangents
from diffcli.tape.running.evaluation import run


class DirectionSampler(TapeSampler):
    """The values of a tape at x + t*d, as a function of t, which is 0 at the point.

    What is lost where a sum of x and t*d is rounded moves the value, and counts as noise.

    >>> from diffcli.methods.differences.automatic_difference import automatic_difference
    >>> sampler = DirectionSampler(Problem("x*y", {"x": 3.0, "y": 2.0}), {"x": 1.0, "y": 1.0})
    >>> automatic_difference(sampler, "t").estimate, automatic_difference(sampler, "t", derivative=2).estimate
    (5.0, 2.0)
    """

    def __init__(self, problem: Problem, direction: Mapping[str, float]) -> None:
        self.direction = {problem.input_slot(name): step for name, step in direction.items() if step}
        moving = list(self.direction)
        super().__init__(problem, problem.tape.inputs[moving[0]], moving)
        self.x = 0.0
        self.base = Sample(0.0, problem.value, problem.values)

    def sample(self, x: float) -> Sample:
        self.evaluations += 1
        point = list(self.point)
        for slot, step in self.direction.items():
            point[slot] += x * step
        rows = run(self.tape, point, self.functions)
        value = float(rows[self.tape.output])
        lost = any(rows[slot] is not None and math.isinf(rows[slot]) for slot in self.live)
        return Sample(x, math.nan if lost else value, rows)

    def noise(self, one: Sample, other: Sample) -> float:
        return super().noise(one, other) + self._astray(one.x) + self._astray(other.x)

    def _astray(self, x: float) -> float:
        """How far the value may be off because the point is not quite where it should be."""
        moves = self._slopes()
        total = 0.0
        for slot, step in self.direction.items():
            lost = _lost(self.point[slot], x * step)
            total += abs(moves[slot] * lost) if lost else 0.0
        return 2 * total  # the slope there is not quite that at the point

    def _slopes(self) -> list[float]:
        """The partial derivatives, by input; 0 where there is no dependence."""
        return [bar or 0.0 for bar in self.problem.adjoints[: self.tape.first_row]]

    def _tangents(self) -> Tangents:
        if not self._moves:
            seed = [self.direction.get(slot) for slot in range(self.tape.first_row)]
            self._moves = tangents(self.tape, list(self.base.rows), seed)
        return self._moves


def _lost(a: float, b: float) -> float:
    """What rounding takes from a sum, exactly (Knuth's TwoSum).

    >>> _lost(1.0, 2.0**-60) == 2.0**-60
    True
    """
    total = a + b
    rest = total - a
    return (a - (total - rest)) + (b - rest)
