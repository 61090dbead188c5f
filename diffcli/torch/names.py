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
    "torch.Size": "builtins:tuple", "torch.device": "diffcli.autograd.devices:device",
    "torch.utils.data.Dataset": "builtins:object",
    "torch.nn.init._calculate_fan_in_and_fan_out": "diffcli.nn.init:fans",
}
"""What has another name in diffcli, or stands elsewhere."""

INSTEAD = {
    "save": "use pickle.dump(model.state_dict(), file)", "load": "use pickle.load(file), of a file of your own",
    "compile": "call the model as it is", "einsum": "use matmul, outer and sum", "split": "use slices", "chunk": "use slices",
    "masked_fill": "use where(mask, value, x)", "masked_select": "use x[mask]", "rsqrt": "use x**-0.5", "exp2": "use 2**x",
    "hstack": "use cat", "vstack": "use cat", "normal": "use mean + std*randn(...)", "bernoulli": "use rand_like(x) < x",
    "set_detect_anomaly": "use gradcheck", "once_differentiable": "leave it out", "is_tensor": "use isinstance(x, torch.Tensor)",
    "functional": "use diffcli.jacobian, or autograd.grad of each result", "func": "use diffcli.grad, diffcli.vjp, ...",
    "lr_scheduler": "set optimizer.param_groups[0]['lr']", "BCELoss": "use BCEWithLogitsLoss of the logits",
    "binary_cross_entropy": "use binary_cross_entropy_with_logits of the logits", "clip_grad_value_": "use p.grad.clamp_(-v, v)",
    "tril": "multiply by arange(n)[:, None] >= arange(n)", "triu": "multiply by arange(n)[:, None] <= arange(n)",
    "set_default_dtype": "numbers are float64, unless a dtype is given", "Generator": "use what manual_seed returns",
    **dict.fromkeys(("half", "float16", "bfloat16", "FloatTensor", "DoubleTensor"), "the kinds are float32 and float64"),
    **dict.fromkeys(("int", "int8", "int16", "int32", "uint8", "short", "LongTensor"), "whole numbers are int64"),
}
"""What to write for what PyTorch has and diffcli has not."""

NO_MISSPELLINGS = """
    ASGD BatchNorm3d Conv1d Conv3d Dropout2d HuberLoss KLDivLoss LogSigmoid PReLU SELU SmoothL1Loss Softsign Unflatten addcmul
    conv3d cross cumprod diagonal eig fill flip fx gather huber_loss isclose isinf kl_div layer_norm lerp logdet logit lstm
    median multinomial nonzero prelu put qr quantile scatter selu smooth_l1_loss sort sparse svd take tensordot tile unflatten
    unique
"""
"""More of these, which look like names that are here."""
