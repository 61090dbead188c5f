"""How far rounding may move what a tape and its sweeps compute: a running error analysis of the very rows and terms.

Each result of a row is off by c units of u|v|, and by what its operands' errors make of it: to first order the partial times
the error (Wilkinson 1963; Linnainmaa 1976). A derivative is a sum of terms ``g*partial``, and a term is off by
``|partial|*error of g + |g|*error of the partial``; how far a partial moves with its operands is seen by moving them. What is
rounded in the range of underflow is off by the smallest float too, and what has overflowed by an infinity, so a factor that
is lost on the way shows in the bound and needs no watch of its own. A row that chooses, by operands that their errors could
carry to the other side, has an infinite bound.

The bounds are those of the worst case: what they call right has its digits, and what they do not may have them all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from diffcli.operations import OPERATIONS
from diffcli.operations.arithmetic.floats import FLOATS
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import Values
from diffcli.tape.running.rules import FLOAT, RESULT, Function, Overrides, TermFunctions, terms

UNIT = 2.0**-53
"""The unit roundoff u of a float: the error of a result that is rounded once is at most u times its size."""

SMALLEST = 2.0**-1074
"""The smallest float: the error that a result in the range of underflow may have."""

INFINITE = float("inf")

TINY = 2.0**-960
"""What is smaller may have lost digits to underflow, itself or on its way."""

ROUNDED_ONCE = frozenset(("add", "sub", "mul", "div", "square", "reciprocal", "sqrt", "leaky_relu"))
EXACT = frozenset(("neg", "abs", "max", "min", "clip", "relu", "relu6", "hardtanh", "copysign", "where", "stop_gradient"))
"""Operations that only choose, or change a sign."""

_COMPOSED = 16.0
"""For functions that diffcli computes by formulas and series of its own."""

_SPECIAL = frozenset(("gamma", "lgamma", "digamma", "polygamma", "sinc", "sinpi", "cospi", "gelu", "log_base", "logaddexp"))

_SUMS = frozenset(("add", "sub", "neg"))
"""Operations whose terms are what arrives, with a sign."""

ENOUGH = 1e-8
"""The relative error up to which a number has 8 digits."""

_MOVED = 2.0**-26
"""How far an operand is moved to see how a partial moves, relative to its size."""

Errors = list[float]
"""A bound on the error of each slot."""


def roundings(name: str) -> float:
    """The error of an operation's result, in units of u|v|; 2 (one ulp) for a function of the C library."""
    if name in EXACT or OPERATIONS[name].flat:
        return 0.0
    if name in ROUNDED_ONCE:
        return 1.0
    return _COMPOSED if name in _SPECIAL or name not in FLOATS else 2.0


def underflowed(tape: Tape, values: Values, slot: int) -> bool:
    """Whether a row is 0 without being exactly 0: no operand is 0, and nothing has been subtracted."""
    name = tape.operation(slot)
    operands = tape.operands_of(slot)
    if values[slot] != 0 or name in EXACT or OPERATIONS[name].flat or name in ("add", "sub", "log", "acos", "acosh", "lgamma"):
        return False
    return name == "exp" or all(values[operand] != 0 for operand in operands)


def value_errors(tape: Tape, values: Values) -> Errors:
    """A bound on the error that the rounding of all that led to it leaves in the value of each slot.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import evaluate, lower
    >>> tape = lower(parse("(x + 1) - 1"))
    >>> x, plus, minus, one = value_errors(tape, evaluate(tape, [2.0**-20]))
    >>> x, plus > minus/2, minus*2**53
    (0.0, True, 1.0000019073486328)
    """
    known = FLOAT.terms_of(tape)
    units = {name: UNIT * roundings(name) for name in set(tape.operations)}
    errors = [0.0] * tape.size
    for slot, (name, row) in enumerate(zip(tape.operations, tape.operands, strict=True), tape.first_row):
        value = values[slot]
        if value is None:
            continue
        if name == "mul":
            a, b = row
            total = abs(values[a]) * errors[b] + abs(values[b]) * errors[a]
        elif name in _SUMS:
            errors[slot] = units[name] * abs(value) + sum([errors[operand] for operand in row])
            continue
        elif name == "div" and values[row[1]]:
            a, b = row
            total = (errors[a] + abs(value) * errors[b]) / abs(values[b])
        else:
            total = _carried(name, row, values, errors, known[name, len(row)], value)
        if -TINY < value < TINY and (value or underflowed(tape, values, slot)):
            total += SMALLEST
        errors[slot] = units[name] * abs(value) + total
    return errors


def _carried(
    name: str, row: Sequence[int], values: Values, errors: Errors, functions: TermFunctions, value: float
) -> float:
    """What the errors of a row's operands make of its result."""
    if not any([errors[operand] for operand in row]):  # noqa: C419 (a list is faster)
        return 0.0
    if name == "stop_gradient":
        return errors[row[0]]
    arguments = [*[values[operand] for operand in row], value]
    if _chooses(name) and _undecided(name, [errors[operand] for operand in row], arguments):
        return INFINITE
    total = 0.0
    for operand, function in zip(row, functions, strict=True):
        if errors[operand] and function is not None:
            total += abs(function(errors[operand], *arguments) or 0.0)
    return total


@cache
def _chooses(name: str) -> bool:
    """Whether an operation has sides, so that an operand's error may carry it to the other one."""
    return any(kind != "pole" for kind, _ in OPERATIONS[name].breaks)


def _undecided(name: str, errors: Sequence[float], arguments: Sequence[float]) -> bool:
    """Whether an operand is no further from the other side than it may be off."""
    for error, radius in zip(errors, FLOAT.radius(name, len(errors)), strict=True):
        if error and radius is not None and not radius(*arguments) > error:
            return True
    return False


# -- derivatives ------------------------------------------------------------------------------------------------------------


def adjoint_errors(
    tape: Tape,
    values: Values,
    errors: Errors,
    bars: Sequence[float | None],
    active: bytearray,
    overrides: Overrides | None = None,
) -> Errors:
    """A bound on the error of each adjoint that a reverse sweep has found.

    Parameters
    ----------
    errors
        Those of the values: `value_errors`.
    bars, active, overrides
        The adjoint of every slot, and what it was found with (`diffcli.methods.sweeps.reverse`).
    """
    known = FLOAT.terms_of(tape)
    found = [0.0] * tape.size
    slot = tape.slots
    for name, row in zip(reversed(tape.operations), reversed(tape.operands)):  # noqa: B905 (hot loop)
        slot -= 1
        bar = bars[slot]
        if bar is None:
            continue
        error = found[slot]
        if name in _SUMS:
            error += UNIT * abs(bar)
            for operand in row:
                if active[operand]:
                    found[operand] += error
        elif name == "mul":
            a, b = row
            for operand, other in ((a, b), (b, a)):
                if active[operand]:
                    factor, term = abs(values[other]), bar * values[other]
                    found[operand] += factor * error + abs(bar) * errors[other] + 2 * UNIT * abs(term)
                    if -TINY < term < TINY and bar and factor:
                        found[operand] += SMALLEST
        else:
            own = overrides.get(slot) if overrides else None
            functions, off = own or known[name, len(row)], [errors[operand] for operand in row] + [errors[slot]]
            arguments = [values[operand] for operand in row] + [values[slot]]
            for position, operand in enumerate(row):
                function = functions[position]
                if active[operand] and function is not None:
                    plan = _plan(name, len(row), -1 if own else position)
                    found[operand] += _term_error(function, plan, bar, error, arguments, off)
    return found


def tangent_errors(
    tape: Tape, values: Values, errors: Errors, moves: Sequence[float | None], overrides: Overrides | None = None
) -> Errors:
    """A bound on the error of each tangent that a forward sweep has found (`diffcli.methods.sweeps.forward`)."""
    known = FLOAT.terms_of(tape)
    found = [0.0] * tape.size
    for slot, (name, row) in enumerate(zip(tape.operations, tape.operands, strict=True), tape.first_row):
        if moves[slot] is None:
            continue
        own = overrides.get(slot) if overrides else None
        functions, off = own or known[name, len(row)], [errors[operand] for operand in row] + [errors[slot]]
        arguments = [values[operand] for operand in row] + [values[slot]]
        for position, operand in enumerate(row):
            move, function = moves[operand], functions[position]
            if move is not None and function is not None:
                plan = _plan(name, len(row), -1 if own else position)
                found[slot] += _term_error(function, plan, move, found[operand], arguments, off)
    return found


_Plan = tuple[float, bool, tuple[int, ...]]
"""Of a term: its own rounding, whether its partial is computed with an error of its own, and what the partial depends on."""


@cache
def _plan(name: str, count: int, position: int) -> _Plan:
    """How a term by an operand is analysed; by none where a policy at kinks has chosen the partial."""
    own, row = UNIT * (roundings(name) + 2), OPERATIONS[name]
    term = terms(name, count)[position] if position >= 0 and name not in EXACT else None
    if term is None or row.variadic:
        return own, False, ()
    named = term.program.arguments
    return own, name in _SPECIAL, tuple(place for place, text in enumerate((*row.parameters, RESULT)) if text in named)


def _term_error(
    function: Function, plan: _Plan, g: float, error: float, arguments: Sequence[float], errors: Sequence[float]
) -> float:
    """How far ``g`` times a partial is off, where ``g`` is off by an error, and operands and result by others."""
    term = function(g, *arguments)
    if term is None:
        return 0.0
    own, special, places = plan
    total = own * abs(term) + (abs(function(error, *arguments)) if error else 0.0)
    if -TINY < term < TINY and g and places and (term or (arguments[-1] and all(arguments[:-1]))):
        total += abs(g) * SMALLEST + SMALLEST
    for place in places:
        value, off = arguments[place], errors[place]
        if special:
            off = max(off, UNIT * abs(value))
        if off:
            step = max(off, _MOVED * abs(value))
            moved = [*arguments]
            moved[place] = value + step
            beside = function(g, *moved)
            total += abs(beside - term) * (off / step) if beside is not None else INFINITE
    return total if places or errors[-1] < INFINITE else INFINITE


def doubtful(number: float, error: float) -> bool:
    """Whether a bound on its error leaves a number fewer than 8 digits; one that is not finite has none to lose."""
    return not error <= ENOUGH * abs(number) and -INFINITE < number < INFINITE
