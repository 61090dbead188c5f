"""A bound on the rounding error of a computed value, read off the tape; for a Python function, an estimate from its values.

A row that is rounded to c units of u|v| moves the result by as much times its adjoint. The sum over the rows is the
first-order bound of a running error analysis (Wilkinson 1963; Griewank & Walther 2008, section 3.4 on adjoints as error
amplifiers).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from diffcli.methods.sweeps.reverse import accumulate, activity, adjoints
from diffcli.methods.sweeps.rounding import SMALLEST, UNIT, roundings, underflowed
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import Values
from diffcli.tape.running.rules import FLOAT, Overrides

MOST_FACTORS = 10
"""Powers up to this are looked at for whether they are exact."""

def value_rounding(tape: Tape, values: Values, active: bytearray | None = None, unit: float = UNIT) -> float:
    """A first-order bound on the rounding error of the tape's value, as far as it depends on what is active (on any input).

    It is infinite where a row's value or adjoint is not finite.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import evaluate, lower
    >>> tape = lower(parse("x*x"))
    >>> value_rounding(tape, evaluate(tape, [3.0])) / 2**-53
    9.0
    """
    active = active or activity(tape)
    total = math.fsum(abs(term) for slot, term in _row_roundings(tape, values, unit) if active[slot])
    return total if math.isfinite(total) else math.inf


def difference_rounding(tape: Tape, one: Values, other: Values, active: bytearray) -> float:
    """A first-order bound on the rounding error of the difference of a tape's values at two points.

    What is active is rounded anew at each of them. What is not has the same error at both, which counts as far as the
    result's dependence on it, its adjoint, differs.
    """
    total = 0.0
    for (slot, here), (_, there) in zip(_row_roundings(tape, one, UNIT), _row_roundings(tape, other, UNIT), strict=True):
        total += abs(here) + abs(there) if active[slot] else abs(here - there)
    return total if math.isfinite(total) else math.inf


def _row_roundings(tape: Tape, values: Values, unit: float) -> Iterator[tuple[int, float]]:
    """For each row, how far its rounding may move the result, with the sign of its adjoint times its value."""
    everything = bytearray(b"\1" * tape.size)
    if "stop_gradient" in tape.operations:  # a cut passes no derivative, but it does pass rounding
        cuts = [slot for slot in tape.rows() if tape.operation(slot) == "stop_gradient"]
        through: Overrides = dict.fromkeys(cuts, (lambda bar, *_: bar,))
        bars = accumulate(tape, values, everything, overrides=through)[0]
    else:
        bars = adjoints(tape, values, everything)
    units = {name: unit * roundings(name) for name in set(tape.operations)}
    for slot, name in enumerate(tape.operations, tape.first_row):
        bar, value = bars[slot], values[slot]
        if not bar or value is None or not units[name] or (not value and not underflowed(tape, values, slot)):
            yield slot, 0.0
        else:
            yield slot, (units[name] * value + math.copysign(SMALLEST, value)) * bar  # with gradual underflow


def accumulated_rounding(tape: Tape, values: Values) -> list[float]:
    """For each slot, a first-order bound on the error that the rounding of all that led to it leaves in its value."""
    known = FLOAT.terms_of(tape)
    errors = [0.0] * tape.size
    for slot, (name, row) in enumerate(zip(tape.operations, tape.operands, strict=True), tape.first_row):
        value = values[slot]
        if value is None:
            continue
        arguments = [*[values[operand] for operand in row], value]
        total = _own_rounding(name, arguments)
        for operand, function in zip(row, known[name, len(row)], strict=True):
            term = function(errors[operand], *arguments) if function is not None and errors[operand] else None
            total += abs(term) if term is not None else 0.0
        errors[slot] = total if total == total else math.inf
    return errors


def _own_rounding(name: str, arguments: Sequence[float]) -> float:
    """How far a row's result may be off beside its operands as they are; not at all, if a sum, product or power is exact."""
    *operands, value = arguments
    exactly = _EXACTLY.get(name) if name != "pow" or operands[1] in range(MOST_FACTORS) else None
    if exactly is not None and all(map(math.isfinite, arguments)) and exactly(*map(Fraction, operands)) == value:
        return 0.0
    return UNIT * roundings(name) * abs(value)


_EXACTLY: dict[str, Callable[..., Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "square": lambda a: a * a, "pow": lambda a, b: a ** int(b),
}  # fmt: skip


# -- a function that is no program: estimated from its values alone -------------------------------------------------------


def ecnoise(values: Sequence[float]) -> float:
    """The noise in values at equally spaced points close together, from their difference table (Moré & Wild 2011).

    The k-th differences of a smooth function die away, and those of noise of variance s^2 keep the variance
    s^2 (2k)!/(k!)^2. A level is taken once three estimates in a row agree within a factor of 4 and its differences change
    sign. What is returned is s; NaN where no level shows itself, so that the spacing was too wide or too narrow; 0 where the
    differences vanish. There are to be seven values or more.
    """
    largest = max(map(abs, values), default=0.0)
    if not largest:
        return 0.0
    differences = [value / largest for value in values]  # so that squares do not overflow
    levels: list[float] = []
    turns: list[bool] = []
    scale = 1.0
    for k in range(1, len(values)):
        differences = [right - left for left, right in pairwise(differences)]
        if not any(differences):
            return 0.0  # nothing, or a polynomial to the last digit
        scale *= k / (2 * (2 * k - 1))
        levels.append(math.sqrt(scale * math.fsum(d * d for d in differences) / len(differences)))
        turns.append(min(differences) * max(differences) < 0)
    for k in range(len(levels) - 2):
        three = levels[k : k + 3]
        if max(three) <= 4 * min(three) and turns[k]:
            return levels[k] * largest
    return math.nan


UNEVEN = 0.7
"""A length that no power of two makes even: on a grid of floats values may look smooth, or constant, that are not."""

WIDEST = UNEVEN * 2.0**-10
"""The widest spacing that noise is looked for with, beside the size of the point: what is seen beyond that is the function."""

SPACINGS, MOST_SPACINGS = 9, 12
"""How many spacings are tried, each an eighth of the one before; and while there is no level."""


def callable_rounding(function: Callable[[float], float], x: float) -> tuple[float, float]:
    """The highest `ecnoise` of a function beside a point over some spacings: what cancels lies on steps, which may be wide.

    The lower level of the two sides counts, as there may be a jump on one of them. Where neither has a level, the shape of the
    function shows itself, and what was seen over wider spacings is no noise, but a function that is as narrow as that: how wide
    it is, as far as that shows, stands beside the level, which is NaN if there is none.
    """
    highest, quiet, width = math.nan, 0, math.inf
    for count in range(MOST_SPACINGS):
        spacing = WIDEST * max(abs(x), 2.0**-20) / 8**count
        near, least = _level_beside(function, x, spacing * (-1) ** count)
        quiet = quiet + 1 if near <= least else 0
        levels = [near] if quiet else [near, _level_beside(function, x, -spacing * (-1) ** count)[0]]
        known = [level for level in levels if level == level]
        if not known and highest > least:
            width = 8 * abs(spacing)
        highest = max(min(known), highest if highest == highest else 0.0) if known else math.nan
        if quiet == 2 or (count >= SPACINGS - 1 and known):
            break
    return highest, width


def _level_beside(function: Callable[[float], float], x: float, spacing: float) -> tuple[float, float]:
    """The noise on one side of a point, and what is no more than the rounding of the values themselves."""
    values: list[float] = []
    for k in range(1, 9):
        values.append(function(x + k * spacing))
        if not math.isfinite(values[-1]):
            return math.nan, 0.0
    level, least = ecnoise(values), 4 * math.ulp(max(map(abs, values)))
    return 0.0 if math.isnan(level) and len(set(values)) < 4 else level, least  # values that hardly differ have no shape
