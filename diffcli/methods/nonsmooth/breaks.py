"""Where a tape is not differentiable.

Every row that touches the derivative is asked whether it stands on one of the breaks that the table knows for its
operation: a kink, a tie, a jump, a pole; a comparison at its boundary that decides which branch is taken. Of an array, some
elements may and others not.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial, reduce
from operator import or_
from typing import Any

from diffcli._named import NamedTuple
from diffcli.methods.problem.problem import Problem
from diffcli.operations import row_of
from diffcli.records import is_array
from diffcli.tape.running.evaluation import arithmetic_of

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


class Break(NamedTuple):
    """A row that stands where its operation is not differentiable."""

    slot: int
    kind: str
    elements: str = ""
    """Of an array, which elements stand there, in words."""


def find_breaks(problem: Problem) -> list[Break]:
    """The breaks among the rows that touch the derivative, in evaluation order."""
    tape, values = problem.tape, problem.values
    rows = map(row_of, set(tape.operations))
    watched = {row.name: row for row in rows if row.breaks or row.flat or row.name == "where"}
    if not watched:
        return []
    arithmetic, deciding = arithmetic_of(tape), deciding_rows(problem)
    found: list[Break] = []
    moved, there = cache(partial(moved_elements, problem)), cache(partial(_elements_reached, problem))
    leaving = cache(partial(_leaving_rows, problem))
    for slot, name in enumerate(tape.operations, tape.first_row):
        if name not in watched or values[slot] is None:
            continue
        reached, decides = problem.reached(slot), slot in deciding
        if not (reached or decides):
            continue
        if name == "where":
            breaks = _singled_out(problem, slot) if reached else []
        else:
            breaks = arithmetic.breaks_at(tape, slot, values)
            if not reached:
                breaks = [each for each in breaks if each[0] in ("jump", "branch", "point-branch")]  # slopes do not matter there
            elif not decides:  # a comparison that is used as a number is a step function
                breaks = [("jump" if "branch" in kind else kind, holds) for kind, holds in breaks]
                breaks = breaks or [("flat", False)] * watched[name].flat
        if breaks and watched[name].symbol and watched[name].flat:  # a comparison
            breaks = _among(breaks, leaving().get(slot))
        if breaks:
            breaks = _among(breaks, reduce(or_, [moved()[operand] for operand in tape.operands_of(slot)]))
        if reached and not decides and breaks and tape.shapes is not None:
            breaks = _among(breaks, there().get(slot))
        found += [Break(slot, kind, elements(holds)) for kind, holds in breaks]
    return found


def _leaving_rows(problem: Problem) -> dict[int, Any]:
    from diffcli.methods.problem.still_rows import leaving_rows  # a smooth program does not wait for it

    return leaving_rows(problem)


def moved_elements(problem: Problem) -> Sequence[Any]:
    """Whether a variable moves the value in each slot: yes, no, or a mask of the elements; no operand that is not taken does."""
    tape, inputs = problem.tape, [problem.input_slot(name) for name in problem.wrt]
    if tape.shapes is not None:
        from diffcli.methods.sweeps.array_sweeps import elements_moved  # numbers do not wait for NumPy

        return elements_moved(tape, problem.values, inputs)
    from diffcli.methods.sweeps.sparsity import flow_of  # a smooth program does not wait for it

    found = [False] * tape.size
    for slot in inputs:
        found[slot] = True
    for slot, passing in zip(tape.rows(), flow_of(tape, problem.values), strict=True):
        operands = tape.operands_of(slot)
        found[slot] = any(found[operands[position]] for position in passing)
    return found


def _elements_reached(problem: Problem) -> dict[int, Any]:
    """Which elements of values a result depends on, by slot, where not all of them are: not those of a branch not taken."""
    from diffcli.methods.sweeps.array_sweeps import elements_reached  # numbers do not wait for NumPy

    return elements_reached(problem.tape, problem.values, problem.active, [output.slot for output in problem.outputs])


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


def deciding_rows(problem: Problem) -> set[int]:
    """The rows that decide, directly or through others, which branch the result takes."""
    tape, values = problem.tape, problem.values
    conditions = [
        row[0] for slot, (name, row) in enumerate(zip(tape.operations, tape.operands, strict=True), tape.first_row)
        if name == "where" and values[slot] is not None and problem.adjoints[slot] is not None
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
