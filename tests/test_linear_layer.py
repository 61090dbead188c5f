"""The linear layer: its gradients are two products and never meet a Jacobian; and the slides' network made of two of them."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import diffcli

LAYER = "Y = X @ W; sum(Y*G)"
EXAMPLES = Path(__file__).parents[1] / "examples"


def layer_point(batch, inputs, outputs):
    numbers = np.random.default_rng(0)
    shapes = {"X": (batch, inputs), "W": (inputs, outputs), "G": (batch, outputs)}
    return {name: numbers.standard_normal(shape) for name, shape in shapes.items()}


@pytest.mark.parametrize("sizes", [(64, 512, 512), (1, 1, 1), (3, 5, 2)], ids=str)
def test_the_gradients_are_the_lectures_products_to_the_last_bit(sizes):
    at = layer_point(*sizes)
    gradient = diffcli.grad(LAYER, at).gradient
    assert np.abs(gradient["X"] - at["G"] @ at["W"].T).max() == 0.0
    assert np.abs(gradient["W"] - at["X"].T @ at["G"]).max() == 0.0
    assert np.abs(gradient["G"] - at["X"] @ at["W"]).max() == 0.0


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_they_are_what_the_jacobians_give(mode):
    at = layer_point(3, 4, 2)
    gradient = diffcli.grad(LAYER, at).gradient
    of = diffcli.jacobian("X @ W", {"X": at["X"], "W": at["W"]}, mode=mode).jacobian["f"]
    for name in ("X", "W"):
        assert of[name].shape == (3, 2, *at[name].shape)
        assert np.allclose(np.tensordot(at["G"], of[name], axes=2), gradient[name], rtol=1e-14, atol=1e-14)
    # dY[i, j]/dX[k, l] = W[l, j] where i = k, else 0: all but one of B parts of the Jacobian are zeros
    assert np.array_equal(of["X"], np.einsum("ik,lj->ijkl", np.eye(3), at["W"]))
    assert np.array_equal(of["W"], np.einsum("il,jk->ijlk", at["X"], np.eye(2)))


def test_no_jacobian_is_ever_in_memory():
    at = layer_point(64, 512, 512)
    arrays = sum(value.nbytes for value in at.values())
    tracemalloc.start()
    try:
        diffcli.grad(LAYER, at)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    jacobian = 8 * (64 * 512) ** 2
    assert peak < 7 * arrays < jacobian / 400, f"{peak / arrays:.2f} times the arrays"


# -- the slides' network -------------------------------------------------------------------------------------------------------

FIRST = json.loads((EXAMPLES / "relu_net.json").read_text(encoding="utf-8"))
SECOND = {
    "x": [-0.3019, 0.3072, -0.9097, -2.0537],
    "W0": [[-1.9223, -0.5765, -0.3053], [1.1695, -0.1050, 1.2679], [1.0916, 0.5429, -0.6907], [-1.3432, 0.0669, 1.4241]],
    "W1": [[0.5816], [0.5796], [2.0542]],
}
PRINTED = (
    (FIRST, -5.8328, {
        "x": [-2.3221, -1.4479, 6.6540, -0.2343],
        "W0": [[0, 0.1879, -1.8195], [0, 0.0877, -0.8488], [0, -0.0844, 0.8174], [0, -0.0209, 0.2027]],
        "W1": [[0], [0.2575], [3.1636]],
    }),
    (SECOND, 1.5735, {
        "x": [-1.1181, 0.6803, 0.6349, -0.7813],
        "W0": [[-0.1756, 0, 0], [0.1787, 0, 0], [-0.5291, 0, 0], [-1.1945, 0, 0]],
    }),
)  # fmt: skip
"""What slides print: the weights too are printed with four decimals, so the last of them may differ."""


@pytest.mark.parametrize(("at", "value", "gradients"), PRINTED, ids=["first", "second"])
@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_the_lectures_network_has_the_gradients_that_it_prints(at, value, gradients, mode):
    program = (EXAMPLES / "relu_net.dc").read_text(encoding="utf-8")
    found = diffcli.grad(program, at, mode=mode, wrt=[*gradients])
    assert abs(found.value - value) < 3e-4
    for name, printed in gradients.items():
        assert np.abs(found.gradient[name] - np.array(printed)).max() < 4e-4
        zeros = np.array(printed) == 0
        assert np.array_equal(found.gradient[name][zeros], np.zeros(zeros.sum()))  # what does not pass relu is 0, not nearly


# -- long programs ---------------------------------------------------------------------------------------------------------------

STEPS = 15_000
SLOPE = 0.999


def chain(x):
    for _ in range(STEPS):
        x = SLOPE * x + 0.001
    return (x * x).sum()


@pytest.mark.slow
def test_an_array_program_of_thirty_thousand_rows():
    text = "\n".join(["y0 = x", *(f"y{n + 1} = {SLOPE}*y{n} + 0.001" for n in range(STEPS)), f"sum(y{STEPS}*y{STEPS})"])
    at = {"x": [1.0, 2.0, -1.0]}
    for target in (text, chain):
        found = diffcli.grad(target, at)
        last = SLOPE**STEPS
        end = 1 + last * (np.array(at["x"]) - 1)
        assert np.allclose(found.gradient["x"], 2 * end * last, rtol=1e-9)
        assert found.value == pytest.approx((end * end).sum(), rel=1e-9)
        assert diffcli.evaluate(target, at) == found.value


def test_an_array_program_thirty_thousand_deep():
    found = diffcli.grad("sum(" + "-(" * 30_000 + "x" + ")" * 30_001, {"x": [1.0, 2.0]})
    assert (found.value, found.gradient["x"].tolist()) == (3.0, [1.0, 1.0])
