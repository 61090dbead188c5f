"""The theory of the error of a difference quotient: a truncation term that grows with the step, and rounding.

By Taylor's theorem a stencil with weights w at offsets o has the error sum over k of m_k h^k f^(k+1)/(k+1)! with the
moments m_k = sum of w o^(k+1), which are 0 for k below its order. The first term that counts is the truncation error; it is
of a higher order than the stencil's where a derivative happens to be 0 at the point.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from diffcli.methods.differences.stencils import STENCILS
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.rounding import UNIT, tangent_errors, value_errors
from diffcli.records.step_size import Theory

FURTHER = 4
"""How many orders above a stencil's own are looked at, where derivatives are 0."""

Higher = Callable[[int], float | None]
"""The derivative of a kind (2 for f''), None where it is not known."""


def theory(method: str, noise: float, floor: float, higher: Higher) -> Theory | None:
    """The theory of a method at a point; None where the derivatives that it needs are not known.

    ``noise`` bounds the rounding error of one value, ``floor`` that of an exact derivative. A leading term that is smaller
    than the next one at the very step that suits the next one is passed over: the derivative in it is as good as 0.
    """
    terms = _terms(method)
    own = terms[0][0]
    summed = 0.0 if method == "complex" else float(STENCILS[method].rounding) * noise
    leading: Theory | None = None
    for order, constant in terms:
        derivative = higher(order + 1)
        if derivative is None or not math.isfinite(derivative):
            return leading
        term = Theory(order, own, constant, derivative, summed, floor)
        if derivative and leading is not None:
            step = term.best_step
            return term if leading.truncation(step) < term.truncation(step) else leading
        leading = leading or (term if derivative else None)
    return leading or Theory(own, own, terms[0][1], 0.0, summed, floor)


def _terms(method: str) -> list[tuple[int, float]]:
    """The orders of the terms of the truncation error that a method has, and their constants."""
    if method == "complex":  # Im f(x + ih)/h = f' - h^2 f'''/3! + h^4 f^(5)/5! - ...
        return [(order, 1 / math.factorial(order + 1)) for order in (2, 4, 6)]
    known = STENCILS[method]
    terms = []
    for order in range(known.order, known.order + FURTHER + 1):
        moment = sum(weight * offset ** (order + 1) for weight, offset in zip(known.weights, known.offsets, strict=True))
        if moment:
            terms.append((order, float(abs(moment)) / math.factorial(order + 1)))
    return terms


def derivative_rounding(problem: Problem, slot: int, unit: float) -> float:
    """A first-order bound on the rounding error of a derivative that is propagated, as AD and the complex step do."""
    tape, values = problem.tape, problem.values
    moves = problem.swept_forward({slot: 1.0})
    bound = tangent_errors(tape, values, value_errors(tape, values), moves, {})[tape.output]
    return (bound if math.isfinite(bound) else abs(moves[tape.output] or 0.0) * UNIT) * unit / UNIT
