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
from diffcli.methods.sweeps.swept_rows import (
    Row,
    for_each,
    many_back,
    many_forward,
    rows_back,
    rows_forward,
    seeds_together,
)
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

    def __init__(self, seeds: Iterable[tuple[int, Array]]) -> None:
        self.by_slot: dict[int, Array] = {}
        for slot, seed in seeds:
            self.arrive(slot, partly(seed != 0), True)

    def arrive(self, slot: int, mask: Array | None, first: bool) -> None:
        """A term arrives whose elements are there where the mask says so; None: all of them."""
        if mask is None or (not first and slot not in self.by_slot):
            self.by_slot.pop(slot, None)
        else:
            self.by_slot[slot] = mask if first else self.by_slot[slot] | mask


def array_adjoints(
    tape: Tape,
    values: Values,
    active: bytearray,
    seeds: Mapping[int, Array] | None = None,
    overrides: Overrides | None = None,
    keep: Keep | None = None,
    whole: bool = True,
    moving: Moving | None = None,
) -> list[Any]:
    """What `diffcli.methods.sweeps.reverse.accumulate` finds, each adjoint in its shape; ``keep`` is told of each accumulation.

    If the adjoints of rows are not wanted too, the ``whole``, their memory is given back as the sweep goes. ``moving`` says what
    becomes of each term, if not itself.
    """
    started = {slot: arrays.full(tape.shape(slot), seed) for slot, seed in (seeds or {tape.output: 1.0}).items()}
    if keep is None:
        found = _backward(tape, values, active, started, None, overrides, None, whole, moving)
        if all(bar is None or arrays.all_finite(bar) for bar in (found if whole else found[: tape.first_row])):
            return found
    return _backward(tape, values, active, started, Masks(started.items()), overrides, keep, whole, moving)


def sweeps_together(
    forward: bool,
    tape: Tape,
    values: Values,
    active: bytearray,
    seeds: Sequence[Mapping[int, Array]],
    ends: Iterable[int],
    moving: Moving | None = None,
) -> list[Any]:
    """What `array_tangents` or `array_adjoints` finds in the slots where sweeps end, for each of several seeds, in one sweep.

    What does not depend on one of several may have zeros there, and not None.
    """
    if len(seeds) > 1:
        started = seeds_together(tape, seeds)
        if forward:
            swept = _forward(tape, values, started.items(), None, {}, moving, True)
        else:
            swept = _backward(tape, values, active, started, None, None, None, False, moving, True)
        found = {slot: swept[slot] for slot in ends}
        if all(each is None or arrays.all_finite(each) for each in found.values()):
            places = range(len(seeds))
            return [{slot: each if each is None else each[place] for slot, each in found.items()} for place in places]
    if forward:
        return [array_tangents(tape, values, [seed.get(slot) for slot in range(tape.first_row)], None, moving) for seed in seeds]
    return [array_adjoints(tape, values, active, seed, whole=False, moving=moving) for seed in seeds]


def elements_reached(tape: Tape, values: Values, active: bytearray, results: Iterable[int]) -> dict[int, Any]:
    """Which elements of values the results depend on, by slot, where not all of them are: a mask, or False."""
    started = {slot: arrays.ones(tape.shape(slot)) for slot in results}
    masks = Masks(started.items())
    found = _backward(tape, values, active, started, masks, None, None, False)
    return {slot: False for slot, adjoint in enumerate(found) if adjoint is None} | masks.by_slot


def elements_moved(tape: Tape, values: Values, inputs: Iterable[int]) -> list[Any]:
    """Which elements of values some inputs move, by slot: all of them (True), none (False), or those of a mask."""
    seeds = [(slot, arrays.ones(tape.shape(slot))) for slot in inputs]
    masks = Masks(seeds)
    found = _forward(tape, values, seeds, masks, {})
    return [tangent is not None and masks.by_slot.get(slot, True) for slot, tangent in enumerate(found)]


def _backward(
    tape: Tape,
    values: Values,
    active: bytearray,
    seeds: Mapping[int, Array],
    masks: Masks | None,
    overrides: Overrides | None,
    keep: Keep | None,
    whole: bool,
    moving: Moving | None = None,
    together: bool = False,
) -> list[Any]:
    """One sweep; with care for what is there, if ``masks`` says it of the seeds; of many ``together`` along a leading axis."""
    result: list[Any] = [None] * tape.size
    for slot, seed in seeds.items():
        result[slot] = seed
    owned = bytearray(tape.size)
    """Which adjoints are in memory that nobody else has, so that a term can be added there."""
    with arrays.quiet():
        for row in many_back(tape) if together else rows_back(tape):
            slot, operands, parts, cancels, shares, _ = row
            adjoint = result[slot]
            if adjoint is None:
                continue
            instead = overrides.get(slot) if overrides else None
            alone = cancels and result[operands[0]] is None
            quick = masks is None and instead is None and values[slot] is not None
            known = [*[values[operand] for operand in operands], values[slot]]
            for position, target, function, own, wanted in parts:
                if not active[target]:
                    continue
                there = None
                if quick and function is not None:
                    term = function(adjoint, *known)
                else:
                    term_of = partial(_term, "adjoint", tape, values, row, position, masks, instead)
                    term, there = (for_each(term_of, adjoint), None) if together else term_of(adjoint)
                if term is not None and own != wanted:
                    if together:
                        term = leading.summed(term, wanted)
                    else:
                        term, there = IN_ARRAYS.fitted(term, there, own, wanted)
                if term is None:
                    continue
                if moving is not None and not alone:  # those of x - x that meet nothing else cancel exactly
                    term = moving(term)
                before = result[target]
                if before is None:
                    total = term
                    owned[target] = term is not adjoint and not shares
                elif owned[target] and keep is None:
                    total = arrays.add_in_place(before, term)
                else:
                    total, owned[target] = before + term, 1
                result[target] = total
                if masks is not None:
                    masks.arrive(target, there, before is None)
                if keep is not None:
                    keep(slot, position, target, term, total, before is None)
            if not whole:
                result[slot] = REACHED
    return result


def _term(
    kind: str, tape: Tape, values: Values, row: Row, position: int, masks: Masks | None, instead: Any, moving: Array
) -> tuple[Array | None, Array | None]:
    """What a row hands on of its adjoint to one of its operands, or gets of its tangent, and which elements of that are there."""
    slot, operand, rule = row.slot, row.operands[position], row.rule
    end, start = (operand, slot) if kind == "adjoint" else (slot, operand)
    mask = None if masks is None else masks.by_slot.get(start)
    if values[slot] is None:  # of a branch that is not taken, where neither branch has a derivative
        shape = tape.shape(slot if rule is None else end)
        return (arrays.full(shape, float("nan")), None) if instead and instead[position] is not None else (None, None)
    if rule is None:
        of_row = _of_choice if tape.operation(slot) == "where" else _of_element
        return of_row(tape, values, slot, position, moving, mask, instead, masks is not None)
    rule = rule.about(position)
    function = getattr(instead[position], kind) if instead else NUMPY.row_term(rule, kind)
    if function is None:
        return None, None
    known = [] if rule.row.variadic else [*[values[each] for each in row.operands], values[slot]]
    if masks is None:
        return function(moving, *known), None
    if kind == "adjoint":
        return IN_ARRAYS.of_array_row(rule, mask, known, partial(function, moving))
    if mask is not None and rule.row.moves and len(rule.row.operands) == 2:  # a factor that meets nothing that is there is 0
        known[1 - position] = arrays.masked(rule.about(1 - position).meeting(position, mask), known[1 - position])
    if rule.row.present:
        picked = IN_ARRAYS.picked(rule, known)
        mask = picked if mask is None else mask & picked
        moving = arrays.masked(mask, moving)
    there = IN_ARRAYS.reachable(rule, "tangent", mask)
    term = function(moving, *known)
    return term if there is None else arrays.masked(there, term), there


def _of_element(
    tape: Tape, values: Values, slot: int, position: int, moving: Array, mask: Array | None, instead: Any, careful: bool
) -> tuple[Array | None, Array | None]:
    """The term of an elementwise row by one operand, of an adjoint or a tangent, and which elements of it are there."""
    name, row = tape.operation(slot), tape.operands_of(slot)
    known = [*[values[operand] for operand in row], values[slot]]
    taken = NUMPY.present(name, position, known) if instead is None and (careful or not tape.shape(slot)) else None
    if taken is not None and not arrays.any_true(taken):
        return None, None
    function = (instead or NUMPY.terms(name, len(row)))[position]
    term = None if function is None else function(moving, *known)
    if term is None or (mask is None and taken is None):
        return term, None
    there = partly(arrays.full(tape.shape(slot), True if mask is None else mask) & (True if taken is None else taken))
    return term if there is None else arrays.masked(there, term), there


def _of_choice(
    tape: Tape, values: Values, slot: int, position: int, moving: Array, mask: Array | None, instead: Any, careful: bool
) -> tuple[Array | None, Array | None]:
    """The same of a choice: for the operand that is taken, or the elements that are."""
    if not position:
        return None, None
    condition, shape = tape.operands_of(slot)[0], tape.shape(slot)
    holds = values[condition]
    if tape.shape(condition):
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


def array_tangents(
    tape: Tape,
    values: Values,
    seed: Sequence[Array | None],
    overrides: Overrides | None = None,
    moving: Moving | None = None,
) -> list[Any]:
    """The tangent of every slot for one seed, in its shape; None where nothing of the direction arrives.

    ``moving`` says what becomes of each, if not itself.
    """
    started = [(slot, tangent) for slot, tangent in enumerate(seed) if tangent is not None and arrays.any_true(tangent)]
    found = _forward(tape, values, started, None, overrides or {}, moving)
    if all(tangent is None or arrays.all_finite(tangent) for tangent in found):
        return found
    masks = Masks((slot, arrays.as_array(tangent)) for slot, tangent in started)
    return _forward(tape, values, started, masks, overrides or {}, moving)


def _forward(
    tape: Tape,
    values: Values,
    seeds: Iterable[tuple[int, Array]],
    masks: Masks | None,
    overrides: Overrides,
    becoming: Moving | None = None,
    together: bool = False,
) -> list[Any]:
    """One sweep; with care for what is there, if ``masks`` says it of the seeds; of many ``together`` along a leading axis."""
    result: list[Any] = [None] * tape.size
    for slot, tangent in seeds:
        result[slot] = tangent
    with arrays.quiet():
        for row in many_forward(tape) if together else rows_forward(tape):
            slot, operands, parts = row[:3]
            total, known, instead = None, None, overrides.get(slot)
            quick = masks is None and instead is None and values[slot] is not None
            for position, operand, function, whole, own in parts:
                tangent = result[operand]
                if tangent is None:
                    continue
                if together and len(own) < len(whole):
                    (tangent,) = leading.aligned((True,), (tangent,), len(whole))
                if quick and function is not None:
                    known = known or [*[values[each] for each in operands], values[slot]]
                    term = function(tangent, *known)
                else:
                    term_of = partial(_term, "tangent", tape, values, row, position, masks, instead)
                    term, there = (for_each(term_of, tangent), None) if together else term_of(tangent)
                    if masks is not None and term is not None:
                        masks.arrive(slot, there if there is None else arrays.full(tape.shape(slot), there), total is None)
                if term is not None:
                    total = term if total is None else total + term
            if total is not None:
                shape = tape.shape(slot)
                total = arrays.full((len(total), *shape) if together else shape, total)
                result[slot] = total if becoming is None else becoming(total)
    return result
