"""Derivatives of any order of a tape as SymPy expressions, each made from the one before it."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import Any

import sympy

from diffcli.errors import Diagnostic, LimitError, as_stop
from diffcli.methods.problem.problem import Problem
from diffcli.methods.symbolic.simplification import Simplifier
from diffcli.methods.symbolic.symbolic import SympyBuilder, described, sympy_limits
from diffcli.methods.symbolic.text import Expression
from diffcli.records.formulas import By, Formula


class Derivatives:
    """The derivatives of a problem's result, by variables one after another."""

    def __init__(self, problem: Problem) -> None:
        self.builder = SympyBuilder()
        expression, symbols = self.builder.read(problem.tape)
        self.symbols = dict(zip(problem.tape.inputs, symbols, strict=True))
        self.known: dict[tuple[str, ...], Expression] = {(): expression}
        """What has been derived, with everything held constant that the next derivative holds."""

    def by(self, *variables: str) -> Expression:
        """A derivative, unsimplified."""
        return self.builder.release(self._derived(variables))

    def _derived(self, variables: tuple[str, ...]) -> Expression:
        for count in range(1, len(variables) + 1):
            first, last = variables[: count - 1], variables[:count]
            if last not in self.known:
                self.known[last] = self.held(sympy.diff(self.known[first], self.symbols[last[-1]]))
        return self.known[variables]

    def held(self, derivative: Expression) -> Expression:
        """A derivative with its steps held constant, as those of the table are: the next one is to have no Dirac deltas."""
        for step in (sympy.sign, sympy.Heaviside):
            derivative = derivative.replace(step, lambda *operands, step=step: self.builder.hold(step(*operands)))
        return derivative


def formulas(numbers: Problem, wanted: Sequence[By], options: Any, notes: list[Diagnostic]) -> list[Formula]:
    """The derivatives of every result by some variables, until a limit strikes, which is a note then."""
    found: list[Formula] = []
    count = len(wanted) * len(numbers.outputs)
    try:
        with sympy_limits("reverse"), Simplifier(options.simplify, count, notes) as simplifier:
            for output in numbers.outputs:
                problem = numbers.view(output)
                derivatives = Derivatives(problem)
                for by in wanted:
                    options.progress(f"SymPy differentiates {output.name} by {', '.join(by)}")
                    each = described(problem, by, derivatives.by(*by), nan, notes, options.max_nodes, simplifier)
                    found.append(Formula(output.name, by, *each[1:4], each.value if problem.known else None))
    except (LimitError, KeyboardInterrupt) as stopped:
        if not found:
            raise
        notes.append(as_stop(stopped)._replace(notes=(f"not differentiated: {count - len(found)} of {count} derivatives",)))
    return found
