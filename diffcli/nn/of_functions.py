"""Activations and losses as modules: each calls a function with the settings that it was made with."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any, ClassVar

from diffcli.autograd import methods
from diffcli.autograd.signatures import SIGNATURES, Signature
from diffcli.nn import functional
from diffcli.nn.module import Module


class OfFunction(Module):
    """The base of modules that call one function. What is set is an attribute, under the function's name for it."""

    function: ClassVar[Callable[..., Any]]
    known: ClassVar[Signature]
    """The settings that it has."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__()
        for setting, value in self.known.bound(given, named).items():
            setattr(self, setting, value)

    @property
    def settings(self) -> dict[str, Any]:
        return {setting: getattr(self, setting) for setting in self.known.names}

    def _result(self, *operands: Any) -> Any:
        """The function of some operands, with the settings."""
        changed = {setting: value for setting, value in self.settings.items() if value != self.known.template[setting]}
        return type(self).function(*operands, **changed)


class Activation(OfFunction):
    """The base of activations."""

    def forward(self, x: Any) -> Any:
        return self._result(x)

    def extra_repr(self) -> str:
        return ", ".join(f"{setting}={value!r}" for setting, value in self.settings.items() if setting != "inplace" or value)


class Loss(OfFunction):
    """The base of losses, which are called with predictions and targets.

    >>> from diffcli import nn
    >>> from diffcli.autograd import tensor
    >>> nn.MSELoss(reduction="sum")(tensor([1.0, 2.0]), tensor([0.0, 4.0]))
    tensor(5.0)
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        functional.check_reduction(self.reduction)

    def forward(self, predictions: Any, targets: Any) -> Any:
        """The loss: one number, or with ``reduction="none"`` one of each example."""
        return self._result(predictions, targets)


def _activation(name: str, spelled: str) -> type[Module]:
    text = SIGNATURES.get(spelled, ("input", ""))[0].removesuffix("dtype=None").replace("*", "").removeprefix("input")
    doc = f"`diffcli.autograd.{spelled}` as a module; see ``diffcli functions {spelled}``."
    return _module(name, Activation, methods.function(spelled), text, doc)


def _loss(name: str, spelled: str) -> type[Module]:
    function = getattr(functional, spelled)
    settings = [one for one in signature(function).parameters.values() if one.default is not one.empty]
    text = " ".join(["*", *(f"{one.name}={one.default}" for one in settings)])
    return _module(name, Loss, function, text, f"`diffcli.nn.functional.{spelled}` as a module. {function.__doc__}")


def _module(name: str, base: type[OfFunction], function: Any, text: str, doc: str) -> type[Module]:
    held = {"function": function, "known": Signature(name, text), "__doc__": doc, "__module__": "diffcli.nn"}
    return type(name, (base,), held)


ACTIVATIONS = {
    "ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu", "GELU": "gelu", "SiLU": "silu", "Sigmoid": "sigmoid",
    "Hardtanh": "hardtanh", "ReLU6": "relu6", "Tanh": "tanh", "Softplus": "softplus", "Softmax": "softmax",
    "LogSoftmax": "log_softmax",
}  # fmt: skip
"""Activations, and the function of `diffcli.autograd` that each calls."""

LOSSES = {
    "MSELoss": "mse_loss", "L1Loss": "l1_loss", "CrossEntropyLoss": "cross_entropy", "NLLLoss": "nll_loss",
    "HingeLoss": "hinge_loss", "MultiMarginLoss": "multi_margin_loss",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
}  # fmt: skip
"""Losses, and the function of `diffcli.nn.functional` that each calls."""

MODULES = {
    **{name: _activation(name, spelled) for name, spelled in ACTIVATIONS.items()},
    **{name: _loss(name, spelled) for name, spelled in LOSSES.items()},
}
"""All of them by their names."""
