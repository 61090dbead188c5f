"""Derivations of derivatives of any order, each that of the derivative before it; and where such derivatives are defined."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from itertools import count, pairwise
from math import nan

from diffcli.errors import Diagnostic, DiffcliError
from diffcli.language import parse
from diffcli.methods.derivation.derivation import derive
from diffcli.methods.derivation.symbolic_agreement import compare
from diffcli.methods.options import FormulaOptions
from diffcli.methods.problem.problem import ANYWHERE, Problem
from diffcli.methods.symbolic.conditions import Conditions, Untold
from diffcli.records import SymbolicDerivative
from diffcli.records.derivations import Derivation
from diffcli.records.formulas import By, Domain, Formula
from diffcli.tape.running.evaluation import constant_values


def before(wanted: Iterable[By]) -> list[By]:
    """The derivatives that others are derivatives of, lower orders first.

    >>> before([("x", "x", "y"), ("y", "x", "y")])
    [('x',), ('y',), ('x', 'x'), ('y', 'x')]
    """
    return sorted({by[:length]: None for by in wanted for length in range(1, len(by))}, key=len)


def derivations(
    view: Problem,
    result: str,
    wanted: Sequence[By],
    found: Mapping[By, Formula],
    options: FormulaOptions,
    notes: list[Diagnostic],
    implicit: str = "",
) -> list[Derivation]:
    """The derivations of a problem's result by the variables in each of ``wanted``, and of the lower orders on the way.

    ``found`` are SymPy's derivatives, with which they are compared. The simplified one is what is derived next. The slope of an
    ``implicit`` variable has a name of its own in SymPy's.
    """
    derived: dict[By, Derivation] = {}
    for by in sorted(dict.fromkeys([*before(wanted), *wanted]), key=len):
        form, problem, of = found.get(by), view, ""
        if len(by) > 1:
            last = found.get(by[:-1])
            of = last.simplified if last is not None and last.simplified is not None else derived[by[:-1]].derivative
            try:
                problem = again(view, of)
            except DiffcliError:
                break  # a name of the user's that cannot stand in a text, as x[0], or a derivative that has no value
        options.progress(f"deriving {result} by {', '.join(by)} step by step")
        own = derive(problem, by[-1], options.notation, options.most_shown, implicit)._replace(result=result, by=by, of=of)
        if form is not None:
            by_sympy = SymbolicDerivative(by[-1], *form[2:5], nan if form.value is None else form.value)
            comparable = own._replace(derivative=own.derivative.replace(f"{implicit}'", slope_name(implicit, view.tape.inputs)))
            (compared,) = compare(problem, [comparable], [by_sympy], notes, options.progress)
            own = own._replace(agreement=compared.agreement)
        derived[by] = own
    return list(derived.values())


def slope_name(name: str, taken: Collection[str]) -> str:
    """What the derivative of a variable is called in a program's text, beside the names that are ``taken``."""
    return next(slope for length in count(1) if (slope := f"{name}_slope{'_' * length}") not in taken)


def again(view: Problem, text: str) -> Problem:
    """The problem of a derivative, in all the variables of the function: those that are not in it stand before it."""
    program = parse(text)
    names = [*program.inputs, *program.constants]
    program = parse("; ".join([*[name for name in view.tape.inputs if name not in names], text]))
    return Problem(program, view.at if view.known else ANYWHERE, share=True)


def domain_of(view: Problem, result: str, wanted: Sequence[By]) -> Domain:
    """Where a problem's result is defined, and where the rules give its derivatives by some variables; None where it is not told.

    >>> from diffcli.methods.problem.problem import ANYWHERE
    >>> domain_of(Problem("sqrt(x) + 1/(x - 2)", ANYWHERE), "f", [("x",)])
    Domain(result='f', condition='x >= 0 and x != 2', derivatives={('x',): 'x > 0 and x != 2'})
    """
    twin = copy(view)
    twin.known, twin.values = False, constant_values(view.tape)
    return Domain(result, _told(twin, ()), {by: _told(twin, by) for by in wanted})


def _told(problem: Problem, by: By) -> str | None:
    """The conditions of a function, and of the rules for its derivatives by some variables, one after the other."""
    found = Conditions()
    try:
        found.of_rows(problem.tape, [problem.input_slot(name) for name in by[:1]])
        for name, following in pairwise(by):
            problem = again(problem, derive(problem, name).derivative)
            found.of_rows(problem.tape, [problem.input_slot(following)])
        return found.text()
    except (Untold, DiffcliError):
        return None
