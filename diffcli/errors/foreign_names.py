"""Names that PyTorch or NumPy has and diffcli has not: they are spelt right, and missing."""

# fmt: off
from __future__ import annotations

import sys
from collections.abc import Iterable

from diffcli.errors import nearest

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
    Adamax addbmm addcmul addmv addr ASGD baddbmm Bilinear bilinear cast cdouble CELU celu cfloat clip_grad_norm Code constant
    cov cross cumprod dataloader dataset diagonal dstack eig erfcx export fill finfo flip frexp fx gammainc gather geqrf ger
    GLU glu Graph hash_tensor hub huber_loss HuberLoss igamma igammac iinfo index_put isclose isin isinf kaiming_normal
    kaiming_uniform kl_div KLDivLoss layer_norm ldexp lerp logdet logit LogSigmoid logspace lstm median modules msort
    multinomial mvlgamma NAdam nonzero pinv pinverse PReLU prelu put qr quantile RAdam randint_like random range renorm RReLU
    rrelu rsub saddmm scatter SELU selu signal smm Softmin softmin Softsign sort sparse SUM svd Tag take tensordot tile trapz
    Unflatten unflatten uniform unique variable vdot xavier_normal xavier_uniform xpu
"""
"""More of these, which look like names that are here."""


def missing(what: str, name: str, known: Iterable[str]) -> str:
    """What is said of a name that is not here: what to write for it, or which of the known ones is near, if nobody has it."""
    if name in INSTEAD:
        return f"{what}; {INSTEAD[name]}"
    elsewhere = name in NO_MISSPELLINGS.split() or hasattr(sys.modules.get("numpy"), name)
    near = [] if elsewhere or len(name.strip("_")) < 3 or name != name.strip("_") else nearest(name, known)
    near.sort(key=lambda one: one[0].isupper() != name[0].isupper())
    return f"{what}; did you mean {near[0]!r}?" if near else what
