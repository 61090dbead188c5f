"""What the Jacobian of a Python function of some sixty operations on arrays costs, beside PyTorch.

    python tests/benchmarks/jacobian.py

Both start from the function; in turn in one run, on one thread; the best of
many short rounds counts. The house wants at most twice the time of the faster of PyTorch's two ways.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

import diffcli

try:
    import torch
except ImportError:
    torch = None  # type: ignore[assignment]

ROUNDS, CALLS = 30, 5
RANDOM = np.random.default_rng(0)

FEATURE = RANDOM.standard_normal(2)


def projected(library: Any, camera: Any, point: Any, weight: Any) -> list[Any]:
    """The errors of a point that a camera sees, as in the bundle adjustment of ADBench (Šrajer, Kukelova & Fitzgibbon 2018)."""
    rotation, centre, principal, focal, distortion = camera[0:3], camera[3:6], camera[6:8], camera[8], camera[9:11]
    squared = (rotation * rotation).sum()
    angle = squared**0.5
    axis = rotation / angle
    moved = point - centre
    crossed = cross(library, axis, moved)
    rotated = moved * library.cos(angle) + crossed * library.sin(angle) + axis * ((axis @ moved) * (1 - library.cos(angle)))
    flat = rotated[0:2] / rotated[2]
    radius = (flat * flat).sum()
    scale = 1 + distortion[0] * radius + distortion[1] * radius * radius
    seen = flat * scale * focal + principal
    feature = FEATURE if library is np else torch.as_tensor(FEATURE)
    error = (seen - feature) * weight
    return [error, 1 - weight * weight]


def cross(library: Any, a: Any, b: Any) -> Any:
    return library.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def iterated(library: Any, x: Any, y: Any) -> Any:
    """Fifteen steps of four operations."""
    for _ in range(15):
        x = library.tanh(x * 0.9 + y) * y
    return x


def layered(library: Any, x: Any, w: Any) -> list[Any]:
    """Products of matrices, sums, and several results."""
    results = []
    for _ in range(10):
        x = library.tanh(w @ x + 0.1) * 0.5 + x
        results.append((x * x).sum())
    return [x, library.stack(results)]


def waves(library: Any, x: Any, y: Any) -> list[Any]:
    """Elementwise operations that are not all of one kind."""
    for _ in range(6):
        x, y = library.sin(x) * y + library.exp(-(y * y)), library.cos(y) * x - library.log(1 + x * x)
    return [x, y]


def numbers(*shape: int) -> Any:
    return RANDOM.standard_normal(shape) / max(shape) ** 0.5


CASES: tuple[tuple[str, Callable[..., Any], dict[str, Any]], ...] = (
    ("bundle adjustment", projected, {"camera": numbers(11), "point": numbers(3), "weight": np.array([0.7])}),
    *((f"iterated {n}", iterated, {"x": numbers(n), "y": numbers(n)}) for n in (3, 8, 20)),
    *((f"layered {n}", layered, {"x": numbers(n), "w": numbers(n, n)}) for n in (3, 8, 20)),
    *((f"waves {n}", waves, {"x": numbers(n), "y": numbers(n)}) for n in (3, 8, 20)),
)


def ours(function: Callable[..., Any], at: dict[str, Any]) -> Callable[[], Any]:
    names = ", ".join(at)
    space = {"function": function, "library": np}
    recorded = eval(f"lambda {names}: function(library, {names})", space)
    return lambda: diffcli.jacobian(recorded, at)


def theirs(function: Callable[..., Any], at: dict[str, Any]) -> list[Callable[[], Any]]:
    given = tuple(torch.tensor(value) for value in at.values())

    def whole(*inputs: Any) -> Any:
        found = function(torch, *inputs)
        return tuple(found) if isinstance(found, list) else found

    every = tuple(range(len(given)))
    return [
        lambda: torch.func.jacrev(whole, every)(*given),
        lambda: torch.autograd.functional.jacobian(whole, given),
    ]


def best(functions: list[Callable[[], Any]]) -> list[float]:
    """Microseconds of CPU time a call of each, in turn."""
    found = [float("inf")] * len(functions)
    for _ in range(ROUNDS):
        for place, function in enumerate(functions):
            function()
            start = time.process_time()
            for _ in range(CALLS):
                function()
            found[place] = min(found[place], (time.process_time() - start) / CALLS * 1e6)
    return found


def main() -> None:
    print("Microseconds a Jacobian, and as a multiple of PyTorch's (torch.func.jacrev, torch.autograd.functional.jacobian)")
    for name, function, at in CASES:
        own, *others = best([ours(function, at), *(theirs(function, at) if torch is not None else [])])
        line = f"  {name:18}{own:8.0f}"
        if others:
            line += f"   PyTorch {others[0]:8.0f}{others[1]:8.0f}   ratio {own / min(others):5.2f}"
        print(line)


if __name__ == "__main__":
    if torch is not None:
        torch.set_num_threads(1)
    main()
