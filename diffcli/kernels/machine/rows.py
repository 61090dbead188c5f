"""Rows of a few instructions over vectors, as functions of the vectors and the operands."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from diffcli.kernels.machine.powers import power, simple_power
from diffcli.kernels.machine.special import polygamma
from diffcli.kernels.machine.values import SUM, Function, Value, Vectors

inf, nan = float("inf"), float("nan")


def _flagged(instruction: str, flags: Sequence[str]) -> Function:
    def row(lanes: Vectors, *operands: Value) -> Value:
        return Value(lanes, getattr(lanes.builder, instruction)(*[operand.ir for operand in operands], flags=flags))

    return row


_divide = _flagged("fdiv", ())


def _sums(flags: Sequence[str]) -> dict[str, Function]:
    multiply = _flagged("fmul", flags)
    return {
        "add": _flagged("fadd", flags), "sub": _flagged("fsub", flags), "mul": multiply,
        "square": lambda lanes, a: multiply(lanes, a, a),
    }  # fmt: skip


def quotient(lanes: Vectors, a: Value, b: Value) -> Value:
    """At b = 0 the limit from above: -0 + 0 is 0.

    It is no product with a reciprocal, which other quotients could share: so x/x is 1, and floor(49/49). It was not slower.
    """
    return _divide(lanes, a, b if b.known else b + 0.0)  # type: ignore[no-any-return]


def strict_quotient(lanes: Vectors, a: Value, b: Value) -> Value:
    found = _divide(lanes, a, b)
    return found if b.known else lanes.where(b.equals(0.0), nan, found)


def _extreme(relation: str) -> Function:
    """The largest or smallest operand, of equal ones the first."""

    def of_two(a: Value, b: Value) -> Value:
        lanes = a.lanes
        return lanes.where(b.unordered(b), b, lanes.where(b.compared(relation, a), b, a))

    return lambda lanes, *operands: reduce(of_two, operands)


largest, smallest = _extreme(">"), _extreme("<")


def clip(lanes: Vectors, a: Value, b: Value, c: Value) -> Value:
    return smallest(lanes, largest(lanes, a, b), c)  # type: ignore[no-any-return]


def sign(lanes: Vectors, a: Value) -> Value:
    return lanes.where(a > 0.0, 1.0, lanes.where(a < 0.0, -1.0, a + 0.0))


def copysign(lanes: Vectors, a: Value, b: Value) -> Value:
    return lanes.where(b.unordered(b), b, lanes.intrinsic("copysign", a, b))


def _rounded(name: str) -> Function:
    """A rounding; what is 0 has no sign."""
    return lambda lanes, a: lanes.intrinsic(name, a) + 0.0


def _relation(relation: str, strict: bool = False) -> Function:
    def row(lanes: Vectors, a: Value, b: Value) -> Value:
        holds = a.compared(relation, b)
        if not strict:
            return holds
        undefined = a.unordered(b)
        return Value(lanes, (holds & ~undefined).ir if relation == "!=" else holds.ir, undefined.ir)

    return row


def _either(a: Value | None, b: Value | None) -> Value | None:
    return b if a is None else a if b is None else a | b


def both(lanes: Vectors, a: Value, b: Value) -> Value:
    """0 as soon as one does not hold, whatever the other is."""
    (first, unsure), (second, unsure_too) = lanes.as_truth(a), lanes.as_truth(b)
    undefined = _either(None if unsure is None else unsure & second, None if unsure_too is None else unsure_too & first)
    if unsure is not None and unsure_too is not None:
        undefined = _either(undefined, unsure & unsure_too)
    return Value(lanes, (first & second).ir, undefined and undefined.ir)


def either(lanes: Vectors, a: Value, b: Value) -> Value:
    """1 as soon as one holds, whatever the other is."""
    (first, unsure), (second, unsure_too) = lanes.as_truth(a), lanes.as_truth(b)
    holds, undefined = first | second, _either(unsure, unsure_too)
    return Value(lanes, holds.ir, undefined and (undefined & ~holds).ir)


def neither(lanes: Vectors, a: Value) -> Value:
    holds, undefined = lanes.as_truth(a)
    return Value(lanes, (~(holds if undefined is None else holds | undefined)).ir, undefined and undefined.ir)


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
        exponent = b.known
        if exponent and abs(exponent) <= 3 and 2 * exponent % 1 == 0:
            return simple_power(a, exponent, lambda divisor: divide(lanes, lanes.constant(1.0), divisor))
        found = lanes.call("pow", power, [a.ir, b.ir])
        return lanes.where(a.equals(0.0) & (b < 0.0), nan, found) if strict else found

    return row


def _polygamma(lanes: Vectors, order: Value, a: Value) -> Value:
    """A function of IR for each order."""
    return lanes.call(f"polygamma {order.known}", polygamma(order.known), [a.ir])


RELATIONS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}

LOGIC = frozenset(("and", "or", "not", "where", "stop_gradient"))
"""Rows that take truths as they are."""

ROWS: dict[str, Function] = {
    **_sums(SUM), "div": quotient, "pow": _power(quotient, strict=False), "neg": lambda lanes, a: -a,
    "sqrt": lambda lanes, a: lanes.intrinsic("sqrt", a),
    "max": largest, "min": smallest, "clip": clip, "abs": lambda lanes, a: abs(a), "sign": sign, "copysign": copysign,
    "floor": _rounded("floor"), "ceil": _rounded("ceil"), "round": _rounded("rint"), "trunc": _rounded("trunc"),
    "polygamma": _polygamma, "where": choice, "stop_gradient": lambda lanes, a: a, "and": both, "or": either, "not": neither,
    **{name: _relation(relation) for name, relation in RELATIONS.items()},
}  # fmt: skip

STRICT: dict[str, Function] = {
    **_sums(()),  # x*x - y*y is 0 at a kink, and fused it would be what x*x is rounded by
    "div": strict_quotient, "pow": _power(strict_quotient, strict=True), "where": strict_choice,
    **{name: _relation(relation, strict=True) for name, relation in RELATIONS.items()},
}  # fmt: skip
