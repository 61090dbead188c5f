"""Which slip explains a wrong gradient, from its numbers: the table of slips of claims, asked of arrays.

A slip explains the claim about a variable if it brings about every number that is claimed, at every point. Those of the whole
derivative stand in one table here, with what is claimed then; those of one term are found on the tape: where a row hands nothing
on to one of its operands, a sweep finds the gradient without that term, and with it what the term brings. The words are those of `diffcli.studies.claims.slips`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from diffcli._named import NamedTuple
from diffcli.methods.problem.problem import Problem
from diffcli.methods.problem.scalarise import variables_of
from diffcli.methods.sweeps.array_sweeps import BothWays
from diffcli.methods.sweeps.reverse import accumulate
from diffcli.operations import OPERATIONS
from diffcli.operations.array_row import shape_text
from diffcli.records import element_names, is_array
from diffcli.studies.claims.slip_text import factor_sentence, neat
from diffcli.studies.claims.slips import SLIPS
from diffcli.tape.running.array_rules import NUMPY, rule_at
from diffcli.tape.running.rules import FLOAT

WORDS = {slip.name: slip.sentence for slip in reversed(SLIPS)}
"""The sentence of each kind of slip; of several the first."""

MOST_ROWS = 300
"""Longer tapes are asked for slips of the whole only."""

_LINEAR = frozenset(("add", "sub", "mul", "div", "neg", "where"))
"""Operations to which no chain rule is applied by hand."""

_PIECES = frozenset(("abs", "relu", "relu6", "max", "min", "clip", "hardtanh", "leaky_relu", "elu"))
"""Operations of several pieces."""

Numbers = Sequence[float]


class Observation(NamedTuple):
    """A claim and the derivative at one point."""

    at: Mapping[str, Any]
    shapes: Mapping[str, tuple[int, ...]]
    names: list[str]
    """The elements, or pairs of them, that the numbers are derivatives by."""
    claimed: list[float]
    right: list[float]
    bars: list[float]
    value: float
    like: float
    """The relative difference up to which numbers are taken as the same."""
    problem: Problem | None

    def same(self, place: int, number: float) -> bool:
        """Whether a slip that brings about this number explains the claim at a place."""
        claimed, right = self.claimed[place], self.right[place]
        return abs(number - claimed) <= self.like * max(abs(number), abs(claimed), 1e-3 * abs(right)) + self.bars[place]

    def part(self, places: Sequence[int], numbers: Numbers) -> list[float]:
        return [numbers[place] for place in places]


class Group(NamedTuple):
    """The elements of one variable among the numbers, at all points."""

    variable: str
    shape: tuple[int, ...]
    places: list[int]
    seen: Sequence[Observation]

    def explained(self, wrong: Callable[[Observation], Numbers | None]) -> bool:
        """Whether what a slip makes of the derivative is what is claimed, everywhere."""
        for one in self.seen:
            numbers = wrong(one)
            if numbers is None or not all(map(one.same, self.places, numbers)):
                return False
        return True

    def right(self, one: Observation) -> list[float]:
        return one.part(self.places, one.right)

    def claimed(self, one: Observation) -> list[float]:
        return one.part(self.places, one.claimed)

    def numbers_of_point(self, one: Observation) -> list[float] | None:
        """The variable itself."""
        return _flat(one.at[self.variable]) if self.variable in one.at else None


def find_slips(seen: Sequence[Observation], moves: bool) -> str:
    """What is probably wrong with a gradient that was ``seen`` at some points: a sentence without its full stop, or nothing.

    ``moves``: whether it was asked at each of them, and is not the same numbers.
    """
    first = seen[0]
    groups = []
    for variable, shape in (first.shapes or {"": _square(first.names)}).items():
        own = set(element_names(variable, shape)) if variable else set(first.names)
        places = [place for place, name in enumerate(first.names) if name in own]
        groups.append(Group(variable, shape if len(places) == math.prod(shape) else (len(places),), places, seen))
    wrong = [group for group in groups if group.places and not group.explained(group.right)]
    found: dict[str, list[str]] = {}
    for group in wrong:
        sentence = next(_slips(group, groups, moves), "")
        if sentence:
            found.setdefault(sentence, []).append(group.variable)
    told = [
        sentence if len(by) == len(groups) or f"by `{by[0]}`" in sentence
        else f"by {' and '.join(f'`{name}`' for name in by)}: {sentence}"
        for sentence, by in found.items()
    ]  # fmt: skip
    return "; ".join(told)


def _square(names: Sequence[str]) -> tuple[int, ...]:
    side = math.isqrt(len(names))
    return (side, side) if side * side == len(names) else (len(names),)


def _flat(value: Any) -> list[float]:
    if not is_array(value):
        return [float(value)]
    from diffcli.operations.arithmetic.array_files import flat

    return flat(value)


# -- the slips, the plainest first ---------------------------------------------------------------------------------------------


def _slips(group: Group, groups: Sequence[Group], moves: bool) -> Iterator[str]:
    words = {"variable": f"`{group.variable}`"} if group.variable else {"variable": "its variables"}
    if moves and _is_stale(group):
        yield f"the derivative by {words['variable']} is the same at every point: a stale value, of another point?"
    for sentence, wrong in _WHOLE:
        if group.explained(lambda one, wrong=wrong: wrong(group, one)):  # type: ignore[misc]
            yield sentence.format(**words)
    for other in groups:
        if other is not group and len(other.places) == len(group.places) and group.explained(other.right):
            yield WORDS["other variable"].format(other=f"`{other.variable}`", **words)
    for how, order in _rearranged(group.shape):
        if group.explained(lambda one, order=order: _in_order(group, one, order)):  # type: ignore[misc]
            yield f"the entries of the derivative by {words['variable']} are {how}"
    yield from _factors(group)
    yield from _of_terms(group)
    yield from _added(group, words)
    yield from _entries(group)


def _is_stale(group: Group) -> bool:
    known = [group.claimed(one) for one in group.seen]
    moved = any(group.right(one) != group.right(group.seen[0]) for one in group.seen)
    return moved and any(known[0]) and all(numbers == known[0] for numbers in known)


_WHOLE: tuple[tuple[str, Callable[[Group, Observation], Numbers | None]], ...] = (
    (WORDS["constant"], lambda group, one: [0.0] * len(group.places)),
    ("the sign of the derivative by {variable} is wrong", lambda group, one: [-number for number in group.right(one)]),
    (WORDS["itself"], lambda group, one: [one.value] * len(group.places)),
)
"""Slips of a whole derivative by a variable: the sentence, and what is claimed then."""


def _rearranged(shape: tuple[int, ...]) -> Iterator[tuple[str, list[int | None]]]:
    """In which orders the entries may stand by mistake: for each place, the place of what stands there, or nothing."""
    size = math.prod(shape)
    if len(shape) == 2 and shape[0] == shape[1] > 1:
        side = shape[0]
        yield "transposed", [column * side + row for row in range(side) for column in range(side)]
    stride = size
    for axis, length in enumerate(shape):
        stride //= length
        where = f" along axis {axis}" if len(shape) > 1 else ""
        index = [place // stride % length for place in range(size)]
        if length < 2:
            continue
        yield f"in reverse order{where}", [place + (length - 1 - 2 * k) * stride for place, k in enumerate(index)]
        for step in (1, -1):
            moved = [place - step * stride if 0 <= k - step < length else None for place, k in enumerate(index)]
            yield f"shifted by one index{where}", moved


def _in_order(group: Group, one: Observation, order: Sequence[int | None]) -> Numbers:
    """The derivative in another order; where nothing is said of an entry, as it is claimed."""
    right, claimed = group.right(one), group.claimed(one)
    return [claimed[place] if source is None else right[source] for place, source in enumerate(order)]


# -- factors -------------------------------------------------------------------------------------------------------------------


def _factors(group: Group) -> Iterator[str]:
    """One number by which the whole derivative is multiplied; by what it is a mean for a sum."""
    factor = _factor(group, group.right)
    if factor is not None and factor not in (0.0, 1.0):
        size = _size_of(group.seen[0], factor)
        remark = f" ({size}: a {'sum for a mean' if factor > 1 else 'mean for a sum'}?)" if size else ""
        yield factor_sentence(factor) + remark
    for power, sentence in ((-1, "the factor `{}` is missing"), (1, "the factor `{}` is too much")):
        if group.explained(lambda one, power=power: _times_itself(group, one, power)):  # type: ignore[misc]
            yield sentence.format(group.variable)


def _times_itself(group: Group, one: Observation, power: int) -> Numbers | None:
    """The derivative times the variable, or divided by it, element by element."""
    own = group.numbers_of_point(one)
    if own is None or not all(own) or len(own) != len(group.places):
        return None
    return [number * x**power for x, number in zip(own, group.right(one), strict=True)]


def _factor(
    group: Group, of: Callable[[Observation], Numbers], base: Callable[[Observation], Numbers] | None = None
) -> float | None:
    """The factor of some numbers that gives what is claimed beyond a base, the same everywhere; None if there is none."""
    one, place = max(
        ((one, place) for one in group.seen for place in range(len(group.places))), key=lambda pair: abs(of(pair[0])[pair[1]])
    )
    pivot = of(one)[place]
    if not pivot or not math.isfinite(pivot):
        return None
    factor = _snapped((group.claimed(one)[place] - (base(one)[place] if base else 0.0)) / pivot, one)

    def wrong(one: Observation) -> Numbers:
        rest = base(one) if base else [0.0] * len(group.places)
        return [less + factor * number for less, number in zip(rest, of(one), strict=True)]

    many = len(group.seen) * len([number for number in of(one) if number]) > 2
    return factor if (many or neat(factor) or _size_of(one, factor)) and group.explained(wrong) else None


def _snapped(factor: float, one: Observation) -> float:
    """The neat number that a factor is, as far as the digits tell."""
    for number in (factor, 1 / factor if factor else 0.0):
        close = float(Fraction(number).limit_denominator(12)) if abs(number) < 1e6 else float(round(number))
        if close and abs(number - close) <= 4 * one.like * abs(close):
            return close if number is factor else 1 / close
    return factor


def _size_of(one: Observation, factor: float) -> str:
    """Which array of the point has as many elements, or as long an axis, as a factor or its inverse says."""
    wanted = factor if factor > 1 else 1 / factor if factor > 0 else 0.0
    arrays = [(f"`{name}`", value) for name, value in one.at.items()]
    arrays += [("an array", constant) for constant in one.problem.tape.constants] if one.problem is not None else []
    for name, value in arrays:
        shape = getattr(value, "shape", ())
        for size in (math.prod(shape), *shape):
            if size > 2 and abs(size - wanted) <= 4 * one.like * size:
                return f"{name} has {shape_text(shape)}"
    return ""


# -- terms of the tape ---------------------------------------------------------------------------------------------------------


def _of_terms(group: Group) -> Iterator[str]:
    """Slips at one row of the tape: a term that is missing, of the wrong sign, times a factor; a chain that is broken."""
    problem = group.seen[0].problem
    if problem is None or len(problem.tape.operations) > MOST_ROWS or not all(_alike(problem, one.problem) for one in group.seen):
        return
    tape = problem.tape
    for slot in reversed(tape.rows()):
        active = [position for position, operand in enumerate(tape.operands_of(slot)) if problem.active[operand]]
        for position in active if problem.reached(slot) and tape.operation(slot) != "where" else ():
            words = {
                "row": problem.operand_text(slot), "operand": problem.operand_text(tape.operands_of(slot)[position]),
                "within": "" if tape.operation(slot) in ("add", "sub") else f" in the derivative of {problem.operand_text(slot)}",
            }  # fmt: skip
            yield from _of_term(group, slot, position, words, alone=len(active) == 1)


def _of_term(group: Group, slot: int, position: int, words: dict[str, str], alone: bool) -> Iterator[str]:
    without = {id(one): _swept(group, one, slot, position, None) for one in group.seen}
    rest: Callable[[Observation], Numbers] = lambda one: without[id(one)]
    term: Callable[[Observation], Numbers] = lambda one: [a - b for a, b in zip(group.right(one), rest(one), strict=True)]
    operation = group.seen[0].problem.tape.operation(slot)  # type: ignore[union-attr]
    passed: dict[int, Numbers] = {}
    if alone and operation in OPERATIONS and operation not in _LINEAR:
        passed = {id(one): _swept(group, one, slot, position, lambda bar, *_: bar) for one in group.seen}
        if group.explained(lambda one: passed[id(one)]):
            yield WORDS["outer derivative"].format(**words)
    factor = _factor(group, term, rest)
    if factor is None and operation in _PIECES and _is_mixed(group, *filter(None, (passed, without))):
        yield f"the wrong branch of {words['row']} is taken"
    if factor is None or factor == 1.0:
        return
    if factor == 0.0:
        yield WORDS["term missing"].format(**words)
    elif factor == -1.0:
        yield WORDS["sign of a term"].format(**words)
    elif neat(factor):
        yield WORDS["factor of a term"].format(factor=factor_sentence(factor), **words)


def _is_mixed(group: Group, *alternatives: Mapping[int, Numbers]) -> bool:
    """Whether every entry is that of one of some gradients."""
    return all(
        one.same(place, group.right(one)[k]) or any(one.same(place, numbers[id(one)][k]) for numbers in alternatives)
        for one in group.seen for k, place in enumerate(group.places)
    )  # fmt: skip


def _alike(problem: Problem, other: Problem | None) -> bool:
    return other is not None and problem.tape.operations == other.tape.operations and problem.tape.operands == other.tape.operands


def _swept(group: Group, one: Observation, slot: int, position: int, instead: Callable[..., Any] | None) -> Numbers:
    """The gradient if a row handed something else on to one operand, or nothing."""
    problem = one.problem
    assert problem is not None
    tape, count = problem.tape, len(problem.tape.operands_of(slot))
    functions: list[Any]
    if tape.operation(slot) in OPERATIONS:
        functions = list((NUMPY if tape.shapes is not None else FLOAT).terms(tape.operation(slot), count))
        functions[position] = instead
    else:
        rules = [rule_at(tape, slot, each) for each in range(count)]
        functions = [BothWays(NUMPY.row_term(rule, "adjoint"), None) for rule in rules]  # type: ignore[arg-type]
        functions[position] = BothWays(None, None)  # type: ignore[arg-type]
    found = accumulate(tape, problem.values, problem.active, {tape.output: 1.0}, {slot: tuple(functions)})[0]
    variables = variables_of(problem)
    numbers = dict(zip(variables.names, variables.numbers(found), strict=True))
    return [numbers.get(one.names[place]) or 0.0 for place in group.places]


# -- what is left --------------------------------------------------------------------------------------------------------------


def _added(group: Group, words: Mapping[str, str]) -> Iterator[str]:
    """What is claimed too much or too little is a multiple of the variable, or the same everywhere."""
    if len(group.places) < 3:
        return
    own = {id(one): group.numbers_of_point(one) for one in group.seen}
    if all(numbers is not None and len(numbers) == len(group.places) for numbers in own.values()):
        factor = _factor(group, lambda one: own[id(one)] or (), group.right)
        if factor:
            yield f"a term {'is missing' if factor < 0 else 'is too much'}: {abs(factor):.6g} times {words['variable']}"
    factor = _factor(group, lambda one: [1.0] * len(group.places), group.right)
    if factor:
        yield f"each entry is {abs(factor):.6g} too {'small' if factor < 0 else 'large'}"


def _entries(group: Group) -> Iterator[str]:
    one = group.seen[0]
    wrong = [place for place, number in zip(group.places, group.right(one), strict=True) if not one.same(place, number)]
    if len(wrong) == 1 and len(group.places) > 2:
        yield f"one entry of {len(group.places)} alone is wrong, {one.names[wrong[0]]}"
    pairs = [pair for one in group.seen for pair in zip(group.claimed(one), group.right(one), strict=True) if pair[1]]
    worst = max((abs(claimed - right) / abs(right) for claimed, right in pairs), default=1.0)
    if worst < 1e-4:
        yield WORDS["rounded"].format(digits=int(-math.log10(worst)))
