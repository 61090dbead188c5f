"""Derivatives of any order of a tape as SymPy expressions, each made from the one before it."""

from __future__ import annotations

import sympy

from diffcli.methods.problem.problem import Problem
from diffcli.methods.symbolic.symbolic import SympyBuilder
from diffcli.methods.symbolic.text import Expression


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
