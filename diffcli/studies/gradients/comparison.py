"""A claimed gradient held against the computed one, entry by entry, at one point or at many.

An entry is wrong only where it lies further from the computed number than everything allows that is known: the bar of that
number; half of the digits of the floats that the claim was computed in, or the tolerance that was asked for; and how far the
claim itself moves when the point moves by a few roundings, which is its own rounding. It is not decided where no formula that
is made of the rounded values of the function can tell the two apart: 1 - tanh(x)^2 is 0 where the tape has 4e-26.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import Any

from diffcli.errors import Diagnostic, DomainError, ExpressionError, LimitError, Slopes, as_stop, error, refusal
from diffcli.methods.differences.plain_calls import PlainCalls
from diffcli.methods.points.points import Point
from diffcli.methods.problem.components import Components
from diffcli.methods.problem.problem import At, Problem, Target, as_program, given_to, one_line
from diffcli.methods.sweeps.rounding import UNIT
from diffcli.records import Number
from diffcli.records.gradients import RIGHT, UNDECIDED, WRONG, Entry, GradientAtPoint, GradientCheck
from diffcli.studies.gradients.claim import arranged, as_claim, as_number, by_pairs, parts_of, without, without_gradient
from diffcli.studies.gradients.computed import Computed, computed, floors_of
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
    if not points:
        raise refusal("usage", "there is no point to check at", "give one at least")
    asked = _Asked(as_program(target, verify), against, rtol, hessian, value_and_grad, max_nodes)
    found, undefined = list[GradientAtPoint](), list[dict[str, Number]]()
    raised, seen, right = list[ExpressionError](), list[Observation](), list[Observation]()
    notes: dict[str, Diagnostic] = {}
    try:
        for count, point in enumerate(points, 1):
            progress(f"point {count} of {len(points)}", count - 1, len(points))
            asked.move(point, wrt)
            known: Computed | None = None
            try:
                known = asked.known(asked.at)
                observed = asked.observed(asked.at, known)
            except (DomainError, ExpressionError) as fault:
                raised += _raised(fault)
                if known is None:
                    undefined.append(asked.at)
                    continue
                observed = Observation(asked.at, asked.parts, [math.nan] * len(asked.parts), UNIT, known)
            found.append(asked.judged(observed))
            for note in (*observed.computed.notes, *_unclaimed(observed)):
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
    if raised and len(raised) == len(found) + len(undefined):
        raise raised[0]
    if raised:
        notes["raised"] = raised[0].diagnostics[0]._replace(severity="warning")
    if not found:
        where = "the point" if len(undefined) == 1 else "any of the points"
        raise DomainError([error("domain", f"the function has no value at {where}")])
    slip = find_slips([*seen, *right], asked.claim.moves) if seen else ""
    names = (asked.expression, asked.claim.name, asked.what.lower(), tuple(found), tuple(undefined))
    return GradientCheck(*names, slip, tuple(notes.values()))


def _nearby(x: float, draw: Random) -> float:
    return x * draw.uniform(0.8, 1.25) or draw.uniform(-0.02, 0.02)


def _raised(fault: DomainError | ExpressionError) -> list[ExpressionError]:
    """An exception of somebody's own code, which has no value at a point then; any other fault is raised."""
    if isinstance(fault, ExpressionError) and fault.diagnostics[0].code != "python-error":
        raise fault
    return [fault] if isinstance(fault, ExpressionError) else []


def _unclaimed(seen: Observation) -> list[Diagnostic]:
    """A note of the variables, or pairs of them, of which nothing is claimed."""
    bands = zip(seen.parts.parts, seen.parts.bands(seen.claimed), strict=True)
    names = [f"`{name}`" for (name, _, _), band in bands if all(number is None for number in band)]
    message = f"nothing is claimed of the derivative by {', '.join(names)}"
    return [Diagnostic("not-claimed", "note", message)] if names else []


class _Asked:
    """A function and a claim about it, with the point that they are looked at."""

    at: Point
    names: list[str]
    variables: Components
    elements: Components
    """What the derivatives are by: the variables, or pairs of them."""
    parts: Components
    """The same, and the value if it is claimed too."""

    def __init__(self, program: Any, against: Any, rtol: float | None, hessian: bool, with_value: bool, most_rows: int) -> None:
        if rtol is not None and not 0 <= rtol <= 1:
            raise refusal("usage", f"rtol is a number from 0 to 1, not {rtol:g}", "leave it out for half of the digits")
        if against is None and not isinstance(program, PythonFunction):
            raise refusal("usage", "--value-and-grad is for a Python function, which gives (value, gradient)", "add --against")
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
        self.variables = parts_of(self.at, self.names)
        self.elements = parts_of(self.at, self.names, self.hessian)
        self.parts = Components([*self.elements.parts, *[("value", 0, ())] * self.with_value])

    def known(self, at: Point) -> Computed:
        """The derivative at a point; the value is one of the numbers, if it is claimed too."""
        found = computed(self.program, at, self.names, self.elements, self.hessian, self.most_rows)
        more = self.with_value
        return found._replace(numbers=found.numbers + [found.value] * more, bars=found.bars + [0.0] * more)

    def observed(self, at: Point, known: Computed | None = None) -> Observation:
        """The claim and the derivative at a point."""
        known = known or self.known(at)
        return Observation(at, self.parts, *self.claimed(at), known)

    def claimed(self, at: Point) -> tuple[list[float | None], float]:
        """The numbers that are claimed at a point, and the distance of floats in which they come."""
        given, value = self.claim.at({**self.held, **at}), []
        if self.with_value:
            if not isinstance(given, tuple | list) or len(given) != 2:
                message = f"`{self.claim.name}` returned a `{type(given).__name__}`, not a pair (value, {self.what})"
                raise ExpressionError([error("bad-result", message)])
            value, given = [as_number("value", given[0])], given[1]
        given = without(given, {*at, *self.held} - {*self.names})
        numbers = by_pairs(given, self.variables) if self.hessian else given
        return arranged(numbers, self.elements, self.what) + value, _unit(given)

    def beside(self, ask: Callable[[Point], Any], most: int, move: Callable[[float, Random], float]) -> Iterator[Any]:
        """What is answered at some points beside this one, where a claim can be asked there."""
        elements = self._elements()
        for seed in range(most if self.claim.moves else 0):
            draw = Random(seed)
            with suppress(ExpressionError, DomainError):
                yield ask({**self.at, **self.variables.of([move(x, draw) for x in elements])})

    def _elements(self) -> list[float]:
        return [x or 0.0 for x in self.variables.numbers([self.at[name] for name in self.names])]

    # -- verdicts --------------------------------------------------------------------------------------------------------

    def judged(self, seen: Observation) -> GradientAtPoint:
        """The verdict on every entry that is claimed."""
        tolerance, found = math.sqrt(seen.unit) if self.rtol is None else self.rtol, seen.computed
        largest = max([abs(number) for number in found.numbers if math.isfinite(number)], default=0.0)
        again = next(self.beside(self.claimed, 1, lambda x, draw: x), (seen.claimed,))[0]
        columns = zip(seen.parts.names, seen.claimed, again, found.numbers, found.bars, self._noise(seen), strict=True)
        entries = []
        for name, number, other, right, bar, noise in columns:
            if number is not None:
                off = tolerance * max(abs(number), abs(right))
                verdict = _verdict(number, right, bar, bar + off, noise, largest, found.sides.get(name), found.missing)
                if abs(number - (other or 0.0)) > bar + off:
                    verdict = WRONG, "another call at the same point gives another number"
                entries.append(Entry(name, number, right, bar, *verdict))
        if found.problem is not None and any(entry.verdict == WRONG for entry in entries):
            self._spare(found.problem, entries)
            if isinstance(self.program, PythonFunction) and not self.hessian:
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

    def _spare(self, problem: Problem, entries: list[Entry]) -> None:
        """What is off by less than formulas of rounded values can be is not decided."""
        floors = dict(zip(self.elements.names, floors_of(problem, self._elements(), self.variables, self.hessian), strict=True))
        for place, entry in enumerate(entries):
            off = abs(entry.claimed - entry.computed)
            if entry.verdict == WRONG and not entry.why and off <= ROUNDINGS * floors.get(entry.name, 0.0):
                entries[place] = entry._replace(verdict=UNDECIDED, why="its own rounding is too large")

    def _second(self, function: PythonFunction, entries: list[Entry]) -> None:
        """Ask differences about the worst of the wrong entries; one that these bear out against the tape is not decided."""
        columns = {name: column for column, name in enumerate(self.variables.names)}
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
    claimed: float, computed: float, bar: float, allowed: float, noise: float, largest: float, sides: Slopes | None, missing: str
) -> tuple[str, str]:
    """The verdict on a claim, and why it is not decided, or right all the same."""
    if sides is not None and sides.left == sides.right is not None:
        sides = None  # x*abs(x) at 0
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
    return (RIGHT, "") if bar <= LOOSE * size or not distance else (UNDECIDED, "the bar is too large")


def _unit(given: Any) -> float:
    """The coarsest distance of floats among what is given."""
    inner = given.values() if isinstance(given, Mapping) else given if isinstance(given, tuple | list) else ()
    own = _UNITS.get(str(getattr(given, "dtype", "")).rpartition(".")[2], 2.0**-52)
    return max([own, *map(_unit, inner)])
