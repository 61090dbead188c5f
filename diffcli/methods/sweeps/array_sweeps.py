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
from typing import Any, cast

from diffcli._named import NamedTuple
from diffcli.operations import OPERATIONS
from diffcli.operations.arithmetic import arrays
from diffcli.operations.arithmetic.array_functions import sum_to
from diffcli.operations.arrays import ARRAYS
from diffcli.operations.custom_operations import OwnName
from diffcli.tape import Tape
from diffcli.tape.running.array_rules import NUMPY, array_term, meeting, needed_reads, reached
from diffcli.tape.running.evaluation import Values
from diffcli.tape.running.rules import Overrides, TermFunctions

Array = Any
Keep = Callable[[int, int, int, Array, Array, bool], None]
"""Told of each accumulation: source, position, target, term, total, whether it is the first."""

REACHED = 0.0
"""What stands in place of the adjoint of a row once it has been handed on and nobody wants it."""


class BothWays(NamedTuple):
    """What stands in place of the rule of an array operation for one operand."""

    adjoint: Callable[..., Array]
    tangent: Callable[..., Array]


class Present:
    """Which elements of the adjoints or tangents are there, by slot, where not all of them are."""

    def __init__(self, seeds: Iterable[tuple[int, Array]]) -> None:
        self.masks: dict[int, Array] = {}
        for slot, seed in seeds:
            self.arrive(slot, partly(seed != 0), True)

    def arrive(self, slot: int, mask: Array | None, first: bool) -> None:
        """A term arrives whose elements are there where the mask says so; None: all of them."""
        if mask is None or (not first and slot not in self.masks):
            self.masks.pop(slot, None)
        else:
            self.masks[slot] = mask if first else self.masks[slot] | mask


def partly(there: Array) -> Array | None:
    """Which elements are there; None if all of them are."""
    return None if arrays.all_true(there) else there


def array_adjoints(
    tape: Tape,
    values: Values,
    active: bytearray,
    seeds: Mapping[int, Array],
    overrides: Overrides | None = None,
    keep: Keep | None = None,
    whole: bool = True,
) -> list[Any]:
    """The adjoint of every slot, in its shape; None where no result depends on it.

    Parameters
    ----------
    seeds
        The adjoints of the results, by slot, in their shapes.
    keep
        Told of each accumulation.
    whole
        Whether the adjoints of rows are wanted too; if not, their memory is given back as the sweep goes.
    """
    started = {slot: arrays.full(tape.shape(slot), seed) for slot, seed in seeds.items()}
    if keep is None:
        found = _backward(tape, values, active, started, None, overrides, None, whole)
        if all(bar is None or arrays.all_finite(bar) for bar in (found if whole else found[: tape.first_row])):
            return found
    return _backward(tape, values, active, started, Present(started.items()), overrides, keep, whole)


def elements_reached(tape: Tape, values: Values, active: bytearray, results: Iterable[int]) -> dict[int, Array]:
    """Which elements of values the results depend on, by slot, where not all of them are."""
    started = {slot: arrays.ones(tape.shape(slot)) for slot in results}
    present = Present(started.items())
    _backward(tape, values, active, started, present, None, None, False)
    return present.masks


def _backward(
    tape: Tape,
    values: Values,
    active: bytearray,
    seeds: Mapping[int, Array],
    present: Present | None,
    overrides: Overrides | None,
    keep: Keep | None,
    whole: bool,
) -> list[Any]:
    """One sweep; with care for what is there, if ``present`` says it of the seeds."""
    result: list[Any] = [None] * tape.size
    for slot, seed in seeds.items():
        result[slot] = seed
    owned = bytearray(tape.size)
    """Which adjoints are in memory that nobody else has, so that a term can be added there."""
    with arrays.quiet():
        for slot in reversed(tape.rows()):
            adjoint = result[slot]
            if adjoint is None:
                continue
            row = tape.operands_of(slot)
            for position, target in enumerate(row):
                if not active[target]:
                    continue
                term, there = _term(tape, values, slot, position, adjoint, present, (overrides or {}).get(slot))
                if term is None:
                    continue
                before = result[target]
                if before is None:
                    total = term
                    owned[target] = term is not adjoint and not isinstance(tape.operation(slot), OwnName)
                elif owned[target] and keep is None:
                    total = arrays.add_in_place(before, term)
                else:
                    total, owned[target] = before + term, 1
                result[target] = total
                if present is not None:
                    present.arrive(target, there, before is None)
                if keep is not None:
                    keep(slot, position, target, term, total, before is None)
            if not whole:
                result[slot] = REACHED
    return result


def _term(
    tape: Tape, values: Values, slot: int, position: int, adjoint: Array, present: Present | None, instead: TermFunctions | None
) -> tuple[Array | None, Array | None]:
    """What a row hands on to one of its operands, and which elements of that are there."""
    name, row = tape.operation(slot), tape.operands_of(slot)
    mask = None if present is None else present.masks.get(slot)
    shape, wanted = tape.shape(slot), tape.shape(row[position])
    if values[slot] is None:  # of a branch that is not taken, where neither branch has a derivative
        return (arrays.full(wanted, float("nan")), None) if instead and instead[position] is not None else (None, None)
    if name == "where":
        term, mask = _chosen(tape, values, row, position, adjoint, mask, shape)
        if instead and position:
            incoming = present.masks.get(slot) if present is not None else None
            term, mask = _undecided(cast(Any, instead[position]).holds, adjoint, shape, incoming, term, mask)
    elif name in OPERATIONS:
        function = (instead or NUMPY.terms(name, len(row)))[position]
        if function is None:
            return None, None
        term = function(adjoint, *[values[operand] for operand in row], values[slot])
        if term is not None and mask is not None:
            term = arrays.only(mask, term)
    else:
        rule = array_term(tape, slot, position, "adjoint")
        if instead:
            rule = cast(BothWays, instead[position]).adjoint
        if rule is None:
            return None, None
        operands = [*[values[operand] for operand in row], values[slot]]
        if present is None:
            return rule(adjoint, *operands), None
        there = reached(tape, slot, position, "adjoint", arrays.ones(shape) if mask is None else mask)
        for place, needed in needed_reads(tape, slot, position, partial(reached, tape), mask) if mask is not None else ():
            operands[place] = arrays.only(needed, operands[place])
        return arrays.only(there, rule(adjoint, *operands)), partly(there)
    if term is None or shape == wanted:
        return term, mask
    if mask is not None:
        mask = sum_to(arrays.full(shape, mask) * 1.0, wanted) != 0
    return sum_to(arrays.full(shape, term), wanted), mask


def _chosen(
    tape: Tape, values: Values, row: tuple[int, ...], position: int, adjoint: Array, mask: Array | None, shape: tuple[int, ...]
) -> tuple[Array | None, Array | None]:
    """What a choice hands on: to the operand that is taken, or to the elements that are."""
    if not position:
        return None, None
    condition = values[row[0]]
    if not tape.shape(row[0]):
        return (adjoint, mask) if bool(condition) == (position == 1) else (None, None)
    taken = arrays.full(shape, condition != 0 if position == 1 else condition == 0)
    there = taken if mask is None else taken & mask
    return arrays.only(there, adjoint), there


def _undecided(
    holds: Any, moving: Array, shape: tuple[int, ...], arriving: Array | None, chosen: Array | None, mask: Array | None
) -> tuple[Array, Array | None]:
    """What a choice hands on if it is undecided somewhere, NaN there, and which elements of that are there.

    ``arriving`` says which elements are there of all that any branch may hand on, ``mask`` which are of those chosen.
    """
    undecided = arrays.full(shape, holds) != 0
    every = arrays.ones(shape) != 0 if arriving is None else arrays.full(shape, arriving)
    taken = arrays.zeros(shape) != 0 if chosen is None else every if mask is None else mask
    there = arrays.where(undecided, every, taken) != 0
    known = arrays.where(undecided, moving * float("nan"), 0.0 if chosen is None else chosen)
    return arrays.only(there, known), there


def array_tangents(
    tape: Tape, values: Values, seed: Sequence[Array | None], overrides: Overrides | None = None
) -> list[Any]:
    """The tangent of every slot for one seed, in its shape; None where nothing of the direction arrives."""
    started = [(slot, tangent) for slot, tangent in enumerate(seed) if tangent is not None and arrays.any_true(tangent)]
    found = _forward(tape, values, started, None, overrides or {})
    if all(tangent is None or arrays.all_finite(tangent) for tangent in found):
        return found
    present = Present((slot, arrays.as_array(tangent)) for slot, tangent in started)
    return _forward(tape, values, started, present, overrides or {})


def _forward(
    tape: Tape, values: Values, seeds: Sequence[tuple[int, Array]], present: Present | None, overrides: Overrides
) -> list[Any]:
    """One sweep; with care for what is there, if ``present`` says it of the seeds."""
    result: list[Any] = [None] * tape.size
    for slot, tangent in seeds:
        result[slot] = tangent
    with arrays.quiet():
        for slot in tape.rows():
            row = tape.operands_of(slot)
            moving = [position for position, operand in enumerate(row) if result[operand] is not None]
            if values[slot] is None or not moving:
                if moving and slot in overrides:  # of a branch that is not taken, where neither has a derivative
                    result[slot] = arrays.full(tape.shape(slot), float("nan"))
                continue  # a branch that is not taken, or nothing that moves
            if tape.operation(slot) == "where":
                total = _moved(tape, values, slot, result, present)
                if slot in overrides and moving != [0]:
                    total = _undecided_tangent(tape, slot, result, present, cast(Any, overrides[slot][1]).holds, total)
            else:
                total = _sum_of_terms(tape, values, slot, moving, result, present, overrides.get(slot))
            result[slot] = None if total is None else arrays.full(tape.shape(slot), total)
    return result


def _undecided_tangent(
    tape: Tape, slot: int, result: list[Any], present: Present | None, holds: Any, total: Array | None
) -> Array:
    """The tangent of a choice that is undecided somewhere: NaN there, where either branch moves."""
    shape, branches = tape.shape(slot), tape.operands_of(slot)[1:]
    if present is None:
        return _undecided(holds, 1.0, shape, None, total, None)[0]
    masks = [result[operand] is not None and present.masks.get(operand, True) for operand in branches]
    either = arrays.full(shape, masks[0]) | arrays.full(shape, masks[1])
    found, there = _undecided(holds, 1.0, shape, either, total, present.masks.get(slot))
    present.arrive(slot, partly(there), True)
    return found


def _sum_of_terms(
    tape: Tape,
    values: Values,
    slot: int,
    moving: Sequence[int],
    result: list[Any],
    present: Present | None,
    instead: TermFunctions | None,
) -> Array | None:
    """The tangent of a row: a term for each operand that moves."""
    name, row, shape = tape.operation(slot), tape.operands_of(slot), tape.shape(slot)
    elementwise = name in OPERATIONS
    functions = NUMPY.terms(name, len(row)) if elementwise else ()
    if instead:
        functions = instead if elementwise else tuple(cast(BothWays, both).tangent for both in instead)
    arguments = [*[values[operand] for operand in row], values[slot]]
    total = None
    for position in moving:
        function = functions[position] if functions else array_term(tape, slot, position, "tangent")
        mask = None if present is None else present.masks.get(row[position])
        known = arguments
        if mask is not None and not elementwise and ARRAYS[name].moves and len(ARRAYS[name].operands) == 2:
            known = list(arguments)  # a factor that meets nothing that is there is 0
            known[1 - position] = arrays.only(meeting(tape, slot, 1 - position, position, mask), arguments[1 - position])
        term = function(result[row[position]], *known) if function is not None else None
        if term is None:
            continue
        if present is not None:
            if elementwise:
                there = None if mask is None else arrays.full(shape, mask)
            else:
                there = reached(tape, slot, position, "tangent", arrays.ones(tape.shape(row[position])) if mask is None else mask)
            term = term if there is None else arrays.only(there, term)
            present.arrive(slot, None if there is None else partly(there), total is None)
        total = term if total is None else total + term
    return total


def _moved(tape: Tape, values: Values, slot: int, result: list[Any], present: Present | None) -> Array | None:
    """The tangent of a choice: of the operand that is taken, or of the elements that are."""
    row, shape = tape.operands_of(slot), tape.shape(slot)
    condition, then, otherwise = values[row[0]], *row[1:]
    if not tape.shape(row[0]):
        taken = then if bool(condition) else otherwise
        if present is not None and taken in present.masks:
            present.arrive(slot, arrays.full(shape, present.masks[taken]), True)
        return result[taken]
    if result[then] is None and result[otherwise] is None:
        return None
    moves = [0.0 if result[operand] is None else result[operand] for operand in (then, otherwise)]
    if present is not None:
        there = [result[operand] is not None and present.masks.get(operand, True) for operand in (then, otherwise)]
        present.arrive(slot, partly(arrays.full(shape, arrays.where(condition, *there))), True)
    return arrays.where(condition, *moves)
