"""A problem with arrays as one of numbers, for the methods that know numbers only."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy

from diffcli.methods.problem.components import Elements
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.reverse import activity
from diffcli.operations.array_row import element_names
from diffcli.records import Number
from diffcli.tape import evaluate


class NumbersProblem(Problem):
    """A `Problem` whose variables are the elements of another's."""

    whole: Problem
    """The problem with arrays."""
    places: dict[int, tuple[int, ...]]
    """For each slot of its tape, the slots of its elements, row by row; those of constants are negative."""


def in_numbers(problem: Problem, most_rows: int | None = None) -> Problem:
    """The problem written out in numbers; the problem itself if it has no arrays.

    Variables are elements, ``x[0]``; ``most_rows`` limits the tape.

    Raises
    ------
    LimitError
        There would be too many rows.

    >>> numbers = in_numbers(Problem("sum(x^2)", {"x": [3, 4]}))
    >>> numbers.at, numbers.wrt, numbers.value
    ({'x[0]': 3.0, 'x[1]': 4.0}, ['x[0]', 'x[1]'], 25.0)
    """
    if problem.tape.shapes is None:
        return problem
    from diffcli.tape.building.scalarising import MOST_WRITTEN, write_out

    written = write_out(problem.tape, problem.values, MOST_WRITTEN if most_rows is None else most_rows)
    found = NumbersProblem.__new__(NumbersProblem)
    found.__dict__.update(copy(problem.__dict__))
    found.whole, found.places = problem, written.slots
    found.tape = written.tape
    shapes = dict(zip(problem.tape.inputs, map(problem.tape.shape, range(problem.tape.first_row)), strict=True))
    elements = Elements([(name, slot, shapes[name]) for slot, name in enumerate(problem.tape.inputs)])
    numbers = elements.numbers(problem.values)
    found.at = {name: float(number or 0.0) for name, number in zip(elements.names, numbers, strict=True)}
    found.wrt = [element for name in problem.wrt for element in element_names(name, shapes[name])]
    found.values = evaluate(found.tape, list(found.at.values()))
    found.active = activity(found.tape, [found.input_slot(name) for name in found.wrt])
    found._adjoints = None
    return found


def gathered(problem: Problem, found: Mapping[str, float]) -> dict[str, Number]:
    """What was found for elements, as arrays for the variables of a problem; NaN for what was not."""
    slots = {name: problem.input_slot(name) for name in problem.wrt}
    elements = Elements([(name, slot, problem.tape.shape(slot)) for name, slot in slots.items()])
    return elements.of([found.get(name, float("nan")) for name in elements.names])


def point_of(problem: Problem) -> Mapping[str, Number]:
    """The point with arrays as the user gave them."""
    return problem.whole.at if isinstance(problem, NumbersProblem) else problem.at
