"""Which slip explains a wrong gradient: one of the table of claims, or one that is made with arrays alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from diffcli._named import NamedTuple
from diffcli.methods.points.points import Point
from diffcli.methods.problem.components import Components
from diffcli.methods.problem.problem import Problem
from diffcli.operations.array_row import shape_text
from diffcli.records import element_names
from diffcli.studies.claims.observations import Observation as Claimed
from diffcli.studies.claims.slip_search import MOST_ROWS, find_slip
from diffcli.studies.claims.slips import LIKE
from diffcli.studies.gradients.computed import Computed

MANY = 1000
"""Of more numbers than this, two points tell enough."""

class Observation(NamedTuple):
    """A claim and the derivative at one point."""

    at: Point
    parts: Components
    """The variables, or pairs of them, that the numbers are derivatives by."""
    claimed: list[float | None]
    unit: float
    """The distance beside 1 of the floats that the claim was computed in."""
    computed: Computed


def find_slips(seen: Sequence[Observation], moves: bool) -> str:
    """What is probably wrong with a gradient that was ``seen`` at some points: a sentence without its full stop, or nothing.

    ``moves``: whether it was asked at each of them, and is not the same numbers.
    """
    if len(seen[0].claimed) > MANY:
        seen = seen[:2]
    parts = seen[0].parts.parts
    found: dict[str, list[str]] = {}
    for place, (name, _, _) in enumerate(parts):
        if sentence := _slip_of(place, seen, moves):
            found.setdefault(sentence, []).append(f"`{name}`")
    told = [
        sentence if len(names) == len(parts) or names[0] in sentence else f"by {' and '.join(names)}: {sentence}"
        for sentence, names in found.items()
    ]
    return "; ".join(told)


def _slip_of(place: int, seen: Sequence[Observation], moves: bool) -> str:
    """What is probably wrong with the derivative by one variable, or a pair of them."""
    name, like = seen[0].parts.parts[place][0], LIKE if seen[0].unit < 1e-15 else math.sqrt(seen[0].unit)
    observed = [_observed(place, one, like) for one in seen]
    right = [[one.is_like(number, one.claimed[k], k, like) for k, number in enumerate(one.right)] for one in observed]
    wrong = {k for row in right for k, is_right in enumerate(row) if not is_right}
    if not wrong:
        return ""
    differs = [one.right for one in observed].count(observed[0].right) == 1 < len(observed)
    stale = moves and differs and all(one.claimed == observed[0].claimed for one in observed)
    if stale and any(observed[0].claimed) and not any(map(any, right)):
        return "it is the same at every point, as a stale value is"
    for k in wrong if len(wrong) == 1 < len(right[0]) else ():
        element = element_names(name, seen[0].parts.parts[place][2])[k]
        for n, one in enumerate(observed):
            entry = [*one.right[:k], one.claimed[k], *one.right[k + 1 :]]
            observed[n] = one._replace(others=[*one.others, ("entry", element, entry)])
    sentence, factor = find_slip(_problem(name, seen), name, observed, like, "`{}`".format)
    return sentence and sentence + _size_of(seen[0], factor)


def _problem(name: str, seen: Sequence[Observation]) -> Problem | None:
    """The first tape, if those at all points are the same."""
    problems = [one.computed.problem for one in seen]
    first = problems[0]
    if first is None or name not in first.wrt or len(first.tape.operations) > MOST_ROWS:
        return None
    return first if len({str(each and (each.tape.operations, each.tape.operands)) for each in problems}) == 1 else None


def _observed(place: int, seen: Observation, like: float) -> Claimed:
    parts, found = seen.parts, seen.computed
    name, _, shape = parts.parts[place]
    bands = parts.bands(found.numbers)
    right, bars = [*bands[place]], [*parts.bands(found.bars)[place]]
    claimed = [known if own is None else own for own, known in zip(parts.bands(seen.claimed)[place], right, strict=True)]
    alike = [(own, [*band]) for (own, _, size), band in zip(parts.parts, bands, strict=True) if size == shape and own != name]
    others = [("variable", own, band) for own, band in alike]
    free = claimed if len({*right}) == len(right) else [math.nan] * len(right)  # where entries are alike, a shift tells nothing
    for how, order in _rearranged(shape):
        others.append(("order", how, [free[k] if source is None else right[source] for k, source in enumerate(order)]))
    at = Components([(name, 0, shape)]).numbers([seen.at[name]]) if name in seen.at else [math.nan] * len(right)
    return Claimed([number or 0.0 for number in at], found.value, claimed, right, bars, others, found.problem)


def _exponents(problem: Problem) -> set[float]:
    tape, values = problem.tape, problem.values
    powers = [values[tape.operands_of(slot)[1]] for slot in tape.rows() if tape.operation(slot) == "pow"]
    return {float(each) for each in powers if each is not None and not getattr(each, "shape", ())}


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


def _size_of(seen: Observation, factor: float) -> str:
    """Which array has as many elements, or as long an axis, as a factor or its inverse says: it may be a mean for a sum."""
    problem, wanted = seen.computed.problem, factor if factor > 1 else 1 / factor if factor > 0 else 0.0
    if problem is not None and wanted in _exponents(problem):  # it is the factor of the power rule
        return ""
    known = [(f"`{name}`", value) for name, value in seen.at.items()]
    for name, value in known + [("an array", constant) for constant in (problem.tape.constants if problem else ())]:
        shape = getattr(value, "shape", ())
        if any(abs(size - wanted) <= 4 * LIKE * size for size in (math.prod(shape), *shape) if size > 2):
            return f" ({name} is {shape_text(shape)}: a {'sum for a mean' if factor > 1 else 'mean for a sum'}?)"
    return ""
