"""Where a tape is not differentiable.

Every row that touches the derivative is asked whether it stands on one of the breaks that the table knows for its
operation: a kink, a tie, a jump, a pole; a comparison at its boundary that decides which branch is taken. Of an array, some
elements may and others not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial, reduce
from operator import itemgetter, or_
from typing import TYPE_CHECKING, Any

from diffcli._named import NamedTuple
from diffcli.language.syntax import once
from diffcli.methods.problem.problem import Problem
from diffcli.operations import OPERATIONS, row_of
from diffcli.records import is_array
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import arithmetic_of
from diffcli.tape.running.rules import FLOAT, Function

if TYPE_CHECKING:
    from diffcli.methods.problem.still_rows import Surroundings

POLICIES = {
    "min-norm": "the subgradient of least norm: 0 for abs, equal shares at a tie",
    "mean": "the mean of its slopes on the two sides",
    "left": "its slope on the left of the operand",
    "right": "its slope on the right of the operand",
    "nan": "NaN: no number where there is no derivative",
    "error": "an error, with exit code 5",
}
"""What to do at a kink or tie, for ``--kink``."""

NOT_DIFFERENTIABLE = frozenset(("kink", "tie", "jump", "pole", "branch", "point-branch"))
"""Codes of notes that `strict` turns into errors."""


_JUMPS = frozenset(("jump", "branch", "point-branch"))

_Standing = list[tuple[str, Any]]
"""The kinds of break on which a row stands, each with where it does: a truth, or one for each element."""


class Break(NamedTuple):
    """A row that stands where its operation is not differentiable."""

    slot: int
    kind: str
    elements: str = ""
    """Of an array, which elements stand there, in words."""


def find_breaks(problem: Problem) -> list[Break]:
    """The breaks among the rows that touch the derivative, in evaluation order."""
    tape, values = problem.tape, problem.values
    watched = [
        (slot, row) for slot, arguments, row, condition in watched_rows(tape)
        if values[slot] is not None and problem.active[slot] and (condition is None or condition(*arguments(values)))
    ]  # fmt: skip
    if not watched:
        return []
    arithmetic, deciding, jumping = arithmetic_of(tape), deciding_rows(problem), False
    moved, there = cache(partial(moved_elements, problem)), cache(partial(elements_reached, problem))
    beside = cache(partial(_beside, problem))
    found: list[tuple[int, _Standing, _Standing]] = []
    for slot, row in watched:
        name, decides = row.name, slot in deciding
        every = _singled_out(problem, slot) if name == "where" else arithmetic.breaks_at(tape, slot, values)
        if not every and row.flat and problem.reached(slot) and not decides:
            every = [("flat", False)]
        if not every:
            continue
        reached = problem.reached(slot)
        operands = tape.operands_of(slot)[: 1 if name == "where" else None]
        moves = operands if name in OPERATIONS or row.flat else (slot,)  # along an axis a break is one of the result
        moving = _among(every, reduce(or_, [moved()[each] for each in moves]))
        if moving and row.symbol and row.flat and (sides := beside()) is not None:  # a comparison
            moving = _among(moving, sides.leaves(slot))
        jumping = jumping or any(kind in _JUMPS for kind, _ in moving)
        if not reached:  # slopes do not matter there
            moving = [each for each in moving if decides and each[0] in _JUMPS and name != "where"]
        if moving and not decides and tape.shapes is not None:
            moving = _among(moving, there().get(slot))
        found.append((slot, every, moving))
    if jumping:
        found = [(slot, every, _with_hidden(beside, slot, every, seen)) for slot, every, seen in found]
        deciding |= {slot for slot in deciding_rows(problem, reached=False) if not problem.reached(slot)}
    told = []
    for slot, _, seen in found:
        is_number = slot not in deciding and tape.operation(slot) != "where"  # a comparison used as one is a step function
        told += [Break(slot, "jump" if is_number and "branch" in kind else kind, elements(holds)) for kind, holds in seen]
    return told


@once
def watched_rows(tape: Tape) -> list[tuple[int, itemgetter[Any], Any, Function | None]]:
    """The rows that may be told of: slot, values, row of the table, and the condition on these values without which it is not."""
    kinds: dict[str, tuple[Any, Function | None]] = {}
    for row in map(row_of, set(tape.operations)):
        if row.breaks or row.flat or row.name == "where":
            alone = tape.shapes is None and not row.flat and len(row.breaks) == 1
            kinds[row.name] = row, FLOAT.breaks_of(row.name)[0][1][0] if alone else None
    rows = enumerate(zip(tape.operations, tape.operands, strict=True), tape.first_row)
    return [(slot, itemgetter(*operands, slot), *kinds[name]) for slot, (name, operands) in rows if name in kinds]


def _with_hidden(beside: Callable[[], Surroundings | None], slot: int, every: _Standing, seen: _Standing) -> _Standing:
    """The breaks that are seen at the point, with those that show on a side, behind a jump."""
    known = dict(seen)
    for kind, holds in every:
        if kind == "flat" or (kind in known and elements(known[kind]) == elements(holds)):
            continue
        sides = beside()
        for _, shown in _among([(kind, holds)], sides.bends(slot, kind in _JUMPS)) if sides is not None else ():
            known[kind] = (shown != 0) | (known[kind] != 0) if kind in known else shown
    return list(known.items())


def _beside(problem: Problem) -> Surroundings | None:
    from diffcli.methods.problem.still_rows import sides_of  # a smooth program does not wait for it

    return sides_of(problem)


def moved_elements(problem: Problem) -> Sequence[Any]:
    """Whether a variable moves the value in each slot: yes, no, or a mask of the elements; no operand that is not taken does."""
    tape, inputs = problem.tape, [problem.input_slot(name) for name in problem.wrt]
    if tape.shapes is not None:
        from diffcli.methods.sweeps.array_sweeps import elements_moved  # numbers do not wait for NumPy

        return elements_moved(tape, problem.values, inputs)
    from diffcli.methods.sweeps.sparsity import flow_of, seeded, sets_forward  # a smooth program does not wait for it

    sets = seeded(tape, inputs, [range(len(inputs))])
    return list(map(bool, sets_forward(tape, flow_of(tape, problem.values), sets, range(tape.size))))


def elements_reached(problem: Problem) -> dict[int, Any]:
    """Which elements of values a result depends on, by slot, where not all of them are: not those of a branch not taken."""
    from diffcli.methods.sweeps import array_sweeps  # numbers do not wait for NumPy

    results = [output.slot for output in problem.outputs]
    return array_sweeps.elements_reached(problem.tape, problem.values, problem.active, results)


def _among(breaks: Sequence[tuple[str, Any]], there: Any) -> list[tuple[str, Any]]:
    """The breaks on which elements stand that are there: those of a mask, all of them (None, True), or none."""
    if not is_array(there):
        return list(breaks) if there is None or there else []
    masked = [(kind, (holds != 0) & there if is_array(holds) else holds) for kind, holds in breaks]
    return [(kind, holds) for kind, holds in masked if not is_array(holds) or holds.any()]


def elements(holds: Any) -> str:
    """Where a condition holds, in words: ``at 2 of 3 elements, the first [0]``; empty for a number.

    >>> from diffcli.operations.arithmetic.arrays import as_array
    >>> elements(as_array([0.0, 1.0, 1.0])), elements(True)
    ('at 2 of 3 elements, the first [1]', '')
    """
    if not is_array(holds):
        return ""
    from diffcli.operations.arithmetic.arrays import count_true, first_true  # numbers do not wait for NumPy

    first = ", ".join(map(str, first_true(holds)))
    return f"at {count_true(holds)} of {holds.size} elements, the first [{first}]" if holds.size > 1 else f"at [{first}]"


def _singled_out(problem: Problem, slot: int) -> list[tuple[str, Any]]:
    """Where a choice is decided by a number, and not a comparison, that is just 0."""
    condition = problem.tape.operands_of(slot)[0]
    if not problem.active[condition]:
        return []
    if condition >= problem.tape.first_row and row_of(problem.tape.operation(condition)).flat:
        return []
    holds = problem.values[condition] == 0
    return [("point-branch", holds)] if arithmetic_of(problem.tape).numbers.any_true(holds) else []


def deciding_rows(problem: Problem, reached: bool = True) -> set[int]:
    """The rows that decide, directly or through others, which branch the result takes; any choice, if it need not be reached."""
    tape, values = problem.tape, problem.values
    conditions = [
        row[0] for slot, (name, row) in enumerate(zip(tape.operations, tape.operands, strict=True), tape.first_row)
        if name == "where" and values[slot] is not None and (problem.adjoints[slot] is not None or not reached)
    ]  # fmt: skip
    conditions += tape.decisions
    return {slot for slot in rows_below(problem, conditions) if problem.active[slot]}


def rows_below(problem: Problem, slots: Sequence[int]) -> set[int]:
    """Rows, and all the rows that they are made of."""
    found: set[int] = set()
    waiting = list(slots)
    while waiting:
        slot = waiting.pop()
        if slot >= problem.tape.first_row and slot not in found and problem.values[slot] is not None:
            found.add(slot)
            waiting += problem.tape.operands_of(slot)
    return found
