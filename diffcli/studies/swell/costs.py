"""What the tape takes for l_n and its derivative: elementary operations, as `diffcli.methods.traces.cost` counts them.

The steps of a recurrence are linked by the state alone, so the operations of l_n are the sum of those of its steps, and
those of a step are counted on the tape of the map itself, at the state that the step starts from.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from diffcli.methods.problem.problem import Problem
from diffcli.methods.traces.cost import forward_cost, reverse_cost
from diffcli.records.swell import TapeCost
from diffcli.studies.swell.map import Recurrence
from diffcli.tape import Tape
from diffcli.tape.running.rules import terms


def chooses(tape: Tape) -> bool:
    """Whether what its operations take depends on the point: one of them, or a rule of one, is a choice."""
    kinds = set(zip(tape.operations, map(len, tape.operands), strict=True))
    return any(
        name == "where" or any(term is not None and "where" in term.program.operations for term in terms(name, count))
        for name, count in kinds
    )


def tape_costs(recurrence: Recurrence, at: Mapping[str, float], n: int) -> Iterator[TapeCost]:
    """The costs of l_1, l_2, ..., l_n at a point."""
    step = recurrence.step()
    branches = chooses(step)
    total = TapeCost(0, 0, 0)
    yield total
    state = at[recurrence.start]
    for index in range(2, n + 1):
        if index == 2 or branches:  # without a choice in a rule, each step takes what the first took
            point = {name: at[name] for name in recurrence.parameters} | {recurrence.state: state}
            if recurrence.fresh:
                point[recurrence.fresh] = at[f"x{index}"]
            state, function, along, reverse = _step_cost(recurrence, point)
            branches = branches and math.isfinite(state)  # beyond that no value decides between branches
        forward = along[recurrence.state]
        if recurrence.fresh:
            forward = (index - 1) * forward + along[recurrence.fresh]
        total = TapeCost(total.function + function, total.forward + forward, total.reverse + reverse)
        yield total


def _step_cost(recurrence: Recurrence, point: Mapping[str, float]) -> tuple[float, int, dict[str, int], int]:
    """The next state, and the operations of a step: of the map, of a tangent sweep along each variable, of its reverse sweep."""
    problem = Problem(recurrence.program, point, wrt=list(filter(None, (recurrence.state, recurrence.fresh))))
    along = {name: forward_cost(problem, [(problem.input_slot(name),)]).sweep for name in problem.wrt}
    cost = reverse_cost(problem)
    return problem.value, cost.function, along, cost.sweep
