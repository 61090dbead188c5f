"""What programs with arrays cost, against the same computation written by hand in NumPy, in one run.

    python tests/benchmarks/arrays.py [ROUNDS]

All in float64, in which diffcli computes, and on one thread. The cases take turns, a round each; a ratio is the median of
the rounds' ratios. Three computations:

- a perceptron, 256×1024 → 2048 → 2048 → 1 with relu, with the gradient by its three matrices;
- an elementwise program on a million elements, with the gradient by both variables;
- the same programs on few elements, where what a row costs beside its arithmetic is all that is seen.

``tape`` is a tape that is made ready once (`Evaluator` and `adjoints`), ``diffcli`` the public function on a
parsed program, with everything it looks at: the point, kinks, what is not finite. Peaks are those of tracemalloc, above what
is given. PyTorch is run beside them where it is installed.
"""

# ruff: noqa: E402

from __future__ import annotations

import os

for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"  # before NumPy is imported

import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

import diffcli
from diffcli.methods.problem.live_values import live_slots
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.reverse import activity, adjoints
from diffcli.tape import evaluate
from diffcli.tape.running.evaluation import Evaluator

Cases = dict[str, Callable[[], Any]]
Point = dict[str, Any]


class Program:
    """A program at a point, with its tape made ready."""

    def __init__(self, text: str, at: Point, wrt: list[str]) -> None:
        self.at, self.wrt = at, wrt
        self.program = diffcli.parse(text)
        self.tape = Problem(self.program, at).tape
        self.slots = [self.tape.inputs.index(name) for name in wrt]
        self.active = activity(self.tape, self.slots)
        self.point = [at[name] for name in self.tape.inputs]
        self.evaluator = Evaluator(self.tape)
        self.needed = Evaluator(self.tape, sorted(live_slots(self.tape, self.active)))

    def value_by_tape(self) -> Any:
        return self.evaluator(self.point)[0]

    def value_by_diffcli(self) -> Any:
        return diffcli.evaluate(self.program, self.at)

    def gradient_by_tape(self) -> Any:
        values = self.needed.values(self.point)
        found = adjoints(self.tape, values, self.active)
        return values[self.tape.output], *[found[slot] for slot in self.slots]

    def gradient_by_diffcli(self) -> Any:
        found = diffcli.grad(self.program, self.at, wrt=self.wrt)
        return found.value, *found.gradient.values()


# -- the perceptron ----------------------------------------------------------------------------------------------------------

PERCEPTRON = "H1 = relu(X @ W1); H2 = relu(H1 @ W2); Y = H2 @ W3; sum(Y*G)"
WEIGHTS = ["W1", "W2", "W3"]


def perceptron_point(batch: int, inputs: int, hidden: int) -> Point:
    numbers = np.random.default_rng(1)
    shapes = {"X": (batch, inputs), "W1": (inputs, hidden), "W2": (hidden, hidden), "W3": (hidden, 1), "G": (batch, 1)}
    return {name: numbers.standard_normal(shape) / (shape[0] ** 0.5 if "W" in name else 1) for name, shape in shapes.items()}


def perceptron(X: Any, W1: Any, W2: Any, W3: Any, G: Any) -> Any:
    H1 = np.maximum(X @ W1, 0.0)
    H2 = np.maximum(H1 @ W2, 0.0)
    return np.sum((H2 @ W3) * G)


def perceptron_gradient(X: Any, W1: Any, W2: Any, W3: Any, G: Any) -> Any:
    A1 = X @ W1
    H1 = np.maximum(A1, 0.0)
    A2 = H1 @ W2
    H2 = np.maximum(A2, 0.0)
    value = np.sum((H2 @ W3) * G)
    D2 = (G @ W3.T) * (A2 > 0)
    D1 = (D2 @ W2.T) * (A1 > 0)
    return value, X.T @ D1, H1.T @ D2, H2.T @ G


def by_torch(at: Point) -> Cases:
    """The perceptron in PyTorch; nothing where it is not installed."""
    try:
        import torch
    except ImportError:
        return {}
    torch.set_num_threads(1)
    given = {name: torch.from_numpy(value.copy()).requires_grad_(name in WEIGHTS) for name, value in at.items()}

    def value() -> Any:
        H1 = torch.relu(given["X"] @ given["W1"])
        return (torch.relu(H1 @ given["W2"]) @ given["W3"] * given["G"]).sum()

    def forward() -> Any:
        with torch.no_grad():
            return value().item()

    def gradient() -> Any:
        for name in WEIGHTS:
            given[name].grad = None
        found = value()
        found.backward()
        return found.item(), *[given[name].grad.numpy() for name in WEIGHTS]

    return {"value": forward, "gradient": gradient}


# -- an elementwise program --------------------------------------------------------------------------------------------------

WAVES = "u = x*y; sum(sin(u)*exp(-x*x) + log(1 + y*y)/(2 + u*u))"


def waves_point(size: int) -> Point:
    numbers = np.random.default_rng(2)
    return {"x": numbers.standard_normal(size), "y": numbers.standard_normal(size)}


def waves(x: Any, y: Any) -> Any:
    u = x * y
    return np.sum(np.sin(u) * np.exp(-x * x) + np.log(1 + y * y) / (2 + u * u))


def waves_gradient(x: Any, y: Any) -> Any:
    u = x * y
    s, e, p, q = np.sin(u), np.exp(-x * x), 1 + y * y, 2 + u * u
    r = np.log(p) / q
    value = np.sum(s * e + r)
    du = np.cos(u) * e - 2 * u * (r / q)
    return value, du * y - 2 * x * (s * e), du * x + 2 * y / (p * q)


# -- measuring ---------------------------------------------------------------------------------------------------------------


def take_turns(cases: Cases, rounds: int) -> dict[str, list[float]]:
    """Seconds of each case, a run each in every round."""
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for turn in range(rounds + 1):
        for name, function in cases.items():
            start = time.perf_counter()
            found = function()
            took = time.perf_counter() - start
            del found  # what a case has made is freed outside the clock
            if turn:  # the first is for what is compiled and looked up once
                seconds[name].append(took)
    return seconds


def peak(function: Callable[[], Any]) -> float:
    """The most memory that was held at once, in units of 2^20 bytes."""
    tracemalloc.start()
    function()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 2**20


def as_list(found: Any) -> list[Any]:
    return list(found) if isinstance(found, tuple) else [found]


def compare(title: str, cases: Cases, rounds: int) -> None:
    """Print a row for each case; ratios are to the first. Raises where they do not agree."""
    expected = as_list(cases["numpy"]())
    for name, function in cases.items():
        for one, other in zip(expected, as_list(function()), strict=True):
            assert np.allclose(one, other, rtol=1e-9, atol=1e-9 * np.abs(one).max()), f"{title}: {name} computes something else"
    seconds = take_turns(cases, rounds)
    least = peak(cases["numpy"])
    for name, function in cases.items():
        ratio = statistics.median(ours / theirs for ours, theirs in zip(seconds[name], seconds["numpy"], strict=True))
        line = f"{title:28}{name:10}{1e3 * statistics.median(seconds[name]):12.3f}{ratio:10.2f}"
        if name != "torch":  # its memory is not Python's
            most = peak(function)
            line += f"{most:12.1f}{most / least:10.2f}"
        print(line, flush=True)


def compare_all(
    title: str, program: Program, value: Callable[..., Any], gradient: Callable[..., Any], rounds: int, torch: Cases
) -> None:
    at = program.at
    of_value: Cases = {"numpy": lambda: value(**at), "tape": program.value_by_tape, "diffcli": program.value_by_diffcli}
    of_gradient: Cases = {"numpy": lambda: gradient(**at), "tape": program.gradient_by_tape, "diffcli": program.gradient_by_diffcli}
    if torch:
        of_value["torch"], of_gradient["torch"] = torch["value"], torch["gradient"]
    compare(f"{title}, value", of_value, rounds)
    compare(f"{title}, with gradient", of_gradient, rounds)


def row_costs(rounds: int) -> None:
    """What a row takes on few elements, in microseconds: NumPy's own part and the tape's."""
    print(f"\n{'us a row, 100 of a chain':28}{'elements':>10}{'numpy':>10}{'value':>10}{'reverse':>10}{'diffcli':>10}")
    rows = 100
    text = "; ".join(["y0 = x", *[f"y{n + 1} = {'sin' if n % 2 else '0.9*'}(y{n})" for n in range(rows)], f"sum(y{rows})"])
    for size in (1, 10, 100, 1000, 10_000):
        program = Program(text, {"x": np.linspace(0.1, 1, max(size, 2))}, ["x"])

        def by_hand(x: Any = program.at["x"]) -> Any:
            for n in range(rows):
                x = np.sin(x) if n % 2 else 0.9 * x
            return np.sum(x)

        values = evaluate(program.tape, program.point)
        cases: Cases = {
            "numpy": by_hand, "value": program.value_by_tape,
            "reverse": lambda program=program, values=values: adjoints(program.tape, values, program.active),
            "diffcli": program.gradient_by_diffcli,
        }  # fmt: skip
        seconds = take_turns(cases, 10 * rounds)
        figures = "".join(f"{1e6 * statistics.median(each) / rows:10.2f}" for each in seconds.values())
        print(f"{'':28}{len(program.at['x']):10,}{figures}")


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    print(f"{'float64, one thread':28}{'':10}{'ms':>12}{'/ numpy':>10}{'peak MiB':>12}{'/ numpy':>10}")
    at = perceptron_point(256, 1024, 2048)
    compare_all("perceptron", Program(PERCEPTRON, at, WEIGHTS), perceptron, perceptron_gradient, rounds, by_torch(at))
    at = waves_point(1_000_000)
    compare_all("1e6 elements", Program(WAVES, at, ["x", "y"]), waves, waves_gradient, rounds, {})
    row_costs(max(1, rounds // 3))


if __name__ == "__main__":
    main()
