"""Which slip explains a wrong gradient, from its numbers, in the words of the table of slips of claims.

A slip explains what is claimed of a variable if it brings about every number of it, at every point. Those of the whole
derivative stand in one table here. Those of one term are found on the tape: where a row hands nothing on to one of its
operands, a sweep finds the gradient without that term, and so what the term brings.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
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
from diffcli.studies.claims import slip_search as claims
from diffcli.studies.claims.slip_text import factor_sentence, neat
from diffcli.studies.claims.slips import SLIPS
from diffcli.studies.gradients.computed import Computed
from diffcli.tape.running.array_rules import NUMPY, rule_at
from diffcli.tape.running.rules import FLOAT

WORDS = {slip.name: slip.sentence for slip in reversed(SLIPS)}
"""The sentence of each kind of slip; of several the first."""

MOST_ROWS = 300
"""Longer tapes are asked for slips of the whole only."""

_LINEAR = frozenset(("add", "sub", "mul", "div", "neg", "where"))
"""Operations to which no chain rule is applied by hand."""

_PIECES = frozenset(("abs", "relu", "relu6", "max", "min", "clip", "hardtanh"))
"""Operations of several pieces."""

Numbers = list[float]


class Observation(NamedTuple):
    """A claim and the derivative at one point."""

    at: Point
    parts: Components
    """The variables, or pairs of them, that the numbers are derivatives by."""
    claimed: list[float | None]
    value: float | None
    unit: float
    """The distance beside 1 of the floats that the claim was computed in."""
    computed: Computed


class _One(NamedTuple):
    """The numbers of one variable at one point."""

    seen: Observation
    right: Numbers
    claimed: Numbers
    bars: Numbers
    like: float
    """The relative difference up to which numbers are taken as the same."""

    def same(self, numbers: Numbers) -> bool:
        """Whether these numbers are what is claimed."""
        return all(map(self.is_same, range(len(self.right)), numbers))

    def is_same(self, place: int, number: float) -> bool:
        claimed, right = self.claimed[place], self.right[place]
        return abs(number - claimed) <= self.like * max(abs(number), abs(claimed), 1e-3 * abs(right)) + self.bars[place]


Of = Callable[[_One], Numbers]
"""What a slip makes of the derivative by a variable at a point."""


class _Variable(NamedTuple):
    """A variable, or a pair of them, of which something wrong is claimed."""

    name: str
    shape: tuple[int, ...]
    seen: list[_One]

    def explained(self, wrong: Of) -> bool:
        return all(one.same(wrong(one)) for one in self.seen)


def find_slips(seen: Sequence[Observation], moves: bool) -> str:
    """What is probably wrong with a gradient that was ``seen`` at some points: a sentence without its full stop, or nothing.

    ``moves``: whether it was asked at each of them, and is not the same numbers.
    """
    columns = zip(*map(_variables, seen), strict=True)
    variables = [
        _Variable(name, shape, list(column)) for (name, _, shape), column in zip(seen[0].parts.parts, columns, strict=True)
    ]
    found: dict[str, list[str]] = {}
    for one in variables:
        sentence = "" if one.explained(lambda one: one.right) else next(_slips(one, variables, moves), "")
        if sentence:
            found.setdefault(sentence, []).append(f"`{one.name}`")
    told = [
        sentence if len(names) == len(variables) or names[0] in sentence else f"by {' and '.join(names)}: {sentence}"
        for sentence, names in found.items()
    ]
    return "; ".join(told)


def _variables(seen: Observation) -> list[_One]:
    numbers = seen.computed.numbers
    claimed = [right if number is None else number for number, right in zip(seen.claimed, numbers, strict=True)]
    like = 1e-9 if seen.unit < 1e-15 else math.sqrt(seen.unit)
    bands = zip(*map(seen.parts.bands, (numbers, claimed, seen.computed.bars)), strict=True)
    return [_One(seen, list(right), list(own), list(bars), like) for right, own, bars in bands]


# -- the slips, the plainest first ---------------------------------------------------------------------------------------------


def _slips(of: _Variable, variables: Sequence[_Variable], moves: bool) -> Iterator[str]:
    first = of.seen[0]
    stale = moves and all(one.claimed == first.claimed and one.right != first.right for one in of.seen[1:])
    if stale and any(first.claimed) and not any(first.is_same(place, right) for place, right in enumerate(first.right)):
        yield "it is the same at every point, as a stale value is"
    yield from _of_numbers(of)
    for wrong, sentence in _WHOLE:
        if of.explained(wrong):
            yield sentence.format(variable=f"`{of.name}`")
    for other in variables:
        swapped = {id(own.seen): own.right for own in other.seen}
        if other is not of and other.shape == of.shape and of.explained(lambda one, swapped=swapped: swapped[id(one.seen)]):  # type: ignore[misc]
            yield WORDS["other variable"].format(other=f"`{other.name}`", variable=f"`{of.name}`")
    for how, order in _rearranged(of.shape):
        if of.explained(lambda one, order=order: _in_order(one, order)):  # type: ignore[misc]
            yield f"its entries are {how}"
    factor = _factor(of, lambda one: one.right)
    if factor is not None:
        yield factor_sentence(factor) + _size_of(first.seen, factor)
    yield from _of_terms(of)
    point = {id(one.seen): _flat(one.seen.at, of.name) for one in of.seen}
    factor = _factor(of, lambda one: point[id(one.seen)], lambda one: one.right) if point[id(first.seen)] else None
    if factor:
        yield f"a term {'is missing' if factor < 0 else 'is too much'}: {abs(factor):.6g} times `{of.name}`"
    wrong_ones = [place for place, number in enumerate(first.right) if not first.is_same(place, number)]
    if len(wrong_ones) == 1 < len(first.right):
        yield f"one entry alone is wrong, {element_names(of.name, of.shape)[wrong_ones[0]]}"
    pairs = [pair for one in of.seen for pair in zip(one.claimed, one.right, strict=True) if pair[1]]
    worst = max((abs(claimed - right) / abs(right) for claimed, right in pairs), default=1.0)
    if worst < 1e-4:
        yield WORDS["rounded"].format(digits=int(-math.log10(worst)))


_WHOLE: tuple[tuple[Of, str], ...] = (
    (lambda one: [0.0] * len(one.right), WORDS["constant"]),
    (lambda one: [-number for number in one.right], WORDS["sign"]),
    (lambda one: [one.seen.computed.value] * len(one.right), WORDS["itself"]),
)
"""What is claimed in place of the whole derivative by a variable, and the sentence."""


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


def _in_order(one: _One, order: Sequence[int | None]) -> Numbers:
    return [one.claimed[place] if source is None else one.right[source] for place, source in enumerate(order)]


def _flat(at: Point, name: str) -> Numbers:
    """The numbers of a variable; none of a pair."""
    if name not in at:
        return []
    return [number or 0.0 for number in Components([(name, 0, getattr(at[name], "shape", ()))]).numbers([at[name]])]


def _of_numbers(of: _Variable) -> Iterator[str]:
    """A slip of the table of claims, of a program in numbers that was asked at several points."""
    problems = [one.seen.computed.problem for one in of.seen]
    known: list[claims.Observation] = []
    for one, problem in zip(of.seen, problems, strict=True):
        if problem is None or problem.tape.shapes is not None or of.name not in problem.wrt:
            return
        moves = list(problem.swept_forward({problem.input_slot(of.name): 1.0}))
        at: Any = problem.at
        known.append(claims.Observation(at, problem.values, problem.adjoints, moves, one.claimed[0], math.nan, one.right[0]))
    alike = all(_rows(problem) == _rows(problems[0]) for problem in problems)
    if alike and problems[0] is not None and (sentence := claims.find_slip(problems[0], of.name, known)):
        yield sentence


# -- factors -------------------------------------------------------------------------------------------------------------------


def _factor(of: _Variable, term: Of, rest: Of | None = None) -> float | None:
    """The one factor, but 1, that a term has in what is claimed, beside a rest; None if there is none, or it tells nothing."""
    terms = [(term(one), rest(one) if rest else [0.0] * len(one.right), one) for one in of.seen]
    size, place, numbers, others, one = max(
        ((abs(numbers[place]), place, numbers, others, one) for numbers, others, one in terms for place in range(len(numbers))),
        key=lambda found: found[0],
    )
    if not 0 < size < math.inf:
        return None
    factor = _snapped((one.claimed[place] - others[place]) / numbers[place], one.like)
    made = {id(one): [other + factor * number for number, other in zip(*pair, strict=True)] for *pair, one in terms}
    tells = sum(number != 0 for numbers, *_ in terms for number in numbers) > 2 or neat(factor)
    return factor if factor != 1 and tells and of.explained(lambda one: made[id(one)]) else None


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
    arrays = [(f"`{name}`", value) for name, value in seen.at.items()]
    arrays += [("an array", constant) for constant in problem.tape.constants] if problem is not None else []
    for name, value in arrays:
        shape = getattr(value, "shape", ())
        if any(abs(size - wanted) <= 4e-9 * size for size in (math.prod(shape), *shape) if size > 2):
            return f" ({name} is {shape_text(shape)}: a {'sum for a mean' if factor > 1 else 'mean for a sum'}?)"
    return ""


# -- terms of the tape ---------------------------------------------------------------------------------------------------------


def _of_terms(of: _Variable) -> Iterator[str]:
    """Slips at one row of the tape: a term that is missing, of the wrong sign, times a factor; a chain that is broken."""
    problem = of.seen[0].seen.computed.problem
    if problem is None or len(problem.tape.operations) > MOST_ROWS or of.name not in problem.wrt:
        return
    tape = problem.tape
    if any(_rows(one.seen.computed.problem) != _rows(problem) for one in of.seen):
        return
    for slot in reversed(tape.rows()):
        active = [position for position, operand in enumerate(tape.operands_of(slot)) if problem.active[operand]]
        row = problem.operand_text(slot)
        if problem.reached(slot) and tape.operation(slot) == "where" and tape.shape(slot):
            if _is_mixed(of, {id(one): _swept(of, one, slot) for one in of.seen}):
                yield _BRANCH.format(row=row)
        elif problem.reached(slot) and tape.operation(slot) != "where":
            for position in active:
                within = "" if tape.operation(slot) in ("add", "sub") else f" in the derivative of {row}"
                words = {"row": row, "operand": problem.operand_text(tape.operands_of(slot)[position]), "within": within}
                yield from _of_term(of, slot, position, words, tape.operation(slot), alone=len(active) == 1)


_BRANCH = "the wrong branch of {row} is taken"


def _rows(problem: Problem | None) -> Any:
    return problem and (problem.tape.operations, problem.tape.operands)


def _of_term(of: _Variable, slot: int, position: int, words: dict[str, str], operation: str, alone: bool) -> Iterator[str]:
    without = {id(one): _swept(of, one, slot, position) for one in of.seen}
    known = [without]
    if alone and operation in OPERATIONS and operation not in _LINEAR:
        known.append({id(one): _swept(of, one, slot, position, lambda bar, *_: bar) for one in of.seen})
        if of.explained(lambda one: known[1][id(one)]):
            yield WORDS["outer derivative"].format(**words)
    term: Of = lambda one: [right - rest for right, rest in zip(one.right, without[id(one)], strict=True)]
    factor = _factor(of, term, lambda one: without[id(one)])
    if factor == 0:
        yield WORDS["term missing"].format(**words)
    elif factor == -1:
        yield WORDS["sign of a term"].format(**words)
    elif factor is not None and neat(factor):
        yield WORDS["factor of a term"].format(factor=factor_sentence(factor), **words)
    elif operation in _PIECES and _is_mixed(of, *known):
        yield _BRANCH.format(**words)


def _is_mixed(of: _Variable, *others: dict[int, Numbers]) -> bool:
    """Whether each number that is claimed is right, or that of another gradient."""
    return all(
        one.is_same(place, right) or any(one.is_same(place, numbers[id(one)][place]) for numbers in others)
        for one in of.seen for place, right in enumerate(one.right)
    )  # fmt: skip


def _swept(of: _Variable, one: _One, slot: int, position: int = 0, instead: Callable[..., Any] | None = None) -> Numbers:
    """The derivative if a row handed something else on to one operand, or nothing; or if a choice took the other branch."""
    problem = one.seen.computed.problem
    assert problem is not None
    tape, count, values = problem.tape, len(problem.tape.operands_of(slot)), list(problem.values)
    functions: list[Any] = []
    if tape.operation(slot) == "where":
        condition = tape.operands_of(slot)[0]
        values[condition] = (values[condition] == 0) * 1.0
    elif tape.operation(slot) in OPERATIONS:
        functions = list((FLOAT if tape.shapes is None else NUMPY).terms(tape.operation(slot), count))
        functions[position] = instead
    else:
        adjoints: list[Any] = [NUMPY.row_term(rule_at(tape, slot, each), "adjoint") for each in range(count)]
        adjoints[position], nothing = None, BothWays(*[None] * 2)  # type: ignore[arg-type]
        functions = [nothing._replace(adjoint=adjoint) for adjoint in adjoints]
    overrides: Any = {slot: tuple(functions)} if functions else {}
    found = accumulate(tape, values, problem.active, {tape.output: 1.0}, overrides)[0]
    variables = variables_of(problem)
    numbers = [number or 0.0 for number in variables.numbers(found)]
    return list(variables.bands(numbers)[problem.wrt.index(of.name)])
