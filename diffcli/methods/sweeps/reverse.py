"""Reverse mode: one sweep over the tape, last row first, carries an adjoint back to every value.

The adjoint of a value is the derivative of the result with respect to it. Each row hands adjoint times partial on to
each of its operands, where what arrives is added up (Linnainmaa 1970; Griewank & Walther 2008, section 3.2). Evaluation
order makes the row's own adjoint complete before it is handed on. None stands for no dependence.

The sweep stands here twice: `accumulate` as one would write it on the board, which keeps every step, and `adjoints`,
the same without the steps and with nothing in its loop that a million rows would have to wait for.
"""

from __future__ import annotations

from collections.abc import Mapping

from diffcli._named import NamedTuple
from diffcli.language.syntax import once
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import Values
from diffcli.tape.running.rules import FLOAT, MANY, Arithmetic, Overrides, TermFunctions

Adjoints = list[float | None]


class Step(NamedTuple):
    """One accumulation: row ``source`` hands a term on to its operand number ``position``, the value in ``target``."""

    source: int
    position: int
    target: int
    term: float
    total: float
    """The adjoint of the target after this step."""
    first: bool
    """Whether it is the first term to arrive there, so that nothing is added."""


def accumulate(
    tape: Tape,
    values: Values,
    active: bytearray,
    seeds: Mapping[int, float] | None = None,
    overrides: Overrides | None = None,
    arithmetic: Arithmetic = FLOAT,
) -> tuple[Adjoints, list[Step]]:
    """The adjoint of every slot, and the steps that made them, in order.

    Parameters
    ----------
    tape, values
        A tape and what `diffcli.tape.evaluate` returned for it.
    active
        One flag a slot: whether it depends on an input that the derivative is wanted for. See `activity`.
    seeds
        The adjoints of the results, by slot; 1 for ``tape.output``, if not given.
    overrides
        Partials to use in place of the table's, by slot: see `diffcli.methods.nonsmooth.policies`.
    arithmetic
        What the numbers are.

    Returns
    -------
    One adjoint a slot, None where the result does not depend on it; those of the inputs are the gradient.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import evaluate, lower
    >>> tape = lower(parse("x*y"))
    >>> accumulate(tape, evaluate(tape, [2.0, 5.0]), activity(tape))[0]
    [5.0, 2.0, 1.0]
    """
    steps: list[Step] = []
    if tape.shapes is not None:
        from diffcli.methods.sweeps.array_sweeps import ArraySweep  # numbers do not wait for NumPy

        sweep = ArraySweep(False, tape, values, active, overrides, keep=lambda *step: steps.append(Step(*step)))
        return sweep.found(seeds or {tape.output: 1.0}), steps
    result, known = _seeded(tape, seeds), arithmetic.terms_of(tape)
    for slot in reversed(tape.rows()):
        adjoint = result[slot]
        if adjoint is None:
            continue  # the result does not depend on this row
        row = tape.operands_of(slot)
        own = overrides.get(slot) if overrides else None
        functions = own or known[tape.operation(slot), len(row)]
        arguments = [*[values[operand] for operand in row], values[slot]]
        if len(row) > MANY and not own:
            functions, arguments = FLOAT.of_taken(functions, arguments)
        for position, target in enumerate(row):
            function = functions[position] if active[target] else None
            term = function(adjoint, *arguments) if function else None
            if term is None:
                continue
            before = result[target]
            total = result[target] = term if before is None else before + term
            steps.append(Step(slot, position, target, term, total, before is None))
    return result, steps


def adjoints(tape: Tape, values: Values, active: bytearray, seeds: Mapping[int, float] | None = None) -> Adjoints:
    """The adjoints that `accumulate` returns, fast; on a tape with arrays those of the inputs, and whether rows are reached."""
    if tape.shapes is not None:
        from diffcli.methods.sweeps.array_sweeps import ArraySweep

        return ArraySweep(False, tape, values, active, whole=False).found(seeds or {tape.output: 1.0})
    result = _seeded(tape, seeds)
    slot = tape.slots
    for row, functions in zip(reversed(tape.operands), _reversed_functions(tape)):  # noqa: B905 (hot loop)
        slot -= 1
        adjoint = result[slot]
        if adjoint is None:
            continue
        if len(row) == 2:
            left, right = row
            a, b, y = values[left], values[right], values[slot]
            by_left, by_right = functions
            if active[left] and by_left is not None:
                term = by_left(adjoint, a, b, y)
                if term is not None:
                    before = result[left]
                    result[left] = term if before is None else before + term
            if active[right] and by_right is not None:
                term = by_right(adjoint, a, b, y)
                if term is not None:
                    before = result[right]
                    result[right] = term if before is None else before + term
            continue
        arguments = [*[values[operand] for operand in row], values[slot]]
        if len(row) > MANY:
            functions, arguments = FLOAT.of_taken(functions, arguments)
        for operand, function in zip(row, functions):  # noqa: B905 (hot loop)
            if active[operand] and function is not None:
                term = function(adjoint, *arguments)
                if term is not None:
                    before = result[operand]
                    result[operand] = term if before is None else before + term
    return result


def _seeded(tape: Tape, seeds: Mapping[int, float] | None) -> Adjoints:
    result: Adjoints = [None] * tape.size
    for slot, bar in (seeds or {tape.output: 1.0}).items():
        result[slot] = bar
    return result


@once
def _reversed_functions(tape: Tape) -> list[TermFunctions]:
    """The term functions of every row, last row first."""
    known = FLOAT.terms_of(tape)
    return list(map(known.__getitem__, zip(reversed(tape.operations), map(len, reversed(tape.operands)), strict=True)))


def activity(tape: Tape, inputs: list[int] | None = None) -> bytearray:
    """One flag a slot: whether it depends on one of the inputs (all of them, if not given)."""
    active = bytearray(tape.size)
    for slot in range(tape.first_row) if inputs is None else inputs:
        active[slot] = 1
    for slot, row in enumerate(tape.operands, tape.first_row):
        for operand in row:
            if active[operand]:
                active[slot] = 1
                break
    return active
