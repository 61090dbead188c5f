"""Whether a derivation agrees with SymPy's derivative: both texts, read back and compared, and their numbers at the point."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

from diffcli.errors import Diagnostic, DiffcliError, LimitError, as_stop
from diffcli.language import parse
from diffcli.methods.problem.problem import Problem
from diffcli.methods.symbolic.budget import Budget
from diffcli.methods.symbolic.equality import is_zero
from diffcli.methods.symbolic.simplification import SECONDS
from diffcli.methods.symbolic.symbolic import REFUSALS, SympyBuilder
from diffcli.records import SymbolicDerivative
from diffcli.records.derivations import Derivation, SymbolicAgreement
from diffcli.tape import lower

ALL = 16
"""As many digits as a float has."""

ENOUGH = 6
"""Numbers that agree to fewer digits differ."""


def compare(
    problem: Problem,
    derivations: Sequence[Derivation],
    found: Sequence[SymbolicDerivative],
    notes: list[Diagnostic],
    progress: Callable[[str], None] = lambda stage: None,
) -> tuple[Derivation, ...]:
    """The derivations, each with its agreement with SymPy's derivative where there is one.

    A limit that strikes meanwhile leaves the numbers to compare by, with a note, as the limit of time for all proofs does without
    one. ``progress`` is called for each derivative.
    """
    by_variable = {derivative.variable: derivative for derivative in found}
    result = []
    proving = True
    budget = Budget(SECONDS, len(found))
    for position, derivation in enumerate(derivations, 1):
        derivative = by_variable.get(derivation.variable)
        if derivative is None:
            result.append(derivation)
            continue
        same = None
        budget.next_part()
        if proving:
            progress(f"proving the derivation along {derivation.variable} ({position} of {len(derivations)})")
            try:
                same = budget.attempt(partial(_same, problem, derivation.derivative, derivative.unsimplified))
            except (LimitError, KeyboardInterrupt) as stopped:
                kept = "the derivation is exact, but compared with SymPy's derivative by numbers alone"
                notes.append(as_stop(stopped)._replace(notes=(kept,)))
                proving = False
        result.append(derivation._replace(agreement=_agreement(same, derivation.value, derivative.value)))
    return tuple(result)


def _same(problem: Problem, one: str, other: str) -> bool | None:
    """Whether two texts are the same function of the problem's variables."""
    if not one:
        return None
    builder = SympyBuilder()
    try:
        expressions = [builder.read(lower(parse(text), given=problem.at))[0] for text in (one, other)]
        return is_zero(builder.release(expressions[0] - expressions[1]))
    except LimitError:
        raise
    except (DiffcliError, *REFUSALS):
        return None  # a name that cannot stand in a text, or what SymPy refuses to build


def _agreement(same: bool | None, one: float | None, other: float | None) -> SymbolicAgreement:
    if one is None or other is None:  # at no point
        return SymbolicAgreement("not compared" if same is None else "proved" if same else "differs", elsewhere=same is False)
    digits = matching_digits(one, other)
    if same:
        return SymbolicAgreement("proved", digits)
    if digits is None and math.isnan(one):
        return SymbolicAgreement("not compared")
    return SymbolicAgreement("at the point" if digits is not None and digits >= ENOUGH else "differs", digits, same is False)


def matching_digits(one: float, other: float) -> int | None:
    """To how many significant digits two numbers agree; None where one of them is no finite number."""
    if one == other:
        return ALL
    if not (math.isfinite(one) and math.isfinite(other)):
        return None
    largest = max(abs(one), abs(other))
    apart = abs(one / largest - other / largest)  # no difference of numbers overflows so
    return max(0, min(ALL, math.floor(-math.log10(apart) + 0.01))) if apart else ALL
