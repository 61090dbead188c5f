"""Which slip explains what is wrongly claimed of a derivative, and where it was made.

A slip explains a claim if it brings about every number of it, at every point. A slip at one row of the tape gives that row a
wrong derivative ``w`` in place of the right one, ``dy``. As the adjoint of the row is the derivative of the result by it, the
whole derivative becomes ``right + adjoint*(w - dy)``. Where that explains nothing the slip may have been made at every
such row, as in 3*x^3 + 2*x^2 for x^3 + x^2; a forward sweep with all the wrong derivatives shows it. In a tape of arrays
sweeps back tell what a row brings: without it, and with 1 in place of its partial derivative.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cache
from itertools import islice
from typing import Any

from diffcli.language import parse
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.forward import tangents
from diffcli.methods.sweeps.reverse import activity
from diffcli.operations import OPERATIONS
from diffcli.studies.claims.observations import Observation, brought, off_by_most
from diffcli.studies.claims.slip_text import Place, derivative, neat, slip_text
from diffcli.studies.claims.slips import LIKE, SLIPS, Slip
from diffcli.tape import Tape, evaluate, lower
from diffcli.tape.running.rules import FLOAT

ENOUGH = 4
"""With fewer points than this a number shows `ANYWHERE` at most: at one point, a factor explains everything."""

ANYWHERE = frozenset(
    ("constant", "other variable", "itself", "piece", "outer derivative", "sign", "term missing", "sign of a term", "factor")
    + ("factor of a term", "rearranged", "wrong branch", "multiple of the variable", "one entry", "rounded numbers")
)
"""The slips that are looked for in the derivatives by arrays, and at few points, too."""

TELLING = 8
"""Of how many numbers the largest tells a factor."""

MOST_ROWS = 300
"""Longer tapes are asked for slips of the whole only."""

_NO_FUNCTIONS = ("add", "sub", "mul", "neg", "where", "max", "min", "clip")
"""Operations to which no chain rule is applied by hand."""

_ARITHMETIC = ("add", "sub", "mul", "div", "neg")

Names = dict[str, float]


def find_slip(
    problem: Problem | None, variable: str, seen: Sequence[Observation], like: float = LIKE, named: Callable[[str], str] = str
) -> tuple[str, float]:
    """What is probably wrong with a claim that was ``seen`` with its function, and the factor between the two, if it is one.

    A sentence without its full stop; empty if no slip of the table explains the claim. ``like`` is the relative difference up
    to which numbers are the same; ``named`` says how variables are written.
    """
    if off_by_most(seen) <= 1e-8:
        return "", 1.0  # it is wrong at single points, or by so little that any slip without effect would explain it
    search = _Search(problem, variable, seen, like)
    for slip in SLIPS:
        found = search.places_of(slip) if search.sees_all or slip.name in ANYWHERE else None
        if found is not None:
            places, factor = found
            text = slip_text(slip, problem, variable, places, factor, off_by_most(seen), named)
            return text, factor if slip.name.startswith("factor") else 1.0
    return "", 1.0


class _Search:
    def __init__(self, problem: Problem | None, variable: str, seen: Sequence[Observation], like: float) -> None:
        self.variable, self.seen, self.like = variable, seen, like
        self.in_arrays = problem is not None and problem.tape.shapes is not None
        self.sees_all = problem is not None and not self.in_arrays and len(seen) >= ENOUGH
        self.rows: list[tuple[int, list[int]]] = []
        """Rows on which the claim depends, each with its operands that depend on the variable."""
        if problem is not None and len(problem.tape.operations) <= MOST_ROWS:
            self.tape, self.samples = problem.tape, [one.tape for one in seen if one.tape is not None]
            self._find_rows(problem.input_slot(variable))
        self.products = {slot for slot, active in self.rows if self.tape.operation(slot) == "mul" and len(active) > 1}
        self.brought = cache(lambda place: [brought(one.tape, variable, one.right, place) for one in seen])
        """What a row of arrays brings, at each point."""

    def _find_rows(self, variable: int) -> None:
        self.seed = [1.0 if slot == variable else None for slot in range(self.tape.first_row)]
        self.moves = [] if self.in_arrays else [tangents(self.tape, sample.values, self.seed) for sample in self.samples]
        """The tangents in a tape of numbers, at each point."""
        active: Sequence[int] = activity(self.tape, [variable])
        if not self.in_arrays:  # a comparison passes nothing on
            active = [any(moves[slot] is not None for moves in self.moves) for slot in range(self.tape.slots)]
        for slot in self.tape.rows():
            if active[slot] and any(sample.adjoints[slot] is not None for sample in self.samples):
                operands = dict.fromkeys(self.tape.operands_of(slot))
                self.rows.append((slot, [operand for operand in operands if operand >= 0 and active[operand]]))

    def places_of(self, slip: Slip) -> tuple[list[Place], float] | None:
        """Where a slip explains the claim, and by which factor (1 if it has none); None if nowhere."""
        places = list(self._places(slip))
        for place in places:
            factor = self._explains(slip, place)
            if factor is not None and ("unsigned" not in slip.where or self._is_unsigned(place)):
                return [place], factor
        rows = {place.row: place for place in places if place.row is not None}
        alike = len(rows) > 1 and self.sees_all and "term" not in slip.where and "c" not in _spoken(slip.wrong)
        if alike and all(self._is_like(slip, n, [[(self._with_all(slip, rows, n), 0.0)]]) for n in range(len(self.seen))):
            return list(rows.values()), 1.0
        return None

    # -- where a slip can be made --------------------------------------------------------------------------------------------

    def _places(self, slip: Slip) -> Iterator[Place]:
        if slip.where == "whole":
            yield Place(None)
        elif slip.where in ("variable", "order", "entry"):
            others = enumerate(self.seen[0].others)
            yield from (Place(None, k, name) for k, (kind, name, _) in others if kind == slip.where)
        else:
            words = set(slip.where.split())
            names, words = words & OPERATIONS.keys(), words - OPERATIONS.keys()
            for slot, active in self.rows:
                if (not names or self.tape.operation(slot) in names) and self._fits(slip, words, slot, active):
                    yield from (Place(slot, operand) for operand in (active if words & {"term", "branch"} else active[:1]))

    def _fits(self, slip: Slip, words: set[str], slot: int, active: list[int]) -> bool:
        """Whether a slip can be made at a row, of whose operands some depend on the variable."""
        row, name, spoken = self.tape.operands_of(slot), self.tape.operation(slot), _spoken(slip.wrong)
        alone = len(active) == 1
        divided = name == "div" and row[1] not in active
        return (
            ("term" not in words or not alone)
            and ("constant" not in words or (alone and len(set(row)) > 1))
            and ("function" not in words or (alone and not divided and name in OPERATIONS and name not in _NO_FUNCTIONS))
            and ("branch" in words or not (self.in_arrays and name == "where"))
            and ("branch" not in words or (self.in_arrays and bool(self.tape.shape(slot))))
            and (not words & {"inner", "curved"} or active[0] >= self.tape.first_row or not self.sees_all)
            and ("curved" not in words or len({moves[active[0]] for moves in self.moves}) > 1)
            and ("exponent" not in words or row[1] in active)
            and ("plain" not in words or not self.products.intersection(active))
            and ("du" not in spoken or alone or bool(words & {"term", "branch"}))
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
        texts = slip.wrong.split("|")
        factor = self._factor(slip, place) if "c" in _spoken(slip.wrong) else 1.0
        if factor is None:
            return None
        for n in range(len(self.seen)):
            if not self._is_like(slip, n, zip(*[self._made(text, place, n, factor) for text in texts], strict=True)):
                return None
        return factor

    def _is_like(self, slip: Slip, n: int, made: Iterable[Sequence[tuple[float, float]]]) -> bool:
        """Whether what is claimed at a point is what comes of a slip there, or one of several things."""
        one, like = self.seen[n], max(slip.like, self.like)
        own = [one.slope] if slip.instead == "slope" else one.claimed
        return all(any(one.is_like(wrong, own[k], k, like, size) for wrong, size in each) for k, each in enumerate(made))

    def _made(self, text: str, place: Place, n: int, factor: float) -> Iterator[tuple[float, float]]:
        """The numbers that a slip brings about at a point, each with the size of what cancels in it."""
        one = self.seen[n]
        if place.row is None:
            others = one.right if place.operand is None else one.others[place.operand][2]
            for right, other, x in zip(one.right, others, one.at, strict=True):
                yield _value(text, {"right": right, "x": x, "f": one.value, "other": other, "c": factor}), 0.0
        elif self.in_arrays:
            for right, brings, passed in zip(one.right, *self.brought(place)[n], strict=True):
                wrong = _value(text, {"dy": brings, "term": brings, "du": passed, "c": factor})
                yield right - brings + wrong, abs(brings)
        elif self.samples[n].values[place.row] is None:  # it is in a branch that is not taken here
            yield one.right[0], 0.0
        else:
            names, adjoint = self._names(text, place, n, self.moves[n]), self.samples[n].adjoints[place.row] or 0.0
            wrong, dy = _value(text, names | {"c": factor}), names["dy"]
            yield one.right[0] + adjoint * (wrong - dy), abs(adjoint * wrong) + abs(adjoint * dy)

    def _factor(self, slip: Slip, place: Place) -> float | None:
        """The factor in what is claimed, by the largest of the first numbers that it has a part in; at a row only a neat one."""
        found: Iterator[tuple[float, float, float]] = (
            (claimed, rest, made - rest)
            for n, one in enumerate(self.seen)
            for claimed, (rest, _), (made, _) in zip(
                one.claimed, *[self._made(slip.wrong, place, n, factor) for factor in (0.0, 1.0)], strict=True
            )
        )
        telling = [*islice((each for each in found if each[2] and math.isfinite(sum(each))), TELLING)]
        claimed, rest, term = max(telling, key=lambda each: abs(each[2]), default=(0.0, 0.0, 1.0))
        factor = _snapped((claimed - rest) / term, self.like)
        return factor if neat(factor) or (place.row is None and len(telling) > 2) else None

    def _with_all(self, slip: Slip, places: dict[int, Place], n: int) -> float:
        """The derivative, if a slip is made in several rows."""
        overrides: dict[int, Any] = {}
        values, moves = self.samples[n].values, self.moves[n]
        for slot, place in places.items():
            if values[slot] is not None:
                wrong = _value(slip.wrong, self._names(slip.wrong, place, n, moves))
                made: list[Any] = [None] * len(self.tape.operands_of(slot))
                made[self.tape.operands_of(slot).index(place.operand)] = lambda *_, wrong=wrong: wrong
                overrides[slot] = made
                moves = tangents(self.tape, values, self.seed, overrides)
        return moves[self.tape.output] or 0.0

    def _names(self, wrong: str, place: Place, n: int, tangents: Sequence[float | None]) -> Names:
        """What the text of a slip at a row of numbers may speak of, at a point."""
        assert place.row is not None
        known = self.samples[n].values
        row, name = self.tape.operands_of(place.row), self.tape.operation(place.row)
        values = [known[operand] for operand in row]
        moves = [tangents[operand] or 0.0 if operand >= 0 else 0.0 for operand in row]
        names = {"y": known[place.row] or 0.0, "dy": tangents[place.row] or 0.0}
        names |= dict(zip(("a", "b"), (value or 0.0 for value in values), strict=False))
        names |= dict(zip(("da", "db"), moves, strict=False))
        assert place.operand is not None
        position = row.index(place.operand)
        names |= {"u": values[position] or 0.0, "du": moves[position]}
        for operand, value in zip(row, values, strict=True):
            if operand != place.operand:
                names |= {"k": value or 0.0, "dk": math.nan}
                if "dk" in _spoken(wrong) and operand >= self.tape.first_row:
                    names["dk"] = self._of_a_constant(operand, known)
        names["p"] = _partial(name, position, values, names["y"])
        own = [at for at, operand in enumerate(row) if operand == place.operand]
        names["term"] = sum(_partial(name, at, values, names["y"]) * moves[at] for at in own)
        for letter, elsewhere in (("q", names["du"]), ("r", self.seen[n].at[0])):
            if letter in _spoken(wrong):
                moved = [elsewhere if at == position else value for at, value in enumerate(values)]
                names[letter] = _partial(name, position, moved, FLOAT.value(name)(*moved))
        return names

    def _of_a_constant(self, slot: int, values: Sequence[float | None]) -> float:
        """The derivative of what does not depend on the variable by the first of its own operands: 2*pi for pi^2."""
        operands, name = [values[operand] for operand in self.tape.operands_of(slot)], self.tape.operation(slot)
        return math.nan if None in operands or name in _ARITHMETIC else _partial(name, 0, operands, values[slot])


def _snapped(factor: float, like: float) -> float:
    """The neat number that a factor is, or is 1 over, as far as the digits tell."""
    if abs(factor) <= 4 * like:
        return 0.0
    for number in (factor, 1 / factor):
        close = float(Fraction(number).limit_denominator(12)) if abs(number) < 1e6 else 0.0
        if close and abs(number - close) <= 4 * like * abs(close):
            return close if number is factor else 1 / close
    return factor


def _partial(name: str, position: int, values: Sequence[float | None], value: float | None) -> float:
    """The partial derivative of an operation by one of its operands."""
    function = FLOAT.terms(name, len(values))[position]
    return (function(1.0, *values, value) or 0.0) if function else math.nan


@cache
def _compiled(text: str) -> Tape:
    return lower(parse(text))


@cache
def _spoken(wrong: str) -> set[str]:
    """What the text of a slip, or one of several, speaks of."""
    return {name for text in wrong.split("|") for name in _compiled(text).inputs}


def _value(text: str, names: Names) -> float:
    tape = _compiled(text)
    return float(evaluate(tape, [names[name] for name in tape.inputs])[tape.output])
