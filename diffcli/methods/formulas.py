"""Derivatives of any order as formulas, of one result or several, without a point or at one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, combinations_with_replacement, product
from math import isfinite, nan
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic, UsageError, error
from diffcli.methods.digits.notes import notes_of, watch_of
from diffcli.methods.matrices.hessian import hessian_of
from diffcli.methods.matrices.jacobian import jacobian_of
from diffcli.methods.nonsmooth.breaks import NOT_DIFFERENTIABLE, find_breaks
from diffcli.methods.nonsmooth.notes import describe_breaks, is_smooth
from diffcli.methods.nonsmooth.system_notes import explain_rows, require_values
from diffcli.methods.options import FormulaOptions, HessianOptions, MatrixOptions
from diffcli.methods.problem.problem import ANYWHERE, At, Problem, Target, as_program, names_in
from diffcli.methods.problem.scalarise import scalarised
from diffcli.methods.problem.system import System, distinct
from diffcli.methods.symbolic.formulas import differentiate
from diffcli.methods.symbolic.simplification import Simplifier, keeping
from diffcli.methods.taylor import distance_text, expansion, sum_text
from diffcli.records import element_names
from diffcli.records.formulas import By, Domain, Formula, FormulaResult

MOST_TOLD = 20
"""Of so many derivatives it is told where they are defined."""


def compute_formulas(target: Target, at: At | None, options: FormulaOptions) -> FormulaResult:
    """The derivatives of a program as formulas: what `diffcli.diff` returns and raises."""
    options.progress("reading")
    program = as_program(target, options.verify)
    if at is None or (isinstance(at, str | Sequence | Mapping) and not at):
        at = ANYWHERE if program.inputs else {}
    system = System(program, at, of=options.of, wrt=options.wrt, most_rows=options.max_nodes)
    taken = {*system.tape.inputs, *system.tape.bindings}
    names = distinct(["" if each.name in system.tape.inputs else each.name for each in system.outputs], taken)
    system.outputs = tuple(each._replace(name=name) for each, name in zip(system.outputs, names, strict=True))  # no dx/dx
    with system.placing():
        if system.known:
            require_values(system)
        asked = asked_of(system, options)
        numbers = scalarised(system) if system.known else system
        notes = [*system.notes(), *system.unused()]
        if system.known:
            found, notes = _at_point(system, numbers, asked, options)
        else:
            found = formulas(system, asked.by, options, notes)
        derived = _derivations(numbers, asked, options, found, notes) if options.steps else ()
        values = {output.name: float(numbers.value_of(output)) for output in numbers.outputs} if system.known else {}
        return result_of(
            numbers, asked, found, values, system.placed(notes), expression=system.expression(), inputs=tuple(system.tape.inputs),
            results=tuple(output.name for output in numbers.outputs), hessian=options.hessian, derivations=derived,
            domains=_domains(numbers, asked), of=system.question.of, texts=system.texts, recorded=system.function is not None,
            at=system.at if system.known else {},
        )  # fmt: skip


def result_of(
    numbers: Problem, asked: _Asked, found: Sequence[Formula], values: dict[str, float], notes: Sequence[Diagnostic], **more: Any
) -> FormulaResult:
    """The record of some formulas, with the tangents of the results at the point, where there is one."""
    smooth = asked.order == 1 and all(is_smooth(note) for note in notes if note.code in NOT_DIFFERENTIABLE)
    return FormulaResult(
        wrt=asked.wrt, order=asked.order, formulas=tuple(found), values=values,
        tangents=_tangents(numbers, values, found) if smooth else {}, notes=tuple(notes), **more,
    )  # fmt: skip


class _Asked(NamedTuple):
    """Which derivatives are wanted of each result."""

    wrt: By
    order: int
    by: list[By]


def asked_of(system: Problem, options: FormulaOptions) -> _Asked:
    """Every derivative of the order by the variables; where one is named again, that by each as often as it is named."""
    names = names_in(options.wrt, "wrt", once=False) or system.wrt
    elements = {name: element_names(name, system.tape.shape(system.input_slot(name))) for name in system.wrt}
    if len(names) > len(elements):
        if options.hessian or options.order not in (None, len(names)):
            other = "a Hessian is by every pair of variables" if options.hessian else f"the order is {options.order}"
            message = f"a name given again asks for a mixed derivative, here of order {len(names)}, and {other}"
            raise UsageError([error("usage", message, help=["name each variable once, or leave the other option out"])])
        mixed = {tuple(sorted(by)): by for by in product(*[elements[name] for name in names])}
        return _Asked(tuple(names), len(names), list(mixed.values()))
    order = 2 if options.hessian else options.order or 1
    every = [element for name in elements for element in elements[name]]
    return _Asked(tuple(every), order, list(combinations_with_replacement(every, order)))


def _at_point(
    system: System, numbers: Problem, asked: _Asked, options: FormulaOptions
) -> tuple[list[Formula], list[Diagnostic]]:
    """The formulas with their values, and everything that a Jacobian, a Hessian or a Taylor series has to say at the point."""
    given = {name: getattr(options, name) for name in ("strict", "max_nodes", "watch", "progress", "simplify")}
    if asked.order == 1:
        first = jacobian_of(system, MatrixOptions(mode="symbolic", **given))
        entries = _entries(first.rows, first.columns, first.matrix)
        found = [Formula(of, (each.variable,), *each[1:4], entries[of, each.variable]) for of, each in first.symbolic]
        return found, [*first.notes]
    if asked.order > 2:
        notes = [*system.notes(), *system.unused(), *(notes_of(watch_of(system), options.strict) if options.watch else ())]
        found = [_at_breaks(numbers, each, options, notes) for each in formulas(numbers, asked.by, options, notes)]
        return found, [*dict.fromkeys(notes)]
    found, notes = [], []
    for output in numbers.outputs:
        second = hessian_of(numbers.view(output), HessianOptions(mode="symbolic", **given))
        notes += second.notes
        entries = _entries(second.columns, second.columns, second.matrix)
        forms = {(each.first, each.second)[::sign]: each.derivative for each in second.symbolic for sign in (1, -1)}
        found += [Formula(output.name, by, *forms[by][1:4], entries[by]) for by in asked.by if by in forms]
    return found, [*dict.fromkeys(notes)]


def _entries(rows: Sequence[str], columns: Sequence[str], matrix: Sequence[Sequence[float]]) -> dict[By, float]:
    return dict(zip(product(rows, columns), chain.from_iterable(matrix), strict=True))


def _at_breaks(numbers: Problem, found: Formula, options: FormulaOptions, notes: list[Diagnostic]) -> Formula:
    """At a kink of the function the value of a higher derivative is that on which its sides agree, if one is known; else NaN."""
    view = numbers.view(next(output for output in numbers.outputs if output.name == found.result))
    breaks = find_breaks(view)
    if not breaks:
        notes += explain_rows(view, [[found.value or 0.0]], {}, notes)
        return found
    if len({*found.by}) == 1:
        series = expansion(view, found.by[0], len(found.by), options.max_nodes)
        notes += series.notes
        return found._replace(value=series.derivatives[-1])
    notes += describe_breaks(view, breaks, "", options.strict)[0]
    message = f"what the derivative by {', '.join(found.by)} is on the sides of this point is not known"
    notes.append(Diagnostic("second-kink", "warning", message))
    return found._replace(value=nan)


def formulas(numbers: Problem, wanted: Sequence[By], options: FormulaOptions, notes: list[Diagnostic]) -> list[Formula]:
    """The derivatives of every result by some variables, until a limit strikes, which is a note then."""
    found: list[Formula] = []
    count = len(wanted) * len(numbers.outputs)
    kept = keeping(notes, lambda: f"{count - len(found)} of {count} derivatives" if found else "")
    with kept, Simplifier(options.simplify, count, notes) as simplifier:
        for output in numbers.outputs:
            derivatives = differentiate(numbers.view(output), wanted, simplifier, options.max_nodes, options.progress)
            for by, each in zip(wanted, derivatives, strict=True):
                found.append(Formula(output.name, by, *each[1:4], each.value if numbers.known else None))
    return found


def _tangents(numbers: Problem, values: Mapping[str, float], found: Sequence[Formula]) -> dict[str, str]:
    """For each result the tangent line, or plane, as a program, where it and its slopes are finite: ``9 + 6*(x - 3)``."""
    tangents = {}
    for result, value in values.items():
        slopes = {each.by[0]: each.value for each in found if each.result == result and each.value is not None}
        if slopes and len(slopes) == len(numbers.wrt) and all(map(isfinite, (value, *slopes.values()))):
            steps = {name: distance_text(name, float(numbers.at[name])) for name in slopes}
            tangents[result] = sum_text([(value, ""), *((slope, steps[name]) for name, slope in slopes.items())])
    return tangents


def _domains(numbers: Problem, asked: _Asked) -> tuple[Domain, ...]:
    """Where each result is defined, and each of its derivatives; of what is recorded or large nothing is told."""
    if numbers.function is not None or numbers.whole is not None or len(numbers.outputs) * len(asked.by) > MOST_TOLD:
        return ()
    from diffcli.methods.derivation.orders import domain_of

    return tuple(domain_of(numbers.view(output), output.name, asked.by) for output in numbers.outputs)


def _derivations(
    numbers: Problem, asked: _Asked, options: FormulaOptions, found: Sequence[Formula], notes: list[Diagnostic]
) -> tuple[object, ...]:
    """The derivations, step by step, each compared with SymPy's derivative."""
    from diffcli.methods.derivation.orders import before, derivations

    lower = before(asked.by)
    found = [*found, *(formulas(numbers, lower, options, notes) if lower else ())]
    derived: list[object] = []
    for output in numbers.outputs:
        forms = {each.by: each for each in found if each.result == output.name}
        derived += derivations(numbers.view(output), output.name, asked.by, forms, options, notes)
    return tuple(derived)
