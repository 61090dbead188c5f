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

from diffcli.errors import Diagnostic, DiffcliError, DomainError, ExpressionError, LimitError, Slopes, as_stop, error
from diffcli.methods.points.points import as_point
from diffcli.methods.problem.problem import At, Target, as_program, names_in, one_line
from diffcli.records import Number, is_array
from diffcli.records.gradients import RIGHT, UNDECIDED, WRONG, Entry, GradientAtPoint, GradientCheck
from diffcli.studies.claims.number_slips import Observation, find_slips
from diffcli.studies.gradients.claimed import Claim, Claimed, Shape, pair_name
from diffcli.studies.gradients.computed import Computed, Function
from diffcli.tape.lowering import MOST_ROWS
from diffcli.tape.recording.python_function import PythonFunction

SHAKES = 3
"""How often the claim is asked beside the point, for its rounding."""

ROUNDINGS = 8
"""By how many roundings the point is moved there at most, and how much more than what is seen the claim may be off."""

LOOSE = 1e-2
"""A bar that is more than this, beside the number, decides nothing."""

MOST_SECOND = 24
"""Of so many entries at a point, the worst ones, differences are asked for a second opinion."""

MOST_OBSERVED = 4
"""At how many points a slip is looked for."""


def check_gradient(
    target: Target,
    claim: Claim,
    points: Iterable[At],
    *,
    wrt: str | Sequence[str] | None = None,
    rtol: float | None = None,
    max_nodes: int = MOST_ROWS,
    verify: bool = True,
    progress: Callable[[str], None] = lambda stage: None,
) -> GradientCheck:
    """Whether a claim is the gradient, or Hessian, of a function at some points.

    Parameters
    ----------
    target, wrt, max_nodes, verify
        As for `diffcli.grad`.
    claim
        See `diffcli.studies.gradients.claimed.Claim`.
    points
        Mappings or texts; at each the function and the claim are asked anew.
    rtol
        How far a claim may be off beside its size; half of the digits of its floats, if not given.

    >>> check = check_gradient("x^2*y", Claim({"x": 12.0, "y": -9.0}, "mine"), [{"x": 3, "y": 2}])
    >>> [(entry.name, entry.verdict) for entry in check.points[0].entries], check.slip
    ([('x', 'right'), ('y', 'wrong')], 'the sign of the derivative by y is wrong')
    """
    program = as_program(target, verify)
    chosen = names_in(wrt, "wrt")
    found: list[GradientAtPoint] = []
    undefined: list[dict[str, Number]] = []
    notes: dict[str, Diagnostic] = {}
    seen: list[tuple[_AtPoint, Computed, Claimed]] = []
    try:
        for count, given in enumerate(points, 1):
            progress(f"point {count}")
            one = _AtPoint(program, claim, given, chosen, rtol, max_nodes)
            try:
                computed, claimed = one.computed(), one.claimed()
            except DomainError:
                undefined.append(one.at)
                if count > 1 or not isinstance(points, list | tuple) or len(points) > 1:
                    continue
                raise
            judged = one.judged(computed, claimed, second=count == 1)
            found.append(judged)
            for note in judged.notes:
                notes.setdefault(note.code, note)
            if judged.worst.verdict == WRONG and len(seen) < MOST_OBSERVED:
                seen.append((one, computed, claimed))
    except (LimitError, KeyboardInterrupt) as stopped:
        if not found:
            raise
        notes["stopped"] = as_stop(stopped)._replace(notes=(f"checked until then: {len(found)} points",))
    if not found:
        raise DomainError([error("domain", "the function has no value at any of the points")])
    progress("looking for the slip")
    slip = find_slips(_observations(seen), claim.moves) if seen else ""
    name = program.name if isinstance(program, PythonFunction) else one_line(program)
    kind = "hessian" if claim.hessian else "gradient"
    return GradientCheck(name, claim.name, kind, tuple(found), tuple(undefined), slip, tuple(notes.values()))


class _AtPoint:
    """The function and the claim at one point."""

    def __init__(
        self, program: Any, claim: Claim, given: At, wrt: list[str] | None, rtol: float | None, max_nodes: int
    ) -> None:
        self.claim, self.rtol = claim, rtol
        function = isinstance(program, PythonFunction)
        self.parameters = [*program.signature.parameters] if function else program.inputs
        known = [*program.inputs, *program.constants]
        self.at = _point(given, wrt) if function else dict(as_point(given))
        self.names = wrt or [name for name in known if name in self.at]
        self.shapes: dict[str, Shape] = {name: getattr(self.at.get(name), "shape", ()) for name in self.names}
        self.function = Function(program, self.at, wrt, max_nodes)

    def claimed(self, at: Mapping[str, Any] | None = None) -> Claimed:
        return self.claim.at(self.at if at is None else at, self.shapes, self.parameters)

    def computed(self, at: Mapping[str, Any] | None = None) -> Computed:
        names = self.claim.elements(self.shapes)
        if self.claim.hessian:
            names = [pair_name(a, b) for a in names for b in names]
        return self.function.derivative(self.at if at is None else at, names, self.claim.hessian)

    # -- verdicts --------------------------------------------------------------------------------------------------------

    def judged(self, computed: Computed, claimed: Claimed, second: bool) -> GradientAtPoint:
        """The verdict on every entry that is claimed."""
        noise = self._noise(claimed)
        tolerance = math.sqrt(claimed.unit) if self.rtol is None else self.rtol
        largest = max([abs(number) for number in computed.numbers.values() if math.isfinite(number)], default=0.0)
        entries = []
        for name, number in claimed.numbers.items():
            right, bar, sides = computed.numbers[name], computed.bars[name], computed.sides.get(name)
            allowed = bar + tolerance * max(abs(number), abs(right))
            verdict, why = _verdict(number, right, allowed, noise.get(name, 0.0), largest, sides)
            entries.append(Entry(name, number, right, bar, verdict, why))
        if computed.exact and not self.claim.hessian:
            entries = self._seconded(entries, second)
        if claimed.value is not None:
            allowed = tolerance * max(abs(claimed.value), abs(computed.value))
            verdict = RIGHT if abs(claimed.value - computed.value) <= allowed else WRONG
            entries.append(Entry("value", claimed.value, computed.value, 0.0, verdict))
        return GradientAtPoint(self.at, tuple(entries), computed.way, computed.notes)

    def _noise(self, claimed: Claimed) -> dict[str, float]:
        """How far each claim moves when the point moves by roundings of the floats that it is computed in."""
        if not self.claim.moves:
            return {}
        found: dict[str, list[float]] = {}
        for seed in range(SHAKES):
            draw = Random(seed)
            beside = self.beside(lambda x, draw=draw: x * (1 + claimed.unit * draw.randint(-ROUNDINGS, ROUNDINGS)))  # type: ignore[misc]
            try:
                moved = self.claimed(beside).numbers
            except DiffcliError:
                continue
            for name, number in claimed.numbers.items():
                found.setdefault(name, []).append(abs(moved[name] - number))
        # of three the middle one: across a tie or a jump one may be far off
        return {name: ROUNDINGS * move for name, moves in found.items() if math.isfinite(move := sorted(moves)[len(moves) // 2])}

    def beside(self, move: Callable[[float], float]) -> dict[str, Any]:
        """The point with each number that the derivative is by moved."""
        found = dict(self.at)
        for name in self.names:
            value = found[name]
            if is_array(value):
                from diffcli.operations.arithmetic.array_files import flat, to_array

                found[name] = to_array(map(move, flat(value)), self.shapes[name])
            else:
                found[name] = move(float(value))
        return found

    def _seconded(self, entries: list[Entry], always: bool) -> list[Entry]:
        """The worst entries with what differences say of them; one that these bear out against the tape is not decided."""
        if not isinstance(self.function.program, PythonFunction):
            return entries
        worst = sorted(range(len(entries)), key=lambda k: (entries[k].verdict != WRONG, -entries[k].error, k))
        for place in worst[:MOST_SECOND]:
            entry = entries[place]
            if not always and entry.verdict != WRONG:
                break
            found = self.function.difference(self.at, entry.name)
            bar = found.error
            entry = entry._replace(difference=found.estimate, difference_bar=bar)
            borne_out = bar is not None and abs(entry.claimed - found.estimate) <= bar < abs(entry.computed - found.estimate)
            if entry.verdict == WRONG and borne_out:
                entry = entry._replace(verdict=UNDECIDED, why="differences of plain calls bear it out, the recording does not")
            entries[place] = entry
        return entries


def _verdict(
    claimed: float, computed: float, allowed: float, noise: float, largest: float, sides: Slopes | None
) -> tuple[str, str]:
    """The verdict on a claim, and why it is not decided, or right all the same."""
    if sides is not None and None not in (sides.left, sides.right):
        low, high = sorted((float(sides.left or 0.0), float(sides.right or 0.0)))
        spare = allowed if math.isfinite(allowed) else 0.0
        between = low - spare <= claimed <= high + spare
        return (RIGHT, "between the slopes of a kink") if between else (WRONG, f"not between the slopes {low:g} and {high:g}")
    if sides is not None or not math.isfinite(computed):
        return UNDECIDED, "there is no derivative here"
    if not math.isfinite(claimed):
        return WRONG, "no finite number"
    distance, size = abs(claimed - computed), max(abs(claimed), abs(computed))
    if distance > allowed + noise:
        return WRONG, ""
    loose = distance > allowed and noise > LOOSE * size and noise > LOOSE**3 * largest
    if loose:
        return UNDECIDED, "its own rounding is too large"
    decided = allowed <= LOOSE * size or not distance or not size
    return (RIGHT, "") if decided or distance > allowed else (UNDECIDED, "the bar is too large")


def _point(given: At, wrt: list[str] | None) -> dict[str, Any]:
    """The point of a Python function; what it is not differentiated by is passed on as it is, whole numbers of a text as such."""
    if isinstance(given, Mapping):
        chosen = given if wrt is None else {name: value for name, value in given.items() if name in wrt}
        return {**given, **as_point(chosen)}
    point: dict[str, Any] = dict(as_point(given))
    for name, value in point.items():
        if wrt is not None and name not in wrt and isinstance(value, float) and value.is_integer():
            point[name] = int(value)
    return point


# -- what a slip is looked for in ----------------------------------------------------------------------------------------------


def _observations(seen: Sequence[tuple[_AtPoint, Computed, Claimed]]) -> list[Observation]:
    """The claim and the derivative at the points where it is wrong, and at some beside the first of them."""
    found = [_observation(*one) for one in seen]
    first = seen[0][0]
    if first.claim.moves:
        for seed in range(MOST_OBSERVED - len(found)):
            draw = Random(seed + 17)
            at = first.beside(lambda x, draw=draw: x * draw.uniform(0.8, 1.25) or draw.uniform(-0.02, 0.02))  # type: ignore[misc]
            try:
                found.append(_observation(first, first.computed(at), first.claimed(at), at))
            except (DomainError, ExpressionError):
                continue
    return found


def _observation(one: _AtPoint, computed: Computed, claimed: Claimed, at: Mapping[str, Any] | None = None) -> Observation:
    names = [*claimed.numbers]
    like = 1e-9 if claimed.unit < 1e-15 else math.sqrt(claimed.unit)
    right, bars = ([table[name] for name in names] for table in (computed.numbers, computed.bars))
    shapes = one.shapes if not one.claim.hessian else {}
    numbers = [*claimed.numbers.values()]
    return Observation(dict(at or one.at), shapes, names, numbers, right, bars, computed.value, like, computed.problem)
