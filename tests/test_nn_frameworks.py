"""Modules, layers, losses and optimisers beside PyTorch, in double precision and in single.

The same text builds the model with either library: ``nn`` is `diffcli.nn` or ``torch.nn``. PyTorch belongs to an optional group
(``pip install -e '.[test,frameworks]'``); where it is not installed, these tests are skipped. Where diffcli prints something else
on purpose, it stands in `OTHERWISE`.
"""

from __future__ import annotations

import importlib.util
import math
import warnings

import numpy as np
import pytest

import diffcli.autograd as ad
from diffcli import nn as ours
from diffcli.nn import functional as F
from diffcli.nn import init, optim

pytestmark = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")


@pytest.fixture
def torch():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch

        yield torch


KIND = "float64"
"""The kind of numbers of the test that runs."""


@pytest.fixture(params=["float64", "float32"])
def kind(request, monkeypatch):
    monkeypatch.setitem(globals(), "KIND", request.param)
    return request.param


def build(name, nn, randn):
    """A model of either library."""

    class MyLinear(nn.Module):
        def __init__(self, in_features, out_features):
            super().__init__()
            self.weight = nn.Parameter(randn(in_features, out_features))

        def forward(self, x):
            return x @ self.weight

    class Net2(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer0 = MyLinear(4, 3)
            self.layer1 = MyLinear(3, 1)

        def forward(self, x):
            return self.layer1(nn.functional.relu(self.layer0(x)))

    class Block(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.register_buffer("steps", randn(2))
            self.register_buffer("scratch", randn(3), persistent=False)
            self.register_buffer("absent", None)
            self.register_parameter("shift", None)
            self.inner = nn.Sequential(nn.Linear(width, width), nn.BatchNorm1d(width), nn.Tanh())
            self.scale = nn.Parameter(randn(width))

        def forward(self, x):
            return x + self.scale * self.inner(x)

    class Deep(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(4, 3)
            self.blocks = nn.ModuleList([Block(3), Block(3)])
            self.heads = nn.ModuleDict({"a": nn.Linear(3, 2, bias=False), "b": nn.Sequential()})
            self.extra = nn.ParameterList([randn(2), randn(3)])
            self.more = nn.ParameterDict({"x": randn(1)})
            self.again = self.first

        def forward(self, x):
            x = self.first(x)
            for block in self.blocks:
                x = block(x)
            return self.heads["a"](x) * self.extra[0] + self.more["x"]

    class Reassigned(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Linear(4, 4)
            self.b = nn.Linear(4, 2)
            self.w = nn.Parameter(randn(2))
            self.a = nn.Identity()  # in its old place
            self.w = nn.Parameter(randn(2))
            self.c = self.b
            del self.b
            self.b = nn.Flatten()

        def forward(self, x):
            return self.c(self.b(self.a(x))) * self.w

    if name == "sequential":
        return nn.Sequential(MyLinear(4, 3), nn.ReLU(), MyLinear(3, 1))
    if name == "perceptron":
        return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    if name == "named":
        return nn.Sequential({"one": nn.Linear(4, 2), "two": nn.Sequential(nn.Sigmoid(), nn.Linear(2, 2))})[0:2] if nn is ours else (
            nn.Sequential(__import__("collections").OrderedDict([("one", nn.Linear(4, 2)), ("two", nn.Sequential(nn.Sigmoid(), nn.Linear(2, 2)))]))[0:2]
        )  # fmt: skip
    if name == "shared":
        shared = nn.Linear(4, 4)
        return nn.Sequential(shared, nn.ReLU(), shared)
    return {"net2": Net2, "deep": Deep, "reassigned": Reassigned}[name]()


MODELS = ["sequential", "net2", "perceptron", "named", "shared", "deep", "reassigned"]


@pytest.fixture
def pair(torch):
    """The same model twice, with PyTorch's random numbers in both."""

    def make(name):
        torch.manual_seed(len(name))
        theirs = build(name, torch.nn, torch.randn).to(getattr(torch, KIND))
        mine = build(name, ours, ad.randn).to(KIND)
        copy(theirs, mine)
        return mine, theirs

    return make


def copy(theirs, mine):
    mine.load_state_dict({path: value.detach().numpy() for path, value in theirs.state_dict().items()})


def close(found, expected, tolerance=1e-12):
    found, expected = np.asarray(found), np.asarray(expected)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    tolerance = tolerance if KIND == "float64" else 2e-4
    size = max(1.0, float(np.abs(expected).max(initial=0.0)))
    assert np.allclose(found, expected, rtol=tolerance, atol=tolerance * size), (found, expected)


def both(torch, array, grad=False):
    array = np.asarray(array, dtype=KIND)
    return ad.tensor(array, requires_grad=grad), torch.tensor(array, requires_grad=grad)


# -- the tree ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
def test_names_orders_and_shapes(pair, name):
    mine, theirs = pair(name)
    for remove in (True, False):
        assert [path for path, _ in mine.named_modules(remove_duplicate=remove)] == [
            path for path, _ in theirs.named_modules(remove_duplicate=remove)
        ]
        for what in ("named_parameters", "named_buffers"):
            found = [(path, tuple(one.shape)) for path, one in getattr(mine, what)(prefix="net", remove_duplicate=remove)]
            assert found == [
                (path, tuple(one.shape)) for path, one in getattr(theirs, what)(prefix="net", remove_duplicate=remove)
            ]
    for what in ("named_parameters", "named_buffers"):
        assert [path for path, _ in getattr(mine, what)(recurse=False)] == [
            path for path, _ in getattr(theirs, what)(recurse=False)
        ]
    assert [type(one).__name__ for one in mine.modules()] == [type(one).__name__ for one in theirs.modules()]
    assert [path for path, _ in mine.named_children()] == [path for path, _ in theirs.named_children()]
    assert list(mine.state_dict()) == list(theirs.state_dict())
    assert list(mine.state_dict(prefix="net.")) == list(theirs.state_dict(prefix="net."))


@pytest.mark.parametrize("name", MODELS)
def test_functions_are_applied_in_the_same_order(pair, name):
    orders = []
    for net in pair(name):
        order = []
        net.apply(lambda module, order=order: order.append(type(module).__name__))
        orders.append(order)
    assert orders[0] == orders[1]


@pytest.mark.parametrize("name", ["sequential", "net2", "perceptron", "named", "shared", "reassigned"])
def test_printed_alike(pair, name):
    mine, theirs = pair(name)
    assert repr(mine) == repr(theirs)
    assert "\n".join(map(str, mine.named_modules())) == "\n".join(map(str, theirs.named_modules()))


SAME = [
    "Linear(3, 2, bias=False)", "Flatten()", "Flatten(0, 1)", "Identity()", "ReLU()", "LeakyReLU(0.2)", "ELU()", "SiLU()", "Sigmoid()",
    "Tanh()", "ReLU6()", "ReLU6(inplace=True)", "ReLU(True)", "GELU()", "GELU(approximate='tanh')", "Softplus()", "Softplus(2.0, 5.0)", "Hardtanh(-2.0, 0.5)", "Dropout(0.2)",
    "Dropout(0.2, True)", "SiLU(inplace=True)", "Hardtanh()", "Softmax(dim=1)", "LogSoftmax(dim=0)", "ModuleList([])", "Sequential()", "MSELoss()", "CrossEntropyLoss()",
]  # fmt: skip
OTHERWISE = {
    "BatchNorm1d(3)": "scale and shift are learned together or not at all",
    "Softmax()": "along the last axis, where PyTorch guesses and warns",
}
"""What prints differently, and why."""


@pytest.mark.parametrize("text", SAME)
def test_layers_are_printed_alike(torch, text):
    assert repr(eval(f"nn.{text}", {"nn": ours})) == repr(eval(f"nn.{text}", {"nn": torch.nn}))


@pytest.mark.parametrize("text", OTHERWISE)
def test_what_is_printed_otherwise(torch, text):
    mine, theirs = eval(f"nn.{text}", {"nn": ours}), eval(f"nn.{text}", {"nn": torch.nn})
    assert repr(mine) != repr(theirs), "it is alike now: take it out of the table"
    assert repr(mine).partition("(")[0] == repr(theirs).partition("(")[0]


@pytest.mark.parametrize("lost", ["", "first.weight", "blocks.1.steps"])
def test_what_a_state_lacks_and_has_too_much(pair, torch, lost):
    mine, theirs = pair("deep")
    state = {path: value for path, value in theirs.state_dict().items() if path != lost} | {"new.weight": torch.zeros(1)}
    found = theirs.load_state_dict(state, strict=False)
    missing, unexpected = mine.load_state_dict({path: value.numpy() for path, value in state.items()}, strict=False)
    assert (missing, unexpected) == (found.missing_keys, found.unexpected_keys)


# -- values and gradients -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", MODELS)
def test_values_and_gradients(pair, torch, kind, name, training):
    mine, theirs = pair(name)
    mine.train(training), theirs.train(training)
    random = np.random.default_rng(1)
    for _ in range(3):
        x, y = both(torch, random.normal(size=(6, 4)), grad=True)
        found, expected = mine(x), theirs(y)
        close(found.detach(), expected.detach())
        (found**2).sum().backward()
        (expected**2).sum().backward()
        close(x.grad, y.grad, 1e-11)
    for (path, one), (_, other) in zip(mine.named_parameters(), theirs.named_parameters(), strict=True):
        assert (one.grad is None) == (other.grad is None), path
        if one.grad is not None:
            close(one.grad, other.grad, 1e-11)
    for (path, one), (_, other) in zip(mine.named_buffers(), theirs.named_buffers(), strict=True):
        if path.endswith("scratch"):
            continue  # not in the state, so each has its own
        close(one, other)


ACTIVATIONS = [
    "ReLU()", "LeakyReLU()", "LeakyReLU(0.3)", "ELU()", "ELU(alpha=0.5)", "GELU()", "SiLU()", "Sigmoid()", "Tanh()", "ReLU6()",
    "Softplus(beta=2)", "Softplus(0.5, 1.0)", "GELU(approximate='tanh')", "GELU('tanh')", "Hardtanh(-2.0, 0.75)",
    "Hardtanh()", "Softmax(dim=0)", "Softmax(dim=-1)", "LogSoftmax(dim=1)", "Softplus()", "Flatten()", "Identity()",
]  # fmt: skip


@pytest.mark.parametrize("text", ACTIVATIONS)
def test_activations(torch, kind, text):
    points = np.array([[-30.0, -3.0, -0.5, -1e-3], [1e-3, 0.5, 2.0, 7.0]])  # away from kinks, where subgradients may differ
    x, y = both(torch, points, grad=True)
    found, expected = eval(f"nn.{text}", {"nn": ours})(x), eval(f"nn.{text}", {"nn": torch.nn})(y)
    close(found.detach(), expected.detach())
    weights = np.arange(1.0, 9.0).reshape(expected.shape)
    found.backward(ad.tensor(weights)), expected.backward(torch.tensor(weights))
    close(x.grad, y.grad)


@pytest.mark.parametrize("shape", [(5, 3), (2, 3, 4), (1, 3, 2)])
@pytest.mark.parametrize(
    "settings", [{}, {"momentum": 0.5, "eps": 0.1}, {"momentum": None}, {"affine": False}, {"track_running_stats": False}]
)
def test_batch_norm(torch, kind, shape, settings):
    mine, theirs = ours.BatchNorm1d(3, **settings).to(KIND), torch.nn.BatchNorm1d(3, **settings).to(getattr(torch, KIND))
    if settings.get("affine", True):
        with torch.no_grad():
            theirs.weight.copy_(torch.tensor([0.5, -2.0, 3.0])), theirs.bias.copy_(torch.tensor([1.0, 0.0, -1.0]))
    copy(theirs, mine)
    random = np.random.default_rng(0)
    for training in (True, True, False, True, False):
        mine.train(training), theirs.train(training)
        x, y = both(torch, random.normal(size=shape) * 3 + 1, grad=True)
        weights = random.normal(size=shape).astype(kind)
        found, expected = mine(x), theirs(y)
        close(found.detach(), expected.detach())
        (found * ad.tensor(weights)).sum().backward(), (expected * torch.tensor(weights)).sum().backward()
        close(x.grad, y.grad, 1e-11)
        for name, value in theirs.state_dict().items():
            close(mine.state_dict()[name], value)
    for (_, one), (_, other) in zip(mine.named_parameters(), theirs.named_parameters(), strict=True):
        close(one.grad, other.grad, 1e-11)


LABELS = np.array([0, 2, 1, 2])
LOSSES = {
    "mse_loss": lambda random: (random.normal(size=(4, 3)), random.normal(size=(4, 3))),
    "l1_loss": lambda random: (random.normal(size=(4, 3)), random.normal(size=(4, 3))),
    "cross_entropy": lambda random: (random.normal(size=(4, 3)) * 20, LABELS),
    "nll_loss": lambda random: (np.log(random.dirichlet(np.ones(3), size=4)), LABELS),
    "multi_margin_loss": lambda random: (random.normal(size=(4, 3)), LABELS),
    "binary_cross_entropy_with_logits": lambda random: (random.normal(size=(4, 3)) * 40, random.uniform(size=(4, 3))),
}


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", LOSSES)
def test_losses(torch, kind, name, reduction):
    points, target = LOSSES[name](np.random.default_rng(3))
    x, y = both(torch, points, grad=True)
    target = target if target.dtype == np.int64 else target.astype(kind)
    other = torch.tensor(target)
    mine = ad.tensor(target, dtype=target.dtype)
    found = getattr(F, name)(x, mine, reduction=reduction)
    expected = getattr(torch.nn.functional, name)(y, other, reduction=reduction)
    close(found.detach(), expected.detach())
    (found * 3).sum().backward(), (expected * 3).sum().backward()
    close(x.grad, y.grad)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("settings", [{}, {"label_smoothing": 0.2}, {"ignore_index": 2}, {"label_smoothing": 0.3, "ignore_index": 0}])
@pytest.mark.parametrize("weighed", [False, True])
@pytest.mark.parametrize("loss", ["cross_entropy", "nll_loss", "CrossEntropyLoss"])
def test_settings_of_losses_of_labels(torch, kind, loss, weighed, settings, reduction):
    if loss == "nll_loss" and "label_smoothing" in settings:
        return
    x, y = both(torch, np.random.default_rng(3).normal(size=(4, 3)), grad=True)
    one, other = both(torch, [0.5, 2.0, 0.25]) if weighed else (None, None)
    call = [lambda F, nn, *given, **more: getattr(F, loss)(*given, **more), lambda F, nn, *given, **more: getattr(nn, loss)(**more)(*given)][loss[0] == "C"]
    found = call(F, ours, x, ad.tensor(LABELS, dtype="int64"), reduction=reduction, weight=one, **settings).sum()
    expected = call(torch.nn.functional, torch.nn, y, torch.tensor(LABELS), reduction=reduction, weight=other, **settings).sum()
    close(found.detach(), expected.detach())
    found.backward(), expected.backward()
    close(x.grad, y.grad)


@pytest.mark.parametrize("reduction", ["mean", "none"])
@pytest.mark.parametrize("settings", [{"weight": [0.5, 2.0, 3.0]}, {"pos_weight": [0.5, 2.0, 3.0]}, {"weight": [1.0, 2.0, 3.0], "pos_weight": [4.0, 1.0, 0.0]}])
def test_settings_of_losses_of_logits(torch, kind, settings, reduction):
    points, target = LOSSES["binary_cross_entropy_with_logits"](np.random.default_rng(3))
    (x, y), (mine, other) = both(torch, points, grad=True), both(torch, target)
    pairs = {name: both(torch, value) for name, value in settings.items()}
    found = ours.BCEWithLogitsLoss(reduction=reduction, **{name: pair[0] for name, pair in pairs.items()})(x, mine).sum()
    expected = torch.nn.BCEWithLogitsLoss(reduction=reduction, **{name: pair[1] for name, pair in pairs.items()})(y, other).sum()
    close(found.detach(), expected.detach())
    found.backward(), expected.backward()
    close(x.grad, y.grad)


@pytest.mark.parametrize("p", [0.0, 0.25, 0.8, 1.0])
def test_what_dropout_leaves(torch, p):
    x, y = both(torch, np.full(2000, 3.0))
    ad.manual_seed(0), torch.manual_seed(0)
    found, expected = ours.Dropout(p)(x), torch.nn.Dropout(p)(y)
    assert {round(value, 12) for value in found.tolist()} == {round(value, 12) for value in expected.tolist()}
    assert abs(float((found == 0).sum().item()) - float((expected == 0).sum())) < 120
    assert ours.Dropout(p).eval()(x).tolist() == torch.nn.Dropout(p).eval()(y).tolist()


# -- optimisers and starts ----------------------------------------------------------------------------------------------------

OPTIMIZERS = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.001, "momentum": 0.5, "maximize": True}),
    ("Adam", {}),
    ("Adam", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-4, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.05, "amsgrad": True}),
    ("AdamW", {"lr": 0.05}),
    ("AdamW", {"lr": 0.05, "weight_decay": 0.2, "maximize": True}),
]


@pytest.mark.parametrize(("name", "settings"), OPTIMIZERS, ids=lambda value: str(value))
def test_fifty_steps(pair, torch, kind, name, settings):
    mine, theirs = pair("perceptron")
    groups = [[{"params": net[0].parameters()}, {"params": net[2].parameters(), "lr": 0.02}] for net in (mine, theirs)]
    one, other = getattr(optim, name)(groups[0], **settings), getattr(torch.optim, name)(groups[1], **settings)
    random = np.random.default_rng(5)
    inputs, labels = random.normal(size=(20, 4)).astype(kind), random.integers(0, 3, 20)
    for step in range(50):
        if step == 25:  # a change of the step size, and gradients of 0 and of nothing
            for optimizer, net in ((one, mine), (other, theirs)):
                optimizer.param_groups[0]["lr"] *= 0.5
                net[2].bias.requires_grad_(False)
        one.zero_grad(set_to_none=step != 26), other.zero_grad(set_to_none=step != 26)
        F.cross_entropy(mine(ad.tensor(inputs)), ad.tensor(labels, dtype="int64")).backward()
        torch.nn.functional.cross_entropy(theirs(torch.tensor(inputs)), torch.tensor(labels)).backward()
        one.step(), other.step()
    for (path, found), (_, expected) in zip(mine.named_parameters(), theirs.named_parameters(), strict=True):
        close(found.detach(), expected.detach(), 1e-11), path
    state = other.state_dict()
    assert one.state_dict()["state"].keys() == state["state"].keys()
    for number, remembered in one.state_dict()["state"].items():
        assert remembered.keys() == state["state"][number].keys()
        for key, value in remembered.items():
            expected = state["state"][number][key]
            close(value if key != "step" else np.float32(value), expected, 1e-11)


@pytest.mark.parametrize("name", [*init.GAINS, "leaky_relu"])
def test_gains(torch, name):
    assert init.calculate_gain(name) == pytest.approx(torch.nn.init.calculate_gain(name), rel=1e-15)


@pytest.mark.parametrize(
    ("name", "settings"),
    [("kaiming_uniform_", {"a": math.sqrt(5)}), ("kaiming_uniform_", {"mode": "fan_out"}), ("kaiming_normal_", {"nonlinearity": "relu"}),
     ("xavier_uniform_", {"gain": 2.0}), ("xavier_normal_", {}), ("uniform_", {"a": -1.0, "b": 3.0}), ("normal_", {"mean": 2.0, "std": 0.1})],
)  # fmt: skip
def test_starts_are_spread_alike(torch, name, settings):
    torch.manual_seed(0), ad.manual_seed(0)
    found = getattr(init, name)(ad.zeros(100, 40, 5), **settings).numpy()
    expected = getattr(torch.nn.init, name)(torch.zeros(100, 40, 5, dtype=torch.float64), **settings).numpy()
    assert found.std() == pytest.approx(expected.std(), rel=0.03)
    assert found.mean() == pytest.approx(expected.mean(), abs=0.03 * expected.std())


def test_a_linear_layer_starts_as_theirs(torch):
    torch.manual_seed(0), ad.manual_seed(0)
    for (_, found), (_, expected) in zip(
        ours.Linear(50, 400).named_parameters(), torch.nn.Linear(50, 400).named_parameters(), strict=True
    ):
        assert found.detach().abs().max().item() == pytest.approx(expected.detach().abs().max().item(), rel=0.03)
        assert found.detach().std().item() == pytest.approx(expected.detach().std().item(), rel=0.1)
