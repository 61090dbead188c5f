"""The slips that people make when they differentiate by hand, and which of them explains a wrong claim.

A slip is a row of one table: where it is made, and what comes of it, as a text in diffcli's language. It explains a claim
if the two agree at several random points. Adding a slip is adding a row.

A slip at one row of the tape gives that row a wrong derivative ``w`` in place of the right one, ``dy``. As the adjoint of
the row is the derivative of the result by it, the whole derivative becomes ``right + adjoint*(w - dy)``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from diffcli.language import parse
from diffcli.methods.problem import Problem
from diffcli.studies.factors import LIKE, factor_sentence, neat
from diffcli.tape import Tape, evaluate, lower
from diffcli.tape.rules import rule_function, term_functions

ENOUGH = 4
"""With fewer points than this nothing is explained: at one, a factor explains everything."""

MOST_ROWS = 300
"""Longer tapes are asked for slips of the whole only."""


class Slip(NamedTuple):
    """A slip."""

    name: str
    where: str
    """``whole``; ``variable``, for each other one; ``term``, for each operand that depends on the variable in a row with
    several; ``constant``, for a row with one that does and one that does not; ``function``, for a row with one that
    does; or the names of operations."""
    wrong: str
    """What is claimed then. It speaks of the ``right`` derivative, of the value ``f``, of the derivative by the ``other``
    variable, and of the factor ``c`` by which the first point differs. At a row, of its operands ``a`` and ``b`` (``u``:
    the only one that depends on the variable, ``k``: the one that does not), of its value ``y``, and of their derivatives
    ``da``, ``db``, ``du`` and ``dy``; of the partial ``p``, and ``q``, the same at du in place of u; of what an operand
    brings, its ``term``."""
    sentence: str
    instead: str = "claimed"
    """What ``wrong`` is held against: the claim, or its own derivative, ``slope``."""
    like: float = LIKE


_CHAIN = "chain rule: "
_POWER = "power rule: "
_PRODUCT = "product rule: "
_QUOTIENT = "quotient rule: "
_EXPONENTIAL = "{row} has {variable} in its exponent: its derivative is not that of a power"
_KEPT = "{constant} does not depend on {variable}, so its derivative is 0"

SLIPS: tuple[Slip, ...] = (
    Slip("constant", "whole", "0", "the expression depends on {variable}, so its derivative is not 0"),
    Slip("other variable", "variable", "other", "this is the derivative by {other}, not by {variable}"),
    # -- the rules for two operands ------------------------------------------------------------------------------------------
    Slip("quotient swapped", "div", "(a*db - da*b)/b^2", _QUOTIENT + "the numerator of ({row})' is u'*v - u*v', not u*v' - u'*v"),
    Slip("quotient sum", "div", "(da*b + a*db)/b^2", _QUOTIENT + "the numerator of ({row})' is u'*v - u*v', with a minus"),
    Slip("quotient of derivatives", "div", "da/db", _QUOTIENT + "the derivative of {row} is not the quotient of the derivatives"),
    Slip("divisor not squared", "div", "(da*b - a*db)/b", _QUOTIENT + "the divisor of ({row})' is v^2, not v"),
    Slip("divisor forgotten", "div", "da*b - a*db", _QUOTIENT + "the divisor v^2 of ({row})' is missing"),
    Slip("divisor of a constant", "div", "-k*du/u", _QUOTIENT + "the divisor of ({row})' is v^2, not v"),
    Slip("product of derivatives", "mul", "da*db", _PRODUCT + "({row})' is u'*v + u*v', not the product u'*v'"),
    Slip("product with a minus", "mul", "da*b - a*db", _PRODUCT + "({row})' is u'*v + u*v', with a plus"),
    Slip("product with a minus", "mul", "a*db - da*b", _PRODUCT + "({row})' is u'*v + u*v', with a plus"),
    # -- powers and logarithms -----------------------------------------------------------------------------------------------
    Slip("exponent kept", "pow", "b*a^b*da", _POWER + "the exponent of {row} is to be reduced by 1"),
    Slip("exponent raised", "pow", "b*a^(b + 1)*da", _POWER + "the exponent of {row} is to be reduced by 1, not raised"),
    Slip("exponent missing", "pow", "a^(b - 1)*da", _POWER + "the factor {exponent}, the exponent of {row}, is missing"),
    Slip("exponent reduced first", "pow", "(b - 1)*a^(b - 1)*da",
         _POWER + "the factor is the exponent of {row} before it is reduced, {exponent}"),
    Slip("power rule for exp", "pow", "b*a^(b - 1)*db", _EXPONENTIAL),
    Slip("power rule for exp", "exp", "a*exp(a - 1)*da", _EXPONENTIAL),
    Slip("log of the base", "pow", "y*db", "the factor ln({base}) in the derivative of {row} is missing"),
    Slip("sign missing", "abs", "da", "the factor sign({operand}) in the derivative of {row} is missing"),
    Slip("log base", "log10 log2 log_base", "da/a", "{row} is no natural logarithm: the factor 1/ln({base}) is missing"),
    # -- the chain rule ------------------------------------------------------------------------------------------------------
    Slip("inner derivative", "function", "p", _CHAIN + "the inner derivative of {row}, {inner}, is missing"),
    Slip("inner derivative inside", "function", "q",
         _CHAIN + "the outer derivative of {row} is taken at {operand}, and multiplied by {inner}"),
    Slip("outer at inner", "function", "q*du",
         _CHAIN + "the outer derivative of {row} is taken at {operand}, not at its derivative"),
    # -- the whole -----------------------------------------------------------------------------------------------------------
    Slip("sign", "whole", "-right", "the sign of the whole is wrong"),
    Slip("itself", "whole", "f", "this is the expression itself, not its derivative"),
    Slip("integral", "whole", "f", "this is an antiderivative: its own derivative is the expression", "slope"),
    # -- one term ------------------------------------------------------------------------------------------------------------
    Slip("total", "variable", "right + other", "the derivative by {other} is added: by {variable} alone, {other} is held fixed"),
    Slip("constant factor", "mul constant", "du", "the factor {constant} in the derivative of {row} is missing"),
    Slip("constant kept", "add sub constant", "dy + k", _KEPT),
    Slip("constant kept", "add sub constant", "dy - k", _KEPT),
    Slip("derivative of a constant", "add sub constant", "dy + 1", _KEPT + ", not 1"),
    Slip("term missing", "term", "dy - term", "the term through {operand}{within} is missing"),
    Slip("sign of a term", "term", "dy - 2*term", "the sign of the term through {operand}{within} is wrong"),
    # -- factors -------------------------------------------------------------------------------------------------------------
    Slip("degrees", "whole", "right*pi/180", "the factor pi/180 is too much: angles are in radians"),
    Slip("degrees", "whole", "right*180/pi", "the factor 180/pi is too much: angles are in radians"),
    Slip("natural logarithm", "whole", "right/log(10)", "the factor 1/ln(10) is too much: log is the natural logarithm"),
    Slip("rounded", "whole", "right", "it agrees to {digits} digits: is one of its numbers rounded?", like=1e-4),
    Slip("factor", "whole", "c*right", "{factor}"),
    Slip("factor of a term", "term", "dy - term + c*term", "in the term through {operand}{within} {factor}"),
)  # fmt: skip
"""All of them; of several that explain a claim the first is told."""


class Observation(NamedTuple):
    """Everything at one point that a slip may speak of."""

    values: list[float | None]
    adjoints: list[float | None]
    tangents: list[float | None]
    """Of every slot, along the variable."""
    others: dict[str, float]
    """The derivatives by the other variables."""
    claimed: float
    slope: float
    """The claim's own derivative."""
    right: float


class Evidence(NamedTuple):
    """A wrong claim at several points, all of them random."""

    problem: Problem
    variable: str
    observations: Sequence[Observation]
    inner: Callable[[int], str]
    """The text of the derivative of the value in a slot; empty if there is none."""


class _Place(NamedTuple):
    """Somewhere a slip can be made: a row of the tape or, if it is None, the whole; and one of its operands."""

    row: int | None
    operand: int | None = None
    other: str = ""


def find_slip(evidence: Evidence) -> str:
    """What is probably wrong with a claim, in a sentence; empty if no slip of the table explains it."""
    seen_all = evidence.observations
    if len(seen_all) < ENOUGH or all(abs(seen.claimed - seen.right) <= 10 * LIKE * abs(seen.right) for seen in seen_all):
        return ""  # it is wrong at single points, or by so little that any slip without effect would explain it
    for slip in SLIPS:
        for place in _places(slip, evidence):
            factor = _explains(slip, place, evidence)
            if factor is not None:
                return slip.sentence.format(**_words(slip, place, evidence, factor))
    return ""


# -- where a slip can be made ------------------------------------------------------------------------------------------------


def _places(slip: Slip, evidence: Evidence) -> Iterator[_Place]:
    tape = evidence.problem.tape
    kinds = slip.where.split()
    if slip.where == "whole":
        yield _Place(None)
    elif slip.where == "variable":
        yield from (_Place(None, other=name) for name in tape.inputs if name != evidence.variable)
    elif len(tape.operations) <= MOST_ROWS:
        moving = [any(seen.tangents[slot] is not None for seen in evidence.observations) for slot in range(tape.slots)]
        for slot in tape.rows():
            if not moving[slot] or all(seen.adjoints[slot] is None for seen in evidence.observations):
                continue
            row = tape.operands_of(slot)
            active = [operand for operand in dict.fromkeys(row) if operand >= 0 and moving[operand]]
            if _fits(slip, kinds, tape.operation(slot), row, active):
                yield from (_Place(slot, operand) for operand in (active if kinds == ["term"] else active[:1]))


_NO_FUNCTIONS = ("add", "sub", "mul", "neg", "where", "max", "min", "clip")


def _fits(slip: Slip, kinds: list[str], name: str, row: tuple[int, ...], active: list[int]) -> bool:
    """Whether a slip can be made at a row, of whose operands some depend on the variable."""
    if kinds == ["term"]:
        return len(active) > 1
    if kinds == ["function"]:
        return len(active) == 1 and name not in _NO_FUNCTIONS
    if name not in kinds:
        return False
    spoken = set(_compiled(slip.wrong).inputs)
    if "constant" in kinds or "k" in spoken:
        return len(active) == 1 and len(set(row)) == 2
    return ("da" not in spoken or row[0] in active) and ("db" not in spoken or row[1] in active)


# -- what comes of it --------------------------------------------------------------------------------------------------------


def _explains(slip: Slip, place: _Place, evidence: Evidence) -> float | None:
    """The factor ``c`` (1 if the slip has none) if the slip explains the claim at every point; None if it does not."""
    factor: float | None = None if "c" in _compiled(slip.wrong).inputs else 1.0
    for seen in evidence.observations:
        if place.row is not None and seen.tangents[place.row] is None:
            wrong, size = seen.right, 0.0  # in a branch that is not taken here
        else:
            names = _names(slip, place, evidence, seen)
            if factor is None:
                factor = _factor(place, seen, names)
                if factor is None:
                    return None
            wrong = _value(slip.wrong, names | {"c": factor})
            size = 0.0
            if place.row is not None:
                adjoint = seen.adjoints[place.row] or 0.0
                size = abs(adjoint * wrong) + abs(adjoint * names["dy"])
                wrong = seen.right + adjoint * (wrong - names["dy"])
        against = seen.slope if slip.instead == "slope" else seen.claimed
        # size: what cancels in `wrong` leaves its rounding behind
        if not abs(wrong - against) <= slip.like * max(abs(wrong), abs(against)) + 1e-13 * size:
            return None
    return factor


def _factor(place: _Place, seen: Observation, names: dict[str, float]) -> float | None:
    """By what the derivative, or one of its terms, was multiplied to give what is claimed at a point; only a neat number."""
    if place.row is None:
        whole, excess = seen.right, seen.claimed - seen.right
    else:
        whole, excess = (seen.adjoints[place.row] or 0.0) * names["term"], seen.claimed - seen.right
    factor = 1 + excess / whole if whole else math.nan
    return factor if math.isfinite(factor) and (place.row is None or neat(factor)) else None


def _names(slip: Slip, place: _Place, evidence: Evidence, seen: Observation) -> dict[str, float]:
    """What the text of a slip may speak of, at a point."""
    tape = evidence.problem.tape
    if place.row is None:
        names = {"right": seen.right, "f": float(seen.values[tape.output] or 0.0)}
        return names | ({"other": seen.others[place.other]} if place.other else {})
    row, name = tape.operands_of(place.row), tape.operation(place.row)
    values = [seen.values[operand] for operand in row]
    moves = [seen.tangents[operand] or 0.0 for operand in row]
    names = {"y": seen.values[place.row] or 0.0, "dy": seen.tangents[place.row] or 0.0}
    names |= dict(zip(("a", "b"), (value or 0.0 for value in values), strict=False))
    names |= dict(zip(("da", "db"), moves, strict=False))
    assert place.operand is not None
    position = row.index(place.operand)
    constants = [value for operand, value in zip(row, values, strict=True) if operand != place.operand]
    names |= {"u": values[position] or 0.0, "du": moves[position], "k": constants[0] or 0.0 if constants else 0.0}
    partials = [function(1.0, *values, names["y"]) if function else None for function in term_functions(name, len(row))]
    names["p"] = partials[position] or 0.0
    names["term"] = sum((partials[at] or 0.0) * moves[at] for at, operand in enumerate(row) if operand == place.operand)
    if "q" in _compiled(slip.wrong).inputs:
        names["q"] = _partial_elsewhere(tape, place.row, position, moves[position], values)
    return names


def _partial_elsewhere(tape: Tape, slot: int, position: int, at: float, values: Sequence[float | None]) -> float:
    """The partial derivative of a row with another value for one of its operands."""
    name = tape.operation(slot)
    moved = [at if place == position else value for place, value in enumerate(values)]
    function = term_functions(name, len(moved))[position]
    partial = function(1.0, *moved, rule_function(name)(*moved)) if function else None
    return math.nan if partial is None else partial


@cache
def _compiled(text: str) -> Tape:
    return lower(parse(text))


def _value(text: str, names: dict[str, float]) -> float:
    tape = _compiled(text)
    return float(evaluate(tape, [names[name] for name in tape.inputs])[tape.output])


# -- in words ----------------------------------------------------------------------------------------------------------------


def _words(slip: Slip, place: _Place, evidence: Evidence, factor: float) -> dict[str, str]:
    problem, tape = evidence.problem, evidence.problem.tape
    words = {"variable": evidence.variable, "other": place.other, "factor": factor_sentence(factor)}
    if "{digits}" in slip.sentence:
        worst = max(abs(seen.claimed - seen.right) / abs(seen.right) for seen in evidence.observations if seen.right)
        words["digits"] = str(int(-math.log10(worst)))
    if place.row is None or place.operand is None:
        return words
    row = tape.operands_of(place.row)
    texts = [problem.operand_text(operand) for operand in row]
    others = [text for operand, text in zip(row, texts, strict=True) if operand != place.operand]
    words |= {"row": problem.operand_text(place.row), "operand": problem.operand_text(place.operand)}
    words["constant"] = (others or [""])[0]
    # a sum that goes on is a row for each sign, of which only the last has a text that one would know again
    plain = place.row == tape.output or tape.operation(place.row) in ("add", "sub")
    words |= {"base": texts[0], "exponent": texts[-1], "within": "" if plain else f" in the derivative of {words['row']}"}
    if "log" in tape.operation(place.row):
        words["base"] = {"log2": "2", "log10": "10"}.get(tape.operation(place.row), texts[-1])
    if "{inner}" in slip.sentence:
        words["inner"] = evidence.inner(place.operand) or f"that of {words['operand']}"
    return words
