"""The gradient of a problem as a program, with its rows as records: what ``--derivative-tape`` prints."""

from __future__ import annotations

from typing import Any

from diffcli.methods.problem.problem import Linearisation, Problem
from diffcli.methods.sweeps.transform import ReverseTransform
from diffcli.methods.traces.cost import function_cost
from diffcli.methods.traces.trace import Tracer, operand_of
from diffcli.records import plain
from diffcli.records.derivations import DerivativeTape


def derivative_tape(problem: Problem, options: Any) -> DerivativeTape:
    """The program of value and gradient, evaluated at the problem's point.

    Operations are counted as for ``--cost``: those that are evaluated, comparisons and choices left out.
    """
    slots = list(map(problem.input_slot, problem.wrt))
    found = ReverseTransform(problem.tape, slots, problem.active, most_rows=options.max_nodes).run()
    tape = found.tape
    derived = Linearisation(problem, tape)
    trace = Tracer(derived, options).primal()
    named: dict[int, list[int]] = {}
    for slot, place in found.derivatives.items():
        if place >= 0 and slot in found.values and problem.active[slot]:
            named.setdefault(tape.index(place), []).append(tape.index(found.values[slot]))
    names = ["f", *(f"df/d{name}" for name in problem.wrt)]
    outputs = tuple(
        (name, operand_of(tape, slot), plain(derived.values[slot]) + 0.0) for name, slot in zip(names, tape.results, strict=True)
    )  # fmt: skip
    adjoints = tuple(tuple(sorted(named.get(row.v, ()))) for row in trace.primal)
    first = tape.index(tape.derived_from or 0)
    return DerivativeTape(trace, adjoints, first, outputs, function_cost(problem), function_cost(derived))
