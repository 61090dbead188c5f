"""Which values a gradient reads, so that the other arrays of a large program need not be kept.

A sum is not read by the rules of its operands, nor a sine by its own: of a long elementwise program about half of the arrays
are read. What the notes look at, the operands of whatever has a kink, is kept too.
"""

from __future__ import annotations

from diffcli.methods.problem.problem import Problem
from diffcli.operations import row_of
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import Evaluator

LARGE = 1_000_000
"""How many elements the arrays of a program have together before it is worth while to ask: 8 megabytes."""


def keep_live_values(problem: Problem) -> None:
    """Evaluate a problem, and keep only the values that its gradient, and the notes on it, read, where they are many."""
    tape = problem.tape
    if problem.recording is None and tape.elements >= LARGE:
        problem.values = Evaluator(tape, sorted(live_slots(tape, problem.active))).values(problem.point)


def live_slots(tape: Tape, active: bytearray) -> set[int]:
    """The slots of the values that are read once a tape is evaluated.

    >>> from diffcli.language import parse
    >>> from diffcli.methods.sweeps.reverse import activity
    >>> from diffcli.tape import lower
    >>> tape = lower(parse("sum(exp(-x*x) + 1)"), shapes={"x": (2,)})
    >>> tape.operations
    ['neg', 'mul', 'exp', 'add', 'sum']
    >>> sorted(live_slots(tape, activity(tape)))  # x, -x, the exponential and the result
    [0, 1, 3, 5]
    """
    from diffcli.tape.running.array_rules import adjoint_reads, breaks_read_result  # numbers do not wait for NumPy

    found = {tape.output, *tape.outputs}
    for slot in tape.rows():
        if not active[slot]:
            continue
        operands = tape.operands_of(slot)
        row = row_of(tape.operation(slot))
        if row.breaks or row.flat:  # a note shows the operands
            found.update(operands)
            found.update((slot,) * breaks_read_result(tape.operation(slot)))
        for position, operand in enumerate(operands):
            if active[operand]:
                found.update(slot if read < 0 else operands[read] for read in adjoint_reads(tape, slot, position))
    return {slot for slot in found if slot >= 0}
