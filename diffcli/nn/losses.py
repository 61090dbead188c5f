"""Losses as modules: each calls its function in `diffcli.nn.functional` with the settings that it was made with."""

from __future__ import annotations

from inspect import signature
from typing import Any

from diffcli.errors import fault
from diffcli.nn import functional
from diffcli.nn.module import Module

_LOSSES = {
    "MSELoss": "mse_loss", "L1Loss": "l1_loss", "CrossEntropyLoss": "cross_entropy", "NLLLoss": "nll_loss",
    "HingeLoss": "hinge_loss", "MultiMarginLoss": "multi_margin_loss",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
}  # fmt: skip
"""Losses, and the function that each calls, with the settings that it has beside its operands."""


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


def _loss(name: str, function: str) -> type[Loss]:
    own = getattr(functional, function)
    defaults = {one.name: one.default for one in signature(own).parameters.values() if one.default is not one.empty}
    del defaults["reduction"]
    doc = f"`diffcli.nn.functional.{function}` as a module. {own.__doc__}"
    return type(name, (Loss,), {"function": function, "defaults": defaults, "__doc__": doc, "__module__": __name__})


LOSSES = {name: _loss(name, function) for name, function in _LOSSES.items()}
"""The modules of losses by their names."""
globals().update(LOSSES)  # pickle looks for them here
