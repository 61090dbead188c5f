"""Traced values: what stands for the arguments of a Python function while it is recorded.

Every operation on one of them is computed as the tape would compute it, and leaves a row. An operator overload that
writes a Wengert list is the oldest form of automatic differentiation of ordinary programs (Griewank & Walther 2008,
section 6.1). The operators of numbers are the hot path of a loop of a million operations; those of arrays, which stand in
`diffcli.tape.recording.traced_array`, share everything else.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from numbers import Complex, Real
from operator import index
from typing import Any, NoReturn

from diffcli.tape.recording.recorder import Recorder
from diffcli.tape.recording.untraceable import asks_for_attribute, formats_text, refuse, refuse_conversion
from diffcli.tape.running.rules import FLOAT

_getframe = sys._getframe
_new = object.__new__

TRUTHS = frozenset(("lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not"))
"""The operations whose result is a `Truth`."""

def binary(name: str) -> Callable[[Any, Any], Any]:
    return lambda self, other: self._apply(name, self, other)


def reflected(name: str) -> Callable[[Any, Any], Any]:
    return lambda self, other: self._apply(name, other, self)


def unary(name: str) -> Callable[[Any], Any]:
    return lambda self: self._apply(name, self)


def conversion(kind: Callable[..., Any]) -> Callable[[Any], Any]:
    """A plain number is made for ``"%f" % x`` alone, as a text does not carry a derivative anyway."""

    def convert(self: TracedValue) -> Any:
        if not formats_text(_getframe(1)):
            refuse_conversion(self._recorder, kind.__name__)
        return kind(self._shown())

    return convert


class TracedValue:
    """A value of a recording: the slot that it stands in, and what it is at this point."""

    __slots__ = ("_recorder", "_slot", "_value")

    _recorder: Recorder
    _slot: int
    _value: Any
    _apply: Callable[..., Any]
    """Apply a row of the tables, by its name, to operands of which at least one is traced."""

    def _shown(self) -> Any:
        """The plain value for a text, and a note of where that is: what is read out of it again has left the recording."""
        self._recorder.texts.add(self._recorder.find(_getframe(2)))
        return self._value

    def __repr__(self) -> str:
        return f"<traced {self._shown()!r}>"

    def __str__(self) -> str:
        return str(self._shown())

    def __format__(self, form: str) -> str:
        return format(self._shown(), form)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """The class of the plain value, as ``isinstance`` sees it; ``type`` gives the true one.

        A `Fraction` would compare with the exact ratio of what it takes for a float, and leaves it to us what is none.
        """
        return type(self) if _getframe(1).f_globals.get("__name__") == "fractions" else type(self._value)

    def __dir__(self) -> list[str]:
        return dir(self._value)

    def __getattr__(self, name: str) -> Any:
        """What the plain value has, and a tape cannot follow, is refused."""
        if name.startswith("_") or not hasattr(self._value, name):
            raise AttributeError(f"a traced value stands for a `{type(self._value).__name__}`, which has no attribute {name!r}")
        if not callable(getattr(self._value, name)):
            refuse(self._recorder, f"`{name}` of a traced value is not recorded")
        return lambda *_, **__: refuse(self._recorder, f"{name}() of a traced value is not recorded")

    real = property(lambda self: self)
    imag = property(lambda self: 0.0 * self._value)

    def conjugate(self) -> Any:
        return self

    __copy__ = __pos__ = conjugate

    def __deepcopy__(self, _: object) -> Any:
        return self

    def __hash__(self) -> int:
        refuse(self._recorder, "a traced number cannot be a key", "a key decides by the value, and has no derivative")

    def __reduce_ex__(self, _: object) -> NoReturn:
        refuse(self._recorder, "a traced number cannot leave the process")

    __float__, __int__, __complex__ = map(conversion, (float, int, complex))
    __index__ = conversion(index)

    # -- operators -------------------------------------------------------------------------------------------------------

    __pow__, __rpow__ = binary("pow"), reflected("pow")
    __neg__, __abs__ = unary("neg"), unary("abs")

    def __divmod__(self, other: Any) -> tuple[Any, Any]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Any, Any]:
        return other // self, other % self

    # -- NumPy: what it does with one of ours is handed to us (NEP 13 and 18) -------------------------------------------

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return self._recorder.arrays().apply_ufunc(self._recorder, function, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, inputs: Any, options: Any) -> Any:
        return self._recorder.arrays().apply_function(self._recorder, function, inputs, options)


def is_array(given: Any) -> bool:
    """Whether an operand is an array, or a list, which needs the operations on arrays."""
    return type(given) is not Traced and (isinstance(given, list | tuple) or bool(getattr(given, "shape", ())))


def own_application(operands: Iterable[Any]) -> Callable[..., Any] | None:
    """How an operand applies a row of the tables itself, if one does: a tensor, of a floor that this one does not know."""
    for operand in operands:
        applied = getattr(type(operand), "diffcli_apply", None)
        if applied is not None:
            return applied  # type: ignore[no-any-return]
    return None


# -- numbers -----------------------------------------------------------------------------------------------------------


def record_row(recorder: Recorder, name: str, operands: tuple[int, ...], value: Any, kind: type[TracedValue]) -> Any:
    """Append a row, and return what stands for its value."""
    frame = _getframe(2)
    if frame.f_code is recorder.code:
        recorder.places.append(recorder.base + frame.f_lasti)
    else:
        recorder.places.append(recorder.find(frame))
    recorder.operations.append(name)
    recorder.operands.append(operands)
    values = recorder.values
    result = _new(kind)
    result._recorder = recorder
    result._slot = slot = len(values)
    result._value = value
    values.append(value)
    if slot >= recorder.most:
        recorder.stop()
    return result


# The operators of numbers append to the recorder's columns themselves.


def _binary(name: str, kind: type[Traced]) -> Callable[[Any, Any], Any]:
    function = FLOAT.strict(name)

    def operation(self: Traced, other: Any) -> Any:
        recorder = self._recorder
        if type(other) is Traced and other._recorder is recorder:
            return record_row(recorder, name, (self._slot, other._slot), function(self._value, other._value), kind)
        if type(other) is float or type(other) is int:
            slot = recorder.known.get(other) or recorder.constant(other)
            return record_row(recorder, name, (self._slot, slot), function(self._value, other), kind)
        found = operand(recorder, other)
        if found is None:
            return NotImplemented
        return record_row(recorder, name, (self._slot, found[0]), function(self._value, found[1]), kind)

    return operation


def _reflected(name: str) -> Callable[[Any, Any], Any]:
    function = FLOAT.strict(name)

    def operation(self: Traced, other: Any) -> Any:
        recorder = self._recorder
        if type(other) is float or type(other) is int:
            slot = recorder.known.get(other) or recorder.constant(other)
            return record_row(recorder, name, (slot, self._slot), function(other, self._value), Traced)
        found = operand(recorder, other)
        if found is None:
            return NotImplemented
        return record_row(recorder, name, (found[0], self._slot), function(found[1], self._value), Traced)

    return operation


def _unary(name: str) -> Callable[[Any], Any]:
    function = FLOAT.strict(name)
    return lambda self: record_row(self._recorder, name, (self._slot,), function(self._value), Traced)


def apply(name: str, *given: Any) -> Any:
    """A row of the table applied to numbers, one of them at least traced; NotImplemented if one is no number."""
    recorder = next(number._recorder for number in given if isinstance(number, Traced))
    found = [operand(recorder, number) for number in given]
    if None in found:
        return NotImplemented
    slots, values = zip(*found, strict=True)
    return record_row(recorder, name, slots, FLOAT.strict(name)(*values), Truth if name in TRUTHS else Traced)


class Traced(TracedValue):
    """A number whose operations are recorded.

    It has the operators of a float. A comparison gives a `Truth`; where Python asks it for yes or no, the answer is that of
    the value, and the branch is noted.
    """

    __slots__ = ()

    _value: float
    _apply = staticmethod(apply)

    def __bool__(self) -> bool:
        """Whether it is not 0: a branch."""
        recorder = self._recorder
        condition = record_row(recorder, "ne", (self._slot, recorder.constant(0.0)), float(self._value != 0), Truth)
        return recorder.decide(condition._slot, condition._value, _getframe(1)) != 0

    def __round__(self, digits: int | None = None) -> Any:
        if digits is not None:
            help = f"write round(x*10**{digits})/10**{digits}; its derivative is 0"
            refuse(self._recorder, "round(x, n) of a traced number is not recorded", help)
        return apply("round", self)

    def __pow__(self, other: Any, modulus: Any = None) -> Any:
        if modulus is not None:
            refuse(self._recorder, "pow with a modulus is for whole numbers")
        return _power(self, other)

    __rpow__ = _reflected("pow")

    def is_integer(self) -> Any:
        return apply("eq", self, apply("floor", self))

    def __getattr__(self, name: str) -> Any:
        """Beside that, for NumPy's arrays of objects, an elementwise function is a method of each element."""
        recorder = self._recorder
        known = "numpy" in sys.modules and not name.startswith("_") and recorder.arrays().is_elementwise(name)
        if not known or asks_for_attribute(_getframe(1)):
            return super().__getattr__(name)
        return lambda *others: recorder.arrays().elementwise(recorder, name, (self, *others))


class Truth(Traced):
    """What a comparison gives: 1 or 0. It is flat, so that it may also become a plain number; Python branches on it then."""

    __slots__ = ()

    def __bool__(self) -> bool:
        recorder = self._recorder
        value = recorder.decide(self._slot, self._value, _getframe(1))
        return value == 1.0 or (value != value and recorder.operations[self._slot - len(recorder.names)] == "ne")

    def __int__(self) -> int:
        return int(self._recorder.decide(self._slot, self._value, _getframe(1)) == 1.0)

    __index__ = __int__

    def __float__(self) -> float:
        return self._recorder.decide(self._slot, self._value, _getframe(1))

    _shown = __bool__

    __class__ = property(lambda self: bool)

    __and__, __rand__ = binary("and"), reflected("and")
    __or__, __ror__ = binary("or"), reflected("or")
    __xor__, __rxor__ = binary("ne"), reflected("ne")
    __invert__ = unary("not")


_power = _binary("pow", Traced)

for _method, _row in (
    ("add", "add"), ("sub", "sub"), ("mul", "mul"), ("truediv", "div"), ("floordiv", "floor_divide"), ("mod", "mod"),
):  # fmt: skip
    for _class, _made in ((TracedValue, (binary(_row), reflected(_row))), (Traced, (_binary(_row, Traced), _reflected(_row)))):
        for _turned, _operator in zip(("", "r"), _made, strict=True):
            setattr(_class, f"__{_turned}{_method}__", _operator)
for _row in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(TracedValue, f"__{_row}__", binary(_row))
    setattr(Traced, f"__{_row}__", _binary(_row, Truth))
for _row in ("neg", "abs", "floor", "ceil", "trunc"):
    setattr(Traced, f"__{_row}__", _unary(_row))


def operand(recorder: Recorder, given: Any) -> tuple[int, float] | None:
    """The slot and the value of an operand; None for what is no number."""
    if isinstance(given, Traced):
        if given._recorder is not recorder:
            refuse_mixing(recorder)
        return given._slot, given._value
    if getattr(given, "shape", None) == () and given.dtype.kind == "O":
        return operand(recorder, given.item())
    if isinstance(given, Real) or (getattr(given, "shape", None) == () and given.dtype.kind in "biuf"):
        slot = recorder.constant(given)
        return slot, recorder.constants[-1 - slot]
    if isinstance(given, Complex):
        refuse(recorder, "the tape holds real numbers, and this is a complex one")
    return None


def refuse_mixing(recorder: Recorder) -> NoReturn:
    """Numbers of two recordings would confuse their derivatives (perturbation confusion; Siskind & Pearlmutter 2005)."""
    message = "a number of one recording meets a number of another: a derivative inside a function that is differentiated"
    help = "for second derivatives use diffcli.hessian, which takes the derivative of the derivative's own tape"
    refuse(recorder, message, help)
