"""What the lessons on the engine share: how an error is shown, and a descent by gradients."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any

import diffcli.autograd as ad
from diffcli.autograd import AutogradError
from diffcli.records.blocks import Text
from diffcli.studies.lessons.record import Check, listing

WIDTH = 80
NOTHING = "nothing was raised"


def refusal(work: Callable[[], Any]) -> AutogradError | None:
    """The error that a call ends with; None if it ends well."""
    try:
        work()
    except AutogradError as found:
        return found
    return None


def quoted(found: AutogradError | None) -> Text:
    """An error as Python shows it, in lines that fit."""
    lines = [NOTHING] if found is None else f"AutogradError: {found}".splitlines()
    shown = []
    for line in lines:
        begins = " " * (len(line) - len(line.lstrip()))
        shown += textwrap.wrap(
            line.strip(), WIDTH, initial_indent=begins, subsequent_indent=begins + " " * 4, break_on_hyphens=False
        )
    return listing("\n".join(shown))


def code_of(found: AutogradError | None) -> str:
    """The name of an error."""
    return NOTHING if found is None else found.diagnostics[0].code


def refused(claim: str, found: AutogradError | None, code: str) -> Check:
    """A check that something was refused, and why."""
    return Check(claim, code_of(found), code_of(found) == code)


def descent(loss: Callable[[Any], Any], start: float, rate: float, steps: int, clear: bool = True) -> list[float]:
    """Where w is after each step of a descent on a loss; if nobody clears them, its gradients add up."""
    w = ad.tensor(start, requires_grad=True)
    path = [w.item()]
    for _ in range(steps):
        if clear:
            w.grad = None
        loss(w).backward()
        with ad.no_grad():
            w -= rate * w.grad  # type: ignore[operator]
        path.append(w.item())
    return path
