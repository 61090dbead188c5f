"""Which numbers of a program with arrays may have lost digits.

A bound for each element would cost as much as the program written out in numbers. So every element is shaken, each differently,
and the sweeps are made over those values. What is in doubt then is looked up in the program written out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from typing import Any

from diffcli.errors import LimitError
from diffcli.methods.digits.shake import MOST_ELEMENTS, NOTHING, ROUNDED, is_extreme, moved, shake, shaking
from diffcli.methods.digits.watch import Namer, Printed, Sweep, Watch
from diffcli.methods.problem.components import Components, inputs_of
from diffcli.methods.problem.live_values import elements
from diffcli.methods.problem.problem import Linearisation, Problem
from diffcli.methods.problem.scalarise import scalarised, variables_of
from diffcli.methods.sweeps.array_sweeps import array_adjoints, array_tangents
from diffcli.methods.sweeps.rounding import ENOUGH
from diffcli.operations.arithmetic import arrays
from diffcli.tape.running.evaluation import GIVEN_UP, Values, evaluate, run


class ArrayWatch(Watch):
    """The numbers that are printed of a problem with arrays."""

    shaken: Problem | None = None
    """The problem with values that are shaken; None if it is too large."""

    def begin(self, name: Namer) -> None:
        if elements(self.problem.tape) > MOST_ELEMENTS:
            return
        if any(value is GIVEN_UP for value in self.problem.values):
            self.problem = _with_values(self.problem, evaluate(self.problem.tape, self.problem.point))
        problem = self.problem
        self.written: Callable[[], Problem] = lambda: scalarised(problem)
        with arrays.quiet():
            values = run(problem.tape, problem.point, shaking(problem.tape, count()))
            self.extreme = is_extreme(problem.tape, problem.values, values)
        self.shaken = _with_values(problem, values)
        self._compare(None, name, Components(problem.outputs), problem.values, values)
        if (first := problem.tape.output) not in [output.slot for output in problem.outputs]:
            self._compare(None, "the value".format, Components([("", first, ())]), problem.values, values, -1)

    def swept(self, sweep: Sweep, found: Sequence[Any]) -> None:
        shaken = self.shaken
        if shaken is None or sweep.overrides:
            return
        parts = Components(shaken.outputs) if sweep.forward else variables_of(shaken)
        move = partial(shake, count(shaken.tape.slots))
        if sweep.forward:
            seed = [sweep.seeds.get(slot) for slot in range(shaken.tape.first_row)]
            beside = array_tangents(shaken.tape, shaken.values, seed, moving=move)
        else:
            beside = array_adjoints(shaken.tape, shaken.values, shaken.active, sweep.seeds, whole=False, moving=move)
        self._compare(sweep, sweep.name, parts, found, beside)

    def _compare(
        self, sweep: Sweep | None, name: Namer, parts: Components, found: Sequence[Any], beside: Sequence[Any], first: int = 0
    ) -> None:
        """Keep the numbers that the shaking has moved by much, by their places among the elements; -1 is the value's."""
        wholes = [(found[slot], beside[slot]) for _, slot, shape in parts.parts if shape and found[slot] is not None]
        fine = not self.extreme and all(arrays.within(*pair, ENOUGH / ROUNDED, NOTHING) for pair in wholes)
        if fine and len(wholes) == len(parts.parts):
            return
        for place, (number, other) in enumerate(zip(parts.numbers(found), parts.numbers(beside), strict=True)):
            error = None if number is None or other is None else moved(number, other, self.extreme)
            if error is not None and (called := name(parts.names[place])):
                self.doubts.append(Printed(called, float(number or 0.0), error, first + place, sweep))

    def looked_up(self) -> tuple[Problem, list[Printed]]:
        try:
            numbers = self.written()
        except LimitError:
            return self.problem, self.doubts
        variables = [numbers.input_slot(name) for name in variables_of(self.problem).names]
        outputs = [output.slot for output in numbers.outputs]
        sweeps = {id(doubt.sweep): doubt.sweep and self._of_elements(doubt.sweep, outputs) for doubt in self.doubts}
        found, outputs = [], [*outputs, numbers.tape.output]
        for doubt in self.doubts:
            sweep = sweeps[id(doubt.sweep)]
            slots = variables if sweep is not None and not sweep.forward else outputs
            found.append(doubt._replace(slot=slots[doubt.slot], sweep=sweep))
        return numbers, found

    def _of_elements(self, sweep: Sweep, outputs: Sequence[int]) -> Sweep:
        """A sweep over the program written out."""
        tape = self.problem.tape
        inputs = inputs_of(tape)
        parts, slots = (inputs, range(len(inputs))) if sweep.forward else (Components(self.problem.outputs), outputs)
        whole = [arrays.full(tape.shape(slot), sweep.seeds.get(slot, 0.0)) for slot in range(tape.size)]
        seeds: dict[int, float] = {}
        for slot, seed in zip(slots, parts.numbers(whole), strict=True):
            seeds[slot] = seeds.get(slot, 0.0) + (seed or 0.0)
        return sweep._replace(seeds={slot: seed for slot, seed in seeds.items() if seed})


def _with_values(problem: Problem, values: Values) -> Problem:
    return Linearisation(problem, problem.tape, values=values, active=problem.active, outputs=problem.outputs)
