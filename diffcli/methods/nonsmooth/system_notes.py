"""Where results are undefined, or their derivatives not finite: what is refused, and what is explained."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from diffcli.errors import Diagnostic
from diffcli.methods.problem.problem import Problem
from diffcli.records import Number, is_finite
from diffcli.tape.running.rules import Overrides

MOST_EXPLAINED = 5
"""How many results are asked why an entry is not finite."""


def require_values(system: Problem) -> None:
    """Refuse a point at which a result is undefined, as `require_value` does."""
    for output in system.outputs:
        value = system.value_of(output)
        if not output.shape and value != value:
            from diffcli.methods.nonsmooth.nonfinite import require_value

            require_value(system.view(output))


def explain_rows(
    system: Problem, rows: Sequence[Collection[Number]], replaced: Overrides, known: Sequence[Diagnostic]
) -> list[Diagnostic]:
    """Why results or their derivatives are not finite, for the derivatives of each result: see `nonsmooth.nonfinite.explain`."""
    pairs = zip(system.outputs, rows, strict=True)
    asked = [output for output, row in pairs if not (is_finite(system.value_of(output)) and all(map(is_finite, row)))]
    found: list[Diagnostic] = []
    for output in asked[:MOST_EXPLAINED]:
        from diffcli.methods.nonsmooth.nonfinite import explain

        view = system.view(output) if len(system.outputs) > 1 else system
        found += explain(view, replaced, [*known, *found])
    return found
