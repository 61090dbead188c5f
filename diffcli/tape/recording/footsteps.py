"""Where a run of a Python function goes, so that one with traced numbers and one with plain ones can be compared.

It is watched by `sys.settrace`, which is slow, and so only where something is known to be wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from io import StringIO
from logging import Logger
from threading import current_thread, main_thread
from types import FrameType
from typing import Any
from warnings import catch_warnings, simplefilter

from diffcli.errors import ExpressionError
from diffcli.tape.recording.call_sites import Call, CallSites, is_installed

MOST_STEPS = 1_000_000


@contextmanager
def unheard() -> Iterator[None]:
    """Inside, what the main thread prints, logs, or warns of, is not heard: it has been heard already. Other threads are."""
    if current_thread() is not main_thread():  # the streams are everybody's
        yield
        return
    handle = Logger.handle
    Logger.handle = lambda *logged: None if current_thread() is main_thread() else handle(*logged)  # type: ignore[method-assign]
    try:
        with redirect_stdout(_Deaf(sys.stdout)), redirect_stderr(_Deaf(sys.stderr)), catch_warnings():
            simplefilter("ignore")
            yield
    finally:
        Logger.handle = handle  # type: ignore[method-assign]


class _Deaf(StringIO):
    def __init__(self, stream: Any) -> None:
        super().__init__()
        self.stream = stream

    def write(self, text: str) -> int:
        return len(text) if current_thread() is main_thread() else int(self.stream.write(text))


class Footsteps:
    """The instructions of the user's files that a run goes through, and the kinds of exceptions, by where they pass."""

    def __init__(self, run: Callable[[], Any], sites: CallSites) -> None:
        self.sites = sites
        self.steps: list[Call] = []
        self.raised: dict[Call, str] = {}
        before = sys.gettrace()
        try:
            with unheard(), suppress(ExpressionError):
                sys.settrace(self._watch)
                run()
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
        """The last instruction before another run goes another way; None if it never does."""
        pairs = zip(self.steps, other.steps, strict=False)
        return next((self.steps[place - 1] for place, (own, others) in enumerate(pairs) if own != others), None)
