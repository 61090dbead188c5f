"""What traced numbers and traced arrays have in common: they are no plain values, and say so at the user's line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from diffcli.tape.recording.recorder import Recorder
from diffcli.tape.recording.untraceable import formats_text, refuse, refuse_conversion

_getframe = sys._getframe


class TracedValue:
    """A value of a recording: the slot that it stands in, and what it is at this point."""

    __slots__ = ("recorder", "slot", "value")

    recorder: Recorder
    slot: int
    value: Any

    def __str__(self) -> str:
        return str(self.value)

    def __format__(self, form: str) -> str:
        return format(self.value, form)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, _: object) -> Any:
        return self

    def __hash__(self) -> int:
        help = ["a key decides by the value, and has no derivative"]
        refuse(self.recorder, "a traced number cannot be a key", help, _getframe(1))

    def __reduce_ex__(self, _: object) -> NoReturn:
        refuse(self.recorder, "a traced number cannot leave the process", [], _getframe(1))

    def __float__(self) -> float:
        if not formats_text(_getframe(1)):
            refuse_conversion(self.recorder, "float", _getframe(1))
        return self.value  # type: ignore[no-any-return]

    def __int__(self) -> int:
        refuse_conversion(self.recorder, "int", _getframe(1))

    def __index__(self) -> int:
        refuse_conversion(self.recorder, "index", _getframe(1))

    def __complex__(self) -> complex:
        refuse_conversion(self.recorder, "complex", _getframe(1))

    def __pos__(self) -> Any:
        return self

    # -- NumPy: what it does with one of ours is handed to us (NEP 13 and 18) -------------------------------------------

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **options: Any) -> Any:
        from diffcli.tape.recording.numpy_functions import apply_ufunc

        return apply_ufunc(self.recorder, function, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, inputs: Any, options: Any) -> Any:
        from diffcli.tape.recording.numpy_functions import apply_function

        return apply_function(self.recorder, function, inputs, options)


def own_application(operands: Iterable[Any]) -> Callable[..., Any] | None:
    """How an operand applies a row of the tables itself, if one does: a tensor, of a floor that this one does not know."""
    for operand in operands:
        applied = getattr(type(operand), "diffcli_apply", None)
        if applied is not None:
            return applied  # type: ignore[no-any-return]
    return None
