"""Modules on `diffcli.autograd`: layers, losses, optimisers, and the tree that they make.

    >>> import diffcli.autograd as ad
    >>> from diffcli import nn
    >>> net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    >>> net
    Sequential(
      (0): Linear(in_features=2, out_features=8, bias=True)
      (1): Tanh()
      (2): Linear(in_features=8, out_features=1, bias=True)
    )
    >>> net(ad.zeros(5, 2)).shape
    (5, 1)

Names, orders and numbers are those of PyTorch's ``torch.nn``; `functional` has the same as functions, `optim` the optimisers,
`init` the starts.
"""

from __future__ import annotations

from typing import Any

from diffcli.errors.foreign_names import missing
from diffcli.nn import functional, init, optim
from diffcli.nn.containers import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from diffcli.nn.layers import BatchNorm1d, BatchNorm2d, Conv2d, Dropout, Flatten, Identity, Linear
from diffcli.nn.module import Module
from diffcli.nn.of_functions import MODULES
from diffcli.nn.parameter import Parameter

__all__ = [
    "BatchNorm1d", "BatchNorm2d", "Conv2d", "Dropout", "Flatten", "Identity", "Linear", "Module", "ModuleDict", "ModuleList",
    "Parameter", "ParameterDict", "ParameterList", "Sequential", "functional", "init", "optim",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in MODULES:
        return MODULES[name]
    raise AttributeError(missing(f"module 'diffcli.nn' has no attribute {name!r}", name, __dir__()))


def __dir__() -> list[str]:
    return sorted({*__all__, *MODULES})
