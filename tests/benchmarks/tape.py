"""What a row of the tape costs, in time and memory, at a million rows.

    python tests/benchmarks/tape.py

Ratios are to evaluating the same tape in the same run: the price of a derivative in units of f.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from diffcli.language import parse
from diffcli.methods.sweeps.forward import tangents
from diffcli.methods.sweeps.reverse import activity, adjoints
from diffcli.tape import evaluate, lower

TEXTS = {
    "2.345*x7*sin(x3) + ...": "+".join(f"2.345*x{i % 50}*sin(x{i % 7})" for i in range(250_000)),
    "x + x + ...": "+".join(["x"] * 1_000_001),
    "x * x * ...": "*".join(["x"] * 1_000_001),
}


def timed(function: Callable[[], Any], rounds: int = 3) -> tuple[float, Any]:
    """The shortest of a few runs, in seconds, and what it returned."""
    shortest, result = float("inf"), None
    for _ in range(rounds):
        start = time.perf_counter()
        result = function()
        shortest = min(shortest, time.perf_counter() - start)
    return shortest, result


def main() -> None:
    print(f"{'us/row':28}{'rows':>10}{'build':>8}{'value':>8}{'reverse':>9}{'value+reverse':>15}{'/ value':>9}{'forward':>9}{'bytes':>7}")
    for name, text in TEXTS.items():
        program = parse(text)
        building, tape = timed(lambda program=program: lower(program))
        rows = len(tape.operations)
        point = [1.0 + 1e-9 * i for i in range(len(tape.inputs))]
        value, values = timed(lambda tape=tape, point=point: evaluate(tape, point))
        reverse, _ = timed(lambda tape=tape, values=values: adjoints(tape, values, activity(tape)))
        forward, _ = timed(lambda tape=tape, values=values, point=point: tangents(tape, values, [1.0] * len(point)))
        tracemalloc.start()
        kept = lower(program)
        size = tracemalloc.get_traced_memory()[0] / rows
        tracemalloc.stop()
        del kept
        us = [1e6 * seconds / rows for seconds in (building, value, reverse, value + reverse)]
        ratio = (value + reverse) / value
        print(f"{name:28}{rows:10,}{us[0]:8.2f}{us[1]:8.2f}{us[2]:9.2f}{us[3]:15.2f}{ratio:9.1f}{1e6 * forward / rows:9.2f}{size:7.0f}")


if __name__ == "__main__":
    main()
