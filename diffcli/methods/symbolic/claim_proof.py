"""What SymPy decides on a derivative worked out by hand: whether it is the derivative, and what the derivative is.

Both programs become SymPy objects on the same symbols. That their difference is zero is proved by algebra
(`diffcli.methods.symbolic.zero_test`), for the whole or case by case (`diffcli.methods.symbolic.case_proof`), or else, if it is
small, by SymPy's simplification (`diffcli.methods.symbolic.equality`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial

import sympy

from diffcli._named import NamedTuple
from diffcli.methods.symbolic.case_proof import is_equal_by_cases
from diffcli.methods.symbolic.equality import is_zero, witness
from diffcli.methods.symbolic.simplification import CHEAP
from diffcli.methods.symbolic.symbolic import SympyBuilder
from diffcli.methods.symbolic.text import Expression, attempted, shortest_text
from diffcli.methods.symbolic.zero_test import node_count, vanishes
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import replay

MOST_WRITTEN_OUT = 4_000
"""Programs that would be larger than this, written out without sharing, are not given to SymPy: its walks share nothing."""

_FORMS = ((25, sympy.simplify), *CHEAP)
"""Ways to a shorter form, and the most nodes that each is given."""

MOST_JUDGED = 40
"""So it is not asked to simplify differences with more nodes."""

MOST_WHOLE = 1_000
"""Nor are those with larger whole numbers: SymPy may try to write out a multiple angle."""

MOST_SHOWN = 1_000
"""Derivatives with more nodes are not shown."""


SHARED = 64
"""So many derivatives are kept for the next claim about them."""


class Decision(NamedTuple):
    """What SymPy makes of a claim."""

    proved: bool | None
    """True: it is the derivative. False: it is not. None: not decided."""
    right: str
    """The derivative, simplified, in diffcli's language; empty if SymPy has none."""
    witness: dict[str, float] | None
    """Where the two differ, if they do, for the variables in which they do; the derivative may be undefined there."""


NOTHING = Decision(None, "", None)


def decide(tape: Tape, variable: str, claim: Tape) -> Decision:
    """Whether a claim, whose inputs are among those of a tape, is its derivative by one of them; undecided where SymPy fails."""
    if max(_written_out(tape), _written_out(claim)) > MOST_WRITTEN_OUT or _has_points(tape, variable):
        return NOTHING
    return attempted(partial(_decide, tape, variable, claim)) or NOTHING


@lru_cache(SHARED)
def derivative_text(tape: Tape, slot: int, variable: str) -> str:
    """The derivative of the value in a slot along an input, simplified, as text; empty if SymPy has none.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> derivative_text(lower(parse("sin(x^2)")), 1, "x")
    '2*x'
    """
    part = tape if slot == tape.output else tape.copy(output=slot)
    if _written_out(part) > MOST_WRITTEN_OUT or _has_points(part, variable):
        return ""
    return attempted(lambda: _text(_derivative(part, variable), tape)) or ""


@lru_cache(SHARED)
def _derivative(tape: Tape, variable: str) -> Expression:
    return SympyBuilder().differentiate(tape, variable)


def _has_points(tape: Tape, variable: str) -> bool:
    """Whether the result takes branches at single points of a variable, which SymPy differentiates as those beside them."""

    def found(name: str, operands: Sequence[tuple[bool, bool]]) -> tuple[bool, bool]:  # whether it varies, and has points
        varies = any(each for each, _ in operands)
        return varies, any(has for _, has in operands) or (varies and name in ("eq", "ne"))

    inputs = [(name == variable, False) for name in tape.inputs]
    return replay(tape, inputs, lambda name, value: (False, False), found)[tape.output][1]


def _written_out(tape: Tape) -> int:
    """How many nodes the result of a tape has if nothing is shared, counted up to the limit and a little more."""
    if tape.slots > MOST_WRITTEN_OUT:  # rows that the result does not need are built all the same
        return tape.slots
    most = MOST_WRITTEN_OUT + 1
    return max(replay(tape, [1] * tape.first_row, lambda name, value: 1, lambda name, sizes: min(1 + sum(sizes), most)))


def _decide(tape: Tape, variable: str, claim: Tape) -> Decision:
    builder, right = SympyBuilder(), _derivative(tape, variable)
    claimed = builder.release(builder.read(claim)[0])
    difference = claimed - right
    proved: bool | None = vanishes(difference) or is_equal_by_cases(claimed, right, tape)
    if not proved:  # SymPy's own simplification decides, if it is one that it will be done with soon
        proved = is_zero(difference) if _is_tame(difference, MOST_JUDGED) else None
    return Decision(proved, derivative_text(tape, tape.output, variable), witness(difference) if proved is False else None)


def _text(derivative: Expression, tape: Tape) -> str:
    """The shortest of a derivative's forms, in diffcli's language."""
    forms = [attempted(partial(form, derivative)) for most, form in _FORMS if _is_tame(derivative, most)]
    every = [form for form in (derivative, *forms) if form is not None and node_count(form, MOST_SHOWN) < MOST_SHOWN]
    return shortest_text(every, tape.inputs)


def _is_tame(expression: Expression, most: int) -> bool:
    """Whether SymPy will simplify an expression soon: it is small, and nothing like sin(1000000*x) can be written out."""
    if node_count(expression, most) == most:
        return False
    return all(max(abs(number.p), number.q) <= MOST_WHOLE for number in expression.atoms(sympy.Rational))
