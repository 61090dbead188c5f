"""Operations on traced arrays: any mixture of traced arrays and numbers, NumPy arrays and lists becomes a row.

Shapes are checked before anything is computed, by the rules of the table, and what does not fit is reported at the user's line.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from diffcli.operations import OPERATIONS
from diffcli.operations.arithmetic import arrays
from diffcli.operations.arithmetic.index_arrays import AxisError, LinAlgError, as_numbers
from diffcli.operations.arithmetic.tensors import shares
from diffcli.operations.array_row import Fixed, Shape, ShapeError, broadcast_shapes, shape_text
from diffcli.operations.arrays import ARRAYS
from diffcli.operations.row import VIEWS
from diffcli.tape.recording.recorder import Recorder
from diffcli.tape.recording.traced import TRUTHS, Traced, TracedValue, Truth, own_application, record_row, refuse_mixing
from diffcli.tape.recording.untraceable import Refusal, refuse
from diffcli.tape.running.array_rules import NUMPY


class Misfit(Refusal, LinAlgError, AxisError):
    """Operands that do not fit, for which NumPy has kinds of its own."""

    __str__ = Refusal.__str__


def shape_of(given: Any) -> Shape:
    """The shape of what may be traced."""
    return getattr(given._value, "shape", ()) if isinstance(given, TracedValue) else arrays.shape_of(given)


def as_traced(recorder: Recorder, given: Any) -> Any:
    """A list, or an array of objects, with something traced in it as an array; what stands in it is stacked first."""
    if isinstance(given, TracedValue) or _within([given]) is None:
        return given
    entries = given if isinstance(given, list | tuple) else given.tolist()
    return apply_array(recorder, "stack", [as_traced(recorder, entry) for entry in entries])


def apply_array(recorder: Recorder, name: str, given: Sequence[Any], **fixed: Any) -> Any:
    """A row of either table applied to arrays and numbers.

    ``fixed`` is what is fixed in the row beside its operands; the table's defaults stand in for the rest.
    """
    slots, values = zip(*[operand(recorder, one) for one in given], strict=True)
    shapes: list[Shape] = [getattr(value, "shape", ()) for value in values]
    held: Fixed | None = None
    try:
        if _is_elementwise(name):
            shape = broadcast_shapes(shapes)
        else:
            held = _defaults(name) | {key: value if key == "key" else settled(value) for key, value in fixed.items()}
            shape = ARRAYS[name].shape(shapes, held)
    except ShapeError as fault:
        label = ", ".join(dict.fromkeys(map(shape_text, shapes)))
        refuse(recorder, fault.message, *fault.help, code=fault.code, label=label, kind=Misfit)
    value = arrays.quietly(NUMPY.strict(name), *values, **held or {})
    if not shape:
        value = float(value)
    kind: type[TracedValue] = recorder.arrays().TracedArray if shape else Truth if name in TRUTHS else Traced
    recorder.shapes[len(recorder.values)] = shape
    if held is None:
        return record_row(recorder, name, slots, value, kind)
    shown = name in VIEWS and shape and isinstance(given[0], TracedValue) and shares(value, values[0])
    recorder.parameters[len(recorder.values)] = held
    result = record_row(recorder, name, slots, value, recorder.arrays().View if shown else kind)
    if shown:
        result._show(given[0], name, held)
    return result


_is_elementwise = cache(OPERATIONS.__contains__)


@cache
def _defaults(name: str) -> Fixed:
    """What is fixed in a row where nothing is given, which is read out of its text once."""
    return ARRAYS[name].defaults


def apply_fixed(name: str, given: Sequence[Any], fixed: Fixed) -> Any:
    """The same for a call from Python code, where nothing needs to be traced, and what is fixed may follow the operands."""
    row = ARRAYS.get(name)
    if row is not None:
        names = [text.partition("=")[0] for text in row.fixed]
        if unknown := [key for key in fixed if key not in names or key == "backwards"]:
            raise TypeError(f"{row.spelling}() has no argument {unknown[0]!r}")
        if not row.variadic and len(given) > len(row.operands):
            fixed = dict(zip(names, given[len(row.operands) :], strict=False)) | fixed
            given = given[: len(row.operands)]
        fixed = {key: settled(value) for key, value in fixed.items()}
    applied = own_application(given)
    if applied is not None:
        return applied(name, given, **fixed)
    recorder = next((one._recorder for one in given if isinstance(one, TracedValue)), None) or _within(given)
    if recorder is not None:
        return apply_array(recorder, name, given, **fixed)
    values = [arrays.as_array(one) for one in given]
    if row is not None:
        fixed = row.defaults | fixed
        row.shape([arrays.shape_of(value) for value in values], fixed)
    return arrays.quietly(NUMPY.strict(name), *values, **fixed)


def settled(value: Any) -> Any:
    """What is fixed in a row, as the table has it: a whole number, a tuple of them, or None."""
    return tuple(map(int, value)) if isinstance(value, list | tuple) else value if value is None else int(value)


def _within(given: Sequence[Any]) -> Recorder | None:
    """The recording to which something in a list, or in an array of objects, belongs; None if nothing is traced."""
    waiting = list(given)
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, TracedValue):
            return entry._recorder
        if isinstance(entry, list | tuple):
            waiting += entry
        elif getattr(getattr(entry, "dtype", None), "kind", "") == "O":
            waiting += entry.tolist()
    return None


def operand(recorder: Recorder, given: Any) -> tuple[int, Any]:
    """The slot and the value of an operand, whatever it is."""
    if isinstance(given, TracedValue):
        if given._recorder is not recorder:
            refuse_mixing(recorder)
        return given._slot, given._value
    if type(given) is float:
        return recorder.known.get(given) or recorder.constant(given), given
    if (stacked := as_traced(recorder, given)) is not given:
        return stacked._slot, stacked._value
    value = given if isinstance(given, float) else as_numbers(given)
    if isinstance(value, str):
        refuse(recorder, value)
    if not arrays.shape_of(value):
        slot = recorder.constant(float(value))
        return slot, recorder.constants[-1 - slot]
    slot = recorder.array_constant(given, value)
    return slot, recorder.constants[-1 - slot]


