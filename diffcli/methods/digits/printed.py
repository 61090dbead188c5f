"""The numbers that are printed, and those of them that may have lost digits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic, NotDifferentiableError
from diffcli.methods.problem.problem import Problem
from diffcli.tape.running.rules import Overrides

Namer = Callable[[str], str]
"""What a number is called, from the name of the result or variable where a sweep has found it; nothing if it is not shown."""


BY: Namer = "the derivative by `{}`".format

UNKNOWN = float("nan")
"""The bound on the error of what no sweep has found."""


class Sweep(NamedTuple):
    """A sweep: what it begins with by slot, whether it goes forward, and the terms that a policy at kinks has chosen."""

    seeds: Mapping[int, Any]
    forward: bool = False
    overrides: Overrides = {}  # noqa: RUF012 (nothing is put into it)
    name: Namer = BY


class Printed(NamedTuple):
    """A number that is printed, by which sweep it was found in which slot, and the bound on its error."""

    name: str
    number: float
    error: float
    slot: int
    sweep: Sweep | None
    """None for a value."""


class Watch:
    """The numbers that are printed of a problem, of which those in doubt are kept; its values are the first of them.

    Parameters
    ----------
    problem
        Whose values are known.
    name
        What its results are called, if it is not one value or several.
    """

    def __init__(self, problem: Problem, name: Namer | None = None) -> None:
        self.problem = problem
        self.name: Namer = name or ("the value of `{}`" if len(problem.outputs) > 1 else "the value").format
        self.doubts: list[Printed] = []
        self.begin()

    def begin(self) -> None:
        """Watch the values."""
        raise NotImplementedError

    def swept(self, sweep: Sweep, found: Sequence[Any]) -> None:
        """Watch the derivatives that a sweep has found."""
        raise NotImplementedError

    def judge(self, found: Mapping[str, float], output: int | None = None, name: Namer = BY) -> None:
        """Have derivatives of a result by variables compared with what they are, by whatever method they were found."""
        sweep = Sweep({self.problem.tape.output if output is None else output: 1.0}, name=name)
        for variable, number in found.items():
            if number - number == 0:  # finite
                self.doubts.append(Printed(name(variable), number, UNKNOWN, self.problem.input_slot(variable), sweep))

    def notes(self, strict: bool) -> list[Diagnostic]:
        """What is to be said: nothing where the digits are there.

        Raises
        ------
        NotDifferentiableError
            Digits are lost, and that is to be an error.
        """
        note = self.note() if self.doubts else None
        if note is not None and strict:
            raise NotDifferentiableError([note._replace(severity="error")])
        return [] if note is None else [note]

    def note(self) -> Diagnostic | None:
        """What is to be said of what is in doubt."""
        raise NotImplementedError
