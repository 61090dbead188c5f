"""Derivatives of a function that an equation gives implicitly: dy/dx of x^2 + y^2 = 25.

With F the left side less the right one, F(x, y(x)) = 0 is differentiated along x: F_x + F_y*y' = 0, so y' = -F_x/F_y. The next
derivatives are total ones, d/dx + y'*d/dy, of those before them, with that y' put in. On the curve a formula may be written in
many ways; the shortest that is found by division by F stands as the simplified one.
"""

from __future__ import annotations

from collections.abc import Mapping

from diffcli.errors import Diagnostic, DomainError, ExpressionError, UsageError, error
from diffcli.language import Program, parse
from diffcli.language.parsing.equation import difference, parse_equation
from diffcli.language.writing.printer import LANGUAGE, number_text, statement_text, to_text
from diffcli.methods.derivation.orders import before, derivations, slope_name
from diffcli.methods.formulas import asked_of, result_of
from diffcli.methods.matrices.jacobian import jacobian_of
from diffcli.methods.nonsmooth.system_notes import require_values
from diffcli.methods.options import FormulaOptions, MatrixOptions
from diffcli.methods.points.points import unknown_name
from diffcli.methods.problem.problem import ANYWHERE, At, Problem, Target, choose, names_in
from diffcli.methods.problem.scalarise import scalarised
from diffcli.methods.problem.system import System
from diffcli.methods.symbolic.formulas import Curve
from diffcli.methods.symbolic.symbolic import sympy_limits
from diffcli.records.derivations import Derivation
from diffcli.records.formulas import By, Formula, FormulaResult

OFF = 1e-6
"""How far, compared with its terms, the two sides of an equation may be apart at a point of its curve."""

VANISHES = 1e-12
"""What is as small, compared with those terms, is the rounding of 0."""

EQUATION = LANGUAGE._replace(symbols={**LANGUAGE.symbols, "eq": " = "})


def compute_implicit(target: Target, at: At | None, options: FormulaOptions) -> FormulaResult:
    """The derivatives of the function that an equation gives for a variable: `diffcli.diff` with ``implicit``."""
    options.progress("reading")
    name = options.implicit
    equation = parse_equation(target) if isinstance(target, str) else target
    if type(equation) is not Program or equation.operations[equation.result.root] != "eq":
        raise UsageError([error("usage", "an implicit derivative is of an equation, as a text", help=['write "x^2 + y^2 = 25"'])])
    whole = System(difference(equation), at or ANYWHERE, most_rows=options.max_nodes)
    system = scalarised(whole)
    if len(system.outputs) > 1 or system.tape.shapes is not None:
        raise ExpressionError([error("not-a-number", "the sides of an equation are numbers, and these are arrays",
                                     equation.source, equation.mark(equation.result.root))])  # fmt: skip
    others = [each for each in system.wrt if each != name]
    if name not in system.wrt:
        raise ExpressionError([unknown_name(name, system.wrt, "the equation")])
    if not others:
        message = f"`{name}` is the only variable of the equation, and so a number"
        raise ExpressionError([error("no-equation", message, help=[f"write an equation in {name} and another variable"])])
    notes = _notes_at(system, name, options) if system.known else [*system.notes(), *system.unused()]
    # from here on: at the point all of them have been looked at
    known = [each for each in whole.wrt if each != name]
    whole.wrt = choose(names_in(options.wrt, "wrt"), known, f"the equation, beside `{name}`,")
    asked = asked_of(whole, options)
    asked = asked._replace(by=[by for by in asked.by if name not in by], wrt=tuple(each for each in asked.wrt if each != name))
    system.wrt = [each for each in others if any(each in by for by in asked.by)]
    wanted = [*dict.fromkeys([*((each,) for by in asked.by for each in by), *before(asked.by), *asked.by])]
    found, slope = dict[By, Formula](), slope_name(name, system.tape.inputs)
    totals: dict[By, str] = {}
    with sympy_limits(0), Curve(system, name, options.simplify, len(wanted), notes) as curve:
        for by in wanted:
            options.progress(f"SymPy differentiates {name} by {', '.join(by)}")
            totals[by] = curve.total_text(by, slope, options.max_nodes)
            found[by] = curve.derived(by, options.max_nodes)
    values = {name: float(system.at[name])} if system.known else {}
    derived = _derivations(equation, found, totals, options, notes) if options.steps else ()
    text = "; ".join(statement_text(equation, each, EQUATION) for each in equation.statements)
    return result_of(system, asked, [found[by] for by in asked.by], values, notes, derivations=derived, results=(name,),
                     expression=text, inputs=tuple(others), hessian=options.hessian, implicit=name,
                     at=dict(system.at) if system.known else {})  # fmt: skip


def _derivations(
    equation: Program, found: Mapping[By, Formula], totals: Mapping[By, str], options: FormulaOptions, notes: list[Diagnostic]
) -> tuple[Derivation, ...]:
    """The derivation of each of the derivatives that were ``found``: both sides are differentiated, and solved for the slope.

    ``totals`` are what SymPy has for the derivative of what is derived, with the slope of the variable as a name.
    """
    notation, name = options.notation, options.implicit
    slope = notation.dialect.name(name) + notation.prime
    function = Problem(difference(equation), ANYWHERE, share=True)
    own_slope = slope_name(name, function.tape.inputs)

    def shown(text: str) -> str:
        return to_text(parse(text), None, notation.dialect._replace(juxtaposed=False), spelled)

    def spelled(word: str) -> str:
        return slope if word == own_slope else notation.dialect.name(word)

    compared = {by: Formula(name, by, totals[by], form.shortest, "") for by, form in found.items()}
    derived = []
    for own in derivations(function, name, [*found], compared, options, notes, name):
        form = found[own.by]
        forms = " = ".join(dict.fromkeys([shown(form.unsimplified), shown(form.shortest)]))
        if len(own.by) == 1:
            solved = ("collected", f"{shown(totals[own.by])} = 0"), ("solved", f"{slope} = {forms}")
        else:
            solved = ("with", f"{slope} = {shown(found[own.by[-1:]].shortest)}"), ("put in, and on the curve", forms)
        derived.append(own._replace(of=own.of or to_text(function.program), solved=solved))
    return tuple(derived)


def _notes_at(system: Problem, name: str, options: FormulaOptions) -> list[Diagnostic]:
    """What is to be said at the point: a `DomainError` if it is not on the curve, or the curve no graph of the variable there."""
    require_values(system)
    system.on_curve = True
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
    # the slopes at a kink are those of the equation, and not of the curve
    return [note._replace(slopes=(), notes=()) if note.slopes else note for note in found.notes]
