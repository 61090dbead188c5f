"""A problem with arrays as one of numbers: for the structure of its matrices, and the methods that know numbers only."""

from __future__ import annotations

from collections.abc import Mapping

from diffcli.errors import LimitError
from diffcli.methods.problem.components import Components, inputs_of
from diffcli.methods.problem.problem import Linearisation, Output, Problem
from diffcli.records import Number

MOST_SHOWING = 100_000
"""The rows of a program written out up to which its structure is looked for."""


def scalarised(problem: Problem, most_rows: int | None = None) -> Problem:
    """The problem written out in numbers; the problem itself if it has no arrays.

    Variables and results are elements, ``x[0]``; more than ``most_rows`` are a `LimitError`.

    >>> numbers = scalarised(Problem("sum(x^2)", {"x": [3, 4]}))
    >>> numbers.at, numbers.wrt, numbers.value
    ({'x[0]': 3.0, 'x[1]': 4.0}, ['x[0]', 'x[1]'], 25.0)
    >>> from diffcli.methods.problem.system import System
    >>> numbers = scalarised(System("[x^2, x[0]*y]", {"x": [3, 4], "y": 2}, of="x^2"))
    >>> [(output.name, numbers.value_of(output)) for output in numbers.outputs]
    [('f1[0]', 9.0), ('f1[1]', 16.0)]
    """
    if problem.tape.shapes is None:
        return problem
    from diffcli.tape.building.scalarising import MOST_WRITTEN, write_out

    written = write_out(problem.tape, problem.values, MOST_WRITTEN if most_rows is None else most_rows)
    elements = inputs_of(problem.tape)
    at: dict[str, Number] = {
        name: float(number or 0.0) for name, number in zip(elements.names, elements.numbers(problem.values), strict=True)
    }  # fmt: skip
    slots = [slot for output in problem.outputs for slot in written.of(problem.tape, output.slot)]
    outputs = list(map(Output, Components(problem.outputs).names, slots))
    return Linearisation(problem, written.tape, at=at, wrt=variables_of(problem).names, outputs=outputs, whole=problem)


def structure(problem: Problem, most_rows: int = MOST_SHOWING) -> Problem | None:
    """The problem in numbers if there are not too many, to see which elements depend on which."""
    try:
        return scalarised(problem, most_rows)
    except LimitError:
        return None


def variables_of(problem: Problem) -> Components:
    """The elements of the variables that the derivative is wanted for: the columns of a Jacobian."""
    return Components([(name, slot := problem.input_slot(name), problem.tape.shape(slot)) for name in problem.wrt])


def gathered(problem: Problem, found: Mapping[str, float]) -> dict[str, Number]:
    """What was found for elements, as arrays for the variables of a problem; NaN for what was not."""
    elements = variables_of(problem)
    return elements.of([found.get(name, float("nan")) for name in elements.names])


def point_of(problem: Problem) -> Mapping[str, Number]:
    """The point with arrays as the user gave them."""
    return problem.at if problem.whole is None else problem.whole.at
