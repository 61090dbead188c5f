"""Numerical differentiation: a limit that no computer reaches, the two errors of a step, and the price."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from diffcli.language.writing.printer import number_text
from diffcli.methods.library import grad
from diffcli.methods.value import evaluate
from diffcli.records.figures import Axis
from diffcli.records.step_size import StepSizeResult
from diffcli.studies.lessons.record import Check, Question, Settings, Told, curves, grid, listed
from diffcli.studies.step_size.step_size import DEFAULT, sweep
from diffcli.tape.recording.functions import function

AT = 0.2
"""Where the logistic map is differentiated, as in figure 3 of Baydin et al. 2018."""

LOST = -56
"""A step, as a power of two, that is lost beside 0.2."""

NEAR = 16
"""Theory bounds rounding, which is mostly less: its best step is within this factor of the one that is measured."""

MARGIN = 10
"""The error of a gradient is below so many times n^2 h, or n^2 h^2 for central quotients: n terms are rounded in a sum of n."""

STEP = 2.0**-26
"""The square root of the distance between floats at 1: the step that is usual where nothing is known of f."""


def lesson(settings: Settings) -> Told:
    measured = sweep(DEFAULT, {"x": AT}, methods=["forward", "central"])
    yield f"""The derivative is the limit of (f(x + h) - f(x))/h as h goes to 0. A program takes a small h instead. How small?
    Here are the errors of this forward quotient and of the central one, (f(x + h) - f(x - h))/(2h), for the fourth iterate of the
    logistic map at x = {AT}, where f' = {number_text(measured.reference or 0)}:"""
    points = {
        swept.method: [(sample.step, sample.error) for sample in swept.samples if sample.error is not None]
        for swept in measured.methods
    }
    yield curves("errors of the quotients", Axis("step h", log=True), Axis("error", log=True), points, rows=10)
    h = math.ldexp(1.0, LOST)
    lost = number_text(float(evaluate(DEFAULT, {"x": AT + h}) - evaluate(DEFAULT, {"x": AT})) / h)
    yield f"""On the right h is too large: the truncation error is proportional to h, or to h^2 for the central quotient. On the
    left h is too small: two nearly equal numbers are subtracted, and their rounding error, divided by h, is proportional to 1/h.
    At h = 2^{LOST}, x + h rounds to x, and the quotient is {lost}. At the best step the two errors are of the same size:"""
    yield from _best(measured)
    yield Check("a step that is lost beside x gives 0", lost, lost == "0")
    yield from _price(settings.sized())
    forward, central = (swept.theory for swept in measured.methods)
    assert forward is not None and central is not None
    yield Question(
        'diffcli step-size "exp(x)*sin(x)" --at x=1 --method central,central4,complex',
        "Why is the best step of the central quotient larger than that of the forward quotient?",
        f"""Its truncation error is smaller at the same h (h^2 in place of h), while the rounding error is about the same. So they
        balance at a larger step: {central.best_step:.2g} in place of {forward.best_step:.2g}, and both are smaller there:
        {central.best_error:.2g} in place of {forward.best_error:.2g}.""",
    )


def _best(measured: StepSizeResult) -> Told:
    """The steps that are best by theory and by measurement."""
    rows: list[tuple[Any, ...]] = []
    for swept in measured.methods:
        theory, best = swept.theory, swept.best
        falls, grows = swept.slopes
        assert theory is not None and best is not None and falls is not None and grows is not None
        right = abs(falls - theory.order) < 0.1 and abs(grows + 1) < 0.1
        claim = f"{swept.method}: the error falls as h^{theory.order}, then grows as 1/h"
        yield Check(claim, f"h^{falls:.2f}, h^{grows:.2f}", right)
        ratio = max(theory.best_step / best.step, best.step / theory.best_step)
        yield Check(f"{swept.method}: theory finds the best step within {NEAR} times", f"{ratio:.1f} times", ratio <= NEAR)
        rows.append((swept.method, theory.best_step, best.step, theory.best_error, best.typical_error))
    rows.append(("reverse mode", None, None, measured.floor, measured.automatic_error))
    columns = ("method", "h, theory", "h, found", "error, theory", "error, found")
    yield grid("the best step: where truncation and rounding are balanced", columns, rows, digits=2)


def _price(n: int) -> Told:
    """How often a function of n variables is evaluated for its gradient, and how far apart the gradients are."""
    calls, sin, at, step = 0, function("sin"), [1 + i / n for i in range(n)], STEP ** (2 / 3)

    def f(x: Any) -> Any:
        nonlocal calls
        calls += 1
        return sum(x[i] * sin(x[(i + 1) % n]) for i in range(n))

    def by_quotients() -> list[float]:
        """The definition, with a step: f once, and once more for each variable."""
        value = f(at)
        return [(f(_moved(at, i, STEP)) - value) / STEP for i in range(n)]

    def by_central_quotients() -> list[float]:
        return [(f(_moved(at, i, step)) - f(_moved(at, i, -step))) / (2 * step) for i in range(n)]

    def counted(work: Callable[[], Any]) -> tuple[Any, int]:
        before = calls
        return work(), calls - before

    exact, reverse = counted(lambda: grad(lambda x: f(x), {"x": at}, verify=False).gradient["x"])
    (forward, of_forward), (central, of_central) = counted(by_quotients), counted(by_central_quotients)
    yield f"""Every variable costs evaluations, too. For x1 sin(x2) + x2 sin(x3) + ... + xn sin(x1) with n = {n}, the gradient
    takes {of_forward} evaluations of f by forward quotients, {of_central} by central ones, and {reverse} in reverse mode."""
    found = of_forward, of_central, reverse
    yield Check(f"{n} variables: n + 1, 2n and 1 evaluations", listed(found), found == (n + 1, 2 * n, 1))
    off, other = (max(abs(float(a) - b) for a, b in zip(exact, those, strict=True)) for those in (forward, central))
    room = MARGIN * n**2
    right = off < room * STEP and other < room * STEP ** (4 / 3)
    yield Check("half of the digits are right, or two thirds", listed([off, other], ".0e"), right)


def _moved(x: list[float], i: int, step: float) -> list[float]:
    return [*x[:i], x[i] + step, *x[i + 1 :]]
