"""Which slip explains a wrong gradient, from its numbers, in the words of the table of slips of claims.

A slip explains what is claimed of a variable if it brings about every number of it, at every point. Those of one term are found
on the tape: where a row hands nothing on to an operand, a sweep finds the gradient without that term, and so what it brings.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from diffcli._named import NamedTuple
from diffcli.methods.points.points import Point
from diffcli.methods.problem.components import Components
from diffcli.methods.problem.problem import Problem
from diffcli.methods.problem.scalarise import variables_of
from diffcli.methods.sweeps.array_sweeps import BothWays
from diffcli.methods.sweeps.reverse import accumulate
from diffcli.operations import OPERATIONS
from diffcli.operations.array_row import shape_text
from diffcli.records import element_names
from diffcli.studies.claims.slip_search import MOST_ROWS, find_slip
from diffcli.studies.claims.slip_search import Observation as InNumbers
from diffcli.studies.claims.slip_text import factor_sentence, neat
from diffcli.studies.claims.slips import LIKE, SLIPS
from diffcli.studies.gradients.computed import Computed
from diffcli.tape.running.array_rules import NUMPY, rule_at
from diffcli.tape.running.rules import FLOAT

WORDS = {slip.name: slip.sentence for slip in reversed(SLIPS)}
"""The sentence of each kind of slip; of several the first."""

_LINEAR = frozenset(("add", "sub", "mul", "div", "neg"))
"""Operations to which no chain rule is applied by hand."""

_PIECES = frozenset(("abs", "relu", "relu6", "max", "min", "clip", "hardtanh", "where"))
"""Operations of several pieces."""

MANY = 1000

Rows = list[list[float]]
"""Numbers of the elements of a variable, a row for each point."""


class Observation(NamedTuple):
    """A claim and the derivative at one point."""

    at: Point
    parts: Components
    """The variables, or pairs of them, that the numbers are derivatives by."""
    claimed: list[float | None]
    unit: float
    """The distance beside 1 of the floats that the claim was computed in."""
    computed: Computed


class _Variable:
    """What is claimed of a variable, or a pair of them, at some points, and what is right."""

    def __init__(self, place: int, seen: Sequence[Observation]) -> None:
        self.seen, (self.name, _, self.shape) = seen, seen[0].parts.parts[place]
        first, size = seen[0].parts.starts[place], math.prod(self.shape)
        own = slice(first, first + size)
        self.right, self.bars = [one.computed.numbers[own] for one in seen], [one.computed.bars[own] for one in seen]
        pairs = zip([one.claimed[own] for one in seen], self.right, strict=True)
        self.claimed = [[known if one is None else one for one, known in zip(*pair, strict=True)] for pair in pairs]
        self.like = LIKE if seen[0].unit < 1e-15 else math.sqrt(seen[0].unit)
        """The relative difference up to which numbers are taken as the same."""

    def same(self, wrong: Iterable[Iterable[float]]) -> Iterator[bool]:
        """Whether each number is claimed as a slip brings it about."""
        for rows in zip(wrong, self.claimed, self.right, self.bars, strict=True):
            for one, own, right, bar in zip(*rows, strict=True):
                yield abs(one - own) <= self.like * max(abs(one), abs(own), 1e-3 * abs(right)) + bar

    def explained(self, wrong: Iterable[Iterable[float]]) -> bool:
        return all(self.same(wrong))


def find_slips(seen: Sequence[Observation], moves: bool) -> str:
    """What is probably wrong with a gradient that was ``seen`` at some points: a sentence without its full stop, or nothing.

    ``moves``: whether it was asked at each of them, and is not the same numbers.
    """
    if len(seen[0].claimed) > MANY:
        seen = seen[:2]  # so many numbers tell enough
    variables = [_Variable(place, seen) for place in range(len(seen[0].parts.parts))]
    found: dict[str, list[str]] = {}
    for one in variables:
        if sentence := "" if one.explained(one.right) else next(_slips(one, variables, moves), ""):
            found.setdefault(sentence, []).append(f"`{one.name}`")
    told = [
        sentence if len(names) == len(variables) or names[0] in sentence else f"by {' and '.join(names)}: {sentence}"
        for sentence, names in found.items()
    ]
    return "; ".join(told)


# -- the slips, the plainest first ---------------------------------------------------------------------------------------------


def _slips(of: _Variable, variables: Sequence[_Variable], moves: bool) -> Iterator[str]:
    right, name = of.right, f"`{of.name}`"
    stale = moves and all(claimed == of.claimed[0] for claimed in of.claimed) and right.count(right[0]) == 1 < len(right)
    if stale and any(of.claimed[0]) and not any(of.same(right)):
        yield "it is the same at every point, as a stale value is"
    yield from _in_numbers(of)
    for slip, sign in (("constant", 0.0), ("sign", -1.0)):
        if of.explained([[sign * number for number in row] for row in right]):
            yield WORDS[slip].format(variable=name)
    if of.explained([[one.computed.value] * len(row) for one, row in zip(of.seen, right, strict=True)]):
        yield WORDS["itself"]
    for other in variables:
        if other is not of and other.shape == of.shape and of.explained(other.right):
            yield WORDS["other variable"].format(other=f"`{other.name}`", variable=name)
    for how, order in _rearranged(of.shape):
        rows = zip(right, of.claimed, strict=True)
        if of.explained([[own[k] if source is None else row[source] for k, source in enumerate(order)] for row, own in rows]):
            yield f"its entries are {how}"
    if (factor := _factor(of, right)) is not None:
        yield factor_sentence(factor) + _size_of(of.seen[0], factor)
    yield from _of_terms(of)
    part = Components([(of.name, 0, of.shape)])
    points = [[number or 0.0 for number in part.numbers([one.at[of.name]])] for one in of.seen if of.name in one.at]
    if points and (factor := _factor(of, points, right)):
        yield f"a term {'is missing' if factor < 0 else 'is too much'}: {abs(factor):.6g} times {name}"
    first = list(of.same(right))[: len(right[0])]
    if first.count(False) == 1 < len(first):
        yield f"one entry alone is wrong, {element_names(of.name, of.shape)[first.index(False)]}"
    pairs = [pair for both in zip(of.claimed, right, strict=True) for pair in zip(*both, strict=True) if pair[0] != pair[1]]
    if (worst := max((abs(own - known) / (abs(known) or LIKE) for own, known in pairs), default=1.0)) < 1e-4:
        yield WORDS["rounded"].format(digits=int(-math.log10(worst)))


def _in_numbers(of: _Variable) -> Iterator[str]:
    """A slip of the table of claims, of a program in numbers that was asked at several points."""
    problems = _problems(of)
    if problems and problems[0].tape.shapes is None:
        known = []
        for at, (claimed,), (right,) in zip(problems, of.claimed, of.right, strict=True):
            moves, point = [*at.swept_forward({at.input_slot(of.name): 1.0})], dict(at.at)
            known.append(InNumbers(point, at.values, at.adjoints, moves, claimed, math.nan, right))
        yield from filter(None, [find_slip(problems[0], of.name, known)])


def _rearranged(shape: tuple[int, ...]) -> Iterator[tuple[str, list[int | None]]]:
    """In which orders entries may stand by mistake: for each place, the place of what stands there, or nothing."""
    size = stride = math.prod(shape)
    if len(shape) == 2 and shape[0] == shape[1] > 1:
        yield "transposed", [place % shape[0] * shape[0] + place // shape[0] for place in range(size)]
    for axis, length in enumerate(shape):
        stride //= length
        where = f" along axis {axis}" if len(shape) > 1 else ""
        index = [place // stride % length for place in range(size)]
        if length > 1:
            yield f"in reverse order{where}", [place + (length - 1 - 2 * k) * stride for place, k in enumerate(index)]
        for step in (1, -1) if length > 2 else ():
            moved = [place - step * stride if 0 <= k - step < length else None for place, k in enumerate(index)]
            yield f"shifted by one index{where}", moved


# -- factors -------------------------------------------------------------------------------------------------------------------


def _factor(of: _Variable, terms: Rows, rests: Rows | None = None) -> float | None:
    """The one factor, but 1, that a term has in what is claimed, beside a rest; None if there is none, or it tells nothing."""
    rests = rests or [[0.0] * len(row) for row in terms]
    size, k = max((max(map(abs, row)), k) for k, row in enumerate(terms))
    if not 0 < size < math.inf:
        return None
    place = [*map(abs, terms[k])].index(size)
    factor = _snapped((of.claimed[k][place] - rests[k][place]) / terms[k][place], of.like)
    made = ((rest + factor * term for rest, term in zip(*pair, strict=True)) for pair in zip(rests, terms, strict=True))
    tells = neat(factor) or sum(number != 0 for row in terms for number in row) > 2
    return factor if factor != 1 and of.explained(made) and tells else None


def _snapped(factor: float, like: float) -> float:
    """The neat number that a factor is, or is 1 over, as far as the digits tell."""
    if abs(factor) <= 4 * like:
        return 0.0
    for number in (factor, 1 / factor):
        close = float(Fraction(number).limit_denominator(12)) if abs(number) < 1e6 else 0.0
        if close and abs(number - close) <= 4 * like * abs(close):
            return close if number is factor else 1 / close
    return factor


def _size_of(seen: Observation, factor: float) -> str:
    """Which array has as many elements, or as long an axis, as a factor or its inverse says: it may be a mean for a sum."""
    problem, wanted = seen.computed.problem, factor if factor > 1 else 1 / factor if factor > 0 else 0.0
    known = [(f"`{name}`", value) for name, value in seen.at.items()]
    for name, value in known + [("an array", constant) for constant in (problem.tape.constants if problem else ())]:
        shape = getattr(value, "shape", ())
        if any(abs(size - wanted) <= 4 * LIKE * size for size in (math.prod(shape), *shape) if size > 2):
            return f" ({name} is {shape_text(shape)}: a {'sum for a mean' if factor > 1 else 'mean for a sum'}?)"
    return ""


# -- terms of the tape ---------------------------------------------------------------------------------------------------------


def _problems(of: _Variable) -> list[Problem]:
    """The tapes at all points, if they are the same, and short."""
    found = [one.computed.problem for one in of.seen]
    if found[0] is None or of.name not in found[0].wrt or len(found[0].tape.operations) > MOST_ROWS:
        return []
    rows = {str(one and (one.tape.operations, one.tape.operands)) for one in found}
    return [one for one in found if one is not None] if len(rows) == 1 else []


def _of_terms(of: _Variable) -> Iterator[str]:
    """Slips at one row: a term that is missing, of the wrong sign, times a factor; a broken chain; a wrong branch."""
    problems = _problems(of)
    for slot in reversed(problems[0].tape.rows()) if problems else ():
        first, row = problems[0], problems[0].tape.operands_of(slot)
        name, active = first.tape.operation(slot), [position for position, operand in enumerate(row) if first.active[operand]]
        for position in active if first.reached(slot) and (name != "where" or first.tape.shape(slot)) else ():
            words = {"row": first.operand_text(slot), "operand": first.operand_text(row[position])}
            words["within"] = "" if name in ("add", "sub") else f" in the derivative of {words['row']}"
            without = passed = [_swept(one, of, slot, position) for one in problems]
            if name in OPERATIONS and name not in _LINEAR and len(active) == 1:
                passed = [_swept(one, of, slot, position, lambda bar, *_: bar) for one in problems]
                if of.explained(passed):
                    yield WORDS["outer derivative"].format(**words)
            terms = [[a - b for a, b in zip(*pair, strict=True)] for pair in zip(of.right, without, strict=True)]
            factor = None if name == "where" else _factor(of, terms, without)
            if factor == 0:
                yield WORDS["term missing"].format(**words)
            elif factor is not None and neat(factor):
                slip = "sign of a term" if factor == -1 else "factor of a term"
                yield WORDS[slip].format(factor=factor_sentence(factor), **words)
            elif name in _PIECES and all(map(any, zip(of.same(of.right), of.same(without), of.same(passed), strict=True))):
                yield f"the wrong branch of {words['row']} is taken"


def _swept(at: Problem, of: _Variable, slot: int, position: int, instead: Callable[..., Any] | None = None) -> list[float]:
    """The derivative if a row handed something else on to one operand, or nothing; or if a choice took the other branch."""
    tape, values, row = at.tape, list(at.values), at.tape.operands_of(slot)
    overrides: dict[int, Any] = {}
    if tape.operation(slot) == "where":
        values[row[0]] = (values[row[0]] == 0) * 1.0
    elif tape.operation(slot) in OPERATIONS:
        functions = (FLOAT if tape.shapes is None else NUMPY).terms(tape.operation(slot), len(row))
        overrides[slot] = (*functions[:position], instead, *functions[position + 1 :])
    else:
        adjoints: list[Any] = [NUMPY.row_term(rule_at(tape, slot, k), "adjoint") for k in range(len(row))]
        adjoints[position] = None
        overrides[slot] = tuple(BothWays(adjoint, adjoint) for adjoint in adjoints)
    found = accumulate(tape, values, at.active, {tape.output: 1.0}, overrides)[0]
    variables = variables_of(at)
    return list(variables.bands([number or 0.0 for number in variables.numbers(found)])[at.wrt.index(of.name)])
