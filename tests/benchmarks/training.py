"""What a training step costs: a perceptron with two hidden layers, its loss, the gradients, and the update of the weights.

    python tests/benchmarks/training.py

All libraries run the same arithmetic in turn in one run, on one thread; the best of many short rounds counts. The house wants at
most the time of HIPS autograd, and at most 1.5 times PyTorch's in double precision, at every size.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import diffcli.autograd as ad
from diffcli import nn

try:
    import torch
except ImportError:
    torch = None  # type: ignore[assignment]
sys.path.pop(0)  # a file of this folder has the name of HIPS autograd
try:
    import autograd as hips
    import autograd.numpy as hips_numpy
except ImportError:
    hips = None

ROUNDS, STEPS, INPUTS, OUTPUTS, RATE = 30, 8, 32, 8, 1e-3
SIZES = ((32, 64), (64, 64), (32, 128), (64, 256), (32, 512), (64, 512))
KINDS = ("float64", "float32")

Step = Callable[[], Any]


def data(kind: str, batch: int, hidden: int) -> tuple[Any, Any, list[Any]]:
    """Inputs, targets, and weights with biases."""
    source = np.random.default_rng(0)
    widths = (INPUTS, hidden, hidden, OUTPUTS)
    weights = [
        part
        for before, after in itertools.pairwise(widths)
        for part in (source.standard_normal((before, after)) / before**0.5, np.zeros(after))
    ]
    x, y = source.standard_normal((batch, INPUTS)), source.standard_normal((batch, OUTPUTS))
    return x.astype(kind), y.astype(kind), [one.astype(kind) for one in weights]


def by_hand(library: Any, kind: str, batch: int, hidden: int) -> Step:
    """Operators on tensors, and the update as one writes it."""
    x, y, *weights = map(library.tensor, (lambda x, y, weights: (x, y, *weights))(*data(kind, batch, hidden)))
    for one in weights:
        one.requires_grad_()

    def step() -> Any:
        a, b, c, d, e, f = weights
        loss = ((((x @ a + b).tanh() @ c + d).tanh() @ e + f - y) ** 2).mean()
        loss.backward()
        with library.no_grad():
            for one in weights:
                one -= RATE * one.grad
                one.grad = None
        return loss

    return step


def with_modules(library: Any, modules: Any, kind: str, batch: int, hidden: int) -> Step:
    """Layers, a loss, and an optimiser."""
    x, y = map(library.tensor, data(kind, batch, hidden)[:2])
    widths = (INPUTS, hidden, hidden, OUTPUTS)
    layers = [modules.Linear(before, after) for before, after in itertools.pairwise(widths)]
    model = modules.Sequential(layers[0], modules.Tanh(), layers[1], modules.Tanh(), layers[2]).to(getattr(library, kind))
    optimizer, measure = modules_sgd(library, modules)(model.parameters(), lr=RATE), modules.MSELoss()

    def step() -> Any:
        optimizer.zero_grad()
        loss = measure(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def modules_sgd(library: Any, modules: Any) -> Any:
    return library.optim.SGD if library is torch else modules.optim.SGD


def of_hips(kind: str, batch: int, hidden: int) -> Step:
    x, y, weights = data(kind, batch, hidden)

    def loss(weights: Any) -> Any:
        a, b, c, d, e, f = weights
        tanh, dot = hips_numpy.tanh, hips_numpy.dot
        return hips_numpy.mean((dot(tanh(dot(tanh(dot(x, a) + b), c) + d), e) + f - y) ** 2)

    both = hips.value_and_grad(loss)

    def step() -> Any:
        value, found = both(weights)
        for one, slope in zip(weights, found, strict=True):
            one -= RATE * slope
        return value

    return step


def best(steps: dict[str, Step]) -> dict[str, float]:
    """Microseconds of CPU time a step of each, in turn."""
    found = dict.fromkeys(steps, float("inf"))
    for _ in range(ROUNDS):
        for name, step in steps.items():
            step()
            start = time.process_time()
            for _ in range(STEPS):
                step()
            found[name] = min(found[name], (time.process_time() - start) / STEPS * 1e6)
    return found


def main() -> None:
    print("Microseconds a training step, and as a multiple of HIPS autograd's and of PyTorch's (operators, modules)")
    for kind in KINDS:
        for batch, hidden in SIZES:
            steps = {"operators": by_hand(ad, kind, batch, hidden), "modules": with_modules(ad, nn, kind, batch, hidden)}
            if hips is not None:
                steps["hips"] = of_hips(kind, batch, hidden)
            if torch is not None:
                steps["torch"] = by_hand(torch, kind, batch, hidden)
                steps["torch modules"] = with_modules(torch, torch.nn, kind, batch, hidden)
            found = best(steps)
            own, other = found["operators"], found["modules"]
            line = f"  {kind} batch {batch:2} hidden {hidden:3}: {own:6.0f} {other:6.0f}"
            if hips is not None:
                line += f"   HIPS {found['hips']:6.0f}: {own / found['hips']:.2f} {other / found['hips']:.2f}"
            if torch is not None:
                theirs, modules = found["torch"], found["torch modules"]
                line += f"   PyTorch {theirs:6.0f} {modules:6.0f}: {own / theirs:.2f} {other / modules:.2f}"
            print(line)


if __name__ == "__main__":
    if torch is not None:
        torch.set_num_threads(1)
    main()
