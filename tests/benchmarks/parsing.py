"""How long reading takes: a million tokens, ten times as many, and deep nesting.

    python tests/benchmarks/parsing.py

Ratios are to the same text scanned by the same regular expression with nothing done to its tokens, in the same run, and
to Python's own parser on a text that it can still read.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Callable

from diffcli.language import parse
from diffcli.language.parsing.tokens import TOKEN
from diffcli.language.writing.printer import to_text


def best(function: Callable[[], object], rounds: int = 5) -> float:
    """The shortest of a few runs, in seconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def survey(terms: int) -> str:
    """A flat sum of eight tokens a term."""
    return "+".join(f"2.345*x{i % 50}*sin(x{i % 7})" for i in range(terms))


def count(text: str) -> int:
    return sum(1 for _ in TOKEN.finditer(text))


def main() -> None:
    texts = {
        "2.345*x7*sin(x3) + ...": survey(125_000),
        "x + x + ..., 1,000,000 terms": "+".join(["x"] * 1_000_000),
        "((( ... x ... ))), 100,000 deep": "(" * 100_000 + "x" + ")" * 100_000,
    }
    print(f"{'text':36}{'tokens':>10}{'us/token':>10}{'/ scanning':>12}")
    for name, text in texts.items():
        tokens = count(text)
        scanning = best(lambda text=text: count(text))
        reading = best(lambda text=text: parse(text))
        print(f"{name:36}{tokens:10,}{reading / tokens * 1e6:10.2f}{reading / scanning:12.1f}")
    small, large = survey(12_500), survey(125_000)
    growth = best(lambda: parse(large)) / best(lambda: parse(small))
    print(f"ten times the text takes {growth:.1f} times as long")
    short = survey(100)
    ours, pythons = best(lambda: parse(short), 50), best(lambda: ast.parse(short), 50)
    print(f"100 terms: {ours / pythons:.2f} times Python's own ast.parse, which fails beyond about 3,000 terms")
    program = parse(large)
    print(f"printing back: {best(lambda: to_text(program)) / len(program) * 1e6:.2f} us/node")


if __name__ == "__main__":
    main()
