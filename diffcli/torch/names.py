"""The table of PyTorch's names: where each is in diffcli, and what is not here."""

# fmt: off
from __future__ import annotations

_MORE = "diffcli.torch.additions"
MODULES = {
    **dict.fromkeys(("torch", "torch.autograd", "torch.linalg", "torch.special"), "diffcli.autograd"),
    "torch.nn": "diffcli.nn", "torch.nn.functional": "diffcli.nn.functional", "torch.nn.init": "diffcli.nn.init",
    "torch.nn.parameter": "diffcli.nn.parameter", "torch.optim": "diffcli.nn.optim",
    "torch.autograd.function": "diffcli.autograd.function",
    **dict.fromkeys(("torch.nn.utils", "torch.utils", "torch.utils.data"), _MORE),
    **dict.fromkeys(("torch.cuda", "torch.backends", "torch.backends.mps", "torch.accelerator"), _MORE),
}
"""PyTorch's modules, and where what has the same name is."""

NAMES = {
    **{f"torch.{name}.is_available": "builtins:bool" for name in ("cuda", "backends.mps", "accelerator")},  # bool() is False
    **{f"torch.{name}": f"math:{name}" for name in ("inf", "nan", "pi", "e")},
    **{f"torch.{name}": f"diffcli.autograd:Tensor.{name}" for name in ("clone", "detach", "numel", "is_floating_point")},
    **{f"torch.{name}": f"diffcli.nn.functional:{name}" for name in ("conv2d", "dropout", "batch_norm")},
    "torch.linalg.norm": f"{_MORE}:linalg_norm", "torch.autograd.Variable": "diffcli.autograd:as_tensor",
    "torch.Size": "builtins:tuple", "torch.device": "diffcli.autograd.signatures:device",
    "torch.utils.data.Dataset": "builtins:object",
    "torch.nn.init._calculate_fan_in_and_fan_out": "diffcli.nn.init:fans",
}
"""What has another name in diffcli, or stands elsewhere."""
