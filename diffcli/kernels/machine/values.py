"""Values in the lanes of a vector: LLVM's IR, written with Python's operators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from math import nan
from typing import Any

from llvmlite import binding, ir

from diffcli.tape.running.rules import Arithmetic

Function = Callable[..., Any]

SUM = ("contract",)
"""What LLVM may do to a sum or product of a program: fuse it with another into one rounding."""


def _operator(instruction: str, swapped: bool = False) -> Callable[[Value, Any], Value]:
    """An instruction of two values; that of numbers has a name with an f before it, and the flags of the lanes."""

    def emit(value: Value, other: Value | float) -> Value:
        lanes = value.lanes
        operands = value.ir, lanes.like(value, other).ir
        first, second = operands[::-1] if swapped else operands
        if value.ir.type != lanes.double:
            return Value(lanes, getattr(lanes.builder, instruction)(first, second))
        return Value(lanes, getattr(lanes.builder, f"f{instruction}")(first, second, lanes.flags))

    return emit


def _comparison(relation: str) -> Callable[[Value, Value | float], Value]:
    """The lanes where a relation holds; of NaN none does but ``!=``."""
    return lambda value, other: value.compared(relation, other)


class Value:
    """A number, a whole number or a truth in each lane.

    Operators emit the instruction as it stands, with the flags of the lanes: with none, IEEE's arithmetic, which nothing may
    contract. The comparisons of Python hold of no NaN; ``>>`` is of whole numbers without a sign.
    """

    __slots__ = ("lanes", "ir", "undefined", "known")

    def __init__(self, lanes: Vectors, ir: Any, undefined: Value | None = None, known: float | None = None) -> None:
        self.lanes, self.ir = lanes, ir
        self.undefined = undefined
        """Of a truth: the lanes in which it is neither true nor false. Its own bits are not set there."""
        self.known = known
        """Of a number that is the same in every lane and every call: which."""

    __add__, __sub__, __mul__, __truediv__ = map(_operator, ("add", "sub", "mul", "div"))
    __radd__, __rsub__, __rmul__, __rtruediv__ = (_operator(name, swapped=True) for name in ("add", "sub", "mul", "div"))
    __and__, __or__, __xor__, __lshift__, __rshift__ = map(_operator, ("and_", "or_", "xor", "shl", "lshr"))
    __lt__, __le__, __gt__, __ge__, equals = map(_comparison, ("<", "<=", ">", ">=", "=="))

    def __neg__(self) -> Value:
        return Value(self.lanes, self.lanes.builder.fneg(self.ir))

    def __abs__(self) -> Value:
        return self.lanes.intrinsic("fabs", self)

    def __invert__(self) -> Value:
        return Value(self.lanes, self.lanes.builder.not_(self.ir))

    def compared(self, relation: str, other: Value | float) -> Value:
        lanes, right = self.lanes, self.lanes.like(self, other)
        if self.ir.type != lanes.double:
            return Value(lanes, lanes.builder.icmp_signed(relation, self.ir, right.ir))
        kind = lanes.builder.fcmp_unordered if relation == "!=" else lanes.builder.fcmp_ordered
        return Value(lanes, kind(relation, self.ir, right.ir))

    def unordered(self, other: Value) -> Value:
        """The lanes where one of two numbers is NaN."""
        return Value(self.lanes, self.lanes.builder.fcmp_unordered("uno", self.ir, other.ir))

    def bits(self) -> Value:
        return Value(self.lanes, self.lanes.builder.bitcast(self.ir, self.lanes.whole))

    def as_number(self) -> Value:
        """The number that has these bits."""
        return Value(self.lanes, self.lanes.builder.bitcast(self.ir, self.lanes.double))


class Vectors:
    """Values in ``width`` lanes, and functions of them, in a module of LLVM's IR.

    Parameters
    ----------
    module
        Where functions go that are called.
    width
        How many lanes; 1 for plain numbers.
    """

    arithmetic: Arithmetic
    """The rows of the table."""

    def __init__(self, module: ir.Module, width: int) -> None:
        def lanes(kind: Any) -> Any:
            return kind if width == 1 else ir.VectorType(kind, width)

        self.module, self.width = module, width
        self.double, self.whole, self.bit = lanes(ir.DoubleType()), lanes(ir.IntType(64)), lanes(ir.IntType(1))
        self.result = ir.LiteralStructType([self.double, self.bit])
        self.wide = width == 8 and bool(binding.get_host_cpu_features().get("avx512f"))
        """Whether the processor has instructions for exponents and special cases: see `avx512`."""
        self.flags: Sequence[str] = ()
        """What LLVM may do to the operators of values."""
        self.builder: Any = None
        self.rescue: Any = None
        """The lanes whose numbers are to be worked out one by one, as bits; None if there are none."""
        self.rescues = False
        """Whether there are such lanes anywhere in the module."""
        self._known: dict[str, tuple[Any, bool]] = {}

    # -- values --------------------------------------------------------------------------------------------------------

    def constant(self, value: float) -> Value:
        """A number that is the same in every lane."""
        return Value(self, self.everywhere(self.double, float(value)), known=float(value))

    def everywhere(self, kind: Any, value: float) -> Any:
        return ir.Constant(kind, value) if self.width == 1 else _Splat(kind, ir.Constant(kind.element, value))

    def like(self, value: Value, other: Value | float) -> Value:
        """A plain number as a value of the same kind as another."""
        if isinstance(other, Value):
            return other
        kind = value.ir.type
        return self.constant(other) if kind == self.double else Value(self, self.everywhere(kind, int(other)))

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
        number = self.where(value, 1.0, 0.0)
        return number if value.undefined is None else self.where(value.undefined, nan, number)

    def as_truth(self, given: Any) -> tuple[Value, Value | None]:
        """Where a value holds, and where it is undefined; None if it is nowhere."""
        value = self.value(given)
        if value.ir.type == self.bit:
            return Value(self, value.ir), value.undefined
        return (value < 0.0) | (value > 0.0), value.unordered(value)

    def where(self, truth: Value, a: Value | float, b: Value | float) -> Value:
        """A choice for each lane, between two of a kind."""
        return Value(self, self.builder.select(truth.ir, self.value(a).ir, self.value(b).ir))

    def intrinsic(self, name: str, *operands: Value) -> Value:
        """One of LLVM's own functions of numbers."""
        kind = ir.FunctionType(self.double, [self.double] * len(operands))
        name = f"llvm.{name}.{'f64' if self.width == 1 else f'v{self.width}f64'}"
        return Value(self, self.builder.call(self.module.declare_intrinsic(name, (), kind), [each.ir for each in operands]))

    def fma(self, a: Value, b: Value | float, c: Value | float) -> Value:
        """a*b + c, with one rounding."""
        return self.intrinsic("fma", a, self.value(b), self.value(c))

    def avx512(self, name: str, *operands: Value | int) -> Value:
        """An instruction of AVX-512 for every lane, with rounding as it is set."""
        byte, word = ir.IntType(8), ir.IntType(32)
        given = [each.ir if isinstance(each, Value) else word(each) for each in operands] + [byte(-1), word(4)]
        kind = ir.FunctionType(self.double, [each.type for each in given])
        found = self.module.declare_intrinsic(f"llvm.x86.avx512.mask.{name}.pd.512", (), kind)
        return Value(self, self.builder.call(found, given))

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
        self.rescues = True
        self.rescue = truth.ir if self.rescue is None else self.builder.or_(self.rescue, truth.ir)

    def note(self, builder: ir.IRBuilder, marks: ir.Value, vector: ir.Value) -> None:
        """Add the marked lanes of a vector to its byte among the marks."""
        if self.rescue is not None:
            place, byte = builder.gep(marks, [vector], source_etype=ir.IntType(8)), ir.IntType(8)
            bits = builder.zext(builder.bitcast(self.rescue, ir.IntType(self.width)), byte)
            builder.store(builder.or_(builder.load(place, typ=byte), bits), place)

    def spread(self, builder: ir.IRBuilder, number: ir.Value) -> ir.Value:
        """A number in every lane."""
        nothing = ir.Constant(self.double, ir.Undefined)
        first = builder.insert_element(nothing, number, ir.IntType(64)(0))
        return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(ir.IntType(32), self.width), None))

    # -- functions of IR -----------------------------------------------------------------------------------------------------

    def call(self, name: str, function: Function, *operands: Value) -> Value:
        """A function of IR, made where it is first called."""
        if name not in self._known:
            self._known[name] = self._define(name, function, len(operands))
        made, rescues = self._known[name]
        result = self.builder.call(made, [operand.ir for operand in operands])
        if rescues:
            self.mark(Value(self, self.builder.extract_value(result, 1)))
        return Value(self, self.builder.extract_value(result, 0))

    def _define(self, name: str, function: Function, count: int) -> tuple[Any, bool]:
        """A function of IR, and whether it marks lanes."""
        made = ir.Function(self.module, ir.FunctionType(self.result, [self.double] * count), f"{name}.{self.width}")
        made.linkage = "internal"
        made.attributes.add("alwaysinline")
        held = self.builder, self.rescue, self.flags
        self.builder, self.rescue, self.flags = ir.IRBuilder(made.append_basic_block()), None, ()
        found = self.number(function(*[Value(self, argument) for argument in made.args]))
        marked = self.rescue
        whole = self.builder.insert_value(ir.Constant(self.result, ir.Undefined), found, 0)
        self.builder.ret(self.builder.insert_value(whole, ir.Constant(self.bit, None) if marked is None else marked, 1))
        self.builder, self.rescue, self.flags = held
        return made, marked is not None


class _Splat(ir.Constant):  # type: ignore[misc]
    """A vector of one constant, whose text does not repeat it."""

    def __init__(self, kind: Any, value: Any) -> None:
        super().__init__(kind, None)
        self.value = value

    def _get_reference(self) -> str:
        return f"splat ({self.value.type} {self.value.get_reference()})"
