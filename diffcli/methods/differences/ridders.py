"""Ridders' method: central quotients over steps that shrink by 1.4, extrapolated until the error grows (Ridders 1982).

It sees values only, and takes the difference of neighbouring entries for the error. That is an estimate, which a function
that is narrower than the first step deceives.
"""

from __future__ import annotations

import math

from diffcli.methods.differences.sampling import Sampler
from diffcli.records import Difference

SHRINKING = 1.4
MOST_ROWS = 10


def ridders(sampler: Sampler, variable: str, first: float | None = None) -> Difference:
    """The derivative with the error that the method itself tells; the first step is a tenth of |x|, if not given."""
    x = sampler.x
    step = first or 0.1 * (abs(x) or 1.0)
    reason = f"Ridders' tableau from the step {'that was given' if first else f'{step:.3g}, a tenth of the size of the point'}"
    above: list[float] = []
    best, bar, best_step, order = math.nan, math.inf, step, 2
    samples: dict[float, float] = {}
    for _ in range(MOST_ROWS):
        right, left = sampler.sample(x + step), sampler.sample(x - step)
        samples |= {left.x: left.value, right.x: right.value}
        distance = right.x - left.x
        row = [(right.value - left.value) / distance if distance and right.defined and left.defined else math.nan]
        factor = 1.0
        for column, old in enumerate(above, 1):
            factor *= SHRINKING**2
            row.append(row[-1] + (row[-1] - old) / (factor - 1))
            error = max(abs(row[-1] - row[-2]), abs(row[-1] - old))
            if error <= bar:
                best, bar, best_step, order = row[-1], error, step, 2 * (column + 1)
        if above and abs(row[-1] - above[-1]) >= 2 * bar:
            break
        above = row if math.isfinite(row[0]) else []
        step /= SHRINKING
    known = bar if math.isfinite(bar) else None
    return Difference(
        variable, "ridders", best_step, tuple(sorted(samples.items())), best, known, reason,
        order=order, evaluations=sampler.evaluations, extrapolated=True,
    )  # fmt: skip
