"""Finite differences: quotients of values beside the point, each with a bar for its error.

Steps are powers of two where they are chosen here, so that ``x + h`` is exact and the quotient is divided by the very
distance it was taken over.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from diffcli.errors import Diagnostic, Slopes, UsageError, error
from diffcli.methods.differences.automatic_difference import automatic_difference
from diffcli.methods.differences.complex_step import complex_difference
from diffcli.methods.differences.extrapolation import ridders
from diffcli.methods.differences.sampling import Sample, Sampler, TapeSampler
from diffcli.methods.differences.stencils import STENCILS, Stencil
from diffcli.methods.differences.step_rules import STEP_RULES
from diffcli.methods.problem.problem import Problem
from diffcli.records import Difference

SHORTEST, LONGEST = 2.0**-1000, 2.0**1000
"""The range of steps whose powers of two are floats."""

SMALLEST_STEP = 2.0**-60
"""A step that is shortened at 0 ends here."""

SMALL = 1e-3
"""A share of what the values of a function move by that is no more than its rounding."""

UNDEFINED = "a value beside the point is undefined, however short the step"


def difference(
    problem: Problem,
    variable: str,
    method: str = "automatic",
    order: int | None = None,
    step: float | None = None,
    rule: str | None = None,
) -> Difference:
    """The partial along a variable by differences.

    Parameters
    ----------
    method
        ``automatic``: see `diffcli.methods.differences.automatic_difference`. ``richardson``: the same from a given first step.
        ``ridders``: see `diffcli.methods.differences.extrapolation`. ``complex``: see `diffcli.methods.differences.complex_step`.
        ``forward``, ``backward`` or ``central``: a stencil.
    order
        Of a stencil's truncation error: 1 or 2, or for a central one 2, 4, 6, 8 or 10.
    step
        The step of a stencil, the first step of an extrapolation, or the imaginary step.
    rule
        How the step of a stencil is chosen if it is not given: a name of `diffcli.methods.differences.step_rules.STEP_RULES`.

    Returns
    -------
    The estimate and its bar. That of a single stencil compares it with the same quotient over twice the step, and adds
    the rounding of the values as the tape bounds it; a function that both steps overlook is beyond it.

    Raises
    ------
    UsageError
        There is no such stencil.
    """
    if method == "complex":
        return complex_difference(problem, variable, step)
    return difference_of(TapeSampler(problem, variable), variable, method, order, step, rule)


def difference_of(
    sampler: Sampler, variable: str, method: str, order: int | None = None, step: float | None = None, rule: str | None = None
) -> Difference:
    """What `difference` returns, of what a sampler sees; without a tape the step of a stencil is that of the rule ``eps``."""
    if method == "complex" or (rule in ("tape", "theory") and not sampler.bound):
        asked = "the complex step" if method == "complex" else f"the rule {rule}"
        help = ["--method automatic, the default, needs values only"]
        raise UsageError([error("unknown-choice", f"{asked} needs the tape of a function, which cannot be recorded", help=help)])
    if method == "ridders":
        return ridders(sampler, variable, step)
    if method in ("automatic", "richardson"):
        return automatic_difference(sampler, variable, step)
    name = stencil_name(method, order)
    if step is None:
        return _at_chosen_step(sampler, variable, name, rule or ("tape" if sampler.bound else "eps"))
    reason = "the step is as given"
    if sampler.x + step == sampler.x:
        reason = f"the step is lost beside {variable}, as the sum of the two is {variable} again"
    return quotient(sampler, variable, name, step, reason)


def _at_chosen_step(sampler: Any, variable: str, name: str, rule: str) -> Difference:
    """A stencil at the step of a rule; where the domain ends at the point, one on one side takes a central one's place."""
    wanted, why = STEP_RULES[rule](sampler, STENCILS[name])
    if not 0 < wanted < math.inf:  # the rule was led astray by values that are not finite
        wanted, why = STEP_RULES["eps"](sampler, STENCILS[name])
    step = exact_step(sampler.x, wanted)
    at_the_edge = ("forward2", "backward2", "central") if name.startswith("central") else ()
    for tried in (name, *at_the_edge[:2]):
        used = _fitting(sampler, STENCILS[tried], step)
        if used is not None:
            why = "short beside the distance to the edge of the domain" if used != step else why
            why = "one-sided, because the domain ends at the point" if tried != name else why
            return quotient(sampler, variable, tried, used, why)
    return quotient(sampler, variable, (name, *at_the_edge)[-1], step, UNDEFINED)


def stencil_name(method: str, order: int | None) -> str:
    """The name in `STENCILS` of a kind of stencil and an order.

    >>> stencil_name("central", 4), stencil_name("forward", 1), stencil_name("central", None)
    ('central4', 'forward', 'central')
    """
    orders = {stencil.order: name for name, stencil in STENCILS.items() if name.rstrip("0123456789") == method}
    if order is not None and order not in orders:
        *others, last = map(str, orders)
        message = f"there is no {method} stencil of accuracy {order}"
        raise UsageError([error("unknown-choice", message, help=[f"its accuracies are {', '.join(others)} and {last}"])])
    return orders[order or min(orders)]


def _fitting(sampler: Sampler, stencil: Stencil, wanted: float) -> float | None:
    """The step, shortened if need be, at which all values are finite; None where there is none.

    A step that just fits shows how far the edge of the domain is; that distance is then the scale of a proper step.
    """
    step = wanted
    smallest = 64 * math.ulp(sampler.x) if sampler.x else SMALLEST_STEP
    while not all(sampler.sample(sampler.x + offset * step).defined for offset in stencil.offsets if offset):
        step /= 8
        if step <= smallest:
            return None
    if step == wanted:
        return step
    return exact_step(sampler.x, max(step * math.ulp(1.0) ** (1 / (stencil.order + 1)), smallest))


def exact_step(x: float, wanted: float) -> float:
    """The power of two nearest ``wanted`` for which x + h and x - h are exact.

    >>> exact_step(1.0, 6e-6)
    7.62939453125e-06
    """
    step = 2.0 ** round(math.log2(min(max(wanted, SHORTEST), LONGEST)))
    while (x + step) - x != step or x - (x - step) != step:
        step *= 2
    return step


def quotient(sampler: Sampler, variable: str, name: str, step: float, reason: str) -> Difference:
    """A stencil at a step, with a bar from the same stencil at twice the step."""
    chosen = STENCILS[name]
    known: dict[int, Sample] = {0: sampler.base}
    for offset in sorted({offset * scale for offset in chosen.offsets for scale in (1, 2)} - {0}):
        known[offset] = sampler.sample(sampler.x + offset * step)
    near = [known[offset] for offset in chosen.offsets]
    estimate, misplaced = _weighted(chosen, near)
    wide, _ = _weighted(chosen, [known[2 * offset] for offset in chosen.offsets])
    bar: float | None = None
    if math.isfinite(estimate) and math.isfinite(wide):
        rounding = max(sampler.rounding(sample, sampler.base) for sample in near)  # of the values on both ends
        bar = abs(estimate - wide) + chosen.rounding_error(step, rounding) + misplaced * float(chosen.rounding) * abs(estimate)
    elif math.isfinite(estimate):
        reason += "; the function is not defined at twice the step, so there is nothing to tell the error by"
    samples = tuple(sorted((sample.x, sample.value) for sample in near))
    return Difference(
        variable, name, step, samples, estimate, bar if bar is not None and math.isfinite(bar) else None, reason,
        order=chosen.order, evaluations=sampler.evaluations,
    )  # fmt: skip


def _weighted(stencil: Stencil, samples: list[Sample]) -> tuple[float, float]:
    """The sum of weights and values over the step as it came out, and the error of the points, in steps.

    NaN where a value is undefined, or a step is lost beside x.
    """
    offsets = stencil.offsets
    if len({sample.x for sample in samples}) < len(samples) or not all(sample.defined for sample in samples):
        return math.nan, 0.0
    step = (samples[-1].x - samples[0].x) / (offsets[-1] - offsets[0])
    first = samples[0]
    misplaced = max(abs(sample.x - first.x - (k - offsets[0]) * step) for sample, k in zip(samples, offsets, strict=True)) / step
    terms = [float(weight) * sample.value for weight, sample in zip(stencil.weights, samples, strict=True)]
    try:
        return math.fsum(terms) / step, misplaced
    except (OverflowError, ValueError):  # inf - inf
        return math.nan, 0.0


def doubts_of(found: Difference, value: float, slope: float) -> list[Diagnostic]:
    """A warning where there is no number, with the slopes on the two sides if there are any, or no digit of it is certain.

    ``value`` is that of the function at the point, and ``slope`` its derivative by the rules of the table.
    """
    if math.isfinite(found.estimate):
        return uncertain(found.estimate, found.error, f"derivative along `{found.variable}`", (found,), value, slope)
    slopes = () if found.left is found.right is None else (Slopes(found.variable, found.left, found.right),)
    if found.extrapolated:
        message = f"differences give no reliable value of the derivative along `{found.variable}`"
        help = ("see what the other ways say: diffcli check",)
    else:
        message = f"there is no difference quotient along `{found.variable}`"
        help = ("choose another --step, or a side with --method forward or backward",)
    return [Diagnostic("no-difference", "warning", message, notes=(found.reason,), help=help, slopes=slopes)]


def uncertain(
    estimate: float, error: float | None, what: str, parts: Sequence[Difference], value: float, exact: float, order: int = 1
) -> list[Diagnostic]:
    """A warning where an error bar is as large as the estimate that is made of some differences, of first or second order.

    A bar beside 0 is no more than rounding where it is small beside how far the values lie apart, as those of cos beside 0 do,
    or beside the value where they are all the same, as they should be by the ``exact`` derivative.
    """
    certain = not error or error < abs(estimate)
    if certain or (not estimate and all(_is_still(part, value, exact, order) for part in parts)):
        return []
    message = f"no digit of the {what} by differences is certain: {estimate:.6g} ± {error:.2g}"
    return [Diagnostic("uncertain-difference", "warning", message, help=("see what the other ways say: diffcli check",))]


def _is_still(found: Difference, value: float, exact: float, order: int) -> bool:
    places, values = [x for x, _ in found.samples], [value, *[y for _, y in found.samples]]
    length, moved = (max(places) - min(places)) / 2, max(values) - min(values)
    size = max(moved, abs(value)) if exact == 0 else moved
    return math.prod([found.error or 0.0, *[length] * order]) <= SMALL * size  # which may be beyond the range of a float
