"""Convolution of images, and batch norm of images: beside plain loops, and beside PyTorch where it is installed."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import diffcli.autograd as ad
from diffcli import nn
from diffcli.nn import functional as F

# images, kernels, and how they are convolved
CASES = {
    "plain": ((2, 3, 5, 6), (4, 3, 3, 2), {}),
    "one element": ((1, 1, 1, 1), (1, 1, 1, 1), {}),
    "a kernel as large as the image": ((2, 2, 3, 4), (3, 2, 3, 4), {}),
    "stride": ((2, 2, 7, 8), (3, 2, 3, 3), {"stride": 2}),
    "strides, and what is left over": ((1, 2, 8, 9), (2, 2, 2, 4), {"stride": (3, 2)}),
    "padding": ((2, 2, 4, 5), (3, 2, 3, 3), {"padding": (2, 1)}),
    "padding wider than the kernel": ((1, 1, 2, 2), (1, 1, 2, 2), {"padding": 3}),
    "valid": ((1, 2, 4, 5), (1, 2, 3, 3), {"padding": "valid"}),
    "same": ((2, 2, 4, 5), (3, 2, 3, 4), {"padding": "same"}),
    "same, dilated": ((1, 2, 5, 6), (2, 2, 2, 3), {"padding": "same", "dilation": (3, 2)}),
    "dilation": ((2, 2, 7, 9), (3, 2, 3, 2), {"dilation": (2, 3)}),
    "groups": ((2, 4, 5, 5), (6, 2, 3, 3), {"groups": 2}),
    "each channel for itself": ((2, 3, 4, 5), (6, 1, 2, 2), {"groups": 3}),
    "all of it": ((2, 4, 9, 8), (4, 2, 3, 2), {"stride": (2, 1), "padding": (1, 2), "dilation": (2, 3), "groups": 2}),
    "without a batch": ((3, 5, 6), (2, 3, 2, 2), {"padding": 1}),
    "an empty batch": ((0, 3, 5, 6), (2, 3, 2, 2), {"stride": 2}),
}


def drawn(*shapes, seed=0):
    random = np.random.default_rng(seed)
    return [random.normal(size=shape) for shape in shapes]


def by_loops(x, w, b, stride=1, padding=0, dilation=1, groups=1):
    """The sums, one by one."""
    if x.ndim == 3:
        return by_loops(x[None], w, b, stride, padding, dilation, groups)[0]
    pair = lambda given: given if isinstance(given, tuple) else (given, given)
    stride, dilation = pair(stride), pair(dilation)
    spans = [d * (k - 1) for d, k in zip(dilation, w.shape[2:], strict=True)]
    pads = [(s // 2, s - s // 2) for s in spans] if padding == "same" else [(p, p) for p in pair(0 if padding == "valid" else padding)]
    x = np.pad(x, ((0, 0), (0, 0), *pads))
    rows, columns = ((n - span - 1) // s + 1 for n, span, s in zip(x.shape[2:], spans, stride, strict=True))
    result = np.zeros((len(x), len(w), rows, columns))
    per_group, outputs = w.shape[1], len(w) // groups
    for n, o, r, c in np.ndindex(result.shape):
        result[n, o, r, c] = b[o]
        for i, p, q in np.ndindex(w.shape[1:]):
            channel = o // outputs * per_group + i
            result[n, o, r, c] += w[o, i, p, q] * x[n, channel, r * stride[0] + p * dilation[0], c * stride[1] + q * dilation[1]]
    return result


@pytest.mark.parametrize("kind", ["float64", "float32"])
@pytest.mark.parametrize("name", CASES)
def test_a_convolution_is_the_sums_of_products(name, kind):
    shape, kernels, settings = CASES[name]
    x, w, b = drawn(shape, kernels, kernels[:1])
    found = F.conv2d(*(ad.tensor(one, dtype=kind) for one in (x, w, b)), **settings)
    expected = by_loops(x, w, b, **settings)
    assert found.shape == expected.shape and found.dtype == kind
    assert np.allclose(found.numpy(), expected, rtol=0, atol=1e-12 if kind == "float64" else 1e-4)


@pytest.mark.parametrize("name", [name for name in CASES if name != "an empty batch"])
def test_its_gradient_is_that_of_the_sums(name):
    """It is linear in each operand, so a derivative along a direction is the value there: <g, conv(dx, w)> = <adjoint of x, dx>."""
    shape, kernels, settings = CASES[name]
    x, w, b, dx, dw = drawn(shape, kernels, kernels[:1], shape, kernels)
    given = [ad.tensor(one, requires_grad=True) for one in (x, w, b)]
    y = F.conv2d(*given, **settings)
    (g,) = drawn(y.shape, seed=1)
    y.backward(ad.tensor(g))
    none = np.zeros_like(b)
    assert (given[0].grad.numpy() * dx).sum() == pytest.approx((g * by_loops(dx, w, none, **settings)).sum(), rel=1e-11)
    assert (given[1].grad.numpy() * dw).sum() == pytest.approx((g * by_loops(x, dw, none, **settings)).sum(), rel=1e-11)
    over = (0, 2, 3) if x.ndim == 4 else (1, 2)
    assert np.allclose(given[2].grad.numpy(), g.sum(axis=over))


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("kind", ["float64", "float32"])
@pytest.mark.parametrize("name", [name for name in CASES if name != "an empty batch"])
def test_values_first_and_second_derivatives_are_pytorchs(name, kind):
    torch = pytest.importorskip("torch")
    shape, kernels, settings = CASES[name]
    x, w, b, v, u = drawn(shape, kernels, kernels[:1], shape, kernels)
    found = []
    for t, conv, grad in ((ad, F.conv2d, ad.grad), (torch, torch.nn.functional.conv2d, torch.autograd.grad)):
        dtype = kind if t is ad else getattr(torch, kind)
        given = [t.tensor(one, dtype=dtype, requires_grad=True) for one in (x, w, b)]
        y = conv(*given, **settings)
        first = grad((y**2).sum(), given, create_graph=True)
        along = (first[0] * t.tensor(v, dtype=dtype)).sum() + (first[1] * t.tensor(u, dtype=dtype)).sum()
        second = grad(along, given, create_graph=True)
        third = grad((second[0] ** 2).sum() + (second[1] ** 2).sum(), given)
        found.append([one.detach().numpy() for one in (y, *first, *second, *third)])
    for ours, theirs in zip(*found, strict=True):
        assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
        largest = np.abs(theirs).max(initial=1.0)
        assert np.allclose(ours / largest, theirs / largest, rtol=0, atol=1e-12 if kind == "float64" else 3e-5)


def test_images_and_kernels_that_stand_otherwise_in_memory():
    """Transposed, sliced and repeated operands give what their copies give."""
    x, w = (ad.tensor(one) for one in drawn((6, 5, 3, 2), (3, 4, 2, 3)))
    views = x.permute(3, 2, 0, 1)[:, :, ::2], w[:, ::2, :, :].transpose(0, 1).expand(2, 3, 2, 3)
    copies = [ad.tensor(one.numpy().copy()) for one in views]
    settings = {"padding": 1}
    assert np.array_equal(F.conv2d(*views, **settings).numpy(), F.conv2d(*copies, **settings).numpy())


@pytest.mark.parametrize("order", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_differences_of_values_and_of_gradients_agree(order):
    x, w, b = (ad.tensor(one, requires_grad=True) for one in drawn((1, 2, 3, 2), (2, 1, 2, 1), (2,)))
    settings = {"stride": (2, 1), "padding": (1, 0), "groups": 2}
    assert ad.gradcheck(lambda x, w, b: (F.conv2d(x, w, b, **settings) ** 2).sum(), (x, w, b), order=order)


# -- the layer --------------------------------------------------------------------------------------------------------------

LAYERS = [
    "Conv2d(1, 20, 5)", "Conv2d(3, 6, (2, 3), stride=2)", "Conv2d(4, 4, 3, padding=1, bias=False)", "Conv2d(4, 8, 1, groups=4)",
    "Conv2d(2, 2, 3, 1, 2, 2)", "Conv2d(2, 2, 3, padding='same')", "Conv2d(2, 2, 3, padding=(0, 1), dilation=(1, 2))",
    "Conv2d(2, 2, 3, padding='valid', stride=(1, 2))",
]  # fmt: skip


@pytest.mark.parametrize("text", LAYERS)
def test_a_layer_is_pytorchs(text):
    torch = pytest.importorskip("torch")
    ours, theirs = eval(f"nn.{text}", {"nn": nn}), eval(f"nn.{text}", {"nn": torch.nn})
    assert repr(ours) == repr(theirs)
    assert {name: tuple(one.shape) for name, one in ours.state_dict().items()} == {
        name: tuple(one.shape) for name, one in theirs.state_dict().items()
    }
    ours.load_state_dict({name: one.numpy() for name, one in theirs.state_dict().items()})
    (x,) = drawn((2, ours.in_channels, 9, 8))
    assert np.allclose(ours(ad.tensor(x)).detach().numpy(), theirs(torch.tensor(x, dtype=torch.float32)).detach().numpy(), atol=1e-5)


def test_where_its_parameters_start():
    """Between ±1/√(3*5*5), all over."""
    ad.manual_seed(0)
    layer = nn.Conv2d(3, 400, 5)
    for parameter in layer.parameters():
        assert 0.97 < parameter.detach().abs().max().item() * 75**0.5 <= 1
        assert abs(parameter.detach().mean().item()) < 0.01
    assert nn.Conv2d(3, 4, 5, dtype="float32").weight.dtype == "float32"


REFUSED = {
    "channels": (lambda: nn.Conv2d(3, 4, 2)(ad.ones(1, 2, 5, 5)), "conv2d: images of 1 × 2 × 5 × 5 and kernels of 4 × 3 × 2 × 2 in 1 group do not fit\n  = help: images are batch × channels × height × width, kernels outputs ×\n          channels of a group × height × width"),
    "axes": (lambda: F.conv2d(ad.ones(5, 5), ad.ones(1, 1, 2, 2)), "conv2d: images of 5 × 5 and kernels of 1 × 1 × 2 × 2 in 1 group do not fit\n  = help: images are batch × channels × height × width, kernels outputs ×\n          channels of a group × height × width"),
    "a large kernel": (lambda: F.conv2d(ad.ones(1, 1, 3, 3), ad.ones(1, 1, 2, 5), dilation=2), "conv2d: a kernel of 2 × 5 does not fit into images of 3 × 3\n  = help: add padding"),
    "groups": (lambda: nn.Conv2d(3, 4, 2, groups=2), "3 channels and 4 outputs do not go into 2 groups"),
    "no groups": (lambda: nn.Conv2d(3, 4, 2, groups=0), "3 channels and 4 outputs do not go into 0 groups"),
    "stride": (lambda: nn.Conv2d(3, 4, 2, stride=0), "stride is a whole number of at least 1, or two of them, not 0"),
    "three": (lambda: nn.Conv2d(3, 4, (2, 2, 2)), "kernel_size is a whole number of at least 1, or two of them, not (2, 2, 2)"),
    "negative padding": (lambda: nn.Conv2d(3, 4, 2, padding=-1), "padding is a whole number of at least 0, or two of them, not -1"),
    "fractions": (lambda: nn.Conv2d(3, 4, 2.5), "kernel_size is a whole number of at least 1, or two of them, not 2.5"),
    "a word": (lambda: nn.Conv2d(3, 4, 2, padding="full"), "padding is a whole number of at least 0, or two of them, not 'full'"),
    "same in steps": (lambda: nn.Conv2d(3, 4, 2, stride=2, padding="same"), "padding='same' is for a stride of 1\n  = help: give the padding in numbers"),
    "reflected": (lambda: nn.Conv2d(3, 4, 2, padding_mode="reflect"), "padding is of zeros, not 'reflect'\n  = help: pad the images, and use padding=0"),
    "elsewhere": (lambda: nn.Conv2d(3, 4, 2, device="cuda"), "there is no device 'cuda' here: diffcli computes on the CPU\n  = help: write 'cpu'"),
    "batch norm": (lambda: nn.BatchNorm2d(3)(ad.ones(2, 3, 4)), "BatchNorm2d takes batch × 3 × height × width, not (2, 3, 4)"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused(name):
    make, text = REFUSED[name]
    with pytest.raises(ad.AutogradError) as refused:
        make()
    assert str(refused.value) == text


def test_a_convolution_of_what_a_choice_leaves_out():
    """An infinite slope in what is not taken stays outside, in whatever patch it lies."""
    x = ad.tensor([[[[4.0, 0.0], [1.0, 9.0]]]], requires_grad=True)
    taken = ad.where(x > 0, x**0.5, ad.tensor(0.0))
    F.conv2d(taken, ad.ones(1, 1, 2, 2)).sum().backward()
    assert x.grad.tolist() == [[[[0.25, 0.0], [0.5, 1 / 6]]]]


# -- batch norm of images ---------------------------------------------------------------------------------------------------

SETTINGS = [{}, {"momentum": 0.5, "eps": 0.1}, {"momentum": None}, {"affine": False}, {"track_running_stats": False}]


@pytest.mark.parametrize("training", [*itertools.product([True, False], repeat=2)])
@pytest.mark.parametrize("settings", SETTINGS)
def test_batch_norm_of_images_is_that_of_all_their_elements(settings, training):
    """As `BatchNorm1d` of a row for each channel."""
    of_images, of_rows = nn.BatchNorm2d(3, **settings), nn.BatchNorm1d(3, **settings)
    for k, mode in enumerate(training):
        (values,) = drawn((2, 3, 4, 5), seed=k)
        x, rows = ad.tensor(values, requires_grad=True), ad.tensor(values.reshape(2, 3, 20), requires_grad=True)
        y, expected = of_images.train(mode)(x), of_rows.train(mode)(rows)
        assert np.allclose(y.detach().numpy().reshape(2, 3, 20), expected.detach().numpy(), atol=1e-14)
        (y**3).sum().backward(), (expected**3).sum().backward()
        assert np.allclose(x.grad.numpy().reshape(2, 3, 20), rows.grad.numpy(), atol=1e-12)
    for name, value in of_rows.state_dict().items():
        assert np.allclose(of_images.state_dict()[name].numpy(), value.numpy()), name


@pytest.mark.parametrize("kind", ["float64", "float32"])
@pytest.mark.parametrize("settings", SETTINGS)
def test_batch_norm_of_images_is_pytorchs(settings, kind):
    torch = pytest.importorskip("torch")
    ours, theirs = nn.BatchNorm2d(3, **settings, dtype=kind), torch.nn.BatchNorm2d(3, **settings, dtype=getattr(torch, kind))
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for k, mode in enumerate((True, True, False, True, False)):
        (values,) = drawn((2, 3, 4, 5), seed=k)
        found = []
        for t, layer, dtype in ((ad, ours, kind), (torch, theirs, getattr(torch, kind))):
            x = t.tensor(values * 3 + 1, dtype=dtype, requires_grad=True)
            y = layer.train(mode)(x)
            (slope,) = (ad.grad if t is ad else torch.autograd.grad)((y**3).sum(), x, create_graph=True)
            (slope**2).sum().backward()
            found.append([one.detach().numpy() for one in (y, slope, x.grad, *layer.state_dict().values())])
        for one, other in zip(*found, strict=True):
            largest = np.abs(other).max(initial=1.0)
            assert np.allclose(one / largest, other / largest, rtol=0, atol=1e-11 if kind == "float64" else 1e-4)
            assert one.dtype == other.dtype
