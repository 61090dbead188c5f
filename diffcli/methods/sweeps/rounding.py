"""How far rounding may move what a tape and its sweeps compute: a running error analysis of the very rows and terms.

Each result of a row is off by c units of u|v|, and by what its operands' errors make of it: to first order the partial times
the error (Wilkinson 1963; Linnainmaa 1976; Griewank & Walther 2008, section 3.4). A derivative is a sum of terms ``g*partial``,
and a term is off by ``|partial|*error of g + |g|*error of the partial``; how far a partial moves with its operands is seen by
moving them. What is rounded in the range of underflow is off by the smallest float too, and what has overflowed by an infinity,
so a factor that is lost on the way shows in the bound. Where an operand may be off by more than its series reaches, to the
other side of a kink or to a plateau, the bound is infinite.

What the bounds call right has its digits; what they do not may have them all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

from diffcli._named import NamedTuple
from diffcli.language.syntax import once
from diffcli.operations import EXACT, OPERATIONS, ROUNDED_ONCE
from diffcli.operations.arithmetic.floats import FLOATS
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import Values
from diffcli.tape.running.rules import FLOAT, MANY, RESULT, Overrides, TermFunctions, terms

UNIT = 2.0**-53
"""The unit roundoff u of a float: the error of a result that is rounded once is at most u times its size."""

SMALLEST = 2.0**-1074
"""The smallest float: the error that a result in the range of underflow may have."""

INFINITE = float("inf")

TINY = 2.0**-960
"""What is smaller may have lost digits to underflow, itself or on its way."""

MODEST = 2.0**-300
"""Quotients and products of numbers above it, and of those below one over it, are not `TINY`."""

ENOUGH = 1e-8
"""The relative error up to which a number has 8 digits."""

CLOSE = 1e-9
"""An operand that is off by so little, relative to its size, is near enough to where a smooth operation takes it."""

_COMPOSED = 16.0
"""For functions that diffcli computes by formulas and series of its own."""

_SPECIAL = frozenset(("gamma", "lgamma", "digamma", "polygamma", "sinc", "sinpi", "cospi", "gelu", "log_base", "logaddexp"))

CANCELLING = frozenset(("logaddexp",))
"""Operations that vanish between numbers of the order of one, to which their rounding is relative there."""

VANISHING = frozenset(("add", "sub", "log", "log2", "log10", "log_base", "acos", "acosh", "lgamma"))
"""Operations that are 0 beside operands that are not."""

CHOOSING = frozenset(name for name, row in OPERATIONS.items() if any(kind != "pole" for kind, _ in row.breaks)) | EXACT
"""Operations that have sides, so that an operand's error may carry it to the other one."""

_MOVED = 16.0
"""How far an operand is moved to see how a partial moves, in units of its error."""

WITH_ITSELF = frozenset(("sub", "div"))
"""Operations whose result is exact where both operands are the same, and constant."""

Errors = list[float]
"""A bound on the error of each slot."""


@cache
def roundings(name: str) -> float:
    """The error of an operation's result, in units of u|v|; 2 (one ulp) for a function of the C library."""
    if name in EXACT or OPERATIONS[name].flat:
        return 0.0
    if name in ROUNDED_ONCE:
        return 1.0
    return _COMPOSED if name in _SPECIAL or name not in FLOATS else 2.0


def is_with_itself(tape: Tape, slot: int) -> bool:
    """Whether a row is x - x or x/x."""
    return tape.operation(slot) in WITH_ITSELF and len({*tape.operands_of(slot)}) == 1


def underflowed(tape: Tape, values: Values, slot: int) -> bool:
    """Whether a row is 0 without being exactly 0: no operand is 0, and nothing has been subtracted."""
    name = tape.operation(slot)
    operands = tape.operands_of(slot)
    if values[slot] != 0 or name in EXACT or OPERATIONS[name].flat or name in VANISHING:
        return False
    return name == "exp" or all(values[operand] != 0 for operand in operands)


def doubtful(number: float, error: float, enough: float = ENOUGH) -> bool:
    """Whether a bound on its error leaves a number fewer digits than enough; one that is not finite may stand for one that is."""
    return not error <= enough * abs(number) < INFINITE


def value_errors(tape: Tape, values: Values) -> Errors:
    """A bound on the error that the rounding of all that led to it leaves in the value of each slot.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import evaluate, lower
    >>> tape = lower(parse("(x + 1) - 1"))
    >>> x, plus, minus, one = value_errors(tape, evaluate(tape, [2.0**-20]))
    >>> x, plus > minus/2, minus*2**53
    (0.0, True, 1.0000019073486328)
    """
    errors = [0.0] * tape.size
    slot = tape.first_row - 1
    for name, row, kind in zip(tape.operations, tape.operands, _kinds(tape)):  # noqa: B905 (hot loop)
        slot += 1
        value = values[slot]
        if value is None or (len(row) == 2 and row[0] == row[1] and name in WITH_ITSELF):
            continue
        if name == "add" or name == "sub":
            a, b = row
            errors[slot] = errors[a] + errors[b] + UNIT * abs(value)
            continue
        if name == "mul":
            a, b = row
            total = (abs(values[a]) + errors[a]) * errors[b] + abs(values[b]) * errors[a] + UNIT * abs(value)
        elif name == "div" and values[row[1]]:
            a, b = row
            total = (errors[a] + abs(value) * errors[b]) / abs(values[b]) + UNIT * abs(value)
        else:
            total = kind.rounding * (max(abs(value), 1.0) if kind.cancels else abs(value))
            error, own = errors[row[0]], values[row[0]]
            if error and error <= CLOSE and error <= CLOSE * abs(own) and kind.by_first and (len(row) == 1 or not errors[row[1]]):
                total += abs(kind.by_first(error, *_at(values, row, slot)) or 0.0)  # `_carried_over` at once
            elif any(map(errors.__getitem__, row)):
                total += _carried_over(kind, row, values, errors, value)
        if -TINY < value < TINY and (value or underflowed(tape, values, slot)):
            total += SMALLEST
        errors[slot] = total
    return errors


class _Kind(NamedTuple):
    """What all rows have in common of a name and a number of operands: their own rounding, and their terms.

    ``by_first`` is the term by the first of one or two operands, of a row without sides; many operands have no ``bounds``.
    """

    name: str
    rounding: float
    cancels: bool
    by_first: Any
    terms: TermFunctions
    bounds: Sequence[_Bound]


@cache
def _kind(name: str, count: int) -> _Kind:
    functions, rounding = FLOAT.terms(name, count), UNIT * roundings(name)
    by_first = functions[0] if count <= 2 and name not in CHOOSING else None
    bounds = _bounds(name, count) if count <= MANY else []
    return _Kind(name, rounding, name in CANCELLING, by_first, functions, bounds)


@once
def _kinds(tape: Tape) -> list[_Kind]:
    """The kind of every row."""
    return list(map(_kind, tape.operations, map(len, tape.operands)))


def _carried_over(kind: _Kind, row: Sequence[int], values: Values, errors: Errors, value: float) -> float:
    """How far a row is off by the errors of its operands."""
    total, name = 0.0, kind.name
    arguments = [*[values[operand] for operand in row], value]
    (functions, taken), many = FLOAT.of_taken(kind.terms, arguments), len(row) > MANY
    for position, (operand, function) in enumerate(zip(row, functions)):  # noqa: B905 (hot loop)
        error, own = errors[operand], values[operand]
        if not error:
            continue
        if name == "stop_gradient":
            return error
        if name in CHOOSING or error > CLOSE * min(1.0, abs(own)):
            radius = FLOAT.radius(name, len(row))[position]
            if radius is not None and not (abs(value - own) / 2 if many and own != value else radius(*arguments)) > error:
                return INFINITE
        if function is None:
            continue
        total += abs(function(error, *taken) or 0.0)
        if error > CLOSE * abs(own) and not many:  # so far that the slope is another: x^2 where x is 0, and should not be
            total += abs(function(error, *arguments[:position], own + error, *arguments[position + 1 :]) or 0.0)
    return total


# -- derivatives ------------------------------------------------------------------------------------------------------------


def adjoint_errors(
    tape: Tape, values: Values, errors: Errors, bars: Any, active: bytearray, overrides: Overrides, sweeping: bool = False
) -> Errors:
    """A bound on the error of each adjoint that a reverse sweep has found, from the bounds on those of the values.

    ``sweeping``, it makes the sweep itself: the adjoints are those that one begins with, and the others are put beside them.
    """
    found = [0.0] * tape.size
    slot = tape.slots
    for name, row, kind in zip(reversed(tape.operations), reversed(tape.operands), reversed(_kinds(tape))):  # noqa: B905 (hot loop)
        slot -= 1
        bar = bars[slot]
        if bar is None or values[slot] is None:
            continue
        error = found[slot]
        if name == "add" or name == "neg" or (name == "sub" and row[0] != row[1]):
            error += UNIT * abs(bar)
            term = -bar if name == "neg" else bar
            for operand in row:
                if active[operand]:
                    found[operand] += error
                    if sweeping:
                        before = bars[operand]
                        bars[operand] = term if before is None else before + term
                if name == "sub":
                    term = -bar
            continue
        if name == "mul":
            a, b = row
            for operand, other in ((a, b), (b, a)):
                if active[operand]:
                    factor = values[other]
                    found[operand] += _by_factor(bar, error, factor, errors[other])
                    if sweeping:
                        before = bars[operand]
                        bars[operand] = bar * factor if before is None else before + bar * factor
            continue
        arguments, off = _at(values, row, slot), _at(errors, row, slot)
        functions, bounds = kind.terms, kind.bounds
        if overrides or not bounds:
            functions, bounds, arguments = _bounds_at(kind, arguments, overrides.get(slot))
        cancels = len(row) == 2 and row[0] == row[1] and name in WITH_ITSELF and _cancels(kind, bar, arguments)
        for operand, function, bound in zip(row, functions, bounds):  # noqa: B905 (hot loop)
            if function is None or not active[operand]:
                continue
            term = function(bar, *arguments)
            if term is None:
                continue
            if not cancels:
                found[operand] += bound(term, bar, error, arguments, off)
            if sweeping:
                before = bars[operand]
                bars[operand] = term if before is None else before + term
        if cancels and (sweeping or found[row[0]] or bars[row[0]]):  # what is there beside them is rounded with them
            found[row[0]] += 2 * UNIT * abs(bar) / (min(1.0, abs(arguments[1])) if name == "div" else 1.0)
    return found


def _at(column: Sequence[Any], row: Sequence[int], slot: int) -> list[Any]:
    """What a column has of the operands of a row, and of its result."""
    if len(row) == 1:
        return [column[row[0]], column[slot]]
    if len(row) == 2:
        return [column[row[0]], column[row[1]], column[slot]]
    return [*[column[operand] for operand in row], column[slot]]


def tangent_errors(
    tape: Tape, values: Values, errors: Errors, moves: Sequence[float | None], overrides: Overrides
) -> Errors:
    """A bound on the error of each tangent that a forward sweep has found, from the bounds on those of the values."""
    found = [0.0] * tape.size
    for slot, (row, kind) in enumerate(zip(tape.operands, _kinds(tape), strict=True), tape.first_row):
        if moves[slot] is None or values[slot] is None:
            continue
        off = _at(errors, row, slot)
        functions, bounds, arguments = _bounds_at(kind, _at(values, row, slot), overrides.get(slot))
        if kind.name in WITH_ITSELF and row[0] == row[1] and _cancels(kind, moves[row[0]] or 0.0, arguments):
            continue
        for operand, function, bound in zip(row, functions, bounds):  # noqa: B905 (hot loop)
            move = moves[operand]
            if move is not None and function is not None and (term := function(move, *arguments)) is not None:
                found[slot] += bound(term, move, found[operand], arguments, off)
    return found


def _cancels(kind: _Kind, g: float, arguments: Sequence[float]) -> bool:
    """Whether the terms of two operands that are the same add up to 0 exactly, as those of x - x and of x/x do."""
    first, second = kind.terms
    return first is not None and second is not None and first(g, *arguments) + second(g, *arguments) == 0


_Bound = Callable[[float, float, float, Sequence[float], Sequence[float]], float]
"""How far a term is off: by the term, g, its error, the operands and the result, and the errors of these."""


def _bounds(name: str, count: int) -> list[_Bound]:
    """The bounds on the terms of an operation of few operands."""
    if name in ("add", "sub", "neg"):
        return [lambda _, g, error, *__: error + UNIT * abs(g)] * count
    if name == "mul":
        return [
            lambda _, g, error, arguments, errors: _by_factor(g, error, arguments[1], errors[1]),
            lambda _, g, error, arguments, errors: _by_factor(g, error, arguments[0], errors[0]),
        ]
    bound = _of_quotient if name == "div" else _term_error
    row, found = OPERATIONS[name], list[_Bound]()
    names = () if row.variadic or name in EXACT else (*row.parameters, RESULT)
    for function, term in zip(FLOAT.terms(name, count), terms(name, count), strict=True):
        places = tuple(place for place, text in enumerate(names) if term is not None and text in term.program.arguments)
        found.append(partial(bound, function, _Plan(UNIT * (roundings(name) + 2), name in _SPECIAL, places)))
    return found


def _bounds_at(
    kind: _Kind, arguments: list[float], own: TermFunctions | None
) -> tuple[TermFunctions, Sequence[_Bound], list[float]]:
    """Terms with the bounds on them and what they are computed from: of many operands those that are taken, or by a policy."""
    if own is None:
        if kind.bounds:
            return kind.terms, kind.bounds, arguments
        own, arguments = FLOAT.of_taken(kind.terms, arguments)
    return own, [partial(_term_error, function, _Plan(4 * UNIT, False, ())) for function in own], arguments


class _Plan(NamedTuple):
    """How a term is analysed: its own rounding, whether its partial has one besides, and what the partial depends on."""

    own: float
    special: bool
    places: tuple[int, ...]


def _by_factor(g: float, error: float, factor: float, off: float) -> float:
    term = g * factor
    total = (abs(factor) + off) * error + abs(g) * off + 2 * UNIT * abs(term)
    return total + SMALLEST if -TINY < term < TINY and g and factor else total


def _term_error(
    function: Any, plan: _Plan, term: float, g: float, error: float, arguments: Sequence[float], errors: Sequence[float]
) -> float:
    """How far a term, ``g`` times a partial, is off, where ``g`` is off by an error, and operands and result by others."""
    own, special, places = plan
    total = own * abs(term)
    if error:
        total += abs(term * (error / g) if term and g else function(error, *arguments))
    if -TINY < term < TINY and g and places and (term or all(arguments[:-1])):
        total += abs(g) * SMALLEST + SMALLEST
    if error > CLOSE * abs(g):  # the error of the partial meets what g may be
        g = abs(g) + error
        term = function(g, *arguments) or 0.0
    for place in places:
        value, off = arguments[place], errors[place]
        if special:
            off = max(off, UNIT * abs(value))
        if off:
            step = UNIT * abs(value)
            step = _MOVED * (step if step > off else off)
            moved = [*arguments]
            moved[place] = value + step
            beside = function(g, *moved)
            total += abs(beside - term) * (off / step) if beside is not None else INFINITE
    return total if places or errors[-1] < INFINITE else INFINITE


def _of_quotient(
    function: Any, plan: _Plan, term: float, g: float, error: float, arguments: Sequence[float], errors: Sequence[float]
) -> float:
    """The same of a/b, at once where nothing is so small or so large that it may have met the limits of the range."""
    divisor, value = abs(arguments[1]), abs(arguments[2])
    if not MODEST < divisor < 1 / MODEST or not min(abs(g), value) > MODEST:
        return _term_error(function, plan, term, g, error, arguments, errors)
    passed = error / divisor + abs(g) / divisor * (errors[1] / divisor + 3 * UNIT)
    return value * passed + abs(g) / divisor * errors[2] if 2 in plan.places else passed
