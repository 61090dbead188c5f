"""Traced arrays: what stands for an array while a Python function is recorded."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from diffcli.operations.arithmetic.arrays import Array
from diffcli.operations.array_row import Shape
from diffcli.tape.recording.array_operations import apply_array
from diffcli.tape.recording.traced_value import TracedValue
from diffcli.tape.recording.untraceable import refuse

_getframe = sys._getframe


def _binary(name: str) -> Callable[[TracedArray, Any], Any]:
    return lambda self, other: apply_array(self.recorder, name, (self, other))


def _reflected(name: str) -> Callable[[TracedArray, Any], Any]:
    return lambda self, other: apply_array(self.recorder, name, (other, self))


def _unary(name: str) -> Callable[[TracedArray], Any]:
    return lambda self: apply_array(self.recorder, name, (self,))


def _reduction(name: str) -> Callable[..., Any]:
    def method(self: TracedArray, axis: Any = None, keepdims: bool = False) -> Any:
        return apply_array(self.recorder, name, (self,), axis=as_axis(axis), keepdims=int(keepdims))

    return method


def as_axis(axis: Any) -> Any:
    """An axis as the table has it: None, a whole number, or several of them."""
    return axis if axis is None else tuple(map(int, axis)) if isinstance(axis, list | tuple) else int(axis)


class TracedArray(TracedValue):
    """An array of float64 whose operations are recorded.

    It has the operators of a NumPy array, indexing with whole numbers, slices, and arrays of places, and NumPy's functions
    work on it as far as the tables have them. It cannot be written into: an array on a tape is a value.
    """

    __slots__ = ()

    value: Array

    def __repr__(self) -> str:
        return f"<traced {self.value!r}>"

    @property
    def shape(self) -> Shape:
        return self.value.shape  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return self.value.size  # type: ignore[no-any-return]

    @property
    def dtype(self) -> Any:
        return self.value.dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(len(self)))

    def __getitem__(self, key: Any) -> Any:
        from diffcli.tape.recording.indexing import index

        return index(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        help = [
            "make the new array from its parts: np.concatenate([x[:k], [value], x[k+1:]])",
            "or choose between two: np.where(mask, value, x)",
        ]
        refuse(self.recorder, "a traced array cannot be written into: what is on the tape stays as it is", help, _getframe(1))

    def __bool__(self) -> bool:
        if self.size != 1:
            help = ["np.where(condition, a, b) chooses for each element; a branch needs one number, such as np.max(x) > 0"]
            refuse(self.recorder, f"an array of {self.size} elements is neither true nor false", help, _getframe(1))
        return bool(self.reshape(()))

    def __array__(self, *_: Any, **__: Any) -> Any:
        help = ["leave np.asarray(...) out; a list of traced arrays becomes one by np.stack([...])"]
        message = "this makes a plain array of a traced one, and would take it out of the recording"
        refuse(self.recorder, message, help, _getframe(1))

    # -- operators -------------------------------------------------------------------------------------------------------

    __add__, __radd__ = _binary("add"), _reflected("add")
    __sub__, __rsub__ = _binary("sub"), _reflected("sub")
    __mul__, __rmul__ = _binary("mul"), _reflected("mul")
    __truediv__, __rtruediv__ = _binary("div"), _reflected("div")
    __pow__, __rpow__ = _binary("pow"), _reflected("pow")
    __matmul__, __rmatmul__ = _binary("matmul"), _reflected("matmul")
    __neg__, __abs__ = _unary("neg"), _unary("abs")
    __lt__, __le__ = _binary("lt"), _binary("le")
    __gt__, __ge__ = _binary("gt"), _binary("ge")
    __eq__, __ne__ = _binary("eq"), _binary("ne")
    __and__, __rand__ = _binary("and"), _reflected("and")
    __or__, __ror__ = _binary("or"), _reflected("or")
    __invert__ = _unary("not")
    __hash__ = TracedValue.__hash__

    def __floordiv__(self, other: Any) -> Any:
        return apply_array(self.recorder, "floor", (self / other,))

    def __rfloordiv__(self, other: Any) -> Any:
        return apply_array(self.recorder, "floor", (other / self,))

    def __mod__(self, other: Any) -> Any:
        return self - other * (self // other)

    def __rmod__(self, other: Any) -> Any:
        return other - self * (other // self)

    def __round__(self, digits: int | None = None) -> Any:
        return self.round(digits or 0)

    # -- the methods of an array -----------------------------------------------------------------------------------------

    sum, mean, prod = _reduction("sum"), _reduction("mean"), _reduction("prod")
    max, min = _reduction("amax"), _reduction("amin")
    argmax, argmin = _reduction("argmax"), _reduction("argmin")
    trace, diagonal = _unary("trace"), _unary("diag")

    @property
    def T(self) -> Any:
        return self.transpose()

    def transpose(self, *axes: Any) -> Any:
        wanted = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
        return apply_array(self.recorder, "transpose", (self,), axes=as_axis(wanted))

    def reshape(self, *shape: Any) -> Any:
        wanted = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], list | tuple) else shape
        return apply_array(self.recorder, "reshape", (self,), shape=tuple(map(int, wanted)))

    def flatten(self) -> Any:
        return self.reshape(-1)

    ravel = flatten

    def squeeze(self, axis: Any = None) -> Any:
        from diffcli.operations.array_row import as_axes

        axes = as_axes(as_axis(axis), self.ndim)
        return self.reshape([length for k, length in enumerate(self.shape) if length != 1 or k not in axes])

    def swapaxes(self, one: int, other: int) -> Any:
        axes = list(range(self.ndim))
        axes[one], axes[other] = axes[other], axes[one]
        return self.transpose(axes)

    def cumsum(self, axis: Any = None) -> Any:
        flat = self.reshape(-1) if axis is None and self.ndim > 1 else self
        return apply_array(self.recorder, "cumsum", (flat,), axis=as_axis(axis))

    def dot(self, other: Any) -> Any:
        from diffcli.tape.recording.numpy_arrays import dot

        return dot(self.recorder, self, other)

    def var(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
        away = self - self.mean(axis, keepdims=True)
        squares = (away * away).sum(axis, keepdims)
        return squares / (self.size / _size(squares) - ddof)

    def std(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
        return apply_array(self.recorder, "sqrt", (self.var(axis, ddof, keepdims),))

    def clip(self, low: Any = None, high: Any = None) -> Any:
        above = self if low is None else apply_array(self.recorder, "max", (self, low))
        return above if high is None else apply_array(self.recorder, "min", (above, high))

    def round(self, decimals: int = 0) -> Any:
        if decimals:
            refuse(self.recorder, "rounding to decimals is not recorded", ["x.round() rounds to whole numbers"], _getframe(1))
        return apply_array(self.recorder, "round", (self,))

    def copy(self) -> Any:
        return self

    def astype(self, kind: Any, **_: Any) -> Any:
        if "float" not in str(getattr(kind, "__name__", kind)):
            refuse(self.recorder, "an array of the tape is one of float64", ["leave astype(...) out"], _getframe(1))
        return self

    def tolist(self) -> list[Any]:
        return [entry.tolist() if isinstance(entry, TracedArray) else entry for entry in self]

    def item(self, *key: Any) -> Any:
        return self.reshape(-1)[key[0] if key else 0] if len(key) < 2 else self[key]


def _size(value: Any) -> int:
    return value.size if isinstance(value, TracedArray) else 1
