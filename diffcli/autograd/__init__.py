"""Define-by-run automatic differentiation: tensors, a graph of functions, grad modes.

Operations run at once, and leave a node in a graph if a tensor that requires a gradient takes part. `Tensor.backward` goes
through the graph from the result to the leaves. Semantics are those of PyTorch; values and derivatives are those of
diffcli's tables of operations.

    >>> import diffcli.autograd as ad
    >>> x = ad.tensor([3.0, 4.0], requires_grad=True)
    >>> ad.norm(x).backward()
    >>> x.grad
    tensor([0.6, 0.8])

Every function of diffcli's language is here (``ad.sin``, ``ad.softmax``), as is each method of a tensor.
"""

from __future__ import annotations

from typing import Any

from diffcli.autograd import creation as _creation
from diffcli.autograd import methods as _methods
from diffcli.autograd.creation import *  # noqa: F403
from diffcli.autograd.function import Function
from diffcli.autograd.generator import manual_seed
from diffcli.autograd.gradcheck.gradcheck import gradcheck
from diffcli.autograd.gradcheck.record import GradCheck, GradCheckEntry
from diffcli.autograd.graph.backward import backward, grad
from diffcli.autograd.graph.core import AccumulateGrad, Counter, Node
from diffcli.autograd.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from diffcli.autograd.tensor import Tensor
from diffcli.errors import AutogradError, SecondDerivativeWarning
from diffcli.operations.arithmetic.tensors import FLOAT32, FLOAT64, INT64, KINDS

__all__ = [
    "AccumulateGrad", "AutogradError", "Counter", "Function", "GradCheck", "GradCheckEntry", "Node",
    "SecondDerivativeWarning", "Tensor", "backward", "enable_grad", "grad", "gradcheck", "inference_mode", "is_grad_enabled",
    "is_inference_mode_enabled", "manual_seed", "no_grad", "set_grad_enabled",
]  # fmt: skip
__all__ += _creation.__all__


_KINDS = {**KINDS, "double": FLOAT64, "float": FLOAT32, "long": INT64}
"""The kinds of numbers, under PyTorch's names."""


def __getattr__(name: str) -> Any:
    if name in _KINDS:
        return _KINDS[name]
    found = None if name.startswith("_") else _methods.function(name)
    if found is None:
        raise AttributeError(_methods.no_method(name, "module 'diffcli.autograd'"))
    return found


def __dir__() -> list[str]:
    return sorted({*__all__, *_KINDS, *_methods.function_names()})
