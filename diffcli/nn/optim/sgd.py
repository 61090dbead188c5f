"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from diffcli.nn.optim.optimizer import Group, Optimizer, check_range, unfit


class SGD(Optimizer):
    """Stochastic gradient descent.

    With g the gradient (plus ``weight_decay`` times the parameter w) and b the momentum, which starts as the first g:

        b = momentum*b + (1 - dampening)*g
        w = w - lr*b,    or w - lr*(g + momentum*b) with ``nesterov``

    This is the form in which the step size multiplies the momentum too (Sutskever et al. 2013, "On the importance of
    initialization and momentum in deep learning", has it inside of the momentum).

    Parameters
    ----------
    params
        Parameters, pairs of a name and a parameter, or groups: dictionaries with ``params`` and settings of their own.
    lr
        The step size.
    momentum, dampening
        How much of the momentum is kept, and by how much less of the gradient is added to it.
    weight_decay
        The factor of w in the gradient: that of half its square in the loss.
    nesterov
        Whether the step is that of Nesterov's accelerated gradient.
    maximize
        Whether to go up instead of down.

    >>> from diffcli import nn
    >>> w = nn.Parameter(1.0)
    >>> optimizer = nn.optim.SGD([w], lr=0.5, momentum=0.5)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (3 * w).backward()
    ...     optimizer.step()
    >>> w.item()  # 1 - 0.5*3 - 0.5*(0.5*3 + 3)
    -2.75
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        settings = {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov,
            "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, settings)

    def check(self, group: Group) -> None:
        check_range(group, "lr", "momentum", "weight_decay")
        if group["nesterov"] and (not group["momentum"] or group["dampening"]):
            raise unfit("Nesterov's step needs a momentum, and no dampening")

    def update(self, parameter: Any, grad: Any, state: dict[str, Any], group: Group) -> None:
        momentum = group["momentum"]
        if group["weight_decay"]:
            grad = grad + parameter * group["weight_decay"]
        if momentum:
            kept = state.get("momentum_buffer")
            if kept is None:
                kept = state["momentum_buffer"] = grad.clone()
            else:
                kept *= momentum
                kept += grad * (1 - group["dampening"])
            grad = grad + kept * momentum if group["nesterov"] else kept
        parameter -= grad * group["lr"]
