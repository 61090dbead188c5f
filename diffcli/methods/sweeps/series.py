"""Taylor arithmetic: the coefficients of every row of a tape along one variable, order by order.

Where the operands of a row y = phi(a, b) are power series in t, so is y, and the chain rule gives its coefficients from
theirs and from the series c of the partials (Griewank & Walther 2008, section 13.2):

    k*y_k = sum over j = 1..k of j*a_j*c_(k-j), and the same for b.

A partial is itself rows, from the text of the table; it is needed to one order less. So the partials of sin and cos close
on each other, and a chain such as gamma, digamma, polygamma ends by itself. Sums, products, quotients and powers have
formulas of their own, which are right at 0 too: a whole power is a product there.

Nothing is truncated but the series, so a coefficient is exact up to rounding. Choices go by the values at the point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from graphlib import TopologicalSorter

from diffcli.errors import Span
from diffcli.methods.sweeps.point_rows import PointRows
from diffcli.operations.arithmetic.floats import quotient
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import Values
from diffcli.tape.running.rules import FLOAT, Function

Coefficients = list[float]
"""The coefficients that a series has; those that are missing are zeros by structure, which no infinity meets."""


def power_series(
    tape: Tape,
    values: Values,
    variable: int,
    order: int,
    most_rows: int,
    function: Callable[[str], Function] = FLOAT.value,
    moving: Callable[[float], float | None] | None = None,
) -> Coefficients:
    """The Taylor coefficients of the result of a tape along one input, at the point of ``values``: order + 1 of them.

    By how operations are computed, and with what becomes of each coefficient, if not itself; where that is None, the series ends.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import evaluate, lower
    >>> tape = lower(parse("1/(1 - x)^2"))
    >>> power_series(tape, evaluate(tape, [0.0]), 0, 5, 1000)
    [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    """
    given = {variable: [values[variable], 1.0]}
    return expand(PointRows(tape, values, given, most_rows, function), tape, given, order, moving)


def expand(
    rows: PointRows,
    tape: Tape,
    given: Mapping[int, Coefficients],
    order: int,
    moving: Callable[[float], float | None] | None = None,
) -> Coefficients:
    """The same for inputs that are series themselves, with the rows that it is to be made of."""
    return _Rows(rows, given, moving).expand(tape.results[0], order)


NextCoefficient = Callable[[int], float]
"""The coefficient of a row of an order, once those of all lower orders are known, and those of its operands of this one."""


class _Rows:
    """The series of the rows that a result is made of, and of the partials that these need."""

    def __init__(
        self, build: PointRows, given: Mapping[int, Coefficients], moving: Callable[[float], float | None] | None
    ) -> None:
        self.build, self.given, self.moving = build, given, moving
        self.series: dict[int, Coefficients] = dict(given)
        self.orders: dict[int, int] = {}
        """To which order each moving row is needed."""
        self.waiting: list[list[int]] = []
        """Rows that are found to be needed, by the order to which they are."""
        self.rules: dict[int, NextCoefficient] = {}
        self.first: dict[int, list[int]] = {}
        """For each row, what has to be computed before it in each order."""

    def expand(self, output: int, order: int) -> Coefficients:
        build = self.build
        if not build.moves(output):
            return [build.value(output) + 0, *[0] * order]
        self.waiting = [[] for _ in range(order + 1)]
        self.waiting[order].append(output)
        for needed in range(order, 0, -1):
            while self.waiting[needed]:
                slot = self.waiting[needed].pop()
                if slot not in self.orders and slot not in self.given:
                    self.orders[slot], self.first[slot] = needed, []
                    self.rules[slot] = self.rule(slot, needed)
        rows, moving = self.sequence(), self.moving
        for k in range(1, order + 1):
            for slot in rows:
                if k <= self.orders[slot]:
                    found = self.rules[slot](k) or 0.0
                    kept = found if moving is None else moving(found)
                    if kept is None:
                        return self.of(output)[:k]
                    self.series[slot].append(kept)
        own = self.of(output)
        return [*own, *[0] * (order + 1 - len(own))]

    def of(self, slot: int) -> Coefficients:
        """The series of a slot, as far as it is known."""
        known = self.series.get(slot)
        if known is None:
            known = self.series[slot] = [self.build.value(slot) + 0]
        return known

    def ask(self, slot: int, order: int, by: int | None = None) -> Coefficients:
        """The series of a slot, which will be known to an order when it is needed ``by`` a row of the same order."""
        if order and self.build.moves(slot):
            self.waiting[order].append(slot)
            if by is not None:
                self.first[by].append(slot)
        return self.of(slot)

    def sequence(self) -> list[int]:
        """The rows, each after what has to be computed before it."""
        order = TopologicalSorter({slot: self.first[slot] for slot in self.orders}).static_order()
        return [slot for slot in order if slot in self.orders]

    # -- one rule for each row ------------------------------------------------------------------------------------------

    def rule(self, slot: int, order: int) -> NextCoefficient:
        """How the coefficients of a row follow from others; these are asked for to the order that it takes."""
        build = self.build
        operation, row = build.row(slot)
        build.scope = build.root
        own = self.of(slot)
        if operation in _DIRECT:
            return _DIRECT[operation](own, *[self.ask(operand, order, slot) for operand in row])
        same = self.same(slot)
        if same is not None:
            other = self.ask(same, order, slot)
            return lambda k: _at(other, k)
        if operation == "pow" and not build.moves(row[1]) and build.value(row[0]) != 0:
            return following_power(own, self.ask(row[0], order, slot), build.value(row[1]))
        parts = [
            (self.ask(operand, order, slot), self.ask(partial, order - 1))
            for position, operand in enumerate(row) if build.moves(operand)
            for partial in [build.term(slot, position, build.constant(1.0))] if partial is not None
        ]  # fmt: skip
        return lambda k: _sum([_scaled(a, c, k) for a, c in parts]) / k

    def same(self, slot: int) -> int | None:
        """A row whose series has the same coefficients, from the first order on."""
        build = self.build
        operation, row = build.row(slot)
        if operation == "where":
            return row[1] if build.value(row[0]) else row[2]
        span = build.span(slot)
        if operation == "sinc":
            return self.sinc(row[0], span)
        if operation == "pow" and not build.moves(row[1]):
            exponent = build.value(row[1])
            if abs(exponent) < 2**31 and exponent == int(exponent):
                return self.whole_power(row[0], int(exponent), span)
        return None

    def whole_power(self, base: int, exponent: int, span: Span) -> int:
        """A power as a product, which asks for no logarithm and no quotient by the base."""
        build = self.build
        result, square, left = build.constant(1.0), base, abs(exponent)
        while left:
            if left % 2:
                result = build.emit("mul", (result, square), span)
            left //= 2
            if left:
                square = build.emit("mul", (square, square), span)
        return result if exponent >= 0 else build.emit("div", (build.constant(1.0), result), span)

    def sinc(self, operand: int, span: Span) -> int:
        """sin(u)/u with u = pi*a: about 0 by its own power series in u^2, long enough for every order; else as it is."""
        build = self.build
        u = build.emit("mul", (build.named("pi"), operand), span)
        value = build.value(operand)
        if value != 0 and abs(value) >= build.about_zero:
            return build.emit("div", (build.emit("sinpi", (operand,), span), u), span)
        square, one = build.emit("mul", (u, u), span), build.constant(1.0)
        result = one
        for term in range(len(self.waiting) // 2 + 24, 0, -1):
            share = build.emit("div", (one, build.constant(2.0 * term * (2 * term + 1))), span)
            scaled = build.emit("mul", (share, square), span)
            result = build.emit("sub", (one, build.emit("mul", (scaled, result), span)), span)
        return result


# -- the formulas --------------------------------------------------------------------------------------------------------


def _at(a: Sequence[float], k: int) -> float:
    return a[k] if k < len(a) else 0


def _sum(terms: Sequence[float]) -> float:
    return sum(terms[1:], terms[0]) if terms else 0


def product(a: Sequence[float], b: Sequence[float], k: int) -> float:
    """The coefficient of a product."""
    return _sum([a[j] * b[k - j] for j in range(max(0, k - len(b) + 1), min(k, len(a) - 1) + 1)])


def _scaled(a: Coefficients, c: Coefficients, k: int) -> float:
    """k times the coefficient of what has the derivative c*a'."""
    return _sum([j * a[j] * c[k - j] for j in range(max(1, k - len(c) + 1), min(k, len(a) - 1) + 1)])


def following_quotient(y: Coefficients, a: Sequence[float], b: Sequence[float]) -> NextCoefficient:
    def following(k: int) -> float:
        known = _sum([b[j] * y[k - j] for j in range(1, min(k, len(b) - 1) + 1)])
        return quotient(_at(a, k) - known, b[0])

    return following


def following_power(y: Coefficients, a: Sequence[float], exponent: float) -> NextCoefficient:
    """From a*y' = exponent*a'*y; for a base that is not 0."""

    def following(k: int) -> float:
        known = _sum([(exponent * j - (k - j)) * a[j] * y[k - j] for j in range(1, min(k, len(a) - 1) + 1)])
        return known / (k * a[0])

    return following


_DIRECT: dict[str, Callable[..., NextCoefficient]] = {
    "add": lambda y, a, b: lambda k: _at(a, k) + _at(b, k),
    "sub": lambda y, a, b: lambda k: _at(a, k) - _at(b, k),
    "neg": lambda y, a: lambda k: -_at(a, k),
    "mul": lambda y, a, b: lambda k: product(a, b, k),
    "square": lambda y, a: lambda k: product(a, a, k),
    "div": lambda y, a, b: following_quotient(y, a, b),
}
"""Operations with a formula of their own, from the series of the result and of the operands."""
