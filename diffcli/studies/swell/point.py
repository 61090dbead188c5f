"""The point of the study of expression swell: a value for the starting value and for every parameter."""

from __future__ import annotations

from collections.abc import Mapping

from diffcli.errors import ExpressionError, did_you_mean, error
from diffcli.language.writing.printer import number_text
from diffcli.methods.points.points import check_mapping, only_numbers
from diffcli.records import Number
from diffcli.studies.swell.map import DEMOS, Recurrence


def generic_point(recurrence: Recurrence, n: int) -> dict[str, float]:
    """A point at which to count where none is given: the counts do not depend on it, but through the branches of a choice."""
    return dict.fromkeys(recurrence.names(n), 0.5)


def check_point(recurrence: Recurrence, given: Mapping[str, Number]) -> dict[str, float]:
    """The point of ``--at``, with a value for x and for every parameter.

    Raises
    ------
    ExpressionError
        It has not, or has a name too many.
    """
    given = only_numbers(given)
    known = recurrence.names(1)
    faults = []
    for name, value in given.items():
        if name in known:
            continue
        if name == recurrence.state:
            help: tuple[str, ...] = (f"write {recurrence.start}={number_text(value)}, the starting value {name}_1",)
        else:
            help = did_you_mean(name, known) or (f"the variables of {recurrence.iterate}: {', '.join(known)}",)
        faults.append(error("unknown-variable", f"{recurrence.iterate} has no variable `{name}`", help=help))
    missing = [name for name in known if name not in given]
    if missing and not faults:
        known = [*[f"{name}={number_text(value)}" for name, value in given.items()], *[f"{name}=..." for name in missing]]
        names = " and ".join(f"`{name}`" for name in missing)
        faults.append(error("missing-value", f"no value for {names}", help=[f"add --at {','.join(known)}"]))
    if faults:
        raise ExpressionError(faults)
    return check_mapping(given)


def default_point(recurrence: Recurrence) -> dict[str, float]:
    """The point of a known swell; none for a map of one's own."""
    for demo in DEMOS.values():
        if recurrence.caption == demo.caption:
            return dict(demo.at)
    return dict(DEMOS["logistic"].at) if recurrence.is_logistic() and recurrence.start == "x" else {}
