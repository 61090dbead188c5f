"""The optimisers: stochastic gradient descent, with momentum; and Adam, by running averages of the gradient and of its square."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from diffcli.autograd.creation import zeros_like
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


class Adam(Optimizer):
    """Adam (Kingma & Ba 2015, "Adam: a method for stochastic optimization", algorithm 1).

    With g the gradient (plus ``weight_decay`` times the parameter w), in step t:

        m = beta1*m + (1 - beta1)*g,      v = beta2*v + (1 - beta2)*g^2
        w = w - lr * (m/(1 - beta1^t)) / (sqrt(v/(1 - beta2^t)) + eps)

    The divisors make up for m and v starting at 0, so that the first step is ``lr`` times the sign of g.

    Parameters
    ----------
    params
        Parameters, pairs of a name and a parameter, or groups: dictionaries with ``params`` and settings of their own.
    lr
        The step size.
    betas
        How much of each average is kept in a step.
    eps
        Added to the divisor, so that it is not 0.
    weight_decay
        The factor of w in the gradient, 0 if not given. In `AdamW` it is apart from the averages, and 0.01 if not given.
    amsgrad
        Whether the largest v so far is used (Reddi, Kale & Kumar 2018, "On the convergence of Adam and beyond").
    maximize
        Whether to go up instead of down.

    >>> from diffcli import nn
    >>> w = nn.Parameter([1.0, -1.0])
    >>> optimizer = nn.optim.Adam([w], lr=0.25)
    >>> (1000 * w).sum().backward()
    >>> optimizer.step()
    >>> w
    Parameter containing:
    tensor([ 0.75, -1.25], requires_grad=True)
    """

    apart = False
    """Whether the decay of weights is apart from the averages."""
    usual_decay: float = 0

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float | None = None,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        decay = self.usual_decay if weight_decay is None else weight_decay
        settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": decay, "amsgrad": amsgrad, "maximize": maximize}
        super().__init__(params, settings)

    def check(self, group: Group) -> None:
        check_range(group, "lr", "eps", "weight_decay")
        first, second = group["betas"]
        check_range({"beta1": first, "beta2": second}, "beta1", "beta2", below=1.0)

    def update(self, parameter: Any, grad: Any, state: dict[str, Any], group: Group) -> None:
        (first, second), decay = group["betas"], group["weight_decay"]
        if decay and self.apart:
            parameter *= 1 - group["lr"] * decay
        elif decay:
            grad = grad + parameter * decay
        if not state:
            state |= {"step": 0, "exp_avg": zeros_like(grad), "exp_avg_sq": zeros_like(grad)}
        state["step"] += 1
        average, squares = state["exp_avg"], state["exp_avg_sq"]
        average += (grad - average) * (1 - first)
        squares *= second
        squares += grad * grad * (1 - second)
        if group["amsgrad"]:
            largest = state.get("max_exp_avg_sq")
            squares = state["max_exp_avg_sq"] = squares.clone() if largest is None else largest.maximum(squares)
        step_size = group["lr"] / (1 - first ** state["step"])
        divisor = squares.sqrt() / math.sqrt(1 - second ** state["step"]) + group["eps"]
        parameter -= average / divisor * step_size


class AdamW(Adam):
    """Adam with the decay of weights apart from the averages (Loshchilov & Hutter 2019, "Decoupled weight decay").

    Before each step of Adam, w = w - lr*weight_decay*w.
    """

    apart = True
    usual_decay = 1e-2
