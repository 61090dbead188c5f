"""A claimed gradient held against the computed one, entry by entry, at one point or at many.

An entry is wrong only where it lies further from the computed number than everything allows that is known: the bar of that
number; half of the digits of the floats that the claim was computed in, or the tolerance that was asked for; and how far the
claim itself moves when the point moves by a few roundings, which is its own rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import Any

from diffcli.errors import Diagnostic, DomainError, ExpressionError, LimitError, Slopes, as_stop, error
from diffcli.methods.differences.plain_calls import PlainCalls
from diffcli.methods.points.points import Point, to_float
from diffcli.methods.problem.components import Components
from diffcli.methods.problem.problem import At, Target, as_program, given_to, one_line
from diffcli.records import Number
from diffcli.records.gradients import RIGHT, UNDECIDED, WRONG, Entry, GradientAtPoint, GradientCheck
from diffcli.studies.gradients.claim import arranged, as_claim, by_pairs, parts_of, without_gradient
from diffcli.studies.gradients.computed import computed
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
    points: Sequence[At],
    *,
    wrt: str | Sequence[str] | None = None,
    rtol: float | None = None,
    hessian: bool = False,
    value_and_grad: bool = False,
    max_nodes: int = MOST_ROWS,
    verify: bool = True,
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> GradientCheck:
    """Whether a claim is the gradient, or Hessian, of a function at some points.

    ``target``, ``max_nodes`` and ``verify`` are as of `diffcli.grad`, the others as of `diffcli.testing.assert_gradient`.

    >>> check = check_gradient("x^2*y", {"x": 12, "y": -9}, [{"x": 3, "y": 2}])
    >>> [(entry.name, entry.verdict) for entry in check.points[0].entries], check.slip
    ([('x', 'right'), ('y', 'wrong')], 'by `y`: the sign of the whole is wrong')
    """
    asked = _Asked(as_program(target, verify), against, rtol, hessian, value_and_grad, max_nodes)
    found: list[GradientAtPoint] = []
    undefined: list[dict[str, Number]] = []
    seen, right = list[Observation](), list[Observation]()
    notes: dict[str, Diagnostic] = {}
    try:
        for count, point in enumerate(points, 1):
            progress(f"point {count} of {len(points)}", count - 1, len(points))
            asked.move(point, wrt)
            try:
                observed = asked.observed(asked.at)
            except DomainError:
                undefined.append(asked.at)
                continue
            found.append(asked.judged(observed))
            for note in observed.computed.notes:
                notes.setdefault(note.code, note)
            verdict = found[-1].worst.verdict
            if verdict == RIGHT and not observed.computed.sides and len(right) < MOST_OBSERVED:
                right.append(observed)
            if verdict == WRONG and len(seen) < MOST_OBSERVED:
                seen += [observed, *asked.beside(asked.observed, 0 if seen else MOST_OBSERVED - 1, _nearby)]
    except (LimitError, KeyboardInterrupt) as fault:
        if not found:
            raise
        notes["stopped"] = as_stop(fault)._replace(notes=(f"checked until then: {len(found)} points",))
    if not found:
        where = "the point" if len(undefined) == 1 else "any of the points"
        raise DomainError([error("domain", f"the function has no value at {where}")])
    slip = find_slips([*seen, *right], asked.claim.moves) if seen else ""
    known = (asked.expression, asked.claim.name, asked.what.lower(), tuple(found), tuple(undefined))
    return GradientCheck(*known, slip, tuple(notes.values()))


def _nearby(x: float, draw: Random) -> float:
    return x * draw.uniform(0.8, 1.25) or draw.uniform(-0.02, 0.02)


class _Asked:
    """A function and a claim about it, with the point that they are looked at."""

    at: Point
    names: list[str]
    parts: Components

    def __init__(self, program: Any, against: Any, rtol: float | None, hessian: bool, with_value: bool, most_rows: int) -> None:
        self.against = program if against is None else against
        self.given = without_gradient(program) if against is None else program
        self.rtol, self.hessian, self.with_value, self.most_rows = rtol, hessian, with_value, most_rows
        self.expression = program.name if isinstance(program, PythonFunction) else one_line(program)
        self.what = "Hessian" if hessian else "gradient"

    def move(self, point: At, wrt: str | Sequence[str] | None) -> None:
        """Look at another point."""
        self.program, self.at, chosen = given_to(self.given, point, wrt)
        self.names = chosen or [name for name in (*self.program.inputs, *self.program.constants) if name in self.at]
        self.held = self.program.held if isinstance(self.program, PythonFunction) else {}
        self.claim = as_claim(self.against, self.given, {**self.held, **self.at}, self.what.lower())
        self.parts = parts_of(self.at, self.names, self.hessian)

    def observed(self, at: Point) -> Observation:
        """The claim and the derivative at a point; the value is one of the numbers, if it is claimed too."""
        found = computed(self.program, at, self.names, self.parts, self.hessian, self.most_rows)
        claimed, unit = self.claimed(at)
        if not self.with_value:
            return Observation(at, self.parts, claimed, unit, found)
        parts = Components([*self.parts.parts, ("value", 0, ())])
        found = found._replace(numbers=[*found.numbers, found.value], bars=[*found.bars, 0.0])
        return Observation(at, parts, claimed, unit, found)

    def claimed(self, at: Point) -> tuple[list[float | None], float]:
        """The numbers that are claimed at a point, and the distance of floats in which they come."""
        given, value = self.claim.at({**self.held, **at}), []
        if self.with_value:
            if not isinstance(given, tuple | list) or len(given) != 2:
                message = f"`{self.claim.name}` returned a `{type(given).__name__}`, not a pair (value, {self.what})"
                raise ExpressionError([error("bad-result", message)])
            value, given = [to_float("the value", given[0])], given[1]
        return arranged(by_pairs(given, self.names) if self.hessian else given, self.parts, self.what) + value, _unit(given)

    def beside(self, ask: Callable[[Point], Any], most: int, move: Callable[[float, Random], float]) -> Iterator[Any]:
        """What is answered at some points beside this one, where a claim can be asked there."""
        parts = parts_of(self.at, self.names)
        for seed in range(most if self.claim.moves else 0):
            draw, elements = Random(seed), parts.numbers([self.at[name] for name in self.names])
            with suppress(ExpressionError, DomainError):
                yield ask({**self.at, **parts.of([move(x or 0.0, draw) for x in elements])})

    # -- verdicts --------------------------------------------------------------------------------------------------------

    def judged(self, seen: Observation) -> GradientAtPoint:
        """The verdict on every entry that is claimed."""
        tolerance, found = math.sqrt(seen.unit) if self.rtol is None else self.rtol, seen.computed
        largest = max([abs(number) for number in found.numbers if math.isfinite(number)], default=0.0)
        columns = zip(seen.parts.names, seen.claimed, found.numbers, found.bars, self._noise(seen), strict=True)
        entries = []
        for name, number, right, bar, noise in columns:
            if number is not None:
                allowed = bar + tolerance * max(abs(number), abs(right))
                verdict = _verdict(number, right, allowed, noise, largest, found.sides.get(name), found.missing)
                entries.append(Entry(name, number, right, bar, *verdict))
        if found.problem is not None and isinstance(self.program, PythonFunction) and not self.hessian:
            self._second(self.program, entries)
        return GradientAtPoint({**self.held, **self.at}, tuple(entries), found.problem is not None)

    def _noise(self, seen: Observation) -> list[float]:
        """How far each claim moves when the point moves by roundings of the floats that it is computed in.

        Of three moves the middle one: beside a tie or a jump one may lead across it.
        """

        def rounded(x: float, draw: Random) -> float:
            return x * (1 + seen.unit * draw.randint(-ROUNDINGS, ROUNDINGS))

        pairs = [zip(numbers, seen.claimed, strict=True) for numbers, _ in self.beside(self.claimed, SHAKES, rounded)]
        moves = [[abs((one or 0.0) - (other or 0.0)) for one, other in each] for each in pairs]
        middle = [sorted(each)[len(each) // 2] for each in zip(*moves, strict=True)] or [0.0] * len(seen.claimed)
        return [ROUNDINGS * move if math.isfinite(move) else 0.0 for move in middle]

    def _second(self, function: PythonFunction, entries: list[Entry]) -> None:
        """Ask differences about the worst of the wrong entries; one that these bear out against the tape is not decided."""
        columns = {name: column for column, name in enumerate(self.parts.names)}
        wrong = [(one.badness, place) for place, one in enumerate(entries) if one.verdict == WRONG and one.name in columns]
        calls = PlainCalls(function, self.at, self.names) if wrong else None
        for _, place in sorted(wrong, reverse=True)[:MOST_SECONDED] if calls else ():
            entry = entries[place]
            (found,) = calls.differences(calls.line(columns[entry.name]), entry.name)  # type: ignore[union-attr]
            off, own = (abs(number - found.estimate) for number in (entry.claimed, entry.computed))
            entries[place] = entry = entry._replace(difference=found.estimate, difference_bar=found.error)
            if found.error is not None and off <= found.error < own:
                entries[place] = entry._replace(verdict=UNDECIDED, why="differences bear it out, and the recording does not")


def _verdict(
    claimed: float, computed: float, allowed: float, noise: float, largest: float, sides: Slopes | None, missing: str
) -> tuple[str, str]:
    """The verdict on a claim, and why it is not decided, or right all the same."""
    if sides is not None and sides.left is not None and sides.right is not None:
        low, high = sorted((sides.left, sides.right))
        spare = allowed if math.isfinite(allowed) else 0.0
        inside = low - spare <= claimed <= high + spare
        return (RIGHT, "between the slopes of a kink") if inside else (WRONG, f"not between the slopes {low:g} and {high:g}")
    if sides is not None or not math.isfinite(computed):
        return UNDECIDED, missing
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
