"""Second derivatives where the function or its gradient stands on a kink: those of its sides, where all sides agree.

The gradient is followed along d and along -d by series (`diffcli.methods.sweeps.one_sided_series`). Where there are second
derivatives both give H d, which is linear in d: so what is found along the axes has to fit what is found along their diagonals,
and along directions in general position. What does not fit is undefined.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import permutations, product

from diffcli.methods.digits.watch import Namer, Sweep, Swept
from diffcli.methods.matrices.second_order import GradientProblem
from diffcli.methods.nonsmooth.beside import Beside
from diffcli.methods.nonsmooth.breaks import NOT_DIFFERENTIABLE, find_breaks
from diffcli.methods.nonsmooth.one_sided import is_branched, tape_along
from diffcli.methods.problem.problem import Linearisation, Problem
from diffcli.methods.sweeps.one_sided_series import Undecided, alike, along, coefficient, nan
from diffcli.methods.sweeps.sparsity import flow_of, seeded, sets_forward

MOST_WORK = 500_000
"""How many rows of the gradient's tape are followed at most, over all directions."""

FEW = 6
"""Of so many variables all diagonals are looked along, and close to every axis."""

NARROW = 1e-6
"""How close to an axis: a side may be narrow there, as that of ``relu(y - 1000*abs(x))`` is around y."""


class Sides:
    """A gradient in numbers, followed on the sides of the point."""

    def __init__(self, gradient: GradientProblem) -> None:
        self.gradient, self.tape, self.slots = gradient, gradient.derived.tape, gradient.variables.slots
        self.size = len(self.slots)
        self.fault = ""
        """Why a second derivative is undefined, if one is."""
        self.values = gradient.gradient
        """The gradient; that of the sides where the rules of the table give none, or that of a branch for this point alone."""
        self.step: Mapping[int, float] = {}
        """The direction in which the gradient has been taken that is not its own."""
        self.along: list[float] = []
        """The gradient along the first direction in which it goes on."""
        self.singled = any(found.kind == "point-branch" for found in find_breaks(gradient.problem))
        everything = is_branched(gradient.problem)
        reaching = set() if everything else self._reaching(gradient.problem) | self._reaching(gradient.derived)
        self.bent = [column for column in range(self.size) if everything or column in reaching]
        """The variables that reach a kink, or any other way through a Python function."""
        self.many = 2 * len(self.bent) * (self.tape.slots + len(self.bent)) > MOST_WORK
        """Whether there are too many directions to look along."""

    def _reaching(self, problem: Problem) -> set[int]:
        """The variables that reach a place at which a tape is not differentiable."""
        tape = problem.tape
        operands = [
            operand for found in find_breaks(problem) if found.kind in NOT_DIFFERENTIABLE
            for operand in tape.operands_of(found.slot) if operand >= 0
        ]  # fmt: skip
        sets = sets_forward(tape, flow_of(tape, problem.values), seeded(tape, self.slots), operands)
        return {column for column in range(self.size) if any(sets[slot] >> column & 1 for slot in operands)}

    def hessian(self, matrix: Sequence[Sequence[float]]) -> list[list[float]]:
        """The Hessian, from what the rules of the table give: entries by variables that reach a kink are those of the sides."""
        found = [list(row) for row in matrix]
        for column in self.bent:
            for row in range(self.size):
                found[row][column] = found[column][row] = self._entry(row, column)
        if self.unfit and not self.fault:
            self.fault = "the second derivatives along the axes are given, and those along other directions do not fit them"
        return found

    def product(self, direction: Sequence[float]) -> list[float]:
        """The Hessian times a direction, in the same way."""
        if self.many:
            return self._beside(direction)
        moves = {column: step for column, step in enumerate(direction) if step}
        rest = self.gradient.swept({self.slots[column]: step for column, step in moves.items() if column not in self.bent})
        for row in range(self.size):
            columns = moves if row in self.bent else [column for column in moves if column in self.bent]
            terms = [moves[column] * self._entry(row, column) for column in columns]
            rest[row] = math.fsum(terms) + (0.0 if row in self.bent else rest[row])
        return rest

    def _entry(self, row: int, column: int) -> float:
        """A second derivative by two variables, one of which reaches a kink."""
        if column not in self.bent:
            row, column = column, row
        columns, unfit = self.columns, self.unfit
        known = [columns[column][row]] if row not in unfit or row == column else []  # along one axis alone
        known += [columns[row][column]] if row in columns and column not in unfit else []
        fits = known and all(alike(each, known[0], known) for each in known)
        return known[0] + 0.0 if fits else self._undefined(row, column)

    def _beside(self, direction: Sequence[float]) -> list[float]:
        """The Hessian times a direction by what is found along it; a direction beside it has to give nearly the same."""
        moves = dict(enumerate(direction))
        known = self.both(moves)
        for sign in (1e-6, -1e-6) if self.bent else ():
            near = moves | {column: moves[column] + sign * math.cos(column + 1) for column in self.bent}
            pairs = zip(known, self.one_side(near, 1.0)[1], strict=True)
            known = [each if abs(each - other) <= 1e-3 * max(1.0, abs(each)) else nan for each, other in pairs]
        return [self._undefined(row) if each != each else each + 0.0 for row, each in enumerate(known)]

    @cached_property
    def columns(self) -> dict[int, list[float]]:
        """The Hessian's columns by the variables that reach a kink."""
        if self.many:
            self.fault = "there are too many directions to see whether there are second derivatives here"
            return dict.fromkeys(self.bent, [nan] * self.size)
        return {column: self.both({column: 1.0}) for column in self.bent}

    @cached_property
    def unfit(self) -> set[int]:
        """The rows that do not fit what is found along other directions than the axes."""
        found: set[int] = set()
        entries = [each for column in self.columns.values() for each in column if math.isfinite(each)]
        largest = [max(entries, key=abs, default=0.0)]  # close to an axis the terms are small, and the rounding is not
        for direction in self._checks():
            expected = [sum(self.columns[column][row] * step for column, step in direction.items()) for row in range(self.size)]
            if not self.fault:
                pairs = zip(self.both(direction), expected, strict=True)
                found |= {row for row, pair in enumerate(pairs) if not alike(*pair, largest)}
        return found

    def both(self, direction: Mapping[int, float]) -> list[float]:
        """The derivative of the gradient along a direction, by element, where it is the same both ways; else NaN."""
        (left, back), (right, onward) = (self.one_side(direction, side) for side in (-1.0, 1.0))
        there = [alike(*pair, right) for pair in zip(left, right, strict=True)]
        if not self.singled:  # a branch for some points alone may have another gradient, of which nothing follows beside them
            triples = zip(there, right, self.along or right, strict=True)
            there = [holds and alike(one, other, right) for holds, one, other in triples]
            self.along = self.along or (right if all(there) else [])
        if all(there):
            values = [each if self.singled or own != own else own for own, each in zip(self.values, right, strict=True)]
            if values != self.values:
                self.values, self.step = values, {self.slots[column]: step for column, step in direction.items() if step}
        return [
            each if holds and alike(each, -other, onward) else nan for holds, each, other in zip(there, onward, back, strict=True)
        ]  # fmt: skip

    def one_side(self, direction: Mapping[int, float], side: float) -> tuple[list[float], list[float]]:
        """The gradient on one side, and how it starts to change; NaN where it is not known, or the function jumps."""
        moves = {self.slots[column]: side * step for column, step in direction.items()}
        problem = self.gradient.problem
        try:
            gradient = self._there(moves)
            found = along(gradient.derived.tape, problem.point, moves)
        except Undecided:
            return [nan] * self.size, [nan] * self.size
        if not alike(coefficient(found[gradient.derived.tape.outputs[0]], 0), problem.value, [problem.value]):
            return [nan] * self.size, [nan] * self.size
        results = [found[slot] for slot in gradient.results.slots]
        return [coefficient(each, 0) for each in results], [coefficient(each, 1) for each in results]

    def _there(self, moves: Mapping[int, float]) -> GradientProblem:
        """The gradient when the point starts to move: a Python function may go another way there. Raises `Undecided`."""
        problem = self.gradient.problem
        return GradientProblem(Linearisation(problem, tape_along(problem, moves))) if is_branched(problem) else self.gradient

    def swept(self, direction: Mapping[int, float], numbers: Sequence[float], name: Namer) -> list[Swept]:
        """The Hessian times a direction with the sweep that it is of; without what is known from other directions."""
        columns = [column for column, step in direction.items() if step]
        moves = {self.slots[column]: direction[column] for column in columns}
        own = [number if all(self._is_along(row, column) for column in columns) else None for row, number in enumerate(numbers)]
        try:
            there = self._there(moves)
        except Undecided:
            return []
        return [(Sweep(moves, True, name=name, beside=Beside(there.derived, step=moves)), own)]

    def _is_along(self, row: int, column: int) -> bool:
        """Whether a second derivative is the one that is found along the axis of its column."""
        if self.many or column not in self.bent:
            return True
        entry = self._entry(row, column)
        return entry != entry or entry == self.columns[column][row]

    def swept_back(self) -> list[Swept]:
        """The gradient with the sweep that it is of, if it is not its own."""
        if not self.step:
            return []
        problem = self._there(self.step).problem
        return [(Sweep({problem.tape.output: 1.0}, beside=Beside(problem, step=self.step)), self.values)]

    def _checks(self) -> Iterator[dict[int, float]]:
        """Directions in which what was found along the axes is held against the truth."""
        if len(self.bent) > 1:
            yield dict.fromkeys(self.bent, 1.0)
            yield from ({column: math.cos((k + 1) * (column + 1)) for column in self.bent} for k in range(4))
        if 1 < len(self.bent) <= FEW:
            for signs in product((1.0, -1.0), repeat=len(self.bent) - 1):
                yield dict(zip(self.bent, (1.0, *signs), strict=True))
            for one, other in permutations(self.bent, 2):
                steps = (1.0, -1.0, NARROW, -NARROW) if one < other else (NARROW, -NARROW)
                yield from ({one: 1.0, other: step} for step in steps)

    def _undefined(self, *places: int) -> float:
        names = " and ".join(f"`{self.gradient.variables.names[place]}`" for place in sorted({*places}))
        self.fault = self.fault or f"there is no second derivative by {names} here: the sides of the point do not agree on one"
        return nan
