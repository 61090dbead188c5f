"""Values in the lanes of a vector: LLVM's IR, written with Python's operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diffcli.kernels.machine.lanes import Lanes

SUM = ("contract",)
"""What LLVM may do to a sum or product of a program: fuse it with another into one rounding."""


class Value:
    """A number, a whole number or a truth in each lane.

    Operators emit the instruction as it stands, with the flags of the lanes: with none, IEEE's arithmetic, which nothing may
    contract. The comparisons of Python hold of no NaN.
    """

    __slots__ = ("lanes", "ir", "undefined", "known", "reciprocal")

    def __init__(
        self, lanes: Lanes, ir: Any, undefined: Any = None, known: float | None = None, reciprocal: Value | None = None
    ) -> None:
        self.lanes, self.ir = lanes, ir
        self.undefined = undefined
        """Of a truth: the bits of the lanes in which it is neither true nor false. Its own bits are not set there."""
        self.known = known
        """Of a number that is the same in every lane and every call: which."""
        self.reciprocal = reciprocal
        """Of a divisor of several quotients: by what they multiply."""

    def _with(self, instruction: str, other: Value | float, swapped: bool = False) -> Value:
        lanes = self.lanes
        right = other if isinstance(other, Value) else lanes.like(self, other)
        first, second = (right, self) if swapped else (self, right)
        if self.ir.type != lanes.double:
            return Value(lanes, getattr(lanes.builder, instruction)(first.ir, second.ir))
        return Value(lanes, getattr(lanes.builder, f"f{instruction}")(first.ir, second.ir, lanes.flags))

    def __add__(self, other: Value | float) -> Value:
        return self._with("add", other)

    def __sub__(self, other: Value | float) -> Value:
        return self._with("sub", other)

    def __mul__(self, other: Value | float) -> Value:
        return self._with("mul", other)

    def __truediv__(self, other: Value | float) -> Value:
        return self._with("div", other)

    def __radd__(self, other: float) -> Value:
        return self._with("add", other, swapped=True)

    def __rsub__(self, other: float) -> Value:
        return self._with("sub", other, swapped=True)

    def __rmul__(self, other: float) -> Value:
        return self._with("mul", other, swapped=True)

    def __rtruediv__(self, other: float) -> Value:
        return self._with("div", other, swapped=True)

    def __neg__(self) -> Value:
        return Value(self.lanes, self.lanes.builder.fneg(self.ir))

    def __abs__(self) -> Value:
        return self.lanes.intrinsic("fabs", self)

    # -- truths and whole numbers --------------------------------------------------------------------------------------

    def __and__(self, other: Value | int) -> Value:
        return self._with("and_", other)

    def __or__(self, other: Value | int) -> Value:
        return self._with("or_", other)

    def __xor__(self, other: Value | int) -> Value:
        return self._with("xor", other)

    def __invert__(self) -> Value:
        return Value(self.lanes, self.lanes.builder.not_(self.ir))

    def __lshift__(self, other: int) -> Value:
        return self._with("shl", other)

    def plus(self, other: int) -> Value:
        """Whole numbers and one that is the same for all."""
        return self._with("add", other)

    def shifted_down(self, count: int) -> Value:
        """Whole numbers without a sign, divided by 2^count."""
        return self._with("lshr", count)

    # -- comparisons ---------------------------------------------------------------------------------------------------

    def compared(self, relation: str, other: Value | float) -> Value:
        """The lanes where a relation holds; of NaN none does but ``!=``."""
        lanes, right = self.lanes, other if isinstance(other, Value) else self.lanes.like(self, other)
        if self.ir.type != lanes.double:
            return Value(lanes, lanes.builder.icmp_signed(relation, self.ir, right.ir))
        kind = lanes.builder.fcmp_unordered if relation == "!=" else lanes.builder.fcmp_ordered
        return Value(lanes, kind(relation, self.ir, right.ir))

    def __lt__(self, other: Value | float) -> Value:
        return self.compared("<", other)

    def __le__(self, other: Value | float) -> Value:
        return self.compared("<=", other)

    def __gt__(self, other: Value | float) -> Value:
        return self.compared(">", other)

    def __ge__(self, other: Value | float) -> Value:
        return self.compared(">=", other)

    def equals(self, other: Value | float) -> Value:
        return self.compared("==", other)

    def unordered(self, other: Value) -> Value:
        """The lanes where one of two numbers is NaN."""
        return Value(self.lanes, self.lanes.builder.fcmp_unordered("uno", self.ir, other.ir))

    # -- the bits of a number ------------------------------------------------------------------------------------------

    def bits(self) -> Value:
        return Value(self.lanes, self.lanes.builder.bitcast(self.ir, self.lanes.whole))

    def as_number(self) -> Value:
        """The number that has these bits."""
        return Value(self.lanes, self.lanes.builder.bitcast(self.ir, self.lanes.double))
