"""Taylor coefficients as exact numbers: Taylor arithmetic on the tape with SymPy's numbers in place of floats.

The same recurrences as in floats (`diffcli.methods.sweeps.series`) make each coefficient of numbers only, so that nothing swells
as derivatives of formulas do. Numbers are what they say: 0.1 is 1/10, and a point that is given as pi/4 is that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import sympy

from diffcli.errors import DiffcliError, Span
from diffcli.language import parse
from diffcli.methods.points.points import with_semicolons
from diffcli.methods.problem.problem import At, Problem
from diffcli.methods.sweeps.point_rows import PointRows
from diffcli.methods.sweeps.series import expand
from diffcli.methods.symbolic.symbolic import SympyBuilder, constant_of, exact
from diffcli.methods.symbolic.text import Expression, attempted, shortest_text
from diffcli.tape import lower
from diffcli.tape.running.evaluation import replay

MOST_TERMS = 300
"""With a coefficient of more terms, in any row, the series ends: what follows is made of it."""

MOST_CHANGED = 100
"""One of more operations is left as it is found."""

LONGEST = 400
"""One whose text is longer is not written."""

AGREES, NOISE = 1e-6, 1e-13
"""How far a number may be from the float, beside the larger of both, and beside the largest coefficient."""


class _ExactRows(PointRows):
    """Rows with exact numbers for values; nothing is worked out in floats on the way, and no series is cut off."""

    about_zero = 0.0

    def value(self, slot: int) -> Any:
        found = super().value(slot)
        return constant_of(self.constant_names.get(slot, ""), found) if isinstance(found, float) else found

    def number(self, slot: int) -> float | None:
        return None

    def emit(self, operation: str, operands: tuple[int, ...], span: Span, *more: Any, **named: Any) -> int:
        known = self.slots
        slot = super().emit(operation, operands, span, *more, **named)
        if slot >= known and operation in ("eq", "ne") and len({*map(self.moves, operands)}) == 2:
            self.values[slot] = sympy.S(operation == "ne")  # what moves away from a constant obeys the rule beside it
        return slot


def exact_series(
    problem: Problem, at: At | None, variable: str, floats: Sequence[float], most_rows: int
) -> tuple[list[str | None], str]:
    """The coefficients of a problem in numbers as texts, and the center of the series; None where there is no exact number.

    They have to agree with those in ``floats``: sides of the point may have been chosen there, and whether a sum of roots and
    sines is 0 is nothing that SymPy always sees. ``at`` is the point as it was given, whose texts say what is meant: pi/4, and
    not the float nearest to it. Too many rows, and an operation of which SymPy knows nothing, are a `LimitError`.

    >>> exact_series(Problem("sin(x)", {"x": 1}), None, "x", [0.8414709848, 0.5403023059, -0.4207354924], 1000)
    (['sin(1)', 'cos(1)', '-sin(1)/2'], '1')
    """
    meant = _point_meant(problem, at)
    slot = problem.input_slot(variable)
    builder = SympyBuilder()
    found = attempted(lambda: _coefficients(builder, problem, meant, slot, len(floats) - 1, most_rows)) or []
    noise = NOISE * max([abs(close) for close in floats if math.isfinite(close)], default=0.0)
    names, pairs = problem.tape.inputs, zip(found, floats, strict=False)
    texts = [_text(number, names) if _agrees(number, close, noise) else None for number, close in pairs]
    return [*texts, *[None] * (len(floats) - len(texts))], _written([meant[slot]], names)


def _coefficients(
    builder: SympyBuilder, problem: Problem, point: Sequence[Expression], slot: int, order: int, most_rows: int
) -> list[Expression]:
    """As many coefficients as are not too long."""
    tape = problem.tape

    def applied(name: str, operands: Sequence[Expression]) -> Expression:
        found = builder.build(name, operands)
        return found if found.is_Boolean else _gathered(found) or found

    values = replay(tape, point, constant_of, applied)[: tape.slots]
    taken = [None if close is None else value for value, close in zip(values, problem.values, strict=False)]
    moving = {slot: [point[slot], sympy.Integer(1)]}
    rows = _ExactRows(tape, taken, moving, most_rows, lambda name: lambda *operands: applied(name, operands))
    return expand(rows, tape, moving, order, _gathered)


def _gathered(number: Expression) -> Expression | None:
    """A coefficient multiplied out, so that what cancels does, but for denominators; None if it is too long."""
    if number == 0:
        return sympy.Integer(0)
    below = [each for each in number.atoms(sympy.Pow) if each.exp.is_Integer and each.exp < 0 and each.base.is_Add]
    names = {each.base: sympy.Dummy() for each in below}
    held = number.xreplace({each: names[each.base] ** -each.exp for each in below})
    found = sympy.expand(held, power_base=False, power_exp=False, log=False, basic=False)
    if len(sympy.Add.make_args(found)) > MOST_TERMS:
        return None
    return found.xreplace({name: 1 / base for base, name in names.items()})


def _agrees(number: Expression, close: float, noise: float) -> bool:
    """Whether it is a real number, and not 0 only as far as can be told; and close to the float."""
    value = attempted(lambda: number.evalf(20))
    if not math.isfinite(close) or value is None or not (value.is_Rational or (value.is_Float and value._prec > 1)):
        return False
    return bool(abs(value - close) <= noise + AGREES * max(abs(value), abs(close)))


def _text(number: Expression, names: Sequence[str]) -> str | None:
    """An exact number as a text, in the shortest form that is cheap to have; None if that is long."""
    works = [sympy.factor_terms, sympy.radsimp, sympy.cancel] if number.count_ops() <= MOST_CHANGED else []
    return _written([number, *[attempted(partial(work, number)) for work in works]], names) or None


def _written(forms: Sequence[Expression | None], names: Sequence[str] = ()) -> str:
    """A number as a text, in which some names stand for no constant; empty if it is long, or not in the language."""
    text = shortest_text(forms, names)
    return text if len(text) <= LONGEST else ""


# -- the point ---------------------------------------------------------------------------------------------------------------


def _point_meant(problem: Problem, at: At | None) -> list[Expression]:
    """The point as exact numbers: what its texts say, where they say it of a number, else its floats as decimals."""
    said = _said(at)

    def meant(name: str, value: float) -> Expression:
        found = said.get(name)
        close = found is not None and attempted(lambda: math.isclose(float(found), value, rel_tol=1e-12, abs_tol=1e-300))
        return found if close and _written([found]) else exact(value)

    return [meant(name, float(value)) for name, value in zip(problem.tape.inputs, problem.point, strict=True)]


def _said(at: At | None) -> dict[str, Expression]:
    """The names of a point with what is said of them, where that is a formula or a fraction."""
    known: dict[str, Expression] = {}
    if isinstance(at, Mapping):
        at = [f"{name}={value}" for name, value in at.items() if isinstance(value, str)]
    for text in [at] if isinstance(at, str) else at or ():
        try:
            tape = lower(parse(with_semicolons(text, [])), given={})
            slots = replay(tape, [known[name] for name in tape.inputs], constant_of, SympyBuilder().build)
        except (DiffcliError, LookupError, TypeError):
            continue
        known |= {name: slots[slot] for name, slot in tape.bindings.items()}
    return known
