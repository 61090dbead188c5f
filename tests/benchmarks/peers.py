"""The same gradient by diffcli, PyTorch, JAX and SymPy, by turns in one run: what docs/comparison.md says of speed.

    python tests/benchmarks/peers.py

Needs ``pip install -e '.[frameworks]'``. Each number is the median of the rounds; the ratio is to diffcli in the same run.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import sympy
import torch

import diffcli

jax.config.update("jax_enable_x64", True)
TEXT = "log(x1) + x1*x2 - sin(x2)"
ELEMENTWISE = "sum(sin(x)*exp(-x^2)/(1 + x^2))"
PROCESSES = {
    "diffcli": "from diffcli.__main__ import run; import sys; sys.argv = ['diffcli', 'grad', 'log(x1) + x1*x2 - sin(x2)', '--at', 'x1=2,x2=5', '-q']; run()",
    "PyTorch": "import torch; x, y = (torch.tensor(v, requires_grad=True) for v in (2.0, 5.0)); (x.log() + x*y - y.sin()).backward(); print(x.grad, y.grad)",
    "JAX": "import jax, jax.numpy as j; print(jax.grad(lambda x, y: j.log(x) + x*y - j.sin(y), (0, 1))(2.0, 5.0))",
    "SymPy": "import sympy; x, y = sympy.symbols('x y'); f = sympy.log(x) + x*y - sympy.sin(y); print([f.diff(v).evalf(subs={x: 2, y: 5}) for v in (x, y)])",
}


def scalar() -> dict[str, Callable[[], object]]:
    """A gradient by two numbers, on what was made ready once."""
    program = diffcli.parse(TEXT)
    compiled = jax.jit(jax.value_and_grad(lambda x, y: jnp.log(x) + x * y - jnp.sin(y), (0, 1)))
    x, y = sympy.symbols("x y")
    f = sympy.log(x) + x * y - sympy.sin(y)
    lambdified = sympy.lambdify((x, y), [f, f.diff(x), f.diff(y)], "math", cse=True)

    def by_torch() -> object:
        a, b = torch.tensor(2.0, requires_grad=True, dtype=torch.float64), torch.tensor(5.0, requires_grad=True, dtype=torch.float64)
        (a.log() + a * b - b.sin()).backward()
        return a.grad, b.grad

    return {
        "diffcli": lambda: diffcli.grad(program, {"x1": 2.0, "x2": 5.0}),
        "PyTorch": by_torch,
        "JAX, compiled": lambda: jax.block_until_ready(compiled(2.0, 5.0)),
        "SymPy, lambdify": lambda: lambdified(2.0, 5.0),
    }


def elementwise() -> dict[str, Callable[[], object]]:
    """The gradient of a sum over a million elements."""
    program = diffcli.parse(ELEMENTWISE)
    numbers = np.linspace(-3, 3, 1_000_000)
    compiled = jax.jit(jax.value_and_grad(lambda x: (jnp.sin(x) * jnp.exp(-(x**2)) / (1 + x**2)).sum()))
    given = jnp.array(numbers)

    def by_torch() -> object:
        x = torch.tensor(numbers, requires_grad=True)
        (x.sin() * torch.exp(-(x**2)) / (1 + x**2)).sum().backward()
        return x.grad

    return {
        "diffcli": lambda: diffcli.grad(program, {"x": numbers}),
        "PyTorch": by_torch,
        "JAX, compiled": lambda: jax.block_until_ready(compiled(given)),
    }


def processes() -> dict[str, Callable[[], object]]:
    """One gradient, from the start of Python to the end of the process."""
    return {name: lambda text=text: subprocess.run([sys.executable, "-c", text], check=True, capture_output=True) for name, text in PROCESSES.items()}


def compare(title: str, ways: dict[str, Callable[[], object]], rounds: int, repeat: int) -> None:
    print(title)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            for _ in range(repeat):
                way()
            times[name].append((time.perf_counter() - start) / repeat)
    for name, taken in times.items():
        ratio = statistics.median(one / own for one, own in zip(taken, times["diffcli"], strict=True))
        print(f"  {name:16} {statistics.median(taken) * 1e6:12.1f} µs  {ratio:8.3g} ×")


if __name__ == "__main__":
    torch.set_num_threads(1)
    compare("a gradient by two numbers, made ready once", scalar(), 15, 200)
    compare("the gradient of a sum over a million elements", elementwise(), 9, 1)
    compare("one gradient, whole process", processes(), 5, 1)
