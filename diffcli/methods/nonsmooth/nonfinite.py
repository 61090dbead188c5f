"""Blame: which row makes a value or a derivative something other than a number, and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import islice

from diffcli.errors import Diagnostic, DomainError, Span
from diffcli.language import parse
from diffcli.language.writing.printer import number_text, to_text
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.forward import tangents
from diffcli.methods.sweeps.reverse import accumulate
from diffcli.operations import OPERATIONS, Operation
from diffcli.records import Number, is_array
from diffcli.tape import Tape, evaluate
from diffcli.tape.running.rules import FLOAT, Overrides

MOST = 5
"""How many rows are blamed at once."""


def require_value(problem: Problem) -> None:
    """Refuse a result that is undefined.

    Raises
    ------
    DomainError
        With the row where an undefined value first arises from defined ones.
    """
    if _is_nan(problem.values[problem.tape.output]):
        slot = _undefined_row(problem)
        if problem.tape.shapes is None:
            raise DomainError([_undefined(problem, slot)])
        from diffcli.methods.nonsmooth.array_notes import undefined_array  # numbers do not wait for NumPy

        raise DomainError([undefined_array(problem, slot)])


def _undefined_row(problem: Problem) -> int:
    """The row that is NaN though its operands are not, on the way to a result that is NaN."""
    slot = problem.tape.output
    while True:
        bad = [operand for operand in problem.tape.operands_of(slot) if _is_nan(problem.values[operand])]
        if not bad:
            return slot
        slot = bad[0]


def _is_nan(value: Number | None) -> bool:
    """Whether a value, or some element of it, is undefined."""
    if not is_array(value):
        return value is not None and value != value
    from diffcli.operations.arithmetic.arrays import has_nan

    return has_nan(value)


def _undefined(problem: Problem, slot: int) -> Diagnostic:
    """Why a row has no value."""
    name = problem.tape.operation(slot)
    row = OPERATIONS[name]
    operands = problem.tape.operands_of(slot)
    arguments = [problem.values[operand] for operand in operands]
    shown = problem.shown(operands)
    if FLOAT.outside(name, arguments) is not None:
        help = _hints(problem, slot)
        divides = name in ("div", "reciprocal") or (name == "pow" and arguments[0] == 0)
        if divides:
            code, message = "division-by-zero", "this divides by 0"
            notes = ["the value and its derivative are undefined at this point"]
        else:
            code, message = "domain", f"`{row.symbol or row.spelling}` is undefined here"
            notes = [f"its domain: {domain_text(problem, row, operands)}"]
            if name == "pow":
                notes = ["a negative base has a real power only for a whole exponent"]
                if abs(arguments[1] - 1 / 3) < 1e-9:
                    help = ["cbrt(x) is the real cube root"]
        return problem.warning(code, message, slot, shown, notes, help)._replace(severity="error")
    message = f"`{row.symbol or row.spelling}` of these operands is indeterminate"
    notes = ["an infinite operand comes from a pole or an overflow before it"] if any(map(math.isinf, arguments)) else []
    return problem.warning("indeterminate", message, slot, shown, notes, _hints(problem, slot))._replace(severity="error")


def domain_text(problem: Problem, row: Operation, operands: tuple[int, ...]) -> str:
    """The domain with the user's own words for the operands."""
    words = {}
    for parameter, operand in zip(row.parameters, operands, strict=False):
        words[parameter] = problem.operand_text(operand)
    return to_text(parse(row.domain), name=lambda name: words.get(name, name))


_HINTS = (
    ("mul", "log", "xlogy(a, b) is a*log(b) with the value 0 at a = 0"),
    ("log", "exp", "softplus(x) is log(1 + exp(x)), and logaddexp(a, b) log(exp(a) + exp(b)), without overflow"),
    ("log", "cosh", "logcosh(x) is log(cosh(x)) without overflow"),
    ("sqrt", "mul", "abs(x) is sqrt(x*x), and hypot(x, y) sqrt(x*x + y*y), with a derivative rule of its own at 0"),
    ("sqrt", "pow", "abs(x) is sqrt(x^2), and hypot(x, y) sqrt(x^2 + y^2), with a derivative rule of its own at 0"),
    ("sqrt", "square", "abs(x) is sqrt(x^2), and hypot(x, y) sqrt(x^2 + y^2), with a derivative rule of its own at 0"),
    ("div", "sin", "sinc(x) is sin(pi*x)/(pi*x) with the value 1 at 0"),
    ("div", "exp", "sigmoid(x) is 1/(1 + exp(-x)) without overflow"),
)
"""A row, an operand of it (or of a sum in it), and an operation that does the same unharmed."""


def _hints(problem: Problem, slot: int) -> list[str]:
    """An operation that would do, unharmed, what a row does together with those that use it."""
    tape = problem.tape
    users = _users(problem, slot)
    above = [row for user in users for row in _users(problem, user)]
    for row in [slot, *users, *above]:
        name, inner = tape.operation(row), _names(tape, tape.operands_of(row))
        if "add" in inner:  # log(1 + exp(x)): what is added stands one row further down
            inner |= {name for operand in tape.operands_of(row) for name in _names(tape, _operands(tape, operand))}
        for outer, needed, hint in _HINTS:
            if outer == name and needed in inner:
                return [hint]
    return []


def _operands(tape: Tape, slot: int) -> tuple[int, ...]:
    return tape.operands_of(slot) if tape.first_row <= slot < tape.slots else ()


def _names(tape: Tape, slots: tuple[int, ...]) -> set[str]:
    return {tape.operation(slot) for slot in slots if tape.first_row <= slot < tape.slots}


def _users(problem: Problem, slot: int) -> list[int]:
    """The first few rows that have a slot for an operand."""
    tape = problem.tape
    return list(islice((row for row in tape.rows() if slot in tape.operands_of(row)), 4))


def explain(
    problem: Problem, gradient: dict[str, float], overrides: Overrides, known: Sequence[Diagnostic] = ()
) -> list[Diagnostic]:
    """Why a value or a derivative is infinite, or a derivative NaN: one warning for each row to blame.

    What ``known`` has told already is not told again.
    """
    if problem.tape.shapes is not None:
        from diffcli.methods.nonsmooth.array_notes import explain_arrays

        return explain_arrays(problem, overrides, known)
    found = _overflows(problem)
    blamed = {(note.code, note.span) for note in [*found, *known]}
    blamed |= {("undefined-partial", problem.tape.span(slot)) for slot in overrides}  # NaN was asked for
    looked_at: set[tuple[Span, int]] = set()
    _, steps = accumulate(problem.tape, problem.values, problem.active, overrides=overrides)
    reached: dict[int, float] = {problem.tape.output: 1.0}
    for step in steps:
        arriving = reached[step.source]
        reached[step.target] = step.total
        if math.isfinite(step.term) or arriving != arriving or len(found) >= MOST:
            continue
        place = problem.tape.span(step.source), step.position
        if place in looked_at:
            continue  # the body of a function that is called again
        looked_at.add(place)
        note = _bad_term(problem, step.source, step.position, step.term, arriving)
        if note is not None and (note.code, note.span) not in blamed:
            blamed.add((note.code, note.span))
            found.append(note)
    undefined = [name for name, derivative in gradient.items() if name and derivative != derivative]
    if found and undefined:
        beside = [text for text in (_slopes_beside(problem, name) for name in undefined[:3]) if text]
        found[-1] = found[-1]._replace(notes=(*found[-1].notes, *beside))
    return found


def _slopes_beside(problem: Problem, name: str) -> str:
    """The slopes a little way to either side of a point where the derivative is undefined."""
    slot = problem.input_slot(name)
    x = problem.at[name]
    distance = 2.0 ** round(math.log2(max(1.0, abs(x))) - 20)
    seed = [1.0 if position == slot else None for position in range(len(problem.point))]
    slopes = []
    for beside in (x - distance, x + distance):
        point = problem.point
        point[slot] = beside
        values = evaluate(problem.tape, point)
        slope = tangents(problem.tape, values, seed)[problem.tape.output]
        slopes.append(number_text(slope) if slope is not None and math.isfinite(slope) else "undefined")
    if slopes == ["undefined"] * 2:
        return ""
    return f"the slope along {name} is {slopes[0]} at {name} = {x - distance!r}, {slopes[1]} at {name} = {x + distance!r}"


def _overflows(problem: Problem) -> list[Diagnostic]:
    """Rows that are infinite though their operands are not, and that the result depends on."""
    tape, values = problem.tape, problem.values
    found: list[Diagnostic] = []
    for slot in tape.rows():
        value = values[slot]
        if value is None or not math.isinf(value) or len(found) >= MOST:
            continue
        if problem.active[slot] and problem.adjoints[slot] is None:
            continue
        operands = tape.operands_of(slot)
        arguments = [values[operand] for operand in operands]
        if any(argument is not None and math.isinf(argument) for argument in arguments):
            continue
        row = OPERATIONS[tape.operation(slot)]
        if "pole" in dict(FLOAT.breaks(row.name, arguments, value)):
            continue  # noted as a pole
        message = f"`{row.symbol or row.spelling}` overflows: the value is beyond the range of a float"
        found.append(problem.warning("overflow", message, slot, problem.shown(operands), (), _hints(problem, slot)))
    return found


def _bad_term(problem: Problem, slot: int, position: int, term: float, arriving: float) -> Diagnostic | None:
    """Why a row hands on something that is no finite number; None where what arrived was infinite and stays so."""
    row = OPERATIONS[problem.tape.operation(slot)]
    operands = problem.tape.operands_of(slot)
    shown = problem.shown(operands)
    name = row.symbol or row.spelling
    by = problem.operand_text(operands[position])
    if math.isinf(arriving):
        if math.isinf(term):
            return None
        message = f"an infinite derivative meets a partial of `{name}` that is 0: 0 times infinity is undefined"
        return problem.warning("indeterminate", message, slot, shown, (), _hints(problem, slot))
    if math.isinf(term) and math.isinf(problem.values[slot]):
        return None  # the row overflows, or is at a pole, itself
    if math.isinf(term):
        notes = [f"by {by} it is {number_text(term)}"]
        return problem.warning("pole", f"`{name}` has an infinite slope here", slot, shown, notes)
    if arriving == 0 and _is_infinite(problem, slot, position):
        message = f"an adjoint of 0 meets an infinite partial of `{name}`: 0 times infinity is undefined"
        return problem.warning("indeterminate", message, slot, shown, (), _hints(problem, slot))
    message = f"the partial of `{name}` by `{by}` is undefined here"
    return problem.warning("undefined-partial", message, slot, shown)


def _is_infinite(problem: Problem, slot: int, position: int) -> bool:
    """Whether a partial itself is infinite."""
    operands = problem.tape.operands_of(slot)
    function = FLOAT.terms(problem.tape.operation(slot), len(operands))[position]
    partial = function(1.0, *[problem.values[operand] for operand in operands], problem.values[slot]) if function else None
    return partial is not None and math.isinf(partial)
