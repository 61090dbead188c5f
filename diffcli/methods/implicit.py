"""Derivatives of a function that an equation gives implicitly: dy/dx of x^2 + y^2 = 25.

With F the left side less the right one, F(x, y(x)) = 0 is differentiated along x: F_x + F_y*y' = 0, so y' = -F_x/F_y. The next
derivatives are total ones, d/dx + y'*d/dy, of those before them, with that y' put in. On the curve a formula may be written in
many ways; the shortest that is found by division by F stands as the simplified one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import nan

import sympy

from diffcli.errors import Diagnostic, DomainError, ExpressionError, UsageError, error
from diffcli.language import Program
from diffcli.language.parsing.equation import difference, parse_equation
from diffcli.language.writing.printer import LANGUAGE, number_text, statement_text
from diffcli.methods.derivation.implicit import implicit_derivations, slope_name
from diffcli.methods.derivation.orders import By, before
from diffcli.methods.formulas import asked_of, tangents_of
from diffcli.methods.matrices.jacobian import jacobian_of
from diffcli.methods.nonsmooth.system_notes import require_values
from diffcli.methods.options import FormulaOptions, MatrixOptions
from diffcli.methods.points.points import unknown_name
from diffcli.methods.problem.problem import ANYWHERE, At, Problem, Target
from diffcli.methods.problem.system import System
from diffcli.methods.symbolic.formulas import Derivatives
from diffcli.methods.symbolic.simplification import Simplifier
from diffcli.methods.symbolic.symbolic import described, sympy_limits
from diffcli.methods.symbolic.text import Expression, attempted, to_program_text
from diffcli.records.formulas import Formula, FormulaResult

OFF = 1e-6
"""How far, compared with its terms, the two sides of an equation may be apart at a point of its curve."""

VANISHES = 1e-12
"""What is as small, compared with those terms, is the rounding of 0."""

EQUATION = LANGUAGE._replace(symbols={**LANGUAGE.symbols, "eq": " = "})


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
            self.last = simple = min((simple, *forms), key=sympy.count_ops)
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


def compute_implicit(target: Target, at: At | None, options: FormulaOptions) -> FormulaResult:
    """The derivatives of the function that an equation gives for a variable: `diffcli.diff` with ``implicit``."""
    options.progress("reading")
    name = options.implicit
    equation = parse_equation(target) if isinstance(target, str) else target
    if not isinstance(equation, Program) or equation.operations[equation.result.root] != "eq":
        raise UsageError([error("usage", "an implicit derivative is of an equation, as a text", help=['write "x^2 + y^2 = 25"'])])
    system = System(difference(equation), at or ANYWHERE, most_rows=options.max_nodes)
    others = [each for each in system.wrt if each != name]
    if name not in system.wrt:
        raise ExpressionError([unknown_name(name, system.wrt, "the equation")])
    if not others:
        message = f"`{name}` is the only variable of the equation, and so a number"
        raise ExpressionError([error("no-equation", message, help=[f"write an equation in {name} and another variable"])])
    notes = _notes_at(system, name, options) if system.known else [*system.notes(), *system.unused()]
    system.wrt = others  # from here on: at the point all of them have been looked at
    asked = asked_of(system, options)
    wanted = [*dict.fromkeys([*((each,) for by in asked.by for each in by), *before(asked.by), *asked.by])]
    found: dict[By, Formula] = {}
    totals: dict[By, str] = {}
    with sympy_limits("reverse"), OnCurve(options.simplify, len(wanted), notes) as simplifier:
        curve = Curve(system, name, simplifier)
        for by in wanted:
            options.progress(f"SymPy differentiates {name} by {', '.join(by)}")
            totals[by] = to_program_text(curve.total(by, sympy.Symbol(slope_name(name), real=True)), options.max_nodes)
            found[by] = curve.derived(by, options.max_nodes)
    formulas = [found[by] for by in asked.by]
    values = {name: float(system.at[name])} if system.known else {}
    derived = implicit_derivations(equation, name, found, totals, options, notes) if options.steps else ()
    return FormulaResult(
        expression="; ".join(statement_text(equation, each, EQUATION) for each in equation.statements), inputs=tuple(others),
        results=(name,), wrt=asked.wrt, order=asked.order, formulas=tuple(formulas), hessian=options.hessian, values=values,
        at=dict(system.at) if system.known else {}, tangents=tangents_of(system, values, formulas) if asked.order == 1 else {},
        derivations=tuple(derived), notes=tuple(notes), implicit=name,
    )  # fmt: skip


def _notes_at(system: System, name: str, options: FormulaOptions) -> list[Diagnostic]:
    """What is to be said at the point.

    Raises
    ------
    DomainError
        The point is not on the curve, or the curve no graph of the variable beside it.
    """
    require_values(system)
    given = {each: getattr(options, each) for each in ("strict", "max_nodes", "watch", "progress")}
    found = jacobian_of(system, MatrixOptions(mode="reverse", **given))
    slopes = dict(zip(system.wrt, map(float, found.matrix[0]), strict=True))
    sides = [abs(float(system.values[slot])) for slot in system.tape.operands_of(system.tape.output)]
    terms = max(*sides, sum(abs(slope * float(system.at[each])) for each, slope in slopes.items()))
    if not abs(system.value) <= OFF * terms:
        message = f"the point is not on the curve: the left side less the right one is {number_text(system.value)} there"
        raise DomainError([system.warning("off-curve", message, system.tape.output)._replace(severity="error")])
    if not abs(slopes[name]) * max(1.0, abs(float(system.at[name]))) > VANISHES * terms:
        others = [each for each, slope in slopes.items() if each != name and slope]
        if others:
            message = f"the tangent is vertical at this point: the derivative of the equation by `{name}` is 0 there"
            help = [f"ask for the derivative of {others[0]}: --implicit {others[0]}"]
        else:
            message, help = "the point is singular: every derivative of the equation is 0 there, and it determines no slope", []
        raise DomainError([system.warning("no-tangent", message, system.tape.output, help=help)._replace(severity="error")])
    return [*found.notes]
