"""What an operation of a Python function costs when it is recorded and differentiated, at a million operations.

    python tests/benchmarks/recording.py

Ratios are to the plain Python loop in the same run. The house wants recording and the reverse sweep together in at most
1.5 us and 250 bytes an operation.
"""

from __future__ import annotations

import math
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import diffcli
from diffcli.methods.sweeps.reverse import activity, adjoints
from diffcli.tape.recording.recording import Recording, record

OPERATIONS = 1_000_000


def logistic(x: Any) -> Any:
    """A chain: every operation needs the one before."""
    for _ in range(OPERATIONS // 4):
        x = 3.7 * x * (1.0 - x) * 0.98
    return x


def rosenbrock(x: Any, y: Any) -> Any:
    """Sums, squares, and operands that are both traced."""
    total = 0.0
    for _ in range(OPERATIONS // 8):
        a = y - x * x
        b = 1.0 - x
        total = total + 100.0 * a * a + b * b
    return total


def data(x: Any, y: Any) -> Any:
    """A constant of its own in every turn."""
    total = 0.0
    for k in range(OPERATIONS // 4):
        residual = x * (k * 0.001) + y
        total = total + residual * residual
    return total


def branches(x: Any) -> Any:
    """A branch on a value in every turn, and a helper that is called."""
    for _ in range(OPERATIONS // 4):
        x = half(x) if x > 1.0 else x * 1.75 + 0.01
    return x


def half(x: Any) -> Any:
    return x * 0.5 + 0.02


def waves(x: Any) -> Any:
    """Functions of the table."""
    total = 0.0
    for _ in range(OPERATIONS // 4):
        x = x + 0.001
        total = total + diffcli.sin(x) * 0.5
    return total


LOOPS: tuple[tuple[Callable[..., Any], dict[str, float]], ...] = (
    (logistic, {"x": 0.3}), (rosenbrock, {"x": 0.3, "y": 0.7}), (data, {"x": 0.3, "y": 0.7}), (branches, {"x": 0.3}),
    (waves, {"x": 0.3}),
)  # fmt: skip


def sweep(recording: Recording) -> Any:
    return adjoints(recording.tape, recording.values, activity(recording.tape))


def timed(function: Callable[[], Any], rounds: int = 3) -> tuple[float, Any]:
    """The shortest of a few runs, in seconds of CPU time, and what the last one returned."""
    shortest, result = math.inf, None
    for _ in range(rounds):
        result = None  # what the last run has built is freed outside the clock
        start = time.process_time()
        result = function()
        shortest = min(shortest, time.process_time() - start)
    return shortest, result


def main() -> None:
    print(f"{'us/operation':14}{'rows':>10}{'plain':>8}{'record':>9}{'reverse':>9}{'both':>7}{'/ plain':>9}{'bytes: tape':>13}{'peak':>7}")
    for function, at in LOOPS:
        plain, _ = timed(lambda function=function, at=at: function(**at))
        recording_time, recording = timed(lambda function=function, at=at: record(function, at))
        reverse, _ = timed(lambda recording=recording: sweep(recording))
        rows = len(recording.tape.operations)
        del recording
        tracemalloc.start()
        recording = record(function, at)
        kept = tracemalloc.get_traced_memory()[0] / rows
        found = sweep(recording)
        peak = tracemalloc.get_traced_memory()[1] / rows
        tracemalloc.stop()
        del recording, found
        us = [1e6 * seconds / rows for seconds in (plain, recording_time, reverse, recording_time + reverse)]
        print(f"{function.__name__:14}{rows:10,}{us[0]:8.3f}{us[1]:9.2f}{us[2]:9.2f}{us[3]:7.2f}{us[3] / us[0]:9.0f}{kept:13.0f}{peak:7.0f}")


if __name__ == "__main__":
    main()
