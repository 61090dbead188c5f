"""Which of the numbers that are printed may have lost digits: what a gradient waits for, and no more.

What is in doubt is worked out exactly in `diffcli.methods.digits.lost`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

from diffcli._named import NamedTuple
from diffcli.methods.problem.problem import Output, Problem
from diffcli.methods.sweeps.rounding import Errors, adjoint_errors, doubtful, tangent_errors, value_errors
from diffcli.tape.running.rules import Overrides

if TYPE_CHECKING:
    from diffcli.methods.nonsmooth.beside import Beside

Namer = Callable[[str], str]
"""What a number is called, from the name of the result or variable where a sweep has found it; nothing if it is not shown."""

BY: Namer = "the derivative by `{}`".format

UNKNOWN = float("nan")
"""The bound on the error of what no sweep has found."""


class Sweep(NamedTuple):
    """A sweep: what it begins with by slot, whether it goes forward, and the terms that a policy at kinks has chosen.

    It begins with a tuple where several results stand in one slot, whose weights add up. One with an order is a Taylor series
    along the one input that it begins with; its coefficients stand for slots. One ``beside`` the point is made where that has
    moved a little.
    """

    seeds: Mapping[int, Any]
    forward: bool = False
    overrides: Overrides = {}  # noqa: RUF012 (nothing is put into it)
    name: Namer = BY
    order: int | None = None
    beside: Beside | None = None

    @property
    def parts(self) -> list[tuple[int, Sequence[Any]]]:
        """What adds up to begin with, by slot."""
        return [(slot, seed if isinstance(seed, tuple) else (seed,)) for slot, seed in self.seeds.items()]

    def started(self, of: Callable[[Any], Any] = lambda seed: seed) -> dict[int, Any]:
        """What it begins with, one seed a slot, after something is made of each; numbers add up as if rounded once."""
        return {slot: _total([of(seed) for seed in seeds]) for slot, seeds in self.parts}


def _total(terms: Sequence[Any]) -> Any:
    if len(terms) > 1 and all(isinstance(term, float) for term in terms):
        with suppress(OverflowError):
            return math.fsum(terms)
    return reduce(add, terms)


Swept = tuple[Sweep, Sequence[Any]]
"""A sweep and what it has found."""


class Printed(NamedTuple):
    """A number that is printed, the bound on its error, and in which slot which sweep has found it: none has found a value."""

    name: str
    number: float
    error: float
    slot: int
    sweep: Sweep | None


class Watch:
    """The numbers that are printed of a problem in numbers, of which those in doubt are kept; its values are the first of them.

    ``name`` is what its results are called, if it is not one value or several.
    """

    errors: Errors

    def __init__(self, problem: Problem, name: Namer | None = None) -> None:
        self.problem = problem
        self.doubts: list[Printed] = []
        called = name or ("the value of `{}`" if len(problem.outputs) > 1 else "the value").format
        results = [*problem.outputs]
        if problem.tape.output not in [output.slot for output in results]:
            results.append(Output("", problem.tape.output))  # the value itself, beside what is asked of it
        self.begin(lambda own: called(own) if own else "the value", results)

    def begin(self, name: Namer, results: Sequence[Output]) -> None:
        """Watch the values."""
        self.errors = value_errors(self.problem.tape, self.problem.values)
        self._keep(name, results, self.problem.values, self.errors, None)

    def swept(self, sweep: Sweep, found: Sequence[Any]) -> None:
        """Watch the derivatives that a sweep has found."""
        problem, known = self.problem, (self.problem.tape, self.problem.values, self.errors)
        if sweep.forward:
            self._keep(sweep.name, problem.outputs, found, tangent_errors(*known, found, sweep.overrides), sweep)
        else:
            bounds = adjoint_errors(*known, found, problem.active, sweep.overrides)
            self._keep(sweep.name, [(name, problem.input_slot(name)) for name in problem.wrt], found, bounds, sweep)

    def swept_all(self, swept: Sequence[Swept]) -> None:
        """The same for several sweeps."""
        for sweep, found in swept:
            self.swept(sweep, found)

    def judge(self, sweep: Sweep, found: Iterable[tuple[str, int, float]]) -> None:
        """Have numbers compared with what a sweep finds in their slots, by whatever method they were found."""
        self.doubts += [Printed(name, number, UNKNOWN, slot, sweep) for name, slot, number in found if number - number == 0]

    def beside(self, sweep: Sweep, numbers: Sequence[Any]) -> None:
        """The same for what is known beside the point, in place of what was found at it under the same names; None stays."""
        assert sweep.beside is not None
        problem = sweep.beside.problem
        places = [(output.name, output.slot) for output in problem.outputs]
        if sweep.order is not None:
            places = [(str(order), order) for order in range(len(numbers))]
        elif not sweep.forward:
            places = [(name, problem.input_slot(name)) for name in problem.wrt]
        pairs = zip(places, numbers, strict=True)
        found = [(sweep.name(name), slot, number) for (name, slot), number in pairs if number is not None]
        names = {name for name, _, _ in found}
        self.doubts = [doubt for doubt in self.doubts if doubt.name not in names]
        self.judge(sweep, found)

    def _keep(self, name: Namer, places: Sequence[Any], found: Sequence[Any], bounds: Errors, sweep: Sweep | None) -> None:
        """Keep what is in doubt of the numbers at some places, each of which begins with a name and a slot."""
        for own, slot, *_ in places:
            number = found[slot]
            if number is not None and doubtful(number, bounds[slot]) and (called := name(own)):
                self.doubts.append(Printed(called, float(number), bounds[slot], slot, sweep))

    def looked_up(self) -> tuple[Problem, list[Printed]]:
        """What is in doubt, in a problem in numbers; in its own where that would be too long."""
        return self.problem, self.doubts

