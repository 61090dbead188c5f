"""How far the error bars of numerical differentiators can be believed.

    python tests/benchmarks/honesty.py [--size N] [--seed S] [--only NAME] [--show-lies] [--show-useless]

Random expressions at random points, and a list of hard ones, are differentiated by diffcli's numeric mode and by whatever
is installed of numdifftools, jacobi and scipy, each with its defaults. The peers are given a black box that evaluates
diffcli's tape in floats; diffcli sees the tape, and once more the black box alone (`diffcli.difference`). The truth is mpmath's derivative of the tape's own operations, to 50 digits,
with the point and the constants taken as exact floats.

Columns, in per cent of the answers (*) or of all cases:

    answered     an estimate and a bar, both finite, and no report of failure
    holds *      the error is at most the bar (and one ulp)
    10 bars      the error is at most ten bars; no answer does not count as one
    lies         the error is more than a hundred bars
    useless *    the bar is more than a tenth of the derivative
    bar/err *    the median of bar/error: how much too wide the bars are
    digits       -log10 of the relative error, at most 16, 0 without an answer: the median, and the worst tenth
    evals        evaluations of f for each partial derivative, on average

A derivative that is 0 is measured by absolute errors.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from mpmath import mpf

import diffcli
from diffcli.methods.problem.problem import Problem
from diffcli.tape.running.evaluation import run
from diffcli.tape.running.rules import FLOAT

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from oracle import ORACLE, derivative_of  # the tests are no package

LARGEST = 1e30
"""What no intermediate value of a random expression exceeds."""

FUNCTIONS = ("sin", "cos", "tan", "exp", "log", "sqrt", "atan", "tanh", "sinh", "cosh", "asinh")
BINARY = ("+", "-", "*", "/")


class Case(NamedTuple):
    """An expression in x, a point, and the exact derivative there."""

    text: str
    point: float
    truth: Any


class Answer(NamedTuple):
    """What a differentiator said; NaN for an estimate or bar that it did not give."""

    estimate: float
    bar: float
    evaluations: int
    details: str = ""


# -- the cases ---------------------------------------------------------------------------------------------------------------


def logistic(count: int) -> str:
    """l_n of the logistic map l_{n+1} = 4 l_n (1 - l_n), l_1 = x, as a program."""
    steps = [f"l{n} = 4*l{n - 1}*(1 - l{n - 1})" for n in range(2, count + 1)]
    return "; ".join(["l1 = x", *steps, f"l{count}"])


HARD: tuple[tuple[str, float], ...] = (
    # narrow beside the point: what a long step overlooks
    ("exp(-(1e3*(x - 0.3))^2)", 0.3005),
    ("exp(-(1e3*(x - 0.3))^2)", 0.3),
    ("1 + exp(-(1e5*(x - 2))^2)", 2.00001),
    ("1/(1 + (1e4*(x - 1))^2)", 1.0001),
    ("atan(1e6*x)", 1e-7),
    ("tanh(1e5*(x - 0.5))", 0.500001),
    ("x + 1e-3*sin(1e6*x)", 0.7),
    # fast, in units of the point
    ("sin(1000*x)", 0.0),
    ("sin(1000*x)", 1.0),
    ("exp(1000*x)", 0.1),
    ("exp(-1000*x)", 0.01),
    ("cos(1e5*x) + x", 3.0),
    ("sin(x^2)", 200.0),
    ("sin(1/x)", 0.003),
    # slow, in units of 1
    ("log(x)", 1e6),
    ("log(x)", 1e-8),
    ("sqrt(x)", 1e8),
    ("1/x", 1e6),
    ("atan(x)", 1e5),
    # the unit of the point is the wrong one
    ("sin(x)", 1e6),
    ("exp(x - 1e5)", 1e5),
    ("tanh(x - 1e4)", 1e4),
    ("sin(x)", 1e-9),
    ("exp(x)", 0.0),
    # poles and edges
    ("1/x", 1e-5),
    ("1/(x - 1)", 1.0001),
    ("1/x^8", 1e-3),
    ("tan(x)", 1.5707),
    ("log(1 - x)", 0.999999),
    ("sqrt(x - 1)", 1.000001),
    ("x^0.5", 1e-12),
    ("x^2.5", 1e-6),
    ("sqrt(1 - x^2)", 0.9999999),
    ("asin(x)", 0.99999),
    ("acosh(x)", 1.00001),
    ("x^x", 1e-3),
    ("gamma(x)", 1e-4),
    # lost digits in f itself
    (logistic(10), 0.2),
    (logistic(5), 0.2),
    ("(1 - cos(x))/x^2", 1e-4),
    ("(exp(x) - 1 - x)/x^2", 1e-3),
    ("sqrt(x + 1) - sqrt(x)", 1e8),
    ("1e8 + sin(x)", 1.0),
    ("(x + 1e7) - 1e7", 0.3),
    ("log(1 + exp(x))", -30.0),
    ("(x - 1)^7", 1.01),
    ("x^7 - 7*x^6 + 21*x^5 - 35*x^4 + 35*x^3 - 21*x^2 + 7*x - 1", 1.01),
    # the derivative vanishes, or nearly
    ("x^2 - 4*x", 2.0),
    ("x^4", 0.0),
    ("x^3 - 3*x", 1.0),
    ("cos(x)", 1e-6),
    ("exp(-x^2)", 0.0),
    ("sin(x)", 1.5707963267948966),
    # nothing is truncated
    ("3*x + 2", 1e3),
    ("x^2", 1e-4),
)  # fmt: skip


def random_expression(source: random.Random, depth: int) -> str:
    """A random tree; every operator stands in parentheses."""
    if depth == 0:
        return "x" if source.random() < 0.7 else random_constant(source)
    kind = source.random()
    if kind < 0.5:
        left, right = random_expression(source, depth - 1), random_expression(source, source.randrange(depth))
        if source.random() < 0.5:
            left, right = right, left
        return f"({left} {source.choice(BINARY)} {right})"
    inside = random_expression(source, depth - 1)
    if kind < 0.6:
        return f"({inside})^{source.choice((2, 3, 4, 5, -1, -2))}"
    return f"{source.choice(FUNCTIONS)}({inside})"


def random_constant(source: random.Random) -> str:
    return f"{10 ** source.uniform(-4, 4):.3g}"


def random_cases(size: int, seed: int) -> Iterator[Case]:
    """Random expressions, all different, that are real, not too large, and depend on x at their point."""
    source = random.Random(seed)
    seen: set[str] = set()
    while len(seen) < size:
        text = random_expression(source, source.randint(2, 5))
        point = source.choice((-1, 1)) * float(f"{10 ** source.uniform(-5, 4):.6g}")
        if text in seen or "x" not in text.replace("exp", ""):
            continue
        problem = Problem(text, {"x": point})
        if not all(abs(value) <= LARGEST for value in problem.values) or not problem.adjoints[0]:
            continue
        truth = exact(problem)
        if truth:
            seen.add(text)
            yield Case(text, point, truth)


def exact(problem: Problem) -> Any:
    """The derivative of a tape of one input by mpmath, with its constants as exact floats."""
    tape = problem.tape
    constants = [mpf(value) for value in reversed(tape.constants)]

    def function(x: Any) -> Any:
        values = [x, *[None] * len(tape.operations), *constants]
        for slot in tape.rows():
            values[slot] = ORACLE[tape.operation(slot)](*[values[operand] for operand in tape.operands_of(slot)])
        return values[tape.output]

    return derivative_of(function, problem.point, 0)


# -- the differentiators -----------------------------------------------------------------------------------------------------


class BlackBox:
    """A tape as a function of one number, or of an array of them, that counts its evaluations."""

    def __init__(self, text: str) -> None:
        self.tape = Problem(text, {"x": 1.0}).tape
        self.functions = FLOAT.row_functions(self.tape)
        self.evaluations = 0

    def __call__(self, x: Any) -> Any:
        import numpy

        points = numpy.asarray(x, dtype=float)
        self.evaluations += points.size
        values = [float(run(self.tape, [point], self.functions)[self.tape.output]) for point in points.ravel().tolist()]
        return numpy.array(values).reshape(points.shape)[()]


def by_diffcli(text: str, point: float) -> Answer:
    difference = diffcli.grad(text, {"x": point}, mode="numeric").differences[0]
    bar = math.nan if difference.error is None else difference.error
    details = f"{difference.method}, step {difference.step!r}; {difference.reason}"
    return Answer(difference.estimate, bar, difference.evaluations, details)


def by_difference(text: str, point: float) -> Answer:
    """`diffcli.difference`, which sees a function and no tape."""
    box = BlackBox(text)
    functions, output = box.functions, box.tape.output
    found = diffcli.difference(lambda x: float(run(box.tape, [x], functions)[output]), point)
    bar = math.nan if found.error is None else found.error
    return Answer(found.estimate, bar, found.evaluations, f"{found.method}, step {found.step!r}; {found.reason}")


def by_numdifftools(text: str, point: float) -> Answer:
    import numdifftools

    box = BlackBox(text)
    result = numdifftools.Derivative(box, full_output=True)(point)
    # a named tuple whose first field is the estimate, or the estimate beside one that holds the rest
    bar = getattr(result, "error_estimate", None)
    return Answer(float(result[0]), float(result[1].error_estimate if bar is None else bar), box.evaluations)


def by_jacobi(text: str, point: float) -> Answer:
    from jacobi import jacobi

    box = BlackBox(text)
    estimate, bar = jacobi(box, point)
    return Answer(float(estimate), float(bar), box.evaluations)


def by_scipy(text: str, point: float) -> Answer:
    from scipy.differentiate import derivative

    box = BlackBox(text)
    result = derivative(box, point)
    bar = float(result.error) if result.success else math.nan  # it says itself that it has no answer
    return Answer(float(result.df), bar, box.evaluations, f"status {int(result.status)}")


TOOLS: dict[str, tuple[str, Callable[[str, float], Answer]]] = {
    "diffcli": ("diffcli", by_diffcli),
    "black box": ("diffcli", by_difference),
    "numdifftools": ("numdifftools", by_numdifftools),
    "jacobi": ("jacobi", by_jacobi),
    "scipy": ("scipy.differentiate", by_scipy),
}
"""The module that each needs, and how it is asked, in its default setting."""


def ask(tool: str, case: Case) -> Answer:
    """One answer; what fails, whatever the way, is no answer."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return TOOLS[tool][1](case.text, case.point)
    except Exception as failure:  # a peer's own failure is a result of the benchmark
        return Answer(math.nan, math.nan, 0, f"{type(failure).__name__}: {failure}")


def is_installed(tool: str) -> bool:
    from importlib import import_module

    try:
        import_module(TOOLS[tool][0])
    except ImportError:
        return False
    return True


# -- the verdicts ------------------------------------------------------------------------------------------------------------


class Verdict(NamedTuple):
    """An answer held against the truth."""

    case: Case
    answer: Answer

    @property
    def answered(self) -> bool:
        return math.isfinite(self.answer.estimate) and math.isfinite(self.answer.bar)

    @property
    def error(self) -> float:
        """The distance to the truth; up to an ulp of it, which no float need be nearer, is none."""
        distance = float(abs(mpf(self.answer.estimate) - self.case.truth))
        return 0.0 if distance <= math.ulp(float(self.case.truth)) else distance

    @property
    def scale(self) -> float:
        return abs(float(self.case.truth)) or 1.0

    def within(self, bars: float) -> bool:
        return self.answered and self.error <= bars * self.answer.bar + math.ulp(float(self.case.truth))

    @property
    def lies(self) -> bool:
        return self.answered and not self.within(100)

    @property
    def useless(self) -> bool:
        return self.answered and self.answer.bar > self.scale / 10

    @property
    def width(self) -> float:
        return self.answer.bar / self.error if self.error else math.inf

    @property
    def digits(self) -> float:
        if not self.answered:
            return 0.0
        relative = self.error / self.scale
        return min(16.0, max(0.0, -math.log10(relative))) if relative else 16.0

    def __str__(self) -> str:
        case, answer = self.case, self.answer
        shown = case.text if len(case.text) < 200 else f"{case.text[:90]} ... {case.text[-90:]}"
        bars = f"{1 / self.width:.3g} bars" if self.answered and self.width else "no bar"
        return (
            f"  {shown}\n    at x = {case.point!r}: {answer.estimate!r} +- {answer.bar:.3g} in {answer.evaluations} evaluations\n"
            f"    truth {float(case.truth)!r}, error {self.error:.3g} = {bars}\n" + (f"    {answer.details}\n" if answer.details else "")
        )


def table(verdicts: dict[str, list[Verdict]]) -> str:
    """A row for each differentiator."""
    lines = [f"{'':13}{'answered':>9}{'holds':>8}{'10 bars':>9}{'lies':>7}{'useless':>9}{'bar/err':>9}{'digits':>13}{'evals':>7}"]
    for tool, all_cases in verdicts.items():
        answers = [verdict for verdict in all_cases if verdict.answered]
        digits = sorted(verdict.digits for verdict in all_cases)

        def per_cent(count: int, of: list[Verdict]) -> str:
            return f"{100 * count / max(1, len(of)):.1f}%"

        lines.append(
            f"{tool:13}{len(answers):9}"
            f"{per_cent(sum(verdict.within(1) for verdict in answers), answers):>8}"
            f"{per_cent(sum(verdict.within(10) for verdict in all_cases), all_cases):>9}"
            f"{per_cent(sum(verdict.lies for verdict in all_cases), all_cases):>7}"
            f"{per_cent(sum(verdict.useless for verdict in answers), answers):>9}"
            f"{statistics.median([verdict.width for verdict in answers] or [math.nan]):9.3g}"
            f"{f'{statistics.median(digits):.1f} / {digits[len(digits) // 10]:.1f}':>13}"
            f"{statistics.fmean(verdict.answer.evaluations for verdict in all_cases):7.1f}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="How far the error bars of numerical differentiators can be believed.")
    parser.add_argument("--size", type=int, default=500, help="how many random expressions (500)")
    parser.add_argument("--seed", type=int, default=1, help="the seed they are drawn with (1)")
    parser.add_argument("--only", choices=[*TOOLS], help="one differentiator alone, with every miss")
    parser.add_argument("--show-lies", action="store_true", help="list the answers that are off by more than 100 bars")
    parser.add_argument("--show-useless", action="store_true", help="list the bars above a tenth of the derivative")
    options = parser.parse_args()

    asked = [options.only] if options.only else [*TOOLS]
    tools = [tool for tool in asked if is_installed(tool)]
    if absent := [tool for tool in asked if tool not in tools]:
        print(f"not installed, left out: {', '.join(absent)}\n")
    start = time.perf_counter()
    hard = [Case(text, point, exact(Problem(text, {"x": point}))) for text, point in HARD]
    groups = {"random": list(random_cases(options.size, options.seed)), "hard": hard}
    print(f"truth of {sum(map(len, groups.values()))} cases: {time.perf_counter() - start:.1f} s\n")
    for name, cases in groups.items():
        found = {tool: [Verdict(case, ask(tool, case)) for case in cases] for tool in tools}
        seed = f", seed {options.seed}" if name == "random" else ""
        print(f"{len(cases)} {name} expressions{seed}\n{table(found)}\n")
        for tool, verdicts in found.items():
            lists = {"no answer": [], "off by more than a bar": [], "off by more than 100 bars": [], "useless bars": []}
            if options.only:
                lists["no answer"] = [verdict for verdict in verdicts if not verdict.answered]
                lists["off by more than a bar"] = [verdict for verdict in verdicts if verdict.answered and not verdict.within(1)]
            elif options.show_lies:
                lists["off by more than 100 bars"] = [verdict for verdict in verdicts if verdict.lies]
            if options.show_useless:
                lists["useless bars"] = [verdict for verdict in verdicts if verdict.useless]
            for title, chosen in lists.items():
                if chosen:
                    print(f"{tool}, {title}, {name}: {len(chosen)}\n" + "\n".join(map(str, chosen)))


if __name__ == "__main__":
    main()
