"""What the lessons on the engine share: how an error is shown, and what is in the graph behind a tensor."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any

from diffcli.autograd import AutogradError, Node
from diffcli.records.blocks import Text
from diffcli.studies.lessons.record import Check, listing

WIDTH = 78
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
    return listing("\n".join(line for long in lines for line in _wrapped(long)))


def _wrapped(line: str) -> list[str]:
    begins = " " * (len(line) - len(line.lstrip()))
    return textwrap.wrap(line.strip(), WIDTH, initial_indent=begins, subsequent_indent=begins + "    ", break_on_hyphens=False)


def code_of(found: AutogradError | None) -> str:
    """The name of an error."""
    return NOTHING if found is None else found.diagnostics[0].code


def refused(claim: str, found: AutogradError | None, code: str) -> Check:
    """A check that something was refused, and why."""
    return Check(claim, code_of(found), code_of(found) == code)


def nodes_behind(root: Any) -> list[Node]:
    """Every node of the graph behind a tensor once, with the ends at its leaves."""
    waiting: list[Any] = [root.grad_fn]
    seen: dict[Any, None] = {}
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen[node] = None
            waiting += [one for one, _ in reversed(node.next_functions)]
    return list(seen)
