"""Numerical differentiation: a limit that no computer reaches, two errors that pull the step apart, and the price."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from diffcli.language.writing.printer import number_text
from diffcli.methods.library import grad
from diffcli.methods.value import evaluate
from diffcli.records.blocks import Table
from diffcli.records.figures import Axis, Figure, Series
from diffcli.records.step_size import MethodSweep, StepSizeResult
from diffcli.studies.lessons.record import Check, Lesson, Settings, grid, listed
from diffcli.studies.step_size.step_size import DEFAULT, sweep
from diffcli.tape.recording.functions import function

AT = 0.2
"""Where the logistic map is differentiated, as in the lecture's survey (Baydin et al. 2018, figure 3)."""

SHOWN = (-4, -10, -20, -29, -40, -52)
"""The steps of the table, as powers of two: on them x + h is rounded as little as can be."""

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
    prices = [_Price(size) for size in sorted({max(n // 16, 1), max(n // 4, 1), n})]
    parts = (
        f"""The derivative is a limit: (f(x + h) - f(x))/h as h goes to 0. A program leaves the limit out and takes a small h. How
        small? We ask the lecture's logistic map l4, at x = {AT}, where f' = {number_text(measured.reference or 0)}; the central
        quotient is (f(x + h) - f(x - h))/(2h).""",
        _errors(measured.methods),
        _curves(measured),
        f"""On the right h is too large: truncation, which falls as h, or as h^2 for the central quotient. On the left f(x) is
        subtracted from almost itself, and the rounding of that, divided by h, grows as 1/h. At last, with h = 2^{LOST}, x + h is
        x, and the quotient is {number_text(lost)}.""",
        _best(measured),
        "And every variable costs evaluations. Counted, for x1 sin(x2) + x2 sin(x3) + ... + xn sin(x1):",
        _prices(prices),
    )
    checks = (*_checks(measured, lost), *prices[-1].checks())
    return Lesson(parts, checks, 'diffcli step-size "exp(x)*sin(x)" --at x=1 --method central,central4,complex')


# -- the step ------------------------------------------------------------------------------------------------------------------


def _errors(methods: Sequence[MethodSweep]) -> Table:
    rows = []
    samples = {sample.step: (sample, *others) for sample, *others in zip(*[swept.samples for swept in methods], strict=True)}
    sides = {"T": "truncation", "R": "rounding", "": ""}
    for power in SHOWN:
        found = samples[math.ldexp(1.0, power)]
        cells = [cell for sample in found for cell in (sample.error, sides[sample.side])]
        rows.append((f"2^{power}", found[0].step, *cells))
    columns = ["step h", "about", *[title for swept in methods for title in (f"{swept.method} error", "mostly")]]
    return grid("errors of the quotients", tuple(columns), tuple(rows), digits=2)


def _curves(measured: StepSizeResult) -> Figure:
    series = []
    for swept in measured.methods:
        known = [(sample.step, sample.error) for sample in swept.samples if sample.error is not None]
        series.append(Series(swept.method, tuple(known)))
        if theory := swept.theory:
            points = tuple((h, theory.truncation(h) + theory.rounding(h)) for h, _ in known)
            series.append(Series(f"{swept.method}, theory", points, "line"))
    return Figure("the same, drawn", Axis("step h", log=True), Axis("error", log=True), tuple(series))


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


# -- the price -------------------------------------------------------------------------------------------------------------------


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


def _prices(prices: Sequence[_Price]) -> Table:
    columns = ("n", "forward", "off by", "central", "off by", "reverse mode")
    rows = tuple((of.n, of.forward, of.errors[0], of.central, of.errors[1], of.reverse) for of in prices)
    return grid("evaluations of f for its gradient", columns, rows, digits=2)
