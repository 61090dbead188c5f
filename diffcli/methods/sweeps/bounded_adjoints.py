"""The reverse sweep of `diffcli.methods.sweeps.reverse`, and in the same loop a bound on the error of each adjoint.

The bounds are larger than those of `diffcli.methods.sweeps.rounding`, or not smaller by more than the second order: a product
is off by the sum of the relative errors of its factors, and the partial of a function that bends little by what its operand is.
They tell at once that digits are there; where they leave a doubt, those of that module decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from diffcli._named import NamedTuple
from diffcli.language.syntax import once
from diffcli.methods.sweeps.reverse import Adjoints
from diffcli.methods.sweeps.rounding import (
    CHOOSING,
    CLOSE,
    MODEST,
    SPECIAL,
    UNIT,
    Bound,
    Errors,
    bounds_on_terms,
    by_factor,
    roundings,
)
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import Values
from diffcli.tape.running.rules import FLOAT, MANY, RESULT, SEED, Function, Term, fold, terms

GENTLE = frozenset(("sin", "cos", "tanh", "atan", "asinh", "sigmoid", "softplus", "erf", "logcosh"))
"""Functions whose second derivative is at most 1: a partial is off by no more than the operand is, and by what the result is
twice, because that of tanh is 1 - y^2."""


def bounded_adjoints(tape: Tape, values: Values, errors: Errors, active: bytearray) -> tuple[Adjoints, Errors] | None:
    """The adjoint of every slot, and a bound on its error from the bounds on those of the values; None for rare rows."""
    bars: Adjoints = [None] * tape.size
    found, bars[tape.output], slot = [0.0] * tape.size, 1.0, tape.slots
    for name, row, steps in zip(reversed(tape.operations), reversed(tape.operands), reversed(_steps(tape))):  # noqa: B905 (hot loop)
        slot -= 1
        bar = bars[slot]
        if bar is None or values[slot] is None:
            continue
        error = found[slot]
        if name == "add" or name == "sub" or name == "neg":
            error += UNIT * abs(bar)
            term: float | None = -bar if name == "neg" else bar
            for operand in row:
                if active[operand]:
                    before = bars[operand]
                    bars[operand] = term if before is None else before + term  # type: ignore[operator]
                    found[operand] += error
                if name == "sub":
                    term = -bar
            continue
        if name == "mul":
            a, b = row
            for operand, other in ((a, b), (b, a)):
                if active[operand]:
                    before, term = bars[operand], bar * values[other]
                    bars[operand] = term if before is None else before + term
                    found[operand] += by_factor(bar, error, values[other], errors[other])
            continue
        if not steps:
            return None
        first = row[0]
        if len(row) == 1:
            arguments, off = [values[first], values[slot]], [errors[first], errors[slot]]
        else:
            places = (*row, slot)
            arguments, off = [values[place] for place in places], [errors[place] for place in places]
        for operand, step in zip(row, steps):  # noqa: B905 (hot loop)
            if step is None or not active[operand]:
                continue
            term = step.function(bar, *arguments)
            if term is not None:
                before = bars[operand]
                bars[operand] = term if before is None else before + term
                found[operand] += _bound(step, term, bar, error, arguments, off)
    return bars, found


class _Step(NamedTuple):
    """What a row hands on to an operand: its term, and what is known of how far that is off."""

    function: Function
    rounding: float
    """The relative error of the term's own rounding."""
    partial: str
    """What its partial is: a ``product`` or quotient, a ``power`` of the first operand, or of a ``gentle`` function; else empty."""
    factors: list[int]
    """The operands and the result that a product is of."""
    always: Bound
    """The bound that holds whatever it is."""


def _bound(step: _Step, term: float, g: float, error: float, arguments: Sequence[float], off: Sequence[float]) -> float:
    """How far a term is off, at once where nothing may have met the limits of the range and all errors are small."""
    _, relative, partial, factors, always = step
    size, weight = abs(term), abs(g)
    if partial and MODEST < size < 1 / MODEST and MODEST < weight < 1 / MODEST:
        relative += error / weight
        for place in factors:
            relative += off[place] / abs(arguments[place])
        if partial == "gentle":
            relative += 2 * weight * (off[0] + off[1]) / size
        elif partial == "power":
            relative += abs(arguments[1] - 1) * off[0] / abs(arguments[0]) if arguments[0] and not off[1] else 1.0
        if relative <= CLOSE:
            return size * relative
    return always(g, error, arguments, off)


@once
def _steps(tape: Tape) -> list[Sequence[_Step | None]]:
    """The steps of every row to its operands."""
    return list(map(_steps_of, tape.operations, map(len, tape.operands)))


@cache
def _steps_of(name: str, count: int) -> Sequence[_Step | None]:
    """None where there is no dependence; nothing at all for many operands, and for what needs none."""
    if count > MANY or name in ("add", "sub", "neg", "mul"):
        return ()
    found: list[_Step | None] = []
    for function, term, always in zip(FLOAT.terms(name, count), terms(name, count), bounds_on_terms(name, count), strict=True):
        if function is None or term is None or always is None:
            found.append(None)
            continue
        factors = factors_of(term)
        partial = "gentle" if name in GENTLE else "" if factors is None else "product"
        if name == "pow" and not found:
            partial = "power"
        found.append(_Step(function, UNIT * (roundings(name) + 2), partial, factors or [], always))
    return found


def factors_of(term: Term) -> list[int] | None:
    """The operands and the result whose product, with or without a number, or quotient a partial is; None if it is neither.

    >>> factors_of(terms("div", 2)[1]), factors_of(terms("sqrt", 1)[0]), factors_of(terms("sin", 1)[0])
    ([2, 1], [1], None)
    """
    places = {name: [place] for place, name in enumerate((*term.row.parameters, RESULT))} | {SEED: []}

    def apply(name: str, operands: list[list[int] | None], _: object) -> list[int] | None:
        if name not in ("mul", "div", "neg") or None in operands:
            return None
        return [place for each in operands for place in each or ()]

    if term.present or term.row.variadic or term.row.name in SPECIAL | CHOOSING:
        return None
    found: list[int] | None = fold(term.program, lambda leaf: places.get(leaf, []), apply)
    return found if found is not None and len(found) <= 2 else None
