"""The table's arithmetic in the lanes of a vector, as LLVM IR.

What takes more than a few instructions is a function of IR, made once for a module where it is first asked for; rows call it,
and LLVM puts it in line. `Value` says how it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from struct import pack
from typing import Any

from llvmlite import binding, ir

from diffcli.kernels.machine.circular import CIRCULAR
from diffcli.kernels.machine.elementary import ELEMENTARY
from diffcli.kernels.machine.powers import POWERS, power, simple_power
from diffcli.kernels.machine.special import SPECIAL, polygamma
from diffcli.kernels.machine.values import SUM, Value
from diffcli.operations.arithmetic import floats
from diffcli.tape.running.rules import Arithmetic

inf, nan = float("inf"), float("nan")

SAFE = 2.0**-1021, 2.0**1021
"""Between these sizes a divisor has a reciprocal that is exact to the last digit; beside them it is beyond the range, or has lost
digits, where the quotient is and has not."""

Function = Callable[..., Any]


class Lanes:
    """The arithmetic of numbers in ``width`` lanes, in a module of LLVM's IR.

    The functions of ``arithmetic`` emit where ``builder`` stands. They take values as they return them, floats, or IR; what they
    return may be numbers or truths: `number` and `truth` make IR of it.

    Parameters
    ----------
    module
        Where functions go that the rows call.
    width
        How many lanes; 1 for plain numbers.
    features
        Features of the processor by LLVM's names; if not given, those of this one.
    """

    def __init__(self, module: ir.Module, width: int, features: Mapping[str, bool] | None = None) -> None:
        def lanes(kind: Any) -> Any:
            return kind if width == 1 else ir.VectorType(kind, width)

        self.module, self.width = module, width
        self.double, self.whole, self.bit = lanes(ir.DoubleType()), lanes(ir.IntType(64)), lanes(ir.IntType(1))
        self.result = ir.LiteralStructType([self.double, self.bit])
        features = binding.get_host_cpu_features() if features is None else features
        self.fused = features.get("fma", "neon" in features)
        """Whether a*b + c is one instruction with one rounding."""
        self.scales = width == 8 and bool(features.get("avx512f"))
        """Whether x*2^k is one instruction."""
        self.flags: Sequence[str] = ()
        """What LLVM may do to the operators of values."""
        self.builder: Any = None
        self.rescue: Any = None
        """The lanes whose numbers are to be worked out one by one, as bits; None if there are none."""
        self._known: dict[str, tuple[Any, bool]] = {}
        functions = {name: self._row(name, function, floats.FLOATS) for name, function in ROWS.items()}
        functions |= {name: self._called(name, function, floats.FLOATS) for name, function in CALLED.items() if name not in ROWS}
        strict = {name: self._row(name, function, floats.STRICT) for name, function in STRICT.items()}
        self.arithmetic = LaneArithmetic(self, functions, strict)

    # -- values --------------------------------------------------------------------------------------------------------

    def constant(self, value: float) -> Value:
        """A number that is the same in every lane."""
        return Value(self, self._everywhere(self.double, ir.Constant(ir.DoubleType(), float(value))), known=float(value))

    def _everywhere(self, kind: Any, value: Any) -> Any:
        return value if self.width == 1 else _Splat(kind, value)

    def like(self, value: Value, other: float) -> Value:
        """A plain number as a value of the same kind as another."""
        if value.ir.type == self.double:
            return self.constant(other)
        width = 64 if value.ir.type == self.whole else 1
        return Value(self, self._everywhere(value.ir.type, ir.Constant(ir.IntType(width), int(other))))

    def value(self, given: Any) -> Value:
        """What a row is given as a value."""
        if isinstance(given, Value):
            return given
        return self.constant(given) if isinstance(given, (int, float)) else Value(self, given)

    def number(self, given: Any) -> Any:
        """A value as IR: doubles. A truth is 1, 0, or NaN where it is undefined."""
        return self.as_number(given).ir

    def truth(self, given: Any) -> Any:
        """A value as IR: bits. NaN and what is undefined is true."""
        holds, undefined = self.as_truth(given)
        return (holds if undefined is None else holds | undefined).ir

    def as_number(self, given: Any) -> Value:
        value = self.value(given)
        if value.ir.type != self.bit:
            return value
        number = self.where(value, self.constant(1.0), self.constant(0.0))
        return number if value.undefined is None else self.where(Value(self, value.undefined), self.constant(nan), number)

    def as_truth(self, given: Any) -> tuple[Value, Value | None]:
        """Where a value holds, and where it is undefined; None if it is nowhere."""
        value = self.value(given)
        if value.ir.type == self.bit:
            return Value(self, value.ir), None if value.undefined is None else Value(self, value.undefined)
        return (value < 0.0) | (value > 0.0), value.unordered(value)

    def where(self, truth: Value, a: Value | float, b: Value | float) -> Value:
        """A choice for each lane, between two of a kind."""
        a = a if isinstance(a, Value) else self.constant(a)
        b = b if isinstance(b, Value) else self.constant(b)
        return Value(self, self.builder.select(truth.ir, a.ir, b.ir))

    def intrinsic(self, name: str, *operands: Value) -> Value:
        """One of LLVM's own functions of numbers."""
        name = f"llvm.{name}.{'f64' if self.width == 1 else f'v{self.width}f64'}"
        found = self.module.globals.get(name)
        if found is None:
            found = ir.Function(self.module, ir.FunctionType(self.double, [self.double] * len(operands)), name)
        return Value(self, self.builder.call(found, [operand.ir for operand in operands]))

    def fma(self, a: Value, b: Value | float, c: Value | float) -> Value:
        """a*b + c, with one rounding where the processor has an instruction for it."""
        return self.intrinsic("fma", a, self.value(b), self.value(c)) if self.fused else a * b + c

    def product_error(self, a: Value, b: Value, product: Value) -> Value:
        """a*b - product, exactly, where product is a*b as rounded (Dekker 1971)."""
        if self.fused:
            return self.fma(a, b, -product)
        (a_high, a_low), (b_high, b_low) = _halves(a), _halves(b)
        return ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low

    def scaled(self, x: Value, k: Value) -> Value:
        """x*2^k for a whole number, with one rounding, where the processor has an instruction for it."""
        name, byte, word = "llvm.x86.avx512.mask.scalef.pd.512", ir.IntType(8), ir.IntType(32)
        found = self.module.globals.get(name) or ir.Function(
            self.module, ir.FunctionType(self.double, [self.double] * 3 + [byte, word]), name
        )
        return Value(self, self.builder.call(found, [x.ir, k.ir, x.ir, byte(-1), word(4)]))  # 4: rounding as it is set

    def polynomial(self, x: Value, coefficients: Sequence[float], pairwise: bool = True) -> Value:
        """A polynomial by its coefficients, the highest power first.

        Pairwise (Estrin 1960), half of it runs beside the other half; by Horner's rule it rounds less.
        """
        if not pairwise:
            first, *others = coefficients
            return reduce(lambda found, coefficient: self.fma(found, x, coefficient), others, self.constant(first))
        terms: list[Value] = [self.constant(coefficient) for coefficient in reversed(coefficients)]
        while len(terms) > 1:
            pairs = [self.fma(high, x, low) for low, high in zip(terms[::2], terms[1::2], strict=False)]
            terms = pairs + terms[len(terms) - len(terms) % 2 :]
            x = x * x
        return terms[0]

    def mark(self, truth: Value) -> None:
        """Lanes that are to be worked out one by one."""
        self.rescue = truth.ir if self.rescue is None else self.builder.or_(self.rescue, truth.ir)

    # -- rows ----------------------------------------------------------------------------------------------------------

    def _row(self, name: str, function: Function, instead: Mapping[str, Function]) -> Function:
        """A row of a few instructions; of plain numbers what it is in floats."""
        convert = self.value if name in LOGIC else self.as_number

        def row(*operands: Any) -> Any:
            if all(isinstance(operand, (int, float)) for operand in operands):
                return instead[name](*operands) if name in instead else floats.FLOATS[name](*operands)
            return function(self, *map(convert, operands))

        return row

    def _called(self, name: str, function: Function, instead: Mapping[str, Function]) -> Function:
        """A row that is a function of IR."""

        def row(*operands: Any) -> Any:
            if name in instead and all(isinstance(operand, (int, float)) for operand in operands):
                return instead[name](*operands)
            return self._call(name, function, [self.as_number(operand).ir for operand in operands])

        return row

    def _call(self, name: str, function: Function, operands: list[Any]) -> Value:
        if name not in self._known:
            self._known[name] = self._define(name, function, len(operands))
        made, rescues = self._known[name]
        result = self.builder.call(made, operands)
        if rescues:
            self.mark(Value(self, self.builder.extract_value(result, 1)))
        return Value(self, self.builder.extract_value(result, 0))

    def _define(self, name: str, function: Function, count: int) -> tuple[Any, bool]:
        """A function of IR, and whether it marks lanes."""
        made = ir.Function(self.module, ir.FunctionType(self.result, [self.double] * count), f"{name}.{self.width}")
        made.linkage = "internal"
        made.attributes.add("alwaysinline")
        held = self.builder, self.rescue, self.flags
        self.flags = ()
        self.builder, self.rescue = ir.IRBuilder(made.append_basic_block()), None
        found = self.as_number(function(*[Value(self, argument) for argument in made.args]))
        marked = self.rescue
        whole = self.builder.insert_value(ir.Constant(self.result, ir.Undefined), found.ir, 0)
        nothing = ir.Constant(self.bit, None)
        self.builder.ret(self.builder.insert_value(whole, nothing if marked is None else marked, 1))
        self.builder, self.rescue, self.flags = held
        return made, marked is not None


def _halves(a: Value) -> tuple[Value, Value]:
    """The upper 26 bits of a number, and the lower ones (Veltkamp 1968)."""
    scaled = 134217729.0 * a
    high = scaled - (scaled - a)
    return high, a - high


class _Splat(ir.Constant):  # type: ignore[misc]
    """A vector of one constant, whose text does not repeat it."""

    def __init__(self, kind: Any, value: Any) -> None:
        super().__init__(kind, None)
        self.value = value

    def _get_reference(self) -> str:
        return f"splat ({self.value.type} {self.value.get_reference()})"


class LaneArithmetic(Arithmetic):
    """Rows without a function of their own are computed by their texts, each a function of IR."""

    def __init__(self, lanes: Lanes, functions: Mapping[str, Function], strict: Mapping[str, Function]) -> None:
        super().__init__(functions, strict, operators={}, form=lambda row: TEXTS.get(row.name) or row.value or row.definition)
        self.lanes = lanes

    def by_form(self, row: Any) -> Function:
        return self.lanes._called(row.name, super().by_form(row), {})


# -- rows of a few instructions, as functions of the lanes and the operands ------------------------------------------------


def _flagged(instruction: str, flags: Sequence[str]) -> Function:
    def row(lanes: Lanes, *operands: Value) -> Value:
        return Value(lanes, getattr(lanes.builder, instruction)(*[operand.ir for operand in operands], flags=flags))

    return row


_divide = _flagged("fdiv", ())
_multiply = _flagged("fmul", SUM)


def with_reciprocal(lanes: Lanes, b: Value) -> Value:
    """A divisor of several quotients with its reciprocal, by which they multiply; where it is not safe, lanes are marked."""
    b = lanes.as_number(b) + 0.0
    size = (b.bits() << 1) - 1  # without the sign; of 0 it is the largest
    small, large = ((_bits_of(side) << 1) - 1 for side in SAFE)
    unsafe = lanes.builder.icmp_unsigned("<", size.ir, lanes.like(size, small).ir)
    beyond = lanes.builder.icmp_unsigned("<", (size - large).ir, lanes.like(size, (_bits_of(inf) << 1) - 1 - large).ir)
    lanes.mark(Value(lanes, unsafe) | Value(lanes, beyond))
    return Value(lanes, b.ir, reciprocal=lanes.constant(1.0) / b)


def _quotient(lanes: Lanes, a: Value, b: Value) -> Value:
    """a/b for a divisor that is no -0; known ones that are safe have a reciprocal."""
    by = lanes.constant(1 / b.known) if b.known is not None and SAFE[0] < abs(b.known) < SAFE[1] else b.reciprocal
    return _divide(lanes, a, b) if by is None else _multiply(lanes, a, by)  # type: ignore[no-any-return]


def quotient(lanes: Lanes, a: Value, b: Value) -> Value:
    """At b = 0 the limit from above: -0 + 0 is 0."""
    return _quotient(lanes, a, b if b.known or b.reciprocal else b + 0.0)


def strict_quotient(lanes: Lanes, a: Value, b: Value) -> Value:
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


largest, smallest = _extreme(">"), _extreme("<")


def clip(lanes: Lanes, a: Value, b: Value, c: Value) -> Value:
    return smallest(lanes, largest(lanes, a, b), c)  # type: ignore[no-any-return]


def sign(lanes: Lanes, a: Value) -> Value:
    return lanes.where(a > 0.0, 1.0, lanes.where(a < 0.0, -1.0, a + 0.0))


def copysign(lanes: Lanes, a: Value, b: Value) -> Value:
    return lanes.where(b.unordered(b), b, lanes.intrinsic("copysign", a, b))


def _rounded(name: str) -> Function:
    """A rounding; what is 0 has no sign."""
    return lambda lanes, a: lanes.intrinsic(name, a) + 0.0


def _relation(relation: str, strict: bool = False) -> Function:
    def row(lanes: Lanes, a: Value, b: Value) -> Value:
        holds = a.compared(relation, b)
        if not strict:
            return holds
        undefined = a.unordered(b)
        return Value(lanes, (holds & ~undefined).ir if relation == "!=" else holds.ir, undefined.ir)

    return row


def _either(a: Value | None, b: Value | None) -> Value | None:
    return b if a is None else a if b is None else a | b


def both(lanes: Lanes, a: Value, b: Value) -> Value:
    """0 as soon as one does not hold, whatever the other is."""
    (first, unsure), (second, unsure_too) = lanes.as_truth(a), lanes.as_truth(b)
    undefined = _either(None if unsure is None else unsure & second, None if unsure_too is None else unsure_too & first)
    if unsure is not None and unsure_too is not None:
        undefined = _either(undefined, unsure & unsure_too)
    return Value(lanes, (first & second).ir, undefined and undefined.ir)


def either(lanes: Lanes, a: Value, b: Value) -> Value:
    """1 as soon as one holds, whatever the other is."""
    (first, unsure), (second, unsure_too) = lanes.as_truth(a), lanes.as_truth(b)
    holds, undefined = first | second, _either(unsure, unsure_too)
    return Value(lanes, holds.ir, undefined and (undefined & ~holds).ir)


def neither(lanes: Lanes, a: Value) -> Value:
    holds, undefined = lanes.as_truth(a)
    return Value(lanes, (~(holds if undefined is None else holds | undefined)).ir, undefined and undefined.ir)


def choice(lanes: Lanes, condition: Value, a: Value, b: Value) -> Value:
    truth = Value(lanes, lanes.truth(condition))
    if a.ir.type == b.ir.type == lanes.bit and a.undefined is b.undefined is None:
        return lanes.where(truth, a, b)
    return lanes.where(truth, lanes.as_number(a), lanes.as_number(b))


def strict_choice(lanes: Lanes, condition: Value, a: Value, b: Value) -> Value:
    undefined, chosen = lanes.as_truth(condition)[1], choice(lanes, condition, a, b)
    return chosen if undefined is None else lanes.where(undefined, nan, lanes.as_number(chosen))


CALLED = ELEMENTARY | CIRCULAR | POWERS | SPECIAL
"""Rows that are functions of IR."""

TEXTS = {
    "asinh": "t = abs(a); copysign(where(t < 1e8, log1p(t + t*t/(1 + sqrt(1 + t*t))), log(t) + log(2)), a)",
    "acosh": "where(a < 1e8, log1p(a - 1 + sqrt((a - 1)*(a + 1))), log(a) + log(2))",
    "atanh": "copysign(log1p(2*abs(a)/(1 - abs(a)))/2, a)",
}
"""Rows that are computed by a text, in the language of the table's own."""


def _power(divide: Function, strict: bool) -> Function:
    """A power; of an exponent that is known and simple by products. In a program 0^b is undefined for b < 0."""

    def row(lanes: Lanes, a: Value, b: Value) -> Value:
        exponent = b.known
        if exponent and abs(exponent) <= 3 and 2 * exponent % 1 == 0:
            return simple_power(a, exponent, lambda divisor: divide(lanes, lanes.constant(1.0), divisor))
        found = lanes._call("pow", power, [a.ir, b.ir])
        return lanes.where(a.equals(0.0) & (b < 0.0), nan, found) if strict else found

    return row


def _polygamma(lanes: Lanes, order: Value, a: Value) -> Value:
    """A function of IR for each order."""
    return lanes._call(f"polygamma {order.known}", polygamma(order.known), [a.ir])


RELATIONS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}

LOGIC = frozenset(("and", "or", "not", "where", "stop_gradient"))
"""Rows that take truths as they are."""

ROWS: dict[str, Function] = {
    "add": _flagged("fadd", SUM), "sub": _flagged("fsub", SUM), "mul": _multiply, "div": quotient,
    "pow": _power(quotient, strict=False), "neg": lambda lanes, a: -a, "square": lambda lanes, a: _multiply(lanes, a, a),
    "sqrt": lambda lanes, a: lanes.intrinsic("sqrt", a),
    "max": largest, "min": smallest, "clip": clip, "abs": lambda lanes, a: abs(a), "sign": sign, "copysign": copysign,
    "floor": _rounded("floor"), "ceil": _rounded("ceil"), "round": _rounded("rint"), "trunc": _rounded("trunc"),
    "polygamma": _polygamma, "where": choice, "stop_gradient": lambda lanes, a: a, "and": both, "or": either, "not": neither,
    **{name: _relation(relation) for name, relation in RELATIONS.items()},
}  # fmt: skip

STRICT: dict[str, Function] = {
    "div": strict_quotient, "pow": _power(strict_quotient, strict=True), "where": strict_choice,
    **{name: _relation(relation, strict=True) for name, relation in RELATIONS.items()},
}  # fmt: skip
