"""The table of PyTorch's names: where each is in diffcli, and what is not here."""

# fmt: off
from __future__ import annotations

_MORE = "diffcli.torch.additions"
MODULES = {
    **dict.fromkeys(("torch", "torch.autograd", "torch.linalg", "torch.special"), "diffcli.autograd"),
    "torch.nn": "diffcli.nn", "torch.nn.functional": "diffcli.nn.functional", "torch.nn.init": "diffcli.nn.init",
    "torch.nn.modules": "diffcli.nn", "torch.nn.parameter": "diffcli.nn.parameter", "torch.optim": "diffcli.nn.optim",
    **dict.fromkeys(("torch.nn.utils", "torch.utils", "torch.utils.data"), _MORE),
    **dict.fromkeys(("torch.cuda", "torch.backends", "torch.backends.mps", "torch.accelerator"), _MORE),
}
"""PyTorch's modules, and where what has the same name is."""

NAMES = {
    **{f"torch.{name}": f"math:{name}" for name in ("inf", "nan", "pi", "e")},
    **{f"torch.{name}": f"diffcli.autograd:Tensor.{name}" for name in ("clone", "detach", "numel", "is_floating_point")},
    **{f"torch.{name}": f"diffcli.nn.functional:{name}" for name in ("conv2d", "dropout", "batch_norm")},
    "torch.autograd.Variable": "diffcli.autograd:as_tensor",
    "torch.Size": "builtins:tuple", "torch.device": "diffcli.autograd.devices:device",
    "torch.nn.init._calculate_fan_in_and_fan_out": "diffcli.nn.init:fans",
}
"""What has another name in diffcli, or stands elsewhere."""

INSTEAD = {
    "save": "use pickle.dump(model.state_dict(), file)", "load": "use pickle.load(file), of a file of your own",
    "compile": "call the model as it is", "einsum": "use matmul, outer and sum", "split": "use slices", "chunk": "use slices",
    "masked_fill": "use where(mask, value, x)", "masked_select": "use x[mask]", "rsqrt": "use x**-0.5", "exp2": "use 2**x",
    "hstack": "use cat", "vstack": "use cat", "randn_like": "use randn(x.shape)", "rand_like": "use rand(x.shape)",
    "normal": "use mean + std*randn(...)", "bernoulli": "use rand(x.shape) < x", "set_detect_anomaly": "use gradcheck",
    "functional": "use diffcli.jacobian, or autograd.grad of each result", "func": "use diffcli.grad, diffcli.vjp, ...",
    "lr_scheduler": "set optimizer.param_groups[0]['lr']", "BCELoss": "use BCEWithLogitsLoss of the logits",
    "binary_cross_entropy": "use binary_cross_entropy_with_logits", "tril": "multiply by a mask", "triu": "multiply by a mask",
    "set_default_dtype": "numbers are float64, unless a dtype is given", "Generator": "use what manual_seed returns",
    "is_tensor": "use isinstance(x, torch.Tensor)", "clip_grad_value_": "use p.grad.clamp_",
    **dict.fromkeys(("half", "float16", "bfloat16", "FloatTensor", "DoubleTensor"), "the kinds are float32 and float64"),
    **dict.fromkeys(("int", "int8", "int16", "int32", "uint8", "short", "LongTensor"), "whole numbers are int64"),
}
"""What PyTorch has and diffcli has not, and what to write."""

MISSING = """
    AvgPool1d AvgPool2d BatchNorm3d Bilinear Conv1d Conv3d ConvTranspose2d CosineSimilarity Dropout2d Embedding GRU GroupNorm
    HuberLoss InstanceNorm2d KLDivLoss LBFGS LSTM LayerNorm LogSigmoid MaxPool1d MaxPool2d Mish MultiheadAttention PReLU
    RMSNorm RMSprop RNN SELU SmoothL1Loss Softsign Transformer Unflatten Upsample adaptive_avg_pool2d addcmul amp argsort
    avg_pool2d baddbmm bincount bitwise_and cdist complex64 conv3d conv_transpose2d cosine_similarity count_nonzero cross
    cummax cumprod diagonal diff distributed distributions eig eigh embedding fft flip fmod fx gather huber_loss index_select
    interpolate isclose isinf jit kl_div kron layer_norm lerp logdet lstsq matrix_exp max_pool2d median meshgrid multinomial
    nan_to_num nonzero normalize pad pinverse profiler quantile random_split remainder repeat_interleave roll scatter selu
    slogdet smooth_l1_loss sort sparse svd take tensordot tile topk unbind unique vmap
"""
"""What else PyTorch has: spelt right, and not here."""
