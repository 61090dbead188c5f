"""The sweeps of forward and reverse mode over a tape with arrays.

They are those of `diffcli.methods.forward` and `diffcli.methods.reverse`, with two things more. What was repeated to fit (an
elementwise operation of a vector and a number) is summed again on the way back. And where a choice is made for each
element, an adjoint knows which of its elements are there: one that belongs to the branch not taken is no dependence, and
stays 0 whatever infinity or NaN it meets.
"""

# Without `from __future__ import annotations`: the annotations of a NamedTuple would be texts, to be compiled at each start.

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from diffcli.operations import OPERATIONS
from diffcli.operations.arithmetic import arrays
from diffcli.operations.arithmetic.array_functions import sum_to
from diffcli.operations.arrays import ARRAYS
from diffcli.operations.own import OwnName
from diffcli.tape import Tape
from diffcli.tape.array_rules import Functions, array_term, elementwise_terms
from diffcli.tape.evaluation import Values

Array = Any
Keep = Callable[[int, int, int, Array, Array, bool], None]
"""Told of each accumulation: source, position, target, term, total, whether it is the first."""

REACHED = 0.0
"""What stands in place of the adjoint of a row once it has been handed on and nobody wants it."""


class Present:
    """Which elements of the adjoints are there, by slot, where not all of them are."""

    def __init__(self) -> None:
        self.masks: dict[int, Array] = {}

    def arrive(self, slot: int, mask: Array | None, first: bool) -> None:
        """A term arrives whose elements are there where the mask says so; None: all of them."""
        if mask is None or (not first and slot not in self.masks):
            self.masks.pop(slot, None)
        else:
            self.masks[slot] = mask if first else self.masks[slot] | mask


def array_adjoints(
    tape: Tape,
    values: Values,
    active: bytearray,
    seeds: Mapping[int, Array],
    overrides: Mapping[int, Functions] | None = None,
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
    result: list[Any] = [None] * tape.size
    for slot, seed in seeds.items():
        result[slot] = arrays.full(tape.shape(slot), seed)
    present = Present()
    owned = bytearray(tape.size)
    """Which adjoints are in memory that nobody else has, so that a term can be added there."""
    with arrays.quiet():
        for slot in reversed(tape.rows()):
            adjoint = result[slot]
            if adjoint is None:
                continue
            row = tape.operands_of(slot)
            mask = present.masks.pop(slot, None)
            for position, target in enumerate(row):
                if not active[target]:
                    continue
                term, there = _term(tape, values, slot, position, adjoint, mask, (overrides or {}).get(slot))
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
                present.arrive(target, there, before is None)
                if keep is not None:
                    keep(slot, position, target, term, total, before is None)
            if not whole:
                result[slot] = REACHED
    return result


def _term(
    tape: Tape, values: Values, slot: int, position: int, adjoint: Array, mask: Array | None, instead: Functions | None
) -> tuple[Array | None, Array | None]:
    """What a row hands on to one of its operands, and which elements of that are there."""
    name, row = tape.operation(slot), tape.operands_of(slot)
    shape, wanted = tape.shape(slot), tape.shape(row[position])
    if name == "where":
        term, mask = _chosen(tape, values, row, position, adjoint, mask, shape)
    elif name in OPERATIONS:
        function = (instead or elementwise_terms(name, len(row)))[position]
        if function is None:
            return None, None
        term = function(adjoint, *[values[operand] for operand in row], values[slot])
        if term is not None and mask is not None:
            term = arrays.only(mask, term)
    else:
        rule = array_term(tape, slot, position, "adjoint")
        if rule is None:
            return None, None
        operands = [values[operand] for operand in row]
        if mask is not None and ARRAYS[name].moves:
            mask = rule(mask * 1.0, *operands, values[slot]) != 0
        else:
            mask = None
        return rule(adjoint, *operands, values[slot]), mask
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


def array_tangents(
    tape: Tape, values: Values, seed: Sequence[Array | None], overrides: Mapping[int, Functions] | None = None
) -> list[Any]:
    """The tangent of every slot for one seed, in its shape; None where nothing of the direction arrives."""
    result: list[Any] = [tangent if tangent is not None and arrays.any_true(tangent) else None for tangent in seed]
    result += [None] * (tape.size - len(result))
    with arrays.quiet():
        for slot in tape.rows():
            value = values[slot]
            if value is None:
                continue  # a branch that is not taken
            row = tape.operands_of(slot)
            moving = [position for position, operand in enumerate(row) if result[operand] is not None]
            if not moving:
                continue
            name = tape.operation(slot)
            if name == "where":
                total = _moved(tape, values, row, result)
            else:
                functions = (overrides or {}).get(slot) or (elementwise_terms(name, len(row)) if name in OPERATIONS else None)
                arguments = [*[values[operand] for operand in row], value]
                total = None
                for position in moving:
                    function = functions[position] if functions else array_term(tape, slot, position, "tangent")
                    term = function(result[row[position]], *arguments) if function is not None else None
                    if term is not None:
                        total = term if total is None else total + term
            result[slot] = None if total is None else arrays.full(tape.shape(slot), total)
    return result


def _moved(tape: Tape, values: Values, row: tuple[int, ...], result: list[Any]) -> Array | None:
    """The tangent of a choice."""
    condition, then, otherwise = row
    if not tape.shape(condition):
        return result[then if bool(values[condition]) else otherwise]
    moves = [0.0 if result[operand] is None else result[operand] for operand in (then, otherwise)]
    if result[then] is None and result[otherwise] is None:
        return None
    return arrays.where(values[condition], *moves)

