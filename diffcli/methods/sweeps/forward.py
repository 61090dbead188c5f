"""Forward mode: one sweep over the tape in evaluation order carries a tangent beside every value.

The tangent of a row is the sum over its operands of tangent times partial (Griewank & Walther 2008, section 3.1). None
stands for no dependence; it is not a number, so that it never meets an infinity or a NaN.
"""

from __future__ import annotations

from collections.abc import Sequence

from diffcli.tape import Tape
from diffcli.tape.running.evaluation import Values
from diffcli.tape.running.rules import FLOAT, MANY, Arithmetic, Overrides

Tangents = list[float | None]


def tangents(
    tape: Tape, values: Values, seed: Sequence[float | None], overrides: Overrides | None = None, arithmetic: Arithmetic = FLOAT
) -> Tangents:
    """The tangent of every slot for the tangents of the inputs: J times the ``seed``; None where nothing of it arrives.

    0 and None both say that an input does not move. The other parameters are as of `diffcli.methods.sweeps.reverse.accumulate`.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import evaluate, lower
    >>> tape = lower(parse("x*y"))
    >>> tangents(tape, evaluate(tape, [2.0, 5.0]), [1.0, None])
    [1.0, None, 5.0]
    """
    if tape.shapes is not None:
        from diffcli.methods.sweeps.array_sweeps import ArraySweep  # numbers do not wait for NumPy

        moves = {slot: tangent for slot, tangent in enumerate(seed) if tangent is not None}
        return ArraySweep(True, tape, values, None, overrides).found(moves)
    known = arithmetic.terms_of(tape)
    result: Tangents = [tangent or None for tangent in seed]
    result += [None] * (tape.size - len(result))
    for slot, (name, row) in enumerate(zip(tape.operations, tape.operands, strict=True), tape.first_row):
        value = values[slot]
        if value is None and not (overrides and slot in overrides):
            continue  # a branch that is not taken
        total: float | None = None
        own = overrides.get(slot) if overrides else None
        functions = own or known[name, len(row)]
        arguments: list[float | None] = []
        if len(row) > MANY and not own:
            functions, arguments = FLOAT.of_taken(functions, [*[values[operand] for operand in row], value])
        for operand, function in zip(row, functions):  # noqa: B905 (hot loop)
            tangent = result[operand]
            if tangent is None or function is None:
                continue
            if not arguments:  # most rows do not move along most directions
                arguments = [*[values[operand] for operand in row], value]
            term = function(tangent, *arguments)
            if term is not None:
                total = term if total is None else total + term
        result[slot] = total
    return result
