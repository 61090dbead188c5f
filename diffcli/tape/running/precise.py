"""The same tape with as many digits as one likes: values and derivatives to judge methods in floats by.

Numbers on the tape, and the point, are the floats that they are stored as, exactly: what is judged is how a method
computes, not how a decimal was read. Derivatives are central difference quotients with steps far below the digits that
are wanted, worked out with digits enough that nothing cancels; so they owe nothing to any rule of differentiation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from diffcli.operations import Operation
from diffcli.operations.arithmetic import precise
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import Values, evaluate, held_functions, run
from diffcli.tape.running.rules import Arithmetic, Function

Number = precise.Number

DIGITS = 50
"""How many digits are wanted, if nobody says."""

MOST_DIGITS = 6000
"""How many digits are worked with at most; a value that has not settled by then is taken as unknown."""

SLOW = frozenset(("gamma", "lgamma", "digamma", "polygamma"))
"""Operations that mpmath computes in minutes at so many digits."""

MOST_SLOW_DIGITS = 1500
"""How many digits are worked with at most where one of them is on the tape."""

LARGEST = 1000
"""The decades taken for a number beyond the range of a float."""

MOST_SPARE = 2000
"""How many digits are worked with besides at most, for what sums may swallow."""

NOTHING = -330
"""What is below this power of ten is 0 in floats, and taken as 0."""


class _Precise(Arithmetic):
    """mpmath's numbers, with whatever digits are in force."""

    def of_own(self, function: Function, row: Operation) -> Function:
        """An own operation by its definition; without one nothing is known of its digits, and its value is undefined here."""
        return self.by_form(row) if row.definition else lambda *operands: precise.number(math.nan)


EXACT = _Precise(precise.PRECISE, constants=precise.CONSTANTS, form=lambda row: row.definition, kind="mpmath")
_MEANT = _Precise(precise.MEANT, constants=precise.CONSTANTS, operators={}, form=lambda row: row.definition, kind="mpmath")


def precise_value(tape: Tape, point: Sequence[float], digits: int = DIGITS) -> Number | None:
    """The value of a tape at a point of floats, to so many digits; None where it is undefined, or does not settle."""
    tape, functions, spare = with_exact_constants(tape), EXACT.row_functions(tape), decades(evaluate(tape, point))
    return _settled(lambda work: 0 + run(tape, list(map(precise.number, point)), functions)[tape.output], digits, 1, spare, tape)


def meant_values(tape: Tape, point: Sequence[float], slots: Sequence[int]) -> list[Number]:
    """The values in some slots with all numbers as the decimals that were read, and pi and e as themselves; NaN if undefined.

    A value that is infinite in floats, and not defined in full, is that float; so is what has, or goes by, the sign of a zero.
    """
    floats = evaluate(tape, point)
    signed: set[int] = set()  # mpmath's zero has no sign
    for slot, (name, row) in enumerate(zip(tape.operations, tape.operands, strict=True), tape.first_row):
        if not signed.isdisjoint(row) or (name == "atan2" and "-0.0" in [str(floats[operand]) for operand in row]):
            signed.add(slot)
    functions, spare = _MEANT.row_functions(tape), decades(floats) if SLOW.isdisjoint(tape.operations) else 0

    @cache
    def values(work: int) -> Values:
        return run(with_exact_constants(tape, precise.CONSTANTS, precise.decimal), list(map(precise.decimal, point)), functions)

    def meant(slot: int) -> Number:
        value = floats[slot] if slot in signed else _settled(lambda work: 0 + values(work)[slot], 20, 1, spare, tape)
        if value is None:
            return floats[slot] if floats[slot] in (math.inf, -math.inf) else precise.NAN
        return floats[slot] if value == floats[slot] == 0 else value

    return list(map(meant, slots))


def with_exact_constants(
    tape: Tape, named: Mapping[str, Number] = {}, read: Callable[[float], Number] = precise.number
) -> Tape:
    """The same tape with its constants as the floats that they are, exactly; those with one of the names as given."""
    return tape.copy(constants=[
        named.get(tape.constant_names.get(-1 - index, ""), read(value) if isinstance(value, float) else value)
        for index, value in enumerate(tape.constants)
    ])  # fmt: skip


def precise_derivative(tape: Tape, point: Sequence[float], variable: int, kind: int = 1, digits: int = DIGITS) -> Number | None:
    """A derivative of a tape along one of its inputs, the ``variable``, of the first ``kind``, f', or a higher one.

    None where values beside the point are undefined, or the digits do not settle. At a kink, which the caller should know of, it
    is the mean of the two slopes. ``stop_gradient`` holds its operand constant.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> float(precise_derivative(lower(parse("exp(2*x)")), [0.0], 0, kind=3, digits=20))
    8.0
    """

    functions = EXACT.row_functions(tape)
    magnitudes = decades(evaluate(tape, list(point)))
    tape = with_exact_constants(tape)
    has_cuts = "stop_gradient" in tape.operations

    def quotient(work: int) -> Number:
        centre = [precise.number(x) for x in point]
        total = precise.number(0)
        beside = held_functions(tape, run(tape, centre, functions), functions) if has_cuts else functions
        known = centre[variable]
        step = precise.power_of_ten(-work) * (min(abs(known), 1) or 1)
        for j in range(kind + 1):
            moved = [*centre[:variable], known + (precise.number(kind) / 2 - j) * step, *centre[variable + 1 :]]
            total += (-1) ** j * math.comb(kind, j) * run(tape, moved, beside)[tape.output]
        return total / step**kind

    return _settled(quotient, digits, kind + 2, magnitudes, tape)


def higher_derivative(tape: Tape, point: Sequence[float], variable: int, kind: int) -> float | None:
    """A derivative of some kind along one input as a float; None where it is not known."""
    found = precise_derivative(tape, point, variable, kind, digits=20)
    return None if found is None else float(found)


def decades(values: Sequence[float | None]) -> int:
    """How many decades lie between the largest and the smallest of some values: digits that a sum may swallow."""
    found = [0]
    for value in values:
        if not isinstance(value, float) or value != value:  # nor a constant array that nothing uses
            continue
        found.append(LARGEST if math.isinf(value) else round(math.log10(abs(value))) if value else 0)
    return max(found) - min(found)


def _settled(compute: Callable[[int], Any], digits: int, effort: int, spare: int, tape: Tape) -> Number | None:
    """A result with more and more digits, until two in a row agree in those that are wanted.

    It is worked out with ``effort`` times the digits that ``compute`` is given, and ``spare`` digits besides, which may be
    swallowed more than once.
    """
    before: Number | None = None
    most, work = MOST_DIGITS if SLOW.isdisjoint(tape.operations) else MOST_SLOW_DIGITS, digits + 10
    while work * effort <= max(most, 2 * effort * (digits + 10)):
        with precise.working(work * effort + spare):
            result = compute(work)
            if not precise.is_finite(result):
                return None
            is_seen = result or (work * (effort - 1) or work) + spare > -NOTHING  # 0 may be too few digits
            if before is not None and is_seen:
                if abs(result - before) <= abs(result) * precise.power_of_ten(-digits):
                    return result
                if abs(result) + abs(before) < precise.power_of_ten(NOTHING):  # of what cancels less and less is left
                    return precise.number(0)
        before, work, spare = result, 2 * work, min(2 * spare, MOST_SPARE)
    return precise.number(0) if before is not None and abs(before) < precise.power_of_ten(NOTHING) else None
