"""Which numbers of a program with arrays, or of a Taylor series, may have lost digits.

A bound for each element would cost as much as the program written out in numbers. So every element is shaken, each differently,
and the sweeps are made over those values. What is in doubt then is looked up in the program written out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from typing import Any

from diffcli.errors import LimitError
from diffcli.methods.digits.shake import (
    MOST_ELEMENTS,
    MOST_WRITTEN,
    NOTHING,
    ROUNDED,
    UNREAD,
    is_extreme,
    moved,
    shake,
    shaking,
    shaking_function,
)
from diffcli.methods.digits.watch import Namer, Printed, Sweep, Swept, Watch
from diffcli.methods.problem.components import Components, inputs_of
from diffcli.methods.problem.live_values import elements
from diffcli.methods.problem.problem import Linearisation, Problem
from diffcli.methods.problem.scalarise import scalarised, variables_of
from diffcli.methods.sweeps.rounding import ENOUGH
from diffcli.methods.sweeps.series import power_series
from diffcli.tape.lowering import MOST_ROWS
from diffcli.tape.running.evaluation import GIVEN_UP, Values, arithmetic_of, evaluate, run
from diffcli.tape.running.rules import FLOAT


class ShakenWatch(Watch):
    """The numbers that are printed of a problem with arrays, or of a series."""

    shaken: Problem | None = None
    """The problem with values that are shaken; None if it is too large."""
    extreme = False
    """Whether all numbers are looked up, since no shaking shows what may be wrong with them."""
    enough = ENOUGH
    """The relative error up to which a number has its digits."""

    def begin(self, name: Namer) -> None:
        if elements(self.problem.tape) > MOST_ELEMENTS:
            return
        if any(value is GIVEN_UP for value in self.problem.values):
            self.problem = _with_values(self.problem, evaluate(self.problem.tape, self.problem.point))
        problem = self.problem
        self.written: Callable[[], Problem] = lambda: scalarised(problem)
        with arithmetic_of(problem.tape).numbers.quiet():
            values = run(problem.tape, problem.point, shaking(problem.tape, count()))
            if elements(problem.tape) <= MOST_WRITTEN:
                self.extreme = is_extreme(problem.tape, problem.values, values)
            else:
                self.enough = UNREAD
        self.shaken = _with_values(problem, values)
        self._compare(None, name, Components(problem.outputs), problem.values, values)
        if (first := problem.tape.output) not in [output.slot for output in problem.outputs]:
            self._compare(None, "the value".format, Components([("", first, ())]), problem.values, values, -1)

    def swept(self, sweep: Sweep, found: Sequence[Any]) -> None:
        if self.shaken is None or sweep.overrides:
            return
        tape, values, places = self.shaken.tape, self.shaken.values, count(self.shaken.tape.slots)
        parts, move, beside = Components(self.shaken.outputs), partial(shake, places), []
        seeds = sweep.started(lambda seed: move(seed) * (seed != 0))  # a 0 is nothing
        if sweep.order is not None:
            (slot,) = sweep.seeds
            parts = Components([(str(order), order, ()) for order in range(1, sweep.order + 1)])
            functions = lambda name: shaking_function(FLOAT.value(name), name, places)
            beside = power_series(tape, values, slot, sweep.order, MOST_ROWS, functions, move)
        elif sweep.forward:
            from diffcli.methods.sweeps.array_sweeps import array_tangents  # a series does not wait for it

            beside = array_tangents(tape, values, [seeds.get(slot) for slot in range(tape.first_row)], moving=move)
        else:
            from diffcli.methods.sweeps.array_sweeps import array_adjoints

            parts = variables_of(self.shaken)
            beside = array_adjoints(tape, values, self.shaken.active, seeds, whole=False, moving=move)
        self._compare(sweep, sweep.name, parts, found, beside)

    def swept_all(self, swept: Sequence[Swept]) -> None:
        if self.shaken is None or len(swept) < 2 or any(sweep.forward or sweep.overrides or sweep.order for sweep, _ in swept):
            super().swept_all(swept)
            return
        from diffcli.methods.sweeps.array_sweeps import many_adjoints

        move = partial(shake, count(self.shaken.tape.slots))
        seeds = [sweep.started(lambda seed: move(seed) * (seed != 0)) for sweep, _ in swept]
        beside = many_adjoints(self.shaken.tape, self.shaken.values, self.shaken.active, seeds, move)
        parts = variables_of(self.shaken)
        if self.extreme or not self._are_fine(parts, [found for _, found in swept], beside):
            for (sweep, found), other in zip(swept, beside, strict=True):
                self._compare(sweep, sweep.name, parts, found, other)

    def _are_fine(self, parts: Components, found: Sequence[Sequence[Any]], beside: Sequence[Sequence[Any]]) -> bool:
        """Whether the shaking has moved none of many numbers by much, looked at all together."""
        numbers = arithmetic_of(self.problem.tape).numbers
        for _, slot, _ in parts.parts:
            pair = [[one[slot] for one in many] for many in (found, beside)]
            if any(one is None for many in pair for one in many):
                return False
            if not numbers.within(*map(numbers.as_array, pair), self.enough / ROUNDED, NOTHING):
                return False
        return True

    def _compare(
        self, sweep: Sweep | None, name: Namer, parts: Components, found: Sequence[Any], beside: Sequence[Any], first: int = 0
    ) -> None:
        """Keep the numbers that the shaking has moved by much, by their places among the elements; -1 is the value's."""
        pairs = [(found[slot], beside[slot]) for _, slot, shape in parts.parts if shape]
        wholes = [pair for pair in pairs if not any(each is None for each in pair)]
        within = arithmetic_of(self.problem.tape).numbers.within
        fine = not self.extreme and all(within(*pair, self.enough / ROUNDED, NOTHING) for pair in wholes)
        if fine and len(wholes) == len(parts.parts):
            return
        for place, (number, other) in enumerate(zip(parts.numbers(found), parts.numbers(beside), strict=True)):
            error = None if number is other is None else moved(number or 0.0, other or 0.0, self.extreme, self.enough)
            if error is not None and (called := name(parts.names[place])):
                self.doubts.append(Printed(called, float(number or 0.0), error, first + place, sweep))

    def looked_up(self) -> tuple[Problem, list[Printed]]:
        try:
            if elements(self.problem.tape) > MOST_WRITTEN:
                return self.problem, self.doubts
            numbers = self.written()
        except LimitError:
            return self.problem, self.doubts
        variables = [numbers.input_slot(name) for name in variables_of(self.problem).names]
        outputs = [output.slot for output in numbers.outputs]
        sweeps = {id(doubt.sweep): doubt.sweep and self._of_elements(doubt.sweep, outputs) for doubt in self.doubts}
        found, outputs = [], [*outputs, numbers.tape.output]
        for doubt in self.doubts:
            sweep = sweeps[id(doubt.sweep)]
            if sweep and sweep.beside:  # it is in numbers
                found.append(doubt)
                continue
            slots = variables if sweep is not None and not sweep.forward else outputs
            slot = slots[doubt.slot] if sweep is None or sweep.order is None else doubt.slot + 1
            found.append(doubt._replace(slot=slot, sweep=sweep))
        return numbers, found

    def _of_elements(self, sweep: Sweep, outputs: Sequence[int]) -> Sweep:
        """A sweep over the program written out, in which several results may stand in one slot."""
        if sweep.order is not None or sweep.beside is not None:
            return sweep
        from diffcli.operations.arithmetic import arrays  # a series does not wait for it

        tape = self.problem.tape
        inputs = inputs_of(tape)
        ends, slots = (inputs, range(len(inputs))) if sweep.forward else (Components(self.problem.outputs), outputs)
        bands = dict(zip([slot for _, slot, _ in ends.parts], ends.bands(slots), strict=True))
        seeds: dict[int, tuple[float, ...]] = {}
        for slot, seed in [(slot, seed) for slot, parts in sweep.parts for seed in parts]:
            whole: Any = {slot: arrays.full(tape.shape(slot), seed)}
            for place, number in zip(bands[slot], Components([("", slot, tape.shape(slot))]).numbers(whole), strict=True):
                if number:
                    seeds[place] = (*seeds.get(place, ()), number)
        return sweep._replace(seeds=seeds)


def _with_values(problem: Problem, values: Values) -> Problem:
    return Linearisation(problem, problem.tape, values=values, active=problem.active, outputs=problem.outputs)
