"""A custom rule is checked against differences of its operation's values before anything is computed with it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import islice

from diffcli.errors import Diagnostic, ExpressionError, Mark, Source, Span, error
from diffcli.language.writing.printer import number_text
from diffcli.methods.differences.automatic_difference import automatic_difference
from diffcli.methods.differences.sampling import Sampler
from diffcli.operations.custom_operations import OwnName
from diffcli.tape.running.rules import FLOAT

CLOSE = 1e-6
"""How far a partial may be from the difference, relative to it, whatever the bar of the difference says."""


def hold_against_differences(name: OwnName, parameters: Sequence[str], sources: Sequence[Source]) -> None:
    """Refuse an operation of which a partial is not the derivative by differences of its values, at the points of its row."""
    faults: list[Diagnostic] = []
    functions = FLOAT.terms(name, len(parameters))
    for position, source in enumerate(sources):
        told = (_fault(name, point, position, parameters, functions, source) for point in name.row.points)
        faults += [*islice(filter(None, told), 1)]  # one point is enough
    if faults:
        raise ExpressionError(faults)


def _fault(
    name: OwnName,
    point: Sequence[float],
    position: int,
    parameters: Sequence[str],
    functions: Sequence[Callable[..., float | None] | None],
    source: Source,
) -> Diagnostic | None:
    """What is wrong with a partial at a point."""
    where = ", ".join(f"{word} = {number_text(x)}" for word, x in zip(parameters, point, strict=True))
    value = name.function(*point)
    marks = (Mark(Span(0, len(source.text))),) if source.text else ()
    parameter = parameters[position]
    if not math.isfinite(value):
        message = f"`{name}` has no value at a point that its rule is to be held against"
        return error("wrong-rule", message, notes=[f"at {where} it is {value}"], help=["give other points in `at`"])
    sampler = Sampler(lambda x: name.function(*point[:position], x, *point[position + 1 :]), point[position])
    found = automatic_difference(sampler, parameter, None, 1)
    if not math.isfinite(found.estimate):
        message = f"`{name}` has no derivative by `{parameter}` at a point that its rule is to be held against"
        return error("wrong-rule", message, notes=[f"at {where}: {found.reason}"], help=["give points in `at` away from kinks"])
    partials = [function(1.0, *point, value) if function is not None else None for function in functions]
    given = partials[position] or 0.0
    allowed = max(4 * (found.error or 0.0), CLOSE * max(abs(found.estimate), abs(given)))
    if abs(given - found.estimate) <= allowed:
        return None
    bar = f" ± {found.error:.1g}" if found.error else ""
    notes = [f"at {where} the rule says {given:.10g}, and differences of the values {found.estimate:.10g}{bar}"]
    message = f"the partial of `{name}` by `{parameter}` is not the derivative of its values"
    help = _slips(partials, position, value, found.estimate, parameters)
    return error("wrong-rule", message, source if marks else None, *marks, notes=notes, help=help)


def _slips(
    partials: Sequence[float | None], position: int, value: float, wanted: float, parameters: Sequence[str]
) -> list[str]:
    """The slip that would explain the number, if one does."""
    given = partials[position] or 0.0
    others = [(partial or math.nan, f"that by `{word}` is") for partial, word in zip(partials, parameters, strict=True)]
    tried = [
        (-given, "its sign is wrong"),
        *[(partial, f"{text} what this one should be: are they exchanged?") for partial, text in others],
        (2 * given, "a factor 2 is missing"),
        (given / 2, "a factor 2 is too many"),
        (1 / given if given else math.nan, "it is upside down: 1 over it is the derivative"),
        (given * value, "a factor y is missing: it is the derivative of the logarithm"),
        (given / value if value else math.nan, "a factor y is too many"),
        (given * given, "it is the square root of the derivative"),
    ]
    return [text for number, text in tried if abs(number - wanted) <= CLOSE * abs(wanted)][:1]
