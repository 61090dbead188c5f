"""Derivations of a function that an equation gives: both sides are differentiated, and what comes of it solved for the slope."""

from __future__ import annotations

from collections.abc import Mapping

from diffcli.errors import Diagnostic
from diffcli.language import Program, parse
from diffcli.language.parsing.equation import difference
from diffcli.language.writing.printer import to_text
from diffcli.methods.derivation.derivation import derive
from diffcli.methods.derivation.orders import again
from diffcli.methods.derivation.symbolic_agreement import compare
from diffcli.methods.options import FormulaOptions
from diffcli.methods.problem.problem import ANYWHERE, Problem
from diffcli.records import SymbolicDerivative
from diffcli.records.derivations import Derivation
from diffcli.records.formulas import By, Formula


def slope_name(name: str) -> str:
    """What the derivative of a variable is called in a program's text."""
    return f"{name}_slope_"


def implicit_derivations(
    equation: Program,
    name: str,
    found: Mapping[By, Formula],
    totals: Mapping[By, str],
    options: FormulaOptions,
    notes: list[Diagnostic],
) -> list[Derivation]:
    """The derivation of each of the derivatives that were ``found`` of a variable of an equation.

    ``totals`` are what SymPy has for the derivative of what is derived, with the slope of the variable as a name.
    """
    notation, own_slope = options.notation, slope_name(name)

    def shown(text: str) -> str:
        return to_text(parse(text), None, notation.dialect._replace(juxtaposed=False), spelled)

    def spelled(word: str) -> str:
        return notation.dialect.name(name) + notation.prime if word == own_slope else notation.dialect.name(word)

    derivations = []
    function = Problem(difference(equation), ANYWHERE, share=True)
    for by, form in found.items():
        first = len(by) == 1
        of = to_text(function.program) if first else found[by[:-1]].shortest
        problem = function if first else again(function, of)
        own = derive(problem, by[-1], notation, options.most_shown, implicit=name)
        comparable = own._replace(derivative=own.derivative.replace(f"{name}'", own_slope))
        by_sympy = SymbolicDerivative(by[-1], totals[by], "", "", float("nan"))
        (compared,) = compare(problem, [comparable], [by_sympy], notes, options.progress)
        forms = " = ".join(dict.fromkeys([shown(form.unsimplified), shown(form.shortest)]))
        if first:
            solved = ("collected", f"{shown(totals[by])} = 0"), ("solved", f"{spelled(own_slope)} = {forms}")
        else:
            solved = ("with", f"{spelled(own_slope)} = {shown(found[by[-1:]].shortest)}"), ("put in, and on the curve", forms)
        derivations.append(own._replace(agreement=compared.agreement, result=name, by=by, of=of, solved=solved))
    return derivations
