"""Making tensors: of data, filled, and of random numbers."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

from diffcli.autograd import signatures
from diffcli.autograd.generator import source
from diffcli.autograd.graph.core import Core, known_kind, new
from diffcli.autograd.graph.operands import no_number, value_of
from diffcli.autograd.signatures import flag, lengths, number, whole
from diffcli.autograd.tensor import Tensor
from diffcli.errors import fault
from diffcli.operations.arithmetic import tensors
from diffcli.operations.arithmetic.index_arrays import numpy_function

__all__ = [
    "arange", "as_tensor", "empty", "empty_like", "eye", "from_numpy", "full", "full_like", "linspace", "ones", "ones_like",
    "rand", "rand_like", "randint", "randn", "randn_like", "randperm", "tensor", "zeros", "zeros_like",
]  # fmt: skip


def _leaf(value: Any, requires_grad: bool, device: Any = None) -> Tensor:
    signatures.device(device)
    made: Tensor = new(value)
    return made.requires_grad_() if flag("requires_grad", requires_grad) else made


def tensor(data: Any, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """A tensor of a number, nested lists, or an array, which are copied. It is a leaf.

    Parameters
    ----------
    data
        Numbers. Whole ones become float64, as everything that can be differentiated by; with a ``dtype`` they are kept.
    dtype
        float64 (the default), float32, int64 or bool.
    requires_grad
        Whether its gradient is wanted.

    Raises
    ------
    AutogradError
        ``data`` holds something else than real numbers, or lists of different lengths.

    >>> from diffcli.autograd import tensor
    >>> tensor([1, 2]), tensor([[1, 2]], dtype="float32").shape
    (tensor([1., 2.]), (1, 2))
    """
    if isinstance(data, Core):
        data = data._value
    kind = None if dtype is None else known_kind(dtype)
    if isinstance(data, list | tuple):
        data = _plain(data)
    return _leaf(value_of(data, kind), requires_grad, device)


def _plain(data: Any) -> Any:
    """Nested lists with what is in tensors."""
    return [_plain(one) for one in data] if isinstance(data, list | tuple) else data._value if isinstance(data, Core) else data


def from_numpy(array: Any) -> Tensor:
    """A tensor that shares the memory of a NumPy array of one of the four kinds."""
    kind = getattr(array, "dtype", None)
    if kind is None or tensors.kind_named(kind) is None or not kind.isnative:
        raise no_number(array)
    return _leaf(tensors.array_of(array), False)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """A tensor as it is, if it is one; else `tensor` of it."""
    return data.to(dtype, device=device) if isinstance(data, Tensor) else tensor(data, dtype, device=device)


def zeros(*shape: Any, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Zeros of a shape."""
    return _leaf(tensors.zeros(lengths(shape, 0), known_kind(dtype)), requires_grad, device)


def ones(*shape: Any, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Ones of a shape."""
    return _leaf(tensors.full(lengths(shape, 0), 1, known_kind(dtype)), requires_grad, device)


def full(size: Any, fill_value: float, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """One number throughout a shape."""
    value = value_of(number("fill_value", fill_value), None if dtype is None else known_kind(dtype))
    return _leaf(tensors.full(lengths((size,), 0), value, known_kind(dtype)), requires_grad, device)


def _like(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    name = f"{function.__name__}_like"

    def made(like: Tensor, fill_value: Any = None, *, dtype: Any = None, **options: Any) -> Tensor:
        if (fill_value is None) is (function is full):
            raise TypeError(f"{name}() takes {'a tensor and a number' if function is full else 'one argument'} by place")
        like = as_tensor(like)
        fill = () if fill_value is None else (fill_value,)
        result = function(like.shape, *fill, dtype=dtype or like.dtype, **options)
        if fill and dtype is None and like.is_floating_point():
            value_of(fill_value)  # nobody has asked to round it
        return result

    made.__name__ = made.__qualname__ = name
    made.__doc__ = (function.__doc__ or "").replace("a shape", "the shape and kind of another tensor")
    return made


def empty(*shape: Any, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Numbers that are to be written over, and are 0 until then, of a shape."""
    return zeros(*shape, dtype=dtype, requires_grad=requires_grad, device=device)


zeros_like, ones_like, full_like = _like(zeros), _like(ones), _like(full)
empty_like = zeros_like


def _by_numpy(dtype: Any, name: str, *given: Any) -> Any:
    return tensors.as_kind(numpy_function(name)(*given), known_kind(dtype))


def _number(what: str, given: Any, dtype: Any) -> Any:
    """A finite number in a kind; refused if floats would round it, and nobody has asked for that."""
    if dtype is None and type(given) in (int, float) and abs(given) <= 2.0**53:
        return float(given)
    kind = known_kind(dtype)
    value = tensors.as_kind(value_of(number(what, given), None if dtype is None else kind), kind)
    if not isfinite(value):
        raise fault("not-numbers", f"{what} is a finite number, not {given!r}")
    return value


def arange(
    start: float, end: Any = None, step: float = 1, dtype: Any = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """Numbers from one (0, if only one is given) up to but without another, in steps."""
    if end is None:
        start, end = 0, start
    start, end, step = _number("start", start, dtype), _number("end", end, dtype), _number("step", step, dtype)
    if step == 0:
        raise fault("not-numbers", "arange goes in steps, and a step of 0 goes nowhere")
    return _leaf(_by_numpy(dtype, "arange", start, end, step), requires_grad, device)


def linspace(start: float, end: float, steps: int, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """So many numbers from one to another, both included, evenly apart."""
    given = _number("start", start, dtype), _number("end", end, dtype), whole("steps", steps, 0)
    return _leaf(_by_numpy(dtype, "linspace", *given), requires_grad, device)


def eye(rows: int, columns: int | None = None, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """The unit matrix."""
    return _leaf(_by_numpy(dtype, "eye", *lengths((rows, rows if columns is None else columns), 0)), requires_grad, device)


# -- random numbers --------------------------------------------------------------------------------------------------------


def randn(*shape: Any, generator: Any = None, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Numbers of the standard normal distribution, in a shape."""
    return _leaf(tensors.random(source(generator), lengths(shape, 0), known_kind(dtype)), requires_grad, device)


def rand(*shape: Any, generator: Any = None, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Numbers between 0 and 1, all equally likely, in a shape."""
    return _leaf(tensors.random(source(generator), lengths(shape, 0), known_kind(dtype), 0.0, 1.0), requires_grad, device)


randn_like, rand_like = _like(randn), _like(rand)


def randint(low: int, high: Any, size: Any = None, generator: Any = None, device: Any = None) -> Tensor:
    """Whole numbers from ``low`` up to but without ``high``; from 0, if only that is given."""
    if size is None:
        low, high, size = 0, low, high
    low = whole("low", low)
    high = whole("high", high, low + 1)
    return _leaf(tensors.plain(source(generator).integers(low, high, lengths((size,), 0))), False, device)


def randperm(count: int, generator: Any = None, device: Any = None) -> Tensor:
    """The whole numbers below ``count``, in random order."""
    return _leaf(source(generator).permutation(whole("the count", count, 0)), False, device)
