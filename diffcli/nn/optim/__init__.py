"""Optimisers: they change parameters by their gradients.

    >>> import diffcli.autograd as ad
    >>> from diffcli import nn
    >>> w = nn.Parameter([1.0, -2.0])
    >>> optimizer = nn.optim.SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.tolist()
    [0.8, -1.6]
    >>> optimizer.zero_grad()

Steps and their numbers are those of PyTorch's ``torch.optim``.
"""

from __future__ import annotations

from diffcli.nn.optim.descent import SGD, Adam, AdamW
from diffcli.nn.optim.optimizer import Optimizer

__all__ = ["SGD", "Adam", "AdamW", "Optimizer"]
