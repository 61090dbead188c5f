"""Where an iterated map has a value: nowhere at all, or no longer from some n on at a point."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import product
from typing import Any

from diffcli.errors import Diagnostic, DomainError, Mark, error
from diffcli.language.writing.printer import number_text
from diffcli.methods.nonsmooth.nonfinite import require_value
from diffcli.methods.problem.problem import Problem
from diffcli.operations import OPERATIONS
from diffcli.studies.swell.map import Recurrence
from diffcli.tape import Tape, evaluate
from diffcli.tape.running.rules import FLOAT

PROBES = (1.0, 0.0, 0.5, 2.5, -0.5, -1.0, -2.5)
"""Operands to try: the domain of every operation of the table holds some of them."""


# -- anywhere ------------------------------------------------------------------------------------------------------------


def require_values(recurrence: Recurrence) -> None:
    """Refuse a map that has no value anywhere, whatever its variables are, as ``l/0``.

    >>> from diffcli.language import parse
    >>> from diffcli.studies.swell.map import of_program
    >>> require_values(of_program(parse("l/0")))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    diffcli.errors.DomainError: this divides by 0
      ...
    """
    step = recurrence.step()
    slot = _hopeless(step)
    if slot is None or any(_is_number(evaluate(step, [probe] * len(step.inputs))[step.output]) for probe in PROBES):
        return
    divides = step.operation(slot) in ("div", "reciprocal")
    message = "this divides by 0" if divides else f"`{_title(step, slot)}` is undefined here"
    notes = ["the map has no value anywhere, so there is nothing to differentiate"]
    code = "division-by-zero" if divides else "domain"
    raise DomainError([error(code, message, step.source, Mark(step.span(slot)), notes=notes)])


def _hopeless(step: Tape) -> int | None:
    """The first row that every point reaches, and that is undefined whatever the variables are."""
    known: list[Any] = [*[None] * step.slots, *reversed(step.constants)]
    chosen = {slot for skip in step.skips for slot in range(skip.start, skip.stop)}
    for slot, function in zip(step.rows(), FLOAT.row_functions(step), strict=True):
        operands = [known[operand] for operand in step.operands_of(slot)]
        unknown = operands.count(None)
        if slot in chosen or unknown > 2:
            continue
        tried = []
        for probes in map(iter, product(PROBES, repeat=unknown)):
            tried.append(function(*[next(probes) if operand is None else operand for operand in operands]))
        if not any(map(_is_number, tried)):
            return slot
        known[slot] = None if unknown else tried[0]
    return None


def _is_number(value: float | None) -> bool:
    return value is not None and value == value


# -- at a point ----------------------------------------------------------------------------------------------------------


def lost(recurrence: Recurrence, n: int, at: Mapping[str, float]) -> tuple[int, Diagnostic] | None:
    """The first of l_2 ... l_n that is undefined, or beyond a float, at a point, and why; None if there is none.

    >>> from diffcli.language import parse
    >>> from diffcli.studies.swell.map import of_program
    >>> lost(of_program(parse("log(l)")), 9, {"x": 0.5})[0]
    3
    """
    step = recurrence.step()
    point = {name: at[name] for name in recurrence.parameters} | {recurrence.state: at[recurrence.start]}
    for index in range(2, n + 1):
        value = evaluate(step, [point[name] for name in step.inputs])[step.output]
        if not math.isfinite(value):
            place = ", ".join(f"{name} = {number_text(number)}" for name, number in at.items())
            found = _blame(Problem(recurrence.program, point))
            what = "no value" if value != value else "no finite value"
            message = f"{found.message}: from n = {index} on {recurrence.iterate} has {what} at {place}"
            return index, found._replace(severity="warning", message=message)
        point[recurrence.state] = value
    return None


def _blame(problem: Problem) -> Diagnostic:
    """The row of the map that is undefined or infinite, as a diagnostic."""
    try:
        require_value(problem)
    except DomainError as fault:
        return fault.diagnostics[0]
    tape, values = problem.tape, problem.values
    slot = tape.output
    while infinite := [row for row in tape.operands_of(slot) if values[row] is not None and math.isinf(values[row])]:
        slot = infinite[0]
    pole = "pole" in dict(FLOAT.breaks_at(tape, slot, values))
    message = f"`{_title(tape, slot)}` {'has a pole here' if pole else 'overflows'}"
    return problem.warning("pole" if pole else "overflow", message, slot, problem.shown(tape.operands_of(slot)))


def _title(tape: Tape, slot: int) -> str:
    row = OPERATIONS[tape.operation(slot)]
    return row.symbol or row.spelling
