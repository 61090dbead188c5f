"""Which numbers of a program with arrays may have lost digits.

A bound for each element would cost as much as the program written out in numbers. So every row is computed once more with its
elements shaken, each a little and each differently, and the sweep is made over those values. What moves by much more than it
was shaken by is in doubt, and so is everything where a value is near the ends of the range of floats. What is in doubt is
looked up in the program written out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from math import isfinite
from typing import Any

from diffcli.errors import Diagnostic, LimitError
from diffcli.methods.digits.printed import Namer, Printed, Sweep, Watch
from diffcli.methods.problem.components import Components
from diffcli.methods.problem.live_values import elements
from diffcli.methods.problem.problem import Linearisation, Problem
from diffcli.methods.problem.scalarise import scalarised, variables_of
from diffcli.methods.sweeps.rounding import UNIT, doubtful, roundings
from diffcli.operations import OPERATIONS, row_of
from diffcli.operations.arithmetic import arrays
from diffcli.operations.arithmetic.array_files import to_array
from diffcli.tape.running.evaluation import arithmetic_of, run

MOST_ELEMENTS = 20_000
"""How many elements the arrays of a program have together, up to which it is watched."""

SHAKE = 2.0**-36
"""By how much elements are shaken at most, relative to their size."""

ROUNDED = 8 * UNIT / SHAKE
"""How far rounding may move a number that the shaking moves by 1."""

FAR = 1e140
"""Numbers are near the ends of the range of floats from here on, and from one over it down."""


class ArrayWatch(Watch):
    """The numbers that are printed of a problem with arrays."""

    shaken: Problem | None = None
    """The problem with values that are shaken; None if it is too large."""

    def begin(self) -> None:
        problem = self.problem
        if elements(problem.tape) > MOST_ELEMENTS:
            return
        with arrays.quiet():
            values = run(problem.tape, problem.point, _shaking(problem))
        self.shaken = Linearisation(problem, problem.tape, values=values, active=problem.active, outputs=problem.outputs)
        self.extreme = _is_extreme(problem)
        self._compare(None, self.name, Components(problem.outputs), problem.values, values)

    def swept(self, sweep: Sweep, found: Sequence[Any]) -> None:
        shaken = self.shaken
        if shaken is None or sweep.overrides:
            return
        parts = Components(shaken.outputs) if sweep.forward else variables_of(shaken)
        beside = (shaken.swept_forward if sweep.forward else shaken.swept_back)(sweep.seeds)
        self._compare(sweep, sweep.name, parts, found, beside)

    def _compare(self, sweep: Sweep | None, name: Namer, parts: Components, found: Sequence[Any], beside: Sequence[Any]) -> None:
        """Keep the numbers that the shaking has moved by much, by their places among the elements."""
        for place, (number, other) in enumerate(zip(parts.numbers(found), parts.numbers(beside), strict=True)):
            if number is None or other is None:
                continue
            error = abs(other - number) * ROUNDED
            if ((self.extreme and isfinite(number)) or doubtful(number, error)) and (called := name(parts.names[place])):
                self.doubts.append(Printed(called, float(number), error, place, sweep))

    def note(self) -> Diagnostic | None:
        from diffcli.methods.digits.lost import lost_digits  # most programs do not wait for it

        try:
            numbers = scalarised(self.problem)
        except LimitError:
            return None  # too long to be written out
        variables = [numbers.input_slot(name) for name in variables_of(self.problem).names]
        outputs = [output.slot for output in numbers.outputs]
        written = {id(doubt.sweep): doubt.sweep and self._in_numbers(doubt.sweep, outputs) for doubt in self.doubts}
        return lost_digits(numbers, [
            doubt._replace(slot=(outputs if found is None or found.forward else variables)[doubt.slot], sweep=found)
            for doubt in self.doubts for found in (written[id(doubt.sweep)],)
        ])  # fmt: skip

    def _in_numbers(self, sweep: Sweep, outputs: Sequence[int]) -> Sweep:
        """A sweep over the program written out."""
        tape = self.problem.tape
        inputs = Components([(name, slot, tape.shape(slot)) for slot, name in enumerate(tape.inputs)])
        parts, slots = (inputs, range(len(inputs))) if sweep.forward else (Components(self.problem.outputs), outputs)
        whole = [arrays.full(tape.shape(slot), sweep.seeds.get(slot, 0.0)) for slot in range(tape.size)]
        seeds: dict[int, float] = {}
        for slot, seed in zip(slots, parts.numbers(whole), strict=True):
            seeds[slot] = seeds.get(slot, 0.0) + (seed or 0.0)
        return sweep._replace(seeds={slot: seed for slot, seed in seeds.items() if seed})


def _shaking(problem: Problem) -> list[Callable[..., Any]]:
    """The function of every row that rounds, with its elements shaken."""
    tape = problem.tape
    functions = list(arithmetic_of(tape).row_functions(tape))
    for slot, (row, name) in enumerate(zip(range(len(functions)), tape.operations, strict=True), tape.first_row):
        if roundings(name) if name in OPERATIONS else getattr(row_of(name), "cost", 0):
            functions[row] = _Shaken(functions[row], slot)
    return functions


class _Shaken:
    def __init__(self, function: Callable[..., Any], slot: int) -> None:
        self.function, self.slot = function, slot

    def __call__(self, *operands: Any) -> Any:
        value = self.function(*operands)
        size, shape = getattr(value, "size", 1), getattr(value, "shape", ())
        start = self.slot * 7919 % MOST_ELEMENTS
        return value * (noise()[start : start + size].reshape(shape) if shape else noise()[start])


@cache
def noise() -> Any:
    """Factors beside 1, spread evenly by the golden ratio: the same in every run."""
    return to_array([1 + SHAKE * (2 * (k * 0.6180339887498949 % 1) - 1) for k in range(2 * MOST_ELEMENTS)], (2 * MOST_ELEMENTS,))


def _is_extreme(problem: Problem) -> bool:
    """Whether a value is near the ends of the range of floats, or a function has gone to 0."""
    for slot, value in enumerate(problem.values[: problem.tape.slots]):
        if value is None:
            continue
        size = abs(value)
        inside = (size < FAR) & (size > 1 / FAR)
        if arrays.all_true(inside) or (arrays.all_true(inside | (size == 0)) and not _is_pole(problem, slot)):
            continue
        return True
    return False


def _is_pole(problem: Problem, slot: int) -> bool:
    return problem.tape.first_row <= slot and problem.tape.operation(slot) in ("exp", "pow", "sigmoid", "tanh", "erfc", "softmax")
