"""Optimisers against their closed forms, what they refuse, and the starts of parameters."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest
from console import plainly

import diffcli.autograd as ad
from diffcli import nn
from diffcli.nn import init, optim

SETTINGS = {
    "sgd": (optim.SGD, {"lr": 0.1}),
    "momentum": (optim.SGD, {"lr": 0.1, "momentum": 0.9}),
    "damped": (optim.SGD, {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.05}),
    "nesterov": (optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.05}),
    "upwards": (optim.SGD, {"lr": 0.01, "maximize": True}),
    "adam": (optim.Adam, {"lr": 0.1}),
    "adam decay": (optim.Adam, {"lr": 0.1, "betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.1}),
    "amsgrad": (optim.Adam, {"lr": 0.1, "amsgrad": True, "betas": (0.5, 0.9)}),
    "adamw": (optim.AdamW, {"lr": 0.1}),
}


def descend(name, steps, w=None, optimizer=None):
    """Steps on a quadratic whose gradient is 2*(1, 10)*(w - 1)."""
    make, settings = SETTINGS[name]
    w = nn.Parameter([4.0, -3.0]) if w is None else w
    optimizer = optimizer or make([w], **settings)
    for _ in range(steps):
        optimizer.zero_grad()
        (ad.tensor([1.0, 10.0]) * (w - 1) ** 2).sum().backward()
        optimizer.step()
    return w, optimizer


# -- closed forms -----------------------------------------------------------------------------------------------------------


def test_gradient_descent_shrinks_each_error_by_its_own_factor():
    w = nn.Parameter([4.0, -3.0])
    optimizer = optim.SGD([w], lr=0.04)
    for _ in range(25):
        optimizer.zero_grad()
        (ad.tensor([1.0, 10.0]) * (w - 1) ** 2).sum().backward()
        optimizer.step()
    factors = np.array([1 - 0.04 * 2, 1 - 0.04 * 20])
    assert w.detach().numpy() == pytest.approx(1 + factors**25 * [3.0, -4.0], rel=1e-13)


@pytest.mark.parametrize("dampening", [0.0, 0.25])
def test_momentum_of_a_constant_gradient_is_a_geometric_sum(dampening):
    w = nn.Parameter(0.0)
    optimizer = optim.SGD([w], lr=0.5, momentum=0.8, dampening=dampening)
    for _ in range(10):
        optimizer.zero_grad()
        (w * 3).backward()
        optimizer.step()
    momenta = [3 * (0.8**t + (1 - dampening) * (1 - 0.8**t) / (1 - 0.8)) for t in range(10)]
    assert w.item() == pytest.approx(-0.5 * sum(momenta), rel=1e-14)


def test_nesterov_looks_ahead():
    w = nn.Parameter(0.0)
    optimizer = optim.SGD([w], lr=0.5, momentum=0.8, nesterov=True)
    (w * 3).backward()
    optimizer.step()
    assert w.item() == pytest.approx(-0.5 * 3 * 1.8)
    optimizer.step()  # the gradient is still there
    assert w.item() == pytest.approx(-0.5 * 3 * 1.8 - 0.5 * 3 * (1 + 0.8 * 1.8))


def test_decay_of_weights_alone_is_a_power():
    w = nn.Parameter([2.0, -5.0])
    w.grad = ad.zeros(2)
    optimizer = optim.SGD([w], lr=0.1, weight_decay=0.5)
    for _ in range(7):
        optimizer.step()
    assert w.tolist() == pytest.approx([2.0 * 0.95**7, -5.0 * 0.95**7], rel=1e-14)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e6])
def test_adam_moves_by_its_step_size_along_a_constant_gradient_of_any_size(size):
    w = nn.Parameter([1.0, 1.0])
    optimizer = optim.Adam([w], lr=0.01, eps=0.0)
    w.grad = ad.tensor([size, -size])
    for _ in range(20):
        optimizer.step()
    assert w.tolist() == pytest.approx([0.8, 1.2], rel=1e-12), "m/(1 - b1^t) is g, and v/(1 - b2^t) its square, in each step"


def test_adam_is_algorithm_1():
    w, _ = descend("adam decay", 30)
    x, m, v = np.array([4.0, -3.0]), np.zeros(2), np.zeros(2)
    for t in range(1, 31):
        g = 2 * np.array([1.0, 10.0]) * (x - 1) + 0.1 * x
        m, v = 0.5 * m + 0.5 * g, 0.9 * v + 0.1 * g**2
        x = x - 0.1 * (m / (1 - 0.5**t)) / (np.sqrt(v / (1 - 0.9**t)) + 1e-3)
    assert w.detach().numpy() == pytest.approx(x, rel=1e-12)


def test_amsgrad_never_divides_by_less_than_before():
    w = nn.Parameter(0.0)
    optimizer = optim.Adam([w], lr=1.0, betas=(0.0, 0.5), eps=0.0, amsgrad=True)
    w.grad = ad.tensor(8.0)
    optimizer.step()
    w.grad = ad.tensor(1.0)
    before = w.item()
    optimizer.step()
    largest = max(0.5 * 64, 0.5 * 32 + 0.5)
    assert before - w.item() == pytest.approx(1.0 / (math.sqrt(largest) / math.sqrt(1 - 0.25)), rel=1e-14)


def test_the_decay_of_adamw_is_apart_from_its_averages():
    w = nn.Parameter(3.0)
    w.grad = ad.tensor(0.0)
    optimizer = optim.AdamW([w], lr=0.1, weight_decay=0.5)
    for _ in range(4):
        optimizer.step()
    assert w.item() == pytest.approx(3.0 * 0.95**4, rel=1e-14)


def test_maximize_goes_the_other_way():
    up, _ = descend("upwards", 1)
    assert up.tolist() == pytest.approx([4.0 + 0.01 * 6, -3.0 - 0.01 * 80], rel=1e-14)


# -- what a step is ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SETTINGS)
def test_a_step_changes_leaves_in_place_and_records_nothing(name):
    w, optimizer = descend(name, 2)
    assert w.is_leaf and w.requires_grad
    assert w._version == (4 if name == "adamw" else 2)
    assert not any(
        isinstance(value, ad.Tensor) and value.requires_grad for kept in optimizer.state.values() for value in kept.values()
    )


def test_parameters_without_a_gradient_stay_as_they_are():
    net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    net[0].requires_grad_(False)
    before = net[0].weight.tolist()
    optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=0.5)
    net(ad.ones(4, 2)).sum().backward()
    after = net[1].weight.tolist()
    optimizer.step()
    assert net[0].weight.tolist() == before
    assert net[1].weight.tolist() != after
    assert len(optimizer.state) == 2, "nothing is remembered of the frozen layer"


def test_gradients_that_are_not_finite_are_gone_after_zero_grad():
    w = nn.Parameter([1.0])
    optimizer = optim.Adam([w], lr=0.1)
    w.grad = ad.tensor([math.inf])
    optimizer.zero_grad(set_to_none=False)
    assert w.grad.tolist() == [0.0]
    optimizer.zero_grad()
    assert w.grad is None


def test_a_graph_whose_parameters_have_moved_is_refused():
    w = nn.Parameter([1.0, 2.0])
    loss = (w * w).sum()
    optimizer = optim.SGD([w], lr=0.1)
    w.grad = ad.ones(2)
    optimizer.step()
    with pytest.raises(ad.AutogradError) as caught:
        loss.backward()
    assert caught.value.diagnostics[0].code == "changed-in-place"


def test_single_precision_stays_single():
    layer = nn.Linear(2, 2, dtype="float32")
    optimizer = optim.Adam(layer.parameters())
    layer(ad.ones(1, 2, dtype="float32")).sum().backward()
    optimizer.step()
    assert {str(value.dtype) for kept in optimizer.state.values() for value in kept.values() if isinstance(value, ad.Tensor)} == {
        "float32"
    }
    assert str(layer.weight.dtype) == "float32"


def test_a_closure_computes_anew_with_gradients():
    w = nn.Parameter(2.0)
    optimizer = optim.SGD([w], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = w**2
        loss.backward()
        return loss

    with ad.no_grad():
        assert optimizer.step(closure).item() == 4.0
    assert w.item() == pytest.approx(1.6)


# -- groups and state -------------------------------------------------------------------------------------------------------


def test_groups_have_settings_of_their_own():
    a, b, c = nn.Parameter(1.0), nn.Parameter(1.0), nn.Parameter(1.0)
    optimizer = optim.SGD([{"params": [a]}, {"params": b, "lr": 0.5}], lr=0.1)
    optimizer.add_param_group({"params": [("c", c)], "lr": 0.0})
    for w in (a, b, c):
        w.grad = ad.tensor(1.0)
    optimizer.step()
    assert [a.item(), b.item(), c.item()] == [0.9, 0.5, 1.0]
    optimizer.param_groups[1]["lr"] = 1.0
    optimizer.step()
    assert b.item() == -0.5
    assert repr(optimizer).startswith("SGD (\nParameter Group 0\n    dampening: 0\n    lr: 0.1\n    maximize: False\n")


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda state: pickle.loads(pickle.dumps(state))], ids=["copy", "pickle"])
def test_going_on_from_a_state_is_going_on(name, copied):
    straight, _ = descend(name, 9)
    halfway, optimizer = descend(name, 4)
    state = copied(optimizer.state_dict())
    assert list(state) == ["state", "param_groups"]
    assert state["param_groups"][0]["params"] == [0]
    w = nn.Parameter(halfway.tolist())
    make, _ = SETTINGS[name]
    other = make([w], lr=77.0)
    other.load_state_dict(state)
    descend(name, 5, w, other)
    assert w.tolist() == straight.tolist()
    descend(name, 1, halfway, optimizer)
    assert state["param_groups"][0]["lr"] != 77.0


def test_a_loaded_state_is_a_copy():
    w, optimizer = descend("adam", 3)
    other = optim.Adam([nn.Parameter([1.0, 1.0])])
    other.load_state_dict(optimizer.state_dict())
    before = optimizer.state[w]["exp_avg"].tolist()
    other.param_groups[0]["params"][0].grad = ad.ones(2)
    other.step()
    assert optimizer.state[w]["exp_avg"].tolist() == before


W = nn.Parameter([1.0])
W2 = nn.Module()
W2.register_parameter("scale", nn.Parameter(1.0))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: optim.SGD([], lr=0.1), "an optimiser without parameters would do nothing\n  help: give it model.parameters()"),
        (lambda: optim.SGD(W, lr=0.1), "an optimiser takes parameters in a list, and was given one tensor\n  help: use [w], or model.parameters()"),
        (lambda: optim.SGD([W * 1], lr=0.1), "an optimiser changes leaves, and this tensor is computed from others: a change of it would be lost\n  help: give it what the tensor is computed from"),
        (lambda: optim.SGD([1.0], lr=0.1), "an optimiser changes tensors, and a `float` is none"),
        (lambda: optim.SGD([W2.scale, W2.scale], lr=0.1), "`scale` is there twice, and each step would change it twice"),
        (lambda: optim.SGD([{"params": [W]}, {"params": [W]}], lr=0.1), "a parameter is there twice, and each step would change it twice"),
        (lambda: optim.SGD([W], lr=-0.1), "lr is -0.1, and has to be 0 or more"),
        (lambda: optim.SGD([W], lr=math.nan), "lr is nan, and has to be 0 or more"),
        (lambda: optim.SGD([W], lr=0.1, nesterov=True), "Nesterov's step needs a momentum, and no dampening"),
        (lambda: optim.Adam([W], betas=(0.9, 1.0)), "beta2 is 1.0, and has to be 0 or more and less than 1"),
        (lambda: optim.SGD([{"params": [W], "betas": 1}]), "SGD has no setting 'betas'\n  help: its settings are lr, momentum, dampening, weight_decay, nesterov, maximize"),
        (lambda: optim.SGD([{"weights": [W]}]), "a group is a dictionary with its parameters under 'params'"),
        (lambda: optim.SGD([W]).load_state_dict(optim.SGD([W, W2.scale]).state_dict()), "the state is of groups of [2] parameters, and this optimiser has groups of [1]"),
        (lambda: init.kaiming_uniform_(W), "the fans of a weight need two axes or more, and this tensor, perhaps a bias, has 1\n  help: uniform_, normal_, zeros_ and constant_ take any shape"),
        (lambda: init.kaiming_uniform_(ad.ones(2, 2), mode="fan"), "mode is 'fan_in' or 'fan_out', not 'fan'"),
        (lambda: init.calculate_gain("softly"), "no gain is known for 'softly'\n  help: one is for linear, conv1d, sigmoid, tanh, relu, selu, leaky_relu"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said(make, text):
    with pytest.raises(ad.AutogradError) as caught:
        make()
    assert plainly(caught.value) == text


# -- starts -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fill", "bound"),
    [
        (init.kaiming_uniform_, math.sqrt(6 / 300)),
        (lambda w: init.kaiming_uniform_(w, a=math.sqrt(5)), 1 / math.sqrt(300)),
        (lambda w: init.kaiming_uniform_(w, mode="fan_out", nonlinearity="relu"), math.sqrt(6 / 200)),
        (init.xavier_uniform_, math.sqrt(6 / 500)),
        (lambda w: init.uniform_(w, -2.0, 2.0), 2.0),
    ],
)  # fmt: skip
def test_uniform_starts_fill_their_range(fill, bound):
    ad.manual_seed(0)
    w = nn.Parameter(ad.zeros(200, 300))
    assert fill(w) is w
    values = w.detach().numpy()
    assert np.abs(values).max() <= bound
    assert values.max() > 0.999 * bound and values.min() < -0.999 * bound
    assert abs(values.var() - bound**2 / 3) < 0.02 * bound**2
    assert w.is_leaf and w.requires_grad and w.grad_fn is None


@pytest.mark.parametrize(
    ("fill", "mean", "deviation"),
    [
        (init.kaiming_normal_, 0, math.sqrt(2 / 300)),
        (init.xavier_normal_, 0, math.sqrt(2 / 500)),
        (lambda w: init.normal_(w, 3.0, 0.5), 3, 0.5),
    ],
)  # fmt: skip
def test_normal_starts_have_their_deviation(fill, mean, deviation):
    ad.manual_seed(0)
    values = fill(nn.Parameter(ad.zeros(200, 300))).detach().numpy()
    assert abs(values.mean() - mean) < 0.02 * deviation
    assert abs(values.std() / deviation - 1) < 0.02
    assert np.abs(values - mean).max() > 3.5 * deviation, "it is not uniform"


def test_fixed_starts_and_generators():
    w = nn.Parameter(ad.zeros(2, 3))
    assert init.ones_(w).tolist() == [[1.0] * 3] * 2
    assert init.constant_(w, -2).tolist() == [[-2.0] * 3] * 2
    assert init.zeros_(w).tolist() == [[0.0] * 3] * 2
    assert init.eye_(w).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    first = init.normal_(w, generator=np.random.default_rng(3)).tolist()
    assert init.normal_(w, generator=np.random.default_rng(3)).tolist() == first != init.normal_(w).tolist()
    assert init.fans(ad.zeros(4, 3, 5)) == (15, 20)
