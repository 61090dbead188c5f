"""Derivatives of any order as SymPy expressions: of a tape, each made from the one before it; and along a curve."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from math import nan

import sympy

from diffcli.errors import Diagnostic, ExpressionError, error
from diffcli.methods.problem.problem import Problem
from diffcli.methods.symbolic.simplification import Simplifier
from diffcli.methods.symbolic.symbolic import SympyBuilder, described, sympy_limits
from diffcli.methods.symbolic.text import Expression, attempted, is_nowhere, to_program_text
from diffcli.records import SymbolicDerivative
from diffcli.records.formulas import By, Formula


class Derivatives:
    """The derivatives of a problem's result, by variables one after another."""

    def __init__(self, problem: Problem) -> None:
        self.builder = SympyBuilder()
        expression, symbols = self.builder.read(problem.tape)
        self.symbols = dict(zip(problem.tape.inputs, symbols, strict=True))
        self.known: dict[By, Expression] = {(): expression}
        """What has been derived, with everything held constant that the next derivative holds."""

    def by(self, *variables: str) -> Expression:
        """A derivative, unsimplified."""
        for count in range(1, len(variables) + 1):
            first, last = variables[: count - 1], variables[:count]
            if last not in self.known:
                self.known[last] = self.held(sympy.diff(self.known[first], self.symbols[last[-1]]))
        return self.builder.release(self.known[variables])

    def held(self, derivative: Expression) -> Expression:
        """A derivative with its steps held constant, as those of the table are: the next one is to have no Dirac deltas."""
        for step in (sympy.sign, sympy.Heaviside):
            derivative = derivative.replace(step, lambda *operands, step=step: self.builder.hold(step(*operands)))
        return derivative


def differentiate(
    problem: Problem,
    wanted: Sequence[By],
    simplifier: Simplifier,
    most_nodes: int,
    progress: Callable[[str], None],
    by_rules: Mapping[By, float] = {},
) -> Iterator[SymbolicDerivative]:
    """SymPy's derivatives of a result by some variables each, as they are done, and where they differ from those ``by_rules``.

    A limit that strikes while the ``simplifier`` is at work leaves the unsimplified one, with a note.
    """
    bent = bool(by_rules) and any(note.severity == "warning" for note in simplifier.notes)
    with sympy_limits(len(wanted[0]) if wanted else 0):
        derivatives = Derivatives(problem)
        for position, by in enumerate(wanted, 1):
            progress(f"SymPy differentiates along {', '.join(by)} ({position} of {len(wanted)})")
            yield described(problem, by, derivatives.by(*by), by_rules.get(by, nan), most_nodes, simplifier, bent)


def gradient_of(
    problem: Problem, simplifier: Simplifier, most_nodes: int, progress: Callable[[str], None]
) -> Iterator[SymbolicDerivative]:
    """SymPy's partial derivatives, one a variable, beside those of the problem's reverse sweep."""
    by_rules: dict[By, float] = {(name,): problem.adjoints[problem.input_slot(name)] or 0.0 for name in problem.wrt}
    return differentiate(problem, [*by_rules], simplifier, most_nodes, progress, by_rules)


class Curve(Simplifier):
    """The curve on which a problem's result F is 0, and the derivatives along it of one of its variables.

    They are total ones, and simplified as far as F = 0 makes them shorter.
    """

    def __init__(self, problem: Problem, name: str, effort: str, derivatives: int, notes: list[Diagnostic]) -> None:
        super().__init__(effort, derivatives, notes)
        self.problem, self.name, self.derivatives = problem, name, Derivatives(problem)
        self.forms: dict[By, Expression] = {(): self.derivatives.known[()]}
        """F, and the derivatives by some variables, as short as they are."""
        self.shortest: Expression = None

    def simplest(self, raw: Expression, name: str) -> Expression | None:
        simple = super().simplest(raw, name)
        if simple is not None:
            forms = self.budget.attempt(partial(_remainders, simple, self.derivatives.by())) or []
            simple = min((simple, *forms, raw), key=sympy.count_ops)
        self.shortest = raw if simple is None else simple
        return simple

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
        found = described(self.problem, by, raw, nan, most_nodes, self)
        if is_nowhere(self.shortest):
            message = f"the equation does not determine `{self.name}`: its derivative by `{self.name}` is 0 everywhere"
            raise ExpressionError([error("no-equation", message)])
        self.forms[by] = self.derivatives.held(self.shortest)
        return Formula(self.name, by, *found[1:4], found.value if self.problem.known else None)


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
