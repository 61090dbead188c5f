"""Forward or reverse? The sweeps that a Jacobian takes in either mode, in counted operations.

A Jacobian by columns is a forward sweep for each input, by rows a reverse sweep for each output; columns (or rows) that
share no entry go together (`diffcli.methods.sweeps.colouring`). A sweep does the operations of those rows only that its direction
reaches, so each mode is counted with the sets of `diffcli.methods.sweeps.sparsity`: the operations of a term times the number of
sweeps in which its operand moves, or its adjoint is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.reverse import activity
from diffcli.methods.sweeps.sparsity import Flow, seeded
from diffcli.methods.traces.cost import function_cost
from diffcli.methods.traces.trace import formula_of
from diffcli.records.matrices import Groups, ModeCost, SweepCount
from diffcli.tape.running.formulas import Formula
from diffcli.tape.running.rules import Term, terms

MOST_FORMULAS = 20_000
"""On a longer tape a term is counted once for all rows of its operation, whatever branch of the rule they take."""


def count_sweeps(
    problem: Problem, flow: Flow, inputs: Sequence[int], outputs: Sequence[int], columns: Groups, rows: Groups
) -> SweepCount:
    """Both modes of the Jacobian of some outputs by some inputs, as slots, with the groups that share a sweep."""
    counter = _Counter(problem, flow)
    forward = counter.forward(seeded(problem.tape, inputs, columns))
    reverse = counter.reverse(seeded(problem.tape, outputs, rows), inputs)
    return SweepCount(
        len(inputs), len(outputs), function_cost(problem), ModeCost(len(columns), forward), ModeCost(len(rows), reverse)
    )  # fmt: skip


def count_forward(problem: Problem, flow: Flow, inputs: Sequence[int], columns: Groups) -> int:
    """The operations of the forward sweeps by some inputs, as slots, one for each group."""
    return _Counter(problem, flow).forward(seeded(problem.tape, inputs, columns))


class _Counter:
    """Counts operations of sweeps over one tape."""

    def __init__(self, problem: Problem, flow: Flow) -> None:
        self.problem, self.tape, self.flow = problem, problem.tape, flow
        self.coarse = len(self.tape.operations) > MOST_FORMULAS
        self.known: dict[tuple[object, ...], tuple[int, int]] = {}

    def forward(self, sets: list[int]) -> int:
        """The operations of forward sweeps, of which each input moves in those that its bits say."""
        tape, total = self.tape, 0
        for place, passing in enumerate(self.flow):
            row, union = tape.operands[place], 0
            for position in passing:
                bits = sets[row[position]]
                if bits:
                    cost, joining = self.term(place, position)
                    total += cost * bits.bit_count() + joining * (bits & union).bit_count()
                    union |= bits
            sets[tape.first_row + place] = union
        return total

    def reverse(self, sets: list[int], inputs: Sequence[int]) -> int:
        """The operations of reverse sweeps, of which each output is the start of those that its bits say."""
        tape, total = self.tape, 0
        active = activity(tape, list(inputs))
        for place in range(len(self.flow) - 1, -1, -1):
            bits = sets[tape.first_row + place]
            if not bits:
                continue
            row = tape.operands[place]
            for position in self.flow[place]:
                target = row[position]
                if active[target]:
                    cost, joining = self.term(place, position)
                    total += cost * bits.bit_count() + joining * (bits & sets[target]).bit_count()
                    sets[target] |= bits
        return total

    def term(self, place: int, position: int) -> tuple[int, int]:
        """The operations of a term, and how many more it takes where there is a sum to join."""
        row = self.tape.operands[place]
        name = self.tape.operations[place]
        found = _of_variables(name, len(row), position) if min(row) >= 0 else None
        if found is not None:
            return found
        term = terms(name, len(row))[position]
        assert term is not None
        key: tuple[object, ...] = (name, position, tuple(self.tape.constants[-1 - slot] if slot < 0 else None for slot in row))
        if not self.coarse and chooses(term):
            key = (place, position)
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = _counted(formula_of(self.problem, self.tape.first_row + place, position, term))
        return found


def _counted(formula: Formula) -> tuple[int, int]:
    return formula.cost, int(not formula.negative)


@cache
def _of_variables(name: str, count: int, position: int) -> tuple[int, int] | None:
    """What `_Counter.term` returns where no operand is a constant; None if that depends on the values."""
    term = terms(name, count)[position]
    assert term is not None
    return None if chooses(term) else _counted(Formula(term, {}))


def chooses(term: Term) -> bool:
    """Whether the operations of a term depend on the values."""
    return term.row.variadic or "where" in term.program.operations
