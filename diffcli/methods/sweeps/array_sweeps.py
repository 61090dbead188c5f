"""The sweeps of forward and reverse mode over a tape with arrays.

They are those of `diffcli.methods.sweeps.forward` and `diffcli.methods.sweeps.reverse`, with two things more. What was repeated
to fit (an elementwise operation of a vector and a number) is summed again on the way back. And an element of an adjoint or a
tangent that is no dependence (of a branch that is not taken, beside the one that an index picks, along a direction that does
not move it) stays 0 whatever infinity or NaN it meets.

As 0 times a number is 0, nobody need know which elements are there while all numbers are finite. So a sweep goes first as
if all of them were, and goes again with care if something is not finite.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from diffcli._named import NamedTuple
from diffcli.methods.sweeps.swept_rows import Row, for_each, rows_of, seeds_together
from diffcli.operations.arithmetic import arrays, leading
from diffcli.tape import Tape
from diffcli.tape.running.array_rules import NUMPY
from diffcli.tape.running.evaluation import Values
from diffcli.tape.running.rules import Overrides
from diffcli.tape.running.strong_zero import IN_ARRAYS, partly

Array = Any
Keep = Callable[[int, int, int, Array, Array, bool], None]
"""Told of each accumulation: source, position, target, term, total, whether it is the first."""

Moving = Callable[[Array], Array]

REACHED = 0.0
"""What stands in place of the adjoint of a row once it has been handed on and nobody wants it."""


class BothWays(NamedTuple):
    """What stands in place of the rule of an array operation for one operand."""

    adjoint: Callable[..., Array]
    tangent: Callable[..., Array]


class Masks:
    """Which elements of the adjoints or tangents are there, by slot, where not all of them are."""

    def __init__(self, seeds: Mapping[int, Array]) -> None:
        self.by_slot: dict[int, Array] = {}
        for slot, seed in seeds.items():
            self.arrive(slot, partly(seed != 0), True)

    def arrive(self, slot: int, mask: Array | None, first: bool) -> None:
        """A term arrives whose elements are there where the mask says so; None: all of them."""
        if mask is None or (not first and slot not in self.by_slot):
            self.by_slot.pop(slot, None)
        else:
            self.by_slot[slot] = mask if first else self.by_slot[slot] | mask


class ArraySweep:
    """A sweep over a tape with arrays at some values, ``forward`` or back.

    Parameters
    ----------
    active
        One flag a slot: the operands to which a sweep back hands something on, or that move in one forward; all, if not given.
    overrides
        What stands in place of the rules of some rows: terms, or `BothWays` for an array operation.
    moving
        What becomes of each term, if not itself.
    keep
        What is told of each accumulation.
    whole
        Whether the adjoints of rows are wanted too; if not, their memory is given back as the sweep goes.
    """

    def __init__(
        self,
        forward: bool,
        tape: Tape,
        values: Values,
        active: bytearray | None = None,
        overrides: Overrides | None = None,
        *,
        moving: Moving | None = None,
        keep: Keep | None = None,
        whole: bool = True,
    ) -> None:
        self.forward, self.tape, self.values, self.overrides = forward, tape, values, overrides or {}
        self.active = active or bytearray(b"\1") * tape.size
        self.moving, self.keep, self.whole = moving, keep, whole

    def found(self, seeds: Mapping[int, Array]) -> list[Any]:
        """The tangent or adjoint of every slot, in its shape; None where there is no dependence."""
        shaped = {slot: arrays.full(self.tape.shape(slot), seed) for slot, seed in seeds.items()}
        started = {slot: seed for slot, seed in shaped.items() if not self.forward or arrays.any_true(seed)}
        if self.keep is None:
            found = self.run(started)
            wanted = found if self.forward or self.whole else found[: self.tape.first_row]
            if all(each is None or arrays.all_finite(each) for each in wanted):
                return found
        return self.run(started, Masks(started))

    def together(self, seeds: Sequence[Mapping[int, Array]], ends: Iterable[int]) -> list[Any]:
        """The same in the slots where sweeps end, for each of several seeds, in one sweep.

        What does not depend on one of several may have zeros there, and not None.
        """
        if len(seeds) > 1:
            swept = self.run(seeds_together(self.tape, seeds), many=True)
            found = {slot: swept[slot] for slot in ends}
            if all(each is None or arrays.all_finite(each) for each in found.values()):
                places = range(len(seeds))
                return [{slot: each if each is None else each[place] for slot, each in found.items()} for place in places]
        return [self.found(seed) for seed in seeds]

    def run(self, seeds: Mapping[int, Array], masks: Masks | None = None, many: bool = False) -> list[Any]:
        """One sweep; with care for what is there, if ``masks`` says it of the seeds; of ``many`` along a leading axis."""
        tape, values, forward, moving, keep = self.tape, self.values, self.forward, self.moving, self.keep
        active, overrides = self.active, self.overrides
        result: list[Any] = [None] * tape.size
        for slot, seed in seeds.items():
            result[slot] = seed
        owned = bytearray(tape.size)
        """Which results are in memory that nobody else has, so that a term can be added there."""
        with arrays.quiet():
            for row in rows_of(tape, forward, many):
                slot, operands, parts, cancels, shares, rule = row
                if not forward and result[slot] is None:
                    continue
                quick = masks is None and slot not in overrides and values[slot] is not None
                alone = cancels and (forward or result[operands[0]] is None)
                known = None
                for position, operand, function, own, other in parts:
                    if not active[operand]:
                        continue
                    start, end = (operand, slot) if forward else (slot, operand)
                    arriving, there = result[start], None
                    if arriving is None:
                        continue
                    if forward and many and len(other) < len(own):
                        (arriving,) = leading.aligned((True,), (arriving,), len(own))
                    if quick and function is not None:
                        known = known or [*[values[each] for each in operands], values[slot]]
                        term = function(arriving, *known)
                    elif many:
                        term = for_each(partial(self._term, row, position, masks), arriving)
                    else:
                        term, there = self._term(row, position, masks, arriving)
                    if term is None:
                        continue
                    if forward and (own != other or rule is not None):
                        shape = tape.shape(slot)
                        there = there if there is None else arrays.full(shape, there)
                        term = arrays.full((len(arriving), *shape) if many else shape, term)
                    elif own != other:
                        term, there = (
                            (leading.summed(term, other), None) if many else IN_ARRAYS.fitted(term, there, own, other)
                        )
                    if moving is not None and not alone:  # those of x - x that meet nothing else cancel exactly
                        term = moving(term)
                    before = result[end]
                    if before is None:
                        total = term
                        owned[end] = term is not arriving and not shares
                    elif owned[end] and keep is None:
                        total = arrays.add_in_place(before, term)
                    else:
                        total, owned[end] = before + term, 1
                    result[end] = total
                    if masks is not None:
                        masks.arrive(end, there, before is None)
                    if keep is not None:
                        keep(slot, position, operand, term, total, before is None)
                if not (forward or self.whole):
                    result[slot] = REACHED
        return result

    def _term(self, row: Row, position: int, masks: Masks | None, moving: Array) -> tuple[Array | None, Array | None]:
        """What a row hands on of its adjoint to one of its operands, or gets of its tangent, and which elements are there."""
        tape, values, slot, operand, rule = self.tape, self.values, row.slot, row.operands[position], row.rule
        instead: Any = self.overrides.get(slot)
        mask = None if masks is None else masks.by_slot.get(operand if self.forward else slot)
        if values[slot] is None:  # of a branch that is not taken, where neither branch has a derivative
            shape = tape.shape(slot if rule is None or self.forward else operand)
            return (arrays.full(shape, float("nan")), None) if instead and instead[position] is not None else (None, None)
        if rule is None:
            of_row = self._of_choice if tape.operation(slot) == "where" else self._of_element
            return of_row(row, position, moving, mask, instead, masks is not None)
        rule, kind = rule.about(position), "tangent" if self.forward else "adjoint"
        function = getattr(instead[position], kind) if instead else NUMPY.row_term(rule, kind)
        if function is None:
            return None, None
        known = [] if rule.row.variadic else [*[values[each] for each in row.operands], values[slot]]
        if masks is None:
            return function(moving, *known), None
        if not self.forward:
            return IN_ARRAYS.of_array_row(rule, mask, known, partial(function, moving))
        if mask is not None and rule.row.moves and len(rule.row.operands) == 2:  # a factor that meets nothing that is there is 0
            known[1 - position] = arrays.masked(rule.about(1 - position).meeting(position, mask), known[1 - position])
        if rule.row.present:
            picked = IN_ARRAYS.picked(rule, known)
            mask = picked if mask is None else mask & picked
            moving = arrays.masked(mask, moving)
        there = IN_ARRAYS.reachable(rule, kind, mask)
        term = function(moving, *known)
        return term if there is None else arrays.masked(there, term), there

    def _of_element(
        self, row: Row, position: int, moving: Array, mask: Array | None, instead: Any, careful: bool
    ) -> tuple[Array | None, Array | None]:
        """The term of an elementwise row by one operand, of an adjoint or a tangent, and which elements of it are there."""
        slot, operands = row.slot, row.operands
        name, shape = self.tape.operation(slot), self.tape.shape(slot)
        known = [*[self.values[operand] for operand in operands], self.values[slot]]
        taken = NUMPY.present(name, position, known) if instead is None and (careful or not shape) else None
        if taken is not None and not arrays.any_true(taken):
            return None, None
        function = (instead or NUMPY.terms(name, len(operands)))[position]
        term = None if function is None else function(moving, *known)
        if term is None or (mask is None and taken is None):
            return term, None
        there = partly(arrays.full(shape, True if mask is None else mask) & (True if taken is None else taken))
        return term if there is None else arrays.masked(there, term), there

    def _of_choice(
        self, row: Row, position: int, moving: Array, mask: Array | None, instead: Any, careful: bool
    ) -> tuple[Array | None, Array | None]:
        """The same of a choice: for the operand that is taken, or the elements that are."""
        if not position:
            return None, None
        condition, shape = row.operands[0], self.tape.shape(row.slot)
        holds = self.values[condition]
        if self.tape.shape(condition):
            term, there = IN_ARRAYS.of_choice(arrays.full(shape, holds != 0 if position == 1 else holds == 0), moving, mask)
        else:
            term, there = (moving, mask) if bool(holds) == (position == 1) else (None, None)
        return _undecided(instead[position].holds, moving, shape, mask, term, there) if instead else (term, there)


def _undecided(
    holds: Any, moving: Array, shape: tuple[int, ...], arriving: Array | None, chosen: Array | None, mask: Array | None
) -> tuple[Array, Array | None]:
    """What a choice hands on if it is undecided somewhere, NaN there, and which elements of that are there.

    ``arriving`` says which elements are there of all that any branch may hand on, ``mask`` which are of those chosen.
    """
    undecided = arrays.full(shape, holds) != 0
    every = arrays.ones(shape) != 0 if arriving is None else arrays.full(shape, arriving)
    taken = arrays.ones(shape) == 0 if chosen is None else every if mask is None else mask
    there = arrays.where(undecided, every, taken) != 0
    known = arrays.where(undecided, moving * float("nan"), 0.0 if chosen is None else chosen)
    return arrays.masked(there, known), there


def elements_reached(tape: Tape, values: Values, active: bytearray, results: Iterable[int]) -> dict[int, Any]:
    """Which elements of values the results depend on, by slot, where not all of them are: a mask, or False."""
    found, masks = _elements(ArraySweep(False, tape, values, active, whole=False), results)
    return {slot: False for slot, adjoint in enumerate(found) if adjoint is None} | masks


def elements_moved(tape: Tape, values: Values, inputs: Iterable[int]) -> list[Any]:
    """Which elements of values some inputs move, by slot: all of them (True), none (False), or those of a mask."""
    found, masks = _elements(ArraySweep(True, tape, values), inputs)
    return [tangent is not None and masks.get(slot, True) for slot, tangent in enumerate(found)]


def _elements(sweep: ArraySweep, slots: Iterable[int]) -> tuple[list[Any], dict[int, Array]]:
    """What a sweep finds that begins with all elements of some slots, and which elements of that are there."""
    seeds = {slot: arrays.ones(sweep.tape.shape(slot)) for slot in slots}
    masks = Masks(seeds)
    return sweep.run(seeds, masks), masks.by_slot
