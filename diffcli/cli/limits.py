"""The time limit of a command."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from diffcli.errors import LimitError, error


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `LimitError` in what runs inside once ``seconds`` are over; 0 is no limit.

    By the interval timer of POSIX, which reaches into any Python code; it strikes again each time as many seconds are
    over, should something have swallowed it. Where there is no such timer there is no limit.
    """
    if not seconds or not hasattr(signal, "setitimer"):
        yield
        return

    def strike(number: int, frame: FrameType | None) -> None:
        help = ["raise it with --timeout SECONDS; 0 is no limit"]
        raise LimitError([error("timeout", f"stopped after {seconds:g} s", help=help)])

    previous = signal.signal(signal.SIGALRM, strike)
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
