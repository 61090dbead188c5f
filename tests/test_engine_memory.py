"""What the engine does with memory: changes in place where nothing is recorded, gradients that nobody else holds, plans that are kept."""

from __future__ import annotations

import threading
import warnings

import mpmath
import numpy as np
import pytest
from inside import NUMPY

import diffcli.autograd as ad
from diffcli import nn
from diffcli.errors import AutogradError

KINDS = ("float64", "float32")


def values(*shape, kind="float64", seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(kind)


# -- changes in place ------------------------------------------------------------------------------------------------------

CHANGES = {
    "add_": np.add, "sub_": np.subtract, "mul_": np.multiply, "div_": np.divide, "maximum_": np.maximum, "hypot_": np.hypot,
    "atan2_": np.arctan2,
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(3, 4), (4,), (1, 4), ()])
@pytest.mark.parametrize("name", [name for name in CHANGES if hasattr(ad.Tensor, name)])
def test_what_nobody_records_is_computed_where_it_stands(name, shape, kind):
    x, other = ad.tensor(values(3, 4, kind=kind)), values(*shape, kind=kind, seed=1)
    memory, version, expected = x.numpy(), x._version, CHANGES[name](x.numpy(), other)
    getattr(x, name)(ad.tensor(other) if shape else float(other))
    assert x.numpy() is memory and x._version == version + 1 and x.dtype == np.dtype(kind)
    np.testing.assert_array_equal(memory, expected.astype(kind))


def test_an_update_of_a_parameter_makes_no_copy_of_it():
    w = ad.tensor(values(50, 40), requires_grad=True)
    (w * w).sum().backward()
    memory, before = w.detach().numpy(), w.detach().numpy().copy()
    with ad.no_grad():
        w -= 0.5 * w.grad
    assert w.detach().numpy() is memory
    np.testing.assert_array_equal(memory, before - 0.5 * (2 * before))


@pytest.mark.parametrize(
    ("change", "by_hand"),
    [
        (lambda x: x[1:].sub_(x[:-1]), lambda a: np.concatenate([a[:1], a[1:] - a[:-1]])),
        (lambda x: x.mul_(x), lambda a: a * a),
        (lambda x: x.div_(x), lambda a: np.where(a == 0, np.nan, 1.0)),
        (lambda x: x.div_(ad.tensor([1.0, 0.0, 2.0, -0.0])), lambda a: np.array([a[0], np.nan, a[2] / 2, np.nan])),
        (lambda x: x.pow_(2.0), lambda a: a * a),
        (lambda x: x.pow_(-1.0), lambda a: np.where(a == 0, np.nan, np.power(np.where(a == 0, 1.0, a), -1.0))),
    ],
)
@pytest.mark.parametrize("at", [[1.0, -2.0, 3.0, 0.5], [0.0, 2.0, 0.0, -1.0]])
def test_operands_that_share_the_memory_and_divisions_by_zero(change, by_hand, at):
    x = ad.tensor(at)
    change(x)
    np.testing.assert_array_equal(x.numpy(), by_hand(np.array(at)))


def test_whole_texts_of_changes_that_cannot_be_made(golden):
    def told(change, *tensors):
        with pytest.raises(AutogradError) as fault:
            change(*tensors)
        return str(fault.value)

    frozen = ad.tensor([[1.0, 2.0]]).expand(3, 2)
    w = ad.tensor([1.0, 2.0], requires_grad=True)
    y = w * w
    with ad.no_grad():
        w += 1.0
    texts = [
        told(lambda x: x.add_(1.0), frozen),
        told(lambda x: x.add_(ad.tensor([[1.0], [2.0]])), ad.tensor([1.0, 2.0])),
        told(lambda x: x.add_(ad.tensor([1.0, 2.0, 3.0])), ad.tensor([1.0, 2.0])),
        told(lambda x: x.add_(0.5), ad.tensor([1, 2], dtype="int64")),
        told(lambda one: one.sum().backward(), y),
        told(lambda x: x.add_(1.0), ad.tensor([1.0, 2.0], requires_grad=True)),
    ]
    golden("engine/in_place.txt", "\n\n".join(texts) + "\n")


# -- gradients -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_of_a_matrix_that_was_transposed_stands_in_rows_of_its_own(kind):
    x, w = ad.tensor(values(5, 3, kind=kind)), ad.tensor(values(4, 3, kind=kind, seed=1), requires_grad=True)
    g = values(5, 4, kind=kind, seed=2)
    (x @ w.T).backward(ad.tensor(g))
    found = w.grad.numpy()
    assert found.flags.c_contiguous and found.flags.writeable and found.dtype == np.dtype(kind)
    np.testing.assert_allclose(found, g.T @ x.numpy(), rtol=1e-5 if kind == "float32" else 1e-14)


def test_a_gradient_that_a_hook_has_kept_is_not_that_of_the_leaf():
    x, w = ad.tensor(values(5, 3)), ad.tensor(values(4, 3, seed=1), requires_grad=True)
    kept = []
    turned = w.T
    turned.register_hook(kept.append)
    (x @ turned).sum().backward()
    expected = w.grad.numpy().copy()
    w.grad.mul_(0.0)
    np.testing.assert_array_equal(kept[0].numpy(), expected.T)


def test_gradients_that_one_pass_gives_to_two_leaves_are_two():
    a, b = (ad.tensor(values(3, 2, seed=seed), requires_grad=True) for seed in (0, 1))
    (a + b).sum().backward()
    a.grad.mul_(2.0)
    np.testing.assert_array_equal(b.grad.numpy(), np.ones((3, 2)))
    (a.T.reshape(-1)[:2].sum() + b.sum()).backward()  # a part of larger memory
    np.testing.assert_array_equal(a.grad.numpy(), [[3, 2], [3, 2], [2, 2]])
    np.testing.assert_array_equal(b.grad.numpy(), np.full((3, 2), 2.0))


def test_a_gradient_holds_no_more_memory_than_its_own():
    a, b = (ad.tensor(values(3, seed=seed), requires_grad=True) for seed in (0, 1))
    (ad.concat([a, b * 1.0]) * 2.0).sum().backward()
    held = a.grad.numpy().base
    assert held is None or held.size == 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
def test_a_training_step_is_the_one_by_hand(activation, kind):
    x, y = values(6, 3, kind=kind), values(6, 2, kind=kind, seed=1)
    layers = [nn.Linear(3, 5), nn.Linear(5, 2)]
    model = nn.Sequential(layers[0], {"tanh": nn.Tanh, "relu": nn.ReLU, "sigmoid": nn.Sigmoid}[activation](), layers[1]).to(kind)
    (w, b), (v, c) = ([one.detach().numpy().astype("float64") for one in layer.parameters()] for layer in layers)
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    nn.functional.mse_loss(model(ad.tensor(x)), ad.tensor(y)).backward()
    optimizer.step()
    a = x @ w.T + b
    h, slope = {
        "tanh": (np.tanh(a), 1 / np.cosh(a) ** 2),
        "relu": (np.maximum(a, 0), (a > 0) * 1.0),
        "sigmoid": (1 / (1 + np.exp(-a)), np.exp(-a) / (1 + np.exp(-a)) ** 2),
    }[activation]
    r = (h @ v.T + c - y) * (2 / y.size)
    back = r @ v * slope
    expected = [w - 0.1 * back.T @ x, b - 0.1 * back.sum(0), v - 0.1 * r.T @ h, c - 0.1 * r.sum(0)]
    for one, other in zip(model.parameters(), expected, strict=True):
        np.testing.assert_allclose(one.detach().numpy(), other, rtol=1e-12 if kind == "float64" else 1e-5, atol=1e-6)


# -- what is kept of an operation --------------------------------------------------------------------------------------------


def test_an_operation_met_again_has_what_is_fixed_in_it_now():
    x = ad.tensor(values(2, 3), requires_grad=True)
    a = x.detach().numpy()
    for _ in range(2):
        for fixed in ({"dim": 0}, {"dim": 1}, {"dim": -1}, {"dim": (0, 1)}, {"dim": 1, "keepdim": True}, {}):
            x.grad = None
            found = x.sum(**fixed)
            expected = a.sum(axis=fixed.get("dim"), keepdims=fixed.get("keepdim", False))
            np.testing.assert_allclose(found.detach().numpy(), expected)
            (found * found).sum().backward()
            whole = a.sum(axis=fixed.get("dim"), keepdims=True)
            np.testing.assert_allclose(x.grad.numpy(), np.broadcast_to(2 * whole, a.shape))


@pytest.mark.parametrize("dim", [1.0, True, 2])
def test_what_cannot_be_fixed_is_refused_after_what_can(dim):
    x = ad.tensor(values(2, 3))
    assert x.sum(dim=1).shape == (2,)
    with pytest.raises(AutogradError, match=r"axis|whole number"):
        x.sum(dim=dim)
    assert x.reshape(3, 2).shape == (3, 2)
    with pytest.raises(AutogradError):
        x.reshape(4, 2)


def test_an_operation_on_a_hundred_operands():
    parts = [ad.tensor([float(k)], requires_grad=True) for k in range(100)]
    ad.concat(parts).mul(2.0).sum().backward()
    assert all(part.grad.item() == 2.0 for part in parts)


# -- no warnings ------------------------------------------------------------------------------------------------------------


def test_nothing_warns_in_any_thread_and_numpy_warns_as_before():
    state, told = np.geterr(), []

    def run():
        with warnings.catch_warnings(record=True) as met:
            warnings.simplefilter("always")
            x = ad.tensor([1e308, 0.0, -1.0, np.inf], requires_grad=True)
            for _ in range(20):
                (x * 10.0 + x.log() - x * x).sum().backward()
                _ = x / ad.tensor([0.0, 0.0, 0.0, np.inf]), x @ x
        told.extend(met)

    run()
    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [] and np.geterr() == state
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        np.divide(np.array([1.0]), 0.0)


def test_a_function_that_does_not_warn_may_call_others():
    quietly = NUMPY.numbers.quietly
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = quietly(lambda a: quietly(np.log, a) - quietly(lambda b: 1 / b, a), np.zeros(2))
    assert np.all(found == -np.inf)


def test_the_hyperbolic_secant_has_its_digits_everywhere():
    random = np.random.default_rng(5)
    at = np.concatenate([random.uniform(-1, 1, 200), random.uniform(-25, 25, 200), random.uniform(-700, 700, 200)])
    with mpmath.workdps(40):
        exact = np.array([float(mpmath.sech(mpmath.mpf(float(one)))) for one in at])
    assert np.all(np.abs(NUMPY.value("sech")(at) - exact) <= 3 * np.spacing(exact))
    edges = NUMPY.value("sech")(np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 800.0]))
    np.testing.assert_array_equal(edges, [1, 1, 0, 0, np.nan, 0])
