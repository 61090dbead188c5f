"""Rows of a few instructions over vectors, as functions of the vectors and the operands."""

from __future__ import annotations

from functools import reduce
from struct import pack

from diffcli.kernels.machine.powers import power, simple_power
from diffcli.kernels.machine.special import polygamma
from diffcli.kernels.machine.values import SUM, Function, Value, Vectors

inf, nan = float("inf"), float("nan")

SAFE = 2.0**-1021, 2.0**1021
"""Between these sizes a divisor has a reciprocal that is exact to the last digit; beside them it is beyond the range, or has lost
digits, where the quotient is and has not."""


def _flagged(instruction: str) -> Function:
    """A sum or product of a program."""

    def row(lanes: Vectors, *operands: Value) -> Value:
        return Value(lanes, getattr(lanes.builder, instruction)(*[operand.ir for operand in operands], flags=SUM))

    return row


_multiply = _flagged("fmul")


def with_reciprocal(lanes: Vectors, b: Value) -> Value:
    """A divisor of several quotients with its reciprocal, by which they multiply; where it is not safe, lanes are marked."""
    b = lanes.as_number(b) + 0.0
    size = (b.bits() << 1) - 1  # without the sign; of 0 it is the largest
    small, large = ((_bits_of(side) << 1) - 1 for side in SAFE)
    unsafe = lanes.builder.icmp_unsigned("<", size.ir, lanes.like(size, small).ir)
    beyond = lanes.builder.icmp_unsigned("<", (size - large).ir, lanes.like(size, (_bits_of(inf) << 1) - 1 - large).ir)
    lanes.mark(Value(lanes, unsafe) | Value(lanes, beyond))
    return Value(lanes, b.ir, reciprocal=lanes.constant(1.0) / b)


def _quotient(lanes: Vectors, a: Value, b: Value) -> Value:
    """a/b for a divisor that is no -0; known ones that are safe have a reciprocal."""
    by = lanes.constant(1 / b.known) if b.known is not None and SAFE[0] < abs(b.known) < SAFE[1] else b.reciprocal
    return a / b if by is None else _multiply(lanes, a, by)


def quotient(lanes: Vectors, a: Value, b: Value) -> Value:
    """At b = 0 the limit from above: -0 + 0 is 0."""
    return _quotient(lanes, a, b if b.known or b.reciprocal else b + 0.0)


def strict_quotient(lanes: Vectors, a: Value, b: Value) -> Value:
    found = _quotient(lanes, a, b)
    return found if b.known else lanes.where(b.equals(0.0), nan, found)


def _bits_of(number: float) -> int:
    """The bits of a number as a whole one."""
    return int.from_bytes(pack("<d", number), "little")


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
        holds = a.compared(relation, b)
        if not strict:
            return holds
        undefined = a.unordered(b)
        return Value(lanes, (holds & ~undefined).ir if relation == "!=" else holds.ir, undefined.ir)

    return row


def either(lanes: Vectors, a: Value, b: Value) -> Value:
    """1 as soon as one holds, whatever the other is."""
    (first, unsure), (second, unsure_too) = lanes.as_truth(a), lanes.as_truth(b)
    holds, undefined = first | second, unsure | unsure_too if unsure and unsure_too else unsure or unsure_too
    return Value(lanes, holds.ir, undefined and (undefined & ~holds).ir)


def both(lanes: Vectors, a: Value, b: Value) -> Value:
    """0 as soon as one does not hold, whatever the other is."""
    return neither(lanes, either(lanes, neither(lanes, a), neither(lanes, b)))


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
        found = lanes.call("pow", power, a, b)
        return lanes.where(a.equals(0.0) & (b < 0.0), nan, found) if strict else found

    return row


def _polygamma(lanes: Vectors, order: Value, a: Value) -> Value:
    """A function of IR for each order."""
    return lanes.call(f"polygamma {order.known}", polygamma(order.known), a)


RELATIONS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}

LOGIC = frozenset(("and", "or", "not", "where", "stop_gradient"))
"""Rows that take truths as they are."""

ROWS: dict[str, Function] = {
    "add": _flagged("fadd"), "sub": _flagged("fsub"), "mul": _multiply, "div": quotient,
    "pow": _power(quotient, strict=False), "neg": lambda lanes, a: -a, "square": lambda lanes, a: _multiply(lanes, a, a),
    "sqrt": lambda lanes, a: lanes.intrinsic("sqrt", a),
    "max": _extreme(">"), "min": _extreme("<"), "abs": lambda lanes, a: abs(a), "copysign": copysign,
    "floor": _rounded("floor"), "ceil": _rounded("ceil"), "round": _rounded("rint"), "trunc": _rounded("trunc"),
    "polygamma": _polygamma, "where": choice, "stop_gradient": lambda lanes, a: a, "and": both, "or": either, "not": neither,
    **{name: _relation(relation) for name, relation in RELATIONS.items()},
}  # fmt: skip

STRICT: dict[str, Function] = {
    "div": strict_quotient, "pow": _power(strict_quotient, strict=True), "where": strict_choice,
    **{name: _relation(relation, strict=True) for name, relation in RELATIONS.items()},
}  # fmt: skip
