"""What a point of ``check --points`` costs, beside evaluating the program there and beside a whole check of one point.

    python tests/benchmarks/check.py

Seconds are those of the processor, of one process; the ratios are of one run.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice

from diffcli.language import parse
from diffcli.methods.points.many_points import random_points
from diffcli.methods.problem.problem import Problem
from diffcli.studies.agreement.agreement import agreement_of
from diffcli.studies.agreement.points import check_points
from diffcli.tape import evaluate

POINTS = 10_000
WHOLE = 50

TEXTS = ("exp(-x^2)*sin(3*y) + x*log(y^2 + 1) - x/y", "x*sin(y) + 2", "(1 - cos(x))/x^2*y", "abs(x)*max(x, y)")


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    print(f"{'us a point':44}{'check':>9}{'whole':>9}{'f':>7}{'check/f':>9}{'whole/check':>13}{'10,000 points':>15}")
    for text in TEXTS:
        program = parse(text)
        points = list(islice(random_points(program.inputs, 1), POINTS))
        problems = [Problem(program, point) for point in points[:WHOLE]]
        agreement_of(problems[0])  # SymPy is loaded
        check = seconds(lambda program=program, points=points: check_points(program, points)) / POINTS
        whole = seconds(lambda problems=problems: [agreement_of(problem) for problem in problems]) / WHOLE
        value = seconds(lambda problems=problems: [evaluate(problem.tape, problem.point) for problem in problems * 20]) / (20 * WHOLE)
        us = [1e6 * each for each in (check, whole, value)]
        print(f"{text:44}{us[0]:9.0f}{us[1]:9.0f}{us[2]:7.1f}{check / value:9.0f}{whole / check:13.1f}{check * 10_000:13.1f} s")


if __name__ == "__main__":
    main()
