"""Values of a function of one variable, with what is known of each: its rounding, and how far its rows have moved."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, partial
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import ExpressionError, error
from diffcli.methods.differences.rounding_bound import UNEVEN, accumulated_rounding, callable_rounding, difference_rounding
from diffcli.methods.problem.problem import Problem
from diffcli.methods.problem.still_rows import still_rows
from diffcli.methods.sweeps.forward import Tangents, tangents
from diffcli.methods.sweeps.reverse import activity
from diffcli.tape.running.evaluation import Values, constant, held_functions, run
from diffcli.tape.running.rules import FLOAT, MANY


class Sample(NamedTuple):
    """A value of the function."""

    x: float
    value: float
    rows: Sequence[Any]
    """What the rows of a tape were; empty for a function without one."""

    @property
    def defined(self) -> bool:
        return math.isfinite(self.value) and math.isfinite(self.x)  # a step may leave the range of floats


UNKNOWN_NOISE = 1e3
"""How many roundings of its values the error of a function is taken to be, where its noise does not show itself."""


class Sampler:
    """A function of one variable, as differences see it: here one of a float, of which nothing is known but its values."""

    bound = False
    """Whether the rounding is a bound, and not an estimate."""
    begun = 0
    """How many evaluations looked for the noise."""
    _level, _width = math.nan, math.inf

    def __init__(self, function: Callable[[float], float], x: float, noise: tuple[float, float] | None = None) -> None:
        self.function, self.x, self.evaluations = function, x, 0
        self.base = self.sample(x)
        """The value at the point itself."""
        if self.base.defined:  # and its noise may be known
            self._level, self._width = noise or callable_rounding(lambda at: self.sample(at).value, x)
        self.begun = self.evaluations

    def sample(self, x: float) -> Sample:
        self.evaluations += 1
        value: Any = math.nan
        with suppress(ArithmeticError, ValueError):  # outside its domain
            value = self.function(x)
        try:
            return Sample(x, math.nan if isinstance(value, complex) else float(value), ())
        except OverflowError:
            return Sample(x, math.nan, ())
        except (TypeError, ValueError):
            message = f"the function returned a `{type(value).__name__}`, not a number"
            raise ExpressionError([error("bad-result", message)]) from None

    def beside(self, step: float) -> tuple[Sample, Sample]:
        """The samples at a step to the right of the point, and to the left."""
        return self.sample(self.x + step), self.sample(self.x - step)

    def rounding(self, one: Sample, other: Sample) -> float:
        """A bound on the rounding of the difference of two values.

        Six standard deviations of the noise of a value, or a rounding of the values where that is more. Noise that does not
        show itself is taken to be many roundings.
        """
        least = math.ulp(one.value) + math.ulp(other.value)
        return UNKNOWN_NOISE * least if math.isnan(self._level) else max(6 * self._level, least)

    def movement(self, base: Sample, other: Sample, past_kinks: bool = False) -> float:
        """How far the operands move between two samples, in units of how far they may: it should be below 1.

        What stands on a kink at the base may not move at all, and is left out under ``past_kinks``.
        """
        return 0.0

    def least(self) -> float:
        """A step that is shorter says more about the spacing of floats than about the function."""
        return 8 * math.ulp(self.x)

    def radius(self) -> tuple[float, str]:
        """How far x may move, by the slopes at x, and what stops it; inf if nothing is known to."""
        return math.inf, ""

    def scale(self) -> float:
        """A length over which the function may be expected to change: the first step, doubled.

        Of a power of two a function with a period such as 1/64 would look constant at every step.
        """
        return min(UNEVEN * (abs(self.x) or 1.0), self._width)


TYING = frozenset(("max", "min", "clip", "lt", "le", "gt", "ge", "eq", "ne"))
"""Operations that break where operands are equal."""


class TapeSampler(Sampler):
    """A tape along one of its inputs. ``stop_gradient`` keeps its operand at its value at the point."""

    bound = True

    def __init__(self, problem: Problem, variable: str) -> None:
        self.position = problem.input_slot(variable)
        self._begin(problem, problem.at[variable], {self.position: 1.0})

    def _begin(self, problem: Problem, x: float, direction: dict[int, float]) -> None:
        self.problem = problem
        self.tape = problem.tape
        self.point = problem.point
        self.direction = direction
        """How far each input moves with x."""
        self.x = x
        self.evaluations = 1  # that of the problem, at the point itself
        self.active = activity(self.tape, list(direction))
        self.functions = held_functions(self.tape, problem.values)
        self.still = still_rows(problem)
        for slot in self.still:
            self.functions[slot - self.tape.first_row] = partial(constant, problem.values[slot])
        self.base = Sample(x, problem.value, problem.values)
        self.live: list[int] = []
        """The rows that make the result, and depend on what is moved."""
        self.limits = self._limits(problem.values)
        errors = accumulated_rounding(self.tape, problem.values) if self.limits else []
        self.blurred = any(0 < errors[limit[1]] >= self._radius_at(self.base, *limit) for limit in self.limits)
        """Whether rounding moves an operand as far as it may move at all, so that nobody knows on which side it is."""

    def _limits(self, values: Values) -> list[tuple[int, int, Callable[..., float]]]:
        """A row, an operand of it, and its radius, for all that bounds how far x may move."""
        tape = self.tape
        live = bytearray(tape.size)
        live[tape.output] = 1
        found = []
        for slot in reversed(tape.rows()):
            if not live[slot] or values[slot] is None or slot in self.still:
                continue
            row = tape.operands_of(slot)
            if self.active[slot]:
                self.live.append(slot)
            for operand, radius in zip(row, FLOAT.radius(tape.operation(slot), len(row)), strict=True):
                live[operand] = 1
                if radius is not None and self.active[operand]:
                    found.append((slot, operand, radius))
        return found

    def moved(self, x: float) -> list[float]:
        """The point of a sample."""
        return [*self.point[: self.position], x, *self.point[self.position + 1 :]]

    def sample(self, x: float) -> Sample:
        self.evaluations += 1
        rows = run(self.tape, self.moved(x), self.functions)
        value = float(rows[self.tape.output])
        # an infinity between, as of exp(x) in 1/exp(x), leaves a number that does not depend on x
        lost = any(rows[slot] is not None and math.isinf(rows[slot]) for slot in self.live)
        return Sample(x, math.nan if lost else value, rows)

    def rounding(self, one: Sample, other: Sample) -> float:
        return math.inf if self.blurred else difference_rounding(self.tape, list(one.rows), list(other.rows), self.active)

    def movement(self, base: Sample, other: Sample, past_kinks: bool = False) -> float:
        worst = 0.0
        rows = {limit[0] for limit in self.limits}
        evaluated = {slot: (self._is_evaluated(base, slot), self._is_evaluated(other, slot)) for slot in rows}
        for slot, operand, radius in self.limits:
            before, after, taken = base.rows[operand], other.rows[operand], evaluated[slot]
            chosen = self.tape.operation(slot) == "where"
            if before == after or not any(taken) or (past_kinks and (chosen or not all(taken))):
                continue  # nothing moves, or only a choice does that is at its turning point, or a branch that it leaves
            if not all(taken):
                return math.inf
            allowed = self._radius_at(base, slot, operand, radius)
            tied = allowed == 0 and self.tape.operation(slot) in TYING and self._is_evaluated(other, slot)
            tied = tied and self._radius_at(other, slot, operand, radius) == 0  # elsewhere too, as in max(x, abs(x))
            if not tied and not (past_kinks and allowed == 0):
                worst = max(worst, abs(after - before) / allowed if allowed > 0 else math.inf)
        return worst

    def _is_evaluated(self, sample: Sample, slot: int) -> bool:
        """Whether a row is in a branch that is taken. Of a choice itself one operand never is."""
        operands = self.tape.operands_of(slot)[: 1 if self.tape.operation(slot) == "where" else None]
        return all(sample.rows[known] is not None for known in (slot, *operands))

    def _radius_at(self, base: Sample, slot: int, operand: int, radius: Callable[..., float]) -> float:
        row, own, value = self.tape.operands_of(slot), base.rows[operand], base.rows[slot]
        if len(row) > MANY and own != value:  # of those that are not taken each is looked at alone
            return float(abs(value - own) / 2)
        return radius(*[base.rows[each] for each in row], value)

    def radius(self) -> tuple[float, str]:
        moves = self._tangents
        worst, where = 0.0, -1
        for slot, operand, radius in self.limits:
            move = moves[operand]
            allowed = self._radius_at(self.base, slot, operand, radius)
            if move and allowed > 0 and math.isfinite(abs(move) / allowed) and abs(move) / allowed > worst:
                worst, where = abs(move) / allowed, slot
        return (1 / worst, self.problem.operand_text(where)) if worst else (math.inf, "")

    def scale(self) -> float:
        """Over how far x changes the factors of products and powers by as much as they are; for a first step where no
        radius bounds it."""
        moves = self._tangents
        found = math.inf
        for slot in self.live:
            if self.tape.operation(slot) in ("mul", "pow", "square"):
                for operand in self.tape.operands_of(slot):
                    move, value = moves[operand], self.base.rows[operand]
                    if move and value and math.isfinite(value / move):
                        found = min(found, abs(value / move))
        return found if 0 < found < math.inf else max(abs(self.x), 1.0)

    def slope(self) -> float:
        """The derivative by the rules of the table; 0 where there is no dependence."""
        return self._tangents[self.tape.output] or 0.0

    @cached_property
    def _tangents(self) -> Tangents:
        return tangents(self.tape, list(self.base.rows), [self.direction.get(slot) for slot in range(self.tape.first_row)])


class DirectionSampler(TapeSampler):
    """The values of a tape at x + t*d, as a function of t, which is 0 at the point.

    What is lost where a sum of x and t*d is rounded moves the value, and counts as rounding.

    >>> from diffcli.methods.differences.automatic_difference import automatic_difference
    >>> sampler = DirectionSampler(Problem("x*y", {"x": 3.0, "y": 2.0}), {"x": 1.0, "y": 1.0})
    >>> automatic_difference(sampler, "t").estimate, automatic_difference(sampler, "t", derivative=2).estimate
    (5.0, 2.0)
    """

    def __init__(self, problem: Problem, direction: Mapping[str, float]) -> None:
        self._begin(problem, 0.0, {problem.input_slot(name): step for name, step in direction.items() if step})

    def moved(self, x: float) -> list[float]:
        point = list(self.point)
        for slot, step in self.direction.items():
            point[slot] += x * step
        return point

    def least(self) -> float:
        """At least one of the inputs moves; all of them do where an operation stands on its kink, and one may be why."""
        steps = [8 * math.ulp(self.point[slot]) / abs(step) for slot, step in self.direction.items()]
        moves = self._tangents
        at_kink = any(moves[limit[1]] and self._radius_at(self.base, *limit) == 0 for limit in self.limits)
        return max(steps) if at_kink else min(steps)

    def rounding(self, one: Sample, other: Sample) -> float:
        return super().rounding(one, other) + self._astray(one.x) + self._astray(other.x)

    def _astray(self, x: float) -> float:
        """How far the value may be off because the point is not quite where it should be."""
        total = 0.0
        for slot, step in self.direction.items():
            lost = _lost(self.point[slot], x * step)
            total += abs((self.problem.adjoints[slot] or 0.0) * lost) if lost else 0.0
        return 2 * total  # the slope there is not quite that at the point


def _lost(a: float, b: float) -> float:
    """What rounding takes from a sum, exactly (Knuth's TwoSum).

    >>> _lost(1.0, 2.0**-60) == 2.0**-60
    True
    """
    total = a + b
    rest = total - a
    return (a - (total - rest)) + (b - rest)
