"""Rows of a few instructions over vectors, as functions of the vectors and the operands."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from diffcli.kernels.machine.powers import is_simple, power, simple_power
from diffcli.kernels.machine.special import polygamma
from diffcli.kernels.machine.values import SUM, Function, Value, Vectors

inf, nan = float("inf"), float("nan")


def _sums(flags: Sequence[str]) -> dict[str, Function]:
    """Sums and products with what LLVM may do to them."""

    def row(instruction: str) -> Function:
        return lambda lanes, a, b: Value(lanes, getattr(lanes.builder, instruction)(a.ir, b.ir, flags=flags))

    multiply = row("fmul")
    return {"add": row("fadd"), "sub": row("fsub"), "mul": multiply, "square": lambda lanes, a: multiply(lanes, a, a)}


def quotient(lanes: Vectors, a: Value, b: Value) -> Value:
    """At b = 0 the limit from above: -0 + 0 is 0."""
    return a / (b if b.known else b + 0.0)


def strict_quotient(lanes: Vectors, a: Value, b: Value) -> Value:
    return a / b if b.known else lanes.where(b.equals(0.0), nan, a / b)


def _extreme(relation: str) -> Function:
    """The largest or smallest operand, of equal ones the first."""

    def of_two(a: Value, b: Value) -> Value:
        lanes = a.lanes
        return lanes.where(b.unordered(b), b, lanes.where(b.compared(relation, a), b, a))

    return lambda lanes, *operands: reduce(of_two, operands)


def copysign(lanes: Vectors, a: Value, b: Value) -> Value:
    return lanes.where(b.unordered(b), b, lanes.intrinsic("copysign", a, b))


def _rounded(name: str) -> Function:
    """A rounding; what is 0 has no sign."""
    return lambda lanes, a: lanes.intrinsic(name, a) + 0.0


def _relation(relation: str, strict: bool = False) -> Function:
    def row(lanes: Vectors, a: Value, b: Value) -> Value:
        holds, undefined = a.compared(relation, b), a.unordered(b)
        return Value(lanes, (holds & ~undefined).ir, undefined) if strict else holds

    return row


def either(lanes: Vectors, a: Value, b: Value) -> Value:
    """1 as soon as one holds, whatever the other is."""
    (first, unsure), (second, unsure_too) = lanes.as_truth(a), lanes.as_truth(b)
    holds, undefined = first | second, unsure | unsure_too if unsure and unsure_too else unsure or unsure_too
    return Value(lanes, holds.ir, undefined and undefined & ~holds)


def both(lanes: Vectors, a: Value, b: Value) -> Value:
    """0 as soon as one does not hold, whatever the other is."""
    return neither(lanes, either(lanes, neither(lanes, a), neither(lanes, b)))


def neither(lanes: Vectors, a: Value) -> Value:
    holds, undefined = lanes.as_truth(a)
    return Value(lanes, (~(holds if undefined is None else holds | undefined)).ir, undefined)


def choice(lanes: Vectors, condition: Value, a: Value, b: Value) -> Value:
    truth = Value(lanes, lanes.truth(condition))
    if a.ir.type == b.ir.type == lanes.bit and a.undefined is b.undefined is None:
        return lanes.where(truth, a, b)
    return lanes.where(truth, lanes.as_number(a), lanes.as_number(b))


def strict_choice(lanes: Vectors, condition: Value, a: Value, b: Value) -> Value:
    undefined, chosen = lanes.as_truth(condition)[1], choice(lanes, condition, a, b)
    return chosen if undefined is None else lanes.where(undefined, nan, lanes.as_number(chosen))


def _power(divide: Function, strict: bool) -> Function:
    """A power; of an exponent that is known and simple by products. In a program 0^b is undefined for b < 0."""

    def row(lanes: Vectors, a: Value, b: Value) -> Value:
        if b.known is not None and is_simple(b.known):
            return simple_power(a, b.known, lambda divisor: divide(lanes, lanes.constant(1.0), divisor))
        found = lanes.call("pow", power, a, b)
        return lanes.where(a.equals(0.0) & (b < 0.0), nan, found) if strict else found

    return row


RELATIONS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}

LOGIC = frozenset(("and", "or", "not", "where", "stop_gradient"))
"""Rows that take truths as they are."""

ROWS: dict[str, Function] = {
    **_sums(SUM), "div": quotient, "pow": _power(quotient, strict=False), "neg": lambda lanes, a: -a,
    "sqrt": lambda lanes, a: lanes.intrinsic("sqrt", a),
    "max": _extreme(">"), "min": _extreme("<"), "abs": lambda lanes, a: abs(a), "copysign": copysign,
    "floor": _rounded("floor"), "ceil": _rounded("ceil"), "round": _rounded("rint"), "trunc": _rounded("trunc"),
    "polygamma": polygamma, "where": choice, "stop_gradient": lambda lanes, a: a, "and": both, "or": either, "not": neither,
    **{name: _relation(relation) for name, relation in RELATIONS.items()},
}  # fmt: skip

STRICT: dict[str, Function] = {
    **_sums(()),  # x*x - y*y is 0 at a kink, and fused it would be what x*x is rounded by
    "div": strict_quotient, "pow": _power(strict_quotient, strict=True), "where": strict_choice,
    **{name: _relation(relation, strict=True) for name, relation in RELATIONS.items()},
}  # fmt: skip
