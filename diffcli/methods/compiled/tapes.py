"""The tapes that kernels run: of a value, of derivatives, and of products with them."""

from __future__ import annotations

from collections.abc import Sequence

from diffcli._named import NamedTuple
from diffcli.kernels.form import Form, Leaf, numbered
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.transform import ReverseTransform
from diffcli.tape import Tape
from diffcli.tape.building.building import Builder
from diffcli.tape.running.rules import FLOAT


class Derived(NamedTuple):
    """A tape of numbers with results, and the form in which they are handed back."""

    tape: Tape
    form: Form


def derived(problem: Problem, listed: bool, order: int, most_rows: int) -> Derived:
    """The tape of the results of a problem and their derivatives, for results that are handed back as a tuple if ``listed``."""
    outputs = [output.slot for output in problem.outputs]
    tape = folded(problem.tape, outputs)
    wrt = [problem.input_slot(name) for name in problem.wrt]
    results = tape.results
    values: list[Form] = [Leaf(0) for _ in results]
    if not order:
        return Derived(tape, numbered(values if listed else values[0])[0])
    transform = ReverseTransform(tape, wrt, most_rows=most_rows)
    rows = [transform.sweep(slot) for slot in results]
    derived = transform.finish([*results, *[slot for row in rows for slot in row]]).tape
    jacobian: list[Form] = [[Leaf(0) for _ in row] for row in rows]
    return Derived(derived, numbered([values, jacobian] if listed else [values[0], jacobian[0]])[0])


def folded(tape: Tape, outputs: Sequence[int]) -> Tape:
    """A tape of numbers with some of its slots as results, without rows that nothing needs, or that constants make.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> tape = lower(parse("x*sqrt(2*pi)"))
    >>> folded(tape, tape.results).operations
    ['mul']
    """
    build = Builder(tape)
    known: dict[int, int] = {slot: slot - tape.size for slot in range(tape.slots, tape.size)}
    for row, slot in enumerate(tape.rows()):
        operands = tuple([known.get(operand, operand) for operand in tape.operands[row]])
        build.operands[row] = operands
        if all(operand < 0 for operand in operands) and tape.operations[row] != "where":
            value = FLOAT.strict(tape.operations[row])(*[build.constants[-1 - operand] for operand in operands])
            known[slot] = build.constant(float(value))
    return build.finished([known.get(slot, slot) for slot in outputs]).tape
