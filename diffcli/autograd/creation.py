"""Making tensors: of data, filled, and of random numbers.
"""

from __future__ import annotations

from typing import Any

from diffcli.autograd.generator import source
from diffcli.autograd.graph.apply import no_number
from diffcli.autograd.graph.core import Core, known_kind, new
from diffcli.autograd.methods import lengths
from diffcli.autograd.tensor import Tensor
from diffcli.operations.arithmetic import tensors


def _leaf(value: Any, requires_grad: bool) -> Tensor:
    made: Tensor = new(value)
    return made.requires_grad_(requires_grad) if requires_grad else made


def tensor(data: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
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
    try:
        value = tensors.from_data(data, kind)
    except (TypeError, ValueError):
        raise no_number(data) from None
    return _leaf(value, requires_grad)


def _plain(data: Any) -> Any:
    """Nested lists with what is in tensors."""
    return [_plain(one) for one in data] if isinstance(data, list | tuple) else data._value if isinstance(data, Core) else data


def from_numpy(array: Any) -> Tensor:
    """A tensor that shares the memory of a NumPy array of one of the four kinds."""
    kind = getattr(array, "dtype", None)
    if kind is None or tensors.kind_named(kind) is None or not kind.isnative:
        raise no_number(array)
    return _leaf(tensors.array_of(array), False)


def as_tensor(data: Any, dtype: Any = None) -> Tensor:
    """A tensor as it is, if it is one; else `tensor` of it."""
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    return tensor(data, dtype)


def zeros(*shape: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros of a shape."""
    return _leaf(tensors.zeros(lengths(shape), known_kind(dtype)), requires_grad)


def ones(*shape: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones of a shape."""
    return _leaf(tensors.full(lengths(shape), 1, known_kind(dtype)), requires_grad)


def empty(*shape: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Uninitialised numbers, of a shape."""
    return _leaf(tensors.empty(lengths(shape), known_kind(dtype)), requires_grad)


def full(shape: Any, fill: float, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """One number throughout a shape."""
    return _leaf(tensors.full(lengths((shape,)), fill, known_kind(dtype)), requires_grad)


def zeros_like(like: Tensor, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros of the shape and kind of another tensor."""
    return zeros(like.shape, dtype=dtype or like.dtype, requires_grad=requires_grad)


def ones_like(like: Tensor, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones of the shape and kind of another tensor."""
    return ones(like.shape, dtype=dtype or like.dtype, requires_grad=requires_grad)


def full_like(like: Tensor, fill: float, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """One number throughout the shape of another tensor."""
    return full(like.shape, fill, dtype or like.dtype, requires_grad)


def empty_like(like: Tensor, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Uninitialised numbers, of the shape and kind of another tensor."""
    return empty(like.shape, dtype=dtype or like.dtype, requires_grad=requires_grad)


def arange(start: float, stop: float | None = None, step: float = 1, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Numbers from one (0, if only one is given) up to but without another, in steps."""
    if stop is None:
        start, stop = 0, start
    return _leaf(tensors.arange(start, stop, step, known_kind(dtype)), requires_grad)


def linspace(start: float, stop: float, steps: int, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """So many numbers from one to another, both included, evenly apart."""
    return _leaf(tensors.linspace(start, stop, steps, known_kind(dtype)), requires_grad)


def eye(rows: int, columns: int | None = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """The unit matrix."""
    return _leaf(tensors.eye(rows, rows if columns is None else columns, known_kind(dtype)), requires_grad)


# -- random numbers --------------------------------------------------------------------------------------------------------


def randn(*shape: Any, generator: Any = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Numbers of the standard normal distribution."""
    return _leaf(tensors.random(source(generator), lengths(shape), known_kind(dtype)), requires_grad)


def rand(*shape: Any, generator: Any = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Numbers between 0 and 1, all equally likely."""
    return _leaf(tensors.random(source(generator), lengths(shape), known_kind(dtype), 0.0, 1.0), requires_grad)


def randint(low: int, high: int, shape: Any, generator: Any = None) -> Tensor:
    """Whole numbers from ``low`` up to but without ``high``."""
    return _leaf(tensors.random_whole(source(generator), low, high, lengths((shape,))), False)


def randperm(count: int, generator: Any = None) -> Tensor:
    """The whole numbers below ``count``, in random order."""
    return _leaf(tensors.permutation(source(generator), count), False)
