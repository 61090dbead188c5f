"""A limit of time for work of SymPy's that nothing depends on but how short a formula is.

SymPy has no limit of its own, and one step of its ``simplify`` may take minutes, so it has to be stopped from outside, in the
library too: in any thread, and without the signals of the process, which are the caller's. A second thread raises an exception
in the one that works, as a debugger does (``PyThreadState_SetAsyncExc``). Seconds are those of the processor, so that what comes
of it hardly depends on what else a machine has to do.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Lock, Thread, get_ident
from time import process_time
from typing import TypeVar

from diffcli.methods.symbolic.text import attempted

Result = TypeVar("Result")

AGAIN = 0.1
"""Seconds after which time is looked at again: a stop may be swallowed, or a module just be imported."""


class OutOfTime(BaseException):
    """The time is over; no ``except Exception`` takes it for a failure."""


class Budget:
    """Some seconds, shared by so many parts of a task: what a part leaves is for those after it."""

    def __init__(self, seconds: float, parts: int = 1) -> None:
        self.left, self.parts = seconds, parts
        self._until = 0.0

    def next_part(self) -> None:
        """Begin with the next part, which may take its share of what is left."""
        self._until = process_time() + self.left / max(1, self.parts)
        self.parts -= 1

    def attempt(self, work: Callable[[], Result]) -> Result | None:
        """What some work comes to; None where it fails, or is not done in time."""
        start = process_time()
        try:
            return attempted(lambda: within(self._until - start, work))
        except OutOfTime:
            return None
        finally:
            self.left = max(0.0, self.left - (process_time() - start))


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """What some work comes to, if it is done in so many seconds; else `OutOfTime` is raised."""
    if seconds == float("inf"):
        return work()
    if seconds <= 0:
        raise OutOfTime
    done, turn, thread = Event(), Lock(), get_ident()
    over = struck = False

    def watch() -> None:
        nonlocal struck
        end = process_time() + seconds
        while not done.wait(max(end - process_time(), AGAIN)):
            with turn:
                if over:
                    return
                if process_time() >= end and not _imports(thread):
                    struck = True
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(OutOfTime))

    try:
        Thread(target=watch, daemon=True).start()
        return work()
    finally:
        over = True  # an assignment cannot be interrupted, as calls can: from here on nothing new is raised
        done.set()
        with turn:
            late = struck
        if late:
            _arrive()


def _arrive() -> None:
    """Let what was raised, and has not arrived, do so here. (Taken back, it would leave CPython 3.11 looking for it for ever.)"""
    with suppress(OutOfTime):
        for _ in range(100):
            pass


def _imports(thread: int) -> bool:
    """Whether a thread imports a module, half of which would stay behind."""
    frame = sys._current_frames().get(thread)
    while frame is not None and frame.f_code.co_name != "_find_and_load":
        frame = frame.f_back
    return frame is not None
