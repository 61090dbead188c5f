"""Algebraic identities by which a row is not needed, or another one is the better.

Each gives the same number as the row that it replaces, to the last bit but for the sign of a zero; only a quotient that is
used twice may round differently. Signs are drawn out of products and into sums, where they cost nothing.

What is *not* here: ``x*0`` is not 0 and ``x - x`` is not 0, because x may be infinite or undefined, and 0 would hide that; and
``x^0`` is not 1, because it is undefined where x is.
"""

from __future__ import annotations

from typing import Protocol

from diffcli.errors import Span


class Builder(Protocol):
    """What an identity asks of a tape that is being written: see `diffcli.tape.building.building.Builder`."""

    @property
    def slots(self) -> int: ...

    def number(self, slot: int) -> float | None: ...

    def row(self, slot: int) -> tuple[str, tuple[int, ...]]: ...

    def find(self, operation: str, operands: tuple[int, ...]) -> int | None: ...

    def emit(self, operation: str, operands: tuple[int, ...], span: Span) -> int: ...


COMMUTATIVE = frozenset(("add", "mul", "eq", "ne"))
"""Operations of two operands whose order makes no difference to the number."""


def simpler(build: Builder, operation: str, operands: tuple[int, ...], span: Span) -> int | None:
    """The slot of what is as good as an operation; None if it has to be a row."""
    rule = _RULES.get(operation)
    return rule(build, operands, span) if rule is not None else None


def _unsigned(build: Builder, slot: int) -> tuple[bool, int]:
    """Whether a value is the negative of another, and that other."""
    negative = False
    while slot >= 0:
        operation, operands = build.row(slot)
        if operation != "neg":
            break
        negative, slot = not negative, operands[0]
    return negative, slot


def _signed(build: Builder, negative: bool, slot: int, span: Span) -> int:
    return build.emit("neg", (slot,), span) if negative else slot


def _add(build: Builder, operands: tuple[int, ...], span: Span) -> int | None:
    a, b = operands
    if build.number(a) == 0:
        return b  # the sign of a zero may differ
    if build.number(b) == 0:
        return a
    (less_a, bare_a), (less_b, bare_b) = _unsigned(build, a), _unsigned(build, b)
    if not (less_a or less_b):
        return None if operands == (bare_a, bare_b) else build.emit("add", (bare_a, bare_b), span)
    if less_a and less_b:
        return build.emit("neg", (build.emit("add", (bare_a, bare_b), span),), span)
    return build.emit("sub", (bare_a, bare_b) if less_b else (bare_b, bare_a), span)


def _sub(build: Builder, operands: tuple[int, ...], span: Span) -> int | None:
    a, b = operands
    if build.number(b) == 0:
        return a
    if build.number(a) == 0:
        return build.emit("neg", (b,), span)
    (less_a, bare_a), (less_b, bare_b) = _unsigned(build, a), _unsigned(build, b)
    if less_a and less_b:
        return build.emit("sub", (bare_b, bare_a), span)
    if less_a or less_b:
        return _signed(build, less_a, build.emit("add", (bare_a, bare_b), span), span)
    return None if operands == (bare_a, bare_b) else build.emit("sub", (bare_a, bare_b), span)


def _mul(build: Builder, operands: tuple[int, ...], span: Span) -> int | None:
    a, b = operands
    for one, other in ((a, b), (b, a)):
        if build.number(one) == 1:
            return other
        if build.number(one) == -1:
            return build.emit("neg", (other,), span)
    (less_a, bare_a), (less_b, bare_b) = _unsigned(build, a), _unsigned(build, b)
    if operands != (bare_a, bare_b):
        return _signed(build, less_a != less_b, build.emit("mul", (bare_a, bare_b), span), span)
    if b == build.slots - 1 and build.row(b)[0] == "div":
        # a*(y/d), of a quotient made for this alone, where a/d is there already: the partials of y = x/d share it
        y, divisor = build.row(b)[1]
        quotient = build.find("div", (a, divisor))
        if quotient is not None and quotient != b:
            return build.emit("mul", (quotient, y), span)
    return None


def _div(build: Builder, operands: tuple[int, ...], span: Span) -> int | None:
    a, b = operands
    if build.number(b) == 1:
        return a
    if build.number(b) == -1:
        return build.emit("neg", (a,), span)
    negative, bare = _unsigned(build, a)  # and not that of b: by convention a/0 is a*inf, whatever sign the zero has
    return None if bare == a else _signed(build, negative, build.emit("div", (bare, b), span), span)


def _neg(build: Builder, operands: tuple[int, ...], span: Span) -> int | None:
    negative, bare = _unsigned(build, operands[0])
    if bare != operands[0]:
        return _signed(build, not negative, bare, span)
    operation, row = build.row(bare) if bare >= 0 else ("", ())
    return build.emit("sub", (row[1], row[0]), span) if operation == "sub" else None


def _pow(build: Builder, operands: tuple[int, ...], span: Span) -> int | None:
    return operands[0] if build.number(operands[1]) == 1 else None


def _where(build: Builder, operands: tuple[int, ...], span: Span) -> int | None:
    condition, then, otherwise = operands
    truth = build.number(condition)
    if truth is not None:
        return then if truth else otherwise
    return then if then == otherwise else None


_TRUTHS = frozenset(("lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not"))
"""Operations whose result is a truth, 0 or 1, if it is defined."""


def _and(build: Builder, operands: tuple[int, ...], span: Span) -> int | None:
    """What holds beside something known: 0 beside what does not, and itself beside what does."""
    for one, other in (operands, operands[::-1]):
        if build.number(one) == 0:
            return one
        if build.number(one) == 1 and build.row(other)[0] in _TRUTHS:
            return other
    return None


_RULES = {"and": _and, "add": _add, "sub": _sub, "mul": _mul, "div": _div, "neg": _neg, "pow": _pow, "where": _where}
