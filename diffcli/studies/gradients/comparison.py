"""A claimed gradient held against the computed one, entry by entry, at one point or at many.

An entry is wrong only where it lies further from the computed number than everything allows that is known: the bar of that
number; half of the digits of the floats that the claim was computed in, or the tolerance that was asked for; and how far the
claim itself moves when the point moves by a few roundings, which is its own rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from typing import Any

from diffcli.errors import Diagnostic, DiffcliError, DomainError, LimitError, Slopes, as_stop, error
from diffcli.methods.differences.plain_calls import PlainCalls
from diffcli.methods.points.points import Point, to_float
from diffcli.methods.problem.problem import At, Target, as_program, given_to, one_line
from diffcli.records import Number
from diffcli.records.gradients import RIGHT, UNDECIDED, WRONG, Entry, GradientAtPoint, GradientCheck
from diffcli.studies.gradients.claim import arranged, as_claim, by_pairs, without_gradient
from diffcli.studies.gradients.computed import Computed, computed, parts_of
from diffcli.studies.gradients.slips import Observation, find_slips
from diffcli.tape.lowering import MOST_ROWS
from diffcli.tape.recording.python_function import PythonFunction

_UNITS = {"float32": 2.0**-23, "float16": 2.0**-10}
"""The distance beside 1 of floats that are shorter."""

SHAKES, ROUNDINGS = 3, 8
"""How often the claim is asked beside the point for its rounding, and by how many roundings the point is moved at most."""

LOOSE = 1e-2
"""A bar that is more than this, beside the number, decides nothing."""

MOST_SECONDED, MOST_OBSERVED = 24, 6
"""How many wrong entries differences are asked about, and at how many points a slip is looked for."""


def check_gradient(
    target: Target,
    against: Any,
    points: Iterable[At],
    *,
    wrt: str | Sequence[str] | None = None,
    rtol: float | None = None,
    hessian: bool = False,
    value_and_grad: bool = False,
    max_nodes: int = MOST_ROWS,
    verify: bool = True,
    progress: Callable[[str], None] = lambda stage: None,
) -> GradientCheck:
    """Whether a claim is the gradient, or Hessian, of a function at some points.

    Parameters
    ----------
    target, wrt, max_nodes, verify
        As for `diffcli.grad`.
    against
        What is claimed: see `diffcli.studies.gradients.claim.as_claim`. None, where the function itself gives the pair.
    rtol
        How far a claim may be off beside its size; half of the digits of its floats, if not given.
    value_and_grad
        Whether what is claimed is a pair of the value and the derivatives.

    >>> check = check_gradient("x^2*y", {"x": 12, "y": -9}, [{"x": 3, "y": 2}])
    >>> [(entry.name, entry.verdict) for entry in check.points[0].entries], check.slip
    ([('x', 'right'), ('y', 'wrong')], 'the sign of the derivative by `y` is wrong')
    """
    asked = _Asked(as_program(target, verify), against, rtol, hessian, value_and_grad, max_nodes)
    found: list[GradientAtPoint] = []
    undefined: list[dict[str, Number]] = []
    seen: list[Observation] = []
    stopped: list[Diagnostic] = []
    try:
        for count, point in enumerate(points, 1):
            progress(f"point {count}")
            asked.move(point, wrt)
            try:
                observed = asked.observed(asked.at)
            except DomainError:
                undefined.append(asked.at)
                continue
            found.append(asked.judged(observed))
            if found[-1].worst.verdict == WRONG and len(seen) < MOST_OBSERVED:
                seen += [observed, *asked.observed_beside(MOST_OBSERVED - 1 if not seen else 0)]
    except (LimitError, KeyboardInterrupt) as fault:
        if not found:
            raise
        stopped = [as_stop(fault)._replace(notes=(f"checked until then: {len(found)} points",))]
    if not found:
        where = "the point" if len(undefined) == 1 else "any of the points"
        raise DomainError([error("domain", f"the function has no value at {where}")])
    progress("looking for the slip")
    notes: dict[str, Diagnostic] = {}
    for note in [note for point in found for note in point.notes]:
        notes.setdefault(note.code, note)
    kind, slip = "hessian" if hessian else "gradient", find_slips(seen, asked.claim.moves) if seen else ""
    known = (asked.expression, asked.claim.name, kind, tuple(found), tuple(undefined))
    return GradientCheck(*known, slip, (*notes.values(), *stopped))


class _Asked:
    """A function and a claim about it, with the point that they are looked at."""

    at: Point
    names: list[str]

    def __init__(
        self, program: Any, against: Any, rtol: float | None, hessian: bool, with_value: bool, most_rows: int
    ) -> None:
        self.against = program if against is None else against
        self.given = without_gradient(program) if against is None else program
        self.rtol, self.hessian, self.with_value, self.most_rows = rtol, hessian, with_value, most_rows
        self.expression = program.name if isinstance(program, PythonFunction) else one_line(program)
        self.what = "Hessian" if hessian else "gradient"

    def move(self, point: At, wrt: str | Sequence[str] | None) -> None:
        """Look at another point."""
        self.program, self.at, chosen = given_to(self.given, point, wrt)
        self.names = chosen or [name for name in (*self.program.inputs, *self.program.constants) if name in self.at]
        self.parts = parts_of(self.at, self.names, False)
        self.held = self.program.held if isinstance(self.program, PythonFunction) else {}
        self.claim = as_claim(self.against, self.given, {**self.held, **self.at}, self.what.lower())

    def observed(self, at: Point) -> Observation:
        """The claim and the derivative at a point."""
        claimed, value, unit = self.claimed(at)
        return Observation(at, parts_of(at, self.names, self.hessian), claimed, value, unit, self.computed(at))

    def computed(self, at: Point) -> Computed:
        return computed(self.program, at, self.names, self.hessian, self.most_rows)

    def claimed(self, at: Point) -> tuple[list[float | None], float | None, float]:
        """The numbers that are claimed, the value, and the distance of floats in which they come."""
        given, value = self.claim.at({**self.held, **at}), None
        if self.with_value:
            if not isinstance(given, tuple | list) or len(given) != 2:
                message = f"`{self.claim.name}` returned a `{type(given).__name__}`, not a pair (value, {self.what})"
                raise DiffcliError([error("bad-result", message)])
            value, given = to_float("the value", given[0]), given[1]
        pairs = by_pairs(given, self.names) if self.hessian else given
        return arranged(pairs, parts_of(at, self.names, self.hessian), self.what), value, _unit(given)

    # -- verdicts --------------------------------------------------------------------------------------------------------

    def judged(self, seen: Observation) -> GradientAtPoint:
        """The verdict on every entry that is claimed."""
        tolerance = math.sqrt(seen.unit) if self.rtol is None else self.rtol
        noise, found = self._noise(seen), seen.computed
        largest = max([abs(number) for number in found.numbers if math.isfinite(number)], default=0.0)
        entries = []
        for name, number, right, bar, own in zip(seen.parts.names, seen.claimed, found.numbers, found.bars, noise, strict=True):
            if number is not None:
                allowed = bar + tolerance * max(abs(number), abs(right))
                verdict, why = _verdict(number, right, allowed, own, largest, found.sides.get(name))
                entries.append(Entry(name, number, right, bar, verdict, why))
        if found.problem is not None and isinstance(self.program, PythonFunction) and not self.hessian:
            entries = self._seconded(self.program, entries)
        if seen.value is not None:
            off = abs(seen.value - found.value) > tolerance * max(abs(seen.value), abs(found.value))
            entries.append(Entry("value", seen.value, found.value, 0.0, WRONG if off else RIGHT))
        return GradientAtPoint({**self.held, **self.at}, tuple(entries), found.problem is not None, found.notes)

    def _noise(self, seen: Observation) -> list[float]:
        """How far each claim moves when the point moves by roundings of the floats that it is computed in.

        Of three moves the middle one: beside a tie or a jump one may lead across it.
        """
        moves: list[list[float]] = []
        for seed in range(SHAKES if self.claim.moves else 0):
            draw = Random(seed)
            beside = self._beside(lambda x, draw=draw: x * (1 + seen.unit * draw.randint(-ROUNDINGS, ROUNDINGS)))  # type: ignore[misc]
            try:
                pairs = zip(self.claimed(beside)[0], seen.claimed, strict=True)
            except DiffcliError:
                continue
            moves.append([abs((one or 0.0) - (other or 0.0)) for one, other in pairs])
        middle = [sorted(each)[len(each) // 2] for each in zip(*moves, strict=True)] or [0.0] * len(seen.claimed)
        return [ROUNDINGS * move if math.isfinite(move) else 0.0 for move in middle]

    def _beside(self, move: Callable[[float], float]) -> Point:
        """The point with each number that the derivative is by moved."""
        elements = self.parts.numbers([self.at[name] for name in self.names])
        return {**self.at, **self.parts.of([move(x or 0.0) for x in elements])}

    def observed_beside(self, most: int) -> list[Observation]:
        """The claim and the derivative at some points beside this one, where a claim can be asked there."""
        found: list[Observation] = []
        for seed in range(most if self.claim.moves else 0):
            draw = Random(seed)
            at = self._beside(lambda x, draw=draw: x * draw.uniform(0.8, 1.25) or draw.uniform(-0.02, 0.02))  # type: ignore[misc]
            try:
                found.append(self.observed(at))
            except DiffcliError:
                continue
        return found

    def _seconded(self, function: PythonFunction, entries: list[Entry]) -> list[Entry]:
        """The worst of the wrong entries with what differences say of them; one that these bear out is not decided."""
        wrong = sorted([place for place, entry in enumerate(entries) if entry.verdict == WRONG], key=lambda k: -entries[k].error)
        calls = PlainCalls(function, self.at, self.names) if wrong else None
        for place in wrong[:MOST_SECONDED]:
            assert calls is not None
            entry, column = entries[place], self.parts.names.index(entries[place].name)
            (found,) = calls.differences(calls.line(column), entry.name)
            entry = entry._replace(difference=found.estimate, difference_bar=found.error)
            off, own = (abs(number - found.estimate) for number in (entry.claimed, entry.computed))
            if found.error is not None and off <= found.error < own:
                entry = entry._replace(verdict=UNDECIDED, why="differences bear it out, and the recording does not")
            entries[place] = entry
        return entries


def _verdict(
    claimed: float, computed: float, allowed: float, noise: float, largest: float, sides: Slopes | None
) -> tuple[str, str]:
    """The verdict on a claim, and why it is not decided, or right all the same."""
    if sides is not None and sides.left is not None and sides.right is not None:
        low, high = sorted((sides.left, sides.right))
        spare = allowed if math.isfinite(allowed) else 0.0
        inside = low - spare <= claimed <= high + spare
        return (RIGHT, "between the slopes of a kink") if inside else (WRONG, f"not between the slopes {low:g} and {high:g}")
    if sides is not None or not math.isfinite(computed):
        return UNDECIDED, "there is no derivative here"
    if not math.isfinite(claimed):
        return WRONG, "no finite number"
    distance, size = abs(claimed - computed), max(abs(claimed), abs(computed))
    if distance > allowed + noise:
        return WRONG, ""
    if distance > allowed:
        small = noise <= LOOSE * size or noise <= LOOSE**3 * largest
        return (RIGHT, "") if small else (UNDECIDED, "its own rounding is too large")
    return (RIGHT, "") if allowed <= LOOSE * size or not distance else (UNDECIDED, "the bar is too large")


def _unit(given: Any) -> float:
    """The coarsest distance of floats among what is given."""
    inner = given.values() if isinstance(given, Mapping) else given if isinstance(given, tuple | list) else ()
    own = _UNITS.get(str(getattr(given, "dtype", "")).rpartition(".")[2], 2.0**-52)
    return max([own, *map(_unit, inner)])
