"""Convolution of images: as a function, and as a layer."""

from __future__ import annotations

from typing import Any

from diffcli.autograd import creation as making
from diffcli.autograd.devices import check_device
from diffcli.autograd.graph.apply import apply
from diffcli.errors import fault
from diffcli.nn.module import Module
from diffcli.nn.parameter import Parameter


def conv2d(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """Convolution of images: sums of the products of kernels and each patch (a cross-correlation, as in all such layers).

    Parameters
    ----------
    x
        Images: batch × channels × height × width, or one without the batch.
    weight, bias
        Kernels, outputs × channels of a group × height × width; and a number for each output.
    stride, padding, dilation
        How far patches are apart, how many zeros stand around the images, how far apart the elements of a patch are: one number,
        or one along the height and one along the width. The padding may be ``"valid"``, none, or ``"same"``: results have the
        size of the images.
    groups
        In how many groups the channels and the outputs are, each convolved for itself.

    >>> from diffcli.autograd import ones
    >>> from diffcli.nn import functional as F
    >>> F.conv2d(ones(1, 1, 4, 4), ones(1, 1, 3, 3), padding="same")[0, 0, 0]
    tensor([4., 6., 6., 4.])
    """
    if x.ndim == 3:
        return conv2d(x.unsqueeze(0), weight, bias, stride, padding, dilation, groups).squeeze(0)
    strides, apart = _pair("stride", stride, 1), _pair("dilation", dilation, 1)
    window = (strides, _padding(padding, strides, apart, weight.shape), apart, groups)
    result = apply("conv2d", (x, weight), window=window)
    return result if bias is None else result + bias.reshape(1, -1, 1, 1)


def _pair(name: str, given: Any, least: int) -> tuple[int, int]:
    """A number along the height and one along the width."""
    found = given if isinstance(given, tuple | list) else (given, given)
    if len(found) != 2 or not all(type(one) is int and one >= least for one in found):
        raise fault("bad-module", f"{name} is a whole number of at least {least}, or two of them, not {given!r}")
    return (found[0], found[1])


def _padding(given: Any, strides: tuple[int, int], apart: tuple[int, int], kernels: Any) -> tuple[tuple[int, int], ...]:
    """How many zeros stand before and behind, along the height and the width."""
    if given == "same":
        if strides != (1, 1):
            raise fault("bad-module", "padding='same' keeps the size of images, and a stride other than 1 does not")
        spans = [step * (length - 1) for step, length in zip(apart, kernels[2:], strict=True)]
        return tuple((span // 2, span - span // 2) for span in spans)
    if isinstance(given, str) and given != "valid":
        raise fault("bad-module", f"padding is a number, two of them, 'valid' or 'same', not {given!r}")
    return tuple((one, one) for one in _pair("padding", 0 if given == "valid" else given, 0))


class Conv2d(Module):
    """Convolution of images, `diffcli.nn.functional.conv2d`, with kernels that are learned.

    ``weight`` is out_channels × in_channels/groups × height × width of a kernel. It and ``bias`` are drawn uniformly between
    ±1/√n, with n the number of elements of one kernel over its channels, as those of `diffcli.nn.Linear` are.

    Parameters
    ----------
    in_channels, out_channels
        The channels of the images before and after.
    kernel_size, stride, padding, dilation
        One number, or one along the height and one along the width; the padding may be ``"valid"`` or ``"same"``.
    groups
        In how many groups the channels are, each convolved for itself.
    bias
        Whether a number is added to each output.
    padding_mode
        ``"zeros"``, the only one there is.
    device, dtype, generator
        As of `diffcli.nn.Linear`.

    >>> from diffcli import nn
    >>> from diffcli.autograd import zeros
    >>> layer = nn.Conv2d(1, 20, 5, padding=2, stride=(2, 1))
    >>> layer
    Conv2d(1, 20, kernel_size=(5, 5), stride=(2, 1), padding=(2, 2))
    >>> layer(zeros(8, 1, 28, 28)).shape
    (8, 20, 14, 28)
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
        generator: Any = None,
    ) -> None:
        super().__init__()
        check_device(device)
        if type(groups) is not int or groups < 1 or in_channels % groups or out_channels % groups:
            raise fault("bad-module", f"{in_channels} channels and {out_channels} outputs do not go into {groups} groups")
        if padding_mode != "zeros":
            raise fault("bad-module", f"padding is of zeros, not {padding_mode!r}", help=["pad the images, and use padding=0"])
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.padding_mode = _pair("kernel_size", kernel_size, 1), padding_mode
        self.stride, self.dilation = _pair("stride", stride, 1), _pair("dilation", dilation, 1)
        kernels = (out_channels, in_channels // groups, *self.kernel_size)
        _padding(padding, self.stride, self.dilation, kernels)
        self.padding = padding if isinstance(padding, str) else _pair("padding", padding, 0)
        self.weight = Parameter(making.empty(kernels, dtype=dtype))
        self.register_parameter("bias", Parameter(making.empty(out_channels, dtype=dtype)) if bias else None)
        self.reset_parameters(generator)

    def reset_parameters(self, generator: Any = None) -> None:
        """Draw the parameters anew."""
        draw(self, self.weight.numel() // max(self.out_channels, 1), generator)

    def forward(self, x: Any) -> Any:
        return conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        """As PyTorch has it: what is usual is left out."""
        usual = {"padding": (0, 0), "dilation": (1, 1), "groups": 1, "bias": True}
        own = {"padding": self.padding, "dilation": self.dilation, "groups": self.groups, "bias": self.bias is not None}
        more = "".join(f", {name}={own[name]}" for name in usual if own[name] != usual[name])
        return f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}{more}"


def draw(module: Module, fan_in: int, generator: Any) -> None:
    """Draw the parameters of a layer anew, uniformly: what each output is a sum of keeps its size."""
    bound = fan_in**-0.5 if fan_in > 0 else 0.0
    for parameter in module.parameters():
        parameter.detach().uniform_(-bound, bound, generator=generator)
