"""Finite differences: quotients of values beside the point, with an estimate of their error.

Steps are powers of two, so that ``x + h`` is exact and the quotient is divided by the very distance it was taken over.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from diffcli.methods.complex_step import complex_difference
from diffcli.methods.problem import Problem
from diffcli.records import Difference
from diffcli.tape.evaluation import float_functions, run

EPSILON = 2.0**-52


class Stencil(NamedTuple):
    """Offsets in steps, the weights of the values there, and the order of the truncation error in the step."""

    offsets: tuple[int, ...]
    weights: tuple[Fraction, ...]
    order: int


def stencil(offsets: Sequence[int]) -> Stencil:
    """The first-derivative weights on a set of offsets, exact (Fornberg 1988).

    The weights are the derivatives at 0 of the Lagrange polynomials of the offsets.

    >>> stencil([-1, 1]).weights
    (Fraction(-1, 2), Fraction(1, 2))
    """
    weights = []
    for own in offsets:
        others = [other for other in offsets if other != own]
        slope = Fraction(0)
        for left_out in others:
            product = Fraction(1, own - left_out)
            for other in others:
                if other != left_out:
                    product *= Fraction(-other, own - other)
            slope += product
        weights.append(slope)
    symmetric = sorted(offsets) == sorted(-offset for offset in offsets)
    return Stencil(tuple(offsets), tuple(weights), len(offsets) - (0 if symmetric and 0 not in offsets else 1))


STENCILS = {
    "forward": stencil((0, 1)),
    "backward": stencil((-1, 0)),
    "central": stencil((-1, 1)),
    "forward2": stencil((0, 1, 2)),
    "backward2": stencil((-2, -1, 0)),
}
"""The stencils, by the names of ``--method``; those of second order serve at the edge of a domain."""


def difference(problem: Problem, variable: str, method: str = "central", step: float | None = None) -> Difference:
    """The partial along a variable by a difference quotient.

    Parameters
    ----------
    problem
        What to differentiate, and where.
    variable
        The name of an input.
    method
        ``forward``, ``backward``, ``central`` or ``complex``.
    step
        The step; if not given, a power of two from the scale of the point: 1 or ``|x|``, whichever gives the smaller
        error, times the root of the machine epsilon that balances truncation and rounding for a function of
        that scale (order p: root p + 1).

    Returns
    -------
    The estimate; its ``error`` compares it with the same quotient over twice the step and adds the rounding of the
    values. It is an estimate, not a bound.
    """
    if method == "complex":
        return complex_difference(problem, variable, step)
    x = problem.at[variable]
    chosen = STENCILS[method]
    if step is not None:
        given = _Quotient(problem, variable, method, step)
        if x + step == x:
            return given.record(f"the step is lost beside {variable}, as the sum of the two is {variable} again")
        return given.record("the step is as given" if given.inside else "a value beside the point is undefined")
    root = EPSILON ** (1 / (chosen.order + 1))
    scales = {f"|{variable}|": abs(x), "1": 1.0} if abs(x) > 1e-290 else {"1": 1.0}
    tried = {scale: _shortened(problem, variable, method, exact_step(x, size * root)) for scale, size in scales.items()}
    inside = {scale: quotient for scale, quotient in tried.items() if quotient.inside}
    if inside:
        scale = _best(inside)
        best = inside[scale]
        if best.step != exact_step(x, scales[scale] * root):
            return best.record("short beside the distance to the edge of the domain")
        name = {2: "square", 3: "cube"}[chosen.order + 1]
        return best.record(f"about {scale} times the {name} root of the machine epsilon, as a power of two")
    if method == "central":
        for side in ("forward2", "backward2"):
            beside = _shortened(problem, variable, side, exact_step(x, max(scales.values()) * root))
            if beside.inside:
                return beside.record("one-sided, because the domain ends at the point")
    first = next(iter(tried.values()))
    return first.record("a value beside the point is undefined, however short the step")


def _best(quotients: dict[str, _Quotient]) -> str:
    """Which of several quotients errs least; one that contradicts a shorter step has overlooked what lies between."""
    shortest = min(quotients.values(), key=lambda quotient: quotient.step)
    trusted = {
        scale: quotient for scale, quotient in quotients.items()
        if abs(quotient.quotient(1) - shortest.quotient(1)) <= 3 * (quotient.error + shortest.error)
    }  # fmt: skip
    return min(trusted or quotients, key=lambda scale: quotients[scale].error)


def _shortened(problem: Problem, variable: str, method: str, step: float) -> _Quotient:
    """A quotient whose step is shortened until its values are finite, if they ever are.

    A step that just fits tells how far the edge of the domain is; that distance is then the scale of a proper step.
    """
    x = problem.at[variable]
    smallest = 64 * math.ulp(x) if x else 2.0**-60
    wanted = step
    quotient = _Quotient(problem, variable, method, step)
    while not quotient.inside and step > smallest:
        step /= 8
        quotient = _Quotient(problem, variable, method, step)
    if step == wanted or not quotient.inside:
        return quotient
    proper = exact_step(x, max(step * EPSILON ** (1 / (quotient.stencil.order + 1)), smallest))
    return _Quotient(problem, variable, method, proper)


def exact_step(x: float, wanted: float) -> float:
    """The power of two nearest ``wanted`` for which x + h and x - h are exact.

    >>> exact_step(1.0, 6e-6)
    7.62939453125e-06
    """
    step = 2.0 ** round(math.log2(wanted))
    while (x + step) - x != step or x - (x - step) != step:
        step *= 2
    return step


class _Quotient:
    """A stencil applied at a step and at twice the step."""

    def __init__(self, problem: Problem, variable: str, method: str, step: float) -> None:
        self.variable, self.method, self.step = variable, method, step
        self.stencil = STENCILS[method]
        self.x = problem.at[variable]
        functions = float_functions(problem.tape)
        slot = problem.input_slot(variable)
        self.known: dict[int, float] = {0: problem.value}
        for offset in sorted({offset * scale for offset in self.stencil.offsets for scale in (1, 2)} - {0}):
            point = problem.point
            point[slot] = self.x + offset * step
            self.known[offset] = float(run(problem.tape, point, functions)[problem.tape.output])

    @property
    def inside(self) -> bool:
        """Whether all values of the stencil are finite, at points that differ."""
        return self.x + self.step != self.x and all(math.isfinite(self.known[offset]) for offset in self.stencil.offsets)

    def quotient(self, scale: int) -> float:
        values = [self.known[offset * scale] for offset in self.stencil.offsets]
        if self.x + self.step == self.x or not all(map(math.isfinite, values)):
            return math.nan
        terms = [float(weight) * value for weight, value in zip(self.stencil.weights, values, strict=True)]
        try:
            return math.fsum(terms) / (self.step * scale)
        except (OverflowError, ValueError):  # inf - inf
            return math.nan

    @property
    def error(self) -> float:
        """What the same quotient over twice the step differs by, and the rounding of the values; inf if unknown."""
        largest = max(abs(self.known[offset]) for offset in self.stencil.offsets)
        rounding = sum(abs(float(weight)) for weight in self.stencil.weights) * EPSILON * largest / self.step
        error = abs(self.quotient(1) - self.quotient(2)) + rounding
        return error if math.isfinite(error) else math.inf

    def record(self, reason: str) -> Difference:
        samples = tuple((self.x + offset * self.step, self.known[offset]) for offset in sorted(self.stencil.offsets))
        name = self.method.rstrip("2")
        error = self.error
        return Difference(
            self.variable, name, self.step, samples, self.quotient(1), error if math.isfinite(error) else None, reason
        )  # fmt: skip
