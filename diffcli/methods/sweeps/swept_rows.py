"""What the rows of a tape with arrays hand on in a sweep, looked up once for each tape: forward, back, or in many sweeps back.

Many sweeps go together, as their adjoints stand along a leading axis: what a row takes beside its arithmetic is then paid once.
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
from diffcli.tape.running.array_rules import LEADING, NUMPY, ArrayArithmetic, ArrayRule, rule_at
from diffcli.tape.running.rules import terms
from diffcli.tape.tape import Shape

Part = tuple[int, int, Callable[..., Any] | None, Shape, Shape]
"""A position and the slot of the operand there; what the two hand on as a function of what moves, the operands and the result,
None if it takes more than that; the shape that this has, and that of the operand."""


class Row(NamedTuple):
    """A row of a tape, and what it hands on."""

    slot: int
    operands: tuple[int, ...]
    parts: tuple[Part, ...]
    cancels: bool
    """Whether it is x - x, of which all terms cancel."""
    shares: bool
    """Whether a result of its rules may be memory that others have."""
    rule: ArrayRule | None
    """The rules of an array row about its first operand."""


def rows_of(tape: Tape, forward: bool, many: bool) -> list[Row]:
    """The rows in the order of a sweep, or of ``many`` that go together."""
    return _KEPT[forward, many](tape)


def _rows(forward: bool, many: bool) -> Callable[[Tape], list[Row]]:
    order, kind, arithmetic = iter if forward else reversed, "tangent" if forward else "adjoint", LEADING if many else NUMPY
    return once(lambda tape: [_row(tape, slot, kind, arithmetic) for slot in order(tape.rows())])


_KEPT = {(forward, many): _rows(forward, many) for forward in (False, True) for many in (False, True)}


def _row(tape: Tape, slot: int, kind: str, arithmetic: ArrayArithmetic) -> Row:
    name, operands, whole = tape.operation(slot), tape.operands_of(slot), tape.shape(slot)
    own = isinstance(name, OwnName)
    rule = None if name in OPERATIONS else rule_at(tape, slot)
    if name == "where":
        found: list[Any] = [None, *map(_chosen, (True, False))] if tape.shape(operands[0]) else [NotImplemented] * 3
    elif rule is None:
        chooses = not whole and any(term is not None and term.present for term in terms(name, len(operands)))
        takes_more = chooses or (own and arithmetic is LEADING)
        found = [NotImplemented if takes_more else function for function in NUMPY.terms(name, len(operands))]
    else:
        found = [arithmetic.row_term(rule.about(position), kind) for position in range(len(operands))]
    parts: list[Part] = []
    for position, (target, function) in enumerate(zip(operands, found, strict=True)):
        shapes = (whole, tape.shape(target)) if rule is None else ((), ())
        parts.append((position, target, None if function is NotImplemented else function or _nothing, *shapes))
    return Row(slot, operands, tuple(parts), name == "sub" and is_with_itself(tape, slot), own, rule)


def _chosen(when: bool) -> Callable[..., Any]:
    """What a choice for each element hands on to the elements that it takes."""
    return lambda g, condition, *_: arrays.masked(condition != 0 if when else condition == 0, g)


def _nothing(*_: Any) -> None:
    """What goes to an operand on which the result does not depend."""


def for_each(term_of: Callable[[Any], tuple[Any, Any]], many: Any) -> Any | None:
    """What a row hands on for each of many adjoints or tangents; None if there is nothing for any."""
    found = [term_of(one)[0] for one in many]
    return None if found[0] is None else arrays.as_array(found)


def seeds_together(tape: Tape, seeds: Sequence[Mapping[int, Any]]) -> dict[int, Any]:
    """The seeds of several sweeps by slot, one behind the other."""
    slots = dict.fromkeys(slot for one in seeds for slot in one)
    places = {slot: {place: one[slot] for place, one in enumerate(seeds) if slot in one} for slot in slots}
    return {slot: leading.placed(some, (len(seeds), *tape.shape(slot))) for slot, some in places.items()}
