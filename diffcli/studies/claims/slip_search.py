"""Which slip explains a wrong claim, and where it was made.

A slip explains a claim if the two agree at several random points. A slip at one row of the tape gives that row a wrong
derivative ``w`` in place of the right one, ``dy``. As the adjoint of the row is the derivative of the result by it, the
whole derivative becomes ``right + adjoint*(w - dy)``. Where that explains nothing the slip may have been made at every
such row, as in 3*x^3 + 2*x^2 for x^3 + x^2; a forward sweep with all the wrong derivatives shows it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from diffcli._named import NamedTuple
from diffcli.language import parse
from diffcli.methods.problem.problem import Problem
from diffcli.operations import OPERATIONS
from diffcli.studies.claims.slip_text import Place, derivative, neat, slip_text
from diffcli.studies.claims.slips import SLIPS, Slip
from diffcli.tape import Tape, evaluate, lower
from diffcli.tape.running.rules import FLOAT

ENOUGH = 4
"""With fewer points than this nothing is explained: at one, a factor explains everything."""

MOST_ROWS = 300
"""Longer tapes are asked for slips of the whole only."""

_NO_FUNCTIONS = ("add", "sub", "mul", "neg", "where", "max", "min", "clip")
"""Operations to which no chain rule is applied by hand."""

_ARITHMETIC = ("add", "sub", "mul", "div", "neg")


class Observation(NamedTuple):
    """Everything at one point that a slip may speak of."""

    at: Mapping[str, float]
    values: list[float | None]
    adjoints: list[float | None]
    tangents: list[float | None]
    """Of every slot, along the variable."""
    claimed: float
    slope: float
    """The claim's own derivative."""
    right: float


Names = dict[str, float]


def find_slip(problem: Problem, variable: str, seen: Sequence[Observation]) -> str:
    """What is probably wrong with a claim that was ``seen`` with its function at random points.

    A sentence without its full stop; empty if no slip of the table explains the claim.
    """
    if len(seen) < ENOUGH or all(abs(one.claimed - one.right) <= 1e-8 * abs(one.right) for one in seen):
        return ""  # it is wrong at single points, or by so little that any slip without effect would explain it
    search = _Search(problem.tape, variable, seen)
    for slip in SLIPS:
        found = search.places_of(slip)
        if found is not None:
            places, factor = found
            return slip_text(slip, problem, variable, places, factor, search.worst())
    return ""


class _Search:
    def __init__(self, tape: Tape, variable: str, seen: Sequence[Observation]) -> None:
        self.tape, self.variable, self.seen = tape, variable, seen
        self.short = len(self.tape.operations) <= MOST_ROWS
        slots = range(self.tape.slots) if self.short else range(0)
        moving = [any(one.tangents[slot] is not None for one in seen) for slot in slots]
        self.rows: list[tuple[int, list[int]]] = []
        """Rows on which the claim depends, each with its operands that depend on the variable."""
        for slot in self.tape.rows() if self.short else ():
            if moving[slot] and any(one.adjoints[slot] is not None for one in seen):
                operands = dict.fromkeys(self.tape.operands_of(slot))
                self.rows.append((slot, [operand for operand in operands if operand >= 0 and moving[operand]]))
        self.products = {slot for slot, active in self.rows if self.tape.operation(slot) == "mul" and len(active) > 1}

    def worst(self) -> float:
        """The largest relative difference of the claim."""
        return max((abs(one.claimed - one.right) / abs(one.right) for one in self.seen if one.right), default=math.inf)

    def places_of(self, slip: Slip) -> tuple[list[Place], float] | None:
        """Where a slip explains the claim, and by which factor (1 if it has none); None if nowhere."""
        places = list(self._places(slip))
        for place in places:
            factor = self._explains(slip, place)
            if factor is not None and ("unsigned" not in slip.where or self._is_unsigned(place)):
                return [place], factor
        rows = {place.row: place for place in places if place.row is not None}
        alike = len(rows) > 1 and "term" not in slip.where and "c" not in _compiled(slip.wrong).inputs
        if alike and all(_is_like(slip, self._with_all(slip, rows, one), one) for one in self.seen):
            return list(rows.values()), 1.0
        return None

    # -- where a slip can be made --------------------------------------------------------------------------------------------

    def _places(self, slip: Slip) -> Iterator[Place]:
        if slip.where == "whole":
            yield Place(None)
        elif slip.where == "variable":
            yield from (Place(None, other=name) for name in self.tape.inputs if name != self.variable)
        else:
            words = set(slip.where.split())
            names, words = words & OPERATIONS.keys(), words - OPERATIONS.keys()
            for slot, active in self.rows:
                if (not names or self.tape.operation(slot) in names) and self._fits(slip, words, slot, active):
                    yield from (Place(slot, operand) for operand in (active if "term" in words else active[:1]))

    def _fits(self, slip: Slip, words: set[str], slot: int, active: list[int]) -> bool:
        """Whether a slip can be made at a row, of whose operands some depend on the variable."""
        row, spoken = self.tape.operands_of(slot), set(_compiled(slip.wrong).inputs)
        alone = len(active) == 1
        divided = self.tape.operation(slot) == "div" and row[1] not in active
        return (
            ("term" not in words or not alone)
            and ("constant" not in words or (alone and len(set(row)) > 1))
            and ("function" not in words or (alone and not divided and self.tape.operation(slot) not in _NO_FUNCTIONS))
            and (not words & {"inner", "curved"} or active[0] >= self.tape.first_row)
            and ("curved" not in words or len({one.tangents[active[0]] for one in self.seen}) > 1)
            and ("exponent" not in words or row[1] in active)
            and ("plain" not in words or not self.products.intersection(active))
            and ("du" not in spoken or alone or "term" in words)
            and ("da" not in spoken or row[0] in active)
            and ("db" not in spoken or row[1] in active)
        )

    def _is_unsigned(self, place: Place) -> bool:
        """Whether the terms of a row have the signs of the rule, as no derivative of an operand begins with a minus."""
        assert place.row is not None
        row = self.tape.operands_of(place.row)
        return not any(derivative(self.tape, operand, self.variable).startswith("-") for operand in row if operand >= 0)

    # -- what comes of it ----------------------------------------------------------------------------------------------------

    def _explains(self, slip: Slip, place: Place) -> float | None:
        """The factor ``c`` (1 if the slip has none) if the slip explains the claim at every point; None if it does not."""
        factor: float | None = None if "c" in _compiled(slip.wrong).inputs else 1.0
        for one in sorted(self.seen, key=lambda one: not one.right):  # no factor is seen where the derivative is 0
            wrong, size = one.right, 0.0
            if place.row is None or one.values[place.row] is not None:  # else it is in a branch that is not taken here
                names = self._names(slip, place, one)
                if factor is None:
                    factor = _factor(place, one, names)
                    if factor is None:
                        return None
                wrong = _value(slip.wrong, names | {"c": factor})
                if place.row is not None:
                    adjoint = one.adjoints[place.row] or 0.0
                    size = abs(adjoint * wrong) + abs(adjoint * names["dy"])
                    wrong = one.right + adjoint * (wrong - names["dy"])
            if not _is_like(slip, wrong, one, size):
                return None
        return factor

    def _with_all(self, slip: Slip, places: dict[int, Place], one: Observation) -> float:
        """The derivative, if a slip is made in several rows."""
        moves = list(one.tangents)
        changed = one._replace(tangents=moves)
        for slot in self.tape.rows():
            if one.values[slot] is None:
                continue
            row = self.tape.operands_of(slot)
            operands = [one.values[operand] for operand in row]
            functions = FLOAT.terms(self.tape.operation(slot), len(row))
            terms = [
                function(moves[operand], *operands, one.values[slot]) or 0.0
                for function, operand in zip(functions, row, strict=True)
                if function is not None and operand >= 0 and moves[operand] is not None
            ]
            moves[slot] = sum(terms) if terms else None
            if slot in places:
                moves[slot] = _value(slip.wrong, self._names(slip, places[slot], changed))
        return moves[self.tape.output] or 0.0

    def _names(self, slip: Slip, place: Place, one: Observation) -> Names:
        """What the text of a slip may speak of, at a point."""
        if place.row is None:
            names = {"right": one.right, "x": one.at[self.variable], "f": float(one.values[self.tape.output] or 0.0)}
            return names | ({"other": one.adjoints[self.tape.inputs.index(place.other)] or 0.0} if place.other else {})
        row, name = self.tape.operands_of(place.row), self.tape.operation(place.row)
        values = [one.values[operand] for operand in row]
        moves = [one.tangents[operand] or 0.0 if operand >= 0 else 0.0 for operand in row]
        names = {"y": one.values[place.row] or 0.0, "dy": one.tangents[place.row] or 0.0}
        names |= dict(zip(("a", "b"), (value or 0.0 for value in values), strict=False))
        names |= dict(zip(("da", "db"), moves, strict=False))
        assert place.operand is not None
        position = row.index(place.operand)
        names |= {"u": values[position] or 0.0, "du": moves[position]}
        for operand, value in zip(row, values, strict=True):
            if operand != place.operand:
                names |= {"k": value or 0.0}
                if "dk" in _compiled(slip.wrong).inputs:
                    names["dk"] = self._of_a_constant(operand, one)
        partials = [function(1.0, *values, names["y"]) if function else None for function in FLOAT.terms(name, len(row))]
        names["p"] = partials[position] or 0.0
        names["term"] = sum((partials[at] or 0.0) * moves[at] for at, operand in enumerate(row) if operand == place.operand)
        for letter, elsewhere in (("q", names["du"]), ("r", one.at[self.variable])):
            if letter in _compiled(slip.wrong).inputs:
                names[letter] = _partial_elsewhere(name, position, elsewhere, values)
        return names

    def _of_a_constant(self, slot: int, one: Observation) -> float:
        """The derivative of what does not depend on the variable by the first of its own operands: 2*pi for pi^2."""
        if slot < self.tape.first_row or self.tape.operation(slot) in _ARITHMETIC:
            return math.nan
        values = [one.values[operand] for operand in self.tape.operands_of(slot)]
        function = FLOAT.terms(self.tape.operation(slot), len(values))[0]
        partial = None if function is None or None in values else function(1.0, *values, one.values[slot])
        return math.nan if partial is None else partial


def _is_like(slip: Slip, wrong: float, one: Observation, size: float = 0.0) -> bool:
    """Whether what comes of a slip is what is claimed at a point; what cancels in it, of some size, leaves its rounding."""
    against = one.slope if slip.instead == "slope" else one.claimed
    return abs(wrong - against) <= slip.like * max(abs(wrong), abs(against)) + 1e-13 * size


def _factor(place: Place, one: Observation, names: Names) -> float | None:
    """By what the derivative, or one of its terms, was multiplied to give what is claimed at a point; only a neat number."""
    whole = one.right if place.row is None else (one.adjoints[place.row] or 0.0) * names["term"]
    factor = 1 + (one.claimed - one.right) / whole if whole else math.nan
    return factor if math.isfinite(factor) and (place.row is None or neat(factor)) else None


def _partial_elsewhere(name: str, position: int, at: float, values: Sequence[float | None]) -> float:
    """The partial derivative of an operation with another value for one of its operands."""
    moved = [at if place == position else value for place, value in enumerate(values)]
    function = FLOAT.terms(name, len(moved))[position]
    return (function(1.0, *moved, FLOAT.value(name)(*moved)) or 0.0) if function else math.nan


@cache
def _compiled(text: str) -> Tape:
    return lower(parse(text))


def _value(text: str, names: Names) -> float:
    tape = _compiled(text)
    return float(evaluate(tape, [names[name] for name in tape.inputs])[tape.output])
