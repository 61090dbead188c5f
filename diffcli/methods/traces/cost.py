"""Counting: elementary operations of f, and of the sweeps beside it.

One for each elementary function, sum, product, quotient and change of sign, in the formulas as the traces print them; a
product with a partial that is 1 is free, and so is the seed. For programs of sums, products and quotients the value and
the whole gradient take at most 5 times the operations of f (Baur & Strassen 1983), 6 here with quotients, whose two
partials do not share a factor; the value and a tangent take at most 5 times (a quotient: two quotients, a product and a
difference beside its own). A function such as erf adds what its own rule takes.

A Jacobian by columns is a forward sweep for each input, by rows a reverse sweep for each output; columns (or rows) that
share no entry go together (`diffcli.methods.sweeps.colouring`). A sweep does the operations of those rows only that its direction
reaches, so sweeps are counted with the sets of `diffcli.methods.sweeps.sparsity`: the operations of a term times the number of
sweeps in which its operand moves, or its adjoint is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from diffcli.methods.problem.problem import Linearisation, Problem
from diffcli.methods.problem.scalarise import scalarised
from diffcli.methods.sweeps.reverse import activity
from diffcli.methods.sweeps.sparsity import Flow, flow_of, seeded
from diffcli.methods.traces.trace import formula_of
from diffcli.operations import OPERATIONS
from diffcli.operations.array_row import size
from diffcli.records import Cost
from diffcli.records.matrices import Groups, ModeCost, SweepCount
from diffcli.tape import Tape
from diffcli.tape.running.formulas import Formula
from diffcli.tape.running.rules import Term, terms

MOST_FORMULAS = 20_000
"""In the sweeps of a longer tape a term is counted once for all rows of its operation, whatever branch of the rule they take."""

FREE = frozenset(("where", "stop_gradient", *[row.name for row in OPERATIONS.values() if row.precedence in range(1, 6)]))
"""Choices and conditions take no operation."""


def function_cost(problem: Problem) -> int:
    """The operations of the rows that are evaluated, choices left out; of arrays, as if they were written out in numbers."""
    tape, values = problem.tape, problem.values
    counted = [slot for slot, name in enumerate(tape.operations, tape.first_row) if name not in FREE and values[slot] is not None]
    return len(counted) if tape.shapes is None else sum(_row_cost(tape, slot) for slot in counted)


def _row_cost(tape: Tape, slot: int) -> int:
    if tape.operation(slot) in OPERATIONS:
        return size(tape.shape(slot))
    from diffcli.operations.arrays import ARRAYS  # numbers do not wait for it

    row = ARRAYS[tape.operation(slot)]
    return row.elementary_operations([tape.shape(operand) for operand in tape.operands_of(slot)], tape.shape(slot))


def reverse_cost(problem: Problem) -> Cost:
    """The cost of one reverse sweep; with arrays, what the gradient takes as a program beside f."""
    function, inputs = function_cost(problem), list(map(problem.input_slot, problem.wrt))
    if problem.tape.shapes is None:
        counter = _Counter(problem, flow_of(problem.tape, problem.values))
        sweep = counter.reverse(seeded(problem.tape, [problem.tape.output]), inputs)
        return Cost(function, sweep, 1, "at most 5 times for sums and products, 6 with quotients")
    from diffcli.methods.sweeps.transform import ReverseTransform

    together = function_cost(Linearisation(problem, ReverseTransform(problem.tape, inputs, problem.active).run().tape))
    return Cost(function, together - function, 1, "at most 5 times for sums, products and quotients")


def forward_cost(problem: Problem, seeds: Sequence[Iterable[int]]) -> Cost:
    """The cost of the tangent sweeps, each from some inputs, as slots; with arrays one for each element, in numbers."""
    numbers = scalarised(problem)
    if numbers is not problem:
        seeds = [(numbers.input_slot(name),) for name in numbers.wrt]
    tape = numbers.tape
    sweep = _Counter(numbers, flow_of(tape, numbers.values)).forward(seeded(tape, range(tape.first_row), seeds))
    bound = f"at most {1 + 4 * len(seeds)} times for sums, products and quotients"
    return Cost(function_cost(numbers), sweep, len(seeds), bound)


def count_sweeps(
    problem: Problem, flow: Flow, inputs: Sequence[int], outputs: Sequence[int], columns: Groups, rows: Groups
) -> SweepCount:
    """Both modes of the Jacobian of some outputs by some inputs, as slots, with the groups that share a sweep."""
    counter = _Counter(problem, flow, len(flow) > MOST_FORMULAS)
    forward = counter.forward(seeded(problem.tape, inputs, columns))
    reverse = counter.reverse(seeded(problem.tape, outputs, rows), inputs)
    return SweepCount(
        len(inputs), len(outputs), function_cost(problem), ModeCost(len(columns), forward), ModeCost(len(rows), reverse)
    )  # fmt: skip


def count_forward(problem: Problem, flow: Flow, inputs: Sequence[int], columns: Groups) -> int:
    """The operations of the forward sweeps by some inputs, as slots, one for each group."""
    return _Counter(problem, flow, len(flow) > MOST_FORMULAS).forward(seeded(problem.tape, inputs, columns))


class _Counter:
    """Counts operations of sweeps over one tape."""

    def __init__(self, problem: Problem, flow: Flow, coarse: bool = False) -> None:
        self.problem, self.tape, self.flow, self.coarse = problem, problem.tape, flow, coarse
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
