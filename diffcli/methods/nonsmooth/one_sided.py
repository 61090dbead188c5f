"""One-sided derivatives, exact through kinks.

At a kink the tangent of a row depends on the direction from which it is reached: |u| at u = 0 has the tangent |u'|. The
chain rule holds for such directional derivatives of continuous, piecewise differentiable functions (Griewank & Walther
2008, chapter 14), so one sweep that decides every tie by its tangents gives the slope on one side. Where tangents tie
too the answer lies in higher derivatives, and is not known here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from diffcli.tape import Tape
from diffcli.tape.running.evaluation import Values, start_values, taken_ranges
from diffcli.tape.running.rules import FLOAT

COMPARISONS: dict[str, Callable[[float], bool]] = {
    "lt": lambda d: d < 0, "le": lambda d: d <= 0, "gt": lambda d: d > 0, "ge": lambda d: d >= 0,
    "eq": lambda d: d == 0, "ne": lambda d: d != 0,
}  # fmt: skip

_LOGICAL = frozenset((*COMPARISONS, "and", "or", "not"))

NUDGE = 2.0**-30
"""How far several operands are moved off a kink together, relative to their size, to ask a rule for its partials there."""


class Undecided(Exception):
    """The slope on this side does not follow from first derivatives, or the function jumps there."""


def slopes(tape: Tape, values: Values, point: Sequence[float], variable: int) -> tuple[float | None, float | None]:
    """The slopes of the result to the left and to the right, along one input; None where they are not known.

    ``values`` is what `diffcli.tape.evaluate` returned for the point: a branch that changes the value jumps.
    """
    sides: list[float | None] = []
    for side in (-1.0, 1.0):
        try:
            slope = side * derivative_along(tape, values, point, [side if i == variable else 0.0 for i in range(len(point))])
        except Undecided:
            sides.append(None)
            continue
        sides.append(None if math.isnan(slope) else slope + 0.0)
    return sides[0], sides[1]


def derivative_along(tape: Tape, values: Values, point: Sequence[float], direction: Sequence[float]) -> float:
    """The derivative of the result when the point starts to move in a direction.

    Raises `Undecided` where it does not follow from first derivatives.
    """
    primal, tangent = moved(tape, point, direction)
    result = primal[tape.output]
    if result == result and result != values[tape.output]:
        raise Undecided  # a comparison that goes the other way beside the point changes the value: a jump
    return tangent[tape.output] or 0.0


def moved(tape: Tape, point: Sequence[float], direction: Sequence[float]) -> tuple[Values, list[float | None]]:
    """The value and the tangent of every slot when the point starts to move in a direction.

    Raises `Undecided` where they do not follow from first derivatives.
    """
    functions = FLOAT.row_functions(tape)
    terms = FLOAT.terms_of(tape)
    primal = start_values(tape, point)
    tangent: list[float | None] = [move or None for move in direction]
    tangent += [None] * (tape.size - len(tangent))
    for start, stop in taken_ranges(tape, primal):
        for slot in range(start, stop):
            row = slot - tape.first_row
            name, operands = tape.operations[row], tape.operands[row]
            arguments = [primal[operand] for operand in operands]
            moves = [tangent[operand] for operand in operands]
            if name in COMPARISONS and arguments[0] == arguments[1] and operands[0] != operands[1]:
                value: float = float(decide(name, moves))
                primal[slot] = value
            else:
                value = primal[slot] = functions[row](*arguments)
            if name in _LOGICAL:
                continue
            if name == "where" and arguments[0] == 0 and moves[0] is not None:
                raise Undecided  # a number that decides, and is 0 here alone
            kinds = [*dict(FLOAT.breaks(name, arguments, value))]
            if kinds and any(move is not None for move in moves):
                arguments, value = _beside(functions[row], arguments, moves, value, kinds)
            total: float | None = None
            for function, move in zip(terms[name, len(operands)], moves, strict=True):
                term = function(move, *arguments, value) if function is not None and move is not None else None
                if term is not None:
                    total = term if total is None else total + term
            tangent[slot] = total
    return primal, tangent


def decide(name: str, moves: Sequence[float | None]) -> bool:
    """A comparison of equal operands, by the way in which they start to differ."""
    first, second = moves
    if first is None and second is None:
        return name in ("le", "ge", "eq")
    difference = (first or 0.0) - (second or 0.0)
    if difference == 0:
        raise Undecided  # what comes next is a matter of higher derivatives
    return COMPARISONS[name](difference)


def _beside(
    function: Callable[..., float], arguments: list[float], moves: Sequence[float | None], value: float, kinds: Sequence[str]
) -> tuple[list[float], float]:
    """Operands a little way along their tangents, and the value there, which must not have jumped.

    At a pole the slope is infinite at the point itself, and only whether the function goes on there is asked.
    """
    steps = [move or 0.0 for move in moves]
    largest = max(map(abs, steps))
    if largest == 0:
        if "pole" in kinds:
            raise Undecided  # 0 times infinity
        return arguments, value
    moving = [position for position, step in enumerate(steps) if step]
    if len(moving) == 1:
        beside = list(arguments)
        beside[moving[0]] = math.nextafter(arguments[moving[0]], math.copysign(math.inf, steps[moving[0]]))
    else:  # far enough apart to tell which moves faster
        size = max([1.0, *[abs(arguments[position]) for position in moving]])
        beside = [argument + step / largest * NUDGE * size for argument, step in zip(arguments, steps, strict=True)]
    there = function(*beside)
    if "pole" in kinds and there == there:
        return arguments, value
    if "jump" in kinds and there != value:
        raise Undecided
    if not abs(there - value) <= 1e-3 * max(1.0, abs(value)):
        raise Undecided
    return beside, there
