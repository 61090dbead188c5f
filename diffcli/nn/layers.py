"""Layers: a linear map, activations, and what behaves differently when it is trained."""

from __future__ import annotations

from typing import Any

from diffcli.autograd import creation as making
from diffcli.autograd import methods as functions
from diffcli.errors import fault
from diffcli.nn import functional as F
from diffcli.nn.init import fans
from diffcli.nn.module import Module
from diffcli.nn.parameter import Parameter


class Identity(Module):
    """The identity: the input is the output."""

    def forward(self, x: Any) -> Any:
        return x


def draw(layer: Any, generator: Any = None) -> None:
    """Draw the parameters of a layer anew, uniformly between ±1/√n: n is how many numbers each output is a sum over."""
    bound = (fans(layer.weight)[0] or float("inf")) ** -0.5
    for parameter in layer.parameters():
        parameter.detach().uniform_(-bound, bound, generator=generator)


class Linear(Module):
    """An affine map along the last axis: y = x Wᵀ + b.

    ``weight`` is out_features × in_features. It and ``bias`` are drawn uniformly between ±1/√in_features, which is the
    Kaiming-uniform initialisation (He et al. 2015, "Delving deep into rectifiers") with the gain of a leaky ReLU of slope √5.

    Parameters
    ----------
    in_features, out_features
        The lengths of the last axis before and after.
    bias
        Whether b is added.
    device
        The CPU, the only one there is.
    dtype
        The kind of its numbers; float64, if not given.
    generator
        The generator of the initial numbers; that of `diffcli.autograd.manual_seed`, if not given.

    >>> from diffcli import nn
    >>> from diffcli.autograd import zeros
    >>> layer = nn.Linear(4, 3)
    >>> layer
    Linear(in_features=4, out_features=3, bias=True)
    >>> layer(zeros(2, 4)).shape
    (2, 3)
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None, generator: Any = None
    ) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(making.empty(out_features, in_features, dtype=dtype, device=device))
        self.register_parameter("bias", Parameter(making.empty(out_features, dtype=dtype)) if bias else None)
        self.reset_parameters(generator)

    reset_parameters = draw

    def forward(self, x: Any) -> Any:
        return F.linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Conv2d(Module):
    """Convolution of images, `diffcli.nn.functional.conv2d`, with kernels that are learned and start as those of `Linear`.

    >>> layer = Conv2d(1, 20, 5, padding=2, stride=(2, 1))
    >>> layer
    Conv2d(1, 20, kernel_size=(5, 5), stride=(2, 1), padding=(2, 2))
    >>> layer(making.zeros(8, 1, 28, 28)).shape
    (8, 20, 14, 28)
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
        groups: int = 1, bias: bool = True, padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
        generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if type(groups) is not int or groups < 1 or in_channels % groups or out_channels % groups:
            raise fault("bad-module", f"{in_channels} channels and {out_channels} outputs do not go into {groups} groups")
        if padding_mode != "zeros":
            raise fault("bad-module", f"padding is of zeros, not {padding_mode!r}", help=["pad the images, and use padding=0"])
        self.in_channels, self.out_channels, self.groups, self.padding_mode = in_channels, out_channels, groups, padding_mode
        self.kernel_size, self.stride = F.pair("kernel_size", kernel_size, 1), F.pair("stride", stride, 1)
        self.dilation = F.pair("dilation", dilation, 1)
        pads = F.pads_of(padding, self.stride, self.dilation, self.kernel_size)
        self.padding = padding if isinstance(padding, str) else tuple(before for before, _ in pads)
        self.weight = Parameter(making.empty(out_channels, in_channels // groups, *self.kernel_size, dtype=dtype, device=device))
        self.register_parameter("bias", Parameter(making.empty(out_channels, dtype=dtype)) if bias else None)
        self.reset_parameters(generator)

    reset_parameters = draw

    def forward(self, x: Any) -> Any:
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        usual = {"padding": (0, 0), "dilation": (1, 1), "groups": 1}
        more = "".join(f", {name}={getattr(self, name)}" for name in usual if getattr(self, name) != usual[name])
        more += ", bias=False" if self.bias is None else ""
        return f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}{more}"


class Flatten(Module):
    """The axes from one to another as one; by default all but the first, which is the batch."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Any) -> Any:
        return functions.flatten(x, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Dropout(Module):
    """In training, elements become 0 with probability p, and the others are divided by 1 - p; in evaluation, nothing happens.

    So the mean of each element stays what it is (Srivastava et al. 2014, "Dropout"; there the division comes at the end).

    >>> from diffcli import nn
    >>> from diffcli.autograd import ones
    >>> nn.Dropout(0.5).eval()(ones(3))
    tensor([1., 1., 1.])
    """

    def __init__(self, p: float = 0.5, inplace: bool = False, *, generator: Any = None) -> None:
        super().__init__()
        F.check_probability(p)
        self.p, self.inplace, self.generator = p, inplace, generator

    def forward(self, x: Any) -> Any:
        return F.dropout(x, self.p, self.training, self.inplace, self.generator)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class BatchNorm(Module):
    """Batch normalisation (Ioffe & Szegedy 2015): each feature has mean 0 and variance 1, then is scaled and shifted.

    In training by the batch's own mean and variance, which also move the running averages; in evaluation by those averages.
    ``BatchNorm1d`` takes batch × features, or batch × features × length; ``BatchNorm2d`` batch × channels × height × width.

    Parameters
    ----------
    num_features
        How many features, or channels, there are.
    eps
        Added to the variance, so that a constant feature is not divided by 0.
    momentum
        The weight of the newest batch in the running averages; None for the plain average of all batches.
    affine
        Whether scale and shift are learned.
    track_running_stats
        Whether there are running averages; else the batch's own numbers are used in evaluation too.
    """

    forms: tuple[str, ...]  # the inputs that it takes, in words
    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        zeros, ones = (fill(num_features, dtype=dtype, device=device) for fill in (making.zeros, making.ones))
        self.register_parameter("weight", Parameter(ones) if affine else None)
        self.register_parameter("bias", Parameter(zeros) if affine else None)
        self.register_buffer("running_mean", zeros.clone() if track_running_stats else None)
        self.register_buffer("running_var", ones.clone() if track_running_stats else None)
        self.register_buffer("num_batches_tracked", making.tensor(0, dtype="int64") if track_running_stats else None)

    def reset_running_stats(self) -> None:
        """Reset the running averages."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1.0)
            self.num_batches_tracked.zero_()

    def forward(self, x: Any) -> Any:
        if x.ndim not in [form.count("×") + 1 for form in self.forms] or x.shape[1] != self.num_features:
            forms = " or ".join(self.forms).replace("features", str(self.num_features))
            raise fault("shape-mismatch", f"{type(self).__name__} takes {forms}, not {x.shape}")
        momentum = self.momentum
        if self.training and self.track_running_stats:
            self.num_batches_tracked += 1
            if momentum is None:
                momentum = 1.0 / float(self.num_batches_tracked.item())
        own = self.training or self.running_mean is None
        mean, var = (self.running_mean, self.running_var) if self.track_running_stats or not own else (None, None)
        return F.batch_norm(x, mean, var, self.weight, self.bias, own, momentum or 0.0, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(BatchNorm):
    """Batch normalisation of features: see `BatchNorm`."""

    forms = ("batch × features", "batch × features × length")


class BatchNorm2d(BatchNorm):
    """Batch normalisation of images by their channels: see `BatchNorm`."""

    forms = ("batch × features × height × width",)
