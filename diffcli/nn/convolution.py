"""Convolution of images: as a function, and as a layer."""

from __future__ import annotations

from typing import Any

from diffcli.autograd import creation as making
from diffcli.autograd import devices
from diffcli.autograd.graph.apply import apply
from diffcli.errors import fault
from diffcli.nn.module import Module
from diffcli.nn.parameter import Parameter


def conv2d(x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1) -> Any:
    """Convolution of images: sums of the products of kernels and each patch (a cross-correlation, as in all such layers).

    Parameters
    ----------
    x
        Images: batch × channels × height × width, or one without the batch.
    weight, bias
        Kernels, outputs × channels of a group × height × width; and a number for each output.
    stride, padding, dilation
        How far patches are apart, how many zeros stand around the images, how far apart the elements of a patch are: one number,
        or one along the height and one along the width. The padding may be ``"valid"``, none, or ``"same"``: that keeps the size.
    groups
        In how many groups the channels and the outputs are, each convolved for itself.

    >>> from diffcli.autograd import ones
    >>> conv2d(ones(1, 1, 4, 4), ones(1, 1, 3, 3), padding="same")[0, 0, 0]
    tensor([4., 6., 6., 4.])
    """
    if x.ndim == 3:
        return conv2d(x.unsqueeze(0), weight, bias, stride, padding, dilation, groups).squeeze(0)
    strides, apart = _pair("stride", stride, 1), _pair("dilation", dilation, 1)
    window = (strides, _pads(padding, strides, apart, weight.shape[2:]), apart, groups)
    result = apply("conv2d", (x, weight), window=window)
    return result if bias is None else result + bias.reshape(1, -1, 1, 1)


def _pair(name: str, given: Any, least: int) -> tuple[int, ...]:
    """A number along the height and one along the width."""
    found = tuple(given) if isinstance(given, tuple | list) else (given, given)
    if len(found) != 2 or not all(type(one) is int and one >= least for one in found):
        raise fault("bad-module", f"{name} is a whole number of at least {least}, or two of them, not {given!r}")
    return found


def _pads(given: Any, strides: tuple[int, ...], apart: tuple[int, ...], lengths: Any) -> tuple[tuple[int, int], ...]:
    """How many zeros stand before and behind, along the height and the width."""
    if given == "same" and strides == (1, 1):
        spans = [step * (length - 1) for step, length in zip(apart, lengths, strict=True)]
        return tuple((span // 2, span - span // 2) for span in spans)
    if isinstance(given, str) and given != "valid":
        raise fault("bad-module", f"padding is a number, two of them, 'valid', or with a stride of 1 'same', not {given!r}")
    return tuple((one, one) for one in _pair("padding", 0 if given == "valid" else given, 0))


def draw(module: Any, generator: Any = None) -> None:
    """Draw the parameters of a layer anew, uniformly between ±1/√n: n is how many numbers each output is a sum over."""
    count = module.weight[0].numel() if len(module.weight) else 0
    bound = count**-0.5 if count else 0.0
    for parameter in module.parameters():
        parameter.detach().uniform_(-bound, bound, generator=generator)


class Conv2d(Module):
    """Convolution of images with kernels that are learned; `diffcli.nn.functional.conv2d` has the parameters.

    ``weight`` is out_channels × in_channels/groups × height × width of a kernel. It and ``bias`` are drawn uniformly between
    ±1/√n, with n the number of elements of one kernel over its channels, as those of `diffcli.nn.Linear` are.

    >>> from diffcli import nn
    >>> from diffcli.autograd import zeros
    >>> layer = nn.Conv2d(1, 20, 5, padding=2, stride=(2, 1))
    >>> layer
    Conv2d(1, 20, kernel_size=(5, 5), stride=(2, 1), padding=(2, 2))
    >>> layer(zeros(8, 1, 28, 28)).shape
    (8, 20, 14, 28)
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
        groups: int = 1, bias: bool = True, padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
        generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        devices.device(device or "cpu")
        if type(groups) is not int or groups < 1 or in_channels % groups or out_channels % groups:
            raise fault("bad-module", f"{in_channels} channels and {out_channels} outputs do not go into {groups} groups")
        if padding_mode != "zeros":
            raise fault("bad-module", f"padding is of zeros, not {padding_mode!r}", help=["pad the images, and use padding=0"])
        self.in_channels, self.out_channels, self.groups, self.padding_mode = in_channels, out_channels, groups, padding_mode
        self.kernel_size, self.stride = _pair("kernel_size", kernel_size, 1), _pair("stride", stride, 1)
        self.dilation = _pair("dilation", dilation, 1)
        _pads(padding, self.stride, self.dilation, self.kernel_size)  # refused here, not at the first call
        self.padding = padding if isinstance(padding, str) else _pair("padding", padding, 0)
        self.weight = Parameter(making.empty(out_channels, in_channels // groups, *self.kernel_size, dtype=dtype))
        self.register_parameter("bias", Parameter(making.empty(out_channels, dtype=dtype)) if bias else None)
        self.reset_parameters(generator)

    reset_parameters = draw

    def forward(self, x: Any) -> Any:
        return conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        usual = {"padding": (0, 0), "dilation": (1, 1), "groups": 1}
        more = "".join(f", {name}={getattr(self, name)}" for name in usual if getattr(self, name) != usual[name])
        more += ", bias=False" if self.bias is None else ""
        return f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}{more}"
