"""Reverse sweeps over a tape with arrays where all numbers are finite and no rule is another one: one, or many at once.

What a row hands on is looked up once for each tape. Many sweeps go together, as their adjoints stand along a leading axis: what
a row takes beside its arithmetic is then paid once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from diffcli._named import NamedTuple
from diffcli.language.syntax import once
from diffcli.methods.sweeps.rounding import is_with_itself
from diffcli.operations import OPERATIONS
from diffcli.operations.arithmetic import arrays, leading
from diffcli.operations.custom_operations import OwnName
from diffcli.tape import Tape
from diffcli.tape.running.array_rules import LEADING, NUMPY, ArrayArithmetic, rule_at
from diffcli.tape.running.evaluation import Values
from diffcli.tape.running.rules import terms
from diffcli.tape.running.strong_zero import IN_ARRAYS
from diffcli.tape.tape import Shape

Array = Any

OneTerm = Callable[[int, int, Array], "Array | None"]
"""What the row in a slot hands on to the operand at a position, from one adjoint, whatever the row is."""

MOST_AT_ONCE = 1_000_000
"""How many elements the adjoints of sweeps that go together have at most."""


class Part(NamedTuple):
    """What a row hands on to one operand: a function of the adjoint, the operands and the result; None if it takes more."""

    position: int
    target: int
    function: Any
    whole: Shape
    wanted: Shape


class Row(NamedTuple):
    """A row of a tape, and what it hands on."""

    slot: int
    operands: tuple[int, ...]
    parts: tuple[Part, ...]
    cancels: bool
    """Whether it is x - x, of which all terms cancel."""
    shares: bool
    """Whether a result of its rules may be memory that others have."""


@once
def _for_one(tape: Tape) -> list[Row]:
    """The rows of a tape, last row first."""
    return [_row(tape, slot, NUMPY) for slot in reversed(tape.rows())]


@once
def _for_many(tape: Tape) -> list[Row]:
    return [_row(tape, slot, LEADING) for slot in reversed(tape.rows())]


def _row(tape: Tape, slot: int, arithmetic: ArrayArithmetic) -> Row:
    name, operands, whole = tape.operation(slot), tape.operands_of(slot), tape.shape(slot)
    parts = []
    own = isinstance(name, OwnName)
    if name == "where":
        parts = [Part(position, target, None, whole, whole) for position, target in enumerate(operands)]
    elif name in OPERATIONS:
        chooses = not whole and any(term is not None and term.present for term in terms(name, len(operands)))
        takes_more = chooses or (own and arithmetic is LEADING)
        for position, (target, function) in enumerate(zip(operands, NUMPY.terms(name, len(operands)), strict=True)):
            if function is not None:
                parts.append(Part(position, target, None if takes_more else function, whole, tape.shape(target)))
    else:
        first = rule_at(tape, slot)
        for position, target in enumerate(operands):
            function = arithmetic.row_term(first.about(position), "adjoint")
            if function is not None:
                parts.append(Part(position, target, None if function is NotImplemented else function, (), ()))
    return Row(slot, operands, tuple(parts), name == "sub" and is_with_itself(tape, slot), own)


def swept_quickly(
    tape: Tape,
    values: Values,
    active: bytearray,
    seeds: Mapping[int, Array],
    whole: bool,
    moving: Callable[[Array], Array] | None,
    one_term: OneTerm,
    together: bool = False,
) -> list[Any]:
    """The adjoints from those of some slots; many ``together`` along a leading axis, or one."""
    result: list[Any] = [None] * tape.size
    for slot, seed in seeds.items():
        result[slot] = seed
    owned = bytearray(tape.size)
    """Which adjoints are in memory that nobody else has, so that a term can be added there."""
    with arrays.quiet():
        for slot, operands, parts, cancels, shares in (_for_many if together else _for_one)(tape):
            adjoint = result[slot]
            if adjoint is None:
                continue
            alone = cancels and result[operands[0]] is None
            known = [*[values[operand] for operand in operands], values[slot]]
            for position, target, function, own, wanted in parts:
                if not active[target]:
                    continue
                if function is None or values[slot] is None:
                    term = _stacked(one_term, slot, position, adjoint) if together else one_term(slot, position, adjoint)
                else:
                    term = function(adjoint, *known)
                    if term is not None and own != wanted:
                        term = leading.summed(term, wanted) if together else IN_ARRAYS.summed(term, own, wanted)
                if term is None:
                    continue
                if moving is not None and not alone:  # those of x - x that meet nothing else cancel exactly
                    term = moving(term)
                before = result[target]
                if before is None:
                    result[target], owned[target] = term, term is not adjoint and not shares
                elif owned[target]:
                    result[target] = arrays.add_in_place(before, term)
                else:
                    result[target], owned[target] = before + term, 1
            if not whole:
                result[slot] = REACHED
    return result


REACHED = 0.0
"""What stands in place of the adjoint of a row once it has been handed on and nobody wants it."""


def _stacked(one_term: OneTerm, slot: int, position: int, adjoint: Array) -> Array | None:
    """What a row hands on to an operand, found for each of many adjoints; None if there is nothing for any."""
    found = [one_term(slot, position, one) for one in adjoint]
    return None if found[0] is None else leading.stacked(found, arrays.shape_of(found[0]))


def seeds_together(tape: Tape, seeds: Sequence[Mapping[int, Any]]) -> dict[int, Array]:
    """The seeds of several sweeps by slot, one behind the other."""
    slots = dict.fromkeys(slot for one in seeds for slot in one)
    return {slot: leading.stacked([one.get(slot, 0.0) for one in seeds], tape.shape(slot)) for slot in slots}
