"""A system with arrays as one of numbers: the structure of its matrices, and the methods that know numbers only."""

from __future__ import annotations

from copy import copy

from diffcli.errors import LimitError
from diffcli.methods.problem.components import Elements
from diffcli.methods.problem.problem import Problem
from diffcli.methods.problem.scalarise import NumbersProblem, in_numbers
from diffcli.methods.problem.system import Output, System

MOST_WRITTEN = 100_000
"""The rows of a program written out up to which its structure is looked for."""


class NumbersSystem(NumbersProblem, System):
    """A `System` whose variables and results are the elements of another's."""

    def view(self, output: Output) -> Problem:
        view = copy(self)
        view.__class__ = NumbersProblem  # type: ignore[assignment]
        view.tape = copy(self.tape)
        view.tape.output, view.tape.outputs = output.slot, []
        view.place = self.outputs.index(output)
        view._adjoints = None
        return view


def system_in_numbers(system: System, most_rows: int | None = None) -> System:
    """The system written out in numbers; the system itself if it has no arrays.

    Raises
    ------
    LimitError
        There would be too many rows.

    >>> numbers = system_in_numbers(System("[x^2, x[0]*y]", {"x": [3, 4], "y": 2}, of="x^2"))
    >>> [(output.name, numbers.value_of(output)) for output in numbers.outputs]
    [('f1[0]', 9.0), ('f1[1]', 16.0)]
    """
    if system.tape.shapes is None:
        return system
    found = in_numbers(system, most_rows)
    assert isinstance(found, NumbersProblem)
    found.__class__ = NumbersSystem
    assert isinstance(found, NumbersSystem)
    names = iter(Elements(system.outputs).names)
    places = [place for output in system.outputs for place in _places(system, found, output)]
    found.outputs = tuple(Output(next(names), place) for place in places)
    return found


def _places(system: System, numbers: NumbersProblem, output: Output) -> tuple[int, ...]:
    """The slots of a result's elements; those of constants counted from the front."""
    slot = output.slot if output.slot < system.tape.slots else output.slot - system.tape.size
    return tuple(place if place >= 0 else place + numbers.tape.size for place in numbers.places[slot])


def structure(system: System) -> System | None:
    """The system in numbers if there are not too many, to see which elements depend on which."""
    try:
        return system_in_numbers(system, MOST_WRITTEN)
    except LimitError:
        return None
