"""What is worth telling of a tape with arrays: breaks, undefined values and infinite slopes, with how many elements have them.

The questions are those of `diffcli.methods.nonsmooth.breaks` and `diffcli.methods.nonsmooth.nonfinite`, asked of all elements
at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli.errors import Diagnostic
from diffcli.methods.nonsmooth.breaks import Break, deciding_rows
from diffcli.methods.nonsmooth.nonfinite import domain_text
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.array_sweeps import array_adjoints
from diffcli.operations import row_of
from diffcli.operations.arithmetic import arrays
from diffcli.operations.array_row import size
from diffcli.operations.row import Operation
from diffcli.tape.running.array_rules import NUMPY
from diffcli.tape.running.rules import Overrides

MOST = 5
"""How many rows are blamed at once."""


def elements(holds: Any) -> str:
    """Where a condition holds, in words: ``2 of 3 elements, the first at [0]``; empty for a number.

    >>> elements(arrays.as_array([0.0, 1.0, 1.0]))
    'at 2 of 3 elements, the first [1]'
    """
    shape = arrays.shape_of(holds)
    if not shape:
        return ""
    count, first = arrays.count_true(holds), ", ".join(map(str, arrays.first_true(holds)))
    return f"at {count} of {size(shape)} elements, the first [{first}]" if size(shape) > 1 else f"at [{first}]"


def find_array_breaks(problem: Problem) -> list[Break]:
    """The breaks among the rows that touch the derivative, in evaluation order."""
    tape, values = problem.tape, problem.values
    deciding = deciding_rows(problem)
    found = []
    for slot in tape.rows():
        name = tape.operation(slot)
        row = row_of(name)
        decides = slot in deciding
        if name == "where" or values[slot] is None or not (row.breaks or row.flat) or not (problem.reached(slot) or decides):
            continue
        breaks = NUMPY.breaks_at(tape, slot, values)
        if not decides:  # a comparison that is used as a number is a step function
            breaks = [("jump" if "branch" in kind else kind, holds) for kind, holds in breaks]
            breaks = breaks or [("flat", 0.0)] * row.flat
        elif not problem.reached(slot):
            breaks = [(kind, holds) for kind, holds in breaks if kind in ("jump", "branch", "point-branch")]
        found += [Break(slot, kind, elements(holds)) for kind, holds in breaks]
    return found


# -- undefined values ------------------------------------------------------------------------------------------------------


def undefined_array(problem: Problem, slot: int) -> Diagnostic:
    """Why a row that is undefined in some elements is so."""
    tape = problem.tape
    name, operands = tape.operation(slot), tape.operands_of(slot)
    row = row_of(name)
    shown = problem.shown(operands)
    spelled = row.symbol or row.spelling
    outside = NUMPY.outside_at(tape, slot, problem.values)
    if outside is not None:
        code = "division-by-zero" if name in ("div", "reciprocal") else "domain"
        message = "this divides by 0" if code == "division-by-zero" else f"`{spelled}` is undefined here"
        domain = f"its domain: {domain_text(problem, row, operands)}" if isinstance(row, Operation) else ""
        notes = [text for text in (elements(outside), domain) if text]
        if name in ("cross_entropy", "one_hot"):
            notes.append("labels are whole numbers from 0 to the number of classes less 1")
    elif name in ("inv", "solve"):
        code, message, notes = "domain", f"`{spelled}` is undefined here: the matrix is singular", []
    else:
        code, message = "indeterminate", f"`{spelled}` of these operands is indeterminate"
        notes = [elements(arrays.is_nan(problem.values[slot]))]
    return problem.warning(code, message, slot, shown, list(filter(None, notes)))._replace(severity="error")


def explain_arrays(problem: Problem, overrides: Overrides, known: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Why some elements of a value or a derivative are infinite or NaN: one warning for each row to blame."""
    found = _overflows(problem)
    blamed = {(note.code, note.span) for note in [*found, *known]}
    tape = problem.tape
    arriving: dict[int, Any] = {tape.output: 1.0}

    def look(source: int, position: int, target: int, term: Any, total: Any, first: bool) -> None:
        arriving[target] = total
        if arrays.all_finite(term) or len(found) >= MOST or not arrays.all_finite(arriving.get(source, 1.0)):
            return
        note = _bad_term(problem, source, position, term)
        if (note.code, note.span) not in blamed and source not in overrides:
            blamed.add((note.code, note.span))
            found.append(note)

    array_adjoints(tape, problem.values, problem.active, {tape.output: 1.0}, overrides, look)
    return found


def _bad_term(problem: Problem, slot: int, position: int, term: Any) -> Diagnostic:
    operands = problem.tape.operands_of(slot)
    row = row_of(problem.tape.operation(slot))
    name, by = row.symbol or row.spelling, problem.operand_text(operands[position])
    undefined = arrays.is_nan(term)
    if arrays.any_true(undefined):
        code, message = "undefined-partial", f"the partial of `{name}` by `{by}` is undefined here"
        holds = undefined
    else:
        code, message = "pole", f"`{name}` has an infinite slope here"
        holds = arrays.is_infinite(term)
    return problem.warning(code, message, slot, problem.shown(operands), list(filter(None, [elements(holds)])))


def _overflows(problem: Problem) -> list[Diagnostic]:
    """Rows that are infinite though their operands are not, and that the result depends on."""
    tape, values = problem.tape, problem.values
    found: list[Diagnostic] = []
    for slot in tape.rows():
        value = values[slot]
        if value is None or len(found) >= MOST or not problem.reached(slot) or not arrays.any_true(arrays.is_infinite(value)):
            continue
        operands = tape.operands_of(slot)
        arguments = [values[operand] for operand in operands]
        if any(argument is not None and arrays.any_true(arrays.is_infinite(argument)) for argument in arguments):
            continue
        row = row_of(tape.operation(slot))
        if "pole" in dict(NUMPY.breaks_at(tape, slot, values)):
            continue  # noted as a pole
        message = f"`{row.symbol or row.spelling}` overflows: the value is beyond the range of a float"
        notes = list(filter(None, [elements(arrays.is_infinite(value))]))
        found.append(problem.warning("overflow", message, slot, problem.shown(operands), notes))
    return found
