"""Modules: what is registered, under which names and in which order, and what slides print."""

from __future__ import annotations

import copy
import doctest
import importlib
import pickle

import pytest
from console import plainly

import diffcli.autograd as ad
from diffcli import nn
from diffcli.nn import functional as F


class MyLinear(nn.Module):
    """The slides'."""

    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = nn.Parameter(ad.randn(in_features, out_features))

    def forward(self, input):
        return ad.matmul(input, self.weight)


class Net2(nn.Module):
    """The slides'."""

    def __init__(self):
        super().__init__()
        self.layer0 = MyLinear(4, 3)
        self.layer1 = MyLinear(3, 1)

    def forward(self, x):
        return self.layer1(F.relu(self.layer0(x)))


@pytest.fixture
def net():
    return nn.Sequential(MyLinear(4, 3), nn.ReLU(), MyLinear(3, 1))


def printed(things):
    return "\n".join(map(str, things))


# -- the slides' printouts ----------------------------------------------------------------------------------------------


def test_children_and_modules_of_the_sequential_are_printed_as_in_the_lecture(net):
    assert printed(net.children()) == "MyLinear()\nReLU()\nMyLinear()"
    assert printed(net.modules()) == (
        "Sequential(\n  (0): MyLinear()\n  (1): ReLU()\n  (2): MyLinear()\n)\nMyLinear()\nReLU()\nMyLinear()"
    )


def test_children_modules_and_names_of_net2_are_printed_as_in_the_lecture():
    net2 = Net2()
    assert printed(net2.children()) == "MyLinear()\nMyLinear()"
    assert printed(net2.modules()) == "Net2(\n  (layer0): MyLinear()\n  (layer1): MyLinear()\n)\nMyLinear()\nMyLinear()"
    assert printed(net2.named_children()) == "('layer0', MyLinear())\n('layer1', MyLinear())"
    assert printed(net2.named_modules()) == (
        "('', Net2(\n  (layer0): MyLinear()\n  (layer1): MyLinear()\n))\n('layer0', MyLinear())\n('layer1', MyLinear())"
    )


def test_parameters_are_found_with_their_names_in_the_order_of_assignment():
    net2 = Net2()
    assert [name for name, _ in net2.named_parameters()] == ["layer0.weight", "layer1.weight"]
    assert [one.shape for one in net2.parameters()] == [(4, 3), (3, 1)]
    assert str(net2.layer1.weight).startswith("Parameter containing:\ntensor([[")
    assert net2.layer0.weight.name == "layer0.weight", "for messages"


def test_a_module_within_modules_is_indented():
    deep = nn.Sequential(nn.Sequential(nn.Linear(2, 3), nn.Tanh()), nn.Dropout(0.25))
    assert repr(deep) == (
        "Sequential(\n  (0): Sequential(\n    (0): Linear(in_features=2, out_features=3, bias=True)\n    (1): Tanh()\n  )\n"
        "  (1): Dropout(p=0.25, inplace=False)\n)"
    )


def test_ten_thousand_modules_within_each_other_are_walked_without_recursion():
    module = nn.Identity()
    for _ in range(10_000):
        module = nn.Sequential(module)
    assert sum(1 for _ in module.modules()) == 10_001
    module.eval()
    assert not any(part.training for part in module.modules())


# -- registration ---------------------------------------------------------------------------------------------------------


def test_only_parameters_and_modules_are_registered():
    class Mixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.learned = nn.Parameter(ad.ones(2))
            self.plain = ad.ones(2)
            self.listed = [nn.Linear(2, 2)]
            self.part = nn.ModuleList([nn.Linear(2, 2, bias=False)])

    assert [name for name, _ in Mixed().named_parameters()] == ["learned", "part.0.weight"]


def test_a_shared_module_comes_once_unless_asked_otherwise():
    shared = nn.Linear(2, 2)
    both = nn.Sequential(shared, shared)
    assert [name for name, _ in both.named_modules()] == ["", "0"]
    assert [name for name, _ in both.named_modules(remove_duplicate=False)] == ["", "0", "1"]
    assert [name for name, _ in both.named_parameters()] == ["0.weight", "0.bias"]
    assert [name for name, _ in both.named_parameters(remove_duplicate=False)] == ["0.weight", "0.bias", "1.weight", "1.bias"]
    assert list(both.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    memo = {shared}
    assert [name for name, _ in both.named_modules(memo=memo, prefix="net")] == ["net"]
    assert memo == {shared, both}


def test_a_name_stands_for_the_last_thing_that_is_assigned_to_it():
    module = nn.Module()
    module.part = nn.Linear(2, 2)
    module.part = nn.Parameter(ad.ones(1))
    assert [name for name, _ in module.named_parameters()] == ["part"]
    assert list(module.children()) == []
    del module.part
    assert list(module.parameters()) == []
    assert not hasattr(module, "part")


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: type("Early", (nn.Module,), {"__init__": lambda self: setattr(self, "w", nn.Parameter(1.0))})(),
            "a parameter is assigned to Early.w before the module is set up\n  help: call super().__init__() first in __init__",
        ),
        (
            lambda: setattr(nn.Linear(1, 1), "weight", ad.ones(1)),
            "Linear.weight is a parameter, and a `Tensor` is none\n  help: wrap it: nn.Parameter(...)\n  help: or take the parameter away first: del weight",
        ),
        (lambda: nn.Module().register_parameter("a.b", nn.Parameter(1.0)), "the name of a parameter is a text without dots, not 'a.b'"),
        (lambda: nn.Module().register_module("forward", nn.Identity()), "Module has an attribute 'forward' that is no module"),
        (lambda: nn.Module().register_buffer("mean", 1.0), "a buffer is a tensor or None, not a `float`"),
        (lambda: nn.Module().register_parameter("w", ad.ones(1)), "a `Tensor` is no parameter\n  help: wrap it: nn.Parameter(...)"),
        (lambda: nn.Dropout(1.5), "the probability to drop an element lies between 0 and 1, and 1.5 does not"),
        (
            lambda: nn.Linear(2, 1).load_state_dict({"weight": ad.ones(3, 1), "extra": ad.ones(1)}),
            "the state does not fit Linear\n  note: shapes differ: weight is 1 × 2, and in the state 3 × 1\n"
            "  note: missing in the state: bias\n  note: unexpected in the state: extra",
        ),
        (lambda: nn.BatchNorm1d(3)(ad.ones(2, 4)), "BatchNorm1d takes batch × 3 or batch × 3 × length, not (2, 4)"),
        (lambda: nn.Module().train("yes"), "train() takes True or False, not 'yes'"),
    ],
    ids=["early", "parameter", "dots", "taken", "buffer", "no parameter", "dropout", "state", "batch norm", "train"],
)
def test_what_cannot_be_is_said(make, text):
    with pytest.raises(ad.AutogradError) as caught:
        make()
    assert plainly(caught.value) == text


def test_a_missing_attribute_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'Linear' has no attribute 'wieght'"):
        _ = nn.Linear(1, 1).wieght


# -- modes, gradients, state ------------------------------------------------------------------------------------------------


def test_train_and_eval_reach_every_module_and_turn_no_gradient_off(net):
    assert net.training
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    assert net(ad.ones(4)).requires_grad
    net.train()
    assert all(module.training for module in net.modules())


def test_a_frozen_layer_gets_no_gradient_and_the_others_get_theirs():
    ad.manual_seed(0)
    net2, x = Net2(), ad.ones(5, 4)
    net2(x).sum().backward()
    whole = net2.layer0.weight.grad.tolist()
    net2.zero_grad()
    net2.layer1.requires_grad_(False)
    net2(x).sum().backward()
    assert net2.layer1.weight.grad is None
    assert net2.layer0.weight.grad.tolist() == whole


def test_zero_grad_forgets_or_zeroes(net):
    net(ad.ones(4)).backward()
    net.zero_grad(set_to_none=False)
    assert [bool((one.grad == 0).all()) for one in net.parameters()] == [True, True]
    net.zero_grad()
    assert [one.grad for one in net.parameters()] == [None, None]


def test_a_state_goes_round():
    ad.manual_seed(1)
    one, other = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)), nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    one(ad.randn(8, 2))
    state = one.state_dict()
    assert list(state) == ["0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked"]
    assert other.load_state_dict(state) == ([], [])
    assert {path: value.tolist() for path, value in other.state_dict().items()} == {path: value.tolist() for path, value in state.items()}
    assert one.state_dict()["0.weight"].tolist() == state["0.weight"].tolist()
    assert not any(value.requires_grad for value in state.values())
    del state["0.bias"]
    assert other.load_state_dict(state, strict=False) == (["0.bias"], [])


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))], ids=["copy", "pickle"])
def test_a_copy_is_whole_and_apart(copied):
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)).eval()
    other = copied(net)
    with ad.no_grad():
        net[0].weight.zero_()
    assert other[0].weight.abs().sum().item() > 0
    assert other[0].weight.name == "0.weight"
    assert other[0].weight.requires_grad
    assert not other[1].training
    assert list(other.state_dict()) == list(net.state_dict())


def test_parameters_are_made_under_no_grad_too():
    with ad.no_grad():
        layer = nn.Linear(2, 2)
    assert all(one.requires_grad for one in layer.parameters())


def test_another_kind_of_number_reaches_parameters_and_buffers():
    norm = nn.BatchNorm1d(3).float()
    assert {name: str(value.dtype) for name, value in norm.state_dict().items()} == {
        "weight": "float32", "bias": "float32", "running_mean": "float32", "running_var": "float32", "num_batches_tracked": "int64",
    }  # fmt: skip
    assert norm(ad.randn(4, 3, dtype="float32")).dtype == ad.float32


def test_linear_starts_between_the_bounds_of_he():
    ad.manual_seed(0)
    layer = nn.Linear(100, 400)
    for one in layer.parameters():
        spread = one.detach().abs().max().item()
        assert 0.09 < spread <= 0.1, "1/sqrt(100), nearly reached"


def test_hooks_see_and_change():
    layer, seen = nn.Linear(2, 1), []
    before = layer.register_forward_pre_hook(lambda module, arguments: seen.append(len(arguments)))
    after = layer.register_forward_hook(lambda module, arguments, result: result * 0.0)
    assert layer(ad.ones(2)).tolist() == [0.0]
    after.remove()
    before.remove()
    assert layer(ad.ones(2)).tolist() != [0.0]
    assert seen == [1]


def test_apply_reaches_children_first():
    order = []
    nn.Sequential(nn.Sequential(nn.Identity()), nn.ReLU()).apply(lambda module: order.append(type(module).__name__))
    assert order == ["Identity", "Sequential", "ReLU", "Sequential"]


# -- containers and layers ------------------------------------------------------------------------------------------------


def test_containers_are_what_they_hold():
    net = nn.Sequential({"first": nn.Linear(2, 2), "last": nn.ReLU()})
    assert [name for name, _ in net.named_children()] == ["first", "last"]
    assert [name for name, _ in net[:1].named_children()] == ["first"]
    assert net[-1] is net.last
    row = nn.ModuleList([nn.ReLU()])
    row.append(nn.Tanh()).extend([nn.Sigmoid()])
    row.insert(1, nn.Identity())
    del row[0]
    assert [type(module).__name__ for module in row] == ["Identity", "Tanh", "Sigmoid"]
    named = nn.ModuleDict({"a": nn.ReLU()})
    named["b"] = nn.Tanh()
    assert list(named) == ["a", "b"]
    assert type(named.pop("a")).__name__ == "ReLU"
    weights = nn.ParameterList([ad.ones(2), nn.Parameter(ad.zeros(2, 3))])
    assert repr(weights) == "ParameterList(\n  (0): Parameter of 2 elements, float64\n  (1): Parameter of 2 × 3, float64\n)"
    assert [name for name, _ in nn.ParameterDict({"w": ad.ones(1)}).named_parameters()] == ["w"]
    with pytest.raises(IndexError, match="there is no module 3 in ModuleList, which has 3"):
        row[3]


def test_every_activation_is_its_function():
    from inside import ACTIVATIONS

    x = ad.linspace(-3.0, 3.0, 13)
    for name, spelled in ACTIVATIONS.items():
        assert getattr(nn, name)()(x).tolist() == getattr(ad, spelled)(x).tolist(), name
    assert repr(nn.LeakyReLU(0.2)) == "LeakyReLU(negative_slope=0.2)"
    assert nn.LeakyReLU(0.2)(ad.tensor(-1.0)).item() == -0.2
    assert repr(nn.Softmax(dim=0)) == "Softmax(dim=0)"


def test_flatten_keeps_the_batch():
    assert nn.Flatten()(ad.zeros(2, 3, 4)).shape == (2, 12)


def test_dropout_keeps_the_mean_and_does_nothing_in_evaluation():
    ad.manual_seed(0)
    drop, x = nn.Dropout(0.25), ad.ones(100_000)
    y = drop(x)
    assert set(y.tolist()) == {0.0, 1 / 0.75}
    assert abs(y.mean().item() - 1) < 0.01
    assert drop.eval()(x) is x or drop(x).tolist() == x.tolist()


def test_batch_norm_in_both_modes():
    ad.manual_seed(0)
    norm, x = nn.BatchNorm1d(3), ad.randn(50, 3) * 2.0 + 5.0
    y = norm(x)
    assert (y.mean(0).abs() < 1e-12).all()
    assert ((y.var(0, unbiased=False) - 1).abs() < 1e-5).all()
    expected = (x.mean(0) * 0.1).tolist()
    assert norm.running_mean.tolist() == pytest.approx(expected, rel=1e-14)
    assert norm.running_var.tolist() == pytest.approx((0.9 + 0.1 * x.var(0)).tolist(), rel=1e-14)
    assert norm.num_batches_tracked.item() == 1
    norm.eval()
    z = norm(x[:1])
    assert z.tolist()[0] == pytest.approx(((x[0] - norm.running_mean) / (norm.running_var + 1e-5).sqrt()).tolist(), rel=1e-14)
    assert norm.num_batches_tracked.item() == 1


@pytest.mark.parametrize("name", ["", ".module", ".containers", ".layers", ".parameter"])
def test_examples_of_docstrings_run(name):
    result = doctest.testmod(importlib.import_module(f"diffcli.nn{name}"))
    assert result.failed == 0
    assert result.attempted > 0
