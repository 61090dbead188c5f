"""``python -m diffcli`` and the ``diffcli`` command."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # the part of `signal` that is there before anything is imported
import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType


def run() -> None:
    """The entry point of the ``diffcli`` command.

    Most runs are over in a few hundredths of a second, most of it start-up, so two things are done for start-up's sake:
    the garbage collector looks for cycles less often, and the process ends without taking down every module one by one.
    """
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:  # in the background it may be ignored
        _signal.signal(_signal.SIGINT, _interrupt)
    try:
        gc.set_threshold(100_000, 20, 20)
        from diffcli.cli.main import main

        code = main()
        for stream in (sys.stdout, sys.stderr):
            try:
                if stream is not None:  # the shell may have closed it
                    stream.flush()
            except OSError:
                continue  # the reader has what it wanted, or main has said what is wrong
    except KeyboardInterrupt:
        _end()
    os._exit(code)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Ctrl-C: an exception, but in the midst of an import, where it might be lost, and nothing is known yet, the end."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            _end()
        frame = frame.f_back
    raise KeyboardInterrupt


def _end() -> None:
    try:
        os.write(2, b"interrupted\n")
    finally:
        os._exit(130)


if __name__ == "__main__":
    run()
