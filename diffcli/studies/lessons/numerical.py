"""Numerical differentiation: a limit that no computer reaches, the two errors of a step, and the price."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from diffcli.language.writing.printer import number_text
from diffcli.methods.library import grad
from diffcli.methods.value import evaluate
from diffcli.records.blocks import Table
from diffcli.records.figures import Axis, Figure
from diffcli.records.step_size import StepSizeResult
from diffcli.studies.lessons.record import Check, Lesson, Parts, Settings, curves, grid, listed
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


def lesson(settings: Settings) -> Lesson:
    measured = sweep(DEFAULT, {"x": AT}, methods=["forward", "central"])
    h = math.ldexp(1.0, LOST)
    lost = float(evaluate(DEFAULT, {"x": AT + h}) - evaluate(DEFAULT, {"x": AT})) / h
    n = settings.sized()
    price = _Price(n)
    forward, central = (swept.theory for swept in measured.methods)
    assert forward is not None and central is not None
    parts: Parts = (
        f"""The derivative is the limit of (f(x + h) - f(x))/h as h goes to 0. A program takes a small h instead. How small? Here
        are the errors of this forward quotient and of the central one, (f(x + h) - f(x - h))/(2h), for the fourth iterate of the
        logistic map at x = {AT}, where f' = {number_text(measured.reference or 0)}:""",
        _curves(measured),
        f"""On the right h is too large: the truncation error is proportional to h, or to h^2 for the central quotient. On the
        left h is too small: two nearly equal numbers are subtracted, and their rounding error, divided by h, is proportional
        to 1/h. At h = 2^{LOST}, x + h rounds to x, and the quotient is {number_text(lost)}. At the best step the two errors
        are of the same size:""",
        _best(measured),
        f"""Every variable costs evaluations, too. For x1 sin(x2) + x2 sin(x3) + ... + xn sin(x1) with n = {n}, the gradient
        takes {price.forward} evaluations of f by forward quotients, {price.central} by central ones, and
        {price.reverse} in reverse mode.""",
    )
    checks = (*_checks(measured, lost), *price.checks())
    return Lesson(
        parts, checks, 'diffcli step-size "exp(x)*sin(x)" --at x=1 --method central,central4,complex',
        "Why is the best step of the central quotient larger than that of the forward quotient?",
        f"""Its truncation error is smaller at the same h (h^2 in place of h), while the rounding error is about the same. So
        they balance at a larger step: {central.best_step:.2g} in place of {forward.best_step:.2g}, and both are smaller there:
        {central.best_error:.2g} in place of {forward.best_error:.2g}.""",
    )  # fmt: skip


def _curves(measured: StepSizeResult) -> Figure:
    points = {
        swept.method: [(sample.step, sample.error) for sample in swept.samples if sample.error is not None]
        for swept in measured.methods
    }
    return curves("errors of the quotients", Axis("step h", log=True), Axis("error", log=True), points, rows=10)


def _best(measured: StepSizeResult) -> Table:
    rows: list[tuple[Any, ...]] = []
    for swept in measured.methods:
        theory, best = swept.theory, swept.best
        predicted = (theory.best_step, theory.best_error) if theory else (None, None)
        found = (best.step, best.typical_error) if best else (None, None)
        rows.append((swept.method, predicted[0], found[0], predicted[1], found[1]))
    rows.append(("reverse mode", None, None, measured.floor, measured.automatic_error))
    columns = ("method", "h, theory", "h, found", "error, theory", "error, found")
    return grid("the best step: where truncation and rounding are balanced", columns, tuple(rows), digits=2)


def _checks(measured: StepSizeResult, lost: float) -> list[Check]:
    checks = []
    for swept in measured.methods:
        theory, best = swept.theory, swept.best
        falls, grows = swept.slopes
        assert theory is not None and best is not None and falls is not None and grows is not None
        slopes = f"h^{falls:.2f}, h^{grows:.2f}"
        right = abs(falls - theory.order) < 0.1 and abs(grows + 1) < 0.1
        claim = f"{swept.method}: the error falls as h^{theory.order}, then grows as 1/h"
        checks.append(Check(claim, slopes, right))
        ratio = max(theory.best_step / best.step, best.step / theory.best_step)
        claim = f"{swept.method}: theory finds the best step within {NEAR} times"
        checks.append(Check(claim, f"{ratio:.1f} times", ratio <= NEAR))
    checks.append(Check("a step that is lost beside x gives 0", number_text(lost), lost == 0))
    return checks


class _Price:
    """How often a function of n variables is evaluated for its gradient, and how far apart the gradients are."""

    def __init__(self, n: int) -> None:
        self.n, self.calls = n, 0
        at = [1 + i / n for i in range(n)]
        exact, self.reverse = self._counted(lambda: grad(lambda x: self.f(x), {"x": at}, verify=False).gradient["x"])
        forward, self.forward = self._counted(lambda: self.by_quotients(at))
        central, self.central = self._counted(lambda: self.by_central_quotients(at))
        self.errors = [max(abs(float(a) - b) for a, b in zip(exact, found, strict=True)) for found in (forward, central)]

    def f(self, x: Any) -> Any:
        self.calls += 1
        sin = function("sin")
        return sum(x[i] * sin(x[(i + 1) % self.n]) for i in range(self.n))

    def by_quotients(self, x: list[float]) -> list[float]:
        """The definition, with a step: f once, and once more for each variable."""
        value = self.f(x)
        return [(self.f(_moved(x, i, STEP)) - value) / STEP for i in range(self.n)]

    def by_central_quotients(self, x: list[float]) -> list[float]:
        step = STEP ** (2 / 3)
        return [(self.f(_moved(x, i, step)) - self.f(_moved(x, i, -step))) / (2 * step) for i in range(self.n)]

    def _counted(self, work: Callable[[], Any]) -> tuple[Any, int]:
        self.calls = 0
        return work(), self.calls

    def checks(self) -> tuple[Check, Check]:
        found = self.forward, self.central, self.reverse
        passed = found == (self.n + 1, 2 * self.n, 1)
        errors = listed(self.errors, ".0e")
        room = MARGIN * self.n**2
        right = self.errors[0] < room * STEP and self.errors[1] < room * STEP ** (4 / 3)
        return (
            Check(f"{self.n} variables: n + 1, 2n and 1 evaluations", listed(found), passed),
            Check("half of the digits are right, or two thirds", errors, right),
        )


def _moved(x: list[float], i: int, step: float) -> list[float]:
    return [*x[:i], x[i] + step, *x[i + 1 :]]
