"""Losses as modules: each calls its function in `diffcli.nn.functional` with the settings that it was made with."""

from __future__ import annotations

from typing import Any

from diffcli.errors import fault
from diffcli.nn import functional
from diffcli.nn.module import Module

_LOSSES: dict[str, tuple[str, dict[str, Any]]] = {
    "MSELoss": ("mse_loss", {}),
    "L1Loss": ("l1_loss", {}),
    "CrossEntropyLoss": ("cross_entropy", {"weight": None, "ignore_index": -100, "label_smoothing": 0.0}),
    "NLLLoss": ("nll_loss", {"weight": None, "ignore_index": -100}),
    "HingeLoss": ("hinge_loss", {}),
    "MultiMarginLoss": ("multi_margin_loss", {"margin": 1.0}),
    "BCEWithLogitsLoss": ("binary_cross_entropy_with_logits", {"weight": None, "pos_weight": None}),
}
"""Losses: the function that each calls, and its settings beside ``reduction``, with what they are if nothing is said."""


class Loss(Module):
    """The base of losses, which are called with predictions and targets.

    >>> from diffcli import nn
    >>> from diffcli.autograd import tensor
    >>> nn.MSELoss(reduction="sum")(tensor([1.0, 2.0]), tensor([0.0, 4.0]))
    tensor(5.0)
    """

    function: str
    defaults: dict[str, Any]

    def __init__(self, *, reduction: str = "mean", **settings: Any) -> None:
        super().__init__()
        functional.check_reduction(reduction)
        if unknown := [name for name in settings if name not in self.defaults]:
            known = ", ".join((*self.defaults, "reduction"))
            raise fault("bad-module", f"{type(self).__name__} has no setting {unknown[0]!r}", help=[f"it has {known}"])
        self.settings = {**self.defaults, **settings}
        self.reduction = reduction

    def forward(self, predictions: Any, targets: Any) -> Any:
        """The loss: one number, or with ``reduction="none"`` one of each example."""
        return getattr(functional, self.function)(predictions, targets, reduction=self.reduction, **self.settings)


def _loss(name: str, function: str, defaults: dict[str, Any]) -> type[Loss]:
    doc = f"`diffcli.nn.functional.{function}` as a module. {getattr(functional, function).__doc__}"
    return type(name, (Loss,), {"function": function, "defaults": defaults, "__doc__": doc, "__module__": __name__})


LOSSES = {name: _loss(name, *called) for name, called in _LOSSES.items()}
"""The modules of losses by their names."""
globals().update(LOSSES)  # pickle looks for them here
