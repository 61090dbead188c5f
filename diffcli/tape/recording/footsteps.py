"""Where a run of a Python function goes: to see where a run with traced numbers and one with plain ones part.

Both are watched by `sys.settrace`, which is slow, and so only once something is known to be wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from diffcli.tape.recording.call_sites import Call, CallSites, is_installed

MOST_STEPS = 1_000_000
"""How many instructions are kept."""


class Footsteps:
    """A run of a function: the instructions of the user's files that it goes through, and the exceptions on the way."""

    def __init__(self, run: Callable[[], Any], sites: CallSites) -> None:
        self.sites = sites
        self.steps: list[Call] = []
        self.raised: dict[Call, str] = {}
        """The kinds of exceptions, by where they passed; what the user's handlers swallow is among them."""
        before = sys.gettrace()
        sys.settrace(self._watch)
        try:
            run()
        except Exception as failure:
            self.failure: Exception | None = failure
        finally:
            sys.settrace(before)

    def _watch(self, frame: FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        if event == "call":
            frame.f_trace_lines = False
            frame.f_trace_opcodes = code.co_filename == self.sites.file or not is_installed(code)
        elif event == "exception":
            self.raised[code, frame.f_lasti] = argument[0].__name__
        elif event == "opcode" and len(self.steps) < MOST_STEPS:
            self.steps.append((code, frame.f_lasti))
        return self._watch

    def parting(self, other: Footsteps) -> Call | None:
        """The last instruction before another run went another way; None if it never did."""
        for place, (own, others) in enumerate(zip(self.steps, other.steps, strict=False)):
            if own != others:
                return self.steps[place - 1]
        return None
