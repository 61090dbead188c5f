"""Derivatives of any order as formulas, of one result or several, without a point or at one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement, product
from math import isfinite

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic, LimitError, UsageError, as_stop, error
from diffcli.language.writing.printer import number_text
from diffcli.methods.matrices.hessian import hessian_of
from diffcli.methods.matrices.jacobian import jacobian_of
from diffcli.methods.nonsmooth.breaks import NOT_DIFFERENTIABLE
from diffcli.methods.nonsmooth.system_notes import require_values
from diffcli.methods.options import FormulaOptions, HessianOptions, MatrixOptions
from diffcli.methods.problem.problem import ANYWHERE, At, Problem, Target, as_program, names_in
from diffcli.methods.problem.scalarise import scalarised
from diffcli.methods.problem.system import System
from diffcli.methods.symbolic.formulas import formulas
from diffcli.methods.symbolic.simplification import Simplifier
from diffcli.records import SymbolicDerivative, element_names
from diffcli.records.formulas import Formula, FormulaResult

By = tuple[str, ...]
"""The variables of a derivative, one for each time that it is by them."""


def compute_formulas(target: Target, at: At | None, options: FormulaOptions) -> FormulaResult:
    """The derivatives of a program as formulas: what `diffcli.diff` returns and raises, but for equations."""
    options.progress("reading")
    program = as_program(target, options.verify)
    point = at or (ANYWHERE if program.inputs else {})
    system = System(program, point, of=options.of, wrt=options.wrt, most_rows=options.max_nodes)
    with system.placing():
        if system.known:
            require_values(system)
        asked = asked_of(system, options)
        found = _at_point(system, asked, options) if system.known else _anywhere(system, asked, options)
        return found._replace(notes=tuple(system.placed(found.notes)))


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


def _anywhere(system: System, asked: _Asked, options: FormulaOptions) -> FormulaResult:
    notes = [*system.notes(), *system.unused()]
    return _result(system, system, asked, options, _formulas(system, asked, options, notes), notes)


def _at_point(system: System, asked: _Asked, options: FormulaOptions) -> FormulaResult:
    """The formulas with their values, and everything that a Jacobian or a Hessian has to say at the point."""
    numbers = scalarised(system)
    given = {name: getattr(options, name) for name in ("strict", "max_nodes", "watch", "progress", "simplify")}
    found: list[Formula] = []
    if asked.order == 1:
        first = jacobian_of(system, MatrixOptions(mode="symbolic", **given))
        found += [_formula(result, (each.variable,), each) for result, each in first.symbolic]
        return _result(system, numbers, asked, options, found, [*first.notes])
    mode = "symbolic" if asked.order == 2 else "auto"
    notes: list[Diagnostic] = []
    for output in numbers.outputs:
        second = hessian_of(numbers.view(output), HessianOptions(mode=mode, **given))
        notes += [note for note in second.notes if note not in notes]
        by_names = {frozenset((each.first, each.second)): each.derivative for each in second.symbolic}
        found += [_formula(output.name, by, by_names[key]) for by in asked.by if (key := frozenset(by)) in by_names]
    if asked.order > 2:
        found = _formulas(numbers, asked, options, notes)
    return _result(system, numbers, asked, options, found, notes)


def _formula(result: str, by: By, found: SymbolicDerivative) -> Formula:
    return Formula(result, by, found.unsimplified, found.simplified, found.latex, found.value)


def _formulas(numbers: Problem, asked: _Asked, options: FormulaOptions, notes: list[Diagnostic]) -> list[Formula]:
    """What SymPy finds until a limit strikes, which is a note then."""
    found: list[Formula] = []
    wanted = len(asked.by) * len(numbers.outputs)
    views = [(output.name, numbers.view(output)) for output in numbers.outputs]
    try:
        with Simplifier(options.simplify, wanted, notes) as simplifier:
            formulas(views, asked.by, found.append, options.max_nodes, simplifier, options.progress)
    except (LimitError, KeyboardInterrupt) as stopped:
        if not found:
            raise
        notes.append(as_stop(stopped)._replace(notes=(f"not differentiated: {wanted - len(found)} of {wanted} derivatives",)))
    return found


def _result(
    system: System, numbers: Problem, asked: _Asked, options: FormulaOptions, found: Sequence[Formula], notes: list[Diagnostic]
) -> FormulaResult:
    """What was found, with the derivations if they are asked for."""
    results = tuple(output.name for output in numbers.outputs)
    values = {output.name: float(numbers.value_of(output)) for output in numbers.outputs} if system.known else {}
    flat = asked.order == 1 and system.known and not any(map(is_rough, notes))
    return FormulaResult(
        expression=system.expression(), inputs=tuple(system.tape.inputs), results=results, wrt=asked.wrt, order=asked.order,
        formulas=tuple(found), hessian=options.hessian, at=system.at if system.known else {}, values=values,
        tangents=tangents_of(numbers, values, found) if flat else {},
        derivations=_derivations(numbers, asked, options, found, notes) if options.steps else (), notes=tuple(notes),
        of=system.question.of, recorded=system.function is not None,
    )  # fmt: skip


def is_rough(note: Diagnostic) -> bool:
    """Whether a note says that there is no derivative, and so no tangent."""
    return note.code in NOT_DIFFERENTIABLE and not (note.slopes and all(slope.left == slope.right for slope in note.slopes))


def tangents_of(numbers: Problem, values: Mapping[str, float], found: Sequence[Formula]) -> dict[str, str]:
    """For each result the tangent line, or plane, as a program: what is finite of it and its slopes."""
    tangents = {}
    for result, value in values.items():
        slopes = {each.by[0]: each.value for each in found if each.result == result and each.value is not None}
        if len(slopes) == len(numbers.wrt) and all(map(isfinite, (value, *slopes.values()))):
            tangents[result] = tangent_text(value, {name: (float(numbers.at[name]), slope) for name, slope in slopes.items()})
    return tangents


def tangent_text(value: float, slopes: Mapping[str, tuple[float, float]]) -> str:
    """A tangent as a program, from the value, and the point and the slope along each variable.

    >>> tangent_text(9.0, {"x": (3.0, 6.0), "y": (-1.0, -1.0)}), tangent_text(0.0, {"x": (0.0, 2.0)}), tangent_text(0.0, {})
    ('9 + 6*(x - 3) - (y + 1)', '2*x', '0')
    """
    text = number_text(value) if value else ""
    for name, (place, slope) in slopes.items():
        if slope:
            step = f"({name} {'-' if place > 0 else '+'} {number_text(abs(place))})" if place else name
            term = step if abs(slope) == 1 else f"{number_text(abs(slope))}*{step}"
            text += f" {'-' if slope < 0 else '+'} {term}" if text else f"{'-' * (slope < 0)}{term}"
    return text or "0"


def _derivations(
    numbers: Problem, asked: _Asked, options: FormulaOptions, found: Sequence[Formula], notes: list[Diagnostic]
) -> tuple[object, ...]:
    """The derivations, step by step, each compared with SymPy's derivative."""
    from diffcli.methods.derivation.orders import before, derivations

    lower = asked._replace(by=before(asked.by))
    found = [*found, *(_formulas(numbers, lower, options, notes) if lower.by else ())]
    derived: list[object] = []
    for output in numbers.outputs:
        forms = {each.by: each for each in found if each.result == output.name}
        derived += derivations(numbers.view(output), output.name, asked.by, forms, options, notes)
    return tuple(derived)
