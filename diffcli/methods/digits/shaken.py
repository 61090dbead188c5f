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
from diffcli.methods.problem.problem import Linearisation, Output, Problem
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

    def begin(self, name: Namer, results: Sequence[Output]) -> None:
        if self.problem.tape.elements > MOST_ELEMENTS:
            return
        if any(value is GIVEN_UP for value in self.problem.values):
            self.problem = _with_values(self.problem, evaluate(self.problem.tape, self.problem.point))
        problem = self.problem
        self.written: Callable[[], Problem] = lambda: scalarised(problem)
        with arithmetic_of(problem.tape).numbers.quiet():
            values = run(problem.tape, problem.point, shaking(problem.tape, count()))
            if problem.tape.elements <= MOST_WRITTEN:
                self.extreme = is_extreme(problem.tape, problem.values, values)
            else:
                self.enough = UNREAD
        self.shaken = _with_values(problem, values)
        self._compare(None, name, Components(results), problem.values, values)

    def swept(self, sweep: Sweep, found: Sequence[Any]) -> None:
        self.swept_all([(sweep, found)])

    def swept_all(self, swept: Sequence[Swept]) -> None:
        shaken, (first, _) = self.shaken, swept[0]
        if shaken is None or first.overrides:
            return
        places = count(shaken.tape.slots)
        move = partial(shake, places)
        seeds = [sweep.started(lambda seed: move(seed) * (seed != 0)) for sweep, _ in swept]  # a 0 is nothing
        if first.order is not None:
            (slot,) = first.seeds
            parts = Components([(str(order), order, ()) for order in range(1, first.order + 1)])
            functions = lambda name: shaking_function(FLOAT.value(name), name, places)
            beside: list[Any] = [power_series(shaken.tape, shaken.values, slot, first.order, MOST_ROWS, functions, move)]
        else:
            from diffcli.methods.sweeps.array_sweeps import ArraySweep  # a series does not wait for it

            parts = Components(shaken.outputs) if first.forward else variables_of(shaken)
            ends = [slot for _, slot, _ in parts.parts]
            again = ArraySweep(first.forward, shaken.tape, shaken.values, shaken.active, moving=move, whole=False)
            beside = again.together(seeds, ends)
        if not self._are_fine(parts, [found for _, found in swept], beside):
            for (sweep, found), other in zip(swept, beside, strict=True):
                self._compare(sweep, sweep.name, parts, found, other)

    def _are_fine(self, parts: Components, found: Sequence[Sequence[Any]], beside: Sequence[Sequence[Any]]) -> bool:
        """Whether the shaking has moved no number by much that some sweeps have found, looked at all together."""
        pairs = [(one[slot], other[slot]) for one, other in zip(found, beside, strict=True) for _, slot, _ in parts.parts]
        if self.extreme or any(number is None for pair in pairs for number in pair):
            return False
        return bool(arithmetic_of(self.problem.tape).numbers.within(pairs, self.enough / ROUNDED, NOTHING))

    def _compare(
        self, sweep: Sweep | None, name: Namer, parts: Components, found: Sequence[Any], beside: Sequence[Any]
    ) -> None:
        """Keep the numbers that the shaking has moved by much, by their places among the elements."""
        if self._are_fine(parts, [found], [beside]):
            return
        for place, (number, other) in enumerate(zip(parts.numbers(found), parts.numbers(beside), strict=True)):
            error = None if number is other is None else moved(number or 0.0, other or 0.0, self.extreme, self.enough)
            if error is not None and (called := name(parts.names[place])):
                self.doubts.append(Printed(called, float(number or 0.0), error, place, sweep))

    def looked_up(self) -> tuple[Problem, list[Printed]]:
        try:
            if self.problem.tape.elements > MOST_WRITTEN:
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
