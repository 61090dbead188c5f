"""Traced numbers: what stands for the arguments of a Python function while it is recorded.

Every operation on one of them is computed as the tape would compute it, and leaves a row. An operator overload that
writes a Wengert list is the oldest form of automatic differentiation of ordinary programs (Griewank & Walther 2008,
section 6.1). The functions here are the hot path of a loop of a million operations: they append to the recorder's
columns themselves.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from numbers import Complex, Real
from typing import Any, NoReturn

from diffcli.tape.recording.recorder import Recorder
from diffcli.tape.recording.traced_value import TracedValue
from diffcli.tape.recording.untraceable import refuse

_getframe = sys._getframe
_new = object.__new__


def record_row(recorder: Recorder, name: str, operands: tuple[int, ...], value: Any, kind: type[Traced]) -> Any:
    """Append a row, and return the number that stands for it."""
    frame = _getframe(2)
    if frame.f_code is recorder.code:
        recorder.places.append(recorder.base + frame.f_lasti)
    else:
        recorder.places.append(recorder.find(frame))
    recorder.operations.append(name)
    recorder.operands.append(operands)
    values = recorder.values
    result = _new(kind)
    result.recorder = recorder
    result.slot = slot = len(values)
    result.value = value
    values.append(value)
    if slot >= recorder.most:
        recorder.stop()
    return result


def function_of(name: str) -> Callable[..., Any]:
    """How a row is computed in floats in a program."""
    from diffcli.tape.running.rules import FLOAT

    return FLOAT.strict(name)


# -- the operators, made from their rows -------------------------------------------------------------------------------


def _binary(name: str) -> Callable[[Traced, Any], Any]:
    function = function_of(name)

    def operation(self: Traced, other: Any) -> Any:
        recorder = self.recorder
        if type(other) is Traced and other.recorder is recorder:
            return record_row(recorder, name, (self.slot, other.slot), function(self.value, other.value), Traced)
        if type(other) is float or type(other) is int:
            slot = recorder.known.get(other) or recorder.constant(other)
            return record_row(recorder, name, (self.slot, slot), function(self.value, other), Traced)
        found = operand(recorder, other)
        if found is None:
            return NotImplemented
        return record_row(recorder, name, (self.slot, found[0]), function(self.value, found[1]), Traced)

    return operation


def _reflected(name: str) -> Callable[[Traced, Any], Any]:
    function = function_of(name)

    def operation(self: Traced, other: Any) -> Any:
        recorder = self.recorder
        if type(other) is float or type(other) is int:
            slot = recorder.known.get(other) or recorder.constant(other)
            return record_row(recorder, name, (slot, self.slot), function(other, self.value), Traced)
        found = operand(recorder, other)
        if found is None:
            return NotImplemented
        return record_row(recorder, name, (found[0], self.slot), function(found[1], self.value), Traced)

    return operation


def _unary(name: str) -> Callable[[Traced], Any]:
    function = function_of(name)
    return lambda self: record_row(self.recorder, name, (self.slot,), function(self.value), Traced)


def _comparison(name: str) -> Callable[[Traced, Any], Any]:
    function = function_of(name)

    def operation(self: Traced, other: Any) -> Any:
        recorder = self.recorder
        if type(other) is float or type(other) is int:
            slot = recorder.known.get(other) or recorder.constant(other)
            return record_row(recorder, name, (self.slot, slot), function(self.value, other), Truth)
        found = operand(recorder, other)
        if found is None:
            return NotImplemented
        return record_row(recorder, name, (self.slot, found[0]), function(self.value, found[1]), Truth)

    return operation


_power = _binary("pow")


class Traced(TracedValue):
    """A number whose operations are recorded.

    It has the operators of a float. A comparison gives a `Truth`; where Python asks it for yes or no, the answer is that of
    the value, and the branch is noted.
    """

    __slots__ = ()

    value: float

    def __repr__(self) -> str:
        return f"<traced {self.value!r}>"

    def __bool__(self) -> bool:
        """Whether it is not 0: a branch."""
        recorder = self.recorder
        condition = record_row(recorder, "ne", (self.slot, recorder.constant(0.0)), float(self.value != 0), Truth)
        return recorder.decide(condition.slot, condition.value, _getframe(1)) != 0

    __hash__ = TracedValue.__hash__

    # -- operations ------------------------------------------------------------------------------------------------------

    __add__, __radd__ = _binary("add"), _reflected("add")
    __sub__, __rsub__ = _binary("sub"), _reflected("sub")
    __mul__, __rmul__ = _binary("mul"), _reflected("mul")
    __truediv__, __rtruediv__ = _binary("div"), _reflected("div")
    __neg__, __abs__ = _unary("neg"), _unary("abs")
    __floor__, __ceil__, __trunc__ = _unary("floor"), _unary("ceil"), _unary("trunc")
    __lt__, __le__ = _comparison("lt"), _comparison("le")
    __gt__, __ge__ = _comparison("gt"), _comparison("ge")
    __eq__, __ne__ = _comparison("eq"), _comparison("ne")

    # -- operations of more than one row ---------------------------------------------------------------------------------

    def __round__(self, digits: int | None = None) -> Any:
        if digits is not None:
            help = [f"write round(x*10**{digits})/10**{digits}; its derivative is 0"]
            refuse(self.recorder, "round(x, n) of a traced number is not recorded", help, _getframe(1))
        return apply("round", self)

    def __pow__(self, other: Any, modulus: Any = None) -> Any:
        if modulus is not None:
            refuse(self.recorder, "pow with a modulus is for whole numbers", [], _getframe(1))
        return _power(self, other)

    __rpow__ = _reflected("pow")

    def __floordiv__(self, other: Any) -> Any:
        return floor_division(self, other)[0]

    def __rfloordiv__(self, other: Any) -> Any:
        return floor_division(other, self)[0]

    def __mod__(self, other: Any) -> Any:
        return floor_division(self, other)[1]

    def __rmod__(self, other: Any) -> Any:
        return floor_division(other, self)[1]

    def __divmod__(self, other: Any) -> Any:
        return floor_division(self, other)

    def __rdivmod__(self, other: Any) -> Any:
        return floor_division(other, self)

    # -- arrays of objects, where a function is a method of each element ------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        from diffcli.tape.recording.numpy_functions import row_of

        row = "" if name.startswith("_") else row_of(name)
        if not row:
            raise AttributeError(f"a traced number has no attribute {name!r}")
        return lambda *others: apply(row, self, *others)


class Truth(Traced):
    """What a comparison gives: 1 or 0. It is flat, so that it may also become a plain number; Python branches on it then."""

    __slots__ = ()

    def __bool__(self) -> bool:
        recorder = self.recorder
        value = recorder.decide(self.slot, self.value, _getframe(1))
        return value == 1.0 or (value != value and recorder.operations[self.slot - len(recorder.names)] == "ne")

    def __int__(self) -> int:
        return int(self.recorder.decide(self.slot, self.value, _getframe(1)) == 1.0)

    __index__ = __int__

    def __float__(self) -> float:
        return self.recorder.decide(self.slot, self.value, _getframe(1))

    def __repr__(self) -> str:
        return f"<traced {self.value == 1.0}>"

    def __str__(self) -> str:
        return str(self.value == 1.0)

    def __and__(self, other: Any) -> Any:
        return apply("and", self, other)

    def __or__(self, other: Any) -> Any:
        return apply("or", self, other)

    def __xor__(self, other: Any) -> Any:
        return apply("ne", self, other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self) -> Any:
        return apply("not", self)


TRUTHS = frozenset(("lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not"))
"""The operations whose result is a `Truth`."""


def operand(recorder: Recorder, given: Any) -> tuple[int, float] | None:
    """The slot and the value of an operand; None for what is no number."""
    if isinstance(given, Traced):
        if given.recorder is not recorder:
            refuse_mixing(recorder)
        return given.slot, given.value
    if isinstance(given, Real) or (getattr(given, "shape", None) == () and getattr(given, "dtype", "O") != "O"):
        slot = recorder.constant(given)
        return slot, recorder.constants[-1 - slot]
    if isinstance(given, Complex):
        refuse(recorder, "the tape holds real numbers, and this is a complex one", [], _getframe(2))
    return None


def refuse_mixing(recorder: Recorder) -> NoReturn:
    """Numbers of two recordings would confuse their derivatives (perturbation confusion; Siskind & Pearlmutter 2005)."""
    message = "a number of one recording meets a number of another: a derivative inside a function that is differentiated"
    help = ["for second derivatives use diffcli.hessian, which takes the derivative of the derivative's own tape"]
    refuse(recorder, message, help, _getframe(3))


def apply(name: str, *given: Any) -> Any:
    """A row of the table applied to numbers, one of them at least traced; NotImplemented if one is no number."""
    recorder = next(number.recorder for number in given if isinstance(number, Traced))
    found = [operand(recorder, number) for number in given]
    if None in found:
        return NotImplemented
    slots, values = zip(*found, strict=True)
    return record_row(recorder, name, slots, function_of(name)(*values), Truth if name in TRUTHS else Traced)


def floor_division(a: Any, b: Any) -> tuple[Any, Any]:
    """a // b and a % b: the floor of the exact quotient, which is one less where a/b was rounded up to a whole number."""
    quotient = apply("div", a, b)
    if quotient is NotImplemented:
        return NotImplemented, NotImplemented
    floor = apply("floor", quotient)
    plain_a, plain_b = getattr(a, "value", a), getattr(b, "value", b)
    if plain_b and floor.value == floor.value:
        difference = plain_a // plain_b - floor.value
        if difference:
            floor = floor + difference
    return floor, a - b * floor
