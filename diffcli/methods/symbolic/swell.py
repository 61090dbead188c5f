"""What SymPy makes of the derivative of an iterated map, measured: the work of a process of its own.

``work`` reads a job from standard input, a line of JSON with the map's text and a list of tasks (n and a step's name), and
answers each with a line on standard output as soon as it is done. The process that asked may stop it at any time; should
that process be gone, its end of the pipe is closed, and the work ends too.

The map is parsed by diffcli's own parser. SymPy sees objects, never text.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from threading import Thread
from time import perf_counter
from typing import Any

import sympy
from sympy.polys.rings import ring

from diffcli.errors import LimitError
from diffcli.language import parse
from diffcli.methods.symbolic.swell_text import factored_text, simplified_text, unsimplified_text
from diffcli.methods.symbolic.symbolic import SympyBuilder, as_number, constant_of
from diffcli.methods.symbolic.text import Expression, Undecided, to_program_text
from diffcli.tape import Tape, lower
from diffcli.tape.running.evaluation import replay

Answer = dict[str, Any]
"""What a step found: sizes, texts, and the seconds that SymPy took."""

LONGEST = 400
"""Characters of a text that are handed back, with its length."""

MOST_NODES = 1_000_000
"""A text with more parts is not written."""


class NotPolynomial(Exception):
    """The map is not a polynomial."""


class Iterates:
    """The iterates of a map as SymPy objects, each made once."""

    def __init__(self, text: str, state: str, names: Sequence[str], wanted: int, fresh: str) -> None:
        self.tape: Tape = lower(parse(text), given=[state])
        self.state, self.fresh, self.wanted = state, fresh, wanted
        self.builder = SympyBuilder()
        self.symbols = {name: sympy.Symbol(name, real=True) for name in names}
        self.variables = list(self.symbols.values())[:wanted]
        self.values: list[Expression] = [self.variables[0]]
        self.derivatives: dict[int, list[Expression]] = {}
        self.polynomials: list[Any] = []

    def by(self, n: int) -> list[Expression]:
        """The variables that the derivative of l_n is taken by."""
        return self.variables[:n] if self.fresh else self.variables

    def value(self, n: int) -> Expression:
        """l_n, nested, as SymPy holds it when each operation is done once."""
        while len(self.values) < n:
            following = self._replay(self.values[-1], len(self.values), self.symbols, self.builder.build, constant_of)
            self.values.append(as_number(following))
        return self.values[n - 1]

    def derivative(self, n: int) -> tuple[list[Expression], float]:
        """SymPy's derivatives of l_n, and the seconds they took."""
        value, start = self.value(n), perf_counter()
        if n not in self.derivatives:
            self.derivatives = {n: [self.builder.release(sympy.diff(value, by)) for by in self.by(n)]}
        return self.derivatives[n], perf_counter() - start

    def polynomial(self, n: int) -> Any:
        """l_n as an element of a ring of polynomials over the rationals."""
        if not self.polynomials:
            names = [*self.symbols.values()][self.wanted :] + self.variables
            self.ring, *generators = ring(names, sympy.QQ)
            self.generators = dict(zip(map(str, names), generators, strict=True))
            self.polynomials.append(self.generators[str(self.variables[0])])
        while len(self.polynomials) < n:
            last, index = self.polynomials[-1], len(self.polynomials)
            self.polynomials.append(self.ring(self._replay(last, index, self.generators, _operate, self._number)))
        return self.polynomials[n - 1]

    def _number(self, name: str, number: float) -> Any:
        value = constant_of(name, number)
        if not value.is_Rational:
            raise NotPolynomial
        return self.ring(sympy.QQ.from_sympy(value))

    def _replay(
        self, state: Any, index: int, given: dict[str, Any], build: Callable[..., Any], constant: Callable[[str, float], Any]
    ) -> Any:
        """The next state: the rows of the map, each built of its operands."""
        own = {self.state: state} | ({self.fresh: given[f"x{index + 1}"]} if self.fresh else {})
        inputs = [own[name] if name in own else given[name] for name in self.tape.inputs]
        return replay(self.tape, inputs, constant, build)[self.tape.output]


def _operate(name: str, operands: list[Any]) -> Any:
    a, b = operands[0], operands[-1]
    if name in ("add", "sub", "mul"):
        return a + b if name == "add" else a - b if name == "sub" else a * b
    if name == "neg":
        return -a
    if name == "square":
        return a * a
    if name == "div" and b.is_ground and b:
        return a * (1 / b.LC)
    if name == "pow" and b.is_ground and (not b or (b.LC.denominator == 1 and b.LC > 0)):
        return a ** int(b.LC) if b else b + 1
    raise NotPolynomial


# -- the steps ---------------------------------------------------------------------------------------------------------


def _forms(iterates: Iterates, n: int) -> Answer:
    """The factored form, and the derivative of it with nothing multiplied out."""
    start = perf_counter()
    polynomial = iterates.polynomial(n)
    value = factored_text(polynomial)
    derivative = ", ".join(unsimplified_text(polynomial, by) for by in iterates.by(n))
    return {"seconds": perf_counter() - start, "texts": {"value": _cut(value), "derivative": _cut(derivative)}}


def _derivative(iterates: Iterates, n: int) -> Answer:
    """SymPy's derivative of the nested form: its tree, its operations, its distinct nodes."""
    derivatives, seconds = iterates.derivative(n)
    tree, distinct = tree_sizes(derivatives)
    operations = sum(int(sympy.count_ops(derivative)) for derivative in derivatives)
    return {"seconds": seconds, "sizes": {"tree": tree, "operations": operations, "distinct": distinct}}


def _cse(iterates: Iterates, n: int) -> Answer:
    """The operations after common subexpressions are taken out."""
    derivatives, _ = iterates.derivative(n)
    start = perf_counter()
    shared, rest = sympy.cse(derivatives)
    operations = sum(int(sympy.count_ops(part)) for part in [*[right for _, right in shared], *rest])
    return {"seconds": perf_counter() - start, "sizes": {"cse": operations}}


def _simplified(iterates: Iterates, n: int) -> Answer:
    """The simplified form: of a polynomial multiplied out, as in a textbook; of anything else what SymPy's simplify makes."""
    start = perf_counter()
    try:
        polynomials = [iterates.polynomial(n).diff(iterates.generators[str(by)]) for by in iterates.by(n)]
        text = ", ".join(map(simplified_text, polynomials))
        operations = sum(int(sympy.count_ops(polynomial.as_expr())) for polynomial in polynomials)
    except NotPolynomial:
        simple = [sympy.simplify(derivative) for derivative in iterates.derivative(n)[0]]
        text = ", ".join(to_program_text(part, MOST_NODES, list(iterates.symbols)) for part in simple)
        operations = sum(int(sympy.count_ops(part)) for part in simple)
    seconds = perf_counter() - start
    return {"seconds": seconds, "sizes": {"simplified": operations}, "texts": {"simplified": _cut(text)}}


STEPS: dict[str, Callable[[Iterates, int], Answer]] = {
    "forms": _forms, "derivative": _derivative, "cse": _cse, "simplified": _simplified,
}  # fmt: skip
"""The steps that can be asked for."""


def _cut(text: str) -> tuple[str, int]:
    return text[:LONGEST], len(text)


def tree_sizes(expressions: Sequence[Expression]) -> tuple[int, int]:
    """The nodes of expressions written out as trees, and how many of them are distinct; one visit to each distinct node.

    >>> x = sympy.Symbol("x")
    >>> tree_sizes([(x + 1) * sympy.sin(x + 1)])
    (8, 5)
    """
    sizes: dict[Expression, int] = {}
    waiting = list(expressions)
    while waiting:
        node = waiting[-1]
        missing = [argument for argument in node.args if argument not in sizes]
        if missing and node not in sizes:
            waiting += missing
            continue
        waiting.pop()
        if node not in sizes:
            sizes[node] = 1 + sum(sizes[argument] for argument in node.args)
    return sum(sizes[expression] for expression in expressions), len(sizes)


# -- the process -------------------------------------------------------------------------------------------------------


def answer(iterates: Iterates, n: int, step: str) -> Answer:
    """One task's answer; a step that SymPy fails at says why, in a word."""
    try:
        return STEPS[step](iterates, n)
    except NotPolynomial:
        return {"failed": "not a polynomial"}
    except (RecursionError, LimitError, MemoryError):
        return {"failed": "too large for SymPy"}
    except Undecided:
        return {"failed": "undecided"}
    except Exception as failure:  # SymPy can fail in ways of its own; the other tasks go on without it
        return {"failed": type(failure).__name__}


def work() -> None:
    """Read a job, do its tasks in order, and answer each."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asked; it ends this one
    job = json.loads(sys.stdin.readline())
    Thread(target=_end_with_the_pipe, daemon=True).start()
    iterates = Iterates(job["map"], job["state"], job["names"], job["wanted"], job["fresh"])
    _say({"ready": True})
    for n, step in job["tasks"]:
        _say({"n": n, "step": step, **answer(iterates, n, step)})
    os._exit(0)


def _say(message: Answer) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _end_with_the_pipe() -> None:
    sys.stdin.read()
    os._exit(1)
