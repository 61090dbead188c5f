"""Initialisation of parameters: each function fills a tensor in place, outside of the graph, and returns it.

    >>> from diffcli import nn
    >>> nn.init.constant_(nn.Parameter([1.0, 2.0]), 0.5).tolist()
    [0.5, 0.5]

The random ones draw from ``generator``, or from that of `diffcli.autograd.manual_seed`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from diffcli.autograd.creation import eye
from diffcli.autograd.modes import no_grad
from diffcli.errors import fault


def _outside(change: Callable[..., Any], *given: Any, **options: Any) -> Any:
    """A change in place outside of the graph; the tensor."""
    with no_grad():
        return change(*given, **options)


def constant_(tensor: Any, val: float) -> Any:
    """One number throughout."""
    return _outside(tensor.fill_, float(val))


def zeros_(tensor: Any) -> Any:
    """Zeros."""
    return _outside(tensor.zero_)


def ones_(tensor: Any) -> Any:
    """Ones."""
    return _outside(tensor.fill_, 1.0)


def eye_(tensor: Any) -> Any:
    """The unit matrix: a linear layer that keeps what it gets."""
    if tensor.ndim != 2:
        raise _few_axes("the unit matrix has two axes", tensor)
    return _outside(tensor.copy_, eye(tensor.shape[0], tensor.shape[1], dtype=tensor.dtype))


def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Any:
    """Numbers between a and b, all equally likely."""
    return _outside(tensor.uniform_, a, b, generator=generator)


def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Any:
    """Numbers of the normal distribution."""
    return _outside(tensor.normal_, mean, std, generator=generator)


def xavier_uniform_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """Uniform, with the variance gain²·2/(fan_in + fan_out) (Glorot & Bengio 2010, equation 16)."""
    bound = gain * math.sqrt(6.0 / max(sum(fans(tensor)), 1))
    return _outside(tensor.uniform_, -bound, bound, generator=generator)


def xavier_normal_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """Normal, with the variance gain²·2/(fan_in + fan_out) (Glorot & Bengio 2010)."""
    return _outside(tensor.normal_, 0.0, gain * math.sqrt(2.0 / max(sum(fans(tensor)), 1)), generator=generator)


def kaiming_uniform_(
    tensor: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Any:
    """Uniform, with the variance gain²/fan: signals keep their size through layers with that activation (He et al. 2015).

    Parameters
    ----------
    a
        The slope of a leaky ReLU below 0; with √5, the bound is 1/√fan_in, which `diffcli.nn.Linear` has.
    mode
        ``"fan_in"`` keeps the size going forward, ``"fan_out"`` that of gradients going backward.
    nonlinearity
        The activation, as of `calculate_gain`.
    """
    bound = math.sqrt(3.0) * _deviation(tensor, a, mode, nonlinearity)
    return _outside(tensor.uniform_, -bound, bound, generator=generator)


def kaiming_normal_(
    tensor: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Any:
    """Normal, with the variance gain²/fan (He et al. 2015, equation 10)."""
    return _outside(tensor.normal_, 0.0, _deviation(tensor, a, mode, nonlinearity), generator=generator)


def _deviation(tensor: Any, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise fault("bad-module", f"mode is 'fan_in' or 'fan_out', not {mode!r}")
    fan = fans(tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan) if fan else 0.0


GAINS = {"linear": 1.0, "conv1d": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2.0), "selu": 0.75}
"""Factors of the standard deviation for activations: that of ReLU makes up for the half that it loses."""


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The gain of an activation, a factor of the standard deviation; ``param`` is the slope of a leaky ReLU (0.01).

    >>> from diffcli import nn
    >>> nn.init.calculate_gain("tanh")
    1.6666666666666667
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2.0 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in GAINS:
        known = ", ".join([*GAINS, "leaky_relu"])
        raise fault("bad-module", f"no gain is known for {nonlinearity!r}", help=[f"one is for {known}"])
    return GAINS[nonlinearity]


def fans(tensor: Any) -> tuple[int, int]:
    """``fan_in`` and ``fan_out``: how many inputs each output of a layer depends on, and how many outputs each input affects.

    >>> from diffcli import nn
    >>> nn.init.fans(nn.Linear(3, 5).weight)
    (3, 5)
    """
    if tensor.ndim < 2:
        raise _few_axes("the fans of a weight need two axes or more", tensor)
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


def _few_axes(message: str, tensor: Any) -> Exception:
    has = f"this tensor has {tensor.ndim}" if tensor.ndim != 1 else "this tensor, perhaps a bias, has 1"
    return fault("bad-module", f"{message}, and {has}", help=["uniform_, normal_, zeros_ and constant_ take any shape"])
