"""A claim on its tape: one number, or of a variable that is an array, one for each of its elements."""

from __future__ import annotations

from diffcli.errors import ExpressionError, Mark, error
from diffcli.language import Program
from diffcli.methods.problem.problem import Problem
from diffcli.tape import Tape, evaluate, lower


def claim_tapes(problem: Problem, variable: str, claim: Program) -> dict[str, Tape]:
    """The tapes of a claim in numbers, by the variable or the element of it that each is the derivative by.

    Raises
    ------
    ExpressionError
        The claim has another shape than its variable.

    >>> from diffcli.language import parse
    >>> list(claim_tapes(Problem("sum(x^2)", {"x": [3, 4]}), "x", parse("2*x")))
    ['x[0]', 'x[1]']
    """
    shapes = {name: problem.tape.shape(slot) for slot, name in enumerate(problem.tape.inputs)}
    tape = lower(claim, given=problem.at, shapes=shapes)
    name = variable.partition("[")[0]
    wanted = shapes[name] if variable == name else ()
    own = tape.shape(tape.results[0])
    if own != wanted:
        from diffcli.operations.array_row import shape_text

        message = f"the derivative by `{variable}` is {shape_text(wanted)}, and the claim {shape_text(own)}"
        raise ExpressionError([error("shape-mismatch", message, claim.source, Mark(claim.result.span))])
    if tape.shapes is None:
        return {variable: tape}
    from diffcli.operations.array_row import element_names
    from diffcli.tape.building.scalarising import write_out

    written = write_out(tape, evaluate(tape, [problem.at[name] for name in tape.inputs])).tape
    found: dict[str, Tape] = {}
    for element, slot in zip(element_names(variable, wanted), written.outputs or [written.output], strict=True):
        found[element] = written.copy(output=slot, outputs=[])
    return found
