"""Blame: which row makes a value or a derivative something other than a number, and why."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from diffcli.errors import Diagnostic, DomainError, Span, error
from diffcli.language import parse
from diffcli.language.writing.printer import number_text, to_text
from diffcli.methods.nonsmooth.breaks import elements, rows_below
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.reverse import Step, accumulate
from diffcli.methods.sweeps.rounding import underflowed
from diffcli.operations import OPERATIONS, Operation, row_of
from diffcli.operations.custom_operations import OwnName
from diffcli.records import is_array
from diffcli.tape import Tape, evaluate
from diffcli.tape.running.evaluation import GIVEN_UP, arithmetic_of
from diffcli.tape.running.rules import Overrides

MOST = 5
"""How many rows are blamed at once."""


def require_value(problem: Problem) -> None:
    """Refuse a result that is undefined: a `DomainError` at the row where an undefined value first arises from defined ones."""
    if _is("is_nan", problem, problem.tape.output):
        _recall_values(problem)
        slot, reader = _undefined_row(problem)
        if slot in problem.tape.rows():
            raise DomainError([_undefined(problem, slot)])
        message = "a number of the function itself is nan" if reader else "the result is nan, whatever the variables are"
        raise DomainError([error("domain", message, problem.tape.source, *problem.mark(reader))])


def _recall_values(problem: Problem) -> None:
    """Evaluate a problem again where not all of its values were kept: what went wrong is to be found among them."""
    if any(value is GIVEN_UP for value in problem.values):
        problem.values = evaluate(problem.tape, problem.point)


def _undefined_row(problem: Problem) -> tuple[int, int]:
    """The row, or the constant, that is NaN though its operands are not, on the way to a result that is NaN; and who reads it."""
    slot, reader = problem.tape.output, 0
    while slot in problem.tape.rows():
        bad = [operand for operand in problem.tape.operands_of(slot) if _is("is_nan", problem, operand)]
        if not bad:
            break
        slot, reader = bad[0], slot
    return slot, reader


def _is(kind: str, problem: Problem, slot: int) -> bool:
    """Whether a value, or some element of it, is what a question of the arithmetic says: ``is_nan`` or ``is_infinite``."""
    numbers, value = arithmetic_of(problem.tape).numbers, problem.values[slot]
    return value is not None and bool(numbers.any_true(getattr(numbers, kind)(value)))


def _undefined(problem: Problem, slot: int) -> Diagnostic:
    """Why a row has no value, or an array not in all of its elements."""
    tape, arithmetic = problem.tape, arithmetic_of(problem.tape)
    name, operands = tape.operation(slot), tape.operands_of(slot)
    row, numbers = row_of(name), arithmetic.numbers
    arguments = [problem.values[operand] for operand in operands]
    outside, help = arithmetic.outside(name, arguments, arithmetic.fixed_at(tape, slot)), _hints(problem, slot)
    code, message = "domain", f"`{row.symbol or row.spelling}` is undefined here"
    notes = [] if outside is None else [elements(outside)]
    if name in ("inv", "solve") and outside is None:
        message = f"{message}: the matrix is singular"
    elif outside is None:
        code, message = "indeterminate", f"`{row.symbol or row.spelling}` of these operands is indeterminate"
        notes = [elements(numbers.is_nan(problem.values[slot]))]
        if any(numbers.any_true(numbers.is_infinite(argument)) for argument in arguments if argument is not None):
            notes.append("an infinite operand comes from a pole or an overflow before it")
        elif not isinstance(row, Operation):
            notes.append("numbers on the way to it overflow: they are beyond the range of a float")
    elif name in ("div", "reciprocal") or (name == "pow" and numbers.any_true(numbers.both(arguments[0] == 0, outside))):
        code, message = "division-by-zero", "this divides by 0"
        if tape.source.original is not None and tape.source.text[slice(*tape.span(slot))].strip("()") == "0/0":
            message = "none of the cases holds here"  # which the reader of LaTeX writes as 0/0
        notes.append(_underflow(problem, operands[name == "div"]) or "the value and its derivative are undefined at this point")
    elif name == "pow":
        notes.append("a negative base has a real power only for a whole exponent")
        if numbers.any_true(abs(arguments[1] - 1 / 3) < 1e-9):
            help = ["cbrt(x) is the real cube root"]
    elif name in ("cross_entropy", "one_hot"):
        notes.append("labels are whole numbers from 0 to the number of classes less 1")
    elif isinstance(row, Operation):
        words = dict(zip(row.parameters, map(problem.operand_text, operands), strict=False))
        notes.append(f"its domain: {to_text(parse(row.finite_domain), name=lambda name: words.get(name, name))}")
    found = problem.warning(code, message, slot, problem.shown(operands), list(filter(None, notes)), help)
    return found._replace(severity="error")


_SHRINKING = frozenset(("mul", "div", "pow", "square", "reciprocal", "exp", "sigmoid", "softplus"))
"""Operations that are 0 of numbers that are not by underflow alone."""


def _underflow(problem: Problem, divisor: int) -> str:
    """The row that makes a divisor 0 which is none but for the range of floats."""
    tape = problem.tape
    for slot in sorted(rows_below(problem, [divisor])):
        are_numbers = not any(map(tape.shape, (slot, *tape.operands_of(slot))))
        if are_numbers and tape.operation(slot) in _SHRINKING and underflowed(tape, problem.values, slot):
            return f"`{problem.operand_text(slot)}` underflows to 0: it is below the range of a float"
    return ""


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
            inner |= {name for operand in tape.operands_of(row) for name in _names(tape, tape.operands_of(operand))}
        for outer, needed, hint in _HINTS:
            if outer == name and needed in inner:
                return [hint]
    return []


def _names(tape: Tape, slots: tuple[int, ...]) -> set[str]:
    return {tape.operation(slot) for slot in slots if slot >= tape.first_row}


def _users(problem: Problem, slot: int) -> list[int]:
    """The first few rows that have a slot for an operand."""
    tape = problem.tape
    return list(islice((row for row in tape.rows() if slot in tape.operands_of(row)), 4))


def explain(problem: Problem, overrides: Overrides, known: Sequence[Diagnostic] = ()) -> list[Diagnostic]:
    """Why a value or a derivative is infinite, or NaN: one warning for each row to blame; of a number that is NaN none.

    What ``known`` reports already is not reported again.
    """
    _recall_values(problem)
    numbers = arithmetic_of(problem.tape).numbers
    found = _overflows(problem)
    if problem.tape.shape(problem.tape.output) and _is("is_nan", problem, problem.tape.output):
        slot, _ = _undefined_row(problem)
        found += [_undefined(problem, slot)._replace(severity="warning")] if slot in problem.tape.rows() else []
    blamed = {(note.code, note.span) for note in [*found, *known]}
    blamed |= {("undefined-partial", problem.tape.span(slot)) for slot in overrides}  # NaN was asked for
    looked_at: set[tuple[Span, int]] = set()
    _, steps = accumulate(problem.tape, problem.values, problem.active, overrides=overrides)
    reached: dict[int, Any] = {problem.tape.output: 1.0}
    for step in steps:
        arriving, before = reached[step.source], reached.get(step.target, 0.0)
        reached[step.target] = step.total
        harmless = numbers.all_finite(step.term) and (numbers.all_finite(step.total) or not numbers.all_finite(before))
        if harmless or len(found) >= MOST or numbers.any_true(numbers.is_nan(arriving)):
            continue
        place = problem.tape.span(step.source), step.position
        if place in looked_at:
            continue  # the body of a function that is called again
        looked_at.add(place)
        note = _bad_term(problem, step, arriving)
        if note is not None and (note.code, note.span) not in blamed:
            blamed.add((note.code, note.span))
            found.append(note)
    return found


def _overflows(problem: Problem) -> list[Diagnostic]:
    """Rows that are infinite though their operands are not, and that the result depends on."""
    tape, values, arithmetic = problem.tape, problem.values, arithmetic_of(problem.tape)
    found: list[Diagnostic] = []
    for slot in tape.rows():
        if len(found) >= MOST:
            break
        if not _is("is_infinite", problem, slot) or (problem.active[slot] and problem.adjoints[slot] is None):
            continue
        operands = tape.operands_of(slot)
        if any(_is("is_infinite", problem, operand) for operand in operands):
            continue
        if "pole" in dict(arithmetic.breaks_at(tape, slot, values)):
            continue  # noted as a pole
        row = row_of(tape.operation(slot))
        what = "the value" if isinstance(row, Operation) else "the value, or a number on the way to it,"
        message = f"`{row.symbol or row.spelling}` overflows: {what} is beyond the range of a float"
        notes = list(filter(None, [elements(arithmetic.numbers.is_infinite(values[slot]))]))
        found.append(problem.warning("overflow", message, slot, problem.shown(operands), notes, _hints(problem, slot)))
    return found


def _bad_term(problem: Problem, step: Step, arriving: Any) -> Diagnostic | None:
    """Why a row hands on something that is no finite number; None where what arrived was infinite and stays so."""
    tape, numbers = problem.tape, arithmetic_of(problem.tape).numbers
    slot, operands = step.source, tape.operands_of(step.source)
    row = row_of(tape.operation(slot))
    name, by = row.symbol or row.spelling, problem.operand_text(operands[step.position])
    alike = tape.shape(slot) == tape.shape(step.target)  # else one element hands on what several have brought

    def where(holds: Any) -> Any:
        return holds != 0 if alike else bool(numbers.any_true(holds))

    undefined, infinite = where(numbers.is_nan(step.term)), where(numbers.is_infinite(step.term))
    pole = where(dict(arithmetic_of(tape).breaks_at(tape, slot, problem.values)).get("pole", 0.0))
    if isinstance(tape.operation(slot), OwnName):
        pole = infinite  # as far as is known
    finite, overflows = where(numbers.is_infinite(arriving)) == 0, where(numbers.is_infinite(problem.values[slot]))
    lost = where(arriving == 0) & where(numbers.is_infinite(_partial(problem, step)))
    meets = f"an infinite derivative meets a partial of `{name}` that is 0: 0 times infinity is undefined"
    met = f"an adjoint of 0 meets an infinite partial of `{name}`: 0 times infinity is undefined"
    too_large = f"the derivative by `{by}` overflows: it is beyond the range of a float"
    by_text = f"by {by} it is {number_text(float(step.term))}" if not is_array(step.term) else ""
    for holds, code, message, note in (
        (undefined & (finite == 0), "indeterminate", meets, ""),
        (infinite & finite & (overflows == 0) & pole, "pole", f"`{name}` has an infinite slope here", by_text),
        (where(numbers.is_infinite(step.total)) & finite & (overflows == 0) & (pole == 0), "overflow", too_large, ""),
        (undefined & finite & lost, "indeterminate", met, ""),
        (undefined & finite, "undefined-partial", f"the partial of `{name}` by `{by}` is undefined here", ""),
    ):
        if numbers.any_true(holds):
            help = _hints(problem, slot) if code == "indeterminate" else ()
            notes = list(filter(None, [elements(holds), note]))
            return problem.warning(code, message, slot, problem.shown(operands), notes, help)
    return None


def _partial(problem: Problem, step: Step) -> Any:
    """The partial of an elementwise row by an operand; 0 for another row."""
    name, operands = problem.tape.operation(step.source), problem.tape.operands_of(step.source)
    if name not in OPERATIONS:
        return 0.0
    function = arithmetic_of(problem.tape).terms(name, len(operands))[step.position]
    values = [problem.values[slot] for slot in (*operands, step.source)]
    with arithmetic_of(problem.tape).numbers.quiet():
        partial = None if function is None else function(1.0, *values)
    return 0.0 if partial is None else partial
