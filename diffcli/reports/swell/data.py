"""The data of the study of expression swell, and how its numbers are written: some have three hundred digits."""

from __future__ import annotations

from typing import Any

from diffcli._named import NamedTuple
from diffcli.records.swell import Counts, SwellResult
from diffcli.reports.document import data_of
from diffcli.studies.swell.map import law

EXACT_DIGITS = 7
"""Numbers of more digits are rounded in tables for people."""


class Size(NamedTuple):
    """A size that SymPy is measured for: the step it comes from, and its column."""

    step: str
    title: str


SIZES: dict[str, Size] = {
    "tree": Size("derivative", "tree"),
    "distinct": Size("derivative", "distinct"),
    "operations": Size("derivative", "unsimplified"),
    "simplified": Size("simplified", "simplified"),
    "cse": Size("cse", "after CSE"),
}  # fmt: skip
"""The sizes by name. ``tree`` and ``distinct`` are nodes, the others operations as SymPy counts them."""


def big(value: int, exact: bool = False) -> str:
    """An integer, rounded from its digits where it has many; a float would overflow.

    >>> big(4841474), big(123338754), big(9 * 2**1100 // 2), big(99999999)
    ('4841474', '1.2e8', '6.1e331', '1.0e8')
    """
    digits = str(value)
    if exact or len(digits) <= EXACT_DIGITS:
        return digits
    leading = (int(digits[:3]) + 5) // 10
    exponent = len(digits) - 1
    if leading == 100:
        leading, exponent = 10, exponent + 1
    return f"{leading // 10}.{leading % 10}e{exponent}"


def swell_data(result: SwellResult, timed: bool) -> dict[str, Any]:
    """The object of ``--json``; under ``timed`` with the seconds of each step that was finished."""
    request = result.request
    recurrence = request.recurrence
    data: dict[str, Any] = {
        "schema": "diffcli/swell@1", "map": recurrence.text, "state": recurrence.state, "start": recurrence.start,
        "n": request.n, "at": dict(request.at) or None, "budget": request.budget,
        "rows": [_row(result, row) for row in result.counts], "forms": result.forms, "accuracy": result.accuracy,
        "undefined_from": result.undefined_from, "notes": result.notes,
    }  # fmt: skip
    if timed:
        cells = [cell for cell in result.cells.values() if cell.state == "done"]
        data["timing"] = [data_of(cell, "n step seconds") for cell in cells]
    return data


def _row(result: SwellResult, counts: Counts) -> dict[str, Any]:
    row = counts._asdict()
    if result.request.budget > 0:
        row["sympy"] = {name: dict(zip(("value", "state"), measured(result, counts.n, name), strict=True)) for name in SIZES}
    return row


def measured(result: SwellResult, n: int, name: str) -> tuple[int | None, str]:
    """A size of SymPy's (None if it is unknown), and how it is known, or why it is not."""
    cell = result.cells.get((n, SIZES[name].step))
    if cell is not None and cell.state == "done":
        return cell.sizes[name], "measured"
    if result.logistic and (predicted := law(name, n)) is not None:
        return predicted, "predicted"
    return None, "unknown" if cell is None else cell.state
