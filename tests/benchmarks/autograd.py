"""What an operation on tensors costs, beside NumPy and, where it is installed, beside PyTorch.

    python tests/benchmarks/autograd.py

All are measured in turn in one run, on one thread. The house wants at most half of PyTorch's overhead for numbers without
axes, at most 1.1 times NumPy's time for a million elements, and nothing kept under no_grad.
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import numpy as np

import diffcli.autograd as ad

try:
    import torch
except ImportError:
    torch = None  # type: ignore[assignment]

ROUNDS, LENGTH, ELEMENTS = 15, 1000, 1_000_000


def product(y: Any, x: Any) -> Any:
    return y * x


def total(y: Any, x: Any) -> Any:
    return y + x


def scaled(y: Any, x: Any) -> Any:
    return y * 1.0001


def wave(y: Any, x: Any) -> Any:
    return y.sin()


CHAINS = (product, total, scaled, wave)


def chain(library: Any, step: Callable[[Any, Any], Any]) -> tuple[float, float]:
    """Microseconds an operation of a chain, forward and backward."""
    x = library.tensor(1.0001, dtype=library.float64, requires_grad=True)
    y, start = x, time.perf_counter()
    for _ in range(LENGTH):
        y = step(y, x)
    middle = time.perf_counter()
    y.backward()
    return (middle - start) / LENGTH * 1e6, (time.perf_counter() - middle) / LENGTH * 1e6


def unrecorded(library: Any, step: Callable[[Any, Any], Any]) -> float:
    """Microseconds an operation under no_grad."""
    x = library.tensor(1.0001, dtype=library.float64, requires_grad=True)
    with library.no_grad():
        y, start = x, time.perf_counter()
        for _ in range(LENGTH):
            y = step(y, x)
        return (time.perf_counter() - start) / LENGTH * 1e6


def numbers() -> None:
    print("Numbers without axes: microseconds an operation (forward, backward, under no_grad)")
    for step in CHAINS:
        ours, theirs = [], []
        for _ in range(ROUNDS):
            gc.collect()
            ours.append((*chain(ad, step), unrecorded(ad, step)))
            if torch is not None:
                theirs.append((*chain(torch, step), unrecorded(torch, step)))
        own = [median(column) for column in zip(*ours, strict=True)]
        line = f"  {step.__name__:8} diffcli {own[0]:5.2f} {own[1]:5.2f} {own[2]:5.2f}"
        if theirs:
            pairs = list(zip(ours, theirs, strict=True))
            both = median((a[0] + a[1]) / (b[0] + b[1]) for a, b in pairs)
            plain = median(a[2] / b[2] for a, b in pairs)
            other = [median(column) for column in zip(*theirs, strict=True)]
            line += f"   PyTorch {other[0]:5.2f} {other[1]:5.2f} {other[2]:5.2f}   ratio {both:.2f}, under no_grad {plain:.2f}"
        print(line)


def timed(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def gradient_by_hand(x: Any) -> Any:
    """Of the sum of (sin(x)*exp(x))^2, as one would write it."""
    wave, rise = np.sin(x), np.exp(x)
    back = 2 * wave * rise
    return back * rise * np.cos(x) + back * wave * rise


def gradient(library: Any, x: Any) -> Any:
    x.grad = None
    y = x.sin() * x.exp()
    (y * y).sum().backward()
    return x.grad


def arrays() -> None:
    print(f"Arrays of {ELEMENTS:,} elements: time as a multiple of NumPy's (plain tensor, recorded, PyTorch recorded)")
    values = np.random.default_rng(0).standard_normal(ELEMENTS)
    plain, recorded = ad.from_numpy(values), ad.tensor(values, requires_grad=True)
    other = None if torch is None else torch.tensor(values, requires_grad=True)
    cases: tuple[tuple[str, Callable[[], Any], Callable[[Any], Any]], ...] = (
        ("x*x", lambda: values * values, lambda t: t * t),
        ("x + x", lambda: values + values, lambda t: t + t),
        ("x/x", lambda: values / values, lambda t: t / t),
        ("exp", lambda: np.exp(values), lambda t: t.exp()),
        ("tanh", lambda: np.tanh(values), lambda t: t.tanh()),
        ("relu", lambda: np.maximum(values, 0), lambda t: t.relu()),
        ("sum", lambda: values.sum(), lambda t: t.sum()),
        ("gradient", lambda: gradient_by_hand(values), lambda t: gradient(None, t)),
    )
    for name, by_hand, of in cases:
        tensors = [None if name == "gradient" else plain, recorded, other]
        rows = []
        for _ in range(ROUNDS):
            base = timed(by_hand)
            rows.append([None if tensor is None else timed(partial(of, tensor)) / base for tensor in tensors])
        shown = ["    -" if column[0] is None else f"{median(column):5.2f}" for column in zip(*rows, strict=True)]
        print(f"  {name:9} {' '.join(shown)}")


def memory() -> None:
    print("Peak of a chain of ten products of a million elements, in arrays of that size")
    x = ad.tensor(np.ones(ELEMENTS), requires_grad=True)
    for name, mode in (("recorded", ad.enable_grad), ("no_grad", ad.no_grad), ("inference", ad.inference_mode)):
        gc.collect()
        tracemalloc.start()
        with mode():
            y = x
            for _ in range(10):
                y = y * x
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        del y
        print(f"  {name:9} {peak / (8 * ELEMENTS):.1f}")


if __name__ == "__main__":
    if torch is None:
        print("PyTorch is not installed here: its columns are left out.")
    else:
        torch.set_num_threads(1)
    numbers()
    arrays()
    memory()
