"""The derivatives along a curve, on which an expression is 0: total ones, as short as the equation makes them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import nan

import sympy

from diffcli.methods.problem.problem import Problem
from diffcli.methods.symbolic.formulas import Derivatives
from diffcli.methods.symbolic.simplification import Simplifier
from diffcli.methods.symbolic.symbolic import described
from diffcli.methods.symbolic.text import Expression, attempted, to_program_text
from diffcli.records.formulas import By, Formula


class OnCurve(Simplifier):
    """A simplifier that knows of an expression that it is 0."""

    zero: Expression
    last: Expression
    """What was simplified last, as short as it is."""

    def simplest(self, raw: Expression, name: str) -> Expression | None:
        simple = super().simplest(raw, name)
        self.last = raw if simple is None else simple
        if simple is not None:
            forms = self.budget.attempt(partial(_remainders, simple, self.zero)) or []
            self.last = simple = min((simple, *forms, raw), key=sympy.count_ops)
        return simple


def _remainders(form: Expression, zero: Expression) -> list[Expression]:
    """A fraction with what remains of its numerator and denominator after division by the numerator of what is 0."""
    divisor = sympy.fraction(sympy.together(zero))[0]
    above, below = sympy.fraction(sympy.together(form))
    known = sympy.Poly(divisor).gens
    found = []
    for gens in (known, known[::-1]):
        others = [gen for gen in sympy.Poly(above * below).gens if gen not in gens]
        rest = partial(_remainder, divisor=divisor, gens=(*gens, *others))
        for top, bottom in ((rest(above), below), (rest(above), rest(below)), (above, rest(below))):
            if bottom != 0:
                found += [sympy.factor(top) / sympy.factor(bottom), sympy.cancel(top / bottom)]
    return found


def _remainder(form: Expression, divisor: Expression, gens: Sequence[Expression]) -> Expression:
    found = attempted(lambda: sympy.reduced(form, [divisor], *gens, order="lex")[1])
    return form if found is None else found


class Curve:
    """The curve of an equation, F = 0 in SymPy's objects, and the derivatives along it of one of its variables."""

    def __init__(self, problem: Problem, name: str, simplifier: OnCurve) -> None:
        self.problem, self.name, self.simplifier = problem, name, simplifier
        self.derivatives = Derivatives(problem)
        self.forms: dict[By, Expression] = {(): self.derivatives.known[()]}
        """F, and the derivatives by some variables, as short as they are."""
        simplifier.zero = self.derivatives.by()

    def total(self, by: By, slope: Expression) -> Expression:
        """The derivative along the last of some variables of what is derived by those before, F if there are none."""
        form, symbols = self.forms[by[:-1]], self.derivatives.symbols
        total = sympy.diff(form, symbols[by[-1]]) + sympy.diff(form, symbols[self.name]) * slope
        return self.derivatives.builder.release(total)

    def total_text(self, by: By, slope: str, most_nodes: int) -> str:
        """The same in diffcli's language, with a name for the slope of the variable."""
        return to_program_text(self.total(by, sympy.Symbol(slope, real=True)), most_nodes)

    def derived(self, by: By, most_nodes: int) -> Formula:
        """The derivative of the variable by some others, once those by the first of them, and by each alone, are known."""
        if len(by) == 1:
            raw = -self.derivatives.by(*by) / self.derivatives.by(self.name)
        else:
            raw = self.total(by, self.forms[by[-1:]])
        found = described(self.problem, by, raw, nan, self.simplifier.notes, most_nodes, self.simplifier)
        self.forms[by] = self.derivatives.held(self.simplifier.last)
        value = found.value if self.problem.known else None
        return Formula(self.name, by, found.unsimplified, found.simplified, found.latex, value)
