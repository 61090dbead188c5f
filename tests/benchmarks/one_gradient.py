"""How long one gradient takes in process, beside micrograd where it is installed: five programs, from 5 to 791 rows.

    python tests/benchmarks/one_gradient.py

``hot``: the program is parsed and has been asked before. ``again``: a text that has been asked before. ``first``: a text that
nobody has asked. micrograd traces at each call; from a text it is Python's own compiler that reads it. All in this run, best of many.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import diffcli
from diffcli.methods.problem import problem

SURVEY = "log(x1) + x1*x2 - sin(x2)"
SQUIRE_TRAPP = "exp(x)/sqrt(sin(x)**3 + cos(x)**3)"


def names(count: int) -> list[str]:
    return [f"x{k}" for k in range(1, count + 1)]


def helmholtz(x: list[str]) -> str:
    count = len(x)
    linear = " + ".join(f"{0.1*(k + 1)/count}*{name}" for k, name in enumerate(x))
    rows = ["(" + " + ".join(f"{round(1/(i + j + 1), 6)}*{name}" for j, name in enumerate(x)) + ")" for i in range(count)]
    quadratic = " + ".join(f"{name}*{row}" for name, row in zip(x, rows, strict=True))
    entropy = " + ".join(f"{name}*log({name}/r)" for name in x)
    last = "s - q/(2.8284271247461903*b)*log((1.0 + 2.414213562373095*b)/(1.0 - 0.41421356237309515*b))"
    return f"b = {linear}\nr = 1.0 - b\nq = {quadratic}\ns = {entropy}\nf = {last}"


def rosenbrock(x: list[str]) -> str:
    return " + ".join(f"100.0*({b} - {a}**2)**2 + (1.0 - {a})**2" for a, b in pairwise(x))


PROGRAMS = {
    "survey": (SURVEY, ["x1", "x2"]),
    "Squire-Trapp": (SQUIRE_TRAPP, ["x"]),
    "Helmholtz 10": (helmholtz(names(10)), names(10)),
    "Rosenbrock 100": (rosenbrock(names(100)), names(100)),
    "Speelpenning 100": ("*".join(names(100)), names(100)),
}


def micrograd_of(text: str, variables: list[str]) -> Callable[[list[float]], list[float]]:
    """The gradient by micrograd, with the functions that it lacks."""
    from micrograd.engine import Value

    def unary(function: Callable[[float], float], slope: Callable[[float, float], float]) -> Callable[[Any], Any]:
        def apply(a: Any) -> Any:
            value = function(a.data)
            out, partial = Value(value, (a,)), slope(a.data, value)

            def backward() -> None:
                a.grad += partial * out.grad

            out._backward = backward
            return out

        return apply

    functions: dict[str, Any] = {
        "log": unary(math.log, lambda a, y: 1 / a), "exp": unary(math.exp, lambda a, y: y), "sqrt": unary(math.sqrt, lambda a, y: 0.5 / y),
        "sin": unary(math.sin, lambda a, y: math.cos(a)), "cos": unary(math.cos, lambda a, y: -math.sin(a)),
    }  # fmt: skip
    *before, last = text.split("\n")
    body = "\n    ".join([*before, f"return {last.removeprefix('f = ')}"])
    exec(compile(f"def f({', '.join(variables)}):\n    {body}", "<text>", "exec"), functions)

    def gradient(point: list[float]) -> list[float]:
        values = [Value(number) for number in point]
        functions["f"](*values).backward()
        return [value.grad for value in values]

    return gradient


def best(cases: dict[str, Callable[[], object]], rounds: int = 30) -> dict[str, float]:
    """The shortest time of each case in microseconds, by turns."""
    found = dict.fromkeys(cases, math.inf)
    for _ in range(rounds):
        for name, case in cases.items():
            start, count = time.perf_counter(), 0
            while (taken := time.perf_counter() - start) < 0.005:
                case()
                count += 1
            found[name] = min(found[name], 1e6 * taken / count)
    return found


def cases_of(text: str, variables: list[str]) -> Iterator[tuple[str, Callable[[], object]]]:
    point = [0.3 + 0.4 * (k % 7) / 7 for k in range(len(variables))]
    at = dict(zip(variables, point, strict=True))
    program = diffcli.parse(text)

    def first() -> object:
        problem._read.cache_clear()
        return diffcli.grad(text, at)

    yield from {"hot": lambda: diffcli.grad(program, at), "again": lambda: diffcli.grad(text, at), "first": first}.items()
    try:
        gradient = micrograd_of(text, variables)
    except ImportError:
        return
    ours = diffcli.grad(program, at).gradient
    assert all(math.isclose(ours[name], other, rel_tol=1e-9) for name, other in zip(variables, gradient(point), strict=True))
    yield "micrograd hot", lambda: gradient(point)
    yield "micrograd first", lambda: micrograd_of(text, variables)(point)


def main() -> None:
    for title, (text, variables) in PROGRAMS.items():
        found = best(dict(cases_of(text, variables)))
        print(f"{title:18}" + "".join(f"{name:>17} {taken:8.1f} us" for name, taken in found.items()))
        if "micrograd hot" in found:
            ratios = {name: found[name] / found["micrograd hot" if name == "hot" else "micrograd first"] for name in ("hot", "again", "first")}
            print(f"{'x micrograd':18}" + "".join(f"{name:>17} {ratio:8.2f}   " for name, ratio in ratios.items()))


if __name__ == "__main__":
    main()
