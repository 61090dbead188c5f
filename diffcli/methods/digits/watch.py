"""Which of the numbers that are printed may have lost digits: what a gradient waits for, and no more.

What is in doubt is worked out exactly in `diffcli.methods.digits.lost`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli.errors import Diagnostic
from diffcli.methods.digits.printed import Namer, Printed, Sweep, Watch
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.rounding import Errors, adjoint_errors, doubtful, tangent_errors, value_errors


class NumberWatch(Watch):
    """The numbers that are printed of a problem in numbers."""

    errors: Errors

    def begin(self) -> None:
        """Watch the values."""
        values = self.problem.values
        self.errors = value_errors(self.problem.tape, values)
        self._keep(self.name, self.outputs, values, self.errors, None)
        if not any(output.slot == self.problem.tape.output for output in self.problem.outputs):
            self._keep("the value".format, [("", self.problem.tape.output)], values, self.errors, None)

    @property
    def outputs(self) -> Sequence[tuple[str, int]]:
        """The results, by name and slot."""
        return [(output.name, output.slot) for output in self.problem.outputs]

    def swept(self, sweep: Sweep, found: Sequence[Any]) -> None:
        """Watch the derivatives that a sweep has found."""
        problem = self.problem
        if sweep.forward:
            bounds = tangent_errors(problem.tape, problem.values, self.errors, found, sweep.overrides)
            self._keep(sweep.name, self.outputs, found, bounds, sweep)
        else:
            bounds = adjoint_errors(problem.tape, problem.values, self.errors, found, problem.active, sweep.overrides)
            self._keep(sweep.name, [(name, problem.input_slot(name)) for name in problem.wrt], found, bounds, sweep)

    def _keep(
        self, name: Namer, places: Sequence[tuple[str, int]], found: Sequence[Any], bounds: Errors, sweep: Sweep | None
    ) -> None:
        for own, slot in places:
            number = found[slot]
            if number is not None and doubtful(number, bounds[slot]) and (called := name(own)):
                self.doubts.append(Printed(called, float(number), bounds[slot], slot, sweep))

    def note(self) -> Diagnostic | None:
        from diffcli.methods.digits.lost import lost_digits  # most programs do not wait for it

        return lost_digits(self.problem, self.doubts)


def watch_of(problem: Problem, name: Namer | None = None) -> Watch:
    """A watch on a problem, with arrays or without."""
    if problem.tape.shapes is None:
        return NumberWatch(problem, name)
    from diffcli.methods.digits.arrays import ArrayWatch  # numbers do not wait for it

    return ArrayWatch(problem, name)
