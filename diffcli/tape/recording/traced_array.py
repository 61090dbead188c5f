"""Traced arrays: what stands for an array while a Python function is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from diffcli.operations.arithmetic import arrays
from diffcli.operations.array_row import Shape, as_axes
from diffcli.tape.recording.array_operations import apply_array, settled
from diffcli.tape.recording.indexing import index
from diffcli.tape.recording.traced import TracedValue, binary, is_array, reflected, unary
from diffcli.tape.recording.untraceable import refuse


def _reduction(name: str) -> Callable[..., Any]:
    def reduction(self: TracedArray, axis: Any = None, keepdims: bool = False) -> Any:
        return self._apply(name, self, axis=axis, keepdims=keepdims)

    return reduction


def shape_of(a: Any) -> Shape:
    """The shape of what may be traced, or a list."""
    return a.shape if isinstance(a, TracedArray) else arrays.shape_of(a) if is_array(a) else ()


class TracedArray(TracedValue):
    """An array of float64 whose operations are recorded.

    It has the operators of a NumPy array, indexing with whole numbers, slices, and arrays of places, and NumPy's functions
    work on it as far as the tables have them. It cannot be written into: an array on a tape is a value.
    """

    __slots__ = ()

    _value: arrays.Array

    def _apply(self, name: str, *operands: Any, **fixed: Any) -> Any:
        return apply_array(self._recorder, name, operands, **fixed)

    def _lacking(self, a: Any, b: Any) -> Any:
        """What this, the floor of a/b as it was rounded, lacks of that of the exact quotient; None if it is the same."""
        return arrays.lacking_of_floor(a, b, self._value)

    @property
    def shape(self) -> Shape:
        return self._value.shape  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return self._value.size  # type: ignore[no-any-return]

    @property
    def dtype(self) -> Any:
        return self._value.dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(len(self)))

    def __getitem__(self, key: Any) -> Any:
        return index(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        help = "make the new array from its parts: np.concatenate([x[:k], [value], x[k+1:]])"
        other = "or choose between two: np.where(mask, value, x)"
        refuse(self._recorder, "a traced array cannot be written into: what is on the tape stays as it is", help, other)

    def __bool__(self) -> bool:
        if self.size != 1:
            help = "np.where(condition, a, b) chooses for each element; a branch needs one number, such as np.max(x) > 0"
            refuse(self._recorder, f"an array of {self.size} elements is neither true nor false", help)
        return bool(self.reshape(()))

    def __array__(self, *_: Any, **__: Any) -> Any:
        help = "leave np.asarray(...) out; a list of traced arrays becomes one by np.stack([...])"
        refuse(self._recorder, "this makes a plain array of a traced one, and would take it out of the recording", help)

    __matmul__, __rmatmul__ = binary("matmul"), reflected("matmul")
    __and__, __rand__ = binary("and"), reflected("and")
    __or__, __ror__ = binary("or"), reflected("or")
    __invert__ = unary("not")

    def __round__(self, digits: int | None = None) -> Any:
        return self.round(digits or 0)

    # -- the methods of an array -----------------------------------------------------------------------------------------

    sum, mean, prod = _reduction("sum"), _reduction("mean"), _reduction("prod")
    max, min = _reduction("amax"), _reduction("amin")
    argmax, argmin = _reduction("argmax"), _reduction("argmin")
    trace, diagonal = unary("trace"), unary("diag")

    @property
    def T(self) -> Any:
        return self.transpose()

    def transpose(self, *axes: Any) -> Any:
        return self._apply("transpose", self, axes=axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None)

    def reshape(self, *shape: Any) -> Any:
        return self._apply("reshape", self, shape=shape[0] if len(shape) == 1 and isinstance(shape[0], list | tuple) else shape)

    def flatten(self) -> Any:
        return self.reshape(-1)

    ravel = flatten

    def squeeze(self, axis: Any = None) -> Any:
        axes = as_axes(settled(axis), self.ndim)
        return self.reshape([length for k, length in enumerate(self.shape) if length != 1 or k not in axes])

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        axes = list(range(self.ndim))
        axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
        return self.transpose(axes)

    def cumsum(self, axis: Any = None) -> Any:
        return self._apply("cumsum", self.reshape(-1) if axis is None and self.ndim > 1 else self, axis=axis)

    def dot(self, other: Any) -> Any:
        return self.__array_function__(self.dot, (), (self, other), {})  # NumPy's function of that name

    def var(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
        away, freedom = self._centred(axis, ddof)
        return (away * away).sum(axis, keepdims) / freedom

    def std(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
        """A norm, so that its derivative is 0, and no NaN, where all elements are equal."""
        away, freedom = self._centred(axis, ddof)
        return away._apply("norm", away, axis=axis, keepdims=keepdims) / freedom**0.5

    def _centred(self, axis: Any, ddof: int) -> tuple[Any, float]:
        """The distances to the mean, and by what the sum of their squares is divided."""
        mean = self.mean(axis, keepdims=True)
        return self - mean, self.size / mean.size - ddof

    def clip(self, low: Any = None, high: Any = None) -> Any:
        above = self if low is None else self._apply("max", self, low)
        return above if high is None else self._apply("min", above, high)

    def round(self, decimals: int = 0) -> Any:
        if decimals:
            refuse(self._recorder, "rounding to decimals is not recorded", "x.round() rounds to whole numbers")
        return self._apply("round", self)

    def copy(self) -> Any:
        return self

    def astype(self, kind: Any, **_: Any) -> Any:
        if "float" not in str(getattr(kind, "__name__", kind)):
            refuse(self._recorder, "an array of the tape is one of float64", "leave astype(...) out")
        return self

    def tolist(self) -> list[Any]:
        return [entry.tolist() if isinstance(entry, TracedArray) else entry for entry in self]

    def item(self, *key: Any) -> Any:
        return self.reshape(-1)[key[0] if key else 0] if len(key) < 2 else self[key]
